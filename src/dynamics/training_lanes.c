/* training_lanes.c - gradient descent of many starts side by side: theta, activations and sensitivities are arrays of
 * lanes, one a start, and every loop runs over the lanes.  Samples go through in groups whose arrays stay in cache. */
#include "dynamics/training_map.h"
#include <math.h>
#include <string.h>

enum {
    NEAR_BYTES = 24 << 10, /* arrays that should stay in the nearest cache */
    FAR_BYTES = 192 << 10, /* and those that must stay in the next */
    LANES_MOST = 64
};
/* The kernels' sine changes its method beyond this, for all numbers of a piece at once. */
#define SINE_MOST 1e6

int nd_lanes_can(const nndyn_network *network)
{
    for (int64_t l = 0; l < network->layer_count; l++) {
        const int kind = network->layers[l].kind;
        if (kind != NNDYN_DENSE && kind != NNDYN_ACTIVATION) {
            return 0;
        }
    }
    return 1;
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

/* One worker's arrays; `rows` samples, `lanes` starts. */
typedef struct lanes_work {
    const nd_training_map *map;
    int64_t lanes;
    double *theta, *velocity, *gradient; /* P x lanes */
    double *x;                           /* inputs side by side, if the first layer is an activation */
    double *t;                           /* targets side by side, or by rows for softmax */
    double *e;                           /* residuals, or outputs by rows */
    double *h;                           /* losses by rows, for softmax */
    double *d[2];                        /* sensitivities: of a layer and of the one before */
    double *layers;                      /* outputs of all layers; with each activation its slopes */
    nd_arena arena;
    int64_t targets_of; /* the first sample of the targets in t, or -1 */
} lanes_work;

/* Outputs of one sample over all layers, with the slopes of activations. */
static int64_t layer_numbers(const nndyn_network *network, int64_t layers)
{
    int64_t numbers = 0;
    for (int64_t l = 0; l < layers; l++) {
        numbers += network->layers[l].out * (network->layers[l].kind == NNDYN_ACTIVATION ? 2 : 1);
    }
    return numbers;
}

static int is_softmax(const nndyn_network *network)
{
    return nd_loss_form(&network->loss) == ND_LOSS_SOFTMAX;
}

static void carve(lanes_work *w)
{
    const nd_training_map *map = w->map;
    const nndyn_network *network = map->network;
    const int64_t lanes = w->lanes, side = map->rows * lanes, outputs = nd_network_outputs(network);
    const size_t size = sizeof(double);
    w->theta = nd_arena_take(&w->arena, network->parameters * lanes, size);
    w->velocity = map->momentum ? nd_arena_take(&w->arena, network->parameters * lanes, size) : NULL;
    w->gradient = nd_arena_take(&w->arena, network->parameters * lanes, size);
    w->x = network->layers[0].kind == NNDYN_DENSE ? NULL : nd_arena_take(&w->arena, side * network->inputs, size);
    w->t = nd_arena_take(&w->arena, side * outputs, size);
    w->e = nd_arena_take(&w->arena, side * outputs, size);
    w->h = is_softmax(network) ? nd_arena_take(&w->arena, side, size) : NULL;
    w->d[0] = nd_arena_take(&w->arena, side * nd_network_width(network), size);
    w->d[1] = nd_arena_take(&w->arena, side * nd_network_width(network), size);
    w->layers = nd_arena_take(&w->arena, side * layer_numbers(network, network->layer_count), size);
}

static int64_t bytes_of(const nd_training_map *map)
{
    lanes_work w = {.map = map, .lanes = map->lanes};
    carve(&w);
    return w.arena.used;
}

void nd_lanes_plan(nd_training_map *map)
{
    map->rows = map->n;
    map->lanes = LANES_MOST;
    while (map->lanes > ND_LANES && bytes_of(map) > NEAR_BYTES) {
        map->lanes /= 2;
    }
    while (map->rows > 1 && bytes_of(map) > FAR_BYTES) {
        map->rows = (map->rows + 1) / 2;
    }
}

size_t nd_lanes_scratch(const void *self, int64_t count)
{
    (void)count;
    return (size_t)bytes_of(self);
}

static double *output_of(const lanes_work *w, int64_t layer)
{
    return w->layers + w->map->rows * w->lanes * layer_numbers(w->map->network, layer);
}

/* Behind the outputs of an activation. */
static double *slope_of(const lanes_work *w, int64_t layer)
{
    return output_of(w, layer) + w->map->rows * w->lanes * w->map->network->layers[layer].out;
}

/* count numbers, each to all lanes */
static void spread(int64_t count, int64_t lanes, const double *from, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        for (int64_t l = 0; l < lanes; l++) {
            to[i * lanes + l] = from[i];
        }
    }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static nd_lanes dense_of(const lanes_work *w, int64_t layer, int64_t rows)
{
    const nd_layer *l = &w->map->network->layers[layer];
    return (nd_lanes){w->lanes, rows, l->in, l->out, layer == 0, l->weight_factor, l->bias_factor};
}

static const double *input_of(const lanes_work *w, int64_t layer, int64_t first)
{
    if (layer > 0) {
        return output_of(w, layer - 1);
    }
    return w->x != NULL ? w->x : w->map->x + first * w->map->network->inputs;
}

static int is_sine(const nd_activation *f)
{
    return f->kind == NNDYN_SIN || f->kind == NNDYN_COS;
}

/* Arguments beyond the fast sine go one by one, so that nobody's bits depend on a neighbor that diverges. */
static void activate_sine(const nd_kernels_f64 *k, const nd_activation *f, int64_t count, const double *z, double *a,
                          double *slope)
{
    for (int64_t i = 0; i < count; i++) {
        slope[i] = fabs(z[i]) <= SINE_MOST ? z[i] : 0;
    }
    k->activate(f, count, slope, a);
    k->activate_derivative(f, 1, count, slope, slope);
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(z[i]) <= SINE_MOST)) {
            k->activate_slope(f, 1, z + i, a + i, slope + i);
        }
    }
}

