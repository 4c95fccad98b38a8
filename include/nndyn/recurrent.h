/* nndyn/recurrent.h - recurrent networks: activation to a fixed point, its Jacobian, equilibria and what is certain of
 * them.
 *
 * SPDX-License-Identifier: MIT
 *
 * n neurons with states x, weights W and biases b.  Some neurons may be clamped (the boundary P), the others are free
 * (the bulk Q); gain is a number that multiplies W.  A discrete step and the flow are
 *
 *     x_Q(t+1) = f(gain (W x)_Q + b_Q)        x_Q' = f(gain (W x)_Q + b_Q) - x_Q        x_P is held
 *
 * Both have the same equilibria.  Vanchurin, "The world as a neural network", Entropy 22, 1210 (2020), has the form
 * x(t+1) = P x_d + Q f(w x(t) + b); docs/recurrent.md has the formulas used here, with their derivation.
 *
 * A state is a row of n numbers, those of clamped neurons included; bulk and boundary vectors are in ascending order of
 * their neurons, q and p numbers long, p + q = n.  Everything is computed in double precision. */
#ifndef NNDYN_RECURRENT_H
#define NNDYN_RECURRENT_H
#include "core.h"
#include "kernels.h"
#include "map.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- the network ------------------------------------------------------------------------------------------------- */

/** A recurrent network. */
typedef struct nndyn_recurrent nndyn_recurrent;

/** Create a recurrent network in which every neuron is free.
 *  @param context the context
 *  @param neurons n, 1 to 16384
 *  @param weights n x n: row i holds what neuron i receives
 *  @param biases n numbers; NULL for zeros
 *  @param activation one of nndyn/kernels.h; NNDYN_CUSTOM_ACTIVATION is NNDYN_EUNSUPPORTED
 *  @param options "parameter" (double) of the activation; "gain" (double, 1)
 *  @param out receives the network; weights and biases are copied
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_EUNSUPPORTED, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_recurrent_create(nndyn_context *context, int64_t neurons, const double *weights,
                                     const double *biases, int activation, const nndyn_options *options,
                                     nndyn_recurrent **out);

/** Release a recurrent network.  @param recurrent a network or NULL */
NNDYN_API void nndyn_recurrent_free(nndyn_recurrent *recurrent);

/** Clamp neurons: they keep the given values, the others are free.
 *  @param recurrent the network
 *  @param count p, 0 (all free) to n - 1
 *  @param neurons their numbers from 0, ascending
 *  @param values their states
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_set_boundary(nndyn_recurrent *recurrent, int64_t count, const int64_t *neurons,
                                           const double *values);

/** Sizes and the clamped neurons; any output may be NULL.
 *  @param recurrent the network
 *  @param neurons,boundary,bulk receive n, p, q
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_shape(nndyn_recurrent *recurrent, int64_t *neurons, int64_t *boundary, int64_t *bulk);
/** Numbers and states of the clamped neurons.
 *  @param recurrent the network
 *  @param capacity room in the arrays, at least p
 *  @param neurons,values receive p entries each; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_get_boundary(nndyn_recurrent *recurrent, int64_t capacity, int64_t *neurons,
                                           double *values);

/** Replace weights, biases or the gain.  Maps and results made before keep what they were made from.
 *  @param recurrent the network
 *  @param weights n x n, NULL: unchanged
 *  @param biases n, NULL: unchanged
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_set_weights(nndyn_recurrent *recurrent, const double *weights, const double *biases);
/** @see nndyn_recurrent_set_weights.  @param recurrent the network @param weights,biases receive copies; may be NULL */
NNDYN_API int nndyn_recurrent_get_weights(nndyn_recurrent *recurrent, double *weights, double *biases);
/** Set the factor of the weights.  @param recurrent the network @param gain a finite number
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_set_gain(nndyn_recurrent *recurrent, double gain);
/** @see nndyn_recurrent_set_gain.  @param recurrent the network @param gain receives it */
NNDYN_API int nndyn_recurrent_get_gain(nndyn_recurrent *recurrent, double *gain);

/* ---- activation to a fixed point, and its Jacobian --------------------------------------------------------------- */

/** Run many states to a fixed point x_Q = f(gain (W x)_Q + b_Q), each with a boundary state of its own if wanted.
 *  The residual is the largest |f_i - x_i| over the bulk.
 *  @param recurrent the network
 *  @param count states, at least 1
 *  @param boundary count x p boundary states; NULL: the clamped values
 *  @param starts count x n, of which the bulk is read; NULL: zeros
 *  @param options "method": "discrete" (default: the step above), "relaxation" (x += step (f - x)), "newton" (damped;
 *         also to unstable fixed points; O(q^3) an iteration, on one thread); "step" (double in (0, 1], 0.5) of the
 *         relaxation; "tolerance" (double > 0, 1e-12) of the residual; "steps" (integer from 1, 10000) at most;
 *         "unsettled": "fail" (default), or "keep" to hand out states that did not settle too
 *  @param states receives count x n, boundary included; may be @p starts
 *  @param residuals receives one number a state; may be NULL
 *  @param steps receives how many each took; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENUMERIC (a state did not settle or diverged; the
 *          message says how many, and the worst residual), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY, NNDYN_ECANCELED.
 *  States run in blocks of 32 over the context's threads; a state's result depends on nothing but its own start.
 *  Cost: 2 q^2 flops a state and step. */
