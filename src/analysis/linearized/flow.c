/* flow.c - gradient flow of the linear model for any loss: the method of order 5 of Dormand and Prince (J. Comput.
 * Appl. Math. 6 (1980) 19), with its embedded one of order 4 for the choice of steps.
 *
 * The unknowns are outputs on train and on test points and, after them, the coefficients, which follow but do not count
 * for the error: along directions of eigenvalue 0 they grow without effect.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <math.h>
#include <string.h>

enum { TOLERANCE, ABSOLUTE, EVALUATIONS, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [TOLERANCE] = {"tolerance", ND_REAL, 1e-13, 1e-2, 1e-8, NULL},
    [ABSOLUTE] = {"absolute", ND_REAL, 1e-300, 1e300, 1e-10, NULL},
    [EVALUATIONS] = {"evaluations", ND_INTEGER, 8, 1e15, 1e7, NULL},
};

enum { STAGES = 7 };
static const double weights[STAGES][STAGES - 1] = {
    {0},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};
/* Fifth order less fourth. */
static const double errors[STAGES] = {71.0 / 57600,      0,          -71.0 / 16695, 71.0 / 1920,
                                      -17253.0 / 339200, 22.0 / 525, -1.0 / 40};

typedef struct flow {
    nndyn_linearized *model;
    double rate, duration, tolerance, absolute;
    int64_t evaluations, most;
    int64_t m, seen, count;   /* outputs on train; on train and test; all unknowns */
    double *y, *next, *error; /* count each */
    double *slope[STAGES];
    nd_arena arena;
} flow;

static void carve(nd_arena *arena, flow *f)
{
    f->y = nd_arena_take(arena, f->count, sizeof *f->y);
    f->next = nd_arena_take(arena, f->count, sizeof *f->next);
    f->error = nd_arena_take(arena, f->count, sizeof *f->error);
    for (int i = 0; i < STAGES; i++) {
        f->slope[i] = nd_arena_take(arena, f->count, sizeof *f->slope[i]);
    }
}

/* ---- the right-hand side ----------------------------------------------------------------------------------------- */

/* slope += factor (y - origin) */
static void pull(int64_t count, double factor, const double *y, const double *origin, double *slope)
{
    for (int64_t i = 0; i < count; i++) {
        slope[i] += factor * (y[i] - (origin != NULL ? origin[i] : 0));
    }
}

