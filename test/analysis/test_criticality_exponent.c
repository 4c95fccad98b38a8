/* Local exponents against figures of 60-digit arithmetic, against differences of the force, and where there is none. */
#include "nndyn/criticality.h"
#include "nndyn/derivatives.h"
#include "support/support.h"

typedef struct nt_setting {
    const char *name;
    double value;
} nt_setting;

static nndyn_options *nt_options(nndyn_context *context, const nt_setting *settings, int count, const char *update)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    for (int i = 0; i < count && settings[i].name; i++) {
        nt_ok(options, nndyn_options_set_double(options, settings[i].name, settings[i].value));
    }
    if (update) {
        nt_ok(options, nndyn_options_set_text(options, "update", update));
    }
    return options;
}

static const double nt_half_pi = 1.5707963267948966;

static void test_figures(void **state)
{
    (void)state;
    static const struct {
        int activation, loss;
        double t, y, k;
        nt_setting setting;
        const char *update;
    } cases[] = {
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, 10, 1.492785, {0}, NULL},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, 100, 1.499934, {0}, NULL},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, nt_half_pi, 100, 1.333304, {0}, NULL},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, -nt_half_pi, -100, 1.333304, {0}, NULL},
        {NNDYN_SOFTSIGN, NNDYN_SQUARED_ERROR, 0, 10, 1.495845, {0}, NULL},
        {NNDYN_ISRU, NNDYN_SQUARED_ERROR, 0, 10, 1.328844, {0}, NULL},
        {NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, -5, 0.993262, {0}, NULL},
        {NNDYN_TANH, NNDYN_SQUARED_ERROR, 0, 5, 0.999818, {0}, NULL},
        {NNDYN_IDENTITY, NNDYN_CAUCHY, 0, 10, 1.957518, {0}, NULL},
        {NNDYN_IDENTITY, NNDYN_BARRON, 0, 10, 2.901477, {"loss_parameter", 0.5}, NULL},
        {NNDYN_GELU, NNDYN_SQUARED_ERROR, 1, -5, 0.954170, {0}, NULL},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, 0, 100, 1.999713, {0}, "weight"},
    };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nndyn_options *options = nt_options(context, &cases[i].setting, 1, cases[i].update);
        double k = 7;
        nt_ok(context, nndyn_local_exponent(context, cases[i].activation, cases[i].loss, cases[i].t, 1, &cases[i].y,
                                            NULL, options, &k));
        nt_near(k, cases[i].k, 1e-6);
        nndyn_options_free(options);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* k = (1-2S)/(1-S) + (y/9)/(1-S) for binary cross-entropy, t = 0, y ~ N(0, 9). */
static void test_data_term(void **state)
{
    (void)state;
    const double y[4] = {-8, -5, -4, -2}, want[4] = {0.1104774595, 0.4339631936, 0.5290996327, 0.6123679872};
    double slope[4], k[4];
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int i = 0; i < 4; i++) {
        slope[i] = -y[i] / 9;
    }
    nt_ok(context, nndyn_local_exponent(context, NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 0, 4, y, slope, NULL, k));
    nt_close(k, want, 4, 0, 1e-10);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- every pair -------------------------------------------------------------------------------------------------- */

/* The force by the long double formulas of losses and activations that have elementary ones; enough to see every third
 * derivative of either. */
static long double nt_f(int kind, long double y)
{
    switch (kind) {
    case NNDYN_IDENTITY:
        return y;
    case NNDYN_LEAKY_RELU:
        return y < 0 ? 0.01L * y : y;
    case NNDYN_ELU:
        return y < 0 ? expm1l(y) : y;
    case NNDYN_SOFTPLUS:
        return log1pl(expl(y));
    case NNDYN_SIGMOID:
        return 1 / (1 + expl(-y));
    case NNDYN_TANH:
        return tanhl(y);
    case NNDYN_ERF:
        return erfl(y);
    case NNDYN_ARCTAN:
        return atanl(y);
    case NNDYN_SOFTSIGN:
        return y / (1 + fabsl(y));
    case NNDYN_ISRU:
        return y / sqrtl(1 + y * y);
    case NNDYN_SILU:
        return y / (1 + expl(-y));
    case NNDYN_GELU:
        return y * erfcl(-y / sqrtl(2)) / 2;
    case NNDYN_EXP:
        return expl(y);
    case NNDYN_SIN:
        return sinl(y);
    case NNDYN_COS:
        return cosl(y);
    case NNDYN_ABS_POWER:
        return y * y;
    default:
        return y < 0 ? 0 : y;
    }
}

