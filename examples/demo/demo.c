/* demo.c - train on the 8x8 digits, then ask how the data move the weights.
 *
 * Writes tables (CSV) into the folder given as first argument and prints a summary; report.py turns the tables into one
 * HTML page.  The data file is the second argument.  Every number follows from the default seed, 0. */
#include <inttypes.h>
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EPOCHS = 120,
    BATCH = 32,
    SHOWN = 12,
    PER_CLASS = 8,
    PIXELS = 64,
    CLASSES = 10,
    BOUNDARY = PIXELS + CLASSES,
    MODES = 20,
    BINS = 30,
    SITES = 3,      /* of the load curve, and cuts of the linear substitution: input and hidden layers */
    UNITS = 32,     /* of the second hidden layer */
    POINTS = 61,    /* along a line between two digits */
    MOST = 200,     /* amplitudes of a curve of a basin */
    SIDE = 96,      /* of the grid of starts */
    NARROWEST = 16, /* networks that are asked whether they are lazy: this width, and by factors of two from it */
    LAZY_WIDTHS = 7,
    LAZY_SAMPLES = 16
};

/* Everything the parts of the demo share. */
typedef struct demo {
    const char *folder;
    nndyn_context *context;
    nndyn_dataset *train, *test;
    nndyn_network *network;
    nndyn_recorder *recorder; /* of the load curve along training */
    int64_t parameters;
    double loss, train_accuracy, test_accuracy;
    double largest, smallest; /* mean extreme singular values of one sample's duality Jacobian */
    int rank;                 /* directions of the data, of PIXELS, above 1/100 of the most visible one */
    double sharpest, slowest; /* extreme curvatures of the leading modes */
    double exponent, error;   /* of the fluctuations of the output biases */
    double bow;               /* of the load curve */
    int verdict;              /* on it */
    double linear;            /* accuracy of the linear map that all layers leave when they are substituted */
    double gradient[SITES];   /* rank gradients of the hidden layers, from place 1 on */
    int folding;              /* units of the second hidden layer that fold the line between two digits */
    double noise, weights;    /* radii of the basins, of noise on the inputs and on the weights */
    int64_t fragile;          /* the class of the smallest basin */
    double lazy[LAZY_WIDTHS]; /* distance from the linear model, of networks of growing width */
    double boundary;          /* share of the boxes of the grid of starts that lie on the boundary of two basins */
} demo;

/* A failed call ends the program with the library's own sentence. */
static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s: %s\n", nndyn_status_name(status), nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static FILE *table(const demo *d, const char *name, const char *header)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.csv", d->folder, name);
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fprintf(file, "%s\n", header);
    return file;
}

static void row(FILE *file, int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++) {
        fprintf(file, "%s%.17g", i ? "," : "", values[i]);
    }
    fprintf(file, "\n");
}

static void load_data(demo *d, const char *path)
{
    nndyn_options *options;
    nndyn_dataset *all;
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_integer(options, "label_column", -2), options); /* the last one */
    check(nndyn_options_set_double(options, "scale", 1.0 / 16), options);
    check(nndyn_dataset_read_csv(d->context, path, options, &all), d->context);
    check(nndyn_dataset_split(all, 0.2, NULL, &d->train, &d->test), all);
    nndyn_dataset_free(all);
    nndyn_options_free(options);
}

static void build_network(demo *d)
{
    check(nndyn_network_create(d->context, NNDYN_F64, PIXELS, &d->network), d->context);
    check(nndyn_network_add_dense(d->network, 64, NNDYN_TANH), d->network);
    check(nndyn_network_add_dense(d->network, 32, NNDYN_TANH), d->network);
    check(nndyn_network_add_dense(d->network, CLASSES, NNDYN_IDENTITY), d->network);
    check(nndyn_network_set_loss(d->network, NNDYN_SOFTMAX_CROSS_ENTROPY), d->network);
    check(nndyn_network_shape(d->network, NULL, NULL, NULL, &d->parameters, NULL), d->network);
}

static void show_progress(int epoch, double accuracy)
{
    if (epoch % 10 == 0) {
        fprintf(stderr, "training: epoch %3d of %d, test accuracy %.1f %%\n", epoch, EPOCHS, 100 * accuracy);
    }
}

