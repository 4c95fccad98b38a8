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

/** Taylor coefficients of the outputs along a line in parameter space: f(theta + t u) = sum_k f_k t^k, exact, without
 *  differences (docs/jets.md).  f_0 = f, f_1 = J u, f_k = (1/k!) d^k f/dt^k.
 *  @param network,n,x the batch
 *  @param u P numbers; the coefficients of order k grow with its length to the power k
 *  @param order highest k, 0 to 16
 *  @param options see above; "step" and "reduction" have no meaning here, nor in the next two functions
 *  @param coefficients receives (order+1) x n x outputs
 *  Activations with kinks have the derivatives of the piece that each unit is in.  NNDYN_EUNSUPPORTED: batch norm or
 *  dropout in training mode; a custom activation with derivatives below `order`.
 *  Cost: two products a layer and order, 2 to 5 times (order+1) forward passes.  Memory: 8 (order+1) n (sum of widths)
 *  bytes, about twice over. */
NNDYN_API int nndyn_jet(nndyn_network *network, int64_t n, const double *x, const double *u, int order,
                        const nndyn_options *options, double *coefficients);

/** Taylor coefficients of the gradient of sum_s ybar_s . y_s in the parameters along the same line: g(theta + t u) =
 *  sum_k g_k t^k.  g_0 is the gradient (nndyn_vjp), g_1 the Hessian of that sum times u, and u . g_k = (k+1) sum_s
 *  ybar_s . f_{k+1,s}.
 *  @param network,n,x,u,order,options as in nndyn_jet; a custom activation must have derivatives to order + 1
 *  @param ybar n x outputs
 *  @param coefficients receives (order+1) x P
 *  Cost: 2 to 6 times (order+1) gradients. */
NNDYN_API int nndyn_jet_gradient(nndyn_network *network, int64_t n, const double *x, const double *u,
                                 const double *ybar, int order, const nndyn_options *options, double *coefficients);

/** The same along V = J' w, the gradient of sum_s w_s . y_s, which is never formed: Taylor coefficients of the outputs
 *  and of their tangent kernel Theta = J J' (without any learning rate): f(theta + t V) = sum_k f_k t^k, f_1 = Theta w,
 *  and Theta(theta + t V) = sum_k Theta_k t^k.
 *  @param network,n,x,order,options as in nndyn_jet; with kernels, a custom activation must have derivatives to
 *      order + 1
 *  @param w n x outputs
 *  @param coefficients receives (order+1) x n x outputs; may be NULL if kernels is not
 *  @param kernels receives (order+1) x (n outputs) x (n outputs), rows and columns (sample, output), symmetric to the
 *      last bit; may be NULL
 *  One step of gradient descent of rate eta on a loss with gradient e at the outputs is t = -eta, w = e.
 *  Cost: as nndyn_jet without kernels; with them also (order+1)^2 products of inputs and of sensitivities, as the
 *  tangent kernel is made of.
 *  Memory: 8 (order+1) n outputs (sum of widths) bytes with kernels, besides the result; no vector of P numbers. */
NNDYN_API int nndyn_jet_along(nndyn_network *network, int64_t n, const double *x, const double *w, int order,
                              const nndyn_options *options, double *coefficients, double *kernels);

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
