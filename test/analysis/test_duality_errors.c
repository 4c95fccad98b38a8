/* Every documented error of the duality calls, with outputs untouched; cancellation, failing allocations, forecasts. */
#include "duality_support.h"
#include <time.h>

/* All calls behind one signature, each with an output of its own size. */
typedef struct call {
    nndyn_network *network;
    int64_t n;
    const double *x, *t, *a, *b; /* a, b: directions (jvp: xdot, tdot; vjp: u) */
    const nndyn_options *options;
    double *out, *more; /* more: tbar of vjp */
} call;

static int call_apply(const call *c)
{
    return nndyn_duality_apply(c->network, c->n, c->x, c->t, c->options, c->out);
}
static int call_jvp(const call *c)
{
    return nndyn_duality_jvp(c->network, c->n, c->x, c->t, c->a, c->b, c->options, c->out);
}
static int call_vjp(const call *c)
{
    return nndyn_duality_vjp(c->network, c->n, c->x, c->t, c->a, c->options, c->out, c->more);
}
static int call_jacobian(const call *c)
{
    return nndyn_duality_jacobian(c->network, c->n, c->x, c->t, c->options, c->out);
}
static int call_gram(const call *c)
{
    return nndyn_duality_gram(c->network, c->n, c->x, c->t, c->options, c->out);
}
static int call_spectrum(const call *c)
{
    return nndyn_duality_singular_values(c->network, c->n, c->x, c->t, c->options, c->out);
}
static int call_operator(const call *c)
{
    nndyn_operator *op = NULL;
    int status = nndyn_duality_operator(c->network, c->n, c->x, c->t, c->options, c->out != NULL ? &op : NULL);
    assert_true((op != NULL) == (status == NNDYN_OK));
    nndyn_operator_free(op);
    return status;
}

static const struct {
    const char *name, *output;
    int what;
    int (*run)(const call *c);
} calls[] = {
    {"nndyn_duality_apply", "qdot", NNDYN_DUALITY_APPLY, call_apply},
    {"nndyn_duality_jvp", "qdot", NNDYN_DUALITY_JVP, call_jvp},
    {"nndyn_duality_vjp", NULL, NNDYN_DUALITY_VJP, call_vjp},
    {"nndyn_duality_jacobian", "jacobian", NNDYN_DUALITY_JACOBIAN, call_jacobian},
    {"nndyn_duality_gram", "gram", NNDYN_DUALITY_GRAM, call_gram},
    {"nndyn_duality_singular_values", "s", NNDYN_DUALITY_SINGULAR_VALUES, call_spectrum},
    {"nndyn_duality_operator", "out", NNDYN_DUALITY_OPERATOR, call_operator},
};
enum { CALLS = sizeof calls / sizeof calls[0], ROOM = 4096 };

/* The reference network with two samples, good arguments, and an output that shows when it is written to. */
typedef struct fixture {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_options *options;
    double x[2 * REF_IN], t[2 * REF_OUT], u[REF_P], out[ROOM], more[2 * REF_OUT];
    call good;
} fixture;

static void mark(fixture *f)
{
    for (int i = 0; i < ROOM; i++) {
        f->out[i] = 7.25;
    }
    f->more[0] = f->more[2 * REF_OUT - 1] = 7.25;
}

static void assert_unmarked(const fixture *f)
{
    for (int i = 0; i < ROOM; i++) {
        assert_true(f->out[i] == 7.25);
    }
    assert_true(f->more[0] == 7.25 && f->more[2 * REF_OUT - 1] == 7.25);
}

static void open_with(fixture *f, nndyn_context *context, nndyn_network *network)
{
    f->context = context;
    f->network = network;
    f->options = make_options(context);
    nt_uniform(1, 2 * REF_IN, -1, 1, f->x);
    nt_uniform(2, 2 * REF_OUT, -1, 1, f->t);
    nt_uniform(3, REF_P, -1, 1, f->u);
    f->good = (call){network, 2, f->x, f->t, f->u, NULL, f->options, f->out, f->more};
    mark(f);
}

