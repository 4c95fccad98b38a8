/* nndyn/springblock.h - the spring-block chain: layers as blocks that friction holds and noise frees.
 *
 * SPDX-License-Identifier: MIT
 *
 * L blocks on a line, springs between neighbors, block 0 is the wall at 0, the other end is held at "length" y or
 * pulled by a force.  Friction holds a block until the force on it is beyond a threshold, noise loosens it.  Block l
 * stands for layer l of a network, y - x_l for the data separation D_l after it, the extension x_l - x_(l-1) for the
 * layer's load, friction for nonlinearity and noise for whatever makes training stochastic.  Shi, Pan and Dokmanic,
 * "Spring-block theory of feature learning in deep neural networks", Phys. Rev. Lett. (2025), arXiv:2407.19353;
 * docs/springblock.md.
 *
 * Order 1 (overdamped), all blocks from the old positions, with F_l = k (x_(l+1) - 2 x_l + x_(l-1)) and normal numbers
 * xi of variance 1:
 *
 *     x_l <- x_l + step S(F_l + noise xi),   S(g) = g - right (g > right), g + left (g < -left), 0 otherwise
 *
 * Order 2 (inertia), mass m, damping c, friction as an acceleration:
 *
 *     dx_l = v_l dt,   m dv_l = (F_l - c v_l) dt - m f(v_l) dt + m noise dW,   f = right (v > 0), -left (v < 0)
 *
 * Positions are those of blocks 1 to L: arrays of L numbers.  Force is in units of k times position, time in units of
 * "step" times steps.  Random numbers depend on seed, run, step and block only, and one is drawn for a block that
 * sticks as well. */
#ifndef NNDYN_SPRINGBLOCK_H
#define NNDYN_SPRINGBLOCK_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- the chain --------------------------------------------------------------------------------------------------- */

/** A chain: parameters, positions, velocities and the number of steps made. */
typedef struct nndyn_springblock nndyn_springblock;

/** Create a chain at rest.  The defaults are the published simulations' (in brackets where order 2 has another one).
 *  @param context the context
 *  @param blocks L, 1 to 100000
 *  @param options
 *    "order" (integer 1 or 2; 1);
 *    "spring" (double > 0, 1 [0.1]): k;
 *    "length" (double > 0, 1): y, also what positions are measured against in nndyn_springblock_separation;
 *    "pull" (text): "held" (default): block L hangs on a spring whose other end is at y; or "force": on a constant
 *      force;
 *    "force" (double >= 0, 1): that force, with "pull" "force" only;
 *    "friction_right", "friction_left" (double >= 0, 0.1 [0.003] and 0.1 [0.004]): thresholds against motion towards
 *      the pulled end and away from it; forces with order 1, accelerations with order 2;
 *    "noise" (double >= 0, 0.1 [0.003]): with order 1 the deviation of the force a step, which is the parameter to keep
 *      when the step is changed; with order 2 the amplitude of white noise;
 *    "noise_kind" (text): "independent" (default [not]): each block has its own; or "common" [default]: all blocks have
 *      the same, the sum of L independent ones, as in the published simulation: its amplitude is "noise" times sqrt(L);
 *    "decay" (double >= 0, 0 [0.001]): the noise at time t is "noise" times exp(-decay t);
 *    "step" (double > 0, 0.01 [0.05]): eta, or dt;
 *    "mass" (double > 0, 1), "damping" (double >= 0, 1), and
 *    "scheme" (text): "proximal" (default): implicit friction, which sticks exactly; or "sign": explicit friction
 *      against the sign of the velocity, as in the published simulation, which never sticks: without noise it creeps
 *      (docs/springblock.md).  These three with order 2 only;
 *    "start" (double, 0): position of all blocks: 0 at the wall, y at the pulled end;
 *    "seed" (integer, the context's seed)
 *  @param out receives the chain
 *  @return NNDYN_OK, NNDYN_EARG (blocks), NNDYN_EOPTION (also: a step at which the springs are unstable, which is
 *          4 k step >= 2 with order 1 and 2 k step^2 + damping step >= 2 mass with order 2; an option of order 2 or
 *          of the other pull), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_springblock_create(nndyn_context *context, int64_t blocks, const nndyn_options *options,
                                       nndyn_springblock **out);

/** Release a chain.  @param chain a chain or NULL */
NNDYN_API void nndyn_springblock_free(nndyn_springblock *chain);

