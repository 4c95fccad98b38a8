/* Maps of callbacks, flows and networks: closed forms, parameters, company, threads, refused input, failures. */
#include "support/support.h"
#include "nndyn/map.h"

/* The double well (w^2 - 1)^2 / 4 under gradient descent, w -> w + rate (w - w^3). */
static int well(void *user, const double *parameters, int64_t count, const double *states, double *next)
{
    if (user != NULL) {
        *(int64_t *)user += count;
    }
    for (int64_t i = 0; i < count; i++) {
        next[i] = states[i] + parameters[0] * (states[i] - states[i] * states[i] * states[i]);
    }
    return 0;
}

static int well_flow(void *user, const double *parameters, int64_t count, const double *states, double *next)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        next[i] = parameters[0] * (states[i] - states[i] * states[i] * states[i]);
    }
    return 0;
}

/* The product net (ab - 1)^2 / 2 under the flow. */
static int product_flow(void *user, const double *parameters, int64_t count, const double *states, double *next)
{
    (void)user;
    (void)parameters;
    for (int64_t i = 0; i < count; i++) {
        const double a = states[2 * i], b = states[2 * i + 1], e = a * b - 1;
        next[2 * i] = -e * b;
        next[2 * i + 1] = -e * a;
    }
    return 0;
}

static int refuse(void *user, const double *parameters, int64_t count, const double *states, double *next)
{
    (void)user;
    (void)parameters;
    (void)count;
    (void)states;
    (void)next;
    return 42;
}

static nndyn_context *context_of(int threads)
{
    nndyn_context *context;
    nt_ok(NULL, nndyn_context_create(&context));
    nt_ok(context, nndyn_context_set_threads(context, threads));
    return context;
}

static nndyn_options *with_real(nndyn_context *context, const char *name, double value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, name, value));
    return options;
}

/* Basin of w = 1 under descent at rate 0.1: up to sqrt 11, where a step lands on 0. */
static void double_well_descent(void **state)
{
    (void)state;
    nndyn_context *context = context_of(1);
    nndyn_map *map;
    int64_t calls = 0;
    const double rate = 0.1;
    double states[4] = {1e-6, sqrt(11.0) - 1e-6, sqrt(11.0) + 1e-6, 1e3}, next[4];
    nt_ok(context, nndyn_map_create(context, 1, "rate", &rate, well, &calls, NULL, &map));
    nt_ok(map, nndyn_map_apply(map, 4, states, 2000, next));
    nt_near(next[0], 1, 1e-12);
    nt_near(next[1], 1, 1e-12);
    nt_near(next[2], -1, 1e-12);
    assert_false(isfinite(next[3]));
    assert_int_equal(calls, 4 * 2000);
    nt_ok(map, nndyn_map_apply(map, 3, states, 1, states)); /* in place */
    nt_near(states[1], 0, 1e-5);
    nndyn_map_free(map);
    nndyn_context_free(context);
}

static double flow_to(nndyn_context *context, const char *method, double step, double time)
{
    nndyn_options *options = with_real(context, "step", step);
    nndyn_map *map;
    const double speed = 1;
    double w = 0.5;
    nt_ok(options, nndyn_options_set_text(options, "method", method));
    nt_ok(context, nndyn_map_create_flow(context, 1, "speed", &speed, well_flow, NULL, options, &map));
    nt_ok(map, nndyn_map_apply(map, 1, &w, (int64_t)(time / step + 0.5), &w));
    nndyn_map_free(map);
    nndyn_options_free(options);
    return w;
}

/* w(t) = w0 e^t / sqrt(1 + w0^2 (e^2t - 1)); halving the step divides the error by 2 and 16. */
static void orders_of_integrators(void **state)
{
    (void)state;
    nndyn_context *context = context_of(1);
    const double want = 0.5 * exp(1.0) / sqrt(1 + 0.25 * (exp(2.0) - 1));
    const double a = flow_to(context, "rk4", 0.1, 1) - want, b = flow_to(context, "rk4", 0.05, 1) - want;
    const double c = flow_to(context, "euler", 0.01, 1) - want, d = flow_to(context, "euler", 0.005, 1) - want;
    assert_true(fabs(a) < 1e-6 && fabs(a / b - 16) < 1.6);
    assert_true(fabs(c) < 1e-2 && fabs(c / d - 2) < 0.1);
    nndyn_context_free(context);
}

