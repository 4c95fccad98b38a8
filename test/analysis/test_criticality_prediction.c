/* Predicted exponents against closed forms, against estimates on quantile grids, and against simulated toys. */
#include "nndyn/criticality.h"
#include "nndyn/statistics.h"
#include "support/support.h"

static const double nt_half_pi = 1.5707963267948966;

/* Options from a list such as "law=uniform low=-1". */
static nndyn_options *nt_parse(nndyn_context *context, const char *text)
{
    nndyn_options *options;
    char copy[256], *rest = copy;
    nt_ok(context, nndyn_options_create(context, &options));
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '='), *end;
        *value++ = '\0';
        const double number = strtod(value, &end);
        nt_ok(options, *end == '\0' ? nndyn_options_set_double(options, word, number)
                                    : nndyn_options_set_text(options, word, value));
    }
    return options;
}

typedef struct nt_case {
    int activation, loss;
    double t, xmin, xmax;
    const char *options;
    double k, tolerance;
} nt_case;

enum {
    ID = NNDYN_IDENTITY,
    MSE = NNDYN_SQUARED_ERROR,
    BCE = NNDYN_BINARY_CROSS_ENTROPY,
};

static const nt_case nt_cases[] = {
    /* quadrature and simulation of docs/criticality.md */
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated deviation=2", -0.0139, 2e-4},
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated deviation=4", 0.6728, 2e-4},
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated deviation=10", 0.9431, 2e-4},
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated law=mixture mean=2 deviation=2 second_mean=-2 second_deviation=2",
     0.3481, 1e-4},
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated law=mixture mean=8 deviation=4 second_mean=-8 second_deviation=4",
     1.1221, 1e-4},
    {ID, BCE, 0, 1e-4, 1e-1, "targets=calibrated law=mixture mean=18 deviation=6 second_mean=-18 second_deviation=6",
     1.3220, 1e-4},
    {ID, MSE, 0, 1e-5, 1e-3, "targets=noisy law=uniform low=-300 high=300", 0, 1e-4},
    {NNDYN_ARCTAN, MSE, 0, 1e-5, 1e-3, "targets=noisy law=uniform low=-300 high=300", 1.4988, 1e-3},
    {NNDYN_SOFTSIGN, MSE, 0, 1e-5, 1e-3, "targets=noisy law=uniform low=-300 high=300", 1.5, 1e-3},
    {NNDYN_ISRU, MSE, 0, 1e-6, 1e-4, "targets=noisy law=uniform low=-300 high=300", 1.3322, 1e-3},
    {NNDYN_SIGMOID, MSE, 0, 1e-6, 1e-3, "targets=noisy law=uniform low=-30 high=30", 0.9944, 1e-3},
    {NNDYN_TANH, MSE, 0, 1e-6, 1e-3, "targets=noisy law=uniform low=-30 high=30", 0.9978, 1e-3},
    {NNDYN_ARCTAN, MSE, 0, 2e-6, 2e-5,
     "targets=noisy law=uniform low=-300 high=300 update=weight input_scale=.00333333333", 1.925, 1e-3},
    /* closed forms: |y|^a, exponential data, 1/y */
    {ID, NNDYN_POWER_ERROR, 0, 1e-3, 1, "law=uniform loss_parameter=3", 0.5, 1e-8},
    {ID, NNDYN_POWER_ERROR, 0, 1e-3, 1, "law=uniform loss_parameter=4", 2.0 / 3, 1e-8},
    {ID, NNDYN_POWER_ERROR, 0, 1e-3, 1, "law=uniform loss_parameter=7", 5.0 / 6, 1e-8},
    {ID, NNDYN_POISSON, 0, 1e-4, 1, "law=exponential rate=-0.5", 0.5, 1e-8},
    {ID, NNDYN_POISSON, 0, 1e-2, 1, "law=exponential rate=-2", -1, 1e-8},
    {ID, NNDYN_POISSON, 0, 1, 1e4, "law=exponential rate=1.5", 2.5, 1e-8},
    {ID, NNDYN_NEGATIVE_LOG, 1, 1, 1e3, "law=uniform low=0 high=1", 2, 1e-8},
};

