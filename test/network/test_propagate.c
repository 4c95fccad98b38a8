/* Forward, loss and backward of every kind of layer, activation and loss against plain loops and differences. */
#include "network/twin.h"
#include "nndyn/training.h"

enum { N = 6 };

/* ---- a batch and everything computed on it ----------------------------------------------------------------------- */

typedef struct batch {
    nndyn_network *network;
    const double *theta, *statistics;
    double *x, *t;
    nd_mode mode;
} batch;

static double sum_of_losses(const batch *b, const double *theta, const double *x)
{
    return twin_run(b->network, theta, b->statistics, b->mode, N, x, b->t, NULL, NULL);
}

/* Fourth-order central difference of the sum of losses along one number of v (theta or x). */
static double difference(const batch *b, double *v, int64_t i, int of_x)
{
    static const double step[4] = {2, 1, -1, -2}, weight[4] = {-1, 8, -8, 1};
    const double kept = v[i], epsilon = 1e-3;
    double slope = 0;
    for (int s = 0; s < 4; s++) {
        v[i] = kept + step[s] * epsilon;
        slope += weight[s] * sum_of_losses(b, of_x ? b->theta : v, of_x ? v : b->x) / (12 * epsilon);
    }
    v[i] = kept;
    return slope;
}

static void compare_forward(const batch *b, const nd_workspace_f64 *w)
{
    const int64_t k = nd_network_outputs(b->network);
    double y[N * 16], h[N];
    twin_run(b->network, b->theta, b->statistics, b->mode, N, b->x, b->t, y, h);
    nt_close(w->sites[b->network->layer_count - 1].out, y, N * k, 1e-12, 1e-13);
    nt_close(w->h, h, N, 1e-11, 1e-13);
}

static void compare_gradient(const batch *b, const double *gradient, double tolerance)
{
    const int64_t p = b->network->parameters;
    const int64_t stride = 1 + p / 100; /* of a large network every so many */
    double *theta = malloc((size_t)(p + 1) * sizeof *theta), *want = malloc((size_t)(p + 1) * sizeof *want);
    double scale = 1;
    for (int64_t i = 0; i < p; i++) {
        theta[i] = b->theta[i];
    }
    memcpy(want, gradient, (size_t)p * sizeof *want);
    for (int64_t i = 0; i < p; i += stride) {
        want[i] = difference(b, theta, i, 0) / N;
        scale = fmax(scale, fabs(want[i]));
    }
    nt_close(gradient, want, p, tolerance, tolerance * scale);
    free(theta);
    free(want);
}

static void compare_input(const batch *b, const nd_workspace_f64 *w, double tolerance)
{
    const int64_t count = N * b->network->inputs;
    double *x = malloc((size_t)count * sizeof *x), *want = malloc((size_t)count * sizeof *want);
    double scale = 1;
    memcpy(x, b->x, (size_t)count * sizeof *x);
    for (int64_t i = 0; i < count; i++) {
        want[i] = difference(b, x, i, 1);
        scale = fmax(scale, fabs(want[i]));
    }
    nt_close(w->sites[0].din, want, count, tolerance, tolerance * scale);
    free(x);
    free(want);
}

static void run(const batch *b, nd_workspace_f64 *w, double *gradient)
{
    nndyn_network *net = b->network;
    nt_ok(net, nd_forward_f64(net, net, b->theta, b->statistics, b->mode, N, b->x, w));
    nt_ok(net, nd_loss_f64(net, net, b->t, w));
    nt_ok(net, nd_backward_f64(net, net, b->theta, 1.0 / N, w, gradient));
}

