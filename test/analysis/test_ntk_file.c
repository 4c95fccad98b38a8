/* A tangent kernel written to a file: the same numbers, going on after a stop, and files that are refused. */
#include "analysis/ntk_fixture.h"

enum { N = 11, N2 = 5, C = 3, INPUTS = 4, ROWS = N * C };

static problem small(void)
{
    problem p = problem_begin(NNDYN_F64, INPUTS);
    dense(&p, 5, NNDYN_TANH);
    dense(&p, C, NNDYN_IDENTITY);
    problem_end(&p, N + N2, 0);
    return p;
}

static nndyn_options *blocks(nndyn_context *context, int64_t block)
{
    nndyn_options *options = options_of(context);
    nt_ok(options, nndyn_options_set_integer(options, "block", block));
    return options;
}

static void same_as_in_memory(void **state)
{
    problem p = small();
    char path[NT_PATH];
    double want[ROWS * ROWS], got[ROWS * ROWS];
    (void)state;
    nt_temporary(path);
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_PSEUDO; kind++) {
        for (int rectangular = 0; rectangular <= 1; rectangular++) {
            int64_t group = kind == NNDYN_NTK_FULL ? C : 1, n2 = rectangular ? N2 : N, rows, columns, written;
            const double *x2 = rectangular ? p.x + N * INPUTS : NULL;
            nndyn_options *options = blocks(p.context, rectangular ? 0 : 4);
            int found;
            if (kind == NNDYN_NTK_DIAGONAL) {
                nndyn_options_free(options);
                continue;
            }
            nt_ok(p.network, nndyn_ntk(p.network, N, p.x, n2, x2, kind, NULL, want));
            nt_ok(p.network, nndyn_ntk_write(p.network, N, p.x, n2, x2, kind, options, path));
            nt_ok(p.context, nndyn_ntk_file(p.context, path, &found, &rows, &columns, &written));
            assert_true(found == kind && rows == N * group && columns == n2 * group && written == rows);
            nt_ok(p.context, nndyn_ntk_file(p.context, path, NULL, NULL, NULL, NULL));
            nt_ok(p.context, nndyn_ntk_read(p.context, path, 0, rows, got));
            near_matrix(got, want, rows * columns, 1e-14);
            nt_ok(p.context, nndyn_ntk_read(p.context, path, rows - 2, 2, got));
            near_matrix(got, want + (rows - 2) * columns, 2 * columns, 1e-14);
            unlink(path);
            nndyn_options_free(options);
        }
    }
    problem_free(&p);
}

/* An activation that stops the call when it has been asked often enough. */
typedef struct counter {
    nndyn_context *context;
    int left;
} counter;

static int counting(void *user, int order, int64_t count, const double *z, double *values)
{
    counter *c = user;
    if (c->left-- == 0) {
        assert_int_equal(nndyn_context_cancel(c->context), NNDYN_OK);
    }
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] * z[i] : 2 * z[i];
    }
    return 0;
}

static void goes_on_after_a_stop(void **state)
{
    problem p = problem_begin(NNDYN_F64, INPUTS);
    char path[NT_PATH];
    counter c = {p.context, -1};
    double want[ROWS * ROWS], got[ROWS * ROWS];
    int64_t written = 0, before = -1;
    int stops = 0;
    (void)state;
    nt_temporary(path);
    dense(&p, 5, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 1, counting, &c));
    dense(&p, C, NNDYN_IDENTITY);
    problem_end(&p, N, 0);
    nndyn_options *options = blocks(p.context, 2);
    nt_ok(p.network, nndyn_ntk(p.network, N, p.x, 0, NULL, NNDYN_NTK_FULL, NULL, want));
    for (;;) {
        c.left = 9; /* two blocks or so */
        int status = nndyn_ntk_write(p.network, N, p.x, 0, NULL, NNDYN_NTK_FULL, options, path);
        nt_ok(p.context, nndyn_ntk_file(p.context, path, NULL, NULL, NULL, &written));
        if (status == NNDYN_OK) {
            break;
        }
        assert_int_equal(status, NNDYN_ECANCELED);
        assert_true(written > before && written < ROWS);
        nt_ok(p.context, nndyn_ntk_read(p.context, path, 0, written, got));
        near_matrix(got, want, written * ROWS, 1e-14);
        nt_fails(NNDYN_EARG, p.context, "count", nndyn_ntk_read(p.context, path, 0, written + 1, got));
        before = written;
        stops++;
    }
    assert_true(stops >= 1 && written == ROWS);
    nt_ok(p.context, nndyn_ntk_read(p.context, path, 0, ROWS, got));
    near_matrix(got, want, ROWS * ROWS, 1e-14);
    c.left = 0; /* nothing is left to do, so nothing is asked */
    nt_ok(p.network, nndyn_ntk_write(p.network, N, p.x, 0, NULL, NNDYN_NTK_FULL, options, path));
    assert_int_equal(c.left, 0);
    unlink(path);
    nndyn_options_free(options);
    problem_free(&p);
}

static void put_file(const char *path, int64_t size, const char *bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
}

static int64_t get_file(const char *path, int64_t capacity, char *bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, (size_t)capacity, file);
    fclose(file);
    return (int64_t)size;
}

