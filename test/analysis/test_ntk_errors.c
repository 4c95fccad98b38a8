/* What the tangent kernel refuses, what it leaves untouched, what it takes of memory, and canceling. */
#include "analysis/ntk_fixture.h"

enum { N = 6, C = 3, ROWS = N * C };

static problem small(void)
{
    problem p = problem_begin(NNDYN_F64, 4);
    dense(&p, 5, NNDYN_TANH);
    dense(&p, C, NNDYN_IDENTITY);
    problem_end(&p, N, 0);
    return p;
}

static void untouched(const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        assert_true(values[i] == 7);
    }
}

static void documented_errors(void **state)
{
    problem p = small();
    double out[ROWS * ROWS], w[ROWS] = {0}, bad[4 * N] = {0}, one = 0;
    nndyn_operator *op = NULL;
    int64_t bytes;
    (void)state;
    for (int i = 0; i < ROWS * ROWS; i++) {
        out[i] = 7;
    }
    bad[5] = NAN;
    assert_int_equal(nndyn_ntk(NULL, N, p.x, 0, NULL, 1, NULL, out), NNDYN_EARG);
    nt_fails(NNDYN_EARG, p.network, "n is 0", nndyn_ntk(p.network, 0, p.x, 0, NULL, 1, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "x is", nndyn_ntk(p.network, N, NULL, 0, NULL, 1, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "n2", nndyn_ntk(p.network, N, p.x, 0, p.x + 4, 1, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "kind", nndyn_ntk(p.network, N, p.x, 0, NULL, 0, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "kind", nndyn_ntk(p.network, N, p.x, 0, NULL, 5, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "kernel", nndyn_ntk(p.network, N, p.x, 0, NULL, 1, NULL, NULL));
    nt_fails(NNDYN_EARG, p.network, "diagonal",
             nndyn_ntk(p.network, 2, p.x, 2, p.x + 8, NNDYN_NTK_DIAGONAL, NULL, out));
    nt_fails(NNDYN_EDATA, p.network, "x", nndyn_ntk(p.network, N, bad, 0, NULL, 1, NULL, out));
    nt_fails(NNDYN_EDATA, p.network, "x2", nndyn_ntk(p.network, 1, p.x, N, bad, 1, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "share memory", nndyn_ntk(p.network, 1, p.x, 0, NULL, 1, NULL, p.x));
    nt_fails(NNDYN_EARG, p.network, "share memory", nndyn_ntk(p.network, 1, bad + 8, 1, p.x, 1, NULL, p.x + 1));
    nndyn_options *options = options_of(p.context);
    nt_ok(options, nndyn_options_set_text(options, "precision", "f16"));
    nt_fails(NNDYN_EOPTION, p.network, "precision", nndyn_ntk(p.network, N, p.x, 0, NULL, 1, options, out));
    nt_fails(NNDYN_EOPTION, p.network, "precision",
             nndyn_ntk_vector(p.network, N, p.x, 0, NULL, w, options, out)); /* not known here */
    nndyn_options_free(options);
    nt_fails(NNDYN_EARG, p.network, "w is", nndyn_ntk_vector(p.network, N, p.x, 0, NULL, NULL, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "out", nndyn_ntk_vector(p.network, N, p.x, 0, NULL, w, NULL, NULL));
    w[1] = INFINITY;
    nt_fails(NNDYN_EDATA, p.network, "w", nndyn_ntk_vector(p.network, N, p.x, 0, NULL, w, NULL, out));
    nt_fails(NNDYN_EARG, p.network, "out", nndyn_ntk_operator(p.network, N, p.x, NULL, NULL));
    nt_fails(NNDYN_EDATA, p.network, "x", nndyn_ntk_operator(p.network, N, bad, NULL, &op));
    assert_null(op);
    nt_fails(NNDYN_EARG, p.network, "n2", nndyn_ntk_forecast(p.network, N, -1, 1, NULL, &bytes, NULL));
    untouched(out, ROWS * ROWS);
    nndyn_network *empty;
    nt_ok(p.context, nndyn_network_create(p.context, NNDYN_F64, 4, &empty));
    nt_fails(NNDYN_ESTATE, empty, "layer", nndyn_ntk(empty, 1, p.x, 0, NULL, 1, NULL, &one));
    nndyn_network_free(empty);
    problem_free(&p);
}

/* No slope: no kernel.  Sensitivities that overflow are found before anything is written. */
static int only_values(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user, (void)order;
    memcpy(values, z, (size_t)count * sizeof *z);
    return 0;
}

static int steep(void *user, int order, int64_t count, const double *z, double *values)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : *(double *)user;
    }
    return 0;
}

static void derivatives_that_fail(void **state)
{
    double out[ROWS * ROWS], slope = 1e200;
    (void)state;
    for (int i = 0; i < ROWS * ROWS; i++) {
        out[i] = 7;
    }
    problem p = problem_begin(NNDYN_F64, 4);
    dense(&p, C, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 0, only_values, NULL));
    problem_end(&p, N, 0);
    nt_fails(NNDYN_EUNSUPPORTED, p.network, "order", nndyn_ntk(p.network, N, p.x, 0, NULL, 1, NULL, out));
    problem_free(&p);
    p = problem_begin(NNDYN_F64, 4);
    dense(&p, 5, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 1, steep, &slope));
    dense(&p, C, NNDYN_IDENTITY);
    problem_end(&p, N, 0);
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        nt_fails(NNDYN_ENUMERIC, p.network, "finite", nndyn_ntk(p.network, N, p.x, 0, NULL, kind, NULL, out));
    }
    nndyn_options *options = options_of(p.context);
    nt_ok(options, nndyn_options_set_text(options, "precision", "f32"));
    slope = 1e30; /* squares are beyond float, not beyond double */
    nt_fails(NNDYN_ENUMERIC, p.network, "f64", nndyn_ntk(p.network, N, p.x, 0, NULL, 1, options, out));
    untouched(out, ROWS * ROWS);
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, 0, NULL, 1, NULL, out));
    nndyn_options_free(options);
    problem_free(&p);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void over_the_limit(void **state)
{
    problem p = small();
    double out[ROWS * ROWS], w[ROWS] = {0};
    int64_t full, trace;
    (void)state;
    out[0] = 7;
    nt_ok(p.network, nndyn_ntk_forecast(p.network, N, 0, NNDYN_NTK_FULL, NULL, &full, NULL));
    nt_ok(p.network, nndyn_ntk_forecast(p.network, N, 0, NNDYN_NTK_TRACE, NULL, &trace, NULL));
    assert_true(trace < full);
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, 6000));
    nt_fails(NNDYN_ELIMIT, p.network, "NNDYN_NTK_TRACE", nndyn_ntk(p.network, N, p.x, 0, NULL, 1, NULL, out));
    nndyn_operator *op;
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, 2000));
    nt_fails(NNDYN_ELIMIT, p.network, "limit", nndyn_ntk_vector(p.network, N, p.x, 0, NULL, w, NULL, out));
    nt_fails(NNDYN_ELIMIT, p.network, "limit", nndyn_ntk_operator(p.network, N, p.x, NULL, &op));
    assert_true(out[0] == 7);
    problem_free(&p);
}

