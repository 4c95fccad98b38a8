/* jets.c - sweeps of Taylor jets: their memory, and the order of calls.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include "derivatives/tangent.h"
#include "kernels/blas.h"
#include <string.h>

/* ---- degrees ---------------------------------------------------------------------------------------------------- */

/* Along the network degrees never fall, so that one number runs along, through residual blocks too. */
static int forward_degree(const nd_layer *layer, int order, int degree)
{
    int moves = layer->kind == NNDYN_DENSE || (layer->kind == NNDYN_BATCH_NORM && layer->affine);
    if (moves) {
        return degree < order ? degree + 1 : order;
    }
    int bends = layer->kind == NNDYN_ACTIVATION && nd_jet_bends(&layer->activation);
    return bends && degree > 0 ? order : degree;
}

static int degree_at(const nndyn_network *network, int order, int64_t boundary)
{
    int degree = 0;
    for (int64_t l = 0; l < boundary; l++) {
        degree = forward_degree(&network->layers[l], order, degree);
    }
    return degree;
}

/* Of f'(z), by the degree of z. */
static int slope_degree(const nd_layer *layer, int order, int degree)
{
    return degree > 0 && nd_jet_bends(&layer->activation) ? order : 0;
}

static int backward_degree(const nndyn_network *network, int64_t layer, int order, int degree)
{
    const nd_layer *l = &network->layers[layer];
    if (l->kind == NNDYN_ACTIVATION) {
        int slope = slope_degree(l, order, degree_at(network, order, layer));
        return slope > degree ? slope : degree;
    }
    return forward_degree(l, order, degree);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static double *take(nd_arena *arena, int64_t coefficients, int64_t rows, int64_t width)
{
    return nd_arena_take(arena, nd_product(nd_product(coefficients, rows), width), sizeof(double));
}

static void carve_forward(nd_arena *arena, const nndyn_network *network, nd_jets *jets)
{
    int degree = 0;
    for (int64_t b = 0; b <= network->layer_count; b++) {
        const nd_layer *layer = b > 0 ? &network->layers[b - 1] : NULL;
        int slope = -1;
        double *slopes = NULL;
        if (layer && layer->kind == NNDYN_ACTIVATION) {
            slope = slope_degree(layer, jets->order, degree);
            slopes = take(arena, slope + 1, jets->n, layer->out);
        }
        degree = layer ? forward_degree(layer, jets->order, degree) : 0;
        double *array = take(arena, degree + 1, jets->n, nd_boundary_width(network, b));
        if (array) {
            jets->degree[b] = degree;
            jets->value[b] = array;
        }
        if (array && layer) {
            jets->slope[b - 1] = slopes;
            jets->slope_degree[b - 1] = slope;
        }
    }
}

/* An activation's backward step works in place: its two boundaries share one array. */
static void carve_backward(nd_arena *arena, const nndyn_network *network, nd_jets *jets)
{
    int64_t rows = jets->n * jets->rep, last = network->layer_count, stop = 0;
    int degree = 0;
    while (stop < last - 1 && network->layers[stop].count == 0) {
        stop++;
    }
    for (int64_t b = last; b > stop; b--) {
        int below = backward_degree(network, b - 1, jets->order, degree);
        int shared = network->layers[b - 1].kind == NNDYN_ACTIVATION && b - 1 > stop;
        int mine = b < last && network->layers[b].kind == NNDYN_ACTIVATION; /* array of the boundary above */
        double *array = mine && jets->back ? jets->back[b + 1] : NULL;
        if (!mine) {
            array = take(arena, (shared ? below : degree) + 1, rows, nd_boundary_width(network, b));
        }
        if (jets->back) {
            jets->back[b] = array;
            jets->back_degree[b] = degree;
        }
        degree = below;
    }
}

static void carve(nd_arena *arena, const nndyn_network *network, nd_jets *jets)
{
    int64_t layers = network->layer_count;
    int64_t rows = jets->rep > 1 ? nd_product(jets->n, jets->rep) : jets->n;
    jets->degree = nd_arena_take(arena, layers + 1, sizeof *jets->degree);
    jets->value = nd_arena_take(arena, layers + 1, sizeof *jets->value);
    jets->slope = nd_arena_take(arena, layers, sizeof *jets->slope);
    jets->slope_degree = nd_arena_take(arena, layers, sizeof *jets->slope_degree);
    jets->back_degree = nd_arena_take(arena, layers + 1, sizeof *jets->back_degree);
    jets->back = nd_arena_take(arena, layers + 1, sizeof *jets->back);
    int64_t products = nd_product(nd_product(jets->order, rows), ND_JET_BLOCK);
    int64_t combined = nd_product(jets->n, nd_network_width(network));
    jets->scratch = take(arena, 1, 1, products > combined ? products : combined);
    carve_forward(arena, network, jets);
    if (jets->rep > 0) {
        carve_backward(arena, network, jets);
    }
}

double nd_jets_bytes(const nndyn_network *network, int64_t n, int order, int64_t rep)
{
    nd_arena arena = {0};
    nd_jets plan = {.order = order, .n = n, .rep = rep};
    carve(&arena, network, &plan);
    return (double)sizeof plan + (double)arena.used;
}

static int check_kinds(const nd_pass *pass, void *handle)
{
    static const int kinds[] = {NNDYN_BATCH_NORM, NNDYN_DROPOUT};
    for (int i = 0; i < 2 && pass->mode.training; i++) {
        int64_t layer = nd_network_find(pass->network, kinds[i]);
        if (layer >= 0) {
            return nd_fail(handle, NNDYN_EUNSUPPORTED,
                           "Taylor jets are there in evaluation mode only, and layer %lld is a %s; set \"mode\" to "
                           "\"evaluation\"",
                           (long long)layer, kinds[i] == NNDYN_BATCH_NORM ? "batch norm" : "dropout");
        }
    }
    return NNDYN_OK;
}

/* Activations of the library have all orders; custom ones those they were given with. */
static int check_activations(const nd_pass *pass, void *handle, int order, int64_t rep)
{
    const nndyn_network *network = pass->network;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_activation *f = &network->layers[l].activation;
        int moves = degree_at(network, order, l) > 0, need = (moves ? order : 0) + (rep > 0);
        int custom = network->layers[l].kind == NNDYN_ACTIVATION && f->kind == NNDYN_CUSTOM_ACTIVATION;
        if (custom && f->order < need) {
            return nd_fail(handle, NNDYN_EUNSUPPORTED,
                           "layer %lld is a custom activation with derivatives to order %d; jets of %s to order %d "
                           "need order %d: ask for a lower order or use an activation of the library",
                           (long long)l, f->order, rep > 0 ? "gradients" : "outputs", order, need);
        }
    }
    return NNDYN_OK;
}

