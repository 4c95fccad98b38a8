/* Readers of IDX and CSV files: what they read, what they refuse, and that nothing but a status comes of broken files.
 * */
#include "data/data.h"
#include "data/decimal.h"
#include "data/options_fixture.h"
#include <locale.h>

static char file[NT_PATH], second[NT_PATH];

static int set_up_files(void **state)
{
    (void)set_up_options(state);
    nt_temporary(file);
    nt_temporary(second);
    return 0;
}

static int tear_down_files(void **state)
{
    unlink(file);
    unlink(second);
    return tear_down_options(state);
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void write_text(const char *text)
{
    write_bytes(file, text, strlen(text));
}

/* ---- IDX --------------------------------------------------------------------------------------------------------- */

/* Append a number of `bytes` bytes, big-endian. */
static size_t put(unsigned char *at, uint64_t bits, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(bits >> 8 * (bytes - 1 - i));
    }
    return (size_t)bytes;
}

static size_t put_value(unsigned char *at, int type, double value)
{
    static const int sizes[] = {1, 1, 0, 2, 4, 4, 8};
    uint64_t bits = (uint64_t)(int64_t)value;
    if (type == 0x0d) {
        float narrow = (float)value;
        uint32_t word;
        memcpy(&word, &narrow, sizeof word);
        bits = word;
    } else if (type == 0x0e) {
        memcpy(&bits, &value, sizeof bits);
    }
    return put(at, bits, sizes[type - 8]);
}

static size_t idx_image(unsigned char *at, int type, int dimensions, const uint32_t *sizes, const double *values)
{
    size_t used = put(at, (uint64_t)type << 8 | (uint64_t)dimensions, 4), count = 1;
    for (int i = 0; i < dimensions; i++) {
        used += put(at + used, sizes[i], 4);
        count *= sizes[i];
    }
    for (size_t i = 0; i < count; i++) {
        used += put_value(at + used, type, values[i]);
    }
    return used;
}

static void idx_of_all_types(void **state)
{
    static const int types[] = {0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e};
    static const double values[6][12] = {
        {0, 1, 2, 3, 127, 128, 254, 255, 9, 8, 7, 6},
        {0, 1, -1, 127, -128, 5, 6, 7, 8, 9, -10, 11},
        {0, -1, 32767, -32768, 256, 255, 1, 2, 3, 4, 5, 6},
        {0, -1, 2147483647, -2147483648.0, 65536, 5, 6, 7, 8, 9, 10, 11},
        {0, -0.5, 3.4028234663852886e38, 0x1p-149, 1, 2, 3, 4, 5, 6, 7, 8},
        {0, -0.1, 1.7976931348623157e308, 5e-324, 1, 2, 3, 4, 5, 6, 7, 8},
    };
    const uint32_t sizes[3] = {2, 3, 2};
    unsigned char bytes[256];
    (void)state;
    for (int k = 0; k < 6; k++) {
        nndyn_dataset *d = NULL;
        double x[12];
        write_bytes(file, bytes, idx_image(bytes, types[k], 3, sizes, values[k]));
        nt_ok(context, nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
        assert_true(d->samples == 2 && d->inputs == 6 && d->targets == 0 && d->classes == 0);
        nt_ok(d, nndyn_dataset_get(d, 0, 2, x, NULL, NULL));
        for (int i = 0; i < 12; i++) {
            assert_true(x[i] == values[k][i] * (k == 0 ? 1.0 / 255 : 1.0));
        }
        nndyn_dataset_free(d);
    }
}

/* Five images of 2 x 2 bytes, and their labels 0, 3, 1, 2, 3. */
static size_t digits_images(unsigned char *bytes)
{
    double values[20];
    for (int i = 0; i < 20; i++) {
        values[i] = 10 * i;
    }
    return idx_image(bytes, 0x08, 3, (const uint32_t[]){5, 2, 2}, values);
}

static size_t digits_labels(unsigned char *bytes)
{
    return idx_image(bytes, 0x08, 1, (const uint32_t[]){5}, (const double[]){0, 3, 1, 2, 3});
}

static void write_digits(void)
{
    unsigned char bytes[64];
    write_bytes(file, bytes, digits_images(bytes));
    write_bytes(second, bytes, digits_labels(bytes));
}

static void idx_labels_and_ranges(void **state)
{
    nndyn_dataset *d = NULL;
    double x[12], t[12];
    int64_t labels[5];
    (void)state;
    write_digits();
    nt_ok(context, nndyn_dataset_read_idx(context, file, second, NULL, &d));
    assert_true(d->samples == 5 && d->inputs == 4 && d->targets == 4 && d->classes == 4);
    nndyn_dataset_free(d);
    nt_ok(options, nndyn_options_set_integer(options, "first", 2));
    nt_ok(options, nndyn_options_set_integer(options, "count", 2));
    nt_ok(options, nndyn_options_set_double(options, "scale", 0.1));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_dataset_read_idx(context, file, second, options, &d));
    assert_true(d->samples == 2 && d->classes == 3 && d->dtype == NNDYN_F32);
    nt_ok(d, nndyn_dataset_get(d, 0, 2, x, t, labels));
    for (int i = 0; i < 8; i++) {
        assert_true(x[i] == (double)(float)(0.1 * 10 * (8 + i)));
    }
    assert_true(labels[0] == 1 && labels[1] == 2 && t[1] == 1 && t[5] == 1);
    nndyn_dataset_free(d);
    nt_ok(options, nndyn_options_set_integer(options, "classes", 7));
    nt_ok(context, nndyn_dataset_read_idx(context, file, second, options, &d));
    assert_int_equal(d->targets, 7);
    nndyn_dataset_free(d);
}

