/* report.c - what is read from a series of fluctuations, and the verdict.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <float.h>
#include <math.h>

static void put(double value, double *out)
{
    if (out != NULL) {
        *out = value;
    }
}

static void put_count(int64_t value, int64_t *out)
{
    if (out != NULL) {
        *out = value;
    }
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

int nndyn_fluctuations_shape(nndyn_fluctuations *fluctuations, int64_t series, double *xmin, double *xmax,
                             int64_t *bins, int64_t *parts)
{
    nd_series *s;
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_shape"));
    const int status = nd_fluctuations_find(fluctuations, series, &s);
    if (status == NNDYN_OK) {
        put(s->window.xmin, xmin);
        put(s->window.xmax, xmax);
        put_count(s->bins, bins);
        put_count(s->part_count, parts);
    }
    return nd_leave(fluctuations, status);
}

int nndyn_fluctuations_counts(nndyn_fluctuations *fluctuations, int64_t series, int64_t *inside, int64_t *zeros,
                              int64_t *below, int64_t *above, int64_t *nonfinite)
{
    nd_series *s;
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_counts"));
    const int status = nd_fluctuations_find(fluctuations, series, &s);
    if (status == NNDYN_OK) {
        put_count(s->window.inside, inside);
        put_count(s->window.zeros, zeros);
        put_count(s->window.below, below);
        put_count(s->window.above, above);
        put_count(s->window.nonfinite, nonfinite);
    }
    return nd_leave(fluctuations, status);
}

/* ---- the exponent ------------------------------------------------------------------------------------------------ */

typedef struct estimate {
    double k, se, effective, curvature, decades;
} estimate;

static int estimate_of(nndyn_fluctuations *f, const nd_series *s, estimate *out)
{
    double k, se, z;
    ND_TRY(nd_window_exponent(f, &s->window, ND_SERIES_LEAST, &k, &se));
    ND_TRY(nd_window_curvature(f, &s->window, ND_SERIES_LEAST, &z));
    const double effective = nd_series_effective(s), share = effective / (double)s->window.inside;
    *out = (estimate){k, se / sqrt(share), effective, z * sqrt(share), nd_series_decades(s)};
    return NNDYN_OK;
}

static int exponent(nndyn_fluctuations *f, int64_t series, double *k, double *se, double *effective, double *curvature,
                    double *decades)
{
    nd_series *s;
    estimate e;
    ND_TRY(nd_fluctuations_find(f, series, &s));
    ND_TRY(estimate_of(f, s, &e));
    put(e.k, k);
    put(e.se, se);
    put(e.effective, effective);
    put(e.curvature, curvature);
    put(e.decades, decades);
    return NNDYN_OK;
}

int nndyn_fluctuations_exponent(nndyn_fluctuations *fluctuations, int64_t series, double *k, double *se,
                                double *effective, double *curvature, double *decades)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_exponent"));
    return nd_leave(fluctuations, exponent(fluctuations, series, k, se, effective, curvature, decades));
}

static int parts_of(nndyn_fluctuations *f, int64_t series, int64_t parts, double *k, double *se)
{
    nd_series *s;
    ND_TRY(nd_fluctuations_find(f, series, &s));
    ND_TRY(nd_check_size(f, parts, s->part_count, s->part_count, "parts"));
    ND_TRY(nd_check_pointer(f, k, "k"));
    for (int64_t i = 0; i < parts; i++) {
        double error;
        nd_series_part_exponent(s, i, &k[i], &error);
        put(error, se != NULL ? &se[i] : NULL);
    }
    return NNDYN_OK;
}

int nndyn_fluctuations_parts(nndyn_fluctuations *fluctuations, int64_t series, int64_t parts, double *k, double *se)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_parts"));
    return nd_leave(fluctuations, parts_of(fluctuations, series, parts, k, se));
}

/* ---- the histogram ----------------------------------------------------------------------------------------------- */

