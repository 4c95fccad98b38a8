/* nndyn/equilibrium.h - learning equilibrium: is it reached, what are its modes, how much do the weights fluctuate.
 *
 * SPDX-License-Identifier: MIT
 *
 * Parameters q* are a local learning equilibrium for a law of the data when the mean gradient vanishes there, the
 * Hessian H of the mean loss is positive definite on the modes considered, and the law of q under the training
 * dynamics is stationary and stays where these two linearize (docs/equilibrium.md).  There, with C the covariance of
 * the gradients of single samples, N the batch size and eta the learning rate, plain SGD fluctuates with the
 * covariance Sigma of
 *
 *     Sigma = (1 - eta H) Sigma (1 - eta H)' + eta^2 C / N
 *
 * Fluctuations are those of the accumulated q - q*, not of single updates.  Kukleva and Vanchurin, "Dataset-learning
 * duality and emergent criticality", Entropy 27(9), 989 (2025).
 *
 * P is the number of parameters.  Vectors are rows.  Functions that take a network and a batch know the options of
 * nndyn/derivatives.h ("mode", "step"; sums over samples are means here whatever "reduction" says) and return its
 * statuses as well. */
#ifndef NNDYN_EQUILIBRIUM_H
#define NNDYN_EQUILIBRIUM_H
#include "core.h"
#include "data.h"
#include "linalg.h"
#include "network.h"
#include "training.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- is it reached ----------------------------------------------------------------------------------------------- */

/** What nndyn_equilibrium_test found. */
typedef struct nndyn_equilibrium nndyn_equilibrium;

/** Verdicts, in the order in which they are considered: the first one that holds. */
enum {
    NNDYN_EQUILIBRIUM_DRIFTING = 1, /* the fluctuation-dissipation ratio is not 1, or the mean step is not 0 */
    NNDYN_EQUILIBRIUM_SHORT = 2,    /* blocks are below five correlation times: the record decides nothing */
    NNDYN_EQUILIBRIUM_CHANGING = 3, /* the two halves of the record have different variances */
    NNDYN_EQUILIBRIUM_REACHED = 4   /* none of these */
};

/** Name of a verdict, as in "reached".
 *  @param verdict one of the verdicts
 *  @return static text; "unknown" for any other number */
NNDYN_API const char *nndyn_equilibrium_verdict_name(int verdict);

/** Test a record of training for stationarity, in three ways:
 *    (a) fluctuation-dissipation: 2 <(q - q0).g> / (rate <|g|^2>) is 1 in a stationary state, q0 being the first q of
 *        the record; its error is that of the means over blocks, which leans to the safe side as neighboring blocks
 *    cancel; (b) Hotelling's T^2 of the mean gradient over the blocks, by the F distribution;
 *    (c) the variances of q in the first and the second half, by Student's t over the blocks, with Bonferroni's
 *        correction for the number of directions.
 *  (b) and (c) look along "directions" many directions: all parameters if there are no more of them, else orthonormal
 *  random ones.  The verdict takes each p-value against level / 3, so that an equilibrium is denied with probability
 *  "level" at most; the three are not sensitive to what happens within a block.
 *  @param context the context
 *  @param steps rows of the record, at least 2 "blocks"
 *  @param parameters P
 *  @param q steps x P: parameters before each step
 *  @param g steps x P: minus the step over the rate (for plain SGD the batch's gradient; for any other optimizer this
 *         makes (a) exact as well)
 *  @param rate the learning rate, > 0
 *  @param options "blocks" (even integer from 8 to 4096, 32); "directions" (integer from 1 to blocks/2 - 1, 8);
 *         "level" (double in (0, 1), 0.01); "seed" (integer, 0): of the directions
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (not finite; nothing moves), NNDYN_ENUMERIC, NNDYN_EBUSY,
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED */
NNDYN_API int nndyn_equilibrium_test(nndyn_context *context, int64_t steps, int64_t parameters, const double *q,
                                     const double *g, double rate, const nndyn_options *options,
                                     nndyn_equilibrium **out);

/** The same for steps that are made here, of any optimizer: g is minus the step over the rate.
 *  @param trainer the trainer
 *  @param batches batch k of these is taken by the trainer's step k
 *  @param steps how many, at least 2 "blocks"
 *  @param options as there
 *  @param out receives the result
 *  @return as there and as nndyn_train_run: steps done before a failure stay done
 *  Memory: steps x (2 directions + 3) numbers and (directions + 4) x P. */
NNDYN_API int nndyn_equilibrium_test_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps,
                                         const nndyn_options *options, nndyn_equilibrium **out);

