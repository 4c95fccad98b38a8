/* test_sweep_training.c - the training cell: against the same by hand, its settings, its errors, its forecast. */
#include "experiments/sweep_fixture.h"
#include "nndyn/derivatives.h"
#include "nndyn/linalg.h"
#include "nndyn/separation.h"
#include "nndyn/training.h"

enum { SAMPLES = 90, INPUTS = 6, CLASSES = 3 };

/* Three clouds, of which two overlap; the second half of the samples is for testing. */
static void make_data(int f32, nndyn_dataset **train, nndyn_dataset **test)
{
    static double x[2 * SAMPLES * INPUTS];
    static float single[2 * SAMPLES * INPUTS];
    int64_t labels[2 * SAMPLES];
    nt_normal(11, 2 * SAMPLES * INPUTS, x);
    for (int i = 0; i < 2 * SAMPLES; i++) {
        labels[i] = i % CLASSES;
        x[i * INPUTS + i % CLASSES] += 1.5;
    }
    nt_to_f32(2 * SAMPLES * INPUTS, x, single);
    const int64_t half = SAMPLES * INPUTS;
    if (f32) {
        nt_ok(context, nndyn_dataset_create_labels_f32(context, SAMPLES, INPUTS, single, CLASSES, labels, 1, train));
        nt_ok(context, nndyn_dataset_create_labels_f32(context, SAMPLES, INPUTS, single + half, CLASSES,
                                                       labels + SAMPLES, 1, test));
        return;
    }
    nt_ok(context, nndyn_dataset_create_labels(context, SAMPLES, INPUTS, x, CLASSES, labels, 1, train));
    nt_ok(context, nndyn_dataset_create_labels(context, SAMPLES, INPUTS, x + half, CLASSES, labels + SAMPLES, 1, test));
}

static double column(nndyn_sweep *sweep, int64_t cell, const char *name)
{
    int64_t axes, columns;
    double rows[64];
    char text[64];
    nt_ok(sweep, nndyn_sweep_shape(sweep, &axes, NULL, NULL, NULL, &columns));
    assert_true(columns <= 64);
    nt_ok(sweep, nndyn_sweep_rows(sweep, cell, 1, rows));
    for (int64_t c = 0; c < columns; c++) {
        nt_ok(sweep, nndyn_sweep_name(sweep, axes + c, sizeof text, text, NULL));
        if (strcmp(text, name) == 0) {
            return rows[c];
        }
    }
    fail_msg("no column %s", name);
    return 0;
}

static nndyn_options *small_options(void)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "layers", 2));
    nt_ok(options, nndyn_options_set_integer(options, "width", 7));
    nt_ok(options, nndyn_options_set_integer(options, "epochs", 12));
    nt_ok(options, nndyn_options_set_double(options, "rate", 0.01));
    return options;
}

/* ---- the protocol by hand ---------------------------------------------------------------------------------------- */

