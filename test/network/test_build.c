/* Building, initialization, parameters, statistics, copies, names, and every documented error of them. */
#include "network/build.h"
#include "network/twin.h"
#include "nndyn/training.h"

static nndyn_network *network(nndyn_context *context, int dtype, int64_t inputs)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, dtype, inputs, &net));
    return net;
}

static nndyn_options *text_option(nndyn_context *context, const char *name, const char *value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, name, value));
    return options;
}

static nndyn_options *real_option(nndyn_context *context, const char *name, double value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, name, value));
    return options;
}

/* ---- shape ------------------------------------------------------------------------------------------------------- */

static void check_layer(nndyn_network *net, int64_t number, const int64_t want[6])
{
    int kind, activation;
    int64_t in, out, first, count;
    nt_ok(net, nndyn_network_layer(net, number, &kind, &activation, &in, &out, &first, &count));
    const int64_t got[6] = {kind, activation, in, out, first, count};
    nt_same(got, want, sizeof got);
}

static void test_shape(void **state)
{
    static const int64_t want[8][6] = {
        {NNDYN_DENSE, 0, 3, 5, 0, 20},
        {NNDYN_ACTIVATION, NNDYN_TANH, 5, 5, 20, 0},
        {NNDYN_RESIDUAL_BEGIN, 0, 5, 5, 20, 0},
        {NNDYN_BATCH_NORM, 0, 5, 5, 20, 10},
        {NNDYN_DROPOUT, 0, 5, 5, 30, 0},
        {NNDYN_RESIDUAL_END, 0, 5, 5, 30, 0},
        {NNDYN_ACTIVATION, NNDYN_RELU, 5, 5, 30, 0},
        {NNDYN_DENSE, 0, 5, 2, 30, 12},
    };
    nndyn_network *net = network(*state, NNDYN_F32, 3);
    int64_t inputs, outputs, layers, parameters;
    int dtype, kind = 77;
    nt_ok(net, nndyn_network_shape(net, &inputs, &outputs, &layers, &parameters, &dtype));
    assert_true(inputs == 3 && outputs == 3 && layers == 0 && parameters == 0 && dtype == NNDYN_F32);
    nt_fails(NNDYN_EARG, net, "no layers", nndyn_network_layer(net, 0, &kind, NULL, NULL, NULL, NULL, NULL));
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dropout(net, 0.5));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_RELU, NULL));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_shape(net, &inputs, &outputs, &layers, &parameters, &dtype));
    assert_true(inputs == 3 && outputs == 2 && layers == 8 && parameters == 42);
    nt_ok(net, nndyn_network_shape(net, NULL, NULL, NULL, NULL, NULL));
    for (int64_t l = 0; l < 8; l++) {
        check_layer(net, l, want[l]);
    }
    nt_ok(net, nndyn_network_layer(net, 7, NULL, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, net, "layer", nndyn_network_layer(net, 8, &kind, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, net, "-1", nndyn_network_layer(net, -1, &kind, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(kind, 77);
    assert_int_equal(nd_network_width(net), 5);
    assert_int_equal(nd_network_find(net, NNDYN_DROPOUT), 4);
    assert_int_equal(nd_network_find(net, NNDYN_CUSTOM_ACTIVATION), -1);
    nndyn_network_free(net);
}

static void test_create_errors(void **state)
{
    nndyn_context *context = *state;
    nndyn_network *net = (nndyn_network *)state;
    nt_fails(NNDYN_EARG, context, "dtype is 3", nndyn_network_create(context, 3, 1, &net));
    nt_fails(NNDYN_EARG, context, "inputs", nndyn_network_create(context, NNDYN_F64, 0, &net));
    nt_fails(NNDYN_EARG, context, "inputs", nndyn_network_create(context, NNDYN_F64, INT64_C(1) << 31, &net));
    nt_fails(NNDYN_EARG, context, "out", nndyn_network_create(context, NNDYN_F64, 1, NULL));
    assert_int_equal(nndyn_network_create(NULL, NNDYN_F64, 1, &net), NNDYN_EARG);
    assert_ptr_equal(net, state);
    nndyn_network_free(NULL);
    assert_int_equal(nndyn_network_shape(NULL, NULL, NULL, NULL, NULL, NULL), NNDYN_EARG);
    assert_int_equal(nndyn_network_shape((nndyn_network *)context, NULL, NULL, NULL, NULL, NULL), NNDYN_EARG);
}

/* ---- errors of adding: the network is as before ------------------------------------------------------------------ */

typedef struct snapshot {
    int64_t layers, parameters, statistics;
    double first;
} snapshot;

static snapshot look(const nndyn_network *net)
{
    return (snapshot){net->layer_count, net->parameters, net->statistics_count, ((double *)net->theta)[0]};
}

#define refused(status, word, call)                \
    do {                                           \
        const snapshot before_ = look(net);        \
        nt_fails(status, net, word, call);         \
        const snapshot after_ = look(net);         \
        nt_same(&before_, &after_, sizeof after_); \
    } while (0)

static int zero(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    (void)order;
    (void)z;
    memset(values, 0, (size_t)count * sizeof *values);
    return 0;
}

static int no_loss(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                   double *dt)
{
    (void)user;
    (void)a;
    (void)t;
    (void)m;
    (void)e;
    (void)dt;
    *h = 0;
    memset(d, 0, (size_t)k * sizeof *d);
    return 0;
}

static void test_add_errors(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 3);
    nndyn_options *parameter = real_option(*state, "parameter", -1);
    nndyn_options *wrong = real_option(*state, "momentun", 0.1);
    nndyn_options *zero_momentum = real_option(*state, "momentum", 0);
    nndyn_options *zero_epsilon = real_option(*state, "epsilon", 0);
    nndyn_options *no_law = text_option(*state, "initialization", "he");
    nndyn_options *scale = real_option(*state, "weight_scale", 1e31);
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_TANH));
    refused(NNDYN_EARG, "units", nndyn_network_add_dense(net, 0, NNDYN_TANH));
    refused(NNDYN_EARG, "units", nndyn_network_add_dense(net, INT64_C(1) << 31, NNDYN_TANH));
    refused(NNDYN_EARG, "activation is 0", nndyn_network_add_dense(net, 2, 0));
    refused(NNDYN_EARG, "nndyn_network_add_custom_activation",
            nndyn_network_add_dense(net, 2, NNDYN_CUSTOM_ACTIVATION));
    refused(NNDYN_EARG, "activation is 19", nndyn_network_add_activation(net, 19, NULL));
    refused(NNDYN_EOPTION, "abs_power", nndyn_network_add_dense_with(net, 2, NNDYN_ABS_POWER, parameter));
    refused(NNDYN_EOPTION, "tanh has none", nndyn_network_add_dense_with(net, 2, NNDYN_TANH, parameter));
    refused(NNDYN_EOPTION, "abs_power", nndyn_network_add_activation(net, NNDYN_ABS_POWER, parameter));
    refused(NNDYN_EOPTION, "weight_scale", nndyn_network_add_dense_with(net, 2, NNDYN_TANH, scale));
    refused(NNDYN_EOPTION, "initialization", nndyn_network_add_dense_with(net, 2, NNDYN_TANH, no_law));
    refused(NNDYN_EOPTION, "momentun", nndyn_network_add_dense_with(net, 2, NNDYN_TANH, wrong));
    refused(NNDYN_EOPTION, "momentum", nndyn_network_add_batch_norm(net, wrong));
    refused(NNDYN_EOPTION, "momentum", nndyn_network_add_batch_norm(net, zero_momentum));
    refused(NNDYN_EOPTION, "epsilon", nndyn_network_add_batch_norm(net, zero_epsilon));
    refused(NNDYN_EARG, "rate", nndyn_network_add_dropout(net, 1));
    refused(NNDYN_EARG, "rate", nndyn_network_add_dropout(net, -0.1));
    refused(NNDYN_EARG, "rate", nndyn_network_add_dropout(net, NAN));
    refused(NNDYN_EARG, "order", nndyn_network_add_custom_activation(net, 4, zero, NULL));
    refused(NNDYN_EARG, "order", nndyn_network_add_custom_activation(net, -1, zero, NULL));
    refused(NNDYN_EARG, "evaluate", nndyn_network_add_custom_activation(net, 1, NULL, NULL));
    refused(NNDYN_ESTATE, "no residual block", nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    refused(NNDYN_ESTATE, "4 units there and 5 here", nndyn_network_end_residual(net));
    net->frozen = 1;
    refused(NNDYN_ESTATE, "trainer", nndyn_network_add_dense(net, 4, NNDYN_TANH));
    refused(NNDYN_ESTATE, "trainer", nndyn_network_add_dropout(net, 0));
    nndyn_options *all[] = {parameter, wrong, zero_momentum, zero_epsilon, no_law, scale};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        nndyn_options_free(all[i]);
    }
    nndyn_network_free(net);
}

