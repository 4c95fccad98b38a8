/* Eigenpairs of symmetric operators: known spectra, the dense twin, multiple values, every end, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */
#include "nndyn/derivatives.h"

/* ---- spectra of closed form -------------------------------------------------------------------------------------- */

/* Q' diag(values) Q for a random orthonormal Q. */
static matrix symmetric_of_spectrum(uint64_t seed, int64_t n, const double *values)
{
    matrix q = matrix_random(seed, n, n), a = matrix_zero(n, n);
    nt_ok(context, nd_orthonormal_rows(context, n, n, q.a));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t l = 0; l < n; l++) {
                sum += values[l] * q.a[l * n + i] * q.a[l * n + j];
            }
            a.a[i * n + j] = a.a[j * n + i] = sum;
        }
    }
    free(q.a);
    return a;
}

static nndyn_operator *symmetric_operator(matrix *m)
{
    nndyn_operator *op = NULL;
    nt_ok(context, nndyn_operator_create(context, m->rows, m->rows, matrix_apply, NULL, m, &op));
    return op;
}

/* The five-point Laplacian of a width x height grid, zero outside. */
typedef struct grid {
    int64_t width, height;
} grid;

static int grid_apply(void *user, const double *x, double *y)
{
    const grid *g = user;
    for (int64_t i = 0; i < g->height; i++) {
        for (int64_t j = 0; j < g->width; j++) {
            const double *at = x + i * g->width + j;
            double sum = (g->height > 1 ? 4 : 2) * *at;
            sum -= (j > 0 ? at[-1] : 0) + (j + 1 < g->width ? at[1] : 0);
            sum -= (i > 0 ? at[-g->width] : 0) + (i + 1 < g->height ? at[g->width] : 0);
            y[i * g->width + j] = sum;
        }
    }
    return 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* 2 - 2 cos(pi j / (width + 1)) + the same along the height, ascending. */
static double *grid_spectrum(const grid *g)
{
    const double pi = 3.14159265358979323846;
    double *values = calloc((size_t)(g->width * g->height), sizeof *values);
    for (int64_t i = 0; i < g->height; i++) {
        for (int64_t j = 0; j < g->width; j++) {
            double along = 4 * pow(sin(pi * (double)(j + 1) / (double)(2 * g->width + 2)), 2);
            double across = g->height > 1 ? 4 * pow(sin(pi * (double)(i + 1) / (double)(2 * g->height + 2)), 2) : 0;
            values[i * g->width + j] = along + across;
        }
    }
    qsort(values, (size_t)(g->width * g->height), sizeof *values, ascending);
    return values;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static const char *const ends[] = {"largest", "smallest", "magnitude", "nearest"};

static double shift_of_keys;
static int which_of_keys;

static double wanted_key(double value)
{
    const double keys[] = {-value, value, -fabs(value), fabs(value - shift_of_keys)};
    return keys[which_of_keys];
}

static int by_key(const void *a, const void *b)
{
    double x = wanted_key(*(const double *)a), y = wanted_key(*(const double *)b);
    return (x > y) - (x < y);
}

/* Residuals are as returned, vectors orthonormal and signed, against the products of the operator itself. */
static void check_pairs(nndyn_operator *op, int64_t n, int64_t count, const double *values, const double *vectors,
                        const double *residuals, double norm)
{
    double *y = calloc((size_t)n, sizeof *y);
    for (int64_t i = 0; i < count; i++) {
        const double *v = vectors + i * n;
        double squares = 0, largest = 0;
        nt_ok(op, nndyn_operator_apply(op, v, y));
        for (int64_t j = 0; j < n; j++) {
            squares += pow(y[j] - values[i] * v[j], 2);
            largest = fabs(v[j]) > fabs(largest) ? v[j] : largest;
        }
        nt_near(sqrt(squares), residuals[i], 1e-14 * (double)n * norm);
        assert_true(largest > 0);
    }
    check_orthonormal(count, n, vectors, 1e-11);
    free(y);
}

/* `count` pairs at one end are those of `spectrum` (n values in any order); basis 0 lets the library choose. */
static void check_end(nndyn_operator *op, int64_t n, const double *spectrum, int which, double shift, int64_t count,
                      int64_t basis, double tolerance)
{
    double *want = calloc((size_t)n, sizeof *want), *got = calloc((size_t)(count * (n + 2)), sizeof *got);
    double *residuals = got + count, *vectors = residuals + count, norm = 0;
    int *converged = calloc((size_t)count, sizeof *converged);
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "which", ends[which]));
    nt_ok(options, nndyn_options_set_double(options, "shift", shift));
    nt_ok(options, nndyn_options_set_integer(options, "basis", basis));
    nt_ok(options, nndyn_options_set_double(options, "tolerance", tolerance));
    memcpy(want, spectrum, (size_t)n * sizeof *want);
    which_of_keys = which, shift_of_keys = shift;
    qsort(want, (size_t)n, sizeof *want, by_key);
    for (int64_t i = 0; i < n; i++) {
        norm = fmax(norm, fabs(want[i]));
    }
    nt_ok(op, nndyn_eigenpairs(op, count, options, got, vectors, residuals, converged));
    for (int64_t i = 0; i < count; i++) {
        nt_near(wanted_key(got[i]), wanted_key(want[i]), tolerance * norm + 1e-14 * norm);
        assert_true(residuals[i] <= 1.01 * tolerance * norm);
        assert_int_equal(converged[i], 1);
    }
    check_pairs(op, n, count, got, vectors, residuals, norm);
    free(want), free(got), free(converged);
    nndyn_options_free(options);
}

