/* table.c - the table of a sweep: what the cells gave, and questions to it.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/sweep.h"
#include <math.h>
#include <string.h>

/* ---- room -------------------------------------------------------------------------------------------------------- */

int nd_sweep_reserve(nndyn_sweep *sweep)
{
    const int64_t cells = nd_sweep_cells(sweep), numbers = nd_product(cells, sweep->cell.columns);
    ND_TRY(nd_sweep_check_cell(sweep));
    if (sweep->rows) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_memory(sweep, (double)cells * (8.0 * (double)sweep->cell.columns + (double)sizeof *sweep->states),
                           "the table of the sweep"));
    if (numbers < 0) {
        return nd_fail(sweep, NNDYN_ENOMEM, "a table of %lld rows of %lld columns is beyond any memory",
                       (long long)cells, (long long)sweep->cell.columns);
    }
    nd_cell_state *states;
    ND_TRY(nd_allocate_for(sweep, cells, sizeof *states, &states));
    const int status = nd_allocate_for(sweep, numbers, sizeof *sweep->rows, &sweep->rows);
    if (status != NNDYN_OK) {
        nd_release(sweep->handle.context, states);
        return status;
    }
    sweep->states = states;
    for (int64_t i = 0; i < numbers; i++) {
        sweep->rows[i] = (double)NAN;
    }
    return NNDYN_OK;
}

void nd_sweep_drop_table(nndyn_sweep *sweep)
{
    nndyn_context *context = sweep->handle.context;
    for (int64_t i = 0; sweep->states && i < nd_sweep_cells(sweep); i++) {
        nd_release(context, sweep->states[i].message);
    }
    nd_release(context, sweep->states);
    nd_release(context, sweep->rows);
    sweep->states = NULL;
    sweep->rows = NULL;
    sweep->known = 0;
}

/* NaN has no sign or payload that means anything, so that a row is the same after it was read from a file. */
void nd_sweep_settle(nndyn_sweep *sweep, int64_t cell, int status, const char *message)
{
    nndyn_context *context = sweep->handle.context;
    nd_cell_state *state = &sweep->states[cell];
    double *row = nd_sweep_row(sweep, cell);
    for (int64_t c = 0; c < sweep->cell.columns; c++) {
        row[c] = status != NNDYN_OK || isnan(row[c]) ? (double)NAN : row[c];
    }
    nd_release(context, state->message);
    state->message = NULL;
    if (status != NNDYN_OK && message && message[0] != '\0') {
        const size_t size = strlen(message) + 1;
        state->message = nd_allocate(context, (int64_t)size, 1);
        if (state->message) { /* without memory for it, the status speaks for itself */
            memcpy(state->message, message, size);
        }
    }
    sweep->known += !state->done;
    state->done = 1;
    state->filed = 0;
    state->status = status;
}

const char *nd_sweep_message(const nndyn_sweep *sweep, int64_t cell)
{
    const nd_cell_state *state = &sweep->states[cell];
    if (state->status == NNDYN_OK) {
        return "";
    }
    return state->message ? state->message : nndyn_status_text(state->status);
}

/* ---- sizes and names --------------------------------------------------------------------------------------------- */

static int shape(nndyn_sweep *sweep, int64_t *axes, int64_t *points, int64_t *seeds, int64_t *cells, int64_t *columns)
{
    int64_t *const out[] = {axes, points, seeds, cells, columns};
    const int64_t sizes[] = {sweep->axes, sweep->points, sweep->seeds, nd_sweep_cells(sweep), sweep->cell.columns};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        if (out[i]) {
            *out[i] = sizes[i];
        }
    }
    return NNDYN_OK;
}

int nndyn_sweep_shape(nndyn_sweep *sweep, int64_t *axes, int64_t *points, int64_t *seeds, int64_t *cells,
                      int64_t *columns)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_shape"));
    return nd_leave(sweep, shape(sweep, axes, points, seeds, cells, columns));
}

static int check_text(nndyn_sweep *sweep, int64_t capacity, const char *text)
{
    ND_TRY(nd_check_size(sweep, capacity, 0, INT64_MAX, "capacity"));
    return capacity > 0 ? nd_check_pointer(sweep, text, "text") : NNDYN_OK;
}

static void give_text(const char *from, int64_t capacity, char *text)
{
    const size_t length = strlen(from);
    if (capacity > 0) {
        const size_t taken = (int64_t)length < capacity ? length : (size_t)capacity - 1;
        memcpy(text, from, taken);
        text[taken] = '\0';
    }
}

static int name_of(nndyn_sweep *sweep, int64_t number, int64_t capacity, char *text, int64_t *length)
{
    const int64_t all = sweep->axes + sweep->cell.columns;
    if (all == 0) {
        return nd_fail(sweep, NNDYN_EARG, "number is %lld, but the sweep has neither axes nor columns yet",
                       (long long)number);
    }
    ND_TRY(nd_check_size(sweep, number, 0, all - 1, "number"));
    ND_TRY(check_text(sweep, capacity, text));
    const char *name = number < sweep->axes ? sweep->axis[number].name : sweep->cell.names[number - sweep->axes];
    give_text(name, capacity, text);
    if (length) {
        *length = (int64_t)strlen(name);
    }
    return NNDYN_OK;
}

int nndyn_sweep_name(nndyn_sweep *sweep, int64_t number, int64_t capacity, char *text, int64_t *length)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_name"));
    return nd_leave(sweep, name_of(sweep, number, capacity, text, length));
}

