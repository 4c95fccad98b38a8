/* schur.h - real Schur form of small column-major matrices; only this room needs it. */
#ifndef ND_SCHUR_H
#define ND_SCHUR_H
#include "linalg/linalg.h"

/* t = z s z': s replaces t, quasi triangular, with eigenvalues re + i im in its order; all column-major n x n. */
int nd_schur(void *handle, int64_t n, double *t, double *z, double *re, double *im);
/* Move the eigenvalues with select[i] != 0 (both of a pair) to the front of the Schur form. */
int nd_schur_reorder(void *handle, int64_t n, const int *select, double *t, double *z, double *re, double *im);
/* Eigenvectors of a Schur form, columns as of nd_general_eigen but not normalized. */
int nd_schur_vectors(void *handle, int64_t n, const double *t, double *vectors);

#endif
