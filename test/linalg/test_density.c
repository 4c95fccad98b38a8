/* Spectral densities: moments and mass against the spectrum itself, errors stated, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

/* A diagonal operator of 1200 rows, too many to be formed: eigenvalues (i / n)^2, a tenth of them moved to 3. */
typedef struct diagonal {
    int64_t n, calls, fail_at;
    double skew; /* breaks the symmetry */
} diagonal;

static double entry(const diagonal *d, int64_t i)
{
    return i % 10 == 0 ? 3 : pow((double)i / (double)d->n, 2);
}

static int diagonal_apply(void *user, const double *x, double *y)
{
    diagonal *d = user;
    for (int64_t i = 0; i < d->n; i++) {
        y[i] = entry(d, i) * x[i] + d->skew * x[(i + 1) % d->n];
    }
    return ++d->calls == d->fail_at ? 7 : 0;
}

static nndyn_operator *diagonal_operator(diagonal *d)
{
    nndyn_operator *op = NULL;
    nt_ok(context, nndyn_operator_create(context, d->n, d->n, diagonal_apply, NULL, d, &op));
    return op;
}

static double moment_of(const diagonal *d, int order)
{
    double sum = 0;
    for (int64_t i = 0; i < d->n; i++) {
        sum += pow(entry(d, i), order) / (double)d->n;
    }
    return sum;
}

static double integral(int64_t points, const double *grid, const double *density, int order)
{
    double sum = 0;
    for (int64_t i = 0; i + 1 < points; i++) {
        double left = density[i] * pow(grid[i], order), right = density[i + 1] * pow(grid[i + 1], order);
        sum += 0.5 * (left + right) * (grid[i + 1] - grid[i]);
    }
    return sum;
}

/* v' A^k v for v uniform on the sphere has variance below 2 E[lambda^2k] / n; 10 probes, 4 standard deviations: a false
 * alarm in 2e4.  The Gaussians add width^2 to the second moment. */
static void moments(void **state)
{
    enum { POINTS = 2000 };
    diagonal d = {1200, 0, 0, 0};
    nndyn_operator *op = diagonal_operator(&d);
    double *grid = calloc(3 * POINTS, sizeof *grid), *density = grid + POINTS, *error = density + POINTS;
    (void)state;
    nt_ok(op, nndyn_spectral_density(op, POINTS, NULL, grid, density, error));
    assert_int_equal(d.calls, 802);
    nt_near(integral(POINTS, grid, density, 0), 1, 1e-12);
    double width = 3.0 / 80;
    for (int order = 1; order <= 2; order++) {
        double sigma = sqrt(2 * moment_of(&d, 2 * order) / 12000);
        double broadened = order == 2 ? width * width : 0;
        nt_near(integral(POINTS, grid, density, order), moment_of(&d, order) + broadened, 4 * sigma + 1e-4);
    }
    double tail = 0, worst = 0; /* the tenth that is at 3 */
    for (int i = 0; i + 1 < POINTS; i++) {
        tail += grid[i] > 2 ? density[i] * (grid[i + 1] - grid[i]) : 0;
        worst = fmax(worst, error[i]);
        assert_true(density[i] >= 0 && error[i] >= 0);
    }
    nt_near(tail, 0.1, 4 * sqrt(2 * 0.1 * 0.9 / 12000));
    assert_true(worst > 0 && worst < 1);
    free(grid);
    nndyn_operator_free(op);
}

