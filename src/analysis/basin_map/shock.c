/* shock.c - the smallest kick found that leaves a basin.
 *
 * Rays along the axes and in random directions first; then the best one is turned at random by angles that grow with
 * success and shrink without.  What is handed out has been followed itself and has left.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "core/random.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { STEP, CAP, TOLERANCE, DIRECTIONS, AXES, REFINE, SEED, OPTIONS };
enum { TURNS = 32, AXES_MOST = 1024 };

static const nd_option_spec specs[OPTIONS] = {
    [STEP] = {"step", ND_REAL, DBL_MIN, 1e150, 0.05, NULL},
    [CAP] = {"cap", ND_REAL, DBL_MIN, 1e150, 10, NULL},
    [TOLERANCE] = {"tolerance", ND_REAL, DBL_MIN, 1e150, 1e-7, NULL},
    [DIRECTIONS] = {"directions", ND_INTEGER, 0, 1 << 24, 256, NULL},
    [AXES] = {"axes", ND_INTEGER, 0, 1, 1, NULL},
    [REFINE] = {"refine", ND_INTEGER, 0, 1 << 20, 60, NULL},
    [SEED] = {"seed", ND_INTEGER, -9007199254740992.0, 9007199254740992.0, 0, NULL},
};

static const double first_angle = 0.5, wider = 1.5, narrower = 0.5;

typedef struct hunt {
    nndyn_basin_map *basins;
    nd_task task;
    nd_option_value v[OPTIONS];
    int64_t attractor, dimension, n; /* n: rays */
    double *rays, *unit, *low, *high;
    double *best;   /* the smallest vector that left */
    double length;  /* of it; infinite before there is one */
    double *turned; /* TURNS x dimension: directions that are tried about the best one */
    double *trial;  /* most(n, TURNS) x dimension: vectors that are followed */
    double *scale;  /* of each turned one: inside, then TURNS more: outside */
    int64_t *labels, *of;
} hunt;

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void carve(nd_arena *arena, hunt *h)
{
    const int64_t d = h->dimension, room = most(h->n, TURNS);
    h->rays = nd_arena_take(arena, h->n * d, sizeof(double));
    h->unit = nd_arena_take(arena, h->n * d, sizeof(double));
    h->low = nd_arena_take(arena, h->n, sizeof(double));
    h->high = nd_arena_take(arena, h->n, sizeof(double));
    h->best = nd_arena_take(arena, d, sizeof(double));
    h->turned = nd_arena_take(arena, TURNS * d, sizeof(double));
    h->trial = nd_arena_take(arena, room * d, sizeof(double));
    h->scale = nd_arena_take(arena, 2 * TURNS, sizeof(double));
    h->labels = nd_arena_take(arena, room, sizeof(int64_t));
    h->of = nd_arena_take(arena, room, sizeof(int64_t));
}

static double norm_of(int64_t d, const double *x)
{
    double sum = 0;
    for (int64_t j = 0; j < d; j++) {
        sum += x[j] * x[j];
    }
    return sqrt(sum);
}

/* ---- following vectors ------------------------------------------------------------------------------------------- */

/* The caller's own sum of attractor and shock has the same bits. */
static void start_of(const void *self, int64_t index, double *state)
{
    const hunt *h = self;
    const double *point = nd_basins_points(&h->basins->list, h->attractor), *kick = h->trial + index * h->dimension;
    for (int64_t j = 0; j < h->dimension; j++) {
        state[j] = point[j] + kick[j];
    }
}

static int follow(hunt *h, int64_t count, double at)
{
    nd_basins_job job = nd_basins_labeling(h->basins, count, h->labels, NULL);
    job.start = start_of;
    job.self = h;
    return nd_basins_follow(&job, &h->task, at, at);
}

/* Take the smallest of the trial vectors that left, if it is smaller than the best. */
static void take_best(hunt *h, int64_t count)
{
    const int64_t d = h->dimension;
    for (int64_t i = 0; i < count; i++) {
        const double length = norm_of(d, h->trial + i * d);
        if (h->labels[i] != h->attractor && length < h->length) {
            h->length = length;
            memcpy(h->best, h->trial + i * d, (size_t)d * sizeof *h->best);
        }
    }
}

static void put(hunt *h, int64_t place, double scale, const double *direction)
{
    for (int64_t j = 0; j < h->dimension; j++) {
        h->trial[place * h->dimension + j] = scale * direction[j];
    }
}

/* ---- rays -------------------------------------------------------------------------------------------------------- */

static void aim(hunt *h)
{
    const int64_t d = h->dimension, axes = h->n - h->v[DIRECTIONS].integer;
    for (int64_t i = 0; i < axes; i++) {
        h->rays[i * d + i / 2] = i % 2 ? -1 : 1;
    }
    for (int64_t i = axes; i < h->n; i++) {
        nd_normal(nd_stream_open(h->v[SEED].integer, ND_RANDOM_BASIN_KICK, 1, i - axes), 0, d, h->rays + i * d);
    }
}

static int shoot(hunt *h)
{
    const nd_basins_march rule = {.step = h->v[STEP].real, .cap = h->v[CAP].real, .tolerance = h->v[TOLERANCE].real};
    int64_t count = 0;
    aim(h);
    ND_TRY(nd_basins_rays(h->basins, h->attractor, h->n, h->rays, &rule, &h->task, 0, 0.5, h->unit, h->low, h->high));
    for (int64_t i = 0; i < h->n; i++) {
        if (!isinf(h->high[i])) {
            put(h, count++, h->high[i], h->unit + i * h->dimension);
        }
    }
    if (count > 0) {
        ND_TRY(follow(h, count, 0.5));
        take_best(h, count);
    }
    return NNDYN_OK;
}

