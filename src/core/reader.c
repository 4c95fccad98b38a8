/* reader.c - reads whole files, and records from one that was verified first. */
#include "core/crc.h"
#include "core/envelope.h"
#include "core/file.h"
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

struct nd_reader {
    void *handle;
    int status; /* of the first failure */
    unsigned char *bytes;
    const unsigned char *at;
    const unsigned char *end; /* of the payload */
};

/* ---- whole files ------------------------------------------------------------------------------------------------- */

/* Reads `size` bytes and sees that there are no more and no less. */
static int read_all(void *handle, int file, const char *path, char *bytes, int64_t size)
{
    int64_t done = 0;
    for (;;) {
        char beyond;
        const int full = done == size;
        const ssize_t got = read(file, full ? &beyond : bytes + done, full ? 1 : (size_t)(size - done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return nd_fail_system(handle, "read", path, errno);
        }
        if (full && got == 0) {
            return NNDYN_OK;
        }
        if (full || got == 0) {
            return nd_fail(handle, NNDYN_EIO, "'%.200s' cannot be read: its size changed meanwhile", path);
        }
        done += got;
    }
}

static int read_file(void *handle, int file, const char *path, char **bytes, int64_t *size)
{
    struct stat information;
    if (fstat(file, &information) != 0) {
        return nd_fail_system(handle, "read", path, errno);
    }
    if (!S_ISREG(information.st_mode)) {
        return nd_fail(handle, NNDYN_EIO, "'%.200s' cannot be read: it is not a regular file", path);
    }
    const int64_t length = information.st_size;
    char *memory = NULL;
    ND_TRY(nd_check_memory(handle, (double)length, "the bytes of the file"));
    ND_TRY(nd_allocate_for(handle, length + 1, 1, &memory));
    const int status = read_all(handle, file, path, memory, length);
    if (status != NNDYN_OK) {
        nd_release(nd_handle_context(handle), memory);
        return status;
    }
    *bytes = memory;
    *size = length;
    return NNDYN_OK;
}

/* O_NONBLOCK: opening a pipe that nobody writes to must not wait; for regular files it means nothing. */
int nd_read_file(void *handle, const char *path, char **bytes, int64_t *size)
{
    ND_TRY(nd_check_pointer(handle, path, "path"));
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return nd_fail_system(handle, "read", path, errno);
    }
    const int status = read_file(handle, file, path, bytes, size);
    close(file);
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int verify(void *handle, const char *path, const unsigned char *bytes, int64_t size)
{
    const int64_t around = ND_FILE_HEADER + ND_FILE_TRAILER;
    if (size < 8 || memcmp(bytes, ND_FILE_MAGIC, 8) != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' is not a file of this library: it begins otherwise", path);
    }
    if (size < around) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' is truncated: it has %lld bytes", path, (long long)size);
    }
    if (nd_get_u32(bytes + 8) != ND_FILE_VERSION || nd_get_u32(bytes + 12) != 0) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' has format version %lu; this library reads version %d", path,
                       (unsigned long)nd_get_u32(bytes + 8), ND_FILE_VERSION);
    }
    const uint64_t length = nd_get_u64(bytes + 16);
    if (length != (uint64_t)(size - around)) {
        return nd_fail(handle, NNDYN_EFORMAT, "'%.200s' has %lld bytes of content, but says %llu: it is truncated",
                       path, (long long)(size - around), (unsigned long long)length);
    }
    return NNDYN_OK;
}

static int verify_checksum(nd_reader *reader, const char *path)
{
    nd_crc *crc = NULL;
    ND_TRY(nd_allocate_for(reader->handle, 1, sizeof *crc, &crc));
    nd_crc_prepare(crc);
    uint64_t checksum = nd_crc_extend(crc, 0, reader->at, reader->end - reader->at);
    checksum = nd_crc_extend(crc, checksum, reader->bytes, ND_FILE_HEADER);
    nd_release(nd_handle_context(reader->handle), crc);
    if (checksum != nd_get_u64(reader->end)) {
        return nd_fail(reader->handle, NNDYN_EFORMAT, "'%.200s' is corrupted: its checksum does not fit", path);
    }
    return NNDYN_OK;
}

static int load(nd_reader *reader, const char *path)
{
    char *bytes = NULL;
    int64_t size = 0;
    ND_TRY(nd_read_file(reader->handle, path, &bytes, &size));
    reader->bytes = (unsigned char *)bytes;
    ND_TRY(verify(reader->handle, path, reader->bytes, size));
    reader->at = reader->bytes + ND_FILE_HEADER;
    reader->end = reader->bytes + size - ND_FILE_TRAILER;
    return verify_checksum(reader, path);
}

