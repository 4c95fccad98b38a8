/* operators.c - Hessian, Gauss-Newton matrix and parameter Jacobian as operators over a snapshot of network and data.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/products.h"

/* ---- methods ---------------------------------------------------------------------------------------------------- */

static int hessian_apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    return nd_product_hessian(user, op, x, y);
}

static int gauss_newton_apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    return nd_product_gauss_newton(user, op, x, y);
}

static int jacobian_apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    return nd_product_jacobian(user, op, x, y);
}

static int jacobian_apply_transposed(nndyn_operator *op, void *user, const double *y, double *x)
{
    return nd_product_jacobian_transposed(user, op, y, x);
}

static void destroy(nndyn_context *context, void *user)
{
    nd_batch_products_free(context, user);
    nd_release(context, user);
}

static const nd_operator_methods hessian = {hessian_apply, NULL, destroy};
static const nd_operator_methods gauss_newton = {gauss_newton_apply, NULL, destroy};
static const nd_operator_methods jacobian = {jacobian_apply, jacobian_apply_transposed, destroy};

static const struct {
    const nd_product_spec *spec;
    const nd_operator_methods *methods;
} kinds[] = {
    [ND_HESSIAN] = {&nd_hessian_spec, &hessian},
    [ND_GAUSS_NEWTON] = {&nd_gauss_newton_spec, &gauss_newton},
    [ND_JACOBIAN] = {&nd_jacobian_spec, &jacobian},
};

/* ---- creation --------------------------------------------------------------------------------------------------- */

int nd_products_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                         const nd_option_value *values, int which, nndyn_operator **out)
{
    const nd_product_spec *spec = kinds[which].spec;
    const nd_operator_methods *methods = kinds[which].methods;
    nd_batch_products *products;
    int64_t columns = network->parameters;
    nd_task task;
    nd_task_begin(&task, network, "operator");
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_network_ready(network, network, t != NULL));
    if (columns == 0) {
        return nd_fail(network, NNDYN_ESTATE,
                       "the network has no parameters, so the operator would have no columns; "
                       "add a layer that has some");
    }
    ND_TRY(nd_allocate_for(network, 1, sizeof *products, &products));
    int status = nd_batch_products_create(network, spec, n, x, t, 1, values, 8.0 * (double)columns, products);
    if (status == NNDYN_OK) {
        status = nd_task_report(&task, 1);
    }
    if (status != NNDYN_OK) { /* a set of products that was not made is all NULL */
        destroy(network->handle.context, products);
        return status;
    }
    int64_t rows = methods->apply_transposed ? n * nd_network_outputs(network) : columns;
    if (methods->apply_transposed) {
        products->pass->scale = 1; /* a Jacobian has a row for each output: nothing is reduced */
    }
    return nd_operator_create(network, rows, columns, methods, products, out);
}

static int create(nndyn_network *network, int64_t n, const double *x, const double *t, const nndyn_options *options,
                  int which, nndyn_operator **out)
{
    nd_option_value values[ND_PASS_OPTIONS];
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_options_read(network, options, nd_pass_options, ND_PASS_OPTIONS, values));
    return nd_products_operator(network, n, x, t, values, which, out);
}

static int create_with_targets(nndyn_network *network, int64_t n, const double *x, const double *t,
                               const nndyn_options *options, int which, nndyn_operator **out)
{
    ND_TRY(nd_check_pointer(network, t, "t"));
    return create(network, n, x, t, options, which, out);
}

int nndyn_hessian_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                           const nndyn_options *options, nndyn_operator **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_hessian_operator"));
    return nd_leave(network, create_with_targets(network, n, x, t, options, ND_HESSIAN, out));
}

int nndyn_gauss_newton_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                                const nndyn_options *options, nndyn_operator **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_gauss_newton_operator"));
    return nd_leave(network, create_with_targets(network, n, x, t, options, ND_GAUSS_NEWTON, out));
}

int nndyn_parameter_jacobian_operator(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                                      nndyn_operator **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_parameter_jacobian_operator"));
    return nd_leave(network, create(network, n, x, NULL, options, ND_JACOBIAN, out));
}
