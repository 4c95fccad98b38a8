/* test_sweep_errors.c - every documented error of sweeps, with outputs seen untouched; stopping; failing memory. */
#include "experiments/sweep_fixture.h"

/* ---- setting up -------------------------------------------------------------------------------------------------- */

static void test_axes(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    const double good[2] = {1, 2}, twice[3] = {3, 1, 3}, bad[2] = {1, (double)NAN};
    char name[80];
    (void)state;
    memset(name, 'x', sizeof name);
    name[79] = '\0';
    nt_fails(NNDYN_EARG, sweep, "name is NULL", nndyn_sweep_add_axis(sweep, NULL, 2, good));
    nt_fails(NNDYN_EARG, sweep, "not sound", nndyn_sweep_add_axis(sweep, "", 2, good));
    nt_fails(NNDYN_EARG, sweep, "not sound", nndyn_sweep_add_axis(sweep, "a,b", 2, good));
    nt_fails(NNDYN_EARG, sweep, "not sound", nndyn_sweep_add_axis(sweep, name, 2, good));
    nt_fails(NNDYN_EARG, sweep, "every table has", nndyn_sweep_add_axis(sweep, "status", 2, good));
    nt_fails(NNDYN_EARG, sweep, "two axes or columns", nndyn_sweep_add_axis(sweep, "rate", 2, good));
    nt_fails(NNDYN_EARG, sweep, "two axes or columns", nndyn_sweep_add_axis(sweep, "third", 2, good));
    nt_fails(NNDYN_EARG, sweep, "count is 0", nndyn_sweep_add_axis(sweep, "a", 0, good));
    nt_fails(NNDYN_EARG, sweep, "values is NULL", nndyn_sweep_add_axis(sweep, "a", 2, NULL));
    nt_fails(NNDYN_EARG, sweep, "more than", nndyn_sweep_add_axis(sweep, "a", INT64_MAX / 4, good));
    nt_fails(NNDYN_EARG, sweep, "more than", nndyn_sweep_add_axis(sweep, "a", INT64_C(1) << 40, good));
    nt_fails(NNDYN_EDATA, sweep, "it must be finite", nndyn_sweep_add_axis(sweep, "a", 2, bad));
    nt_fails(NNDYN_EDATA, sweep, "values 0 and 2", nndyn_sweep_add_axis(sweep, "a", 3, twice));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "24 rows", nndyn_sweep_add_axis(sweep, "a", 2, good));
    nt_fails(NNDYN_ESTATE, sweep, "24 rows", nndyn_sweep_set_seeds(sweep, 0, 2));
    nt_fails(NNDYN_ESTATE, sweep, "24 rows", nndyn_sweep_set_cell(sweep, "a", cell_of_script, &s));
    nndyn_sweep_free(sweep);
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    for (int i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "a%d", i);
        nt_ok(sweep, nndyn_sweep_add_axis(sweep, name, 1, good));
    }
    nt_fails(NNDYN_EARG, sweep, "32 axes", nndyn_sweep_add_axis(sweep, "more", 1, good));
    nndyn_sweep_free(sweep);
}

