/* Small tools: against closed forms, naive twins, published tables and finite differences. */
#include "statistics/samples.h"
#include "statistics/statistics.h"
#include "support/fixture.h"

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sorting(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 47, 48, 49, 1000, 4097};
    for (int s = 0; s < 7; s++) {
        const int64_t n = sizes[s];
        double *x = malloc((size_t)(3 * n) * sizeof *x);
        double *want = x + n;
        assert_non_null(x);
        nt_normal(5, n, x);
        for (int64_t i = 0; i < n; i++) {
            x[i] = i % 7 == 0 ? 0 : i % 5 == 0 ? round(x[i]) : x[i] * pow(10, (double)(i % 600) - 300);
            x[i] = i % 101 == 100 ? -INFINITY : x[i];
        }
        memcpy(want, x, (size_t)n * sizeof *x);
        qsort(want, (size_t)n, sizeof *want, compare_doubles);
        nd_sort(n, x, x + 2 * n);
        for (int64_t i = 0; i < n; i++) {
            assert_true(x[i] == want[i]);
        }
        free(x);
    }
}

static void order_statistics(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 8, 16};
    double mean, variance, low, high;
    nt_near(nd_quantile(5, x, 0), 1, 0);
    nt_near(nd_quantile(5, x, 1), 16, 0);
    nt_near(nd_quantile(5, x, 0.5), 4, 0);
    nt_near(nd_quantile(5, x, 0.6), 4 + 0.4 * 4, 1e-14);
    nt_near(nd_quantile(1, x, 0.3), 1, 0);
    nd_mean_variance(5, x, &mean, &variance);
    nt_near(mean, 6.2, 1e-15);
    nt_near(variance, 37.2, 1e-13);
    nd_mean_interval(1, 4, 100, 0.95, &low, &high);
    nt_near(high, 1 + 0.2 * 1.959963984540054, 1e-14);
    nt_near(low + high, 2, 1e-15);
    nd_proportion_interval(10, 100, 0.95, &low, &high); /* Wilson (1927): 0.0552, 0.1744 */
    nt_near(low, 0.05522914, 1e-7);
    nt_near(high, 0.17436566, 1e-7);
    nd_proportion_interval(0, 10, 0.95, &low, &high);
    assert_true(low == 0 && high > 0.2 && high < 0.35);
}

static void sums_of_twice_the_digits(void **state)
{
    (void)state;
    nd_sum a = {0, 0};
    nd_sum b = {0, 0};
    nd_sum_add(&a, 1e16);
    for (int i = 0; i < 1000; i++) {
        nd_sum_add(i % 2 ? &a : &b, 0.1);
    }
    nd_sum_add(&b, -1e16);
    nd_sum_merge(&a, &b);
    nt_near(nd_sum_value(&a), 100, 1e-12);
}

static void normal_law(void **state)
{
    (void)state;
    nt_near(nd_normal_cdf(0), 0.5, 0);
    nt_near(nd_normal_cdf(1.959963984540054), 0.975, 1e-15);
    nt_near(nd_normal_quantile(0.975), 1.9599639845400545, 1e-14);
    nt_near(nd_normal_quantile(1e-10), -6.361340902404056, 1e-13);
    nt_near(nd_normal_quantile(1e-300), -37.0471, 1e-3);
    for (double p = 1e-12; p < 0.5; p *= 1.7) {
        nt_close(&(double){nd_normal_cdf(nd_normal_quantile(p))}, &p, 1, 1e-13, 0);
        nt_near(nd_normal_quantile(1 - p), -nd_normal_quantile(p), 1e-3 * (p < 1e-10) + 1e-5);
    }
    nt_near(nd_normal_quantile(0.5), 0, 0);
}

static void quadrature(void **state)
{
    (void)state;
    double nodes[64], weights[64];
    for (int n = 1; n <= 64; n *= 2) {
        nd_gauss_legendre(n, nodes, weights);
        for (int degree = 0; degree < 2 * n; degree++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += weights[i] * pow(nodes[i], degree);
            }
            nt_near(sum, 1.0 / (degree + 1), 1e-14);
        }
    }
}

