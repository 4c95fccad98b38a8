/* kick.c - how many kicks of a size an attractor bears: P(return), and the size at which it falls below theta.
 *
 * The draws are the same at every size, so that the share of returns is a function of the size and can be bisected; a
 * march goes first, since it need not be monotone.  Three crossings are followed: that of the share, and those of both
 * ends of its confidence interval, which are the confidence interval of the size.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include "core/random.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { NOISE = ND_BASINS_INTERVAL_OPTIONS, DRAWS, SEED, KICK_OPTIONS };
enum { THETA = KICK_OPTIONS, START, CAP, RATIO, BISECTIONS, OPTIONS };
enum { SHARE, LOW, HIGH, TARGETS };

static const nd_option_spec specs[OPTIONS] = {
    ND_BASINS_INTERVAL_SPECS,
    [NOISE] = {"noise", ND_TEXT, 0, 0, 0, "gaussian|sphere"},
    [DRAWS] = {"draws", ND_INTEGER, 1, INT32_MAX, 1000, NULL},
    [SEED] = {"seed", ND_INTEGER, -9007199254740992.0, 9007199254740992.0, 0, NULL},
    [THETA] = {"theta", ND_REAL, 1e-9, 1 - 1e-9, 0.5, NULL},
    [START] = {"start", ND_REAL, DBL_MIN, 1e150, 0.01, NULL},
    [CAP] = {"cap", ND_REAL, DBL_MIN, 1e150, 100, NULL},
    [RATIO] = {"ratio", ND_REAL, 1.001, 1e6, 1.3, NULL},
    [BISECTIONS] = {"bisections", ND_INTEGER, 0, 60, 20, NULL},
};

static const double down = 16; /* how a crossing below the first size is looked for */

typedef struct kicks {
    nndyn_basin_map *basins;
    nd_task task;
    nd_option_value v[OPTIONS];
    int64_t attractor, draws;
    const double *sizes; /* of this round */
    int64_t *labels;     /* TARGETS x draws */
} kicks;

static void start_of(const void *self, int64_t index, double *state)
{
    const kicks *k = self;
    const int64_t d = k->basins->list.dimension;
    const double *point = nd_basins_points(&k->basins->list, k->attractor);
    double scale = k->sizes[index / k->draws], norm = 0;
    nd_normal(nd_stream_open(k->v[SEED].integer, ND_RANDOM_BASIN_KICK, 0, index % k->draws), 0, d, state);
    for (int64_t j = 0; j < d; j++) {
        norm += state[j] * state[j];
    }
    if (k->v[NOISE].integer == 1) {
        scale /= sqrt(norm);
    }
    for (int64_t j = 0; j < d; j++) {
        state[j] = point[j] + scale * state[j];
    }
}

/* Of the draws at each of up to TARGETS sizes, how many return. */
static int ask(kicks *k, int64_t count, const double *sizes, double from, double to, int64_t *returned)
{
    nd_basins_job job = nd_basins_labeling(k->basins, count * k->draws, k->labels, NULL);
    k->sizes = sizes;
    job.start = start_of;
    job.self = k;
    ND_TRY(nd_basins_follow(&job, &k->task, from, to));
    memset(returned, 0, (size_t)count * sizeof *returned);
    for (int64_t i = 0; i < count * k->draws; i++) {
        returned[i / k->draws] += k->labels[i] == k->attractor;
    }
    return NNDYN_OK;
}

static int begin(kicks *k, const nndyn_options *options, int known, const char *name)
{
    nndyn_basin_map *basins = k->basins;
    ND_TRY(nd_basins_check_attractor(basins, k->attractor));
    ND_TRY(nd_options_read(basins, options, specs, known, k->v));
    k->draws = k->v[DRAWS].integer;
    ND_TRY(nd_check_memory(basins, (double)(TARGETS * k->draws) * sizeof *k->labels, "the labels"));
    ND_TRY(nd_allocate_for(basins, TARGETS * k->draws, sizeof *k->labels, &k->labels));
    nd_task_begin(&k->task, basins, name);
    return NNDYN_OK;
}

