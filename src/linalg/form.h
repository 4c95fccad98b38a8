/* form.h - a small operator as a matrix, and whether an operator is symmetric. */
#ifndef ND_FORM_H
#define ND_FORM_H
#include "linalg/linalg.h"

/* The matrix of a square operator, row-major transposed: row j of `a` is A e_j.  n products, reported to
 * the task as up to `share` of it. */
int nd_form(nndyn_operator *op, nd_task *task, double share, double *a);
/* A matrix that ought to be symmetric: NNDYN_EARG with the asymmetry if it is beyond `allowed`, else it is
 * made so exactly. */
int nd_symmetrize(nndyn_operator *op, double allowed, double *a);
/* The same for an operator by two products with random vectors. */
int nd_check_symmetric(nndyn_operator *op, double allowed, int64_t seed);
/* NNDYN_EARG unless the operator was created as symmetric. */
int nd_require_symmetric(nndyn_operator *op);
/* NNDYN_EARG unless the operator is square. */
int nd_require_square(nndyn_operator *op);

#endif
