/* report.c - is a network lazy?  Figures from initialization, a run, and the two compared.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "kernels/kernels.h"
#include "nndyn/derivatives.h"
#include <math.h>
#include <string.h>

enum { KAPPA, STEPS, TRAIN, SCALE, MOST, NORMS, REPORT_OPTIONS = NORMS + ND_NORM_OPTIONS };
static const nd_option_spec report_specs[REPORT_OPTIONS] = {
    {"kappa", ND_REAL, 1e-150, 1e150, 1, NULL}, {"steps", ND_INTEGER, 1, 1 << 24, 30, NULL},
    {"train", ND_INTEGER, 0, 1, 0, NULL},       {"scale", ND_REAL, 1e-150, 1e150, 1, NULL},
    {"most", ND_INTEGER, 1, 4096, 24, NULL},    ND_NORM_SPECS,
};

typedef struct study {
    nndyn_network *network, *copy; /* copy: of the call's own, where a run is made */
    int64_t n, m;
    const double *x, *y, *observed;
    double eta;
    const nd_option_value *o;
    nndyn_operator *jacobian;       /* M x P, at the present parameters */
    double *f, *line, *e, *product; /* M: outputs alpha f, those of the linear model, e, kernel times e */
    double *theta;                  /* P */
    double *figures;
    int flags;
    nd_task *task;
    nd_arena arena;
} study;

static void carve(study *s)
{
    double **const arrays[] = {&s->f, &s->line, &s->e, &s->product, &s->theta, &s->figures};
    const int64_t sizes[] = {s->m, s->m, s->m, s->m, s->network->parameters, NNDYN_LAZY_VALUES};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *arrays[i] = nd_arena_take(&s->arena, sizes[i], sizeof(double));
    }
}

static double length(int64_t count, const double *a, const double *b)
{
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        const double d = a[i] - (b != NULL ? b[i] : 0);
        squares += d * d;
    }
    return sqrt(squares);
}

static void residual(const study *s, const double *f)
{
    for (int64_t i = 0; i < s->m; i++) {
        s->e[i] = s->o[KAPPA].real * (f[i] - s->y[i]);
    }
}

/* ---- the kernel -------------------------------------------------------------------------------------------------- */

/* out = alpha^2 J J' w */
static int kernel_product(study *s, void *handle, const double *w, double *out)
{
    const double square = s->o[SCALE].real * s->o[SCALE].real;
    int status = nndyn_operator_apply_transposed(s->jacobian, w, s->theta);
    status = status != NNDYN_OK ? status : nndyn_operator_apply(s->jacobian, s->theta, out);
    if (status != NNDYN_OK) {
        return nd_fail_from(handle, status, s->jacobian);
    }
    for (int64_t i = 0; i < s->m; i++) {
        out[i] *= square;
    }
    return NNDYN_OK;
}

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    return kernel_product(user, op, x, y);
}

static void keep(nndyn_context *context, void *user)
{
    (void)context;
    (void)user;
}

static int find_largest(study *s)
{
    static const nd_operator_methods methods = {apply, NULL, keep};
    nndyn_options *options = NULL;
    nndyn_operator *op = NULL;
    int converged;
    ND_TRY(nd_operator_create(s->network, s->m, s->m, &methods, s, &op));
    int status = nndyn_options_create(s->network->handle.context, &options);
    status = status != NNDYN_OK ? status : nndyn_options_set_double(options, "tolerance", 1e-6);
    if (status == NNDYN_OK) {
        status = nndyn_eigenpairs(op, 1, options, &s->figures[NNDYN_LAZY_LARGEST], NULL, NULL, &converged);
        status = status == NNDYN_OK ? status : nd_fail_from(s->network, status, op);
    }
    nndyn_options_free(options);
    nndyn_operator_free(op);
    s->figures[NNDYN_LAZY_LARGEST] *= s->eta * s->o[KAPPA].real;
    s->flags |= s->figures[NNDYN_LAZY_LARGEST] >= 2 ? NNDYN_CORRELATION_UNSTABLE : 0;
    return status;
}

