/* copy.c - independent copies, in either precision.  SPDX-License-Identifier: MIT */
#include "network/build.h"

/* The copy's arrays from the original's, through double: exact when widened, rounded when narrowed. */
static int convert(const nndyn_network *from, void *handle, nndyn_network *to)
{
    enum { CHUNK = 512 };
    double chunk[CHUNK];
    const void *source[2] = {from->theta, from->statistics};
    void *target[2] = {to->theta, to->statistics};
    int64_t count[2] = {from->parameters, from->statistics_count};
    for (int a = 0; a < 2; a++) {
        for (int64_t i = 0; i < count[a]; i += CHUNK) {
            int64_t n = count[a] - i < CHUNK ? count[a] - i : CHUNK;
            nd_widen(from->dtype, n, nd_real_at(source[a], from->dtype, i), chunk);
            int64_t bad = nd_narrow(to->dtype, n, chunk, nd_real_at(target[a], to->dtype, i));
            if (bad >= 0) {
                return nd_fail(handle, NNDYN_EDATA, "%s %lld is %g, beyond the range of single precision",
                               a == 0 ? "parameter" : "statistic", (long long)(i + bad), chunk[bad]);
            }
        }
    }
    return NNDYN_OK;
}

static int copy_layers(const nndyn_network *from, void *handle, nndyn_network *to)
{
    for (int64_t l = 0; l < from->layer_count; l++) {
        ND_TRY(nd_network_append(to, handle, 1, &from->layers[l], 0));
    }
    to->seed = from->seed;
    to->loss = from->loss;
    to->k32 = from->k32;
    to->k64 = from->k64;
    return convert(from, handle, to);
}

int nd_network_copy_within(const nndyn_network *network, nndyn_context *context, void *handle, int dtype,
                           nndyn_network **out)
{
    nndyn_network *made = NULL;
    ND_TRY(nd_network_new(context, handle, dtype, network->inputs, &made));
    int status = copy_layers(network, handle, made);
    if (status != NNDYN_OK) {
        nd_handle_release(made);
        return status;
    }
    *out = made;
    return NNDYN_OK;
}

int nd_network_copy(const nndyn_network *network, void *handle, int dtype, nndyn_network **out)
{
    return nd_network_copy_within(network, network->handle.context, handle, dtype, out);
}

static int copy(nndyn_network *network, int dtype, nndyn_network **out)
{
    ND_TRY(nd_check_pointer(network, out, "out"));
    return nd_network_copy(network, network, dtype, out);
}

int nndyn_network_copy(nndyn_network *network, int dtype, nndyn_network **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, copy(network, dtype, out));
}
