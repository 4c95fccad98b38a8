/* recurrent_activate.c - activation to a fixed point: arguments, options, what is handed out.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { METHOD, STEP, TOLERANCE, STEPS, UNSETTLED, OPTIONS };
enum { DISCRETE, RELAXATION, NEWTON };

static const nd_option_spec specs[OPTIONS] = {
    [METHOD] = {"method", ND_TEXT, 0, 0, 0, "discrete|relaxation|newton"},
    [STEP] = {"step", ND_REAL, DBL_MIN, 1, 0.5, NULL},
    [TOLERANCE] = {"tolerance", ND_REAL, DBL_MIN, DBL_MAX, 1e-12, NULL},
    [STEPS] = {"steps", ND_INTEGER, 1, 1e12, 10000, NULL},
    [UNSETTLED] = {"unsettled", ND_TEXT, 0, 0, 0, "fail|keep"},
};

typedef struct call {
    nd_settle settle;
    const double *starts;
    double *states, *residuals;
    int64_t *steps;
    int keep;
    nd_arena arena;
} call;

static void carve(call *c)
{
    c->settle.x = nd_arena_take(&c->arena, c->settle.count * c->settle.network->rule.q, sizeof(double));
    c->settle.residuals = nd_arena_take(&c->arena, c->settle.count, sizeof(double));
    c->settle.taken = nd_arena_take(&c->arena, c->settle.count, sizeof(int64_t));
}

static int check_settled(call *c, int64_t method)
{
    int64_t open = 0;
    double worst = 0;
    for (int64_t i = 0; i < c->settle.count; i++) {
        double residual = c->settle.residuals[i];
        open += !nd_settled(&c->settle, i);
        worst = residual > worst || isnan(residual) ? residual : worst;
    }
    if (open == 0 || c->keep) {
        return NNDYN_OK;
    }
    return nd_fail(c->settle.network, NNDYN_ENUMERIC,
                   "%lld of %lld states did not settle: the worst |f - x| is %.3g, the tolerance %.3g; %s, or hand "
                   "them out with the option \"unsettled\" = \"keep\"",
                   (long long)open, (long long)c->settle.count, worst, c->settle.tolerance,
                   method == DISCRETE     ? "take \"relaxation\" (a cycle?), or allow more steps"
                   : method == RELAXATION ? "allow more steps, or take a shorter step"
                                          : "start nearer to a fixed point");
}

static void hand_out(call *c)
{
    nndyn_recurrent *r = c->settle.network;
    int64_t q = r->rule.q, n = r->n;
    for (int64_t s = 0; s < c->settle.count; s++) {
        for (int64_t j = 0; j < r->p; j++) {
            int64_t neuron = r->order[q + j];
            c->states[s * n + neuron] =
                c->settle.boundary != NULL ? c->settle.boundary[s * r->p + j] : r->values[neuron];
        }
        nd_recurrent_scatter(r, c->settle.x + s * q, c->states + s * n);
        if (c->residuals != NULL) {
            c->residuals[s] = c->settle.residuals[s];
        }
        if (c->steps != NULL) {
            c->steps[s] = c->settle.taken[s];
        }
    }
}

static int settle_all(call *c, int64_t method)
{
    nndyn_recurrent *r = c->settle.network;
    carve(c);
    ND_TRY(nd_check_memory(r, (double)c->arena.used, "the states"));
    ND_TRY(nd_arena_reserve(&c->arena, r));
    carve(c);
    for (int64_t i = 0; c->starts != NULL && i < c->settle.count; i++) {
        nd_recurrent_gather(r, c->starts + i * r->n, c->settle.x + i * r->rule.q);
    }
    ND_TRY(method == NEWTON ? nd_recurrent_newton(&c->settle) : nd_recurrent_settle(&c->settle));
    ND_TRY(check_settled(c, method));
    hand_out(c);
    return NNDYN_OK;
}

static int check(call *c)
{
    nndyn_recurrent *r = c->settle.network;
    ND_TRY(nd_check_size(r, c->settle.count, 1, INT64_MAX / (8 * (r->n + 1)), "count"));
    ND_TRY(nd_check_pointer(r, c->states, "states"));
    if (c->settle.boundary != NULL && r->p > 0) {
        ND_TRY(nd_check_finite(r, c->settle.count, r->p, c->settle.boundary, "boundary"));
    }
    return c->starts == NULL ? NNDYN_OK : nd_check_finite(r, c->settle.count, r->n, c->starts, "starts");
}

static int activate(call *c, const nndyn_options *options)
{
    nd_option_value values[OPTIONS];
    nd_task task;
    ND_TRY(check(c));
    ND_TRY(nd_options_read(c->settle.network, options, specs, OPTIONS, values));
    int64_t method = values[METHOD].integer;
    nd_task_begin(&task, c->settle.network, "recurrent activation");
    c->settle.task = &task;
    c->settle.to = 1;
    c->settle.tolerance = values[TOLERANCE].real;
    c->settle.step = method == DISCRETE ? 1 : values[STEP].real;
    c->settle.steps = values[STEPS].integer;
    c->keep = values[UNSETTLED].integer == 1;
    if (values[STEP].given && method != RELAXATION) {
        return nd_fail(c->settle.network, NNDYN_EOPTION,
                       "option \"step\" is of the method \"relaxation\" only; leave it out");
    }
    int status = settle_all(c, method);
    nd_arena_free(&c->arena);
    return status;
}

int nndyn_recurrent_activate(nndyn_recurrent *recurrent, int64_t count, const double *boundary, const double *starts,
                             const nndyn_options *options, double *states, double *residuals, int64_t *steps)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_activate"));
    call c = {.settle = {.network = recurrent, .count = count, .boundary = boundary},
              .starts = starts,
              .states = states,
              .residuals = residuals,
              .steps = steps};
    return nd_leave(recurrent, activate(&c, options));
}
