/* rank_network.c - rank distributions at the hidden layers of a network.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <limits.h>

/* ---- fields from a walk ------------------------------------------------------------------------------------------ */

typedef struct collector {
    nd_frozen *frozen;
    const nd_substitution *substitution;
    const nndyn_dataset *dataset;
    int64_t first, count; /* units wanted, counted through all hidden layers */
    double *fields;
} collector;

static int collect_block(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    const collector *c = user;
    const int64_t samples = c->dataset->samples;
    for (int64_t l = 1, start = 0; l < c->substitution->count; start += c->substitution->cuts[l++].width) {
        const nd_cut *cut = &c->substitution->cuts[l];
        const double *h = nd_cut_field(cut, workspace);
        const int64_t low = c->first > start ? c->first - start : 0, end = c->first + c->count - start;
        const int64_t high = end < cut->width ? end : cut->width;
        if (high > low && !c->frozen->network->k64->all_finite(count * cut->width, h)) {
            return nd_fail(c->frozen->handle, NNDYN_ENUMERIC, "a local field of hidden layer %lld is not finite",
                           (long long)l);
        }
        for (int64_t i = low; i < high; i++) {
            double *row = c->fields + (start + i - c->first) * samples + first;
            for (int64_t s = 0; s < count; s++) {
                row[s] = h[s * cut->width + i];
            }
        }
    }
    return NNDYN_OK;
}

static int collect(void *user, int64_t first, int64_t count, double *fields)
{
    collector *c = user;
    c->first = first;
    c->count = count;
    c->fields = fields;
    return nd_frozen_walk(c->frozen, c->dataset, "local fields", collect_block, c);
}

static int create(nd_frozen *frozen, const nd_substitution *substitution, const nndyn_dataset *dataset,
                  const nd_option_value *options, nndyn_ranks **out)
{
    const int64_t layers = substitution->count - 1;
    int64_t *units;
    ND_TRY(nd_allocate_for(frozen->handle, layers, sizeof *units, &units));
    for (int64_t l = 0; l < layers; l++) {
        units[l] = substitution->cuts[l + 1].width;
    }
    const int status =
        nd_ranks_create(frozen->handle, dataset->samples, substitution->classes, layers, units, options, out);
    nd_release(frozen->arena.context, units);
    return status;
}

int nd_rank_network(nd_frozen *frozen, const nd_substitution *substitution, const nndyn_dataset *dataset,
                    const nd_option_value *options, nndyn_ranks **out)
{
    collector c = {.frozen = frozen, .substitution = substitution, .dataset = dataset};
    nndyn_ranks *r = NULL;
    ND_TRY(create(frozen, substitution, dataset, options, &r));
    for (int64_t l = 0; l < r->layers; l++) {
        nd_ranks_set_signs(r, l, substitution->cuts[l + 1].map);
    }
    const int status = nd_ranks_fill(r, frozen->handle, dataset->labels, collect, &c);
    if (status != NNDYN_OK) {
        nd_handle_release(r);
        return status;
    }
    *out = r;
    return NNDYN_OK;
}

/* ---- the public call --------------------------------------------------------------------------------------------- */

enum { STATISTICS = ND_RANK_OPTIONS, OPTIONS };

static int check(nndyn_network *network, const nndyn_dataset *dataset)
{
    ND_TRY(nd_network_ready(network, network, 0));
    if (nd_network_outputs(network) < 2) {
        return nd_fail(network, NNDYN_EARG, "the network has 1 output, must have at least 2: one a class");
    }
    ND_TRY(nd_check_order_data(network, network, dataset, 1));
    if (dataset->samples < 2) {
        return nd_fail(network, NNDYN_EARG, "dataset has 1 sample, must have at least 2 for ranks");
    }
    if (nd_count_cuts(network) < 2) {
        return nd_fail(network, NNDYN_EARG, "the network has no hidden layer; ranks are of hidden layers");
    }
    return NNDYN_OK;
}

static int rank(nndyn_network *network, const nndyn_dataset *dataset, const nd_option_value *given, nndyn_ranks **out)
{
    nd_frozen frozen;
    nd_substitution substitution;
    ND_TRY(check(network, dataset));
    ND_TRY(nd_frozen_open(network, network, dataset, &frozen));
    int status =
        given[STATISTICS].integer == ND_STATISTICS_RECALIBRATED ? nd_frozen_recalibrate(&frozen, dataset) : NNDYN_OK;
    if (status == NNDYN_OK) {
        status = nd_substitution_open(&frozen, &substitution);
        if (status == NNDYN_OK) {
            status = nd_rank_network(&frozen, &substitution, dataset, given, out);
            nd_substitution_close(&substitution);
        }
    }
    nd_frozen_close(&frozen);
    return status;
}

static int of_network(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, nndyn_ranks **out)
{
    nd_option_spec specs[OPTIONS] = {[STATISTICS] = ND_STATISTICS_SPEC};
    nd_option_value given[OPTIONS];
    for (int i = 0; i < ND_RANK_OPTIONS; i++) {
        specs[i] = nd_rank_specs[i];
    }
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, given));
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    const int status = rank(network, dataset, given, out);
    nd_unhold(dataset);
    return status;
}

int nndyn_rank_distribution(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                            nndyn_ranks **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, of_network(network, dataset, options, out));
}
