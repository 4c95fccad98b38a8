/* bundle.c - bundles of neurons on one projection: the calls.  SPDX-License-Identifier: MIT */
#include "analysis/order/bundle.h"
#include "network/build.h"
#include "statistics/statistics.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* What is known of f beyond its formula. */
enum {
    ODD = 1,       /* f(-z) = constant - f(z) */
    EVEN = 2,      /* f(-z) = f(z) */
    INCREASES = 4, /* f' > 0 */
    LINES = 8,     /* two pieces of straight lines */
    TANH = 16      /* a scaled tanh */
};

static int traits(const nd_activation *f)
{
    static const int table[ND_ACTIVATIONS] = {
        [NNDYN_IDENTITY] = LINES,
        [NNDYN_RELU] = LINES,
        [NNDYN_LEAKY_RELU] = LINES,
        [NNDYN_SOFTPLUS] = INCREASES,
        [NNDYN_SIGMOID] = ODD | INCREASES | TANH,
        [NNDYN_TANH] = ODD | INCREASES | TANH,
        [NNDYN_ERF] = ODD | INCREASES,
        [NNDYN_ARCTAN] = ODD | INCREASES,
        [NNDYN_SOFTSIGN] = ODD | INCREASES,
        [NNDYN_ISRU] = ODD | INCREASES,
        [NNDYN_EXP] = INCREASES,
        [NNDYN_SIN] = ODD,
        [NNDYN_COS] = EVEN,
        [NNDYN_ABS_POWER] = EVEN,
    };
    if (f->kind == NNDYN_ELU) {
        return f->parameter > 0 ? INCREASES : f->parameter == 0 ? LINES : 0;
    }
    return table[f->kind];
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

typedef struct given {
    int64_t units;
    const double *w, *b, *v;
} given;

static void carve(nd_bundle *bundle, int64_t units)
{
    bundle->terms = nd_arena_take(&bundle->arena, units, sizeof *bundle->terms);
    bundle->work = nd_arena_take(&bundle->arena, 6 * units, sizeof *bundle->work);
}

static int precedes(const nd_bundle_term *a, const nd_bundle_term *b)
{
    return a->w != b->w ? a->w < b->w : a->b < b->b;
}

/* Merge sort, stable: read-out weights of equal terms are added in their order. */
static void sort_terms(int64_t n, nd_bundle_term *terms, nd_bundle_term *scratch)
{
    if (n < 2) {
        return;
    }
    const int64_t middle = n / 2;
    sort_terms(middle, terms, scratch);
    sort_terms(n - middle, terms + middle, scratch);
    memcpy(scratch, terms, (size_t)n * sizeof *terms);
    for (int64_t k = 0, i = 0, j = middle; k < n; k++) {
        terms[k] = j < n && (i == middle || precedes(&scratch[j], &scratch[i])) ? scratch[j++] : scratch[i++];
    }
}

/* Terms that depend on h, with w > 0 where the symmetry of f allows it, equal ones joined, none with v = 0. */
static void reduce(nd_bundle *bundle, const given *g)
{
    const int known = traits(&bundle->f);
    nd_bundle_term *terms = bundle->terms;
    int64_t count = 0;
    for (int64_t j = 0; j < g->units; j++) {
        nd_bundle_term t = {g->w[j], g->b[j], g->v[j]};
        if (t.w < 0 && (known & (ODD | EVEN)) != 0) {
            t = (nd_bundle_term){-t.w, -t.b, (known & ODD) != 0 ? -t.v : t.v};
        }
        if (t.w != 0) {
            terms[count++] = t;
        }
    }
    sort_terms(count, terms, (nd_bundle_term *)(void *)bundle->work);
    bundle->units = 0;
    for (int64_t first = 0, last = 0; first < count; first = last) {
        nd_sum sum = {0};
        for (last = first; last < count && terms[last].w == terms[first].w && terms[last].b == terms[first].b; last++) {
            nd_sum_add(&sum, terms[last].v);
        }
        if (nd_sum_value(&sum) != 0) {
            terms[bundle->units++] = (nd_bundle_term){terms[first].w, terms[first].b, nd_sum_value(&sum)};
        }
    }
}

static int check_given(nndyn_context *context, const given *g)
{
    ND_TRY(nd_check_size(context, g->units, 1, INT_MAX, "units"));
    ND_TRY(nd_check_pointer(context, g->w, "w"));
    ND_TRY(nd_check_pointer(context, g->b, "b"));
    ND_TRY(nd_check_pointer(context, g->v, "v"));
    ND_TRY(nd_check_finite(context, g->units, 1, g->w, "w"));
    ND_TRY(nd_check_finite(context, g->units, 1, g->b, "b"));
    return nd_check_finite(context, g->units, 1, g->v, "v");
}

enum { PARAMETER, LOW, HIGH, RESOLUTION, OPTIONS };

static int open_bundle(nndyn_context *context, const given *g, int activation, const nndyn_options *options,
                       nd_bundle *bundle)
{
    static const nd_option_spec specs[OPTIONS] = {{"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
                                                  {"low", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
                                                  {"high", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
                                                  {"resolution", ND_REAL, 1e-15, 0.1, 1e-10, NULL}};
    nd_option_value o[OPTIONS];
    const nd_kernels_f32 *k32;
    *bundle = (nd_bundle){.context = context, .arena = {.context = context}};
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, o));
    ND_TRY(nd_activation_make(context, activation, &o[PARAMETER], &bundle->f));
    bundle->low = o[LOW].given ? o[LOW].real : -INFINITY;
    bundle->high = o[HIGH].given ? o[HIGH].real : INFINITY;
    bundle->resolution = o[RESOLUTION].real;
    if (!(bundle->low < bundle->high)) {
        return nd_fail(context, NNDYN_EOPTION, "option \"low\" is %g, must be below option \"high\", %g", bundle->low,
                       bundle->high);
    }
    if (activation == NNDYN_ABS_POWER && bundle->f.parameter < 1) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "bundles of |z|^p with p = %g are not provided: the slope is infinite at 0; give p >= 1",
                       bundle->f.parameter);
    }
    ND_TRY(check_given(context, g));
    ND_TRY(nd_order_kernels(context, &bundle->k64, &k32));
    carve(bundle, g->units);
    ND_TRY(nd_check_memory(context, (double)bundle->arena.used, "the bundle"));
    ND_TRY(nd_arena_reserve(&bundle->arena, context));
    carve(bundle, g->units);
    reduce(bundle, g);
    return NNDYN_OK;
}

