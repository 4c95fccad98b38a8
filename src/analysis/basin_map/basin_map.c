/* basin_map.c - the handle, and what may be asked of the list.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "core/random.h"
#include <float.h>
#include <string.h>

enum { STEPS, EVERY, TOLERANCE, SETTLE, PERIOD, BOUND, GROW, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [STEPS] = {"steps", ND_INTEGER, 1, (double)(INT64_C(1) << 40), 10000, NULL},
    [EVERY] = {"every", ND_INTEGER, 1, 1 << 20, 8, NULL},
    [TOLERANCE] = {"tolerance", ND_REAL, 1e-150, 1e150, 1e-3, NULL},
    [SETTLE] = {"settle", ND_REAL, DBL_MIN, 1, 1e-11, NULL},
    [PERIOD] = {"period", ND_INTEGER, 1, ND_BASIN_PERIOD, 1, NULL},
    [BOUND] = {"bound", ND_REAL, DBL_MIN, 1e150, 1e10, NULL},
    [GROW] = {"grow", ND_INTEGER, 0, 64, 0, NULL},
};

static void destroy(void *object)
{
    nndyn_basin_map *basins = object;
    nd_basins_list_free(basins->handle.context, &basins->list);
    if (basins->map) {
        nd_handle_release(basins->map);
    }
}

/* Within a call on `handle`. */
static int make(const nd_handle *handle, nndyn_map *map, const double *parameters, const nd_basins_rule *rule,
                nndyn_basin_map **out)
{
    nndyn_basin_map *basins = NULL;
    ND_TRY(nd_handle_create(map->handle.context, ND_BASIN_MAP, sizeof *basins, destroy, &basins));
    basins->handle.function = handle->function; /* for messages while it is inside another call */
    nd_handle_retain(map);
    basins->map = map;
    basins->rule = *rule;
    basins->list.dimension = map->dimension;
    memcpy(basins->parameters, parameters, sizeof basins->parameters);
    *out = basins;
    return NNDYN_OK;
}

static int create(nndyn_map *map, const nndyn_options *options, nndyn_basin_map **out)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_check_pointer(map, out, "out"));
    ND_TRY(nd_options_read(map, options, specs, OPTIONS, v));
    if (v[SETTLE].real >= v[TOLERANCE].real) {
        return nd_fail(map, NNDYN_EOPTION, "\"settle\" is %g, must be below \"tolerance\", which is %g", v[SETTLE].real,
                       v[TOLERANCE].real);
    }
    const int64_t every = v[EVERY].integer;
    const nd_basins_rule rule = {.steps = (v[STEPS].integer + every - 1) / every * every,
                                 .every = every,
                                 .period = v[PERIOD].integer,
                                 .grow = v[GROW].integer,
                                 .tolerance = v[TOLERANCE].real,
                                 .settle = v[SETTLE].real,
                                 .bound = v[BOUND].real};
    return make(&map->handle, map, map->values, &rule, out);
}

int nd_basins_like(nndyn_basin_map *basins, const double *parameters, const nd_basins_rule *rule, nndyn_basin_map **out)
{
    return make(&basins->handle, basins->map, parameters, rule, out);
}

int nd_basins_pass_on(nndyn_basin_map *basins, int status, const nndyn_basin_map *inner)
{
    return status == NNDYN_OK || status == NNDYN_ECANCELED ? status : nd_fail_from(basins, status, inner);
}

int nndyn_basin_map_create(nndyn_map *map, const nndyn_options *options, nndyn_basin_map **out)
{
    ND_TRY(nd_enter(map, ND_MAP, "nndyn_basin_map_create"));
    return nd_leave(map, create(map, options, out));
}

void nndyn_basin_map_free(nndyn_basin_map *basins)
{
    nd_handle_release(basins);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

int nd_basins_check_attractor(nndyn_basin_map *basins, int64_t attractor)
{
    if (basins->list.count == 0) {
        return nd_fail(basins, NNDYN_EARG,
                       "attractor is %lld, but none is on the list; call nndyn_basin_map_find or "
                       "nndyn_basin_map_add first",
                       (long long)attractor);
    }
    return nd_check_size(basins, attractor, 0, basins->list.count - 1, "attractor");
}

int nndyn_basin_map_shape(nndyn_basin_map *basins, int64_t *dimension, int64_t *attractors)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_shape"));
    if (dimension) {
        *dimension = basins->list.dimension;
    }
    if (attractors) {
        *attractors = basins->list.count;
    }
    return nd_leave(basins, NNDYN_OK);
}