/* What a call allocates (the matrix is the caller's) is at most the forecast, and at least half of it. */
static void forecast_holds(void **state)
{
    enum { MANY = 90, UNITS = 40 };
    (void)state;
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        for (int rectangular = 0; rectangular <= 1; rectangular++) {
            nt_allocator a = {0};
            nndyn_context *context = nt_context(&a);
            nndyn_network *network;
            int64_t bytes, group = kind == NNDYN_NTK_FULL ? C : 1, n2 = rectangular ? 50 : 0;
            double *x = normals(3, 4 * (MANY + 50)), *out = numbers(MANY * C * MANY * C);
            if (rectangular && kind == NNDYN_NTK_DIAGONAL) {
                n2 = 0;
            }
            nt_ok(context, nndyn_network_create(context, NNDYN_F64, 4, &network));
            nt_ok(network, nndyn_network_add_dense(network, UNITS, NNDYN_TANH));
            nt_ok(network, nndyn_network_add_dense(network, C, NNDYN_IDENTITY));
            nt_ok(network, nndyn_ntk_forecast(network, MANY, n2, kind, NULL, &bytes, NULL));
            int64_t before = a.live_bytes, columns = n2 > 0 ? n2 : MANY;
            a.peak_bytes = before;
            nt_ok(network, nndyn_ntk(network, MANY, x, n2, n2 > 0 ? x + 4 * MANY : NULL, kind, NULL, out));
            int64_t matrix = 8 * (kind == NNDYN_NTK_DIAGONAL ? MANY * C : MANY * group * columns * group);
            int64_t taken = a.peak_bytes - before + matrix;
            assert_true(taken <= bytes);
            assert_true(2 * taken >= bytes);
            free(out);
            free(x);
            nndyn_network_free(network);
            nndyn_context_free(context);
            nt_no_leak(&a);
        }
    }
}

/* Forecast flops of the symmetric kernel by the formula. */
static void forecast_flops(void **state)
{
    problem p = small();
    double flops, symmetric;
    (void)state;
    nt_ok(p.network, nndyn_ntk_forecast(p.network, N, N, NNDYN_NTK_FULL, NULL, NULL, &flops));
    double forward = 2 * (4 * 5 + 5 * C), backward = 2 * C * 5 * C, pair = 2 * 4 + 2 * 5 + 2 * C * C * 5;
    nt_near(flops, 2 * N * (forward + backward) + N * N * pair, 1e-9 * flops);
    nt_ok(p.network, nndyn_ntk_forecast(p.network, N, 0, NNDYN_NTK_FULL, NULL, NULL, &symmetric));
    nt_near(symmetric, N * (forward + backward) + 0.5 * N * (N + 1) * pair, 1e-9 * flops);
    problem_free(&p);
}

