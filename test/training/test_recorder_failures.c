/* test_recorder_failures.c - every documented error of the recorder; what stays done; lives, threads, memory. */
#include "training/recorder_fixture.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

static int setup(void **unused)
{
    (void)unused;
    return setup_with(NNDYN_MOMENTUM);
}

static int64_t rows_of(int64_t probe)
{
    int64_t rows;
    nt_ok(recorder, nndyn_recorder_shape(recorder, probe, NULL, &rows, NULL));
    return rows;
}

static int64_t steps_done(void)
{
    int64_t steps;
    ok(nndyn_trainer_progress(trainer, &steps, NULL));
    return steps;
}

static int nothing(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    (void)user, (void)step, (void)net, (void)columns, (void)row;
    return 0;
}

/* ---- arguments and options --------------------------------------------------------------------------------------- */

static nndyn_options *option(const char *name, const char *text, int64_t number)
{
    nndyn_options *options;
    ok(nndyn_options_create(context, &options));
    if (text != NULL) {
        ok(nndyn_options_set_text(options, name, text));
    } else {
        ok(nndyn_options_set_integer(options, name, number));
    }
    return options;
}

static void options_refused(void **unused)
{
    static const struct {
        const char *name, *text, *word;
        int64_t number;
    } rows[] = {
        {"every", NULL, "every", 0},        {"first", NULL, "first", 0},    {"per_decade", NULL, "per_decade", 0},
        {"per_decade", NULL, "1000", 1001}, {"initial", NULL, "step 0", 1}, {"initial", NULL, "initial", 2},
        {"evry", NULL, "every", 1},         {"name", "", "name", 0},        {"file", "", "file", 0},
        {"append", NULL, "file", 1},        {"offset", NULL, "offset", 0},  {"every", "often", "every", 0},
    };
    char name[ND_NAME_SIZE + 1];
    int64_t probe = -1;
    nndyn_options *options;
    (void)unused;
    for (int64_t i = 0; i < count_of(rows); i++) {
        options = option(rows[i].name, rows[i].text, rows[i].number);
        nt_fails(NNDYN_EOPTION, recorder, rows[i].word, nndyn_recorder_add_training(recorder, options, &probe));
        nndyn_options_free(options);
    }
    memset(name, 'n', sizeof name);
    name[ND_NAME_SIZE] = '\0';
    options = option("name", name, 0);
    nt_fails(NNDYN_EOPTION, recorder, "64", nndyn_recorder_add_training(recorder, options, &probe));
    nndyn_options_free(options);
    options = option("per_decade", NULL, 2);
    ok(nndyn_options_set_integer(options, "first", 3));
    nt_fails(NNDYN_EOPTION, recorder, "first", nndyn_recorder_add_training(recorder, options, &probe));
    ok(nndyn_options_set_integer(options, "every", 3));
    nt_fails(NNDYN_EOPTION, recorder, "every", nndyn_recorder_add_training(recorder, options, &probe));
    nndyn_options_free(options);
    options = option("file", "sink.csv", 0);
    nt_fails(NNDYN_EOPTION, recorder, "columns",
             nndyn_recorder_add_callback(recorder, NULL, nothing, NULL, options, &probe));
    nndyn_options_free(options);
    assert_true(probe == -1);
    ok(nndyn_recorder_probes(recorder, &probe));
    assert_int_equal(probe, 0);
    nt_ok(recorder, nndyn_recorder_add_training(recorder, NULL, &probe));
    nt_fails(NNDYN_EOPTION, recorder, "\"training\"", nndyn_recorder_add_training(recorder, NULL, &probe));
}

