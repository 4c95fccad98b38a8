/* disagree.c - starts that two basin maps send elsewhere: what an integrator's step does to basins.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { THRESHOLD = ND_BASINS_INTERVAL_OPTIONS, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    ND_BASINS_INTERVAL_SPECS,
    [THRESHOLD] = {"threshold", ND_REAL, DBL_MIN, DBL_MAX, 0, NULL},
};

static const double threshold = 100; /* tolerances, unless it is given */

typedef struct comparison {
    nndyn_basin_map *basins, *other;
    nd_task task;
    nd_option_value v[OPTIONS];
    int64_t n;
    const double *starts;
    int64_t *labels, *labels_of_other, *partner;
    double *distance, *gap;
    nd_arena arena;
} comparison;

static void carve(comparison *c)
{
    const int64_t count = c->basins->list.count;
    c->labels = nd_arena_take(&c->arena, c->n, sizeof *c->labels);
    c->labels_of_other = nd_arena_take(&c->arena, c->n, sizeof *c->labels_of_other);
    c->partner = nd_arena_take(&c->arena, count + 1, sizeof *c->partner);
    c->gap = nd_arena_take(&c->arena, count + 1, sizeof *c->gap);
    c->distance = nd_arena_take(&c->arena, count * c->other->list.count + 1, sizeof *c->distance);
}

static int label(comparison *c, nndyn_basin_map *with, int64_t *labels, double from, double to)
{
    const nd_basins_rows rows = {.dimension = with->list.dimension, .states = c->starts};
    nd_basins_job job = nd_basins_labeling(with, c->n, labels, NULL);
    job.start = nd_basins_row;
    job.self = &rows;
    return nd_basins_follow(&job, &c->task, from, to);
}

static void pair_up(comparison *c)
{
    const nd_basins_list *a = &c->basins->list, *b = &c->other->list;
    const double reach = c->v[THRESHOLD].given ? c->v[THRESHOLD].real : threshold * c->basins->rule.tolerance;
    for (int64_t k = 0; k < a->count; k++) {
        for (int64_t l = 0; l < b->count; l++) {
            const double apart = nd_basins_apart(a, k, b, l);
            c->distance[k * b->count + l] = apart <= reach ? apart : HUGE_VAL;
        }
    }
    nd_basins_pair(a->count, b->count, c->distance, c->basins->rule.tolerance, c->partner, c->gap);
}

static int64_t differing(const comparison *c)
{
    int64_t count = 0;
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t label = c->labels[i], there = c->labels_of_other[i];
        const int64_t same = label < 0 ? label : c->partner[label];
        count += label < 0 ? there != label : same < 0 || there != same;
    }
    return count;
}

static int compare(comparison *c, double from, double *values)
{
    const double half = 0.5 * (from + 1);
    carve(c);
    ND_TRY(nd_check_memory(c->basins, (double)c->arena.used, "the labels"));
    ND_TRY(nd_arena_reserve(&c->arena, c->basins));
    carve(c);
    int status = label(c, c->basins, c->labels, from, half);
    if (status == NNDYN_OK) {
        status = nd_basins_pass_on(c->basins, label(c, c->other, c->labels_of_other, half, 1), c->other);
    }
    if (status == NNDYN_OK) {
        pair_up(c);
        const int64_t count = differing(c);
        values[0] = (double)count / (double)c->n;
        nd_basins_interval(c->v, count, c->n, 1, &values[1], &values[2]);
        c->basins->frozen = c->other->frozen = 1;
    }
    nd_arena_free(&c->arena);
    return status;
}

/* ---- a step halved ----------------------------------------------------------------------------------------------- */

/* Attractors are looked for from where they are with the whole step, and from the starts. */
static int find_halved(comparison *c)
{
    const nd_basins_list *list = &c->basins->list;
    const int64_t d = list->dimension, n = list->count + c->n;
    double *states = NULL;
    ND_TRY(nd_check_memory(c->basins, (double)n * (double)d * sizeof *states, "the starts"));
    ND_TRY(nd_allocate_for(c->basins, n * d, sizeof *states, &states));
    for (int64_t k = 0; k < list->count; k++) {
        memcpy(states + k * d, nd_basins_points(list, k), (size_t)d * sizeof *states);
    }
    memcpy(states + list->count * d, c->starts, (size_t)(c->n * d) * sizeof *states);
    const int status = nd_basins_find(c->other, n, states, NULL, &c->task, 0, 0.5);
    nd_release(nd_handle_context(c->basins), states);
    return nd_basins_pass_on(c->basins, status, c->other);
}

/* Twice as many steps, looked at at the same times. */
static int with_half_the_step(comparison *c, double *values)
{
    nndyn_basin_map *basins = c->basins;
    double parameters[ND_MAP_PARAMETERS];
    nd_basins_rule rule = basins->rule;
    int64_t step;
    memcpy(parameters, basins->parameters, sizeof parameters);
    ND_TRY(nd_map_find(basins->map, basins, "step", &step));
    parameters[step] /= 2;
    rule.steps *= 2;
    rule.every *= 2;
    ND_TRY(nd_basins_like(basins, parameters, &rule, &c->other));
    int status = find_halved(c);
    if (status == NNDYN_OK) {
        status = compare(c, 0.5, values);
    }
    nd_handle_release(c->other);
    return status;
}

static int with_another(comparison *c, double *values)
{
    nndyn_basin_map *basins = c->basins;
    if (c->other == basins) {
        return nd_fail(basins, NNDYN_EARG,
                       "other is the basin map itself; give another one, or NULL to halve the step");
    }
    ND_TRY(nd_hold(basins, c->other, ND_BASIN_MAP, "other"));
    int status = NNDYN_OK;
    if (c->other->list.dimension != basins->list.dimension) {
        status = nd_fail(basins, NNDYN_EARG, "other has states of dimension %lld, must have %lld",
                         (long long)c->other->list.dimension, (long long)basins->list.dimension);
    }
    if (status == NNDYN_OK) {
        status = compare(c, 0, values);
    }
    nd_unhold(c->other);
    return status;
}

static int disagreement(comparison *c, const nndyn_options *options, double *values)
{
    nndyn_basin_map *basins = c->basins;
    double found[3];
    ND_TRY(nd_basins_check_starts(basins, c->n, c->starts));
    ND_TRY(nd_options_read(basins, options, specs, OPTIONS, c->v));
    ND_TRY(nd_check_pointer(basins, values, "values"));
    nd_task_begin(&c->task, basins, "comparing basins");
    ND_TRY(c->other ? with_another(c, found) : with_half_the_step(c, found));
    memcpy(values, found, sizeof found);
    return NNDYN_OK;
}

int nndyn_basin_map_disagreement(nndyn_basin_map *basins, nndyn_basin_map *other, int64_t n, const double *starts,
                                 const nndyn_options *options, double *values)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_disagreement"));
    comparison c = {.basins = basins, .other = other, .n = n, .starts = starts};
    return nd_leave(basins, disagreement(&c, options, values));
}
