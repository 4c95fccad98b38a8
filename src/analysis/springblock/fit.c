/* fit.c - a fit from data and options to parameters and their covariance.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include "linalg/linalg.h"
#include <math.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------------------------------------- */

enum {
    RIGHT,
    LEFT,
    NOISE,
    ASYMMETRY,
    FRICTION_LEAST,
    FRICTION_MOST,
    NOISE_LEAST,
    NOISE_MOST,
    SCALE,
    STEP,
    STEPS,
    STARTS,
    OPTIONS
};

static const nd_option_spec specs[OPTIONS] = {
    [RIGHT] = {"friction_right", ND_REAL, 0, 10, 0, NULL},
    [LEFT] = {"friction_left", ND_REAL, 0, 10, 0, NULL},
    [NOISE] = {"noise", ND_REAL, 0, 10, 0, NULL},
    [ASYMMETRY] = {"asymmetry", ND_REAL, -10, 10, 0, NULL},
    [FRICTION_LEAST] = {"friction_least", ND_REAL, 0, 10, 0, NULL},
    [FRICTION_MOST] = {"friction_most", ND_REAL, 0, 10, 0.2, NULL},
    [NOISE_LEAST] = {"noise_least", ND_REAL, 0, 10, 0, NULL},
    [NOISE_MOST] = {"noise_most", ND_REAL, 0, 10, 0.2, NULL},
    [SCALE] = {"scale", ND_TEXT, 0, 0, 0, "free|ends"},
    [STEP] = {"step", ND_REAL, 1e-9, 0.4999999999, 0.01, NULL},
    [STEPS] = {"steps", ND_INTEGER, 1, 10000000, 10000, NULL},
    [STARTS] = {"starts", ND_INTEGER, 1, ND_SPRINGFIT_MODES, ND_SPRINGFIT_MODES, NULL},
};

static int read_box(void *handle, const nd_option_value *v, nd_springfit_box *box)
{
    static const int held[ND_SPRINGFIT_QUANTITIES] = {RIGHT, LEFT, NOISE, -1, ASYMMETRY};
    nd_springfit_slice slice;
    for (int q = 0; q < ND_SPRINGFIT_QUANTITIES; q++) {
        box->given[q] = held[q] >= 0 && v[held[q]].given;
        box->value[q] = held[q] >= 0 ? v[held[q]].real : 0;
    }
    for (int j = 0; j < 3; j++) {
        box->low[j] = v[j == 2 ? NOISE_LEAST : FRICTION_LEAST].real;
        box->high[j] = v[j == 2 ? NOISE_MOST : FRICTION_MOST].real;
        if (!(box->low[j] < box->high[j])) {
            return nd_fail(handle, NNDYN_EOPTION, "option %s is %g, must be above %s, which is %g",
                           j == 2 ? "noise_most" : "friction_most", box->high[j],
                           j == 2 ? "noise_least" : "friction_least", box->low[j]);
        }
        if (box->given[j]) { /* a value held is its own bound */
            box->low[j] = box->high[j] = box->value[j];
        }
    }
    if (box->given[RIGHT] && box->given[LEFT] && box->given[ND_SPRINGFIT_ASYMMETRY]) {
        return nd_fail(
            handle, NNDYN_EOPTION,
            "options friction_right, friction_left and asymmetry are all given, must be two of them at most");
    }
    if (nd_springfit_cut(box, -1, 0, &slice) != 0) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "option asymmetry is %g, which no left and right friction within their bounds have; widen "
                       "friction_least and friction_most or change it",
                       box->value[ND_SPRINGFIT_ASYMMETRY]);
    }
    if (slice.count == 0) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "all parameters are fixed by options, must be one free at least; to "
                       "compare a curve with a given chain run nndyn_springblock_mean_field");
    }
    return NNDYN_OK;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static int check_curve(void *handle, int64_t count, const double *separation)
{
    ND_TRY(nd_check_size(handle, count, 4, 1000, "count"));
    ND_TRY(nd_check_pointer(handle, separation, "separation"));
    ND_TRY(nd_check_finite(handle, 1, count, separation, "separation"));
    if (!(separation[0] > separation[count - 1])) {
        return nd_fail(handle, NNDYN_EDATA,
                       "separation falls from %g to %g, must fall: no layers of a trained network make a curve that "
                       "rises from end to end",
                       separation[0], separation[count - 1]);
    }
    return NNDYN_OK;
}

