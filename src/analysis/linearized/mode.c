/* mode.c - training along one eigenvector of the kernel: formulas without cancellation.
 *
 * The error along it is p(s) times that at the start: (1 - x)^s for descent, e^(-x t) for flow, and for momentum m the
 * solution of p(s+1) = (1 + m - x) p(s) - m p(s-1), p(0) = 1, p(1) = 1 - x.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <float.h>
#include <math.h>

/* ---- descent and flow -------------------------------------------------------------------------------------------- */

static double descent(double x, double s)
{
    if (x < 1) {
        return expm1(s * log1p(-x));
    }
    const double size = s > 0 ? pow(x - 1, s) : 1;
    return (fmod(s, 2) != 0 ? -size : size) - 1;
}

/* ---- momentum ---------------------------------------------------------------------------------------------------- */

/* The share of the second of two real roots in p, which grows without bound where they meet. */
enum { MOST_SHARE = 10 };

/* Roots z = 1 + w of z^2 - (1 + m - x) z + m, x < 1 + m: real ones apart from each other; else 0. */
static int apart(double x, double m, double s, double root, double *out)
{
    const double near = -2 * x / (1 - m + x + root); /* w of the root that is 1 at x = 0 */
    const double far = m / (1 + near);               /* the other z */
    const double share = (near + x) / root;
    *out = (1 - share) * expm1(s * log1p(near)) + share * (pow(far, s) - 1);
    return fabs(share) < MOST_SHARE;
}

/* The same with x > 1 + m: both roots are negative, the larger one in size is (b - root) / 2. */
static int negative(double x, double m, double s, double root, double *out)
{
    const double large = (1 + m - x - root) / 2, small = m / large;
    const double share = (x - 1 + small) / root;
    *out = share * pow(large, s) + (1 - share) * pow(small, s) - 1;
    return fabs(share) < MOST_SHARE;
}

/* Roots sqrt(m) e^(+-i angle), or, hyperbolic, real ones that are nearly one; sine over sine has a limit at 0. */
static double together(double x, double m, double s, double discriminant)
{
    const double r = sqrt(m), b = 1 + m - x, side = b < 0 ? -1 : 1;
    const double parity = side < 0 && fmod(s, 2) != 0 ? -1 : 1;
    const double angle = discriminant < 0 ? atan2(sqrt(-discriminant), fabs(b)) : atanh(sqrt(discriminant) / fabs(b));
    const double cosine = discriminant < 0 ? cos(s * angle) : cosh(s * angle);
    double ratio = s;
    if (angle > 0) {
        ratio = discriminant < 0 ? sin(s * angle) / sin(angle) : sinh(s * angle) / sinh(angle);
    }
    /* p = r^s (cos(s a) + (p(1) - r cos a) / r * sin(s a) / sin a), with r cos a = b / 2 */
    const double slope = (1 - x - b / 2) / r;
    return pow(r, s) * parity * (cosine + side * slope * ratio) - 1;
}

static double heavy_ball(double x, double m, double s)
{
    const double b = 1 + m - x;
    const double low = 1 - sqrt(m), high = 1 + sqrt(m);
    const double discriminant = (low * low - x) * (high * high - x); /* = b^2 - 4 m */
    if (s == 0) {
        return 0;
    }
    if (discriminant > 0) {
        const double root = sqrt(discriminant);
        double p;
        if (b > 0 ? apart(x, m, s, root, &p) : negative(x, m, s, root, &p)) {
            return p;
        }
    }
    return together(x, m, s, discriminant);
}

/* Sum of the velocities of s steps under a unit force that does not change. */
static double coasting(double m, double s)
{
    return (s + m * expm1(s * log(m)) / (1 - m)) / (1 - m);
}

/* ---- all rules --------------------------------------------------------------------------------------------------- */

double nd_linear_mode(int rule, double lambda, double step, double time, double momentum)
{
    const double x = step * lambda;
    const int heavy = rule == NNDYN_LINEARIZED_MOMENTUM && momentum > 0;
    if (lambda <= 0) {
        return -step * (heavy ? coasting(momentum, time) : time);
    }
    if (isinf(time)) {
        return -1 / lambda;
    }
    if (rule == NNDYN_LINEARIZED_FLOW) {
        return expm1(-x * time) / lambda;
    }
    if (x <= DBL_MIN) { /* below the range of the formulas */
        return -step * (heavy ? coasting(momentum, time) : time);
    }
    return (heavy ? heavy_ball(x, momentum, time) : descent(x, time)) / lambda;
}

double nd_linear_radius(int rule, double x, double momentum)
{
    if (rule == NNDYN_LINEARIZED_FLOW) {
        return exp(-x);
    }
    if (rule == NNDYN_LINEARIZED_DESCENT || momentum == 0) {
        return fabs(1 - x);
    }
    const double b = 1 + momentum - x;
    const double low = 1 - sqrt(momentum), high = 1 + sqrt(momentum);
    const double discriminant = (low * low - x) * (high * high - x);
    return discriminant <= 0 ? sqrt(momentum) : (fabs(b) + sqrt(discriminant)) / 2;
}

double nd_linear_limit(int rule, double momentum)
{
    if (rule == NNDYN_LINEARIZED_FLOW) {
        return (double)INFINITY;
    }
    return rule == NNDYN_LINEARIZED_MOMENTUM ? 2 * (1 + momentum) : 2;
}
