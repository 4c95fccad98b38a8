/* initialize.c - parameters drawn at random: the laws, and their application to a layer or a whole network.
 *
 * Weights are numbers 0.. of step 0 of the stream (seed, INIT, layer), biases those of step 1: a layer with a bias
 * and one without have the same weights.  SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "linalg/linalg.h"
#include "network/build.h"
#include <math.h>
#include <string.h>

enum { LAW_ZERO, LAW_UNIFORM, LAW_NORMAL, LAW_ORTHOGONAL };

/* Spread of the weights: sqrt(numerator / fan) is the bound of a uniform law and the deviation of a normal one. */
typedef struct law {
    int shape;
    double numerator;
    int both; /* fan is inputs + outputs; else inputs */
    int bias; /* law of the biases: uniform within 1/sqrt(inputs), or zero */
} law;

static const law laws[ND_INITIALIZATIONS] = {
    [ND_INIT_UNIFORM] = {LAW_UNIFORM, 1, 0, LAW_UNIFORM},   [ND_INIT_GLOROT_UNIFORM] = {LAW_UNIFORM, 6, 1, LAW_ZERO},
    [ND_INIT_GLOROT_NORMAL] = {LAW_NORMAL, 2, 1, LAW_ZERO}, [ND_INIT_HE_UNIFORM] = {LAW_UNIFORM, 6, 0, LAW_ZERO},
    [ND_INIT_HE_NORMAL] = {LAW_NORMAL, 2, 0, LAW_ZERO},     [ND_INIT_LECUN_UNIFORM] = {LAW_UNIFORM, 3, 0, LAW_ZERO},
    [ND_INIT_LECUN_NORMAL] = {LAW_NORMAL, 1, 0, LAW_ZERO},  [ND_INIT_ORTHOGONAL] = {LAW_ORTHOGONAL, 1, 0, LAW_ZERO},
    [ND_INIT_NORMAL] = {LAW_NORMAL, 1, 0, LAW_ZERO},        [ND_INIT_ZEROS] = {LAW_ZERO, 0, 0, LAW_ZERO},
};

static void draw(nd_stream stream, int shape, double spread, int64_t count, double *out)
{
    if (shape == LAW_ZERO) {
        memset(out, 0, (size_t)count * sizeof *out);
    } else if (shape == LAW_UNIFORM) {
        nd_uniform(stream, 0, count, out);
        for (int64_t i = 0; i < count; i++) {
            out[i] = spread * (2 * out[i] - 1);
        }
    } else {
        nd_normal(stream, 0, count, out);
        for (int64_t i = 0; i < count; i++) {
            out[i] *= spread;
        }
    }
}

/* Orthonormal rows, or columns where there are fewer of them: Haar distributed, times spread. */
static int draw_orthogonal(nndyn_context *context, void *handle, const nd_layer *layer, nd_stream stream, double *w)
{
    int64_t rows = layer->out, columns = layer->in;
    double *q = w;
    if (rows > columns) {
        ND_TRY(nd_allocate_for(handle, rows * columns, sizeof *q, &q));
    }
    nd_normal(stream, 0, rows * columns, q);
    int status = nd_orthonormal_rows(handle, rows < columns ? rows : columns, rows < columns ? columns : rows, q);
    for (int64_t i = 0; status == NNDYN_OK && i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            w[i * columns + j] = layer->weight_spread * (rows > columns ? q[j * rows + i] : q[i * columns + j]);
        }
    }
    if (q != w) {
        nd_release(context, q);
    }
    return status;
}

static int initialize_dense(const nndyn_network *network, void *handle, int64_t number, int64_t seed, double *theta)
{
    const nd_layer *layer = &network->layers[number];
    const law *rule = &laws[layer->initialization];
    nd_stream weights = nd_stream_open(seed, ND_RANDOM_INIT, number, 0);
    nd_stream biases = nd_stream_open(seed, ND_RANDOM_INIT, number, 1);
    int64_t count = layer->out * layer->in;
    if (rule->shape == LAW_ORTHOGONAL) {
        ND_TRY(draw_orthogonal(network->handle.context, handle, layer, weights, theta));
    } else {
        double fan = (double)(rule->both ? layer->in + layer->out : layer->in);
        /* NTK: unit normal, the spread stands in the formula of the layer */
        int unit = layer->ntk && layer->initialization == ND_INIT_NORMAL;
        double spread = layer->weight_spread * (unit ? 1 : sqrt(rule->numerator / fan));
        draw(weights, rule->shape, spread, count, theta);
    }
    if (layer->bias) {
        int shape = layer->ntk && rule->shape != LAW_ZERO ? LAW_NORMAL : rule->bias;
        double spread = layer->bias_spread * (shape == LAW_UNIFORM ? 1 / sqrt((double)layer->in) : 1);
        draw(biases, shape, spread, layer->out, theta + count);
    }
    return NNDYN_OK;
}

int nd_layer_initialize(const nndyn_network *network, void *handle, int64_t layer, int64_t seed, double *theta)
{
    const nd_layer *l = &network->layers[layer];
    if (l->kind == NNDYN_DENSE) {
        return initialize_dense(network, handle, layer, seed, theta);
    }
    for (int64_t i = 0; i < l->count; i++) { /* batch norm: scale 1, shift 0 */
        theta[i] = i < l->in ? 1 : 0;
    }
    return NNDYN_OK;
}

void nd_statistics_reset(const nndyn_network *network, int64_t layer, void *statistics)
{
    const nd_layer *l = &network->layers[layer];
    for (int64_t i = 0; i < l->statistics_count; i++) {
        double value = i < l->in ? 0 : 1;
        nd_narrow(network->dtype, 1, &value, nd_real_at(statistics, network->dtype, l->statistics + i));
    }
}

static int initialize(nndyn_network *network, int64_t seed)
{
    double *theta = NULL; /* drawn beside, so that a failure half-way changes nothing */
    ND_TRY(nd_check_memory(network, 8.0 * (double)network->parameters, "drawing the parameters"));
    ND_TRY(nd_allocate_for(network, network->parameters + 1, sizeof *theta, &theta));
    int status = NNDYN_OK;
    for (int64_t l = 0; status == NNDYN_OK && l < network->layer_count; l++) {
        status = nd_layer_initialize(network, network, l, seed, theta + network->layers[l].first);
    }
    if (status == NNDYN_OK) {
        nd_narrow(network->dtype, network->parameters, theta, network->theta);
        for (int64_t l = 0; l < network->layer_count; l++) {
            nd_statistics_reset(network, l, network->statistics);
        }
        network->seed = seed;
    }
    nd_release(network->handle.context, theta);
    return status;
}

int nndyn_network_initialize(nndyn_network *network, int64_t seed)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, initialize(network, seed));
}
