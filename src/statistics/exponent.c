/* exponent.c - width exponents: samples in, statistics of them and of resamplings of them. */
#include "statistics/exponent.h"
#include "core/random.h"
#include "statistics/statistics.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { LEAST_WIDTHS = 3, LEAST_SAMPLES = 8, ABOVE = 10, LEVELS = 32, BLOCK = 64 };

enum { REPLICAS, LEVEL, LEAST_WIDTH, MODEL, SEED, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [REPLICAS] = {.name = "replicas", .type = ND_INTEGER, .least = 100, .most = 1e6, .standard = 1000},
    [LEVEL] = {.name = "level", .type = ND_REAL, .least = 0.01, .most = 0.9999, .standard = 0.95},
    [LEAST_WIDTH] = {.name = "least_width", .type = ND_REAL, .least = 0, .most = DBL_MAX},
    [MODEL] = {.name = "model", .type = ND_TEXT, .choices = "auto|power|corrected|logarithmic"},
    [SEED] = {.name = "seed", .type = ND_INTEGER, .least = -9e15, .most = 9e15},
};
static const double standard_levels[] = {0.25, 0.5, 0.75, 0.9};
enum { STANDARD_LEVELS = sizeof standard_levels / sizeof *standard_levels };

/* ---- the samples ------------------------------------------------------------------------------------------------- */

/* Widths from `first` on are fitted; the samples of each in ascending order. */
typedef struct sample_set {
    int64_t count, first, total, most; /* most samples at a width */
    const double *widths;
    const int64_t *counts;
    const double *values;
    int64_t quantiles;
    const double *levels;
} sample_set;

static int check_widths(void *handle, const sample_set *in)
{
    double last = 0;
    for (int64_t w = 0; w < in->count; w++) {
        if (!(in->widths[w] > last && in->widths[w] <= DBL_MAX)) {
            return nd_fail(handle, NNDYN_EARG, "widths[%lld] is %g; widths must be above 0, finite and ascending",
                           (long long)w, in->widths[w]);
        }
        last = in->widths[w];
    }
    return NNDYN_OK;
}

static int check_levels(void *handle, const sample_set *in)
{
    double last = 0;
    ND_TRY(nd_check_size(handle, in->quantiles, 0, LEVELS, "quantiles"));
    if (in->quantiles > 0) {
        ND_TRY(nd_check_pointer(handle, in->levels, "levels"));
    }
    for (int64_t q = 0; q < in->quantiles; q++) {
        if (!(in->levels[q] > last && in->levels[q] < 1)) {
            return nd_fail(handle, NNDYN_EARG, "levels[%lld] is %g; levels must be ascending, above 0 and below 1",
                           (long long)q, in->levels[q]);
        }
        last = in->levels[q];
    }
    return NNDYN_OK;
}

static int check_values(void *handle, const sample_set *in)
{
    ND_TRY(nd_check_pointer(handle, in->values, "values"));
    int64_t at = 0;
    for (int64_t w = 0; w < in->count; w++) {
        for (int64_t i = 0; i < in->counts[w]; i++, at++) {
            if (!(in->values[at] >= 0 && in->values[at] <= DBL_MAX)) {
                return nd_fail(handle, NNDYN_EDATA,
                               "sample %lld (from 0) of width %g is %g; sizes are finite and not below 0", (long long)i,
                               in->widths[w], in->values[at]);
            }
        }
    }
    return NNDYN_OK;
}

static int check(void *handle, double least_width, sample_set *in)
{
    ND_TRY(nd_check_size(handle, in->count, 1, INT32_MAX / 256, "count"));
    ND_TRY(nd_check_pointer(handle, in->widths, "widths"));
    ND_TRY(nd_check_pointer(handle, in->counts, "samples"));
    ND_TRY(check_widths(handle, in));
    for (int64_t w = 0; w < in->count; w++) {
        ND_TRY(nd_check_size(handle, in->counts[w], 1, INT32_MAX, "a number of samples"));
        in->first += in->widths[w] < least_width;
        in->total += in->counts[w];
        in->most = in->counts[w] > in->most ? in->counts[w] : in->most;
    }
    if (in->levels == NULL && in->quantiles == 0) {
        in->levels = standard_levels;
        in->quantiles = STANDARD_LEVELS;
    }
    ND_TRY(check_levels(handle, in));
    return check_values(handle, in);
}

