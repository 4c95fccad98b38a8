/* rank_result.c - rank distributions as a result: making it, reading it, and of given fields.
 * SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <limits.h>
#include <math.h>
#include <string.h>

const nd_option_spec nd_rank_specs[ND_RANK_OPTIONS] = {
    [ND_RANK_BINS] = {"bins", ND_INTEGER, 2, 10000, 20, NULL},
    [ND_RANK_THRESHOLD] = {"threshold", ND_REAL, -1e6, 1e6, 1.645, NULL},
    [ND_RANK_WEIGHTS] = {"weights", ND_TEXT, 0, 0, 0, "equal|map"},
    [ND_RANK_PERMUTATIONS] = {"permutations", ND_INTEGER, 0, 1000000, 0, NULL},
    [ND_RANK_SEED] = {"seed", ND_INTEGER, -0x1p53, 0x1p53, 0, NULL},
};

/* ---- making it --------------------------------------------------------------------------------------------------- */

static void carve(nndyn_ranks *r, const int64_t *units)
{
    r->sizes = nd_arena_take(&r->arena, r->classes, sizeof *r->sizes);
    r->layer = nd_arena_take(&r->arena, r->layers, sizeof *r->layer);
    for (int64_t l = 0; l < r->layers; l++) {
        const int64_t pairs = nd_product(r->classes, units[l]);
        nd_rank_layer layer = {.units = units[l]};
        layer.signs = nd_arena_take(&r->arena, pairs, sizeof(double));
        layer.weights = r->weighted ? nd_arena_take(&r->arena, pairs, sizeof(double)) : NULL;
        layer.gradient = nd_arena_take(&r->arena, pairs, sizeof(double));
        layer.curvature = nd_arena_take(&r->arena, pairs, sizeof(double));
        layer.permuted = nd_arena_take(&r->arena, pairs, sizeof(double));
        layer.density = nd_arena_take(&r->arena, nd_product(r->classes, r->bins), sizeof(double));
        if (r->layer != NULL) {
            r->layer[l] = layer;
            memset(layer.permuted, 0, (size_t)pairs * sizeof(double));
        }
    }
    if (r->sizes != NULL) {
        memset(r->sizes, 0, (size_t)r->classes * sizeof *r->sizes);
    }
}

static void destroy(void *self)
{
    nndyn_ranks *r = self;
    nd_arena_free(&r->arena);
}

int nd_ranks_create(void *handle, int64_t samples, int64_t classes, int64_t layers, const int64_t *units,
                    const nd_option_value *options, nndyn_ranks **out)
{
    nndyn_context *context = nd_handle_context(handle);
    nndyn_ranks *r = NULL;
    int status = nd_handle_create(context, ND_RANKS, sizeof *r, destroy, &r);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the result");
    }
    r->arena.context = context;
    r->samples = samples;
    r->classes = classes;
    r->layers = layers;
    r->bins = options[ND_RANK_BINS].integer;
    r->permutations = options[ND_RANK_PERMUTATIONS].integer;
    r->threshold = options[ND_RANK_THRESHOLD].real;
    r->weighted = options[ND_RANK_WEIGHTS].integer == 1;
    r->seed = options[ND_RANK_SEED].given ? options[ND_RANK_SEED].integer : nd_context_seed(context);
    carve(r, units);
    status = nd_arena_reserve(&r->arena, handle);
    if (status != NNDYN_OK) {
        nd_handle_release(r);
        return status;
    }
    carve(r, units);
    *out = r;
    return NNDYN_OK;
}

