/* summary.c - means over the seeds.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/summary.h"
#include <math.h>

/* Two passes, as the numbers are at hand: nothing cancels. */
void nd_sweep_mean(const nndyn_sweep *sweep, int64_t point, int64_t column, nd_mean *out)
{
    const int64_t first = point * sweep->seeds;
    double sum = 0, squares = 0;
    int64_t count = 0;
    for (int64_t i = first; sweep->rows && i < first + sweep->seeds; i++) {
        const double x = nd_sweep_row(sweep, i)[column]; /* NaN unless the cell succeeded */
        sum += isfinite(x) ? x : 0;
        count += isfinite(x) != 0;
    }
    const double mean = sum / (double)count;
    for (int64_t i = first; sweep->rows && i < first + sweep->seeds; i++) {
        const double x = nd_sweep_row(sweep, i)[column];
        squares += isfinite(x) ? (x - mean) * (x - mean) : 0;
    }
    out->count = count;
    out->mean = count > 0 ? mean : (double)NAN;
    out->error = count > 1 ? sqrt(squares / ((double)count - 1) / (double)count) : (double)NAN;
}

static int summary(nndyn_sweep *sweep, double *means, double *errors, int64_t *counts)
{
    const int64_t columns = sweep->cell.columns;
    ND_TRY(nd_sweep_check_cell(sweep));
    ND_TRY(nd_check_pointer(sweep, means, "means"));
    for (int64_t i = 0; i < sweep->points * columns; i++) {
        nd_mean m;
        nd_sweep_mean(sweep, i / columns, i % columns, &m);
        means[i] = m.mean;
        if (errors) {
            errors[i] = m.error;
        }
        if (counts) {
            counts[i] = m.count;
        }
    }
    return NNDYN_OK;
}

int nndyn_sweep_summary(nndyn_sweep *sweep, double *means, double *errors, int64_t *counts)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_summary"));
    return nd_leave(sweep, summary(sweep, means, errors, counts));
}
