/* add.c - the public functions that add layers, and their options.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <float.h>
#include <limits.h>
#include <math.h>

enum {
    DENSE_BIAS,
    DENSE_PARAMETRIZATION,
    DENSE_WEIGHT_SCALE,
    DENSE_BIAS_SCALE,
    DENSE_INITIALIZATION,
    DENSE_PARAMETER,
    DENSE_OPTIONS
};
static const nd_option_spec dense_options[DENSE_OPTIONS] = {
    [DENSE_BIAS] = {"bias", ND_INTEGER, 0, 1, 1, NULL},
    [DENSE_PARAMETRIZATION] = {"parametrization", ND_TEXT, 0, 0, 0, "standard|ntk"},
    [DENSE_WEIGHT_SCALE] = {"weight_scale", ND_REAL, 0, ND_MOST_SCALE, 1, NULL},
    [DENSE_BIAS_SCALE] = {"bias_scale", ND_REAL, 0, ND_MOST_SCALE, 1, NULL},
    [DENSE_INITIALIZATION] = {"initialization", ND_TEXT, 0, 0, 0, ND_INITIALIZATION_NAMES},
    [DENSE_PARAMETER] = {"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
};

static const nd_option_spec activation_options[] = {{"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL}};

enum { NORM_MOMENTUM, NORM_EPSILON, NORM_AFFINE, NORM_OPTIONS };
static const nd_option_spec norm_options[NORM_OPTIONS] = {
    [NORM_MOMENTUM] = {"momentum", ND_REAL, DBL_MIN, 1, 0.1, NULL},
    [NORM_EPSILON] = {"epsilon", ND_REAL, DBL_MIN, 1, 1e-5, NULL},
    [NORM_AFFINE] = {"affine", ND_INTEGER, 0, 1, 1, NULL},
};

int nd_activation_make(void *handle, int kind, const nd_option_value *parameter, nd_activation *out)
{
    if (kind == NNDYN_CUSTOM_ACTIVATION || !nd_activation_known(kind)) {
        return nd_fail(handle, NNDYN_EARG,
                       "activation is %d; it must be one of the constants NNDYN_IDENTITY (%d) to "
                       "%d of nndyn/kernels.h; for one of your own use nndyn_network_add_custom_activation",
                       kind, NNDYN_IDENTITY, ND_ACTIVATIONS - 1);
    }
    const char *allowed = "";
    nd_activation made = {.kind = kind, .order = ND_ACTIVATION_ORDER, .parameter = nd_activation_default(kind)};
    if (parameter->given) {
        made.parameter = parameter->real;
        if (nd_activation_check(kind, NAN, &allowed) == 0) { /* only a kind without a parameter takes NaN for it */
            return nd_fail(handle, NNDYN_EOPTION, "option \"parameter\" is given, but activation %s has none",
                           nndyn_activation_name(kind));
        }
    }
    if (nd_activation_check(kind, made.parameter, &allowed) != 0) {
        return nd_fail(handle, NNDYN_EOPTION, "option \"parameter\" of activation %s is %g; allowed: %s",
                       nndyn_activation_name(kind), made.parameter, allowed);
    }
    *out = made;
    return NNDYN_OK;
}

/* ---- dense ------------------------------------------------------------------------------------------------------- */

static void make_dense(const nd_option_value *v, int64_t inputs, int64_t units, nd_layer *layer)
{
    double weight = v[DENSE_WEIGHT_SCALE].real;
    double bias = v[DENSE_BIAS_SCALE].real;
    int ntk = (int)v[DENSE_PARAMETRIZATION].integer;
    int standard = ntk ? ND_INIT_NORMAL : ND_INIT_UNIFORM;
    *layer = (nd_layer){.kind = NNDYN_DENSE, .out = units, .ntk = ntk};
    layer->bias = (int)v[DENSE_BIAS].integer;
    layer->weight_factor = ntk ? weight / sqrt((double)inputs) : 1;
    layer->bias_factor = ntk ? bias : 1;
    layer->weight_spread = ntk ? 1 : weight;
    layer->bias_spread = ntk ? 1 : bias;
    layer->initialization = v[DENSE_INITIALIZATION].given ? (int)v[DENSE_INITIALIZATION].integer : standard;
}