void nd_ranks_set_signs(nndyn_ranks *ranks, int64_t number, const double *map)
{
    nd_rank_layer *layer = &ranks->layer[number];
    int64_t zeros = 0;
    for (int64_t k = 0; k < ranks->classes; k++) {
        const double *row = map + k * layer->units;
        int64_t nothing = 0;
        for (int64_t i = 0; i < layer->units; i++) {
            nothing += row[i] == 0;
        }
        zeros += nothing;
        for (int64_t i = 0; i < layer->units; i++) {
            const int64_t at = k * layer->units + i;
            layer->signs[at] = nothing == layer->units ? 0 : row[i] < 0 ? -1 : 1;
            if (layer->weights != NULL) {
                layer->weights[at] = fabs(row[i]);
            }
        }
    }
    layer->values[NNDYN_RANKS_ZERO_SIGNS] = (double)zeros;
}

/* ---- of given fields --------------------------------------------------------------------------------------------- */

typedef struct given {
    int64_t samples, units, classes;
    const double *h, *map;
    const int64_t *labels;
} given;

static int copy_columns(void *user, int64_t first, int64_t count, double *fields)
{
    const given *g = user;
    for (int64_t s = 0; s < g->samples; s++) {
        for (int64_t i = 0; i < count; i++) {
            fields[i * g->samples + s] = g->h[s * g->units + first + i];
        }
    }
    return NNDYN_OK;
}

static int check(nndyn_context *context, const given *g)
{
    ND_TRY(nd_check_size(context, g->samples, 2, INT_MAX, "samples"));
    ND_TRY(nd_check_size(context, g->units, 1, INT_MAX, "units"));
    ND_TRY(nd_check_pointer(context, g->h, "h"));
    ND_TRY(nd_check_size(context, g->classes, 2, INT_MAX, "classes"));
    ND_TRY(nd_check_pointer(context, g->map, "map"));
    ND_TRY(nd_check_pointer(context, g->labels, "labels"));
    ND_TRY(nd_check_finite(context, g->samples, g->units, g->h, "h"));
    ND_TRY(nd_check_finite(context, g->classes, g->units, g->map, "map"));
    for (int64_t i = 0; i < g->samples; i++) {
        if (g->labels[i] < 0 || g->labels[i] >= g->classes) {
            return nd_fail(context, NNDYN_EDATA, "labels[%lld] is %lld, must be 0 to %lld", (long long)i,
                           (long long)g->labels[i], (long long)g->classes - 1);
        }
    }
    return NNDYN_OK;
}

static int of_fields(nndyn_context *context, given *g, const nndyn_options *options, nndyn_ranks **out)
{
    nd_option_value values[ND_RANK_OPTIONS];
    nndyn_ranks *r = NULL;
    ND_TRY(nd_options_read(context, options, nd_rank_specs, ND_RANK_OPTIONS, values));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(check(context, g));
    ND_TRY(nd_ranks_create(context, g->samples, g->classes, 1, &g->units, values, &r));
    nd_ranks_set_signs(r, 0, g->map);
    const int status = nd_ranks_fill(r, context, g->labels, copy_columns, g);
    if (status != NNDYN_OK) {
        nd_handle_release(r);
        return status;
    }
    *out = r;
    return NNDYN_OK;
}

int nndyn_rank_distribution_of(nndyn_context *context, int64_t samples, int64_t units, const double *h, int64_t classes,
                               const double *map, const int64_t *labels, const nndyn_options *options,
                               nndyn_ranks **out)
{
    given g = {samples, units, classes, h, map, labels};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, of_fields(context, &g, options, out));
}

/* ---- reading it -------------------------------------------------------------------------------------------------- */

void nndyn_ranks_free(nndyn_ranks *ranks)
{
    nd_handle_release(ranks);
}

int nndyn_ranks_shape(nndyn_ranks *r, int64_t *layers, int64_t *classes, int64_t *bins)
{
    ND_TRY(nd_enter(r, ND_RANKS, __func__));
    if (layers != NULL) {
        *layers = r->layers;
    }
    if (classes != NULL) {
        *classes = r->classes;
    }
    if (bins != NULL) {
        *bins = r->bins;
    }
    return nd_leave(r, NNDYN_OK);
}

