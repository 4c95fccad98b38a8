/* ray.c - first exits of rays from basins in sample space.  SPDX-License-Identifier: MIT
 *
 * A piece of work is a block of rays.  All of them go forward together: at each round one batch holds the point that
 * each unfinished ray asks about, on the march or while its last step is halved. */
#include "analysis/basin/basin.h"
#include "analysis/basin/crew.h"
#include "core/random.h"
#include <math.h>
#include <string.h>

enum { BLOCK_RAYS = 256, MOST_STEPS = 1000000, MOST_DIRECTIONS = 8000000 };

enum { STEP, CAP, BISECTIONS, SEED, CLIP, CLIP_LOW, CLIP_HIGH, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"step", ND_REAL, 1e-300, 1e300, 0.1, NULL},
    {"cap", ND_REAL, 1e-300, 1e300, 20, NULL},
    {"bisections", ND_INTEGER, 0, 60, 20, NULL},
    {"seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
    {"clip", ND_INTEGER, 0, 1, 0, NULL},
    {"clip_low", ND_REAL, -1e300, 1e300, 0, NULL},
    {"clip_high", ND_REAL, -1e300, 1e300, 1, NULL},
};

typedef struct job {
    nndyn_network *network;
    nndyn_dataset *data;
    int64_t count, rays;
    const double *directions;
    double *units, *radii; /* count x inputs, unit vectors (NULL: random); rays */
    double step, cap, low, high;
    int64_t steps, bisections, seed;
    int clip;
    nd_arena arena;
} job;

/* One ray on its way: right at `inside`, wrong at `outside` once that is not 0. */
typedef struct ray {
    int64_t number; /* sample * count + direction */
    int64_t steps;  /* that it has marched */
    int64_t halvings;
    double inside, outside, at; /* at: where it asks now */
    const double *unit;
} ray;

/* ---- one ray ----------------------------------------------------------------------------------------------------- */

static void draw_unit(const job *j, int64_t number, double *unit)
{
    const int64_t n = j->network->inputs, direction = number % j->count, sample = number / j->count;
    double square = 0;
    nd_normal(nd_stream_open(j->seed, ND_RANDOM_BASIN, direction, sample), 0, n, unit);
    for (int64_t i = 0; i < n; i++) {
        square += unit[i] * unit[i];
    }
    for (int64_t i = 0; i < n; i++) {
        unit[i] /= sqrt(square);
    }
}

static void fill_row(const job *j, const ray *r, double *row)
{
    const int64_t n = j->network->inputs;
    const double *x = (const double *)j->data->x + r->number / j->count * n;
    for (int64_t i = 0; i < n; i++) {
        double value = x[i] + r->at * r->unit[i];
        if (j->clip && r->at > 0) {
            value = value < j->low ? j->low : value;
            value = value > j->high ? j->high : value;
        }
        row[i] = value;
    }
}

/* Takes an answer in and asks the next question; returns whether there is none, with the radius found. */
static int advance(const job *j, ray *r, int wrong, double *radius)
{
    if (wrong && r->at == 0) {
        *radius = 0;
        return 1;
    }
    if (r->outside > 0) {
        r->halvings++;
    }
    if (wrong) {
        r->outside = r->at;
    } else {
        r->inside = r->at;
    }
    if (r->outside > 0) {
        *radius = r->outside;
        r->at = r->inside + (r->outside - r->inside) / 2;
        return r->halvings == j->bisections;
    }
    *radius = (double)INFINITY;
    r->steps++;
    r->at = r->steps < j->steps ? (double)r->steps * j->step : j->cap;
    return r->steps > j->steps;
}

/* ---- a block ----------------------------------------------------------------------------------------------------- */

static int64_t open_rays(const job *j, int64_t first, double *units, ray *rays)
{
    const int64_t n = j->rays - first < BLOCK_RAYS ? j->rays - first : BLOCK_RAYS, inputs = j->network->inputs;
    for (int64_t i = 0; i < n; i++) {
        rays[i] = (ray){.number = first + i};
        if (j->units != NULL) {
            rays[i].unit = j->units + (first + i) % j->count * inputs;
        } else {
            draw_unit(j, first + i, units + i * inputs);
            rays[i].unit = units + i * inputs;
        }
    }
    return n;
}

/* One question of each ray; the unfinished ones close ranks. */
static int ask(const job *j, nd_member *m, double *rows, ray *rays, int64_t *count)
{
    const nndyn_network *network = m->replica->network;
    const int64_t outputs = nd_network_outputs(network), n = *count;
    const nd_mode mode = {0};
    int64_t left = 0;
    for (int64_t i = 0; i < n; i++) {
        fill_row(j, &rays[i], rows + i * network->inputs);
    }
    ND_TRY(
        nd_forward_f64(network, m->replica->network, network->theta, network->statistics, mode, n, rows, m->workspace));
    const double *y = m->workspace->sites[network->layer_count - 1].out;
    for (int64_t i = 0; i < n; i++) {
        const int64_t label = j->data->labels[rays[i].number / j->count];
        const int wrong = nd_network_predict(network, y + i * outputs) != label;
        if (!advance(j, &rays[i], wrong, &j->radii[rays[i].number])) {
            rays[left++] = rays[i];
        }
    }
    *count = left;
    return NNDYN_OK;
}

