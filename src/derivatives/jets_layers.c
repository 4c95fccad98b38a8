/* jets_layers.c - how jets go through each kind of layer: one row of the table a kind.
 *
 * All orders of a dense layer are one product with W and one with V, whose results stand one order higher.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include <string.h>

/* ---- dense ------------------------------------------------------------------------------------------------------ */

static int dense_forward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    const nd_layer *d = &network->layers[layer];
    const double *w = jets->pass->theta + d->first, *in = jets->value[layer];
    int64_t step = jets->n * d->out;
    int from = jets->degree[layer], to = jets->degree[layer + 1];
    double *z = jets->value[layer + 1];
    memset(z, 0, (size_t)((to + 1) * step) * sizeof *z);
    if (d->bias) {
        network->k64->set_rows(jets->n, d->out, d->bias_factor, w + d->in * d->out, z);
    }
    const double *vb = to > 0 ? nd_direction_small(v, d, layer) : NULL;
    if (vb) {
        network->k64->set_rows(jets->n, d->out, d->bias_factor, vb, z + step);
    }
    ND_TRY(network->k64->gemm(network->handle.context, 0, 1, (from + 1) * jets->n, d->out, d->in, d->weight_factor, in,
                              d->in, w, d->in, 1, z, d->out));
    if (to == 0) {
        return NNDYN_OK;
    }
    return nd_direction_multiply(v, jets, layer, 0, (from < to ? from + 1 : to) * jets->n, in, z + step);
}

static int dense_backward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    const nd_layer *d = &network->layers[layer];
    int64_t rows = jets->n * jets->rep, step = rows * d->in;
    int from = jets->back_degree[layer + 1], to = jets->back_degree[layer];
    const double *out = jets->back[layer + 1];
    double *in = jets->back[layer];
    if (to > from) {
        memset(in + to * step, 0, (size_t)step * sizeof *in);
    }
    ND_TRY(network->k64->gemm(network->handle.context, 0, 0, (from + 1) * rows, d->in, d->out, d->weight_factor, out,
                              d->out, jets->pass->theta + d->first, d->in, 0, in, d->in));
    if (to == 0) {
        return NNDYN_OK;
    }
    return nd_direction_multiply(v, jets, layer, 1, (from < to ? from + 1 : to) * rows, out, in + step);
}

void nd_jet_combine(const nd_jets *jets, int64_t boundary, int k, const double *c, double *out)
{
    const nndyn_network *network = jets->pass->network;
    int64_t width = network->layers[boundary - 1].out, rows = jets->n * jets->rep;
    const double *back = jets->back[boundary] + k * rows * width;
    memset(out, 0, (size_t)(jets->n * width) * sizeof *out);
    for (int64_t r = 0; r < rows; r++) {
        if (c[r] != 0) {
            network->k64->axpy(width, c[r], back + r * width, out + r / jets->rep * width);
        }
    }
}

static int dense_gradient(const nd_jets *jets, int64_t layer, int k, const double *c, double *g)
{
    const nndyn_network *network = jets->pass->network;
    const nd_layer *d = &network->layers[layer];
    int top = jets->back_degree[layer + 1];
    for (int j = 0; j <= k && j <= top; j++) {
        nd_jet_combine(jets, layer + 1, j, c, jets->scratch);
        if (j == k && d->bias) {
            network->k64->sum_rows(jets->n, d->out, d->bias_factor, jets->scratch, 0, g + d->in * d->out);
        }
        if (k - j <= jets->degree[layer]) {
            const double *in = jets->value[layer] + (k - j) * jets->n * d->in;
            ND_TRY(network->k64->gemm(network->handle.context, 1, 0, d->out, d->in, jets->n, d->weight_factor,
                                      jets->scratch, d->out, in, d->in, 1, g, d->in));
        }
    }
    return NNDYN_OK;
}

