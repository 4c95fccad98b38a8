/* The deterministic reference network, and sums against explicit matrices: Hessian by columns, Gauss-Newton, ghost
 * norms, input Jacobian, layer by layer. */
#include "derivatives/problem.h"

/* ---- the reference network: sizes 3-5-4-2, q_p = sin p^2, one sample -------------------------------------------- */

enum { SIZE = 54 };

static problem reference(int hidden, int output, int loss)
{
    static const double x[] = {0.3, -0.8, 0.5}, t[] = {0.7, 0.2};
    double q[SIZE];
    problem p = problem_begin(NNDYN_F64, 3);
    dense(&p, 5, hidden);
    dense(&p, 4, hidden);
    dense(&p, 2, output);
    problem_end(&p, 1, loss);
    assert_int_equal(p.parameters, SIZE);
    for (int i = 0; i < SIZE; i++) {
        q[i] = sin((double)(i + 1) * (double)(i + 1));
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, SIZE, q));
    memcpy(p.x, x, sizeof x);
    memcpy(p.t, t, sizeof t);
    return p;
}

static void reference_network(void **state)
{
    static const struct {
        int hidden, output, loss;
        double h, norm, curvature; /* loss, |gradient|, u'Hu */
    } rows[] = {
        {NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR, 1.538990093743, 3.566757442809, 38.831984591206},
        {NNDYN_TANH, NNDYN_SIGMOID, NNDYN_SQUARED_ERROR, 0.229699397030, 0.222756936522, -0.624771077922},
        {NNDYN_SOFTPLUS, NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 2.537303864844, 1.998728646602, -0.650992546131},
        {NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SOFTMAX_CROSS_ENTROPY, 1.466660035219, 1.448656533706, -4.403752237362},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        problem p = reference(rows[i].hidden, rows[i].output, rows[i].loss);
        double h, g[SIZE], u[SIZE], hu[SIZE], norm;
        nt_ok(p.network, nndyn_gradient(p.network, 1, p.x, p.t, NULL, &h, g));
        for (int j = 0; j < SIZE; j++) {
            u[j] = cos(0.3 * (j + 1));
        }
        nt_ok(p.network, nndyn_hessian_vector(p.network, 1, p.x, p.t, u, NULL, hu));
        nt_ok(p.network, nndyn_gradient_norms(p.network, 1, p.x, p.t, NULL, &norm));
        nt_close(&h, &rows[i].h, 1, 1e-10, 0);
        nt_near(length(SIZE, g), rows[i].norm, 1e-10 * rows[i].norm);
        nt_near(norm, rows[i].norm, 1e-10 * rows[i].norm);
        nt_near(inner(SIZE, u, hu), rows[i].curvature, 1e-10 * fabs(rows[i].curvature));
        problem_free(&p);
    }
}

static void reference_entries(void **state)
{
    static const double want[] = {-0.7850187227, 1.1341839116};
    double z[2], g[SIZE];
    (void)state;
    problem p = reference(NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    nt_ok(p.network, nndyn_layer_sensitivity(p.network, 1, p.x, NULL, p.layers - 1, NULL, z, NULL));
    nt_close(z, want, 2, 0, 1e-10);
    nt_ok(p.network, nndyn_gradient(p.network, 1, p.x, p.t, NULL, NULL, g));
    nt_near(g[0], -0.248075909948, 1e-11);
    problem_free(&p);
}

/* ---- a network with all that evaluation mode knows -------------------------------------------------------------- */

static problem varied(int loss)
{
    problem p = problem_begin(NNDYN_F64, 3);
    dense_with(&p, 4, NNDYN_TANH, "ntk", 1);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    nt_ok(p.network, nndyn_network_begin_residual(p.network));
    dense_with(&p, 4, NNDYN_SOFTPLUS, "standard", 0);
    nt_ok(p.network, nndyn_network_end_residual(p.network));
    nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.3));
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 5, loss);
    return p;
}

static void dense_hessian_is_symmetric(void **state)
{
    (void)state;
    problem p = varied(NNDYN_LOG_COSH);
    int64_t k = p.parameters;
    double *hessian = numbers(k * k), *unit = numbers(k);
    for (int64_t i = 0; i < k; i++) {
        unit[i] = 1;
        nt_ok(p.network, nndyn_hessian_vector(p.network, p.n, p.x, p.t, unit, NULL, hessian + i * k));
        unit[i] = 0;
    }
    for (int64_t i = 0; i < k; i++) {
        for (int64_t j = 0; j < i; j++) {
            nt_near(hessian[i * k + j], hessian[j * k + i], 1e-13);
        }
    }
    assert_true(length(k * k, hessian) > 0.1);
    free(hessian);
    free(unit);
    problem_free(&p);
}

