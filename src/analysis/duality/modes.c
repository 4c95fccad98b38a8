/* modes.c - singular triplets of the one Jacobian that stands for the data: that at the mean sample, or the mean one.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/duality/duality.h"
#include <math.h>
#include <string.h>

void nd_duality_mean(const nd_duality *duality, const double *x, const double *t, double *mean)
{
    int64_t inputs = duality->inputs, outputs = duality->outputs;
    memset(mean, 0, (size_t)(inputs + outputs) * sizeof *mean);
    for (int64_t s = 0; s < duality->n; s++) {
        for (int64_t i = 0; i < inputs; i++) {
            mean[i] += x[s * inputs + i];
        }
        for (int64_t k = 0; k < outputs; k++) {
            mean[inputs + k] += t[s * outputs + k];
        }
    }
    for (int64_t i = 0; i < inputs + outputs; i++) {
        mean[i] /= (double)duality->n;
    }
}

/* ---- the mean Jacobian as an operator ---------------------------------------------------------------------------- */

typedef struct mean_jacobian {
    nndyn_operator *batch; /* (1/n) [J_1 | ... | J_n], or without the 1/n */
    int64_t n, rows, per_sample;
    double factor;   /* 1, or 1/n */
    double *columns; /* n x per_sample */
} mean_jacobian;

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    const mean_jacobian *self = user;
    for (int64_t s = 0; s < self->n; s++) {
        memcpy(self->columns + s * self->per_sample, x, (size_t)self->per_sample * sizeof *x);
    }
    int status = nndyn_operator_apply(self->batch, self->columns, y);
    if (status != NNDYN_OK) {
        return nd_fail_from(op, status, self->batch);
    }
    for (int64_t i = 0; i < self->rows; i++) {
        y[i] *= self->factor;
    }
    return NNDYN_OK;
}

static int apply_transposed(nndyn_operator *op, void *user, const double *y, double *x)
{
    const mean_jacobian *self = user;
    int status = nndyn_operator_apply_transposed(self->batch, y, self->columns);
    if (status != NNDYN_OK) {
        return nd_fail_from(op, status, self->batch);
    }
    for (int64_t j = 0; j < self->per_sample; j++) {
        double sum = 0;
        for (int64_t s = 0; s < self->n; s++) {
            sum += self->columns[s * self->per_sample + j];
        }
        x[j] = self->factor * sum;
    }
    return NNDYN_OK;
}

static void destroy(nndyn_context *context, void *user)
{
    mean_jacobian *self = user;
    nndyn_operator_free(self->batch);
    nd_release(context, self->columns);
    nd_release(context, self);
}

static int mean_operator(const nd_duality *duality, const nndyn_options *options, const double *x, const double *t,
                         nndyn_operator **out)
{
    static const nd_operator_methods methods = {apply, apply_transposed, destroy};
    nndyn_network *network = duality->network;
    mean_jacobian *self;
    ND_TRY(nd_allocate_for(network, 1, sizeof *self, &self));
    self->n = duality->n;
    self->rows = duality->rows;
    self->per_sample = duality->per_sample;
    self->factor = duality->options[ND_PASS_REDUCTION].integer == 0 ? 1 : 1 / (double)duality->n;
    int status = nd_allocate_for(network, duality->columns, sizeof *self->columns, &self->columns);
    if (status == NNDYN_OK) {
        status = nd_duality_operator_create(network, duality->n, x, t, options, ND_DUALITY_KNOWS_MODES, &self->batch);
    }
    if (status != NNDYN_OK) {
        destroy(network->handle.context, self);
        return status;
    }
    return nd_operator_create(network, duality->rows, duality->per_sample, &methods, self, out);
}

static int point_operator(const nd_duality *duality, const nndyn_options *options, const double *x, const double *t,
                          nndyn_operator **out)
{
    nndyn_network *network = duality->network;
    double *mean;
    ND_TRY(nd_allocate_for(network, duality->inputs + duality->outputs, sizeof *mean, &mean));
    nd_duality_mean(duality, x, t, mean);
    int status =
        nd_duality_operator_create(network, 1, mean, mean + duality->inputs, options, ND_DUALITY_KNOWS_MODES, out);
    nd_release(network->handle.context, mean);
    return status;
}