static void refused_files(void **state)
{
    static char good[64 + 8 * ROWS * ROWS], bad[64 + 8 * ROWS * ROWS], after[64 + 8 * ROWS * ROWS];
    problem p = small();
    char path[NT_PATH];
    double row[ROWS];
    (void)state;
    nt_temporary(path);
    nt_fails(NNDYN_EIO, p.context, "read", nndyn_ntk_file(p.context, path, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EIO, p.network, "written",
             nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, "/nonexistent-folder/kernel"));
    nt_ok(p.network, nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, path));
    assert_int_equal(get_file(path, sizeof good, good), sizeof good);
    nt_fails(NNDYN_EFORMAT, p.network, "another kernel",
             nndyn_ntk_write(p.network, N, p.x, 0, NULL, NNDYN_NTK_TRACE, NULL, path));
    nt_fails(NNDYN_EFORMAT, p.network, "another kernel",
             nndyn_ntk_write(p.network, N, p.x + 4, 0, NULL, 1, NULL, path));
    nt_ok(p.network, nndyn_network_initialize(p.network, 5));
    nt_fails(NNDYN_EFORMAT, p.network, "another kernel", nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, path));
    assert_int_equal(get_file(path, sizeof after, after), sizeof after);
    nt_same(good, after, sizeof good);
    const struct {
        int64_t size, at;
        const char *word;
    } damages[] = {{10, -1, "no file"},          {0, -1, "no file"},           {sizeof good, 0, "no file"},
                   {sizeof good, 8, "later"},    {sizeof good, 25, "damaged"}, {sizeof good, 60, "damaged"},
                   {sizeof good - 1, -1, "ends"}};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        memcpy(bad, good, sizeof good);
        if (damages[i].at >= 0) {
            bad[damages[i].at] ^= 4;
        }
        put_file(path, damages[i].size, bad);
        nt_fails(NNDYN_EFORMAT, p.context, damages[i].word, nndyn_ntk_file(p.context, path, NULL, NULL, NULL, NULL));
        nt_fails(NNDYN_EFORMAT, p.context, damages[i].word, nndyn_ntk_read(p.context, path, 0, 1, row));
        if (damages[i].size > 0) { /* an empty file is begun */
            nt_fails(NNDYN_EFORMAT, p.network, damages[i].word,
                     nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, path));
        }
    }
    unlink(path);
    problem_free(&p);
}

static void refused_arguments(void **state)
{
    problem p = small();
    char path[NT_PATH];
    double row[ROWS] = {7};
    (void)state;
    nt_temporary(path);
    nt_fails(NNDYN_EARG, p.network, "kind", nndyn_ntk_write(p.network, N, p.x, 0, NULL, 7, NULL, path));
    nt_fails(NNDYN_EARG, p.network, "DIAGONAL",
             nndyn_ntk_write(p.network, N, p.x, 0, NULL, NNDYN_NTK_DIAGONAL, NULL, path));
    nt_fails(NNDYN_EARG, p.network, "n is", nndyn_ntk_write(p.network, 0, p.x, 0, NULL, 1, NULL, path));
    nt_fails(NNDYN_EARG, p.network, "path", nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, NULL));
    nndyn_options *options = blocks(p.context, -1);
    nt_fails(NNDYN_EOPTION, p.network, "block", nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, options, path));
    nndyn_options_free(options);
    assert_int_equal(access(path, F_OK), -1); /* none of them began a file */
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, 1000));
    nt_fails(NNDYN_ELIMIT, p.network, "limit", nndyn_ntk_write(p.network, N, p.x, 0, NULL, 1, NULL, path));
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, 0));
    nt_ok(p.network, nndyn_ntk_write(p.network, N, p.x, 0, NULL, NNDYN_NTK_TRACE, NULL, path));
    nt_fails(NNDYN_EARG, p.context, "path", nndyn_ntk_file(p.context, NULL, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, p.context, "first", nndyn_ntk_read(p.context, path, N, 1, row));
    nt_fails(NNDYN_EARG, p.context, "count", nndyn_ntk_read(p.context, path, 0, 0, row));
    nt_fails(NNDYN_EARG, p.context, "kernel", nndyn_ntk_read(p.context, path, 0, 1, NULL));
    assert_true(row[0] == 7);
    unlink(path);
    problem_free(&p);
}

static int scenario(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nndyn_network *network = NULL;
    double x[4 * INPUTS];
    nt_normal(3, 4 * INPUTS, x);
    unlink(user);
    int status = nt_context_create(a, &context);
    nt_pause(a);
    if (status == NNDYN_OK) {
        assert_int_equal(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), NNDYN_OK);
        nt_ok(network, nndyn_network_add_dense(network, C, NNDYN_TANH));
    }
    nt_resume(a);
    if (status == NNDYN_OK) {
        status = nndyn_ntk_write(network, 4, x, 0, NULL, NNDYN_NTK_FULL, NULL, user);
    }
    nndyn_network_free(network);
    nndyn_context_free(context);
    return status;
}

static void every_allocation_fails_once(void **state)
{
    char path[NT_PATH];
    (void)state;
    nt_temporary(path);
    nt_every_allocation(scenario, path);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_in_memory),
        cmocka_unit_test(goes_on_after_a_stop),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(refused_arguments),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
