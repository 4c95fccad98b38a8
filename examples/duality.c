/* duality.c - how one image moves the weights of a trained network.  Argument: a CSV file of digits. */
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static nndyn_dataset *read_digits(nndyn_context *context, const char *path)
{
    nndyn_options *options;
    nndyn_dataset *digits;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "label_column", -2), options);
    check(nndyn_options_set_double(options, "scale", 1.0 / 16), options);
    check(nndyn_dataset_read_csv(context, path, options, &digits), context);
    nndyn_options_free(options);
    return digits;
}

static nndyn_network *train(nndyn_context *context, nndyn_dataset *digits)
{
    nndyn_network *network;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    check(nndyn_network_create(context, NNDYN_F64, 64, &network), context);
    check(nndyn_network_add_dense(network, 32, NNDYN_TANH), network);
    check(nndyn_network_add_dense(network, 10, NNDYN_IDENTITY), network);
    check(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    check(nndyn_batches_create(digits, NNDYN_BATCH_EPOCHS, 32, NULL, &batches), digits);
    check(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    check(nndyn_train_run(trainer, batches, 1000, NULL), trainer);
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    return network;
}

int main(int argc, char **argv)
{
    nndyn_context *context;
    check(nndyn_context_create(&context), NULL);
    nndyn_dataset *digits = read_digits(context, argc > 1 ? argv[1] : "digits.csv");
    nndyn_network *network = train(context, digits);
    double x[64], t[10];
    check(nndyn_dataset_get(digits, 0, 1, x, t, NULL), digits);
    /* [spectrum] */
    int64_t rows, columns;
    double s[74], flops;
    check(nndyn_duality_shape(network, 1, NULL, &rows, &columns), network);
    check(nndyn_duality_forecast(network, 1, NNDYN_DUALITY_SINGULAR_VALUES, NULL, NULL, &flops), network);
    check(nndyn_duality_singular_values(network, 1, x, t, NULL, s), network);
    printf("J is %lld x %lld, %.0f Mflop\n", (long long)rows, (long long)columns, 1e-6 * flops);
    for (int i = 0; i < columns; i += i < 12 ? 1 : 10) {
        printf("s[%d] = %.3g\n", i, s[i]);
    }
    printf("smallest: %.1e of the largest\n", s[columns - 1] / s[0]);
    /* [end] */
    /* [modes] */
    double gain, direction[74], pixels = 0;
    nndyn_operator *j;
    check(nndyn_duality_operator(network, 1, x, t, NULL, &j), network);
    check(nndyn_singular_values(j, 1, NULL, &gain, NULL, direction, NULL), j);
    for (int i = 0; i < 64; i++) {
        pixels += direction[i] * direction[i];
    }
    printf("the strongest mode (gain %.3g) is %.0f %% pixels, %.0f %% targets\n", gain, 100 * pixels,
           100 - 100 * pixels);
    /* [end] */
    nndyn_operator_free(j);
    nndyn_network_free(network);
    nndyn_dataset_free(digits);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
