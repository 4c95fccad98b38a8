/* jets_gram.c - inner products of gradient jets, without any of them.
 *
 * Over the weights and biases of a dense layer
 *
 *     <J_k(i), J'_k'(m)> = sum_{j<=k, p<=k'} (d_{i,j} . d'_{m,p}) (wf^2 a_{k-j} . a'_{k'-p} + bf^2 [j=k] [p=k'])
 *
 * so that one product of all sensitivities and one of all inputs serve every pair of orders; what remains is a sum of
 * products of numbers.  Blocks of rows bound the memory.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include "derivatives/tangent.h"
#include <string.h>

enum { ROWS = 1024, PARALLEL = 65536 };

/* ---- the dense layer -------------------------------------------------------------------------------------------- */

/* Coefficients that stand one behind the other without a gap go as one matrix. */
static nd_jet_side merged(nd_jet_side side, int64_t width)
{
    if (side.step == side.count * width) {
        side.count *= side.top + 1;
        side.top = 0;
    }
    return side;
}

int nd_jet_multiply(const nd_jets *jets, nd_jet_side left, nd_jet_side right, int64_t width, double *product)
{
    const nndyn_network *network = jets->pass->network;
    int64_t ld = (right.top + 1) * right.count;
    left = merged(left, width);
    right = merged(right, width);
    for (int j = 0; j <= left.top; j++) {
        for (int p = 0; p <= right.top; p++) {
            ND_TRY(network->k64->gemm(network->handle.context, 0, 1, left.count, right.count, width, 1,
                                      left.rows + j * left.step, width, right.rows + p * right.step, width, 0,
                                      product + j * left.count * ld + p * right.count, ld));
        }
    }
    return NNDYN_OK;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static nd_jet_side sensitivities(const nd_jet_rows *rows, int64_t boundary, int64_t width)
{
    const nd_jets *jets = rows->jets;
    return (nd_jet_side){jets->back[boundary] + rows->first * width, least(rows->order, jets->back_degree[boundary]),
                         rows->count, jets->n * jets->rep * width};
}

static nd_jet_side inputs(const nd_jet_rows *rows, int64_t boundary, int64_t width)
{
    const nd_jets *jets = rows->jets;
    return (nd_jet_side){jets->value[boundary] + rows->sample * width, least(rows->order, jets->degree[boundary]),
                         rows->samples, jets->n * width};
}

/* The sums of one layer that are left when the products are there. */
typedef struct dense_sums {
    nd_jet_block *block;
    int d_left, d_right, a_left, a_right; /* highest coefficients */
} dense_sums;

static void add_row(const nd_jet_block *block, const double *product, const double *factor, double *sum)
{
    int64_t rep = block->right.jets->rep;
    for (int64_t s = 0; s < block->right.samples; s++) {
        const double c = factor[s];
        for (int64_t m = s * rep; m < (s + 1) * rep; m++) {
            sum[m] += c * product[m];
        }
    }
}

/* All pairs of orders with coefficients j and q = k - j on the left. */
static void add_pairs(const dense_sums *sums, int64_t row, int j, int q)
{
    nd_jet_block *block = sums->block;
    const nd_jet_rows *left = &block->left, *right = &block->right;
    int64_t sample = (left->first + row) / left->jets->rep - left->sample;
    const double *product = block->product + (j * left->count + row) * (sums->d_right + 1) * right->count;
    const double *factor = block->factor + (q * left->samples + sample) * (sums->a_right + 1) * right->samples;
    for (int p = 0; p <= sums->d_right; p++) {
        for (int t = 0; t <= sums->a_right && p + t <= right->order; t++) {
            int at = block->place(block, j + q, p + t);
            if (at >= 0) {
                add_row(block, product + p * right->count, factor + t * right->samples,
                        block->sum + (at * left->count + row) * right->count);
            }
        }
    }
}

static void dense_row(void *user, int64_t row)
{
    const dense_sums *sums = user;
    for (int j = 0; j <= sums->d_left; j++) {
        for (int q = 0; q <= sums->a_left && j + q <= sums->block->left.order; q++) {
            add_pairs(sums, row, j, q);
        }
    }
}

int nd_jet_dense_gram(nd_jet_block *block, int64_t layer)
{
    const nd_jets *jets = block->left.jets;
    const nd_layer *d = &jets->pass->network->layers[layer];
    nd_jet_side d_left = sensitivities(&block->left, layer + 1, d->out);
    nd_jet_side d_right = sensitivities(&block->right, layer + 1, d->out);
    nd_jet_side a_left = inputs(&block->left, layer, d->in), a_right = inputs(&block->right, layer, d->in);
    dense_sums sums = {block, d_left.top, d_right.top, a_left.top, a_right.top};
    int64_t rows = (a_left.top + 1) * a_left.count, columns = (a_right.top + 1) * a_right.count;
    double wf2 = d->weight_factor * d->weight_factor, bf2 = d->bias ? d->bias_factor * d->bias_factor : 0;
    ND_TRY(nd_jet_multiply(jets, d_left, d_right, d->out, block->product));
    ND_TRY(nd_jet_multiply(jets, a_left, a_right, d->in, block->factor));
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t m = 0; m < columns; m++) {
            int both = i < a_left.count && m < a_right.count; /* of order 0: the biases' input is constant */
            block->factor[i * columns + m] = wf2 * block->factor[i * columns + m] + (both ? bf2 : 0);
        }
    }
    if (d_left.count * d_right.count < PARALLEL) {
        for (int64_t row = 0; row < block->left.count; row++) {
            dense_row(&sums, row);
        }
        return NNDYN_OK;
    }
    return nd_parallel(jets->pass->network->handle.context, block->left.count, dense_row, &sums);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

