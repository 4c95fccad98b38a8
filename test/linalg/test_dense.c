/* Dense factorizations: reconstruction, orthonormality, closed forms, refusals. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

/* ---- symmetric eigenproblem -------------------------------------------------------------------------------------- */

/* The second difference matrix: eigenvalues 2 - 2 cos(i pi / (n + 1)). */
static void second_difference(int64_t n, double *a)
{
    memset(a, 0, (size_t)(n * n) * sizeof *a);
    for (int64_t i = 0; i < n; i++) {
        a[i * n + i] = 2;
        if (i > 0) {
            a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
        }
    }
}

static void eigenvalues_of_second_difference(void **state)
{
    enum { N = 37 };
    double a[N * N], values[N], want[N], vectors[N * N];
    (void)state;
    for (int i = 0; i < N; i++) {
        want[i] = 2 - 2 * cos((i + 1) * 3.141592653589793 / (N + 1));
    }
    second_difference(N, a);
    nt_ok(context, nd_symmetric_eigen(context, N, a, 0, values));
    nt_close(values, want, N, 0, 1e-13);
    second_difference(N, vectors);
    nt_ok(context, nd_symmetric_eigen(context, N, vectors, 1, values));
    nt_close(values, want, N, 0, 1e-13);
    check_orthonormal(N, N, vectors, 1e-13);
    second_difference(N, a);
    for (int i = 0; i < N; i++) {
        double product[N];
        multiply(N, 1, N, a, vectors + (ptrdiff_t)i * N, product);
        for (int j = 0; j < N; j++) {
            nt_near(product[j], want[i] * vectors[i * N + j], 1e-13);
        }
    }
}

static void eigenvalue_of_a_number(void **state)
{
    double a = -3, value = 0;
    (void)state;
    nt_ok(context, nd_symmetric_eigen(context, 1, &a, 1, &value));
    assert_true(value == -3 && fabs(a) == 1);
}

static void eigen_refuses_what_is_not_finite(void **state)
{
    double a[4] = {1, NAN, NAN, 1}, values[2] = {5, 6};
    (void)state;
    nt_fails(NNDYN_ENUMERIC, context, "dsyevd", nd_symmetric_eigen(context, 2, a, 1, values));
    assert_true(values[0] == 5 && values[1] == 6);
    nt_fails(NNDYN_EUNSUPPORTED, context, "32-bit", nd_symmetric_eigen(context, 100000, a, 1, values));
}

/* ---- singular value decomposition -------------------------------------------------------------------------------- */

static void svd_reconstructs(int64_t m, int64_t n)
{
    int64_t k = m < n ? m : n;
    matrix a = matrix_random((uint64_t)(m * 100 + n), m, n), copy = matrix_zero(m, n), back = matrix_zero(m, n);
    matrix u = matrix_zero(k, m), v = matrix_zero(k, n), left = matrix_zero(m, k);
    double *s = calloc((size_t)k, sizeof *s), *alone = calloc((size_t)k, sizeof *alone);
    memcpy(copy.a, a.a, (size_t)(m * n) * sizeof *a.a);
    nt_ok(context, nd_svd(context, m, n, copy.a, s, u.a, v.a));
    memcpy(copy.a, a.a, (size_t)(m * n) * sizeof *a.a);
    nt_ok(context, nd_svd(context, m, n, copy.a, alone, NULL, NULL));
    nt_close(alone, s, k, 1e-13, 1e-13);
    check_orthonormal(k, m, u.a, 1e-13);
    check_orthonormal(k, n, v.a, 1e-13);
    for (int64_t i = 0; i < k; i++) {
        assert_true(s[i] >= 0 && (i == 0 || s[i] <= s[i - 1]));
        for (int64_t j = 0; j < m; j++) {
            left.a[j * k + i] = s[i] * u.a[i * m + j];
        }
    }
    multiply(m, n, k, left.a, v.a, back.a);
    nt_close(back.a, a.a, m * n, 0, 1e-12);
    free(a.a), free(copy.a), free(back.a), free(u.a), free(v.a), free(left.a), free(s), free(alone);
}

static void svd_of_all_shapes(void **state)
{
    static const int64_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}, {5, 5}, {40, 33}, {33, 40}, {3, 90}, {90, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        svd_reconstructs(shapes[i][0], shapes[i][1]);
    }
}

