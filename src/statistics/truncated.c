/* truncated.c - the law on [0, 1] with density ~ exp(c u): a power law on a bounded window, in the logarithm.
 *
 * It is written in a = |c| and w, the distance to the end where the density is largest, divided by the window: mean,
 * variance and moments of w keep all their digits when w is small. */
#include "statistics/statistics.h"
#include <math.h>

enum { NODES = 16, MOMENTS = 5 };

/* Mean of w: 1/a - 1/(e^a - 1), by its series 1/2 - sum B_2k/(2k)! a^(2k-1) near 0. */
static double decaying_mean(double a)
{
    if (a >= 1) {
        return 1 / a - 1 / expm1(a);
    }
    double sum = 0;
    for (int k = ND_BERNOULLI - 1; k >= 0; k--) {
        sum = sum * a * a + nd_bernoulli[k];
    }
    return 0.5 - a * sum;
}

double nd_truncated_mean(double c)
{
    if (c < 0) {
        return decaying_mean(-c);
    }
    return c < 1 ? 1 - decaying_mean(c) : 1 / -expm1(-c) - 1 / c;
}

/* 1/a^2 - 1/(4 sinh^2(a/2)) */
double nd_truncated_variance(double c)
{
    const double a = fabs(c);
    if (a < 1) {
        double sum = 0;
        for (int k = ND_BERNOULLI - 1; k >= 0; k--) {
            sum = sum * a * a + (2 * k + 1) * nd_bernoulli[k];
        }
        return sum;
    }
    const double e = expm1(a);
    return 1 / (a * a) - (a < 600 ? (1 + e) / (e * e) : 0);
}

/* The a of a mean of w up to 1/2: Newton's steps on 1/mean, which is nearly linear in a, kept in [0, 1/mean]. */
static double solve_decaying(double mean)
{
    double low = 0;
    double high = 1 / mean;
    double a = mean > 0.25 ? fmin(high, 12 * (0.5 - mean)) : high;
    for (int i = 0; i < 200; i++) {
        const double now = decaying_mean(a);
        if (now > mean) {
            low = a;
        } else {
            high = a;
        }
        double next = a - now * (mean - now) / (mean * nd_truncated_variance(a));
        if (!(next >= low && next <= high)) {
            next = 0.5 * (low + high);
        }
        const double step = fabs(next - a);
        a = next;
        if (step <= 1e-15 * fmax(1, a)) {
            break;
        }
    }
    return a;
}

double nd_truncated_solve(double mean)
{
    return mean < 0.5 ? -solve_decaying(mean) : solve_decaying(1 - mean);
}

/* Integrals of w^k e^(-a w) over [0, 1]: by recursion, which loses digits for small a, or by quadrature. */
static void integrals(double a, double out[MOMENTS])
{
    if (a >= 4) {
        const double edge = exp(-a);
        out[0] = -expm1(-a) / a;
        for (int k = 1; k < MOMENTS; k++) {
            out[k] = (k * out[k - 1] - edge) / a;
        }
        return;
    }
    double nodes[NODES], weights[NODES];
    nd_gauss_legendre(NODES, nodes, weights);
    for (int k = 0; k < MOMENTS; k++) {
        out[k] = 0;
    }
    for (int i = 0; i < NODES; i++) {
        double term = weights[i] * exp(-a * nodes[i]);
        for (int k = 0; k < MOMENTS; k++) {
            out[k] += term;
            term *= nodes[i];
        }
    }
}

void nd_truncated_curvature(double c, double *second, double *variance)
{
    double m[MOMENTS];
    integrals(fabs(c), m);
    for (int k = MOMENTS - 1; k >= 0; k--) {
        m[k] /= m[0];
    }
    const double of_w = m[2] - m[1] * m[1];
    const double both = m[3] - m[1] * m[2];
    *second = m[2];
    *variance = m[4] - m[2] * m[2] - both * both / of_w;
}
