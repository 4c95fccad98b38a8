/* entropy.c - how mixed the labels of a grid are: entropy of boxes, and uncertain points.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

enum { MOST_SCALES = 32 };

static const nd_option_spec box_spec = {"box", ND_INTEGER, 2, 1024, 5, NULL};

typedef struct mesh {
    int64_t axes;
    const int64_t *counts;
    int64_t stride[ND_BASIN_AXES];
    int64_t points;
} mesh;

static int read_mesh(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels, mesh *m)
{
    ND_TRY(nd_check_size(context, axes, 1, ND_BASIN_AXES, "axes"));
    ND_TRY(nd_check_pointer(context, counts, "counts"));
    ND_TRY(nd_check_pointer(context, labels, "labels"));
    *m = (mesh){.axes = axes, .counts = counts, .points = 1};
    for (int64_t a = axes - 1; a >= 0; a--) {
        ND_TRY(nd_check_size(context, counts[a], 1, INT64_C(1) << 40, "counts"));
        m->stride[a] = m->points;
        m->points = nd_product(m->points, counts[a]);
        if (m->points < 0 || m->points > INT64_MAX / 64) {
            return nd_fail(context, NNDYN_EARG, "counts make more points than can be numbered");
        }
    }
    return NNDYN_OK;
}

/* ---- entropy ----------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Shell's sort: boxes are small, and memory is the caller's. */
static void sort_labels(int64_t n, int64_t *x)
{
    int64_t gap = 1;
    while (gap < n / 3) {
        gap = 3 * gap + 1;
    }
    for (; gap > 0; gap /= 3) {
        for (int64_t i = gap; i < n; i++) {
            const int64_t value = x[i];
            int64_t j = i;
            for (; j >= gap && ascending(&x[j - gap], &value) > 0; j -= gap) {
                x[j] = x[j - gap];
            }
            x[j] = value;
        }
    }
}

static double entropy_of(int64_t n, int64_t *labels)
{
    double sum = 0;
    sort_labels(n, labels);
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && labels[j] == labels[i]; j++) {
        }
        const double p = (double)(j - i) / (double)n;
        sum -= j - i < n ? p * log(p) : 0;
    }
    return sum;
}

/* Labels of the box that begins at a point. */
static void take_box(const mesh *m, int64_t side, int64_t size, int64_t corner, const int64_t *labels, int64_t *out)
{
    for (int64_t i = 0; i < size; i++) {
        int64_t at = corner, rest = i;
        for (int64_t a = m->axes - 1; a >= 0; a--) {
            at += rest % side * m->stride[a];
            rest /= side;
        }
        out[i] = labels[at];
    }
}

static int count_boxes(nndyn_context *context, const mesh *m, int64_t side, int64_t *boxes, int64_t *size)
{
    *boxes = 1;
    *size = 1;
    for (int64_t a = 0; a < m->axes; a++) {
        if (m->counts[a] < side) {
            return nd_fail(context, NNDYN_EARG, "counts[%lld] is %lld, must be at least \"box\", which is %lld",
                           (long long)a, (long long)m->counts[a], (long long)side);
        }
        *boxes *= m->counts[a] / side;
        *size *= side; /* at most the number of points */
    }
    return NNDYN_OK;
}

static int entropy(nndyn_context *context, const mesh *m, const int64_t *labels, int64_t side, double *values)
{
    int64_t boxes, size, boundary = 0, *box = NULL;
    ND_TRY(count_boxes(context, m, side, &boxes, &size));
    ND_TRY(nd_allocate_for(context, size, sizeof *box, &box));
    nd_sum sum = {0};
    for (int64_t b = 0; b < boxes; b++) {
        int64_t corner = 0, rest = b;
        for (int64_t a = m->axes - 1; a >= 0; a--) {
            corner += rest % (m->counts[a] / side) * side * m->stride[a];
            rest /= m->counts[a] / side;
        }
        take_box(m, side, size, corner, labels, box);
        const double s = entropy_of(size, box);
        boundary += box[0] != box[size - 1];
        nd_sum_add(&sum, s);
    }
    nd_release(context, box);
    values[0] = nd_sum_value(&sum) / (double)boxes;
    values[1] = boundary > 0 ? nd_sum_value(&sum) / (double)boundary : 0;
    values[2] = (double)boundary / (double)boxes;
    values[3] = (double)boxes;
    return NNDYN_OK;
}

