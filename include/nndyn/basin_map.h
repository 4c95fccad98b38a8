/* nndyn/basin_map.h - attractors of a map and their basins: labels, fractions, boundaries, distances to them.
 *
 * SPDX-License-Identifier: MIT
 *
 * A basin map holds a list of attractors (fixed points and cycles) of a map (nndyn/map.h) at the parameters the map had
 * when the basin map was made.  A label says where a start goes: 0, 1, ... an attractor of the list, or one of
 * NNDYN_BASIN_MAP_*.  A label depends on the start, the list and the options alone: not on what was asked before, on
 * the starts beside it, or on the number of threads.
 *
 * What is on the list has been confirmed: the map brings it back to itself within "settle", and perturbations of size
 * "tolerance" / 4 (or less, halved while some of them leave) along every axis and some random directions come back to a
 * thousandth of their size.  Slow passages, saddles and points of a continuum of fixed points do not pass.
 *
 * Daza et al., "Basin entropy", Scientific Reports 6, 31416 (2016); Menck et al., "How basin stability complements the
 * linear-stability paradigm", Nature Physics 9 (2013); Grebogi et al., "Final state sensitivity", Phys. Lett. A 99
 * (1983); docs/basin_map.md. */
#ifndef NNDYN_BASIN_MAP_H
#define NNDYN_BASIN_MAP_H
#include "core.h"
#include "map.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct nndyn_basin_map nndyn_basin_map;

/** Labels of starts that go to no attractor of the list; always counted apart. */
enum {
    NNDYN_BASIN_MAP_UNDECIDED = -1, /* still on its way after "steps" */
    NNDYN_BASIN_MAP_DIVERGED = -2,  /* not finite, or farther from 0 than "bound" */
    NNDYN_BASIN_MAP_OTHER = -3 /* settled, but not on the list: at a saddle, in a continuum, at what was not found */
};

/** Kinds of nndyn_basin_map_starts. */
enum {
    NNDYN_STARTS_BOX = 1,   /* uniform between two corners */
    NNDYN_STARTS_NORMAL = 2 /* normal about a center with a standard deviation for each coordinate */
};

/** Make a basin map with an empty list.
 *  @param map the map; kept alive; its parameters are taken over as they are, later changes of them have no influence
 *  @param options "steps" (integer from 1, 10000): after so many a start is given up; "every" (integer from 1, 8): a
 *         state is looked at after every so many steps ("steps" is rounded up to a multiple); "tolerance" (double > 0,
 *         1e-3): attractors closer than this are one; "settle" (double > 0, 1e-11): a state x has settled with period p
 *         if p steps bring it back within settle (1 + |x|); "period" (integer 1 to 64, 1): longest period that is
 *         looked for; "bound" (double > 0, 1e10): a state of larger norm has diverged;
 *         "grow" (integer 0 to 64, 0): how many times the ball in which a state counts as arrived may be doubled, for
 *         quicker labels; only in up to 16 dimensions, and only while starts at once and twice its new radius go
 *         into the ball it had
 *  @param out receives the basin map
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_map_create(nndyn_map *map, const nndyn_options *options, nndyn_basin_map **out);

/** Release a basin map.  @param basins a basin map or NULL */
NNDYN_API void nndyn_basin_map_free(nndyn_basin_map *basins);

/** Starts at random, from the library's counter-based generator: start i is the same whatever n.
 *  @param basins the basin map
 *  @param kind NNDYN_STARTS_BOX or NNDYN_STARTS_NORMAL
 *  @param first lower corner, or center: a number a dimension
 *  @param second upper corner, or standard deviations
 *  @param seed of the generator
 *  @param n how many, at least 1
 *  @param starts receives n x dimension
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_map_starts(nndyn_basin_map *basins, int kind, const double *first, const double *second,
                                     int64_t seed, int64_t n, double *starts);

/** Find attractors: follow starts until they settle, merge what is closer than "tolerance", confirm it, and put it on
 *  the list.  The list is sorted: by period, then by the coordinates of the first point, in units of "tolerance"; a
 *  cycle begins at its least point.  Numbers may move when attractors are added, so the list is frozen by the first
 *  call that labels.
 *  @param basins the basin map
 *  @param n starts, at least 1
 *  @param starts n x dimension
 *  @param attractors receives how many are on the list now; may be NULL
 *  @param counts receives four numbers: how many starts went to an attractor, were undecided, diverged, and settled on
 *         what was not confirmed, in this order; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ESTATE (the list is frozen), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT, NNDYN_ECALLBACK, NNDYN_ECANCELED
 *  Cost: as nndyn_basin_map_label with "steps" as long as settling takes, and a few dozen starts for each candidate; at
 *  most 1024 candidates are confirmed, so that a continuum does not take for ever. */
