/* hopfield.c - an associative memory: three random patterns of 64 bits in a recurrent network, and how often one comes
 * back after some of its bits were flipped.
 *
 * SPDX-License-Identifier: MIT
 *
 *     cc hopfield.c $(pkg-config --cflags --libs nndyn) -o hopfield && ./hopfield
 *
 * W = (2/N) sum of xi xi' with zero diagonal, f = tanh, x' = f(W x) - x from the disturbed pattern; recovered means
 * that all signs are those of the pattern.  The first pattern of each of 50 sets that are stable themselves, 100 trials
 * each:
 * patterns differ far more than trials do, so the range of nine in ten stands beside the mean.  The last column is a
 * published run with one set of patterns (400 trials a row; docs/recurrent.md). */
#include <math.h>
#include <nndyn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 64, PATTERNS = 3, SETS = 50, TRIALS = 100, ROWS = 8 };

static const int flips[ROWS] = {8, 12, 16, 20, 24, 28, 30, 32};
static const double reported[ROWS] = {NAN, NAN, 1, 0.995, 0.91, 0.555, 0.28, 0.055};

static uint64_t state = 20;

/* A number below `bound` (SplitMix64). */
static int below(int bound)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (int)(((z ^ (z >> 31)) >> 33) % (uint64_t)bound);
}

static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static void draw_patterns(double patterns[PATTERNS][N], double *weights)
{
    memset(weights, 0, N * N * sizeof *weights);
    for (int p = 0; p < PATTERNS; p++) {
        for (int i = 0; i < N; i++) {
            patterns[p][i] = below(2) ? 1 : -1;
        }
        for (int i = 0; i < N * N; i++) {
            weights[i] += i / N == i % N ? 0 : 2.0 / N * patterns[p][i / N] * patterns[p][i % N];
        }
    }
}

/* The pattern with `count` of its bits flipped: the first ones of a shuffle. */
static void disturb(const double *pattern, int count, double *x)
{
    int order[N];
    memcpy(x, pattern, N * sizeof *x);
    for (int i = 0; i < N; i++) {
        order[i] = i;
    }
    for (int i = 0; i < count; i++) {
        int other = i + below(N - i), chosen = order[other];
        order[other] = order[i];
        x[chosen] = -x[chosen];
    }
}

static int same_signs(const double *pattern, const double *x)
{
    for (int i = 0; i < N; i++) {
        if (pattern[i] * x[i] <= 0) {
            return 0;
        }
    }
    return 1;
}

/* How many of the trials from the first pattern end there. */
static int recovered(nndyn_recurrent *net, double patterns[PATTERNS][N], const nndyn_options *options, int count)
{
    static double x[TRIALS * N];
    int good = 0;
    for (int t = 0; t < TRIALS; t++) {
        disturb(patterns[0], count, x + t * N);
    }
    check(nndyn_recurrent_activate(net, TRIALS, NULL, x, options, x, NULL, NULL), net);
    for (int t = 0; t < TRIALS; t++) {
        good += same_signs(patterns[0], x + t * N);
    }
    return good;
}

/* A set of patterns all of which keep their signs. */
static void draw_stable(nndyn_recurrent *net, double patterns[PATTERNS][N], const nndyn_options *options)
{
    double weights[N * N], x[PATTERNS * N];
    int stable = 0;
    while (stable < PATTERNS) {
        draw_patterns(patterns, weights);
        check(nndyn_recurrent_set_weights(net, weights, NULL), net);
        check(nndyn_recurrent_activate(net, PATTERNS, NULL, patterns[0], options, x, NULL, NULL), net);
        stable = 0;
        for (int p = 0; p < PATTERNS; p++) {
            stable += same_signs(patterns[p], x + p * N);
        }
    }
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void print_row(int row, int *good)
{
    double sum = 0;
    qsort(good, SETS, sizeof *good, ascending);
    for (int set = 0; set < SETS; set++) {
        sum += good[set];
    }
    printf("%12d   %5.3f   %.2f to %.2f   ", flips[row], sum / (SETS * TRIALS), good[SETS / 20] / (double)TRIALS,
           good[SETS - 1 - SETS / 20] / (double)TRIALS);
    printf(isnan(reported[row]) ? "-\n" : "%.3f\n", reported[row]);
}

int main(void)
{
    nndyn_context *context;
    nndyn_recurrent *net;
    nndyn_options *options;
    double patterns[PATTERNS][N], weights[N * N] = {0};
    int good[ROWS][SETS];
    check(nndyn_context_create(&context), NULL);
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "method", "relaxation"), options);
    check(nndyn_options_set_double(options, "step", 0.1), options);
    check(nndyn_options_set_double(options, "tolerance", 1e-6), options);
    check(nndyn_recurrent_create(context, N, weights, NULL, NNDYN_TANH, NULL, &net), context);
    for (int set = 0; set < SETS; set++) {
        draw_stable(net, patterns, options);
        for (int row = 0; row < ROWS; row++) {
            good[row][set] = recovered(net, patterns, options, flips[row]);
        }
    }
    printf("flipped bits   mean    of 9 in 10     published\n");
    for (int row = 0; row < ROWS; row++) {
        print_row(row, good[row]);
    }
    nndyn_recurrent_free(net);
    nndyn_options_free(options);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
