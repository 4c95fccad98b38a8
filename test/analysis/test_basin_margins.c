/* test_basin_margins.c - linearized decision boundaries against closed forms and the fixture. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

/* sign(w.x + b) as one output and as two: d = +-|w.x + b| / |w|, A = mean of Phi(d / sigma). */
static void test_linear(void **state)
{
    (void)state;
    const double x[] = {3, 1, -1, 0.5}; /* w = (0.6, 0.8), b = 0 */
    const double single[] = {1.2, 1.6, 0}, pair[] = {-0.6, -0.8, 0.6, 0.8, 0, 0}, sigma[] = {0.5, 2};
    const int64_t labels[] = {1, 0};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nndyn_dataset *data = NULL;
    const double want[] = {2.6, 0.2}; /* (3, 1): 1.8 + 0.8; (-1, 0.5): -0.2, of class 0 */
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 2, x, 2, labels, 1, &data));
    for (int outputs = 1; outputs <= 2; outputs++) {
        nndyn_network *network = NULL;
        double accuracy[2], got[2];
        nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &network));
        nt_ok(network, nndyn_network_add_dense(network, outputs, NNDYN_IDENTITY));
        nt_ok(network,
              nndyn_network_set_loss(network, outputs == 1 ? NNDYN_BINARY_CROSS_ENTROPY : NNDYN_SOFTMAX_CROSS_ENTROPY));
        nt_ok(network, nndyn_network_set_parameters(network, 3 * outputs, outputs == 1 ? single : pair));
        nt_ok(network, nndyn_basin_margins(network, data, 2, sigma, accuracy, got));
        nt_close(got, want, 2, 1e-14, 0);
        for (int i = 0; i < 2; i++) {
            const double root = sigma[i] * sqrt(2.0);
            nt_near(accuracy[i], 0.5 * (0.5 * erfc(-want[0] / root) + 0.5 * erfc(-want[1] / root)), 1e-14);
        }
        nt_ok(network, nndyn_basin_margins(network, data, 0, NULL, NULL, got));
        nndyn_network_free(network);
    }
    nndyn_dataset_free(data);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

/* The trained fixture: 0.9840, 0.9534 and 0.9047 at amplitudes 0.1, 0.25 and 0.5; four samples are misclassified; one
 * and eight threads give the same bits. */
static void test_fixture(void **state)
{
    (void)state;
    static const double sigma[] = {0.1, 0.25, 0.5}, want[] = {0.9840, 0.9534, 0.9047};
    double one[NT_ORDER_SAMPLES], eight[NT_ORDER_SAMPLES], accuracy[3], before[NT_ORDER_PARAMETERS];
    double after[NT_ORDER_PARAMETERS];
    int wrong = 0;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, before));
    nt_ok(f.network, nndyn_basin_margins(f.network, f.data, 3, sigma, accuracy, one));
    nt_close(accuracy, want, 3, 0, 6e-5);
    for (int i = 0; i < NT_ORDER_SAMPLES; i++) {
        wrong += one[i] < 0;
    }
    assert_int_equal(wrong, 4);
    nt_ok(c, nndyn_context_set_threads(c, 8));
    nt_ok(f.network, nndyn_basin_margins(f.network, f.data, 3, sigma, accuracy, eight));
    nt_same(one, eight, sizeof one);
    nt_ok(f.network, nndyn_network_get_parameters(f.network, NT_ORDER_PARAMETERS, after));
    nt_same(before, after, sizeof before);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void test_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_dataset *plain = NULL;
    nndyn_network *single = NULL, *empty = NULL;
    const double sigma = 1, zero = 0, endless = (double)INFINITY;
    double out = 7;
    nt_fails(NNDYN_EARG, f.network, "count", nndyn_basin_margins(f.network, f.data, -1, &sigma, &out, NULL));
    nt_fails(NNDYN_EARG, f.network, "sigma", nndyn_basin_margins(f.network, f.data, 1, NULL, &out, NULL));
    nt_fails(NNDYN_EARG, f.network, "accuracy", nndyn_basin_margins(f.network, f.data, 1, &sigma, NULL, NULL));
    nt_fails(NNDYN_EARG, f.network, "sigma", nndyn_basin_margins(f.network, f.data, 1, &zero, &out, NULL));
    nt_fails(NNDYN_EARG, f.network, "sigma", nndyn_basin_margins(f.network, f.data, 1, &endless, &out, NULL));
    nt_fails(NNDYN_EARG, f.network, "dataset", nndyn_basin_margins(f.network, NULL, 1, &sigma, &out, NULL));
    assert_int_equal(nndyn_basin_margins(NULL, f.data, 1, &sigma, &out, NULL), NNDYN_EARG);
    nt_ok(c, nndyn_dataset_create(c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.t, 1, &plain));
    nt_fails(NNDYN_EARG, f.network, "labels", nndyn_basin_margins(f.network, plain, 1, &sigma, &out, NULL));
    nt_ok(f.network, nndyn_network_copy(f.network, NNDYN_F32, &single));
    nt_fails(NNDYN_EARG, single, "precision", nndyn_basin_margins(single, f.data, 1, &sigma, &out, NULL));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &empty));
    nt_fails(NNDYN_ESTATE, empty, "layer", nndyn_basin_margins(empty, f.data, 1, &sigma, &out, NULL));
    assert_true(out == 7);
    nndyn_dataset_free(plain);
    nndyn_network_free(single);
    nndyn_network_free(empty);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int scenario(nt_allocator *a, void *user)
{
    (void)user;
    const double x[] = {3, 1, -1, 0.5}, sigma = 1;
    const int64_t labels[] = {1, 0};
    nndyn_context *c = NULL;
    nndyn_network *network = NULL;
    nndyn_dataset *data = NULL;
    double accuracy = 7, distances[2];
    nt_pause(a);
    int status = nt_context_create(a, &c);
    if (status != NNDYN_OK) {
        return status;
    }
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &network));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_TANH));
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 2, x, 2, labels, 1, &data));
    nt_resume(a);
    status = nndyn_basin_margins(network, data, 1, &sigma, &accuracy, distances);
    nt_pause(a);
    assert_true(status == NNDYN_OK || accuracy == 7);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(c);
    nt_resume(a);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear), cmocka_unit_test(test_fixture),
                                       cmocka_unit_test(test_errors), cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
