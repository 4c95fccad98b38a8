/* nndyn/derivatives.h - exact derivatives of a network: the engine that every analysis rests on.
 *
 * SPDX-License-Identifier: MIT
 *
 * All of it is computed in float64, from a float32 network too (its parameters are widened exactly).  "u" stands for a
 * direction in parameter space (parameters numbers), P for their number, h for the loss of one sample.
 *
 * Options that all functions of this header know:
 *   "mode" (text): "evaluation" (default: running statistics in batch norm, no dropout) or "training" (batch
 *       statistics, dropout masks as at the training step number "step");
 *   "step" (integer, 0): see "mode"; the masks are those of a trainer with the context's seed;
 *   "reduction" (text): "mean" (default) or "sum" over the samples of the batch, where the result is one number or
 *       vector for the batch.
 * In training mode batch norm couples the samples: results that belong to one sample alone (gradient norms, input
 * Jacobian) are refused with NNDYN_EUNSUPPORTED; products with directions (JVP, VJP, Hessian, Gauss-Newton) are exact.
 *
 * Status of all functions: NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (no layers, no loss), NNDYN_EDATA,
 * NNDYN_ENUMERIC, NNDYN_EUNSUPPORTED (a derivative is missing; the message says of which activation or loss),
 * NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK, NNDYN_ECANCELED. */
#ifndef NNDYN_DERIVATIVES_H
#define NNDYN_DERIVATIVES_H
#include "core.h"
#include "linalg.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Loss of a batch and its gradient.
 *  @param network,n,x,t the batch: n x inputs and n x outputs
 *  @param options see above
 *  @param loss receives the loss; may be NULL
 *  @param gradient receives P numbers; may be NULL
 *  Cost: one forward and one backward pass. */
NNDYN_API int nndyn_gradient(nndyn_network *network, int64_t n, const double *x, const double *t,
                             const nndyn_options *options, double *loss, double *gradient);

/** What flows through one layer: its output and the sensitivity dh_s/d(output) of each sample (not divided by n).
 *  @param network,n,x,t the batch
 *  @param layer its number, from 0
 *  @param options see above
 *  @param output,sensitivity receive n x (width of the layer); either may be NULL, and t too if sensitivity is
 *  Where batch norm in training mode couples the samples, the sensitivity is that of the sum of all losses. */
NNDYN_API int nndyn_layer_sensitivity(nndyn_network *network, int64_t n, const double *x, const double *t,
                                      int64_t layer, const nndyn_options *options, double *output, double *sensitivity);

/** Norm of the gradient of each sample's loss, without forming any gradient.
 *  @param network,n,x,t the batch
 *  @param options see above
 *  @param norms receives n numbers
 *  Cost: one forward and backward pass and 2 n (sum of widths) flops. */
NNDYN_API int nndyn_gradient_norms(nndyn_network *network, int64_t n, const double *x, const double *t,
                                   const nndyn_options *options, double *norms);

/** Jacobian of the outputs with respect to the inputs, for each sample.
 *  @param network,n,x the batch
 *  @param options see above
 *  @param jacobian receives n x outputs x inputs
 *  Cost: as many forward passes as there are inputs or backward passes as there are outputs, whichever are fewer, in
 *  blocks that respect the context's memory limit. */
NNDYN_API int nndyn_input_jacobian(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                                   double *jacobian);

/** Jacobian-vector product: tangent of the outputs when inputs move along xdot and parameters along u.
 *  @param network,n,x the batch
 *  @param xdot n x inputs, or NULL for zero
 *  @param u P numbers, or NULL for zero
 *  @param options see above
 *  @param ydot receives n x outputs
 *  Cost: two forward passes. */
NNDYN_API int nndyn_jvp(nndyn_network *network, int64_t n, const double *x, const double *xdot, const double *u,
                        const nndyn_options *options, double *ydot);

/** Vector-Jacobian product: gradient of sum_s ybar_s . y_s (a sum whatever "reduction" says).
 *  @param network,n,x the batch
 *  @param ybar n x outputs
 *  @param options see above
 *  @param xbar receives n x inputs; may be NULL
 *  @param ubar receives P numbers; may be NULL
 *  Cost: one forward and one backward pass. */
NNDYN_API int nndyn_vjp(nndyn_network *network, int64_t n, const double *x, const double *ybar,
                        const nndyn_options *options, double *xbar, double *ubar);

/** Hessian-vector product of the batch's loss.
 *  @param network,n,x,t the batch
 *  @param u P numbers
 *  @param options see above
 *  @param hu receives P numbers
 *  Cost: about two gradients. */
NNDYN_API int nndyn_hessian_vector(nndyn_network *network, int64_t n, const double *x, const double *t, const double *u,
                                   const nndyn_options *options, double *hu);

/** Generalized Gauss-Newton product (1/n) sum_s J_s' M_s J_s u, with J_s = d outputs/d parameters, M_s = d2h/da da.
 *  @param network,n,x,t,u,options as in nndyn_hessian_vector
 *  @param gu receives P numbers */
NNDYN_API int nndyn_gauss_newton_vector(nndyn_network *network, int64_t n, const double *x, const double *t,
                                        const double *u, const nndyn_options *options, double *gu);

/** Operators over the network as it is now: parameters and data are copied, so later training does not change them.
 *  Hessian and Gauss-Newton are P x P and symmetric; the parameter Jacobian is (n outputs) x P.
 *  @param network,n,x,t the batch (no t for the Jacobian)
 *  @param options see above
 *  @param out receives the operator; NNDYN_ESTATE if the network has no parameters
 *  "reduction" has no meaning for the Jacobian.  Products allocate nothing.
 *  Memory: activations, sensitivities and tangents of the batch, 8 n (sum of widths) bytes each, and
 *  16 P bytes. */
NNDYN_API int nndyn_hessian_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                                     const nndyn_options *options, nndyn_operator **out);
/** @see nndyn_hessian_operator */
NNDYN_API int nndyn_gauss_newton_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                                          const nndyn_options *options, nndyn_operator **out);
/** @see nndyn_hessian_operator */
NNDYN_API int nndyn_parameter_jacobian_operator(nndyn_network *network, int64_t n, const double *x,
                                                const nndyn_options *options, nndyn_operator **out);

#ifdef __cplusplus
}
#endif
#endif
