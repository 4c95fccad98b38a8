/* pull.c - directions J'w of the parameters in factored form, and tangents pushed along them.
 *
 * Along V = J'w a dense layer moves by
 *
 *     Z. = wf A. W' + wf^2 (A_at A') dw + bf^2 1 (1'dw)
 *
 * with A_at its inputs where the tangent is wanted, A and dw inputs and sensitivities at the direction's own samples.
 * The middle term is taken from either side, whichever costs less: as (A_at A') dw, rows of A_at at a time, or as A_at
 * (A' dw), with the layer's own part of V formed and gone again.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/kernel_terms.h"
#include "derivatives/tangent.h"
#include <string.h>

enum { ROWS = 256, BACK_ONLY = ND_TANGENT_ZERO_BELOW | ND_TANGENT_NO_INPUTS };
enum { PUSHED = ND_TANGENT_FIXED_INPUTS | ND_TANGENT_FORWARD_ONLY };

static int explain(void *handle, int status, int64_t layer)
{
    return status == NNDYN_OK
               ? status
               : nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)layer);
}

/* ---- directions -------------------------------------------------------------------------------------------------- */

int nd_pull_create(const nd_pass *pass, void *handle, const nd_kernel_spec *spec, nd_pull **out)
{
    nd_pull *direction;
    ND_TRY(nd_allocate_for(handle, 1, sizeof *direction, &direction));
    *direction = (nd_pull){.pass = pass, .spec = *spec};
    int status = nd_tangent_create(pass, handle, 1, BACK_ONLY, &direction->back);
    if (status != NNDYN_OK) {
        nd_pull_free(nd_handle_context(handle), direction);
        return status;
    }
    *out = direction;
    return NNDYN_OK;
}

void nd_pull_free(nndyn_context *context, nd_pull *direction)
{
    if (direction) {
        nd_tangent_free(context, direction->back);
        nd_release(context, direction);
    }
}

double nd_pull_bytes(const nndyn_network *network, int64_t n)
{
    return (double)sizeof(nd_pull) + nd_tangent_bytes(network, n, 1, BACK_ONLY);
}

int nd_pull_set(nd_pull *direction, void *handle, const double *w)
{
    const nndyn_network *network = direction->pass->network;
    int64_t count = direction->pass->n * nd_network_outputs(network);
    memcpy(direction->back->back[network->layer_count], w, (size_t)count * sizeof *w);
    return nd_tangent_backward(direction->pass, handle, NULL, direction->back);
}

int nd_pull_parameters(const nd_pull *direction, void *handle, double *u)
{
    return nd_tangent_gradient(direction->pass, handle, direction->back, u);
}

/* scales (width) = sum_i dw_i o x^_i, shifts (width) = sum_i dw_i; part: one row */
static void norm_sums(const nd_pull *v, int64_t layer, double *scales, double *shifts, double *part)
{
    const nd_kernels_f64 *k = v->pass->network->k64;
    int64_t width = v->pass->network->layers[layer].out;
    const double *dw = v->back->back[layer + 1], *xhat = v->pass->workspace->sites[layer].memo;
    memset(scales, 0, (size_t)width * sizeof *scales);
    for (int64_t s = 0; s < v->pass->n; s++) {
        k->multiply(width, dw + s * width, xhat + s * width, part);
        k->add(width, scales, part, scales);
    }
    k->sum_rows(v->pass->n, width, 1, dw, 0, shifts);
}

/* ---- products of two directions ---------------------------------------------------------------------------------- */

typedef struct pair {
    const nd_pull *v, *v2;
    double *inputs, *sensitivities; /* ROWS x samples of v2 each, or sums of batch norm */
} pair;

static int64_t pair_room(const pair *p)
{
    int64_t rows = p->v->pass->n < ROWS ? p->v->pass->n : ROWS, width = nd_batch_norm_width(p->v->pass->network);
    int64_t tile = nd_product(rows, p->v2->pass->n);
    return tile > 3 * width ? tile : 3 * width;
}

static int dense_dot(const pair *p, int64_t l, double *dot)
{
    const nndyn_network *network = p->v->pass->network;
    const nd_layer *d = &network->layers[l];
    const double *a = p->v->pass->workspace->sites[l].in, *a2 = p->v2->pass->workspace->sites[l].in;
    const double *dw = p->v->back->back[l + 1], *dw2 = p->v2->back->back[l + 1];
    nd_kernel_factors factors = nd_kernel_factors_of(network, &p->v->spec, l);
    int64_t n = p->v->pass->n, n2 = p->v2->pass->n;
    for (int64_t first = 0; first < n; first += ROWS) {
        int64_t rows = n - first < ROWS ? n - first : ROWS;
        for (int64_t i = 0; i < rows * n2; i++) {
            p->inputs[i] = factors.biases;
        }
        ND_TRY(network->k64->gemm(network->handle.context, 0, 1, rows, n2, d->in, factors.weights, a + first * d->in,
                                  d->in, a2, d->in, 1, p->inputs, n2));
        ND_TRY(network->k64->gemm(network->handle.context, 0, 1, rows, n2, d->out, 1, dw + first * d->out, d->out, dw2,
                                  d->out, 0, p->sensitivities, n2));
        *dot += network->k64->dot(rows * n2, p->inputs, p->sensitivities);
    }
    return NNDYN_OK;
}

