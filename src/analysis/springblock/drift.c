/* drift.c - order 1: how a block moves on average under a force, over its noise; and the chain that moves so.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include "statistics/statistics.h"
#include <math.h>

static const double root_two_pi = 2.50662827463100050242;

/* Moments 0, 1 and 2 of the part of z + xi above 0. */
static void above(double z, double moments[3])
{
    const double mass = nd_normal_cdf(z);
    const double density = exp(-0.5 * z * z) / root_two_pi;
    moments[0] = mass;
    moments[1] = z * mass + density;
    moments[2] = (z * z + 1) * mass + z * density;
}

static nd_springblock_moments noiseless(const nd_springblock_parameters *p, double force)
{
    const double moved = force > p->right ? force - p->right : force < -p->left ? force + p->left : 0;
    /* without friction, at rest: every force moves it */
    const int moves = moved != 0 || (p->right == 0 && p->left == 0);
    return (nd_springblock_moments){.mean = moved, .square = moved * moved, .mobility = moves};
}

nd_springblock_moments nd_springblock_drift(const nd_springblock_parameters *p, double amplitude, double force)
{
    if (amplitude == 0) {
        return noiseless(p, force);
    }
    double right[3], left[3];
    above((force - p->right) / amplitude, right);
    above((-force - p->left) / amplitude, left);
    return (nd_springblock_moments){
        .mean = amplitude * (right[1] - left[1]),
        .square = amplitude * amplitude * (right[2] + left[2]),
        .mobility = right[0] + left[0],
    };
}

void nd_springblock_mean_field(const nd_springblock_parameters *p, int64_t first, int64_t steps, double *x)
{
    for (int64_t i = 0; i < steps; i++) {
        const double amplitude = nd_springblock_amplitude(p, first + i);
        double before = 0; /* the old position of the neighbor to the left */
        for (int64_t l = 0; l < p->blocks; l++) {
            const double here = x[l];
            const double inner = l + 1 < p->blocks ? x[l + 1] : p->length;
            const int pulled = l + 1 == p->blocks && !p->held;
            const double outer = pulled ? p->force : p->spring * (inner - here);
            const double force = outer - p->spring * (here - before);
            x[l] = here + p->step * nd_springblock_drift(p, amplitude, force).mean;
            before = here;
        }
    }
}
