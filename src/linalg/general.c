/* general.c - eigenvalues of general matrices, real Schur form and its reordering, by LAPACK.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/lapack.h"
#include "linalg/schur.h"

/* ---- eigenvalues ------------------------------------------------------------------------------------------------- */

double nd_general_eigen_bytes(int64_t n)
{
    return 300.0 * (double)n * (double)sizeof(double);
}

int nd_general_eigen(void *handle, int64_t n, double *a, double *re, double *im, double *vectors)
{
    lapack_int size = (lapack_int)n;
    double none = 0, wanted = 0, *work = NULL, *right = vectors != NULL ? vectors : &none;
    char job = vectors != NULL ? 'V' : 'N';
    ND_TRY(nd_check_fits(handle, 300.0 * (double)n, n, n, "dgeev"));
    ND_TRY(nd_check_matrix(handle, n * n, a, "dgeev"));
    lapack_int info =
        LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', job, size, a, size, re, im, &none, 1, right, size, &wanted, -1);
    ND_TRY(nd_lapack_status(handle, "dgeev", info));
    ND_TRY(nd_allocate_for(handle, nd_queried(wanted), sizeof *work, &work));
    info = LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', job, size, a, size, re, im, &none, 1, right, size, work,
                              nd_queried(wanted));
    nd_release(nd_handle_context(handle), work);
    return nd_lapack_status(handle, "dgeev", info);
}

/* ---- Schur form -------------------------------------------------------------------------------------------------- */

int nd_schur(void *handle, int64_t n, double *t, double *z, double *re, double *im)
{
    lapack_int size = (lapack_int)n, sorted = 0, unused = 0;
    double wanted = 0, *work = NULL;
    ND_TRY(nd_check_fits(handle, 300.0 * (double)n, n, n, "dgees"));
    ND_TRY(nd_check_matrix(handle, n * n, t, "dgees"));
    lapack_int info = LAPACKE_dgees_work(LAPACK_COL_MAJOR, 'V', 'N', NULL, size, t, size, &sorted, re, im, z, size,
                                         &wanted, -1, &unused);
    ND_TRY(nd_lapack_status(handle, "dgees", info));
    ND_TRY(nd_allocate_for(handle, nd_queried(wanted), sizeof *work, &work));
    info = LAPACKE_dgees_work(LAPACK_COL_MAJOR, 'V', 'N', NULL, size, t, size, &sorted, re, im, z, size, work,
                              nd_queried(wanted), &unused);
    nd_release(nd_handle_context(handle), work);
    return nd_lapack_status(handle, "dgees", info);
}

int nd_schur_reorder(void *handle, int64_t n, const int *select, double *t, double *z, double *re, double *im)
{
    lapack_int size = (lapack_int)n, chosen = 0, iwork = 0, *logical = NULL;
    double condition = 0, separation = 0, *work = NULL;
    ND_TRY(nd_allocate_for(handle, n, sizeof *logical, &logical));
    int status = nd_allocate_for(handle, n, sizeof *work, &work);
    if (status == NNDYN_OK) {
        for (int64_t i = 0; i < n; i++) {
            logical[i] = select[i];
        }
        lapack_int info = LAPACKE_dtrsen_work(LAPACK_COL_MAJOR, 'N', 'V', logical, size, t, size, z, size, re, im,
                                              &chosen, &condition, &separation, work, size, &iwork, 1);
        status = nd_lapack_status(handle, "dtrsen", info);
    }
    nd_release(nd_handle_context(handle), work);
    nd_release(nd_handle_context(handle), logical);
    return status;
}

int nd_schur_vectors(void *handle, int64_t n, const double *t, double *vectors)
{
    lapack_int size = (lapack_int)n, used = 0;
    double none = 0, *work = NULL;
    ND_TRY(nd_allocate_for(handle, 3 * n, sizeof *work, &work));
    /* LAPACK's prototype takes t without const; with 'R' and 'A' it is only read. */
    lapack_int info = LAPACKE_dtrevc_work(LAPACK_COL_MAJOR, 'R', 'A', NULL, size, (double *)t, size, &none, 1, vectors,
                                          size, size, &used, work);
    nd_release(nd_handle_context(handle), work);
    return nd_lapack_status(handle, "dtrevc", info);
}
