/* eigenpairs.c - eigenvalues and eigenvectors of a symmetric operator: the public function and the dense way.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/eigenpairs.h"
#include "linalg/form.h"
#include "linalg/operator.h"
#include <math.h>
#include <string.h>

enum { WHICH, SHIFT, TOLERANCE, ITERATIONS, BASIS, SEED, OPTIONS };

/* Choices of "which" in the order of ND_LARGEST ... ND_NEAREST. */
static const nd_option_spec specs[OPTIONS] = {
    {"which", ND_TEXT, 0, 0, 0, "largest|smallest|magnitude|nearest"},
    {"shift", ND_REAL, -HUGE_VAL, HUGE_VAL, 0, NULL},
    {"tolerance", ND_REAL, 1e-13, 0.1, 1e-8, NULL},
    {"iterations", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"basis", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
};

/* Up to this many rows the matrix is formed; and up to three runs' worth of products. */
enum { SMALL = 256 };

double nd_eigenpairs_key(const nd_eigenpairs *pairs, double value)
{
    return pairs->which == ND_NEAREST ? -fabs(value - pairs->shift) : nd_spectral_key(pairs->which, value);
}

double nd_eigenpairs_allowed(const nd_eigenpairs *pairs)
{
    return pairs->tolerance * pairs->norm;
}

/* ---- dense ------------------------------------------------------------------------------------------------------- */

double nd_eigenpairs_dense_bytes(int64_t n)
{
    double size = (double)n;
    return (2 * size * size + 3 * size) * (double)sizeof(double) + nd_symmetric_eigen_bytes(n, 1);
}

/* The `count` wanted ones of n eigenvalues, the most wanted first; `row` receives their places. */
static void choose(const nd_eigenpairs *pairs, int64_t n, const double *values, int64_t *row)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i < pairs->count ? i : pairs->count;
        double key = nd_eigenpairs_key(pairs, values[i]);
        while (at > 0 && nd_eigenpairs_key(pairs, values[row[at - 1]]) < key) {
            if (at < pairs->count) {
                row[at] = row[at - 1];
            }
            at--;
        }
        if (at < pairs->count) {
            row[at] = i;
        }
    }
}

/* |A v - value v| over the rows of the matrix. */
static double residual(const nd_eigenpairs *pairs, int64_t n, const double *a, double value, const double *v,
                       double *difference)
{
    for (int64_t i = 0; i < n; i++) {
        difference[i] = pairs->kernels->dot(n, a + i * n, v) - value * v[i];
    }
    return nd_norm(pairs->kernels, n, difference);
}

static int solve_dense(nd_eigenpairs *pairs, double *a, double *vectors, int64_t *row)
{
    int64_t n = pairs->op->rows;
    double *values = vectors + n * n, *difference = values + n;
    ND_TRY(nd_form(pairs->op, &pairs->task, 0.9, a));
    ND_TRY(nd_symmetrize(pairs->op, 10 * pairs->tolerance, a));
    memcpy(vectors, a, (size_t)(n * n) * sizeof *a);
    ND_TRY(nd_symmetric_eigen(pairs->op, n, vectors, 1, values));
    pairs->norm = fmax(fabs(values[0]), fabs(values[n - 1]));
    choose(pairs, n, values, row);
    for (int64_t i = 0; i < pairs->count; i++) {
        pairs->values[i] = values[row[i]];
        pairs->vectors[i] = vectors + row[i] * n;
        pairs->residuals[i] = residual(pairs, n, a, pairs->values[i], pairs->vectors[i], difference);
    }
    return NNDYN_OK;
}

int nd_eigenpairs_dense(nd_eigenpairs *pairs, double **memory)
{
    nndyn_context *context = pairs->op->handle.context;
    int64_t n = pairs->op->rows, *row = NULL;
    double *a = NULL;
    pairs->complete = 1;
    int status = nd_allocate_for(pairs->op, nd_product(n, n), sizeof *a, &a);
    if (status == NNDYN_OK) {
        status = nd_allocate_for(pairs->op, nd_product(n + 2, n), sizeof **memory, memory);
    }
    if (status == NNDYN_OK) {
        status = nd_allocate_for(pairs->op, pairs->count, sizeof *row, &row);
    }
    if (status == NNDYN_OK) {
        status = solve_dense(pairs, a, *memory, row);
    }
    nd_release(context, row);
    nd_release(context, a);
    return status;
}

