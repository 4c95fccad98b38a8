/* result.c - the handle of basins and their figures.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "statistics/statistics.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

struct nndyn_basin {
    nd_handle handle;
    nd_basin_table table;
    int64_t classes, samples;
    int64_t *labels; /* of the samples, or NULL */
    double sigma;
    const char *unit;
};

static void destroy(void *object)
{
    nndyn_basin *basin = object;
    nd_basin_table_free(&basin->table);
    nd_release(basin->handle.context, basin->labels);
}

static int fill(void *handle, const int64_t *labels, nndyn_basin *b)
{
    if (b->samples == 0 || labels == NULL) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(handle, b->samples, sizeof *labels, &b->labels));
    memcpy(b->labels, labels, (size_t)b->samples * sizeof *labels);
    return NNDYN_OK;
}

int nd_basin_wrap(void *handle, nd_basin_table *table, int64_t classes, int64_t samples, const int64_t *labels,
                  double sigma, const char *unit, nndyn_basin **out)
{
    nndyn_basin *b = NULL;
    const int status = nd_handle_create(nd_handle_context(handle), ND_BASIN, sizeof *b, destroy, &b);
    if (status != NNDYN_OK) {
        nd_basin_table_free(table);
        return status;
    }
    b->table = *table;
    memset(table, 0, sizeof *table);
    b->classes = classes;
    b->samples = samples;
    b->sigma = sigma;
    b->unit = unit;
    const int filled = fill(handle, labels, b);
    if (filled != NNDYN_OK) {
        nd_handle_release(b);
        return filled;
    }
    *out = b;
    return NNDYN_OK;
}

void nndyn_basin_free(nndyn_basin *basin)
{
    nd_handle_release(basin);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t place;
    int whole;
} figures[] = {
    {"radius", offsetof(nd_basin_estimate, radius), 0},
    {"low", offsetof(nd_basin_estimate, low), 0},
    {"high", offsetof(nd_basin_estimate, high), 0},
    {"theta", offsetof(nd_basin_estimate, theta), 0},
    {"accuracy", offsetof(nd_basin_estimate, accuracy), 0},
    {"cap_accuracy", offsetof(nd_basin_estimate, cap_accuracy), 0},
    {"samples", offsetof(nd_basin_estimate, units), 1},
    {"trials", offsetof(nd_basin_estimate, trials), 1},
    {"evaluations", offsetof(nd_basin_estimate, evaluations), 1},
};

static int check_group(nndyn_basin *b, int64_t group)
{
    return nd_check_size(b, group, 0, b->classes, "group");
}

static int get(nndyn_basin *b, int64_t group, const char *name, double *value)
{
    ND_TRY(check_group(b, group));
    ND_TRY(nd_check_pointer(b, name, "name"));
    ND_TRY(nd_check_pointer(b, value, "value"));
    const char *estimate = (const char *)&b->table.estimates[group];
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (strcmp(name, figures[i].name) == 0) {
            const char *place = estimate + figures[i].place;
            *value =
                figures[i].whole ? (double)*(const int64_t *)(const void *)place : *(const double *)(const void *)place;
            return NNDYN_OK;
        }
    }
    if (strcmp(name, "sigma") == 0) {
        *value = b->sigma * b->table.estimates[group].radius;
        return NNDYN_OK;
    }
    return nd_fail(b, NNDYN_EARG,
                   "name is \"%.63s\", must be one of radius, low, high, theta, accuracy, cap_accuracy, samples, "
                   "trials, evaluations, sigma",
                   name);
}

int nndyn_basin_get(nndyn_basin *basin, int64_t group, const char *name, double *value)
{
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_get"));
    return nd_leave(basin, get(basin, group, name, value));
}

static int flags_of(nndyn_basin *b, int64_t group, int *flags)
{
    ND_TRY(check_group(b, group));
    ND_TRY(nd_check_pointer(b, flags, "flags"));
    *flags = b->table.estimates[group].flags;
    return NNDYN_OK;
}

int nndyn_basin_flags(nndyn_basin *basin, int64_t group, int *flags)
{
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_flags"));
    return nd_leave(basin, flags_of(basin, group, flags));
}

int nndyn_basin_groups(nndyn_basin *basin, int64_t *groups)
{
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_groups"));
    const int status = nd_check_pointer(basin, groups, "groups");
    if (status == NNDYN_OK) {
        *groups = 1 + basin->classes;
    }
    return nd_leave(basin, status);
}