static void choices_refused(void **unused)
{
    static const int64_t low[] = {0, -1}, high[] = {SIZE};
    int64_t probe = -1;
    nndyn_options *offset = option("offset", NULL, 2);
    (void)unused;
    nt_fails(NNDYN_EARG, recorder, "count", nndyn_recorder_add_parameters(recorder, 0, NULL, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "count", nndyn_recorder_add_parameters(recorder, SIZE + 1, NULL, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "count", nndyn_recorder_add_updates(recorder, -1, low, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "indices[1]", nndyn_recorder_add_updates(recorder, 2, low, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "indices[0]", nndyn_recorder_add_gradients(recorder, 1, high, NULL, &probe));
    nt_fails(NNDYN_EOPTION, recorder, "offset", nndyn_recorder_add_gradients(recorder, SIZE - 1, NULL, offset, &probe));
    nt_fails(NNDYN_EOPTION, recorder, "offset", nndyn_recorder_add_gradients(recorder, 1, low, offset, &probe));
    nndyn_options_free(offset);
    offset = option("initial", NULL, 1);
    nt_fails(NNDYN_EOPTION, recorder, "updates", nndyn_recorder_add_updates(recorder, 1, low, offset, &probe));
    nt_fails(NNDYN_EOPTION, recorder, "gradients", nndyn_recorder_add_gradients(recorder, 1, low, offset, &probe));
    nndyn_options_free(offset);
    assert_true(probe == -1);
}

static void data_refused(void **unused)
{
    nndyn_dataset *good, *single, *narrow, *bare;
    int64_t probe = -1;
    (void)unused;
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &good));
    ok(nndyn_dataset_convert(good, NNDYN_F32, &single));
    ok(nndyn_dataset_create(context, N, IN - 1, x, OUT, t, 1, &narrow));
    ok(nndyn_dataset_create(context, N, IN, x, 0, NULL, 1, &bare));
    nt_fails(NNDYN_EARG, recorder, "dataset", nndyn_recorder_add_evaluation(recorder, NULL, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "dataset",
             nndyn_recorder_add_evaluation(recorder, (nndyn_dataset *)network, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "precision", nndyn_recorder_add_evaluation(recorder, single, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "inputs", nndyn_recorder_add_evaluation(recorder, narrow, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "targets", nndyn_recorder_add_evaluation(recorder, bare, NULL, &probe));
    assert_true(probe == -1);
    nndyn_dataset_free(good);
    nndyn_dataset_free(single);
    nndyn_dataset_free(narrow);
    nndyn_dataset_free(bare);
}

static void names_refused(void **unused)
{
    char name[ND_NAME_SIZE + 1];
    int64_t probe = -1;
    (void)unused;
    memset(name, 'n', sizeof name);
    name[ND_NAME_SIZE] = '\0';
    static const char *const bad[] = {"a,,b", ",a", "a,", "a\nb", "\"a\"", "a,b\x7f"};
    for (int64_t i = 0; i < count_of(bad); i++) {
        nt_fails(NNDYN_EARG, recorder, "columns",
                 nndyn_recorder_add_callback(recorder, bad[i], nothing, NULL, NULL, &probe));
    }
    nt_fails(NNDYN_EARG, recorder, "64", nndyn_recorder_add_callback(recorder, name, nothing, NULL, NULL, &probe));
    nt_fails(NNDYN_EARG, recorder, "evaluate", nndyn_recorder_add_callback(recorder, "a", NULL, NULL, NULL, &probe));
    assert_true(probe == -1);
    name[ND_NAME_SIZE - 1] = '\0';
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, name, nothing, NULL, NULL, &probe));
}

static void arguments_refused(void **unused)
{
    static const int64_t good[] = {1}, equal[] = {2, 2}, zero[] = {0, 1}, late[] = {ND_MOST_STEPS + 1};
    nndyn_recorder *out = NULL;
    double row[8] = {-1};
    char text[4] = "abc";
    int64_t value = -1;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_training(recorder, NULL, NULL));
    nt_fails(NNDYN_EARG, trainer, "out", nndyn_recorder_create(trainer, NULL));
    assert_int_equal(nndyn_recorder_create(NULL, &out), NNDYN_EARG);
    assert_int_equal(nndyn_recorder_create((nndyn_trainer *)network, &out), NNDYN_EARG);
    assert_null(out);
    assert_int_equal(nndyn_recorder_add_training(NULL, NULL, NULL), NNDYN_EARG);
    nt_fails(NNDYN_EARG, recorder, "probe", nndyn_recorder_set_steps(recorder, 1, 1, good));
    nt_fails(NNDYN_EARG, recorder, "count", nndyn_recorder_set_steps(recorder, 0, 0, good));
    nt_fails(NNDYN_EARG, recorder, "steps", nndyn_recorder_set_steps(recorder, 0, 1, NULL));
    nt_fails(NNDYN_EARG, recorder, "steps[1]", nndyn_recorder_set_steps(recorder, 0, 2, equal));
    nt_fails(NNDYN_EARG, recorder, "steps[0]", nndyn_recorder_set_steps(recorder, 0, 2, zero));
    nt_fails(NNDYN_EARG, recorder, "steps[0]", nndyn_recorder_set_steps(recorder, 0, 1, late));
    nt_fails(NNDYN_EARG, recorder, "probes", nndyn_recorder_probes(recorder, NULL));
    nt_fails(NNDYN_EARG, recorder, "probe", nndyn_recorder_shape(recorder, -1, &value, &value, &value));
    nt_fails(NNDYN_EARG, recorder, "probe", nndyn_recorder_name(recorder, 1, 0, 4, text, &value));
    nt_fails(NNDYN_EARG, recorder, "column", nndyn_recorder_name(recorder, 0, 4, 4, text, &value));
    nt_fails(NNDYN_EARG, recorder, "column", nndyn_recorder_name(recorder, 0, -2, 4, text, &value));
    nt_fails(NNDYN_EARG, recorder, "capacity", nndyn_recorder_name(recorder, 0, 0, -1, text, &value));
    nt_fails(NNDYN_EARG, recorder, "text", nndyn_recorder_name(recorder, 0, 0, 4, NULL, &value));
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    nt_fails(NNDYN_EARG, recorder, "probe", nndyn_recorder_rows(recorder, 1, 0, 1, row));
    nt_fails(NNDYN_EARG, recorder, "first", nndyn_recorder_rows(recorder, 0, 2, 0, row));
    nt_fails(NNDYN_EARG, recorder, "count", nndyn_recorder_rows(recorder, 0, 0, 2, row));
    nt_fails(NNDYN_EARG, recorder, "rows", nndyn_recorder_rows(recorder, 0, 0, 1, NULL));
    nt_ok(recorder, nndyn_recorder_rows(recorder, 0, 1, 0, NULL));
    nt_fails(NNDYN_EARG, recorder, "probe", nndyn_recorder_write_csv(recorder, 1, "none"));
    nt_fails(NNDYN_EARG, recorder, "path", nndyn_recorder_write_csv(recorder, 0, NULL));
    nt_fails(NNDYN_EIO, recorder, "none", nndyn_recorder_write_csv(recorder, 0, "/none/none.csv"));
    assert_true(value == -1 && row[0] == -1 && strcmp(text, "abc") == 0);
}

/* ---- failing probes ---------------------------------------------------------------------------------------------- */

static int fail_at(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    (void)net, (void)columns;
    row[0] = 1;
    return step == *(const int64_t *)user ? 5 : 0;
}

/* The step is done, the row is missing, the other probes have theirs; the next call goes on. */
static void failing_probe(void **unused)
{
    int64_t when = 3;
    double loss = -1, row[2];
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_options *second = option("name", "second", 0);
    (void)unused;
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &data));
    ok(nndyn_batches_create(data, NNDYN_BATCH_FULL, N, NULL, &batches));
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", fail_at, &when, NULL, NULL));
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", fail_at, &when, second, NULL));
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, 1, NULL, NULL, NULL));
    nt_fails(NNDYN_ECALLBACK, trainer, "nndyn_train_run: probe \"callback\" failed after the step, which is done, to 3",
             nndyn_train_run(trainer, batches, 5, &loss));
    assert_non_null(strstr(nndyn_message(trainer), "returned 5"));
    assert_true(loss == -1 && steps_done() == 3);
    assert_true(rows_of(0) == 2 && rows_of(1) == 2 && rows_of(2) == 3);
    nt_ok(trainer, nndyn_train_run(trainer, batches, 2, &loss));
    assert_true(rows_of(0) == 4 && rows_of(2) == 5);
    ok(nndyn_recorder_rows(recorder, 0, 2, 1, row));
    assert_true(row[0] == 4);
    when = 6;
    nt_fails(NNDYN_ECALLBACK, trainer, "callback", nndyn_train_step(trainer, N, x, t, NULL));
    assert_int_equal(steps_done(), 6);
    nndyn_options_free(second);
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
}

