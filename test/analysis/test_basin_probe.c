/* test_basin_probe.c - basins along training against the calls they are made of. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

enum { STEPS = 3, EACH = 4 + NT_ORDER_CLASSES };

static double figure(nndyn_basin *basin, int64_t group, const char *name)
{
    double value = 0;
    nt_ok(basin, nndyn_basin_get(basin, group, name, &value));
    return value;
}

static void expect(const double *row, nndyn_basin *basin, int classes)
{
    static const char *const names[] = {"radius", "low", "high", "accuracy"};
    for (int i = 0; i < 4; i++) {
        assert_true(row[i] == figure(basin, 0, names[i]));
    }
    for (int c = 0; c < classes; c++) {
        assert_true(row[4 + c] == figure(basin, 1 + c, "radius"));
    }
}

/* The defaults, and all there is: rows are what the calls give at those steps, at any number of threads. */
static void test_rows(void **state)
{
    (void)state;
    double rows[2][STEPS][1 + 4], full[2][STEPS][1 + 2 * EACH];
    nt_allocator a = {0};
    for (int k = 0; k < 2; k++) {
        nndyn_context *c = nt_context(&a);
        nt_ok(c, nndyn_context_set_threads(c, k ? 8 : 1));
        nt_order f = nt_order_open(c);
        nndyn_recorder *recorder = NULL;
        nndyn_options *o = NULL, *same = NULL;
        nndyn_basin *basin = NULL;
        int64_t first = -1, second = -1, columns = 0, count = 0;
        char name[64];
        nt_ok(c, nndyn_options_create(c, &o));
        nt_ok(o, nndyn_options_set_integer(o, "classes", 1));
        nt_ok(o, nndyn_options_set_integer(o, "weight_draws", 3));
        nt_ok(o, nndyn_options_set_integer(o, "seed", 5));
        nt_ok(o, nndyn_options_set_double(o, "theta", 0.4));
        nt_ok(o, nndyn_options_set_text(o, "name", "full"));
        nt_ok(f.trainer, nndyn_recorder_create(f.trainer, &recorder));
        nt_ok(recorder, nndyn_recorder_add_basin(recorder, f.data, NULL, &first));
        nt_ok(recorder, nndyn_recorder_add_basin(recorder, f.data, o, &second));
        nt_order_train(&f, STEPS);
        nt_ok(recorder, nndyn_recorder_shape(recorder, first, &columns, &count, NULL));
        assert_true(columns == 5 && count == STEPS);
        nt_ok(recorder, nndyn_recorder_shape(recorder, second, &columns, &count, NULL));
        assert_true(columns == 1 + 2 * EACH && count == STEPS);
        nt_ok(recorder, nndyn_recorder_name(recorder, second, 1 + EACH + 4, sizeof name, name, NULL));
        assert_string_equal(name, "weights_radius_0");
        nt_ok(recorder, nndyn_recorder_name(recorder, second, 2, sizeof name, name, NULL));
        assert_string_equal(name, "low");
        nt_ok(recorder, nndyn_recorder_rows(recorder, first, 0, STEPS, rows[k][0]));
        nt_ok(recorder, nndyn_recorder_rows(recorder, second, 0, STEPS, full[k][0]));
        nt_ok(c, nndyn_options_create(c, &same));
        nt_ok(same, nndyn_options_set_integer(same, "bisections", 10));
        nt_ok(same, nndyn_options_set_integer(same, "draws", 4));
        nt_ok(f.network, nndyn_basin_sample(f.network, f.data, same, &basin));
        expect(rows[k][STEPS - 1] + 1, basin, 0);
        nndyn_basin_free(basin);
        nt_ok(same, nndyn_options_set_integer(same, "seed", 5));
        nt_ok(same, nndyn_options_set_integer(same, "classes", 1));
        nt_ok(same, nndyn_options_set_double(same, "theta", 0.4));
        nt_ok(f.network, nndyn_basin_sample(f.network, f.data, same, &basin));
        expect(full[k][STEPS - 1] + 1, basin, NT_ORDER_CLASSES);
        nndyn_basin_free(basin);
        nt_ok(same, nndyn_options_set_integer(same, "draws", 3));
        nt_ok(f.network, nndyn_basin_weights(f.network, f.data, same, &basin));
        expect(full[k][STEPS - 1] + 1 + EACH, basin, NT_ORDER_CLASSES);
        nndyn_basin_free(basin);
        assert_true(full[k][STEPS - 1][1] > 0 && full[k][STEPS - 1][1 + EACH] > 0);
        nndyn_options_free(same);
        nndyn_options_free(o);
        nndyn_recorder_free(recorder);
        nt_order_close(&f);
        nndyn_context_free(c);
    }
    nt_same(rows[0], rows[1], sizeof rows[0]);
    nt_same(full[0], full[1], sizeof full[0]);
    nt_no_leak(&a);
}

