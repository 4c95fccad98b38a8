/* eigenpairs_lanczos.c - the wanted end of a symmetric operator's spectrum by thick-restart Lanczos.
 *
 * The first round runs until the residual bounds of the `count` most wanted pairs are small.  A Krylov space from one
 * vector holds each distinct eigenvalue once only, so the pairs found are locked and further rounds start from a fresh
 * vector orthogonal to them: while such a round finds a value that is wanted more than the last locked one it is
 * merged; a round that finds none ends the search.  A Rayleigh-Ritz step with the operator itself then gives values and
 * true residuals.
 *
 * Values nearest to a shift are the smallest ones of (A - shift)^2.  An eigenvector v of that to the value d^2 may mix
 * both shift + d and shift - d, but v and (A - shift) v span what it is mixed of, so the last step takes both.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/eigenpairs.h"
#include "linalg/form.h"
#include "linalg/operator.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct search {
    nd_eigenpairs *pairs;
    nd_lanczos *run;
    int64_t count, limit; /* limit: products that may be taken by the rounds */
    int64_t locked;       /* 0 in the first round, then count */
    double *values;       /* of the locked pairs, the most wanted first */
    double converged;     /* fraction, for progress */
    int exhausted;
} search;

/* ---- one round --------------------------------------------------------------------------------------------------- */

static double key(const search *find, double value)
{
    return nd_spectral_key(find->run->which, value);
}

/* The residual bound asked of a pair: a tenth of the tolerance, as later rounds inherit the errors of the locked pairs.
 * For (A - shift)^2 it is such that A itself meets the tolerance: (A - shift - d) is divided by about 2 d. */
static double allowed(const search *find, double value)
{
    double norm = find->run->norm, wanted = 0.1 * find->pairs->tolerance * norm;
    if (find->run->which == ND_NEAREST) {
        wanted *= sqrt(fmax(value, 0) / fmax(norm, DBL_MIN));
    }
    return fmax(wanted, 16 * DBL_EPSILON * norm);
}

/* How many of the most wanted pairs are converged. */
static int64_t count_converged(const search *find, int64_t most)
{
    int64_t i = 0;
    while (i < most && find->run->bound[i] <= allowed(find, find->run->values[i])) {
        i++;
    }
    return i;
}

/* How many values of the round are wanted more than the last locked one, beyond doubt. */
static int64_t count_above(const search *find)
{
    const nd_lanczos *run = find->run;
    double last = find->values[find->count - 1], cutoff = key(find, last) + 10 * allowed(find, last);
    int64_t above = 0;
    while (above < run->steps && above < find->count && key(find, run->values[above]) > cutoff) {
        above++;
    }
    return above;
}

/* Whether the round may end; `found` receives how many pairs it has to offer. */
static int settled(search *find, int64_t *found)
{
    const nd_lanczos *run = find->run;
    int64_t k = run->steps;
    if (!find->locked) {
        int64_t converged = count_converged(find, k < find->count ? k : find->count);
        find->converged = (double)converged / (double)find->count;
        *found = k < find->count ? k : find->count;
        return converged == find->count;
    }
    int64_t above = count_above(find);
    int64_t converged = count_converged(find, above);
    *found = find->exhausted ? converged : above;
    if (converged < above || nd_lanczos_complete(run) || above == find->count) {
        return converged == above;
    }
    /* The most wanted of the others must be sure to stay below: within its bound there is a true eigenvalue. */
    double last = find->values[find->count - 1], distance = key(find, last) - key(find, run->values[above]);
    return above < k && run->bound[above] <= fmax(10 * allowed(find, last), 0.1 * distance);
}

/* A run that is full goes on with its most wanted pairs, and a third of the others as well, which speeds up
 * convergence. */
static int make_room(search *find, int64_t *next_check)
{
    nd_lanczos *run = find->run;
    if (run->steps < run->most) {
        return NNDYN_OK;
    }
    ND_TRY(nd_lanczos_restart(run, find->count + (run->steps - find->count) / 3));
    *next_check = run->steps + (run->most - run->steps + 1) / 2;
    return NNDYN_OK;
}