static void close_bundle(nd_bundle *bundle)
{
    nd_release(bundle->context, bundle->found.positions);
    nd_arena_free(&bundle->arena);
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

int nd_extrema_add(nd_bundle *bundle, double position)
{
    nd_extrema *found = &bundle->found;
    if (!(position > bundle->low && position < bundle->high)) {
        return NNDYN_OK;
    }
    if (found->count == found->capacity) {
        const int64_t capacity = found->capacity == 0 ? 16 : 2 * found->capacity;
        double *positions = NULL;
        ND_TRY(nd_allocate_for(bundle->context, capacity, sizeof *positions, &positions));
        for (int64_t i = 0; i < found->count; i++) {
            positions[i] = found->positions[i];
        }
        nd_release(bundle->context, found->positions);
        found->positions = positions;
        found->capacity = capacity;
    }
    found->positions[found->count++] = position;
    return NNDYN_OK;
}

/* Lemma 1: the common sign of v w, or 0. */
static int common_sign(const nd_bundle *bundle)
{
    int up = 0, down = 0;
    for (int64_t j = 0; j < bundle->units; j++) {
        const int rises = (bundle->terms[j].v > 0) == (bundle->terms[j].w > 0);
        up |= rises;
        down |= !rises;
    }
    return up - down;
}

/* Ends that were not given: where the outermost term is flat, or has its limit, to rounding. */
static int bound_interval(nd_bundle *bundle)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t j = 0; j < bundle->units; j++) {
        const nd_bundle_term *t = &bundle->terms[j];
        low = fmin(low, (t->w > 0 ? -40 - t->b : 40 - t->b) / t->w);
        high = fmax(high, (t->w > 0 ? 40 - t->b : -40 - t->b) / t->w);
    }
    bundle->low = bundle->low == -INFINITY ? low : bundle->low;
    bundle->high = bundle->high == INFINITY ? high : bundle->high;
    if (!(bundle->low < bundle->high) || !isfinite(bundle->high - bundle->low)) {
        return nd_fail(bundle->context, NNDYN_EOPTION,
                       "the interval from %g to %g is empty or infinite; give both options \"low\" and \"high\"",
                       bundle->low, bundle->high);
    }
    return NNDYN_OK;
}

