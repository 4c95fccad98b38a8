/* Kernels of infinitely wide networks: golden figures, closed forms against quadrature, limits of wide networks. */
#include "analysis/ntk/gaussian.h"
#include "analysis/ntk_widths.h"

typedef struct golden {
    int activation;
    double weight2, bias;
    int depth;
    double k01, t01, t00, tolerance;
} golden;

static const golden figures[] = {
    {NNDYN_RELU, 2, 0, 1, 1.217995562088, 1.884662228755, 4, 1e-11},
    {NNDYN_RELU, 2, 0, 2, 1.367811301797, 2.702959122247, 6, 1e-11},
    {NNDYN_RELU, 2, 0, 3, 1.476256384602, 3.475689358431, 8, 1e-11},
    {NNDYN_ERF, 2.25, 0.1, 1, 0.617056083795, 1.263272652511, 3.427532286990, 1e-11},
    {NNDYN_ERF, 2.25, 0.1, 2, 0.487906097925, 1.504299603622, 5.032424475346, 1e-11},
    /* tanh by the trapezoidal rule on 1200 x 1200 points, which converges exponentially; Gauss-Hermite on 80 x 80 is
     * off by 5e-8 to 7e-5 here */
    {NNDYN_TANH, 2.25, 0.3, 1, 0.665759332615, 1.275965169533, 3.039879017453, 1e-11},
    {NNDYN_TANH, 2.25, 0.3, 2, 0.5599694351026, 1.496972347192, 3.936533553629, 1e-11},
};

/* sqrt(2) times three points of the unit circle */
static void points(double *x)
{
    const double unit[6] = {1, 0, 0.5, 0.5 * sqrt(3), -0.6, 0.8};
    for (int i = 0; i < 6; i++) {
        x[i] = sqrt(2) * unit[i];
    }
}

static nndyn_options *scales(nndyn_context *context, double weight, double bias)
{
    nndyn_options *options = options_of(context);
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", weight));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", bias));
    return options;
}

static int count_calls;

static int my_tanh(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    count_calls++;
    for (int64_t i = 0; i < count; i++) {
        double t = tanh(z[i]);
        values[i] = order == 0 ? t : order == 1 ? 1 - t * t : NAN;
    }
    return 0;
}

static int failing(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user, (void)order, (void)count, (void)z, (void)values;
    return 1;
}

static nndyn_network *network_of(nndyn_context *context, const golden *g,
                                 int (*custom)(void *, int, int64_t, const double *, double *))
{
    nndyn_network *network;
    nndyn_options *options = scales(context, sqrt(g->weight2), g->bias);
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &network));
    for (int l = 0; l < g->depth; l++) {
        nt_ok(network, nndyn_network_add_dense_with(network, 3 + l, custom ? NNDYN_IDENTITY : g->activation, options));
        if (custom) {
            nt_ok(network, nndyn_network_add_custom_activation(network, 1, custom, NULL));
        }
        nt_ok(network, nndyn_network_add_dropout(network, 0.5));
    }
    nt_ok(network, nndyn_network_add_dense_with(network, 2, NNDYN_IDENTITY, options));
    nndyn_options_free(options);
    return network;
}

static void golden_figures(void **state)
{
    nndyn_context *context;
    double x[6], k[9], t[9], k2[9], t2[9];
    (void)state;
    points(x);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        const golden *g = &figures[i];
        nndyn_options *options = scales(context, sqrt(g->weight2), g->bias);
        nt_ok(context, nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, g->depth, g->activation, options, k, t));
        nt_near(k[1], g->k01, g->tolerance);
        nt_near(t[1], g->t01, g->tolerance);
        nt_near(t[0], g->t00, g->tolerance);
        nt_near(t[4], g->t00, g->tolerance); /* all points are as long */
        assert_true(t[3] == t[1]);
        nndyn_network *network = network_of(context, g, NULL);
        nt_ok(network, nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k2, t2));
        nt_close(k2, k, 9, 1e-13, 0);
        nt_close(t2, t, 9, 1e-13, 0);
        nt_ok(network, nndyn_ntk_infinite_network(network, 1, x, 3, x, NULL, k2, NULL)); /* its first row */
        nt_close(k2, k, 3, 1e-13, 0);
        nndyn_network_free(network);
        nndyn_options_free(options);
    }
    nndyn_context_free(context);
}