/** One of its parameters, by name: "blocks", "order", "spring", "length", "force", "friction_right", "friction_left",
 *  "noise", "amplitude" (what a block feels at the present step: "noise", times sqrt(L) if common, times
 *  exp(-decay t)), "decay", "step", "mass", "damping", "start".
 *  @param chain the chain
 *  @param name one of these
 *  @param value receives it
 *  @return NNDYN_OK, NNDYN_EARG (no such name), NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_get(nndyn_springblock *chain, const char *name, double *value);

/** Where the chain is.
 *  @param chain the chain
 *  @param x receives L positions; may be NULL
 *  @param v receives L velocities, of order 1 all 0; may be NULL
 *  @param step receives the steps made; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_get_state(nndyn_springblock *chain, double *x, double *v, int64_t *step);

/** Put the chain somewhere.  With what get_state gave, it goes on as if it had never been interrupted.
 *  @param chain the chain
 *  @param x L positions
 *  @param v L velocities; NULL for 0, and with order 1
 *  @param step steps made, 0 to 2^40: sets the time of the noise's decay and the random numbers to come
 *  @return NNDYN_OK, NNDYN_EARG (also: v with order 1), NNDYN_EDATA, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_set_state(nndyn_springblock *chain, const double *x, const double *v, int64_t step);

/** Run the chain.
 *  @param chain the chain
 *  @param steps how many, 0 to 2^40
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENUMERIC (positions grew beyond numbers), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT, NNDYN_ECANCELED.  After a failure the chain is where it was.
 *  Cost: docs/springblock.md; on one thread. */
NNDYN_API int nndyn_springblock_run(nndyn_springblock *chain, int64_t steps);

/** Run the chain and keep where it was before the first step and after each "every" steps.
 *  @param chain the chain
 *  @param steps how many
 *  @param every 1 or more
 *  @param rows must be 1 + steps / every, rounded down
 *  @param x receives rows x L positions
 *  @param v receives rows x L velocities; may be NULL
 *  @return as nndyn_springblock_run */
NNDYN_API int nndyn_springblock_trajectory(nndyn_springblock *chain, int64_t steps, int64_t every, int64_t rows,
                                           double *x, double *v);

/** The chain's load curve, D_l = y - x_l: what nndyn_load_curve takes.
 *  @param chain the chain
 *  @param separation receives L + 1 numbers, l = 0..L; the first one is y
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_separation(nndyn_springblock *chain, double *separation);

/* ---- many chains ------------------------------------------------------------------------------------------------- */

/** Run many copies of a chain from where it is, each with random numbers of its own, over the context's threads.  The
 *  chain itself stays where it is; run 0 goes where nndyn_springblock_run would take it.
 *
 *  Curvature is that of the mean profile, with the loads d_l = x_l - x_(l-1) and n_l = 1 - x_l / x_L:
 *  kappa = (d_1 - d_L) / x_L, bow = mean of n_0..n_L less 1/2 (kappa < 0 and bow > 0: late layers carry the load).
 *  Standard errors are from the scatter of the runs, by linearization; those of a single run are NaN, and so is all of
 *  it where x_L is not above 0.
 *  @param chain the chain
 *  @param runs how many, 1 to 2^24
 *  @param steps of each
 *  @param options "average" (double from 0 to 1, 0): positions are averaged over this last fraction of the steps; 0:
 *         the last positions alone
 *  @param mean receives L means over the runs (and the averaged steps)
 *  @param deviation receives L standard deviations of the position, over runs and averaged steps; 0 for a single one;
 *         may be NULL
 *  @param kappa receives kappa and its standard error, 2 numbers; may be NULL
 *  @param bow receives bow and its standard error, 2 numbers; may be NULL
 *  @param profiles receives runs x L: the position of each run, or its average; may be NULL
 *  @return as nndyn_springblock_run, and NNDYN_EOPTION, NNDYN_ELIMIT, NNDYN_ECALLBACK (the executor failed)
 *  Memory: 8 bytes a block and run (rounded up to 8 runs), of order 2 twice that, and 24 more to average. */
NNDYN_API int nndyn_springblock_ensemble(nndyn_springblock *chain, int64_t runs, int64_t steps,
                                         const nndyn_options *options, double *mean, double *deviation, double *kappa,
                                         double *bow, double *profiles);

