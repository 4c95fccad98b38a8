/* prediction.c - the exponent a window of u should show, from the law of y.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include "statistics/statistics.h"
#include <float.h>
#include <math.h>

enum { TARGETS_FIXED, TARGETS_CALIBRATED, TARGETS_NOISY };
enum { TARGETS = ND_PRIOR_OPTIONS, NOISE, INPUT_SCALE, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    ND_CRITICAL_SPECS,
    ND_PRIOR_SPECS,
    [TARGETS] = {"targets", ND_TEXT, 0, 0, 0, "fixed|calibrated|noisy"},
    [NOISE] = {"noise", ND_REAL, DBL_MIN, 1e100, 0.1, NULL},
    [INPUT_SCALE] = {"input_scale", ND_REAL, DBL_MIN, 1e100, 1, NULL},
};

typedef struct problem {
    nd_composite composite;
    nd_prior prior;
    int targets;
    double noise;
    double t[2]; /* the targets, 1 or 2 */
    int count;
} problem;

/* ---- targets ----------------------------------------------------------------------------------------------------- */

/* Activations with a limit on either side. */
static const struct {
    int kind;
    double low, high;
} limits[] = {
    {NNDYN_SIGMOID, 0, 1},   {NNDYN_TANH, -1, 1},
    {NNDYN_ERF, -1, 1},      {NNDYN_ARCTAN, -1.5707963267948966, 1.5707963267948966},
    {NNDYN_SOFTSIGN, -1, 1}, {NNDYN_ISRU, -1, 1},
};

static int set_classes(nndyn_context *context, problem *p)
{
    const nd_composite *c = &p->composite;
    p->count = 2;
    if (c->loss.kind == NNDYN_BINARY_CROSS_ENTROPY) {
        p->t[0] = 0;
        p->t[1] = 1;
        return NNDYN_OK;
    }
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].kind == c->activation.kind) {
            p->t[0] = limits[i].low;
            p->t[1] = limits[i].high;
            return NNDYN_OK;
        }
    }
    return nd_fail(context, NNDYN_EUNSUPPORTED,
                   "\"targets\" is \"calibrated\", but activation %s does not lie between two limits that could be "
                   "classes; use binary cross-entropy, or a bounded activation",
                   nndyn_activation_name(c->activation.kind));
}

static int set_targets(nndyn_context *context, double t, const nd_option_value *values, problem *p)
{
    p->targets = (int)values[TARGETS].integer;
    p->noise = values[NOISE].real;
    p->t[0] = t;
    p->count = 1;
    if (values[NOISE].given && p->targets != TARGETS_NOISY) {
        return nd_fail(context, NNDYN_EOPTION, "option \"noise\" is given, but \"targets\" is not \"noisy\"");
    }
    if (p->targets == TARGETS_CALIBRATED) {
        return set_classes(context, p);
    }
    if (p->targets == TARGETS_NOISY && p->composite.loss.kind != NNDYN_SQUARED_ERROR) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "\"targets\" is \"noisy\", which is provided for the squared error and not for loss %s; give a "
                       "sample of y, with targets as they come, to nndyn_fluctuations_measure",
                       nndyn_loss_name(p->composite.loss.kind));
    }
    return p->targets == TARGETS_FIXED ? nd_check_finite(context, 1, 1, &t, "t") : NNDYN_OK;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static nd_branch branch_of(problem *p, int target)
{
    p->composite.t = p->t[target];
    return (nd_branch){
        .composite = &p->composite,
        .prior = &p->prior,
        .calibrated = p->targets == TARGETS_CALIBRATED,
        .other = p->t[p->count - 1 - target],
        .noise = p->targets == TARGETS_NOISY ? p->noise : 0,
    };
}

static int sum_sample(nndyn_context *context, problem *p, int64_t count, const double *y, nd_reach *reach)
{
    nd_task task;
    nd_task_begin(&task, context, "critical prediction");
    for (int target = 0; target < p->count; target++) {
        const nd_branch branch = branch_of(p, target);
        for (int64_t first = 0; first < count; first += ND_COMPOSITE_CHUNK) {
            const int64_t n = count - first < ND_COMPOSITE_CHUNK ? count - first : ND_COMPOSITE_CHUNK;
            ND_TRY(nd_task_report(&task, (target + (double)first / (double)count) / p->count));
            (branch.noise > 0 ? nd_noisy_sample : nd_branch_sample)(&branch, n, y + first, 1 / (double)count, reach);
        }
    }
    return nd_task_report(&task, 1);
}

