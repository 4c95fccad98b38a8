/* Separation: options by value, directions, and merges that are refused. */
#include "support/fixture.h"
#include "nndyn.h"

enum { ALL = NNDYN_SEPARATION_VALUES };

static const double points[] = {0, 0, 2, 0, 0, 3, 0, 5, 1, 4, 4, 1};
static const int64_t labels[] = {0, 0, 1, 1, 1, 2};

/* Mean squares within 1, 8/9 (2/3 + 2 over 3 samples) and 0 by class; means (1,0), (1/3,4), (4,1). */
static void classes_of_equal_weight(void **state)
{
    const double within = (1 + (2.0 / 3 + 2) / 3) / 3;
    const double mean[3][2] = {{1, 0}, {1.0 / 3, 4}, {4, 1}};
    const double middle[2] = {(1 + 1.0 / 3 + 4) / 3, 5.0 / 3};
    double between = 0, values[ALL];
    nndyn_options *options = NULL;
    (void)state;
    for (int c = 0; c < 3; c++) {
        between += (pow(mean[c][0] - middle[0], 2) + pow(mean[c][1] - middle[1], 2)) / 3;
    }
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "weights", "classes"));
    nt_ok(context, nndyn_separation(context, 6, 2, points, 3, labels, options, ALL, values, NULL));
    nt_near(values[NNDYN_SEPARATION_WITHIN], within, 1e-12);
    nt_near(values[NNDYN_SEPARATION_BETWEEN], between, 1e-12);
    nt_near(values[NNDYN_SEPARATION_D], log(within / between), 1e-12);
    nndyn_options_free(options);
}

/* What stands between the rows is not looked at. */
static void rows_at_a_stride(void **state)
{
    double spread[6 * 5], values[ALL], again[ALL];
    nndyn_options *options = NULL;
    (void)state;
    for (int i = 0; i < 6 * 5; i++) {
        spread[i] = i % 5 < 2 ? points[i / 5 * 2 + i % 5] : NAN;
    }
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", 1));
    nt_ok(context, nndyn_separation(context, 6, 2, points, 3, labels, options, ALL, values, NULL));
    nt_ok(options, nndyn_options_set_integer(options, "stride", 5));
    nt_ok(context, nndyn_separation(context, 6, 2, spread, 3, labels, options, ALL, again, NULL));
    assert_memory_equal(values, again, sizeof values);
    nndyn_options_free(options);
}

/* v_i' Sigma_B v_j = 1 or 0 and v_i' Sigma_W v_j = lambda_i or 0, with the matrices written out. */
static void directions_diagonalize_both(void **state)
{
    double w[4] = {0}, b[4] = {0}, mean[3][2] = {{1, 0}, {1.0 / 3, 4}, {4, 1}}, all[2] = {7.0 / 6, 13.0 / 6};
    double fuzziness[2], vectors[4];
    int64_t count = 0;
    (void)state;
    for (int n = 0; n < 6; n++) {
        for (int i = 0; i < 4; i++) {
            const double *h = points + 2 * n, *m = mean[labels[n]];
            w[i] += (h[i / 2] - m[i / 2]) * (h[i % 2] - m[i % 2]) / 6;
            b[i] += (m[i / 2] - all[i / 2]) * (m[i % 2] - all[i % 2]) / 6;
        }
    }
    nt_ok(context, nndyn_separation_directions(context, 6, 2, points, 3, labels, NULL, 2, fuzziness, vectors, &count));
    assert_int_equal(count, 2);
    assert_true(fuzziness[0] <= fuzziness[1]);
    nt_near(fuzziness[0] + fuzziness[1], 683.0 / 1444, 1e-12);
    for (int i = 0; i < 4; i++) {
        const double *u = vectors + i / 2 * 2, *v = vectors + i % 2 * 2;
        const double in_b = u[0] * (b[0] * v[0] + b[1] * v[1]) + u[1] * (b[2] * v[0] + b[3] * v[1]);
        const double in_w = u[0] * (w[0] * v[0] + w[1] * v[1]) + u[1] * (w[2] * v[0] + w[3] * v[1]);
        nt_near(in_b, i / 2 == i % 2 ? 1 : 0, 1e-12);
        nt_near(in_w, i / 2 == i % 2 ? fuzziness[i / 2] : 0, 1e-12);
    }
}

static void merges_that_are_refused(void **state)
{
    nndyn_separation_stream *a = NULL, *wide = NULL, *more = NULL, *other = NULL;
    nndyn_options *options = NULL;
    double before[ALL], after[ALL];
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(context, nndyn_separation_stream_create(context, 2, 3, NULL, &a));
    nt_ok(context, nndyn_separation_stream_create(context, 3, 3, NULL, &wide));
    nt_ok(context, nndyn_separation_stream_create(context, 2, 4, NULL, &more));
    nt_ok(context, nndyn_separation_stream_create(context, 2, 3, options, &other));
    nt_ok(a, nndyn_separation_stream_add(a, 6, points, labels));
    nt_ok(a, nndyn_separation_stream_get(a, ALL, before, NULL));
    assert_int_equal(nndyn_separation_stream_merge(a, wide), NNDYN_EARG);
    assert_int_equal(nndyn_separation_stream_merge(a, more), NNDYN_EARG);
    assert_int_equal(nndyn_separation_stream_merge(a, other), NNDYN_EARG);
    assert_int_equal(nndyn_separation_stream_merge(a, a), NNDYN_EARG);
    nt_ok(a, nndyn_separation_stream_get(a, ALL, after, NULL));
    assert_memory_equal(before, after, sizeof before);
    nndyn_separation_stream_free(a), nndyn_separation_stream_free(wide);
    nndyn_separation_stream_free(more), nndyn_separation_stream_free(other);
    nndyn_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(classes_of_equal_weight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_at_a_stride, set_up, tear_down),
        cmocka_unit_test_setup_teardown(directions_diagonalize_both, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merges_that_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("separation by value", tests, NULL, NULL);
}
