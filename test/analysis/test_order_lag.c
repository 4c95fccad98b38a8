/* Running statistics of batch norm against those of the data. */
#include "support/fixture.h"
#include "nndyn.h"
#include "nndyn/order.h"

enum { N = 300, IN = 5, A = 7, B = 4, OUT = 3, PARAMETERS = IN * A + A + 2 * A + A * B + B + 2 * B + B * OUT + OUT };

typedef struct setting {
    nndyn_network *network;
    nndyn_dataset *data;
    double x[N * IN];
    int64_t labels[N];
} setting;

/* 5-7-4-3 with batch norm after each hidden dense layer, a few steps from its start: the statistics lag. */
static int open_setting(nndyn_context *c, int dtype, setting *s)
{
    nndyn_dataset *made = NULL;
    s->network = NULL;
    s->data = NULL;
    nt_normal(3, N * IN, s->x);
    for (int i = 0; i < N; i++) {
        s->labels[i] = (s->x[i * IN] > 0) + (s->x[i * IN + 1] > 0.5);
    }
    int status = nndyn_network_create(c, dtype, IN, &s->network);
    for (int l = 0; status == NNDYN_OK && l < 2; l++) {
        status = nndyn_network_add_dense(s->network, l == 0 ? A : B, NNDYN_IDENTITY);
        status = status == NNDYN_OK ? nndyn_network_add_batch_norm(s->network, NULL) : status;
        status = status == NNDYN_OK ? nndyn_network_add_activation(s->network, NNDYN_TANH, NULL) : status;
    }
    status = status == NNDYN_OK ? nndyn_network_add_dense(s->network, OUT, NNDYN_IDENTITY) : status;
    status = status == NNDYN_OK ? nndyn_network_set_loss(s->network, NNDYN_SOFTMAX_CROSS_ENTROPY) : status;
    status = status == NNDYN_OK ? nndyn_network_initialize(s->network, 2) : status;
    status = status == NNDYN_OK ? nndyn_dataset_create_labels(c, N, IN, s->x, OUT, s->labels, 1, &made) : status;
    status = status == NNDYN_OK ? nndyn_dataset_convert(made, dtype, &s->data) : status;
    nndyn_dataset_free(made);
    return status;
}

static void train(setting *s, int64_t steps)
{
    nndyn_trainer *trainer = NULL;
    nndyn_batches *batches = NULL;
    nt_ok(s->network, nndyn_trainer_create(s->network, NNDYN_ADAM, &trainer));
    nt_ok(s->data, nndyn_batches_create(s->data, NNDYN_BATCH_FULL, N, NULL, &batches));
    nt_ok(trainer, nndyn_train_run(trainer, batches, steps, NULL));
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
}

static void close_setting(setting *s)
{
    nndyn_dataset_free(s->data);
    nndyn_network_free(s->network);
}

/* ---- plain loops ------------------------------------------------------------------------------------------------- */

/* One dense layer and the moments of what it gives, biased; then, if `norm`, what follows: scale, shift and tanh. */
static const double *layer(const double *theta, int in, int out, const double *a, double *z, double *moments)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < out; j++) {
            double sum = theta[in * out + j];
            for (int k = 0; k < in; k++) {
                sum += theta[j * in + k] * a[i * in + k];
            }
            z[i * out + j] = sum;
        }
    }
    theta += in * out + out;
    for (int j = 0; moments != NULL && j < out; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < N; i++) {
            mean += z[i * out + j] / N;
        }
        for (int i = 0; i < N; i++) {
            square += (z[i * out + j] - mean) * (z[i * out + j] - mean) / N;
        }
        moments[j] = mean;
        moments[out + j] = square;
        for (int i = 0; i < N; i++) {
            z[i * out + j] = tanh(theta[j] * (z[i * out + j] - mean) / sqrt(square + 1e-5) + theta[out + j]);
        }
    }
    return theta + (moments != NULL ? 2 * out : 0);
}

/* Moments of both layers by the data's own statistics, and the accuracy. */
static double naive(setting *s, double moments[2 * (A + B)])
{
    static double first[N * A], second[N * B], z[N * OUT];
    double parameters[PARAMETERS];
    int hits = 0;
    nt_ok(s->network, nndyn_network_get_parameters(s->network, PARAMETERS, parameters));
    const double *theta = layer(parameters, IN, A, s->x, first, moments);
    theta = layer(theta, A, B, first, second, moments + 2 * A);
    (void)layer(theta, B, OUT, second, z, NULL);
    for (int i = 0; i < N; i++) {
        int best = 0;
        for (int k = 1; k < OUT; k++) {
            best = z[i * OUT + k] > z[i * OUT + best] ? k : best;
        }
        hits += best == s->labels[i];
    }
    return (double)hits / N;
}

static double naive_lag(int width, const double *running, const double *now)
{
    double away = 0, variance = 0;
    for (int j = 0; j < width; j++) {
        away += pow(running[j] - now[j], 2) / width;
        variance += now[width + j] / width;
    }
    return sqrt(away / variance);
}