static void test_laws(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof nt_cases / sizeof nt_cases[0]; i++) {
        const nt_case *c = &nt_cases[i];
        nndyn_options *options = nt_parse(context, c->options);
        double k;
        nt_ok(context, nndyn_critical_prediction(context, c->activation, c->loss, c->t, c->xmin, c->xmax, 0, NULL,
                                                 options, &k, NULL, NULL, NULL, NULL));
        nt_near(k, c->k, c->tolerance);
        nndyn_options_free(options);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Mass and moments of y ~ N(0, 100), calibrated: mass 0.46111, E u = 2 E u^2 = 2 E S(1-S). */
static void test_moments(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_options *options = nt_parse(context, "targets=calibrated deviation=10");
    double mass, decades, mean, square;
    nt_ok(context, nndyn_critical_prediction(context, ID, BCE, 0, 1e-4, 1e-1, 0, NULL, options, NULL, &mass, &decades,
                                             &mean, &square));
    nt_near(mass, 0.46111, 5e-6);
    nt_near(decades, 3, 1e-12);
    nt_near(mean, 0.07851912, 1e-8);
    nt_near(square, 0.03925956, 1e-8);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- change of variables end to end, on quantile grids ----------------------------------------------------------- */

enum { GRID = 100000 };

/* |g| by plain formulas. */
static double nt_force(int activation, int loss, double t, double y)
{
    switch (activation) {
    case NNDYN_ARCTAN:
        return fabs(t == 0 ? atan(y) : atan(1 / y)) / (1 + y * y);
    case NNDYN_SOFTSIGN:
        return y / pow(1 + y, 3);
    case NNDYN_ISRU:
        return y / sqrt(1 + y * y) * pow(1 + y * y, -1.5);
    case NNDYN_TANH:
        return tanh(y) / (cosh(y) * cosh(y));
    default:
        return loss == BCE            ? 1 / (1 + exp(y))
               : loss == NNDYN_CAUCHY ? y / (1 + y * y / 2)
                                      : y * pow(1 + y * y / 1.5, -0.75);
    }
}

static void test_grids(void **state)
{
    (void)state;
    static const struct {
        int activation, loss;
        double t, low, high;
        int weight;
        double k;
    } grids[] = {
        {NNDYN_ARCTAN, MSE, 0, 10, 1000, 0, 1.49988},
        {NNDYN_ARCTAN, MSE, 0, 10, 1000, 1, 1.99947},
        {NNDYN_ARCTAN, MSE, 1, 10, 1000, 0, 1.33328}, /* t: the limit */
        {NNDYN_ARCTAN, MSE, 1, 10, 1000, 1, 1.49988},
        {NNDYN_SOFTSIGN, MSE, 0, 10, 1000, 0, 1.49993},
        {NNDYN_ISRU, MSE, 0, 10, 1000, 0, 1.33325},
        {ID, NNDYN_CAUCHY, 0, 10, 1000, 0, 1.99964},
        {ID, NNDYN_BARRON, 0, 10, 1000, 0, 2.99841},
        {NNDYN_TANH, MSE, 0, 3, 20, 0, 0.99995},
        {ID, BCE, 1, 3, 20, 0, 0.99911},
    };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double *y = malloc(GRID * sizeof *y), *u = malloc(GRID * sizeof *u);
    assert_true(y && u);
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        double low = INFINITY, high = 0, k, predicted, smooth;
        for (int j = 0; j < GRID; j++) {
            y[j] = grids[i].low + (grids[i].high - grids[i].low) * (j + 0.5) / GRID;
            u[j] = nt_force(grids[i].activation, grids[i].loss, grids[i].t, y[j]) * (grids[i].weight ? y[j] : 1);
            low = fmin(low, u[j]);
            high = fmax(high, u[j]);
        }
        low *= 1 - 1e-9;
        high *= 1 + 1e-9;
        char text[128];
        snprintf(text, sizeof text, "update=%s%s", grids[i].weight ? "weight" : "bias",
                 grids[i].loss == NNDYN_BARRON ? " loss_parameter=0.5" : "");
        nndyn_options *sample = nt_parse(context, text);
        snprintf(text + strlen(text), sizeof text - strlen(text), " law=uniform low=%g high=%g", grids[i].low,
                 grids[i].high);
        nndyn_options *law = nt_parse(context, text);
        const double t = grids[i].activation == NNDYN_ARCTAN && grids[i].t != 0 ? nt_half_pi : grids[i].t;
        nt_ok(context, nndyn_powerlaw_bounded(context, GRID, u, low, high, NULL, &k, NULL));
        nt_near(k, grids[i].k, 2e-3);
        nt_ok(context, nndyn_critical_prediction(context, grids[i].activation, grids[i].loss, t, low, high, GRID, y,
                                                 sample, &predicted, NULL, NULL, NULL, NULL));
        nt_near(predicted, k, 1e-7); /* the same samples */
        nt_ok(context, nndyn_critical_prediction(context, grids[i].activation, grids[i].loss, t, low, high, 0, NULL,
                                                 law, &smooth, NULL, NULL, NULL, NULL));
        nt_near(smooth, k, 2e-4); /* of the grid */
        nndyn_options_free(sample);
        nndyn_options_free(law);
    }
    free(y);
    free(u);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* A fold: MSE of the sigmoid, t = 1, turns at u0 = 4/27, where p(u) ~ |u - u0|^(-1/2): mass below it by two windows. */
static void test_fold(void **state)
{
    (void)state;
    const double top = 4.0 / 27;
    double near, far;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_options *options = nt_parse(context, "law=uniform low=-10 high=10");
    nt_ok(context, nndyn_critical_prediction(context, NNDYN_SIGMOID, MSE, 1, top - 1e-6, 0.2, 0, NULL, options, NULL,
                                             &near, NULL, NULL, NULL));
    nt_ok(context, nndyn_critical_prediction(context, NNDYN_SIGMOID, MSE, 1, top - 1e-4, 0.2, 0, NULL, options, NULL,
                                             &far, NULL, NULL, NULL));
    nt_near(far / near, 10, 0.01);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* The same on a grid of 4e6 points: the distance from the turning point has the exponent 1/2. */
static void test_fold_grid(void **state)
{
    (void)state;
    enum { PIECES = 1000, PIECE = 4000 };
    double u[PIECE], k;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_powerlaw_stream *stream;
    nt_ok(context, nndyn_powerlaw_stream_create(context, 1e-6, 1e-3, 30, &stream));
    for (int piece = 0; piece < PIECES; piece++) {
        for (int i = 0; i < PIECE; i++) {
            u[i] = -10 + 20 * ((double)piece * PIECE + i + 0.5) / ((double)PIECES * PIECE);
        }
        nt_ok(context, nndyn_activation_evaluate(context, NNDYN_SIGMOID, NULL, 0, PIECE, u, u));
        for (int i = 0; i < PIECE; i++) {
            u[i] = 4.0 / 27 - u[i] * (1 - u[i]) * (1 - u[i]);
        }
        nt_ok(stream, nndyn_powerlaw_stream_add(stream, PIECE, u));
    }
    nt_ok(stream, nndyn_powerlaw_stream_exponent(stream, &k, NULL));
    nt_near(k, 0.499, 0.002);
    nndyn_powerlaw_stream_free(stream);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        int status, activation, loss;
        double t, xmin, xmax;
        const char *options, *word;
    } bad[] = {
        {NNDYN_EARG, 0, MSE, 0, 1, 2, "", "activation"},
        {NNDYN_EUNSUPPORTED, ID, NNDYN_SOFTMAX_CROSS_ENTROPY, 0, 1, 2, "", "couples"},
        {NNDYN_EARG, ID, MSE, 0, 0, 2, "", "window"},
        {NNDYN_EARG, ID, MSE, 0, 2, 2, "", "window"},
        {NNDYN_EARG, ID, MSE, 0, 2, INFINITY, "", "window"},
        {NNDYN_EDATA, ID, MSE, NAN, 1, 2, "", "t"},
        {NNDYN_EDATA, ID, MSE, 0, 3, 4, "law=uniform", "no mass"},
        {NNDYN_EDATA, ID, NNDYN_HINGE, 1, 0.5, 2, "law=uniform", "one value"},
        {NNDYN_EOPTION, ID, MSE, 0, 1, 2, "low=0", "does not read"},
        {NNDYN_EOPTION, ID, MSE, 0, 1, 2, "law=uniform low=1 high=1", "below"},
        {NNDYN_EOPTION, ID, MSE, 0, 1, 2, "law=exponential rate=0", "rate"},
        {NNDYN_EOPTION, ID, MSE, 0, 1, 2, "noise=1", "noisy"},
        {NNDYN_EOPTION, ID, MSE, 0, 1, 2, "input_scale=1", "weight"},
        {NNDYN_EUNSUPPORTED, NNDYN_GELU, MSE, 0, 1, 2, "targets=calibrated", "gelu"},
        {NNDYN_EUNSUPPORTED, ID, NNDYN_CAUCHY, 0, 1, 2, "targets=noisy", "cauchy"},
    };
    double k = 7, mass = 7;
    const double y = 1, wrong = INFINITY;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nndyn_options *options = nt_parse(context, bad[i].options);
        nt_fails(bad[i].status, context, bad[i].word,
                 nndyn_critical_prediction(context, bad[i].activation, bad[i].loss, bad[i].t, bad[i].xmin, bad[i].xmax,
                                           0, NULL, options, &k, &mass, NULL, NULL, NULL));
        nndyn_options_free(options);
    }
    nndyn_options *law = nt_parse(context, "mean=1");
#define CALL(n, y, options) \
    nndyn_critical_prediction(context, ID, MSE, 0, 1, 2, n, y, options, &k, &mass, NULL, NULL, NULL)
    nt_fails(NNDYN_EARG, context, "count", CALL(-1, &y, NULL));
    nt_fails(NNDYN_EARG, context, "count", CALL(0, &y, NULL));
    nt_fails(NNDYN_EARG, context, "y is NULL", CALL(1, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "y", CALL(1, &wrong, NULL));
    nt_fails(NNDYN_EOPTION, context, "mean", CALL(1, &y, law));
    nt_fails(NNDYN_EDATA, context, "one value", CALL(1, &(double){1.5}, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, context, "limit", CALL(0, NULL, NULL));
#undef CALL
    assert_true(k == 7 && mass == 7);
    nndyn_options_free(law);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int nt_predict(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    double k;
    (void)user;
    int status = nt_context_create(a, &context);
    if (status == NNDYN_OK) {
        status = nndyn_critical_prediction(context, ID, MSE, 0, 0.1, 1, 0, NULL, NULL, &k, NULL, NULL, NULL, NULL);
    }
    nndyn_context_free(context);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(nt_predict, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laws),   cmocka_unit_test(test_moments),   cmocka_unit_test(test_grids),
        cmocka_unit_test(test_fold),   cmocka_unit_test(test_fold_grid), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("critical prediction", tests, NULL, NULL);
}
