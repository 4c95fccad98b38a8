/* weights_replica.c - copies of a network, one a thread, and how many samples they get right.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin/weights.h"
#include <math.h>
#include <string.h>

/* ---- replicas ---------------------------------------------------------------------------------------------------- */

static int stopped(void *user)
{
    nd_replicas *replicas = user;
    return atomic_load(&replicas->stop) || nd_task_canceled(replicas->task);
}

double nd_replica_bytes(const nndyn_network *network, const nndyn_dataset *data)
{
    const int64_t rows = data->samples < ND_EVALUATION_ROWS ? data->samples : ND_EVALUATION_ROWS;
    return nd_context_bytes() + sizeof *network +
           sizeof(double) * (double)(network->parameters + network->statistics_count) +
           (double)sizeof(nd_layer) * (double)network->layer_count +
           (double)nd_workspace_bytes_f64(network, rows, ND_KEEP_OUTPUTS);
}

int64_t nd_replicas_wanted(const nndyn_network *network, int64_t pieces, double bytes)
{
    const nndyn_context *context = network->handle.context;
    const int64_t limit = nd_context_memory_limit(context);
    int64_t count = nd_context_threads(context);
    if (limit > 0 && bytes * (double)count > 0.5 * (double)limit) {
        count = (int64_t)(0.5 * (double)limit / bytes);
    }
    count = count < pieces ? count : pieces;
    return count < 1 ? 1 : count;
}

static int open_replica(nd_replicas *replicas, const nndyn_network *network, nd_replica *replica)
{
    void *handle = replicas->task->handle;
    const int status = nd_context_create_within(replicas->context, nd_context_seed(replicas->context), 0, stopped,
                                                replicas, &replica->context);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for a thread's copy of the network");
    }
    return nd_network_copy_within(network, replica->context, handle, NNDYN_F64, &replica->network);
}

int nd_replicas_open(nd_task *task, const nndyn_network *network, int64_t count, nd_replicas *replicas)
{
    const int64_t outputs = nd_network_outputs(network), classes = outputs > 2 ? outputs : 2;
    int status;
    *replicas = (nd_replicas){.count = count, .context = network->handle.context, .task = task};
    ND_TRY(nd_allocate_for(task->handle, count, sizeof *replicas->replicas, &replicas->replicas));
    status = nd_allocate_for(task->handle, count * classes, sizeof *replicas->hits, &replicas->hits);
    for (int64_t i = 0; i < count && status == NNDYN_OK; i++) {
        replicas->replicas[i].hits = replicas->hits + i * classes;
        status = open_replica(replicas, network, &replicas->replicas[i]);
    }
    if (status != NNDYN_OK) {
        nd_replicas_close(replicas);
    }
    return status;
}

void nd_replicas_close(nd_replicas *replicas)
{
    for (int64_t i = 0; i < replicas->count && replicas->replicas; i++) {
        nd_replica *replica = &replicas->replicas[i];
        if (replica->context) {
            nd_context_detach(replica->context);
        }
        nd_handle_release(replica->network);
        nndyn_context_free(replica->context);
    }
    nd_release(replicas->context, replicas->replicas);
    nd_release(replicas->context, replicas->hits);
    *replicas = (nd_replicas){0};
}

/* ---- evaluating -------------------------------------------------------------------------------------------------- */

int64_t nd_network_predict(const nndyn_network *network, const double *y)
{
    const int64_t outputs = nd_network_outputs(network);
    int64_t best = 0;
    for (int64_t j = 0; j < outputs; j++) {
        if (isnan(y[j])) {
            return -1;
        }
        best = y[j] > y[best] ? j : best;
    }
    return outputs == 1 ? y[0] > nd_network_threshold(network) : best;
}

static int count_block(void *user, int64_t first, int64_t count, const void *workspace)
{
    nd_replica *replica = user;
    const nd_workspace_f64 *w = workspace;
    const nndyn_network *network = replica->network;
    const int64_t outputs = nd_network_outputs(network);
    const double *y = w->sites[network->layer_count - 1].out;
    for (int64_t i = 0; i < count; i++) {
        const int64_t class = nd_network_predict(network, y + i * outputs);
        if (replica->data->labels && class == replica->data->labels[first + i]) {
            replica->hits[class]++;
        }
    }
    return NNDYN_OK;
}

