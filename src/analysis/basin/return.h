/* return.h - the result of nndyn_basin_return, between the file that makes it and the one that reads it. */
#ifndef ND_BASIN_RETURN_H
#define ND_BASIN_RETURN_H
#include "core/core.h"
#include "nndyn/basin.h"

/* What is kept of a trial, in the order of the names in return_result.c. */
enum {
    ND_TRIAL_KICKED_ACCURACY,
    ND_TRIAL_KICKED_LOSS,
    ND_TRIAL_ACCURACY,
    ND_TRIAL_LOSS,
    ND_TRIAL_DISTANCE,
    ND_TRIAL_MATCHED,
    ND_TRIAL_AGREEMENT,
    ND_TRIAL_FALL,
    ND_TRIAL_DIVERGED,
    ND_TRIAL_VALUES
};

struct nndyn_basin_returns {
    nd_handle handle;
    int64_t radii, draws; /* radii: the control among them */
    double *radius;
    double *values; /* radii x draws x ND_TRIAL_VALUES */
    double norm, loss, accuracy;
    double limits[NNDYN_RETURNS]; /* of distance, matched, agreement, accuracy, loss */
    double falling, level;
    int matched, labeled;
    nd_arena arena;
};

int nd_returns_create(void *handle, int64_t radii, int64_t draws, nndyn_basin_returns **out);

#endif