static void open_fixture(fixture *f)
{
    nndyn_context *context = make_context();
    open_with(f, context, make_reference(context, NNDYN_F64, NNDYN_TANH, NNDYN_SIGMOID, NNDYN_SQUARED_ERROR));
}

static void close_fixture(fixture *f)
{
    nndyn_options_free(f->options);
    nndyn_network_free(f->network);
    nndyn_context_free(f->context);
}

/* A bad call fails so, in its own name, and leaves no trace. */
static void expect(fixture *f, int k, const call *bad, int status, const char *word)
{
    nt_fails(status, f->network, word, calls[k].run(bad));
    assert_non_null(strstr(nndyn_message(f->network), calls[k].name));
    assert_unmarked(f);
}

static void expect_all(fixture *f, int status, const char *word)
{
    for (int k = 0; k < CALLS; k++) {
        expect(f, k, &f->good, status, word);
    }
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    for (int k = 0; k < CALLS; k++) {
        call bad = f.good;
        bad.network = NULL;
        assert_int_equal(calls[k].run(&bad), NNDYN_EARG);
        bad.network = (nndyn_network *)f.options;
        assert_int_equal(calls[k].run(&bad), NNDYN_EARG);
        bad = f.good;
        bad.n = 0;
        expect(&f, k, &bad, NNDYN_EARG, "n");
        bad.n = -3;
        expect(&f, k, &bad, NNDYN_EARG, "-3");
        bad = f.good;
        bad.x = NULL;
        expect(&f, k, &bad, NNDYN_EARG, "x");
        bad = f.good;
        bad.t = NULL;
        expect(&f, k, &bad, NNDYN_EARG, "t");
        bad = f.good;
        bad.out = NULL;
        if (calls[k].output != NULL) {
            expect(&f, k, &bad, NNDYN_EARG, calls[k].output);
        }
    }
    call bad = f.good;
    bad.a = NULL;
    expect(&f, 2, &bad, NNDYN_EARG, "u");
    close_fixture(&f);
}

static void test_optional_arguments(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    double both[2 * REF_IN], zero[REF_P];
    nt_ok(f.network, nndyn_duality_jvp(f.network, 2, f.x, f.t, NULL, NULL, NULL, zero));
    for (int p = 0; p < REF_P; p++) {
        assert_true(zero[p] == 0);
    }
    nt_ok(f.network, nndyn_duality_vjp(f.network, 2, f.x, f.t, f.u, NULL, both, f.more));
    nt_ok(f.network, nndyn_duality_vjp(f.network, 2, f.x, f.t, f.u, NULL, f.out, NULL));
    nt_same(both, f.out, sizeof both);
    nt_ok(f.network, nndyn_duality_vjp(f.network, 2, f.x, f.t, f.u, NULL, NULL, f.out));
    nt_same(f.more, f.out, sizeof f.more);
    nt_ok(f.network, nndyn_duality_vjp(f.network, 2, f.x, f.t, f.u, NULL, NULL, NULL));
    nt_ok(f.network, nndyn_duality_shape(f.network, 2, NULL, NULL, NULL));
    nt_ok(f.network, nndyn_duality_forecast(f.network, 2, NNDYN_DUALITY_GRAM, NULL, NULL, NULL));
    close_fixture(&f);
}

static void test_data(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    for (int k = 0; k < CALLS; k++) {
        f.x[4] = NAN;
        expect(&f, k, &f.good, NNDYN_EDATA, "x");
        f.x[4] = 0.5;
        f.t[3] = (double)INFINITY;
        expect(&f, k, &f.good, NNDYN_EDATA, "t");
        f.t[3] = 0.5;
    }
    f.u[5] = NAN;
    expect(&f, 1, &f.good, NNDYN_EDATA, "xdot");
    call bad = f.good;
    bad.a = NULL;
    bad.b = f.u + 4;
    expect(&f, 1, &bad, NNDYN_EDATA, "tdot");
    expect(&f, 2, &f.good, NNDYN_EDATA, "u");
    close_fixture(&f);
}

