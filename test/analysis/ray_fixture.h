/* ray_fixture.h - a linear decision between two classes, of one output or two; a network that cancels the call. */
#ifndef TEST_ANALYSIS_RAY_FIXTURE_H
#define TEST_ANALYSIS_RAY_FIXTURE_H
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

NT_UNUSED static nndyn_options *nt_options(nndyn_context *c)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    return o;
}

/* w.x + b: one output with this logit, or two, -(w.x + b)/2 and (w.x + b)/2. */
NT_UNUSED static nndyn_network *nt_plane(nndyn_context *c, int64_t inputs, int outputs, const double *w, double b)
{
    nndyn_network *network = NULL;
    double *theta = calloc((size_t)(2 * inputs + 2), sizeof *theta);
    assert_non_null(theta);
    for (int64_t i = 0; i < inputs; i++) {
        theta[i] = outputs == 1 ? w[i] : -w[i] / 2;
        theta[inputs + i] = w[i] / 2;
    }
    theta[outputs * inputs] = outputs == 1 ? b : -b / 2;
    if (outputs == 2) {
        theta[2 * inputs + 1] = b / 2;
    }
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, inputs, &network));
    nt_ok(network, nndyn_network_add_dense(network, outputs, NNDYN_IDENTITY));
    nt_ok(network,
          nndyn_network_set_loss(network, outputs == 1 ? NNDYN_BINARY_CROSS_ENTROPY : NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(network, nndyn_network_set_parameters(network, outputs * (inputs + 1), theta));
    free(theta);
    return network;
}

NT_UNUSED static int nt_cancel(void *user, int order, int64_t count, const double *z, double *values)
{
    nndyn_context_cancel(user);
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : 1;
    }
    return 0;
}

/* Two outputs, and an activation that cancels the call it is part of. */
NT_UNUSED static nndyn_network *nt_canceling(nndyn_context *c, int64_t inputs)
{
    nndyn_network *network = NULL;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, inputs, &network));
    nt_ok(network, nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_add_custom_activation(network, 1, nt_cancel, c));
    return network;
}

#endif
