/* data.h - the data set and batches as the floors above see them. */
#ifndef ND_DATA_H
#define ND_DATA_H
#include "core/core.h"
#include "nndyn/data.h"

struct nndyn_dataset {
    nd_handle handle;
    int dtype;
    int64_t samples, inputs, targets, classes;
    const void *x, *t;       /* float or double by dtype */
    const int64_t *labels;   /* always owned; NULL without classes */
    void *owned_x, *owned_t; /* what to release; NULL where the array is the caller's */
};

/* An empty data set of these sizes with x (and t, labels) allocated for the caller to fill. */
int nd_dataset_allocate(void *handle, int dtype, int64_t samples, int64_t inputs, int64_t targets, int64_t classes,
                        nndyn_dataset **out);

/* Batch `step` without entering the handle: the caller holds it. */
int nd_batches_get(nndyn_batches *batches, int64_t step, int64_t *n, const void **x, const void **t);
/* Samples of batch `step`: room for the largest batch; returns how many.  Buffers handed out stay as they are. */
int64_t nd_batches_rows(nndyn_batches *batches, int64_t step, int64_t *rows);
int nd_batches_noisy_inputs(const nndyn_batches *batches);
/* The data set behind batches (no reference is taken). */
nndyn_dataset *nd_batches_dataset(nndyn_batches *batches);

#endif
