/* What an attractor bears: isotropic radius, least shock, certified ball, and what a coarse step does to basins,
 * against closed forms. */
#include "analysis/double_well.h"

typedef int function_of_states(void *user, const double *parameters, int64_t count, const double *x, double *next);

static const double infinite = (double)INFINITY;

static int well(void *user, const double *parameters, int64_t count, const double *x, double *v)
{
    (void)user, (void)parameters;
    for (int64_t i = 0; i < count; i++) {
        v[i] = x[i] - x[i] * x[i] * x[i];
    }
    return 0;
}

/* tanh(W x), W = ((0, 1.5), (1.5, 0)), as a map. */
static int pair_map(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user, (void)parameters;
    for (int64_t i = 0; i < count; i++) {
        next[2 * i] = tanh(1.5 * x[2 * i + 1]);
        next[2 * i + 1] = tanh(1.5 * x[2 * i]);
    }
    return 0;
}

static int pair_flow(void *user, const double *parameters, int64_t count, const double *x, double *v)
{
    pair_map(user, parameters, count, x, v);
    for (int64_t i = 0; i < 2 * count; i++) {
        v[i] -= x[i];
    }
    return 0;
}

static int bowl(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user;
    for (int64_t i = 0; i < 2 * count; i++) {
        next[i] = parameters[0] * x[i];
    }
    return 0;
}

/* Gradient descent on (ab - 1)^2 / 2 + decay (a^2 + b^2) / 2: minima at a = b = +-sqrt(1 - decay), the boundary is
 * a + b = 0. */
static int product(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        const double a = x[2 * i], b = x[2 * i + 1], e = a * b - 1;
        next[2 * i] = a - 0.1 * (e * b + parameters[0] * a);
        next[2 * i + 1] = b - 0.1 * (e * a + parameters[0] * b);
    }
    return 0;
}

static nndyn_options *integer(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

/* A basin map of a map, or of a flow if step is not 0, with the attractors that two starts go to. */
static nndyn_basin_map *basins_of(function_of_states *function, int64_t dimension, double p, double step,
                                  const double *starts)
{
    nndyn_options *options = integer("concurrent", 1);
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    if (step > 0) {
        nt_ok(options, nndyn_options_set_double(options, "step", step));
        nt_ok(context, nndyn_map_create_flow(context, dimension, "p", &p, function, NULL, options, &map));
    } else {
        nt_ok(context, nndyn_map_create(context, dimension, "p", &p, function, NULL, options, &map));
    }
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    nndyn_options_free(options);
    nndyn_map_free(map); /* kept alive */
    return basins;
}

static const double two_wells[2] = {-0.5, 0.5}, quadrants[4] = {-0.5, -0.4, 0.5, 0.4};

/* ---- isotropic radius -------------------------------------------------------------------------------------------- */

/* P(1 + sigma xi > 0) = Phi(1 / sigma) falls to 0.75 at 1.482602218506 and never to 0.5.  The interval misses in 5 % of
 * all seeds; its width is held to what 2000 draws give. */
static void normal_kicks_in_the_double_well(void **state)
{
    nndyn_basin_map *basins = basins_of(well, 1, 0, 0.01, two_wells);
    nndyn_options *options = integer("draws", 2000);
    const double sizes[3] = {0, 0.5, 1.4826022185056018}, phi[3] = {1, 0.9772498680518208, 0.75};
    double values[4], shares[3], low[3], high[3];
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "theta", 0.75));
    nt_ok(options, nndyn_options_set_integer(options, "bisections", 10));
    nt_ok(basins, nndyn_basin_map_radius(basins, 1, options, values));
    assert_true(values[1] < 1.482602218506 && 1.482602218506 < values[2]);
    assert_true(values[1] < values[0] && values[0] < values[2] && values[2] - values[1] < 0.35);
    nt_ok(options, nndyn_options_set_double(options, "theta", 0.5));
    nt_ok(options, nndyn_options_set_double(options, "cap", 2)); /* Phi(1/2) = 0.691: 18 standard errors above */
    nt_ok(basins, nndyn_basin_map_radius(basins, 1, options, values));
    assert_true(values[0] == infinite && values[1] == infinite && values[2] == infinite);
    assert_true(values[3] > 0.64 && values[3] < 0.74);
    nndyn_options_free(options);
    options = integer("draws", 2000);
    nt_ok(basins, nndyn_basin_map_returns(basins, 1, 3, sizes, options, shares, low, high));
    for (int i = 0; i < 3; i++) {
        assert_true(low[i] <= phi[i] && phi[i] <= high[i] && low[i] <= shares[i] && shares[i] <= high[i]);
    }
    assert_true(shares[0] == 1);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
}

