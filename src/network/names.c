/* names.c - names of activations, losses and kinds of layers.  SPDX-License-Identifier: MIT */
#include "network/build.h"

static const char *const activation_names[ND_ACTIVATIONS] = {
    [NNDYN_IDENTITY] = "identity",
    [NNDYN_RELU] = "relu",
    [NNDYN_LEAKY_RELU] = "leaky_relu",
    [NNDYN_ELU] = "elu",
    [NNDYN_SOFTPLUS] = "softplus",
    [NNDYN_SIGMOID] = "sigmoid",
    [NNDYN_TANH] = "tanh",
    [NNDYN_ERF] = "erf",
    [NNDYN_ARCTAN] = "arctan",
    [NNDYN_SOFTSIGN] = "softsign",
    [NNDYN_ISRU] = "isru",
    [NNDYN_SILU] = "silu",
    [NNDYN_GELU] = "gelu",
    [NNDYN_EXP] = "exp",
    [NNDYN_SIN] = "sin",
    [NNDYN_COS] = "cos",
    [NNDYN_ABS_POWER] = "abs_power",
};

static const char *const loss_names[ND_LOSSES] = {
    [NNDYN_SQUARED_ERROR] = "squared_error",
    [NNDYN_POWER_ERROR] = "power_error",
    [NNDYN_BINARY_CROSS_ENTROPY] = "binary_cross_entropy",
    [NNDYN_SOFTMAX_CROSS_ENTROPY] = "softmax_cross_entropy",
    [NNDYN_POISSON] = "poisson",
    [NNDYN_HUBER] = "huber",
    [NNDYN_LOG_COSH] = "log_cosh",
    [NNDYN_CAUCHY] = "cauchy",
    [NNDYN_GEMAN_MCCLURE] = "geman_mcclure",
    [NNDYN_WELSCH] = "welsch",
    [NNDYN_BARRON] = "barron",
    [NNDYN_HINGE] = "hinge",
    [NNDYN_NEGATIVE_LOG] = "negative_log",
};

static const char *const layer_names[] = {
    [NNDYN_DENSE] = "dense layer",
    [NNDYN_ACTIVATION] = "activation",
    [NNDYN_BATCH_NORM] = "batch norm",
    [NNDYN_DROPOUT] = "dropout",
    [NNDYN_RESIDUAL_BEGIN] = "begin of a residual block",
    [NNDYN_RESIDUAL_END] = "end of a residual block",
};

static const char *look_up(const char *const *names, int count, int kind)
{
    return kind > 0 && kind < count ? names[kind] : "unknown";
}

#define LOOK_UP(names, kind) look_up(names, (int)(sizeof names / sizeof names[0]), kind)

const char *nndyn_activation_name(int kind)
{
    return kind == NNDYN_CUSTOM_ACTIVATION ? "custom_activation" : LOOK_UP(activation_names, kind);
}

const char *nndyn_loss_name(int kind)
{
    return kind == NNDYN_CUSTOM_LOSS ? "custom_loss" : LOOK_UP(loss_names, kind);
}

const char *nd_layer_kind_name(int kind)
{
    return LOOK_UP(layer_names, kind);
}
