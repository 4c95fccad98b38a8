/* dense.c - dense factorizations by LAPACK, on memory of the context.
 *
 * Only the _work forms are called, and always column-major, where LAPACKE neither allocates nor copies; a row-major
 * matrix is the transpose of a column-major one, and each function below says what becomes of that.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/dense.h"
#include "linalg/lapack.h"
#include <math.h>
#include <string.h>

/* ---- symmetric eigenproblem -------------------------------------------------------------------------------------- */

static double eigen_work(int64_t n, int vectors)
{
    double size = (double)n;
    return vectors ? 1 + 6 * size + 2 * size * size : 66 * size + 1;
}

double nd_symmetric_eigen_bytes(int64_t n, int vectors)
{
    return eigen_work(n, vectors) * (double)sizeof(double) + (5.0 * (double)n + 3) * (double)sizeof(lapack_int);
}

int nd_symmetric_eigen(void *handle, int64_t n, double *a, int vectors, double *values)
{
    nndyn_context *context = nd_handle_context(handle);
    char job = vectors ? 'V' : 'N';
    lapack_int size = (lapack_int)n, isize = 1, info;
    double wanted = 0;
    double *work = NULL;
    lapack_int *iwork = NULL;
    ND_TRY(nd_check_fits(handle, fmax(eigen_work(n, vectors), (double)n), n, n, "dsyevd"));
    ND_TRY(nd_check_matrix(handle, n * n, a, "dsyevd"));
    /* Symmetric: row-major is column-major, and eigenvectors as columns of the one are rows of the other. */
    info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', size, a, size, values, &wanted, -1, &isize, -1);
    ND_TRY(nd_lapack_status(handle, "dsyevd", info));
    ND_TRY(nd_allocate_for(handle, nd_queried(wanted), sizeof *work, &work));
    int status = nd_allocate_for(handle, isize, sizeof *iwork, &iwork);
    if (status == NNDYN_OK) {
        info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'U', size, a, size, values, work, nd_queried(wanted), iwork,
                                   isize);
        status = nd_lapack_status(handle, "dsyevd", info);
    }
    nd_release(context, iwork);
    nd_release(context, work);
    return status;
}

/* ---- singular value decomposition -------------------------------------------------------------------------------- */

/* The least length of dgesdd's workspace; it asks for up to about twice that, for blocking. */
static double svd_work(int64_t m, int64_t n, int vectors)
{
    double k = (double)(m < n ? m : n), longest = (double)(m < n ? n : m);
    return vectors ? 4 * k * k + 7 * k + longest : 7 * k + longest;
}

/* What dgesdd asks for without vectors: blocks of 32 rows and columns, a fifth more for others; a matrix much longer
 * than wide is first cut to its triangle. */
static double svd_values_work(int64_t m, int64_t n)
{
    double k = (double)(m < n ? m : n), longest = (double)(m < n ? n : m);
    return 1.2 * (longest >= 11 * k / 6 ? 67 * k : 3 * k + 34 * (k + longest));
}

double nd_svd_bytes(int64_t m, int64_t n, int vectors)
{
    double k = (double)(m < n ? m : n);
    double work = vectors ? 1.2 * svd_work(m, n, 1) + 66 * (double)(m + n) + k * (double)m : svd_values_work(m, n);
    return work * (double)sizeof(double) + 8 * k * (double)sizeof(lapack_int);
}

/* The rows of `to` (k x m) become the columns of `from` (m x k), in tiles that fit the cache. */
static void transpose(int64_t m, int64_t k, const double *from, double *to)
{
    enum { TILE = 32 };
    for (int64_t i0 = 0; i0 < m; i0 += TILE) {
        for (int64_t j0 = 0; j0 < k; j0 += TILE) {
            for (int64_t j = j0; j < k && j < j0 + TILE; j++) {
                for (int64_t i = i0; i < m && i < i0 + TILE; i++) {
                    to[j * m + i] = from[i * k + j];
                }
            }
        }
    }
}

/* dgesdd on A' (n x m, column-major): its left vectors are the right vectors of A, and come out as rows of v; its right
 * ones come out as the columns of a row-major m x k matrix `left`. */
