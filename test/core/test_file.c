/* Files: what is written comes back, appears as a whole or not at all, and damage of any kind is refused. */
#include "support/support.h"
#include "core/crc.h"
#include "core/envelope.h"
#include "core/file.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void put_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

/* Files beside `path` that begin with its name. */
static int neighbors(const char *path)
{
    char directory[NT_PATH];
    snprintf(directory, sizeof directory, "%s", path);
    char *name = strrchr(directory, '/');
    *name++ = '\0';
    DIR *d = opendir(directory);
    int count = 0;
    for (struct dirent *e; (e = readdir(d));) {
        count += strncmp(e->d_name, name, strlen(name)) == 0;
    }
    closedir(d);
    return count;
}

/* ---- checksum ---------------------------------------------------------------------------------------------------- */

static void checksum_has_its_check_value(void **state)
{
    (void)state;
    nd_crc *crc = malloc(sizeof *crc);
    const char digits[] = "123456789";
    nd_crc_prepare(crc);
    assert_true(nd_crc_extend(crc, 0, digits, 9) == 0x995DC9BBDF1939FAu);
    assert_true(nd_crc_extend(crc, 0, digits, 0) == 0);
    unsigned char bytes[100];
    for (int i = 0; i < 100; i++) {
        bytes[i] = (unsigned char)(37 * i);
    }
    for (int cut = 0; cut <= 100; cut++) {
        const uint64_t first = nd_crc_extend(crc, 0, bytes, cut);
        assert_true(nd_crc_extend(crc, first, bytes + cut, 100 - cut) == nd_crc_extend(crc, 0, bytes, 100));
    }
    free(crc);
}

/* ---- round trip -------------------------------------------------------------------------------------------------- */

enum { NUMBERS = 20000 };

static int write_sample(void *handle, const char *path)
{
    nd_writer *writer = NULL;
    double *x = malloc(NUMBERS * sizeof *x);
    float *y = malloc(NUMBERS * sizeof *y);
    nt_normal(1, NUMBERS, x);
    nt_normal_f32(2, NUMBERS, y);
    int status = nd_writer_open(handle, path, &writer);
    if (status == NNDYN_OK) {
        nd_write_integer(writer, INT64_MIN);
        nd_write_integer(writer, 42);
        nd_write_real(writer, -0.1);
        nd_write_text(writer, "");
        nd_write_text(writer, "a text");
        nd_write_f32(writer, NUMBERS, y);
        nd_write_f64(writer, NUMBERS, x);
        nd_write_f64(writer, 0, NULL);
        status = nd_writer_close(writer, NNDYN_OK);
    }
    free(x);
    free(y);
    return status;
}

static int check_records(nd_reader *reader)
{
    double *x = calloc(2 * NUMBERS, sizeof *x);
    float *y = calloc(2 * NUMBERS, sizeof *y);
    char text[16] = "?";
    nt_normal(1, NUMBERS, x + NUMBERS);
    nt_normal_f32(2, NUMBERS, y + NUMBERS);
    assert_true(nd_read_integer(reader, INT64_MIN, INT64_MAX, "a") == INT64_MIN);
    assert_int_equal(nd_read_integer(reader, 42, 42, "b"), 42);
    assert_true(nd_read_real(reader, -1.0, 1.0, "c") == -0.1);
    nd_read_text(reader, 16, text, "d");
    assert_string_equal(text, "");
    nd_read_text(reader, 7, text, "e");
    assert_string_equal(text, "a text");
    assert_int_equal(nd_reader_left(reader), 12 * NUMBERS);
    nd_read_f32(reader, NUMBERS, y, "f");
    nd_read_f64(reader, NUMBERS, x, "g");
    nt_same(x, x + NUMBERS, NUMBERS * sizeof *x);
    nt_same(y, y + NUMBERS, NUMBERS * sizeof *y);
    assert_int_equal(nd_reader_left(reader), 0);
    free(x);
    free(y);
    return nd_reader_status(reader);
}

