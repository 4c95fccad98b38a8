/* dependence.c - records whose samples depend on each other: effective size, and intervals by resampling blocks. */
#include "statistics/powerlaw.h"
#include "core/random.h"
#include <float.h>
#include <math.h>

enum { WINDOW = 5, BLOCKS_OF = 10, GROUP = 256 };

enum { LEAST, LAGS, LEVEL, BLOCK, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [LEAST] = {.name = "least", .type = ND_INTEGER, .least = 2, .most = 1e15, .standard = ND_LEAST},
    [LAGS] = {.name = "lags", .type = ND_INTEGER, .least = 0, .most = 1e15},
    [LEVEL] = {.name = "level", .type = ND_REAL, .least = 0.01, .most = 0.9999, .standard = 0.95},
    [BLOCK] = {.name = "block", .type = ND_INTEGER, .least = 0, .most = 1e15},
};

/* ---- correlation ------------------------------------------------------------------------------------------------- */

/* Sum of x_i x_(i+lag): several sums beside each other, as one vector. */
static double product_sum(int64_t n, const double *x, int64_t lag)
{
    enum { LANES = 8 };
    double sums[LANES] = {0};
    double sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n - lag; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            sums[j] += x[i + j] * x[i + j + lag];
        }
    }
    for (; i < n - lag; i++) {
        sum += x[i] * x[i + lag];
    }
    for (int j = 0; j < LANES; j++) {
        sum += sums[j];
    }
    return sum;
}

/* Summing all lags would sum noise: up to WINDOW times the time found so far (Madras and Sokal, 1988). */
int nd_correlation_time(void *handle, int64_t n, double *centered, int64_t lags, double *time)
{
    nd_task task;
    double mean;
    nd_task_begin(&task, handle, "autocorrelation");
    nd_mean_variance(n, centered, &mean, NULL);
    for (int64_t i = 0; i < n; i++) {
        centered[i] -= mean;
    }
    const double variance = product_sum(n, centered, 0);
    double sum = 1;
    for (int64_t lag = 1; variance > 0 && lag <= lags && (double)lag < WINDOW * sum; lag++) {
        ND_TRY(nd_task_report(&task, (double)lag / (double)lags));
        sum += 2 * product_sum(n, centered, lag) / variance;
    }
    /* samples that avoid each other are worth more than independent ones, but not without bound */
    *time = fmax(sum, 1 / (double)n);
    return NNDYN_OK;
}

/* Values of v in the window, in order, and the window's sums. */
static int64_t take_inside(nd_window *window, int64_t n, const double *x, double *v)
{
    int64_t inside = 0;
    for (int64_t i = 0; i < n; i++) {
        const double value = nd_window_add(window, x[i]);
        if (value >= 0) {
            v[inside++] = value;
        }
    }
    return inside;
}

/* The sums, the exponent and the correlation time of a record. */
typedef struct record {
    nd_window window;
    int64_t n;
    const double *x;
    double k, se, time;
} record;

static int look_over(nndyn_context *context, const nd_option_value *values, record *r)
{
    double *v;
    ND_TRY(nd_check_memory(context, 8.0 * (double)r->n, "the logarithms of the record"));
    ND_TRY(nd_allocate_for(context, r->n, sizeof *v, &v));
    const int64_t inside = take_inside(&r->window, r->n, r->x, v);
    int status = nd_window_exponent(context, &r->window, values[LEAST].integer, &r->k, &r->se);
    if (status == NNDYN_OK) {
        const int64_t most = inside - 1;
        const int64_t lags = values[LAGS].integer > 0 ? values[LAGS].integer : inside / 10;
        status = nd_correlation_time(context, inside, v, lags < most ? lags : most, &r->time);
    }
    nd_release(context, v);
    return status;
}

static int effective_size(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                          const nndyn_options *options, double *effective, double *time)
{
    nd_option_value values[LEVEL];
    record r = {.n = n, .x = x};
    ND_TRY(nd_options_read(context, options, specs, LEVEL, values));
    ND_TRY(nd_check_size(context, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_check_pointer(context, effective, "effective"));
    ND_TRY(nd_window_open(context, xmin, xmax, 1, &r.window));
    ND_TRY(look_over(context, values, &r));
    *effective = (double)r.window.inside / r.time;
    if (time != NULL) {
        *time = r.time;
    }
    return NNDYN_OK;
}

int nndyn_powerlaw_effective_size(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                                  const nndyn_options *options, double *effective, double *time)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_effective_size"));
    return nd_leave(context, effective_size(context, n, x, xmin, xmax, options, effective, time));
}

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* Sums up to each place of the record: a block is two differences.  The record is closed to a ring, so that every
 * sample is in as many blocks. */
typedef struct blocks {
    const record *record;
    int64_t length, seed, first; /* length of a block; of the group */
    double *sums;                /* n + 1, of v */
    int64_t *inside;             /* n + 1 */
    double *exponents;
} blocks;

static void add_stretch(const blocks *b, int64_t from, int64_t to, double *sum, int64_t *inside)
{
    *sum += b->sums[to] - b->sums[from];
    *inside += b->inside[to] - b->inside[from];
}

