/* Fluctuations: frozen ones against gradients of single samples, live ones against the steps, and the verdict. */
#include "analysis/criticality/criticality.h"
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

/* ---- other networks ---------------------------------------------------------------------------------------------- */

/* Frozen exponents of parameter `index` against gradients of single samples, one by one. */
static void nt_against_gradients(nndyn_context *context, nndyn_network *network, int64_t index, int64_t inputs,
                                 const double *x, const double *t)
{
    static double u[N];
    double g[16], loss, want, k;
    int64_t parameters;
    nndyn_options *options;
    nndyn_fluctuations *set;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    assert_true(parameters <= 16);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "mode", "evaluation"));
    for (int64_t i = 0; i < N / inputs; i++) {
        nt_ok(network, nndyn_gradient(network, 1, x + i * inputs, t + i, options, &loss, g));
        u[i] = g[index];
    }
    nt_ok(context, nndyn_powerlaw_bounded(context, N / inputs, u, 1e-4, 10, NULL, &want, NULL));
    nt_ok(network, nndyn_fluctuations_create(network, &set));
    nt_ok(set, nndyn_fluctuations_add(set, 1, &index, 1e-4, 10, NULL, NULL));
    nt_ok(set, nndyn_fluctuations_measure(set, N / inputs, x, t));
    nt_ok(set, nndyn_fluctuations_exponent(set, 0, &k, NULL, NULL, NULL, NULL));
    nt_near(k, want, 1e-9);
    nndyn_fluctuations_free(set);
    nndyn_options_free(options);
}

/* In evaluation mode the running statistics stand, so that samples do not see each other. */
static void test_batch_norm(void **state)
{
    (void)state;
    static double x[N], t[N];
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network;
    nndyn_trainer *trainer;
    nt_uniform(15, N, -1, 3, x);
    nt_normal(16, N, t);
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 2, &network));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_ARCTAN));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_trainer_create(network, NNDYN_SGD, &trainer));
    for (int i = 0; i < 20; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, 64, x + 128 * (i % 10), t + 64 * i, NULL));
    }
    nndyn_trainer_free(trainer);
    for (int64_t index = 0; index < 13; index++) { /* dense 6, scales 2, shifts 2, dense 3 */
        nt_against_gradients(context, network, index, 2, x, t);
    }
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Single precision: frozen in double at its parameters, live as the trainer has it. */
static void test_single(void **state)
{
    (void)state;
    static double x[N], t[N];
    const double q[2] = {3, 0.25};
    const int64_t bias = 1;
    int64_t want = 0, inside;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
    nndyn_fluctuations *set;
    nt_uniform(17, N, -1, 1, x);
    nt_normal(18, N, t);
    nt_ok(context, nndyn_network_create(context, NNDYN_F32, 1, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_ARCTAN));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_network_set_parameters(network, 2, q));
    nt_against_gradients(context, network, 0, 1, x, t);
    nt_against_gradients(context, network, 1, 1, x, t);
    nt_ok(network, nndyn_fluctuations_create(network, &set));
    nt_ok(set, nndyn_fluctuations_add(set, 1, &bias, 1e-2, 0.3, NULL, NULL));
    nt_ok(network, nndyn_trainer_create(network, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_fluctuations(recorder, set, NULL, NULL));
    for (int i = 0; i < N; i++) {
        const float xf = (float)x[i], tf = (float)t[i];
        double g[2];
        nt_ok(trainer, nndyn_train_step_f32(trainer, 1, &xf, &tf, NULL));
        nt_ok(trainer, nndyn_trainer_get_gradient(trainer, 2, g));
        want += fabs(g[1]) >= 1e-2 && fabs(g[1]) <= 0.3;
    }
    nt_ok(set, nndyn_fluctuations_counts(set, 0, &inside, NULL, NULL, NULL, NULL));
    assert_true(want > N / 10 && inside == want);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_fluctuations_free(set);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* What is not finite is counted and touches nothing else. */
static void test_nonfinite(void **state)
{
    (void)state;
    static nt_toy toy;
    nt_allocator a = {0};
    double before, after;
    int64_t inside, nonfinite, zeros;
    nt_open(&toy, &a);
    nt_ok(toy.set, nndyn_fluctuations_measure(toy.set, N, toy.x, toy.t));
    nt_ok(toy.set, nndyn_fluctuations_exponent(toy.set, 0, &before, NULL, NULL, NULL, NULL));
    nt_ok(toy.set, nndyn_fluctuations_counts(toy.set, 0, &inside, &zeros, NULL, NULL, &nonfinite));
    assert_true(nonfinite == 0);
    const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0};
    for (int i = 0; i < 5; i++) {
        nd_series_add(&toy.set->series[0], odd[i]);
    }
    int64_t now, none;
    nt_ok(toy.set, nndyn_fluctuations_counts(toy.set, 0, &now, &none, NULL, NULL, &nonfinite));
    nt_ok(toy.set, nndyn_fluctuations_exponent(toy.set, 0, &after, NULL, NULL, NULL, NULL));
    assert_true(nonfinite == 3 && none == zeros + 2 && now == inside && before == after);
    nt_close_toy(&toy, &a);
}

/* ---- busy, canceled ---------------------------------------------------------------------------------------------- */

typedef struct nt_watcher {
    nndyn_context *context;
    nndyn_fluctuations *set;
    int calls, busy, cancel, refuse;
} nt_watcher;

