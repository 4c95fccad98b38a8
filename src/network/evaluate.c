/* evaluate.c - outputs, loss and accuracy in evaluation mode.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct nd_score {
    double loss; /* sum over samples */
    int64_t hits;
    double threshold; /* of a single output */
} nd_score;

int64_t nd_evaluation_rows(const nndyn_network *network, int64_t n)
{
    int64_t width = network->inputs;
    for (int64_t l = 0; l < network->layer_count; l++) {
        width += network->layers[l].out;
    }
    int64_t rows = (INT64_C(1) << 20) / width;
    rows = rows < 32 ? 32 : rows > ND_EVALUATION_ROWS ? ND_EVALUATION_ROWS : rows;
    return n < rows ? n : rows;
}

#define R        float
#define ND(name) nd_##name##_f32
#include "network/evaluate.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "network/evaluate.inc"
#undef R
#undef ND

void nd_network_drop_evaluation(nndyn_network *network)
{
    if (network->dtype == NNDYN_F32) {
        nd_workspace_free_f32(network->handle.context, network->evaluation);
    } else {
        nd_workspace_free_f64(network->handle.context, network->evaluation);
    }
    network->evaluation = NULL;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static int check_forward(nndyn_network *network, int dtype, int64_t n, const void *x, const void *y)
{
    if (network->dtype != dtype) {
        return nd_fail(network, NNDYN_EARG, "the network is of %s precision; use %s",
                       dtype == NNDYN_F64 ? "single" : "double",
                       dtype == NNDYN_F64 ? "nndyn_network_forward_f32" : "nndyn_network_forward");
    }
    ND_TRY(nd_check_size(network, n, 1, INT_MAX, "n"));
    ND_TRY(nd_check_pointer(network, x, "x"));
    ND_TRY(nd_check_pointer(network, y, "y"));
    return nd_network_ready(network, network, 0);
}

static int forward(nndyn_network *network, int64_t n, const double *x, double *y)
{
    ND_TRY(check_forward(network, NNDYN_F64, n, x, y));
    ND_TRY(nd_check_finite(network, n, network->inputs, x, "x"));
    return nd_forward_all_f64(network, n, x, y);
}

int nndyn_network_forward(nndyn_network *network, int64_t n, const double *x, double *y)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, forward(network, n, x, y));
}

static int forward_f32(nndyn_network *network, int64_t n, const float *x, float *y)
{
    ND_TRY(check_forward(network, NNDYN_F32, n, x, y));
    ND_TRY(nd_check_finite_f32(network, n, network->inputs, x, "x"));
    return nd_forward_all_f32(network, n, x, y);
}

int nndyn_network_forward_f32(nndyn_network *network, int64_t n, const float *x, float *y)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, forward_f32(network, n, x, y));
}

/* ---- evaluate ---------------------------------------------------------------------------------------------------- */

static int check_data(nndyn_network *network, const nndyn_dataset *dataset, int with_loss, int with_accuracy)
{
    int64_t outputs = nd_network_outputs(network);
    if (dataset->dtype != network->dtype) {
        return nd_fail(network, NNDYN_EARG,
                       "dataset is of %s precision, the network of the other; convert one with "
                       "nndyn_dataset_convert or nndyn_network_copy",
                       dataset->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (dataset->inputs != network->inputs) {
        return nd_fail(network, NNDYN_EARG, "dataset has %lld inputs, the network %lld", (long long)dataset->inputs,
                       (long long)network->inputs);
    }
    if (with_loss && dataset->targets != outputs) {
        return nd_fail(network, NNDYN_EARG,
                       "dataset has %lld targets, the network %lld outputs; the loss needs as many "
                       "(for the accuracy alone give NULL for loss)",
                       (long long)dataset->targets, (long long)outputs);
    }
    if (with_accuracy && dataset->labels == NULL) {
        return nd_fail(network, NNDYN_EARG, "dataset has no labels; accuracy must be NULL");
    }
    if (with_accuracy && dataset->classes != outputs && !(outputs == 1 && dataset->classes == 2)) {
        return nd_fail(network, NNDYN_EARG,
                       "dataset has %lld classes, the network %lld outputs; accuracy needs as many, or "
                       "one output for two classes",
                       (long long)dataset->classes, (long long)outputs);
    }
    return nd_network_ready(network, network, with_loss);
}

double nd_network_threshold(const nndyn_network *network)
{
    int kind = network->loss.kind;
    return kind == NNDYN_BINARY_CROSS_ENTROPY || kind == NNDYN_SOFTMAX_CROSS_ENTROPY || kind == NNDYN_HINGE ? 0 : 0.5;
}

int nd_network_evaluate(nndyn_network *network, const nndyn_dataset *dataset, const nd_watch *watch, double *loss,
                        double *accuracy)
{
    nd_score score = {.threshold = nd_network_threshold(network)};
    ND_TRY(check_data(network, dataset, loss != NULL, accuracy != NULL));
    if (watch == NULL && loss == NULL && accuracy == NULL) {
        return NNDYN_OK;
    }
    ND_TRY(network->dtype == NNDYN_F32 ? nd_evaluate_all_f32(network, dataset, watch, loss != NULL, &score)
                                       : nd_evaluate_all_f64(network, dataset, watch, loss != NULL, &score));
    double mean = score.loss / (double)dataset->samples;
    if (!isfinite(mean)) {
        return nd_fail(network, NNDYN_ENUMERIC, "the mean loss is not finite");
    }
    if (loss != NULL) {
        *loss = mean;
    }
    if (accuracy != NULL) {
        *accuracy = (double)score.hits / (double)dataset->samples;
    }
    return NNDYN_OK;
}

static int evaluate(nndyn_network *network, nndyn_dataset *dataset, double *loss, double *accuracy)
{
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    int status = nd_network_evaluate(network, dataset, NULL, loss, accuracy);
    nd_unhold(dataset);
    return status;
}

int nndyn_network_evaluate(nndyn_network *network, nndyn_dataset *dataset, double *loss, double *accuracy)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, evaluate(network, dataset, loss, accuracy));
}
