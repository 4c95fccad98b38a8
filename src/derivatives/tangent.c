/* tangent.c - directions pushed through a pass: their memory, and the order of calls.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/tangent.h"
#include "kernels/blas.h"

/* Internal flag of nd_tangent_create_inputs: unit directions, not stored where layer 0 is dense. */
enum { UNITS = 16 };

/* ---- memory ----------------------------------------------------------------------------------------------------- */

int64_t nd_boundary_width(const nndyn_network *network, int64_t boundary)
{
    return boundary == 0 ? network->inputs : network->layers[boundary - 1].out;
}

int64_t nd_batch_norm_width(const nndyn_network *network)
{
    int64_t widest = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_BATCH_NORM && network->layers[l].in > widest) {
            widest = network->layers[l].in;
        }
    }
    return widest;
}

/* The input of this layer and all before it are still when only parameters move. */
static int64_t first_with_parameters(const nndyn_network *network)
{
    int64_t l = 0;
    while (l < network->layer_count && network->layers[l].count == 0) {
        l++;
    }
    return l;
}

static int units_not_stored(const nndyn_network *network, int64_t boundary, int flags)
{
    return (flags & UNITS) && boundary == 0 && network->layers[0].kind == NNDYN_DENSE;
}

static int moves(const nndyn_network *network, int64_t boundary, int flags)
{
    return !(flags & ND_TANGENT_ZERO_BELOW) && !units_not_stored(network, boundary, flags) &&
           !((flags & ND_TANGENT_FIXED_INPUTS) && boundary <= first_with_parameters(network));
}

static int wanted_back(const nndyn_network *network, int64_t boundary, int flags)
{
    if (flags & ND_TANGENT_FORWARD_ONLY) {
        return 0;
    }
    return boundary == network->layer_count ||
           !(units_not_stored(network, boundary, flags) ||
             ((flags & ND_TANGENT_NO_INPUTS) && boundary <= first_with_parameters(network)));
}

static void carve_value(nd_arena *arena, const nndyn_network *network, int64_t rows, int flags, double **value)
{
    for (int64_t b = 0; b <= network->layer_count; b++) {
        if (moves(network, b, flags)) {
            double *array = nd_arena_take(arena, nd_product(rows, nd_boundary_width(network, b)), sizeof *array);
            if (value) {
                value[b] = array;
            }
        }
    }
}

/* An activation's backward step works in place: nothing reads the tangent at its output again. */
static void carve_back(nd_arena *arena, const nndyn_network *network, int64_t rows, int flags, double **back)
{
    for (int64_t b = 0; b <= network->layer_count; b++) {
        int shared = b > 0 && network->layers[b - 1].kind == NNDYN_ACTIVATION && wanted_back(network, b - 1, flags);
        if (!wanted_back(network, b, flags)) {
            continue;
        }
        double *array = NULL;
        if (!shared) {
            array = nd_arena_take(arena, nd_product(rows, nd_boundary_width(network, b)), sizeof *array);
        }
        if (back) {
            back[b] = shared ? back[b - 1] : array;
        }
    }
}

static void carve(nd_arena *arena, const nndyn_network *network, int64_t n, int64_t rep, int flags, nd_tangent *tangent)
{
    int64_t rows = nd_product(n, rep), width = nd_batch_norm_width(network);
    tangent->value = nd_arena_take(arena, network->layer_count + 1, sizeof *tangent->value);
    tangent->back = nd_arena_take(arena, network->layer_count + 1, sizeof *tangent->back);
    carve_value(arena, network, rows, flags, tangent->value);
    carve_back(arena, network, rows, flags, tangent->back);
    if (rep == 1 && width > 0) { /* n rows and three sums by column */
        tangent->scratch = nd_arena_take(arena, nd_product(n + 3, width), sizeof *tangent->scratch);
    }
}

double nd_tangent_bytes(const nndyn_network *network, int64_t n, int64_t rep, int flags)
{
    nd_arena arena = {0};
    nd_tangent plan = {0};
    carve(&arena, network, n, rep, flags, &plan);
    return (double)sizeof plan + (double)arena.used;
}

double nd_tangent_inputs_bytes(const nndyn_network *network, int64_t n, int64_t rep)
{
    return nd_tangent_bytes(network, n, rep, UNITS);
}