static nndyn_network *network_by_hand(nndyn_context *c, double slope, double dropout)
{
    nndyn_network *net;
    nndyn_options *o;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "parameter", slope));
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, INPUTS, &net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    for (int l = 0; l < 2; l++) {
        nt_ok(net, nndyn_network_add_dense(net, 7, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
        nt_ok(net, nndyn_network_add_activation(net, NNDYN_LEAKY_RELU, o));
        if (dropout > 0) {
            nt_ok(net, nndyn_network_add_dropout(net, dropout));
        }
    }
    nt_ok(net, nndyn_network_add_dense(net, CLASSES, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nndyn_options_free(o);
    return net;
}

typedef struct by_hand {
    double loss, train_loss, train_accuracy, test_loss, test_accuracy;
    double d[3], curve[6], top, trace;
} by_hand;

static void measure_by_hand(nndyn_context *c, nndyn_network *net, nndyn_dataset *train, nndyn_dataset *test,
                            by_hand *out)
{
    static double x[SAMPLES * INPUTS], t[SAMPLES * CLASSES];
    nndyn_operator *hessian;
    nt_ok(net, nndyn_network_evaluate(net, train, &out->train_loss, &out->train_accuracy));
    nt_ok(net, nndyn_network_evaluate(net, test, &out->test_loss, &out->test_accuracy));
    nt_ok(net, nndyn_network_separation(net, train, NULL, 3, 1, out->d, NULL, NULL, NULL, NULL));
    nt_ok(c, nndyn_load_curve(c, 3, out->d, NULL, NULL, 6, out->curve, NULL));
    nt_ok(train, nndyn_dataset_get(train, 0, SAMPLES, x, t, NULL));
    nt_ok(net, nndyn_hessian_operator(net, SAMPLES, x, t, NULL, &hessian));
    nt_ok(hessian, nndyn_eigenpairs(hessian, 1, NULL, &out->top, NULL, NULL, NULL));
    nt_ok(hessian, nndyn_trace(hessian, NULL, &out->trace, NULL));
    nndyn_operator_free(hessian);
}

static void train_by_hand(int64_t seed, double slope, double dropout, by_hand *out)
{
    nndyn_context *c;
    nndyn_dataset *train, *test;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    nndyn_options *o;
    make_data(0, &train, &test);
    nt_ok(context, nndyn_context_create(&c));
    nt_ok(c, nndyn_context_set_seed(c, seed));
    nndyn_network *net = network_by_hand(c, slope, dropout);
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "rate", 0.01));
    nt_ok(train, nndyn_batches_create(train, NNDYN_BATCH_FULL, 0, NULL, &batches));
    nt_ok(net, nndyn_trainer_create_with(net, NNDYN_ADAM, o, &trainer));
    for (int e = 0; e < 12; e++) {
        nt_ok(trainer, nndyn_train_run(trainer, batches, 1, &out->loss));
    }
    measure_by_hand(c, net, train, test, out);
    nndyn_options_free(o);
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    nndyn_network_free(net);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_context_free(c);
}

static void compare_with_hand(nndyn_sweep *sweep, int64_t cell, const by_hand *want)
{
    static const char *const curve[] = {"v", "c", "kappa", "sigma", "bow", "r_squared"};
    nt_near(column(sweep, cell, "epochs_made"), 12, 0);
    nt_near(column(sweep, cell, "loss"), want->loss, 0);
    nt_near(column(sweep, cell, "train_loss"), want->train_loss, 0);
    nt_near(column(sweep, cell, "train_accuracy"), want->train_accuracy, 0);
    nt_near(column(sweep, cell, "test_loss"), want->test_loss, 0);
    nt_near(column(sweep, cell, "test_accuracy"), want->test_accuracy, 0);
    nt_near(column(sweep, cell, "separation_0"), want->d[0], 0);
    nt_near(column(sweep, cell, "separation_2"), want->d[2], 0);
    for (int i = 0; i < 6; i++) {
        nt_near(column(sweep, cell, curve[i]), want->curve[i], 0);
    }
    nt_near(column(sweep, cell, "hessian_top"), want->top, 0);
    nt_near(column(sweep, cell, "hessian_trace"), want->trace, 0);
}

/* The same bits as the public functions called one after another, in every cell, on four threads. */
static void test_by_hand(void **state)
{
    const double dropouts[] = {0, 0.25}, negative[] = {0, 0.5};
    nndyn_context *four;
    nndyn_sweep *sweep;
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    (void)state;
    make_data(0, &train, &test);
    nt_ok(options, nndyn_options_set_integer(options, "hessian", 1));
    nt_ok(context, nndyn_context_create(&four));
    nt_ok(four, nndyn_context_set_threads(four, 4));
    nt_ok(four, nndyn_sweep_create(four, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "dropout", 2, dropouts));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "slope", 2, negative));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 3, 2));
    nndyn_options_free(options);
    nndyn_dataset_free(train); /* the sweep keeps what it needs */
    nndyn_dataset_free(test);
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    for (int i = 0; i < 8; i++) {
        by_hand want;
        train_by_hand(3 + i % 2, negative[i / 2 % 2], dropouts[i / 4], &want);
        compare_with_hand(sweep, i, &want);
    }
    nndyn_sweep_free(sweep);
    nndyn_context_free(four);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