static void test_sizes_beyond_memory(void **state)
{
    nndyn_context *context;
    nndyn_network *net = network(*state, NNDYN_F64, INT32_MAX);
    nt_fails(NNDYN_ELIMIT, net, "parameter vector", nndyn_network_add_dense(net, INT32_MAX, NNDYN_TANH));
    assert_int_equal(net->layer_count, 0);
    nndyn_network_free(net);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_memory_limit(context, 100000));
    net = network(context, NNDYN_F64, 1000);
    nt_fails(NNDYN_ELIMIT, net, "memory limit", nndyn_network_add_dense(net, 1000, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, 10, NNDYN_TANH));
    assert_int_equal(net->parameters, 10010);
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, net, "80080 bytes", nndyn_network_initialize(net, 1));
    nndyn_network_free(net);
    nndyn_context_free(context);
}

static void test_loss_errors(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 3);
    nndyn_options *negative = real_option(*state, "scale", -1), *parameter = real_option(*state, "parameter", -1);
    nndyn_options *convention = text_option(*state, "convention", "residual");
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_HUBER));
    const nd_loss before = net->loss;
    nt_fails(NNDYN_EARG, net, "loss is 0", nndyn_network_set_loss(net, 0));
    nt_fails(NNDYN_EARG, net, "nndyn_network_set_custom_loss", nndyn_network_set_loss(net, NNDYN_CUSTOM_LOSS));
    nt_fails(NNDYN_EARG, net, "loss is 99", nndyn_network_set_loss_with(net, 99, NULL));
    nt_fails(NNDYN_EOPTION, net, "cauchy", nndyn_network_set_loss_with(net, NNDYN_CAUCHY, negative));
    nt_fails(NNDYN_EOPTION, net, "huber", nndyn_network_set_loss_with(net, NNDYN_HUBER, parameter));
    nt_fails(NNDYN_EOPTION, net, "\"scale\"", nndyn_network_set_loss_with(net, NNDYN_HUBER, negative));
    nt_fails(NNDYN_EOPTION, net, "\"parameter\"", nndyn_network_set_loss_with(net, NNDYN_LOG_COSH, parameter));
    nt_fails(NNDYN_EOPTION, net, "\"convention\"", nndyn_network_set_loss_with(net, NNDYN_HUBER, convention));
    nt_fails(NNDYN_EARG, net, "order", nndyn_network_set_custom_loss(net, 0, no_loss, NULL));
    nt_fails(NNDYN_EARG, net, "order", nndyn_network_set_custom_loss(net, 3, no_loss, NULL));
    nt_fails(NNDYN_EARG, net, "evaluate", nndyn_network_set_custom_loss(net, 1, NULL, NULL));
    nt_same(&before, &net->loss, sizeof before);
    nt_ok(net, nndyn_network_set_loss_with(net, NNDYN_SOFTMAX_CROSS_ENTROPY, convention));
    assert_int_equal(net->loss.residual_convention, 1);
    nndyn_options_free(negative);
    nndyn_options_free(parameter);
    nndyn_options_free(convention);
    nndyn_network_free(net);
}

