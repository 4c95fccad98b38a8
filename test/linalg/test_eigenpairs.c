/* Eigenpairs of symmetric operators: known spectra, the dense twin, multiple values, every end, failures. */
#include "linalg/matrix.h"

static nndyn_context *context;
static nt_allocator counter;

static int set_up(void **state)
{
    (void)state;
    counter = (nt_allocator){0};
    context = nt_context(&counter);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nndyn_context_free(context);
    nt_no_leak(&counter);
    return 0;
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(laplacian_of_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(laplacian_of_a_square, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_spectra, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiple_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(low_rank_equal_and_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(narrow_gaps, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("eigenpairs", tests, NULL, NULL);
}
