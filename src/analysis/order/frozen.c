/* frozen.c - a network in double precision and evaluation mode, walked over a data set.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <math.h>
#include <string.h>

static void widen(int dtype, int64_t count, const void *from, double *to)
{
    const float *single = from;
    if (dtype == NNDYN_F64 && count > 0) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
    for (int64_t i = 0; dtype == NNDYN_F32 && i < count; i++) {
        to[i] = (double)single[i];
    }
}

static void carve(nd_frozen *f)
{
    f->theta = nd_arena_take(&f->arena, f->network->parameters, sizeof *f->theta);
    f->statistics = nd_arena_take(&f->arena, f->network->statistics_count, sizeof *f->statistics);
    f->x = nd_arena_take(&f->arena, nd_product(f->rows, f->network->inputs), sizeof *f->x);
}

static int check_parameters(const nd_frozen *f)
{
    const nndyn_network *network = f->network;
    if (!network->k64->all_finite(network->parameters, f->theta) ||
        !network->k64->all_finite(network->statistics_count, f->statistics)) {
        return nd_fail(f->handle, NNDYN_ENUMERIC, "a parameter or running statistic of the network is not finite");
    }
    return NNDYN_OK;
}

int nd_frozen_open(const nndyn_network *network, void *handle, const nndyn_dataset *dataset, nd_frozen *out)
{
    *out = (nd_frozen){.network = network, .handle = handle};
    out->arena.context = nd_handle_context(handle);
    out->rows = dataset != NULL ? nd_evaluation_rows(network, dataset->samples) : 0;
    carve(out);
    ND_TRY(nd_arena_reserve(&out->arena, handle));
    carve(out);
    widen(network->dtype, network->parameters, network->theta, out->theta);
    widen(network->dtype, network->statistics_count, network->statistics, out->statistics);
    int status = check_parameters(out);
    if (status == NNDYN_OK && dataset != NULL) {
        status = nd_workspace_create_f64(network, handle, out->rows, ND_KEEP_OUTPUTS, &out->workspace);
    }
    if (status != NNDYN_OK) {
        nd_frozen_close(out);
    }
    return status;
}

void nd_frozen_close(nd_frozen *frozen)
{
    nd_workspace_free_f64(frozen->arena.context, frozen->workspace);
    nd_arena_free(&frozen->arena);
    frozen->workspace = NULL;
}

int nd_frozen_walk(nd_frozen *f, const nndyn_dataset *dataset, const char *task,
                   int (*block)(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace),
                   void *user)
{
    const int64_t inputs = dataset->inputs;
    const size_t size = dataset->dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
    const nd_mode mode = {0};
    nd_task progress;
    nd_task_begin(&progress, f->handle, task);
    for (int64_t first = 0; first < dataset->samples; first += f->rows) {
        const int64_t count = dataset->samples - first < f->rows ? dataset->samples - first : f->rows;
        widen(dataset->dtype, count * inputs, (const char *)dataset->x + (size_t)(first * inputs) * size, f->x);
        ND_TRY(nd_forward_f64(f->network, f->handle, f->theta, f->statistics, mode, count, f->x, f->workspace));
        const nd_site_f64 *last = &f->workspace->sites[f->network->layer_count - 1];
        if (!f->network->k64->all_finite(count * nd_network_outputs(f->network), last->out)) {
            return nd_fail(f->handle, NNDYN_ENUMERIC, "an output of the network is not finite");
        }
        ND_TRY(block(user, first, count, f->workspace));
        ND_TRY(nd_task_report(&progress, (double)(first + count) / (double)dataset->samples));
    }
    return NNDYN_OK;
}

int nd_frozen_measure(const nd_moment *moment, nndyn_dataset *dataset,
                      int (*visit)(void *self, nd_frozen *frozen, double *row), void *self, double *row)
{
    nd_frozen frozen;
    ND_TRY(nd_hold(moment->trainer, moment->network, ND_NETWORK, "network"));
    int status = nd_hold(moment->trainer, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = nd_frozen_open(moment->network, moment->trainer, dataset, &frozen);
        if (status == NNDYN_OK) {
            status = visit(self, &frozen, row);
            nd_frozen_close(&frozen);
        }
        nd_unhold(dataset);
    }
    nd_unhold(moment->network);
    return status;
}

/* ---- recalibration ----------------------------------------------------------------------------------------------- */

/* Sums of one batch norm layer's input about a first guess of its means. */
typedef struct moments {
    int64_t layer, width;
    const double *center;
    double *sum, *square;
} moments;

static int add_moments(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    const moments *m = user;
    const double *z = workspace->sites[m->layer].in;
    (void)first;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < m->width; j++) {
            const double away = z[i * m->width + j] - m->center[j];
            m->sum[j] += away;
            m->square[j] += away * away;
        }
    }
    return NNDYN_OK;
}

static int recalibrate(nd_frozen *f, const nndyn_dataset *dataset, int64_t layer, double *scratch)
{
    const nd_layer *norm = &f->network->layers[layer];
    const double n = (double)dataset->samples;
    double *mean = f->statistics + norm->statistics, *variance = mean + norm->in;
    moments m = {layer, norm->in, mean, scratch, scratch + norm->in};
    memset(scratch, 0, (size_t)(2 * norm->in) * sizeof *scratch);
    ND_TRY(nd_frozen_walk(f, dataset, "recalibration of batch norm", add_moments, &m));
    for (int64_t j = 0; j < norm->in; j++) {
        const double shift = m.sum[j] / n, square = m.square[j] / n - shift * shift;
        mean[j] += shift;
        variance[j] = square > 0 ? square : 0;
    }
    return NNDYN_OK;
}

int nd_frozen_recalibrate(nd_frozen *f, const nndyn_dataset *dataset)
{
    double *scratch;
    int status = NNDYN_OK;
    ND_TRY(nd_allocate_for(f->handle, nd_product(2, nd_network_width(f->network)), sizeof *scratch, &scratch));
    for (int64_t l = 0; l < f->network->layer_count && status == NNDYN_OK; l++) {
        if (f->network->layers[l].kind == NNDYN_BATCH_NORM) {
            status = recalibrate(f, dataset, l, scratch);
        }
    }
    nd_release(f->arena.context, scratch);
    return status;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

int nd_check_order_data(void *handle, const nndyn_network *network, const nndyn_dataset *dataset, int labels)
{
    const int64_t outputs = nd_network_outputs(network);
    if (dataset->dtype != network->dtype) {
        return nd_fail(handle, NNDYN_EARG,
                       "dataset is of %s precision, the network of the other; convert one with nndyn_dataset_convert "
                       "or nndyn_network_copy",
                       dataset->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (dataset->inputs != network->inputs) {
        return nd_fail(handle, NNDYN_EARG, "dataset has %lld inputs, the network %lld; both must be equal",
                       (long long)dataset->inputs, (long long)network->inputs);
    }
    if (labels && dataset->labels == NULL) {
        return nd_fail(handle, NNDYN_EARG, "dataset has no labels; make it with nndyn_dataset_create_labels");
    }
    if (dataset->labels != NULL && labels && dataset->classes != outputs) {
        return nd_fail(handle, NNDYN_EARG, "dataset has %lld classes, the network %lld outputs; both must be equal",
                       (long long)dataset->classes, (long long)outputs);
    }
    return NNDYN_OK;
}
