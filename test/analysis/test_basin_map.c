/* Basin maps: attractors, labels, grids, fractions, entropy, on maps whose basins are known in closed form. */
#include "analysis/double_well.h"
#include "nndyn/basin_map.h"
#include "nndyn/map.h"

typedef int function_of_states(void *user, const double *parameters, int64_t count, const double *x, double *next);

/* ---- maps -------------------------------------------------------------------------------------------------------- */

static int well(void *user, const double *parameters, int64_t count, const double *x, double *v)
{
    const double one = 1;
    (void)parameters;
    for (int64_t i = 0; i < count; i++) {
        descend(user, &one, 1, x + i, v + i);
        v[i] -= x[i];
    }
    return 0;
}

/* Gradient descent on (ab - 1)^2 / 2. */
static int product(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        const double a = x[2 * i], b = x[2 * i + 1], e = a * b - 1;
        next[2 * i] = a - parameters[0] * e * b;
        next[2 * i + 1] = b - parameters[0] * e * a;
    }
    return 0;
}

/* x -> tanh(W x) for x' = tanh(W x) - x: weights are the parameters. */
static int recurrent(void *user, const double *w, int64_t count, const double *x, double *v)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        const double a = x[2 * i], b = x[2 * i + 1];
        v[2 * i] = tanh(w[0] * a + w[1] * b) - a;
        v[2 * i + 1] = tanh(w[2] * a + w[3] * b) - b;
    }
    return 0;
}

/* The logistic map. */
static int logistic(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        next[i] = parameters[0] * x[i] * (1 - x[i]);
    }
    return 0;
}

static nndyn_options *integers(const char *name, int64_t value, const char *other, int64_t second)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    if (other) {
        nt_ok(options, nndyn_options_set_integer(options, other, second));
    }
    return options;
}

static nndyn_map *map_of(int64_t dimension, const char *names, const double *values, function_of_states *function)
{
    nndyn_options *options = integers("concurrent", 1, NULL, 0);
    nndyn_map *map = NULL;
    nt_ok(context, nndyn_map_create(context, dimension, names, values, function, NULL, options, &map));
    nndyn_options_free(options);
    return map;
}

static nndyn_map *flow_of(int64_t dimension, const char *names, const double *values, function_of_states *function,
                          double step)
{
    nndyn_options *options = integers("concurrent", 1, NULL, 0);
    nndyn_map *map = NULL;
    nt_ok(options, nndyn_options_set_double(options, "step", step));
    nt_ok(context, nndyn_map_create_flow(context, dimension, names, values, function, NULL, options, &map));
    nndyn_options_free(options);
    return map;
}

static nndyn_basin_map *basins_of(nndyn_map *map, nndyn_options *options)
{
    nndyn_basin_map *basins = NULL;
    nt_ok(map, nndyn_basin_map_create(map, options, &basins));
    nndyn_options_free(options);
    nndyn_map_free(map); /* kept alive */
    return basins;
}

static nndyn_basin_map *double_well(double rate)
{
    nndyn_basin_map *basins = basins_of(map_of(1, "rate", &rate, descend), NULL);
    const double starts[] = {-2, -0.5, 0, 0.25, 3, 4.6};
    int64_t attractors, counts[4];
    nt_ok(basins, nndyn_basin_map_find(basins, 6, starts, &attractors, counts));
    assert_int_equal(attractors, 2);
    const int64_t want[4] = {4, 0, 1, 1}; /* 0 is a fixed point, and no attractor */
    nt_same(counts, want, sizeof want);
    return basins;
}

static nndyn_basin_map *pair(double a, double b, double c, double d)
{
    const double w[4] = {a, b, c, d}, low[2] = {-1, -1}, high[2] = {1, 1};
    nndyn_basin_map *basins = basins_of(flow_of(2, "a,b,c,d", w, recurrent, 0.05), NULL);
    double starts[128];
    nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 1, 64, starts));
    nt_ok(basins, nndyn_basin_map_find(basins, 64, starts, NULL, NULL));
    return basins;
}

/* ---- attractors -------------------------------------------------------------------------------------------------- */