/* ---- what the floors above ask ----------------------------------------------------------------------------------- */

static void test_ready_and_order(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 3);
    nt_fails(NNDYN_ESTATE, net, "no layers", nd_network_ready(net, net, 0));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_fails(NNDYN_ESTATE, net, "layer 0 is open", nd_network_ready(net, net, 0));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nd_network_ready(net, net, 0));
    nt_fails(NNDYN_ESTATE, net, "no loss", nd_network_ready(net, net, 1));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(net, nd_network_ready(net, net, 1));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_ok(net, nd_network_check_order(net, net, 3, 0));
    nt_fails(NNDYN_EUNSUPPORTED, net, "the loss is squared_error with derivatives to order 2; this call needs order 3",
             nd_network_check_order(net, net, 3, 1));
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, zero, NULL));
    nt_ok(net, nd_network_check_order(net, net, 1, 1));
    nt_fails(NNDYN_EUNSUPPORTED, net,
             "layer 3 is a custom activation with derivatives to order 1; this call needs order 2",
             nd_network_check_order(net, net, 2, 1));
    nt_ok(net, nndyn_network_set_custom_loss(net, 1, no_loss, NULL));
    nt_ok(net, nd_network_check_order(net, net, 1, 1));
    nndyn_network_free(net);
    net = network(*state, NNDYN_F64, 3);
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_set_custom_loss(net, 1, no_loss, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, net, "the loss is a custom one with derivatives to order 1; this call needs order 2",
             nd_network_check_order(net, net, 2, 1));
    nndyn_network_free(net);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(nndyn_activation_name(NNDYN_LEAKY_RELU), "leaky_relu");
    assert_string_equal(nndyn_activation_name(NNDYN_CUSTOM_ACTIVATION), "custom_activation");
    assert_string_equal(nndyn_loss_name(NNDYN_CUSTOM_LOSS), "custom_loss");
    assert_string_equal(nndyn_loss_name(NNDYN_GEMAN_MCCLURE), "geman_mcclure");
    const int outside[] = {0, -1, ND_ACTIVATIONS, NNDYN_CUSTOM_ACTIVATION + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_string_equal(nndyn_activation_name(outside[i]), "unknown");
        assert_string_equal(nndyn_loss_name(outside[i]), "unknown");
    }
    for (int a = 1; a < ND_ACTIVATIONS; a++) { /* all there, all different */
        assert_string_not_equal(nndyn_activation_name(a), "unknown");
        for (int b = 1; b < a; b++) {
            assert_string_not_equal(nndyn_activation_name(a), nndyn_activation_name(b));
        }
    }
    for (int a = 1; a < ND_LOSSES; a++) {
        assert_string_not_equal(nndyn_loss_name(a), "unknown");
        for (int b = 1; b < a; b++) {
            assert_string_not_equal(nndyn_loss_name(a), nndyn_loss_name(b));
        }
    }
}

