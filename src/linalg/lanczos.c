/* lanczos.c - Lanczos tridiagonalization with full reorthogonalization and thick restarts.
 *
 * Two passes of classical Gram-Schmidt keep the basis orthonormal to rounding.  Where the Krylov space ends early (a
 * remainder at the level of rounding) the run goes on from a random vector with an exact zero in T: so multiple values
 * come out as often as they are there once the space is filled.  Thick restarts: Wu and Simon, "Thick-restart Lanczos
 * method for large symmetric eigenvalue problems", 2000.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/lanczos.h"
#include "core/random.h"
#include "linalg/dense.h"
#include "linalg/operator.h"
#include <float.h>
#include <math.h>
#include <string.h>

double nd_spectral_key(int which, double value)
{
    switch (which) {
    case ND_LARGEST:
        return value;
    case ND_MAGNITUDE:
        return fabs(value);
    default:
        return -value;
    }
}

double nd_lanczos_bytes(int64_t n, int64_t most, int64_t locked)
{
    double k = (double)most, vectors = k + 1 + (double)locked + 1, small = 5 * k * k + 400 * k + 20 * (double)locked;
    return (vectors * (double)n + small + 256.0 * (double)(most + locked) + 4096) * (double)sizeof(double);
}

int nd_lanczos_open(nd_lanczos *run, nndyn_operator *op, int which, double shift, int64_t most, int64_t locked,
                    int64_t seed)
{
    double *memory = NULL;
    memset(run, 0, sizeof *run);
    run->op = op;
    run->kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    run->which = which;
    run->shift = shift;
    run->n = op->rows;
    run->most = most;
    run->seed = seed;
    ND_TRY(nd_basis_open(&run->basis, op, run->kernels, run->n, most + 1));
    ND_TRY(nd_basis_open(&run->locked, op, run->kernels, run->n, locked + 1));
    ND_TRY(nd_allocate_for(op, nd_product(8, most + locked + 1), sizeof *memory, &memory));
    run->diagonal = memory;
    run->beta = memory + most;
    run->spike = memory + 2 * most;
    run->values = memory + 3 * most;
    run->bound = memory + 4 * most;
    run->last = memory + 5 * most;
    run->products = memory + 6 * most;
    if (which == ND_NEAREST) {
        ND_TRY(nd_allocate_for(op, run->n, sizeof *run->squared, &run->squared));
    }
    return NNDYN_OK;
}

void nd_lanczos_close(nd_lanczos *run)
{
    nd_release(run->op->handle.context, run->squared);
    nd_release(run->op->handle.context, run->diagonal);
    nd_basis_close(&run->basis);
    nd_basis_close(&run->locked);
}

int nd_lanczos_complete(const nd_lanczos *run)
{
    return run->locked.used + run->steps == run->n;
}

/* ---- vectors ----------------------------------------------------------------------------------------------------- */

static int orthogonalize(nd_lanczos *run, double *w, double *norm)
{
    for (int pass = 0; pass < 2; pass++) {
        ND_TRY(nd_basis_project_out(&run->locked, run->op, w, run->products));
        ND_TRY(nd_basis_project_out(&run->basis, run->op, w, run->products));
    }
    *norm = nd_norm(run->kernels, run->n, w);
    return NNDYN_OK;
}

static void divide(int64_t n, double *w, double norm)
{
    for (int64_t i = 0; i < n; i++) {
        w[i] /= norm;
    }
}

/* A random unit vector orthogonal to locked ones and basis, which leave room for it. */
static int draw(nd_lanczos *run, int64_t item, double *w)
{
    double norm = 0;
    nd_normal(nd_stream_open(run->seed, ND_RANDOM_PROBE, item, run->drawn++), 0, run->n, w);
    divide(run->n, w, nd_norm(run->kernels, run->n, w));
    ND_TRY(orthogonalize(run, w, &norm));
    if (!(norm > 0)) {
        return nd_fail(run->op, NNDYN_EINTERNAL, "no direction is left beside %lld vectors of length %lld",
                       (long long)(run->locked.used + run->basis.used), (long long)run->n);
    }
    divide(run->n, w, norm);
    return NNDYN_OK;
}

static void subtract_shift(const nd_lanczos *run, const double *x, double *y)
{
    for (int64_t i = 0; i < run->n; i++) {
        y[i] -= run->shift * x[i];
    }
}

/* y = B x */
static int product(nd_lanczos *run, const double *x, double *y)
{
    run->taken++;
    if (run->which != ND_NEAREST) {
        return nd_operator_product(run->op, 0, x, y);
    }
    run->taken++;
    ND_TRY(nd_operator_product(run->op, 0, x, run->squared));
    subtract_shift(run, x, run->squared);
    ND_TRY(nd_operator_product(run->op, 0, run->squared, y));
    subtract_shift(run, run->squared, y);
    return NNDYN_OK;
}

/* ---- the recurrence ---------------------------------------------------------------------------------------------- */

int nd_lanczos_start(nd_lanczos *run, int64_t item)
{
    run->kept = run->steps = run->basis.used = 0;
    ND_TRY(nd_basis_reserve(&run->basis, run->op, 2));
    return draw(run, item, run->basis.rows[0]);
}

