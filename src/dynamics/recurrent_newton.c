/* recurrent_newton.c - damped Newton steps to a root of f(gain w x + drive) - x, stable or not.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { HALVINGS = 30 };

typedef struct newton {
    const nd_settle *settle;
    nndyn_recurrent *r;
    double *x, *z, *y, *drive, *trial, *d, *slopes; /* q each */
    double *a;                                      /* q x q */
    double *state;                                  /* n */
    double residual, square;                        /* at x: largest and sum of squares of f - x */
    nd_arena arena;
} newton;

static void carve(newton *s)
{
    int64_t q = s->r->rule.q;
    double **vectors[] = {&s->x, &s->z, &s->y, &s->drive, &s->trial, &s->d, &s->slopes};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        *vectors[i] = nd_arena_take(&s->arena, q, sizeof(double));
    }
    s->a = nd_arena_take(&s->arena, q * q, sizeof(double));
    s->state = nd_arena_take(&s->arena, s->r->n, sizeof(double));
}

void nd_stability_matrix(int64_t q, const double *slopes, const double *w, double *a)
{
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < q; j++) {
            a[i * q + j] = slopes[i] * w[i * q + j] - (i == j);
        }
    }
}

/* f - x at a place: y keeps f, z its argument. */
static void look(newton *s, const double *x, double *residual, double *square)
{
    *residual = *square = 0;
    nd_rule_single(&s->r->rule, s->r->gain, s->drive, x, s->z, s->y);
    for (int64_t i = 0; i < s->r->rule.q; i++) {
        double d = fabs(s->y[i] - x[i]);
        *residual = d > *residual || isnan(d) ? d : *residual;
        *square += d * d;
    }
}

/* The step to try: J d = x - f, J = gain f' w - 1.  `possible` is 0 where J is singular or not finite. */
static int direction(newton *s, int *possible)
{
    const nd_rule *rule = &s->r->rule;
    nd_lu lu;
    *possible = 0;
    rule->kernels->activate_derivative(&rule->f, 1, rule->q, s->z, s->slopes);
    for (int64_t i = 0; i < rule->q; i++) {
        s->slopes[i] *= s->r->gain;
        s->d[i] = s->x[i] - s->y[i];
    }
    nd_stability_matrix(rule->q, s->slopes, rule->w, s->a);
    if (!rule->kernels->all_finite(rule->q * rule->q, s->a)) {
        return NNDYN_OK;
    }
    ND_TRY(nd_lu_factor(s->r, rule->q, s->a, &lu));
    int status = NNDYN_OK;
    if (lu.reciprocal >= DBL_EPSILON) {
        status = nd_lu_solve(s->r, &lu, 0, 1, s->d);
        *possible = status == NNDYN_OK;
    }
    nd_lu_free(s->r, &lu);
    return status;
}

/* Halve the step until f - x shrinks; 0 if it never does. */
static int shorten(newton *s)
{
    int64_t q = s->r->rule.q;
    double length = 1, residual, square;
    for (int i = 0; i < HALVINGS; i++, length /= 2) {
        for (int64_t k = 0; k < q; k++) {
            s->trial[k] = s->x[k] + length * s->d[k];
        }
        look(s, s->trial, &residual, &square);
        if (isfinite(square) && square < (1 - 1e-4 * length) * s->square) {
            memcpy(s->x, s->trial, (size_t)q * sizeof *s->x);
            s->residual = residual;
            s->square = square;
            return 1;
        }
    }
    return 0;
}

static void begin(newton *s, int64_t index)
{
    nndyn_recurrent *r = s->r;
    int64_t q = r->rule.q;
    for (int64_t j = 0; j < r->p; j++) {
        int64_t neuron = r->order[q + j];
        s->state[neuron] = s->settle->boundary != NULL ? s->settle->boundary[index * r->p + j] : r->values[neuron];
    }
    nd_recurrent_drive(r, s->state, s->drive);
    memcpy(s->x, s->settle->x + index * q, (size_t)q * sizeof *s->x);
    look(s, s->x, &s->residual, &s->square);
}

/* Once the tolerance is met one step more is made, if it can be: it costs one factorization, and takes a root that is
 * known to 1e-12 to rounding. */
static int descend(newton *s, int64_t index)
{
    int64_t taken = 0;
    int possible = isfinite(s->square), last = 0;
    while (possible && !last && s->square > 0 && taken < s->settle->steps) {
        last = s->residual <= s->settle->tolerance;
        ND_TRY(direction(s, &possible));
        possible = possible && shorten(s);
        taken += possible;
        if (!possible) {
            break;
        }
        if (taken % 8 == 0 && s->settle->task != NULL) {
            ND_TRY(nd_task_report(s->settle->task, s->settle->from));
        }
    }
    memcpy(s->settle->x + index * s->r->rule.q, s->x, (size_t)s->r->rule.q * sizeof *s->x);
    s->settle->residuals[index] = s->residual;
    s->settle->taken[index] = taken;
    return NNDYN_OK;
}

static int run(newton *s)
{
    const nd_settle *settle = s->settle;
    for (int64_t i = 0; i < settle->count; i++) {
        begin(s, i);
        ND_TRY(descend(s, i));
        if (settle->task != NULL) {
            double part = (double)(i + 1) / (double)settle->count;
            ND_TRY(nd_task_report(settle->task, settle->from + part * (settle->to - settle->from)));
        }
    }
    return NNDYN_OK;
}

int nd_recurrent_newton(const nd_settle *settle)
{
    newton s = {.settle = settle, .r = settle->network};
    carve(&s);
    ND_TRY(nd_check_memory(s.r, (double)s.arena.used + nd_lu_bytes(s.r->rule.q), "Newton's method"));
    ND_TRY(nd_arena_reserve(&s.arena, s.r));
    carve(&s);
    int status = run(&s);
    nd_arena_free(&s.arena);
    return status;
}