static void the_double_well_by_gradient_descent(void **state)
{
    nndyn_basin_map *basins = double_well(0.1);
    const double starts[] = {1e-9,   -1e-9,  0,      3.3166, 3.31663, -3.31663, 4.3213,
                             4.3215, 4.5316, 4.5318, 4.5825, 4.58258, -5};
    const int64_t want[] = {1, 0, -3, 1, 0, 1, 0, 1, 1, 0, 1, -2, -2};
    int64_t labels[13], period;
    double point, radius;
    (void)state;
    nt_ok(basins, nndyn_basin_map_attractor(basins, 0, 1, &point, &period, &radius));
    nt_near(point, -1, 1e-9);
    assert_int_equal(period, 1);
    nt_near(radius, 2.5e-4, 1e-18);
    nt_ok(basins, nndyn_basin_map_attractor(basins, 1, 1, &point, NULL, NULL));
    nt_near(point, 1, 1e-9);
    nt_ok(basins, nndyn_basin_map_label(basins, 13, starts, labels, NULL));
    nt_same(labels, want, sizeof want);
    nndyn_basin_map_free(basins);
}

static void the_flow_has_other_basins_than_gradient_descent(void **state)
{
    nndyn_basin_map *basins = basins_of(flow_of(1, NULL, NULL, well, 0.01), NULL);
    const double starts[] = {1e-9, -1e-9, 3.31663, 4.3, -4.58258, 9};
    const int64_t want[] = {1, 0, 1, 1, 0, 1};
    int64_t labels[6], attractors;
    (void)state;
    nt_ok(basins, nndyn_basin_map_find(basins, 6, starts, &attractors, NULL));
    assert_int_equal(attractors, 2);
    nt_ok(basins, nndyn_basin_map_label(basins, 6, starts, labels, NULL));
    nt_same(labels, want, sizeof want);
    nndyn_basin_map_free(basins);
}

/* Minima of the product net are a hyperbola: none of them is an attractor, and every start settles elsewhere. */
static void a_continuum_is_no_attractor(void **state)
{
    const double rate = 0.05, starts[] = {1.5, 1, 1, -0.5, 0.5, -1, 2, 0.1};
    nndyn_basin_map *basins = basins_of(map_of(2, "rate", &rate, product), NULL);
    int64_t attractors, counts[4], labels[4];
    (void)state;
    nt_ok(basins, nndyn_basin_map_find(basins, 4, starts, &attractors, counts));
    assert_int_equal(attractors, 0);
    assert_int_equal(counts[3], 4);
    nt_ok(basins, nndyn_basin_map_label(basins, 4, starts, labels, NULL));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(labels[i], NNDYN_BASIN_MAP_OTHER);
    }
    nndyn_basin_map_free(basins);
}

/* At 3.5 the logistic map has a cycle of 4 and unstable points of periods 1 and 2. */
static void cycles_begin_at_their_least_point(void **state)
{
    const double r = 3.5, starts[] = {0.3, 0.7, 0.123, 5.0 / 7};
    nndyn_basin_map *basins = basins_of(map_of(1, "r", &r, logistic), integers("period", 8, NULL, 0));
    double points[4];
    int64_t attractors, period, counts[4];
    (void)state;
    nt_ok(basins, nndyn_basin_map_find(basins, 4, starts, &attractors, counts));
    assert_int_equal(attractors, 1);
    nt_ok(basins, nndyn_basin_map_attractor(basins, 0, 4, points, &period, NULL));
    assert_int_equal(period, 4);
    const double want[4] = {0.38281968301732416, 0.82694070659143774, 0.50088421030721700, 0.87499726360246437};
    nt_close(points, want, 4, 0, 1e-9);
    nndyn_basin_map_free(basins);
}

/* Just below 3 the fixed point of the logistic map is approached from both sides in turn, with the factor 2 - r: two
 * steps bring a state back within "settle" long before one does, which makes no cycle of 2. */
static void a_fixed_point_near_period_doubling_is_no_cycle(void **state)
{
    const double r = 2.95, starts[] = {0.3, 0.7, 0.2, 0.6};
    nndyn_basin_map *basins = basins_of(map_of(1, "r", &r, logistic), integers("period", 8, NULL, 0));
    double point;
    int64_t attractors, period;
    (void)state;
    nt_ok(basins, nndyn_basin_map_find(basins, 4, starts, &attractors, NULL));
    assert_int_equal(attractors, 1);
    nt_ok(basins, nndyn_basin_map_attractor(basins, 0, 1, &point, &period, NULL));
    assert_int_equal(period, 1);
    nt_near(point, 1 - 1 / r, 1e-8);
    nndyn_basin_map_free(basins);
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

static void four_sinks_of_two_separate_units(void **state)
{
    enum { N = 4000 };
    nndyn_basin_map *basins = pair(2, 0, 0, 2);
    const double low[2] = {-1, -1}, high[2] = {1, 1}, x = 0.9575040240773;
    double starts[2 * N], point[2], fractions[7], least[7], most[7];
    int64_t labels[N];
    (void)state;
    nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 2, N, starts));
    nt_ok(basins, nndyn_basin_map_label(basins, N, starts, labels, NULL));
    for (int i = 0; i < N; i++) {
        assert_int_equal(labels[i], 2 * (starts[2 * i] > 0) + (starts[2 * i + 1] > 0));
    }
    nt_ok(basins, nndyn_basin_map_attractor(basins, 1, 1, point, NULL, NULL));
    nt_close(point, ((double[]){-x, x}), 2, 0, 1e-9);
    nt_ok(basins, nndyn_basin_map_fractions(basins, N, labels, NULL, 7, fractions, least, most));
    for (int c = 0; c < 4; c++) {
        assert_true(least[c] < 0.25 && 0.25 < most[c]);
    }
    assert_true(fractions[4] == 0 && fractions[5] == 0 && fractions[6] == 0);
    nndyn_basin_map_free(basins);
}

