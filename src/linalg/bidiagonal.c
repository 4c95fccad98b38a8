/* bidiagonal.c - Golub-Kahan bidiagonalization with full reorthogonalization and thick restarts.
 *
 * Two passes of classical Gram-Schmidt keep both bases orthonormal to rounding ("twice is enough").  Where the Krylov
 * space ends early (a remainder at the level of rounding) the run goes on from a random vector with an exact zero in B:
 * so multiple and zero singular values come out as often as they are there once the space is filled.
 *
 * A thick restart keeps the largest Ritz pairs (A v = s u, A' u = s v + p r with r the next right vector) and goes on
 * from r: the p are the spike of B.  Baglama and Reichel, "Augmented implicitly restarted Lanczos bidiagonalization
 * methods", 2005.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/bidiagonal.h"
#include "core/random.h"
#include "linalg/dense.h"
#include "linalg/operator.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Vectors in a run: enough for separated spectra to converge without a restart. */
static int64_t run_length(int64_t columns, int64_t count)
{
    int64_t wanted = count < columns / 4 ? 4 * count + 128 : columns;
    return wanted < columns ? wanted : columns;
}

double nd_bidiagonal_bytes(int64_t rows, int64_t columns, int64_t count)
{
    double most = (double)run_length(columns, count);
    double vectors = most * (double)rows + (most + 1) * (double)columns;
    double locked = count < columns ? (double)count * (double)(rows + columns) : 0;
    double small = 9.5 * most * most + 680 * most;
    return (vectors + locked + small) * (double)sizeof(double);
}

static int open_bases(nd_bidiagonal *run, void *handle, int64_t count)
{
    ND_TRY(nd_basis_open(&run->left, handle, run->kernels, run->rows, run->most));
    ND_TRY(nd_basis_open(&run->right, handle, run->kernels, run->columns, run->most + 1));
    ND_TRY(nd_basis_open(&run->locked_left, handle, run->kernels, run->rows, count));
    return nd_basis_open(&run->locked_right, handle, run->kernels, run->columns, count);
}

int nd_bidiagonal_open(nd_bidiagonal *run, nndyn_operator *op, int64_t count, int64_t seed)
{
    memset(run, 0, sizeof *run);
    run->op = op;
    run->kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    run->swapped = op->rows < op->columns;
    run->rows = run->swapped ? op->columns : op->rows;
    run->columns = run->swapped ? op->rows : op->columns;
    run->most = run_length(run->columns, count);
    run->seed = seed;
    ND_TRY(open_bases(run, op, count));
    double *memory = NULL;
    ND_TRY(nd_allocate_for(op, nd_product(11, run->most), sizeof *memory, &memory));
    run->diagonal = memory;
    run->superdiagonal = memory + run->most;
    run->spike = memory + 2 * run->most;
    run->s = memory + 3 * run->most;
    run->bound = memory + 4 * run->most;
    run->last = memory + 5 * run->most;
    run->work = memory + 6 * run->most;
    return NNDYN_OK;
}

void nd_bidiagonal_close(nd_bidiagonal *run)
{
    nd_release(run->op->handle.context, run->diagonal);
    nd_basis_close(&run->left);
    nd_basis_close(&run->right);
    nd_basis_close(&run->locked_left);
    nd_basis_close(&run->locked_right);
}

int nd_bidiagonal_complete(const nd_bidiagonal *run)
{
    return run->locked_right.used + run->steps == run->columns;
}

/* ---- vectors ----------------------------------------------------------------------------------------------------- */

/* Make w orthogonal to the vectors of two bases; `norm` receives what is left of it. */
static int orthogonalize(nd_bidiagonal *run, const nd_basis *locked, const nd_basis *basis, double *w, double *norm)
{
    double *products = run->work;
    for (int pass = 0; pass < 2; pass++) {
        ND_TRY(nd_basis_project_out(locked, run->op, w, products));
        ND_TRY(nd_basis_project_out(basis, run->op, w, products));
    }
    *norm = nd_norm(run->kernels, basis->dimension, w);
    return NNDYN_OK;
}

