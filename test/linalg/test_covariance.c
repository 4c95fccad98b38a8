/* Cholesky solves and the stationary covariance sigma = a sigma a' + q: figures, random maps, failures. */
#include "linalg/matrix.h"
#include "support/fixture.h" /* after it: its functions have parameters named context */

/* Largest entry of sigma - a sigma a' - q over the largest of sigma. */
static double residual_of(int64_t n, const double *a, const double *q, const double *sigma)
{
    double *product = calloc((size_t)(2 * n * n), sizeof *product), *moved = product + n * n, worst = 0, largest = 0;
    multiply(n, n, n, a, sigma, product);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            long double sum = 0;
            for (int64_t l = 0; l < n; l++) {
                sum += (long double)product[i * n + l] * a[j * n + l];
            }
            moved[i * n + j] = (double)(sigma[i * n + j] - sum - q[i * n + j]);
            worst = fmax(worst, fabs(moved[i * n + j]));
            largest = fmax(largest, fabs(sigma[i * n + j]));
        }
    }
    free(product);
    return worst / largest;
}

/* Step of SGD at a learning equilibrium: 1 - eta Hess, noise eta^2 C, for eta = 0.1. */
static void equilibrium_of_sgd(void **state)
{
    static const double hessian[9] = {2, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 0.3};
    static const double noise[9] = {1, 0.2, 0.1, 0.2, 0.8, -0.1, 0.1, -0.1, 0.5};
    static const double want[9] = {0.0296043179,  -0.0065616328, 0.0132564310,  -0.0065616328, 0.0530495320,
                                   -0.0373485542, 0.0132564310,  -0.0373485542, 0.1094812812};
    const double eta = 0.1;
    double a[9], q[9], sigma[9];
    (void)state;
    for (int i = 0; i < 9; i++) {
        a[i] = (i % 4 == 0) - eta * hessian[i];
        q[i] = eta * eta * noise[i];
    }
    nt_ok(context, nd_lyapunov_discrete(context, 3, a, q, sigma));
    nt_close(sigma, want, 9, 0, 6e-11);
    nt_near(sigma[0] + sigma[4] + sigma[8], 0.192135131064, 6e-13);
    assert_true(residual_of(3, a, q, sigma) < 1e-15);
}

/* General maps (not normal, complex eigenvalues) with a chosen spectral radius, up to one that takes 2^20 steps. */
static void random_maps(void **state)
{
    static const double radii[] = {0, 0.1, 0.9, 0.999, 1 - 1e-6};
    enum { N = 24 };
    (void)state;
    for (size_t k = 0; k < sizeof radii / sizeof *radii; k++) {
        matrix a = matrix_random(50 + k, N, N), b = matrix_random(60 + k, N, N), copy = matrix_zero(N, N);
        double re[N], im[N], radius = 0, q[N * N], sigma[N * N];
        memcpy(copy.a, a.a, sizeof q);
        nt_ok(context, nd_general_eigen(context, N, copy.a, re, im, NULL));
        for (int i = 0; i < N; i++) {
            radius = fmax(radius, hypot(re[i], im[i]));
        }
        for (int i = 0; i < N * N; i++) {
            a.a[i] *= radii[k] / radius;
            copy.a[i] = b.a[i % N * N + i / N];
        }
        multiply(N, N, N, b.a, copy.a, q);
        nt_ok(context, nd_lyapunov_discrete(context, N, a.a, q, sigma));
        assert_true(residual_of(N, a.a, q, sigma) < 1e-14);
        for (int i = 0; i < N; i++) {
            assert_true(sigma[i * N + i] > 0);
            nt_close(sigma + i * N, ((double[]){sigma[i]}), 1, 1e-12, 0);
        }
        nt_ok(context, nd_lyapunov_discrete(context, N, a.a, q, q)); /* in place */
        nt_same(q, sigma, sizeof q);
        free(a.a), free(b.a), free(copy.a);
    }
}

