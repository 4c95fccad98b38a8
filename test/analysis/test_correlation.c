/* Tensors of derivative correlations: figures of a fixed network, naive twins, exact one-step expansions, scalings. */
#include "analysis/correlation_support.h"
#include "analysis/golden_net.h"

enum { M = 4, ALL = 31 };

static nndyn_correlations *golden_correlations(nndyn_network *network, double eta)
{
    nndyn_correlations *c;
    nt_ok(network, nndyn_correlations_create(network, GOLDEN_N, golden_x, eta, ALL, NULL, &c));
    return c;
}

/* Entries and norms to the digits known. */
static void test_figures(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = golden_network(context, NNDYN_TANH);
    nndyn_correlations *c = golden_correlations(network, 1);
    double c00[4], c01[16], c02[64], c03[256], c11[256], lower, upper, frobenius;
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C00, 4, c00));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C01, 16, c01));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C02, 64, c02));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C03, 256, c03));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C11, 256, c11));
    nt_close(c00, golden_outputs, 4, 0, 1e-13);
    nt_close(c01, golden_kernel, 16, 0, 1e-12);
    nt_near(c02[0], -0.15149518122650588, 1e-12);
    nt_near(c02[6], -1.3309395161289324, 1e-12);
    nt_near(c03[0], -0.7245210881038, 1e-11);
    nt_ok(c, nndyn_correlations_norm(c, NNDYN_CORRELATION_C01, NULL, &lower, &upper, NULL));
    nt_near(lower, 3.58918051091548, 1e-11);
    nt_near(upper, 3.58918051091548, 1e-11);
    nt_ok(c, nndyn_correlations_norm(c, NNDYN_CORRELATION_C02, NULL, &lower, &upper, &frobenius));
    nt_near(frobenius, 3.449244856722482, 1e-12);
    nt_near(lower, 2.8710625073557, 1e-9);
    assert_true(upper >= lower && upper <= frobenius * (1 + 1e-14));
    nt_ok(c, nndyn_correlations_norm(c, NNDYN_CORRELATION_C11, NULL, &lower, &upper, &frobenius));
    nt_near(frobenius, 5.8509007251960, 1e-11);
    nt_near(lower, 4.4312844634, 1e-9);
    assert_true(upper >= lower && upper <= frobenius * (1 + 1e-14));
    nt_ok(c, nndyn_correlations_norm(c, NNDYN_CORRELATION_C03, NULL, &lower, &upper, &frobenius));
    nt_near(frobenius, 3.9377652091814, 1e-11);
    nt_near(lower, 3.6569254320, 1e-8);
    assert_true(upper >= lower && upper <= frobenius * (1 + 1e-14));
    nndyn_correlations_free(c);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- against the definition -------------------------------------------------------------------------------------- */

typedef struct nt_tensors {
    int64_t m;
    double c00[16], c01[256], c02[4096], c03[65536], c11[65536];
} nt_tensors;

static nt_tensors *nt_all(nndyn_correlations *c)
{
    nt_tensors *t = malloc(sizeof *t);
    assert_non_null(t);
    nt_ok(c, nndyn_correlations_info(c, &t->m, NULL, NULL, NULL));
    const int64_t m = t->m;
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C00, m, t->c00));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C01, m * m, t->c01));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C02, m * m * m, t->c02));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C03, m * m * m * m, t->c03));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C11, m * m * m * m, t->c11));
    return t;
}

static nt_tensors *nt_tensors_of(nndyn_network *network, int64_t n, const double *x, double eta,
                                 const nndyn_options *options)
{
    nndyn_correlations *c;
    nt_ok(network, nndyn_correlations_create(network, n, x, eta, ALL, options, &c));
    nt_tensors *t = nt_all(c);
    nndyn_correlations_free(c);
    return t;
}

/* C02 and C11 by explicit gradients and Hessian products (differences of fourth order: 1e-9), C03 by differences of
 * C02 along gradients: its derivative is 3 C03 + (products of Hessians) / 2. */
