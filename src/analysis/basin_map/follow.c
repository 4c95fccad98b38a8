/* follow.c - many starts followed until each is decided.
 *
 * Starts are cut into pieces by index, one worker a piece.  A worker advances a window of lanes together; a lane whose
 * start is decided takes the next start of the piece, so that the window stays full to the end.  Every lane is looked
 * at at the same ages (multiples of `every`), whatever lanes stand beside it: its label depends on its start alone.
 *
 * A state that no step changes any more, to the bit, never will: that is the only early end of what goes to no
 * attractor of the list.  Anything else that looks settled could be a slow passage, and is asked only when its steps
 * are over.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { PIECES = 32, WINDOW = 64, WINDOW_ALONE = 4096, LARGEST_WINDOW = 1 << 18, ON_ITS_WAY = -100 };

typedef struct worker {
    int64_t lanes; /* in use */
    double *state, *before, *trial, *other;
    int64_t *index, *age, *period;
    void *scratch;
    int refused;
} worker;

typedef struct flight {
    const nd_basins_job *job;
    int64_t dimension, window, piece, first; /* first: piece of index 0 of the parallel call */
    worker workers[PIECES];
    nd_arena arena;
    nd_task *task;
    atomic_int stopped;
} flight;

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Windows and pieces depend on the map and on the number of starts, not on the threads. */
static void measure(flight *f)
{
    const nd_map_kind *kind = &f->job->basins->map->kind;
    const int64_t n = f->job->n, block = most(kind->block, 1);
    int64_t window = most(block, kind->concurrent ? WINDOW : WINDOW_ALONE);
    window = most(block, least(window, LARGEST_WINDOW / f->dimension));
    const int64_t share = kind->concurrent ? (n + PIECES - 1) / PIECES : n;
    const int64_t blocks = (share + block - 1) / block;
    f->window = least(window, blocks * block);
    f->piece = least(blocks * block, 64 * window);
}

