/* recorder_spill.c - a file that rows are appended to as they come.  SPDX-License-Identifier: MIT
 *
 * What was written is a whole number of lines whenever a call returns: after a failure the file is cut back to the last
 * good line, and the rows, still in memory, are written again later. */
#include "training/recorder_csv.h"
#include "core/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 8192 };

struct nd_spill {
    int file;
    int created; /* there was no such file before */
    int64_t good;
    int64_t used; /* of the buffer */
    char *path;
    char buffer[BUFFER_SIZE];
};

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int flush(nd_spill *spill)
{
    int64_t done = 0;
    while (done < spill->used) {
        const ssize_t written = write(spill->file, spill->buffer + done, (size_t)(spill->used - done));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return NNDYN_EIO;
        }
        done += written;
    }
    spill->used = 0;
    return NNDYN_OK;
}

static int put(void *to, const char *bytes, int64_t size)
{
    nd_spill *spill = to;
    if (spill->used + size > BUFFER_SIZE) {
        ND_TRY(flush(spill));
    }
    memcpy(spill->buffer + spill->used, bytes, (size_t)size);
    spill->used += size;
    return NNDYN_OK;
}

/* The end of a piece of text: make it good, or take it back. */
static int settle(void *handle, nd_spill *spill, int status)
{
    if (status == NNDYN_OK) {
        status = flush(spill);
    }
    const off_t end = status == NNDYN_OK ? lseek(spill->file, 0, SEEK_END) : -1;
    if (end >= 0) {
        spill->good = (int64_t)end;
        return NNDYN_OK;
    }
    const int error = errno;
    spill->used = 0;
    if (ftruncate(spill->file, (off_t)spill->good) != 0) {
        return nd_fail_system(handle, "cut back to its last whole line", spill->path, errno);
    }
    return nd_fail_system(handle, "written", spill->path, error);
}

int nd_spill_write(void *handle, nd_spill *spill, const nd_table *table)
{
    return settle(handle, spill, nd_csv_rows(table, table->start, table->rows - table->start, (nd_text){put, spill}));
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

typedef struct comparison {
    nd_spill *spill;
    int64_t at;
    int equal;
} comparison;

/* The names against what stands in the file. */
static int compare(void *to, const char *bytes, int64_t size)
{
    comparison *c = to;
    char there[2 * ND_NAME_SIZE];
    c->equal = c->equal && pread(c->spill->file, there, (size_t)size, (off_t)c->at) == (ssize_t)size &&
               memcmp(there, bytes, (size_t)size) == 0;
    c->at += size;
    return NNDYN_OK;
}

static int check_old(void *handle, const nd_entry *entry, nd_spill *spill, int append)
{
    comparison c = {spill, 0, 1};
    char last = '\0';
    if (!append) {
        return nd_fail(handle, NNDYN_EIO,
                       "'%.200s' exists and is not empty; remove it, or continue it with the option \"append\" at 1",
                       spill->path);
    }
    nd_csv_names(entry, (nd_text){compare, &c});
    if (!c.equal) {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "'%.200s' cannot be continued: its first line is not the names of the columns of \"%s\"",
                       spill->path, entry->name);
    }
    if (pread(spill->file, &last, 1, (off_t)(spill->good - 1)) != 1 || last != '\n') {
        return nd_fail(handle, NNDYN_EFORMAT,
                       "'%.200s' cannot be continued: it ends within a line; remove what is after the last whole one",
                       spill->path);
    }
    return NNDYN_OK;
}

static int begin(void *handle, const nd_entry *entry, nd_spill *spill, int append)
{
    struct stat state;
    if (fstat(spill->file, &state) != 0) {
        return nd_fail_system(handle, "written", spill->path, errno);
    }
    if (!S_ISREG(state.st_mode)) {
        return nd_fail(handle, NNDYN_EIO, "'%.200s' cannot be written: it is not a regular file", spill->path);
    }
    spill->good = (int64_t)state.st_size;
    if (spill->good > 0) {
        return check_old(handle, entry, spill, append);
    }
    return settle(handle, spill, nd_csv_names(entry, (nd_text){put, spill}));
}

/* Without blocking, so that the name of a pipe is refused rather than waited for. */
static int open_file(void *handle, nd_spill *spill)
{
    const int mode = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK;
    spill->file = open(spill->path, mode | O_CREAT | O_EXCL, 0666);
    spill->created = spill->file >= 0;
    if (!spill->created && errno == EEXIST) {
        spill->file = open(spill->path, mode);
    }
    return spill->file >= 0 ? NNDYN_OK : nd_fail_system(handle, "written", spill->path, errno);
}

int nd_spill_open(void *handle, const nd_entry *entry, const char *path, int append, nd_spill **out)
{
    const size_t length = strlen(path);
    nd_spill *spill;
    int status;
    ND_TRY(nd_allocate_for(handle, 1, sizeof *spill + length + 1, &spill));
    spill->path = (char *)(spill + 1);
    memcpy(spill->path, path, length + 1);
    status = open_file(handle, spill);
    if (status == NNDYN_OK) {
        status = begin(handle, entry, spill, append);
        if (status != NNDYN_OK && spill->created) {
            (void)unlink(spill->path);
        }
    }
    if (status != NNDYN_OK) {
        nd_spill_close(nd_handle_context(handle), spill);
        return status;
    }
    *out = spill;
    return NNDYN_OK;
}

const char *nd_spill_path(const nd_spill *spill)
{
    return spill->path;
}

void nd_spill_close(nndyn_context *context, nd_spill *spill)
{
    if (spill != NULL) {
        if (spill->file >= 0) {
            (void)close(spill->file);
        }
        nd_release(context, spill);
    }
}
