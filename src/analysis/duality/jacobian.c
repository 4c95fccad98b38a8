/* jacobian.c - J itself, in closed form: each entry is two products of what tangents and sensitivities already hold. */
#include "analysis/duality/duality.h"

/* One slice of parameters, one sample, one block of columns; work is cut by unit of the layer. */
typedef struct nd_patch {
    const nd_duality *duality;
    const nd_slice *slice;
    const nd_layer *layer;
    const int64_t *units; /* where the forward tangents are unit vectors of inputs: which; else NULL */
    int64_t rep;
    double factor;
    const double *a, *d;   /* of the sample: what the layer reads (batch norm: normalized), sensitivity of its output */
    const double *inverse; /* batch norm: 1/deviation */
    const double *value,
        *back;       /* transposed tangents of the sample, in x rep (NULL: zero or unit vectors), out x rep */
    double *entries; /* of J, at the slice's first row and the block's first column */
} nd_patch;

/* row[m] = factor (back[m] a + d value[m]) */
static void write_row(int64_t rep, double a, const double *back, double d, const double *value, double *row)
{
    if (value == NULL) {
        for (int64_t m = 0; m < rep; m++) {
            row[m] = a * back[m];
        }
        return;
    }
    for (int64_t m = 0; m < rep; m++) {
        row[m] = a * back[m] + d * value[m];
    }
}

static void dense_unit(void *job, int64_t unit)
{
    const nd_patch *patch = job;
    int64_t columns = patch->duality->columns, in = patch->layer->in;
    double factor = patch->factor * patch->layer->weight_factor, d = factor * patch->d[unit];
    const double *back = patch->back + unit * patch->rep;
    double *rows = patch->entries + unit * in * columns;
    for (int64_t j = 0; j < in; j++) {
        const double *value = patch->value != NULL ? patch->value + j * patch->rep : NULL;
        write_row(patch->rep, factor * patch->a[j], back, d, value, rows + j * columns);
    }
    for (int64_t m = 0; patch->units != NULL && m < patch->rep; m++) {
        rows[patch->units[m] * columns + m] += d;
    }
}

static void bias_unit(void *job, int64_t unit)
{
    const nd_patch *patch = job;
    double factor = patch->factor * (patch->layer->kind == NNDYN_DENSE ? patch->layer->bias_factor : 1.0);
    write_row(patch->rep, factor, patch->back + unit * patch->rep, 0, NULL,
              patch->entries + unit * patch->duality->columns);
}

/* Scale of batch norm with fixed statistics: its gradient is d o normalized input. */
static void scale_unit(void *job, int64_t unit)
{
    const nd_patch *patch = job;
    const double *value = patch->value != NULL ? patch->value + unit * patch->rep : NULL;
    write_row(patch->rep, patch->factor * patch->a[unit], patch->back + unit * patch->rep,
              patch->factor * patch->d[unit] * patch->inverse[unit], value,
              patch->entries + unit * patch->duality->columns);
}

static void transpose(int64_t rows, int64_t columns, const double *from, double *to)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            to[j * rows + i] = from[i * columns + j];
        }
    }
}

static int write_patch(nd_patch *patch)
{
    nndyn_context *context = patch->duality->network->handle.context;
    void (*work)(void *, int64_t) = dense_unit;
    if (patch->slice->part == ND_BIASES) {
        work = bias_unit;
    } else if (patch->layer->kind == NNDYN_BATCH_NORM) {
        work = scale_unit;
    }
    return nd_parallel(context, patch->layer->out, work, patch);
}

/* The part of J of one slice and one sample. */
static int fill_patch(const nd_duality *duality, const nd_pass *pass, const nd_block *block, const nd_tangent *tangent,
                      const nd_slice *slice, int64_t s, double *scratch, double *jacobian)
{
    const nd_layer *layer = &pass->network->layers[slice->layer];
    const nd_site_f64 *site = &pass->workspace->sites[slice->layer];
    const double *value = tangent->value != NULL ? tangent->value[slice->layer] : NULL;
    int64_t rep = block->count;
    nd_patch patch = {.duality = duality, .slice = slice, .layer = layer, .rep = rep};
    patch.factor = -duality->gamma * pass->scale;
    patch.a = (layer->kind == NNDYN_BATCH_NORM ? site->memo : site->in) + s * layer->in;
    patch.d = site->dout + s * layer->out;
    patch.inverse = layer->kind == NNDYN_BATCH_NORM ? site->memo + (duality->n + 2) * layer->in : NULL;
    transpose(rep, layer->out, tangent->back[slice->layer + 1] + s * rep * layer->out, scratch);
    patch.back = scratch;
    if (value != NULL) {
        transpose(rep, layer->in, value + s * rep * layer->in, scratch + rep * layer->out);
        patch.value = scratch + rep * layer->out;
    } else if (!tangent->zero_below) {
        patch.units = tangent->inputs;
    }
    patch.entries = jacobian + slice->row * duality->columns + s * duality->per_sample + block->column;
    return write_patch(&patch);
}

