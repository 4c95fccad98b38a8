/* summary.h - means over the seeds, of the sweep's table. */
#ifndef ND_SWEEP_SUMMARY_H
#define ND_SWEEP_SUMMARY_H
#include "experiments/sweep/sweep.h"

typedef struct nd_mean {
    double mean, error; /* NaN: there is none */
    int64_t count;
} nd_mean;

void nd_sweep_mean(const nndyn_sweep *sweep, int64_t point, int64_t column, nd_mean *out);

#endif
