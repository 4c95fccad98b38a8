/* gram.c - inner products of gradient tangents, without any of them.
 *
 * The gradient of sample s in the weights of a dense layer is wf d_s a_s', its tangent along row r is wf (d.r a_s' +
 * d_s a.r'), and so the inner product over the weights of rows r (sample s) and r' (sample s') is
 *
 *     wf^2 [ (a_s.a_s') (d.r.d.r') + (d_s.d_s') (a.r.a.r') + (d.r.d_s') (a_s.a.r') + (a.r.a_s') (d_s.d.r') ]
 *
 * and over the biases bf^2 (d.r.d.r').  Each factor is one matrix product for a whole block of rows:
 *
 *     (A A' o D. D.') + (D D' o A. A.') + (D. D')(A A.') + (A. A')(D D.')
 *
 * Blocks have at most ROWS rows and columns, so memory does not grow with the batch.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/tangent.h"
#include <string.h>

enum { ROWS = 512 };

/* ---- the dense layer -------------------------------------------------------------------------------------------- */

/* What a product needs of one side: rows of n*rep x width (tangents) or of n x width (the pass). */
typedef struct side {
    const double *rows;
    int64_t count;
} side;

static side tangents(const nd_tangent_rows *rows, double *const *arrays, int64_t boundary, int64_t width)
{
    return (side){arrays[boundary] ? arrays[boundary] + rows->first * width : NULL, rows->count};
}

static side samples(const nd_tangent_rows *rows, const double *array, int64_t width)
{
    return (side){array + rows->sample * width, rows->samples};
}

/* out (l x r) = alpha * l r' + beta out */
static int times(const nd_gram_block *block, side l, side r, int64_t width, double alpha, double beta, double *out)
{
    const nndyn_network *network = block->pass->network;
    return network->k64->gemm(network->handle.context, 0, 1, l.count, r.count, width, alpha, l.rows, width, r.rows,
                              width, beta, out, r.count);
}

/* sum[r][r'] += factor[s][s'] * product[r][r'] */
static void add_scaled(const nd_gram_block *block)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    for (int64_t i = 0; i < left->count; i++) {
        int64_t s = (left->first + i) / left->tangent->rep - left->sample;
        const double *factor = block->factor + s * right->samples, *product = block->product + i * right->count;
        double *sum = block->sum + i * right->count;
        int64_t in_sample = right->first % right->tangent->rep;
        for (int64_t j = 0; j < right->count; j++) {
            sum[j] += *factor * product[j];
            if (++in_sample == right->tangent->rep) {
                in_sample = 0;
                factor++;
            }
        }
    }
}

/* sum[r][r'] += factor * u[r][s'] * v[s][r'] */
static void add_crossed(const nd_gram_block *block, double factor)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    for (int64_t i = 0; i < left->count; i++) {
        int64_t s = (left->first + i) / left->tangent->rep - left->sample;
        const double *u = block->u + i * right->samples, *v = block->v + s * right->count;
        double *sum = block->sum + i * right->count;
        int64_t in_sample = right->first % right->tangent->rep;
        for (int64_t j = 0; j < right->count; j++) {
            sum[j] += factor * *u * v[j];
            if (++in_sample == right->tangent->rep) {
                in_sample = 0;
                u++;
            }
        }
    }
}

/* The input of the layer along rows r: stored, zero, or unit vectors (of nd_tangent_create_inputs). */
static int has_units(const nd_tangent_rows *rows, int64_t layer)
{
    return layer == 0 && rows->tangent->inputs && !rows->tangent->value[0];
}

static int64_t unit(const nd_tangent_rows *rows, int64_t i)
{
    return rows->tangent->inputs[(rows->first + i) % rows->tangent->rep];
}

/* product = A. A.' */
static int input_products(const nd_gram_block *block, int64_t layer, int64_t width)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    int units_left = has_units(left, layer), units_right = has_units(right, layer);
    side l = tangents(left, left->tangent->value, layer, width);
    side r = tangents(right, right->tangent->value, layer, width);
    if (!units_left && !units_right) {
        return times(block, l, r, width, 1, 0, block->product);
    }
    for (int64_t i = 0; i < left->count; i++) {
        double *product = block->product + i * right->count;
        for (int64_t j = 0; j < right->count; j++) {
            if (!units_left) {
                product[j] = l.rows[i * width + unit(right, j)];
            } else if (!units_right) {
                product[j] = r.rows[j * width + unit(left, i)];
            } else {
                product[j] = unit(left, i) == unit(right, j);
            }
        }
    }
    return NNDYN_OK;
}

