/* test_langevin.c - Langevin dynamics: the noise is the stream's, and the stationary distribution is the known one. */
#include "training/fixture.h"

enum { CHAINS = 64, BURN = 100, STEPS = 2000 };

static const double one = 1;

/* One sample, one input, a target at zero for each of many outputs: weight j is alone in the bowl w_j^2/2. */
static nndyn_trainer *bowls(nndyn_context *context, int dtype, int optimizer, nndyn_network **network)
{
    double zero[CHAINS] = {0};
    nndyn_trainer *trainer;
    *network = linear(context, dtype, 1, CHAINS, NNDYN_SQUARED_ERROR);
    ok(nndyn_network_set_parameters(*network, CHAINS, zero));
    ok(nndyn_trainer_create(*network, optimizer, &trainer));
    ok(nndyn_trainer_set(trainer, "rate", 0.1));
    return trainer;
}

/* w' = (1-rate) w + sqrt(2 rate T) xi has variance T/(1-rate/2).  Squares decorrelate by 0.81 a step, so 64 * 2000 of
 * them are worth 13 400 independent ones, and the estimate's relative deviation is sqrt(2/13400) = 1.2 %; the mean has
 * 0.9 a step and 0.0089.  Four and a half deviations: a right library fails with one seed in 100 000. */
static void stationary(int dtype)
{
    const double rate = 0.1, temperature = 0.5, variance = temperature / (1 - rate / 2);
    const double zero[CHAINS] = {0};
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double sum = 0, squares = 0, w[CHAINS];
    ok(nndyn_context_create(&context));
    ok(nndyn_context_set_seed(context, 2024));
    trainer = bowls(context, dtype, NNDYN_LANGEVIN, &network);
    ok(nndyn_trainer_set(trainer, "temperature", temperature));
    for (int k = 0; k < BURN + STEPS; k++) {
        ok(step(trainer, dtype, 1, 1, CHAINS, &one, zero, NULL));
        ok(nndyn_network_get_parameters(network, CHAINS, w));
        for (int j = 0; j < CHAINS && k >= BURN; j++) {
            sum += w[j];
            squares += w[j] * w[j];
        }
    }
    nt_near(squares / (CHAINS * STEPS), variance, 4.5 * 0.0122 * variance);
    nt_near(sum / (CHAINS * STEPS), 0, 4.5 * 0.0089);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void stationary_f64(void **unused)
{
    (void)unused;
    stationary(NNDYN_F64);
}

static void stationary_f32(void **unused)
{
    (void)unused;
    stationary(NNDYN_F32);
}

/* Step k adds numbers 0..P-1 of the stream (seed, Langevin, 0, k), times sqrt(2 rate T). */
static void noise_is_the_stream(void **unused)
{
    const double zero[CHAINS] = {0};
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double w[CHAINS], before[CHAINS] = {0}, xi[CHAINS];
    (void)unused;
    ok(nndyn_context_create(&context));
    ok(nndyn_context_set_seed(context, -7));
    trainer = bowls(context, NNDYN_F64, NNDYN_LANGEVIN, &network);
    for (int k = 0; k < 5; k++) {
        ok(nndyn_train_step(trainer, 1, &one, zero, NULL));
        ok(nndyn_network_get_parameters(network, CHAINS, w));
        nd_normal(nd_stream_open(-7, ND_RANDOM_LANGEVIN, 0, k), 0, CHAINS, xi);
        for (int j = 0; j < CHAINS; j++) {
            nt_near(w[j], 0.9 * before[j] + sqrt(2 * 0.1 * 1) * xi[j], 1e-14);
        }
        memcpy(before, w, sizeof w);
    }
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void cold_is_descent(void **unused)
{
    double w[2][CHAINS], target[CHAINS];
    (void)unused;
    nt_normal(9, CHAINS, target);
    for (int i = 0; i < 2; i++) {
        nndyn_context *context;
        nndyn_network *network;
        nndyn_trainer *trainer;
        ok(nndyn_context_create(&context));
        trainer = bowls(context, NNDYN_F64, i == 0 ? NNDYN_LANGEVIN : NNDYN_SGD, &network);
        if (i == 0) {
            ok(nndyn_trainer_set(trainer, "temperature", 0));
        }
        for (int k = 0; k < 20; k++) {
            ok(nndyn_train_step(trainer, 1, &one, target, NULL));
        }
        ok(nndyn_network_get_parameters(network, CHAINS, w[i]));
        nndyn_trainer_free(trainer);
        nndyn_network_free(network);
        nndyn_context_free(context);
    }
    assert_memory_equal(w[0], w[1], sizeof w[0]);
}

/* The seed of a trainer is its own if one is given. */
static void own_seed(void **unused)
{
    const double zero[CHAINS] = {0};
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_options *options;
    double w[CHAINS], xi[CHAINS];
    (void)unused;
    ok(nndyn_context_create(&context));
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "seed", INT64_MIN));
    network = linear(context, NNDYN_F64, 1, CHAINS, NNDYN_SQUARED_ERROR);
    ok(nndyn_network_set_parameters(network, CHAINS, zero));
    nt_ok(network, nndyn_trainer_create_with(network, NNDYN_LANGEVIN, options, &trainer));
    ok(nndyn_train_step(trainer, 1, &one, zero, NULL));
    ok(nndyn_network_get_parameters(network, CHAINS, w));
    nd_normal(nd_stream_open(INT64_MIN, ND_RANDOM_LANGEVIN, 0, 0), 0, CHAINS, xi);
    for (int j = 0; j < CHAINS; j++) {
        nt_near(w[j], sqrt(2 * 0.01) * xi[j], 1e-14);
    }
    nndyn_trainer_free(trainer);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stationary_f64),  cmocka_unit_test(stationary_f32), cmocka_unit_test(noise_is_the_stream),
        cmocka_unit_test(cold_is_descent), cmocka_unit_test(own_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