/* The load curve at the start, at steps 1, 2, 4, ... (ten a decade) as training goes on. */
static void record_load_curve(demo *d, nndyn_trainer *trainer)
{
    nndyn_options *options;
    check(nndyn_recorder_create(trainer, &d->recorder), trainer);
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_integer(options, "per_decade", 10), options);
    check(nndyn_options_set_integer(options, "initial", 1), options);
    check(nndyn_recorder_add_load_curve(d->recorder, d->train, options, NULL), d->recorder);
    nndyn_options_free(options);
}

static void write_load_curve(demo *d)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/load_curve.csv", d->folder);
    check(nndyn_recorder_write_csv(d->recorder, 0, path), d->recorder);
    nndyn_recorder_free(d->recorder);
}

/* Which layers do the work at the end. */
static void judge_load_curve(demo *d)
{
    double separation[SITES], values[NNDYN_LOAD_CURVE_VALUES];
    check(nndyn_network_separation(d->network, d->train, NULL, SITES, 1, separation, NULL, NULL, NULL, NULL),
          d->network);
    check(nndyn_load_curve(d->context, SITES, separation, NULL, NULL, NNDYN_LOAD_CURVE_VALUES, values, &d->verdict),
          d->context);
    d->bow = values[NNDYN_LOAD_CURVE_BOW];
}

/* AdamW on batches with fresh input noise, the rate falling to zero along a cosine. */
static void train(demo *d)
{
    nndyn_options *options;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    int64_t steps;
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_double(options, "input_noise", 0.3), options);
    check(nndyn_batches_create(d->train, NNDYN_BATCH_EPOCHS, BATCH, options, &batches), d->train);
    nndyn_options_free(options);
    check(nndyn_batches_shape(batches, &steps, NULL), batches);
    check(nndyn_trainer_create(d->network, NNDYN_ADAMW, &trainer), d->network);
    check(nndyn_trainer_set(trainer, "rate", 0.004), trainer);
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_double(options, "period", (double)(EPOCHS * steps)), options);
    check(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_COSINE, options), trainer);
    nndyn_options_free(options);
    record_load_curve(d, trainer);

    FILE *file = table(d, "training", "step,train_loss,train_accuracy,test_loss,test_accuracy");
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
        double v[5] = {(double)(epoch * steps)};
        check(nndyn_network_evaluate(d->network, d->train, &v[1], &v[2]), d->network);
        check(nndyn_network_evaluate(d->network, d->test, &v[3], &v[4]), d->network);
        row(file, 5, v);
        show_progress(epoch, v[4]);
        d->loss = v[1];
        d->train_accuracy = v[2];
        d->test_accuracy = v[4];
        if (epoch < EPOCHS) {
            check(nndyn_train_run(trainer, batches, steps, NULL), trainer);
        }
    }
    fclose(file);
    write_load_curve(d);
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
}

static int64_t argmax(const double *values, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++) {
        best = values[i] > values[best] ? i : best;
    }
    return best;
}

/* The wrong ones among the test digits first, then right ones, SHOWN in all: label, prediction, pixels. */
static void write_predictions(demo *d)
{
    int64_t n;
    check(nndyn_dataset_shape(d->test, &n, NULL, NULL, NULL, NULL), d->test);
    FILE *file = table(d, "predictions", "label,prediction,pixels...");
    int shown = 0;
    for (int want_wrong = 1; want_wrong >= 0; want_wrong--) {
        for (int64_t i = 0; i < n; i++) {
            double v[2 + PIXELS], y[CLASSES];
            int64_t label;
            check(nndyn_dataset_get(d->test, i, 1, v + 2, NULL, &label), d->test);
            check(nndyn_network_forward(d->network, 1, v + 2, y), d->network);
            v[0] = (double)label;
            v[1] = (double)argmax(y, CLASSES);
            int wrong = v[0] != v[1];
            if (wrong == want_wrong && shown < SHOWN) {
                row(file, 2 + PIXELS, v);
                shown++;
            }
        }
    }
    fclose(file);
}

