/* nndyn/ntk.h - the neural tangent kernel: of a network as it is, and of infinitely wide ones.
 *
 * SPDX-License-Identifier: MIT
 *
 * The kernel of two batches is Theta = J(x) J(x2)', with J the derivatives of all outputs in all parameters, a row for
 * each sample and, within it, each of the C outputs (row i*C + c).  There is no learning rate in it and no 1/n: the
 * outputs of a network that descends the sum of its losses at rate eta move by -eta Theta dh/da in a step.  J is never
 * formed: a dense layer z = wf W a + bf b gives
 *
 *     Theta[(i,c), (j,c')] += (delta_ic . delta_jc') (wf^2 a_i . a_j + bf^2),    delta_ic = d(output c)/dz at sample i
 *
 * Jacot, Gabriel, Hongler, "Neural Tangent Kernel", NeurIPS 2018; Novak, Sohl-Dickstein, Schoenholz, "Fast Finite Width
 * Neural Tangent Kernel", ICML 2022; formulas, costs and measurements in docs/ntk.md.
 *
 * Networks may have dense layers, any activations with a first derivative, batch norm (running statistics), residual
 * blocks, and dropout (which is off).  All of it is computed in float64, from a float32 network too.
 *
 * Options that the functions on a network know:
 *   "parametrization" (text): "network" (default: the parameters as they are), or those of another form of the same
 *       function: "standard" (z = W a + b) or "ntk" (z = weight_scale/sqrt(inputs) W a + bias_scale b, for dense
 *       layers that are not in this form already).  The kernel changes with it, the function does not;
 *   "weight_scale", "bias_scale" (double, 1, 0 to 1e30): those of "ntk";
 *   "precision" (text): "f64" (default), or "f32": sensitivities and matrix products of the kernel in float, their
 *       sums over layers in double: two thirds of the time, to about 1e-6 of the kernel's largest entry.  The diagonal
 *       alone is in double all the same, and products with vectors do not know it.
 *
 * Status of all functions: NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (no layers), NNDYN_EDATA, NNDYN_ENUMERIC,
 * NNDYN_EUNSUPPORTED (an activation has no first derivative), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK,
 * NNDYN_ECANCELED. */
#ifndef NNDYN_NTK_H
#define NNDYN_NTK_H
#include "core.h"
#include "linalg.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of kernels.  TRACE and PSEUDO both tend to the scalar kernel of the infinitely wide network and differ by
 *  O(1/sqrt(width)) from it and from each other: never mix them. */
enum {
    NNDYN_NTK_FULL = 1,     /**< all outputs against all: (n C) x (n2 C) */
    NNDYN_NTK_DIAGONAL = 2, /**< the diagonal of FULL: n x C; of one batch */
    NNDYN_NTK_TRACE = 3,    /**< (1/C) sum over c of the entries (i,c), (j,c) of FULL: n x n2 */
    NNDYN_NTK_PSEUDO = 4    /**< (1/C) sum over c and c' of the entries (i,c), (j,c'): n x n2 */
};

/** The tangent kernel.
 *  @param network the network
 *  @param n,x samples of the rows: n x inputs
 *  @param n2,x2 those of the columns; NULL (n2 is ignored) for the same as of the rows: the kernel is then symmetric to
 *         the last bit and costs half.  x2 == x with n2 == n is taken as that.  NULL for NNDYN_NTK_DIAGONAL
 *  @param kind one of the kinds
 *  @param options see above
 *  @param kernel receives the matrix, row-major; must not overlap the data
 *  @return as above; NNDYN_ELIMIT if the matrix and what is needed to make it are over the context's memory limit (the
 *          matrix is the caller's, but counts), with what to do.  The matrix is written in place, tile by tile: after
 *          NNDYN_ECANCELED or NNDYN_ECALLBACK from a long call its entries are undefined; after any other failure they
 *          are untouched
 *  Cost: 2 n C sum(in out) + 2 n n2 C^2 sum(out) flops (half of the second where symmetric; 1/C of it for TRACE, 1/C^2
 *  for PSEUDO).  Memory besides the matrix: 8 (C + 3) n sum(widths) bytes, in blocks of samples of 256 MB at most. */
NNDYN_API int nndyn_ntk(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2, int kind,
                        const nndyn_options *options, double *kernel);

/** Working memory (the matrix included) and flops of nndyn_ntk, before it is called: it takes at most that much, and at
 *  least half of it.
 *  @param network,n,kind,options as there
 *  @param n2 samples of the columns, or 0 for the same as of the rows
 *  @param bytes,flops receive the figures; either may be NULL */
NNDYN_API int nndyn_ntk_forecast(nndyn_network *network, int64_t n, int64_t n2, int kind, const nndyn_options *options,
                                 int64_t *bytes, double *flops);

