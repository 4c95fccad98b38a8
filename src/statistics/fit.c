/* fit.c - the fit of a power law with its window, as a handle. */
#include "statistics/powerlaw.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Candidates go over the threads in chunks, progress is told between groups of them. */
enum { CHUNK = 2048, GROUP = 64 };

enum { SCAN, XMIN, XMAX, LEAST, TIES, DISCRETE, CURVE, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [SCAN] = {.name = "scan", .type = ND_TEXT, .choices = ND_SCAN_CHOICES},
    [XMIN] = {.name = "xmin", .type = ND_REAL, .least = 0, .most = DBL_MAX},
    [XMAX] = {.name = "xmax", .type = ND_REAL, .least = 0, .most = DBL_MAX},
    [LEAST] = {.name = "least", .type = ND_INTEGER, .least = 2, .most = 1e15, .standard = ND_LEAST},
    [TIES] = {.name = "ties", .type = ND_TEXT, .choices = ND_TIES_CHOICES},
    [DISCRETE] = {.name = "discrete", .type = ND_INTEGER, .least = 0, .most = 1},
    [CURVE] = {.name = "curve", .type = ND_INTEGER, .least = 0, .most = 1},
};

/* ---- what was asked for ------------------------------------------------------------------------------------------ */

static int read_rules(void *handle, const nd_option_value *values, nd_rules *rules)
{
    *rules = (nd_rules){
        .scan = (int)values[SCAN].integer,
        .ties = (int)values[TIES].integer,
        .discrete = (int)values[DISCRETE].integer,
        .reflected = values[SCAN].integer == ND_SCAN_XMAX,
        .least = values[LEAST].integer,
        .low = values[XMIN].real,
        .high = values[XMAX].real > 0 ? values[XMAX].real : INFINITY,
    };
    if (!(rules->high > rules->low)) {
        return nd_fail(handle, NNDYN_EARG, "option 'xmax' is %g; it must be above 'xmin', which is %g", rules->high,
                       rules->low);
    }
    if (rules->discrete && (rules->reflected || rules->high <= DBL_MAX)) {
        return nd_fail(
            handle, NNDYN_EUNSUPPORTED,
            "discrete data on a window with an upper end are not provided; leave out 'xmax' and scan 'xmin'");
    }
    if (rules->reflected && rules->ties != ND_TIES_DISTINCT) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED, "a scan of xmax with other ties than 'distinct' is not provided");
    }
    if (rules->discrete && rules->low != floor(rules->low)) {
        return nd_fail(handle, NNDYN_EARG, "option 'xmin' is %g; for discrete data it must be an integer", rules->low);
    }
    return NNDYN_OK;
}

static int check_sample(void *handle, const nd_sample *sample, const nd_rules *rules)
{
    if (sample->n < rules->least) {
        return nd_fail(
            handle, NNDYN_EDATA,
            "%lld samples are above 0, finite and within the limits (%lld are, without limits; zeros %lld, not "
            "finite %lld); at least %lld are needed",
            (long long)sample->n, (long long)sample->positive, (long long)sample->zeros, (long long)sample->nonfinite,
            (long long)rules->least);
    }
    if (sample->distinct < 2) {
        return nd_fail(handle, NNDYN_EDATA, "all %lld samples are %g; an exponent needs at least 2 different values",
                       (long long)sample->n, sample->x[0]);
    }
    for (int64_t j = 0; rules->discrete && j < sample->distinct; j++) {
        if (sample->x[j] != floor(sample->x[j])) {
            return nd_fail(handle, NNDYN_EDATA, "x has the value %.17g; discrete data must be integers", sample->x[j]);
        }
    }
    return NNDYN_OK;
}

/* ---- the scan over threads --------------------------------------------------------------------------------------- */

typedef struct scan_job {
    const nd_sample *sample;
    const nd_rules *rules;
    int64_t first, last;
    nd_candidate start;
    nd_candidate best[GROUP];
    nndyn_powerlaw_fit *fit; /* for a curve */
} scan_job;