/* Every setting of a training cell once away from its default, and what changes with it. */
static void test_settings(void **state)
{
    static const struct {
        const char *name;
        double value;
        const char *text;
    } list[] = {
        {"layers", 3, NULL},          {"width", 9, NULL},
        {"activation", 0, "tanh"},    {"slope", 0.3, NULL},
        {"batch_norm", 0, NULL},      {"input_norm", 0, NULL},
        {"dropout", 0.1, NULL},       {"initialization", 0, "he_normal"},
        {"optimizer", 0, "momentum"}, {"rate", 0.02, NULL},
        {"weight_decay", 0.1, NULL},  {"batch", 30, NULL},
        {"epochs", 13, NULL},         {"schedule", 0, "step"},
        {"schedule", 0, "cosine"},    {"schedule", 0, "linear"},
        {"label_noise", 0.3, NULL},   {"input_noise", 0.2, NULL},
        {"noise", 0.2, NULL},         {"relative_input_noise", 0.2, NULL},
        {"stop_loss", 0.9, NULL},     {"stop_change", 0.5, NULL},
        {"dtype", 0, "f32"},          {"metric", 0, "he_su"},
    };
    nndyn_dataset *train, *test;
    nndyn_sweep *sweep;
    double losses[1 + sizeof list / sizeof *list];
    const int count = (int)(sizeof list / sizeof *list);
    (void)state;
    make_data(0, &train, &test);
    for (int i = 0; i <= count; i++) {
        nndyn_options *options = small_options();
        if (i < count && list[i].text) {
            nt_ok(options, nndyn_options_set_text(options, list[i].name, list[i].text));
        } else if (i < count && list[i].value == floor(list[i].value)) {
            nt_ok(options, nndyn_options_set_integer(options, list[i].name, (int64_t)list[i].value));
        } else if (i < count) {
            nt_ok(options, nndyn_options_set_double(options, list[i].name, list[i].value));
        }
        nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
        nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
        nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
        const int metric = i < count && strcmp(list[i].name, "metric") == 0;
        losses[i] = column(sweep, 0, metric ? "separation_1" : "train_loss");
        nndyn_sweep_free(sweep);
        nndyn_options_free(options);
    }
    for (int i = 0; i < count; i++) {
        if (losses[i] == losses[count] || !isfinite(losses[i])) {
            fail_msg("%s makes no difference: %g", list[i].name, losses[i]);
        }
    }
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* A text stands on an axis by its number; an axis is the same as an option. */
static void test_axes_of_texts(void **state)
{
    static const struct {
        const char *name, *text;
        double number;
    } list[] = {{"activation", "tanh", NNDYN_TANH},
                {"optimizer", "rmsprop", NNDYN_RMSPROP},
                {"schedule", "cosine", NNDYN_SCHEDULE_COSINE},
                {"initialization", "orthogonal", 7}};
    nndyn_dataset *train, *test;
    (void)state;
    make_data(1, &train, &test);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        double losses[2];
        for (int axis = 0; axis < 2; axis++) {
            nndyn_options *options = small_options();
            nndyn_sweep *sweep;
            nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
            nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
            if (axis) {
                nt_ok(sweep, nndyn_sweep_add_axis(sweep, list[i].name, 1, &list[i].number));
            } else {
                nt_ok(options, nndyn_options_set_text(options, list[i].name, list[i].text));
            }
            nt_ok(sweep, nndyn_sweep_set_training(sweep, train, NULL, options));
            nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
            losses[axis] = column(sweep, 0, "train_loss");
            assert_true(isnan(column(sweep, 0, "test_loss")));
            nndyn_sweep_free(sweep);
            nndyn_options_free(options);
        }
        nt_near(losses[0], losses[1], 0);
    }
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* Cells of fewer layers leave the separations beyond them NaN. */
static void test_depths(void **state)
{
    const double depths[] = {3, 1};
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    (void)state;
    make_data(0, &train, &test);
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "layers", 2, depths));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    assert_true(isfinite(column(sweep, 0, "separation_3")));
    assert_true(isfinite(column(sweep, 1, "separation_1")) && isnan(column(sweep, 1, "separation_2")));
    nt_near(column(sweep, 1, "v"), 0, 0);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

