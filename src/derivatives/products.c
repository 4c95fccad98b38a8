/* products.c - the four products as sums over tangents.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/products.h"
#include <string.h>

enum { BACK_ONLY = ND_TANGENT_ZERO_BELOW | ND_TANGENT_NO_INPUTS };

const nd_product_spec nd_hessian_spec = {ND_PASS_CURVATURES, ND_TANGENT_FIXED_INPUTS | ND_TANGENT_NO_INPUTS,
                                         ND_PRODUCT_NONE};
const nd_product_spec nd_gauss_newton_spec = {ND_PASS_GAUSS_NEWTON, ND_TANGENT_FIXED_INPUTS | ND_TANGENT_FORWARD_ONLY,
                                              BACK_ONLY};
const nd_product_spec nd_jacobian_spec = {ND_PASS_SLOPES, ND_TANGENT_FIXED_INPUTS | ND_TANGENT_FORWARD_ONLY, BACK_ONLY};

static double tangent_bytes(const nndyn_network *network, int64_t n, int flags)
{
    return flags == ND_PRODUCT_NONE ? 0 : nd_tangent_bytes(network, n, 1, flags);
}

static int create_tangent(const nd_pass *pass, void *handle, int flags, nd_tangent **out)
{
    return flags == ND_PRODUCT_NONE ? NNDYN_OK : nd_tangent_create(pass, handle, 1, flags, out);
}

int nd_batch_products_create(nndyn_network *network, const nd_product_spec *spec, int64_t n, const double *x,
                             const double *t, int copy, const nd_option_value *options, double reserved,
                             nd_batch_products *out)
{
    nd_batch_products products = {0};
    double bytes = reserved;
    ND_TRY(nd_network_ready(network, network, t != NULL));
    bytes += nd_pass_bytes(network, n, spec->order, copy);
    bytes += tangent_bytes(network, n, spec->along) + tangent_bytes(network, n, spec->back);
    ND_TRY(nd_check_memory(network, bytes, "the batch and its tangents"));
    ND_TRY(nd_pass_create(network, network, n, x, t, spec->order, copy, options, &products.pass));
    int status = create_tangent(products.pass, network, spec->along, &products.along);
    if (status == NNDYN_OK) {
        status = create_tangent(products.pass, network, spec->back, &products.back);
    }
    if (status != NNDYN_OK) {
        nd_batch_products_free(network->handle.context, &products);
        return status;
    }
    *out = products;
    return NNDYN_OK;
}

void nd_batch_products_free(nndyn_context *context, nd_batch_products *products)
{
    nd_tangent_free(context, products->along);
    nd_tangent_free(context, products->back);
    nd_pass_free(products->pass);
}

static int tell(const nd_batch_products *products, double fraction)
{
    return products->task ? nd_task_report(products->task, fraction) : NNDYN_OK;
}

static size_t output_bytes(const nd_pass *pass)
{
    return (size_t)(pass->n * nd_network_outputs(pass->network)) * sizeof(double);
}

int nd_product_hessian(nd_batch_products *products, void *handle, const double *u, double *y)
{
    nd_tangent *along = products->along;
    ND_TRY(nd_tangent_forward(products->pass, handle, u, along));
    ND_TRY(tell(products, 0.55));
    ND_TRY(nd_tangent_loss(products->pass, handle, NULL, along));
    ND_TRY(nd_tangent_backward(products->pass, handle, u, along));
    ND_TRY(tell(products, 0.8));
    return nd_tangent_gradient(products->pass, handle, along, y);
}

/* J' M J u: the second tangent carries M J u back as if it were a sensitivity.  nd_tangent_loss reads the tangent's
 * own outputs, so it is lent those of the first one for that call. */
int nd_product_gauss_newton(nd_batch_products *products, void *handle, const double *u, double *y)
{
    int64_t last = products->pass->network->layer_count;
    nd_tangent *back = products->back;
    ND_TRY(nd_tangent_forward(products->pass, handle, u, products->along));
    back->value[last] = products->along->value[last];
    int status = nd_tangent_loss(products->pass, handle, NULL, back);
    back->value[last] = NULL;
    ND_TRY(status);
    ND_TRY(tell(products, 0.55));
    ND_TRY(nd_tangent_backward(products->pass, handle, NULL, back));
    ND_TRY(tell(products, 0.8));
    return nd_tangent_gradient(products->pass, handle, back, y);
}

int nd_product_jacobian(nd_batch_products *products, void *handle, const double *u, double *y)
{
    const nd_pass *pass = products->pass;
    const double *moved = products->along->value[pass->network->layer_count];
    ND_TRY(nd_tangent_forward(pass, handle, u, products->along));
    if (moved) {
        memcpy(y, moved, output_bytes(pass));
    } else { /* nothing that moves has parameters */
        memset(y, 0, output_bytes(pass));
    }
    return NNDYN_OK;
}

int nd_product_jacobian_transposed(nd_batch_products *products, void *handle, const double *y, double *u)
{
    nd_pass *pass = products->pass;
    memcpy(products->back->back[pass->network->layer_count], y, output_bytes(pass));
    ND_TRY(nd_tangent_backward(pass, handle, NULL, products->back));
    ND_TRY(tell(products, 0.8));
    return u ? nd_tangent_gradient(pass, handle, products->back, u) : NNDYN_OK;
}
