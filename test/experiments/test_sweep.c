/* test_sweep.c - grids, runs, the table, and its file: stopped, resumed, in parts, on any number of threads. */
#include "experiments/sweep_fixture.h"

/* ---- the grid ---------------------------------------------------------------------------------------------------- */

static void test_order(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    int64_t axes, points, seeds, cells, columns, count, seed, length;
    double values[SECOND];
    char text[16];
    (void)state;
    nt_ok(sweep, nndyn_sweep_shape(sweep, &axes, &points, &seeds, &cells, &columns));
    assert_int_equal(axes, 2);
    assert_int_equal(points, FIRST * SECOND);
    assert_int_equal(seeds, SEEDS);
    assert_int_equal(cells, CELLS);
    assert_int_equal(columns, COLUMNS);
    for (int64_t i = 0; i < CELLS; i++) {
        nt_ok(sweep, nndyn_sweep_parameters(sweep, i, values, &seed));
        nt_near(values[0], rates[i / SEEDS / SECOND], 0);
        nt_near(values[1], slopes[i / SEEDS % SECOND], 0);
        assert_int_equal(seed, 5 + i % SEEDS);
    }
    nt_ok(sweep, nndyn_sweep_axis(sweep, 1, &count, values));
    assert_int_equal(count, SECOND);
    nt_same(values, slopes, sizeof slopes);
    nt_ok(sweep, nndyn_sweep_name(sweep, 1, sizeof text, text, &length));
    assert_string_equal(text, "slope");
    assert_int_equal(length, 5);
    nt_ok(sweep, nndyn_sweep_name(sweep, 2, 4, text, &length));
    assert_string_equal(text, "pro");
    assert_int_equal(length, 7);
    nndyn_sweep_free(sweep);
}

/* A sweep without axes is one point. */
static void test_no_axes(void **state)
{
    script s = {0};
    nndyn_sweep *sweep;
    double row[COLUMNS];
    (void)state;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "a,b", cell_of_script, &s)); /* replaced at once */
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "only", 1, &(double){2.5}));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "product,third,drawn,odd", cell_of_script, &s));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_rows(sweep, 0, 1, row));
    nt_near(row[0], 2.5, 0);
    nt_near(row[1], 0, 0);
    nndyn_sweep_free(sweep);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void test_table(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    double rows[CELLS][COLUMNS], row[COLUMNS];
    int done = -1, status = -1;
    char text[8] = "before";
    (void)state;
    nt_ok(sweep, nndyn_sweep_rows(sweep, 0, CELLS, &rows[0][0]));
    assert_true(isnan(rows[CELLS - 1][COLUMNS - 1]));
    nt_ok(sweep, nndyn_sweep_status(sweep, 3, &done, &status, 8, text));
    assert_int_equal(done, 0);
    assert_int_equal(status, NNDYN_OK);
    assert_string_equal(text, "");
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_rows(sweep, 0, CELLS, &rows[0][0]));
    for (int i = 0; i < CELLS; i++) {
        nt_near(rows[i][0], rates[i / 8] * exp(slopes[i / 2 % SECOND]), 0);
        nt_near(rows[i][1], (5 + i % 2) / 3.0, 0);
        nt_near(rows[i][2], rows[i % 2][2], 0); /* of the seed only */
        assert_true(i % 2 ? rows[i][3] == -(double)INFINITY : isnan(rows[i][3]));
        nt_ok(sweep, nndyn_sweep_get_row(sweep, i, COLUMNS, row, &status));
        nt_same(row, rows[i], sizeof row);
        assert_int_equal(status, NNDYN_OK);
    }
    nt_ok(sweep, nndyn_sweep_status(sweep, 3, &done, NULL, 0, NULL));
    assert_int_equal(done, 1);
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL)); /* nothing is left to be run */
    assert_int_equal(s.calls, CELLS);
    nndyn_sweep_free(sweep);
}