static void test_definition(void **state)
{
    (void)state;
    enum { P = GOLDEN_P };
    const double eta = 0.7;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = golden_network(context, NNDYN_ERF);
    nt_tensors *t = nt_tensors_of(network, GOLDEN_N, golden_x, eta, NULL);
    double jacobian[M * P], products[M * M * P], theta[P], moved[P];
    nt_jacobian(network, GOLDEN_N, golden_x, M, P, jacobian);
    for (int i = 0; i < M; i++) {
        for (int k = 0; k < M; k++) {
            nt_hessian_product(network, GOLDEN_N, golden_x, M, i, P, jacobian + k * P, products + (i * M + k) * P);
        }
    }
    for (int i = 0; i < M * M * M; i++) {
        nt_near(t->c02[i], eta * eta / 2 * nt_dot(P, products + i / M * P, jacobian + i % M * P), 1e-8);
        assert_true(t->c02[i] == t->c02[i / (M * M) * M * M + i % M * M + i / M % M]);
    }
    for (int i = 0; i < M * M * M * M; i++) {
        const double want = pow(eta, 3) * nt_dot(P, products + i / (M * M) * P, products + i % (M * M) * P);
        nt_near(t->c11[i], want, 1e-8);
        assert_true(t->c11[i] == t->c11[i % (M * M) * M * M + i / (M * M)]);
    }
    nt_ok(network, nndyn_network_get_parameters(network, P, theta));
    for (int l = 0; l < M; l++) {
        double slope[M * M * M] = {0};
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int p = 0; p < P; p++) {
                moved[p] = theta[p] + sign * 1e-4 * jacobian[l * P + p];
            }
            nt_ok(network, nndyn_network_set_parameters(network, P, moved));
            nt_tensors *there = nt_tensors_of(network, GOLDEN_N, golden_x, eta, NULL);
            for (int i = 0; i < M * M * M; i++) {
                slope[i] += sign * there->c02[i] * eta / 2e-4;
            }
            free(there);
        }
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < M; j++) {
                for (int k = 0; k < M; k++) {
                    const double *g = t->c11;
                    const double turn = g[((j * M + l) * M + i) * M + k] + g[((i * M + j) * M + k) * M + l];
                    const double want = (slope[(i * M + j) * M + k] - turn / 2) / 3;
                    nt_near(t->c03[((i * M + j) * M + k) * M + l], want, 1e-6);
                }
            }
        }
    }
    free(t);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* One step of gradient descent is the alternating sum: what remains after d = 1, 2, 3 terms, at two rates. */
