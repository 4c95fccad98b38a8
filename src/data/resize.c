/* resize.c - images of a data set at another size: a triangle filter along each axis.
 *
 * Output pixel i looks at its center (i + 1/2) scale, scale = old size / new size, and weighs the input pixels by a
 * triangle of half-width max(1, scale) there, made to sum to one.  A half-width of 1 is bilinear interpolation with the
 * edge pixels repeated; enlarging is that in either case.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reals.h"
#include <math.h>
#include <string.h>

/* The weights of one axis: output pixel i is the mean of pixels first[i] .. first[i] + count[i] - 1. */
typedef struct axis {
    int64_t size, resized, taps; /* taps: the most that one pixel can need */
    double half_width;
    int64_t *first, *count;
    double *weights; /* resized x taps */
} axis;

typedef struct resizing {
    nndyn_dataset *from, *to;
    int64_t channels;
    axis rows, columns;
    double *plane;  /* rows.size x columns.size: one channel of one image */
    double *middle; /* rows.size x columns.resized */
    nd_arena arena;
} resizing;

enum { ANTIALIAS, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {{"antialias", ND_INTEGER, 0, 1, 1, NULL}};

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static axis axis_of(int64_t size, int64_t resized, int antialias)
{
    double scale = (double)size / (double)resized;
    axis a = {.size = size, .resized = resized, .half_width = antialias && scale > 1 ? scale : 1};
    double taps = 2 * ceil(a.half_width) + 1;
    a.taps = taps < (double)size ? (int64_t)taps : size;
    return a;
}

static void weigh_pixel(axis *a, int64_t i)
{
    double center = ((double)i + 0.5) * (double)a->size / (double)a->resized, sum = 0;
    double *weights = a->weights + i * a->taps;
    int64_t first = (int64_t)floor(center - a->half_width + 0.5);
    first = first < 0 ? 0 : first;
    int64_t count = a->size - first < a->taps ? a->size - first : a->taps;
    for (int64_t j = 0; j < count; j++) {
        double distance = fabs((double)(first + j) + 0.5 - center) / a->half_width;
        weights[j] = distance < 1 ? 1 - distance : 0;
        sum += weights[j];
    }
    while (weights[count - 1] == 0) { /* the nearest pixel's weight is at least 1/2, so one stays */
        count--;
    }
    for (int64_t j = 0; j < count; j++) {
        weights[j] /= sum;
    }
    a->first[i] = first;
    a->count[i] = count;
}

static void weigh(axis *a)
{
    for (int64_t i = 0; i < a->resized; i++) {
        weigh_pixel(a, i);
    }
}

/* ---- one image --------------------------------------------------------------------------------------------------- */

/* Output pixel i of a line whose pixels stand `stride` apart.  A mean lies between its smallest and its largest number;
 * held there in spite of rounding, constant images stay constant to the last bit and nothing overflows. */
static double mean_at(const axis *a, int64_t i, const double *line, int64_t stride)
{
    const double *weights = a->weights + i * a->taps, *pixels = line + a->first[i] * stride;
    double sum = 0, least = pixels[0], most = pixels[0];
    for (int64_t j = 0; j < a->count[i]; j++) {
        double value = pixels[j * stride];
        sum += weights[j] * value;
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    return sum < least ? least : sum > most ? most : sum;
}

static void resize_plane(const resizing *r, const double *plane, int64_t first)
{
    const axis *rows = &r->rows, *columns = &r->columns;
    for (int64_t y = 0; y < rows->size; y++) {
        for (int64_t x = 0; x < columns->resized; x++) {
            r->middle[y * columns->resized + x] = mean_at(columns, x, plane + y * columns->size, 1);
        }
    }
    for (int64_t y = 0; y < rows->resized; y++) {
        for (int64_t x = 0; x < columns->resized; x++) {
            double value = mean_at(rows, y, r->middle + x, columns->resized);
            nd_real_put(r->to->owned_x, r->to->dtype, first + y * columns->resized + x, value);
        }
    }
}

static void resize_sample(const resizing *r, int64_t sample)
{
    int64_t old_size = r->rows.size * r->columns.size, new_size = r->rows.resized * r->columns.resized;
    for (int64_t c = 0; c < r->channels; c++) {
        int64_t image = sample * r->channels + c;
        for (int64_t i = 0; i < old_size; i++) {
            r->plane[i] = nd_real_at(r->from->x, r->from->dtype, image * old_size + i);
        }
        resize_plane(r, r->plane, image * new_size);
    }
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int check_sizes(nndyn_dataset *dataset, int64_t channels, const int64_t sizes[4])
{
    static const char *const names[4] = {"height", "width", "new_height", "new_width"};
    ND_TRY(nd_check_size(dataset, channels, 1, INT64_MAX, "channels"));
    for (int i = 0; i < 4; i++) {
        ND_TRY(nd_check_size(dataset, sizes[i], 1, INT64_MAX, names[i]));
    }
    int64_t plane = nd_product(sizes[0], sizes[1]);
    if (plane < 0 || nd_product(channels, plane) != dataset->inputs) {
        return nd_fail(dataset, NNDYN_EARG,
                       "%lld channels of %lld x %lld pixels are not the %lld inputs of the data set; channels * height "
                       "* width must be",
                       (long long)channels, (long long)sizes[0], (long long)sizes[1], (long long)dataset->inputs);
    }
    int64_t resized = nd_product(sizes[2], sizes[3]), all = -1;
    resized = resized < 0 ? -1 : nd_product(channels, resized);
    all = resized < 0 ? -1 : nd_product(dataset->samples, resized);
    if (all < 0 || all > INT64_MAX / 16) {
        return nd_fail(dataset, NNDYN_EARG,
                       "new_height %lld and new_width %lld make the %lld images larger than any memory",
                       (long long)sizes[2], (long long)sizes[3], (long long)dataset->samples);
    }
    return NNDYN_OK;
}

static void carve_axis(nd_arena *arena, axis *a)
{
    a->first = nd_arena_take(arena, a->resized, sizeof *a->first);
    a->count = nd_arena_take(arena, a->resized, sizeof *a->count);
    a->weights = nd_arena_take(arena, nd_product(a->resized, a->taps), sizeof *a->weights);
}

static void carve(nd_arena *arena, resizing *r)
{
    carve_axis(arena, &r->rows);
    carve_axis(arena, &r->columns);
    r->plane = nd_arena_take(arena, r->rows.size * r->columns.size, sizeof *r->plane);
    r->middle = nd_arena_take(arena, nd_product(r->rows.size, r->columns.resized), sizeof *r->middle);
}

static int run(resizing *r)
{
    const nndyn_dataset *from = r->from;
    nd_task task;
    nd_task_begin(&task, r->from, "nndyn_dataset_resize");
    weigh(&r->rows);
    weigh(&r->columns);
    for (int64_t i = 0; i < from->samples; i++) {
        resize_sample(r, i);
        ND_TRY(nd_task_report(&task, (double)(i + 1) / (double)from->samples));
    }
    if (from->targets > 0) {
        memcpy(r->to->owned_t, from->t, (size_t)(from->samples * from->targets) * nd_real_size(from->dtype));
    }
    if (from->classes > 0) {
        memcpy((void *)(uintptr_t)r->to->labels, from->labels, (size_t)from->samples * sizeof *from->labels);
    }
    return NNDYN_OK;
}

static int resize_with(nndyn_dataset *dataset, resizing *r)
{
    int64_t inputs = r->channels * r->rows.resized * r->columns.resized;
    carve(&r->arena, r);
    ND_TRY(nd_check_memory(dataset, (double)r->arena.used, "the weights of resizing"));
    ND_TRY(nd_arena_reserve(&r->arena, dataset));
    carve(&r->arena, r);
    int status = nd_dataset_allocate(dataset, dataset->dtype, dataset->samples, inputs, dataset->targets,
                                     dataset->classes, &r->to);
    return status == NNDYN_OK ? run(r) : status;
}

static int resize(nndyn_dataset *dataset, int64_t channels, const int64_t sizes[4], const nndyn_options *options,
                  nndyn_dataset **out)
{
    nd_option_value values[OPTIONS];
    ND_TRY(check_sizes(dataset, channels, sizes));
    ND_TRY(nd_check_pointer(dataset, out, "out"));
    ND_TRY(nd_options_read(dataset, options, specs, OPTIONS, values));
    int antialias = values[ANTIALIAS].integer != 0;
    resizing r = {.from = dataset,
                  .channels = channels,
                  .rows = axis_of(sizes[0], sizes[2], antialias),
                  .columns = axis_of(sizes[1], sizes[3], antialias)};
    int status = resize_with(dataset, &r);
    nd_arena_free(&r.arena);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(r.to);
        return status;
    }
    *out = r.to;
    return NNDYN_OK;
}

int nndyn_dataset_resize(nndyn_dataset *dataset, int64_t channels, int64_t height, int64_t width, int64_t new_height,
                         int64_t new_width, const nndyn_options *options, nndyn_dataset **out)
{
    const int64_t sizes[4] = {height, width, new_height, new_width};
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_resize"));
    return nd_leave(dataset, resize(dataset, channels, sizes, options, out));
}