/* An activation of the caller's is the library's own. */
static void custom_activation(void **state)
{
    nndyn_context *context;
    double x[6], k[9], t[9];
    (void)state;
    points(x);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nndyn_network *network = network_of(context, &figures[6], my_tanh);
    nt_ok(network, nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    assert_true(count_calls > 0);
    nt_near(k[1], figures[6].k01, 1e-9);
    nt_near(t[1], figures[6].t01, 1e-9);
    nndyn_network_free(network);
    network = network_of(context, &figures[6], failing);
    k[0] = 7;
    nt_fails(NNDYN_ECALLBACK, network, "custom activation",
             nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    assert_true(k[0] == 7);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* Quadrature where closed forms are known, kinks included; correlations up to 1 and down to -1. */
static void quadrature_agrees_with_closed_forms(void **state)
{
    static const int kinds[] = {NNDYN_IDENTITY, NNDYN_RELU, NNDYN_LEAKY_RELU, NNDYN_ERF,
                                NNDYN_EXP,      NNDYN_SIN,  NNDYN_COS};
    static const double correlations[] = {-1, -0.99, -0.3, 0, 0.5, 0.9999, 1};
    nndyn_context *context;
    nd_gaussian_rule *closed = calloc(1, sizeof *closed), *rule = calloc(1, sizeof *rule);
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nd_gaussian_rule_make(nd_kernels_choose_f64("auto"), 0, closed);
    nd_gaussian_rule_make(nd_kernels_choose_f64("auto"), 48, rule);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        nd_activation f = {.kind = kinds[i], .order = 3, .parameter = nd_activation_default(kinds[i])};
        for (size_t j = 0; j < sizeof correlations / sizeof correlations[0]; j++) {
            double q1 = 1.3, q2 = 0.6;
            nd_gaussian_pair pair = {q1, q2, correlations[j] * sqrt(q1 * q2)};
            nd_gaussian_means want, got;
            assert_int_equal(nd_gaussian_means_of(closed, &f, &pair, &want), NNDYN_OK);
            assert_int_equal(nd_gaussian_means_of(rule, &f, &pair, &got), NNDYN_OK);
            nt_near(got.values, want.values, 2e-11);
            nt_near(got.slopes, want.slopes, 2e-11);
        }
    }
    free(rule);
    free(closed);
    nndyn_context_free(context);
}

/* Halving the points changes what every activation gives by less than 1e-8: the standard rule is fine enough.  Powers
 * below 2 have slopes that are not smooth at 0. */
static void quadrature_converges(void **state)
{
    nd_gaussian_rule *coarse = calloc(1, sizeof *coarse), *fine = calloc(1, sizeof *fine);
    (void)state;
    nd_gaussian_rule_make(nd_kernels_choose_f64("auto"), 48, coarse);
    nd_gaussian_rule_make(nd_kernels_choose_f64("auto"), 64, fine);
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        nd_activation f = {.kind = kind, .order = 3, .parameter = nd_activation_default(kind)};
        nd_gaussian_pair pair = {2, 1.1, 0.7};
        nd_gaussian_means want, got;
        assert_int_equal(nd_gaussian_means_of(coarse, &f, &pair, &got), NNDYN_OK);
        assert_int_equal(nd_gaussian_means_of(fine, &f, &pair, &want), NNDYN_OK);
        nt_near(got.values, want.values, 1e-8 * fmax(1, want.values));
        nt_near(got.slopes, want.slopes, 1e-8 * fmax(1, want.slopes));
    }
    free(fine);
    free(coarse);
}

static void no_hidden_layer(void **state)
{
    nndyn_context *context;
    double x[6], k[9], t[9];
    (void)state;
    points(x);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nndyn_options *options = scales(context, 1.5, 0.5);
    nt_ok(context, nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, 0, NNDYN_TANH, options, k, t));
    nt_near(k[1], 2.25 * inner(2, x, x + 2) / 2 + 0.25, 1e-14);
    nt_same(k, t, sizeof k);
    nndyn_options_free(options);
    nndyn_context_free(context);
}

/* Many samples over threads: the same bits. */
static void threads_give_the_same(void **state)
{
    enum { N = 70 };
    double *x = normals(3, 3 * N), *k[2], *t[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        nndyn_context *context;
        assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
        nt_ok(context, nndyn_context_set_threads(context, i == 0 ? 1 : 8));
        k[i] = numbers(N * N);
        t[i] = numbers(N * N);
        nt_ok(context, nndyn_ntk_infinite(context, 3, N, x, 0, NULL, 1, NNDYN_GELU, NULL, k[i], t[i]));
        nndyn_context_free(context);
    }
    nt_same(k[0], k[1], N * N * sizeof(double));
    nt_same(t[0], t[1], N * N * sizeof(double));
    for (int i = 0; i < 2; i++) {
        free(k[i]);
        free(t[i]);
    }
    free(x);
}

