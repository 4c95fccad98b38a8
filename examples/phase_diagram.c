/* phase_diagram.c - the phase diagrams of feature learning: load curves and accuracy of networks against nonlinearity
 * and noise, beside those of a chain of blocks and springs against friction and noise (docs/phase_diagrams.md).
 *
 *     phase_diagram [data] [panels=c] [seeds=3] [threads=1] [folder=.] [grid=full] [epochs=0]
 *
 * data: a folder with the four uncompressed files of MNIST, or a file of 8x8 digits as examples/data/digits.csv;
 * without either, clouds of points that the program draws.  panels: any of a (data noise), b (learning rate),
 * c (dropout), d (batch size).  grid=coarse takes three values of each axis; epochs=0 the published numbers.
 *
 * Writes panel_<x>.csv (one row a network: a run that is stopped goes on from it), phase_<x>.csv (means over seeds),
 * chain.csv and trajectories.csv into the folder; phase_diagram.py draws them.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <nndyn.h>

enum { SLOPES = 6, LEVELS = 8, LAYERS = 7, POINTS = LAYERS + 1, TRAIN = 2560, TEST = 5000, INPUTS = 100, CLASSES = 10 };

/* Rows of every panel: the negative slope of leaky ReLU, from ReLU to a linear network. */
static const double slopes[SLOPES] = {0, 0.2, 0.4, 0.6, 0.8, 1};

/* Columns, noise falling to the right as in the publication; for b and d what stands for noise is the rate and the
 * smallness of batches.  The published figures (MNIST) are digitized from the figure of Shi, Pan and Dokmanic,
 * arXiv:2407.19353 (July 2024): kappa in hundredths, test accuracy in tenths of a percent. */
typedef struct panel {
    char letter;
    const char *axis, *what;
    int epochs;
    double levels[LEVELS];
    int kappa[SLOPES][LEVELS], accuracy[SLOPES][LEVELS];
} panel;

/* clang-format off */
static const panel panels[] = {
    {'a', "noise", "data noise", 100, {0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0},
     {{20, 16, 11, 4, -2, -7, -11, -31},
      {18, 14, 9, 4, -1, -4, -7, -19},
      {21, 17, 12, 7, 3, 0, -2, -13},
      {25, 22, 19, 13, 10, 7, 5, -10},
      {29, 27, 26, 23, 21, 19, 18, -5},
      {29, 27, 26, 23, 23, 23, 22, 14}},
     {{834, 861, 893, 907, 914, 915, 914, 883},
      {867, 892, 908, 917, 921, 921, 919, 907},
      {872, 895, 908, 916, 920, 921, 920, 913},
      {858, 882, 895, 904, 912, 915, 915, 912},
      {840, 859, 871, 880, 889, 891, 896, 900},
      {834, 842, 853, 863, 871, 876, 877, 857}}},
    {'b', "rate", "learning rate", 200, {0.2, 0.1, 0.05, 0.01, 0.005, 0.001, 0.0005, 0.0001},
     {{9, 6, 6, -8, -17, -25, -26, -24},
      {27, 21, 19, 2, -7, -17, -18, -14},
      {32, 31, 26, 13, 0, -12, -13, -9},
      {48, 38, 34, 24, 6, -11, -12, -7},
      {67, 57, 54, 42, 20, -11, -13, -4},
      {82, 78, 74, 79, 55, 15, 8, -3}},
     {{886, 901, 911, 927, 930, 920, 913, 886},
      {900, 905, 914, 929, 933, 931, 927, 911},
      {897, 906, 914, 927, 933, 933, 931, 916},
      {872, 895, 906, 924, 931, 933, 932, 914},
      {821, 843, 854, 904, 921, 930, 928, 898},
      {837, 857, 857, 861, 864, 883, 888, 884}}},
    {'c', "dropout", "dropout", 100, {0.28, 0.24, 0.2, 0.16, 0.12, 0.08, 0.04, 0},
     {{19, 15, 10, 4, -2, -9, -16, -24},
      {21, 17, 12, 8, 3, -3, -9, -15},
      {27, 23, 18, 14, 9, 4, -2, -9},
      {35, 31, 27, 23, 18, 12, 5, -7},
      {44, 40, 36, 32, 27, 22, 16, -1},
      {49, 44, 40, 36, 30, 24, 18, 14}},
     {{909, 919, 926, 930, 931, 933, 931, 920},
      {918, 923, 928, 931, 934, 935, 935, 931},
      {913, 918, 922, 927, 931, 933, 935, 934},
      {904, 908, 911, 915, 920, 925, 930, 933},
      {896, 899, 901, 902, 904, 905, 909, 925},
      {892, 895, 896, 897, 896, 896, 894, 891}}},
    {'d', "batch", "batch size", 100, {10, 20, 40, 80, 160, 320, 640, 1280},
     {{12, -2, -4, -11, -18, -22, -26, -25},
      {13, 2, 0, -6, -9, -14, -18, -17},
      {20, 11, 4, 0, -5, -9, -13, -12},
      {25, 21, 13, 7, 2, -4, -9, -10},
      {26, 35, 36, 29, 16, 4, -3, -5},
      {19, 40, 59, 60, 46, 28, 16, 13}},
     {{925, 934, 936, 935, 931, 928, 920, 920},
      {922, 936, 936, 938, 936, 933, 931, 931},
      {918, 934, 935, 935, 939, 937, 935, 934},
      {906, 923, 927, 931, 931, 932, 935, 934},
      {878, 899, 908, 909, 913, 917, 925, 925},
      {855, 877, 883, 883, 885, 885, 883, 886}}},
};
/* clang-format on */

