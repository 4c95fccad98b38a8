/* Fluctuations: frozen ones against gradients of single samples, live ones against the steps, and the verdict. */
#include "nndyn.h"
#include "support/support.h"

enum { N = 3000 };

typedef struct nt_toy {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_fluctuations *set;
    double x[N], t[N];
} nt_toy;

static const int64_t nt_bias = 1, nt_weight = 0;

/* arctan of 300 x, targets with noise 0.1. */
static void nt_open(nt_toy *toy, nt_allocator *a)
{
    const double q[2] = {300, 0};
    nt_uniform(5, N, -1, 1, toy->x);
    nt_normal(6, N, toy->t);
    for (int i = 0; i < N; i++) {
        toy->t[i] = atan(300 * toy->x[i]) + 0.1 * toy->t[i];
    }
    toy->context = nt_context(a);
    nt_ok(toy->context, nndyn_network_create(toy->context, NNDYN_F64, 1, &toy->network));
    nt_ok(toy->network, nndyn_network_add_dense(toy->network, 1, NNDYN_ARCTAN));
    nt_ok(toy->network, nndyn_network_set_loss(toy->network, NNDYN_SQUARED_ERROR));
    nt_ok(toy->network, nndyn_network_set_parameters(toy->network, 2, q));
    nt_ok(toy->network, nndyn_fluctuations_create(toy->network, &toy->set));
    nt_ok(toy->set, nndyn_fluctuations_add(toy->set, 1, &nt_bias, 1e-5, 1e-3, NULL, NULL));
    nt_ok(toy->set, nndyn_fluctuations_add(toy->set, 1, &nt_weight, 2e-6, 2e-5, NULL, NULL));
}

static void nt_close_toy(nt_toy *toy, nt_allocator *a)
{
    nndyn_fluctuations_free(toy->set);
    nndyn_network_free(toy->network);
    nndyn_context_free(toy->context);
    nt_no_leak(a);
}

static void test_frozen(void **state)
{
    (void)state;
    static nt_toy toy;
    nt_allocator a = {0};
    nt_open(&toy, &a);
    double u[2][N], loss, g[2];
    for (int i = 0; i < N; i++) {
        nt_ok(toy.network, nndyn_gradient(toy.network, 1, &toy.x[i], &toy.t[i], NULL, &loss, g));
        u[0][i] = g[1];
        u[1][i] = g[0];
    }
    nt_ok(toy.set, nndyn_fluctuations_measure(toy.set, N, toy.x, toy.t));
    for (int64_t s = 0; s < 2; s++) {
        double k, se, want, want_se, low, high, effective, part[3], edges[31], densities[30], mass = 0;
        int64_t inside, zeros, below, above, nonfinite, bins, parts;
        nt_ok(toy.set, nndyn_fluctuations_shape(toy.set, s, &low, &high, &bins, &parts));
        nt_ok(toy.context, nndyn_powerlaw_bounded(toy.context, N, u[s], low, high, NULL, &want, &want_se));
        nt_ok(toy.set, nndyn_fluctuations_exponent(toy.set, s, &k, &se, &effective, NULL, NULL));
        nt_ok(toy.set, nndyn_fluctuations_counts(toy.set, s, &inside, &zeros, &below, &above, &nonfinite));
        nt_ok(toy.set, nndyn_fluctuations_parts(toy.set, s, parts, part, NULL));
        nt_ok(toy.set, nndyn_fluctuations_histogram(toy.set, s, bins, edges, NULL, densities));
        nt_near(k, want, 1e-9);
        nt_near(se, want_se * sqrt((double)inside / effective), 1e-9);
        assert_true(inside + zeros + below + above + nonfinite == N && bins == 30 && parts == 3);
        for (int i = 0; i < 30; i++) {
            mass += densities[i] * (edges[i + 1] - edges[i]);
        }
        nt_near(mass, 1, 1e-12);
    }
    nt_close_toy(&toy, &a);
}