/* ---- triplets ---------------------------------------------------------------------------------------------------- */

typedef struct triplets {
    int64_t count, rows, columns;
    double *s, *residuals, *u, *v;
    nd_arena arena;
} triplets;

static void carve(triplets *r)
{
    r->s = nd_arena_take(&r->arena, r->count, sizeof(double));
    r->residuals = nd_arena_take(&r->arena, r->count, sizeof(double));
    r->u = nd_arena_take(&r->arena, nd_product(r->count, r->rows), sizeof(double));
    r->v = nd_arena_take(&r->arena, nd_product(r->count, r->columns), sizeof(double));
}

static void negate(int64_t n, double *row)
{
    for (int64_t i = 0; i < n; i++) {
        row[i] = -row[i];
    }
}

static void fix_signs(triplets *r)
{
    for (int64_t i = 0; i < r->count; i++) {
        double *u = r->u + i * r->rows;
        if (nd_sign_of_largest(r->rows, u) < 0) {
            negate(r->rows, u);
            negate(r->columns, r->v + i * r->columns);
        }
    }
}

static int solve(const nd_duality *duality, nndyn_operator *op, triplets *r)
{
    const nd_option_value *values = duality->options;
    nndyn_network *network = duality->network;
    nndyn_options *options;
    int status = nndyn_options_create(network->handle.context, &options);
    if (status != NNDYN_OK) {
        return nd_fail(network, status, "no memory for the options of the solver");
    }
    status = nndyn_options_set_double(options, "tolerance", values[ND_DUALITY_TOLERANCE].real);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "iterations", values[ND_DUALITY_ITERATIONS].integer);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "seed", values[ND_DUALITY_SEED].integer);
    }
    if (status == NNDYN_OK) {
        status = nndyn_singular_values(op, r->count, options, r->s, r->u, r->v, r->residuals);
        if (status != NNDYN_OK) {
            nd_fail_from(network, status, op);
        }
    }
    nndyn_options_free(options);
    return status;
}

static int modes(const nd_duality *duality, const nndyn_options *options, const double *x, const double *t, triplets *r)
{
    static int (*const references[])(const nd_duality *, const nndyn_options *, const double *, const double *,
                                     nndyn_operator **) = {point_operator, mean_operator};
    nndyn_network *network = duality->network;
    nndyn_operator *op;
    int64_t rows = duality->rows, columns = duality->per_sample;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_size(network, r->count, 1, rows < columns ? rows : columns, "count"));
    r->rows = rows;
    r->columns = columns;
    carve(r);
    ND_TRY(nd_check_memory(network, (double)r->arena.used, "the modes"));
    ND_TRY(nd_arena_reserve(&r->arena, network));
    carve(r);
    ND_TRY(references[duality->options[ND_DUALITY_REFERENCE].integer](duality, options, x, t, &op));
    int status = solve(duality, op, r);
    nndyn_operator_free(op);
    ND_TRY(status);
    fix_signs(r);
    return NNDYN_OK;
}

static void deliver(int64_t count, const double *from, double *to)
{
    if (to != NULL) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

static int deliver_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                         const nndyn_options *options, double *s, double *u, double *v, double *residuals)
{
    triplets r = {.count = count};
    nd_duality *duality;
    ND_TRY(nd_check_pointer(network, s, "s"));
    ND_TRY(nd_duality_create(network, n, options, ND_DUALITY_KNOWS_MODES, &duality));
    int status = modes(duality, options, x, t, &r);
    if (status == NNDYN_OK) {
        deliver(count, r.s, s);
        deliver(count * r.rows, r.u, u);
        deliver(count * r.columns, r.v, v);
        deliver(count, r.residuals, residuals);
    }
    nd_arena_free(&r.arena);
    nd_duality_free(network->handle.context, duality);
    return status;
}

int nndyn_duality_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                        const nndyn_options *options, double *s, double *u, double *v, double *residuals)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_modes"));
    return nd_leave(network, deliver_modes(network, n, x, t, count, options, s, u, v, residuals));
}