/* All of it for one network and mode; what training keeps and what analyses keep must give the same bits. */
static void check_mode(nndyn_network *net, nd_mode mode, double *x, double *t, double tolerance)
{
    const batch b = {net, net->theta, net->statistics, x, t, mode};
    const size_t bytes = (size_t)(net->parameters + 1) * sizeof(double);
    double *gradient = calloc(1, bytes), *again = calloc(1, bytes);
    nd_workspace_f64 *lean, *full;
    nt_ok(net, nd_workspace_create_f64(net, net, N + 1, ND_KEEP_TRAINING, &lean));
    nt_ok(net, nd_workspace_create_f64(net, net, N, ND_KEEP_ALL, &full));
    assert_true(nd_workspace_bytes_f64(net, N, ND_KEEP_OUTPUTS) <= nd_workspace_bytes_f64(net, N, ND_KEEP_TRAINING));
    assert_true(nd_workspace_bytes_f64(net, N, ND_KEEP_TRAINING) <= nd_workspace_bytes_f64(net, N, ND_KEEP_ALL));
    run(&b, lean, gradient);
    compare_forward(&b, lean);
    compare_gradient(&b, gradient, tolerance);
    run(&b, full, again);
    nt_same(gradient, again, (size_t)net->parameters * sizeof(double));
    compare_input(&b, full, tolerance);
    nd_workspace_free_f64(net->handle.context, lean);
    nd_workspace_free_f64(net->handle.context, full);
    free(gradient);
    free(again);
}

/* Targets that suit the loss. */
static void fill_targets(int loss, int64_t count, double *t)
{
    const int positive = loss == NNDYN_SOFTMAX_CROSS_ENTROPY || loss == NNDYN_BINARY_CROSS_ENTROPY ||
                         loss == NNDYN_POISSON || loss == NNDYN_NEGATIVE_LOG;
    nt_uniform(77, count, positive ? 0.05 : -2, positive ? 0.95 : 2, t);
    for (int64_t i = 0; loss == NNDYN_HINGE && i < count; i++) {
        t[i] = t[i] > 0 ? 1 : -1;
    }
}

static void check_network(nndyn_network *net, double tolerance)
{
    const int64_t k = nd_network_outputs(net);
    double *x = malloc((size_t)(N * net->inputs) * sizeof *x), *t = malloc((size_t)(N * k) * sizeof *t);
    nt_normal(5, N * net->inputs, x);
    fill_targets(net->loss.kind, N * k, t);
    check_mode(net, (nd_mode){0, 0, 0}, x, t, tolerance);
    check_mode(net, (nd_mode){1, 9, 4}, x, t, tolerance);
    free(x);
    free(t);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static nndyn_network *network(nndyn_context *context, int64_t inputs)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, inputs, &net));
    return net;
}

static nndyn_options *real_option(nndyn_context *context, const char *name, double value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, name, value));
    return options;
}

static void test_activations(void **state)
{
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        nndyn_network *net = network(*state, 3);
        nndyn_options *cubic = real_option(*state, "parameter", 3);
        nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_activation(net, kind, kind == NNDYN_ABS_POWER ? cubic : NULL));
        nt_ok(net, nndyn_network_add_dense(net, 2, kind));
        nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
        check_network(net, 1e-8);
        nndyn_options_free(cubic);
        nndyn_network_free(net);
    }
}