/* At step 0 nothing is done yet, and the next call measures it again: once. */
static void failing_at_zero(void **unused)
{
    const snapshot before = take(network, trainer, 0);
    int64_t when = 0;
    snapshot now;
    nndyn_options *initial = option("initial", NULL, 1);
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", fail_at, &when, initial, NULL));
    nt_fails(NNDYN_ECALLBACK, trainer, "at step 0", nndyn_train_step(trainer, N, x, t, NULL));
    now = take(network, trainer, 0);
    assert_same(&before, &now);
    assert_int_equal(rows_of(0), 0);
    when = -1;
    const double bad[N * IN] = {NAN};
    nt_fails(NNDYN_EDATA, trainer, "x", nndyn_train_step(trainer, N, bad, t, NULL)); /* measures nothing */
    assert_int_equal(rows_of(0), 0);
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    assert_int_equal(rows_of(0), 2);
    nndyn_options_free(initial);
}

/* A step that fails has no row. */
static void failing_step(void **unused)
{
    double infinite = INFINITY;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_updates(recorder, SIZE, NULL, NULL, NULL));
    ok(nndyn_network_set_custom_loss(network, 1, slope_loss, &infinite));
    assert_int_equal(nndyn_train_step(trainer, N, x, t, NULL), NNDYN_ENUMERIC);
    assert_int_equal(rows_of(0), 0);
    ok(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    assert_int_equal(rows_of(0), 1);
}

