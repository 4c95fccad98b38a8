/* Comparison with other laws, goodness of fit, dependent records. */
#include "statistics/powerlaw.h"
#include "statistics/samples.h"
#include "support/fixture.h"

static nndyn_powerlaw_fit *fit_on(int64_t n, const double *x, double xmin, double xmax)
{
    nndyn_powerlaw_fit *fit = NULL;
    nndyn_options *options = options_of(context, "scan", "none", NULL, 0);
    nt_ok(options, nndyn_options_set_double(options, "xmin", xmin));
    nt_ok(options, nndyn_options_set_double(options, "xmax", xmax));
    nt_ok(context, nndyn_powerlaw_fit_create(context, n, x, options, &fit));
    nndyn_options_free(options);
    return fit;
}

/* ---- comparison -------------------------------------------------------------------------------------------------- */

static void discrimination(void **state)
{
    (void)state;
    double x[2000], ratio, normalized, p, parameters[2];
    fill_lognormal(1000, 1, 0.5, x);
    nndyn_powerlaw_fit *fit = fit_on(1000, x, 1, 0);
    nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_LOGNORMAL, parameters, &ratio, &normalized, &p));
    nt_near(normalized, -5.82, 0.01);
    nt_near(parameters[0], 0, 0.02); /* ln x is N(0, 1) */
    nt_near(parameters[1], 1, 0.02);
    assert_true(p < 1e-7 && ratio < -40);
    nndyn_powerlaw_fit_free(fit);
    for (int i = 0; i < 2000; i++) {
        x[i] = 1 - log(1 - (i + 0.5) / 2000);
    }
    fit = fit_on(2000, x, 1, 0);
    nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_EXPONENTIAL, parameters, NULL, &normalized, &p));
    nt_near(normalized, -11.18, 0.01);
    nt_near(parameters[0], 1, 1e-3);
    nt_near(parameters[1], 0, 0);
    nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_STRETCHED, parameters, NULL, NULL, NULL));
    nt_near(parameters[1], 1, 3e-3);
    nt_ok(fit, nndyn_powerlaw_compare(fit, NNDYN_POWERLAW_TRUNCATED, parameters, NULL, NULL, NULL));
    nt_near(parameters[0], 0, 6e-3);
    nt_near(parameters[1], 1, 4e-3);
    nndyn_powerlaw_fit_free(fit);
}

/* ln of the density of v of a law, by its definition with Z from the trapezoidal rule. */
static double naive_density(int alternative, const double p[2], double v, double xmin)
{
    const double x = xmin * exp(v);
    switch (alternative) {
    case NNDYN_POWERLAW_EXPONENTIAL:
        return v - p[0] * (x - xmin);
    case NNDYN_POWERLAW_LOGNORMAL:
        return -p[0] * v - 0.5 * p[1] * v * v;
    case NNDYN_POWERLAW_STRETCHED:
        return p[1] * v - p[0] * expm1(p[1] * v) / p[1];
    default:
        return (1 - p[0]) * v - p[1] * (x - xmin);
    }
}

static double naive_likelihood(int alternative, const double p[2], int n, const double *x, double xmin, double length)
{
    enum { STEPS = 20000 };
    double z = 0;
    double sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        const double v = length * i / STEPS;
        z += (i == 0 || i == STEPS ? 0.5 : 1) * length / STEPS * exp(naive_density(alternative, p, v, xmin));
    }
    for (int i = 0; i < n; i++) {
        sum += naive_density(alternative, p, log(x[i] / xmin), xmin) - log(z);
    }
    return sum;
}

