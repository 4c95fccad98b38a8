/* operator.h - what an operator is, for the files of this room. */
#ifndef ND_OPERATOR_H
#define ND_OPERATOR_H
#include "linalg/linalg.h"

struct nndyn_operator {
    nd_handle handle;
    int64_t rows, columns;
    nd_operator_methods methods;
    void *user;
    double *result; /* max(rows, columns): public products land here first, so that a failing one leaves no trace */
};

/* y = A x, or y = A' x if transposed, without entering the handle.  The product must be finite (NNDYN_ENUMERIC). */
int nd_operator_product(nndyn_operator *op, int transposed, const double *x, double *y);

#endif
