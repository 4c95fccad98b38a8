/* cost.c - what each call takes, in bytes and flops, before it is made; one table, so that none is forgotten. */
#include "analysis/duality/duality.h"

double nd_duality_sweep(const nd_duality *duality)
{
    double weights = 0;
    for (int64_t l = 0; l < duality->network->layer_count; l++) {
        const nd_layer *layer = &duality->network->layers[l];
        weights += layer->kind == NNDYN_DENSE ? (double)layer->in * (double)layer->out : 0;
    }
    return 2 * (double)duality->n * weights;
}

/* Tangents of all columns, once: forward and backward for inputs, backward for targets; a dense layer at the inputs
 * takes part in neither. */
double nd_duality_tangent_flops(const nd_duality *duality)
{
    const nd_layer *first = duality->network->layers;
    double sweep = nd_duality_sweep(duality);
    if (first->kind == NNDYN_DENSE) {
        sweep -= 2 * (double)duality->n * (double)first->in * (double)first->out;
    }
    return sweep * (double)(2 * duality->input_count + duality->target_count);
}

double nd_duality_pass_bytes(const nd_duality *duality, int order, int copy)
{
    return nd_pass_bytes(duality->network, duality->n, order, copy) + 4 * ND_DUALITY_OVERHEAD;
}

static double array_bytes(double count)
{
    return 8 * count + ND_DUALITY_OVERHEAD;
}

static nd_cost apply_cost(const nd_duality *duality)
{
    return (nd_cost){nd_duality_bytes(duality) + nd_duality_pass_bytes(duality, ND_PASS_VALUES, 0) +
                         array_bytes((double)duality->parameters) + array_bytes((double)duality->rows),
                     3 * nd_duality_sweep(duality)};
}

/* Pass 2, tangent forward and backward 2, gradient's tangent 2 sweeps. */
static nd_cost product_cost(const nd_duality *duality)
{
    return (nd_cost){nd_duality_bytes(duality) + nd_products_bytes(duality, 0) +
                         array_bytes((double)duality->columns + (double)duality->rows),
                     6 * nd_duality_sweep(duality)};
}

static nd_cost jacobian_cost(const nd_duality *duality)
{
    return (nd_cost){nd_duality_jacobian_bytes(duality), nd_duality_jacobian_flops(duality)};
}

static nd_cost gram_cost(const nd_duality *duality)
{
    return (nd_cost){nd_duality_gram_bytes(duality), nd_duality_gram_flops(duality)};
}

static nd_cost operator_cost(const nd_duality *duality)
{
    return (nd_cost){nd_duality_bytes(duality) + nd_products_bytes(duality, 1) +
                         nd_operator_bytes(duality->rows, duality->columns) + ND_DUALITY_OVERHEAD,
                     2 * nd_duality_sweep(duality)};
}

static nd_cost spectrum_by_gram(const nd_duality *duality)
{
    double side = (double)duality->columns, working = nd_duality_gram_bytes(duality);
    double eigen = nd_duality_bytes(duality) + array_bytes(side * side) + array_bytes(side) +
                   nd_symmetric_eigen_bytes(duality->columns, 0) + 3 * ND_DUALITY_OVERHEAD;
    return (nd_cost){working > eigen ? working : eigen, nd_duality_gram_flops(duality) + 4.0 / 3 * side * side * side};
}

static nd_cost spectrum_by_jacobian(const nd_duality *duality)
{
    double rows = (double)duality->rows, columns = (double)duality->columns;
    double less = rows < columns ? rows : columns, more = rows < columns ? columns : rows;
    double working = nd_duality_jacobian_bytes(duality);
    double svd = nd_duality_bytes(duality) + array_bytes(rows * columns) + array_bytes(columns) +
                 nd_svd_bytes(duality->rows, duality->columns, 0) + 3 * ND_DUALITY_OVERHEAD;
    return (nd_cost){working > svd ? working : svd,
                     nd_duality_jacobian_flops(duality) + 4 * less * less * (more - less / 3)};
}

static nd_cost spectrum_by_operator(const nd_duality *duality)
{
    nd_cost cost = operator_cost(duality);
    int64_t count = duality->rows < duality->columns ? duality->rows : duality->columns;
    cost.bytes += nd_duality_bytes(duality) + array_bytes((double)duality->columns) +
                  nd_singular_values_bytes(duality->rows, duality->columns, count);
    cost.flops += (double)count * 8 * nd_duality_sweep(duality) +
                  2 * (double)count * (double)count * ((double)duality->rows + (double)duality->columns);
    return cost;
}

static nd_cost spectrum_cost(const nd_duality *duality)
{
    static nd_cost (*const by_method[])(const nd_duality *) = {
        [ND_METHOD_GRAM] = spectrum_by_gram,
        [ND_METHOD_JACOBIAN] = spectrum_by_jacobian,
        [ND_METHOD_OPERATOR] = spectrum_by_operator,
    };
    return by_method[duality->method](duality);
}

static const struct {
    const char *name;
    nd_cost (*cost)(const nd_duality *duality);
} calls[] = {
    [NNDYN_DUALITY_APPLY] = {"the duality map", apply_cost},
    [NNDYN_DUALITY_JVP] = {"a product with J", product_cost},
    [NNDYN_DUALITY_VJP] = {"a product with J'", product_cost},
    [NNDYN_DUALITY_JACOBIAN] = {"the Jacobian of the duality map", jacobian_cost},
    [NNDYN_DUALITY_GRAM] = {"the Gram matrix of the duality map", gram_cost},
    [NNDYN_DUALITY_SINGULAR_VALUES] = {"the singular values of the duality map", spectrum_cost},
    [NNDYN_DUALITY_OPERATOR] = {"an operator of the duality map", operator_cost},
};

nd_cost nd_duality_cost(const nd_duality *duality, int what)
{
    return calls[what].cost(duality);
}

int nd_duality_admit(const nd_duality *duality, int what)
{
    return nd_check_memory(duality->network, calls[what].cost(duality).bytes, calls[what].name);
}
