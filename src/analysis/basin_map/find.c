/* find.c - attractors from starts: follow, merge, confirm.
 *
 * A candidate is confirmed if perturbations of the size of its ball all come back to a thousandth of it.  At a saddle a
 * random direction keeps its share of what is unstable, along a continuum it stays where it was put, and in a slow
 * passage it is carried on.  Where only some come back the ball may be larger than the basin: it is made smaller a few
 * times; where all do it may be made larger ("grow"), as long as starts at two and four times the radius come back into
 * the ball before.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "core/random.h"
#include <math.h>
#include <string.h>

enum { CANDIDATES = 1024, SETTLING_EVERY = 32, AXES_TRIED = 16, DIRECTIONS = 8, ROUNDS = 4 };

static const double arrival = 1e-3; /* of the ball */
static const double smaller = 0.125;

typedef struct search {
    nndyn_basin_map *basins;
    nd_task *task;
    double from, to; /* reported within */
    int64_t n;
    int64_t *labels, *candidate; /* of each start; candidate: its number, or -1 */
    double *ends;
    nd_basins_list list; /* candidates */
    int *confirmed;
} search;

/* ---- following --------------------------------------------------------------------------------------------------- */

/* From a share of this search to one of the task. */
static double at(const search *s, double share)
{
    return s->from + share * (s->to - s->from);
}

static int settle(search *s, const double *starts)
{
    nndyn_basin_map *basins = s->basins;
    const nd_basins_rows rows = {.dimension = basins->list.dimension, .states = starts};
    nd_basins_job job = nd_basins_labeling(basins, s->n, s->labels, NULL);
    job.settling = 1;
    job.rule.every = SETTLING_EVERY > job.rule.every ? SETTLING_EVERY : job.rule.every;
    job.start = nd_basins_row;
    job.self = &rows;
    job.ends = s->ends;
    return nd_basins_follow(&job, s->task, at(s, 0), at(s, 0.5));
}

/* The orbit of a point that settled, to the end of the list of candidates.  What comes close to its first point sooner
 * has a shorter period: a fixed point that is approached from both sides in turn settles with period 2 before 1. */
static int append(search *s, const double *point, int64_t period)
{
    nndyn_basin_map *basins = s->basins;
    nd_basins_list *list = &s->list;
    const int64_t d = list->dimension, k = list->count, first = list->first[k];
    const double tolerance = basins->rule.tolerance;
    const nd_map_run step = {.map = basins->map, .parameters = basins->parameters, .count = 1, .steps = 1};
    memcpy(list->points + first * d, point, (size_t)d * sizeof *point);
    for (int64_t i = 1; i < period; i++) {
        nd_map_run run = step;
        run.states = list->points + (first + i - 1) * d;
        run.next = list->points + (first + i) * d;
        ND_TRY(nd_hold(basins, basins->map, ND_MAP, "the basin map's map"));
        const int status = nd_map_advance(&run, basins, NULL, 0, 0);
        nd_unhold(basins->map);
        ND_TRY(status);
        if (period % i == 0 && nd_basins_distance2(d, point, run.next) <= tolerance * tolerance) {
            period = i;
        }
    }
    list->first[k + 1] = first + period;
    list->radius[k] = basins->rule.tolerance / 4;
    list->count++;
    return NNDYN_OK;
}

static int merge(search *s)
{
    const int64_t d = s->list.dimension, room = s->n < CANDIDATES ? s->n : CANDIDATES;
    for (int64_t i = 0; i < s->n; i++) {
        s->candidate[i] = -1;
        if (s->labels[i] >= ND_BASIN_SETTLED) {
            continue;
        }
        const double *end = s->ends + i * d;
        s->candidate[i] = nd_basins_nearest(&s->list, end, s->basins->rule.tolerance);
        if (s->candidate[i] < 0 && s->list.count < room) {
            s->candidate[i] = s->list.count;
            ND_TRY(append(s, end, ND_BASIN_SETTLED - s->labels[i]));
        }
    }
    return NNDYN_OK;
}

/* ---- confirming -------------------------------------------------------------------------------------------------- */

static int64_t trials(int64_t d)
{
    return 2 * (d < AXES_TRIED ? d : AXES_TRIED) + DIRECTIONS;
}

