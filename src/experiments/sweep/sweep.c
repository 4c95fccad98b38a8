/* sweep.c - the sweep: axes, seeds, the cell.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/sweep.h"
#include "experiments/sweep/training.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void drop_cell(nndyn_sweep *sweep)
{
    nndyn_context *context = sweep->handle.context;
    nd_release(context, sweep->cell.names);
    sweep->cell = (nd_cell){.marked = -1};
    nd_training_free(context, sweep->training);
    sweep->training = NULL;
}

static void destroy(void *object)
{
    nndyn_sweep *sweep = object;
    nd_sweep_drop_table(sweep);
    drop_cell(sweep);
    for (int64_t a = 0; a < sweep->axes; a++) {
        nd_release(sweep->handle.context, sweep->axis[a].values);
    }
}

static int create(nndyn_context *context, const nndyn_options *options, nndyn_sweep **out)
{
    static const nd_option_spec spec = {"cell_memory_limit", ND_INTEGER, 0, HUGE_VAL, 0, NULL};
    nd_option_value value;
    nndyn_sweep *sweep;
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, &spec, 1, &value));
    ND_TRY(nd_handle_create(context, ND_SWEEP, sizeof *sweep, destroy, &sweep));
    sweep->cell_limit = value.integer;
    sweep->points = sweep->seeds = 1;
    sweep->cell.marked = -1;
    *out = sweep;
    return NNDYN_OK;
}

int nndyn_sweep_create(nndyn_context *context, const nndyn_options *options, nndyn_sweep **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_sweep_create"));
    return nd_leave(context, create(context, options, out));
}

void nndyn_sweep_free(nndyn_sweep *sweep)
{
    nd_handle_release(sweep);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static int check_name(nndyn_sweep *sweep, const char *name, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    static const char *const reserved[] = {"index", "seed", "status"};
    size_t sound = 0;
    while (sound < length && strchr(allowed, name[sound]) != NULL) {
        sound++;
    }
    if (length == 0 || length >= ND_SWEEP_NAME || sound < length) {
        return nd_fail(sweep, NNDYN_EARG,
                       "the name '%.*s' is not sound; it must have 1 to %d of the characters a-z A-Z 0-9 _ . and -",
                       (int)(length < 80 ? length : 80), name, ND_SWEEP_NAME - 1);
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (strlen(reserved[i]) == length && memcmp(reserved[i], name, length) == 0) {
            return nd_fail(sweep, NNDYN_EARG, "the name '%s' is that of a column every table has; choose another one",
                           reserved[i]);
        }
    }
    return NNDYN_OK;
}

int64_t nd_sweep_find_axis(const nndyn_sweep *sweep, const char *name)
{
    for (int64_t a = 0; a < sweep->axes; a++) {
        if (strcmp(sweep->axis[a].name, name) == 0) {
            return a;
        }
    }
    return -1;
}

static int fail_twice(nndyn_sweep *sweep, const char *name)
{
    return nd_fail(sweep, NNDYN_EARG, "the name '%s' is given to two axes or columns; each needs one of its own", name);
}

int nd_sweep_check_names(nndyn_sweep *sweep, int64_t columns, nd_sweep_label *names)
{
    for (int64_t c = 0; c < columns; c++) {
        if (nd_sweep_find_axis(sweep, names[c]) >= 0) {
            return fail_twice(sweep, names[c]);
        }
        for (int64_t d = 0; d < c; d++) {
            if (strcmp(names[c], names[d]) == 0) {
                return fail_twice(sweep, names[c]);
            }
        }
    }
    return NNDYN_OK;
}

/* ---- changes, which the table must not have rows for yet --------------------------------------------------------- */

static int check_open(nndyn_sweep *sweep)
{
    return sweep->known == 0 ? NNDYN_OK
                             : nd_fail(sweep, NNDYN_ESTATE,
                                       "the table has %lld rows already; make another sweep for other axes, seeds or "
                                       "cells",
                                       (long long)sweep->known);
}

