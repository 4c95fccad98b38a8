/* projection.c - last hidden activations on the singular vectors of the last weights.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include "linalg/linalg.h"
#include <limits.h>
#include <string.h>

typedef struct view {
    const nd_frozen *frozen;
    const nd_layer *dense;
    int64_t layer, count;
    double *w, *s, *u, *v, *points;
    nd_arena arena;
} view;

static void carve(view *p, int64_t samples)
{
    const int64_t least = p->dense->in < p->dense->out ? p->dense->in : p->dense->out;
    p->w = nd_arena_take(&p->arena, nd_product(p->dense->in, p->dense->out), sizeof *p->w);
    p->s = nd_arena_take(&p->arena, least, sizeof *p->s);
    p->u = nd_arena_take(&p->arena, nd_product(least, p->dense->out), sizeof *p->u);
    p->v = nd_arena_take(&p->arena, nd_product(least, p->dense->in), sizeof *p->v);
    p->points = nd_arena_take(&p->arena, nd_product(samples, p->count), sizeof *p->points);
}

static int decompose(view *p)
{
    const nd_layer *d = p->dense;
    const double *w = p->frozen->theta + d->first;
    for (int64_t i = 0; i < d->out * d->in; i++) {
        p->w[i] = d->weight_factor * w[i];
    }
    ND_TRY(nd_svd(p->frozen->handle, d->out, d->in, p->w, p->s, p->u, p->v));
    for (int64_t m = 0; m < p->count; m++) {
        const double sign = nd_sign_of_largest(d->in, p->v + m * d->in);
        for (int64_t j = 0; j < d->in; j++) {
            p->v[m * d->in + j] *= sign;
        }
    }
    return NNDYN_OK;
}

static int project_block(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    const view *p = user;
    const int64_t width = p->dense->in;
    return p->frozen->network->k64->gemm(p->arena.context, 0, 1, count, p->count, width, 1,
                                         workspace->sites[p->layer].in, width, p->v, width, 0,
                                         p->points + first * p->count, p->count);
}

static int project(nd_frozen *frozen, const nndyn_dataset *dataset, int recalibrated, view *p)
{
    const int64_t samples = p->points != NULL ? dataset->samples : 0; /* p->points: whether they are wanted */
    p->frozen = frozen;
    p->arena.context = frozen->arena.context;
    carve(p, samples);
    ND_TRY(nd_check_memory(frozen->handle, (double)p->arena.used, "the projection of all samples"));
    ND_TRY(nd_arena_reserve(&p->arena, frozen->handle));
    carve(p, samples);
    ND_TRY(decompose(p));
    if (recalibrated) {
        ND_TRY(nd_frozen_recalibrate(frozen, dataset));
    }
    return samples > 0 ? nd_frozen_walk(frozen, dataset, "projection", project_block, p) : NNDYN_OK;
}

/* The last dense layer, outside of residual blocks. */
static int find_dense(nndyn_network *network, view *p)
{
    int64_t depth = 0, inside = 0;
    p->layer = -1;
    for (int64_t l = 0; l < network->layer_count; l++) {
        depth += network->layers[l].kind == NNDYN_RESIDUAL_BEGIN;
        depth -= network->layers[l].kind == NNDYN_RESIDUAL_END;
        if (network->layers[l].kind == NNDYN_DENSE) {
            p->layer = l;
            inside = depth;
        }
    }
    if (p->layer < 0 || inside > 0) {
        return nd_fail(network, NNDYN_EUNSUPPORTED, "the network %s; a projection needs a last dense layer of its own",
                       p->layer < 0 ? "has no dense layer" : "ends with a residual block around its last dense layer");
    }
    p->dense = &network->layers[p->layer];
    return NNDYN_OK;
}

static int run(nndyn_network *network, const nndyn_dataset *dataset, int recalibrated, int64_t count, double *points,
               double *directions, double *values)
{
    view p = {.count = count, .points = points};
    nd_frozen frozen;
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_check_order_data(network, network, dataset, 0));
    ND_TRY(find_dense(network, &p));
    ND_TRY(nd_check_size(network, count, 1, p.dense->in < p.dense->out ? p.dense->in : p.dense->out, "count"));
    ND_TRY(nd_frozen_open(network, network, dataset, &frozen));
    const int status = project(&frozen, dataset, recalibrated, &p);
    if (status == NNDYN_OK && points != NULL) {
        memcpy(points, p.points, (size_t)(dataset->samples * count) * sizeof *points);
    }
    if (status == NNDYN_OK && directions != NULL) {
        memcpy(directions, p.v, (size_t)(count * p.dense->in) * sizeof *directions);
    }
    if (status == NNDYN_OK && values != NULL) {
        memcpy(values, p.s, (size_t)count * sizeof *values);
    }
    nd_arena_free(&p.arena);
    nd_frozen_close(&frozen);
    return status;
}

static int of_network(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, int64_t count,
                      double *points, double *directions, double *values)
{
    static const nd_option_spec spec = ND_STATISTICS_SPEC;
    nd_option_value given;
    ND_TRY(nd_options_read(network, options, &spec, 1, &given));
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    const int status =
        run(network, dataset, given.integer == ND_STATISTICS_RECALIBRATED, count, points, directions, values);
    nd_unhold(dataset);
    return status;
}

int nndyn_projection(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, int64_t count,
                     double *points, double *directions, double *values)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, of_network(network, dataset, options, count, points, directions, values));
}