/* v = A A.': samples of the left block, rows of the right */
static int samples_by_rows(const nd_gram_block *block, int64_t layer, const double *a, int64_t width)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    if (!has_units(right, layer)) {
        return times(block, samples(left, a, width), tangents(right, right->tangent->value, layer, width), width, 1, 0,
                     block->v);
    }
    for (int64_t s = 0; s < left->samples; s++) {
        for (int64_t j = 0; j < right->count; j++) {
            block->v[s * right->count + j] = a[(left->sample + s) * width + unit(right, j)];
        }
    }
    return NNDYN_OK;
}

/* u = A. A': rows of the left block, samples of the right */
static int rows_by_samples(const nd_gram_block *block, int64_t layer, const double *a, int64_t width)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    if (!has_units(left, layer)) {
        return times(block, tangents(left, left->tangent->value, layer, width), samples(right, a, width), width, 1, 0,
                     block->u);
    }
    for (int64_t i = 0; i < left->count; i++) {
        for (int64_t s = 0; s < right->samples; s++) {
            block->u[i * right->samples + s] = a[(right->sample + s) * width + unit(left, i)];
        }
    }
    return NNDYN_OK;
}

static void fill(const nd_gram_block *block, double value)
{
    for (int64_t i = 0; i < block->left.samples * block->right.samples; i++) {
        block->factor[i] = value;
    }
}

int nd_dense_gram(const nd_gram_block *block, int64_t layer, int parts)
{
    const nd_layer *d = &block->pass->network->layers[layer];
    const nd_site_f64 *site = &block->pass->workspace->sites[layer];
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    double wf2 = parts & ND_WEIGHTS ? d->weight_factor * d->weight_factor : 0;
    double bf2 = (parts & ND_BIASES) && d->bias ? d->bias_factor * d->bias_factor : 0;
    int moves_left = left->tangent->value[layer] || has_units(left, layer);
    int moves_right = right->tangent->value[layer] || has_units(right, layer);
    side a_left = samples(left, site->in, d->in), a_right = samples(right, site->in, d->in);
    side d_left = samples(left, site->dout, d->out), d_right = samples(right, site->dout, d->out);
    side b_left = tangents(left, left->tangent->back, layer + 1, d->out);
    side b_right = tangents(right, right->tangent->back, layer + 1, d->out);

    fill(block, bf2); /* (wf^2 A A' + bf^2) o D. D.' */
    if (wf2 != 0) {
        ND_TRY(times(block, a_left, a_right, d->in, wf2, 1, block->factor));
    }
    ND_TRY(times(block, b_left, b_right, d->out, 1, 0, block->product));
    add_scaled(block);
    if (wf2 != 0 && moves_left && moves_right) { /* wf^2 D D' o A. A.' */
        ND_TRY(times(block, d_left, d_right, d->out, wf2, 0, block->factor));
        ND_TRY(input_products(block, layer, d->in));
        add_scaled(block);
    }
    if (wf2 != 0 && moves_right) { /* wf^2 (D. D')(A A.') */
        ND_TRY(times(block, b_left, d_right, d->out, 1, 0, block->u));
        ND_TRY(samples_by_rows(block, layer, site->in, d->in));
        add_crossed(block, wf2);
    }
    if (wf2 != 0 && moves_left) { /* wf^2 (A. A')(D D.') */
        ND_TRY(rows_by_samples(block, layer, site->in, d->in));
        ND_TRY(times(block, d_left, b_right, d->out, 1, 0, block->v));
        add_crossed(block, wf2);
    }
    return NNDYN_OK;
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

static void carve(nd_arena *arena, const nndyn_network *network, int64_t left, int64_t right, nd_gram_block *block)
{
    int64_t l = left < ROWS ? left : ROWS, r = right < ROWS ? right : ROWS, width = nd_batch_norm_width(network);
    block->sum = nd_arena_take(arena, l * r, sizeof(double));
    block->product = nd_arena_take(arena, l * r, sizeof(double));
    block->factor = nd_arena_take(arena, l * r, sizeof(double));
    block->u = nd_arena_take(arena, l * r, sizeof(double));
    block->v = nd_arena_take(arena, l * r, sizeof(double));
    block->ql = nd_arena_take(arena, nd_product(l, width), sizeof(double));
    block->qr = nd_arena_take(arena, nd_product(r, width), sizeof(double));
}

double nd_tangent_gram_bytes(const nndyn_network *network, int64_t n, int64_t left_rep, int64_t right_rep)
{
    nd_arena arena = {0};
    nd_gram_block plan;
    carve(&arena, network, nd_product(n, left_rep), nd_product(n, right_rep), &plan);
    return (double)arena.used;
}

static nd_tangent_rows rows_at(const nd_pass *pass, const nd_tangent *tangent, int64_t first)
{
    int64_t all = pass->n * tangent->rep, count = all - first < ROWS ? all - first : ROWS;
    int64_t sample = first / tangent->rep, last = (first + count - 1) / tangent->rep;
    return (nd_tangent_rows){tangent, first, count, sample, last - sample + 1};
}

static int sum_layers(const nd_gram_block *block, void *handle, const unsigned char *parts)
{
    const nndyn_network *network = block->pass->network;
    memset(block->sum, 0, (size_t)(block->left.count * block->right.count) * sizeof *block->sum);
    for (int64_t l = 0; l < network->layer_count; l++) {
        int which = parts ? parts[l] : ND_WEIGHTS | ND_BIASES;
        if (network->layers[l].count > 0 && which) {
            int status = nd_layer_rules_of[network->layers[l].kind].gram(block, l, which);
            if (status != NNDYN_OK) {
                return nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)l);
            }
        }
    }
    return NNDYN_OK;
}

