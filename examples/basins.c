/* basins.c - the basins of a network that reads 8x8 digits: how much noise on pixels and weights it bears, which digits
 * are fragile, whether training comes back after a kick, and slices through the classes (docs/basins.md has a picture).
 *
 *     basins DIGITS.CSV [folder=.]
 *
 * Prints one page and writes tables (basin_*.csv) into the folder, which basins.py draws.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, TRAIN = 1200, MOST = 200 /* points of a curve */, KICKS = 5, RAYS = 16, SIDE = 121 };

typedef struct report {
    const char *folder;
    nndyn_context *context;
    nndyn_dataset *train, *test;
    nndyn_network *network;
    nndyn_trainer *trainer;
    int64_t tested; /* samples of the test set */
} report;

/* A failed call ends the program with the library's own sentence. */
static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "basins: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static void *reserve(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count, size);
    if (memory == NULL) {
        perror("basins");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static nndyn_options *options_of(const report *r)
{
    nndyn_options *options;
    check(nndyn_options_create(r->context, &options), r->context);
    return options;
}

static FILE *table(const report *r, const char *name, const char *header)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/basin_%s.csv", r->folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fprintf(file, "%s\n", header);
    return file;
}

static double figure(nndyn_basin *basin, int64_t group, const char *name)
{
    double value;
    check(nndyn_basin_get(basin, group, name, &value), basin);
    return value;
}

/* ---- the network ------------------------------------------------------------------------------------------------- */

static nndyn_dataset *rows(nndyn_dataset *all, int64_t first, int64_t count)
{
    nndyn_dataset *part;
    int64_t *chosen = reserve(count, sizeof *chosen);
    for (int64_t i = 0; i < count; i++) {
        chosen[i] = first + i;
    }
    check(nndyn_dataset_select(all, count, chosen, &part), all);
    free(chosen);
    return part;
}

static void load(report *r, const char *path)
{
    nndyn_dataset *all;
    nndyn_options *options = options_of(r);
    int64_t samples;
    check(nndyn_options_set_integer(options, "label_column", -2), options); /* the last one */
    check(nndyn_options_set_double(options, "scale", 1.0 / 16), options);
    check(nndyn_dataset_read_csv(r->context, path, options, &all), r->context);
    check(nndyn_dataset_shape(all, &samples, NULL, NULL, NULL, NULL), all);
    if (samples <= TRAIN) {
        fprintf(stderr, "basins: %s has %" PRId64 " samples; more than %d are needed\n", path, samples, TRAIN);
        exit(EXIT_FAILURE);
    }
    r->tested = samples - TRAIN;
    r->train = rows(all, 0, TRAIN);
    r->test = rows(all, TRAIN, r->tested);
    nndyn_dataset_free(all);
    nndyn_options_free(options);
}

/* A hidden layer of 32 tanh units, 100 epochs of Adam. */
static void learn(report *r)
{
    nndyn_batches *batches;
    double accuracy[2];
    check(nndyn_network_create(r->context, NNDYN_F64, PIXELS, &r->network), r->context);
    check(nndyn_network_add_dense(r->network, 32, NNDYN_TANH), r->network);
    check(nndyn_network_add_dense(r->network, CLASSES, NNDYN_IDENTITY), r->network);
    check(nndyn_network_set_loss(r->network, NNDYN_SOFTMAX_CROSS_ENTROPY), r->network);
    check(nndyn_batches_create(r->train, NNDYN_BATCH_EPOCHS, 50, NULL, &batches), r->train);
    check(nndyn_trainer_create(r->network, NNDYN_ADAM, &r->trainer), r->network);
    check(nndyn_trainer_set(r->trainer, "rate", 0.001), r->trainer);
    check(nndyn_train_run(r->trainer, batches, 100 * TRAIN / 50, NULL), r->trainer);
    check(nndyn_network_evaluate(r->network, r->train, NULL, &accuracy[0]), r->network);
    check(nndyn_network_evaluate(r->network, r->test, NULL, &accuracy[1]), r->network);
    printf("8x8 digits, 64-32-10 tanh: accuracy %.1f %% of %d trained on, %.1f %% of %" PRId64 " held out\n\n",
           100 * accuracy[0], TRAIN, 100 * accuracy[1], r->tested);
    nndyn_batches_free(batches);
}

/* ---- noise on the pixels ----------------------------------------------------------------------------------------- */

