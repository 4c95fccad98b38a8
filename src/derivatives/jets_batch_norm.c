/* jets_batch_norm.c - jets through batch norm with running statistics: an affine map of every unit by itself.
 *
 * With x^_0 = (x_0 - mean) inv, x^_k = x_k inv, inv = 1/sqrt(variance + epsilon), scale s and shift b, which move
 * along V_s and V_b:
 *
 *     y_k = s x^_k + V_s x^_{k-1} + b [k=0] + V_b [k=1]          d^in_k = inv (s d_k + V_s d_{k-1})
 *     J_k = sum_j d_j x^_{k-j} for the scales, d_k for the shifts
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include <string.h>

typedef struct norm {
    int64_t width;
    const double *mean, *inverse;
    const double *scale, *shift; /* NULL: 1 and 0 */
    const double *vs, *vb;       /* NULL: 0 */
} norm;

static norm norm_of(const nd_jets *jets, int64_t layer, const nd_direction *v)
{
    const nd_pass *pass = jets->pass;
    const nd_layer *l = &pass->network->layers[layer];
    const double *memo = pass->workspace->sites[layer].memo + pass->n * l->in;
    norm b = {.width = l->in, .mean = memo, .inverse = memo + 2 * l->in};
    if (l->affine) {
        b.scale = pass->theta + l->first;
        b.shift = b.scale + l->in;
        b.vs = nd_direction_small(v, l, layer);
        b.vb = b.vs ? b.vs + l->in : NULL;
    }
    return b;
}

/* x^_k of a sample at unit i */
static double normalized(const nd_jets *jets, int64_t layer, const norm *b, int k, int64_t sample, int64_t i)
{
    const double *x = jets->value[layer];
    if (k > jets->degree[layer]) {
        return 0;
    }
    return (x[(k * jets->n + sample) * b->width + i] - (k == 0 ? b->mean[i] : 0)) * b->inverse[i];
}

int nd_jet_norm_forward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    norm b = norm_of(jets, layer, v);
    double *y = jets->value[layer + 1];
    for (int k = 0; k <= jets->degree[layer + 1]; k++) {
        const double *constant = k == 0 ? b.shift : k == 1 ? b.vb : NULL;
        for (int64_t s = 0; s < jets->n; s++) {
            for (int64_t i = 0; i < b.width; i++) {
                double z = (b.scale ? b.scale[i] : 1) * normalized(jets, layer, &b, k, s, i);
                if (k > 0 && b.vs) {
                    z += b.vs[i] * normalized(jets, layer, &b, k - 1, s, i);
                }
                y[(k * jets->n + s) * b.width + i] = z + (constant ? constant[i] : 0);
            }
        }
    }
    return NNDYN_OK;
}

int nd_jet_norm_backward(nd_jets *jets, int64_t layer, const nd_direction *v)
{
    norm b = norm_of(jets, layer, v);
    int64_t rows = jets->n * jets->rep, step = rows * b.width;
    int from = jets->back_degree[layer + 1];
    const double *out = jets->back[layer + 1];
    double *in = jets->back[layer];
    for (int k = 0; k <= jets->back_degree[layer]; k++) {
        for (int64_t r = 0; r < step; r++) {
            int64_t i = r % b.width;
            double d = k <= from ? (b.scale ? b.scale[i] : 1) * out[k * step + r] : 0;
            if (k > 0 && b.vs) {
                d += b.vs[i] * out[(k - 1) * step + r];
            }
            in[k * step + r] = b.inverse[i] * d;
        }
    }
    return NNDYN_OK;
}

/* q (width) = what one row's J_k is at the scales */
static void scales(const nd_jets *jets, int64_t layer, const norm *b, int k, int64_t row, double *q)
{
    int64_t step = jets->n * jets->rep * b->width;
    const double *d = jets->back[layer + 1] + row * b->width;
    memset(q, 0, (size_t)b->width * sizeof *q);
    for (int j = 0; j <= k && j <= jets->back_degree[layer + 1]; j++) {
        for (int64_t i = 0; i < b->width; i++) {
            q[i] += d[j * step + i] * normalized(jets, layer, b, k - j, row / jets->rep, i);
        }
    }
}

int nd_jet_norm_gradient(const nd_jets *jets, int64_t layer, int k, const double *c, double *g)
{
    const nndyn_network *network = jets->pass->network;
    norm b = norm_of(jets, layer, NULL);
    int64_t rows = jets->n * jets->rep;
    for (int64_t r = 0; r < rows; r++) {
        scales(jets, layer, &b, k, r, jets->scratch);
        network->k64->axpy(b.width, c[r], jets->scratch, g);
        if (k <= jets->back_degree[layer + 1]) {
            network->k64->axpy(b.width, c[r], jets->back[layer + 1] + (k * rows + r) * b.width, g + b.width);
        }
    }
    return NNDYN_OK;
}

/* J_0 .. of the rows at the scales, one order behind the other. */
static nd_jet_side scale_rows(const nd_jet_rows *rows, int64_t layer, double *out)
{
    norm b = norm_of(rows->jets, layer, NULL);
    for (int k = 0; k <= rows->order; k++) {
        for (int64_t r = 0; r < rows->count; r++) {
            scales(rows->jets, layer, &b, k, rows->first + r, out + (k * rows->count + r) * b.width);
        }
    }
    return (nd_jet_side){out, rows->order, rows->count, rows->count * b.width};
}

static nd_jet_side shift_rows(const nd_jet_rows *rows, int64_t layer)
{
    const nd_jets *jets = rows->jets;
    int64_t width = jets->pass->network->layers[layer].out;
    int top = jets->back_degree[layer + 1] < rows->order ? jets->back_degree[layer + 1] : rows->order;
    return (nd_jet_side){jets->back[layer + 1] + rows->first * width, top, rows->count, jets->n * jets->rep * width};
}

static int add_products(nd_jet_block *block, nd_jet_side left, nd_jet_side right, int64_t width)
{
    int64_t ld = (right.top + 1) * right.count;
    ND_TRY(nd_jet_multiply(block->left.jets, left, right, width, block->product));
    for (int k = 0; k <= left.top; k++) {
        for (int p = 0; p <= right.top; p++) {
            int at = block->place(block, k, p);
            for (int64_t i = 0; i < left.count && at >= 0; i++) {
                const double *from = block->product + (k * left.count + i) * ld + p * right.count;
                double *to = block->sum + (at * left.count + i) * right.count;
                block->left.jets->pass->network->k64->add(right.count, to, from, to);
            }
        }
    }
    return NNDYN_OK;
}

int nd_jet_norm_gram(nd_jet_block *block, int64_t layer)
{
    int64_t width = block->left.jets->pass->network->layers[layer].out;
    ND_TRY(add_products(block, scale_rows(&block->left, layer, block->rows_left),
                        scale_rows(&block->right, layer, block->rows_right), width));
    return add_products(block, shift_rows(&block->left, layer), shift_rows(&block->right, layer), width);
}

void nd_jet_norm_collect(nd_direction *v, int64_t layer)
{
    const nd_jets *base = v->base;
    norm b = norm_of(base, layer, NULL);
    double *scale = v->small[layer], *shift = scale + b.width;
    memset(scale, 0, (size_t)(2 * b.width) * sizeof *scale);
    for (int64_t r = 0; r < v->count; r++) {
        for (int64_t i = 0; i < b.width; i++) {
            double d = v->weighted[layer][r * b.width + i];
            scale[i] += d * normalized(base, layer, &b, 0, v->samples[r], i);
            shift[i] += d;
        }
    }
}