static int check_cells(nndyn_sweep *sweep, int64_t points, int64_t seeds)
{
    const int64_t cells = nd_product(points, seeds);
    if (points < 0 || cells < 0 || cells > ND_SWEEP_MOST_CELLS) {
        return nd_fail(sweep, NNDYN_EARG, "the sweep would have more than %lld cells; use fewer values or seeds",
                       (long long)ND_SWEEP_MOST_CELLS);
    }
    return NNDYN_OK;
}

static int check_values(nndyn_sweep *sweep, const char *name, int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(values[i]) <= DBL_MAX)) {
            return nd_fail(sweep, NNDYN_EDATA, "value %lld of the axis '%s' is %g; it must be finite", (long long)i,
                           name, values[i]);
        }
    }
    return NNDYN_OK;
}

/* Quadratic, as axes are short; a long one is sorted in almost every case, which is seen in one pass. */
static int check_distinct(nndyn_sweep *sweep, const char *name, int64_t count, const double *values)
{
    int rising = 1, falling = 1;
    for (int64_t i = 1; i < count; i++) {
        rising &= values[i] > values[i - 1];
        falling &= values[i] < values[i - 1];
    }
    for (int64_t i = 1; i < count && !rising && !falling; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (values[i] == values[j]) {
                return nd_fail(sweep, NNDYN_EDATA, "values %lld and %lld of the axis '%s' are both %.17g; give it once",
                               (long long)j, (long long)i, name, values[i]);
            }
        }
    }
    return NNDYN_OK;
}

/* The new axis is in place; the built-in cell takes it, or it goes again. */
static int refit(nndyn_sweep *sweep)
{
    return sweep->training ? nd_training_fit(sweep)
                           : nd_sweep_check_names(sweep, sweep->cell.columns, sweep->cell.names);
}

static int check_axis(nndyn_sweep *sweep, const char *name, int64_t count, const double *values)
{
    ND_TRY(check_open(sweep));
    ND_TRY(nd_check_pointer(sweep, name, "name"));
    ND_TRY(check_name(sweep, name, strlen(name)));
    if (nd_sweep_find_axis(sweep, name) >= 0) {
        return fail_twice(sweep, name);
    }
    if (sweep->axes == ND_SWEEP_AXES) {
        return nd_fail(sweep, NNDYN_EARG, "there are %d axes already, which is as many as there can be", ND_SWEEP_AXES);
    }
    ND_TRY(nd_check_size(sweep, count, 1, INT64_MAX, "count"));
    ND_TRY(check_cells(sweep, nd_product(sweep->points, count), sweep->seeds));
    ND_TRY(nd_check_pointer(sweep, values, "values"));
    ND_TRY(check_values(sweep, name, count, values));
    return check_distinct(sweep, name, count, values);
}

static int add_axis(nndyn_sweep *sweep, const char *name, int64_t count, const double *values)
{
    ND_TRY(check_axis(sweep, name, count, values));
    nd_axis *axis = &sweep->axis[sweep->axes];
    ND_TRY(nd_allocate_for(sweep, count, sizeof *values, &axis->values));
    memcpy(axis->values, values, (size_t)count * sizeof *values);
    memcpy(axis->name, name, strlen(name) + 1);
    axis->count = count;
    sweep->axes++;
    const int status = refit(sweep);
    if (status != NNDYN_OK) {
        sweep->axes--;
        nd_release(sweep->handle.context, axis->values);
        return status;
    }
    nd_sweep_drop_table(sweep);
    sweep->points *= count;
    return NNDYN_OK;
}

int nndyn_sweep_add_axis(nndyn_sweep *sweep, const char *name, int64_t count, const double *values)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_add_axis"));
    return nd_leave(sweep, add_axis(sweep, name, count, values));
}