static void laplacian_of_a_line(void **state)
{
    grid line = {300, 1};
    double *spectrum = grid_spectrum(&line);
    nndyn_operator *op = NULL;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, 300, 300, grid_apply, NULL, &line, &op));
    check_end(op, 300, spectrum, 0, 0, 5, 40, 1e-8);
    check_end(op, 300, spectrum, 1, 0, 5, 40, 1e-8);
    check_end(op, 300, spectrum, 2, 0, 5, 0, 1e-8);
    check_end(op, 300, spectrum, 3, 1.3, 4, 100, 1e-6);
    nndyn_operator_free(op);
    free(spectrum);
}

/* Square: every off-diagonal pair (i, j), (j, i) is a double eigenvalue. */
static void laplacian_of_a_square(void **state)
{
    grid square = {24, 24};
    int64_t n = 24 * 24;
    double *spectrum = grid_spectrum(&square);
    nndyn_operator *op = NULL;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, n, n, grid_apply, NULL, &square, &op));
    for (int64_t count = 1; count <= 8; count++) {
        check_end(op, n, spectrum, 0, 0, count, 60, 1e-9);
        check_end(op, n, spectrum, 1, 0, count, 0, 1e-9);
    }
    nndyn_operator_free(op);
    free(spectrum);
}

/* ---- spectra that are hard --------------------------------------------------------------------------------------- */

static void every_end(uint64_t seed, int64_t n, const double *spectrum, double shift, int64_t basis, double tolerance)
{
    matrix m = symmetric_of_spectrum(seed, n, spectrum);
    nndyn_operator *op = symmetric_operator(&m);
    for (int which = 0; which < 4; which++) {
        for (int64_t count = 1; count <= 6 && count <= n; count += 1 + count / 3) {
            check_end(op, n, spectrum, which, shift, count, 0, tolerance);
            if (2 * count + 2 <= basis) {
                check_end(op, n, spectrum, which, shift, count, basis, tolerance);
            }
        }
    }
    check_end(op, n, spectrum, 0, 0, n, 0, tolerance);
    check_end(op, n, spectrum, 1, 0, n, 2 * n + 2, tolerance);
    nndyn_operator_free(op);
    free(m.a);
}

static void random_spectra(void **state)
{
    double spectrum[60];
    (void)state;
    nt_normal(5, 60, spectrum);
    every_end(6, 60, spectrum, 0.1, 30, 1e-8);
    every_end(7, 1, spectrum, 0, 0, 1e-8);
    every_end(8, 2, spectrum, 0, 0, 1e-8);
}

/* Multiple values at both ends, mirrored ones about the shift, zeros. */
static void multiple_values(void **state)
{
    static const double spectrum[] = {5, 5, 5, 4, 2, 2, 1, 1, 1, 1, 0.5, 0, 0, 0, -1, -1, -2, -5, -5, -5};
    (void)state;
    every_end(21, 20, spectrum, 0, 18, 1e-9);
    every_end(22, 20, spectrum, 0.25, 18, 1e-9);
}

static void low_rank_equal_and_zero(void **state)
{
    double spectrum[40] = {3, 2, 1, -1};
    (void)state;
    every_end(31, 40, spectrum, 1.5, 20, 1e-9);
    for (int i = 0; i < 40; i++) {
        spectrum[i] = 7;
    }
    every_end(32, 40, spectrum, 1.5, 20, 1e-9);
    memset(spectrum, 0, sizeof spectrum);
    every_end(33, 40, spectrum, 0, 20, 1e-9);
}

/* Gaps of 1e-6 of the norm at the wanted end are told apart when the tolerance is below them. */
static void narrow_gaps(void **state)
{
    enum { N = 80 };
    double spectrum[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        spectrum[i] = (double)i / N;
    }
    spectrum[0] = 2, spectrum[1] = 2 - 1e-6, spectrum[2] = 2 - 2e-6;
    matrix m = symmetric_of_spectrum(41, N, spectrum);
    nndyn_operator *op = symmetric_operator(&m);
    for (int64_t count = 1; count <= 4; count++) {
        check_end(op, N, spectrum, 0, 0, count, 24, 1e-10);
    }
    nndyn_operator_free(op);
    free(m.a);
}

