/* network.c - the linearized model of a network: its kernel, or products through it; parameters from coefficients.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "kernels/blas.h"
#include <string.h>

enum { KERNEL = ND_LINEAR_OPTIONS, OPTIONS };

/* ---- a copy of the network and the data -------------------------------------------------------------------------- */

static int adopt(nndyn_linearized *model, nndyn_network *network, void *handle, const double *x)
{
    ND_TRY(nd_network_copy(network, handle, NNDYN_F64, &model->network));
    ND_TRY(nd_allocate_for(handle, model->n * network->inputs, sizeof *model->x, &model->x));
    memcpy(model->x, x, (size_t)(model->n * network->inputs) * sizeof *x);
    model->loss = network->loss;
    return NNDYN_OK;
}

static const double *outputs_of(const nd_pass *pass)
{
    return pass->workspace->sites[pass->network->layer_count - 1].out;
}

/* In blocks of rows, so that memory does not grow with n. */
int nd_linear_outputs(nndyn_network *network, void *handle, int64_t n, const double *x, double *f)
{
    const int64_t rows = nd_evaluation_rows(network, n), outputs = nd_network_outputs(network);
    nd_option_value values[ND_PASS_OPTIONS] = {{0}};
    for (int64_t first = 0; first < n; first += rows) {
        const int64_t count = n - first < rows ? n - first : rows;
        nd_pass *pass;
        ND_TRY(nd_pass_create(network, handle, count, x + first * network->inputs, NULL, ND_PASS_VALUES, 0, values,
                              &pass));
        memcpy(f + first * outputs, outputs_of(pass), (size_t)(count * outputs) * sizeof *f);
        nd_pass_free(pass);
    }
    return NNDYN_OK;
}

/* ---- the kernel -------------------------------------------------------------------------------------------------- */

typedef struct points {
    int64_t n, test;
    const double *x, *t, *x_test;
} points;

static nd_kernel_spec spec_of(const nndyn_linearized *model)
{
    const int scalar = model->form == NNDYN_LINEARIZED_SCALAR;
    return (nd_kernel_spec){.kind = scalar ? ND_KERNEL_TRACE : ND_KERNEL_FULL, .metric = ND_METRIC_NETWORK};
}

static int fill_kernel(nndyn_linearized *model, void *handle, const points *p)
{
    const nd_kernel_spec spec = spec_of(model);
    nndyn_network *network = model->network;
    nd_task task;
    nd_task_begin(&task, handle, "tangent kernel");
    ND_TRY(nd_kernel_fill(network, handle, &spec, p->n, p->x, p->n, NULL, &task, model->kernel, model->order));
    ND_TRY(nd_linear_outputs(network, handle, p->n, p->x, model->f0));
    if (p->test > 0) {
        ND_TRY(nd_kernel_fill(network, handle, &spec, p->test, p->x_test, p->n, p->x, &task, model->test_kernel,
                              model->order));
        ND_TRY(nd_linear_outputs(network, handle, p->test, p->x_test, model->f0_test));
    }
    return NNDYN_OK;
}

static int fill_products(nndyn_linearized *model, void *handle, const points *p)
{
    const int64_t outputs = model->outputs;
    ND_TRY(nd_linear_source_create(handle, model->network, p->n, model->x, p->test, p->x_test, &model->source));
    memcpy(model->f0, nd_linear_source_outputs(model->source, 0), (size_t)(p->n * outputs) * sizeof *model->f0);
    if (p->test > 0) {
        memcpy(model->f0_test, nd_linear_source_outputs(model->source, 1),
               (size_t)(p->test * outputs) * sizeof *model->f0);
    }
    return NNDYN_OK;
}

static int fill(nndyn_linearized *model, nndyn_network *network, void *handle, const points *p,
                const nd_linear_settings *settings)
{
    ND_TRY(adopt(model, network, handle, p->x));
    memcpy(model->y, p->t, (size_t)(p->n * model->outputs) * sizeof *p->t);
    if (p->test > 0) {
        ND_TRY(nd_linear_make_test(model, handle, p->test));
    }
    ND_TRY(model->form == NNDYN_LINEARIZED_PRODUCTS ? fill_products(model, handle, p) : fill_kernel(model, handle, p));
    return nd_linear_prepare(model, handle, settings);
}

int nd_linear_of_network(nndyn_network *network, void *handle, int form, int64_t n, const double *x, const double *t,
                         int64_t test, const double *x_test, const nd_linear_settings *settings, nndyn_linearized **out)
{
    const points p = {n, test, x, t, x_test};
    nndyn_linearized *model;
    ND_TRY(nd_linear_make(handle, form, n, nd_network_outputs(network), settings, &model));
    const int status = fill(model, network, handle, &p, settings);
    if (status != NNDYN_OK) {
        nndyn_linearized_free(model);
        return status;
    }
    *out = model;
    return NNDYN_OK;
}

