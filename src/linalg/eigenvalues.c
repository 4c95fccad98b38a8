/* eigenvalues.c - the largest eigenvalues of a general square operator.
 *
 * The first round runs until the residual bounds of the `count` largest are small; their Schur vectors are locked, and
 * further rounds from fresh random vectors look for eigenvalues of what is left that are larger than the least of them:
 * further copies of multiple ones.  A Rayleigh-Ritz step over all locked vectors gives eigenvalues and true residuals.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/arnoldi.h"
#include "linalg/form.h"
#include "linalg/operator.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { TOLERANCE, ITERATIONS, BASIS, SEED, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"tolerance", ND_REAL, 1e-13, 0.1, 1e-8, NULL},
    {"iterations", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"basis", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
};

enum { SMALL = 256 }; /* rows up to which the matrix is formed whatever the count */

typedef struct search {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int64_t n, count;
    double tolerance;
    int64_t limit, basis, seed;
    nd_task task;
    nd_arnoldi run;
    nd_basis images;
    double *moduli; /* of the locked eigenvalues, descending: room for `most_locked` */
    int64_t locked, most_locked;
    double converged, norm; /* fraction, for progress; estimate of |A| */
    int exhausted;
    double *re, *im, *residuals; /* the answer */
} search;

/* ---- the small problem ------------------------------------------------------------------------------------------- */

/* |A u - lambda u| for the complex vector whose parts are rows i and i + 1 of u (one row for a real one); au is spent.
 * */
static double residual(const search *find, double re, double im, double **u, double **au)
{
    const nd_kernels_f64 *kernels = find->kernels;
    kernels->axpy(find->n, -re, u[0], au[0]);
    if (im == 0) {
        return nd_norm(kernels, find->n, au[0]);
    }
    kernels->axpy(find->n, im, u[1], au[0]);
    kernels->axpy(find->n, -re, u[1], au[1]);
    kernels->axpy(find->n, -im, u[0], au[1]);
    return hypot(nd_norm(kernels, find->n, au[0]), nd_norm(kernels, find->n, au[1]));
}

/* k eigenvalues with their vectors, rows of u, and images: the `count` largest to the answer. */
static int take_largest(search *find, int64_t k, const double *re, const double *im, double **u, double **au)
{
    int64_t *order = NULL;
    ND_TRY(nd_allocate_for(find->op, k, sizeof *order, &order));
    nd_order_by_modulus(k, re, im, order);
    for (int64_t i = 0; i < find->count; i++) {
        int64_t at = order[i];
        find->re[i] = re[at];
        find->im[i] = im[at];
        find->residuals[i] = im[at] < 0 ? find->residuals[i - 1] : residual(find, re[at], im[at], u + at, au + at);
        find->norm = fmax(find->norm, hypot(re[at], im[at]));
    }
    nd_release(find->op->handle.context, order);
    return NNDYN_OK;
}

/* ---- dense ------------------------------------------------------------------------------------------------------- */

static double dense_bytes(int64_t n)
{
    return (4.0 * (double)n * (double)n + 4.0 * (double)n) * (double)sizeof(double) + nd_general_eigen_bytes(n);
}

static int dense_is_better(const search *find, int64_t basis, int64_t iterations)
{
    int64_t limit = nd_context_memory_limit(find->op->handle.context);
    int fits = limit == 0 || dense_bytes(find->n) <= (double)limit;
    int allowed = iterations == 0 || iterations >= find->n;
    return basis == 0 && fits && allowed && (find->n <= SMALL || find->n <= 3 * (2 * find->count + 32));
}

