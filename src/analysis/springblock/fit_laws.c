/* fit_laws.c - tails of chi-square, F and Student's law for whole degrees of freedom.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include <math.h>

/* Q(n/2, x/2) by its recursion in n, from n = 1 or 2. */
double nd_springfit_chi(int64_t n, double x)
{
    if (!(x > 0)) {
        return 1;
    }
    const double h = 0.5 * x;
    double a = n % 2 ? 0.5 : 1;
    double sum = n % 2 ? erfc(sqrt(h)) : exp(-h);
    for (; a < 0.5 * (double)n; a += 1) {
        sum += exp(a * log(h) - h - lgamma(a + 1));
    }
    return sum < 1 ? sum : 1;
}

/* Continued fraction of the incomplete beta function (modified Lentz). */
static double fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int k = 1; k < 10000; k++) {
        const double twice = a + 2.0 * k;
        const double even = k * (b - k) * x / ((twice - 1) * twice);
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        h *= d * c;
        const double odd = -(a + k) * (a + b + k) * x / (twice * (twice + 1));
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15) {
            break;
        }
    }
    return h;
}

static double incomplete_beta(double a, double b, double x)
{
    if (!(x > 0 && x < 1)) {
        return x >= 1;
    }
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a : 1 - front * fraction(b, a, 1 - x) / b;
}

double nd_springfit_f(int64_t n, int64_t m, double x)
{
    const double a = (double)n, b = (double)m;
    return x > 0 ? incomplete_beta(0.5 * b, 0.5 * a, b / (b + a * x)) : 1;
}

static double tail(int64_t count, int64_t n, double x)
{
    return n == 0 ? nd_springfit_chi(count, x) : nd_springfit_f(count, n, x / (double)count);
}

double nd_springfit_threshold(double level, int64_t count, int64_t n)
{
    double low = 0, high = 1;
    while (tail(count, n, high) > 1 - level) {
        high *= 4;
    }
    for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
        const double middle = 0.5 * (low + high);
        *(tail(count, n, middle) > 1 - level ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}
