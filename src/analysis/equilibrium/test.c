/* test.c - the three tests on the features of a record, all by means over blocks of steps.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <math.h>
#include <string.h>

/* A block must be this many correlation times long for its mean to be worth something. */
#define LONG_AGAINST_CORRELATION 5

typedef struct scratch {
    int64_t blocks, length, first, directions; /* steps of a block; first step of the first one */
    double *means;                             /* blocks x directions */
    double *covariance;                        /* directions x directions */
    double *eigenvalues, *mean;                /* directions */
    double *ratio;                             /* blocks */
    nd_arena arena;
} scratch;

static void carve(scratch *s)
{
    s->means = nd_arena_take(&s->arena, s->blocks * s->directions, sizeof(double));
    s->covariance = nd_arena_take(&s->arena, s->directions * s->directions, sizeof(double));
    s->eigenvalues = nd_arena_take(&s->arena, s->directions, sizeof(double));
    s->mean = nd_arena_take(&s->arena, s->directions, sizeof(double));
    s->ratio = nd_arena_take(&s->arena, s->blocks, sizeof(double));
}

/* ---- sums over blocks -------------------------------------------------------------------------------------------- */

static double block_sum(const scratch *s, int64_t block, const double *series)
{
    double sum = 0;
    for (int64_t i = 0; i < s->length; i++) {
        sum += series[s->first + block * s->length + i];
    }
    return sum;
}

static void block_means(scratch *s, const double *series)
{
    int64_t r = s->directions;
    memset(s->means, 0, (size_t)(s->blocks * r) * sizeof(double));
    for (int64_t b = 0; b < s->blocks; b++) {
        double *mean = s->means + b * r;
        const double *row = series + (s->first + b * s->length) * r;
        for (int64_t i = 0; i < s->length; i++, row += r) {
            for (int64_t d = 0; d < r; d++) {
                mean[d] += row[d];
            }
        }
        for (int64_t d = 0; d < r; d++) {
            mean[d] /= (double)s->length;
        }
    }
}

/* Mean over blocks first..last-1 of means[][d], and the variance between them. */
static double mean_between(const scratch *s, int64_t first, int64_t last, int64_t d, double *variance)
{
    double mean = 0, sum = 0;
    for (int64_t b = first; b < last; b++) {
        mean += s->means[b * s->directions + d];
    }
    mean /= (double)(last - first);
    for (int64_t b = first; b < last; b++) {
        double deviation = s->means[b * s->directions + d] - mean;
        sum += deviation * deviation;
    }
    *variance = sum / (double)(last - first - 1);
    return mean;
}

/* ---- (a) fluctuation-dissipation --------------------------------------------------------------------------------- */

static int fluctuation_dissipation(void *handle, scratch *s, const nd_features *features, double rate,
                                   nd_equilibrium_report *out)
{
    double above = 0, below = 0, squares = 0;
    for (int64_t b = 0; b < s->blocks; b++) {
        above += block_sum(s, b, features->work);
        below += block_sum(s, b, features->square) * rate;
    }
    if (!(below > 0)) {
        return nd_fail(handle, NNDYN_EDATA,
                       "no step of the record moves anything, so there are no fluctuations to test");
    }
    double ratio = above / below;
    for (int64_t b = 0; b < s->blocks; b++) {
        double rest = block_sum(s, b, features->work) - ratio * rate * block_sum(s, b, features->square);
        squares += rest * rest;
    }
    double blocks = (double)s->blocks;
    out->fdr = ratio;
    out->fdr_error = sqrt(squares * blocks / (blocks - 1)) / below;
    out->fdr_p = out->fdr_error > 0 ? nd_student_tail((ratio - 1) / out->fdr_error, blocks - 1) : ratio == 1;
    return NNDYN_OK;
}

/* ---- (b) the mean gradient --------------------------------------------------------------------------------------- */

static void covariance_of_means(scratch *s)
{
    int64_t r = s->directions;
    for (int64_t i = 0; i < r; i++) {
        double unused;
        s->mean[i] = mean_between(s, 0, s->blocks, i, &unused);
    }
    for (int64_t i = 0; i < r; i++) {
        for (int64_t j = 0; j < r; j++) {
            double sum = 0;
            for (int64_t b = 0; b < s->blocks; b++) {
                sum += (s->means[b * r + i] - s->mean[i]) * (s->means[b * r + j] - s->mean[j]);
            }
            s->covariance[i * r + j] = sum / (double)(s->blocks - 1);
        }
    }
}

