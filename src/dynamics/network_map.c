/* network_map.c - a network iterated on its own output: x -> x + step (f(x) - x).
 *
 * A state at a time: matrix products of several rows may add in another order than those of one, and then a state's
 * bits would depend on its company. */
#include "dynamics/dynamics.h"
#include "network/network.h"
#include <float.h>
#include <string.h>

static void destroy(void *self, nndyn_context *context)
{
    (void)context;
    nd_handle_release(self);
}

static size_t handle_bytes(void)
{
    return (sizeof(nd_handle) + 63) / 64 * 64;
}

static size_t scratch(const void *self, int64_t count)
{
    (void)count;
    return handle_bytes() + (size_t)nd_workspace_bytes_f64(self, 1, ND_KEEP_OUTPUTS);
}

static int advance(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                   void *memory)
{
    const nndyn_network *network = self;
    const int64_t d = network->inputs;
    const nd_mode mode = {.training = 0};
    const double step = parameters[0];
    nd_handle *handle = memory; /* hears that outputs are not finite, which is no failure here */
    memset(handle, 0, sizeof *handle);
    handle->kind = ND_MAP;
    handle->context = network->handle.context;
    nd_workspace_f64 *w = nd_workspace_place_f64(network, 1, ND_KEEP_OUTPUTS, (char *)memory + handle_bytes());
    const double *out = w->sites[network->layer_count - 1].out;
    for (int64_t s = 0; s < count; s++) {
        const double *x = states + s * d;
        const int status = nd_forward_f64(network, handle, network->theta, network->statistics, mode, 1, x, w);
        if (status != NNDYN_OK && status != NNDYN_ENUMERIC) {
            return status;
        }
        for (int64_t i = 0; i < d; i++) {
            next[s * d + i] = step == 1 ? out[i] : x[i] + step * (out[i] - x[i]);
        }
    }
    return 0;
}

static int check(nndyn_network *network)
{
    ND_TRY(nd_network_ready(network, network, 0));
    const int64_t outputs = nd_network_outputs(network);
    if (outputs != network->inputs) {
        return nd_fail(network, NNDYN_EARG,
                       "the network has %lld inputs and %lld outputs; to be iterated it needs as many",
                       (long long)network->inputs, (long long)outputs);
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].activation.kind == NNDYN_CUSTOM_ACTIVATION) {
            return nd_fail(network, NNDYN_EUNSUPPORTED,
                           "layer %lld is a custom activation; iterate such a network by a callback "
                           "(nndyn_map_create)",
                           (long long)l);
        }
    }
    return NNDYN_OK;
}

static int create(nndyn_network *network, const nndyn_options *options, nndyn_map **out)
{
    static const nd_option_spec specs[] = {
        {.name = "step", .type = ND_REAL, .least = DBL_MIN, .most = 1, .standard = 1},
    };
    static const nd_map_kind kind = {
        .block = 64, .concurrent = 1, .scratch = scratch, .advance = advance, .destroy = destroy};
    nd_option_value value;
    nndyn_network *copy = NULL;
    nndyn_map *map = NULL;
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(check(network));
    ND_TRY(nd_options_read(network, options, specs, 1, &value));
    ND_TRY(nd_check_memory(network, 8.0 * (double)network->parameters, "the copy of the network"));
    ND_TRY(nd_network_copy(network, network, NNDYN_F64, &copy));
    const int status = nd_map_make(network, network->inputs, &kind, copy, &map);
    if (status != NNDYN_OK) {
        nd_handle_release(copy);
        return status;
    }
    nd_map_add_parameter(map, "step", value.real);
    *out = map;
    return NNDYN_OK;
}

int nndyn_map_create_network(nndyn_network *network, const nndyn_options *options, nndyn_map **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, create(network, options, out));
}
