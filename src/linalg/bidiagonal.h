/* bidiagonal.h - Golub-Kahan bidiagonalization of an operator, with full reorthogonalization and thick restarts. */
#ifndef ND_BIDIAGONAL_H
#define ND_BIDIAGONAL_H
#include "linalg/basis.h"

/* One run: A R' = L' B for orthonormal rows R (right) and L (left), orthogonal to the locked ones.
 *
 * "Right" is the shorter side of the operator, so that a run which fills the space ends with nothing left over; for a
 * wide operator A stands for its transpose (`swapped`).  B is upper bidiagonal; after a restart with `kept` vectors its
 * upper left block is diagonal and column `kept` is a spike:
 *
 *     d0       p0
 *        d1    p1
 *           d2 p2
 *              d3 e3
 *                 d4   (e4 couples to the next right vector)        */
typedef struct nd_bidiagonal {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int swapped;
    int64_t rows, columns; /* of A: columns <= rows */
    int64_t most;          /* vectors in a run */
    nd_basis left, right, locked_left, locked_right;
    int64_t kept, steps;                      /* steps: order of B */
    double *diagonal, *superdiagonal, *spike; /* most each */
    double *s, *bound; /* of nd_bidiagonal_values_of_run: singular values of B, descending, and their residual bounds */
    double *last, *work; /* scratch: most, 5 most */
    double norm;         /* a lower bound on the norm of A that grows with the run */
    int64_t seed, drawn; /* random vectors drawn so far */
} nd_bidiagonal;

/* For up to `count` locked pairs. */
int nd_bidiagonal_open(nd_bidiagonal *run, nndyn_operator *op, int64_t count, int64_t seed);
void nd_bidiagonal_close(nd_bidiagonal *run);

/* Begin a new run from a random vector orthogonal to the locked ones. */
int nd_bidiagonal_start(nd_bidiagonal *run);
/* One more row and column of B: a product with A and one with its transpose. */
int nd_bidiagonal_step(nd_bidiagonal *run);
/* The right vectors, together with the locked ones, span the space: B has nothing left to couple to. */
int nd_bidiagonal_complete(const nd_bidiagonal *run);
/* Fill s and bound. */
int nd_bidiagonal_solve(nd_bidiagonal *run);
/* Replace locked pairs first..first+count-1 by the combinations that belong to the `count` largest s. */
int nd_bidiagonal_lock(nd_bidiagonal *run, int64_t first, int64_t count);
/* Keep the `count` largest pairs and the next right vector, drop the rest. */
int nd_bidiagonal_restart(nd_bidiagonal *run, int64_t count);
/* Bytes of working memory at most. */
double nd_bidiagonal_bytes(int64_t rows, int64_t columns, int64_t count);

#endif
