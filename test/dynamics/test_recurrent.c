/* test_recurrent.c - recurrent networks: handle, activation to a fixed point, its Jacobian; against naive twins, finite
 * differences and the feed-forward network. */
#include "nndyn.h"
#include "nndyn/recurrent.h"
#include "support/support.h"

enum { N = 20, MANY = 70 };

/* n neurons, normal weights of spectral radius about `radius`. */
static nndyn_recurrent *make(nndyn_context *c, int64_t n, double radius, int activation)
{
    nndyn_recurrent *r;
    double *w = malloc((size_t)(n * n) * sizeof *w), *b = malloc((size_t)n * sizeof *b);
    nt_normal(5, n * n, w);
    nt_normal(6, n, b);
    for (int64_t i = 0; i < n * n; i++) {
        w[i] *= radius / sqrt((double)n);
    }
    nt_ok(c, nndyn_recurrent_create(c, n, w, b, activation, NULL, &r));
    free(w);
    free(b);
    return r;
}

static nndyn_options *text(nndyn_context *c, const char *name, const char *value)
{
    nndyn_options *o;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, name, value));
    return o;
}

/* ---- handle ------------------------------------------------------------------------------------------------------ */

static void what_is_set_is_read(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, b[3] = {-1, -2, -3}, back[9], bias[3], values[2] = {0.5, 0.25}, gain;
    int64_t clamped[2] = {0, 2}, n, p, q, neurons[2];
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 3, w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_get_weights(r, back, bias));
    nt_same(back, w, sizeof w);
    assert_true(bias[0] == 0 && bias[2] == 0);
    w[4] = 50;
    nt_ok(r, nndyn_recurrent_set_weights(r, w, b));
    nt_ok(r, nndyn_recurrent_get_weights(r, back, bias));
    nt_same(back, w, sizeof w);
    nt_same(bias, b, sizeof b);
    nt_ok(r, nndyn_recurrent_set_gain(r, -1.5));
    nt_ok(r, nndyn_recurrent_get_gain(r, &gain));
    assert_true(gain == -1.5);
    nt_ok(r, nndyn_recurrent_set_boundary(r, 2, clamped, values));
    nt_ok(r, nndyn_recurrent_shape(r, &n, &p, &q));
    assert_true(n == 3 && p == 2 && q == 1);
    values[0] = values[1] = 0;
    nt_ok(r, nndyn_recurrent_get_boundary(r, 2, neurons, values));
    assert_true(neurons[0] == 0 && neurons[1] == 2 && values[0] == 0.5 && values[1] == 0.25);
    nt_ok(r, nndyn_recurrent_set_boundary(r, 0, NULL, NULL));
    nt_ok(r, nndyn_recurrent_shape(r, NULL, &p, NULL));
    assert_true(p == 0);
    nndyn_recurrent_free(r);
    nndyn_recurrent_free(NULL);
    nndyn_context_free(c);
}

/* ---- activation -------------------------------------------------------------------------------------------------- */

/* The naive step: x_Q = f(gain (W x)_Q + b_Q). */
static void naive_step(nndyn_recurrent *r, int64_t n, double gain, const int *clamped, const double *x, double *y)
{
    double *w = malloc((size_t)(n * n) * sizeof *w), *b = malloc((size_t)n * sizeof *b);
    nt_ok(r, nndyn_recurrent_get_weights(r, w, b));
    for (int64_t i = 0; i < n; i++) {
        double z = b[i];
        for (int64_t j = 0; j < n; j++) {
            z += gain * w[i * n + j] * x[j];
        }
        y[i] = clamped[i] ? x[i] : tanh(z);
    }
    free(w);
    free(b);
}

