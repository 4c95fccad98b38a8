/* goodness.c - the semi-parametric bootstrap: how often a data set drawn from the fitted law is further from its own
 * fit. */
#include "statistics/powerlaw.h"
#include "core/random.h"
#include <float.h>
#include <math.h>

enum { SLOTS = 16, DRAW = 256, TABLE = 4096 };
static const double most_bytes = 268435456.0;

typedef struct slot {
    nd_sample sample;
    double *x;
} slot;

typedef struct goodness {
    const nndyn_powerlaw_fit *fit;
    int64_t seed, first;
    int64_t n;     /* samples of a replica */
    int64_t body;  /* how many of the data are outside of the window */
    double *table; /* P(X <= q + i) of discrete data */
    double *distances;
    slot slots[SLOTS];
} goodness;

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

/* The value of sample i in order. */
static double nth_value(const nd_sample *sample, int64_t i)
{
    int64_t low = 0;
    int64_t high = sample->distinct;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (sample->before[middle] <= i) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return sample->x[low];
}

static double probability_upto(const nd_law *law, double x)
{
    double below, upto;
    law->cdf(law, x, 0, &below, &upto);
    return upto;
}

/* The first integer up to which there is a probability of u: from the table, or beyond it by doubling and halving. */
static double discrete_quantile(const goodness *job, double u)
{
    const nd_law *law = &job->fit->best.law;
    if (u <= job->table[TABLE - 1]) {
        int64_t low = -1;
        int64_t high = TABLE - 1;
        while (high - low > 1) {
            const int64_t middle = low + (high - low) / 2;
            if (job->table[middle] < u) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return law->q + (double)high;
    }
    double low = law->q + TABLE - 1;
    double high = 2 * low;
    while (probability_upto(law, high) < u && high < 1e300) {
        low = high;
        high *= 2;
    }
    while (high - low > 1 && high > nextafter(low, high)) {
        const double middle = floor(low + 0.5 * (high - low));
        if (middle <= low || middle >= high) {
            break;
        }
        if (probability_upto(law, middle) < u) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* The limits of the fit hold for what is drawn: rounding must not push a sample out. */
static double draw_from_law(const goodness *job, double u)
{
    const nndyn_powerlaw_fit *fit = job->fit;
    if (fit->rules.discrete) {
        return discrete_quantile(job, u);
    }
    const double l = nd_law_quantile(&fit->best.law, u);
    return fmin(fmax(exp(fit->rules.reflected ? -l : l), fit->xmin), fmin(fit->xmax, DBL_MAX));
}

static void draw_sample(const goodness *job, int64_t replica, double *x)
{
    const nd_stream stream = nd_stream_open(job->seed, ND_RANDOM_BOOTSTRAP, 0, replica);
    const double size = (double)job->n;
    double u[2 * DRAW];
    for (int64_t done = 0; done < job->n; done += DRAW) {
        const int64_t count = job->n - done < DRAW ? job->n - done : DRAW;
        nd_uniform(stream, 2 * done, 2 * count, u);
        for (int64_t i = 0; i < count; i++) {
            const int64_t place = (int64_t)(u[2 * i] * size);
            x[done + i] = place < job->body ? nth_value(&job->fit->sample, place) : draw_from_law(job, u[2 * i + 1]);
        }
    }
}

/* ---- replicas ---------------------------------------------------------------------------------------------------- */

static void run_replica(void *argument, int64_t index)
{
    goodness *job = argument;
    slot *mine = &job->slots[index];
    nd_sample *sample = &mine->sample;
    nd_rules rules = job->fit->rules;
    nd_candidate best;
    draw_sample(job, job->first + index, mine->x);
    nd_sample_fill(sample, job->n, mine->x, rules.low, rules.high, rules.reflected);
    nd_rules_settle(&rules, sample);
    nd_scan_coarse(sample, &rules, &best);
    nd_scan_range(sample, &rules, 0, nd_scan_length(sample, &rules), &best);
    job->distances[job->first + index] = best.first == INT64_MAX ? 1 : best.distance;
}

static int open_slots(goodness *job, void *handle, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        ND_TRY(nd_sample_reserve(handle, job->n, &job->slots[i].sample));
        ND_TRY(nd_allocate_for(handle, job->n, sizeof *job->slots[i].x, &job->slots[i].x));
    }
    return NNDYN_OK;
}

static void close_slots(goodness *job, nndyn_context *context)
{
    for (int i = 0; i < SLOTS; i++) {
        nd_sample_free(context, &job->slots[i].sample);
        nd_release(context, job->slots[i].x);
    }
}

static int run_all(goodness *job, void *handle, int64_t replicas, int64_t slots)
{
    nd_task task;
    nd_task_begin(&task, handle, "goodness of fit");
    for (job->first = 0; job->first < replicas; job->first += slots) {
        const int64_t count = replicas - job->first < slots ? replicas - job->first : slots;
        ND_TRY(nd_task_report(&task, (double)job->first / (double)replicas));
        const int status = nd_parallel(nd_handle_context(handle), count, run_replica, job);
        if (status != NNDYN_OK) {
            return nd_fail(handle, status, "the executor did not run all of the work");
        }
    }
    return nd_task_report(&task, 1);
}

/* ---- the public function ----------------------------------------------------------------------------------------- */

static int64_t slots_for(const nndyn_powerlaw_fit *fit, int64_t replicas)
{
    const double one = nd_sample_bytes(fit->sample.n) + 8.0 * (double)fit->sample.n;
    const int64_t limit = nd_context_memory_limit(fit->handle.context);
    const double room = limit > 0 && (double)limit < most_bytes ? (double)limit : most_bytes;
    const double fitting = fmin(fmax(floor(room / one), 1), SLOTS);
    return replicas < (int64_t)fitting ? replicas : (int64_t)fitting;
}

static void fill_table(goodness *job)
{
    for (int64_t i = 0; job->fit->rules.discrete && i < TABLE; i++) {
        job->table[i] = probability_upto(&job->fit->best.law, job->fit->best.law.q + (double)i);
    }
}

static int run(goodness *job, nndyn_powerlaw_fit *fit, int64_t replicas)
{
    const int64_t slots = slots_for(fit, replicas);
    ND_TRY(nd_check_memory(fit,
                           (double)slots * (nd_sample_bytes(job->n) + 8.0 * (double)job->n) + 8.0 * (double)replicas,
                           "a replica of the samples"));
    ND_TRY(nd_allocate_for(fit, TABLE + replicas, sizeof *job->table, &job->table));
    job->distances = job->table + TABLE;
    ND_TRY(open_slots(job, fit, slots));
    fill_table(job);
    return run_all(job, fit, replicas, slots);
}

static int goodness_of_fit(nndyn_powerlaw_fit *fit, int64_t replicas, int64_t seed, double *p, double *distances)
{
    ND_TRY(nd_check_size(fit, replicas, 1, 100000000, "replicas"));
    ND_TRY(nd_check_pointer(fit, p, "p"));
    goodness job = {.fit = fit, .seed = seed, .n = fit->sample.n, .body = fit->sample.before[fit->best.first]};
    const int status = run(&job, fit, replicas);
    if (status == NNDYN_OK) {
        int64_t larger = 0;
        for (int64_t i = 0; i < replicas; i++) {
            larger += job.distances[i] >= fit->best.distance;
            if (distances != NULL) {
                distances[i] = job.distances[i];
            }
        }
        *p = (double)larger / (double)replicas;
    }
    close_slots(&job, fit->handle.context);
    nd_release(fit->handle.context, job.table);
    return status;
}

int nndyn_powerlaw_goodness(nndyn_powerlaw_fit *fit, int64_t replicas, int64_t seed, double *p, double *distances)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_goodness"));
    return nd_leave(fit, goodness_of_fit(fit, replicas, seed, p, distances));
}
