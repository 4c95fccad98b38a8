/* fit_model.c - the mean field of first order and its derivatives by friction and noise, carried along.
 *
 * A step costs two normal laws a block.  They are read from a table of the law, by its Taylor series about the nearest
 * node, to 1e-12; far from the last digits m steps are made as one: x + m step ((1 - b) G(x) + b G(x + m step G(x))),
 * b = (m - 1) / (2 m), agrees with m small steps to second order in m step.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include "statistics/statistics.h"
#include <math.h>

static const double root_two_pi = 2.50662827463100050242;

enum { NODES = 64, REACH = 9 }; /* nodes per unit; beyond REACH the law is 0 or 1 to 1e-18 */

int64_t nd_springfit_table_size(void)
{
    return 2 * (2 * NODES * REACH + 1);
}

void nd_springfit_fill_table(double *table)
{
    for (int i = 0; i <= 2 * NODES * REACH; i++) {
        const double z = (double)(i - NODES * REACH) / NODES;
        table[2 * i] = nd_normal_cdf(z);
        table[2 * i + 1] = exp(-0.5 * z * z) / root_two_pi;
    }
}

/* Mass and density of the normal law at z. */
static inline void law(const double *table, double z, double *mass, double *density)
{
    if (!(z > -REACH && z < REACH)) {
        *mass = z > 0;
        *density = 0;
        return;
    }
    const int i = (int)((z + REACH) * NODES + 0.5);
    const double c = (double)(i - NODES * REACH) / NODES;
    const double d = z - c;
    const double h2 = c * c - 1, h3 = c * (c * c - 3), h4 = c * c * (c * c - 6) + 3;
    const double node = table[2 * i + 1];
    *mass = table[2 * i] + node * d * (1 - d * (c / 2 - d * (h2 / 6 - d * (h3 / 24 - d * h4 / 120))));
    *density = node * (1 - d * (c - d * (h2 / 2 - d * (h3 / 6 - d * h4 / 24))));
}

typedef struct nd_springfit_drift {
    double mean, right, left, noise; /* mean; chances to move right and left; derivative by the noise */
} nd_springfit_drift;

static inline nd_springfit_drift drift(const double *table, const double *theta, double force)
{
    const double s = theta[ND_SPRINGFIT_NOISE];
    const double forward = force - theta[ND_SPRINGFIT_RIGHT], backward = -force - theta[ND_SPRINGFIT_LEFT];
    if (s == 0) {
        const double right = forward > 0, left = backward > 0;
        return (nd_springfit_drift){right * forward - left * backward, right, left, 0};
    }
    double right, left, here, there;
    law(table, forward / s, &right, &here);
    law(table, backward / s, &left, &there);
    return (nd_springfit_drift){forward * right + s * here - (backward * left + s * there), right, left, here - there};
}

static void evaluate(const nd_springfit_model *m, const double *theta, const double *x, const double *slope,
                     double *mean, double *mean_slope)
{
    const int64_t last = m->blocks - 1;
    for (int64_t l = 0; l <= last; l++) {
        const double before = l > 0 ? x[l - 1] : 0, after = l < last ? x[l + 1] : 1;
        const nd_springfit_drift g = drift(m->table, theta, after - 2 * x[l] + before);
        mean[l] = g.mean;
        if (!slope) {
            continue;
        }
        const double mobility = g.right + g.left;
        const double direct[3] = {-g.right, g.left, g.noise};
        for (int j = 0; j < 3; j++) {
            const double pull = (l < last ? slope[3 * l + 3 + j] : 0) + (l > 0 ? slope[3 * l - 3 + j] : 0);
            mean_slope[3 * l + j] = mobility * (pull - 2 * slope[3 * l + j]) + direct[j];
        }
    }
}

static void advance(int64_t n, double *x, const double *first, double a, const double *second, double b)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] += a * first[i] + b * second[i];
    }
}

static void halfway(int64_t n, double *next, const double *x, const double *first, double a)
{
    for (int64_t i = 0; i < n; i++) {
        next[i] = x[i] + a * first[i];
    }
}

/* `merge` steps as one; the second stage writes over the point it was taken at. */
static void leap(nd_springfit_model *m, const double *theta, int64_t merge, int slopes, double *second)
{
    const int64_t n = m->blocks;
    const double whole = (double)merge * m->step, late = 0.5 * (double)(merge - 1) * m->step;
    double *slope = slopes ? m->slope : NULL;
    evaluate(m, theta, m->x, slope, m->drift, m->drift_slope);
    if (merge == 1) {
        advance(n, m->x, m->drift, whole, m->drift, 0);
        advance(slopes ? 3 * n : 0, m->slope, m->drift_slope, whole, m->drift_slope, 0);
        return;
    }
    halfway(n, m->next, m->x, m->drift, whole);
    halfway(slopes ? 3 * n : 0, m->next_slope, m->slope, m->drift_slope, whole);
    evaluate(m, theta, m->next, slopes ? m->next_slope : NULL, second, second + n);
    advance(n, m->x, m->drift, whole - late, second, late);
    advance(slopes ? 3 * n : 0, m->slope, m->drift_slope, whole - late, second + n, late);
}

void nd_springfit_run(nd_springfit_model *m, const double *theta, int64_t merge, int slopes)
{
    const int64_t n = m->blocks;
    double *second = m->drift_slope + 3 * n; /* 4 blocks wide */
    for (int64_t i = 0; i < n; i++) {
        m->x[i] = 0;
    }
    for (int64_t i = 0; i < 3 * n; i++) {
        m->slope[i] = 0;
    }
    int64_t left = m->steps;
    for (; left >= merge; left -= merge) {
        leap(m, theta, merge, slopes, second);
    }
    for (; left > 0; left--) {
        leap(m, theta, 1, slopes, second);
    }
}

int64_t nd_springfit_merge(const nd_springfit_model *m, double advance_)
{
    const double merge = floor(advance_ / m->step);
    return merge < 1 ? 1 : merge > 4096 ? 4096 : (int64_t)merge;
}
