/* build.c - create, append, release: the one place where the arrays of a network grow.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <limits.h>
#include <string.h>

static void destroy(void *object)
{
    nndyn_network *network = object;
    nndyn_context *context = network->handle.context;
    nd_network_drop_evaluation(network);
    nd_release(context, network->layers);
    nd_release(context, network->theta);
    nd_release(context, network->statistics);
}

int nd_network_new(nndyn_context *context, void *handle, int dtype, int64_t inputs, nndyn_network **out)
{
    if (dtype != NNDYN_F32 && dtype != NNDYN_F64) {
        return nd_fail(handle, NNDYN_EARG, "dtype is %d; it must be NNDYN_F32 (%d) or NNDYN_F64 (%d)", dtype, NNDYN_F32,
                       NNDYN_F64);
    }
    ND_TRY(nd_check_size(handle, inputs, 1, INT_MAX, "inputs"));
    const char *kernels = nd_context_kernels(context);
    const nd_kernels_f32 *k32 = nd_kernels_choose_f32(kernels);
    const nd_kernels_f64 *k64 = nd_kernels_choose_f64(kernels);
    if (k32 == NULL || k64 == NULL) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the kernels \"%s\" of the context are not in this build or not for "
                       "this processor; choose others with nndyn_context_set_kernels",
                       kernels);
    }
    nndyn_network *network = NULL;
    int status = nd_handle_create(context, ND_NETWORK, sizeof *network, destroy, &network);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for a network");
    }
    network->dtype = dtype;
    network->inputs = inputs;
    network->seed = nd_context_seed(context);
    network->open_block = -1;
    network->k32 = k32;
    network->k64 = k64;
    *out = network;
    return NNDYN_OK;
}

static int create(nndyn_context *context, int dtype, int64_t inputs, nndyn_network **out)
{
    ND_TRY(nd_check_pointer(context, out, "out"));
    return nd_network_new(context, context, dtype, inputs, out);
}

int nndyn_network_create(nndyn_context *context, int dtype, int64_t inputs, nndyn_network **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, create(context, dtype, inputs, out));
}

void nndyn_network_free(nndyn_network *network)
{
    nd_handle_release(network);
}

/* ---- growing ----------------------------------------------------------------------------------------------------- */

/* Make room for `need` objects of `size` bytes of which `used` are to be kept; half as much again, so that deep
 * networks are not copied once a layer. */
static int grow(nndyn_network *network, void *handle, void **array, int64_t used, int64_t need, int64_t *capacity,
                size_t size)
{
    if (need <= *capacity) {
        return NNDYN_OK;
    }
    int64_t wanted = *capacity + *capacity / 2;
    wanted = wanted > need ? wanted : need;
    void *larger = NULL;
    ND_TRY(nd_check_memory(handle, (double)wanted * (double)size, "the layers and parameters of the network"));
    ND_TRY(nd_allocate_for(handle, wanted, size, &larger));
    if (used > 0) {
        memcpy(larger, *array, (size_t)used * size);
    }
    nd_release(network->handle.context, *array);
    *array = larger;
    *capacity = wanted;
    return NNDYN_OK;
}

/* Widths are at most INT_MAX, so these fit. */
int64_t nd_layer_parameters(const nd_layer *layer)
{
    if (layer->kind == NNDYN_DENSE) {
        return layer->out * layer->in + (layer->bias ? layer->out : 0);
    }
    return layer->kind == NNDYN_BATCH_NORM && layer->affine ? 2 * layer->in : 0;
}

int64_t nd_layer_statistics(const nd_layer *layer)
{
    return layer->kind == NNDYN_BATCH_NORM ? 2 * layer->in : 0;
}

/* Widths, slices and partner of the layer that stands at `number`. */
static void settle(nndyn_network *network, int64_t number, int64_t block)
{
    nd_layer *layer = &network->layers[number];
    const nd_layer *before = number > 0 ? layer - 1 : NULL;
    layer->in = before != NULL ? before->out : network->inputs;
    layer->out = layer->kind == NNDYN_DENSE ? layer->out : layer->in;
    layer->first = before != NULL ? before->first + before->count : 0;
    layer->count = nd_layer_parameters(layer);
    layer->statistics = before != NULL ? before->statistics + before->statistics_count : 0;
    layer->statistics_count = nd_layer_statistics(layer);
    layer->partner = layer->kind == NNDYN_RESIDUAL_END ? block : -1;
}

