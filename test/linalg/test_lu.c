/* test_lu.c - LU factors of general matrices: solutions put back, transposed systems, the condition, singular ones. */
#include "linalg/linalg.h"
#include "support/support.h"

enum { N = 13, COUNT = 4 };

static nndyn_context *context;

static int set_up(void **state)
{
    (void)state;
    return nndyn_context_create(&context);
}

static int tear_down(void **state)
{
    (void)state;
    nndyn_context_free(context);
    return 0;
}

/* b = a x or a' x, x a row each. */
static void apply(const double *a, int transposed, const double *x, double *b)
{
    for (int k = 0; k < COUNT; k++) {
        for (int i = 0; i < N; i++) {
            b[k * N + i] = 0;
            for (int j = 0; j < N; j++) {
                b[k * N + i] += (transposed ? a[j * N + i] : a[i * N + j]) * x[k * N + j];
            }
        }
    }
}

static void solutions_put_back(void **state)
{
    (void)state;
    double a[N * N], factors[N * N], x[COUNT * N], b[COUNT * N];
    nd_lu lu;
    nt_normal(1, N * N, a);
    nt_normal(2, COUNT * N, x);
    memcpy(factors, a, sizeof a);
    nt_ok(context, nd_lu_factor(context, N, factors, &lu));
    for (int transposed = 0; transposed < 2; transposed++) {
        apply(a, transposed, x, b);
        nt_ok(context, nd_lu_solve(context, &lu, transposed, COUNT, b));
        nt_close(b, x, COUNT * N, 0, 1e-11);
    }
    nd_lu_free(context, &lu);
    nd_lu_free(context, &lu);
}

/* (1 1 1; 0 1 0; 0 0 1): 2 and, of its inverse, 2 in the 1-norm; 3 and 3 in the infinity norm. */
static void the_condition_is_that_of_the_1_norm(void **state)
{
    (void)state;
    double shear[4] = {1, 99, 0, 1}, row[9] = {1, 1, 1, 0, 1, 0, 0, 0, 1};
    nd_lu lu;
    nt_ok(context, nd_lu_factor(context, 2, shear, &lu));
    nt_near(1 / lu.reciprocal, 1e4, 1e-6);
    nd_lu_free(context, &lu);
    nt_ok(context, nd_lu_factor(context, 3, row, &lu));
    nt_near(1 / lu.reciprocal, 4, 1e-12);
    nd_lu_free(context, &lu);
}

static void singular_and_not_finite(void **state)
{
    (void)state;
    double singular[4] = {1, 2, 2, 4}, bad[4] = {1, NAN, 0, 1};
    nd_lu lu = {.reciprocal = 7};
    nt_ok(context, nd_lu_factor(context, 2, singular, &lu));
    assert_true(lu.reciprocal == 0);
    nd_lu_free(context, &lu);
    lu.reciprocal = 7;
    nt_fails(NNDYN_ENUMERIC, context, "not finite", nd_lu_factor(context, 2, bad, &lu));
    assert_true(lu.reciprocal == 7);
}

static int everything(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *own = NULL;
    nd_lu lu = {0};
    double matrix[4] = {2, 1, 1, 3}, b[2] = {1, 1};
    int status = nt_context_create(a, &own);
    status = status ? status : nd_lu_factor(own, 2, matrix, &lu);
    status = status ? status : nd_lu_solve(own, &lu, 0, 1, b);
    if (own != NULL) {
        nd_lu_free(own, &lu);
    }
    nndyn_context_free(own);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solutions_put_back),
        cmocka_unit_test(the_condition_is_that_of_the_1_norm),
        cmocka_unit_test(singular_and_not_finite),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("LU factors", tests, set_up, tear_down);
}