NNDYN_API int nndyn_recurrent_activate(nndyn_recurrent *recurrent, int64_t count, const double *boundary,
                                       const double *starts, const nndyn_options *options, double *states,
                                       double *residuals, int64_t *steps);

/** How bulk states at a fixed point answer to the boundary: dx_Q/dx_P = (1 - S W_QQ)^-1 S W_QP, with S = gain diag f'.
 *  A feed-forward network is the case of a nilpotent W_QQ.
 *  @param recurrent the network; at least one neuron is clamped
 *  @param count fixed points
 *  @param states count x n, as nndyn_recurrent_activate wrote them
 *  @param options "tolerance" (double > 0, 1e-6): residual up to which a state counts as a fixed point
 *  @param jacobian receives count x q x p; may be NULL
 *  @param condition receives an estimate of the condition number of 1 - S W_QQ in the 1-norm, one a state; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (no boundary, or not a fixed point), NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENUMERIC (1 is
 *          an eigenvalue of S W_QQ to working precision: the Jacobian does not exist), NNDYN_ENOMEM, NNDYN_ELIMIT,
 *          NNDYN_EBUSY, NNDYN_ECANCELED.  Cost: 2/3 q^3 + 2 q^2 p flops a state. */
NNDYN_API int nndyn_recurrent_jacobian(nndyn_recurrent *recurrent, int64_t count, const double *states,
                                       const nndyn_options *options, double *jacobian, double *condition);
/** Jacobian-vector product: tangents of the bulk for tangents of the boundary.
 *  @param recurrent,count,states,options as in nndyn_recurrent_jacobian
 *  @param boundary count x p
 *  @param bulk receives count x q
 *  @return as nndyn_recurrent_jacobian */
NNDYN_API int nndyn_recurrent_jvp(nndyn_recurrent *recurrent, int64_t count, const double *states,
                                  const double *boundary, const nndyn_options *options, double *bulk);
/** Vector-Jacobian product: gradient with respect to the boundary of sum bulk . x_Q.
 *  @param recurrent,count,states,options as in nndyn_recurrent_jacobian
 *  @param bulk count x q
 *  @param boundary receives count x p
 *  @return as nndyn_recurrent_jacobian */
NNDYN_API int nndyn_recurrent_vjp(nndyn_recurrent *recurrent, int64_t count, const double *states, const double *bulk,
                                  const nndyn_options *options, double *boundary);

/* ---- equilibria -------------------------------------------------------------------------------------------------- */

/** Equilibria that were found, in an order of their own: ascending by the first bulk coordinate in which they differ.
 */
typedef struct nndyn_fixed_points nndyn_fixed_points;

/** Stability under the flow x' = f - x: by the largest real part of the eigenvalues of J = -1 + S W_QQ. */
enum {
    NNDYN_FIXED_POINT_STABLE = 1,   /* below -margin */
    NNDYN_FIXED_POINT_UNSTABLE = 2, /* above margin */
    NNDYN_FIXED_POINT_MARGINAL = 3  /* between: linearization does not decide */
};

/** Name of a stability, as in "stable".
 *  @param stability one of NNDYN_FIXED_POINT_*
 *  @return static text; "unknown" for any other number */
NNDYN_API const char *nndyn_fixed_point_stability_name(int stability);

/** Find equilibria with the clamped values as boundary: from each start by relaxation followed by Newton's method, and
 *  by damped Newton's method alone, which also finds unstable ones.  A search from starts proves nothing about
 *  equilibria it did not find; nndyn_recurrent_unique proves that there is one only.
 *  @param recurrent the network
 *  @param count given starts, at least 0
 *  @param starts count x n, of which the bulk is read; may be NULL if count is 0
 *  @param options "starts" (integer from 0, 64) drawn in addition; "law": "uniform" in [-box, box] (default) or
 *         "normal" of standard deviation box; "box" (double > 0, 1.5); "seed" (integer, the context's); "tolerance"
 *         (double > 0, 1e-12) of the residual; "merge" (double > 0, 1e-6): largest difference of coordinates within
 *         which two are one; "steps" (integer from 1, 2000) of relaxation; "step" (double in (0, 1], 0.5);
 *         "newton" (integer from 1, 100) iterations; "margin" (double >= 0, 1e-9) of marginal stability
 *  @param out receives the equilibria; none found is no failure
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY,
 *          NNDYN_ECANCELED */
NNDYN_API int nndyn_recurrent_equilibria(nndyn_recurrent *recurrent, int64_t count, const double *starts,
                                         const nndyn_options *options, nndyn_fixed_points **out);

