/* kernel.c - one side of a tangent kernel: a batch, its sensitivities to each output, and the terms they make.
 *
 * A term is what one array of parameters gives: (rows of sensitivities) . (rows of the other side's), times a number
 * for each pair of samples, wf^2 a.a' + bf^2.  For the trace over the outputs the rows of a sample's C sensitivities
 * are read as one row C times as long, which is what they are in memory.
 *
 * Two terms are known without a product of their own.  At the outputs of a last dense layer the sensitivities are unit
 * vectors.  One activation further down they are wf W_c o f'(z), and so the trace over c needs one row a sample,
 * f'(z) o sqrt(sum_c W_c^2), in the place of C.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/kernel_terms.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- the metric -------------------------------------------------------------------------------------------------- */

nd_kernel_factors nd_kernel_factors_of(const nndyn_network *network, const nd_kernel_spec *spec, int64_t layer)
{
    const nd_layer *d = &network->layers[layer];
    double weights = d->weight_factor * d->weight_factor, biases = d->bias_factor * d->bias_factor;
    if (spec->metric == ND_METRIC_STANDARD) {
        weights = biases = 1;
    } else if (spec->metric == ND_METRIC_NTK && !d->ntk) {
        weights = spec->weight_scale * spec->weight_scale / (double)d->in;
        biases = spec->bias_scale * spec->bias_scale;
    }
    return (nd_kernel_factors){weights, d->bias ? biases : 0};
}

int64_t nd_kernel_rows(const nndyn_network *network, int kind)
{
    return kind == ND_KERNEL_FULL || kind == ND_KERNEL_DIAGONAL ? nd_network_outputs(network) : 1;
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

int nd_kernel_pass(nndyn_network *network, void *handle, int64_t n, const double *x, int copy, nd_pass **out)
{
    const nd_option_value values[ND_PASS_OPTIONS] = {[ND_PASS_REDUCTION] = {.integer = 1}};
    return nd_pass_create(network, handle, n, x, NULL, ND_PASS_TANGENTS, copy, values, out);
}

double nd_kernel_pass_bytes(const nndyn_network *network, int64_t n, int copy)
{
    return nd_pass_bytes(network, n, ND_PASS_TANGENTS, copy);
}

/* ---- terms ------------------------------------------------------------------------------------------------------- */

/* Layers last, last-1 and last-2 are dense, an activation, and with weights of its own. */
static int is_factored(const nndyn_network *network, int kind, int64_t layer)
{
    int64_t last = network->layer_count - 1;
    return kind == ND_KERNEL_TRACE && layer == last - 2 && network->layers[last].kind == NNDYN_DENSE &&
           network->layers[last - 1].kind == NNDYN_ACTIVATION && network->layers[layer].kind == NNDYN_DENSE;
}

static int is_unit(const nndyn_network *network, int64_t layer)
{
    return layer == network->layer_count - 1 && network->layers[layer].kind == NNDYN_DENSE;
}

int nd_kernel_stores(const nndyn_network *network, int kind, int64_t layer)
{
    return network->layers[layer].count > 0 && !is_unit(network, layer) && !is_factored(network, kind, layer);
}

int64_t nd_kernel_width(const nndyn_network *network, int kind, int64_t layer)
{
    int64_t repeat = kind == ND_KERNEL_TRACE && !is_factored(network, kind, layer) ? nd_network_outputs(network) : 1;
    return is_unit(network, layer) ? 0 : network->layers[layer].out * repeat;
}

/* One more term of layer l; NULL while counting. */
static nd_kernel_term *next(nd_kernel_side *side)
{
    nd_kernel_term *term = side->terms ? &side->terms[side->term_count] : NULL;
    side->term_count++;
    return term;
}

/* Rows of a term, in the precision of the products. */
static void *take_rows(nd_arena *arena, const nd_kernel_side *side, int64_t width)
{
    return nd_arena_take(arena, nd_product(side->rows, width), side->spec.singles ? sizeof(float) : sizeof(double));
}

static void add_dense(nd_arena *arena, const nndyn_network *network, int64_t l, nd_kernel_side *side)
{
    const nd_layer *d = &network->layers[l];
    int factored = is_factored(network, side->spec.kind, l), unit = is_unit(network, l);
    int64_t repeat = side->spec.kind == ND_KERNEL_TRACE && !factored ? nd_network_outputs(network) : 1;
    void *rows = unit ? NULL : take_rows(arena, side, d->out * repeat);
    float *inputs = NULL;
    nd_kernel_term *term = next(side);
    if (side->spec.singles) {
        inputs = nd_arena_take(arena, nd_product(side->n, d->in), sizeof *inputs);
    }
    if (term) {
        *term = (nd_kernel_term){.form = unit       ? ND_ROWS_UNIT
                                         : factored ? ND_ROWS_FACTORED
                                                    : ND_ROWS_BACK,
                                 .rows = rows,
                                 .layer = l,
                                 .width = d->out * repeat,
                                 .in = d->in,
                                 .factors = nd_kernel_factors_of(network, &side->spec, l),
                                 .inputs = side->pass ? side->pass->workspace->sites[l].in : NULL,
                                 .single_inputs = inputs};
    }
}

/* Batch norm in evaluation: scales D o x^, shifts D. */
static void add_batch_norm(nd_arena *arena, const nndyn_network *network, int64_t l, nd_kernel_side *side)
{
    int64_t repeat = side->spec.kind == ND_KERNEL_TRACE ? nd_network_outputs(network) : 1;
    int64_t width = network->layers[l].out * repeat;
    static const int forms[] = {ND_ROWS_SCALED, ND_ROWS_BACK};
    for (int i = 0; i < 2; i++) {
        void *rows = take_rows(arena, side, width);
        nd_kernel_term *term = next(side);
        if (term) {
            *term = (nd_kernel_term){.form = forms[i], .rows = rows, .layer = l, .width = width, .factors = {0, 1}};
        }
    }
}

static int64_t count_terms(const nndyn_network *network)
{
    int64_t count = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].count > 0) {
            count += network->layers[l].kind == NNDYN_BATCH_NORM ? 2 : 1;
        }
    }
    return count;
}

