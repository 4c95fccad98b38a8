/* probe.c - the load curve as training goes on.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include "training/recorder.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns: loss, accuracy, one a site, then these. */
enum { BEFORE_SITES = 2, AFTER_SITES = 4 };
static const int shown[AFTER_SITES] = {NNDYN_LOAD_CURVE_KAPPA, NNDYN_LOAD_CURVE_SIGMA, NNDYN_LOAD_CURVE_BOW,
                                       NNDYN_LOAD_CURVE_R_SQUARED};

typedef struct curve {
    nndyn_dataset *dataset; /* a reference is held */
    nndyn_options *options;
    int64_t sites;
} curve;

static int measure(void *self, const nd_moment *moment, double *row)
{
    const curve *c = self;
    double statistics[NNDYN_LOAD_CURVE_VALUES], *d = row + BEFORE_SITES;
    int verdict;
    const int status =
        nndyn_network_separation(moment->network, c->dataset, c->options, c->sites, 1, d, NULL, NULL, &row[0], &row[1]);
    if (status == NNDYN_EBUSY) { /* which leaves no message */
        return nd_fail(moment->trainer, status, "another call is using network or dataset; wait until it returns");
    }
    if (status != NNDYN_OK) {
        return nd_fail_from(moment->trainer, status, moment->network);
    }
    nd_load_curve(c->sites, d, 0, NULL, statistics, &verdict);
    for (int i = 0; i < AFTER_SITES; i++) {
        d[c->sites + i] = statistics[shown[i]];
    }
    return NNDYN_OK;
}

static void column(void *self, int64_t number, char name[ND_NAME_SIZE])
{
    static const char *const before[BEFORE_SITES] = {"loss", "accuracy"};
    static const char *const after[AFTER_SITES] = {"kappa", "sigma", "bow", "r_squared"};
    const curve *c = self;
    const int64_t site = number - BEFORE_SITES;
    if (site < 0 || site >= c->sites) {
        const char *text = site < 0 ? before[number] : after[site - c->sites];
        memcpy(name, text, strlen(text) + 1);
    } else {
        (void)snprintf(name, ND_NAME_SIZE, "separation_%lld", (long long)site);
    }
}

static void destroy(void *self, nndyn_context *context)
{
    curve *c = self;
    nd_handle_release(c->dataset);
    nndyn_options_free(c->options);
    nd_release(context, c);
}

static int check_dataset(nndyn_recorder *recorder, const nndyn_dataset *dataset)
{
    const nndyn_network *network = recorder->trainer->network;
    const int64_t outputs = nd_network_outputs(network);
    if (dataset->dtype != network->dtype) {
        return nd_fail(recorder, NNDYN_EARG,
                       "dataset is of %s precision, the network of the other; convert it with nndyn_dataset_convert",
                       dataset->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (dataset->labels == NULL) {
        return nd_fail(recorder, NNDYN_EARG, "dataset has no labels; make it with nndyn_dataset_create_labels");
    }
    if (dataset->inputs != network->inputs || dataset->targets != outputs || dataset->classes != outputs) {
        return nd_fail(recorder, NNDYN_EARG,
                       "dataset has %lld inputs and %lld classes, the network has %lld inputs and %lld outputs; both "
                       "must be equal",
                       (long long)dataset->inputs, (long long)dataset->classes, (long long)network->inputs,
                       (long long)outputs);
    }
    if (nd_separation_sites(network, 0, 0, NULL, NULL) < 2) {
        return nd_fail(recorder, NNDYN_EARG, "the network has a single dense layer; a load curve needs a hidden one");
    }
    return NNDYN_OK;
}

static int make(nndyn_recorder *recorder, nndyn_dataset *dataset, const char *weights, curve **out)
{
    nndyn_context *context = recorder->handle.context;
    curve *c;
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *c, &c));
    int status = nndyn_options_create(context, &c->options);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_text(c->options, "weights", weights);
    }
    if (status != NNDYN_OK) {
        nndyn_options_free(c->options);
        nd_release(context, c);
        return nd_fail(recorder, status, "the options of the probe cannot be kept");
    }
    nd_handle_retain(dataset);
    c->dataset = dataset;
    c->sites = nd_separation_sites(recorder->trainer->network, 0, 0, NULL, NULL);
    *out = c;
    return NNDYN_OK;
}

static int add(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options, int64_t *number)
{
    nd_option_value weights;
    nd_record record;
    curve *c = NULL;
    ND_TRY(nd_record_read(recorder, options, &nd_separation_specs[ND_SEPARATION_WEIGHTS], 1, &weights, &record));
    ND_TRY(nd_hold(recorder, dataset, ND_DATASET, "dataset"));
    const int status = check_dataset(recorder, dataset);
    nd_unhold(dataset);
    ND_TRY(status);
    ND_TRY(make(recorder, dataset, weights.integer == 1 ? "classes" : "samples", &c));
    const nd_probe probe = {.kind = "load_curve",
                            .columns = BEFORE_SITES + c->sites + AFTER_SITES,
                            .measure = measure,
                            .column = column,
                            .destroy = destroy,
                            .self = c};
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_load_curve(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                                  int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_load_curve"));
    return nd_leave(recorder, add(recorder, dataset, options, probe));
}