static int read_layer(nndyn_ranks *r, int64_t layer, int64_t count, double *values)
{
    ND_TRY(nd_check_size(r, layer, 1, r->layers, "layer"));
    ND_TRY(nd_check_size(r, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(r, values, "values"));
    for (int64_t i = 0; i < count; i++) {
        values[i] = i < NNDYN_RANKS_VALUES ? r->layer[layer - 1].values[i] : (double)NAN;
    }
    return NNDYN_OK;
}

int nndyn_ranks_layer(nndyn_ranks *r, int64_t layer, int64_t count, double *values)
{
    ND_TRY(nd_enter(r, ND_RANKS, __func__));
    return nd_leave(r, read_layer(r, layer, count, values));
}

static double quantity_of(const nndyn_ranks *r, const nd_rank_layer *layer, int quantity, int64_t at)
{
    const double n = (double)r->samples, size = (double)r->sizes[at / layer->units], rest = 1 - size / n;
    const double of_rest = size < n ? layer->gradient[at] / rest : (double)NAN;
    if (size == 0) {
        return NAN;
    }
    switch (quantity) {
    case NNDYN_RANK_GRADIENT:
        return layer->gradient[at];
    case NNDYN_RANK_NORMALIZED:
        return of_rest / 6;
    case NNDYN_RANK_AUC:
        return 0.5 + of_rest / 12;
    case NNDYN_RANK_CURVATURE:
        return layer->curvature[at];
    case NNDYN_RANK_SD:
        return 12 * sqrt(rest * (n + 1) / (12 * size * n));
    default:
        return layer->permuted[at];
    }
}

static int read_units(nndyn_ranks *r, int64_t number, int quantity, int64_t count, double *values)
{
    ND_TRY(nd_check_size(r, number, 1, r->layers, "layer"));
    ND_TRY(nd_check_size(r, quantity, 0, NNDYN_RANK_QUANTITIES - 1, "quantity"));
    const nd_rank_layer *layer = &r->layer[number - 1];
    ND_TRY(nd_check_size(r, count, r->classes * layer->units, r->classes * layer->units, "count"));
    ND_TRY(nd_check_pointer(r, values, "values"));
    for (int64_t at = 0; at < count; at++) {
        values[at] = quantity_of(r, layer, quantity, at);
    }
    return NNDYN_OK;
}

int nndyn_ranks_units(nndyn_ranks *r, int64_t layer, int quantity, int64_t count, double *values)
{
    ND_TRY(nd_enter(r, ND_RANKS, __func__));
    return nd_leave(r, read_units(r, layer, quantity, count, values));
}

static int read_density(nndyn_ranks *r, int64_t layer, int64_t label, int64_t count, double *density)
{
    int64_t present = 0;
    ND_TRY(nd_check_size(r, layer, 1, r->layers, "layer"));
    ND_TRY(nd_check_size(r, label, -1, r->classes - 1, "label"));
    ND_TRY(nd_check_size(r, count, r->bins, r->bins, "count"));
    ND_TRY(nd_check_pointer(r, density, "density"));
    const double *all = r->layer[layer - 1].density;
    if (label >= 0) {
        memcpy(density, all + label * count, (size_t)count * sizeof *density);
        return NNDYN_OK;
    }
    memset(density, 0, (size_t)count * sizeof *density);
    for (int64_t k = 0; k < r->classes; k++) {
        for (int64_t b = 0; b < count && r->sizes[k] > 0; b++) {
            density[b] += all[k * count + b];
        }
        present += r->sizes[k] > 0;
    }
    for (int64_t b = 0; b < count; b++) {
        density[b] /= (double)present;
    }
    return NNDYN_OK;
}

int nndyn_ranks_density(nndyn_ranks *r, int64_t layer, int64_t label, int64_t count, double *density)
{
    ND_TRY(nd_enter(r, ND_RANKS, __func__));
    return nd_leave(r, read_density(r, layer, label, count, density));
}
