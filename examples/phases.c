/* phases.c - learning phases and grokking on MNIST digits: rank gradients, linear substitution and basins along
 * training and depth (docs/phases.md has the figures).
 *
 *     phases shallow DATA CSV [samples] [seed]   a hidden layer of tanh against a linear network, both 784-2048-10
 *     phases depth DATA CSV [layers] [seed]      784-(128 x layers)-10 with batch norm
 *     phases grokking DATA CSV [steps] [seed]    784-200-200-10 from weights eight times too large
 *     phases lag DATA CSV [steps] [seed]         784-(128 x 22)-10, whose running statistics come late
 *
 * DATA is a folder with the four files of MNIST, uncompressed, or for grokking also a table of the 8 x 8 digits.  Lines
 * are added to the CSV file: run, step, figure, layer, value; phases.py draws them.  A number that is 0 or left out
 * means all that was published.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, MOST = 40 /* hidden layers */ };

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "phases: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static nndyn_options *with(nndyn_context *context, const char *name, double value)
{
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_double(options, name, value), options);
    return options;
}

/* ---- data and networks ------------------------------------------------------------------------------------------- */

/* Rows first ... first + count - 1, as far as there are so many. */
static nndyn_dataset *part(nndyn_context *context, nndyn_dataset *data, int64_t first, int64_t count)
{
    nndyn_dataset *chosen;
    int64_t samples;
    check(nndyn_dataset_shape(data, &samples, NULL, NULL, NULL, NULL), data);
    count = count < samples - first ? count : samples - first;
    int64_t *rows = malloc(sizeof *rows * (size_t)count);
    for (int64_t i = 0; rows != NULL && i < count; i++) {
        rows[i] = first + i;
    }
    check(nndyn_dataset_select(data, count, rows, &chosen), context);
    free(rows);
    return chosen;
}

static nndyn_dataset *small_digits(nndyn_context *context, const char *path, int test, int64_t count)
{
    nndyn_options *options = with(context, "scale", 1.0 / 16);
    nndyn_dataset *all, *chosen;
    check(nndyn_options_set_integer(options, "label_column", -2), options);
    check(nndyn_options_set_text(options, "dtype", "f32"), options);
    check(nndyn_dataset_read_csv(context, path, options, &all), context);
    chosen = test ? part(context, all, 1200, 597) : part(context, all, 0, count > 0 && count < 1200 ? count : 1200);
    nndyn_dataset_free(all);
    nndyn_options_free(options);
    return chosen;
}

/* The first `count` (0: all) images of MNIST, or of the 8 x 8 digits where the place is a .csv file. */
static nndyn_dataset *digits(nndyn_context *context, const char *place, int test, int64_t count)
{
    char images[4096], labels[4096];
    const size_t length = strlen(place);
    nndyn_options *options;
    nndyn_dataset *data;
    if (length > 4 && strcmp(place + length - 4, ".csv") == 0) {
        return small_digits(context, place, test, count);
    }
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", place, test ? "t10k" : "train");
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", place, test ? "t10k" : "train");
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "dtype", "f32"), options);
    check(nndyn_options_set_integer(options, "count", count), options);
    check(nndyn_dataset_read_idx(context, images, labels, options, &data), context);
    nndyn_options_free(options);
    return data;
}

typedef struct shape {
    int64_t layers, width;
    int activation, batch_norm, loss;
    double factor, scale; /* on the loss; on the parameters drawn */
} shape;

