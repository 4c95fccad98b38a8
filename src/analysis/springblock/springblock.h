/* springblock.h - the chain inside: parameters, the means that need no random numbers, and the fleet of chains that
 * runs many copies at once.  Formulas and their sources: docs/springblock.md. */
#ifndef ND_SPRINGBLOCK_H
#define ND_SPRINGBLOCK_H
#include "core/core.h"
#include "nndyn/springblock.h"

/* What a chain is; all but the state.  Filled in from options by nd_springblock_read, or by hand. */
typedef struct nd_springblock_parameters {
    int64_t blocks;        /* L */
    int64_t seed;          /* of the random numbers */
    int order;             /* 1 or 2 */
    int held;              /* the pulled end: 1 at length, 0 on a constant force */
    int common;            /* one noise for all blocks, sqrt(L) as strong */
    int sign;              /* order 2: explicit friction against the sign of the velocity */
    double spring, length; /* k, y */
    double force;          /* held 0 */
    double right, left;    /* friction; an acceleration with order 2 */
    double noise, decay, step;
    double mass, damping; /* order 2 */
    double start;         /* of all blocks */
} nd_springblock_parameters;

/* The defaults of an order, for this many blocks. */
void nd_springblock_defaults(nd_springblock_parameters *p, int order, int64_t blocks);
/* Read the options of nndyn_springblock_create; messages on the handle. */
int nd_springblock_read(void *handle, int64_t blocks, const nndyn_options *options, nd_springblock_parameters *p);

/* ---- formulas (formulas.c) --------------------------------------------------------------------------------------- */

/* Friction as a force: its thresholds against motion to the right and to the left. */
static inline double nd_springblock_friction(const nd_springblock_parameters *p, double friction)
{
    return p->order == 2 ? p->mass * friction : friction;
}

/* The force at which right and left balance: the mean force of the stationary state. */
static inline double nd_springblock_balance(const nd_springblock_parameters *p)
{
    return 0.5 * (nd_springblock_friction(p, p->right) - nd_springblock_friction(p, p->left));
}

/* Amplitude of the noise on one block at a step. */
double nd_springblock_amplitude(const nd_springblock_parameters *p, int64_t step);
/* Stuck profile from the wall or, if start is length, from the held end; x: L.  Returns the blocks that move. */
int64_t nd_springblock_rest(const nd_springblock_parameters *p, double *x);
/* Mean positions of the stationary state; x: L. */
void nd_springblock_stationary(const nd_springblock_parameters *p, double *x);
/* Eigenvalue of the softest mode of the chain of springs, which is the slowest one. */
double nd_springblock_softest(const nd_springblock_parameters *p);

/* ---- means over the noise (drift.c, velocity.c) ---------------------------------------------------- */

/* Moments of a block's velocity at a constant force, and the derivative of the mean by the force. */
typedef struct nd_springblock_moments {
    double mean, square, mobility;
} nd_springblock_moments;

/* Order 1: moments of S(force + amplitude xi); amplitude 0 is S itself. */
nd_springblock_moments nd_springblock_drift(const nd_springblock_parameters *p, double amplitude, double force);
/* Order 2: of the stationary density of the velocity, amplitude > 0.  Returns -1 where there is none: no damping, and a
 * force beyond the friction. */
int nd_springblock_velocity(const nd_springblock_parameters *p, double amplitude, double force,
                            nd_springblock_moments *moments);
/* Order 1: `steps` steps of the mean field from step `first`; x: L positions, before and after. */
void nd_springblock_mean_field(const nd_springblock_parameters *p, int64_t first, int64_t steps, double *x);

#endif