typedef struct job {
    const char *data, *panels, *folder;
    int seeds, threads, coarse, epochs;
    nndyn_context *context;
    nndyn_dataset *train, *test;
} job;

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void check(const void *handle, int status)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "phase_diagram: %s\n", nndyn_message(handle));
        exit(1);
    }
}

static nndyn_options *options_of(nndyn_context *context)
{
    nndyn_options *options;
    check(context, nndyn_options_create(context, &options));
    return options;
}

static void set(nndyn_options *options, const char *name, double value)
{
    check(options, nndyn_options_set_double(options, name, value));
}

static void set_integer(nndyn_options *options, const char *name, int64_t value)
{
    check(options, nndyn_options_set_integer(options, name, value));
}

static void set_text(nndyn_options *options, const char *name, const char *text)
{
    check(options, nndyn_options_set_text(options, name, text));
}

static void place(const job *j, const char *name, char letter, char path[4096])
{
    if (letter != 0) {
        snprintf(path, 4096, "%s/%s_%c.csv", j->folder, name, letter);
    } else {
        snprintf(path, 4096, "%s/%s.csv", j->folder, name);
    }
}

static FILE *table(const job *j, const char *name, char letter)
{
    char path[4096];
    place(j, name, letter, path);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static uint64_t state = 1;

static double uniform(void) /* SplitMix64 */
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((double)((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52;
}

static double normal(void)
{
    const double r = sqrt(-2 * log(uniform()));
    return r * cos(6.283185307179586 * uniform());
}

/* Fifty clouds in a hundred dimensions, five of each class: nothing to download. */
static void draw_clouds(job *j)
{
    enum { CLOUDS = 50 };
    static double centers[CLOUDS][INPUTS];
    static float x[(TRAIN + TEST) * INPUTS];
    static int64_t labels[TRAIN + TEST];
    for (int c = 0; c < CLOUDS * INPUTS; c++) {
        centers[c / INPUTS][c % INPUTS] = 0.6 * normal();
    }
    for (int n = 0; n < TRAIN + TEST; n++) {
        const int cloud = (int)(uniform() * CLOUDS);
        labels[n] = cloud % CLASSES;
        for (int i = 0; i < INPUTS; i++) {
            x[n * INPUTS + i] = (float)(centers[cloud][i] + normal());
        }
    }
    check(j->context, nndyn_dataset_create_labels_f32(j->context, TRAIN, INPUTS, x, CLASSES, labels, 1, &j->train));
    check(j->context, nndyn_dataset_create_labels_f32(j->context, TEST, INPUTS, x + TRAIN * INPUTS, CLASSES,
                                                      labels + TRAIN, 1, &j->test));
}

static void read_digits(job *j)
{
    nndyn_options *options = options_of(j->context);
    nndyn_dataset *all;
    set_integer(options, "label_column", -2);
    set(options, "scale", 1.0 / 16);
    set_text(options, "dtype", "f32");
    check(j->context, nndyn_dataset_read_csv(j->context, j->data, options, &all));
    check(all, nndyn_dataset_split(all, 0.3, NULL, &j->train, &j->test));
    nndyn_dataset_free(all);
    nndyn_options_free(options);
}

/* 28 x 28 pixels become 10 x 10, antialiased. */
static nndyn_dataset *read_images(job *j, const char *images, const char *labels)
{
    char image_path[4096], label_path[4096];
    nndyn_options *options = options_of(j->context);
    nndyn_dataset *all, *small;
    snprintf(image_path, sizeof image_path, "%s/%s", j->data, images);
    snprintf(label_path, sizeof label_path, "%s/%s", j->data, labels);
    set_text(options, "dtype", "f32");
    check(j->context, nndyn_dataset_read_idx(j->context, image_path, label_path, options, &all));
    check(all, nndyn_dataset_resize(all, 1, 28, 28, 10, 10, NULL, &small));
    nndyn_dataset_free(all);
    nndyn_options_free(options);
    return small;
}

/* 2560 random images of the training file, the same ones for every network, and all of the test file. */
static void read_mnist(job *j)
{
    nndyn_dataset *all = read_images(j, "train-images-idx3-ubyte", "train-labels-idx1-ubyte"), *rest;
    nndyn_options *options = options_of(j->context);
    int64_t samples;
    check(all, nndyn_dataset_shape(all, &samples, NULL, NULL, NULL, NULL));
    set_integer(options, "stratified", 0);
    set_integer(options, "seed", 1);
    check(all, nndyn_dataset_split(all, (double)TRAIN / (double)samples, options, &rest, &j->train));
    nndyn_dataset_free(rest);
    nndyn_dataset_free(all);
    nndyn_options_free(options);
    j->test = read_images(j, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
}

static void load(job *j)
{
    const char *end = j->data != NULL ? strrchr(j->data, '.') : NULL;
    if (j->data == NULL) {
        draw_clouds(j);
    } else if (end != NULL && strcmp(end, ".csv") == 0) {
        read_digits(j);
    } else {
        read_mnist(j);
    }
}

/* ---- the sweep of a panel ---------------------------------------------------------------------------------------- */

/* The grid: all values of an axis, or three of them. */
static int take(const job *j, int count, const int coarse[3], int places[LEVELS])
{
    const int taken = j->coarse ? 3 : count;
    for (int i = 0; i < taken; i++) {
        places[i] = j->coarse ? coarse[i] : i;
    }
    return taken;
}

static int take_slopes(const job *j, int places[LEVELS])
{
    return take(j, SLOPES, (const int[3]){0, 2, 5}, places);
}

static int take_levels(const job *j, int places[LEVELS])
{
    return take(j, LEVELS, (const int[3]){0, 4, 7}, places);
}

static void add_axis(nndyn_sweep *sweep, const char *name, int count, const int *places, const double *from,
                     double most)
{
    double values[LEVELS];
    for (int i = 0; i < count; i++) {
        values[i] = from[places[i]] < most ? from[places[i]] : most;
    }
    check(sweep, nndyn_sweep_add_axis(sweep, name, count, values));
}

static nndyn_sweep *sweep_of(const job *j, const panel *p)
{
    int places[LEVELS], count;
    int64_t samples;
    nndyn_sweep *sweep;
    nndyn_options *options = options_of(j->context);
    check(j->train, nndyn_dataset_shape(j->train, &samples, NULL, NULL, NULL, NULL));
    check(j->context, nndyn_sweep_create(j->context, NULL, &sweep));
    count = take_slopes(j, places);
    add_axis(sweep, "slope", count, places, slopes, 1);
    count = take_levels(j, places);
    add_axis(sweep, p->axis, count, places, p->levels, (double)samples);
    check(sweep, nndyn_sweep_set_seeds(sweep, 1, j->seeds));
    set_integer(options, "epochs", j->epochs > 0 ? j->epochs : p->epochs);
    set_text(options, "dtype", "f32");
    check(sweep, nndyn_sweep_set_training(sweep, j->train, j->test, options));
    nndyn_options_free(options);
    return sweep;
}

static int64_t column(nndyn_sweep *sweep, const char *name)
{
    int64_t axes, columns;
    char text[64];
    check(sweep, nndyn_sweep_shape(sweep, &axes, NULL, NULL, NULL, &columns));
    for (int64_t i = 0; i < columns; i++) {
        check(sweep, nndyn_sweep_name(sweep, axes + i, sizeof text, text, NULL));
        if (strcmp(text, name) == 0) {
            return i;
        }
    }
    fprintf(stderr, "phase_diagram: the sweep has no column \"%s\"\n", name);
    exit(1);
}

static void run(const job *j, const panel *p, nndyn_sweep *sweep)
{
    char path[4096];
    int64_t failed = 0, cells;
    double flops;
    struct timespec begin, end;
    nndyn_options *options = options_of(j->context);
    place(j, "panel", p->letter, path);
    set_text(options, "file", path);
    timespec_get(&begin, TIME_UTC);
    check(sweep, nndyn_sweep_forecast(sweep, &cells, NULL, NULL, &flops));
    check(sweep, nndyn_sweep_run(sweep, options, &failed));
    timespec_get(&end, TIME_UTC);
    nndyn_options_free(options);
    const double seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    fprintf(stderr, "panel %c: at most %lld networks and %.3g flops of matrix products in %.1f s, %lld failed\n",
            p->letter, (long long)cells, flops, seconds, (long long)failed);
}

/* ---- what came out ----------------------------------------------------------------------------------------------- */

/* Means over the seeds, cell by cell of the grid. */
typedef struct diagram {
    int rows, columns, row_places[LEVELS], column_places[LEVELS];
    double kappa[SLOPES * LEVELS], kappa_error[SLOPES * LEVELS], bow[SLOPES * LEVELS], sigma[SLOPES * LEVELS];
    double accuracy[SLOPES * LEVELS], accuracy_error[SLOPES * LEVELS], loss[SLOPES * LEVELS];
    double curve[SLOPES * LEVELS][POINTS]; /* (D_l - D_L) / (D_0 - D_L) */
} diagram;

static void copy_column(nndyn_sweep *sweep, const double *from, const char *name, int cells, double *to)
{
    int64_t columns;
    const int64_t at = column(sweep, name);
    check(sweep, nndyn_sweep_shape(sweep, NULL, NULL, NULL, NULL, &columns));
    for (int i = 0; i < cells; i++) {
        to[i] = from[i * columns + at];
    }
}

static void copy_curves(nndyn_sweep *sweep, const double *means, int cells, diagram *d)
{
    double separation[POINTS][SLOPES * LEVELS];
    for (int l = 0; l < POINTS; l++) {
        char name[32];
        snprintf(name, sizeof name, "separation_%d", l);
        copy_column(sweep, means, name, cells, separation[l]);
    }
    for (int i = 0; i < cells; i++) {
        for (int l = 0; l < POINTS; l++) {
            d->curve[i][l] = (separation[l][i] - separation[LAYERS][i]) / (separation[0][i] - separation[LAYERS][i]);
        }
    }
}

static void summarize(const job *j, nndyn_sweep *sweep, diagram *d)
{
    int64_t points, columns;
    check(sweep, nndyn_sweep_shape(sweep, NULL, &points, NULL, NULL, &columns));
    double *means = calloc((size_t)(2 * points * columns), sizeof *means), *errors = means + points * columns;
    if (means == NULL) {
        fprintf(stderr, "phase_diagram: no memory\n");
        exit(1);
    }
    check(sweep, nndyn_sweep_summary(sweep, means, errors, NULL));
    d->rows = take_slopes(j, d->row_places);
    d->columns = take_levels(j, d->column_places);
    const int cells = d->rows * d->columns;
    copy_column(sweep, means, "kappa", cells, d->kappa);
    copy_column(sweep, errors, "kappa", cells, d->kappa_error);
    copy_column(sweep, means, "bow", cells, d->bow);
    copy_column(sweep, means, "sigma", cells, d->sigma);
    copy_column(sweep, means, "test_accuracy", cells, d->accuracy);
    copy_column(sweep, errors, "test_accuracy", cells, d->accuracy_error);
    copy_column(sweep, means, "train_loss", cells, d->loss);
    copy_curves(sweep, means, cells, d);
    free(means);
}

static void write_curve(FILE *file, const double *curve)
{
    for (int l = 0; l < POINTS; l++) {
        fprintf(file, ",%.6g", curve[l]);
    }
    fprintf(file, "\n");
}

static void curve_header(FILE *file)
{
    for (int l = 0; l < POINTS; l++) {
        fprintf(file, ",n_%d", l);
    }
    fprintf(file, "\n");
}

static void write_phase(const job *j, const panel *p, const diagram *d)
{
    FILE *file = table(j, "phase", p->letter);
    fprintf(file,
            "slope,%s,kappa,kappa_error,bow,sigma,test_accuracy,test_accuracy_error,train_loss,published_kappa,"
            "published_accuracy",
            p->axis);
    curve_header(file);
    for (int i = 0; i < d->rows * d->columns; i++) {
        const int row = d->row_places[i / d->columns], at = d->column_places[i % d->columns];
        fprintf(file, "%g,%g,%.6g,%.3g,%.6g,%.6g,%.6g,%.3g,%.6g,%g,%g", slopes[row], p->levels[at], d->kappa[i],
                d->kappa_error[i], d->bow[i], d->sigma[i], d->accuracy[i], d->accuracy_error[i], d->loss[i],
                p->kappa[row][at] / 100.0, p->accuracy[row][at] / 1000.0);
        write_curve(file, d->curve[i]);
    }
    fclose(file);
}

/* Of those pairs that are numbers. */
static double correlation(int n, const double *x, const double *y)
{
    double count = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            count++, mx += x[i], my += y[i];
        }
    }
    mx /= count, my /= count;
    for (int i = 0; i < n; i++) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my), xy += (x[i] - mx) * (y[i] - my);
        }
    }
    return xy / sqrt(xx * yy);
}

