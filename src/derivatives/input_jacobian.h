/* input_jacobian.h - d outputs/d inputs of each sample. */
#ifndef ND_INPUT_JACOBIAN_H
#define ND_INPUT_JACOBIAN_H
#include "derivatives/engine.h"

/* jacobian: n x outputs x inputs.  The network is ready and n has been checked; memory is taken in blocks that fit
 * the limit. */
int nd_input_jacobian(nndyn_network *network, int64_t n, const double *x, const nd_option_value *options, nd_task *task,
                      double *jacobian);

#endif