/* Directions in which the blocks do not differ at all (parameters that never move) are left out. */
static int mean_gradient(void *handle, scratch *s, const nd_features *features, nd_equilibrium_report *out)
{
    int64_t r = s->directions, rank = 0;
    double blocks = (double)s->blocks, t2 = 0, size = 0;
    block_means(s, features->g);
    covariance_of_means(s);
    ND_TRY(nd_symmetric_eigen(handle, r, s->covariance, 1, s->eigenvalues));
    for (int64_t i = 0; i < r; i++) {
        double along = 0;
        for (int64_t d = 0; d < r; d++) {
            along += s->covariance[i * r + d] * s->mean[d];
        }
        size += along * along;
        if (s->eigenvalues[i] > 1e-12 * s->eigenvalues[r - 1]) {
            t2 += blocks * along * along / s->eigenvalues[i];
            rank++;
        }
    }
    if (rank == 0) { /* the same gradient in every block */
        out->t2 = size > 0 ? INFINITY : 0;
        out->t2_p = size > 0 ? 0 : 1;
        return NNDYN_OK;
    }
    double k = (double)rank;
    out->t2 = t2 / k;
    out->t2_p = nd_f_tail((blocks - k) / (k * (blocks - 1)) * t2, k, blocks - k);
    return NNDYN_OK;
}

/* ---- (c) the two halves, and the correlation time ---------------------------------------------------------------- */

/* Averages over each block of the squared deviation from the mean of its half, into means[][d]. */
static void squares_in_half(scratch *s, const double *series, int64_t first, int64_t last)
{
    int64_t r = s->directions;
    for (int64_t d = 0; d < r; d++) {
        double unused, mean = mean_between(s, first, last, d, &unused);
        for (int64_t b = first; b < last; b++) {
            const double *row = series + (s->first + b * s->length) * r + d;
            double sum = 0;
            for (int64_t i = 0; i < s->length; i++) {
                sum += (row[i * r] - mean) * (row[i * r] - mean);
            }
            s->means[b * r + d] = sum / (double)s->length;
        }
    }
}

static double correlation_time(const scratch *s, const double *series, int64_t d)
{
    double between, within = 0, mean = mean_between(s, 0, s->blocks, d, &between);
    int64_t count = s->blocks * s->length;
    for (int64_t i = 0; i < count; i++) {
        double deviation = series[(s->first + i) * s->directions + d] - mean;
        within += deviation * deviation;
    }
    return within > 0 ? (double)s->length * between / (within / (double)count) : 0;
}

static void two_halves(scratch *s, const nd_features *features, nd_equilibrium_report *out)
{
    int64_t r = s->directions, half = s->blocks / 2;
    out->correlation_time = 0;
    out->halves = 0;
    block_means(s, features->q);
    for (int64_t d = 0; d < r; d++) {
        out->correlation_time = fmax(out->correlation_time, correlation_time(s, features->q, d));
    }
    squares_in_half(s, features->q, 0, half);
    squares_in_half(s, features->q, half, s->blocks);
    for (int64_t d = 0; d < r; d++) {
        double v1, v2, m1 = mean_between(s, 0, half, d, &v1), m2 = mean_between(s, half, s->blocks, d, &v2);
        double error = sqrt((v1 + v2) / (double)half);
        if (error > 0) {
            out->halves = fmax(out->halves, fabs(m1 - m2) / error);
        }
    }
    out->halves_p = fmin(1, (double)r * nd_student_tail(out->halves, (double)(s->blocks - 2)));
}

/* ---- verdict ----------------------------------------------------------------------------------------------------- */

static int verdict(const nd_equilibrium_report *r)
{
    double level = r->level / 3;
    if (r->fdr_p < level || r->t2_p < level) {
        return NNDYN_EQUILIBRIUM_DRIFTING;
    }
    if (r->block < LONG_AGAINST_CORRELATION * r->correlation_time) {
        return NNDYN_EQUILIBRIUM_SHORT;
    }
    return r->halves_p < level ? NNDYN_EQUILIBRIUM_CHANGING : NNDYN_EQUILIBRIUM_REACHED;
}

static int fill(void *handle, scratch *s, const nd_features *features, double rate, nd_equilibrium_report *out)
{
    const nd_test_plan *plan = &features->plan;
    ND_TRY(fluctuation_dissipation(handle, s, features, rate, out));
    ND_TRY(mean_gradient(handle, s, features, out));
    two_halves(s, features, out);
    out->block = (double)s->length;
    out->blocks = (double)s->blocks;
    out->directions = (double)s->directions;
    out->steps = (double)plan->steps;
    out->level = plan->level;
    if (!isfinite(out->fdr) || !isfinite(out->fdr_error) || isnan(out->t2) || !isfinite(out->correlation_time)) {
        return nd_fail(handle, NNDYN_ENUMERIC, "squares of the record overflow: parameters or gradients are too large");
    }
    out->verdict = verdict(out);
    return NNDYN_OK;
}

int nd_features_test(void *handle, const nd_features *features, double rate, nd_equilibrium_report *out)
{
    const nd_test_plan *plan = &features->plan;
    nd_equilibrium_report report = {0};
    int64_t length = plan->steps / plan->blocks;
    scratch s = {.blocks = plan->blocks,
                 .length = length,
                 .first = plan->steps - plan->blocks * length,
                 .directions = plan->directions};
    carve(&s);
    ND_TRY(nd_arena_reserve(&s.arena, handle));
    carve(&s);
    int status = fill(handle, &s, features, rate, &report);
    nd_arena_free(&s.arena);
    if (status == NNDYN_OK) {
        *out = report;
    }
    return status;
}
