/* test_recorder.c - cadences, what each probe records, continued runs, tables and files. */
#include "training/recorder_fixture.h"

enum { STEPS = 12 };

static int setup(void **unused)
{
    (void)unused;
    return setup_with(NNDYN_SGD);
}

static void steps(int count)
{
    for (int i = 0; i < count; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    }
}

/* Options from pairs of name and integer (as int64_t), ended by NULL. */
static nndyn_options *integers(const char *first, ...)
{
    nndyn_options *options;
    va_list list;
    ok(nndyn_options_create(context, &options));
    va_start(list, first);
    for (const char *name = first; name != NULL; name = va_arg(list, const char *)) {
        ok(nndyn_options_set_integer(options, name, va_arg(list, int64_t)));
    }
    va_end(list);
    return options;
}

#define I64(value) ((int64_t)(value))

/* The table of a probe, whole. */
static int64_t table(int64_t probe, double *values, int64_t *columns)
{
    int64_t rows;
    nt_ok(recorder, nndyn_recorder_shape(recorder, probe, columns, &rows, NULL));
    nt_ok(recorder, nndyn_recorder_rows(recorder, probe, 0, rows, values));
    return rows;
}

/* ---- cadences ---------------------------------------------------------------------------------------------------- */

/* Members up to `most`, against a list. */
static void has(const nd_cadence *cadence, int64_t most, int64_t count, const int64_t *want)
{
    int64_t at = 0;
    for (int64_t step = 0; step <= most; step++) {
        const int64_t next = nd_cadence_next(cadence, step);
        while (at < count && want[at] < step) {
            at++;
        }
        if (at < count) {
            assert_int_equal(next, want[at]);
        } else {
            assert_true(next > most);
        }
    }
}

static void cadences(void **unused)
{
    static const int64_t regular[] = {3, 8, 13, 18}, with_zero[] = {0, 5, 10, 15, 20}, decades[] = {1, 10, 100, 1000},
                         three[] = {0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000}, listed[] = {0, 1, 7, 8, 19};
    int64_t copy[5];
    (void)unused;
    has(&(nd_cadence){.every = 5, .first = 3}, 20, 4, regular);
    has(&(nd_cadence){.every = 5, .first = 5, .initial = 1}, 22, 5, with_zero);
    has(&(nd_cadence){.per_decade = 1}, 2000, 4, decades);
    has(&(nd_cadence){.per_decade = 3, .initial = 1}, 2000, 11, three);
    memcpy(copy, listed, sizeof copy);
    has(&(nd_cadence){.count = 5, .steps = copy}, 30, 5, listed);
    assert_true(nd_cadence_next(&(nd_cadence){.count = 5, .steps = copy}, 20) == INT64_MAX);
    assert_true(nd_cadence_next(&(nd_cadence){.every = 1, .first = 1}, ND_MOST_STEPS) == ND_MOST_STEPS);
    assert_true(nd_cadence_next(&(nd_cadence){.every = 1000, .first = 1}, ND_MOST_STEPS) == INT64_MAX);
    assert_true(nd_cadence_next(&(nd_cadence){.every = ND_MOST_STEPS, .first = ND_MOST_STEPS}, 1) == ND_MOST_STEPS);
    assert_true(nd_cadence_next(&(nd_cadence){.per_decade = 1}, INT64_C(1000000000000001)) == INT64_MAX);
    assert_true(nd_cadence_next(&(nd_cadence){.per_decade = 1}, INT64_C(999999999999999)) == INT64_C(1000000000000000));
}

/* Ten in a decade: the nearest integers, each once, whatever the question before. */
static void logarithmic_against_its_definition(void **unused)
{
    int64_t members[2000], count = 0;
    (void)unused;
    for (int per = 1; per <= 1000; per = per * 7 + 3) {
        count = 0;
        for (int j = 0;; j++) {
            const int64_t near = (int64_t)floorl(powl(10.0L, (long double)j / per) + 0.5L);
            if (near > 1000) {
                break;
            }
            if (count == 0 || near > members[count - 1]) {
                members[count++] = near;
            }
        }
        has(&(nd_cadence){.per_decade = per}, 1000, count, members);
    }
}

