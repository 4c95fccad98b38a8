/* width_scaling.c - exponents of width, measured beside predicted: derivative correlations of random networks.
 *
 *     width_scaling TABLE FITS [layers] [largest width] [threads] [divisor of runs]
 *
 * Networks 5 - n - .. - n - 1 of tanh in the NTK parametrization, three inputs, from n = 64 to the largest width, 200
 * runs at the smallest widths and 24 at the largest.  TABLE is the resumable table of all runs; FITS receives lines for
 * width_scaling.py, which draws them: quantity, predicted exponent, logarithm (1: the prediction carries one), measured
 * exponent, its error, width, root mean square, its relative error.  docs/width.md shows the result.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <nndyn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 3, INPUTS = 5, ORDER = 6, MOST_WIDTHS = 12 };

static const struct {
    const char *name, *meaning;
    double predicted;
    int logarithm; /* times powers of ln n */
} quantities[] = {
    {"f", "outputs, |f|", 0, 0},
    {"c01", "C01, the kernel", 0, 0},
    {"c02", "C02, subordinate norm", -1, 0},
    {"c02_frobenius", "C02, Frobenius norm", -1, 0},
    {"c02_e", "C02[e,e]", -1, 0},
    {"c03_e", "C03[e,e,e]", -1, 0},
    {"c04_e", "C04[e,..,e]", -2, 0},
    {"c05_e", "C05[e,..,e]", -2, 0},
    {"c06_e", "C06[e,..,e]", -3, 0},
    {"c11_e", "e.C11[e]", -0.5, 0},
    {"c11", "C11, subordinate norm", -0.5, 0},
    {"c11_frobenius", "C11, Frobenius norm", -0.5, 0},
    {"c12_e", "e.C12[e,e]", -1, 0},
    {"c13_e", "e.C13[e,e,e]", -1.5, 0},
    {"c20", "C20, operator norm", -0.5, 1},
    {"c21", "C21[e], operator norm", -1, 1},
};
enum { F, C01, C02, C02_FROBENIUS, C02_E, C11_E = 9, C11, C11_FROBENIUS, C12_E, C13_E, C20, C21, QUANTITIES };

/* The same at every width: inputs on the sphere |x|^2 = 5 and a unit vector over the three outputs. */
typedef struct setting {
    double x[SAMPLES * INPUTS], e[SAMPLES];
} setting;

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "width_scaling: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static double norm(int64_t count, const double *values)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += values[i] * values[i];
    }
    return sqrt(sum);
}

static void scale_to(int64_t count, double length, double *values)
{
    const double factor = length / norm(count, values);
    for (int64_t i = 0; i < count; i++) {
        values[i] *= factor;
    }
}

static void prepare(setting *s)
{
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < INPUTS; j++) {
            s->x[i * INPUTS + j] = sin(1 + 2.3 * i + 1.7 * j + 0.9 * i * j);
        }
        scale_to(INPUTS, sqrt(INPUTS), s->x + (ptrdiff_t)i * INPUTS);
    }
    s->e[0] = 1;
    s->e[1] = -1;
    s->e[2] = 0.5;
    scale_to(SAMPLES, 1, s->e);
}

/* ---- the measurement --------------------------------------------------------------------------------------------- */

/* [along] */
/* Along one direction, by jets: lengths of C0d[e,..,e] over the outputs, and of e.C1d[e,..,e] over the parameters. */
static int along(const setting *s, nndyn_network *network, double *row)
{
    double values[(ORDER + 1) * SAMPLES], contracted[ORDER + 1];
    const int status =
        nndyn_correlation_direction(network, SAMPLES, s->x, 1, s->e, ORDER, NULL, values, NULL, contracted, NULL);
    if (status == NNDYN_OK) {
        row[F] = norm(SAMPLES, values);
        for (int d = 2; d <= ORDER; d++) {
            row[C02_E + d - 2] = norm(SAMPLES, values + (ptrdiff_t)d * SAMPLES);
        }
        row[C11_E] = contracted[1];
        row[C12_E] = contracted[2];
        row[C13_E] = contracted[3];
    }
    return status;
}
/* [end] */