/* The flow keeps a^2 - b^2, which says where it ends. */
static void product_net(void **state)
{
    (void)state;
    static const double starts[8] = {1.5, 1, 1, -0.5, 0.5, -1, 2, 0.1};
    static const double ends[4] = {1.3432228562, 1.2012495445, -0.8324664967, 2.0558689068};
    nndyn_context *context = context_of(1);
    nndyn_map *map;
    double next[8];
    nt_ok(context, nndyn_map_create_flow(context, 2, NULL, NULL, product_flow, NULL, NULL, &map));
    nt_ok(map, nndyn_map_apply(map, 4, starts, 4000, next));
    for (int i = 0; i < 4; i++) {
        nt_near(next[2 * i], ends[i], 1e-8);
        nt_near(next[2 * i + 1], 1 / ends[i], 1e-8);
    }
    nndyn_map_free(map);
    nndyn_context_free(context);
}

static void parameters(void **state)
{
    (void)state;
    nndyn_context *context = context_of(1);
    nndyn_map *map;
    const double values[2] = {0.25, -3};
    double value = 7;
    int64_t dimension, count, length;
    char text[64];
    nt_ok(context, nndyn_map_create(context, 3, "rate, the gain", values, refuse, NULL, NULL, &map));
    nt_ok(map, nndyn_map_shape(map, &dimension, &count));
    assert_true(dimension == 3 && count == 2);
    nt_ok(map, nndyn_map_parameter_name(map, 1, sizeof text, text, &length));
    assert_string_equal(text, "the gain");
    assert_int_equal(length, 8);
    nt_ok(map, nndyn_map_parameter_name(map, 1, 4, text, NULL));
    assert_string_equal(text, "the");
    nt_ok(map, nndyn_map_set(map, "rate", 2));
    nt_ok(map, nndyn_map_get(map, "rate", &value));
    assert_true(value == 2);
    nt_fails(NNDYN_EARG, map, "rate, the gain", nndyn_map_get(map, "gain", &value));
    nt_fails(NNDYN_EARG, map, "finite", nndyn_map_set(map, "rate", NAN));
    nt_fails(NNDYN_EARG, map, "name", nndyn_map_set(map, NULL, 1));
    nt_fails(NNDYN_EARG, map, "value", nndyn_map_get(map, "rate", NULL));
    nt_fails(NNDYN_EARG, map, "parameter", nndyn_map_parameter_name(map, 2, sizeof text, text, NULL));
    nt_fails(NNDYN_EARG, map, "capacity", nndyn_map_parameter_name(map, 0, -1, text, NULL));
    nt_fails(NNDYN_EARG, map, "text", nndyn_map_parameter_name(map, 0, 1, NULL, NULL));
    nt_ok(map, nndyn_map_get(map, "rate", &value));
    assert_true(value == 2);
    nndyn_map_free(map);
    nt_ok(context, nndyn_map_create(context, 1, "", NULL, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, map, "none", nndyn_map_parameter_name(map, 0, sizeof text, text, NULL));
    nt_fails(NNDYN_EARG, map, "no parameters", nndyn_map_set(map, "rate", 1));
    nndyn_map_free(map);
    nndyn_context_free(context);
}

static void refused_creation(void **state)
{
    (void)state;
    nndyn_context *c = context_of(1);
    nndyn_map *none = (nndyn_map *)(void *)c, *map = none;
    const double one[16] = {0}, bad = INFINITY;
    nndyn_options *options = with_real(c, "step", 0);
    nt_fails(NNDYN_EARG, c, "dimension", nndyn_map_create(c, 0, NULL, NULL, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "dimension", nndyn_map_create(c, (1 << 20) + 1, NULL, NULL, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "empty name", nndyn_map_create(c, 1, "a,,b", one, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "twice", nndyn_map_create(c, 1, "a, a", one, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "16 names",
             nndyn_map_create(c, 1, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", one, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "at most 63",
             nndyn_map_create(c, 1, "0123456789012345678901234567890123456789012345678901234567890123", one, well, NULL,
                              NULL, &map));
    nt_fails(NNDYN_EARG, c, "defaults", nndyn_map_create(c, 1, "a", NULL, well, NULL, NULL, &map));
    nt_fails(NNDYN_EDATA, c, "defaults", nndyn_map_create(c, 1, "a", &bad, well, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "advance", nndyn_map_create(c, 1, "a", one, NULL, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "rhs", nndyn_map_create_flow(c, 1, "a", one, NULL, NULL, NULL, &map));
    nt_fails(NNDYN_EARG, c, "out", nndyn_map_create(c, 1, "a", one, well, NULL, NULL, NULL));
    nt_fails(NNDYN_EOPTION, c, "step", nndyn_map_create(c, 1, "a", one, well, NULL, options, &map));
    nt_fails(NNDYN_EOPTION, c, "step", nndyn_map_create_flow(c, 1, "a", one, well, NULL, options, &map));
    nt_fails(NNDYN_EARG, c, "integrator", nndyn_map_create_flow(c, 1, "step", one, well, NULL, NULL, &map));
    nt_ok(options, nndyn_options_set_double(options, "step", 1));
    nt_ok(options, nndyn_options_set_text(options, "method", "leapfrog"));
    nt_fails(NNDYN_EOPTION, c, "method", nndyn_map_create_flow(c, 1, "a", one, well, NULL, options, &map));
    assert_ptr_equal(map, none);
    nndyn_options_free(options);
    nndyn_context_free(c);
}

static void refused_application(void **state)
{
    (void)state;
    nndyn_context *context = context_of(1);
    nndyn_map *map, *refusing;
    const double rate = 0.1, bad[2] = {1, NAN};
    double good[2] = {1, 2}, next[2] = {7, 7};
    nt_ok(context, nndyn_map_create(context, 1, "rate", &rate, well, NULL, NULL, &map));
    nt_ok(context, nndyn_map_create(context, 1, NULL, NULL, refuse, NULL, NULL, &refusing));
    nt_fails(NNDYN_EARG, map, "count", nndyn_map_apply(map, 0, good, 1, next));
    nt_fails(NNDYN_EARG, map, "steps", nndyn_map_apply(map, 2, good, 0, next));
    nt_fails(NNDYN_EARG, map, "states", nndyn_map_apply(map, 2, NULL, 1, next));
    nt_fails(NNDYN_EARG, map, "next", nndyn_map_apply(map, 2, good, 1, NULL));
    nt_fails(NNDYN_EDATA, map, "states", nndyn_map_apply(map, 2, bad, 1, next));
    nt_fails(NNDYN_ECALLBACK, refusing, "42", nndyn_map_apply(refusing, 2, good, 3, next));
    assert_true(next[0] == 7 && next[1] == 7);
    assert_int_equal(nndyn_map_apply(NULL, 2, good, 1, next), NNDYN_EARG);
    nndyn_map_free(NULL);
    nndyn_map_free(map);
    nndyn_map_free(refusing);
    nndyn_context_free(context);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    return nndyn_context_cancel(user) != NNDYN_OK;
}

static void canceled(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    nndyn_context *context = context_of(2);
    nndyn_map *map;
    const double rate = 1e-3;
    double *states = calloc(COUNT, sizeof *states);
    assert_non_null(states);
    states[5] = 3;
    nt_ok(context, nndyn_map_create(context, 1, "rate", &rate, well, NULL, NULL, &map));
    nt_ok(context, nndyn_context_set_progress(context, stop, context));
    nt_fails(NNDYN_ECANCELED, map, "stopped", nndyn_map_apply(map, COUNT, states, INT64_C(1) << 40, states));
    assert_true(states[5] == 3);
    free(states);
    nndyn_map_free(map);
    nndyn_context_free(context);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static nndyn_network *square(nndyn_context *context, int64_t inputs, int64_t outputs)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, inputs, &network));
    nt_ok(network, nndyn_network_add_dense(network, 5, NNDYN_SIN));
    nt_ok(network, nndyn_network_add_dense(network, outputs, NNDYN_TANH));
    return network;
}

static void iterated_network(void **state)
{
    (void)state;
    enum { COUNT = 150, D = 3 };
    nndyn_context *context = context_of(2);
    nndyn_network *network = square(context, D, D), *other = square(context, D, D + 1);
    nndyn_options *options = with_real(context, "step", 0.25);
    nndyn_map *map;
    double x[COUNT * D], y[COUNT * D], f[COUNT * D];
    nt_uniform(3, COUNT * D, -2, 2, x);
    nt_ok(network, nndyn_map_create_network(network, options, &map));
    nt_ok(network, nndyn_network_forward(network, COUNT, x, f));
    nt_ok(map, nndyn_map_apply(map, COUNT, x, 1, y));
    for (int i = 0; i < COUNT * D; i++) {
        f[i] = x[i] + 0.25 * (f[i] - x[i]);
    }
    nt_close(y, f, COUNT * D, 1e-14, 1e-15);
    for (int i = 0; i < COUNT; i++) { /* alone as in company */
        double alone[D];
        nt_ok(map, nndyn_map_apply(map, 1, x + i * D, 1, alone));
        nt_same(alone, y + i * D, sizeof alone);
    }
    nt_fails(NNDYN_EARG, other, "4 outputs", nndyn_map_create_network(other, NULL, &map));
    nt_ok(options, nndyn_options_set_double(options, "step", 1.5));
    nt_fails(NNDYN_EOPTION, network, "step", nndyn_map_create_network(network, options, &map));
    nndyn_map_free(map);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_network_free(other);
    nndyn_context_free(context);
}

/* ---- failing allocations ----------------------------------------------------------------------------------------- */

static int every_map(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nndyn_map *map = NULL, *flow = NULL, *descent = NULL, *iterated = NULL;
    nndyn_network *network;
    nndyn_dataset *dataset;
    const double rate = 0.1, x[4] = {1, 2, 3, 4};
    double w = 0.5, theta[64] = {0}, pair[2] = {0.1, 0.2};
    (void)user;
    nt_pause(a);
    nt_ok(NULL, nt_context_create(a, &context));
    network = square(context, 2, 2);
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(context, nndyn_dataset_create(context, 2, 2, x, 2, x, 1, &dataset));
    nt_resume(a);
    int status = nndyn_map_create(context, 1, "rate", &rate, well, NULL, NULL, &map);
    status = status ? status : nndyn_map_apply(map, 1, &w, 3, &w);
    status = status ? status : nndyn_map_create_flow(context, 1, "rate", &rate, well, NULL, NULL, &flow);
    status = status ? status : nndyn_map_apply(flow, 1, &w, 3, &w);
    status = status ? status : nndyn_map_create_training(network, dataset, NULL, &descent);
    status = status ? status : nndyn_map_apply(descent, 1, theta, 3, theta);
    status = status ? status : nndyn_map_create_network(network, NULL, &iterated);
    status = status ? status : nndyn_map_apply(iterated, 1, pair, 3, pair);
    nndyn_map_free(map);
    nndyn_map_free(flow);
    nndyn_map_free(descent);
    nndyn_map_free(iterated);
    nt_pause(a);
    nndyn_dataset_free(dataset);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return status;
}

static void failing_allocations(void **state)
{
    (void)state;
    nt_every_allocation(every_map, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_well_descent),
        cmocka_unit_test(orders_of_integrators),
        cmocka_unit_test(product_net),
        cmocka_unit_test(parameters),
        cmocka_unit_test(refused_creation),
        cmocka_unit_test(refused_application),
        cmocka_unit_test(canceled),
        cmocka_unit_test(iterated_network),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
