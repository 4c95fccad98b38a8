/* Eigenvalues of general operators: closed forms, LAPACK's dgeev as the twin, conjugates, copies, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

static nndyn_options *options_with(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

/* The moduli descending, conjugates in order, against all eigenvalues `re`, `im` of the matrix. */
static void check_largest(matrix *m, int64_t count, int64_t basis, const double *re, const double *im, double tolerance)
{
    int64_t n = m->rows;
    nndyn_operator *op = matrix_operator(context, m);
    nndyn_options *options = options_with("basis", basis);
    double *a = calloc((size_t)(3 * count + n), sizeof *a), *b = a + count, *residuals = b + count, largest = 0;
    char *used = calloc((size_t)n, 1);
    int *converged = calloc((size_t)count, sizeof *converged);
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, hypot(re[i], im[i]));
    }
    nt_ok(op, nndyn_eigenvalues(op, count, options, a, b, residuals, converged));
    for (int64_t i = 0; i < count; i++) {
        int64_t best = -1, larger = 0;
        for (int64_t j = 0; j < n; j++) {
            double distance = hypot(re[j] - a[i], im[j] - b[i]);
            larger += hypot(re[j], im[j]) > hypot(a[i], b[i]) + 2 * tolerance * largest;
            if (!used[j] && (best < 0 || distance < hypot(re[best] - a[i], im[best] - b[i]))) {
                best = j;
            }
        }
        used[best] = 1; /* so each copy is matched once */
        nt_near(a[i], re[best], tolerance * largest);
        nt_near(b[i], im[best], tolerance * largest);
        assert_true(larger <= i);
        assert_true(b[i] >= 0 || (a[i] == a[i - 1] && b[i] == -b[i - 1]));
        assert_int_equal(converged[i], 1);
        assert_true(residuals[i] <= 2e-8 * sqrt((double)n) * largest);
    }
    free(a), free(used), free(converged);
    nndyn_options_free(options);
    nndyn_operator_free(op);
}

static void random_matrices(void **state)
{
    static const int64_t sizes[] = {1, 2, 3, 10, 60};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int64_t n = sizes[k];
        matrix m = matrix_random(70 + k, n, n), copy = matrix_zero(n, n);
        double *re = calloc((size_t)(2 * n), sizeof *re), *im = re + n;
        memcpy(copy.a, m.a, (size_t)(n * n) * sizeof *re);
        nt_ok(context, nd_general_eigen(context, n, copy.a, re, im, NULL));
        for (int64_t count = 1; count <= 5 && count <= n; count++) {
            check_largest(&m, count, 0, re, im, 1e-7);
            check_largest(&m, count, 2 * count + 12, re, im, 1e-7);
        }
        check_largest(&m, n, 0, re, im, 1e-10);
        free(re), free(m.a), free(copy.a);
    }
}

/* Scaled rotations on the diagonal, some of them twice, in a random orthonormal basis. */
static void rotations(void **state)
{
    enum { N = 80 };
    double re[N], im[N];
    matrix q = matrix_random(9, N, N), m = matrix_zero(N, N);
    (void)state;
    nt_ok(context, nd_orthonormal_rows(context, N, N, q.a));
    for (int i = 0; i < N; i += 2) {
        double radius = i < 4 ? 2 : i < 8 ? 1.5 : 1 - 0.01 * i, angle = i < 4 ? 0.7 : 0.1 + 0.05 * (i < 8 ? 4 : i);
        re[i] = re[i + 1] = radius * cos(angle);
        im[i] = radius * sin(angle);
        im[i + 1] = -im[i];
        for (int j = 0; j < N; j++) {
            for (int k = 0; k < N; k++) {
                double along = q.a[i * N + j] * q.a[i * N + k] + q.a[(i + 1) * N + j] * q.a[(i + 1) * N + k];
                double across = q.a[i * N + j] * q.a[(i + 1) * N + k] - q.a[(i + 1) * N + j] * q.a[i * N + k];
                m.a[j * N + k] += re[i] * along + im[i] * across;
            }
        }
    }
    for (int64_t count = 1; count <= 9; count++) {
        check_largest(&m, count, 0, re, im, 1e-7);
        check_largest(&m, count, 30, re, im, 1e-7);
    }
    free(q.a), free(m.a);
}

static void zero_and_identity(void **state)
{
    enum { N = 20 };
    matrix m = matrix_zero(N, N);
    double re[N] = {0}, im[N] = {0};
    (void)state;
    check_largest(&m, 3, 0, re, im, 0);
    check_largest(&m, 3, 12, re, im, 0);
    for (int i = 0; i < N; i++) {
        m.a[i * N + i] = re[i] = -3;
    }
    check_largest(&m, 3, 0, re, im, 1e-14);
    check_largest(&m, 3, 12, re, im, 1e-14);
    free(m.a);
}

