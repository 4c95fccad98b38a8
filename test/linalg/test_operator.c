/* Operators: shape, products, adjointness, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

static void products(void **state)
{
    matrix m = matrix_random(2, 7, 11);
    nndyn_operator *op = matrix_operator(context, &m);
    double x[11], y[7], ax[7], aty[11], want[11];
    int64_t rows, columns;
    int symmetric;
    (void)state;
    nt_ok(op, nndyn_operator_shape(op, &rows, &columns, &symmetric));
    assert_true(rows == 7 && columns == 11 && symmetric == 0);
    nt_ok(op, nndyn_operator_shape(op, NULL, NULL, NULL));
    nt_normal(3, 11, x);
    nt_normal(4, 7, y);
    nt_ok(op, nndyn_operator_apply(op, x, ax));
    nt_ok(op, nndyn_operator_apply_transposed(op, y, aty));
    multiply(7, 1, 11, m.a, x, want);
    nt_close(ax, want, 7, 1e-14, 1e-14);
    double left = 0, right = 0;
    for (int i = 0; i < 11; i++) {
        left += i < 7 ? y[i] * ax[i] : 0;
        right += aty[i] * x[i];
    }
    nt_near(left, right, 1e-13);
    nndyn_operator_free(op);
    free(m.a);
}

/* Without a transposed product the operator is symmetric, and its own transpose; in place is fine. */
static void symmetric_operators(void **state)
{
    matrix m = matrix_random(2, 5, 5);
    nndyn_operator *op = NULL;
    double x[5] = {1, 2, 3, 4, 5}, y[5], z[5];
    int symmetric = 0;
    (void)state;
    for (int i = 0; i < 25; i++) {
        m.a[i] = m.a[i % 5 * 5 + i / 5];
    }
    nt_ok(context, nndyn_operator_create(context, 5, 5, matrix_apply, NULL, &m, &op));
    nt_ok(op, nndyn_operator_shape(op, NULL, NULL, &symmetric));
    assert_int_equal(symmetric, 1);
    nt_ok(op, nndyn_operator_apply(op, x, y));
    nt_ok(op, nndyn_operator_apply_transposed(op, x, z));
    nt_same(y, z, sizeof y);
    nt_ok(op, nndyn_operator_apply(op, x, x));
    nt_same(x, y, sizeof y);
    nndyn_operator_free(op);
    free(m.a);
}

