/* The lag of batch norm on MNIST, with the published settings (docs/phases.md).  Fixed seeds: what is asserted are
 * ranges that hold for them. */
#include "support/fixture.h"
#include "nndyn.h"

static nndyn_dataset *digits(const char *set)
{
    char images[4096], labels[4096];
    nndyn_options *options = NULL;
    nndyn_dataset *data = NULL;
    (void)snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", getenv("NNDYN_MNIST"), set);
    (void)snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", getenv("NNDYN_MNIST"), set);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_dataset_read_idx(context, images, labels, options, &data));
    nndyn_options_free(options);
    return data;
}

/* A network of 22 hidden layers with batch norm that remembers a share 1 - momentum of its running statistics. */
static nndyn_network *deep_network(double momentum, int64_t seed)
{
    nndyn_network *net = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "momentum", momentum));
    nt_ok(context, nndyn_network_create(context, NNDYN_F32, 784, &net));
    for (int l = 0; l < 22; l++) {
        nt_ok(net, nndyn_network_add_dense(net, 128, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, options));
        nt_ok(net, nndyn_network_add_activation(net, NNDYN_RELU, NULL));
    }
    nt_ok(net, nndyn_network_add_dense(net, 10, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(net, nndyn_network_initialize(net, seed));
    nndyn_options_free(options);
    return net;
}

typedef struct accuracies {
    double running, own, lag; /* by running statistics, by those of the test set; lag of the first layer */
} accuracies;

/* Adam 0.01, batches of 30000, with measurements at some steps. */
static void lag_run(double momentum, int64_t seed, int count, const int64_t *steps, accuracies *out)
{
    double lags[22];
    nndyn_network *net = deep_network(momentum, seed);
    nndyn_dataset *train = digits("train"), *test = digits("t10k");
    nndyn_trainer *trainer = NULL;
    nndyn_batches *batches = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "seed", seed));
    nt_ok(net, nndyn_trainer_create(net, NNDYN_ADAM, &trainer));
    nt_ok(trainer, nndyn_trainer_set(trainer, "rate", 0.01));
    nt_ok(train, nndyn_batches_create(train, NNDYN_BATCH_EPOCHS, 30000, options, &batches));
    for (int i = 0; i < count; i++) {
        nt_ok(trainer, nndyn_train_run(trainer, batches, steps[i] - (i > 0 ? steps[i - 1] : 0), NULL));
        nt_ok(net, nndyn_network_evaluate(net, test, NULL, &out[i].running));
        nt_ok(net, nndyn_batch_norm_accuracy(net, test, &out[i].own));
        nt_ok(net, nndyn_batch_norm_lag(net, test, 22, lags, NULL));
        out[i].lag = lags[0];
    }
    nndyn_options_free(options);
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_network_free(net);
}

/* Published, one seed: 0.497 by running statistics and 0.898 by those of the test set at step 50, 0.963 both at step
 * 80.  Seed 3 is as late; other seeds come through the same at step 20 or 30. */
static void late(void **state)
{
    static const int64_t steps[] = {50};
    accuracies a;
    (void)state;
    lag_run(0.1, 3, 1, steps, &a);
    assert_true(a.running < 0.6 && a.own > 0.85);
}

/* With momentum 1 running statistics are those of the newest batch: training is the same, and the gap is gone
 * (published 0.705 and 0.742 at step 20; with momentum 0.1 0.117 and 0.742). */
static void early(void **state)
{
    static const int64_t steps[] = {10, 20, 100};
    accuracies running[3], newest[2];
    (void)state;
    lag_run(0.1, 0, 3, steps, running);
    lag_run(1, 0, 2, steps, newest);
    assert_true(running[1].running < 0.6 && running[1].own > 0.85);
    assert_true(running[1].lag > 0.2);
    assert_true(running[2].running > 0.95 && running[2].own > 0.95);
    assert_true(running[2].lag < 0.1);
    for (int i = 0; i < 2; i++) {
        assert_true(newest[i].own == running[i].own);
        nt_near(newest[i].running, newest[i].own, 0.1);
        assert_true(running[i].running < running[i].own - 0.2);
    }
}

/* Seed 1 comes through it at step 30. */
static void another(void **state)
{
    static const int64_t steps[] = {30};
    accuracies a;
    (void)state;
    lag_run(0.1, 1, 1, steps, &a);
    assert_true(a.running < 0.6 && a.own > 0.85);
}

int main(void)
{
    if (getenv("NNDYN_MNIST") == NULL) { /* skip() of cmocka counts as a failure in TAP */
        puts("1..0 # SKIP NNDYN_MNIST is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(late, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(early, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(another, set_up, tear_down)};
    return cmocka_run_group_tests_name("lag of batch norm on MNIST", tests, NULL, NULL);
}