static void test_cells_and_seeds(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = NULL;
    nndyn_options *options;
    double row[COLUMNS];
    int64_t number = -5;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "cell_memory_limit", -1));
    nt_fails(NNDYN_EOPTION, context, "cell_memory_limit", nndyn_sweep_create(context, options, &sweep));
    nt_fails(NNDYN_EARG, context, "out is NULL", nndyn_sweep_create(context, NULL, NULL));
    assert_int_equal(nndyn_sweep_create(NULL, NULL, &sweep), NNDYN_EARG);
    assert_null(sweep);
    nndyn_options_free(options);
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_run(sweep, NULL, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_rows(sweep, 0, 1, row));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_summary(sweep, row, NULL, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_set_row(sweep, 0, 1, row, 0));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_merge(sweep, "/", NULL));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_write_csv(sweep, "/"));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_forecast(sweep, &number, NULL, NULL, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "no cell", nndyn_sweep_advice(sweep, 0, NULL, &number, NULL, NULL));
    nt_fails(NNDYN_EARG, sweep, "neither axes nor columns", nndyn_sweep_name(sweep, 0, 0, NULL, NULL));
    nt_fails(NNDYN_EARG, sweep, "no axes", nndyn_sweep_axis(sweep, 0, &number, NULL));
    assert_int_equal(number, -5);
    nt_fails(NNDYN_EARG, sweep, "count is 0", nndyn_sweep_set_seeds(sweep, 0, 0));
    nt_fails(NNDYN_EARG, sweep, "more than", nndyn_sweep_set_seeds(sweep, 0, INT64_MAX));
    nt_fails(NNDYN_EARG, sweep, "first is", nndyn_sweep_set_seeds(sweep, INT64_C(1) << 53, 2));
    nt_fails(NNDYN_EARG, sweep, "columns is NULL", nndyn_sweep_set_cell(sweep, NULL, cell_of_script, &s));
    nt_fails(NNDYN_EARG, sweep, "cell is NULL", nndyn_sweep_set_cell(sweep, "a", NULL, &s));
    nt_fails(NNDYN_EARG, sweep, "not sound", nndyn_sweep_set_cell(sweep, "a,,b", cell_of_script, &s));
    nt_fails(NNDYN_EARG, sweep, "'a' is given to two", nndyn_sweep_set_cell(sweep, "a,b,a", cell_of_script, &s));
    nndyn_sweep_free(sweep);
    nndyn_sweep_free(NULL);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void test_table(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    double row[COLUMNS] = {9, 9, 9, 9};
    int64_t seed = -5;
    int status = 5;
    char text[4] = "abc";
    (void)state;
    nt_fails(NNDYN_EARG, sweep, "cell is 24", nndyn_sweep_parameters(sweep, CELLS, row, &seed));
    nt_fails(NNDYN_EARG, sweep, "cell is -1", nndyn_sweep_status(sweep, -1, NULL, &status, 0, NULL));
    nt_fails(NNDYN_EARG, sweep, "text is NULL", nndyn_sweep_status(sweep, 0, NULL, &status, 4, NULL));
    nt_fails(NNDYN_EARG, sweep, "capacity is -1", nndyn_sweep_name(sweep, 0, -1, text, NULL));
    nt_fails(NNDYN_EARG, sweep, "number is 6", nndyn_sweep_name(sweep, 6, 4, text, NULL));
    nt_fails(NNDYN_EARG, sweep, "axis is 2", nndyn_sweep_axis(sweep, 2, NULL, row));
    nt_fails(NNDYN_EARG, sweep, "first is 24", nndyn_sweep_rows(sweep, CELLS, 1, row));
    nt_fails(NNDYN_EARG, sweep, "count is 2", nndyn_sweep_rows(sweep, CELLS - 1, 2, row));
    nt_fails(NNDYN_EARG, sweep, "rows is NULL", nndyn_sweep_rows(sweep, 0, 1, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "has not been run", nndyn_sweep_get_row(sweep, 0, COLUMNS, row, &status));
    nt_fails(NNDYN_EARG, sweep, "columns is 3", nndyn_sweep_get_row(sweep, 0, 3, row, &status));
    nt_fails(NNDYN_EARG, sweep, "columns is 3", nndyn_sweep_set_row(sweep, 0, 3, row, 0));
    nt_fails(NNDYN_EARG, sweep, "row is NULL", nndyn_sweep_set_row(sweep, 0, COLUMNS, NULL, 0));
    nt_fails(NNDYN_EARG, sweep, "status is 1", nndyn_sweep_set_row(sweep, 0, COLUMNS, row, 1));
    nt_fails(NNDYN_EARG, sweep, "status is -99", nndyn_sweep_set_row(sweep, 0, COLUMNS, row, -99));
    nt_fails(NNDYN_EARG, sweep, "means is NULL", nndyn_sweep_summary(sweep, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, sweep, "axis is 2", nndyn_sweep_advice(sweep, 2, NULL, &seed, NULL, NULL));
    nt_fails(NNDYN_ESTATE, sweep, "no column \"bow\"", nndyn_sweep_advice(sweep, 0, NULL, &seed, NULL, NULL));
    nt_near(row[0], 9, 0);
    assert_int_equal(seed, -5);
    assert_int_equal(status, 5);
    assert_string_equal(text, "abc");
    nndyn_sweep_free(sweep);
}

static void test_limits(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    (void)state;
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, sweep, "the table of the sweep", nndyn_sweep_run(sweep, NULL, NULL));
    nndyn_sweep_free(sweep);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static int refuse(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    (void)user, (void)count;
    work(job, 0);
    return 1;
}

static void test_run(void **state)
{
    script s = {0};
    nndyn_sweep *sweep = make_sweep(context, &s);
    nndyn_options *options = text_option(context, "fil", "x");
    int64_t failed = -5;
    (void)state;
    nt_fails(NNDYN_EOPTION, sweep, "nearest one is 'file'", nndyn_sweep_run(sweep, options, &failed));
    nndyn_options_free(options);
    nt_fails(NNDYN_EOPTION, sweep, "'part' is 2", run_to(sweep, "x", 2, 2, &failed));
    nt_fails(NNDYN_EOPTION, sweep, "parts", run_to(sweep, "x", 0, 0, &failed));
    nt_fails(NNDYN_EIO, sweep, "/no/such/folder", run_to(sweep, "/no/such/folder/table", 0, 1, &failed));
    nt_fails(NNDYN_EIO, sweep, "'/", run_to(sweep, "/", 0, 1, &failed));
    nt_fails(NNDYN_EIO, sweep, "not a regular file", run_to(sweep, "/dev/null", 0, 1, &failed));
    assert_int_equal(s.calls, 0);
    nt_ok(context, nndyn_context_set_executor(context, refuse, NULL));
    nt_fails(NNDYN_ECALLBACK, sweep, "1 of 24", nndyn_sweep_run(sweep, NULL, &failed));
    assert_int_equal(s.calls, 1);
    assert_int_equal(failed, -5);
    nndyn_sweep_free(sweep);
}

/* Every row is as on a full device: the run ends, its rows stay in the table. */
static void test_full_device(void **state)
{
    char path[NT_PATH];
    script s = {0};
    struct stat full;
    nndyn_sweep *sweep = make_sweep(context, &s);
    (void)state;
    if (stat("/dev/full", &full) == 0) {
        nt_fails(NNDYN_EIO, sweep, "not a regular file", run_to(sweep, "/dev/full", 0, 1, NULL));
    }
    nt_temporary(path);
    nt_ok(sweep, run_to(sweep, path, 0, 1, NULL));
    nt_fails(NNDYN_EIO, sweep, "written", nndyn_sweep_write_csv(sweep, "/no/such/folder/table"));
    nt_fails(NNDYN_EARG, sweep, "path is NULL", nndyn_sweep_write_csv(sweep, NULL));
    nndyn_sweep_free(sweep);
    unlink(path);
}

/* ---- files of other sweeps --------------------------------------------------------------------------------------- */

typedef struct spoiled {
    const char *from, *to; /* what is replaced, once, in the reference */
    const char *word;      /* of the message */
} spoiled;

static void check_spoiled(const char *good, const spoiled *p)
{
    char path[NT_PATH];
    char *text = calloc(1, 1 << 16);
    const char *at = strstr(good, p->from);
    script s = {0};
    int64_t taken = -5, failed = -5;
    size_t size;
    assert_non_null(text);
    assert_non_null(at);
    snprintf(text, 1 << 16, "%.*s%s%s", (int)(at - good), good, p->to, at + strlen(p->from));
    nt_temporary(path);
    spew(path, text, strlen(text));
    nndyn_sweep *sweep = make_sweep(context, &s);
    nt_fails(NNDYN_EFORMAT, sweep, p->word, nndyn_sweep_merge(sweep, path, &taken));
    nt_fails(NNDYN_EFORMAT, sweep, p->word, run_to(sweep, path, 0, 1, &failed));
    assert_int_equal(taken, -5);
    assert_int_equal(failed, -5);
    assert_int_equal(s.calls, 0);
    int done = 1;
    nt_ok(sweep, nndyn_sweep_status(sweep, 0, &done, NULL, 0, NULL));
    assert_int_equal(done, 0); /* nothing was taken */
    char *after = slurp(path, &size);
    assert_string_equal(after, text); /* and the file is as it was */
    free(after);
    free(text);
    nndyn_sweep_free(sweep);
    unlink(path);
}

static void test_other_sweeps(void **state)
{
    static const spoiled list[] = {
        {"index,", "Index,", "its first line"},
        {"slope", "slopes", "its first line"},
        {",odd\n", ",odd,more\n", "its first line"},
        {"\n0,0.1,", "\n0,0.2,", "\"rate\" 0.2"},
        {"\n0,0.1,0,5,", "\n0,0.1,0,6,", "\"seed\" 6"},
        {"\n0,0.1,", "\n1,0.1,", "\"seed\" 5"},
        {"\n0,0.1,", "\n24,0.1,", "cells are 0 to 23"},
        {"\n0,0.1,", "\n0.5,0.1,", "cell 0.5"},
        {"\n0,0.1,0,5,0,", "\n0,0.1,0,5,3,", "status 3"},
        {"\n0,0.1,0,5,0,", "\n0,0.1,0,5,-15,", "status -15"},
        {"\n0,0.1,", "\nx,0.1,", "line 2, field 1: 'x' is not a number"},
        {",nan\n", ",NAN\n", "'NAN' is not a number"},
        {",nan\n", "\n", "line 2"},
        {",nan\n", ",nan,1\n", "line 2 does not have 9 fields"},
        {"\n1,0.1", "\n0,0.1,0,5,0,9,9,9,9\n1,0.1", "the row of cell 0 differs from the one before"},
    };
    char path[NT_PATH];
    size_t size;
    (void)state;
    reference_file(path);
    char *good = slurp(path, &size);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        check_spoiled(good, &list[i]);
    }
    free(good);
    unlink(path);
}

static void test_merge(void **state)
{
    char path[NT_PATH];
    script s = {0};
    double row[COLUMNS] = {1, 2, 3, 4};
    int64_t taken = -5;
    (void)state;
    reference_file(path);
    nndyn_sweep *sweep = make_sweep(context, &s);
    nt_fails(NNDYN_EARG, sweep, "path is NULL", nndyn_sweep_merge(sweep, NULL, &taken));
    nt_fails(NNDYN_EIO, sweep, "/no/such", nndyn_sweep_merge(sweep, "/no/such", &taken));
    nt_ok(sweep, nndyn_sweep_set_row(sweep, 7, COLUMNS, row, NNDYN_OK));
    nt_fails(NNDYN_EFORMAT, sweep, "cell 7 differs from the one in the table", nndyn_sweep_merge(sweep, path, &taken));
    assert_int_equal(taken, -5);
    nndyn_sweep_free(sweep);
    unlink(path);
}

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

/* A cell that would take minutes, in long calls of the library. */
static int long_cell(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                     int64_t columns, double *row)
{
    static double x[2000];
    nndyn_sweep *inner;
    script *s = user;
    (void)parameters, (void)values, (void)seed, (void)columns, (void)x;
    const int64_t call = atomic_fetch_add(&s->calls, 1) + 1;
    int status = nndyn_sweep_create(cell, NULL, &inner);
    if (status != NNDYN_OK) {
        return status;
    }
    if (call == s->cancel_at) {
        nndyn_context_cancel(s->parent); /* the inner sweep begins after it, and is stopped all the same */
    }
    script small = {0};
    status = nndyn_sweep_set_cell(inner, "product,third,drawn,odd", cell_of_script, &small);
    if (status == NNDYN_OK) {
        status = nndyn_sweep_run(inner, NULL, NULL);
    }
    row[0] = 1;
    nndyn_sweep_free(inner);
    return status;
}

static void stop_within(int64_t threads)
{
    char path[NT_PATH];
    nndyn_context *many;
    nndyn_sweep *sweep;
    size_t size;
    nt_ok(context, nndyn_context_create(&many));
    nt_ok(many, nndyn_context_set_threads(many, threads));
    script s = {.parent = many, .cancel_at = 5};
    nt_ok(many, nndyn_sweep_create(many, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 0, 40));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "a", long_cell, &s));
    nt_temporary(path);
    nndyn_options *options = text_option(many, "file", path);
    nt_fails(NNDYN_ECANCELED, sweep, "nndyn_context_cancel", nndyn_sweep_run(sweep, options, NULL));
    assert_true(s.calls <= 5 + threads); /* no cell begins later, and the one it fell into has no row */
    char *text = slurp(path, &size);
    int64_t lines = 0;
    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    assert_true(lines <= 1 + s.calls - 1 && text[size - 1] == '\n');
    free(text);
    s.cancel_at = 0;
    nt_ok(sweep, nndyn_sweep_run(sweep, options, NULL)); /* a later call is not affected */
    nndyn_options_free(options);
    nndyn_sweep_free(sweep);
    nndyn_context_free(many);
    unlink(path);
}

