/* arnoldi.c - Arnoldi reduction with Krylov-Schur restarts.
 *
 * Stewart, "A Krylov-Schur algorithm for large eigenproblems", 2002.  Two passes of classical Gram-Schmidt; where the
 * space ends early the run goes on from a random vector with an exact zero in H.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/arnoldi.h"
#include "core/random.h"
#include "kernels/dot.h"
#include "linalg/operator.h"
#include "linalg/schur.h"
#include <float.h>
#include <math.h>
#include <string.h>

double nd_arnoldi_bytes(int64_t n, int64_t most, int64_t locked)
{
    double k = (double)most, vectors = k + 1 + (double)locked;
    return (vectors * (double)n + 4 * k * k + 400 * k + 256 * (double)(most + locked) + 4096) * (double)sizeof(double);
}

int nd_arnoldi_open(nd_arnoldi *run, nndyn_operator *op, int64_t most, int64_t locked, int64_t seed)
{
    double *memory = NULL;
    int64_t square = nd_product(most, most);
    memset(run, 0, sizeof *run);
    run->op = op;
    run->kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    run->n = op->rows;
    run->most = most;
    run->seed = seed;
    ND_TRY(nd_basis_open(&run->basis, op, run->kernels, run->n, most + 1));
    ND_TRY(nd_basis_open(&run->locked, op, run->kernels, run->n, locked));
    ND_TRY(nd_allocate_for(op, most, sizeof *run->order, &run->order));
    ND_TRY(nd_allocate_for(op, most, sizeof *run->select, &run->select));
    ND_TRY(nd_allocate_for(op, nd_product(4, square) + 6 * most + locked, sizeof *memory, &memory));
    run->h = memory;
    run->t = run->h + square;
    run->z = run->t + square;
    run->x = run->z + square;
    run->coupling = run->x + square;
    run->re = run->coupling + most;
    run->im = run->re + most;
    run->bound = run->im + most;
    run->last = run->bound + most;
    run->products = run->last + most;
    return NNDYN_OK;
}

void nd_arnoldi_close(nd_arnoldi *run)
{
    nndyn_context *context = run->op->handle.context;
    nd_release(context, run->h);
    nd_release(context, run->select);
    nd_release(context, run->order);
    nd_basis_close(&run->basis);
    nd_basis_close(&run->locked);
}

int nd_arnoldi_complete(const nd_arnoldi *run)
{
    return run->locked.used + run->steps == run->n;
}

/* ---- vectors ----------------------------------------------------------------------------------------------------- */

static void divide(int64_t n, double *w, double norm)
{
    for (int64_t i = 0; i < n; i++) {
        w[i] /= norm;
    }
}

/* The coefficients along the basis are added to `column`, unless it is NULL. */
static int orthogonalize(nd_arnoldi *run, double *w, double *column, double *norm)
{
    for (int pass = 0; pass < 2; pass++) {
        ND_TRY(nd_basis_project_out(&run->locked, run->op, w, run->products));
        ND_TRY(nd_basis_project_out(&run->basis, run->op, w, run->products));
        for (int64_t i = 0; column != NULL && i < run->basis.used; i++) {
            column[i] += run->products[i];
        }
    }
    *norm = nd_norm(run->kernels, run->n, w);
    return NNDYN_OK;
}

static int draw(nd_arnoldi *run, double *w)
{
    double norm = 0;
    nd_normal(nd_stream_open(run->seed, ND_RANDOM_PROBE, 0, run->drawn++), 0, run->n, w);
    divide(run->n, w, nd_norm(run->kernels, run->n, w));
    ND_TRY(orthogonalize(run, w, NULL, &norm));
    if (!(norm > 0)) {
        return nd_fail(run->op, NNDYN_EINTERNAL, "no direction is left beside %lld vectors of length %lld",
                       (long long)(run->locked.used + run->basis.used), (long long)run->n);
    }
    divide(run->n, w, norm);
    return NNDYN_OK;
}

/* ---- the reduction ----------------------------------------------------------------------------------------------- */

int nd_arnoldi_start(nd_arnoldi *run)
{
    run->steps = run->basis.used = 0;
    ND_TRY(nd_basis_reserve(&run->basis, run->op, 2));
    return draw(run, run->basis.rows[0]);
}

int nd_arnoldi_step(nd_arnoldi *run)
{
    int64_t j = run->steps;
    ND_TRY(nd_basis_reserve(&run->basis, run->op, j + 2));
    double *w = run->basis.rows[j + 1], *column = run->h + j * run->most, norm;
    run->taken++;
    ND_TRY(nd_operator_product(run->op, 0, run->basis.rows[j], w));
    norm = nd_norm(run->kernels, run->n, w);
    if (!isfinite(norm)) {
        return nd_fail(run->op, NNDYN_ENUMERIC, "the norm of the operator's product is beyond the range of double");
    }
    run->norm = fmax(run->norm, norm);
    for (int64_t i = 0; i < j; i++) {
        run->h[i * run->most + j] = run->coupling[i];
        run->coupling[i] = 0;
    }
    memset(column, 0, (size_t)run->most * sizeof *column);
    run->basis.used = run->steps = j + 1;
    ND_TRY(orthogonalize(run, w, column, &norm));
    run->coupling[j] = 0;
    if (nd_arnoldi_complete(run)) {
        return NNDYN_OK;
    }
    if (norm <= 16 * DBL_EPSILON * run->norm) {
        return draw(run, w);
    }
    run->coupling[j] = norm;
    divide(run->n, w, norm);
    return NNDYN_OK;
}