static int find_extrema(nd_bundle *bundle)
{
    const int known = traits(&bundle->f);
    if (bundle->units == 0) {
        bundle->found.flat = 1;
        return NNDYN_OK;
    }
    if ((known & LINES) != 0) {
        return nd_bundle_lines(bundle);
    }
    const int sign = common_sign(bundle);
    if ((known & INCREASES) != 0 && sign != 0) {
        bundle->found.up = sign > 0;
        bundle->found.down = sign < 0;
        return NNDYN_OK;
    }
    if ((known & TANH) != 0 && bundle->units == 2) {
        return nd_bundle_pair(bundle);
    }
    ND_TRY(bound_interval(bundle));
    return nd_bundle_pieces(bundle);
}

static int verdict_of(const nd_extrema *found)
{
    const int64_t counts[NNDYN_ORDER_COUNTS] = {
        [NNDYN_ORDER_CONCORDANT] = found->up,
        [NNDYN_ORDER_DISCORDANT] = found->down,
        [NNDYN_ORDER_TIED_G] = found->flat,
    };
    return nd_order_verdict(counts);
}

/* y at n points by the caller's terms, in their order. */
static int evaluate(nd_bundle *bundle, const given *g, int64_t n, const double *h, double *y)
{
    double *z = bundle->work, *f = z + g->units;
    for (int64_t i = 0; i < n; i++) {
        nd_sum sum = {0};
        for (int64_t j = 0; j < g->units; j++) {
            z[j] = g->w[j] * h[i] + g->b[j];
        }
        bundle->k64->activate_derivative(&bundle->f, 0, g->units, z, f);
        for (int64_t j = 0; j < g->units; j++) {
            nd_sum_add(&sum, g->v[j] * f[j]);
        }
        y[i] = nd_sum_value(&sum);
        if (!isfinite(y[i])) {
            return nd_fail(bundle->context, NNDYN_ENUMERIC, "the bundle at h = %g is beyond the range of double", h[i]);
        }
    }
    return NNDYN_OK;
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

typedef struct wanted {
    int64_t capacity;
    double *positions, *values;
    int64_t *count;
    int *verdict, *certain;
} wanted;

static int search(nd_bundle *bundle, const given *g, const wanted *w)
{
    double *values = NULL;
    ND_TRY(find_extrema(bundle));
    const int64_t count = bundle->found.count, written = count < w->capacity ? count : w->capacity;
    int status = NNDYN_OK;
    if (w->values != NULL && written > 0) {
        ND_TRY(nd_allocate_for(bundle->context, written, sizeof *values, &values));
        status = evaluate(bundle, g, written, bundle->found.positions, values);
    }
    for (int64_t i = 0; status == NNDYN_OK && i < written; i++) {
        w->positions[i] = bundle->found.positions[i];
        if (w->values != NULL) {
            w->values[i] = values[i];
        }
    }
    nd_release(bundle->context, values);
    ND_TRY(status);
    *w->count = count;
    *w->verdict = verdict_of(&bundle->found);
    if (w->certain != NULL) {
        *w->certain = !bundle->found.undecided;
    }
    return NNDYN_OK;
}

static int bundle_all(nndyn_context *context, const given *g, int activation, const nndyn_options *options,
                      const wanted *w)
{
    nd_bundle bundle;
    ND_TRY(nd_check_size(context, w->capacity, 0, INT_MAX, "capacity"));
    if (w->capacity > 0) {
        ND_TRY(nd_check_pointer(context, w->positions, "positions"));
    }
    ND_TRY(nd_check_pointer(context, w->count, "count"));
    ND_TRY(nd_check_pointer(context, w->verdict, "verdict"));
    int status = open_bundle(context, g, activation, options, &bundle);
    if (status == NNDYN_OK) {
        status = search(&bundle, g, w);
    }
    close_bundle(&bundle);
    return status;
}

int nndyn_order_bundle(nndyn_context *context, int64_t units, const double *w, const double *b, const double *v,
                       int activation, const nndyn_options *options, int64_t capacity, double *positions,
                       double *values, int64_t *count, int *verdict, int *certain)
{
    const given g = {units, w, b, v};
    const wanted out = {capacity, positions, values, count, verdict, certain};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, bundle_all(context, &g, activation, options, &out));
}

