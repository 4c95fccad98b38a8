/* normal.c - the normal law and the confidence intervals that rest on it. */
#include "statistics/statistics.h"
#include <math.h>

static const double root_half = 0.70710678118654752440;
static const double root_two_pi = 2.50662827463100050242;

double nd_normal_cdf(double z)
{
    return 0.5 * erfc(-z * root_half);
}

/* z < 0 with cdf p < 1/2: by Halley's steps on ln cdf, which is concave and nearly quadratic far out, from the
 * asymptote. */
static double lower_quantile(double p)
{
    double z = p < 0.02 ? -sqrt(-2 * log(p * root_two_pi * sqrt(-2 * log(p)))) : -2.5 * (0.5 - p);
    for (int i = 0; i < 50; i++) {
        const double cdf = nd_normal_cdf(z);
        const double density = exp(-0.5 * z * z) / root_two_pi;
        const double newton = (cdf - p) / density;
        const double step = newton / (1 + 0.5 * z * newton);
        z -= step;
        if (fabs(step) <= 1e-16 * (1 + fabs(z))) {
            break;
        }
    }
    return z;
}

double nd_normal_quantile(double p)
{
    return p < 0.5 ? lower_quantile(p) : p > 0.5 ? -lower_quantile(1 - p) : 0;
}

void nd_mean_interval(double mean, double variance, int64_t n, double level, double *low, double *high)
{
    const double half = -nd_normal_quantile(0.5 * (1 - level)) * sqrt(variance / (double)n);
    *low = mean - half;
    *high = mean + half;
}

void nd_proportion_interval(int64_t successes, int64_t n, double level, double *low, double *high)
{
    const double z = -nd_normal_quantile(0.5 * (1 - level));
    const double size = (double)n;
    const double share = (double)successes / size;
    const double center = (share + 0.5 * z * z / size) / (1 + z * z / size);
    const double half = z / (1 + z * z / size) * sqrt(share * (1 - share) / size + 0.25 * z * z / (size * size));
    *low = successes == 0 ? 0 : center - half;
    *high = successes == n ? 1 : center + half;
}