static int follow_block(void *user, nd_member *m, int64_t piece)
{
    const job *j = user;
    double *units = m->room, *rows = units + BLOCK_RAYS * j->network->inputs;
    ray rays[BLOCK_RAYS];
    int64_t count = open_rays(j, piece * BLOCK_RAYS, units, rays);
    while (count > 0) {
        if (nd_task_canceled(m->task)) {
            return NNDYN_ECANCELED;
        }
        ND_TRY(ask(j, m, rows, rays, &count));
    }
    return NNDYN_OK;
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static int read_options(job *j, const nndyn_options *options)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_options_read(j->network, options, specs, OPTIONS, v));
    j->step = v[STEP].real;
    j->cap = v[CAP].real;
    j->bisections = v[BISECTIONS].integer;
    j->seed = v[SEED].integer;
    j->clip = (int)v[CLIP].integer;
    j->low = v[CLIP_LOW].real;
    j->high = v[CLIP_HIGH].real;
    if (j->clip && !(j->low < j->high)) {
        return nd_fail(j->network, NNDYN_EOPTION, "\"clip_low\" is %g, must be below \"clip_high\", which is %g",
                       j->low, j->high);
    }
    if (j->step > j->cap || j->cap / j->step > MOST_STEPS) {
        return nd_fail(
            j->network, NNDYN_EOPTION,
            "\"step\" is %g and \"cap\" %g; the step must be at most the cap, and at least a millionth of it", j->step,
            j->cap);
    }
    j->steps = (int64_t)ceil(j->cap / j->step);
    return NNDYN_OK;
}

static int normalize_directions(job *j)
{
    const int64_t n = j->network->inputs;
    for (int64_t d = 0; d < j->count; d++) {
        const double *from = j->directions + d * n;
        double largest = 0, square = 0;
        for (int64_t i = 0; i < n; i++) {
            largest = fmax(largest, fabs(from[i]));
        }
        if (largest == 0) {
            return nd_fail(j->network, NNDYN_EDATA, "direction %lld of directions is zero; it must have a length",
                           (long long)d);
        }
        for (int64_t i = 0; i < n; i++) { /* scaled first, so that squares neither overflow nor vanish */
            j->units[d * n + i] = from[i] / largest;
            square += j->units[d * n + i] * j->units[d * n + i];
        }
        for (int64_t i = 0; i < n; i++) {
            j->units[d * n + i] /= sqrt(square);
        }
    }
    return NNDYN_OK;
}

static void carve(job *j)
{
    j->radii = nd_arena_take(&j->arena, j->rays, sizeof *j->radii);
    if (j->directions != NULL) {
        j->units = nd_arena_take(&j->arena, nd_product(j->count, j->network->inputs), sizeof *j->units);
    }
}

static int run(job *j, double *radii)
{
    nd_crew_plan plan = {.name = "the rays", .data = j->data, .rows = BLOCK_RAYS, .keep = ND_KEEP_OUTPUTS};
    plan.pieces = (j->rays + BLOCK_RAYS - 1) / BLOCK_RAYS;
    plan.wave = 1;
    plan.room = 2 * BLOCK_RAYS * j->network->inputs;
    plan.work = follow_block;
    plan.user = j;
    carve(j);
    plan.taken = (double)j->arena.used;
    ND_TRY(nd_check_memory(j->network, plan.taken, "the radii of all rays"));
    ND_TRY(nd_arena_reserve(&j->arena, j->network));
    carve(j);
    if (j->directions != NULL) {
        ND_TRY(normalize_directions(j));
    }
    ND_TRY(nd_crew_run(j->network, &plan));
    memcpy(radii, j->radii, (size_t)j->rays * sizeof *radii);
    return NNDYN_OK;
}

static int follow(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *directions,
                  const nndyn_options *options, double *radii)
{
    job j = {.network = network, .count = count, .directions = directions, .arena.context = network->handle.context};
    ND_TRY(nd_check_size(network, count, 1, MOST_DIRECTIONS, "count"));
    ND_TRY(nd_check_pointer(network, radii, "radii"));
    ND_TRY(read_options(&j, options));
    ND_TRY(nd_crew_data(network, dataset, &j.data));
    j.rays = nd_product(j.data->samples, count);
    int status = NNDYN_OK;
    if (directions != NULL) {
        status = nd_check_finite(network, count, network->inputs, directions, "directions");
    }
    if (status == NNDYN_OK) {
        status = run(&j, radii);
    }
    nd_arena_free(&j.arena);
    nd_handle_release(j.data);
    return status;
}

int nndyn_basin_ray(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *directions,
                    const nndyn_options *options, double *radii)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_ray"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = follow(network, dataset, count, directions, options, radii);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}