static int end(kicks *k, int status)
{
    nd_release(nd_handle_context(k->basins), k->labels);
    k->basins->frozen |= status == NNDYN_OK;
    return status;
}

/* ---- the curve --------------------------------------------------------------------------------------------------- */

static int sweep(kicks *k, int64_t count, const double *sizes, int64_t *returned)
{
    for (int64_t i = 0; i < count; i++) {
        ND_TRY(ask(k, 1, sizes + i, (double)i / (double)count, (double)(i + 1) / (double)count, returned + i));
    }
    return NNDYN_OK;
}

static int curve(kicks *k, int64_t count, const double *sizes, const nndyn_options *options, double *shares,
                 double *low, double *high)
{
    nndyn_basin_map *basins = k->basins;
    int64_t *returned = NULL;
    ND_TRY(nd_check_size(basins, count, 1, INT64_C(1) << 32, "count"));
    ND_TRY(nd_check_pointer(basins, sizes, "sizes"));
    ND_TRY(nd_check_finite(basins, 1, count, sizes, "sizes"));
    for (int64_t i = 0; i < count; i++) {
        if (sizes[i] < 0) {
            return nd_fail(basins, NNDYN_EDATA, "sizes[%lld] is %g, must be at least 0", (long long)i, sizes[i]);
        }
    }
    ND_TRY(nd_check_pointer(basins, shares, "shares"));
    ND_TRY(begin(k, options, KICK_OPTIONS, "kicking an attractor"));
    int status = nd_allocate_for(basins, count, sizeof *returned, &returned);
    if (status == NNDYN_OK) {
        status = sweep(k, count, sizes, returned);
    }
    for (int64_t i = 0; i < count && status == NNDYN_OK; i++) {
        double ends[2];
        nd_basins_interval(k->v, returned[i], k->draws, 1, &ends[0], &ends[1]);
        shares[i] = (double)returned[i] / (double)k->draws;
        if (low) {
            low[i] = ends[0];
        }
        if (high) {
            high[i] = ends[1];
        }
    }
    nd_release(nd_handle_context(basins), returned);
    return end(k, status);
}

int nndyn_basin_map_returns(nndyn_basin_map *basins, int64_t attractor, int64_t count, const double *sizes,
                            const nndyn_options *options, double *shares, double *low, double *high)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_returns"));
    kicks k = {.basins = basins, .attractor = attractor};
    return nd_leave(basins, curve(&k, count, sizes, options, shares, low, high));
}

/* ---- the radius -------------------------------------------------------------------------------------------------- */

typedef struct target {
    double below, above; /* it holds below (0: not yet known where) and fails above (infinite: not known) */
} target;

typedef struct search {
    kicks *kicks;
    target targets[TARGETS];
    double share; /* at the last size that was asked */
} search;

/* Whether share and interval are at least theta.  Products that should be whole numbers are. */
static void judge(search *s, int64_t returned, int holds[TARGETS])
{
    const kicks *k = s->kicks;
    const double theta = k->v[THETA].real, product = theta * (double)k->draws, whole = nearbyint(product);
    const double needed = fabs(product - whole) <= 1e-12 * (double)k->draws ? whole : ceil(product);
    double low, high;
    nd_basins_interval(k->v, returned, k->draws, 1, &low, &high);
    s->share = (double)returned / (double)k->draws;
    holds[SHARE] = (double)returned >= needed;
    holds[LOW] = low >= theta;
    holds[HIGH] = high >= theta;
}

static int march(search *s)
{
    const nd_option_value *v = s->kicks->v;
    const double total = 1 + log(v[CAP].real / v[START].real) / log(v[RATIO].real);
    double size = v[START].real;
    for (int64_t i = 0; isinf(s->targets[HIGH].above); i++) {
        const double share = 0.5 * fmin(1, (double)i / total);
        int64_t returned;
        int holds[TARGETS];
        ND_TRY(ask(s->kicks, 1, &size, share, share, &returned));
        judge(s, returned, holds);
        for (int t = 0; t < TARGETS; t++) {
            target *x = &s->targets[t];
            if (isinf(x->above)) {
                *(holds[t] ? &x->below : &x->above) = size;
            }
        }
        if (size >= v[CAP].real) {
            break;
        }
        size = fmin(size * v[RATIO].real, v[CAP].real);
    }
    return NNDYN_OK;
}

