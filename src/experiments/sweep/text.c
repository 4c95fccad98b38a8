/* text.c - the table of a sweep as text, written and read.  SPDX-License-Identifier: MIT
 *
 * A line of names, then rows: number of the cell, axes, seed, status, columns. */
#include "core/file.h"
#include "data/decimal.h"
#include "experiments/sweep/sweep.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Fields beside axes and columns: index, seed, status. */
enum { FIXED = 3 };

static int64_t fields(const nndyn_sweep *sweep)
{
    return FIXED + sweep->axes + sweep->cell.columns;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* A field is a name or a number, and each is shorter than a label. */
int64_t nd_sweep_line_size(const nndyn_sweep *sweep)
{
    return fields(sweep) * ND_SWEEP_NAME + 1;
}

static char *put_name(char *at, const char *name)
{
    const size_t length = strlen(name);
    memcpy(at, name, length);
    at[length] = ',';
    return at + length + 1;
}

int64_t nd_sweep_header(const nndyn_sweep *sweep, char *line)
{
    char *at = put_name(line, "index");
    for (int64_t a = 0; a < sweep->axes; a++) {
        at = put_name(at, sweep->axis[a].name);
    }
    at = put_name(put_name(at, "seed"), "status");
    for (int64_t c = 0; c < sweep->cell.columns; c++) {
        at = put_name(at, sweep->cell.names[c]);
    }
    at[-1] = '\n';
    return at - line;
}

static char *put_integer(char *at, int64_t value)
{
    return at + snprintf(at, ND_SWEEP_NAME, "%lld,", (long long)value);
}

static char *put_number(char *at, double value)
{
    const int64_t length = nd_format_decimal(value, at);
    at[length] = ',';
    return at + length + 1;
}

int64_t nd_sweep_line(const nndyn_sweep *sweep, int64_t cell, char *line)
{
    const double *row = nd_sweep_row(sweep, cell);
    double values[ND_SWEEP_AXES];
    nd_sweep_point(sweep, cell / sweep->seeds, values);
    char *at = put_integer(line, cell);
    for (int64_t a = 0; a < sweep->axes; a++) {
        at = put_number(at, values[a]);
    }
    at = put_integer(put_integer(at, nd_sweep_seed(sweep, cell)), sweep->states[cell].status);
    for (int64_t c = 0; c < sweep->cell.columns; c++) {
        at = put_number(at, row[c]);
    }
    at[-1] = '\n';
    return at - line;
}

static int write_rows(nndyn_sweep *sweep, const char *path, int filed, char *line)
{
    nd_writer *writer;
    ND_TRY(nd_writer_open_text(sweep, path, &writer));
    nd_write_bytes(writer, nd_sweep_header(sweep, line), line);
    for (int64_t i = 0; i < nd_sweep_cells(sweep); i++) {
        if (sweep->states[i].done && (!filed || sweep->states[i].filed)) {
            nd_write_bytes(writer, nd_sweep_line(sweep, i, line), line);
        }
    }
    return nd_writer_close(writer, NNDYN_OK);
}

int nd_sweep_write(nndyn_sweep *sweep, const char *path, int filed)
{
    char *line;
    ND_TRY(nd_check_pointer(sweep, path, "path"));
    ND_TRY(nd_sweep_reserve(sweep));
    ND_TRY(nd_allocate_for(sweep, nd_sweep_line_size(sweep), 1, &line));
    const int status = write_rows(sweep, path, filed, line);
    nd_release(sweep->handle.context, line);
    return status;
}

int nndyn_sweep_write_csv(nndyn_sweep *sweep, const char *path)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_write_csv"));
    return nd_leave(sweep, nd_sweep_write(sweep, path, 0));
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* What is being read: a line of it, its number, its fields. */
typedef struct reading {
    nndyn_sweep *sweep;
    const char *path;
    const char *begin, *end; /* the line, without its end */
    int64_t line;            /* from 1 */
    double *numbers;         /* its fields */
    const char **chosen;     /* for each cell the line whose row is taken, or NULL */
} reading;

static int parse_number(const char *from, const char *to, double *value)
{
    const size_t length = (size_t)(to - from);
    const int word = nd_parse_decimal(from, to, value);
    if (word != ND_DECIMAL_NOT_FINITE) {
        return word == ND_DECIMAL_OK;
    }
    *value = length == 3 && memcmp(from, "nan", 3) == 0    ? (double)NAN
             : length == 3 && memcmp(from, "inf", 3) == 0  ? (double)INFINITY
             : length == 4 && memcmp(from, "-inf", 4) == 0 ? -(double)INFINITY
                                                           : 0;
    return *value != 0;
}

static int parse_line(reading *r)
{
    const int64_t wanted = fields(r->sweep);
    const char *at = r->begin;
    for (int64_t f = 0; f < wanted; f++) {
        const char *comma = memchr(at, ',', (size_t)(r->end - at));
        const char *to = comma ? comma : r->end;
        if (!parse_number(at, to, &r->numbers[f])) {
            return nd_fail(r->sweep, NNDYN_EFORMAT, "'%.200s', line %lld, field %lld: '%.*s' is not a number", r->path,
                           (long long)r->line, (long long)f + 1, (int)(to - at < 40 ? to - at : 40), at);
        }
        if ((comma != NULL) != (f + 1 < wanted)) {
            return nd_fail(r->sweep, NNDYN_EFORMAT, "'%.200s', line %lld does not have %lld fields", r->path,
                           (long long)r->line, (long long)wanted);
        }
        at = to + 1;
    }
    return NNDYN_OK;
}

static int fail_row(const reading *r, const char *name, double got, double want)
{
    return nd_fail(r->sweep, NNDYN_EFORMAT,
                   "'%.200s' is of another sweep: line %lld has \"%s\" %.17g, this sweep has %.17g for cell %.0f",
                   r->path, (long long)r->line, name, got, want, r->numbers[0]);
}

static int whole(double x, double least, double most)
{
    return x >= least && x <= most && floor(x) == x;
}

/* The row's cell is one of this sweep, with its parameters, its seed, and its mark. */
static int check_row(const reading *r)
{
    nndyn_sweep *sweep = r->sweep;
    const double *numbers = r->numbers, *row = numbers + FIXED + sweep->axes;
    const double seed = numbers[1 + sweep->axes], status = numbers[2 + sweep->axes];
    double values[ND_SWEEP_AXES];
    if (!whole(numbers[0], 0, (double)nd_sweep_cells(sweep) - 1) || !whole(status, NNDYN_EINTERNAL, NNDYN_OK)) {
        return nd_fail(sweep, NNDYN_EFORMAT,
                       "'%.200s', line %lld: cell %.17g with status %.17g; cells are 0 to %lld, a status %d to 0",
                       r->path, (long long)r->line, numbers[0], status, (long long)nd_sweep_cells(sweep) - 1,
                       NNDYN_EINTERNAL);
    }
    const int64_t cell = (int64_t)numbers[0];
    nd_sweep_point(sweep, cell / sweep->seeds, values);
    for (int64_t a = 0; a < sweep->axes; a++) {
        if (numbers[1 + a] != values[a]) {
            return fail_row(r, sweep->axis[a].name, numbers[1 + a], values[a]);
        }
    }
    if (seed != (double)nd_sweep_seed(sweep, cell)) {
        return fail_row(r, "seed", seed, (double)nd_sweep_seed(sweep, cell));
    }
    const nd_cell *c = &sweep->cell;
    if (status == NNDYN_OK && c->marked >= 0 && row[c->marked] != c->mark) {
        return fail_row(r, c->names[c->marked], row[c->marked], c->mark);
    }
    return NNDYN_OK;
}

static int same_numbers(int64_t count, const double *a, const double *b)
{
    for (int64_t i = 0; i < count; i++) {
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i]))) {
            return 0;
        }
    }
    return 1;
}