static void test_one_step(void **state)
{
    (void)state;
    static const double y[M] = {1, 0, 0, 1}, etas[2] = {0.1, 0.0125};
    static const double want[2][3] = {{7.2699783e-3, 1.8346949e-3, 1.0581157e-4},
                                      {1.0959354e-4, 3.4262768e-6, 2.5733955e-8}};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int r = 0; r < 2; r++) {
        nndyn_network *network = golden_network(context, NNDYN_TANH);
        double e[M], values[4 * M], theta[GOLDEN_P], g[GOLDEN_P], after[M], sum[M];
        int flags = 77;
        for (int i = 0; i < M; i++) {
            e[i] = golden_outputs[i] - y[i];
        }
        nt_ok(network, nndyn_correlation_direction(network, GOLDEN_N, golden_x, etas[r], e, 3, NULL, values, NULL, NULL,
                                                   &flags));
        assert_int_equal(flags, 0);
        nt_ok(network, nndyn_vjp(network, GOLDEN_N, golden_x, e, NULL, NULL, g));
        nt_ok(network, nndyn_network_get_parameters(network, GOLDEN_P, theta));
        for (int p = 0; p < GOLDEN_P; p++) {
            theta[p] -= etas[r] * g[p];
        }
        nt_ok(network, nndyn_network_set_parameters(network, GOLDEN_P, theta));
        nt_ok(network, nndyn_network_forward(network, GOLDEN_N, golden_x, after));
        for (int i = 0; i < M; i++) {
            sum[i] = after[i] - values[i];
        }
        for (int d = 1; d <= 3; d++) {
            for (int i = 0; i < M; i++) {
                sum[i] -= (d % 2 ? -1 : 1) * values[d * M + i];
            }
            nt_near(nt_length(M, sum) / want[r][d - 1], 1, 2e-7);
        }
        nndyn_network_free(network);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Directional quantities are contractions of the tensors, and V . J_d = (d + 1) f_{d+1}. */
static void test_direction(void **state)
{
    (void)state;
    enum { N = 3, K = 2, ROWS = N * K, ORDER = 3 };
    const double eta = 0.3;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_SOFTPLUS, 5, 2, 20, K, 4, 1);
    double x[N * 5], e[ROWS], values[(ORDER + 1) * ROWS], norms[(ORDER + 1) * ROWS], contracted[ORDER + 1];
    nt_sphere(1, N, 5, x);
    nt_normal(2, ROWS, e);
    nt_tensors *t = nt_tensors_of(network, N, x, eta, NULL);
    nt_ok(network, nndyn_correlation_direction(network, N, x, eta, e, ORDER, NULL, values, norms, contracted, NULL));
    double total[2] = {0};
    for (int i = 0; i < ROWS; i++) {
        double want[ORDER + 1] = {t->c00[i]}, square = 0;
        for (int j = 0; j < ROWS; j++) {
            want[1] += t->c01[i * ROWS + j] * e[j];
            total[0] += e[i] * t->c01[i * ROWS + j] * e[j];
            for (int k = 0; k < ROWS; k++) {
                const int at = (i * ROWS + j) * ROWS + k;
                want[2] += t->c02[at] * e[j] * e[k];
                square += t->c11[((i * ROWS + j) * ROWS + i) * ROWS + k] * e[j] * e[k];
                for (int l = 0; l < ROWS; l++) {
                    want[3] += t->c03[at * ROWS + l] * e[j] * e[k] * e[l];
                    total[1] += t->c11[at * ROWS + l] * e[i] * e[j] * e[k] * e[l];
                }
            }
        }
        for (int d = 0; d <= ORDER; d++) {
            nt_near(values[d * ROWS + i], want[d], 1e-12);
        }
        nt_near(norms[i], sqrt(t->c01[i * (ROWS + 1)]), 1e-12);
        nt_near(norms[ROWS + i], sqrt(square), 1e-12);
    }
    double shared[(ORDER + 1) * ROWS]; /* e may stand where the result goes */
    memcpy(shared, e, sizeof e);
    nt_ok(network, nndyn_correlation_direction(network, N, x, eta, shared, ORDER, NULL, shared, NULL, NULL, NULL));
    nt_same(shared, values, sizeof values);
    nt_near(contracted[0], sqrt(total[0]), 1e-12);
    nt_near(contracted[1], sqrt(total[1]), 1e-12);
    free(t);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Largest |eigenvalue| of a symmetric matrix by squaring it. */
static double nt_spectral(int n, double *a)
{
    double *square = malloc((size_t)(n * n) * sizeof *square), scale = 1, total = 0;
    assert_non_null(square);
    for (int round = 0; round < 40; round++) {
        const double size = nt_length((int64_t)n * n, a);
        total += log(size) * scale;
        scale /= 2;
        for (int i = 0; i < n * n; i++) {
            a[i] /= size;
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                square[i * n + j] = nt_dot(n, a + i * n, a + j * n);
            }
        }
        memcpy(a, square, (size_t)(n * n) * sizeof *a);
    }
    free(square);
    return exp(total);
}

