/* smoothing.c - the classifier smoothed by noise, and its certified radius.  SPDX-License-Identifier: MIT
 *
 * The class is chosen by other draws than those its probability is bounded by: chosen by the same ones it would be the
 * most frequent by chance among several, and the bound would not hold at its level. */
#include "analysis/basin/basin.h"
#include "analysis/basin/weights.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

enum { ROUND_ROWS = 1 << 16 }; /* noisy inputs between two reports of progress, or one sample's if these are more */
enum { DRAWS, SELECT, LEVEL, SEED, CLIP, CLIP_LOW, CLIP_HIGH, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"draws", ND_INTEGER, 1, 4000000, 1000, NULL},
    {"select", ND_INTEGER, 1, 4000000, 100, NULL},
    {"level", ND_REAL, 0.75, 0.999999, 0.999, NULL},
    {"seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
    {"clip", ND_INTEGER, 0, 1, 0, NULL},
    {"clip_low", ND_REAL, -1e300, 1e300, 0, NULL},
    {"clip_high", ND_REAL, -1e300, 1e300, 1, NULL},
};

typedef struct smoothed {
    int64_t class;
    double share, low, radius, margin;
} smoothed;

typedef struct job {
    nndyn_network *network;
    const nndyn_dataset *data;
    double sigma, level;
    int64_t draws, select, classes;
    nd_basin_noise noise;
    int64_t room; /* samples of a round */
    int64_t *units, *votes;
    double *amplitudes;
    smoothed *found; /* of each sample */
    nd_task task;
    nd_arena arena;
} job;

/* ---- figures of a sample ----------------------------------------------------------------------------------------- */

/* sigma Phi^-1(p), also at the ends. */
static double distance(double sigma, double p)
{
    if (p <= 0 || p >= 1) {
        return p <= 0 ? -(double)INFINITY : (double)INFINITY;
    }
    return sigma * nd_normal_quantile(p);
}

static void choose(const job *j, const int64_t *votes, smoothed *out)
{
    out->class = 0;
    for (int64_t k = 1; k < j->classes; k++) {
        out->class = votes[k] > votes[out->class] ? k : out->class;
    }
}

