/* principal.c - principal directions of a data set: right singular vectors of the centered inputs.
 *
 * The centered inputs are an operator, so nothing of their size is formed, and no squares of singular values are taken.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "linalg/linalg.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

enum { BLOCKS = 64 }; /* of rows, whose sums are added in their order */

typedef struct cloud {
    nndyn_context *context;
    const nndyn_dataset *data;
    int64_t blocks;
    double *mean, *squares, *partial; /* of each column; partial: sums of each block */
    double *values, *directions;
    const double *v, *u; /* of the product that runs; u NULL: ones */
    double *rows;
    nd_arena arena;
} cloud;

static double entry(const nndyn_dataset *data, int64_t i)
{
    return data->dtype == NNDYN_F32 ? (double)((const float *)data->x)[i] : ((const double *)data->x)[i];
}

static void range(const cloud *c, int64_t block, int64_t *first, int64_t *last)
{
    const int64_t n = c->data->samples, least = n / c->blocks, more = n % c->blocks;
    *first = block * least + (block < more ? block : more);
    *last = *first + least + (block < more);
}

/* ---- products with the centered inputs --------------------------------------------------------------------------- */

static void times_block(void *user, int64_t block)
{
    const cloud *c = user;
    const int64_t width = c->data->inputs;
    int64_t first, last;
    range(c, block, &first, &last);
    for (int64_t i = first; i < last; i++) {
        double sum = 0;
        for (int64_t j = 0; j < width; j++) {
            sum += (entry(c->data, i * width + j) - c->mean[j]) * c->v[j];
        }
        c->rows[i] = sum;
    }
}

/* The rows of a block, and its sums over them, empty. */
static double *open_sums(const cloud *c, int64_t block, int64_t *first, int64_t *last)
{
    double *sums = c->partial + block * c->data->inputs;
    range(c, block, first, last);
    memset(sums, 0, (size_t)c->data->inputs * sizeof *sums);
    return sums;
}

static void transposed_block(void *user, int64_t block)
{
    const cloud *c = user;
    const int64_t width = c->data->inputs;
    int64_t first, last;
    double *sums = open_sums(c, block, &first, &last);
    for (int64_t i = first; i < last; i++) {
        const double u = c->u != NULL ? c->u[i] : 1;
        for (int64_t j = 0; j < width; j++) {
            sums[j] += u * (entry(c->data, i * width + j) - c->mean[j]);
        }
    }
}

static void squares_block(void *user, int64_t block)
{
    const cloud *c = user;
    const int64_t width = c->data->inputs;
    int64_t first, last;
    double *sums = open_sums(c, block, &first, &last);
    for (int64_t i = first; i < last; i++) {
        for (int64_t j = 0; j < width; j++) {
            const double away = entry(c->data, i * width + j) - c->mean[j];
            sums[j] += away * away;
        }
    }
}

/* The sums of a kind over all rows, one a column. */
static int add_up(cloud *c, void (*block)(void *user, int64_t index), double *out)
{
    ND_TRY(nd_parallel(c->context, c->blocks, block, c));
    for (int64_t j = 0; j < c->data->inputs; j++) {
        nd_sum sum = {0};
        for (int64_t b = 0; b < c->blocks; b++) {
            nd_sum_add(&sum, c->partial[b * c->data->inputs + j]);
        }
        out[j] = nd_sum_value(&sum);
    }
    return NNDYN_OK;
}

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    cloud *c = user;
    (void)op;
    c->v = x;
    c->rows = y;
    return nd_parallel(c->context, c->blocks, times_block, c);
}

