/* arnoldi.h - Arnoldi reduction of a general square operator with Krylov-Schur restarts. */
#ifndef ND_ARNOLDI_H
#define ND_ARNOLDI_H
#include "linalg/basis.h"

/* One run: P A V' = V' H + v b', for orthonormal rows V and the next vector v; P projects the locked vectors out, which
 * span an invariant space, so that eigenvalues of H are those of A that are not among theirs. */
typedef struct nd_arnoldi {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int64_t n, most; /* most: vectors in a run */
    nd_basis basis, locked;
    int64_t steps;        /* order of H */
    double *h, *coupling; /* column-major with leading dimension most; b */
    double *t, *z, *x;    /* of nd_arnoldi_solve: Schur form, vectors, eigenvectors of t; steps x steps each */
    double *re, *im, *bound, *last; /* eigenvalues in the order of the Schur form, residual bounds, b in its basis */
    int64_t *order;                 /* places of the eigenvalues by descending modulus, im > 0 before its conjugate */
    int *select;
    double *products;           /* scratch: most + locked */
    double norm;                /* largest |A v| for a unit v so far */
    int64_t seed, drawn, taken; /* random vectors drawn, products taken so far */
} nd_arnoldi;

int nd_arnoldi_open(nd_arnoldi *run, nndyn_operator *op, int64_t most, int64_t locked, int64_t seed);
void nd_arnoldi_close(nd_arnoldi *run);
double nd_arnoldi_bytes(int64_t n, int64_t most, int64_t locked);
/* Begin a new run from a random vector orthogonal to the locked ones. */
int nd_arnoldi_start(nd_arnoldi *run);
int nd_arnoldi_step(nd_arnoldi *run);
int nd_arnoldi_complete(const nd_arnoldi *run);
/* Fill t to order. */
int nd_arnoldi_solve(nd_arnoldi *run);
/* `count`, or one more where that would part a pair of conjugates. */
int64_t nd_arnoldi_whole(const nd_arnoldi *run, int64_t count);
/* After nd_arnoldi_solve: keep the whole(count) largest eigenvalues and the next vector, drop the rest. */
int nd_arnoldi_restart(nd_arnoldi *run, int64_t count);
/* After nd_arnoldi_solve: append the Schur vectors of the whole(count) largest eigenvalues to the locked ones; ends the
 * run. */
int nd_arnoldi_lock(nd_arnoldi *run, int64_t count);
/* Places of k eigenvalues by descending modulus, conjugates side by side with im > 0 first. */
void nd_order_by_modulus(int64_t k, const double *re, const double *im, int64_t *order);

#endif