static void bound(const job *j, int64_t sample, const int64_t *votes, smoothed *out)
{
    const int64_t right = votes[j->data->labels != NULL ? j->data->labels[sample] : out->class];
    double high;
    /* The lower end of a two-sided interval leaves half of what is outside below it. */
    nd_clopper_pearson(votes[out->class], j->draws, 2 * j->level - 1, &out->low, &high);
    out->share = (double)votes[out->class] / (double)j->draws;
    out->radius = out->low > 0.5 ? distance(j->sigma, out->low) : 0;
    out->margin = distance(j->sigma, (double)right / (double)j->draws);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int vote(job *j, nd_basin_sampler *sampler)
{
    const int64_t n = j->data->samples;
    for (int64_t first = 0; first < n; first += j->room) {
        const int64_t count = n - first < j->room ? n - first : j->room;
        for (int64_t i = 0; i < count; i++) {
            j->units[i] = first + i;
            j->amplitudes[i] = j->sigma;
        }
        ND_TRY(nd_basin_sampler_vote(sampler, count, j->units, j->amplitudes, 0, j->select, j->classes, j->votes));
        for (int64_t i = 0; i < count; i++) {
            choose(j, j->votes + i * j->classes, &j->found[first + i]);
        }
        ND_TRY(
            nd_basin_sampler_vote(sampler, count, j->units, j->amplitudes, j->select, j->draws, j->classes, j->votes));
        for (int64_t i = 0; i < count; i++) {
            bound(j, first + i, j->votes + i * j->classes, &j->found[first + i]);
        }
        ND_TRY(nd_task_report(&j->task, (double)(first + count) / (double)n));
    }
    return NNDYN_OK;
}

static void carve(job *j)
{
    j->units = nd_arena_take(&j->arena, j->room, sizeof *j->units);
    j->amplitudes = nd_arena_take(&j->arena, j->room, sizeof *j->amplitudes);
    j->votes = nd_arena_take(&j->arena, nd_product(j->room, j->classes), sizeof *j->votes);
    j->found = nd_arena_take(&j->arena, j->data->samples, sizeof *j->found);
}

static int smooth(job *j)
{
    nd_basin_sampler *sampler = NULL;
    const int64_t each = j->draws > j->select ? j->draws : j->select, outputs = nd_network_outputs(j->network);
    j->classes = outputs > 1 ? outputs : 2;
    j->room = ROUND_ROWS / each;
    j->room = j->room < 1 ? 1 : j->room < j->data->samples ? j->room : j->data->samples;
    carve(j);
    ND_TRY(nd_check_memory(j->network, (double)j->arena.used, "the votes of noisy inputs"));
    ND_TRY(nd_arena_reserve(&j->arena, j->network));
    carve(j);
    ND_TRY(nd_basin_sampler_create(j->network, j->data, &j->noise, &sampler));
    const int status = vote(j, sampler);
    nd_basin_sampler_free(sampler);
    return status;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int check(job *j, const nndyn_options *options)
{
    const nndyn_dataset *data = j->data;
    nd_option_value v[OPTIONS];
    ND_TRY(nd_options_read(j->network, options, specs, OPTIONS, v));
    if (v[CLIP].integer && !(v[CLIP_LOW].real < v[CLIP_HIGH].real)) {
        return nd_fail(j->network, NNDYN_EOPTION, "\"clip_low\" is %g, must be below \"clip_high\", which is %g",
                       v[CLIP_LOW].real, v[CLIP_HIGH].real);
    }
    j->draws = v[DRAWS].integer;
    j->select = v[SELECT].integer;
    j->level = v[LEVEL].real;
    j->noise = (nd_basin_noise){.kind = ND_NOISE_GAUSSIAN,
                                .draws = j->draws,
                                .seed = v[SEED].integer,
                                .clip = (int)v[CLIP].integer,
                                .clip_low = v[CLIP_LOW].real,
                                .clip_high = v[CLIP_HIGH].real};
    ND_TRY(nd_basin_check_amplitudes(j->network, 1, &j->sigma));
    ND_TRY(nd_weights_check(j->network, j->network, data, data->labels != NULL, 0));
    return data->dtype == NNDYN_F32
               ? nd_check_finite_f32(j->network, data->samples, data->inputs, data->x, "the matrix of inputs")
               : nd_check_finite(j->network, data->samples, data->inputs, data->x, "the matrix of inputs");
}

static void hand_out(const job *j, int64_t *classes, double *share, double *low, double *radius, double *margin)
{
    for (int64_t i = 0; i < j->data->samples; i++) {
        const smoothed *s = &j->found[i];
        double *const to[] = {share, low, radius, margin};
        const double from[] = {s->share, s->low, s->radius, s->margin};
        if (classes != NULL) {
            classes[i] = s->class;
        }
        for (int k = 0; k < 4; k++) {
            if (to[k] != NULL) {
                to[k][i] = from[k];
            }
        }
    }
}

int nndyn_basin_smoothed(nndyn_network *network, nndyn_dataset *dataset, double sigma, const nndyn_options *options,
                         int64_t *classes, double *share, double *low, double *radius, double *margin)
{
    job j = {.network = network, .data = dataset, .sigma = sigma};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_smoothed"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status != NNDYN_OK) {
        return nd_leave(network, status);
    }
    j.arena.context = network->handle.context;
    nd_task_begin(&j.task, network, "the smoothed classifier");
    status = check(&j, options);
    if (status == NNDYN_OK) {
        status = smooth(&j);
    }
    if (status == NNDYN_OK) {
        hand_out(&j, classes, share, low, radius, margin);
    }
    nd_arena_free(&j.arena);
    nd_unhold(dataset);
    return nd_leave(network, status);
}
