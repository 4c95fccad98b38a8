/* The top of the Hessian of a 784-64-10 network on 1000 MNIST digits.
 *
 * NNDYN_MNIST names a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, uncompressed. */
#include "nndyn.h"
#include "support/support.h"

enum { COUNT = 10, SAMPLES = 1000, INPUTS = 784, CLASSES = 10 };

static nndyn_operator *hessian_of(nndyn_context *context, const char *folder)
{
    char images[NT_PATH], labels[NT_PATH];
    double *x = calloc(SAMPLES * (INPUTS + CLASSES), sizeof *x), *t = x + SAMPLES * INPUTS;
    nndyn_options *options = NULL;
    nndyn_dataset *digits = NULL;
    nndyn_network *network = NULL;
    nndyn_operator *op = NULL;
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte", folder);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte", folder);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "count", SAMPLES));
    nt_ok(context, nndyn_dataset_read_idx(context, images, labels, options, &digits));
    nt_ok(digits, nndyn_dataset_get(digits, 0, SAMPLES, x, t, NULL));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, INPUTS, &network));
    nt_ok(network, nndyn_network_add_dense(network, 64, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(network, nndyn_hessian_operator(network, SAMPLES, x, t, NULL, &op));
    nndyn_network_free(network);
    nndyn_dataset_free(digits);
    nndyn_options_free(options);
    free(x);
    return op;
}

static void top_of_the_hessian(void **state)
{
    const char *folder = getenv("NNDYN_MNIST");
    double values[COUNT], residuals[COUNT], trace = 0, error = 0;
    int converged[COUNT];
    int64_t n = 0;
    nndyn_context *context = NULL;
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nndyn_operator *op = hessian_of(context, folder);
    nt_ok(op, nndyn_operator_shape(op, &n, NULL, NULL));
    assert_int_equal(n, 50890);
    double *vectors = calloc((size_t)(COUNT * n), sizeof *vectors), *y = calloc((size_t)n, sizeof *y);
    nt_ok(op, nndyn_eigenpairs(op, COUNT, NULL, values, vectors, residuals, converged));
    for (int i = 0; i < COUNT; i++) {
        double squares = 0;
        nt_ok(op, nndyn_operator_apply(op, vectors + i * n, y));
        for (int64_t j = 0; j < n; j++) {
            squares += pow(y[j] - values[i] * vectors[i * n + j], 2);
        }
        assert_true(converged[i] == 1 && sqrt(squares) < 1e-6 && residuals[i] < 1e-6);
        assert_true(i == 0 || values[i] <= values[i - 1]);
    }
    nt_ok(op, nndyn_trace(op, NULL, &trace, &error));
    print_message("largest %.10g, tenth %.10g, trace %.6g +- %.2g\n", values[0], values[COUNT - 1], trace, error);
    free(vectors), free(y);
    nndyn_operator_free(op);
    nndyn_context_free(context);
}

int main(void)
{
    if (getenv("NNDYN_MNIST") == NULL) { /* skip() of cmocka counts as a failure in TAP */
        puts("1..0 # SKIP NNDYN_MNIST is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(top_of_the_hessian)};
    return cmocka_run_group_tests_name("hessian", tests, NULL, NULL);
}
