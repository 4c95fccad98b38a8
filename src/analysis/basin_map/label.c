/* label.c - labels of starts and of grids.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include <string.h>

nd_basins_job nd_basins_labeling(nndyn_basin_map *basins, int64_t n, int64_t *labels, int64_t *steps)
{
    return (nd_basins_job){.basins = basins,
                           .list = &basins->list,
                           .parameters = basins->parameters,
                           .rule = basins->rule,
                           .scale = 1,
                           .n = n,
                           .labels = labels,
                           .steps = steps};
}

/* Into memory of its own first: a call that is stopped leaves the caller's arrays as they were. */
static int deliver(nd_basins_job *job, int64_t *labels, int64_t *steps)
{
    nndyn_basin_map *basins = job->basins;
    nd_task task;
    nd_task_begin(&task, basins, "labeling starts");
    const int arrays = steps ? 2 : 1;
    ND_TRY(nd_check_memory(basins, (double)job->n * arrays * (double)sizeof *labels, "the labels"));
    ND_TRY(nd_allocate_for(basins, nd_product(job->n, arrays), sizeof *labels, &job->labels));
    job->steps = steps ? job->labels + job->n : NULL;
    const int status = nd_basins_follow(job, &task, 0, 1);
    if (status == NNDYN_OK) {
        basins->frozen = 1;
        memcpy(labels, job->labels, (size_t)job->n * sizeof *labels);
    }
    if (status == NNDYN_OK && steps) {
        memcpy(steps, job->steps, (size_t)job->n * sizeof *steps);
    }
    nd_release(nd_handle_context(basins), job->labels);
    return status;
}

int nd_basins_check_starts(nndyn_basin_map *basins, int64_t n, const double *starts)
{
    const int64_t d = basins->list.dimension;
    ND_TRY(nd_check_size(basins, n, 1, INT64_MAX / 64 / d, "n"));
    ND_TRY(nd_check_pointer(basins, starts, "starts"));
    return nd_check_finite(basins, n, d, starts, "starts");
}

static int label_starts(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *labels, int64_t *steps)
{
    const nd_basins_rows rows = {.dimension = basins->list.dimension, .states = starts};
    ND_TRY(nd_basins_check_starts(basins, n, starts));
    ND_TRY(nd_check_pointer(basins, labels, "labels"));
    nd_basins_job job = nd_basins_labeling(basins, n, NULL, NULL);
    job.start = nd_basins_row;
    job.self = &rows;
    return deliver(&job, labels, steps);
}

int nndyn_basin_map_label(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *labels, int64_t *steps)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_label"));
    return nd_leave(basins, label_starts(basins, n, starts, labels, steps));
}

/* ---- grids ------------------------------------------------------------------------------------------------------- */

typedef struct mesh {
    int64_t dimension, axes;
    const int64_t *coordinates, *counts;
    const double *low, *high, *origin;
} mesh;

/* The upper end exactly, and no rounding of a step added up. */
static void point_of(const void *self, int64_t index, double *state)
{
    const mesh *m = self;
    for (int64_t j = 0; j < m->dimension; j++) {
        state[j] = m->origin ? m->origin[j] : 0;
    }
    for (int64_t a = m->axes - 1; a >= 0; a--) {
        const int64_t i = index % m->counts[a], last = m->counts[a] - 1;
        const double share = last > 0 ? (double)i / (double)last : 0;
        index /= m->counts[a];
        state[m->coordinates[a]] = i == last && last > 0 ? m->high[a] : m->low[a] + share * (m->high[a] - m->low[a]);
    }
}

static int check_axis(nndyn_basin_map *basins, const mesh *m, int64_t a)
{
    const int64_t c = m->coordinates[a];
    ND_TRY(nd_check_size(basins, c, 0, m->dimension - 1, "coordinates"));
    ND_TRY(nd_check_size(basins, m->counts[a], 1, INT64_C(1) << 40, "counts"));
    for (int64_t b = 0; b < a; b++) {
        if (m->coordinates[b] == c) {
            return nd_fail(basins, NNDYN_EARG,
                           "coordinates[%lld] and coordinates[%lld] are both %lld, must be different", (long long)b,
                           (long long)a, (long long)c);
        }
    }
    if (m->counts[a] > 1 && !(m->low[a] < m->high[a])) {
        return nd_fail(basins, NNDYN_EARG, "high[%lld] is %g, must be above low[%lld], which is %g", (long long)a,
                       m->high[a], (long long)a, m->low[a]);
    }
    return NNDYN_OK;
}

static int check_mesh(nndyn_basin_map *basins, const mesh *m, int64_t *n)
{
    ND_TRY(nd_check_size(basins, m->axes, 1, m->dimension < ND_BASIN_AXES ? m->dimension : ND_BASIN_AXES, "axes"));
    ND_TRY(nd_check_pointer(basins, m->coordinates, "coordinates"));
    ND_TRY(nd_check_pointer(basins, m->low, "low"));
    ND_TRY(nd_check_pointer(basins, m->high, "high"));
    ND_TRY(nd_check_pointer(basins, m->counts, "counts"));
    ND_TRY(nd_check_finite(basins, 1, m->axes, m->low, "low"));
    ND_TRY(nd_check_finite(basins, 1, m->axes, m->high, "high"));
    if (m->origin) {
        ND_TRY(nd_check_finite(basins, 1, m->dimension, m->origin, "origin"));
    }
    *n = 1;
    for (int64_t a = 0; a < m->axes; a++) {
        ND_TRY(check_axis(basins, m, a));
        *n = nd_product(*n, m->counts[a]);
        if (*n < 0 || *n > INT64_MAX / 64) {
            return nd_fail(basins, NNDYN_EARG, "counts make more points than can be numbered; ask for less");
        }
    }
    return NNDYN_OK;
}

static int label_grid(nndyn_basin_map *basins, const mesh *m, int64_t *labels, int64_t *steps)
{
    int64_t n;
    ND_TRY(check_mesh(basins, m, &n));
    ND_TRY(nd_check_pointer(basins, labels, "labels"));
    nd_basins_job job = nd_basins_labeling(basins, n, NULL, NULL);
    job.start = point_of;
    job.self = m;
    return deliver(&job, labels, steps);
}

int nndyn_basin_map_grid(nndyn_basin_map *basins, int64_t axes, const int64_t *coordinates, const double *low,
                         const double *high, const int64_t *counts, const double *origin, int64_t *labels,
                         int64_t *steps)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_grid"));
    const mesh m = {.dimension = basins->list.dimension,
                    .axes = axes,
                    .coordinates = coordinates,
                    .counts = counts,
                    .low = low,
                    .high = high,
                    .origin = origin};
    return nd_leave(basins, label_grid(basins, &m, labels, steps));
}