/* Curves of the set (group 0) and of the classes. */
static void write_curves(nndyn_basin *basin, const char *kind, int64_t groups, FILE *file)
{
    double sigma[MOST], accuracy[MOST], low[MOST], high[MOST];
    int64_t count;
    for (int64_t group = 0; group < groups; group++) {
        check(nndyn_basin_curve(basin, group, MOST, sigma, accuracy, low, high, &count), basin);
        for (int64_t i = 0; i < count && i < MOST; i++) {
            fprintf(file, "%s,%" PRId64 ",%.9g,%.9g,%.9g,%.9g\n", kind, group - 1, sigma[i], accuracy[i], low[i],
                    high[i]);
        }
    }
}

/* One line of the table of radii: the group's own radius, and quantiles of those of its samples. */
static void print_group(nndyn_basin *basin, int64_t group, FILE *file)
{
    static const double p[3] = {0.05, 0.5, 0.95};
    double q[3], radius = figure(basin, group, "radius"), low = figure(basin, group, "low");
    double high = figure(basin, group, "high"), accuracy = figure(basin, group, "accuracy");
    int64_t wrong, beyond;
    char name[16] = "all";
    check(nndyn_basin_quantiles(basin, group, 3, p, q, &wrong, &beyond), basin);
    if (group > 0) {
        snprintf(name, sizeof name, "%d", (int)group - 1);
    }
    printf("  %-4s %.3f [%.3f, %.3f]   %5.1f %%   %.3f  %.3f  %.3f  %5" PRId64 "  %8" PRId64 "\n", name, radius, low,
           high, 100 * accuracy, q[0], q[1], q[2], wrong, beyond);
    fprintf(file, "%" PRId64 ",%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%" PRId64 ",%" PRId64 "\n", group - 1, radius, low,
            high, accuracy, q[0], q[1], q[2], wrong, beyond);
}

/* The class of least radius, and those whose intervals do not exclude that they are as fragile. */
static void print_fragile(nndyn_basin *basin)
{
    int least = 0;
    for (int c = 1; c < CLASSES; c++) {
        least = figure(basin, 1 + c, "radius") < figure(basin, 1 + least, "radius") ? c : least;
    }
    printf("  the most fragile digit is %d; by their intervals others may be:", least);
    for (int c = 0; c < CLASSES; c++) {
        if (c != least && figure(basin, 1 + c, "low") <= figure(basin, 1 + least, "high")) {
            printf(" %d", c);
        }
    }
    printf("\n");
}

static void write_samples(const report *r, nndyn_basin *basin, const double *distances)
{
    double *radius = reserve(r->tested, sizeof *radius);
    int64_t *labels = reserve(r->tested, sizeof *labels), count;
    check(nndyn_basin_samples(basin, r->tested, radius, NULL, NULL, NULL, &count), basin);
    check(nndyn_dataset_get(r->test, 0, r->tested, NULL, NULL, labels), r->test);
    FILE *file = table(r, "samples", "sample,label,radius,linearized distance");
    for (int64_t i = 0; i < count; i++) {
        fprintf(file, "%" PRId64 ",%" PRId64 ",%.9g,%.9g\n", i, labels[i], radius[i], distances[i]);
    }
    fclose(file);
    free(radius);
    free(labels);
}

static void print_linearized(const char *kind, int count, const double *sigma, const double *accuracy, FILE *file)
{
    printf("  linearized:");
    for (int i = 0; i < count; i++) {
        printf(" %.3f at sigma %g%s", accuracy[i], sigma[i], i + 1 < count ? "," : "\n\n");
        fprintf(file, "%s linearized,-1,%.9g,%.9g,nan,nan\n", kind, sigma[i], accuracy[i]);
    }
}

static void sample_basins(const report *r, FILE *curves)
{
    static const double sigma[] = {0.05, 0.1, 0.2, 0.4, 0.8};
    nndyn_basin *basin;
    nndyn_options *options = options_of(r);
    double accuracy[5], *distances = reserve(r->tested, sizeof *distances);
    check(nndyn_options_set_integer(options, "samples", 1), options);
    check(nndyn_basin_sample(r->network, r->test, options, &basin), r->network);
    check(nndyn_basin_margins(r->network, r->test, 5, sigma, accuracy, distances), r->network);
    printf("Noise on the pixels: standard deviation at which half the predictions are wrong, with 95 %% intervals\n");
    printf("  digit     of the class      accuracy   of samples: 5 %%  50 %%  95 %%  wrong  no end\n");
    FILE *file = table(r, "classes", "class,radius,low,high,accuracy,q05,q50,q95,wrong,beyond");
    for (int64_t group = 0; group <= CLASSES; group++) {
        print_group(basin, group, file);
    }
    fclose(file);
    print_fragile(basin);
    print_linearized("pixels", 5, sigma, accuracy, curves);
    write_curves(basin, "pixels", 1 + CLASSES, curves);
    write_samples(r, basin, distances);
    free(distances);
    nndyn_basin_free(basin);
    nndyn_options_free(options);
}