static int64_t job_end(const scan_job *job, int64_t index)
{
    const int64_t end = job->first + (index + 1) * CHUNK;
    return end < job->last ? end : job->last;
}

static void scan_chunk(void *argument, int64_t index)
{
    scan_job *job = argument;
    job->best[index] = job->start;
    nd_scan_range(job->sample, job->rules, job->first + index * CHUNK, job_end(job, index), &job->best[index]);
}

/* Places of values that are no candidates keep a count of 0 and are taken out afterwards. */
static void curve_chunk(void *argument, int64_t index)
{
    scan_job *job = argument;
    nndyn_powerlaw_fit *fit = job->fit;
    int64_t witness = -1;
    for (int64_t i = job->first + index * CHUNK; i < job_end(job, index); i++) {
        nd_candidate c;
        if (nd_candidate_fit(job->sample, job->rules, i, &c) == 0) {
            fit->curve[i] = exp(fit->rules.reflected ? -c.start : c.start);
            if (fit->rules.scan != ND_SCAN_NONE) {
                fit->curve[i] = job->sample->x[i];
            }
            fit->curve[fit->curve_length + i] = fit->rules.reflected ? 2 - c.k : c.k;
            fit->curve[2 * fit->curve_length + i] =
                nd_candidate_distance(job->sample, job->rules, &c, INFINITY, &witness);
            fit->curve_inside[i] = c.inside;
        }
    }
}

static int for_all(nndyn_powerlaw_fit *fit, nd_task *task, void (*work)(void *, int64_t), double done, double share)
{
    const int64_t length = nd_scan_length(&fit->sample, &fit->rules);
    scan_job job = {.sample = &fit->sample, .rules = &fit->rules, .fit = fit};
    while (job.first < length) {
        job.last = length - job.first > (int64_t)GROUP * CHUNK ? job.first + (int64_t)GROUP * CHUNK : length;
        job.start = fit->best;
        const int64_t chunks = (job.last - job.first + CHUNK - 1) / CHUNK;
        ND_TRY(nd_task_report(task, done + share * (double)job.first / (double)length));
        const int status = nd_parallel(fit->handle.context, chunks, work, &job);
        if (status != NNDYN_OK) {
            return nd_fail(task->handle, status, "the executor did not run all of the work");
        }
        for (int64_t i = 0; work == scan_chunk && i < chunks; i++) {
            const nd_candidate *found = &job.best[i];
            if (found->distance < fit->best.distance ||
                (found->distance == fit->best.distance && found->first < fit->best.first)) {
                fit->best = *found;
            }
        }
        job.first = job.last;
    }
    return NNDYN_OK;
}

/* ---- the curve --------------------------------------------------------------------------------------------------- */

static void compact_curve(nndyn_powerlaw_fit *fit)
{
    const int64_t length = fit->curve_length;
    const int reflected = fit->rules.reflected;
    int64_t kept = 0;
    for (int64_t i = 0; i < length; i++) {
        if (fit->curve_inside[i] > 0) {
            for (int a = 0; a < 3; a++) {
                fit->curve[a * length + kept] = fit->curve[a * length + i];
            }
            fit->curve_inside[kept++] = fit->curve_inside[i];
        }
    }
    for (int64_t i = 0; reflected && i < kept / 2; i++) {
        const int64_t j = kept - 1 - i;
        for (int a = 0; a < 3; a++) {
            const double keep = fit->curve[a * length + i];
            fit->curve[a * length + i] = fit->curve[a * length + j];
            fit->curve[a * length + j] = keep;
        }
        const int64_t count = fit->curve_inside[i];
        fit->curve_inside[i] = fit->curve_inside[j];
        fit->curve_inside[j] = count;
    }
    memmove(fit->curve + kept, fit->curve + length, (size_t)kept * sizeof *fit->curve);
    memmove(fit->curve + 2 * kept, fit->curve + 2 * length, (size_t)kept * sizeof *fit->curve);
    fit->curve_length = kept;
}