static void test_losses(void **state)
{
    for (int kind = NNDYN_SQUARED_ERROR; kind < ND_LOSSES; kind++) {
        nndyn_network *net = network(*state, 3);
        nt_ok(net, nndyn_network_add_dense(net, 6, NNDYN_TANH));
        nt_ok(net, nndyn_network_add_dense(net, 4, kind == NNDYN_NEGATIVE_LOG ? NNDYN_SOFTPLUS : NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_set_loss(net, kind));
        check_network(net, 1e-8);
        nndyn_network_free(net);
    }
}

static void test_loss_options(void **state)
{
    static const struct {
        int kind;
        const char *name;
        double value;
    } cases[] = {
        {NNDYN_SQUARED_ERROR, "parameter", 1}, {NNDYN_POWER_ERROR, "parameter", 4}, {NNDYN_HUBER, "parameter", 0.3},
        {NNDYN_CAUCHY, "scale", 0.5},          {NNDYN_GEMAN_MCCLURE, "scale", 2},   {NNDYN_WELSCH, "scale", 3},
        {NNDYN_BARRON, "parameter", -2},       {NNDYN_BARRON, "scale", 0.7},        {NNDYN_HINGE, "parameter", 0.2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nndyn_network *net = network(*state, 2);
        nndyn_options *options = real_option(*state, cases[i].name, cases[i].value);
        nt_ok(net, nndyn_network_add_dense(net, 3, NNDYN_TANH));
        nt_ok(net, nndyn_network_set_loss_with(net, cases[i].kind, options));
        check_network(net, 1e-8);
        nndyn_options_free(options);
        nndyn_network_free(net);
    }
}

/* D = s - t whatever the targets sum to. */
static void test_softmax_residual_convention(void **state)
{
    nndyn_network *net = network(*state, 3);
    nndyn_options *options;
    nd_workspace_f64 *w;
    double x[3] = {0.3, -1, 2}, t[3] = {0.5, 0.9, 0.1}, want[3], y[3];
    nt_ok(*state, nndyn_options_create(*state, &options));
    nt_ok(options, nndyn_options_set_text(options, "convention", "residual"));
    nt_ok(net, nndyn_network_add_dense(net, 3, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss_with(net, NNDYN_SOFTMAX_CROSS_ENTROPY, options));
    nt_ok(net, nndyn_network_forward(net, 1, x, y));
    nt_ok(net, nd_workspace_create_f64(net, net, 1, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, NULL, (nd_mode){0}, 1, x, w));
    nt_ok(net, nd_loss_f64(net, net, t, w));
    for (int j = 0; j < 3; j++) {
        want[j] = exp(y[j]) / (exp(y[0]) + exp(y[1]) + exp(y[2])) - t[j];
    }
    nt_close(w->sites[0].dout, want, 3, 1e-13, 1e-15);
    nd_workspace_free_f64(*state, w);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

static void test_batch_norm(void **state)
{
    for (int affine = 0; affine < 2; affine++) {
        nndyn_network *net = network(*state, 3);
        nndyn_options *options;
        double statistics[16], scale[10];
        nt_ok(*state, nndyn_options_create(*state, &options));
        nt_ok(options, nndyn_options_set_integer(options, "affine", affine));
        nt_ok(net, nndyn_network_add_batch_norm(net, options));
        nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, options));
        nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
        nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, options));
        nt_ok(net, nndyn_network_set_loss(net, NNDYN_LOG_COSH));
        assert_int_equal(net->statistics_count, 20);
        nt_uniform(3, 10, 0.2, 2, scale);
        for (int i = 0; affine && i < 10; i++) { /* scales and shifts other than 1 and 0 */
            ((double *)net->theta)[net->layers[2].first + i] = scale[i];
        }
        nt_uniform(4, 6, 0.1, 1.5, statistics);
        memcpy(net->statistics, statistics, 6 * sizeof(double));
        check_network(net, 1e-7);
        nndyn_options_free(options);
        nndyn_network_free(net);
    }
}

/* Running statistics: (1 - m) old + m new, the variance unbiased. */
static void test_running_statistics(void **state)
{
    nndyn_network *net = network(*state, 2);
    nndyn_options *options = real_option(*state, "momentum", 0.25);
    nd_workspace_f64 *w;
    const double x[6] = {1, 10, 2, 20, 6, 60}, start[4] = {-1, 4, 2, 3};
    double got[4];
    nt_ok(net, nndyn_network_add_batch_norm(net, options));
    nt_ok(net, nndyn_network_set_statistics(net, 4, start));
    nt_ok(net, nd_workspace_create_f64(net, net, 3, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){1, 0, 0}, 3, x, w));
    nd_update_statistics_f64(net, w, net->statistics);
    nt_ok(net, nndyn_network_get_statistics(net, 4, got));
    /* mean 3 and 30; sums of squares 14 and 1400, over n - 1 = 2 */
    const double want[4] = {0.75 * -1 + 0.25 * 3, 0.75 * 4 + 0.25 * 30, 0.75 * 2 + 0.25 * 7, 0.75 * 3 + 0.25 * 700};
    nt_close(got, want, 4, 1e-14, 0);
    nd_workspace_free_f64(*state, w);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

static void test_one_sample_in_training(void **state)
{
    nndyn_network *net = network(*state, 2);
    nd_workspace_f64 *w;
    const double x[2] = {1, 2};
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nd_workspace_create_f64(net, net, 3, 0, &w));
    nt_fails(NNDYN_EARG, net, "layer 2",
             nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){1, 0, 0}, 1, x, w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){0, 0, 0}, 1, x, w));
    nt_fails(NNDYN_EINTERNAL, net, "4 samples",
             nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){0, 0, 0}, 4, x, w));
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