static void what_is_written_comes_back(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    nd_reader *reader = NULL;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    nt_ok(context, write_sample(context, path));
    nt_ok(context, write_sample(context, path)); /* over the first */
    assert_int_equal(neighbors(path), 1);
    nt_ok(context, nd_reader_open(context, path, &reader));
    assert_int_equal(check_records(reader), NNDYN_OK);
    nt_ok(context, nd_reader_close(reader, NNDYN_OK));
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int every_call(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nd_reader *reader = NULL;
    int status = nt_context_create(a, &context);
    if (status == NNDYN_OK) {
        status = write_sample(context, user);
    }
    if (status == NNDYN_OK) {
        status = nd_reader_open(context, user, &reader);
    }
    status = nd_reader_close(reader, status);
    nndyn_context_free(context);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    char path[NT_PATH];
    nt_temporary(path);
    nt_every_allocation(every_call, path);
    assert_int_equal(neighbors(path), 1);
    unlink(path);
}

/* The layout of the bytes is the same on every machine. */
static void layout_is_pinned(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char *bytes = NULL;
    int64_t size = 0;
    nd_writer *writer = NULL;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    nt_ok(context, nd_writer_open(context, path, &writer));
    nd_write_integer(writer, -2);
    nd_write_real(writer, 1.0);
    nd_write_text(writer, "ab");
    nd_write_f32(writer, 1, &(float){1.0f});
    nt_ok(context, nd_writer_close(writer, NNDYN_OK));
    nt_ok(context, nd_read_file(context, path, &bytes, &size));
    static const unsigned char want[] = {
        0x89, 'N',  'N',  'D',  'Y',  'N',  '\n', 0x1a, 1,   0,   0, 0, 0,    0,    0,    0,
        30,   0,    0,    0,    0,    0,    0,    0,                                            /* header */
        0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,   0,   0, 0, 0,    0,    0xf0, 0x3f, /* -2, 1.0 */
        2,    0,    0,    0,    0,    0,    0,    0,    'a', 'b', 0, 0, 0x80, 0x3f,             /* "ab", 1.0f */
    };
    assert_int_equal(size, sizeof want + 8);
    nt_same(bytes, want, sizeof want);
    nd_release(context, bytes);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static int open_and_close(nndyn_context *context, const char *path)
{
    nd_reader *reader = NULL;
    const int status = nd_reader_open(context, path, &reader);
    assert_true((status == NNDYN_OK) == (reader != NULL));
    return nd_reader_close(reader, status);
}

/* A small file, each byte of which is changed in turn, and which is cut at each length. */
static void any_damage_is_seen(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char *bytes = NULL;
    int64_t size = 0;
    nd_writer *writer = NULL;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    nt_ok(context, nd_writer_open(context, path, &writer));
    nd_write_text(writer, "some content");
    nt_ok(context, nd_writer_close(writer, NNDYN_OK));
    nt_ok(context, nd_read_file(context, path, &bytes, &size));
    for (int64_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        put_bytes(path, bytes, (size_t)size);
        assert_int_equal(open_and_close(context, path), NNDYN_EFORMAT);
        bytes[i] ^= 0x10;
        put_bytes(path, bytes, (size_t)i);
        assert_int_equal(open_and_close(context, path), NNDYN_EFORMAT);
    }
    put_bytes(path, bytes, (size_t)size + 1); /* there is a zero byte after them */
    nt_fails(NNDYN_EFORMAT, context, "content", open_and_close(context, path));
    put_bytes(path, bytes, (size_t)size);
    nt_ok(context, open_and_close(context, path));
    put_bytes(path, "hello", 5);
    nt_fails(NNDYN_EFORMAT, context, "is not a file of this library", open_and_close(context, path));
    bytes[8] = 2;
    put_bytes(path, bytes, (size_t)size);
    nt_fails(NNDYN_EFORMAT, context, "version 2", open_and_close(context, path));
    nd_release(context, bytes);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* A file whose checksum fits, with this payload: what a hostile writer can make. */
static void put_payload(const char *path, const void *payload, int64_t size)
{
    unsigned char *bytes = calloc(1, (size_t)size + 32);
    nd_crc *crc = malloc(sizeof *crc);
    nd_crc_prepare(crc);
    nd_put_header(bytes, size);
    memcpy(bytes + 24, payload, (size_t)size);
    const uint64_t sum = nd_crc_extend(crc, 0, payload, size);
    nd_put_u64(bytes + 24 + size, nd_crc_extend(crc, sum, bytes, 24));
    put_bytes(path, bytes, (size_t)size + 32);
    free(crc);
    free(bytes);
}

typedef void read_function(nd_reader *reader);

static void integer_too_large(nd_reader *r)
{
    assert_int_equal(nd_read_integer(r, 1, 10, "width"), 1);
}

static void real_too_large(nd_reader *r)
{
    assert_true(nd_read_real(r, 0.5, 1.0, "width") == 0.5);
}

static void real_beyond_the_end(nd_reader *r)
{
    nd_read_real(r, 0.0, 1.0, "first");
    nd_read_real(r, 0.0, 1.0, "second");
    assert_true(nd_read_real(r, 0.5, 1.0, "width") == 0.5);
}

static void text_too_long(nd_reader *r)
{
    char text[4] = "abc";
    nd_read_text(r, 4, text, "width");
    assert_string_equal(text, "");
}

static void array_too_long(nd_reader *r)
{
    double x[1] = {3.0};
    nd_read_f64(r, INT64_MAX / 4, x, "width");
    nd_read_f64(r, 1, x, "width");
    nd_read_f32(r, 1, (float *)x, "width");
    assert_true(x[0] == 3.0);
    assert_int_equal(nd_reader_left(r), 0);
}

static void floats_beyond_the_end(nd_reader *r)
{
    float x[1] = {3.0f};
    nd_read_f32(r, 5, x, "width");
    assert_true(x[0] == 3.0f);
}

static void number_not_finite(nd_reader *r)
{
    double x[2];
    nd_read_f64(r, 2, x, "width");
}

static void float_not_finite(nd_reader *r)
{
    float x[4];
    nd_read_f32(r, 4, x, "width");
}

static void records_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct {
        read_function *read;
        const char *word;
        unsigned char payload[16];
    } cases[] = {
        {integer_too_large, "width in the file is 11; it must be from 1 to 10", {11}},
        {integer_too_large, "width in the file is -1;", {255, 255, 255, 255, 255, 255, 255, 255}},
        {real_too_large, "width in the file is 2; it must be from 0.5 to 1", {0, 0, 0, 0, 0, 0, 0, 0x40}},
        {real_too_large, "width in the file is nan", {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}},
        {real_beyond_the_end, "the file ends within width", {0}},
        {text_too_long, "width in the file is 4; it must be from 0 to 3", {4}},
        {text_too_long, "width in the file is not a text", {2, 0, 0, 0, 0, 0, 0, 0, 'a', 0}},
        {array_too_long, "the file ends within width", {0}},
        {floats_beyond_the_end, "the file ends within width", {0}},
        {number_not_finite, "has inf at 1", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f}},
        {float_not_finite, "has -inf at 2", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff}},
    };
    nt_allocator a = {0};
    char path[NT_PATH];
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nd_reader *reader = NULL;
        put_payload(path, cases[i].payload, 16);
        nt_ok(context, nd_reader_open(context, path, &reader));
        cases[i].read(reader);
        assert_int_equal(nd_reader_status(reader), NNDYN_EFORMAT);
        nt_fails(NNDYN_EFORMAT, context, cases[i].word, nd_reader_close(reader, NNDYN_OK));
    }
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void only_the_first_failure_counts(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char text[5] = "kept";
    nd_reader *reader = NULL;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    put_payload(path, "\x0b\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0", 16);
    nt_ok(context, nd_reader_open(context, path, &reader));
    nd_read_integer(reader, 1, 10, "the first");
    assert_int_equal(nd_read_integer(reader, 7, 10, "the second"), 7);
    nd_read_text(reader, 5, text, "the third");
    nt_fails(NNDYN_EFORMAT, context, "the first", nd_reader_close(reader, NNDYN_OK));
    nt_ok(context, nd_reader_open(context, path, &reader));
    assert_int_equal(nd_reader_close(reader, NNDYN_EDATA), NNDYN_EDATA);
    assert_int_equal(nd_reader_close(NULL, NNDYN_EDATA), NNDYN_EDATA);
    assert_int_equal(nd_writer_close(NULL, NNDYN_EDATA), NNDYN_EDATA);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- the file system --------------------------------------------------------------------------------------------- */

static void a_failed_call_leaves_the_old_file(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char *bytes = NULL;
    int64_t size = 0;
    nd_writer *writer = NULL;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    put_bytes(path, "before", 6);
    nt_ok(context, nd_writer_open(context, path, &writer));
    nd_write_integer(writer, 5);
    assert_int_equal(nd_writer_close(writer, NNDYN_ECANCELED), NNDYN_ECANCELED);
    char *text = malloc(5000);
    memset(text, 'x', 5000);
    text[4096] = '\0';
    nt_ok(context, nd_writer_open(context, path, &writer));
    nd_write_text(writer, text);
    nd_write_f64(writer, 1, &(double){1.0});
    nd_write_f32(writer, 1, &(float){1.0f});
    nt_fails(NNDYN_EARG, context, "4096 bytes", nd_writer_close(writer, NNDYN_OK));
    free(text);
    assert_int_equal(neighbors(path), 1);
    nt_ok(context, nd_read_file(context, path, &bytes, &size));
    assert_int_equal(size, 6);
    assert_string_equal(bytes, "before");
    nd_release(context, bytes);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* A limit on the size of files makes write fall short, as a full disk does. */
static void a_full_disk_is_reported(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    struct rlimit before;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    put_bytes(path, "before", 6);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < 240000; most += 60007) {
        const struct rlimit limit = {most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const int status = write_sample(context, path);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        nt_fails(NNDYN_EIO, context, "cannot be written", status);
        assert_int_equal(neighbors(path), 1);
    }
    signal(SIGXFSZ, handler);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void paths_that_cannot_be_used(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char *bytes = NULL;
    int64_t size = 0;
    nd_writer *writer = NULL;
    nndyn_context *context = nt_context(&a);
    nt_fails(NNDYN_EARG, context, "path is NULL", nd_writer_open(context, NULL, &writer));
    nt_fails(NNDYN_EARG, context, "path is NULL", open_and_close(context, NULL));
    nt_fails(NNDYN_EIO, context, "No such file", nd_writer_open(context, "/nonexistent/x", &writer));
    nt_fails(NNDYN_EIO, context, "No such file", open_and_close(context, "/nonexistent/x"));
    nt_fails(NNDYN_EIO, context, "not a regular file", nd_writer_open(context, "/dev/null", &writer));
    nt_fails(NNDYN_EIO, context, "not a regular file", nd_writer_open(context, "/", &writer));
    nt_fails(NNDYN_EIO, context, "not a regular file", nd_read_file(context, "/dev/zero", &bytes, &size));
    nt_fails(NNDYN_EIO, context, "not a regular file", nd_read_file(context, "/", &bytes, &size));
    nt_temporary(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    nt_fails(NNDYN_EIO, context, "not a regular file",
             nd_read_file(context, path, &bytes, &size)); /* without waiting */
    unlink(path);
    assert_true(exists("/dev/null"));
    assert_null(writer);
    assert_null(bytes);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void files_in_the_working_directory(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char before[NT_PATH];
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chdir(path), 0);
    nt_ok(context, write_sample(context, "plain.nndyn"));
    nt_ok(context, open_and_close(context, "plain.nndyn"));
    assert_int_equal(unlink("plain.nndyn"), 0);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(path), 0); /* nothing else was left in it */
    nndyn_context_free(context);
}

static void the_mode_of_a_file_is_kept(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    struct stat s;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    put_bytes(path, "x", 1);
    assert_int_equal(chmod(path, 0640), 0);
    nt_ok(context, write_sample(context, path));
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0640);
    unlink(path);
    nndyn_context_free(context);
}

static void whole_files_are_read(void **state)
{
    (void)state;
    nt_allocator a = {0};
    char path[NT_PATH];
    char *bytes = NULL;
    int64_t size = -1;
    nndyn_context *context = nt_context(&a);
    nt_temporary(path);
    put_bytes(path, "", 0);
    nt_ok(context, nd_read_file(context, path, &bytes, &size));
    assert_int_equal(size, 0);
    assert_int_equal(bytes[0], '\0');
    nd_release(context, bytes);
    put_bytes(path, "a\0b", 3);
    nt_ok(context, nndyn_context_set_memory_limit(context, 2));
    nt_fails(NNDYN_ELIMIT, context, "would take 3 bytes", nd_read_file(context, path, &bytes, &size));
    nt_ok(context, nndyn_context_set_memory_limit(context, 3));
    nt_ok(context, nd_read_file(context, path, &bytes, &size));
    assert_int_equal(size, 3);
    nt_same(bytes, "a\0b", 4);
    nd_release(context, bytes);
    unlink(path);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksum_has_its_check_value),
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(layout_is_pinned),
        cmocka_unit_test(any_damage_is_seen),
        cmocka_unit_test(records_out_of_bounds_are_refused),
        cmocka_unit_test(only_the_first_failure_counts),
        cmocka_unit_test(a_failed_call_leaves_the_old_file),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(paths_that_cannot_be_used),
        cmocka_unit_test(files_in_the_working_directory),
        cmocka_unit_test(the_mode_of_a_file_is_kept),
        cmocka_unit_test(whole_files_are_read),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
