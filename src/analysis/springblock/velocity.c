/* velocity.c - order 2: the stationary density of one block's velocity under a constant force, and its moments.
 *
 * In u = velocity over amplitude the density is exp(-a u^2 + 2 b u) on each side of 0, a = damping / mass, with
 * b = (force / mass - friction) / amplitude to the right and its counterpart to the left.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include "statistics/statistics.h"
#include <math.h>

enum { NODES = 64, PANELS = 4 };

/* Where the density has fallen by so many powers of e it is taken for 0. */
static const double depth = 40;

/* One side: sums of (sign u - center)^0, 1, 2 over exp(-a u^2 + 2 b u - top), and top, the largest exponent there. */
typedef struct side {
    double sums[3];
    double top;
} side;

static side integrate(double a, double b, double sign, double center)
{
    double nodes[NODES], weights[NODES];
    nd_gauss_legendre(NODES, nodes, weights);
    const double peak = b > 0 ? b / a : 0;
    const double width = b > 0 ? sqrt(depth / a) : depth / (hypot(b, sqrt(depth * a)) - b);
    const double low = peak > width ? peak - width : 0;
    const double panel = (peak + width - low) / PANELS;
    side result = {.top = b * peak};
    for (int i = 0; i < PANELS * NODES; i++) {
        const double u = low + panel * (i / NODES + nodes[i % NODES]);
        const double slope = b > 0 ? 0 : 2 * b * u; /* beyond a peak only the square is left */
        const double mass = panel * weights[i % NODES] * exp(slope - a * (u - peak) * (u - peak));
        const double value = sign * u - center;
        result.sums[0] += mass;
        result.sums[1] += mass * value;
        result.sums[2] += mass * value * value;
    }
    return result;
}

/* Mean and mean square of u less center. */
static void average(double a, double right, double left, double center, double moments[2])
{
    const side r = integrate(a, right, 1, center);
    const side l = integrate(a, left, -1, center);
    const double r_scale = r.top >= l.top ? 1 : exp(r.top - l.top);
    const double l_scale = l.top >= r.top ? 1 : exp(l.top - r.top);
    const double mass = r_scale * r.sums[0] + l_scale * l.sums[0];
    moments[0] = (r_scale * r.sums[1] + l_scale * l.sums[1]) / mass;
    moments[1] = (r_scale * r.sums[2] + l_scale * l.sums[2]) / mass;
}

int nd_springblock_velocity(const nd_springblock_parameters *p, double amplitude, double force,
                            nd_springblock_moments *moments)
{
    const double a = p->damping / p->mass;
    const double right = (force / p->mass - p->right) / amplitude;
    const double left = (-force / p->mass - p->left) / amplitude;
    if (a == 0 && (right >= 0 || left >= 0)) {
        return -1;
    }
    double about_zero[2], about_mean[2];
    average(a, right, left, 0, about_zero);
    average(a, right, left, about_zero[0], about_mean); /* or a fast block's variance would be lost in its square */
    *moments = (nd_springblock_moments){
        .mean = amplitude * about_zero[0],
        .square = amplitude * amplitude * about_zero[1],
        .mobility = 2 * about_mean[1] / p->mass,
    };
    return 0;
}