static int open_copy(study *s)
{
    ND_TRY(nd_network_copy(s->network, s->network, NNDYN_F64, &s->copy));
    const int status = nndyn_parameter_jacobian_operator(s->copy, s->n, s->x, NULL, &s->jacobian);
    return status == NNDYN_OK ? status : nd_fail_from(s->network, status, s->copy);
}

/* ---- from initialization ----------------------------------------------------------------------------------------- */

/* How many times the first step all steps are worth, if the residual shrinks by 1 - x in each. */
static double worth(double x, int64_t steps)
{
    if (x >= 1) {
        return 1;
    }
    return x > 0 ? -expm1((double)steps * log1p(-x)) / x : (double)steps;
}

/* Of `steps` steps with the same e: each adds C02[e, e] by its own curvature, and each one before it has moved eta
 * times the kernel, times e, by 2 C02[e, e] + t, t = eta^2 J sum_i e_i H_i J'e; s->product has J times the turn of the
 * gradient. */
static double estimate(study *s, const double *second, double steps)
{
    const double pairs = steps > 1 ? 0.5 * steps * (steps - 1) : 0;
    const double factor = pairs * s->eta * s->o[SCALE].real * s->o[SCALE].real;
    for (int64_t i = 0; i < s->m; i++) {
        s->product[i] = (steps + 2 * pairs) * second[i] + factor * s->product[i];
    }
    return length(s->m, s->product, NULL);
}

/* The first step by jets: e0, and how nonlinear the step is. */
static int take_step(study *s)
{
    double *figures = s->figures, contracted[3], *values;
    nd_direction_job job = {.network = s->network, .n = s->n, .x = s->x, .eta = s->eta, .alpha = s->o[SCALE].real};
    job.e = s->e; /* zero so far: the outputs are those of the start for any direction */
    job.task = s->task;
    ND_TRY(nd_correlation_direction(&job, s->f, NULL, NULL));
    residual(s, s->f);
    ND_TRY(nd_allocate_for(s->network, 3 * s->m, sizeof *values, &values));
    job.order = 2;
    job.turn = s->theta;
    int status = nd_correlation_direction(&job, values, NULL, contracted);
    if (status == NNDYN_OK) {
        status = nndyn_operator_apply(s->jacobian, s->theta, s->product);
        status = status == NNDYN_OK ? status : nd_fail_from(s->network, status, s->jacobian);
    }
    if (status == NNDYN_OK) {
        const double linear = length(s->m, values + s->m, NULL), second = length(s->m, values + 2 * s->m, NULL);
        const double start = length(s->m, s->e, NULL);
        figures[NNDYN_LAZY_RESIDUAL] = start;
        figures[NNDYN_LAZY_STEP] = linear > 0 ? second / linear : 0;
        figures[NNDYN_LAZY_KERNEL] = contracted[0] > 0 ? contracted[1] / contracted[0] : 0;
        figures[NNDYN_LAZY_C02] = start > 0 ? second / (start * start) : 0;
        figures[NNDYN_LAZY_INDEX] = second;
        const double x = start > 0 ? s->o[KAPPA].real * contracted[0] * contracted[0] / (start * start) : 0;
        figures[NNDYN_LAZY_ESTIMATE] = estimate(s, values + 2 * s->m, worth(x, s->o[STEPS].integer));
    }
    nd_release(s->network->handle.context, values);
    return status;
}

static double greatest(int64_t count, const double *a)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        most = isnan(a[i]) ? most : fmax(most, a[i]);
    }
    return most;
}

static int take_prediction(study *s, const nndyn_correlations *c, double *deviation)
{
    const double kappa = s->o[KAPPA].real;
    const int64_t steps = s->o[STEPS].integer;
    int64_t valid;
    int flags;
    for (int64_t i = 0; i < s->m; i++) {
        s->product[i] = kappa;
    }
    const nd_hierarchy h = {c, s->y, s->product, steps, 10};
    ND_TRY(nd_correlation_predict(&h, s->network, s->task, NULL, NULL, deviation, &valid, &flags));
    s->figures[NNDYN_LAZY_PREDICTED] = valid < steps ? (double)INFINITY : greatest(steps + 1, deviation);
    s->flags |= flags;
    return NNDYN_OK;
}

