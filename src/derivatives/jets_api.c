/* jets_api.c - the public functions of Taylor jets: check, compute aside, deliver when all has gone well.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jets.h"
#include "kernels/blas.h"
#include <string.h>

/* What a call asks for, and what is made for it. */
typedef struct jet_call {
    nndyn_network *network;
    int64_t n;
    const double *x;
    int order;
    int64_t rep; /* of the sweep along the direction */
    int factored;
    double result; /* numbers computed aside */
    nd_task task;
    nd_pass *pass;
    nd_jets *base, *jets;
    nd_direction *along;
    double *aside;
} jet_call;

static int64_t rows_of(const jet_call *call)
{
    return call->n * nd_network_outputs(call->network);
}

static int check_call(const jet_call *call)
{
    ND_TRY(nd_network_ready(call->network, call->network, 0));
    ND_TRY(nd_check_size(call->network, call->n, 1, ND_BLAS_MOST, "n"));
    ND_TRY(nd_check_pointer(call->network, call->x, "x"));
    return nd_check_size(call->network, call->order, 0, ND_JET_ORDER, "order");
}

static int check_memory(const jet_call *call)
{
    const nndyn_network *network = call->network;
    double bytes = nd_pass_bytes(network, call->n, ND_PASS_VALUES, 0) + 8 * call->result +
                   nd_jets_bytes(network, call->n, call->order, call->rep);
    if (call->factored) {
        int64_t outputs = nd_network_outputs(network);
        bytes += nd_jets_bytes(network, call->n, 0, outputs) + nd_direction_bytes(network, call->n) +
                 (call->rep > 0 ? nd_jets_gram_bytes(network, call->n, outputs, call->n, outputs, call->order) : 0);
    }
    return nd_check_memory(call->network, bytes, "the jets, at all layers and as the result");
}

static void end_call(jet_call *call)
{
    nd_release(call->network->handle.context, call->aside);
    nd_jets_free(call->jets);
    nd_direction_free(call->along);
    nd_jets_free(call->base);
    nd_pass_free(call->pass);
}

static int begin_call(jet_call *call, const nndyn_options *options)
{
    nndyn_network *network = call->network;
    nd_option_value values[ND_PASS_OPTIONS];
    ND_TRY(nd_options_read(network, options, nd_pass_options, ND_PASS_OPTIONS, values));
    ND_TRY(check_memory(call));
    ND_TRY(nd_pass_create(network, network, call->n, call->x, NULL, ND_PASS_VALUES, 0, values, &call->pass));
    ND_TRY(nd_jets_create(call->pass, network, call->order, call->rep, &call->jets));
    ND_TRY(nd_allocate_for(network, (int64_t)call->result, sizeof *call->aside, &call->aside));
    return nd_task_report(&call->task, 0.2);
}

static int deliver(const jet_call *call, int64_t count, const double *from, double *to, const char *what)
{
    if (!call->network->k64->all_finite(count, from)) {
        return nd_fail(call->network, NNDYN_ENUMERIC,
                       "%s: a Taylor coefficient is not finite; the direction is too long, parameters or data are too "
                       "large, or a derivative is infinite at this point",
                       what);
    }
    memcpy(to, from, (size_t)count * sizeof *to);
    return NNDYN_OK;
}

/* f_k, zeros where the degree ends. */
static void gather(const jet_call *call, double *out)
{
    int64_t rows = rows_of(call);
    for (int k = 0; k <= call->order; k++) {
        const double *f = nd_jets_output(call->jets, k);
        if (f) {
            memcpy(out + k * rows, f, (size_t)rows * sizeof *out);
        }
    }
}

/* ---- along a given direction ------------------------------------------------------------------------------------ */

static int jet(jet_call *call, const double *u, const nndyn_options *options, double *coefficients)
{
    nndyn_network *network = call->network;
    nd_direction v = {.u = u};
    ND_TRY(check_call(call));
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_pointer(network, coefficients, "coefficients"));
    ND_TRY(nd_check_finite(network, 1, network->parameters, u, "u"));
    call->result = (double)(call->order + 1) * (double)rows_of(call);
    ND_TRY(begin_call(call, options));
    ND_TRY(nd_jets_forward(call->jets, network, &v));
    gather(call, call->aside);
    ND_TRY(nd_task_report(&call->task, 1));
    return deliver(call, (int64_t)call->result, call->aside, coefficients, "the outputs");
}

int nndyn_jet(nndyn_network *network, int64_t n, const double *x, const double *u, int order,
              const nndyn_options *options, double *coefficients)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_jet"));
    jet_call call = {.network = network, .n = n, .x = x, .order = order};
    nd_task_begin(&call.task, network, "Taylor jet");
    int status = jet(&call, u, options, coefficients);
    end_call(&call);
    return nd_leave(network, status);
}