/* Small and large networks take different ways through the products. */
static void a_fixed_point_of_the_naive_step(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 3, 17, 40};
    static const char *const methods[] = {"discrete", "relaxation", "newton"};
    for (size_t k = 0; k < 4; k++) {
        nndyn_context *c;
        int64_t n = sizes[k], ends[2] = {0, n - 1}, steps[3];
        double held[2] = {0.3, -0.7}, x[3 * 40], first[3 * 40], y[40], residuals[3];
        int clamped[40] = {0};
        nt_ok(NULL, nndyn_context_create(&c));
        nndyn_recurrent *r = make(c, n, 0.5, NNDYN_TANH);
        if (n > 2) {
            nt_ok(r, nndyn_recurrent_set_boundary(r, 2, ends, held));
            clamped[0] = clamped[n - 1] = 1;
        }
        nt_ok(r, nndyn_recurrent_set_gain(r, 0.9));
        for (int m = 0; m < 3; m++) {
            nndyn_options *o = text(c, "method", methods[m]);
            nt_ok(r, nndyn_recurrent_activate(r, 3, NULL, NULL, o, x, residuals, steps));
            nndyn_options_free(o);
            naive_step(r, n, 0.9, clamped, x, y);
            nt_close(y, x, n, 0, 2e-12);
            assert_true(residuals[1] <= 1e-12 && steps[2] > 0 && steps[2] < 200);
            if (m == 0) {
                memcpy(first, x, sizeof x);
            }
            nt_close(x, first, 3 * n, 0, 1e-11);
        }
        nndyn_recurrent_free(r);
        nndyn_context_free(c);
    }
}

/* Ten steps of the discrete iteration are ten naive steps. */
static void every_step_is_the_naive_one(void **state)
{
    (void)state;
    nndyn_context *c;
    double x[N], y[N], z[N], residual;
    int clamped[N] = {0};
    int64_t steps;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = make(c, N, 3, NNDYN_TANH); /* chaotic: it settles nowhere */
    nndyn_options *o = text(c, "unsettled", "keep");
    nt_ok(o, nndyn_options_set_integer(o, "steps", 10));
    nt_uniform(9, N, -1, 1, x);
    nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, x, o, y, &residual, &steps));
    assert_true(steps == 10 && residual > 1e-3);
    for (int i = 0; i < 10; i++) {
        naive_step(r, N, 1, clamped, x, z);
        memcpy(x, z, sizeof x);
    }
    nt_close(y, x, N, 0, 1e-11);
    naive_step(r, N, 1, clamped, x, z);
    double worst = 0;
    for (int i = 0; i < N; i++) {
        worst = fmax(worst, fabs(z[i] - x[i]));
    }
    nt_near(residual, worst, 1e-10);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* Whatever stands beside a state, and whoever computes it. */
static void a_state_depends_on_its_start_alone(void **state)
{
    (void)state;
    static const int kinds[] = {NNDYN_TANH, NNDYN_SIN, NNDYN_SILU};
    static const int64_t sizes[] = {2, 20, 50};
    for (size_t k = 0; k < 9; k++) {
        nndyn_context *c, *eight;
        int64_t n = sizes[k / 3], steps[MANY];
        static double starts[MANY * 50], all[MANY * 50], again[MANY * 50];
        nt_ok(NULL, nndyn_context_create(&c));
        nt_ok(NULL, nndyn_context_create(&eight));
        nt_ok(eight, nndyn_context_set_threads(eight, 8));
        nndyn_recurrent *r = make(c, n, 0.6, kinds[k % 3]), *t = make(eight, n, 0.6, kinds[k % 3]);
        nt_normal(11, MANY * n, starts);
        starts[3] = 1e9; /* makes a neighbor's sine go another way */
        nndyn_options *o = text(c, "unsettled", "keep");
        nt_ok(o, nndyn_options_set_integer(o, "steps", 12));
        nt_ok(r, nndyn_recurrent_activate(r, MANY, NULL, starts, o, all, NULL, NULL));
        nt_ok(t, nndyn_recurrent_activate(t, MANY, NULL, starts, o, again, NULL, steps));
        nt_same(all, again, MANY * n * (int64_t)sizeof *all);
        for (int64_t i = MANY - 1; i >= 0; i -= 13) {
            nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, starts + i * n, o, again, NULL, NULL));
            nt_same(again, all + i * n, n * (int64_t)sizeof *all);
        }
        nndyn_options_free(o);
        nndyn_recurrent_free(r);
        nndyn_recurrent_free(t);
        nndyn_context_free(c);
        nndyn_context_free(eight);
    }
}

