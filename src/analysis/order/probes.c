/* probes.c - order as training goes on.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Own options of the probe, and where the ranks' own begin. */
enum { STATISTICS, THRESHOLD, WEIGHTS, OWN };

typedef struct watch {
    nndyn_dataset *dataset; /* a reference is held */
    int recalibrated;
    nd_option_value ranks[ND_RANK_OPTIONS];
    int64_t cuts;
    int64_t *hits, *agreements;
} watch;

/* Both parts write their columns of the row. */
static int measure_ranks(const watch *w, nd_frozen *frozen, const nd_substitution *substitution, double *row)
{
    nndyn_ranks *ranks = NULL;
    ND_TRY(nd_rank_network(frozen, substitution, w->dataset, w->ranks, &ranks));
    for (int64_t l = 0; l < w->cuts - 1; l++) {
        row[l] = ranks->layer[l].values[NNDYN_RANKS_GRADIENT];
        row[w->cuts - 1 + l] = ranks->layer[l].values[NNDYN_RANKS_FRACTION];
    }
    nd_handle_release(ranks);
    return NNDYN_OK;
}

static int measure_maps(const watch *w, nd_frozen *frozen, const nd_substitution *substitution, double *row)
{
    const nndyn_network *network = frozen->network;
    const double n = (double)w->dataset->samples;
    int64_t network_hits;
    ND_TRY(nd_truncate(frozen, substitution, w->dataset, w->hits, w->agreements, &network_hits));
    for (int64_t l = 0; l < w->cuts; l++) {
        row[l] = (double)w->hits[l] / n;
    }
    row[w->cuts] = (double)network_hits / n;
    row[w->cuts + 1] = sqrt(network->k64->sum_squares(network->parameters, frozen->theta));
    return NNDYN_OK;
}

static int measure_frozen(void *self, nd_frozen *frozen, double *row)
{
    const watch *w = self;
    nd_substitution substitution;
    if (w->recalibrated) {
        ND_TRY(nd_frozen_recalibrate(frozen, w->dataset));
    }
    ND_TRY(nd_substitution_open(frozen, &substitution));
    int status = measure_ranks(w, frozen, &substitution, row);
    if (status == NNDYN_OK) {
        status = measure_maps(w, frozen, &substitution, row + 2 * (w->cuts - 1));
    }
    nd_substitution_close(&substitution);
    return status;
}

static int measure(void *self, const nd_moment *moment, double *row)
{
    const watch *w = self;
    return nd_frozen_measure(moment, w->dataset, measure_frozen, self, row);
}

static void column(void *self, int64_t number, char name[ND_NAME_SIZE])
{
    const watch *w = self;
    const int64_t hidden = w->cuts - 1, last = 2 * hidden + w->cuts;
    if (number >= last) {
        (void)snprintf(name, ND_NAME_SIZE, "%s", number == last ? "accuracy" : "norm");
    } else if (number < 2 * hidden) {
        (void)snprintf(name, ND_NAME_SIZE, "%s_%lld", number < hidden ? "gradient" : "fraction",
                       (long long)(number % hidden + 1));
    } else {
        (void)snprintf(name, ND_NAME_SIZE, "accuracy_%lld", (long long)(number - 2 * hidden));
    }
}

static void destroy(void *self, nndyn_context *context)
{
    watch *w = self;
    nd_handle_release(w->dataset);
    nd_release(context, w->hits);
    nd_release(context, w);
}

static int check(nndyn_recorder *recorder, const nndyn_dataset *dataset)
{
    const nndyn_network *network = recorder->trainer->network;
    if (nd_network_outputs(network) < 2 || nd_count_cuts(network) < 2) {
        return nd_fail(recorder, NNDYN_EARG, "the network needs at least one hidden layer and two outputs");
    }
    ND_TRY(nd_check_order_data(recorder, network, dataset, 1));
    return dataset->samples >= 2
               ? NNDYN_OK
               : nd_fail(recorder, NNDYN_EARG, "dataset has 1 sample, must have at least 2 for ranks");
}

static int make(nndyn_recorder *recorder, nndyn_dataset *dataset, const nd_option_value *own, watch **out)
{
    nndyn_context *context = recorder->handle.context;
    const int64_t cuts = nd_count_cuts(recorder->trainer->network);
    watch *w;
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *w, &w));
    w->hits = nd_allocate(context, 2 * cuts, sizeof *w->hits);
    int status = w->hits == NULL ? nd_fail(recorder, NNDYN_ENOMEM, "no memory for the counts of the probe")
                                 : nd_options_read(recorder, NULL, nd_rank_specs, ND_RANK_OPTIONS, w->ranks);
    if (status != NNDYN_OK) {
        nd_release(context, w->hits);
        nd_release(context, w);
        return status;
    }
    w->agreements = w->hits + cuts;
    w->cuts = cuts;
    w->recalibrated = own[STATISTICS].integer == ND_STATISTICS_RECALIBRATED;
    w->ranks[ND_RANK_THRESHOLD] = own[THRESHOLD];
    w->ranks[ND_RANK_WEIGHTS] = own[WEIGHTS];
    nd_handle_retain(dataset);
    w->dataset = dataset;
    *out = w;
    return NNDYN_OK;
}

static int add(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options, int64_t *number)
{
    const nd_option_spec specs[OWN] = {[STATISTICS] = ND_STATISTICS_SPEC,
                                       [THRESHOLD] = nd_rank_specs[ND_RANK_THRESHOLD],
                                       [WEIGHTS] = nd_rank_specs[ND_RANK_WEIGHTS]};
    nd_option_value own[OWN];
    nd_record record;
    watch *w = NULL;
    ND_TRY(nd_record_read(recorder, options, specs, OWN, own, &record));
    ND_TRY(nd_hold(recorder, dataset, ND_DATASET, "dataset"));
    int status = check(recorder, dataset);
    nd_unhold(dataset);
    ND_TRY(status);
    ND_TRY(make(recorder, dataset, own, &w));
    const nd_probe probe = {.kind = "order",
                            .columns = 2 * (w->cuts - 1) + w->cuts + 2,
                            .measure = measure,
                            .column = column,
                            .destroy = destroy,
                            .self = w};
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_order(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                             int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_order"));
    return nd_leave(recorder, add(recorder, dataset, options, probe));
}
