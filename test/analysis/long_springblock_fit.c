/* Coverage of 95 % intervals and joint regions over synthetic load curves of known chains.
 *
 * Error rates: a count is within its band if it is neither so low nor so high that a binomial count at probability 0.95
 * is beyond it with more than 5e-4 on a side: 179 to 198 of 200, 87 to 100 of 100.  Where intervals are wider by design
 * (three parameters of one curve: two are never determined) only the lower end is asserted. */
#include "analysis/springblock_fit.h"
#include <math.h>

/* Least and largest count of n whose tail, itself counted, is at least 5e-4. */
static void nt_band(int n, int *low, int *high)
{
    double below = 0, above = 0;
    for (*low = 0; *low < n; ++*low) {
        below +=
            exp(lgamma(n + 1) - lgamma(*low + 1) - lgamma(n - *low + 1) + *low * log(0.95) + (n - *low) * log(0.05));
        if (below >= 5e-4) {
            break;
        }
    }
    for (*high = n; *high > 0; --*high) {
        above += exp(lgamma(n + 1) - lgamma(*high + 1) - lgamma(n - *high + 1) + *high * log(0.95) +
                     (n - *high) * log(0.05));
        if (above >= 5e-4) {
            break;
        }
    }
}

static void nt_within(int count, int n, int wide)
{
    int low, high;
    nt_band(n, &low, &high);
    assert_true(count >= low && (wide || count <= high));
}

static void nt_check(const nt_experiment *e, const char *name)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_coverage c;
    nt_measure_coverage(context, e, &c);
    for (int q = 0; q < 5; q++) {
        print_message("# %s: %-15s holds %d of %d; determined %d, holds %d of them\n", name, nt_quantities[q],
                      c.held[q], e->curves, c.determined[q], c.held_determined[q]);
    }
    print_message("# %s: joint region holds %d of %d\n", name, c.region, e->curves);
    for (int q = 0; q < 5; q++) {
        const int known = !e->free && q == 1;
        nt_within(c.held[q], e->curves, e->free || known);
        nt_within(c.held_determined[q], c.determined[q], e->free || known);
    }
    nt_within(c.region, e->curves, e->free);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_given(void **state)
{
    (void)state;
    nt_check(&(nt_experiment){.curves = 200, .error = 0.001, .seed = 52000000}, "errors of 0.1 % given");
}

static void test_small(void **state)
{
    (void)state;
    nt_check(&(nt_experiment){.curves = 200, .error = 0.0003, .seed = 53000000}, "errors of 0.03 % given");
}

static void test_ensembles(void **state)
{
    (void)state;
    nt_check(&(nt_experiment){.curves = 200, .error = 0.001, .ensembles = 1, .seed = 54000000}, "ensembles of 40");
}

static void test_three(void **state)
{
    (void)state;
    nt_check(&(nt_experiment){.curves = 100, .error = 0.0003, .free = 1, .seed = 55000000}, "all three free");
}

static void test_estimated(void **state)
{
    (void)state;
    nt_check(&(nt_experiment){.curves = 100, .error = 0.0003, .estimated = 1, .seed = 56000000},
             "errors of 0.03 % estimated");
    nt_check(&(nt_experiment){.curves = 100, .error = 0.001, .estimated = 1, .seed = 57000000},
             "errors of 0.1 % estimated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_given), cmocka_unit_test(test_small),
                                       cmocka_unit_test(test_ensembles), cmocka_unit_test(test_three),
                                       cmocka_unit_test(test_estimated)};
    return cmocka_run_group_tests_name("springblock_fit_long", tests, NULL, NULL);
}