/* Starts about the candidates, so many radii away. */
typedef struct trial_starts {
    const nd_basins_list *list;
    double radii;
} trial_starts;

/* Trial t of candidate k: along an axis (a random one where there are many), or in a random direction. */
static void perturbed(const void *self, int64_t index, double *state)
{
    const trial_starts *about = self;
    const nd_basins_list *list = about->list;
    const int64_t d = list->dimension, each = trials(d), k = index / each, t = index % each;
    const double *x = nd_basins_points(list, k);
    const double radius = about->radii * list->radius[k];
    memcpy(state, x, (size_t)d * sizeof *x);
    if (t < each - DIRECTIONS) {
        const nd_stream stream = nd_stream_open(0, ND_RANDOM_BASIN_MAP, 0, 0);
        const int64_t axis = d <= AXES_TRIED ? t / 2 : nd_below(stream, t / 2, d);
        state[axis] += t % 2 ? radius : -radius;
        return;
    }
    double norm = 0;
    nd_normal(nd_stream_open(0, ND_RANDOM_BASIN_MAP, 1, t), 0, d, state);
    for (int64_t j = 0; j < d; j++) {
        norm += state[j] * state[j];
    }
    for (int64_t j = 0; j < d; j++) {
        state[j] = x[j] + radius / sqrt(norm) * state[j];
    }
}

/* Smaller balls for those of which a trial did not come back; returns how many are to be tried again. */
static int64_t sift(search *s, const int64_t *labels)
{
    const int64_t each = trials(s->list.dimension);
    int64_t again = 0;
    for (int64_t k = 0; k < s->list.count; k++) {
        int back = 1;
        for (int64_t t = 0; t < each; t++) {
            back &= labels[k * each + t] == k;
        }
        s->confirmed[k] = back;
        again += !back;
    }
    return again;
}

static void shrink(search *s)
{
    for (int64_t k = 0; k < s->list.count; k++) {
        s->list.radius[k] *= s->confirmed[k] ? 1 : smaller;
    }
}

static int confirm(search *s)
{
    const int64_t count = s->list.count * trials(s->list.dimension);
    int64_t *labels = NULL;
    if (count == 0) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(s->basins, count, sizeof *labels, &labels));
    const trial_starts about = {.list = &s->list, .radii = 1};
    nd_basins_job job = nd_basins_labeling(s->basins, count, labels, NULL);
    job.list = &s->list;
    job.scale = arrival;
    job.start = perturbed;
    job.self = &about;
    int status = NNDYN_OK;
    for (int round = 0; round < ROUNDS && status == NNDYN_OK; round++) {
        const double from = 0.5 + 0.25 * round / ROUNDS;
        status = nd_basins_follow(&job, s->task, at(s, from), at(s, from + 0.25 / ROUNDS));
        if (status != NNDYN_OK || sift(s, labels) == 0) {
            break;
        }
        if (round + 1 < ROUNDS) {
            shrink(s);
        }
    }
    nd_release(nd_handle_context(s->basins), labels);
    return status;
}

/* ---- larger balls ------------------------------------------------------------------------------------------------ */

/* Clears the flag of those of which a trial went elsewhere; returns how many are left. */
static int64_t still_growing(const nd_basins_list *list, const int64_t *labels, int64_t *growing)
{
    const int64_t each = trials(list->dimension);
    int64_t left = 0;
    for (int64_t k = 0; k < list->count; k++) {
        for (int64_t t = 0; t < each; t++) {
            growing[k] &= labels[k * each + t] == k;
        }
        left += growing[k];
    }
    return left;
}

static int double_balls(search *s, nd_basins_job *job, int64_t *growing)
{
    for (int64_t round = 0; round < s->basins->rule.grow; round++) {
        const double from = 0.75 + 0.25 * (double)round / (double)s->basins->rule.grow;
        for (int i = 0; i < 2; i++) {
            const trial_starts about = {.list = &s->list, .radii = i == 0 ? 2 : 4};
            job->self = &about;
            ND_TRY(nd_basins_follow(job, s->task, at(s, from), at(s, from)));
            if (still_growing(&s->list, job->labels, growing) == 0) {
                return NNDYN_OK;
            }
        }
        for (int64_t k = 0; k < s->list.count; k++) {
            s->list.radius[k] *= growing[k] ? 2 : 1;
        }
    }
    return NNDYN_OK;
}

