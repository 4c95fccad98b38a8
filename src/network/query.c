/* query.c - what the floors above ask of a network before they work on it.  SPDX-License-Identifier: MIT */
#include "network/build.h"

int64_t nd_network_outputs(const nndyn_network *network)
{
    return network->layer_count > 0 ? network->layers[network->layer_count - 1].out : network->inputs;
}

int nd_network_ready(const nndyn_network *network, void *handle, int need_loss)
{
    if (network->layer_count == 0) {
        return nd_fail(handle, NNDYN_ESTATE, "the network has no layers; add some with nndyn_network_add_dense");
    }
    if (network->open_block >= 0) {
        return nd_fail(handle, NNDYN_ESTATE,
                       "the residual block begun at layer %lld is open; close it with "
                       "nndyn_network_end_residual",
                       (long long)network->open_block);
    }
    if (need_loss && network->loss.kind == 0) {
        return nd_fail(handle, NNDYN_ESTATE, "the network has no loss; set one with nndyn_network_set_loss");
    }
    return NNDYN_OK;
}

int64_t nd_network_width(const nndyn_network *network)
{
    int64_t width = network->inputs;
    for (int64_t l = 0; l < network->layer_count; l++) {
        width = network->layers[l].out > width ? network->layers[l].out : width;
    }
    return width;
}

int64_t nd_network_find(const nndyn_network *network, int kind)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind == kind) {
            return l;
        }
    }
    return -1;
}

int nd_network_check_order(const nndyn_network *network, void *handle, int order, int with_loss)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_activation *f = &network->layers[l].activation;
        int custom = f->kind == NNDYN_CUSTOM_ACTIVATION;
        if (network->layers[l].kind == NNDYN_ACTIVATION && f->order < order) {
            return nd_fail(handle, NNDYN_EUNSUPPORTED,
                           "layer %lld is %s with derivatives to order %d; this call needs order %d", (long long)l,
                           custom ? "a custom activation" : nndyn_activation_name(f->kind), f->order, order);
        }
    }
    const nd_loss *loss = &network->loss;
    if (with_loss && loss->order < order) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the loss is %s with derivatives to order %d; this call needs order %d",
                       loss->kind == NNDYN_CUSTOM_LOSS ? "a custom one" : nndyn_loss_name(loss->kind), loss->order,
                       order);
    }
    return NNDYN_OK;
}

/* ---- public ------------------------------------------------------------------------------------------------------ */

static void store(int64_t *out, int64_t value)
{
    if (out != NULL) {
        *out = value;
    }
}

int nndyn_network_shape(nndyn_network *network, int64_t *inputs, int64_t *outputs, int64_t *layers, int64_t *parameters,
                        int *dtype)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    store(inputs, network->inputs);
    store(outputs, nd_network_outputs(network));
    store(layers, network->layer_count);
    store(parameters, network->parameters);
    if (dtype != NULL) {
        *dtype = network->dtype;
    }
    return nd_leave(network, NNDYN_OK);
}

static int check_layer(nndyn_network *network, int64_t layer)
{
    if (network->layer_count == 0) {
        return nd_fail(network, NNDYN_EARG, "layer is %lld, but the network has no layers", (long long)layer);
    }
    return nd_check_size(network, layer, 0, network->layer_count - 1, "layer");
}

int nndyn_network_layer(nndyn_network *network, int64_t layer, int *kind, int *activation, int64_t *inputs,
                        int64_t *outputs, int64_t *first, int64_t *count)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    int status = check_layer(network, layer);
    if (status == NNDYN_OK) {
        const nd_layer *l = &network->layers[layer];
        if (kind != NULL) {
            *kind = l->kind;
        }
        if (activation != NULL) {
            *activation = l->kind == NNDYN_ACTIVATION ? l->activation.kind : 0;
        }
        store(inputs, l->in);
        store(outputs, l->out);
        store(first, l->first);
        store(count, l->count);
    }
    return nd_leave(network, status);
}