static void divide(int64_t n, double *w, double norm)
{
    for (int64_t i = 0; i < n; i++) {
        w[i] /= norm;
    }
}

/* A random unit vector orthogonal to two bases that leave room for it. */
static int draw(nd_bidiagonal *run, const nd_basis *locked, const nd_basis *basis, double *w)
{
    double norm = 0;
    nd_stream stream = nd_stream_open(run->seed, ND_RANDOM_PROBE, 0, run->drawn++);
    nd_normal(stream, 0, basis->dimension, w);
    divide(basis->dimension, w, nd_norm(run->kernels, basis->dimension, w));
    ND_TRY(orthogonalize(run, locked, basis, w, &norm));
    if (!(norm > 0)) {
        return nd_fail(run->op, NNDYN_EINTERNAL, "no direction is left beside %lld vectors of length %lld",
                       (long long)(locked->used + basis->used), (long long)basis->dimension);
    }
    divide(basis->dimension, w, norm);
    return NNDYN_OK;
}

/* w = A x (or A' x), made orthogonal and of length 1; its length before that goes to `coefficient`.  A remainder at the
 * level of rounding counts as zero, and a random vector takes its place. */
static int advance(nd_bidiagonal *run, int transposed, const double *x, double *w, double *coefficient)
{
    const nd_basis *basis = transposed ? &run->right : &run->left;
    const nd_basis *locked = transposed ? &run->locked_right : &run->locked_left;
    double norm;
    ND_TRY(nd_operator_product(run->op, transposed != run->swapped, x, w));
    norm = nd_norm(run->kernels, basis->dimension, w);
    if (!isfinite(norm)) {
        return nd_fail(run->op, NNDYN_ENUMERIC, "the norm of the operator's product is beyond the range of double");
    }
    run->norm = fmax(run->norm, norm);
    ND_TRY(orthogonalize(run, locked, basis, w, &norm));
    if (norm <= 16 * DBL_EPSILON * run->norm) {
        *coefficient = 0;
        return draw(run, locked, basis, w);
    }
    *coefficient = norm;
    divide(basis->dimension, w, norm);
    return NNDYN_OK;
}

/* ---- the recurrence ---------------------------------------------------------------------------------------------- */

static int reserve(nd_bidiagonal *run)
{
    int64_t left = nd_basis_growth(&run->left, run->steps + 1), right = nd_basis_growth(&run->right, run->steps + 2);
    if (left > run->left.capacity || right > run->right.capacity) {
        int64_t locked = run->locked_left.capacity;
        double numbers = (double)(left + locked) * (double)run->rows + (double)(right + locked) * (double)run->columns;
        ND_TRY(nd_check_memory(run->op, numbers * (double)sizeof(double), "the basis of singular vectors"));
    }
    ND_TRY(nd_basis_reserve(&run->left, run->op, run->steps + 1));
    return nd_basis_reserve(&run->right, run->op, run->steps + 2);
}

int nd_bidiagonal_start(nd_bidiagonal *run)
{
    run->kept = run->steps = 0;
    run->left.used = run->right.used = 0;
    ND_TRY(reserve(run));
    return draw(run, &run->locked_right, &run->right, run->right.rows[0]);
}

int nd_bidiagonal_step(nd_bidiagonal *run)
{
    int64_t j = run->steps;
    ND_TRY(reserve(run));
    double *left = run->left.rows[j], *right = run->right.rows[j], *next = run->right.rows[j + 1];
    ND_TRY(advance(run, 0, right, left, &run->diagonal[j]));
    run->left.used = run->right.used = run->steps = j + 1;
    if (nd_bidiagonal_complete(run)) {
        run->superdiagonal[j] = 0;
        return NNDYN_OK;
    }
    return advance(run, 1, left, next, &run->superdiagonal[j]);
}

/* ---- singular values of B ---------------------------------------------------------------------------------------- */

