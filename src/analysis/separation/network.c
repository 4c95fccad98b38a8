/* network.c - separation at all sites of a network, riding on an evaluation.  SPDX-License-Identifier: MIT */
#include "network/network.h"
#include "analysis/separation/separation.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* Most strips of a block that are added up apart, each to sums of its own. */
enum { STRIPS = 8 };

/* Rows of each class that a strip has at least on average, so that its sums are not read and written more than it. */
enum { ROWS_OF_CLASS = 8, LEAST_ROWS = 32 };

/* The rows of a strip by class, made once for all layers. */
typedef struct strip {
    int64_t block, first; /* those it was made for */
    nd_groups groups;
} strip;

typedef struct ride {
    nndyn_network *network;
    const nndyn_dataset *dataset;
    nd_separation_rule rule;
    int outputs;
    int64_t sites;
    int64_t *layers, *widths; /* of the sites */
    nd_separator *separators;
    nd_separation_report *reports;
    int *status;      /* of each site's second pass */
    int64_t *site;    /* of layer l at place l + 1; -1 if it is none */
    nd_moments *more; /* sites x (STRIPS - 1): of strips beyond the first, whose sums are the separator's */
    strip *strips;
    int64_t least, block, count; /* rows that a strip must have; number of the block, its rows */
    const int64_t *labels;       /* of the block */
    const void *workspace;
    int failed; /* a status of rows in the first pass: only of the calling thread, whose rows the executor may refuse */
    nd_arena arena, strip_arena;
} ride;

static void carve(ride *r)
{
    r->layers = nd_arena_take(&r->arena, r->sites, sizeof *r->layers);
    r->widths = nd_arena_take(&r->arena, r->sites, sizeof *r->widths);
    r->separators = nd_arena_take(&r->arena, r->sites, sizeof *r->separators);
    r->reports = nd_arena_take(&r->arena, r->sites, sizeof *r->reports);
    r->status = nd_arena_take(&r->arena, r->sites, sizeof *r->status);
    r->site = nd_arena_take(&r->arena, r->network->layer_count + 1, sizeof *r->site);
    r->more = nd_arena_take(&r->arena, r->sites * (STRIPS - 1), sizeof *r->more);
    r->strips = nd_arena_take(&r->arena, STRIPS, sizeof *r->strips);
}

static int in_strips(const ride *r, int64_t i)
{
    const int64_t size = r->network->dtype == NNDYN_F32 ? (int64_t)sizeof(float) : (int64_t)sizeof(double);
    return r->widths[i] <= ND_STRIP_BYTES / size / r->least;
}

static void carve_strips(ride *r)
{
    for (int64_t i = 0; i < STRIPS; i++) {
        nd_groups_take(&r->strip_arena, &r->strips[i].groups, r->dataset->classes);
        r->strips[i].block = -1;
    }
    for (int64_t i = 0; i < r->sites; i++) {
        for (int64_t k = 0; in_strips(r, i) && k < STRIPS - 1; k++) {
            nd_moments *m = &r->more[i * (STRIPS - 1) + k];
            m->classes = r->dataset->classes;
            m->width = r->widths[i];
            nd_moments_take(&r->strip_arena, m);
        }
    }
}

/* Both passes of all sites, before either of them is begun. */
static int check_bytes(const ride *r)
{
    const double classes = (double)r->dataset->classes;
    double bytes = 0;
    for (int64_t i = 0; i < r->sites; i++) {
        bytes += 2.0 * sizeof(double) * classes * (double)r->widths[i] * (in_strips(r, i) ? STRIPS : 1);
        if (r->rule.he_su || r->rule.inverse) {
            bytes += nd_second_bytes(r->widths[i], r->dataset->classes, &r->rule, r->rule.inverse);
        }
    }
    return nd_check_memory(r->network, bytes, "the separation of all sites");
}

static int open_ride(ride *r)
{
    r->arena.context = r->strip_arena.context = r->network->handle.context;
    r->least = ROWS_OF_CLASS * r->dataset->classes;
    r->least = r->least > LEAST_ROWS ? r->least : LEAST_ROWS; /* then in_strips knows how wide such layers can be */
    r->sites = nd_separation_sites(r->network, r->outputs, 0, NULL, NULL);
    carve(r);
    ND_TRY(nd_arena_reserve(&r->arena, r->network));
    carve(r);
    nd_separation_sites(r->network, r->outputs, r->sites, r->layers, r->widths);
    ND_TRY(check_bytes(r));
    carve_strips(r);
    ND_TRY(nd_arena_reserve(&r->strip_arena, r->network));
    carve_strips(r);
    for (int64_t l = 0; l <= r->network->layer_count; l++) {
        r->site[l] = -1;
    }
    for (int64_t i = 0; i < r->sites; i++) {
        r->site[r->layers[i] + 1] = i;
    }
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
    nd_arena_free(&r->strip_arena);
    nd_arena_free(&r->arena);
}

