/* test_failures.c - every documented error of training, with everything as before after it. */
#include "training/fixture.h"

enum { N = 8, IN = 3, OUT = 2, STATISTICS = 10 };

static double x[N * IN], t[N * OUT];
static nndyn_context *context;
static nndyn_network *network;
static nndyn_trainer *trainer;

/* A trainer that has made two steps, so that there is a state to be spoiled. */
static int setup(void **unused)
{
    (void)unused;
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    ok(nndyn_context_create(&context));
    network = rich(context, NNDYN_F64);
    ok(nndyn_trainer_create(network, NNDYN_ADAM, &trainer));
    ok(nndyn_train_step(trainer, N, x, t, NULL));
    ok(nndyn_train_step(trainer, N, x, t, NULL));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return 0;
}

/* ---- the step ---------------------------------------------------------------------------------------------------- */

static void bad_arguments(void **unused)
{
    const snapshot before = take(network, trainer, STATISTICS);
    const float x32[IN] = {0}, t32[OUT] = {0};
    double loss = -1, kept[2][MOST];
    snapshot now;
    const int64_t parameters = before.parameters;
    (void)unused;
    ok(nndyn_trainer_get_gradient(trainer, parameters, kept[0]));
    nt_fails(NNDYN_EARG, trainer, "n", nndyn_train_step(trainer, 0, x, t, &loss));
    nt_fails(NNDYN_EARG, trainer, "n", nndyn_train_step(trainer, -3, x, t, &loss));
    nt_fails(NNDYN_EARG, trainer, "n", nndyn_train_step(trainer, INT64_MAX, x, t, &loss));
    nt_fails(NNDYN_EARG, trainer, "batch norm", nndyn_train_step(trainer, 1, x, t, &loss));
    nt_fails(NNDYN_EARG, trainer, "x", nndyn_train_step(trainer, N, NULL, t, &loss));
    nt_fails(NNDYN_EARG, trainer, "t", nndyn_train_step(trainer, N, x, NULL, &loss));
    nt_fails(NNDYN_EARG, trainer, "double precision", nndyn_train_step_f32(trainer, 1, x32, t32, &loss));
    assert_int_equal(nndyn_train_step(NULL, N, x, t, &loss), NNDYN_EARG);
    assert_int_equal(nndyn_train_step((nndyn_trainer *)network, N, x, t, &loss), NNDYN_EARG);
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
    ok(nndyn_trainer_get_gradient(trainer, parameters, kept[1]));
    nt_same(kept[0], kept[1], parameters * (int64_t)sizeof(double));
    assert_true(loss == -1);
}

static void bad_data(void **unused)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    const snapshot before = take(network, trainer, STATISTICS);
    double loss = -1;
    snapshot now;
    (void)unused;
    for (int i = 0; i < 3; i++) {
        double spoiled[N * IN], targets[N * OUT];
        memcpy(spoiled, x, sizeof x);
        memcpy(targets, t, sizeof t);
        spoiled[4 * IN + 1] = bad[i];
        targets[N * OUT - 1] = bad[i];
        nt_fails(NNDYN_EDATA, trainer, "x", nndyn_train_step(trainer, N, spoiled, t, &loss));
        nt_fails(NNDYN_EDATA, trainer, "4", nndyn_train_step(trainer, N, spoiled, t, &loss));
        nt_fails(NNDYN_EDATA, trainer, "t", nndyn_train_step(trainer, N, x, targets, &loss));
    }
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
    assert_true(loss == -1);
}

static int failing_loss(void *user, int64_t k, const double *a, const double *targets, double *h, double *d, double *m,
                        double *e, double *dt)
{
    (void)user, (void)k, (void)a, (void)targets, (void)h, (void)d, (void)m, (void)e, (void)dt;
    return 3;
}

