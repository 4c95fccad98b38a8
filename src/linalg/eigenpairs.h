/* eigenpairs.h - what the dense and the Lanczos way to eigenpairs share. */
#ifndef ND_EIGENPAIRS_H
#define ND_EIGENPAIRS_H
#include "linalg/lanczos.h"

/* What is asked for, and the answer as it grows: arrays of `count`, `vectors` pointing into `memory` or a basis. */
typedef struct nd_eigenpairs {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int64_t count;
    int which;
    double shift, tolerance;
    int64_t iterations, basis, seed; /* products allowed; vectors in a run, 0: to be chosen */
    nd_task task;
    double *values, *residuals;
    double **vectors;
    double norm;  /* estimate of |A| */
    int complete; /* nothing was left unsearched */
} nd_eigenpairs;

/* Form the matrix and take `count` of its eigenpairs; *memory holds the vectors. */
int nd_eigenpairs_dense(nd_eigenpairs *pairs, double **memory);
double nd_eigenpairs_dense_bytes(int64_t n);
/* Thick-restart Lanczos; the caller closes the run, which holds the vectors, and `images`. */
int nd_eigenpairs_lanczos(nd_eigenpairs *pairs, nd_lanczos *run, nd_basis *images);
/* The answer's order: the least key difference first. */
double nd_eigenpairs_key(const nd_eigenpairs *pairs, double value);
/* Residual at which a pair counts as converged. */
double nd_eigenpairs_allowed(const nd_eigenpairs *pairs);

#endif