int nndyn_basin_unit(nndyn_basin *basin, const char **unit)
{
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_unit"));
    const int status = nd_check_pointer(basin, unit, "unit");
    if (status == NNDYN_OK) {
        *unit = basin->unit;
    }
    return nd_leave(basin, status);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void copy_some(double *to, const double *from, int64_t count)
{
    if (to != NULL && count > 0) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

/* Where a curve goes, and how much room there is. */
typedef struct wanted {
    int64_t capacity;
    double *amplitude, *accuracy, *low, *high;
    int64_t *count;
} wanted;

static int curve(nndyn_basin *b, int64_t group, const wanted *w)
{
    const nd_basin_table *t = &b->table;
    ND_TRY(check_group(b, group));
    ND_TRY(nd_check_size(b, w->capacity, 0, INT64_MAX / 16, "capacity"));
    ND_TRY(nd_check_pointer(b, w->count, "count"));
    const int64_t points = t->estimates[group].points, n = points < w->capacity ? points : w->capacity;
    copy_some(w->amplitude, t->amplitude, n);
    copy_some(w->accuracy, t->share + group * t->capacity, n);
    copy_some(w->low, t->low + group * t->capacity, n);
    copy_some(w->high, t->high + group * t->capacity, n);
    *w->count = points;
    return NNDYN_OK;
}

int nndyn_basin_curve(nndyn_basin *basin, int64_t group, int64_t capacity, double *amplitude, double *accuracy,
                      double *low, double *high, int64_t *count)
{
    const wanted w = {capacity, amplitude, accuracy, low, high, count};
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_curve"));
    return nd_leave(basin, curve(basin, group, &w));
}

static int samples(nndyn_basin *b, const wanted *w, int *flags)
{
    ND_TRY(nd_check_size(b, w->capacity, 0, INT64_MAX / 16, "capacity"));
    ND_TRY(nd_check_pointer(b, w->count, "count"));
    for (int64_t i = 0; i < b->samples && i < w->capacity; i++) {
        const nd_basin_estimate *e = &b->table.estimates[1 + b->classes + i];
        copy_some(w->amplitude != NULL ? w->amplitude + i : NULL, &e->radius, 1);
        copy_some(w->low != NULL ? w->low + i : NULL, &e->low, 1);
        copy_some(w->high != NULL ? w->high + i : NULL, &e->high, 1);
        if (flags != NULL) {
            flags[i] = e->flags;
        }
    }
    *w->count = b->samples;
    return NNDYN_OK;
}

int nndyn_basin_samples(nndyn_basin *basin, int64_t capacity, double *radius, double *low, double *high, int *flags,
                        int64_t *count)
{
    const wanted w = {capacity, radius, NULL, low, high, count};
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_samples"));
    return nd_leave(basin, samples(basin, &w, flags));
}

/* ---- quantiles --------------------------------------------------------------------------------------------------- */

/* Sorted radii; infinite ones are last.  Interpolation toward an infinite one is infinite, and at an order statistic
 * that statistic: nd_quantile would make inf * 0 of it. */
static double quantile(int64_t n, const double *sorted, double p)
{
    const double place = p * (double)(n - 1), whole = floor(place), part = place - whole;
    const int64_t i = (int64_t)whole;
    if (part <= 0 || i + 1 >= n || !isfinite(sorted[i])) {
        return sorted[i < n ? i : n - 1];
    }
    return sorted[i] + part * (sorted[i + 1] - sorted[i]);
}

static int64_t collect(const nndyn_basin *b, int64_t group, double *radii, int64_t *zero, int64_t *beyond)
{
    int64_t n = 0;
    *zero = *beyond = 0;
    for (int64_t i = 0; i < b->samples; i++) {
        const nd_basin_estimate *e = &b->table.estimates[1 + b->classes + i];
        if (group == 0 || b->labels[i] == group - 1) {
            radii[n++] = e->radius;
            *zero += (e->flags & NNDYN_BASIN_ZERO) != 0;
            *beyond += isinf(e->radius) != 0;
        }
    }
    return n;
}

/* How many, which, and where they go. */
typedef struct asked {
    int64_t count;
    const double *p;
    double *quantiles;
    int64_t *zero, *beyond;
} asked;

static int check_quantiles(nndyn_basin *b, int64_t group, const asked *a)
{
    ND_TRY(check_group(b, group));
    ND_TRY(nd_check_size(b, a->count, 1, INT64_MAX / 16, "count"));
    ND_TRY(nd_check_pointer(b, a->p, "p"));
    ND_TRY(nd_check_pointer(b, a->quantiles, "quantiles"));
    for (int64_t i = 0; i < a->count; i++) {
        ND_TRY(nd_check_real(b, a->p[i], 0, 1, "p"));
    }
    if (b->samples == 0) {
        return nd_fail(b, NNDYN_ESTATE, "the radii of the samples were not asked for; give the option \"samples\" 1");
    }
    return NNDYN_OK;
}

static int quantiles(nndyn_basin *b, int64_t group, const asked *a)
{
    double *radii = NULL;
    int64_t zero = 0, beyond = 0;
    ND_TRY(check_quantiles(b, group, a));
    ND_TRY(nd_allocate_for(b, 2 * b->samples, sizeof *radii, &radii));
    const int64_t n = collect(b, group, radii, &zero, &beyond);
    nd_sort(n, radii, radii + b->samples);
    for (int64_t i = 0; i < a->count; i++) {
        a->quantiles[i] = n > 0 ? quantile(n, radii, a->p[i]) : (double)NAN;
    }
    if (a->zero != NULL) {
        *a->zero = zero;
    }
    if (a->beyond != NULL) {
        *a->beyond = beyond;
    }
    nd_release(b->handle.context, radii);
    return NNDYN_OK;
}

int nndyn_basin_quantiles(nndyn_basin *basin, int64_t group, int64_t count, const double *p, double *out, int64_t *zero,
                          int64_t *beyond)
{
    const asked a = {count, p, out, zero, beyond};
    ND_TRY(nd_enter(basin, ND_BASIN, "nndyn_basin_quantiles"));
    return nd_leave(basin, quantiles(basin, group, &a));
}