/* ---- initialization ---------------------------------------------------------------------------------------------- */

enum { IN = 120, OUT = 80, WEIGHTS = IN * OUT };

typedef struct law {
    const char *name;
    double deviation; /* of the weights, and of the biases */
    double bias;
    double bound; /* of a uniform law, else 0 */
} law;

/* Mean and variance of the drawn weights.  With 9600 of them the mean has deviation s / 98 and the variance at most
 * s^2 / 69 (normal law; a uniform one less): bounds of 5 deviations give an error rate below 1e-6 each. */
static void check_law(const double *w, int64_t count, double deviation, double bound)
{
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += w[i];
        squares += w[i] * w[i];
        largest = fmax(largest, fabs(w[i]));
    }
    const double n = (double)count, variance = squares / n;
    assert_true(fabs(sum / n) <= 5 * deviation / sqrt(n));
    assert_true(fabs(variance - deviation * deviation) <= 5 * deviation * deviation * sqrt(2 / n));
    if (bound > 0) {
        assert_true(largest <= bound && largest > 0.9 * bound);
    } else if (deviation > 0) {
        assert_true(largest > 2 * deviation);
    }
}

static void check_initialization(nndyn_context *context, const law *l, double scale)
{
    nndyn_network *net = network(context, NNDYN_F64, IN);
    nndyn_options *options = text_option(context, "initialization", l->name);
    double theta[WEIGHTS + OUT];
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", scale));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 2 * scale));
    nt_ok(net, nndyn_network_add_dense_with(net, OUT, NNDYN_TANH, options));
    nt_ok(net, nndyn_network_get_parameters(net, WEIGHTS + OUT, theta));
    check_law(theta, WEIGHTS, scale * l->deviation, scale * l->bound);
    check_law(theta + WEIGHTS, OUT, 2 * scale * l->bias, l->bias > 0 ? 2 * scale * l->bound : 0);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

static void test_initializations(void **state)
{
    const double in = IN, both = IN + OUT;
    const law all[] = {
        {"uniform", sqrt(1 / (3 * in)), sqrt(1 / (3 * in)), sqrt(1 / in)},
        {"glorot_uniform", sqrt(2 / both), 0, sqrt(6 / both)},
        {"glorot_normal", sqrt(2 / both), 0, 0},
        {"he_uniform", sqrt(2 / in), 0, sqrt(6 / in)},
        {"he_normal", sqrt(2 / in), 0, 0},
        {"lecun_uniform", sqrt(1 / in), 0, sqrt(3 / in)},
        {"lecun_normal", sqrt(1 / in), 0, 0},
        {"normal", sqrt(1 / in), 0, 0},
        {"zeros", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        check_initialization(*state, &all[i], i % 2 == 0 ? 1.7 : 1);
    }
    nndyn_network *net = network(*state, NNDYN_F64, IN); /* the default, with biases of the same law */
    double theta[WEIGHTS + OUT];
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_TANH));
    nt_ok(net, nndyn_network_get_parameters(net, WEIGHTS + OUT, theta));
    check_law(theta, WEIGHTS, all[0].deviation, all[0].bound);
    check_law(theta + WEIGHTS, OUT, all[0].deviation, all[0].bound);
    nndyn_network_free(net);
}

static void test_ntk_draws(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, IN);
    nndyn_options *options = text_option(*state, "parametrization", "ntk");
    double theta[WEIGHTS + OUT], zeros[WEIGHTS + OUT] = {0};
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 3)); /* in the formula, not in the draws */
    nt_ok(net, nndyn_network_add_dense_with(net, OUT, NNDYN_TANH, options));
    nt_ok(net, nndyn_network_get_parameters(net, WEIGHTS + OUT, theta));
    check_law(theta, WEIGHTS, 1, 0);
    check_law(theta + WEIGHTS, OUT, 1, 0);
    nndyn_network_free(net);
    net = network(*state, NNDYN_F64, IN);
    nt_ok(options, nndyn_options_set_text(options, "initialization", "zeros"));
    nt_ok(net, nndyn_network_add_dense_with(net, OUT, NNDYN_TANH, options));
    nt_ok(net, nndyn_network_get_parameters(net, WEIGHTS + OUT, theta));
    nt_same(theta, zeros, sizeof zeros);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

