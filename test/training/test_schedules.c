/* test_schedules.c - factors on the learning rate, against a table computed by hand. */
#include "training/fixture.h"

static nndyn_context *context;
static nndyn_network *network;
static nndyn_trainer *trainer;

static int setup(void **unused)
{
    (void)unused;
    ok(nndyn_context_create(&context));
    network = linear(context, NNDYN_F64, 1, 1, NNDYN_SQUARED_ERROR);
    trainer = trainer_with(context, network, NNDYN_SGD, "rate", 0.5, NULL);
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

static nndyn_options *options_of(double period, double factor, double bottom, int64_t warmup)
{
    nndyn_options *options;
    ok(nndyn_options_create(context, &options));
    if (period >= 0) {
        ok(nndyn_options_set_double(options, "period", period));
    }
    if (factor >= 0) {
        ok(nndyn_options_set_double(options, "factor", factor));
    }
    if (bottom >= 0) {
        ok(nndyn_options_set_double(options, "floor", bottom));
    }
    if (warmup >= 0) {
        ok(nndyn_options_set_integer(options, "warmup", warmup));
    }
    return options;
}

static void factors(void **unused)
{
    static const struct {
        int schedule;
        double period, factor, bottom; /* -1: not given */
        int64_t warmup, step;
        double expected;
    } rows[] = {
        {NNDYN_SCHEDULE_CONSTANT, -1, -1, -1, -1, 12345, 1},
        {NNDYN_SCHEDULE_CONSTANT, -1, -1, -1, 4, 0, 0.25},
        {NNDYN_SCHEDULE_CONSTANT, -1, -1, -1, 4, 3, 1},
        {NNDYN_SCHEDULE_CONSTANT, -1, -1, -1, 4, 4, 1},
        {NNDYN_SCHEDULE_STEP, 10, 0.5, -1, -1, 9, 1},
        {NNDYN_SCHEDULE_STEP, 10, 0.5, -1, -1, 10, 0.5},
        {NNDYN_SCHEDULE_STEP, 10, 0.5, -1, -1, 39, 0.125},
        {NNDYN_SCHEDULE_STEP, -1, -1, -1, -1, 2999, 0.01},
        {NNDYN_SCHEDULE_STEP, 2.5, 0.5, -1, -1, 2, 1},
        {NNDYN_SCHEDULE_STEP, 2.5, 0.5, -1, -1, 3, 0.5},
        {NNDYN_SCHEDULE_STEP, 10, 0.5, -1, 100, 19, 0.1},
        {NNDYN_SCHEDULE_EXPONENTIAL, 2, 0.25, -1, -1, 1, 0.5},
        {NNDYN_SCHEDULE_EXPONENTIAL, 2, 0.25, -1, -1, 4, 0.0625},
        {NNDYN_SCHEDULE_EXPONENTIAL, 1, 0.9, -1, -1, 3, 0.729},
        {NNDYN_SCHEDULE_EXPONENTIAL, 1, 2, -1, -1, 5, 32},
        {NNDYN_SCHEDULE_COSINE, 100, -1, -1, -1, 0, 1},
        {NNDYN_SCHEDULE_COSINE, 100, -1, -1, -1, 50, 0.5},
        {NNDYN_SCHEDULE_COSINE, 100, -1, 0.2, -1, 25, 0.88284271247461903},
        {NNDYN_SCHEDULE_COSINE, 99, -1, -1, -1, 33, 0.75},
        {NNDYN_SCHEDULE_COSINE, 100, -1, 0.2, -1, 100, 0.2},
        {NNDYN_SCHEDULE_COSINE, 100, -1, 0.2, -1, 1000, 0.2},
        {NNDYN_SCHEDULE_COSINE, 100, -1, -1, -1, 1000, 0},
        {NNDYN_SCHEDULE_INVERSE_SQRT, 100, -1, -1, -1, 0, 1},
        {NNDYN_SCHEDULE_INVERSE_SQRT, 100, -1, -1, -1, 300, 0.5},
        {NNDYN_SCHEDULE_INVERSE_SQRT, 1, -1, -1, 10, 8, 0.3},
        {NNDYN_SCHEDULE_LINEAR, 200, -1, -1, -1, 50, 0.75},
        {NNDYN_SCHEDULE_LINEAR, 200, -1, 0.5, -1, 100, 0.75},
        {NNDYN_SCHEDULE_LINEAR, 200, -1, 0.5, -1, 201, 0.5},
    };
    (void)unused;
    for (int64_t i = 0; i < count_of(rows); i++) {
        nndyn_options *options = options_of(rows[i].period, rows[i].factor, rows[i].bottom, rows[i].warmup);
        double rate = -1;
        int64_t steps = -1;
        ok(nndyn_trainer_set_schedule(trainer, rows[i].schedule, options));
        ok(nndyn_trainer_set_state(trainer, 0, NULL, rows[i].step));
        ok(nndyn_trainer_progress(trainer, &steps, &rate));
        nt_near(rate, 0.5 * rows[i].expected, 1e-15 + 1e-14 * rows[i].expected);
        assert_int_equal(steps, rows[i].step);
        nndyn_options_free(options);
    }
}

/* The rate of step k is the one that the step takes. */
static void steps_follow(void **unused)
{
    const double one = 1;
    double slope = 1, w = 0, before = 0, rate;
    nndyn_options *options = options_of(3, 0.5, -1, 2);
    (void)unused;
    ok(nndyn_network_set_custom_loss(network, 1, slope_loss, &slope));
    ok(nndyn_network_set_parameters(network, 1, &w));
    ok(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_STEP, options));
    for (int k = 0; k < 10; k++) {
        const double expected = 0.5 * pow(0.5, k / 3) * (k == 0 ? 0.5 : 1);
        ok(nndyn_trainer_progress(trainer, NULL, &rate));
        nt_near(rate, expected, 1e-15);
        ok(nndyn_train_step(trainer, 1, &one, &one, NULL));
        ok(nndyn_network_get_parameters(network, 1, &w));
        nt_near(before - w, expected, 1e-15);
        before = w;
    }
    nndyn_options_free(options);
}