/** The verdict.
 *  @param result the result
 *  @param verdict receives one of the verdicts
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_equilibrium_verdict(nndyn_equilibrium *result, int *verdict);

/** One of its figures, by name: "fdr" (ratio of (a)), "fdr_error", "fdr_p"; "t2" (T^2 over its rank, of order 1),
 *  "t2_p"; "halves" (the largest |t|), "halves_p"; "correlation_time" (integrated, the longest of all
 *  directions, in steps: 1 + 2 sum of autocorrelations, as the blocks show it); "block" (steps in a block); "blocks";
 *  "directions"; "steps"; "level".
 *  @param result the result
 *  @param name one of these
 *  @param value receives it
 *  @return NNDYN_OK, NNDYN_EARG (no such name), NNDYN_EBUSY */
NNDYN_API int nndyn_equilibrium_get(nndyn_equilibrium *result, const char *name, double *value);

/** Release a result.  @param result a result or NULL */
NNDYN_API void nndyn_equilibrium_free(nndyn_equilibrium *result);

/* ---- the modes --------------------------------------------------------------------------------------------------- */

/** The modes of largest curvature, and how the fluctuations of the gradient lie in them.
 *  @param network,n,x,t the data: the law of the data is that of these n samples
 *  @param count how many modes, 1 to P
 *  @param rate the learning rate, > 0; for the relaxation times
 *  @param options those above, and "tolerance" (double from 1e-13 to 0.1, 1e-8), "iterations" (integer, 0 = as needed)
 *         and "seed" (integer, 0) of the eigensolver
 *  @param curvature receives count eigenvalues lambda_i of the Hessian, descending
 *  @param vectors receives count x P, orthonormal, the entry of largest size positive; may be NULL
 *  @param noise receives count x count: C in these modes; may be NULL
 *  @param relaxation receives count times -1/ln|1 - rate lambda_i| in steps: the correlation time of a mode.  Infinite
 *         where it is 0 or 1/2 a period (rate lambda = 0 or 2), negative where the mode grows (rate lambda
 *         below 0 or above 2: no stationary state); may be NULL
 *  @param coupling receives the mean of |C_ij| / sqrt(C_ii C_jj) over i != j, 0 for a single mode; may be NULL
 *  @return as above; NNDYN_ENUMERIC also if an eigenpair does not converge */
NNDYN_API int nndyn_equilibrium_modes(nndyn_network *network, int64_t n, const double *x, const double *t,
                                      int64_t count, double rate, const nndyn_options *options, double *curvature,
                                      double *vectors, double *noise, double *relaxation, double *coupling);

/** The modes of largest gradient noise: eigenvectors of C.
 *  @param network,n,x,t the data
 *  @param count how many modes, 1 to min(n, P)
 *  @param options those above, and "centered" (integer, 1): 0 leaves the mean gradient in (the empirical Fisher
 *         matrix); and those of the eigensolver as in nndyn_equilibrium_modes
 *  @param values receives count eigenvalues, descending
 *  @param vectors receives count x P, orthonormal; rows of eigenvalues that are zero in rounding are zero; may be NULL
 *  @return as above; NNDYN_EUNSUPPORTED where batch norm in training mode couples the samples
 *  No gradient of a sample is ever formed: up to 2048 samples by the eigenvectors of their n x n Gram matrix, beyond by
 *  products. */
NNDYN_API int nndyn_equilibrium_noise_modes(nndyn_network *network, int64_t n, const double *x, const double *t,
                                            int64_t count, const nndyn_options *options, double *values,
                                            double *vectors);

/* ---- the covariance ---------------------------------------------------------------------------------------------- */

/** Solve for the stationary covariance, given matrices.
 *  @param context the context
 *  @param n size of the matrices
 *  @param hessian,noise H and C, n x n, symmetric
 *  @param rate,batch eta and N, both > 0
 *  @param sigma receives Sigma, n x n
 *  @return NNDYN_OK, NNDYN_EARG (also: not symmetric), NNDYN_EDATA, NNDYN_ENUMERIC (there is no stationary state: rate
 *          times an eigenvalue is not between 0 and 2; the message tells which), NNDYN_EBUSY, NNDYN_ENOMEM
 *  Cost: O(n^3). */
NNDYN_API int nndyn_equilibrium_stationary(nndyn_context *context, int64_t n, const double *hessian,
                                           const double *noise, double rate, double batch, double *sigma);