static void test_shape_and_forecast(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    int64_t rows = -1, columns = -1, bytes = -1;
    double flops = -1;
    nt_fails(NNDYN_EARG, f.network, "n", nndyn_duality_shape(f.network, 0, NULL, &rows, &columns));
    assert_int_equal(nndyn_duality_shape(NULL, 1, NULL, &rows, &columns), NNDYN_EARG);
    nt_fails(NNDYN_EARG, f.network, "n", nndyn_duality_shape(f.network, INT64_MAX, NULL, &rows, &columns));
    nt_fails(NNDYN_EARG, f.network, "what", nndyn_duality_forecast(f.network, 1, 0, NULL, &bytes, &flops));
    nt_fails(NNDYN_EARG, f.network, "what", nndyn_duality_forecast(f.network, 1, 8, NULL, &bytes, &flops));
    nt_fails(NNDYN_EARG, f.network, "n", nndyn_duality_forecast(f.network, -1, 1, NULL, &bytes, &flops));
    assert_true(rows == -1 && columns == -1 && bytes == -1 && flops == -1);
    nt_ok(f.network, nndyn_duality_shape(f.network, 7, NULL, &rows, &columns));
    assert_true(rows == REF_P && columns == 7 * REF_ND);
    for (int what = NNDYN_DUALITY_APPLY; what <= NNDYN_DUALITY_OPERATOR; what++) {
        nt_ok(f.network, nndyn_duality_forecast(f.network, INT64_MAX / 1024, what, NULL, &bytes, &flops));
        assert_true(bytes > INT64_MAX / 1024 && flops > 1e15); /* absurd sizes are told, not wrapped around */
    }
    close_fixture(&f);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static void expect_option(const char *name, const char *text, const char *word)
{
    fixture f;
    open_fixture(&f);
    set_text(f.options, name, text);
    expect_all(&f, NNDYN_EOPTION, word);
    int64_t rows = -1;
    nt_fails(NNDYN_EOPTION, f.network, word, nndyn_duality_shape(f.network, 1, f.options, &rows, NULL));
    nt_fails(NNDYN_EOPTION, f.network, word, nndyn_duality_forecast(f.network, 1, 1, f.options, &rows, NULL));
    assert_int_equal(rows, -1);
    close_fixture(&f);
}

static void test_options(void **state)
{
    (void)state;
    static const char *const bad_lists[] = {"",   " ",  ",",     "1,",  ",1",  "1,,2", "x",
                                            "1-", "-1", "1-2-3", "1 2", "0x1", "1.5",  "input"};
    for (size_t k = 0; k < sizeof bad_lists / sizeof bad_lists[0]; k++) {
        expect_option("columns", bad_lists[k], "columns");
        expect_option("layers", bad_lists[k], "layers");
    }
    expect_option("columns", "0-2,5", "0 to 4");
    expect_option("columns", "99999999999999999999999", "0 to 4");
    expect_option("columns", "3-1", "3-1 runs backward");
    expect_option("columns", "1,wat", "\"wat\" is not understood");
    expect_option("layers", "6", "0 to 5");
    expect_option("layers", "inputs", "inputs");
    expect_option("parameters", "weight", "weights");
    expect_option("mode", "train", "training");
    expect_option("column", "1", "columns");
    expect_option("gamma", "1", "gamma");
    expect_option("reduction", "max", "mean");
}

static void test_method(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    set_text(f.options, "method", "gram");
    for (int k = 0; k < CALLS; k++) {
        if (calls[k].what != NNDYN_DUALITY_SINGULAR_VALUES) {
            expect(&f, k, &f.good, NNDYN_EOPTION, "method");
        }
    }
    set_text(f.options, "method", "svd");
    expect(&f, 5, &f.good, NNDYN_EOPTION, "method");
    close_fixture(&f);
}

static void test_nothing_left(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    int64_t rows = -1;
    set_text(f.options, "layers", "1,3"); /* activations */
    expect_all(&f, NNDYN_EARG, "leave none");
    nt_fails(NNDYN_EARG, f.network, "leave none", nndyn_duality_shape(f.network, 1, f.options, &rows, NULL));
    assert_int_equal(rows, -1);
    close_fixture(&f);
}

/* ---- states and what networks lack ------------------------------------------------------------------------------- */

static void expect_network(nndyn_context *context, nndyn_network *network, int status, const char *word)
{
    fixture f;
    open_with(&f, context, network);
    expect_all(&f, status, word);
    nndyn_options_free(f.options);
    nndyn_network_free(network);
}

static nndyn_network *empty_network(nndyn_context *context)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, REF_IN, &network));
    return network;
}

