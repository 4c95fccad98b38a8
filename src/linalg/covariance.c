/* covariance.c - symmetric positive definite systems and the stationary covariance of a linear map with noise.
 *
 * sigma = sum over k of a^k q a'^k.  Smith's doubling adds up 2^k terms in k steps: s <- s + a s a', a <- a a.  What
 * rounding leaves is removed by solving for the residual again, with the same squares.
 *
 * SPDX-License-Identifier: MIT */
#include "kernels/kernels.h"
#include "linalg/lapack.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- Cholesky ---------------------------------------------------------------------------------------------------- */

int nd_cholesky(void *handle, int64_t n, double *a)
{
    ND_TRY(nd_check_fits(handle, (double)n, n, n, "dpotrf"));
    ND_TRY(nd_check_matrix(handle, n * n, a, "dpotrf"));
    /* The lower triangle of the row-major matrix is the upper one of the column-major one: a = U'U, and L = U'. */
    lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', (lapack_int)n, a, (lapack_int)n);
    if (info > 0) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "the %lld x %lld matrix is not positive definite: its leading minor of order %d is not",
                       (long long)n, (long long)n, (int)info);
    }
    return nd_lapack_status(handle, "dpotrf", info);
}

int nd_solve_spd(void *handle, int64_t n, double *a, int64_t count, double *b)
{
    ND_TRY(nd_check_fits(handle, (double)count, count, n, "dpotrs"));
    ND_TRY(nd_check_matrix(handle, nd_product(count, n), b, "dpotrs"));
    ND_TRY(nd_cholesky(handle, n, a));
    lapack_int size = (lapack_int)n;
    lapack_int info = LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'U', size, (lapack_int)count, a, size, b, size);
    return nd_lapack_status(handle, "dpotrs", info);
}

/* ---- stationary covariance --------------------------------------------------------------------------------------- */

typedef struct stationary {
    nndyn_context *context;
    const nd_kernels_f64 *kernels;
    int64_t n;
    const double *a;
    double *power, *product, *sum, *residual; /* n x n each */
} stationary;

static int64_t square(const stationary *work)
{
    return work->n * work->n;
}

/* c = beta c + x y, or x y' */
static int multiply(const stationary *work, int transposed, const double *x, const double *y, double beta, double *c)
{
    int64_t n = work->n;
    return work->kernels->gemm(work->context, 0, transposed, n, n, n, 1, x, n, y, n, beta, c, n);
}

static double largest(int64_t count, const double *x)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

static void symmetrize(int64_t n, double *s)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            s[i * n + j] = s[j * n + i] = 0.5 * s[i * n + j] + 0.5 * s[j * n + i];
        }
    }
}

/* sum <- the solution for `sum` in the place of q; *settled: the series came to its end. */
static int doubling(stationary *work, int *settled)
{
    enum { MOST = 64 }; /* 2^64 terms reach a radius of 1 - 2^-53 many times over */
    size_t bytes = (size_t)square(work) * sizeof(double);
    *settled = 0;
    memcpy(work->power, work->a, bytes);
    for (int k = 0; k < MOST && !*settled; k++) {
        double before = largest(square(work), work->sum);
        ND_TRY(multiply(work, 0, work->power, work->sum, 0, work->product));
        ND_TRY(multiply(work, 1, work->product, work->power, 0, work->residual));
        double added = largest(square(work), work->residual);
        for (int64_t i = 0; i < square(work); i++) {
            work->sum[i] += work->residual[i];
        }
        symmetrize(work->n, work->sum);
        ND_TRY(multiply(work, 0, work->power, work->power, 0, work->product));
        memcpy(work->power, work->product, bytes);
        /* The norm of a power may still be large where a is far from normal: it must have gone too. */
        *settled = added <= 0.1 * DBL_EPSILON * before && largest(square(work), work->power) < 1;
        if (!isfinite(added)) {
            return NNDYN_OK;
        }
    }
    return NNDYN_OK;
}

/* residual = q - sigma + a sigma a' */
static int remainder_of(stationary *work, const double *q, const double *sigma)
{
    ND_TRY(multiply(work, 0, work->a, sigma, 0, work->product));
    for (int64_t i = 0; i < square(work); i++) {
        work->residual[i] = q[i] - sigma[i];
    }
    return multiply(work, 1, work->product, work->a, 1, work->residual);
}

/* Twice is enough: a correction is as exact as the first solution was. */
static int solve(stationary *work, const double *q, double *sigma, int *settled)
{
    enum { CORRECTIONS = 2 };
    size_t bytes = (size_t)square(work) * sizeof *sigma;
    memcpy(work->sum, q, bytes);
    ND_TRY(doubling(work, settled));
    memcpy(sigma, work->sum, bytes);
    for (int i = 0; i < CORRECTIONS && *settled; i++) {
        ND_TRY(remainder_of(work, q, sigma));
        memcpy(work->sum, work->residual, bytes);
        symmetrize(work->n, work->sum);
        ND_TRY(doubling(work, settled));
        for (int64_t j = 0; j < square(work); j++) {
            sigma[j] += work->sum[j];
        }
    }
    return NNDYN_OK;
}

/* The spectral radius by way of the memory of power, product and sum. */
static int radius(void *handle, stationary *work, double *out)
{
    double *re = work->product, *im = work->sum;
    memcpy(work->power, work->a, (size_t)square(work) * sizeof *re);
    ND_TRY(nd_general_eigen(handle, work->n, work->power, re, im, NULL));
    *out = 0;
    for (int64_t i = 0; i < work->n; i++) {
        *out = fmax(*out, hypot(re[i], im[i]));
    }
    return NNDYN_OK;
}

static int stationary_state(void *handle, stationary *work, const double *q, double *sigma, double *solution)
{
    double size = 0;
    int settled = 0;
    ND_TRY(radius(handle, work, &size));
    if (size < 1) {
        int status = solve(work, q, solution, &settled);
        if (status != NNDYN_OK) {
            return nd_fail(handle, status, "the executor of the context failed");
        }
    }
    if (!settled) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "there is no stationary state: the spectral radius of the step is %.17g, it must be below 1",
                       size);
    }
    memcpy(sigma, solution, (size_t)square(work) * sizeof *sigma);
    return NNDYN_OK;
}

int nd_lyapunov_discrete(void *handle, int64_t n, const double *a, const double *q, double *sigma)
{
    stationary work = {nd_handle_context(handle), NULL, n, a, NULL, NULL, NULL, NULL};
    double *memory = NULL;
    int64_t count = nd_product(n, n);
    work.kernels = nd_kernels_choose_f64(nd_context_kernels(work.context));
    ND_TRY(nd_allocate_for(handle, nd_product(5, count), sizeof *memory, &memory));
    work.power = memory;
    work.product = memory + count;
    work.sum = memory + 2 * count;
    work.residual = memory + 3 * count;
    int status = nd_check_matrix(handle, count, q, "the stationary covariance");
    if (status == NNDYN_OK) {
        status = stationary_state(handle, &work, q, sigma, memory + 4 * count);
    }
    nd_release(work.context, memory);
    return status;
}
