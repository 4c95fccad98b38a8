/* network.c - separation at all sites of a network, riding on an evaluation.  SPDX-License-Identifier: MIT */
#include "network/network.h"
#include "analysis/separation/separation.h"
#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct ride {
    nndyn_network *network;
    const nndyn_dataset *dataset;
    nd_separation_rule rule;
    int outputs, second;
    int64_t sites;
    int64_t *layers, *widths; /* of the sites */
    nd_separator *separators;
    nd_separation_report *reports;
    int *status; /* of each site's second pass */
    nd_groups groups;
    const int64_t *labels; /* of the block that is there */
    const void *workspace;
    nd_arena arena;
} ride;

static void carve(ride *r)
{
    r->layers = nd_arena_take(&r->arena, r->sites, sizeof *r->layers);
    r->widths = nd_arena_take(&r->arena, r->sites, sizeof *r->widths);
    r->separators = nd_arena_take(&r->arena, r->sites, sizeof *r->separators);
    r->reports = nd_arena_take(&r->arena, r->sites, sizeof *r->reports);
    r->status = nd_arena_take(&r->arena, r->sites, sizeof *r->status);
    nd_groups_take(&r->arena, &r->groups, r->dataset->classes);
}

static int open_ride(ride *r)
{
    r->arena.context = r->network->handle.context;
    r->sites = nd_separation_sites(r->network, r->outputs, 0, NULL, NULL);
    carve(r);
    ND_TRY(nd_arena_reserve(&r->arena, r->network));
    carve(r);
    nd_separation_sites(r->network, r->outputs, r->sites, r->layers, r->widths);
    for (int64_t i = 0; i < r->sites; i++) {
        ND_TRY(nd_separator_create(r->network, r->widths[i], r->dataset->classes, &r->rule, 0, &r->separators[i]));
    }
    return NNDYN_OK;
}

static void close_ride(ride *r)
{
    for (int64_t i = 0; r->separators != NULL && i < r->sites; i++) {
        nd_separator_free(r->arena.context, &r->separators[i]);
    }
    nd_arena_free(&r->arena);
}

/* ---- a block of rows --------------------------------------------------------------------------------------------- */

static void add_site(void *job, int64_t i)
{
    ride *r = job;
    nd_separator *s = &r->separators[i];
    const int64_t layer = r->layers[i], width = r->widths[i];
    const int dtype = r->network->dtype;
    const nd_workspace_f32 *w32 = r->workspace;
    const nd_workspace_f64 *w64 = r->workspace;
    const void *x = dtype == NNDYN_F32 ? (const void *)(layer < 0 ? w32->sites[0].in : w32->sites[layer].out)
                                       : (const void *)(layer < 0 ? w64->sites[0].in : w64->sites[layer].out);
    if (r->second) {
        r->status[i] = nd_second_add(r->arena.context, s->second, dtype, r->groups.count, width, x, r->labels);
    } else if (dtype == NNDYN_F32) {
        nd_moments_add_f32(&s->moments, r->network->k32, &r->groups, width, x);
    } else {
        nd_moments_add_f64(&s->moments, r->network->k64, &r->groups, width, x);
    }
}

static int add_block(void *user, int64_t first, int64_t count, const void *workspace)
{
    ride *r = user;
    r->labels = r->dataset->labels + first;
    r->workspace = workspace;
    nd_groups_fill(&r->groups, count, r->labels);
    ND_TRY(nd_parallel(r->arena.context, r->sites, add_site, r));
    for (int64_t i = 0; r->second && i < r->sites; i++) {
        ND_TRY(r->status[i]);
    }
    return NNDYN_OK;
}

/* ---- passes ------------------------------------------------------------------------------------------------------ */

/* The evaluation has looked at the outputs only. */
static int check_features(const ride *r)
{
    for (int64_t i = 0; i < r->sites; i++) {
        const nd_moments *m = &r->separators[i].moments;
        for (int64_t c = 0; c < m->classes; c++) {
            if (!isfinite(m->square[c])) {
                return nd_fail(r->network, NNDYN_ENUMERIC,
                               "the output of layer %lld is not finite, or its squares are beyond the range of double",
                               (long long)r->layers[i]);
            }
        }
    }
    return NNDYN_OK;
}

