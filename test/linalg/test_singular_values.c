/* Largest singular values of operators: known spectra, the dense twin, multiple and zero values, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

typedef struct triplets {
    double *s, *u, *v, *residuals;
} triplets;

static triplets triplets_of(int64_t count, int64_t rows, int64_t columns)
{
    triplets t = {calloc((size_t)count, 8), calloc((size_t)(count * rows), 8), calloc((size_t)(count * columns), 8),
                  calloc((size_t)count, 8)};
    return t;
}

static void triplets_free(triplets *t)
{
    free(t->s), free(t->u), free(t->v), free(t->residuals);
}

/* A v = s u and A' u = s v within what the residuals say (and rounding); orthonormal; signs fixed. */
static void check_triplets(const matrix *m, int64_t count, const triplets *t)
{
    double *y = calloc((size_t)(m->rows + m->columns), sizeof *y), *x = y + m->rows;
    matrix copy = *m;
    copy.fail_at = copy.bad_at = copy.cancel_at = 0;
    double scale = t->s[0] > 0 ? t->s[0] : 1;
    for (int64_t i = 0; i < count; i++) {
        const double *u = t->u + i * m->rows, *v = t->v + i * m->columns;
        double error = 0, largest = 0;
        matrix_apply(&copy, v, y);
        matrix_transposed(&copy, u, x);
        for (int64_t j = 0; j < m->rows; j++) {
            error += pow(y[j] - t->s[i] * u[j], 2);
        }
        for (int64_t j = 0; j < m->columns; j++) {
            error += pow(x[j] - t->s[i] * v[j], 2);
            largest = fabs(v[j]) > fabs(largest) ? v[j] : largest;
        }
        assert_true(sqrt(error) <= 1.5 * t->residuals[i] + 1e-13 * scale);
        assert_true(largest > 0);
    }
    check_orthonormal(count, m->rows, t->u, 1e-12);
    check_orthonormal(count, m->columns, t->v, 1e-12);
    free(y);
}

/* The `count` largest singular values are the first ones of `want`, which are descending. */
static void check_spectrum(matrix *m, int64_t count, const double *want, double tolerance)
{
    nndyn_operator *op = matrix_operator(context, m);
    triplets t = triplets_of(count, m->rows, m->columns);
    double *alone = calloc((size_t)count, sizeof *alone);
    nt_ok(op, nndyn_singular_values(op, count, NULL, t.s, t.u, t.v, t.residuals));
    nt_close(t.s, want, count, 0, tolerance * (want[0] > 0 ? want[0] : 1));
    check_triplets(m, count, &t);
    nt_ok(op, nndyn_singular_values(op, count, NULL, alone, NULL, NULL, NULL));
    nt_close(alone, want, count, 0, tolerance * (want[0] > 0 ? want[0] : 1));
    free(alone);
    triplets_free(&t);
    nndyn_operator_free(op);
}

/* ---- spectra ----------------------------------------------------------------------------------------------------- */

static void agrees_with_dense(int64_t rows, int64_t columns, int64_t count)
{
    int64_t k = rows < columns ? rows : columns;
    matrix m = matrix_random((uint64_t)(rows * 1000 + columns), rows, columns), copy = matrix_zero(rows, columns);
    double *want = calloc((size_t)k, sizeof *want);
    memcpy(copy.a, m.a, (size_t)(rows * columns) * sizeof *m.a);
    nt_ok(context, nd_svd(context, rows, columns, copy.a, want, NULL, NULL));
    check_spectrum(&m, count, want, count == k ? 1e-13 : 1e-12);
    free(m.a), free(copy.a), free(want);
}