/** The stationary covariance of plain SGD predicted from the network at its present parameters, in given directions.
 *  @param network,n,x,t the data
 *  @param count how many directions
 *  @param vectors count x P, orthonormal: modes of the Hessian; in others the result leaves out what flows in from
 *         the directions that are not there
 *  @param rate,batch eta and N, both > 0; batches drawn with replacement (NNDYN_BATCH_REPLACEMENT): without, the noise
 *         of an epoch cancels in part and fluctuations are smaller
 *  @param options see above
 *  @param sigma receives count x count
 *  @return as above and as nndyn_equilibrium_stationary */
NNDYN_API int nndyn_equilibrium_covariance(nndyn_network *network, int64_t n, const double *x, const double *t,
                                           int64_t count, const double *vectors, double rate, double batch,
                                           const nndyn_options *options, double *sigma);

/** Train, and keep the parameters' components along directions after each step.
 *  @param trainer the trainer, of any optimizer
 *  @param batches batch k of these is taken by the trainer's step k
 *  @param steps how many steps
 *  @param count how many directions
 *  @param vectors count x P; NULL if count is P: the parameters themselves
 *  @param record receives steps x count
 *  @return as nndyn_train_run: steps done before a failure stay done, and the record is untouched */
NNDYN_API int nndyn_equilibrium_record(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, int64_t count,
                                       const double *vectors, double *record);

/** Covariance of a record with standard errors that respect its autocorrelation: products of deviations are averaged
 *  over blocks of steps, and the errors are those of the mean of the block averages.
 *  @param context the context
 *  @param steps,count,record the record, steps x count
 *  @param options "blocks" (integer from 4 to 4096, 32): blocks must be long against the correlation time
 *  @param sigma receives count x count
 *  @param error receives the standard error of each entry, count x count; may be NULL
 *  @param times receives count integrated correlation times in steps, as the blocks show them: errors mean something
 *         where these are small against steps/blocks; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (fewer than two steps a block), NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENOMEM,
 *  NNDYN_EBUSY */
NNDYN_API int nndyn_equilibrium_measure(nndyn_context *context, int64_t steps, int64_t count, const double *record,
                                        const nndyn_options *options, double *sigma, double *error, double *times);

/* ---- the step as a map, and the way to the equilibrium ----------------------------------------------------------- */

/** The trainer's next step on a batch, linearized where it stands, as an operator: it maps a change of (parameters,
 *  optimizer state) to the change of the same one step later.  Size (1 + states) P, in the order of parameters, then
 *  nndyn_trainer_get_state.  Its largest eigenvalue (nndyn_eigenvalues) beyond 1 in size says that the step is
 *  unstable: plain gradient descent at rate times curvature = 2, the edge of stability.  Moments of RMSprop and Adam,
 *  weight decay and clipping are differentiated exactly; Langevin noise is additive and drops out.
 *  @param trainer the trainer
 *  @param n,x,t the batch, as in nndyn_train_step but always double
 *  @param out receives the operator, over copies: later steps do not change it
 *  @return as nndyn_hessian_operator; NNDYN_ENUMERIC (the step is not differentiable: a second moment of 0 with a
 *          first one that is not); NNDYN_EUNSUPPORTED (dropout with a seed of the trainer's own) */
NNDYN_API int nndyn_step_operator(nndyn_trainer *trainer, int64_t n, const double *x, const double *t,
                                  nndyn_operator **out);

/** Take the network to the equilibrium of a batch: minimize its mean loss from the present parameters by a trust
 *  region around Newton's method (Steihaug's conjugate gradients, by products with the Hessian) until the gradient's
 *  norm is small.
 *  @param network the network, float64
 *  @param n,x,t the batch: all data
 *  @param options those above, and "method" (text): "newton" (default) or "gauss-newton"; "tolerance" (double > 0,
 *         1e-8): of the gradient's norm; "iterations" (integer from 1, 200) of Newton; "products" (integer from 1,
 *         250) a conjugate-gradient run; "radius" (double > 0, 1): the first trust region
 *  @param norm receives the gradient's norm; may be NULL
 *  @param iterations receives how many it took; may be NULL
 *  @return as above; NNDYN_ENUMERIC if the tolerance was not reached (the message says how near it came),
 *          NNDYN_EUNSUPPORTED (a float32 network: its parameters are too coarse), NNDYN_ECANCELED.  Parameters
 *          change on success only. */
NNDYN_API int nndyn_equilibrium_find(nndyn_network *network, int64_t n, const double *x, const double *t,
                                     const nndyn_options *options, double *norm, int64_t *iterations);

#ifdef __cplusplus
}
#endif
#endif