static int search_round(search *find, int64_t *found)
{
    nd_lanczos *run = find->run;
    int64_t next_check = find->locked ? 1 : find->count;
    find->exhausted = run->taken >= find->limit;
    if (find->exhausted) {
        return NNDYN_OK;
    }
    ND_TRY(nd_lanczos_start(run, 0));
    for (;;) {
        ND_TRY(nd_task_report(&find->pairs->task, 0.95 * find->converged));
        ND_TRY(make_room(find, &next_check));
        ND_TRY(nd_lanczos_step(run));
        int complete = nd_lanczos_complete(run);
        find->exhausted = run->taken >= find->limit;
        if (complete || find->exhausted || run->steps == run->most || run->steps >= next_check) {
            ND_TRY(nd_lanczos_solve(run));
            int done = settled(find, found);
            if (done || complete) {
                find->exhausted = 0;
                return NNDYN_OK;
            }
            if (find->exhausted) {
                return NNDYN_OK;
            }
            next_check = run->steps + 1 + run->steps / 10;
        }
    }
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

/* Insertion sort of the locked pairs from `first` on into the ones before. */
static void sort_locked(search *find, int64_t first)
{
    double **rows = find->run->locked.rows;
    for (int64_t i = first; i < find->count; i++) {
        for (int64_t j = i; j > 0 && key(find, find->values[j - 1]) < key(find, find->values[j]); j--) {
            double value = find->values[j], *row = rows[j];
            find->values[j] = find->values[j - 1];
            find->values[j - 1] = value;
            rows[j] = rows[j - 1];
            rows[j - 1] = row;
        }
    }
}

/* Take the `found` most wanted pairs of the run among the locked ones, as far as they are among the first `count` of
 * all. */
static int merge(search *find, int64_t found)
{
    nd_lanczos *run = find->run;
    int64_t taken = 0;
    for (int64_t i = 0; i < find->count; i++) {
        int64_t old = i - taken;
        taken += taken < found && (old >= find->locked || key(find, run->values[taken]) > key(find, find->values[old]));
    }
    int64_t first = find->count - taken;
    ND_TRY(nd_basis_reserve(&run->locked, run->op, find->count));
    ND_TRY(nd_lanczos_combine(run, taken, &run->locked, first));
    run->locked.used = find->count;
    memcpy(find->values + first, run->values, (size_t)taken * sizeof *find->values);
    find->locked = find->count;
    sort_locked(find, first);
    return NNDYN_OK;
}

static int search_all(search *find)
{
    for (;;) {
        int64_t found = 0;
        ND_TRY(search_round(find, &found));
        int complete = nd_lanczos_complete(find->run);
        if (found == 0) {
            return NNDYN_OK;
        }
        ND_TRY(merge(find, found));
        if (complete || find->exhausted) {
            return NNDYN_OK;
        }
    }
}

/* ---- the last step ----------------------------------------------------------------------------------------------- */

/* Join (A - shift) v for each locked v to them, as far as it is not among them already. */
static int join_images(search *find)
{
    nd_lanczos *run = find->run;
    double floor = 0.01 * find->pairs->tolerance * sqrt(run->norm);
    for (int64_t i = 0; i < find->count && run->locked.used < run->n; i++) {
        double norm = 0;
        ND_TRY(nd_basis_reserve(&run->locked, run->op, run->locked.used + 1));
        double *v = run->locked.rows[i], *w = run->locked.rows[run->locked.used];
        ND_TRY(nd_operator_product(run->op, 0, v, w));
        for (int64_t j = 0; j < run->n; j++) {
            w[j] -= run->shift * v[j];
        }
        for (int pass = 0; pass < 2; pass++) {
            ND_TRY(nd_basis_project_out(&run->locked, run->op, w, run->products));
        }
        norm = nd_norm(run->kernels, run->n, w);
        if (norm > floor) {
            for (int64_t j = 0; j < run->n; j++) {
                w[j] /= norm;
            }
            ND_TRY(nd_basis_project_out(&run->locked, run->op, w, run->products));
            run->locked.used++;
        }
    }
    return NNDYN_OK;
}

/* images = A times the locked vectors, h their products with them, made symmetric. */
static int project(search *find, nd_basis *images, double *h)
{
    nd_lanczos *run = find->run;
    int64_t k = run->locked.used;
    ND_TRY(nd_basis_reserve(images, run->op, k));
    for (int64_t i = 0; i < k; i++) {
        ND_TRY(nd_task_report(&find->pairs->task, 0.95 + 0.05 * (double)i / (double)k));
        ND_TRY(nd_operator_product(run->op, 0, run->locked.rows[i], images->rows[i]));
        images->used = i + 1;
    }
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double upper = run->kernels->dot(run->n, run->locked.rows[j], images->rows[i]);
            double lower = run->kernels->dot(run->n, run->locked.rows[i], images->rows[j]);
            h[i * k + j] = h[j * k + i] = 0.5 * (upper + lower);
        }
    }
    return NNDYN_OK;
}

/* Among k pairs the wanted ones: converged ones first, by key. */
static void select_pairs(nd_eigenpairs *pairs, const nd_lanczos *run, int64_t k, const double *values,
                         double *residuals, char *used)
{
    for (int64_t i = 0; i < pairs->count; i++) {
        int64_t best = -1;
        int best_good = 0;
        for (int64_t j = 0; j < k; j++) {
            int good = residuals[j] <= nd_eigenpairs_allowed(pairs);
            int better =
                best < 0 || good > best_good ||
                (good == best_good && nd_eigenpairs_key(pairs, values[j]) > nd_eigenpairs_key(pairs, values[best]));
            if (!used[j] && better) {
                best = j;
                best_good = good;
            }
        }
        used[best] = 1;
        pairs->values[i] = values[best];
        pairs->residuals[i] = residuals[best];
        pairs->vectors[i] = run->locked.rows[best];
    }
}

