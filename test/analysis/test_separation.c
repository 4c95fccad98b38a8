/* Separation of given features: closed forms, invariances, degenerate data. */
#include "support/fixture.h"
#include "nndyn.h"

enum { ALL = NNDYN_SEPARATION_VALUES };

static nndyn_options *he_su_and_inverse(void)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", 1));
    return options;
}

static int measure(int64_t n, int64_t width, const double *x, int64_t classes, const int64_t *labels, double *values)
{
    nndyn_options *options = he_su_and_inverse();
    int flags = -1;
    nt_ok(context, nndyn_separation(context, n, width, x, classes, labels, options, ALL, values, &flags));
    nndyn_options_free(options);
    return flags;
}

/* Class c: 2 d points a e_c +- s sqrt(d) e_j, so that Sigma_W = s^2 exactly. */
static void cross_data(void **state)
{
    enum { C = 10, D = 100, N = 2 * C * D };
    const double a = 3, s = 0.5;
    double *x = calloc((size_t)N * D, sizeof *x), values[ALL];
    int64_t labels[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        const int c = i / (2 * D), j = i / 2 % D;
        labels[i] = c;
        x[i * D + c] += a;
        x[i * D + j] += (i % 2 ? 1 : -1) * s * sqrt(D);
    }
    assert_int_equal(measure(N, D, x, C, labels, values), 0);
    const double want[ALL] = {log(250.0 / 81), log(2.5), log(32.4), 25, 8.1, 9, 100, 1, 10, N};
    nt_close(values, want, ALL, 1e-10, 0);
    free(x);
}

/* A weight of 1/C instead of n_c/N fails this; so does a label that is taken for a place. */
static void unbalanced_data_with_labels_of_any_range(void **state)
{
    const double x[] = {0, 0, 2, 0, 0, 3, 0, 5, 1, 4, 4, 1};
    const int64_t near[] = {0, 0, 1, 1, 1, 2}, far[] = {INT64_MAX, INT64_MAX, -7, -7, -7, INT64_MIN};
    const double want[3] = {log(14.0 / 93), log(683.0 / 1444), log(683.0 / 48)};
    double values[ALL], again[ALL];
    (void)state;
    assert_int_equal(measure(6, 2, x, 3, near, values), 0);
    nt_close(values, want, 3, 1e-10, 0);
    assert_int_equal(measure(6, 2, x, 0, far, again), 0);
    nt_close(again, values, ALL, 1e-14, 0);
}

static void scatter_orthogonal_to_the_means(void **state)
{
    const double x[] = {1, 1, 1, -1, -1, 1, -1, -1};
    const int64_t labels[] = {0, 0, 1, 1};
    double values[ALL];
    (void)state;
    const int flags = measure(4, 2, x, 2, labels, values);
    assert_true(flags & NNDYN_SEPARATION_SCATTER_OUTSIDE);
    nt_near(values[NNDYN_SEPARATION_D], 0, 1e-12);
    assert_true(isinf(values[NNDYN_SEPARATION_D_HS]) && values[NNDYN_SEPARATION_D_HS] < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cross_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unbalanced_data_with_labels_of_any_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scatter_orthogonal_to_the_means, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("separation", tests, NULL, NULL);
}
