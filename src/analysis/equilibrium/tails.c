/* tails.c - upper tails of Student's t and of F, by the continued fraction of the incomplete beta function.
 *
 * Lentz's method on the fraction of DLMF 8.17.22, which converges within some tens of terms for x < (a+1)/(a+b+2); the
 * symmetry I_x(a, b) = 1 - I_{1-x}(b, a) takes the rest there.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <float.h>
#include <math.h>

enum { TERMS = 10000 };

/* ln Gamma(z), z > 0: Stirling's series after a shift (lgamma of the C library writes a global variable). */
static double log_gamma(double z)
{
    double product = 1;
    for (; z < 12; z++) {
        product *= z;
    }
    double r = 1 / z, r2 = r * r;
    double series = r * (1. / 12 - r2 * (1. / 360 - r2 * (1. / 1260 - r2 * (1. / 1680 - r2 * (1. / 1188)))));
    return (z - 0.5) * log(z) - z + 0.91893853320467274178 + series - log(product);
}

static double away_from_zero(double value)
{
    return fabs(value) < 1e-290 ? 1e-290 : value;
}

/* The d_m of the fraction 1/(1 + d_1/(1 + d_2/(1 + ...))). */
static double coefficient(int m, double x, double a, double b)
{
    double k = m / 2;
    if (m % 2 == 0) {
        return k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
    }
    return -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
}

static double fraction(double x, double a, double b)
{
    double c = 1, d = 0, f = 1;
    for (int m = 1; m <= TERMS; m++) {
        double factor = coefficient(m, x, a, b);
        d = 1 / away_from_zero(1 + factor * d);
        c = away_from_zero(1 + factor / c);
        f *= c * d;
        if (fabs(c * d - 1) < DBL_EPSILON) {
            break;
        }
    }
    return 1 / f;
}

/* I_x(a, b), y = 1 - x given apart, where it may be small */
static double beta(double x, double y, double a, double b)
{
    if (!(x > 0)) {
        return 0;
    }
    if (!(y > 0)) {
        return 1;
    }
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2)) {
        return front * fraction(x, a, b) / a;
    }
    return 1 - front * fraction(y, b, a) / b;
}

double nd_student_tail(double x, double dof)
{
    double square = x * x;
    return isinf(square) ? 0 : beta(dof / (dof + square), square / (dof + square), dof / 2, 0.5);
}

double nd_f_tail(double x, double d1, double d2)
{
    return isinf(x) ? 0 : beta(d2 / (d2 + d1 * x), d1 * x / (d2 + d1 * x), d2 / 2, d1 / 2);
}