static void test_operator_norms(void **state)
{
    (void)state;
    enum { P = GOLDEN_P };
    static const double first[M] = {1, 0, 0, 0}, e[M] = {0.3, -0.2, 0.5, 0.1};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = golden_network(context, NNDYN_TANH);
    double norm, twice, theta[P], g[P], moved[P], unit[P], column[P], matrix[P * P] = {0};
    int flags = 77;
    nt_ok(network,
          nndyn_correlation_operator_norm(network, GOLDEN_N, golden_x, 1, first, 0, NULL, NULL, &norm, &flags));
    nt_near(norm, 1.3201153336494, 1e-11);
    assert_int_equal(flags, 0);
    nt_ok(network, nndyn_correlation_operator_norm(network, GOLDEN_N, golden_x, 1, first, 1, e, NULL, &norm, NULL));
    nt_ok(network, nndyn_correlation_operator_norm(network, GOLDEN_N, golden_x, 2, first, 1, e, NULL, &twice, NULL));
    nt_near(twice / norm, 4, 1e-12);
    nt_ok(network, nndyn_network_get_parameters(network, P, theta));
    nt_ok(network, nndyn_vjp(network, GOLDEN_N, golden_x, e, NULL, NULL, g));
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int p = 0; p < P; p++) {
            moved[p] = theta[p] + sign * 1e-3 * g[p];
        }
        nt_ok(network, nndyn_network_set_parameters(network, P, moved));
        for (int p = 0; p < P; p++) {
            memset(unit, 0, sizeof unit);
            unit[p] = 1;
            nt_hessian_product(network, GOLDEN_N, golden_x, M, 0, P, unit, column);
            for (int q = 0; q < P; q++) {
                matrix[p * P + q] += sign * column[q] / 2e-3;
            }
        }
    }
    nt_near(norm, nt_spectral(P, matrix) / 2, 1e-5);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* By Lanczos (more parameters than are formed) as by forming. */
static void test_operator_norm_large(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, 5, 2, 23, 1, 3, 1);
    double x[5], one = 1, norm, tight, vector[768], product[768];
    int64_t parameters;
    int flags;
    nt_sphere(3, 1, 5, x);
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    assert_true(parameters > 256 && parameters <= 768);
    nt_ok(network, nndyn_correlation_operator_norm(network, 1, x, 0.5, &one, 0, NULL, NULL, &norm, &flags));
    assert_int_equal(flags, 0);
    nt_normal(1, parameters, vector);
    double size = 0;
    for (int i = 0; i < 400; i++) { /* power iteration on the square of H */
        nt_hessian_product(network, 1, x, 1, 0, parameters, vector, product);
        size = nt_length(parameters, product) / nt_length(parameters, vector);
        const double length = nt_length(parameters, product);
        for (int64_t p = 0; p < parameters; p++) {
            vector[p] = product[p] / length;
        }
    }
    nt_near(norm / (0.25 * size), 1, 2e-4);
    nndyn_options *options = nt_count_option(context, "iterations", 4);
    nt_ok(network, nndyn_correlation_operator_norm(network, 1, x, 0.5, &one, 0, NULL, options, &tight, &flags));
    assert_int_equal(flags, NNDYN_CORRELATION_UNCONVERGED);
    assert_true(tight <= norm * (1 + 1e-6));
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- scalings ---------------------------------------------------------------------------------------------------- */

static void nt_ratio(int64_t count, const double *got, const double *from, double factor)
{
    for (int64_t i = 0; i < count; i++) {
        nt_near(got[i] / (factor * from[i]), 1, 1e-11);
    }
}

