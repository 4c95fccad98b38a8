/* file.c - a tangent kernel in a file, written in blocks of rows and gone on with.
 *
 * The heading says how many rows are there; it is renewed after the rows are safely written, so that whatever happens
 * in between only costs a block.  Numbers are little-endian, 8 bytes each:
 *
 *     "NNDYNNTK", version 1, kind, rows, columns, rows written, fingerprint, checksum of the 56 bytes before it
 *
 * and then the rows.  The fingerprint is a checksum of parameters, samples and options: rows of another kernel are
 * never gone on with.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/ntk/ntk.h"
#include "core/crc.h"
#include "core/file.h"
#include "kernels/blas.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADING = 64, WORDS = HEADING / 8, VERSION = 1, BLOCK_MOST = 256000000 };
enum { WORD_VERSION = 1, WORD_KIND, WORD_ROWS, WORD_COLUMNS, WORD_WRITTEN, WORD_FINGERPRINT, WORD_CHECKSUM };
static const char magic[9] = "NNDYNNTK";

typedef struct heading {
    int kind;
    int64_t rows, columns, written;
    uint64_t fingerprint;
} heading;

typedef struct kernel_file {
    void *handle;
    const char *path;
    int descriptor;
} kernel_file;

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static void put_word(uint64_t word, unsigned char *bytes)
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(word >> (8 * i));
    }
}

static uint64_t get_word(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

/* Doubles to little-endian bytes in the same place, or back. */
static void turn(int64_t count, double *values, int back)
{
    for (int64_t i = 0; i < count; i++) {
        unsigned char bytes[8];
        uint64_t word;
        if (back) {
            memcpy(bytes, values + i, 8);
            word = get_word(bytes);
            memcpy(values + i, &word, 8);
        } else {
            memcpy(&word, values + i, 8);
            put_word(word, bytes);
            memcpy(values + i, bytes, 8);
        }
    }
}

static int write_at(const kernel_file *file, const void *bytes, int64_t size, int64_t at)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t moved = pwrite(file->descriptor, (const char *)bytes + done, (size_t)(size - done), at + done);
        if (moved < 0 && errno == EINTR) {
            continue;
        }
        if (moved <= 0) {
            return nd_fail_system(file->handle, "written", file->path, moved == 0 ? ENOSPC : errno);
        }
        done += moved;
    }
    return NNDYN_OK;
}

static int read_at(const kernel_file *file, void *bytes, int64_t size, int64_t at)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t moved = pread(file->descriptor, (char *)bytes + done, (size_t)(size - done), at + done);
        if (moved < 0 && errno == EINTR) {
            continue;
        }
        if (moved < 0) {
            return nd_fail_system(file->handle, "read", file->path, errno);
        }
        if (moved == 0) {
            return nd_fail(file->handle, NNDYN_EFORMAT, "'%.200s' ends before the rows its heading tells of",
                           file->path);
        }
        done += moved;
    }
    return NNDYN_OK;
}

/* ---- the heading ------------------------------------------------------------------------------------------------- */

static uint64_t checksum_of(const unsigned char *bytes)
{
    nd_crc crc;
    nd_crc_prepare(&crc);
    return nd_crc_extend(&crc, 0, bytes, 8 * WORD_CHECKSUM);
}

static int write_heading(const kernel_file *file, const heading *h)
{
    unsigned char bytes[HEADING];
    memcpy(bytes, magic, 8);
    put_word(VERSION, bytes + 8 * WORD_VERSION);
    put_word((uint64_t)h->kind, bytes + 8 * WORD_KIND);
    put_word((uint64_t)h->rows, bytes + 8 * WORD_ROWS);
    put_word((uint64_t)h->columns, bytes + 8 * WORD_COLUMNS);
    put_word((uint64_t)h->written, bytes + 8 * WORD_WRITTEN);
    put_word(h->fingerprint, bytes + 8 * WORD_FINGERPRINT);
    put_word(checksum_of(bytes), bytes + 8 * WORD_CHECKSUM);
    ND_TRY(write_at(file, bytes, HEADING, 0));
    return fsync(file->descriptor) == 0 ? NNDYN_OK : nd_fail_system(file->handle, "written", file->path, errno);
}

