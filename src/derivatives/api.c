/* api.c - the public functions: check, compute aside, deliver when all has gone well.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/input_jacobian.h"
#include "derivatives/products.h"
#include "derivatives/tangent.h"
#include "kernels/blas.h"
#include <math.h>
#include <string.h>

/* ---- shared ----------------------------------------------------------------------------------------------------- */

static int read_options(nndyn_network *network, const nndyn_options *options, nd_option_value *values)
{
    return nd_options_read(network, options, nd_pass_options, ND_PASS_OPTIONS, values);
}

/* What must hold before sizes are computed from n and the network. */
static int check_batch(nndyn_network *network, int64_t n, const double *x, int need_loss)
{
    ND_TRY(nd_network_ready(network, network, need_loss));
    ND_TRY(nd_check_size(network, n, 1, ND_BLAS_MOST, "n"));
    return nd_check_pointer(network, x, "x");
}

static int check_finite_result(nndyn_network *network, int64_t count, const double *values, const char *what)
{
    if (network->k64->all_finite(count, values)) {
        return NNDYN_OK;
    }
    return nd_fail(network, NNDYN_ENUMERIC,
                   "%s is not finite: parameters or data are too large, or a derivative is "
                   "infinite at this point",
                   what);
}

/* Hand a result over if it is finite; the caller's array is touched by nothing else. */
static int deliver(nndyn_network *network, int64_t count, const double *from, double *to, const char *what)
{
    if (!to) {
        return NNDYN_OK;
    }
    ND_TRY(check_finite_result(network, count, from, what));
    memcpy(to, from, (size_t)count * sizeof *to);
    return NNDYN_OK;
}

/* ---- gradient --------------------------------------------------------------------------------------------------- */

static int loss_and_gradient(nndyn_network *network, nd_pass *pass, nd_task *task, double *aside, double *loss,
                             double *gradient)
{
    double sum = 0;
    ND_TRY(nd_task_report(task, 0.4));
    for (int64_t s = 0; s < pass->n; s++) {
        sum += pass->workspace->h[s];
    }
    sum *= pass->scale;
    ND_TRY(check_finite_result(network, 1, &sum, "the loss"));
    if (gradient) {
        ND_TRY(nd_backward_f64(pass->network, network, pass->theta, pass->scale, pass->workspace, aside));
        ND_TRY(nd_task_report(task, 1));
        ND_TRY(deliver(network, network->parameters, aside, gradient, "the gradient"));
    }
    if (loss) {
        *loss = sum;
    }
    return NNDYN_OK;
}

static int gradient_of(nndyn_network *network, int64_t n, const double *x, const double *t,
                       const nndyn_options *options, double *loss, double *gradient)
{
    nd_option_value values[ND_PASS_OPTIONS];
    double *aside = NULL;
    nd_pass *pass;
    nd_task task;
    nd_task_begin(&task, network, "gradient");
    ND_TRY(check_batch(network, n, x, 1));
    ND_TRY(nd_check_pointer(network, t, "t"));
    ND_TRY(read_options(network, options, values));
    ND_TRY(nd_network_check_order(network, network, gradient ? 1 : 0, 1));
    ND_TRY(nd_check_memory(network, nd_pass_bytes(network, n, ND_PASS_VALUES, 0) + 8.0 * (double)network->parameters,
                           "the batch and the gradient"));
    ND_TRY(nd_pass_create(network, network, n, x, t, ND_PASS_VALUES, 0, values, &pass));
    int status = gradient ? nd_allocate_for(network, network->parameters, sizeof *aside, &aside) : NNDYN_OK;
    if (status == NNDYN_OK) {
        status = loss_and_gradient(network, pass, &task, aside, loss, gradient);
    }
    nd_release(network->handle.context, aside);
    nd_pass_free(pass);
    return status;
}

int nndyn_gradient(nndyn_network *network, int64_t n, const double *x, const double *t, const nndyn_options *options,
                   double *loss, double *gradient)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_gradient"));
    return nd_leave(network, gradient_of(network, n, x, t, options, loss, gradient));
}

