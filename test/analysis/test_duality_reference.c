/* Numbers of the reference network, and identities of the map: rank, adjointness, zero residual, toy determinant, null
 * vector, conventions of cross-entropy. */
#include "duality_support.h"

typedef struct row {
    const char *name;
    int hidden, output, loss;
    double h, norm_gradient, norm_jacobian, first, j_20_4, sum, bilinear;
    double singular[REF_ND];
} row;

static const row rows[] = {
    {"tanh, identity, squared error",
     NNDYN_TANH,
     NNDYN_IDENTITY,
     NNDYN_SQUARED_ERROR,
     1.538990093743,
     3.566757442809,
     5.772802420213,
     0.596692726153,
     0.030584282668,
     6.123234397150,
     -38.634581520688,
     {4.9595536021, 2.0538208621, 1.6056045074, 1.0905158784, 0.8618033432}},
    {"tanh, sigmoid, squared error",
     NNDYN_TANH,
     NNDYN_SIGMOID,
     NNDYN_SQUARED_ERROR,
     0.229699397030,
     0.222756936522,
     0.789859753860,
     0.010134840866,
     0.005632132540,
     1.251346910605,
     -8.547099772256,
     {0.7046705142, 0.3348052908, 0.1191336578, 0.0278931098, 0.0158890014}},
    {"softplus, logits, binary cross-entropy",
     NNDYN_SOFTPLUS,
     NNDYN_IDENTITY,
     NNDYN_BINARY_CROSS_ENTROPY,
     2.537303864844,
     1.998728646602,
     3.967416026063,
     -0.445901780441,
     0.317176198361,
     9.213045511298,
     -11.247983331706,
     {2.7933647220, 2.5937856810, 0.8855770601, 0.5002304082, 0.4186909407}},
    {"tanh, logits, softmax cross-entropy",
     NNDYN_TANH,
     NNDYN_IDENTITY,
     NNDYN_SOFTMAX_CROSS_ENTROPY,
     1.466660035219,
     1.448656533706,
     2.428996462311,
     0.193039200862,
     -0.001265540933,
     1.170274816378,
     -4.434679308053,
     {2.1991897746, 0.9772057796, 0.2626755951, 0.1991445336, 0}},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* The numbers are given to 12 (singular values: 10) decimals; `relative` is for the precision of the parameters. */
static void check_row(const row *want, int dtype, double relative)
{
    nndyn_context *context = make_context();
    nndyn_network *network = make_reference(context, dtype, want->hidden, want->output, want->loss);
    double h, q[REF_P], j[REF_P * REF_ND], u[REF_P], qdot[REF_P], s[REF_ND],
        sum = 0, absolute = relative > 1e-9 ? relative : 1e-12;
    const double v[REF_ND] = {1, 2, 3, 4, 5};
    nt_ok(network, nndyn_gradient(network, 1, ref_x, ref_t, NULL, &h, NULL));
    nt_ok(network, nndyn_duality_apply(network, 1, ref_x, ref_t, NULL, q));
    nt_ok(network, nndyn_duality_jacobian(network, 1, ref_x, ref_t, NULL, j));
    nt_ok(network, nndyn_duality_jvp(network, 1, ref_x, ref_t, v, v + REF_IN, NULL, qdot));
    nt_ok(network, nndyn_duality_singular_values(network, 1, ref_x, ref_t, NULL, s));
    for (int p = 0; p < REF_P; p++) {
        u[p] = cos(0.3 * (p + 1));
    }
    for (int i = 0; i < REF_P * REF_ND; i++) {
        sum += j[i];
    }
    assert_close(h, want->h, relative, absolute);
    assert_close(sqrt(dot(REF_P, q, q)), want->norm_gradient, relative, absolute);
    assert_close(sqrt(dot(REF_P * REF_ND, j, j)), want->norm_jacobian, relative, absolute);
    assert_close(j[0], want->first, relative, absolute);
    assert_close(j[20 * REF_ND + 4], want->j_20_4, relative, absolute);
    assert_close(sum, want->sum, relative, absolute);
    assert_close(dot(REF_P, u, qdot), want->bilinear, relative, absolute);
    for (int i = 0; i < REF_ND; i++) {
        int null = want->singular[i] == 0 && dtype == NNDYN_F64;
        assert_close(s[i], want->singular[i], relative, null ? 1e-14 : fmax(absolute, 1e-10));
    }
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void test_reference_numbers(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        print_message("# %s\n", rows[r].name);
        check_row(&rows[r], NNDYN_F64, 1e-10);
    }
}

static void test_reference_numbers_single(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        print_message("# %s, float32\n", rows[r].name);
        check_row(&rows[r], NNDYN_F32, 1e-4);
    }
}