/* alpha f at rate eta / alpha^2: a last layer that is alpha times as large, the option, and the rescaled handle. */
static void test_scalings(void **state)
{
    (void)state;
    enum { N = 2, ROWS = 2 };
    const double alpha = 7, eta = 0.4;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, 4, 2, 9, 1, 5, 1);
    nndyn_network *scaled = nt_net(context, NNDYN_TANH, 4, 2, 9, 1, 5, alpha);
    nndyn_options *options = nt_option(context, "scale", alpha);
    double x[N * 4], e[ROWS] = {0.7, -1.1}, v[3][6 * ROWS], c[3][6], s[3][6 * ROWS], norm[2], factor;
    nt_sphere(9, N, 4, x);
    nt_tensors *t = nt_tensors_of(network, N, x, eta, NULL), *u = nt_tensors_of(scaled, N, x, eta / 49, NULL),
               *w = nt_tensors_of(network, N, x, eta / 49, options);
    nndyn_correlations *original, *rescaled;
    nt_ok(network, nndyn_correlations_create(network, N, x, eta, ALL, NULL, &original));
    nt_ok(original, nndyn_correlations_rescale(original, alpha, 1.0 / 49, &rescaled));
    nt_tensors *z = nt_all(rescaled);
    nt_tensors *const three[3] = {u, w, z};
    for (int i = 0; i < 3; i++) {
        nt_ratio(2, three[i]->c00, t->c00, alpha);
        nt_ratio(4, three[i]->c01, t->c01, 1);
        nt_ratio(8, three[i]->c02, t->c02, 1 / alpha);
        nt_ratio(16, three[i]->c03, t->c03, 1 / (alpha * alpha));
        nt_ratio(16, three[i]->c11, t->c11, 1 / (alpha * alpha));
    }
    nt_ok(network, nndyn_correlation_direction(network, N, x, eta, e, 5, NULL, v[0], s[0], c[0], NULL));
    nt_ok(scaled, nndyn_correlation_direction(scaled, N, x, eta / 49, e, 5, NULL, v[1], s[1], c[1], NULL));
    nt_ok(network, nndyn_correlation_direction(network, N, x, eta / 49, e, 5, options, v[2], s[2], c[2], NULL));
    for (int i = 1; i < 3; i++) {
        for (int d = 0; d <= 5; d++) {
            nt_ok(context, nndyn_correlation_factor(context, 0, d, alpha, 1.0 / 49, &factor));
            nt_near(factor * pow(alpha, d - 1), 1, 1e-13);
            nt_ratio(ROWS, v[i] + d * ROWS, v[0] + d * ROWS, factor);
            nt_ok(context, nndyn_correlation_factor(context, 1, d, alpha, 1.0 / 49, &factor));
            nt_near(factor * pow(alpha, d), 1, 1e-13);
            nt_ratio(ROWS, s[i] + d * ROWS, s[0] + d * ROWS, factor);
            nt_ratio(1, c[i] + d, c[0] + d, factor);
        }
    }
    nt_ok(network, nndyn_correlation_operator_norm(network, N, x, eta, e, 1, e, NULL, &norm[0], NULL));
    nt_ok(network, nndyn_correlation_operator_norm(network, N, x, eta / 49, e, 1, e, options, &norm[1], NULL));
    nt_near(norm[1] / norm[0] * alpha * alpha, 1, 1e-9);
    free(t);
    free(u);
    free(w);
    free(z);
    nndyn_correlations_free(original);
    nndyn_correlations_free(rescaled);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_network_free(scaled);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- edges ------------------------------------------------------------------------------------------------------- */

/* Without hidden layers everything beyond the kernel vanishes; also with one sample. */
static void test_linear_network(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int64_t n = 1; n <= 2; n++) {
        const int64_t inputs = 300; /* enough for Lanczos to meet a zero operator */
        nndyn_network *network = nt_net(context, NNDYN_IDENTITY, inputs, 0, 0, 1, 5, 1);
        double *x = malloc(2 * (size_t)inputs * sizeof *x), e[2] = {1, -2}, values[8], norms[8], contracted[4],
               norm = 7;
        assert_non_null(x);
        nt_sphere(9, n, inputs, x);
        nt_tensors *t = nt_tensors_of(network, n, x, 0.5, NULL);
        for (int64_t i = 0; i < n * n * n; i++) {
            assert_true(t->c02[i] == 0);
        }
        for (int64_t i = 0; i < n * n * n * n; i++) {
            assert_true(t->c03[i] == 0 && t->c11[i] == 0);
        }
        nt_near(t->c01[0], 0.5 * (2.25 + 0.09), 1e-12);
        nt_ok(network, nndyn_correlation_direction(network, n, x, 0.5, e, 3, NULL, values, norms, contracted, NULL));
        for (int64_t i = 0; i < n; i++) {
            assert_true(values[2 * n + i] == 0 && values[3 * n + i] == 0 && norms[n + i] == 0 && norms[3 * n + i] == 0);
        }
        assert_true(contracted[1] == 0 && contracted[0] > 0);
        for (int d = 0; d < 2; d++) {
            nt_ok(network, nndyn_correlation_operator_norm(network, n, x, 1, e, d, e, NULL, &norm, NULL));
            assert_true(norm == 0);
        }
        free(t);
        free(x);
        nndyn_network_free(network);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Batch norm with running statistics, a residual block, dropout at rest, the standard parametrization, either
 * precision: C02 by explicit gradients and Hessian products. */
static void test_other_layers(void **state)
{
    (void)state;
    enum { P_MOST = 128, N = 2, ROWS = 4 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network, *single;
    double x[N * 3], jacobian[ROWS * P_MOST], product[P_MOST], statistics[8] = {0.1, -0.2, 0, 0.3, 1.2, 0.8, 0.5, 1};
    int64_t parameters;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 3, &network));
    nt_ok(network, nndyn_network_add_dense(network, 4, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    nt_ok(network, nndyn_network_begin_residual(network));
    nt_ok(network, nndyn_network_add_dense(network, 4, NNDYN_SIN));
    nt_ok(network, nndyn_network_end_residual(network));
    nt_ok(network, nndyn_network_add_dropout(network, 0.5));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_SOFTPLUS));
    nt_ok(network, nndyn_network_set_statistics(network, 8, statistics));
    nt_ok(network, nndyn_network_copy(network, NNDYN_F32, &single));
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    assert_true(parameters <= P_MOST);
    nt_normal(8, N * 3, x);
    nt_tensors *t = nt_tensors_of(network, N, x, 2, NULL), *f = nt_tensors_of(single, N, x, 2, NULL);
    nt_jacobian(network, N, x, ROWS, parameters, jacobian);
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < ROWS; k++) {
            nt_hessian_product(network, N, x, ROWS, i, parameters, jacobian + k * parameters, product);
            for (int j = 0; j < ROWS; j++) {
                const int at = (i * ROWS + j) * ROWS + k;
                nt_near(t->c02[at], 2 * nt_dot(parameters, product, jacobian + j * parameters), 1e-8);
                nt_near(f->c02[at], t->c02[at], 1e-5);
            }
        }
    }
    free(t);
    free(f);
    nndyn_network_free(single);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int nt_square(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] * z[i] : order == 1 ? 2 * z[i] : 2;
    }
    return 0;
}