static void test_summary(void **state)
{
    script s = {.fail_above = 0.3, .result = NNDYN_ENUMERIC};
    nndyn_sweep *sweep = make_sweep(context, &s);
    double means[FIRST * SECOND][COLUMNS], errors[FIRST * SECOND][COLUMNS];
    int64_t counts[FIRST * SECOND][COLUMNS], failed;
    (void)state;
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, &failed));
    assert_int_equal(failed, SECOND * SEEDS);
    nt_ok(sweep, nndyn_sweep_summary(sweep, &means[0][0], &errors[0][0], &counts[0][0]));
    nt_near(means[0][1], 5.5 / 3, 1e-15);
    nt_near(errors[0][1], 1.0 / 6, 1e-15); /* deviation 1/(3 sqrt 2), over sqrt 2 */
    assert_int_equal(counts[0][1], 2);
    assert_true(isnan(means[0][3])); /* NaN and -infinity: no finite number */
    assert_int_equal(counts[0][3], 0);
    assert_true(isnan(means[2 * SECOND][0]) && isnan(errors[2 * SECOND][0]));
    assert_int_equal(counts[2 * SECOND][0], 0);
    nndyn_sweep_free(sweep);
}

/* ---- failing cells ----------------------------------------------------------------------------------------------- */

static void test_failing(void **state)
{
    script s = {.fail_above = 0.3, .result = 7};
    nndyn_sweep *sweep = make_sweep(context, &s);
    int64_t failed = -1;
    int done, status;
    char text[128];
    double row[COLUMNS];
    (void)state;
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, &failed));
    assert_int_equal(failed, 8);
    nt_ok(sweep, nndyn_sweep_status(sweep, 16, &done, &status, sizeof text, text));
    assert_int_equal(done, 1);
    assert_int_equal(status, NNDYN_ECALLBACK);
    assert_string_equal(text, "the cell's function returned 7");
    nt_ok(sweep, nndyn_sweep_rows(sweep, 16, 1, row));
    assert_true(isnan(row[0]));
    nt_fails(NNDYN_ECALLBACK, sweep, "cell 16 (rate 0.333333333, slope 0, seed 5) failed",
             nndyn_sweep_run(sweep, NULL, NULL));
    assert_int_equal(s.calls, CELLS + 8); /* they were tried again, the others not */
    s.fail_above = 0;
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_status(sweep, 16, NULL, &status, sizeof text, text));
    assert_int_equal(status, NNDYN_OK);
    assert_string_equal(text, "");
    nndyn_sweep_free(sweep);
}

static void test_stop_at_failure(void **state)
{
    script s = {.fail_above = 0.3, .result = NNDYN_EDATA};
    nndyn_sweep *sweep = make_sweep(context, &s);
    nndyn_options *options;
    int64_t failed = -1;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "stop", 1));
    nt_fails(NNDYN_EDATA, sweep, "cell 16", nndyn_sweep_run(sweep, options, NULL));
    assert_int_equal(s.calls, 17);
    nt_ok(sweep, nndyn_sweep_run(sweep, options, &failed));
    assert_int_equal(failed, 1);
    nndyn_options_free(options);
    nndyn_sweep_free(sweep);
}

/* The sentence of a handle that the cell made and freed is the cell's. */
static int cell_with_sentence(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                              int64_t columns, double *row)
{
    nndyn_dataset *data;
    const double x[2] = {1, 2};
    (void)user, (void)parameters, (void)values, (void)seed, (void)columns;
    int status = nndyn_dataset_create(cell, 2, 1, x, 0, NULL, 1, &data);
    if (status == NNDYN_OK) {
        status = nndyn_dataset_get(data, 5, 1, row, NULL, NULL);
        nndyn_dataset_free(data);
    }
    return status;
}

