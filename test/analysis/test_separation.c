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

/* ---- invariances, width, near-degenerate means ------------------------------------------------------------------- */

/* A random orthogonal matrix by Gram-Schmidt. */
static void orthogonal(uint64_t seed, int d, double *q)
{
    nt_normal(seed, (int64_t)d * d, q);
    for (int i = 0; i < d; i++) {
        for (int twice = 0; twice < 2; twice++) {
            for (int k = 0; k < i; k++) {
                double dot = 0;
                for (int j = 0; j < d; j++) {
                    dot += q[i * d + j] * q[k * d + j];
                }
                for (int j = 0; j < d; j++) {
                    q[i * d + j] -= dot * q[k * d + j];
                }
            }
        }
        double norm = 0;
        for (int j = 0; j < d; j++) {
            norm += q[i * d + j] * q[i * d + j];
        }
        for (int j = 0; j < d; j++) {
            q[i * d + j] /= sqrt(norm);
        }
    }
}

/* y = scale x a + shift, row by row */
static void map_rows(int n, int d, double scale, double shift, const double *x, const double *a, double *y)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < d; j++) {
            double sum = 0;
            for (int k = 0; k < d; k++) {
                sum += x[i * d + k] * a[k * d + j];
            }
            y[i * d + j] = scale * sum + shift;
        }
    }
}

static void invariances(void **state)
{
    enum { N = 300, D = 20, C = 4 };
    static double x[N * D], y[N * D], a[D * D];
    int64_t labels[N];
    double plain[ALL], moved[ALL], mixed[ALL];
    (void)state;
    nt_normal(11, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i % C;
        x[i * D + i % C] += 4;
    }
    measure(N, D, x, C, labels, plain);
    orthogonal(12, D, a);
    map_rows(N, D, 3, 7, x, a, y);
    measure(N, D, y, C, labels, moved);
    nt_close(moved, plain, 3, 0, 1e-12);
    nt_normal(13, D * D, a);
    map_rows(N, D, 1, 0, x, a, y);
    measure(N, D, y, C, labels, mixed);
    nt_near(mixed[NNDYN_SEPARATION_D_INVERSE], plain[NNDYN_SEPARATION_D_INVERSE], 1e-10);
    assert_true(fabs(mixed[NNDYN_SEPARATION_D] - plain[NNDYN_SEPARATION_D]) > 1e-3);
    assert_true(fabs(mixed[NNDYN_SEPARATION_D_HS] - plain[NNDYN_SEPARATION_D_HS]) > 1e-3);
}

/* Features of width 500 that are an isometric image of width 20 (so that the narrow code is the reference), and no
 * allocation as large as a width x width matrix. */
static void wider_than_samples(void **state)
{
    enum { N = 40, D = 30, WIDE = 500, C = 5 };
    static double x[N * D], y[N * WIDE], q[WIDE * WIDE];
    int64_t labels[N];
    double narrow[ALL], wide[ALL];
    nndyn_options *options = NULL;
    (void)state;
    nt_normal(21, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i % C;
        x[i * D + i % C] += 3;
    }
    orthogonal(22, WIDE, q);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < WIDE; j++) {
            for (int k = 0; k < D; k++) {
                y[i * WIDE + j] += x[i * D + k] * q[k * WIDE + j];
            }
        }
    }
    measure(N, D, x, C, labels, narrow);
    measure(N, WIDE, y, C, labels, wide);
    nt_close(wide, narrow, 3, 1e-10, 1e-10);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "block", 8));
    const int64_t before = counter.live_bytes;
    counter.peak_bytes = before;
    nt_ok(context, nndyn_separation(context, N, WIDE, y, C, labels, options, ALL, wide, NULL));
    assert_true(counter.peak_bytes - before < (int64_t)WIDE * WIDE * 8 / 4);
    nt_close(&wide[1], &narrow[1], 1, 1e-10, 1e-10);
    nndyn_options_free(options);
}

/* Two of three means at distance 1e-6: exact trace .25 tr S / det S of the 2 x 2 covariance S of the means.  The same
 * by the eigenvalues of the Gram matrix of the offsets is off by more than the tolerance. */