/* a, copy, vectors, images: n x n each; re, im behind them. */
static int solve_dense(search *find, double *a, double **rows)
{
    int64_t n = find->n;
    double *copy = a + n * n, *vectors = copy + n * n, *images = vectors + n * n, *re = images + n * n, *im = re + n;
    ND_TRY(nd_form(find->op, &find->task, 0.9, a));
    memcpy(copy, a, (size_t)(n * n) * sizeof *a);
    ND_TRY(nd_general_eigen(find->op, n, copy, re, im, vectors));
    /* Row j of a is A e_j, so images' = vectors' a. */
    int status = find->kernels->gemm(find->op->handle.context, 0, 0, n, n, n, 1, vectors, n, a, n, 0, images, n);
    if (status != NNDYN_OK) {
        return nd_fail(find->op, status, "the executor of the context failed");
    }
    for (int64_t i = 0; i < n; i++) {
        rows[i] = vectors + i * n;
        rows[n + i] = images + i * n;
    }
    for (int64_t j = 0; j < n; j++) {
        find->norm = fmax(find->norm, nd_norm(find->kernels, n, a + j * n));
    }
    return take_largest(find, n, re, im, rows, rows + n);
}

static int dense(search *find)
{
    nndyn_context *context = find->op->handle.context;
    double *a = NULL, **rows = NULL;
    int64_t n = find->n;
    ND_TRY(nd_allocate_for(find->op, nd_product(4 * n + 2, n), sizeof *a, &a));
    int status = nd_allocate_for(find->op, 2 * n, sizeof *rows, &rows);
    if (status == NNDYN_OK) {
        status = solve_dense(find, a, rows);
    }
    nd_release(context, rows);
    nd_release(context, a);
    return status;
}

/* ---- one round --------------------------------------------------------------------------------------------------- */

static double allowed(const search *find)
{
    return fmax(0.1 * find->tolerance, 16 * DBL_EPSILON) * find->run.norm;
}

static double modulus(const search *find, int64_t place)
{
    int64_t at = find->run.order[place];
    return hypot(find->run.re[at], find->run.im[at]);
}

static int64_t count_converged(const search *find, int64_t most)
{
    int64_t i = 0;
    while (i < most && find->run.bound[find->run.order[i]] <= allowed(find)) {
        i++;
    }
    return i;
}

static int settled(search *find, int64_t *found)
{
    const nd_arnoldi *run = &find->run;
    int64_t k = run->steps, above = 0;
    if (find->locked == 0) {
        *found = nd_arnoldi_whole(run, find->count < k ? find->count : k);
        int64_t converged = count_converged(find, *found);
        find->converged = (double)converged / (double)*found;
        return converged == *found && *found >= find->count;
    }
    double cutoff = find->moduli[find->count - 1];
    while (above < k && above < find->count && modulus(find, above) > cutoff + 10 * allowed(find)) {
        above++;
    }
    above = nd_arnoldi_whole(run, above);
    int64_t converged = count_converged(find, above);
    *found = find->exhausted ? 0 : above;
    if (converged < above || nd_arnoldi_complete(run) || above >= find->count) {
        return converged == above;
    }
    double bound = run->bound[run->order[above]];
    return bound <= fmax(10 * allowed(find), 0.1 * (cutoff - modulus(find, above)));
}

static int make_room(search *find, int64_t *next_check)
{
    nd_arnoldi *run = &find->run;
    if (run->steps < run->most) {
        return NNDYN_OK;
    }
    ND_TRY(nd_arnoldi_restart(run, find->count + (run->steps - find->count) / 3));
    *next_check = run->steps + (run->most - run->steps + 1) / 2;
    return NNDYN_OK;
}

static int search_round(search *find, int64_t *found)
{
    nd_arnoldi *run = &find->run;
    int64_t next_check = find->locked > 0 ? 1 : find->count;
    find->exhausted = run->taken >= find->limit;
    if (find->exhausted) {
        return NNDYN_OK;
    }
    ND_TRY(nd_arnoldi_start(run));
    for (;;) {
        ND_TRY(nd_task_report(&find->task, 0.95 * find->converged));
        ND_TRY(make_room(find, &next_check));
        ND_TRY(nd_arnoldi_step(run));
        int complete = nd_arnoldi_complete(run);
        find->exhausted = run->taken >= find->limit;
        if (complete || find->exhausted || run->steps == run->most || run->steps >= next_check) {
            ND_TRY(nd_arnoldi_solve(run));
            int done = settled(find, found) || complete;
            if (done) {
                find->exhausted = 0;
            }
            if (done || find->exhausted) {
                return NNDYN_OK;
            }
            next_check = run->steps + 1 + run->steps / 10;
        }
    }
}