static int set_seeds(nndyn_sweep *sweep, int64_t first, int64_t count)
{
    ND_TRY(check_open(sweep));
    ND_TRY(nd_check_size(sweep, count, 1, INT64_MAX, "count"));
    ND_TRY(check_cells(sweep, sweep->points, count));
    ND_TRY(nd_check_size(sweep, first, -ND_SWEEP_MOST_SEED, ND_SWEEP_MOST_SEED - count, "first"));
    nd_sweep_drop_table(sweep);
    sweep->first = first;
    sweep->seeds = count;
    return NNDYN_OK;
}

int nndyn_sweep_set_seeds(nndyn_sweep *sweep, int64_t first, int64_t count)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_set_seeds"));
    return nd_leave(sweep, set_seeds(sweep, first, count));
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

/* Cut "a,b,c" into names; counts only where names is NULL. */
static int cut_names(nndyn_sweep *sweep, const char *columns, nd_sweep_label *names, int64_t *count)
{
    *count = 0;
    for (const char *at = columns; at; (*count)++) {
        const size_t length = strcspn(at, ",");
        if (*count == ND_SWEEP_MOST_COLUMNS) {
            return nd_fail(sweep, NNDYN_EARG, "columns has more than %d names", ND_SWEEP_MOST_COLUMNS);
        }
        ND_TRY(check_name(sweep, at, length));
        if (names) {
            memcpy(names[*count], at, length);
        }
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return NNDYN_OK;
}

static int set_cell(nndyn_sweep *sweep, const char *columns, const nd_cell *made)
{
    nd_cell cell = *made;
    ND_TRY(check_open(sweep));
    ND_TRY(nd_check_pointer(sweep, columns, "columns"));
    if (!cell.run) {
        return nd_fail(sweep, NNDYN_EARG, "cell is NULL; it must be a function");
    }
    ND_TRY(cut_names(sweep, columns, NULL, &cell.columns));
    ND_TRY(nd_allocate_for(sweep, cell.columns, sizeof *cell.names, &cell.names));
    (void)cut_names(sweep, columns, cell.names, &cell.columns);
    const int status = nd_sweep_check_names(sweep, cell.columns, cell.names);
    if (status != NNDYN_OK) {
        nd_release(sweep->handle.context, cell.names);
        return status;
    }
    nd_sweep_drop_table(sweep);
    drop_cell(sweep);
    sweep->cell = cell;
    return NNDYN_OK;
}

int nndyn_sweep_set_cell(nndyn_sweep *sweep, const char *columns,
                         int (*cell)(void *user, nndyn_context *context, int64_t parameters, const double *values,
                                     int64_t seed, int64_t columns, double *row),
                         void *user)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_set_cell"));
    return nd_leave(sweep, set_cell(sweep, columns, &(nd_cell){.run = cell, .user = user, .marked = -1}));
}

static int set_training(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test, const nndyn_options *options)
{
    nd_training *made;
    ND_TRY(check_open(sweep));
    ND_TRY(nd_training_make(sweep, train, test, options, &made));
    nd_training *old = sweep->training;
    sweep->training = made;
    const int status = nd_training_fit(sweep);
    if (status != NNDYN_OK) {
        sweep->training = old;
        nd_training_free(sweep->handle.context, made);
        return status;
    }
    nd_training_free(sweep->handle.context, old);
    nd_sweep_drop_table(sweep);
    return NNDYN_OK;
}

int nndyn_sweep_set_training(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test,
                             const nndyn_options *options)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_set_training"));
    return nd_leave(sweep, set_training(sweep, train, test, options));
}

int nd_sweep_check_cell(nndyn_sweep *sweep)
{
    return sweep->cell.run
               ? NNDYN_OK
               : nd_fail(sweep, NNDYN_ESTATE,
                         "the sweep has no cell; set one with nndyn_sweep_set_cell or nndyn_sweep_set_training");
}

void nd_sweep_point(const nndyn_sweep *sweep, int64_t point, double *values)
{
    for (int64_t a = sweep->axes - 1; a >= 0; a--) {
        values[a] = sweep->axis[a].values[point % sweep->axis[a].count];
        point /= sweep->axis[a].count;
    }
}