/* Mean singular spectrum of the duality Jacobian of one sample, for each class; and, over the same samples, the mean of
 * J'J on the inputs: the metric by which learning sees the data. */
static void write_spectra(demo *d, double *metric)
{
    int64_t n;
    int samples = 0, count[CLASSES] = {0};
    double spectrum[CLASSES][BOUNDARY] = {{0}}, s[BOUNDARY], gram[PIXELS * PIXELS];
    nndyn_options *inputs;
    check(nndyn_options_create(d->context, &inputs), d->context);
    check(nndyn_options_set_text(inputs, "columns", "inputs"), inputs);
    check(nndyn_dataset_shape(d->test, &n, NULL, NULL, NULL, NULL), d->test);
    memset(metric, 0, PIXELS * PIXELS * sizeof *metric);
    for (int64_t i = 0; i < n; i++) {
        double x[PIXELS], t[CLASSES];
        int64_t label;
        check(nndyn_dataset_get(d->test, i, 1, x, t, &label), d->test);
        if (count[label] == PER_CLASS) {
            continue;
        }
        check(nndyn_duality_singular_values(d->network, 1, x, t, NULL, s), d->network);
        check(nndyn_duality_gram(d->network, 1, x, t, inputs, gram), d->network);
        for (int k = 0; k < BOUNDARY; k++) {
            spectrum[label][k] += s[k] / PER_CLASS;
        }
        for (int k = 0; k < PIXELS * PIXELS; k++) {
            metric[k] += gram[k];
        }
        count[label]++;
        samples++;
    }
    FILE *file = table(d, "spectrum", "class,singular values...");
    for (int c = 0; c < CLASSES; c++) {
        double v[1 + BOUNDARY] = {c};
        memcpy(v + 1, spectrum[c], sizeof spectrum[c]);
        row(file, 1 + BOUNDARY, v);
        d->largest += spectrum[c][0] / CLASSES;
        d->smallest += spectrum[c][BOUNDARY - 2] / CLASSES; /* the last one is the exact null vector t = softmax */
    }
    fclose(file);
    for (int k = 0; k < PIXELS * PIXELS; k++) {
        metric[k] /= samples;
    }
    nndyn_options_free(inputs);
}

static int apply_metric(void *user, const double *x, double *y)
{
    const double *metric = user;
    for (int i = 0; i < PIXELS; i++) {
        y[i] = 0;
        for (int j = 0; j < PIXELS; j++) {
            y[i] += metric[i * PIXELS + j] * x[j];
        }
    }
    return 0;
}

/* Directions of the data from the most to the least visible to learning: gain and the direction as an 8x8 picture. */
static void write_directions(demo *d, double *metric)
{
    nndyn_operator *op;
    double s[PIXELS], v[PIXELS * PIXELS];
    check(nndyn_operator_create(d->context, PIXELS, PIXELS, apply_metric, NULL, metric, &op), d->context);
    check(nndyn_singular_values(op, PIXELS, NULL, s, NULL, v, NULL), op);
    FILE *file = table(d, "directions", "gain,pixels...");
    for (int i = 0; i < PIXELS; i++) {
        double line[1 + PIXELS] = {s[i]};
        memcpy(line + 1, v + i * PIXELS, PIXELS * sizeof *v);
        row(file, 1 + PIXELS, line);
        d->rank += s[i] > 0.01 * s[0];
    }
    fclose(file);
    nndyn_operator_free(op);
}

/* The leading modes of the learning equilibrium: curvature, gradient noise, relaxation in steps of rate 0.01. */
static void write_modes(demo *d, int64_t n, const double *x, const double *t)
{
    double curvature[MODES], noise[MODES * MODES], relaxation[MODES];
    check(nndyn_equilibrium_modes(d->network, n, x, t, MODES, 0.01, NULL, curvature, NULL, noise, relaxation, NULL),
          d->network);
    FILE *file = table(d, "modes", "curvature,noise,relaxation");
    for (int i = 0; i < MODES; i++) {
        row(file, 3, (double[]){curvature[i], noise[i * MODES + i], relaxation[i]});
    }
    fclose(file);
    d->sharpest = curvature[0];
    d->slowest = curvature[MODES - 1];
}