/* On samples of a curved law, bounded and not: the likelihoods by definition, and no better parameters nearby. */
static void alternatives_are_the_best(void **state)
{
    (void)state;
    enum { SIZE = 400 };
    double x[SIZE], u[SIZE];
    for (int bounded = 0; bounded < 2; bounded++) {
        const double length = bounded ? log(50) : 45;
        nt_uniform(11, SIZE, 0, 1, u);
        for (int i = 0; i < SIZE; i++) { /* a power law that is cut off around 30 xmin, by rejection of large ones */
            const double tail = 2 * pow(u[i], -1 / 1.1);
            x[i] = bounded ? fmin(tail / (1 + 0.03 * tail), 100) : tail / (1 + 0.03 * tail);
        }
        const double xmin = 1.8;
        nndyn_powerlaw_fit *fit = fit_on(SIZE, x, xmin, bounded ? 50 * xmin : 0);
        double k;
        nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, NULL));
        double straight = 0;
        for (int i = 0; i < SIZE; i++) {
            const double s = k - 1;
            straight += -s * log(x[i] / xmin) - log((bounded ? -expm1(-s * length) : 1) / s);
        }
        for (int a = 1; a <= 4; a++) {
            double p[2], ratio, normalized, chance;
            nt_ok(fit, nndyn_powerlaw_compare(fit, a, p, &ratio, &normalized, &chance));
            const double best = naive_likelihood(a, p, SIZE, x, xmin, length);
            nt_near(straight - best, ratio, 2e-2);
            assert_true(chance > 0 && chance <= 1);
            for (int move = 0; move < 4; move++) {
                if (a == NNDYN_POWERLAW_EXPONENTIAL && move >= 2) {
                    continue;
                }
                double near[2] = {p[0], p[1]};
                near[move / 2] *= move % 2 ? 1.05 : 0.95;
                assert_true(naive_likelihood(a, near, SIZE, x, xmin, length) < best + 1e-6);
            }
        }
        nndyn_powerlaw_fit_free(fit);
    }
}

/* A grid that bends up: the alternatives that contain the power law stay with it. */
static void nested_alternatives(void **state)
{
    (void)state;
    enum { SIZE = 1000 };
    double x[SIZE];
    for (int i = 0; i < SIZE; i++) {
        const double u = (i + 0.5) / SIZE;
        x[i] = i % 2 ? pow(1 - u, -1.0 / 4) : pow(1 - u, -1.0 / 2.2);
    }
    nndyn_powerlaw_fit *fit = fit_on(SIZE, x, 1, 0);
    const int nested[] = {NNDYN_POWERLAW_LOGNORMAL, NNDYN_POWERLAW_STRETCHED, NNDYN_POWERLAW_TRUNCATED};
    double k;
    nt_ok(fit, nndyn_powerlaw_fit_exponent(fit, &k, NULL));
    for (int a = 0; a < 3; a++) {
        double p[2], ratio = 1, normalized = 1, chance = 0;
        nt_ok(fit, nndyn_powerlaw_compare(fit, nested[a], p, &ratio, &normalized, &chance));
        assert_true(ratio == 0 && normalized == 0 && chance == 1 && p[1] == 0);
        nt_near(p[0], nested[a] == NNDYN_POWERLAW_TRUNCATED ? k : k - 1, 1e-14);
    }
    double ratio = 3;
    nt_fails(NNDYN_EARG, fit, "alternative is 0", nndyn_powerlaw_compare(fit, 0, NULL, &ratio, NULL, NULL));
    nt_fails(NNDYN_EARG, fit, "alternative is 5", nndyn_powerlaw_compare(fit, 5, NULL, &ratio, NULL, NULL));
    nt_near(ratio, 3, 0);
    nndyn_powerlaw_fit_free(fit);
}

/* ---- goodness of fit --------------------------------------------------------------------------------------------- */

static double goodness_of(nndyn_powerlaw_fit *fit, int64_t replicas, double *distances)
{
    double p = NAN;
    nt_ok(fit, nndyn_powerlaw_goodness(fit, replicas, 3, &p, distances));
    return p;
}

