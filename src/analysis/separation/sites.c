/* sites.c - where a network is measured.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include "network/network.h"
#include <limits.h>

typedef struct list {
    int64_t count, capacity;
    int64_t *layers, *widths;
} list;

static void append(list *sites, int64_t layer, int64_t width)
{
    if (sites->count < sites->capacity && sites->layers != NULL) {
        sites->layers[sites->count] = layer;
    }
    if (sites->count < sites->capacity && sites->widths != NULL) {
        sites->widths[sites->count] = width;
    }
    sites->count++;
}

/* Layers that hand on what they are given, in evaluation mode. */
static int passes(const nd_layer *layer)
{
    return layer->kind == NNDYN_DROPOUT || layer->kind == NNDYN_RESIDUAL_BEGIN;
}

int64_t nd_separation_sites(const nndyn_network *network, int with_outputs, int64_t capacity, int64_t *layers,
                            int64_t *widths)
{
    list sites = {0, capacity, layers, widths};
    int64_t input = 0, active = -1; /* the last layer so far that does something */
    int dense = 0;
    while (input < network->layer_count && passes(&network->layers[input])) {
        input++;
    }
    const int normed = input < network->layer_count && network->layers[input].kind == NNDYN_BATCH_NORM;
    append(&sites, normed ? input : -1, network->inputs);
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_DENSE) {
            if (dense) {
                append(&sites, active, network->layers[active].out);
            }
            dense = 1;
        }
        active = passes(layer) ? active : l;
    }
    if (with_outputs) {
        append(&sites, network->layer_count - 1, network->layers[network->layer_count - 1].out);
    }
    return sites.count;
}

static int find_layers(nndyn_network *network, const nndyn_options *options, int64_t capacity, int64_t *layers,
                       int64_t *widths, int64_t *count)
{
    static const nd_option_spec spec = {"outputs", ND_INTEGER, 0, 1, 0, NULL};
    nd_option_value outputs;
    ND_TRY(nd_options_read(network, options, &spec, 1, &outputs));
    ND_TRY(nd_check_size(network, capacity, 0, INT_MAX, "capacity"));
    ND_TRY(nd_check_pointer(network, count, "count"));
    ND_TRY(nd_network_ready(network, network, 0));
    *count = nd_separation_sites(network, outputs.integer != 0, capacity, layers, widths);
    return NNDYN_OK;
}

int nndyn_separation_layers(nndyn_network *network, const nndyn_options *options, int64_t capacity, int64_t *layers,
                            int64_t *widths, int64_t *count)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, find_layers(network, options, capacity, layers, widths, count));
}
