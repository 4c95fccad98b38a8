/* tour.c - the guide's program: data, a network, training, derivatives, saving.  Argument: a CSV file of digits. */
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

/* [check] */
static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}
/* [end] */

int main(int argc, char **argv)
{
    /* [data] */
    nndyn_context *context;
    nndyn_options *options;
    nndyn_dataset *all, *train, *test;
    check(nndyn_context_create(&context), NULL);
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "label_column", -2), options); /* the last column */
    check(nndyn_options_set_double(options, "scale", 1.0 / 16), options);
    check(nndyn_dataset_read_csv(context, argc > 1 ? argv[1] : "digits.csv", options, &all), context);
    check(nndyn_dataset_split(all, 0.2, NULL, &train, &test), all);
    /* [end] */

    /* [network] */
    nndyn_network *network;
    check(nndyn_network_create(context, NNDYN_F64, 64, &network), context);
    check(nndyn_network_add_dense(network, 32, NNDYN_TANH), network);
    check(nndyn_network_add_dense(network, 10, NNDYN_IDENTITY), network);
    check(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    /* [end] */

    /* [train] */
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    double loss, accuracy;
    check(nndyn_batches_create(train, NNDYN_BATCH_EPOCHS, 32, NULL, &batches), train);
    check(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    check(nndyn_train_run(trainer, batches, 2000, NULL), trainer);
    check(nndyn_network_evaluate(network, test, &loss, &accuracy), network);
    printf("test loss %.3f, accuracy %.1f %%\n", loss, 100 * accuracy);
    /* [end] */

    /* [curvature] */
    double x[100 * 64], t[100 * 10], s[3];
    nndyn_operator *hessian;
    check(nndyn_dataset_get(train, 0, 100, x, t, NULL), train);
    check(nndyn_hessian_operator(network, 100, x, t, NULL, &hessian), network);
    check(nndyn_singular_values(hessian, 3, NULL, s, NULL, NULL, NULL), hessian);
    printf("sharpest directions of the loss: %.3g %.3g %.3g\n", s[0], s[1], s[2]);
    /* [end] */

    /* [save] */
    nndyn_trainer *again;
    check(nndyn_trainer_save(trainer, "tour.nndyn"), trainer);
    check(nndyn_trainer_load(context, "tour.nndyn", NULL, &again), context);
    check(nndyn_train_run(again, batches, 100, NULL), again); /* goes on where the first one stands, bit for bit */
    /* [end] */
    remove("tour.nndyn");

    /* [record] */
    nndyn_recorder *recorder;
    nndyn_options *cadence;
    int64_t rows;
    check(nndyn_recorder_create(again, &recorder), again);
    check(nndyn_recorder_add_training(recorder, NULL, NULL), recorder); /* every step: loss, rate, gradient_norm */
    check(nndyn_options_create(context, &cadence), context);
    check(nndyn_options_set_integer(cadence, "per_decade", 100), cadence); /* steps near 10^(j/100) */
    check(nndyn_recorder_add_evaluation(recorder, test, cadence, NULL), recorder);
    check(nndyn_train_run(again, batches, 400, NULL), again); /* steps 2101 to 2500 */
    check(nndyn_recorder_shape(recorder, 1, NULL, &rows, NULL), recorder);
    check(nndyn_recorder_write_csv(recorder, 1, "tour.csv"), recorder);
    printf("evaluated at %d steps\n", (int)rows);
    /* [end] */
    remove("tour.csv");

    /* [free] */
    nndyn_context_free(context); /* in any order */
    nndyn_operator_free(hessian);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(again);
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    nndyn_network_free(network);
    nndyn_dataset_free(test);
    nndyn_dataset_free(train);
    nndyn_dataset_free(all);
    nndyn_options_free(cadence);
    nndyn_options_free(options);
    /* [end] */
    return EXIT_SUCCESS;
}