static int norms(const setting *s, nndyn_network *network, double *row)
{
    nndyn_correlations *tensors;
    int status = nndyn_correlations_create(network, SAMPLES, s->x, 1, NNDYN_CORRELATION_C02 | NNDYN_CORRELATION_C11,
                                           NULL, &tensors);
    if (status != NNDYN_OK) {
        return status;
    }
    status = nndyn_correlations_norm(tensors, NNDYN_CORRELATION_C01, NULL, &row[C01], NULL, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_correlations_norm(tensors, NNDYN_CORRELATION_C02, NULL, &row[C02], NULL, &row[C02_FROBENIUS]);
    }
    if (status == NNDYN_OK) {
        status = nndyn_correlations_norm(tensors, NNDYN_CORRELATION_C11, NULL, &row[C11], NULL, &row[C11_FROBENIUS]);
    }
    nndyn_correlations_free(tensors);
    return status;
}

/* Over pairs of parameters, by Lanczos iteration. */
static int operators(const setting *s, nndyn_context *context, nndyn_network *network, double *row)
{
    nndyn_options *options;
    int status = nndyn_options_create(context, &options);
    if (status != NNDYN_OK) {
        return status;
    }
    status = nndyn_options_set_double(options, "tolerance", 1e-3);
    if (status == NNDYN_OK) {
        status = nndyn_correlation_operator_norm(network, SAMPLES, s->x, 1, s->e, 0, NULL, options, &row[C20], NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_correlation_operator_norm(network, SAMPLES, s->x, 1, s->e, 1, s->e, options, &row[C21], NULL);
    }
    nndyn_options_free(options);
    return status;
}

static int measure(void *user, nndyn_context *context, nndyn_network *network, int64_t width, int64_t seed,
                   int64_t columns, double *row)
{
    const setting *s = user;
    (void)width, (void)seed, (void)columns;
    int status = along(s, network, row);
    status = status == NNDYN_OK ? norms(s, network, row) : status;
    return status == NNDYN_OK ? operators(s, context, network, row) : status;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

/* Widths from 64 to the largest by factors of two, and runs of the protocol, fewer by a divisor but at least 8. */
static nndyn_width_scan *make_scan(nndyn_context *context, int64_t largest, int64_t divisor, int64_t *count)
{
    int64_t list[MOST_WIDTHS], runs[MOST_WIDTHS];
    nndyn_width_scan *scan;
    *count = 0;
    for (int64_t n = 64; n <= largest && *count < MOST_WIDTHS; n *= 2) {
        const int64_t full = n <= 128 ? 200 : n <= 256 ? 100 : n <= 512 ? 50 : 24;
        list[*count] = n;
        runs[*count] = full / divisor > 8 ? full / divisor : 8;
        (*count)++;
    }
    check(nndyn_width_scan_create(context, *count, list, runs, NULL, &scan), context);
    return scan;
}

/* [set_up] */
static void set_up(nndyn_context *context, nndyn_width_scan *scan, int64_t layers, setting *s)
{
    char columns[512];
    size_t used = 0;
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "layers", layers), options);
    check(nndyn_options_set_double(options, "weight_scale", 1.5), options);
    check(nndyn_options_set_double(options, "bias_scale", 0.3), options);
    check(nndyn_width_scan_set_network(scan, INPUTS, 1, options), scan);
    nndyn_options_free(options);
    for (int q = 0; q < QUANTITIES; q++) {
        used += (size_t)snprintf(columns + used, sizeof columns - used, "%s%s", q ? "," : "", quantities[q].name);
    }
    check(nndyn_width_scan_set_measurement(scan, columns, measure, s), scan);
}
/* [end] */

static int report(void *user, const char *task, double fraction)
{
    (void)user;
    fprintf(stderr, "\r%s: %3.0f %%", task, 100 * fraction);
    return 0;
}

