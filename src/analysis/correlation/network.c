/* network.c - what correlations ask of a network and of a batch.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "kernels/blas.h"
#include <math.h>

/* A derivative of some order jumps.  Odd and fractional powers of |z| have a kink or more of it at 0. */
static int has_kink(const nd_activation *f)
{
    switch (f->kind) {
    case NNDYN_RELU:
    case NNDYN_LEAKY_RELU:
    case NNDYN_ELU:
    case NNDYN_SOFTSIGN:
        return 1;
    case NNDYN_ABS_POWER:
        return fmod(f->parameter, 2) != 0;
    default:
        return 0;
    }
}

int nd_correlation_flags(const nndyn_network *network)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_ACTIVATION && has_kink(&network->layers[l].activation)) {
            return NNDYN_CORRELATION_KINKS;
        }
    }
    return 0;
}

int nd_correlation_check(nndyn_network *network, int64_t n, const double *x, double eta)
{
    ND_TRY(nd_network_ready(network, network, 0));
    if (network->parameters == 0) {
        return nd_fail(network, NNDYN_ESTATE, "the network has no parameters; add a dense layer");
    }
    ND_TRY(nd_check_size(network, n, 1, ND_BLAS_MOST, "n"));
    ND_TRY(nd_correlation_array(network, n, network->inputs, x, "x"));
    return nd_check_real(network, eta, 1e-300, 1e300, "eta");
}