static void lines(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2, 3, 99};
    const double y[] = {1, 3.1, 4.9, 7, -5};
    const double w[] = {1, 2, 3, 4, 0};
    nd_line line;
    assert_int_equal(nd_line_fit(5, x, y, w, &line), 0);
    /* normal equations by hand: sums of w, wx, wy, wxx, wxy over the four points */
    const double sw = 10, sx = 20, sy = 49.9, sxx = 50, sxy = 119.6;
    const double slope = (sw * sxy - sx * sy) / (sw * sxx - sx * sx);
    nt_near(line.slope, slope, 1e-13);
    nt_near(line.intercept, (sy - slope * sx) / sw, 1e-13);
    assert_true(line.slope_se > 0 && line.r_squared > 0.99 && line.r_squared < 1);
    assert_int_equal(nd_line_fit(1, x, y, NULL, &line), -1);
    const double same[] = {2, 2, 2};
    assert_int_equal(nd_line_fit(3, same, y, NULL, &line), -1);
}

static void zeta(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    nt_near(nd_hurwitz_zeta(2, 1), pi * pi / 6, 4e-16);
    nt_near(nd_hurwitz_zeta(4, 1), pow(pi, 4) / 90, 1e-15);
    nt_near(nd_hurwitz_zeta(3, 1), 1.2020569031595942854, 4e-16);
    nt_near(nd_hurwitz_zeta(3, 2), 0.2020569031595942854, 1e-16);
    nt_near(nd_hurwitz_zeta(1.5, 1), 2.6123753486854883433, 8e-16);
    nt_near(nd_hurwitz_zeta(2, 0.5), pi * pi / 2, 2e-15);
    nt_near(nd_hurwitz_zeta(1.0001, 1), 10000.5772229454, 1e-7); /* 1/(s-1) + 0.5772... + 0.0728... (s-1) */
    for (double s = 1.1; s < 60; s *= 1.6) {
        for (double q = 0.5; q < 1e6; q *= 11) {
            double at[3], next[3], up[3], down[3];
            nd_zeta_scaled(s, q, at);
            nd_zeta_scaled(s, q + 1, next); /* zeta(s, q) = q^-s + zeta(s, q + 1) */
            nt_close(&(double){1 + next[0] * pow((q + 1) / q, -s)}, at, 1, 2e-14, 0);
            const double h = 1e-4 * (s - 1);
            nd_zeta_scaled(s + h, q, up);
            nd_zeta_scaled(s - h, q, down);
            nt_close(&(double){(up[0] - down[0]) / (2 * h)}, at + 1, 1, 1e-6, 1e-10);
            nt_close(&(double){(up[1] - down[1]) / (2 * h)}, at + 2, 1, 1e-6, 1e-10);
        }
    }
}

static void truncated_exponential(void **state)
{
    (void)state;
    double nodes[64], weights[64];
    nd_gauss_legendre(64, nodes, weights);
    nt_near(nd_truncated_mean(5), 0.806783655, 1e-9);
    nt_near(nd_truncated_variance(5), 0.033170327, 1e-9);
    nt_near(nd_truncated_mean(0), 0.5, 0);
    nt_near(nd_truncated_variance(0), 1.0 / 12, 1e-17);
    for (double c = -60; c <= 60; c += 0.37) {
        double m[5] = {0};
        double second, rest;
        for (int i = 0; i < 64; i++) {
            const double w = c > 0 ? 1 - nodes[i] : nodes[i];
            for (int k = 0; k < 5; k++) {
                m[k] += weights[i] * exp(-fabs(c) * nodes[i]) * pow(c > 0 ? nodes[i] : w, k);
            }
        }
        for (int k = 4; k >= 0; k--) {
            m[k] /= m[0];
        }
        nt_near(nd_truncated_mean(c), c > 0 ? 1 - m[1] : m[1], 1e-13);
        nt_near(nd_truncated_variance(c), m[2] - m[1] * m[1], 1e-13);
        nd_truncated_curvature(c, &second, &rest);
        nt_near(second, m[2], 1e-13);
        const double both = m[3] - m[1] * m[2];
        nt_close(&rest, &(double){m[4] - m[2] * m[2] - both * both / (m[2] - m[1] * m[1])}, 1, 1e-8, 1e-13);
        nt_near(nd_truncated_solve(nd_truncated_mean(c)), c, 1e-11 * (1 + c * c * exp(fmax(0, c) * 0.2)));
    }
    nt_close(&(double){nd_truncated_solve(1e-9)}, &(double){-1e9}, 1, 1e-12, 0);
    nt_close(&(double){nd_truncated_variance(1e4)}, &(double){1e-8}, 1, 1e-12, 0);
}

/* ---- two samples ------------------------------------------------------------------------------------------------- */

