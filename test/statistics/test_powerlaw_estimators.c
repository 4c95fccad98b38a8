/* Estimators on given windows and streams: on quantile grids, whose estimates are known to nine digits without any
 * random number; agreement of stream and arrays; errors with outputs untouched. */
#include "statistics/samples.h"
#include "support/fixture.h"

enum { N = 1000 };
static void bounded_grids(void **state)
{
    (void)state;
    static const double want[][2] = {
        {-1, -1.000681532}, {0, -0.000041635}, {0.5, 0.499998966}, {0.9, 0.899999947}, {1, 1},
        {1.5, 1.500001034}, {2, 2.000041635},  {3, 3.000681532}};
    double x[N], k, se;
    for (int g = 0; g < 8; g++) {
        for (int i = 0; i < N; i++) {
            x[i] = (i % 2 ? -1 : 1) * grid_bounded(i, N, want[g][0], 1e-3, 1);
        }
        nt_ok(context, nndyn_powerlaw_bounded(context, N, x, 1e-3, 1, NULL, &k, &se));
        nt_near(k, want[g][1], 1e-8);
        nt_near(se, want[g][0] == 1 ? 0.01585819 : want[g][0] == 2 ? 0.03240818 : se, 1e-8);
        nt_ok(context, nndyn_powerlaw_bounded(context, N, x, 1e-3, 1, NULL, &k, NULL));
    }
}

static void tail_grids(void **state)
{
    (void)state;
    static const double want[][2] = {{1.5, 1.500173326}, {2, 2.000346652}, {3, 3.000693305}};
    double x[N], k, se, corrected, distance;
    for (int g = 0; g < 3; g++) {
        fill_tail(N, want[g][0], x);
        nt_ok(context, nndyn_powerlaw_tail(context, N, x, 1, NULL, &k, &se));
        nt_near(k, want[g][1], 1e-8);
        nt_near(se, (k - 1) / sqrt(N), 1e-15);
        nt_ok(context, nndyn_powerlaw_distance(context, N, x, 1, INFINITY, k, NULL, &distance));
        nt_near(distance, 0.000627504, 1e-9);
        nndyn_options *options = options_of(context, NULL, NULL, "corrected", 1);
        nt_ok(context, nndyn_powerlaw_tail(context, N, x, 1, options, &corrected, NULL));
        nt_near(corrected - 1, (k - 1) * (N - 1) / N, 1e-14);
        nt_ok(options, nndyn_options_set_integer(options, "discrete", 1));
        nt_fails(NNDYN_EUNSUPPORTED, context, "correction",
                 nndyn_powerlaw_tail(context, N, x, 1, options, &corrected, NULL));
        nndyn_options_free(options);
    }
}

/* Integers with the shares of a zeta law: the score equation holds at its k. */
static void discrete_tail(void **state)
{
    (void)state;
    nndyn_options *options = options_of(context, NULL, NULL, "discrete", 1);
    enum { MANY = 20000 };
    double *x = malloc(MANY * sizeof *x);
    double k, se, distance;
    const double q = 3;
    double zeta = 0;
    assert_non_null(x);
    for (double j = 1e6; j >= q; j--) {
        zeta += pow(j, -2.5);
    }
    double value = q;
    double mass = pow(q, -2.5) / zeta;
    for (int i = 0; i < MANY; i++) {
        while (mass < (i + 0.5) / MANY) {
            value++;
            mass += pow(value, -2.5) / zeta;
        }
        x[i] = value;
    }
    nt_ok(context, nndyn_powerlaw_tail(context, MANY, x, q, options, &k, &se));
    nt_near(k, 2.5, 2e-3);
    assert_true(se > 0.005 && se < 0.015);
    nt_ok(context, nndyn_powerlaw_distance(context, MANY, x, q, INFINITY, 2.5, options, &distance));
    nt_near(distance, 0.5 / MANY, 0.3 / MANY);
    k = 9;
    nt_fails(NNDYN_EARG, context, "integer", nndyn_powerlaw_tail(context, MANY, x, 2.5, options, &k, &se));
    nt_fails(NNDYN_EUNSUPPORTED, context, "upper end",
             nndyn_powerlaw_distance(context, MANY, x, q, 100, 2.5, options, &distance));
    x[5] = 7.25;
    nt_fails(NNDYN_EDATA, context, "7.25 at 5", nndyn_powerlaw_tail(context, MANY, x, q, options, &k, &se));
    nt_fails(NNDYN_EDATA, context, "7.25", nndyn_powerlaw_distance(context, MANY, x, q, INFINITY, 2.5, options, &se));
    for (int i = 0; i < MANY; i++) {
        x[i] = q;
    }
    nt_fails(NNDYN_EDATA, context, "edge", nndyn_powerlaw_tail(context, MANY, x, q, options, &k, &se));
    assert_true(k == 9);
    nndyn_options_free(options);
    free(x);
}