static void test_reference_transposed_product(void **state)
{
    (void)state;
    static const double want[REF_ND] = {6.8731516969, -4.8883433730, 2.1938676679, -5.5387927160, -4.0314957223};
    nndyn_context *context = make_context();
    nndyn_network *network = make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    double u[REF_P], got[REF_ND], q[REF_P];
    for (int p = 0; p < REF_P; p++) {
        u[p] = cos(0.3 * (p + 1));
    }
    nt_ok(network, nndyn_duality_vjp(network, 1, ref_x, ref_t, u, NULL, got, got + REF_IN));
    nt_close(got, want, REF_ND, 0, 1e-10);
    nt_ok(network, nndyn_duality_apply(network, 1, ref_x, ref_t, NULL, q));
    assert_close(-q[0], -0.248075909948, 1e-10, 1e-12);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* J against central differences of the map, in both precisions of the network. */
static void test_finite_differences(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        nndyn_context *context = make_context();
        nndyn_network *network =
            make_reference(context, r % 2 ? NNDYN_F32 : NNDYN_F64, rows[r].hidden, rows[r].output, rows[r].loss);
        double j[REF_P * REF_ND], difference[REF_P * REF_ND], step = 1e-5;
        nt_ok(network, nndyn_duality_jacobian(network, 1, ref_x, ref_t, NULL, j));
        for (int m = 0; m < REF_ND; m++) {
            double moved[REF_ND], up[REF_P], down[REF_P];
            memcpy(moved, ref_x, sizeof ref_x);
            memcpy(moved + REF_IN, ref_t, sizeof ref_t);
            moved[m] += step;
            nt_ok(network, nndyn_duality_apply(network, 1, moved, moved + REF_IN, NULL, up));
            moved[m] -= 2 * step;
            nt_ok(network, nndyn_duality_apply(network, 1, moved, moved + REF_IN, NULL, down));
            for (int p = 0; p < REF_P; p++) {
                difference[p * REF_ND + m] = (up[p] - down[p]) / (2 * step);
            }
        }
        nt_close(j, difference, REF_P * REF_ND, 0, 1e-8);
        nndyn_network_free(network);
        nndyn_context_free(context);
    }
}

static void check_adjoint(nndyn_network *network, int64_t n)
{
    int64_t columns = n * REF_ND;
    double *x = random_array(1, n * REF_IN), *t = random_array(2, n * REF_OUT), *u = random_array(3, REF_P);
    double *xdot = random_array(4, n * REF_IN), *tdot = random_array(5, n * REF_OUT), jv[REF_P];
    double *xbar = zeros(columns), *tbar = zeros(columns);
    nt_ok(network, nndyn_duality_jvp(network, n, x, t, xdot, tdot, NULL, jv));
    nt_ok(network, nndyn_duality_vjp(network, n, x, t, u, NULL, xbar, tbar));
    double left = dot(REF_P, u, jv), right = dot(n * REF_IN, xbar, xdot) + dot(n * REF_OUT, tbar, tdot);
    assert_true(fabs(left) > 1e-4);
    assert_close(left, right, 1e-13, 0);
    free(x), free(t), free(u), free(xdot), free(tdot), free(xbar), free(tbar);
}

static void test_adjointness(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        nndyn_context *context = make_context();
        nndyn_network *network = make_reference(context, NNDYN_F64, rows[r].hidden, rows[r].output, rows[r].loss);
        check_adjoint(network, 1);
        check_adjoint(network, 6);
        nndyn_network_free(network);
        nndyn_context_free(context);
    }
}

/* At t = f(x) the second derivatives of the network drop out: J = -(dz/dq)' [dz/dx | -I], of rank 2. */
static void test_zero_residual(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_network *network = make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SQUARED_ERROR);
    double y[REF_OUT], outputs_q[REF_OUT][REF_P], outputs_x[REF_OUT * REF_IN], j[REF_P * REF_ND], want[REF_P * REF_ND];
    double s[REF_ND];
    nt_ok(network, nndyn_network_forward(network, 1, ref_x, y));
    for (int k = 0; k < REF_OUT; k++) {
        double unit[REF_OUT] = {k == 0, k == 1};
        nt_ok(network, nndyn_vjp(network, 1, ref_x, unit, NULL, NULL, outputs_q[k]));
    }
    nt_ok(network, nndyn_input_jacobian(network, 1, ref_x, NULL, outputs_x));
    for (int p = 0; p < REF_P; p++) {
        for (int m = 0; m < REF_ND; m++) {
            double sum = 0;
            for (int k = 0; k < REF_OUT; k++) {
                sum -= outputs_q[k][p] * (m < REF_IN ? outputs_x[k * REF_IN + m] : -(double)(m - REF_IN == k));
            }
            want[p * REF_ND + m] = sum;
        }
    }
    nt_ok(network, nndyn_duality_jacobian(network, 1, ref_x, y, NULL, j));
    nt_close(j, want, REF_P * REF_ND, 0, 1e-15);
    nt_ok(network, nndyn_duality_singular_values(network, 1, ref_x, y, NULL, s));
    assert_true(s[1] > 0.1 && s[2] < 1e-14);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* One input, one output: det J = g g_t. */
