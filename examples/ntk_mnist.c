/* ntk_mnist.c - real and linearized training on digits, at widths 128 to 8192: how far apart they are, the bound that
 * goes with it, and the slopes by width.
 *
 *     ntk_mnist DATA TABLE FITS [samples] [runs] [largest width] [threads] [hidden layers]
 *
 * DATA is a folder with the four files of MNIST, uncompressed, or a table of the 8 x 8 digits.  Even digits are +1, odd
 * ones -1, squared error, full-batch descent; images are centered and scaled to the same length.  TABLE is the
 * resumable table of all runs; FITS receives lines for ntk_mnist.py, which draws them: "point", figure, step, width,
 * root mean square, its relative error, and "slope", figure, step, exponent, its error.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <nndyn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t steps[] = {1, 2, 3, 5, 8, 12, 20};
enum { STEPS = (int)(sizeof steps / sizeof *steps), FIGURES = 6, MOST_WIDTHS = 16 };
static const char *const figures[FIGURES] = {"train", "test", "bound", "drift", "displacement", "residual"};
static const int places[FIGURES] = {NNDYN_LINEARIZATION_DEVIATION,    NNDYN_LINEARIZATION_DEVIATION_TEST,
                                    NNDYN_LINEARIZATION_BOUND,        NNDYN_LINEARIZATION_DRIFT,
                                    NNDYN_LINEARIZATION_DISPLACEMENT, NNDYN_LINEARIZATION_RESIDUAL};
static const double rate = 1; /* of the mean loss */