/* ---- turning ----------------------------------------------------------------------------------------------------- */

/* Directions about the best one, a little shorter than it. */
static void turn(hunt *h, int64_t round, double angle, double length)
{
    const int64_t d = h->dimension;
    for (int64_t i = 0; i < TURNS; i++) {
        double *x = h->turned + i * d;
        nd_normal(nd_stream_open(h->v[SEED].integer, ND_RANDOM_BASIN_KICK, 2, round * TURNS + i), 0, d, x);
        for (int64_t j = 0; j < d; j++) {
            x[j] = h->best[j] / h->length + angle / sqrt((double)d) * x[j];
        }
        const double norm = norm_of(d, x);
        for (int64_t j = 0; j < d; j++) {
            x[j] *= length / norm;
        }
        h->scale[i] = 0;
        h->scale[TURNS + i] = 1;
        put(h, i, 1, x);
    }
}

/* Any exit will do here, not the first one only. */
static int shorten(hunt *h, int64_t leaving, double length, double at)
{
    double *inside = h->scale, *outside = h->scale + TURNS;
    for (double gap = 1; gap * length > h->v[TOLERANCE].real; gap /= 2) {
        for (int64_t c = 0; c < leaving; c++) {
            put(h, c, 0.5 * (inside[h->of[c]] + outside[h->of[c]]), h->turned + h->of[c] * h->dimension);
        }
        ND_TRY(follow(h, leaving, at));
        take_best(h, leaving);
        for (int64_t c = 0; c < leaving; c++) {
            const int64_t i = h->of[c];
            *(h->labels[c] == h->attractor ? &inside[i] : &outside[i]) = 0.5 * (inside[i] + outside[i]);
        }
    }
    return NNDYN_OK;
}

static int refine(hunt *h)
{
    const double tolerance = h->v[TOLERANCE].real;
    const int64_t rounds = h->v[REFINE].integer;
    double angle = first_angle;
    for (int64_t round = 0; round < rounds && h->dimension > 1; round++) {
        const double at = 0.5 + 0.5 * (double)round / (double)rounds, length = h->length - tolerance;
        int64_t leaving = 0;
        if (!(length > 0) || angle * angle * length < tolerance) {
            break;
        }
        turn(h, round, angle, length);
        ND_TRY(follow(h, TURNS, at));
        take_best(h, TURNS);
        for (int64_t i = 0; i < TURNS; i++) {
            if (h->labels[i] != h->attractor) {
                h->of[leaving++] = i;
            }
        }
        if (leaving > 0) {
            ND_TRY(shorten(h, leaving, length, at));
        }
        angle = leaving > 0 ? fmin(angle * wider, 1) : angle * narrower;
    }
    return NNDYN_OK;
}

static int search(hunt *h)
{
    ND_TRY(shoot(h));
    if (!isinf(h->length)) {
        ND_TRY(refine(h));
    }
    return nd_task_report(&h->task, 1);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int prepare(hunt *h, const nndyn_options *options)
{
    nndyn_basin_map *basins = h->basins;
    ND_TRY(nd_basins_check_attractor(basins, h->attractor));
    ND_TRY(nd_options_read(basins, options, specs, OPTIONS, h->v));
    const nd_basins_march rule = {.step = h->v[STEP].real, .cap = h->v[CAP].real};
    ND_TRY(nd_basins_check_march(basins, &rule));
    h->n = h->v[DIRECTIONS].integer;
    if (h->v[AXES].integer && h->dimension <= AXES_MOST) {
        h->n += 2 * h->dimension;
    }
    if (h->n == 0) {
        return nd_fail(basins, NNDYN_EOPTION,
                       "\"directions\" is 0 and there are no axes (\"axes\" is 0, or the dimension above %d); give "
                       "\"directions\" of at least 1",
                       AXES_MOST);
    }
    return NNDYN_OK;
}

static int shock_of(hunt *h, const nndyn_options *options, double *length, double *shock)
{
    nndyn_basin_map *basins = h->basins;
    nd_arena arena = {0};
    ND_TRY(prepare(h, options));
    ND_TRY(nd_check_pointer(basins, length, "length"));
    carve(&arena, h);
    ND_TRY(nd_check_memory(basins, (double)arena.used, "looking for a shock"));
    ND_TRY(nd_arena_reserve(&arena, basins));
    carve(&arena, h);
    nd_task_begin(&h->task, basins, "looking for the least shock");
    const int status = search(h);
    if (status == NNDYN_OK) {
        basins->frozen = 1;
        *length = h->length;
        for (int64_t j = 0; shock && j < h->dimension; j++) {
            shock[j] = isinf(h->length) ? (double)NAN : h->best[j];
        }
    }
    nd_arena_free(&arena);
    return status;
}

int nndyn_basin_map_shock(nndyn_basin_map *basins, int64_t attractor, const nndyn_options *options, double *length,
                          double *shock)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_shock"));
    hunt h = {.basins = basins, .attractor = attractor, .dimension = basins->list.dimension, .length = HUGE_VAL};
    return nd_leave(basins, shock_of(&h, options, length, shock));
}