static void test_states(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    nndyn_network *network = empty_network(context);
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    expect_network(context, network, NNDYN_ESTATE, "layer");
    network = empty_network(context);
    nt_ok(network, nndyn_network_add_dense(network, REF_OUT, NNDYN_TANH));
    expect_network(context, network, NNDYN_ESTATE, "loss");
    network = empty_network(context);
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_network_begin_residual(network));
    nt_ok(network, nndyn_network_add_dense(network, REF_OUT, NNDYN_TANH));
    expect_network(context, network, NNDYN_ESTATE, "residual");
    nndyn_context_free(context);
}

static int square(void *user, int order, int64_t count, const double *z, double *values)
{
    if (user != NULL && *(int *)user) {
        return 1;
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] * z[i] : order == 1 ? 2 * z[i] : 2;
    }
    return 0;
}

static nndyn_network *custom_network(nndyn_context *context, int order, int *failing)
{
    nndyn_network *network = empty_network(context);
    nt_ok(network, nndyn_network_add_dense(network, REF_OUT, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_add_custom_activation(network, order, square, failing));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    return network;
}

static int first_order_loss(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m,
                            double *e, double *dt)
{
    (void)user, (void)m, (void)e, (void)dt;
    for (int64_t i = 0; i < k; i++) {
        if (h != NULL) {
            *h = (i > 0 ? *h : 0) + (a[i] - t[i]) * (a[i] - t[i]) / 2;
        }
        if (d != NULL) {
            d[i] = a[i] - t[i];
        }
    }
    return 0;
}

/* The map needs first derivatives, everything else second ones. */
static void test_missing_derivatives(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    for (int k = 0; k < CALLS; k++) {
        for (int order = 0; order < 2; order++) {
            fixture f;
            open_with(&f, context, custom_network(context, order, NULL));
            f.good.a = f.u;
            if (order >= 1 && calls[k].what == NNDYN_DUALITY_APPLY) {
                nt_ok(f.network, calls[k].run(&f.good));
            } else {
                expect(&f, k, &f.good, NNDYN_EUNSUPPORTED, "activation");
            }
            nndyn_options_free(f.options);
            nndyn_network_free(f.network);
        }
        fixture f;
        open_with(&f, context, custom_network(context, 2, NULL));
        nt_ok(f.network, nndyn_network_set_custom_loss(f.network, 1, first_order_loss, NULL));
        if (calls[k].what == NNDYN_DUALITY_APPLY) {
            nt_ok(f.network, calls[k].run(&f.good));
        } else {
            expect(&f, k, &f.good, NNDYN_EUNSUPPORTED, "loss");
        }
        nndyn_options_free(f.options);
        nndyn_network_free(f.network);
    }
    nndyn_context_free(context);
}

static void test_failing_callback(void **state)
{
    (void)state;
    nndyn_context *context = make_context();
    int failing = 0;
    nndyn_network *network = custom_network(context, 2, &failing);
    failing = 1;
    expect_network(context, network, NNDYN_ECALLBACK, "");
    nndyn_context_free(context);
}

/* One unit of exp: z = w x.  Far out the loss is the first to overflow, closer in the derivatives along x, which carry
 * w. */
static void test_overflow(void **state)
{
    (void)state;
    fixture f;
    nndyn_context *context = make_context();
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 1, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, NNDYN_EXP));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(network, nndyn_network_set_parameters(network, 2, (const double[]){3e60, 0}));
    open_with(&f, context, network);
    f.good.n = 1;
    f.x[0] = 1.2e-58;
    f.u[0] = f.u[1] = 1;
    expect_all(&f, NNDYN_ENUMERIC, "loss");
    f.x[0] = 1e-58;
    for (int k = 1; k < CALLS; k++) {
        if (calls[k].what != NNDYN_DUALITY_OPERATOR) {
            expect(&f, k, &f.good, NNDYN_ENUMERIC, "not finite");
        }
    }
    nt_ok(f.network, call_apply(&f.good));
    close_fixture(&f);
}