static int fill_block(const nd_duality *duality, const nd_pass *pass, const nd_block *block, double *scratch,
                      double *jacobian)
{
    nd_tangent *tangent;
    ND_TRY(nd_duality_tangent(duality, pass, block, &tangent));
    int status = NNDYN_OK;
    for (int64_t k = 0; k < duality->slice_count && status == NNDYN_OK; k++) {
        for (int64_t s = 0; s < duality->n && status == NNDYN_OK; s++) {
            status = fill_patch(duality, pass, block, tangent, &duality->slices[k], s, scratch, jacobian);
        }
    }
    nd_tangent_free(duality->network->handle.context, tangent);
    return status;
}

/* Both transposes of the widest layer, for one column. */
static int64_t scratch_width(const nd_duality *duality)
{
    int64_t most = 0;
    for (int64_t k = 0; k < duality->slice_count; k++) {
        const nd_layer *layer = &duality->network->layers[duality->slices[k].layer];
        most = layer->in + layer->out > most ? layer->in + layer->out : most;
    }
    return most;
}

/* What is there whatever the blocks: the matrix too, and a list of its columns. */
static double fixed_bytes(const nd_duality *duality)
{
    double rows = (double)duality->rows, columns = (double)duality->columns;
    return nd_duality_bytes(duality) + nd_duality_pass_bytes(duality, ND_PASS_CURVATURES, 0) + 8 * rows * columns +
           8 * columns + 3 * ND_DUALITY_OVERHEAD;
}

static double scratch_bytes(const nd_duality *duality, const nd_cut *cut)
{
    int64_t rep = cut->input_rep > cut->target_rep ? cut->input_rep : cut->target_rep;
    return 8 * (double)rep * (double)scratch_width(duality);
}

static nd_cut cut_of(const nd_duality *duality)
{
    return nd_duality_cut(duality, &(nd_workload){1, fixed_bytes(duality), scratch_bytes});
}

static int fill_blocks(const nd_duality *duality, const nd_pass *pass, nd_task *task, double *jacobian)
{
    nndyn_network *network = duality->network;
    nd_cut cut = cut_of(duality);
    int64_t blocks = cut.input_blocks + cut.target_blocks;
    int64_t rep = cut.input_rep > cut.target_rep ? cut.input_rep : cut.target_rep;
    double *scratch;
    ND_TRY(nd_allocate_for(network, rep * scratch_width(duality), sizeof *scratch, &scratch));
    int status = nd_task_report(task, 0);
    for (int64_t b = 0; b < blocks && status == NNDYN_OK; b++) {
        nd_block block = nd_duality_block(duality, &cut, b);
        status = fill_block(duality, pass, &block, scratch, jacobian);
        if (status == NNDYN_OK) {
            status = nd_task_report(task, (double)(b + 1) / (double)blocks);
        }
    }
    nd_release(network->handle.context, scratch);
    return status;
}

/* Batch norm over the batch ties all samples together: then a column is a product with a unit vector. */
static int fill_columns(const nd_duality *duality, nd_products *products, nd_task *task, double *work, double *jacobian)
{
    double *unit = work, *column = work + duality->columns;
    for (int64_t j = 0; j < duality->columns; j++) {
        ND_TRY(nd_task_report(task, (double)j / (double)duality->columns));
        unit[j] = 1;
        ND_TRY(nd_products_jvp(products, duality->network, unit, column));
        unit[j] = 0;
        for (int64_t i = 0; i < duality->rows; i++) {
            jacobian[i * duality->columns + j] = column[i];
        }
    }
    return nd_task_report(task, 1);
}

int nd_duality_fill_jacobian(const nd_duality *duality, const double *x, const double *t, double *jacobian)
{
    nd_task task;
    nd_task_begin(&task, duality->network, "duality Jacobian");
    if (duality->coupled) {
        return nd_products_fill(duality, x, t, &task, fill_columns, jacobian);
    }
    nd_pass *pass;
    ND_TRY(nd_pass_create(duality->network, duality->network, duality->n, x, t, ND_PASS_CURVATURES, 0, duality->options,
                          &pass));
    int status = fill_blocks(duality, pass, &task, jacobian);
    nd_pass_free(pass);
    return status;
}

double nd_duality_jacobian_bytes(const nd_duality *duality)
{
    double rows = (double)duality->rows, columns = (double)duality->columns;
    if (duality->coupled) {
        return nd_duality_bytes(duality) + nd_products_bytes(duality, 0) + 8 * rows * columns +
               8 * (rows + 2 * columns) + 3 * ND_DUALITY_OVERHEAD;
    }
    nd_cut cut = cut_of(duality);
    return fixed_bytes(duality) + cut.bytes;
}

double nd_duality_jacobian_flops(const nd_duality *duality)
{
    double sweep = nd_duality_sweep(duality), entries = (double)duality->rows * (double)duality->columns;
    if (duality->coupled) {
        return 2 * sweep + 4 * sweep * (double)duality->columns;
    }
    return 2 * sweep + nd_duality_tangent_flops(duality) + 3 * entries;
}