/* Scalars: q / (1 - a^2). */
static void scalars(void **state)
{
    (void)state;
    for (double a = -0.75; a < 1; a += 0.25) {
        double q = 3, sigma = 0;
        nt_ok(context, nd_lyapunov_discrete(context, 1, &a, &q, &sigma));
        nt_near(sigma, 3 / (1 - a * a), 2e-15 * sigma);
    }
}

/* Powers of a Jordan block grow by 10^6 before they decay. */
static void far_from_normal(void **state)
{
    static const double a[4] = {0.5, 1e6, 0, 0.5}, q[4] = {1, 0, 0, 1};
    double sigma[4];
    (void)state;
    nt_ok(context, nd_lyapunov_discrete(context, 2, a, q, sigma));
    double s22 = 4.0 / 3, s12 = 0.5 * 1e6 * s22 / 0.75, s11 = (1 + 2 * 0.5 * 1e6 * s12 + 1e12 * s22) / 0.75;
    nt_close(sigma, ((double[]){s11, s12, s12, s22}), 4, 1e-14, 0);
}

static void no_stationary_state(void **state)
{
    static const double growing[4] = {0.5, 0, 0, 1.25}, rotation[4] = {0, 1, -1, 0}, q[4] = {1, 0, 0, 1};
    static const double bad[4] = {NAN, 0, 0, 0};
    double sigma[4] = {17, 18, 19, 20};
    (void)state;
    nt_fails(NNDYN_ENUMERIC, context, "1.25", nd_lyapunov_discrete(context, 2, growing, q, sigma));
    nt_fails(NNDYN_ENUMERIC, context, "no stationary state", nd_lyapunov_discrete(context, 2, rotation, q, sigma));
    nt_fails(NNDYN_ENUMERIC, context, "finite", nd_lyapunov_discrete(context, 2, bad, q, sigma));
    nt_fails(NNDYN_ENUMERIC, context, "finite", nd_lyapunov_discrete(context, 2, growing, bad, sigma));
    assert_true(sigma[0] == 17 && sigma[1] == 18 && sigma[2] == 19 && sigma[3] == 20);
}

static void positive_definite_systems(void **state)
{
    enum { N = 12, COUNT = 3 };
    matrix b = matrix_random(3, N, N + 4), t = matrix_zero(N + 4, N), x = matrix_random(4, COUNT, N);
    double a[N * N], copy[N * N], rhs[COUNT * N], indefinite[4] = {1, 2, 2, 1};
    (void)state;
    for (int i = 0; i < N * (N + 4); i++) {
        t.a[i % (N + 4) * N + i / (N + 4)] = b.a[i];
    }
    multiply(N, N, N + 4, b.a, t.a, a);
    multiply(COUNT, N, N, x.a, a, rhs);
    memcpy(copy, a, sizeof a);
    nt_ok(context, nd_solve_spd(context, N, copy, COUNT, rhs));
    nt_close(rhs, x.a, COUNT * N, 0, 1e-11);
    for (int i = 0; i < N; i++) { /* a = L L' */
        for (int j = 0; j <= i; j++) {
            double sum = 0;
            for (int l = 0; l <= j; l++) {
                sum += copy[i * N + l] * copy[j * N + l];
            }
            nt_near(sum, a[i * N + j], 1e-13 * a[i * N + i]);
        }
    }
    nt_fails(NNDYN_ENUMERIC, context, "order 2", nd_solve_spd(context, 2, indefinite, 1, rhs));
    free(b.a), free(t.a), free(x.a);
}

static int everything(nt_allocator *a, void *user)
{
    static const double map[4] = {0.5, 0.1, 0, 0.25}, q[4] = {1, 0, 0, 1};
    double sigma[4];
    nndyn_context *own = NULL;
    (void)user;
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = nd_lyapunov_discrete(own, 2, map, q, sigma);
    }
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equilibrium_of_sgd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_maps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scalars, set_up, tear_down),
        cmocka_unit_test_setup_teardown(far_from_normal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_stationary_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(positive_definite_systems, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("covariance", tests, NULL, NULL);
}