/* ---- progress, cancellation, limits ------------------------------------------------------------------------------ */

typedef struct watcher {
    nndyn_context *context;
    nndyn_network *network;
    int told, busy;
    int stop, cancel, sleep; /* stop: from the progress callback; cancel: from within the work */
} watcher;

static int watch(void *user, const char *task, double fraction)
{
    watcher *w = user;
    int64_t rows;
    assert_non_null(task);
    assert_true(fraction >= 0 && fraction <= 1);
    w->told++;
    w->busy += nndyn_duality_shape(w->network, 1, NULL, &rows, NULL) == NNDYN_EBUSY;
    return w->stop;
}

/* Reports come no more often than each twentieth of a second: this layer takes its time. */
static int slow_sine(void *user, int order, int64_t count, const double *z, double *values)
{
    watcher *w = user;
    if (w->stop || w->cancel || w->sleep) {
        nanosleep(&(struct timespec){0, 30000000}, NULL);
    }
    if (w->cancel) {
        nndyn_context_cancel(w->context);
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? sin(z[i]) : order == 1 ? cos(z[i]) : -sin(z[i]);
    }
    return 0;
}

static void open_slow(fixture *f, watcher *w, int coupled)
{
    memset(w, 0, sizeof *w);
    w->context = make_context();
    w->network = empty_network(w->context);
    if (coupled) {
        nt_ok(w->network, nndyn_network_add_batch_norm(w->network, NULL));
    }
    nt_ok(w->network, nndyn_network_add_dense(w->network, REF_OUT, NNDYN_IDENTITY));
    nt_ok(w->network, nndyn_network_add_custom_activation(w->network, 2, slow_sine, w));
    nt_ok(w->network, nndyn_network_set_loss(w->network, NNDYN_SQUARED_ERROR));
    open_with(f, w->context, w->network);
    set_text(f->options, "mode", coupled ? "training" : "evaluation");
}

static void check_cancellation(int k, const char *method, int coupled)
{
    fixture f;
    watcher w;
    open_slow(&f, &w, coupled);
    if (method != NULL) {
        set_text(f.options, "method", method);
    }
    w.cancel = 1;
    expect(&f, k, &f.good, NNDYN_ECANCELED, "nndyn_context_cancel");
    w.cancel = 0;
    w.stop = 1;
    nt_ok(f.context, nndyn_context_set_progress(f.context, watch, &w));
    expect(&f, k, &f.good, NNDYN_ECANCELED, "progress callback");
    assert_true(w.told == 1 && w.busy == 1);
    w.stop = 0;
    w.sleep = 1;
    nt_ok(f.network, calls[k].run(&f.good));
    assert_true(w.told > 1 && w.busy == w.told);
    close_fixture(&f);
}

static void test_cancellation(void **state)
{
    (void)state;
    check_cancellation(3, NULL, 0);
    check_cancellation(4, NULL, 0);
    check_cancellation(3, NULL, 1);
    check_cancellation(4, NULL, 1);
    check_cancellation(5, "jacobian", 0);
    check_cancellation(5, "gram", 0);
    check_cancellation(5, "operator", 0);
}

static void test_memory_limit(void **state)
{
    (void)state;
    fixture f;
    open_fixture(&f);
    nt_ok(f.context, nndyn_context_set_memory_limit(f.context, 2000));
    expect_all(&f, NNDYN_ELIMIT, "2000");
    close_fixture(&f);
}

/* ---- failing allocations ----------------------------------------------------------------------------------------- */

typedef struct setting {
    int call, coupled;
    const char *method;
} setting;

