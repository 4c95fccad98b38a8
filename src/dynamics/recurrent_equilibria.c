/* recurrent_equilibria.c - equilibria from many starts: settled, merged, classified, put in order.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STARTS, LAW, BOX, SEED, TOLERANCE, MERGE, STEPS, STEP, NEWTON, MARGIN, OPTIONS };
enum { MOST_STARTS = 1 << 24 };

static const nd_option_spec specs[OPTIONS] = {
    [STARTS] = {"starts", ND_INTEGER, 0, MOST_STARTS, 64, NULL},
    [LAW] = {"law", ND_TEXT, 0, 0, 0, "uniform|normal"},
    [BOX] = {"box", ND_REAL, DBL_MIN, 1e100, 1.5, NULL},
    [SEED] = {"seed", ND_INTEGER, -DBL_MAX, DBL_MAX, 0, NULL},
    [TOLERANCE] = {"tolerance", ND_REAL, DBL_MIN, DBL_MAX, 1e-12, NULL},
    [MERGE] = {"merge", ND_REAL, DBL_MIN, DBL_MAX, 1e-6, NULL},
    [STEPS] = {"steps", ND_INTEGER, 1, 1e12, 2000, NULL},
    [STEP] = {"step", ND_REAL, DBL_MIN, 1, 0.5, NULL},
    [NEWTON] = {"newton", ND_INTEGER, 1, 1e9, 100, NULL},
    [MARGIN] = {"margin", ND_REAL, 0, DBL_MAX, 1e-9, NULL},
};

typedef struct found {
    double *x; /* q */
    double residual, hits[2];
} found;

typedef struct search {
    nndyn_recurrent *r;
    int64_t given, starts; /* given ones among all */
    const double *states;
    nd_option_value values[OPTIONS];
    nd_settle settle; /* of the way that is being gone */
    double *begin;    /* starts x q */
    double *places;   /* room for the coordinates of what is found: 2 starts x q */
    found *found;     /* 2 starts */
    int64_t count;
    nd_task task;
    nd_arena arena;
} search;

static void carve(search *s)
{
    int64_t q = s->r->rule.q;
    s->begin = nd_arena_take(&s->arena, s->starts * q, sizeof(double));
    s->settle.x = nd_arena_take(&s->arena, s->starts * q, sizeof(double));
    s->settle.residuals = nd_arena_take(&s->arena, s->starts, sizeof(double));
    s->settle.taken = nd_arena_take(&s->arena, s->starts, sizeof(int64_t));
    s->places = nd_arena_take(&s->arena, 2 * s->starts * q, sizeof(double));
    s->found = nd_arena_take(&s->arena, 2 * s->starts, sizeof(found));
}

static void draw(search *s)
{
    int64_t q = s->r->rule.q;
    double box = s->values[BOX].real;
    for (int64_t i = 0; i < s->given; i++) {
        nd_recurrent_gather(s->r, s->states + i * s->r->n, s->begin + i * q);
    }
    for (int64_t i = s->given; i < s->starts; i++) {
        nd_stream stream = nd_stream_open(s->values[SEED].integer, ND_RANDOM_RECURRENT, 0, i - s->given);
        double *x = s->begin + i * q;
        if (s->values[LAW].integer == 0) {
            nd_uniform(stream, 0, q, x);
        } else {
            nd_normal(stream, 0, q, x);
        }
        for (int64_t k = 0; k < q; k++) {
            x[k] = s->values[LAW].integer == 0 ? box * (2 * x[k] - 1) : box * x[k];
        }
    }
}

/* ---- merged ------------------------------------------------------------------------------------------------------ */

static int same(int64_t q, const double *a, const double *b, double merge)
{
    for (int64_t i = 0; i < q; i++) {
        if (!(fabs(a[i] - b[i]) <= merge)) {
            return 0;
        }
    }
    return 1;
}

static void collect(search *s, int way)
{
    int64_t q = s->r->rule.q;
    for (int64_t i = 0; i < s->starts; i++) {
        const double *x = s->settle.x + i * q;
        int64_t k = 0;
        if (!nd_settled(&s->settle, i)) {
            continue;
        }
        while (k < s->count && !same(q, s->found[k].x, x, s->values[MERGE].real)) {
            k++;
        }
        if (k == s->count) {
            s->found[k].x = s->places + k * q;
            memcpy(s->found[k].x, x, (size_t)q * sizeof *x);
            s->found[k].residual = s->settle.residuals[i];
            s->count++;
        }
        s->found[k].hits[way]++;
    }
}

