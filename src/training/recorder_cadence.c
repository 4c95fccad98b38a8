/* recorder_cadence.c - at which steps a probe is measured.  SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <math.h>

/* Steps that are k + every * j. */
static int64_t next_regular(const nd_cadence *cadence, int64_t step)
{
    if (step <= cadence->first) {
        return cadence->first;
    }
    const int64_t done = (step - cadence->first + cadence->every - 1) / cadence->every;
    return done > (ND_MOST_STEPS - cadence->first) / cadence->every ? INT64_MAX
                                                                    : cadence->first + done * cadence->every;
}

/* Whole decades are exact: only the fraction of one goes through pow. */
static double power_of_ten(int64_t numerator, int64_t denominator)
{
    double whole = 1;
    for (int64_t i = numerator / denominator; i > 0; i--) {
        whole *= 10;
    }
    return whole * pow(10, (double)(numerator % denominator) / (double)denominator);
}

static int64_t next_logarithmic(const nd_cadence *cadence, int64_t step)
{
    const int64_t guess = step > 1 ? (int64_t)floor(log10((double)step) * (double)cadence->per_decade) - 1 : 0;
    for (int64_t j = guess > 0 ? guess : 0;; j++) {
        const double near = round(power_of_ten(j, cadence->per_decade));
        if (near > (double)ND_MOST_STEPS) {
            return INT64_MAX;
        }
        if (near >= (double)step) {
            return (int64_t)near;
        }
    }
}

static int64_t next_listed(const nd_cadence *cadence, int64_t step)
{
    int64_t low = 0, high = cadence->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (cadence->steps[middle] < step) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < cadence->count ? cadence->steps[low] : INT64_MAX;
}

int64_t nd_cadence_next(const nd_cadence *cadence, int64_t step)
{
    if (cadence->count > 0) {
        return next_listed(cadence, step);
    }
    if (step <= 0 && cadence->initial) {
        return 0;
    }
    return cadence->per_decade > 0 ? next_logarithmic(cadence, step) : next_regular(cadence, step);
}
