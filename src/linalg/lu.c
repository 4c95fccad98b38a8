/* lu.c - general square systems by LU factorization (LAPACK's dgetrf, dgecon, dgetrs).
 *
 * A row-major matrix is the transpose of a column-major one: what LAPACK factors is a', so that a x = b is its
 * transposed system, and the 1-norm of a is its infinity norm.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/lapack.h"
#include <limits.h>
#include <math.h>

double nd_lu_bytes(int64_t n)
{
    return (double)n * (4 * (double)sizeof(double) + 2 * (double)sizeof(lapack_int));
}

/* Largest sum of |a_ij| over a column. */
static double norm_1(int64_t n, const double *a, double *sums)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            sums[j] = (i == 0 ? 0 : sums[j]) + fabs(a[i * n + j]);
        }
    }
    for (int64_t j = 0; j < n; j++) {
        most = fmax(most, sums[j]);
    }
    return most;
}

static int reciprocal_condition(void *handle, nd_lu *lu, double norm, double *work, lapack_int *iwork)
{
    lapack_int size = (lapack_int)lu->n;
    lapack_int info = LAPACKE_dgecon_work(LAPACK_COL_MAJOR, 'I', size, lu->a, size, norm, &lu->reciprocal, work, iwork);
    return nd_lapack_status(handle, "dgecon", info);
}

static int factor(void *handle, nd_lu *lu, double *work, lapack_int *iwork)
{
    lapack_int size = (lapack_int)lu->n;
    double norm = norm_1(lu->n, lu->a, work);
    lapack_int info = LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, size, size, lu->a, size, lu->pivots);
    lu->reciprocal = 0;
    if (info > 0) {
        return NNDYN_OK; /* a pivot is 0: singular, which the caller reads from the reciprocal */
    }
    ND_TRY(nd_lapack_status(handle, "dgetrf", info));
    return reciprocal_condition(handle, lu, norm, work, iwork);
}

int nd_lu_factor(void *handle, int64_t n, double *a, nd_lu *lu)
{
    nndyn_context *context = nd_handle_context(handle);
    double *work = NULL;
    lapack_int *iwork = NULL;
    nd_lu made = {.n = n, .a = a};
    ND_TRY(nd_check_fits(handle, 4.0 * (double)n, n, n, "dgetrf"));
    ND_TRY(nd_check_matrix(handle, n * n, a, "dgetrf"));
    ND_TRY(nd_allocate_for(handle, n, sizeof(lapack_int), &made.pivots));
    int status = nd_allocate_for(handle, 4 * n, sizeof *work, &work);
    status = status == NNDYN_OK ? nd_allocate_for(handle, n, sizeof *iwork, &iwork) : status;
    status = status == NNDYN_OK ? factor(handle, &made, work, iwork) : status;
    nd_release(context, iwork);
    nd_release(context, work);
    if (status != NNDYN_OK) {
        nd_lu_free(handle, &made);
        return status;
    }
    *lu = made;
    return NNDYN_OK;
}

int nd_lu_solve(void *handle, const nd_lu *lu, int transposed, int64_t count, double *b)
{
    lapack_int size = (lapack_int)lu->n;
    ND_TRY(nd_check_fits(handle, (double)count, count, lu->n, "dgetrs"));
    lapack_int info = LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, transposed ? 'N' : 'T', size, (lapack_int)count, lu->a,
                                          size, lu->pivots, b, size);
    return nd_lapack_status(handle, "dgetrs", info);
}

void nd_lu_free(void *handle, nd_lu *lu)
{
    nd_release(nd_handle_context(handle), lu->pivots);
    lu->pivots = NULL;
}