/* ---- a block of rows --------------------------------------------------------------------------------------------- */

static void begin_block(void *user, int64_t first, int64_t count)
{
    ride *r = user;
    r->labels = r->dataset->labels + first;
    r->count = count;
    r->block++;
}

static const nd_groups *groups_of(ride *r, int64_t number, int64_t first, int64_t count)
{
    strip *s = &r->strips[number];
    if (s->block != r->block || s->first != first || s->groups.count != count) {
        nd_groups_fill(&s->groups, count, r->labels + first);
        s->block = r->block;
        s->first = first;
    }
    return &s->groups;
}

/* Rows that a layer has just written, in the first pass. */
static void add_rows(void *user, int64_t layer, int64_t number, int64_t first, int64_t count, const void *out)
{
    ride *r = user;
    const int64_t i = r->site[layer + 1];
    if (i < 0) {
        return;
    }
    nd_moments *m = number == 0 ? &r->separators[i].moments : &r->more[i * (STRIPS - 1) + number - 1];
    const nd_groups *groups = groups_of(r, number, first, count);
    const int status = nd_moments_add(r->arena.context, m, groups, r->network->dtype, r->widths[i], out);
    if (status != NNDYN_OK) {
        r->failed = status;
    }
}

static void join_strips(ride *r)
{
    for (int64_t i = 0; i < r->sites; i++) {
        for (int64_t k = 0; in_strips(r, i) && k < STRIPS - 1; k++) {
            nd_moments_merge(&r->separators[i].moments, &r->more[i * (STRIPS - 1) + k]);
        }
    }
}

/* The second pass of a site. */
static void add_again(void *job, int64_t i)
{
    ride *r = job;
    const int64_t layer = r->layers[i];
    const int dtype = r->network->dtype;
    const nd_workspace_f32 *w32 = r->workspace;
    const nd_workspace_f64 *w64 = r->workspace;
    const void *x = dtype == NNDYN_F32 ? (const void *)(layer < 0 ? w32->sites[0].in : w32->sites[layer].out)
                                       : (const void *)(layer < 0 ? w64->sites[0].in : w64->sites[layer].out);
    r->status[i] =
        nd_second_add(r->arena.context, r->separators[i].second, dtype, r->count, r->widths[i], x, r->labels);
}

static int add_block(void *user, int64_t first, int64_t count, const void *workspace)
{
    ride *r = user;
    begin_block(r, first, count);
    r->workspace = workspace;
    ND_TRY(nd_parallel(r->arena.context, r->sites, add_again, r));
    for (int64_t i = 0; i < r->sites; i++) {
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
                return r->layers[i] < 0
                           ? nd_fail(r->network, NNDYN_ENUMERIC, "squares of the input are beyond the range of double")
                           : nd_fail(r->network, NNDYN_ENUMERIC,
                                     "the output of layer %lld is not finite, or its squares are beyond the range of "
                                     "double",
                                     (long long)r->layers[i]);
            }
        }
    }
    return NNDYN_OK;
}

static int make_passes(ride *r, double *loss, double *accuracy)
{
    const nd_watch watch = {begin_block, add_rows, NULL, r, STRIPS, r->least};
    const nd_watch again = {NULL, NULL, add_block, r, 0, 0};
    const int status = nd_network_evaluate(r->network, r->dataset, &watch, loss, accuracy);
    if (status == NNDYN_OK || status == NNDYN_ENUMERIC) { /* a loss that is not finite began at some layer */
        join_strips(r);
        ND_TRY(check_features(r));
    }
    ND_TRY(status);
    if (r->failed != NNDYN_OK) {
        return r->failed;
    }
    if (!r->rule.he_su && !r->rule.inverse) {
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < r->sites; i++) {
        ND_TRY(nd_separator_second(r->network, &r->separators[i], r->rule.inverse));
    }
    return nd_network_evaluate(r->network, r->dataset, &again, NULL, NULL);
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