static void test_live(void **state)
{
    (void)state;
    static nt_toy toy;
    nt_allocator a = {0};
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
    double g[2];
    int64_t want = 0, inside;
    nt_open(&toy, &a);
    nt_ok(toy.network, nndyn_trainer_create(toy.network, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_fluctuations(recorder, toy.set, NULL, NULL));
    for (int i = 0; i < N; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, 1, &toy.x[i], &toy.t[i], NULL));
        nt_ok(trainer, nndyn_trainer_get_gradient(trainer, 2, g));
        want += fabs(g[1]) >= 1e-5 && fabs(g[1]) <= 1e-3;
    }
    nt_ok(toy.set, nndyn_fluctuations_counts(toy.set, 0, &inside, NULL, NULL, NULL, NULL));
    assert_int_equal(inside, want);
    nndyn_trainer_free(trainer);
    nndyn_recorder_free(recorder);
    nt_close_toy(&toy, &a);
}

static void test_verdict(void **state)
{
    (void)state;
    static nt_toy toy;
    nt_allocator a = {0};
    int verdict = -1;
    double k;
    nt_open(&toy, &a);
    nt_ok(toy.set, nndyn_fluctuations_verdict(toy.set, 0, 1, 1.5, NULL, &verdict));
    assert_int_equal(verdict, NNDYN_CRITICAL_SCARCE);
    nt_ok(toy.set, nndyn_fluctuations_measure(toy.set, N, toy.x, toy.t));
    nt_ok(toy.set, nndyn_fluctuations_exponent(toy.set, 0, &k, NULL, NULL, NULL, NULL));
    nt_ok(toy.set, nndyn_fluctuations_verdict(toy.set, 0, 0, k + 2, NULL, &verdict));
    assert_int_equal(verdict & ~NNDYN_CRITICAL_CURVED, NNDYN_CRITICAL_TRANSIENT | NNDYN_CRITICAL_UNPREDICTED);
    nt_ok(toy.set, nndyn_fluctuations_verdict(toy.set, 0, 1, k, NULL, &verdict));
    assert_int_equal(verdict & ~NNDYN_CRITICAL_CURVED, 0);
    nt_ok(toy.set, nndyn_fluctuations_verdict(toy.set, 1, 1, 1.925, NULL, &verdict));
    assert_true(verdict & NNDYN_CRITICAL_NARROW);
    nt_close_toy(&toy, &a);
}

static void test_errors(void **state)
{
    (void)state;
    static nt_toy toy;
    const int64_t outside = 2;
    nt_allocator a = {0};
    double k = 7;
    nt_open(&toy, &a);
    nt_fails(NNDYN_EARG, toy.set, "parameters", nndyn_fluctuations_add(toy.set, 1, &outside, 1, 2, NULL, NULL));
    nt_fails(NNDYN_EARG, toy.set, "count", nndyn_fluctuations_add(toy.set, 0, &outside, 1, 2, NULL, NULL));
    nt_fails(NNDYN_EARG, toy.set, "xm", nndyn_fluctuations_add(toy.set, 1, &nt_bias, 2, 1, NULL, NULL));
    nt_fails(NNDYN_EARG, toy.set, "series", nndyn_fluctuations_exponent(toy.set, 2, &k, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, toy.set, "", nndyn_fluctuations_exponent(toy.set, 0, &k, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, toy.set, "parts", nndyn_fluctuations_parts(toy.set, 0, 2, &k, NULL));
    nt_fails(NNDYN_EARG, toy.set, "n is 0", nndyn_fluctuations_measure(toy.set, 0, toy.x, toy.t));
    nt_fails(NNDYN_EARG, toy.set, "x is NULL", nndyn_fluctuations_measure(toy.set, 1, NULL, toy.t));
    nt_ok(toy.set, nndyn_fluctuations_measure(toy.set, 1, toy.x, toy.t));
    nt_fails(NNDYN_ESTATE, toy.set, "clear", nndyn_fluctuations_add(toy.set, 1, &nt_bias, 1, 2, NULL, NULL));
    nt_ok(toy.set, nndyn_fluctuations_clear(toy.set));
    nt_ok(toy.set, nndyn_fluctuations_add(toy.set, 1, &nt_bias, 1, 2, NULL, NULL));
    assert_true(k == 7);
    nt_close_toy(&toy, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests_name("fluctuations", tests, NULL, NULL);
}