static double curvature_of(int n, const double *x, double xmin, double xmax)
{
    double z = NAN;
    nt_ok(context, nndyn_powerlaw_curvature(context, n, x, xmin, xmax, NULL, &z));
    return z;
}

static void curvature(void **state)
{
    (void)state;
    static double x[20000];
    fill_tail(2000, 2.5, x);
    nt_near(curvature_of(2000, x, 1, INFINITY), 0.060, 0.001);
    fill_lognormal(1000, 1, 0.5, x);
    nt_near(curvature_of(1000, x, 1, INFINITY), 6.797, 0.01);
    for (int i = 0; i < 2000; i++) {
        x[i] = 1 - log(1 - (i + 0.5) / 2000);
    }
    nt_near(curvature_of(2000, x, 1, INFINITY), 11.279, 0.01);
    static const double sd[][2] = {{1, 79.6}, {5, 2.61}, {20, 0.04}};
    for (int i = 0; i < 3; i++) {
        double k;
        fill_lognormal(20000, sd[i][0], 0, x);
        nt_near(curvature_of(20000, x, 0.1, 10), sd[i][1], i == 0 ? 0.06 : 0.01);
        nt_ok(context, nndyn_powerlaw_bounded(context, 20000, x, 0.1, 10, NULL, &k, NULL));
        nt_near(k, 1, 1e-6);
    }
}