/* Rotate to eigenpairs of the projection, residuals with the rotated images, choose. */
static int rotate(search *find, nd_basis *images, double *h, char *used)
{
    nd_lanczos *run = find->run;
    nd_eigenpairs *pairs = find->pairs;
    int64_t k = run->locked.used;
    double *values = h + k * k, *residuals = values + k;
    ND_TRY(nd_symmetric_eigen(run->op, k, h, 1, values));
    ND_TRY(nd_basis_combine(&run->locked, run->op, k, h, &run->locked, 0));
    ND_TRY(nd_basis_combine(images, run->op, k, h, images, 0));
    for (int64_t i = 0; i < k; i++) {
        run->kernels->axpy(run->n, -values[i], run->locked.rows[i], images->rows[i]);
        residuals[i] = nd_norm(run->kernels, run->n, images->rows[i]);
        pairs->norm = fmax(pairs->norm, fabs(values[i]));
    }
    select_pairs(pairs, run, k, values, residuals, used);
    return NNDYN_OK;
}

static int finish(search *find, nd_basis *images)
{
    nd_lanczos *run = find->run;
    nndyn_context *context = run->op->handle.context;
    double *h = NULL;
    char *used = NULL;
    find->pairs->norm = run->which == ND_NEAREST ? sqrt(run->norm) : run->norm;
    nd_basis_close(&run->basis);
    if (run->which == ND_NEAREST) {
        ND_TRY(join_images(find));
    }
    int64_t k = run->locked.used;
    ND_TRY(nd_basis_open(images, run->op, run->kernels, run->n, k));
    ND_TRY(nd_allocate_for(run->op, nd_product(k + 2, k), sizeof *h, &h));
    int status = nd_allocate_for(run->op, k, sizeof *used, &used);
    if (status == NNDYN_OK) {
        status = project(find, images, h);
    }
    if (status == NNDYN_OK) {
        status = rotate(find, images, h, used);
    }
    nd_release(context, used);
    nd_release(context, h);
    return status;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Vectors in a run: as asked, or enough for separated spectra to converge without a restart, or what the memory limit
 * leaves. */
static int choose_basis(nd_eigenpairs *pairs, int64_t locked)
{
    int64_t n = pairs->op->rows, count = pairs->count, limit = nd_context_memory_limit(pairs->op->handle.context);
    int64_t fewest = least(n, 2 * count + 2);
    if (pairs->basis != 0 && pairs->basis < fewest) {
        return nd_fail(pairs->op, NNDYN_EOPTION,
                       "\"basis\" is %lld; %lld eigenpairs need at least %lld vectors, or 0 for a good number",
                       (long long)pairs->basis, (long long)count, (long long)fewest);
    }
    int64_t wanted = pairs->basis != 0 ? pairs->basis : 4 * least(count, n) + 128;
    wanted = least(n, wanted);
    while (limit > 0 && wanted > fewest && nd_lanczos_bytes(n, wanted, locked) > (double)limit) {
        int64_t smaller = wanted - 1 - wanted / 16;
        wanted = smaller < fewest ? fewest : smaller;
    }
    double finish_bytes = (2.0 * (double)locked * (double)n + 4.0 * (double)(locked * locked)) * (double)sizeof(double);
    pairs->basis = wanted;
    return nd_check_memory(pairs->op, fmax(nd_lanczos_bytes(n, wanted, locked), finish_bytes),
                           "the smallest possible basis");
}

/* Products that the rounds may take: the symmetry test takes 2, the last step `locked` (and count for images). */
static int choose_limit(nd_eigenpairs *pairs, int64_t locked, int64_t *limit)
{
    int64_t each = pairs->which == ND_NEAREST ? 2 : 1;
    int64_t after = 2 + locked + (each - 1) * pairs->count, fewest = after + each * pairs->count;
    if (pairs->iterations == 0) {
        pairs->iterations = 10000 + 50 * least(pairs->op->rows, INT64_MAX / 100);
    }
    if (pairs->iterations < fewest) {
        return nd_fail(pairs->op, NNDYN_EOPTION,
                       "\"iterations\" is %lld; %lld eigenpairs need at least %lld products, or 0 for as many as it "
                       "is worth",
                       (long long)pairs->iterations, (long long)pairs->count, (long long)fewest);
    }
    *limit = pairs->iterations - after - (each - 1);
    return NNDYN_OK;
}

int nd_eigenpairs_lanczos(nd_eigenpairs *pairs, nd_lanczos *run, nd_basis *images)
{
    int64_t n = pairs->op->rows, locked = least(n, pairs->which == ND_NEAREST ? 2 * pairs->count : pairs->count);
    search find = {.pairs = pairs, .run = run, .count = pairs->count};
    ND_TRY(choose_limit(pairs, locked, &find.limit));
    ND_TRY(choose_basis(pairs, locked));
    ND_TRY(nd_check_symmetric(pairs->op, 10 * pairs->tolerance, pairs->seed));
    ND_TRY(nd_lanczos_open(run, pairs->op, pairs->which, pairs->shift, pairs->basis, locked, pairs->seed));
    ND_TRY(nd_allocate_for(pairs->op, pairs->count, sizeof *find.values, &find.values));
    int status = search_all(&find);
    pairs->complete = !find.exhausted;
    if (status == NNDYN_OK) {
        status = finish(&find, images);
    }
    nd_release(pairs->op->handle.context, find.values);
    return status;
}
