/* lag.c - running statistics of batch norm against those of the data.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include "network/build.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t count_norms(const nndyn_network *network)
{
    int64_t count = 0;
    for (int64_t l = 0; l < network->layer_count; l++) {
        count += network->layers[l].kind == NNDYN_BATCH_NORM;
    }
    return count;
}

/* ---- figures of a frozen network --------------------------------------------------------------------------------- */

/* Of one layer: `was` and `is` are its means, then its variances. */
static double lag_of(int64_t width, const double *was, const double *is)
{
    double away = 0, variance = 0;
    for (int64_t j = 0; j < width; j++) {
        away += (was[j] - is[j]) * (was[j] - is[j]);
        variance += is[width + j];
    }
    return away > 0 ? sqrt(away / variance) : 0;
}

/* Recalibrates, and writes how far each layer's means have moved; lag may be NULL. */
static int recalibrate(nd_frozen *frozen, const nndyn_dataset *dataset, double *lag)
{
    const nndyn_network *network = frozen->network;
    double *was;
    ND_TRY(nd_allocate_for(frozen->handle, network->statistics_count, sizeof *was, &was));
    memcpy(was, frozen->statistics, (size_t)network->statistics_count * sizeof *was);
    const int status = nd_frozen_recalibrate(frozen, dataset);
    for (int64_t l = 0; status == NNDYN_OK && lag != NULL && l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_BATCH_NORM) {
            *lag++ = lag_of(layer->in, was + layer->statistics, frozen->statistics + layer->statistics);
        }
    }
    nd_release(frozen->arena.context, was);
    return status;
}

typedef struct tally {
    const nndyn_dataset *dataset;
    int64_t last, outputs, hits;
} tally;

static int add_hits(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    tally *t = user;
    const double *z = workspace->sites[t->last].out;
    for (int64_t i = 0; i < count; i++, z += t->outputs) {
        int64_t best = 0;
        for (int64_t k = 1; k < t->outputs; k++) {
            best = z[k] > z[best] ? k : best;
        }
        t->hits += best == t->dataset->labels[first + i];
    }
    return NNDYN_OK;
}

static int accuracy_of(nd_frozen *frozen, const nndyn_dataset *dataset, double *accuracy)
{
    tally t = {dataset, frozen->network->layer_count - 1, nd_network_outputs(frozen->network), 0};
    ND_TRY(nd_frozen_walk(frozen, dataset, "accuracy", add_hits, &t));
    *accuracy = (double)t.hits / (double)dataset->samples;
    return NNDYN_OK;
}

/* ---- calls on a network ------------------------------------------------------------------------------------------ */

static int check_network(void *handle, const nndyn_network *network)
{
    ND_TRY(nd_network_ready(network, handle, 0));
    return count_norms(network) > 0
               ? NNDYN_OK
               : nd_fail(handle, NNDYN_EUNSUPPORTED,
                         "the network has no batch norm layer, so there are no running statistics");
}

static int check_data(void *handle, const nndyn_network *network, const nndyn_dataset *dataset, int labels)
{
    ND_TRY(nd_check_order_data(handle, network, dataset, labels));
    return dataset->samples >= 2
               ? NNDYN_OK
               : nd_fail(handle, NNDYN_EARG, "dataset has 1 sample, must have at least 2 for statistics of batch norm");
}

/* What a call does with the frozen network. */
typedef struct job {
    int labels;
    int (*go)(struct job *job, nndyn_network *network, nd_frozen *frozen, const nndyn_dataset *dataset);
    double *lag;
    double accuracy;
} job;

static int run(nndyn_network *network, nndyn_dataset *dataset, job *j)
{
    nd_frozen frozen;
    ND_TRY(check_network(network, network));
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    int status = check_data(network, network, dataset, j->labels);
    if (status == NNDYN_OK) {
        status = nd_frozen_open(network, network, dataset, &frozen);
        if (status == NNDYN_OK) {
            status = j->go(j, network, &frozen, dataset);
            nd_frozen_close(&frozen);
        }
    }
    nd_unhold(dataset);
    return status;
}

static int measure_lag(job *j, nndyn_network *network, nd_frozen *frozen, const nndyn_dataset *dataset)
{
    (void)network;
    return recalibrate(frozen, dataset, j->lag);
}

