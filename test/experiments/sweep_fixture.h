/* sweep_fixture.h - a small sweep whose cells are cheap, and whose rows are known. */
#ifndef TEST_SWEEP_FIXTURE_H
#define TEST_SWEEP_FIXTURE_H
#include "support/fixture.h"
#include "nndyn/data.h"
#include "nndyn/sweep.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

enum { FIRST = 3, SECOND = 4, SEEDS = 2, CELLS = FIRST * SECOND * SEEDS, COLUMNS = 4 };

static const double rates[FIRST] = {0.1, 0.01, 1.0 / 3};
static const double slopes[SECOND] = {0, 0.25, -0.5, 1e-300};

typedef struct script {
    nndyn_context *parent; /* to be canceled */
    int64_t cancel_at;     /* number of the call at which it is, from 1; 0: never */
    double fail_above;     /* cells whose first parameter is larger fail; 0: none */
    int result;            /* with this */
    atomic_int_fast64_t calls;
} script;

/* Random numbers come from the cell's context: what is made of it draws from its seed. */
static double drawn(nndyn_context *cell)
{
    nndyn_dataset *data = NULL, *first = NULL, *second = NULL;
    const double x[6] = {0, 1, 2, 3, 4, 5};
    double value = -1;
    assert_int_equal(nndyn_dataset_create(cell, 6, 1, x, 0, NULL, 1, &data), NNDYN_OK);
    assert_int_equal(nndyn_dataset_split(data, 0.2, NULL, &first, &second), NNDYN_OK);
    assert_int_equal(nndyn_dataset_get(second, 0, 1, &value, NULL, NULL), NNDYN_OK);
    nndyn_dataset_free(first);
    nndyn_dataset_free(second);
    nndyn_dataset_free(data);
    return value;
}

static int cell_of_script(void *user, nndyn_context *cell, int64_t parameters, const double *values, int64_t seed,
                          int64_t columns, double *row)
{
    script *s = user;
    const int64_t call = atomic_fetch_add(&s->calls, 1) + 1;
    assert_int_equal(columns, COLUMNS);
    for (int64_t c = 0; c < columns; c++) {
        assert_true(isnan(row[c]));
    }
    if (s->cancel_at > 0 && call == s->cancel_at) {
        nndyn_context_cancel(s->parent);
    }
    if (s->fail_above > 0 && values[0] > s->fail_above) {
        row[0] = 7; /* is not kept */
        return s->result;
    }
    row[0] = parameters > 1 ? values[0] * exp(values[1]) : values[0];
    row[1] = (double)seed / 3;
    row[2] = drawn(cell);
    row[3] = seed == 5 ? (double)NAN : -(double)INFINITY;
    return 0;
}

static nndyn_sweep *make_sweep(nndyn_context *c, script *s)
{
    nndyn_sweep *sweep;
    nt_ok(c, nndyn_sweep_create(c, NULL, &sweep));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "rate", FIRST, rates));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "slope", SECOND, slopes));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 5, SEEDS));
    nt_ok(sweep, nndyn_sweep_set_cell(sweep, "product,third,drawn,odd", cell_of_script, s));
    return sweep;
}

static nndyn_options *text_option(nndyn_context *c, const char *name, const char *value)
{
    nndyn_options *options;
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_text(options, name, value));
    return options;
}

static int run_to(nndyn_sweep *sweep, const char *path, int64_t part, int64_t parts, int64_t *failed)
{
    nndyn_options *options = text_option(context, "file", path);
    nt_ok(options, nndyn_options_set_integer(options, "part", part));
    nt_ok(options, nndyn_options_set_integer(options, "parts", parts));
    const int status = nndyn_sweep_run(sweep, options, failed);
    nndyn_options_free(options);
    return status;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, 1 << 16);
    assert_non_null(file);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (1 << 16) - 1, file);
    fclose(file);
    return bytes;
}

NT_UNUSED static void spew(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

NT_UNUSED static void same_files(const char *a, const char *b)
{
    size_t sizes[2];
    char *bytes[2] = {slurp(a, &sizes[0]), slurp(b, &sizes[1])};
    assert_string_equal(bytes[0], bytes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    free(bytes[0]);
    free(bytes[1]);
}

/* The table of one thread and one run. */
NT_UNUSED static void reference_file(char path[NT_PATH])
{
    script s = {0};
    int64_t failed = -1;
    nt_temporary(path);
    nndyn_sweep *sweep = make_sweep(context, &s);
    nt_ok(sweep, run_to(sweep, path, 0, 1, &failed));
    assert_int_equal(failed, 0);
    assert_int_equal(s.calls, CELLS);
    nndyn_sweep_free(sweep);
}

#endif