/* How single samples move the output biases at the trained parameters: the law of |update| and its exponent. */
static void write_fluctuations(demo *d, int64_t n, const double *x, const double *t)
{
    nndyn_fluctuations *fluctuations;
    int64_t biases[CLASSES];
    double edges[BINS + 1], densities[BINS];
    for (int i = 0; i < CLASSES; i++) {
        biases[i] = d->parameters - CLASSES + i;
    }
    check(nndyn_fluctuations_create(d->network, &fluctuations), d->network);
    check(nndyn_fluctuations_add(fluctuations, CLASSES, biases, 1e-5, 1e-1, NULL, NULL), fluctuations);
    check(nndyn_fluctuations_measure(fluctuations, n, x, t), fluctuations);
    check(nndyn_fluctuations_exponent(fluctuations, 0, &d->exponent, &d->error, NULL, NULL, NULL), fluctuations);
    check(nndyn_fluctuations_histogram(fluctuations, 0, BINS, edges, NULL, densities), fluctuations);
    FILE *file = table(d, "fluctuations", "from,to,density");
    for (int i = 0; i < BINS; i++) {
        row(file, 3, (double[]){edges[i], edges[i + 1], densities[i]});
    }
    fclose(file);
    nndyn_fluctuations_free(fluctuations);
}

static void write_equilibrium(demo *d)
{
    int64_t n;
    check(nndyn_dataset_shape(d->train, &n, NULL, NULL, NULL, NULL), d->train);
    double *x = malloc((size_t)n * PIXELS * sizeof *x), *t = malloc((size_t)n * CLASSES * sizeof *t);
    if (!x || !t) {
        perror("data");
        exit(EXIT_FAILURE);
    }
    check(nndyn_dataset_get(d->train, 0, n, x, t, NULL), d->train);
    write_modes(d, n, x, t);
    write_fluctuations(d, n, x, t);
    free(x);
    free(t);
}

/* ---- order: what of the network is linear ------------------------------------------------------------------------ */

/* Accuracy with all activations above a cut replaced by the identity, and how that linear map orders the samples. */
static void write_truncation(demo *d)
{
    nndyn_substitution *substitution;
    double accuracy[SITES], agreement[SITES], index[SITES];
    check(nndyn_linear_substitution(d->network, d->test, NULL, &substitution), d->network);
    check(nndyn_substitution_accuracy(substitution, SITES, accuracy, agreement, NULL), substitution);
    check(nndyn_order_tail(d->network, d->test, NULL, SITES, NULL, NULL, index, NULL), d->network);
    FILE *file = table(d, "truncation", "cut,accuracy,agreement,order");
    for (int cut = 0; cut < SITES; cut++) {
        row(file, 4, (double[]){cut, accuracy[cut], agreement[cut], index[cut]});
    }
    fclose(file);
    d->linear = accuracy[0];
    nndyn_substitution_free(substitution);
}

/* Where the samples of a class are placed among all when a unit ranks them, in the direction that speaks for it. */
static void write_ranks(demo *d)
{
    nndyn_ranks *ranks;
    nndyn_options *options;
    double values[NNDYN_RANKS_VALUES], v[3 + 20];
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_integer(options, "bins", 20), options);
    check(nndyn_rank_distribution(d->network, d->train, options, &ranks), d->network);
    FILE *file = table(d, "ranks", "layer,gradient,order-preserving fraction,density...");
    for (int layer = 1; layer < SITES; layer++) {
        check(nndyn_ranks_layer(ranks, layer, NNDYN_RANKS_VALUES, values), ranks);
        check(nndyn_ranks_density(ranks, layer, -1, 20, v + 3), ranks);
        v[0] = layer;
        v[1] = d->gradient[layer] = values[NNDYN_RANKS_GRADIENT];
        v[2] = values[NNDYN_RANKS_FRACTION];
        row(file, 3 + 20, v);
    }
    fclose(file);
    nndyn_ranks_free(ranks);
    nndyn_options_free(options);
}

