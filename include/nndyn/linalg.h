/* nndyn/linalg.h - linear operators and what can be asked of any of them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NNDYN_LINALG_H
#define NNDYN_LINALG_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/** A real linear map known by its products: Hessian, Gauss-Newton, parameter Jacobian, duality map, or the caller's
 *  own. */
typedef struct nndyn_operator nndyn_operator;

/** Make an operator of the caller's functions.
 *  @param context the context
 *  @param rows,columns its shape, both at least 1
 *  @param apply writes y = A x (columns -> rows); returns 0, or nonzero to stop the call with NNDYN_ECALLBACK
 *  @param apply_transposed writes x = A' y (rows -> columns); NULL for a symmetric operator (rows == columns)
 *  @param user handed to both
 *  @param out receives the operator
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM */
NNDYN_API int nndyn_operator_create(nndyn_context *context, int64_t rows, int64_t columns,
                                    int (*apply)(void *user, const double *x, double *y),
                                    int (*apply_transposed)(void *user, const double *y, double *x), void *user,
                                    nndyn_operator **out);

/** Release an operator.  @param op an operator or NULL */
NNDYN_API void nndyn_operator_free(nndyn_operator *op);

/** Shape of an operator.
 *  @param op the operator
 *  @param rows,columns receive its shape; either may be NULL
 *  @param symmetric receives 1 if it is known to be symmetric, else 0; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_operator_shape(nndyn_operator *op, int64_t *rows, int64_t *columns, int *symmetric);

/** y = A x.
 *  @param op the operator
 *  @param x columns numbers
 *  @param y receives rows numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (x not finite), NNDYN_ENUMERIC (y not finite),
 *          NNDYN_ECALLBACK */
NNDYN_API int nndyn_operator_apply(nndyn_operator *op, const double *x, double *y);

/** x = A' y.
 *  @param op the operator
 *  @param y rows numbers
 *  @param x receives columns numbers
 *  @return as nndyn_operator_apply */
NNDYN_API int nndyn_operator_apply_transposed(nndyn_operator *op, const double *y, double *x);

/** The largest singular values (and vectors) of an operator by Golub-Kahan bidiagonalization with full
 *  reorthogonalization and thick restarts; nothing of size rows x columns is formed.  Multiple singular values come out
 *  as often as they are there: after the first `count` pairs have converged, further runs from fresh random vectors,
 *  orthogonal to the pairs, look for values above the smallest of them.
 *  @param op the operator
 *  @param count how many, 1 to min(rows, columns)
 *  @param options "tolerance" (double from 1e-15 to 0.1, 1e-10): residual norm over the largest singular value at which
 *         a triplet counts as converged; "iterations" (integer, 0 = as many as needed): bound on the steps, of two
 *         products each; "seed" (integer, 0): of the random start, which does not show in the results beyond the
 *         tolerance
 *  @param s receives count singular values, descending
 *  @param u count x rows, row i is the i-th left vector; NULL if not wanted
 *  @param v count x columns, row i is the i-th right vector, its entry of largest size positive; NULL if not wanted
 *  @param residuals count numbers |A v - s u| + |A' u - s v| as bounded by the recurrence; NULL if not wanted
 *  @return NNDYN_OK; NNDYN_ENUMERIC if some triplets did not converge within "iterations" (outputs untouched), or a
 *          product is not finite; NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED, NNDYN_ELIMIT
 *
 *  Cost: 2 k products and about 4 k^2 (rows + columns) flops for k iterations; memory for a basis of at most 4 count +
 *  128 (or min(rows, columns), if that is less) pairs of vectors, which grows as needed. */
NNDYN_API int nndyn_singular_values(nndyn_operator *op, int64_t count, const nndyn_options *options, double *s,
                                    double *u, double *v, double *residuals);

/** Eigenvalues and eigenvectors at one end of a symmetric operator's spectrum, or nearest to a number, by thick-restart
 *  Lanczos with full reorthogonalization.  Multiple eigenvalues come out as often as they are there: after the first
 *  `count` pairs have converged, further runs from fresh random vectors, orthogonal to the pairs, look for values that
 *  are wanted more than the last of them.  A small operator (up to 256 rows, or 6 count + 96) is formed, by as many
 *  products, and solved by LAPACK.
 *  @param op the operator, created as symmetric; two random products test that it is
 *  @param count how many, 1 to its order n
 *  @param options "which" (text): "largest" (default), "smallest" (the lowest, not the smallest in size), "magnitude"
 *         (the largest in size) or "nearest" (to "shift");
 *         "shift" (double, 0);
 *         "tolerance" (double from 1e-13 to 0.1, 1e-8): residual norm over the operator's norm at which a pair counts
 *         as converged; the norm is the largest |A v| met;
 *         "iterations" (integer, 0 = 10000 + 50 n): bound on the products;
 *         "basis" (integer, 0 = 4 count + 128, less if the context's memory limit asks for it): vectors held at a time,
 *         at least 2 count + 2; other than 0, the operator is never formed;
 *         "seed" (integer, 0): of the random start, which does not show in the results beyond the tolerance
 *  @param values receives count eigenvalues: descending for "largest", ascending for "smallest", by size for
 *         "magnitude", by distance for "nearest"
 *  @param vectors count x n, row i is the i-th unit vector, its entry of largest size positive; NULL if not wanted
 *  @param residuals count norms |A v - value v|, computed with the vectors returned; NULL if not wanted
 *  @param converged count flags: 1 if the residual is within the tolerance and the search, for multiple values too,
 *         came to its end; 0 if "iterations" cut it short.  NULL: then NNDYN_ENUMERIC is returned unless all are 1
 *  @return NNDYN_OK; NNDYN_ENUMERIC (above, or a product is not finite); NNDYN_EARG (also for an operator that is not
 *          symmetric; the message has the measured asymmetry), NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ECALLBACK, NNDYN_ECANCELED, NNDYN_ELIMIT (with the bytes of the smallest basis).  Outputs are
 *          untouched on failure.
 *
 *  "nearest" runs on (A - shift)^2, two products a step, so nothing is factorized; eigenvalues inside a dense spectrum
 *  take many steps, as their distances are squared.
 *  Cost: k products (2 k for "nearest") and about 4 k (basis) n flops for k steps; memory for basis + count + 2
 *  vectors. */