static int jet_gradient(jet_call *call, const double *u, const double *ybar, const nndyn_options *options,
                        double *coefficients)
{
    nndyn_network *network = call->network;
    nd_direction v = {.u = u};
    int64_t P = network->parameters;
    ND_TRY(check_call(call));
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_pointer(network, ybar, "ybar"));
    ND_TRY(nd_check_pointer(network, coefficients, "coefficients"));
    ND_TRY(nd_check_finite(network, 1, P, u, "u"));
    ND_TRY(nd_check_finite(network, call->n, nd_network_outputs(network), ybar, "ybar"));
    /* behind the result the ones that sum over the samples */
    call->result = (double)(call->order + 1) * (double)P + (double)call->n;
    ND_TRY(begin_call(call, options));
    double *ones = call->aside + (call->order + 1) * P;
    for (int64_t s = 0; s < call->n; s++) {
        ones[s] = 1;
    }
    ND_TRY(nd_jets_forward(call->jets, network, &v));
    ND_TRY(nd_task_report(&call->task, 0.4));
    ND_TRY(nd_jets_backward(call->jets, network, &v, ybar));
    ND_TRY(nd_task_report(&call->task, 0.7));
    for (int k = 0; k <= call->order; k++) {
        ND_TRY(nd_jets_gradient(call->jets, network, k, ones, call->aside + k * P));
    }
    ND_TRY(nd_task_report(&call->task, 1));
    return deliver(call, (call->order + 1) * P, call->aside, coefficients, "the gradient");
}

int nndyn_jet_gradient(nndyn_network *network, int64_t n, const double *x, const double *u, const double *ybar,
                       int order, const nndyn_options *options, double *coefficients)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_jet_gradient"));
    jet_call call = {.network = network, .n = n, .x = x, .order = order, .rep = 1};
    nd_task_begin(&call.task, network, "Taylor jet of the gradient");
    int status = jet_gradient(&call, u, ybar, options, coefficients);
    end_call(&call);
    return nd_leave(network, status);
}

/* ---- along V = J' w --------------------------------------------------------------------------------------------- */

static int make_direction(jet_call *call, const double *w)
{
    nndyn_network *network = call->network;
    ND_TRY(nd_jets_create(call->pass, network, 0, nd_network_outputs(network), &call->base));
    ND_TRY(nd_jets_forward(call->base, network, NULL));
    ND_TRY(nd_jets_backward(call->base, network, NULL, NULL));
    ND_TRY(nd_direction_create(call->base, network, &call->along));
    ND_TRY(nd_direction_set(call->along, network, w));
    return nd_task_report(&call->task, 0.3);
}

static int jet_kernels(jet_call *call, double *kernels)
{
    ND_TRY(nd_jets_backward(call->jets, call->network, call->along, NULL));
    ND_TRY(nd_task_report(&call->task, 0.7));
    return nd_jets_kernel(call->jets, call->jets, call->order, call->network, kernels);
}

static int jet_along(jet_call *call, const double *w, const nndyn_options *options, double *coefficients,
                     double *kernels)
{
    nndyn_network *network = call->network;
    ND_TRY(check_call(call));
    ND_TRY(nd_check_pointer(network, w, "w"));
    if (!coefficients && !kernels) {
        return nd_fail(network, NNDYN_EARG, "coefficients and kernels are both NULL; give room for one of them");
    }
    ND_TRY(nd_check_finite(network, call->n, nd_network_outputs(network), w, "w"));
    int64_t rows = rows_of(call), outputs = (call->order + 1) * rows;
    call->rep = kernels ? nd_network_outputs(network) : 0;
    call->result = (double)outputs * (1 + (kernels ? (double)rows : 0));
    ND_TRY(begin_call(call, options));
    ND_TRY(make_direction(call, w));
    ND_TRY(nd_jets_forward(call->jets, network, call->along));
    gather(call, call->aside);
    if (kernels) {
        ND_TRY(jet_kernels(call, call->aside + outputs));
    }
    ND_TRY(nd_task_report(&call->task, 1));
    if (kernels) {
        ND_TRY(deliver(call, outputs * rows, call->aside + outputs, kernels, "the tangent kernel"));
    }
    return coefficients ? deliver(call, outputs, call->aside, coefficients, "the outputs") : NNDYN_OK;
}

int nndyn_jet_along(nndyn_network *network, int64_t n, const double *x, const double *w, int order,
                    const nndyn_options *options, double *coefficients, double *kernels)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_jet_along"));
    jet_call call = {.network = network, .n = n, .x = x, .order = order, .factored = 1};
    nd_task_begin(&call.task, network, "Taylor jet along a gradient");
    int status = jet_along(&call, w, options, coefficients, kernels);
    end_call(&call);
    return nd_leave(network, status);
}