static void goodness(void **state)
{
    (void)state;
    enum { SIZE = 600, REPLICAS = 100 };
    double x[SIZE], first[REPLICAS], second[REPLICAS];
    nndyn_powerlaw_fit *fit = NULL;
    /* a mixture with a body: likely; the scan is part of each replica */
    fill_family(2, 5, SIZE, x);
    nt_ok(context, nndyn_powerlaw_fit_create(context, SIZE, x, NULL, &fit));
    const double p = goodness_of(fit, REPLICAS, first);
    assert_true(p > 0.1); /* uniform for a good fit: a chance of a tenth that this seed would have failed */
    double distance, again = -1;
    int64_t larger = 0;
    nt_ok(fit, nndyn_powerlaw_fit_distance(fit, &distance));
    for (int i = 0; i < REPLICAS; i++) {
        larger += first[i] >= distance;
    }
    nt_near(p, (double)larger / REPLICAS, 0);
    nt_ok(context, nndyn_context_set_threads(context, 4));
    nt_near(goodness_of(fit, REPLICAS, second), p, 0);
    nt_same(first, second, sizeof first);
    nt_ok(context, nndyn_context_set_memory_limit(context, 80000)); /* fewer at a time: the same replicas */
    nt_near(goodness_of(fit, REPLICAS, second), p, 0);
    nt_same(first, second, sizeof first);
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, fit, "replica", nndyn_powerlaw_goodness(fit, 5, 1, &again, NULL));
    nt_fails(NNDYN_EARG, fit, "replicas is 0", nndyn_powerlaw_goodness(fit, 0, 1, &again, NULL));
    nt_fails(NNDYN_EARG, fit, "p is NULL", nndyn_powerlaw_goodness(fit, 5, 1, NULL, NULL));
    nt_near(again, -1, 0);
    nndyn_powerlaw_fit_free(fit);
}

/* Laws without a body: no power law, an integer one, bounded ones from either end. */
static void goodness_of_families(void **state)
{
    (void)state;
    enum { SIZE = 1000 };
    double x[SIZE];
    fill_lognormal(SIZE, 1, 0.5, x);
    nndyn_powerlaw_fit *fit = fit_on(SIZE, x, 1, 0);
    assert_true(goodness_of(fit, 100, NULL) == 0);
    nndyn_powerlaw_fit_free(fit);
    fill_tail(SIZE, 2.5, x);
    fit = fit_on(SIZE, x, 1, 0);
    assert_true(goodness_of(fit, 50, NULL) == 1); /* a grid is closer than any random sample */
    nndyn_powerlaw_fit_free(fit);
    for (int i = 0; i < SIZE; i++) {
        x[i] = grid_bounded(i, SIZE, 0.5, 0.01, 1);
    }
    const char *scans[] = {"none", "xmax", "xmin"};
    for (int s = 0; s < 3; s++) {
        nndyn_options *options = options_of(context, "scan", scans[s], "least", 300);
        nt_ok(options, nndyn_options_set_double(options, "xmin", 0.01));
        nt_ok(options, nndyn_options_set_double(options, "xmax", 1));
        nt_ok(context, nndyn_powerlaw_fit_create(context, SIZE, x, options, &fit));
        assert_true(goodness_of(fit, 30, NULL) == 1);
        nndyn_powerlaw_fit_free(fit);
        nndyn_options_free(options);
    }
    fill_family(4, 8, SIZE, x);
    nndyn_options *options = options_of(context, "scan", "none", "discrete", 1);
    nt_ok(options, nndyn_options_set_double(options, "xmin", 3));
    nt_ok(context, nndyn_powerlaw_fit_create(context, SIZE, x, options, &fit));
    const double p = goodness_of(fit, 50, NULL);
    assert_true(p >= 0 && p <= 1);
    nndyn_powerlaw_fit_free(fit);
    nndyn_options_free(options);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    (*(int *)user)++;
    return 1;
}