/* Published and measured kappa side by side. */
static void print_panel(const panel *p, const diagram *d)
{
    double published[SLOPES * LEVELS];
    printf("panel %c, %s: kappa published/measured, mean test accuracy of the seeds (%%)\n", p->letter, p->what);
    printf("slope\\level");
    for (int k = 0; k < d->columns; k++) {
        printf("  %-15g", p->levels[d->column_places[k]]);
    }
    printf("\n");
    for (int i = 0; i < d->rows * d->columns; i++) {
        const int row = d->row_places[i / d->columns], at = d->column_places[i % d->columns];
        published[i] = p->kappa[row][at] / 100.0;
        if (i % d->columns == 0) {
            printf("%-9g", slopes[row]);
        }
        printf("  %+.2f/%+.2f %5.1f", published[i], d->kappa[i], 100 * d->accuracy[i]);
        if (i % d->columns == d->columns - 1) {
            printf("\n");
        }
    }
    printf("correlation of measured and published kappa (MNIST's): %.4f\n",
           correlation(d->rows * d->columns, published, d->kappa));
}

/* Where to look for good generalization, without a test set: the straightest curve of each row. */
static void print_advice(nndyn_sweep *sweep, const panel *p, const diagram *d)
{
    int64_t straightest[SLOPES];
    int directions[SLOPES];
    nndyn_options *options = NULL;
    check(sweep, nndyn_sweep_advice(sweep, 1, options, straightest, directions, NULL));
    for (int i = 0; i < d->rows; i++) {
        int best = i * d->columns;
        for (int k = best; k < (i + 1) * d->columns; k++) {
            best = d->accuracy[k] > d->accuracy[best] ? k : best;
        }
        printf("slope %-3g: ", slopes[d->row_places[i]]);
        if (straightest[i] < 0) {
            printf("no network was trained\n");
            continue;
        }
        const int chosen = i * d->columns + (int)straightest[i];
        printf("straightest at %s %g: test accuracy %.1f %%, best of the row %.1f %%\n", p->axis,
               p->levels[d->column_places[straightest[i]]], 100 * d->accuracy[chosen], 100 * d->accuracy[best]);
    }
}

