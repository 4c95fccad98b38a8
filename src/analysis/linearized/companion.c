/* companion.c - the linear model beside a network in training: made where the network stands, moved by the same
 * batches, and the a-posteriori bounds, which gather at every step.
 *
 * With xi = f(s+1) - f(s) + rate Theta_0 P e(s), of squared error: dev(s+1) = (1 - rate Theta_0 P) dev(s) + xi.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "data/data.h"
#include "data/reals.h"
#include <math.h>
#include <string.h>

const nd_option_spec nd_companion_options[ND_COMPANION_OPTIONS] = {
    [ND_COMPANION_KERNEL] = {"kernel", ND_TEXT, 0, 0, 0, "full|trace|none"},
    [ND_COMPANION_BOUND] = {"bound", ND_TEXT, 0, 0, 0, "none|measured|all"},
    [ND_COMPANION_UNSTABLE] = {"unstable", ND_INTEGER, 0, 1, 0, NULL},
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void carve(nd_arena *arena, nd_companion *c, int64_t n, int64_t outputs, int64_t test, int64_t inputs)
{
    const int64_t m = n * outputs, square = nd_product(c->order, c->order);
    c->rows = nd_arena_take(arena, n, sizeof *c->rows);
    c->t = nd_arena_take(arena, m, sizeof(double));
    c->f = nd_arena_take(arena, m, sizeof(double));
    c->force = nd_arena_take(arena, m, sizeof(double));
    c->moved = nd_arena_take(arena, m, sizeof(double));
    c->f_test = nd_arena_take(arena, test * outputs, sizeof(double));
    c->x_test = nd_arena_take(arena, test * inputs, sizeof(double));
    if (c->kernel != ND_COMPANION_NONE) {
        c->kernel_now = nd_arena_take(arena, square, sizeof(double));
    }
    if (c->kernel == ND_COMPANION_TRACE) {
        c->kernel_start = nd_arena_take(arena, square, sizeof(double));
    }
    if (c->bound == ND_COMPANION_ALL) {
        c->gap = nd_arena_take(arena, square, sizeof(double));
        c->factor = nd_arena_take(arena, square, sizeof(double));
    }
}

void nd_companion_release(nd_companion *c)
{
    if (c == NULL || --c->references > 0) {
        return;
    }
    nndyn_context *context = c->context;
    nndyn_linearized_free(c->model);
    nd_handle_release(c->batches);
    nd_arena_free(&c->arena);
    nd_release(context, c);
}

static void widen(int dtype, int64_t count, const void *from, double *to)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = nd_real_at(from, dtype, i);
    }
}

static int make_model(nd_companion *c, void *handle, nndyn_network *network, const nndyn_dataset *data, int64_t test)
{
    const nd_linear_settings settings = {.kappa = 1 / (double)data->samples,
                                         .tolerance = 1e-10,
                                         .spectrum =
                                             c->kernel == ND_COMPANION_FULL && c->bound != ND_COMPANION_UNBOUND};
    const int form = c->kernel == ND_COMPANION_FULL ? NNDYN_LINEARIZED_FULL : NNDYN_LINEARIZED_PRODUCTS;
    const int64_t n = data->samples, inputs = data->inputs, targets = data->targets;
    double *x;
    ND_TRY(nd_allocate_for(handle, n * (inputs + targets), sizeof *x, &x));
    widen(data->dtype, n * inputs, data->x, x);
    widen(data->dtype, n * targets, data->t, x + n * inputs);
    const int status =
        nd_linear_of_network(network, handle, form, n, x, x + n * inputs, test, c->x_test, &settings, &c->model);
    nd_release(c->context, x);
    return status;
}

/* Theta_0 = L L'; without it there is no bound for batches. */
static int factorize(nd_companion *c, void *handle)
{
    if (!(c->model->values[0] > 0)) {
        c->factor = NULL;
        return NNDYN_OK;
    }
    memcpy(c->factor, c->model->kernel, (size_t)(c->order * c->order) * sizeof *c->factor);
    const int status = nd_cholesky(handle, c->order, c->factor);
    if (status == NNDYN_ENUMERIC) {
        c->factor = NULL;
        return NNDYN_OK;
    }
    return status;
}