static nndyn_network *build(nndyn_context *context, nndyn_dataset *data, const shape *s, int64_t seed)
{
    nndyn_network *network;
    int64_t count, inputs;
    check(nndyn_dataset_shape(data, NULL, &inputs, NULL, NULL, NULL), data);
    check(nndyn_network_create(context, NNDYN_F32, inputs, &network), context);
    for (int64_t l = 0; l < s->layers; l++) {
        check(nndyn_network_add_dense(network, s->width, s->batch_norm ? NNDYN_IDENTITY : s->activation), network);
        if (s->batch_norm) {
            check(nndyn_network_add_batch_norm(network, NULL), network);
            check(nndyn_network_add_activation(network, s->activation, NULL), network);
        }
    }
    check(nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY), network);
    nndyn_options *options = s->factor != 0 ? with(context, "parameter", s->factor) : NULL;
    check(nndyn_network_set_loss_with(network, s->loss, options), network);
    nndyn_options_free(options);
    check(nndyn_network_initialize(network, seed), network);
    check(nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL), network);
    double *theta = malloc(sizeof *theta * (size_t)count);
    check(nndyn_network_get_parameters(network, count, theta), network);
    for (int64_t i = 0; theta != NULL && i < count; i++) {
        theta[i] *= s->scale != 0 ? s->scale : 1;
    }
    check(nndyn_network_set_parameters(network, count, theta), network);
    free(theta);
    return network;
}

/* ---- measurements ------------------------------------------------------------------------------------------------ */

/* A run: what is trained on what, and where its figures go. */
typedef struct run {
    const char *name;
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_batches *batches;
    nndyn_dataset *train, *ranked, *test, *noised; /* all of the training set; parts of it for ranks and basins */
    int batch_norm;
    FILE *csv;
} run;

static double norm_of(nndyn_network *network)
{
    int64_t count;
    double sum = 0;
    check(nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL), network);
    double *theta = malloc(sizeof *theta * (size_t)count);
    check(nndyn_network_get_parameters(network, count, theta), network);
    for (int64_t i = 0; theta != NULL && i < count; i++) {
        sum += theta[i] * theta[i];
    }
    free(theta);
    return sqrt(sum);
}

static void say(const run *r, int64_t step, const char *what, int64_t layer, double value)
{
    fprintf(r->csv, "%s,%lld,%s,%lld,%.9g\n", r->name, (long long)step, what, (long long)layer, value);
}

static double accuracy(nndyn_network *network, nndyn_dataset *data)
{
    double value;
    check(nndyn_network_evaluate(network, data, NULL, &value), network);
    return value;
}

static void rank(const run *r, int64_t step)
{
    nndyn_ranks *ranks;
    nndyn_substitution *map;
    double figures[NNDYN_RANKS_VALUES], cuts[MOST];
    int64_t layers;
    check(nndyn_rank_distribution(r->network, r->ranked, NULL, &ranks), r->network);
    check(nndyn_ranks_shape(ranks, &layers, NULL, NULL), ranks);
    for (int64_t l = 1; l <= layers; l++) {
        check(nndyn_ranks_layer(ranks, l, NNDYN_RANKS_VALUES, figures), ranks);
        say(r, step, "gradient", l, figures[NNDYN_RANKS_GRADIENT]);
        say(r, step, "fraction", l, figures[NNDYN_RANKS_FRACTION]);
    }
    nndyn_ranks_free(ranks);
    check(nndyn_linear_substitution(r->network, r->test, NULL, &map), r->network);
    check(nndyn_substitution_accuracy(map, layers + 1, cuts, NULL, NULL), map);
    for (int64_t l = 0; l <= layers; l++) {
        say(r, step, "cut", l, cuts[l]);
    }
    nndyn_substitution_free(map);
}

/* Radii in sample space, of noise on the inputs, and in weight space, relative to each layer's spread. */
static void basins(const run *r, int64_t step)
{
    nndyn_options *options = with(r->context, "cap", 30);
    nndyn_basin *basin;
    double radius;
    check(nndyn_options_set_integer(options, "draws", 8), options);
    check(nndyn_options_set_integer(options, "classes", 0), options);
    check(nndyn_basin_sample(r->network, r->noised, options, &basin), r->network);
    check(nndyn_basin_get(basin, 0, "radius", &radius), basin);
    say(r, step, "sample_basin", 0, radius);
    nndyn_basin_free(basin);
    check(nndyn_basin_weights(r->network, r->noised, options, &basin), r->network);
    check(nndyn_basin_get(basin, 0, "radius", &radius), basin);
    say(r, step, "weight_basin", 0, radius);
    nndyn_basin_free(basin);
    nndyn_options_free(options);
}

