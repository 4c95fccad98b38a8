/* idx.c - IDX files, the format of MNIST: two zero bytes, the type, the number of dimensions, the dimensions (32 bits
 * each), the values; everything big-endian.
 *
 * SPDX-License-Identifier: MIT */
#include "core/file.h"
#include "data/reals.h"
#include <math.h>
#include <string.h>

enum { CLASSES, FIRST, COUNT, SCALE, DTYPE, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"classes", ND_INTEGER, 0, HUGE_VAL, 0, NULL}, {"first", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    {"count", ND_INTEGER, 0, HUGE_VAL, 0, NULL},   {"scale", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
    {"dtype", ND_TEXT, 0, 0, 0, "f64|f32"},
};

/* ---- types of values --------------------------------------------------------------------------------------------- */

static uint64_t big_endian(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

static double get_ubyte(const unsigned char *at)
{
    return at[0];
}

static double get_byte(const unsigned char *at)
{
    return at[0] < 128 ? at[0] : at[0] - 256;
}

static double get_short(const unsigned char *at)
{
    double value = (double)big_endian(at, 2);
    return value < 32768 ? value : value - 65536;
}

static double get_int(const unsigned char *at)
{
    double value = (double)big_endian(at, 4);
    return value < 2147483648.0 ? value : value - 4294967296.0;
}

static double get_float(const unsigned char *at)
{
    uint32_t bits = (uint32_t)big_endian(at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double get_double(const unsigned char *at)
{
    uint64_t bits = big_endian(at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

typedef struct element {
    int code, bytes, integer;
    double scale; /* what "scale" 0 stands for */
    double (*get)(const unsigned char *at);
} element;

static const element elements[] = {
    {0x08, 1, 1, 1.0 / 255, get_ubyte}, {0x09, 1, 1, 1, get_byte},  {0x0b, 2, 1, 1, get_short},
    {0x0c, 4, 1, 1, get_int},           {0x0d, 4, 0, 1, get_float}, {0x0e, 8, 0, 1, get_double},
};

static const element *find_element(int code)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (elements[i].code == code) {
            return &elements[i];
        }
    }
    return NULL;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

typedef struct idx_file {
    const char *path;
    char *bytes;
    int64_t size;
    const element *type;
    int dimensions;
    int64_t samples, width; /* first dimension, product of the others */
    const unsigned char *values;
} idx_file;

static int read_magic(void *handle, idx_file *file)
{
    const unsigned char *at = (const unsigned char *)file->bytes;
    if (file->size >= 2 && at[0] == 0x1f && at[1] == 0x8b) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' is compressed; gunzip it first", file->path);
    }
    if (file->size < 4 || at[0] != 0 || at[1] != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' is not an IDX file: it does not begin with two zero bytes",
                       file->path);
    }
    file->type = find_element(at[2]);
    file->dimensions = at[3];
    if (file->type == NULL) {
        return nd_fail(
            handle, NNDYN_EFORMAT,
            "'%.200s' is not an IDX file: its type of values is 0x%02x; there are 0x08, 0x09 and 0x0b to 0x0e",
            file->path, at[2]);
    }
    return NNDYN_OK;
}

/* The dimensions, checked against the size of the file before anything is allocated for them. */
static int read_dimensions(void *handle, idx_file *file)
{
    int64_t header = 4 + 4 * (int64_t)file->dimensions, numbers = 1;
    const unsigned char *at = (const unsigned char *)file->bytes + 4;
    if (file->dimensions == 0 || file->size < header) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' has %lld bytes, too few for the header of its %d dimensions",
                       file->path, (long long)file->size, file->dimensions);
    }
    for (int i = 0; i < file->dimensions; i++) {
        int64_t size = (int64_t)big_endian(at + (size_t)i * 4, 4);
        if (size == 0) {
            return nd_fail(handle, NNDYN_EFORMAT, "dimension %d of '%.200s' (from 0) is 0", i, file->path);
        }
        file->samples = i == 0 ? size : file->samples;
        numbers = numbers < 0 ? numbers : nd_product(numbers, size);
    }
    int64_t bytes = numbers < 0 ? -1 : nd_product(numbers, file->type->bytes);
    if (bytes != file->size - header) {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "'%.200s' has %lld bytes behind its header, but its dimensions say %s%lld: it is truncated or "
                       "corrupted",
                       file->path, (long long)(file->size - header), bytes < 0 ? "more than " : "",
                       (long long)(bytes < 0 ? INT64_MAX : bytes));
    }
    file->width = numbers / file->samples;
    file->values = (const unsigned char *)file->bytes + header;
    return NNDYN_OK;
}

static int open_file(void *handle, const char *path, idx_file *file)
{
    file->path = path;
    ND_TRY(nd_read_file(handle, path, &file->bytes, &file->size));
    ND_TRY(read_magic(handle, file));
    return read_dimensions(handle, file);
}

/* ---- the data set ------------------------------------------------------------------------------------------------ */

typedef struct request {
    void *handle;
    idx_file images, labels; /* labels.bytes NULL: none wanted */
    int64_t classes, first, count;
    double scale;
    int dtype;
} request;