/* ---- eigenvalues of H -------------------------------------------------------------------------------------------- */

/* Insertion of whole pairs, which LAPACK gives side by side with im > 0 first. */
void nd_order_by_modulus(int64_t k, const double *re, const double *im, int64_t *order)
{
    for (int64_t i = 0; i < k;) {
        int64_t size = im[i] != 0 && i + 1 < k ? 2 : 1, at = i;
        double modulus = hypot(re[i], im[i]);
        while (at > 0 && hypot(re[order[at - 1]], im[order[at - 1]]) < modulus) {
            order[at - 1 + size] = order[at - 1];
            at--;
        }
        order[at] = i;
        if (size == 2) {
            order[at + 1] = i + 1;
        }
        i += size;
    }
}

/* |b z x| / |x| for each eigenvector x of the Schur form. */
static void set_bounds(nd_arnoldi *run)
{
    int64_t k = run->steps;
    for (int64_t i = 0; i < k; i++) {
        run->last[i] = nd_dot(k, run->coupling, run->z + i * k);
    }
    for (int64_t i = 0; i < k; i++) {
        int64_t pair = run->im[i] > 0 && i + 1 < k;
        const double *x = run->x + i * k;
        double coupled = nd_dot(k, run->last, x), size = sqrt(nd_dot(k, x, x));
        if (pair) {
            coupled = hypot(coupled, nd_dot(k, run->last, x + k));
            size = hypot(size, sqrt(nd_dot(k, x + k, x + k)));
        }
        run->bound[i] = size > 0 ? fabs(coupled) / size : HUGE_VAL;
        if (pair) {
            run->bound[i + 1] = run->bound[i];
            i++;
        }
    }
}

int nd_arnoldi_solve(nd_arnoldi *run)
{
    int64_t k = run->steps;
    for (int64_t j = 0; j < k; j++) {
        memcpy(run->t + j * k, run->h + j * run->most, (size_t)k * sizeof *run->t);
    }
    ND_TRY(nd_schur(run->op, k, run->t, run->z, run->re, run->im));
    ND_TRY(nd_schur_vectors(run->op, k, run->t, run->x));
    set_bounds(run);
    nd_order_by_modulus(k, run->re, run->im, run->order);
    return NNDYN_OK;
}

int64_t nd_arnoldi_whole(const nd_arnoldi *run, int64_t count)
{
    int parted = count > 0 && count < run->steps && run->im[run->order[count - 1]] > 0;
    return count + parted;
}

/* The `count` (whole) largest to the front of the Schur form. */
static int bring_forward(nd_arnoldi *run, int64_t count)
{
    memset(run->select, 0, (size_t)run->steps * sizeof *run->select);
    for (int64_t i = 0; i < count; i++) {
        run->select[run->order[i]] = 1;
    }
    return nd_schur_reorder(run->op, run->steps, run->select, run->t, run->z, run->re, run->im);
}

int nd_arnoldi_restart(nd_arnoldi *run, int64_t count)
{
    int64_t k = run->steps, kept = nd_arnoldi_whole(run, count);
    double *next = run->basis.rows[k];
    ND_TRY(bring_forward(run, kept));
    for (int64_t i = 0; i < kept; i++) {
        run->last[i] = nd_dot(k, run->coupling, run->z + i * k);
        memcpy(run->h + i * run->most, run->t + i * k, (size_t)kept * sizeof *run->h);
    }
    /* Columns of z are rows of coefficients. */
    ND_TRY(nd_basis_combine(&run->basis, run->op, kept, run->z, &run->basis, 0));
    run->basis.rows[k] = run->basis.rows[kept];
    run->basis.rows[kept] = next;
    memcpy(run->coupling, run->last, (size_t)kept * sizeof *run->coupling);
    run->steps = run->basis.used = kept;
    return NNDYN_OK;
}

int nd_arnoldi_lock(nd_arnoldi *run, int64_t count)
{
    int64_t kept = nd_arnoldi_whole(run, count), first = run->locked.used;
    ND_TRY(bring_forward(run, kept));
    ND_TRY(nd_basis_reserve(&run->locked, run->op, first + kept));
    ND_TRY(nd_basis_combine(&run->basis, run->op, kept, run->z, &run->locked, first));
    run->locked.used = first + kept;
    return NNDYN_OK;
}
