/* dynamics.h - maps as the floors above see them.
 *
 * src/dynamics/ stands between training and analysis: state maps, and the recurrent network. */
#ifndef ND_DYNAMICS_H
#define ND_DYNAMICS_H
#include "core/core.h"
#include "nndyn/map.h"

enum { ND_MAP_PARAMETERS = 16, ND_MAP_NAME = 64 };

/* What a kind of map provides.  Workers call it from several threads at a time if `concurrent`, each with scratch of
 * its own; parameters come with the call, so that a continuation may run many values at once.  What becomes of a state
 * must not depend on its place in the call or on the states beside it, to the bit. */
typedef struct nd_map_kind {
    int64_t block; /* states that are best advanced together (the lanes of one call), at least 1 */
    int concurrent;
    size_t (*scratch)(const void *self, int64_t count); /* bytes a worker needs for so many states; NULL: none */
    /* One step: states (count x dimension, row-major) to next, which does not overlap; NaN where it left the domain.
     * Where there is a march, count is at most `block`.
     * Returns 0, or nonzero if a callback refused. */
    int (*advance)(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                   void *scratch);
    /* NULL, or many steps of up to `block` states in one go, where that saves work; next may be states. */
    int (*march)(const void *self, const double *parameters, int64_t count, const double *states, int64_t steps,
                 double *next, void *scratch);
    void (*destroy)(void *self, nndyn_context *context);
} nd_map_kind;

struct nndyn_map {
    nd_handle handle;
    int64_t dimension;
    int64_t parameters;
    char names[ND_MAP_PARAMETERS][ND_MAP_NAME];
    double values[ND_MAP_PARAMETERS];
    nd_map_kind kind;
    void *self;
};

/* A map of a kind, for a public function that entered `handle` (a context, or a handle of one).  The map owns `self`
 * from here on if it was made, else the caller still does. */
int nd_map_make(void *handle, int64_t dimension, const nd_map_kind *kind, void *self, nndyn_map **out);
/* One more parameter, under a name that is not taken and not too long. */
void nd_map_add_parameter(nndyn_map *map, const char *name, double value);
/* The number of a parameter; NNDYN_EARG on `handle`, with the names there are, if none is called so. */
int nd_map_find(const nndyn_map *map, void *handle, const char *name, int64_t *out);

/* What a long call over a map asks for: the map held, states finite.  `parameters` may be others than the map's own,
 * and next may be states.  next holds states in the middle of their way after a failure. */
typedef struct nd_map_run {
    nndyn_map *map;
    const double *parameters;
    int64_t count;
    const double *states;
    int64_t steps;
    double *next;
} nd_map_run;
/* Over the context's threads.  task may be NULL; else it is reported within [from, to] and canceled.  Messages go to
 * `handle`. */
int nd_map_advance(const nd_map_run *run, void *handle, nd_task *task, double from, double to);

#endif