/** The phase diagram: an ensemble, or the mean field, for each friction and noise, all else as in the chain and from
 *  where it is.  Every cell has the same random numbers as nndyn_springblock_ensemble: neighbors compare well, and
 *  their errors are correlated.
 *  @param chain the chain
 *  @param frictions number of frictions
 *  @param friction their values, >= 0
 *  @param noises number of noises
 *  @param noise their values, >= 0
 *  @param runs of each cell; 0: the mean field (order 1 only), whose errors are 0
 *  @param steps of each run
 *  @param options "axis" (text): what the frictions are: "right" (default), "left" or "both"; "average", as above
 *  @param kappa,kappa_error,bow,bow_error receive frictions x noises each; may be NULL
 *  @param profiles receives frictions x noises x L means; may be NULL
 *  @return as nndyn_springblock_ensemble, and NNDYN_EDATA (a friction or noise is not finite), NNDYN_EUNSUPPORTED
 *          (the mean field of order 2) */
NNDYN_API int nndyn_springblock_phase(nndyn_springblock *chain, int64_t frictions, const double *friction,
                                      int64_t noises, const double *noise, int64_t runs, int64_t steps,
                                      const nndyn_options *options, double *kappa, double *kappa_error, double *bow,
                                      double *bow_error, double *profiles);

/* ---- closed forms: functions of the chain's parameters ----------------------------------------------------------- */

/** Where the chain comes to rest without noise, started at rest at the wall (with "pull" "held" also at y): the
 *  solution of the obstacle problem.  With order 2 a bound: blocks of little damping overshoot.
 *  @param chain the chain; only its parameters count
 *  @param x receives L positions
 *  @param moved receives how many blocks ever move; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EUNSUPPORTED ("start" is neither of them), NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_stuck(nndyn_springblock *chain, double *x, int64_t *moved);

/** The cascade: how long (or with "pull" "force", how hard) one must pull for the n-th block, counted from the pulled
 *  end, to move.  Held: friction n (n + 1) / (2 k), friction that of the direction in which the chain starts; force:
 *  friction n.
 *  @param chain the chain; only its parameters count
 *  @param thresholds receives L of them, n = 1..L
 *  @return as nndyn_springblock_stuck */
NNDYN_API int nndyn_springblock_cascade(nndyn_springblock *chain, double *thresholds);

/** Mean positions of the stationary state under noise: exact for any noise above 0, step, kind of noise and order.
 *  How long it takes to get there is nndyn_springblock_relaxation_time's answer.
 *  @param chain the chain; only its parameters count
 *  @param x receives L positions
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_equilibrium(nndyn_springblock *chain, double *x);

/** Mean velocity of a block under constant forces: order 1 the expectation of S(F + noise xi), order 2 that of the
 *  stationary density of the velocity.
 *  @param chain the chain; its amplitude of the present step counts
 *  @param n how many forces
 *  @param force n of them
 *  @param mean receives n mean velocities
 *  @param square receives n mean squares of the velocity (order 1: of S); may be NULL
 *  @param mobility receives n derivatives of the mean by the force; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ENUMERIC (order 2: without damping a block under such a force has
 *          no stationary velocity), NNDYN_EUNSUPPORTED (order 2 without noise), NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_drift(nndyn_springblock *chain, int64_t n, const double *force, double *mean,
                                      double *square, double *mobility);

/** Run the mean field from where the chain is: each block moves by the mean of S at the mean positions.  The chain
 *  stays where it is.  Within 0.003 of kappa of ensembles at the published step, and a hundred times cheaper than 300
 *  runs.
 *  @param chain the chain, of order 1
 *  @param steps how many
 *  @param x receives L positions
 *  @return as nndyn_springblock_run, and NNDYN_EUNSUPPORTED (order 2) */
NNDYN_API int nndyn_springblock_mean_field(nndyn_springblock *chain, int64_t steps, double *x);

/** Steps in which the slowest mode of the mean positions, linearized about the stationary state, falls by e.  For order
 *  2, of a chain whose positions are slow against its velocities.
 *  @param chain the chain; its amplitude of the present step counts
 *  @param steps receives them; infinite where the mobility is 0 in double precision
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_relaxation_time(nndyn_springblock *chain, double *steps);

/** Stationary covariance of the positions about their means, linearized and to first order in the step.
 *  @param chain the chain, of order 1, with noise; its amplitude of the present step counts
 *  @param covariance receives L x L
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENUMERIC (no noise, or so little that the mobility is 0 in double precision),
 *          NNDYN_EUNSUPPORTED (order 2; common noise), NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_covariance(nndyn_springblock *chain, double *covariance);

/* ---- fitting a load curve ---------------------------------------------------------------------------------------- */