/* What is too little for a fit, if anything. */
static nd_lack lack_of(const sample_set *in)
{
    int64_t at = 0;
    nd_lack lack = {0};
    if (in->count - in->first < LEAST_WIDTHS) {
        return (nd_lack){.kind = ND_LACK_WIDTHS, .count = in->count - in->first};
    }
    for (int64_t w = 0; w < in->count && lack.kind == ND_LACK_NOTHING; at += in->counts[w], w++) {
        int64_t zeros = 0;
        for (int64_t i = 0; i < in->counts[w]; i++) {
            zeros += in->values[at + i] == 0;
        }
        if (w >= in->first && in->counts[w] < LEAST_SAMPLES) {
            lack = (nd_lack){ND_LACK_SAMPLES, in->widths[w], in->counts[w]};
        } else if (w >= in->first && zeros > 0) {
            lack = (nd_lack){ND_LACK_SIZE, in->widths[w], zeros};
        }
    }
    return lack;
}

/* ---- statistics of a width --------------------------------------------------------------------------------------- */

typedef struct bootstrap {
    nndyn_width_exponent *exponent;
    const double *sorted; /* all samples fitted, ascending within a width */
    const int64_t *begin; /* where those of a width begin */
    nd_resamples *resamples;
    int64_t *counts; /* lanes x most: how often a sample was drawn */
    int64_t lanes, most, blocks, seed;
    int64_t from, to; /* jobs of this round */
} bootstrap;

/* Logarithms of the statistics of n ascending samples of which the i-th counts counts[i] times (NULL: once), n times in
 * all, `stride` apart. */
static void statistics_of(const nndyn_width_exponent *e, int64_t n, const double *sorted, const int64_t *counts,
                          double *logs, int64_t stride)
{
    const double scale = sorted[n - 1];
    double sum = 0;
    int64_t passed = 0; /* samples up to and with `at` */
    int64_t at = -1;
    for (int64_t i = 0; i < n; i++) {
        const double x = sorted[i] / scale;
        sum += (counts != NULL ? (double)counts[i] : 1) * x * x;
    }
    logs[0] = log(scale) + 0.5 * log(sum / (double)n);
    for (int64_t s = 1; s < e->statistics; s++) { /* levels ascend, and so do their places */
        const double place = e->levels[s] * (double)(n - 1);
        const int64_t whole = (int64_t)place;
        while (passed <= whole) {
            at++;
            passed += counts != NULL ? counts[at] : 1;
        }
        int64_t next = at;
        for (int64_t reached = passed; reached <= whole + 1 && next < n - 1;) {
            next++;
            reached += counts != NULL ? counts[next] : 1;
        }
        logs[s * stride] = log(sorted[at] + (place - (double)whole) * (sorted[next] - sorted[at]));
    }
}

static void resample_block(const bootstrap *b, int64_t job, int64_t *counts)
{
    const nndyn_width_exponent *e = b->exponent;
    const int64_t w = job / b->blocks;
    const int64_t n = e->samples[w];
    const int64_t replicas = b->resamples->replicas;
    const int64_t end = (job % b->blocks + 1) * BLOCK < replicas ? (job % b->blocks + 1) * BLOCK : replicas;
    for (int64_t r = job % b->blocks * BLOCK; r < end; r++) {
        const nd_stream stream = nd_stream_open(b->seed, ND_RANDOM_WIDTH_EXPONENT, w, r);
        memset(counts, 0, (size_t)n * sizeof *counts);
        for (int64_t i = 0; i < n; i++) {
            counts[nd_below(stream, i, n)]++;
        }
        statistics_of(e, n, b->sorted + b->begin[w], counts, b->resamples->logs + w * replicas + r,
                      e->widths * replicas);
    }
}

