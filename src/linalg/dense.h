/* dense.h - a small dense factorization that only this room needs. */
#ifndef ND_DENSE_H
#define ND_DENSE_H
#include "linalg/linalg.h"

/* Singular values of the n x n upper bidiagonal matrix with diagonal d (n) and superdiagonal e (n - 1), both destroyed:
 * d receives them, descending, and last[i] the last component of the i-th left vector.  work: 4 n numbers.  O(n^2). */
int nd_bidiagonal_values(void *handle, int64_t n, double *d, double *e, double *last, double *work);

#endif