static void probes_follow_their_cadence(void **unused)
{
    static const int64_t listed[] = {0, 2, 3, 11};
    double values[STEPS * 2];
    int64_t probe[3], columns, want[3] = {4, 4, 5};
    static const double expected[3][5] = {{2, 5, 8, 11}, {0, 2, 3, 11}, {0, 1, 3, 10, 0}};
    nndyn_options *options = integers("every", I64(3), "first", I64(2), "name", I64(0), NULL);
    (void)unused;
    ok(nndyn_options_set_text(options, "name", "regular"));
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, options, &probe[0]));
    ok(nndyn_options_set_text(options, "name", "listed"));
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, options, &probe[1]));
    nt_ok(recorder, nndyn_recorder_set_steps(recorder, probe[1], 4, listed));
    nndyn_options_free(options);
    options = integers("per_decade", I64(2), "initial", I64(1), NULL);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, options, &probe[2]));
    nndyn_options_free(options);
    steps(STEPS);
    want[2] = 4;
    for (int p = 0; p < 3; p++) {
        assert_int_equal(probe[p], p);
        assert_int_equal(table(probe[p], values, &columns), want[p]);
        assert_int_equal(columns, 2);
        for (int64_t r = 0; r < want[p]; r++) {
            assert_true(values[2 * r] == expected[p][r]);
        }
    }
}

/* ---- what is recorded -------------------------------------------------------------------------------------------- */

/* The same training by hand: loss, gradient and parameters of a linear network. */
typedef struct history {
    double loss[STEPS + 1], norm[STEPS + 1], gradient[STEPS + 1][SIZE], theta[STEPS + 1][SIZE];
} history;

static void by_hand(double rate, const double *theta, history *h)
{
    memcpy(h->theta[0], theta, sizeof h->theta[0]);
    for (int k = 1; k <= STEPS; k++) {
        double sum = 0, squares = 0;
        memset(h->gradient[k], 0, sizeof h->gradient[k]);
        for (int s = 0; s < N; s++) {
            for (int j = 0; j < OUT; j++) {
                double e = -t[s * OUT + j];
                for (int i = 0; i < IN; i++) {
                    e += h->theta[k - 1][j * IN + i] * x[s * IN + i];
                }
                sum += e * e / 2;
                for (int i = 0; i < IN; i++) {
                    h->gradient[k][j * IN + i] += e * x[s * IN + i] / N;
                }
            }
        }
        for (int i = 0; i < SIZE; i++) {
            squares += h->gradient[k][i] * h->gradient[k][i];
            h->theta[k][i] = h->theta[k - 1][i] - rate * h->gradient[k][i];
        }
        h->loss[k] = sum / N;
        h->norm[k] = sqrt(squares);
    }
}

static void built_in_probes(void **unused)
{
    static const int64_t indices[] = {5, 0, 5};
    double theta[SIZE], values[(STEPS + 1) * (SIZE + 1)];
    int64_t columns;
    history h;
    nndyn_dataset *data;
    nndyn_options *initial = integers("initial", I64(1), NULL);
    nndyn_options *third = integers("every", I64(3), NULL);
    nndyn_options *range = integers("offset", I64(2), NULL);
    (void)unused;
    ok(nndyn_network_get_parameters(network, SIZE, theta));
    by_hand(0.05, theta, &h);
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &data));
    nt_ok(recorder, nndyn_recorder_add_training(recorder, NULL, NULL));
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, SIZE, NULL, initial, NULL));
    nt_ok(recorder, nndyn_recorder_add_updates(recorder, 3, indices, third, NULL));
    nt_ok(recorder, nndyn_recorder_add_gradients(recorder, 4, NULL, range, NULL));
    nt_ok(recorder, nndyn_recorder_add_evaluation(recorder, data, initial, NULL));
    nndyn_dataset_free(data);
    steps(STEPS);
    assert_int_equal(table(0, values, &columns), STEPS);
    for (int k = 1; k <= STEPS; k++) {
        const double want[] = {k, h.loss[k], 0.05, h.norm[k]};
        nt_close(values + (k - 1) * 4, want, 4, 1e-12, 0);
    }
    assert_int_equal(table(1, values, &columns), STEPS + 1);
    for (int k = 0; k <= STEPS; k++) {
        assert_true(values[k * (SIZE + 1)] == k);
        nt_close(values + k * (SIZE + 1) + 1, h.theta[k], SIZE, 1e-12, 1e-14);
    }
    assert_int_equal(table(2, values, &columns), STEPS / 3);
    for (int r = 0; r < STEPS / 3; r++) {
        const int k = 3 * r + 3;
        assert_true(values[4 * r] == k && values[4 * r + 1] == values[4 * r + 3]);
        nt_near(values[4 * r + 1], h.theta[k][5] - h.theta[k - 1][5], 1e-14);
        nt_near(values[4 * r + 2], h.theta[k][0] - h.theta[k - 1][0], 1e-14);
    }
    assert_int_equal(table(3, values, &columns), STEPS);
    for (int k = 1; k <= STEPS; k++) {
        nt_close(values + (k - 1) * 5 + 1, h.gradient[k] + 2, 4, 1e-12, 1e-14);
    }
    assert_int_equal(table(4, values, &columns), STEPS + 1);
    assert_int_equal(columns, 2);
    for (int k = 0; k < STEPS; k++) {
        nt_near(values[2 * k + 1], h.loss[k + 1], 1e-12);
    }
    nndyn_options_free(initial);
    nndyn_options_free(third);
    nndyn_options_free(range);
}

