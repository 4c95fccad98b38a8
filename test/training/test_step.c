/* test_step.c - the step and the run: memory, precision, batches, threads, progress, who may use what meanwhile. */
#include "training/fixture.h"

enum { N = 8, IN = 3, OUT = 2, STATISTICS = 10 };

static double x[N * IN], t[N * OUT];

static int data(void **unused)
{
    (void)unused;
    nt_normal(1, N * IN, x);
    nt_normal(2, N * OUT, t);
    return 0;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void no_allocation(void **unused)
{
    static const int optimizers[] = {NNDYN_SGD, NNDYN_RMSPROP, NNDYN_ADAM, NNDYN_LANGEVIN};
    (void)unused;
    for (int64_t i = 0; i < count_of(optimizers); i++) {
        for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
            nt_allocator a = {0};
            nndyn_context *context = nt_context(&a);
            nndyn_network *network = rich(context, dtype);
            nndyn_options *options;
            nndyn_trainer *trainer;
            int64_t calls;
            ok(nndyn_options_create(context, &options));
            ok(nndyn_options_set_integer(options, "reserve", 6));
            ok(nndyn_trainer_create_with(network, optimizers[i], options, &trainer));
            calls = a.calls;
            for (int k = 0; k < 6; k++) { /* reserved sizes, from the first step on */
                ok(step(trainer, dtype, 6 - k % 4, IN, OUT, x, t, NULL));
            }
            assert_int_equal(a.calls, calls);
            ok(step(trainer, dtype, N, IN, OUT, x, t, NULL)); /* grows once */
            assert_true(a.calls > calls);
            calls = a.calls;
            for (int k = 0; k < 6; k++) {
                ok(step(trainer, dtype, N - k, IN, OUT, x, t, NULL));
            }
            assert_int_equal(a.calls, calls);
            nndyn_trainer_free(trainer);
            nndyn_options_free(options);
            nndyn_network_free(network);
            nndyn_context_free(context);
            nt_no_leak(&a);
        }
    }
}

static void forecast(void **unused)
{
    (void)unused;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        nt_allocator a = {0};
        nndyn_context *context = nt_context(&a);
        nndyn_network *network = chain(context, dtype, IN, 40, NNDYN_TANH, OUT, NNDYN_SQUARED_ERROR);
        nndyn_trainer *trainer;
        int64_t bytes, before = a.live_bytes;
        double flops;
        ok(nndyn_trainer_forecast(network, NNDYN_ADAM, N, &bytes, &flops));
        nt_near(flops, 4.0 * N * IN * 40 + 6.0 * N * 40 * OUT, 0);
        ok(nndyn_trainer_create(network, NNDYN_ADAM, &trainer));
        ok(step(trainer, dtype, N, IN, OUT, x, t, NULL));
        assert_true(a.live_bytes - before <= bytes + bytes / 4);
        assert_true(bytes <= a.live_bytes - before + bytes / 4);
        nt_fails(NNDYN_EARG, network, "optimizer", nndyn_trainer_forecast(network, 0, N, &bytes, &flops));
        nt_fails(NNDYN_EARG, network, "n", nndyn_trainer_forecast(network, NNDYN_SGD, 0, &bytes, &flops));
        ok(nndyn_trainer_forecast(network, NNDYN_SGD, N, NULL, NULL));
        nndyn_trainer_free(trainer);
        nndyn_network_free(network);
        nndyn_context_free(context);
        nt_no_leak(&a);
    }
}

/* The handles may be freed in any order. */
static void any_order(void **unused)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = rich(context, NNDYN_F64);
    nndyn_trainer *trainer, *second;
    (void)unused;
    ok(nndyn_trainer_create(network, NNDYN_ADAM, &trainer));
    ok(nndyn_trainer_create(network, NNDYN_SGD, &second)); /* two trainers of one network take turns */
    nndyn_context_free(context);
    nndyn_network_free(network);
    ok(nndyn_train_step(trainer, N, x, t, NULL));
    ok(nndyn_train_step(second, N, x, t, NULL));
    nndyn_trainer_free(trainer);
    ok(nndyn_train_step(second, N, x, t, NULL));
    nndyn_trainer_free(second);
    nndyn_trainer_free(NULL);
    nt_no_leak(&a);
}

/* ---- the same bits ----------------------------------------------------------------------------------------------- */

/* An executor that runs backwards, and gives up in the middle if it is asked to. */
typedef struct host {
    int gives_up;
    int64_t runs;
} host;

static int execute(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    host *h = user;
    h->runs++;
    for (int64_t i = count - 1; i >= (h->gives_up ? count / 2 : 0); i--) {
        work(job, i);
    }
    return h->gives_up;
}

enum { WIDE = 16500, THREADS_ONE, THREADS_MANY, EXECUTOR, EXECUTOR_GIVES_UP };

