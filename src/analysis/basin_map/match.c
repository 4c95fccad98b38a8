/* match.c - which attractor at a value continues which branch.
 *
 * One to one, the nearest pair first.  By symmetry two pairs are often equally far to rounding; then the older branch
 * goes first, and the attractor that comes first in its list: rounding decides nothing.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/branches.h"
#include <math.h>
#include <string.h>

typedef struct matching {
    const nndyn_basin_branches *branches;
    int64_t t, rows;
    double *distance; /* branches x rows; infinite where there can be no pair */
    double *gap;      /* of each branch and its row */
    int64_t *row_of;  /* of each branch, -1: none */
    nd_arena arena;
} matching;

int nd_branches_open(void *handle, nd_branches_level *level)
{
    const int64_t rows = level->list.count, classes = rows + ND_BASIN_OUTSIDE;
    double *memory = NULL;
    ND_TRY(nd_allocate_for(handle, 2 * rows + 3 * classes, sizeof *memory, &memory));
    level->memory = memory;
    level->ids = (int64_t *)(void *)memory;
    level->moved = memory + rows;
    level->fraction = memory + 2 * rows;
    level->low = level->fraction + classes;
    level->high = level->low + classes;
    return NNDYN_OK;
}

int nd_branches_alive(const nndyn_basin_branches *branches, int64_t id, int64_t t, int64_t memory)
{
    return t - 1 - branches->places[id].level <= memory;
}

/* ---- distances --------------------------------------------------------------------------------------------------- */

/* The farthest that a point of the one is from the other. */
static double farthest(const nd_basins_list *a, int64_t k, const nd_basins_list *b, int64_t l)
{
    const int64_t d = a->dimension;
    double most = 0;
    for (int64_t i = a->first[k]; i < a->first[k + 1]; i++) {
        double least = HUGE_VAL;
        for (int64_t j = b->first[l]; j < b->first[l + 1]; j++) {
            least = fmin(least, nd_basins_distance2(d, a->points + i * d, b->points + j * d));
        }
        most = fmax(most, least);
    }
    return sqrt(most);
}

double nd_basins_apart(const nd_basins_list *a, int64_t k, const nd_basins_list *b, int64_t l)
{
    return fmax(farthest(a, k, b, l), farthest(b, l, a, k));
}

static void measure(matching *m, const nd_branches_rule *rule)
{
    const nndyn_basin_branches *b = m->branches;
    for (int64_t id = 0; id < b->branches; id++) {
        const nd_basins_list *then = &b->levels[b->places[id].level].list, *now = &b->levels[m->t].list;
        for (int64_t row = 0; row < m->rows; row++) {
            double *distance = &m->distance[id * m->rows + row];
            *distance = HUGE_VAL;
            if (nd_branches_alive(b, id, m->t, rule->memory)) {
                const double gap = nd_basins_apart(then, b->places[id].row, now, row);
                *distance = gap <= rule->threshold ? gap : HUGE_VAL;
            }
        }
    }
}

/* The pair to be made next, or -1. */
static int64_t nearest(int64_t pairs, const double *distance, double tolerance)
{
    double least = HUGE_VAL;
    for (int64_t i = 0; i < pairs; i++) {
        least = fmin(least, distance[i]);
    }
    for (int64_t i = 0; i < pairs && least < HUGE_VAL; i++) {
        if (distance[i] <= least + tolerance) {
            return i;
        }
    }
    return -1;
}

void nd_basins_pair(int64_t as, int64_t bs, double *distance, double tolerance, int64_t *partner, double *gap)
{
    const int64_t pairs = as * bs;
    for (int64_t a = 0; a < as; a++) {
        partner[a] = -1;
    }
    for (int64_t i = nearest(pairs, distance, tolerance); i >= 0; i = nearest(pairs, distance, tolerance)) {
        const int64_t a = i / bs, b = i % bs;
        partner[a] = b;
        gap[a] = distance[i];
        for (int64_t other = 0; other < as; other++) {
            distance[other * bs + b] = HUGE_VAL;
        }
        for (int64_t other = 0; other < bs; other++) {
            distance[a * bs + other] = HUGE_VAL;
        }
    }
}