/* Wide networks near their limit like n^{-1/2}: with 60 networks a width the standard error of the slope is about 0.04,
 * that of a mean is as counted; fixed seeds (long_ntk.c has the figures). */
static void wide_networks_approach_it(void **state)
{
    static const double widths[4] = {32, 64, 128, 256};
    nndyn_context *context;
    double errors[4], worst;
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    for (int i = 0; i < 4; i++) {
        errors[i] = rms_error(context, NNDYN_TANH, (int64_t)widths[i], 1.5, 0.3, 60, &worst);
        assert_true(worst < 4);
    }
    nt_near(log_slope(4, widths, errors), -0.5, 0.12);
    nndyn_context_free(context);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void documented_errors(void **state)
{
    nndyn_context *context;
    nndyn_network *network;
    double x[6], k[9] = {7}, t[9] = {7}, bad[2] = {1, INFINITY}, huge[2] = {1e200, 1};
    (void)state;
    points(x);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_fails(NNDYN_EARG, context, "inputs", nndyn_ntk_infinite(context, 0, 3, x, 0, NULL, 1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_EARG, context, "n is", nndyn_ntk_infinite(context, 2, 0, x, 0, NULL, 1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_EARG, context, "n2", nndyn_ntk_infinite(context, 2, 3, x, 0, x + 2, 1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_EARG, context, "x is", nndyn_ntk_infinite(context, 2, 3, NULL, 0, NULL, 1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_EARG, context, "depth", nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, -1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_EARG, context, "activation", nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, 1, 99, NULL, k, t));
    nt_fails(NNDYN_EDATA, context, "x", nndyn_ntk_infinite(context, 2, 1, bad, 0, NULL, 1, NNDYN_TANH, NULL, k, t));
    nt_fails(NNDYN_ENUMERIC, context, "finite",
             nndyn_ntk_infinite(context, 2, 1, huge, 0, NULL, 1, NNDYN_RELU, NULL, k, t));
    nndyn_options *options = options_of(context);
    nt_ok(options, nndyn_options_set_integer(options, "nodes", 65));
    nt_fails(NNDYN_EOPTION, context, "nodes",
             nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, 1, NNDYN_TANH, options, k, t));
    nndyn_options_free(options);
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &network));
    nt_fails(NNDYN_ESTATE, network, "layer", nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nt_ok(network, nndyn_network_add_dropout(network, 0.1));
    nt_fails(NNDYN_EUNSUPPORTED, network, "not dense", nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nt_ok(network, nndyn_network_add_dense(network, 3, NNDYN_TANH));
    nt_fails(NNDYN_EUNSUPPORTED, network, "standard", nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nndyn_network_free(network);
    network = network_of(context, &figures[0], NULL);
    nt_ok(network, nndyn_network_add_activation(network, NNDYN_TANH, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, network, "not dense", nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nt_ok(network, nndyn_network_add_activation(network, NNDYN_TANH, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, network, "does not follow",
             nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nndyn_network_free(network);
    network = network_of(context, &figures[0], NULL);
    nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, network, "neither", nndyn_ntk_infinite_network(network, 3, x, 0, NULL, NULL, k, t));
    nndyn_network_free(network);
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, context, "kernels",
             nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, 1, NNDYN_TANH, NULL, k, t));
    assert_true(k[0] == 7 && t[0] == 7);
    nndyn_context_free(context);
}

static int scenario(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    double x[6], k[9];
    (void)user;
    points(x);
    int status = nt_context_create(a, &context);
    if (status == NNDYN_OK) {
        status = nndyn_ntk_infinite(context, 2, 3, x, 0, NULL, 2, NNDYN_RELU, NULL, k, NULL);
    }
    nndyn_context_free(context);
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_figures),
        cmocka_unit_test(custom_activation),
        cmocka_unit_test(quadrature_agrees_with_closed_forms),
        cmocka_unit_test(quadrature_converges),
        cmocka_unit_test(no_hidden_layer),
        cmocka_unit_test(threads_give_the_same),
        cmocka_unit_test(wide_networks_approach_it),
        cmocka_unit_test(documented_errors),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