static void the_boundary_of_a_coupled_pair_is_a_line(void **state)
{
    enum { N = 4000 };
    nndyn_basin_map *basins = pair(0, 1.5, 1.5, 0);
    const double low[2] = {-1, -1}, high[2] = {1, 1}, x = 0.8585596366401;
    double starts[2 * N], points[2];
    int64_t labels[N], attractors;
    (void)state;
    nt_ok(basins, nndyn_basin_map_shape(basins, NULL, &attractors));
    assert_int_equal(attractors, 2);
    nt_ok(basins, nndyn_basin_map_attractor(basins, 1, 1, points, NULL, NULL));
    nt_close(points, ((double[]){x, x}), 2, 0, 1e-9);
    nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 3, N, starts));
    nt_ok(basins, nndyn_basin_map_label(basins, N, starts, labels, NULL));
    for (int i = 0; i < N; i++) {
        assert_int_equal(labels[i], starts[2 * i] + starts[2 * i + 1] > 0);
    }
    nndyn_basin_map_free(basins);
}

/* One call, a call for each, backwards, after others, with 8 threads: always the same. */
static void labels_depend_on_the_start_alone(void **state)
{
    enum { N = 500 };
    nndyn_basin_map *basins = pair(0, 1.5, 1.5, 0);
    const double low[2] = {-2, -2}, high[2] = {2, 2};
    double starts[2 * N];
    int64_t labels[N], steps[N], again[N], taken[N];
    (void)state;
    nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 4, N, starts));
    nt_ok(basins, nndyn_basin_map_label(basins, N, starts, labels, steps));
    for (int i = N - 1; i >= 0; i--) {
        nt_ok(basins, nndyn_basin_map_label(basins, 1, starts + 2 * i, again + i, taken + i));
    }
    nt_same(again, labels, sizeof labels);
    nt_same(taken, steps, sizeof steps);
    nt_ok(context, nndyn_context_set_threads(context, 8));
    nt_ok(basins, nndyn_basin_map_label(basins, N, starts, again, taken));
    nt_same(again, labels, sizeof labels);
    nt_same(taken, steps, sizeof steps);
    nndyn_basin_map_free(basins);
}

static void times_of_arrival(void **state)
{
    nndyn_basin_map *basins = double_well(0.1);
    const double starts[] = {1, 0.9, 0.5, 0.1, -1, 9};
    int64_t labels[6], steps[6], count;
    double values[5];
    (void)state;
    nt_ok(basins, nndyn_basin_map_label(basins, 6, starts, labels, steps));
    assert_int_equal(steps[0], 0);
    for (int i = 1; i < 4; i++) {
        double w = starts[i];
        int64_t n = 0;
        for (; n % 8 != 0 || fabs(w - 1) > 2.5e-4; n++) {
            w += 0.1 * (w - w * w * w);
        }
        assert_int_equal(steps[i], n);
    }
    nt_ok(basins, nndyn_basin_map_times(basins, 6, labels, steps, 1, &count, values));
    assert_int_equal(count, 4);
    nt_near(values[0], (double)(steps[1] + steps[2] + steps[3]) / 4, 1e-12);
    nt_near(values[4], (double)steps[3], 0);
    nndyn_basin_map_free(basins);
}

/* ---- rays -------------------------------------------------------------------------------------------------------- */

static nndyn_options *fine(double cap)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "tolerance", 1e-10));
    nt_ok(options, nndyn_options_set_double(options, "cap", cap));
    return options;
}