/* With batch norm: accuracy by the statistics of the test set itself, and how far the running ones are behind. */
static void statistics(const run *r, int64_t step)
{
    double lags[MOST], value;
    int64_t layers;
    check(nndyn_batch_norm_accuracy(r->network, r->test, &value), r->network);
    check(nndyn_batch_norm_lag(r->network, r->ranked, MOST, lags, &layers), r->network);
    say(r, step, "test_batch", 0, value);
    for (int64_t l = 0; l < layers; l++) {
        say(r, step, "lag", l + 1, lags[l]);
    }
}

static void measure(const run *r, int64_t step)
{
    say(r, step, "train", 0, accuracy(r->network, r->train));
    say(r, step, "test", 0, accuracy(r->network, r->test));
    say(r, step, "norm", 0, norm_of(r->network));
    rank(r, step);
    basins(r, step);
    if (r->batch_norm) {
        statistics(r, step);
    }
    fflush(r->csv);
}

/* Steps with measurements at the given ones. */
static void train(const run *r, int64_t count, const int64_t *steps)
{
    int64_t done = 0;
    for (int64_t i = 0; i < count; i++) {
        if (steps[i] > done) {
            check(nndyn_train_run(r->trainer, r->batches, steps[i] - done, NULL), r->trainer);
            done = steps[i];
        }
        measure(r, done);
    }
}

/* Near 10^(j / per_decade), up to and with the last one. */
static int64_t decades(int64_t last, int per_decade, int64_t *steps)
{
    int64_t count = 0;
    for (int j = 0;; j++) {
        const int64_t step = llround(pow(10, (double)j / per_decade));
        if (step >= last) {
            break;
        }
        if (count == 0 || step > steps[count - 1]) {
            steps[count++] = step;
        }
    }
    steps[count++] = last;
    return count;
}

static void open_run(run *r, const shape *s, int64_t seed, int optimizer, double rate, int64_t batch, int64_t ranked)
{
    nndyn_options *options = with(r->context, "rate", rate), *seeded = NULL;
    r->network = build(r->context, r->train, s, seed);
    r->batch_norm = s->batch_norm;
    check(nndyn_trainer_create_with(r->network, optimizer, options, &r->trainer), r->network);
    check(nndyn_options_create(r->context, &seeded), r->context);
    check(nndyn_options_set_integer(seeded, "seed", seed), seeded);
    check(nndyn_batches_create(r->train, NNDYN_BATCH_EPOCHS, batch, seeded, &r->batches), r->train);
    r->ranked = part(r->context, r->train, 0, ranked);
    r->noised = part(r->context, r->train, 0, 1000);
    nndyn_options_free(options);
    nndyn_options_free(seeded);
}

static void close_run(run *r)
{
    nndyn_dataset_free(r->noised);
    nndyn_dataset_free(r->ranked);
    nndyn_batches_free(r->batches);
    nndyn_trainer_free(r->trainer);
    nndyn_network_free(r->network);
}

/* ---- experiments ------------------------------------------------------------------------------------------------- */

/* One hidden layer and, at the same size and time, a linear network.  With all samples: along training. */
static void shallow(run *r, const char *place, int64_t samples, int64_t seed)
{
    static const struct {
        int64_t samples, epochs;
    } plan[] = {{100, 300}, {300, 300}, {600, 300}, {2000, 90}, {6000, 30}, {20000, 10}, {60000, 10}};
    static const int64_t series[] = {10, 100, 600, 1200, 2400, 3600, 6000};
    static const int kinds[] = {NNDYN_TANH, NNDYN_IDENTITY};
    char name[64];
    for (size_t i = 0; i < sizeof plan / sizeof *plan; i++) {
        if (samples != 0 && samples != plan[i].samples) {
            continue;
        }
        const int64_t last = plan[i].samples / 100 * plan[i].epochs;
        r->train = digits(r->context, place, 0, plan[i].samples);
        for (int k = 0; k < 2; k++) {
            const shape s = {1, 2048, kinds[k], 0, NNDYN_SOFTMAX_CROSS_ENTROPY, 0, 0};
            snprintf(name, sizeof name, "%s %lld", k == 0 ? "tanh" : "linear", (long long)plan[i].samples);
            r->name = name;
            open_run(r, &s, seed, NNDYN_SGD, 0.1, 100, 5000);
            train(r, plan[i].samples == 60000 ? 7 : 1, plan[i].samples == 60000 ? series : &last);
            close_run(r);
        }
        nndyn_dataset_free(r->train);
    }
}