static int give_axis(nndyn_sweep *sweep, int64_t axis, int64_t *count, double *values)
{
    if (sweep->axes == 0) {
        return nd_fail(sweep, NNDYN_EARG, "axis is %lld, but the sweep has no axes", (long long)axis);
    }
    ND_TRY(nd_check_size(sweep, axis, 0, sweep->axes - 1, "axis"));
    const nd_axis *a = &sweep->axis[axis];
    if (count) {
        *count = a->count;
    }
    if (values) {
        memcpy(values, a->values, (size_t)a->count * sizeof *values);
    }
    return NNDYN_OK;
}

int nndyn_sweep_axis(nndyn_sweep *sweep, int64_t axis, int64_t *count, double *values)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_axis"));
    return nd_leave(sweep, give_axis(sweep, axis, count, values));
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static int check_number(nndyn_sweep *sweep, int64_t cell)
{
    return nd_check_size(sweep, cell, 0, nd_sweep_cells(sweep) - 1, "cell");
}

static int parameters(nndyn_sweep *sweep, int64_t cell, double *values, int64_t *seed)
{
    ND_TRY(check_number(sweep, cell));
    if (values) {
        nd_sweep_point(sweep, cell / sweep->seeds, values);
    }
    if (seed) {
        *seed = nd_sweep_seed(sweep, cell);
    }
    return NNDYN_OK;
}

int nndyn_sweep_parameters(nndyn_sweep *sweep, int64_t cell, double *values, int64_t *seed)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_parameters"));
    return nd_leave(sweep, parameters(sweep, cell, values, seed));
}

static int give_status(nndyn_sweep *sweep, int64_t cell, int *done, int *status, int64_t capacity, char *text)
{
    ND_TRY(check_number(sweep, cell));
    ND_TRY(check_text(sweep, capacity, text));
    const int run = sweep->states && sweep->states[cell].done;
    give_text(run ? nd_sweep_message(sweep, cell) : "", capacity, text);
    if (done) {
        *done = run;
    }
    if (status) {
        *status = run ? sweep->states[cell].status : NNDYN_OK;
    }
    return NNDYN_OK;
}

int nndyn_sweep_status(nndyn_sweep *sweep, int64_t cell, int *done, int *status, int64_t capacity, char *text)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_status"));
    return nd_leave(sweep, give_status(sweep, cell, done, status, capacity, text));
}

static int give_rows(nndyn_sweep *sweep, int64_t first, int64_t count, double *rows)
{
    const int64_t cells = nd_sweep_cells(sweep), columns = sweep->cell.columns;
    ND_TRY(nd_sweep_check_cell(sweep));
    ND_TRY(nd_check_size(sweep, first, 0, cells - 1, "first"));
    ND_TRY(nd_check_size(sweep, count, 1, cells - first, "count"));
    ND_TRY(nd_check_pointer(sweep, rows, "rows"));
    for (int64_t i = 0; i < count * columns; i++) {
        rows[i] = sweep->rows ? sweep->rows[first * columns + i] : (double)NAN;
    }
    return NNDYN_OK;
}

int nndyn_sweep_rows(nndyn_sweep *sweep, int64_t first, int64_t count, double *rows)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_rows"));
    return nd_leave(sweep, give_rows(sweep, first, count, rows));
}

static int check_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, const void *row)
{
    ND_TRY(nd_sweep_check_cell(sweep));
    ND_TRY(check_number(sweep, cell));
    ND_TRY(nd_check_size(sweep, columns, sweep->cell.columns, sweep->cell.columns, "columns"));
    return nd_check_pointer(sweep, row, "row");
}

static int get_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, double *row, int *status)
{
    ND_TRY(check_row(sweep, cell, columns, row));
    if (!sweep->states || !sweep->states[cell].done) {
        return nd_fail(sweep, NNDYN_ESTATE, "cell %lld has not been run", (long long)cell);
    }
    memcpy(row, nd_sweep_row(sweep, cell), (size_t)columns * sizeof *row);
    if (status) {
        *status = sweep->states[cell].status;
    }
    return NNDYN_OK;
}

int nndyn_sweep_get_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, double *row, int *status)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_get_row"));
    return nd_leave(sweep, get_row(sweep, cell, columns, row, status));
}

static int set_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, const double *row, int status)
{
    ND_TRY(check_row(sweep, cell, columns, row));
    if (status > NNDYN_OK || status < NNDYN_EINTERNAL) {
        return nd_fail(sweep, NNDYN_EARG, "status is %d; it must be one of the library's codes", status);
    }
    const nd_cell *c = &sweep->cell;
    if (status == NNDYN_OK && c->marked >= 0 && row[c->marked] != c->mark) {
        return nd_fail(sweep, NNDYN_EDATA,
                       "row has \"%s\" %.17g, those of this sweep have %.17g: it is of other data "
                       "or settings",
                       c->names[c->marked], row[c->marked], c->mark);
    }
    ND_TRY(nd_sweep_reserve(sweep));
    if (status == NNDYN_OK) {
        memmove(nd_sweep_row(sweep, cell), row, (size_t)columns * sizeof *row);
    }
    nd_sweep_settle(sweep, cell, status, NULL);
    return NNDYN_OK;
}

int nndyn_sweep_set_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, const double *row, int status)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_set_row"));
    return nd_leave(sweep, set_row(sweep, cell, columns, row, status));
}