/* With two derivatives of its own activation a network has C02 and C^{1,1}, and no C03. */
static void test_custom_activation(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network;
    nndyn_correlations *c = NULL;
    const double x[2] = {0.5, -1}, e = 1;
    double values[3], contracted[2], theta[2] = {0.7, 0.4}, c02;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &network));
    nndyn_options *options = nt_count_option(context, "bias", 0);
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options));
    nt_ok(network, nndyn_network_add_custom_activation(network, 2, nt_square, NULL));
    nt_ok(network, nndyn_network_set_parameters(network, 2, theta));
    nt_ok(network, nndyn_correlations_create(network, 1, x, 1, NNDYN_CORRELATION_C02, NULL, &c));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C02, 1, &c02));
    const double z = 0.5 * 0.7 - 0.4, square = 1.25; /* f = z^2: g = 2 z x, H = 2 x x' */
    nt_near(c02, pow(2 * z * square, 2), 1e-13);
    nt_ok(network, nndyn_correlation_direction(network, 1, x, 1, &e, 2, NULL, values, NULL, NULL, NULL));
    nt_near(values[2], c02, 1e-13);
    nt_ok(network, nndyn_correlation_direction(network, 1, x, 1, &e, 1, NULL, NULL, NULL, contracted, NULL));
    nt_near(contracted[1], fabs(4 * z) * pow(square, 1.5), 1e-13);
    nt_fails(NNDYN_EUNSUPPORTED, network, "derivative",
             nndyn_correlation_direction(network, 1, x, 1, &e, 3, NULL, values, NULL, NULL, NULL));
    nt_near(values[2], c02, 1e-13);
    nndyn_options_free(options);
    nndyn_correlations_free(c);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Values almost everywhere are given, and the flag; one hidden layer of ReLU has no third derivative along them. */
