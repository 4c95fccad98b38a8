/* basin_map.c - which minimum gradient descent finds, and what becomes of the basins as the rate grows: training the
 * two weights of f(x) = w2 tanh(w1 x) on 16 samples of 2 tanh x (docs/basin_map.md has the picture).
 *
 *     basin_map [folder=.] [side=200]
 *
 * side: points along each side of the grids.  Prints a table and writes basin_map.csv (figures of each rate),
 * labels.csv (rate, first weight, then a label for each second weight), attractors.csv, and of the attractors followed
 * along the rate fractions.csv, branches.csv and events.csv into the folder; basin_map.py draws them.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 16, STARTS = 1000, RATES = 6, STEPS = 34, MOST = 8 /* attractors */, EVENTS = 64, PERIOD = 16 };

static const double rates[RATES] = {0.5, 1.5, 1.95, 2.1, 2.3, 2.5};
static const double low[2] = {-4, -4}, high[2] = {4, 4}; /* corners of the square of starts */

/* Rates along which attractors are followed. */
static double rate_at(int64_t step)
{
    return 1.9 + 0.02 * (double)step;
}

/* A failed call ends the program with the library's own sentence. */
static void check(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "basin_map: %s\n", nndyn_message(handle));
        exit(EXIT_FAILURE);
    }
}

static FILE *table(const char *folder, const char *name, const char *header)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fprintf(file, "%s\n", header);
    return file;
}

/* ---- what is trained --------------------------------------------------------------------------------------------- */

static nndyn_dataset *samples(nndyn_context *context)
{
    nndyn_dataset *data;
    double x[SAMPLES], t[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = -3 + 6.0 * i / (SAMPLES - 1);
        t[i] = 2 * tanh(x[i]);
    }
    check(nndyn_dataset_create(context, SAMPLES, 1, x, 1, t, 1, &data), context);
    return data;
}

/* The network at the teacher's weights. */
static nndyn_network *student(nndyn_context *context)
{
    static const double teacher[2] = {1, 2};
    nndyn_network *network;
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "bias", 0), options);
    check(nndyn_network_create(context, NNDYN_F64, 1, &network), context);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_TANH, options), network);
    check(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options), network);
    check(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    check(nndyn_network_set_parameters(network, 2, teacher), network);
    nndyn_options_free(options);
    return network;
}

/* ---- basins at one rate ------------------------------------------------------------------------------------------ */

/* The attractors that 400 random starts come to. */
static nndyn_basin_map *basins_of(nndyn_context *context, nndyn_map *descent, double rate)
{
    nndyn_basin_map *basins;
    nndyn_options *options;
    double starts[2 * 400];
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_integer(options, "period", PERIOD), options);
    check(nndyn_options_set_integer(options, "steps", 5000), options);
    check(nndyn_map_set(descent, "rate", rate), descent);
    check(nndyn_basin_map_create(descent, options, &basins), descent);
    check(nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 1, 400, starts), basins);
    check(nndyn_basin_map_find(basins, 400, starts, NULL, NULL), basins);
    nndyn_options_free(options);
    return basins;
}

/* Writes the attractors; returns how many there are, and the longest period. */
static int64_t write_attractors(nndyn_basin_map *basins, double rate, FILE *file, int64_t *longest)
{
    int64_t attractors, period;
    double points[2 * PERIOD];
    check(nndyn_basin_map_shape(basins, NULL, &attractors), basins);
    *longest = 0;
    for (int64_t a = 0; a < attractors; a++) {
        check(nndyn_basin_map_attractor(basins, a, PERIOD, points, &period, NULL), basins);
        for (int64_t i = 0; i < period; i++) {
            fprintf(file, "%g,%" PRId64 ",%.9g,%.9g\n", rate, a, points[2 * i], points[2 * i + 1]);
        }
        *longest = period > *longest ? period : *longest;
    }
    return attractors;
}

