/* noisy.c - targets that are the output plus normal noise, with the squared error p e^2: the residual is -noise xi
 * whatever y, and so u = s(y) |xi| with s = 2 p noise |f'(y)| (times |x| for a weight).
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <math.h>

enum { NODES = ND_INTEGRAND_NODES, PARTS = ND_INTEGRAND_PARTS };

/* |xi| beyond which its density is 0 in double precision, and beyond which it is not met in practice. */
static const double farthest = 38.5, reached = 4;

static void spread(const nd_branch *branch, int64_t n, const double *y, double *s)
{
    const nd_composite *c = branch->composite;
    c->k->activate_derivative(&c->activation, 1, n, y, s);
    for (int64_t i = 0; i < n; i++) {
        const double x = c->update == ND_UPDATE_WEIGHT ? y[i] : 1;
        s[i] = fabs(2 * c->loss.parameter * branch->noise * c->scale * x * s[i]);
    }
}

/* Mass of the window and mean of ln(u/xmin) over it for u = s |xi|, in v = ln |xi|, by panels of length 1 at most. */
static void half_normal(double s, const nd_reach *reach, double *mass, double *mean)
{
    const double from = reach->xmin / s, to = fmin(reach->xmax / s, farthest);
    *mass = *mean = 0;
    if (!(from < to)) {
        return;
    }
    const double begin = log(from), length = log(to) - begin;
    const int panels = 1 + (int)length;
    const double width = length / panels;
    for (int p = 0; p < panels; p++) {
        for (int i = 0; i < NODES; i++) {
            const double v = width * (p + nd_integral_nodes[i]), xi = exp(begin + v);
            const double part = width * nd_integral_weights[i] * 0.79788456080286536 * xi * exp(-0.5 * xi * xi);
            *mass += part;
            *mean += part * v;
        }
    }
}

static void meet(double s, nd_reach *reach)
{
    if (s * reached > reach->xmin) {
        reach->low = reach->xmin;
        reach->high = fmax(reach->high, fmin(reach->xmax, s * reached));
    }
}

typedef struct job {
    const nd_branch *branch;
    const nd_reach *reach;
} job;

static void evaluate(const void *user, const double y[NODES], double out[NODES][PARTS])
{
    const job *j = user;
    double s[NODES];
    spread(j->branch, NODES, y, s);
    for (int i = 0; i < NODES; i++) {
        const double weight = nd_prior_density(j->branch->prior, y[i]);
        half_normal(s[i], j->reach, &out[i][0], &out[i][1]);
        out[i][0] *= weight;
        out[i][1] *= weight;
        out[i][2] = weight * s[i] * 0.79788456080286536;
        out[i][3] = weight * s[i] * s[i];
    }
}

void nd_noisy_cell(const nd_branch *branch, double left, double right, nd_reach *reach)
{
    const job j = {branch, reach};
    const nd_integrand f = {evaluate, &j};
    double sums[PARTS] = {0}, s;
    nd_integrate(&f, left, right, sums);
    reach->mass += sums[0];
    reach->log += sums[1];
    reach->mean += sums[2];
    reach->square += sums[3];
    spread(branch, 1, &left, &s);
    if (nd_prior_density(branch->prior, left) > 0) {
        meet(s, reach);
    }
}

void nd_noisy_sample(const nd_branch *branch, int64_t n, const double *y, double share, nd_reach *reach)
{
    double s[ND_COMPOSITE_CHUNK];
    spread(branch, n, y, s);
    for (int64_t i = 0; i < n; i++) {
        double mass, mean;
        half_normal(s[i], reach, &mass, &mean);
        reach->mass += share * mass;
        reach->log += share * mean;
        reach->mean += share * s[i] * 0.79788456080286536;
        reach->square += share * s[i] * s[i];
        meet(s[i], reach);
    }
}
