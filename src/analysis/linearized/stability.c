/* stability.c - whether full-batch training of the linear model converges, and how fast.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "linalg/linalg.h"
#include <math.h>

/* ---- checks shared with the other files -------------------------------------------------------------------------- */

int nd_linear_check_rule(void *handle, int rule, double rate)
{
    if (rule < NNDYN_LINEARIZED_DESCENT || rule > NNDYN_LINEARIZED_FLOW) {
        return nd_fail(handle, NNDYN_EARG,
                       "rule is %d, must be NNDYN_LINEARIZED_DESCENT (%d), _MOMENTUM (%d) or _FLOW (%d)", rule,
                       NNDYN_LINEARIZED_DESCENT, NNDYN_LINEARIZED_MOMENTUM, NNDYN_LINEARIZED_FLOW);
    }
    return nd_check_real(handle, rate, 0x1p-1000, 1e300, "rate");
}

int nd_linear_need_spectrum(const nndyn_linearized *model, void *handle)
{
    if (model->vectors != NULL) {
        return NNDYN_OK;
    }
    return nd_fail(
        handle, NNDYN_ESTATE,
        model->kernel == NULL
            ? "the model keeps no kernel (\"kernel\" is \"products\"), so there is no spectrum and no closed "
              "form; use steps"
            : "the model was made with \"spectrum\" 0; leave that option out");
}

/* ---- curvature and eigenvalue ------------------------------------------------------------------------------------ */

double nd_linear_curvature(const nd_loss *loss)
{
    switch (loss->kind) {
    case NNDYN_SQUARED_ERROR:
        return 2 * loss->parameter;
    case NNDYN_SOFTMAX_CROSS_ENTROPY:
        return 0.5;
    case NNDYN_BINARY_CROSS_ENTROPY:
        return 0.25;
    case NNDYN_HUBER:
    case NNDYN_LOG_COSH:
        return 1;
    default:
        return 0;
    }
}

typedef struct applied {
    nndyn_linearized *model;
} applied;

static int apply(void *user, const double *x, double *y)
{
    const applied *a = user;
    return nd_linear_product(a->model, a->model, x, y, NULL) != NNDYN_OK;
}

/* By Lanczos, for a kernel that is known by its products only, or was not decomposed. */
static int search(nndyn_linearized *model, void *handle, double *largest)
{
    const int64_t m = model->n * model->outputs;
    applied a = {model};
    nndyn_operator *op;
    double value;
    int status = nndyn_operator_create(model->handle.context, m, m, apply, NULL, &a, &op);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the largest eigenvalue of the kernel");
    }
    status = nndyn_eigenpairs(op, 1, NULL, &value, NULL, NULL, NULL);
    if (status != NNDYN_OK) {
        status = nd_fail_from(handle, status, op);
    }
    nndyn_operator_free(op);
    if (status == NNDYN_OK) {
        *largest = fmax(value, 0);
    }
    return status;
}

int nd_linear_largest(nndyn_linearized *model, void *handle, double *largest)
{
    if (model->values == NULL) {
        return search(model, handle, largest);
    }
    *largest = model->values[model->order - 1];
    return NNDYN_OK;
}

int nd_linear_check_stable(nndyn_linearized *model, void *handle, int rule, double rate, double momentum)
{
    const double curvature = nd_linear_curvature(&model->loss), limit = nd_linear_limit(rule, momentum);
    double largest;
    ND_TRY(nd_linear_largest(model, handle, &largest));
    const double x = rate * model->kappa * curvature * (largest + model->ridge);
    if (x < limit) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_ENUMERIC,
                   "the linear model is unstable: rate * kappa * lambda_max is %.6g, must be below %g; lower the rate "
                   "below %.6g, or set \"unstable\" to 1 (a network may converge all the same)",
                   x, limit, rate * limit / x);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void from_spectrum(const nndyn_linearized *model, int rule, double step, double momentum, double *figures)
{
    double radius = 0, smallest = 0, rank = 0;
    for (int64_t i = model->order - 1; i >= 0; i--) {
        const double lambda = model->values[i] + model->ridge;
        rank += model->values[i] > 0 ? (double)model->columns : 0;
        if (lambda > 0) {
            radius = fmax(radius, nd_linear_radius(rule, step * lambda, momentum));
            smallest = lambda;
        }
    }
    figures[NNDYN_LINEARIZED_SMALLEST] = smallest;
    figures[NNDYN_LINEARIZED_CONTRACTION] = radius;
    figures[NNDYN_LINEARIZED_RANK] = rank;
    figures[NNDYN_LINEARIZED_TIME] = radius < 1 ? -1 / log(radius) : (double)INFINITY;
    if (rule == NNDYN_LINEARIZED_FLOW) {
        figures[NNDYN_LINEARIZED_TIME] = 1 / (step * smallest);
    }
}

static int figures_of(nndyn_linearized *model, int rule, double rate, double momentum, double *figures)
{
    const double step = rate * model->kappa * nd_linear_curvature(&model->loss);
    double largest;
    for (int i = 0; i < NNDYN_LINEARIZED_FIGURES; i++) {
        figures[i] = (double)NAN;
    }
    ND_TRY(nd_linear_largest(model, model, &largest));
    figures[NNDYN_LINEARIZED_LARGEST] = largest + model->ridge;
    figures[NNDYN_LINEARIZED_STEP] = step * (largest + model->ridge);
    figures[NNDYN_LINEARIZED_LIMIT] = nd_linear_limit(rule, momentum);
    if (model->values != NULL) {
        from_spectrum(model, rule, step, momentum, figures);
        figures[NNDYN_LINEARIZED_BEST_RATE] =
            2 * rate / (step * (figures[NNDYN_LINEARIZED_LARGEST] + figures[NNDYN_LINEARIZED_SMALLEST]));
    }
    return NNDYN_OK;
}

static int stability(nndyn_linearized *model, int rule, double rate, const nndyn_options *options, int64_t figures,
                     double *values)
{
    static const nd_option_spec specs[1] = {{"momentum", ND_REAL, 0, 1 - 0x1p-53, 0.9, NULL}};
    nd_option_value momentum[1];
    double all[NNDYN_LINEARIZED_FIGURES];
    ND_TRY(nd_linear_check_rule(model, rule, rate));
    ND_TRY(nd_options_read(model, options, specs, 1, momentum));
    ND_TRY(nd_check_size(model, figures, 0, INT64_MAX, "figures"));
    if (figures > 0) {
        ND_TRY(nd_check_pointer(model, values, "values"));
    }
    if (nd_linear_curvature(&model->loss) == 0) {
        return nd_fail(model, NNDYN_EUNSUPPORTED,
                       "the curvature of the loss %s has no bound known here, so no rate is stable for certain",
                       nndyn_loss_name(model->loss.kind));
    }
    ND_TRY(figures_of(model, rule, rate, momentum[0].real, all));
    for (int64_t i = 0; i < figures; i++) {
        values[i] = i < NNDYN_LINEARIZED_FIGURES ? all[i] : (double)NAN;
    }
    return NNDYN_OK;
}

int nndyn_linearized_stability(nndyn_linearized *model, int rule, double rate, const nndyn_options *options,
                               int64_t figures, double *values)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_stability"));
    return nd_leave(model, stability(model, rule, rate, options, figures, values));
}