static void names(void **unused)
{
    static const int64_t indices[] = {4, 1};
    char text[ND_NAME_SIZE];
    int64_t count, length;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_training(recorder, NULL, NULL));
    nt_ok(recorder, nndyn_recorder_add_updates(recorder, 2, indices, NULL, NULL));
    ok(nndyn_recorder_probes(recorder, &count));
    assert_int_equal(count, 2);
    static const struct {
        int64_t probe, column;
        const char *name;
    } rows[] = {{0, -1, "training"}, {0, 0, "step"}, {0, 1, "loss"},     {0, 2, "rate"},    {0, 3, "gradient_norm"},
                {1, -1, "updates"},  {1, 0, "step"}, {1, 1, "update_4"}, {1, 2, "update_1"}};
    for (int64_t i = 0; i < count_of(rows); i++) {
        ok(nndyn_recorder_name(recorder, rows[i].probe, rows[i].column, sizeof text, text, &length));
        assert_string_equal(text, rows[i].name);
        assert_int_equal(length, strlen(rows[i].name));
    }
    ok(nndyn_recorder_name(recorder, 0, 3, 5, text, &length));
    assert_string_equal(text, "grad");
    assert_int_equal(length, 13);
    ok(nndyn_recorder_name(recorder, 0, 3, 0, NULL, NULL));
}

