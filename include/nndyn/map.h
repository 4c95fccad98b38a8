/* nndyn/map.h - maps of a state to the next state: a training step in few weights, a recurrent activation, an iterated
 * network, a function of the caller.
 *
 * SPDX-License-Identifier: MIT
 *
 * A map takes d numbers to d numbers and depends on named parameters (a learning rate, a gain).  It keeps no state of
 * its own, so the next state is a function of state and parameters alone, whatever was asked before, in whatever order
 * and by however many threads.  What it is asked for is many states at once.  docs/maps.md tells what maps are for. */
#ifndef NNDYN_MAP_H
#define NNDYN_MAP_H
#include "core.h"
#include "data.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct nndyn_map nndyn_map;

/** A map of the caller's own.
 *  @param context the context
 *  @param dimension numbers in a state, 1 to 2^20
 *  @param parameters names of its parameters, separated by commas, at most 16 of at most 63 bytes, none twice; NULL or
 *         "": none
 *  @param defaults one finite number a parameter; may be NULL if there are none
 *  @param advance writes the successors of count states (rows of `dimension` numbers; next does not overlap states); a
 *         successor must depend on its state and the parameters alone, and is NaN for a state that leaves the map's
 *         domain.  Parameters come in the order of their names.  Returns 0, or nonzero to stop the call
 *         (NNDYN_ECALLBACK)
 *  @param user handed to advance; must outlive the map
 *  @param options "concurrent" (integer 0 or 1, 0): advance may be called from several threads at a time; else it is
 *         called only on the thread that makes the call
 *  @param out receives the map
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EOPTION, NNDYN_ENOMEM */
NNDYN_API int nndyn_map_create(nndyn_context *context, int64_t dimension, const char *parameters,
                               const double *defaults,
                               int (*advance)(void *user, const double *parameters, int64_t count, const double *states,
                                              double *next),
                               void *user, const nndyn_options *options, nndyn_map **out);

/** One integrator step of the flow x' = rhs(x).  The map's last parameter is "step", so that one and the same map can
 *  be asked with the step halved.  Where basins of such a map differ from those of the flow (near separatrices, and
 *  where the step is too long for the integrator to be stable) halving the step shows it.
 *  @param context the context
 *  @param dimension numbers in a state, 1 to 2^20
 *  @param parameters names of the parameters of rhs, as nndyn_map_create, at most 15, none of them "step"
 *  @param defaults one finite number a parameter; may be NULL if there are none
 *  @param rhs writes the velocities at count states, under the rules of nndyn_map_create's callback; it is not handed
 *         the step
 *  @param user handed to rhs; must outlive the map
 *  @param options "method" ("rk4", the classical method of order 4, or "euler"), "step" (double > 0, 0.01),
 *         "concurrent" (as nndyn_map_create)
 *  @param out receives the map
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EOPTION, NNDYN_ENOMEM */
NNDYN_API int nndyn_map_create_flow(nndyn_context *context, int64_t dimension, const char *parameters,
                                    const double *defaults,
                                    int (*rhs)(void *user, const double *parameters, int64_t count,
                                               const double *states, double *next),
                                    void *user, const nndyn_options *options, nndyn_map **out);

/** Full-batch gradient descent on a network's parameters: theta -> theta - rate (grad H + decay theta), H the mean
 *  loss.  With momentum the state is (theta, v): v -> momentum v + grad H + decay theta, theta -> theta - rate v.  One
 *  step is what nndyn_train_step does with NNDYN_SGD, or NNDYN_MOMENTUM, on the whole data set.  Parameters of the map:
 *  "rate", "decay", and "momentum" if the option is given.  Many starting points are advanced side by side, a lane
 *  each.  The network's layers and loss and the data are copied; what a float network and its data hold is widened, and
 *  all arithmetic is in double.  Batch norm takes the statistics of the batch.
 *  @param network the network: any layers but dropout, no custom activation, no custom loss
 *  @param dataset the data of each step; targets of the loss's kind
 *  @param options "rate" (double > 0, 0.1), "decay" (double >= 0, 0), "momentum" (double in [0, 1); without the option
 *         the map has no velocity), "lanes" (integer, -1: by the size of the network; 0: a start at a time through the
 *         engine of the derivatives; 1: lanes): both ways agree to rounding
 *  @param out receives the map; its dimension is the number of parameters P, or 2 P with momentum
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE, NNDYN_EUNSUPPORTED, NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT
 *
 *  Cost of a step: 6 P n operations a start, n samples, plus the activations. */
NNDYN_API int nndyn_map_create_training(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                        nndyn_map **out);

/** Iterate a network with as many outputs as inputs (an autoencoder, a denoiser), in evaluation mode:
 *  x -> x + step (f(x) - x); step 1 is plain iteration.  Parameter of the map: "step".
 *  @param network the network, any layers but a custom activation; copied, a float network widened
 *  @param options "step" (double in (0, 1], 1)
 *  @param out receives the map
 *  @return as nndyn_map_create_training */
NNDYN_API int nndyn_map_create_network(nndyn_network *network, const nndyn_options *options, nndyn_map **out);

/** Release a map.  @param map a map or NULL */
NNDYN_API void nndyn_map_free(nndyn_map *map);

/** Sizes; any output may be NULL.
 *  @param map the map
 *  @param dimension,parameters receive them
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_map_shape(nndyn_map *map, int64_t *dimension, int64_t *parameters);

/** Name of a parameter.
 *  @param map the map
 *  @param parameter its number, from 0
 *  @param capacity size of @p text in bytes; 64 is enough for any name
 *  @param text receives at most @p capacity bytes, ended by a zero byte; may be NULL if capacity is 0
 *  @param length receives the length of the whole name without the zero byte; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_map_parameter_name(nndyn_map *map, int64_t parameter, int64_t capacity, char *text,
                                       int64_t *length);

/** Set a parameter by name.  Options bound what a map is created with; afterwards any finite number is taken, so that a
 *  bifurcation can be followed beyond.
 *  @param map the map
 *  @param name its name
 *  @param value a finite number
 *  @return NNDYN_OK, NNDYN_EARG (also: no such parameter; the message lists them), NNDYN_EBUSY */
NNDYN_API int nndyn_map_set(nndyn_map *map, const char *name, double value);
/** Read a parameter by name.
 *  @param map the map
 *  @param name its name
 *  @param value receives it
 *  @return as nndyn_map_set */
NNDYN_API int nndyn_map_get(nndyn_map *map, const char *name, double *value);

/** Apply the map to many states, steps times.  States are cut over the context's threads (a callback's only if it is
 *  concurrent); each is advanced alone, so its successors are the same bits whatever stands beside it.
 *  @param map the map
 *  @param count states, at least 1
 *  @param states count x dimension
 *  @param steps at least 1
 *  @param next receives count x dimension; may be @p states itself, and must not overlap it otherwise; untouched on
 *         failure
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED.  States must be finite to begin with; one that diverges on its way becomes NaN or infinite,
 *          and that is no failure. */
NNDYN_API int nndyn_map_apply(nndyn_map *map, int64_t count, const double *states, int64_t steps, double *next);

#ifdef __cplusplus
}
#endif
#endif