/* The first two held-out digits of different classes. */
static void two_digits(const demo *d, double *a, double *b)
{
    int64_t first, second;
    check(nndyn_dataset_get(d->test, 0, 1, a, NULL, &first), d->test);
    second = first;
    for (int64_t i = 1; second == first; i++) {
        check(nndyn_dataset_get(d->test, i, 1, b, NULL, &second), d->test);
    }
}

/* On the line a + h (b - a) each unit of the first hidden layer is tanh(w h + c), so a unit of the second one reads a
 * bundle of them: it either keeps the order along the line or folds it. */
static void write_folds(demo *d)
{
    enum { FIRST = PIXELS * PIXELS, SECOND = FIRST + PIXELS }; /* where biases, and the next layer, begin */
    double a[PIXELS], b[PIXELS], w[PIXELS], c[PIXELS], h[POINTS], v[2 + POINTS];
    double *theta = malloc((size_t)d->parameters * sizeof *theta);
    if (!theta) {
        perror("parameters");
        exit(EXIT_FAILURE);
    }
    check(nndyn_network_get_parameters(d->network, d->parameters, theta), d->network);
    two_digits(d, a, b);
    for (int i = 0; i < PIXELS; i++) {
        w[i] = 0;
        c[i] = theta[FIRST + i];
        for (int j = 0; j < PIXELS; j++) {
            w[i] += theta[i * PIXELS + j] * (b[j] - a[j]);
            c[i] += theta[i * PIXELS + j] * a[j];
        }
    }
    for (int i = 0; i < POINTS; i++) {
        h[i] = i / (POINTS - 1.0);
    }
    FILE *file = table(d, "folds", "unit,extrema,field along the line...");
    for (int unit = 0; unit < UNITS; unit++) {
        int verdict;
        int64_t extrema;
        check(nndyn_order_bundle_on(d->context, PIXELS, w, c, theta + SECOND + unit * PIXELS, NNDYN_TANH, NULL, POINTS,
                                    h, v + 2, &extrema, &verdict),
              d->context);
        v[0] = unit;
        v[1] = (double)extrema;
        row(file, 2 + POINTS, v);
        d->folding += extrema > 0;
    }
    fclose(file);
    free(theta);
}

/* ---- basins: what the network, and its training, come back from -------------------------------------------------- */

static void write_curve(const demo *d, const char *name, nndyn_basin *basin)
{
    double amplitude[MOST], accuracy[MOST], low[MOST], high[MOST];
    int64_t count;
    check(nndyn_basin_curve(basin, 0, MOST, amplitude, accuracy, low, high, &count), basin);
    FILE *file = table(d, name, "amplitude,accuracy,low,high");
    for (int64_t i = 0; i < count && i < MOST; i++) {
        row(file, 4, (double[]){amplitude[i], accuracy[i], low[i], high[i]});
    }
    fclose(file);
}

/* Noise on the pixels: the accuracy it leaves, and for the set and each class the noise that leaves one half. */
static void write_sample_basins(demo *d)
{
    nndyn_basin *basin;
    double v[5], least = INFINITY;
    check(nndyn_basin_sample(d->network, d->test, NULL, &basin), d->network);
    write_curve(d, "noise", basin);
    check(nndyn_basin_get(basin, 0, "radius", &d->noise), basin);
    FILE *file = table(d, "basins", "class,radius,low,high,accuracy");
    for (int c = 0; c < CLASSES; c++) {
        v[0] = c;
        check(nndyn_basin_get(basin, 1 + c, "radius", &v[1]), basin);
        check(nndyn_basin_get(basin, 1 + c, "low", &v[2]), basin);
        check(nndyn_basin_get(basin, 1 + c, "high", &v[3]), basin);
        check(nndyn_basin_get(basin, 1 + c, "accuracy", &v[4]), basin);
        row(file, 5, v);
        if (v[1] < least) {
            least = v[1];
            d->fragile = c;
        }
    }
    fclose(file);
    nndyn_basin_free(basin);
}

/* The same for noise on the weights, in units of each layer's own spread. */
static void write_weight_basin(demo *d)
{
    nndyn_basin *basin;
    nndyn_options *options;
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_integer(options, "draws", 32), options);
    check(nndyn_basin_weights(d->network, d->test, options, &basin), d->network);
    write_curve(d, "weight_noise", basin);
    check(nndyn_basin_get(basin, 0, "radius", &d->weights), basin);
    nndyn_basin_free(basin);
    nndyn_options_free(options);
}