/* By relaxation, whose ends Newton's method makes exact, and by Newton's method alone. */
static int go(search *s, int way, double from, double to)
{
    s->settle.from = from;
    s->settle.to = to;
    memcpy(s->settle.x, s->begin, (size_t)(s->starts * s->r->rule.q) * sizeof(double));
    if (way == 0) {
        s->settle.to = from + 0.5 * (to - from);
        s->settle.steps = s->values[STEPS].integer;
        s->settle.tolerance = fmax(s->values[TOLERANCE].real, 1e-9);
        ND_TRY(nd_recurrent_settle(&s->settle));
        s->settle.from = s->settle.to;
        s->settle.to = to;
    }
    for (int64_t i = 0; way == 0 && i < s->starts; i++) {
        if (!nd_settled(&s->settle, i)) { /* what did not settle is left out: NaN is not iterated */
            s->settle.x[i * s->r->rule.q] = NAN;
        }
    }
    s->settle.steps = s->values[NEWTON].integer;
    s->settle.tolerance = s->values[TOLERANCE].real;
    ND_TRY(nd_recurrent_newton(&s->settle));
    collect(s, way);
    return NNDYN_OK;
}

/* ---- in order ---------------------------------------------------------------------------------------------------- */

/* Coordinates are compared on a grid as fine as points are merged, so that rounding does not decide. */
static int compare(int64_t q, double merge, const double *a, const double *b)
{
    for (int64_t i = 0; i < q; i++) {
        double left = nearbyint(a[i] / merge), right = nearbyint(b[i] / merge);
        if (left != right) {
            return left < right ? -1 : 1;
        }
    }
    return 0;
}

/* By merging runs, stable. */
static void sort(search *s, found *room)
{
    found *from = s->found, *to = room;
    for (int64_t run = 1; run < s->count; run *= 2) {
        for (int64_t low = 0; low < s->count; low += 2 * run) {
            int64_t middle = low + run < s->count ? low + run : s->count;
            int64_t high = low + 2 * run < s->count ? low + 2 * run : s->count;
            int64_t a = low, b = middle;
            for (int64_t k = low; k < high; k++) {
                int left = a < middle &&
                           (b >= high || compare(s->r->rule.q, s->values[MERGE].real, from[a].x, from[b].x) <= 0);
                to[k] = left ? from[a++] : from[b++];
            }
        }
        found *swap = from;
        from = to;
        to = swap;
    }
    if (from != s->found) {
        memcpy(s->found, from, (size_t)s->count * sizeof *from);
    }
}

/* ---- classified -------------------------------------------------------------------------------------------------- */

int nd_contraction(void *handle, int64_t q, double *a, double *values, double *contraction)
{
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < i; j++) {
            a[i * q + j] = a[j * q + i] = 0.5 * (a[i * q + j] + a[j * q + i]);
        }
    }
    ND_TRY(nd_symmetric_eigen(handle, q, a, 0, values));
    *contraction = values[q - 1];
    return NNDYN_OK;
}

/* room: q x q, re, im: q. */
static int classify(search *s, nndyn_fixed_points *f, int64_t index, double *room, double *re, double *im)
{
    int64_t q = f->q;
    nd_point *point = &f->points[index];
    const double *slopes = f->slopes + index * q;
    double margin = s->values[MARGIN].real;
    nd_stability_matrix(q, slopes, f->w, room); /* dgeev takes columns: the transpose has the same eigenvalues */
    ND_TRY(nd_general_eigen(s->r, q, room, re, im, NULL));
    point->abscissa = re[0];
    for (int64_t i = 0; i < q; i++) {
        point->abscissa = fmax(point->abscissa, re[i]);
        point->unstable += re[i] > margin;
    }
    point->stability = point->abscissa < -margin  ? NNDYN_FIXED_POINT_STABLE
                       : point->abscissa > margin ? NNDYN_FIXED_POINT_UNSTABLE
                                                  : NNDYN_FIXED_POINT_MARGINAL;
    nd_stability_matrix(q, slopes, f->w, room);
    return nd_contraction(s->r, q, room, re, &point->contraction);
}