/* ---- on samples -------------------------------------------------------------------------------------------------- */

typedef struct samples {
    int64_t n;
    const double *h;
    double *y;
    int64_t *between;
    int *verdict;
} samples;

static int judge_samples(nd_bundle *bundle, const given *g, const samples *s)
{
    nd_pair_item *items = NULL;
    nd_pairs pairs;
    double *y = NULL;
    bundle->low = INFINITY;
    bundle->high = -INFINITY;
    for (int64_t i = 0; i < s->n; i++) {
        bundle->low = fmin(bundle->low, s->h[i]);
        bundle->high = fmax(bundle->high, s->h[i]);
    }
    if (bundle->low < bundle->high) {
        ND_TRY(find_extrema(bundle));
    }
    ND_TRY(nd_check_memory(bundle->context, (double)s->n * (double)(2 * sizeof *items + sizeof *y), "the samples"));
    ND_TRY(nd_allocate_for(bundle->context, s->n, 2 * sizeof *items + sizeof *y, &items));
    y = (double *)(void *)(items + 2 * s->n);
    const int status = evaluate(bundle, g, s->n, s->h, y);
    for (int64_t i = 0; status == NNDYN_OK && i < s->n; i++) {
        items[i] = (nd_pair_item){s->h[i], y[i], 0};
        if (s->y != NULL) {
            s->y[i] = y[i];
        }
    }
    if (status == NNDYN_OK) {
        nd_concordance(s->n, items, items + s->n, &pairs);
        *s->verdict = nd_order_verdict(pairs.counts);
        if (s->between != NULL) {
            *s->between = bundle->found.count;
        }
    }
    nd_release(bundle->context, items);
    return status;
}

static int bundle_samples(nndyn_context *context, const given *g, int activation, const nndyn_options *options,
                          const samples *s)
{
    nd_bundle bundle;
    ND_TRY(nd_check_size(context, s->n, ND_ORDER_LEAST, ND_ORDER_MOST, "n"));
    ND_TRY(nd_check_pointer(context, s->h, "h"));
    ND_TRY(nd_check_finite(context, s->n, 1, s->h, "h"));
    ND_TRY(nd_check_pointer(context, s->verdict, "verdict"));
    int status = open_bundle(context, g, activation, options, &bundle);
    if (status == NNDYN_OK) {
        status = judge_samples(&bundle, g, s);
    }
    close_bundle(&bundle);
    return status;
}

int nndyn_order_bundle_on(nndyn_context *context, int64_t units, const double *w, const double *b, const double *v,
                          int activation, const nndyn_options *options, int64_t n, const double *h, double *y,
                          int64_t *between, int *verdict)
{
    const given g = {units, w, b, v};
    const samples s = {n, h, y, between, verdict};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, bundle_samples(context, &g, activation, options, &s));
}