static void test_dropout(void **state)
{
    nndyn_network *net = network(*state, 3);
    nt_ok(net, nndyn_network_add_dropout(net, 0.3));
    nt_ok(net, nndyn_network_add_dense(net, 6, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dropout(net, 0.5));
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_add_dropout(net, 0));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    check_network(net, 1e-8);
    nndyn_network_free(net);
}

/* The mask is the one of the documented stream, depends on the step, and drops as many as it should: of 40 000 units at
 * rate 0.3 the count is within 5 deviations with an error rate below 1e-6. */
static void test_dropout_mask(void **state)
{
    enum { ROWS = 200, WIDTH = 200 };
    nndyn_network *net = network(*state, WIDTH);
    nd_workspace_f64 *w;
    double *x = malloc(ROWS * WIDTH * sizeof *x), *first = malloc(ROWS * WIDTH * sizeof *first);
    int64_t dropped = 0, differ = 0;
    for (int i = 0; i < ROWS * WIDTH; i++) {
        x[i] = 1;
    }
    nt_ok(net, nndyn_network_add_dropout(net, 0.3));
    nt_ok(net, nd_workspace_create_f64(net, net, ROWS, ND_KEEP_ALL, &w));
    nt_ok(net, nd_forward_f64(net, net, NULL, NULL, (nd_mode){1, 11, 7}, ROWS, x, w));
    memcpy(first, w->sites[0].out, ROWS * WIDTH * sizeof *first);
    for (int i = 0; i < ROWS * WIDTH; i++) {
        nt_near(first[i], twin_dropout(&net->layers[0], (nd_mode){1, 11, 7}, 0, i, 1), 1e-15);
        dropped += first[i] == 0;
        assert_true(first[i] == w->sites[0].memo[i]);
    }
    assert_true(fabs((double)dropped - 12000) < 5 * sqrt(40000 * 0.3 * 0.7));
    nt_ok(net, nd_forward_f64(net, net, NULL, NULL, (nd_mode){1, 11, 7}, ROWS, x, w));
    nt_same(first, w->sites[0].out, ROWS * WIDTH * sizeof *first);
    nt_ok(net, nd_forward_f64(net, net, NULL, NULL, (nd_mode){1, 11, 8}, ROWS, x, w));
    for (int i = 0; i < ROWS * WIDTH; i++) {
        differ += (first[i] == 0) != (w->sites[0].out[i] == 0);
    }
    assert_true(differ > 15000); /* 0.42 of all are expected */
    nd_workspace_free_f64(*state, w);
    free(x);
    free(first);
    nndyn_network_free(net);
}

/* Blocks within blocks, empty ones, ends that meet, begins that meet, pointwise layers at the seams. */
static void test_residual(void **state)
{
    nndyn_network *net = network(*state, 4);
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_TANH));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_SILU, NULL));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_SIN));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dropout(net, 0.25));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_GELU, NULL));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 3, NNDYN_SIGMOID));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    assert_int_equal(net->layers[0].partner, 18);
    assert_int_equal(net->layers[1].partner, 4);
    assert_int_equal(net->layers[6].partner, 7);
    check_network(net, 1e-7);
    nd_workspace_f64 *w;
    nt_ok(net, nd_workspace_create_f64(net, net, N, ND_KEEP_TRAINING, &w));
    const int64_t gelu = 15;
    /* the tanh, below two ends, had to take a new array; the gelu below it may stay in that one */
    assert_int_equal(net->layers[gelu].activation.kind, NNDYN_GELU);
    assert_ptr_not_equal(w->sites[gelu + 1].din, w->sites[gelu + 1].dout);
    assert_ptr_equal(w->sites[gelu].din, w->sites[gelu].dout);
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

/* A chain of pointwise layers whose sensitivities share one array, after a residual end and at the very end. */
static void test_pointwise_chains(void **state)
{
    nndyn_network *net = network(*state, 3);
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_SOFTPLUS, NULL));
    nt_ok(net, nndyn_network_add_dropout(net, 0.2));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_ARCTAN, NULL));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    check_network(net, 1e-7);
    nd_workspace_f64 *w;
    nt_ok(net, nd_workspace_create_f64(net, net, N, ND_KEEP_TRAINING, &w));
    for (int l = 1; l < 7; l++) { /* one array all the way down, and none below the first layer with parameters */
        assert_ptr_equal(w->sites[l].din, w->sites[6].dout);
    }
    assert_null(w->sites[0].din);
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