/* An evaluation whose loss is not finite says so, through the trainer. */
static void failing_evaluation(void **unused)
{
    static const double huge[IN] = {1e200, 1e200, 1e200}, zero[OUT] = {0};
    nndyn_dataset *data;
    (void)unused;
    ok(nndyn_dataset_create(context, 1, IN, huge, OUT, zero, 1, &data));
    nt_ok(recorder, nndyn_recorder_add_evaluation(recorder, data, NULL, NULL));
    nt_fails(NNDYN_ENUMERIC, trainer, "\"evaluation\"", nndyn_train_step(trainer, N, x, t, NULL));
    assert_int_equal(steps_done(), 1);
    nndyn_dataset_free(data);
}

static int cancel(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    (void)user, (void)net, (void)columns, (void)row;
    return step == 4 ? nndyn_context_cancel(context) : 0;
}

/* Canceled from within: the run stops after that step, whose row is there. */
static void canceled(void **unused)
{
    nndyn_dataset *data;
    nndyn_batches *batches;
    (void)unused;
    ok(nndyn_dataset_create(context, N, IN, x, OUT, t, 1, &data));
    ok(nndyn_batches_create(data, NNDYN_BATCH_FULL, N, NULL, &batches));
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", cancel, NULL, NULL, NULL));
    nt_fails(NNDYN_ECANCELED, trainer, "cancel", nndyn_train_run(trainer, batches, 9, NULL));
    assert_true(steps_done() == 4 && rows_of(0) == 4);
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void files_refused(void **unused)
{
    char path[NT_PATH];
    nndyn_options *options;
    int64_t probe = -1;
    (void)unused;
    nt_temporary(path);
    options = option("file", path, 0);
    write_text(path, "step,loss,rate,gradient_norm\n1,2,3,4\n");
    nt_fails(NNDYN_EIO, recorder, "append", nndyn_recorder_add_training(recorder, options, &probe));
    ok(nndyn_options_set_integer(options, "append", 1));
    nt_fails(NNDYN_EFORMAT, recorder, "first line", nndyn_recorder_add_gradients(recorder, 1, NULL, options, &probe));
    write_text(path, "step,loss,rate");
    nt_fails(NNDYN_EFORMAT, recorder, "first line", nndyn_recorder_add_training(recorder, options, &probe));
    write_text(path, "step,loss,rate,gradient_norm\n1,2,3");
    nt_fails(NNDYN_EFORMAT, recorder, "within a line", nndyn_recorder_add_training(recorder, options, &probe));
    ok(nndyn_options_set_text(options, "file", "/none/none.csv"));
    nt_fails(NNDYN_EIO, recorder, "none.csv", nndyn_recorder_add_training(recorder, options, &probe));
    ok(nndyn_options_set_text(options, "file", "/dev/null"));
    nt_fails(NNDYN_EIO, recorder, "regular", nndyn_recorder_add_training(recorder, options, &probe));
    assert_true(probe == -1);
    unlink(path);
    ok(nndyn_options_set_text(options, "file", path)); /* "append" to a file that is not there yet makes it */
    nt_ok(recorder, nndyn_recorder_add_training(recorder, options, &probe));
    assert_int_equal(access(path, F_OK), 0);
    nndyn_options_free(options);
    unlink(path);
}

/* Bytes a file may have, as if a disk were full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A full disk: the step is not made, whole lines are in the file, and no row is lost or written twice. */
static void disk_full(void **unused)
{
    enum { ROWS = 4096 / (SIZE + 1), FULL = 10000 };
    char path[NT_PATH], *text = calloc(1, 1 << 20);
    int lines = -1; /* not that of names */
    nndyn_options *options;
    (void)unused;
    assert_non_null(text);
    nt_temporary(path);
    options = option("file", path, 0);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, SIZE, NULL, options, NULL));
    for (int i = 0; i < ROWS; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    }
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_files(FULL);
    const int stepped = nndyn_train_step(trainer, N, x, t, NULL);
    const int flushed = nndyn_recorder_flush(recorder);
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_true(stepped == NNDYN_EIO && flushed == NNDYN_EIO);
    assert_non_null(strstr(nndyn_message(trainer), "\"parameters\" failed before step"));
    assert_non_null(strstr(nndyn_message(recorder), path));
    assert_int_equal(steps_done(), ROWS);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t names = fread(text, 1, FULL, file);
    assert_true(names > 0 && strchr(text, '\n') == text + names - 1); /* the line of names alone */
    fclose(file);
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    nt_ok(recorder, nndyn_recorder_flush(recorder));
    file = fopen(path, "rb");
    assert_non_null(file);
    while (fgets(text, 1 << 20, file) != NULL) {
        assert_true(lines < 0 || atoi(text) == lines + 1);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, ROWS + 1);
    nndyn_options_free(options);
    unlink(path);
    free(text);
}