static int make_passes(ride *r, double *loss, double *accuracy)
{
    const nd_watch watch = {add_block, r};
    ND_TRY(nd_network_evaluate(r->network, r->dataset, &watch, loss, accuracy));
    ND_TRY(check_features(r));
    if (!r->rule.he_su && !r->rule.inverse) {
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < r->sites; i++) {
        ND_TRY(nd_separator_second(r->network, &r->separators[i], r->rule.inverse));
    }
    r->second = 1;
    return nd_network_evaluate(r->network, r->dataset, &watch, NULL, NULL);
}

static int ride_along(ride *r, int64_t count, double *values, int *flags, double *loss, double *accuracy)
{
    double mean = 0, hits = 0;
    ND_TRY(open_ride(r));
    ND_TRY(make_passes(r, loss != NULL ? &mean : NULL, accuracy != NULL ? &hits : NULL));
    for (int64_t i = 0; i < r->sites; i++) {
        ND_TRY(nd_separator_report(r->network, &r->separators[i], &r->reports[i]));
    }
    for (int64_t i = 0; i < r->sites; i++) {
        nd_report_copy(&r->reports[i], count, values + i * count, flags != NULL ? flags + i : NULL);
    }
    if (loss != NULL) {
        *loss = mean;
    }
    if (accuracy != NULL) {
        *accuracy = hits;
    }
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

enum { OUTPUTS = ND_SEPARATION_COMMON, NETWORK_OPTIONS };

/* Rows at a time of a site's second pass, each site having its own. */
enum { SECOND_ROWS = 64 };

static int read_options(nndyn_network *network, const nndyn_options *options, ride *r)
{
    nd_option_spec specs[NETWORK_OPTIONS];
    nd_option_value values[NETWORK_OPTIONS];
    memcpy(specs, nd_separation_specs, ND_SEPARATION_COMMON * sizeof *specs);
    specs[OUTPUTS] = (nd_option_spec){"outputs", ND_INTEGER, 0, 1, 0, NULL};
    ND_TRY(nd_options_read(network, options, specs, NETWORK_OPTIONS, values));
    r->rule = nd_separation_rule_of(values, ND_SEPARATION_COMMON);
    r->rule.block = SECOND_ROWS;
    r->outputs = values[OUTPUTS].integer != 0;
    return NNDYN_OK;
}

static int check_dataset(nndyn_network *network, const nndyn_dataset *dataset)
{
    if (dataset->labels == NULL) {
        return nd_fail(network, NNDYN_ESTATE,
                       "dataset has no labels, and there is no separation without classes; make it with "
                       "nndyn_dataset_create_labels");
    }
    return NNDYN_OK;
}

typedef struct wanted {
    int64_t capacity, count;
    double *values;
    int *flags;
    int64_t *sites;
    double *loss, *accuracy;
} wanted;

static int separate(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, const wanted *w)
{
    ride r = {.network = network, .dataset = dataset};
    ND_TRY(read_options(network, options, &r));
    ND_TRY(nd_check_size(network, w->count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(network, w->values, "values"));
    ND_TRY(nd_network_ready(network, network, 0));
    const int64_t sites = nd_separation_sites(network, r.outputs, 0, NULL, NULL);
    if (w->capacity < sites) {
        return nd_fail(network, NNDYN_EARG,
                       "capacity is %lld, must be at least %lld, the number of sites (nndyn_separation_layers)",
                       (long long)w->capacity, (long long)sites);
    }
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    int status = check_dataset(network, dataset);
    if (status == NNDYN_OK) {
        status = ride_along(&r, w->count, w->values, w->flags, w->loss, w->accuracy);
        close_ride(&r);
    }
    nd_unhold(dataset);
    if (status == NNDYN_OK && w->sites != NULL) {
        *w->sites = sites;
    }
    return status;
}

int nndyn_network_separation(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                             int64_t capacity, int64_t count, double *values, int *flags, int64_t *sites, double *loss,
                             double *accuracy)
{
    const wanted w = {capacity, count, values, flags, sites, loss, accuracy};
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, separate(network, dataset, options, &w));
}