static void bad_loss(void **unused)
{
    const snapshot before = take(network, trainer, STATISTICS);
    double loss = -1, infinite = INFINITY;
    snapshot now;
    (void)unused;
    ok(nndyn_network_set_custom_loss(network, 1, slope_loss, &infinite));
    assert_int_equal(nndyn_train_step(trainer, N, x, t, &loss), NNDYN_ENUMERIC);
    ok(nndyn_network_set_custom_loss(network, 1, failing_loss, NULL));
    nt_fails(NNDYN_ECALLBACK, trainer, "3", nndyn_train_step(trainer, N, x, t, &loss));
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
    assert_true(loss == -1);
    ok(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, &loss));
}

/* Each sample's loss is a number, their sum is not. */
static void loss_overflows(void **unused)
{
    nndyn_network *flat = linear(context, NNDYN_F64, 1, 1, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other;
    const double ones[N] = {1, 1, 1, 1, 1, 1, 1, 1};
    double slope = 1e308, w = 1, loss = -1, after;
    (void)unused;
    ok(nndyn_network_set_parameters(flat, 1, &w));
    ok(nndyn_network_set_custom_loss(flat, 1, slope_loss, &slope));
    ok(nndyn_trainer_create(flat, NNDYN_SGD, &other));
    nt_fails(NNDYN_ENUMERIC, other, "loss", nndyn_train_step(other, N, ones, ones, &loss));
    ok(nndyn_network_get_parameters(flat, 1, &after));
    assert_true(after == 1 && loss == -1);
    nndyn_trainer_free(other);
    nndyn_network_free(flat);
}

/* The loss is finite, the gradient is not, or its square is not. */
static void bad_gradient(int optimizer, double slope, float input, int expected)
{
    nndyn_network *flat = linear(context, NNDYN_F32, 1, 1, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other;
    const float one = 1;
    double w = 0, loss = -1, gradient = -1;
    snapshot before, now;
    ok(nndyn_network_set_parameters(flat, 1, &w));
    ok(nndyn_network_set_custom_loss(flat, 1, slope_loss, &slope));
    ok(nndyn_trainer_create(flat, optimizer, &other));
    before = take(flat, other, 0);
    assert_int_equal(nndyn_train_step_f32(other, 1, &input, &one, &loss), expected);
    if (expected == NNDYN_OK) {
        assert_true(loss == 0);
    } else {
        assert_non_null(strstr(nndyn_message(other), "gradient"));
        now = take(flat, other, 0);
        assert_same(&before, &now);
        assert_true(loss == -1);
        nt_fails(NNDYN_ESTATE, other, "gradient", nndyn_trainer_get_gradient(other, 1, &gradient));
        assert_true(gradient == -1);
        input = 1;
        slope = 1;
        ok(nndyn_train_step_f32(other, 1, &input, &one, &loss));
        ok(nndyn_trainer_get_gradient(other, 1, &gradient));
        assert_true(gradient == 1);
    }
    nndyn_trainer_free(other);
    nndyn_network_free(flat);
}

static void bad_gradients(void **unused)
{
    (void)unused;
    bad_gradient(NNDYN_SGD, 1e30, 1e30f, NNDYN_ENUMERIC);
    bad_gradient(NNDYN_SGD, 1e25, 1, NNDYN_OK);
    bad_gradient(NNDYN_MOMENTUM, 1e25, 1, NNDYN_OK);
    bad_gradient(NNDYN_RMSPROP, 1e25, 1, NNDYN_ENUMERIC);
    bad_gradient(NNDYN_ADAM, 1e25, 1, NNDYN_ENUMERIC);
    bad_gradient(NNDYN_ADAMW, 1e25, 1, NNDYN_ENUMERIC);
    bad_gradient(NNDYN_ADAM, 1e18, 1, NNDYN_OK);
}

/* ---- create ------------------------------------------------------------------------------------------------------ */

static int only_values(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user, (void)order;
    memcpy(values, z, (size_t)count * sizeof *z);
    return 0;
}

static void create_refuses(void **unused)
{
    nndyn_network *bare;
    nndyn_trainer *const mark = (nndyn_trainer *)&bare;
    nndyn_trainer *out = mark;
    (void)unused;
    assert_int_equal(nndyn_trainer_create(NULL, NNDYN_SGD, &out), NNDYN_EARG);
    ok(nndyn_network_create(context, NNDYN_F64, 2, &bare));
    nt_fails(NNDYN_ESTATE, bare, "layer", nndyn_trainer_create(bare, NNDYN_SGD, &out));
    nt_fails(NNDYN_ESTATE, bare, "layer", nndyn_trainer_forecast(bare, NNDYN_SGD, 1, NULL, NULL));
    ok(nndyn_network_begin_residual(bare));
    ok(nndyn_network_add_dense(bare, 2, NNDYN_TANH));
    nt_fails(NNDYN_ESTATE, bare, "residual", nndyn_trainer_create(bare, NNDYN_SGD, &out));
    ok(nndyn_network_end_residual(bare));
    nt_fails(NNDYN_ESTATE, bare, "loss", nndyn_trainer_create(bare, NNDYN_SGD, &out));
    ok(nndyn_network_set_loss(bare, NNDYN_SQUARED_ERROR));
    nt_fails(NNDYN_EARG, bare, "optimizer", nndyn_trainer_create(bare, 0, &out));
    nt_fails(NNDYN_EARG, bare, "optimizer", nndyn_trainer_create(bare, 8, &out));
    nt_fails(NNDYN_EARG, bare, "out", nndyn_trainer_create(bare, NNDYN_SGD, NULL));
    ok(nndyn_network_add_custom_activation(bare, 0, only_values, NULL)); /* not frozen by what failed */
    nt_fails(NNDYN_EUNSUPPORTED, bare, "activation", nndyn_trainer_create(bare, NNDYN_SGD, &out));
    assert_ptr_equal(out, mark);
    nndyn_network_free(bare);
    nt_fails(NNDYN_ESTATE, network, "trainer", nndyn_network_add_dense(network, 2, NNDYN_TANH));
}

static void create_options(void **unused)
{
    static const struct {
        int optimizer;
        const char *name, *word;
        double value;
    } rows[] = {
        {NNDYN_SGD, "rate", "rate", 0},
        {NNDYN_SGD, "rate", "rate", -1},
        {NNDYN_SGD, "rat", "rate", 0.1},
        {NNDYN_SGD, "momentum", "momentum", 0.9},
        {NNDYN_MOMENTUM, "momentum", "momentum", 1},
        {NNDYN_MOMENTUM, "beta1", "beta1", 0.9},
        {NNDYN_ADAM, "beta1", "beta1", 1},
        {NNDYN_ADAM, "beta2", "beta2", -0.1},
        {NNDYN_ADAM, "epsilon", "epsilon", 0},
        {NNDYN_ADAM, "temperature", "temperature", 1},
        {NNDYN_LANGEVIN, "temperature", "temperature", -1},
        {NNDYN_SGD, "weight_decay", "weight_decay", -1e-9},
        {NNDYN_SGD, "clip_norm", "clip_norm", -1},
        {NNDYN_SGD, "clip_value", "clip_value", -1},
        {NNDYN_SGD, "reserve", "reserve", 0.5},
        {NNDYN_SGD, "seed", "seed", 0.5},
    };
    nndyn_trainer *const mark = (nndyn_trainer *)x;
    nndyn_trainer *out = mark;
    nndyn_options *options;
    (void)unused;
    for (int64_t i = 0; i < count_of(rows); i++) {
        ok(nndyn_options_create(context, &options));
        ok(nndyn_options_set_double(options, rows[i].name, rows[i].value));
        nt_fails(NNDYN_EOPTION, network, rows[i].word,
                 nndyn_trainer_create_with(network, rows[i].optimizer, options, &out));
        nndyn_options_free(options);
    }
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "reserve", -1));
    nt_fails(NNDYN_EOPTION, network, "reserve", nndyn_trainer_create_with(network, NNDYN_SGD, options, &out));
    nndyn_options_free(options);
    assert_ptr_equal(out, mark);
}

