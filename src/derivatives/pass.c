/* pass.c - a linearization point: a batch, the values and sensitivities at all boundaries, and the derivatives of
 * activations and loss there.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/engine.h"
#include "kernels/blas.h"
#include <string.h>

const nd_option_spec nd_pass_options[ND_PASS_OPTIONS] = {
    [ND_PASS_MODE] = {"mode", ND_TEXT, 0, 0, 0, "evaluation|training"},
    [ND_PASS_STEP] = {"step", ND_INTEGER, 0, 9007199254740992.0, 0, NULL},
    [ND_PASS_REDUCTION] = {"reduction", ND_TEXT, 0, 0, 0, "mean|sum"},
};

/* What each order of a pass holds. */
static const struct {
    int derivatives;   /* of the activations */
    int sensitivities; /* where there are targets */
    int loss;          /* derivatives of the loss */
    int keep;          /* of the workspace */
} needs[] = {
    [ND_PASS_VALUES] = {0, 0, 0, ND_KEEP_ALL},       [ND_PASS_SLOPES] = {1, 1, 1, ND_KEEP_ALL},
    [ND_PASS_CURVATURES] = {2, 1, 2, ND_KEEP_ALL},   [ND_PASS_GAUSS_NEWTON] = {1, 0, 2, ND_KEEP_ALL},
    [ND_PASS_TANGENTS] = {1, 0, 0, ND_KEEP_OUTPUTS},
};

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static double *take(nd_arena *arena, int64_t rows, int64_t columns)
{
    return nd_arena_take(arena, nd_product(rows, columns), sizeof(double));
}

/* An array for each activation layer, by layer. */
static double **take_activations(nd_arena *arena, const nndyn_network *network, int64_t n)
{
    double **arrays = nd_arena_take(arena, network->layer_count, sizeof *arrays);
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_ACTIVATION) {
            double *array = take(arena, n, network->layers[l].out);
            if (arrays) {
                arrays[l] = array;
            }
        }
    }
    return arrays;
}

static void take_loss(nd_arena *arena, const nndyn_network *network, int64_t n, nd_pass *pass)
{
    int64_t k = nd_network_outputs(network);
    int form = nd_loss_form(&network->loss);
    int64_t entries = form == ND_LOSS_DENSE ? nd_product(k, k) : k;
    pass->m = take(arena, n, entries);
    pass->c = take(arena, n, form == ND_LOSS_SOFTMAX ? 1 : entries);
    pass->dt = take(arena, n, k);
}

/* The pass's own arrays; what it borrows stays as it is. */
static void carve(nd_arena *arena, const nndyn_network *network, int64_t n, int order, int copy, nd_pass *pass)
{
    pass->network = nd_arena_take(arena, 1, sizeof *pass->network);
    nd_layer *layers = nd_arena_take(arena, network->layer_count, sizeof *layers);
    if (pass->network) {
        pass->network->layers = layers;
    }
    if (copy || network->dtype == NNDYN_F32) {
        pass->theta = take(arena, network->parameters, 1);
        pass->statistics = take(arena, network->statistics_count, 1);
    }
    if (copy) {
        pass->x = take(arena, n, network->inputs);
        pass->t = pass->t ? take(arena, n, nd_network_outputs(network)) : NULL;
    }
    if (needs[order].derivatives >= 1) {
        pass->slope = take_activations(arena, network, n);
    }
    if (needs[order].derivatives >= 2) {
        pass->curvature = take_activations(arena, network, n);
    }
    if (needs[order].loss >= 2) {
        take_loss(arena, network, n, pass);
    }
}

double nd_pass_bytes(const nndyn_network *network, int64_t n, int order, int copy)
{
    nd_arena arena = {0};
    double none = 0;
    nd_pass plan = {.t = &none};
    carve(&arena, network, n, order, copy, &plan);
    return (double)sizeof plan + (double)arena.used + (double)nd_workspace_bytes_f64(network, n, needs[order].keep);
}

/* ---- the network and data as they are now ----------------------------------------------------------------------- */

/* Everything but the handle is copied: layers added later and another loss do not reach the pass.  The handle lends
 * its context only; the reference is held on the original. */
static void take_view(nndyn_network *view, const nndyn_network *network)
{
    nd_layer *layers = view->layers;
    memcpy((char *)view + sizeof(nd_handle), (const char *)network + sizeof(nd_handle),
           sizeof *view - sizeof(nd_handle));
    memcpy(layers, network->layers, (size_t)network->layer_count * sizeof *layers);
    view->layers = layers;
    view->layer_capacity = network->layer_count;
    view->evaluation = NULL;
    view->handle.context = network->handle.context;
    view->handle.kind = ND_NETWORK;
}