static void random_matrices(void **state)
{
    static const int64_t cases[][3] = {{1, 1, 1},    {1, 8, 1},   {8, 1, 1},    {2, 2, 1},   {12, 12, 12}, {30, 20, 20},
                                       {20, 30, 20}, {60, 45, 5}, {45, 60, 44}, {300, 4, 3}, {4, 300, 4},  {70, 70, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        agrees_with_dense(cases[i][0], cases[i][1], cases[i][2]);
    }
}

/* So many columns that the run restarts: 4 count + 128 of them hold a run. */
static void restarts(void **state)
{
    enum { N = 220, COUNT = 3 };
    double s[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        s[i] = 1 + 1e-3 * (N - i); /* so dense that one basis is not enough */
    }
    matrix m = matrix_of_spectrum(context, 11, N + 20, N, s);
    check_spectrum(&m, COUNT, s, 1e-11);
    assert_true(m.calls > 4 * (4 * COUNT + 128));
    free(m.a);
}

static void graded(void **state)
{
    enum { N = 40 };
    double s[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        s[i] = pow(0.5, i);
    }
    matrix m = matrix_of_spectrum(context, 3, N, 50, s);
    check_spectrum(&m, 10, s, 1e-12);
    check_spectrum(&m, N, s, 1e-13);
    free(m.a);
}

/* Multiple values, found as often as they are there, for every count. */
static void multiple_values(void **state)
{
    static const double s[] = {5, 5, 5, 4, 2, 2, 1, 1, 1, 1, 0.5, 0, 0, 0};
    enum { N = sizeof s / sizeof *s };
    (void)state;
    matrix tall = matrix_of_spectrum(context, 21, 40, N, s), wide = matrix_of_spectrum(context, 23, N, 25, s);
    for (int64_t count = 1; count <= N; count++) {
        check_spectrum(&tall, count, s, 1e-12);
        check_spectrum(&wide, count, s, 1e-12);
    }
    free(tall.a), free(wide.a);
}

/* A pair of equal values at the edge of a spectrum long enough that the Krylov space does not end early. */
static void multiple_values_of_a_long_spectrum(void **state)
{
    enum { N = 150 };
    double s[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        s[i] = 1 + (double)(N - i) / N;
    }
    s[0] = s[1] = s[2] = 3;
    s[3] = s[4] = 2.5;
    matrix m = matrix_of_spectrum(context, 31, N, N, s);
    for (int64_t count = 1; count <= 6; count++) {
        check_spectrum(&m, count, s, 1e-11);
    }
    free(m.a);
}

static void identity_and_zero(void **state)
{
    enum { N = 30 };
    double ones[N], zeros[N] = {0};
    matrix identity = matrix_zero(N, N), zero = matrix_zero(N + 5, N);
    (void)state;
    for (int i = 0; i < N; i++) {
        identity.a[i * N + i] = ones[i] = 1;
    }
    check_spectrum(&identity, 1, ones, 1e-14);
    check_spectrum(&identity, 7, ones, 1e-14);
    check_spectrum(&identity, N, ones, 1e-14);
    check_spectrum(&zero, 4, zeros, 0);
    check_spectrum(&zero, N, zeros, 0);
    free(identity.a), free(zero.a);
}

static void rank_one_and_extreme_scales(void **state)
{
    static const double scales[] = {1, 1e-200, 1e150};
    enum { M = 12, N = 9 };
    (void)state;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        matrix m = matrix_zero(M, N);
        double want[N] = {0};
        for (int i = 0; i < M * N; i++) {
            m.a[i] = scales[k] * (i / N + 1) * (i % N + 1);
        }
        want[0] = scales[k] * sqrt(650.0 * 285.0); /* sums of squares to 12 and to 9 */
        check_spectrum(&m, 3, want, 1e-13);
        check_spectrum(&m, N, want, 1e-13);
        free(m.a);
    }
}

/* The start does not show. */
static void seeds(void **state)
{
    matrix m = matrix_random(8, 50, 40);
    nndyn_operator *op = matrix_operator(context, &m);
    nndyn_options *options = NULL;
    triplets a = triplets_of(4, 50, 40), b = triplets_of(4, 50, 40), c = triplets_of(4, 50, 40);
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "seed", 12345));
    nt_ok(op, nndyn_singular_values(op, 4, NULL, a.s, a.u, a.v, a.residuals));
    nt_ok(op, nndyn_singular_values(op, 4, options, b.s, b.u, b.v, b.residuals));
    nt_ok(op, nndyn_singular_values(op, 4, NULL, c.s, c.u, c.v, c.residuals));
    nt_close(b.s, a.s, 4, 1e-13, 0);
    nt_close(b.u, a.u, 4 * 50, 0, 1e-7);
    nt_close(b.v, a.v, 4 * 40, 0, 1e-7);
    nt_same(a.s, c.s, 4 * sizeof *a.s);
    nt_same(a.v, c.v, 4 * 40 * sizeof *a.v);
    triplets_free(&a), triplets_free(&b), triplets_free(&c);
    nndyn_options_free(options);
    nndyn_operator_free(op);
    free(m.a);
}

/* ---- threads, memory --------------------------------------------------------------------------------------------- */

/* Long vectors, so that projections are cut over the threads: a diagonal operator. */
static int diagonal_apply(void *user, const double *x, double *y)
{
    const int64_t n = *(int64_t *)user;
    for (int64_t i = 0; i < n; i++) {
        y[i] = x[i] / (double)(1 + i % 50);
    }
    return 0;
}

static void threads_give_the_same_bits(void **state)
{
    int64_t n = 40000;
    double s[2][3];
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        nndyn_operator *op = NULL;
        nt_ok(context, nndyn_context_set_threads(context, threads == 1 ? 1 : 4));
        nt_ok(context, nndyn_operator_create(context, n, n, diagonal_apply, NULL, &n, &op));
        nt_ok(op, nndyn_singular_values(op, 3, NULL, s[threads - 1], NULL, NULL, NULL));
        nndyn_operator_free(op);
    }
    nt_same(s[0], s[1], sizeof s[0]);
    nt_close(s[0], ((double[]){1, 1, 1}), 3, 1e-12, 0);
}

