/* map.c - the map, its shape and cost, and its products with single directions. */
#include "analysis/duality/duality.h"
#include <string.h>

static nndyn_context *context_of(const nd_duality *duality)
{
    return duality->network->handle.context;
}

static int shape(nndyn_network *network, int64_t n, const nndyn_options *options, int64_t *rows, int64_t *columns)
{
    nd_duality *duality;
    ND_TRY(nd_duality_create(network, n, options, 1, &duality));
    if (rows != NULL) {
        *rows = duality->rows;
    }
    if (columns != NULL) {
        *columns = duality->columns;
    }
    nd_duality_free(network->handle.context, duality);
    return NNDYN_OK;
}

int nndyn_duality_shape(nndyn_network *network, int64_t n, const nndyn_options *options, int64_t *rows,
                        int64_t *columns)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_shape"));
    return nd_leave(network, shape(network, n, options, rows, columns));
}

static int forecast(nndyn_network *network, int64_t n, int what, const nndyn_options *options, int64_t *bytes,
                    double *flops)
{
    nd_duality *duality;
    ND_TRY(nd_check_size(network, what, NNDYN_DUALITY_APPLY, NNDYN_DUALITY_OPERATOR, "what"));
    ND_TRY(nd_duality_create(network, n, options, 1, &duality));
    nd_cost cost = nd_duality_cost(duality, what);
    nd_duality_free(network->handle.context, duality);
    if (bytes != NULL) {
        *bytes = cost.bytes < 9e18 ? (int64_t)cost.bytes : INT64_MAX;
    }
    if (flops != NULL) {
        *flops = cost.flops;
    }
    return NNDYN_OK;
}

int nndyn_duality_forecast(nndyn_network *network, int64_t n, int what, const nndyn_options *options, int64_t *bytes,
                           double *flops)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_forecast"));
    return nd_leave(network, forecast(network, n, what, options, bytes, flops));
}

/* ---- the map --------------------------------------------------------------------------------------------------- */

static int gradient(const nd_duality *duality, const nd_pass *pass, double *all, double *qdot)
{
    nndyn_network *network = duality->network;
    ND_TRY(nd_backward_f64(pass->network, network, pass->theta, pass->scale, pass->workspace, all));
    ND_TRY(nd_duality_check_result(duality, duality->parameters, all, "the gradient"));
    nd_duality_compress(duality, all, -duality->gamma, qdot);
    return NNDYN_OK;
}

static int apply_map(const nd_duality *duality, const double *x, const double *t, double *qdot)
{
    nndyn_network *network = duality->network;
    nd_pass *pass;
    double *all;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_pointer(network, qdot, "qdot"));
    ND_TRY(nd_network_check_order(network, network, 1, 1)); /* a pass of values alone asks for less */
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_APPLY));
    ND_TRY(nd_pass_create(network, network, duality->n, x, t, ND_PASS_VALUES, 0, duality->options, &pass));
    int status = nd_allocate_for(network, duality->parameters, sizeof *all, &all);
    if (status == NNDYN_OK) {
        status = gradient(duality, pass, all, qdot);
        nd_release(context_of(duality), all);
    }
    nd_pass_free(pass);
    return status;
}

int nndyn_duality_apply(nndyn_network *network, int64_t n, const double *x, const double *t,
                        const nndyn_options *options, double *qdot)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_apply"));
    int status = nd_duality_create(network, n, options, 0, &duality);
    if (status == NNDYN_OK) {
        status = apply_map(duality, x, t, qdot);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}

/* ---- products -------------------------------------------------------------------------------------------------- */

/* The columns that count, out of n x width directions (NULL: zero). */
static void pick(const nd_duality *duality, const double *full, int64_t count, const int64_t *list, int64_t width,
                 double *v)
{
    for (int64_t s = 0; full != NULL && s < duality->n; s++) {
        for (int64_t c = 0; c < count; c++) {
            v[s * duality->per_sample + c] = full[s * width + list[c]];
        }
    }
}

