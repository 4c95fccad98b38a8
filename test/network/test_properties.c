/* Symmetries that a network must have whatever its numbers are. */
#include "network/twin.h"
#include "nndyn/training.h"

enum { N = 9, IN = 4, WIDTH = 6, OUT = 3, PARAMETERS = WIDTH * IN + WIDTH + OUT * WIDTH + OUT };

static nndyn_network *two_layers(nndyn_context *context, int activation, int loss)
{
    nndyn_network *net;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, IN, &net));
    nt_ok(net, nndyn_network_add_dense(net, WIDTH, activation));
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, loss));
    return net;
}

/* Mean loss, and its gradient. */
static double gradient_of(nndyn_network *net, int64_t n, const double *x, const double *t, double *gradient)
{
    nd_workspace_f64 *w;
    double sum = 0;
    nt_ok(net, nd_workspace_create_f64(net, net, n, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){0}, n, x, w));
    nt_ok(net, nd_loss_f64(net, net, t, w));
    nt_ok(net, nd_backward_f64(net, net, net->theta, 1.0 / (double)n, w, gradient));
    for (int64_t i = 0; i < n; i++) {
        sum += w->h[i];
    }
    nd_workspace_free_f64(net->handle.context, w);
    return sum / (double)n;
}

static void batch(double *x, double *t)
{
    nt_normal(21, N * IN, x);
    nt_uniform(22, N * OUT, 0.1, 0.9, t);
}

/* Hidden units in another order: rows of W1 and b1, columns of W2. */
static void permute(const double *from, double *to)
{
    static const int order[WIDTH] = {3, 0, 5, 1, 4, 2};
    const int b1 = WIDTH * IN, w2 = b1 + WIDTH, b2 = w2 + OUT * WIDTH;
    for (int u = 0; u < WIDTH; u++) {
        memcpy(to + u * IN, from + order[u] * IN, IN * sizeof *to);
        to[b1 + u] = from[b1 + order[u]];
        for (int o = 0; o < OUT; o++) {
            to[w2 + o * WIDTH + u] = from[w2 + o * WIDTH + order[u]];
        }
    }
    memcpy(to + b2, from + b2, OUT * sizeof *to);
}

static void test_permutation(void **state)
{
    nndyn_network *net = two_layers(*state, NNDYN_GELU, NNDYN_SOFTMAX_CROSS_ENTROPY);
    double x[N * IN], t[N * OUT], theta[PARAMETERS], g[PARAMETERS], moved[PARAMETERS], want[PARAMETERS];
    batch(x, t);
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, theta));
    const double before = gradient_of(net, N, x, t, g);
    permute(g, want);
    permute(theta, moved);
    nt_ok(net, nndyn_network_set_parameters(net, PARAMETERS, moved));
    const double after = gradient_of(net, N, x, t, g);
    nt_near(after, before, 1e-14);
    nt_close(g, want, PARAMETERS, 1e-12, 1e-14);
    nndyn_network_free(net);
}

/* W1, b1 times c and W2 over c: the same function, and the gradient scales inversely. */
static void test_relu_rescaling(void **state)
{
    nndyn_network *net = two_layers(*state, NNDYN_RELU, NNDYN_SQUARED_ERROR);
    double x[N * IN], t[N * OUT], theta[PARAMETERS], g[PARAMETERS], y[N * OUT], again[N * OUT], want[PARAMETERS];
    batch(x, t);
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, theta));
    nt_ok(net, nndyn_network_forward(net, N, x, y));
    gradient_of(net, N, x, t, want);
    for (int i = 0; i < PARAMETERS - OUT; i++) {
        const double c = i < WIDTH * IN + WIDTH ? 3 : 1.0 / 3;
        theta[i] *= c;
        want[i] /= c;
    }
    nt_ok(net, nndyn_network_set_parameters(net, PARAMETERS, theta));
    nt_ok(net, nndyn_network_forward(net, N, x, again));
    nt_close(again, y, N * OUT, 1e-13, 1e-14);
    gradient_of(net, N, x, t, g);
    nt_close(g, want, PARAMETERS, 1e-12, 1e-14);
    nndyn_network_free(net);
}

/* A constant on all logits (the last bias) changes nothing; so that gradient sums to zero. */
static void test_softmax_shift(void **state)
{
    nndyn_network *net = two_layers(*state, NNDYN_TANH, NNDYN_SOFTMAX_CROSS_ENTROPY);
    double x[N * IN], t[N * OUT], theta[PARAMETERS], g[PARAMETERS], sum = 0;
    batch(x, t);
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, theta));
    const double before = gradient_of(net, N, x, t, g);
    for (int i = PARAMETERS - OUT; i < PARAMETERS; i++) {
        sum += g[i];
        theta[i] += 100;
    }
    nt_near(sum, 0, 1e-15);
    nt_ok(net, nndyn_network_set_parameters(net, PARAMETERS, theta));
    nt_near(gradient_of(net, N, x, t, g), before, 1e-12);
    nndyn_network_free(net);
}