/* More than one block of parameters; the batch is so small that nothing else is worth cutting. */
static void wide_run(int how, double *theta)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    host h = {.gives_up = how == EXECUTOR_GIVES_UP};
    const double one[2] = {1, -1};
    double target[WIDE];
    nt_normal(3, WIDE, target);
    ok(nndyn_context_create(&context));
    ok(nndyn_context_set_threads(context, how == THREADS_MANY ? 3 : 1));
    if (how >= EXECUTOR) {
        ok(nndyn_context_set_executor(context, execute, &h));
    }
    network = linear(context, NNDYN_F64, 2, WIDE, NNDYN_SQUARED_ERROR);
    ok(nndyn_trainer_create(network, NNDYN_LANGEVIN, &trainer));
    for (int k = 0; k < 3; k++) {
        nt_ok(trainer, nndyn_train_step(trainer, 1, one, target, NULL));
    }
    assert_true(how < EXECUTOR || h.runs >= 3);
    ok(nndyn_network_get_parameters(network, 2 * WIDE, theta));
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* Also when the executor fails in the middle of an update: a step is whole. */
static void any_threads(void **unused)
{
    double *one = malloc(2 * WIDE * sizeof *one), *other = malloc(2 * WIDE * sizeof *other);
    (void)unused;
    assert_true(one != NULL && other != NULL);
    wide_run(THREADS_ONE, one);
    for (int how = THREADS_MANY; how <= EXECUTOR_GIVES_UP; how++) {
        wide_run(how, other);
        nt_same(one, other, 2 * WIDE * sizeof *one);
    }
    free(one);
    free(other);
}

static nndyn_batches *batches_of(nndyn_context *context, int dtype, int kind, int64_t size)
{
    nndyn_dataset *dataset;
    nndyn_batches *batches;
    float x32[N * IN], t32[N * OUT];
    nt_to_f32(N * IN, x, x32);
    nt_to_f32(N * OUT, t, t32);
    if (dtype == NNDYN_F32) {
        ok(nndyn_dataset_create_f32(context, N, IN, x32, OUT, t32, 1, &dataset));
    } else {
        ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &dataset));
    }
    ok(nndyn_batches_create(dataset, kind, size, NULL, &batches));
    nndyn_dataset_free(dataset);
    return batches;
}

/* Step k of the trainer takes batch k; the loss is the mean. */
static void run_is_steps(void **unused)
{
    (void)unused;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        nndyn_context *context;
        nndyn_network *networks[2];
        nndyn_trainer *trainers[2];
        nndyn_batches *batches;
        snapshot s[2];
        double loss, first, second, sum = 0;
        ok(nndyn_context_create(&context));
        batches = batches_of(context, dtype, NNDYN_BATCH_EPOCHS, 3);
        for (int i = 0; i < 2; i++) {
            networks[i] = rich(context, dtype);
            ok(nndyn_trainer_create(networks[i], NNDYN_ADAM, &trainers[i]));
        }
        ok(nndyn_train_run(trainers[0], batches, 4, &first));
        nt_ok(trainers[0], nndyn_train_run(trainers[0], batches, 7, &second));
        for (int k = 0; k < 11; k++) {
            int64_t n;
            if (dtype == NNDYN_F32) {
                const float *xb, *tb;
                ok(nndyn_batches_get_f32(batches, k, &n, &xb, &tb));
                ok(nndyn_train_step_f32(trainers[1], n, xb, tb, &loss));
            } else {
                const double *xb, *tb;
                ok(nndyn_batches_get(batches, k, &n, &xb, &tb));
                ok(nndyn_train_step(trainers[1], n, xb, tb, &loss));
            }
            sum += loss;
        }
        nt_near(4 * first + 7 * second, sum, 1e-12);
        for (int i = 0; i < 2; i++) {
            s[i] = take(networks[i], trainers[i], STATISTICS);
            nndyn_trainer_free(trainers[i]);
            nndyn_network_free(networks[i]);
        }
        assert_same(&s[0], &s[1]);
        nndyn_batches_free(batches);
        nndyn_context_free(context);
    }
}

/* ---- progress, cancellation, busy -------------------------------------------------------------------------------- */

typedef struct witness {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    int evaluations, stop_at, status[4];
    double last;
} witness;

/* Cancels at the chosen evaluation, and tries what must not be possible during a step. */
static int cancel_loss(void *user, int64_t k, const double *a, const double *targets, double *h, double *d, double *m,
                       double *e, double *dt)
{
    witness *w = user;
    const double slope = 0.01;
    double value;
    if (++w->evaluations == w->stop_at) {
        w->status[0] = nndyn_context_cancel(w->context);
        w->status[1] = nndyn_train_step(w->trainer, N, x, t, &value);
        w->status[2] = nndyn_network_get_parameters(w->network, 1, &value);
        w->status[3] = nndyn_trainer_set(w->trainer, "rate", 1);
    }
    return slope_loss((void *)&slope, k, a, targets, h, d, m, e, dt);
}

