/* integral.c - adaptive Gauss-Legendre quadrature of a few components at a time.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <math.h>

enum { PARTS = ND_INTEGRAND_PARTS, NODES = ND_INTEGRAND_NODES, DEEPEST = 16 };

const double nd_integral_nodes[NODES] = {0.019855071751231856, 0.10166676129318664, 0.2372337950418355,
                                         0.40828267875217511,  0.59171732124782489, 0.7627662049581645,
                                         0.89833323870681336,  0.98014492824876814};
const double nd_integral_weights[NODES] = {0.050614268145188129, 0.11119051722668724, 0.15685332293894363,
                                           0.18134189168918100,  0.18134189168918100, 0.15685332293894363,
                                           0.11119051722668724,  0.050614268145188129};

static void rule(const nd_integrand *f, double left, double right, double out[PARTS])
{
    double y[NODES], values[NODES][PARTS];
    const double width = right - left;
    for (int i = 0; i < NODES; i++) {
        y[i] = left + width * nd_integral_nodes[i];
    }
    f->evaluate(f->user, y, values);
    for (int p = 0; p < PARTS; p++) {
        out[p] = 0;
        for (int i = 0; i < NODES; i++) {
            out[p] += nd_integral_weights[i] * values[i][p];
        }
        out[p] *= width;
    }
}

/* Relative to the first component too: others may be small by rounding only, as logarithms near 1.  NaN counts as
 * close: halving would not mend it. */
static int close_enough(const double whole[PARTS], const double left[PARTS], const double right[PARTS])
{
    for (int p = 0; p < PARTS; p++) {
        const double sum = left[p] + right[p];
        if (fabs(sum - whole[p]) > 1e-10 * (fabs(sum) + fabs(whole[0])) + 1e-300) {
            return 0;
        }
    }
    return 1;
}

static void refine(const nd_integrand *f, double left, double right, const double whole[PARTS], int depth,
                   double out[PARTS])
{
    const double middle = left + 0.5 * (right - left);
    double first[PARTS], second[PARTS];
    rule(f, left, middle, first);
    rule(f, middle, right, second);
    if (depth == DEEPEST || !(left < middle && middle < right) || close_enough(whole, first, second)) {
        for (int p = 0; p < PARTS; p++) {
            out[p] += first[p] + second[p];
        }
        return;
    }
    refine(f, left, middle, first, depth + 1, out);
    refine(f, middle, right, second, depth + 1, out);
}

void nd_integrate(const nd_integrand *f, double left, double right, double out[PARTS])
{
    double whole[PARTS];
    rule(f, left, right, whole);
    refine(f, left, right, whole, 0, out);
}