static void against_plain_loops(void **state)
{
    double moments[2 * (A + B)], running[2 * (A + B)], after[2 * (A + B)], lag[3] = {0, 0, 7}, accuracy, p, q;
    int64_t layers = 0;
    setting s;
    (void)state;
    nt_ok(context, open_setting(context, NNDYN_F64, &s));
    train(&s, 4);
    nt_ok(s.network, nndyn_network_get_statistics(s.network, 2 * (A + B), running));
    p = naive(&s, moments);
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 0, NULL, &layers));
    assert_int_equal(layers, 2);
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 3, lag, NULL));
    nt_near(lag[0], naive_lag(A, running, moments), 1e-12);
    nt_near(lag[1], naive_lag(B, running + 2 * A, moments + 2 * A), 1e-12);
    assert_true(lag[0] > 0.01 && lag[2] == 7);
    nt_ok(s.network, nndyn_batch_norm_accuracy(s.network, s.data, &accuracy));
    nt_near(accuracy, p, 1e-15);
    nt_ok(s.network, nndyn_network_evaluate(s.network, s.data, NULL, &q));
    assert_true(q != p); /* the running statistics do differ */
    nt_ok(s.network, nndyn_network_get_statistics(s.network, 2 * (A + B), after));
    nt_same(after, running, sizeof after);
    nt_ok(s.network, nndyn_batch_norm_recalibrate(s.network, s.data));
    nt_ok(s.network, nndyn_network_get_statistics(s.network, 2 * (A + B), after));
    nt_close(after, moments, 2 * (A + B), 1e-11, 1e-13);
    nt_ok(s.network, nndyn_network_evaluate(s.network, s.data, NULL, &q));
    nt_near(q, p, 1e-15);
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 2, lag, NULL));
    assert_true(lag[0] < 1e-12 && lag[1] < 1e-12);
    close_setting(&s);
}

/* Single precision is widened, and what is written back is rounded; threads change nothing. */
static void precision_and_threads(void **state)
{
    double lag[2], wide_lag[2], p, q;
    nndyn_network *wide = NULL;
    nndyn_dataset *data = NULL;
    setting s;
    (void)state;
    nt_ok(context, open_setting(context, NNDYN_F32, &s));
    train(&s, 4);
    nt_ok(s.network, nndyn_network_copy(s.network, NNDYN_F64, &wide));
    nt_ok(s.data, nndyn_dataset_convert(s.data, NNDYN_F64, &data));
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 2, lag, NULL));
    nt_ok(s.network, nndyn_batch_norm_accuracy(s.network, s.data, &p));
    nt_ok(context, nndyn_context_set_threads(context, 8));
    nt_ok(wide, nndyn_batch_norm_lag(wide, data, 2, wide_lag, NULL));
    nt_ok(wide, nndyn_batch_norm_accuracy(wide, data, &q));
    nt_same(lag, wide_lag, sizeof lag);
    assert_true(p == q);
    nt_ok(s.network, nndyn_batch_norm_recalibrate(s.network, s.data));
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 2, lag, NULL));
    assert_true(lag[0] < 1e-6 && lag[1] < 1e-6);
    nndyn_dataset_free(data);
    nndyn_network_free(wide);
    close_setting(&s);
}

/* ---- the probe --------------------------------------------------------------------------------------------------- */

static void probe(void **state)
{
    enum { COLUMNS = 5 };
    static const char *const names[COLUMNS] = {"step", "accuracy", "batch_accuracy", "lag_1", "lag_2"};
    double rows[3 * COLUMNS], lag[2], p, q;
    int64_t columns = 0, count = 0;
    char name[64];
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    nndyn_batches *batches = NULL;
    setting s;
    (void)state;
    nt_ok(context, open_setting(context, NNDYN_F64, &s));
    nt_ok(s.network, nndyn_trainer_create(s.network, NNDYN_ADAM, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_batch_norm(recorder, s.data, NULL, NULL));
    nt_ok(s.data, nndyn_batches_create(s.data, NNDYN_BATCH_FULL, N, NULL, &batches));
    nt_ok(trainer, nndyn_train_run(trainer, batches, 3, NULL));
    nt_ok(recorder, nndyn_recorder_shape(recorder, 0, &columns, &count, NULL));
    assert_true(columns == COLUMNS && count == 3);
    for (int j = 0; j < COLUMNS; j++) {
        nt_ok(recorder, nndyn_recorder_name(recorder, 0, j, 64, name, NULL));
        assert_string_equal(name, names[j]);
    }
    nt_ok(recorder, nndyn_recorder_rows(recorder, 0, 0, 3, rows));
    nt_ok(s.network, nndyn_batch_norm_lag(s.network, s.data, 2, lag, NULL));
    nt_ok(s.network, nndyn_batch_norm_accuracy(s.network, s.data, &q));
    nt_ok(s.network, nndyn_network_evaluate(s.network, s.data, NULL, &p));
    const double want[COLUMNS] = {3, p, q, lag[0], lag[1]};
    nt_same(rows + 2 * COLUMNS, want, sizeof want);
    nndyn_batches_free(batches);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    close_setting(&s);
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

static void bad_input(void **state)
{
    double lag[2] = {7, 7}, accuracy = 7, running[2 * (A + B)], after[2 * (A + B)];
    int64_t layers = 7;
    nndyn_network *plain = NULL, *empty = NULL;
    nndyn_dataset *one = NULL, *narrow = NULL, *single = NULL, *blind = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    setting s;
    (void)state;
    nt_ok(context, open_setting(context, NNDYN_F64, &s));
    train(&s, 2);
    nt_ok(s.network, nndyn_network_get_statistics(s.network, 2 * (A + B), running));
    nt_ok(context, nndyn_dataset_create(context, 1, IN, s.x, 0, NULL, 1, &one));
    nt_ok(context, nndyn_dataset_create(context, 20, 2, s.x, 0, NULL, 1, &narrow));
    nt_ok(context, nndyn_dataset_create(context, 20, IN, s.x, 0, NULL, 1, &blind));
    nt_ok(s.data, nndyn_dataset_convert(s.data, NNDYN_F32, &single));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, IN, &empty));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, IN, &plain));
    nt_ok(plain, nndyn_network_add_dense(plain, OUT, NNDYN_IDENTITY));
    nt_ok(plain, nndyn_network_set_loss(plain, NNDYN_SOFTMAX_CROSS_ENTROPY));