/* J by rows from vector-Jacobian products; squared error has M = 1. */
static void gauss_newton_is_explicit(void **state)
{
    (void)state;
    problem p = varied(NNDYN_SQUARED_ERROR);
    int64_t k = p.parameters, rows = p.n * p.outputs;
    double *jacobian = numbers(rows * k), *unit = numbers(rows), *u = normals(31, k), *gu = numbers(k),
           *want = numbers(k);
    for (int64_t i = 0; i < rows; i++) {
        unit[i] = 1;
        nt_ok(p.network, nndyn_vjp(p.network, p.n, p.x, unit, NULL, NULL, jacobian + i * k));
        unit[i] = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        double along = inner(k, jacobian + i * k, u) / (double)p.n;
        for (int64_t j = 0; j < k; j++) {
            want[j] += along * jacobian[i * k + j];
        }
    }
    nt_ok(p.network, nndyn_gauss_newton_vector(p.network, p.n, p.x, p.t, u, NULL, gu));
    nt_close(gu, want, k, 1e-12, 1e-13);
    free(jacobian);
    free(unit);
    free(u);
    free(gu);
    free(want);
    problem_free(&p);
}

/* At zero residual the Hessian is the Gauss-Newton matrix. */
static void zero_residual(void **state)
{
    (void)state;
    problem p = varied(NNDYN_SQUARED_ERROR);
    double *u = normals(32, p.parameters), *hu = numbers(p.parameters), *gu = numbers(p.parameters);
    nt_ok(p.network, nndyn_network_forward(p.network, p.n, p.x, p.t));
    nt_ok(p.network, nndyn_hessian_vector(p.network, p.n, p.x, p.t, u, NULL, hu));
    nt_ok(p.network, nndyn_gauss_newton_vector(p.network, p.n, p.x, p.t, u, NULL, gu));
    nt_close(hu, gu, p.parameters, 1e-12, 1e-13);
    free(u);
    free(hu);
    free(gu);
    problem_free(&p);
}

static void ghost_norms(void **state)
{
    (void)state;
    problem p = varied(NNDYN_SQUARED_ERROR);
    double *g = numbers(p.parameters), norms[5];
    nt_ok(p.network, nndyn_gradient_norms(p.network, p.n, p.x, p.t, NULL, norms));
    for (int64_t s = 0; s < p.n; s++) {
        nt_ok(p.network, nndyn_gradient(p.network, 1, p.x + s * p.inputs, p.t + s * p.outputs, NULL, NULL, g));
        nt_near(norms[s], length(p.parameters, g), 1e-13 * norms[s]);
    }
    free(g);
    problem_free(&p);
}

static void reductions(void **state)
{
    (void)state;
    problem p = varied(NNDYN_SQUARED_ERROR);
    int64_t k = p.parameters;
    nndyn_options *sum = options_of(p.context);
    nt_ok(sum, nndyn_options_set_text(sum, "reduction", "sum"));
    double mean_loss, sum_loss, *u = normals(33, k), *mean = numbers(k), *all = numbers(k);
    nt_ok(p.network, nndyn_gradient(p.network, p.n, p.x, p.t, NULL, &mean_loss, mean));
    nt_ok(p.network, nndyn_gradient(p.network, p.n, p.x, p.t, sum, &sum_loss, all));
    nt_near(sum_loss, 5 * mean_loss, 1e-13 * sum_loss);
    for (int64_t i = 0; i < k; i++) {
        mean[i] *= 5;
    }
    nt_close(all, mean, k, 1e-12, 1e-14);
    nt_ok(p.network, nndyn_hessian_vector(p.network, p.n, p.x, p.t, u, NULL, mean));
    nt_ok(p.network, nndyn_hessian_vector(p.network, p.n, p.x, p.t, u, sum, all));
    for (int64_t i = 0; i < k; i++) {
        mean[i] *= 5;
    }
    nt_close(all, mean, k, 1e-12, 1e-13);
    nt_ok(p.network, nndyn_vjp(p.network, p.n, p.x, p.t, sum, NULL, all));
    nt_ok(p.network, nndyn_vjp(p.network, p.n, p.x, p.t, NULL, NULL, mean)); /* a sum either way */
    nt_same(all, mean, k * (int64_t)sizeof *all);
    free(u);
    free(mean);
    free(all);
    nndyn_options_free(sum);
    problem_free(&p);
}

/* ---- the input Jacobian ----------------------------------------------------------------------------------------- */

