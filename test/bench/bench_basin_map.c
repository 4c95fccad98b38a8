/* bench_basin_map.c - basins of gradient descent in the plane of two weights, f(x) = w2 tanh(w1 x) on 16 samples of a
 * teacher: labels, fractions and entropy of 1000 x 1000 starts on two threads, beside a loop in plain C over all of
 * them with the same rule (on one thread). */
#include "bench/bench.h"
#include <math.h>
#include <string.h>

enum { SAMPLES = 16, EVERY = 8, STEPS = 10000, SIDE = 1000 };

static const double teacher[2] = {1, 2}, rate = 0.5, corner = 3;

static void data(double *x, double *t)
{
    for (int s = 0; s < SAMPLES; s++) {
        x[s] = -3 + 6.0 * s / (SAMPLES - 1);
        t[s] = teacher[1] * tanh(teacher[0] * x[s]);
    }
}

static nndyn_map *descent(nndyn_context *context)
{
    nndyn_network *network;
    nndyn_dataset *dataset;
    nndyn_options *dense, *options;
    nndyn_map *map;
    double x[SAMPLES], t[SAMPLES];
    data(x, t);
    require(nndyn_network_create(context, NNDYN_F64, 1, &network), context);
    require(nndyn_options_create(context, &dense), context);
    require(nndyn_options_set_integer(dense, "bias", 0), dense);
    require(nndyn_network_add_dense_with(network, 1, NNDYN_TANH, dense), network);
    require(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, dense), network);
    require(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    require(nndyn_dataset_create(context, SAMPLES, 1, x, 1, t, 1, &dataset), context);
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_double(options, "rate", rate), options);
    require(nndyn_map_create_training(network, dataset, options, &map), network);
    nndyn_options_free(dense), nndyn_options_free(options);
    nndyn_dataset_free(dataset), nndyn_network_free(network);
    return map;
}

/* The basin map with both attractors: the teacher and its mirror image. */
static nndyn_basin_map *basins_of(nndyn_context *context, nndyn_map *map, double *radius)
{
    const double low[2] = {-corner, -corner}, high[2] = {corner, corner};
    nndyn_basin_map *basins;
    nndyn_options *options;
    double starts[400];
    int64_t found;
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_integer(options, "grow", 12), options);
    require(nndyn_basin_map_create(map, options, &basins), map);
    nndyn_options_free(options);
    require(nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 1, 200, starts), basins);
    require(nndyn_basin_map_find(basins, 200, starts, &found, NULL), basins);
    require(nndyn_basin_map_attractor(basins, 1, 0, NULL, NULL, radius), basins);
    if (found != 2) {
        fprintf(stderr, "%lld attractors\n", (long long)found);
        exit(1);
    }
    return basins;
}

/* ---- plain C ----------------------------------------------------------------------------------------------------- */

static int64_t follow(const double *x, const double *t, double radius, double w1, double w2, int64_t *taken)
{
    for (int64_t n = 0; n <= STEPS; n++) {
        for (int k = 0; n % EVERY == 0 && k < 2; k++) {
            const double sign = k == 0 ? -1 : 1, a = w1 - sign * teacher[0], b = w2 - sign * teacher[1];
            if (a * a + b * b <= radius * radius) {
                *taken += n;
                return k;
            }
        }
        double g1 = 0, g2 = 0;
        for (int s = 0; s < SAMPLES; s++) {
            const double h = tanh(w1 * x[s]), e = w2 * h - t[s];
            g2 += e * h;
            g1 += e * w2 * (1 - h * h) * x[s];
        }
        w1 -= rate / SAMPLES * g1;
        w2 -= rate / SAMPLES * g2;
    }
    *taken += STEPS;
    return NNDYN_BASIN_MAP_UNDECIDED;
}

/* Seconds; counts labels that differ, and steps. */
static double naive(const int64_t *labels, double radius, int64_t *differ, int64_t *taken)
{
    double x[SAMPLES], t[SAMPLES];
    data(x, t);
    const double start = seconds();
    for (int64_t i = 0; i < SIDE; i++) {
        for (int64_t j = 0; j < SIDE; j++) {
            const double w1 = -corner + (double)i / (SIDE - 1) * 2 * corner;
            const double w2 = -corner + (double)j / (SIDE - 1) * 2 * corner;
            *differ += follow(x, t, radius, w1, w2, taken) != labels[i * SIDE + j];
        }
    }
    return seconds() - start;
}

/* ---- the library ------------------------------------------------------------------------------------------------- */

static double whole(nndyn_context *context, nndyn_basin_map *basins, int64_t *labels, double *fractions,
                    double *entropy)
{
    const int64_t coordinates[2] = {0, 1}, counts[2] = {SIDE, SIDE};
    const double low[2] = {-corner, -corner}, high[2] = {corner, corner};
    const double start = seconds();
    require(nndyn_basin_map_grid(basins, 2, coordinates, low, high, counts, NULL, labels, NULL), basins);
    require(nndyn_basin_map_fractions(basins, SIDE * SIDE, labels, NULL, 5, fractions, NULL, NULL), basins);
    require(nndyn_basin_entropy(context, 2, counts, labels, NULL, entropy), context);
    return seconds() - start;
}

int main(void)
{
    nndyn_context *context;
    double fractions[5], entropy[4], took[2], radius;
    int64_t differ = 0, taken = 0, *labels = reserve(SIDE * SIDE, sizeof *labels);
    require(nndyn_context_create(&context), NULL);
    nndyn_map *map = descent(context);
    nndyn_basin_map *basins = basins_of(context, map, &radius);
    for (int threads = 1; threads <= 2; threads++) {
        require(nndyn_context_set_threads(context, threads), context);
        took[threads - 1] = whole(context, basins, labels, fractions, entropy);
    }
    int64_t *again = reserve(SIDE * SIDE, sizeof *again);
    require(nndyn_context_set_threads(context, 8), context);
    whole(context, basins, again, fractions, entropy);
    const int same = memcmp(labels, again, SIDE * SIDE * sizeof *labels) == 0;
    const double slow = naive(labels, radius, &differ, &taken);
    printf("%d x %d starts: %.2f s on one thread, %.2f s on two; plain C: %.2f s (%.1f and %.1f times as long)\n", SIDE,
           SIDE, took[0], took[1], slow, slow / took[0], slow / took[1]);
    printf("balls of %g; %.1f steps a start of plain C; of %d labels compared %lld differ; eight threads: %s\n", radius,
           (double)taken / (SIDE * SIDE), SIDE * SIDE, (long long)differ, same ? "the same labels" : "OTHER LABELS");
    printf("fractions %.6f %.6f, undecided %.6f, diverged %.6f, other %.6f; entropy %.5f, at the boundary %.4f\n",
           fractions[0], fractions[1], fractions[2], fractions[3], fractions[4], entropy[0], entropy[1]);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
    nndyn_context_free(context);
    free(again);
    free(labels);
    return 0;
}
