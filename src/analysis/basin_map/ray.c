/* ray.c - how far along a ray the basin of an attractor reaches: marching to the first exit, then bisection.
 *
 * All rays go together: a call of the engine follows the next few points of every ray that is still inside.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { STEP, CAP, TOLERANCE, OPTIONS };
enum { AHEAD = 16 }; /* points of a ray that are followed at a time */

static const nd_option_spec specs[OPTIONS] = {
    [STEP] = {"step", ND_REAL, DBL_MIN, 1e150, 0.05, NULL},
    [CAP] = {"cap", ND_REAL, DBL_MIN, 1e150, 10, NULL},
    [TOLERANCE] = {"tolerance", ND_REAL, DBL_MIN, 1e150, 1e-7, NULL},
};

typedef struct rays {
    nndyn_basin_map *basins;
    nd_task *task;
    double from, to; /* reported within */
    int64_t attractor, n, dimension;
    nd_basins_march rule;
    const double *point;
    double *unit;       /* n x dimension */
    double *low, *high; /* n: inside at low, outside at high; high is infinite before an exit is found */
    int64_t *ray;       /* of each point that is followed, AHEAD n */
    double *radius;     /* of each */
    int64_t *labels;    /* of each */
} rays;

static void carve(nd_arena *arena, rays *r)
{
    const int64_t points = AHEAD * r->n;
    r->ray = nd_arena_take(arena, points, sizeof(int64_t));
    r->radius = nd_arena_take(arena, points, sizeof(double));
    r->labels = nd_arena_take(arena, points, sizeof(int64_t));
}

/* In two divisions, so that no square overflows. */
static int normalize(rays *r, const double *directions)
{
    const int64_t d = r->dimension;
    for (int64_t i = 0; i < r->n; i++) {
        double most = 0, norm = 0;
        for (int64_t j = 0; j < d; j++) {
            most = fmax(most, fabs(directions[i * d + j]));
        }
        if (most == 0) {
            return nd_fail(r->basins, NNDYN_EDATA, "directions[%lld] is 0, must point somewhere", (long long)i);
        }
        for (int64_t j = 0; j < d; j++) {
            r->unit[i * d + j] = directions[i * d + j] / most;
            norm += r->unit[i * d + j] * r->unit[i * d + j];
        }
        for (int64_t j = 0; j < d; j++) {
            r->unit[i * d + j] /= sqrt(norm);
        }
        r->low[i] = 0;
        r->high[i] = HUGE_VAL;
    }
    return NNDYN_OK;
}

static void start_of(const void *self, int64_t index, double *state)
{
    const rays *r = self;
    const double *unit = r->unit + r->ray[index] * r->dimension;
    for (int64_t j = 0; j < r->dimension; j++) {
        state[j] = r->point[j] + r->radius[index] * unit[j];
    }
}

static int follow(rays *r, int64_t count, double from, double to)
{
    nd_basins_job job = nd_basins_labeling(r->basins, count, r->labels, NULL);
    job.start = start_of;
    job.self = r;
    const double length = r->to - r->from;
    return nd_basins_follow(&job, r->task, r->from + from * length, r->from + to * length);
}

/* The points first, ..., first + AHEAD - 1 of `total` of every ray that has not left. */
static int64_t look_ahead(rays *r, int64_t first, int64_t total)
{
    int64_t count = 0;
    for (int64_t i = 0; i < r->n; i++) {
        for (int64_t k = first; isinf(r->high[i]) && k < first + AHEAD && k < total; k++) {
            r->ray[count] = i;
            r->radius[count++] = fmin((double)(k + 1) * r->rule.step, r->rule.cap);
        }
    }
    return count;
}

static int march(rays *r)
{
    const int64_t total = (int64_t)ceil(r->rule.cap / r->rule.step);
    for (int64_t first = 0; first < total; first += AHEAD) {
        const int64_t count = look_ahead(r, first, total);
        const double share = 0.5 / (double)total;
        if (count == 0) {
            break;
        }
        ND_TRY(
            follow(r, count, share * (double)first, share * (double)(first + AHEAD < total ? first + AHEAD : total)));
        for (int64_t c = 0; c < count; c++) {
            const int64_t i = r->ray[c];
            if (isinf(r->high[i])) {
                double *end = r->labels[c] == r->attractor ? r->low : r->high;
                end[i] = r->radius[c];
            }
        }
    }
    return NNDYN_OK;
}