int nd_jets_create(const nd_pass *pass, void *handle, int order, int64_t rep, nd_jets **out)
{
    nndyn_context *context = pass->network->handle.context;
    nd_jets plan = {.pass = pass, .order = order, .n = pass->n, .rep = rep}, *jets;
    ND_TRY(nd_check_size(handle, order, 0, ND_JET_ORDER, "order"));
    ND_TRY(nd_check_size(handle, nd_product((order + 1) * pass->n, rep > 1 ? rep : 1), 1, ND_BLAS_MOST,
                         "(order + 1) n outputs"));
    ND_TRY(check_kinds(pass, handle));
    ND_TRY(check_activations(pass, handle, order, rep));
    ND_TRY(nd_check_memory(handle, nd_jets_bytes(pass->network, pass->n, order, rep), "the jets at all layers"));
    plan.arena.context = context;
    carve(&plan.arena, pass->network, &plan);
    ND_TRY(nd_allocate_for(handle, 1, sizeof *jets, &jets));
    *jets = plan;
    int status = nd_arena_reserve(&jets->arena, handle);
    if (status != NNDYN_OK) {
        nd_jets_free(jets);
        return status;
    }
    carve(&jets->arena, pass->network, jets);
    memcpy(jets->value[0], pass->x, (size_t)(jets->n * pass->network->inputs) * sizeof *pass->x);
    *out = jets;
    return NNDYN_OK;
}