/* ---- the Hessian of a network ------------------------------------------------------------------------------------ */

/* 4-6-3 tanh network, P = 51: its Hessian column by column is the twin of the eigenpairs, the density and the trace. */
static void hessian_of_a_network(void **state)
{
    enum { N = 12, P = 51, POINTS = 400 };
    double x[N * 4], t[N * 3], unit[P] = {0}, h[P * P], spectrum[P], mean = 0, trace = 0, error = 0,
                               density[2 * POINTS];
    nndyn_network *network = NULL;
    nndyn_operator *op = NULL;
    (void)state;
    nt_normal(1, N * 4, x);
    nt_normal(2, N * 3, t);
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 4, &network));
    nt_ok(network, nndyn_network_add_dense(network, 6, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, 3, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_hessian_operator(network, N, x, t, NULL, &op));
    for (int i = 0; i < P; i++) {
        unit[i] = 1;
        nt_ok(network, nndyn_hessian_vector(network, N, x, t, unit, NULL, h + i * P));
        unit[i] = 0;
        mean += h[i * P + i] / P;
    }
    nt_ok(context, nd_symmetric_eigen(context, P, h, 0, spectrum));
    for (int which = 0; which < 3; which++) {
        check_end(op, P, spectrum, which, 0, 5, 0, 1e-9);
        check_end(op, P, spectrum, which, 0, 5, 20, 1e-9);
    }
    nt_ok(op, nndyn_trace(op, NULL, &trace, &error));
    nt_near(trace, mean * P, 1e-12);
    nt_ok(op, nndyn_spectral_density(op, POINTS, NULL, density, density + POINTS, NULL));
    double mass = 0, first = 0, step = density[1] - density[0];
    for (int i = 0; i < POINTS; i++) {
        mass += step * density[POINTS + i];
        first += step * density[POINTS + i] * density[i];
    }
    nt_near(mass, 1, 1e-6);
    nt_near(first, mean, 1e-6);
    nndyn_operator_free(op);
    nndyn_network_free(network);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static nndyn_options *options_with(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

static void iterations_exhausted(void **state)
{
    grid line = {300, 1};
    double values[3] = {17, 18, 19}, residuals[3], vectors[3 * 300];
    int converged[3] = {5, 5, 5};
    nndyn_operator *op = NULL;
    nndyn_options *options = options_with("iterations", 20);
    (void)state;
    nt_ok(context, nndyn_operator_create(context, 300, 300, grid_apply, NULL, &line, &op));
    nt_fails(NNDYN_ENUMERIC, op, "0 of 3", nndyn_eigenpairs(op, 3, options, values, NULL, NULL, NULL));
    assert_true(values[0] == 17 && values[1] == 18 && values[2] == 19);
    nt_ok(op, nndyn_eigenpairs(op, 3, options, values, vectors, residuals, converged));
    for (int i = 0; i < 3; i++) {
        assert_true(converged[i] == 0 && residuals[i] > 1e-8 && values[i] > 3 && values[i] < 4);
    }
    check_pairs(op, 300, 3, values, vectors, residuals, 4);
    nt_ok(options, nndyn_options_set_integer(options, "iterations", 7));
    nt_fails(NNDYN_EOPTION, op, "at least 8", nndyn_eigenpairs(op, 3, options, values, NULL, NULL, converged));
    nndyn_options_free(options);
    nndyn_operator_free(op);
}

static void not_symmetric(void **state)
{
    matrix m = matrix_random(3, 40, 40), wide = matrix_random(3, 4, 5);
    double value = 17;
    nndyn_operator *claimed = symmetric_operator(&m), *general = matrix_operator(context, &m);
    nndyn_operator *oblong = matrix_operator(context, &wide);
    nndyn_options *options = options_with("basis", 12);
    (void)state;
    nt_fails(NNDYN_EARG, claimed, "|A - A'|", nndyn_eigenpairs(claimed, 1, NULL, &value, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, claimed, "|A - A'|", nndyn_eigenpairs(claimed, 1, options, &value, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, general, "symmetric", nndyn_eigenpairs(general, 1, NULL, &value, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, oblong, "square", nndyn_eigenpairs(oblong, 1, NULL, &value, NULL, NULL, NULL));
    assert_true(value == 17);
    nndyn_options_free(options);
    nndyn_operator_free(claimed), nndyn_operator_free(general), nndyn_operator_free(oblong);
    free(m.a), free(wide.a);
}

static void faults(void **state)
{
    double spectrum[40], values[2] = {17, 18}, vectors[80] = {19};
    nt_normal(9, 40, spectrum);
    matrix m = symmetric_of_spectrum(3, 40, spectrum);
    nndyn_operator *op = symmetric_operator(&m);
    m.context = context;
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        nndyn_options *options = options_with("basis", dense ? 0 : 10);
        for (int64_t at = 1; at < 25; at += 2) {
            m.calls = 0, m.fail_at = at, m.bad_at = m.cancel_at = 0;
            nt_fails(NNDYN_ECALLBACK, op, "returned 7", nndyn_eigenpairs(op, 2, options, values, vectors, NULL, NULL));
            m.calls = 0, m.fail_at = 0, m.bad_at = at;
            nt_fails(NNDYN_ENUMERIC, op, "nan", nndyn_eigenpairs(op, 2, options, values, vectors, NULL, NULL));
            m.calls = 0, m.bad_at = 0, m.cancel_at = at;
            nt_fails(NNDYN_ECANCELED, op, "", nndyn_eigenpairs(op, 2, options, values, vectors, NULL, NULL));
        }
        m.cancel_at = 0;
        nt_fails(NNDYN_EARG, op, "count", nndyn_eigenpairs(op, 0, options, values, NULL, NULL, NULL));
        nt_fails(NNDYN_EARG, op, "count", nndyn_eigenpairs(op, 41, options, values, NULL, NULL, NULL));
        nt_fails(NNDYN_EARG, op, "values is NULL", nndyn_eigenpairs(op, 2, options, NULL, NULL, NULL, NULL));
        nt_ok(options, nndyn_options_set_text(options, "which", "middle"));
        nt_fails(NNDYN_EOPTION, op, "which", nndyn_eigenpairs(op, 2, options, values, NULL, NULL, NULL));
        nndyn_options_free(options);
    }
    nndyn_options *options = options_with("basis", 5);
    nt_fails(NNDYN_EOPTION, op, "at least 6", nndyn_eigenpairs(op, 2, options, values, NULL, NULL, NULL));
    assert_true(values[0] == 17 && values[1] == 18 && vectors[0] == 19);
    assert_int_equal(nndyn_eigenpairs(NULL, 2, NULL, values, NULL, NULL, NULL), NNDYN_EARG);
    nndyn_options_free(options);
    nndyn_operator_free(op);
    free(m.a);
}

/* Under a limit the basis shrinks and the answer stays; under a smaller one the call is refused. */
static void memory_limit(void **state)
{
    grid square = {40, 40};
    int64_t n = 1600;
    double *spectrum = grid_spectrum(&square), value = 17;
    nndyn_operator *op = NULL;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, n, n, grid_apply, NULL, &square, &op));
    nt_ok(context, nndyn_context_set_memory_limit(context, 800000));
    counter.peak_bytes = atomic_load(&counter.live_bytes);
    int64_t before = counter.peak_bytes;
    check_end(op, n, spectrum, 0, 0, 4, 0, 1e-8);
    assert_true(counter.peak_bytes - before < 810000);
    nt_ok(context, nndyn_context_set_memory_limit(context, 60000));
    nt_fails(NNDYN_ELIMIT, op, "basis", nndyn_eigenpairs(op, 4, NULL, &value, NULL, NULL, NULL));
    assert_true(value == 17);
    nndyn_operator_free(op);
    free(spectrum);
}

static int everything(nt_allocator *a, void *user)
{
    static const char *const which[] = {"largest", "nearest"};
    nndyn_context *own = NULL;
    nndyn_operator *op = NULL;
    nndyn_options *options = NULL;
    double value = 17;
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nndyn_operator_create(own, 24, 24, matrix_apply, NULL, user, &op);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(own, &options);
    }
    for (int i = 0; status == NNDYN_OK && i < 4; i++) {
        status = nndyn_options_set_text(options, "which", which[i % 2]);
        if (status == NNDYN_OK) {
            status = nndyn_options_set_integer(options, "basis", i < 2 ? 0 : 8);
        }
        if (status == NNDYN_OK) {
            value = 17;
            status = nndyn_eigenpairs(op, 1, options, &value, NULL, NULL, NULL);
            assert_true(status == NNDYN_OK || value == 17);
        }
    }
    nndyn_options_free(options);
    nndyn_operator_free(op);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    double spectrum[24] = {3, 3, 2, 1, -1};
    (void)state;
    matrix m = symmetric_of_spectrum(1, 24, spectrum);
    nt_every_allocation(everything, &m);
    free(m.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(laplacian_of_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(laplacian_of_a_square, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_spectra, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiple_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(low_rank_equal_and_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(narrow_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hessian_of_a_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(iterations_exhausted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_symmetric, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("eigenpairs", tests, NULL, NULL);
}