/* In one dimension a sphere is two points: half of the kicks leave as soon as r > 1 under the flow. */
static void spheres_in_the_double_well(void **state)
{
    nndyn_basin_map *basins = basins_of(well, 1, 0, 0.02, two_wells);
    double values[4];
    (void)state;
    for (int below = 0; below < 2; below++) {
        nndyn_options *options = integer("draws", 100);
        nt_ok(options, nndyn_options_set_text(options, "noise", "sphere"));
        nt_ok(options, nndyn_options_set_double(options, "theta", 0.75));
        nt_ok(options, nndyn_options_set_double(options, "start", below ? 3 : 0.01)); /* 3: looked for downward */
        nt_ok(options, nndyn_options_set_integer(options, "bisections", 40));
        nt_ok(basins, nndyn_basin_map_radius(basins, 1, options, values));
        for (int i = 0; i < 3; i++) {
            nt_near(values[i], 1, 1e-8);
        }
        nndyn_options_free(options);
    }
    nndyn_basin_map_free(basins);
}

/* Four draws that all return have an interval from 0.51: its low end is nowhere above 0.9. */
static void few_draws_say_little(void **state)
{
    nndyn_basin_map *basins = basins_of(well, 1, 0, 0.02, two_wells);
    nndyn_options *options = integer("draws", 4);
    double values[4];
    (void)state;
    nt_ok(options, nndyn_options_set_double(options, "theta", 0.9));
    nt_ok(options, nndyn_options_set_double(options, "cap", 4));
    nt_ok(basins, nndyn_basin_map_radius(basins, 0, options, values));
    assert_true(values[1] == 0 && values[0] > 0.2 && values[2] > values[0]);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
}

/* ---- the least shock --------------------------------------------------------------------------------------------- */

static void expect_shock(nndyn_basin_map *basins, int64_t attractor, double want, double tolerance, double *shock)
{
    double length, point[2], sum = 0;
    int64_t label, d;
    nt_ok(basins, nndyn_basin_map_shape(basins, &d, NULL));
    nt_ok(basins, nndyn_basin_map_shock(basins, attractor, NULL, &length, shock));
    nt_near(length, want, tolerance);
    nt_ok(basins, nndyn_basin_map_attractor(basins, attractor, 1, point, NULL, NULL));
    for (int64_t j = 0; j < d; j++) {
        sum += shock[j] * shock[j];
        point[j] += shock[j];
    }
    nt_near(sqrt(sum), length, 1e-12);
    nt_ok(basins, nndyn_basin_map_label(basins, 1, point, &label, NULL));
    assert_int_not_equal(label, attractor); /* it does leave */
}

static void least_shocks_of_closed_forms(void **state)
{
    double shock[2], length;
    (void)state;
    nndyn_basin_map *basins = basins_of(well, 1, 0, 0.02, two_wells);
    expect_shock(basins, 1, 1, 2e-7, shock);
    assert_true(shock[0] < 0);
    nndyn_basin_map_free(basins);
    basins = basins_of(descend, 1, 0.1, 0, two_wells);
    expect_shock(basins, 1, 1, 2e-7, shock); /* to the right it takes 2.3166247904 */
    nndyn_basin_map_free(basins);
    basins = basins_of(pair_flow, 2, 0, 0.05, quadrants);
    expect_shock(basins, 1, 1.2141866822, 1e-6, shock);
    nt_near(shock[0], -0.8585596366, 2e-3); /* along (-1, -1); the length is flat there */
    nt_near(shock[1], -0.8585596366, 2e-3);
    nndyn_basin_map_free(basins);
    basins = basins_of(product, 2, 0.01, 0, quadrants);
    expect_shock(basins, 1, sqrt(2 * 0.99), 1e-6, shock); /* sqrt 2 without decay, where minima are no attractors */
    nndyn_basin_map_free(basins);
    basins = basins_of(bowl, 2, 0.5, 0, quadrants);
    nt_ok(basins, nndyn_basin_map_shock(basins, 0, NULL, &length, shock));
    assert_true(length == infinite && isnan(shock[0]) && isnan(shock[1]));
    nndyn_basin_map_free(basins);
}