static void canceled(void **unused)
{
    witness w = {.stop_at = 5 * N + 1}; /* in the sixth step */
    nndyn_batches *batches;
    double loss = -1, rate;
    int64_t steps;
    (void)unused;
    ok(nndyn_context_create(&w.context));
    w.network = chain(w.context, NNDYN_F64, IN, 4, NNDYN_TANH, OUT, NNDYN_SQUARED_ERROR);
    ok(nndyn_network_set_custom_loss(w.network, 1, cancel_loss, &w));
    ok(nndyn_trainer_create(w.network, NNDYN_SGD, &w.trainer));
    batches = batches_of(w.context, NNDYN_F64, NNDYN_BATCH_FULL, N);
    nt_fails(NNDYN_ECANCELED, w.trainer, "training", nndyn_train_run(w.trainer, batches, 100, &loss));
    assert_true(loss == -1);
    assert_int_equal(w.status[0], NNDYN_OK);
    assert_int_equal(w.status[1], NNDYN_EBUSY);
    assert_int_equal(w.status[2], NNDYN_EBUSY);
    assert_int_equal(w.status[3], NNDYN_EBUSY);
    ok(nndyn_trainer_progress(w.trainer, &steps, &rate));
    assert_int_equal(steps, 6); /* the one under way is finished */
    nt_near(rate, 0.01, 0);
    nt_ok(w.trainer, nndyn_train_run(w.trainer, batches, 4, &loss)); /* later calls are not affected */
    ok(nndyn_trainer_progress(w.trainer, &steps, NULL));
    assert_int_equal(steps, 10);
    nndyn_batches_free(batches);
    nndyn_trainer_free(w.trainer);
    nndyn_network_free(w.network);
    nndyn_context_free(w.context);
}

static int stop_at_once(void *user, const char *task, double fraction)
{
    witness *w = user;
    w->evaluations++;
    w->last = fraction;
    assert_string_equal(task, "training");
    return fraction > 0;
}

/* The callback is due after a twentieth of a second; steps are so many that it comes. */
static void stopped_by_callback(void **unused)
{
    witness w = {0};
    nndyn_batches *batches;
    int64_t steps;
    (void)unused;
    ok(nndyn_context_create(&w.context));
    w.network = chain(w.context, NNDYN_F64, IN, 4, NNDYN_TANH, OUT, NNDYN_SQUARED_ERROR);
    ok(nndyn_trainer_create(w.network, NNDYN_SGD, &w.trainer));
    batches = batches_of(w.context, NNDYN_F64, NNDYN_BATCH_FULL, N);
    ok(nndyn_context_set_progress(w.context, stop_at_once, &w));
    nt_fails(NNDYN_ECANCELED, w.trainer, "callback", nndyn_train_run(w.trainer, batches, INT64_C(1) << 40, NULL));
    ok(nndyn_trainer_progress(w.trainer, &steps, NULL));
    assert_true(steps > 0 && w.evaluations == 1 && w.last > 0 && w.last < 1);
    nndyn_batches_free(batches);
    nndyn_trainer_free(w.trainer);
    nndyn_network_free(w.network);
    nndyn_context_free(w.context);
}

/* A network that evaluates is not to be trained meanwhile, nor saved. */
static int train_meanwhile(void *user, int order, int64_t count, const double *z, double *values)
{
    witness *w = user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : 1;
    }
    if (w->trainer != NULL && w->evaluations++ == 0) {
        w->status[0] = nndyn_train_step(w->trainer, N, x, t, NULL);
        w->status[1] = nndyn_trainer_save(w->trainer, "never-written");
    }
    return 0;
}

static void network_is_busy(void **unused)
{
    witness w = {0};
    double y[N * OUT];
    (void)unused;
    ok(nndyn_context_create(&w.context));
    ok(nndyn_network_create(w.context, NNDYN_F64, IN, &w.network));
    ok(nndyn_network_add_dense(w.network, OUT, NNDYN_IDENTITY));
    ok(nndyn_network_add_custom_activation(w.network, 1, train_meanwhile, &w));
    ok(nndyn_network_set_loss(w.network, NNDYN_SQUARED_ERROR));
    ok(nndyn_trainer_create(w.network, NNDYN_SGD, &w.trainer));
    ok(nndyn_network_forward(w.network, N, x, y));
    assert_int_equal(w.status[0], NNDYN_EBUSY);
    assert_int_equal(w.status[1], NNDYN_EBUSY);
    nt_ok(w.trainer, nndyn_train_step(w.trainer, N, x, t, NULL));
    nndyn_trainer_free(w.trainer);
    nndyn_network_free(w.network);
    nndyn_context_free(w.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_allocation),       cmocka_unit_test(forecast),        cmocka_unit_test(any_order),
        cmocka_unit_test(any_threads),         cmocka_unit_test(run_is_steps),    cmocka_unit_test(canceled),
        cmocka_unit_test(stopped_by_callback), cmocka_unit_test(network_is_busy),
    };
    return cmocka_run_group_tests(tests, data, NULL);
}
