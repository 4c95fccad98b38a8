/* batch_norm_tangent.c - tangents through batch norm: affine in evaluation, coupled over the batch in training.
 *
 * With x^ = (x - mean) inv, inv = 1/sqrt(variance + epsilon), scale s, shift b, p = D s, and mean[.] the mean over
 * the batch:
 *
 *     evaluation   y. = s inv x. + s. x^ + b.          D_in. = inv (s D. + s. D)
 *     training     x^. = N(x.), inv./inv = -inv mean[x^ x.]
 *                  y. = s x^. + s. x^ + b.
 *                  D_in = N(p)
 *                  D_in. = N(p.) - inv (x^. mean[p x^] + x^ mean[p x^.] + mean[x^ x.] D_in),  p. = s D. + s. D
 *     both         g_s = 1'(D o x^), g_s. = 1'(D. o x^ + D o x^.), g_b. = 1'D.
 *
 * N(v) = inv (v - mean[v] - x^ mean[v x^]) is symmetric and does forward tangents and sensitivities alike.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/tangent.h"
#include <string.h>

/* One batch norm layer in a pass, with names. */
typedef struct norm {
    const nd_kernels_f64 *k;
    int64_t n, width, first;
    int training;
    const double *xhat, *inverse, *scale; /* scale: NULL for ones */
    const double *d, *din;
} norm;

static norm norm_of(const nd_pass *pass, int64_t layer)
{
    const nd_layer *l = &pass->network->layers[layer];
    const nd_site_f64 *site = &pass->workspace->sites[layer];
    return (norm){.k = pass->network->k64,
                  .n = pass->n,
                  .width = l->in,
                  .first = l->first,
                  .training = pass->mode.training,
                  .xhat = site->memo,
                  .inverse = site->memo + (pass->n + 2) * l->in,
                  .scale = l->affine ? pass->theta + l->first : NULL,
                  .d = site->dout,
                  .din = site->din};
}

/* out = N(v o scale), in evaluation inv o scale o v; in place */
static void normalized(const norm *b, int64_t rows, const double *v, const double *scale, double *out)
{
    if (b->training) {
        b->k->normalize_backward(rows, b->width, b->xhat, b->inverse, scale, v, out);
    } else {
        b->k->scale_shift(rows, b->width, v, scale, NULL, out);
        b->k->scale_shift(rows, b->width, out, b->inverse, NULL, out);
    }
}

int nd_batch_norm_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    norm b = norm_of(pass, layer);
    const double *in = tangent->value[layer];
    double *out = tangent->value[layer + 1];
    int64_t rows = b.n * tangent->rep;
    if (in) {
        normalized(&b, rows, in, NULL, out);
        b.k->scale_shift(rows, b.width, out, b.scale, NULL, out);
    } else {
        memset(out, 0, (size_t)(rows * b.width) * sizeof *out);
    }
    if (u && b.scale) {
        b.k->scale_shift(b.n, b.width, b.xhat, u + b.first, u + b.first + b.width, tangent->scratch);
        b.k->add(b.n * b.width, out, tangent->scratch, out);
    }
    return NNDYN_OK;
}

/* sums[j] = mean over the batch of x_j y_j */
static void mean_products(const norm *b, const double *x, const double *y, double *means)
{
    memset(means, 0, (size_t)b->width * sizeof *means);
    for (int64_t s = 0; s < b->n; s++) {
        for (int64_t j = 0; j < b->width; j++) {
            means[j] += x[s * b->width + j] * y[s * b->width + j];
        }
    }
    for (int64_t j = 0; j < b->width; j++) {
        means[j] /= (double)b->n;
    }
}

/* out -= inv (x^. mean[p x^] + x^ mean[p x^.] + mean[x^ x.] D_in): how N itself moves with the batch */
static void moving_normalization(const norm *b, const double *xdot, double *scratch, double *out)
{
    int64_t width = b->width;
    double *xhatdot = scratch, *first = scratch + b->n * width, *second = first + width, *third = second + width;
    normalized(b, b->n, xdot, NULL, xhatdot);
    mean_products(b, b->d, b->xhat, first);
    mean_products(b, b->d, xhatdot, second);
    mean_products(b, b->xhat, xdot, third);
    for (int64_t s = 0; s < b->n; s++) {
        for (int64_t j = 0; j < width; j++) {
            int64_t i = s * width + j;
            double scale = b->scale ? b->scale[j] : 1;
            out[i] -= b->inverse[j] * (scale * (xhatdot[i] * first[j] + b->xhat[i] * second[j]) + third[j] * b->din[i]);
        }
    }
}