static int place_one(const nd_jet_block *block, int k, int k_right)
{
    return k == block->left.order && k_right == block->right.order ? 0 : -1;
}

static int place_kernel(const nd_jet_block *block, int k, int k_right)
{
    return k + k_right <= block->left.order ? k + k_right : -1;
}

/* Samples of a block, of a sweep with `rep` rows each. */
static int64_t chunk_of(int64_t n, int64_t rep, int order)
{
    int64_t chunk = ROWS / (order + 1) / rep;
    chunk = chunk > 0 ? chunk : 1;
    return chunk < n ? chunk : n;
}

/* orders: of the left and right side; sums: how many of them. */
static void carve(nd_arena *arena, const nndyn_network *network, int sums, nd_jet_block *block, int64_t left_rep,
                  int64_t right_rep)
{
    nd_jet_rows *l = &block->left, *r = &block->right;
    int64_t width = nd_batch_norm_width(network);
    int64_t rows = l->samples * left_rep, columns = r->samples * right_rep;
    int64_t of_rows = nd_product((l->order + 1) * rows, (r->order + 1) * columns);
    int64_t of_samples = nd_product((l->order + 1) * l->samples, (r->order + 1) * r->samples);
    block->sum = nd_arena_take(arena, nd_product(sums, nd_product(rows, columns)), sizeof(double));
    block->product = nd_arena_take(arena, of_rows, sizeof(double));
    block->factor = nd_arena_take(arena, of_samples, sizeof(double));
    block->rows_left = nd_arena_take(arena, nd_product((l->order + 1) * rows, width), sizeof(double));
    block->rows_right = nd_arena_take(arena, nd_product((r->order + 1) * columns, width), sizeof(double));
}

double nd_jets_gram_bytes(const nndyn_network *network, int64_t left_n, int64_t left_rep, int64_t right_n,
                          int64_t right_rep, int order)
{
    nd_arena arena = {0};
    nd_jet_block plan = {.left = {.order = order, .samples = chunk_of(left_n, left_rep, order)},
                         .right = {.order = order, .samples = chunk_of(right_n, right_rep, order)}};
    carve(&arena, network, order + 1, &plan, left_rep, right_rep);
    return (double)arena.used;
}

static void set_rows(nd_jet_rows *rows, int64_t sample, int64_t chunk)
{
    int64_t n = rows->jets->n, rep = rows->jets->rep;
    rows->sample = sample;
    rows->samples = n - sample < chunk ? n - sample : chunk;
    rows->first = sample * rep;
    rows->count = rows->samples * rep;
}