/* ---- all rounds -------------------------------------------------------------------------------------------------- */

/* Lock the `found` largest eigenvalues of the run, their moduli in order among the others. */
static int lock(search *find, int64_t found)
{
    for (int64_t i = 0; i < found; i++) {
        int64_t at = find->locked++;
        double size = modulus(find, i);
        for (; at > 0 && find->moduli[at - 1] < size; at--) {
            find->moduli[at] = find->moduli[at - 1];
        }
        find->moduli[at] = size;
    }
    return nd_arnoldi_lock(&find->run, found);
}

static int search_all(search *find)
{
    for (;;) {
        int64_t found = 0;
        ND_TRY(search_round(find, &found));
        int complete = nd_arnoldi_complete(&find->run);
        if (found == 0) {
            return NNDYN_OK;
        }
        if (find->locked + found > find->most_locked) {
            find->exhausted = 1; /* more copies than there is room for: what there is, is flagged */
            return NNDYN_OK;
        }
        ND_TRY(lock(find, found));
        if (complete || find->exhausted) {
            return NNDYN_OK;
        }
    }
}

/* Eigenvalues of the projection on the locked vectors, by LAPACK; small holds k x k matrix and vectors, re, im. */
static int project(search *find, double *small)
{
    nd_arnoldi *run = &find->run;
    int64_t k = run->locked.used;
    double *vectors = small + k * k, *re = vectors + k * k, *im = re + k;
    ND_TRY(nd_basis_reserve(&find->images, find->op, k));
    for (int64_t j = 0; j < k; j++) {
        ND_TRY(nd_task_report(&find->task, 0.95 + 0.05 * (double)j / (double)k));
        ND_TRY(nd_operator_product(find->op, 0, run->locked.rows[j], find->images.rows[j]));
        for (int64_t i = 0; i < k; i++) {
            small[j * k + i] = run->kernels->dot(find->n, run->locked.rows[i], find->images.rows[j]);
        }
    }
    find->images.used = k;
    ND_TRY(nd_general_eigen(find->op, k, small, re, im, vectors));
    ND_TRY(nd_basis_combine(&run->locked, find->op, k, vectors, &run->locked, 0));
    ND_TRY(nd_basis_combine(&find->images, find->op, k, vectors, &find->images, 0));
    return take_largest(find, k, re, im, run->locked.rows, find->images.rows);
}