/** A chain of order 1 fitted to a measured load curve: parameters, their errors, the curve.  Spring and length are 1:
 *  friction and noise are in units of spring times length. */
typedef struct nndyn_springblock_fit nndyn_springblock_fit;

/** What nndyn_springblock_fit_flags and _value say, added up. */
enum {
    NNDYN_SPRINGBLOCK_FIT_AT_BOUND = 1,   /* the best value is at a bound of the search (0 is one) */
    NNDYN_SPRINGBLOCK_FIT_DEGENERATE = 2, /* a standard error beyond half the range searched: not determined by the
                                             data; of a fit, that of some combination (nndyn_springblock_fit_weakest) */
    NNDYN_SPRINGBLOCK_FIT_FIXED = 4,      /* fixed by the caller; of a value only */
    NNDYN_SPRINGBLOCK_FIT_EXACT = 8,      /* no residuals are left to judge the fit by: 0 degrees of freedom */
    NNDYN_SPRINGBLOCK_FIT_AMBIGUOUS = 16  /* parameters elsewhere, with worse ones between, are in the joint region of
                                             level 0.95 as well: standard errors are those of one valley only, intervals
                                             span all that were found */
};

/** Find friction and noise of the chain whose load curve explains a measured one best.  The model is the mean field,
 *  started at rest at the wall, D_l = level - scale x_l; weighted least squares.
 *  @param context the context
 *  @param count points, L + 1, 4 to 1000
 *  @param separation D_0..D_L, in any unit; D_0 > D_L
 *  @param errors standard errors of the points, independent and > 0; or NULL: equal and unknown, estimated from what
 *         the fit leaves
 *  @param options
 *    "friction_right", "friction_left", "noise" (double >= 0, free): hold a parameter at this value;
 *    "asymmetry" (double, free): hold friction_left - friction_right at this value, 0 for symmetric friction;
 *    "friction_least", "friction_most" (double >= 0, 0 and 0.2), "noise_least", "noise_most" (double >= 0, 0 and 0.2):
 *      where free ones are searched for;
 *    "scale" (text): "free" (default): level and scale are fitted along; or "ends": the curve goes through D_0 and D_L,
 *      whose errors do not count, as a normalized curve does;
 *    "step" (double > 0 and below 0.5, 0.01) and "steps" (integer 1 to 10000000, 10000) of the chain;
 *    "starts" (integer 1 to 6, 6): searches, from the best of as many levels of noise of a coarse grid
 *  @param out receives the fit
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA (not finite, errors that are not positive, D_0 <= D_L),
 *          NNDYN_EOPTION (also: all parameters fixed, more of them free than the points determine, values that exclude
 *          each other), NNDYN_ENUMERIC (no chain in these bounds moves), NNDYN_ENOMEM, NNDYN_ECANCELED
 *  Cost: at the defaults that of 10 to 20 runs of the mean field; 10 to 25 ms for 8 points.  On one thread.
 *  Source: docs/springblock_fit.md. */
NNDYN_API int nndyn_springblock_fit_create(nndyn_context *context, int64_t count, const double *separation,
                                           const double *errors, const nndyn_options *options,
                                           nndyn_springblock_fit **out);

/** The same with errors that are not independent, as of a mean over several seeds.
 *  @param context,count,separation,options,out as above
 *  @param covariance count x count, symmetric and positive definite (with "scale" "ends" without its first and last row
 *         and column, which do not count); of the mean over S seeds the sample covariance over S, times
 *         (S - 1) / (S - count - 2), as few seeds make it too small
 *  @return as above; NNDYN_EDATA also if it is not symmetric and positive definite */
NNDYN_API int nndyn_springblock_fit_create_covariance(nndyn_context *context, int64_t count, const double *separation,
                                                      const double *covariance, const nndyn_options *options,
                                                      nndyn_springblock_fit **out);

/** Release a fit.  @param fit a fit or NULL */
NNDYN_API void nndyn_springblock_fit_free(nndyn_springblock_fit *fit);

