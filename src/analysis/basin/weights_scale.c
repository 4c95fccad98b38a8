/* weights_scale.c - how large the noise on each weight is.  SPDX-License-Identifier: MIT */
#include "analysis/basin/weights.h"
#include <math.h>

/* One matrix (rows: units) or vector (one column) of the parameters. */
typedef struct tensor {
    int64_t first, rows, columns;
    const char *name;
    int option; /* which option moves it */
} tensor;

enum { MOST_TENSORS = 2 };

static int tensors_of(const nd_layer *layer, tensor out[MOST_TENSORS])
{
    int count = 0;
    if (layer->kind == NNDYN_DENSE) {
        out[count++] = (tensor){layer->first, layer->out, layer->in, "weights", ND_WEIGHTS_WEIGHTS};
        if (layer->bias) {
            out[count++] = (tensor){layer->first + layer->out * layer->in, layer->out, 1, "biases", ND_WEIGHTS_BIASES};
        }
    } else if (layer->kind == NNDYN_BATCH_NORM && layer->affine) {
        out[count++] = (tensor){layer->first, layer->in, 1, "scales", ND_WEIGHTS_NORMS};
        out[count++] = (tensor){layer->first + layer->in, layer->in, 1, "shifts", ND_WEIGHTS_NORMS};
    }
    return count;
}

/* Population standard deviation, two passes; 0 for equal numbers to the last bit, which rounding of the mean would
 * blur. */
static double deviation(int64_t n, const double *x)
{
    double mean = 0, sum = 0;
    int equal = 1;
    for (int64_t i = 0; i < n; i++) {
        mean += x[i] / (double)n;
        equal = equal && x[i] == x[0];
    }
    for (int64_t i = 0; i < n; i++) {
        sum += (x[i] - mean) * (x[i] - mean);
    }
    return equal ? 0 : sqrt(sum / (double)n);
}

static double root_mean_square(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum / (double)n);
}

/* Returns whether any of the tensor's parameters moves. */
static int scale_tensor(const tensor *t, int64_t kind, const double *theta, double *s)
{
    const double *from = theta + t->first;
    const double whole = kind == ND_SCALE_ABSOLUTE ? 1 : deviation(t->rows * t->columns, from);
    int moves = 0;
    for (int64_t r = 0; r < t->rows; r++) {
        const double scale = kind == ND_SCALE_NEURON ? root_mean_square(t->columns, from + r * t->columns) : whole;
        for (int64_t c = 0; c < t->columns; c++) {
            s[t->first + r * t->columns + c] = scale;
        }
        moves = moves || scale > 0;
    }
    return moves;
}

static int scale_layer(const nndyn_network *network, void *handle, int64_t l, const double *theta,
                       const nd_option_value *values, double *s, int *any)
{
    tensor list[MOST_TENSORS];
    const int64_t kind = values[ND_WEIGHTS_SCALE].integer;
    const int count = tensors_of(&network->layers[l], list);
    for (int i = 0; i < count; i++) {
        if (!values[list[i].option].integer) {
            continue;
        }
        if (!scale_tensor(&list[i], kind, theta, s)) {
            return nd_fail(handle, NNDYN_ESTATE,
                           "the %s of layer %lld are all %s, so noise %s would be 0; leave them out, or use \"scale\" "
                           "absolute",
                           list[i].name, (long long)l, kind == ND_SCALE_NEURON ? "0" : "equal",
                           kind == ND_SCALE_NEURON ? "relative to their size" : "relative to their deviation");
        }
        *any = 1;
    }
    return NNDYN_OK;
}

int nd_weight_scale(const nndyn_network *network, void *handle, const double *theta, const nd_option_value *values,
                    double *s)
{
    int any = 0;
    for (int64_t i = 0; i < network->parameters; i++) {
        s[i] = 0;
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        ND_TRY(scale_layer(network, handle, l, theta, values, s, &any));
    }
    if (!any) {
        return nd_fail(
            handle, NNDYN_ESTATE,
            "no parameter of the network is to move; choose among \"weights\", \"biases\" and \"norms\" what "
            "it has");
    }
    return NNDYN_OK;
}

void nd_weight_kick(int64_t count, const double *center, const double *s, double amplitude, int64_t seed, int64_t draw,
                    const double *direction, double *theta)
{
    if (direction == NULL) {
        nd_normal(nd_stream_open(seed, ND_RANDOM_WEIGHT_NOISE, 0, draw), 0, count, theta);
        direction = theta;
    }
    for (int64_t i = 0; i < count; i++) {
        const double move = s[i] > 0 && amplitude > 0 ? amplitude * s[i] * direction[i] : 0;
        theta[i] = center[i] + move;
    }
}