/* In single precision, with clipping, decay and momentum: the gradient before them, the update that was made. */
static void single_precision(void **unused)
{
    nndyn_network *net = chain(context, NNDYN_F32, IN, 4, NNDYN_TANH, OUT, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other =
        trainer_with(context, net, NNDYN_MOMENTUM, "clip_norm", 0.01, "weight_decay", 0.1, "rate", 0.5, NULL);
    const int64_t size = parameters_of(net);
    nndyn_recorder *own;
    double before[MOST], after[MOST], gradient[MOST], rows[2 * (MOST + 1)], norm[4], loss;
    (void)unused;
    nt_ok(other, nndyn_recorder_create(other, &own));
    nt_ok(own, nndyn_recorder_add_updates(own, size, NULL, NULL, NULL));
    nt_ok(own, nndyn_recorder_add_gradients(own, size, NULL, NULL, NULL));
    nt_ok(own, nndyn_recorder_add_training(own, NULL, NULL));
    nt_ok(other, step(other, NNDYN_F32, N, IN, OUT, x, t, NULL));
    ok(nndyn_network_get_parameters(net, size, before));
    nt_ok(other, step(other, NNDYN_F32, N, IN, OUT, x, t, &loss));
    ok(nndyn_network_get_parameters(net, size, after));
    ok(nndyn_trainer_get_gradient(other, size, gradient));
    nt_ok(own, nndyn_recorder_rows(own, 0, 0, 2, rows));
    for (int64_t i = 0; i < size; i++) {
        assert_true(rows[size + 2 + i] == after[i] - before[i]);
    }
    nt_ok(own, nndyn_recorder_rows(own, 1, 1, 1, rows));
    nt_same(rows + 1, gradient, size * (int64_t)sizeof(double));
    nt_ok(own, nndyn_recorder_rows(own, 2, 1, 1, norm));
    double squares = 0;
    for (int64_t i = 0; i < size; i++) {
        squares += gradient[i] * gradient[i];
    }
    assert_true(norm[1] == loss && norm[2] == 0.5 && squares > 0.01 * 0.01);
    nt_near(norm[3], sqrt(squares), 1e-6);
    nndyn_recorder_free(own);
    nndyn_trainer_free(other);
    nndyn_network_free(net);
}

static void accuracy(void **unused)
{
    static const int64_t labels[N] = {0, 1, 1, 0, 1, 0};
    nndyn_dataset *data;
    double row[3], loss, hits;
    int64_t columns;
    (void)unused;
    ok(nndyn_dataset_create_labels(context, N, IN, x, OUT, labels, 1, &data));
    nt_ok(recorder, nndyn_recorder_add_evaluation(recorder, data, NULL, NULL));
    steps(1);
    assert_int_equal(table(0, row, &columns), 1);
    assert_int_equal(columns, 3);
    ok(nndyn_network_evaluate(network, data, &loss, &hits));
    assert_true(row[1] == loss && row[2] == hits);
    nndyn_dataset_free(data);
}

/* ---- callbacks and sinks ----------------------------------------------------------------------------------------- */

typedef struct notes {
    int64_t steps[STEPS + 1];
    int count;
    int fail_at;
    double outputs;
} notes;

static int note_outputs(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    notes *n = user;
    double y[N * OUT];
    if (n->fail_at > 0 && step == n->fail_at) {
        return 7;
    }
    assert_int_equal(nndyn_network_forward(net, N, x, y), NNDYN_OK); /* the network is free */
    n->steps[n->count++] = step;
    n->outputs = y[0];
    if (columns > 1) {
        row[1] = y[0];
    } else {
        assert_null(row);
    }
    return 0;
}

static void own_probes(void **unused)
{
    notes kept = {0}, sunk = {0};
    double values[(STEPS + 1) * 3], y[N * OUT];
    char text[ND_NAME_SIZE];
    int64_t columns, rows;
    nndyn_options *options = integers("initial", I64(1), "every", I64(4), NULL);
    (void)unused;
    ok(nndyn_options_set_text(options, "name", "sink"));
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "left empty,output 0", note_outputs, &kept, NULL, NULL));
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, NULL, note_outputs, &sunk, options, NULL));
    steps(STEPS);
    assert_int_equal(table(0, values, &columns), STEPS);
    assert_int_equal(columns, 3);
    ok(nndyn_network_forward(network, N, x, y));
    for (int k = 1; k <= STEPS; k++) {
        assert_true(values[3 * k - 3] == k && isnan(values[3 * k - 2]) && kept.steps[k - 1] == k);
    }
    assert_true(values[3 * STEPS - 1] == y[0]);
    ok(nndyn_recorder_name(recorder, 0, 2, sizeof text, text, NULL));
    assert_string_equal(text, "output 0");
    assert_int_equal(sunk.count, 4);
    assert_true(sunk.steps[0] == 0 && sunk.steps[1] == 4 && sunk.steps[3] == 12);
    ok(nndyn_recorder_shape(recorder, 1, &columns, &rows, NULL));
    assert_true(columns == 0 && rows == 0);
    ok(nndyn_recorder_name(recorder, 1, -1, sizeof text, text, NULL));
    assert_string_equal(text, "sink");
    nt_fails(NNDYN_EARG, recorder, "no table", nndyn_recorder_rows(recorder, 1, 0, 0, values));
    nt_fails(NNDYN_EARG, recorder, "no table", nndyn_recorder_write_csv(recorder, 1, "none"));
    nndyn_options_free(options);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* One run of 12, or 5 and then, from a file with a new recorder, 7: the same rows in all. */