static void run(nndyn_context *context, nndyn_width_scan *scan, const char *table)
{
    int64_t runs, bytes;
    nndyn_options *options;
    check(nndyn_width_scan_forecast(scan, &runs, &bytes), scan);
    fprintf(stderr, "%lld runs, table and networks %.1f MB\n", (long long)runs, (double)bytes / 1e6);
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "file", table), options);
    check(nndyn_context_set_progress(context, report, NULL), context);
    check(nndyn_width_scan_run(scan, options, NULL), scan);
    check(nndyn_context_set_progress(context, NULL, NULL), context);
    fprintf(stderr, "\n");
    nndyn_options_free(options);
}

/* ---- the exponents ----------------------------------------------------------------------------------------------- */

static double power(nndyn_width_exponent *exponent, int64_t statistic, double *se)
{
    double p;
    check(nndyn_width_exponent_value(exponent, statistic, NNDYN_EXPONENT_POWER, &p, se, NULL, NULL), exponent);
    return p;
}

/* Of root mean squares, and beside them of the median and the 0.9 quantile. */
static void fit(nndyn_width_scan *scan, int64_t count, int quantity, FILE *out)
{
    static const double levels[] = {0.5, 0.9};
    double p, se, median, high, errors[2], at[MOST_WIDTHS], sizes[MOST_WIDTHS], relative[MOST_WIDTHS];
    nndyn_width_exponent *exponent;
    int verdict;
    check(nndyn_width_scan_exponent(scan, quantity, 2, levels, NULL, &exponent), scan);
    check(nndyn_width_exponent_verdict(exponent, &verdict), exponent);
    if (verdict != NNDYN_EXPONENT_INSUFFICIENT) {
        p = power(exponent, 0, &se);
        median = power(exponent, 1, &errors[0]);
        high = power(exponent, 2, &errors[1]);
        check(nndyn_width_exponent_points(exponent, 0, at, sizes, relative), exponent);
        printf("%-23s %4.1f%-6s %6.2f(%.2f)  %6.2f(%.2f)  %6.2f(%.2f)  %9.1e\n", quantities[quantity].meaning,
               quantities[quantity].predicted, quantities[quantity].logarithm ? " (log)" : "", p, se, median, errors[0],
               high, errors[1], sizes[count - 1]);
        for (int64_t w = 0; w < count; w++) {
            fprintf(out, "%s,%g,%d,%.6g,%.4g,%g,%.8g,%.4g\n", quantities[quantity].name, quantities[quantity].predicted,
                    quantities[quantity].logarithm, p, se, at[w], sizes[w], relative[w]);
        }
    } else {
        printf("%-23s %4.1f  too few widths or runs\n", quantities[quantity].meaning, quantities[quantity].predicted);
    }
    nndyn_width_exponent_free(exponent);
}

int main(int count, char **arguments)
{
    int64_t number;
    nndyn_context *context;
    setting s;
    if (count < 3) {
        fprintf(stderr, "usage: width_scaling TABLE FITS [layers] [largest width] [threads] [divisor of runs]\n");
        return EXIT_FAILURE;
    }
    const int64_t layers = count > 3 ? atoi(arguments[3]) : 2, largest = count > 4 ? atoi(arguments[4]) : 1024;
    const int64_t divisor = count > 6 && atoi(arguments[6]) > 0 ? atoi(arguments[6]) : 1;
    check(nndyn_context_create(&context), NULL);
    check(nndyn_context_set_threads(context, count > 5 ? atoi(arguments[5]) : 1), context);
    prepare(&s);
    nndyn_width_scan *scan = make_scan(context, largest, divisor, &number);
    set_up(context, scan, layers, &s);
    run(context, scan, arguments[1]);
    FILE *out = fopen(arguments[2], "w");
    if (!out) {
        perror(arguments[2]);
        return EXIT_FAILURE;
    }
    printf("hidden layers: %lld, eta = 1, n = 64 to %lld; in brackets standard errors\n\n", (long long)layers,
           (long long)largest);
    printf("%-23s %-10s %-13s %-13s %-13s %s\n", "quantity", "predicted", "rms", "median", "0.9 quantile",
           "rms at the largest");
    for (int q = 0; q < QUANTITIES; q++) {
        fit(scan, number, q, out);
    }
    fclose(out);
    nndyn_width_scan_free(scan);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
