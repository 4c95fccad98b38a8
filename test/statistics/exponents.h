/* exponents.h - synthetic samples whose exponents of width are known, for the quick and the long test. */
#ifndef EXPONENTS_H
#define EXPONENTS_H
#include "nndyn/asymptotics.h"
#include "support/fixture.h"

enum { WIDTHS = 6, MOST_SAMPLES = 1000 };
static const double doubling[WIDTHS] = {32, 64, 128, 256, 512, 1024};

typedef struct set {
    int64_t counts[WIDTHS];
    double values[WIDTHS * MOST_SAMPLES];
} set;

/* Sample of a width from normal numbers, which it may take as many of as it likes. */
typedef double law(double n, const double *normal);

static double half_normal(double n, const double *g)
{
    return fabs(g[0]) * pow(n, -0.75);
}

static double mixture(double n, const double *g)
{
    return g[0] > 0 ? n : 1;
}

/* n^K with P(K > k) = 2^-k. */
NT_UNUSED static double geometric(double n, const double *g)
{
    const double upper = 0.5 * erfc(g[0] / sqrt(2));
    return pow(n, 1 + floor(-log2(upper)));
}

/* The largest of n over sqrt n: sqrt(2 ln n / n), roughly. */
static double largest(double n, const double *g)
{
    double most = 0;
    for (int i = 0; i < (int)n; i++) {
        most = fmax(most, fabs(g[i]));
    }
    return most / sqrt(n);
}

static void draw(set *s, law *of, int64_t samples, uint64_t seed)
{
    enum { LONGEST = 1024 };
    double normal[LONGEST];
    int64_t at = 0;
    for (int w = 0; w < WIDTHS; w++) {
        s->counts[w] = samples;
        for (int64_t i = 0; i < samples; i++, at++) {
            nt_normal(seed * 1000003u + (uint64_t)at, of == largest ? (int64_t)doubling[w] : 1, normal);
            s->values[at] = of(doubling[w], normal);
        }
    }
}

static nndyn_width_exponent *fit_set(const set *s, int64_t quantiles, const double *levels, int64_t replicas)
{
    nndyn_width_exponent *exponent = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "replicas", replicas));
    nt_ok(context, nndyn_width_exponent_create(context, WIDTHS, doubling, s->counts, s->values, quantiles, levels,
                                               options, &exponent));
    nndyn_options_free(options);
    return exponent;
}

static int verdict_of(nndyn_width_exponent *exponent)
{
    int verdict = 0;
    nt_ok(exponent, nndyn_width_exponent_verdict(exponent, &verdict));
    return verdict;
}

static double power_of(nndyn_width_exponent *exponent, int64_t statistic)
{
    double p = 0;
    nt_ok(exponent, nndyn_width_exponent_value(exponent, statistic, NNDYN_EXPONENT_POWER, &p, NULL, NULL, NULL));
    return p;
}

/* How many of `trials` fits of |N(0, 1)| n^-3/4 have the exponent in their interval, for the root mean square, the
 * median and the 0.9 quantile; mean deviations and standard errors; how many are found consistent. */
typedef struct coverage {
    int inside[3], consistent;
    double bias[3], error[3];
} coverage;

static coverage cover(int trials, int64_t samples, int64_t replicas, uint64_t seed)
{
    const double levels[] = {0.5, 0.9};
    coverage found = {{0}, 0, {0}, {0}};
    set *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int trial = 0; trial < trials; trial++) {
        draw(s, half_normal, samples, seed + (uint64_t)trial);
        nndyn_width_exponent *exponent = fit_set(s, 2, levels, replicas);
        for (int i = 0; i < 3; i++) {
            double p, se, low, high;
            nt_ok(exponent, nndyn_width_exponent_value(exponent, i, NNDYN_EXPONENT_POWER, &p, &se, &low, &high));
            found.inside[i] += low <= -0.75 && -0.75 <= high;
            found.bias[i] += (p + 0.75) / trials;
            found.error[i] += se / trials;
        }
        found.consistent += verdict_of(exponent) == NNDYN_EXPONENT_CONSISTENT;
        nndyn_width_exponent_free(exponent);
    }
    free(s);
    return found;
}

#endif
