/* recurrent_jacobian.c - how the bulk at a fixed point answers to the boundary, by one LU factorization a state.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>

static const nd_option_spec tolerance_spec[] = {{"tolerance", ND_REAL, DBL_MIN, DBL_MAX, 1e-6, NULL}};

enum { FORWARD, BACKWARD, MATRIX };

typedef struct response {
    nndyn_recurrent *r;
    int64_t count;
    const double *states, *in;
    double *out, *condition;
    int kind;
    double tolerance;
    double *a, *slopes, *work, *b; /* q x q, q, 4 q, right-hand sides */
    double *results, *conditions;  /* until all states are done */
    nd_arena arena;
} response;

/* Numbers a state takes in and gives out, and right-hand sides. */
static int64_t width_out(const response *s)
{
    int64_t q = s->r->rule.q, p = s->r->p;
    return s->kind == MATRIX ? q * p : s->kind == FORWARD ? q : p;
}

static int64_t sides(const response *s)
{
    return s->kind == MATRIX ? (s->out != NULL ? s->r->p : 0) : 1;
}

static void carve(response *s)
{
    int64_t q = s->r->rule.q;
    s->a = nd_arena_take(&s->arena, q * q, sizeof(double));
    s->slopes = nd_arena_take(&s->arena, q, sizeof(double));
    s->work = nd_arena_take(&s->arena, 4 * q, sizeof(double));
    s->b = nd_arena_take(&s->arena, sides(s) * q + 1, sizeof(double));
    s->results = nd_arena_take(&s->arena, s->out != NULL ? s->count * width_out(s) : 1, sizeof(double));
    s->conditions = nd_arena_take(&s->arena, s->count, sizeof(double));
}

/* 1 - S W_QQ at a state, factored. */
static int factor(response *s, int64_t index, nd_lu *lu)
{
    int64_t q = s->r->rule.q;
    double residual = nd_recurrent_linearize(s->r, s->states + index * s->r->n, s->slopes, s->work);
    ND_TRY(nd_recurrent_check_fixed(s->r, index, residual, s->tolerance));
    nd_stability_matrix(q, s->slopes, s->r->rule.w, s->a);
    for (int64_t i = 0; i < q * q; i++) {
        s->a[i] = -s->a[i];
    }
    ND_TRY(nd_lu_factor(s->r, q, s->a, lu));
    if (lu->reciprocal < DBL_EPSILON) {
        nd_lu_free(s->r, lu);
        return nd_fail(s->r, NNDYN_ENUMERIC,
                       "1 is an eigenvalue of S W_QQ at state %lld (to working precision): the fixed point is at a "
                       "bifurcation, where it has no derivative; change gain, weights or boundary a little",
                       (long long)index);
    }
    s->conditions[index] = 1 / lu->reciprocal;
    return NNDYN_OK;
}

/* S W_QP v, or column j of S W_QP where v is NULL. */
static void inflow(const response *s, const double *v, int64_t column, double *b)
{
    for (int64_t i = 0; i < s->r->rule.q; i++) {
        const double *row = s->r->inflow + i * s->r->p;
        double sum = v == NULL ? row[column] : 0;
        for (int64_t j = 0; v != NULL && j < s->r->p; j++) {
            sum += row[j] * v[j];
        }
        b[i] = s->slopes[i] * sum;
    }
}

static int forward(response *s, int64_t index, const nd_lu *lu)
{
    int64_t q = s->r->rule.q;
    inflow(s, s->in + index * s->r->p, 0, s->results + index * q);
    return nd_lu_solve(s->r, lu, 0, 1, s->results + index * q);
}

static int backward(response *s, int64_t index, const nd_lu *lu)
{
    int64_t q = s->r->rule.q, p = s->r->p;
    double *out = s->results + index * p;
    for (int64_t i = 0; i < q; i++) {
        s->b[i] = s->in[index * q + i];
    }
    ND_TRY(nd_lu_solve(s->r, lu, 1, 1, s->b));
    for (int64_t j = 0; j < p; j++) {
        out[j] = 0;
    }
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < p; j++) {
            out[j] += s->r->inflow[i * p + j] * (s->slopes[i] * s->b[i]);
        }
    }
    return NNDYN_OK;
}