/* Gradient descent on the two weights of w2 tanh(w1 x), which is to become 2 tanh x, on 16 samples. */
static nndyn_map *descent(const demo *d, double rate)
{
    nndyn_network *network;
    nndyn_dataset *data;
    nndyn_options *options;
    nndyn_map *map;
    double x[16], t[16];
    for (int i = 0; i < 16; i++) {
        x[i] = -3 + 0.4 * i;
        t[i] = 2 * tanh(x[i]);
    }
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_integer(options, "bias", 0), options);
    check(nndyn_network_create(d->context, NNDYN_F64, 1, &network), d->context);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_TANH, options), network);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options), network);
    check(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    check(nndyn_dataset_create(d->context, 16, 1, x, 1, t, 1, &data), d->context);
    nndyn_options_free(options);
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_double(options, "rate", rate), options);
    check(nndyn_map_create_training(network, data, options, &map), network);
    nndyn_options_free(options);
    nndyn_dataset_free(data);
    nndyn_network_free(network);
    return map;
}

/* Which of the two minima (a teacher and its mirror image) a start goes to, on a grid of starts: at so large a rate not
 * all do, and the basins are ragged. */
static void write_starts(demo *d)
{
    static const double low[2] = {-4, -4}, high[2] = {4, 4};
    static const int64_t both[2] = {0, 1}, counts[2] = {SIDE, SIDE};
    static int64_t labels[SIDE * SIDE];
    nndyn_map *map = descent(d, 2.1);
    nndyn_basin_map *basins;
    double starts[2 * 100], line[SIDE], entropy[4];
    check(nndyn_basin_map_create(map, NULL, &basins), map);
    check(nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 0, 100, starts), basins);
    check(nndyn_basin_map_find(basins, 100, starts, NULL, NULL), basins);
    check(nndyn_basin_map_grid(basins, 2, both, low, high, counts, NULL, labels, NULL), basins);
    check(nndyn_basin_entropy(d->context, 2, counts, labels, NULL, entropy), d->context);
    d->boundary = entropy[2];
    FILE *file = table(d, "starts", "labels by second weight; a line for each first weight...");
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            line[j] = (double)labels[i * SIDE + j];
        }
        row(file, SIDE, line);
    }
    fclose(file);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

/* ---- is a network of that width lazy? ---------------------------------------------------------------------------- */

static nndyn_network *wide(const demo *d, int64_t width)
{
    nndyn_network *network;
    nndyn_options *options;
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_text(options, "parametrization", "ntk"), options);
    check(nndyn_options_set_double(options, "weight_scale", 1.5), options);
    check(nndyn_options_set_double(options, "bias_scale", 0.3), options);
    check(nndyn_network_create(d->context, NNDYN_F64, PIXELS, &network), d->context);
    check(nndyn_network_add_dense_with(network, width, NNDYN_TANH, options), network);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options), network);
    check(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    nndyn_options_free(options);
    return network;
}

/* Even against odd digits: how far training leaves the linear model, from correlations at the start, and measured. */
static void write_lazy(demo *d)
{
    double x[LAZY_SAMPLES * PIXELS], y[LAZY_SAMPLES], v[NNDYN_LAZY_VALUES];
    int64_t labels[LAZY_SAMPLES];
    nndyn_options *options;
    check(nndyn_dataset_get(d->train, 0, LAZY_SAMPLES, x, NULL, labels), d->train);
    for (int i = 0; i < LAZY_SAMPLES; i++) {
        y[i] = labels[i] % 2 == 0 ? 1 : -1;
    }
    check(nndyn_options_create(d->context, &options), d->context);
    check(nndyn_options_set_double(options, "kappa", 1.0 / LAZY_SAMPLES), options);
    check(nndyn_options_set_integer(options, "train", 1), options);
    FILE *file = table(d, "lazy", "width,estimate,predicted,measured");
    for (int i = 0; i < LAZY_WIDTHS; i++) {
        const int64_t width = (int64_t)NARROWEST << i;
        nndyn_network *network = wide(d, width);
        check(nndyn_correlation_report(network, LAZY_SAMPLES, x, y, 0.5, NULL, options, NNDYN_LAZY_VALUES, v, NULL),
              network);
        row(file, 4,
            (double[]){(double)width, v[NNDYN_LAZY_ESTIMATE], v[NNDYN_LAZY_PREDICTED], v[NNDYN_LAZY_MEASURED]});
        d->lazy[i] = v[NNDYN_LAZY_RELATIVE];
        nndyn_network_free(network);
    }
    fclose(file);
    nndyn_options_free(options);
}

