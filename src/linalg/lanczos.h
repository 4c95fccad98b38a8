/* lanczos.h - Lanczos tridiagonalization of a symmetric operator, with full reorthogonalization and thick restarts. */
#ifndef ND_LANCZOS_H
#define ND_LANCZOS_H
#include "linalg/basis.h"

/* What an end of the spectrum is: pairs are wanted in descending order of their key. */
enum { ND_LARGEST, ND_SMALLEST, ND_MAGNITUDE, ND_NEAREST };
double nd_spectral_key(int which, double value);

/* One run: B Q' = Q' T + beta q e', for orthonormal rows Q, orthogonal to the locked ones.  B is A, or (A - shift)^2
 * for ND_NEAREST, of which then the smallest values are wanted.  T is tridiagonal; after a restart with `kept` vectors
 * its upper left block is diagonal and row and column `kept` are a spike. */
typedef struct nd_lanczos {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int which;
    double shift;
    int64_t n, most; /* most: vectors in a run */
    nd_basis basis, locked;
    int64_t kept, steps;             /* steps: order of T */
    double *diagonal, *beta, *spike; /* most each; beta[j] couples j to j + 1 */
    double *values, *bound,
        *last;                  /* of nd_lanczos_solve: Ritz values in wanted order, residual bounds, last components */
    double *products, *squared; /* scratch: most + locked, n */
    double norm;                /* largest |B v| for a unit v so far */
    int64_t seed, drawn, taken; /* random vectors drawn, products with A taken so far */
} nd_lanczos;

/* For up to `locked` locked vectors. */
int nd_lanczos_open(nd_lanczos *run, nndyn_operator *op, int which, double shift, int64_t most, int64_t locked,
                    int64_t seed);
void nd_lanczos_close(nd_lanczos *run);
/* Bytes of working memory at most. */
double nd_lanczos_bytes(int64_t n, int64_t most, int64_t locked);

/* Begin a new run from a random vector orthogonal to the locked ones; item numbers the stream it is drawn from. */
int nd_lanczos_start(nd_lanczos *run, int64_t item);
/* One more row of T: one product with B. */
int nd_lanczos_step(nd_lanczos *run);
/* Q and the locked vectors span the space. */
int nd_lanczos_complete(const nd_lanczos *run);
/* Fill values, bound, last. */
int nd_lanczos_solve(nd_lanczos *run);
/* Write the Ritz vectors of the `count` most wanted values to `to`, from row `first` on. */
int nd_lanczos_combine(nd_lanczos *run, int64_t count, nd_basis *to, int64_t first);
/* Keep the `count` most wanted pairs and the next vector, drop the rest. */
int nd_lanczos_restart(nd_lanczos *run, int64_t count);
/* Tridiagonal T of an unrestarted run: eigenvalues ascending, and the squares of their vectors' first components.
 */
int nd_lanczos_quadrature(nd_lanczos *run, double *nodes, double *weights);

#endif