static int check_block(const nndyn_network *network, void *handle, const nd_layer *layer)
{
    if (layer->kind != NNDYN_RESIDUAL_END) {
        return NNDYN_OK;
    }
    if (network->open_block < 0) {
        return nd_fail(handle, NNDYN_ESTATE, "no residual block is open; begin one with nndyn_network_begin_residual");
    }
    int64_t begin = network->layers[network->open_block].in;
    int64_t here = nd_network_outputs(network);
    if (begin != here) {
        return nd_fail(handle, NNDYN_ESTATE,
                       "the residual block begun at layer %lld has %lld units there and %lld here; "
                       "both must be equal, for they are added",
                       (long long)network->open_block, (long long)begin, (long long)here);
    }
    return NNDYN_OK;
}

/* The innermost begin without an end, before layer `number`. */
static int64_t find_open(const nndyn_network *network, int64_t number)
{
    for (int64_t l = number - 1; l >= 0; l--) {
        if (network->layers[l].kind == NNDYN_RESIDUAL_BEGIN && network->layers[l].partner < 0) {
            return l;
        }
    }
    return -1;
}

static void commit(nndyn_network *network, int count)
{
    for (int i = 0; i < count; i++) {
        int64_t number = network->layer_count++;
        nd_layer *layer = &network->layers[number];
        if (layer->kind == NNDYN_RESIDUAL_BEGIN) {
            network->open_block = number;
        } else if (layer->kind == NNDYN_RESIDUAL_END) {
            network->layers[layer->partner].partner = number;
            network->open_block = find_open(network, number);
        }
        network->parameters += layer->count;
        network->statistics_count += layer->statistics_count;
    }
    nd_network_drop_evaluation(network);
}

/* Draw the parameters of a layer that is placed but not yet counted. */
static int draw_layer(nndyn_network *network, void *handle, int64_t number)
{
    const nd_layer *layer = &network->layers[number];
    void *slice = nd_real_at(network->theta, network->dtype, layer->first);
    if (layer->count == 0) {
        return NNDYN_OK;
    }
    if (network->dtype == NNDYN_F64) {
        return nd_layer_initialize(network, handle, number, network->seed, slice);
    }
    double *drawn = NULL; /* drawn in double and rounded, so that networks of both precisions agree to rounding */
    ND_TRY(nd_allocate_for(handle, layer->count, sizeof *drawn, &drawn));
    int status = nd_layer_initialize(network, handle, number, network->seed, drawn);
    if (status == NNDYN_OK) {
        nd_narrow(network->dtype, layer->count, drawn, slice);
    }
    nd_release(network->handle.context, drawn);
    return status;
}

/* Place the layers behind those that count, with room for what they keep. */
static int place(nndyn_network *network, void *handle, int count, const nd_layer *layers)
{
    int64_t parameters = network->parameters;
    int64_t statistics = network->statistics_count;
    void *records = network->layers;
    ND_TRY(grow(network, handle, &records, network->layer_count, network->layer_count + count, &network->layer_capacity,
                sizeof *layers));
    network->layers = records;
    for (int i = 0; i < count; i++) {
        int64_t number = network->layer_count + i;
        network->layers[number] = layers[i];
        settle(network, number, network->open_block);
        parameters += network->layers[number].count; /* each below 2^63 / 2: checked before the next is added */
        statistics += network->layers[number].statistics_count;
        if (network->layers[number].count > ND_MOST_REALS || parameters > ND_MOST_REALS) {
            return nd_fail(handle, NNDYN_ELIMIT,
                           "layer %lld of %lld x %lld weights makes the parameter vector longer "
                           "than %lld numbers",
                           (long long)number, (long long)network->layers[number].out,
                           (long long)network->layers[number].in, (long long)ND_MOST_REALS);
        }
    }
    size_t size = nd_real_size(network->dtype);
    ND_TRY(grow(network, handle, &network->theta, network->parameters, parameters, &network->theta_capacity, size));
    return grow(network, handle, &network->statistics, network->statistics_count, statistics,
                &network->statistics_capacity, size);
}

int nd_network_append(nndyn_network *network, void *handle, int count, const nd_layer *layers, int draw)
{
    if (network->frozen) {
        return nd_fail(handle, NNDYN_ESTATE,
                       "a trainer was made for this network, which fixed its layers; add all layers "
                       "before nndyn_trainer_create");
    }
    if (network->layer_count > ND_MOST_LAYERS - count) {
        return nd_fail(handle, NNDYN_ELIMIT, "a network has at most %d layers", (int)ND_MOST_LAYERS);
    }
    ND_TRY(check_block(network, handle, &layers[0]));
    ND_TRY(place(network, handle, count, layers));
    for (int i = 0; i < count; i++) {
        int64_t number = network->layer_count + i;
        if (draw) {
            ND_TRY(draw_layer(network, handle, number));
        }
        nd_statistics_reset(network, number, network->statistics);
    }
    commit(network, count);
    return NNDYN_OK;
}