/* Below the first size: the attractor's ball is reached in the end, where all return; if the interval of that is not
 * enough there is no size that is. */
static int descend(search *s)
{
    for (double size = s->kicks->v[START].real / down; size > 0; size /= down) {
        int open = 0, holds[TARGETS];
        int64_t returned;
        for (int t = 0; t < TARGETS; t++) {
            open |= s->targets[t].below == 0;
        }
        if (!open) {
            break;
        }
        const double share = s->share;
        ND_TRY(ask(s->kicks, 1, &size, 0.5, 0.5, &returned));
        judge(s, returned, holds);
        s->share = share;
        for (int t = 0; t < TARGETS; t++) {
            target *x = &s->targets[t];
            if (x->below == 0) {
                *(holds[t] ? &x->below : &x->above) = size;
            }
        }
        if (returned == s->kicks->draws) {
            break;
        }
    }
    return NNDYN_OK;
}

static int bisect(search *s)
{
    const int64_t rounds = s->kicks->v[BISECTIONS].integer;
    const double share = s->share;
    for (int64_t i = 0; i < rounds; i++) {
        const double from = 0.5 + 0.5 * (double)i / (double)rounds;
        double sizes[TARGETS];
        int64_t returned[TARGETS], count = 0;
        int of[TARGETS], holds[TARGETS];
        for (int t = 0; t < TARGETS; t++) {
            if (s->targets[t].below > 0 && !isinf(s->targets[t].above)) {
                of[count] = t;
                sizes[count++] = sqrt(s->targets[t].below) * sqrt(s->targets[t].above);
            }
        }
        if (count == 0) {
            break;
        }
        ND_TRY(ask(s->kicks, count, sizes, from, from, returned));
        for (int64_t c = 0; c < count; c++) {
            judge(s, returned[c], holds);
            *(holds[of[c]] ? &s->targets[of[c]].below : &s->targets[of[c]].above) = sizes[c];
        }
    }
    s->share = share;
    return nd_task_report(&s->kicks->task, 1);
}

static double crossing(const target *t)
{
    return t->below == 0 ? 0 : isinf(t->above) ? HUGE_VAL : sqrt(t->below) * sqrt(t->above);
}

static int radius(kicks *k, const nndyn_options *options, double *values)
{
    search s = {.kicks = k};
    ND_TRY(nd_check_pointer(k->basins, values, "values"));
    ND_TRY(begin(k, options, OPTIONS, "looking for the radius of a basin"));
    for (int t = 0; t < TARGETS; t++) {
        s.targets[t].above = HUGE_VAL;
    }
    int status = NNDYN_OK;
    if (k->v[CAP].real < k->v[START].real) {
        status = nd_fail(k->basins, NNDYN_EOPTION, "\"cap\" is %g, must be at least \"start\", which is %g",
                         k->v[CAP].real, k->v[START].real);
    }
    if (status == NNDYN_OK) {
        status = march(&s);
    }
    if (status == NNDYN_OK) {
        status = descend(&s);
    }
    if (status == NNDYN_OK) {
        status = bisect(&s);
    }
    if (status == NNDYN_OK) {
        const double found[4] = {crossing(&s.targets[SHARE]), crossing(&s.targets[LOW]), crossing(&s.targets[HIGH]),
                                 s.share};
        memcpy(values, found, sizeof found);
    }
    return end(k, status);
}

int nndyn_basin_map_radius(nndyn_basin_map *basins, int64_t attractor, const nndyn_options *options, double *values)
{
    ND_TRY(nd_enter(basins, ND_BASIN_MAP, "nndyn_basin_map_radius"));
    kicks k = {.basins = basins, .attractor = attractor};
    return nd_leave(basins, radius(&k, options, values));
}