static int check_rate(nd_companion *c, void *handle, const nndyn_trainer *trainer, int unstable)
{
    nndyn_linearized *model = c->model;
    const nd_linear_batch rule = nd_linear_batch_of(trainer, trainer->step);
    const int heavy = rule.momentum > 0 ? NNDYN_LINEARIZED_MOMENTUM : NNDYN_LINEARIZED_DESCENT;
    if (model->loss.kind != NNDYN_SQUARED_ERROR || rule.nesterov || (unstable && c->bound == ND_COMPANION_UNBOUND)) {
        return NNDYN_OK;
    }
    ND_TRY(nd_linear_largest(model, handle, &c->largest));
    return unstable ? NNDYN_OK : nd_linear_check_stable(model, handle, heavy, rule.rate, rule.momentum);
}

static int fill(nd_companion *c, void *handle, const nndyn_trainer *trainer, const nndyn_dataset *data,
                const nndyn_dataset *test, int unstable)
{
    nndyn_network *network = trainer->network;
    const int64_t points = test != NULL ? test->samples : 0;
    carve(&c->arena, c, data->samples, data->targets, points, data->inputs);
    ND_TRY(nd_check_memory(handle, (double)c->arena.used, "the arrays of the comparison"));
    ND_TRY(nd_arena_reserve(&c->arena, handle));
    carve(&c->arena, c, data->samples, data->targets, points, data->inputs);
    if (test != NULL) {
        widen(test->dtype, points * test->inputs, test->x, c->x_test);
    }
    ND_TRY(make_model(c, handle, network, data, points));
    memcpy(c->f, c->model->f0, (size_t)c->model->f.count * sizeof *c->f);
    if (c->kernel == ND_COMPANION_TRACE) {
        ND_TRY(nd_companion_kernel(c, handle, network, c->kernel_start));
    } else if (c->kernel == ND_COMPANION_FULL) {
        c->kernel_start = c->model->kernel;
    }
    if (c->bound == ND_COMPANION_ALL) {
        memcpy(c->kernel_now, c->kernel_start, (size_t)(c->order * c->order) * sizeof *c->gap);
        ND_TRY(factorize(c, handle));
    }
    return check_rate(c, handle, trainer, unstable);
}

static int check_bound(void *handle, const nndyn_trainer *trainer, int kernel, int bound)
{
    if (bound == ND_COMPANION_UNBOUND) {
        return NNDYN_OK;
    }
    if (bound == ND_COMPANION_ALL && kernel != ND_COMPANION_FULL) {
        return nd_fail(handle, NNDYN_EOPTION, "\"bound\" is all, which needs \"kernel\" full");
    }
    if (trainer->optimizer != NNDYN_SGD || trainer->network->loss.kind != NNDYN_SQUARED_ERROR) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "bounds are those of squared error and SGD; the trainer has %s and %s: set \"bound\" to none",
                       nndyn_loss_name(trainer->network->loss.kind), nd_optimizer_name(trainer->optimizer));
    }
    return NNDYN_OK;
}

static int check_data(void *handle, const nndyn_network *network, const nndyn_dataset *data, const nndyn_dataset *test)
{
    const int64_t outputs = nd_network_outputs(network);
    if (data->dtype != network->dtype || data->inputs != network->inputs || data->targets != outputs) {
        return nd_fail(
            handle, NNDYN_EARG,
            "batches are of another precision than the network, or their %lld inputs and %lld targets are not "
            "its %lld inputs and %lld outputs",
            (long long)data->inputs, (long long)data->targets, (long long)network->inputs, (long long)outputs);
    }
    if (test != NULL && test->inputs != network->inputs) {
        return nd_fail(handle, NNDYN_EARG, "test has %lld inputs, the network has %lld; they must be equal",
                       (long long)test->inputs, (long long)network->inputs);
    }
    if (nd_network_find(network, NNDYN_BATCH_NORM) >= 0 || nd_network_find(network, NNDYN_DROPOUT) >= 0) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the network has batch norm or dropout, which make it another function in training than the one "
                       "that is expanded; use a network without");
    }
    return nd_network_check_order(network, handle, 1, 1);
}