/* The basin grows while a network learns: before the first step nothing is right beyond chance. */
static void test_growth(void **state)
{
    (void)state;
    double rows[2][5];
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_recorder *recorder = NULL;
    nndyn_options *o = NULL;
    int64_t number = -1;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "initial", 1));
    nt_ok(o, nndyn_options_set_integer(o, "every", 100));
    nt_ok(f.trainer, nndyn_recorder_create(f.trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_basin(recorder, f.data, o, &number));
    nt_order_train(&f, 100);
    nt_ok(recorder, nndyn_recorder_rows(recorder, number, 0, 2, rows[0]));
    assert_true(rows[0][0] == 0 && rows[0][1] == 0 && rows[0][4] == 0.335); /* published for this network */
    assert_true(rows[1][0] == 100 && rows[1][1] > 1 && rows[1][4] == 0.9525);
    nndyn_options_free(o);
    nndyn_recorder_free(recorder);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double value;
    } rows[] = {{"theta", 1}, {"start", 200}, {"draws", 0}, {"weight_draws", 1}, {"level", 0.2}, {"clip", 1}};
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_order f = nt_order_open(c);
    nndyn_recorder *recorder = NULL;
    nndyn_dataset *plain = NULL, *lost = NULL;
    int64_t number = 7, probes = 7;
    nt_ok(f.trainer, nndyn_recorder_create(f.trainer, &recorder));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nndyn_options *o = NULL;
        nt_ok(c, nndyn_options_create(c, &o));
        nt_ok(o, i == 0 || i == 1 || i == 4 ? nndyn_options_set_double(o, rows[i].name, rows[i].value)
                                            : nndyn_options_set_integer(o, rows[i].name, (int64_t)rows[i].value));
        nt_fails(NNDYN_EOPTION, recorder, rows[i].name, nndyn_recorder_add_basin(recorder, f.data, o, &number));
        nndyn_options_free(o);
    }
    nt_ok(c, nndyn_dataset_create(c, 2, NT_ORDER_INPUTS, f.x, 0, NULL, 1, &plain));
    nt_fails(NNDYN_EARG, recorder, "labels", nndyn_recorder_add_basin(recorder, plain, NULL, &number));
    nt_fails(NNDYN_EARG, recorder, "dataset", nndyn_recorder_add_basin(recorder, NULL, NULL, &number));
    assert_int_equal(nndyn_recorder_add_basin(NULL, f.data, NULL, &number), NNDYN_EARG);
    nt_ok(recorder, nndyn_recorder_probes(recorder, &probes));
    assert_true(number == 7 && probes == 0);
    /* What fails while measuring names the probe; the array is the caller's. */
    double x[2 * NT_ORDER_INPUTS] = {0};
    static const int64_t labels[] = {0, 1};
    nt_ok(c, nndyn_dataset_create_labels(c, 2, NT_ORDER_INPUTS, x, NT_ORDER_CLASSES, labels, 0, &lost));
    nt_ok(recorder, nndyn_recorder_add_basin(recorder, lost, NULL, &number));
    x[3] = (double)NAN;
    nt_fails(NNDYN_ENUMERIC, f.trainer, "basin", nndyn_train_step(f.trainer, NT_ORDER_SAMPLES, f.x, f.t, NULL));
    nndyn_dataset_free(lost);
    nndyn_dataset_free(plain);
    nndyn_recorder_free(recorder);
    nt_order_close(&f);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int scenario(nt_allocator *a, void *user)
{
    static const double x[] = {1, 0, 0, 1}, t[] = {1, 0, 0, 1};
    static const int64_t labels[] = {0, 1};
    (void)user;
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    nndyn_options *o = NULL;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 2, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_set_loss(n, NNDYN_SQUARED_ERROR));
    nt_ok(c, nndyn_dataset_create_labels(c, 2, 2, x, 2, labels, 1, &d));
    nt_ok(n, nndyn_trainer_create(n, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "weight_draws", 2));
    nt_resume(a);
    int status = nndyn_recorder_add_basin(recorder, d, o, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_train_step(trainer, 2, x, t, NULL);
    }
    nndyn_options_free(o);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    nndyn_context_free(c);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_growth),
                                       cmocka_unit_test(test_errors), cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
