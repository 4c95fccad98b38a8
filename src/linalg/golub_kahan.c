/* golub_kahan.c - the largest singular values and vectors of an operator.
 *
 * The first round runs until the residual bounds of the `count` largest pairs are small.  A Krylov space from one
 * vector holds each distinct singular value once only, so the pairs found are locked and further rounds start from a
 * fresh vector orthogonal to them: while such a round finds a value above the smallest locked one (a further copy of a
 * multiple value) it is merged; a round that finds none ends the search.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/bidiagonal.h"
#include "linalg/operator.h"
#include <math.h>
#include <string.h>

enum { TOLERANCE, ITERATIONS, SEED, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"tolerance", ND_REAL, 1e-15, 0.1, 1e-10, NULL},
    {"iterations", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
};

typedef struct search {
    nd_bidiagonal run;
    int64_t count;
    double tolerance;
    int64_t limit, taken; /* steps allowed (0: any number), done */
    int64_t locked;       /* 0 in the first round, then count */
    double *s, *bound;    /* of the locked pairs, descending */
    double converged;     /* fraction, for progress */
    nd_task task;
} search;

/* ---- one round --------------------------------------------------------------------------------------------------- */

/* How many of the largest pairs are converged. */
static int64_t count_converged(const search *find, double scale, int64_t most)
{
    int64_t i = 0;
    while (i < most && find->run.bound[i] <= find->tolerance * scale) {
        i++;
    }
    return i;
}

/* Whether the round may end; `found` receives how many pairs it has to offer. */
static int settled(search *find, int64_t *found)
{
    const nd_bidiagonal *run = &find->run;
    int64_t k = run->steps, above = 0;
    double scale = find->locked ? fmax(find->s[0], run->s[0]) : run->s[0];
    if (!find->locked) {
        int64_t converged = count_converged(find, scale, k < find->count ? k : find->count);
        find->converged = (double)converged / (double)find->count;
        *found = find->count;
        return converged == find->count;
    }
    double cutoff = find->s[find->count - 1], margin = find->tolerance * scale;
    while (above < k && above < find->count && run->s[above] > cutoff + margin) {
        above++;
    }
    *found = above;
    if (nd_bidiagonal_complete(run) || above == find->count) {
        return count_converged(find, scale, above) == above;
    }
    /* The largest of the others must be sure to stay below: within its bound there is a true singular value. */
    return above < k && count_converged(find, scale, above) == above &&
           run->bound[above] <= fmax(margin, 0.1 * (cutoff - run->s[above]));
}

/* A run that is full goes on with its largest pairs, and a third of the others as well, which speeds up convergence. */
static int make_room(search *find, int64_t *next_check)
{
    nd_bidiagonal *run = &find->run;
    if (run->steps < run->most) {
        return NNDYN_OK;
    }
    ND_TRY(nd_bidiagonal_restart(run, find->count + (run->steps - find->count) / 3));
    *next_check = run->steps + (run->most - run->steps) / 2;
    return NNDYN_OK;
}

static int not_converged(search *find)
{
    return nd_fail(
        find->run.op, NNDYN_ENUMERIC,
        "%lld of %lld singular values converged within %lld iterations; raise \"iterations\" or \"tolerance\"",
        (long long)(find->converged * (double)find->count + 0.5), (long long)find->count, (long long)find->limit);
}

static int search_round(search *find, int64_t *found)
{
    nd_bidiagonal *run = &find->run;
    int64_t next_check = find->locked ? 1 : find->count;
    ND_TRY(nd_bidiagonal_start(run));
    for (;;) {
        if (find->limit > 0 && find->taken == find->limit) {
            return not_converged(find);
        }
        ND_TRY(nd_task_report(&find->task, 0.95 * find->converged));
        ND_TRY(make_room(find, &next_check));
        ND_TRY(nd_bidiagonal_step(run));
        find->taken++;
        int complete = nd_bidiagonal_complete(run), last = find->taken == find->limit;
        if (complete || last || run->steps == run->most || run->steps >= next_check) {
            ND_TRY(nd_bidiagonal_solve(run));
            if (settled(find, found) || complete) {
                return NNDYN_OK;
            }
            next_check = run->steps + 1 + run->steps / 10;
        }
    }
}

/* ---- rounds ------------------------------------------------------------------------------------------------------ */

static void swap(double *a, double *b)
{
    double keep = *a;
    *a = *b;
    *b = keep;
}

static void swap_rows(nd_basis *basis, int64_t i, int64_t j)
{
    double *keep = basis->rows[i];
    basis->rows[i] = basis->rows[j];
    basis->rows[j] = keep;
}

/* Insertion sort of the locked pairs from `first` on into the ones before. */
static void sort_locked(search *find, int64_t first)
{
    for (int64_t i = first; i < find->count; i++) {
        for (int64_t j = i; j > 0 && find->s[j - 1] < find->s[j]; j--) {
            swap(&find->s[j - 1], &find->s[j]);
            swap(&find->bound[j - 1], &find->bound[j]);
            swap_rows(&find->run.locked_left, j - 1, j);
            swap_rows(&find->run.locked_right, j - 1, j);
        }
    }
}