static int finish(search *find)
{
    int64_t k = find->run.locked.used;
    double *small = NULL;
    find->norm = find->run.norm;
    nd_basis_close(&find->run.basis);
    ND_TRY(nd_basis_open(&find->images, find->op, find->kernels, find->n, k));
    ND_TRY(nd_allocate_for(find->op, nd_product(2 * k + 2, k), sizeof *small, &small));
    int status = project(find, small);
    nd_release(find->op->handle.context, small);
    return status;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int choose_sizes(search *find)
{
    int64_t n = find->n, count = find->count, limit = nd_context_memory_limit(find->op->handle.context);
    int64_t fewest = least(n, 2 * count + 4), few = count + 1;
    find->most_locked = least(n, 4 * count + 16);
    if (find->basis != 0 && find->basis < fewest) {
        return nd_fail(find->op, NNDYN_EOPTION,
                       "\"basis\" is %lld; %lld eigenvalues need at least %lld vectors, or 0 for a good number",
                       (long long)find->basis, (long long)count, (long long)fewest);
    }
    if (find->limit != 0 && find->limit < fewest) {
        return nd_fail(find->op, NNDYN_EOPTION,
                       "\"iterations\" is %lld; %lld eigenvalues need at least %lld, or 0 for as many as it is worth",
                       (long long)find->limit, (long long)count, (long long)fewest);
    }
    int64_t wanted = least(n, find->basis != 0 ? find->basis : 4 * count + 64);
    while (limit > 0 && wanted > fewest && nd_arnoldi_bytes(n, wanted, few) > (double)limit) {
        int64_t smaller = wanted - 1 - wanted / 16;
        wanted = smaller < fewest ? fewest : smaller;
    }
    find->basis = wanted;
    find->limit = find->limit != 0 ? find->limit : 10000 + 50 * least(n, INT64_MAX / 100);
    return nd_check_memory(find->op, nd_arnoldi_bytes(n, wanted, few), "the smallest possible basis");
}

static int iterate(search *find)
{
    ND_TRY(choose_sizes(find));
    ND_TRY(nd_arnoldi_open(&find->run, find->op, find->basis, find->most_locked, find->seed));
    ND_TRY(nd_allocate_for(find->op, find->most_locked + 1, sizeof *find->moduli, &find->moduli));
    ND_TRY(search_all(find));
    return finish(find);
}

/* ---- the public function ----------------------------------------------------------------------------------------- */

typedef struct outputs {
    double *re, *im, *residuals;
    int *converged;
} outputs;

static int write_results(const search *find, const outputs *out)
{
    double most = find->tolerance * find->norm;
    int64_t good = 0;
    for (int64_t i = 0; i < find->count; i++) {
        good += !find->exhausted && find->residuals[i] <= most;
    }
    if (out->converged == NULL && good < find->count) {
        return nd_fail(find->op, NNDYN_ENUMERIC,
                       "%lld of %lld eigenvalues converged within %lld iterations; raise \"iterations\", \"basis\" or "
                       "\"tolerance\", or give `converged` to be handed all of them",
                       (long long)good, (long long)find->count, (long long)find->limit);
    }
    for (int64_t i = 0; i < find->count; i++) {
        out->re[i] = find->re[i];
        out->im[i] = find->im[i];
        if (out->residuals != NULL) {
            out->residuals[i] = find->residuals[i];
        }
        if (out->converged != NULL) {
            out->converged[i] = !find->exhausted && find->residuals[i] <= most;
        }
    }
    return NNDYN_OK;
}

static int solve(search *find, const outputs *out)
{
    ND_TRY(nd_allocate_for(find->op, nd_product(3, find->count), sizeof *find->re, &find->re));
    find->im = find->re + find->count;
    find->residuals = find->im + find->count;
    ND_TRY(dense_is_better(find, find->basis, find->limit) ? dense(find) : iterate(find));
    ND_TRY(nd_task_report(&find->task, 1));
    return write_results(find, out);
}

static int eigenvalues(nndyn_operator *op, int64_t count, const nndyn_options *options, const outputs *out)
{
    nd_option_value given[OPTIONS];
    search find = {.op = op, .n = op->rows, .count = count};
    ND_TRY(nd_require_square(op));
    ND_TRY(nd_check_size(op, count, 1, op->rows, "count"));
    ND_TRY(nd_options_read(op, options, specs, OPTIONS, given));
    ND_TRY(nd_check_pointer(op, out->re, "re"));
    ND_TRY(nd_check_pointer(op, out->im, "im"));
    find.kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    find.tolerance = given[TOLERANCE].real;
    find.limit = given[ITERATIONS].integer;
    find.basis = given[BASIS].integer;
    find.seed = given[SEED].integer;
    find.run.op = op;
    nd_task_begin(&find.task, op, "eigenvalues");
    int status = solve(&find, out);
    nd_basis_close(&find.images);
    nd_arnoldi_close(&find.run);
    nd_release(op->handle.context, find.moduli);
    nd_release(op->handle.context, find.re);
    return status;
}

int nndyn_eigenvalues(nndyn_operator *op, int64_t count, const nndyn_options *options, double *re, double *im,
                      double *residuals, int *converged)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_eigenvalues"));
    return nd_leave(op, eigenvalues(op, count, options, &(outputs){re, im, residuals, converged}));
}
