/* curve.c - statistics of a load curve, and advice from a sweep of them.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <limits.h>
#include <math.h>

/* ---- statistics -------------------------------------------------------------------------------------------------- */

static void loads_of(int64_t layers, const double *d, double *loads, double *values)
{
    double mean = (d[0] - d[layers]) / (double)layers, square = 0, largest = -HUGE_VAL;
    values[NNDYN_LOAD_CURVE_MONOTONE] = 1;
    for (int64_t l = 1; l <= layers; l++) {
        const double load = d[l - 1] - d[l];
        square += (load - mean) * (load - mean);
        if (load > largest) {
            largest = load;
            values[NNDYN_LOAD_CURVE_LARGEST] = (double)l;
        }
        if (!(load >= 0)) {
            values[NNDYN_LOAD_CURVE_MONOTONE] = 0;
        }
        if (loads != NULL) {
            loads[l - 1] = load;
        }
    }
    values[NNDYN_LOAD_CURVE_V] = sqrt(square / (double)layers);
    values[NNDYN_LOAD_CURVE_C] = (d[0] - d[1]) - (d[layers - 1] - d[layers]);
    values[NNDYN_LOAD_CURVE_DROP] = d[0] - d[layers];
}

/* Line and parabola by least squares, on polynomials that are orthogonal on 0..L. */
static void polynomials(int64_t layers, const double *d, double *values)
{
    const double last = (double)layers, middle = last / 2, spread = last * (last + 2) / 12; /* mean of (l - L/2)^2 */
    double mean = 0, first = 0, second = 0, total = 0, norm1 = 0, norm2 = 0;
    for (int64_t l = 0; l <= layers; l++) {
        mean += d[l] / (last + 1);
    }
    for (int64_t l = 0; l <= layers; l++) {
        const double p1 = (double)l - middle, p2 = p1 * p1 - spread, away = d[l] - mean;
        first += p1 * away;
        second += p2 * away;
        total += away * away;
        norm1 += p1 * p1;
        norm2 += p2 * p2;
    }
    values[NNDYN_LOAD_CURVE_SLOPE] = first / norm1;
    values[NNDYN_LOAD_CURVE_QUADRATIC] = layers > 1 ? second / norm2 : (double)NAN;
    values[NNDYN_LOAD_CURVE_R_SQUARED] = total > 0 ? first * first / (norm1 * total) : (double)NAN;
}

static int verdict_of(int64_t layers, const double *d, double threshold, double *values)
{
    const double drop = values[NNDYN_LOAD_CURVE_DROP];
    double sum = 0;
    int finite = 1;
    for (int64_t l = 0; l <= layers; l++) {
        finite = finite && isfinite(d[l]);
        sum += (d[l] - d[layers]) / drop;
    }
    if (!finite || !(drop > 0)) {
        return NNDYN_LOAD_CURVE_UNDEFINED;
    }
    const double bow = sum / (double)(layers + 1) - 0.5;
    values[NNDYN_LOAD_CURVE_KAPPA] = values[NNDYN_LOAD_CURVE_C] / drop;
    values[NNDYN_LOAD_CURVE_SIGMA] = values[NNDYN_LOAD_CURVE_V] / drop;
    values[NNDYN_LOAD_CURVE_BOW] = bow;
    return bow > threshold    ? NNDYN_LOAD_CURVE_LATE_LOADED
           : bow < -threshold ? NNDYN_LOAD_CURVE_EARLY_LOADED
                              : NNDYN_LOAD_CURVE_BALANCED;
}

void nd_load_curve(int64_t count, const double *d, double threshold, double *loads,
                   double values[NNDYN_LOAD_CURVE_VALUES], int *verdict)
{
    for (int i = 0; i < NNDYN_LOAD_CURVE_VALUES; i++) {
        values[i] = NAN;
    }
    loads_of(count - 1, d, loads, values);
    polynomials(count - 1, d, values);
    *verdict = verdict_of(count - 1, d, threshold, values);
}

enum { DROP_LAST, CURVE_THRESHOLD, CURVE_OPTIONS };

