/* lazy.c - is my network lazy?  One call, one page of answer: what the correlations at initialization predict of a
 * training run, beside the run.
 *
 *     lazy [DIGITS] [width] [rate] [samples] [steps] [network file]
 *
 * Even against odd 8 x 8 digits, squared error, full-batch descent of the mean loss.  The network is 64 - width - width
 * - 1 of tanh in the NTK parametrization, or the one in the file (64 inputs, one output).
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, MOST_SAMPLES = 1000 };

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "lazy: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

/* Images of length sqrt(PIXELS), +1 for even digits and -1 for odd ones. */
static void read_digits(nndyn_context *context, const char *path, int64_t samples, double *x, double *y)
{
    static int64_t labels[MOST_SAMPLES];
    nndyn_options *options;
    nndyn_dataset *data;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "label_column", -2), options);
    check(nndyn_dataset_read_csv(context, path, options, &data), context);
    check(nndyn_dataset_get(data, 0, samples, x, NULL, labels), data);
    for (int64_t i = 0; i < samples; i++) {
        double square = 0;
        for (int64_t j = 0; j < PIXELS; j++) {
            square += x[i * PIXELS + j] * x[i * PIXELS + j];
        }
        for (int64_t j = 0; j < PIXELS; j++) {
            x[i * PIXELS + j] *= sqrt(PIXELS / square);
        }
        y[i] = labels[i] % 2 == 0 ? 1 : -1;
    }
    nndyn_options_free(options);
    nndyn_dataset_free(data);
}

static nndyn_network *make_network(nndyn_context *context, int64_t width)
{
    nndyn_options *options;
    nndyn_network *network;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "parametrization", "ntk"), options);
    check(nndyn_options_set_double(options, "weight_scale", 1.5), options);
    check(nndyn_options_set_double(options, "bias_scale", 0.3), options);
    check(nndyn_network_create(context, NNDYN_F64, PIXELS, &network), context);
    check(nndyn_network_add_dense_with(network, width, NNDYN_TANH, options), network);
    check(nndyn_network_add_dense_with(network, width, NNDYN_TANH, options), network);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options), network);
    check(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    nndyn_options_free(options);
    return network;
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static void line(const char *text, double value)
{
    if (isnan(value)) {
        printf("  %-66s  -\n", text);
    } else {
        printf("  %-66s  %.3g\n", text, value);
    }
}

static const char *verdict(double relative, int flags)
{
    if (flags & NNDYN_CORRELATION_UNSTABLE) {
        return "The rate is beyond 2 / (kappa lambda_max): the linear model diverges. Lower the rate.";
    }
    if (relative < 0.1) {
        return "Lazy: the kernel at initialization tells what this network learns.";
    }
    return relative < 0.5 ? "In between: the kernel tells the outline, features move."
                          : "Not lazy: the kernel at initialization does not tell what this network learns.";
}

static void page(const double *v, int flags)
{
    printf("At the start\n");
    line("|e|, the slopes of the loss", v[NNDYN_LAZY_RESIDUAL]);
    line("eta kappa lambda_max of the kernel (stable below 2)", v[NNDYN_LAZY_LARGEST]);
    line("first step: nonlinear part of the change of the outputs", v[NNDYN_LAZY_STEP]);
    line("first step: how far the gradient moves, relative to its length", v[NNDYN_LAZY_KERNEL]);
    line("C02, subordinate norm", v[NNDYN_LAZY_C02]);
    printf("Largest distance from the linear model, |f - f_lin|\n");
    line("order of size, from C02 |e|^2", v[NNDYN_LAZY_INDEX]);
    line("estimate, from C02[e,e] and the steps that the run is worth", v[NNDYN_LAZY_ESTIMATE]);
    line("predicted by the hierarchy to order 1/width", v[NNDYN_LAZY_PREDICTED]);
    line("at most, a priori", v[NNDYN_LAZY_BOUND]);
    line("measured in the run", v[NNDYN_LAZY_MEASURED]);
    line("measured / predicted", v[NNDYN_LAZY_RATIO]);
    printf("Answer\n");
    line("distance relative to |f - y| at the start", v[NNDYN_LAZY_RELATIVE]);
    printf("  %s\n", verdict(v[NNDYN_LAZY_RELATIVE], flags));
    if (isinf(v[NNDYN_LAZY_BOUND])) {
        printf("  (The a-priori bound diverges: it takes more width, fewer samples or a shorter run to be finite.)\n");
    }
    if (flags & NNDYN_CORRELATION_KINKS) {
        printf("  (The activation has kinks: predictions leave out what crossing them adds.)\n");
    }
}

int main(int count, char **arguments)
{
    static double x[MOST_SAMPLES * PIXELS], y[MOST_SAMPLES];
    double values[NNDYN_LAZY_VALUES];
    const int64_t width = count > 2 ? atoi(arguments[2]) : 512, given = count > 4 ? atoi(arguments[4]) : 24;
    const int64_t samples = given < 1 ? 1 : given > MOST_SAMPLES ? MOST_SAMPLES : given;
    const double rate = count > 3 ? atof(arguments[3]) : 0.5;
    nndyn_context *context;
    nndyn_options *options;
    nndyn_network *network;
    int flags;
    check(nndyn_context_create(&context), NULL);
    read_digits(context, count > 1 ? arguments[1] : "examples/data/digits.csv", samples, x, y);
    if (count > 6) {
        check(nndyn_network_load(context, arguments[6], &network), context);
    } else {
        network = make_network(context, width);
    }
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_double(options, "kappa", 1.0 / (double)samples), options); /* the mean over the samples */
    check(nndyn_options_set_integer(options, "steps", count > 5 ? atoi(arguments[5]) : 30), options);
    check(nndyn_options_set_integer(options, "train", 1), options);
    check(nndyn_correlation_report(network, samples, x, y, rate, NULL, options, NNDYN_LAZY_VALUES, values, &flags),
          network);
    page(values, flags);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