static int matrix(response *s, int64_t index, const nd_lu *lu)
{
    int64_t q = s->r->rule.q, p = s->r->p;
    if (s->out == NULL) {
        return NNDYN_OK;
    }
    double *out = s->results + index * q * p;
    for (int64_t j = 0; j < p; j++) {
        inflow(s, NULL, j, s->b + j * q);
    }
    ND_TRY(nd_lu_solve(s->r, lu, 0, p, s->b));
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < p; j++) {
            out[i * p + j] = s->b[j * q + i];
        }
    }
    return NNDYN_OK;
}

static int one(response *s, int64_t index)
{
    static int (*const kinds[])(response *, int64_t, const nd_lu *) = {forward, backward, matrix};
    nd_lu lu;
    ND_TRY(factor(s, index, &lu));
    int status = kinds[s->kind](s, index, &lu);
    nd_lu_free(s->r, &lu);
    ND_TRY(status);
    if (s->out != NULL && !s->r->rule.kernels->all_finite(width_out(s), s->results + index * width_out(s))) {
        return nd_fail(s->r, NNDYN_ENUMERIC, "the derivative at state %lld is not finite", (long long)index);
    }
    return NNDYN_OK;
}

static int run(response *s)
{
    nd_task task;
    carve(s);
    ND_TRY(nd_check_memory(s->r, (double)s->arena.used + nd_lu_bytes(s->r->rule.q), "the derivatives"));
    ND_TRY(nd_arena_reserve(&s->arena, s->r));
    carve(s);
    nd_task_begin(&task, s->r, "recurrent derivatives");
    for (int64_t i = 0; i < s->count; i++) {
        ND_TRY(one(s, i));
        ND_TRY(nd_task_report(&task, (double)(i + 1) / (double)s->count));
    }
    for (int64_t i = 0; s->out != NULL && i < s->count * width_out(s); i++) {
        s->out[i] = s->results[i];
    }
    for (int64_t i = 0; s->condition != NULL && i < s->count; i++) {
        s->condition[i] = s->conditions[i];
    }
    return NNDYN_OK;
}

static int respond(response *s, const nndyn_options *options)
{
    nndyn_recurrent *r = s->r;
    nd_option_value tolerance;
    if (r->p == 0) {
        return nd_fail(r, NNDYN_EARG,
                       "no neuron is clamped, so there is no boundary to answer to; clamp some with "
                       "nndyn_recurrent_set_boundary");
    }
    ND_TRY(nd_check_size(r, s->count, 1, INT64_MAX / (8 * r->n * r->n), "count"));
    ND_TRY(nd_check_pointer(r, s->states, "states"));
    if (s->kind != MATRIX) {
        ND_TRY(nd_check_pointer(r, s->in, s->kind == FORWARD ? "boundary" : "bulk"));
        ND_TRY(nd_check_pointer(r, s->out, s->kind == FORWARD ? "bulk" : "boundary"));
        ND_TRY(nd_check_finite(r, s->count, s->kind == FORWARD ? r->p : r->rule.q, s->in,
                               s->kind == FORWARD ? "boundary" : "bulk"));
    }
    ND_TRY(nd_options_read(r, options, tolerance_spec, 1, &tolerance));
    ND_TRY(nd_check_finite(r, s->count, r->n, s->states, "states"));
    s->tolerance = tolerance.real;
    int status = run(s);
    nd_arena_free(&s->arena);
    return status;
}

int nndyn_recurrent_jacobian(nndyn_recurrent *recurrent, int64_t count, const double *states,
                             const nndyn_options *options, double *jacobian, double *condition)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_jacobian"));
    response s = {
        .r = recurrent, .count = count, .states = states, .out = jacobian, .condition = condition, .kind = MATRIX};
    return nd_leave(recurrent, respond(&s, options));
}

int nndyn_recurrent_jvp(nndyn_recurrent *recurrent, int64_t count, const double *states, const double *boundary,
                        const nndyn_options *options, double *bulk)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_jvp"));
    response s = {.r = recurrent, .count = count, .states = states, .in = boundary, .out = bulk, .kind = FORWARD};
    return nd_leave(recurrent, respond(&s, options));
}

int nndyn_recurrent_vjp(nndyn_recurrent *recurrent, int64_t count, const double *states, const double *bulk,
                        const nndyn_options *options, double *boundary)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_vjp"));
    response s = {.r = recurrent, .count = count, .states = states, .in = bulk, .out = boundary, .kind = BACKWARD};
    return nd_leave(recurrent, respond(&s, options));
}
