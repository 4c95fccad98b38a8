/* operator.c - linear operators: the caller's callbacks and the library's own objects behind one handle.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/operator.h"
#include <math.h>
#include <string.h>

/* ---- operators of the caller's functions ------------------------------------------------------------------------- */

typedef struct callbacks {
    int (*apply)(void *user, const double *x, double *y);
    int (*apply_transposed)(void *user, const double *y, double *x);
    void *user;
} callbacks;

static int callback_status(nndyn_operator *op, int returned, const char *name)
{
    if (returned == 0) {
        return NNDYN_OK;
    }
    return nd_fail(op, NNDYN_ECALLBACK, "the operator's %s callback returned %d; 0 means success", name, returned);
}

static int callback_apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    callbacks *calls = user;
    return callback_status(op, calls->apply(calls->user, x, y), "apply");
}

static int callback_apply_transposed(nndyn_operator *op, void *user, const double *y, double *x)
{
    callbacks *calls = user;
    return callback_status(op, calls->apply_transposed(calls->user, y, x), "apply_transposed");
}

static void callback_destroy(nndyn_context *context, void *user)
{
    nd_release(context, user);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_operator *op = object;
    nd_release(op->handle.context, op->result);
    if (op->methods.destroy != NULL) {
        op->methods.destroy(op->handle.context, op->user);
    }
}

int nd_operator_create(void *handle, int64_t rows, int64_t columns, const nd_operator_methods *methods, void *user,
                       nndyn_operator **out)
{
    nndyn_context *context = nd_handle_context(handle);
    nndyn_operator *op = NULL;
    int64_t longest = rows > columns ? rows : columns;
    double *result = nd_allocate(context, longest, sizeof *result);
    int status = result != NULL ? nd_handle_create(context, ND_OPERATOR, sizeof *op, destroy, &op) : NNDYN_ENOMEM;
    if (status != NNDYN_OK) {
        nd_release(context, result);
        if (methods->destroy != NULL) {
            methods->destroy(context, user);
        }
        return nd_fail(handle, status, "no memory for an operator of %lld x %lld", (long long)rows, (long long)columns);
    }
    op->rows = rows;
    op->columns = columns;
    op->methods = *methods;
    op->user = user;
    op->result = result;
    *out = op;
    return NNDYN_OK;
}

double nd_operator_bytes(int64_t rows, int64_t columns)
{
    enum { OVERHEAD = 136 }; /* of each allocation, at most: alignment and the allocator's note */
    int64_t longest = rows > columns ? rows : columns;
    return (double)sizeof(nndyn_operator) + (double)longest * (double)sizeof(double) + 2 * OVERHEAD;
}

typedef int callback(void *user, const double *x, double *y);

static int create(nndyn_context *context, int64_t rows, int64_t columns, callback *apply, callback *apply_transposed,
                  void *user, nndyn_operator **out)
{
    nd_operator_methods methods = {callback_apply, callback_apply_transposed, callback_destroy};
    callbacks *calls = NULL;
    ND_TRY(nd_check_size(context, rows, 1, INT64_MAX / 16, "rows"));
    ND_TRY(nd_check_size(context, columns, 1, INT64_MAX / 16, "columns"));
    if (apply == NULL) {
        return nd_fail(context, NNDYN_EARG, "apply is NULL; it must write y = A x");
    }
    ND_TRY(nd_check_pointer(context, out, "out"));
    if (apply_transposed == NULL) {
        methods.apply_transposed = NULL;
        if (rows != columns) {
            return nd_fail(context, NNDYN_EARG,
                           "apply_transposed is NULL, which says symmetric, but the operator is %lld x %lld; "
                           "give a function that writes x = A' y",
                           (long long)rows, (long long)columns);
        }
    }
    ND_TRY(nd_allocate_for(context, 1, sizeof *calls, &calls));
    calls->apply = apply;
    calls->apply_transposed = apply_transposed;
    calls->user = user;
    return nd_operator_create(context, rows, columns, &methods, calls, out);
}

int nndyn_operator_create(nndyn_context *context, int64_t rows, int64_t columns, callback *apply,
                          callback *apply_transposed, void *user, nndyn_operator **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_operator_create"));
    return nd_leave(context, create(context, rows, columns, apply, apply_transposed, user, out));
}

void nndyn_operator_free(nndyn_operator *op)
{
    nd_handle_release(op);
}

int nndyn_operator_shape(nndyn_operator *op, int64_t *rows, int64_t *columns, int *symmetric)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_operator_shape"));
    if (rows != NULL) {
        *rows = op->rows;
    }
    if (columns != NULL) {
        *columns = op->columns;
    }
    if (symmetric != NULL) {
        *symmetric = op->methods.apply_transposed == NULL;
    }
    return nd_leave(op, NNDYN_OK);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

int nd_operator_product(nndyn_operator *op, int transposed, const double *x, double *y)
{
    const nd_operator_methods *methods = &op->methods;
    int64_t n = transposed ? op->columns : op->rows;
    if (transposed && methods->apply_transposed != NULL) {
        ND_TRY(methods->apply_transposed(op, op->user, x, y));
    } else {
        ND_TRY(methods->apply(op, op->user, x, y));
    }
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(y[i])) {
            return nd_fail(op, NNDYN_ENUMERIC, "entry %lld of the operator's %sproduct is %g", (long long)i,
                           transposed ? "transposed " : "", y[i]);
        }
    }
    return NNDYN_OK;
}

/* The public products: `in` and `out` are their names in the header. */
static int product(nndyn_operator *op, int transposed, const double *x, const char *in, double *y, const char *out)
{
    int64_t from = transposed ? op->rows : op->columns;
    int64_t to = transposed ? op->columns : op->rows;
    ND_TRY(nd_check_pointer(op, x, in));
    ND_TRY(nd_check_pointer(op, y, out));
    ND_TRY(nd_check_finite(op, 1, from, x, in));
    ND_TRY(nd_operator_product(op, transposed, x, op->result));
    memcpy(y, op->result, (size_t)to * sizeof *y);
    return NNDYN_OK;
}

int nndyn_operator_apply(nndyn_operator *op, const double *x, double *y)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_operator_apply"));
    return nd_leave(op, product(op, 0, x, "x", y, "y"));
}

int nndyn_operator_apply_transposed(nndyn_operator *op, const double *y, double *x)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_operator_apply_transposed"));
    return nd_leave(op, product(op, 1, y, "y", x, "x"));
}