/* Only in few dimensions, where trials go along every axis. */
static int grow(search *s)
{
    const int64_t count = s->list.count * trials(s->list.dimension);
    int64_t *memory = NULL;
    if (count == 0 || s->basins->rule.grow == 0 || s->list.dimension > AXES_TRIED) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(s->basins, count + s->list.count, sizeof *memory, &memory));
    int64_t *growing = memory + count;
    for (int64_t k = 0; k < s->list.count; k++) {
        growing[k] = s->confirmed[k];
    }
    nd_basins_job job = nd_basins_labeling(s->basins, count, memory, NULL);
    job.list = &s->list;
    job.start = perturbed;
    const int status = double_balls(s, &job, growing);
    nd_release(nd_handle_context(s->basins), memory);
    return status;
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

/* Candidates that are not confirmed leave; their places are kept in `confirmed` until the counts are made. */
static int adopt(search *s)
{
    nndyn_basin_map *basins = s->basins;
    nd_basins_list kept = s->list, whole;
    int64_t count = 0, points = 0;
    for (int64_t k = 0; k < s->list.count; k++) {
        const int64_t first = s->list.first[k], period = s->list.first[k + 1] - first;
        if (s->confirmed[k]) {
            memmove(kept.points + points * kept.dimension, kept.points + first * kept.dimension,
                    (size_t)(period * kept.dimension) * sizeof(double));
            kept.radius[count] = kept.radius[k];
            points += period;
            kept.first[count++] = points - period; /* at most first[k], which has been read */
        }
    }
    kept.first[count] = points;
    kept.count = count;
    s->list.count = 0;
    ND_TRY(nd_basins_list_merge(basins, &basins->list, &kept, basins->rule.tolerance, &whole));
    nd_basins_list_free(basins->handle.context, &basins->list);
    basins->list = whole;
    return NNDYN_OK;
}

static void tally(const search *s, int64_t *counts)
{
    memset(counts, 0, 4 * sizeof *counts);
    for (int64_t i = 0; i < s->n; i++) {
        const int64_t label = s->labels[i], c = s->candidate[i];
        const int there = label >= 0 || (c >= 0 && s->confirmed[c]);
        counts[there ? 0 : label == NNDYN_BASIN_MAP_UNDECIDED ? 1 : label == NNDYN_BASIN_MAP_DIVERGED ? 2 : 3]++;
    }
}

static int prepare(search *s, nd_arena *arena)
{
    const int64_t d = s->basins->list.dimension, room = s->n < CANDIDATES ? s->n : CANDIDATES;
    for (int pass = 0; pass < 2; pass++) {
        s->labels = nd_arena_take(arena, s->n, sizeof *s->labels);
        s->candidate = nd_arena_take(arena, s->n, sizeof *s->candidate);
        s->ends = nd_arena_take(arena, s->n * d, sizeof *s->ends);
        s->confirmed = nd_arena_take(arena, room, sizeof *s->confirmed);
        if (pass == 0) {
            const double points = (double)room * (double)s->basins->rule.period * (double)d * sizeof(double);
            ND_TRY(nd_check_memory(s->basins, (double)arena->used + points, "finding attractors"));
            ND_TRY(nd_arena_reserve(arena, s->basins));
        }
    }
    ND_TRY(nd_basins_list_make(s->basins, d, room, room * s->basins->rule.period, &s->list));
    s->list.count = 0;
    s->list.first[0] = 0;
    return NNDYN_OK;
}

static int search_with(search *s, const double *starts)
{
    ND_TRY(settle(s, starts));
    ND_TRY(merge(s));
    ND_TRY(confirm(s));
    ND_TRY(grow(s));
    return nd_task_report(s->task, s->to);
}

static int check(nndyn_basin_map *basins)
{
    if (basins->frozen) {
        return nd_fail(basins, NNDYN_ESTATE,
                       "the list is frozen since starts were labeled by it; create another basin map "
                       "for another list");
    }
    return NNDYN_OK;
}