/* ---- lives ------------------------------------------------------------------------------------------------------- */

static void any_order(void **unused)
{
    (void)unused;
    for (int order = 0; order < 24; order++) {
        nt_allocator a = {0};
        nndyn_context *own = nt_context(&a);
        nndyn_network *net = linear(own, NNDYN_F64, IN, OUT, NNDYN_SQUARED_ERROR);
        nndyn_trainer *other = trainer_with(own, net, NNDYN_SGD, "rate", 0.1, NULL);
        nndyn_recorder *r;
        nndyn_dataset *data;
        int left[4] = {0, 1, 2, 3}, code = order;
        ok(nndyn_dataset_create(own, N, IN, x, OUT, t, 1, &data));
        ok(nndyn_recorder_create(other, &r));
        ok(nndyn_recorder_add_evaluation(r, data, NULL, NULL));
        ok(nndyn_recorder_add_updates(r, 2, NULL, NULL, NULL));
        ok(nndyn_train_step(other, N, x, t, NULL));
        nndyn_context_free(own);
        for (int count = 4; count > 0; count--) {
            const int pick = code % count;
            code /= count;
            switch (left[pick]) {
            case 0:
                nndyn_network_free(net);
                break;
            case 1:
                nndyn_trainer_free(other);
                break;
            case 2:
                nndyn_recorder_free(r);
                break;
            default:
                nndyn_dataset_free(data);
            }
            left[pick] = left[count - 1];
        }
        nt_no_leak(&a);
    }
}

/* Freed by the callback it runs: it ends with the call. */
static int free_it(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    nndyn_recorder **own = user;
    (void)step, (void)net, (void)columns, (void)row;
    nndyn_recorder_free(*own);
    *own = NULL;
    return 0;
}

static void freed_within(void **unused)
{
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", free_it, &recorder, NULL, NULL));
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    assert_null(recorder);
    assert_int_equal(atomic_load(&trainer->recorders.count), 0);
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
}

/* Who is busy while a probe measures. */
static int look_around(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    int64_t count;
    double loss;
    (void)step, (void)columns;
    *(int *)user = nndyn_recorder_probes(recorder, &count) == NNDYN_EBUSY &&
                   nndyn_trainer_progress(trainer, &count, NULL) == NNDYN_EBUSY &&
                   nndyn_train_step(trainer, N, x, t, &loss) == NNDYN_EBUSY &&
                   nndyn_network_get_parameters(net, SIZE, row) == NNDYN_OK;
    return 0;
}

static void busy(void **unused)
{
    int right = 0;
    const snapshot before = take(network, trainer, 0);
    snapshot now;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a,b,c,d,e,f", look_around, &right, NULL, NULL));
    ok(nd_enter(recorder, ND_RECORDER, "another call"));
    nt_fails(NNDYN_EBUSY, trainer, "recorder", nndyn_train_step(trainer, N, x, t, NULL));
    now = take(network, trainer, 0);
    assert_same(&before, &now);
    nd_leave(recorder, NNDYN_OK);
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    assert_true(right);
}

