/* infinite.c - kernels of infinitely wide networks: a recursion over the layers for each pair of samples.
 *
 *     K = Theta = weight^2 x.x'/inputs + bias^2                              before the first activation
 *     K <- weight^2 E[f(u) f(v)] + bias^2                                    at each dense layer after it
 *     Theta <- K + weight^2 E[f'(u) f'(v)] Theta,        (u, v) normal with covariance K
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/ntk/gaussian.h"
#include "analysis/ntk/ntk.h"
#include "kernels/blas.h"
#include "network/build.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MOST = 1000 };
enum { WEIGHT_SCALE, BIAS_SCALE, PARAMETER, CONTEXT_NODES, CONTEXT_OPTIONS };
static const nd_option_spec context_options[CONTEXT_OPTIONS] = {
    [WEIGHT_SCALE] = {"weight_scale", ND_REAL, 0, 1e30, 1, NULL},
    [BIAS_SCALE] = {"bias_scale", ND_REAL, 0, 1e30, 0, NULL},
    [PARAMETER] = {"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
    [CONTEXT_NODES] = {"nodes", ND_INTEGER, 0, ND_GAUSSIAN_NODES, 0, NULL},
};
static const nd_option_spec network_options[1] = {{"nodes", ND_INTEGER, 0, ND_GAUSSIAN_NODES, 0, NULL}};

/* A dense layer and the activation before it (of the first one: none). */
typedef struct stage {
    nd_activation f;
    double weight2, bias2; /* squares of the scales */
} stage;

typedef struct infinite {
    nndyn_context *context;
    void *handle;
    const nd_kernels_f64 *k;
    int64_t inputs, n, n2;
    const double *x, *x2;
    int same;   /* one batch */
    int custom; /* an activation is the caller's: everything on the calling thread */
    int64_t count;
    stage *stages;
    nd_gaussian_rule rule;
    double *variances, *variances2; /* samples x count: K of a sample with itself before each stage's activation */
    double *covariance, *tangent;   /* n x n2 */
    nd_arena arena;
    nd_task task;
    int64_t first_row; /* of the rows in work */
    atomic_int failed;
} infinite;

/* ---- a pair of samples ------------------------------------------------------------------------------------------- */

/* K of one sample with itself before each activation: row[l] for stage l. */
static int variances_of(const infinite *in, const double *x, double *row)
{
    double q = in->k->dot(in->inputs, x, x) / (double)in->inputs;
    q = in->stages[0].weight2 * q + in->stages[0].bias2;
    for (int64_t l = 1; l < in->count; l++) {
        nd_gaussian_means means;
        row[l] = q;
        ND_TRY(nd_gaussian_means_of(&in->rule, &in->stages[l].f, &(nd_gaussian_pair){q, q, q}, &means));
        q = in->stages[l].weight2 * means.values + in->stages[l].bias2;
    }
    return NNDYN_OK;
}

