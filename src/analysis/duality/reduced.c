/* reduced.c - the nonlinear map of one mode, and how well it stands for the whole one.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/duality/duality.h"
#include "derivatives/products.h"
#include "statistics/statistics.h"
#include <string.h>

/* ---- along a mode of learning ------------------------------------------------------------------------------------ */

static int project(const nd_duality *duality, nd_batch_products *products, const double *u, double *scratch,
                   double *direction, double *out)
{
    int64_t n = products->pass->n;
    nd_duality_expand(duality, u, direction);
    ND_TRY(nd_gradient_projection(products, duality->network, direction, scratch, out));
    for (int64_t s = 0; s < n; s++) {
        out[s] *= -duality->gamma;
    }
    return nd_duality_check_result(duality, n, out, "the map along a mode");
}

int nd_duality_along(const nd_duality *duality, int64_t n, const double *x, const double *t, const double *u,
                     double *out)
{
    nndyn_network *network = duality->network;
    nd_batch_products products;
    double *scratch;
    int64_t entries = nd_product(n, duality->outputs);
    double bytes = 8.0 * ((double)entries + (double)duality->parameters);
    ND_TRY(nd_sample_gradients_create(network, n, x, t, 0, duality->options, bytes, &products));
    int status = nd_allocate_for(network, entries + duality->parameters, sizeof *scratch, &scratch);
    if (status == NNDYN_OK) {
        status = project(duality, &products, u, scratch, scratch + entries, out);
        nd_release(network->handle.context, scratch);
    }
    nd_batch_products_free(network->handle.context, &products);
    return status;
}

/* ---- the map of one mode ----------------------------------------------------------------------------------------- */

/* Points reference + s v, as inputs (count x inputs) and then targets (count x outputs). */
static void place(const nd_duality *duality, const double *reference, const double *v, int64_t count, const double *s,
                  double *x, double *t)
{
    int64_t inputs = duality->inputs, outputs = duality->outputs;
    for (int64_t p = 0; p < count; p++) {
        memcpy(x + p * inputs, reference, (size_t)inputs * sizeof *x);
        memcpy(t + p * outputs, reference + inputs, (size_t)outputs * sizeof *t);
        for (int64_t c = 0; c < duality->input_count; c++) {
            x[p * inputs + duality->input[c]] += s[p] * v[c];
        }
        for (int64_t c = 0; c < duality->target_count; c++) {
            t[p * outputs + duality->target[c]] += s[p] * v[duality->input_count + c];
        }
    }
}

static int reduced_map(const nd_duality *duality, const double *reference, const double *u, const double *v,
                       int64_t count, const double *s, double *zeta)
{
    nndyn_network *network = duality->network;
    int64_t width = duality->inputs + duality->outputs;
    double *x;
    ND_TRY(nd_check_memory(network, 8.0 * (double)count * (double)width, "the points"));
    ND_TRY(nd_allocate_for(network, nd_product(count, width), sizeof *x, &x));
    double *t = x + count * duality->inputs;
    place(duality, reference, v, count, s, x, t);
    int status = nd_duality_along(duality, count, x, t, u, zeta);
    nd_release(network->handle.context, x);
    return status;
}

static int map_aside(const nd_duality *duality, const double *x, const double *t, const double *u, const double *v,
                     int64_t count, const double *s, double *zeta)
{
    nndyn_network *network = duality->network;
    int64_t width = duality->inputs + duality->outputs;
    double *aside;
    ND_TRY(nd_allocate_for(network, count + width, sizeof *aside, &aside));
    memcpy(aside + count, x, (size_t)duality->inputs * sizeof *x);
    memcpy(aside + count + duality->inputs, t, (size_t)duality->outputs * sizeof *t);
    int status = reduced_map(duality, aside + count, u, v, count, s, aside);
    if (status == NNDYN_OK) {
        memcpy(zeta, aside, (size_t)count * sizeof *zeta);
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int check_modes(const nd_duality *duality, int64_t count, const double *u, const double *v)
{
    nndyn_network *network = duality->network;
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_pointer(network, v, "v"));
    ND_TRY(nd_check_finite(network, count, duality->rows, u, "u"));
    ND_TRY(nd_check_finite(network, count, duality->per_sample, v, "v"));
    return nd_duality_check_independent(duality, "the map of a single sample");
}

static int map_of(const nd_duality *duality, const double *x, const double *t, const double *u, const double *v,
                  int64_t count, const double *s, double *zeta)
{
    nndyn_network *network = duality->network;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_size(network, count, 1, INT32_MAX, "count"));
    ND_TRY(check_modes(duality, 1, u, v));
    ND_TRY(nd_check_pointer(network, s, "s"));
    ND_TRY(nd_check_finite(network, 1, count, s, "s"));
    ND_TRY(nd_check_pointer(network, zeta, "zeta"));
    return map_aside(duality, x, t, u, v, count, s, zeta);
}

