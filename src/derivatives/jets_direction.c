/* jets_direction.c - directions in parameter space, given or as V = J' w in factors.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include <string.h>

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static double *take(nd_arena *arena, int64_t rows, int64_t width)
{
    return nd_arena_take(arena, nd_product(rows, width), sizeof(double));
}

static void carve(nd_arena *arena, const nndyn_network *network, int64_t n, nd_direction *v)
{
    int64_t layers = network->layer_count;
    v->in = nd_arena_take(arena, layers, sizeof *v->in);
    v->weighted = nd_arena_take(arena, layers, sizeof *v->weighted);
    v->small = nd_arena_take(arena, layers, sizeof *v->small);
    v->samples = nd_arena_take(arena, n, sizeof *v->samples);
    for (int64_t l = 0; l < layers; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->count == 0) {
            continue;
        }
        double *weighted = take(arena, n, layer->out), *small = take(arena, 2, layer->out);
        double *in = layer->kind == NNDYN_DENSE ? take(arena, n, layer->in) : NULL;
        if (v->in) {
            v->in[l] = in;
            v->weighted[l] = weighted;
            v->small[l] = small;
        }
    }
}

double nd_direction_bytes(const nndyn_network *network, int64_t n)
{
    nd_arena arena = {0};
    nd_direction plan = {0};
    carve(&arena, network, n, &plan);
    return (double)sizeof plan + (double)arena.used;
}

int nd_direction_create(const nd_jets *base, void *handle, nd_direction **out)
{
    const nndyn_network *network = base->pass->network;
    nd_direction plan = {.base = base}, *v;
    if (base->order != 0 || base->rep == 0) {
        return nd_fail(handle, NNDYN_EINTERNAL, "a direction needs a base sweep of order 0, run backward");
    }
    ND_TRY(nd_check_memory(handle, nd_direction_bytes(network, base->n), "the direction"));
    carve(&plan.arena, network, base->n, &plan);
    ND_TRY(nd_allocate_for(handle, 1, sizeof *v, &v));
    *v = plan;
    int status = nd_arena_reserve(&v->arena, handle);
    if (status != NNDYN_OK) {
        nd_direction_free(v);
        return status;
    }
    carve(&v->arena, network, base->n, v);
    *out = v;
    return NNDYN_OK;
}

void nd_direction_free(nd_direction *v)
{
    if (v) {
        nndyn_context *context = v->base->pass->network->handle.context;
        nd_arena_free(&v->arena);
        nd_release(context, v);
    }
}

/* ---- V = J' w --------------------------------------------------------------------------------------------------- */

/* The samples with a weight that is not 0; the others have no part in V. */
static void choose(nd_direction *v, const double *w)
{
    int64_t rep = v->base->rep;
    v->count = 0;
    for (int64_t s = 0; s < v->base->n; s++) {
        int any = 0;
        for (int64_t m = 0; m < rep; m++) {
            any |= w[s * rep + m] != 0;
        }
        if (any) {
            v->samples[v->count++] = s;
        }
    }
}

/* dw of the chosen samples at the output of a layer. */
static void weigh(nd_direction *v, int64_t layer, const double *w)
{
    const nd_jets *base = v->base;
    const nndyn_network *network = base->pass->network;
    int64_t width = network->layers[layer].out, rep = base->rep;
    double *out = v->weighted[layer];
    memset(out, 0, (size_t)(v->count * width) * sizeof *out);
    for (int64_t i = 0; i < v->count; i++) {
        for (int64_t r = v->samples[i] * rep; r < (v->samples[i] + 1) * rep; r++) {
            if (w[r] != 0) {
                network->k64->axpy(width, w[r], base->back[layer + 1] + r * width, out + i * width);
            }
        }
    }
}

int nd_direction_set(nd_direction *v, void *handle, const double *w)
{
    const nndyn_network *network = v->base->pass->network;
    if (!network->k64->all_finite(v->base->n * v->base->rep, w)) {
        return nd_fail(handle, NNDYN_ENUMERIC, "a weight of the direction is not finite");
    }
    choose(v, w);
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].count > 0) {
            weigh(v, l, w);
            nd_jet_rules_of[network->layers[l].kind].collect(v, l);
        }
    }
    return NNDYN_OK;
}

/* ---- products --------------------------------------------------------------------------------------------------- */

int nd_direction_multiply(const nd_direction *v, nd_jets *jets, int64_t layer, int back, int64_t rows, const double *in,
                          double *out)
{
    const nndyn_network *network = jets->pass->network;
    nndyn_context *context = network->handle.context;
    const nd_layer *d = &network->layers[layer];
    int64_t from = back ? d->out : d->in, to = back ? d->in : d->out;
    if (v->u) {
        return network->k64->gemm(context, 0, !back, rows, to, from, d->weight_factor, in, from, v->u + d->first, d->in,
                                  1, out, to);
    }
    const double *left = back ? v->weighted[layer] : v->in[layer], *right = back ? v->in[layer] : v->weighted[layer];
    double wf2 = d->weight_factor * d->weight_factor;
    for (int64_t i = 0; i < v->count; i += ND_JET_BLOCK) {
        int64_t count = v->count - i < ND_JET_BLOCK ? v->count - i : ND_JET_BLOCK;
        ND_TRY(network->k64->gemm(context, 0, 1, rows, count, from, wf2, in, from, left + i * from, from, 0,
                                  jets->scratch, count));
        ND_TRY(network->k64->gemm(context, 0, 0, rows, to, count, 1, jets->scratch, count, right + i * to, to, 1, out,
                                  to));
    }
    return NNDYN_OK;
}

const double *nd_direction_small(const nd_direction *v, const nd_layer *layer, int64_t number)
{
    if (!v || (layer->kind == NNDYN_DENSE ? !layer->bias : layer->count == 0)) {
        return NULL;
    }
    if (v->u) {
        return v->u + layer->first + (layer->kind == NNDYN_DENSE ? layer->in * layer->out : 0);
    }
    return v->small[number];
}
