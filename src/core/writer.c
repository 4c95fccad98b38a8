/* writer.c - writes a file beside its final place and moves it there when it is complete. */
#include "core/crc.h"
#include "core/envelope.h"
#include "core/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 65536, SUFFIX_SIZE = 48, ATTEMPTS = 100 };

struct nd_writer {
    void *handle;
    int status; /* of the first failure */
    int plain;  /* text, with neither header nor checksum */
    int file;
    int64_t length;
    uint64_t checksum;
    int64_t used; /* bytes in the buffer */
    char *path;
    char *temporary;
    nd_crc crc;
    unsigned char buffer[BUFFER_SIZE];
};

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static int write_all(int file, const unsigned char *bytes, int64_t size)
{
    while (size > 0) {
        const ssize_t written = write(file, bytes, (size_t)size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return 0;
        }
        bytes += written;
        size -= written;
    }
    return 1;
}

static void fail_write(nd_writer *writer)
{
    writer->status = nd_fail_system(writer->handle, "written", writer->path, errno);
}

static void flush(nd_writer *writer)
{
    writer->checksum = nd_crc_extend(&writer->crc, writer->checksum, writer->buffer, writer->used);
    writer->length += writer->used;
    if (!write_all(writer->file, writer->buffer, writer->used)) {
        fail_write(writer);
    }
    writer->used = 0;
}

/* Room for a number of `size` bytes, or NULL after a failure. */
static unsigned char *room(nd_writer *writer, int64_t size)
{
    if (writer->status == NNDYN_OK && writer->used + size > BUFFER_SIZE) {
        flush(writer);
    }
    if (writer->status != NNDYN_OK) {
        return NULL;
    }
    unsigned char *at = writer->buffer + writer->used;
    writer->used += size;
    return at;
}

void nd_write_integer(nd_writer *writer, int64_t value)
{
    unsigned char *at = room(writer, 8);
    if (at) {
        nd_put_u64(at, (uint64_t)value);
    }
}

void nd_write_real(nd_writer *writer, double value)
{
    nd_write_f64(writer, 1, &value);
}

void nd_write_text(nd_writer *writer, const char *text)
{
    const size_t length = strlen(text);
    if (writer->status == NNDYN_OK && length >= ND_FILE_TEXT) {
        writer->status = nd_fail(writer->handle, NNDYN_EARG, "a text of %zu bytes does not fit a file; at most %d do",
                                 length, ND_FILE_TEXT - 1);
    }
    nd_write_integer(writer, (int64_t)length);
    unsigned char *at = room(writer, (int64_t)length);
    if (at) {
        memcpy(at, text, length);
    }
}

void nd_write_bytes(nd_writer *writer, int64_t size, const char *bytes)
{
    for (int64_t at = 0; at < size; at += BUFFER_SIZE) {
        const int64_t count = size - at < BUFFER_SIZE ? size - at : BUFFER_SIZE;
        unsigned char *to = room(writer, count);
        if (!to) {
            return;
        }
        memcpy(to, bytes + at, (size_t)count);
    }
}

void nd_write_f32(nd_writer *writer, int64_t count, const float *values)
{
    for (int64_t i = 0; i < count; i++) {
        unsigned char *at = room(writer, 4);
        if (!at) {
            return;
        }
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        nd_put_u32(at, bits);
    }
}

void nd_write_f64(nd_writer *writer, int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++) {
        unsigned char *at = room(writer, 8);
        if (!at) {
            return;
        }
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        nd_put_u64(at, bits);
    }
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Only a regular file, or none, may be replaced: moving a file over a device or a directory is never what was meant. */
static int check_target(void *handle, const char *path, mode_t *mode)
{
    struct stat target;
    if (stat(path, &target) != 0) {
        return NNDYN_OK;
    }
    if (!S_ISREG(target.st_mode)) {
        return nd_fail(handle, NNDYN_EIO, "'%.200s' cannot be written: it exists and is not a regular file", path);
    }
    *mode = target.st_mode & 0777;
    return NNDYN_OK;
}