static void dense_collect(nd_direction *v, int64_t layer)
{
    const nndyn_network *network = v->base->pass->network;
    const nd_layer *d = &network->layers[layer];
    const double *in = v->base->value[layer];
    for (int64_t i = 0; i < v->count; i++) {
        memcpy(v->in[layer] + i * d->in, in + v->samples[i] * d->in, (size_t)d->in * sizeof *in);
    }
    if (d->bias) {
        memset(v->small[layer], 0, (size_t)d->out * sizeof *in);
        for (int64_t i = 0; i < v->count; i++) {
            network->k64->axpy(d->out, d->bias_factor, v->weighted[layer] + i * d->out, v->small[layer]);
        }
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------ */

static int activation_forward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    (void)v;
    return nd_jet_activate(jets, layer);
}

enum { PIECE = 512, ENTRIES = 32768 };

typedef struct bend {
    const nd_jets *jets;
    int64_t layer, width, chunk; /* chunk: rows of a piece of work */
} bend;

/* back[l]_k = sum_j back[l+1]_j o slope_{k-j} at `count` numbers of a row, from the highest order down: in place. */
static void bend_piece(const bend *b, int64_t at, int64_t slope_at, int64_t count)
{
    const nd_jets *jets = b->jets;
    int64_t step = jets->n * jets->rep * b->width, slope_step = jets->n * b->width;
    int top = jets->back_degree[b->layer + 1], bent = jets->slope_degree[b->layer];
    const double *from = jets->back[b->layer + 1] + at, *slope = jets->slope[b->layer] + slope_at;
    double *to = jets->back[b->layer] + at, sum[PIECE];
    for (int k = jets->back_degree[b->layer]; k >= 0; k--) {
        for (int64_t i = 0; i < count; i++) {
            sum[i] = 0;
        }
        for (int j = k > bent ? k - bent : 0; j <= k && j <= top; j++) {
            const double *x = from + j * step, *y = slope + (k - j) * slope_step;
            for (int64_t i = 0; i < count; i++) {
                sum[i] += x[i] * y[i];
            }
        }
        memcpy(to + k * step, sum, (size_t)count * sizeof *sum);
    }
}

static void bend_rows(void *user, int64_t index)
{
    const bend *b = user;
    int64_t rows = b->jets->n * b->jets->rep, first = index * b->chunk;
    int64_t end = rows - first < b->chunk ? rows : first + b->chunk;
    for (int64_t row = first; row < end; row++) {
        for (int64_t i = 0; i < b->width; i += PIECE) {
            int64_t count = b->width - i < PIECE ? b->width - i : PIECE;
            bend_piece(b, row * b->width + i, row / b->jets->rep * b->width + i, count);
        }
    }
}

static int activation_backward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    int64_t width = network->layers[layer].out, chunk = width < ENTRIES ? ENTRIES / width : 1;
    bend job = {jets, layer, width, chunk};
    (void)v;
    return nd_parallel(network->handle.context, (jets->n * jets->rep + chunk - 1) / chunk, bend_rows, &job);
}

/* ---- layers that copy and add ----------------------------------------------------------------------------------- */

static void copy(int degree, int64_t step, const double *from, double *to)
{
    memcpy(to, from, (size_t)((degree + 1) * step) * sizeof *to);
}

static int pass_forward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    (void)v;
    copy(jets->degree[layer], jets->n * jets->pass->network->layers[layer].out, jets->value[layer],
         jets->value[layer + 1]);
    return NNDYN_OK;
}

static int pass_backward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    (void)v;
    copy(jets->back_degree[layer + 1], jets->n * jets->rep * jets->pass->network->layers[layer].out,
         jets->back[layer + 1], jets->back[layer]);
    return NNDYN_OK;
}

/* The degree of the block's beginning is not above that of its end, so that all of it finds room. */
static int end_forward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    const nd_layer *end = &network->layers[layer];
    double *out = jets->value[layer + 1];
    ND_TRY(pass_forward(jets, layer, v));
    network->k64->add((jets->degree[end->partner] + 1) * jets->n * end->out, out, jets->value[end->partner], out);
    return NNDYN_OK;
}

static int begin_backward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nndyn_network *network = jets->pass->network;
    const nd_layer *begin = &network->layers[layer];
    int64_t step = jets->n * jets->rep * begin->out, across = begin->partner + 1;
    double *in = jets->back[layer];
    ND_TRY(pass_backward(jets, layer, v));
    network->k64->add((jets->back_degree[across] + 1) * step, in, jets->back[across], in);
    return NNDYN_OK;
}

const nd_jet_rules nd_jet_rules_of[] = {
    [NNDYN_DENSE] = {dense_forward, dense_backward, dense_gradient, nd_jet_dense_gram, dense_collect},
    [NNDYN_ACTIVATION] = {activation_forward, activation_backward, NULL, NULL, NULL},
    [NNDYN_BATCH_NORM] = {nd_jet_norm_forward, nd_jet_norm_backward, nd_jet_norm_gradient, nd_jet_norm_gram,
                          nd_jet_norm_collect},
    [NNDYN_DROPOUT] = {pass_forward, pass_backward, NULL, NULL, NULL},
    [NNDYN_RESIDUAL_BEGIN] = {pass_forward, begin_backward, NULL, NULL, NULL},
    [NNDYN_RESIDUAL_END] = {end_forward, pass_backward, NULL, NULL, NULL},
};