static void norm_dot(const pair *p, int64_t l, double *dot)
{
    const nndyn_network *network = p->v->pass->network;
    int64_t width = network->layers[l].out;
    norm_sums(p->v, l, p->inputs, p->inputs + width, p->inputs + 2 * width);
    norm_sums(p->v2, l, p->sensitivities, p->sensitivities + width, p->sensitivities + 2 * width);
    *dot += network->k64->dot(2 * width, p->inputs, p->sensitivities);
}

static int sum_dots(const pair *p, void *handle, double *dot)
{
    const nndyn_network *network = p->v->pass->network;
    double sum = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].count == 0) {
            continue;
        }
        if (network->layers[l].kind == NNDYN_BATCH_NORM) {
            norm_dot(p, l, &sum);
        } else {
            ND_TRY(explain(handle, dense_dot(p, l, &sum), l));
        }
    }
    *dot = sum;
    return NNDYN_OK;
}

int nd_pull_dot(const nd_pull *direction, const nd_pull *other, void *handle, double *dot)
{
    pair p = {.v = direction, .v2 = other};
    int64_t room = pair_room(&p);
    ND_TRY(nd_check_memory(handle, 16 * (double)room, "products of two directions"));
    ND_TRY(nd_allocate_for(handle, nd_product(2, room), sizeof *p.inputs, &p.inputs));
    p.sensitivities = p.inputs + room;
    int status = sum_dots(&p, handle, dot);
    nd_release(nd_handle_context(handle), p.inputs);
    return status;
}

/* ---- pushing ----------------------------------------------------------------------------------------------------- */

/* Whether the layer's own part of V is formed: 2 (n + n') in out flops against 2 n n' (in + out). */
static int is_formed(const nd_layer *d, int64_t n, int64_t samples)
{
    double in = (double)d->in, out = (double)d->out, at = (double)n, from = (double)samples;
    return (at + from) * in * out < at * from * (in + out);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Room for a row of biases (or what batch norm moves by), then for the product in the middle. */
static int64_t room_of(const nndyn_network *network, int64_t n, int64_t samples)
{
    int64_t rows = n < ROWS ? n : ROWS, most = 3 * nd_batch_norm_width(network);
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *d = &network->layers[l];
        if (d->kind == NNDYN_DENSE) {
            int64_t middle = is_formed(d, n, samples) ? nd_product(d->in, d->out) : nd_product(rows, samples);
            most = larger(most, d->out + middle);
        }
    }
    return most;
}

static void carve(nd_arena *arena, const nndyn_network *network, int64_t n, int64_t samples, nd_push *push)
{
    push->room = nd_arena_take(arena, room_of(network, n, samples), sizeof *push->room);
}

double nd_push_bytes(const nndyn_network *network, int64_t n, int64_t samples)
{
    nd_arena arena = {0};
    nd_push plan = {0};
    carve(&arena, network, n, samples, &plan);
    return (double)sizeof plan + (double)arena.used + nd_tangent_bytes(network, n, 1, PUSHED);
}

static int build(nd_push *push, void *handle)
{
    const nndyn_network *network = push->pass->network;
    ND_TRY(nd_tangent_create(push->pass, handle, 1, PUSHED, &push->along));
    carve(&push->arena, network, push->pass->n, push->samples, push);
    ND_TRY(nd_arena_reserve(&push->arena, handle));
    carve(&push->arena, network, push->pass->n, push->samples, push);
    return NNDYN_OK;
}

int nd_push_create(const nd_pass *pass, void *handle, int64_t samples, nd_push **out)
{
    nd_push *push;
    ND_TRY(nd_check_memory(handle, nd_push_bytes(pass->network, pass->n, samples), "tangents along a direction"));
    ND_TRY(nd_allocate_for(handle, 1, sizeof *push, &push));
    *push = (nd_push){.pass = pass, .samples = samples};
    int status = build(push, handle);
    if (status != NNDYN_OK) {
        nd_push_free(nd_handle_context(handle), push);
        return status;
    }
    *out = push;
    return NNDYN_OK;
}

