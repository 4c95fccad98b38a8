/* form.c - a small operator as a matrix, and whether an operator is symmetric.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/form.h"
#include "core/random.h"
#include "kernels/kernels.h"
#include "linalg/basis.h"
#include "linalg/operator.h"
#include <math.h>

enum { SYMMETRY_STREAM = 0xFFFFFF }; /* the item of the probe stream that nothing else draws from */

int nd_form(nndyn_operator *op, nd_task *task, double share, double *a)
{
    int64_t n = op->rows;
    double *unit = NULL;
    int status = nd_allocate_for(op, n, sizeof *unit, &unit);
    for (int64_t j = 0; status == NNDYN_OK && j < n; j++) {
        status = nd_task_report(task, share * (double)j / (double)n);
        if (status == NNDYN_OK) {
            unit[j] = 1;
            status = nd_operator_product(op, 0, unit, a + j * n);
            unit[j] = 0;
        }
    }
    nd_release(op->handle.context, unit);
    return status;
}

static int not_symmetric(nndyn_operator *op, double asymmetry, double allowed)
{
    return nd_fail(op, NNDYN_EARG,
                   "the operator was created as symmetric, but |A - A'| / |A| is about %.2g, above the %.2g that the "
                   "tolerance allows; correct apply, or raise \"tolerance\" if its products are that inexact",
                   asymmetry, allowed);
}

int nd_symmetrize(nndyn_operator *op, double allowed, double *a)
{
    int64_t n = op->rows;
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double b = a[i * n + j], c = a[j * n + i];
            largest = fmax(largest, fmax(fabs(b), fabs(c)));
            difference = fmax(difference, fabs(b - c));
            a[i * n + j] = a[j * n + i] = 0.5 * b + 0.5 * c;
        }
    }
    return difference <= allowed * largest ? NNDYN_OK : not_symmetric(op, difference / largest, allowed);
}

/* u'A v - v'A u for normal u, v has the size of |A - A'|, and A u that of |A| (Frobenius norms). */
static int measure(nndyn_operator *op, int64_t seed, double *u, double allowed)
{
    const nd_kernels_f64 *kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    int64_t n = op->rows;
    double *v = u + n, *au = v + n, *av = au + n;
    nd_normal(nd_stream_open(seed, ND_RANDOM_PROBE, SYMMETRY_STREAM, 0), 0, 2 * n, u);
    ND_TRY(nd_operator_product(op, 0, u, au));
    ND_TRY(nd_operator_product(op, 0, v, av));
    double size = fmax(nd_norm(kernels, n, au), nd_norm(kernels, n, av));
    if (size == 0 || !isfinite(size)) {
        return NNDYN_OK; /* nothing to compare; a norm beyond the range of double is reported where it matters */
    }
    for (int64_t i = 0; i < n; i++) {
        au[i] /= size;
        av[i] /= size;
    }
    double asymmetry = fabs(kernels->dot(n, u, av) - kernels->dot(n, v, au));
    return asymmetry <= allowed ? NNDYN_OK : not_symmetric(op, asymmetry, allowed);
}

int nd_check_symmetric(nndyn_operator *op, double allowed, int64_t seed)
{
    double *vectors = NULL;
    ND_TRY(nd_allocate_for(op, nd_product(4, op->rows), sizeof *vectors, &vectors));
    int status = measure(op, seed, vectors, allowed);
    nd_release(op->handle.context, vectors);
    return status;
}

int nd_require_square(nndyn_operator *op)
{
    if (op->rows == op->columns) {
        return NNDYN_OK;
    }
    return nd_fail(op, NNDYN_EARG, "the operator is %lld x %lld; this needs a square one", (long long)op->rows,
                   (long long)op->columns);
}

int nd_require_symmetric(nndyn_operator *op)
{
    ND_TRY(nd_require_square(op));
    if (op->methods.apply_transposed == NULL) {
        return NNDYN_OK;
    }
    return nd_fail(op, NNDYN_EARG,
                   "the operator is not known to be symmetric; if it is, create it with apply_transposed = NULL, else "
                   "ask for its singular values or nndyn_eigenvalues");
}