/* The reverse; what does not count is zero. */
static void put(const nd_duality *duality, const double *v, int64_t count, const int64_t *list, int64_t width,
                double *full)
{
    if (full == NULL) {
        return;
    }
    memset(full, 0, (size_t)(duality->n * width) * sizeof *full);
    for (int64_t s = 0; s < duality->n; s++) {
        for (int64_t c = 0; c < count; c++) {
            full[s * width + list[c]] = v[s * duality->per_sample + c];
        }
    }
}

/* Products with both ends in one array: `columns` numbers and then `rows`. */
static int with_products(const nd_duality *duality, const double *x, const double *t, int transposed, double *ends)
{
    nd_products *products;
    double *columns = ends, *rows = ends + duality->columns;
    ND_TRY(nd_products_create(duality, x, t, 0, &products));
    int status = transposed ? nd_products_vjp(products, duality->network, rows, columns)
                            : nd_products_jvp(products, duality->network, columns, rows);
    nd_products_free(context_of(duality), products);
    ND_TRY(status);
    return nd_duality_check_result(duality, transposed ? duality->columns : duality->rows, transposed ? columns : rows,
                                   "the product");
}

static int jvp(const nd_duality *duality, const double *x, const double *t, const double *xdot, const double *tdot,
               double *qdot)
{
    nndyn_network *network = duality->network;
    double *ends;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    if (xdot != NULL) {
        ND_TRY(nd_check_finite(network, duality->n, duality->inputs, xdot, "xdot"));
    }
    if (tdot != NULL) {
        ND_TRY(nd_check_finite(network, duality->n, duality->outputs, tdot, "tdot"));
    }
    ND_TRY(nd_check_pointer(network, qdot, "qdot"));
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_JVP));
    ND_TRY(nd_allocate_for(network, duality->columns + duality->rows, sizeof *ends, &ends));
    pick(duality, xdot, duality->input_count, duality->input, duality->inputs, ends);
    pick(duality, tdot, duality->target_count, duality->target, duality->outputs, ends + duality->input_count);
    int status = with_products(duality, x, t, 0, ends);
    if (status == NNDYN_OK) {
        memcpy(qdot, ends + duality->columns, (size_t)duality->rows * sizeof *qdot);
    }
    nd_release(context_of(duality), ends);
    return status;
}

int nndyn_duality_jvp(nndyn_network *network, int64_t n, const double *x, const double *t, const double *xdot,
                      const double *tdot, const nndyn_options *options, double *qdot)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_jvp"));
    int status = nd_duality_create(network, n, options, 0, &duality);
    if (status == NNDYN_OK) {
        status = jvp(duality, x, t, xdot, tdot, qdot);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}

static int vjp(const nd_duality *duality, const double *x, const double *t, const double *u, double *xbar, double *tbar)
{
    nndyn_network *network = duality->network;
    double *ends;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_finite(network, duality->rows, 1, u, "u"));
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_VJP));
    ND_TRY(nd_allocate_for(network, duality->columns + duality->rows, sizeof *ends, &ends));
    memcpy(ends + duality->columns, u, (size_t)duality->rows * sizeof *u);
    int status = with_products(duality, x, t, 1, ends);
    if (status == NNDYN_OK) {
        put(duality, ends, duality->input_count, duality->input, duality->inputs, xbar);
        put(duality, ends + duality->input_count, duality->target_count, duality->target, duality->outputs, tbar);
    }
    nd_release(context_of(duality), ends);
    return status;
}

int nndyn_duality_vjp(nndyn_network *network, int64_t n, const double *x, const double *t, const double *u,
                      const nndyn_options *options, double *xbar, double *tbar)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_vjp"));
    int status = nd_duality_create(network, n, options, 0, &duality);
    if (status == NNDYN_OK) {
        status = vjp(duality, x, t, u, xbar, tbar);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}