static void svd_refusals(void **state)
{
    double a[2] = {1, INFINITY}, s[1] = {5};
    (void)state;
    nt_fails(NNDYN_ENUMERIC, context, "dgesdd", nd_svd(context, 1, 2, a, s, NULL, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, context, "32-bit", nd_svd(context, 50000, 50000, a, s, a, a));
    assert_true(s[0] == 5);
}

/* ---- orthonormal rows -------------------------------------------------------------------------------------------- */

/* The naive twin: Gram-Schmidt, which has the signs of a positive diagonal. */
static void gram_schmidt(int64_t m, int64_t n, double *a)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t pass = 0; pass < 2; pass++) {
            for (int64_t j = 0; j < i; j++) {
                double dot = 0;
                for (int64_t l = 0; l < n; l++) {
                    dot += a[i * n + l] * a[j * n + l];
                }
                for (int64_t l = 0; l < n; l++) {
                    a[i * n + l] -= dot * a[j * n + l];
                }
            }
        }
        double norm = 0;
        for (int64_t l = 0; l < n; l++) {
            norm += a[i * n + l] * a[i * n + l];
        }
        for (int64_t l = 0; l < n; l++) {
            a[i * n + l] /= sqrt(norm);
        }
    }
}

static void orthonormal_rows(void **state)
{
    static const int64_t shapes[][2] = {{1, 1}, {1, 9}, {6, 6}, {17, 50}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int64_t m = shapes[i][0], n = shapes[i][1];
        matrix a = matrix_random(i + 3, m, n), twin = matrix_random(i + 3, m, n);
        nt_ok(context, nd_orthonormal_rows(context, m, n, a.a));
        gram_schmidt(m, n, twin.a);
        nt_close(a.a, twin.a, m * n, 0, 1e-11);
        check_orthonormal(m, n, a.a, 1e-14);
        free(a.a), free(twin.a);
    }
}

static void orthonormal_rows_of_rank_one(void **state)
{
    double a[3 * 5];
    (void)state;
    for (int i = 0; i < 15; i++) {
        a[i] = i % 5 + 1;
    }
    nt_ok(context, nd_orthonormal_rows(context, 3, 5, a));
    check_orthonormal(3, 5, a, 1e-14);
    nt_fails(NNDYN_EINTERNAL, context, "orthonormal", nd_orthonormal_rows(context, 5, 3, a));
}

/* ---- allocations ------------------------------------------------------------------------------------------------- */

static int factorizations(nt_allocator *a, void *user)
{
    matrix m = matrix_random(1, 6, 6);
    double s[6], u[36], v[36];
    nndyn_context *own = NULL;
    (void)user;
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nd_orthonormal_rows(own, 6, 6, m.a);
    }
    if (status == NNDYN_OK) {
        status = nd_symmetric_eigen(own, 6, m.a, 1, s);
    }
    if (status == NNDYN_OK) {
        status = nd_svd(own, 6, 6, m.a, s, u, v);
    }
    nndyn_context_free(own);
    free(m.a);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(factorizations, NULL);
}

/* The forecast is what is allocated, or at most twice that. */
static void forecasts(void **state)
{
    enum { M = 60, N = 90 };
    matrix a = matrix_random(5, N, N), u = matrix_zero(N, N), v = matrix_zero(N, N);
    double s[N];
    (void)state;
    int64_t before = atomic_load(&counter.live_bytes);
    for (int vectors = 0; vectors < 2; vectors++) {
        counter.peak_bytes = before;
        nt_ok(context, nd_svd(context, M, N, a.a, s, vectors ? u.a : NULL, vectors ? v.a : NULL));
        double used = (double)(counter.peak_bytes - before), forecast = nd_svd_bytes(M, N, vectors);
        assert_true(used <= 1.05 * forecast && forecast <= 2.2 * used);
        counter.peak_bytes = before;
        nt_ok(context, nd_symmetric_eigen(context, N, u.a, vectors, s));
        used = (double)(counter.peak_bytes - before);
        forecast = nd_symmetric_eigen_bytes(N, vectors);
        assert_true(used <= 1.05 * forecast);
    }
    free(a.a), free(u.a), free(v.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(eigenvalues_of_second_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(eigenvalue_of_a_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(eigen_refuses_what_is_not_finite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(svd_of_all_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(svd_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orthonormal_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orthonormal_rows_of_rank_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forecasts, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("dense", tests, NULL, NULL);
}
