/* recurrent.h - the recurrent network from inside: its rule in coordinates of the bulk, many states side by side. */
#ifndef ND_RECURRENT_ROOM_H
#define ND_RECURRENT_ROOM_H
#include "core/core.h"
#include "kernels/kernels.h"
#include "nndyn/recurrent.h"

/* States that are advanced side by side: a block is q rows of so many lanes.  Products have this width whatever the
 * number of states, so that what becomes of a state does not depend on the states beside it. */
enum { ND_ABREAST = 32 };

/* f(gain w x + drive) of the bulk. */
typedef struct nd_rule {
    nndyn_context *context;
    const nd_kernels_f64 *kernels;
    nd_activation f;
    int64_t q;
    const double *w; /* q x q */
} nd_rule;

struct nndyn_recurrent {
    nd_handle handle;
    nd_rule rule; /* w: that of the bulk, gathered */
    int64_t n, p;
    double gain;
    double *weights, *biases; /* as given */
    double *values;           /* n: states of the clamped neurons, 0 elsewhere */
    int *clamped;             /* n */
    int64_t *order;           /* n: neurons of the bulk, then of the boundary, ascending each */
    double *bulk;             /* q x q */
    double *inflow;           /* q x p: from the boundary to the bulk */
    double *bias;             /* q: of the bulk */
    nd_arena arena;
};

/* ---- one step (recurrent_field.c) ---- */

/* y += gain w x for blocks of lanes: w is rows x inner, x inner x ND_ABREAST, y rows x ND_ABREAST.  The status is that
 * of an executor, without a message. */
int nd_lanes_product(const nd_rule *rule, int64_t rows, int64_t inner, double gain, const double *w, const double *x,
                     double *y);
/* y = f(gain w x + drive), all q x ND_ABREAST; z is working room. */
int nd_rule_lanes(const nd_rule *rule, double gain, const double *drive, const double *x, double *z, double *y);
/* Of one state: z = gain w x + drive, y = f(z), q numbers each. */
void nd_rule_single(const nd_rule *rule, double gain, const double *drive, const double *x, double *z, double *y);
/* b + gain W_QP x_P of a state of n numbers, q numbers; and the bulk's part of a state, and back. */
void nd_recurrent_drive(const nndyn_recurrent *r, const double *state, double *drive);
void nd_recurrent_gather(const nndyn_recurrent *r, const double *state, double *x);
void nd_recurrent_scatter(const nndyn_recurrent *r, const double *x, double *state);
/* gain f'(z), q numbers, and the largest |f(z) - x|, at a state (n numbers); work: 4 q numbers. */
double nd_recurrent_linearize(const nndyn_recurrent *r, const double *state, double *slopes, double *work);
/* NNDYN_EARG unless state (number `index` of the argument) is a fixed point to the tolerance. */
int nd_recurrent_check_fixed(nndyn_recurrent *r, int64_t index, double residual, double tolerance);

/* ---- to a fixed point (recurrent_settle.c, recurrent_newton.c) ---- */

typedef struct nd_settle {
    nndyn_recurrent *network;
    int64_t count;
    const double *boundary; /* count x p, or NULL: the clamped values */
    double *x;              /* count x q: starts, then where they came to */
    double *residuals;      /* count */
    int64_t *taken;         /* count */
    double tolerance, step;
    int64_t steps;
    nd_task *task;
    double from, to; /* of the task */
} nd_settle;
/* Iterate x += step (f - x) from each start, over the context's threads. */
int nd_recurrent_settle(const nd_settle *settle);
/* Damped Newton steps for each start, on this thread. */
int nd_recurrent_newton(const nd_settle *settle);
/* Whether a state came to a fixed point. */
static inline int nd_settled(const nd_settle *s, int64_t index)
{
    return s->residuals[index] <= s->tolerance;
}

/* ---- equilibria (recurrent_equilibria.c finds, recurrent_points.c holds) ---- */

typedef struct nd_point {
    double residual, abscissa, contraction;
    double hits[2]; /* by relaxation, by Newton's method alone */
    int64_t unstable;
    int stability;
} nd_point;

struct nndyn_fixed_points {
    nd_handle handle;
    int64_t count, n, q;
    nd_point *points; /* count */
    double *states;   /* count x n */
    double *slopes;   /* count x q: gain f' */
    double *w;        /* q x q */
};

/* a = diag(slopes) w - 1, q x q row-major. */
void nd_stability_matrix(int64_t q, const double *slopes, const double *w, double *a);
/* The largest eigenvalue of (a + a')/2; a is destroyed.  values: q numbers. */
int nd_contraction(void *handle, int64_t q, double *a, double *values, double *contraction);

#endif
