/* bench_phase.c - one step of the networks of phase diagrams over the time of its matrix products at the multiply-add
 * peak of one core: batch norm, 7 times (dense 100, batch norm, leaky ReLU, dropout), dense 10; full batch of 2560. */
#include "bench/peak.h"

enum { SAMPLES = 2560, WIDTH = 100, BLOCKS = 7, CLASSES = 10, STEPS = 8 };

static void add_block(nndyn_context *context, nndyn_network *network)
{
    nndyn_options *options;
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_double(options, "parameter", 0.2), options);
    require(nndyn_network_add_dense(network, WIDTH, NNDYN_IDENTITY), network);
    require(nndyn_network_add_batch_norm(network, NULL), network);
    require(nndyn_network_add_activation(network, NNDYN_LEAKY_RELU, options), network);
    require(nndyn_network_add_dropout(network, 0.2), network);
    nndyn_options_free(options);
}

static nndyn_trainer *make(nndyn_context *context, int dtype, double *flops)
{
    nndyn_network *network;
    nndyn_trainer *trainer;
    require(nndyn_network_create(context, dtype, WIDTH, &network), context);
    require(nndyn_network_add_batch_norm(network, NULL), network);
    for (int i = 0; i < BLOCKS; i++) {
        add_block(context, network);
    }
    require(nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY), network);
    require(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    require(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    require(nndyn_trainer_forecast(network, NNDYN_ADAM, SAMPLES, NULL, flops), network);
    nndyn_network_free(network);
    return trainer;
}

static void run(nndyn_context *context, int dtype, const double *x, const double *t)
{
    const int single = dtype == NNDYN_F32;
    float *x32 = to_single(SAMPLES * WIDTH, x), *t32 = to_single(SAMPLES * CLASSES, t);
    double times[REPETITIONS], flops, loss = 0;
    nndyn_trainer *trainer = make(context, dtype, &flops);
    const double peak = peak_flops(dtype);
    for (int r = -1; r < REPETITIONS; r++) { /* the first one warms up */
        const double start = seconds();
        for (int i = 0; i < STEPS; i++) {
            require(single ? nndyn_train_step_f32(trainer, SAMPLES, x32, t32, &loss)
                           : nndyn_train_step(trainer, SAMPLES, x, t, &loss),
                    trainer);
        }
        if (r >= 0) {
            times[r] = (seconds() - start) / STEPS;
        }
    }
    const double step = median(REPETITIONS, times);
    printf("f%d: %.0f us a step, its products at peak (%.0f GFLOP/s) %.0f us, ratio %.2f\n", single ? 32 : 64,
           1e6 * step, 1e-9 * peak, 1e6 * flops / peak, step * peak / flops);
    nndyn_trainer_free(trainer);
    free(x32), free(t32);
}

int main(void)
{
    nndyn_context *context;
    double *x = random_normal(1, SAMPLES * WIDTH), *t = reserve(SAMPLES * CLASSES, sizeof *t);
    for (int64_t i = 0; i < SAMPLES * CLASSES; i++) {
        t[i] = i % CLASSES == (i / CLASSES * 7) % CLASSES;
    }
    print_build();
    require(nndyn_context_create(&context), NULL);
    run(context, NNDYN_F32, x, t);
    run(context, NNDYN_F64, x, t);
    nndyn_context_free(context);
    free(x), free(t);
    return 0;
}
