/* ray_statistics.c - shares and medians of the radii of rays.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
    int64_t samples, count;
    const double *radii;
    double *sorted, *least, *median; /* samples x count, of samples */
    nd_arena arena;
} job;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted numbers, infinite ones last: two of these have no difference. */
static double median_of(int64_t n, const double *sorted)
{
    if (n == 0) {
        return (double)NAN;
    }
    const double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    return isinf(high) ? high : low + (high - low) / 2;
}

static int check(nndyn_context *context, const job *j, const double *figures)
{
    ND_TRY(nd_check_size(context, j->samples, 1, INT64_MAX / 64, "samples"));
    ND_TRY(nd_check_size(context, j->count, 1, INT64_MAX / 64 / j->samples, "count"));
    ND_TRY(nd_check_pointer(context, j->radii, "radii"));
    ND_TRY(nd_check_pointer(context, figures, "figures"));
    for (int64_t i = 0; i < j->samples * j->count; i++) {
        if (!(j->radii[i] >= 0)) {
            return nd_fail(context, NNDYN_EDATA, "radius %lld of radii is %g, must be at least 0", (long long)i,
                           j->radii[i]);
        }
    }
    return NNDYN_OK;
}

static void carve(job *j)
{
    j->sorted = nd_arena_take(&j->arena, nd_product(j->samples, j->count), sizeof *j->sorted);
    j->least = nd_arena_take(&j->arena, nd_product(2, j->samples), sizeof *j->least);
    j->median = j->least != NULL ? j->least + j->samples : NULL;
}

/* Least and median of each sample, while `sorted` is in the order of samples. */
static int by_sample(nndyn_context *context, job *j)
{
    memcpy(j->sorted, j->radii, (size_t)(j->samples * j->count) * sizeof *j->sorted);
    for (int64_t s = 0; s < j->samples; s++) {
        double *own = j->sorted + s * j->count;
        qsort(own, (size_t)j->count, sizeof *own, ascending);
        j->least[s] = own[0];
        j->median[s] = median_of(j->count, own);
        if (own[0] == 0 && own[j->count - 1] > 0) {
            return nd_fail(
                context, NNDYN_EDATA,
                "of the radii of sample %lld some are 0 and some are not; a sample that is misclassified has "
                "radius 0 along all rays",
                (long long)s);
        }
    }
    return NNDYN_OK;
}

/* A sample that is right has positive radii only. */
static void summarize(job *j, double *figures)
{
    const int64_t rays = j->samples * j->count;
    int64_t wrong = 0, exits = 0;
    double *least = j->least;
    qsort(j->sorted, (size_t)rays, sizeof *j->sorted, ascending);
    qsort(least, (size_t)j->samples, sizeof *least, ascending);
    while (wrong < j->samples && least[wrong] == 0) {
        wrong++;
    }
    const double *of_right = j->sorted + wrong * j->count;
    const int64_t right = rays - wrong * j->count;
    while (exits < right && isfinite(of_right[exits])) {
        exits++;
    }
    figures[NNDYN_RAY_EXIT] = right > 0 ? (double)exits / (double)right : (double)NAN;
    figures[NNDYN_RAY_MEDIAN] = median_of(right, of_right);
    figures[NNDYN_RAY_MEDIAN_EXIT] = median_of(exits, of_right);
    figures[NNDYN_RAY_LEAST] = median_of(j->samples - wrong, least + wrong);
    figures[NNDYN_RAY_WRONG] = (double)wrong / (double)j->samples;
}

static int statistics(nndyn_context *context, job *j, double *figures, double *least, double *median)
{
    ND_TRY(check(context, j, figures));
    carve(j);
    ND_TRY(nd_check_memory(context, (double)j->arena.used, "the sorted radii"));
    ND_TRY(nd_arena_reserve(&j->arena, context));
    carve(j);
    ND_TRY(by_sample(context, j));
    if (least != NULL) {
        memcpy(least, j->least, (size_t)j->samples * sizeof *least);
    }
    if (median != NULL) {
        memcpy(median, j->median, (size_t)j->samples * sizeof *median);
    }
    summarize(j, figures);
    return NNDYN_OK;
}

int nndyn_basin_ray_statistics(nndyn_context *context, int64_t samples, int64_t count, const double *radii,
                               double *figures, double *least, double *median)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_basin_ray_statistics"));
    job j = {.samples = samples, .count = count, .radii = radii, .arena.context = context};
    const int status = statistics(context, &j, figures, least, median);
    nd_arena_free(&j.arena);
    return nd_leave(context, status);
}