static void test_sentences(void **state)
{
    nndyn_sweep *sweep;
    char text[300];
    int status;
    (void)state;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "a", cell_with_sentence, NULL));
    nt_fails(NNDYN_EARG, sweep, "nndyn_dataset_get: first is 5", nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_status(sweep, 0, NULL, &status, sizeof text, text));
    assert_int_equal(status, NNDYN_EARG);
    assert_non_null(strstr(text, "nndyn_dataset_get: first is 5"));
    nndyn_sweep_free(sweep);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void test_file(void **state)
{
    char path[NT_PATH], again[NT_PATH];
    size_t size;
    (void)state;
    reference_file(path);
    char *bytes = slurp(path, &size);
    static const char head[] = "index,rate,slope,seed,status,product,third,drawn,odd\n0,0.1,0,5,0,0.1,1.66666666666667";
    assert_memory_equal(bytes, head, sizeof head - 2); /* 15 digits where they are enough, else 17 */
    assert_non_null(strstr(bytes, ",nan\n1,"));
    assert_non_null(strstr(bytes, ",-inf\n"));
    assert_non_null(strstr(bytes, "\n16,0.33333333333333331,0,5,0,"));
    free(bytes);
    /* Read back: the same doubles. */
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s), *run = make_sweep(context, &s);
    double rows[2][CELLS * COLUMNS];
    int64_t taken;
    nt_ok(sweep, nndyn_sweep_merge(sweep, path, &taken));
    assert_int_equal(taken, CELLS);
    nt_ok(run, nndyn_sweep_run(run, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_rows(sweep, 0, CELLS, rows[0]));
    nt_ok(run, nndyn_sweep_rows(run, 0, CELLS, rows[1]));
    nt_same(rows[0], rows[1], sizeof rows[0]);
    nt_temporary(again);
    nt_ok(run, nndyn_sweep_write_csv(run, again));
    same_files(path, again);
    nndyn_sweep_free(sweep);
    nndyn_sweep_free(run);
    unlink(path);
    unlink(again);
}

static void test_threads(void **state)
{
    char path[NT_PATH], other[NT_PATH];
    script s = {0};
    nndyn_context *four;
    nndyn_sweep *sweep;
    (void)state;
    reference_file(path);
    nt_temporary(other);
    nt_ok(context, nndyn_context_create(&four));
    nt_ok(four, nndyn_context_set_threads(four, 4));
    sweep = make_sweep(four, &s);
    nt_ok(sweep, run_to(sweep, other, 0, 1, NULL));
    same_files(path, other);
    nndyn_sweep_free(sweep);
    nndyn_context_free(four);
    unlink(path);
    unlink(other);
}

/* Stopped at the first, a middle and the last cell, and the last line torn as by a killed process. */
static void test_resume(void **state)
{
    const int64_t stops[] = {1, 2, 9, CELLS - 1, CELLS};
    char path[NT_PATH], other[NT_PATH];
    (void)state;
    reference_file(path);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        script s = {.parent = context, .cancel_at = stops[i]};
        size_t size;
        nt_temporary(other);
        nndyn_sweep *sweep = make_sweep(context, &s);
        if (stops[i] < CELLS) {
            nt_fails(NNDYN_ECANCELED, sweep, "stopped by nndyn_context_cancel", run_to(sweep, other, 0, 1, NULL));
            assert_int_equal(s.calls, stops[i]); /* the cell that was running makes no long call: it ends */
        } else {
            nt_ok(sweep, run_to(sweep, other, 0, 1, NULL));
        }
        nndyn_sweep_free(sweep);
        char *bytes = slurp(other, &size);
        assert_int_equal(bytes[size - 1], '\n');
        spew(other, bytes, size - 7); /* torn */
        free(bytes);
        s.cancel_at = 0;
        s.calls = 0;
        sweep = make_sweep(context, &s);
        nt_ok(sweep, run_to(sweep, other, 0, 1, NULL));
        assert_int_equal(s.calls, CELLS - stops[i] + 1); /* the torn one again */
        same_files(path, other);
        nndyn_sweep_free(sweep);
        unlink(other);
    }
    unlink(path);
}

/* A line of names that was torn, an empty file, and rows in any order. */
static void test_beginnings(void **state)
{
    char path[NT_PATH], other[NT_PATH];
    script s = {0};
    size_t size;
    (void)state;
    reference_file(path);
    char *bytes = slurp(path, &size);
    const size_t sizes[] = {0, 1, 20, (size_t)(strchr(bytes, '\n') - bytes)};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        nt_temporary(other);
        spew(other, bytes, sizes[i]);
        nndyn_sweep *sweep = make_sweep(context, &s);
        nt_ok(sweep, run_to(sweep, other, 0, 1, NULL));
        same_files(path, other);
        nndyn_sweep_free(sweep);
        unlink(other);
    }
    free(bytes);
    unlink(path);
}