/* No parameters at all: nothing but an activation. */
static void test_without_parameters(void **state)
{
    nndyn_network *net = network(*state, 3);
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    assert_int_equal(net->parameters, 0);
    check_network(net, 1e-8);
    nndyn_network_free(net);
}

static void test_ntk(void **state)
{
    nndyn_network *net = network(*state, 4);
    nndyn_options *options = real_option(*state, "weight_scale", 1.5);
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(net, nndyn_network_add_dense_with(net, 7, NNDYN_ERF, options));
    nt_ok(options, nndyn_options_set_integer(options, "bias", 0));
    nt_ok(net, nndyn_network_add_dense_with(net, 2, NNDYN_IDENTITY, options));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_near(net->layers[0].weight_factor, 0.75, 1e-15);
    nt_near(net->layers[0].bias_factor, 0.3, 0);
    assert_int_equal(net->parameters, 4 * 7 + 7 + 14);
    check_network(net, 1e-8);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

/* 120 blocks deep; along one direction, since it has 1440 parameters. */
static void test_deep(void **state)
{
    nndyn_network *net = network(*state, 3);
    double x[N * 3], t[N * 3], *gradient, *v, *moved, along = 0, slope = 0;
    nd_workspace_f64 *w;
    for (int l = 0; l < 120; l++) {
        nt_ok(net, nndyn_network_begin_residual(net));
        nt_ok(net, nndyn_network_add_dense(net, 3, NNDYN_TANH));
        nt_ok(net, nndyn_network_end_residual(net));
    }
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_LOG_COSH));
    assert_int_equal(net->layer_count, 480);
    for (int64_t i = 0; i < net->parameters; i++) {
        ((double *)net->theta)[i] *= 0.05; /* so that signals neither grow nor vanish */
    }
    nt_normal(1, N * 3, x);
    nt_normal(2, N * 3, t);
    gradient = malloc((size_t)net->parameters * sizeof *gradient);
    v = malloc((size_t)net->parameters * sizeof *v);
    moved = malloc((size_t)net->parameters * sizeof *moved);
    nt_normal(3, net->parameters, v);
    const batch b = {net, net->theta, net->statistics, x, t, {0}};
    nt_ok(net, nd_workspace_create_f64(net, net, N, ND_KEEP_TRAINING, &w));
    run(&b, w, gradient);
    for (int side = -1; side <= 1; side += 2) {
        for (int64_t i = 0; i < net->parameters; i++) {
            moved[i] = b.theta[i] + side * 1e-6 * v[i];
        }
        slope += side * sum_of_losses(&b, moved, x) / (2e-6 * N);
    }
    for (int64_t i = 0; i < net->parameters; i++) {
        along += gradient[i] * v[i];
    }
    nt_close(&along, &slope, 1, 1e-7, 0);
    nd_workspace_free_f64(*state, w);
    free(gradient);
    free(v);
    free(moved);
    nndyn_network_free(net);
}

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

typedef struct counter {
    int64_t calls, fail_after;
    double wrong; /* not 0: what is returned in place of a value */
} counter;

/* z + sin(z) / 2 */
static int wave(void *user, int order, int64_t count, const double *z, double *values)
{
    counter *c = user;
    if (c->fail_after > 0 && ++c->calls > c->fail_after) {
        return 5;
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] + sin(z[i]) / 2 : 1 + cos(z[i]) / 2;
        values[i] = c->wrong != 0 ? c->wrong : values[i];
    }
    return 0;
}

/* sum over outputs of (a_j - t_j)^4 / 4 + a_0 a_j: coupled outputs */
static int coupled(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                   double *dt)
{
    counter *c = user;
    (void)e;
    (void)dt;
    if (c->fail_after > 0 && ++c->calls > c->fail_after) {
        return -3;
    }
    assert_null(m);
    *h = 0;
    for (int64_t j = 0; j < k; j++) {
        *h += pow(a[j] - t[j], 4) / 4 + a[0] * a[j];
    }
    for (int64_t j = 0; j < k; j++) {
        d[j] = pow(a[j] - t[j], 3) + a[0];
        d[0] += j == 0 ? 0 : a[j];
    }
    d[0] += a[0];
    if (c->wrong != 0) {
        d[k - 1] = c->wrong;
    }
    return 0;
}

