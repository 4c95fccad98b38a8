/* adversarial_lipschitz.c - Lipschitz constants of the margins of a network.  SPDX-License-Identifier: MIT */
#include "analysis/basin/adversarial.h"
#include "linalg/linalg.h"
#include <math.h>

typedef struct walk {
    const nndyn_network *network;
    void *handle;
    double *matrix, *values; /* of the largest W; its singular values */
} walk;

int64_t nd_lipschitz_missing(const nndyn_network *network)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_ACTIVATION && nd_activation_bounds_of(&layer->activation).first == ND_NO_BOUND) {
            return l;
        }
    }
    return -1;
}

/* ---- factors of single layers ------------------------------------------------------------------------------------ */

static double norm_scale(const nndyn_network *network, const nd_layer *layer, int64_t unit)
{
    const double *theta = network->theta, *variance = (const double *)network->statistics + layer->statistics;
    const double scale = layer->affine ? theta[layer->first + unit] : 1;
    return scale / sqrt(variance[layer->in + unit] + layer->epsilon);
}

static double largest_scale(const nndyn_network *network, const nd_layer *layer)
{
    double most = 0;
    for (int64_t i = 0; i < layer->in; i++) {
        most = fmax(most, fabs(norm_scale(network, layer, i)));
    }
    return most;
}

/* |D W|_2; norm: the batch norm layer that D is of, or NULL. */
static int spectral_norm(const walk *w, const nd_layer *dense, const nd_layer *norm, double *out)
{
    const double *weights = (const double *)w->network->theta + dense->first;
    for (int64_t i = 0; i < dense->out; i++) {
        const double scale = dense->weight_factor * (norm != NULL ? norm_scale(w->network, norm, i) : 1);
        for (int64_t j = 0; j < dense->in; j++) {
            w->matrix[i * dense->in + j] = scale * weights[i * dense->in + j];
        }
    }
    ND_TRY(nd_svd(w->handle, dense->out, dense->in, w->matrix, w->values, NULL, NULL));
    *out = w->values[0];
    return NNDYN_OK;
}

/* Of the layer, and of a batch norm right behind a dense one too; `next`: the layer after. */
static int constant_of_layer(const walk *w, int64_t l, int64_t end, double *out, int64_t *next)
{
    const nd_layer *layers = w->network->layers;
    *next = l + 1;
    if (layers[l].kind == NNDYN_DENSE) {
        const int normed = l + 1 < end && layers[l + 1].kind == NNDYN_BATCH_NORM;
        *next += normed;
        return spectral_norm(w, &layers[l], normed ? &layers[l + 1] : NULL, out);
    }
    *out = layers[l].kind == NNDYN_ACTIVATION   ? nd_activation_bounds_of(&layers[l].activation).first
           : layers[l].kind == NNDYN_BATCH_NORM ? largest_scale(w->network, &layers[l])
                                                : 1; /* dropout does nothing */
    return NNDYN_OK;
}

/* Of layers first, ..., end - 1, which hold whole residual blocks; a block x + F(x) has 1 + that of F. */
static int constant_of_layers(const walk *w, int64_t first, int64_t end, double *out)
{
    double product = 1;
    for (int64_t l = first, next; l < end; l = next) {
        const nd_layer *layer = &w->network->layers[l];
        double factor = 1;
        if (layer->kind == NNDYN_RESIDUAL_BEGIN) {
            ND_TRY(constant_of_layers(w, l + 1, layer->partner, &factor));
            factor += 1;
            next = layer->partner + 1;
        } else {
            ND_TRY(constant_of_layer(w, l, end, &factor, &next));
        }
        product *= factor;
    }
    *out = product;
    return NNDYN_OK;
}

/* ---- margins ----------------------------------------------------------------------------------------------------- */

/* The last dense layer if nothing but pointwise layers follow it, else -1. */
static int64_t find_rows(const nndyn_network *network)
{
    for (int64_t l = network->layer_count - 1; l >= 0; l--) {
        const int kind = network->layers[l].kind;
        if (kind == NNDYN_DENSE) {
            return l;
        }
        if (kind == NNDYN_RESIDUAL_END) {
            return -1;
        }
    }
    return -1;
}