static void test_stopped_within(void **state)
{
    (void)state;
    stop_within(1);
    stop_within(4);
}

static int stop_at_half(void *user, const char *task, double fraction)
{
    double *last = user;
    assert_string_equal(task, "running a sweep");
    assert_true(fraction >= *last && fraction <= 1);
    *last = fraction;
    return fraction > 0.5;
}

static int slow_cell(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                     int64_t columns, double *row)
{
    const struct timespec little = {0, 8000000};
    (void)user, (void)cell, (void)parameters, (void)values, (void)columns;
    nanosleep(&little, NULL);
    row[0] = (double)seed;
    return 0;
}

static void test_progress(void **state)
{
    nndyn_sweep *sweep;
    double last = 0;
    (void)state;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 0, 40));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "a", slow_cell, NULL));
    nt_ok(context, nndyn_context_set_progress(context, stop_at_half, &last));
    nt_fails(NNDYN_ECANCELED, sweep, "the progress callback", nndyn_sweep_run(sweep, NULL, NULL));
    assert_true(last > 0.5 && last < 1);
    nt_ok(context, nndyn_context_set_progress(context, NULL, NULL));
    nt_ok(sweep, nndyn_sweep_run(sweep, NULL, NULL));
    nndyn_sweep_free(sweep);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int quiet_cell(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                      int64_t columns, double *row)
{
    nndyn_options *options;
    (void)user, (void)parameters, (void)columns;
    const int status = nndyn_options_create(cell, &options);
    if (status == NNDYN_OK) {
        nndyn_options_free(options);
        row[0] = values[0] + (double)seed;
    }
    return status;
}