static void test_early_stop(void **state)
{
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    (void)state;
    make_data(0, &train, &test);
    nt_ok(options, nndyn_options_set_double(options, "stop_loss", 1e3));
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nt_near(column(sweep, 0, "epochs_made"), 1, 0);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void set_fails(int status, const char *word, nndyn_dataset *train, nndyn_dataset *test, const char *axis,
                      double value)
{
    nndyn_sweep *sweep;
    nndyn_options *options = small_options();
    int64_t columns;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    if (axis) {
        nt_ok(sweep, nndyn_sweep_add_axis(sweep, axis, 1, &value));
    }
    nt_fails(status, sweep, word, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_shape(sweep, NULL, NULL, NULL, NULL, &columns));
    assert_int_equal(columns, 0);
    nndyn_sweep_free(sweep);
    if (axis) { /* and the other way round: the axis is not added */
        int64_t axes;
        nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
        nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
        nt_fails(status, sweep, word, nndyn_sweep_add_axis(sweep, axis, 1, &value));
        nt_ok(sweep, nndyn_sweep_shape(sweep, &axes, NULL, NULL, NULL, NULL));
        assert_int_equal(axes, 0);
        nndyn_sweep_free(sweep);
    }
    nndyn_options_free(options);
}

static void test_errors(void **state)
{
    nndyn_dataset *train, *test, *bare, *narrow;
    const double x[4] = {1, 2, 3, 4};
    const int64_t labels[4] = {0, 1, 0, 1};
    (void)state;
    make_data(0, &train, &test);
    nt_ok(context, nndyn_dataset_create(context, 2, 2, x, 0, NULL, 1, &bare));
    nt_ok(context, nndyn_dataset_create_labels(context, 4, 1, x, 2, labels, 1, &narrow));
    set_fails(NNDYN_EARG, "train is NULL", NULL, test, NULL, 0);
    set_fails(NNDYN_ESTATE, "train has no labels", bare, test, NULL, 0);
    set_fails(NNDYN_ESTATE, "test has no labels", train, bare, NULL, 0);
    set_fails(NNDYN_EARG, "test has 1 inputs and 2 classes", train, narrow, NULL, 0);
    set_fails(NNDYN_EOPTION, "'rates' is no setting", train, test, "rates", 1);
    set_fails(NNDYN_EOPTION, "give it as an option", train, test, "hessian", 1);
    set_fails(NNDYN_EOPTION, "an integer from 1", train, test, "layers", 1.5);
    set_fails(NNDYN_EOPTION, "a number from 0 to 1", train, test, "dropout", 1);
    set_fails(NNDYN_EOPTION, "one of identity|relu", train, test, "activation", 99);
    set_fails(NNDYN_EOPTION, "one of constant|step", train, test, "schedule", NNDYN_SCHEDULE_EXPONENTIAL);
    nndyn_options *options = text_option(context, "layer", "x");
    nndyn_sweep *sweep;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_fails(NNDYN_EOPTION, sweep, "nearest one is 'layers'", nndyn_sweep_set_training(sweep, train, test, options));
    nndyn_options_free(options);
    nndyn_sweep_free(sweep);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_dataset_free(bare);
    nndyn_dataset_free(narrow);
}

/* A cell that diverges or cannot be: its sentence says why, the others go on. */
static void test_failing_cells(void **state)
{
    const double sizes[] = {30, 1000};
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    int64_t failed;
    int status;
    char text[400];
    (void)state;
    make_data(0, &train, &test);
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "batch", 2, sizes));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, &failed));
    assert_int_equal(failed, 1);
    nt_ok(sweep, nndyn_sweep_status(sweep, 1, NULL, &status, sizeof text, text));
    assert_int_equal(status, NNDYN_EARG);
    assert_non_null(strstr(text, "nndyn_batches_create: size is 1000"));
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* A file of other settings or other data is refused. */
static void test_other_settings(void **state)
{
    char path[NT_PATH];
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    (void)state;
    make_data(0, &train, &test);
    nt_temporary(path);
    for (int i = 0; i < 3; i++) {
        double row[32] = {0};
        int64_t columns;
        nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
        if (i == 1) {
            nt_ok(options, nndyn_options_set_integer(options, "epochs", 11));
        }
        nt_ok(sweep, nndyn_sweep_set_training(sweep, i == 2 ? test : train, test, options));
        nt_ok(sweep, nndyn_sweep_shape(sweep, NULL, NULL, NULL, NULL, &columns));
        if (i == 0) {
            nt_ok(sweep, run_to(sweep, path, 0, 1, NULL));
            nt_fails(NNDYN_EDATA, sweep, "other data or settings", nndyn_sweep_set_row(sweep, 0, columns, row, 0));
        } else {
            nt_fails(NNDYN_EFORMAT, sweep, "\"settings\"", run_to(sweep, path, 0, 1, NULL));
        }
        nndyn_sweep_free(sweep);
        nt_ok(options, nndyn_options_set_integer(options, "epochs", 12));
    }
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    unlink(path);
}

