/* append.c - the file of a run: rows are appended as cells finish.  SPDX-License-Identifier: MIT
 *
 * What was written is whole lines: after a failure the file is cut back to the last good one, and a line that a killed
 * process left torn is cut off when the file is opened again. */
#include "core/file.h"
#include "experiments/sweep/sweep.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct nd_append {
    int file;
    int created; /* there was no such file before */
    int error;   /* of the row that could not be written */
    int64_t good;
    char *line; /* room for one */
    char *path;
};

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* One line is one call, so that it is torn only if the system is. */
static int append(nd_append *file, int64_t size)
{
    int64_t done = 0;
    while (done < size) {
        const ssize_t written = write(file->file, file->line + done, (size_t)(size - done));
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            file->error = written == 0 ? ENOSPC : errno;
            (void)!ftruncate(file->file, (off_t)file->good);
            return 0;
        }
        done += written;
    }
    file->good += size;
    return 1;
}

int nd_append_row(nndyn_sweep *sweep, nd_append *file, int64_t cell)
{
    const int whole = append(file, nd_sweep_line(sweep, cell, file->line));
    sweep->states[cell].filed = (unsigned char)whole;
    return whole;
}

int nd_append_fail(nndyn_sweep *sweep, const nd_append *file)
{
    return nd_fail_system(sweep, "written", file->path, file->error);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* Without blocking, so that the name of a pipe is refused rather than waited for. */
static int open_file(nndyn_sweep *sweep, nd_append *file)
{
    const int mode = O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK;
    struct stat state;
    file->file = open(file->path, mode | O_CREAT | O_EXCL, 0666);
    file->created = file->file >= 0;
    if (!file->created && errno == EEXIST) {
        file->file = open(file->path, mode);
    }
    if (file->file < 0 || fstat(file->file, &state) != 0) {
        return nd_fail_system(sweep, "written", file->path, errno);
    }
    if (!S_ISREG(state.st_mode)) {
        return nd_fail(sweep, NNDYN_EIO, "'%.200s' cannot be written: it is not a regular file", file->path);
    }
    return NNDYN_OK;
}

static int read_old(nndyn_sweep *sweep, nd_append *file)
{
    char *bytes;
    int64_t size, taken;
    ND_TRY(nd_read_file(sweep, file->path, &bytes, &size));
    const int status = nd_sweep_take(sweep, file->path, bytes, size, 1, &file->good, &taken);
    nd_release(sweep->handle.context, bytes);
    ND_TRY(status);
    if (file->good < size && ftruncate(file->file, (off_t)file->good) != 0) {
        return nd_fail_system(sweep, "cut back to its last whole line", file->path, errno);
    }
    return NNDYN_OK;
}

/* The line of names, and rows that the table has and the file has not. */
static int complete(nndyn_sweep *sweep, nd_append *file, int64_t part, int64_t parts)
{
    if (file->good == 0 && !append(file, nd_sweep_header(sweep, file->line))) {
        return nd_append_fail(sweep, file);
    }
    for (int64_t i = part; i < nd_sweep_cells(sweep); i += parts) {
        if (sweep->states[i].done && !sweep->states[i].filed && !nd_append_row(sweep, file, i)) {
            return nd_append_fail(sweep, file);
        }
    }
    return NNDYN_OK;
}

static int begin(nndyn_sweep *sweep, nd_append *file, int64_t part, int64_t parts)
{
    ND_TRY(open_file(sweep, file));
    for (int64_t i = 0; i < nd_sweep_cells(sweep); i++) {
        sweep->states[i].filed = 0;
    }
    ND_TRY(read_old(sweep, file));
    return complete(sweep, file, part, parts);
}

int nd_append_open(nndyn_sweep *sweep, const char *path, int64_t part, int64_t parts, nd_append **out)
{
    const int64_t line = nd_sweep_line_size(sweep), name = (int64_t)strlen(path) + 1;
    nd_append *file;
    ND_TRY(nd_allocate_for(sweep, 1, sizeof *file + (size_t)(line + name), &file));
    file->file = -1;
    file->line = (char *)(file + 1);
    file->path = memcpy(file->line + line, path, (size_t)name);
    const int status = begin(sweep, file, part, parts);
    if (status != NNDYN_OK) {
        if (file->created) {
            (void)unlink(file->path);
        }
        nd_append_close(sweep, file);
        return status;
    }
    *out = file;
    return NNDYN_OK;
}

const char *nd_append_path(const nd_append *file)
{
    return file->path;
}

void nd_append_close(nndyn_sweep *sweep, nd_append *file)
{
    if (file) {
        if (file->file >= 0) {
            (void)close(file->file);
        }
        nd_release(sweep->handle.context, file);
    }
}