static int basin_entropy(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels,
                         const nndyn_options *options, double *values)
{
    mesh m;
    nd_option_value v;
    ND_TRY(read_mesh(context, axes, counts, labels, &m));
    ND_TRY(nd_options_read(context, options, &box_spec, 1, &v));
    ND_TRY(nd_check_pointer(context, values, "values"));
    return entropy(context, &m, labels, v.integer, values);
}

int nndyn_basin_entropy(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels,
                        const nndyn_options *options, double *values)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_basin_entropy"));
    return nd_leave(context, basin_entropy(context, axes, counts, labels, options, values));
}

/* ---- uncertainty ------------------------------------------------------------------------------------------------- */

/* Whether a point has a neighbor so far away with another label; -1 if one is beyond the grid. */
static int uncertain(const mesh *m, const int64_t *labels, int64_t at, int64_t distance)
{
    int differs = 0;
    for (int64_t a = 0; a < m->axes; a++) {
        const int64_t i = at / m->stride[a] % m->counts[a];
        if (i < distance || i + distance >= m->counts[a]) {
            return -1;
        }
        const int64_t gap = distance * m->stride[a];
        differs |= labels[at - gap] != labels[at] || labels[at + gap] != labels[at];
    }
    return differs;
}

/* The same points for all distances: those with room for the longest. */
static double uncertain_fraction(const mesh *m, const int64_t *labels, int64_t distance, int64_t longest)
{
    int64_t points = 0, found = 0;
    for (int64_t at = 0; at < m->points; at++) {
        int inside = 1;
        for (int64_t a = 0; a < m->axes; a++) {
            const int64_t i = at / m->stride[a] % m->counts[a];
            inside &= i >= longest && i + longest < m->counts[a];
        }
        if (inside) {
            points++;
            found += uncertain(m, labels, at, distance) == 1;
        }
    }
    return (double)found / (double)points;
}

static int uncertainty(nndyn_context *context, const mesh *m, const int64_t *labels, int64_t scales, double *fractions,
                       double *exponent, double *error)
{
    double x[MOST_SCALES], y[MOST_SCALES], f[MOST_SCALES];
    int64_t used = 0;
    ND_TRY(nd_check_size(context, scales, 2, MOST_SCALES, "scales"));
    ND_TRY(nd_check_pointer(context, exponent, "exponent"));
    const int64_t longest = INT64_C(1) << (scales - 1);
    for (int64_t a = 0; a < m->axes; a++) {
        if (m->counts[a] < 2 * longest + 1) {
            return nd_fail(context, NNDYN_EARG, "counts[%lld] is %lld, must be at least %lld for %lld distances",
                           (long long)a, (long long)m->counts[a], (long long)(2 * longest + 1), (long long)scales);
        }
    }
    for (int64_t s = 0; s < scales; s++) {
        f[s] = uncertain_fraction(m, labels, INT64_C(1) << s, longest);
        if (f[s] > 0) {
            x[used] = (double)s * 0.69314718055994531;
            y[used++] = log(f[s]);
        }
    }
    nd_line line = {.slope = (double)NAN, .slope_se = (double)NAN};
    if (used >= 2) {
        nd_line_fit(used, x, y, NULL, &line);
    }
    *exponent = line.slope;
    if (error) {
        *error = line.slope_se;
    }
    if (fractions) {
        memcpy(fractions, f, (size_t)scales * sizeof *f);
    }
    return NNDYN_OK;
}

static int basin_uncertainty(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels,
                             int64_t scales, double *fractions, double *exponent, double *error)
{
    mesh m;
    ND_TRY(read_mesh(context, axes, counts, labels, &m));
    return uncertainty(context, &m, labels, scales, fractions, exponent, error);
}

int nndyn_basin_uncertainty(nndyn_context *context, int64_t axes, const int64_t *counts, const int64_t *labels,
                            int64_t scales, double *fractions, double *exponent, double *error)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_basin_uncertainty"));
    return nd_leave(context, basin_uncertainty(context, axes, counts, labels, scales, fractions, exponent, error));
}