/* The descent keeps (0, sqrt(1.1 / 0.1)), the flow the half line. */
static void rays_of_the_double_well(void **state)
{
    const double directions[2] = {3, -1e200};
    double radii[2];
    nndyn_basin_map *flow = basins_of(flow_of(1, NULL, NULL, well, 0.01), NULL), *basins = double_well(0.1);
    nndyn_options *options = fine(5);
    (void)state;
    nt_ok(basins, nndyn_basin_map_ray(basins, 1, 2, directions, options, radii));
    nt_close(radii, ((double[]){sqrt(11) - 1, 1}), 2, 0, 1e-9);
    nt_ok(flow, nndyn_basin_map_find(flow, 2, ((double[]){-0.5, 0.5}), NULL, NULL));
    nt_ok(flow, nndyn_basin_map_ray(flow, 1, 2, directions, options, radii));
    assert_true(isinf(radii[0]));
    nt_near(radii[1], 1, 1e-9);
    nndyn_options_free(options);
    nndyn_basin_map_free(flow);
    nndyn_basin_map_free(basins);
}

/* From (x, x) to the line a + b = 0 along an angle: sqrt(2) x / cos of the angle to the line's normal. */
static void rays_of_a_coupled_pair(void **state)
{
    const double pi = acos(-1), angles[4] = {1.25 * pi, pi, 1.1 * pi, 0};
    const double want[4] = {1.2141866822, 1.7171192733, 1.3627135707, HUGE_VAL};
    nndyn_basin_map *basins = pair(0, 1.5, 1.5, 0);
    nndyn_options *options = fine(3);
    double directions[8], radii[4], again[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        directions[2 * i] = cos(angles[i]);
        directions[2 * i + 1] = sin(angles[i]);
    }
    nt_ok(basins, nndyn_basin_map_ray(basins, 1, 4, directions, options, radii));
    nt_close(radii, want, 3, 0, 1e-8);
    assert_true(isinf(radii[3]));
    nt_ok(context, nndyn_context_set_threads(context, 8));
    for (int i = 3; i >= 0; i--) {
        nt_ok(basins, nndyn_basin_map_ray(basins, 1, 1, directions + 2 * i, options, again + i));
    }
    nt_same(again, radii, sizeof radii);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
}

/* ---- grids, entropy ---------------------------------------------------------------------------------------------- */

static void a_grid_is_labeled_point_by_point(void **state)
{
    nndyn_basin_map *basins = pair(2, 0, 0, 2);
    const int64_t coordinates[2] = {1, 0}, counts[2] = {3, 4};
    const double low[2] = {-1, -2}, high[2] = {0.5, 1};
    int64_t labels[12], one;
    (void)state;
    nt_ok(basins, nndyn_basin_map_grid(basins, 2, coordinates, low, high, counts, NULL, labels, NULL));
    for (int i = 0; i < 12; i++) {
        const double start[2] = {-2 + i % 4, -1 + 0.75 * (i / 4)};
        nt_ok(basins, nndyn_basin_map_label(basins, 1, start, &one, NULL));
        assert_int_equal(labels[i], one);
    }
    nndyn_basin_map_free(basins);
}

/* Of a straight edge through 20 x 20 points, cut into boxes of 5: four of the sixteen boxes have 2 of 5 columns. */
static void entropy_and_uncertainty_of_a_straight_edge(void **state)
{
    int64_t labels[400];
    const int64_t counts[2] = {20, 20};
    double values[4], fractions[3], exponent, error;
    (void)state;
    for (int i = 0; i < 400; i++) {
        labels[i] = i % 20 < 12 ? 7 : -1;
    }
    nt_ok(context, nndyn_basin_entropy(context, 2, counts, labels, NULL, values));
    const double s = -0.4 * log(0.4) - 0.6 * log(0.6);
    nt_close(values, ((double[]){s / 4, s, 0.25, 16}), 4, 1e-14, 0);
    nt_ok(context, nndyn_basin_uncertainty(context, 2, counts, labels, 3, fractions, &exponent, &error));
    nt_close(fractions, ((double[]){2.0 / 12, 4.0 / 12, 8.0 / 12}), 3, 1e-14, 0);
    nt_near(exponent, 1, 1e-12);
    nt_near(error, 0, 1e-12);
}

/* ---- a plain loop ------------------------------------------------------------------------------------------------ */

enum { SAMPLES = 16, SIDE = 40 };

static void teacher(double *x, double *t)
{
    for (int s = 0; s < SAMPLES; s++) {
        x[s] = -3 + 6.0 * s / (SAMPLES - 1);
        t[s] = 2 * tanh(x[s]);
    }
}