static int make_curve(nndyn_powerlaw_fit *fit, void *handle, nd_task *task)
{
    const int64_t length = nd_scan_length(&fit->sample, &fit->rules);
    ND_TRY(nd_allocate_for(handle, nd_product(3, length), sizeof *fit->curve, &fit->curve));
    ND_TRY(nd_allocate_for(handle, length, sizeof *fit->curve_inside, &fit->curve_inside));
    fit->curve_length = length;
    ND_TRY(for_all(fit, task, curve_chunk, 0.5, 0.5));
    compact_curve(fit);
    return NNDYN_OK;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static int fail_no_candidate(void *handle, const nndyn_powerlaw_fit *fit)
{
    return nd_fail(
        handle, NNDYN_EDATA,
        "no window has at least %lld samples, of 2 different values and not all at its edges; lower \"least\" "
        "or give more samples than %lld",
        (long long)fit->rules.least, (long long)fit->sample.n);
}

static void settle_window(nndyn_powerlaw_fit *fit)
{
    const nd_rules *rules = &fit->rules;
    const nd_sample *sample = &fit->sample;
    const double end = sample->x[fit->best.first];
    fit->k = rules->reflected ? 2 - fit->best.k : fit->best.k;
    fit->xmin = rules->scan == ND_SCAN_NONE && rules->low > 0 ? rules->low : end;
    fit->xmax = rules->high;
    if (rules->reflected) {
        fit->xmin = rules->low > 0 ? rules->low : sample->x[sample->distinct - 1];
        fit->xmax = end;
    }
}

static int fit_sample(nndyn_powerlaw_fit *fit, void *handle, int curve)
{
    nd_task task;
    nd_task_begin(&task, handle, "power-law fit");
    ND_TRY(check_sample(handle, &fit->sample, &fit->rules));
    nd_rules_settle(&fit->rules, &fit->sample);
    nd_scan_coarse(&fit->sample, &fit->rules, &fit->best);
    ND_TRY(for_all(fit, &task, scan_chunk, 0, curve ? 0.5 : 1));
    if (fit->best.first == INT64_MAX) {
        return fail_no_candidate(handle, fit);
    }
    settle_window(fit);
    if (curve) {
        ND_TRY(make_curve(fit, handle, &task));
    }
    return nd_task_report(&task, 1);
}

static void destroy(void *object)
{
    nndyn_powerlaw_fit *fit = object;
    nd_sample_free(fit->handle.context, &fit->sample);
    nd_release(fit->handle.context, fit->curve);
    nd_release(fit->handle.context, fit->curve_inside);
}

static int create(nndyn_context *context, int64_t n, const double *x, const nndyn_options *options,
                  nndyn_powerlaw_fit **out)
{
    nd_option_value values[OPTIONS];
    nd_rules rules;
    nndyn_powerlaw_fit *fit;
    ND_TRY(nd_check_size(context, n, 1, INT64_MAX / 64, "n"));
    ND_TRY(nd_check_pointer(context, x, "x"));
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(read_rules(context, values, &rules));
    ND_TRY(nd_check_pointer(context, out, "out"));
    const int curve = (int)values[CURVE].integer;
    ND_TRY(nd_check_memory(context, nd_sample_bytes(n) + (curve ? 32.0 * (double)n : 0), "the sorted samples"));
    ND_TRY(nd_handle_create(context, ND_POWERLAW_FIT, sizeof *fit, destroy, &fit));
    fit->rules = rules;
    fit->curve_length = -1;
    int status = nd_sample_reserve(context, n, &fit->sample);
    if (status == NNDYN_OK) {
        nd_sample_fill(&fit->sample, n, x, rules.low, rules.high, rules.reflected);
        status = fit_sample(fit, context, curve);
    }
    if (status != NNDYN_OK) {
        nndyn_powerlaw_fit_free(fit);
        return status;
    }
    *out = fit;
    return NNDYN_OK;
}

int nndyn_powerlaw_fit_create(nndyn_context *context, int64_t n, const double *x, const nndyn_options *options,
                              nndyn_powerlaw_fit **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_powerlaw_fit_create"));
    return nd_leave(context, create(context, n, x, options, out));
}

void nndyn_powerlaw_fit_free(nndyn_powerlaw_fit *fit)
{
    nd_handle_release(fit);
}