static int get(nndyn_basin_map *basins, int64_t attractor, int64_t capacity, double *points, int64_t *period,
               double *radius)
{
    ND_TRY(nd_basins_check_attractor(basins, attractor));
    ND_TRY(nd_check_size(basins, capacity, 0, INT64_MAX, "capacity"));
    if (capacity > 0) {
        ND_TRY(nd_check_pointer(basins, points, "points"));
    }
    const int64_t length = nd_basins_period(&basins->list, attractor);
    const int64_t written = capacity < length ? capacity : length;
    if (written > 0) {
        memcpy(points, nd_basins_points(&basins->list, attractor),
               (size_t)(written * basins->list.dimension) * sizeof *points);
    }
    if (period) {
        *period = length;
    }
    if (radius) {
        *radius = basins->list.radius[attractor];
    }
    return NNDYN_OK;
}

int nndyn_basin_map_attractor(nndyn_basin_map *basins, int64_t attractor, int64_t capacity, double *points,
                              int64_t *period, double *radius)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_attractor"));
    return nd_leave(basins, get(basins, attractor, capacity, points, period, radius));
}

/* ---- starts ------------------------------------------------------------------------------------------------------ */

static int check_shape_of_starts(nndyn_basin_map *basins, int kind, const double *first, const double *second)
{
    const int64_t d = basins->list.dimension;
    if (kind != NNDYN_STARTS_BOX && kind != NNDYN_STARTS_NORMAL) {
        return nd_fail(basins, NNDYN_EARG, "kind is %d, must be NNDYN_STARTS_BOX (1) or NNDYN_STARTS_NORMAL (2)", kind);
    }
    ND_TRY(nd_check_pointer(basins, first, "first"));
    ND_TRY(nd_check_pointer(basins, second, "second"));
    ND_TRY(nd_check_finite(basins, 1, d, first, "first"));
    ND_TRY(nd_check_finite(basins, 1, d, second, "second"));
    for (int64_t j = 0; j < d; j++) {
        if (kind == NNDYN_STARTS_BOX && second[j] < first[j]) {
            return nd_fail(basins, NNDYN_EARG, "second[%lld] is %g, must be at least first[%lld], which is %g",
                           (long long)j, second[j], (long long)j, first[j]);
        }
        if (kind == NNDYN_STARTS_NORMAL && second[j] < 0) {
            return nd_fail(basins, NNDYN_EARG, "second[%lld] is %g, must be at least 0 (a standard deviation)",
                           (long long)j, second[j]);
        }
    }
    return NNDYN_OK;
}

static int starts_of(nndyn_basin_map *basins, int kind, const double *first, const double *second, int64_t seed,
                     int64_t n, double *starts)
{
    const int64_t d = basins->list.dimension;
    ND_TRY(check_shape_of_starts(basins, kind, first, second));
    ND_TRY(nd_check_size(basins, n, 1, INT64_MAX / 64 / d, "n"));
    ND_TRY(nd_check_pointer(basins, starts, "starts"));
    const nd_stream stream = nd_stream_open(seed, ND_RANDOM_BASIN_STARTS, 0, 0);
    if (kind == NNDYN_STARTS_BOX) {
        nd_uniform(stream, 0, n * d, starts);
    } else {
        nd_normal(stream, 0, n * d, starts);
    }
    for (int64_t i = 0; i < n * d; i++) {
        const double a = first[i % d], b = second[i % d];
        starts[i] = kind == NNDYN_STARTS_BOX ? a + (b - a) * starts[i] : a + b * starts[i];
    }
    return NNDYN_OK;
}

int nndyn_basin_map_starts(nndyn_basin_map *basins, int kind, const double *first, const double *second, int64_t seed,
                           int64_t n, double *starts)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_starts"));
    return nd_leave(basins, starts_of(basins, kind, first, second, seed, n, starts));
}