NNDYN_API int nndyn_basin_map_find(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *attractors,
                                   int64_t *counts);

/** Put a known attractor on the list.
 *  @param basins the basin map
 *  @param point a point of it, of which it must settle within "tolerance"
 *  @param attractor receives its number in the list as it is now (also if it was on it before); may be NULL
 *  @return as nndyn_basin_map_find; NNDYN_EARG also if it is no attractor: the message says what it does instead */
NNDYN_API int nndyn_basin_map_add(nndyn_basin_map *basins, const double *point, int64_t *attractor);

/** Sizes; any output may be NULL.
 *  @param basins the basin map
 *  @param dimension of the states
 *  @param attractors on the list
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_map_shape(nndyn_basin_map *basins, int64_t *dimension, int64_t *attractors);

/** An attractor.
 *  @param basins the basin map
 *  @param attractor its number
 *  @param capacity room for how many points there is; 0 to ask for the period
 *  @param points receives the first capacity points of it, in their order; may be NULL if capacity is 0
 *  @param period receives how many points it has; may be NULL
 *  @param radius receives the radius of the balls about its points within which a state counts as arrived; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_map_attractor(nndyn_basin_map *basins, int64_t attractor, int64_t capacity, double *points,
                                        int64_t *period, double *radius);

/** Label starts.
 *  @param basins the basin map; its list may be empty
 *  @param n starts, at least 1
 *  @param starts n x dimension
 *  @param labels receives n labels
 *  @param steps receives after how many steps each was decided, a multiple of "every"; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED
 *  Starts that are decided leave and others take their places; blocks of starts go over the context's threads. */
NNDYN_API int nndyn_basin_map_label(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *labels,
                                    int64_t *steps);

/** Label the points of a grid: along some coordinates, the others held.
 *  @param basins the basin map
 *  @param axes how many coordinates vary, 1 to 8
 *  @param coordinates which, all different
 *  @param low,high ends of each axis; both are points of the grid (low alone if there is one point)
 *  @param counts points of each axis
 *  @param origin a state from which the other coordinates are taken; may be NULL: 0
 *  @param labels receives a label a point, the last axis fastest
 *  @param steps as nndyn_basin_map_label
 *  @return as nndyn_basin_map_label */
NNDYN_API int nndyn_basin_map_grid(nndyn_basin_map *basins, int64_t axes, const int64_t *coordinates, const double *low,
                                   const double *high, const int64_t *counts, const double *origin, int64_t *labels,
                                   int64_t *steps);

/** How far a basin reaches along rays from the first point of its attractor: the first exit on a march in steps, then
 *  bisected.  The least of many radii is a shock that is enough to leave: an upper bound of the least shock.
 *  @param basins the basin map
 *  @param attractor which one
 *  @param n rays, at least 1
 *  @param directions n x dimension, of any length but 0
 *  @param options "step" (double > 0, 0.05): of the march; a gap that is shorter may be missed; "cap" (double > 0,
 *         10, at most 1e9 steps): how far the march goes; "tolerance" (double > 0, 1e-7): the bisection ends when the
 *         exit is known to so much
 *  @param radii receives n lengths, infinity where a ray has not left within the cap; a start that is undecided has
 *         left
 *  @return as nndyn_basin_map_label; NNDYN_EDATA also for a direction 0, NNDYN_EOPTION
 *  Cost: at most cap / step + 16 + log2(step / tolerance) labels a ray. */
NNDYN_API int nndyn_basin_map_ray(nndyn_basin_map *basins, int64_t attractor, int64_t n, const double *directions,
                                  const nndyn_options *options, double *radii);