/* ---- the chain --------------------------------------------------------------------------------------------------- */

/* One mapping of axes for all panels: the friction against being pulled is 0.06 (1 - slope), that against falling back
 * 0.08; the noise of column k is 0.3 times the dropout that panel c has there. */
enum { CHAIN_STEPS = 10000 };

static void chain_axes(double friction[SLOPES], double noise[LEVELS])
{
    for (int i = 0; i < SLOPES; i++) {
        friction[i] = 0.06 * (1 - slopes[i]);
    }
    for (int k = 0; k < LEVELS; k++) {
        noise[k] = 0.3 * 0.04 * (LEVELS - 1 - k);
    }
}

static void chain_phase(const job *j, double kappa[SLOPES * LEVELS])
{
    double friction[SLOPES], noise[LEVELS], bow[SLOPES * LEVELS], profiles[SLOPES * LEVELS * LAYERS];
    nndyn_options *options = options_of(j->context);
    nndyn_springblock *chain;
    FILE *file = table(j, "chain", 0);
    chain_axes(friction, noise);
    set(options, "friction_left", 0.08);
    check(j->context, nndyn_springblock_create(j->context, LAYERS, options, &chain));
    check(chain, nndyn_springblock_phase(chain, SLOPES, friction, LEVELS, noise, 0, CHAIN_STEPS, NULL, kappa, NULL, bow,
                                         NULL, profiles));
    fprintf(file, "friction,noise,kappa,bow");
    curve_header(file);
    for (int i = 0; i < SLOPES * LEVELS; i++) {
        double curve[POINTS];
        for (int l = 0; l < POINTS; l++) {
            const double last = profiles[i * LAYERS + LAYERS - 1];
            curve[l] = l == 0 ? 1 : 1 - profiles[i * LAYERS + l - 1] / last;
        }
        fprintf(file, "%g,%g,%.6g,%.6g", friction[i / LEVELS], noise[i % LEVELS], kappa[i], bow[i]);
        write_curve(file, curve);
    }
    fclose(file);
    nndyn_springblock_free(chain);
    nndyn_options_free(options);
}

