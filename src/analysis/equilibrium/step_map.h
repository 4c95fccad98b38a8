/* step_map.h - the optimizer's update of one parameter, linearized: what step_operator.c multiplies with.
 *
 * With y the gradient the optimizer sees (clipped, decay added), all updates have the form
 *
 *     ds1' = keep1 ds1 + c1 dy,  ds2' = keep2 ds2 + c2 dy,  dw' = keep dw + wy dy + w1 ds1' + w2 ds2'
 *
 * entry by entry. */
#ifndef ND_STEP_MAP_H
#define ND_STEP_MAP_H
#include "training/training.h"

typedef struct nd_step_map {
    int64_t parameters;
    int states;
    double keep, keep1, keep2, decay;
    double *c1, *c2, *wy, *w1, *w2; /* P each; those of a state that is not there are NULL */
} nd_step_map;

/* y: P.  state: the trainer's, in double.  NNDYN_ENUMERIC where the step is not differentiable; messages to the
 * trainer. */
int nd_step_map_fill(nndyn_trainer *trainer, const double *y, const double *state, nd_step_map *map);

#endif