static long double nt_h(int kind, long double a, long double t)
{
    const long double e = a - t, q = e * e;
    switch (kind) {
    case NNDYN_SQUARED_ERROR:
        return q / 2;
    case NNDYN_POWER_ERROR:
        return powl(fabsl(e), 3) / 3;
    case NNDYN_BINARY_CROSS_ENTROPY:
        return log1pl(expl(a)) - t * a;
    case NNDYN_POISSON:
        return expl(a) - t * a;
    case NNDYN_HUBER:
        return fabsl(e) < 1 ? q / 2 : fabsl(e) - 0.5L;
    case NNDYN_LOG_COSH:
        return logl(coshl(e));
    case NNDYN_CAUCHY:
        return log1pl(q / 2);
    case NNDYN_GEMAN_MCCLURE:
        return 2 * q / (q + 4);
    case NNDYN_WELSCH:
        return 1 - expl(-q / 2);
    case NNDYN_BARRON:
        return sqrtl(1 + q) - 1;
    case NNDYN_HINGE:
        return 1 - t * a > 0 ? 1 - t * a : 0;
    default:
        return -t * logl(a);
    }
}

/* d^order/dy^order of h(f(y), t) by central differences, errors of second and fourth order in the step removed. */
static long double nt_difference(int f, int h, long double t, long double y, int order, long double step)
{
    static const int weights[4][5] = {{0, 0, 1, 0, 0}, {0, -1, 0, 1, 0}, {0, 1, -2, 1, 0}, {-1, 2, 0, -2, 1}};
    static const long double scale[4] = {1, 2, 1, 2};
    long double sum = 0;
    for (int i = 0; i < 5; i++) {
        sum += weights[order][i] * nt_h(h, nt_f(f, y + (i - 2) * step), t);
    }
    return sum / (scale[order] * powl(step, order));
}

/* NaN where they do not converge, which is where a kink is near. */
static double nt_derivative(int f, int h, double t, double y, int order)
{
    const long double s = 4e-3L, a = nt_difference(f, h, t, y, order, s), b = nt_difference(f, h, t, y, order, 2 * s),
                      c = nt_difference(f, h, t, y, order, 4 * s);
    const long double ab = (4 * a - b) / 3, bc = (4 * b - c) / 3;
    return fabsl(ab - bc) < 1e-5L * (1 + fabsl(ab)) ? (double)((16 * ab - bc) / 15) : NAN;
}

