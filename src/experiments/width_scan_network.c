/* width_scan_network.c - the networks of a width scan.  SPDX-License-Identifier: MIT */
#include "core/crc.h"
#include "experiments/width_scan.h"
#include "kernels/kernels.h"
#include <float.h>
#include <math.h>

enum { LAYERS, ACTIVATION, PARAMETER, PARAMETRIZATION, WEIGHT_SCALE, BIAS_SCALE, READOUT_POWER, LOSS, DTYPE, OPTIONS };

/* Activations and losses in the order of their numbers, from 1. */
static const nd_option_spec specs[OPTIONS] = {
    [LAYERS] = {"layers", ND_INTEGER, 0, 1000, 2, NULL},
    [ACTIVATION] = {"activation", ND_TEXT, 0, 0, 0,
                    "identity|relu|leaky_relu|elu|softplus|sigmoid|tanh|erf|arctan|softsign|isru|silu|gelu|exp|sin|cos|"
                    "abs_power"},
    [PARAMETER] = {"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
    [PARAMETRIZATION] = {"parametrization", ND_TEXT, 0, 0, 0, "ntk|standard"},
    [WEIGHT_SCALE] = {"weight_scale", ND_REAL, 0, 1e30, 1, NULL},
    [BIAS_SCALE] = {"bias_scale", ND_REAL, 0, 1e30, 1, NULL},
    [READOUT_POWER] = {"readout_power", ND_REAL, 0, 10, 0, NULL},
    [LOSS] = {"loss", ND_TEXT, 0, 0, 0,
              "squared_error|power_error|binary_cross_entropy|softmax_cross_entropy|poisson|huber|log_cosh|cauchy|"
              "geman_mcclure|welsch|barron|hinge|negative_log"},
    [DTYPE] = {"dtype", ND_TEXT, 0, 0, 0, "f64|f32"},
};

/* ---- settings ---------------------------------------------------------------------------------------------------- */

/* An activation that has no parameter takes NaN. */
static int check(nndyn_width_scan *scan, const nd_width_network *network)
{
    const int kind = (int)network->activation;
    const char *allowed = "";
    if (!isnan(network->parameter) && nd_activation_check(kind, (double)NAN, &allowed) == 0) {
        return nd_fail(scan, NNDYN_EOPTION, "option 'parameter' is %g, but the activation '%s' has none; leave it out",
                       network->parameter, nndyn_activation_name(kind));
    }
    if (nd_activation_check(kind, network->parameter, &allowed) != 0) {
        return nd_fail(scan, NNDYN_EOPTION, "option 'parameter' is %g; of the activation '%s' it must be %s",
                       network->parameter, nndyn_activation_name(kind), allowed);
    }
    if (network->standard && network->readout_power > 0) {
        return nd_fail(scan, NNDYN_EOPTION,
                       "option 'readout_power' is %g with the parametrization 'standard'; it must be 0 there, or the "
                       "parametrization 'ntk'",
                       network->readout_power);
    }
    return NNDYN_OK;
}

static double default_parameter(int kind)
{
    const char *allowed;
    return nd_activation_check(kind, (double)NAN, &allowed) == 0 ? (double)NAN : nd_activation_default(kind);
}

int nd_width_network_read(nndyn_width_scan *scan, int64_t inputs, int64_t outputs, const nndyn_options *options,
                          nd_width_network *out)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_check_size(scan, inputs, 1, INT32_MAX, "inputs"));
    ND_TRY(nd_check_size(scan, outputs, 1, INT32_MAX, "outputs"));
    ND_TRY(nd_options_read(scan, options, specs, OPTIONS, v));
    *out = (nd_width_network){
        .inputs = inputs,
        .outputs = outputs,
        .layers = v[LAYERS].integer,
        .activation = v[ACTIVATION].given ? NNDYN_IDENTITY + v[ACTIVATION].integer : NNDYN_TANH,
        .parameter = v[PARAMETER].real,
        .standard = v[PARAMETRIZATION].integer,
        .weight_scale = v[WEIGHT_SCALE].real,
        .bias_scale = v[BIAS_SCALE].real,
        .readout_power = v[READOUT_POWER].real,
        .loss = NNDYN_SQUARED_ERROR + v[LOSS].integer,
        .dtype = v[DTYPE].integer ? NNDYN_F32 : NNDYN_F64,
    };
    if (!v[PARAMETER].given) {
        out->parameter = default_parameter((int)out->activation);
    }
    return check(scan, out);
}