static int check_files(request *r)
{
    if (r->images.dimensions < 2) {
        return nd_fail(r->handle, NNDYN_EFORMAT,
                       "'%.200s' has one dimension; images need two or more, the first one counting samples",
                       r->images.path);
    }
    if (r->labels.bytes != NULL && (r->labels.dimensions != 1 || !r->labels.type->integer)) {
        return nd_fail(r->handle, NNDYN_EFORMAT,
                       "'%.200s' has %d dimensions of type 0x%02x; labels need one of integers", r->labels.path,
                       r->labels.dimensions, r->labels.type->code);
    }
    if (r->labels.bytes != NULL && r->labels.samples != r->images.samples) {
        return nd_fail(r->handle, NNDYN_EFORMAT, "'%.150s' has %lld samples, but '%.150s' has %lld labels",
                       r->images.path, (long long)r->images.samples, r->labels.path, (long long)r->labels.samples);
    }
    if (r->first >= r->images.samples || r->count > r->images.samples - r->first) {
        return nd_fail(r->handle, NNDYN_EOPTION, "\"first\" is %lld and \"count\" %lld, but '%.200s' has %lld samples",
                       (long long)r->first, (long long)r->count, r->images.path, (long long)r->images.samples);
    }
    r->count = r->count > 0 ? r->count : r->images.samples - r->first;
    return NNDYN_OK;
}

static int fill_inputs(const request *r, nndyn_dataset *dataset)
{
    const idx_file *file = &r->images;
    const unsigned char *at = file->values + (size_t)(r->first * file->width) * (size_t)file->type->bytes;
    double scale = r->scale != 0 ? r->scale : file->type->scale;
    for (int64_t i = 0; i < r->count * file->width; i++, at += file->type->bytes) {
        double value = file->type->get(at) * scale;
        if (!nd_real_fits(r->dtype, value)) {
            return nd_fail(r->handle, NNDYN_EDATA,
                           "value %lld of sample %lld (from 0) of '%.200s' is %g times \"scale\"; it must be finite in "
                           "the precision of \"dtype\"",
                           (long long)(i % file->width), (long long)(r->first + i / file->width), file->path,
                           file->type->get(at));
        }
        nd_real_put(dataset->owned_x, r->dtype, i, value);
    }
    return NNDYN_OK;
}

static void read_labels(const request *r, int64_t *labels)
{
    const element *type = r->labels.type;
    for (int64_t i = 0; i < r->count; i++) {
        labels[i] = (int64_t)type->get(r->labels.values + (size_t)(r->first + i) * (size_t)type->bytes);
    }
}

/* Without labels if `labels` is NULL. */
static int build(const request *r, const int64_t *labels, nndyn_dataset **out)
{
    nndyn_dataset *dataset = NULL;
    int64_t classes = 0;
    if (labels != NULL) {
        ND_TRY(nd_count_classes(r->handle, r->count, labels, r->classes, &classes));
    }
    ND_TRY(nd_dataset_allocate(r->handle, r->dtype, r->count, r->images.width, classes, classes, &dataset));
    int status = fill_inputs(r, dataset);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(dataset);
        return status;
    }
    if (labels != NULL) {
        memcpy((void *)(uintptr_t)dataset->labels, labels, (size_t)r->count * sizeof *labels);
        nd_dataset_fill_targets(dataset);
    }
    *out = dataset;
    return NNDYN_OK;
}

static int read_files(request *r, const char *images, const char *labels, nndyn_dataset **out)
{
    int64_t *numbers = NULL;
    if (labels != NULL) {
        ND_TRY(open_file(r->handle, labels, &r->labels));
    }
    ND_TRY(open_file(r->handle, images, &r->images));
    ND_TRY(check_files(r));
    if (labels == NULL) {
        return build(r, NULL, out);
    }
    ND_TRY(nd_allocate_for(r->handle, r->count, sizeof *numbers, &numbers));
    read_labels(r, numbers);
    int status = build(r, numbers, out);
    nd_release(nd_handle_context(r->handle), numbers);
    return status;
}

static int read_idx(nndyn_context *context, const char *images, const char *labels, const nndyn_options *options,
                    nndyn_dataset **out)
{
    nd_option_value values[OPTIONS];
    request r = {0};
    ND_TRY(nd_check_pointer(context, images, "images"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    r.handle = context;
    r.classes = values[CLASSES].integer;
    r.first = values[FIRST].integer;
    r.count = values[COUNT].integer;
    r.scale = values[SCALE].real;
    r.dtype = values[DTYPE].integer == 1 ? NNDYN_F32 : NNDYN_F64;
    int status = read_files(&r, images, labels, out);
    nd_release(context, r.labels.bytes);
    nd_release(context, r.images.bytes);
    return status;
}

int nndyn_dataset_read_idx(nndyn_context *context, const char *images, const char *labels, const nndyn_options *options,
                           nndyn_dataset **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_read_idx"));
    return nd_leave(context, read_idx(context, images, labels, options, out));
}