static void iterations_exhausted(void **state)
{
    enum { N = 200 };
    matrix m = matrix_random(4, N, N);
    double re[2] = {17, 18}, im[2] = {19, 20};
    int converged[2] = {5, 5};
    nndyn_operator *op = matrix_operator(context, &m);
    nndyn_options *options = options_with("iterations", 10);
    (void)state;
    nt_fails(NNDYN_ENUMERIC, op, "0 of 2", nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL));
    assert_true(re[0] == 17 && re[1] == 18 && im[0] == 19 && im[1] == 20);
    nt_ok(op, nndyn_eigenvalues(op, 2, options, re, im, NULL, converged));
    assert_true(converged[0] == 0 && converged[1] == 0 && re[0] != 17);
    nt_ok(options, nndyn_options_set_integer(options, "iterations", 7));
    nt_fails(NNDYN_EOPTION, op, "at least 8", nndyn_eigenvalues(op, 2, options, re, im, NULL, converged));
    nndyn_options_free(options);
    nndyn_operator_free(op);
    free(m.a);
}

static void faults(void **state)
{
    matrix m = matrix_random(6, 40, 40), wide = matrix_random(6, 3, 4);
    double re[2] = {17, 18}, im[2] = {19, 20};
    nndyn_operator *op = matrix_operator(context, &m), *oblong = matrix_operator(context, &wide);
    m.context = context;
    (void)state;
    for (int dense = 0; dense < 2; dense++) {
        nndyn_options *options = options_with("basis", dense ? 0 : 12);
        for (int64_t at = 1; at < 30; at += 3) {
            m.calls = 0, m.fail_at = at, m.bad_at = m.cancel_at = 0;
            nt_fails(NNDYN_ECALLBACK, op, "returned 7", nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL));
            m.calls = 0, m.fail_at = 0, m.bad_at = at;
            nt_fails(NNDYN_ENUMERIC, op, "nan", nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL));
            m.calls = 0, m.bad_at = 0, m.cancel_at = at;
            nt_fails(NNDYN_ECANCELED, op, "", nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL));
        }
        m.cancel_at = 0;
        nt_fails(NNDYN_EARG, op, "count", nndyn_eigenvalues(op, 41, options, re, im, NULL, NULL));
        nt_fails(NNDYN_EARG, op, "re is NULL", nndyn_eigenvalues(op, 2, options, NULL, im, NULL, NULL));
        nt_fails(NNDYN_EARG, op, "im is NULL", nndyn_eigenvalues(op, 2, options, re, NULL, NULL, NULL));
        nndyn_options_free(options);
    }
    nndyn_options *options = options_with("basis", 7);
    nt_fails(NNDYN_EOPTION, op, "at least 8", nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL));
    nt_fails(NNDYN_EARG, oblong, "square", nndyn_eigenvalues(oblong, 2, NULL, re, im, NULL, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, op, "basis", nndyn_eigenvalues(op, 2, NULL, re, im, NULL, NULL));
    assert_true(re[0] == 17 && re[1] == 18 && im[0] == 19 && im[1] == 20);
    assert_int_equal(nndyn_eigenvalues(NULL, 2, NULL, re, im, NULL, NULL), NNDYN_EARG);
    nndyn_options_free(options);
    nndyn_operator_free(op);
    nndyn_operator_free(oblong);
    free(m.a), free(wide.a);
}

static int everything(nt_allocator *a, void *user)
{
    matrix *m = user;
    nndyn_context *own = NULL;
    nndyn_operator *op = NULL;
    nndyn_options *options = NULL;
    double re[2] = {17, 18}, im[2];
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nndyn_operator_create(own, 30, 30, matrix_apply, matrix_transposed, m, &op);
    }
    if (status == NNDYN_OK) {
        status = nndyn_eigenvalues(op, 2, NULL, re, im, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        re[0] = 17;
        status = nndyn_options_create(own, &options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "basis", 10);
    }
    if (status == NNDYN_OK) {
        status = nndyn_eigenvalues(op, 2, options, re, im, NULL, NULL);
    }
    assert_true(status == NNDYN_OK || re[0] == 17);
    nndyn_options_free(options);
    nndyn_operator_free(op);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    matrix m = matrix_random(1, 30, 30);
    nt_every_allocation(everything, &m);
    free(m.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_matrices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rotations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zero_and_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(iterations_exhausted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("eigenvalues", tests, NULL, NULL);
}