int nndyn_duality_reduced_map(nndyn_network *network, const double *x, const double *t, const double *u,
                              const double *v, int64_t count, const double *s, const nndyn_options *options,
                              double *zeta)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_reduced_map"));
    int status = nd_duality_create(network, 1, options, ND_DUALITY_KNOWS_NEITHER, &duality);
    if (status == NNDYN_OK) {
        status = map_of(duality, x, t, u, v, count, s, zeta);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}

/* ---- the test of the reduction ----------------------------------------------------------------------------------- */

/* Both series get sorted. */
static double distance_of(int64_t n, double *a, double *b, double *scratch)
{
    nd_sort(n, a, scratch);
    nd_sort(n, b, scratch);
    return (double)nd_ks_steps(n, a, n, b) / ((double)n * (double)n);
}

/* Components of the data along v, from their mean. */
static void components(const nd_duality *duality, const double *x, const double *t, const double *mean, const double *v,
                       double *out)
{
    int64_t inputs = duality->inputs, outputs = duality->outputs;
    for (int64_t s = 0; s < duality->n; s++) {
        double sum = 0;
        for (int64_t c = 0; c < duality->input_count; c++) {
            int64_t i = duality->input[c];
            sum += v[c] * (x[s * inputs + i] - mean[i]);
        }
        for (int64_t c = 0; c < duality->target_count; c++) {
            int64_t k = duality->target[c];
            sum += v[duality->input_count + c] * (t[s * outputs + k] - mean[inputs + k]);
        }
        out[s] = sum;
    }
}

typedef struct laws {
    double *mean, *actual, *reduced, *s, *distance;
    nd_arena arena;
} laws;

static void carve(const nd_duality *duality, int64_t count, laws *l)
{
    l->mean = nd_arena_take(&l->arena, duality->inputs + duality->outputs, sizeof(double));
    l->actual = nd_arena_take(&l->arena, duality->n, sizeof(double));
    l->reduced = nd_arena_take(&l->arena, duality->n, sizeof(double));
    l->s = nd_arena_take(&l->arena, duality->n, sizeof(double));
    l->distance = nd_arena_take(&l->arena, count, sizeof(double));
}

static int compare(const nd_duality *duality, const double *x, const double *t, int64_t count, const double *u,
                   const double *v, laws *l)
{
    nd_task task;
    nd_task_begin(&task, duality->network, "test of the reduction");
    nd_duality_mean(duality, x, t, l->mean);
    for (int64_t i = 0; i < count; i++) {
        const double *ui = u + i * duality->rows, *vi = v + i * duality->per_sample;
        ND_TRY(nd_task_report(&task, (double)i / (double)count));
        ND_TRY(nd_duality_along(duality, duality->n, x, t, ui, l->actual));
        components(duality, x, t, l->mean, vi, l->s);
        ND_TRY(reduced_map(duality, l->mean, ui, vi, duality->n, l->s, l->reduced));
        l->distance[i] = distance_of(duality->n, l->actual, l->reduced, l->s);
    }
    return nd_task_report(&task, 1);
}

static int reduction(const nd_duality *duality, const double *x, const double *t, int64_t count, const double *u,
                     const double *v, double *distance)
{
    nndyn_network *network = duality->network;
    laws l = {0};
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_size(network, count, 1, INT32_MAX, "count"));
    ND_TRY(check_modes(duality, count, u, v));
    ND_TRY(nd_check_pointer(network, distance, "distance"));
    carve(duality, count, &l);
    ND_TRY(nd_arena_reserve(&l.arena, network));
    carve(duality, count, &l);
    int status = compare(duality, x, t, count, u, v, &l);
    if (status == NNDYN_OK) {
        memcpy(distance, l.distance, (size_t)count * sizeof *distance);
    }
    nd_arena_free(&l.arena);
    return status;
}

int nndyn_duality_reduction(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                            const double *u, const double *v, const nndyn_options *options, double *distance)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_reduction"));
    int status = nd_duality_create(network, n, options, ND_DUALITY_KNOWS_NEITHER, &duality);
    if (status == NNDYN_OK) {
        status = reduction(duality, x, t, count, u, v, distance);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}