/* ---- rays -------------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median over the samples that are read right: all others have radius 0. */
static double median_right(double *radii, int64_t count)
{
    int64_t wrong = 0;
    qsort(radii, (size_t)count, sizeof *radii, ascending);
    while (wrong < count && radii[wrong] == 0) {
        wrong++;
    }
    return wrong < count ? radii[wrong + (count - wrong) / 2] : 0;
}

/* The length of a change of the pixels that changes the prediction: in random directions, and in the worst one. */
static void rays(const report *r)
{
    double figures[NNDYN_RAYS], *radii = reserve(r->tested * RAYS, sizeof *radii);
    double *upper = reserve(r->tested, sizeof *upper), *lower = reserve(r->tested, sizeof *lower);
    check(nndyn_basin_ray(r->network, r->test, RAYS, NULL, NULL, radii), r->network);
    check(nndyn_basin_ray_statistics(r->context, r->tested, RAYS, radii, figures, NULL, NULL), r->context);
    check(nndyn_basin_adversarial(r->network, r->test, NULL, upper, lower, NULL), r->network);
    printf("Length of a change that changes the prediction, medians over the digits that are read right\n");
    printf("  %d random directions: %.3g (%.1f %% of them change it at all), the least of them %.3g\n", RAYS,
           figures[NNDYN_RAY_MEDIAN], 100 * figures[NNDYN_RAY_EXIT], figures[NNDYN_RAY_LEAST]);
    printf("  the worst direction: at most %.3g, at least %.3g\n\n", median_right(upper, r->tested),
           median_right(lower, r->tested));
    free(radii);
    free(upper);
    free(lower);
}

/* ---- slices ------------------------------------------------------------------------------------------------------ */

/* Classes and margins on a square about x, spanned by the principal directions of the training data, three standard
 * deviations to each side; prints how much of it each class has. */
static void slice(const report *r, const char *name, const double *x, const double *directions, const double *deviation)
{
    static int64_t classes[SIDE * SIDE];
    static double margins[SIDE * SIDE];
    const double low[2] = {-3 * deviation[0], -3 * deviation[1]}, high[2] = {3 * deviation[0], 3 * deviation[1]};
    const int64_t counts[2] = {SIDE, SIDE};
    int share[CLASSES] = {0};
    check(nndyn_basin_slice(r->network, x, 2, directions, low, high, counts, NULL, classes, margins), r->network);
    FILE *file = table(r, name, "first,second,class,margin");
    for (int i = 0; i < SIDE * SIDE; i++) {
        share[classes[i]]++; /* never -1: the outputs of this network are numbers */
        fprintf(file, "%.5g,%.5g,%d,%.5g\n", low[0] + (high[0] - low[0]) * (i / SIDE) / (SIDE - 1),
                low[1] + (high[1] - low[1]) * (i % SIDE) / (SIDE - 1), (int)classes[i], margins[i]);
    }
    fclose(file);
    printf("  %-8s", name + 6); /* without "slice_" */
    for (int c = 0; c < CLASSES; c++) {
        printf("  %5.1f", 100.0 * share[c] / (SIDE * SIDE));
    }
    printf("\n");
}

/* The test digit that comes closest to the boundary, by its linearized distance, among those that are read right. */
static int64_t closest(const double *distances, int64_t count)
{
    int64_t best = 0;
    for (int64_t i = 1; i < count; i++) {
        if (distances[i] > 0 && (distances[best] <= 0 || distances[i] < distances[best])) {
            best = i;
        }
    }
    return best;
}

static void slices(const report *r)
{
    double mean[PIXELS], directions[2 * PIXELS], variance[2], total, x[PIXELS];
    double *distances = reserve(r->tested, sizeof *distances);
    check(nndyn_basin_principal(r->train, 2, NULL, mean, directions, variance, &total), r->train);
    check(nndyn_basin_margins(r->network, r->test, 0, NULL, NULL, distances), r->network);
    check(nndyn_dataset_get(r->test, closest(distances, r->tested), 1, x, NULL, NULL), r->test);
    const double deviation[2] = {sqrt(variance[0]), sqrt(variance[1])};
    printf(
        "Slices along the two principal directions of the data (%.0f %% of the variance): shares of the digits in %%\n",
        100 * (variance[0] + variance[1]) / total);
    printf("  through      0      1      2      3      4      5      6      7      8      9\n");
    slice(r, "slice_mean", mean, directions, deviation);
    slice(r, "slice_closest", x, directions, deviation);
    printf("\n");
    free(distances);
}

