/* reals.c - arrays of a network's own precision, seen as double.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <math.h>
#include <string.h>

size_t nd_real_size(int dtype)
{
    return dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
}

void *nd_real_at(const void *reals, int dtype, int64_t index)
{
    return reals == NULL ? NULL : (char *)reals + (size_t)index * nd_real_size(dtype);
}

void nd_widen(int dtype, int64_t count, const void *reals, double *out)
{
    if (dtype == NNDYN_F64) {
        if (count > 0) {
            memcpy(out, reals, (size_t)count * sizeof *out);
        }
        return;
    }
    const float *in = reals;
    for (int64_t i = 0; i < count; i++) {
        out[i] = in[i];
    }
}

int64_t nd_narrow_check(int dtype, int64_t count, const double *values)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || (dtype == NNDYN_F32 && !isfinite((float)values[i]))) {
            return i;
        }
    }
    return -1;
}

int64_t nd_narrow(int dtype, int64_t count, const double *values, void *reals)
{
    int64_t bad = nd_narrow_check(dtype, count, values);
    if (dtype == NNDYN_F64) {
        if (count > 0) {
            memmove(reals, values, (size_t)count * sizeof *values);
        }
        return bad;
    }
    float *out = reals;
    for (int64_t i = 0; i < count; i++) {
        out[i] = (float)values[i];
    }
    return bad;
}