int nd_replica_evaluate(nd_replica *replica, const nndyn_dataset *data, double *loss)
{
    const int64_t outputs = nd_network_outputs(replica->network), classes = outputs > 2 ? outputs : 2;
    const nd_watch watch = {.block = count_block, .user = replica};
    memset(replica->hits, 0, (size_t)classes * sizeof *replica->hits);
    replica->data = data;
    ND_TRY(nd_enter(replica->network, ND_NETWORK, "nndyn_network_evaluate"));
    return nd_leave(replica->network, nd_network_evaluate(replica->network, data, &watch, loss, NULL));
}

int64_t nd_replica_hits(const nd_replica *replica, int64_t classes)
{
    int64_t sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        sum += replica->hits[c];
    }
    return sum;
}

/* ---- data and arguments ------------------------------------------------------------------------------------------ */

static void widen(int64_t count, const float *from, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

int nd_dataset_double(void *handle, nndyn_dataset *data, nndyn_dataset **out)
{
    nndyn_dataset *made = NULL;
    if (data->dtype == NNDYN_F64) {
        nd_handle_retain(data);
        *out = data;
        return NNDYN_OK;
    }
    ND_TRY(nd_dataset_allocate(handle, NNDYN_F64, data->samples, data->inputs, data->targets, data->classes, &made));
    widen(data->samples * data->inputs, data->x, made->owned_x);
    if (data->targets > 0) {
        widen(data->samples * data->targets, data->t, made->owned_t);
    }
    if (data->labels) {
        memcpy((int64_t *)made->labels, data->labels, (size_t)data->samples * sizeof *data->labels);
    }
    *out = made;
    return NNDYN_OK;
}

static int check_parameters(const nndyn_network *network, void *handle)
{
    for (int64_t i = 0; i < network->parameters; i++) {
        const double value = network->dtype == NNDYN_F32 ? (double)((const float *)network->theta)[i]
                                                         : ((const double *)network->theta)[i];
        if (!isfinite(value)) {
            return nd_fail(handle, NNDYN_EDATA, "parameter %lld of the network is %g; all must be finite", (long long)i,
                           value);
        }
    }
    return NNDYN_OK;
}

static int check_labels(const nndyn_network *network, void *handle, const nndyn_dataset *data)
{
    const int64_t outputs = nd_network_outputs(network);
    if (data->labels == NULL) {
        return nd_fail(handle, NNDYN_EARG, "dataset has no labels; basins are of right predictions");
    }
    if (data->classes != outputs && !(outputs == 1 && data->classes == 2)) {
        return nd_fail(handle, NNDYN_EARG,
                       "dataset has %lld classes, the network %lld outputs; there must be as many, or one output for "
                       "two classes",
                       (long long)data->classes, (long long)outputs);
    }
    return NNDYN_OK;
}

int nd_weights_check(nndyn_network *network, void *handle, const nndyn_dataset *data, int labels, int loss)
{
    ND_TRY(nd_network_ready(network, handle, loss));
    const int64_t outputs = nd_network_outputs(network);
    if (data->dtype != network->dtype) {
        return nd_fail(handle, NNDYN_EARG,
                       "dataset is of %s precision, the network of the other; convert one with "
                       "nndyn_dataset_convert or nndyn_network_copy",
                       data->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (data->inputs != network->inputs) {
        return nd_fail(handle, NNDYN_EARG, "dataset has %lld inputs, the network %lld", (long long)data->inputs,
                       (long long)network->inputs);
    }
    if (loss && data->targets != outputs) {
        return nd_fail(handle, NNDYN_EARG, "dataset has %lld targets, the network %lld outputs; the loss needs as many",
                       (long long)data->targets, (long long)outputs);
    }
    if (labels) {
        ND_TRY(check_labels(network, handle, data));
    }
    return check_parameters(network, handle);
}

int nd_basin_check_amplitudes(void *handle, int64_t count, const double *sigma)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(sigma[i] > 0 && isfinite(sigma[i]))) {
            return nd_fail(handle, NNDYN_EARG, "sigma[%lld] is %g, must be positive and finite", (long long)i,
                           sigma[i]);
        }
    }
    return NNDYN_OK;
}
