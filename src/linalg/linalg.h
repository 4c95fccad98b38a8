/* linalg.h - operators from inside the library, and the dense factorizations; the only room that calls LAPACKE (its
 * _work forms, on memory of the context). */
#ifndef ND_LINALG_H
#define ND_LINALG_H
#include "core/core.h"
#include "nndyn/linalg.h"

/* An operator over an object of the library: `destroy(user)` when the last reference goes.  The products may assume
 * finite input and run with the operator held busy; failures put their message on `op`. */
typedef struct nd_operator_methods {
    int (*apply)(nndyn_operator *op, void *user, const double *x, double *y);
    int (*apply_transposed)(nndyn_operator *op, void *user, const double *y, double *x); /* NULL: symmetric */
    void (*destroy)(nndyn_context *context, void *user);
} nd_operator_methods;
/* Takes over `user` (destroys it on failure too). */
int nd_operator_create(void *handle, int64_t rows, int64_t columns, const nd_operator_methods *methods, void *user,
                       nndyn_operator **out);
/* Memory of the operator itself, without `user`. */
double nd_operator_bytes(int64_t rows, int64_t columns);

/* Eigenvalues (ascending) of a symmetric n x n matrix, which is overwritten by the eigenvectors as rows if vectors !=
 * 0. */
int nd_symmetric_eigen(void *handle, int64_t n, double *a, int vectors, double *values);
/* Singular values (descending) of a row-major m x n matrix, which is destroyed.  u: min(m,n) x m, v: min(m,n) x n,
 * vectors as rows; both NULL for values only. */
int nd_svd(void *handle, int64_t m, int64_t n, double *a, double *s, double *u, double *v);
/* Working memory of these two, and of nndyn_singular_values without vectors handed out, for forecasts: what they
 * allocate, or up to twice that. */
double nd_symmetric_eigen_bytes(int64_t n, int vectors);
double nd_svd_bytes(int64_t m, int64_t n, int vectors);
double nd_singular_values_bytes(int64_t rows, int64_t columns, int64_t count);
/* Replace the rows (m <= n) of a row-major m x n matrix by orthonormal ones (QR with the signs of R made positive: Haar
 * distributed for normal input). */
int nd_orthonormal_rows(void *handle, int64_t m, int64_t n, double *a);
/* The sign of the entry of largest size, 1 or -1 (the first of equals; 1 for zero): vectors known up to their sign are
 * multiplied by it, so that results do not depend on a random start. */
double nd_sign_of_largest(int64_t n, const double *v);

/* Eigenvalues of an n x n matrix given column-major, which is destroyed.  vectors: NULL, or n x n, row j as LAPACK's
 * dgeev lays out column j: the eigenvector of a real value; real and imaginary part in two rows for a pair, the one
 * with im > 0 first. */
int nd_general_eigen(void *handle, int64_t n, double *a, double *re, double *im, double *vectors);
double nd_general_eigen_bytes(int64_t n);
/* a = L L' of a symmetric positive definite row-major n x n matrix; the lower triangle is replaced by L, what is above
 * the diagonal is left.  NNDYN_ENUMERIC, naming the leading minor, if it is not positive definite. */
int nd_cholesky(void *handle, int64_t n, double *a);
/* Solve a x = b for `count` right-hand sides, rows of b (count x n), which x replaces; a is destroyed (see
 * nd_cholesky). */
int nd_solve_spd(void *handle, int64_t n, double *a, int64_t count, double *b);
/* LU factors of a row-major n x n matrix, which stays the caller's memory and is overwritten. */
typedef struct nd_lu {
    int64_t n;
    double *a;
    void *pivots;
    double reciprocal; /* of the condition number in the 1-norm, estimated; 0: singular, and there is no solving */
} nd_lu;
int nd_lu_factor(void *handle, int64_t n, double *a, nd_lu *lu);
/* a x = b, or a' x = b, for `count` right-hand sides, rows of b (count x n), which x replaces. */
int nd_lu_solve(void *handle, const nd_lu *lu, int transposed, int64_t count, double *b);
void nd_lu_free(void *handle, nd_lu *lu); /* what nd_lu_factor allocated; may be called twice */
double nd_lu_bytes(int64_t n);            /* working memory of it */
/* The stationary covariance sigma = a sigma a' + q of z -> a z + noise of covariance q (symmetric), all row-major n x
 * n.
 * NNDYN_ENUMERIC ("no stationary state") unless the spectral radius of a is below 1.  O(n^3 log(1 / (1 - radius))).
 * sigma may be q. */
int nd_lyapunov_discrete(void *handle, int64_t n, const double *a, const double *q, double *sigma);

#endif