/* ---- summary ----------------------------------------------------------------------------------------------------- */

static void print_summary(const demo *d)
{
    char info[512];
    int64_t train_samples, test_samples;
    check(nndyn_dataset_shape(d->train, &train_samples, NULL, NULL, NULL, NULL), d->train);
    check(nndyn_dataset_shape(d->test, &test_samples, NULL, NULL, NULL, NULL), d->test);
    check(nndyn_build_info(sizeof info, info, NULL), NULL);
    printf("library: %s\n", info);
    printf("data: UCI digits, %" PRId64 " to train, %" PRId64 " held out (stratified)\n", train_samples, test_samples);
    printf("network: 64-64-32-10 tanh, %" PRId64 " parameters, softmax cross-entropy\n", d->parameters);
    printf("training: %d epochs of AdamW, batches of %d; loss %.4f, accuracy %.1f %%\n", EPOCHS, BATCH, d->loss,
           100 * d->train_accuracy);
    printf("test accuracy: %.1f %%\n", 100 * d->test_accuracy);
    printf("duality spectrum of a sample: %.3g to %.3g (mean over classes)\n", d->largest, d->smallest);
    printf("data directions that learning sees (gain above 1/100 of the first): %d of %d\n", d->rank, PIXELS);
    printf("curvature of the loss along its %d leading modes: %.3g to %.3g\n", MODES, d->sharpest, d->slowest);
    printf("fluctuations of the output biases: density u^-k, k = %.3f +- %.3f\n", d->exponent, d->error);
    printf("load curve: %s (bow %+.3f)\n", nndyn_load_curve_verdict_name(d->verdict), d->bow);
    printf("order: rank gradients %.3f and %.3f of the hidden layers; linear map alone %.1f %% right\n", d->gradient[1],
           d->gradient[2], 100 * d->linear);
    printf("folds of the line between two digits: in %d of %d units\n", d->folding, UNITS);
    printf("basins: half of all digits held out are lost at noise %.3f on pixels, %.3f on weights; the first of %d\n",
           d->noise, d->weights, (int)d->fragile);
    printf("basins of training two weights: %.1f %% of the boxes of starts lie on a boundary\n", 100 * d->boundary);
    printf("lazy training: off the linear model by %.1f %% of the error at width %d, by %.2f %% at width %d\n",
           100 * d->lazy[0], NARROWEST, 100 * d->lazy[LAZY_WIDTHS - 1], NARROWEST << (LAZY_WIDTHS - 1));
    printf("tables: %s\n", d->folder);
}

int main(int argc, char **argv)
{
    static double metric[PIXELS * PIXELS];
    if (argc != 3) {
        fprintf(stderr, "usage: demo FOLDER DIGITS.CSV\n");
        return EXIT_FAILURE;
    }
    demo d = {.folder = argv[1]};
    check(nndyn_context_create(&d.context), NULL);
    load_data(&d, argv[2]);
    build_network(&d);
    train(&d);
    judge_load_curve(&d);
    write_predictions(&d);
    write_spectra(&d, metric);
    write_directions(&d, metric);
    write_equilibrium(&d);
    write_truncation(&d);
    write_ranks(&d);
    write_folds(&d);
    write_sample_basins(&d);
    write_weight_basin(&d);
    write_starts(&d);
    write_lazy(&d);
    print_summary(&d);
    nndyn_network_free(d.network);
    nndyn_dataset_free(d.train);
    nndyn_dataset_free(d.test);
    nndyn_context_free(d.context);
    return EXIT_SUCCESS;
}