/* ---- stopping, memory -------------------------------------------------------------------------------------------- */

static int cancel_soon(void *user, const char *task, double fraction)
{
    (void)user, (void)task, (void)fraction;
    return 1;
}

/* A cell that would train for hours stops within a step. */
static void test_stop_within_training(void **state)
{
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    int done = 1;
    (void)state;
    make_data(0, &train, &test);
    nt_ok(options, nndyn_options_set_integer(options, "epochs", 1000000000));
    nt_ok(options, nndyn_options_set_double(options, "stop_loss", 0));
    nt_ok(options, nndyn_options_set_double(options, "stop_change", 0));
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(context, nndyn_context_set_progress(context, cancel_soon, NULL));
    nt_fails(NNDYN_ECANCELED, sweep, "after 0 of 1 cells", nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_status(sweep, 0, &done, NULL, 0, NULL));
    assert_int_equal(done, 0);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

static int scenario(nt_allocator *a, void *user)
{
    nndyn_context *c = NULL;
    nndyn_dataset *train = NULL;
    nndyn_options *options = NULL;
    nndyn_sweep *sweep = NULL;
    double x[12 * 2];
    int64_t labels[12], best;
    (void)user;
    nt_normal(3, 24, x);
    for (int i = 0; i < 12; i++) {
        labels[i] = i % 2;
    }
    int status = nt_context_create(a, &c);
    if (status == NNDYN_OK) {
        nt_pause(a);
        nt_ok(c, nndyn_dataset_create_labels(c, 12, 2, x, 2, labels, 1, &train));
        nt_ok(c, nndyn_options_create(c, &options));
        nt_ok(options, nndyn_options_set_integer(options, "layers", 1));
        nt_ok(options, nndyn_options_set_integer(options, "width", 2));
        nt_ok(options, nndyn_options_set_integer(options, "epochs", 2));
        nt_ok(options, nndyn_options_set_integer(options, "hessian", 1));
        nt_ok(options, nndyn_options_set_text(options, "schedule", "step"));
        nt_resume(a);
        status = nndyn_sweep_create(c, NULL, &sweep);
    }
    status = status != NNDYN_OK ? status : nndyn_sweep_set_training(sweep, train, train, options);
    status = status != NNDYN_OK ? status : nndyn_sweep_add_axis(sweep, "input_noise", 1, &(double){0.1});
    status = status != NNDYN_OK ? status : nndyn_sweep_forecast(sweep, NULL, NULL, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_run(sweep, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_advice(sweep, 0, NULL, &best, NULL, NULL);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_context_free(c);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

/* The forecast against what is allocated, and its flops against the sizes. */
static void test_forecast(void **state)
{
    nndyn_dataset *train, *test;
    nndyn_options *options = small_options();
    nndyn_sweep *sweep;
    int64_t cells, bytes;
    double flops, total;
    (void)state;
    make_data(0, &train, &test);
    nt_ok(options, nndyn_options_set_integer(options, "width", 50));
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "epochs", 2, (const double[]){5, 10}));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 0, 3));
    nt_ok(sweep, nndyn_sweep_forecast(sweep, &cells, &bytes, &flops, &total));
    assert_int_equal(cells, 6);
    const double forward = 2 * (INPUTS * 50 + 50 * 50 + 50 * CLASSES);
    nt_near(flops, 10 * SAMPLES * 3 * forward + 2 * SAMPLES * forward, 0.12 * flops); /* the first layer's inputs */
    nt_near(total, 3 * (flops + (flops - 2 * SAMPLES * forward) / 2 + 2 * SAMPLES * forward), 1e-9 * total);
    const int64_t before = counter.live_bytes;
    counter.peak_bytes = before;
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    const double used = (double)(counter.peak_bytes - before);
    if (!(used <= 2 * (double)bytes && (double)bytes <= 2 * used)) {
        fail_msg("forecast %lld, used %.0f", (long long)bytes, used);
    }
    nt_ok(sweep, nndyn_sweep_forecast(sweep, &cells, NULL, NULL, &total));
    assert_int_equal(cells, 0);
    nt_near(total, 0, 0);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
}