/* Norm of A' L - R diag(s) over the locked pairs: what a run orthogonal to them does not see of A. */
static double locked_residual(const search *find)
{
    double squares = 0;
    for (int64_t i = 0; i < find->locked; i++) {
        squares += find->bound[i] * find->bound[i];
    }
    return sqrt(squares);
}

/* Take the `found` largest pairs of the run among the locked ones, as far as they are among the `count` largest of all.
 * */
static int merge(search *find, int64_t found)
{
    nd_bidiagonal *run = &find->run;
    int64_t taken = 0;
    for (int64_t i = 0; i < find->count; i++) {
        int64_t old = i - taken;
        taken += taken < found && (old >= find->locked || run->s[taken] > find->s[old]);
    }
    int64_t first = find->count - taken;
    double inherited = locked_residual(find);
    ND_TRY(nd_bidiagonal_lock(run, first, taken));
    memcpy(find->s + first, run->s, (size_t)taken * sizeof *find->s);
    for (int64_t i = 0; i < taken; i++) {
        find->bound[first + i] = run->bound[i] + inherited;
    }
    find->locked = find->count;
    sort_locked(find, first);
    return NNDYN_OK;
}

/* All rounds; vectors: whether they are wanted. */
static int search_all(search *find, int vectors)
{
    nd_bidiagonal *run = &find->run;
    int64_t found = 0;
    for (;;) {
        ND_TRY(search_round(find, &found));
        int complete = nd_bidiagonal_complete(run);
        if (found == 0) {
            return NNDYN_OK;
        }
        if (complete && !find->locked && !vectors) {
            memcpy(find->s, run->s, (size_t)find->count * sizeof *find->s);
            memset(find->bound, 0, (size_t)find->count * sizeof *find->bound);
            return NNDYN_OK;
        }
        ND_TRY(merge(find, found));
        if (complete) {
            return NNDYN_OK;
        }
    }
}

/* ---- the public function ----------------------------------------------------------------------------------------- */

static void write_row(int64_t n, double sign, const double *from, double *to)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = sign * from[i];
    }
}

static void write_results(const search *find, double *s, double *u, double *v, double *residuals)
{
    const nd_bidiagonal *run = &find->run;
    const nndyn_operator *op = run->op;
    const nd_basis *left = run->swapped ? &run->locked_right : &run->locked_left;
    const nd_basis *right = run->swapped ? &run->locked_left : &run->locked_right;
    size_t bytes = (size_t)find->count * sizeof *s;
    for (int64_t i = 0; (u != NULL || v != NULL) && i < find->count; i++) {
        double sign = nd_sign_of_largest(op->columns, right->rows[i]);
        if (u != NULL) {
            write_row(op->rows, sign, left->rows[i], u + i * op->rows);
        }
        if (v != NULL) {
            write_row(op->columns, sign, right->rows[i], v + i * op->columns);
        }
    }
    memcpy(s, find->s, bytes);
    if (residuals != NULL) {
        memcpy(residuals, find->bound, bytes);
    }
}

static int singular_values(nndyn_operator *op, int64_t count, const nndyn_options *options, double *s, double *u,
                           double *v, double *residuals)
{
    nd_option_value values[OPTIONS];
    search find = {0};
    ND_TRY(nd_check_size(op, count, 1, op->rows < op->columns ? op->rows : op->columns, "count"));
    ND_TRY(nd_options_read(op, options, specs, OPTIONS, values));
    ND_TRY(nd_check_pointer(op, s, "s"));
    find.count = count;
    find.tolerance = values[TOLERANCE].real;
    find.limit = values[ITERATIONS].integer;
    nd_task_begin(&find.task, op, "singular values");
    ND_TRY(nd_allocate_for(op, nd_product(2, count), sizeof *find.s, &find.s));
    find.bound = find.s + count;
    int status = nd_bidiagonal_open(&find.run, op, count, values[SEED].integer);
    if (status == NNDYN_OK) {
        status = search_all(&find, u != NULL || v != NULL);
    }
    if (status == NNDYN_OK) {
        write_results(&find, s, u, v, residuals);
    }
    nd_bidiagonal_close(&find.run);
    nd_release(op->handle.context, find.s);
    return status;
}

int nndyn_singular_values(nndyn_operator *op, int64_t count, const nndyn_options *options, double *s, double *u,
                          double *v, double *residuals)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_singular_values"));
    return nd_leave(op, singular_values(op, count, options, s, u, v, residuals));
}

double nd_singular_values_bytes(int64_t rows, int64_t columns, int64_t count)
{
    int64_t shorter = rows < columns ? rows : columns, longer = rows < columns ? columns : rows;
    return nd_bidiagonal_bytes(longer, shorter, count) + 2.0 * (double)count * (double)sizeof(double);
}
