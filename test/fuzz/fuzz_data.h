/* fuzz_data.h - what must hold of every data set that was read from a file. */
#ifndef FUZZ_DATA_H
#define FUZZ_DATA_H
#include "fuzz.h"
#include <math.h>

static inline void fuzz_check_numbers(const double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            abort();
        }
    }
}

/* Sizes are positive, numbers finite, labels in range; then it is freed. */
static inline void fuzz_dataset(nndyn_dataset *dataset)
{
    int64_t samples, inputs, targets, classes, label = 0;
    int dtype;
    if (dataset == NULL) {
        return;
    }
    if (nndyn_dataset_shape(dataset, &samples, &inputs, &targets, &classes, &dtype) != NNDYN_OK || samples < 1 ||
        inputs < 1 || targets < 0 || (classes > 0 && targets != classes)) {
        abort();
    }
    double *row = malloc((size_t)(inputs + targets) * sizeof *row);
    for (int64_t i = 0; row != NULL && i < samples; i++) {
        int64_t *place = classes > 0 ? &label : NULL;
        if (nndyn_dataset_get(dataset, i, 1, row, row + inputs, place) != NNDYN_OK || label < 0 ||
            (classes > 0 && label >= classes)) {
            abort();
        }
        fuzz_check_numbers(row, inputs + targets);
    }
    free(row);
    nndyn_dataset_free(dataset);
}

#endif