static void check_orthogonal(nndyn_context *context, int64_t in, int64_t out)
{
    nndyn_network *net = network(context, NNDYN_F64, in);
    nndyn_options *options = text_option(context, "initialization", "orthogonal");
    const int64_t rank = in < out ? in : out;
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 2));
    nt_ok(net, nndyn_network_add_dense_with(net, out, NNDYN_IDENTITY, options));
    const double *w = net->theta;
    for (int64_t i = 0; i < rank; i++) {
        for (int64_t j = 0; j < rank; j++) {
            double dot = 0;
            for (int64_t k = 0; k < (in < out ? out : in); k++) {
                dot += in < out ? w[k * in + i] * w[k * in + j] : w[i * in + k] * w[j * in + k];
            }
            nt_near(dot, i == j ? 4 : 0, 1e-13);
        }
    }
    for (int64_t i = 0; i < out; i++) {
        assert_true(w[in * out + i] == 0);
    }
    nndyn_options_free(options);
    nndyn_network_free(net);
}

static void test_orthogonal(void **state)
{
    check_orthogonal(*state, 7, 7);
    check_orthogonal(*state, 12, 5);
    check_orthogonal(*state, 5, 12);
    check_orthogonal(*state, 1, 3);
}

/* Seeds: of the context at creation, of initialize afterwards; layers do not shift each other's numbers. */
static void test_seeds(void **state)
{
    nndyn_context *context;
    double first[40], again[40], other[40];
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_seed(context, 5));
    nndyn_network *a = network(context, NNDYN_F64, 3), *b = network(context, NNDYN_F64, 3);
    nt_ok(context, nndyn_context_set_seed(context, 6));
    nndyn_network *c = network(context, NNDYN_F64, 3);
    nndyn_network *all[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        nt_ok(all[i], nndyn_network_add_dense(all[i], 4, NNDYN_TANH));
        nt_ok(all[i], nndyn_network_add_dense(all[i], 4, NNDYN_TANH));
    }
    nt_ok(a, nndyn_network_get_parameters(a, 36, first));
    nt_ok(b, nndyn_network_get_parameters(b, 36, again));
    nt_ok(c, nndyn_network_get_parameters(c, 36, other));
    nt_same(first, again, 36 * sizeof(double));
    assert_true(first[0] != other[0] && first[20] != other[20]);
    assert_true(first[12] != first[0] && first[13] != first[1]); /* biases are not the weights once more */
    nt_ok(c, nndyn_network_initialize(c, 5));
    nt_ok(c, nndyn_network_get_parameters(c, 36, other));
    nt_same(first, other, 36 * sizeof(double));
    nndyn_network *bare = network(context, NNDYN_F64, 3); /* the same weights without biases */
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "bias", 0));
    nt_ok(bare, nndyn_network_add_dense_with(bare, 4, NNDYN_TANH, options));
    nt_ok(bare, nndyn_network_initialize(bare, 5));
    nt_ok(bare, nndyn_network_get_parameters(bare, 12, other));
    nt_same(first, other, 12 * sizeof(double));
    nndyn_options_free(options);
    nndyn_network_free(bare);
    nndyn_network_free(a);
    nndyn_network_free(b);
    nndyn_network_free(c);
    nndyn_context_free(context);
}

static void test_initialize_resets(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F32, 2);
    const double fresh[4] = {0, 0, 1, 1}, other[4] = {1, 2, 3, 4};
    double got[4];
    nt_ok(net, nndyn_network_initialize(net, 3)); /* without layers: nothing to draw */
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_get_statistics(net, 4, got));
    nt_same(got, fresh, sizeof got);
    nt_ok(net, nndyn_network_set_statistics(net, 4, other));
    nt_ok(net, nndyn_network_set_parameters(net, 4, other));
    nt_ok(net, nndyn_network_get_statistics(net, 4, got));
    nt_same(got, other, sizeof got);
    nt_ok(net, nndyn_network_initialize(net, 3));
    nt_ok(net, nndyn_network_get_statistics(net, 4, got));
    nt_same(got, fresh, sizeof got);
    nt_ok(net, nndyn_network_get_parameters(net, 4, got));
    const double scale_and_shift[4] = {1, 1, 0, 0};
    nt_same(got, scale_and_shift, sizeof got);
    nndyn_network_free(net);
}

/* ---- parameters and statistics ----------------------------------------------------------------------------------- */

