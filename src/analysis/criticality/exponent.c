/* exponent.c - the exact local exponent k(y) = g g''/g'^2 - (d ln p/dy) g/g'.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <float.h>
#include <math.h>

static const nd_option_spec specs[ND_CRITICAL_OPTIONS] = {ND_CRITICAL_SPECS};

/* g'^2 would underflow long before the ratios do. */
static double exponent_of(double g, double g1, double g2, double slope)
{
    const double ratio = g / g1, k = ratio * (g2 / g1) - slope * ratio;
    return g1 == 0 || !isfinite(k) ? NAN : k;
}

static int local_exponent(nndyn_context *context, int activation, int loss, double t, int64_t count, const double *y,
                          const double *slope, const nndyn_options *options, double *k)
{
    enum { CHUNK = ND_COMPOSITE_CHUNK };
    nd_option_value values[ND_CRITICAL_OPTIONS];
    nd_composite composite;
    double g[CHUNK], g1[CHUNK], g2[CHUNK];
    ND_TRY(nd_options_read(context, options, specs, ND_CRITICAL_OPTIONS, values));
    ND_TRY(nd_composite_read(context, activation, loss, values, &composite));
    ND_TRY(nd_check_finite(context, 1, 1, &t, "t"));
    ND_TRY(nd_check_size(context, count, 1, INT64_MAX / (int64_t)sizeof *y, "count"));
    ND_TRY(nd_check_pointer(context, y, "y"));
    ND_TRY(nd_check_pointer(context, k, "k"));
    ND_TRY(nd_check_finite(context, 1, count, y, "y"));
    if (slope != NULL) {
        ND_TRY(nd_check_finite(context, 1, count, slope, "slope"));
    }
    composite.t = t;
    for (int64_t first = 0; first < count; first += CHUNK) {
        const int64_t n = count - first < CHUNK ? count - first : CHUNK;
        nd_composite_force(&composite, n, y + first, g, g1, g2);
        for (int64_t i = 0; i < n; i++) {
            k[first + i] = exponent_of(g[i], g1[i], g2[i], slope != NULL ? slope[first + i] : 0);
        }
    }
    return NNDYN_OK;
}

int nndyn_local_exponent(nndyn_context *context, int activation, int loss, double t, int64_t count, const double *y,
                         const double *slope, const nndyn_options *options, double *k)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_local_exponent"));
    return nd_leave(context, local_exponent(context, activation, loss, t, count, y, slope, options, k));
}
