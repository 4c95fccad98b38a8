/* nndyn/correlation.h - derivative correlations: how far a network is from its linearization, and for how long.
 *
 * SPDX-License-Identifier: MIT
 *
 * Of n samples with k outputs each there are M = n k scalar outputs f_i, i = sample k + output (the order of an n x k
 * array).  With g_i = df_i/d(parameters), the correlation of D free parameter slots and d contracted ones is
 *
 *     C^{D,d}_{i; i_1..i_d} = eta^(D/2+d) / (D! d!)  grad^(D+d) f_i  contracted with  g_{i_1}, ..., g_{i_d}
 *
 * so that one step of gradient descent, parameters' = parameters - eta J'e, is exactly f' = sum_d (-1)^d C^{0,d}[e, ..,
 * e] wherever the series converges.  C^{0,0} = f, C^{0,1} = eta J J'.  Of all functions of the library those of this
 * header alone have eta inside, as the definition has: C^{0,1} is eta times the kernel Theta = J J' of nndyn/ntk.h, C02
 * carries eta^2 / 2, C03 eta^3 / 6, C11 eta^(3/2).  Everywhere e is the derivative of the loss by the outputs: for the
 * squared error kappa |f - y|^2 / 2 it is kappa (f - y), with kappa = 1, 1/n or 1/(n k) as the loss is normalized.
 *
 * Networks: any, in evaluation mode (running statistics in batch norm, no dropout) and in any parametrization; powers
 * of the width are those of "parametrization" "ntk".  A custom activation needs d + 1 derivatives (d for outputs
 * alone).  All is computed in float64, from a float32 network too (its parameters are widened exactly).
 *
 * Shem-Ur and Oz, "Weak correlations as the underlying principle for linearization of gradient-based learning systems",
 * arXiv:2401.04013; Dyer and Gur-Ari, arXiv:1909.11304; docs/correlations.md. */
#ifndef NNDYN_CORRELATION_H
#define NNDYN_CORRELATION_H
#include "core.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

/** Tensors over the outputs: bits of a set, or the name of one. */
enum {
    /* M: the outputs f */
    NNDYN_CORRELATION_C00 = 1,
    /* M x M: eta J J' */
    NNDYN_CORRELATION_C01 = 2,
    /* M x M x M: [i][j][k] = eta^2/2 g_j' H_i g_k, symmetric in j, k */
    NNDYN_CORRELATION_C02 = 4,
    /* M x M x M x M: [i][j][k][l] = eta^3/6 T_i[g_j, g_k, g_l], symmetric in j, k, l */
    NNDYN_CORRELATION_C03 = 8,
    /* M^2 x M^2: the Gram matrix [i][k][m][p] = eta^3 (H_i g_k)'(H_m g_p) of C^{1,1} over its parameter slot */
    NNDYN_CORRELATION_C11 = 16
};

/** What to know about a result: bits that are added up in flags. */
enum {
    /* an activation or a derivative of it has a kink (ReLU): orders D + d >= 2 are derivatives almost everywhere and
       leave out what crossing kinks adds, at large width the larger part (mean n^(-1/2), deviation n^(-3/4)) */
    NNDYN_CORRELATION_KINKS = 1,
    /* eta kappa lambda_max >= 2: the linear model itself diverges */
    NNDYN_CORRELATION_UNSTABLE = 2,
    /* width too small: a prediction was stopped, a bound grows without end */
    NNDYN_CORRELATION_DIVERGED = 4,
    /* no closed-form bound: its rate of contraction is not below 1 */
    NNDYN_CORRELATION_INFEASIBLE = 8,
    /* an iteration stopped at its limit: the norm is a lower bound only */
    NNDYN_CORRELATION_UNCONVERGED = 16
};

/** Correlations of one network at its present parameters on one batch. */
typedef struct nndyn_correlations nndyn_correlations;