/** Fractions of labels with confidence intervals: those of the attractors, then of UNDECIDED, DIVERGED and OTHER.
 *  @param basins the basin map
 *  @param n labels, at least 1, of independent starts
 *  @param labels n of them
 *  @param options "level" (double in (0, 1), 0.95); "interval" (text): "wilson" (default) or "clopper_pearson" (at
 *         least the level); "bonferroni" (integer, 1): 1 makes the intervals hold together at the level, 0 each for
 *         itself
 *  @param classes must be attractors + 3
 *  @param fractions receives a number a class
 *  @param low,high receive the intervals' ends; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_map_fractions(nndyn_basin_map *basins, int64_t n, const int64_t *labels,
                                        const nndyn_options *options, int64_t classes, double *fractions, double *low,
                                        double *high);

/** Times to arrive.
 *  @param basins the basin map
 *  @param n labels, at least 1
 *  @param labels,steps as nndyn_basin_map_label gave them
 *  @param attractor of which one
 *  @param count receives how many starts went there
 *  @param values receives five numbers: mean, standard deviation, median, 95 % quantile and longest, in steps; NaN if
 *         none did
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_map_times(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const int64_t *steps,
                                    int64_t attractor, int64_t *count, double *values);

/* ---- what an attractor bears ------------------------------------------------------------------------------------- */

/** P(return) of kicks from the first point of an attractor, by size: the share of draws that come back to it, with
 *  confidence intervals.  The draws are the same at every size.
 *  @param basins the basin map
 *  @param attractor which one
 *  @param count sizes, at least 1
 *  @param sizes at least 0: standard deviation of each coordinate, or radius of the sphere
 *  @param options "noise" (text): "gaussian" (default) or "sphere", uniform on a sphere; "draws" (integer from 1,
 *         1000); "seed" (integer, 0); "level" (double in (0, 1), 0.95); "interval" (text): "wilson" (default) or
 *         "clopper_pearson"
 *  @param shares receives a share a size; a start that is undecided has not returned
 *  @param low,high receive the intervals' ends, each for itself; may be NULL
 *  @return as nndyn_basin_map_label; NNDYN_EDATA also for a size below 0, NNDYN_EOPTION
 *  Cost: draws labels a size. */
NNDYN_API int nndyn_basin_map_returns(nndyn_basin_map *basins, int64_t attractor, int64_t count, const double *sizes,
                                      const nndyn_options *options, double *shares, double *low, double *high);

/** Isotropic radius of a basin: the first size of kicks at which P(return) falls below theta.  Sizes go up by a ratio,
 *  then the crossing is bisected on a logarithmic scale; the draws are those of nndyn_basin_map_returns.
 *  @param basins the basin map
 *  @param attractor which one
 *  @param options those of nndyn_basin_map_returns; "theta" (double in (0, 1), 0.5); "start" (double > 0, 0.01), "cap"
 *         (double > 0, 100), "ratio" (double from 1.001, 1.3): sizes of the march (a crossing below start is looked for
 *         downward); "bisections" (integer 0 to 60, 20)
 *  @param values receives four numbers: the radius, infinity if P is at least theta at every size of the march; low and
 *         high of its confidence interval, where the ends of P's interval cross theta; and P at the last size of the
 *         march
 *  @return as nndyn_basin_map_label; NNDYN_EOPTION
 *  Cost: draws labels a size, three sizes a bisection. */
NNDYN_API int nndyn_basin_map_radius(nndyn_basin_map *basins, int64_t attractor, const nndyn_options *options,
                                     double *values);

/** The smallest kick found that leaves a basin, from the first point of its attractor: an upper bound of the least one.
 *  Rays go along all axes and in random directions (nndyn_basin_map_ray); the best is then turned by random angles and
 *  shortened while that helps.
 *  @param basins the basin map
 *  @param attractor which one
 *  @param options "directions" (integer from 0, 256): random ones; "axes" (integer 0 or 1, 1): both ways along each, in
 *         up to 1024 dimensions; "refine" (integer from 0, 60): rounds of turning, of 32 turns each; "seed" (integer,
 *         0); "step", "cap", "tolerance": as nndyn_basin_map_ray
 *  @param length receives the length of the kick; infinity if nothing left within the cap
 *  @param shock receives the kick, a number a dimension: added to the attractor's first point, it is a start that goes
 *         elsewhere; NaN if there is none; may be NULL
 *  @return as nndyn_basin_map_ray
 *  Cost: that of the rays, and 32 + 25 times those that leave, a round. */
NNDYN_API int nndyn_basin_map_shock(nndyn_basin_map *basins, int64_t attractor, const nndyn_options *options,
                                    double *length, double *shock);

/** Radius of a ball about an attractor's first point that lies within its basin for certain, from what the caller knows
 *  of the map: its Jacobian J there and a bound L with |J(x) - J(z)|_2 <= L |x - z| (within the ball at least; of a
 *  cycle: Jacobian and bound of the map applied "period" times).  About the fixed point itself it is 2 (1 - |J|_2) / L;
 *  how far from it the list's point can be is taken off.  Certain as the numbers given are, up to rounding; the ball is
 *  Euclidean, so that it is 0 where |J|_2 >= 1 though the attractor is stable.  docs/basin_map.md has the argument.
 *  @param basins the basin map
 *  @param attractor which one
 *  @param jacobian dimension x dimension, row-major: entry (i, j) is the derivative of coordinate i by coordinate j
 *  @param lipschitz L, at least 0
 *  @param radius receives it; infinity if L is 0 and |J|_2 < 1
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK
 *  Cost: singular values of the Jacobian, of order dimension cubed. */
