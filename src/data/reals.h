/* reals.h - arrays of float or double by dtype, for the files of this room; and what its readers share. */
#ifndef ND_REALS_H
#define ND_REALS_H
#include "data/data.h"
#include <float.h>

static inline size_t nd_real_size(int dtype)
{
    return dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
}

static inline double nd_real_at(const void *array, int dtype, int64_t i)
{
    return dtype == NNDYN_F32 ? (double)((const float *)array)[i] : ((const double *)array)[i];
}

/* Rounds to the array's precision. */
static inline void nd_real_put(void *array, int dtype, int64_t i, double value)
{
    if (dtype == NNDYN_F32) {
        ((float *)array)[i] = (float)value;
    } else {
        ((double *)array)[i] = value;
    }
}

/* The largest double that does not become infinite when it is rounded to float. */
#define ND_FLOAT_LIMIT 0x1.fffffefffffffp+127

/* Finite, and so also in the array's precision; false for NaN. */
static inline int nd_real_fits(int dtype, double value)
{
    double limit = dtype == NNDYN_F32 ? ND_FLOAT_LIMIT : DBL_MAX;
    return value >= -limit && value <= limit;
}

/* Row `i` of an array of rows. */
static inline const char *nd_real_row(const void *array, int dtype, int64_t i, int64_t width)
{
    return (const char *)array + (size_t)(i * width) * nd_real_size(dtype);
}

/* Write the one-hot row of a label. */
void nd_one_hot(void *row, int dtype, int64_t classes, int64_t label);
/* Targets of a data set of classes from its labels. */
void nd_dataset_fill_targets(nndyn_dataset *dataset);
/* Copy rows of one data set into rows 0..count-1 of another one of the same widths and precision. */
void nd_dataset_copy_rows(const nndyn_dataset *from, int64_t count, const int64_t *rows, nndyn_dataset *to);

/* The number of classes of labels read from a file: `given`, or (0) the largest one + 1, at least 2.  NNDYN_EDATA,
 * naming the sample, for a label that is negative, not below `given`, or absurd; NNDYN_EOPTION for one class. */
int nd_count_classes(void *handle, int64_t samples, const int64_t *labels, int64_t given, int64_t *classes);

#endif
