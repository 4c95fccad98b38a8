/* kernel_block.c - a block of a tangent kernel, in tiles.
 *
 * A tile is summed over all terms in memory that stays in the caches (each term: one product of matrices, one of the
 * samples' inputs, and their entrywise product) and written once; of a symmetric kernel its mirror image too.  Tiles
 * are cut by sizes alone, so that results do not depend on who computes them.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/kernel_terms.h"
#include <string.h>

enum {
    WIDE = 120,      /* columns of a tile, twice that in float: what a product takes without copying its left side */
    TALL = 4,        /* rows of one, in columns; half as many where there are few rows */
    FEW_ROWS = 4000, /* "few" */
    STEP = 48,       /* rows of a stair on the diagonal, twice that in float */
    SLOTS_LEAST = 8, /* tiles in work at a time, or as many as threads */
    WAVE = 16,       /* tiles of each slot between two reports */
    CORNER = 8       /* mirror images are made of squares this large, which fit lines of the cache */
};

/* Memory for one tile. */
typedef struct desk {
    double *sum;     /* of a tile */
    double *product; /* likewise */
    float *single;   /* instead, where products are in float */
    double *factor;  /* samples x samples */
    double *spread;  /* a row of factors, one for each column of the tile */
} desk;

typedef struct block {
    const nd_kernel_side *left, *right;
    int symmetric;
    int64_t tall, wide; /* rows and columns of a tile */
    int64_t row_tiles, column_tiles, tiles;
    double *out;
    int64_t ld;
    nd_task *task;
    desk *slots;
    int64_t slot_count;
    atomic_int_fast64_t next; /* tile to be taken up */
    int64_t end;              /* of this wave */
    nd_arena arena;
} block;

/* A range of rows and the samples they belong to. */
typedef struct range {
    const nd_kernel_side *side;
    int64_t first, count, sample, samples;
} range;

/* ---- one tile ---------------------------------------------------------------------------------------------------- */

static range range_of(const nd_kernel_side *side, int64_t first, int64_t end)
{
    end = end < side->rows ? end : side->rows;
    int64_t sample = first / side->group, last = end > first ? (end - 1) / side->group : sample - 1;
    return (range){side, first, end - first, sample, last - sample + 1};
}

/* Sizes of a product of a tile.  In a square on the diagonal of a symmetric kernel only what is below it is wanted:
 * stairs of so many rows. */
typedef struct shape {
    int64_t rows, columns, depth, square, step;
} shape;

static shape shape_of(const range *l, const range *r, int64_t rows, int64_t columns, int64_t depth)
{
    int diagonal = l->side == r->side && l->first == r->first;
    return (shape){rows, columns, depth, diagonal && rows >= columns ? columns : 0,
                   l->side->spec.singles ? 2 * STEP : STEP};
}

/* c = alpha a b' + beta c */
static void product_f64(const nd_kernels_f64 *k, const shape *s, double alpha, const double *a, const double *b,
                        double beta, double *c)
{
    int64_t row = 0;
    for (; row + s->step < s->square; row += s->step) {
        k->gemm_whole(0, 1, s->step, row + s->step, s->depth, alpha, a + row * s->depth, s->depth, b, s->depth, beta,
                      c + row * s->columns, s->columns);
    }
    k->gemm_whole(0, 1, s->rows - row, s->columns, s->depth, alpha, a + row * s->depth, s->depth, b, s->depth, beta,
                  c + row * s->columns, s->columns);
}

static void product_f32(const nd_kernels_f32 *k, const shape *s, const float *a, const float *b, float *c)
{
    int64_t row = 0;
    for (; row + s->step < s->square; row += s->step) {
        k->gemm_whole(0, 1, s->step, row + s->step, s->depth, 1, a + row * s->depth, s->depth, b, s->depth, 0,
                      c + row * s->columns, s->columns);
    }
    k->gemm_whole(0, 1, s->rows - row, s->columns, s->depth, 1, a + row * s->depth, s->depth, b, s->depth, 0,
                  c + row * s->columns, s->columns);
}

/* product = rows rows' of one term */
static void multiply(const range *l, const range *r, int64_t t, const desk *slot)
{
    const nndyn_network *network = l->side->pass->network;
    const nd_kernel_term *left = &l->side->terms[t], *right = &r->side->terms[t];
    int64_t from = l->first * left->width, to = r->first * left->width;
    shape s = shape_of(l, r, l->count, r->count, left->width);
    if (l->side->spec.singles) {
        product_f32(network->k32, &s, (const float *)left->rows + from, (const float *)right->rows + to, slot->single);
    } else {
        product_f64(network->k64, &s, 1, (const double *)left->rows + from, (const double *)right->rows + to, 0,
                    slot->product);
    }
}

