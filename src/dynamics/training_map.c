/* training_map.c - gradient descent on a network's parameters as a map: creation, and a start at a time through the
 * engine.  Many starts side by side are in training_lanes.c. */
#include "dynamics/training_map.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Up to so many parameters a network goes through lanes: beyond, weights are read once a start, and matrix products
 * that use them for many samples at once win. */
enum { LANES_PARAMETERS = 512 };

nd_update nd_training_update(const nd_training_map *map, const double *parameters)
{
    return (nd_update){
        .kind = map->momentum ? NNDYN_MOMENTUM : NNDYN_SGD,
        .rate = parameters[ND_RATE],
        .momentum = map->momentum ? parameters[ND_VELOCITY] : 0,
        .gradient_scale = 1,
        .weight_decay = parameters[ND_DECAY],
    };
}

/* ---- a start at a time ------------------------------------------------------------------------------------------- */

static size_t padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static size_t engine_scratch(const void *self, int64_t count)
{
    const nd_training_map *map = self;
    (void)count;
    return padded(sizeof(nd_handle)) + padded((size_t)map->network->parameters * sizeof(double)) +
           (size_t)nd_workspace_bytes_f64(map->network, map->n, ND_KEEP_TRAINING);
}

/* Messages of a pass that left the domain go to a handle nobody reads, for workers may not write on the map's. */
static nd_handle *deaf_handle(const nd_training_map *map, void *memory)
{
    nd_handle *handle = memory;
    memset(handle, 0, sizeof *handle);
    handle->kind = ND_MAP;
    handle->context = map->network->handle.context;
    return handle;
}

static int gradient_of(const nd_training_map *map, nd_handle *handle, const double *theta, void *memory, double *g)
{
    const nndyn_network *network = map->network;
    const nd_mode mode = {.training = 1};
    nd_workspace_f64 *w = nd_workspace_place_f64(network, map->n, ND_KEEP_TRAINING, memory);
    ND_TRY(nd_forward_f64(network, handle, theta, network->statistics, mode, map->n, map->x, w));
    ND_TRY(nd_loss_f64(network, handle, map->t, w));
    return nd_backward_f64(network, handle, theta, 1 / (double)map->n, w, g);
}

static void engine_step(const nd_training_map *map, const nd_update *update, const double *state, double *next,
                        char *scratch)
{
    const int64_t p = map->network->parameters;
    nd_handle *handle = deaf_handle(map, scratch);
    double *g = (double *)(scratch + padded(sizeof *handle));
    char *memory = (char *)g + padded((size_t)p * sizeof *g);
    if (gradient_of(map, handle, state, memory, g) != NNDYN_OK) {
        for (int64_t i = 0; i < (map->momentum ? 2 * p : p); i++) {
            next[i] = NAN;
        }
        return;
    }
    memcpy(next, state, (size_t)(map->momentum ? 2 * p : p) * sizeof *next);
    map->k->update(update, p, g, map->momentum ? next + p : NULL, NULL, next);
}

static int engine_advance(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                          void *scratch)
{
    const nd_training_map *map = self;
    const nd_update update = nd_training_update(map, parameters);
    const int64_t dimension = map->network->parameters * (map->momentum ? 2 : 1);
    for (int64_t i = 0; i < count; i++) {
        engine_step(map, &update, states + i * dimension, next + i * dimension, scratch);
    }
    return 0;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

enum { RATE, DECAY, MOMENTUM, LANES, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [RATE] = {.name = "rate", .type = ND_REAL, .least = DBL_MIN, .most = DBL_MAX, .standard = 0.1},
    [DECAY] = {.name = "decay", .type = ND_REAL, .least = 0, .most = DBL_MAX, .standard = 0},
    [MOMENTUM] = {.name = "momentum", .type = ND_REAL, .least = 0, .most = 1 - DBL_EPSILON / 2, .standard = 0},
    [LANES] = {.name = "lanes", .type = ND_INTEGER, .least = -1, .most = 1, .standard = -1},
};

static void destroy(void *self, nndyn_context *context)
{
    nd_training_map *map = self;
    nd_handle_release(map->network);
    nd_release(context, map->x);
    nd_release(context, map->t);
    nd_release(context, map);
}

static int check_network(nndyn_network *network)
{
    ND_TRY(nd_network_ready(network, network, 1));
    if (network->parameters == 0) {
        return nd_fail(network, NNDYN_EARG, "the network has no parameters to train");
    }
    const int64_t dropout = nd_network_find(network, NNDYN_DROPOUT);
    if (dropout >= 0) {
        return nd_fail(network, NNDYN_EUNSUPPORTED,
                       "layer %lld is dropout, whose masks change from step to step: the next state would not be a "
                       "function of the state",
                       (long long)dropout);
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].activation.kind == NNDYN_CUSTOM_ACTIVATION) {
            return nd_fail(network, NNDYN_EUNSUPPORTED,
                           "layer %lld is a custom activation; training maps take the library's own, so put training "
                           "with others in a callback (nndyn_map_create)",
                           (long long)l);
        }
    }
    if (network->loss.kind == NNDYN_CUSTOM_LOSS) {
        return nd_fail(network, NNDYN_EUNSUPPORTED,
                       "the loss is a custom one; training maps take the library's own, so put training with others "
                       "in a callback (nndyn_map_create)");
    }
    return nd_network_check_order(network, network, 1, 1);
}

