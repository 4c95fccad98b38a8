/* basin_map.h - the list of attractors, and the engine that follows starts.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ND_BASIN_MAP_H
#define ND_BASIN_MAP_H
#include "core/core.h"
#include "dynamics/dynamics.h"
#include "nndyn/basin_map.h"

enum { ND_BASIN_PERIOD = 64, ND_BASIN_AXES = 8, ND_BASIN_OUTSIDE = 3, ND_BASIN_SETTLED = -1000 };

/* Attractors with the balls in which a state has arrived.  Attractor k has the points first[k], ..., first[k + 1] - 1.
 * */
typedef struct nd_basins_list {
    int64_t count, dimension;
    int64_t *first; /* count + 1 */
    double *points; /* first[count] x dimension */
    double *radius; /* count */
    void *memory;
} nd_basins_list;

typedef struct nd_basins_rule {
    int64_t steps, every, period, grow;
    double tolerance, settle, bound;
} nd_basins_rule;

struct nndyn_basin_map {
    nd_handle handle;
    nndyn_map *map;
    double parameters[ND_MAP_PARAMETERS];
    nd_basins_rule rule;
    nd_basins_list list;
    int frozen;
};

/* ---- list.c ------------------------------------------------------------------------------------------------------ */

/* A list with room for so many attractors and points; `count` is that, for the caller to fill. */
int nd_basins_list_make(void *handle, int64_t dimension, int64_t count, int64_t points, nd_basins_list *list);
void nd_basins_list_free(nndyn_context *context, nd_basins_list *list);
int64_t nd_basins_period(const nd_basins_list *list, int64_t attractor);
const double *nd_basins_points(const nd_basins_list *list, int64_t attractor);
/* The attractor one of whose balls, with radii scaled, has the state in it, or -1. */
int64_t nd_basins_arrived(const nd_basins_list *list, const double *state, double scale);
/* The attractor with a point at most so far away, the nearest one, or -1. */
int64_t nd_basins_nearest(const nd_basins_list *list, const double *state, double distance);
/* In the order of nndyn_basin_map_find, from two lists; radii are cut to a third of the distance to the next attractor.
 * */
int nd_basins_list_merge(void *handle, const nd_basins_list *a, const nd_basins_list *b, double unit,
                         nd_basins_list *out);
double nd_basins_distance2(int64_t n, const double *a, const double *b);

/* ---- follow.c ---------------------------------------------------------------------------------------------------- */

/* Following n starts, from a function that writes start i. */
typedef struct nd_basins_job {
    nndyn_basin_map *basins; /* entered; its map is held by nd_basins_follow */
    const nd_basins_list *list;
    const double *parameters;
    nd_basins_rule rule;
    double scale; /* of the list's radii */
    int settling; /* states that settle are done: their label is ND_BASIN_SETTLED less their period */
    int64_t n;
    void (*start)(const void *self, int64_t index, double *state);
    const void *self;
    int64_t *labels; /* n */
    int64_t *steps;  /* n, or NULL */
    double *ends;    /* n x dimension, or NULL */
} nd_basins_job;

/* The job of labeling by the list that the basin map has. */
nd_basins_job nd_basins_labeling(nndyn_basin_map *basins, int64_t n, int64_t *labels, int64_t *steps);
/* Outputs of the job are unspecified after a failure.  Reported within [from, to] of the task. */
int nd_basins_follow(const nd_basins_job *job, nd_task *task, double from, double to);

/* A start function for an array of states: self is nd_basins_rows. */
typedef struct nd_basins_rows {
    int64_t dimension;
    const double *states;
} nd_basins_rows;
void nd_basins_row(const void *self, int64_t index, double *state);

int nd_basins_check_attractor(nndyn_basin_map *basins, int64_t attractor);
int nd_basins_check_starts(nndyn_basin_map *basins, int64_t n, const double *starts);

/* ---- basin maps within a call ------------------------------------------------------------------------------------ */

/* Another basin map of the same map, with an empty list, other parameters and another rule. */
int nd_basins_like(nndyn_basin_map *basins, const double *parameters, const nd_basins_rule *rule,
                   nndyn_basin_map **out);
/* The status of a call on another basin map, with its message on `basins`; a task's own failures have theirs there. */
int nd_basins_pass_on(nndyn_basin_map *basins, int status, const nndyn_basin_map *inner);
/* nndyn_basin_map_find without its checks; counts may be NULL. */
int nd_basins_find(nndyn_basin_map *basins, int64_t n, const double *starts, int64_t *counts, nd_task *task,
                   double from, double to);

/* ---- fractions.c ------------------------------------------------------------------------------------------------- */

/* The first options of what gives an interval of a share. */
enum { ND_BASINS_LEVEL, ND_BASINS_INTERVAL, ND_BASINS_INTERVAL_OPTIONS };
#define ND_BASINS_INTERVAL_SPECS                                                                 \
    [ND_BASINS_LEVEL] = {"level", ND_REAL, 1e-9, 1 - 1e-9, 0.95, NULL}, [ND_BASINS_INTERVAL] = { \
                                                                            "interval", ND_TEXT, \
                                                                            0,          0,       \
                                                                            0,          "wilson|clopper_pearson"}
/* The interval of so many among n, one of so many intervals that hold together. */
void nd_basins_interval(const nd_option_value *v, int64_t count, int64_t n, int64_t together, double *low,
                        double *high);
/* The number of a label's class, for so many attractors: those, then UNDECIDED, DIVERGED, OTHER. */
int64_t nd_basins_class(int64_t attractors, int64_t label);

/* ---- ray.c ------------------------------------------------------------------------------------------------------- */

typedef struct nd_basins_march {
    double step, cap, tolerance;
} nd_basins_march;
/* Along n directions (n x dimension, rows not 0): inside at low, outside at high, which is infinite without an exit;
 * unit receives the directions with length 1. */
int nd_basins_rays(nndyn_basin_map *basins, int64_t attractor, int64_t n, const double *directions,
                   const nd_basins_march *rule, nd_task *task, double from, double to, double *unit, double *low,
                   double *high);
int nd_basins_check_march(nndyn_basin_map *basins, const nd_basins_march *rule);

/* ---- match.c ----------------------------------------------------------------------------------------------------- */

/* Hausdorff's distance of attractor k of one list and l of another. */
double nd_basins_apart(const nd_basins_list *a, int64_t k, const nd_basins_list *b, int64_t l);
/* Pair a's with b's, the nearest first, none that are infinitely far; distance (as x bs) is destroyed.  partner
 * receives the b of each a, or -1; gap their distance; both `as` long. */
void nd_basins_pair(int64_t as, int64_t bs, double *distance, double tolerance, int64_t *partner, double *gap);

#endif