/* Write the block out; of a symmetric matrix its mirror image too, the diagonal block from its lower half. */
static void store(const nd_gram_block *block, int symmetric, double *out, int64_t ld)
{
    const nd_tangent_rows *left = &block->left, *right = &block->right;
    double scale2 = block->pass->scale * block->pass->scale;
    for (int64_t i = 0; i < left->count; i++) {
        int64_t row = left->first + i, end = symmetric && left->first == right->first ? i + 1 : right->count;
        for (int64_t j = 0; j < end; j++) {
            int64_t column = right->first + j;
            double value = scale2 * block->sum[i * right->count + j];
            out[row * ld + column] = value;
            if (symmetric) {
                out[column * ld + row] = value;
            }
        }
    }
}

static int sum_blocks(nd_gram_block *block, void *handle, const nd_tangent *left, const nd_tangent *right,
                      const unsigned char *parts, double *out, int64_t ld)
{
    const nd_pass *pass = block->pass;
    int64_t rows = pass->n * left->rep, columns = pass->n * right->rep;
    int symmetric = left == right;
    nd_task task;
    nd_task_begin(&task, handle, "Gram matrix");
    for (int64_t row = 0; row < rows; row += ROWS) {
        int64_t end = symmetric ? row + 1 : columns;
        for (int64_t column = 0; column < end; column += ROWS) {
            block->left = rows_at(pass, left, row);
            block->right = rows_at(pass, right, column);
            ND_TRY(sum_layers(block, handle, parts));
            store(block, symmetric, out, ld);
            ND_TRY(nd_task_report(&task, ((double)row + (double)column / (double)columns) / (double)rows));
        }
    }
    return NNDYN_OK;
}

int nd_tangent_gram(const nd_pass *pass, void *handle, const nd_tangent *left, const nd_tangent *right,
                    const unsigned char *parts, double *out, int64_t ld)
{
    nd_gram_block block = {.pass = pass};
    nd_arena arena = {0};
    ND_TRY(nd_pass_check_independent(pass, handle, "the Gram matrix of gradient tangents"));
    ND_TRY(nd_check_memory(handle, nd_tangent_gram_bytes(pass->network, pass->n, left->rep, right->rep),
                           "a block of the Gram matrix"));
    carve(&arena, pass->network, pass->n * left->rep, pass->n * right->rep, &block);
    ND_TRY(nd_arena_reserve(&arena, handle));
    carve(&arena, pass->network, pass->n * left->rep, pass->n * right->rep, &block);
    int status = sum_blocks(&block, handle, left, right, parts, out, ld);
    nd_arena_free(&arena);
    return status;
}