/* A callback that leaves the network in use, as another thread would: the step is done, and the network not let go. */
static int take_network(void *user, int64_t step, nndyn_network *net, int64_t columns, double *row)
{
    (void)user, (void)step, (void)columns, (void)row;
    return nd_enter(net, ND_NETWORK, "another call");
}

static void network_taken(void **unused)
{
    int64_t count;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_callback(recorder, "a", take_network, NULL, NULL, NULL));
    nt_fails(NNDYN_EBUSY, trainer, "network", nndyn_train_step(trainer, N, x, t, NULL));
    assert_int_equal(steps_done(), 1);
    assert_int_equal(nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL), NNDYN_EBUSY);
    nd_leave(network, NNDYN_OK);
    ok(nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL));
}

/* Recorders that are made by the training thread are freed by another one while it trains. */
enum { ROUNDS = 200 };
static _Atomic(nndyn_recorder *) handed;

static void *free_them(void *unused)
{
    for (int freed = 0; freed < ROUNDS;) {
        nndyn_recorder *one = atomic_exchange(&handed, NULL);
        if (one != NULL) {
            nndyn_recorder_free(one);
            freed++;
        }
    }
    return unused;
}

static void freed_elsewhere(void **unused)
{
    pthread_t thread;
    (void)unused;
    assert_int_equal(pthread_create(&thread, NULL, free_them, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        nndyn_recorder *one, *expected = NULL;
        nt_ok(trainer, nndyn_recorder_create(trainer, &one));
        nt_ok(one, nndyn_recorder_add_training(one, NULL, NULL));
        while (!atomic_compare_exchange_weak(&handed, &expected, one)) {
            expected = NULL;
            nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
        }
        nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    }
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&trainer->recorders.count), 1);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* A step at which nothing is due allocates nothing; one that is due, only when a chunk is full. */
static void allocations(void **unused)
{
    nt_allocator a = {0};
    nndyn_context *own = nt_context(&a);
    nndyn_network *net = linear(own, NNDYN_F64, IN, OUT, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other = trainer_with(own, net, NNDYN_SGD, "rate", 0.01, NULL);
    nndyn_recorder *r;
    nndyn_options *options;
    (void)unused;
    ok(nndyn_options_create(own, &options));
    ok(nndyn_options_set_integer(options, "every", 50));
    ok(nndyn_recorder_create(other, &r));
    ok(nndyn_recorder_add_updates(r, SIZE, NULL, options, NULL));
    ok(nndyn_recorder_add_training(r, options, NULL));
    nndyn_options_free(options);
    ok(nndyn_train_step(other, N, x, t, NULL)); /* the workspace */
    const int64_t before = atomic_load(&a.calls);
    for (int i = 2; i < 50; i++) {
        ok(nndyn_train_step(other, N, x, t, NULL));
    }
    assert_int_equal(atomic_load(&a.calls), before);
    ok(nndyn_train_step(other, N, x, t, NULL));
    assert_int_equal(atomic_load(&a.calls), before + 4); /* a chunk and the list of chunks, for each table */
    for (int i = 51; i < 500; i++) {
        ok(nndyn_train_step(other, N, x, t, NULL));
    }
    assert_int_equal(atomic_load(&a.calls), before + 4);
    nndyn_recorder_free(r);
    nndyn_trainer_free(other);
    nndyn_network_free(net);
    nndyn_context_free(own);
    nt_no_leak(&a);
}

/* At the limit the step is not made, and what was recorded stays; with a file the limit is never met. */
static void memory_limit(void **unused)
{
    enum { ROWS = 4096 / (SIZE + 1) };
    char path[NT_PATH];
    nndyn_options *options;
    (void)unused;
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, SIZE, NULL, NULL, NULL));
    nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    ok(nndyn_context_set_memory_limit(context, 3 * 32768));
    for (int i = 1; i < 2 * ROWS; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    }
    for (int i = 0; i < ROWS; i++) {
        if (nndyn_train_step(trainer, N, x, t, NULL) != NNDYN_OK) {
            break;
        }
    }
    nt_fails(NNDYN_ELIMIT, trainer, "98304", nndyn_train_step(trainer, N, x, t, NULL));
    assert_non_null(strstr(nndyn_message(trainer), "\"parameters\""));
    assert_non_null(strstr(nndyn_message(trainer), "file"));
    const int64_t done = steps_done();
    assert_true(done >= 2 * ROWS && rows_of(0) == done);
    nndyn_recorder_free(recorder);
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_temporary(path);
    options = option("file", path, 0);
    nt_ok(recorder, nndyn_recorder_add_parameters(recorder, SIZE, NULL, options, NULL));
    nndyn_options_free(options);
    for (int i = 0; i < 5 * ROWS; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, N, x, t, NULL));
    }
    assert_int_equal(rows_of(0), 5 * ROWS);
    unlink(path);
}