static void carve(nd_arena *arena, flight *f, int64_t workers)
{
    const nndyn_map *map = f->job->basins->map;
    const size_t scratch = map->kind.scratch ? map->kind.scratch(map->self, f->window) : 0;
    for (int64_t i = 0; i < workers; i++) {
        worker *w = &f->workers[i];
        w->state = nd_arena_take(arena, f->window * f->dimension, sizeof(double));
        w->before = nd_arena_take(arena, f->window * f->dimension, sizeof(double));
        w->trial = nd_arena_take(arena, f->window * f->dimension, sizeof(double));
        w->other = nd_arena_take(arena, f->window * f->dimension, sizeof(double));
        w->index = nd_arena_take(arena, f->window, sizeof(int64_t));
        w->age = nd_arena_take(arena, f->window, sizeof(int64_t));
        w->period = nd_arena_take(arena, f->window, sizeof(int64_t));
        w->scratch = scratch > 0 ? nd_arena_take(arena, (int64_t)scratch, 1) : NULL;
    }
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static void exchange(double **a, double **b)
{
    double *kept = *a;
    *a = *b;
    *b = kept;
}

/* Many steps in one go, where the map can: it takes a block of lanes at a time. */
static void leap(const flight *f, worker *w, int64_t steps, const double *from, double *to)
{
    const nndyn_map *map = f->job->basins->map;
    for (int64_t i = 0; i < w->lanes; i += map->kind.block) {
        const int64_t at = i * f->dimension, count = least(map->kind.block, w->lanes - i);
        w->refused |= map->kind.march(map->self, f->job->parameters, count, from + at, steps, to + at, w->scratch) != 0;
    }
}

static int advance(const flight *f, worker *w, double **from, double **to)
{
    const nndyn_map *map = f->job->basins->map;
    if (map->kind.march) {
        leap(f, w, 1, *from, *to);
    } else {
        w->refused |= map->kind.advance(map->self, f->job->parameters, w->lanes, *from, *to, w->scratch) != 0;
    }
    exchange(from, to);
    return !w->refused;
}

/* On return `before` holds the states one step earlier. */
static int march(const flight *f, worker *w)
{
    int64_t left = f->job->rule.every;
    if (f->job->basins->map->kind.march && left > 1) {
        leap(f, w, left - 1, w->state, w->state);
        left = 1;
    }
    for (; left > 0 && !w->refused; left--) {
        advance(f, w, &w->state, &w->before);
    }
    return !w->refused;
}

/* The least period with which each lane comes back, or 0; states stay as they are. */
static int settled(const flight *f, worker *w)
{
    const nd_basins_rule *rule = &f->job->rule;
    const int64_t d = f->dimension;
    memcpy(w->trial, w->state, (size_t)(w->lanes * d) * sizeof(double));
    memset(w->period, 0, (size_t)w->lanes * sizeof *w->period);
    for (int64_t p = 1; p <= rule->period; p++) {
        if (!advance(f, w, &w->trial, &w->other)) {
            return 0;
        }
        for (int64_t i = 0; i < w->lanes; i++) {
            const double *x = w->state + i * d;
            double norm = 0;
            for (int64_t j = 0; j < d; j++) {
                norm += x[j] * x[j];
            }
            const double near = rule->settle * (1 + sqrt(norm));
            if (w->period[i] == 0 && nd_basins_distance2(d, x, w->trial + i * d) <= near * near) {
                w->period[i] = p;
            }
        }
    }
    return 1;
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

static int out_of_bounds(const nd_basins_job *job, int64_t d, const double *x)
{
    double norm = 0;
    for (int64_t j = 0; j < d; j++) {
        norm += x[j] * x[j];
    }
    return !(norm <= job->rule.bound * job->rule.bound);
}

/* What a lane's state says by itself; `before` is NULL at a start. */
static int64_t judge(const nd_basins_job *job, int64_t d, const double *x, const double *before)
{
    if (out_of_bounds(job, d, x)) {
        return NNDYN_BASIN_MAP_DIVERGED;
    }
    const int64_t attractor = nd_basins_arrived(job->list, x, job->scale);
    if (attractor >= 0) {
        return attractor;
    }
    if (before && memcmp(x, before, (size_t)d * sizeof *x) == 0) {
        return job->settling ? ND_BASIN_SETTLED - 1 : NNDYN_BASIN_MAP_OTHER;
    }
    return ON_ITS_WAY;
}

static void deliver(const flight *f, const worker *w, int64_t lane, int64_t label)
{
    const nd_basins_job *job = f->job;
    const int64_t index = w->index[lane];
    job->labels[index] = label;
    if (job->steps) {
        job->steps[index] = w->age[lane];
    }
    if (job->ends) {
        memcpy(job->ends + index * f->dimension, w->state + lane * f->dimension, (size_t)f->dimension * sizeof(double));
    }
}

static void move_lane(const flight *f, worker *w, int64_t from, int64_t to)
{
    const int64_t d = f->dimension;
    w->index[to] = w->index[from];
    w->age[to] = w->age[from];
    memcpy(w->state + to * d, w->state + from * d, (size_t)d * sizeof(double));
}

/* Starts are looked at before their first step too. */
static void fill(const flight *f, worker *w, int64_t *next, int64_t end)
{
    const nd_basins_job *job = f->job;
    while (w->lanes < f->window && *next < end) {
        const int64_t lane = w->lanes;
        double *x = w->state + lane * f->dimension;
        w->index[lane] = (*next)++;
        w->age[lane] = 0;
        job->start(job->self, w->index[lane], x);
        const int64_t label = judge(job, f->dimension, x, NULL);
        if (label == ON_ITS_WAY) {
            w->lanes++;
        } else {
            deliver(f, w, lane, label);
        }
    }
}

/* The label of a lane now; periods are known if `asked`. */
static int64_t decide(const flight *f, const worker *w, int64_t lane, int asked)
{
    const nd_basins_job *job = f->job;
    const int64_t d = f->dimension;
    const int64_t label = judge(job, d, w->state + lane * d, w->before + lane * d);
    if (label != ON_ITS_WAY) {
        return label;
    }
    const int over = w->age[lane] >= job->rule.steps;
    const int64_t period = asked ? w->period[lane] : 0;
    if (job->settling) {
        return period > 0 ? ND_BASIN_SETTLED - period : over ? NNDYN_BASIN_MAP_UNDECIDED : ON_ITS_WAY;
    }
    return !over ? ON_ITS_WAY : period > 0 ? NNDYN_BASIN_MAP_OTHER : NNDYN_BASIN_MAP_UNDECIDED;
}

static int anyone_over(const flight *f, const worker *w)
{
    for (int64_t i = 0; i < w->lanes; i++) {
        if (w->age[i] >= f->job->rule.steps) {
            return 1;
        }
    }
    return 0;
}

static int round_of(const flight *f, worker *w)
{
    if (!march(f, w)) {
        return 0;
    }
    for (int64_t i = 0; i < w->lanes; i++) {
        w->age[i] += f->job->rule.every;
    }
    const int asked = f->job->settling || anyone_over(f, w);
    if (asked && !settled(f, w)) {
        return 0;
    }
    /* Kept lanes move down in order: a lane's `before` and `period` are read before anything takes its place. */
    int64_t kept = 0;
    for (int64_t i = 0; i < w->lanes; i++) {
        const int64_t label = decide(f, w, i, asked);
        if (label != ON_ITS_WAY) {
            deliver(f, w, i, label);
        } else {
            move_lane(f, w, i, kept++);
        }
    }
    w->lanes = kept;
    return 1;
}

static void fly(void *argument, int64_t slot)
{
    flight *f = argument;
    worker *w = &f->workers[slot];
    int64_t next = (f->first + slot) * f->piece;
    const int64_t end = least(next + f->piece, f->job->n);
    w->lanes = 0;
    for (fill(f, w, &next, end); w->lanes > 0; fill(f, w, &next, end)) {
        if (nd_task_canceled(f->task)) {
            atomic_store(&f->stopped, 1);
        }
        if (atomic_load(&f->stopped) || !round_of(f, w)) {
            return;
        }
    }
}

/* ---- the job ----------------------------------------------------------------------------------------------------- */

static int run(flight *f, double from, double to)
{
    nndyn_basin_map *basins = f->job->basins;
    const int64_t pieces = (f->job->n + f->piece - 1) / f->piece;
    for (f->first = 0; f->first < pieces; f->first += PIECES) {
        const int64_t now = least(PIECES, pieces - f->first);
        ND_TRY(nd_task_report(f->task, from + (to - from) * (double)f->first / (double)pieces));
        if (basins->map->kind.concurrent) {
            ND_TRY(nd_parallel(basins->handle.context, now, fly, f));
        } else {
            for (int64_t i = 0; i < now; i++) {
                fly(f, i);
            }
        }
        for (int64_t i = 0; i < now; i++) {
            if (f->workers[i].refused) {
                return nd_fail(basins, NNDYN_ECALLBACK, "the map's callback returned a number that is not 0");
            }
        }
    }
    return nd_task_report(f->task, to);
}

int nd_basins_follow(const nd_basins_job *job, nd_task *task, double from, double to)
{
    flight f = {.job = job, .dimension = job->list->dimension, .task = task};
    nndyn_basin_map *basins = job->basins;
    atomic_init(&f.stopped, 0);
    measure(&f);
    const int64_t workers = least(PIECES, (job->n + f.piece - 1) / f.piece);
    carve(&f.arena, &f, workers);
    ND_TRY(nd_check_memory(basins, (double)f.arena.used, "following the starts"));
    ND_TRY(nd_arena_reserve(&f.arena, basins));
    carve(&f.arena, &f, workers);
    int status = nd_hold(basins, basins->map, ND_MAP, "the basin map's map");
    if (status == NNDYN_OK) {
        status = run(&f, from, to);
        nd_unhold(basins->map);
    }
    nd_arena_free(&f.arena);
    return status;
}

void nd_basins_row(const void *self, int64_t index, double *state)
{
    const nd_basins_rows *rows = self;
    memcpy(state, rows->states + index * rows->dimension, (size_t)rows->dimension * sizeof *state);
}
