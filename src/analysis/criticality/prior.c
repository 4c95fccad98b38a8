/* prior.c - laws of the pre-activation.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include "statistics/statistics.h"
#include <float.h>
#include <math.h>

/* Deviations of a normal law, decay lengths of an exponential one, up to which the density is a normal number: beyond,
 * its rounding errors would be all that is seen. */
static const double normal_reach = 36.5, exponential_reach = 660;

/* Which options a law reads. */
static const struct {
    int reads[5]; /* 0 ends the list: no law's option has that number */
} laws[] = {
    [ND_PRIOR_NORMAL] = {{ND_PRIOR_MEAN, ND_PRIOR_DEVIATION}},
    [ND_PRIOR_UNIFORM] = {{ND_PRIOR_LOW, ND_PRIOR_HIGH}},
    [ND_PRIOR_EXPONENTIAL] = {{ND_PRIOR_ORIGIN, ND_PRIOR_RATE}},
    [ND_PRIOR_MIXTURE] = {{ND_PRIOR_MEAN, ND_PRIOR_DEVIATION, ND_PRIOR_SECOND_MEAN, ND_PRIOR_SECOND_DEVIATION,
                           ND_PRIOR_SECOND_WEIGHT}},
};

static const nd_option_spec specs[ND_PRIOR_OPTIONS] = {ND_PRIOR_SPECS};

static int reads(int law, int option)
{
    for (int i = 0; i < 5; i++) {
        if (laws[law].reads[i] == option) {
            return 1;
        }
    }
    return 0;
}

static void span_normal(double mean, double deviation, nd_prior *p)
{
    p->low = fmin(p->low, mean - normal_reach * deviation);
    p->high = fmax(p->high, mean + normal_reach * deviation);
}

int nd_prior_read(void *handle, const nd_option_value *values, nd_prior *out)
{
    nd_prior p = {.law = (int)values[ND_PRIOR_LAW].integer, .low = DBL_MAX, .high = -DBL_MAX};
    for (int i = ND_PRIOR_MEAN; i < ND_PRIOR_OPTIONS; i++) {
        if (values[i].given && !reads(p.law, i)) {
            return nd_fail(handle, NNDYN_EOPTION,
                           "option \"%s\" is given, but the law of y does not read it; set \"law\"", specs[i].name);
        }
    }
    p.first = values[laws[p.law].reads[0]].real;
    p.second = values[laws[p.law].reads[1]].real;
    if (p.law == ND_PRIOR_UNIFORM) {
        if (!(p.first < p.second)) {
            return nd_fail(handle, NNDYN_EOPTION, "\"low\" is %g and \"high\" %g; the first must be below", p.first,
                           p.second);
        }
        p.low = p.first;
        p.high = p.second;
    } else if (p.law == ND_PRIOR_EXPONENTIAL) {
        if (!(fabs(p.second) >= DBL_MIN)) {
            return nd_fail(handle, NNDYN_EOPTION, "\"rate\" is %g; it must not be 0", p.second);
        }
        const double end = p.first + exponential_reach / p.second;
        p.low = fmin(p.first, end);
        p.high = fmax(p.first, end);
    } else {
        span_normal(p.first, p.second, &p);
    }
    if (p.law == ND_PRIOR_MIXTURE) {
        p.other_mean = values[ND_PRIOR_SECOND_MEAN].real;
        p.other_deviation = values[ND_PRIOR_SECOND_DEVIATION].real;
        p.weight = values[ND_PRIOR_SECOND_WEIGHT].real;
        span_normal(p.other_mean, p.other_deviation, &p);
    }
    *out = p;
    return NNDYN_OK;
}

static double normal_density(double y, double mean, double deviation)
{
    const double z = (y - mean) / deviation;
    return 0.39894228040143268 / deviation * exp(-0.5 * z * z);
}

double nd_prior_density(const nd_prior *p, double y)
{
    if (y < p->low || y > p->high) {
        return 0;
    }
    if (p->law == ND_PRIOR_UNIFORM) {
        return 1 / (p->second - p->first);
    }
    if (p->law == ND_PRIOR_EXPONENTIAL) {
        return fabs(p->second) * exp(-(y - p->first) * p->second);
    }
    const double one = normal_density(y, p->first, p->second);
    return p->law == ND_PRIOR_NORMAL
               ? one
               : (1 - p->weight) * one + p->weight * normal_density(y, p->other_mean, p->other_deviation);
}

/* ---- points ------------------------------------------------------------------------------------------------------ */

/* Equal steps over the support, and around each center distances 10^(j / PER_DECADE). */
enum { STEPS = 1500, PER_DECADE = 24, LEAST = -16, MOST = 4, CENTERS = 6 };

int64_t nd_prior_capacity(void)
{
    return STEPS + 1 + (int64_t)CENTERS * (2 * PER_DECADE * (MOST - LEAST) + 3);
}

static int64_t add_point(const nd_prior *p, double y, int64_t n, double *points)
{
    if (y > p->low && y < p->high) {
        points[n++] = y;
    }
    return n;
}

static int64_t add_center(const nd_prior *p, double center, int64_t n, double *points)
{
    n = add_point(p, center, n, points);
    for (int j = PER_DECADE * LEAST; j <= PER_DECADE * MOST; j++) {
        const double distance = pow(10, (double)j / PER_DECADE);
        n = add_point(p, center - distance, n, points);
        n = add_point(p, center + distance, n, points);
    }
    return n;
}

int64_t nd_prior_points(const nd_prior *p, int count, const double *centers, double *points, double *scratch)
{
    int64_t n = 0, kept = 0;
    for (int i = 0; i <= STEPS; i++) {
        points[n++] = i == STEPS ? p->high : p->low + (p->high - p->low) * i / STEPS;
    }
    for (int i = 0; i < count; i++) {
        n = add_center(p, centers[i], n, points);
    }
    n = add_center(p, 0, n, points);
    n = add_center(p, p->law == ND_PRIOR_MIXTURE ? p->other_mean : p->first, n, points);
    n = add_center(p, p->first, n, points);
    nd_sort(n, points, scratch);
    for (int64_t i = 0; i < n; i++) {
        if (kept == 0 || points[i] > points[kept - 1]) {
            points[kept++] = points[i];
        }
    }
    return kept;
}
