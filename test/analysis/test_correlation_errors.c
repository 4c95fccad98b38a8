/* Every documented refusal, with outputs seen untouched; every allocation made to fail. */
#include "analysis/correlation_support.h"

enum { N = 2, INPUTS = 3, K = 2, M = N * K, ALL = 31 };

typedef struct nt_bench {
    nndyn_context *context;
    nndyn_network *network, *empty;
    nndyn_correlations *kernel_only, *full;
    nndyn_options *unknown;
    double x[N * INPUTS], bad_x[N * INPUTS], y[M], bad[M];
} nt_bench;

static void nt_open(nt_bench *b, nt_allocator *a)
{
    b->context = nt_context(a);
    b->network = nt_net(b->context, NNDYN_TANH, INPUTS, 1, 6, K, 3, 1);
    nt_ok(b->context, nndyn_network_create(b->context, NNDYN_F64, INPUTS, &b->empty));
    nt_sphere(1, N, INPUTS, b->x);
    nt_normal(2, M, b->y);
    memcpy(b->bad, b->y, sizeof b->y);
    memcpy(b->bad_x, b->x, sizeof b->x);
    b->bad[1] = NAN;
    b->bad_x[4] = INFINITY;
    nt_ok(b->network, nndyn_correlations_create(b->network, N, b->x, 0.1, 0, NULL, &b->kernel_only));
    nt_ok(b->network, nndyn_correlations_create(b->network, N, b->x, 0.1, ALL, NULL, &b->full));
    b->unknown = nt_count_option(b->context, "steeps", 3);
}

static void nt_close_bench(nt_bench *b, nt_allocator *a)
{
    nndyn_options_free(b->unknown);
    nndyn_correlations_free(b->full);
    nndyn_correlations_free(b->kernel_only);
    nndyn_network_free(b->empty);
    nndyn_network_free(b->network);
    nndyn_context_free(b->context);
    nt_no_leak(a);
}

static void test_create_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    nt_open(&b, &a);
    nndyn_network *w = b.network;
    nndyn_correlations *const mark = (nndyn_correlations *)&b, *out = mark;
    nndyn_options *most = nt_count_option(b.context, "most", M - 1);
    nt_fails(NNDYN_EARG, w, "n ", nndyn_correlations_create(w, 0, b.x, 1, ALL, NULL, &out));
    nt_fails(NNDYN_EARG, w, "x", nndyn_correlations_create(w, N, NULL, 1, ALL, NULL, &out));
    nt_fails(NNDYN_EDATA, w, "x", nndyn_correlations_create(w, N, b.bad_x, 1, ALL, NULL, &out));
    nt_fails(NNDYN_EARG, w, "eta", nndyn_correlations_create(w, N, b.x, 0, ALL, NULL, &out));
    nt_fails(NNDYN_EARG, w, "eta", nndyn_correlations_create(w, N, b.x, NAN, ALL, NULL, &out));
    nt_fails(NNDYN_EARG, w, "parts", nndyn_correlations_create(w, N, b.x, 1, 32, NULL, &out));
    nt_fails(NNDYN_EARG, w, "out", nndyn_correlations_create(w, N, b.x, 1, ALL, NULL, NULL));
    nt_fails(NNDYN_EOPTION, w, "steeps", nndyn_correlations_create(w, N, b.x, 1, ALL, b.unknown, &out));
    nt_fails(NNDYN_ELIMIT, w, "nndyn_correlation_direction", nndyn_correlations_create(w, N, b.x, 1, ALL, most, &out));
    nt_fails(NNDYN_ENUMERIC, w, "finite", nndyn_correlations_create(w, N, b.x, 1e150, ALL, NULL, &out));
    nt_fails(NNDYN_ESTATE, b.empty, "layer", nndyn_correlations_create(b.empty, N, b.x, 1, ALL, NULL, &out));
    nt_ok(b.empty, nndyn_network_add_activation(b.empty, NNDYN_TANH, NULL));
    nt_fails(NNDYN_ESTATE, b.empty, "parameters", nndyn_correlations_create(b.empty, N, b.x, 1, ALL, NULL, &out));
    assert_int_equal(nndyn_correlations_create(NULL, N, b.x, 1, ALL, NULL, &out), NNDYN_EARG);
    assert_ptr_equal(out, mark);
    nndyn_options_free(most);
    nt_close_bench(&b, &a);
}