static void failures(void **state)
{
    matrix m = matrix_random(2, 3, 3);
    double x[3] = {1, 2, 3}, y[3] = {7, 8, 9};
    const double keep[3] = {7, 8, 9};
    nndyn_operator *op = matrix_operator(context, &m);
    (void)state;
    assert_int_equal(nndyn_operator_apply(NULL, x, y), NNDYN_EARG);
    assert_int_equal(nndyn_operator_apply((nndyn_operator *)context, x, y), NNDYN_EARG);
    assert_int_equal(nndyn_operator_shape(NULL, NULL, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, op, "x is NULL", nndyn_operator_apply(op, NULL, y));
    nt_fails(NNDYN_EARG, op, "y is NULL", nndyn_operator_apply(op, x, NULL));
    nt_fails(NNDYN_EARG, op, "y is NULL", nndyn_operator_apply_transposed(op, NULL, y));
    nt_fails(NNDYN_EARG, op, "x is NULL", nndyn_operator_apply_transposed(op, x, NULL));
    x[1] = INFINITY;
    nt_fails(NNDYN_EDATA, op, "column 1", nndyn_operator_apply(op, x, y));
    nt_fails(NNDYN_EDATA, op, "y is", nndyn_operator_apply_transposed(op, x, y));
    x[1] = 2;
    m.calls = 0, m.fail_at = 1;
    nt_fails(NNDYN_ECALLBACK, op, "apply callback returned 7", nndyn_operator_apply(op, x, y));
    m.calls = 0;
    nt_fails(NNDYN_ECALLBACK, op, "apply_transposed", nndyn_operator_apply_transposed(op, x, y));
    m.calls = 0, m.fail_at = 0, m.bad_at = 1;
    nt_fails(NNDYN_ENUMERIC, op, "nan", nndyn_operator_apply(op, x, y));
    m.calls = 0;
    nt_fails(NNDYN_ENUMERIC, op, "transposed", nndyn_operator_apply_transposed(op, x, y));
    nt_same(y, keep, sizeof y);
    nndyn_operator_free(op);
    nndyn_operator_free(NULL);
    free(m.a);
}

static void creation_failures(void **state)
{
    matrix m = matrix_random(2, 3, 3);
    nndyn_operator *op = NULL;
    (void)state;
    assert_int_equal(nndyn_operator_create(NULL, 3, 3, matrix_apply, NULL, &m, &op), NNDYN_EARG);
    nt_fails(NNDYN_EARG, context, "rows", nndyn_operator_create(context, 0, 3, matrix_apply, NULL, &m, &op));
    nt_fails(NNDYN_EARG, context, "columns", nndyn_operator_create(context, 3, -1, matrix_apply, NULL, &m, &op));
    nt_fails(NNDYN_EARG, context, "apply is NULL", nndyn_operator_create(context, 3, 3, NULL, NULL, &m, &op));
    nt_fails(NNDYN_EARG, context, "symmetric", nndyn_operator_create(context, 3, 4, matrix_apply, NULL, &m, &op));
    nt_fails(NNDYN_EARG, context, "out", nndyn_operator_create(context, 3, 3, matrix_apply, NULL, &m, NULL));
    counter.fail_at = counter.calls + 1;
    nt_fails(NNDYN_ENOMEM, context, "allocator", nndyn_operator_create(context, 3, 3, matrix_apply, NULL, &m, &op));
    assert_null(op);
    free(m.a);
}

/* A callback that uses its own operator finds it busy. */
static nndyn_operator *inner;
static int inner_status;

static int reenter(void *user, const double *x, double *y)
{
    (void)user;
    inner_status = nndyn_operator_apply(inner, x, y);
    y[0] = x[0];
    return 0;
}

static void callbacks_find_the_operator_busy(void **state)
{
    double x = 1, y = 0;
    (void)state;
    nt_ok(context, nndyn_operator_create(context, 1, 1, reenter, NULL, NULL, &inner));
    nt_ok(inner, nndyn_operator_apply(inner, &x, &y));
    assert_int_equal(inner_status, NNDYN_EBUSY);
    assert_true(y == 1);
    nndyn_operator_free(inner);
}

/* An operator of the library owns its object: it is destroyed once, also when creation fails. */
static void count_destroyed(nndyn_context *owner, void *user)
{
    (void)owner;
    ++*(int *)user;
}

static int unused_apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    (void)op, (void)user;
    y[0] = x[0];
    return NNDYN_OK;
}

static void objects_are_destroyed_once(void **state)
{
    const nd_operator_methods methods = {unused_apply, NULL, count_destroyed};
    nndyn_operator *op = NULL;
    int destroyed = 0;
    (void)state;
    nt_ok(context, nd_operator_create(context, 1, 1, &methods, &destroyed, &op));
    assert_int_equal(destroyed, 0);
    nndyn_operator_free(op);
    assert_int_equal(destroyed, 1);
    for (int64_t i = 1; i <= 2; i++) {
        counter.fail_at = counter.calls + i;
        nt_fails(NNDYN_ENOMEM, context, "memory", nd_operator_create(context, 1, 1, &methods, &destroyed, &op));
        assert_int_equal(destroyed, 1 + i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(products, set_up, tear_down),
        cmocka_unit_test_setup_teardown(symmetric_operators, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(creation_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(callbacks_find_the_operator_busy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(objects_are_destroyed_once, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("operator", tests, NULL, NULL);
}
