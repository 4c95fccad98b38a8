/* moments.c - class sums of one pass.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <string.h>

/* ---- rows by class ----------------------------------------------------------------------------------------------- */

void nd_groups_take(nd_arena *arena, nd_groups *groups, int64_t classes)
{
    groups->classes = classes;
    groups->start = nd_arena_take(arena, classes + 2, sizeof *groups->start);
    groups->order = nd_arena_take(arena, ND_SEPARATION_ROWS, sizeof *groups->order);
}

void nd_groups_fill(nd_groups *groups, int64_t count, const int64_t *labels)
{
    int64_t *next = groups->start + 1; /* where the next row of each class goes; ends as the start of the one after */
    memset(groups->start, 0, (size_t)(groups->classes + 2) * sizeof *groups->start);
    groups->count = count;
    for (int64_t i = 0; i < count; i++) {
        next[labels[i] + 1]++;
    }
    for (int64_t c = 0; c < groups->classes; c++) {
        next[c + 1] += next[c];
    }
    for (int64_t i = 0; i < count; i++) {
        groups->order[next[labels[i]]++] = i;
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

void nd_moments_take(nd_arena *arena, nd_moments *m)
{
    const int64_t numbers = nd_product(m->classes, m->width);
    m->counts = nd_arena_take(arena, m->classes, sizeof *m->counts);
    m->based = nd_arena_take(arena, m->classes, sizeof *m->based);
    m->square = nd_arena_take(arena, m->classes, sizeof *m->square);
    m->center = nd_arena_take(arena, numbers, sizeof *m->center);
    m->sum = nd_arena_take(arena, numbers, sizeof *m->sum);
}

void nd_moments_mean(const nd_moments *m, int64_t c, double *mean)
{
    const double *center = m->center + c * m->width, *sum = m->sum + c * m->width;
    const double n = (double)m->counts[c];
    for (int64_t j = 0; j < m->width; j++) {
        mean[j] = center[j] + sum[j] / n; /* the samples the center is the mean of add nothing to the sum */
    }
}

double nd_moments_scatter(const nd_moments *m, int64_t c)
{
    const double *sum = m->sum + c * m->width;
    double square[4] = {0}; /* apart, for speed */
    int64_t j = 0;
    for (; j + 4 <= m->width; j += 4) {
        for (int64_t i = 0; i < 4; i++) {
            square[i] += sum[j + i] * sum[j + i];
        }
    }
    for (; j < m->width; j++) {
        square[0] += sum[j] * sum[j];
    }
    const double off = (square[0] + square[1]) + (square[2] + square[3]);
    const double scatter = m->square[c] - off / (double)m->counts[c];
    return scatter < 0 ? 0 : scatter; /* NaN stays */
}

/* Move the center to the mean of all samples so far. */
static void move_center(nd_moments *m, int64_t c)
{
    m->square[c] = nd_moments_scatter(m, c);
    nd_moments_mean(m, c, m->center + c * m->width);
    memset(m->sum + c * m->width, 0, (size_t)m->width * sizeof *m->sum);
    m->based[c] = m->counts[c];
}

#define R        float
#define ND(name) nd_##name##_f32
#include "analysis/separation/moments.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "analysis/separation/moments.inc"

typedef struct addition {
    nd_moments *moments;
    const nd_groups *groups;
    const char *kernels;
    int dtype;
    int64_t stride;
    const void *x;
} addition;

static void add_class(void *job, int64_t c)
{
    const addition *a = job;
    if (a->dtype == NNDYN_F32) {
        nd_moments_add_f32(a->moments, nd_kernels_choose_f32(a->kernels), a->groups, a->stride, a->x, c);
    } else {
        nd_moments_add_f64(a->moments, nd_kernels_choose_f64(a->kernels), a->groups, a->stride, a->x, c);
    }
}

/* Numbers from which threads gain more than their start costs. */
enum { MANY = 1 << 16 };

int nd_moments_add(nndyn_context *context, nd_moments *m, const nd_groups *groups, int dtype, int64_t stride,
                   const void *x)
{
    addition a = {m, groups, nd_context_kernels(context), dtype, stride, x};
    if (m->classes > 1 && groups->count > MANY / m->width) {
        return nd_parallel(context, m->classes, add_class, &a);
    }
    for (int64_t c = 0; c < m->classes; c++) {
        add_class(&a, c);
    }
    return NNDYN_OK;
}

/* Chan's formula: the scatter of two sets is that of each and that between their means. */
static void merge_class(nd_moments *m, const nd_moments *other, int64_t c)
{
    const double n = (double)m->counts[c], k = (double)other->counts[c], all = n + k;
    double *center = m->center + c * m->width;
    const double *from = other->center + c * m->width, *sum = other->sum + c * m->width;
    double between = 0;
    move_center(m, c);
    for (int64_t j = 0; j < m->width; j++) {
        const double away = (from[j] - center[j]) + sum[j] / k;
        between += away * away;
        center[j] += away * (k / all);
    }
    m->square[c] += nd_moments_scatter(other, c) + between * (n * k / all);
    m->counts[c] += other->counts[c];
    m->based[c] = m->counts[c];
}

void nd_moments_merge(nd_moments *m, const nd_moments *other)
{
    const size_t row = (size_t)m->width * sizeof(double);
    for (int64_t c = 0; c < m->classes; c++) {
        if (m->counts[c] == 0) {
            memcpy(m->center + c * m->width, other->center + c * m->width, row);
            memcpy(m->sum + c * m->width, other->sum + c * m->width, row);
            m->square[c] = other->square[c];
            m->counts[c] = other->counts[c];
            m->based[c] = other->based[c];
        } else if (other->counts[c] > 0) {
            merge_class(m, other, c);
        }
    }
}