int nd_companion_create(void *handle, const nndyn_trainer *trainer, nndyn_batches *batches, const nndyn_dataset *test,
                        const nd_option_value *options, nd_companion **out)
{
    const nndyn_dataset *data = nd_batches_dataset(batches);
    const int kernel = (int)options[ND_COMPANION_KERNEL].integer, bound = (int)options[ND_COMPANION_BOUND].integer;
    nd_companion *c;
    ND_TRY(nd_network_ready(trainer->network, handle, 1));
    ND_TRY(nd_linear_check_trainer(handle, trainer));
    ND_TRY(check_data(handle, trainer->network, data, test));
    ND_TRY(nd_linear_check_batches(handle, data->samples, data->targets, batches));
    ND_TRY(check_bound(handle, trainer, kernel, bound));
    ND_TRY(nd_allocate_for(handle, 1, sizeof *c, &c));
    *c = (nd_companion){.context = nd_handle_context(handle),
                        .references = 1,
                        .batches = batches,
                        .kernel = kernel,
                        .bound = bound,
                        .origin = trainer->step,
                        .largest = (double)NAN,
                        .order = kernel == ND_COMPANION_FULL ? data->samples * data->targets : data->samples,
                        .remainder = (double)NAN};
    c->bound_star = bound == ND_COMPANION_ALL ? 0 : (double)NAN;
    nd_handle_retain(batches);
    const int status = fill(c, handle, trainer, data, test, options[ND_COMPANION_UNSTABLE].integer == 1);
    if (status != NNDYN_OK) {
        nd_companion_release(c);
        return status;
    }
    *out = c;
    return NNDYN_OK;
}