static int derivative(flow *f, const double *y, double *slope)
{
    nndyn_linearized *model = f->model;
    double *along = slope + f->seen, *test = model->test > 0 ? slope + f->m : NULL;
    const double ridge = -f->rate * model->kappa * model->ridge;
    if (f->evaluations >= f->most) {
        return nd_fail(model, NNDYN_ENUMERIC,
                       "%lld evaluations did not suffice for the flow; give more by \"evaluations\", a larger "
                       "\"tolerance\" or a shorter duration, or drop small eigenvalues: the flow is stiff",
                       (long long)f->most);
    }
    f->evaluations++;
    ND_TRY(nd_linear_slopes(model, model, model->n, y, model->y, model->residual, along));
    for (int64_t i = 0; i < f->m; i++) {
        along[i] *= -f->rate * model->kappa;
    }
    ND_TRY(nd_linear_product(model, model, along, slope, test));
    if (ridge != 0) {
        pull(f->m, ridge, y, model->f0, slope);
        pull(f->seen - f->m, ridge, y + f->m, model->f0_test, slope + f->m);
        pull(f->m, ridge, y + f->seen, NULL, along);
    }
    return NNDYN_OK;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static void combine(const flow *f, int stage, double h, double *out)
{
    memcpy(out, f->y, (size_t)f->count * sizeof *out);
    for (int j = 0; j < stage; j++) {
        if (weights[stage][j] != 0) {
            f->model->k->axpy(f->count, h * weights[stage][j], f->slope[j], out);
        }
    }
}

/* Root mean square of v over what is tolerated at y (and at z). */
static double scaled(const flow *f, const double *v, const double *y, const double *z)
{
    double sum = 0;
    for (int64_t i = 0; i < f->seen; i++) {
        const double size = fmax(fabs(y[i]), fabs(z[i]));
        const double part = v[i] / (f->absolute + f->tolerance * size);
        sum += part * part;
    }
    return sqrt(sum / (double)f->seen);
}

/* The step tried: `next`, its slope in the last stage, and its error. */
static int attempt(flow *f, double h, double *size)
{
    for (int stage = 1; stage < STAGES; stage++) {
        combine(f, stage, h, f->next);
        ND_TRY(derivative(f, f->next, f->slope[stage]));
    }
    memset(f->error, 0, (size_t)f->count * sizeof *f->error);
    for (int j = 0; j < STAGES; j++) {
        f->model->k->axpy(f->seen, h * errors[j], f->slope[j], f->error);
    }
    *size = scaled(f, f->error, f->y, f->next);
    return NNDYN_OK;
}

static void accept(flow *f)
{
    double *y = f->y, *first = f->slope[0];
    f->y = f->next;
    f->next = y;
    f->slope[0] = f->slope[STAGES - 1]; /* first same as last */
    f->slope[STAGES - 1] = first;
}

static double first_step(const flow *f)
{
    const double size = scaled(f, f->y, f->y, f->y), speed = scaled(f, f->slope[0], f->y, f->y);
    const double h = speed > 0 ? 1e-2 * fmax(size, 1) / speed : f->duration;
    return fmin(h, f->duration);
}

static int march(flow *f)
{
    nd_task task;
    double t = 0, last = 1;
    nd_task_begin(&task, f->model, "gradient flow of the linear model");
    ND_TRY(derivative(f, f->y, f->slope[0]));
    double h = first_step(f);
    while (t < f->duration) {
        const double left = f->duration - t;
        const int final = h >= left;
        double size;
        h = final ? left : h;
        ND_TRY(nd_task_report(&task, t / f->duration));
        ND_TRY(attempt(f, h, &size));
        if (!(h > 1e-15 * t)) {
            return nd_fail(f->model, NNDYN_ENUMERIC, "the step of the flow went to 0 at time %g; raise \"tolerance\"",
                           t);
        }
        const double wanted = 0.9 * pow(fmax(size, 1e-10), -0.17) * pow(fmax(last, 1e-10), 0.04);
        if (size <= 1) {
            accept(f);
            t = final ? f->duration : t + h;
            last = size;
        }
        h *= isfinite(wanted) ? fmin(fmax(wanted, 0.2), size <= 1 ? 5 : 1) : 0.2;
    }
    return nd_task_report(&task, 1);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static void exchange(flow *f, int back)
{
    nndyn_linearized *model = f->model;
    nd_linear_track *tracks[] = {&model->f, &model->f_test, &model->c};
    double *y = f->y;
    for (int i = 0; i < 3; i++) {
        double *position = tracks[i]->position;
        const size_t bytes = (size_t)tracks[i]->count * sizeof *y;
        if (bytes > 0) {
            memcpy(back ? position : y, back ? y : position, bytes);
        }
        y += tracks[i]->count;
    }
}

static int integrate(nndyn_linearized *model, double rate, double duration, const nndyn_options *options)
{
    nd_option_value values[OPTIONS];
    ND_TRY(nd_linear_check_rule(model, NNDYN_LINEARIZED_FLOW, rate));
    ND_TRY(nd_check_real(model, duration, 0x1p-1000, 1e300, "duration"));
    ND_TRY(nd_options_read(model, options, specs, OPTIONS, values));
    flow f = {.model = model,
              .rate = rate,
              .duration = duration,
              .tolerance = values[TOLERANCE].real,
              .absolute = values[ABSOLUTE].real,
              .most = values[EVALUATIONS].integer,
              .m = model->f.count,
              .seen = model->f.count + model->f_test.count,
              .count = 2 * model->f.count + model->f_test.count};
    carve(&f.arena, &f);
    ND_TRY(nd_check_memory(model, (double)f.arena.used, "the stages of the flow"));
    ND_TRY(nd_arena_reserve(&f.arena, model));
    carve(&f.arena, &f);
    exchange(&f, 0);
    const int status = march(&f);
    if (status == NNDYN_OK) {
        exchange(&f, 1);
        model->time += duration;
    }
    nd_arena_free(&f.arena);
    return status;
}

int nndyn_linearized_integrate(nndyn_linearized *model, double rate, double duration, const nndyn_options *options)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_integrate"));
    return nd_leave(model, integrate(model, rate, duration, options));
}