/* Data of all runs; every run makes data sets of its own over these arrays. */
typedef struct digits {
    int64_t samples, inputs; /* samples for training, and as many for testing */
    double *x, *y, *x_test, *y_test;
} digits;

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "ntk_mnist: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static double *numbers(int64_t count)
{
    double *array = malloc((size_t)count * sizeof *array);
    if (!array) {
        fprintf(stderr, "ntk_mnist: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return array;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static nndyn_dataset *read_set(nndyn_context *context, const char *place, int test)
{
    const size_t length = strlen(place);
    char images[4096], labels[4096];
    nndyn_options *options;
    nndyn_dataset *data;
    if (length > 4 && strcmp(place + length - 4, ".csv") == 0) {
        check(nndyn_options_create(context, &options), context);
        check(nndyn_options_set_integer(options, "label_column", -2), options);
        check(nndyn_dataset_read_csv(context, place, options, &data), context);
        nndyn_options_free(options);
        return data;
    }
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", place, test ? "t10k" : "train");
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", place, test ? "t10k" : "train");
    check(nndyn_dataset_read_idx(context, images, labels, NULL, &data), context);
    return data;
}

/* Mean 0, and length sqrt(inputs). */
static void normalize(int64_t inputs, double *x)
{
    double mean = 0, square = 0;
    for (int64_t j = 0; j < inputs; j++) {
        mean += x[j] / (double)inputs;
    }
    for (int64_t j = 0; j < inputs; j++) {
        x[j] -= mean;
        square += x[j] * x[j];
    }
    for (int64_t j = 0; j < inputs; j++) {
        x[j] *= sqrt((double)inputs / square);
    }
}

static void take(nndyn_dataset *data, int64_t first, int64_t count, int64_t inputs, double *x, double *y)
{
    int64_t *labels = malloc((size_t)count * sizeof *labels);
    if (!labels) {
        exit(EXIT_FAILURE);
    }
    check(nndyn_dataset_get(data, first, count, x, NULL, labels), data);
    for (int64_t i = 0; i < count; i++) {
        normalize(inputs, x + (ptrdiff_t)(i * inputs));
        y[i] = labels[i] % 2 == 0 ? 1 : -1;
    }
    free(labels);
}

/* The digits of the small table are few: test samples follow those for training. */
static void read_digits(nndyn_context *context, const char *place, digits *d)
{
    nndyn_dataset *train = read_set(context, place, 0), *test = read_set(context, place, 1);
    int64_t trained, tested;
    check(nndyn_dataset_shape(train, &trained, &d->inputs, NULL, NULL, NULL), train);
    check(nndyn_dataset_shape(test, &tested, NULL, NULL, NULL, NULL), test);
    const int64_t first = trained == tested ? d->samples : 0;
    if (trained < first + d->samples || tested < first + d->samples) {
        fprintf(stderr, "ntk_mnist: there are not so many samples\n");
        exit(EXIT_FAILURE);
    }
    d->x = numbers(d->samples * d->inputs);
    d->x_test = numbers(d->samples * d->inputs);
    d->y = numbers(d->samples);
    d->y_test = numbers(d->samples);
    take(train, 0, d->samples, d->inputs, d->x, d->y);
    take(test, first, d->samples, d->inputs, d->x_test, d->y_test);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

/* What a run makes in its context, and frees. */
typedef struct one_run {
    nndyn_dataset *train, *test;
    nndyn_batches *batches;
    nndyn_options *options, *bounds;
    nndyn_trainer *trainer;
} one_run;

static int prepare(one_run *r, const digits *d, nndyn_context *context, nndyn_network *network)
{
    int status = nndyn_dataset_create(context, d->samples, d->inputs, d->x, 1, d->y, 0, &r->train);
    if (status == NNDYN_OK) {
        status = nndyn_dataset_create(context, d->samples, d->inputs, d->x_test, 1, d->y_test, 0, &r->test);
    }
    if (status == NNDYN_OK) {
        status = nndyn_batches_create(r->train, NNDYN_BATCH_FULL, 1, NULL, &r->batches);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(context, &r->options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_double(r->options, "rate", rate);
    }
    if (status == NNDYN_OK) {
        status = nndyn_trainer_create_with(network, NNDYN_SGD, r->options, &r->trainer);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(context, &r->bounds);
    }
    return status == NNDYN_OK ? nndyn_options_set_text(r->bounds, "bound", "all") : status;
}

static int measure(void *user, nndyn_context *context, nndyn_network *network, int64_t width, int64_t seed,
                   int64_t columns, double *row)
{
    double rows[STEPS][NNDYN_LINEARIZATION_COLUMNS];
    one_run r = {0};
    (void)width, (void)seed, (void)columns;
    int status = prepare(&r, user, context, network);
    if (status == NNDYN_OK) {
        status = nndyn_linearized_compare(r.trainer, r.batches, r.test, STEPS, steps, r.bounds, &rows[0][0]);
    }
    for (int s = 0; status == NNDYN_OK && s < STEPS; s++) {
        for (int f = 0; f < FIGURES; f++) {
            row[s * FIGURES + f] = rows[s][places[f]];
        }
    }
    nndyn_trainer_free(r.trainer);
    nndyn_options_free(r.bounds);
    nndyn_options_free(r.options);
    nndyn_batches_free(r.batches);
    nndyn_dataset_free(r.test);
    nndyn_dataset_free(r.train);
    return status;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

static nndyn_width_scan *make_scan(nndyn_context *context, int64_t largest, int64_t runs, int64_t *count)
{
    int64_t list[MOST_WIDTHS], each[MOST_WIDTHS];
    nndyn_width_scan *scan;
    *count = 0;
    for (int64_t n = 128; n <= largest && *count < MOST_WIDTHS; n *= 2) {
        list[*count] = n;
        each[*count] = n <= 512 ? 4 * runs : n <= 2048 ? 2 * runs : runs;
        (*count)++;
    }
    check(nndyn_width_scan_create(context, *count, list, each, NULL, &scan), context);
    return scan;
}

static void set_up(nndyn_context *context, nndyn_width_scan *scan, int64_t layers, digits *d)
{
    char columns[STEPS * FIGURES * 24];
    size_t used = 0;
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "layers", layers), options);
    check(nndyn_options_set_double(options, "weight_scale", 1.5), options);
    check(nndyn_options_set_double(options, "bias_scale", 0.3), options);
    check(nndyn_width_scan_set_network(scan, d->inputs, 1, options), scan);
    nndyn_options_free(options);
    for (int c = 0; c < STEPS * FIGURES; c++) {
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s%s_%lld", c ? "," : "", figures[c % FIGURES],
                                 (long long)steps[c / FIGURES]);
    }
    check(nndyn_width_scan_set_measurement(scan, columns, measure, d), scan);
}

static int report(void *user, const char *task, double fraction)
{
    (void)user;
    fprintf(stderr, "\r%s: %3.0f %%", task, 100 * fraction);
    return 0;
}

static void run(nndyn_context *context, nndyn_width_scan *scan, const char *table)
{
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "file", table), options);
    check(nndyn_context_set_progress(context, report, NULL), context);
    check(nndyn_width_scan_run(scan, options, NULL), scan);
    check(nndyn_context_set_progress(context, NULL, NULL), context);
    fprintf(stderr, "\n");
    nndyn_options_free(options);
}

/* ---- slopes ------------------------------------------------------------------------------------------------------ */

static void write_points(nndyn_width_exponent *exponent, int64_t count, int column, FILE *out)
{
    double at[MOST_WIDTHS], sizes[MOST_WIDTHS], errors[MOST_WIDTHS];
    check(nndyn_width_exponent_points(exponent, 0, at, sizes, errors), exponent);
    for (int64_t w = 0; w < count; w++) {
        fprintf(out, "point,%s,%lld,%g,%.8g,%.4g\n", figures[column % FIGURES], (long long)steps[column / FIGURES],
                at[w], sizes[w], errors[w]);
    }
}

/* Of one figure at one step, by root mean squares over the runs. */
static void fit(nndyn_width_scan *scan, int64_t count, int column, FILE *out)
{
    nndyn_width_exponent *exponent;
    double p = 0, se = 0;
    int verdict;
    check(nndyn_width_scan_exponent(scan, column, 0, NULL, NULL, &exponent), scan);
    check(nndyn_width_exponent_verdict(exponent, &verdict), exponent);
    if (verdict == NNDYN_EXPONENT_INSUFFICIENT) {
        printf("   too few runs");
    } else {
        check(nndyn_width_exponent_value(exponent, 0, NNDYN_EXPONENT_POWER, &p, &se, NULL, NULL), exponent);
        printf("  %6.3f(%.3f)", p, se);
        fprintf(out, "slope,%s,%lld,%.6g,%.4g,0\n", figures[column % FIGURES], (long long)steps[column / FIGURES], p,
                se);
        write_points(exponent, count, column, out);
    }
    nndyn_width_exponent_free(exponent);
}

static void fit_all(nndyn_width_scan *scan, int64_t count, FILE *out)
{
    printf("exponents of width, root mean squares over runs, %lld widths from 128 on\n\nstep", (long long)count);
    for (int f = 0; f < FIGURES; f++) {
        printf("  %13s", figures[f]);
    }
    for (int s = 0; s < STEPS; s++) {
        printf("\n%4lld", (long long)steps[s]);
        for (int f = 0; f < FIGURES; f++) {
            fit(scan, count, s * FIGURES + f, out);
        }
    }
    printf("\n");
}

static int64_t argument(int count, char **arguments, int place, int64_t standard)
{
    return count > place && atoi(arguments[place]) > 0 ? atoi(arguments[place]) : standard;
}

int main(int count, char **arguments)
{
    int64_t number;
    nndyn_context *context;
    if (count < 4) {
        fprintf(stderr, "usage: ntk_mnist DATA TABLE FITS [samples] [runs] [largest width] [threads] [layers]\n");
        return EXIT_FAILURE;
    }
    digits d = {.samples = argument(count, arguments, 4, 500)};
    check(nndyn_context_create(&context), NULL);
    check(nndyn_context_set_threads(context, argument(count, arguments, 7, 1)), context);
    read_digits(context, arguments[1], &d);
    nndyn_width_scan *scan =
        make_scan(context, argument(count, arguments, 6, 8192), argument(count, arguments, 5, 8), &number);
    set_up(context, scan, argument(count, arguments, 8, 1), &d);
    run(context, scan, arguments[2]);
    FILE *out = fopen(arguments[3], "w");
    if (!out) {
        perror(arguments[3]);
        return EXIT_FAILURE;
    }
    fit_all(scan, number, out);
    fclose(out);
    nndyn_width_scan_free(scan);
    nndyn_context_free(context);
    free(d.x);
    free(d.y);
    free(d.x_test);
    free(d.y_test);
    return EXIT_SUCCESS;
}
