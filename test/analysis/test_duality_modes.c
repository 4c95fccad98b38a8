/* test_duality_modes.c - modes, coupling and the one-dimensional map, on the two-unit tanh layer of the paper's
 * checks and on a deep network against the explicit Jacobian. */
#include "linalg/linalg.h"
#include "nndyn.h"
#include "support/support.h"

static nndyn_options *biases(nndyn_context *c)
{
    nndyn_options *o;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "parameters", "biases"));
    nt_ok(o, nndyn_options_set_text(o, "columns", "inputs"));
    return o;
}

static nndyn_network *tanh_layer(nndyn_context *c, double a, double b, double d, double e)
{
    nndyn_network *net;
    const double theta[] = {a, b, d, e, 0, 0};
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &net));
    nt_ok(net, nndyn_network_add_dense(net, 2, NNDYN_TANH));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(net, nndyn_network_set_parameters(net, 6, theta));
    return net;
}

static void coupling_of_four_points(void **state)
{
    (void)state;
    nndyn_context *c;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_network *net = tanh_layer(c, 2, .3, -.4, 1);
    nndyn_options *o = biases(c);
    const double x[] = {.5, .5, .5, -.5, -.5, .5, -.5, -.5}, t[8] = {0};
    double s[2], u[4], v[4], kappa;
    nt_ok(net, nndyn_duality_modes(net, 4, x, t, 2, o, s, u, v, NULL)); /* around x = 0: J = -W */
    nt_near(s[0] * s[1], 2.12, 1e-12);
    nt_near(s[0] * s[0] + s[1] * s[1], 5.25, 1e-12);
    for (int i = 0; i < 2; i++) {
        assert_true((fabs(u[2 * i]) > fabs(u[2 * i + 1]) ? u[2 * i] : u[2 * i + 1]) > 0);
    }
    nt_ok(net, nndyn_duality_coupling(net, 4, x, t, 2, u, v, o, &kappa));
    nt_near(kappa, 0.369337731885, 1e-10);
    nndyn_options_free(o);
    nndyn_network_free(net);
    nndyn_context_free(c);
}

enum { SIDE = 400 };
static double gx[2 * SIDE * SIDE], gt[2 * SIDE * SIDE];

static void coupling_on_a_grid(void **state)
{
    (void)state;
    static const double want[4][4] = {
        {0, 0, 0, 0}, {.05, .024926, .0191, .0337}, {.3, .149201, .0453, .0671}, {.8, .385410, .0842, .1690}};
    nndyn_context *c;
    nt_ok(NULL, nndyn_context_create(&c));
    for (int i = 0; i < SIDE * SIDE; i++) {
        gx[2 * i] = (i / SIDE + 0.5) * 2 / SIDE - 1;
        gx[2 * i + 1] = (i % SIDE + 0.5) * 2 / SIDE - 1;
    }
    nndyn_options *o = biases(c);
    for (int k = 0; k < 4; k++) {
        nndyn_network *net = tanh_layer(c, 2, want[k][0], -want[k][0], 1);
        double s[2], u[4], v[4], kappa, distance[2];
        nt_ok(net, nndyn_duality_modes(net, SIDE * SIDE, gx, gt, 2, o, s, u, v, NULL));
        nt_ok(net, nndyn_duality_coupling(net, SIDE * SIDE, gx, gt, 2, u, v, o, &kappa));
        nt_ok(net, nndyn_duality_reduction(net, SIDE * SIDE, gx, gt, 2, u, v, o, distance));
        nt_near(kappa, want[k][1], 1e-6);
        nt_close(distance, want[k] + 2, 2, 0, k == 0 ? 2e-3 : 1e-4);
        nndyn_network_free(net);
    }
    nndyn_options_free(o);
    nndyn_context_free(c);
}

/* ---- a deep network ---------------------------------------------------------------------------------------------- */

enum { N = 6, IN = 3, OUT = 2, WIDTH = IN + OUT, MOST = 64 };

static nndyn_network *deep(nndyn_context *c, double *x, double *t, int64_t *p)
{
    nndyn_network *net;
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, IN, &net));
    nt_ok(net, nndyn_network_add_dense(net, 4, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, OUT, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SQUARED_ERROR));
    nt_ok(net, nndyn_network_initialize(net, 4));
    nt_ok(net, nndyn_network_shape(net, NULL, NULL, NULL, p, NULL));
    return net;
}

