/* The spectrum of one sample at 784-512-512-10 in under 50 MB, network included: the 670 000 x 794 Jacobian (4.3 GB) is
 * never there. */
#include "duality_support.h"

static nndyn_network *digits_network(nndyn_context *context)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 784, &network));
    nt_ok(network, nndyn_network_add_dense(network, 512, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, 512, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, 10, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return network;
}

/* Trace of J'J two ways: from the spectrum, and from products with unit vectors of some columns. */
static void check_some_columns(nndyn_network *network, const double *x, const double *t, const double *gram)
{
    double *xdot = zeros(784), *qdot = zeros(669706);
    for (int c = 5; c < 784; c += 389) {
        xdot[c] = 1;
        nt_ok(network, nndyn_duality_jvp(network, 1, x, t, xdot, NULL, NULL, qdot));
        xdot[c] = 0;
        assert_close(gram[c * 794 + c], dot(669706, qdot, qdot), 1e-12, 0);
    }
    free(xdot), free(qdot);
}

static void test_memory(void **state)
{
    (void)state;
    nt_allocator memory = {0};
    nndyn_context *context = nt_context(&memory);
    nndyn_network *network = digits_network(context);
    int64_t rows, columns, bytes, live = memory.live_bytes;
    double *x = random_array(1, 784), t[10] = {0, 0, 0, 1}, *s = zeros(794), *gram = zeros(794 * 794), trace = 0;
    nt_ok(network, nndyn_duality_shape(network, 1, NULL, &rows, &columns));
    assert_true(rows == 669706 && columns == 794);
    nt_ok(network, nndyn_duality_forecast(network, 1, NNDYN_DUALITY_SINGULAR_VALUES, NULL, &bytes, NULL));
    nt_ok(network, nndyn_duality_singular_values(network, 1, x, t, NULL, s));
    assert_true(memory.peak_bytes < 50000000);
    assert_true(memory.peak_bytes - live <= bytes && bytes <= 2 * (memory.peak_bytes - live));
    nt_ok(network, nndyn_duality_gram(network, 1, x, t, NULL, gram));
    for (int i = 0; i < 794; i++) {
        trace += gram[i * 794 + i] - s[i] * s[i];
        assert_true(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]));
    }
    assert_close(trace, 0.0, 0, 1e-10 * s[0] * s[0]);
    assert_true(s[793] < 1e-6 * s[0]); /* the exact null direction, as far as a Gram matrix shows it */
    check_some_columns(network, x, t, gram);
    free(x), free(s), free(gram);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("duality at 784-512-512-10", tests, NULL, NULL);
}