static int check_dataset(nndyn_network *network, const nndyn_dataset *dataset)
{
    const int64_t outputs = nd_network_outputs(network);
    if (dataset->inputs != network->inputs) {
        return nd_fail(network, NNDYN_EARG, "dataset has %lld inputs, the network %lld", (long long)dataset->inputs,
                       (long long)network->inputs);
    }
    if (dataset->targets != outputs) {
        return nd_fail(network, NNDYN_EARG, "dataset has %lld targets, the network %lld outputs; they must be as many",
                       (long long)dataset->targets, (long long)outputs);
    }
    ND_TRY(nd_check_size(network, dataset->samples, 1, INT_MAX, "samples of dataset"));
    const int64_t norm = dataset->samples < 2 ? nd_network_find(network, NNDYN_BATCH_NORM) : -1;
    if (norm >= 0) {
        return nd_fail(network, NNDYN_EARG, "dataset has 1 sample; batch norm (layer %lld) needs at least 2",
                       (long long)norm);
    }
    return NNDYN_OK;
}

static int copy_reals(nndyn_network *network, int dtype, int64_t count, const void *from, double **out)
{
    ND_TRY(nd_allocate_for(network, count, sizeof **out, out));
    for (int64_t i = 0; i < count; i++) {
        (*out)[i] = dtype == NNDYN_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
    }
    return NNDYN_OK;
}

static int fill(nd_training_map *map, nndyn_network *network, const nndyn_dataset *dataset)
{
    map->n = dataset->samples;
    map->k = network->k64;
    ND_TRY(nd_network_copy(network, network, NNDYN_F64, &map->network));
    ND_TRY(copy_reals(network, dataset->dtype, map->n * dataset->inputs, dataset->x, &map->x));
    return copy_reals(network, dataset->dtype, map->n * dataset->targets, dataset->t, &map->t);
}

static nd_map_kind kind_of(const nd_training_map *map)
{
    if (map->lanes > 0) {
        return (nd_map_kind){.block = map->lanes,
                             .concurrent = 1,
                             .scratch = nd_lanes_scratch,
                             .advance = nd_lanes_advance,
                             .march = nd_lanes_march,
                             .destroy = destroy};
    }
    return (nd_map_kind){
        .block = 1, .concurrent = 1, .scratch = engine_scratch, .advance = engine_advance, .destroy = destroy};
}

static int make(nd_training_map *self, nndyn_network *network, const nd_option_value *values, nndyn_map **out)
{
    const int can = nd_lanes_can(network);
    if (values[LANES].integer == 1 && !can) {
        return nd_fail(network, NNDYN_EUNSUPPORTED,
                       "lanes is 1, but lanes take dense layers and activations alone; leave it out");
    }
    if (can &&
        (values[LANES].integer == 1 || (values[LANES].integer == -1 && network->parameters <= LANES_PARAMETERS))) {
        nd_lanes_plan(self);
    }
    const nd_map_kind kind = kind_of(self);
    nndyn_map *map = NULL;
    ND_TRY(nd_map_make(network, network->parameters * (self->momentum ? 2 : 1), &kind, self, &map));
    nd_map_add_parameter(map, "rate", values[RATE].real);
    nd_map_add_parameter(map, "decay", values[DECAY].real);
    if (self->momentum) {
        nd_map_add_parameter(map, "momentum", values[MOMENTUM].real);
    }
    *out = map;
    return NNDYN_OK;
}

static int create_held(nndyn_network *network, const nndyn_dataset *dataset, const nndyn_options *options,
                       nndyn_map **out)
{
    nd_option_value values[OPTIONS];
    nd_training_map *self = NULL;
    ND_TRY(check_network(network));
    ND_TRY(check_dataset(network, dataset));
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, values));
    const double numbers = (double)dataset->samples * (double)(dataset->inputs + dataset->targets);
    ND_TRY(nd_check_memory(network, 8 * (numbers + (double)network->parameters), "the copy of network and data"));
    ND_TRY(nd_allocate_for(network, 1, sizeof *self, &self));
    self->momentum = values[MOMENTUM].given;
    int status = fill(self, network, dataset);
    if (status == NNDYN_OK) {
        status = make(self, network, values, out);
    }
    if (status != NNDYN_OK) {
        destroy(self, network->handle.context);
    }
    return status;
}

static int create(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, nndyn_map **out)
{
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    const int status = create_held(network, dataset, options, out);
    nd_unhold(dataset);
    return status;
}

int nndyn_map_create_training(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                              nndyn_map **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, create(network, dataset, options, out));
}