int nd_companion_kernel(nd_companion *c, void *handle, nndyn_network *network, double *out)
{
    const nd_kernel_spec spec = {.kind = c->kernel == ND_COMPANION_FULL ? ND_KERNEL_FULL : ND_KERNEL_TRACE,
                                 .metric = ND_METRIC_NETWORK};
    const nndyn_linearized *model = c->model;
    return nd_kernel_fill(network, handle, &spec, model->n, model->x, model->n, NULL, NULL, out, c->order);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

static double norm(const nd_companion *c, const double *v)
{
    return sqrt(c->model->k->sum_squares(c->model->f.count, v));
}

/* The norm of kernel_now - kernel_start as an operator. */
static int drift_norm(nd_companion *c, void *handle, double *out)
{
    const int64_t n = c->order;
    double *values;
    ND_TRY(nd_allocate_for(handle, n, sizeof *values, &values));
    c->model->k->subtract(n * n, c->kernel_now, c->kernel_start, c->gap);
    const int status = nd_symmetric_eigen(handle, n, c->gap, 0, values);
    if (status == NNDYN_OK) {
        *out = fmax(fabs(values[0]), fabs(values[n - 1]));
    }
    nd_release(c->context, values);
    return status;
}

/* |L^-1 v|; v is overwritten. */
static double star(const nd_companion *c, double *v)
{
    for (int64_t i = 0; i < c->order; i++) {
        const double *row = c->factor + i * c->order;
        v[i] = (v[i] - c->model->k->dot(i, row, v)) / row[i];
    }
    return norm(c, v);
}

/* rho of a full batch; without a spectrum what 0 <= lambda <= largest allows. */
static double contraction(const nd_companion *c, double step)
{
    const nndyn_linearized *model = c->model;
    double rho = 0;
    if (model->values == NULL) {
        return fmax(1, step * c->largest - 1);
    }
    for (int64_t i = 0; i < model->order; i++) {
        rho = fmax(rho, fabs(1 - step * model->values[i]));
    }
    return rho;
}

static int is_full(const nd_companion *c, int64_t n)
{
    if (n != c->model->n) {
        return 0;
    }
    for (int64_t i = 0; i < n; i++) {
        if (c->rows[i] != i) { /* a permutation of all would do, but is no full batch of nndyn_batches */
            return 0;
        }
    }
    return 1;
}

/* Whether no step of this batch can lengthen an error in the norm of Theta_0^-1: rate h'' lambda_max(P^(1/2) Theta_0
 * P^(1/2)) <= 2, by the largest sum of a row; a sample that is twice in the batch has twice the weight. */
static int contracts(const nd_companion *c, const nd_linear_batch *batch)
{
    const nndyn_linearized *model = c->model;
    const int64_t k = model->outputs;
    const double step = batch->rate * batch->weight * nd_linear_curvature(&model->loss);
    double most = 0;
    for (int64_t i = 0; i < batch->count * k; i++) {
        const double *row = model->kernel + (batch->rows[i / k] * k + i % k) * model->order;
        double sum = 0;
        for (int64_t j = 0; j < batch->count * k; j++) {
            sum += fabs(row[batch->rows[j / k] * k + j % k]);
        }
        most = fmax(most, sum);
    }
    return step * most <= 2 || (is_full(c, batch->count) && step * c->largest <= 2);
}

/* Theta_s P e by the kernel at the step's start, before it is made anew. */
static int add_remainder(nd_companion *c, void *handle, const nd_linear_batch *batch, const double *change,
                         double *aside)
{
    const nndyn_linearized *model = c->model;
    const int64_t m = c->order;
    double gap;
    for (int64_t i = 0; i < m; i++) {
        aside[i] = change[i] + batch->rate * model->k->dot(m, c->kernel_now + i * m, c->force);
    }
    c->remainder = norm(c, aside);
    ND_TRY(drift_norm(c, handle, &gap));
    c->bound_kernel += batch->rate * gap * norm(c, c->force) + c->remainder;
    return NNDYN_OK;
}

static int add_bounds(nd_companion *c, void *handle, nndyn_network *network, const nd_linear_batch *batch, double *next)
{
    nndyn_linearized *model = c->model;
    const int64_t m = model->f.count;
    const double step = batch->rate * batch->weight * nd_linear_curvature(&model->loss);
    const double rho = is_full(c, batch->count) ? contraction(c, step) : (double)NAN;
    double *change = next + m, *aside = next + 2 * m;
    ND_TRY(nd_linear_forces(model, handle, batch, c->f, c->force));
    ND_TRY(nd_linear_outputs(network, handle, model->n, model->x, next));
    ND_TRY(nd_linear_product_rows(model, handle, batch->count, batch->rows, c->force, c->moved, NULL));
    model->k->subtract(m, next, c->f, change);
    c->bound_kernel *= rho;
    if (c->bound == ND_COMPANION_ALL) {
        ND_TRY(add_remainder(c, handle, batch, change, aside));
        ND_TRY(nd_companion_kernel(c, handle, network, c->kernel_now));
    }
    model->k->axpy(m, batch->rate, c->moved, change);
    c->bound_measured = c->bound_measured * rho + norm(c, change);
    c->bound_star += c->factor != NULL && contracts(c, batch) ? star(c, change) : (double)NAN;
    memcpy(c->f, next, (size_t)m * sizeof *next);
    return NNDYN_OK;
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

/* The batch is the one announced. */
static int check_batch(const nd_companion *c, void *handle, int64_t step, int64_t n, const void *x)
{
    const nndyn_dataset *data = nd_batches_dataset(c->batches);
    const size_t row = (size_t)data->inputs * nd_real_size(data->dtype);
    if (step != c->origin + c->model->steps) {
        return nd_fail(handle, NNDYN_ESTATE,
                       "the linear model has followed the network to step %lld, and this is step %lld",
                       (long long)(c->origin + c->model->steps), (long long)step);
    }
    if (n != nd_batches_rows(c->batches, step, c->rows)) {
        return nd_fail(handle, NNDYN_ESTATE, "the batch of step %lld is not the one of the linearization's batches",
                       (long long)step);
    }
    for (int64_t i = 0; i < n; i++) {
        if (memcmp((const char *)x + (size_t)i * row, (const char *)data->x + (size_t)c->rows[i] * row, row) != 0) {
            return nd_fail(handle, NNDYN_ESTATE,
                           "sample %lld of the batch of step %lld is not the one of the linearization's batches",
                           (long long)i, (long long)step);
        }
    }
    return NNDYN_OK;
}

int nd_companion_follow(nd_companion *c, void *handle, nndyn_network *network, const nndyn_trainer *trainer,
                        int64_t step, double rate, int64_t n, const void *x, const void *t)
{
    nd_linear_batch batch = nd_linear_batch_of(trainer, step);
    ND_TRY(check_batch(c, handle, step, n, x));
    widen(network->dtype, n * c->model->outputs, t, c->t);
    batch.count = n;
    batch.rows = c->rows;
    batch.t = c->t;
    batch.rate = rate;
    batch.weight = 1 / (double)n;
    if (c->bound != ND_COMPANION_UNBOUND) {
        double *room;
        ND_TRY(nd_allocate_for(handle, 3 * c->model->f.count, sizeof *room, &room));
        const int status = add_bounds(c, handle, network, &batch, room);
        nd_release(c->context, room);
        ND_TRY(status);
    }
    return nd_linear_step(c->model, handle, &batch);
}