/* ---- one layer -------------------------------------------------------------------------------------------------- */

static int layer_sensitivity(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t layer,
                             const nndyn_options *options, double *output, double *sensitivity)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass;
    nd_task task;
    nd_task_begin(&task, network, "layer sensitivity");
    ND_TRY(check_batch(network, n, x, sensitivity != NULL));
    if (sensitivity) {
        ND_TRY(nd_check_pointer(network, t, "t"));
    }
    ND_TRY(nd_check_size(network, layer, 0, network->layer_count - 1, "layer"));
    ND_TRY(read_options(network, options, values));
    ND_TRY(nd_pass_create(network, network, n, x, sensitivity ? t : NULL, sensitivity ? ND_PASS_SLOPES : ND_PASS_VALUES,
                          0, values, &pass));
    const nd_site_f64 *site = &pass->workspace->sites[layer];
    int64_t count = n * network->layers[layer].out;
    int status = nd_task_report(&task, 1);
    if (status == NNDYN_OK && sensitivity) {
        status = check_finite_result(network, count, site->dout, "the sensitivity");
    }
    if (status == NNDYN_OK) {
        status = deliver(network, count, site->out, output, "the output of the layer");
    }
    if (status == NNDYN_OK) {
        status = deliver(network, count, site->dout, sensitivity, "the sensitivity");
    }
    nd_pass_free(pass);
    return status;
}

int nndyn_layer_sensitivity(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t layer,
                            const nndyn_options *options, double *output, double *sensitivity)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_layer_sensitivity"));
    return nd_leave(network, layer_sensitivity(network, n, x, t, layer, options, output, sensitivity));
}

/* ---- gradient norms --------------------------------------------------------------------------------------------- */

/* aside: squares, then two numbers a sample of scratch */
static int norms_of(nndyn_network *network, const nd_pass *pass, nd_task *task, double *aside, double *norms)
{
    int64_t n = pass->n;
    ND_TRY(nd_task_report(task, 0.9));
    ND_TRY(nd_pass_check_independent(pass, network, "the norm of a sample's gradient"));
    for (int64_t l = 0; l < pass->network->layer_count; l++) {
        const nd_layer *layer = &pass->network->layers[l];
        if (layer->count > 0) {
            nd_layer_rules_of[layer->kind].norms(pass, l, aside + n, aside);
        }
    }
    for (int64_t s = 0; s < n; s++) {
        aside[s] = sqrt(aside[s]);
    }
    return deliver(network, n, aside, norms, "the norm of a gradient");
}

static int gradient_norms(nndyn_network *network, int64_t n, const double *x, const double *t,
                          const nndyn_options *options, double *norms)
{
    nd_option_value values[ND_PASS_OPTIONS];
    double *aside;
    nd_pass *pass;
    nd_task task;
    nd_task_begin(&task, network, "gradient norms");
    ND_TRY(check_batch(network, n, x, 1));
    ND_TRY(nd_check_pointer(network, t, "t"));
    ND_TRY(nd_check_pointer(network, norms, "norms"));
    ND_TRY(read_options(network, options, values));
    ND_TRY(nd_pass_create(network, network, n, x, t, ND_PASS_SLOPES, 0, values, &pass));
    int status = nd_allocate_for(network, 3 * n, sizeof *aside, &aside);
    if (status == NNDYN_OK) {
        status = norms_of(network, pass, &task, aside, norms);
        nd_release(network->handle.context, aside);
    }
    nd_pass_free(pass);
    return status;
}

int nndyn_gradient_norms(nndyn_network *network, int64_t n, const double *x, const double *t,
                         const nndyn_options *options, double *norms)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_gradient_norms"));
    return nd_leave(network, gradient_norms(network, n, x, t, options, norms));
}

/* ---- input Jacobian --------------------------------------------------------------------------------------------- */