static int64_t halve(rays *r)
{
    int64_t count = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const double middle = r->low[i] + 0.5 * (r->high[i] - r->low[i]);
        /* The second condition: no number lies between. */
        if (r->high[i] - r->low[i] > r->rule.tolerance && r->low[i] < middle && middle < r->high[i] && !isinf(middle)) {
            r->ray[count] = i;
            r->radius[count++] = middle;
        }
    }
    return count;
}

static int bisect(rays *r)
{
    double from = 0.5;
    for (int64_t count = halve(r); count > 0; count = halve(r)) {
        const double to = from + 0.125 * (1 - from);
        ND_TRY(follow(r, count, from, to));
        from = to;
        for (int64_t c = 0; c < count; c++) {
            double *end = r->labels[c] == r->attractor ? r->low : r->high;
            end[r->ray[c]] = r->radius[c];
        }
    }
    return nd_task_report(r->task, r->to);
}

int nd_basins_rays(nndyn_basin_map *basins, int64_t attractor, int64_t n, const double *directions,
                   const nd_basins_march *rule, nd_task *task, double from, double to, double *unit, double *low,
                   double *high)
{
    rays r = {.basins = basins,
              .task = task,
              .from = from,
              .to = to,
              .attractor = attractor,
              .n = n,
              .dimension = basins->list.dimension,
              .rule = *rule,
              .point = nd_basins_points(&basins->list, attractor),
              .unit = unit,
              .low = low,
              .high = high};
    nd_arena arena = {0};
    ND_TRY(normalize(&r, directions));
    carve(&arena, &r);
    ND_TRY(nd_check_memory(basins, (double)arena.used, "following the rays"));
    ND_TRY(nd_arena_reserve(&arena, basins));
    carve(&arena, &r);
    int status = march(&r);
    if (status == NNDYN_OK) {
        status = bisect(&r);
    }
    nd_arena_free(&arena);
    return status;
}

int nd_basins_check_march(nndyn_basin_map *basins, const nd_basins_march *rule)
{
    if (!(rule->cap / rule->step <= 1e9)) {
        return nd_fail(basins, NNDYN_EOPTION,
                       "\"cap\" is %g, more than 1e9 times \"step\", which is %g; march in longer steps", rule->cap,
                       rule->step);
    }
    return NNDYN_OK;
}

static int ray(nndyn_basin_map *basins, int64_t attractor, int64_t n, const double *directions,
               const nndyn_options *options, double *radii)
{
    const int64_t d = basins->list.dimension;
    nd_option_value v[OPTIONS];
    nd_task task;
    double *unit = NULL;
    ND_TRY(nd_basins_check_attractor(basins, attractor));
    ND_TRY(nd_check_size(basins, n, 1, INT64_MAX / 4096 / d, "n"));
    ND_TRY(nd_check_pointer(basins, directions, "directions"));
    ND_TRY(nd_check_pointer(basins, radii, "radii"));
    ND_TRY(nd_check_finite(basins, n, d, directions, "directions"));
    ND_TRY(nd_options_read(basins, options, specs, OPTIONS, v));
    const nd_basins_march rule = {.step = v[STEP].real, .cap = v[CAP].real, .tolerance = v[TOLERANCE].real};
    ND_TRY(nd_basins_check_march(basins, &rule));
    ND_TRY(nd_check_memory(basins, (double)n * (double)(d + 2) * sizeof *unit, "the rays"));
    ND_TRY(nd_allocate_for(basins, n * (d + 2), sizeof *unit, &unit));
    double *low = unit + n * d, *high = low + n;
    nd_task_begin(&task, basins, "following rays to the edge of a basin");
    const int status = nd_basins_rays(basins, attractor, n, directions, &rule, &task, 0, 1, unit, low, high);
    if (status == NNDYN_OK) {
        basins->frozen = 1;
        for (int64_t i = 0; i < n; i++) {
            radii[i] = isinf(high[i]) ? HUGE_VAL : low[i] + 0.5 * (high[i] - low[i]);
        }
    }
    nd_release(nd_handle_context(basins), unit);
    return status;
}

int nndyn_basin_map_ray(nndyn_basin_map *basins, int64_t attractor, int64_t n, const double *directions,
                        const nndyn_options *options, double *radii)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_ray"));
    return nd_leave(basins, ray(basins, attractor, n, directions, options, radii));
}