/* A name of its own for every writer: process and attempt; O_EXCL refuses a name that is taken. */
static int open_temporary(nd_writer *writer)
{
    mode_t mode = 0;
    ND_TRY(check_target(writer->handle, writer->path, &mode));
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        (void)snprintf(writer->temporary, strlen(writer->path) + SUFFIX_SIZE, "%s.%ld-%d.tmp", writer->path,
                       (long)getpid(), attempt);
        writer->file = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->file >= 0 || errno != EEXIST) {
            break;
        }
    }
    if (writer->file < 0) {
        return nd_fail_system(writer->handle, "written", writer->path, errno);
    }
    if (mode != 0) {
        (void)fchmod(writer->file, mode); /* a file system without modes is no reason to fail */
    }
    return NNDYN_OK;
}

static int begin_file(nd_writer *writer)
{
    unsigned char header[ND_FILE_HEADER];
    ND_TRY(open_temporary(writer));
    if (writer->plain) {
        return NNDYN_OK;
    }
    nd_put_header(header, 0); /* written again, with the length, at the end */
    if (!write_all(writer->file, header, ND_FILE_HEADER)) {
        fail_write(writer);
        close(writer->file);
        unlink(writer->temporary);
    }
    return writer->status;
}

static int open_writer(void *handle, const char *path, int plain, nd_writer **out)
{
    ND_TRY(nd_check_pointer(handle, path, "path"));
    const size_t length = strlen(path);
    nd_writer *writer = NULL;
    ND_TRY(nd_allocate_for(handle, 1, sizeof *writer + 2 * length + 1 + SUFFIX_SIZE, &writer));
    writer->handle = handle;
    writer->plain = plain;
    writer->path = (char *)(writer + 1);
    writer->temporary = writer->path + length + 1;
    memcpy(writer->path, path, length + 1);
    nd_crc_prepare(&writer->crc);
    const int status = begin_file(writer);
    if (status != NNDYN_OK) {
        nd_release(nd_handle_context(handle), writer);
        return status;
    }
    *out = writer;
    return NNDYN_OK;
}

int nd_writer_open(void *handle, const char *path, nd_writer **out)
{
    return open_writer(handle, path, 0, out);
}

int nd_writer_open_text(void *handle, const char *path, nd_writer **out)
{
    return open_writer(handle, path, 1, out);
}

/* ---- closing ----------------------------------------------------------------------------------------------------- */

static int write_envelope(nd_writer *writer)
{
    unsigned char header[ND_FILE_HEADER];
    unsigned char trailer[ND_FILE_TRAILER];
    nd_put_header(header, writer->length);
    nd_put_u64(trailer, nd_crc_extend(&writer->crc, writer->checksum, header, ND_FILE_HEADER));
    return write_all(writer->file, trailer, ND_FILE_TRAILER) && lseek(writer->file, 0, SEEK_SET) == 0 &&
           write_all(writer->file, header, ND_FILE_HEADER);
}

static void finish_file(nd_writer *writer)
{
    flush(writer);
    if (writer->status != NNDYN_OK) {
        return;
    }
    if ((!writer->plain && !write_envelope(writer)) || fsync(writer->file) != 0) {
        fail_write(writer);
    }
}

/* Make the new name last through a power failure.  The file is complete and in place by now, and some file systems
 * cannot sync a directory, so a failure here is not one of the call. */
static void sync_directory(const char *path, char *scratch)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash ? (size_t)(slash - path) : 0;
    memcpy(scratch, path, length);
    const char *rest = !slash ? "." : length == 0 ? "/" : "";
    memcpy(scratch + length, rest, strlen(rest) + 1);
    const int directory = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        (void)fsync(directory);
        close(directory);
    }
}

int nd_writer_close(nd_writer *writer, int status)
{
    if (!writer) {
        return status;
    }
    void *handle = writer->handle;
    if (status == NNDYN_OK && writer->status == NNDYN_OK) {
        finish_file(writer);
    }
    if (close(writer->file) != 0 && status == NNDYN_OK && writer->status == NNDYN_OK) {
        fail_write(writer);
    }
    if (status == NNDYN_OK && writer->status == NNDYN_OK && rename(writer->temporary, writer->path) != 0) {
        fail_write(writer);
    }
    status = status != NNDYN_OK ? status : writer->status;
    if (status != NNDYN_OK) {
        unlink(writer->temporary);
    } else {
        sync_directory(writer->path, writer->temporary);
    }
    nd_release(nd_handle_context(handle), writer);
    return status;
}