static void settings(void **unused)
{
    static const struct {
        const char *name;
        double good, bad;
    } rows[] = {{"rate", 0.5, 0},      {"rate", 1e-30, -1},        {"beta1", 0, 1},       {"beta2", 0.5, -1},
                {"epsilon", 1e-6, 0},  {"weight_decay", 0.1, -1},  {"clip_norm", 0, -1},  {"clip_value", 3, NAN},
                {"rate", 1, INFINITY}, {"weight_decay", 0, 1e300}, {"beta1", 0.999, 1.5}, {"epsilon", 1, INFINITY}};
    double value;
    (void)unused;
    for (int64_t i = 0; i < count_of(rows); i++) {
        ok(nndyn_trainer_set(trainer, rows[i].name, rows[i].good));
        nt_fails(NNDYN_EOPTION, trainer, rows[i].name, nndyn_trainer_set(trainer, rows[i].name, rows[i].bad));
        ok(nndyn_trainer_get(trainer, rows[i].name, &value));
        assert_true(value == rows[i].good);
    }
    value = -1;
    nt_fails(NNDYN_EOPTION, trainer, "beta1", nndyn_trainer_set(trainer, "momentum", 0.5));
    nt_fails(NNDYN_EOPTION, trainer, "nothing", nndyn_trainer_get(trainer, "nothing", &value));
    nt_fails(NNDYN_EOPTION, trainer, "seed", nndyn_trainer_get(trainer, "seed", &value));
    nt_fails(NNDYN_EARG, trainer, "name", nndyn_trainer_set(trainer, NULL, 0.5));
    nt_fails(NNDYN_EARG, trainer, "name", nndyn_trainer_get(trainer, NULL, &value));
    nt_fails(NNDYN_EARG, trainer, "value", nndyn_trainer_get(trainer, "rate", NULL));
    assert_int_equal(nndyn_trainer_set(NULL, "rate", 1), NNDYN_EARG);
    assert_int_equal(nndyn_trainer_get(NULL, "rate", &value), NNDYN_EARG);
    assert_true(value == -1);
}