/** The exact tensors.
 *  @param network the network
 *  @param n,x the batch: n x inputs.  Points that are only looked at (test points) may be among them: give them weight
 *         0 in nndyn_correlations_predict
 *  @param eta the learning rate, positive
 *  @param parts the set wanted: sum of NNDYN_CORRELATION_*; C00 and C01 are always there
 *  @param options "scale" (double, 1): alpha, the network is alpha f at the same eta; "most" (integer, 64): largest M
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ESTATE (no layers or parameters),
 *          NNDYN_EUNSUPPORTED, NNDYN_ENUMERIC, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT (M beyond "most", or the memory
 *          limit; nndyn_correlation_direction has neither), NNDYN_ECALLBACK, NNDYN_ECANCELED
 *  Cost: M passes of order 1 for C02 and C11, M(M + 1)/2 of order 2 for C03, and Gram products of 2 M^4 (sum of widths)
 *  flops.  Memory: 8 M^3 bytes for C02, 8 M^4 each for C11 and C03; nothing that grows with parameters x M. */
NNDYN_API int nndyn_correlations_create(nndyn_network *network, int64_t n, const double *x, double eta, int parts,
                                        const nndyn_options *options, nndyn_correlations **out);

/** The same handle from tensors the caller has: of another system, measured, averaged.
 *  @param context the context
 *  @param outputs M
 *  @param eta the learning rate that the tensors contain, positive
 *  @param c00,c01,c02,c03,c11 as in the list above; c02, c03 and c11 may be NULL
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG (also: c01, c02, c03 or c11 not symmetric as the list says, to 1e-8 of its largest
 *          entry), NNDYN_EDATA, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_correlations_create_from(nndyn_context *context, int64_t outputs, double eta, const double *c00,
                                             const double *c01, const double *c02, const double *c03, const double *c11,
                                             nndyn_correlations **out);

/** Those of alpha f at rate `rate` eta: C^{D,d} times alpha^(d+1) rate^(D/2+d), and the outputs times alpha.  Lazy
 *  training is rate = 1/alpha^2: the kernel stays and C^{D,d} goes with alpha^(1-D-d).
 *  @param correlations the tensors
 *  @param alpha,rate positive
 *  @param out receives a new handle
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENUMERIC (beyond the range of double), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT */
NNDYN_API int nndyn_correlations_rescale(nndyn_correlations *correlations, double alpha, double rate,
                                         nndyn_correlations **out);

/** The factor alpha^(d+1) rate^(D/2+d) by which C^{D,d} changes when f becomes alpha f and eta becomes rate eta.
 *  @param context the context
 *  @param uncontracted,contracted D and d, 0 to 64
 *  @param alpha,rate positive
 *  @param factor receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENUMERIC (beyond the range of double) */
NNDYN_API int nndyn_correlation_factor(nndyn_context *context, int uncontracted, int contracted, double alpha,
                                       double rate, double *factor);

/** Release a result.  @param correlations a result or NULL */
NNDYN_API void nndyn_correlations_free(nndyn_correlations *correlations);

/** What a result holds; any output may be NULL.
 *  @param correlations the result
 *  @param outputs M
 *  @param eta the rate within
 *  @param parts set of NNDYN_CORRELATION_*
 *  @param flags NNDYN_CORRELATION_KINKS or 0
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_correlations_info(nndyn_correlations *correlations, int64_t *outputs, double *eta, int *parts,
                                      int *flags);

/** Copy a tensor out.
 *  @param correlations the result
 *  @param which one of NNDYN_CORRELATION_*
 *  @param count must be M, M^2, M^3 or M^4 as the list says
 *  @param values receives count numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (it was not asked for), NNDYN_EBUSY */
NNDYN_API int nndyn_correlations_get(nndyn_correlations *correlations, int which, int64_t count, double *values);