/* ---- noise on the weights ---------------------------------------------------------------------------------------- */

static void weight_basin(const report *r, FILE *curves)
{
    static const double sigma[] = {0.05, 0.1, 0.2, 0.4, 0.8};
    nndyn_basin *basin;
    double accuracy[5], hessian[NNDYN_CURVATURES];
    check(nndyn_basin_weights(r->network, r->train, NULL, &basin), r->network);
    check(nndyn_basin_linearized(r->network, r->train, 5, sigma, NULL, accuracy), r->network);
    check(nndyn_basin_curvature(r->network, r->train, NULL, hessian), r->network);
    printf("Noise on the weights, in units of the standard deviation of each layer's weights, training data\n");
    printf("  radius %.3f [%.3f, %.3f]\n", figure(basin, 0, "radius"), figure(basin, 0, "low"),
           figure(basin, 0, "high"));
    printf("  Hessian: noise sigma raises the loss %.4f by sigma^2 (%.3g +- %.1g) / 2; along the sharpest direction it "
           "rises\n  by 0.1 at %.3g; gradient descent is stable below rate %.3g\n",
           hessian[NNDYN_CURVATURE_LOSS], hessian[NNDYN_CURVATURE_TRACE], hessian[NNDYN_CURVATURE_TRACE_ERROR],
           hessian[NNDYN_CURVATURE_RADIUS], hessian[NNDYN_CURVATURE_RATE]);
    print_linearized("weights", 5, sigma, accuracy, curves);
    write_curves(basin, "weights", 1, curves);
    nndyn_basin_free(basin);
}

/* Kicks, then 1000 steps of the same training: which share comes back, in the sense of function, accuracy and loss. */
static void returns(const report *r)
{
    static const double kicks[KICKS] = {0.5, 1, 1.25, 1.5, 2};
    static const int senses[] = {NNDYN_RETURN_MINIMUM, NNDYN_RETURN_FUNCTION, NNDYN_RETURN_ACCURACY, NNDYN_RETURN_LOSS};
    nndyn_basin_returns *result;
    nndyn_options *options = options_of(r);
    double radius[KICKS + 1], share[4][KICKS + 1], low[4][KICKS + 1], high[4][KICKS + 1];
    int64_t count = 0;
    check(nndyn_options_set_integer(options, "steps", 1000), options);
    check(nndyn_options_set_integer(options, "draws", 10), options);
    check(nndyn_options_set_integer(options, "batch", 50), options);
    check(nndyn_basin_return(r->trainer, r->train, NULL, KICKS, kicks, options, &result), r->trainer);
    for (int i = 0; i < 4; i++) {
        check(nndyn_basin_returns_curve(result, senses[i], KICKS + 1, radius, share[i], low[i], high[i], NULL, &count),
              result);
    }
    FILE *file = table(r, "returns", "kick,weights,low,high,function,low,high,accuracy,low,high,loss,low,high");
    printf("Training 1000 steps after a kick of the weights: share of 10 that come back\n");
    printf("  kick   to the same weights  function  accuracy  loss\n");
    for (int64_t k = 0; k < count; k++) {
        printf("  %4g   %19.1f  %8.1f  %8.1f  %4.1f\n", radius[k], share[0][k], share[1][k], share[2][k], share[3][k]);
        fprintf(file, "%g", radius[k]);
        for (int i = 0; i < 4; i++) {
            fprintf(file, ",%.9g,%.9g,%.9g", share[i][k], low[i][k], high[i][k]);
        }
        fprintf(file, "\n");
    }
    printf("\n");
    fclose(file);
    nndyn_basin_returns_free(result);
    nndyn_options_free(options);
}

int main(int argc, char **argv)
{
    report r = {.folder = argc > 2 ? argv[2] : "."};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: basins DIGITS.CSV [folder=.]   (such as examples/data/digits.csv)\n");
        return EXIT_FAILURE;
    }
    check(nndyn_context_create(&r.context), NULL);
    load(&r, argv[1]);
    learn(&r);
    FILE *curves = table(&r, "curves", "noise,class,sigma,accuracy,low,high");
    sample_basins(&r, curves);
    rays(&r);
    slices(&r);
    weight_basin(&r, curves);
    returns(&r);
    fclose(curves);
    nndyn_trainer_free(r.trainer);
    nndyn_network_free(r.network);
    nndyn_dataset_free(r.test);
    nndyn_dataset_free(r.train);
    nndyn_context_free(r.context);
    return EXIT_SUCCESS;
}