static int pair_of(const infinite *in, int64_t i, int64_t j)
{
    const double *q1 = in->variances + i * in->count, *q2 = in->variances2 + j * in->count;
    double c = in->k->dot(in->inputs, in->x + i * in->inputs, in->x2 + j * in->inputs) / (double)in->inputs;
    c = in->stages[0].weight2 * c + in->stages[0].bias2;
    double tangent = c;
    for (int64_t l = 1; l < in->count; l++) {
        const stage *s = &in->stages[l];
        nd_gaussian_means means;
        ND_TRY(nd_gaussian_means_of(&in->rule, &s->f, &(nd_gaussian_pair){q1[l], q2[l], c}, &means));
        c = s->weight2 * means.values + s->bias2;
        tangent = c + s->weight2 * means.slopes * tangent;
    }
    in->covariance[i * in->n2 + j] = c;
    in->tangent[i * in->n2 + j] = tangent;
    return NNDYN_OK;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static void variance_work(void *user, int64_t index)
{
    infinite *in = user;
    int second = index >= in->n;
    int64_t sample = second ? index - in->n : index;
    const double *x = (second ? in->x2 : in->x) + sample * in->inputs;
    if (variances_of(in, x, (second ? in->variances2 : in->variances) + sample * in->count) != NNDYN_OK) {
        atomic_store(&in->failed, 1);
    }
}

static void row_work(void *user, int64_t index)
{
    infinite *in = user;
    int64_t i = in->first_row + index, end = in->same ? i + 1 : in->n2;
    for (int64_t j = 0; j < end; j++) {
        if (atomic_load(&in->failed) || nd_task_canceled(&in->task)) {
            return;
        }
        if (pair_of(in, i, j) != NNDYN_OK) {
            atomic_store(&in->failed, 1);
        }
    }
}

/* Over the threads, or in order on this one where callbacks of the caller are asked. */
static int spread(infinite *in, int64_t count, void (*work)(void *user, int64_t index))
{
    int status = NNDYN_OK;
    if (in->custom) {
        for (int64_t i = 0; i < count; i++) {
            work(in, i);
        }
    } else {
        status = nd_parallel(in->context, count, work, in);
    }
    if (status != NNDYN_OK) {
        return nd_fail(in->handle, status, "the context's executor failed");
    }
    return atomic_load(&in->failed) ? nd_fail(in->handle, NNDYN_ECALLBACK, "the custom activation reported failure")
                                    : NNDYN_OK;
}

static int fill(infinite *in)
{
    enum { ROWS = 64 };
    double rows = (double)in->n;
    ND_TRY(spread(in, in->same ? in->n : in->n + in->n2, variance_work));
    for (in->first_row = 0; in->first_row < in->n; in->first_row += ROWS) {
        double done = (double)in->first_row / rows;
        ND_TRY(nd_task_report(&in->task, in->same ? done * done : done));
        int64_t count = in->n - in->first_row;
        ND_TRY(spread(in, count < ROWS ? count : ROWS, row_work));
    }
    ND_TRY(nd_task_report(&in->task, 1));
    for (int64_t i = 0; in->same && i < in->n; i++) {
        for (int64_t j = i + 1; j < in->n; j++) {
            in->covariance[i * in->n + j] = in->covariance[j * in->n + i];
            in->tangent[i * in->n + j] = in->tangent[j * in->n + i];
        }
    }
    int64_t entries = in->n * in->n2;
    if (!in->k->all_finite(entries, in->covariance) || !in->k->all_finite(entries, in->tangent)) {
        return nd_fail(in->handle, NNDYN_ENUMERIC,
                       "the kernel is not finite: scales or inputs are too large, or the mean square of the "
                       "activation or of its slope is infinite");
    }
    return NNDYN_OK;
}

static void carve(nd_arena *arena, infinite *in)
{
    int64_t entries = nd_product(in->n, in->n2);
    in->variances = nd_arena_take(arena, nd_product(in->n, in->count), sizeof(double));
    in->variances2 = in->same ? in->variances : nd_arena_take(arena, nd_product(in->n2, in->count), sizeof(double));
    in->covariance = nd_arena_take(arena, entries, sizeof(double));
    in->tangent = nd_arena_take(arena, entries, sizeof(double));
}

/* Stages and batch are there. */
static int run(infinite *in, double *covariance, double *tangent)
{
    nd_task_begin(&in->task, in->handle, "kernel of an infinitely wide network");
    carve(&in->arena, in);
    ND_TRY(nd_check_memory(in->handle, (double)in->arena.used, "both kernels"));
    ND_TRY(nd_arena_reserve(&in->arena, in->handle));
    carve(&in->arena, in);
    int status = fill(in);
    size_t bytes = (size_t)(in->n * in->n2) * sizeof(double);
    if (status == NNDYN_OK && covariance) {
        memcpy(covariance, in->covariance, bytes);
    }
    if (status == NNDYN_OK && tangent) {
        memcpy(tangent, in->tangent, bytes);
    }
    nd_arena_free(&in->arena);
    return status;
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static int read_batches(infinite *in, int64_t n, const double *x, int64_t n2, const double *x2)
{
    in->same = !x2 || (x2 == x && n2 == n);
    in->n = n;
    in->x = x;
    in->n2 = in->same ? n : n2;
    in->x2 = in->same ? x : x2;
    ND_TRY(nd_check_size(in->handle, in->n, 1, ND_BLAS_MOST, "n"));
    ND_TRY(nd_check_size(in->handle, in->n2, 1, ND_BLAS_MOST, "n2"));
    ND_TRY(nd_check_pointer(in->handle, x, "x"));
    ND_TRY(nd_check_finite(in->handle, n, in->inputs, x, "x"));
    return in->same ? NNDYN_OK : nd_check_finite(in->handle, n2, in->inputs, x2, "x2");
}

static int of_context(infinite *in, int64_t n, const double *x, int64_t n2, const double *x2, int64_t depth,
                      int activation, const nndyn_options *options, double *covariance, double *tangent)
{
    nd_option_value values[CONTEXT_OPTIONS];
    nd_activation f;
    ND_TRY(nd_check_size(in->handle, in->inputs, 1, ND_BLAS_MOST, "inputs"));
    ND_TRY(nd_check_size(in->handle, depth, 0, DEPTH_MOST, "depth"));
    ND_TRY(read_batches(in, n, x, n2, x2));
    ND_TRY(nd_options_read(in->handle, options, context_options, CONTEXT_OPTIONS, values));
    ND_TRY(nd_activation_make(in->context, activation, &values[PARAMETER], &f));
    in->k = nd_kernels_choose_f64(nd_context_kernels(in->context));
    if (!in->k) {
        return nd_fail(in->handle, NNDYN_EUNSUPPORTED,
                       "the kernels \"%s\" of the context are not in this build or not for this processor",
                       nd_context_kernels(in->context));
    }
    nd_gaussian_rule_make(in->k, (int)values[CONTEXT_NODES].integer, &in->rule);
    double weight = values[WEIGHT_SCALE].real, bias = values[BIAS_SCALE].real;
    in->count = depth + 1;
    ND_TRY(nd_allocate_for(in->handle, in->count, sizeof *in->stages, &in->stages));
    for (int64_t l = 0; l < in->count; l++) {
        in->stages[l] = (stage){f, weight * weight, bias * bias};
    }
    int status = run(in, covariance, tangent);
    nd_release(in->context, in->stages);
    return status;
}

int nndyn_ntk_infinite(nndyn_context *context, int64_t inputs, int64_t n, const double *x, int64_t n2, const double *x2,
                       int64_t depth, int activation, const nndyn_options *options, double *covariance, double *tangent)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_ntk_infinite"));
    infinite in = {.context = context, .handle = context, .inputs = inputs};
    return nd_leave(context, of_context(&in, n, x, n2, x2, depth, activation, options, covariance, tangent));
}

/* ---- of a network ------------------------------------------------------------------------------------------------ */

static int refuse(const infinite *in, int64_t layer, const char *why)
{
    return nd_fail(in->handle, NNDYN_EUNSUPPORTED,
                   "layer %lld %s; an infinitely wide network is a chain of dense layers in the NTK parametrization, "
                   "with one pointwise activation between two of them",
                   (long long)layer, why);
}

static int add_dense(infinite *in, const nndyn_network *network, int64_t l, const nd_activation *f)
{
    const nd_layer *d = &network->layers[l];
    double bias = d->bias ? d->bias_factor : 0;
    if (!d->ntk) {
        return refuse(in, l, "has the standard parametrization");
    }
    double weight2 = d->weight_factor * d->weight_factor * (double)d->in;
    in->stages[in->count++] = (stage){*f, weight2, bias * bias};
    return NNDYN_OK;
}

static int read_layers(infinite *in, const nndyn_network *network)
{
    const nd_activation none = {.kind = NNDYN_IDENTITY, .order = 3};
    nd_activation f = none;
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        if (layer->kind == NNDYN_DENSE) {
            ND_TRY(add_dense(in, network, l, &f));
            f = none;
        } else if (layer->kind == NNDYN_ACTIVATION) {
            if (l == 0 || network->layers[l - 1].kind != NNDYN_DENSE) {
                return refuse(in, l, "is an activation that does not follow a dense layer");
            }
            f = layer->activation;
            in->custom |= f.kind == NNDYN_CUSTOM_ACTIVATION;
        } else if (layer->kind != NNDYN_DROPOUT) {
            return refuse(in, l, "is neither dense nor an activation");
        }
    }
    if (network->layers[network->layer_count - 1].kind != NNDYN_DENSE) {
        return refuse(in, network->layer_count - 1, "is the last one and not dense");
    }
    return NNDYN_OK;
}

static int of_network(infinite *in, nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2,
                      const nndyn_options *options, double *covariance, double *tangent)
{
    nd_option_value nodes;
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(read_batches(in, n, x, n2, x2));
    ND_TRY(nd_options_read(network, options, network_options, 1, &nodes));
    ND_TRY(nd_network_check_order(network, network, 1, 0));
    nd_gaussian_rule_make(in->k, (int)nodes.integer, &in->rule);
    ND_TRY(nd_allocate_for(network, network->layer_count, sizeof *in->stages, &in->stages));
    int status = read_layers(in, network);
    if (status == NNDYN_OK) {
        status = run(in, covariance, tangent);
    }
    nd_release(in->context, in->stages);
    return status;
}

int nndyn_ntk_infinite_network(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2,
                               const nndyn_options *options, double *covariance, double *tangent)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk_infinite_network"));
    infinite in = {.context = network->handle.context, .handle = network, .k = network->k64, .inputs = network->inputs};
    return nd_leave(network, of_network(&in, network, n, x, n2, x2, options, covariance, tangent));
}