/* ---- certified balls --------------------------------------------------------------------------------------------- */

/* |f''| = 6 rate |w| <= 6 rate (1 + R): with 2 (2 rate) / (6 rate (1 + R)) = R, R (1 + R) = 2/3. */
static void balls_that_are_certain(void **state)
{
    const double rate = 0.1, r = 0.5 * (sqrt(1 + 8.0 / 3) - 1), slope = 1 - 2 * rate, root = 0.8585596366401;
    double radius, ends[2], shock[2];
    int64_t labels[2];
    (void)state;
    nndyn_basin_map *basins = basins_of(descend, 1, rate, 0, two_wells);
    nt_ok(basins, nndyn_basin_map_certified(basins, 1, &slope, 6 * rate * (1 + r), &radius));
    nt_near(radius, r, 1e-8);
    ends[0] = 1 - radius, ends[1] = 1 + radius;
    nt_ok(basins, nndyn_basin_map_label(basins, 2, ends, labels, NULL));
    assert_true(labels[0] == 1 && labels[1] == 1);
    nt_ok(basins, nndyn_basin_map_certified(basins, 1, &slope, 0, &radius));
    assert_true(radius == infinite);
    nt_ok(basins, nndyn_basin_map_certified(basins, 1, (const double[]){-1.1}, 1, &radius));
    assert_true(radius == 0);
    nt_ok(basins, nndyn_basin_map_certified(basins, 1, &slope, 1e12, &radius)); /* the point is known less well */
    assert_true(radius == 0);
    nndyn_basin_map_free(basins);
    /* |J| = 1.5 (1 - x*^2), L = max |f''| 1.5 |W|: twice 0.3496935, the ball within which the map contracts. */
    const double entry = 1.5 * (1 - root * root), jacobian[4] = {0, entry, entry, 0};
    basins = basins_of(pair_map, 2, 0, 0, quadrants);
    nt_ok(basins, nndyn_basin_map_certified(basins, 1, jacobian, 0.7698003589195010 * 1.5 * 1.5, &radius));
    nt_near(radius, 2 * 0.3496935, 1e-6);
    double length;
    nt_ok(basins, nndyn_basin_map_shock(basins, 1, NULL, &length, shock));
    assert_true(radius < length && length < 0.8586); /* a coordinate of 0 is enough here: (x, 0) ends in the cycle */
    nndyn_basin_map_free(basins);
}

/* ---- a step halved ----------------------------------------------------------------------------------------------- */

enum { STARTS = 500 };

/* A step of 0.8 carries starts beyond the stability of the integrator over the separatrix, and some out of bounds; at
 * 0.01 no label changes. */
static void a_coarse_step_sends_starts_elsewhere(void **state)
{
    const double low = -3, high = 3;
    double starts[STARTS], fine[3], coarse[3], both[3];
    int64_t a[STARTS], b[STARTS], differ = 0;
    (void)state;
    nndyn_basin_map *good = basins_of(well, 1, 0, 0.01, two_wells);
    nndyn_basin_map *bad = basins_of(well, 1, 0, 0.8, two_wells), *half = basins_of(well, 1, 0, 0.4, two_wells);
    nt_ok(good, nndyn_basin_map_starts(good, NNDYN_STARTS_BOX, &low, &high, 1, STARTS, starts));
    nt_ok(good, nndyn_basin_map_disagreement(good, NULL, STARTS, starts, NULL, fine));
    assert_true(fine[0] == 0 && fine[1] == 0 && fine[2] > 0 && fine[2] < 0.01);
    nt_ok(bad, nndyn_basin_map_disagreement(bad, NULL, STARTS, starts, NULL, coarse));
    nt_ok(bad, nndyn_basin_map_disagreement(bad, half, STARTS, starts, NULL, both));
    nt_same(coarse, both, sizeof both);
    nt_ok(bad, nndyn_basin_map_label(bad, STARTS, starts, a, NULL));
    nt_ok(half, nndyn_basin_map_label(half, STARTS, starts, b, NULL));
    for (int i = 0; i < STARTS; i++) {
        differ += a[i] != b[i];
    }
    assert_true(differ > 50);
    nt_near(coarse[0], differ / (double)STARTS, 1e-15);
    assert_true(coarse[1] < coarse[0] && coarse[0] < coarse[2]);
    nndyn_basin_map_free(half);
    nndyn_basin_map_free(bad);
    nndyn_basin_map_free(good);
}