static void carve(nd_arena *arena, const nndyn_network *network, nd_kernel_side *side)
{
    side->terms = nd_arena_take(arena, count_terms(network), sizeof *side->terms);
    side->term_count = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].count == 0) {
            continue;
        }
        if (network->layers[l].kind == NNDYN_BATCH_NORM) {
            add_batch_norm(arena, network, l, side);
        } else {
            add_dense(arena, network, l, side);
        }
    }
}

static void narrow_inputs(const nd_kernel_side *side)
{
    for (int64_t t = 0; t < side->term_count; t++) {
        const nd_kernel_term *term = &side->terms[t];
        for (int64_t i = 0; term->single_inputs && i < side->n * term->in; i++) {
            term->single_inputs[i] = (float)term->inputs[i];
        }
    }
}

/* ---- the side ---------------------------------------------------------------------------------------------------- */

static nd_kernel_side plan_of(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n)
{
    int64_t group = nd_kernel_rows(network, spec->kind);
    double scale = spec->kind == ND_KERNEL_TRACE ? 1 / (double)nd_network_outputs(network) : 1;
    nd_kernel_side side = {.context = network->handle.context,
                           .spec = *spec,
                           .n = n,
                           .group = group,
                           .rows = nd_product(n, group),
                           .scale = scale};
    side.spec.singles &= spec->kind != ND_KERNEL_DIAGONAL; /* of which there are no products */
    return side;
}

double nd_kernel_side_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int copy)
{
    nd_kernel_side plan = plan_of(network, spec, n);
    nd_arena arena = {0};
    carve(&arena, network, &plan);
    return (double)sizeof plan + (double)arena.used + nd_kernel_pass_bytes(network, n, copy) +
           nd_kernel_sweep_bytes(network, &plan);
}

