/* dataset.c - the data set: creation over the caller's arrays or over its own, shape, rows.
 *
 * SPDX-License-Identifier: MIT */
#include "data/reals.h"
#include <string.h>

/* Classes inferred from a file are at most this many, so that one absurd label does not become gigabytes of targets. */
enum { MOST_INFERRED = 65536 };

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_dataset *dataset = object;
    nndyn_context *context = dataset->handle.context;
    nd_release(context, dataset->owned_x);
    nd_release(context, dataset->owned_t);
    nd_release(context, (void *)(uintptr_t)dataset->labels);
}

void nndyn_dataset_free(nndyn_dataset *dataset)
{
    nd_handle_release(dataset);
}

/* A data set without arrays. */
static int create_empty(void *handle, int dtype, int64_t samples, int64_t inputs, int64_t targets, int64_t classes,
                        nndyn_dataset **out)
{
    nndyn_dataset *dataset = NULL;
    int status = nd_handle_create(nd_handle_context(handle), ND_DATASET, sizeof *dataset, destroy, &dataset);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for a data set");
    }
    dataset->dtype = dtype;
    dataset->samples = samples;
    dataset->inputs = inputs;
    dataset->targets = targets;
    dataset->classes = classes;
    *out = dataset;
    return NNDYN_OK;
}

static int allocate_x(nndyn_dataset *dataset, void *handle)
{
    int64_t count = nd_product(dataset->samples, dataset->inputs);
    ND_TRY(nd_allocate_for(handle, count, nd_real_size(dataset->dtype), &dataset->owned_x));
    dataset->x = dataset->owned_x;
    return NNDYN_OK;
}

static int allocate_t(nndyn_dataset *dataset, void *handle)
{
    int64_t count = nd_product(dataset->samples, dataset->targets);
    if (dataset->targets > 0) {
        ND_TRY(nd_allocate_for(handle, count, nd_real_size(dataset->dtype), &dataset->owned_t));
        dataset->t = dataset->owned_t;
    }
    return NNDYN_OK;
}

static int allocate_labels(nndyn_dataset *dataset, void *handle)
{
    if (dataset->classes > 0) {
        ND_TRY(nd_allocate_for(handle, dataset->samples, sizeof *dataset->labels, &dataset->labels));
    }
    return NNDYN_OK;
}

static int allocate_all(nndyn_dataset *dataset, void *handle)
{
    double numbers = (double)dataset->samples * ((double)dataset->inputs + (double)dataset->targets);
    double labels = dataset->classes > 0 ? (double)dataset->samples * (double)sizeof *dataset->labels : 0;
    ND_TRY(nd_check_memory(handle, numbers * (double)nd_real_size(dataset->dtype) + labels, "the data set"));
    ND_TRY(allocate_x(dataset, handle));
    ND_TRY(allocate_t(dataset, handle));
    return allocate_labels(dataset, handle);
}

int nd_dataset_allocate(void *handle, int dtype, int64_t samples, int64_t inputs, int64_t targets, int64_t classes,
                        nndyn_dataset **out)
{
    nndyn_dataset *dataset = NULL;
    ND_TRY(create_empty(handle, dtype, samples, inputs, targets, classes, &dataset));
    int status = allocate_all(dataset, handle);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(dataset);
        return status;
    }
    *out = dataset;
    return NNDYN_OK;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

void nd_one_hot(void *row, int dtype, int64_t classes, int64_t label)
{
    memset(row, 0, (size_t)classes * nd_real_size(dtype));
    nd_real_put(row, dtype, label, 1);
}

void nd_dataset_fill_targets(nndyn_dataset *dataset)
{
    for (int64_t i = 0; i < dataset->samples; i++) {
        char *row = (char *)dataset->owned_t + (size_t)(i * dataset->classes) * nd_real_size(dataset->dtype);
        nd_one_hot(row, dataset->dtype, dataset->classes, dataset->labels[i]);
    }
}

static int check_labels(void *handle, int64_t samples, const int64_t *labels, int64_t classes)
{
    for (int64_t i = 0; i < samples; i++) {
        if (labels[i] < 0 || labels[i] >= classes) {
            return nd_fail(handle, NNDYN_EDATA, "the label of sample %lld (from 0) is %lld; it must be from 0 to %lld",
                           (long long)i, (long long)labels[i], (long long)classes - 1);
        }
    }
    return NNDYN_OK;
}

