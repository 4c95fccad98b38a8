/* sample_gradients.c - what can be asked of the gradients of all samples without forming one.
 *
 * g_s = J_s' d_s with d_s = dh_s/d(output), so g_s . u is d_s . (J_s u), one forward tangent for the batch, and
 * sum_s w_s g_s is a backward pass from w_s d_s.  Their Gram matrix is that of the gradient tangents of a plain
 * backward pass from d_s.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/products.h"
#include <string.h>

int nd_sample_gradients_create(nndyn_network *network, int64_t n, const double *x, const double *t, int copy,
                               const nd_option_value *options, double reserved, nd_batch_products *out)
{
    nd_batch_products products = {0};
    ND_TRY(nd_batch_products_create(network, &nd_jacobian_spec, n, x, t, copy, options, reserved, &products));
    int status = nd_pass_check_independent(products.pass, network, "the gradient of a single sample");
    if (status != NNDYN_OK) {
        nd_batch_products_free(network->handle.context, &products);
        return status;
    }
    products.pass->scale = 1;
    *out = products;
    return NNDYN_OK;
}

/* d_s for all samples */
static const double *sensitivities(const nd_pass *pass)
{
    return pass->workspace->sites[pass->network->layer_count - 1].dout;
}

int nd_gradient_projection(nd_batch_products *products, void *handle, const double *u, double *scratch, double *out)
{
    int64_t outputs = nd_network_outputs(products->pass->network);
    const double *d = sensitivities(products->pass);
    ND_TRY(nd_product_jacobian(products, handle, u, scratch));
    for (int64_t s = 0; s < products->pass->n; s++) {
        double sum = 0;
        for (int64_t k = s * outputs; k < (s + 1) * outputs; k++) {
            sum += d[k] * scratch[k];
        }
        out[s] = sum;
    }
    return NNDYN_OK;
}

int nd_gradient_combination(nd_batch_products *products, void *handle, const double *w, double *scratch, double *out)
{
    int64_t outputs = nd_network_outputs(products->pass->network);
    const double *d = sensitivities(products->pass);
    for (int64_t s = 0; s < products->pass->n; s++) {
        for (int64_t k = s * outputs; k < (s + 1) * outputs; k++) {
            scratch[k] = w[s] * d[k];
        }
    }
    return nd_product_jacobian_transposed(products, handle, scratch, out);
}

int nd_gradient_gram(nd_batch_products *products, void *handle, double *out)
{
    nd_pass *pass = products->pass;
    int64_t last = pass->network->layer_count;
    size_t bytes = (size_t)(pass->n * nd_network_outputs(pass->network)) * sizeof(double);
    memcpy(products->back->back[last], sensitivities(pass), bytes);
    ND_TRY(nd_tangent_backward(pass, handle, NULL, products->back));
    return nd_tangent_gram(pass, handle, products->back, products->back, NULL, out, pass->n);
}