static int check_errors(void *handle, int64_t count, const double *errors, int ends)
{
    ND_TRY(nd_check_finite(handle, 1, count, errors, "errors"));
    for (int64_t i = ends; i < count - ends; i++) {
        if (!(errors[i] > 0)) {
            return nd_fail(handle, NNDYN_EDATA,
                           "errors[%lld] is %g, must be positive; where they are unknown give NULL", (long long)i,
                           errors[i]);
        }
    }
    return NNDYN_OK;
}

static int check_symmetric(void *handle, int64_t n, const double *c)
{
    ND_TRY(nd_check_finite(handle, n, n, c, "covariance"));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (fabs(c[i * n + j] - c[j * n + i]) > 1e-9 * (fabs(c[i * n + i]) + fabs(c[j * n + j]))) {
                return nd_fail(handle, NNDYN_EDATA, "covariance[%lld][%lld] is %g and its mirror %g, must be symmetric",
                               (long long)i, (long long)j, c[i * n + j], c[j * n + i]);
            }
        }
    }
    return NNDYN_OK;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void carve(nd_arena *arena, nndyn_springblock_fit *fit, int covariance, double **separation)
{
    nd_springfit_model *m = &fit->model;
    nd_springfit_data *d = &fit->data;
    const struct {
        double **place;
        int64_t count;
    } arrays[] = {
        {&m->table, nd_springfit_table_size()},
        {&m->x, 4 * m->blocks},
        {&m->ratio, m->blocks},
        {&m->work, 17 * m->blocks},
        {separation, d->count},
        {&d->errors, d->count},
        {&d->u, d->rows},
        {&d->v, d->rows},
        {&d->residual, d->rows},
        {&d->jacobian, 3 * d->rows},
        {&fit->curve, d->count},
        {&fit->normalized, d->count},
        {&d->factor, covariance ? d->rows * d->rows : 0},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i].place = arrays[i].count > 0 ? nd_arena_take(arena, arrays[i].count, sizeof(double)) : NULL;
    }
}

static void destroy(void *object)
{
    nndyn_springblock_fit *fit = object;
    nd_arena_free(&fit->arena);
}

static int take_data(void *handle, nndyn_springblock_fit *fit, const double *curve, const double *errors,
                     const double *covariance)
{
    nd_springfit_data *d = &fit->data;
    double *separation;
    carve(&fit->arena, fit, covariance != NULL, &separation);
    ND_TRY(nd_arena_reserve(&fit->arena, handle));
    carve(&fit->arena, fit, covariance != NULL, &separation);
    fit->model.slope = fit->model.x + fit->model.blocks;
    for (int64_t i = 0; i < fit->model.blocks; i++) {
        fit->model.ratio[i] = 1;
    }
    nd_springfit_fill_table(fit->model.table);
    memcpy(separation, curve, (size_t)d->count * sizeof *curve);
    d->separation = separation;
    d->weighted = errors || covariance;
    for (int64_t i = 0; i < d->count; i++) {
        d->errors[i] = errors ? errors[i] : 1;
    }
    for (int64_t i = 0; covariance && i < d->rows; i++) {
        memcpy(d->factor + i * d->rows, covariance + (i + d->ends) * d->count + d->ends,
               (size_t)d->rows * sizeof *covariance);
    }
    if (covariance && nd_springfit_factor(d->rows, d->factor) != 0) {
        return nd_fail(
            handle, NNDYN_EDATA,
            "covariance is not positive definite; one of few seeds is not: give standard errors, or shrink it "
            "towards its diagonal");
    }
    return NNDYN_OK;
}

/* ---- search ------------------------------------------------------------------------------------------------------ */

enum { LEVELS = 5 }; /* of friction */

/* Where the search begins: shares of the bounds. */
static const double friction_share[LEVELS] = {0.01, 0.04, 0.1, 0.2, 0.4};
static const double noise_share[ND_SPRINGFIT_MODES] = {0.005, 0.03, 0.08, 0.16, 0.3, 0.5};

static double share(const nd_springfit_box *box, int j, double part)
{
    return box->low[j] + part * (box->high[j] - box->low[j]);
}

/* Sum of squares about the mean: what there is to explain. */
static double spread(const nd_springfit_data *d)
{
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < d->count; i++) {
        mean += d->separation[i] / (double)d->count;
    }
    for (int64_t i = 0; i < d->count; i++) {
        sum += (d->separation[i] - mean) * (d->separation[i] - mean);
    }
    return sum;
}