/* ---- threads, what is refused ------------------------------------------------------------------------------------ */

static void threads_change_no_bit(void **state)
{
    double found[2][11];
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        nt_ok(context, nndyn_context_set_threads(context, threads ? 8 : 1));
        nndyn_basin_map *basins = basins_of(pair_flow, 2, 0, 0.05, quadrants);
        nndyn_options *options = integer("draws", 100), *few = integer("directions", 32);
        double *f = found[threads], starts[200];
        nt_uniform(1, 200, -1, 1, starts);
        nt_ok(options, nndyn_options_set_double(options, "theta", 0.8));
        nt_ok(options, nndyn_options_set_integer(options, "bisections", 6));
        nt_ok(few, nndyn_options_set_integer(few, "refine", 6));
        nt_ok(few, nndyn_options_set_double(few, "cap", 3));
        nt_ok(basins, nndyn_basin_map_radius(basins, 1, options, f));
        nt_ok(basins, nndyn_basin_map_shock(basins, 1, few, f + 4, f + 5));
        nt_ok(basins, nndyn_basin_map_disagreement(basins, NULL, 100, starts, NULL, f + 7));
        f[10] = f[0] / f[4];
        nndyn_options_free(few);
        nndyn_options_free(options);
        nndyn_basin_map_free(basins);
    }
    nt_same(found[0], found[1], sizeof found[0]);
}

static void with_option(nndyn_basin_map *basins, const char *name, double value, int shock)
{
    nndyn_options *options = NULL;
    double values[4] = {7, 7, 7, 7};
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, name, value));
    if (shock) {
        nt_fails(NNDYN_EOPTION, basins, name, nndyn_basin_map_shock(basins, 0, options, values, NULL));
    } else {
        nt_fails(NNDYN_EOPTION, basins, name, nndyn_basin_map_radius(basins, 0, options, values));
    }
    assert_true(values[0] == 7);
    nndyn_options_free(options);
}