/* How training goes in the chain of order 2, with noise and without. */
static void chain_trajectories(const job *j)
{
    enum { STEPS = 14000, EVERY = 140, ROWS = 1 + STEPS / EVERY };
    static double x[2][ROWS * LAYERS];
    FILE *file = table(j, "trajectories", 0);
    for (int quiet = 0; quiet < 2; quiet++) {
        nndyn_options *options = options_of(j->context);
        nndyn_springblock *chain;
        set_integer(options, "order", 2);
        set(options, "noise", quiet ? 0 : 0.003);
        check(j->context, nndyn_springblock_create(j->context, LAYERS, options, &chain));
        check(chain, nndyn_springblock_trajectory(chain, STEPS, EVERY, ROWS, x[quiet], NULL));
        nndyn_springblock_free(chain);
        nndyn_options_free(options);
    }
    fprintf(file, "time,block,noisy,quiet\n");
    for (int i = 0; i < ROWS * LAYERS; i++) {
        fprintf(file, "%g,%d,%.6g,%.6g\n", 0.05 * EVERY * (i / LAYERS), 1 + i % LAYERS, x[0][i], x[1][i]);
    }
    fclose(file);
}

/* Do network and chain agree on which layers do the work, late ones (kappa < 0) or early ones (> 0)? */
static void compare_with_chain(const panel *p, const diagram *d, const double *chain)
{
    const double near_zero = 0.03;
    double there[SLOPES * LEVELS];
    int same = 0, away = 0;
    for (int i = 0; i < d->rows * d->columns; i++) {
        there[i] = chain[d->row_places[i / d->columns] * LEVELS + d->column_places[i % d->columns]];
        if (fabs(d->kappa[i]) > near_zero && fabs(there[i]) > near_zero) {
            away++;
            same += d->kappa[i] > 0 ? there[i] > 0 : there[i] < 0;
        }
    }
    printf(
        "panel %c and the chain: sign of kappa agrees in %d of %d cells with |kappa| > %g in both; correlation %.3f\n",
        p->letter, same, away, near_zero, correlation(d->rows * d->columns, there, d->kappa));
}

