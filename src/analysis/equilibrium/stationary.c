/* stationary.c - the stationary covariance of SGD, closed form in the eigenbasis of the Hessian:
 *
 *     Sigma_ij = (eta / N) C_ij / (lambda_i + lambda_j - eta lambda_i lambda_j)
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <math.h>
#include <string.h>

typedef struct basis {
    double *vectors, *values, *c, *product;
    nd_arena arena;
} basis;

static void carve(basis *b, int64_t n)
{
    int64_t entries = nd_product(n, n);
    b->vectors = nd_arena_take(&b->arena, entries, sizeof(double));
    b->c = nd_arena_take(&b->arena, entries, sizeof(double));
    b->product = nd_arena_take(&b->arena, entries, sizeof(double));
    b->values = nd_arena_take(&b->arena, n, sizeof(double));
}

/* out = e a e', or e' a e if back */
static void rotate(int64_t n, const double *e, int back, const double *a, double *product, double *out)
{
    memset(product, 0, (size_t)(n * n) * sizeof *product);
    memset(out, 0, (size_t)(n * n) * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            double factor = back ? e[k * n + i] : e[i * n + k];
            for (int64_t j = 0; j < n; j++) {
                product[i * n + j] += factor * a[k * n + j];
            }
        }
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < n; k++) {
            for (int64_t j = 0; j < n; j++) {
                out[i * n + j] += product[i * n + k] * (back ? e[k * n + j] : e[j * n + k]);
            }
        }
    }
}

static int check_stable(void *handle, int64_t n, const double *values, double rate)
{
    for (int64_t i = 0; i < n; i++) {
        double step = rate * values[i];
        if (!(step > 0 && step < 2)) {
            return nd_fail(handle, NNDYN_ENUMERIC,
                           "there is no stationary state: the rate times an eigenvalue of the Hessian is %g * %g = %g, "
                           "must be between 0 and 2; %s",
                           rate, values[i], step,
                           step >= 2 ? "lower the rate" : "look at modes of positive curvature only");
        }
    }
    return NNDYN_OK;
}

static int solve(void *handle, basis *b, int64_t n, const double *hessian, const double *noise, double rate,
                 double batch, double *sigma)
{
    memcpy(b->vectors, hessian, (size_t)(n * n) * sizeof *hessian);
    ND_TRY(nd_symmetric_eigen(handle, n, b->vectors, 1, b->values));
    ND_TRY(check_stable(handle, n, b->values, rate));
    rotate(n, b->vectors, 0, noise, b->product, b->c);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            double li = b->values[i], lj = b->values[j];
            b->c[i * n + j] *= rate / batch / (li + lj - rate * li * lj);
        }
    }
    rotate(n, b->vectors, 1, b->c, b->product, sigma);
    return NNDYN_OK;
}

static int finite_and_symmetrized(void *handle, int64_t n, double *sigma)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double mean = 0.5 * (sigma[i * n + j] + sigma[j * n + i]);
            if (!isfinite(mean)) {
                return nd_fail(handle, NNDYN_ENUMERIC,
                               "the covariance is not finite: matrices or the rate are too large");
            }
            sigma[i * n + j] = mean;
            sigma[j * n + i] = mean;
        }
    }
    return NNDYN_OK;
}

int nd_stationary(void *handle, int64_t n, const double *hessian, const double *noise, double rate, double batch,
                  double *sigma)
{
    basis b = {0};
    double *aside;
    carve(&b, n);
    ND_TRY(nd_check_memory(handle, (double)b.arena.used + 8.0 * (double)n * (double)n, "the matrices"));
    ND_TRY(nd_arena_reserve(&b.arena, handle));
    carve(&b, n);
    int status = nd_allocate_for(handle, nd_product(n, n), sizeof *aside, &aside);
    if (status == NNDYN_OK) {
        status = solve(handle, &b, n, hessian, noise, rate, batch, aside);
        if (status == NNDYN_OK) {
            status = finite_and_symmetrized(handle, n, aside);
        }
        if (status == NNDYN_OK) {
            memcpy(sigma, aside, (size_t)(n * n) * sizeof *sigma);
        }
        nd_release(nd_handle_context(handle), aside);
    }
    nd_arena_free(&b.arena);
    return status;
}

/* ---- given matrices ---------------------------------------------------------------------------------------------- */

static int check_symmetric(void *handle, int64_t n, const double *a, const char *argument)
{
    double largest = 0;
    ND_TRY(nd_check_pointer(handle, a, argument));
    ND_TRY(nd_check_finite(handle, n, n, a, argument));
    for (int64_t i = 0; i < n * n; i++) {
        largest = fmax(largest, fabs(a[i]));
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (fabs(a[i * n + j] - a[j * n + i]) > 1e-10 * largest) {
                return nd_fail(handle, NNDYN_EARG,
                               "%s has %g at (%lld, %lld) and %g at (%lld, %lld); it must be symmetric", argument,
                               a[i * n + j], (long long)i, (long long)j, a[j * n + i], (long long)j, (long long)i);
            }
        }
    }
    return NNDYN_OK;
}

static int stationary(nndyn_context *context, int64_t n, const double *hessian, const double *noise, double rate,
                      double batch, double *sigma)
{
    ND_TRY(nd_check_size(context, n, 1, INT32_MAX, "n"));
    ND_TRY(nd_check_positive(context, rate, "rate"));
    ND_TRY(nd_check_positive(context, batch, "batch"));
    ND_TRY(nd_check_pointer(context, sigma, "sigma"));
    ND_TRY(check_symmetric(context, n, hessian, "hessian"));
    ND_TRY(check_symmetric(context, n, noise, "noise"));
    return nd_stationary(context, n, hessian, noise, rate, batch, sigma);
}

int nndyn_equilibrium_stationary(nndyn_context *context, int64_t n, const double *hessian, const double *noise,
                                 double rate, double batch, double *sigma)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_equilibrium_stationary"));
    return nd_leave(context, stationary(context, n, hessian, noise, rate, batch, sigma));
}
