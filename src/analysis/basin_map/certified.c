/* certified.c - a ball that lies within a basin for certain, from the Jacobian and its Lipschitz constant.
 *
 * With a = |J(y)|_2 at the point y of the list, and J Lipschitz with L, |f(x) - f(z)| <= (|J(z)| + L |x - z| / 2)
 * |x - z|.  The map moves y by delta, so a fixed point z lies within e, the smaller root of e (1 - a - L e / 2) =
 * delta, and |J(z)| <= a + L e.  Every start closer to z than R = 2 (1 - |J(z)|) / L comes closer with each step, by a
 * factor that is below 1 and never grows: it goes to z.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Rounding of the singular value decomposition, in units of d times the norm. */
static const double rounding = 16 * DBL_EPSILON;

/* How far the period's steps carry the first point. */
static int displacement(nndyn_basin_map *basins, int64_t attractor, double *next, double *delta)
{
    const int64_t d = basins->list.dimension;
    const double *point = nd_basins_points(&basins->list, attractor);
    const nd_map_run run = {.map = basins->map,
                            .parameters = basins->parameters,
                            .count = 1,
                            .states = point,
                            .steps = nd_basins_period(&basins->list, attractor),
                            .next = next};
    double size = 0;
    ND_TRY(nd_hold(basins, basins->map, ND_MAP, "the basin map's map"));
    const int status = nd_map_advance(&run, basins, NULL, 0, 0);
    nd_unhold(basins->map);
    ND_TRY(status);
    for (int64_t j = 0; j < d; j++) {
        size += point[j] * point[j];
    }
    *delta = sqrt(nd_basins_distance2(d, point, next)) + rounding * sqrt(size);
    return NNDYN_OK;
}

static double ball(double norm, double lipschitz, double delta)
{
    const double slack = 1 - norm, root = slack * slack - 2 * lipschitz * delta;
    if (!(slack > 0) || !(root > 0)) {
        return 0;
    }
    const double e = 2 * delta / (slack + sqrt(root));
    return lipschitz > 0 ? fmax(0, 2 * (slack - lipschitz * e) / lipschitz - e) : HUGE_VAL;
}

static int certified(nndyn_basin_map *basins, int64_t attractor, const double *jacobian, double lipschitz,
                     double *radius)
{
    const int64_t d = basins->list.dimension;
    double *a = NULL, delta;
    ND_TRY(nd_basins_check_attractor(basins, attractor));
    ND_TRY(nd_check_pointer(basins, jacobian, "jacobian"));
    ND_TRY(nd_check_real(basins, lipschitz, 0, DBL_MAX, "lipschitz"));
    ND_TRY(nd_check_pointer(basins, radius, "radius"));
    ND_TRY(nd_check_memory(basins, (double)d * (double)(d + 2) * sizeof *a + nd_svd_bytes(d, d, 0), "the Jacobian"));
    ND_TRY(nd_check_finite(basins, d, d, jacobian, "jacobian"));
    ND_TRY(nd_allocate_for(basins, d * (d + 2), sizeof *a, &a));
    memcpy(a, jacobian, (size_t)(d * d) * sizeof *a);
    int status = nd_svd(basins, d, d, a, a + d * d, NULL, NULL);
    if (status == NNDYN_OK) {
        status = displacement(basins, attractor, a + d * (d + 1), &delta);
    }
    if (status == NNDYN_OK) {
        *radius = ball(a[d * d] * (1 + rounding * (double)d), lipschitz, delta);
    }
    nd_release(nd_handle_context(basins), a);
    return status;
}

int nndyn_basin_map_certified(nndyn_basin_map *basins, int64_t attractor, const double *jacobian, double lipschitz,
                              double *radius)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_certified"));
    return nd_leave(basins, certified(basins, attractor, jacobian, lipschitz, radius));
}