static void test_batch_is_mean_of_samples(void **state)
{
    nndyn_network *net = two_layers(*state, NNDYN_ERF, NNDYN_LOG_COSH);
    double x[N * IN], t[N * OUT], whole[PARAMETERS], one[PARAMETERS], mean[PARAMETERS] = {0}, loss = 0;
    batch(x, t);
    const double together = gradient_of(net, N, x, t, whole);
    for (int s = 0; s < N; s++) {
        loss += gradient_of(net, 1, x + s * IN, t + s * OUT, one) / N;
        for (int i = 0; i < PARAMETERS; i++) {
            mean[i] += one[i] / N;
        }
    }
    nt_near(loss, together, 1e-15);
    nt_close(whole, mean, PARAMETERS, 1e-13, 1e-15);
    nndyn_network_free(net);
}

/* An NTK network computes what a standard one does whose parameters carry the factors. */
static void test_ntk_is_a_rescaling(void **state)
{
    nndyn_context *context = *state;
    nndyn_network *ntk, *plain = two_layers(context, NNDYN_TANH, NNDYN_SQUARED_ERROR);
    nndyn_options *options;
    double x[N * IN], t[N * OUT], theta[PARAMETERS], g[PARAMETERS], want[PARAMETERS];
    batch(x, t);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.4));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.1));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, IN, &ntk));
    nt_ok(ntk, nndyn_network_add_dense_with(ntk, WIDTH, NNDYN_TANH, options));
    nt_ok(ntk, nndyn_network_add_dense_with(ntk, OUT, NNDYN_IDENTITY, options));
    nt_ok(ntk, nndyn_network_set_loss(ntk, NNDYN_SQUARED_ERROR));
    nt_ok(ntk, nndyn_network_get_parameters(ntk, PARAMETERS, theta));
    const int b1 = WIDTH * IN, w2 = b1 + WIDTH, b2 = w2 + OUT * WIDTH;
    double factor[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++) {
        const int bias = (i >= b1 && i < w2) || i >= b2;
        factor[i] = bias ? 0.1 : 1.4 / sqrt(i < b1 ? IN : WIDTH);
        theta[i] *= factor[i];
    }
    nt_ok(plain, nndyn_network_set_parameters(plain, PARAMETERS, theta));
    const double loss = gradient_of(plain, N, x, t, want);
    for (int i = 0; i < PARAMETERS; i++) {
        want[i] *= factor[i];
    }
    nt_near(gradient_of(ntk, N, x, t, g), loss, 1e-14);
    nt_close(g, want, PARAMETERS, 1e-12, 1e-14);
    nndyn_options_free(options);
    nndyn_network_free(ntk);
    nndyn_network_free(plain);
}

/* Batch norm in training does not see shift and scale of its input. */
static void test_batch_norm_invariance(void **state)
{
    nndyn_network *net;
    nd_workspace_f64 *w;
    double x[N * IN], y[N * IN];
    nt_ok(*state, nndyn_network_create(*state, NNDYN_F64, IN, &net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    net->layers[0].epsilon = 1e-300; /* the invariance is exact without it */
    nt_normal(30, N * IN, x);
    nt_ok(net, nd_workspace_create_f64(net, net, N, 0, &w));
    nt_ok(net, nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){1, 0, 0}, N, x, w));
    memcpy(y, w->sites[0].out, sizeof y);
    for (int i = 0; i < N * IN; i++) {
        x[i] = 7 * x[i] - 3;
    }
    nt_ok(net, nd_forward_f64(net, net, net->theta, net->statistics, (nd_mode){1, 0, 0}, N, x, w));
    nt_close(w->sites[0].out, y, N * IN, 1e-12, 1e-13);
    nd_workspace_free_f64(*state, w);
    nndyn_network_free(net);
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
        cmocka_unit_test(test_permutation),        cmocka_unit_test(test_relu_rescaling),
        cmocka_unit_test(test_softmax_shift),      cmocka_unit_test(test_batch_is_mean_of_samples),
        cmocka_unit_test(test_ntk_is_a_rescaling), cmocka_unit_test(test_batch_norm_invariance),
    };
    return cmocka_run_group_tests_name("network: properties", tests, set_up, tear_down);
}