int nd_count_classes(void *handle, int64_t samples, const int64_t *labels, int64_t given, int64_t *classes)
{
    int64_t largest = 1;
    if (given == 1) {
        return nd_fail(handle, NNDYN_EOPTION, "\"classes\" is 1; it must be at least 2, or 0 to find it in the labels");
    }
    if (given > 0) {
        ND_TRY(check_labels(handle, samples, labels, given));
        *classes = given;
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < samples; i++) {
        if (labels[i] < 0 || labels[i] >= MOST_INFERRED) {
            return nd_fail(handle, NNDYN_EDATA,
                           "the label of sample %lld (from 0) is %lld; it must be from 0 to %d, or give \"classes\"",
                           (long long)i, (long long)labels[i], MOST_INFERRED - 1);
        }
        largest = labels[i] > largest ? labels[i] : largest;
    }
    *classes = largest + 1;
    return NNDYN_OK;
}

/* ---- over arrays of the caller ----------------------------------------------------------------------------------- */

static int check_array(void *handle, int dtype, int64_t rows, int64_t columns, const void *values, const char *name)
{
    if (dtype == NNDYN_F32) {
        return nd_check_finite_f32(handle, rows, columns, values, name);
    }
    return nd_check_finite(handle, rows, columns, values, name);
}

static int check_sizes(void *handle, int64_t samples, int64_t inputs, int64_t targets)
{
    ND_TRY(nd_check_size(handle, samples, 1, INT64_MAX, "samples"));
    ND_TRY(nd_check_size(handle, inputs, 1, INT64_MAX, "inputs"));
    int64_t x = nd_product(samples, inputs), t = nd_product(samples, targets), most = INT64_MAX / 16;
    if (x < 0 || t < 0 || x > most || t > most) {
        return nd_fail(handle, NNDYN_EARG, "%lld samples of %lld inputs and %lld targets are beyond any memory",
                       (long long)samples, (long long)inputs, (long long)targets);
    }
    return NNDYN_OK;
}

/* Take over (copy) or point to (borrow) one of the caller's arrays. */
static void adopt(const void *array, int64_t count, int dtype, void *owned, const void **place)
{
    if (owned != NULL) {
        memcpy(owned, array, (size_t)count * nd_real_size(dtype));
    } else {
        *place = array;
    }
}

/* What the four create functions have in common. */
typedef struct source {
    int dtype, copy;
    int64_t samples, inputs, targets, classes;
    const void *x, *t;
    const int64_t *labels;
} source;

static int fill(nndyn_dataset *dataset, void *handle, const source *from)
{
    if (from->copy) {
        ND_TRY(allocate_x(dataset, handle));
    }
    if (from->copy || from->classes > 0) {
        ND_TRY(allocate_t(dataset, handle));
    }
    ND_TRY(allocate_labels(dataset, handle));
    adopt(from->x, from->samples * from->inputs, from->dtype, dataset->owned_x, &dataset->x);
    if (from->classes > 0) {
        memcpy((void *)(uintptr_t)dataset->labels, from->labels, (size_t)from->samples * sizeof *from->labels);
        nd_dataset_fill_targets(dataset);
    } else if (from->targets > 0) {
        adopt(from->t, from->samples * from->targets, from->dtype, dataset->owned_t, &dataset->t);
    }
    return NNDYN_OK;
}

static int create(nndyn_context *context, const source *from, nndyn_dataset **out)
{
    nndyn_dataset *dataset = NULL;
    ND_TRY(check_sizes(context, from->samples, from->inputs, from->targets));
    ND_TRY(nd_check_size(context, from->copy, 0, 1, "copy"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_check_pointer(context, from->x, "x"));
    ND_TRY(check_array(context, from->dtype, from->samples, from->inputs, from->x, "x"));
    if (from->classes > 0) {
        ND_TRY(nd_check_pointer(context, from->labels, "labels"));
        ND_TRY(check_labels(context, from->samples, from->labels, from->classes));
    } else if (from->targets > 0) {
        ND_TRY(nd_check_pointer(context, from->t, "t"));
        ND_TRY(check_array(context, from->dtype, from->samples, from->targets, from->t, "t"));
    } else if (from->t != NULL) {
        return nd_fail(context, NNDYN_EARG, "targets is 0 but t is not NULL; give the number of its columns");
    }
    ND_TRY(create_empty(context, from->dtype, from->samples, from->inputs, from->targets, from->classes, &dataset));
    int status = fill(dataset, context, from);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(dataset);
        return status;
    }
    *out = dataset;
    return NNDYN_OK;
}

