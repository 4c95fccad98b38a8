/* check.c - checks of arguments; their messages name the argument, what was given and what is allowed. */
#include "core/core.h"
#include <float.h>
#include <math.h>

int64_t nd_product(int64_t a, int64_t b)
{
    if (a < 0 || b < 0 || (b != 0 && a > INT64_MAX / b)) {
        return -1;
    }
    return a * b;
}

int nd_check_pointer(void *handle, const void *pointer, const char *argument)
{
    return pointer ? NNDYN_OK : nd_fail(handle, NNDYN_EARG, "%s is NULL; it must point to memory", argument);
}

int nd_check_size(void *handle, int64_t value, int64_t least, int64_t most, const char *argument)
{
    if (value >= least && value <= most) {
        return NNDYN_OK;
    }
    if (most == INT64_MAX) {
        return nd_fail(handle, NNDYN_EARG, "%s is %lld; it must be at least %lld", argument, (long long)value,
                       (long long)least);
    }
    return nd_fail(handle, NNDYN_EARG, "%s is %lld; it must be from %lld to %lld", argument, (long long)value,
                   (long long)least, (long long)most);
}

int nd_check_real(void *handle, double value, double least, double most, const char *argument)
{
    if (isfinite(value) && value >= least && value <= most) {
        return NNDYN_OK;
    }
    if (least <= -DBL_MAX && most >= DBL_MAX) {
        return nd_fail(handle, NNDYN_EARG, "%s is %g; it must be finite", argument, value);
    }
    if (most >= DBL_MAX) {
        return nd_fail(handle, NNDYN_EARG, "%s is %.9g; it must be finite and at least %.9g", argument, value, least);
    }
    if (least <= -DBL_MAX) {
        return nd_fail(handle, NNDYN_EARG, "%s is %.9g; it must be finite and at most %.9g", argument, value, most);
    }
    return nd_fail(handle, NNDYN_EARG, "%s is %.9g; it must be from %.9g to %.9g", argument, value, least, most);
}

static int fail_entry(void *handle, int64_t index, int64_t columns, double value, const char *argument)
{
    return nd_fail(handle, NNDYN_EDATA, "%s is %g in row %lld, column %lld (from 0); every entry must be finite",
                   argument, value, (long long)(index / columns), (long long)(index % columns));
}

/* Whether every entry is finite.  x * 0 is 0 if it is, else NaN, which sums keep; several sums beside each other, as
 * one vector, so that the check of a batch costs little beside its use. */
static int all_finite(int64_t count, const double *x)
{
    enum { LANES = 4 };
    double sums[LANES] = {0.0};
    double sum = 0.0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            sums[j] += x[i + j] * 0.0;
        }
    }
    for (; i < count; i++) {
        sum += x[i] * 0.0;
    }
    for (int j = 0; j < LANES; j++) {
        sum += sums[j];
    }
    return sum == 0.0;
}

static int all_finite_f32(int64_t count, const float *x)
{
    enum { LANES = 8 };
    float sums[LANES] = {0.0f};
    float sum = 0.0f;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            sums[j] += x[i + j] * 0.0f;
        }
    }
    for (; i < count; i++) {
        sum += x[i] * 0.0f;
    }
    for (int j = 0; j < LANES; j++) {
        sum += sums[j];
    }
    return sum == 0.0f;
}

int nd_check_finite(void *handle, int64_t rows, int64_t columns, const double *values, const char *argument)
{
    const int64_t count = rows * columns;
    if (all_finite(count, values)) {
        return NNDYN_OK;
    }
    int64_t i = 0;
    while (i < count - 1 && fabs(values[i]) <= DBL_MAX) {
        i++;
    }
    return fail_entry(handle, i, columns, values[i], argument);
}

int nd_check_finite_f32(void *handle, int64_t rows, int64_t columns, const float *values, const char *argument)
{
    const int64_t count = rows * columns;
    if (all_finite_f32(count, values)) {
        return NNDYN_OK;
    }
    int64_t i = 0;
    while (i < count - 1 && fabsf(values[i]) <= FLT_MAX) {
        i++;
    }
    return fail_entry(handle, i, columns, (double)values[i], argument);
}