static int apply_transposed(nndyn_operator *op, void *user, const double *y, double *x)
{
    cloud *c = user;
    (void)op;
    c->u = y;
    return add_up(c, transposed_block, x);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static void carve(cloud *c, int64_t count)
{
    const int64_t width = c->data->inputs;
    c->mean = nd_arena_take(&c->arena, width, sizeof *c->mean);
    c->squares = nd_arena_take(&c->arena, width, sizeof *c->squares);
    c->partial = nd_arena_take(&c->arena, nd_product(c->blocks, width), sizeof *c->partial);
    c->values = nd_arena_take(&c->arena, count, sizeof *c->values);
    c->directions = nd_arena_take(&c->arena, nd_product(count, width), sizeof *c->directions);
}

/* The second round takes off what rounding left of the first. */
static int center(cloud *c)
{
    const int64_t width = c->data->inputs;
    memset(c->mean, 0, (size_t)width * sizeof *c->mean);
    for (int round = 0; round < 2; round++) {
        ND_TRY(add_up(c, transposed_block, c->squares));
        for (int64_t j = 0; j < width; j++) {
            c->mean[j] += c->squares[j] / (double)c->data->samples;
        }
    }
    return add_up(c, squares_block, c->squares);
}

static int find(cloud *c, void *handle, int64_t count, const nndyn_options *options)
{
    static const nd_operator_methods methods = {apply, apply_transposed, NULL};
    nndyn_operator *op = NULL;
    ND_TRY(nd_operator_create(handle, c->data->samples, c->data->inputs, &methods, c, &op));
    int status = nndyn_singular_values(op, count, options, c->values, NULL, c->directions, NULL);
    if (status != NNDYN_OK) {
        status = nd_fail_from(handle, status, op);
    }
    nndyn_operator_free(op);
    return status;
}

static void hand_out(const cloud *c, int64_t count, double *mean, double *directions, double *variance, double *total)
{
    const int64_t width = c->data->inputs;
    const double freedom = (double)(c->data->samples - 1);
    memcpy(directions, c->directions, (size_t)(count * width) * sizeof *directions);
    if (mean != NULL) {
        memcpy(mean, c->mean, (size_t)width * sizeof *mean);
    }
    for (int64_t i = 0; i < count && variance != NULL; i++) {
        variance[i] = c->values[i] * c->values[i] / freedom;
    }
    if (total != NULL) {
        nd_sum sum = {0};
        for (int64_t j = 0; j < width; j++) {
            nd_sum_add(&sum, c->squares[j]);
        }
        *total = nd_sum_value(&sum) / freedom;
    }
}

static int principal(cloud *c, nndyn_dataset *dataset, int64_t count, const nndyn_options *options)
{
    carve(c, count);
    ND_TRY(nd_check_memory(dataset, (double)c->arena.used, "the directions"));
    ND_TRY(nd_arena_reserve(&c->arena, dataset));
    carve(c, count);
    if (center(c) != NNDYN_OK) {
        return nd_fail(dataset, NNDYN_ECALLBACK, "the executor of the context failed");
    }
    return find(c, dataset, count, options);
}

static int check(nndyn_dataset *dataset, int64_t count, const double *directions)
{
    const int64_t n = dataset->samples, width = dataset->inputs;
    ND_TRY(nd_check_pointer(dataset, directions, "directions"));
    if (n < 2) {
        return nd_fail(dataset, NNDYN_EARG, "dataset has 1 sample, must have at least 2 to vary along a direction");
    }
    ND_TRY(nd_check_size(dataset, count, 1, width < n - 1 ? width : n - 1, "count"));
    return dataset->dtype == NNDYN_F32 ? nd_check_finite_f32(dataset, n, width, dataset->x, "the matrix of inputs")
                                       : nd_check_finite(dataset, n, width, dataset->x, "the matrix of inputs");
}

static int run(nndyn_dataset *dataset, int64_t count, const nndyn_options *options, double *mean, double *directions,
               double *variance, double *total)
{
    cloud c = {.context = dataset->handle.context, .data = dataset};
    ND_TRY(check(dataset, count, directions));
    c.blocks = dataset->samples < BLOCKS ? dataset->samples : BLOCKS;
    c.arena.context = c.context;
    const int status = principal(&c, dataset, count, options);
    if (status == NNDYN_OK) {
        hand_out(&c, count, mean, directions, variance, total);
    }
    nd_arena_free(&c.arena);
    return status;
}

int nndyn_basin_principal(nndyn_dataset *dataset, int64_t count, const nndyn_options *options, double *mean,
                          double *directions, double *variance, double *total)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_basin_principal"));
    return nd_leave(dataset, run(dataset, count, options, mean, directions, variance, total));
}