static void test_parameters(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F32, 1);
    double in[4] = {0.1, -2, 3, 1e30}, got[4] = {7, 7, 7, 7};
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_set_parameters(net, 4, in));
    nt_fails(NNDYN_EARG, net, "count is 3", nndyn_network_get_parameters(net, 3, got));
    nt_fails(NNDYN_EARG, net, "count is 5", nndyn_network_set_parameters(net, 5, in));
    nt_fails(NNDYN_EARG, net, "parameters", nndyn_network_get_parameters(net, 4, NULL));
    nt_fails(NNDYN_EARG, net, "parameters", nndyn_network_set_parameters(net, 4, NULL));
    assert_true(got[0] == 7);
    in[2] = NAN;
    in[0] = 9;
    nt_fails(NNDYN_EDATA, net, "parameters[2]", nndyn_network_set_parameters(net, 4, in));
    in[2] = 1e39; /* beyond float */
    nt_fails(NNDYN_EDATA, net, "single precision", nndyn_network_set_parameters(net, 4, in));
    nt_ok(net, nndyn_network_get_parameters(net, 4, got));
    const double want[4] = {(double)0.1f, -2, 3, (double)1e30f};
    nt_same(got, want, sizeof want);
    nt_ok(net, nndyn_network_get_statistics(net, 0, NULL));
    nt_ok(net, nndyn_network_set_statistics(net, 0, NULL));
    nndyn_network_free(net);
    net = network(*state, NNDYN_F64, 1);
    nt_ok(net, nndyn_network_get_parameters(net, 0, NULL));
    nt_ok(net, nndyn_network_set_parameters(net, 0, NULL));
    nndyn_network_free(net);
}

static void test_statistics(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 1);
    double in[4] = {-1, 2, -3, 0}, got[4];
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_set_statistics(net, 4, in)); /* a mean may be negative */
    in[0] = 8;
    in[3] = -1;
    nt_fails(NNDYN_EDATA, net, "statistics[3] is -1", nndyn_network_set_statistics(net, 4, in));
    in[3] = INFINITY;
    nt_fails(NNDYN_EDATA, net, "statistics[3]", nndyn_network_set_statistics(net, 4, in));
    nt_fails(NNDYN_EARG, net, "4 statistics", nndyn_network_set_statistics(net, 2, in));
    nt_fails(NNDYN_EARG, net, "statistics", nndyn_network_set_statistics(net, 4, NULL));
    nt_fails(NNDYN_EARG, net, "count", nndyn_network_get_statistics(net, 5, got));
    nt_fails(NNDYN_EARG, net, "statistics", nndyn_network_get_statistics(net, 4, NULL));
    nt_ok(net, nndyn_network_get_statistics(net, 4, got));
    assert_true(got[0] == -1 && got[3] == 0);
    nndyn_network_free(net);
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

static void test_copy(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 2), *twin, *small, *back, *none = NULL;
    const double x[2] = {0.5, -1}, statistics[6] = {1, 2, 3, 4, 5, 6};
    double y[2], again[2], theta[64], large = 1e200;
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_copy(net, NNDYN_F64, &twin)); /* with a block open */
    assert_int_equal(twin->open_block, 0);
    nndyn_network *both[] = {net, twin};
    for (int i = 0; i < 2; i++) {
        nt_ok(both[i], nndyn_network_end_residual(both[i]));
        nt_ok(both[i], nndyn_network_add_dense(both[i], 3, NNDYN_SIN));
        nt_ok(both[i], nndyn_network_add_batch_norm(both[i], NULL));
        nt_ok(both[i], nndyn_network_set_statistics(both[i], 6, statistics));
        nt_ok(both[i], nndyn_network_add_dense(both[i], 2, NNDYN_IDENTITY));
    }
    nt_ok(net, nndyn_network_forward(net, 1, x, y));
    nt_ok(twin, nndyn_network_forward(twin, 1, x, again));
    nt_same(y, again, sizeof y);
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_HUBER));
    net->frozen = 1; /* a copy has no trainer */
    nt_ok(net, nndyn_network_copy(net, NNDYN_F32, &small));
    nt_ok(small, nndyn_network_copy(small, NNDYN_F64, &back));
    assert_int_equal(small->loss.kind, NNDYN_HUBER);
    assert_int_equal(small->frozen, 0);
    for (int64_t i = 0; i < net->parameters; i++) {
        assert_true(((double *)back->theta)[i] == (double)(float)((double *)net->theta)[i]);
    }
    nt_ok(back, nndyn_network_get_statistics(back, 6, theta));
    nt_same(theta, statistics, sizeof statistics);
    nt_fails(NNDYN_EARG, net, "dtype", nndyn_network_copy(net, 0, &none));
    nt_fails(NNDYN_EARG, net, "out", nndyn_network_copy(net, NNDYN_F64, NULL));
    ((double *)net->theta)[1] = large;
    nt_fails(NNDYN_EDATA, net, "parameter 1", nndyn_network_copy(net, NNDYN_F32, &none));
    assert_null(none);
    nndyn_network_free(net);
    nt_ok(back, nndyn_network_forward(back, 1, x, again)); /* independent of what it was made from */
    nt_close(again, y, 2, 1e-6, 1e-6);
    nndyn_network_free(twin);
    nndyn_network_free(small);
    nndyn_network_free(back);
}