static int refuse(const kernel_file *file, const char *why)
{
    return nd_fail(file->handle, NNDYN_EFORMAT, "'%.200s' %s", file->path, why);
}

static int read_heading(const kernel_file *file, heading *h)
{
    unsigned char bytes[HEADING];
    struct stat information;
    if (fstat(file->descriptor, &information) != 0) {
        return nd_fail_system(file->handle, "read", file->path, errno);
    }
    if (!S_ISREG(information.st_mode) || information.st_size < HEADING) {
        return refuse(file, "is no file of a tangent kernel");
    }
    ND_TRY(read_at(file, bytes, HEADING, 0));
    if (memcmp(bytes, magic, 8) != 0) {
        return refuse(file, "is no file of a tangent kernel");
    }
    if (get_word(bytes + 8 * WORD_VERSION) != VERSION) {
        return refuse(file, "was written by a later version of the library");
    }
    if (get_word(bytes + 8 * WORD_CHECKSUM) != checksum_of(bytes)) {
        return refuse(file, "is damaged: its heading does not have the checksum it tells of");
    }
    *h = (heading){.kind = (int)get_word(bytes + 8 * WORD_KIND),
                   .rows = (int64_t)get_word(bytes + 8 * WORD_ROWS),
                   .columns = (int64_t)get_word(bytes + 8 * WORD_COLUMNS),
                   .written = (int64_t)get_word(bytes + 8 * WORD_WRITTEN),
                   .fingerprint = get_word(bytes + 8 * WORD_FINGERPRINT)};
    int64_t bytes_of_rows = nd_product(8, nd_product(h->written, h->columns));
    if (h->written < 0 || h->columns < 1 || bytes_of_rows < 0 || information.st_size - HEADING < bytes_of_rows) {
        return refuse(file, "ends before the rows its heading tells of");
    }
    return NNDYN_OK;
}

static int open_file(kernel_file *file, void *handle, const char *path, int flags)
{
    ND_TRY(nd_check_pointer(handle, path, "path"));
    *file = (kernel_file){handle, path, open(path, flags | O_CLOEXEC, 0666)};
    return file->descriptor >= 0 ? NNDYN_OK : nd_fail_system(handle, flags & O_CREAT ? "written" : "read", path, errno);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

typedef struct writing {
    nndyn_network *network;
    nd_kernel_spec spec;
    int64_t n, n2, block; /* samples */
    const double *x, *x2;
    heading heading;
    kernel_file file;
    double *rows; /* of a block */
} writing;

static uint64_t extend(const nd_crc *crc, uint64_t sum, const void *bytes, int64_t size)
{
    return nd_crc_extend(crc, sum, bytes, size);
}

/* What the numbers of the kernel depend on, but for the formulas of custom activations. */
static uint64_t fingerprint_of(const writing *w)
{
    const nndyn_network *network = w->network;
    int64_t real = network->dtype == NNDYN_F32 ? 4 : 8;
    nd_crc crc;
    nd_crc_prepare(&crc);
    uint64_t sum = extend(&crc, 0, network->theta, real * network->parameters);
    sum = extend(&crc, sum, network->statistics, real * network->statistics_count);
    sum = extend(&crc, sum, w->x, 8 * w->n * network->inputs);
    sum = extend(&crc, sum, w->x2, 8 * w->n2 * network->inputs);
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        const int64_t kinds[4] = {layer->kind, layer->activation.kind, layer->in, layer->out};
        const double factors[4] = {layer->weight_factor, layer->bias_factor, layer->activation.parameter,
                                   layer->epsilon};
        sum = extend(&crc, extend(&crc, sum, kinds, sizeof kinds), factors, sizeof factors);
    }
    const int64_t forms[3] = {w->spec.kind, w->spec.metric, w->spec.singles};
    const double scales[2] = {w->spec.weight_scale, w->spec.bias_scale};
    return extend(&crc, extend(&crc, sum, forms, sizeof forms), scales, sizeof scales);
}