static int scenario(nt_allocator *a, void *user)
{
    nndyn_context *c = NULL;
    nndyn_sweep *sweep = NULL;
    nndyn_options *options = NULL;
    double mean[2];
    int status = nt_context_create(a, &c);
    if (status == NNDYN_OK) {
        nt_pause(a);
        options = text_option(c, "file", user);
        nt_resume(a);
        status = nndyn_sweep_create(c, NULL, &sweep);
    }
    status = status != NNDYN_OK ? status : nndyn_sweep_add_axis(sweep, "x", 2, rates);
    status = status != NNDYN_OK ? status : nndyn_sweep_set_cell(sweep, "a", quiet_cell, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_run(sweep, options, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_merge(sweep, user, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_write_csv(sweep, user);
    status = status != NNDYN_OK ? status : nndyn_sweep_summary(sweep, mean, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_sweep_forecast(sweep, NULL, NULL, NULL, NULL);
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
    nndyn_context_free(c);
    unlink(user);
    return status;
}

static void test_memory(void **state)
{
    char path[NT_PATH];
    (void)state;
    nt_temporary(path);
    nt_every_allocation(scenario, path);
}

static int hungry_cell(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                       int64_t columns, double *row)
{
    static const double x[1000] = {0};
    nndyn_dataset *data, *one, *two;
    (void)user, (void)parameters, (void)values, (void)seed, (void)columns, (void)row;
    int status = nndyn_dataset_create(cell, 1000, 1, x, 0, NULL, 0, &data);
    if (status == NNDYN_OK) {
        status = nndyn_dataset_split(data, 0.5, NULL, &one, &two);
        if (status == NNDYN_OK) {
            nndyn_dataset_free(one);
            nndyn_dataset_free(two);
        }
        nndyn_dataset_free(data);
    }
    return status;
}

static void test_cell_limit(void **state)
{
    nndyn_options *options;
    nndyn_sweep *sweep;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "cell_memory_limit", 1000));
    nt_ok(context, nndyn_sweep_create(context, options, &sweep));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "a", hungry_cell, NULL));
    nt_fails(NNDYN_ELIMIT, sweep, "is 1000", nndyn_sweep_run(sweep, NULL, NULL));
    nndyn_sweep_free(sweep);
    nndyn_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_axes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells_and_seeds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_sweeps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_merge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_within, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cell_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sweep_errors", tests, NULL, NULL);
}