/* ---- the public call --------------------------------------------------------------------------------------------- */

static int check(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t test,
                 const double *x_test)
{
    ND_TRY(nd_network_ready(network, network, 1));
    const int64_t outputs = nd_network_outputs(network);
    if (network->parameters == 0) {
        return nd_fail(network, NNDYN_ESTATE, "the network has no parameters; add a dense layer");
    }
    ND_TRY(nd_check_size(network, n, 1, ND_BLAS_MOST / outputs, "n"));
    ND_TRY(nd_check_size(network, test, 0, ND_BLAS_MOST / outputs, "test"));
    ND_TRY(nd_check_pointer(network, x, "x"));
    ND_TRY(nd_check_pointer(network, t, "t"));
    ND_TRY(nd_check_finite(network, n, network->inputs, x, "x"));
    ND_TRY(nd_check_finite(network, n, outputs, t, "t"));
    if (test > 0) {
        ND_TRY(nd_check_pointer(network, x_test, "x_test"));
        ND_TRY(nd_check_finite(network, test, network->inputs, x_test, "x_test"));
    }
    return nd_network_check_order(network, network, 1, 1);
}

static int create(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t test,
                  const double *x_test, const nndyn_options *options, nndyn_linearized **out)
{
    static const int forms[] = {NNDYN_LINEARIZED_FULL, NNDYN_LINEARIZED_SCALAR, NNDYN_LINEARIZED_PRODUCTS};
    nd_option_spec specs[OPTIONS];
    nd_option_value values[OPTIONS];
    nd_linear_settings settings;
    memcpy(specs, nd_linear_options, sizeof nd_linear_options);
    specs[KERNEL] = (nd_option_spec){"kernel", ND_TEXT, 0, 0, 0, "full|trace|products"};
    ND_TRY(check(network, n, x, t, test, x_test));
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, values));
    ND_TRY(nd_linear_settings_of(network, values, n, &settings));
    return nd_linear_of_network(network, network, forms[values[KERNEL].integer], n, x, t, test, x_test, &settings, out);
}

int nndyn_linearized_create_network(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t test,
                                    const double *x_test, const nndyn_options *options, nndyn_linearized **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_linearized_create_network"));
    return nd_leave(network, create(network, n, x, t, test, x_test, options, out));
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static int tangent(nndyn_linearized *model, const double *coefficients, double *w)
{
    const nd_kernel_spec spec = {.kind = ND_KERNEL_FULL, .metric = ND_METRIC_NETWORK};
    nd_pull *direction;
    nd_pass *pass;
    ND_TRY(nd_kernel_pass(model->network, model, model->n, model->x, 0, &pass));
    int status = nd_pull_create(pass, model, &spec, &direction);
    if (status == NNDYN_OK) {
        status = nd_pull_set(direction, model, coefficients);
        if (status == NNDYN_OK) {
            status = nd_pull_parameters(direction, model, w);
        }
        nd_pull_free(model->handle.context, direction);
    }
    nd_pass_free(pass);
    return status;
}

static int parameters(nndyn_linearized *model, const double *coefficients, int64_t count, double *out)
{
    if (model->network == NULL) {
        return nd_fail(model, NNDYN_ESTATE,
                       "the model was made from a kernel, which knows of no parameters; make it with "
                       "nndyn_linearized_create_network");
    }
    if (coefficients == NULL) {
        coefficients = model->c.position;
    }
    ND_TRY(nd_check_finite(model, model->n, model->outputs, coefficients, "coefficients"));
    ND_TRY(nd_check_size(model, count, model->network->parameters, model->network->parameters, "count"));
    ND_TRY(nd_check_pointer(model, out, "parameters"));
    double *w;
    ND_TRY(nd_allocate_for(model, count, sizeof *w, &w));
    int status = tangent(model, coefficients, w);
    if (status == NNDYN_OK) {
        model->k->add(count, w, model->network->theta, w);
        status = model->k->all_finite(count, w)
                     ? NNDYN_OK
                     : nd_fail(model, NNDYN_ENUMERIC, "a parameter of the linear model is beyond the range of double");
    }
    if (status == NNDYN_OK) {
        memcpy(out, w, (size_t)count * sizeof *out);
    }
    nd_release(model->handle.context, w);
    return status;
}

int nndyn_linearized_parameters(nndyn_linearized *model, const double *coefficients, int64_t count, double *out)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_parameters"));
    return nd_leave(model, parameters(model, coefficients, count, out));
}