/* What the layers above the last dense one make of its outputs: a factor on each, and whether they bend them, after
 * which two outputs have unlike slopes up to `slope` and their gradients no longer cancel. */
typedef struct top {
    const double *rows;
    int64_t width;
    double below, slope;
    int bent;
} top;

static double scale_of(const nndyn_network *network, int64_t rows, int64_t output)
{
    double scale = network->layers[rows].weight_factor;
    for (int64_t l = rows + 1; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_BATCH_NORM) {
            scale *= norm_scale(network, &network->layers[l], output);
        }
    }
    return scale;
}

/* |a u - b v|, of rows u and v; or, bent, the sum of both lengths. */
static double row_norm(const top *t, double a, const double *u, double b, const double *v)
{
    double difference = 0, first = 0, second = 0;
    for (int64_t i = 0; i < t->width; i++) {
        difference += (a * u[i] - b * v[i]) * (a * u[i] - b * v[i]);
        first += a * u[i] * (a * u[i]);
        second += b * v[i] * (b * v[i]);
    }
    const double length = t->bent ? t->slope * (sqrt(first) + sqrt(second)) : sqrt(difference);
    return length > 0 ? t->below * length : 0; /* below may be infinite */
}

static int from_rows(const walk *w, int64_t rows, double *constants)
{
    const nndyn_network *network = w->network;
    const nd_layer *dense = &network->layers[rows];
    const int64_t outputs = dense->out;
    top t = {.rows = (const double *)network->theta + dense->first, .width = dense->in, .slope = 1};
    for (int64_t l = rows + 1; l < network->layer_count; l++) {
        if (network->layers[l].kind == NNDYN_ACTIVATION) {
            t.slope *= nd_activation_bounds_of(&network->layers[l].activation).first;
            t.bent = 1;
        }
    }
    ND_TRY(constant_of_layers(w, 0, rows, &t.below));
    for (int64_t y = 0; y < outputs; y++) {
        const double a = scale_of(network, rows, y), *u = t.rows + y * t.width;
        for (int64_t k = 0; k < outputs; k++) {
            const double b = outputs > 1 ? scale_of(network, rows, k) : 0;
            constants[y * outputs + k] = row_norm(&t, a, u, b, t.rows + k * t.width);
        }
    }
    return NNDYN_OK;
}

static int from_whole(const walk *w, double *constants)
{
    const int64_t outputs = nd_network_outputs(w->network);
    double whole = 0;
    ND_TRY(constant_of_layers(w, 0, w->network->layer_count, &whole));
    for (int64_t i = 0; i < outputs * outputs; i++) {
        constants[i] = outputs > 1 ? sqrt(2) * whole : whole;
    }
    return NNDYN_OK;
}

static void largest_dense(const nndyn_network *network, int64_t *numbers, int64_t *values)
{
    *numbers = *values = 1;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        const int64_t n = layer->kind == NNDYN_DENSE ? layer->in * layer->out : 0;
        const int64_t least = layer->in < layer->out ? layer->in : layer->out;
        *numbers = n > *numbers ? n : *numbers;
        *values = least > *values ? least : *values;
    }
}

double nd_lipschitz_bytes(const nndyn_network *network)
{
    int64_t numbers, values;
    double most = 0;
    largest_dense(network, &numbers, &values);
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        most = layer->kind == NNDYN_DENSE ? fmax(most, nd_svd_bytes(layer->out, layer->in, 0)) : most;
    }
    return most + 8.0 * ((double)numbers + (double)values);
}

int nd_lipschitz_margins(const nndyn_network *network, void *handle, double *constants)
{
    walk w = {.network = network, .handle = handle};
    int64_t numbers, values;
    const int64_t rows = find_rows(network);
    largest_dense(network, &numbers, &values);
    ND_TRY(nd_check_memory(handle, nd_lipschitz_bytes(network), "the singular values of the weights"));
    ND_TRY(nd_allocate_for(handle, numbers + values, sizeof *w.matrix, &w.matrix));
    w.values = w.matrix + numbers;
    const int status = rows >= 0 ? from_rows(&w, rows, constants) : from_whole(&w, constants);
    nd_release(nd_handle_context(handle), w.matrix);
    return status;
}