static void check_input_jacobian(const problem *p)
{
    int64_t n = p->n, inputs = p->inputs, outputs = p->outputs;
    double *jacobian = numbers(n * outputs * inputs), *xdot = numbers(n * inputs), *ydot = numbers(n * outputs);
    nt_ok(p->network, nndyn_input_jacobian(p->network, n, p->x, p->options, jacobian));
    for (int64_t i = 0; i < inputs; i++) {
        for (int64_t s = 0; s < n; s++) {
            memset(xdot + s * inputs, 0, (size_t)inputs * sizeof *xdot);
            xdot[s * inputs + i] = 1;
        }
        nt_ok(p->network, nndyn_jvp(p->network, n, p->x, xdot, NULL, p->options, ydot));
        for (int64_t r = 0; r < n * outputs; r++) {
            nt_near(jacobian[r * inputs + i], ydot[r], 1e-14 * (1 + fabs(ydot[r])));
        }
    }
    free(jacobian);
    free(xdot);
    free(ydot);
}

/* Forward from the inputs, backward from the outputs, and with the masks of dropout. */
static void input_jacobians(void **state)
{
    (void)state;
    problem p = varied(NNDYN_SQUARED_ERROR);
    check_input_jacobian(&p);
    problem_free(&p);
    for (int training = 0; training < 2; training++) {
        p = problem_begin(NNDYN_F64, 3);
        dense(&p, 6, NNDYN_TANH);
        nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.4));
        dense(&p, training ? 7 : 2, NNDYN_SIGMOID);
        problem_end(&p, 4, 0);
        if (training) {
            training_mode(&p, 2);
        }
        check_input_jacobian(&p);
        problem_free(&p);
    }
}

/* Blocks of directions: a limit that leaves room for a few at a time gives the same Jacobian, and a smaller one a
 * refusal. */
static void input_jacobian_in_blocks(void **state)
{
    enum { N = 3, IN = 24, OUT = 20 };
    double all[N * OUT * IN], part[N * OUT * IN];
    (void)state;
    problem p = problem_begin(NNDYN_F64, IN);
    dense(&p, 200, NNDYN_TANH);
    dense(&p, OUT, NNDYN_TANH);
    problem_end(&p, N, 0);
    nt_ok(p.network, nndyn_input_jacobian(p.network, N, p.x, NULL, all));
    double each = nd_tangent_bytes(p.network, N, 1, ND_TANGENT_ZERO_BELOW);
    double least = nd_pass_bytes(p.network, N, ND_PASS_SLOPES, 0) + (double)sizeof all + each;
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, (int64_t)(least + 3 * each)));
    nt_ok(p.network, nndyn_input_jacobian(p.network, N, p.x, NULL, part));
    nt_close(part, all, N * OUT * IN, 1e-13, 1e-15);
    memset(part, 1, sizeof part);
    memset(all, 1, sizeof all);
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, (int64_t)(least - each / 2)));
    nt_fails(NNDYN_ELIMIT, p.network, "memory limit", nndyn_input_jacobian(p.network, N, p.x, NULL, part));
    nt_same(part, all, sizeof all);
    problem_free(&p);
}

/* ---- one layer -------------------------------------------------------------------------------------------------- */

/* Sensitivities at an inner boundary: by differences in the inputs of what follows it. */
static void layer_sensitivity(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    dense(&p, 4, NNDYN_TANH);
    dense(&p, 2, NNDYN_SIGMOID);
    problem_end(&p, 3, NNDYN_SQUARED_ERROR);
    double a[12], d[12], only[12], xbar[12], y[6], ybar[6], q[26];
    nt_ok(p.network, nndyn_layer_sensitivity(p.network, 3, p.x, p.t, 1, NULL, a, d));
    nt_ok(p.network, nndyn_layer_sensitivity(p.network, 3, p.x, p.t, 1, NULL, NULL, only));
    nt_same(d, only, sizeof d);
    nndyn_network *rest;
    nt_ok(p.context, nndyn_network_create(p.context, NNDYN_F64, 4, &rest));
    nt_ok(rest, nndyn_network_add_dense(rest, 2, NNDYN_SIGMOID));
    nt_ok(p.network, nndyn_network_get_parameters(p.network, 26, q));
    nt_ok(rest, nndyn_network_set_parameters(rest, 10, q + 16));
    nt_ok(rest, nndyn_network_forward(rest, 3, a, y));
    for (int i = 0; i < 6; i++) {
        ybar[i] = y[i] - p.t[i];
    }
    nt_ok(rest, nndyn_vjp(rest, 3, a, ybar, NULL, xbar, NULL));
    nt_close(d, xbar, 12, 1e-13, 1e-15);
    nndyn_network_free(rest);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_network),
        cmocka_unit_test(reference_entries),
        cmocka_unit_test(dense_hessian_is_symmetric),
        cmocka_unit_test(gauss_newton_is_explicit),
        cmocka_unit_test(zero_residual),
        cmocka_unit_test(ghost_norms),
        cmocka_unit_test(reductions),
        cmocka_unit_test(input_jacobians),
        cmocka_unit_test(input_jacobian_in_blocks),
        cmocka_unit_test(layer_sensitivity),
    };
    return cmocka_run_group_tests_name("derivatives/reference", tests, NULL, NULL);
}