/* ---- command line ------------------------------------------------------------------------------------------------ */

static void read_argument(job *j, const char *text)
{
    const struct {
        const char *name, **text;
        int *number;
    } known[] = {{"panels=", &j->panels, NULL},
                 {"folder=", &j->folder, NULL},
                 {"seeds=", NULL, &j->seeds},
                 {"threads=", NULL, &j->threads},
                 {"epochs=", NULL, &j->epochs}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const size_t length = strlen(known[i].name);
        if (strncmp(text, known[i].name, length) == 0 && known[i].text != NULL) {
            *known[i].text = text + length;
            return;
        }
        if (strncmp(text, known[i].name, length) == 0) {
            *known[i].number = atoi(text + length);
            return;
        }
    }
    if (strncmp(text, "grid=", 5) == 0) {
        j->coarse = strcmp(text + 5, "coarse") == 0;
    } else if (strchr(text, '=') == NULL && j->data == NULL) {
        j->data = text;
    } else {
        fprintf(stderr, "phase_diagram: \"%s\" is not understood; see the head of phase_diagram.c\n", text);
        exit(1);
    }
}

static void run_panel(const job *j, const panel *p, const double *chain)
{
    diagram d;
    nndyn_sweep *sweep = sweep_of(j, p);
    run(j, p, sweep);
    summarize(j, sweep, &d);
    write_phase(j, p, &d);
    print_panel(p, &d);
    print_advice(sweep, p, &d);
    compare_with_chain(p, &d, chain);
    nndyn_sweep_free(sweep);
}

int main(int argc, char **argv)
{
    job j = {.panels = "c", .folder = ".", .seeds = 3, .threads = 1};
    double chain[SLOPES * LEVELS];
    for (int i = 1; i < argc; i++) {
        read_argument(&j, argv[i]);
    }
    if (nndyn_context_create(&j.context) != NNDYN_OK) {
        fprintf(stderr, "phase_diagram: no memory\n");
        return 1;
    }
    check(j.context, nndyn_context_set_threads(j.context, j.threads));
    load(&j);
    chain_phase(&j, chain);
    chain_trajectories(&j);
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        if (strchr(j.panels, panels[i].letter) != NULL) {
            run_panel(&j, &panels[i], chain);
        }
    }
    nndyn_dataset_free(j.train);
    nndyn_dataset_free(j.test);
    nndyn_context_free(j.context);
    return 0;
}