static nndyn_network *custom_network(nndyn_context *context, int dtype, int64_t width, counter *f, counter *h)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, dtype, 3, &net));
    nt_ok(net, nndyn_network_add_dense(net, width, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, wave, f));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, wave, f));
    nt_ok(net, nndyn_network_set_custom_loss(net, 1, coupled, h));
    return net;
}

static void test_callbacks(void **state)
{
    counter f = {0}, h = {0};
    nndyn_network *net = custom_network(*state, NNDYN_F64, 5, &f, &h);
    check_network(net, 1e-8);
    nndyn_network_free(net);
    net = custom_network(*state, NNDYN_F64, 700, &f, &h); /* in more than one piece */
    check_network(net, 1e-7);
    nndyn_network_free(net);
}

static void test_callbacks_that_fail(void **state)
{
    counter f = {0}, h = {0};
    nndyn_network *net = custom_network(*state, NNDYN_F64, 5, &f, &h);
    nd_workspace_f64 *w;
    const double x[6] = {1, 2, 3, 4, 5, 6}, t[4] = {0};
    double y[4] = {7, 7, 7, 7}, gradient[64];
    const nd_mode mode = {0};
    nt_ok(net, nd_workspace_create_f64(net, net, 2, 0, &w));
    f = (counter){0, 1, 0};
    nt_fails(NNDYN_ECALLBACK, net, "layer 3", nd_forward_f64(net, net, net->theta, NULL, mode, 2, x, w));
    f = (counter){0, 1, 0};
    nt_fails(NNDYN_ECALLBACK, net, "returned 5", nndyn_network_forward(net, 2, x, y));
    f = (counter){0, 0, NAN};
    nt_fails(NNDYN_ENUMERIC, net, "layer 1", nndyn_network_forward(net, 2, x, y));
    assert_true(y[0] == 7 && y[3] == 7);
    f = (counter){0, 2, 0};
    nt_ok(net, nd_forward_f64(net, net, net->theta, NULL, mode, 2, x, w));
    h = (counter){0, 1, 0};
    nt_fails(NNDYN_ECALLBACK, net, "-3 for sample 1", nd_loss_f64(net, net, t, w));
    h = (counter){0, 0, INFINITY};
    nt_fails(NNDYN_ENUMERIC, net, "output 1 of sample 0", nd_loss_f64(net, net, t, w));
    h = (counter){0};
    nt_ok(net, nd_loss_f64(net, net, t, w));
    nt_fails(NNDYN_ECALLBACK, net, "layer 3", nd_backward_f64(net, net, net->theta, 1, w, gradient));
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

static void test_results_that_are_not_finite(void **state)
{
    nndyn_network *net = network(*state, 1);
    nd_workspace_f64 *w;
    double parameters[4] = {1000, 0, 1, 0}, x = 1, t = 1, y = 7;
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_EXP));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_NEGATIVE_LOG));
    nt_ok(net, nndyn_network_set_parameters(net, 4, parameters));
    nt_fails(NNDYN_ENUMERIC, net, "layer 1 (activation)", nndyn_network_forward(net, 1, &x, &y));
    assert_true(y == 7);
    parameters[0] = 1;
    parameters[2] = -1; /* the logarithm of a negative number */
    nt_ok(net, nndyn_network_set_parameters(net, 4, parameters));
    nt_ok(net, nd_workspace_create_f64(net, net, 1, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, NULL, (nd_mode){0}, 1, &x, w));
    nt_fails(NNDYN_ENUMERIC, net, "negative_log", nd_loss_f64(net, net, &t, w));
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