static int input_jacobian(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                          double *jacobian)
{
    nd_option_value values[ND_PASS_OPTIONS];
    double *aside;
    nd_task task;
    ND_TRY(check_batch(network, n, x, 0));
    ND_TRY(nd_check_pointer(network, jacobian, "jacobian"));
    ND_TRY(read_options(network, options, values));
    int64_t count = nd_product(n, nd_product(nd_network_outputs(network), network->inputs));
    ND_TRY(nd_check_memory(network, 8.0 * (double)count, "the Jacobian"));
    ND_TRY(nd_allocate_for(network, count, sizeof *aside, &aside));
    nd_task_begin(&task, network, "input Jacobian");
    int status = nd_input_jacobian(network, n, x, values, &task, aside);
    if (status == NNDYN_OK) {
        status = deliver(network, count, aside, jacobian, "the Jacobian");
    }
    nd_release(network->handle.context, aside);
    return status;
}

int nndyn_input_jacobian(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                         double *jacobian)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_input_jacobian"));
    return nd_leave(network, input_jacobian(network, n, x, options, jacobian));
}

/* ---- products with vectors -------------------------------------------------------------------------------------- */

static int create_products(nndyn_network *network, const nd_product_spec *spec, int64_t n, const double *x,
                           const double *t, const nd_option_value *options, double reserved, nd_task *task,
                           nd_batch_products *products)
{
    ND_TRY(nd_batch_products_create(network, spec, n, x, t, 0, options, reserved, products));
    products->task = task;
    int status = nd_task_report(task, 0.4);
    if (status != NNDYN_OK) {
        nd_batch_products_free(network->handle.context, products);
    }
    return status;
}

static int jvp_aside(nndyn_network *network, nd_batch_products *products, const double *xdot, const double *u,
                     double *ydot)
{
    int64_t n = products->pass->n, count = n * nd_network_outputs(network);
    double *aside;
    if (xdot) {
        memcpy(products->along->value[0], xdot, (size_t)(n * network->inputs) * sizeof *xdot);
    }
    ND_TRY(nd_allocate_for(network, count, sizeof *aside, &aside));
    int status = nd_product_jacobian(products, network, u, aside);
    if (status == NNDYN_OK) {
        status = deliver(network, count, aside, ydot, "the tangent of the outputs");
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int jvp(nndyn_network *network, int64_t n, const double *x, const double *xdot, const double *u,
               const nndyn_options *options, double *ydot)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nd_batch_products products;
    nd_product_spec spec = {ND_PASS_SLOPES, ND_TANGENT_FORWARD_ONLY | (xdot ? 0 : ND_TANGENT_FIXED_INPUTS),
                            ND_PRODUCT_NONE};
    nd_task task;
    nd_task_begin(&task, network, "Jacobian-vector product");
    ND_TRY(check_batch(network, n, x, 0));
    ND_TRY(nd_check_pointer(network, ydot, "ydot"));
    ND_TRY(read_options(network, options, values));
    if (xdot) {
        ND_TRY(nd_check_finite(network, n, network->inputs, xdot, "xdot"));
    }
    if (u) {
        ND_TRY(nd_check_finite(network, 1, network->parameters, u, "u"));
    }
    double bytes = 8.0 * (double)n * (double)nd_network_outputs(network);
    ND_TRY(create_products(network, &spec, n, x, NULL, values, bytes, &task, &products));
    int status = jvp_aside(network, &products, xdot, u, ydot);
    nd_batch_products_free(network->handle.context, &products);
    return status;
}

int nndyn_jvp(nndyn_network *network, int64_t n, const double *x, const double *xdot, const double *u,
              const nndyn_options *options, double *ydot)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_jvp"));
    return nd_leave(network, jvp(network, n, x, xdot, u, options, ydot));
}

