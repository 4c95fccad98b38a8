/* fluctuations.c - sets of series: making them, and what is read from them.  SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- the set ----------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_fluctuations *f = object;
    for (int64_t i = 0; i < f->count; i++) {
        nd_arena_free(&f->series[i].arena);
    }
    nd_release(f->handle.context, f->series);
    nd_handle_release(f->network);
}

static int create(nndyn_network *network, nndyn_fluctuations **out)
{
    nndyn_fluctuations *f;
    ND_TRY(nd_check_pointer(network, out, "out"));
    const int status = nd_handle_create(network->handle.context, ND_FLUCTUATIONS, sizeof *f, destroy, &f);
    if (status != NNDYN_OK) {
        return nd_fail(network, status, "no memory for fluctuations");
    }
    nd_handle_retain(network);
    f->network = network;
    *out = f;
    return NNDYN_OK;
}

int nndyn_fluctuations_create(nndyn_network *network, nndyn_fluctuations **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_fluctuations_create"));
    return nd_leave(network, create(network, out));
}

void nndyn_fluctuations_free(nndyn_fluctuations *fluctuations)
{
    nd_handle_release(fluctuations);
}

int nd_fluctuations_find(nndyn_fluctuations *f, int64_t number, nd_series **out)
{
    if (number < 0 || number >= f->count) {
        return nd_fail(f, NNDYN_EARG, "series is %lld, and there are %lld, numbered from 0", (long long)number,
                       (long long)f->count);
    }
    *out = &f->series[number];
    return NNDYN_OK;
}

/* ---- one more series --------------------------------------------------------------------------------------------- */

enum { BINS, PARTS, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [BINS] = {"bins", ND_INTEGER, 2, 100000, 30, NULL},
    [PARTS] = {"parts", ND_INTEGER, 2, 16, 3, NULL},
};

/* Weights come before biases, scales before shifts; layers do not move when others are added. */
static nd_place place_of(const nndyn_network *network, int64_t index)
{
    int64_t l = 0;
    while (index >= network->layers[l].first + network->layers[l].count) {
        l++;
    }
    const nd_layer *layer = &network->layers[l];
    const int64_t at = index - layer->first;
    if (layer->kind == NNDYN_BATCH_NORM) {
        const int shift = at >= layer->in;
        return (nd_place){index, l, shift ? at - layer->in : at, 0, shift ? ND_PLACE_SHIFT : ND_PLACE_SCALE, 1};
    }
    const int64_t weights = layer->in * layer->out;
    if (at >= weights) {
        return (nd_place){index, l, at - weights, 0, ND_PLACE_BIAS, layer->bias_factor};
    }
    return (nd_place){index, l, at / layer->in, at % layer->in, ND_PLACE_WEIGHT, layer->weight_factor};
}

static void carve(nd_arena *arena, nd_series *s)
{
    s->places = nd_arena_take(arena, s->count, sizeof *s->places);
    s->histogram = nd_arena_take(arena, s->bins, sizeof *s->histogram);
    s->parts = nd_arena_take(arena, s->part_count, sizeof *s->parts);
    s->levels = nd_arena_take(arena, ND_SERIES_LEVELS, sizeof *s->levels);
}

static int grow(nndyn_fluctuations *f)
{
    nd_series *more;
    const int64_t capacity = f->capacity == 0 ? 8 : 2 * f->capacity;
    if (f->count < f->capacity) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(f, capacity, sizeof *more, &more));
    if (f->count > 0) {
        memcpy(more, f->series, (size_t)f->count * sizeof *more);
    }
    nd_release(f->handle.context, f->series);
    f->series = more;
    f->capacity = capacity;
    return NNDYN_OK;
}

static int check_indices(nndyn_fluctuations *f, int64_t count, const int64_t *indices)
{
    ND_TRY(nd_check_size(f, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(f, indices, "indices"));
    for (int64_t i = 0; i < count; i++) {
        if (indices[i] < 0 || indices[i] >= f->network->parameters) {
            return nd_fail(f, NNDYN_EARG, "indices[%lld] is %lld, and the network has %lld parameters, numbered from 0",
                           (long long)i, (long long)indices[i], (long long)f->network->parameters);
        }
    }
    return NNDYN_OK;
}

static int add_held(nndyn_fluctuations *f, int64_t count, const int64_t *indices, nd_series *s)
{
    ND_TRY(check_indices(f, count, indices));
    ND_TRY(grow(f));
    s->count = count;
    carve(&s->arena, s);
    ND_TRY(nd_check_memory(f, (double)s->arena.used, "a series"));
    ND_TRY(nd_arena_reserve(&s->arena, f));
    carve(&s->arena, s);
    for (int64_t i = 0; i < count; i++) {
        s->places[i] = place_of(f->network, indices[i]);
    }
    nd_series_clear(s);
    f->series[f->count++] = *s;
    return NNDYN_OK;
}

static int add(nndyn_fluctuations *f, int64_t count, const int64_t *indices, double xmin, double xmax,
               const nndyn_options *options, int64_t *number)
{
    nd_option_value values[OPTIONS];
    nd_series s = {0};
    ND_TRY(nd_options_read(f, options, specs, OPTIONS, values));
    ND_TRY(nd_window_open(f, xmin, xmax, 0, &s.window));
    if (f->filled) {
        return nd_fail(f, NNDYN_ESTATE,
                       "samples have been taken in already; add series before, or call nndyn_fluctuations_clear");
    }
    s.bins = values[BINS].integer;
    s.part_count = values[PARTS].integer;
    ND_TRY(nd_hold(f, f->network, ND_NETWORK, "network"));
    const int status = add_held(f, count, indices, &s);
    nd_unhold(f->network);
    if (status == NNDYN_OK && number != NULL) {
        *number = f->count - 1;
    }
    return status;
}

int nndyn_fluctuations_add(nndyn_fluctuations *fluctuations, int64_t count, const int64_t *indices, double xmin,
                           double xmax, const nndyn_options *options, int64_t *series)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_add"));
    return nd_leave(fluctuations, add(fluctuations, count, indices, xmin, xmax, options, series));
}

int nndyn_fluctuations_clear(nndyn_fluctuations *fluctuations)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_clear"));
    for (int64_t i = 0; i < fluctuations->count; i++) {
        nd_series_clear(&fluctuations->series[i]);
    }
    fluctuations->filled = 0;
    return nd_leave(fluctuations, NNDYN_OK);
}
