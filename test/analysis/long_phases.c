/* Grokking on MNIST, with the published settings (docs/phases.md).  A fixed seed: what is asserted are ranges that hold
 * for it. */
#include "support/fixture.h"
#include "nndyn.h"
#include "nndyn/basin.h"

static nndyn_dataset *digits(const char *set, int64_t count)
{
    char images[4096], labels[4096];
    nndyn_options *options = NULL;
    nndyn_dataset *data = NULL;
    (void)snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", getenv("NNDYN_MNIST"), set);
    (void)snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", getenv("NNDYN_MNIST"), set);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(options, nndyn_options_set_integer(options, "count", count));
    nt_ok(context, nndyn_dataset_read_idx(context, images, labels, options, &data));
    nndyn_options_free(options);
    return data;
}

/* Multiplies the parameters, and returns their norm. */
static double scale(nndyn_network *net, double factor)
{
    int64_t count;
    double sum = 0;
    nt_ok(net, nndyn_network_shape(net, NULL, NULL, NULL, &count, NULL));
    double *theta = malloc((size_t)count * sizeof *theta);
    assert_non_null(theta);
    nt_ok(net, nndyn_network_get_parameters(net, count, theta));
    for (int64_t i = 0; i < count; i++) {
        theta[i] *= factor;
        sum += theta[i] * theta[i];
    }
    nt_ok(net, nndyn_network_set_parameters(net, count, theta));
    free(theta);
    return sqrt(sum);
}

static double radius(nndyn_network *net, nndyn_dataset *data)
{
    nndyn_basin *basin = NULL;
    nndyn_options *options = NULL;
    double value = 0;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "draws", 4));
    nt_ok(net, nndyn_basin_sample(net, data, options, &basin));
    nt_ok(basin, nndyn_basin_get(basin, 0, "radius", &value));
    nndyn_options_free(options);
    nndyn_basin_free(basin);
    return value;
}

static nndyn_network *large_network(void)
{
    nndyn_network *net = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_network_create(context, NNDYN_F32, 784, &net));
    nt_ok(net, nndyn_network_add_dense(net, 200, NNDYN_RELU));
    nt_ok(net, nndyn_network_add_dense(net, 200, NNDYN_RELU));
    nt_ok(net, nndyn_network_add_dense(net, 10, NNDYN_IDENTITY));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "parameter", 0.1));
    nt_ok(net, nndyn_network_set_loss_with(net, NNDYN_SQUARED_ERROR, options));
    nt_ok(net, nndyn_network_initialize(net, 0));
    nndyn_options_free(options);
    return net;
}

/* 784-200-200-10, 1000 samples, weights eight times too large, AdamW; published: memorized by step 2371, half way to
 * its test accuracy near 22000, basin 0.035 then and 0.71 at the end; norm exp(-rate decay t) early. */
static void grokking(void **state)
{
    static const int64_t steps[] = {1000, 2371, 7498, 13335, 17782, 23713, 31622, 56234, 100000};
    double train[9], test[9], sigma[9], norm[9], values[NNDYN_GROKKING_VALUES];
    int verdict = 0;
    nndyn_network *net = large_network();
    nndyn_dataset *some = digits("train", 1000), *rest = digits("t10k", 5000);
    nndyn_trainer *trainer = NULL;
    nndyn_batches *batches = NULL;
    (void)state;
    const double start = scale(net, 8);
    nt_ok(net, nndyn_trainer_create(net, NNDYN_ADAMW, &trainer));
    nt_ok(some, nndyn_batches_create(some, NNDYN_BATCH_EPOCHS, 200, NULL, &batches));
    for (int i = 0; i < 9; i++) {
        nt_ok(trainer, nndyn_train_run(trainer, batches, steps[i] - (i > 0 ? steps[i - 1] : 0), NULL));
        nt_ok(net, nndyn_network_evaluate(net, some, NULL, &train[i]));
        nt_ok(net, nndyn_network_evaluate(net, rest, NULL, &test[i]));
        norm[i] = scale(net, 1);
        sigma[i] = radius(net, some);
    }
    nt_near(start, 93.66, 0.3);
    nt_near(norm[2] / start, exp(-1e-5 * 7498), 0.01);
    nt_ok(context, nndyn_grokking(context, 9, steps, train, test, NULL, NULL, NNDYN_GROKKING_VALUES, values, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_DELAYED);
    assert_true(values[NNDYN_GROKKING_MEMORIZED] == 2371);
    assert_true(values[NNDYN_GROKKING_GENERALIZED] >= 17782 && values[NNDYN_GROKKING_GENERALIZED] <= 31622);
    assert_true(values[NNDYN_GROKKING_BEFORE] < 0.25 && values[NNDYN_GROKKING_BEST] > 0.8);
    assert_true(sigma[1] < 0.06 && sigma[8] > 0.5);
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
    nndyn_dataset_free(some);
    nndyn_dataset_free(rest);
    nndyn_network_free(net);
}

int main(void)
{
    if (getenv("NNDYN_MNIST") == NULL) { /* skip() of cmocka counts as a failure in TAP */
        puts("1..0 # SKIP NNDYN_MNIST is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(grokking, set_up, tear_down)};
    return cmocka_run_group_tests_name("grokking on MNIST", tests, NULL, NULL);
}