/* Random windows: the score has mean 0 and variance 1 (2000 scores: 4 standard errors are 0.09 and 0.13). */
static void curvature_is_standard_normal(void **state)
{
    (void)state;
    enum { RUNS = 2000, SIZE = 500 };
    static double z[RUNS];
    double x[SIZE], u[SIZE];
    double mean = 0;
    double square = 0;
    for (int run = 0; run < RUNS; run++) {
        const double k = -1 + 4.0 * (run % 40) / 39;
        nt_uniform((uint64_t)run + 1, SIZE, 0, 1, u);
        for (int i = 0; i < SIZE; i++) {
            const double s = 1 - k;
            x[i] = fabs(s) < 1e-9 ? pow(1000, u[i]) : pow(1 + u[i] * (pow(1000, s) - 1), 1 / s);
        }
        z[run] = curvature_of(SIZE, x, 1, 1000);
        mean += z[run] / RUNS;
        square += z[run] * z[run] / RUNS;
    }
    nt_near(mean, 0, 0.12); /* with a bias of a few hundredths at 500 samples */
    nt_near(square, 1, 0.15);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void stream_agrees_with_arrays(void **state)
{
    (void)state;
    enum { MANY = 5000, BINS = 25 };
    static double x[MANY];
    static float single[MANY];
    nndyn_powerlaw_stream *s = NULL, *a = NULL, *b = NULL;
    double k, se, z, want, want_se, edges[BINS + 1], densities[BINS];
    int64_t counts[BINS], inside, zeros, below, above, nonfinite;
    nt_normal(8, MANY, x);
    x[3] = 0;
    x[4] = NAN;
    x[5] = -INFINITY;
    x[6] = -0.05;
    x[7] = 3;
    nt_ok(context, nndyn_powerlaw_stream_create(context, 0.05, 3, BINS, &s));
    nt_ok(context, nndyn_powerlaw_stream_create(context, 0.05, 3, BINS, &a));
    nt_ok(context, nndyn_powerlaw_stream_create(context, 0.05, 3, BINS, &b));
    nt_ok(s, nndyn_powerlaw_stream_add(s, MANY, x));
    nt_ok(s, nndyn_powerlaw_stream_add(s, 0, NULL));
    nt_ok(s, nndyn_powerlaw_stream_counts(s, &inside, &zeros, &below, &above, &nonfinite));
    assert_true(zeros == 1 && nonfinite == 2 && inside + zeros + below + above + nonfinite == MANY);
    nt_ok(s, nndyn_powerlaw_stream_counts(s, NULL, NULL, NULL, NULL, NULL));
    nt_ok(s, nndyn_powerlaw_stream_exponent(s, &k, &se));
    nt_ok(context, nndyn_powerlaw_bounded(context, MANY, x, 0.05, 3, NULL, &want, &want_se));
    assert_true(k == want && se == want_se);
    nt_ok(s, nndyn_powerlaw_stream_curvature(s, &z));
    nt_near(z, curvature_of(MANY, x, 0.05, 3), 0);
    nt_ok(s, nndyn_powerlaw_stream_histogram(s, edges, counts, densities));
    nt_ok(s, nndyn_powerlaw_stream_histogram(s, NULL, NULL, NULL));
    int64_t total = 0;
    double mass = 0;
    for (int i = 0; i < BINS; i++) {
        int64_t naive = 0;
        for (int j = 0; j < MANY; j++) {
            naive += fabs(x[j]) >= edges[i] && (fabs(x[j]) < edges[i + 1] || (i == BINS - 1 && fabs(x[j]) == 3));
        }
        assert_int_equal(counts[i], naive);
        total += counts[i];
        mass += densities[i] * (edges[i + 1] - edges[i]);
    }
    assert_true(total == inside && edges[0] == 0.05 && edges[BINS] == 3);
    nt_near(mass, 1, 1e-13);
    /* however it is cut, in one stream or two */
    for (int i = 0; i < MANY; i += 37) {
        const int n = MANY - i < 37 ? MANY - i : 37;
        nt_ok(a, nndyn_powerlaw_stream_add(i % 2 ? a : b, n, x + i));
    }
    nt_ok(a, nndyn_powerlaw_stream_merge(a, b));
    nt_ok(a, nndyn_powerlaw_stream_exponent(a, &want, &want_se));
    nt_near(k, want, 1e-14);
    nt_ok(a, nndyn_powerlaw_stream_clear(a));
    nt_to_f32(MANY, x, single);
    nt_ok(a, nndyn_powerlaw_stream_add_f32(a, MANY, single));
    nt_ok(a, nndyn_powerlaw_stream_exponent(a, &want, NULL));
    nt_near(k, want, 1e-3);
    nndyn_powerlaw_stream_free(s);
    nndyn_powerlaw_stream_free(a);
    nndyn_powerlaw_stream_free(b);
    nndyn_powerlaw_stream_free(NULL);
}

static void binned_grids(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    static const double want[][2] = {{0.5, 0.500001}, {1, 1}, {1.5, 1.499999}, {2.5, 2.500002}};
    double *x = malloc(MANY * sizeof *x);
    assert_non_null(x);
    for (int g = 0; g < 4; g++) {
        nndyn_powerlaw_stream *s = NULL;
        double k, se, full, full_se, slope, level, slope_se;
        nt_ok(context, nndyn_powerlaw_stream_create(context, 1e-4, 1e-1, 30, &s));
        for (int i = 0; i < MANY; i++) {
            x[i] = grid_bounded(i, MANY, want[g][0], 1e-4, 1e-1);
        }
        nt_ok(s, nndyn_powerlaw_stream_add(s, MANY, x));
        nt_ok(s, nndyn_powerlaw_stream_binned(s, &k, &se));
        nt_near(k, want[g][1], 1e-5);
        nt_ok(s, nndyn_powerlaw_stream_exponent(s, &full, &full_se));
        assert_true(se > full_se * (1 - 1e-9) && se < 1.1 * full_se);
        nt_ok(s, nndyn_powerlaw_stream_slope(s, &slope, &level, &slope_se));
        nt_near(slope, want[g][0], 0.01);
        assert_true(slope_se < 0.01);
        /* the line goes through the density: k x^-k / (low^(1-k) - high^(1-k)) and so on */
        const double r = 1 - want[g][0];
        const double norm = g == 1 ? log(1e3) : (pow(1e-1, r) - pow(1e-4, r)) / r;
        nt_near(level, -log(norm), 0.1);
        nndyn_powerlaw_stream_free(s);
    }
    free(x);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void window_errors(void **state)
{
    (void)state;
    double x[N], k = 7, se = 8;
    for (int i = 0; i < N; i++) {
        x[i] = grid_bounded(i, N, 1, 1, 10);
    }
    nt_fails(NNDYN_EARG, context, "xmin is 0", nndyn_powerlaw_bounded(context, N, x, 0, 1, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "xmin is -1", nndyn_powerlaw_tail(context, N, x, -1, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "xmin is nan", nndyn_powerlaw_tail(context, N, x, NAN, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "xmax is 1", nndyn_powerlaw_bounded(context, N, x, 1, 1, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "xmax is inf", nndyn_powerlaw_bounded(context, N, x, 1, INFINITY, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "n is 0", nndyn_powerlaw_bounded(context, 0, x, 1, 2, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "x is NULL", nndyn_powerlaw_bounded(context, N, NULL, 1, 2, NULL, &k, &se));
    nt_fails(NNDYN_EARG, context, "k is NULL", nndyn_powerlaw_bounded(context, N, x, 1, 2, NULL, NULL, &se));
    nt_fails(NNDYN_EARG, context, "k is NULL", nndyn_powerlaw_tail(context, N, x, 1, NULL, NULL, &se));
    nt_fails(NNDYN_EARG, context, "z is NULL", nndyn_powerlaw_curvature(context, N, x, 1, 2, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "49 samples", nndyn_powerlaw_bounded(context, 49, x, 1, 10, NULL, &k, &se));
    nt_fails(NNDYN_EDATA, context, "0 samples", nndyn_powerlaw_tail(context, N, x, 11, NULL, &k, &se));
    nt_fails(NNDYN_EDATA, context, "above 1000", nndyn_powerlaw_curvature(context, N, x, 0.1, 0.2, NULL, &k));
    nndyn_options *options = options_of(context, NULL, NULL, "least", 40);
    nt_ok(context, nndyn_powerlaw_bounded(context, 49, x, 1, 10, options, &k, &se));
    nt_ok(options, nndyn_options_set_integer(options, "least", 1));
    k = 7;
    se = 8;
    nt_fails(NNDYN_EOPTION, context, "least", nndyn_powerlaw_tail(context, N, x, 1, options, &k, &se));
    nndyn_options_free(options);
    for (int i = 0; i < N; i++) {
        x[i] = 2;
    }
    nt_fails(NNDYN_EDATA, context, "edge", nndyn_powerlaw_bounded(context, N, x, 2, 10, NULL, &k, &se));
    nt_fails(NNDYN_EDATA, context, "edge", nndyn_powerlaw_bounded(context, N, x, 1, 2, NULL, &k, &se));
    nt_fails(NNDYN_EDATA, context, "edge", nndyn_powerlaw_tail(context, N, x, 2, NULL, &k, &se));
    nt_fails(NNDYN_EDATA, context, "edge", nndyn_powerlaw_curvature(context, N, x, 2, INFINITY, NULL, &k));
    nt_fails(NNDYN_EARG, context, "k is 1", nndyn_powerlaw_distance(context, N, x, 1, INFINITY, 1, NULL, &k));
    nt_fails(NNDYN_EARG, context, "k is nan", nndyn_powerlaw_distance(context, N, x, 1, 2, NAN, NULL, &k));
    nt_fails(NNDYN_EARG, context, "distance", nndyn_powerlaw_distance(context, N, x, 1, 3, 2, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "0 samples", nndyn_powerlaw_distance(context, N, x, 3, 4, 2, NULL, &k));
    counter.fail_at = counter.calls + 1;
    assert_int_equal(nndyn_powerlaw_distance(context, N, x, 1, 3, 2, NULL, &k), NNDYN_ENOMEM);
    assert_true(k == 7 && se == 8);
}

static void stream_errors(void **state)
{
    (void)state;
    nndyn_powerlaw_stream *s = NULL, *other = NULL;
    double k = 7, se = 8;
    double x[100];
    nt_fails(NNDYN_EARG, context, "xmin is 0", nndyn_powerlaw_stream_create(context, 0, 1, 30, &s));
    nt_fails(NNDYN_EARG, context, "xmax is 1", nndyn_powerlaw_stream_create(context, 2, 1, 30, &s));
    nt_fails(NNDYN_EARG, context, "bins is 1", nndyn_powerlaw_stream_create(context, 1, 2, 1, &s));
    nt_fails(NNDYN_EARG, context, "out is NULL", nndyn_powerlaw_stream_create(context, 1, 2, 30, NULL));
    for (int fail = 1; fail <= 2; fail++) {
        counter.fail_at = counter.calls + fail;
        assert_int_equal(nndyn_powerlaw_stream_create(context, 1, 2, 30, &s), NNDYN_ENOMEM);
    }
    assert_null(s);
    nt_ok(context, nndyn_powerlaw_stream_create(context, 1, 2, 30, &s));
    nt_ok(context, nndyn_powerlaw_stream_create(context, 1, 2, 31, &other));
    nt_fails(NNDYN_EARG, s, "31", nndyn_powerlaw_stream_merge(s, other));
    nt_fails(NNDYN_EARG, s, "itself", nndyn_powerlaw_stream_merge(s, s));
    nt_fails(NNDYN_EARG, s, "other", nndyn_powerlaw_stream_merge(s, NULL));
    nt_fails(NNDYN_EARG, s, "n is -1", nndyn_powerlaw_stream_add(s, -1, x));
    nt_fails(NNDYN_EARG, s, "x is NULL", nndyn_powerlaw_stream_add(s, 3, NULL));
    nt_fails(NNDYN_EARG, s, "x is NULL", nndyn_powerlaw_stream_add_f32(s, 3, NULL));
    nt_fails(NNDYN_EDATA, s, "0 samples", nndyn_powerlaw_stream_exponent(s, &k, &se));
    nt_fails(NNDYN_EDATA, s, "0 samples", nndyn_powerlaw_stream_binned(s, &k, &se));
    nt_fails(NNDYN_EDATA, s, "0 samples", nndyn_powerlaw_stream_curvature(s, &k));
    nt_fails(NNDYN_EDATA, s, "0 bins", nndyn_powerlaw_stream_slope(s, &k, &se, NULL));
    for (int i = 0; i < 100; i++) {
        x[i] = 1 + 0.01 * (i % 2);
    }
    nt_ok(s, nndyn_powerlaw_stream_add(s, 100, x));
    nt_fails(NNDYN_EDATA, s, "one bin", nndyn_powerlaw_stream_binned(s, &k, &se));
    nt_fails(NNDYN_EARG, s, "k is NULL", nndyn_powerlaw_stream_exponent(s, NULL, &se));
    nt_fails(NNDYN_EARG, s, "k is NULL", nndyn_powerlaw_stream_slope(s, NULL, &se, NULL));
    nt_fails(NNDYN_EARG, s, "z is NULL", nndyn_powerlaw_stream_curvature(s, NULL));
    assert_true(k == 7 && se == 8);
    for (int i = 0; i < 100; i++) {
        x[i] = 1 + 0.01 * i;
    }
    nt_ok(s, nndyn_powerlaw_stream_add(s, 100, x));
    counter.fail_at = counter.calls + 1;
    assert_int_equal(nndyn_powerlaw_stream_slope(s, &k, NULL, NULL), NNDYN_ENOMEM);
    assert_true(k == 7);
    nt_ok(s, nndyn_powerlaw_stream_slope(s, &k, NULL, NULL));
    nndyn_powerlaw_stream_free(s);
    nndyn_powerlaw_stream_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bounded_grids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tail_grids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(discrete_tail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(curvature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(curvature_is_standard_normal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_agrees_with_arrays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(binned_grids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(window_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stream_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