static void continued(void **unused)
{
    double whole[STEPS * 4], parts[STEPS * 4];
    char path[NT_PATH];
    int64_t columns, rows;
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_network *net;
    nndyn_trainer *again;
    nndyn_recorder *second;
    nndyn_options *even = integers("every", I64(2), NULL);
    const snapshot start = take(network, trainer, 0);
    (void)unused;
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &data));
    ok(nndyn_batches_create(data, NNDYN_BATCH_EPOCHS, 2, NULL, &batches));
    nt_ok(recorder, nndyn_recorder_add_training(recorder, even, NULL));
    nt_ok(trainer, nndyn_train_run(trainer, batches, STEPS, NULL));
    assert_int_equal(table(0, whole, &columns), STEPS / 2);
    ok(nndyn_network_set_parameters(network, start.parameters, start.theta));
    ok(nndyn_trainer_set_state(trainer, 0, NULL, 0)); /* set back: the cadence starts anew, rows are added */
    nt_ok(trainer, nndyn_train_run(trainer, batches, 5, NULL));
    nt_temporary(path);
    nt_ok(trainer, nndyn_trainer_save(trainer, path));
    ok(nndyn_recorder_shape(recorder, 0, NULL, &rows, NULL));
    assert_int_equal(rows, STEPS / 2 + 2);
    ok(nndyn_recorder_rows(recorder, 0, STEPS / 2, 2, parts));
    nt_ok(context, nndyn_trainer_load(context, path, &net, &again));
    nt_ok(again, nndyn_recorder_create(again, &second));
    nt_ok(second, nndyn_recorder_add_training(second, even, NULL));
    nt_ok(again, nndyn_train_run(again, batches, 7, NULL));
    ok(nndyn_recorder_shape(second, 0, NULL, &rows, NULL));
    assert_int_equal(rows, 4);
    ok(nndyn_recorder_rows(second, 0, 0, 4, parts + 2 * 4));
    nt_same(whole, parts, (int64_t)sizeof(double) * 4 * STEPS / 2);
    unlink(path);
    nndyn_recorder_free(second);
    nndyn_trainer_free(again);
    nndyn_network_free(net);
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
    nndyn_options_free(even);
}

/* Training with and without a recorder, with 1 and 8 threads: the same bits, and the same tables. */
static void bits(void **unused)
{
    enum { WIDE = 64, ROUNDS = 4 };
    static double big_x[256 * WIDE], theta[4][WIDE * WIDE + WIDE], values[2][ROUNDS * 3];
    (void)unused;
    nt_normal(5, 256 * WIDE, big_x);
    for (int i = 0; i < 4; i++) {
        nndyn_context *own;
        nndyn_network *net;
        nndyn_trainer *other;
        nndyn_recorder *tables = NULL;
        nndyn_dataset *data;
        nndyn_batches *batches;
        ok(nndyn_context_create(&own));
        ok(nndyn_context_set_threads(own, i % 2 == 0 ? 1 : 8));
        net = chain(own, NNDYN_F64, WIDE, 0, 0, WIDE, NNDYN_SQUARED_ERROR);
        ok(nndyn_dataset_create(own, 256, WIDE, big_x, WIDE, big_x, 1, &data));
        ok(nndyn_batches_create(data, NNDYN_BATCH_EPOCHS, 128, NULL, &batches));
        ok(nndyn_trainer_create(net, NNDYN_ADAM, &other));
        if (i >= 2) {
            ok(nndyn_recorder_create(other, &tables));
            ok(nndyn_recorder_add_evaluation(tables, data, NULL, NULL));
            ok(nndyn_recorder_add_updates(tables, 1, NULL, NULL, NULL));
            ok(nndyn_recorder_add_training(tables, NULL, NULL));
        }
        nt_ok(other, nndyn_train_run(other, batches, ROUNDS, NULL));
        ok(nndyn_network_get_parameters(net, WIDE * WIDE + WIDE, theta[i]));
        if (i >= 2) {
            ok(nndyn_recorder_rows(tables, 0, 0, ROUNDS, values[i - 2]));
        }
        nndyn_recorder_free(tables);
        nndyn_trainer_free(other);
        nndyn_batches_free(batches);
        nndyn_dataset_free(data);
        nndyn_network_free(net);
        nndyn_context_free(own);
    }
    for (int i = 1; i < 4; i++) {
        nt_same(theta[0], theta[i], sizeof theta[0]);
    }
    nt_same(values[0], values[1], sizeof(double) * ROUNDS * 2);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/* Many chunks, rows anywhere. */
static void long_tables(void **unused)
{
    enum { MANY = 9000 };
    double *values = malloc(sizeof *values * MANY * 2), some[6];
    int64_t columns;
    (void)unused;
    assert_non_null(values);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, NULL, NULL));
    steps(MANY);
    assert_int_equal(table(0, values, &columns), MANY);
    for (int64_t r = 0; r < MANY; r++) {
        assert_true(values[2 * r] == (double)(r + 1));
    }
    ok(nndyn_recorder_rows(recorder, 0, 2047, 3, some));
    nt_same(some, values + 2 * 2047, sizeof some);
    free(values);
}