NNDYN_API int nndyn_basin_map_certified(nndyn_basin_map *basins, int64_t attractor, const double *jacobian,
                                        double lipschitz, double *radius);

/** The share of starts that two basin maps label differently, their attractors matched by distance; or, of a map with a
 *  parameter "step", what halving it changes: near separatrices basins of an integrator are not those of the flow.
 *  @param basins the basin map
 *  @param other another basin map of the same dimension; NULL: one made within the call with "step" halved, twice as
 *         many steps, and attractors looked for from those of the list and from the starts
 *  @param n starts, at least 1
 *  @param starts n x dimension
 *  @param options "threshold" (double > 0, 100 times the basin map's "tolerance"): attractors farther apart are not the
 *         same, and every start of one that has no partner counts; "level", "interval": as nndyn_basin_map_returns
 *  @param values receives three numbers: the share, and low and high of its interval
 *  @return as nndyn_basin_map_label; NNDYN_EARG also if other is NULL and the map has no "step"; NNDYN_EOPTION
 *  Cost: two nndyn_basin_map_label (one with the step halved, and nndyn_basin_map_find with it). */
NNDYN_API int nndyn_basin_map_disagreement(nndyn_basin_map *basins, nndyn_basin_map *other, int64_t n,
                                           const double *starts, const nndyn_options *options, double *values);

/* ---- over a parameter -------------------------------------------------------------------------------------------- */

/** Attractors followed over a parameter: branches, numbered 0, 1, ... as they are met. */
typedef struct nndyn_basin_branches nndyn_basin_branches;

/** What happens to a branch from one value to the next. */
enum {
    NNDYN_BRANCH_BIRTH = 1,  /* it begins: an attractor that continues none */
    NNDYN_BRANCH_DEATH = 2,  /* its attractor is not found any more */
    NNDYN_BRANCH_RETURN = 3, /* it is taken up again after it was missing ("memory") */
    NNDYN_BRANCH_PERIOD = 4  /* its attractor has another period than before */
};

/** Name of such an event.
 *  @param kind NNDYN_BRANCH_*
 *  @return "birth", "death", "return", "period"; "unknown" for anything else */
NNDYN_API const char *nndyn_branch_event_name(int kind);

/** Follow attractors and their basins over a parameter of the map.  At each value attractors are looked for from where
 *  they were at the value before (at the first: from the basin map's list) and from the starts, and the starts are
 *  labeled, by the basin map's options.  Attractors are matched with those of the value before, one to one, the nearest
 *  pair first; the distance of two cycles is Hausdorff's.  The same starts serve at every value, so what changes from
 *  one value to the next is the map, not the draw.  The basin map, its list and the map stay as they are.
 *  @param basins the basin map; its list may be empty or frozen
 *  @param parameter name of the map's parameter that varies; the others are the basin map's
 *  @param count values, at least 1
 *  @param values finite, in the order in which they are visited
 *  @param n starts, at least 1; independent ones (nndyn_basin_map_starts) for the intervals to hold
 *  @param starts n x dimension
 *  @param options "threshold" (double > 0, default: none): attractors farther apart are never matched; "memory"
 *         (integer from 0, 0): for so many values a branch may be missing and still be taken up; "level", "interval",
 *         "bonferroni": as nndyn_basin_map_fractions
 *  @param out receives the branches
 *  @return NNDYN_OK, NNDYN_EARG (also: no such parameter), NNDYN_EDATA, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT, NNDYN_ECALLBACK, NNDYN_ECANCELED
 *  Cost: count times nndyn_basin_map_find and nndyn_basin_map_label. */
NNDYN_API int nndyn_basin_map_continue(nndyn_basin_map *basins, const char *parameter, int64_t count,
                                       const double *values, int64_t n, const double *starts,
                                       const nndyn_options *options, nndyn_basin_branches **out);

/** Release branches.  @param branches branches or NULL */
NNDYN_API void nndyn_basin_branches_free(nndyn_basin_branches *branches);