static void nearly_equal_means(void **state)
{
    enum { D = 50, C = 3, N = 2 * C * D };
    const double delta = 1e-6, means[C][2] = {{1, 0}, {1, delta}, {-2, 0}};
    static double x[N * D], y[N * D], q[D * D];
    int64_t labels[N];
    double values[ALL], sxx = 0, sxy = 0, syy = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        const int c = i / (2 * D), j = i / 2 % D;
        labels[i] = c;
        x[i * D] += means[c][0];
        x[i * D + 1] += means[c][1];
        x[i * D + j] += (i % 2 ? 0.5 : -0.5) * sqrt(D);
    }
    orthogonal(31, D, q);
    map_rows(N, D, 1, 0, x, q, y);
    for (int c = 0; c < C; c++) {
        const double dx = means[c][0], dy = means[c][1] - delta / 3;
        sxx += dx * dx / C, sxy += dx * dy / C, syy += dy * dy / C;
    }
    const double exact = 0.25 * (sxx + syy) / (sxx * syy - sxy * sxy);
    measure(N, D, y, C, labels, values);
    nt_near(exp(values[NNDYN_SEPARATION_D_HS]) / exact, 1, 1e-7);
    assert_true(values[NNDYN_SEPARATION_RANK_BETWEEN] == 2 && values[NNDYN_SEPARATION_CONDITION] < 1e-6);

    /* the Gram path: nonzero eigenvalues of B'B from its invariants, of means known to rounding */
    double mean[C][D], global[D], gram[C][C] = {{0}}, trace = 0, minors = 0;
    for (int j = 0; j < D; j++) {
        global[j] = 0;
        for (int c = 0; c < C; c++) {
            mean[c][j] = means[c][0] * q[j] + means[c][1] * q[D + j];
            global[j] += mean[c][j] / C;
        }
    }
    for (int a = 0; a < C; a++) {
        for (int b = 0; b < C; b++) {
            for (int j = 0; j < D; j++) {
                gram[a][b] += (mean[a][j] - global[j]) * (mean[b][j] - global[j]) / C;
            }
        }
    }
    for (int a = 0; a < C; a++) {
        trace += gram[a][a];
        for (int b = 0; b < a; b++) {
            minors += gram[a][a] * gram[b][b] - gram[a][b] * gram[b][a];
        }
    }
    assert_true(fabs(0.25 * trace / minors / exact - 1) > 1e-6);
}

/* ---- degenerate data --------------------------------------------------------------------------------------------- */

static void degenerate_data(void **state)
{
    const double apart[] = {0, 0, 0, 0, 3, 4, 3, 4}, same[] = {5.1, 0.3, 5.1, 0.3, 5.1, 0.3, 5.1, 0.3};
    const double crossed[] = {1, 1, -1, -1, 1, -1, -1, 1};
    const int64_t two[] = {0, 0, 1, 1}, one[] = {2, 2, 2, 2};
    double v[ALL];
    int flags;
    (void)state;
    flags = measure(4, 2, apart, 2, two, v);
    assert_int_equal(flags & (NNDYN_SEPARATION_ZERO_WITHIN | NNDYN_SEPARATION_ZERO_BETWEEN),
                     NNDYN_SEPARATION_ZERO_WITHIN);
    assert_true(isinf(v[0]) && v[0] < 0 && isinf(v[1]) && v[1] < 0 && isinf(v[2]) && v[2] > 0);
    flags = measure(4, 2, crossed, 2, two, v);
    assert_true(flags & NNDYN_SEPARATION_ZERO_BETWEEN && flags & NNDYN_SEPARATION_RANK_DEFICIENT);
    assert_true(isinf(v[0]) && v[0] > 0 && isinf(v[1]) && v[1] > 0 && isinf(v[2]) && v[2] < 0);
    flags = measure(4, 2, same, 2, two, v);
    assert_true(flags & NNDYN_SEPARATION_ZERO_BETWEEN && flags & NNDYN_SEPARATION_ZERO_WITHIN);
    assert_true(isnan(v[0]) && isnan(v[1]) && isnan(v[2]));
    flags = measure(4, 2, crossed, 4, one, v);
    assert_true(flags & NNDYN_SEPARATION_SINGLE_CLASS && flags & NNDYN_SEPARATION_EMPTY_CLASS);
    assert_true(isinf(v[0]) && v[0] > 0 && v[NNDYN_SEPARATION_CLASSES] == 1);
}

