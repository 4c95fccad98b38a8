/* test_equilibrium_run.c - training in and out of equilibrium: logistic regression of one input, and a linear network
 * whose fluctuations are predicted.  Fixed seeds; each statistical bound is at four standard errors or more. */
#include "nndyn.h"
#include "support/support.h"

static double get(nndyn_equilibrium *e, const char *name)
{
    double value = NAN;
    nt_ok(e, nndyn_equilibrium_get(e, name, &value));
    return value;
}

static int verdict(nndyn_equilibrium *e)
{
    int v = 0;
    nt_ok(e, nndyn_equilibrium_verdict(e, &v));
    return v;
}

/* ---- logistic regression: x ~ N(0, 1), P(t = 1) = S(x + 1/2), one sample a step --------------------------------- */

enum { STEPS = 300000 };
static double q_of[2 * STEPS], g_of[2 * STEPS];

static void run_logistic(nndyn_context *c, double w, double b, double rate, int64_t steps)
{
    nndyn_network *net;
    nndyn_trainer *tr;
    double theta[2] = {w, b};
    static double x[STEPS], u[STEPS];
    nt_normal(21, steps, x);
    nt_uniform(22, steps, 0, 1, u);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 1, &net));
    nt_ok(net, nndyn_network_add_dense(net, 1, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_BINARY_CROSS_ENTROPY));
    nt_ok(net, nndyn_network_set_parameters(net, 2, theta));
    nt_ok(net, nndyn_trainer_create(net, NNDYN_SGD, &tr));
    nt_ok(tr, nndyn_trainer_set(tr, "rate", rate));
    for (int64_t i = 0; i < steps; i++) {
        double t = u[i] < 1 / (1 + exp(-x[i] - 0.5));
        nt_ok(net, nndyn_network_get_parameters(net, 2, q_of + 2 * i));
        nt_ok(tr, nndyn_train_step(tr, 1, x + i, &t, NULL));
        nt_ok(tr, nndyn_trainer_get_gradient(tr, 2, g_of + 2 * i));
    }
    nndyn_trainer_free(tr);
    nndyn_network_free(net);
}

