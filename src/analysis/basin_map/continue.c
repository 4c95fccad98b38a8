/* continue.c - attractors and their basins over a parameter.
 *
 * At each value a basin map of that value is made within the call.  It looks for attractors from where they were
 * before and from the starts, and labels the starts.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/branches.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { BONFERRONI = ND_BASINS_INTERVAL_OPTIONS, THRESHOLD, MEMORY, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    ND_BASINS_INTERVAL_SPECS,
    [BONFERRONI] = {"bonferroni", ND_INTEGER, 0, 1, 1, NULL},
    [THRESHOLD] = {"threshold", ND_REAL, DBL_MIN, DBL_MAX, DBL_MAX, NULL},
    [MEMORY] = {"memory", ND_INTEGER, 0, INT32_MAX, 0, NULL},
};

typedef struct path {
    nndyn_basin_map *basins;
    nndyn_basin_branches *out;
    nd_task task;
    int64_t parameter, n;
    const double *values, *starts;
    nd_option_value v[OPTIONS];
    nd_branches_rule rule;
    int64_t *labels;
} path;

static void destroy(void *object)
{
    nndyn_basin_branches *b = object;
    nndyn_context *context = b->handle.context;
    for (int64_t t = 0; b->levels && t < b->count; t++) {
        nd_basins_list_free(context, &b->levels[t].list);
        nd_release(context, b->levels[t].memory);
    }
    nd_release(context, b->levels);
    nd_release(context, b->places);
    nd_release(context, b->event);
}

/* ---- a value ----------------------------------------------------------------------------------------------------- */

/* The points from which attractors are looked for: where they were, then the starts.  Counts only if to is NULL. */
static int64_t seeds(const path *p, int64_t t, double *to)
{
    const int64_t d = p->out->dimension;
    int64_t count = 0;
    if (t == 0) {
        for (int64_t k = 0; k < p->basins->list.count; k++, count++) {
            if (to) {
                memcpy(to + count * d, nd_basins_points(&p->basins->list, k), (size_t)d * sizeof *to);
            }
        }
    }
    for (int64_t id = 0; id < p->out->branches; id++) {
        if (nd_branches_alive(p->out, id, t, p->rule.memory)) {
            const nd_branches_place at = p->out->places[id];
            if (to) {
                memcpy(to + count * d, nd_basins_points(&p->out->levels[at.level].list, at.row),
                       (size_t)d * sizeof *to);
            }
            count++;
        }
    }
    if (to) {
        memcpy(to + count * d, p->starts, (size_t)(p->n * d) * sizeof *to);
    }
    return count + p->n;
}

static int find(path *p, nndyn_basin_map *inner, int64_t t, double from, double to)
{
    const int64_t d = p->out->dimension, n = seeds(p, t, NULL);
    double *states = NULL;
    ND_TRY(nd_check_memory(p->basins, (double)n * (double)d * sizeof *states, "the starts of a value"));
    ND_TRY(nd_allocate_for(p->basins, n * d, sizeof *states, &states));
    seeds(p, t, states);
    const int status = nd_basins_find(inner, n, states, NULL, &p->task, from, to);
    nd_release(nd_handle_context(p->basins), states);
    return nd_basins_pass_on(p->basins, status, inner);
}

static int label(path *p, nndyn_basin_map *inner, double from, double to)
{
    const nd_basins_rows rows = {.dimension = p->out->dimension, .states = p->starts};
    nd_basins_job job = nd_basins_labeling(inner, p->n, p->labels, NULL);
    job.start = nd_basins_row;
    job.self = &rows;
    return nd_basins_pass_on(p->basins, nd_basins_follow(&job, &p->task, from, to), inner);
}

static void tally(const path *p, nd_branches_level *level)
{
    const int64_t classes = level->list.count + ND_BASIN_OUTSIDE;
    const int64_t together = p->v[BONFERRONI].integer ? classes : 1;
    double none;
    for (int64_t i = 0; i < p->n; i++) {
        level->fraction[nd_basins_class(level->list.count, p->labels[i])] += 1;
    }
    for (int64_t c = 0; c < classes; c++) {
        nd_basins_interval(p->v, (int64_t)level->fraction[c], p->n, together, &level->low[c], &level->high[c]);
        level->fraction[c] /= (double)p->n;
    }
    nd_basins_interval(p->v, 0, p->n, together, &none, &level->absent);
}