static void activate(const nd_kernels_f64 *k, const nd_activation *f, int64_t count, const double *z, double *a,
                     double *slope)
{
    if (is_sine(f)) {
        activate_sine(k, f, count, z, a, slope);
    } else {
        k->activate_slope(f, count, z, a, slope);
    }
}

static void forward(const lanes_work *w, int64_t first, int64_t rows)
{
    const nndyn_network *network = w->map->network;
    const nd_kernels_f64 *k = w->map->k;
    if (w->x != NULL) {
        spread(rows * network->inputs, w->lanes, w->map->x + first * network->inputs, w->x);
    }
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        const double *in = input_of(w, l, first);
        if (layer->kind == NNDYN_DENSE) {
            const nd_lanes dense = dense_of(w, l, rows);
            const double *weights = w->theta + layer->first * w->lanes;
            k->lanes_forward(&dense, weights, layer->bias ? weights + layer->out * layer->in * w->lanes : NULL, in,
                             output_of(w, l));
        } else {
            activate(k, &layer->activation, rows * layer->out * w->lanes, in, output_of(w, l), slope_of(w, l));
        }
    }
}

/* ---- loss -------------------------------------------------------------------------------------------------------- */

/* Targets of a group of samples, beside every start: once, if all samples are one group. */
static void spread_targets(lanes_work *w, int64_t first, int64_t rows)
{
    const int64_t outputs = nd_network_outputs(w->map->network);
    const double *from = w->map->t + first * outputs;
    if (w->targets_of == first) {
        return;
    }
    w->targets_of = first;
    if (!is_softmax(w->map->network)) {
        spread(rows * outputs, w->lanes, from, w->t);
        return;
    }
    for (int64_t s = 0; s < rows; s++) {
        for (int64_t l = 0; l < w->lanes; l++) {
            memcpy(w->t + (s * w->lanes + l) * outputs, from + s * outputs, (size_t)outputs * sizeof *from);
        }
    }
}

/* Softmax couples the outputs of a sample: it goes by rows, one a sample and start. */
static void softmax_slope(const lanes_work *w, int64_t rows, const double *a, double *d)
{
    const nndyn_network *network = w->map->network;
    const int64_t outputs = nd_network_outputs(network), lanes = w->lanes;
    double *by_rows = w->d[1]; /* free until the backward pass */
    for (int64_t s = 0; s < rows; s++) {
        for (int64_t o = 0; o < outputs; o++) {
            for (int64_t l = 0; l < lanes; l++) {
                w->e[(s * lanes + l) * outputs + o] = a[(s * outputs + o) * lanes + l];
            }
        }
    }
    w->map->k->loss(&network->loss, rows * lanes, outputs, w->e, NULL, w->t, w->h, by_rows);
    for (int64_t s = 0; s < rows; s++) {
        for (int64_t o = 0; o < outputs; o++) {
            for (int64_t l = 0; l < lanes; l++) {
                d[(s * outputs + o) * lanes + l] = by_rows[(s * lanes + l) * outputs + o];
            }
        }
    }
}