/* ---- state ------------------------------------------------------------------------------------------------------- */

static void state_round_trip(void **unused)
{
    static const struct {
        int optimizer, vectors;
    } rows[] = {{NNDYN_SGD, 0},  {NNDYN_MOMENTUM, 1}, {NNDYN_NESTEROV, 1}, {NNDYN_RMSPROP, 1},
                {NNDYN_ADAM, 2}, {NNDYN_ADAMW, 2},    {NNDYN_LANGEVIN, 0}};
    (void)unused;
    for (int64_t r = 0; r < count_of(rows); r++) {
        nndyn_trainer *other;
        double in[2 * MOST], out[2 * MOST];
        int64_t count = -1, steps, parameters = parameters_of(network);
        ok(nndyn_trainer_create(network, rows[r].optimizer, &other));
        ok(nndyn_trainer_state_size(other, &count));
        assert_int_equal(count, rows[r].vectors * parameters);
        nt_uniform(7, 2 * MOST, 0, 1, in);
        ok(nndyn_trainer_set_state(other, count, count > 0 ? in : NULL, 41));
        ok(nndyn_trainer_get_state(other, count, count > 0 ? out : NULL, &steps));
        nt_same(in, out, count * (int64_t)sizeof(double));
        assert_int_equal(steps, 41);
        nndyn_trainer_free(other);
    }
}

