/* Coverage and size of width exponents, by simulation (check A17 in full), and injective norms of large Gaussian
 * tensors (A16).  Fixed seeds; what bounds would miss with others is said where they stand. */
#include "statistics/exponents.h"

/* 95 % intervals of 400 fits: 90 % to 99 % inside; the share scatters by 1.1 %, so that 95 % fails once in 10^5. */
static void intervals(void **state)
{
    (void)state;
    enum { TRIALS = 400 };
    const coverage found = cover(TRIALS, 100, 400, 70000);
    const double published[] = {0.024, 0.039, 0.030};
    for (int i = 0; i < 3; i++) {
        print_message("# coverage %.1f %%, bias %.4f, mean standard error %.4f\n", 100.0 * found.inside[i] / TRIALS,
                      found.bias[i], found.error[i]);
        assert_true(found.inside[i] >= 0.90 * TRIALS && found.inside[i] <= 0.99 * TRIALS);
        nt_near(found.bias[i], 0, 4 * published[i] / sqrt(TRIALS));
    }
    nt_close(found.error, published, 3, 0.1, 0);
    /* 3 standard errors, three pairs and three trends */
    print_message("# consistent: %.1f %%\n", 100.0 * found.consistent / TRIALS);
    assert_true(found.consistent >= 0.95 * TRIALS);
}

/* With few samples the bootstrap's errors are too small by a factor sqrt((R - 1) / R), and themselves scatter. */
static void few_samples(void **state)
{
    (void)state;
    enum { TRIALS = 400 };
    const coverage found = cover(TRIALS, 12, 400, 80000);
    for (int i = 0; i < 3; i++) {
        print_message("# 12 samples: coverage %.1f %%\n", 100.0 * found.inside[i] / TRIALS);
    }
    assert_true(found.inside[0] >= 0.85 * TRIALS);
}

static void mixtures(void **state)
{
    (void)state;
    enum { TRIALS = 50 };
    static set s;
    const double levels[] = {0.25, 0.6, 0.8, 0.9, 0.95};
    double mean[5] = {0};
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        draw(&s, mixture, 100, 90000 + trial);
        nndyn_width_exponent *exponent = fit_set(&s, 0, NULL, 100);
        assert_int_equal(verdict_of(exponent), NNDYN_EXPONENT_SPLIT);
        nndyn_width_exponent_free(exponent);
        draw(&s, geometric, 1000, 91000 + trial);
        exponent = fit_set(&s, 5, levels, 100);
        assert_int_equal(verdict_of(exponent), NNDYN_EXPONENT_SPLIT);
        for (int i = 0; i < 5; i++) {
            mean[i] += power_of(exponent, 1 + i) / TRIALS;
        }
        nndyn_width_exponent_free(exponent);
    }
    for (int i = 0; i < 5; i++) {
        nt_near(mean[i], 1 + i, 0.15);
    }
}

/* The straight line says -0.40; the fit with a logarithm has -1/2 within 1.96 standard errors, or there is a
 * warning. */
static void logarithm(void **state)
{
    (void)state;
    enum { TRIALS = 40 };
    static set s;
    int warned = 0, inside = 0;
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        double p, low, high;
        draw(&s, largest, 100, 95000 + trial);
        nndyn_width_exponent *exponent = fit_set(&s, 0, NULL, 200);
        nt_near(power_of(exponent, 0), -0.40, 0.03);
        nt_ok(exponent, nndyn_width_exponent_value(exponent, 0, NNDYN_EXPONENT_LOGARITHMIC, &p, NULL, &low, &high));
        const int covered = low <= -0.5 && -0.5 <= high;
        const int said = verdict_of(exponent) != NNDYN_EXPONENT_CONSISTENT;
        assert_true(covered || said);
        inside += covered;
        warned += said;
        nndyn_width_exponent_free(exponent);
    }
    print_message("# of %d: -1/2 in the interval with a logarithm %d, warned %d\n", TRIALS, inside, warned);
    assert_true(inside >= TRIALS / 2);
}

/* Largest values of Gaussian n x n x n tensors over sqrt n. */
static void gaussian(void **state)
{
    (void)state;
    enum { N = 32, DRAWS = 8 };
    double *x = malloc(N * N * N * sizeof *x);
    assert_non_null(x);
    double mean = 0;
    for (uint64_t d = 0; d < DRAWS; d++) {
        double lower, upper;
        nt_normal(300 + d, N * N * N, x);
        nt_ok(context,
              nndyn_injective_norm(context, 3, (const int64_t[]){N, N, N}, x, NULL, &lower, &upper, NULL, NULL));
        assert_true(lower < 3 * sqrt(N) && lower <= upper);
        mean += lower / sqrt(N) / DRAWS;
    }
    print_message("# n = 32: %.3f sqrt n\n", mean);
    nt_near(mean, 2.76, 0.1);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intervals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mixtures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(logarithm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaussian, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