static void test_every_pair(void **state)
{
    (void)state;
    static const double points[] = {-2.3, -0.7, 0.37, 1.9};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_options *weight = nt_options(context, NULL, 0, "weight");
    int compared = 0;
    for (int f = NNDYN_IDENTITY; f <= NNDYN_ABS_POWER; f++) {
        for (int h = NNDYN_SQUARED_ERROR; h <= NNDYN_NEGATIVE_LOG; h++) {
            for (int i = 0; i < 4 && h != NNDYN_SOFTMAX_CROSS_ENTROPY; i++) {
                const double t = h == NNDYN_HINGE ? 1 : 0.23, y = points[i];
                const double g = nt_derivative(f, h, t, y, 1), g1 = nt_derivative(f, h, t, y, 2),
                             g2 = nt_derivative(f, h, t, y, 3);
                double k[2], slope = 0.4;
                nt_ok(context, nndyn_local_exponent(context, f, h, t, 1, &y, &slope, NULL, &k[0]));
                nt_ok(context, nndyn_local_exponent(context, f, h, t, 1, &y, &slope, weight, &k[1]));
                const double v = g + y * g1;
                if (isfinite(g + g1 + g2) && fabs(g1) > 1e-3 && fabs(v) > 1e-3) {
                    nt_near(k[0], g * g2 / (g1 * g1) - slope * g / g1, 1e-5 * (1 + fabs(g * g2) / (g1 * g1)));
                    nt_near(k[1], y * g * (2 * g1 + y * g2) / (v * v) - slope * y * g / v,
                            1e-5 * (1 + fabs(y * g) * (fabs(g1) + fabs(y * g2)) / (v * v)));
                    compared++;
                }
            }
        }
    }
    assert_true(compared > 600); /* of 17 x 12 x 4 */
    nndyn_options_free(weight);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Far out the figures of section 4.2 of docs/criticality.md, to where doubles end. */
static void test_tails(void **state)
{
    (void)state;
    static const struct {
        int activation, loss;
        double t, y, k;
    } cases[] = {
        {NNDYN_TANH, NNDYN_SQUARED_ERROR, 1, 150, 1},
        {NNDYN_SIGMOID, NNDYN_SQUARED_ERROR, 1, 340, 1},
        {NNDYN_SIGMOID, NNDYN_SQUARED_ERROR, 0.3, -700, 1},
        {NNDYN_IDENTITY, NNDYN_BINARY_CROSS_ENTROPY, 1, 700, 1},
        {NNDYN_SOFTPLUS, NNDYN_SQUARED_ERROR, 0, -300, 1},
        {NNDYN_SOFTPLUS, NNDYN_NEGATIVE_LOG, 1, 1e6, 2},
        {NNDYN_ARCTAN, NNDYN_SQUARED_ERROR, nt_half_pi, 1e8, 4.0 / 3},
        {NNDYN_SOFTSIGN, NNDYN_SQUARED_ERROR, -1, -1e12, 4.0 / 3},
        {NNDYN_ISRU, NNDYN_SQUARED_ERROR, 1, 1e9, 1.2},
        {NNDYN_IDENTITY, NNDYN_GEMAN_MCCLURE, 0, 1e6, 4.0 / 3},
        {NNDYN_IDENTITY, NNDYN_POISSON, 0, -500, 1},
    };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double k;
        nt_ok(context, nndyn_local_exponent(context, cases[i].activation, cases[i].loss, cases[i].t, 1, &cases[i].y,
                                            NULL, NULL, &k));
        nt_near(k, cases[i].k, 1e-5);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_nowhere(void **state)
{
    (void)state;
    const double dead = -1, far = 800, turn = 0;
    double k = 7;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_local_exponent(context, NNDYN_RELU, NNDYN_SQUARED_ERROR, 1, 1, &dead, NULL, NULL, &k));
    assert_true(isnan(k)); /* an atom */
    nt_ok(context, nndyn_local_exponent(context, NNDYN_TANH, NNDYN_SQUARED_ERROR, 1, 1, &far, NULL, NULL, &k));
    assert_true(isnan(k)); /* 0 in double precision */
    nt_ok(context, nndyn_local_exponent(context, NNDYN_COS, NNDYN_POISSON, 0, 1, &far, NULL, NULL, &k));
    assert_true(isfinite(k));
    nt_ok(context, nndyn_local_exponent(context, NNDYN_IDENTITY, NNDYN_HINGE, 1, 1, &turn, NULL, NULL, &k));
    assert_true(isnan(k)); /* the force is constant */
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_errors(void **state)
{
    (void)state;
    const double y = 1, bad = NAN;
    double k = 7;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_options *slope = nt_options(context, &(nt_setting){"activation_parameter", 0.1}, 1, NULL);
    nndyn_options *scale = nt_options(context, &(nt_setting){"loss_scale", -1}, 1, NULL);
    nndyn_options *shape = nt_options(context, &(nt_setting){"loss_parameter", 0}, 1, NULL);
    nndyn_options *unknown = nt_options(context, &(nt_setting){"loss_parametr", 0}, 1, NULL);
    nndyn_options *update = nt_options(context, NULL, 0, "both");
#define CALL(activation, loss, t, n, y, slope, options, k) \
    nndyn_local_exponent(context, activation, loss, t, n, y, slope, options, k)
    enum { TANH = NNDYN_TANH, MSE = NNDYN_SQUARED_ERROR, POWER = NNDYN_POWER_ERROR };
    assert_int_equal(nndyn_local_exponent(NULL, TANH, MSE, 0, 1, &y, NULL, NULL, &k), NNDYN_EARG);
    nt_fails(NNDYN_EARG, context, "activation is 99", CALL(99, MSE, 0, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EARG, context, "loss is 0", CALL(TANH, 0, 0, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EUNSUPPORTED, context, "custom", CALL(NNDYN_CUSTOM_ACTIVATION, MSE, 0, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EUNSUPPORTED, context, "custom", CALL(TANH, NNDYN_CUSTOM_LOSS, 0, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EUNSUPPORTED, context, "couples", CALL(TANH, NNDYN_SOFTMAX_CROSS_ENTROPY, 0, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EARG, context, "count", CALL(TANH, MSE, 0, 0, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EARG, context, "y is NULL", CALL(TANH, MSE, 0, 1, NULL, NULL, NULL, &k));
    nt_fails(NNDYN_EARG, context, "k is NULL", CALL(TANH, MSE, 0, 1, &y, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "t", CALL(TANH, MSE, NAN, 1, &y, NULL, NULL, &k));
    nt_fails(NNDYN_EDATA, context, "y", CALL(TANH, MSE, 0, 1, &bad, NULL, NULL, &k));
    nt_fails(NNDYN_EDATA, context, "slope", CALL(TANH, MSE, 0, 1, &y, &bad, NULL, &k));
    nt_fails(NNDYN_EOPTION, context, "activation_parameter", CALL(TANH, MSE, 0, 1, &y, NULL, slope, &k));
    nt_fails(NNDYN_EOPTION, context, "loss_scale", CALL(TANH, MSE, 0, 1, &y, NULL, scale, &k));
    nt_fails(NNDYN_EOPTION, context, "allowed", CALL(TANH, NNDYN_CAUCHY, 0, 1, &y, NULL, scale, &k));
    nt_fails(NNDYN_EOPTION, context, "allowed", CALL(TANH, POWER, 0, 1, &y, NULL, shape, &k));
    nt_fails(NNDYN_EOPTION, context, "loss_parameter", CALL(TANH, POWER, 0, 1, &y, NULL, unknown, &k));
    nt_fails(NNDYN_EOPTION, context, "update", CALL(TANH, MSE, 0, 1, &y, NULL, update, &k));
#undef CALL
    assert_true(k == 7);
    nndyn_options_free(slope);
    nndyn_options_free(scale);
    nndyn_options_free(shape);
    nndyn_options_free(unknown);
    nndyn_options_free(update);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures), cmocka_unit_test(test_data_term), cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_tails),   cmocka_unit_test(test_nowhere),   cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("local exponent", tests, NULL, NULL);
}