/* Gradient descent on w2 tanh(w1 x), of which (1, 2) and (-1, -2) are the minima. */
static nndyn_map *descent(double rate)
{
    double x[SAMPLES], t[SAMPLES];
    nndyn_network *network = NULL;
    nndyn_dataset *dataset = NULL;
    nndyn_map *map = NULL;
    nndyn_options *dense = integers("bias", 0, NULL, 0), *options = NULL;
    teacher(x, t);
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_TANH, dense));
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, dense));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(context, nndyn_dataset_create(context, SAMPLES, 1, x, 1, t, 1, &dataset));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "rate", rate));
    nt_ok(network, nndyn_map_create_training(network, dataset, options, &map));
    nndyn_options_free(dense);
    nndyn_options_free(options);
    nndyn_dataset_free(dataset);
    nndyn_network_free(network);
    return map;
}

static int64_t plain_label(double rate, double radius, double w1, double w2, int64_t *steps)
{
    double x[SAMPLES], t[SAMPLES];
    teacher(x, t);
    for (*steps = 0;; ++*steps) {
        for (int k = 0; *steps % 8 == 0 && k < 2; k++) {
            if (hypot(w1 + 1 - 2 * k, w2 + 2 - 4 * k) <= radius) {
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
}

/* Labels of the plain loop with the same balls, small and grown; labels of both agree, and grown ones come sooner. */
static void a_plain_loop_gives_the_same_labels(void **state)
{
    const double rate = 0.5, low[2] = {-3, -3}, high[2] = {3, 3};
    const int64_t coordinates[2] = {0, 1}, counts[2] = {SIDE, SIDE};
    int64_t labels[2][SIDE * SIDE], steps[2][SIDE * SIDE], attractors, sum[2] = {0, 0}, taken;
    (void)state;
    for (int grown = 0; grown < 2; grown++) {
        nndyn_basin_map *basins = basins_of(descent(rate), integers("grow", 12 * grown, NULL, 0));
        double starts[200], points[2], radius;
        nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, low, high, 5, 100, starts));
        nt_ok(basins, nndyn_basin_map_find(basins, 100, starts, &attractors, NULL));
        assert_int_equal(attractors, 2);
        nt_ok(basins, nndyn_basin_map_attractor(basins, 0, 1, points, NULL, &radius));
        nt_close(points, ((double[]){-1, -2}), 2, 0, 1e-8);
        assert_true(grown ? radius >= 0.05 : radius == 2.5e-4);
        nt_ok(basins,
              nndyn_basin_map_grid(basins, 2, coordinates, low, high, counts, NULL, labels[grown], steps[grown]));
        for (int i = 0; i < SIDE * SIDE; i++) {
            const double step = 6.0 / (SIDE - 1);
            assert_int_equal(labels[grown][i],
                             plain_label(rate, radius, -3 + i / SIDE * step, -3 + i % SIDE * step, &taken));
            assert_int_equal(steps[grown][i], taken);
            assert_int_equal(labels[grown][i], labels[0][i]);
            sum[grown] += taken;
        }
        nndyn_basin_map_free(basins);
    }
    assert_true(2 * sum[1] < sum[0]);
}

/* The balls of the double well: 1 - r must not go beyond the saddle, twice as far must return. */
static void balls_grow_within_their_basins(void **state)
{
    const double rate = 0.1, starts[2] = {-0.5, 0.5};
    nndyn_basin_map *basins = basins_of(map_of(1, "rate", &rate, descend), integers("grow", 64, NULL, 0));
    double radius;
    (void)state;
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    nt_ok(basins, nndyn_basin_map_attractor(basins, 1, 0, NULL, NULL, &radius));
    nt_near(radius, 0.256, 1e-12); /* 2.5e-4 doubled ten times; twice more would try 1 - 1.024 */
    nndyn_basin_map_free(basins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_double_well_by_gradient_descent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_flow_has_other_basins_than_gradient_descent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_continuum_is_no_attractor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cycles_begin_at_their_least_point, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fixed_point_near_period_doubling_is_no_cycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(four_sinks_of_two_separate_units, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_boundary_of_a_coupled_pair_is_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(labels_depend_on_the_start_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_of_arrival, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rays_of_the_double_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rays_of_a_coupled_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_grid_is_labeled_point_by_point, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entropy_and_uncertainty_of_a_straight_edge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_plain_loop_gives_the_same_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(balls_grow_within_their_basins, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("basin_map", tests, NULL, NULL);
}