static int dense_is_better(const nd_eigenpairs *pairs)
{
    int64_t n = pairs->op->rows, limit = nd_context_memory_limit(pairs->op->handle.context);
    int fits = limit == 0 || nd_eigenpairs_dense_bytes(n) <= (double)limit;
    int allowed = pairs->iterations == 0 || pairs->iterations >= n;
    return pairs->basis == 0 && fits && allowed && (n <= SMALL || n <= 3 * (2 * pairs->count + 32));
}

/* ---- the public function ----------------------------------------------------------------------------------------- */

static void write_vector(int64_t n, const double *from, double *to)
{
    const double sign = nd_sign_of_largest(n, from);
    for (int64_t i = 0; i < n; i++) {
        to[i] = sign * from[i];
    }
}

typedef struct outputs {
    double *values, *vectors, *residuals;
    int *converged;
} outputs;

static int write_results(const nd_eigenpairs *pairs, const outputs *out)
{
    int64_t n = pairs->op->rows, good = 0;
    double allowed = nd_eigenpairs_allowed(pairs);
    for (int64_t i = 0; i < pairs->count; i++) {
        good += pairs->complete && pairs->residuals[i] <= allowed;
    }
    if (out->converged == NULL && good < pairs->count) {
        return nd_fail(pairs->op, NNDYN_ENUMERIC,
                       "%lld of %lld eigenpairs converged within %lld products; raise \"iterations\", \"basis\" or "
                       "\"tolerance\", or give `converged` to be handed all of them",
                       (long long)good, (long long)pairs->count, (long long)pairs->iterations);
    }
    for (int64_t i = 0; i < pairs->count; i++) {
        out->values[i] = pairs->values[i];
        if (out->vectors != NULL) {
            write_vector(n, pairs->vectors[i], out->vectors + i * n);
        }
        if (out->residuals != NULL) {
            out->residuals[i] = pairs->residuals[i];
        }
        if (out->converged != NULL) {
            out->converged[i] = pairs->complete && pairs->residuals[i] <= allowed;
        }
    }
    return NNDYN_OK;
}

static int solve(nd_eigenpairs *pairs, const outputs *out)
{
    nd_lanczos run = {0};
    nd_basis images = {0};
    double *memory = NULL;
    int dense = dense_is_better(pairs), status;
    if (dense) {
        status = nd_eigenpairs_dense(pairs, &memory);
    } else {
        run.op = pairs->op;
        status = nd_eigenpairs_lanczos(pairs, &run, &images);
    }
    if (status == NNDYN_OK) {
        status = nd_task_report(&pairs->task, 1);
    }
    if (status == NNDYN_OK) {
        status = write_results(pairs, out);
    }
    nd_release(pairs->op->handle.context, memory);
    if (!dense) {
        nd_lanczos_close(&run);
        nd_basis_close(&images);
    }
    return status;
}

static int eigenpairs(nndyn_operator *op, int64_t count, const nndyn_options *options, const outputs *out)
{
    nd_option_value given[OPTIONS];
    nd_eigenpairs pairs = {.op = op, .count = count};
    ND_TRY(nd_require_symmetric(op));
    ND_TRY(nd_check_size(op, count, 1, op->rows, "count"));
    ND_TRY(nd_options_read(op, options, specs, OPTIONS, given));
    ND_TRY(nd_check_pointer(op, out->values, "values"));
    pairs.kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    pairs.which = (int)given[WHICH].integer;
    pairs.shift = given[SHIFT].real;
    pairs.tolerance = given[TOLERANCE].real;
    pairs.iterations = given[ITERATIONS].integer;
    pairs.basis = given[BASIS].integer;
    pairs.seed = given[SEED].integer;
    nd_task_begin(&pairs.task, op, "eigenpairs");
    ND_TRY(nd_allocate_for(op, nd_product(2, count), sizeof *pairs.values, &pairs.values));
    pairs.residuals = pairs.values + count;
    int status = nd_allocate_for(op, count, sizeof *pairs.vectors, &pairs.vectors);
    if (status == NNDYN_OK) {
        status = solve(&pairs, out);
    }
    nd_release(op->handle.context, pairs.vectors);
    nd_release(op->handle.context, pairs.values);
    return status;
}

int nndyn_eigenpairs(nndyn_operator *op, int64_t count, const nndyn_options *options, double *values, double *vectors,
                     double *residuals, int *converged)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_eigenpairs"));
    return nd_leave(op, eigenpairs(op, count, options, &(outputs){values, vectors, residuals, converged}));
}
