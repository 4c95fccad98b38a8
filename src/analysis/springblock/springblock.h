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

/* ---- the chain (chain.c) ----------------------------------------------------------------------------------------- */

struct nndyn_springblock {
    nd_handle handle;
    nd_springblock_parameters p;
    int64_t step;
    double *x, *v; /* L each; v is 0 with order 1 */
};

/* Most steps a chain can make: what the streams of random numbers are long. */
#define ND_SPRINGBLOCK_STEPS ((int64_t)1 << 40)

/* steps is from 0, and no more than are left to this chain. */
int nd_springblock_check_steps(nndyn_springblock *chain, int64_t steps);

/* ---- many chains (fleet.c) --------------------------------------------------------------------------------------- */

/* Copies run side by side in the lanes of a group; a group is what a thread takes. */
enum { ND_SPRINGBLOCK_LANES = 8 };

/* A fleet: for each of its cells, which differ in parameters but not in blocks, order and noise_kind, so many runs from
 * one state.  Run r of every cell has stream r.  Positions are those of group g: x + g * L * LANES, block by block. */
typedef struct nd_springblock_fleet {
    nndyn_springblock *chain; /* where it begins, and whom it reports to */
    const nd_springblock_parameters *cells;
    int64_t count, runs;
    int64_t groups;                /* of one cell */
    int64_t step;                  /* next one */
    int64_t end;                   /* the step before which it ends */
    int64_t window;                /* last steps that are averaged; 0 or 1: none, the last positions count */
    int64_t piece;                 /* steps between two reports */
    double *x, *v;                 /* v: order 2 */
    double *origin, *sum, *square; /* with a window of more than 1: deviations from origin */
    nd_arena arena;
} nd_springblock_fleet;

/* A fleet of the chain's state that is to make `steps` steps; refuses by the memory limit. */
int nd_springblock_launch(nndyn_springblock *chain, const nd_springblock_parameters *cells, int64_t count, int64_t runs,
                          int64_t steps, int64_t window, nd_springblock_fleet *fleet);
/* Make so many steps more, in pieces, reporting to the task between fraction from and to. */
int nd_springblock_advance(nd_springblock_fleet *fleet, int64_t steps, nd_task *task, double from, double to);
/* Position of a block (from 0) of a run of a cell, or its average; and the sum of squares about that average. */
double nd_springblock_position(const nd_springblock_fleet *fleet, int64_t cell, int64_t run, int64_t block);
double nd_springblock_scatter(const nd_springblock_fleet *fleet, int64_t cell, int64_t run, int64_t block);
/* All positions of a profile, of a cell are numbers, or NNDYN_ENUMERIC. */
int nd_springblock_check_profile(nndyn_springblock *chain, const double *x);
int nd_springblock_check_cell(const nd_springblock_fleet *fleet, int64_t cell);
void nd_springblock_land(nd_springblock_fleet *fleet); /* releases its memory */

/* ---- statistics of a cell (ensemble.c) --------------------------------------------------------------------------- */

/* Curvature of a mean profile and its standard error. */
typedef struct nd_springblock_curvature {
    double kappa, kappa_error, bow, bow_error;
} nd_springblock_curvature;

/* Of one profile, errors 0. */
nd_springblock_curvature nd_springblock_bend(int64_t blocks, const double *x);
/* Of a cell's runs about their mean. */
nd_springblock_curvature nd_springblock_bends(const nd_springblock_fleet *fleet, int64_t cell, const double *mean);
void nd_springblock_mean(const nd_springblock_fleet *fleet, int64_t cell, double *mean);
/* Last steps that are averaged, for a fraction of all. */
int64_t nd_springblock_window(int64_t steps, double fraction);

#endif