/* A variance beyond the range of float would make xhat 0 and everything after it look sound. */
static void test_overflow_in_batch_norm(void **state)
{
    nndyn_network *net;
    nd_workspace_f32 *w;
    const float x[2] = {3e30f, -3e30f};
    nt_ok(*state, nndyn_network_create(*state, NNDYN_F32, 1, &net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nd_workspace_create_f32(net, net, 2, 0, &w));
    nt_fails(NNDYN_ENUMERIC, net, "batch norm layer 0",
             nd_forward_f32(net, net, net->theta, net->statistics, (nd_mode){1, 0, 0}, 2, x, w));
    nd_workspace_free_f32(*state, w);
    nndyn_network_free(net);
}

/* e = tanh(20) - 1 = -2 / (e^40 + 1), of which a - t keeps one digit. */
static void test_residual_without_cancellation(void **state)
{
    nndyn_network *net = network(*state, 1);
    nd_workspace_f64 *w;
    const double x = 20, t = 1;
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(net, nd_workspace_create_f64(net, net, 1, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, NULL, NULL, (nd_mode){0}, 1, &x, w));
    nt_ok(net, nd_loss_f64(net, net, &t, w));
    nt_close(w->residual, &(double){-2 / (exp(40) + 1)}, 1, 1e-12, 0);
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
}

/* ---- both precisions, threads ------------------------------------------------------------------------------------ */

/* Every kind of layer, callbacks too; same seed, so the parameters agree to rounding. */
static nndyn_network *mixed(nndyn_context *context, int dtype, counter *f)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, dtype, 5, &net));
    nt_ok(net, nndyn_network_add_dense(net, 8, NNDYN_GELU));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 8, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dropout(net, 0.2));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, wave, f));
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_IDENTITY));
    return net;
}

static void check_precisions(nndyn_network *d, nndyn_network *s)
{
    double x[N * 5], t[N * 4], gd[256];
    float xs[N * 5], ts[N * 4], gs[256];
    const nd_mode mode = {1, 3, 1};
    nd_workspace_f64 *wd;
    nd_workspace_f32 *ws;
    nt_uniform(8, N * 5, -1, 1, x);
    nt_uniform(9, N * 4, 0, 1, t);
    nt_to_f32(N * 5, x, xs);
    nt_to_f32(N * 4, t, ts);
    assert_true(d->parameters <= 256);
    nt_ok(d, nd_workspace_create_f64(d, d, N, 0, &wd));
    nt_ok(s, nd_workspace_create_f32(s, s, N, 0, &ws));
    nt_ok(d, nd_forward_f64(d, d, d->theta, d->statistics, mode, N, x, wd));
    nt_ok(s, nd_forward_f32(s, s, s->theta, s->statistics, mode, N, xs, ws));
    nt_close_f32(ws->sites[s->layer_count - 1].out, wd->sites[d->layer_count - 1].out, N * 4, 0, 2e-5);
    nt_ok(d, nd_loss_f64(d, d, t, wd));
    nt_ok(s, nd_loss_f32(s, s, ts, ws));
    nt_close(ws->h, wd->h, N, 1e-4, 2e-5);
    nt_ok(d, nd_backward_f64(d, d, d->theta, 1.0 / N, wd, gd));
    nt_ok(s, nd_backward_f32(s, s, s->theta, 1.0f / N, ws, gs));
    nt_close_f32(gs, gd, d->parameters, 1e-4, 5e-5);
    nd_update_statistics_f64(d, wd, d->statistics);
    nd_update_statistics_f32(s, ws, s->statistics);
    nt_close_f32(s->statistics, d->statistics, d->statistics_count, 1e-5, 1e-6);
    nd_workspace_free_f64(d->handle.context, wd);
    nd_workspace_free_f32(s->handle.context, ws);
}