static void resample_lane(void *job, int64_t lane)
{
    const bootstrap *b = job;
    for (int64_t i = b->from + lane; i < b->to; i += b->lanes) {
        resample_block(b, i, b->counts + lane * b->most);
    }
}

static int resample(bootstrap *b)
{
    nndyn_width_exponent *e = b->exponent;
    nndyn_context *context = e->handle.context;
    const int64_t jobs = e->widths * b->blocks;
    nd_task task;
    nd_task_begin(&task, context, "width exponent");
    for (b->from = 0; b->from < jobs; b->from = b->to) {
        enum { EACH = 4 };
        b->to = b->from + EACH * b->lanes < jobs ? b->from + EACH * b->lanes : jobs;
        ND_TRY(nd_parallel(context, b->lanes, resample_lane, b));
        ND_TRY(nd_task_report(&task, (double)b->to / (double)jobs));
    }
    return NNDYN_OK;
}

/* ---- working memory ---------------------------------------------------------------------------------------------- */

typedef struct room {
    double *sorted, *scratch;
    int64_t *begin, *counts;
    nd_resamples resamples;
} room;

static void carve_room(nd_arena *arena, const nndyn_width_exponent *e, const sample_set *in, int64_t lanes, room *r)
{
    const int64_t replicas = r->resamples.replicas;
    r->sorted = nd_arena_take(arena, in->total, sizeof *r->sorted);
    r->scratch = nd_arena_take(arena, in->most, sizeof *r->scratch);
    r->begin = nd_arena_take(arena, e->widths, sizeof *r->begin);
    r->counts = nd_arena_take(arena, nd_product(lanes, in->most), sizeof *r->counts);
    r->resamples.logs = nd_arena_take(arena, nd_product(e->statistics * e->widths, replicas), sizeof(double));
    r->resamples.powers = nd_arena_take(arena, e->statistics * replicas, sizeof(double));
}

static void sort_samples(nndyn_width_exponent *e, const sample_set *in, room *r)
{
    int64_t at = 0;
    int64_t to = 0;
    for (int64_t w = 0; w < in->count; at += in->counts[w], w++) {
        if (w < in->first) {
            continue;
        }
        r->begin[w - in->first] = to;
        memcpy(r->sorted + to, in->values + at, (size_t)in->counts[w] * sizeof *r->sorted);
        nd_sort(in->counts[w], r->sorted + to, r->scratch);
        statistics_of(e, in->counts[w], r->sorted + to, NULL, e->y + w - in->first, e->widths);
        to += in->counts[w];
    }
}

static int fit(nndyn_width_exponent *e, const sample_set *in, int64_t replicas, int64_t seed)
{
    nd_arena arena = {0};
    const int64_t threads = nd_context_threads(e->handle.context);
    const int64_t blocks = (replicas + BLOCK - 1) / BLOCK;
    const int64_t lanes = threads < e->widths * blocks ? threads : e->widths * blocks;
    room r = {.resamples.replicas = replicas};
    carve_room(&arena, e, in, lanes, &r);
    ND_TRY(nd_check_memory(e->handle.context, (double)arena.used, "resampling"));
    ND_TRY(nd_arena_reserve(&arena, e->handle.context));
    carve_room(&arena, e, in, lanes, &r);
    sort_samples(e, in, &r);
    bootstrap b = {.exponent = e,
                   .sorted = r.sorted,
                   .begin = r.begin,
                   .resamples = &r.resamples,
                   .counts = r.counts,
                   .lanes = lanes,
                   .most = in->most,
                   .blocks = blocks,
                   .seed = seed};
    int status = resample(&b);
    if (status == NNDYN_OK) {
        status = nd_exponent_conclude(e, &r.resamples);
    }
    nd_arena_free(&arena);
    return status;
}

/* ---- the result -------------------------------------------------------------------------------------------------- */