static int svd(void *handle, int64_t m, int64_t n, double *a, double *s, double *left, double *v)
{
    nndyn_context *context = nd_handle_context(handle);
    lapack_int rows = (lapack_int)n, columns = (lapack_int)m, k = rows < columns ? rows : columns, info;
    char job = v != NULL ? 'S' : 'N';
    double none = 0, wanted = 0, *work = NULL;
    lapack_int *iwork = NULL;
    double *u1 = v != NULL ? v : &none, *vt1 = left != NULL ? left : &none;
    ND_TRY(nd_allocate_for(handle, 8 * (int64_t)k, sizeof *iwork, &iwork));
    info = LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, rows, columns, a, rows, s, u1, rows, vt1, k, &wanted, -1, iwork);
    int status = nd_lapack_status(handle, "dgesdd", info);
    if (status == NNDYN_OK) {
        status = nd_allocate_for(handle, nd_queried(wanted), sizeof *work, &work);
    }
    if (status == NNDYN_OK) {
        info = LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, job, rows, columns, a, rows, s, u1, rows, vt1, k, work,
                                   nd_queried(wanted), iwork);
        status = nd_lapack_status(handle, "dgesdd", info);
    }
    nd_release(context, work);
    nd_release(context, iwork);
    return status;
}

int nd_svd(void *handle, int64_t m, int64_t n, double *a, double *s, double *u, double *v)
{
    int64_t k = m < n ? m : n;
    double *left = NULL;
    double longest = (double)(m < n ? n : m);
    /* Blocking may add up to 64 numbers a row and column to the least workspace. */
    ND_TRY(nd_check_fits(handle, 2 * svd_work(m, n, u != NULL) + 130 * longest, m, n, "dgesdd"));
    ND_TRY(nd_check_matrix(handle, m * n, a, "dgesdd"));
    if (u != NULL) {
        ND_TRY(nd_allocate_for(handle, nd_product(m, k), sizeof *left, &left));
    }
    int status = svd(handle, m, n, a, s, left, v);
    if (status == NNDYN_OK && u != NULL) {
        transpose(m, k, left, u);
    }
    nd_release(nd_handle_context(handle), left);
    return status;
}

/* ---- orthonormal rows -------------------------------------------------------------------------------------------- */

/* The rows of A are the columns of the column-major n x m matrix A' = Q R; Q takes its place. */
static int orthonormalize(void *handle, lapack_int n, lapack_int m, double *a, double *tau, double *sign)
{
    nndyn_context *context = nd_handle_context(handle);
    double most[2] = {0, 0}, *work = NULL;
    lapack_int info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, m, a, n, tau, &most[0], -1);
    ND_TRY(nd_lapack_status(handle, "dgeqrf", info));
    info = LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, m, m, a, n, tau, &most[1], -1);
    ND_TRY(nd_lapack_status(handle, "dorgqr", info));
    lapack_int length = nd_queried(fmax(most[0], most[1]));
    ND_TRY(nd_allocate_for(handle, length, sizeof *work, &work));
    info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, m, a, n, tau, work, length);
    int status = nd_lapack_status(handle, "dgeqrf", info);
    if (status == NNDYN_OK) {
        for (int64_t i = 0; i < m; i++) {
            sign[i] = a[i * n + i] < 0 ? -1 : 1;
        }
        info = LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, n, m, m, a, n, tau, work, length);
        status = nd_lapack_status(handle, "dorgqr", info);
    }
    nd_release(context, work);
    return status;
}

int nd_orthonormal_rows(void *handle, int64_t m, int64_t n, double *a)
{
    double *tau = NULL;
    if (m > n) {
        return nd_fail(handle, NNDYN_EINTERNAL, "%lld rows of %lld numbers cannot be orthonormal", (long long)m,
                       (long long)n);
    }
    ND_TRY(nd_check_fits(handle, 65.0 * (double)n, m, n, "dgeqrf"));
    ND_TRY(nd_check_matrix(handle, m * n, a, "dgeqrf"));
    ND_TRY(nd_allocate_for(handle, 2 * m, sizeof *tau, &tau));
    int status = orthonormalize(handle, (lapack_int)n, (lapack_int)m, a, tau, tau + m);
    for (int64_t i = 0; status == NNDYN_OK && i < m; i++) {
        for (int64_t j = 0; tau[m + i] < 0 && j < n; j++) {
            a[i * n + j] = -a[i * n + j];
        }
    }
    nd_release(nd_handle_context(handle), tau);
    return status;
}

/* ---- bidiagonal matrices ----------------------------------------------------------------------------------------- */

int nd_bidiagonal_values(void *handle, int64_t n, double *d, double *e, double *last, double *work)
{
    double none = 0;
    memset(last, 0, (size_t)n * sizeof *last);
    last[n - 1] = 1;
    ND_TRY(nd_check_fits(handle, 4.0 * (double)n, n, n, "dbdsqr"));
    /* One row of the left vectors: `last` is a 1 x n matrix that is multiplied by them. */
    lapack_int info =
        LAPACKE_dbdsqr_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, 0, 1, 0, d, e, &none, 1, last, 1, &none, 1, work);
    return nd_lapack_status(handle, "dbdsqr", info);
}