/* factor = weights a a' + biases over the samples of the tile */
static void multiply_inputs(const range *l, const range *r, int64_t t, const desk *slot)
{
    const nndyn_network *network = l->side->pass->network;
    const nd_kernel_term *left = &l->side->terms[t], *right = &r->side->terms[t];
    int64_t count = l->samples * r->samples, in = left->in;
    for (int64_t i = 0; i < count; i++) {
        slot->factor[i] = left->factors.biases;
    }
    if (in == 0 || left->factors.weights == 0) {
        return;
    }
    shape s = shape_of(l, r, l->samples, r->samples, in);
    if (l->side->group > 1) {
        s.square = 0; /* few samples */
    }
    if (!l->side->spec.singles) {
        product_f64(network->k64, &s, left->factors.weights, left->inputs + l->sample * in,
                    right->inputs + r->sample * in, 1, slot->factor);
        return;
    }
    product_f32(network->k32, &s, left->single_inputs + l->sample * in, right->single_inputs + r->sample * in,
                slot->single);
    for (int64_t i = 0; i < count; i++) {
        slot->factor[i] += left->factors.weights * (double)slot->single[i];
    }
}

/* The factors of sample s of the left range, one for each column. */
static const double *spread(const range *l, const range *r, int64_t row, const desk *slot)
{
    const double *factor = slot->factor + ((l->first + row) / l->side->group - l->sample) * r->samples;
    int64_t group = r->side->group, in_sample = r->first % group;
    if (group == 1) {
        return factor;
    }
    if (row > 0 && (l->first + row) % l->side->group != 0) {
        return slot->spread; /* that of the row before */
    }
    for (int64_t j = 0; j < r->count; j++) {
        slot->spread[j] = *factor;
        if (++in_sample == group) {
            in_sample = 0;
            factor++;
        }
    }
    return slot->spread;
}

/* sum += factor o product */
static void add_term(const range *l, const range *r, const desk *slot)
{
    const nndyn_network *network = l->side->pass->network;
    for (int64_t i = 0; i < l->count; i++) {
        const double *factors = spread(l, r, i, slot);
        double *sum = slot->sum + i * r->count;
        if (l->side->spec.singles) {
            network->k32->add_weighted(r->count, factors, slot->single + i * r->count, sum);
        } else {
            network->k64->add_weighted(r->count, factors, slot->product + i * r->count, sum);
        }
    }
}

/* The term of unit vectors: the factors themselves, where the outputs are the same. */
static void add_units(const range *l, const range *r, const desk *slot)
{
    double unit = nd_kernel_unit(l->side);
    int64_t group = r->side->group;
    for (int64_t i = 0; i < l->count; i++) {
        const double *factor = slot->factor + ((l->first + i) / group - l->sample) * r->samples;
        int64_t output = (l->first + i) % group;
        for (int64_t s = 0; s < r->samples; s++) {
            int64_t j = (r->sample + s) * group + output - r->first;
            if (j >= 0 && j < r->count) {
                slot->sum[i * r->count + j] += unit * factor[s];
            }
        }
    }
}

static void sum_terms(const range *l, const range *r, const desk *slot)
{
    memset(slot->sum, 0, (size_t)(l->count * r->count) * sizeof *slot->sum);
    for (int64_t t = 0; t < l->side->term_count; t++) {
        multiply_inputs(l, r, t, slot);
        if (l->side->terms[t].form == ND_ROWS_UNIT) {
            add_units(l, r, slot);
        } else {
            multiply(l, r, t, slot);
            add_term(l, r, slot);
        }
    }
}

/* ---- to the matrix ----------------------------------------------------------------------------------------------- */

static void scale_tile(const range *l, const range *r, const desk *slot)
{
    if (l->side->scale != 1) {
        for (int64_t i = 0; i < l->count * r->count; i++) {
            slot->sum[i] *= l->side->scale;
        }
    }
}

static void write(const block *b, const range *l, const range *r, const double *sum)
{
    for (int64_t i = 0; i < l->count; i++) {
        memcpy(b->out + (l->first + i) * b->ld + r->first, sum + i * r->count, (size_t)r->count * sizeof *sum);
    }
}

static void write_mirror(const block *b, const range *l, const range *r, const double *sum)
{
    for (int64_t column = 0; column < r->count; column += CORNER) {
        int64_t columns = r->count - column < CORNER ? r->count : column + CORNER;
        for (int64_t row = 0; row < l->count; row += CORNER) {
            int64_t rows = l->count - row < CORNER ? l->count : row + CORNER;
            for (int64_t j = column; j < columns; j++) {
                double *out = b->out + (r->first + j) * b->ld + l->first;
                for (int64_t i = row; i < rows; i++) {
                    out[i] = sum[i * r->count + j];
                }
            }
        }
    }
}

/* What is above the diagonal of the square at the head of a tile, from below. */
static void reflect(int64_t count, double *sum)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = i + 1; j < count; j++) {
            sum[i * count + j] = sum[j * count + i];
        }
    }
}

/* Tiles of a row that are wanted: of a symmetric kernel those that begin left of the row's end. */
static int64_t tiles_of_row(const block *b, int64_t row)
{
    int64_t end = (row + 1) * b->tall < b->left->rows ? (row + 1) * b->tall : b->left->rows;
    return b->symmetric ? (end + b->wide - 1) / b->wide : b->column_tiles;
}

static int64_t count_tiles(const block *b)
{
    int64_t count = 0;
    for (int64_t row = 0; row < b->row_tiles; row++) {
        count += tiles_of_row(b, row);
    }
    return count;
}

