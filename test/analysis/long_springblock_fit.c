/* Coverage of 95 % intervals over 200 synthetic load curves, errors given and errors estimated.
 *
 * Error rates: of 200 intervals that hold the truth with probability 0.95, fewer than 180 do so with probability 2e-3;
 * intervals that are wider by design where a parameter is not determined hold it more often. */
#include "analysis/springblock_fit.h"

static void nt_check(double error, int weighted)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_coverage c;
    nt_measure_coverage(context, 200, error, weighted, &c);
    for (int q = 0; q < 5; q++) {
        print_message("# error %g %s: %-15s holds %d of 200; determined %d, holds %d of them\n", error,
                      weighted ? "given" : "estimated", nt_quantities[q], c.held[q], c.determined[q],
                      c.held_determined[q]);
        assert_true(c.held[q] >= 180);
    }
    print_message("# joint region holds %d of 200\n", c.region);
    assert_true(c.region >= 180 && c.region <= 199);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_given(void **state)
{
    (void)state;
    nt_check(0.001, 1);
}

static void test_estimated(void **state)
{
    (void)state;
    nt_check(0.0003, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_given), cmocka_unit_test(test_estimated)};
    return cmocka_run_group_tests_name("springblock_fit_long", tests, NULL, NULL);
}