/* A large common offset, and classes collapsed to 1e-9 of it: subtraction of squares would leave no digit. */
static void nothing_cancels(void **state)
{
    enum { N = 5000, D = 3 };
    static double x[N * D], noise[N * D];
    static int64_t labels[N];
    double within = 0, values[ALL];
    (void)state;
    nt_normal(41, N * D, noise);
    for (int i = 0; i < N; i++) {
        labels[i] = i % 2;
        for (int j = 0; j < D; j++) {
            x[i * D + j] = 1e6 + labels[i] + ldexp(round(noise[i * D + j] * 8), -20);
        }
    }
    for (int c = 0; c < 2; c++) {
        for (int j = 0; j < D; j++) {
            double mean = 0;
            for (int i = c; i < N; i += 2) {
                mean += (x[i * D + j] - 1e6 - c) / (N / 2);
            }
            for (int i = c; i < N; i += 2) {
                within += (x[i * D + j] - 1e6 - c - mean) * (x[i * D + j] - 1e6 - c - mean) / N;
            }
        }
    }
    nt_ok(context, nndyn_separation(context, N, D, x, 2, labels, NULL, ALL, values, NULL));
    nt_close(&values[NNDYN_SEPARATION_WITHIN], &within, 1, 1e-10, 0);
    assert_true(isnan(values[NNDYN_SEPARATION_D_HS]) && isnan(values[NNDYN_SEPARATION_RANK_WITHIN]));
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void streams_agree_with_arrays(void **state)
{
    enum { N = 3000, D = 13, C = 3 };
    static double x[N * D];
    static int64_t labels[N];
    double whole[ALL], values[ALL];
    nndyn_options *options = he_su_and_inverse();
    nndyn_separation_stream *s[2];
    (void)state;
    nt_normal(51, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i * 7 % C;
        x[i * D + labels[i]] += 2;
    }
    measure(N, D, x, C, labels, whole);
    for (int i = 0; i < 2; i++) {
        nt_ok(context, nndyn_separation_stream_create(context, D, C, options, &s[i]));
    }
    nt_fails(NNDYN_ESTATE, s[0], "no samples", nndyn_separation_stream_get(s[0], ALL, values, NULL));
    nt_fails(NNDYN_ESTATE, s[0], "no samples", nndyn_separation_stream_second_pass(s[0]));
    for (int first = 0; first < N; first += 100) {
        nt_ok(s[0], nndyn_separation_stream_add(s[first >= 2000], 100, x + first * D, labels + first));
    }
    nt_fails(NNDYN_EARG, s[0], "itself", nndyn_separation_stream_merge(s[0], s[0]));
    nt_ok(s[0], nndyn_separation_stream_merge(s[0], s[1]));
    nndyn_separation_stream_free(s[1]);
    nt_ok(s[0], nndyn_separation_stream_get(s[0], ALL, values, NULL));
    nt_close(values, whole, 1, 1e-12, 1e-12);
    assert_true(isnan(values[NNDYN_SEPARATION_D_HS]));
    nt_ok(s[0], nndyn_separation_stream_second_pass(s[0]));
    nt_fails(NNDYN_ESTATE, s[0], "begun", nndyn_separation_stream_second_pass(s[0]));
    nt_ok(s[0], nndyn_separation_stream_copy(s[0], &s[1]));
    nt_ok(s[0], nndyn_separation_stream_add(s[0], 1200, x, labels));
    nt_fails(NNDYN_ESTATE, s[0], "1800", nndyn_separation_stream_get(s[0], ALL, values, NULL));
    nt_ok(s[1], nndyn_separation_stream_add(s[1], 1800, x + 1200 * D, labels + 1200));
    nt_ok(s[0], nndyn_separation_stream_merge(s[0], s[1]));
    nt_fails(NNDYN_ESTATE, s[0], "more samples", nndyn_separation_stream_merge(s[0], s[1]));
    nt_fails(NNDYN_ESTATE, s[0], "second pass", nndyn_separation_stream_add(s[0], 1, x, labels));
    nt_ok(s[0], nndyn_separation_stream_get(s[0], ALL, values, NULL));
    nt_close(values, whole, ALL, 1e-11, 1e-11);
    nndyn_separation_stream_free(s[0]);
    nndyn_separation_stream_free(s[1]);
    nndyn_options_free(options);
}

/* ---- directions -------------------------------------------------------------------------------------------------- */

static void directions_sum_to_the_trace(void **state)
{
    enum { N = 200, D = 6, C = 4 };
    double x[N * D], values[ALL], fuzziness[C], sum = 0;
    int64_t labels[N], count = 0;
    (void)state;
    nt_normal(61, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i % C;
        x[i * D + i % C] += 3;
    }
    measure(N, D, x, C, labels, values);
    nt_ok(context, nndyn_separation_directions(context, N, D, x, C, labels, NULL, C, fuzziness, NULL, &count));
    assert_int_equal(count, C - 1);
    for (int i = 0; i < count; i++) {
        sum += fuzziness[i];
        assert_true(i == 0 || fuzziness[i] >= fuzziness[i - 1]);
    }
    nt_near(log(sum), values[NNDYN_SEPARATION_D_HS], 1e-12);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void failures_leave_outputs_untouched(void **state)
{
    double x[] = {1, 2, 3, 4, 5, 6}, values[2] = {-5, -6};
    const int64_t labels[] = {0, 1, 1}, wrong[] = {0, 1, 2};
    int flags = -7;
    nndyn_options *options = NULL;
    (void)state;
    nt_fails(NNDYN_EARG, context, "n is 0", nndyn_separation(context, 0, 2, x, 2, labels, NULL, 2, values, &flags));
    nt_fails(NNDYN_EARG, context, "width", nndyn_separation(context, 3, 0, x, 2, labels, NULL, 2, values, &flags));
    nt_fails(NNDYN_EARG, context, "classes", nndyn_separation(context, 3, 2, x, -1, labels, NULL, 2, values, &flags));
    nt_fails(NNDYN_EARG, context, "x", nndyn_separation(context, 3, 2, NULL, 2, labels, NULL, 2, values, &flags));
    nt_fails(NNDYN_EARG, context, "labels", nndyn_separation(context, 3, 2, x, 2, NULL, NULL, 2, values, &flags));
    nt_fails(NNDYN_EARG, context, "count", nndyn_separation(context, 3, 2, x, 2, labels, NULL, 0, values, &flags));
    nt_fails(NNDYN_EDATA, context, "labels[2]", nndyn_separation(context, 3, 2, x, 2, wrong, NULL, 2, values, &flags));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "stride", 1));
    nt_fails(NNDYN_EOPTION, context, "stride",
             nndyn_separation(context, 3, 2, x, 2, labels, options, 2, values, &flags));
    x[3] = NAN;
    nt_fails(NNDYN_EDATA, context, "row 1", nndyn_separation(context, 3, 2, x, 2, labels, NULL, 2, values, &flags));
    nt_ok(options, nndyn_options_set_integer(options, "stride", 3));
    nt_fails(NNDYN_EDATA, context, "row 1", nndyn_separation(context, 2, 2, x, 2, labels, options, 2, values, &flags));
    x[3] = 1e300;
    nt_fails(NNDYN_ENUMERIC, context, "range", nndyn_separation(context, 3, 2, x, 2, labels, NULL, 2, values, &flags));
    nndyn_options_free(options);
    assert_true(values[0] == -5 && values[1] == -6 && flags == -7);
}

