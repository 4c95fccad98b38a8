/* test_learning.c - small tasks that are learned, to a stated loss, the same way each time. */
#include "training/fixture.h"

/* Exclusive or is not linear: 2-8-1 tanh must bend. */
static void exclusive_or(int dtype, double *final)
{
    const double x[8] = {0, 0, 0, 1, 1, 0, 1, 1}, t[4] = {0, 1, 1, 0};
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double loss = 1;
    ok(nndyn_context_create(&context));
    network = chain(context, dtype, 2, 8, NNDYN_TANH, 1, NNDYN_BINARY_CROSS_ENTROPY);
    trainer = trainer_with(context, network, NNDYN_ADAM, "rate", 0.05, NULL);
    for (int k = 0; k < 400; k++) {
        ok(step(trainer, dtype, 4, 2, 1, x, t, &loss));
        if (k == 0) {
            assert_true(loss > 0.6); /* about ln 2: nothing is known yet */
        }
    }
    assert_true(loss < 0.01);
    *final = loss;
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void learns_exclusive_or(void **unused)
{
    (void)unused;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        double first, second;
        exclusive_or(dtype, &first);
        exclusive_or(dtype, &second);
        assert_true(first == second);
    }
}

enum { MOONS = 200 };

/* Two interleaved half circles, with a little noise. */
static void moons(double *x, int64_t *labels)
{
    double noise[2 * MOONS];
    nt_normal(5, 2 * MOONS, noise);
    for (int i = 0; i < MOONS; i++) {
        const double angle = 3.141592653589793 * (i / 2) / (MOONS / 2 - 1);
        labels[i] = i % 2;
        x[2 * i] = (i % 2 ? 1 - cos(angle) : cos(angle)) + 0.08 * noise[2 * i];
        x[2 * i + 1] = (i % 2 ? 0.5 - sin(angle) : sin(angle)) + 0.08 * noise[2 * i + 1];
    }
}

static void learn_moons(int optimizer, double rate, int64_t steps, double most)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_dataset *dataset;
    nndyn_batches *batches;
    double x[2 * MOONS], loss, accuracy;
    int64_t labels[MOONS];
    moons(x, labels);
    ok(nndyn_context_create(&context));
    ok(nndyn_dataset_create_labels(context, MOONS, 2, x, 2, labels, 1, &dataset));
    ok(nndyn_batches_create(dataset, NNDYN_BATCH_EPOCHS, 20, NULL, &batches));
    ok(nndyn_network_create(context, NNDYN_F64, 2, &network));
    ok(nndyn_network_add_dense(network, 12, NNDYN_RELU));
    ok(nndyn_network_add_dense(network, 12, NNDYN_RELU));
    ok(nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
    ok(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    trainer = trainer_with(context, network, optimizer, "rate", rate, NULL);
    nt_ok(trainer, nndyn_train_run(trainer, batches, steps, NULL));
    nt_ok(network, nndyn_network_evaluate(network, dataset, &loss, &accuracy));
    assert_true(loss < most);
    assert_true(accuracy >= 0.99);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_batches_free(batches);
    nndyn_dataset_free(dataset);
    nndyn_context_free(context);
}

static void learns_two_moons(void **unused)
{
    (void)unused;
    learn_moons(NNDYN_ADAM, 0.01, 600, 0.03);
    learn_moons(NNDYN_ADAMW, 0.01, 600, 0.03);
    learn_moons(NNDYN_RMSPROP, 0.01, 600, 0.03);
    learn_moons(NNDYN_NESTEROV, 0.05, 600, 0.03);
    learn_moons(NNDYN_MOMENTUM, 0.05, 600, 0.03);
    learn_moons(NNDYN_SGD, 0.3, 1000, 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_exclusive_or),
        cmocka_unit_test(learns_two_moons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
