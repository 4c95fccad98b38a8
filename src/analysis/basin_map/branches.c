/* branches.c - what is read from attractors followed over a parameter.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/branches.h"
#include <string.h>

void nndyn_basin_branches_free(nndyn_basin_branches *branches)
{
    nd_handle_release(branches);
}

const char *nndyn_branch_event_name(int kind)
{
    static const char *const names[] = {"unknown", "birth", "death", "return", "period"};
    return names[kind >= NNDYN_BRANCH_BIRTH && kind <= NNDYN_BRANCH_PERIOD ? kind : 0];
}

int nndyn_basin_branches_shape(nndyn_basin_branches *branches, int64_t *values, int64_t *count, int64_t *dimension)
{
    ND_TRY(nd_enter(branches, ND_BASIN_BRANCHES, "nndyn_basin_branches_shape"));
    if (values) {
        *values = branches->count;
    }
    if (count) {
        *count = branches->branches;
    }
    if (dimension) {
        *dimension = branches->dimension;
    }
    return nd_leave(branches, NNDYN_OK);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- at a value -------------------------------------------------------------------------------------------------- */

static int at(nndyn_basin_branches *b, int64_t index, int64_t capacity, int64_t *ids, int64_t *periods, double *moved,
              int64_t *count)
{
    ND_TRY(nd_check_size(b, index, 0, b->count - 1, "index"));
    ND_TRY(nd_check_size(b, capacity, 0, INT64_MAX, "capacity"));
    ND_TRY(nd_check_pointer(b, count, "count"));
    const nd_branches_level *level = &b->levels[index];
    for (int64_t row = 0; row < least(capacity, level->list.count); row++) {
        if (ids) {
            ids[row] = level->ids[row];
        }
        if (periods) {
            periods[row] = nd_basins_period(&level->list, row);
        }
        if (moved) {
            moved[row] = level->moved[row];
        }
    }
    *count = level->list.count;
    return NNDYN_OK;
}

int nndyn_basin_branches_at(nndyn_basin_branches *branches, int64_t index, int64_t capacity, int64_t *ids,
                            int64_t *periods, double *moved, int64_t *count)
{
    ND_TRY(nd_enter(branches, ND_BASIN_BRANCHES, "nndyn_basin_branches_at"));
    return nd_leave(branches, at(branches, index, capacity, ids, periods, moved, count));
}

/* The row of a branch at a level, or -1. */
static int64_t row_of(const nd_branches_level *level, int64_t id)
{
    for (int64_t row = 0; row < level->list.count; row++) {
        if (level->ids[row] == id) {
            return row;
        }
    }
    return -1;
}

static int check_branch(nndyn_basin_branches *b, int64_t branch, int64_t lowest)
{
    if (branch < lowest || branch >= b->branches) {
        return nd_fail(b, NNDYN_EARG, "branch is %lld, must be from %lld to %lld", (long long)branch, (long long)lowest,
                       (long long)b->branches - 1);
    }
    return NNDYN_OK;
}

static int points_of(nndyn_basin_branches *b, int64_t index, int64_t branch, int64_t capacity, double *points,
                     int64_t *period)
{
    ND_TRY(nd_check_size(b, index, 0, b->count - 1, "index"));
    ND_TRY(check_branch(b, branch, 0));
    ND_TRY(nd_check_size(b, capacity, 0, INT64_MAX, "capacity"));
    if (capacity > 0) {
        ND_TRY(nd_check_pointer(b, points, "points"));
    }
    const nd_branches_level *level = &b->levels[index];
    const int64_t row = row_of(level, branch);
    if (row < 0) {
        return nd_fail(b, NNDYN_EARG,
                       "branch %lld has no attractor at value %lld; nndyn_basin_branches_at tells which have",
                       (long long)branch, (long long)index);
    }
    const int64_t length = nd_basins_period(&level->list, row), written = least(capacity, length);
    if (written > 0) {
        memcpy(points, nd_basins_points(&level->list, row), (size_t)(written * b->dimension) * sizeof *points);
    }
    if (period) {
        *period = length;
    }
    return NNDYN_OK;
}

int nndyn_basin_branches_points(nndyn_basin_branches *branches, int64_t index, int64_t branch, int64_t capacity,
                                double *points, int64_t *period)
{
    ND_TRY(nd_enter(branches, ND_BASIN_BRANCHES, "nndyn_basin_branches_points"));
    return nd_leave(branches, points_of(branches, index, branch, capacity, points, period));
}

/* ---- over the values --------------------------------------------------------------------------------------------- */

static void fraction_at(const nd_branches_level *level, int64_t branch, double figures[3])
{
    const int64_t c = branch < 0 ? nd_basins_class(level->list.count, branch) : row_of(level, branch);
    figures[0] = c < 0 ? 0 : level->fraction[c];
    figures[1] = c < 0 ? 0 : level->low[c];
    figures[2] = c < 0 ? level->absent : level->high[c];
}

static int fractions(nndyn_basin_branches *b, int64_t branch, int64_t capacity, double *fraction, double *low,
                     double *high, int64_t *count)
{
    double *const outputs[3] = {fraction, low, high};
    ND_TRY(check_branch(b, branch, -ND_BASIN_OUTSIDE));
    ND_TRY(nd_check_size(b, capacity, 0, INT64_MAX, "capacity"));
    for (int64_t t = 0; t < least(capacity, b->count); t++) {
        double figures[3];
        fraction_at(&b->levels[t], branch, figures);
        for (int i = 0; i < 3; i++) {
            if (outputs[i]) {
                outputs[i][t] = figures[i];
            }
        }
    }
    if (count) {
        *count = b->count;
    }
    return NNDYN_OK;
}

int nndyn_basin_branches_fractions(nndyn_basin_branches *branches, int64_t branch, int64_t capacity, double *fraction,
                                   double *low, double *high, int64_t *count)
{
    ND_TRY(nd_enter(branches, ND_BASIN_BRANCHES, "nndyn_basin_branches_fractions"));
    return nd_leave(branches, fractions(branches, branch, capacity, fraction, low, high, count));
}

static int events(nndyn_basin_branches *b, int64_t capacity, int *kinds, int64_t *indices, int64_t *ids, int64_t *count)
{
    ND_TRY(nd_check_size(b, capacity, 0, INT64_MAX, "capacity"));
    ND_TRY(nd_check_pointer(b, count, "count"));
    for (int64_t i = 0; i < least(capacity, b->events); i++) {
        if (kinds) {
            kinds[i] = b->event[i].kind;
        }
        if (indices) {
            indices[i] = b->event[i].level;
        }
        if (ids) {
            ids[i] = b->event[i].id;
        }
    }
    *count = b->events;
    return NNDYN_OK;
}

int nndyn_basin_branches_events(nndyn_basin_branches *branches, int64_t capacity, int *kinds, int64_t *indices,
                                int64_t *ids, int64_t *count)
{
    ND_TRY(nd_enter(branches, ND_BASIN_BRANCHES, "nndyn_basin_branches_events"));
    return nd_leave(branches, events(branches, capacity, kinds, indices, ids, count));
}