static void draw_replica(void *argument, int64_t index)
{
    blocks *b = argument;
    const int64_t n = b->record->n;
    const nd_stream stream = nd_stream_open(b->seed, ND_RANDOM_BOOTSTRAP, 1, b->first + index);
    double sum = 0;
    double k = NAN;
    double se;
    int64_t inside = 0;
    for (int64_t taken = 0, i = 0; taken < n; i++) {
        const int64_t length = b->length < n - taken ? b->length : n - taken;
        const int64_t from = nd_below(stream, i, n);
        const int64_t to = from + length;
        add_stretch(b, from, to < n ? to : n, &sum, &inside);
        if (to > n) {
            add_stretch(b, 0, to - n, &sum, &inside);
        }
        taken += length;
    }
    if (inside > 1 && nd_exponent_of(sum / (double)inside, b->record->window.length, (double)inside, &k, &se) != 0) {
        k = NAN;
    }
    b->exponents[b->first + index] = k;
}

static void fill_sums(blocks *b)
{
    nd_window again = b->record->window;
    nd_sum sum = {0};
    for (int64_t i = 0; i < b->record->n; i++) {
        const double v = nd_window_add(&again, b->record->x[i]);
        if (v >= 0) {
            nd_sum_add(&sum, v);
        }
        b->sums[i + 1] = nd_sum_value(&sum);
        b->inside[i + 1] = b->inside[i] + (v >= 0);
    }
}

static int draw_all(nndyn_context *context, blocks *b, int64_t replicas)
{
    nd_task task;
    nd_task_begin(&task, context, "block bootstrap");
    for (b->first = 0; b->first < replicas; b->first += GROUP) {
        const int64_t count = replicas - b->first < GROUP ? replicas - b->first : GROUP;
        ND_TRY(nd_task_report(&task, (double)b->first / (double)replicas));
        const int status = nd_parallel(context, count, draw_replica, b);
        if (status != NNDYN_OK) {
            return nd_fail(context, status, "the executor did not run all of the work");
        }
    }
    for (int64_t i = 0; i < replicas; i++) {
        if (isnan(b->exponents[i])) {
            return nd_fail(
                context, NNDYN_EDATA,
                "a replica of blocks of %lld samples has no exponent; the record of %lld is too short for them",
                (long long)b->length, (long long)b->record->n);
        }
    }
    return NNDYN_OK;
}

static int64_t block_length(const record *r, const nd_option_value *values)
{
    const double n = (double)r->n;
    const double share = (double)r->window.inside / n;
    const double wanted = fmax(BLOCKS_OF * r->time / share, cbrt(n));
    const int64_t length = values[BLOCK].integer > 0 ? values[BLOCK].integer : (int64_t)ceil(fmin(wanted, n / 10));
    return length < 1 ? 1 : length < r->n ? length : r->n;
}

static int resample(nndyn_context *context, const record *r, int64_t replicas, int64_t seed,
                    const nd_option_value *values, double ends[2])
{
    blocks b = {.record = r, .length = block_length(r, values), .seed = seed};
    const int64_t n = r->n;
    double *block;
    ND_TRY(nd_check_memory(context, 16.0 * ((double)n + 1) + 16.0 * (double)replicas, "the sums over the record"));
    ND_TRY(nd_allocate_for(context, 2 * (n + 1) + 2 * replicas, sizeof *block, &block));
    b.sums = block;
    b.exponents = block + n + 1;
    b.inside = (int64_t *)(void *)(block + n + 1 + 2 * replicas);
    fill_sums(&b);
    const int status = draw_all(context, &b, replicas);
    if (status == NNDYN_OK) {
        const double outside = 0.5 * (1 - values[LEVEL].real);
        nd_sort(replicas, b.exponents, b.exponents + replicas);
        ends[0] = nd_quantile(replicas, b.exponents, outside);
        ends[1] = nd_quantile(replicas, b.exponents, 1 - outside);
    }
    nd_release(context, block);
    return status;
}

static int interval(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax, int64_t replicas,
                    int64_t seed, const nndyn_options *options, double *k, double *low, double *high)
{
    nd_option_value values[OPTIONS];
    record r = {.n = n, .x = x};
    double ends[2];
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(nd_check_size(context, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_check_size(context, replicas, 20, 100000000, "replicas"));
    ND_TRY(nd_check_pointer(context, low, "low"));
    ND_TRY(nd_check_pointer(context, high, "high"));
    ND_TRY(nd_window_open(context, xmin, xmax, 1, &r.window));
    ND_TRY(look_over(context, values, &r));
    ND_TRY(resample(context, &r, replicas, seed, values, ends));
    if (k != NULL) {
        *k = r.k;
    }
    *low = ends[0];
    *high = ends[1];
    return NNDYN_OK;
}

int nndyn_powerlaw_interval(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                            int64_t replicas, int64_t seed, const nndyn_options *options, double *k, double *low,
                            double *high)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_interval"));
    return nd_leave(context, interval(context, n, x, xmin, xmax, replicas, seed, options, k, low, high));
}
