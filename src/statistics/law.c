/* law.c - distribution functions of power laws. */
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>

static void continuous_cdf(const nd_law *law, double x, double log_x, double *below, double *upto)
{
    (void)x;
    *below = *upto = law->base + law->factor * expm1(-law->rate * (law->sign * (log_x - law->end)));
}

/* 1 - zeta(k, x) / zeta(k, q) */
static double discrete_below(const nd_law *law, double x)
{
    double g[3];
    if (x <= law->q) {
        return 0;
    }
    nd_zeta_scaled(law->k, x, g);
    return 1 - g[0] / law->scaled * exp(-law->k * log(x / law->q));
}

static void discrete_cdf(const nd_law *law, double x, double log_x, double *below, double *upto)
{
    (void)log_x;
    *below = discrete_below(law, x);
    *upto = discrete_below(law, x + 1);
}

nd_law nd_law_continuous(double k, double low, double length)
{
    nd_law law = {.cdf = continuous_cdf, .k = k, .end = low, .sign = 1, .rate = k - 1, .base = 0, .factor = -1};
    if (length > DBL_MAX) {
        return law;
    }
    if (law.rate < 0) { /* seen from the other end: the density falls again */
        law.end = low + length;
        law.sign = -1;
        law.rate = -law.rate;
        law.base = 1;
    }
    if (law.rate * length < 1e-150) { /* the uniform law of ln x, without denormal numbers */
        law.rate = 1e-150 / length;
    }
    law.factor = law.sign / expm1(-law.rate * length);
    return law;
}

nd_law nd_law_discrete(double k, double q)
{
    double g[3];
    nd_zeta_scaled(k, q, g);
    return (nd_law){.cdf = discrete_cdf, .k = k, .q = q, .scaled = g[0]};
}

double nd_law_quantile(const nd_law *law, double u)
{
    return law->end - law->sign * (log1p((u - law->base) / law->factor) / law->rate);
}