/* A new file, or one to go on with. */
static int begin(writing *w)
{
    heading found;
    const off_t size = lseek(w->file.descriptor, 0, SEEK_END);
    if (size == 0) {
        return write_heading(&w->file, &w->heading);
    }
    ND_TRY(read_heading(&w->file, &found));
    if (found.kind != w->heading.kind || found.rows != w->heading.rows || found.columns != w->heading.columns ||
        found.fingerprint != w->heading.fingerprint) {
        return refuse(&w->file, "holds another kernel; give another name, or remove it");
    }
    w->heading.written = found.written;
    return NNDYN_OK;
}

static int write_block(writing *w, int64_t sample, nd_task *task)
{
    ND_TRY(nd_task_report(task, (double)sample / (double)w->n));
    int64_t group = nd_kernel_rows(w->network, w->spec.kind), columns = w->heading.columns;
    int64_t count = w->n - sample < w->block ? w->n - sample : w->block;
    ND_TRY(nd_kernel_fill(w->network, w->network, &w->spec, count, w->x + sample * w->network->inputs, w->n2, w->x2,
                          NULL, w->rows, columns));
    turn(count * group * columns, w->rows, 0);
    ND_TRY(write_at(&w->file, w->rows, 8 * count * group * columns, HEADING + 8 * sample * group * columns));
    if (fsync(w->file.descriptor) != 0) {
        return nd_fail_system(w->network, "written", w->file.path, errno);
    }
    w->heading.written = (sample + count) * group;
    return write_heading(&w->file, &w->heading);
}

static int write_blocks(writing *w)
{
    nd_task task;
    int64_t group = nd_kernel_rows(w->network, w->spec.kind);
    nd_task_begin(&task, w->network, "tangent kernel to a file");
    ND_TRY(begin(w));
    if (w->heading.written == w->heading.rows) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(w->network, w->block * group, (size_t)w->heading.columns * sizeof *w->rows, &w->rows));
    int status = NNDYN_OK;
    for (int64_t s = w->heading.written / group; s < w->n && status == NNDYN_OK; s += w->block) {
        status = write_block(w, s, &task);
    }
    nd_release(w->network->handle.context, w->rows);
    return status;
}

/* Samples of a block: as asked, or as memory allows. */
static int64_t block_of(const writing *w, int64_t asked)
{
    int64_t limit = nd_context_memory_limit(w->network->handle.context);
    double row = 8 * (double)w->heading.columns * (double)nd_kernel_rows(w->network, w->spec.kind);
    double most = limit > 0 && 0.5 * (double)limit < BLOCK_MOST ? 0.5 * (double)limit : BLOCK_MOST;
    int64_t fit = most / row < (double)w->n ? (int64_t)(most / row) : w->n;
    fit = fit < 1 ? 1 : fit;
    return asked > 0 && asked < fit ? asked : fit;
}

enum { BLOCK = ND_NTK_OPTIONS, OPTIONS };

static int read_options(writing *w, int kind, const nndyn_options *options, int64_t *block)
{
    nd_option_spec specs[OPTIONS];
    nd_option_value values[OPTIONS];
    memcpy(specs, nd_ntk_options, sizeof nd_ntk_options);
    specs[BLOCK] = (nd_option_spec){"block", ND_INTEGER, 0, ND_BLAS_MOST, 0, NULL};
    ND_TRY(nd_options_read(w->network, options, specs, OPTIONS, values));
    w->spec = nd_ntk_spec_of(values, kind);
    *block = values[BLOCK].integer;
    return NNDYN_OK;
}