/** Norms over the output slots; any output may be NULL.  Subordinate norm: the largest value over unit vectors, one a
 *  slot; for C11 the Euclidean norm over the parameter slot of the value.  An alternating iteration finds a lower bound
 *  (for small tensors nearly always the norm itself), the unfoldings give an upper one.
 *  @param correlations the result
 *  @param which one of NNDYN_CORRELATION_*
 *  @param options as nndyn_injective_norm (nndyn/asymptotics.h), but "symmetric"
 *  @param lower,upper bounds of the subordinate norm (equal for C00 and C01)
 *  @param frobenius root of the sum of squares (C11: of all components of C^{1,1}, the root of the trace)
 *  @return as nndyn_correlations_get, NNDYN_EOPTION, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED */
NNDYN_API int nndyn_correlations_norm(nndyn_correlations *correlations, int which, const nndyn_options *options,
                                      double *lower, double *upper, double *frobenius);

/* ---- along one direction, networks of any size ------------------------------------------------------------------- */

/** Correlations with all d slots contracted with the same e, for d = 0 .. order, by Taylor jets along J'e that never
 *  form a vector of parameters.
 *  @param network,n,x the batch, M = n k
 *  @param eta the learning rate, positive
 *  @param e M numbers: the derivative of the loss by the outputs, or any direction
 *  @param order 0 to 16
 *  @param options "scale" as in nndyn_correlations_create
 *  @param values receives (order + 1) x M: row d is C^{0,d}[e, .., e]; row 0 the outputs.  May be NULL
 *  @param norms receives (order + 1) x M: Euclidean norms of C^{1,d}_i[e, .., e] over the parameters.  May be NULL
 *  @param contracted receives order + 1 numbers: norms of sum_i e_i C^{1,d}_i[e, .., e].  May be NULL, as norms may:
 *         what is not wanted is not computed
 *  @param flags receives NNDYN_CORRELATION_KINKS or 0; may be NULL
 *  @return as nndyn_correlations_create
 *  Cost: order + 1 forward and (for contracted, and k times for norms) backward passes, O(order^2) pointwise; memory
 *  about 24 (order + 1) n (sum of widths) bytes; norms are taken in blocks of samples.  contracted takes a vector of
 *  parameters too where that is small. */
NNDYN_API int nndyn_correlation_direction(nndyn_network *network, int64_t n, const double *x, double eta,
                                          const double *e, int order, const nndyn_options *options, double *values,
                                          double *norms, double *contracted, int *flags);

/** Operator norms over two parameter slots: |C^{2,0}| = eta/2 |H| and |C^{2,1}[e]| = eta^2/2 |T[J'e]| of the
 *  combination sum_i weights_i f_i of the outputs (a unit vector for a single one), by Lanczos iteration on products of
 *  jets.
 *  @param network,n,x the batch
 *  @param eta the learning rate, positive
 *  @param weights M numbers
 *  @param contracted d: 0 or 1
 *  @param e M numbers; may be NULL if contracted is 0
 *  @param options "scale" as in nndyn_correlations_create; "tolerance" (double, 1e-4): residual relative to
 *         the norm, whose error is of the order of its square; "iterations" (integer from 4, 1000): most products
 *  @param norm receives the norm
 *  @param flags receives KINKS, UNCONVERGED; may be NULL
 *  @return as nndyn_correlations_create
 *  Cost: four passes a product, twice that for contracted = 1; memory 46 vectors of parameters. */
NNDYN_API int nndyn_correlation_operator_norm(nndyn_network *network, int64_t n, const double *x, double eta,
                                              const double *weights, int contracted, const double *e,
                                              const nndyn_options *options, double *norm, int *flags);

/* ---- the converse: from observed training ------------------------------------------------------------------------ */

/** C^{0,d}[e, .., e] from outputs seen after one step at several rates, by least squares in Chebyshev polynomials.
 *  @param context the context
 *  @param nodes how many rates, at least degree + 1
 *  @param rates nodes factors r of the rate (the step was -r eta J'e), different from each other; both signs serve best
 *  @param outputs M
 *  @param observed nodes x M: outputs after that step
 *  @param degree of the polynomial in r, 0 to 32
 *  @param values receives (degree + 1) x M: row d is C^{0,d}[e, .., e] at rate eta; may not overlap
 *         observed
 *  @param residuals receives M root-mean-square residuals of the fit; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ENUMERIC (rates too close to each other), NNDYN_ENOMEM,
 *          NNDYN_ELIMIT */