/* The error stated is the spread over seeds at the peak, within 50 %. */
static void errors_are_the_spread(void **state)
{
    enum { POINTS = 200, RUNS = 40 };
    diagonal d = {1200, 0, 0, 0};
    nndyn_operator *op = diagonal_operator(&d);
    double grid[POINTS], density[POINTS], error[POINTS], sum = 0, squares = 0, stated = 0;
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "steps", 12));
    nt_ok(options, nndyn_options_set_double(options, "width", 0.1));
    for (int run = 0; run < RUNS; run++) {
        double mass = 0, deviation = 0;
        nt_ok(options, nndyn_options_set_integer(options, "seed", run));
        nt_ok(op, nndyn_spectral_density(op, POINTS, options, grid, density, error));
        for (int i = 0; i < POINTS; i++) {
            int here = fabs(grid[i] - 3) < fabs(grid[i > 0 ? i - 1 : 1] - 3) && grid[i] < 3;
            mass = here ? density[i] : mass;
            deviation = here ? error[i] : deviation;
        }
        sum += mass / RUNS;
        squares += mass * mass / RUNS;
        stated += deviation / RUNS;
    }
    double spread = sqrt(squares - sum * sum);
    assert_true(stated > 0.5 * spread && stated < 1.5 * spread);
    nndyn_options_free(options);
    nndyn_operator_free(op);
}

/* Small operators: the spectrum itself. */
static void small_operators_are_exact(void **state)
{
    enum { POINTS = 64 };
    double grid[POINTS], density[POINTS], error[POINTS], nodes[40], weights[40];
    int64_t count = 0;
    (void)state;
    for (int64_t n = 1; n <= 40; n += 39) {
        diagonal d = {n, 0, 0, 0};
        nndyn_operator *op = diagonal_operator(&d);
        nt_ok(op, nndyn_spectral_density(op, POINTS, NULL, grid, density, error));
        nt_near(integral(POINTS, grid, density, 0), 1, 1e-12);
        nt_near(integral(POINTS, grid, density, 1), moment_of(&d, 1), 1e-6);
        nt_ok(op, nndyn_spectral_quadrature(op, 40, NULL, nodes, weights, &count));
        assert_int_equal(count, n);
        for (int order = 0; order <= 3; order++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++) {
                sum += weights[i] * pow(nodes[i], order);
            }
            nt_near(sum, moment_of(&d, order), 1e-12);
        }
        for (int i = 0; i < POINTS; i++) {
            assert_true(error[i] == 0);
        }
        nndyn_operator_free(op);
    }
}

/* Gauss quadrature: one probe's moments up to 2 steps - 1 are v' A^k v, so that weights are positive and sum to 1; a
 * narrow width on a coarse grid loses no mass. */
static void quadrature(void **state)
{
    enum { STEPS = 20, PROBES = 3 };
    diagonal d = {1200, 0, 0, 0};
    nndyn_operator *op = diagonal_operator(&d);
    double nodes[STEPS * PROBES], weights[STEPS * PROBES], sum = 0, first = 0, grid[10], density[10];
    int64_t count = 0;
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "steps", STEPS));
    nt_ok(options, nndyn_options_set_integer(options, "probes", PROBES));
    nt_fails(NNDYN_EARG, op, "capacity",
             nndyn_spectral_quadrature(op, STEPS * PROBES - 1, options, nodes, weights, &count));
    nt_ok(op, nndyn_spectral_quadrature(op, STEPS * PROBES, options, nodes, weights, &count));
    assert_int_equal(count, STEPS * PROBES);
    for (int64_t i = 0; i < count; i++) {
        assert_true(weights[i] > 0 && nodes[i] > -1e-12 && nodes[i] < 3 + 1e-12);
        sum += weights[i];
        first += weights[i] * nodes[i];
    }
    nt_near(sum, 1, 1e-13);
    nt_near(first, moment_of(&d, 1), 4 * sqrt(2 * moment_of(&d, 2) / 3600));
    nt_ok(options, nndyn_options_set_double(options, "width", 1e-9));
    nt_ok(op, nndyn_spectral_density(op, 10, options, grid, density, NULL));
    nt_near(integral(10, grid, density, 0), 1, 1e-12);
    nndyn_options_free(options);
    nndyn_operator_free(op);
}

/* An operator with two eigenvalues: every Krylov space ends after two steps. */
static int two_values(void *user, const double *x, double *y)
{
    for (int64_t i = 0; i < *(int64_t *)user; i++) {
        y[i] = i % 2 ? x[i] : -x[i];
    }
    return 0;
}