static int histogram(nndyn_fluctuations *f, int64_t series, int64_t bins, double *edges, int64_t *counts,
                     double *densities)
{
    nd_series *s;
    ND_TRY(nd_fluctuations_find(f, series, &s));
    ND_TRY(nd_check_size(f, bins, s->bins, s->bins, "bins"));
    const double step = s->window.length / (double)bins;
    double left = s->window.xmin;
    put(left, edges);
    for (int64_t i = 0; i < bins; i++) {
        const double right = i + 1 == bins ? s->window.xmax : s->window.xmin * exp(step * (double)(i + 1));
        const double all = (double)s->window.inside * (right - left);
        put(right, edges != NULL ? &edges[i + 1] : NULL);
        put_count(s->histogram[i], counts != NULL ? &counts[i] : NULL);
        put(all > 0 ? (double)s->histogram[i] / all : 0, densities != NULL ? &densities[i] : NULL);
        left = right;
    }
    return NNDYN_OK;
}

int nndyn_fluctuations_histogram(nndyn_fluctuations *fluctuations, int64_t series, int64_t bins, double *edges,
                                 int64_t *counts, double *densities)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_histogram"));
    return nd_leave(fluctuations, histogram(fluctuations, series, bins, edges, counts, densities));
}

/* ---- the verdict ------------------------------------------------------------------------------------------------- */

enum { TOLERANCE, DECADES, FLAT, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [TOLERANCE] = {"tolerance", ND_REAL, 0, DBL_MAX, 0.05, NULL},
    [DECADES] = {"decades", ND_REAL, 0, DBL_MAX, 1.5, NULL},
    [FLAT] = {"flat", ND_REAL, 0, DBL_MAX, 0.1, NULL},
};

/* Exponents on sub-windows within 0.1 of each other; parts without one do not count, but two must. */
static int stable(const nd_series *s)
{
    double least = DBL_MAX, most = -DBL_MAX;
    int64_t known = 0;
    for (int64_t i = 0; i < s->part_count; i++) {
        double k, se;
        nd_series_part_exponent(s, i, &k, &se);
        if (!isnan(k)) {
            least = fmin(least, k);
            most = fmax(most, k);
            known++;
        }
    }
    return known >= 2 && most - least <= 0.1;
}

static int judge(nndyn_fluctuations *f, int64_t series, int equilibrium, double predicted, const nndyn_options *options,
                 int *verdict)
{
    nd_option_value values[OPTIONS];
    nd_series *s;
    estimate e;
    ND_TRY(nd_fluctuations_find(f, series, &s));
    ND_TRY(nd_options_read(f, options, specs, OPTIONS, values));
    ND_TRY(nd_check_size(f, equilibrium, 0, 1, "equilibrium"));
    ND_TRY(nd_check_real(f, predicted, -DBL_MAX, DBL_MAX, "predicted"));
    ND_TRY(nd_check_pointer(f, verdict, "verdict"));
    if (s->window.inside < ND_SERIES_LEAST || estimate_of(f, s, &e) != NNDYN_OK) {
        *verdict = NNDYN_CRITICAL_SCARCE;
        return NNDYN_OK;
    }
    const double allowed = values[TOLERANCE].real + 3 * e.se;
    *verdict = (e.decades < values[DECADES].real ? NNDYN_CRITICAL_NARROW : 0) |
               (!(fabs(e.curvature) < 3) && !stable(s) ? NNDYN_CRITICAL_CURVED : 0) |
               (fabs(e.k) < values[FLAT].real ? NNDYN_CRITICAL_FLAT : 0) |
               (equilibrium ? 0 : NNDYN_CRITICAL_TRANSIENT) |
               (fabs(e.k - predicted) <= allowed ? 0 : NNDYN_CRITICAL_UNPREDICTED);
    return NNDYN_OK;
}

int nndyn_fluctuations_verdict(nndyn_fluctuations *fluctuations, int64_t series, int equilibrium, double predicted,
                               const nndyn_options *options, int *verdict)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_verdict"));
    return nd_leave(fluctuations, judge(fluctuations, series, equilibrium, predicted, options, verdict));
}