static void test_precisions_agree(void **state)
{
    counter f = {0}, h = {0};
    nndyn_network *d = mixed(*state, NNDYN_F64, &f), *s = mixed(*state, NNDYN_F32, &f);
    nt_close_f32(s->theta, d->theta, d->parameters, 6e-8, 1e-30);
    nt_ok(d, nndyn_network_set_loss(d, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(s, nndyn_network_set_loss(s, NNDYN_SOFTMAX_CROSS_ENTROPY));
    check_precisions(d, s);
    nt_ok(d, nndyn_network_set_custom_loss(d, 1, coupled, &h));
    nt_ok(s, nndyn_network_set_custom_loss(s, 1, coupled, &h));
    check_precisions(d, s);
    nndyn_network_free(d);
    nndyn_network_free(s);
}

enum { WIDE = 192, TALL = 256 };

/* Large enough that products, activations and masks are cut into pieces. */
static void run_threads(int64_t threads, float *out, float *gradient)
{
    nndyn_context *context;
    nndyn_network *net;
    nd_workspace_f32 *w;
    float *x = malloc(sizeof(float) * TALL * WIDE), *t = malloc(sizeof(float) * TALL * WIDE);
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_threads(context, threads));
    nt_ok(context, nndyn_network_create(context, NNDYN_F32, WIDE, &net));
    nt_ok(net, nndyn_network_add_dense(net, WIDE, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dropout(net, 0.5));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dense(net, WIDE, NNDYN_RELU));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_normal_f32(1, TALL * WIDE, x);
    nt_normal_f32(2, TALL * WIDE, t);
    nt_ok(net, nd_workspace_create_f32(net, net, TALL, 0, &w));
    nt_ok(net, nd_forward_f32(net, net, net->theta, net->statistics, (nd_mode){1, 2, 3}, TALL, x, w));
    nt_ok(net, nd_loss_f32(net, net, t, w));
    nt_ok(net, nd_backward_f32(net, net, net->theta, 1.0f / TALL, w, gradient));
    memcpy(out, w->sites[4].out, sizeof(float) * TALL * WIDE);
    nd_workspace_free_f32(context, w);
    nndyn_network_free(net);
    nndyn_context_free(context);
    free(x);
    free(t);
}

static void test_threads(void **state)
{
    const size_t parameters = 2 * (WIDE * WIDE + WIDE) + 2 * WIDE;
    float *out[2], *gradient[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        out[i] = malloc(sizeof(float) * TALL * WIDE);
        gradient[i] = malloc(sizeof(float) * parameters);
        run_threads(i == 0 ? 1 : 8, out[i], gradient[i]);
    }
    nt_same(out[0], out[1], sizeof(float) * TALL * WIDE);
    nt_same(gradient[0], gradient[1], sizeof(float) * parameters);
    for (int i = 0; i < 2; i++) {
        free(out[i]);
        free(gradient[i]);
    }
}

/* The executor's failure is a status with the layer's number. */
static int refuse(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    (void)user;
    (void)work;
    (void)job;
    (void)count;
    return 1;
}

static void test_executor_that_fails(void **state)
{
    nndyn_context *context;
    nndyn_network *net;
    double *x = calloc(200 * 200, sizeof *x);
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_executor(context, refuse, NULL));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 200, &net));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_TANH, NULL));
    nt_fails(NNDYN_ECALLBACK, net, "layer 0 (activation)", nndyn_network_forward(net, 200, x, x));
    nndyn_network_free(net);
    nndyn_context_free(context);
    free(x);
}

/* ---- no allocation once the workspace is there ------------------------------------------------------------------- */

static void test_no_allocation(void **state)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    counter f = {0};
    nndyn_network *net = mixed(context, NNDYN_F32, &f);
    nd_workspace_f32 *w;
    float x[N * 5] = {0}, t[N * 4] = {0}, gradient[256];
    (void)state;
    x[0] = 1;
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    const int64_t before = a.live_bytes;
    nt_ok(net, nd_workspace_create_f32(net, net, N, 0, &w));
    const int64_t taken = a.live_bytes - before, forecast = nd_workspace_bytes_f32(net, N, 0);
    assert_true(taken >= forecast && taken <= forecast + 512); /* alignment of two blocks */
    const int64_t calls = a.calls;
    nt_ok(net, nd_forward_f32(net, net, net->theta, net->statistics, (nd_mode){1, 2, 3}, N, x, w));
    nt_ok(net, nd_loss_f32(net, net, t, w));
    nt_ok(net, nd_backward_f32(net, net, net->theta, 1, w, gradient));
    nd_update_statistics_f32(net, w, net->statistics);
    assert_int_equal(a.calls, calls);
    nd_workspace_free_f32(context, w);
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
        cmocka_unit_test(test_activations),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_loss_options),
        cmocka_unit_test(test_softmax_residual_convention),
        cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_one_sample_in_training),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_dropout_mask),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_pointwise_chains),
        cmocka_unit_test(test_without_parameters),
        cmocka_unit_test(test_ntk),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_callbacks_that_fail),
        cmocka_unit_test(test_results_that_are_not_finite),
        cmocka_unit_test(test_overflow_in_batch_norm),
        cmocka_unit_test(test_residual_without_cancellation),
        cmocka_unit_test(test_precisions_agree),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_executor_that_fails),
        cmocka_unit_test(test_no_allocation),
    };
    return cmocka_run_group_tests_name("network: propagate", tests, set_up, tear_down);
}