/* ---- busy handle, from a callback, which runs while the network is in use ---------------------------------------- */

static int intrude(void *user, int order, int64_t count, const double *z, double *values)
{
    nndyn_network *net = *(nndyn_network **)user;
    double number[64];
    nndyn_network *other = NULL;
    (void)order;
    memcpy(values, z, (size_t)count * sizeof *values);
    const int all[] = {
        nndyn_network_add_dense(net, 1, NNDYN_TANH),
        nndyn_network_add_dense_with(net, 1, NNDYN_TANH, NULL),
        nndyn_network_add_activation(net, NNDYN_TANH, NULL),
        nndyn_network_add_custom_activation(net, 1, intrude, user),
        nndyn_network_add_batch_norm(net, NULL),
        nndyn_network_add_dropout(net, 0.1),
        nndyn_network_begin_residual(net),
        nndyn_network_end_residual(net),
        nndyn_network_set_loss(net, NNDYN_HUBER),
        nndyn_network_set_loss_with(net, NNDYN_HUBER, NULL),
        nndyn_network_set_custom_loss(net, 1, no_loss, NULL),
        nndyn_network_initialize(net, 1),
        nndyn_network_shape(net, NULL, NULL, NULL, NULL, NULL),
        nndyn_network_layer(net, 0, NULL, NULL, NULL, NULL, NULL, NULL),
        nndyn_network_get_parameters(net, 4, number),
        nndyn_network_set_parameters(net, 4, number),
        nndyn_network_get_statistics(net, 0, number),
        nndyn_network_set_statistics(net, 0, number),
        nndyn_network_forward(net, 1, z, values),
        nndyn_network_forward_f32(net, 1, NULL, NULL),
        nndyn_network_evaluate(net, NULL, NULL, NULL),
        nndyn_network_copy(net, NNDYN_F64, &other),
        nndyn_network_save(net, "x"),
    };
    int busy = 0;
    const int total = (int)(sizeof all / sizeof all[0]);
    for (int i = 0; i < total; i++) {
        busy += all[i] == NNDYN_EBUSY;
    }
    return total - busy;
}

static void test_busy(void **state)
{
    nndyn_network *net = network(*state, NNDYN_F64, 1);
    double x = 1, y;
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, intrude, &net));
    nt_ok(net, nndyn_network_forward(net, 1, &x, &y));
    assert_int_equal(net->layer_count, 1);
    nndyn_network_free(net);
}

/* ---- nndyn_activation_evaluate ----------------------------------------------------------------------------------- */

static void test_activation_evaluate(void **state)
{
    nndyn_context *context = *state;
    nndyn_options *slope = real_option(context, "parameter", 0.2);
    double z[7], values[7], want[7];
    nt_uniform(4, 7, -3, 3, z);
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        const nd_activation f = {.kind = kind, .parameter = nd_activation_default(kind)};
        for (int i = 0; i < 7; i++) {
            want[i] = twin_activation(&f, z[i]);
        }
        nt_ok(context, nndyn_activation_evaluate(context, kind, NULL, 0, 7, z, values));
        nt_close(values, want, 7, 1e-14, 1e-15);
        for (int order = 1; order <= 3; order++) {
            for (int i = 0; i < 7; i++) { /* the derivative of the order below, by a central difference */
                const double ends[2] = {z[i] - 1e-5, z[i] + 1e-5};
                double v[2];
                nt_ok(context, nndyn_activation_evaluate(context, kind, NULL, order - 1, 2, ends, v));
                want[i] = (v[1] - v[0]) / (ends[1] - ends[0]);
            }
            nt_ok(context, nndyn_activation_evaluate(context, kind, NULL, order, 7, z, values));
            nt_close(values, want, 7, 1e-8, 1e-8);
        }
    }
    nt_ok(context, nndyn_activation_evaluate(context, NNDYN_LEAKY_RELU, slope, 1, 2, (double[]){-1, 1}, values));
    assert_true(values[0] == 0.2 && values[1] == 1);
    nndyn_options_free(slope);
}

