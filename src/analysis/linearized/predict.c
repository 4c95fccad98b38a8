/* predict.c - full-batch training on squared error in closed form.  SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { MOMENTUM, UNSTABLE, SINGULAR, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [MOMENTUM] = {"momentum", ND_REAL, 0, 1 - 0x1p-53, 0.9, NULL},
    [UNSTABLE] = {"unstable", ND_INTEGER, 0, 1, 0, NULL},
    [SINGULAR] = {"singular", ND_TEXT, 0, 0, 0, "refuse|project"},
};

typedef struct prediction {
    int rule, project;
    double step, time, momentum; /* step = rate kappa h'' */
    double *q;                   /* order x columns: the errors at the start along the eigenvectors */
    double *g;                   /* coefficients along them */
    double *c, *train, *test;    /* results aside */
    nd_arena arena;
} prediction;

static void carve(nd_arena *arena, const nndyn_linearized *model, int want_test, prediction *p)
{
    const int64_t m = model->n * model->outputs;
    p->q = nd_arena_take(arena, m, sizeof *p->q);
    p->g = nd_arena_take(arena, m, sizeof *p->g);
    p->c = nd_arena_take(arena, m, sizeof *p->c);
    p->train = nd_arena_take(arena, m, sizeof *p->train);
    p->test = want_test ? nd_arena_take(arena, model->test * model->outputs, sizeof *p->test) : NULL;
}

/* out = V a (rows of V are eigenvectors), or V' a. */
static int turn(nndyn_linearized *model, int transposed, const double *a, double *out)
{
    const int64_t n = model->order, k = model->columns;
    const int status =
        model->k->gemm(model->handle.context, transposed, 0, n, k, n, 1, model->vectors, n, a, k, 0, out, k);
    return status == NNDYN_OK ? status : nd_fail(model, status, "the context's executor failed");
}

static double norm(int64_t count, const double *v)
{
    double most = 0, sum = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fabs(v[i]) > most ? fabs(v[i]) : most;
    }
    for (int64_t i = 0; most > 0 && i < count; i++) {
        sum += v[i] / most * (v[i] / most);
    }
    return most * sqrt(sum);
}

/* Directions that training never reaches, at infinite time: no error may be left along them. */
static int check_singular(nndyn_linearized *model, const prediction *p)
{
    const int64_t columns = model->columns;
    int64_t zeros = 0;
    while (zeros < model->order && !(model->values[zeros] + model->ridge > 0)) {
        zeros++;
    }
    const double left = norm(zeros * columns, p->q), all = norm(model->order * columns, p->q);
    if (p->project || left <= 1e-8 * all) {
        return NNDYN_OK;
    }
    return nd_fail(
        model, NNDYN_ENUMERIC,
        "the kernel is singular: %lld of its %lld eigenvalues are 0 and an error of %.3g (of %.3g) stands along "
        "their directions, which no time removes; drop duplicated samples, give a \"ridge\", or set "
        "\"singular\" to \"project\"",
        (long long)zeros, (long long)model->order, left, all);
}

/* g, and in q what it moves the outputs by. */
static void modes(const nndyn_linearized *model, prediction *p)
{
    const int64_t columns = model->columns;
    for (int64_t k = 0; k < model->order; k++) {
        const double lambda = model->values[k], whole = lambda + model->ridge;
        const double factor =
            whole <= 0 && isinf(p->time) ? 0 : nd_linear_mode(p->rule, whole, p->step, p->time, p->momentum);
        for (int64_t c = 0; c < columns; c++) {
            const double g = p->time > 0 ? p->q[k * columns + c] * factor : 0;
            p->g[k * columns + c] = g;
            p->q[k * columns + c] = lambda * g;
        }
    }
}

