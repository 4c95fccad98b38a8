/* branches.h - attractors followed over a parameter: what there is at each value, and which of them are one branch.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ND_BASIN_BRANCHES_H
#define ND_BASIN_BRANCHES_H
#include "analysis/basin_map/basin_map.h"

/* What there is at a value. */
typedef struct nd_branches_level {
    nd_basins_list list;
    int64_t *ids;                  /* list.count: the branch of each attractor */
    double *moved;                 /* list.count: how far from where the branch was last; NaN where it begins */
    double *fraction, *low, *high; /* list.count + ND_BASIN_OUTSIDE classes */
    double absent;                 /* upper end of the interval of what no start went to */
    void *memory;
} nd_branches_level;

typedef struct nd_branches_event {
    int kind;
    int64_t level, id;
} nd_branches_event;

/* Where a branch was last. */
typedef struct nd_branches_place {
    int64_t level, row;
} nd_branches_place;

struct nndyn_basin_branches {
    nd_handle handle;
    int64_t dimension, count; /* count: values */
    nd_branches_level *levels;
    int64_t branches, places_size;
    nd_branches_place *places; /* of each branch */
    int64_t events, events_size;
    nd_branches_event *event;
};

typedef struct nd_branches_rule {
    double threshold, tolerance; /* tolerance: distances that differ by less are equal */
    int64_t memory;              /* values a branch may be missing and still be taken up */
} nd_branches_rule;

/* Room for the figures of a level whose list is there. */
int nd_branches_open(void *handle, nd_branches_level *level);
/* Give the attractors of level t their branches, and write down what happened since the level before. */
int nd_branches_match(void *handle, nndyn_basin_branches *branches, int64_t t, const nd_branches_rule *rule);
/* Whether a branch may still be taken up at level t. */
int nd_branches_alive(const nndyn_basin_branches *branches, int64_t id, int64_t t, int64_t memory);

#endif