static int add_probes(nndyn_context *own, nndyn_recorder *r, nndyn_dataset *data, const char *path)
{
    static const int64_t some[] = {3, 1};
    nndyn_options *options = NULL;
    int status = nndyn_options_create(own, &options);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_text(options, "file", path);
    }
    if (status == NNDYN_OK) {
        status = nndyn_recorder_add_training(r, options, NULL);
    }
    nndyn_options_free(options);
    ND_TRY(status);
    ND_TRY(nndyn_recorder_add_parameters(r, 2, some, NULL, NULL));
    ND_TRY(nndyn_recorder_add_updates(r, 2, some, NULL, NULL));
    ND_TRY(nndyn_recorder_add_gradients(r, 2, NULL, NULL, NULL));
    ND_TRY(nndyn_recorder_add_callback(r, "a,b", nothing, NULL, NULL, NULL));
    ND_TRY(nndyn_recorder_set_steps(r, 1, 2, (const int64_t[]){0, 1}));
    return nndyn_recorder_add_evaluation(r, data, NULL, NULL);
}

/* Making, adding, stepping, writing.  Where a table lacks memory the step is not made. */
static int everything(nt_allocator *a, void *user)
{
    nndyn_recorder *r = NULL;
    nndyn_dataset *data;
    char path[NT_PATH], table[NT_PATH];
    double loss;
    int status;
    (void)user;
    nt_temporary(path);
    nt_temporary(table);
    nt_pause(a);
    nndyn_context *own = nt_context(a);
    nndyn_network *net = linear(own, NNDYN_F64, IN, OUT, NNDYN_SQUARED_ERROR);
    nndyn_trainer *other = trainer_with(own, net, NNDYN_SGD, "rate", 0.01, NULL);
    ok(nndyn_dataset_create(own, N, IN, x, OUT, t, 1, &data));
    ok(nndyn_train_step(other, N, x, t, NULL));
    ok(nndyn_trainer_set_state(other, 0, NULL, 0));
    ok(nndyn_network_evaluate(net, data, &loss, NULL)); /* so that there is a workspace for it */
    const snapshot before = take(net, other, 0);
    nt_resume(a);
    status = nndyn_recorder_create(other, &r);
    if (status == NNDYN_OK) {
        status = add_probes(own, r, data, path);
    }
    if (status == NNDYN_OK) {
        status = nndyn_train_step(other, 1, x, t, NULL);
        if (status != NNDYN_OK) {
            const snapshot now = take(net, other, 0);
            assert_same(&before, &now);
        }
    }
    if (status == NNDYN_OK) {
        status = nndyn_recorder_write_csv(r, 5, table);
    }
    unlink(path);
    unlink(table);
    nndyn_recorder_free(r);
    nndyn_trainer_free(other);
    nndyn_network_free(net);
    nndyn_dataset_free(data);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **unused)
{
    (void)unused;
    nt_every_allocation(everything, NULL);
}

#define with_recorder(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_recorder(options_refused), with_recorder(choices_refused),   with_recorder(data_refused),
        with_recorder(names_refused),   with_recorder(arguments_refused), with_recorder(failing_probe),
        with_recorder(failing_at_zero), with_recorder(failing_step),      with_recorder(failing_evaluation),
        with_recorder(canceled),        with_recorder(files_refused),     with_recorder(disk_full),
        cmocka_unit_test(any_order),    with_recorder(freed_within),      with_recorder(busy),
        with_recorder(network_taken),   with_recorder(freed_elsewhere),   cmocka_unit_test(allocations),
        with_recorder(memory_limit),    with_recorder(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