/** Release equilibria.  @param points equilibria or NULL */
NNDYN_API void nndyn_fixed_points_free(nndyn_fixed_points *points);
/** Sizes; any output may be NULL.
 *  @param points the equilibria
 *  @param count,neurons,bulk receive how many there are, n and q
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fixed_points_shape(nndyn_fixed_points *points, int64_t *count, int64_t *neurons, int64_t *bulk);
/** One equilibrium; any output may be NULL.
 *  @param points the equilibria
 *  @param index from 0
 *  @param state receives n numbers
 *  @param stability receives one of NNDYN_FIXED_POINT_*
 *  @param unstable receives how many eigenvalues have a real part above the margin (the index of the equilibrium)
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fixed_points_get(nndyn_fixed_points *points, int64_t index, double *state, int *stability,
                                     int64_t *unstable);
/** One figure of an equilibrium.
 *  @param points the equilibria
 *  @param index from 0
 *  @param name "residual"; "abscissa": largest real part of the eigenvalues; "contraction": largest eigenvalue of
 *         (J + J')/2, below 0 if the flow contracts there; "relaxed", "newton": how many starts led to it either way
 *  @param value receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fixed_points_figure(nndyn_fixed_points *points, int64_t index, const char *name, double *value);
/** Eigenvalues and eigenmodes of J at an equilibrium, by descending real part, then descending imaginary part.
 *  @param points the equilibria
 *  @param index from 0
 *  @param re,im receive q numbers each; im may be NULL
 *  @param modes receives q rows of q numbers, or is NULL: a real eigenvalue's mode; for a conjugate pair, which stands
 *         with im > 0 first, real and imaginary part of the mode of that one in two rows.  Of unit length; the
 *         largest component of a real mode is positive.
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fixed_points_modes(nndyn_fixed_points *points, int64_t index, double *re, double *im,
                                       double *modes);

/* ---- what is certain --------------------------------------------------------------------------------------------- */

/** Whether sup|f'| |gain| ||W_QQ||_2 < 1: then the flow and the discrete step have one equilibrium, whatever the
 *  boundary, and every start goes there.  (Otherwise nothing is said.)
 *  @param recurrent the network; its activation's slope is bounded
 *  @param bound receives the left side; may be NULL
 *  @param unique receives 1 or 0
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EUNSUPPORTED (no bound on f'), NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_unique(nndyn_recurrent *recurrent, double *bound, int *unique);

/** A ball (in the 2-norm of the bulk) around a fixed point that lies within its basin under the flow, where distances
 *  shrink: r = -mu / (sup|f''| gain^2 max_i |w_i| ||W_QQ||_2), mu the largest eigenvalue of (J + J')/2.
 *  @param recurrent the network; its activation has a bounded second derivative
 *  @param state n numbers: a fixed point, its boundary included
 *  @param options "tolerance" (double > 0, 1e-6): residual up to which it counts as one
 *  @param contraction receives mu; may be NULL
 *  @param radius receives r: 0 where mu >= 0 (nothing is certified), infinity where f is linear or W_QQ zero
 *  @return NNDYN_OK, NNDYN_EARG (not a fixed point), NNDYN_EOPTION, NNDYN_EDATA, NNDYN_EUNSUPPORTED (no bound on f''),
 *          NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_ball(nndyn_recurrent *recurrent, const double *state, const nndyn_options *options,
                                   double *contraction, double *radius);

/** Energy E = -gain x_Q' W_QQ x_Q / 2 - (b_Q + gain W_QP x_P)' x_Q + sum_i int_0^x_i f^-1, which the flow lowers if
 *  W_QQ is symmetric: no cycles, every bounded trajectory ends at equilibria.
 *  @param recurrent the network; W_QQ is symmetric, f increases strictly: identity, leaky ReLU of positive slope,
 *         sigmoid, tanh, erf, arctan, softsign, isru, exp
 *  @param count states
 *  @param states count x n, bulk coordinates inside the range of f
 *  @param energies receives one number a state
 *  @return NNDYN_OK, NNDYN_EARG (W_QQ is not symmetric), NNDYN_EDATA (not finite, or out of the range of f),
 *          NNDYN_EUNSUPPORTED, NNDYN_EBUSY */
NNDYN_API int nndyn_recurrent_energy(nndyn_recurrent *recurrent, int64_t count, const double *states, double *energies);

/* ---- as a map ---------------------------------------------------------------------------------------------------- */

/** One step of the network's dynamics as a map of its q bulk states, the clamped values being held.
 *  Parameters of the map: "gain", and "step" where there is one.
 *  @param recurrent the network; copied
 *  @param options "method": "rk4" (default) or "euler", a step of x_Q' = f - x_Q of length "step" (double > 0, 0.05);
 *         or "discrete".  Basins of an integrator are not those of the flow near their boundaries: halve the step.
 *  @param out receives the map
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION ("step" with "discrete"), NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_map_create_recurrent(nndyn_recurrent *recurrent, const nndyn_options *options, nndyn_map **out);

#ifdef __cplusplus
}
#endif
#endif