int nd_basins_find(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *counts, nd_task *task,
                   double from, double to)
{
    search s = {.basins = basins, .n = n, .task = task, .from = from, .to = to};
    nd_arena arena = {0};
    int64_t sums[4];
    int status = prepare(&s, &arena);
    if (status == NNDYN_OK) {
        status = search_with(&s, starts);
    }
    if (status == NNDYN_OK) {
        tally(&s, sums);
        status = adopt(&s);
    }
    if (status == NNDYN_OK && counts) {
        memcpy(counts, sums, sizeof sums);
    }
    nd_basins_list_free(basins->handle.context, &s.list);
    nd_arena_free(&arena);
    return status;
}

static int find(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *attractors, int64_t *counts)
{
    nd_task task;
    ND_TRY(check(basins));
    ND_TRY(nd_basins_check_starts(basins, n, starts));
    nd_task_begin(&task, basins, "finding attractors");
    ND_TRY(nd_basins_find(basins, n, starts, counts, &task, 0, 1));
    if (attractors) {
        *attractors = basins->list.count;
    }
    return NNDYN_OK;
}

int nndyn_basin_map_find(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *attractors, int64_t *counts)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_find"));
    return nd_leave(basins, find(basins, n, starts, attractors, counts));
}

/* ---- a known one ------------------------------------------------------------------------------------------------- */

static int check_settled(const search *s, const double *point)
{
    nndyn_basin_map *basins = s->basins;
    const int64_t d = basins->list.dimension, label = s->labels[0];
    const double moved = sqrt(nd_basins_distance2(d, point, s->ends));
    if (label == NNDYN_BASIN_MAP_DIVERGED) {
        return nd_fail(basins, NNDYN_EARG, "point is no attractor: from it the map diverges");
    }
    if (label == NNDYN_BASIN_MAP_UNDECIDED) {
        return nd_fail(basins, NNDYN_EARG,
                       "point is no attractor: from it the map has not settled with a period up to %lld "
                       "after %lld steps; raise \"steps\" or \"period\"",
                       (long long)basins->rule.period, (long long)basins->rule.steps);
    }
    const nd_basins_list *list = label >= 0 ? &basins->list : &s->list;
    const int64_t k = label >= 0 ? label : 0;
    if (nd_basins_nearest(list, point, basins->rule.tolerance) != k) {
        return nd_fail(basins, NNDYN_EARG,
                       "point is no attractor: the map carries it %g away, more than \"tolerance\", "
                       "which is %g",
                       moved, basins->rule.tolerance);
    }
    if (label < 0 && !s->confirmed[0]) {
        return nd_fail(basins, NNDYN_EARG,
                       "point is no attractor: the map leaves it where it is, but small perturbations "
                       "do not come back (a saddle, a continuum, or slower than \"steps\", which is %lld)",
                       (long long)basins->rule.steps);
    }
    return NNDYN_OK;
}

static int add(nndyn_basin_map *basins, const double *point, int64_t *attractor)
{
    nd_task task;
    search s = {.basins = basins, .n = 1, .task = &task, .to = 1};
    nd_arena arena = {0};
    ND_TRY(check(basins));
    ND_TRY(nd_check_pointer(basins, point, "point"));
    ND_TRY(nd_check_finite(basins, 1, basins->list.dimension, point, "point"));
    nd_task_begin(&task, basins, "adding an attractor");
    int status = prepare(&s, &arena);
    if (status == NNDYN_OK) {
        status = search_with(&s, point);
    }
    if (status == NNDYN_OK) {
        status = check_settled(&s, point);
    }
    if (status == NNDYN_OK && s.labels[0] < 0) {
        status = adopt(&s);
    }
    if (status == NNDYN_OK && attractor) {
        *attractor = nd_basins_nearest(&basins->list, point, basins->rule.tolerance);
    }
    nd_basins_list_free(basins->handle.context, &s.list);
    nd_arena_free(&arena);
    return status;
}

int nndyn_basin_map_add(nndyn_basin_map *basins, const double *point, int64_t *attractor)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_add"));
    return nd_leave(basins, add(basins, point, attractor));
}