static int allocations(nt_allocator *a, void *user)
{
    static const double x[] = {0, 0, 2, 0, 0, 3, 0, 5, 1, 4, 4, 1};
    static const int64_t labels[] = {9, 9, 5, 5, 5, 7};
    double values[ALL];
    nndyn_context *c = NULL;
    nndyn_options *options = NULL;
    (void)user;
    nt_pause(a);
    int status = nt_context_create(a, &c);
    status = status == NNDYN_OK ? nndyn_options_create(c, &options) : status;
    nndyn_options_set_integer(options, "he_su", 1);
    nndyn_options_set_integer(options, "inverse", 1);
    nt_resume(a);
    status = nndyn_separation(c, 6, 2, x, 0, labels, options, ALL, values, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_separation(c, 2, 6, x, 0, labels + 2, options, ALL, values, NULL);
    }
    nndyn_options_free(options);
    nndyn_context_free(c);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nt_every_allocation(allocations, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cross_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unbalanced_data_with_labels_of_any_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scatter_orthogonal_to_the_means, set_up, tear_down),
        cmocka_unit_test_setup_teardown(invariances, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wider_than_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nearly_equal_means, set_up, tear_down),
        cmocka_unit_test_setup_teardown(degenerate_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_cancels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(streams_agree_with_arrays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(directions_sum_to_the_trace, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_leave_outputs_untouched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("separation", tests, NULL, NULL);
}