static char *text_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    assert_true(file != NULL && text != NULL);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static int awkward(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    static const double list[] = {0.1, 1.0 / 3, -0.0, INFINITY, -INFINITY, NAN, 1e300, 5e-324, 12345678};
    (void)user, (void)net, (void)columns;
    row[0] = list[(step - 1) % count_of(list)];
    return 0;
}

static void csv(void **unused)
{
    char path[NT_PATH];
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "value", awkward, NULL, NULL, NULL));
    steps(9);
    nt_temporary(path);
    nt_ok(recorder, nndyn_recorder_write_csv(recorder, 0, path));
    char *text = text_of(path);
    assert_string_equal(text, "step,value\n1,0.1\n2,0.33333333333333331\n3,-0\n4,inf\n5,-inf\n6,nan\n7,1e+300\n"
                              "8,4.94065645841247e-324\n9,12345678\n");
    free(text);
    unlink(path);
}

static nndyn_options *file_options(const char *path, int append)
{
    nndyn_options *options = integers("append", I64(append), NULL);
    ok(nndyn_options_set_text(options, "file", path));
    return options;
}

/* A long run to a file, ended and continued, is the file of one run; memory holds one chunk. */
static void files(void **unused)
{
    enum { MANY = 5000, PART = 2100 };
    char path[NT_PATH], whole[NT_PATH];
    double row[2];
    int64_t rows, written;
    nndyn_options *options;
    (void)unused;
    nt_temporary(path);
    nt_temporary(whole);
    options = file_options(path, 0);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, options, NULL));
    nndyn_options_free(options);
    options = integers("name", I64(0), NULL);
    ok(nndyn_options_set_text(options, "name", "in memory"));
    nndyn_recorder *all;
    nt_ok(trainer, nndyn_recorder_create(trainer, &all));
    nt_ok(all, nndyn_recorder_add_parameters(all, 1, NULL, options, NULL));
    nndyn_options_free(options);
    steps(PART);
    ok(nndyn_recorder_shape(recorder, 0, NULL, &rows, &written));
    assert_true(rows == PART && written == 2048);
    nt_fails(NNDYN_ESTATE, recorder, path, nndyn_recorder_rows(recorder, 0, 2047, 2, row));
    nt_fails(NNDYN_ESTATE, recorder, "memory", nndyn_recorder_write_csv(recorder, 0, whole));
    ok(nndyn_recorder_rows(recorder, 0, PART - 1, 1, row));
    assert_true(row[0] == PART);
    nt_ok(recorder, nndyn_recorder_flush(recorder));
    nt_ok(recorder, nndyn_recorder_flush(recorder));
    ok(nndyn_recorder_shape(recorder, 0, NULL, NULL, &written));
    assert_true(written == PART);
    steps(10);
    nndyn_recorder_free(recorder); /* which writes the ten */
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    options = file_options(path, 1);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, options, NULL));
    nndyn_options_free(options);
    steps(MANY - PART - 10);
    nt_ok(recorder, nndyn_recorder_flush(recorder));
    nt_ok(all, nndyn_recorder_write_csv(all, 0, whole));
    char *one = text_of(path), *two = text_of(whole);
    assert_string_equal(one, two);
    free(one);
    free(two);
    unlink(path);
    unlink(whole);
    nndyn_recorder_free(all);
}

/* Several recorders of one trainer, each freed when it likes. */
static void several(void **unused)
{
    nndyn_recorder *more[3];
    int64_t rows;
    (void)unused;
    for (int i = 0; i < 3; i++) {
        nt_ok(trainer, nndyn_recorder_create(trainer, &more[i]));
        nt_ok(more[i], nndyn_recorder_add_training(more[i], NULL, NULL));
    }
    steps(1);
    nndyn_recorder_free(more[1]);
    steps(1);
    nndyn_recorder_free(more[0]);
    steps(1);
    ok(nndyn_recorder_shape(more[2], 0, NULL, &rows, NULL));
    assert_int_equal(rows, 3);
    nndyn_recorder_free(more[2]);
    steps(1);
}

#define with_recorder(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cadences),
        cmocka_unit_test(logarithmic_against_its_definition),
        with_recorder(probes_follow_their_cadence),
        with_recorder(built_in_probes),
        with_recorder(names),
        with_recorder(single_precision),
        with_recorder(accuracy),
        with_recorder(own_probes),
        with_recorder(continued),
        cmocka_unit_test(bits),
        with_recorder(long_tables),
        with_recorder(csv),
        with_recorder(files),
        with_recorder(several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
