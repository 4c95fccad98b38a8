/* spectrum.c - all singular values of J, three ways. */
#include "analysis/duality/duality.h"
#include <math.h>
#include <string.h>

typedef struct nd_spectrum {
    const nd_duality *duality;
    const nndyn_options *options;
    const double *x, *t;
    double *s;    /* columns numbers, zero at first */
    nd_task task; /* over the steps, each of which has one of its own */
} nd_spectrum;

static int from_gram(nd_spectrum *job, double *gram)
{
    const nd_duality *duality = job->duality;
    int64_t side = duality->columns;
    ND_TRY(nd_duality_fill_gram(duality, job->x, job->t, gram));
    ND_TRY(nd_duality_check_result(duality, side * side, gram, "the Gram matrix"));
    ND_TRY(nd_task_report(&job->task, 0.5));
    ND_TRY(nd_symmetric_eigen(duality->network, side, gram, 0, job->s));
    for (int64_t i = 0; i < (side + 1) / 2; i++) { /* ascending eigenvalues to descending roots */
        double low = job->s[i], high = job->s[side - 1 - i];
        job->s[i] = sqrt(fmax(high, 0));
        job->s[side - 1 - i] = sqrt(fmax(low, 0));
    }
    /* Beyond the rank that the shape allows there is only rounding. */
    for (int64_t i = duality->rows; i < side; i++) {
        job->s[i] = 0;
    }
    return NNDYN_OK;
}

static int from_jacobian(nd_spectrum *job, double *jacobian)
{
    const nd_duality *duality = job->duality;
    ND_TRY(nd_duality_fill_jacobian(duality, job->x, job->t, jacobian));
    ND_TRY(nd_duality_check_result(duality, duality->rows * duality->columns, jacobian, "the Jacobian"));
    ND_TRY(nd_task_report(&job->task, 0.5));
    return nd_svd(duality->network, duality->rows, duality->columns, jacobian, job->s, NULL, NULL);
}

static int from_operator(nd_spectrum *job, double *unused)
{
    (void)unused;
    const nd_duality *duality = job->duality;
    nndyn_operator *op;
    ND_TRY(nd_duality_operator_create(duality->network, duality->n, job->x, job->t, job->options, 1, &op));
    int64_t count = duality->rows < duality->columns ? duality->rows : duality->columns;
    int status = nd_task_report(&job->task, 0);
    if (status == NNDYN_OK) {
        status = nndyn_singular_values(op, count, NULL, job->s, NULL, NULL, NULL);
        if (status != NNDYN_OK) {
            nd_fail_from(duality->network, status, op);
        }
    }
    nndyn_operator_free(op);
    return status;
}

static int64_t matrix_of(const nd_duality *duality)
{
    if (duality->method == ND_METHOD_OPERATOR) {
        return 1;
    }
    return nd_product(duality->method == ND_METHOD_GRAM ? duality->columns : duality->rows, duality->columns);
}

static int run(nd_spectrum *job)
{
    static int (*const by_method[])(nd_spectrum *, double *) = {
        [ND_METHOD_GRAM] = from_gram,
        [ND_METHOD_JACOBIAN] = from_jacobian,
        [ND_METHOD_OPERATOR] = from_operator,
    };
    nndyn_network *network = job->duality->network;
    double *matrix;
    ND_TRY(nd_allocate_for(network, matrix_of(job->duality), sizeof *matrix, &matrix));
    int status = by_method[job->duality->method](job, matrix);
    nd_release(network->handle.context, matrix);
    return status;
}

static int spectrum(const nd_duality *duality, const nndyn_options *options, const double *x, const double *t,
                    double *s)
{
    nndyn_network *network = duality->network;
    nd_spectrum job = {.duality = duality, .options = options, .x = x, .t = t};
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_pointer(network, s, "s"));
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_SINGULAR_VALUES));
    ND_TRY(nd_allocate_for(network, duality->columns, sizeof *job.s, &job.s));
    nd_task_begin(&job.task, network, "duality spectrum");
    int status = run(&job);
    if (status == NNDYN_OK) {
        memcpy(s, job.s, (size_t)duality->columns * sizeof *s);
    }
    nd_release(network->handle.context, job.s);
    return status;
}

int nndyn_duality_singular_values(nndyn_network *network, int64_t n, const double *x, const double *t,
                                  const nndyn_options *options, double *s)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_singular_values"));
    int status = nd_duality_create(network, n, options, 1, &duality);
    if (status == NNDYN_OK) {
        status = spectrum(duality, options, x, t, s);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}