static void early_end(void **state)
{
    int64_t n = 1100, count = 0;
    double nodes[800], weights[800];
    nndyn_operator *op = NULL;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, n, n, two_values, NULL, &n, &op));
    nt_fails(NNDYN_EARG, op, "capacity", nndyn_spectral_quadrature(op, 799, NULL, nodes, weights, &count));
    nt_ok(op, nndyn_spectral_quadrature(op, 800, NULL, nodes, weights, &count));
    assert_int_equal(count, 20);
    for (int64_t i = 0; i < count; i++) {
        nt_near(fabs(nodes[i]), 1, 1e-13);
    }
    nndyn_operator_free(op);
}

static void faults(void **state)
{
    diagonal d = {1200, 0, 0, 0}, skew = {1200, 0, 0, 1e-2}, small = {30, 0, 0, 1e-2};
    matrix m = matrix_random(6, 20, 20);
    double grid[4] = {17}, density[4] = {18}, error[4] = {19};
    nndyn_operator *op = diagonal_operator(&d), *bad = diagonal_operator(&skew), *tiny = diagonal_operator(&small);
    nndyn_operator *general = matrix_operator(context, &m);
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    for (int64_t at = 1; at < 200; at += 40) {
        d.calls = 0, d.fail_at = at;
        nt_fails(NNDYN_ECALLBACK, op, "returned 7", nndyn_spectral_density(op, 4, NULL, grid, density, error));
    }
    d.fail_at = 0;
    nt_fails(NNDYN_EARG, bad, "|A - A'|", nndyn_spectral_density(bad, 4, NULL, grid, density, error));
    nt_fails(NNDYN_EARG, tiny, "|A - A'|", nndyn_spectral_density(tiny, 4, NULL, grid, density, error));
    nt_fails(NNDYN_EARG, general, "symmetric", nndyn_spectral_density(general, 4, NULL, grid, density, error));
    nt_fails(NNDYN_EARG, op, "points", nndyn_spectral_density(op, 1, NULL, grid, density, error));
    nt_fails(NNDYN_EARG, op, "grid is NULL", nndyn_spectral_density(op, 4, NULL, NULL, density, error));
    nt_fails(NNDYN_EARG, op, "density is NULL", nndyn_spectral_density(op, 4, NULL, grid, NULL, error));
    nt_ok(options, nndyn_options_set_integer(options, "probes", 1));
    nt_fails(NNDYN_EOPTION, op, "probes", nndyn_spectral_density(op, 4, options, grid, density, error));
    nt_ok(options, nndyn_options_set_integer(options, "probes", 0));
    nt_fails(NNDYN_EOPTION, op, "probes", nndyn_spectral_density(op, 4, options, grid, density, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 10000));
    nt_fails(NNDYN_ELIMIT, op, "Lanczos vectors", nndyn_spectral_density(op, 4, NULL, grid, density, error));
    assert_true(grid[0] == 17 && density[0] == 18 && error[0] == 19);
    nndyn_options_free(options);
    nndyn_operator_free(op), nndyn_operator_free(bad), nndyn_operator_free(tiny), nndyn_operator_free(general);
    free(m.a);
}

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_operator *op = NULL;
    double grid[4] = {17}, density[4], error[4];
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status =
            nndyn_operator_create(own, ((diagonal *)user)->n, ((diagonal *)user)->n, diagonal_apply, NULL, user, &op);
    }
    if (status == NNDYN_OK) {
        status = nndyn_spectral_density(op, 4, NULL, grid, density, error);
    }
    assert_true(status == NNDYN_OK || grid[0] == 17);
    nndyn_operator_free(op);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    diagonal sampled = {1001, 0, 0, 0}, formed = {12, 0, 0, 0};
    (void)state;
    nt_every_allocation(everything, &sampled);
    nt_every_allocation(everything, &formed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_are_the_spread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_operators_are_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quadrature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(early_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("spectral density", tests, NULL, NULL);
}
