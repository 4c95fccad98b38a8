/* transform.c - data sets made of data sets: chosen rows, another precision, standardized inputs.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reals.h"
#include <math.h>
#include <string.h>

static void copy_row(const void *from, int64_t row, void *to, int64_t place, int64_t width, int dtype)
{
    size_t bytes = (size_t)width * nd_real_size(dtype);
    if (bytes > 0) {
        memcpy((char *)to + (size_t)place * bytes, nd_real_row(from, dtype, row, width), bytes);
    }
}

void nd_dataset_copy_rows(const nndyn_dataset *from, int64_t count, const int64_t *rows, nndyn_dataset *to)
{
    int64_t *labels = (int64_t *)(uintptr_t)to->labels;
    for (int64_t i = 0; i < count; i++) {
        copy_row(from->x, rows[i], to->owned_x, i, from->inputs, from->dtype);
        copy_row(from->t, rows[i], to->owned_t, i, from->targets, from->dtype);
        if (labels != NULL) {
            labels[i] = from->labels[rows[i]];
        }
    }
}

/* ---- chosen rows ------------------------------------------------------------------------------------------------- */

static int select_rows(nndyn_dataset *dataset, int64_t count, const int64_t *rows, nndyn_dataset **out)
{
    nndyn_dataset *chosen = NULL;
    ND_TRY(nd_check_size(dataset, count, 1, INT64_MAX / 16, "count"));
    ND_TRY(nd_check_pointer(dataset, rows, "rows"));
    ND_TRY(nd_check_pointer(dataset, out, "out"));
    for (int64_t i = 0; i < count; i++) {
        if (rows[i] < 0 || rows[i] >= dataset->samples) {
            return nd_fail(dataset, NNDYN_EARG, "rows[%lld] is %lld; it must be from 0 to %lld", (long long)i,
                           (long long)rows[i], (long long)dataset->samples - 1);
        }
    }
    ND_TRY(nd_dataset_allocate(dataset, dataset->dtype, count, dataset->inputs, dataset->targets, dataset->classes,
                               &chosen));
    nd_dataset_copy_rows(dataset, count, rows, chosen);
    *out = chosen;
    return NNDYN_OK;
}

int nndyn_dataset_select(nndyn_dataset *dataset, int64_t count, const int64_t *rows, nndyn_dataset **out)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_select"));
    return nd_leave(dataset, select_rows(dataset, count, rows, out));
}

/* ---- precision --------------------------------------------------------------------------------------------------- */

static int check_fits(nndyn_dataset *dataset, const void *array, int64_t width, int dtype, const char *name)
{
    for (int64_t i = 0; i < dataset->samples * width; i++) {
        double value = nd_real_at(array, dataset->dtype, i);
        if (!nd_real_fits(dtype, value)) {
            return nd_fail(dataset, NNDYN_EDATA,
                           "%s is %g in row %lld, column %lld (from 0), beyond the range of single precision", name,
                           value, (long long)(i / width), (long long)(i % width));
        }
    }
    return NNDYN_OK;
}

static void convert_array(const void *from, int dtype, int64_t count, void *to, int to_dtype)
{
    for (int64_t i = 0; i < count; i++) {
        nd_real_put(to, to_dtype, i, nd_real_at(from, dtype, i));
    }
}

static int convert(nndyn_dataset *dataset, int dtype, nndyn_dataset **out)
{
    nndyn_dataset *copy = NULL;
    if (dtype != NNDYN_F32 && dtype != NNDYN_F64) {
        return nd_fail(dataset, NNDYN_EARG, "dtype is %d; it must be NNDYN_F32 (%d) or NNDYN_F64 (%d)", dtype,
                       NNDYN_F32, NNDYN_F64);
    }
    ND_TRY(nd_check_pointer(dataset, out, "out"));
    ND_TRY(check_fits(dataset, dataset->x, dataset->inputs, dtype, "x"));
    ND_TRY(check_fits(dataset, dataset->t, dataset->targets, dtype, "t"));
    ND_TRY(nd_dataset_allocate(dataset, dtype, dataset->samples, dataset->inputs, dataset->targets, dataset->classes,
                               &copy));
    convert_array(dataset->x, dataset->dtype, dataset->samples * dataset->inputs, copy->owned_x, dtype);
    convert_array(dataset->t, dataset->dtype, dataset->samples * dataset->targets, copy->owned_t, dtype);
    if (dataset->classes > 0) {
        memcpy((void *)(uintptr_t)copy->labels, dataset->labels, (size_t)dataset->samples * sizeof *copy->labels);
    }
    *out = copy;
    return NNDYN_OK;
}

