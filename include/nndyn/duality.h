/* nndyn/duality.h - the duality map: how the data move the weights.
 *
 * SPDX-License-Identifier: MIT
 *
 * For parameters q and the boundary variables of a batch (inputs x and targets t) the map is
 *     Delta(x, t) = -gamma grad_q H,   H = the batch's mean (or summed) loss,
 * and its Jacobian J = dDelta/d(x, t) has a row for each parameter and, for each sample in turn, a column for each of
 * its inputs and then its targets.  Kukleva and Vanchurin, "Dataset-learning duality and emergent criticality", Entropy
 * 27(9), 989 (2025); the closed forms are derived in docs/duality.md.
 *
 * Options that all functions of this header know, beside those of nndyn/derivatives.h:
 *   "gamma" (double, 1);
 *   "columns" (text, "all"): the boundary variables of a sample that count, as a list of numbers and ranges over
 *       0..inputs+outputs-1 such as "0-63,70", in which "inputs" and "targets" stand for their ranges;
 *   "layers" (text, "all"): the layers whose parameters count, as a list of layer numbers and ranges;
 *   "parameters" (text): "all" (default), "weights" or "biases" (of batch norm: scales, shifts).
 * Masks make J smaller: rows and columns that do not count are left out, in order (whatever the order of a list, and
 * repeats do no harm).  nndyn_duality_shape tells what is left.  It and nndyn_duality_forecast know "method" too, so
 * that they take the options of any call.
 *
 * Status of all functions: as in nndyn/derivatives.h; NNDYN_EARG also if a mask leaves nothing.  All memory
 * a call takes, matrices made aside before they are handed out included, is in the forecast and under the context's
 * limit: tangents are made in smaller blocks where that helps, else the call is refused with NNDYN_ELIMIT and the
 * figure. */
#ifndef NNDYN_DUALITY_H
#define NNDYN_DUALITY_H
#include "core.h"
#include "linalg.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/** What nndyn_duality_forecast is asked about. */
enum {
    NNDYN_DUALITY_APPLY = 1,
    NNDYN_DUALITY_JVP = 2,
    NNDYN_DUALITY_VJP = 3,
    NNDYN_DUALITY_JACOBIAN = 4,
    NNDYN_DUALITY_GRAM = 5,
    NNDYN_DUALITY_SINGULAR_VALUES = 6,
    NNDYN_DUALITY_OPERATOR = 7
};

/** Rows and columns of J after the masks: rows parameters, and columns = n x (boundary variables that count).
 *  @param network,n the network and the number of samples
 *  @param options see above
 *  @param rows,columns receive them; either may be NULL */
NNDYN_API int nndyn_duality_shape(nndyn_network *network, int64_t n, const nndyn_options *options, int64_t *rows,
                                  int64_t *columns);

/** Working memory and flops of a call, before it is made: it takes at most that many bytes, and at
 *  least half of them.
 *  @param network,n the network and the number of samples
 *  @param what one of the functions above
 *  @param options those of the call
 *  @param bytes,flops receive the figures; either may be NULL */
NNDYN_API int nndyn_duality_forecast(nndyn_network *network, int64_t n, int what, const nndyn_options *options,
                                     int64_t *bytes, double *flops);

/** The map itself.
 *  @param network,n,x,t the batch: n x inputs, n x outputs
 *  @param options see above
 *  @param qdot receives rows numbers */
NNDYN_API int nndyn_duality_apply(nndyn_network *network, int64_t n, const double *x, const double *t,
                                  const nndyn_options *options, double *qdot);

/** J times a direction of the data, by a forward pass over the backward pass.
 *  @param network,n,x,t the batch
 *  @param xdot,tdot n x inputs and n x outputs, either NULL for zero; entries of masked columns are ignored
 *  @param options see above
 *  @param qdot receives rows numbers
 *  Cost: about two gradients. */
NNDYN_API int nndyn_duality_jvp(nndyn_network *network, int64_t n, const double *x, const double *t, const double *xdot,
                                const double *tdot, const nndyn_options *options, double *qdot);

/** J' times a direction of the parameters.
 *  @param network,n,x,t the batch
 *  @param u rows numbers
 *  @param options see above
 *  @param xbar,tbar receive n x inputs and n x outputs, zero in masked columns; either may be NULL
 *  Cost: about two gradients. */
NNDYN_API int nndyn_duality_vjp(nndyn_network *network, int64_t n, const double *x, const double *t, const double *u,
                                const nndyn_options *options, double *xbar, double *tbar);

/** J itself.
 *  @param network,n,x,t the batch
 *  @param options see above
 *  @param jacobian receives rows x columns
 *  Cost: for each input two passes, for each target one, and 3 rows x columns flops; with batch norm in training mode
 *  four passes a column. */
NNDYN_API int nndyn_duality_jacobian(nndyn_network *network, int64_t n, const double *x, const double *t,
                                     const nndyn_options *options, double *jacobian);

