/* Order of samples: pairs against a naive count, verdicts, roles of neurons. */
#include "support/fixture.h"
#include "nndyn/network.h"
#include "nndyn/order.h"

enum { COUNTS = NNDYN_ORDER_COUNTS };

static void naive(int64_t n, const double *h, const double *g, int64_t *counts)
{
    memset(counts, 0, COUNTS * sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            const int a = (h[i] > h[j]) - (h[i] < h[j]), b = (g[i] > g[j]) - (g[i] < g[j]);
            counts[a == 0 && b == 0 ? NNDYN_ORDER_TIED_BOTH
                   : a == 0         ? NNDYN_ORDER_TIED_H
                   : b == 0         ? NNDYN_ORDER_TIED_G
                   : a == b         ? NNDYN_ORDER_CONCORDANT
                                    : NNDYN_ORDER_DISCORDANT]++;
        }
    }
}

/* Pearson's correlation of mid-ranks that are counted one by one. */
static double naive_rho(int64_t n, const double *h, const double *g)
{
    double hh = 0, gg = 0, hg = 0;
    for (int64_t i = 0; i < n; i++) {
        double a = 0, b = 0;
        for (int64_t j = 0; j < n; j++) {
            a += 0.5 * ((h[i] > h[j]) - (h[i] < h[j]));
            b += 0.5 * ((g[i] > g[j]) - (g[i] < g[j]));
        }
        hh += a * a;
        gg += b * b;
        hg += a * b;
    }
    return hg / sqrt(hh * gg);
}

static void against_a_naive_count(void **state)
{
    enum { N = 257 };
    static const double steps[] = {0, 0.05, 0.4, 5};
    double h[N], g[N], tau, rho;
    int64_t got[COUNTS], want[COUNTS];
    (void)state;
    for (int s = 0; s < 4; s++) {
        for (int64_t n = 2; n <= N; n = 2 * n + (n == 2)) {
            nt_normal(11 + (uint64_t)s, n, h);
            nt_normal(23 + (uint64_t)s, n, g);
            for (int64_t i = 0; i < n; i++) { /* ties of every kind, zeros of both signs among them */
                g[i] += 0.7 * h[i];
                h[i] = steps[s] > 0 ? steps[s] * trunc(h[i] / steps[s]) : h[i];
                g[i] = steps[s] > 0 ? steps[s] * trunc(g[i] / steps[s]) : g[i];
            }
            nt_ok(context, nndyn_order_pairs(context, n, h, g, got, &tau, &rho));
            naive(n, h, g, want);
            nt_same(got, want, sizeof got);
            const double c = (double)want[0], d = (double)want[1];
            const double root = sqrt((c + d + (double)want[2]) * (c + d + (double)want[3]));
            nt_close(&tau, &(double){root > 0 ? (c - d) / root : NAN}, 1, 1e-14, 1e-15);
            nt_close(&rho, &(double){naive_rho(n, h, g)}, 1, 1e-12, 1e-13);
        }
    }
}

static void figures_on_a_grid(void **state)
{
    enum { N = 1001 };
    double h[N], g[N], strict, discordance, tau;
    int64_t counts[COUNTS];
    const double pairs = 0.5 * N * (N - 1);
    int verdict;
    (void)state;
    for (int i = 0; i < N; i++) {
        h[i] = -3 + 6.0 * i / (N - 1) + 1e-6;
        g[i] = tanh(h[i]);
    }
    nt_ok(context, nndyn_order_pairs(context, N, h, g, counts, &tau, NULL));
    assert_true(tau == 1);
    nt_ok(context, nndyn_order_verdict(context, counts, &verdict, &strict, &discordance));
    assert_int_equal(verdict, NNDYN_ORDER_STRICT);
    assert_true(strict == 1 && discordance == 0);
    for (int i = 0; i < N; i++) {
        g[i] = h[i] > 0 ? h[i] : 0;
    }
    nt_ok(context, nndyn_order_pairs(context, N, h, g, counts, NULL, NULL));
    nt_near((double)counts[NNDYN_ORDER_CONCORDANT] / pairs, 0.7507493, 5e-8);
    nt_near((double)counts[NNDYN_ORDER_TIED_G] / pairs, 0.2492507, 5e-8);
    nt_ok(context, nndyn_order_verdict(context, counts, &verdict, NULL, NULL));
    assert_int_equal(verdict, NNDYN_ORDER_WEAK);
    for (int i = 0; i < N; i++) {
        g[i] = exp(-h[i] * h[i]);
    }
    nt_ok(context, nndyn_order_pairs(context, N, h, g, counts, NULL, NULL));
    nt_near((double)counts[NNDYN_ORDER_CONCORDANT] / pairs, 0.4995005, 5e-8);
    nt_ok(context, nndyn_order_verdict(context, counts, &verdict, NULL, &discordance));
    nt_near(discordance, 0.5004995, 5e-8);
    assert_int_equal(verdict, NNDYN_ORDER_NON_PRESERVING);
}