/* e = a - t, in the form without cancellation when the last layer is an activation. */
static void residual(const lanes_work *w, int64_t first, int64_t count, const double *a)
{
    const nndyn_network *network = w->map->network;
    const int64_t last = network->layer_count - 1;
    const nd_activation *f = &network->layers[last].activation;
    if (network->layers[last].kind == NNDYN_ACTIVATION && !is_sine(f)) {
        w->map->k->residual(f, count, input_of(w, last, first), w->t, w->e);
        return;
    }
    w->map->k->subtract(count, a, w->t, w->e);
}

/* dh/da in d[0]. */
static void loss_slope(lanes_work *w, int64_t first, int64_t rows)
{
    const nndyn_network *network = w->map->network;
    const double *a = output_of(w, network->layer_count - 1);
    const int64_t count = rows * nd_network_outputs(network) * w->lanes;
    spread_targets(w, first, rows);
    if (is_softmax(network)) {
        softmax_slope(w, rows, a, w->d[0]);
        return;
    }
    residual(w, first, count, a);
    w->map->k->loss_slope(&network->loss, count, a, w->e, w->t, w->d[0]);
}

/* ---- backward, and a step ---------------------------------------------------------------------------------------- */

/* Adds the group's part to the gradient. */
static void backward(lanes_work *w, int64_t first, int64_t rows)
{
    const nndyn_network *network = w->map->network;
    const nd_kernels_f64 *k = w->map->k;
    const double scale = 1 / (double)w->map->n;
    const int64_t lanes = w->lanes;
    int64_t lowest = 0;
    while (network->layers[lowest].count == 0) {
        lowest++;
    }
    int now = 0;
    for (int64_t l = network->layer_count - 1; l >= lowest; l--) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_ACTIVATION) {
            k->multiply(rows * layer->out * lanes, w->d[now], slope_of(w, l), w->d[now]);
            continue;
        }
        const nd_lanes dense = dense_of(w, l, rows);
        const int64_t bias = layer->out * layer->in * lanes;
        double *g = w->gradient + layer->first * lanes;
        k->lanes_gradient(&dense, scale, input_of(w, l, first), w->d[now], g, layer->bias ? g + bias : NULL);
        if (l > lowest) {
            k->lanes_backward(&dense, w->theta + layer->first * lanes, w->d[now], w->d[1 - now]);
            now = 1 - now;
        }
    }
}

static void step(lanes_work *w, const nd_update *update)
{
    const nd_training_map *map = w->map;
    const int64_t numbers = map->network->parameters * w->lanes;
    memset(w->gradient, 0, (size_t)numbers * sizeof *w->gradient);
    for (int64_t first = 0; first < map->n; first += map->rows) {
        const int64_t rows = map->n - first < map->rows ? map->n - first : map->rows;
        forward(w, first, rows);
        loss_slope(w, first, rows);
        backward(w, first, rows);
    }
    map->k->update(update, numbers, w->gradient, w->velocity, NULL, w->theta);
}

/* ---- states in and out ------------------------------------------------------------------------------------------- */

/* The first `parameters` numbers of each state to lanes; lanes without a state take the first one's. */
static void load(int64_t count, int64_t dimension, int64_t parameters, const double *states, int64_t lanes, double *to)
{
    for (int64_t l = 0; l < lanes; l++) {
        const double *state = states + (l < count ? l : 0) * dimension;
        for (int64_t p = 0; p < parameters; p++) {
            to[p * lanes + l] = state[p];
        }
    }
}

static void store(int64_t count, int64_t dimension, int64_t parameters, const double *from, int64_t lanes, double *next)
{
    for (int64_t l = 0; l < count; l++) {
        for (int64_t p = 0; p < parameters; p++) {
            next[l * dimension + p] = from[p * lanes + l];
        }
    }
}

int nd_lanes_march(const void *self, const double *parameters, int64_t count, const double *states, int64_t steps,
                   double *next, void *scratch)
{
    const nd_training_map *map = self;
    const nd_update update = nd_training_update(map, parameters);
    const int64_t p = map->network->parameters, dimension = map->momentum ? 2 * p : p;
    lanes_work w = {.map = map, .lanes = map->lanes, .targets_of = -1};
    w.arena = (nd_arena){.base = scratch, .size = INT64_MAX};
    carve(&w);
    load(count, dimension, p, states, w.lanes, w.theta);
    if (map->momentum) {
        load(count, dimension, p, states + p, w.lanes, w.velocity);
    }
    for (int64_t i = 0; i < steps; i++) {
        step(&w, &update);
    }
    store(count, dimension, p, w.theta, w.lanes, next);
    if (map->momentum) {
        store(count, dimension, p, w.velocity, w.lanes, next + p);
    }
    return 0;
}

int nd_lanes_advance(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                     void *scratch)
{
    return nd_lanes_march(self, parameters, count, states, 1, next, scratch);
}