/* ---- advice ------------------------------------------------------------------------------------------------------ */

/* Columns as they would be: bow falls along the noise, and crosses zero at 0.2 for the first line; in the second no run
 * has trained. */
static int cell_of_advice(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                          int64_t columns, double *row)
{
    const int reversed = *(const int *)user;
    const double noise = reversed ? 1 / values[0] : values[0];
    (void)cell, (void)parameters, (void)columns;
    row[0] = (reversed ? 0.05 - noise : 0.2 - noise) + (seed == 0 ? 0.01 : -0.01);
    row[1] = fabs(row[0]);
    row[2] = values[1];
    return 0;
}

static void test_advice(void **state)
{
    const double levels[] = {0.3, 0.1, 0, 0.22}, sizes[] = {10, 20, 40}, losses[] = {0.1, 5};
    nndyn_options *options;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "limit", 1));
    for (int reversed = 0; reversed < 2; reversed++) {
        nndyn_sweep *sweep;
        int64_t best[2] = {-5, -5};
        int directions[2] = {9, 9};
        double values[2] = {9, 9};
        nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
        nt_ok(sweep,
              nndyn_sweep_add_axis(sweep, reversed ? "batch" : "noise", reversed ? 3 : 4, reversed ? sizes : levels));
        nt_ok(sweep, nndyn_sweep_add_axis(sweep, "difficulty", 2, losses));
        nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 0, 2));
        nt_ok(sweep, nndyn_sweep_set_cell(sweep, "bow,sigma,train_loss", cell_of_advice, &reversed));
        nt_fails(NNDYN_EOPTION, sweep, "'limit' is needed", nndyn_sweep_advice(sweep, 0, NULL, best, NULL, NULL));
        nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
        nt_ok(sweep, nndyn_sweep_advice(sweep, 0, options, best, directions, values));
        assert_int_equal(best[0], reversed ? 1 : 3); /* 1/20 is 0.05, and 0.22 the next to 0.2 */
        assert_int_equal(directions[0], 0);
        nt_near(values[0], reversed ? 20 : 0.22, 0);
        assert_int_equal(best[1], -1);
        assert_int_equal(directions[1], 0);
        assert_true(isnan(values[1]));
        nndyn_sweep_free(sweep);
    }
    nndyn_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_axes_of_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_depths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_early_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_cells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_within_training, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forecast, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_advice, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sweep_training", tests, NULL, NULL);
}