static int fail_differs(const reading *r, const char *where)
{
    return nd_fail(r->sweep, NNDYN_EFORMAT, "'%.200s', line %lld: the row of cell %.0f differs from the one %s",
                   r->path, (long long)r->line, r->numbers[0], where);
}

/* Whether a line that was chosen before is of a cell that succeeded, by its status field. */
static int succeeded(const nndyn_sweep *sweep, const char *line)
{
    for (int64_t f = 0; f < 2 + sweep->axes; f++) {
        line = strchr(line, ',') + 1;
    }
    return line[0] == '0';
}

/* Success goes before failure, and what came later before what came earlier. */
static int choose(const reading *r)
{
    nndyn_sweep *sweep = r->sweep;
    const int64_t cell = (int64_t)r->numbers[0];
    const nd_cell_state *state = &sweep->states[cell];
    const int good = r->numbers[2 + sweep->axes] == NNDYN_OK;
    const double *row = r->numbers + FIXED + sweep->axes;
    const char *old = r->chosen[cell];
    if (good && state->done && state->status == NNDYN_OK &&
        !same_numbers(sweep->cell.columns, row, nd_sweep_row(sweep, cell))) {
        return fail_differs(r, "in the table");
    }
    if (old && succeeded(sweep, old)) {
        const size_t size = (size_t)(r->end - r->begin);
        if (good && memcmp(old, r->begin, size + 1) != 0) {
            return fail_differs(r, "before it in the file");
        }
        return NNDYN_OK;
    }
    r->chosen[cell] = r->begin;
    return NNDYN_OK;
}