NNDYN_API int nndyn_correlation_recover(nndyn_context *context, int64_t nodes, const double *rates, int64_t outputs,
                                        const double *observed, int degree, double *values, double *residuals);

/** The same with the steps made here, on a copy of any network (all layers that can be differentiated once).
 *  @param network,n,x the batch
 *  @param eta the learning rate, positive
 *  @param e M numbers
 *  @param degree 0 to 32
 *  @param options "nodes" (integer, 0 = degree + 1), "span" (double, 0.4): rates are the Chebyshev nodes of [-span,
 *         span]; "scale" as in nndyn_correlations_create
 *  @param values,residuals as in nndyn_correlation_recover
 *  @return as nndyn_correlation_recover, as nndyn_vjp */
NNDYN_API int nndyn_correlation_observe(nndyn_network *network, int64_t n, const double *x, double eta, const double *e,
                                        int degree, const nndyn_options *options, double *values, double *residuals);

/* ---- bounds and predictions, squared error ----------------------------------------------------------------------- */

/** A-priori bound of |f_s - f_lin(s)| in full-batch gradient descent, from norms at initialization; leading order in
 *  1/width (docs/correlations.md).
 *  @param context the context
 *  @param c02,c03,c11 subordinate norms, not negative, with eta inside
 *  @param outputs M
 *  @param eta,kappa the learning rate; e = kappa (f - y); both positive
 *  @param eigenvalues M of them, of the kernel J J' (without eta), not negative beyond rounding
 *  @param residuals M numbers: f - y at the start in the basis of its eigenvectors
 *  @param steps at least 1
 *  @param bound receives steps + 1 numbers, the first one 0: the sequential bound; infinite beyond the range of
 *         double
 *  @param closed receives 2 numbers: a bound for all steps (infinite if infeasible), and the rate of contraction rho'
 *         (1 or more if infeasible); may be NULL
 *  @param flags receives UNSTABLE, DIVERGED, INFEASIBLE; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_correlation_bound(nndyn_context *context, double c02, double c03, double c11, int64_t outputs,
                                      double eta, double kappa, const double *eigenvalues, const double *residuals,
                                      int64_t steps, double *bound, double *closed, int *flags);

/** nndyn_correlation_bound from the tensors themselves, all of which must be there (upper bounds of their norms are
 *  taken).
 *  @param correlations the tensors
 *  @param y M targets
 *  @param kappa e = kappa (f - y), positive
 *  @param steps,bound,closed,flags as there
 *  @param options as nndyn_correlations_norm
 *  @return as there (NNDYN_EARG also if C01 has a negative eigenvalue), NNDYN_ESTATE (a tensor was not asked for),
 *          NNDYN_EOPTION, NNDYN_EBUSY */
NNDYN_API int nndyn_correlations_bound(nndyn_correlations *correlations, const double *y, double kappa, int64_t steps,
                                       const nndyn_options *options, double *bound, double *closed, int *flags);

/** Training predicted to order 1/width: outputs, kernel and C02 step by step by the hierarchy closed at third order.
 *  Its error decays as the square of that of the linearization.
 *  @param correlations C02, C03 and C11 must be there
 *  @param y M targets
 *  @param weights M factors, e_i = weights_i (f_i - y_i): kappa for training points, 0 for those only looked at
 *  @param steps at least 1
 *  @param options "growth" (double from 1, 10): the recursion has diverged once |f - y| over the points of weight
 *         above 0 is beyond growth times its largest value in the linear model so far
 *  @param outputs receives (steps + 1) x M; rows after valid are NaN.  May be NULL
 *  @param linear receives the same of the linear model; may be NULL
 *  @param valid receives the last step that holds; may be NULL
 *  @param flags receives UNSTABLE, DIVERGED, KINKS; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ESTATE (a tensor was not asked for), NNDYN_EBUSY,
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: 6 M^4 flops a step.  Memory: 8 (2 M^3 + M^2) bytes. */
NNDYN_API int nndyn_correlations_predict(nndyn_correlations *correlations, const double *y, const double *weights,
                                         int64_t steps, const nndyn_options *options, double *outputs, double *linear,
                                         int64_t *valid, int *flags);