static void memory(void **state)
{
    matrix m = matrix_random(4, 120, 100);
    double s[100], keep = 17;
    nndyn_operator *op = matrix_operator(context, &m);
    (void)state;
    int64_t before = atomic_load(&counter.live_bytes);
    for (int64_t count = 100; count >= 1; count -= 33) {
        counter.peak_bytes = before;
        nt_ok(op, nndyn_singular_values(op, count, NULL, s, NULL, NULL, NULL));
        assert_true((double)(counter.peak_bytes - before) <= nd_singular_values_bytes(120, 100, count));
    }
    nt_ok(context, nndyn_context_set_memory_limit(context, 4096));
    nt_fails(NNDYN_ELIMIT, op, "basis", nndyn_singular_values(op, 10, NULL, &keep, NULL, NULL, NULL));
    assert_true(keep == 17);
    nndyn_operator_free(op);
    free(m.a);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void faults_of_callbacks(void **state)
{
    matrix m = matrix_random(6, 20, 15);
    double s[2] = {17, 18}, u[40] = {19}, v[30] = {20};
    nndyn_operator *op = matrix_operator(context, &m);
    m.context = context;
    (void)state;
    for (int64_t at = 1; at < 12; at++) {
        m.calls = 0, m.fail_at = at, m.bad_at = 0, m.cancel_at = 0;
        nt_fails(NNDYN_ECALLBACK, op, "returned 7", nndyn_singular_values(op, 2, NULL, s, u, v, NULL));
        m.calls = 0, m.fail_at = 0, m.bad_at = at;
        nt_fails(NNDYN_ENUMERIC, op, "nan", nndyn_singular_values(op, 2, NULL, s, u, v, NULL));
        m.calls = 0, m.bad_at = 0, m.cancel_at = at;
        nt_fails(NNDYN_ECANCELED, op, "", nndyn_singular_values(op, 2, NULL, s, u, v, NULL));
    }
    assert_true(s[0] == 17 && s[1] == 18 && u[0] == 19 && v[0] == 20);
    m.cancel_at = 0;
    nt_ok(op, nndyn_singular_values(op, 2, NULL, s, u, v, NULL));
    nndyn_operator_free(op);
    free(m.a);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    assert_true(fraction >= 0 && fraction <= 1);
    return ++*(int *)user >= 2;
}

static void progress_stops(void **state)
{
    int64_t n = 40000;
    int reports = 0;
    double s[3] = {17};
    nndyn_operator *op = NULL;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, n, n, diagonal_apply, NULL, &n, &op));
    nt_ok(context, nndyn_context_set_progress(context, stop, &reports));
    int status = nndyn_singular_values(op, 3, NULL, s, NULL, NULL, NULL);
    assert_true(status == NNDYN_ECANCELED ? s[0] == 17 : reports < 2);
    nt_ok(context, nndyn_context_set_progress(context, NULL, NULL));
    nndyn_operator_free(op);
}

static void arguments(void **state)
{
    matrix m = matrix_random(6, 20, 15);
    double s[15] = {17};
    nndyn_operator *op = matrix_operator(context, &m);
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    assert_int_equal(nndyn_singular_values(NULL, 1, NULL, s, NULL, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, op, "count", nndyn_singular_values(op, 0, NULL, s, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, op, "15", nndyn_singular_values(op, 16, NULL, s, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, op, "s is NULL", nndyn_singular_values(op, 1, NULL, NULL, NULL, NULL, NULL));
    nt_ok(options, nndyn_options_set_integer(options, "iterations", 3));
    nt_fails(NNDYN_ENUMERIC, op, "3 iterations", nndyn_singular_values(op, 5, options, s, NULL, NULL, NULL));
    assert_int_equal(m.calls, 6);
    nt_ok(options, nndyn_options_set_integer(options, "iteration", 3));
    nt_fails(NNDYN_EOPTION, op, "iterations", nndyn_singular_values(op, 5, options, s, NULL, NULL, NULL));
    assert_true(s[0] == 17);
    nndyn_options_free(options);
    nndyn_operator_free(op);
    free(m.a);
}

static int everything(nt_allocator *a, void *user)
{
    matrix *m = user;
    nndyn_context *own = NULL;
    nndyn_operator *op = NULL;
    double s[4], u[4 * 30], v[4 * 20], keep[4] = {1, 2, 3, 4};
    memcpy(s, keep, sizeof s);
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nndyn_operator_create(own, 30, 20, matrix_apply, matrix_transposed, m, &op);
    }
    if (status == NNDYN_OK) {
        status = nndyn_singular_values(op, 4, NULL, s, u, v, NULL);
    }
    assert_true(status == NNDYN_OK || memcmp(s, keep, sizeof s) == 0);
    nndyn_operator_free(op);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    double spectrum[20] = {5, 5, 4, 3};
    (void)state;
    matrix m = matrix_of_spectrum(context, 1, 30, 20, spectrum);
    nt_every_allocation(everything, &m);
    free(m.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_matrices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(restarts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(graded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiple_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiple_values_of_a_long_spectrum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(identity_and_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rank_one_and_extreme_scales, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seeds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_give_the_same_bits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults_of_callbacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(progress_stops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("singular values", tests, NULL, NULL);
}