static nndyn_network *small_network(nndyn_context *context, int coupled)
{
    nndyn_network *network = empty_network(context);
    nt_ok(network, nndyn_network_add_dense(network, 4, NNDYN_TANH));
    if (coupled) {
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    }
    nt_ok(network, nndyn_network_add_dense(network, REF_OUT, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return network;
}

static int failing_scenario(nt_allocator *a, void *user)
{
    const setting *what = user;
    fixture f;
    nt_pause(a);
    nndyn_context *context = nt_context(a);
    open_with(&f, context, small_network(context, what->coupled));
    set_text(f.options, "mode", what->coupled ? "training" : "evaluation");
    if (what->method != NULL) {
        set_text(f.options, "method", what->method);
    }
    nt_resume(a);
    int status = calls[what->call].run(&f.good);
    if (status != NNDYN_OK) {
        assert_unmarked(&f);
    }
    nt_pause(a);
    close_fixture(&f);
    return status;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    static const char *const methods[] = {"jacobian", "gram", "operator"};
    for (int coupled = 0; coupled < 2; coupled++) {
        for (int k = 0; k < CALLS; k++) {
            int spectrum = calls[k].what == NNDYN_DUALITY_SINGULAR_VALUES;
            for (int m = 0; m < (spectrum ? 3 : 1); m++) {
                setting what = {k, coupled, spectrum ? methods[m] : NULL};
                nt_every_allocation(failing_scenario, &what);
            }
        }
    }
}

/* ---- forecasts --------------------------------------------------------------------------------------------------- */

static void check_forecast(fixture *f, nt_allocator *memory, int k)
{
    int64_t bytes, live = memory->live_bytes;
    double flops;
    nt_ok(f->network, nndyn_duality_forecast(f->network, f->good.n, calls[k].what, f->options, &bytes, &flops));
    memory->peak_bytes = live;
    nt_ok(f->network, calls[k].run(&f->good));
    int64_t peak = memory->peak_bytes - live;
    if (!(peak <= bytes && bytes <= 2 * peak && flops > 0)) {
        fail_msg("%s: %lld bytes forecast, %lld taken", calls[k].name, (long long)bytes, (long long)peak);
    }
    assert_int_equal(memory->live_bytes, live);
}

static nndyn_network *medium_network(nndyn_context *context, int dtype, int batch_norm)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, dtype, 24, &network));
    nt_ok(network, nndyn_network_add_dense(network, 32, NNDYN_TANH));
    if (batch_norm) {
        nt_ok(network, nndyn_network_add_batch_norm(network, NULL));
    }
    nt_ok(network, nndyn_network_add_dense(network, 32, NNDYN_SOFTPLUS));
    nt_ok(network, nndyn_network_add_dense(network, 6, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return network;
}

static void check_forecasts(int dtype, int64_t n, int batch_norm, int training)
{
    static const char *const methods[] = {"jacobian", "gram", "operator"};
    nt_allocator memory = {0};
    fixture f = {0};
    f.context = nt_context(&memory);
    f.network = medium_network(f.context, dtype, batch_norm);
    f.options = make_options(f.context);
    set_text(f.options, "mode", training ? "training" : "evaluation");
    double *x = random_array(1, n * 24), *t = random_array(2, n * 6), *u = random_array(3, 4000 + n * 30);
    double *out = zeros(4000 * n * 30), *more = zeros(n * 30);
    f.good = (call){f.network, n, x, t, u, NULL, f.options, out, more};
    for (int k = 0; k < CALLS; k++) {
        if (calls[k].what != NNDYN_DUALITY_SINGULAR_VALUES) {
            check_forecast(&f, &memory, k);
        }
    }
    for (int m = 0; m < 3; m++) {
        set_text(f.options, "method", methods[m]);
        check_forecast(&f, &memory, 5);
    }
    free(x), free(t), free(u), free(out), free(more);
    close_fixture(&f);
    nt_no_leak(&memory);
}

static void test_forecasts(void **state)
{
    (void)state;
    check_forecasts(NNDYN_F64, 1, 0, 0);
    check_forecasts(NNDYN_F64, 5, 0, 0);
    check_forecasts(NNDYN_F32, 2, 0, 0);
    check_forecasts(NNDYN_F64, 3, 1, 0);
    check_forecasts(NNDYN_F64, 3, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_optional_arguments),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_shape_and_forecast),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_method),
        cmocka_unit_test(test_nothing_left),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_missing_derivatives),
        cmocka_unit_test(test_failing_callback),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_cancellation),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_forecasts),
    };
    return cmocka_run_group_tests_name("duality errors", tests, NULL, NULL);
}