static int prepare(writing *w, int kind, const nndyn_options *options)
{
    nndyn_network *network = w->network;
    int64_t asked;
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_check_size(network, kind, NNDYN_NTK_FULL, NNDYN_NTK_PSEUDO, "kind"));
    if (kind == NNDYN_NTK_DIAGONAL) {
        return nd_fail(network, NNDYN_EARG, "kind is NNDYN_NTK_DIAGONAL, which nndyn_ntk makes in little memory");
    }
    ND_TRY(nd_ntk_check_batch(network, w->n, w->x, "n", "x"));
    ND_TRY(nd_ntk_check_batch(network, w->n2, w->x2, "n2", "x2"));
    ND_TRY(read_options(w, kind, options, &asked));
    ND_TRY(nd_network_check_order(network, network, 1, 0));
    int64_t group = nd_kernel_rows(network, kind);
    w->heading = (heading){.kind = kind, .rows = nd_product(w->n, group), .columns = nd_product(w->n2, group)};
    if (nd_product(8, nd_product(w->heading.rows, w->heading.columns)) < 0) {
        return nd_fail(network, NNDYN_ELIMIT, "n and n2 make a kernel of more numbers than a file can hold");
    }
    w->heading.fingerprint = fingerprint_of(w);
    w->block = block_of(w, asked);
    double rows = 8 * (double)w->block * (double)group * (double)w->heading.columns;
    return nd_check_memory(network, rows + nd_kernel_fill_bytes(network, &w->spec, w->block, w->n2, 0),
                           "a block of the kernel and what is needed to make it");
}

static int write_kernel(writing *w, int kind, const nndyn_options *options, const char *path)
{
    ND_TRY(prepare(w, kind, options));
    ND_TRY(open_file(&w->file, w->network, path, O_RDWR | O_CREAT));
    int status = write_blocks(w);
    if (close(w->file.descriptor) != 0 && status == NNDYN_OK) {
        status = nd_fail_system(w->network, "written", path, errno);
    }
    return status;
}

int nndyn_ntk_write(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2, int kind,
                    const nndyn_options *options, const char *path)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk_write"));
    writing w = {.network = network, .n = n, .x = x, .n2 = x2 ? n2 : n, .x2 = x2 ? x2 : x};
    return nd_leave(network, write_kernel(&w, kind, options, path));
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int look(nndyn_context *context, const char *path, heading *h)
{
    kernel_file file;
    ND_TRY(open_file(&file, context, path, O_RDONLY));
    int status = read_heading(&file, h);
    close(file.descriptor);
    return status;
}

int nndyn_ntk_file(nndyn_context *context, const char *path, int *kind, int64_t *rows, int64_t *columns,
                   int64_t *written)
{
    heading h = {0};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_ntk_file"));
    int status = look(context, path, &h);
    if (status != NNDYN_OK) {
        return nd_leave(context, status);
    }
    if (kind) {
        *kind = h.kind;
    }
    if (rows) {
        *rows = h.rows;
    }
    if (columns) {
        *columns = h.columns;
    }
    if (written) {
        *written = h.written;
    }
    return nd_leave(context, status);
}

static int read_rows(const kernel_file *file, int64_t first, int64_t count, double *kernel)
{
    heading h;
    ND_TRY(read_heading(file, &h));
    ND_TRY(nd_check_size(file->handle, first, 0, h.written - 1, "first"));
    ND_TRY(nd_check_size(file->handle, count, 1, h.written - first, "count"));
    ND_TRY(nd_check_pointer(file->handle, kernel, "kernel"));
    ND_TRY(read_at(file, kernel, 8 * count * h.columns, HEADING + 8 * first * h.columns));
    turn(count * h.columns, kernel, 1);
    return NNDYN_OK;
}

static int read_kernel(nndyn_context *context, const char *path, int64_t first, int64_t count, double *kernel)
{
    kernel_file file;
    ND_TRY(open_file(&file, context, path, O_RDONLY));
    int status = read_rows(&file, first, count, kernel);
    close(file.descriptor);
    return status;
}

int nndyn_ntk_read(nndyn_context *context, const char *path, int64_t first, int64_t count, double *kernel)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_ntk_read"));
    return nd_leave(context, read_kernel(context, path, first, count, kernel));
}