/* ---- what happened ----------------------------------------------------------------------------------------------- */

/* Room for `needed` objects in an array that has room for *size. */
static int widen(void *handle, int64_t needed, size_t object, int64_t *size, void *array)
{
    void *wider = NULL, *old;
    if (needed <= *size) {
        return NNDYN_OK;
    }
    const int64_t room = needed + *size;
    ND_TRY(nd_allocate_for(handle, room, object, &wider));
    memcpy(&old, array, sizeof old);
    if (old) {
        memcpy(wider, old, (size_t)*size * object);
    }
    nd_release(nd_handle_context(handle), old);
    memcpy(array, &wider, sizeof wider);
    *size = room;
    return NNDYN_OK;
}

static void tell(nndyn_basin_branches *b, int kind, int64_t level, int64_t id)
{
    b->event[b->events++] = (nd_branches_event){.kind = kind, .level = level, .id = id};
}

/* Of a branch that there was before level t. */
static void tell_of(nndyn_basin_branches *b, int64_t id, int64_t t, int64_t row)
{
    const nd_branches_place last = b->places[id];
    if (row < 0) {
        if (last.level == t - 1) {
            tell(b, NNDYN_BRANCH_DEATH, t, id);
        }
        return;
    }
    if (last.level < t - 1) {
        tell(b, NNDYN_BRANCH_RETURN, t, id);
    }
    if (nd_basins_period(&b->levels[last.level].list, last.row) != nd_basins_period(&b->levels[t].list, row)) {
        tell(b, NNDYN_BRANCH_PERIOD, t, id);
    }
    b->places[id] = (nd_branches_place){.level = t, .row = row};
}

/* Branches begin at what continues none; those of the first level are no event. */
static void begin(nndyn_basin_branches *b, int64_t t, int64_t row)
{
    nd_branches_level *level = &b->levels[t];
    const int64_t id = b->branches++;
    b->places[id] = (nd_branches_place){.level = t, .row = row};
    level->ids[row] = id;
    if (t > 0) {
        tell(b, NNDYN_BRANCH_BIRTH, t, id);
    }
}

int nd_branches_match(void *handle, nndyn_basin_branches *branches, int64_t t, const nd_branches_rule *rule)
{
    nd_branches_level *level = &branches->levels[t];
    const int64_t before = branches->branches, rows = level->list.count;
    matching m = {.branches = branches, .t = t, .rows = rows};
    ND_TRY(widen(handle, before + rows, sizeof *branches->places, &branches->places_size, &branches->places));
    ND_TRY(widen(handle, branches->events + 2 * before + rows, sizeof *branches->event, &branches->events_size,
                 &branches->event));
    for (int pass = 0; pass < 2; pass++) {
        m.distance = nd_arena_take(&m.arena, before * rows + 1, sizeof *m.distance);
        m.gap = nd_arena_take(&m.arena, before, sizeof *m.gap);
        m.row_of = nd_arena_take(&m.arena, before, sizeof *m.row_of);
        if (pass == 0) {
            ND_TRY(nd_arena_reserve(&m.arena, handle));
        }
    }
    for (int64_t row = 0; row < rows; row++) {
        level->ids[row] = -1;
        level->moved[row] = (double)NAN;
    }
    measure(&m, rule);
    nd_basins_pair(before, rows, m.distance, rule->tolerance, m.row_of, m.gap);
    for (int64_t id = 0; id < before; id++) {
        if (m.row_of[id] >= 0) {
            level->ids[m.row_of[id]] = id;
            level->moved[m.row_of[id]] = m.gap[id];
        }
        tell_of(branches, id, t, m.row_of[id]);
    }
    for (int64_t row = 0; row < rows; row++) {
        if (level->ids[row] < 0) {
            begin(branches, t, row);
        }
    }
    nd_arena_free(&m.arena);
    return NNDYN_OK;
}