static int take_tensors(study *s)
{
    enum { ALL = (1 << ND_CORRELATION_TENSORS) - 1 };
    const int64_t steps = s->o[STEPS].integer;
    const double start = s->figures[NNDYN_LAZY_RESIDUAL];
    nndyn_correlations *c = NULL;
    double *series;
    int flags = 0;
    ND_TRY(nd_allocate_for(s->network, steps + 1, sizeof *series, &series));
    int status = nd_correlations_make(s->network, s->n, s->x, s->eta, s->o[SCALE].real, ALL, s->task, &c);
    if (status == NNDYN_OK) {
        status = nd_correlation_norm(s->network, c, ND_C02, s->o + NORMS, &s->figures[NNDYN_LAZY_C02], NULL, NULL);
    }
    if (status == NNDYN_OK) {
        s->figures[NNDYN_LAZY_INDEX] = s->figures[NNDYN_LAZY_C02] * start * start;
        status = take_prediction(s, c, series);
    }
    if (status == NNDYN_OK) {
        double closed[2];
        status =
            nd_correlations_bound(c, s->network, s->y, s->o[KAPPA].real, steps, s->o + NORMS, series, closed, &flags);
        s->figures[NNDYN_LAZY_BOUND] = greatest(steps + 1, series);
        s->flags |= flags;
    }
    nndyn_correlations_free(c);
    nd_release(s->network->handle.context, series);
    return status;
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

/* One step of the copy; the outputs before it are in s->f. */
static int train_step(study *s, double *theta, double *gradient)
{
    const int64_t parameters = s->copy->parameters;
    const double factor = -s->eta * s->o[SCALE].real;
    residual(s, s->f);
    ND_TRY(nndyn_vjp(s->copy, s->n, s->x, s->e, NULL, NULL, gradient));
    s->network->k64->axpy(parameters, factor, gradient, theta);
    ND_TRY(nndyn_network_set_parameters(s->copy, parameters, theta));
    ND_TRY(nndyn_network_forward(s->copy, s->n, s->x, s->f));
    for (int64_t i = 0; i < s->m; i++) {
        s->f[i] *= s->o[SCALE].real;
    }
    return NNDYN_OK;
}

static int is_divergence(int status)
{
    return status == NNDYN_ENUMERIC || status == NNDYN_EDATA;
}

/* The next outputs of the run.  Where training or its linear model leave the range of double, the deviation is
 * infinite. */
static int next_outputs(study *s, int64_t step, double *theta)
{
    if (s->observed != NULL) {
        memcpy(s->f, s->observed + step * s->m, (size_t)s->m * sizeof *s->f);
        return NNDYN_OK;
    }
    const int status = train_step(s, theta, theta + s->network->parameters);
    return status == NNDYN_OK || is_divergence(status) ? status : nd_fail_from(s->network, status, s->copy);
}

static int next_linear(study *s)
{
    residual(s, s->line);
    ND_TRY(kernel_product(s, s->network, s->e, s->product));
    s->network->k64->axpy(s->m, -s->eta, s->product, s->line);
    return s->network->k64->all_finite(s->m, s->line) ? NNDYN_OK : NNDYN_ENUMERIC;
}

static int follow(study *s, double *theta)
{
    const int64_t steps = s->o[STEPS].integer;
    double most = s->observed != NULL ? length(s->m, s->observed, s->line) : 0;
    ND_TRY(nndyn_network_get_parameters(s->copy, s->network->parameters, theta));
    for (int64_t step = 1; step <= steps && isfinite(most); step++) {
        int status = next_linear(s);
        status = status != NNDYN_OK ? status : next_outputs(s, step, theta);
        if (is_divergence(status)) {
            most = (double)INFINITY;
        } else {
            ND_TRY(status);
            most = fmax(most, length(s->m, s->f, s->line));
        }
        ND_TRY(nd_task_report(s->task, (double)step / (double)steps));
    }
    s->figures[NNDYN_LAZY_MEASURED] = most;
    return NNDYN_OK;
}

static int take_run(study *s)
{
    double *theta;
    ND_TRY(nd_allocate_for(s->network, 2 * s->network->parameters, sizeof *theta, &theta));
    memcpy(s->line, s->f, (size_t)s->m * sizeof *s->line);
    const int status = follow(s, theta);
    nd_release(s->network->handle.context, theta);
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void conclude(study *s)
{
    double *v = s->figures;
    const double distance = v[NNDYN_LAZY_RESIDUAL] / s->o[KAPPA].real;
    const double foreseen = isnan(v[NNDYN_LAZY_PREDICTED]) ? v[NNDYN_LAZY_ESTIMATE] : v[NNDYN_LAZY_PREDICTED];
    const double answer = isnan(v[NNDYN_LAZY_MEASURED]) ? foreseen : v[NNDYN_LAZY_MEASURED];
    v[NNDYN_LAZY_RATIO] = foreseen > 0 ? v[NNDYN_LAZY_MEASURED] / foreseen : (double)NAN;
    v[NNDYN_LAZY_RELATIVE] = distance > 0 ? answer / distance : 0;
}

static int study_all(study *s)
{
    ND_TRY(open_copy(s));
    ND_TRY(take_step(s));
    ND_TRY(find_largest(s));
    ND_TRY(s->m <= s->o[MOST].integer ? take_tensors(s) : NNDYN_OK);
    ND_TRY(s->observed != NULL || s->o[TRAIN].integer ? take_run(s) : NNDYN_OK);
    conclude(s);
    return NNDYN_OK;
}

static int check(const study *s, int64_t count, const double *values)
{
    nndyn_network *network = s->network;
    const int64_t outputs = nd_network_outputs(network);
    ND_TRY(nd_correlation_array(network, s->n, outputs, s->y, "y"));
    ND_TRY(nd_check_size(network, count, 1, 1 << 20, "count"));
    ND_TRY(nd_check_pointer(network, values, "values"));
    if (s->observed == NULL) {
        return NNDYN_OK;
    }
    if (s->o[TRAIN].integer) {
        return nd_fail(network, NNDYN_EARG, "observed is given and \"train\" is 1; a run is either given or made here");
    }
    return nd_correlation_array(network, s->o[STEPS].integer + 1, s->m, s->observed, "observed");
}

static int report(study *s, const nndyn_options *options, int64_t count, double *values, int *flags)
{
    nd_option_value o[REPORT_OPTIONS];
    nd_task task;
    nndyn_network *network = s->network;
    nd_task_begin(&task, network, "report of laziness");
    ND_TRY(nd_correlation_check(network, s->n, s->x, s->eta));
    ND_TRY(nd_options_read(network, options, report_specs, REPORT_OPTIONS, o));
    s->o = o;
    s->m = s->n * nd_network_outputs(network);
    s->task = &task;
    s->flags = nd_correlation_flags(network);
    ND_TRY(check(s, count, values));
    carve(s);
    ND_TRY(nd_arena_reserve(&s->arena, network));
    carve(s);
    for (int i = 0; i < NNDYN_LAZY_VALUES; i++) {
        s->figures[i] = (double)NAN;
    }
    const int status = study_all(s);
    if (status == NNDYN_OK) {
        for (int64_t i = 0; i < count; i++) {
            values[i] = i < NNDYN_LAZY_VALUES ? s->figures[i] : (double)NAN;
        }
        if (flags != NULL) {
            *flags = s->flags;
        }
    }
    nndyn_operator_free(s->jacobian);
    nndyn_network_free(s->copy);
    nd_arena_free(&s->arena);
    return status;
}

int nndyn_correlation_report(nndyn_network *network, int64_t n, const double *x, const double *y, double eta,
                             const double *observed, const nndyn_options *options, int64_t count, double *values,
                             int *flags)
{
    study s = {.network = network, .n = n, .x = x, .y = y, .observed = observed, .eta = eta};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_correlation_report"));
    return nd_leave(network, report(&s, options, count, values, flags));
}
