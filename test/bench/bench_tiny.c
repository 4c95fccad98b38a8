/* bench_tiny.c - 4-32-16-4 tanh, full batch of 10 000 samples, Adam, single precision: microseconds an epoch. */
#include "bench/bench.h"

enum { SAMPLES = 10000, EPOCHS = 200, LAYERS = 3 };

static nndyn_trainer *make(nndyn_context *context)
{
    static const int64_t widths[LAYERS] = {32, 16, 4};
    nndyn_network *network;
    nndyn_trainer *trainer;
    require(nndyn_network_create(context, NNDYN_F32, 4, &network), context);
    for (int l = 0; l < LAYERS; l++) {
        require(nndyn_network_add_dense(network, widths[l], l + 1 < LAYERS ? NNDYN_TANH : NNDYN_IDENTITY), network);
    }
    require(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    require(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    nndyn_network_free(network);
    return trainer;
}

static void run(int threads, const float *x, const float *t)
{
    nndyn_context *context;
    nndyn_trainer *trainer;
    double times[REPETITIONS], loss = 0;
    require(nndyn_context_create(&context), NULL);
    require(nndyn_context_set_threads(context, threads), context);
    trainer = make(context);
    for (int r = -1; r < REPETITIONS; r++) {
        const double start = seconds();
        for (int i = 0; i < EPOCHS; i++) {
            require(nndyn_train_step_f32(trainer, SAMPLES, x, t, &loss), trainer);
        }
        if (r >= 0) {
            times[r] = (seconds() - start) / EPOCHS;
        }
    }
    printf("threads %d: %.1f us an epoch (design: 140 on two cores), loss %.4f\n", threads,
           1e6 * median(REPETITIONS, times), loss);
    nndyn_trainer_free(trainer);
    nndyn_context_free(context);
}

int main(void)
{
    double *x = random_normal(1, SAMPLES * 4), *t = random_normal(2, SAMPLES * 4);
    float *x32 = to_single(SAMPLES * 4, x), *t32 = to_single(SAMPLES * 4, t);
    print_build();
    for (int threads = 1; threads <= 2; threads++) {
        run(threads, x32, t32);
    }
    free(x), free(t), free(x32), free(t32);
    return 0;
}