/* Best cell of one level of noise. */
static double best_cell(nndyn_springblock_fit *fit, int level, double *theta)
{
    nd_springfit_model *m = &fit->model;
    double best = INFINITY;
    for (int i = 0; i < LEVELS * LEVELS; i++) {
        double trial[3] = {share(&fit->box, 0, friction_share[i / LEVELS]),
                           share(&fit->box, 1, friction_share[i % LEVELS]), share(&fit->box, 2, noise_share[level])};
        if (fit->box.given[ND_SPRINGFIT_ASYMMETRY]) { /* the other side follows the free one */
            const double gap = fit->box.value[ND_SPRINGFIT_ASYMMETRY];
            const int follows = fit->box.given[1] ? 0 : 1;
            trial[follows] = fmax(0, follows ? trial[0] + gap : trial[1] - gap);
        }
        nd_springfit_run(m, trial, nd_springfit_rough, 0);
        const double sum = nd_springfit_residual(&fit->data, m, 0);
        if (sum < best) {
            best = sum;
            memcpy(theta, trial, sizeof trial);
        }
    }
    return best;
}

/* The least sum of squares of the mean field itself: that of close strides, made exact where it was found last. */
static int polish(nndyn_springblock_fit *fit, const nd_springfit_slice *slice, nd_task *task)
{
    enum { ROUNDS = 8 };
    double last = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        nd_springfit_calibrate(&fit->model, fit->theta);
        ND_TRY(nd_springfit_minimize(&fit->model, &fit->data, slice, nd_springfit_close, task, fit->theta, &fit->chi));
        if (fabs(fit->chi - last) <= 1e-9 * fit->chi + 100 * fit->data.grain) {
            break;
        }
        last = fit->chi;
    }
    return NNDYN_OK;
}

static double apart(const nd_springfit_box *box, const double *a, const double *b)
{
    double far = 0;
    for (int j = 0; j < 3; j++) {
        far = fmax(far, fabs(a[j] - b[j]) / fmax(box->high[j] - box->low[j], 1e-12));
    }
    return far;
}

/* Valleys that strides cannot tell from the best one are compared by the mean field. */
static int choose(nndyn_springblock_fit *fit, const double *sums, double limit, const nd_springfit_slice *slice,
                  nd_task *task)
{
    double best[3] = {0}, least = INFINITY;
    for (int64_t i = 0; i < fit->searches; i++) {
        int known = !(sums[i] <= limit);
        for (int64_t k = 0; k < i && !known; k++) {
            known = sums[k] <= limit && apart(&fit->box, fit->modes[i], fit->modes[k]) < 0.02;
        }
        if (known) {
            continue;
        }
        memcpy(fit->theta, fit->modes[i], sizeof best);
        ND_TRY(polish(fit, slice, task));
        if (fit->chi < least) {
            least = fit->chi;
            memcpy(best, fit->theta, sizeof best);
        }
    }
    memcpy(fit->theta, best, sizeof best);
    nd_springfit_calibrate(&fit->model, best);
    return NNDYN_OK;
}

static int search(nndyn_springblock_fit *fit, int64_t starts, nd_task *task)
{
    double cells[ND_SPRINGFIT_MODES][3] = {{0}}, sums[ND_SPRINGFIT_MODES], found[ND_SPRINGFIT_MODES], best = INFINITY;
    const int levels = fit->box.given[ND_SPRINGFIT_NOISE] ? 1 : ND_SPRINGFIT_MODES;
    const double unit = fit->data.weighted ? 1 : 1e-6 * spread(&fit->data);
    nd_springfit_slice slice;
    nd_springfit_cut(&fit->box, -1, 0, &slice);
    fit->data.grain = 1e-2 * unit;
    for (int level = 0; level < levels; level++) {
        sums[level] = best_cell(fit, level, cells[level]);
        ND_TRY(nd_task_report(task, 0.1 * (level + 1) / levels));
    }
    for (int64_t start = 0; start < starts && start < levels; start++) {
        int least = 0;
        for (int level = 1; level < levels; level++) {
            least = sums[level] < sums[least] ? level : least;
        }
        if (!isfinite(sums[least])) {
            break;
        }
        double sum;
        sums[least] = INFINITY;
        ND_TRY(nd_springfit_minimize(&fit->model, &fit->data, &slice, nd_springfit_close, task, cells[least], &sum));
        memcpy(fit->modes[fit->searches], cells[least], sizeof fit->modes[0]);
        found[fit->searches++] = sum;
        best = fmin(best, sum);
    }
    if (!isfinite(best)) {
        return NNDYN_ENUMERIC;
    }
    fit->data.grain = 1e-8 * unit;
    return choose(fit, found, 1.05 * best + 0.05 * unit, &slice, task);
}