static void test_failed_again(void **state)
{
    char path[NT_PATH], other[NT_PATH];
    script s = {.fail_above = 0.3, .result = NNDYN_ENUMERIC};
    int64_t failed;
    size_t size;
    (void)state;
    reference_file(path);
    nt_temporary(other);
    nndyn_sweep *sweep = make_sweep(context, &s);
    nt_ok(sweep, run_to(sweep, other, 0, 1, &failed));
    assert_int_equal(failed, 8);
    nndyn_sweep_free(sweep);
    char *bytes = slurp(other, &size);
    assert_non_null(strstr(bytes, ",0,5,-7,nan,nan,nan,nan\n"));
    free(bytes);
    s.fail_above = 0;
    s.calls = 0;
    sweep = make_sweep(context, &s);
    nt_ok(sweep, run_to(sweep, other, 0, 1, &failed));
    assert_int_equal(failed, 0);
    assert_int_equal(s.calls, 8);
    same_files(path, other);
    nndyn_sweep_free(sweep);
    unlink(path);
    unlink(other);
}

/* Rows that the table has already go into a file that is given later. */
static void test_file_later(void **state)
{
    char path[NT_PATH], other[NT_PATH];
    script s = {.parent = context, .cancel_at = 10};
    (void)state;
    reference_file(path);
    nt_temporary(other);
    nndyn_sweep *sweep = make_sweep(context, &s);
    nt_fails(NNDYN_ECANCELED, sweep, "after 10 of 24", nndyn_sweep_run(sweep, NULL, NULL));
    nt_ok(sweep, run_to(sweep, other, 0, 1, NULL));
    same_files(path, other);
    nndyn_sweep_free(sweep);
    unlink(path);
    unlink(other);
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static void test_parts(void **state)
{
    char path[NT_PATH], parts[3][NT_PATH], whole[NT_PATH];
    script s = {0};
    int64_t taken;
    (void)state;
    reference_file(path);
    for (int i = 0; i < 3; i++) {
        nndyn_sweep *sweep = make_sweep(context, &s);
        nt_temporary(parts[i]);
        nt_ok(sweep, run_to(sweep, parts[i], i, 3, NULL));
        nndyn_sweep_free(sweep);
    }
    assert_int_equal(s.calls, CELLS); /* each cell in one part */
    nndyn_sweep *all = make_sweep(context, &s);
    for (int i = 0; i < 3; i++) {
        nt_ok(all, nndyn_sweep_merge(all, parts[i], &taken));
        assert_int_equal(taken, CELLS / 3);
        nt_ok(all, nndyn_sweep_merge(all, parts[i], &taken));
        assert_int_equal(taken, 0);
        unlink(parts[i]);
    }
    nt_temporary(whole);
    nt_ok(all, nndyn_sweep_write_csv(all, whole));
    same_files(path, whole);
    nndyn_sweep_free(all);
    unlink(whole);
    unlink(path);
}

/* The same by rows, as messages between processes would carry them. */
static void test_gather(void **state)
{
    char path[NT_PATH], whole[NT_PATH];
    script s = {.fail_above = 0.3, .result = NNDYN_ENUMERIC};
    nndyn_sweep *all = make_sweep(context, &s), *one = make_sweep(context, &s);
    double row[COLUMNS];
    int64_t failed;
    int status;
    (void)state;
    nt_temporary(path);
    nt_temporary(whole);
    nt_ok(one, run_to(one, path, 0, 1, &failed));
    for (int64_t i = 0; i < CELLS; i++) {
        nt_ok(one, nndyn_sweep_get_row(one, i, COLUMNS, row, &status));
        nt_ok(all, nndyn_sweep_set_row(all, i, COLUMNS, row, status));
    }
    nt_ok(all, nndyn_sweep_write_csv(all, whole));
    same_files(path, whole);
    nndyn_sweep_free(all);
    nndyn_sweep_free(one);
    unlink(path);
    unlink(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_axes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_at_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sentences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_beginnings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gather, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
