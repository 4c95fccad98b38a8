/* kernel_fill.c - a whole tangent kernel, in blocks of samples that fit in memory.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/kernel_terms.h"
#include <math.h>

/* Memory for one side, where there is no limit that asks for less. */
static const double side_most = 256e6;

/* How the samples of both batches are cut. */
typedef struct cut {
    int64_t rows, columns; /* samples of a block */
    int same;              /* one batch: the kernel is symmetric */
    double bytes;          /* besides the matrix */
} cut;

typedef struct filling {
    nndyn_network *network;
    void *handle;
    const nd_kernel_spec *spec;
    int64_t n, n2;
    const double *x, *x2;
    cut cut;
    nd_task *task;
    double *out;
    int64_t ld;
} filling;

/* ---- the cut ----------------------------------------------------------------------------------------------------- */

static int64_t samples_within(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, double most)
{
    while (n > 1 && nd_kernel_side_bytes(network, spec, n, 0) > most) {
        n = (n + 1) / 2;
    }
    return n;
}

static double scratch_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t rows, int64_t columns)
{
    int64_t group = nd_kernel_rows(network, spec->kind);
    nd_kernel_side left = {
        .context = network->handle.context, .spec = *spec, .n = rows, .group = group, .rows = nd_product(rows, group)};
    nd_kernel_side right = left;
    right.n = columns;
    right.rows = nd_product(columns, group);
    return nd_kernel_block_bytes(&left, rows == columns ? &left : &right);
}

static double bytes_of(const nndyn_network *network, const nd_kernel_spec *spec, const cut *c, int single)
{
    double left = nd_kernel_side_bytes(network, spec, c->rows, 0);
    double right = single ? 0 : nd_kernel_side_bytes(network, spec, c->columns, 0);
    double diagonal = 16 * (double)c->rows * (double)nd_kernel_rows(network, spec->kind) + 8 * (double)c->rows;
    double scratch = spec->kind == ND_KERNEL_DIAGONAL ? 0 : scratch_bytes(network, spec, c->rows, c->columns);
    return left + right + scratch + diagonal;
}

/* kernel: bytes of the matrix, which count toward the limit. */
static cut cut_of(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2, int same,
                  double kernel)
{
    double limit = (double)nd_context_memory_limit(network->handle.context), most = side_most;
    double room = (limit - kernel - scratch_bytes(network, spec, n, n2)) / 2.1; /* two sides and their diagonals */
    most = fmax(most, 4 * nd_kernel_side_bytes(network, spec, 1, 0));           /* parameters are in it too */
    most = limit > 0 && room < most ? room : most;
    cut c = {.same = same};
    c.rows = samples_within(network, spec, n, most);
    c.columns = same ? c.rows : samples_within(network, spec, n2, most);
    c.bytes = bytes_of(network, spec, &c, same && (c.rows == n || spec->kind == ND_KERNEL_DIAGONAL));
    return c;
}

static double kernel_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2)
{
    double group = (double)nd_kernel_rows(network, spec->kind), columns = group * (double)n2;
    return 8 * group * (double)n * (spec->kind == ND_KERNEL_DIAGONAL ? 1 : columns);
}

double nd_kernel_fill_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2, int same)
{
    return cut_of(network, spec, n, n2, same, kernel_bytes(network, spec, n, n2)).bytes;
}

/* ---- flops ------------------------------------------------------------------------------------------------------- */

/* Passes over one sample: forward, and a backward one for each direction that goes below the layer. */
static double sweep_flops(const nndyn_network *network, const nd_kernel_spec *spec)
{
    double directions = spec->kind == ND_KERNEL_PSEUDO ? 1 : (double)nd_network_outputs(network), flops = 0;
    int below = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_DENSE) {
            flops += 2 * (double)layer->in * (double)layer->out * (below ? 1 + directions : 1);
        }
        below |= layer->count > 0;
    }
    return flops;
}

/* Products of the rows of a pair of samples, and of their inputs. */
static double pair_flops(const nndyn_network *network, const nd_kernel_spec *spec)
{
    nd_kernel_side plan = {.spec = *spec, .n = 1, .group = nd_kernel_rows(network, spec->kind)};
    double group = (double)plan.group, flops = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_DENSE) {
            flops += 2 * (double)layer->in + 2 * group * group * (double)nd_kernel_width(network, spec->kind, l);
        } else if (layer->count > 0) {
            flops += 4 * group * group * (double)nd_kernel_width(network, spec->kind, l);
        }
    }
    return flops;
}

double nd_kernel_fill_flops(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2, int same)
{
    double sweeps = sweep_flops(network, spec),
           pairs = same ? 0.5 * (double)n * (double)(n + 1) : (double)n * (double)n2;
    if (spec->kind == ND_KERNEL_DIAGONAL) {
        pairs = 0;
    }
    cut c = cut_of(network, spec, n, n2, same, kernel_bytes(network, spec, n, n2));
    double blocks = (double)((n + c.rows - 1) / c.rows), blocks2 = (double)((n2 + c.columns - 1) / c.columns);
    double times = same ? (blocks + 3) / 2 : blocks + 1; /* that the columns' sides are made; once more for the check */
    if (spec->kind == ND_KERNEL_DIAGONAL || (blocks == 1 && (same || blocks2 == 1))) {
        return sweeps * ((double)n + (same ? 0 : (double)n2)) + pairs * pair_flops(network, spec);
    }
    return sweeps * ((same ? 0 : 2 * (double)n) + times * (double)n2) + pairs * pair_flops(network, spec);
}

/* ---- sides ------------------------------------------------------------------------------------------------------- */

