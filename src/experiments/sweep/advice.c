/* advice.c - along an axis of noise: the straightest trained run of each line, and where to go from there.
 * SPDX-License-Identifier: MIT */
#include "experiments/sweep/summary.h"
#include "experiments/sweep/training.h"
#include "nndyn/separation.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { LIMIT, THRESHOLD, REVERSE, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"limit", ND_REAL, DBL_MIN, DBL_MAX, 0, NULL},
    {"threshold", ND_REAL, 0, DBL_MAX, 0.03, NULL},
    {"reverse", ND_INTEGER, 0, 1, 0, NULL},
};

enum { BOW, SIGMA, LOSS, MEASURES };

/* A line of the grid: its points are first + i stride.  The arrays have a number for each. */
typedef struct line {
    nndyn_sweep *sweep;
    const nd_axis *axis;
    int64_t stride;
    int64_t column[MEASURES];
    double limit;
    nndyn_options *options;
    int reverse;
    double full; /* what a batch of 0 stands for, else 0 */
    double *levels;
    double *measures[MEASURES];
} line;

static int find_column(nndyn_sweep *sweep, const char *name, int64_t *column)
{
    for (int64_t c = 0; c < sweep->cell.columns; c++) {
        if (strcmp(sweep->cell.names[c], name) == 0) {
            *column = c;
            return NNDYN_OK;
        }
    }
    return nd_fail(sweep, NNDYN_ESTATE,
                   "the cell has no column \"%s\"; advice needs \"bow\", \"sigma\" and "
                   "\"train_loss\"",
                   name);
}

/* A level grows with the noise: where a larger value is less noise, its negative. */
static double level_of(const line *l, double value)
{
    return l->reverse ? -(value == 0 ? l->full : value) : value;
}

static int read_options(line *l, const nndyn_options *options)
{
    nndyn_sweep *sweep = l->sweep;
    nd_option_value v[OPTIONS];
    const int batch = strcmp(l->axis->name, "batch") == 0;
    ND_TRY(nd_options_read(sweep, options, specs, OPTIONS, v));
    if (!v[LIMIT].given && !sweep->training) {
        return nd_fail(sweep, NNDYN_EOPTION,
                       "option 'limit' is needed for the caller's own cell: the loss up to which "
                       "a run counts as trained");
    }
    l->limit = v[LIMIT].given ? v[LIMIT].real : log((double)sweep->training->train->classes) / 2;
    l->reverse = v[REVERSE].given ? (int)v[REVERSE].integer : batch;
    l->full = batch && sweep->training ? (double)sweep->training->train->samples : 0;
    ND_TRY(nndyn_options_create(sweep->handle.context, &l->options));
    return nndyn_options_set_double(l->options, "threshold", v[THRESHOLD].real);
}

static int advise(line *l, int64_t first, int64_t *best, int *direction, double *value)
{
    const int64_t count = l->axis->count;
    for (int64_t i = 0; i < count; i++) {
        for (int m = 0; m < MEASURES; m++) {
            nd_mean mean;
            nd_sweep_mean(l->sweep, first + i * l->stride, l->column[m], &mean);
            l->measures[m][i] = mean.mean;
        }
        l->levels[i] = level_of(l, l->axis->values[i]);
    }
    nndyn_context *context = l->sweep->handle.context;
    const int status = nndyn_load_curve_advice(context, count, l->levels, l->measures[BOW], l->measures[SIGMA],
                                               l->measures[LOSS], l->limit, l->options, best, direction, value);
    if (status != NNDYN_OK) {
        return nd_fail_from(l->sweep, status, context);
    }
    if (*direction == 0) {
        *value = *best >= 0 ? l->axis->values[*best] : (double)NAN;
    } else {
        *value = l->reverse ? -*value : *value;
    }
    return NNDYN_OK;
}

static int all_lines(line *l, int64_t *straightest, int *directions, double *values)
{
    const int64_t lines = l->sweep->points / l->axis->count;
    for (int64_t i = 0; i < lines; i++) {
        int direction;
        double value;
        const int64_t first = i / l->stride * l->stride * l->axis->count + i % l->stride;
        ND_TRY(advise(l, first, &straightest[i], &direction, &value));
        if (directions) {
            directions[i] = direction;
        }
        if (values) {
            values[i] = value;
        }
    }
    return NNDYN_OK;
}

static int prepare(line *l, const nndyn_options *options)
{
    static const char *const names[MEASURES] = {"bow", "sigma", "train_loss"};
    const int64_t count = l->axis->count;
    for (int m = 0; m < MEASURES; m++) {
        ND_TRY(find_column(l->sweep, names[m], &l->column[m]));
    }
    ND_TRY(nd_allocate_for(l->sweep, count, (1 + MEASURES) * sizeof *l->levels, &l->levels));
    for (int m = 0; m < MEASURES; m++) {
        l->measures[m] = l->levels + (m + 1) * count;
    }
    return read_options(l, options);
}

static int advice(nndyn_sweep *sweep, int64_t axis, const nndyn_options *options, int64_t *straightest, int *directions,
                  double *values)
{
    ND_TRY(nd_sweep_check_cell(sweep));
    if (sweep->axes == 0) {
        return nd_fail(sweep, NNDYN_EARG, "axis is %lld, but the sweep has no axes", (long long)axis);
    }
    ND_TRY(nd_check_size(sweep, axis, 0, sweep->axes - 1, "axis"));
    ND_TRY(nd_check_pointer(sweep, straightest, "straightest"));
    line l = {.sweep = sweep, .axis = &sweep->axis[axis], .stride = 1};
    for (int64_t a = axis + 1; a < sweep->axes; a++) {
        l.stride *= sweep->axis[a].count;
    }
    int status = prepare(&l, options);
    if (status == NNDYN_OK) {
        status = all_lines(&l, straightest, directions, values);
    }
    nndyn_options_free(l.options);
    nd_release(sweep->handle.context, l.levels);
    return status;
}

int nndyn_sweep_advice(nndyn_sweep *sweep, int64_t axis, const nndyn_options *options, int64_t *straightest,
                       int *directions, double *values)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_advice"));
    return nd_leave(sweep, advice(sweep, axis, options, straightest, directions, values));
}