static void state_refused(void **unused)
{
    const snapshot before = take(network, trainer, STATISTICS);
    const int64_t count = before.state;
    double state[2 * MOST], gradient[MOST];
    snapshot now;
    int64_t steps = -1;
    (void)unused;
    memcpy(state, before.moments, sizeof state);
    nt_fails(NNDYN_EARG, trainer, "count", nndyn_trainer_set_state(trainer, count - 1, state, 0));
    nt_fails(NNDYN_EARG, trainer, "state", nndyn_trainer_set_state(trainer, count, NULL, 0));
    nt_fails(NNDYN_EARG, trainer, "steps", nndyn_trainer_set_state(trainer, count, state, -1));
    state[count - 1] = -1e-3;
    nt_fails(NNDYN_EDATA, trainer, "second moment", nndyn_trainer_set_state(trainer, count, state, 0));
    state[count - 1] = NAN;
    nt_fails(NNDYN_EDATA, trainer, "finite", nndyn_trainer_set_state(trainer, count, state, 0));
    nt_fails(NNDYN_EARG, trainer, "count", nndyn_trainer_get_state(trainer, count + 1, state, &steps));
    nt_fails(NNDYN_EARG, trainer, "state", nndyn_trainer_get_state(trainer, count, NULL, &steps));
    nt_fails(NNDYN_EARG, trainer, "count", nndyn_trainer_state_size(trainer, NULL));
    nt_fails(NNDYN_EARG, trainer, "count", nndyn_trainer_get_gradient(trainer, 1, gradient));
    nt_fails(NNDYN_EARG, trainer, "gradient", nndyn_trainer_get_gradient(trainer, before.parameters, NULL));
    assert_int_equal(nndyn_trainer_progress(NULL, &steps, NULL), NNDYN_EARG);
    assert_int_equal(nndyn_trainer_state_size(NULL, &steps), NNDYN_EARG);
    assert_int_equal(steps, -1);
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
}

/* In single precision doubles are refused, and numbers beyond float. */
static void state_in_range(void **unused)
{
    nndyn_network *flat = linear(context, NNDYN_F32, 1, 1, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other;
    double big = 1e39, loss = -1;
    const float bad = NAN, fine = 1;
    (void)unused;
    ok(nndyn_trainer_create(flat, NNDYN_MOMENTUM, &other));
    nt_fails(NNDYN_EARG, other, "nndyn_train_step_f32", nndyn_train_step(other, 1, x, t, &loss));
    nt_fails(NNDYN_EDATA, other, "x", nndyn_train_step_f32(other, 1, &bad, &fine, &loss));
    nt_fails(NNDYN_EDATA, other, "t", nndyn_train_step_f32(other, 1, &fine, &bad, &loss));
    assert_true(loss == -1);
    nt_fails(NNDYN_EDATA, other, "precision", nndyn_trainer_set_state(other, 1, &big, 0));
    big = -1e38; /* a velocity may be negative */
    ok(nndyn_trainer_set_state(other, 1, &big, 0));
    nndyn_trainer_free(other);
    nndyn_network_free(flat);
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static void run_refuses(void **unused)
{
    const snapshot before = take(network, trainer, STATISTICS);
    nndyn_dataset *dataset, *single, *narrow, *bare;
    nndyn_batches *batches[4];
    double loss = -1;
    snapshot now;
    (void)unused;
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &dataset));
    ok(nndyn_dataset_convert(dataset, NNDYN_F32, &single));
    ok(nndyn_dataset_create(context, N, IN - 1, x, OUT, t, 1, &narrow));
    ok(nndyn_dataset_create(context, N, IN, x, OUT - 1, t, 1, &bare));
    ok(nndyn_batches_create(dataset, NNDYN_BATCH_FULL, N, NULL, &batches[0]));
    ok(nndyn_batches_create(single, NNDYN_BATCH_FULL, N, NULL, &batches[1]));
    ok(nndyn_batches_create(narrow, NNDYN_BATCH_FULL, N, NULL, &batches[2]));
    ok(nndyn_batches_create(bare, NNDYN_BATCH_FULL, N, NULL, &batches[3]));
    nt_fails(NNDYN_EARG, trainer, "steps", nndyn_train_run(trainer, batches[0], 0, &loss));
    nt_fails(NNDYN_EARG, trainer, "batches", nndyn_train_run(trainer, NULL, 1, &loss));
    nt_fails(NNDYN_EARG, trainer, "batches", nndyn_train_run(trainer, (nndyn_batches *)network, 1, &loss));
    nt_fails(NNDYN_EARG, trainer, "precision", nndyn_train_run(trainer, batches[1], 1, &loss));
    nt_fails(NNDYN_EARG, trainer, "inputs", nndyn_train_run(trainer, batches[2], 1, &loss));
    nt_fails(NNDYN_EARG, trainer, "targets", nndyn_train_run(trainer, batches[3], 1, &loss));
    assert_int_equal(nndyn_train_run(NULL, batches[0], 1, &loss), NNDYN_EARG);
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
    assert_true(loss == -1);
    for (int i = 0; i < 4; i++) {
        nndyn_batches_free(batches[i]);
    }
    nndyn_dataset_free(dataset);
    nndyn_dataset_free(single);
    nndyn_dataset_free(narrow);
    nndyn_dataset_free(bare);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void memory_limit(void **unused)
{
    const snapshot before = take(network, trainer, STATISTICS);
    double *many = calloc(20000 * IN, sizeof *many), loss = -1;
    nndyn_network *big;
    nndyn_trainer *out = NULL;
    nndyn_options *options;
    snapshot now;
    (void)unused;
    assert_non_null(many);
    big = chain(context, NNDYN_F64, 100, 400, NNDYN_TANH, 10, NNDYN_SQUARED_ERROR);
    ok(nndyn_context_set_memory_limit(context, 200000));
    nt_fails(NNDYN_ELIMIT, trainer, "200000", nndyn_train_step(trainer, 20000, many, many, &loss));
    nt_fails(NNDYN_ELIMIT, big, "200000", nndyn_trainer_create(big, NNDYN_SGD, &out));
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "reserve", 20000));
    nt_fails(NNDYN_ELIMIT, network, "200000", nndyn_trainer_create_with(network, NNDYN_SGD, options, &out));
    assert_null(out);
    now = take(network, trainer, STATISTICS);
    assert_same(&before, &now);
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, &loss)); /* what was allowed still is */
    nndyn_options_free(options);
    nndyn_network_free(big);
    free(many);
}