/** A kernel too large for memory, written to a file in blocks of rows.  A call that is canceled or fails leaves the
 *  rows it has finished; called again with the same network, samples and options it goes on after them, and a finished
 *  file is left as it is.
 *  @param network,n,x,n2,x2 as in nndyn_ntk
 *  @param kind NNDYN_NTK_FULL, NNDYN_NTK_TRACE or NNDYN_NTK_PSEUDO
 *  @param options those of nndyn_ntk, and "block" (integer, 0): samples whose rows are made between two writes; 0: as
 *         many as fit in half the memory limit, or in 256 MB
 *  @param path the file: 64 bytes of heading, then the rows as little-endian doubles (docs/ntk.md)
 *  @return as above; NNDYN_EIO; NNDYN_EFORMAT if there is a file of another kind, or of another kernel, under this name
 *          (it is not touched)
 *  Cost: that of the rectangular nndyn_ntk: symmetry is not used.  Memory: a block, and what nndyn_ntk takes for it. */
NNDYN_API int nndyn_ntk_write(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2,
                              int kind, const nndyn_options *options, const char *path);

/** What is in a file of nndyn_ntk_write; any output may be NULL.
 *  @param context the context
 *  @param path the file
 *  @param kind,rows,columns of the kernel
 *  @param written rows that are there so far
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EIO, NNDYN_EFORMAT */
NNDYN_API int nndyn_ntk_file(nndyn_context *context, const char *path, int *kind, int64_t *rows, int64_t *columns,
                             int64_t *written);

/** Read rows of it.
 *  @param context the context
 *  @param path the file
 *  @param first,count rows first to first + count - 1, which must have been written
 *  @param kernel receives count x columns
 *  @return as nndyn_ntk_file; the entries are undefined after NNDYN_EIO */
NNDYN_API int nndyn_ntk_read(nndyn_context *context, const char *path, int64_t first, int64_t count, double *kernel);

/** Theta w without Theta: J(x2) (J(x)' w), by one backward pass at x and one forward pass at x2.
 *  @param network the network
 *  @param n,x the samples of w
 *  @param n2,x2 those of the result; NULL (n2 is ignored) for the same
 *  @param w n x outputs
 *  @param options see above
 *  @param out receives n2 x outputs
 *  Cost: about six passes through the network.  Memory: O((n + n2) sum(widths)), and of the widest pair of layers. */
NNDYN_API int nndyn_ntk_vector(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2,
                               const double *w, const nndyn_options *options, double *out);

/** Theta of one batch as a symmetric operator of n x outputs rows, over copies of parameters and data: later training
 *  does not change it.  For nndyn_eigenpairs, spectral densities and solvers; its products allocate nothing.
 *  @param network,n,x the batch
 *  @param options see above
 *  @param out receives the operator */
NNDYN_API int nndyn_ntk_operator(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                                 nndyn_operator **out);

/** Kernels of an infinitely wide network of dense layers, each followed by the same activation but the last, in the NTK
 *  parametrization: the covariance of its outputs at initialization and its tangent kernel (both times the unit matrix
 *  over outputs).
 *  @param context the context
 *  @param inputs number of inputs
 *  @param n,x samples of the rows: n x inputs
 *  @param n2,x2 those of the columns; NULL for the same
 *  @param depth hidden layers, 0 to 1000
 *  @param activation one of the activations but NNDYN_CUSTOM_ACTIVATION (nndyn_ntk_infinite_network takes those)
 *  @param options "weight_scale" (double, 1) and "bias_scale" (double, 0): of all layers; "parameter" (double): of the
 *         activation; "nodes" (integer, 0 to 64, 0): points of the quadrature's radius, and as many of each wide part
 *         of its angle; 0 chooses 48, and closed forms (identity, ReLU, leaky ReLU, erf, sine, cosine,
 *         exponential) where there are any
 *  @param covariance,tangent receive n x n2; either may be NULL
 *  @return as above; NNDYN_ENUMERIC if an entry is not finite
 *  Source: Jacot et al. 2018, Lee et al. 2019; the recursion is in docs/ntk.md. */
NNDYN_API int nndyn_ntk_infinite(nndyn_context *context, int64_t inputs, int64_t n, const double *x, int64_t n2,
                                 const double *x2, int64_t depth, int activation, const nndyn_options *options,
                                 double *covariance, double *tangent);

/** The same for the infinitely wide limit of a network: its depth, activations (the caller's own too), scales and
 *  biases are read from it, its widths and parameters are not.  The kernel of one output in the NTK parametrization.
 *  @param network dense layers in the NTK parametrization, drawn from unit normals, with pointwise activations between
 *         them; dropout is off
 *  @param n,x,n2,x2 as there
 *  @param options "nodes" as there
 *  @param covariance,tangent receive n x n2; either may be NULL
 *  @return as above; NNDYN_EUNSUPPORTED for a layer of another kind or parametrization */
NNDYN_API int nndyn_ntk_infinite_network(nndyn_network *network, int64_t n, const double *x, int64_t n2,
                                         const double *x2, const nndyn_options *options, double *covariance,
                                         double *tangent);

#ifdef __cplusplus
}
#endif
#endif