NNDYN_API int nndyn_eigenpairs(nndyn_operator *op, int64_t count, const nndyn_options *options, double *values,
                               double *vectors, double *residuals, int *converged);

/** The eigenvalues of largest modulus of a general square operator, by Arnoldi with Krylov-Schur restarts.  Multiple
 *  ones are looked for as in nndyn_eigenpairs.  A small operator (up to 256 rows, or 6 count + 96) is formed and solved
 *  by LAPACK.
 *  @param op the operator, square; only products with A itself are taken
 *  @param count how many, 1 to its order n
 *  @param options "tolerance", "seed" as nndyn_eigenpairs; "iterations" (integer, 0 = 10000 + 50 n): bound on the
 *         products before those for the residuals; "basis" (integer, 0 = 4 count + 64, less if the memory limit asks
 *         for it): vectors held at a time, at least 2 count + 4; other than 0, the operator is never formed
 *  @param re,im receive real and imaginary parts, count each, by descending modulus; conjugates stand side by side, the
 *         one with im > 0 first, and the second is left out where count parts them
 *  @param residuals count norms |A z - value z| for the unit eigenvector z found; NULL if not wanted.  A small residual
 *         bounds the error of the value only as far as the operator is close to normal
 *  @param converged count flags as of nndyn_eigenpairs; NULL: then NNDYN_ENUMERIC is returned unless all are 1
 *  @return as nndyn_eigenpairs
 *
 *  Cost: k products and about 4 k (basis) n flops for k steps; memory for basis + 2 count vectors. */
NNDYN_API int nndyn_eigenvalues(nndyn_operator *op, int64_t count, const nndyn_options *options, double *re, double *im,
                                double *residuals, int *converged);

/** Density of a symmetric operator's spectrum by stochastic Lanczos quadrature: fraction of eigenvalues a unit of
 *  length, each broadened to a Gaussian.
 *  @param op the operator, created as symmetric
 *  @param points of the grid, at least 2
 *  @param options "probes" (integer, 10): random vectors;
 *         "steps" (integer, 80): Lanczos steps of each, one product a step;
 *         "seed" (integer, 0);
 *         "width" (double, 0 = the length of the spectrum / steps): standard deviation of the Gaussians
 *  @param grid receives points evenly spaced numbers, from 6 widths below the spectrum to 6 above
 *  @param density receives the density at each; its trapezoidal sum over the grid is 1
 *  @param error receives its standard error over the probes (not that of the broadening); NULL if not wanted
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENUMERIC, NNDYN_ENOMEM, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED, NNDYN_ELIMIT
 *
 *  An operator of order n up to 1000 that is no more than probes x steps is formed by n products instead, and the error
 *  is 0.
 *  Cost: probes x steps products and 4 probes x steps^2 x n flops; memory for steps + 2 vectors. */
NNDYN_API int nndyn_spectral_density(nndyn_operator *op, int64_t points, const nndyn_options *options, double *grid,
                                     double *density, double *error);

/** The quadrature behind nndyn_spectral_density: sum of weights f(nodes) estimates the mean of f over the spectrum.
 *  @param op the operator, created as symmetric
 *  @param capacity of the arrays; probes x steps is enough
 *  @param options as nndyn_spectral_density ("width" has no effect)
 *  @param nodes receives the nodes, ascending within each probe
 *  @param weights receives their weights, which sum to 1
 *  @param count receives their number
 *  @return as nndyn_spectral_density */
NNDYN_API int nndyn_spectral_quadrature(nndyn_operator *op, int64_t capacity, const nndyn_options *options,
                                        double *nodes, double *weights, int64_t *count);

/** Trace of a square operator, symmetric or not, from few products.
 *  @param op the operator
 *  @param options "method" (text): "xtrace" (default; best if the spectrum decays, never much worse than the others),
 *         "hutch++" or "hutchinson"; all are unbiased;
 *         "products" (integer, at least 6, 60): products to take; as many as rows or more give the trace exactly;
 *         "seed" (integer, 0)
 *  @param trace receives the estimate
 *  @param error receives its standard error, itself estimated; 0 if the trace is exact; NULL if not wanted
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENUMERIC, NNDYN_ENOMEM, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED, NNDYN_ELIMIT
 *
 *  Memory for as many vectors as products ("xtrace"), two thirds of it ("hutch++") or 3 ("hutchinson"). */
NNDYN_API int nndyn_trace(nndyn_operator *op, const nndyn_options *options, double *trace, double *error);

#ifdef __cplusplus
}
#endif
#endif