static void widen(const nndyn_network *network, int64_t count, const void *from, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = network->dtype == NNDYN_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
    }
}

static void copy_state(const nndyn_network *network, int64_t n, const double *x, const double *t, nd_pass *pass)
{
    if (pass->theta) {
        widen(network, network->parameters, network->theta, (double *)pass->theta);
        widen(network, network->statistics_count, network->statistics, (double *)pass->statistics);
    } else {
        pass->theta = network->theta;
        pass->statistics = network->statistics;
    }
    if (pass->x != x) {
        memcpy((double *)pass->x, x, (size_t)(n * network->inputs) * sizeof *x);
    }
    if (pass->t != t) {
        memcpy((double *)pass->t, t, (size_t)(n * nd_network_outputs(network)) * sizeof *t);
    }
}

/* ---- derivatives ------------------------------------------------------------------------------------------------ */

/* A built-in activation's derivative, cut into pieces of a fixed size for the context's threads. */
typedef struct pieces {
    const nd_kernels_f64 *k;
    const nd_activation *f;
    int order;
    int64_t count;
    const double *z;
    double *out;
} pieces;

enum { PIECE = 8192 };

static void piece(void *user, int64_t index)
{
    const pieces *p = user;
    int64_t first = index * PIECE, count = p->count - first < PIECE ? p->count - first : PIECE;
    p->k->activate_derivative(p->f, p->order, count, p->z + first, p->out + first);
}

static int activation_derivative(const nd_pass *pass, void *handle, int64_t layer, int order, double *out)
{
    const nndyn_network *network = pass->network;
    const nd_activation *f = &network->layers[layer].activation;
    const double *z = pass->workspace->sites[layer].in;
    int64_t count = pass->n * network->layers[layer].out;
    if (f->kind != NNDYN_CUSTOM_ACTIVATION) {
        pieces job = {network->k64, f, order, count, z, out};
        int status = nd_parallel(network->handle.context, (count + PIECE - 1) / PIECE, piece, &job);
        return status == NNDYN_OK
                   ? status
                   : nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)layer);
    }
    if (f->evaluate(f->user, order, count, z, out) != 0) {
        return nd_fail(handle, NNDYN_ECALLBACK,
                       "the custom activation of layer %lld reported failure for its derivative of order %d",
                       (long long)layer, order);
    }
    return NNDYN_OK;
}

static int activation_derivatives(nd_pass *pass, void *handle)
{
    const nndyn_network *network = pass->network;
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind != NNDYN_ACTIVATION) {
            continue;
        }
        if (pass->slope) {
            ND_TRY(activation_derivative(pass, handle, l, 1, pass->slope[l]));
        }
        if (pass->curvature) {
            double *bend = pass->curvature[l];
            ND_TRY(activation_derivative(pass, handle, l, 2, bend));
            network->k64->multiply(pass->n * network->layers[l].out, bend, pass->workspace->sites[l].dout, bend);
        }
    }
    return NNDYN_OK;
}

static int loss_derivatives(nd_pass *pass, void *handle)
{
    const nndyn_network *network = pass->network;
    const nd_loss *loss = &network->loss;
    int64_t k = nd_network_outputs(network);
    const double *a = pass->workspace->sites[network->layer_count - 1].out;
    if (loss->kind != NNDYN_CUSTOM_LOSS) {
        network->k64->loss_second(loss, pass->n, k, a, pass->workspace->residual, pass->t, pass->m, pass->c, pass->dt);
        return NNDYN_OK;
    }
    for (int64_t s = 0; s < pass->n; s++) {
        if (loss->evaluate(loss->user, k, a + s * k, pass->t + s * k, NULL, NULL, pass->m + s * k * k,
                           pass->c + s * k * k, pass->dt + s * k) != 0) {
            return nd_fail(handle, NNDYN_ECALLBACK,
                           "the custom loss reported failure for the second derivatives of sample %lld", (long long)s);
        }
    }
    return NNDYN_OK;
}

/* ---- the pass --------------------------------------------------------------------------------------------------- */

