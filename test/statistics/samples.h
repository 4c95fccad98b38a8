/* samples.h - families of samples for the tests of power laws, and quantile grids without random numbers. */
#ifndef SAMPLES_H
#define SAMPLES_H
#include "nndyn/statistics.h"
#include "support/support.h"

/* Quantile i of n of a power law on [low, high]. */
NT_UNUSED static double grid_bounded(int i, int n, double k, double low, double high)
{
    const double u = (i + 0.5) / n;
    const double s = 1 - k;
    return fabs(s) < 1e-12 ? low * pow(high / low, u) : pow(pow(low, s) + u * (pow(high, s) - pow(low, s)), 1 / s);
}

NT_UNUSED static void fill_tail(int n, double k, double *x)
{
    for (int i = 0; i < n; i++) {
        x[i] = pow(1 - (i + 0.5) / n, -1 / (k - 1));
    }
}

/* Quantiles of the lognormal with median 1 at probabilities from..1. */
NT_UNUSED static void fill_lognormal(int n, double sd, double from, double *x)
{
    for (int i = 0; i < n; i++) {
        const double p = from + (1 - from) * (i + 0.5) / n;
        double low = -40;
        double high = 40;
        for (int j = 0; j < 200; j++) {
            const double middle = 0.5 * (low + high);
            if (0.5 * erfc(-middle / sqrt(2)) < p) {
                low = middle;
            } else {
                high = middle;
            }
        }
        x[i] = exp(sd * low);
    }
}

/* Five families: 0 heavy ties, 1 a cut-off, 2 a mixture, 3 lognormal, 4 integers. */
enum { FAMILIES = 5 };
NT_UNUSED static void fill_family(int family, uint64_t seed, int64_t n, double *x)
{
    double *u = malloc((size_t)n * sizeof *u);
    double *z = malloc((size_t)n * sizeof *z);
    assert_true(u != NULL && z != NULL);
    nt_uniform(seed, n, 0, 1, u);
    nt_normal(seed + 77, n, z);
    for (int64_t i = 0; i < n; i++) {
        const double tail = pow(u[i], -1 / 1.4);
        const double of[FAMILIES] = {
            floor(8 * tail) / 8, tail / (1 + 0.02 * tail),       z[i] > 0 ? 0.1 + 1.9 * u[i] : 2 * pow(u[i], -1 / 1.5),
            exp(1.5 * z[i]),     floor(3 * pow(u[i], -1 / 1.2)),
        };
        x[i] = (i % 3 == 0 ? -1 : 1) * of[family];
    }
    free(u);
    free(z);
}

NT_UNUSED static nndyn_options *options_of(nndyn_context *context, const char *text, const char *value,
                                           const char *number, int64_t count)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    if (text != NULL) {
        nt_ok(options, nndyn_options_set_text(options, text, value));
    }
    if (number != NULL) {
        nt_ok(options, nndyn_options_set_integer(options, number, count));
    }
    return options;
}

#endif