static int create_values(nndyn_context *context, source from, nndyn_dataset **out)
{
    ND_TRY(nd_check_size(context, from.targets, 0, INT64_MAX, "targets"));
    return create(context, &from, out);
}

static int create_classes(nndyn_context *context, source from, nndyn_dataset **out)
{
    ND_TRY(nd_check_size(context, from.classes, 2, INT64_MAX, "classes"));
    from.targets = from.classes;
    return create(context, &from, out);
}

int nndyn_dataset_create(nndyn_context *context, int64_t samples, int64_t inputs, const double *x, int64_t targets,
                         const double *t, int copy, nndyn_dataset **out)
{
    source from = {NNDYN_F64, copy, samples, inputs, targets, 0, x, t, NULL};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_create"));
    return nd_leave(context, create_values(context, from, out));
}

int nndyn_dataset_create_f32(nndyn_context *context, int64_t samples, int64_t inputs, const float *x, int64_t targets,
                             const float *t, int copy, nndyn_dataset **out)
{
    source from = {NNDYN_F32, copy, samples, inputs, targets, 0, x, t, NULL};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_create_f32"));
    return nd_leave(context, create_values(context, from, out));
}

int nndyn_dataset_create_labels(nndyn_context *context, int64_t samples, int64_t inputs, const double *x,
                                int64_t classes, const int64_t *labels, int copy, nndyn_dataset **out)
{
    source from = {NNDYN_F64, copy, samples, inputs, 0, classes, x, NULL, labels};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_create_labels"));
    return nd_leave(context, create_classes(context, from, out));
}

int nndyn_dataset_create_labels_f32(nndyn_context *context, int64_t samples, int64_t inputs, const float *x,
                                    int64_t classes, const int64_t *labels, int copy, nndyn_dataset **out)
{
    source from = {NNDYN_F32, copy, samples, inputs, 0, classes, x, NULL, labels};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_dataset_create_labels_f32"));
    return nd_leave(context, create_classes(context, from, out));
}

/* ---- shape and rows ---------------------------------------------------------------------------------------------- */

static void put_size(int64_t *place, int64_t value)
{
    if (place != NULL) {
        *place = value;
    }
}

int nndyn_dataset_shape(nndyn_dataset *dataset, int64_t *samples, int64_t *inputs, int64_t *targets, int64_t *classes,
                        int *dtype)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_shape"));
    put_size(samples, dataset->samples);
    put_size(inputs, dataset->inputs);
    put_size(targets, dataset->targets);
    put_size(classes, dataset->classes);
    if (dtype != NULL) {
        *dtype = dataset->dtype;
    }
    return nd_leave(dataset, NNDYN_OK);
}

static void widen(const void *array, int dtype, int64_t first, int64_t count, double *out)
{
    for (int64_t i = 0; out != NULL && i < count; i++) {
        out[i] = nd_real_at(array, dtype, first + i);
    }
}

static int get(nndyn_dataset *dataset, int64_t first, int64_t count, double *x, double *t, int64_t *labels)
{
    ND_TRY(nd_check_size(dataset, first, 0, dataset->samples - 1, "first"));
    ND_TRY(nd_check_size(dataset, count, 1, dataset->samples - first, "count"));
    if (labels != NULL && dataset->classes == 0) {
        return nd_fail(dataset, NNDYN_ESTATE, "the data set has no labels; give NULL for labels");
    }
    widen(dataset->x, dataset->dtype, first * dataset->inputs, count * dataset->inputs, x);
    widen(dataset->t, dataset->dtype, first * dataset->targets, count * dataset->targets, t);
    if (labels != NULL) {
        memcpy(labels, dataset->labels + first, (size_t)count * sizeof *labels);
    }
    return NNDYN_OK;
}

int nndyn_dataset_get(nndyn_dataset *dataset, int64_t first, int64_t count, double *x, double *t, int64_t *labels)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_get"));
    return nd_leave(dataset, get(dataset, first, count, x, t, labels));
}