static int verdict_of(int n, const double *h, const double *g)
{
    int64_t counts[COUNTS];
    int verdict = 0;
    nt_ok(context, nndyn_order_pairs(context, n, h, g, counts, NULL, NULL));
    nt_ok(context, nndyn_order_verdict(context, counts, &verdict, NULL, NULL));
    return verdict;
}

static void verdicts(void **state)
{
    const double h[] = {2, -1, 0, 5}, same[] = {3, 3, 3, 3}, down[] = {-2, 1, 0, -5}, falls[] = {0, 1, 1, 0};
    (void)state;
    assert_int_equal(verdict_of(4, h, h), NNDYN_ORDER_STRICT);
    assert_int_equal(verdict_of(4, h, down), NNDYN_ORDER_REVERSED);
    assert_int_equal(verdict_of(4, h, falls), NNDYN_ORDER_WEAKLY_REVERSED);
    assert_int_equal(verdict_of(4, h, same), NNDYN_ORDER_CONSTANT);
    assert_int_equal(verdict_of(4, same, h), NNDYN_ORDER_CONSTANT);
}

static int role(int activation, int n, const double *h, int single, int64_t *tied)
{
    int out = 0;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "precision", single ? "f32" : "f64"));
    nt_ok(context, nndyn_order_roles(context, activation, n, 1, h, options, &out, tied));
    nndyn_options_free(options);
    return out;
}

static void roles_of_neurons(void **state)
{
    enum { N = 1000 };
    double h[N];
    int64_t tied = -1;
    (void)state;
    for (int i = 0; i < N; i++) {
        h[i] = i - 499.0; /* 500 of them at or below 0 */
    }
    assert_int_equal(role(NNDYN_RELU, N, h, 0, &tied), NNDYN_ORDER_ROLE_RECTIFYING);
    nt_near(1 - (double)tied / (0.5 * N * (N - 1)), 0.75025025025025025, 1e-15);
    assert_int_equal(role(NNDYN_RELU, 500, h, 0, NULL), NNDYN_ORDER_ROLE_DEAD);
    assert_int_equal(role(NNDYN_RELU, 501, h + 499, 0, &tied), NNDYN_ORDER_ROLE_LINEAR);
    assert_int_equal(tied, 0);
    assert_int_equal(role(NNDYN_LEAKY_RELU, N, h, 0, &tied), NNDYN_ORDER_ROLE_RECTIFYING);
    assert_int_equal(tied, 0);
    assert_int_equal(role(NNDYN_LEAKY_RELU, 500, h, 0, NULL), NNDYN_ORDER_ROLE_LINEAR);
    assert_int_equal(role(NNDYN_IDENTITY, N, h, 0, NULL), NNDYN_ORDER_ROLE_LINEAR);
    assert_int_equal(role(NNDYN_COS, N, h, 0, NULL), NNDYN_ORDER_ROLE_FOLDING);
}

/* Where tanh becomes 1: 2 exp(-2 z) is half of the spacing below 1 at 19.06, in single precision at 9.01, and the
 * spacing itself at 18.71 and 8.66; the kernels are right to about a unit in the last place. */
static void saturation_by_rounding(void **state)
{
    const double two[2][2] = {{18.3, 30}, {19.5, 30}}, single[2][2] = {{8.3, 30}, {9.4, 30}};
    const double three[] = {0, 19.5, 30};
    int64_t tied = -1;
    (void)state;
    assert_int_equal(role(NNDYN_TANH, 2, two[0], 0, NULL), NNDYN_ORDER_ROLE_CURVED);
    assert_int_equal(role(NNDYN_TANH, 2, two[1], 0, NULL), NNDYN_ORDER_ROLE_DEAD);
    assert_int_equal(role(NNDYN_TANH, 3, three, 0, &tied), NNDYN_ORDER_ROLE_SATURATED);
    assert_int_equal(tied, 1);
    assert_int_equal(role(NNDYN_TANH, 2, single[0], 1, NULL), NNDYN_ORDER_ROLE_CURVED);
    assert_int_equal(role(NNDYN_TANH, 2, single[1], 1, NULL), NNDYN_ORDER_ROLE_DEAD);
    assert_int_equal(role(NNDYN_TANH, 2, single[1], 0, NULL), NNDYN_ORDER_ROLE_CURVED);
}

