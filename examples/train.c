/* train.c - a batch of your own, one step a call: two spirals in single precision, with a schedule of the rate. */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 400, STEPS = 3000 };

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

/* Samples are rows: the place in the plane, and one target, the spiral it lies on. */
static void spirals(float x[][2], float t[])
{
    for (int i = 0; i < SAMPLES; i++) {
        double turn = 1.5 * 6.2832 * i / SAMPLES, side = i % 2 ? 1 : -1;
        x[i][0] = (float)(side * turn * cos(turn) / 9);
        x[i][1] = (float)(side * turn * sin(turn) / 9);
        t[i] = i % 2 ? 1 : 0;
    }
}

static double right(nndyn_network *network, float x[][2], const float t[])
{
    static float logit[SAMPLES];
    int count = 0;
    check(nndyn_network_forward_f32(network, SAMPLES, x[0], logit), network);
    for (int i = 0; i < SAMPLES; i++) {
        count += (logit[i] > 0) == (t[i] > 0);
    }
    return 100.0 * count / SAMPLES;
}

int main(void)
{
    static float x[SAMPLES][2], t[SAMPLES];
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_options *options;
    double loss = 0;

    spirals(x, t);
    check(nndyn_context_create(&context), NULL);
    check(nndyn_network_create(context, NNDYN_F32, 2, &network), context);
    check(nndyn_network_add_dense(network, 32, NNDYN_SILU), network);
    check(nndyn_network_add_dense(network, 32, NNDYN_SILU), network);
    check(nndyn_network_add_dense(network, 1, NNDYN_IDENTITY), network);
    check(nndyn_network_set_loss(network, NNDYN_BINARY_CROSS_ENTROPY), network);
    check(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    check(nndyn_trainer_set(trainer, "rate", 0.01), trainer);
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_double(options, "period", STEPS), options);
    check(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_COSINE, options), trainer);
    for (int k = 0; k < STEPS; k++) {
        check(nndyn_train_step_f32(trainer, SAMPLES, x[0], t, &loss), trainer);
        if (k % 500 == 0) {
            printf("step %4d  loss %.4f  right %5.1f %%\n", k, loss, right(network, x, t));
        }
    }
    printf("step %4d  loss %.4f  right %5.1f %%\n", STEPS, loss, right(network, x, t));
    nndyn_options_free(options);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return 0;
}
