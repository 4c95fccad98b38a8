/* equi_separation.c - the law of equi-separation: in a trained network each layer improves the separation of the
 * classes by about the same factor, so that its logarithm falls along a straight line (He and Su, "A law of data
 * separation in deep learning", PNAS 120 (2023), arXiv:2210.17020; docs/phase_diagrams.md).
 *
 *     equi_separation [data] [layers=8] [epochs=600] [folder=.]
 *
 * data: a folder with the uncompressed training files of MNIST (or of Fashion-MNIST, which has the same format), or a
 * file of 8x8 digits as examples/data/digits.csv, the default.  100 samples of each class, pixels scaled to [-1, 1],
 * networks of width 100 trained by SGD, momentum and Adam in batches of 128, the rate divided by 10 after a third and
 * after two thirds of the epochs; with batch norm and without.  Writes separation.csv: one row a network and layer.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nndyn.h>

enum { CLASSES = 10, EACH = 100, SAMPLES = CLASSES * EACH, WIDTH = 100, BATCH = 128, MOST_LAYERS = 64 };

typedef struct job {
    const char *data, *folder;
    int layers, epochs;
    int64_t inputs;
    nndyn_context *context;
    nndyn_dataset *train;
    FILE *table;
} job;

static const struct {
    const char *name;
    int optimizer;
    double rate;
} optimizers[] = {
    {"SGD", NNDYN_SGD, 0.1},
    {"momentum", NNDYN_MOMENTUM, 0.01},
    {"Adam", NNDYN_ADAM, 0.001},
};

static void check(const void *handle, int status)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "equi_separation: %s\n", nndyn_message(handle));
        exit(1);
    }
}

static nndyn_options *options_of(nndyn_context *context)
{
    nndyn_options *options;
    check(context, nndyn_options_create(context, &options));
    return options;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static nndyn_dataset *read_digits(job *j)
{
    nndyn_options *options = options_of(j->context);
    nndyn_dataset *all;
    check(options, nndyn_options_set_integer(options, "label_column", -2));
    check(options, nndyn_options_set_double(options, "scale", 1.0 / 16));
    check(options, nndyn_options_set_text(options, "dtype", "f32"));
    check(j->context, nndyn_dataset_read_csv(j->context, j->data, options, &all));
    nndyn_options_free(options);
    return all;
}

static nndyn_dataset *read_images(job *j)
{
    char images[4096], labels[4096];
    nndyn_options *options = options_of(j->context);
    nndyn_dataset *all, *small;
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte", j->data);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte", j->data);
    check(options, nndyn_options_set_text(options, "dtype", "f32"));
    check(j->context, nndyn_dataset_read_idx(j->context, images, labels, options, &all));
    check(all, nndyn_dataset_resize(all, 1, 28, 28, 10, 10, NULL, &small));
    nndyn_dataset_free(all);
    nndyn_options_free(options);
    return small;
}

/* The first 100 samples of each class, and pixels in [-1, 1]. */
static void choose(job *j, nndyn_dataset *all)
{
    static double x[SAMPLES * WIDTH];
    static float scaled[SAMPLES * WIDTH];
    static int64_t rows[SAMPLES], labels[SAMPLES];
    int64_t samples, classes, taken[CLASSES] = {0}, count = 0, label;
    nndyn_dataset *chosen;
    check(all, nndyn_dataset_shape(all, &samples, &j->inputs, NULL, &classes, NULL));
    for (int64_t i = 0; i < samples && count < SAMPLES; i++) {
        check(all, nndyn_dataset_get(all, i, 1, NULL, NULL, &label));
        if (label < CLASSES && taken[label]++ < EACH) {
            rows[count++] = i;
        }
    }
    if (count < SAMPLES || classes != CLASSES || j->inputs > WIDTH) {
        fprintf(stderr, "equi_separation: the data are not 100 small images of each of ten classes\n");
        exit(1);
    }
    check(all, nndyn_dataset_select(all, SAMPLES, rows, &chosen));
    check(chosen, nndyn_dataset_get(chosen, 0, SAMPLES, x, NULL, labels));
    for (int64_t i = 0; i < SAMPLES * j->inputs; i++) {
        scaled[i] = (float)((x[i] - 0.5) / 0.5);
    }
    nndyn_dataset_free(chosen);
    check(j->context,
          nndyn_dataset_create_labels_f32(j->context, SAMPLES, j->inputs, scaled, CLASSES, labels, 1, &j->train));
}

static void load(job *j)
{
    const char *end = strrchr(j->data, '.');
    nndyn_dataset *all = end != NULL && strcmp(end, ".csv") == 0 ? read_digits(j) : read_images(j);
    choose(j, all);
    nndyn_dataset_free(all);
}

/* ---- a network --------------------------------------------------------------------------------------------------- */

static nndyn_network *build(const job *j, int batch_norm)
{
    nndyn_network *network;
    check(j->context, nndyn_network_create(j->context, NNDYN_F32, j->inputs, &network));
    for (int l = 0; l < j->layers; l++) {
        check(network, nndyn_network_add_dense(network, WIDTH, NNDYN_IDENTITY));
        if (batch_norm) {
            check(network, nndyn_network_add_batch_norm(network, NULL));
        }
        check(network, nndyn_network_add_activation(network, NNDYN_RELU, NULL));
    }
    check(network, nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY));
    check(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return network;
}

