/* lapack.c - what every call of LAPACK needs beside itself.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/lapack.h"
#include <limits.h>
#include <math.h>

/* What LAPACK reports: info < 0 is a mistake of ours, info > 0 an iteration that did not converge. */
int nd_lapack_status(void *handle, const char *routine, lapack_int info)
{
    if (info == 0) {
        return NNDYN_OK;
    }
    if (info < 0) {
        return nd_fail(handle, NNDYN_EINTERNAL, "LAPACK's %s refused its argument %d", routine, -(int)info);
    }
    return nd_fail(handle, NNDYN_ENUMERIC, "LAPACK's %s did not converge (info = %d)", routine, (int)info);
}

/* LAPACK counts in int, also the length of its workspace: refuse sizes at which it would overflow. */
int nd_check_fits(void *handle, double largest, int64_t m, int64_t n, const char *routine)
{
    if (largest <= INT_MAX) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_EUNSUPPORTED,
                   "a %lld x %lld matrix is beyond what LAPACK's %s can index with 32-bit integers", (long long)m,
                   (long long)n, routine);
}

int nd_check_matrix(void *handle, int64_t count, const double *a, const char *routine)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(a[i])) {
            return nd_fail(handle, NNDYN_ENUMERIC, "the matrix given to %s is not finite", routine);
        }
    }
    return NNDYN_OK;
}

/* The length of workspace a query returned in work[0], rounded up: it is a double, exact far beyond INT_MAX. */
lapack_int nd_queried(double work)
{
    return (lapack_int)ceil(work < 1 ? 1 : work);
}