/** Sizes; any output may be NULL.
 *  @param branches the branches
 *  @param values of the parameter
 *  @param count branches in all
 *  @param dimension of the states
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_branches_shape(nndyn_basin_branches *branches, int64_t *values, int64_t *count,
                                         int64_t *dimension);

/** Which branches have an attractor at a value, in the order of a basin map's list.
 *  @param branches the branches
 *  @param index of the value, from 0
 *  @param capacity for how many there is room; 0 to ask for their number
 *  @param ids receives the branches; may be NULL
 *  @param periods receives the attractors' periods; may be NULL
 *  @param moved receives how far each is from where its branch was last, NaN where that begins; may be NULL
 *  @param count receives how many there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_branches_at(nndyn_basin_branches *branches, int64_t index, int64_t capacity, int64_t *ids,
                                      int64_t *periods, double *moved, int64_t *count);

/** The attractor of a branch at a value.
 *  @param branches the branches
 *  @param index of the value, from 0
 *  @param branch its number
 *  @param capacity room for how many points there is; 0 to ask for the period
 *  @param points receives the first capacity points of it, in their order; may be NULL if capacity is 0
 *  @param period receives how many points it has; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (also: the branch has none there), NNDYN_EBUSY */
NNDYN_API int nndyn_basin_branches_points(nndyn_basin_branches *branches, int64_t index, int64_t branch,
                                          int64_t capacity, double *points, int64_t *period);

/** The fraction of starts that go to a branch, at every value.
 *  @param branches the branches
 *  @param branch its number; or NNDYN_BASIN_MAP_UNDECIDED, _DIVERGED or _OTHER
 *  @param capacity for how many values there is room; 0 to ask for their number
 *  @param fraction receives the fractions; may be NULL.  Where the branch has no attractor: 0, with the interval of a
 *         class to which no start went, since an attractor with a small basin may have been missed
 *  @param low,high receive the intervals' ends; may be NULL
 *  @param count receives how many values there are; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_branches_fractions(nndyn_basin_branches *branches, int64_t branch, int64_t capacity,
                                             double *fraction, double *low, double *high, int64_t *count);

/** What happened to the branches, in the order of values, then of branches.  Branches that begin at the first value are
 *  no event.
 *  @param branches the branches
 *  @param capacity for how many there is room; 0 to ask for their number
 *  @param kinds receives NNDYN_BRANCH_*; may be NULL
 *  @param indices receives the value at which the change is seen first; may be NULL
 *  @param ids receives the branches; may be NULL
 *  @param count receives how many there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_branches_events(nndyn_basin_branches *branches, int64_t capacity, int *kinds,
                                          int64_t *indices, int64_t *ids, int64_t *count);

/* ---- grids of labels --------------------------------------------------------------------------------------------- */

/** Basin entropy of a grid of labels: the grid is cut into boxes, S = mean over boxes of -sum p ln p, p the fractions
 *  of labels within the box, and S_bb the mean over boxes with more than one label.  S_bb > ln 2 is sufficient for a
 *  fractal boundary if boxes are small.  All labels, negative ones too, are classes of their own.
 *  @param context the context
 *  @param axes dimensions of the grid, 1 to 8
 *  @param counts points of each axis
 *  @param labels as nndyn_basin_map_grid
 *  @param options "box" (integer from 2, 5): points along each side of a box; what is left over at the ends of the axes
 *         is left out
 *  @param values receives four numbers: S, S_bb (0 without a boundary), the fraction of boxes on the boundary, and how
 *         many boxes there are
 *  @return NNDYN_OK, NNDYN_EARG (an axis shorter than a box), NNDYN_EOPTION, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_entropy(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels,
                                  const nndyn_options *options, double *values);

/** Uncertain fraction of a grid of labels and its exponent: f(e) is the fraction of points which have a neighbor e
 *  points away along an axis, on either side, with another label; f ~ e^alpha, and the boundary has dimension axes -
 *  alpha.
 *  @param context the context
 *  @param axes,counts,labels as nndyn_basin_entropy
 *  @param scales how many distances 1, 2, 4, ..., at least 2; the longest must fit on both sides of a point of every
 *         axis
 *  @param fractions receives f at each; may be NULL
 *  @param exponent receives alpha by least squares of logarithms; NaN with less than two distances of f > 0
 *  @param error receives its standard error; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_uncertainty(nndyn_context *context, int64_t axes, const int64_t *counts,
                                      const int64_t *labels, int64_t scales, double *fractions, double *exponent,
                                      double *error);

#ifdef __cplusplus
}
#endif
#endif