static int sum_cells(nndyn_context *context, problem *p, double *points, double *scratch, nd_reach *reach)
{
    nd_task task;
    nd_task_begin(&task, context, "critical prediction");
    for (int target = 0; target < p->count; target++) {
        const nd_branch branch = branch_of(p, target);
        const int64_t n = nd_prior_points(&p->prior, 1, &p->t[target], points, scratch);
        for (int64_t i = 0; i + 1 < n; i++) {
            ND_TRY(nd_task_report(&task, (target + (double)i / (double)n) / p->count));
            (branch.noise > 0 ? nd_noisy_cell : nd_branch_cell)(&branch, points[i], points[i + 1], reach);
        }
    }
    return nd_task_report(&task, 1);
}

static int sum_law(nndyn_context *context, problem *p, nd_reach *reach)
{
    const int64_t capacity = nd_prior_capacity();
    double *points;
    ND_TRY(nd_check_memory(context, 2 * (double)capacity * sizeof *points, "the points of the law"));
    ND_TRY(nd_allocate_for(context, 2 * capacity, sizeof *points, &points));
    const int status = sum_cells(context, p, points, points + capacity, reach);
    nd_release(context, points);
    return status;
}

/* ---- the prediction ---------------------------------------------------------------------------------------------- */

static int exponent_of(nndyn_context *context, const nd_reach *reach, double *k)
{
    const double length = log(reach->xmax / reach->xmin), mean = reach->log / reach->mass / length;
    if (!(reach->mass > 0)) {
        return nd_fail(context, NNDYN_EDATA, "the window [%g, %g] has no mass; choose one that u reaches", reach->xmin,
                       reach->xmax);
    }
    if (!(mean > 0 && mean < 1) || !(reach->low < reach->high)) {
        return nd_fail(context, NNDYN_EDATA, "all mass of the window [%g, %g] is at one value of u, %g", reach->xmin,
                       reach->xmax, reach->low);
    }
    *k = 1 - nd_truncated_solve(mean) / length;
    return NNDYN_OK;
}

static void put(double value, double *out)
{
    if (out != NULL) {
        *out = value;
    }
}

static int check_arguments(nndyn_context *context, double xmin, double xmax, int64_t count, const double *y,
                           const nd_option_value *values)
{
    if (!(xmin > 0 && xmax > xmin && xmax <= DBL_MAX)) {
        return nd_fail(context, NNDYN_EARG, "the window is [%g, %g]; it must be 0 < xmin < xmax, both finite", xmin,
                       xmax);
    }
    ND_TRY(nd_check_size(context, count, 0, INT64_MAX / (int64_t)sizeof *y, "count"));
    if (count == 0) {
        return y == NULL ? NNDYN_OK : nd_fail(context, NNDYN_EARG, "count is 0, but y is not NULL; it must be then");
    }
    for (int i = ND_PRIOR_LAW; i < ND_PRIOR_OPTIONS; i++) {
        if (values[i].given) {
            return nd_fail(context, NNDYN_EOPTION,
                           "option \"%s\" is given together with a sample of y; give one of them", specs[i].name);
        }
    }
    ND_TRY(nd_check_pointer(context, y, "y"));
    return nd_check_finite(context, 1, count, y, "y");
}

typedef struct outputs {
    double *k, *mass, *decades, *mean, *square;
} outputs;

static int predict(nndyn_context *context, int activation, int loss, double t, int64_t count, const double *y,
                   const nndyn_options *options, nd_reach *reach, const outputs *out)
{
    nd_option_value values[OPTIONS];
    problem p;
    double k = NAN;
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(nd_composite_read(context, activation, loss, values, &p.composite));
    ND_TRY(check_arguments(context, reach->xmin, reach->xmax, count, y, values));
    ND_TRY(nd_prior_read(context, values, &p.prior));
    ND_TRY(set_targets(context, t, values, &p));
    if (values[INPUT_SCALE].given && p.composite.update != ND_UPDATE_WEIGHT) {
        return nd_fail(context, NNDYN_EOPTION, "option \"input_scale\" is given, but \"update\" is not \"weight\"");
    }
    p.composite.scale = values[INPUT_SCALE].real;
    ND_TRY(count > 0 ? sum_sample(context, &p, count, y, reach) : sum_law(context, &p, reach));
    if (out->k != NULL) {
        ND_TRY(exponent_of(context, reach, &k));
        *out->k = k;
    }
    put(reach->mass, out->mass);
    put(reach->mass > 0 ? log10(reach->high / reach->low) : 0, out->decades);
    put(reach->mean, out->mean);
    put(reach->square, out->square);
    return NNDYN_OK;
}

int nndyn_critical_prediction(nndyn_context *context, int activation, int loss, double t, double xmin, double xmax,
                              int64_t count, const double *y, const nndyn_options *options, double *k, double *mass,
                              double *decades, double *mean, double *square)
{
    const outputs out = {k, mass, decades, mean, square};
    nd_reach reach = {.xmin = xmin, .xmax = xmax, .low = DBL_MAX, .high = 0};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_critical_prediction"));
    return nd_leave(context, predict(context, activation, loss, t, count, y, options, &reach, &out));
}