int nd_reader_open(void *handle, const char *path, nd_reader **out)
{
    nd_reader *reader = NULL;
    ND_TRY(nd_allocate_for(handle, 1, sizeof *reader, &reader));
    reader->handle = handle;
    const int status = load(reader, path);
    if (status != NNDYN_OK) {
        return nd_reader_close(reader, status);
    }
    *out = reader;
    return NNDYN_OK;
}

int nd_reader_close(nd_reader *reader, int status)
{
    if (!reader) {
        return status;
    }
    nndyn_context *context = nd_handle_context(reader->handle);
    const int own = reader->status;
    nd_release(context, reader->bytes);
    nd_release(context, reader);
    return status != NNDYN_OK ? status : own;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

int64_t nd_reader_left(const nd_reader *reader)
{
    return reader->status == NNDYN_OK ? reader->end - reader->at : 0;
}

int nd_reader_status(const nd_reader *reader)
{
    return reader->status;
}

/* The next `count` items of `size` bytes, or NULL after a failure. */
static const unsigned char *take(nd_reader *reader, int64_t count, int64_t size, const char *what)
{
    if (reader->status != NNDYN_OK) {
        return NULL;
    }
    const int64_t bytes = nd_product(count, size);
    if (bytes < 0 || bytes > nd_reader_left(reader)) {
        reader->status = nd_fail(reader->handle, NNDYN_EFORMAT, "the file ends within %s", what);
        return NULL;
    }
    const unsigned char *at = reader->at;
    reader->at += bytes;
    return at;
}

int64_t nd_read_integer(nd_reader *reader, int64_t least, int64_t most, const char *what)
{
    const unsigned char *at = take(reader, 1, 8, what);
    if (!at) {
        return least;
    }
    const uint64_t bits = nd_get_u64(at);
    int64_t value;
    memcpy(&value, &bits, sizeof value);
    if (value < least || value > most) {
        reader->status = nd_fail(reader->handle, NNDYN_EFORMAT, "%s in the file is %lld; it must be from %lld to %lld",
                                 what, (long long)value, (long long)least, (long long)most);
        return least;
    }
    return value;
}

static double get_f64(const unsigned char *at)
{
    const uint64_t bits = nd_get_u64(at);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float get_f32(const unsigned char *at)
{
    const uint32_t bits = nd_get_u32(at);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double nd_read_real(nd_reader *reader, double least, double most, const char *what)
{
    const unsigned char *at = take(reader, 1, 8, what);
    if (!at) {
        return least;
    }
    const double value = get_f64(at);
    if (!(isfinite(value) && value >= least && value <= most)) {
        reader->status = nd_fail(reader->handle, NNDYN_EFORMAT, "%s in the file is %.9g; it must be from %.9g to %.9g",
                                 what, value, least, most);
        return least;
    }
    return value;
}

void nd_read_text(nd_reader *reader, int64_t capacity, char *text, const char *what)
{
    text[0] = '\0';
    const int64_t most = capacity < ND_FILE_TEXT ? capacity - 1 : ND_FILE_TEXT - 1;
    const int64_t length = nd_read_integer(reader, 0, most, what);
    const unsigned char *at = take(reader, length, 1, what);
    if (!at) {
        return;
    }
    if (memchr(at, 0, (size_t)length)) {
        reader->status = nd_fail(reader->handle, NNDYN_EFORMAT, "%s in the file is not a text", what);
        return;
    }
    memcpy(text, at, (size_t)length);
    text[length] = '\0';
}

static void fail_number(nd_reader *reader, int64_t index, double value, const char *what)
{
    reader->status =
        nd_fail(reader->handle, NNDYN_EFORMAT, "%s in the file has %g at %lld (from 0); every number must be finite",
                what, value, (long long)index);
}

void nd_read_f32(nd_reader *reader, int64_t count, float *values, const char *what)
{
    const unsigned char *at = take(reader, count, 4, what);
    for (int64_t i = 0; at && i < count; i++) {
        values[i] = get_f32(at + 4 * i);
        if (!(fabsf(values[i]) <= FLT_MAX)) {
            fail_number(reader, i, (double)values[i], what);
            return;
        }
    }
}

void nd_read_f64(nd_reader *reader, int64_t count, double *values, const char *what)
{
    const unsigned char *at = take(reader, count, 8, what);
    for (int64_t i = 0; at && i < count; i++) {
        values[i] = get_f64(at + 8 * i);
        if (!(fabs(values[i]) <= DBL_MAX)) {
            fail_number(reader, i, values[i], what);
            return;
        }
    }
}