int nd_lanczos_step(nd_lanczos *run)
{
    int64_t j = run->steps;
    ND_TRY(nd_basis_reserve(&run->basis, run->op, j + 2));
    double *w = run->basis.rows[j + 1], norm;
    const double *q = run->basis.rows[j];
    ND_TRY(product(run, q, w));
    norm = nd_norm(run->kernels, run->n, w);
    if (!isfinite(norm)) {
        return nd_fail(run->op, NNDYN_ENUMERIC, "the norm of the operator's product is beyond the range of double");
    }
    run->norm = fmax(run->norm, norm);
    run->diagonal[j] = run->kernels->dot(run->n, q, w);
    run->basis.used = run->steps = j + 1;
    if (nd_lanczos_complete(run)) {
        run->beta[j] = 0;
        return NNDYN_OK;
    }
    ND_TRY(orthogonalize(run, w, &norm));
    if (norm <= 16 * DBL_EPSILON * run->norm) {
        run->beta[j] = 0;
        return draw(run, 0, w);
    }
    run->beta[j] = norm;
    divide(run->n, w, norm);
    return NNDYN_OK;
}

/* ---- Ritz pairs -------------------------------------------------------------------------------------------------- */

static void fill_projection(const nd_lanczos *run, double *t)
{
    int64_t k = run->steps;
    memset(t, 0, (size_t)(k * k) * sizeof *t);
    for (int64_t i = 0; i < k; i++) {
        int64_t next = i < run->kept ? run->kept : i + 1;
        t[i * k + i] = run->diagonal[i];
        if (next < k) {
            t[i * k + next] = t[next * k + i] = i < run->kept ? run->spike[i] : run->beta[i];
        }
    }
}

/* order[i]: which of the ascending values is the i-th in wanted order. */
static void sort_by_key(int which, int64_t k, const double *ascending, int64_t *order)
{
    int64_t low = 0, high = k - 1;
    for (int64_t i = 0; i < k; i++) {
        int from_top = nd_spectral_key(which, ascending[high]) >= nd_spectral_key(which, ascending[low]);
        order[i] = from_top ? high-- : low++;
    }
}

/* Ritz values in wanted order and, as rows, their vectors in terms of the basis; the caller releases
 * *vectors. */
static int decompose(nd_lanczos *run, double **vectors)
{
    nndyn_context *context = run->op->handle.context;
    int64_t k = run->steps, *order = NULL;
    double *memory = NULL;
    ND_TRY(nd_allocate_for(run->op, nd_product(2 * k + 1, k), sizeof *memory, &memory));
    double *t = memory + k * k, *ascending = t + k * k;
    int status = nd_allocate_for(run->op, k, sizeof *order, &order);
    if (status == NNDYN_OK) {
        fill_projection(run, t);
        status = nd_symmetric_eigen(run->op, k, t, 1, ascending);
    }
    if (status == NNDYN_OK) {
        sort_by_key(run->which, k, ascending, order);
        for (int64_t i = 0; i < k; i++) {
            memcpy(memory + i * k, t + order[i] * k, (size_t)k * sizeof *t);
            run->values[i] = ascending[order[i]];
            run->last[i] = memory[i * k + k - 1];
            run->bound[i] = run->beta[k - 1] * fabs(run->last[i]);
        }
        *vectors = memory;
    } else {
        nd_release(context, memory);
    }
    nd_release(context, order);
    return status;
}

int nd_lanczos_solve(nd_lanczos *run)
{
    double *vectors = NULL;
    ND_TRY(decompose(run, &vectors));
    nd_release(run->op->handle.context, vectors);
    return NNDYN_OK;
}

int nd_lanczos_combine(nd_lanczos *run, int64_t count, nd_basis *to, int64_t first)
{
    double *vectors = NULL;
    ND_TRY(decompose(run, &vectors));
    int status = nd_basis_combine(&run->basis, run->op, count, vectors, to, first);
    nd_release(run->op->handle.context, vectors);
    return status;
}

int nd_lanczos_restart(nd_lanczos *run, int64_t count)
{
    int64_t k = run->steps;
    double beta = run->beta[k - 1], *next = run->basis.rows[k];
    ND_TRY(nd_lanczos_combine(run, count, &run->basis, 0));
    run->basis.rows[k] = run->basis.rows[count];
    run->basis.rows[count] = next;
    for (int64_t i = 0; i < count; i++) {
        run->diagonal[i] = run->values[i];
        run->spike[i] = beta * run->last[i];
    }
    run->kept = run->steps = run->basis.used = count;
    return NNDYN_OK;
}

int nd_lanczos_quadrature(nd_lanczos *run, double *nodes, double *weights)
{
    int64_t k = run->steps;
    double *t = NULL;
    ND_TRY(nd_allocate_for(run->op, nd_product(k, k), sizeof *t, &t));
    fill_projection(run, t);
    int status = nd_symmetric_eigen(run->op, k, t, 1, nodes);
    for (int64_t i = 0; status == NNDYN_OK && i < k; i++) {
        weights[i] = t[i * k] * t[i * k];
    }
    nd_release(run->op->handle.context, t);
    return status;
}
