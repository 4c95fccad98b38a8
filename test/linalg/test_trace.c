/* Stochastic traces: exact cases, unbiasedness and stated errors over many seeds, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

static const char *const methods[] = {"xtrace", "hutch++", "hutchinson"};

static nndyn_options *options_of(int method, int64_t products, int64_t seed)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "method", methods[method]));
    nt_ok(options, nndyn_options_set_integer(options, "products", products));
    nt_ok(options, nndyn_options_set_integer(options, "seed", seed));
    return options;
}

static double trace_of(const matrix *m)
{
    double sum = 0;
    for (int64_t i = 0; i < m->rows; i++) {
        sum += m->a[i * m->columns + i];
    }
    return sum;
}

/* As many products as rows: the diagonal itself. */
static void exact(void **state)
{
    (void)state;
    for (int64_t n = 1; n <= 60; n += 59) {
        matrix m = matrix_random(5, n, n);
        nndyn_operator *op = matrix_operator(context, &m);
        for (int method = 0; method < 3; method++) {
            nndyn_options *options = options_of(method, n < 6 ? 6 : n, 1);
            double trace = 0, error = 17;
            m.calls = 0;
            nt_ok(op, nndyn_trace(op, options, &trace, &error));
            nt_near(trace, trace_of(&m), 1e-13 * (double)n);
            assert_true(error == 0 && m.calls == n);
            nndyn_options_free(options);
        }
        nndyn_operator_free(op);
        free(m.a);
    }
}

/* An operator whose rank is below the number of test vectors, not symmetric: exact by the two methods with a basis. */
static void low_rank(void **state)
{
    double s[80] = {5, 4, 3, 2, 1};
    matrix m = matrix_of_spectrum(context, 3, 80, 80, s);
    nndyn_operator *op = matrix_operator(context, &m);
    (void)state;
    for (int method = 0; method < 2; method++) {
        nndyn_options *options = options_of(method, 24, 1);
        double trace = 0, error = 17;
        nt_ok(op, nndyn_trace(op, options, &trace, &error));
        nt_near(trace, trace_of(&m), 1e-12);
        assert_true(error == 0);
        nndyn_options_free(options);
    }
    nndyn_operator_free(op);
    free(m.a);
}

/* Over RUNS seeds the mean is the trace within 4 of its standard errors (false alarm: 6e-5 a case), and the errors
 * stated are on average the spread there is, within 30 %. */
static void unbiased_with_the_error_it_states(void **state)
{
    enum { N = 70, RUNS = 300, PRODUCTS = 24 };
    (void)state;
    for (int decay = 0; decay < 2; decay++) {
        double s[N], spread[3];
        for (int i = 0; i < N; i++) {
            s[i] = decay ? pow(0.8, i) : 1 + 0.01 * i;
        }
        matrix m = matrix_of_spectrum(context, 11, N, N, s);
        nndyn_operator *op = matrix_operator(context, &m);
        double want = trace_of(&m);
        for (int method = 0; method < 3; method++) {
            double sum = 0, squares = 0, stated = 0;
            for (int run = 0; run < RUNS; run++) {
                nndyn_options *options = options_of(method, PRODUCTS, run);
                double trace, error;
                m.calls = 0;
                nt_ok(op, nndyn_trace(op, options, &trace, &error));
                assert_int_equal(m.calls, PRODUCTS);
                sum += (trace - want) / RUNS;
                squares += (trace - want) * (trace - want) / RUNS;
                stated += error * error / RUNS;
                nndyn_options_free(options);
            }
            spread[method] = sqrt(squares);
            assert_true(fabs(sum) < 4 * spread[method] / sqrt((double)RUNS));
            assert_true(sqrt(stated) > 0.7 * spread[method] && sqrt(stated) < 1.5 * spread[method]);
        }
        if (decay) { /* what the basis is for */
            assert_true(spread[0] < 0.6 * spread[1] && spread[1] < 0.7 * spread[2]);
        }
        nndyn_operator_free(op);
        free(m.a);
    }
}

static void faults(void **state)
{
    matrix m = matrix_random(6, 90, 90), wide = matrix_random(6, 3, 4);
    double trace = 17, error = 18;
    nndyn_operator *op = matrix_operator(context, &m), *oblong = matrix_operator(context, &wide);
    m.context = context;
    (void)state;
    for (int method = 0; method < 3; method++) {
        nndyn_options *options = options_of(method, 30, 1);
        for (int64_t at = 1; at <= 30; at++) {
            m.calls = 0, m.fail_at = at, m.bad_at = m.cancel_at = 0;
            nt_fails(NNDYN_ECALLBACK, op, "returned 7", nndyn_trace(op, options, &trace, &error));
            m.calls = 0, m.fail_at = 0, m.bad_at = at;
            nt_fails(NNDYN_ENUMERIC, op, "nan", nndyn_trace(op, options, &trace, &error));
            m.calls = 0, m.bad_at = 0, m.cancel_at = at;
            nt_fails(NNDYN_ECANCELED, op, "", nndyn_trace(op, options, &trace, &error));
        }
        m.cancel_at = 0;
        nt_ok(options, nndyn_options_set_integer(options, "products", 5));
        nt_fails(NNDYN_EOPTION, op, "products", nndyn_trace(op, options, &trace, &error));
        nndyn_options_free(options);
    }
    nt_fails(NNDYN_EARG, oblong, "square", nndyn_trace(oblong, NULL, &trace, &error));
    nt_fails(NNDYN_EARG, op, "trace is NULL", nndyn_trace(op, NULL, NULL, &error));
    assert_int_equal(nndyn_trace(NULL, NULL, &trace, &error), NNDYN_EARG);
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, op, "sketch", nndyn_trace(op, NULL, &trace, &error));
    assert_true(trace == 17 && error == 18);
    nndyn_operator_free(op);
    nndyn_operator_free(oblong);
    free(m.a), free(wide.a);
}

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_operator *op = NULL;
    double trace = 17;
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nndyn_operator_create(own, 70, 70, matrix_apply, matrix_transposed, user, &op);
    }
    if (status == NNDYN_OK) {
        status = nndyn_trace(op, NULL, &trace, NULL);
    }
    assert_true(status == NNDYN_OK || trace == 17);
    nndyn_operator_free(op);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    matrix m = matrix_random(1, 70, 70);
    nt_every_allocation(everything, &m);
    free(m.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(low_rank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unbiased_with_the_error_it_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