/* Where the sums go: matrices of all rows, `stride` numbers from one to the next; symmetric: the upper half is the
 * mirror image of the lower one. */
typedef struct target {
    int sums, symmetric;
    int64_t ld, stride;
    double *out;
} target;

static void deliver(const nd_jet_block *block, const target *t)
{
    const nd_jet_rows *left = &block->left, *right = &block->right;
    for (int k = 0; k < t->sums; k++) {
        double *out = t->out + k * t->stride;
        const double *sum = block->sum + k * left->count * right->count;
        for (int64_t i = 0; i < left->count; i++) {
            int64_t row = left->first + i, end = t->symmetric ? row + 1 - right->first : right->count;
            end = end < right->count ? end : right->count;
            for (int64_t m = 0; m < end; m++) {
                out[row * t->ld + right->first + m] = sum[i * right->count + m];
                if (t->symmetric) {
                    out[(right->first + m) * t->ld + row] = sum[i * right->count + m];
                }
            }
        }
    }
}

static int sum_block(nd_jet_block *block, void *handle, const target *t)
{
    const nndyn_network *network = block->left.jets->pass->network;
    memset(block->sum, 0, (size_t)(t->sums * block->left.count * block->right.count) * sizeof *block->sum);
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].count > 0) {
            int status = nd_jet_rules_of[network->layers[l].kind].gram(block, l);
            if (status != NNDYN_OK) {
                return nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)l);
            }
        }
    }
    deliver(block, t);
    return NNDYN_OK;
}

static int sum_blocks(nd_jet_block *block, void *handle, const target *t)
{
    const nd_jets *left = block->left.jets, *right = block->right.jets;
    int64_t rows = block->left.samples, columns = block->right.samples;
    for (int64_t s = 0; s < left->n; s += rows) {
        int64_t end = t->symmetric ? s + 1 : right->n;
        for (int64_t m = 0; m < end; m += columns) {
            set_rows(&block->left, s, rows);
            set_rows(&block->right, m, columns);
            ND_TRY(sum_block(block, handle, t));
        }
    }
    return NNDYN_OK;
}

static int run(nd_jet_block *block, void *handle, const target *t)
{
    const nd_jets *left = block->left.jets, *right = block->right.jets;
    const nndyn_network *network = left->pass->network;
    int order = block->left.order > block->right.order ? block->left.order : block->right.order;
    nd_arena arena = {0};
    if (left->rep == 0 || right->rep == 0) {
        return nd_fail(handle, NNDYN_EINTERNAL, "inner products need sweeps that were run backward");
    }
    block->left.samples = chunk_of(left->n, left->rep, order);
    block->right.samples = chunk_of(right->n, right->rep, order);
    carve(&arena, network, t->sums, block, left->rep, right->rep);
    ND_TRY(nd_check_memory(handle, (double)arena.used, "a block of the inner products"));
    ND_TRY(nd_arena_reserve(&arena, handle));
    carve(&arena, network, t->sums, block, left->rep, right->rep);
    int status = sum_blocks(block, handle, t);
    nd_arena_free(&arena);
    return status;
}

int nd_jets_gram(const nd_jets *left, int k, const nd_jets *right, int k_right, void *handle, double *out, int64_t ld)
{
    nd_jet_block block = {.left = {.jets = left, .order = k}, .right = {.jets = right, .order = k_right}};
    target t = {1, left == right && k == k_right, ld, 0, out};
    block.place = place_one;
    return run(&block, handle, &t);
}

int nd_jets_kernel(const nd_jets *left, const nd_jets *right, int order, void *handle, double *out)
{
    nd_jet_block block = {.left = {.jets = left, .order = order}, .right = {.jets = right, .order = order}};
    int64_t rows = left->n * left->rep, columns = right->n * right->rep;
    target t = {order + 1, left == right, columns, rows * columns, out};
    block.place = place_kernel;
    return run(&block, handle, &t);
}