int nd_batch_norm_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    norm b = norm_of(pass, layer);
    double *in = tangent->back[layer];
    normalized(&b, b.n * tangent->rep, tangent->back[layer + 1], b.scale, in);
    if (u && b.scale) {
        normalized(&b, b.n, b.d, u + b.first, tangent->scratch);
        b.k->add(b.n * b.width, in, tangent->scratch, in);
    }
    if (b.training && tangent->value[layer]) {
        moving_normalization(&b, tangent->value[layer], tangent->scratch, in);
    }
    return NNDYN_OK;
}

int nd_batch_norm_gradient(const nd_pass *pass, int64_t layer, const nd_tangent *tangent, double *g)
{
    norm b = norm_of(pass, layer);
    const double *back = tangent->back[layer + 1];
    double *part = tangent->scratch;
    b.k->multiply(b.n * b.width, back, b.xhat, part);
    b.k->sum_rows(b.n, b.width, pass->scale, part, 0, g);
    if (tangent->value[layer]) {
        normalized(&b, b.n, tangent->value[layer], NULL, part);
        b.k->multiply(b.n * b.width, part, b.d, part);
        b.k->sum_rows(b.n, b.width, pass->scale, part, 1, g);
    }
    b.k->sum_rows(b.n, b.width, pass->scale, back, 0, g + b.width);
    return NNDYN_OK;
}

/* q = D. o x^ + D o inv o x., row by row: the gradient's tangent for the scales, explicit. */
static void scale_rows(const norm *b, const nd_tangent_rows *rows, int64_t layer, double *q)
{
    const nd_tangent *tangent = rows->tangent;
    for (int64_t r = 0; r < rows->count; r++) {
        int64_t row = rows->first + r, sample = row / tangent->rep * b->width;
        const double *back = tangent->back[layer + 1] + row * b->width;
        const double *value = tangent->value[layer] ? tangent->value[layer] + row * b->width : NULL;
        for (int64_t j = 0; j < b->width; j++) {
            double moved = value ? b->d[sample + j] * b->inverse[j] * value[j] : 0;
            q[r * b->width + j] = back[j] * b->xhat[sample + j] + moved;
        }
    }
}

int nd_batch_norm_gram(const nd_gram_block *block, int64_t layer, int parts)
{
    const nd_pass *pass = block->pass;
    norm b = norm_of(pass, layer);
    nndyn_context *context = pass->network->handle.context;
    const nd_tangent_rows *l = &block->left, *r = &block->right;
    if (parts & ND_WEIGHTS) {
        scale_rows(&b, l, layer, block->ql);
        scale_rows(&b, r, layer, block->qr);
        ND_TRY(b.k->gemm(context, 0, 1, l->count, r->count, b.width, 1, block->ql, b.width, block->qr, b.width, 1,
                         block->sum, r->count));
    }
    if (parts & ND_BIASES) {
        ND_TRY(b.k->gemm(context, 0, 1, l->count, r->count, b.width, 1,
                         l->tangent->back[layer + 1] + l->first * b.width, b.width,
                         r->tangent->back[layer + 1] + r->first * b.width, b.width, 1, block->sum, r->count));
    }
    return NNDYN_OK;
}

void nd_batch_norm_norms(const nd_pass *pass, int64_t layer, double *scratch, double *squares)
{
    norm b = norm_of(pass, layer);
    (void)scratch;
    for (int64_t s = 0; s < b.n; s++) {
        const double *d = b.d + s * b.width, *xhat = b.xhat + s * b.width;
        for (int64_t j = 0; j < b.width; j++) {
            squares[s] += d[j] * d[j] * (xhat[j] * xhat[j] + 1);
        }
    }
}
