/* measure.c - covariance of a record with errors from the differences between blocks.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <math.h>
#include <string.h>

typedef struct measured {
    int64_t steps, count, blocks, length, first;
    double *mean;           /* count */
    double *block;          /* count x count: products of deviations averaged over a block */
    double *means;          /* count: deviation averaged over a block */
    double *sigma, *square; /* count x count: sums over blocks of these averages and of their squares */
    double *between;        /* count: sums over blocks of the squared mean deviation */
    nd_arena arena;
} measured;

static void carve(measured *m)
{
    int64_t entries = nd_product(m->count, m->count);
    m->block = nd_arena_take(&m->arena, entries, sizeof(double));
    m->sigma = nd_arena_take(&m->arena, entries, sizeof(double));
    m->square = nd_arena_take(&m->arena, entries, sizeof(double));
    m->mean = nd_arena_take(&m->arena, m->count, sizeof(double));
    m->means = nd_arena_take(&m->arena, m->count, sizeof(double));
    m->between = nd_arena_take(&m->arena, m->count, sizeof(double));
}

static const double *row_of(const measured *m, const double *record, int64_t step)
{
    return record + (m->first + step) * m->count;
}

static void mean_of(measured *m, const double *record)
{
    int64_t steps = m->blocks * m->length;
    for (int64_t s = 0; s < steps; s++) {
        const double *row = row_of(m, record, s);
        for (int64_t i = 0; i < m->count; i++) {
            m->mean[i] += row[i];
        }
    }
    for (int64_t i = 0; i < m->count; i++) {
        m->mean[i] /= (double)steps;
    }
}

static void average_block(measured *m, const double *record, int64_t block)
{
    int64_t n = m->count;
    memset(m->block, 0, (size_t)(n * n) * sizeof(double));
    memset(m->means, 0, (size_t)n * sizeof(double));
    for (int64_t s = 0; s < m->length; s++) {
        const double *row = row_of(m, record, block * m->length + s);
        for (int64_t i = 0; i < n; i++) {
            double deviation = row[i] - m->mean[i];
            m->means[i] += deviation / (double)m->length;
            for (int64_t j = 0; j <= i; j++) {
                m->block[i * n + j] += deviation * (row[j] - m->mean[j]) / (double)m->length;
            }
        }
    }
}

static void add_block(measured *m)
{
    int64_t n = m->count;
    for (int64_t i = 0; i < n; i++) {
        m->between[i] += m->means[i] * m->means[i];
        for (int64_t j = 0; j <= i; j++) {
            double value = m->block[i * n + j];
            m->sigma[i * n + j] += value;
            m->square[i * n + j] += value * value;
        }
    }
}

static void finish(measured *m)
{
    int64_t n = m->count;
    double blocks = (double)m->blocks;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double mean = m->sigma[i * n + j] / blocks;
            double variance = (m->square[i * n + j] / blocks - mean * mean) / (blocks - 1);
            m->sigma[i * n + j] = m->sigma[j * n + i] = mean;
            m->square[i * n + j] = m->square[j * n + i] = sqrt(fmax(variance, 0));
        }
        double variance = m->sigma[i * n + i];
        m->between[i] = variance > 0 ? (double)m->length * m->between[i] / (blocks - 1) / variance : 0;
    }
}

static int fill(nndyn_context *context, measured *m, const double *record)
{
    nd_task task;
    nd_task_begin(&task, context, "covariance of a record");
    mean_of(m, record);
    for (int64_t b = 0; b < m->blocks; b++) {
        ND_TRY(nd_task_report(&task, (double)b / (double)m->blocks));
        average_block(m, record, b);
        add_block(m);
    }
    finish(m);
    for (int64_t i = 0; i < m->count * m->count; i++) {
        if (!isfinite(m->sigma[i]) || !isfinite(m->square[i])) {
            return nd_fail(context, NNDYN_ENUMERIC, "squares of the record overflow: its numbers are too large");
        }
    }
    return nd_task_report(&task, 1);
}

static int check(nndyn_context *context, int64_t steps, int64_t count, const double *record,
                 const nndyn_options *options, const double *sigma, measured *m)
{
    static const nd_option_spec spec = {"blocks", ND_INTEGER, 4, 4096, 32, NULL};
    nd_option_value value;
    ND_TRY(nd_check_size(context, count, 1, INT32_MAX, "count"));
    ND_TRY(nd_options_read(context, options, &spec, 1, &value));
    ND_TRY(nd_check_size(context, steps, 2 * value.integer, INT64_MAX / 16, "steps"));
    ND_TRY(nd_check_pointer(context, record, "record"));
    ND_TRY(nd_check_pointer(context, sigma, "sigma"));
    ND_TRY(nd_check_finite(context, steps, count, record, "record"));
    int64_t length = steps / value.integer;
    *m = (measured){.steps = steps,
                    .count = count,
                    .blocks = value.integer,
                    .length = length,
                    .first = steps - length * value.integer};
    return NNDYN_OK;
}

static void deliver(int64_t count, const double *from, double *to)
{
    if (to) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

static int measure(nndyn_context *context, int64_t steps, int64_t count, const double *record,
                   const nndyn_options *options, double *sigma, double *error, double *times)
{
    measured m = {0};
    ND_TRY(check(context, steps, count, record, options, sigma, &m));
    carve(&m);
    ND_TRY(nd_check_memory(context, (double)m.arena.used, "the sums over blocks"));
    ND_TRY(nd_arena_reserve(&m.arena, context));
    carve(&m);
    int status = fill(context, &m, record);
    if (status == NNDYN_OK) {
        deliver(count * count, m.sigma, sigma);
        deliver(count * count, m.square, error);
        deliver(count, m.between, times);
    }
    nd_arena_free(&m.arena);
    return status;
}

int nndyn_equilibrium_measure(nndyn_context *context, int64_t steps, int64_t count, const double *record,
                              const nndyn_options *options, double *sigma, double *error, double *times)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_equilibrium_measure"));
    return nd_leave(context, measure(context, steps, count, record, options, sigma, error, times));
}
