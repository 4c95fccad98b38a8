/* sweep.h - the sweep as its own files see it. */
#ifndef ND_SWEEP_ROOM_H
#define ND_SWEEP_ROOM_H
#include "core/core.h"
#include "nndyn/sweep.h"

enum { ND_SWEEP_AXES = 32, ND_SWEEP_NAME = 64, ND_SWEEP_MOST_COLUMNS = 1 << 20 };
#define ND_SWEEP_MOST_CELLS (INT64_C(1) << 40)
#define ND_SWEEP_MOST_SEED  (INT64_C(1) << 53) /* seeds stand in files as numbers */

typedef char nd_sweep_label[ND_SWEEP_NAME];

typedef struct nd_axis {
    nd_sweep_label name;
    int64_t count;
    double *values;
} nd_axis;

/* How a cell stands; `message` is NULL if the status's text says it all. */
typedef struct nd_cell_state {
    char *message;
    int status;
    unsigned char done;
    unsigned char filed; /* the row stands in the file of the run */
} nd_cell_state;

/* The experiment.  A row must have the number `mark` in column `marked` (-1: no column). */
typedef struct nd_cell {
    int (*run)(void *user, nndyn_context *context, int64_t parameters, const double *values, int64_t seed,
               int64_t columns, double *row);
    void *user;
    int64_t columns;
    nd_sweep_label *names;
    int64_t marked;
    double mark;
} nd_cell;

typedef struct nd_training nd_training; /* the built-in one (training.h) */

struct nndyn_sweep {
    nd_handle handle;
    int64_t cell_limit;
    int64_t axes;
    nd_axis axis[ND_SWEEP_AXES];
    int64_t points, first, seeds;
    const int64_t
        *repeats; /* the first so many seeds of each point are run, the last points first; NULL: all, in order */
    nd_cell cell; /* run is NULL: none is set */
    nd_training *training; /* NULL for a callback */
    double *rows;          /* cells x columns; NULL until the table is needed */
    nd_cell_state *states;
    int64_t known; /* cells that have been run */
};

static inline int64_t nd_sweep_cells(const nndyn_sweep *sweep)
{
    return sweep->points * sweep->seeds;
}

/* Whether a cell is to be run: a width scan has more seeds at one point than at another. */
static inline int nd_sweep_wanted(const nndyn_sweep *sweep, int64_t cell)
{
    return !sweep->repeats || cell % sweep->seeds < sweep->repeats[cell / sweep->seeds];
}

static inline double *nd_sweep_row(const nndyn_sweep *sweep, int64_t cell)
{
    return sweep->rows + cell * sweep->cell.columns;
}

/* Parameters of a grid point. */
void nd_sweep_point(const nndyn_sweep *sweep, int64_t point, double *values);
static inline int64_t nd_sweep_seed(const nndyn_sweep *sweep, int64_t cell)
{
    return sweep->first + cell % sweep->seeds;
}

/* NNDYN_ESTATE unless a cell is set. */
int nd_sweep_check_cell(nndyn_sweep *sweep);
/* The place of an axis of this name, or -1. */
int64_t nd_sweep_find_axis(const nndyn_sweep *sweep, const char *name);
/* Names of columns must be sound, and differ from each other and from the axes. */
int nd_sweep_check_names(nndyn_sweep *sweep, int64_t columns, nd_sweep_label *names);

/* ---- the table (table.c) ----------------------------------------------------------------------------------------- */

/* Room for the table, empty, if there is none yet. */
int nd_sweep_reserve(nndyn_sweep *sweep);
void nd_sweep_drop_table(nndyn_sweep *sweep);
/* Set the state of a cell whose row is in place (or, failed, is made NaN).  One thread at a time. */
void nd_sweep_settle(nndyn_sweep *sweep, int64_t cell, int status, const char *message);
/* The sentence of a failed cell, or "". */
const char *nd_sweep_message(const nndyn_sweep *sweep, int64_t cell);

/* ---- the table as text (text.c) ---------------------------------------------------------------------------------- */

int64_t nd_sweep_line_size(const nndyn_sweep *sweep); /* a line of names or a row is shorter */
int64_t nd_sweep_header(const nndyn_sweep *sweep, char *line);
int64_t nd_sweep_line(const nndyn_sweep *sweep, int64_t cell, char *line);
/* All rows that are known, or only those that are filed, in their order. */
int nd_sweep_write(nndyn_sweep *sweep, const char *path, int filed);

/* Rows of a text, verified and then taken into the table; `good` receives the length without a torn last line, `taken`
 * the number of rows taken.  Rows that stand in it and in the table alike are marked as filed if `file` is not 0. */
int nd_sweep_take(nndyn_sweep *sweep, const char *path, const char *bytes, int64_t size, int file, int64_t *good,
                  int64_t *taken);

/* ---- the file of a run (append.c) -------------------------------------------------------------------------------- */

typedef struct nd_append nd_append;

/* Open and read it, and append the rows of the table (cells of the part) that it lacks. */
int nd_append_open(nndyn_sweep *sweep, const char *path, int64_t part, int64_t parts, nd_append **out);
/* Append the row of a cell; 0 if that failed.  One thread at a time; writes no message. */
int nd_append_row(nndyn_sweep *sweep, nd_append *file, int64_t cell);
/* Why a row could not be appended, as the failure of the call. */
int nd_append_fail(nndyn_sweep *sweep, const nd_append *file);
const char *nd_append_path(const nd_append *file);
void nd_append_close(nndyn_sweep *sweep, nd_append *file);

#endif
