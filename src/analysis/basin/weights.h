/* weights.h - what the calls on basins in weight space share: the scale of the noise, its draws, and replicas.
 *
 * A replica is what one thread needs to work on a perturbed copy of a network: a context of its own with one thread, so
 * that its calls neither report progress nor wait for the pool, and a copy of the network in float64.  Pieces of work
 * are given to replicas by index and do not depend on the replica, so results do not depend on how many there are. */
#ifndef ND_BASIN_WEIGHTS_H
#define ND_BASIN_WEIGHTS_H
#include "core/core.h"
#include "core/random.h"
#include "data/data.h"
#include "network/network.h"

/* ---- scale of the noise (weights_scale.c) ------------------------------------------------------------------------ */

enum { ND_SCALE_RELATIVE = 0, ND_SCALE_ABSOLUTE, ND_SCALE_NEURON };
enum { ND_WEIGHTS_SCALE = 0, ND_WEIGHTS_WEIGHTS, ND_WEIGHTS_BIASES, ND_WEIGHTS_NORMS, ND_WEIGHTS_OPTIONS };
#define ND_WEIGHTS_SPECS                                                                             \
    {"scale", ND_TEXT, 0, 0, 0, "relative|absolute|neuron"}, {"weights", ND_INTEGER, 0, 1, 1, NULL}, \
        {"biases", ND_INTEGER, 0, 1, 0, NULL},                                                       \
    {                                                                                                \
        "norms", ND_INTEGER, 0, 1, 0, NULL                                                           \
    }

/* s[P]: standard deviation of each parameter's noise at amplitude 1, 0 where it is not to move; theta: the parameters.
 * NNDYN_ESTATE, message on `handle`, if nothing moves or a chosen tensor would have none. */
int nd_weight_scale(const nndyn_network *network, void *handle, const double *theta, const nd_option_value *values,
                    double *s);
/* theta = center + amplitude s xi, with xi of this draw, or that of the caller's. */
void nd_weight_kick(int64_t count, const double *center, const double *s, double amplitude, int64_t seed, int64_t draw,
                    const double *direction, double *theta);

/* ---- replicas (weights_replica.c) ------------------------------------------------------------------------------- */

typedef struct nd_replica {
    nndyn_context *context;
    nndyn_network *network; /* of float64 */
    int64_t *hits;          /* right predictions of each class */
    const nndyn_dataset *data;
} nd_replica;

typedef struct nd_replicas {
    int64_t count;
    nd_replica *replicas;
    int64_t *hits;
    nndyn_context *context;
    nd_task *task;   /* of the call; replicas look whether it is canceled */
    atomic_int stop; /* or whether this was set */
} nd_replicas;

/* As many as the context's threads, the pieces of work and its memory limit ask for (`bytes` of further memory each),
 * at least 1. */
int64_t nd_replicas_wanted(const nndyn_network *network, int64_t pieces, double bytes);
double nd_replica_bytes(const nndyn_network *network, const nndyn_dataset *data);
/* Copies of a network, which is the caller's and stays as it is; `replicas` must not be moved.  On failure none are
 * left. */
int nd_replicas_open(nd_task *task, const nndyn_network *network, int64_t count, nd_replicas *replicas);
void nd_replicas_close(nd_replicas *replicas);
/* Right predictions of each class of the data into replica->hits, with its parameters; loss may be NULL.  An output
 * that is not a number is a wrong prediction.  NNDYN_ENUMERIC if the loss is not finite. */
int nd_replica_evaluate(nd_replica *replica, const nndyn_dataset *data, double *loss);
/* The class of a row of outputs, -1 if one of them is not a number. */
int64_t nd_network_predict(const nndyn_network *network, const double *y);
int64_t nd_replica_hits(const nd_replica *replica, int64_t classes);

/* The data set itself, retained, or a copy of it in float64; release with nd_handle_release.  The data set is held. */
int nd_dataset_double(void *handle, nndyn_dataset *data, nndyn_dataset **out);
/* Labels, widths and precision fit, parameters are finite; loss: the network has one, and targets. */
int nd_weights_check(nndyn_network *network, void *handle, const nndyn_dataset *data, int labels, int loss);
/* count amplitudes of noise are positive and finite. */
int nd_basin_check_amplitudes(void *handle, int64_t count, const double *sigma);
/* Mean over samples of Phi(distance / sigma): the accuracy under normal noise if boundaries were flat. */
void nd_basin_linear_accuracy(int64_t samples, const double *distances, int64_t count, const double *sigma,
                              double *accuracy);

#endif