/** J'J, without J.
 *  @param network,n,x,t the batch
 *  @param options see above
 *  @param gram receives columns x columns, symmetric
 *  Cost: for each input two passes, for each target one, and columns^2 (sum of widths) flops; with batch norm in
 *  training mode eight passes a column.  Memory: 16 bytes x columns x (sum of widths), in blocks of 64 MB at most, and
 *  the matrix. */
NNDYN_API int nndyn_duality_gram(nndyn_network *network, int64_t n, const double *x, const double *t,
                                 const nndyn_options *options, double *gram);

/** All singular values of J, descending: columns numbers, the last ones zero where rows < columns.
 *  @param network,n,x,t the batch
 *  @param options see above, and "method" (text): "auto" (default), "gram" (square roots of the eigenvalues of J'J;
 *         values below 1e-8 of the largest are lost in rounding), "jacobian" (SVD of J, to full accuracy), or
 *         "operator" (Golub-Kahan bidiagonalization by products, to 1e-10 of the largest: forms neither matrix, but
 *         for all values its bases are as large as J); "auto" takes the Jacobian while it has at most a million
 *         entries, else the Gram matrix
 *  @param s receives columns numbers
 *  For the few largest with vectors: nndyn_duality_operator and nndyn_singular_values. */
NNDYN_API int nndyn_duality_singular_values(nndyn_network *network, int64_t n, const double *x, const double *t,
                                            const nndyn_options *options, double *s);

/** J as an operator (rows x columns) over copies of parameters and data: later training does not change it.
 *  @param network,n,x,t the batch
 *  @param options see above
 *  @param out receives the operator */
NNDYN_API int nndyn_duality_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                                     const nndyn_options *options, nndyn_operator **out);

/* ---- modes ------------------------------------------------------------------------------------------------------- */

/** The largest singular triplets of one Jacobian that stands for the data: modes of learning u_i, modes of the data
 *  v_i, gains s_i.  Linear modes say nothing about criticality: look at nndyn_duality_coupling and _reduction as well.
 *  @param network,n,x,t the data
 *  @param count how many, 1 to min(rows, columns) of one sample's Jacobian
 *  @param options those of this header, and "reference" (text): "point" (default: the Jacobian at the mean of x and t)
 *         or "mean" (the mean of the samples' Jacobians); "tolerance", "iterations" and "seed" as in
 *         nndyn_singular_values
 *  @param s receives count gains, descending
 *  @param u receives count x rows, the entry of largest size positive; may be NULL
 *  @param v receives count x (boundary variables of a sample that count); may be NULL
 *  @param residuals as in nndyn_singular_values; may be NULL
 *  @return as above, and NNDYN_ENUMERIC as nndyn_singular_values
 *  Cost: about four gradients of the samples involved for each of some 2 count iterations. */
NNDYN_API int nndyn_duality_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                                  const nndyn_options *options, double *s, double *u, double *v, double *residuals);

/** How far the Jacobians J(x) of single samples are from diagonal in given modes:
 *  kappa = sqrt(sum |offdiag(U' J(x) V)|^2 / sum |diag(U' J(x) V)|^2) over the samples, 0 where modes are decoupled.
 *  @param network,n,x,t the data
 *  @param count how many modes
 *  @param u,v count x rows, count x (boundary variables of a sample that count)
 *  @param options those of this header
 *  @param kappa receives it; infinite if the diagonal is zero and the rest is not
 *  @return as above; NNDYN_ENUMERIC if all is zero, NNDYN_EUNSUPPORTED where batch norm in training mode couples
 *          samples
 *  Cost: count VJPs. */
NNDYN_API int nndyn_duality_coupling(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                                     const double *u, const double *v, const nndyn_options *options, double *kappa);

/** The one-dimensional map of one mode, zeta(s) = u . Delta(reference + s v).
 *  @param network the network
 *  @param x,t the reference: one sample
 *  @param u,v the mode: rows numbers, and as many as boundary variables of a sample count
 *  @param count how many points
 *  @param s the points
 *  @param options those of this header
 *  @param zeta receives count values
 *  @return as above; NNDYN_EUNSUPPORTED where batch norm in training mode couples samples */
NNDYN_API int nndyn_duality_reduced_map(nndyn_network *network, const double *x, const double *t, const double *u,
                                        const double *v, int64_t count, const double *s, const nndyn_options *options,
                                        double *zeta);

/** Test of the reduction to one dimension: for each mode the Kolmogorov-Smirnov distance between the law of
 *  u_i . Delta(x) over the data and that of zeta_i(v_i . (x - mean)), the map around the mean of x and t.
 *  @param network,n,x,t the data
 *  @param count how many modes
 *  @param u,v as in nndyn_duality_coupling
 *  @param options those of this header
 *  @param distance receives count numbers between 0 (the mode is one-dimensional) and 1
 *  @return as nndyn_duality_reduced_map
 *  The samples of both laws are the same ones, so that no p-value goes with it. */
NNDYN_API int nndyn_duality_reduction(nndyn_network *network, int64_t n, const double *x, const double *t,
                                      int64_t count, const double *u, const double *v, const nndyn_options *options,
                                      double *distance);

#ifdef __cplusplus
}
#endif
#endif