static void refused(void **unused)
{
    static const struct {
        int schedule;
        double period, factor, bottom;
        int64_t warmup;
    } rows[] = {
        {NNDYN_SCHEDULE_CONSTANT, 10, -1, -1, -1}, {NNDYN_SCHEDULE_STEP, -1, -1, 0.5, -1},
        {NNDYN_SCHEDULE_COSINE, -1, 0.5, -1, -1},  {NNDYN_SCHEDULE_INVERSE_SQRT, -1, 0.5, -1, -1},
        {NNDYN_SCHEDULE_LINEAR, -1, 0.5, -1, -1},  {NNDYN_SCHEDULE_STEP, 0, -1, -1, -1},
        {NNDYN_SCHEDULE_STEP, -1, 0, -1, -1},      {NNDYN_SCHEDULE_LINEAR, -1, -1, 1.5, -1},
    };
    nndyn_options *options;
    double rate;
    (void)unused;
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "warmup", 2));
    ok(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_CONSTANT, options));
    assert_int_equal(nndyn_trainer_set_schedule(trainer, 0, NULL), NNDYN_EARG);
    assert_int_equal(nndyn_trainer_set_schedule(trainer, 7, NULL), NNDYN_EARG);
    assert_non_null(strstr(nndyn_message(trainer), "7"));
    assert_int_equal(nndyn_trainer_set_schedule(NULL, 1, NULL), NNDYN_EARG);
    ok(nndyn_options_set_integer(options, "warmup", -1));
    assert_int_equal(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_LINEAR, options), NNDYN_EOPTION);
    nndyn_options_free(options);
    for (int64_t i = 0; i < count_of(rows); i++) {
        options = options_of(rows[i].period, rows[i].factor, rows[i].bottom, rows[i].warmup);
        assert_int_equal(nndyn_trainer_set_schedule(trainer, rows[i].schedule, options), NNDYN_EOPTION);
        nndyn_options_free(options);
    }
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_double(options, "perod", 3));
    assert_int_equal(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_STEP, options), NNDYN_EOPTION);
    assert_non_null(strstr(nndyn_message(trainer), "period"));
    nndyn_options_free(options);
    ok(nndyn_trainer_progress(trainer, NULL, &rate)); /* the schedule of before is still there */
    nt_near(rate, 0.25, 0);
}

/* A schedule that grows without bound ends with a message, not with infinities in the weights. */
static void overflow(void **unused)
{
    const double one = 1;
    double loss = -1;
    nndyn_options *options = options_of(1, 10, -1, -1);
    (void)unused;
    ok(nndyn_trainer_set_schedule(trainer, NNDYN_SCHEDULE_EXPONENTIAL, options));
    ok(nndyn_trainer_set_state(trainer, 0, NULL, 5000));
    assert_int_equal(nndyn_train_step(trainer, 1, &one, &one, &loss), NNDYN_ENUMERIC);
    assert_non_null(strstr(nndyn_message(trainer), "rate"));
    assert_true(loss == -1);
    nndyn_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(factors, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_follow, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(overflow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