static int fill(search *s, nndyn_fixed_points *f, double *room)
{
    nndyn_recurrent *r = s->r;
    int64_t q = f->q;
    double *re = room + q * q, *im = re + q, *work = im + q;
    memcpy(f->w, r->bulk, (size_t)(q * q) * sizeof *f->w);
    for (int64_t i = 0; i < s->count; i++) {
        double *state = f->states + i * f->n;
        memcpy(state, r->values, (size_t)r->n * sizeof *state);
        nd_recurrent_scatter(r, s->found[i].x, state);
        f->points[i].residual = s->found[i].residual;
        memcpy(f->points[i].hits, s->found[i].hits, sizeof f->points[i].hits);
        (void)nd_recurrent_linearize(r, state, f->slopes + i * q, work);
        ND_TRY(classify(s, f, i, room, re, im));
        ND_TRY(nd_task_report(&s->task, 0.8 + 0.2 * (double)(i + 1) / (double)s->count));
    }
    return NNDYN_OK;
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_fixed_points *f = object;
    nd_release(f->handle.context, f->points);
    nd_release(f->handle.context, f->states);
    nd_release(f->handle.context, f->slopes);
    nd_release(f->handle.context, f->w);
}

static int fill_with_room(search *s, nndyn_fixed_points *f)
{
    double *room = NULL;
    int64_t q = f->q;
    int64_t most = f->count > 0 ? f->count : 1;
    ND_TRY(nd_allocate_for(s->r, most, sizeof *f->points, &f->points));
    ND_TRY(nd_allocate_for(s->r, most * f->n, sizeof(double), &f->states));
    ND_TRY(nd_allocate_for(s->r, most * q, sizeof(double), &f->slopes));
    ND_TRY(nd_allocate_for(s->r, q * q, sizeof(double), &f->w));
    ND_TRY(nd_allocate_for(s->r, q * q + 6 * q, sizeof(double), &room));
    int status = fill(s, f, room);
    nd_release(nd_handle_context(s->r), room);
    return status;
}

static int wrap(search *s, nndyn_fixed_points **out)
{
    nndyn_fixed_points *f = NULL;
    double bytes = (double)s->count * (double)(2 * s->r->n) * (double)sizeof(double);
    ND_TRY(nd_check_memory(s->r, bytes + nd_general_eigen_bytes(s->r->rule.q), "the equilibria"));
    if (nd_handle_create(nd_handle_context(s->r), ND_FIXED_POINTS, sizeof *f, destroy, &f) != NNDYN_OK) {
        return nd_fail(s->r, NNDYN_ENOMEM, "no memory for the result");
    }
    f->count = s->count;
    f->n = s->r->n;
    f->q = s->r->rule.q;
    int status = fill_with_room(s, f);
    if (status != NNDYN_OK) {
        nd_handle_release(f);
        return status;
    }
    *out = f;
    return NNDYN_OK;
}

/* ---- the search -------------------------------------------------------------------------------------------------- */

static int find(search *s)
{
    found *room = NULL;
    carve(s);
    ND_TRY(nd_check_memory(s->r, (double)s->arena.used, "the starts"));
    ND_TRY(nd_arena_reserve(&s->arena, s->r));
    carve(s);
    draw(s);
    nd_task_begin(&s->task, s->r, "recurrent equilibria");
    s->settle.task = &s->task;
    ND_TRY(go(s, 0, 0, 0.4));
    ND_TRY(go(s, 1, 0.4, 0.8));
    if (s->count > 1) {
        ND_TRY(nd_allocate_for(s->r, s->count, sizeof *room, &room));
        sort(s, room);
        nd_release(nd_handle_context(s->r), room);
    }
    return NNDYN_OK;
}

static int equilibria(nndyn_recurrent *r, int64_t count, const double *starts, const nndyn_options *options,
                      nndyn_fixed_points **out)
{
    search s = {.r = r, .given = count, .states = starts};
    ND_TRY(nd_check_size(r, count, 0, MOST_STARTS, "count"));
    if (count > 0) {
        ND_TRY(nd_check_pointer(r, starts, "starts"));
        ND_TRY(nd_check_finite(r, count, r->n, starts, "starts"));
    }
    ND_TRY(nd_check_pointer(r, out, "out"));
    ND_TRY(nd_options_read(r, options, specs, OPTIONS, s.values));
    s.starts = count + s.values[STARTS].integer;
    if (s.starts == 0) {
        return nd_fail(r, NNDYN_EARG, "count is 0 and so is the option \"starts\"; a search needs a start");
    }
    if (!s.values[SEED].given) {
        s.values[SEED].integer = nd_context_seed(nd_handle_context(r));
    }
    s.settle = (nd_settle){.network = r, .count = s.starts, .step = s.values[STEP].real};
    int status = find(&s);
    status = status == NNDYN_OK ? wrap(&s, out) : status;
    nd_arena_free(&s.arena);
    return status;
}

int nndyn_recurrent_equilibria(nndyn_recurrent *recurrent, int64_t count, const double *starts,
                               const nndyn_options *options, nndyn_fixed_points **out)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_equilibria"));
    return nd_leave(recurrent, equilibria(recurrent, count, starts, options, out));
}
