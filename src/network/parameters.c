/* parameters.c - parameters and running statistics, in and out.  SPDX-License-Identifier: MIT */
#include "network/build.h"

static int check_count(nndyn_network *network, int64_t count, int64_t have, const char *what)
{
    if (count != have) {
        return nd_fail(network, NNDYN_EARG, "count is %lld; the network has %lld %s", (long long)count, (long long)have,
                       what);
    }
    return NNDYN_OK;
}

/* Every number finite after rounding to the network's precision. */
static int check_values(nndyn_network *network, int64_t count, const double *values, const char *argument)
{
    int64_t bad = nd_narrow_check(network->dtype, count, values);
    if (bad >= 0) {
        return nd_fail(network, NNDYN_EDATA, "%s[%lld] is %g; every number must be finite%s", argument, (long long)bad,
                       values[bad], network->dtype == NNDYN_F32 ? " in single precision" : "");
    }
    return NNDYN_OK;
}

static int get(nndyn_network *network, int64_t count, int64_t have, const void *reals, const char *argument,
               double *out)
{
    ND_TRY(check_count(network, count, have, argument));
    if (count > 0) {
        ND_TRY(nd_check_pointer(network, out, argument));
        nd_widen(network->dtype, count, reals, out);
    }
    return NNDYN_OK;
}

int nndyn_network_get_parameters(nndyn_network *network, int64_t count, double *parameters)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, get(network, count, network->parameters, network->theta, "parameters", parameters));
}

int nndyn_network_get_statistics(nndyn_network *network, int64_t count, double *statistics)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network,
                    get(network, count, network->statistics_count, network->statistics, "statistics", statistics));
}

static int set_parameters(nndyn_network *network, int64_t count, const double *values)
{
    ND_TRY(check_count(network, count, network->parameters, "parameters"));
    if (count == 0) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_pointer(network, values, "parameters"));
    ND_TRY(check_values(network, count, values, "parameters"));
    nd_narrow(network->dtype, count, values, network->theta);
    return NNDYN_OK;
}

int nndyn_network_set_parameters(nndyn_network *network, int64_t count, const double *parameters)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, set_parameters(network, count, parameters));
}

static int check_variances(nndyn_network *network, const double *values)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        for (int64_t i = layer->statistics_count / 2; i < layer->statistics_count; i++) {
            double value = values[layer->statistics + i];
            if (value < 0) {
                return nd_fail(network, NNDYN_EDATA,
                               "statistics[%lld] is %g, a variance of layer %lld; variances must "
                               "be at least 0",
                               (long long)(layer->statistics + i), value, (long long)l);
            }
        }
    }
    return NNDYN_OK;
}

static int set_statistics(nndyn_network *network, int64_t count, const double *values)
{
    ND_TRY(check_count(network, count, network->statistics_count, "statistics"));
    if (count == 0) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_pointer(network, values, "statistics"));
    ND_TRY(check_values(network, count, values, "statistics"));
    ND_TRY(check_variances(network, values));
    nd_narrow(network->dtype, count, values, network->statistics);
    return NNDYN_OK;
}

int nndyn_network_set_statistics(nndyn_network *network, int64_t count, const double *statistics)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, set_statistics(network, count, statistics));
}