static int build(nndyn_network *network, void *handle, const double *x, int copy, nd_kernel_side *side)
{
    nd_kernel_side plan = plan_of(network, &side->spec, side->n);
    ND_TRY(nd_kernel_pass(network, handle, side->n, x, copy, &side->pass));
    carve(&side->arena, side->pass->network, &plan);
    ND_TRY(nd_arena_reserve(&side->arena, handle));
    carve(&side->arena, side->pass->network, side);
    narrow_inputs(side);
    return nd_kernel_sweep(side, handle);
}

int nd_kernel_side_create(nndyn_network *network, void *handle, const nd_kernel_spec *spec, int64_t n, const double *x,
                          int copy, nd_kernel_side **out)
{
    nd_kernel_side *side;
    ND_TRY(nd_check_memory(handle, nd_kernel_side_bytes(network, spec, n, copy), "the sensitivities to all outputs"));
    ND_TRY(nd_allocate_for(handle, 1, sizeof *side, &side));
    *side = plan_of(network, spec, n);
    int status = build(network, handle, x, copy, side);
    if (status != NNDYN_OK) {
        nd_kernel_side_free(nd_handle_context(handle), side);
        return status;
    }
    *out = side;
    return NNDYN_OK;
}

void nd_kernel_side_free(nndyn_context *context, nd_kernel_side *side)
{
    if (side) {
        nd_arena_free(&side->arena);
        nd_pass_free(side->pass);
        nd_release(context, side);
    }
}

/* ---- the diagonal ------------------------------------------------------------------------------------------------ */

/* Sums of squares beyond this could overflow in a product in float. */
static const double most_single = 0.01 * FLT_MAX;

static int add_diagonal(const nd_kernel_side *side, const nd_kernel_term *term, double *squares, double *out)
{
    const nd_kernels_f64 *k = side->pass->network->k64;
    double *inputs = squares + side->rows, most = 0;
    if (term->in > 0) {
        k->row_dots(side->n, term->in, term->inputs, term->inputs, inputs);
    }
    if (term->form != ND_ROWS_UNIT && side->spec.singles) {
        side->pass->network->k32->row_dots(side->rows, term->width, term->rows, term->rows, squares);
    } else if (term->form != ND_ROWS_UNIT) {
        k->row_dots(side->rows, term->width, term->rows, term->rows, squares);
    }
    for (int64_t r = 0; r < side->rows; r++) {
        double a = term->in > 0 ? inputs[r / side->group] : 0;
        double d = term->form == ND_ROWS_UNIT ? nd_kernel_unit(side) : squares[r];
        double factor = term->factors.weights * a + term->factors.biases;
        out[r] += factor * d;
        most = fmax(most, fmax(fmax(a, d), factor));
    }
    return side->spec.singles && !(most <= most_single);
}

int nd_kernel_diagonal(const nd_kernel_side *side, void *handle, double *out)
{
    double *squares;
    int beyond = 0;
    ND_TRY(nd_allocate_for(handle, side->rows + side->n, sizeof *squares, &squares));
    memset(out, 0, (size_t)side->rows * sizeof *out);
    for (int64_t t = 0; t < side->term_count; t++) {
        beyond |= add_diagonal(side, &side->terms[t], squares, out);
    }
    nd_release(nd_handle_context(handle), squares);
    for (int64_t r = 0; r < side->rows; r++) {
        out[r] *= side->scale;
    }
    int finite = side->pass->network->k64->all_finite(side->rows, out);
    if (side->spec.singles && (beyond || !finite)) {
        return nd_fail(
            handle, NNDYN_ENUMERIC,
            "sensitivities or inputs of a layer are beyond the range of float; set \"precision\" to \"f64\"");
    }
    if (!finite) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "the tangent kernel is not finite: parameters or inputs are too large, or a slope is infinite");
    }
    return NNDYN_OK;
}