void nd_push_free(nndyn_context *context, nd_push *push)
{
    if (push) {
        nd_tangent_free(context, push->along);
        nd_arena_free(&push->arena);
        nd_release(context, push);
    }
}

/* z += weights (A_at A') dw */
static int add_weights(const nd_push *push, const nd_pull *v, int64_t l, double weights, double *z)
{
    const nndyn_network *network = push->pass->network;
    nndyn_context *context = network->handle.context;
    const nd_layer *d = &network->layers[l];
    const double *at = push->pass->workspace->sites[l].in, *a = v->pass->workspace->sites[l].in;
    const double *dw = v->back->back[l + 1];
    double *middle = push->room + d->out;
    int64_t n = push->pass->n, samples = v->pass->n;
    if (is_formed(d, n, push->samples)) {
        ND_TRY(
            network->k64->gemm(context, 1, 0, d->out, d->in, samples, weights, dw, d->out, a, d->in, 0, middle, d->in));
        return network->k64->gemm(context, 0, 1, n, d->out, d->in, 1, at, d->in, middle, d->in, 1, z, d->out);
    }
    for (int64_t first = 0; first < n; first += ROWS) {
        int64_t rows = n - first < ROWS ? n - first : ROWS;
        ND_TRY(network->k64->gemm(context, 0, 1, rows, samples, d->in, weights, at + first * d->in, d->in, a, d->in, 0,
                                  middle, samples));
        ND_TRY(network->k64->gemm(context, 0, 0, rows, d->out, samples, 1, middle, samples, dw, d->out, 1,
                                  z + first * d->out, d->out));
    }
    return NNDYN_OK;
}

static int push_dense(const nd_push *push, const nd_pull *v, int64_t l)
{
    const nndyn_network *network = push->pass->network;
    const nd_layer *d = &network->layers[l];
    const double *in = push->along->value[l];
    double *z = push->along->value[l + 1];
    nd_kernel_factors factors = nd_kernel_factors_of(network, &v->spec, l);
    int64_t n = push->pass->n;
    if (factors.biases > 0) {
        network->k64->sum_rows(v->pass->n, d->out, factors.biases, v->back->back[l + 1], 0, push->room);
        network->k64->set_rows(n, d->out, 1, push->room, z);
    } else {
        memset(z, 0, (size_t)(n * d->out) * sizeof *z);
    }
    if (in) {
        ND_TRY(network->k64->gemm(network->handle.context, 0, 1, n, d->out, d->in, d->weight_factor, in, d->in,
                                  push->pass->theta + d->first, d->in, 1, z, d->out));
    }
    return add_weights(push, v, l, factors.weights, z);
}

static int push_batch_norm(const nd_push *push, const nd_pull *v, int64_t l)
{
    const nndyn_network *network = push->pass->network;
    int64_t width = network->layers[l].out;
    const double *xhat = push->pass->workspace->sites[l].memo;
    double *scales = push->room, *shifts = scales + width, *part = shifts + width;
    ND_TRY(nd_batch_norm_forward(push->pass, l, NULL, push->along));
    norm_sums(v, l, scales, shifts, part);
    for (int64_t s = 0; s < push->pass->n; s++) {
        double *z = push->along->value[l + 1] + s * width;
        network->k64->multiply(width, scales, xhat + s * width, part);
        network->k64->add(width, z, part, z);
        network->k64->add(width, z, shifts, z);
    }
    return NNDYN_OK;
}

static int push_layer(const nd_push *push, const nd_pull *v, int64_t l)
{
    const nd_layer *layer = &push->pass->network->layers[l];
    if (layer->kind == NNDYN_DENSE) {
        return push_dense(push, v, l);
    }
    if (layer->kind == NNDYN_BATCH_NORM && layer->count > 0) {
        return push_batch_norm(push, v, l);
    }
    return nd_layer_rules_of[layer->kind].forward(push->pass, l, NULL, push->along);
}

int nd_push_apply(nd_push *push, void *handle, const nd_pull *direction, double *out)
{
    const nndyn_network *network = push->pass->network;
    if (direction->pass->n > push->samples) {
        return nd_fail(handle, NNDYN_EINTERNAL, "a direction of %lld samples where there is room for %lld",
                       (long long)direction->pass->n, (long long)push->samples);
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (push->along->value[l + 1]) {
            ND_TRY(explain(handle, push_layer(push, direction, l), l));
        }
    }
    if (out) {
        const double *last = push->along->value[network->layer_count];
        size_t bytes = (size_t)(push->pass->n * nd_network_outputs(network)) * sizeof *out;
        if (last) {
            memcpy(out, last, bytes);
        } else {
            memset(out, 0, bytes);
        }
    }
    return NNDYN_OK;
}