static void test_given_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    nt_open(&b, &a);
    nndyn_context *h = b.context;
    nndyn_correlations *const mark = (nndyn_correlations *)&b, *out = mark;
    double c00[2] = {1, 2}, c01[4] = {2, 1, 1, 3}, c02[8] = {0}, c03[16] = {0}, c11[16] = {0}, nan[2] = {1, NAN};
    nt_fails(NNDYN_EARG, h, "outputs", nndyn_correlations_create_from(h, 0, 1, c00, c01, NULL, NULL, NULL, &out));
    nt_fails(NNDYN_EARG, h, "eta", nndyn_correlations_create_from(h, 2, -1, c00, c01, NULL, NULL, NULL, &out));
    nt_fails(NNDYN_EARG, h, "c00", nndyn_correlations_create_from(h, 2, 1, NULL, c01, NULL, NULL, NULL, &out));
    nt_fails(NNDYN_EARG, h, "c01", nndyn_correlations_create_from(h, 2, 1, c00, NULL, NULL, NULL, NULL, &out));
    nt_fails(NNDYN_EARG, h, "out", nndyn_correlations_create_from(h, 2, 1, c00, c01, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, h, "c00", nndyn_correlations_create_from(h, 2, 1, nan, c01, NULL, NULL, NULL, &out));
    c01[1] = 1.1;
    nt_fails(NNDYN_EARG, h, "C01", nndyn_correlations_create_from(h, 2, 1, c00, c01, NULL, NULL, NULL, &out));
    c01[1] = 1;
    c02[1] = 1; /* [0][0][1] without [0][1][0] */
    nt_fails(NNDYN_EARG, h, "C02", nndyn_correlations_create_from(h, 2, 1, c00, c01, c02, NULL, NULL, &out));
    c02[2] = 1;
    c03[2] = c03[1] = 1; /* [0][0][1][0] and [0][0][0][1] without [0][1][0][0] */
    nt_fails(NNDYN_EARG, h, "C03", nndyn_correlations_create_from(h, 2, 1, c00, c01, c02, c03, NULL, &out));
    c03[4] = 1;
    c11[1] = 1;
    nt_fails(NNDYN_EARG, h, "C11", nndyn_correlations_create_from(h, 2, 1, c00, c01, c02, c03, c11, &out));
    assert_ptr_equal(out, mark);
    c11[4] = 1;
    nt_ok(h, nndyn_correlations_create_from(h, 2, 1, c00, c01, c02, c03, c11, &out));
    double back[16];
    nt_ok(out, nndyn_correlations_get(out, NNDYN_CORRELATION_C03, 16, back));
    nt_same(back, c03, sizeof back);
    nndyn_correlations_free(out);
    c01[3] = -3; /* not a kernel */
    c11[1] = c11[4] = 0;
    nt_ok(h, nndyn_correlations_create_from(h, 2, 1, c00, c01, c02, c03, c11, &out));
    nt_fails(NNDYN_EARG, out, "below 0", nndyn_correlations_bound(out, c00, 1, 5, NULL, back, NULL, NULL));
    nndyn_correlations_free(out);
    nt_close_bench(&b, &a);
}