static int create_and_step(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_network *net = NULL;
    nndyn_trainer *other = NULL;
    nndyn_options *options = NULL;
    int status;
    (void)user;
    nt_pause(a);
    own = nt_context(a);
    net = rich(own, NNDYN_F64);
    ok(nndyn_options_create(own, &options));
    ok(nndyn_options_set_integer(options, "reserve", 4));
    nt_resume(a);
    status = nndyn_trainer_create_with(net, NNDYN_ADAM, options, &other);
    if (status == NNDYN_OK) {
        const snapshot before = take(net, other, STATISTICS);
        status = nndyn_train_step(other, N, x, t, NULL);
        if (status != NNDYN_OK) {
            const snapshot now = take(net, other, STATISTICS);
            assert_same(&before, &now);
            nt_pause(a);
            ok(nndyn_train_step(other, 4, x, t, NULL)); /* the smaller workspace is still there */
            nt_resume(a);
        }
    } else {
        assert_null(other);
    }
    nndyn_trainer_free(other);
    nndyn_options_free(options);
    nndyn_network_free(net);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **unused)
{
    (void)unused;
    nt_every_allocation(create_and_step, NULL);
}

#define with_trainer(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_trainer(bad_arguments),  with_trainer(bad_data),         with_trainer(bad_loss),
        with_trainer(loss_overflows), with_trainer(bad_gradients),    with_trainer(create_refuses),
        with_trainer(create_options), with_trainer(settings),         with_trainer(state_round_trip),
        with_trainer(state_refused),  with_trainer(state_in_range),   with_trainer(run_refuses),
        with_trainer(memory_limit),   with_trainer(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