void nd_jets_free(nd_jets *jets)
{
    if (jets) {
        nndyn_context *context = jets->pass->network->handle.context;
        nd_arena_free(&jets->arena);
        nd_release(context, jets);
    }
}

/* ---- the order of calls ----------------------------------------------------------------------------------------- */

static int explain(void *handle, int status, const nndyn_network *network, int64_t layer)
{
    if (status == NNDYN_OK) {
        return status;
    }
    return network->layers[layer].activation.kind == NNDYN_CUSTOM_ACTIVATION
               ? nd_fail(handle, status, "the custom activation of layer %lld reported failure", (long long)layer)
               : nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)layer);
}

static int check_direction(const nd_jets *jets, void *handle, const nd_direction *v)
{
    if (jets->order > 0 && !v) {
        return nd_fail(handle, NNDYN_EINTERNAL, "jets of order %d need a direction", jets->order);
    }
    return NNDYN_OK;
}

int nd_jets_forward(nd_jets *jets, void *handle, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    int64_t last = network->layer_count, count = (jets->degree[last] + 1) * jets->n * nd_network_outputs(network);
    ND_TRY(check_direction(jets, handle, v));
    for (int64_t l = 0; l < last; l++) {
        int status = nd_jet_rules_of[network->layers[l].kind].forward(jets, l, v);
        ND_TRY(explain(handle, status, network, l));
    }
    if (!network->k64->all_finite(count, jets->value[last])) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "a Taylor coefficient of the outputs is not finite: the direction is too long, parameters or "
                       "inputs are too large, or a derivative is infinite at this point");
    }
    return NNDYN_OK;
}

static void seed(const nd_jets *jets, const double *seeds)
{
    int64_t outputs = nd_network_outputs(jets->pass->network), rows = jets->n * jets->rep;
    double *back = jets->back[jets->pass->network->layer_count];
    if (seeds) {
        memcpy(back, seeds, (size_t)(rows * outputs) * sizeof *back);
        return;
    }
    memset(back, 0, (size_t)(rows * outputs) * sizeof *back);
    for (int64_t r = 0; r < rows; r++) {
        back[r * outputs + r % outputs] = 1;
    }
}

int nd_jets_backward(nd_jets *jets, void *handle, const nd_direction *v, const double *seeds)
{
    const nndyn_network *network = jets->pass->network;
    ND_TRY(check_direction(jets, handle, v));
    if (jets->rep == 0 || (!seeds && jets->rep != nd_network_outputs(network))) {
        return nd_fail(handle, NNDYN_EINTERNAL, "the sweep has %lld cotangents a sample", (long long)jets->rep);
    }
    seed(jets, seeds);
    for (int64_t l = network->layer_count - 1; l >= 0 && jets->back[l]; l--) {
        ND_TRY(explain(handle, nd_jet_rules_of[network->layers[l].kind].backward(jets, l, v), network, l));
    }
    return NNDYN_OK;
}

const double *nd_jets_output(const nd_jets *jets, int k)
{
    const nndyn_network *network = jets->pass->network;
    int64_t last = network->layer_count;
    return k <= jets->degree[last] ? jets->value[last] + k * jets->n * nd_network_outputs(network) : NULL;
}

int nd_jets_gradient(const nd_jets *jets, void *handle, int k, const double *c, double *g)
{
    const nndyn_network *network = jets->pass->network;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->count > 0) {
            memset(g + layer->first, 0, (size_t)layer->count * sizeof *g);
            int status = nd_jet_rules_of[layer->kind].gradient(jets, l, k, c, g + layer->first);
            ND_TRY(explain(handle, status, network, l));
        }
    }
    return NNDYN_OK;
}
