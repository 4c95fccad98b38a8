/* adversarial_piece.c - how far the linear piece of a network around a sample reaches.  SPDX-License-Identifier: MIT
 *
 * Where all activations are of straight pieces, the network is affine as long as no unit crosses a kink.  The points
 * with the same side of all kinks are a polytope, bounded by hyperplanes on which a unit, continued from within, is at
 * its kink: a ball as large as the distance of the nearest of these is inside. */
#include "analysis/basin/adversarial.h"
#include "derivatives/engine.h"
#include <math.h>
#include <string.h>

enum { CURVED = -1, STRAIGHT = 0, KINK = 1 }; /* the kink is at 0 */

static int shape_of(const nd_activation *f)
{
    switch (f->kind) {
    case NNDYN_IDENTITY:
        return STRAIGHT;
    case NNDYN_RELU:
        return KINK;
    case NNDYN_LEAKY_RELU:
        return f->parameter == 1 ? STRAIGHT : KINK;
    case NNDYN_ABS_POWER:
        return f->parameter == 1 ? KINK : CURVED;
    default:
        return CURVED;
    }
}

int64_t nd_piece_curved(const nndyn_network *network)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_ACTIVATION && shape_of(&network->layers[l].activation) == CURVED) {
            return l;
        }
    }
    return -1;
}

double nd_piece_bytes(const nndyn_network *network)
{
    return nd_pass_bytes(network, 1, ND_PASS_SLOPES, 0) + nd_tangent_inputs_bytes(network, 1, network->inputs);
}

/* Distance at which something of this size and slope is 0. */
static double reach(double size, double square)
{
    return square > 0 ? fabs(size) / sqrt(square) : (double)INFINITY;
}

/* Squared lengths of the gradients of all units at a boundary; of units minus unit `from`, if that is not negative. */
static void square_gradients(int64_t inputs, int64_t width, const double *value, int64_t from, double *square)
{
    memset(square, 0, (size_t)width * sizeof *square);
    for (int64_t i = 0; i < inputs; i++) {
        const double *row = value + i * width, base = from >= 0 ? row[from] : 0;
        for (int64_t j = 0; j < width; j++) {
            square[j] += (row[j] - base) * (row[j] - base);
        }
    }
}

static double nearest_kink(const nd_pass *pass, const nd_tangent *tangent, double *square)
{
    const nndyn_network *network = pass->network;
    double least = (double)INFINITY;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind != NNDYN_ACTIVATION || shape_of(&layer->activation) != KINK) {
            continue;
        }
        square_gradients(network->inputs, layer->in, tangent->value[l], -1, square);
        for (int64_t j = 0; j < layer->in; j++) {
            least = fmin(least, reach(pass->workspace->sites[l].in[j], square[j]));
        }
    }
    return least;
}

static double nearest_boundary(const nd_pass *pass, const nd_tangent *tangent, int64_t label, double threshold,
                               double *square)
{
    const nndyn_network *network = pass->network;
    const int64_t outputs = nd_network_outputs(network);
    const double *z = pass->workspace->sites[network->layer_count - 1].out;
    double least = (double)INFINITY;
    square_gradients(network->inputs, outputs, tangent->value[network->layer_count], outputs > 1 ? label : -1, square);
    if (outputs == 1) {
        return reach(z[0] - threshold, square[0]);
    }
    for (int64_t k = 0; k < outputs; k++) {
        least = k == label ? least : fmin(least, reach(z[label] - z[k], square[k]));
    }
    return least;
}

static int measure(const nd_pass *pass, nndyn_network *network, int64_t label, const int64_t *inputs, double *room,
                   double *distance)
{
    nd_tangent *tangent = NULL;
    ND_TRY(nd_tangent_create_inputs(pass, network, network->inputs, inputs, &tangent));
    const int status = nd_tangent_forward(pass, network, NULL, tangent);
    if (status == NNDYN_OK) {
        *distance = fmin(nearest_kink(pass, tangent, room),
                         nearest_boundary(pass, tangent, label, nd_network_threshold(network), room));
    }
    nd_tangent_free(network->handle.context, tangent);
    return status;
}

int nd_piece_distance(const nd_member *member, const double *x, int64_t label, const int64_t *inputs, double *room,
                      double *distance)
{
    nndyn_network *network = member->replica->network;
    const nd_option_value options[ND_PASS_OPTIONS] = {{0}}; /* evaluation mode */
    nd_pass *pass = NULL;
    ND_TRY(nd_pass_create(network, network, 1, x, NULL, ND_PASS_SLOPES, 0, options, &pass));
    const int status = measure(pass, network, label, inputs, room, distance);
    nd_pass_free(pass);
    return status;
}
