/* beta.c - the incomplete beta function and what follows from it: Student's law, Clopper-Pearson intervals.
 *
 * SPDX-License-Identifier: MIT */
#include "statistics/statistics.h"
#include <math.h>

/* Logarithm of the gamma function for x > 0 by Stirling's series from 10 upward: lgamma writes a global sign. */
static double log_gamma(double x)
{
    double shift = 1;
    while (x < 10) {
        shift *= x;
        x += 1;
    }
    const double y = 1 / (x * x);
    const double series =
        1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * 691.0 / 360360))));
    return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series / x - log(shift);
}

/* Continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun 26.5.8). */
static double fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 100000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= d * c;
        if (fabs(d * c - 1) < 1e-16) {
            break;
        }
    }
    return value;
}

double nd_incomplete_beta(double a, double b, double x)
{
    if (!(x > 0)) {
        return 0;
    }
    if (!(x < 1)) {
        return 1;
    }
    const double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, 1 - x) / b;
}

/* x with I_x(a, b) = p, by bisection to the last bit. */
static double beta_quantile(double a, double b, double p)
{
    double low = 0, high = 1;
    for (int i = 0; i < 200 && high > low; i++) {
        const double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high) {
            break;
        }
        if (nd_incomplete_beta(a, b, middle) < p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return 0.5 * (low + high);
}

double nd_student_quantile(double freedom, double p)
{
    if (p == 0.5) {
        return 0;
    }
    const double tail = p < 0.5 ? p : 1 - p;
    const double x = beta_quantile(0.5 * freedom, 0.5, 2 * tail); /* freedom / (freedom + t^2) */
    const double t = sqrt(freedom * (1 - x) / x);
    return p < 0.5 ? -t : t;
}

void nd_clopper_pearson(int64_t successes, int64_t n, double level, double *low, double *high)
{
    const double tail = 0.5 * (1 - level), k = (double)successes, size = (double)n;
    *low = successes == 0 ? 0 : beta_quantile(k, size - k + 1, tail);
    *high = successes == n ? 1 : beta_quantile(k + 1, size - k, 1 - tail);
}