static int add_dense(nndyn_network *network, int64_t units, int activation, const nndyn_options *options)
{
    nd_option_value v[DENSE_OPTIONS];
    nd_layer layers[2] = {{0}};
    ND_TRY(nd_check_size(network, units, 1, INT_MAX, "units"));
    ND_TRY(nd_options_read(network, options, dense_options, DENSE_OPTIONS, v));
    make_dense(v, nd_network_outputs(network), units, &layers[0]);
    layers[1].kind = NNDYN_ACTIVATION;
    ND_TRY(nd_activation_make(network, activation, &v[DENSE_PARAMETER], &layers[1].activation));
    return nd_network_append(network, network, activation == NNDYN_IDENTITY ? 1 : 2, layers, 1);
}

int nndyn_network_add_dense(nndyn_network *network, int64_t units, int activation)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_dense(network, units, activation, NULL));
}

int nndyn_network_add_dense_with(nndyn_network *network, int64_t units, int activation, const nndyn_options *options)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_dense(network, units, activation, options));
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static int add_activation(nndyn_network *network, int activation, const nndyn_options *options)
{
    nd_option_value v;
    nd_layer layer = {.kind = NNDYN_ACTIVATION};
    ND_TRY(nd_options_read(network, options, activation_options, 1, &v));
    ND_TRY(nd_activation_make(network, activation, &v, &layer.activation));
    return nd_network_append(network, network, 1, &layer, 1);
}

int nndyn_network_add_activation(nndyn_network *network, int activation, const nndyn_options *options)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_activation(network, activation, options));
}

static int add_custom(nndyn_network *network, const nd_activation *activation)
{
    ND_TRY(nd_check_size(network, activation->order, 0, ND_ACTIVATION_ORDER, "order"));
    if (activation->evaluate == NULL) {
        return nd_fail(network, NNDYN_EARG, "evaluate is NULL; it must be a function");
    }
    nd_layer layer = {.kind = NNDYN_ACTIVATION, .activation = *activation};
    return nd_network_append(network, network, 1, &layer, 1);
}

int nndyn_network_add_custom_activation(nndyn_network *network, int order,
                                        int (*evaluate)(void *user, int order, int64_t count, const double *z,
                                                        double *values),
                                        void *user)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    nd_activation custom = {.kind = NNDYN_CUSTOM_ACTIVATION, .order = order, .evaluate = evaluate, .user = user};
    return nd_leave(network, add_custom(network, &custom));
}

/* ---- batch norm, dropout, residual blocks ------------------------------------------------------------------------ */

static int add_batch_norm(nndyn_network *network, const nndyn_options *options)
{
    nd_option_value v[NORM_OPTIONS];
    ND_TRY(nd_options_read(network, options, norm_options, NORM_OPTIONS, v));
    nd_layer layer = {.kind = NNDYN_BATCH_NORM, .momentum = v[NORM_MOMENTUM].real, .epsilon = v[NORM_EPSILON].real};
    layer.affine = (int)v[NORM_AFFINE].integer;
    return nd_network_append(network, network, 1, &layer, 1);
}

int nndyn_network_add_batch_norm(nndyn_network *network, const nndyn_options *options)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_batch_norm(network, options));
}

static int add_dropout(nndyn_network *network, double rate)
{
    if (!(rate >= 0 && rate < 1)) { /* refuses NaN as well */
        return nd_fail(network, NNDYN_EARG, "rate is %g; it must be at least 0 and below 1", rate);
    }
    nd_layer layer = {.kind = NNDYN_DROPOUT, .rate = rate};
    return nd_network_append(network, network, 1, &layer, 1);
}

int nndyn_network_add_dropout(nndyn_network *network, double rate)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_dropout(network, rate));
}

static int add_block(nndyn_network *network, int kind)
{
    nd_layer layer = {.kind = kind};
    return nd_network_append(network, network, 1, &layer, 1);
}

int nndyn_network_begin_residual(nndyn_network *network)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_block(network, NNDYN_RESIDUAL_BEGIN));
}

int nndyn_network_end_residual(nndyn_network *network)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, add_block(network, NNDYN_RESIDUAL_END));
}
