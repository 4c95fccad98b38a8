/* Order of the tails of a 784-256-256-256-10 ReLU network after eight epochs on MNIST: published are mean Spearman
 * correlations of 0.577 / 0.585 (two seeds), 0.877 / 0.874, 0.958 / 0.959 and 1 above layers 0, 1, 2, 3.
 *
 * NNDYN_MNIST names a folder with the four files of MNIST, uncompressed.  Batches of 128 are assumed.  The bounds leave
 * five times what two seeds differ by, and more: a run outside them by chance is not to be expected. */
#include "nndyn.h"
#include "nndyn/order.h"
#include "support/support.h"

enum { INPUTS = 784, CLASSES = 10, CUTS = 4, EPOCHS = 8, BATCH = 128 };

static nndyn_dataset *digits(nndyn_context *context, const char *name)
{
    char images[NT_PATH], labels[NT_PATH];
    nndyn_options *options = NULL;
    nndyn_dataset *data = NULL;
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", getenv("NNDYN_MNIST"), name);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", getenv("NNDYN_MNIST"), name);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_dataset_read_idx(context, images, labels, options, &data));
    nndyn_options_free(options);
    return data;
}

static nndyn_network *trained(nndyn_context *context, nndyn_dataset *data, int64_t seed)
{
    nndyn_options *options = NULL;
    nndyn_network *net = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_batches *batches = NULL;
    int64_t steps = 0;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "initialization", "he_normal"));
    nt_ok(context, nndyn_network_create(context, NNDYN_F32, INPUTS, &net));
    for (int l = 0; l < CUTS; l++) {
        const int last = l == CUTS - 1;
        nt_ok(net,
              nndyn_network_add_dense_with(net, last ? CLASSES : 256, last ? NNDYN_IDENTITY : NNDYN_RELU, options));
    }
    nndyn_options_free(options);
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(net, nndyn_network_initialize(net, seed));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "rate", 1e-3));
    nt_ok(net, nndyn_trainer_create_with(net, NNDYN_ADAM, options, &trainer));
    nndyn_options_free(options);
    nt_ok(data, nndyn_batches_create(data, NNDYN_BATCH_EPOCHS, BATCH, NULL, &batches));
    nt_ok(batches, nndyn_batches_shape(batches, &steps, NULL));
    nt_ok(trainer, nndyn_train_run(trainer, batches, EPOCHS * steps, NULL));
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
    return net;
}

static void tails_of_a_trained_network(void **state)
{
    static const double low[CUTS] = {0.50, 0.82, 0.92, 1 - 1e-9}, high[CUTS] = {0.66, 0.92, 0.98, 1};
    double tau[CUTS * CLASSES], rho[CUTS * CLASSES], index[CUTS], accuracy = 0;
    nndyn_context *context = NULL;
    nndyn_options *options = NULL;
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nndyn_dataset *train = digits(context, "train"), *test = digits(context, "t10k");
    nndyn_network *net = trained(context, train, 0);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "samples", 2000));
    nt_ok(net, nndyn_network_evaluate(net, test, NULL, &accuracy));
    nt_ok(net, nndyn_order_tail(net, test, options, CUTS, tau, rho, index, NULL));
    assert_true(accuracy > 0.97);
    for (int l = 0; l < CUTS; l++) {
        double mean = 0;
        for (int k = 0; k < CLASSES; k++) {
            mean += rho[l * CLASSES + k] / CLASSES;
        }
        print_message("# accuracy %.4f, above layer %d: Spearman %.4f, tau_b %.4f\n", accuracy, l, mean, index[l]);
        assert_true(mean >= low[l] && mean <= high[l] + 1e-12);
    }
    nndyn_options_free(options);
    nndyn_network_free(net);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_context_free(context);
}

int main(void)
{
    if (getenv("NNDYN_MNIST") == NULL) { /* skip() of cmocka counts as a failure in TAP */
        puts("1..0 # SKIP NNDYN_MNIST is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(tails_of_a_trained_network)};
    return cmocka_run_group_tests_name("order of tails", tests, NULL, NULL);
}