static int make(const filling *f, int columns, int64_t first, nd_kernel_side **out)
{
    int64_t all = columns ? f->n2 : f->n, most = columns ? f->cut.columns : f->cut.rows;
    int64_t count = all - first < most ? all - first : most;
    const double *x = (columns ? f->x2 : f->x) + first * f->network->inputs;
    return nd_kernel_side_create(f->network, f->handle, f->spec, count, x, 0, out);
}

static void drop(const filling *f, nd_kernel_side *side)
{
    nd_kernel_side_free(f->network->handle.context, side);
}

/* All numbers of the kernel are bounded by those on its diagonal. */
static int check_side(const filling *f, const nd_kernel_side *side)
{
    double *diagonal;
    ND_TRY(nd_allocate_for(f->handle, side->rows, sizeof *diagonal, &diagonal));
    int status = nd_kernel_diagonal(side, f->handle, diagonal);
    nd_release(f->network->handle.context, diagonal);
    return status;
}

static int check_all(const filling *f, int columns)
{
    int64_t n = columns ? f->n2 : f->n, step = columns ? f->cut.columns : f->cut.rows;
    for (int64_t first = 0; first < n; first += step) {
        nd_kernel_side *side;
        ND_TRY(make(f, columns, first, &side));
        int status = check_side(f, side);
        drop(f, side);
        ND_TRY(status);
        if (f->task) {
            ND_TRY(nd_task_report(f->task, 0));
        }
    }
    return NNDYN_OK;
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

/* One side for all, or one for each batch. */
static int fill_at_once(const filling *f)
{
    nd_kernel_side *left, *right = NULL;
    ND_TRY(make(f, 0, 0, &left));
    int status = check_side(f, left);
    if (status == NNDYN_OK && !f->cut.same) {
        status = make(f, 1, 0, &right);
        status = status == NNDYN_OK ? check_side(f, right) : status;
    }
    if (status == NNDYN_OK) {
        status = nd_kernel_block(left, right ? right : left, f->handle, f->task, 0.02, 1, f->out, f->ld);
    }
    drop(f, left);
    drop(f, right);
    return status;
}

/* The mirror image of a block of rows x columns that begins at (row, column). */
static void mirror(const filling *f, int64_t row, int64_t column, int64_t rows, int64_t columns)
{
    for (int64_t j = 0; j < columns; j++) {
        for (int64_t i = 0; i < rows; i++) {
            f->out[(column + j) * f->ld + row + i] = f->out[(row + i) * f->ld + column + j];
        }
    }
}

static int fill_pair(const filling *f, const nd_kernel_side *left, int64_t first, int64_t column, double from,
                     double to)
{
    nd_kernel_side *right;
    ND_TRY(make(f, 1, column, &right));
    int64_t row = first * left->group, at = column * left->group;
    int status = nd_kernel_block(left, right, f->handle, f->task, from, to, f->out + row * f->ld + at, f->ld);
    if (status == NNDYN_OK && f->cut.same) {
        mirror(f, row, at, left->rows, right->rows);
    }
    drop(f, right);
    return status;
}

/* Blocks of the rows that begin with sample `first`; of a symmetric kernel those left of the diagonal and on it. */
static int fill_rows(const filling *f, int64_t first)
{
    nd_kernel_side *left;
    double all = (double)f->n * (f->cut.same ? (double)f->n : (double)f->n2);
    ND_TRY(make(f, 0, first, &left));
    int64_t end = f->cut.same ? first : f->n2;
    double done = f->cut.same ? (double)first * (double)first : (double)first * (double)f->n2, to = done;
    int status = NNDYN_OK;
    for (int64_t column = 0; column < end && status == NNDYN_OK; column += f->cut.columns) {
        double from = to;
        to += (f->cut.same ? 2 : 1) * (double)left->n * (double)f->cut.columns;
        to = to < all ? to : all;
        status = fill_pair(f, left, first, column, from / all, to / all);
    }
    if (status == NNDYN_OK && f->cut.same) {
        int64_t row = first * left->group;
        double next = (double)(first + left->n);
        status = nd_kernel_block(left, left, f->handle, f->task, to / all, next * next / all,
                                 f->out + row * f->ld + row, f->ld);
    }
    drop(f, left);
    return status;
}

static int fill_diagonal(const filling *f)
{
    for (int64_t first = 0; first < f->n; first += f->cut.rows) {
        nd_kernel_side *side;
        ND_TRY(make(f, 0, first, &side));
        int status = nd_kernel_diagonal(side, f->handle, f->out + first * side->group);
        drop(f, side);
        ND_TRY(status);
        if (f->task) {
            ND_TRY(nd_task_report(f->task, (double)first / (double)f->n));
        }
    }
    return NNDYN_OK;
}

int nd_kernel_fill(nndyn_network *network, void *handle, const nd_kernel_spec *spec, int64_t n, const double *x,
                   int64_t n2, const double *x2, nd_task *task, double *out, int64_t ld)
{
    int same = !x2 || (x2 == x && n2 == n);
    filling f = {network, handle, spec, n, same ? n : n2, x, same ? x : x2, {0}, task, out, ld};
    double kernel = kernel_bytes(network, spec, n, f.n2);
    f.cut = cut_of(network, spec, n, f.n2, same, kernel);
    ND_TRY(nd_check_memory(handle, f.cut.bytes, "the sensitivities to all outputs, a block of samples at a time"));
    if (spec->kind == ND_KERNEL_DIAGONAL) {
        return fill_diagonal(&f);
    }
    if (f.cut.rows == n && f.cut.columns == f.n2) {
        return fill_at_once(&f);
    }
    ND_TRY(check_all(&f, 0));
    if (!same) {
        ND_TRY(check_all(&f, 1));
    }
    for (int64_t first = 0; first < n; first += f.cut.rows) {
        ND_TRY(fill_rows(&f, first));
    }
    return NNDYN_OK;
}