/* w = 2: two stable fixed points and 0, which only Newton's method stays at. */
static void unstable_ones_by_newton(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w = 2, starts[3] = {0.01, -0.3, 5}, x[3], want[3] = {0.957504024077, -0.957504024077, 0.957504024077};
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 1, &w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_activate(r, 3, NULL, starts, NULL, x, NULL, NULL));
    nt_close(x, want, 3, 0, 1e-11);
    nndyn_options *o = text(c, "method", "newton");
    nt_ok(r, nndyn_recurrent_activate(r, 3, NULL, starts, o, x, NULL, NULL));
    nt_near(x[0], 0, 1e-14);
    nt_near(x[2], want[2], 1e-11);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* w = -3: the discrete step has a cycle of two around 0, which the relaxation does not see. */
static void cycles_do_not_settle(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w = -3, start = 0.2, x = 77, residual = 77;
    int64_t steps = 77;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 1, &w, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_ENUMERIC, r, "1 of 1 states did not settle",
             nndyn_recurrent_activate(r, 1, NULL, &start, NULL, &x, &residual, &steps));
    assert_true(x == 77 && residual == 77 && steps == 77);
    nndyn_options *o = text(c, "method", "relaxation");
    nt_ok(o, nndyn_options_set_double(o, "step", 0.3));
    nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, &start, o, &x, &residual, &steps));
    nt_near(x, 0, 1e-12);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    w = 3; /* and one that diverges ends at once */
    nt_ok(c, nndyn_recurrent_create(c, 1, &w, NULL, NNDYN_IDENTITY, NULL, &r));
    o = text(c, "unsettled", "keep");
    nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, &start, o, &x, &residual, &steps));
    assert_true(!isfinite(residual) && steps < 700);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* ---- Jacobian ---------------------------------------------------------------------------------------------------- */

enum { P = 5, Q = N - P };