static int batch_norm_lag(nndyn_network *network, nndyn_dataset *dataset, int64_t capacity, double *lag,
                          int64_t *layers)
{
    job j = {.go = measure_lag};
    ND_TRY(check_network(network, network));
    const int64_t count = count_norms(network);
    if (capacity != 0) {
        ND_TRY(nd_check_size(network, capacity, count, INT64_MAX, "capacity"));
        ND_TRY(nd_check_pointer(network, lag, "lag"));
        ND_TRY(nd_allocate_for(network, count, sizeof *j.lag, &j.lag));
        const int status = run(network, dataset, &j);
        if (status == NNDYN_OK) {
            memcpy(lag, j.lag, (size_t)count * sizeof *lag);
        }
        nd_release(network->handle.context, j.lag);
        ND_TRY(status);
    }
    if (layers != NULL) {
        *layers = count;
    }
    return NNDYN_OK;
}

int nndyn_batch_norm_lag(nndyn_network *network, nndyn_dataset *dataset, int64_t capacity, double *lag, int64_t *layers)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, batch_norm_lag(network, dataset, capacity, lag, layers));
}

static int measure_accuracy(job *j, nndyn_network *network, nd_frozen *frozen, const nndyn_dataset *dataset)
{
    (void)network;
    ND_TRY(recalibrate(frozen, dataset, NULL));
    return accuracy_of(frozen, dataset, &j->accuracy);
}

int nndyn_batch_norm_accuracy(nndyn_network *network, nndyn_dataset *dataset, double *accuracy)
{
    job j = {.labels = 1, .go = measure_accuracy};
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    int status = nd_check_pointer(network, accuracy, "accuracy");
    if (status == NNDYN_OK) {
        status = run(network, dataset, &j);
    }
    if (status == NNDYN_OK) {
        *accuracy = j.accuracy;
    }
    return nd_leave(network, status);
}

static int keep(job *j, nndyn_network *network, nd_frozen *frozen, const nndyn_dataset *dataset)
{
    const double largest = network->dtype == NNDYN_F32 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
    (void)j;
    ND_TRY(recalibrate(frozen, dataset, NULL));
    for (int64_t i = 0; i < network->statistics_count; i++) {
        if (!(fabs(frozen->statistics[i]) <= largest)) {
            return nd_fail(network, NNDYN_ENUMERIC, "statistic %lld is %g, beyond the network's precision",
                           (long long)i, frozen->statistics[i]);
        }
    }
    nd_narrow(network->dtype, network->statistics_count, frozen->statistics, network->statistics);
    return NNDYN_OK;
}

int nndyn_batch_norm_recalibrate(nndyn_network *network, nndyn_dataset *dataset)
{
    job j = {.go = keep};
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, run(network, dataset, &j));
}

/* ---- the probe --------------------------------------------------------------------------------------------------- */

typedef struct watch {
    nndyn_dataset *dataset; /* a reference is held */
} watch;

static int measure_frozen(void *self, nd_frozen *frozen, double *row)
{
    const watch *w = self;
    ND_TRY(accuracy_of(frozen, w->dataset, &row[0]));
    ND_TRY(recalibrate(frozen, w->dataset, row + 2));
    return accuracy_of(frozen, w->dataset, &row[1]);
}

static int measure(void *self, const nd_moment *moment, double *row)
{
    const watch *w = self;
    return nd_frozen_measure(moment, w->dataset, measure_frozen, self, row);
}

static void column(void *self, int64_t number, char name[ND_NAME_SIZE])
{
    (void)self;
    if (number < 2) {
        (void)snprintf(name, ND_NAME_SIZE, "%s", number == 0 ? "accuracy" : "batch_accuracy");
    } else {
        (void)snprintf(name, ND_NAME_SIZE, "lag_%lld", (long long)(number - 1));
    }
}

static void destroy(void *self, nndyn_context *context)
{
    watch *w = self;
    nd_handle_release(w->dataset);
    nd_release(context, w);
}

static int add(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options, int64_t *number)
{
    const nndyn_network *network = recorder->trainer->network;
    nd_record record;
    watch *w = NULL;
    ND_TRY(nd_record_read(recorder, options, NULL, 0, NULL, &record));
    ND_TRY(check_network(recorder, network));
    ND_TRY(nd_hold(recorder, dataset, ND_DATASET, "dataset"));
    const int status = check_data(recorder, network, dataset, 1);
    nd_unhold(dataset);
    ND_TRY(status);
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *w, &w));
    nd_handle_retain(dataset);
    w->dataset = dataset;
    const nd_probe probe = {.kind = "batch_norm",
                            .columns = 2 + count_norms(network),
                            .measure = measure,
                            .column = column,
                            .destroy = destroy,
                            .self = w};
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_batch_norm(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                                  int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, __func__));
    return nd_leave(recorder, add(recorder, dataset, options, probe));
}