/** One fitted quantity.
 *  @param fit the fit
 *  @param name "friction_right", "friction_left", "noise", "friction" (the mean of both) or "asymmetry" (left - right)
 *  @param value receives it; may be NULL
 *  @param error receives its standard error by the quadratic approximation, 0 of a fixed one, NaN with errors unknown
 *         and no degree of freedom; may be NULL
 *  @param flags receives AT_BOUND, DEGENERATE, FIXED; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_value(nndyn_springblock_fit *fit, const char *name, double *value, double *error,
                                          int *flags);

/** Covariance of the fitted right and left friction and noise.  Where the data say nothing it is huge, not NaN.
 *  @param fit the fit
 *  @param covariance receives 3 x 3 numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_covariance(nndyn_springblock_fit *fit, double *covariance);

/** The combination of right and left friction and noise the data determine least.
 *  @param fit the fit
 *  @param direction receives 3 numbers: the parameters along it, scaled to length 1
 *  @param error receives the standard error of the distance along it; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_weakest(nndyn_springblock_fit *fit, double *direction, double *error);

/** How good the fit is.
 *  @param fit the fit
 *  @param chi_square receives the sum of squares over the variances (without errors: the plain one); may be NULL
 *  @param freedom receives points less fitted numbers, level and scale counted; may be NULL
 *  @param p receives the probability of a chi-square at least this large were the model right; NaN without errors, and
 *         with no degree of freedom; may be NULL
 *  @param r_squared receives the share of the curve's variance explained, unweighted; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_quality(nndyn_springblock_fit *fit, double *chi_square, int64_t *freedom, double *p,
                                            double *r_squared);

/** AT_BOUND, DEGENERATE, EXACT, AMBIGUOUS of the fit.
 *  @param fit the fit
 *  @param flags receives their sum
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_flags(nndyn_springblock_fit *fit, int *flags);

/** The fitted curve.
 *  @param fit the fit
 *  @param count must be the points of the fit
 *  @param separation receives the curve in the data's unit; may be NULL
 *  @param normalized receives 1 - x_l / x_L of the fitted chain, 1 to 0; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_springblock_fit_curve(nndyn_springblock_fit *fit, int64_t count, double *separation,
                                          double *normalized);

/** Confidence interval of one quantity by the profile of the likelihood: all values at which the best of the others
 *  leave a sum of squares not too far above the least one.  Right also where the quadratic approximation is not.  The
 *  excess allowed is that of one parameter where the joint region lies within the bounds; where it does not, some
 *  parameter is not determined and can make up for nothing, and it is that of all free ones: wider, on the safe side.
 *  @param fit the fit
 *  @param name as of nndyn_springblock_fit_value
 *  @param level in (0, 1)
 *  @param low,high receive the ends
 *  @param open receives 1 if the low end is the least value searched, plus 2 if the high end is the largest one: there
 *         the data set no limit.  0: the data determine the quantity; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (without errors and degrees of freedom there are none), NNDYN_ECANCELED,
 *          NNDYN_EBUSY
 *  Cost: as one or two fits. */
NNDYN_API int nndyn_springblock_fit_interval(nndyn_springblock_fit *fit, const char *name, double level, double *low,
                                             double *high, int *open);

/** Whether given parameters are in the joint confidence region.
 *  @param fit the fit
 *  @param right,left,noise the parameters, >= 0 and at most 10
 *  @param excess receives their sum of squares over the variances, less that of the fit; may be NULL
 *  @param p receives the probability of at least this excess were they the true ones: they are in the region of level
 *         c if p >= 1 - c (chi-square of the free parameters; F where errors are estimated); may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (as above), NNDYN_EBUSY
 *  Cost: one run of the mean field. */
NNDYN_API int nndyn_springblock_fit_region(nndyn_springblock_fit *fit, double right, double left, double noise,
                                           double *excess, double *p);

/** Which knob straightens the curve: the noise, and the right friction, at which the fitted chain, all else equal, has
 *  the bow 0 (the mean of its normalized curve is 1/2).  Above the fitted value: a network wants more noise or more
 *  nonlinearity.  What a straight curve goes with is a correlation, no promise (docs/springblock_fit.md).
 *  @param fit the fit
 *  @param bow receives that of the fitted chain; > 0: late layers carry the load; may be NULL
 *  @param noise receives the noise next to the fitted one, NaN if there is none within the bounds; may be NULL
 *  @param friction receives the right friction next to the fitted one, NaN likewise; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ECANCELED, NNDYN_EBUSY
 *  Cost: as one fit. */
NNDYN_API int nndyn_springblock_fit_straighten(nndyn_springblock_fit *fit, double *bow, double *noise,
                                               double *friction);

#ifdef __cplusplus
}
#endif
#endif