static void logistic_regression_in_equilibrium(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_equilibrium *e;
    double sigma[4], error[4], times[2];
    nt_ok(NULL, nndyn_context_create(&c));
    run_logistic(c, 1, 0.5, 0.05, STEPS);
    nt_ok(c, nndyn_equilibrium_test(c, STEPS, 2, q_of, g_of, 0.05, NULL, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_REACHED);
    nt_near(get(e, "fdr"), 1, 0.005);
    assert_true(get(e, "fdr_error") < 0.05 && get(e, "steps") == STEPS && get(e, "directions") == 2);
    nt_ok(c, nndyn_equilibrium_measure(c, STEPS, 2, q_of, NULL, sigma, error, times));
    /* eta/2 times 1.012 and 1.018 in runs of 4e7 steps */
    nt_near(sigma[0] / 0.025, 1.012, 5 * error[0] / 0.025);
    nt_near(sigma[3] / 0.025, 1.018, 5 * error[3] / 0.025);
    nt_near(sigma[1] / 0.025, 0, 5 * error[1] / 0.025);
    assert_true(error[0] / 0.025 < 0.08 && error[0] > 0);
    /* integrated time of a mode is about 2 / (rate lambda), lambda .131 and .212 */
    assert_true(times[0] > 100 && times[0] < 500);
    nndyn_equilibrium_free(e);
    nndyn_context_free(c);
}

static void the_way_there_is_no_equilibrium(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_equilibrium *e;
    nt_ok(NULL, nndyn_context_create(&c));
    run_logistic(c, -3, -3, 0.05, 600);
    nt_ok(c, nndyn_equilibrium_test(c, 600, 2, q_of, g_of, 0.05, NULL, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_DRIFTING);
    assert_string_equal(nndyn_equilibrium_verdict_name(verdict(e)), "drifting");
    assert_true(get(e, "fdr") < 0);
    nndyn_equilibrium_free(e);
    run_logistic(c, 1, 0.5, 0.05, 2000); /* at the equilibrium, but for ten correlation times only */
    nt_ok(c, nndyn_equilibrium_test(c, 2000, 2, q_of, g_of, 0.05, NULL, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_SHORT);
    nndyn_equilibrium_free(e);
    nndyn_context_free(c);
}

/* White noise whose size doubles in the middle: stationary for (a) and (b), not for (c). */
static void halves_that_differ(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_equilibrium *e;
    enum { HALF = 20000 };
    nt_ok(NULL, nndyn_context_create(&c));
    nt_normal(31, 2 * HALF + 1, q_of);
    for (int64_t i = HALF; i <= 2 * HALF; i++) {
        q_of[i] *= 2;
    }
    q_of[2 * HALF] = q_of[0];
    for (int64_t i = 0; i < 2 * HALF; i++) {
        g_of[i] = q_of[i] - q_of[i + 1];
    }
    nt_ok(c, nndyn_equilibrium_test(c, 2 * HALF, 1, q_of, g_of, 1, NULL, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_CHANGING);
    nt_near(get(e, "fdr"), 1, 1e-9); /* the record comes back to where it began */
    nndyn_equilibrium_free(e);
    nndyn_context_free(c);
}

/* ---- a linear network: prediction against a run ------------------------------------------------------------------ */

enum { N = 60, IN = 2, OUT = 1, P = 3 };

typedef struct bowl {
    nndyn_context *c;
    nndyn_network *net;
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_trainer *tr;
    double x[N * IN], t[N];
} bowl;

static int build(bowl *b, nndyn_context *c, int optimizer)
{
    nndyn_options *o = NULL;
    b->c = c;
    nt_normal(41, N * IN, b->x);
    nt_normal(42, N, b->t);
    int s = nndyn_options_create(c, &o);
    s = s ? s : nndyn_options_set_double(o, "rate", 0.1);
    s = s ? s : nndyn_dataset_create(c, N, IN, b->x, OUT, b->t, 1, &b->data);
    s = s ? s : nndyn_batches_create(b->data, NNDYN_BATCH_REPLACEMENT, 4, NULL, &b->batches);
    s = s ? s : nndyn_network_create(c, NNDYN_F64, IN, &b->net);
    s = s ? s : nndyn_network_add_dense(b->net, OUT, NNDYN_IDENTITY);
    s = s ? s : nndyn_network_set_loss(b->net, NNDYN_SQUARED_ERROR);
    s = s ? s : nndyn_trainer_create_with(b->net, optimizer, o, &b->tr);
    nndyn_options_free(o);
    return s;
}

static void drop(bowl *b)
{
    nndyn_trainer_free(b->tr);
    nndyn_network_free(b->net);
    nndyn_batches_free(b->batches);
    nndyn_dataset_free(b->data);
    nndyn_context_free(b->c);
}

static void prediction_against_a_run(void **state)
{
    (void)state;
    bowl b = {0};
    nndyn_context *c;
    nndyn_equilibrium *e;
    double curvature[P], v[P * P], want[P * P], got[P * P], error[P * P], times[P];
    enum { RUN = 200000 };
    static double record[RUN * P];
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, build(&b, c, NNDYN_SGD));
    nt_ok(b.net, nndyn_equilibrium_find(b.net, N, b.x, b.t, NULL, NULL, NULL));
    nt_ok(b.net, nndyn_equilibrium_modes(b.net, N, b.x, b.t, P, 0.1, NULL, curvature, v, NULL, NULL, NULL));
    nt_ok(b.net, nndyn_equilibrium_covariance(b.net, N, b.x, b.t, P, v, 0.1, 4, NULL, want));
    nt_ok(b.tr, nndyn_equilibrium_record(b.tr, b.batches, RUN, P, v, record));
    nt_ok(c, nndyn_equilibrium_measure(c, RUN, P, record, NULL, got, error, times));
    for (int i = 0; i < P * P; i++) { /* the gradient's noise itself depends on q, which is of order rate */
        nt_near(got[i], want[i], 5 * error[i] + 0.1 * sqrt(want[i / P * (P + 1)] * want[i % P * (P + 1)]));
    }
    nt_ok(b.tr, nndyn_equilibrium_test_run(b.tr, b.batches, 50000, NULL, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_REACHED);
    nndyn_equilibrium_free(e);
    drop(&b);
}

/* Any optimizer satisfies the fluctuation-dissipation relation in its own steps; random directions. */
static void adam_in_equilibrium(void **state)
{
    (void)state;
    bowl b = {0};
    nndyn_context *c;
    nndyn_equilibrium *e;
    nndyn_options *o;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, build(&b, c, NNDYN_ADAM));
    nt_ok(b.tr, nndyn_trainer_set(b.tr, "rate", 0.02));
    nt_ok(b.tr, nndyn_train_run(b.tr, b.batches, 20000, NULL));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "directions", 2));
    nt_ok(b.tr, nndyn_equilibrium_test_run(b.tr, b.batches, 100000, o, &e));
    assert_int_equal(verdict(e), NNDYN_EQUILIBRIUM_REACHED);
    assert_true(get(e, "directions") == 2);
    nndyn_equilibrium_free(e);
    nndyn_options_free(o);
    drop(&b);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors(void **state)
{
    (void)state;
    bowl b = {0};
    nndyn_context *c;
    nndyn_options *o;
    nndyn_equilibrium *e = NULL;
    double v[P * P] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, out[P * P] = {7}, zero[200] = {0}, fine[200] = {0};
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, build(&b, c, NNDYN_SGD));
    nt_fails(NNDYN_EARG, c, "steps", nndyn_equilibrium_test(c, 63, 1, zero, zero, 1, NULL, &e));
    nt_fails(NNDYN_EARG, c, "q is NULL", nndyn_equilibrium_test(c, 64, 1, NULL, zero, 1, NULL, &e));
    nt_fails(NNDYN_EARG, c, "rate", nndyn_equilibrium_test(c, 64, 1, zero, zero, 0, NULL, &e));
    nt_fails(NNDYN_EDATA, c, "moves", nndyn_equilibrium_test(c, 64, 1, zero, zero, 1, NULL, &e));
    zero[3] = NAN;
    nt_fails(NNDYN_EDATA, c, "g", nndyn_equilibrium_test(c, 64, 1, fine, zero, 1, NULL, &e));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "blocks", 9));
    nt_fails(NNDYN_EOPTION, c, "even", nndyn_equilibrium_test(c, 64, 1, fine, zero, 1, o, &e));
    nt_ok(o, nndyn_options_set_integer(o, "blocks", 8));
    nt_fails(NNDYN_EOPTION, c, "directions", nndyn_equilibrium_test(c, 64, 9, fine, zero, 1, o, &e));
    assert_null(e);
    nt_fails(NNDYN_EARG, b.tr, "batches", nndyn_equilibrium_test_run(b.tr, NULL, 100, NULL, &e));
    nt_fails(NNDYN_EARG, b.tr, "vectors", nndyn_equilibrium_record(b.tr, b.batches, 10, 2, NULL, out));
    nt_fails(NNDYN_EARG, b.tr, "count", nndyn_equilibrium_record(b.tr, b.batches, 10, 4, v, out));
    nt_fails(NNDYN_EARG, c, "steps", nndyn_equilibrium_measure(c, 63, 1, v, NULL, out, NULL, NULL));
    nt_fails(NNDYN_EARG, b.net, "count",
             nndyn_equilibrium_modes(b.net, N, b.x, b.t, 4, .1, NULL, out, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, b.net, "rate",
             nndyn_equilibrium_modes(b.net, N, b.x, b.t, 2, 0, NULL, out, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, b.net, "t is NULL", nndyn_equilibrium_noise_modes(b.net, N, b.x, NULL, 2, NULL, out, NULL));
    nt_fails(NNDYN_ENUMERIC, b.net, "no stationary state",
             nndyn_equilibrium_covariance(b.net, N, b.x, b.t, P, v, 50, 1, NULL, out));
    assert_true(out[0] == 7);
    assert_string_equal(nndyn_equilibrium_verdict_name(0), "unknown");
    nndyn_options_free(o);
    drop(&b);
}

/* ---- every allocation -------------------------------------------------------------------------------------------- */

static int everything(nt_allocator *a, void *user)
{
    bowl b = {0};
    nndyn_context *c = NULL;
    nndyn_equilibrium *e = NULL;
    nndyn_operator *op = NULL;
    double values[P], v[P * P], m[P * P], record[64 * P];
    (void)user;
    int s = nt_context_create(a, &c);
    s = s ? s : build(&b, c, NNDYN_ADAM);
    b.c = c;
    s = s ? s : nndyn_equilibrium_find(b.net, N, b.x, b.t, NULL, NULL, NULL);
    s = s ? s : nndyn_equilibrium_modes(b.net, N, b.x, b.t, P, 0.1, NULL, values, v, m, NULL, NULL);
    s = s ? s : nndyn_equilibrium_noise_modes(b.net, N, b.x, b.t, P, NULL, values, NULL);
    s = s ? s : nndyn_equilibrium_covariance(b.net, N, b.x, b.t, P, v, 0.1, 1, NULL, m);
    s = s ? s : nndyn_equilibrium_record(b.tr, b.batches, 64, P, v, record);
    s = s ? s : nndyn_equilibrium_measure(c, 64, P, record, NULL, m, NULL, NULL);
    s = s ? s : nndyn_equilibrium_test_run(b.tr, b.batches, 64, NULL, &e);
    nndyn_equilibrium_free(e);
    s = s ? s : nndyn_step_operator(b.tr, N, b.x, b.t, &op);
    nndyn_operator_free(op);
    drop(&b);
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
        cmocka_unit_test(logistic_regression_in_equilibrium),
        cmocka_unit_test(the_way_there_is_no_equilibrium),
        cmocka_unit_test(halves_that_differ),
        cmocka_unit_test(prediction_against_a_run),
        cmocka_unit_test(adam_in_equilibrium),
        cmocka_unit_test(errors),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("equilibrium of runs", tests, NULL, NULL);
}
