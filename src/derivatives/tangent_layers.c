/* tangent_layers.c - how tangents go through each kind of layer: one row of the table a kind.
 *
 * Dense (wf, bf: the factors of the NTK parametrization, 1 otherwise; U, u_b: direction of W, b)
 *     Z = wf A W' + bf b              Z. = wf (A. W' + A U') + bf u_b
 *     D_in = wf D W                   D_in. = wf (D. W + D U)
 *     g_W = wf D' A, g_b = bf 1'D     g_W. = wf (D.' A + D' A.), g_b. = bf 1'D.
 * Activation (k = D_out)
 *     A = f(Z)                        A. = f'(Z) o Z.
 *     D = f'(Z) o k                   D. = f'(Z) o k. + f''(Z) o k o Z.
 * Dropout is linear: as an activation with the mask for f'.  Residual blocks add.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/tangent.h"
#include <string.h>

/* ---- rows ------------------------------------------------------------------------------------------------------- */

enum { ROWS_ENTRIES = 32768, PART = 256 };

/* z += x o y */
static void add_product(const nd_kernels_f64 *k, int64_t count, const double *x, const double *y, double *z)
{
    double part[PART];
    for (int64_t i = 0; i < count; i += PART) {
        int64_t c = count - i < PART ? count - i : PART;
        k->multiply(c, x + i, y + i, part);
        k->add(c, z + i, part, z + i);
    }
}

/* `rows` rows from row `row` on that share a row of factor and bend, or (rep == 1) have one each. */
static void rows_step(const nd_rows_job *job, int64_t row, int64_t rows)
{
    const nd_kernels_f64 *k = job->network->k64;
    int64_t at = row * job->width, sample = row / job->rep * job->width, count = rows * job->width;
    if (job->factor) {
        k->multiply(count, job->factor + sample, job->in + at, job->out + at);
    } else if (job->in != job->out) {
        memcpy(job->out + at, job->in + at, (size_t)count * sizeof *job->out);
    }
    if (job->bend) {
        add_product(k, count, job->bend + sample, job->value + at, job->out + at);
    }
}

static int64_t rows_chunk(const nd_rows_job *job)
{
    return job->width < ROWS_ENTRIES ? ROWS_ENTRIES / job->width : 1;
}

static void rows_work(void *user, int64_t index)
{
    const nd_rows_job *job = user;
    int64_t chunk = rows_chunk(job), first = index * chunk, end = job->n * job->rep;
    end = end - first < chunk ? end : first + chunk;
    int64_t run = job->rep == 1 ? end - first : 1;
    for (int64_t row = first; row < end; row += run) {
        rows_step(job, row, run);
    }
}

int nd_rows_run(const nd_rows_job *job)
{
    int64_t chunk = rows_chunk(job), rows = job->n * job->rep;
    return nd_parallel(job->network->handle.context, (rows + chunk - 1) / chunk, rows_work, (void *)job);
}

/* ---- dense ------------------------------------------------------------------------------------------------------ */

/* Unit directions along inputs: Z. of (s, m) is wf times column inputs[m] of W, for every s. */
static void dense_columns(const nd_pass *pass, const nd_layer *d, nd_tangent *tangent)
{
    const double *w = pass->theta + d->first;
    double *z = tangent->value[1];
    int64_t rep = tangent->rep;
    for (int64_t m = 0; m < rep; m++) {
        for (int64_t i = 0; i < d->out; i++) {
            z[m * d->out + i] = d->weight_factor * w[i * d->in + tangent->inputs[m]];
        }
    }
    for (int64_t s = 1; s < pass->n; s++) {
        memcpy(z + s * rep * d->out, z, (size_t)(rep * d->out) * sizeof *z);
    }
}

static int dense_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    const nndyn_network *network = pass->network;
    const nd_layer *d = &network->layers[layer];
    int64_t rows = pass->n * tangent->rep;
    double *z = tangent->value[layer + 1], beta = 1;
    if (u && d->bias) {
        network->k64->set_rows(rows, d->out, d->bias_factor, u + d->first + d->in * d->out, z);
    } else {
        beta = 0;
    }
    if (layer == 0 && tangent->inputs && !tangent->value[0]) {
        dense_columns(pass, d, tangent);
        return NNDYN_OK;
    }
    if (tangent->value[layer]) {
        ND_TRY(network->k64->gemm(network->handle.context, 0, 1, rows, d->out, d->in, d->weight_factor,
                                  tangent->value[layer], d->in, pass->theta + d->first, d->in, beta, z, d->out));
        beta = 1;
    }
    if (u) {
        return network->k64->gemm(network->handle.context, 0, 1, rows, d->out, d->in, d->weight_factor,
                                  pass->workspace->sites[layer].in, d->in, u + d->first, d->in, beta, z, d->out);
    }
    if (beta == 0) {
        memset(z, 0, (size_t)(rows * d->out) * sizeof *z);
    }
    return NNDYN_OK;
}

static int dense_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    const nndyn_network *network = pass->network;
    const nd_layer *d = &network->layers[layer];
    int64_t rows = pass->n * tangent->rep;
    double *in = tangent->back[layer];
    ND_TRY(network->k64->gemm(network->handle.context, 0, 0, rows, d->in, d->out, d->weight_factor,
                              tangent->back[layer + 1], d->out, pass->theta + d->first, d->in, 0, in, d->in));
    if (u) {
        ND_TRY(network->k64->gemm(network->handle.context, 0, 0, rows, d->in, d->out, d->weight_factor,
                                  pass->workspace->sites[layer].dout, d->out, u + d->first, d->in, 1, in, d->in));
    }
    return NNDYN_OK;
}