static void cancel(void **state)
{
    (void)state;
    enum { SIZE = 20000 };
    double *x = malloc(SIZE * sizeof *x);
    double p = 5, low = 6, high = 7;
    int told = 0;
    nndyn_powerlaw_fit *fit = NULL;
    assert_non_null(x);
    fill_tail(SIZE, 2.5, x);
    fit = fit_on(SIZE, x, 1, 0);
    nt_ok(context, nndyn_context_set_progress(context, stop, &told));
    assert_int_equal(nndyn_powerlaw_goodness(fit, 100000, 1, &p, NULL), NNDYN_ECANCELED);
    assert_int_equal(nndyn_powerlaw_interval(context, SIZE, x, 1, INFINITY, 1000000, 1, NULL, &p, &low, &high),
                     NNDYN_ECANCELED);
    assert_true(told == 2 && p == 5 && low == 6 && high == 7);
    nndyn_powerlaw_fit_free(fit);
    free(x);
}

/* ---- dependence -------------------------------------------------------------------------------------------------- */

/* ln x of an AR(1) process with this coefficient, whose correlation time is (1 + a)/(1 - a); its law is an exponential
 * of ln x, so a power law with k = 2. */
static void fill_record(int64_t n, double a, uint64_t seed, double *x)
{
    double *z = malloc((size_t)n * sizeof *z);
    double at = 0;
    assert_non_null(z);
    nt_normal(seed, n, z);
    for (int64_t i = 0; i < n; i++) {
        at = i == 0 ? z[0] : a * at + sqrt(1 - a * a) * z[i];
        x[i] = 2 / erfc(at / sqrt(2)) * (i % 2 ? -1 : 1); /* 1/(1 - cdf) */
    }
    free(z);
}

