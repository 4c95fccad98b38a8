/* group.c - the order of a group of neurons against that of its linear substitute.  SPDX-License-Identifier: MIT */
#include "analysis/order/view.h"
#include "statistics/statistics.h"
#include <limits.h>
#include <math.h>

typedef struct group {
    nndyn_network *network;
    int64_t layer, count;
    const int64_t *units; /* NULL: all */
    const double *v;
    nd_pair_item *items; /* 2 x samples */
    int finite;
} group;

static int gather(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    group *g = user;
    const nd_site_f64 *site = &workspace->sites[g->layer];
    const int64_t width = g->network->layers[g->layer].out;
    for (int64_t i = 0; i < count; i++) {
        nd_sum output = {0}, substitute = {0};
        for (int64_t j = 0; j < g->count; j++) {
            const int64_t at = i * width + (g->units != NULL ? g->units[j] : j);
            nd_sum_add(&output, g->v[j] * site->out[at]);
            nd_sum_add(&substitute, g->v[j] * site->in[at]);
        }
        const nd_pair_item item = {nd_sum_value(&substitute), nd_sum_value(&output), 0};
        g->items[first + i] = item;
        g->finite &= isfinite(item.h) && isfinite(item.g);
    }
    return NNDYN_OK;
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static int check_units(const group *g, int64_t width)
{
    int *seen = NULL;
    int status = NNDYN_OK;
    ND_TRY(nd_allocate_for(g->network, width, sizeof *seen, &seen));
    for (int64_t j = 0; status == NNDYN_OK && j < g->count; j++) {
        status = nd_check_size(g->network, g->units[j], 0, width - 1, "an entry of units");
        if (status == NNDYN_OK && seen[g->units[j]]++ > 0) {
            status = nd_fail(g->network, NNDYN_EARG, "unit %lld is named twice in units; they must be different",
                             (long long)g->units[j]);
        }
    }
    nd_release(g->network->handle.context, seen);
    return status;
}

static int check_group(const group *g)
{
    const nndyn_network *network = g->network;
    ND_TRY(nd_network_ready(network, g->network, 0));
    ND_TRY(nd_check_size(g->network, g->layer, 0, network->layer_count - 1, "layer"));
    if (network->layers[g->layer].kind != NNDYN_ACTIVATION) {
        return nd_fail(
            g->network, NNDYN_EARG,
            "layer %lld is not an activation; give the number of a layer that nndyn_network_layer says is one",
            (long long)g->layer);
    }
    const int64_t width = network->layers[g->layer].out;
    ND_TRY(nd_check_size(g->network, g->count, g->units != NULL ? 1 : width, width, "count"));
    ND_TRY(nd_check_pointer(g->network, g->v, "v"));
    ND_TRY(nd_check_finite(g->network, 1, g->count, g->v, "v"));
    return g->units != NULL ? check_units(g, width) : NNDYN_OK;
}

enum { STATISTICS, SAMPLES, OPTIONS };

int nd_order_view_read(nndyn_network *network, const nndyn_options *options, nd_order_view *view)
{
    static const nd_option_spec specs[OPTIONS] = {ND_STATISTICS_SPEC,
                                                  {"samples", ND_INTEGER, 0, ND_ORDER_MOST, 0, NULL}};
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, values));
    view->recalibrated = values[STATISTICS].integer == ND_STATISTICS_RECALIBRATED;
    view->samples = values[SAMPLES].integer;
    return NNDYN_OK;
}

int nd_order_view_open(nndyn_network *network, const nndyn_dataset *dataset, nd_order_view *view, nd_frozen *frozen)
{
    ND_TRY(nd_check_order_data(network, network, dataset, 0));
    if (view->samples > dataset->samples) {
        return nd_fail(network, NNDYN_EOPTION,
                       "option \"samples\" is %lld, dataset has %lld; it must be at most as many",
                       (long long)view->samples, (long long)dataset->samples);
    }
    view->dataset = *dataset;
    view->dataset.samples = view->samples > 0 ? view->samples : dataset->samples;
    ND_TRY(nd_check_size(network, view->dataset.samples, ND_ORDER_LEAST, ND_ORDER_MOST, "the number of samples"));
    ND_TRY(nd_frozen_open(network, network, &view->dataset, frozen));
    const int status = view->recalibrated ? nd_frozen_recalibrate(frozen, dataset) : NNDYN_OK;
    if (status != NNDYN_OK) {
        nd_frozen_close(frozen);
    }
    return status;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int measure(group *g, nd_frozen *frozen, const nndyn_dataset *dataset, nd_pairs *pairs)
{
    const int64_t n = dataset->samples;
    ND_TRY(nd_check_memory(g->network, 2.0 * (double)n * (double)sizeof *g->items, "the pairs"));
    ND_TRY(nd_allocate_for(g->network, 2 * n, sizeof *g->items, &g->items));
    g->finite = 1;
    int status = nd_frozen_walk(frozen, dataset, "order of a group", gather, g);
    if (status == NNDYN_OK && !g->finite) {
        status = nd_fail(g->network, NNDYN_ENUMERIC, "a sum over the group at layer %lld is not finite",
                         (long long)g->layer);
    }
    if (status == NNDYN_OK) {
        nd_concordance(n, g->items, g->items + n, pairs);
    }
    nd_release(g->network->handle.context, g->items);
    return status;
}

static int order_group(group *g, nndyn_dataset *dataset, const nndyn_options *options, nd_pairs *pairs)
{
    nd_order_view view;
    nd_frozen frozen;
    ND_TRY(nd_order_view_read(g->network, options, &view));
    ND_TRY(check_group(g));
    ND_TRY(nd_hold(g->network, dataset, ND_DATASET, "dataset"));
    int status = nd_order_view_open(g->network, dataset, &view, &frozen);
    if (status == NNDYN_OK) {
        status = measure(g, &frozen, &view.dataset, pairs);
        nd_frozen_close(&frozen);
    }
    nd_unhold(dataset);
    return status;
}

int nndyn_order_group(nndyn_network *network, nndyn_dataset *dataset, int64_t layer, int64_t count,
                      const int64_t *units, const double *v, const nndyn_options *options, int64_t *counts,
                      double *tau_b, double *rho)
{
    group g = {.network = network, .layer = layer, .count = count, .units = units, .v = v};
    nd_pairs pairs;
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    const int status = order_group(&g, dataset, options, &pairs);
    for (int i = 0; status == NNDYN_OK && counts != NULL && i < NNDYN_ORDER_COUNTS; i++) {
        counts[i] = pairs.counts[i];
    }
    if (status == NNDYN_OK && tau_b != NULL) {
        *tau_b = pairs.tau_b;
    }
    if (status == NNDYN_OK && rho != NULL) {
        *rho = pairs.rho;
    }
    return nd_leave(network, status);
}