static int look(path *p, nndyn_basin_map *inner, int64_t t)
{
    const double share = 1 / (double)p->out->count, from = share * (double)t;
    nd_branches_level *level = &p->out->levels[t];
    ND_TRY(find(p, inner, t, from, from + share / 2));
    ND_TRY(label(p, inner, from + share / 2, t + 1 == p->out->count ? 1 : from + share));
    level->list = inner->list;
    inner->list = (nd_basins_list){.dimension = p->out->dimension};
    ND_TRY(nd_branches_open(p->basins, level));
    tally(p, level);
    return nd_branches_match(p->basins, p->out, t, &p->rule);
}

static int go(path *p)
{
    double parameters[ND_MAP_PARAMETERS];
    memcpy(parameters, p->basins->parameters, sizeof parameters);
    for (int64_t t = 0; t < p->out->count; t++) {
        nndyn_basin_map *inner = NULL;
        parameters[p->parameter] = p->values[t];
        ND_TRY(nd_basins_like(p->basins, parameters, &p->basins->rule, &inner));
        const int status = look(p, inner, t);
        nd_handle_release(inner);
        ND_TRY(status);
    }
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int open(path *p, int64_t count)
{
    nndyn_basin_map *basins = p->basins;
    ND_TRY(nd_handle_create(basins->handle.context, ND_BASIN_BRANCHES, sizeof *p->out, destroy, &p->out));
    p->out->dimension = basins->list.dimension;
    p->out->count = count;
    ND_TRY(nd_allocate_for(basins, count, sizeof *p->out->levels, &p->out->levels));
    ND_TRY(nd_check_memory(basins, (double)p->n * (double)sizeof *p->labels, "the labels"));
    return nd_allocate_for(basins, p->n, sizeof *p->labels, &p->labels);
}

static int check(path *p, const char *parameter, int64_t count, const nndyn_options *options,
                 nndyn_basin_branches **out)
{
    nndyn_basin_map *basins = p->basins;
    ND_TRY(nd_check_pointer(basins, parameter, "parameter"));
    ND_TRY(nd_map_find(basins->map, basins, parameter, &p->parameter));
    ND_TRY(nd_check_size(basins, count, 1, INT64_C(1) << 32, "count"));
    ND_TRY(nd_check_pointer(basins, p->values, "values"));
    ND_TRY(nd_check_finite(basins, 1, count, p->values, "values"));
    ND_TRY(nd_basins_check_starts(basins, p->n, p->starts));
    ND_TRY(nd_check_pointer(basins, out, "out"));
    return nd_options_read(basins, options, specs, OPTIONS, p->v);
}

static int follow_branches(path *p, const char *parameter, int64_t count, const nndyn_options *options,
                           nndyn_basin_branches **out)
{
    nndyn_basin_map *basins = p->basins;
    ND_TRY(check(p, parameter, count, options, out));
    p->rule = (nd_branches_rule){.threshold = p->v[THRESHOLD].real,
                                 .tolerance = basins->rule.tolerance,
                                 .memory = p->v[MEMORY].integer};
    nd_task_begin(&p->task, basins, "following attractors over a parameter");
    int status = open(p, count);
    if (status == NNDYN_OK) {
        status = go(p);
    }
    nd_release(nd_handle_context(basins), p->labels);
    if (status == NNDYN_OK) {
        *out = p->out;
    } else {
        nd_handle_release(p->out);
    }
    return status;
}

int nndyn_basin_map_continue(nndyn_basin_map *basins, const char *parameter, int64_t count, const double *values,
                             int64_t n, const double *starts, const nndyn_options *options, nndyn_basin_branches **out)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_continue"));
    path p = {.basins = basins, .n = n, .values = values, .starts = starts};
    return nd_leave(basins, follow_branches(&p, parameter, count, options, out));
}