static int work(nndyn_linearized *model, prediction *p)
{
    const int64_t m = model->n * model->outputs, rows = model->test * model->outputs;
    model->k->subtract(m, model->f0, model->y, p->c);
    ND_TRY(turn(model, 0, p->c, p->q));
    if (isinf(p->time)) {
        ND_TRY(check_singular(model, p));
    }
    modes(model, p);
    ND_TRY(turn(model, 1, p->g, p->c));
    ND_TRY(turn(model, 1, p->q, p->train));
    model->k->add(m, p->train, model->f0, p->train);
    int finite = model->k->all_finite(m, p->c) && model->k->all_finite(m, p->train);
    if (p->test != NULL) {
        ND_TRY(nd_linear_product(model, model, p->c, NULL, p->test));
        model->k->add(rows, p->test, model->f0_test, p->test);
        finite = finite && model->k->all_finite(rows, p->test);
    }
    return finite ? NNDYN_OK
                  : nd_fail(model, NNDYN_ENUMERIC,
                            "the result is beyond the range of double: training diverges at this rate");
}

static void deliver(int64_t count, const double *from, double *to)
{
    if (to != NULL) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

static int check_time(nndyn_linearized *model, int rule, double time)
{
    if (!(time >= 0)) {
        return nd_fail(model, NNDYN_EARG, "time is %g, must be 0 or more, or infinite", time);
    }
    if (rule != NNDYN_LINEARIZED_FLOW && isfinite(time) && (time != floor(time) || time > (double)ND_MOST_STEPS)) {
        return nd_fail(model, NNDYN_EARG, "time is %.17g, must be a whole number of steps up to 2^52, or infinite",
                       time);
    }
    return NNDYN_OK;
}

static int check(nndyn_linearized *model, int rule, double rate, double time, const nd_option_value *values,
                 const double *test)
{
    ND_TRY(nd_linear_need_spectrum(model, model));
    ND_TRY(nd_linear_check_rule(model, rule, rate));
    ND_TRY(check_time(model, rule, time));
    if (test != NULL && model->test == 0) {
        return nd_fail(model, NNDYN_ESTATE,
                       "test is given, but the model has no test points; see nndyn_linearized_set_test");
    }
    if (model->loss.kind != NNDYN_SQUARED_ERROR) {
        return nd_fail(model, NNDYN_EUNSUPPORTED,
                       "the loss is %s, and closed forms are those of squared error; use nndyn_linearized_step or "
                       "nndyn_linearized_integrate",
                       nndyn_loss_name(model->loss.kind));
    }
    if (values[UNSTABLE].integer == 0 || isinf(time)) {
        ND_TRY(nd_linear_check_stable(model, model, rule, rate, values[MOMENTUM].real));
    }
    return NNDYN_OK;
}

static int predict(nndyn_linearized *model, int rule, double rate, double time, const nndyn_options *options,
                   double *coefficients, double *train, double *test)
{
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(model, options, specs, OPTIONS, values));
    ND_TRY(check(model, rule, rate, time, values, test));
    prediction p = {.rule = rule,
                    .project = values[SINGULAR].integer == 1,
                    .step = rate * model->kappa * nd_linear_curvature(&model->loss),
                    .time = time,
                    .momentum = values[MOMENTUM].real};
    carve(&p.arena, model, test != NULL, &p);
    ND_TRY(nd_arena_reserve(&p.arena, model));
    carve(&p.arena, model, test != NULL, &p);
    const int status = work(model, &p);
    if (status == NNDYN_OK) {
        deliver(model->n * model->outputs, p.c, coefficients);
        deliver(model->n * model->outputs, p.train, train);
        deliver(model->test * model->outputs, p.test, test);
    }
    nd_arena_free(&p.arena);
    return status;
}

int nndyn_linearized_predict(nndyn_linearized *model, int rule, double rate, double time, const nndyn_options *options,
                             double *coefficients, double *train, double *test)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_predict"));
    return nd_leave(model, predict(model, rule, rate, time, options, coefficients, train, test));
}
