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
 *         symmetric;
 *          the message has the measured asymmetry), NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED, NNDYN_ELIMIT (with the bytes of the smallest basis).  Outputs are untouched on failure.
 *
 *  "nearest" runs on (A - shift)^2, two products a step, so nothing is factorized; eigenvalues inside a dense spectrum
 *  take many steps, as their distances are squared.
 *  Cost: k products (2 k for "nearest") and about 4 k (basis) n flops for k steps; memory for basis + count + 2
 *  vectors. */
NNDYN_API int nndyn_eigenpairs(nndyn_operator *op, int64_t count, const nndyn_options *options, double *values,
                               double *vectors, double *residuals, int *converged);

#ifdef __cplusplus
}
#endif
#endif