static void test_handle_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    nt_open(&b, &a);
    nndyn_correlations *c = b.full, *k = b.kernel_only, *const mark = (nndyn_correlations *)&b, *out = mark;
    double v[M * M * M], w[3] = {7, 7, 7};
    const double ones[M] = {1, 1, 1, 1}, negative[M] = {1, 1, -1, 1};
    int flags = 77, parts;
    int64_t valid = 77;
    nt_ok(k, nndyn_correlations_info(k, NULL, NULL, &parts, NULL));
    assert_int_equal(parts, NNDYN_CORRELATION_C00 | NNDYN_CORRELATION_C01);
    nt_fails(NNDYN_EARG, c, "which", nndyn_correlations_get(c, 3, M, v));
    nt_fails(NNDYN_EARG, c, "which", nndyn_correlations_norm(c, 64, NULL, w, NULL, NULL));
    nt_fails(NNDYN_EARG, c, "count", nndyn_correlations_get(c, NNDYN_CORRELATION_C02, M, v));
    nt_fails(NNDYN_EARG, c, "values", nndyn_correlations_get(c, NNDYN_CORRELATION_C00, M, NULL));
    nt_fails(NNDYN_ESTATE, k, "C02", nndyn_correlations_get(k, NNDYN_CORRELATION_C02, M * M * M, v));
    nt_fails(NNDYN_ESTATE, k, "C11", nndyn_correlations_norm(k, NNDYN_CORRELATION_C11, NULL, w, w, w));
    nt_fails(NNDYN_EOPTION, c, "steeps", nndyn_correlations_norm(c, NNDYN_CORRELATION_C02, b.unknown, w, w, w));
    nt_fails(NNDYN_EARG, c, "alpha", nndyn_correlations_rescale(c, 0, 1, &out));
    nt_fails(NNDYN_EARG, c, "rate", nndyn_correlations_rescale(c, 1, -1, &out));
    nt_fails(NNDYN_ENUMERIC, c, "range", nndyn_correlations_rescale(c, 1e100, 1e100, &out));
    nt_fails(NNDYN_EARG, c, "out", nndyn_correlations_rescale(c, 1, 1, NULL));
    nt_fails(NNDYN_ESTATE, k, "C02", nndyn_correlations_bound(k, b.y, 1, 5, NULL, v, w, &flags));
    nt_fails(NNDYN_EDATA, c, "y", nndyn_correlations_bound(c, b.bad, 1, 5, NULL, v, w, &flags));
    nt_fails(NNDYN_EARG, c, "kappa", nndyn_correlations_bound(c, b.y, 0, 5, NULL, v, w, &flags));
    nt_fails(NNDYN_EARG, c, "steps", nndyn_correlations_bound(c, b.y, 1, 0, NULL, v, w, &flags));
    nt_fails(NNDYN_EARG, c, "bound", nndyn_correlations_bound(c, b.y, 1, 5, NULL, NULL, w, &flags));
    nt_fails(NNDYN_EOPTION, c, "steeps", nndyn_correlations_bound(c, b.y, 1, 5, b.unknown, v, w, &flags));
    nt_fails(NNDYN_ESTATE, k, "C02", nndyn_correlations_predict(k, b.y, ones, 5, NULL, v, v, &valid, &flags));
    nt_fails(NNDYN_EDATA, c, "y", nndyn_correlations_predict(c, b.bad, ones, 5, NULL, v, v, &valid, &flags));
    nt_fails(NNDYN_EARG, c, "weights", nndyn_correlations_predict(c, b.y, negative, 5, NULL, v, v, &valid, &flags));
    nt_fails(NNDYN_EARG, c, "steps", nndyn_correlations_predict(c, b.y, ones, -1, NULL, v, v, &valid, &flags));
    nt_fails(NNDYN_EOPTION, c, "steeps", nndyn_correlations_predict(c, b.y, ones, 5, b.unknown, v, v, &valid, &flags));
    assert_true(w[0] == 7 && w[1] == 7 && flags == 77 && valid == 77 && out == mark);
    nt_close_bench(&b, &a);
}

