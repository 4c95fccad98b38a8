/* golden_net.h - a small network with fixed parameters whose tangent kernel, correlations and training are known to
 * many digits: widths 2-3-3-2, tanh, NTK parametrization with weight scale 1.5 and bias scale 0.3, P = 29,
 *
 *     W^{l+1}_{ij} = sin(1 + 0.7 i + 1.3 j + 2.1 l),   b^{l+1}_i = cos(0.5 i + l),   l = 0, 1, 2
 *
 * at the two points golden_x; rows are ordered (x0, c0), (x0, c1), (x1, c0), (x1, c1). */
#ifndef NT_GOLDEN_NET_H
#define NT_GOLDEN_NET_H
#include "support/support.h"
#include "nndyn/network.h"

enum { GOLDEN_N = 2, GOLDEN_INPUTS = 2, GOLDEN_OUTPUTS = 2, GOLDEN_ROWS = 4, GOLDEN_P = 29 };

static const double golden_x[4] = {0.3, -1.2, 1.0, 0.5};
static const double golden_outputs[4] = {0.664456556456804, 0.243592913402002, -0.400601365984493, -1.084956983768714};
/* A point besides, and the outputs there. */
static const double golden_test_x[2] = {0, 0};
static const double golden_test_outputs[2] = {-0.40340612045028, -0.6646118959993};
/* The kernel J J' (no learning rate in it) at golden_x, both triangles. */
static const double golden_kernel[16] = {
    1.838824132487554, 1.292716740422641, 0.260603112795665, 0.12463143962431,  /* */
    1.292716740422641, 2.477709547682179, 0.125046007881357, 0.204181279613727, /* */
    0.260603112795665, 0.125046007881357, 2.024148235903479, 0.467181014352631, /* */
    0.12463143962431,  0.204181279613727, 0.467181014352631, 1.685333662069584,
};

/* Any widths (layers + 1 numbers, inputs first), the parameters by the formulas above; the last layer is linear. */
NT_UNUSED static nndyn_network *golden_network_of(nndyn_context *context, int activation, int64_t layers,
                                                  const int64_t *widths, double weight_scale, double bias_scale)
{
    nndyn_network *network;
    nndyn_options *options;
    double *theta;
    int64_t count = 0, at = 0;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, widths[0], &network));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", weight_scale));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", bias_scale));
    for (int64_t l = 0; l < layers; l++) {
        int kind = l + 1 < layers ? activation : NNDYN_IDENTITY;
        nt_ok(network, nndyn_network_add_dense_with(network, widths[l + 1], kind, options));
        count += widths[l + 1] * (widths[l] + 1);
    }
    nndyn_options_free(options);
    theta = malloc((size_t)count * sizeof *theta);
    assert_non_null(theta);
    for (int64_t l = 0; l < layers; l++) {
        for (int64_t i = 0; i < widths[l + 1]; i++) {
            for (int64_t j = 0; j < widths[l]; j++) {
                theta[at++] = sin(1 + 0.7 * (double)i + 1.3 * (double)j + 2.1 * (double)l);
            }
        }
        for (int64_t i = 0; i < widths[l + 1]; i++) {
            theta[at++] = cos(0.5 * (double)i + (double)l);
        }
    }
    nt_ok(network, nndyn_network_set_parameters(network, count, theta));
    free(theta);
    return network;
}

/* The network itself, with another activation if wanted (NNDYN_TANH is that of the figures above). */
NT_UNUSED static nndyn_network *golden_network(nndyn_context *context, int activation)
{
    static const int64_t widths[4] = {2, 3, 3, 2};
    return golden_network_of(context, activation, 3, widths, 1.5, 0.3);
}

#endif
