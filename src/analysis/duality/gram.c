/* gram.c - J'J without J: a block of columns against another, layer by layer, from tangents alone. */
#include "analysis/duality/duality.h"

/* What is there whatever the blocks: the matrix too, and a list of its columns. */
static double fixed_bytes(const nd_duality *duality)
{
    double side = (double)duality->columns;
    return nd_duality_bytes(duality) + nd_duality_pass_bytes(duality, ND_PASS_CURVATURES, 0) + 8 * side * side +
           8 * side + 2 * ND_DUALITY_OVERHEAD;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* What nd_tangent_gram takes for the largest pair of blocks. */
static double scratch_bytes(const nd_duality *duality, const nd_cut *cut)
{
    const nndyn_network *network = duality->network;
    int64_t n = duality->n, i = cut->input_rep, t = cut->target_rep;
    double most = i > 0 ? nd_tangent_gram_bytes(network, n, i, i) : 0;
    most = t > 0 ? larger(most, nd_tangent_gram_bytes(network, n, t, t)) : most;
    most = i > 0 && t > 0 ? larger(most, nd_tangent_gram_bytes(network, n, i, t)) : most;
    return most + 2 * ND_DUALITY_OVERHEAD;
}

static nd_cut cut_of(const nd_duality *duality)
{
    return nd_duality_cut(duality, &(nd_workload){2, fixed_bytes(duality), scratch_bytes});
}

static int block_against(const nd_duality *duality, const nd_pass *pass, const nd_block *left, const nd_tangent *lefts,
                         const nd_block *right, const nd_tangent *rights, double *gram)
{
    int64_t row = duality->n * left->column, column = duality->n * right->column;
    return nd_tangent_gram(pass, duality->network, lefts, rights, duality->parts,
                           gram + row * duality->columns + column, duality->columns);
}

/* One row of blocks, from the diagonal on; the tangents of the last one made, that next to the diagonal, replace
 * *lefts: they are what the next row begins with. */
static int fill_row(const nd_duality *duality, const nd_pass *pass, const nd_cut *cut, int64_t index, nd_task *task,
                    nd_tangent **lefts, double *gram)
{
    int64_t blocks = cut->input_blocks + cut->target_blocks;
    nndyn_context *context = duality->network->handle.context;
    nd_block left = nd_duality_block(duality, cut, index);
    nd_tangent *rights = NULL;
    int status = block_against(duality, pass, &left, *lefts, &left, *lefts, gram);
    for (int64_t b = blocks - 1; b > index && status == NNDYN_OK; b--) {
        nd_block right = nd_duality_block(duality, cut, b);
        nd_tangent_free(context, rights);
        rights = NULL;
        status = nd_duality_tangent(duality, pass, &right, &rights);
        if (status == NNDYN_OK) {
            status = block_against(duality, pass, &left, *lefts, &right, rights, gram);
        }
        if (status == NNDYN_OK) {
            status = nd_task_report(task, ((double)index + (double)(blocks - b) / (double)blocks) / (double)blocks);
        }
    }
    nd_tangent_free(context, *lefts);
    *lefts = rights;
    return status;
}

static int fill_blocks(const nd_duality *duality, const nd_pass *pass, nd_task *task, double *gram)
{
    nndyn_network *network = duality->network;
    nd_cut cut = cut_of(duality);
    ND_TRY(nd_task_report(task, 0));
    nd_block first = nd_duality_block(duality, &cut, 0);
    nd_tangent *lefts;
    ND_TRY(nd_duality_tangent(duality, pass, &first, &lefts));
    int status = NNDYN_OK;
    for (int64_t b = 0; b < cut.input_blocks + cut.target_blocks && status == NNDYN_OK; b++) {
        status = fill_row(duality, pass, &cut, b, task, &lefts, gram);
        if (status == NNDYN_OK) {
            status = nd_task_report(task, (double)(b + 1) / (double)(cut.input_blocks + cut.target_blocks));
        }
    }
    nd_tangent_free(network->handle.context, lefts);
    return status;
}

/* What is above the diagonal, times factor, to both sides of it. */
static void finish(int64_t side, double factor, double *gram)
{
    for (int64_t i = 0; i < side; i++) {
        for (int64_t j = i; j < side; j++) {
            double entry = factor * gram[i * side + j];
            gram[i * side + j] = entry;
            gram[j * side + i] = entry;
        }
    }
}

static int fill_independent(const nd_duality *duality, const double *x, const double *t, nd_task *task, double *gram)
{
    nd_pass *pass;
    ND_TRY(nd_pass_create(duality->network, duality->network, duality->n, x, t, ND_PASS_CURVATURES, 0, duality->options,
                          &pass));
    int status = fill_blocks(duality, pass, task, gram);
    nd_pass_free(pass);
    if (status == NNDYN_OK) {
        finish(duality->columns, duality->gamma * duality->gamma, gram);
    }
    return status;
}

/* Where batch norm ties the samples together: row j is J' (J e_j). */
static int fill_rows(const nd_duality *duality, nd_products *products, nd_task *task, double *work, double *gram)
{
    double *unit = work, *column = work + duality->columns;
    for (int64_t j = 0; j < duality->columns; j++) {
        ND_TRY(nd_task_report(task, (double)j / (double)duality->columns));
        unit[j] = 1;
        ND_TRY(nd_products_jvp(products, duality->network, unit, column));
        unit[j] = 0;
        ND_TRY(nd_products_vjp(products, duality->network, column, gram + j * duality->columns));
    }
    finish(duality->columns, 1, gram);
    return nd_task_report(task, 1);
}

int nd_duality_fill_gram(const nd_duality *duality, const double *x, const double *t, double *gram)
{
    nd_task task;
    nd_task_begin(&task, duality->network, "duality Gram matrix");
    return duality->coupled ? nd_products_fill(duality, x, t, &task, fill_rows, gram)
                            : fill_independent(duality, x, t, &task, gram);
}

void nd_duality_places(const nd_duality *duality, int64_t *column)
{
    if (duality->coupled) {
        for (int64_t j = 0; j < duality->columns; j++) {
            column[j] = j;
        }
        return;
    }
    nd_cut cut = cut_of(duality);
    for (int64_t b = 0; b < cut.input_blocks + cut.target_blocks; b++) {
        nd_block block = nd_duality_block(duality, &cut, b);
        for (int64_t r = 0; r < duality->n * block.count; r++) {
            *column++ = r / block.count * duality->per_sample + block.column + r % block.count;
        }
    }
}

double nd_duality_gram_bytes(const nd_duality *duality)
{
    double side = (double)duality->columns;
    if (duality->coupled) {
        return nd_duality_bytes(duality) + nd_products_bytes(duality, 0) + 8 * side * (side + 2) +
               8 * (double)duality->rows + 3 * ND_DUALITY_OVERHEAD;
    }
    nd_cut cut = cut_of(duality);
    return fixed_bytes(duality) + cut.bytes;
}

/* For each layer that counts every pair of rows of back[] and of value[], half of them by symmetry.  A row of blocks
 * begins with the tangents that ended the one before. */
double nd_duality_gram_flops(const nd_duality *duality)
{
    double sweep = nd_duality_sweep(duality), side = (double)duality->columns;
    double inputs = (double)duality->n * (double)duality->input_count, products = 0;
    if (duality->coupled) {
        return 2 * sweep + 8 * sweep * side;
    }
    nd_cut cut = cut_of(duality);
    double blocks = (double)(cut.input_blocks + cut.target_blocks), made = 1 + blocks * (blocks - 1) / 2;
    for (int64_t l = 0; l < duality->network->layer_count; l++) {
        const nd_layer *layer = &duality->network->layers[l];
        if (duality->parts[l]) {
            products += side * side * (double)layer->out + (l > 0 ? inputs * inputs * (double)layer->in : 0);
        }
    }
    return 2 * sweep + made / blocks * nd_duality_tangent_flops(duality) + products;
}