/* ---- conclusions ------------------------------------------------------------------------------------------------- */

/* Information of the free coordinates in units of their ranges: scaled = phi / range. */
static void information(const nndyn_springblock_fit *fit, const nd_springfit_slice *s, const double *range, double *a)
{
    const nd_springfit_data *d = &fit->data;
    for (int64_t row = 0; row < d->rows; row++) {
        double slope[3] = {0};
        for (int i = 0; i < s->count; i++) {
            for (int j = 0; j < 3; j++) {
                slope[i] += range[i] * s->direction[i][j] * d->jacobian[j * d->rows + row];
            }
        }
        for (int i = 0; i < s->count; i++) {
            for (int j = 0; j < s->count; j++) {
                a[i * s->count + j] += slope[i] * slope[j];
            }
        }
    }
}

/* Covariance from the eigenpairs of the information, the weakest of which names the degenerate combination. */
static int conclude(void *handle, nndyn_springblock_fit *fit)
{
    nd_springfit_slice s;
    double a[9] = {0}, values[3], range[3];
    nd_springfit_cut(&fit->box, -1, 0, &s);
    for (int i = 0; i < s.count; i++) {
        range[i] = fmax(s.high[i] - s.low[i], 1e-12);
    }
    information(fit, &s, range, a);
    ND_TRY(nd_symmetric_eigen(handle, s.count, a, 1, values));
    for (int k = s.count - 1; k >= 0; k--) {
        /* no error beyond a million ranges: huge, and finite */
        const double variance = fit->unit / fmax(values[k], 1e-12 * (fit->unit > 0 ? fit->unit : 1));
        double direction[3] = {0}, length = 0;
        for (int j = 0; j < 3; j++) {
            for (int i = 0; i < s.count; i++) {
                direction[j] += a[k * s.count + i] * range[i] * s.direction[i][j];
            }
            length += direction[j] * direction[j];
        }
        for (int i = 0; i < 9; i++) {
            fit->covariance[i] += variance * direction[i / 3] * direction[i % 3];
        }
        for (int j = 0; j < 3; j++) { /* eigenvalues ascend: the last one written is the weakest */
            fit->weakest[j] = direction[j] / sqrt(length);
        }
        fit->weakest_error = sqrt(variance * length);
        fit->flags |= k == 0 && sqrt(variance) > 0.5 ? NNDYN_SPRINGBLOCK_FIT_DEGENERATE : 0;
    }
    return NNDYN_OK;
}

static void keep_curve(nndyn_springblock_fit *fit)
{
    const nd_springfit_data *d = &fit->data;
    const double end = fit->model.x[fit->model.blocks - 1];
    double left = 0;
    for (int64_t i = 0; i < d->count; i++) {
        const double x = i > 0 ? fit->model.x[i - 1] : 0;
        fit->curve[i] = d->level - d->scale * x;
        fit->normalized[i] = 1 - x / end;
        left += (d->separation[i] - fit->curve[i]) * (d->separation[i] - fit->curve[i]);
    }
    fit->r_squared = 1 - left / spread(d);
}

/* Another valley that explains the data not much worse, with a ridge between. */
static int ambiguous(nndyn_springblock_fit *fit)
{
    const int64_t n = fit->data.weighted ? 0 : fit->freedom;
    if (!(fit->unit > 0)) {
        return 0;
    }
    const double allowed = fit->chi + fit->unit * nd_springfit_threshold(0.95, fit->parameters, n);
    for (int64_t i = 0; i < fit->searches; i++) {
        double middle[3], far = 0;
        for (int j = 0; j < 3; j++) {
            middle[j] = 0.5 * (fit->theta[j] + fit->modes[i][j]);
            far = fmax(far, fabs(fit->theta[j] - middle[j]) / fmax(fit->box.high[j] - fit->box.low[j], 1e-12));
        }
        nd_springfit_run(&fit->model, fit->modes[i], nd_springfit_close, 0);
        const double there = nd_springfit_residual(&fit->data, &fit->model, 0);
        nd_springfit_run(&fit->model, middle, nd_springfit_close, 0);
        if (far > 0.01 && there < allowed && nd_springfit_residual(&fit->data, &fit->model, 0) > allowed) {
            return 1;
        }
    }
    return 0;
}

