/* basis.h - a growing set of orthonormal vectors: what Krylov methods are made of. */
#ifndef ND_BASIS_H
#define ND_BASIS_H
#include "kernels/kernels.h"
#include "linalg/linalg.h"

enum { ND_BASIS_BLOCKS = 64 };

/* Vectors are rows of blocks, each half as large as all before it: growing copies nothing. */
typedef struct nd_basis {
    nndyn_context *context;
    const nd_kernels_f64 *kernels;
    int64_t dimension, most; /* length of a vector; how many there may be */
    int64_t used, capacity;
    double **rows;
    double *blocks[ND_BASIS_BLOCKS];
    int block_count;
} nd_basis;

int nd_basis_open(nd_basis *basis, void *handle, const nd_kernels_f64 *kernels, int64_t dimension, int64_t most);
void nd_basis_close(nd_basis *basis); /* also of one that is all zero */
/* The capacity nd_basis_reserve would grow to. */
int64_t nd_basis_growth(const nd_basis *basis, int64_t rows);
/* Room for at least `rows` vectors. */
int nd_basis_reserve(nd_basis *basis, void *handle, int64_t rows);
/* w minus its components along the vectors in use, once; products: `used` numbers of scratch. */
int nd_basis_project_out(const nd_basis *basis, void *handle, double *w, double *products);
/* Rows first..first+count-1 of `to` = coefficients (count x from->used, row-major) times the vectors of `from`; `to`
 * may be `from`, with first 0.  Room is the caller's to reserve; `used` is not changed. */
int nd_basis_combine(const nd_basis *from, void *handle, int64_t count, const double *coefficients, nd_basis *to,
                     int64_t first);
/* Euclidean norm, without overflow or underflow of the squares. */
double nd_norm(const nd_kernels_f64 *kernels, int64_t n, const double *x);

#endif