/* Write the image with one change and expect a failure. */
static void refuse_image(int status, const char *word, size_t at, int byte)
{
    unsigned char bytes[64];
    nndyn_dataset *d = NULL;
    size_t size = digits_images(bytes);
    bytes[at] = (unsigned char)byte;
    write_bytes(file, bytes, size);
    nt_fails(status, context, word, nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    assert_null(d);
}

static void idx_refusals(void **state)
{
    unsigned char bytes[64] = {0x1f, 0x8b, 8, 0};
    nndyn_dataset *d = NULL;
    (void)state;
    write_digits();
    refuse_image(NNDYN_EFORMAT, "two zero bytes", 0, 1);
    refuse_image(NNDYN_EFORMAT, "0x0a", 2, 10);
    refuse_image(NNDYN_EFORMAT, "header", 3, 0);
    refuse_image(NNDYN_EFORMAT, "header", 3, 255);
    refuse_image(NNDYN_EFORMAT, "dimension 1", 11, 0);
    refuse_image(NNDYN_EFORMAT, "truncated", 7, 6);
    refuse_image(NNDYN_EFORMAT, "truncated", 4, 255);
    write_bytes(file, bytes, 4);
    nt_fails(NNDYN_EFORMAT, context, "gunzip", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    nt_fails(NNDYN_EFORMAT, context, "one dimension", nndyn_dataset_read_idx(context, second, NULL, NULL, &d));
    size_t size = idx_image(bytes, 0x08, 2, (const uint32_t[]){4, 1}, (const double[]){0, 1, 2, 3});
    write_bytes(file, bytes, size);
    nt_fails(NNDYN_EFORMAT, context, "5 labels", nndyn_dataset_read_idx(context, file, second, NULL, &d));
    nt_fails(NNDYN_EFORMAT, context, "of integers", nndyn_dataset_read_idx(context, file, file, NULL, &d));
    nt_fails(NNDYN_EIO, context, "no-such", nndyn_dataset_read_idx(context, "no-such-file", NULL, NULL, &d));
    nt_fails(NNDYN_EARG, context, "images", nndyn_dataset_read_idx(context, NULL, NULL, NULL, &d));
    nt_fails(NNDYN_EARG, context, "out", nndyn_dataset_read_idx(context, file, NULL, NULL, NULL));
    nt_ok(options, nndyn_options_set_integer(options, "first", 4));
    nt_fails(NNDYN_EOPTION, context, "4 samples", nndyn_dataset_read_idx(context, file, NULL, options, &d));
    nt_ok(options, nndyn_options_set_integer(options, "first", 1));
    nt_ok(options, nndyn_options_set_integer(options, "count", 4));
    nt_fails(NNDYN_EOPTION, context, "count", nndyn_dataset_read_idx(context, file, NULL, options, &d));
    assert_null(d);
}

/* Sizes whose product is beyond 64 bits. */
static void idx_of_absurd_sizes(void **state)
{
    unsigned char bytes[1024];
    nndyn_dataset *d = NULL;
    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    put(bytes, 0x0eff, 4);
    write_bytes(file, bytes, sizeof bytes);
    nt_fails(NNDYN_EFORMAT, context, "header", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    put(bytes, 0x0e40, 4);
    write_bytes(file, bytes, sizeof bytes);
    nt_fails(NNDYN_EFORMAT, context, "more than", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
}

static void idx_values_and_labels_out_of_range(void **state)
{
    unsigned char bytes[64];
    nndyn_dataset *d = NULL;
    (void)state;
    write_bytes(file, bytes, idx_image(bytes, 0x0e, 2, (const uint32_t[]){2, 2}, (const double[]){0, 1, 2, NAN}));
    nt_fails(NNDYN_EDATA, context, "value 1 of sample 1", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    write_bytes(file, bytes, idx_image(bytes, 0x0e, 2, (const uint32_t[]){2, 2}, (const double[]){0, 1e39, 2, 3}));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_fails(NNDYN_EDATA, context, "value 1 of sample 0", nndyn_dataset_read_idx(context, file, NULL, options, &d));
    write_bytes(file, bytes, idx_image(bytes, 0x08, 2, (const uint32_t[]){2, 2}, (const double[]){0, 1, 2, 3}));
    write_bytes(second, bytes, idx_image(bytes, 0x0c, 1, (const uint32_t[]){2}, (const double[]){0, -1}));
    nt_fails(NNDYN_EDATA, context, "sample 1", nndyn_dataset_read_idx(context, file, second, NULL, &d));
    write_bytes(second, bytes, idx_image(bytes, 0x0c, 1, (const uint32_t[]){2}, (const double[]){0, 2e9}));
    nt_fails(NNDYN_EDATA, context, "classes", nndyn_dataset_read_idx(context, file, second, NULL, &d));
    nt_ok(options, nndyn_options_set_integer(options, "classes", 3));
    nt_fails(NNDYN_EDATA, context, "from 0 to 2", nndyn_dataset_read_idx(context, file, second, options, &d));
    nt_ok(options, nndyn_options_set_integer(options, "classes", 1));
    nt_fails(NNDYN_EOPTION, context, "at least 2", nndyn_dataset_read_idx(context, file, second, options, &d));
    assert_null(d);
}

/* Every truncation is refused; every flipped byte gives a data set or a status. */
static void broken_idx_files(void **state)
{
    unsigned char bytes[64] = {0};
    size_t size = digits_images(bytes);
    nndyn_dataset *d = NULL;
    uint64_t random = 99;
    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes(file, bytes, cut);
        nt_fails(NNDYN_EFORMAT, context, "", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    }
    write_bytes(file, bytes, size + 1);
    nt_fails(NNDYN_EFORMAT, context, "", nndyn_dataset_read_idx(context, file, NULL, NULL, &d));
    for (int k = 0; k < 400; k++) {
        digits_images(bytes);
        bytes[(size_t)(nt_next(&random) * (k % 2 ? 16.0 : (double)size))] ^=
            (unsigned char)(1 + nt_next(&random) * 255);
        write_bytes(file, bytes, size);
        if (nndyn_dataset_read_idx(context, file, NULL, NULL, &d) == NNDYN_OK) {
            assert_int_equal(d->samples * d->inputs, 20);
            nndyn_dataset_free(d);
            d = NULL;
        }
    }
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static void csv_reads(const char *text, int64_t samples, int64_t inputs, const double *want)
{
    nndyn_dataset *d = NULL;
    double x[64];
    write_text(text);
    nt_ok(context, nndyn_dataset_read_csv(context, file, options, &d));
    assert_true(d->samples == samples && d->inputs == inputs && samples * inputs <= 64);
    nt_ok(d, nndyn_dataset_get(d, 0, samples, x, NULL, NULL));
    nt_same(x, want, samples * inputs * 8);
    nndyn_dataset_free(d);
}

static void csv_dialects(void **state)
{
    const double want[4] = {1, -2.5, 3e2, 0.125};
    (void)state;
    csv_reads("1,-2.5\n300,.125\n", 2, 2, want);
    csv_reads("1,-2.5\n300,.125", 2, 2, want);
    csv_reads("1,-2.5\r\n3e2,125E-3\r\n\r\n\n  \n", 2, 2, want);
    csv_reads("\xef\xbb\xbf 1\t, -2.50 \n+300., 0.125\n", 2, 2, want);
    csv_reads("1\n", 1, 1, want);
    nt_ok(options, nndyn_options_set_text(options, "delimiter", ";"));
    csv_reads("1;-2.5\n300;.125\n", 2, 2, want);
    nt_ok(options, nndyn_options_set_text(options, "delimiter", "\t"));
    csv_reads("1\t-2.5\n300\t.125\n", 2, 2, want);
    nt_ok(options, nndyn_options_set_text(options, "delimiter", " "));
    nt_ok(options, nndyn_options_set_integer(options, "header", 2));
    csv_reads("\"a b\"\nof \"no matter\"\n1 -2.5\n300 .125\n", 2, 2, want);
}

static void csv_labels_and_targets(void **state)
{
    nndyn_dataset *d = NULL;
    double x[4], t[6];
    int64_t labels[2];
    (void)state;
    write_text("10,1,20\n30,2,40\n");
    nt_ok(options, nndyn_options_set_double(options, "scale", 0.5));
    nt_ok(options, nndyn_options_set_integer(options, "label_column", 1));
    for (int k = 0; k < 2; k++) {
        nt_ok(context, nndyn_dataset_read_csv(context, file, options, &d));
        nt_ok(d, nndyn_dataset_get(d, 0, 2, x, t, labels));
        assert_true(d->inputs == 2 && d->classes == 3 && labels[0] == 1 && labels[1] == 2);
        assert_true(x[0] == 5 && x[1] == 10 && x[2] == 15 && x[3] == 20 && t[1] == 1 && t[5] == 1);
        nndyn_dataset_free(d);
        nt_ok(options, nndyn_options_set_integer(options, "label_column", -3)); /* the same, from the end */
    }
    nt_ok(options, nndyn_options_set_integer(options, "label_column", -1));
    nt_ok(options, nndyn_options_set_integer(options, "target_columns", 2));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_dataset_read_csv(context, file, options, &d));
    nt_ok(d, nndyn_dataset_get(d, 0, 2, x, t, NULL));
    assert_true(d->inputs == 1 && d->targets == 2 && d->dtype == NNDYN_F32 && x[1] == 15);
    assert_true(t[0] == 1 && t[1] == 20 && t[2] == 2 && t[3] == 40); /* targets are not scaled */
    nndyn_dataset_free(d);
}

static void csv_refuses(int status, const char *word, const char *text)
{
    nndyn_dataset *d = NULL;
    write_text(text);
    nt_fails(status, context, word, nndyn_dataset_read_csv(context, file, options, &d));
    assert_null(d);
}

static void csv_refusals(void **state)
{
    (void)state;
    csv_refuses(NNDYN_EFORMAT, "no line of numbers", "");
    csv_refuses(NNDYN_EFORMAT, "no line of numbers", "\n \n");
    csv_refuses(NNDYN_EFORMAT, "line 3 has 3 columns, but line 1 has 2", "1,2\n3,4\n5,6,7\n");
    csv_refuses(NNDYN_EFORMAT, "line 2 has 1 columns", "1,2\n3\n");
    csv_refuses(NNDYN_EFORMAT, "line 2 is blank", "1,2\n\n3,4\n");
    csv_refuses(NNDYN_EFORMAT, "line 2, column 2: quoted", "1,2\n3,\"4\"\n");
    csv_refuses(NNDYN_EFORMAT, "line 2, column 1 (from 1): 'x'", "1,2\nx,4\n");
    csv_refuses(NNDYN_EFORMAT, "''", "1,\n");
    csv_refuses(NNDYN_EFORMAT, "'0x10'", "1,0x10\n");
    csv_refuses(NNDYN_EFORMAT, "'1e'", "1e,1\n");
    csv_refuses(NNDYN_EFORMAT, "'1 2'", "1 2,1\n");
    csv_refuses(NNDYN_EFORMAT, "'.'", ".\n");
    csv_refuses(NNDYN_EDATA, "line 1, column 2 (from 1): 'NaN' is not finite", "1,NaN\n");
    csv_refuses(NNDYN_EDATA, "'-inf'", "1,-inf\n");
    csv_refuses(NNDYN_EDATA, "'Infinity'", "Infinity,1\n");
    csv_refuses(NNDYN_EDATA, "range of double", "1,1e309\n");
    csv_refuses(NNDYN_EFORMAT, "gunzip", "\x1f\x8b,1\n");
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    csv_refuses(NNDYN_EDATA, "range of \"dtype\"", "1,1e39\n");
    nt_ok(options, nndyn_options_set_integer(options, "header", 3));
    csv_refuses(NNDYN_EFORMAT, "fewer than the 3", "1,1\n2,2\n");
    csv_refuses(NNDYN_EFORMAT, "no line of numbers", "1,1\n2,2\n\n");
}

static void csv_refusals_of_options(void **state)
{
    static const char *const delimiters[] = {"", "ab", ".", "5", "\"", "\n", "e"};
    nndyn_dataset *d = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++) {
        nt_ok(options, nndyn_options_set_text(options, "delimiter", delimiters[i]));
        csv_refuses(NNDYN_EOPTION, "delimiter", "1,2\n");
    }
    nt_ok(options, nndyn_options_set_text(options, "delimiter", ","));
    nt_ok(options, nndyn_options_set_integer(options, "label_column", 2));
    csv_refuses(NNDYN_EOPTION, "label_column", "1,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "label_column", -4));
    csv_refuses(NNDYN_EOPTION, "label_column", "1,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "label_column", INT64_MIN));
    csv_refuses(NNDYN_EOPTION, "label_column", "1,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "label_column", 0));
    csv_refuses(NNDYN_EOPTION, "inputs", "1\n2\n");
    csv_refuses(NNDYN_EDATA, "label", "1.5,2\n");
    csv_refuses(NNDYN_EDATA, "label", "-1,2\n");
    csv_refuses(NNDYN_EDATA, "label", "1e300,2\n");
    csv_refuses(NNDYN_EDATA, "classes", "1e9,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "target_columns", 1));
    csv_refuses(NNDYN_EOPTION, "exclude", "1,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "label_column", -1));
    nt_ok(options, nndyn_options_set_integer(options, "target_columns", 2));
    csv_refuses(NNDYN_EOPTION, "inputs", "1,2\n");
    nt_ok(options, nndyn_options_set_integer(options, "headers", 2));
    csv_refuses(NNDYN_EOPTION, "header", "1,2\n");
    nt_fails(NNDYN_EIO, context, "no-such", nndyn_dataset_read_csv(context, "no-such-file", NULL, &d));
    nt_fails(NNDYN_EARG, context, "path", nndyn_dataset_read_csv(context, NULL, NULL, &d));
    nt_fails(NNDYN_EARG, context, "out", nndyn_dataset_read_csv(context, file, NULL, NULL));
}

/* Doubles survive being written with 17 digits and read again. */
static void csv_round_trip(void **state)
{
    enum { N = 300 };
    double x[N], back[N];
    nndyn_dataset *d = NULL;
    (void)state;
    nt_normal(4, N, x);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    for (int i = 0; i < N; i++) {
        x[i] = ldexp(x[i], (i * 7) % 2000 - 1040);
        fprintf(out, "%.17g%c", x[i], i % 3 == 2 ? '\n' : ',');
    }
    assert_int_equal(fclose(out), 0);
    nt_ok(context, nndyn_dataset_read_csv(context, file, NULL, &d));
    nt_ok(d, nndyn_dataset_get(d, 0, N / 3, back, NULL, NULL));
    nt_same(back, x, sizeof x);
    nndyn_dataset_free(d);
}

static void broken_csv_files(void **state)
{
    static const char text[] = "1.5,-2e-3,7\r\n300,.125,2\n4,5,6\n";
    char bytes[sizeof text];
    nndyn_dataset *d = NULL;
    uint64_t random = 5;
    (void)state;
    nt_ok(options, nndyn_options_set_integer(options, "label_column", -2));
    for (size_t cut = 0; cut < sizeof text; cut++) {
        write_bytes(file, text, cut);
        if (nndyn_dataset_read_csv(context, file, options, &d) == NNDYN_OK) {
            nndyn_dataset_free(d);
        }
    }
    for (int k = 0; k < 1000; k++) {
        memcpy(bytes, text, sizeof text);
        for (int flips = 0; flips < 1 + k % 3; flips++) {
            bytes[(size_t)(nt_next(&random) * (sizeof text - 1))] ^= (char)(1 + nt_next(&random) * 127);
        }
        write_bytes(file, bytes, sizeof text - 1);
        if (nndyn_dataset_read_csv(context, file, options, &d) == NNDYN_OK) {
            assert_true(d->samples >= 1 && d->inputs >= 1);
            nndyn_dataset_free(d);
        }
    }
}

static void the_digits(void **state)
{
    nndyn_dataset *d = NULL;
    int64_t samples, inputs, classes;
    double x[64];
    (void)state;
    nt_ok(options, nndyn_options_set_integer(options, "label_column", -2));
    nt_ok(options, nndyn_options_set_double(options, "scale", 1.0 / 16));
    nt_ok(context, nndyn_dataset_read_csv(context, "examples/data/digits.csv", options, &d));
    nt_ok(d, nndyn_dataset_shape(d, &samples, &inputs, NULL, &classes, NULL));
    assert_true(samples == 1797 && inputs == 64 && classes == 10);
    for (int64_t i = 0; i < samples; i++) {
        nt_ok(d, nndyn_dataset_get(d, i, 1, x, NULL, NULL));
        for (int j = 0; j < 64; j++) {
            assert_true(x[j] >= 0 && x[j] <= 1);
        }
    }
    nndyn_dataset_free(d);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void check_decimal(const char *text)
{
    double want = strtod(text, NULL), got = 17;
    assert_int_equal(nd_parse_decimal(text, text + strlen(text), &got), ND_DECIMAL_OK);
    nt_same(&got, &want, sizeof got);
}

/* The C library of the test runs in the "C" locale and rounds correctly: it is the naive twin. */
static void decimals_as_strtod(void **state)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "0.0e99999999999999999999",
        "1e-400",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "9007199254740993",
        "9007199254740992.99999999999999999999999999",
        "9007199254740993.00000000000000000000000000000001",
        "123456789012345678901234567890",
        "1e22",
        "1e23",
        "8.5e-320",
        "00000000000000000000000000000000000000001",
        "0.00000000000000000000000000000000000000001",
        "6.929001713869936e+236",
        "5e-324",
        "3e-324",
        "179769313486231580793e288",
        "1.e+0",
        ".5e1",
    };
    char text[1300];
    uint64_t random = 1;
    (void)state;
    setlocale(LC_ALL, "C");
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        check_decimal(hard[i]);
    }
    for (int k = 0; k < 20000; k++) {
        uint64_t bits = (uint64_t)(nt_next(&random) * 0x1p52) << 12 | (uint64_t)(nt_next(&random) * 4096);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x)) {
            snprintf(text, sizeof text, "%.*e", k % 40, x);
            check_decimal(text);
            /* Halfway to the next one, exactly: all digits of it, and then one more. */
            if (k % 50 == 0 && fabs(x) < 1e308) {
                long double half = ((long double)x + (long double)nextafter(x, INFINITY)) / 2;
                snprintf(text, sizeof text, "%.1100Le", half);
                check_decimal(text);
            }
        }
    }
}

static void decimals_refused(void **state)
{
    static const char *const wrong[] = {"",    "-",  ".",  "e5",  "1e",  "1e+", "1..2",    "1.2.3",
                                        "0x1", "1 ", " 1", "--1", "1,5", "na",  "infinit", "1f"};
    double value = 17;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(nd_parse_decimal(wrong[i], wrong[i] + strlen(wrong[i]), &value), ND_DECIMAL_SYNTAX);
    }
    assert_int_equal(nd_parse_decimal("-nAn", "-nAn" + 4, &value), ND_DECIMAL_NOT_FINITE);
    const char *huge = "1e99999999999999999999999999";
    assert_int_equal(nd_parse_decimal(huge, huge + strlen(huge), &value), ND_DECIMAL_RANGE);
    const char *limit = "1.7976931348623159e308";
    assert_int_equal(nd_parse_decimal(limit, limit + strlen(limit), &value), ND_DECIMAL_RANGE);
    assert_true(value == 17);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int everything(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_dataset *idx = NULL, *csv = NULL;
    nndyn_options *columns = NULL;
    (void)user;
    int status = nt_context_create(a, &own);
    status = status ? status : nndyn_options_create(own, &columns);
    status = status ? status : nndyn_options_set_integer(columns, "label_column", 0);
    status = status ? status : nndyn_dataset_read_idx(own, file, second, NULL, &idx);
    status = status ? status : nndyn_dataset_read_csv(own, user, columns, &csv);
    nndyn_options_free(columns);
    nndyn_dataset_free(idx);
    nndyn_dataset_free(csv);
    nndyn_context_free(own);
    return status;
}

static void every_allocation(void **state)
{
    char text[NT_PATH];
    (void)state;
    nt_temporary(text);
    write_digits();
    write_bytes(text, "1,2\n0,3\n", 8);
    nt_every_allocation(everything, text);
    unlink(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(idx_of_all_types, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(idx_labels_and_ranges, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(idx_refusals, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(idx_of_absurd_sizes, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(idx_values_and_labels_out_of_range, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(broken_idx_files, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(csv_dialects, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(csv_labels_and_targets, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(csv_refusals, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(csv_refusals_of_options, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(csv_round_trip, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(broken_csv_files, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(the_digits, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(decimals_as_strtod, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(decimals_refused, set_up_files, tear_down_files),
        cmocka_unit_test_setup_teardown(every_allocation, set_up_files, tear_down_files),
    };
    return cmocka_run_group_tests_name("readers", tests, NULL, NULL);
}
