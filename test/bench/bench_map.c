/* bench_map.c - gradient descent from many starts at once: nanoseconds a start and step, on one core.
 *
 * The net of two weights, w2 tanh(w1 x) on 16 samples, beside a loop in plain C with the C library's tanh; then nets of
 * growing size, lanes beside a start at a time. */
#include "bench/bench.h"
#include <math.h>

enum { SAMPLES = 16 };

static nndyn_map *training(nndyn_context *context, const int64_t *widths, int layers, int bias, int lanes)
{
    nndyn_network *network;
    nndyn_dataset *dataset;
    nndyn_options *dense, *options;
    nndyn_map *map;
    double *x = random_normal(1, SAMPLES * widths[0]), *t = random_normal(2, SAMPLES * widths[layers]);
    require(nndyn_network_create(context, NNDYN_F64, widths[0], &network), context);
    require(nndyn_options_create(context, &dense), context);
    require(nndyn_options_set_integer(dense, "bias", bias), dense);
    for (int l = 1; l <= layers; l++) {
        const int activation = l < layers ? NNDYN_TANH : NNDYN_IDENTITY;
        require(nndyn_network_add_dense_with(network, widths[l], activation, dense), network);
    }
    require(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    require(nndyn_dataset_create(context, SAMPLES, widths[0], x, widths[layers], t, 1, &dataset), context);
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_integer(options, "lanes", lanes), options);
    require(nndyn_map_create_training(network, dataset, options, &map), network);
    nndyn_options_free(dense), nndyn_options_free(options);
    nndyn_dataset_free(dataset), nndyn_network_free(network);
    free(x), free(t);
    return map;
}

/* Nanoseconds a start and step. */
static double measure(nndyn_map *map, int64_t starts, int64_t steps)
{
    int64_t dimension;
    double times[REPETITIONS];
    require(nndyn_map_shape(map, &dimension, NULL), map);
    double *states = random_normal(3, starts * dimension), *next = reserve(starts * dimension, sizeof *next);
    for (int r = 0; r < REPETITIONS; r++) {
        const double start = seconds();
        require(nndyn_map_apply(map, starts, states, steps, next), map);
        times[r] = 1e9 * (seconds() - start) / (double)(starts * steps);
    }
    free(states), free(next);
    return median(REPETITIONS, times);
}

/* The same of w2 tanh(w1 x) in plain C; the sum keeps it from being left out. */
static double naive(int64_t starts, int64_t steps, double *sum)
{
    double *x = random_normal(1, SAMPLES), *t = random_normal(2, SAMPLES), *states = random_normal(3, 2 * starts);
    const double start = seconds();
    for (int64_t i = 0; i < starts; i++) {
        double w1 = states[2 * i], w2 = states[2 * i + 1];
        for (int64_t step = 0; step < steps; step++) {
            double g1 = 0, g2 = 0;
            for (int s = 0; s < SAMPLES; s++) {
                const double a = tanh(w1 * x[s]), e = w2 * a - t[s];
                g2 += e * a;
                g1 += e * w2 * (1 - a * a) * x[s];
            }
            w1 -= 0.1 / SAMPLES * g1;
            w2 -= 0.1 / SAMPLES * g2;
        }
        *sum += w1 + w2;
    }
    const double took = seconds() - start;
    free(x), free(t), free(states);
    return 1e9 * took / (double)(starts * steps);
}

static void two_weights(nndyn_context *context)
{
    static const int64_t widths[] = {1, 1, 1};
    double sum = 0;
    nndyn_map *map = training(context, widths, 2, 0, 1);
    const double fast = measure(map, 4096, 100), slow = naive(1000, 100, &sum);
    printf("w2 tanh(w1 x), 16 samples: %.1f ns a start and step; a loop in plain C %.1f, %.1f times as long (%g)\n",
           fast, slow, slow / fast, sum);
    nndyn_map_free(map);
}

static void growing(nndyn_context *context, int64_t hidden)
{
    const int64_t widths[] = {4, hidden, hidden, 1};
    nndyn_map *lanes = training(context, widths, 3, 1, 1), *engine = training(context, widths, 3, 1, 0);
    int64_t p;
    require(nndyn_map_shape(lanes, &p, NULL), lanes);
    const int64_t starts = 128, steps = 1 + 20000 / p;
    const double a = measure(lanes, starts, steps), b = measure(engine, starts, steps);
    printf("4-%lld-%lld-1, %lld parameters: lanes %.0f ns (%.2f a parameter and sample), a start at a time %.2f times "
           "as long\n",
           (long long)hidden, (long long)hidden, (long long)p, a, a / (double)(p * SAMPLES), b / a);
    nndyn_map_free(lanes), nndyn_map_free(engine);
}

int main(void)
{
    nndyn_context *context;
    print_build();
    require(nndyn_context_create(&context), NULL);
    require(nndyn_context_set_threads(context, 1), context);
    two_weights(context);
    for (int64_t hidden = 2; hidden <= 128; hidden *= 2) {
        growing(context, hidden);
    }
    nndyn_context_free(context);
    return 0;
}