/* The next whole line: 0 if there is none. */
static int next_line(reading *r, const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    r->begin = at;
    r->end = feed;
    r->line++;
    return feed != NULL;
}

static int verify(reading *r, const char *bytes, const char *end)
{
    for (const char *at = bytes; next_line(r, at, end); at = r->end + 1) {
        ND_TRY(parse_line(r));
        ND_TRY(check_row(r));
        ND_TRY(choose(r));
    }
    return NNDYN_OK;
}

/* A row that succeeded takes the place of none or a failed one, a failed one that of none. */
static int64_t apply(reading *r, const char *end, int file)
{
    nndyn_sweep *sweep = r->sweep;
    int64_t taken = 0;
    for (int64_t cell = 0; cell < nd_sweep_cells(sweep); cell++) {
        nd_cell_state *state = &sweep->states[cell];
        if (!r->chosen[cell] || !next_line(r, r->chosen[cell], end) || parse_line(r) != NNDYN_OK) {
            continue;
        }
        const int status = (int)r->numbers[2 + sweep->axes];
        if (!state->done || (state->status != NNDYN_OK && status == NNDYN_OK)) {
            memcpy(nd_sweep_row(sweep, cell), r->numbers + FIXED + sweep->axes,
                   (size_t)sweep->cell.columns * sizeof(double));
            nd_sweep_settle(sweep, cell, status, NULL);
            taken++;
        }
        state->filed = (unsigned char)(file && state->status == status);
    }
    return taken;
}

/* Without any whole line it may be the beginning of a line of names, torn while it was written. */
static int check_header(reading *r, const char *line, int64_t length, const char *bytes, int64_t size, int64_t *good)
{
    const int whole_line = memchr(bytes, '\n', (size_t)size) != NULL;
    const int64_t compared = whole_line || size > length ? length : size;
    if (size < compared || memcmp(bytes, line, (size_t)compared) != 0) {
        return nd_fail(r->sweep, NNDYN_EFORMAT,
                       "'%.200s' is of another sweep: its first line is not index, the axes, seed, status and the "
                       "columns of this one",
                       r->path);
    }
    *good = whole_line ? length : 0;
    return NNDYN_OK;
}

static int take(reading *r, const char *bytes, int64_t size, int file, char *line, int64_t *good, int64_t *taken)
{
    int64_t start = 0;
    r->line = 1;
    ND_TRY(check_header(r, line, nd_sweep_header(r->sweep, line), bytes, size, &start));
    ND_TRY(verify(r, bytes + start, bytes + size));
    while (size > start && bytes[size - 1] != '\n') {
        size--;
    }
    *taken = apply(r, bytes + size, file);
    *good = start > 0 ? size : 0;
    return NNDYN_OK;
}

int nd_sweep_take(nndyn_sweep *sweep, const char *path, const char *bytes, int64_t size, int file, int64_t *good,
                  int64_t *taken)
{
    reading r = {.sweep = sweep, .path = path};
    nndyn_context *context = sweep->handle.context;
    char *line = NULL;
    ND_TRY(nd_sweep_reserve(sweep));
    int status = nd_allocate_for(sweep, nd_sweep_line_size(sweep), 1, &line);
    if (status == NNDYN_OK) {
        status = nd_allocate_for(sweep, fields(sweep), sizeof *r.numbers, &r.numbers);
    }
    if (status == NNDYN_OK) {
        status = nd_allocate_for(sweep, nd_sweep_cells(sweep), sizeof *r.chosen, &r.chosen);
    }
    if (status == NNDYN_OK) {
        status = take(&r, bytes, size, file, line, good, taken);
    }
    nd_release(context, line);
    nd_release(context, r.numbers);
    nd_release(context, r.chosen);
    return status;
}

static int merge(nndyn_sweep *sweep, const char *path, int64_t *taken)
{
    char *bytes;
    int64_t size, good, count;
    ND_TRY(nd_sweep_check_cell(sweep));
    ND_TRY(nd_read_file(sweep, path, &bytes, &size));
    const int status = nd_sweep_take(sweep, path, bytes, size, 0, &good, &count);
    nd_release(sweep->handle.context, bytes);
    if (status == NNDYN_OK && taken) {
        *taken = count;
    }
    return status;
}

int nndyn_sweep_merge(nndyn_sweep *sweep, const char *path, int64_t *taken)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_merge"));
    return nd_leave(sweep, merge(sweep, path, taken));
}
