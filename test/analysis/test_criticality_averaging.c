/* Averages and accumulation of power laws in short; long_criticality.c has them at full length. */
#include "criticality_averaging.h"

static void check(const nt_law *law, int64_t draws, double k, double tolerance)
{
    double se, mass;
    const double got = nt_exponent_of(law, draws, &se, &mass);
    assert_true(5 * se <= tolerance);
    nt_near(got, k, tolerance);
}

/* The small side dies: k_N = 1 - N (1 - k) while positive, regular after; finite windows leave 0.02 and 0.04. */
static void test_small(void **state)
{
    (void)state;
    static const double k[] = {0.6667, 0.351, 0.039};
    for (int i = 0; i < 3; i++) {
        const nt_law law = {nt_draw_cube, 11 + i, 1 << i, 0, 0, 1e-5, 1e-2};
        check(&law, 1000000, k[i], i == 2 ? 0.06 : 0.03);
    }
}

/* Heavy tails survive averaging and accumulation. */
static void test_tails(void **state)
{
    (void)state;
    const nt_law one = {nt_draw_pareto, 21, 1, 0, 0, 10, 1e4}, two = {nt_draw_pareto, 22, 2, 0, 0, 10, 1e4};
    const nt_law accumulated = {nt_draw_pareto, 23, 1, 0.8, 0, 100, 1e5};
    double se, mass;
    check(&one, 1000000, 2.5, 0.06);
    check(&two, 1000000, 2.5, 0.08);
    const double k = nt_exponent_of(&accumulated, 1000000, &se, &mass);
    nt_near(k, 2.5, 0.25);
    nt_near(mass, 0.001 / (1 - pow(0.8, 1.5)), 6e-4);
}

/* Multiplicative noise makes a tail of its own: k = 1 + kappa, E|1 - 0.8 x^2|^kappa = 1. */
static void test_kesten(void **state)
{
    (void)state;
    const nt_law law = {nt_draw_normal, 31, 1, 0, 0.8, 10, 1e4};
    double se, mass;
    nt_near(nt_exponent_of(&law, 1000000, &se, &mass), 2.5464, 0.15);
}

static void test_pair(void **state)
{
    (void)state;
    double share, k;
    nt_two_changes(500000, 1e-2, &share, &k);
    nt_near(share, 0.9060, 0.05);
    nt_near(k, 0, 0.06);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_kesten),
        cmocka_unit_test(test_pair),
    };
    return cmocka_run_group_tests_name("averages", tests, NULL, NULL);
}