static void calls_are_checked(void **state)
{
    int refuse = 0;
    const double rate = 0.1, one = 1, bad = (double)NAN, minus = -1, starts[2] = {0.5, -0.5};
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL, *wide = basins_of(bowl, 2, 0.5, 0, quadrants);
    nndyn_options *none = integer("draws", 0), *nowhere = integer("directions", 0);
    double values[4] = {7, 7, 7, 7};
    (void)state;
    nt_ok(nowhere, nndyn_options_set_integer(nowhere, "axes", 0));
    nt_ok(context, nndyn_map_create(context, 1, "p", &rate, descend, &refuse, NULL, &map));
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    nt_fails(NNDYN_EARG, basins, "none is on the list", nndyn_basin_map_radius(basins, 0, NULL, values));
    nt_fails(NNDYN_EARG, basins, "none is on the list", nndyn_basin_map_shock(basins, 0, NULL, values, NULL));
    nt_fails(NNDYN_EARG, basins, "none is on the list", nndyn_basin_map_certified(basins, 0, &one, 1, values));
    nt_fails(NNDYN_EARG, basins, "none is on the list",
             nndyn_basin_map_returns(basins, 0, 1, &one, NULL, values, NULL, NULL));
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    nt_fails(NNDYN_EOPTION, basins, "draws", nndyn_basin_map_radius(basins, 0, none, values));
    with_option(basins, "theta", 1.5, 0);
    with_option(basins, "cap", 1e-3, 0);
    with_option(basins, "step", 1e-12, 1);
    nt_fails(NNDYN_EOPTION, basins, "directions", nndyn_basin_map_shock(basins, 0, nowhere, values, NULL));
    nt_fails(NNDYN_EARG, basins, "values", nndyn_basin_map_radius(basins, 0, NULL, NULL));
    nt_fails(NNDYN_EARG, basins, "length", nndyn_basin_map_shock(basins, 0, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "sizes[0]", nndyn_basin_map_returns(basins, 0, 1, &minus, NULL, values, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "sizes", nndyn_basin_map_returns(basins, 0, 1, &bad, NULL, values, NULL, NULL));
    nt_fails(NNDYN_EARG, basins, "count", nndyn_basin_map_returns(basins, 0, 0, &one, NULL, values, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "jacobian", nndyn_basin_map_certified(basins, 0, &bad, 1, values));
    nt_fails(NNDYN_EARG, basins, "lipschitz", nndyn_basin_map_certified(basins, 0, &one, -1, values));
    nt_fails(NNDYN_EARG, basins, "jacobian", nndyn_basin_map_certified(basins, 0, NULL, 1, values));
    nt_fails(NNDYN_EARG, basins, "step", nndyn_basin_map_disagreement(basins, NULL, 2, starts, NULL, values));
    nt_fails(NNDYN_EARG, basins, "itself", nndyn_basin_map_disagreement(basins, basins, 2, starts, NULL, values));
    nt_fails(NNDYN_EARG, basins, "dimension 2", nndyn_basin_map_disagreement(basins, wide, 2, starts, NULL, values));
    nt_ok(context, nndyn_context_set_memory_limit(context, 64));
    nt_fails(NNDYN_ELIMIT, basins, "", nndyn_basin_map_radius(basins, 0, NULL, values));
    nt_fails(NNDYN_ELIMIT, basins, "", nndyn_basin_map_shock(basins, 0, NULL, values, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    refuse = 1;
    nt_fails(NNDYN_ECALLBACK, basins, "callback", nndyn_basin_map_radius(basins, 0, NULL, values));
    nt_fails(NNDYN_ECALLBACK, basins, "callback", nndyn_basin_map_shock(basins, 0, NULL, values, NULL));
    refuse = 0;
    assert_true(values[0] == 7);
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL)); /* not frozen */
    nndyn_options_free(none);
    nndyn_options_free(nowhere);
    nndyn_basin_map_free(wide);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static void calls_can_be_canceled(void **state)
{
    const double rate = 0.1, starts[2] = {-0.5, 0.5};
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    double values[4] = {7, 7, 7, 7};
    int left = 0;
    (void)state;
    nt_ok(context, nndyn_map_create(context, 1, "step", &rate, descend_and_cancel, &left, NULL, &map));
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    for (int after = 1; after < 100; after *= 3) {
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped", nndyn_basin_map_radius(basins, 1, NULL, values));
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped", nndyn_basin_map_shock(basins, 1, NULL, values, values + 1));
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped",
                 nndyn_basin_map_disagreement(basins, NULL, 2, starts, NULL, values));
    }
    assert_true(values[0] == 7 && values[1] == 7);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static int calls(nndyn_context *own, nndyn_basin_map *basins)
{
    const double starts[2] = {-0.5, 0.5}, slope = 0.8, size = 1;
    nndyn_options *few = NULL, *rays = NULL;
    double values[4];
    int status = nndyn_options_create(own, &few);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(few, "draws", 4);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(own, &rays);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(rays, "directions", 2);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_find(basins, 2, starts, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_radius(basins, 1, few, values);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_returns(basins, 1, 1, &size, few, values, NULL, NULL);
    }
    nndyn_options_free(few);
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_shock(basins, 1, rays, values, values + 1);
    }
    nndyn_options_free(rays);
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_certified(basins, 1, &slope, 1, values);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_disagreement(basins, NULL, 2, starts, NULL, values);
    }
    return status;
}

static int scenario(nt_allocator *a, void *user)
{
    const double rate = 0.1;
    nndyn_context *own = NULL;
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    int status = nt_context_create(a, &own);
    (void)user;
    if (status == NNDYN_OK) {
        status = nndyn_map_create(own, 1, "step", &rate, descend, NULL, NULL, &map);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_create(map, NULL, &basins);
    }
    if (status == NNDYN_OK) {
        status = calls(own, basins);
    }
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
    nndyn_context_free(own);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(normal_kicks_in_the_double_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spheres_in_the_double_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_draws_say_little, set_up, tear_down),
        cmocka_unit_test_setup_teardown(least_shocks_of_closed_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(balls_that_are_certain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_coarse_step_sends_starts_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_change_no_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_can_be_canceled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("basin_map_kicks", tests, NULL, NULL);
}