static void carve(nd_arena *arena, nndyn_width_exponent *e)
{
    const int64_t w = e->widths;
    const int64_t s = e->statistics;
    e->n = nd_arena_take(arena, w, sizeof *e->n);
    e->log_n = nd_arena_take(arena, w, sizeof *e->log_n);
    e->samples = nd_arena_take(arena, w, sizeof *e->samples);
    e->levels = nd_arena_take(arena, s, sizeof *e->levels);
    e->reliable = nd_arena_take(arena, s, sizeof *e->reliable);
    e->preferred = nd_arena_take(arena, s, sizeof *e->preferred);
    e->y = nd_arena_take(arena, s * w, sizeof *e->y);
    e->error = nd_arena_take(arena, s * w, sizeof *e->error);
    e->slope = nd_arena_take(arena, s * w, sizeof *e->slope);
    e->slope_error = nd_arena_take(arena, s * w, sizeof *e->slope_error);
    e->trend = nd_arena_take(arena, s, sizeof *e->trend);
    e->trend_error = nd_arena_take(arena, s, sizeof *e->trend_error);
    e->fits = nd_arena_take(arena, s * ND_EXPONENT_MODELS, sizeof *e->fits);
}

static void destroy(void *handle)
{
    nndyn_width_exponent *e = handle;
    nd_arena_free(&e->arena);
}

static int set_up(nndyn_width_exponent *e, const sample_set *in)
{
    int64_t fewest = INT64_MAX;
    e->widths = in->count - in->first;
    e->statistics = 1 + in->quantiles;
    carve(&e->arena, e);
    ND_TRY(nd_check_memory(e->handle.context, (double)e->arena.used, "the result"));
    ND_TRY(nd_arena_reserve(&e->arena, e->handle.context));
    carve(&e->arena, e);
    for (int64_t w = 0; w < e->widths; w++) {
        e->n[w] = in->widths[in->first + w];
        e->log_n[w] = log(e->n[w]);
        e->samples[w] = in->counts[in->first + w];
        fewest = e->samples[w] < fewest ? e->samples[w] : fewest;
    }
    e->reliable[0] = 1;
    for (int64_t q = 0; q < in->quantiles; q++) {
        e->levels[1 + q] = in->levels[q];
        /* up to rounding, as of 0.9 and a hundred samples */
        e->reliable[1 + q] = (1 - in->levels[q]) * (double)fewest >= ABOVE - 1e-9;
    }
    return NNDYN_OK;
}

static int fill(nndyn_width_exponent *e, const sample_set *in, const nd_option_value *values)
{
    e->lack = lack_of(in);
    e->factor = -nd_normal_quantile(0.5 * (1 - values[LEVEL].real));
    e->wanted = (int)values[MODEL].integer;
    e->verdict = NNDYN_EXPONENT_INSUFFICIENT;
    if (e->lack.kind != ND_LACK_NOTHING) {
        return NNDYN_OK;
    }
    ND_TRY(set_up(e, in));
    return fit(e, in, values[REPLICAS].integer, values[SEED].integer);
}

static int create(nndyn_context *context, sample_set *in, const nndyn_options *options, nndyn_width_exponent **out)
{
    nd_option_value values[OPTIONS];
    nndyn_width_exponent *e = NULL;
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(check(context, values[LEAST_WIDTH].real, in));
    ND_TRY(nd_handle_create(context, ND_WIDTH_EXPONENT, sizeof *e, destroy, &e));
    const int status = fill(e, in, values);
    if (status != NNDYN_OK) {
        nd_handle_release(e);
        return status;
    }
    *out = e;
    return NNDYN_OK;
}

int nndyn_width_exponent_create(nndyn_context *context, int64_t count, const double *widths, const int64_t *samples,
                                const double *values, int64_t quantiles, const double *levels,
                                const nndyn_options *options, nndyn_width_exponent **out)
{
    sample_set in = {.count = count,
                     .widths = widths,
                     .counts = samples,
                     .values = values,
                     .quantiles = quantiles,
                     .levels = levels};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_width_exponent_create"));
    return nd_leave(context, create(context, &in, options, out));
}

void nndyn_width_exponent_free(nndyn_width_exponent *exponent)
{
    nd_handle_release(exponent);
}
