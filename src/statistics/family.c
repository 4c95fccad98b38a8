/* family.c - fitting the two-parameter laws that bend away from a power law. */
#include "statistics/family.h"
#include "statistics/statistics.h"
#include <float.h>
#include <math.h>

enum { NODES = 16, PANELS = 24, MOST_PANELS = 4096, ITERATIONS = 200 };

/* e^-44 of the largest density is nothing beside it. */
static const double depth = 44;

static void lognormal_features(double v, double t[2])
{
    t[0] = v;
    t[1] = 0.5 * v * v;
}

static double lognormal_peak(const double p[2])
{
    return -p[0] / p[1];
}

static double lognormal_mean(double rate)
{
    return 1 / (rate * rate);
}

static void truncated_features(double v, double t[2])
{
    t[0] = v;
    t[1] = expm1(fmin(v, 700));
}

static double truncated_peak(const double p[2])
{
    return p[0] < 1 ? log((1 - p[0]) / p[1]) : 0;
}

static double truncated_mean(double rate)
{
    return rate > 1 ? 1 / (rate - 1) : INFINITY;
}

const nd_family nd_lognormal = {lognormal_features, lognormal_peak, lognormal_mean, 0};
const nd_family nd_truncated_power_law = {truncated_features, truncated_peak, truncated_mean, 1};

double nd_log_norm(double rate, double length)
{
    const double size = fabs(rate);
    if (length > DBL_MAX) {
        return -log(rate);
    }
    if (size * length < 1e-8) {
        return log(length) - 0.5 * rate * length;
    }
    return log(-expm1(-size * length) / size) + (rate < 0 ? size * length : 0);
}

/* ---- moments by quadrature --------------------------------------------------------------------------------------- */

typedef struct moments {
    double log_z;
    double mean[2];
    double covariance[3]; /* 00, 01, 11 */
} moments;

typedef struct problem {
    const nd_family *family;
    double length;
    double nodes[NODES], weights[NODES];
} problem;

static double exponent(const nd_family *family, const double p[2], double v, double t[2])
{
    family->features(v, t);
    return family->h * v - p[0] * t[0] - p[1] * t[1];
}

/* From `from` in direction `sign`, at most `room` far, to where the exponent has fallen by `depth`. */
static double reach(const nd_family *family, const double p[2], double from, double sign, double room)
{
    double t[2];
    const double floor_of = exponent(family, p, from, t) - depth;
    double low = 0;
    double high = fmin(1e-3, room);
    while (high < room && exponent(family, p, from + sign * high, t) > floor_of) {
        low = high;
        high = fmin(2 * high, room);
    }
    for (int i = 0; i < 20; i++) {
        const double middle = 0.5 * (low + high);
        if (exponent(family, p, from + sign * middle, t) > floor_of) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return from + sign * high;
}

static void add_panel(const problem *on, const double p[2], double from, double width, double top, double sums[6])
{
    for (int i = 0; i < NODES; i++) {
        double t[2];
        const double term = on->weights[i] * exp(exponent(on->family, p, from + width * on->nodes[i], t) - top);
        sums[0] += term;
        sums[1] += term * t[0];
        sums[2] += term * t[1];
        sums[3] += term * t[0] * t[0];
        sums[4] += term * t[0] * t[1];
        sums[5] += term * t[1] * t[1];
    }
}

static moments integrate(const problem *on, const double p[2])
{
    double t[2];
    double sums[6] = {0};
    const double peak = p[1] > 0 ? fmin(fmax(on->family->peak(p), 0), on->length) : 0;
    const double high = p[1] > 0 ? reach(on->family, p, peak, 1, on->length - peak) : on->length;
    const double low = p[1] > 0 && peak > 0 ? reach(on->family, p, peak, -1, peak) : 0;
    const double panels = fmin(fmax(PANELS, ceil(high - low)), MOST_PANELS);
    const double width = (high - low) / panels;
    const double top = fmax(exponent(on->family, p, peak, t), p[1] > 0 ? -INFINITY : exponent(on->family, p, high, t));
    for (double i = 0; i < panels; i++) {
        add_panel(on, p, low + i * width, width, top, sums);
    }
    moments m = {.log_z = top + log(width * sums[0]), .mean = {sums[1] / sums[0], sums[2] / sums[0]}};
    m.covariance[0] = sums[3] / sums[0] - m.mean[0] * m.mean[0];
    m.covariance[1] = sums[4] / sums[0] - m.mean[0] * m.mean[1];
    m.covariance[2] = sums[5] / sums[0] - m.mean[1] * m.mean[1];
    return m;
}

/* ---- Newton's method --------------------------------------------------------------------------------------------- */

static double likelihood(const double mean[2], const double p[2], const moments *m)
{
    return -p[0] * mean[0] - p[1] * mean[1] - m->log_z;
}

/* The step, such that p1 keeps at least a tenth; returns the square of its length in units of the curvature. */
static double newton_step(const double mean[2], const double p[2], const moments *m, double step[2])
{
    const double *c = m->covariance;
    const double g0 = m->mean[0] - mean[0];
    const double g1 = m->mean[1] - mean[1];
    const double determinant = c[0] * c[2] - c[1] * c[1];
    step[0] = (c[2] * g0 - c[1] * g1) / determinant;
    step[1] = (c[0] * g1 - c[1] * g0) / determinant;
    const double decrement = g0 * step[0] + g1 * step[1];
    const double most = -0.9 * p[1];
    if (step[1] < most) {
        step[1] = most;
        step[0] = (g0 - c[1] * most) / c[0]; /* the best beside that */
    }
    return decrement;
}

static int climb(const problem *on, const double mean[2], double p[2], moments *m)
{
    double decrement = INFINITY;
    *m = integrate(on, p);
    for (int i = 0; i < ITERATIONS && decrement > 1e-20; i++) {
        double step[2];
        double part = 1;
        const double now = likelihood(mean, p, m);
        decrement = newton_step(mean, p, m, step);
        if (!isfinite(decrement)) {
            return -1;
        }
        for (; part > 1e-9; part *= 0.5) {
            const double next[2] = {p[0] + part * step[0], p[1] + part * step[1]};
            const moments there = integrate(on, next);
            if (likelihood(mean, next, &there) > now - 1e-14 * (1 + fabs(now))) {
                p[0] = next[0];
                p[1] = next[1];
                *m = there;
                break;
            }
        }
        if (part <= 1e-9) {
            break;
        }
    }
    return decrement < 1e-10 ? 0 : -1;
}

int nd_family_fit(const nd_family *family, const double mean[2], double rate, double length, double p[2], double *log_z)
{
    problem on = {.family = family, .length = length};
    moments m;
    double straight[2] = {rate + family->h, 0};
    nd_gauss_legendre(NODES, on.nodes, on.weights);
    const double expected = length > DBL_MAX ? family->power_law_mean(rate) : integrate(&on, straight).mean[1];
    if (mean[1] >= expected) { /* the samples bend up, if at all */
        p[0] = straight[0];
        p[1] = 0;
        *log_z = nd_log_norm(rate, length);
        return 0;
    }
    p[0] = straight[0];
    p[1] = 1 / mean[1];
    if (climb(&on, mean, p, &m) != 0) {
        return -1;
    }
    *log_z = m.log_z;
    return 0;
}