static void depth(run *r, const char *place, int64_t layers, int64_t seed)
{
    static const int64_t plan[] = {1, 2, 4, 6, 8, 10, 14, 20, 32};
    const int64_t last = 5 * 469;
    char name[64];
    r->train = digits(r->context, place, 0, 0);
    for (size_t i = 0; i < sizeof plan / sizeof *plan; i++) {
        if (layers == 0 || layers == plan[i]) {
            const shape s = {plan[i], 128, NNDYN_RELU, 1, NNDYN_SOFTMAX_CROSS_ENTROPY, 0, 0};
            snprintf(name, sizeof name, "depth %lld seed %lld", (long long)plan[i], (long long)seed);
            r->name = name;
            open_run(r, &s, seed, NNDYN_ADAM, 0.001, 128, 5000);
            train(r, 1, &last);
            close_run(r);
        }
    }
    nndyn_dataset_free(r->train);
}

static void grokking(run *r, const char *place, int64_t last, int64_t seed)
{
    const shape s = {2, 200, NNDYN_RELU, 0, NNDYN_SQUARED_ERROR, 0.1, 8};
    int64_t steps[MOST * 2] = {0};
    const int64_t count = 1 + decades(last != 0 ? last : 100000, 8, steps + 1);
    r->name = "grokking";
    r->train = digits(r->context, place, 0, 1000);
    open_run(r, &s, seed, NNDYN_ADAMW, 0.001, 200, 1000);
    train(r, count, steps);
    close_run(r);
    nndyn_dataset_free(r->train);
}

static void lag(run *r, const char *place, int64_t last, int64_t seed)
{
    const shape s = {22, 128, NNDYN_RELU, 1, NNDYN_SOFTMAX_CROSS_ENTROPY, 0, 0};
    const int64_t steps[] = {10, 20, 30, 40, 50, 60, 80, 100, 130, 160};
    int64_t count = 0;
    while (count < 10 && steps[count] <= (last != 0 ? last : 160)) {
        count++;
    }
    r->name = "lag";
    r->train = digits(r->context, place, 0, 0);
    open_run(r, &s, seed, NNDYN_ADAM, 0.01, 30000, 5000);
    train(r, count, steps);
    close_run(r);
    nndyn_dataset_free(r->train);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*go)(run *r, const char *place, int64_t number, int64_t seed);
    } experiments[] = {{"shallow", shallow}, {"depth", depth}, {"grokking", grokking}, {"lag", lag}};
    const int64_t number = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
    const int64_t seed = argc > 5 ? strtoll(argv[5], NULL, 10) : 0;
    run r = {0};
    if (argc < 4 || (r.csv = fopen(argv[3], "a")) == NULL) {
        fprintf(stderr, "usage: phases shallow|depth|grokking|lag DATA CSV [number] [seed]\n");
        return EXIT_FAILURE;
    }
    check(nndyn_context_create(&r.context), NULL);
    r.test = digits(r.context, argv[2], 1, 0);
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++) {
        if (strcmp(argv[1], experiments[i].name) == 0) {
            experiments[i].go(&r, argv[2], number, seed);
        }
    }
    nndyn_dataset_free(r.test);
    nndyn_context_free(r.context);
    fclose(r.csv);
    return EXIT_SUCCESS;
}