/* Tile `index`; where it would reach above the diagonal it begins there. */
static void place(const block *b, int64_t index, range *l, range *r)
{
    int64_t row = 0;
    while (index >= tiles_of_row(b, row)) {
        index -= tiles_of_row(b, row++);
    }
    int64_t first = row * b->tall, end = first + b->tall;
    int64_t column = index * b->wide;
    first = b->symmetric && column > first ? column : first;
    *l = range_of(b->left, first, end);
    *r = range_of(b->right, column, column + b->wide);
}

static void compute(const block *b, const desk *slot, int64_t index)
{
    range l, r;
    place(b, index, &l, &r);
    sum_terms(&l, &r, slot);
    scale_tile(&l, &r, slot);
    int64_t above = b->symmetric && l.first == r.first ? r.count : 0;
    reflect(above, slot->sum);
    write(b, &l, &r, slot->sum);
    if (b->symmetric) {
        range below = range_of(b->left, l.first + above, l.first + l.count);
        write_mirror(b, &below, &r, slot->sum + above * r.count);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static void work(void *user, int64_t index)
{
    block *b = user;
    for (;;) {
        int64_t tile = atomic_fetch_add(&b->next, 1);
        if (tile >= b->end || (b->task && nd_task_canceled(b->task))) {
            return;
        }
        compute(b, &b->slots[index], tile);
    }
}

static int run(block *b, void *handle, double from, double to)
{
    nndyn_context *context = nd_handle_context(handle);
    for (int64_t first = 0; first < b->tiles; first = b->end) {
        int64_t wave = b->slot_count * WAVE;
        b->end = b->tiles - first < wave ? b->tiles : first + wave;
        atomic_store(&b->next, first);
        int status = nd_parallel(context, b->slot_count, work, b);
        if (status != NNDYN_OK) {
            return nd_fail(handle, NNDYN_ECALLBACK, "the context's executor failed in the tiles of the tangent kernel");
        }
        if (b->task) {
            ND_TRY(nd_task_report(b->task, from + (to - from) * (double)b->end / (double)b->tiles));
        }
    }
    return NNDYN_OK;
}

static void plan(block *b, int64_t threads)
{
    int64_t group = b->left->group, wide = b->left->spec.singles ? 2 * WIDE : WIDE;
    b->symmetric = b->left == b->right;
    b->wide = group <= wide ? wide / group * group : wide;
    b->tall = b->wide * (b->left->rows < FEW_ROWS || b->left->spec.singles ? TALL / 2 : TALL);
    b->row_tiles = (b->left->rows + b->tall - 1) / b->tall;
    b->column_tiles = (b->right->rows + b->wide - 1) / b->wide;
    b->tiles = count_tiles(b);
    b->slot_count = threads > SLOTS_LEAST ? threads : SLOTS_LEAST;
    b->slot_count = b->tiles < b->slot_count ? b->tiles : b->slot_count;
}

/* Samples that so many rows belong to, at most. */
static int64_t samples_of(int64_t rows, const nd_kernel_side *side)
{
    int64_t samples = side->group == 1 ? rows : rows / side->group + 2;
    return samples < side->n ? samples : side->n;
}

static void carve(nd_arena *arena, block *b)
{
    int64_t rows = b->left->rows < b->tall ? b->left->rows : b->tall;
    int64_t columns = b->right->rows < b->wide ? b->right->rows : b->wide;
    int64_t factors = nd_product(samples_of(rows, b->left), samples_of(columns, b->right));
    int64_t singles = rows * columns > factors ? rows * columns : factors;
    desk *slots = nd_arena_take(arena, b->slot_count, sizeof *slots);
    for (int64_t s = 0; s < b->slot_count; s++) {
        desk one = {.sum = nd_arena_take(arena, rows * columns, sizeof(double)),
                    .factor = nd_arena_take(arena, factors, sizeof(double)),
                    .spread = nd_arena_take(arena, columns, sizeof(double))};
        if (b->left->spec.singles) {
            one.single = nd_arena_take(arena, singles, sizeof(float));
        } else {
            one.product = nd_arena_take(arena, rows * columns, sizeof(double));
        }
        if (slots) {
            slots[s] = one;
        }
    }
    b->slots = slots;
}

double nd_kernel_block_bytes(const nd_kernel_side *left, const nd_kernel_side *right)
{
    block b = {.left = left, .right = right};
    nd_arena arena = {0};
    plan(&b, nd_context_threads(left->context));
    carve(&arena, &b);
    return (double)arena.used;
}

int nd_kernel_block(const nd_kernel_side *left, const nd_kernel_side *right, void *handle, nd_task *task, double from,
                    double to, double *out, int64_t ld)
{
    block b = {.left = left, .right = right, .out = out, .ld = ld, .task = task};
    plan(&b, nd_context_threads(left->context));
    carve(&b.arena, &b);
    ND_TRY(nd_arena_reserve(&b.arena, handle));
    carve(&b.arena, &b);
    int status = run(&b, handle, from, to);
    nd_arena_free(&b.arena);
    return status;
}