static int run(nd_pass *pass, void *handle, int order)
{
    nndyn_network *network = pass->network;
    nd_workspace_f64 *workspace = pass->workspace;
    ND_TRY(nd_forward_f64(network, handle, pass->theta, pass->statistics, pass->mode, pass->n, pass->x, workspace));
    if (!network->k64->all_finite(pass->n * nd_network_outputs(network),
                                  workspace->sites[network->layer_count - 1].out)) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "the outputs of the network are not finite: parameters or inputs are too large");
    }
    if (pass->t) {
        ND_TRY(nd_loss_f64(network, handle, pass->t, workspace));
        if (needs[order].sensitivities) {
            ND_TRY(nd_backward_f64(network, handle, pass->theta, 1.0, workspace, NULL));
        }
    }
    ND_TRY(activation_derivatives(pass, handle));
    return pass->m ? loss_derivatives(pass, handle) : NNDYN_OK;
}

static int check_loss_order(const nndyn_network *network, void *handle, int order)
{
    if (network->loss.order >= order) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_EUNSUPPORTED,
                   "the loss %s has derivatives up to order %d and this call needs order %d; choose another loss",
                   nndyn_loss_name(network->loss.kind), network->loss.order, order);
}

static int check(const nndyn_network *network, void *handle, int64_t n, const double *x, const double *t, int order,
                 const nd_mode *mode)
{
    ND_TRY(nd_network_ready(network, handle, t != NULL));
    ND_TRY(nd_check_pointer(handle, x, "x"));
    ND_TRY(nd_check_size(handle, n, 1, ND_BLAS_MOST, "n"));
    if (mode->training && n < 2 && nd_network_find(network, NNDYN_BATCH_NORM) >= 0) {
        return nd_fail(handle, NNDYN_EARG,
                       "n is 1, and batch norm in training mode needs at least 2 samples; give more samples or set "
                       "\"mode\" to \"evaluation\"");
    }
    ND_TRY(nd_check_finite(handle, n, network->inputs, x, "x"));
    ND_TRY(nd_network_check_order(network, handle, needs[order].derivatives, 0));
    if (!t) {
        return NNDYN_OK;
    }
    ND_TRY(check_loss_order(network, handle, needs[order].loss));
    return nd_check_finite(handle, n, nd_network_outputs(network), t, "t");
}

static int build(nd_pass *pass, void *handle, int order, int copy)
{
    const nndyn_network *network = pass->original;
    const double *x = pass->x, *t = pass->t;
    nd_arena *arena = &pass->arena;
    carve(arena, network, pass->n, order, copy, pass);
    ND_TRY(nd_arena_reserve(arena, handle));
    pass->x = x;
    pass->t = t;
    carve(arena, network, pass->n, order, copy, pass);
    take_view(pass->network, network);
    copy_state(network, pass->n, x, t, pass);
    ND_TRY(nd_workspace_create_f64(pass->network, handle, pass->n, needs[order].keep, &pass->workspace));
    return run(pass, handle, order);
}

int nd_pass_create(nndyn_network *network, void *handle, int64_t n, const double *x, const double *t, int order,
                   int copy, const nd_option_value *options, nd_pass **out)
{
    nd_mode mode = {(int)options[ND_PASS_MODE].integer, nd_context_seed(network->handle.context),
                    options[ND_PASS_STEP].integer};
    nd_pass *pass;
    ND_TRY(check(network, handle, n, x, t, order, &mode));
    ND_TRY(nd_check_memory(handle, nd_pass_bytes(network, n, order, copy), "the batch at all layers"));
    ND_TRY(nd_allocate_for(handle, 1, sizeof *pass, &pass));
    nd_handle_retain(network);
    *pass = (nd_pass){.original = network, .x = x, .t = t, .n = n, .mode = mode};
    pass->scale = options[ND_PASS_REDUCTION].integer == 0 ? 1.0 / (double)n : 1.0;
    int status = build(pass, handle, order, copy);
    if (status != NNDYN_OK) {
        nd_pass_free(pass);
        return status;
    }
    *out = pass;
    return NNDYN_OK;
}

void nd_pass_free(nd_pass *pass)
{
    if (!pass) {
        return;
    }
    nndyn_network *network = pass->original;
    nndyn_context *context = network->handle.context;
    nd_workspace_free_f64(context, pass->workspace);
    nd_arena_free(&pass->arena);
    nd_release(context, pass);
    nd_handle_release(network);
}

int nd_pass_check_independent(const nd_pass *pass, void *handle, const char *what)
{
    int64_t layer = nd_network_find(pass->network, NNDYN_BATCH_NORM);
    if (!pass->mode.training || layer < 0) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_EUNSUPPORTED,
                   "%s belongs to one sample alone, but in training mode the batch norm of layer %lld couples the "
                   "samples; set \"mode\" to \"evaluation\"",
                   what, (long long)layer);
}