static int check_rows(const nd_pass *pass, void *handle, int64_t rep)
{
    int64_t rows = nd_product(pass->n, rep);
    if (rows < 0 || rows > ND_BLAS_MOST) {
        return nd_fail(handle, NNDYN_ELIMIT,
                       "%lld samples of %lld directions each are more rows than a matrix product takes (%d); use fewer "
                       "samples at a time",
                       (long long)pass->n, (long long)rep, ND_BLAS_MOST);
    }
    return rep > 1 ? nd_pass_check_independent(pass, handle, "a set of directions for each sample") : NNDYN_OK;
}

int nd_tangent_create(const nd_pass *pass, void *handle, int64_t rep, int flags, nd_tangent **out)
{
    nndyn_context *context = nd_handle_context(handle);
    nd_tangent *tangent, plan = {0};
    ND_TRY(check_rows(pass, handle, rep));
    ND_TRY(nd_check_memory(handle, nd_tangent_bytes(pass->network, pass->n, rep, flags),
                           "the tangents of the batch at all layers"));
    carve(&plan.arena, pass->network, pass->n, rep, flags, &plan);
    ND_TRY(nd_allocate_for(handle, 1, sizeof *tangent, &tangent));
    *tangent = (nd_tangent){.rep = rep, .zero_below = (flags & ND_TANGENT_ZERO_BELOW) != 0, .arena = plan.arena};
    int status = nd_arena_reserve(&tangent->arena, handle);
    if (status != NNDYN_OK) {
        nd_tangent_free(context, tangent);
        return status;
    }
    carve(&tangent->arena, pass->network, pass->n, rep, flags, tangent);
    *out = tangent;
    return NNDYN_OK;
}

int nd_tangent_create_inputs(const nd_pass *pass, void *handle, int64_t rep, const int64_t *inputs, nd_tangent **out)
{
    nd_tangent *tangent;
    ND_TRY(nd_tangent_create(pass, handle, rep, UNITS, &tangent));
    tangent->inputs = inputs;
    if (tangent->value[0]) {
        for (int64_t r = 0; r < pass->n * rep; r++) {
            tangent->value[0][r * pass->network->inputs + inputs[r % rep]] = 1;
        }
    }
    *out = tangent;
    return NNDYN_OK;
}

void nd_tangent_free(nndyn_context *context, nd_tangent *tangent)
{
    if (tangent) {
        nd_arena_free(&tangent->arena);
        nd_release(context, tangent);
    }
}

/* ---- the order of calls ----------------------------------------------------------------------------------------- */

static int check_direction(void *handle, const double *u, const nd_tangent *tangent)
{
    if (u && (tangent->rep != 1 || tangent->inputs)) {
        return nd_fail(handle, NNDYN_EINTERNAL, "a direction of the parameters needs tangents of one free direction");
    }
    return NNDYN_OK;
}

/* The rules have no handle to write on: only the context's executor can fail them. */
static int explain(void *handle, int status, int64_t layer)
{
    return status == NNDYN_OK
               ? status
               : nd_fail(handle, status, "the context's executor failed at layer %lld", (long long)layer);
}

int nd_tangent_forward(const nd_pass *pass, void *handle, const double *u, nd_tangent *tangent)
{
    const nndyn_network *network = pass->network;
    ND_TRY(check_direction(handle, u, tangent));
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (tangent->value[l + 1]) {
            int status = nd_layer_rules_of[network->layers[l].kind].forward(pass, l, u, tangent);
            ND_TRY(explain(handle, status, l));
        }
    }
    return NNDYN_OK;
}

int nd_tangent_backward(const nd_pass *pass, void *handle, const double *u, nd_tangent *tangent)
{
    const nndyn_network *network = pass->network;
    ND_TRY(check_direction(handle, u, tangent));
    if (!tangent->zero_below && !pass->curvature) {
        return nd_fail(handle, NNDYN_EINTERNAL, "the pass holds no curvatures for the tangents of sensitivities");
    }
    for (int64_t l = network->layer_count - 1; l >= 0; l--) {
        if (tangent->back[l]) {
            int status = nd_layer_rules_of[network->layers[l].kind].backward(pass, l, u, tangent);
            ND_TRY(explain(handle, status, l));
        }
    }
    return NNDYN_OK;
}

int nd_tangent_gradient(const nd_pass *pass, void *handle, const nd_tangent *tangent, double *g)
{
    const nndyn_network *network = pass->network;
    if (tangent->rep != 1) {
        return nd_fail(handle, NNDYN_EINTERNAL, "the gradient's tangent is of one direction, not of %lld",
                       (long long)tangent->rep);
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->count > 0) {
            int status = nd_layer_rules_of[layer->kind].gradient(pass, l, tangent, g + layer->first);
            ND_TRY(explain(handle, status, l));
        }
    }
    return NNDYN_OK;
}