static int scenario(nt_allocator *a, void *user)
{
    int kind = *(int *)user;
    nndyn_context *context = NULL;
    nndyn_network *network = NULL;
    nndyn_operator *op = NULL;
    double x[4 * N], out[ROWS * ROWS];
    nt_normal(3, 4 * N, x);
    int status = nt_context_create(a, &context);
    nt_pause(a);
    if (status == NNDYN_OK) {
        assert_int_equal(nndyn_network_create(context, NNDYN_F64, 4, &network), NNDYN_OK);
        nt_ok(network, nndyn_network_add_dense(network, 5, NNDYN_TANH));
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
        nt_ok(network, nndyn_network_add_dense(network, C, NNDYN_IDENTITY));
    }
    nt_resume(a);
    if (status == NNDYN_OK && kind > 0) {
        status = nndyn_ntk(network, 4, x, kind == NNDYN_NTK_DIAGONAL ? 0 : 2,
                           kind == NNDYN_NTK_DIAGONAL ? NULL : x + 16, kind, NULL, out);
    } else if (status == NNDYN_OK) {
        status = nndyn_ntk_vector(network, 4, x, 2, x + 16, x, NULL, out);
        if (status == NNDYN_OK) {
            status = nndyn_ntk_operator(network, 4, x, NULL, &op);
        }
    }
    nndyn_operator_free(op);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    for (int kind = 0; kind <= NNDYN_NTK_PSEUDO; kind++) {
        nt_every_allocation(scenario, &kind);
    }
}

/* ---- canceling, and what stays as it was ------------------------------------------------------------------------- */

/* An activation that stops whatever runs in its context. */
static int stopping(void *user, int order, int64_t count, const double *z, double *values)
{
    assert_int_equal(nndyn_context_cancel(user), NNDYN_OK);
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : 1;
    }
    return 0;
}

static void canceled(void **state)
{
    problem p = problem_begin(NNDYN_F64, 4);
    double out[ROWS * ROWS];
    (void)state;
    for (int i = 0; i < ROWS * ROWS; i++) {
        out[i] = 7;
    }
    dense(&p, 5, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 1, stopping, p.context));
    dense(&p, C, NNDYN_IDENTITY);
    problem_end(&p, N, 0);
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        nt_fails(NNDYN_ECANCELED, p.network, "stopped", nndyn_ntk(p.network, N, p.x, 0, NULL, kind, NULL, out));
    }
    nt_fails(NNDYN_ECANCELED, p.network, "stopped", nndyn_ntk_vector(p.network, N, p.x, 0, NULL, p.x, NULL, out));
    untouched(out, ROWS * ROWS);
    problem_free(&p);
}

/* Parameters are never changed; x2 == x is one batch; the operator keeps to the parameters it was made with. */
static void snapshots_and_aliases(void **state)
{
    problem p = small();
    double *before = numbers(p.parameters), *after = numbers(p.parameters), one[ROWS * ROWS], two[ROWS * ROWS];
    double w[ROWS], first[ROWS], second[ROWS];
    nndyn_operator *op;
    (void)state;
    nt_normal(4, ROWS, w);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, before));
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, 0, NULL, 1, NULL, one));
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, N, p.x, 1, NULL, two));
    nt_same(one, two, sizeof one);
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, 2, p.x, 1, NULL, two)); /* its first columns, not the same batch */
    for (int i = 0; i < ROWS; i++) {
        nt_close(two + (size_t)i * 2 * C, one + (size_t)i * ROWS, 2 * C, 1e-12, 1e-14);
    }
    nt_ok(p.network, nndyn_ntk_operator(p.network, N, p.x, NULL, &op));
    nt_ok(op, nndyn_operator_apply(op, w, first));
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, after));
    nt_same(before, after, (size_t)p.parameters * sizeof *before);
    nt_ok(p.network, nndyn_network_initialize(p.network, 99));
    for (int i = 0; i < 4 * N; i++) {
        p.x[i] = 0;
    }
    nt_ok(op, nndyn_operator_apply(op, w, second));
    nt_same(first, second, sizeof first);
    nndyn_operator_free(op);
    free(after);
    free(before);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_errors), cmocka_unit_test(derivatives_that_fail),
        cmocka_unit_test(over_the_limit),    cmocka_unit_test(forecast_holds),
        cmocka_unit_test(forecast_flops),    cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(canceled),          cmocka_unit_test(snapshots_and_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