static void modes_of_the_mean_jacobian(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_options *o, *sum;
    int64_t p;
    double x[N * IN], t[N * OUT], s[WIDTH], u[WIDTH * MOST], v[WIDTH * WIDTH], jac[MOST * WIDTH], mean[MOST * WIDTH];
    double want[WIDTH], again[WIDTH];
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_network *net = deep(c, x, t, &p);
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "reference", "mean"));
    nt_ok(net, nndyn_duality_modes(net, N, x, t, WIDTH, o, s, u, v, NULL));
    memset(mean, 0, sizeof mean);
    for (int i = 0; i < N; i++) {
        nt_ok(net, nndyn_duality_jacobian(net, 1, x + i * IN, t + i * OUT, NULL, jac));
        for (int64_t k = 0; k < p * WIDTH; k++) {
            mean[k] += jac[k] / N;
        }
    }
    for (int i = 0; i < WIDTH; i++) {
        for (int64_t k = 0; k < p; k++) {
            double jv = 0;
            for (int j = 0; j < WIDTH; j++) {
                jv += mean[k * WIDTH + j] * v[i * WIDTH + j];
            }
            nt_near(jv, s[i] * u[i * p + k], 1e-9);
        }
    }
    nt_ok(c, nd_svd(c, p, WIDTH, mean, want, NULL, NULL));
    nt_close(s, want, WIDTH, 1e-9, 0);
    nt_ok(c, nndyn_options_create(c, &sum));
    nt_ok(sum, nndyn_options_set_text(sum, "reference", "mean"));
    nt_ok(sum, nndyn_options_set_text(sum, "reduction", "sum"));
    nt_ok(net, nndyn_duality_modes(net, N, x, t, WIDTH, sum, again, NULL, NULL, NULL));
    nt_close(again, s, WIDTH, 1e-9, 0);
    nndyn_options_free(sum);
    nndyn_options_free(o);
    nndyn_network_free(net);
    nndyn_context_free(c);
}

static void the_map_of_a_mode(void **state)
{
    (void)state;
    enum { POINTS = 7 };
    nndyn_context *c;
    int64_t p;
    double x[N * IN], t[N * OUT], u[MOST], v[WIDTH], s[POINTS], zeta[POINTS];
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_network *net = deep(c, x, t, &p);
    nt_normal(3, MOST, u);
    nt_normal(4, WIDTH, v);
    nt_uniform(5, POINTS, -2, 2, s);
    nt_ok(net, nndyn_duality_reduced_map(net, x, t, u, v, POINTS, s, NULL, zeta));
    for (int i = 0; i < POINTS; i++) {
        double at[WIDTH], q[MOST], want = 0;
        for (int k = 0; k < WIDTH; k++) {
            at[k] = (k < IN ? x[k] : t[k - IN]) + s[i] * v[k];
        }
        nt_ok(net, nndyn_duality_apply(net, 1, at, at + IN, NULL, q));
        for (int64_t k = 0; k < p; k++) {
            want += u[k] * q[k];
        }
        nt_near(zeta[i], want, 1e-12 * (1 + fabs(want)));
    }
    nndyn_network_free(net);
    nndyn_context_free(c);
}

static void errors(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_options *o;
    int64_t p;
    double x[N * IN], t[N * OUT], u[MOST] = {0}, v[WIDTH] = {0}, s[WIDTH + 1] = {7};
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_network *net = deep(c, x, t, &p);
    nt_fails(NNDYN_EARG, net, "count", nndyn_duality_modes(net, N, x, t, WIDTH + 1, NULL, s, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, net, "s is NULL", nndyn_duality_modes(net, N, x, t, 1, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_ENUMERIC, net, "vanish", nndyn_duality_coupling(net, N, x, t, 1, u, v, NULL, s));
    nt_fails(NNDYN_EARG, net, "u is NULL", nndyn_duality_coupling(net, N, x, t, 1, NULL, v, NULL, s));
    nt_fails(NNDYN_EARG, net, "v is NULL", nndyn_duality_reduction(net, N, x, t, 1, u, NULL, NULL, s));
    nt_fails(NNDYN_EARG, net, "zeta", nndyn_duality_reduced_map(net, x, t, u, v, 1, v, NULL, NULL));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "reference", "median"));
    nt_fails(NNDYN_EOPTION, net, "reference", nndyn_duality_modes(net, N, x, t, 1, o, s, NULL, NULL, NULL));
    nt_fails(NNDYN_EOPTION, net, "reference", nndyn_duality_coupling(net, N, x, t, 1, u, v, o, s));
    nndyn_options_free(o);
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "mode", "training"));
    nt_fails(NNDYN_EUNSUPPORTED, net, "batch norm", nndyn_duality_coupling(net, N, x, t, 1, u, v, o, s));
    nt_fails(NNDYN_EUNSUPPORTED, net, "batch norm", nndyn_duality_reduction(net, N, x, t, 1, u, v, o, s));
    assert_true(s[0] == 7);
    nndyn_options_free(o);
    nndyn_network_free(net);
    nndyn_context_free(c);
}

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *c = NULL;
    nndyn_network *net = NULL;
    int64_t p;
    double x[N * IN], t[N * OUT], s[1], u[MOST], v[WIDTH], out[1];
    (void)user;
    int status = nt_context_create(a, &c);
    if (status) {
        return status;
    }
    nt_pause(a);
    net = deep(c, x, t, &p);
    nt_resume(a);
    status = nndyn_duality_modes(net, N, x, t, 1, NULL, s, u, v, NULL);
    status = status ? status : nndyn_duality_coupling(net, N, x, t, 1, u, v, NULL, out);
    status = status ? status : nndyn_duality_reduction(net, N, x, t, 1, u, v, NULL, out);
    status = status ? status : nndyn_duality_reduced_map(net, x, t, u, v, 1, s, NULL, out);
    nndyn_network_free(net);
    nndyn_context_free(c);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coupling_of_four_points),
        cmocka_unit_test(coupling_on_a_grid),
        cmocka_unit_test(modes_of_the_mean_jacobian),
        cmocka_unit_test(the_map_of_a_mode),
        cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("duality modes", tests, NULL, NULL);
}