static void effective_size(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    double *x = malloc(SIZE * sizeof *x);
    double v[400];
    double effective, time;
    assert_non_null(x);
    fill_record(SIZE, 0.9, 1, x);
    nt_ok(context, nndyn_powerlaw_effective_size(context, SIZE, x, 1, INFINITY, NULL, &effective, &time));
    nt_near(effective * time, SIZE, 1e-6);
    /* 19 for the normal itself; the exponential of it is a little less correlated. The error of such a sum is about 4
     * %. */
    assert_true(time > 13 && time < 19.5);
    fill_record(SIZE, 0, 2, x);
    nt_ok(context, nndyn_powerlaw_effective_size(context, SIZE, x, 1, INFINITY, NULL, &effective, NULL));
    nt_near(effective / SIZE, 1, 0.05);
    /* against the definition, on a short record with samples outside of the window */
    fill_record(400, 0.5, 3, x);
    int n = 0;
    for (int i = 0; i < 400; i++) {
        if (fabs(x[i]) >= 1.2) {
            v[n++] = log(fabs(x[i]) / 1.2);
        }
    }
    double mean = 0;
    double sum = 1;
    for (int i = 0; i < n; i++) {
        mean += v[i] / n;
    }
    for (int lag = 1; lag <= n / 10 && lag < 5 * sum; lag++) {
        double product = 0;
        double square = 0;
        for (int i = 0; i < n; i++) {
            square += (v[i] - mean) * (v[i] - mean);
            product += i + lag < n ? (v[i] - mean) * (v[i + lag] - mean) : 0;
        }
        sum += 2 * product / square;
    }
    nt_ok(context, nndyn_powerlaw_effective_size(context, 400, x, 1.2, INFINITY, NULL, &effective, &time));
    nt_near(time, sum, 1e-11);
    nt_near(effective, n / sum, 1e-9);
    effective = -1;
    nt_fails(NNDYN_EARG, context, "xmin", nndyn_powerlaw_effective_size(context, 400, x, 0, 1, NULL, &effective, NULL));
    nt_fails(NNDYN_EARG, context, "effective", nndyn_powerlaw_effective_size(context, 400, x, 1, 2, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "4 samples",
             nndyn_powerlaw_effective_size(context, 4, x, 1, INFINITY, NULL, &effective, NULL));
    nt_near(effective, -1, 0);
    free(x);
}

/* Half the width of the interval is two standard errors of the effective number of samples, and 40 records in 100 of
 * which 95 should cover k = 2 (30 of 40 has a chance below 1e-5 of failing by bad luck, with intervals a little
 * short). */
static void intervals(void **state)
{
    (void)state;
    enum { SIZE = 4000, RECORDS = 40 };
    double x[SIZE], k, low, high, width = 0;
    int covered = 0;
    for (int r = 0; r < RECORDS; r++) {
        fill_record(SIZE, 0.8, (uint64_t)r + 100, x);
        nt_ok(context, nndyn_powerlaw_interval(context, SIZE, x, 1, INFINITY, 200, r, NULL, &k, &low, &high));
        assert_true(low < k && k < high);
        covered += low <= 2 && 2 <= high;
        width += (high - low) / RECORDS;
    }
    assert_true(covered >= 30);
    /* independent: 4 / sqrt(4000) = 0.063; times the root of a correlation time of 7 to 9 */
    assert_true(width > 0.12 && width < 0.22);
    double one[2], many[2];
    nndyn_options *options = options_of(context, NULL, NULL, "block", 1);
    nt_ok(context, nndyn_powerlaw_interval(context, SIZE, x, 1, INFINITY, 1000, 1, options, NULL, &one[0], &one[1]));
    nt_near(one[1] - one[0], 3.92 / sqrt(SIZE), 0.008);
    nt_ok(context, nndyn_context_set_threads(context, 4));
    nt_ok(context, nndyn_powerlaw_interval(context, SIZE, x, 1, INFINITY, 1000, 1, options, NULL, &many[0], &many[1]));
    nt_same(one, many, sizeof one);
    nt_ok(context, nndyn_powerlaw_interval(context, SIZE, x, 1, 1000, 100, 1, options, &k, &low, &high));
    assert_true(low < k && k < high);
    low = high = -1;
    nt_fails(NNDYN_EARG, context, "replicas is 19",
             nndyn_powerlaw_interval(context, SIZE, x, 1, 9, 19, 1, NULL, &k, &low, &high));
    nt_fails(NNDYN_EARG, context, "low", nndyn_powerlaw_interval(context, SIZE, x, 1, 9, 20, 1, NULL, &k, NULL, &high));
    nt_fails(NNDYN_EARG, context, "high", nndyn_powerlaw_interval(context, SIZE, x, 1, 9, 20, 1, NULL, &k, &low, NULL));
    nt_fails(NNDYN_EDATA, context, "samples",
             nndyn_powerlaw_interval(context, 10, x, 1, 9, 20, 1, NULL, &k, &low, &high));
    /* one stretch of samples in the window: whole blocks miss it */
    for (int i = 0; i < SIZE; i++) {
        x[i] = i < 60 ? 1.5 + 0.01 * i : 0.1;
    }
    nt_ok(options, nndyn_options_set_integer(options, "block", 3000));
    nt_fails(NNDYN_EDATA, context, "too short",
             nndyn_powerlaw_interval(context, SIZE, x, 1, 9, 200, 1, options, &k, &low, &high));
    assert_true(low == -1 && high == -1);
    nndyn_options_free(options);
}

static int every_allocation(nt_allocator *a, void *user)
{
    const double *x = user;
    nndyn_context *c = NULL;
    double low = -1, high = -1, effective = -1;
    int status = nt_context_create(a, &c);
    if (status == NNDYN_OK) {
        status = nndyn_powerlaw_interval(c, 300, x, 1, INFINITY, 20, 1, NULL, NULL, &low, &high);
        assert_true(status == NNDYN_OK || (low == -1 && high == -1));
    }
    if (status == NNDYN_OK) {
        status = nndyn_powerlaw_effective_size(c, 300, x, 1, INFINITY, NULL, &effective, NULL);
        assert_true(status == NNDYN_OK || effective == -1);
    }
    nndyn_context_free(c);
    return status;
}

static void allocations(void **state)
{
    (void)state;
    double x[300];
    fill_record(300, 0.3, 1, x);
    nt_every_allocation(every_allocation, x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(discrimination, set_up, tear_down),
        cmocka_unit_test_setup_teardown(alternatives_are_the_best, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nested_alternatives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goodness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goodness_of_families, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(effective_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(intervals, set_up, tear_down),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
