/* fractions.c - what labels and times of many starts amount to.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

enum { BONFERRONI = ND_BASINS_INTERVAL_OPTIONS, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    ND_BASINS_INTERVAL_SPECS,
    [BONFERRONI] = {"bonferroni", ND_INTEGER, 0, 1, 1, NULL},
};

void nd_basins_interval(const nd_option_value *v, int64_t count, int64_t n, int64_t together, double *low, double *high)
{
    const double level = 1 - (1 - v[ND_BASINS_LEVEL].real) / (double)together;
    if (v[ND_BASINS_INTERVAL].integer == 1) {
        nd_clopper_pearson(count, n, level, low, high);
    } else {
        nd_proportion_interval(count, n, level, low, high);
    }
}

static int check_labels(nndyn_basin_map *basins, int64_t n, const int64_t *labels)
{
    ND_TRY(nd_check_size(basins, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_check_pointer(basins, labels, "labels"));
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < -ND_BASIN_OUTSIDE || labels[i] >= basins->list.count) {
            return nd_fail(basins, NNDYN_EDATA, "labels[%lld] is %lld, must be from -3 to %lld", (long long)i,
                           (long long)labels[i], (long long)basins->list.count - 1);
        }
    }
    return NNDYN_OK;
}

int64_t nd_basins_class(int64_t attractors, int64_t label)
{
    return label >= 0 ? label : attractors - 1 - label;
}

static int measure(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const nd_option_value *v,
                   double *fractions, double *low, double *high)
{
    const int64_t attractors = basins->list.count, classes = attractors + ND_BASIN_OUTSIDE;
    const int64_t together = v[BONFERRONI].integer ? classes : 1;
    int64_t *counts = NULL;
    ND_TRY(nd_allocate_for(basins, classes, sizeof *counts, &counts));
    for (int64_t i = 0; i < n; i++) {
        counts[nd_basins_class(attractors, labels[i])]++;
    }
    for (int64_t c = 0; c < classes; c++) {
        double ends[2];
        nd_basins_interval(v, counts[c], n, together, &ends[0], &ends[1]);
        fractions[c] = (double)counts[c] / (double)n;
        if (low) {
            low[c] = ends[0];
        }
        if (high) {
            high[c] = ends[1];
        }
    }
    nd_release(nd_handle_context(basins), counts);
    return NNDYN_OK;
}

static int fractions_of(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const nndyn_options *options,
                        int64_t classes, double *fractions, double *low, double *high)
{
    nd_option_value v[OPTIONS];
    ND_TRY(check_labels(basins, n, labels));
    ND_TRY(nd_options_read(basins, options, specs, OPTIONS, v));
    const int64_t wanted = basins->list.count + ND_BASIN_OUTSIDE;
    if (classes != wanted) {
        return nd_fail(basins, NNDYN_EARG,
                       "classes is %lld, must be %lld: the attractors, UNDECIDED, DIVERGED and OTHER",
                       (long long)classes, (long long)wanted);
    }
    ND_TRY(nd_check_pointer(basins, fractions, "fractions"));
    return measure(basins, n, labels, v, fractions, low, high);
}

int nndyn_basin_map_fractions(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const nndyn_options *options,
                              int64_t classes, double *fractions, double *low, double *high)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_fractions"));
    return nd_leave(basins, fractions_of(basins, n, labels, options, classes, fractions, low, high));
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

static int times(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const int64_t *steps, int64_t attractor,
                 int64_t *count, double *values)
{
    double *taken = NULL;
    ND_TRY(nd_basins_check_attractor(basins, attractor));
    ND_TRY(check_labels(basins, n, labels));
    ND_TRY(nd_check_pointer(basins, steps, "steps"));
    ND_TRY(nd_check_pointer(basins, count, "count"));
    ND_TRY(nd_check_pointer(basins, values, "values"));
    ND_TRY(nd_allocate_for(basins, 2 * n, sizeof *taken, &taken));
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] == attractor) {
            taken[found++] = (double)steps[i];
        }
    }
    *count = found;
    for (int i = 0; i < 5; i++) {
        values[i] = (double)NAN;
    }
    if (found > 0) {
        double variance;
        nd_sort(found, taken, taken + n);
        nd_mean_variance(found, taken, &values[0], &variance);
        values[1] = sqrt(variance);
        values[2] = nd_quantile(found, taken, 0.5);
        values[3] = nd_quantile(found, taken, 0.95);
        values[4] = taken[found - 1];
    }
    nd_release(nd_handle_context(basins), taken);
    return NNDYN_OK;
}

int nndyn_basin_map_times(nndyn_basin_map *basins, int64_t n, const int64_t *labels, const int64_t *steps,
                          int64_t attractor, int64_t *count, double *values)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_times"));
    return nd_leave(basins, times(basins, n, labels, steps, attractor, count, values));
}