static int dense_gradient(const nd_pass *pass, int64_t layer, const nd_tangent *tangent, double *g)
{
    const nndyn_network *network = pass->network;
    const nd_layer *d = &network->layers[layer];
    const nd_site_f64 *site = &pass->workspace->sites[layer];
    const double *back = tangent->back[layer + 1];
    double scale = pass->scale * d->weight_factor;
    ND_TRY(network->k64->gemm(network->handle.context, 1, 0, d->out, d->in, pass->n, scale, back, d->out, site->in,
                              d->in, 0, g, d->in));
    if (tangent->value[layer]) {
        ND_TRY(network->k64->gemm(network->handle.context, 1, 0, d->out, d->in, pass->n, scale, site->dout, d->out,
                                  tangent->value[layer], d->in, 1, g, d->in));
    } else if (layer == 0 && tangent->inputs) { /* A. is the same unit vector in every row */
        for (int64_t s = 0; s < pass->n; s++) {
            for (int64_t i = 0; i < d->out; i++) {
                g[i * d->in + tangent->inputs[0]] += scale * site->dout[s * d->out + i];
            }
        }
    }
    if (d->bias) {
        network->k64->sum_rows(pass->n, d->out, pass->scale * d->bias_factor, back, 0, g + d->in * d->out);
    }
    return NNDYN_OK;
}

/* |g_W|^2 = wf^2 |a|^2 |d|^2, |g_b|^2 = bf^2 |d|^2 */
static void dense_norms(const nd_pass *pass, int64_t layer, double *scratch, double *squares)
{
    const nndyn_network *network = pass->network;
    const nd_layer *d = &network->layers[layer];
    const nd_site_f64 *site = &pass->workspace->sites[layer];
    double wf2 = d->weight_factor * d->weight_factor, bf2 = d->bias ? d->bias_factor * d->bias_factor : 0;
    network->k64->row_dots(pass->n, d->in, site->in, site->in, scratch);
    network->k64->row_dots(pass->n, d->out, site->dout, site->dout, scratch + pass->n);
    for (int64_t s = 0; s < pass->n; s++) {
        squares[s] += (wf2 * scratch[s] + bf2) * scratch[pass->n + s];
    }
}

/* ---- layers without parameters ---------------------------------------------------------------------------------- */

/* f' of an activation, the mask of dropout; NULL stands for ones. */
static const double *pointwise_factor(const nd_pass *pass, int64_t layer)
{
    if (pass->network->layers[layer].kind == NNDYN_ACTIVATION) {
        return pass->slope[layer];
    }
    return pass->mode.training ? pass->workspace->sites[layer].memo : NULL;
}

static int pointwise_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    (void)u;
    return nd_rows_run(&(nd_rows_job){.network = pass->network,
                                      .n = pass->n,
                                      .rep = tangent->rep,
                                      .width = pass->network->layers[layer].out,
                                      .factor = pointwise_factor(pass, layer),
                                      .in = tangent->value[layer],
                                      .out = tangent->value[layer + 1]});
}

static int pointwise_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    int bends = pass->network->layers[layer].kind == NNDYN_ACTIVATION && tangent->value[layer];
    (void)u;
    return nd_rows_run(&(nd_rows_job){.network = pass->network,
                                      .n = pass->n,
                                      .rep = tangent->rep,
                                      .width = pass->network->layers[layer].out,
                                      .factor = pointwise_factor(pass, layer),
                                      .in = tangent->back[layer + 1],
                                      .bend = bends ? pass->curvature[layer] : NULL,
                                      .value = tangent->value[layer],
                                      .out = tangent->back[layer]});
}

/* z = x + y, y == NULL for zero */
static int add_arrays(const nd_pass *pass, const nd_tangent *tangent, int64_t width, const double *x, const double *y,
                      double *z)
{
    int64_t count = pass->n * tangent->rep * width;
    if (y) {
        pass->network->k64->add(count, x, y, z);
    } else {
        memcpy(z, x, (size_t)count * sizeof *z);
    }
    return NNDYN_OK;
}

static int begin_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    (void)u;
    return add_arrays(pass, tangent, pass->network->layers[layer].out, tangent->value[layer], NULL,
                      tangent->value[layer + 1]);
}

static int begin_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    const nd_layer *begin = &pass->network->layers[layer];
    (void)u;
    return add_arrays(pass, tangent, begin->out, tangent->back[layer + 1], tangent->back[begin->partner + 1],
                      tangent->back[layer]);
}

static int end_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    const nd_layer *end = &pass->network->layers[layer];
    (void)u;
    return add_arrays(pass, tangent, end->out, tangent->value[layer], tangent->value[end->partner],
                      tangent->value[layer + 1]);
}

static int end_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent)
{
    (void)u;
    return add_arrays(pass, tangent, pass->network->layers[layer].out, tangent->back[layer + 1], NULL,
                      tangent->back[layer]);
}

const nd_layer_rules nd_layer_rules_of[] = {
    [NNDYN_DENSE] = {dense_forward, dense_backward, dense_gradient, nd_dense_gram, dense_norms},
    [NNDYN_ACTIVATION] = {pointwise_forward, pointwise_backward, NULL, NULL, NULL},
    [NNDYN_BATCH_NORM] = {nd_batch_norm_forward, nd_batch_norm_backward, nd_batch_norm_gradient, nd_batch_norm_gram,
                          nd_batch_norm_norms},
    [NNDYN_DROPOUT] = {pointwise_forward, pointwise_backward, NULL, NULL, NULL},
    [NNDYN_RESIDUAL_BEGIN] = {begin_forward, begin_backward, NULL, NULL, NULL},
    [NNDYN_RESIDUAL_END] = {end_forward, end_backward, NULL, NULL, NULL},
};