static int judge(void *handle, nndyn_springblock_fit *fit)
{
    nd_springfit_data *d = &fit->data;
    nd_springfit_run(&fit->model, fit->theta, nd_springfit_exact, 1);
    fit->chi = nd_springfit_residual(d, &fit->model, 1);
    fit->unit = d->weighted ? 1 : fit->freedom > 0 ? fit->chi / (double)fit->freedom : NAN;
    fit->flags = fit->freedom == 0 ? NNDYN_SPRINGBLOCK_FIT_EXACT : 0;
    for (int q = 0; q < ND_SPRINGFIT_PARAMETERS; q++) {
        const double near = 1e-9 * (fit->box.high[q] - fit->box.low[q]);
        const int bound = fit->theta[q] <= fit->box.low[q] + near || fit->theta[q] >= fit->box.high[q] - near;
        fit->flags |= bound && !fit->box.given[q] ? NNDYN_SPRINGBLOCK_FIT_AT_BOUND : 0;
    }
    keep_curve(fit);
    ND_TRY(conclude(handle, fit));
    fit->flags |= ambiguous(fit) ? NNDYN_SPRINGBLOCK_FIT_AMBIGUOUS : 0;
    return NNDYN_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static int run_fit(void *handle, nndyn_springblock_fit *fit, int64_t starts)
{
    nd_task task;
    nd_task_begin(&task, handle, "fitting a chain");
    const int status = search(fit, starts, &task);
    if (status == NNDYN_ENUMERIC) {
        return nd_fail(handle, status,
                       "no chain with friction and noise within the bounds moves in %lld steps; lower "
                       "the friction or make more steps",
                       (long long)fit->model.steps);
    }
    ND_TRY(status);
    return judge(handle, fit);
}

static int fill(void *handle, nndyn_springblock_fit *fit, const double *curve, const double *errors,
                const double *covariance, const nd_option_value *v)
{
    nd_springfit_data *d = &fit->data;
    nd_springfit_slice slice;
    ND_TRY(read_box(handle, v, &fit->box));
    nd_springfit_cut(&fit->box, -1, 0, &slice);
    d->ends = (int)v[SCALE].integer;
    d->rows = d->count - 2 * d->ends;
    fit->model.blocks = d->count - 1;
    fit->model.steps = v[STEPS].integer;
    fit->model.step = v[STEP].real;
    fit->most[0] = v[FRICTION_MOST].real;
    fit->most[1] = v[NOISE_MOST].real;
    fit->parameters = slice.count;
    fit->freedom = d->count - 2 - fit->parameters;
    if (fit->freedom < 0) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "%lld parameters are free besides level and scale, but count is %lld: fix one by an option, as "
                       "friction_left",
                       (long long)fit->parameters, (long long)d->count);
    }
    ND_TRY(take_data(handle, fit, curve, errors, covariance));
    return run_fit(handle, fit, v[STARTS].integer);
}

static int create(nndyn_context *context, int64_t count, const double *separation, const double *errors,
                  const double *covariance, const nndyn_options *options, nndyn_springblock_fit **out)
{
    nd_option_value v[OPTIONS];
    nndyn_springblock_fit *fit;
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(check_curve(context, count, separation));
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, v));
    if (errors) {
        ND_TRY(check_errors(context, count, errors, (int)v[SCALE].integer));
    }
    if (covariance) {
        ND_TRY(check_symmetric(context, count, covariance));
    }
    ND_TRY(nd_handle_create(context, ND_SPRINGBLOCK_FIT, sizeof *fit, destroy, &fit));
    fit->arena.context = context;
    fit->data.count = count;
    const int status = fill(context, fit, separation, errors, covariance, v);
    if (status != NNDYN_OK) {
        nd_handle_release(fit);
        return status;
    }
    *out = fit;
    return NNDYN_OK;
}

int nndyn_springblock_fit_create(nndyn_context *context, int64_t count, const double *separation, const double *errors,
                                 const nndyn_options *options, nndyn_springblock_fit **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_springblock_fit_create"));
    return nd_leave(context, create(context, count, separation, errors, NULL, options, out));
}

int nndyn_springblock_fit_create_covariance(nndyn_context *context, int64_t count, const double *separation,
                                            const double *covariance, const nndyn_options *options,
                                            nndyn_springblock_fit **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_springblock_fit_create_covariance"));
    const int status = nd_check_pointer(context, covariance, "covariance");
    return nd_leave(context,
                    status != NNDYN_OK ? status : create(context, count, separation, NULL, covariance, options, out));
}

void nndyn_springblock_fit_free(nndyn_springblock_fit *fit)
{
    nd_handle_release(fit);
}