static void set_bounds(nd_bidiagonal *run)
{
    for (int64_t i = 0; i < run->steps; i++) {
        run->bound[i] = run->superdiagonal[run->steps - 1] * fabs(run->last[i]);
    }
}

static void fill_projection(const nd_bidiagonal *run, double *b)
{
    int64_t k = run->steps;
    for (int64_t i = 0; i < k; i++) {
        b[i * k + i] = run->diagonal[i];
        if (i < run->kept) {
            b[i * k + run->kept] = run->spike[i];
        } else if (i + 1 < k) {
            b[i * k + i + 1] = run->superdiagonal[i];
        }
    }
}

/* B = p' diag(s) q, the vectors as rows; *p owns the memory of both. */
static int decompose(nd_bidiagonal *run, double **p, double **q)
{
    int64_t k = run->steps;
    double *memory = NULL;
    ND_TRY(nd_allocate_for(run->op, nd_product(3, nd_product(k, k)), sizeof *memory, &memory));
    double *b = memory + 2 * k * k;
    fill_projection(run, b);
    int status = nd_svd(run->op, k, k, b, run->s, memory, memory + k * k);
    if (status != NNDYN_OK) {
        nd_release(run->op->handle.context, memory);
        return status;
    }
    for (int64_t i = 0; i < k; i++) {
        run->last[i] = memory[i * k + k - 1];
    }
    set_bounds(run);
    *p = memory;
    *q = memory + k * k;
    return NNDYN_OK;
}

int nd_bidiagonal_solve(nd_bidiagonal *run)
{
    int64_t k = run->steps;
    if (run->kept > 0) {
        double *p = NULL, *q = NULL;
        ND_TRY(decompose(run, &p, &q));
        nd_release(run->op->handle.context, p);
        return NNDYN_OK;
    }
    memcpy(run->s, run->diagonal, (size_t)k * sizeof *run->s);
    memcpy(run->work, run->superdiagonal, (size_t)k * sizeof *run->work);
    ND_TRY(nd_bidiagonal_values(run->op, k, run->s, run->work, run->last, run->work + run->most));
    set_bounds(run);
    return NNDYN_OK;
}

static int lock(nd_bidiagonal *run, int64_t first, int64_t count, const double *p, const double *q)
{
    int64_t end = first + count;
    ND_TRY(nd_basis_reserve(&run->locked_left, run->op, end));
    ND_TRY(nd_basis_reserve(&run->locked_right, run->op, end));
    ND_TRY(nd_basis_combine(&run->left, run->op, count, p, &run->locked_left, first));
    ND_TRY(nd_basis_combine(&run->right, run->op, count, q, &run->locked_right, first));
    run->locked_left.used = end > run->locked_left.used ? end : run->locked_left.used;
    run->locked_right.used = run->locked_left.used;
    return NNDYN_OK;
}

int nd_bidiagonal_lock(nd_bidiagonal *run, int64_t first, int64_t count)
{
    double *p = NULL, *q = NULL;
    ND_TRY(decompose(run, &p, &q));
    int status = lock(run, first, count, p, q);
    nd_release(run->op->handle.context, p);
    return status;
}

int nd_bidiagonal_restart(nd_bidiagonal *run, int64_t count)
{
    int64_t k = run->steps;
    double *p = NULL, *q = NULL, beta = run->superdiagonal[k - 1];
    ND_TRY(decompose(run, &p, &q));
    int status = nd_basis_combine(&run->left, run->op, count, p, &run->left, 0);
    if (status == NNDYN_OK) {
        status = nd_basis_combine(&run->right, run->op, count, q, &run->right, 0);
    }
    nd_release(run->op->handle.context, p);
    ND_TRY(status);
    double *next = run->right.rows[k];
    run->right.rows[k] = run->right.rows[count];
    run->right.rows[count] = next;
    for (int64_t i = 0; i < count; i++) {
        run->diagonal[i] = run->s[i];
        run->spike[i] = beta * run->last[i];
    }
    run->kept = run->steps = run->left.used = run->right.used = count;
    return NNDYN_OK;
}