static void test_activation_evaluate_errors(void **state)
{
    nndyn_context *context = *state;
    nndyn_options *parameter = real_option(context, "parameter", -1), *unknown = real_option(context, "slope", 1);
    double z[2] = {1, NAN}, v[2] = {7, 7};
    nt_fails(NNDYN_EARG, context, "activation is 0", nndyn_activation_evaluate(context, 0, NULL, 0, 1, z, v));
    nt_fails(NNDYN_EARG, context, "activation",
             nndyn_activation_evaluate(context, NNDYN_CUSTOM_ACTIVATION, NULL, 0, 1, z, v));
    nt_fails(NNDYN_EARG, context, "order", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, 4, 1, z, v));
    nt_fails(NNDYN_EARG, context, "order", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, -1, 1, z, v));
    nt_fails(NNDYN_EARG, context, "count", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, 0, 0, z, v));
    nt_fails(NNDYN_EARG, context, "z", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, 0, 1, NULL, v));
    nt_fails(NNDYN_EARG, context, "values", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, 0, 1, z, NULL));
    nt_fails(NNDYN_EDATA, context, "z", nndyn_activation_evaluate(context, NNDYN_TANH, NULL, 0, 2, z, v));
    nt_fails(NNDYN_EOPTION, context, "slope", nndyn_activation_evaluate(context, NNDYN_ELU, unknown, 0, 1, z, v));
    nt_fails(NNDYN_EOPTION, context, "abs_power",
             nndyn_activation_evaluate(context, NNDYN_ABS_POWER, parameter, 0, 1, z, v));
    nt_fails(NNDYN_EOPTION, context, "sin has none",
             nndyn_activation_evaluate(context, NNDYN_SIN, parameter, 0, 1, z, v));
    assert_true(v[0] == 7 && v[1] == 7);
    nndyn_options_free(parameter);
    nndyn_options_free(unknown);
}

/* ---- every allocation fails once --------------------------------------------------------------------------------- */

static int add_everything(nndyn_network *net, const nndyn_options *orthogonal)
{
    ND_TRY(nndyn_network_add_dense_with(net, 6, NNDYN_TANH, orthogonal)); /* more rows than columns: a scratch array */
    ND_TRY(nndyn_network_begin_residual(net));
    ND_TRY(nndyn_network_add_batch_norm(net, NULL));
    ND_TRY(nndyn_network_add_dropout(net, 0.2));
    ND_TRY(nndyn_network_end_residual(net));
    return nndyn_network_add_dense(net, 2, NNDYN_IDENTITY);
}

static int build_scenario(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nndyn_network *net = NULL, *copied = NULL;
    nndyn_options *options = NULL;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &context), NNDYN_OK);
    options = text_option(context, "initialization", "orthogonal");
    nt_resume(a);
    int status = nndyn_network_create(context, *(int *)user, 3, &net);
    if (status == NNDYN_OK) {
        status = add_everything(net, options);
    }
    status = status == NNDYN_OK ? nndyn_network_copy(net, NNDYN_F32, &copied) : status;
    status = status == NNDYN_OK ? nndyn_network_initialize(net, 8) : status;
    nt_pause(a);
    nndyn_options_free(options);
    nndyn_network_free(copied);
    nndyn_network_free(net);
    nndyn_context_free(context);
    return status;
}

static void test_allocations(void **state)
{
    int dtypes[] = {NNDYN_F32, NNDYN_F64};
    (void)state;
    nt_every_allocation(build_scenario, &dtypes[0]);
    nt_every_allocation(build_scenario, &dtypes[1]);
}

/* A failed addition or initialization leaves the network as it was. */
static void test_unchanged_after_failure(void **state)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *net = network(context, NNDYN_F32, 3);
    double before[20], after[20];
    int status, failures = 0;
    (void)state;
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    nt_ok(net, nndyn_network_get_parameters(net, 20, before));
    do {
        a.fail_at = a.calls + 1 + failures;
        status = nndyn_network_add_dense(net, 300, NNDYN_TANH);
        failures += status != NNDYN_OK;
        assert_true(status == NNDYN_OK || (status == NNDYN_ENOMEM && net->layer_count == 2 && net->parameters == 20));
        nt_ok(net, status == NNDYN_OK ? NNDYN_OK : nndyn_network_get_parameters(net, 20, after));
        nt_same(before, status == NNDYN_OK ? before : after, sizeof before);
    } while (status != NNDYN_OK);
    assert_true(failures >= 2); /* layers, parameters; then there is room and all succeed */
    a.fail_at = a.calls + 1;
    nt_fails(NNDYN_ENOMEM, net, "NULL", nndyn_network_initialize(net, 99));
    assert_true(((float *)net->theta)[0] == (float)before[0]);
    nndyn_network_free(net);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int set_up(void **state)
{
    return nndyn_context_create((nndyn_context **)state);
}

static int tear_down(void **state)
{
    nndyn_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_create_errors),
        cmocka_unit_test(test_add_errors),
        cmocka_unit_test(test_sizes_beyond_memory),
        cmocka_unit_test(test_loss_errors),
        cmocka_unit_test(test_ready_and_order),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_initializations),
        cmocka_unit_test(test_ntk_draws),
        cmocka_unit_test(test_orthogonal),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_initialize_resets),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_activation_evaluate),
        cmocka_unit_test(test_activation_evaluate_errors),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_unchanged_after_failure),
    };
    return cmocka_run_group_tests_name("network: build", tests, set_up, tear_down);
}