/* Weight decay is the optimizer's own: subtracted as the gradient of |w|^2 / 2. */
static void train(const job *j, nndyn_network *network, int which)
{
    nndyn_options *options = options_of(j->context);
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    int64_t steps;
    check(j->train, nndyn_batches_create(j->train, NNDYN_BATCH_EPOCHS, BATCH, NULL, &batches));
    check(batches, nndyn_batches_shape(batches, &steps, NULL));
    check(options, nndyn_options_set_double(options, "rate", optimizers[which].rate));
    check(options, nndyn_options_set_double(options, "weight_decay", 5e-4));
    check(network, nndyn_trainer_create_with(network, optimizers[which].optimizer, options, &trainer));
    nndyn_options_free(options);
    options = options_of(j->context);
    const int64_t all = steps * j->epochs;
    check(options, nndyn_options_set_double(options, "period", ceil((double)all / 3)));
    check(trainer, nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_STEP, options));
    check(trainer, nndyn_train_run(trainer, batches, all, NULL));
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    nndyn_options_free(options);
}

/* Slope and correlation of a line; a network whose units all died has none. */
static void print_line(const double *statistics)
{
    const double slope = statistics[NNDYN_LOAD_CURVE_SLOPE], square = statistics[NNDYN_LOAD_CURVE_R_SQUARED];
    if (isfinite(slope)) {
        printf("   %+7.3f %7.3f", slope, copysign(sqrt(square), slope));
    } else {
        printf("   %15s", "undefined");
    }
}

/* Separation at the input and after each activation, its line, and how straight it is. */
static void measure(const job *j, nndyn_network *network, const char *name, int batch_norm)
{
    enum { VALUES = NNDYN_SEPARATION_CLASSES, STATISTICS = NNDYN_LOAD_CURVE_VALUES };
    static double values[MOST_LAYERS * VALUES];
    double trace[MOST_LAYERS], he_su[MOST_LAYERS], of_trace[STATISTICS], of_he_su[STATISTICS], loss, accuracy;
    int64_t sites;
    nndyn_options *options = options_of(j->context);
    check(options, nndyn_options_set_integer(options, "he_su", 1));
    check(network, nndyn_network_separation(network, j->train, options, MOST_LAYERS, VALUES, values, NULL, &sites,
                                            &loss, &accuracy));
    for (int64_t l = 0; l < sites; l++) {
        trace[l] = values[l * VALUES + NNDYN_SEPARATION_D];
        he_su[l] = values[l * VALUES + NNDYN_SEPARATION_D_HS];
        fprintf(j->table, "%s,%d,%d,%.8g,%.8g\n", name, batch_norm, (int)l, he_su[l], trace[l]);
    }
    check(j->context, nndyn_load_curve(j->context, sites, trace, NULL, NULL, STATISTICS, of_trace, NULL));
    check(j->context, nndyn_load_curve(j->context, sites, he_su, NULL, NULL, STATISTICS, of_he_su, NULL));
    printf("%-9s %-13s %8.2e %6.1f", name, batch_norm ? "batch norm" : "no batch norm", loss, 100 * accuracy);
    print_line(of_he_su);
    print_line(of_trace);
    printf("\n");
    nndyn_options_free(options);
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static void read_argument(job *j, const char *text)
{
    if (strncmp(text, "layers=", 7) == 0) {
        j->layers = atoi(text + 7);
    } else if (strncmp(text, "epochs=", 7) == 0) {
        j->epochs = atoi(text + 7);
    } else if (strncmp(text, "folder=", 7) == 0) {
        j->folder = text + 7;
    } else {
        j->data = text;
    }
}

static void open_table(job *j)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/separation.csv", j->folder);
    j->table = fopen(path, "w");
    if (j->table == NULL) {
        perror(path);
        exit(1);
    }
    fprintf(j->table, "optimizer,batch_norm,layer,he_su,trace\n");
}

int main(int argc, char **argv)
{
    job j = {.data = "examples/data/digits.csv", .folder = ".", .layers = 8, .epochs = 600};
    for (int i = 1; i < argc; i++) {
        read_argument(&j, argv[i]);
    }
    if (j.layers < 1 || j.layers > MOST_LAYERS - 1 || j.epochs < 1) {
        fprintf(stderr, "equi_separation: layers must be from 1 to %d, epochs from 1\n", MOST_LAYERS - 1);
        return 1;
    }
    if (nndyn_context_create(&j.context) != NNDYN_OK) {
        fprintf(stderr, "equi_separation: no memory\n");
        return 1;
    }
    load(&j);
    open_table(&j);
    printf("                            loss   %%      ln Tr(Sigma_W Sigma_B^+)   ln(tr Sigma_W / tr Sigma_B)\n");
    printf("                                         slope       r             slope       r\n");
    for (int norm = 1; norm >= 0; norm--) {
        for (int which = 0; which < 3; which++) {
            nndyn_network *network = build(&j, norm);
            train(&j, network, which);
            measure(&j, network, optimizers[which].name, norm);
            nndyn_network_free(network);
        }
    }
    fclose(j.table);
    nndyn_dataset_free(j.train);
    nndyn_context_free(j.context);
    return 0;
}