static void jacobian_by_finite_differences(void **state)
{
    (void)state;
    nndyn_context *c;
    int64_t clamped[P] = {1, 2, 7, 11, 19};
    double held[3 * P], x[3 * N], jacobian[3 * Q * P], condition[3], up[P], down[P], high[N], low[N];
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = make(c, N, 0.8, NNDYN_TANH);
    nt_normal(21, 3 * P, held);
    nt_ok(r, nndyn_recurrent_set_boundary(r, P, clamped, held));
    nndyn_options *o = text(c, "method", "relaxation");
    nt_ok(r, nndyn_recurrent_activate(r, 3, held, NULL, o, x, NULL, NULL));
    nt_ok(r, nndyn_recurrent_jacobian(r, 3, x, NULL, jacobian, condition));
    for (int s = 0; s < 3; s++) {
        assert_true(condition[s] >= 1 && condition[s] < 1e4);
        for (int j = 0; j < P; j++) {
            memcpy(up, held + s * P, sizeof up);
            memcpy(down, held + s * P, sizeof down);
            up[j] += 1e-5;
            down[j] -= 1e-5;
            nt_ok(r, nndyn_recurrent_activate(r, 1, up, NULL, o, high, NULL, NULL));
            nt_ok(r, nndyn_recurrent_activate(r, 1, down, NULL, o, low, NULL, NULL));
            for (int i = 0, k = 0, b = 0; i < N; i++) {
                if (b < P && i == clamped[b]) {
                    b++;
                    continue;
                }
                nt_near(jacobian[(s * Q + k++) * P + j], (high[i] - low[i]) / 2e-5, 1e-6);
            }
        }
    }
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static void products_are_those_of_the_matrix(void **state)
{
    (void)state;
    nndyn_context *c;
    int64_t clamped[P] = {0, 2, 7, 11, 18};
    double held[2 * P], x[2 * N], jacobian[2 * Q * P], u[2 * P], v[2 * Q], ju[2 * Q], vj[2 * P], want;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = make(c, N, 0.8, NNDYN_ARCTAN);
    nt_normal(22, 2 * P, held);
    nt_normal(23, 2 * P, u);
    nt_normal(24, 2 * Q, v);
    nt_ok(r, nndyn_recurrent_set_boundary(r, P, clamped, held));
    nndyn_options *o = text(c, "method", "newton");
    nt_ok(r, nndyn_recurrent_activate(r, 2, held, NULL, o, x, NULL, NULL));
    nt_ok(r, nndyn_recurrent_jacobian(r, 2, x, NULL, jacobian, NULL));
    nt_ok(r, nndyn_recurrent_jvp(r, 2, x, u, NULL, ju));
    nt_ok(r, nndyn_recurrent_vjp(r, 2, x, v, NULL, vj));
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < Q; i++) {
            want = 0;
            for (int j = 0; j < P; j++) {
                want += jacobian[(s * Q + i) * P + j] * u[s * P + j];
            }
            nt_near(ju[s * Q + i], want, 1e-12);
        }
        for (int j = 0; j < P; j++) {
            want = 0;
            for (int i = 0; i < Q; i++) {
                want += jacobian[(s * Q + i) * P + j] * v[s * Q + i];
            }
            nt_near(vj[s * P + j], want, 1e-12);
        }
    }
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* A network of layers 3-4-2 is a recurrent one whose weights between free neurons are nilpotent. */
static void feed_forward_is_a_special_case(void **state)
{
    (void)state;
    enum { I = 3, H = 4, O = 2, ALL = I + H + O };
    nndyn_context *c;
    nndyn_network *net;
    nndyn_recurrent *r;
    double theta[H * I + H + O * H + O], w[ALL * ALL] = {0}, b[ALL] = {0}, x[4 * I], states[4 * ALL];
    double want[4 * O * I], outputs[4 * O], jacobian[4 * (H + O) * I];
    int64_t clamped[I] = {0, 1, 2}, steps[4];
    nt_normal(31, H * I + H + O * H + O, theta);
    nt_normal(32, 4 * I, x);
    for (int i = 0; i < H; i++) {
        memcpy(w + (I + i) * ALL, theta + i * I, I * sizeof *w);
        b[I + i] = theta[H * I + i];
    }
    for (int i = 0; i < O; i++) {
        memcpy(w + (I + H + i) * ALL + I, theta + H * I + H + i * H, H * sizeof *w);
        b[I + H + i] = theta[H * I + H + O * H + i];
    }
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, I, &net));
    nt_ok(net, nndyn_network_add_dense(net, H, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, O, NNDYN_TANH));
    nt_ok(net, nndyn_network_set_parameters(net, H * I + H + O * H + O, theta));
    nt_ok(net, nndyn_input_jacobian(net, 4, x, NULL, want));
    nt_ok(net, nndyn_network_forward(net, 4, x, outputs));
    nt_ok(c, nndyn_recurrent_create(c, ALL, w, b, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_set_boundary(r, I, clamped, x));
    nt_ok(r, nndyn_recurrent_activate(r, 4, x, NULL, NULL, states, NULL, steps));
    nt_ok(r, nndyn_recurrent_jacobian(r, 4, states, NULL, jacobian, NULL));
    for (int s = 0; s < 4; s++) {
        assert_true(steps[s] == 2);
        nt_close(states + s * ALL + I + H, outputs + s * O, O, 1e-14, 1e-15);
        nt_close(jacobian + (s * (H + O) + H) * I, want + s * O * I, O * I, 1e-13, 1e-15);
    }
    nndyn_recurrent_free(r);
    nndyn_network_free(net);
    nndyn_context_free(c);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors_of_the_handle(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r = (nndyn_recurrent *)1;
    double w[4] = {1, 0, NAN, 1}, good[4] = {0}, values[2] = {0, INFINITY}, gain = 5;
    int64_t falling[2] = {1, 0}, one = 2, out[2];
    nt_ok(NULL, nndyn_context_create(&c));
    nt_fails(NNDYN_EARG, c, "neurons is 0", nndyn_recurrent_create(c, 0, good, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, c, "16384", nndyn_recurrent_create(c, 20000, good, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, c, "weights is NULL", nndyn_recurrent_create(c, 2, NULL, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, c, "out is NULL", nndyn_recurrent_create(c, 2, good, NULL, NNDYN_TANH, NULL, NULL));
    nt_fails(NNDYN_EDATA, c, "weights is nan in row 1", nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EDATA, c, "biases", nndyn_recurrent_create(c, 2, good, values, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, c, "activation is 99", nndyn_recurrent_create(c, 2, good, NULL, 99, NULL, &r));
    nt_fails(NNDYN_EUNSUPPORTED, c, "NNDYN_CUSTOM_ACTIVATION",
             nndyn_recurrent_create(c, 2, good, NULL, NNDYN_CUSTOM_ACTIVATION, NULL, &r));
    nndyn_options *o;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "parameter", -1));
    nt_fails(NNDYN_EOPTION, c, "above 0", nndyn_recurrent_create(c, 2, good, NULL, NNDYN_ABS_POWER, o, &r));
    nndyn_options_free(o);
    assert_true(r == (nndyn_recurrent *)1);
    nt_ok(c, nndyn_recurrent_create(c, 2, good, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, r, "count is 2", nndyn_recurrent_set_boundary(r, 2, falling, good));
    nt_fails(NNDYN_EARG, r, "neurons is NULL", nndyn_recurrent_set_boundary(r, 1, NULL, good));
    nt_fails(NNDYN_EARG, r, "values is NULL", nndyn_recurrent_set_boundary(r, 1, &one, NULL));
    nt_fails(NNDYN_EARG, r, "from 0 to 1", nndyn_recurrent_set_boundary(r, 1, &one, good));
    one = 0;
    nt_fails(NNDYN_EDATA, r, "values", nndyn_recurrent_set_boundary(r, 1, &one, values + 1));
    nt_ok(r, nndyn_recurrent_set_boundary(r, 1, &one, good));
    nt_fails(NNDYN_EARG, r, "capacity is 0", nndyn_recurrent_get_boundary(r, 0, out, NULL));
    nt_fails(NNDYN_EDATA, r, "weights", nndyn_recurrent_set_weights(r, w, NULL));
    nt_fails(NNDYN_EDATA, r, "biases", nndyn_recurrent_set_weights(r, NULL, values));
    nt_fails(NNDYN_EARG, r, "gain", nndyn_recurrent_set_gain(r, NAN));
    nt_fails(NNDYN_EARG, r, "gain is NULL", nndyn_recurrent_get_gain(r, NULL));
    nt_ok(r, nndyn_recurrent_get_gain(r, &gain));
    assert_true(gain == 1);
    assert_int_equal(nndyn_recurrent_get_gain((nndyn_recurrent *)c, &gain), NNDYN_EARG);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static void errors_of_the_calls(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w[4] = {1, 0, 1, 1}, x[2] = {7, 7}, bad[2] = {0, NAN}, zero[2] = {0, 0}, jacobian = 7;
    int64_t first = 0;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, r, "count is 0", nndyn_recurrent_activate(r, 0, NULL, NULL, NULL, x, NULL, NULL));
    nt_fails(NNDYN_EARG, r, "states is NULL", nndyn_recurrent_activate(r, 1, NULL, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, r, "starts is nan", nndyn_recurrent_activate(r, 1, NULL, bad, NULL, x, NULL, NULL));
    nndyn_options *o = text(c, "method", "magic");
    nt_fails(NNDYN_EOPTION, r, "method", nndyn_recurrent_activate(r, 1, NULL, NULL, o, x, NULL, NULL));
    nndyn_options_free(o);
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "step", 0.5));
    nt_fails(NNDYN_EOPTION, r, "relaxation", nndyn_recurrent_activate(r, 1, NULL, NULL, o, x, NULL, NULL));
    nndyn_options_free(o);
    nt_fails(NNDYN_EARG, r, "no neuron is clamped", nndyn_recurrent_jacobian(r, 1, zero, NULL, &jacobian, NULL));
    nt_ok(r, nndyn_recurrent_set_boundary(r, 1, &first, zero));
    nt_fails(NNDYN_EDATA, r, "boundary is nan", nndyn_recurrent_activate(r, 1, bad + 1, NULL, NULL, x, NULL, NULL));
    nt_fails(NNDYN_EARG, r, "count is 0", nndyn_recurrent_jacobian(r, 0, zero, NULL, &jacobian, NULL));
    nt_fails(NNDYN_EARG, r, "states is NULL", nndyn_recurrent_jacobian(r, 1, NULL, NULL, &jacobian, NULL));
    nt_fails(NNDYN_EDATA, r, "states is nan", nndyn_recurrent_jacobian(r, 1, bad, NULL, &jacobian, NULL));
    nt_fails(NNDYN_EARG, r, "boundary is NULL", nndyn_recurrent_jvp(r, 1, zero, NULL, NULL, x));
    nt_fails(NNDYN_EARG, r, "bulk is NULL", nndyn_recurrent_jvp(r, 1, zero, zero, NULL, NULL));
    nt_fails(NNDYN_EDATA, r, "boundary is nan", nndyn_recurrent_jvp(r, 1, zero, bad + 1, NULL, x));
    nt_fails(NNDYN_EARG, r, "bulk is NULL", nndyn_recurrent_vjp(r, 1, zero, NULL, NULL, x));
    nt_fails(NNDYN_EARG, r, "boundary is NULL", nndyn_recurrent_vjp(r, 1, zero, zero, NULL, NULL));
    nt_fails(NNDYN_EARG, r, "no fixed point", nndyn_recurrent_jacobian(r, 1, (double[]){0, 0.5}, NULL, &jacobian, x));
    /* at x = 0 the weight 1 of the free neuron on itself is an eigenvalue 1 of S W_QQ */
    nt_fails(NNDYN_ENUMERIC, r, "1 is an eigenvalue", nndyn_recurrent_jacobian(r, 1, zero, NULL, &jacobian, x));
    assert_true(x[0] == 7 && x[1] == 7 && jacobian == 7);
    nt_ok(c, nndyn_context_set_memory_limit(c, 1000));
    nt_fails(NNDYN_ELIMIT, r, "1000", nndyn_recurrent_activate(r, 100, NULL, NULL, NULL, x, NULL, NULL));
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* Counts, and stops the second call. */
static int stop(void *user, const char *task, double fraction)
{
    assert_string_equal(task, "recurrent activation");
    assert_true(fraction >= 0 && fraction <= 1);
    return ++*(int *)user > 1;
}

/* A chaotic network that would run for hours. */
static void a_long_call_can_be_stopped(void **state)
{
    (void)state;
    nndyn_context *c;
    int calls = 0;
    double start[N], x[N] = {7};
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_recurrent *r = make(c, N, 3, NNDYN_TANH);
    nt_uniform(9, N, -1, 1, start);
    nt_ok(c, nndyn_context_set_progress(c, stop, &calls));
    nndyn_options *o;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "steps", INT64_C(1000000000)));
    assert_int_equal(nndyn_recurrent_activate(r, 1, NULL, start, o, x, NULL, NULL), NNDYN_ECANCELED);
    assert_true(x[0] == 7 && calls == 2);
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static int everything(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *c = NULL;
    nndyn_recurrent *r = NULL;
    nndyn_options *o = NULL;
    double w[9] = {0, 0.4, 0.1, 0.2, 0, 0.3, 0.5, 0.1, 0}, x[9], jacobian[6], zero[3] = {0};
    int64_t first = 0;
    int s = nt_context_create(a, &c);
    s = s ? s : nndyn_options_create(c, &o);
    s = s ? s : nndyn_options_set_text(o, "method", "newton");
    s = s ? s : nndyn_recurrent_create(c, 3, w, NULL, NNDYN_TANH, NULL, &r);
    s = s ? s : nndyn_recurrent_set_boundary(r, 1, &first, zero);
    s = s ? s : nndyn_recurrent_activate(r, 3, NULL, NULL, NULL, x, NULL, NULL);
    s = s ? s : nndyn_recurrent_activate(r, 3, NULL, (double[]){0, 1, 2, 0, 1, 2, 1, 1, 1}, o, x, NULL, NULL);
    s = s ? s : nndyn_recurrent_jacobian(r, 3, x, NULL, jacobian, NULL);
    s = s ? s : nndyn_recurrent_vjp(r, 1, x, zero, NULL, jacobian);
    nndyn_recurrent_free(r);
    nndyn_options_free(o);
    nndyn_context_free(c);
    return s;
}

static void no_memory(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_is_read),
        cmocka_unit_test(a_fixed_point_of_the_naive_step),
        cmocka_unit_test(every_step_is_the_naive_one),
        cmocka_unit_test(a_state_depends_on_its_start_alone),
        cmocka_unit_test(unstable_ones_by_newton),
        cmocka_unit_test(cycles_do_not_settle),
        cmocka_unit_test(jacobian_by_finite_differences),
        cmocka_unit_test(products_are_those_of_the_matrix),
        cmocka_unit_test(feed_forward_is_a_special_case),
        cmocka_unit_test(errors_of_the_handle),
        cmocka_unit_test(errors_of_the_calls),
        cmocka_unit_test(a_long_call_can_be_stopped),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("recurrent networks", tests, NULL, NULL);
}
