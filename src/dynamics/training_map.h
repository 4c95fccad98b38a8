/* training_map.h - gradient descent as a map: what its two ways of working share. */
#ifndef ND_TRAINING_MAP_H
#define ND_TRAINING_MAP_H
#include "dynamics/dynamics.h"
#include "network/network.h"

/* Numbers of the map's parameters. */
enum { ND_RATE, ND_DECAY, ND_VELOCITY };

typedef struct nd_training_map {
    nndyn_network *network; /* a copy in double */
    const nd_kernels_f64 *k;
    int64_t n;
    double *x, *t; /* n x inputs, n x outputs */
    int momentum;  /* the state is (theta, v) */
    int64_t lanes; /* networks side by side */
    int64_t rows;  /* samples at a time, side by side */
} nd_training_map;

/* Whether a network can go through lanes: dense layers and activations alone. */
int nd_lanes_can(const nndyn_network *network);
/* Choose lanes and rows by the sizes of the network. */
void nd_lanes_plan(nd_training_map *map);
size_t nd_lanes_scratch(const void *self, int64_t count);
int nd_lanes_advance(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                     void *scratch);
int nd_lanes_march(const void *self, const double *parameters, int64_t count, const double *states, int64_t steps,
                   double *next, void *scratch);

/* The update of one step; s is NULL without momentum. */
nd_update nd_training_update(const nd_training_map *map, const double *parameters);

#endif