/* ---- is my network lazy? ----------------------------------------------------------------------------------------- */

/** Figures of a report; places in an array of values, NaN where one does not apply.  Later versions may add to the end
 *  of the list.  Deviations are Euclidean norms over the M outputs. */
enum {
    /* |e0|, e0 = kappa (f - y) */
    NNDYN_LAZY_RESIDUAL = 0,
    /* eta kappa lambda_max of the kernel: from 2 on the linear model diverges */
    NNDYN_LAZY_LARGEST = 1,
    /* |C02[e0, e0]| / |C01[e0]|: the first step's share of nonlinear change */
    NNDYN_LAZY_STEP = 2,
    /* |e0' C^{1,1}[e0]| / |e0' C^{1,0}|: how far J'e0 moves in the first step, relative to its length */
    NNDYN_LAZY_KERNEL = 3,
    /* subordinate norm c02 (lower bound); beyond "most" outputs |C02[e0, e0]| / |e0|^2 */
    NNDYN_LAZY_C02 = 4,
    /* c02 |e0|^2: the order of size of the deviation of a whole run whose rate is near 1/lambda_max */
    NNDYN_LAZY_INDEX = 5,
    /* largest deviation by nndyn_correlations_predict; infinite if it diverges, NaN beyond "most" */
    NNDYN_LAZY_PREDICTED = 6,
    /* largest value of the a-priori bound; NaN beyond "most" */
    NNDYN_LAZY_BOUND = 7,
    /* largest deviation of the run, infinite if it diverges; NaN without one */
    NNDYN_LAZY_MEASURED = 8,
    /* measured / predicted (beyond "most": measured / estimate); NaN without a run */
    NNDYN_LAZY_RATIO = 9,
    /* measured, else predicted, else estimate, over |f - y| at the start: the answer.  Below 0.1 a network is lazy */
    NNDYN_LAZY_RELATIVE = 10,
    /* the deviation if e stayed e0 for the number of steps that all are worth, the sum of (1 - x)^s with x = kappa e0'
       C01 e0 / |e0|^2: to second order exact for few steps, an order of size for many */
    NNDYN_LAZY_ESTIMATE = 11,
    /* length of the list */
    NNDYN_LAZY_VALUES = 12
};

/** Whether training on a batch with the squared error stays near its linearization: predicted from initialization, and
 *  measured in a run if one is given or asked for.
 *  @param network the network (a run is made on a copy)
 *  @param n,x,y the batch: n x inputs, n x k targets
 *  @param eta the learning rate, positive
 *  @param observed (steps + 1) x M outputs in the course of full-batch gradient descent from the present parameters, or
 *         NULL
 *  @param options "kappa" (double, 1): e = kappa (f - y); "steps" (integer, 30); "train" (integer, 0): 1 makes the run
 *         here; "scale", "most" as in nndyn_correlations_create ("most" is 24 here); those of nndyn_correlations_norm
 *  @param count how many values of the list are wanted, from 1
 *  @param values receives count numbers, see NNDYN_LAZY_*; NaN beyond the library's list
 *  @param flags receives bits of NNDYN_CORRELATION_*; may be NULL
 *  @return as nndyn_correlations_create; NNDYN_EARG also if observed is given and "train" is 1
 *  Cost: nndyn_correlations_create where M is at most "most", else one nndyn_correlation_direction of order 2 and a
 *  Lanczos iteration for lambda_max; a run costs `steps` gradients and the linear model as many products. */
NNDYN_API int nndyn_correlation_report(nndyn_network *network, int64_t n, const double *x, const double *y, double eta,
                                       const double *observed, const nndyn_options *options, int64_t count,
                                       double *values, int *flags);

#ifdef __cplusplus
}
#endif
#endif