/* A picture: labels on a grid, their entropy, and the exponent with which uncertainty falls with distance. */
static void picture(nndyn_context *context, nndyn_basin_map *basins, double rate, int64_t side, FILE *file,
                    double entropy[4], double *exponent)
{
    const int64_t both[2] = {0, 1}, counts[2] = {side, side};
    int64_t *labels = malloc((size_t)(side * side) * sizeof *labels);
    if (labels == NULL) {
        perror("labels");
        exit(EXIT_FAILURE);
    }
    check(nndyn_basin_map_grid(basins, 2, both, low, high, counts, NULL, labels, NULL), basins);
    check(nndyn_basin_entropy(context, 2, counts, labels, NULL, entropy), context);
    check(nndyn_basin_uncertainty(context, 2, counts, labels, 4, NULL, exponent, NULL), context);
    for (int64_t i = 0; i < side; i++) {
        fprintf(file, "%g,%.6g", rate, low[0] + (double)i / (double)(side - 1) * (high[0] - low[0]));
        for (int64_t j = 0; j < side; j++) {
            fprintf(file, ",%d", (int)labels[i * side + j]);
        }
        fprintf(file, "\n");
    }
    free(labels);
}

/* Shares of independent starts with 95 % intervals: of all attractors, then undecided, diverged and other. */
static void shares(nndyn_basin_map *basins, int64_t attractors, double fraction[], double least[], double most[],
                   double *median)
{
    static double starts[2 * STARTS];
    static int64_t labels[STARTS], steps[STARTS];
    double times[5] = {0};
    int64_t count;
    check(nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 2, STARTS, starts), basins);
    check(nndyn_basin_map_label(basins, STARTS, starts, labels, steps), basins);
    check(nndyn_basin_map_fractions(basins, STARTS, labels, NULL, attractors + 3, fraction, least, most), basins);
    if (attractors > 0) {
        check(nndyn_basin_map_times(basins, STARTS, labels, steps, attractors - 1, &count, times), basins);
    }
    *median = times[2];
}

static void study(nndyn_context *context, nndyn_map *descent, double rate, int64_t side, FILE *files[3])
{
    double fraction[MOST + 3], least[MOST + 3], most[MOST + 3], entropy[4], exponent, median;
    int64_t longest;
    nndyn_basin_map *basins = basins_of(context, descent, rate);
    const int64_t n = write_attractors(basins, rate, files[2], &longest);
    if (n > MOST) {
        fprintf(stderr, "basin_map: %" PRId64 " attractors at rate %g; there is room for %d\n", n, rate, MOST);
        exit(EXIT_FAILURE);
    }
    shares(basins, n, fraction, least, most, &median);
    picture(context, basins, rate, side, files[1], entropy, &exponent);
    const double first = n > 0 ? fraction[n - 1] : 0;
    printf("%5g %10" PRId64 " %7" PRId64 "   %.3f [%.3f, %.3f]  %.3f    %.3f  %6g  %.4f  %.4f  %.2f\n", rate, n,
           longest, first, n > 0 ? least[n - 1] : 0, n > 0 ? most[n - 1] : 0, fraction[n], fraction[n + 1], median,
           entropy[0], entropy[1], 2 - exponent);
    fprintf(files[0], "%g,%" PRId64 ",%" PRId64 ",%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", rate, n, longest,
            first, fraction[n], fraction[n + 1], fraction[n + 2], median, entropy[0], entropy[1], entropy[2],
            2 - exponent);
    nndyn_basin_map_free(basins);
}

/* ---- along the rate ---------------------------------------------------------------------------------------------- */

static void write_fractions(nndyn_basin_branches *branches, const char *group, int64_t branch, FILE *file)
{
    double fraction[STEPS], least[STEPS], most[STEPS];
    check(nndyn_basin_branches_fractions(branches, branch, STEPS, fraction, least, most, NULL), branches);
    for (int i = 0; i < STEPS; i++) {
        fprintf(file, "%.6g,%s,%.9g,%.9g,%.9g\n", rate_at(i), group, fraction[i], least[i], most[i]);
    }
}

static void write_branches(nndyn_basin_branches *branches, FILE *file)
{
    int64_t ids[MOST], count, period;
    double points[2 * PERIOD];
    for (int i = 0; i < STEPS; i++) {
        check(nndyn_basin_branches_at(branches, i, MOST, ids, NULL, NULL, &count), branches);
        for (int64_t k = 0; k < count && k < MOST; k++) {
            check(nndyn_basin_branches_points(branches, i, ids[k], PERIOD, points, &period), branches);
            for (int64_t p = 0; p < period; p++) {
                fprintf(file, "%.6g,%" PRId64 ",%.9g,%.9g\n", rate_at(i), ids[k], points[2 * p], points[2 * p + 1]);
            }
        }
    }
}

