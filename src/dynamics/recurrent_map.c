/* recurrent_map.c - a step of the recurrent network as a map of its bulk: discrete, Euler, Runge-Kutta.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/dynamics.h"
#include "dynamics/recurrent.h"
#include <float.h>
#include <string.h>

enum { RK4, EULER, DISCRETE };

typedef struct recurrent_map {
    nd_rule rule;
    int method;
    double *w, *bias, *inflow; /* q x q, q, and W_QP x_P: q */
    nd_arena arena;
} recurrent_map;

/* The gain is the first parameter, the step the second. */
enum { GAIN, STEP };

typedef struct lanes {
    double *x, *y, *z, *drive, *stage, *sum; /* q x ND_ABREAST each */
} lanes;

enum { ARRAYS = 6 };

static size_t scratch(const void *self, int64_t count)
{
    (void)count;
    return (size_t)((const recurrent_map *)self)->rule.q * ND_ABREAST * ARRAYS * sizeof(double);
}

static lanes place(int64_t q, double *room)
{
    int64_t size = q * ND_ABREAST;
    return (lanes){room, room + size, room + 2 * size, room + 3 * size, room + 4 * size, room + 5 * size};
}

/* stage = x + length (y - at), sum += weight (y - at), with y = f(gain w at + drive): `at` is stage, or x to begin. */
static int slope(const recurrent_map *m, double gain, lanes *b, const double *at, double length, double weight)
{
    ND_TRY(nd_rule_lanes(&m->rule, gain, b->drive, at, b->z, b->y));
    for (int64_t i = 0; i < m->rule.q * ND_ABREAST; i++) {
        double k = b->y[i] - at[i];
        b->sum[i] += weight * k;
        b->stage[i] = b->x[i] + length * k;
    }
    return NNDYN_OK;
}

/* The next state, in sum. */
static int step(const recurrent_map *m, const double *parameters, lanes *b)
{
    double gain = parameters[GAIN];
    size_t bytes = (size_t)(m->rule.q * ND_ABREAST) * sizeof(double);
    if (m->method == DISCRETE) {
        return nd_rule_lanes(&m->rule, gain, b->drive, b->x, b->z, b->sum);
    }
    double h = parameters[STEP];
    memcpy(b->sum, b->x, bytes);
    if (m->method == EULER) {
        return slope(m, gain, b, b->x, 0, h);
    }
    ND_TRY(slope(m, gain, b, b->x, h / 2, h / 6));
    ND_TRY(slope(m, gain, b, b->stage, h / 2, h / 3));
    ND_TRY(slope(m, gain, b, b->stage, h, h / 3));
    return slope(m, gain, b, b->stage, 0, h / 6);
}

static void transpose_in(int64_t q, int64_t count, const double *states, double *x)
{
    for (int64_t i = 0; i < q; i++) {
        for (int64_t l = 0; l < ND_ABREAST; l++) {
            x[i * ND_ABREAST + l] = l < count ? states[l * q + i] : 0;
        }
    }
}

static int advance(const void *self, const double *parameters, int64_t count, const double *states, double *next,
                   void *room)
{
    const recurrent_map *m = self;
    int64_t q = m->rule.q;
    lanes b = place(q, room);
    for (int64_t i = 0; i < q; i++) {
        for (int l = 0; l < ND_ABREAST; l++) {
            b.drive[i * ND_ABREAST + l] = m->bias[i] + parameters[GAIN] * m->inflow[i];
        }
    }
    for (int64_t first = 0; first < count; first += ND_ABREAST) {
        int64_t now = count - first < ND_ABREAST ? count - first : ND_ABREAST;
        transpose_in(q, now, states + first * q, b.x);
        if (step(m, parameters, &b) != NNDYN_OK) {
            return 1;
        }
        for (int64_t l = 0; l < now; l++) {
            for (int64_t i = 0; i < q; i++) {
                next[(first + l) * q + i] = b.sum[i * ND_ABREAST + l];
            }
        }
    }
    return 0;
}

/* ---- create ------------------------------------------------------------------------------------------------------ */

static void destroy(void *self, nndyn_context *context)
{
    recurrent_map *m = self;
    nd_arena_free(&m->arena);
    nd_release(context, m);
}

static void carve(recurrent_map *m)
{
    int64_t q = m->rule.q;
    m->w = nd_arena_take(&m->arena, q * q, sizeof(double));
    m->bias = nd_arena_take(&m->arena, q, sizeof(double));
    m->inflow = nd_arena_take(&m->arena, q, sizeof(double));
}

static int copy_network(nndyn_recurrent *r, recurrent_map *m)
{
    int64_t q = r->rule.q;
    m->rule = r->rule;
    carve(m);
    ND_TRY(nd_check_memory(r, (double)m->arena.used, "the map"));
    ND_TRY(nd_arena_reserve(&m->arena, r));
    carve(m);
    memcpy(m->w, r->bulk, (size_t)(q * q) * sizeof *m->w);
    memcpy(m->bias, r->bias, (size_t)q * sizeof *m->bias);
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < r->p; j++) {
            m->inflow[i] += r->inflow[i * r->p + j] * r->values[r->order[q + j]];
        }
    }
    m->rule.w = m->w;
    return NNDYN_OK;
}

enum { METHOD, LENGTH, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [METHOD] = {"method", ND_TEXT, 0, 0, 0, "rk4|euler|discrete"},
    [LENGTH] = {"step", ND_REAL, DBL_MIN, DBL_MAX, 0.05, NULL},
};

static int create(nndyn_recurrent *r, const nndyn_options *options, nndyn_map **out)
{
    static const nd_map_kind kind = {
        .block = ND_ABREAST, .concurrent = 1, .scratch = scratch, .advance = advance, .destroy = destroy};
    nd_option_value values[OPTIONS];
    recurrent_map *m = NULL;
    ND_TRY(nd_check_pointer(r, out, "out"));
    ND_TRY(nd_options_read(r, options, specs, OPTIONS, values));
    if (values[LENGTH].given && values[METHOD].integer == DISCRETE) {
        return nd_fail(r, NNDYN_EOPTION, "option \"step\" is of the flow; the method \"discrete\" has none");
    }
    ND_TRY(nd_allocate_for(r, 1, sizeof *m, &m));
    m->method = (int)values[METHOD].integer;
    int status = copy_network(r, m);
    status = status == NNDYN_OK ? nd_map_make(r, m->rule.q, &kind, m, out) : status;
    if (status != NNDYN_OK) {
        destroy(m, nd_handle_context(r));
        return status;
    }
    nd_map_add_parameter(*out, "gain", r->gain);
    if (m->method != DISCRETE) {
        nd_map_add_parameter(*out, "step", values[LENGTH].real);
    }
    return NNDYN_OK;
}

int nndyn_map_create_recurrent(nndyn_recurrent *recurrent, const nndyn_options *options, nndyn_map **out)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_map_create_recurrent"));
    return nd_leave(recurrent, create(recurrent, options, out));
}