int nndyn_dataset_convert(nndyn_dataset *dataset, int dtype, nndyn_dataset **out)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_convert"));
    return nd_leave(dataset, convert(dataset, dtype, out));
}

/* ---- standardized inputs ----------------------------------------------------------------------------------------- */

/* Mean and standard deviation of each input, in two passes.  A constant input is found by comparing, not by a small
 * deviation: the rounded mean of equal numbers need not equal them. */
static void moments(const nndyn_dataset *from, double *mean, double *deviation)
{
    int64_t n = from->samples, k = from->inputs;
    for (int64_t i = 0; i < n * k; i++) {
        mean[i % k] += nd_real_at(from->x, from->dtype, i) / (double)n;
    }
    for (int64_t i = 0; i < n * k; i++) {
        double d = nd_real_at(from->x, from->dtype, i) - mean[i % k];
        deviation[i % k] += d * d / (double)n;
    }
    for (int64_t j = 0; j < k; j++) {
        double first = nd_real_at(from->x, from->dtype, j);
        int constant = 1;
        for (int64_t i = 1; constant && i < n; i++) {
            constant = nd_real_at(from->x, from->dtype, i * k + j) == first;
        }
        mean[j] = constant ? first : mean[j];
        deviation[j] = constant || deviation[j] == 0 ? 1 : sqrt(deviation[j]);
    }
}

static int standardize_x(nndyn_dataset *copy, void *handle, const double *mean, const double *deviation)
{
    int64_t k = copy->inputs;
    for (int64_t i = 0; i < copy->samples * k; i++) {
        double value = (nd_real_at(copy->x, copy->dtype, i) - mean[i % k]) / deviation[i % k];
        if (!nd_real_fits(copy->dtype, value)) {
            return nd_fail(handle, NNDYN_ENUMERIC,
                           "the standardized input %lld of sample %lld (from 0) is %g: mean %g and deviation %g are "
                           "too far from the data for this precision",
                           (long long)(i % k), (long long)(i / k), value, mean[i % k], deviation[i % k]);
        }
        nd_real_put(copy->owned_x, copy->dtype, i, value);
    }
    return NNDYN_OK;
}

static int standardize_by(nndyn_dataset *dataset, const nndyn_dataset *reference, nndyn_dataset **out)
{
    double *mean = NULL;
    nndyn_dataset *copy = NULL;
    ND_TRY(nd_allocate_for(dataset, nd_product(2, dataset->inputs), sizeof *mean, &mean));
    int status = convert(dataset, dataset->dtype, &copy);
    if (status == NNDYN_OK) {
        moments(reference, mean, mean + dataset->inputs);
        status = standardize_x(copy, dataset, mean, mean + dataset->inputs);
    }
    nd_release(dataset->handle.context, mean);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(copy);
        return status;
    }
    *out = copy;
    return NNDYN_OK;
}

static int standardize(nndyn_dataset *dataset, const nndyn_dataset *reference, nndyn_dataset **out)
{
    ND_TRY(nd_check_pointer(dataset, out, "out"));
    if (reference->inputs != dataset->inputs) {
        return nd_fail(dataset, NNDYN_EARG, "reference has %lld inputs; it must have %lld, as the data set",
                       (long long)reference->inputs, (long long)dataset->inputs);
    }
    return standardize_by(dataset, reference, out);
}

int nndyn_dataset_standardize(nndyn_dataset *dataset, nndyn_dataset *reference, nndyn_dataset **out)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_standardize"));
    if (reference == dataset) {
        return nd_leave(dataset, standardize(dataset, dataset, out));
    }
    int status = nd_hold(dataset, reference, ND_DATASET, "reference");
    if (status == NNDYN_OK) {
        status = standardize(dataset, reference, out);
        nd_unhold(reference);
    }
    return nd_leave(dataset, status);
}