/* All arrangements of n + m samples, by bits. */
static double count_arrangements(int n, int m, double distance)
{
    int all = 0;
    int far = 0;
    for (int bits = 0; bits < 1 << (n + m); bits++) {
        int i = 0;
        int j = 0;
        double most = 0;
        for (int b = 0; b < n + m; b++) {
            i += bits >> b & 1;
            j += !(bits >> b & 1);
            most = fmax(most, fabs((double)i / n - (double)j / m));
        }
        if (i == n) {
            all++;
            far += most >= distance - 1e-12;
        }
    }
    return (double)far / all;
}

static void two_samples(void **state)
{
    (void)state;
    double x[3000], y[3000], d, p;
    nt_normal(3, 3000, x);
    nt_normal(4, 3000, y);
    for (int m = 1; m <= 8; m++) {
        double naive = 0;
        nt_ok(context, nndyn_ks_two_sample(context, 6, x, m, y, &d, &p));
        for (int i = 0; i < 6 + m; i++) {
            const double at = i < 6 ? x[i] : y[i - 6];
            double a = 0;
            double b = 0;
            for (int j = 0; j < 6; j++) {
                a += x[j] <= at;
            }
            for (int j = 0; j < m; j++) {
                b += y[j] <= at;
            }
            naive = fmax(naive, fabs(a / 6 - b / m));
        }
        nt_near(d, naive, 1e-15);
        nt_near(p, count_arrangements(6, m, naive), 1e-14);
    }
    /* the limit against counting paths, just below and above the size where it takes over */
    nt_ok(context, nndyn_ks_two_sample(context, 1000, x, 1000, y, &d, &p));
    const double root = sqrt(500.0);
    nt_near(p, nd_kolmogorov((root + 0.12 + 0.11 / root) * d), 0.01);
    for (int i = 0; i < 3000; i++) {
        y[i] += 0.2;
    }
    nt_ok(context, nndyn_ks_two_sample(context, 3000, x, 3000, y, &d, &p));
    assert_true(d > 0.05 && p < 1e-6);
    nt_ok(context, nndyn_ks_two_sample(context, 3000, x, 3000, x, &d, &p));
    assert_true(d == 0 && p == 1);
    nt_near(nd_kolmogorov(1.3580986), 0.05, 1e-7); /* Smirnov's table */
    nt_near(nd_kolmogorov(0.9999999), nd_kolmogorov(1.0000001), 1e-6);
    nt_near(nd_kolmogorov(0), 1, 0);
}

static void two_sample_errors(void **state)
{
    (void)state;
    const double x[] = {1, 2, NAN};
    double d = 7, p = 8;
    nt_fails(NNDYN_EARG, context, "n is 0", nndyn_ks_two_sample(context, 0, x, 2, x, &d, &p));
    nt_fails(NNDYN_EARG, context, "m is 0", nndyn_ks_two_sample(context, 2, x, 0, x, &d, &p));
    nt_fails(NNDYN_EARG, context, "x is NULL", nndyn_ks_two_sample(context, 2, NULL, 2, x, &d, &p));
    nt_fails(NNDYN_EARG, context, "y is NULL", nndyn_ks_two_sample(context, 2, x, 2, NULL, &d, &p));
    nt_fails(NNDYN_EARG, context, "distance", nndyn_ks_two_sample(context, 2, x, 2, x, NULL, &p));
    nt_fails(NNDYN_EDATA, context, "x is nan", nndyn_ks_two_sample(context, 3, x, 2, x, &d, &p));
    nt_fails(NNDYN_EDATA, context, "y is nan", nndyn_ks_two_sample(context, 2, x, 3, x, &d, &p));
    counter.fail_at = counter.calls + 1;
    assert_int_equal(nndyn_ks_two_sample(context, 2, x, 2, x, &d, &p), NNDYN_ENOMEM);
    nt_ok(context, nndyn_context_set_memory_limit(context, 10));
    nt_fails(NNDYN_ELIMIT, context, "sorting", nndyn_ks_two_sample(context, 2, x, 2, x, &d, &p));
    assert_true(d == 7 && p == 8);
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    nt_ok(context, nndyn_ks_two_sample(context, 2, x, 2, x, &d, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting),
        cmocka_unit_test(order_statistics),
        cmocka_unit_test(sums_of_twice_the_digits),
        cmocka_unit_test(normal_law),
        cmocka_unit_test(quadrature),
        cmocka_unit_test(lines),
        cmocka_unit_test(zeta),
        cmocka_unit_test(truncated_exponential),
        cmocka_unit_test_setup_teardown(two_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_sample_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