static void test_network_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    nt_open(&b, &a);
    nndyn_network *w = b.network;
    double v[3 * M], norm = 7, report[2] = {7, 7}, observed[2 * M] = {0};
    int flags = 77;
    nndyn_options *train = nt_count_option(b.context, "train", 1), *nodes = nt_count_option(b.context, "nodes", 2);
    for (int i = 0; i < 3 * M; i++) {
        v[i] = 7;
    }
    nt_fails(NNDYN_EDATA, w, "e", nndyn_correlation_direction(w, N, b.x, 1, b.bad, 2, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EARG, w, "e", nndyn_correlation_direction(w, N, b.x, 1, NULL, 2, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EARG, w, "order", nndyn_correlation_direction(w, N, b.x, 1, b.y, 17, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EARG, w, "order", nndyn_correlation_direction(w, N, b.x, 1, b.y, -1, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EARG, w, "eta", nndyn_correlation_direction(w, N, b.x, -1, b.y, 2, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EOPTION, w, "steeps", nndyn_correlation_direction(w, N, b.x, 1, b.y, 2, b.unknown, v, v, v, &flags));
    nt_fails(NNDYN_ENUMERIC, w, "finite", nndyn_correlation_direction(w, N, b.x, 1e200, b.y, 2, NULL, v, v, v, &flags));
    nt_fails(NNDYN_EDATA, w, "weights",
             nndyn_correlation_operator_norm(w, N, b.x, 1, b.bad, 0, NULL, NULL, &norm, &flags));
    nt_fails(NNDYN_EARG, w, "contracted",
             nndyn_correlation_operator_norm(w, N, b.x, 1, b.y, 2, b.y, NULL, &norm, &flags));
    nt_fails(NNDYN_EARG, w, "e", nndyn_correlation_operator_norm(w, N, b.x, 1, b.y, 1, NULL, NULL, &norm, &flags));
    nt_fails(NNDYN_EARG, w, "norm", nndyn_correlation_operator_norm(w, N, b.x, 1, b.y, 0, NULL, NULL, NULL, &flags));
    nt_fails(NNDYN_EDATA, w, "e", nndyn_correlation_observe(w, N, b.x, 1, b.bad, 2, NULL, v, NULL));
    nt_fails(NNDYN_EARG, w, "degree", nndyn_correlation_observe(w, N, b.x, 1, b.y, 33, NULL, v, NULL));
    nt_fails(NNDYN_EARG, w, "nodes", nndyn_correlation_observe(w, N, b.x, 1, b.y, 2, nodes, v, NULL));
    nt_fails(NNDYN_EDATA, w, "y", nndyn_correlation_report(w, N, b.x, b.bad, 1, NULL, NULL, 2, report, &flags));
    nt_fails(NNDYN_EARG, w, "count", nndyn_correlation_report(w, N, b.x, b.y, 1, NULL, NULL, 0, report, &flags));
    nt_fails(NNDYN_EARG, w, "values", nndyn_correlation_report(w, N, b.x, b.y, 1, NULL, NULL, 2, NULL, &flags));
    nt_fails(NNDYN_EARG, w, "observed",
             nndyn_correlation_report(w, N, b.x, b.y, 1, observed, train, 2, report, &flags));
    nt_fails(NNDYN_EOPTION, w, "steeps",
             nndyn_correlation_report(w, N, b.x, b.y, 1, NULL, b.unknown, 2, report, &flags));
    for (int i = 0; i < 3 * M; i++) {
        assert_true(v[i] == 7);
    }
    assert_true(norm == 7 && report[0] == 7 && report[1] == 7 && flags == 77);
    nndyn_options_free(train);
    nndyn_options_free(nodes);
    nt_close_bench(&b, &a);
}

static void test_number_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    nt_open(&b, &a);
    nndyn_context *h = b.context;
    const double rates[3] = {0, 1, 1}, seen[3] = {1, 2, 3}, nan[3] = {1, NAN, 3}, q[2] = {1, 1}, negative[2] = {-1, 2};
    double v[9] = {7}, factor = 7, closed[2] = {7, 7};
    int flags = 77;
    nt_fails(NNDYN_EARG, h, "uncontracted", nndyn_correlation_factor(h, -1, 2, 1, 1, &factor));
    nt_fails(NNDYN_EARG, h, "contracted", nndyn_correlation_factor(h, 1, 65, 1, 1, &factor));
    nt_fails(NNDYN_EARG, h, "alpha", nndyn_correlation_factor(h, 1, 2, NAN, 1, &factor));
    nt_fails(NNDYN_ENUMERIC, h, "range", nndyn_correlation_factor(h, 1, 64, 1e10, 1, &factor));
    nt_fails(NNDYN_EARG, h, "factor", nndyn_correlation_factor(h, 1, 2, 1, 1, NULL));
    nt_fails(NNDYN_EARG, h, "nodes", nndyn_correlation_recover(h, 3, rates, 1, seen, 3, v, NULL));
    nt_fails(NNDYN_ENUMERIC, h, "distinct", nndyn_correlation_recover(h, 3, rates, 1, seen, 2, v, NULL));
    nt_fails(NNDYN_EDATA, h, "observed", nndyn_correlation_recover(h, 3, rates, 1, nan, 1, v, NULL));
    nt_fails(NNDYN_EDATA, h, "rates", nndyn_correlation_recover(h, 3, nan, 1, seen, 1, v, NULL));
    nt_fails(NNDYN_EARG, h, "values", nndyn_correlation_recover(h, 3, rates, 1, seen, 1, NULL, NULL));
    nt_fails(NNDYN_EARG, h, "c02", nndyn_correlation_bound(h, -1, 0, 0, 2, 1, 1, q, q, 3, v, closed, &flags));
    nt_fails(NNDYN_EARG, h, "c11", nndyn_correlation_bound(h, 0, 0, NAN, 2, 1, 1, q, q, 3, v, closed, &flags));
    nt_fails(NNDYN_EARG, h, "below 0", nndyn_correlation_bound(h, 0, 0, 0, 2, 1, 1, negative, q, 3, v, closed, &flags));
    nt_fails(NNDYN_EDATA, h, "residuals", nndyn_correlation_bound(h, 0, 0, 0, 2, 1, 1, q, nan, 3, v, closed, &flags));
    nt_fails(NNDYN_EARG, h, "kappa", nndyn_correlation_bound(h, 0, 0, 0, 2, 1, 0, q, q, 3, v, closed, &flags));
    nt_fails(NNDYN_EARG, h, "bound", nndyn_correlation_bound(h, 0, 0, 0, 2, 1, 1, q, q, 3, NULL, closed, &flags));
    assert_true(v[0] == 7 && factor == 7 && closed[0] == 7 && flags == 77);
    nt_close_bench(&b, &a);
}

/* ---- failing allocations ----------------------------------------------------------------------------------------- */

static int scenario(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *context = NULL;
    nndyn_network *network = NULL;
    nndyn_correlations *c = NULL, *d = NULL, *given = NULL;
    nndyn_options *o = NULL;
    const double ones[2] = {1, 1}, rates[3] = {-1, 0, 1}, kernel[4] = {2, 1, 1, 2};
    double x[2 * 2], y[2] = {1, -1}, v[3 * 2], w[3 * 2], z[3], report[NNDYN_LAZY_VALUES], lower;
    nt_sphere(1, 2, 2, x);
    nt_pause(a);
    context = nt_context(a);
    network = nt_net(context, NNDYN_TANH, 2, 1, 3, 1, 3, 1);
    o = nt_count_option(context, "train", 1);
    nt_ok(o, nndyn_options_set_integer(o, "steps", 2));
    nt_ok(o, nndyn_options_set_integer(o, "restarts", 1));
    nt_resume(a);
    int status = nndyn_correlations_create(network, 2, x, 0.1, ALL, NULL, &c);
    status = status != NNDYN_OK ? status : nndyn_correlations_rescale(c, 2, 1, &d);
    status = status != NNDYN_OK ? status : nndyn_correlations_norm(c, NNDYN_CORRELATION_C11, NULL, &lower, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_correlations_bound(c, y, 1, 2, NULL, z, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_correlations_predict(c, y, ones, 2, NULL, v, w, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_correlation_direction(network, 2, x, 0.1, y, 2, NULL, v, w, z, NULL);
    status =
        status != NNDYN_OK ? status : nndyn_correlation_operator_norm(network, 2, x, 0.1, y, 1, y, NULL, &lower, NULL);
    status = status != NNDYN_OK ? status : nndyn_correlation_observe(network, 2, x, 0.1, y, 2, NULL, v, NULL);
    status = status != NNDYN_OK ? status : nndyn_correlation_recover(context, 3, rates, 2, v, 2, w, NULL);
    status =
        status != NNDYN_OK ? status : nndyn_correlation_bound(context, 1, 1, 1, 2, 1, 1, ones, y, 2, z, NULL, NULL);
    status = status != NNDYN_OK ? status
                                : nndyn_correlations_create_from(context, 2, 1, y, kernel, NULL, NULL, NULL, &given);
    status = status != NNDYN_OK
                 ? status
                 : nndyn_correlation_report(network, 2, x, y, 0.1, NULL, o, NNDYN_LAZY_VALUES, report, NULL);
    nndyn_options_free(o);
    nndyn_correlations_free(given);
    nndyn_correlations_free(d);
    nndyn_correlations_free(c);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

/* A run that is stopped leaves nothing and changes nothing. */
static int nt_stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    return ++*(int *)user > 1;
}

static void test_canceled(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nt_bench b;
    int told = 0;
    double report[NNDYN_LAZY_VALUES] = {7};
    nndyn_options *o;
    nt_open(&b, &a);
    o = nt_count_option(b.context, "train", 1);
    nt_ok(o, nndyn_options_set_integer(o, "steps", 1 << 24));
    nt_ok(b.context, nndyn_context_set_progress(b.context, nt_stop, &told));
    nt_fails(NNDYN_ECANCELED, b.network, "",
             nndyn_correlation_report(b.network, N, b.x, b.y, 0.01, NULL, o, NNDYN_LAZY_VALUES, report, NULL));
    assert_true(told == 2 && report[0] == 7);
    nndyn_options_free(o);
    nt_close_bench(&b, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_errors), cmocka_unit_test(test_given_errors),
        cmocka_unit_test(test_handle_errors), cmocka_unit_test(test_network_errors),
        cmocka_unit_test(test_number_errors), cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_canceled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