int nd_width_network_mark(nndyn_width_scan *scan, const nd_width_network *network, double *mark)
{
    nd_crc *crc;
    ND_TRY(nd_allocate_for(scan, 1, sizeof *crc, &crc));
    nd_crc_prepare(crc);
    const uint64_t sum = nd_crc_extend(crc, 0, network, (int64_t)sizeof *network);
    nd_release(scan->handle.context, crc);
    *mark = (double)((sum ^ (sum >> 32)) & 0xffffffffu);
    return NNDYN_OK;
}

double nd_width_network_bytes(const nd_width_network *network, int64_t width)
{
    const double n = (double)width, inputs = (double)network->inputs, outputs = (double)network->outputs;
    const double hidden = (double)network->layers;
    const double parameters =
        hidden == 0 ? (inputs + 1) * outputs : (inputs + 1) * n + (hidden - 1) * (n + 1) * n + (n + 1) * outputs;
    return parameters * (network->dtype == NNDYN_F32 ? 4 : 8);
}

/* ---- making one -------------------------------------------------------------------------------------------------- */

/* `factor` multiplies what the layer gives. */
static int set_scales(nndyn_options *options, const nd_width_network *network, double factor)
{
    ND_TRY(nndyn_options_set_text(options, "parametrization", network->standard ? "standard" : "ntk"));
    ND_TRY(nndyn_options_set_text(options, "initialization", "normal"));
    ND_TRY(nndyn_options_set_double(options, "weight_scale", factor * network->weight_scale));
    return nndyn_options_set_double(options, "bias_scale", factor * network->bias_scale);
}

static int add_dense(nndyn_network *network, nndyn_context *context, const nd_width_network *settings, int64_t units,
                     double factor)
{
    nndyn_options *options;
    ND_TRY(nndyn_options_create(context, &options));
    int status = set_scales(options, settings, factor);
    if (status == NNDYN_OK) {
        status = nndyn_network_add_dense_with(network, units, NNDYN_IDENTITY, options);
    }
    nndyn_options_free(options);
    return status;
}

static int add_activation(nndyn_network *network, nndyn_context *context, const nd_width_network *settings)
{
    nndyn_options *options = NULL;
    if (settings->activation == NNDYN_IDENTITY) {
        return NNDYN_OK;
    }
    if (isnan(settings->parameter)) {
        return nndyn_network_add_activation(network, (int)settings->activation, NULL);
    }
    ND_TRY(nndyn_options_create(context, &options));
    int status = nndyn_options_set_double(options, "parameter", settings->parameter);
    if (status == NNDYN_OK) {
        status = nndyn_network_add_activation(network, (int)settings->activation, options);
    }
    nndyn_options_free(options);
    return status;
}

static int add_layers(nndyn_network *network, nndyn_context *context, const nd_width_network *settings, int64_t width)
{
    for (int64_t l = 0; l < settings->layers; l++) {
        ND_TRY(add_dense(network, context, settings, width, 1));
        ND_TRY(add_activation(network, context, settings));
    }
    ND_TRY(add_dense(network, context, settings, settings->outputs, pow((double)width, -settings->readout_power)));
    return nndyn_network_set_loss(network, (int)settings->loss);
}

static int build(nndyn_context *context, const nd_width_network *settings, int64_t width, nndyn_network **out)
{
    nndyn_network *network;
    ND_TRY(nndyn_network_create(context, (int)settings->dtype, settings->inputs, &network));
    const int status = add_layers(network, context, settings, width);
    if (status != NNDYN_OK) {
        nndyn_network_free(network);
        return status;
    }
    *out = network;
    return NNDYN_OK;
}

int nd_width_network_make(const nndyn_width_scan *scan, nndyn_context *context, int64_t width, int64_t seed,
                          nndyn_network **out)
{
    nndyn_network *network = NULL;
    if (!scan->factory) {
        return build(context, &scan->network, width, out);
    }
    ND_TRY(scan->factory(scan->factory_user, context, width, seed, &network));
    if (!network) {
        ND_TRY(nd_enter(context, ND_CONTEXT, "the factory of networks"));
        return nd_leave(context, nd_fail(context, NNDYN_ECALLBACK, "it returned 0 without a network"));
    }
    *out = network;
    return NNDYN_OK;
}