/* What happens to the attractors, in one line each. */
static void print_events(nndyn_basin_branches *branches, FILE *file)
{
    int kinds[EVENTS];
    int64_t indices[EVENTS], ids[EVENTS], count, period;
    check(nndyn_basin_branches_events(branches, EVENTS, kinds, indices, ids, &count), branches);
    for (int64_t e = 0; e < count && e < EVENTS; e++) {
        const double rate = rate_at(indices[e]);
        fprintf(file, "%.6g,%" PRId64 ",%s\n", rate, ids[e], nndyn_branch_event_name(kinds[e]));
        printf("  %.2f  attractor %" PRId64 ": %s", rate, ids[e], nndyn_branch_event_name(kinds[e]));
        if (kinds[e] == NNDYN_BRANCH_PERIOD) {
            check(nndyn_basin_branches_points(branches, indices[e], ids[e], 0, NULL, &period), branches);
            printf(" %" PRId64, period);
        }
        printf("\n");
    }
}

/* The same starts at all rates: attractors followed, and the shares of starts that go to them. */
static void follow(nndyn_context *context, nndyn_map *descent, const char *folder)
{
    static double starts[2 * STARTS];
    double values[STEPS];
    nndyn_basin_map *basins = basins_of(context, descent, rate_at(0));
    nndyn_basin_branches *branches;
    for (int i = 0; i < STEPS; i++) {
        values[i] = rate_at(i);
    }
    check(nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 3, STARTS, starts), basins);
    check(nndyn_basin_map_continue(basins, "rate", STEPS, values, STARTS, starts, NULL, &branches), basins);
    FILE *files[3] = {table(folder, "fractions.csv", "rate,group,fraction,low,high"),
                      table(folder, "branches.csv", "rate,branch,first weight,second weight"),
                      table(folder, "events.csv", "rate,branch,event")};
    write_fractions(branches, "attractors", 0, files[0]);
    write_fractions(branches, "undecided", NNDYN_BASIN_MAP_UNDECIDED, files[0]);
    write_fractions(branches, "diverged", NNDYN_BASIN_MAP_DIVERGED, files[0]);
    write_branches(branches, files[1]);
    printf("\nAlong the rate, from %g to %g:\n", rate_at(0), rate_at(STEPS - 1));
    print_events(branches, files[2]);
    for (int i = 0; i < 3; i++) {
        fclose(files[i]);
    }
    nndyn_basin_branches_free(branches);
    nndyn_basin_map_free(basins);
}

/* The rate beyond which the teacher itself is no longer stable: 2 over the sharpest curvature there. */
static double stable_rate(nndyn_context *context, nndyn_network *network, nndyn_dataset *data)
{
    double figures[NNDYN_CURVATURES];
    nndyn_options *options;
    check(nndyn_options_create(context, &options), context);
    check(nndyn_options_set_text(options, "scale", "absolute"), options);
    check(nndyn_basin_curvature(network, data, options, figures), network);
    nndyn_options_free(options);
    return figures[NNDYN_CURVATURE_RATE];
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    const int64_t side = argc > 2 ? strtoll(argv[2], NULL, 10) : 200;
    nndyn_context *context;
    nndyn_map *descent;
    if (argc > 3 || side < 20) {
        fprintf(stderr, "usage: basin_map [folder=.] [side=200]   (side: at least 20)\n");
        return EXIT_FAILURE;
    }
    check(nndyn_context_create(&context), NULL);
    nndyn_dataset *data = samples(context);
    nndyn_network *network = student(context);
    check(nndyn_map_create_training(network, data, NULL, &descent), network);
    FILE *files[3] = {table(folder, "basin_map.csv",
                            "rate,attractors,period,teacher,undecided,diverged,other,steps,entropy,boundary_entropy,"
                            "boundary,dimension"),
                      table(folder, "labels.csv", "rate,first weight,labels by second weight..."),
                      table(folder, "attractors.csv", "rate,attractor,first weight,second weight")};
    printf("w2 tanh(w1 x) learns 2 tanh x: two minima, (1, 2) and (-1, -2), stable below rate %.4f\n",
           stable_rate(context, network, data));
    printf(" rate attractors  period   to (1, 2) [95 %%]      on its way  diverged  steps  entropy  at the boundary  "
           "dimension\n");
    for (int i = 0; i < RATES; i++) {
        study(context, descent, rates[i], side, files);
    }
    for (int i = 0; i < 3; i++) {
        fclose(files[i]);
    }
    follow(context, descent, folder);
    nndyn_map_free(descent);
    nndyn_network_free(network);
    nndyn_dataset_free(data);
    nndyn_context_free(context);
    return EXIT_SUCCESS;
}