static void test_kinks(void **state)
{
    (void)state;
    static const struct {
        int activation, flags;
    } cases[] = {{NNDYN_RELU, NNDYN_CORRELATION_KINKS},
                 {NNDYN_LEAKY_RELU, NNDYN_CORRELATION_KINKS},
                 {NNDYN_ELU, NNDYN_CORRELATION_KINKS},
                 {NNDYN_SOFTSIGN, NNDYN_CORRELATION_KINKS},
                 {NNDYN_GELU, 0},
                 {NNDYN_ABS_POWER, 0},
                 {NNDYN_SIN, 0}};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nndyn_network *network = nt_net(context, cases[i].activation, 4, 1, 12, 1, 5, 1);
        nndyn_correlations *c;
        double x[8], e[2] = {1, 0.5}, values[8], contracted[4], norm, c03[16];
        int flags[3];
        nt_sphere(4, 2, 4, x);
        nt_ok(network, nndyn_correlations_create(network, 2, x, 1, ALL, NULL, &c));
        nt_ok(c, nndyn_correlations_info(c, NULL, NULL, NULL, &flags[0]));
        nt_ok(network, nndyn_correlation_direction(network, 2, x, 1, e, 3, NULL, values, NULL, contracted, &flags[1]));
        nt_ok(network, nndyn_correlation_operator_norm(network, 2, x, 1, e, 0, NULL, NULL, &norm, &flags[2]));
        for (int k = 0; k < 3; k++) {
            assert_int_equal(flags[k], cases[i].flags);
        }
        if (cases[i].activation == NNDYN_RELU) {
            nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C03, 16, c03));
            for (int k = 0; k < 16; k++) {
                nt_near(c03[k], 0, 1e-13);
            }
            nt_near(contracted[2], 0, 1e-6);
            assert_true(norm > 0 && fabs(values[4]) > 0);
        }
        nndyn_correlations_free(c);
        nndyn_network_free(network);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Sweeps in blocks, where the memory limit asks for it, and at any number of threads: the same bits. */
static void test_blocks_and_threads(void **state)
{
    (void)state;
    enum { N = 6, WIDTH = 300 };
    double x[N * 4], first_norm = 0, along[2][3 * N], turns[2][3];
    nt_tensors *first = NULL;
    nt_sphere(4, N, 4, x);
    for (int way = 0; way < 4; way++) {
        nt_allocator a = {0};
        nndyn_context *context = nt_context(&a);
        nt_ok(context, nndyn_context_set_threads(context, way == 1 ? 8 : 1));
        nt_ok(context, nndyn_context_set_memory_limit(context, way == 2 ? 1500000 : way == 3 ? 200000 : 0));
        nndyn_network *network = nt_net(context, NNDYN_TANH, 4, 1, WIDTH, 1, 5, 1);
        nndyn_correlations *c;
        if (way == 3) {
            c = (nndyn_correlations *)&a;
            nt_fails(NNDYN_ELIMIT, network, "tensors", nndyn_correlations_create(network, N, x, 1, ALL, NULL, &c));
            assert_ptr_equal(c, &a);
        } else {
            double norm;
            nt_tensors *t = nt_tensors_of(network, N, x, 1, NULL);
            nt_ok(network, nndyn_correlations_create(network, N, x, 1, NNDYN_CORRELATION_C02, NULL, &c));
            nt_ok(network, nndyn_correlation_direction(network, N, x, 1, x, 2, NULL, along[way > 0], NULL,
                                                       turns[way > 0], NULL));
            nt_same(along[0], along[way > 0], sizeof along[0]);
            nt_same(turns[0], turns[way > 0], sizeof turns[0]);
            nt_ok(c, nndyn_correlations_norm(c, NNDYN_CORRELATION_C02, NULL, &norm, NULL, NULL));
            first_norm = way == 0 ? norm : first_norm;
            assert_true(norm == first_norm);
            if (first != NULL) {
                nt_same(t->c02, first->c02, N * N * N * 8);
                nt_same(t->c03, first->c03, N * N * N * N * 8);
                nt_same(t->c11, first->c11, N * N * N * N * 8);
                free(t);
            } else {
                first = t;
            }
            nndyn_correlations_free(c);
        }
        nndyn_network_free(network);
        nndyn_context_free(context);
        nt_no_leak(&a);
    }
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_one_step),       cmocka_unit_test(test_direction),
        cmocka_unit_test(test_operator_norms), cmocka_unit_test(test_operator_norm_large),
        cmocka_unit_test(test_scalings),       cmocka_unit_test(test_linear_network),
        cmocka_unit_test(test_other_layers),   cmocka_unit_test(test_custom_activation),
        cmocka_unit_test(test_kinks),          cmocka_unit_test(test_blocks_and_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