static int vjp_aside(nndyn_network *network, nd_batch_products *products, const double *ybar, double *xbar,
                     double *ubar)
{
    double *aside = NULL;
    if (ubar) {
        ND_TRY(nd_allocate_for(network, network->parameters, sizeof *aside, &aside));
    }
    products->pass->scale = 1;
    int status = nd_product_jacobian_transposed(products, network, ybar, aside);
    if (status == NNDYN_OK && ubar) {
        status = check_finite_result(network, network->parameters, aside, "the product at the parameters");
    }
    if (status == NNDYN_OK) {
        status = deliver(network, products->pass->n * network->inputs, products->back->back[0], xbar,
                         "the product at the inputs");
    }
    if (status == NNDYN_OK) {
        status = deliver(network, network->parameters, aside, ubar, "the product at the parameters");
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int vjp(nndyn_network *network, int64_t n, const double *x, const double *ybar, const nndyn_options *options,
               double *xbar, double *ubar)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nd_batch_products products;
    nd_product_spec spec = {ND_PASS_SLOPES, ND_PRODUCT_NONE, ND_TANGENT_ZERO_BELOW | (xbar ? 0 : ND_TANGENT_NO_INPUTS)};
    nd_task task;
    nd_task_begin(&task, network, "vector-Jacobian product");
    ND_TRY(check_batch(network, n, x, 0));
    ND_TRY(nd_check_pointer(network, ybar, "ybar"));
    ND_TRY(read_options(network, options, values));
    ND_TRY(nd_check_finite(network, n, nd_network_outputs(network), ybar, "ybar"));
    ND_TRY(create_products(network, &spec, n, x, NULL, values, ubar ? 8.0 * (double)network->parameters : 0, &task,
                           &products));
    int status = vjp_aside(network, &products, ybar, xbar, ubar);
    nd_batch_products_free(network->handle.context, &products);
    return status;
}

int nndyn_vjp(nndyn_network *network, int64_t n, const double *x, const double *ybar, const nndyn_options *options,
              double *xbar, double *ubar)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_vjp"));
    return nd_leave(network, vjp(network, n, x, ybar, options, xbar, ubar));
}

/* ---- second order ----------------------------------------------------------------------------------------------- */

/* One of the two second-order products: they differ by what is made and by how it is used. */
typedef struct second_order {
    const nd_product_spec *spec;
    int (*product)(nd_batch_products *products, void *handle, const double *u, double *y);
    const char *what, *result; /* the task's name; the output's */
} second_order;

static const second_order hessian = {&nd_hessian_spec, nd_product_hessian, "Hessian-vector product", "hu"};
static const second_order gauss_newton = {&nd_gauss_newton_spec, nd_product_gauss_newton, "Gauss-Newton product", "gu"};

static int product_aside(nndyn_network *network, const second_order *kind, nd_batch_products *products, const double *u,
                         double *out)
{
    double *aside;
    ND_TRY(nd_allocate_for(network, network->parameters, sizeof *aside, &aside));
    int status = kind->product(products, network, u, aside);
    if (status == NNDYN_OK) {
        status = deliver(network, network->parameters, aside, out, kind->what);
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int second_order_product(nndyn_network *network, const second_order *kind, int64_t n, const double *x,
                                const double *t, const double *u, const nndyn_options *options, double *out)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nd_batch_products products;
    nd_task task;
    nd_task_begin(&task, network, kind->what);
    ND_TRY(check_batch(network, n, x, 1));
    ND_TRY(nd_check_pointer(network, t, "t"));
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_pointer(network, out, kind->result));
    ND_TRY(read_options(network, options, values));
    ND_TRY(nd_check_finite(network, 1, network->parameters, u, "u"));
    ND_TRY(create_products(network, kind->spec, n, x, t, values, 8.0 * (double)network->parameters, &task, &products));
    int status = product_aside(network, kind, &products, u, out);
    nd_batch_products_free(network->handle.context, &products);
    return status;
}

int nndyn_hessian_vector(nndyn_network *network, int64_t n, const double *x, const double *t, const double *u,
                         const nndyn_options *options, double *hu)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_hessian_vector"));
    return nd_leave(network, second_order_product(network, &hessian, n, x, t, u, options, hu));
}

int nndyn_gauss_newton_vector(nndyn_network *network, int64_t n, const double *x, const double *t, const double *u,
                              const nndyn_options *options, double *gu)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_gauss_newton_vector"));
    return nd_leave(network, second_order_product(network, &gauss_newton, n, x, t, u, options, gu));
}