static int load_curve(nndyn_context *context, int64_t count, const double *d, const nndyn_options *options,
                      double *loads, int64_t nvalues, double *values, int *verdict)
{
    static const nd_option_spec specs[CURVE_OPTIONS] = {
        [DROP_LAST] = {"drop_last", ND_INTEGER, 0, 1, 0, NULL},
        [CURVE_THRESHOLD] = {"threshold", ND_REAL, 0, HUGE_VAL, 0.03, NULL},
    };
    nd_option_value given[CURVE_OPTIONS];
    double all[NNDYN_LOAD_CURVE_VALUES];
    int found;
    ND_TRY(nd_options_read(context, options, specs, CURVE_OPTIONS, given));
    ND_TRY(nd_check_size(context, count, 2 + given[DROP_LAST].integer, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(context, d, "d"));
    ND_TRY(nd_check_size(context, nvalues, 0, INT_MAX, "nvalues"));
    if (nvalues > 0) {
        ND_TRY(nd_check_pointer(context, values, "values"));
    }
    nd_load_curve(count - given[DROP_LAST].integer, d, given[CURVE_THRESHOLD].real, loads, all, &found);
    for (int64_t i = 0; i < nvalues; i++) {
        values[i] = i < NNDYN_LOAD_CURVE_VALUES ? all[i] : (double)NAN;
    }
    if (verdict != NULL) {
        *verdict = found;
    }
    return NNDYN_OK;
}

int nndyn_load_curve(nndyn_context *context, int64_t count, const double *d, const nndyn_options *options,
                     double *loads, int64_t nvalues, double *values, int *verdict)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, load_curve(context, count, d, options, loads, nvalues, values, verdict));
}

const char *nndyn_load_curve_verdict_name(int verdict)
{
    static const char *const names[] = {"undefined", "late loaded", "balanced", "early loaded"};
    return verdict >= 0 && verdict <= NNDYN_LOAD_CURVE_EARLY_LOADED ? names[verdict] : "unknown";
}

/* ---- advice ------------------------------------------------------------------------------------------------------ */

typedef struct sweep {
    int64_t runs;
    const double *levels, *bows, *sigmas, *losses;
    double limit;
} sweep;

static int trained(const sweep *s, int64_t run)
{
    return s->losses[run] <= s->limit && isfinite(s->bows[run]) && isfinite(s->sigmas[run]);
}

static int64_t straightest_of(const sweep *s)
{
    int64_t best = -1;
    for (int64_t i = 0; i < s->runs; i++) {
        if (trained(s, i) && (best < 0 || s->sigmas[i] < s->sigmas[best])) {
            best = i;
        }
    }
    return best;
}

/* Where the bow crosses zero on the way to the next level in this direction. */
static double crossing(const sweep *s, int64_t run, int direction)
{
    int64_t next = -1;
    for (int64_t i = 0; i < s->runs; i++) {
        const double away = (s->levels[i] - s->levels[run]) * direction;
        if (trained(s, i) && away > 0 && (next < 0 || away < (s->levels[next] - s->levels[run]) * direction)) {
            next = i;
        }
    }
    if (next < 0 || s->bows[next] * s->bows[run] > 0) {
        return NAN;
    }
    const double part = s->bows[run] / (s->bows[run] - s->bows[next]);
    return s->levels[run] + part * (s->levels[next] - s->levels[run]);
}

static int check_sweep(nndyn_context *context, const sweep *s, const int64_t *straightest, const int *direction)
{
    ND_TRY(nd_check_size(context, s->runs, 1, INT_MAX, "runs"));
    ND_TRY(nd_check_pointer(context, s->levels, "levels"));
    ND_TRY(nd_check_pointer(context, s->bows, "bows"));
    ND_TRY(nd_check_pointer(context, s->sigmas, "sigmas"));
    ND_TRY(nd_check_pointer(context, s->losses, "losses"));
    if (!(s->limit > 0)) {
        return nd_fail(context, NNDYN_EARG,
                       "limit is %g, must be above 0: the loss up to which a run counts as trained", s->limit);
    }
    ND_TRY(nd_check_pointer(context, straightest, "straightest"));
    ND_TRY(nd_check_pointer(context, direction, "direction"));
    return nd_check_finite(context, s->runs, 1, s->levels, "levels");
}

static int advise(nndyn_context *context, const sweep *s, const nndyn_options *options, int64_t *straightest,
                  int *direction, double *level)
{
    static const nd_option_spec spec = {"threshold", ND_REAL, 0, HUGE_VAL, 0.03, NULL};
    nd_option_value threshold;
    ND_TRY(nd_options_read(context, options, &spec, 1, &threshold));
    ND_TRY(check_sweep(context, s, straightest, direction));
    const int64_t best = straightest_of(s);
    const double bow = best < 0 ? 0 : s->bows[best];
    const int way = (bow > threshold.real) - (bow < -threshold.real);
    if (level != NULL) {
        *level = best < 0 ? (double)NAN : way == 0 ? s->levels[best] : crossing(s, best, way);
    }
    *straightest = best;
    *direction = way;
    return NNDYN_OK;
}

int nndyn_load_curve_advice(nndyn_context *context, int64_t runs, const double *levels, const double *bows,
                            const double *sigmas, const double *losses, double limit, const nndyn_options *options,
                            int64_t *straightest, int *direction, double *level)
{
    const sweep s = {runs, levels, bows, sigmas, losses, limit};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, advise(context, &s, options, straightest, direction, level));
}
