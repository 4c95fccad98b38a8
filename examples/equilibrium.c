/* equilibrium.c - a regression at its learning equilibrium: fluctuations of the weights, predicted and measured. */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 200, INPUTS = 3, P = 4, STEPS = 200000, BATCH = 4 };

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    static double x[N * INPUTS], t[N], record[STEPS * P];
    const double rate = 0.01;
    nndyn_context *context;
    nndyn_network *network;
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < INPUTS; k++) {
            x[i * INPUTS + k] = sin(1.7 * i + 2.3 * k * i + k) * (k + 1);
        }
        t[i] = x[i * INPUTS] - 0.5 * x[i * INPUTS + 1] + 0.8 * cos(9.1 * i);
    }
    check(nndyn_context_create(&context), NULL);
    check(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), context);
    check(nndyn_network_add_dense(network, 1, NNDYN_IDENTITY), network);
    check(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    check(nndyn_dataset_create(context, N, INPUTS, x, 1, t, 1, &data), context);
    check(nndyn_batches_create(data, NNDYN_BATCH_REPLACEMENT, BATCH, NULL, &batches), data);
    check(nndyn_trainer_create(network, NNDYN_SGD, &trainer), network);
    check(nndyn_trainer_set(trainer, "rate", rate), trainer);
    /* [equilibrium] */
    double curvature[P], modes[P * P], times[P], want[P * P], got[P * P], error[P * P], fdr;
    nndyn_equilibrium *result;
    int verdict;
    check(nndyn_equilibrium_find(network, N, x, t, NULL, NULL, NULL), network);
    check(nndyn_equilibrium_modes(network, N, x, t, P, rate, NULL, curvature, modes, NULL, times, NULL), network);
    check(nndyn_equilibrium_covariance(network, N, x, t, P, modes, rate, BATCH, NULL, want), network);
    check(nndyn_equilibrium_record(trainer, batches, STEPS, P, modes, record), trainer);
    check(nndyn_equilibrium_measure(context, STEPS, P, record, NULL, got, error, NULL), context);
    for (int i = 0; i < P; i++) {
        int d = i * (P + 1);
        printf("curvature %.3f, %5.1f steps: variance %.2e predicted, %.2e +- %.0e measured\n", curvature[i], times[i],
               want[d], got[d], error[d]);
    }
    check(nndyn_equilibrium_test_run(trainer, batches, STEPS, NULL, &result), trainer);
    check(nndyn_equilibrium_verdict(result, &verdict), result);
    check(nndyn_equilibrium_get(result, "fdr", &fdr), result);
    printf("equilibrium: %s, fluctuation-dissipation ratio %.3f\n", nndyn_equilibrium_verdict_name(verdict), fdr);
    /* [end] */
    nndyn_equilibrium_free(result);
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