#define LAG(net, data, room) nndyn_batch_norm_lag(net, data, room, lag, &layers)
    nt_fails(NNDYN_ESTATE, empty, "layers", LAG(empty, s.data, 2));
    nt_fails(NNDYN_EUNSUPPORTED, plain, "batch norm", LAG(plain, s.data, 2));
    nt_fails(NNDYN_EUNSUPPORTED, plain, "batch norm", nndyn_batch_norm_accuracy(plain, s.data, &accuracy));
    nt_fails(NNDYN_EUNSUPPORTED, plain, "batch norm", nndyn_batch_norm_recalibrate(plain, s.data));
    nt_fails(NNDYN_EARG, s.network, "capacity is 1", LAG(s.network, s.data, 1));
    nt_fails(NNDYN_EARG, s.network, "lag", nndyn_batch_norm_lag(s.network, s.data, 2, NULL, &layers));
    nt_fails(NNDYN_EARG, s.network, "dataset", LAG(s.network, NULL, 2));
    nt_fails(NNDYN_EARG, s.network, "1 sample", LAG(s.network, one, 2));
    nt_fails(NNDYN_EARG, s.network, "inputs", LAG(s.network, narrow, 2));
    nt_fails(NNDYN_EARG, s.network, "precision", LAG(s.network, single, 2));
    nt_fails(NNDYN_EARG, s.network, "labels", nndyn_batch_norm_accuracy(s.network, blind, &accuracy));
    nt_fails(NNDYN_EARG, s.network, "accuracy", nndyn_batch_norm_accuracy(s.network, s.data, NULL));
    nt_fails(NNDYN_EARG, s.network, "inputs", nndyn_batch_norm_recalibrate(s.network, narrow));
    nt_ok(plain, nndyn_trainer_create(plain, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_fails(NNDYN_EUNSUPPORTED, recorder, "batch norm", nndyn_recorder_add_batch_norm(recorder, s.data, NULL, NULL));
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nt_ok(s.network, nndyn_trainer_create(s.network, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_fails(NNDYN_EARG, recorder, "labels", nndyn_recorder_add_batch_norm(recorder, blind, NULL, NULL));
    nt_fails(NNDYN_EARG, recorder, "dataset", nndyn_recorder_add_batch_norm(recorder, NULL, NULL, NULL));
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nt_ok(s.network, nndyn_network_get_statistics(s.network, 2 * (A + B), after));
    nt_same(after, running, sizeof after);
    assert_true(lag[0] == 7 && accuracy == 7 && layers == 7);
    nndyn_dataset_free(one);
    nndyn_dataset_free(narrow);
    nndyn_dataset_free(blind);
    nndyn_dataset_free(single);
    nndyn_network_free(plain);
    nndyn_network_free(empty);
    close_setting(&s);
}

static int all_calls(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    setting s = {0};
    double lag[2] = {0}, accuracy = 0;
    (void)user;
    int status = nt_context_create(a, &own);
    if (status == NNDYN_OK) {
        status = open_setting(own, NNDYN_F64, &s);
    }
    if (status == NNDYN_OK) {
        status = nndyn_batch_norm_lag(s.network, s.data, 2, lag, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_batch_norm_accuracy(s.network, s.data, &accuracy);
    }
    if (status == NNDYN_OK) {
        status = nndyn_batch_norm_recalibrate(s.network, s.data);
    }
    close_setting(&s);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(all_calls, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(against_plain_loops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(precision_and_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_input, set_up, tear_down),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests_name("batch norm lag", tests, NULL, NULL);
}