static void threads_do_not_show(void **state)
{
    enum { N = 300, UNITS = 37 };
    static double h[N * UNITS];
    int one[UNITS], eight[UNITS];
    int64_t tied[UNITS], again[UNITS];
    (void)state;
    nt_normal(5, N * UNITS, h);
    nt_ok(context, nndyn_order_roles(context, NNDYN_RELU, N, UNITS, h, NULL, one, tied));
    nt_ok(context, nndyn_context_set_threads(context, 8));
    nt_ok(context, nndyn_order_roles(context, NNDYN_RELU, N, UNITS, h, NULL, eight, again));
    nt_same(one, eight, sizeof one);
    nt_same(tied, again, sizeof tied);
    for (int u = 0; u < UNITS; u++) {
        int64_t m = 0;
        for (int i = 0; i < N; i++) {
            m += h[i * UNITS + u] <= 0;
        }
        assert_int_equal(tied[u], m * (m - 1) / 2);
    }
}

static void bad_input(void **state)
{
    const double h[] = {1, 2, 3}, bad[] = {1, NAN, 3}, huge[] = {1, 800, 3};
    int64_t counts[COUNTS] = {7, 7, 7, 7, 7}, none[COUNTS] = {0}, negative[COUNTS] = {3, -1, 0, 0, 0}, tied = 7;
    double tau = 7;
    int verdict = 7;
    nndyn_options *options = NULL;
    (void)state;
    nt_fails(NNDYN_EARG, context, "n is 1", nndyn_order_pairs(context, 1, h, h, counts, &tau, NULL));
    nt_fails(NNDYN_EARG, context, "h", nndyn_order_pairs(context, 3, NULL, h, counts, &tau, NULL));
    nt_fails(NNDYN_EARG, context, "g", nndyn_order_pairs(context, 3, h, NULL, counts, &tau, NULL));
    nt_fails(NNDYN_EARG, context, "counts", nndyn_order_pairs(context, 3, h, h, NULL, &tau, NULL));
    nt_fails(NNDYN_EDATA, context, "h", nndyn_order_pairs(context, 3, bad, h, counts, &tau, NULL));
    nt_fails(NNDYN_EDATA, context, "g", nndyn_order_pairs(context, 3, h, bad, counts, &tau, NULL));
    nt_fails(NNDYN_EARG, context, "counts", nndyn_order_verdict(context, NULL, &verdict, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "all 0", nndyn_order_verdict(context, none, &verdict, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "counts", nndyn_order_verdict(context, negative, &verdict, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "activation", nndyn_order_roles(context, 99, 3, 1, h, NULL, &verdict, &tied));
    nt_fails(NNDYN_EARG, context, "n is 0", nndyn_order_roles(context, NNDYN_RELU, 0, 1, h, NULL, &verdict, &tied));
    nt_fails(NNDYN_EARG, context, "units", nndyn_order_roles(context, NNDYN_RELU, 3, 0, h, NULL, &verdict, &tied));
    nt_fails(NNDYN_EARG, context, "h", nndyn_order_roles(context, NNDYN_RELU, 3, 1, NULL, NULL, &verdict, &tied));
    nt_fails(NNDYN_EARG, context, "roles", nndyn_order_roles(context, NNDYN_RELU, 3, 1, h, NULL, NULL, &tied));
    nt_fails(NNDYN_EDATA, context, "h", nndyn_order_roles(context, NNDYN_RELU, 3, 1, bad, NULL, &verdict, &tied));
    nt_fails(NNDYN_ENUMERIC, context, "unit 0",
             nndyn_order_roles(context, NNDYN_EXP, 3, 1, huge, NULL, &verdict, &tied));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "parameter", 1));
    nt_fails(NNDYN_EOPTION, context, "parameter",
             nndyn_order_roles(context, NNDYN_RELU, 3, 1, h, options, &verdict, &tied));
    nndyn_options_free(options);
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    double many[400] = {0};
    nt_fails(NNDYN_ELIMIT, context, "limit", nndyn_order_pairs(context, 400, many, many, counts, &tau, NULL));
    nt_fails(NNDYN_ELIMIT, context, "limit",
             nndyn_order_roles(context, NNDYN_RELU, 400, 1, many, NULL, &verdict, &tied));
    assert_true(tau == 7 && verdict == 7 && tied == 7);
    for (int i = 0; i < COUNTS; i++) {
        assert_int_equal(counts[i], 7);
    }
}

static int all_calls(nt_allocator *a, void *user)
{
    const double h[] = {1, 2, -3, 0, 5, 6};
    nndyn_context *inner = NULL;
    int64_t counts[COUNTS];
    int roles[2];
    (void)user;
    int status = nt_context_create(a, &inner);
    if (status == NNDYN_OK) {
        status = nndyn_order_pairs(inner, 6, h, h, counts, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_order_roles(inner, NNDYN_RELU, 3, 2, h, NULL, roles, NULL);
    }
    nndyn_context_free(inner);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(all_calls, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(against_a_naive_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(figures_on_a_grid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verdicts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(roles_of_neurons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(saturation_by_rounding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_do_not_show, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_input, set_up, tear_down),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