static int nt_sine(void *user, int order, int64_t count, const double *z, double *values)
{
    nt_watcher *w = user;
    int64_t inside;
    if (w->set != NULL) {
        w->calls++;
        w->busy += nndyn_fluctuations_counts(w->set, 0, &inside, NULL, NULL, NULL, NULL) == NNDYN_EBUSY &&
                   nndyn_fluctuations_clear(w->set) == NNDYN_EBUSY;
    }
    if (w->cancel) {
        nndyn_context_cancel(w->context);
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? sin(z[i]) : order == 1 ? cos(z[i]) : -sin(z[i]);
    }
    return w->refuse;
}

static int64_t nt_total(nndyn_fluctuations *set)
{
    int64_t inside, zeros, below, above, nonfinite;
    nt_ok(set, nndyn_fluctuations_counts(set, 0, &inside, &zeros, &below, &above, &nonfinite));
    return inside + zeros + below + above + nonfinite;
}

static void test_stopped(void **state)
{
    (void)state;
    static double x[N], t[N];
    nt_allocator a = {0};
    nt_watcher w = {.context = nt_context(&a)};
    nndyn_network *network;
    nt_uniform(19, N, -1, 1, x);
    nt_normal(20, N, t);
    nt_ok(w.context, nndyn_network_create(w.context, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_add_custom_activation(network, 1, nt_sine, &w));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_fluctuations_create(network, &w.set));
    nt_ok(w.set, nndyn_fluctuations_add(w.set, 1, &nt_bias, 1e-3, 1, NULL, NULL));
    nt_ok(w.set, nndyn_fluctuations_measure(w.set, N, x, t));
    assert_true(w.calls > 0 && w.busy == w.calls && nt_total(w.set) == N);
    w.cancel = 1;
    nt_fails(NNDYN_ECANCELED, w.set, "cancel", nndyn_fluctuations_measure(w.set, N, x, t));
    assert_true((nt_total(w.set) - N) % 1024 == 0 && nt_total(w.set) < 2 * N); /* whole blocks */
    w.cancel = 0;
    nt_ok(w.set, nndyn_fluctuations_clear(w.set));
    w.refuse = 1;
    nt_fails(NNDYN_ECALLBACK, w.set, "", nndyn_fluctuations_measure(w.set, N, x, t));
    assert_true(nt_total(w.set) == 0);
    w.refuse = 0;
    nt_ok(w.set, nndyn_fluctuations_measure(w.set, N, x, t));
    assert_true(nt_total(w.set) == N);
    nndyn_fluctuations_free(w.set);
    nndyn_network_free(network);
    nndyn_context_free(w.context);
    nt_no_leak(&a);
}

/* ---- what cannot be attached; memory ----------------------------------------------------------------------------- */

static void test_recorder_errors(void **state)
{
    (void)state;
    static nt_toy one, other;
    nt_allocator a = {0}, b = {0};
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
    nndyn_fluctuations *empty;
    int64_t probe = 7;
    nt_open(&one, &a);
    nt_open(&other, &b);
    nt_ok(one.network, nndyn_trainer_create(one.network, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(one.network, nndyn_fluctuations_create(one.network, &empty));
    nt_fails(NNDYN_EARG, recorder, "network", nndyn_recorder_add_fluctuations(recorder, other.set, NULL, &probe));
    nt_fails(NNDYN_ESTATE, recorder, "no series", nndyn_recorder_add_fluctuations(recorder, empty, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "fluctuations", nndyn_recorder_add_fluctuations(recorder, NULL, NULL, &probe));
    nt_fails(NNDYN_ESTATE, empty, "no series", nndyn_fluctuations_measure(empty, N, one.x, one.t));
    assert_true(probe == 7 && nt_total(other.set) == 0);
    nndyn_fluctuations_free(empty);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nt_close_toy(&other, &b);
    nt_close_toy(&one, &a);
}

/* Two series, frozen and live. */
static int nt_use(nndyn_fluctuations *set, nndyn_recorder *recorder)
{
    static const int64_t both[2] = {0, 1};
    static const double x[3] = {0.1, -0.2, 0.3}, t[3] = {1, 0, -1};
    int status = nndyn_fluctuations_add(set, 1, both, 1e-3, 1, NULL, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_fluctuations_add(set, 2, both, 1e-3, 1, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_fluctuations_measure(set, 3, x, t);
        assert_true(nt_total(set) == (status == NNDYN_OK ? 3 : 0)); /* all of the block, or nothing */
    }
    if (status == NNDYN_OK) {
        status = nndyn_recorder_add_fluctuations(recorder, set, NULL, NULL);
    }
    return status;
}

static int nt_scenario_of(nt_allocator *a, void *user)
{
    const double q[2] = {1, 0.5};
    nndyn_context *context = NULL;
    nndyn_network *network = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    nndyn_fluctuations *set = NULL;
    (void)user;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &context), NNDYN_OK);
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_TANH));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_network_set_parameters(network, 2, q));
    nt_ok(network, nndyn_trainer_create(network, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_resume(a);
    int status = nndyn_fluctuations_create(network, &set);
    if (status == NNDYN_OK) {
        status = nt_use(set, recorder);
    }
    nndyn_fluctuations_free(set);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(nt_scenario_of, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen),    cmocka_unit_test(test_live),       cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_batch_norm), cmocka_unit_test(test_single),
        cmocka_unit_test(test_nonfinite), cmocka_unit_test(test_stopped),    cmocka_unit_test(test_recorder_errors),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("fluctuations", tests, NULL, NULL);
}