static void test_toy_determinant(void **state)
{
    (void)state;
    static const struct {
        int output, loss;
        double determinant;
    } toys[] = {
        {NNDYN_IDENTITY, NNDYN_SQUARED_ERROR, -0.5},
        {NNDYN_SIGMOID, NNDYN_SQUARED_ERROR, -0.017844202047},
        {NNDYN_TANH, NNDYN_SQUARED_ERROR, -0.113777028005},
        {NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, -0.389974481128},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, -0.139329618614},
    };
    static const double identity[4] = {-1.7, 0.8, -1.5, 1};
    const double x = 0.8, t = 0.3, theta[2] = {1.5, -0.4};
    nndyn_context *context = make_context();
    for (size_t k = 0; k < sizeof toys / sizeof toys[0]; k++) {
        nndyn_network *network;
        double j[4];
        nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &network));
        nt_ok(network, nndyn_network_add_dense(network, 1, toys[k].output));
        nt_ok(network, nndyn_network_set_loss(network, toys[k].loss));
        nt_ok(network, nndyn_network_set_parameters(network, 2, theta));
        nt_ok(network, nndyn_duality_jacobian(network, 1, &x, &t, NULL, j));
        assert_close(j[0] * j[3] - j[1] * j[2], toys[k].determinant, 0, 1e-12);
        if (k == 0) {
            nt_close(j, identity, 4, 0, 1e-15);
        }
        nndyn_network_free(network);
    }
    nndyn_context_free(context);
}

/* A batch of n samples moves 5 n directions until the 54 parameters are spent. */
static void test_generic_rank(void **state)
{
    (void)state;
    enum { MOST = 12 };
    nndyn_context *context = make_context();
    nndyn_network *network = make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_SIGMOID, NNDYN_SQUARED_ERROR);
    double *x = random_array(11, MOST * REF_IN), *t = random_array(12, MOST * REF_OUT), s[MOST * REF_ND];
    for (int64_t n = 1; n <= MOST; n++) {
        int64_t rank = 0, want = n * REF_ND < REF_P ? n * REF_ND : REF_P;
        nt_ok(network, nndyn_duality_singular_values(network, n, x, t, NULL, s));
        for (int64_t i = 0; i < n * REF_ND; i++) {
            rank += s[i] > 1e-11 * s[0];
            assert_true(i == 0 || s[i] <= s[i - 1]);
            assert_true(i < REF_P || s[i] == 0);
        }
        assert_int_equal(rank, want);
    }
    free(x), free(t);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void softmax(int k, const double *z, double *s)
{
    double sum = 0;
    for (int i = 0; i < k; i++) {
        sum += exp(z[i]);
    }
    for (int i = 0; i < k; i++) {
        s[i] = exp(z[i]) / sum;
    }
}

/* Cross-entropy as a gradient cannot see targets that move along softmax(z); hard-coded D = s - t can. */
static void test_cross_entropy_conventions(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_network *network =
        make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_IDENTITY, NNDYN_SOFTMAX_CROSS_ENTROPY);
    nndyn_options *options = make_options(context);
    /* The two agree on D only where the targets sum to 1. */
    const double t[REF_OUT] = {0.8, 0.2}, level[REF_OUT] = {1, -1};
    double z[REF_OUT], s[REF_OUT], q[2][REF_P], along[2][REF_P], balanced[2][REF_P], want[REF_P];
    nt_ok(network, nndyn_network_forward(network, 1, ref_x, z));
    softmax(REF_OUT, z, s);
    for (int c = 0; c < 2; c++) {
        set_text(options, "convention", c ? "residual" : "gradient");
        nt_ok(network, nndyn_network_set_loss_with(network, NNDYN_SOFTMAX_CROSS_ENTROPY, options));
        nt_ok(network, nndyn_duality_apply(network, 1, ref_x, t, NULL, q[c]));
        nt_ok(network, nndyn_duality_jvp(network, 1, ref_x, t, NULL, s, NULL, along[c]));
        nt_ok(network, nndyn_duality_jvp(network, 1, ref_x, t, NULL, level, NULL, balanced[c]));
    }
    nt_close(q[0], q[1], REF_P, 0, 1e-14);
    nt_close(balanced[0], balanced[1], REF_P, 0, 1e-14);
    assert_true(largest(REF_P, along[0]) < 1e-14);
    nt_ok(network, nndyn_vjp(network, 1, ref_x, s, NULL, NULL, want)); /* E = -I: J (0, s) = -(dz/dq)' (-s) */
    nt_close(along[1], want, REF_P, 0, 1e-14);
    assert_true(largest(REF_P, along[1]) > 0.1);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_numbers),
        cmocka_unit_test(test_reference_numbers_single),
        cmocka_unit_test(test_reference_transposed_product),
        cmocka_unit_test(test_finite_differences),
        cmocka_unit_test(test_adjointness),
        cmocka_unit_test(test_zero_residual),
        cmocka_unit_test(test_toy_determinant),
        cmocka_unit_test(test_generic_rank),
        cmocka_unit_test(test_cross_entropy_conventions),
    };
    return cmocka_run_group_tests_name("duality reference", tests, NULL, NULL);
}
