/* sampler.c - predictions of noisy inputs, in blocks of rows over the threads.  SPDX-License-Identifier: MIT
 *
 * The noise of a sample and a draw is a function of the seed and of these two numbers, so it is the same at every
 * amplitude and in any order of calls.  Threads only fill in what each row is taken for: their number does not show. */
#include "analysis/basin/basin.h"
#include "core/random.h"
#include <math.h>
#include <string.h>

enum { BLOCK_ROWS = 256, MARKS = 1 << 18, SLOTS = 64, BALL_ITEMS = 1 << 23 };

/* What one thread at a time works with. */
typedef struct slot {
    void *workspace, *rows;
    double *noise;
    nd_handle *note; /* the message of a failure: the network's handle belongs to the calling thread */
    int status;
} slot;

struct nd_basin_sampler {
    nndyn_network *network;
    const nndyn_dataset *dataset;
    nd_basin_noise noise;
    void *statistics; /* of batch norm, recalibrated; NULL: the network's */
    double threshold;
    int64_t count; /* of slots */
    slot slots[SLOTS];
    int32_t *marks; /* the classes that rows first, ..., last - 1 are taken for */
    int64_t first, last;
    int64_t draws, first_draw; /* of each unit */
    const int64_t *unit;
    const double *amplitude;
};

/* ---- noise ------------------------------------------------------------------------------------------------------- */

static void to_sphere(int64_t n, double *x, double radius)
{
    double square = 0;
    for (int64_t j = 0; j < n; j++) {
        square += x[j] * x[j];
    }
    const double factor = square > 0 ? radius / sqrt(square) : 0;
    for (int64_t j = 0; j < n; j++) {
        x[j] *= factor;
    }
}

/* Noise of amplitude 1. */
static const double *draw_noise(const nd_basin_sampler *s, int64_t sample, int64_t draw, double *noise)
{
    const int64_t n = s->network->inputs;
    if (s->noise.given != NULL) {
        return s->noise.given + (draw * s->dataset->samples + sample) * n;
    }
    const nd_stream stream = nd_stream_open(s->noise.seed, ND_RANDOM_BASIN, draw, sample);
    double radius = 1;
    if (s->noise.kind == ND_NOISE_CUBE) {
        nd_uniform(stream, 0, n, noise);
        for (int64_t j = 0; j < n; j++) {
            noise[j] = 2 * noise[j] - 1;
        }
        return noise;
    }
    nd_normal(stream, 0, n, noise);
    if (s->noise.kind == ND_NOISE_BALL) {
        nd_uniform(nd_stream_open(s->noise.seed, ND_RANDOM_BASIN, draw + BALL_ITEMS, sample), 0, 1, &radius);
        radius = pow(radius, 1 / (double)n);
    }
    if (s->noise.kind != ND_NOISE_GAUSSIAN) {
        to_sphere(n, noise, radius);
    }
    return noise;
}

#define R        float
#define ND(name) nd_##name##_f32
#include "analysis/basin/sampler.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "analysis/basin/sampler.inc"

/* ---- blocks over threads ----------------------------------------------------------------------------------------- */

static void work(void *job, int64_t index)
{
    nd_basin_sampler *s = job;
    slot *own = &s->slots[index];
    for (int64_t row = s->first + index * BLOCK_ROWS; row < s->last && own->status == NNDYN_OK;
         row += s->count * BLOCK_ROWS) {
        const int64_t n = s->last - row < BLOCK_ROWS ? s->last - row : BLOCK_ROWS;
        own->status =
            s->network->dtype == NNDYN_F32 ? nd_classify_f32(s, own, row, n) : nd_classify_f64(s, own, row, n);
    }
}

static int mark(nd_basin_sampler *s)
{
    ND_TRY(nd_parallel(s->network->handle.context, s->count, work, s));
    for (int64_t i = 0; i < s->count; i++) {
        if (s->slots[i].status != NNDYN_OK) {
            return nd_fail_from(s->network, s->slots[i].status, s->slots[i].note);
        }
    }
    return NNDYN_OK;
}

int nd_basin_sampler_count(void *user, int64_t n, const int64_t *unit, const double *amplitude, int64_t *right)
{
    nd_basin_sampler *s = user;
    /* Without noise all draws are one; amplitude 0 is never asked for together with others. */
    s->draws = n > 0 && amplitude[0] == 0 ? 1 : s->noise.draws;
    s->first_draw = 0;
    s->unit = unit;
    s->amplitude = amplitude;
    memset(right, 0, (size_t)n * sizeof *right);
    for (s->first = 0; s->first < n * s->draws; s->first = s->last) {
        s->last = s->first + MARKS < n * s->draws ? s->first + MARKS : n * s->draws;
        ND_TRY(mark(s));
        for (int64_t row = s->first; row < s->last; row++) {
            right[row / s->draws] += s->marks[row - s->first] == s->dataset->labels[unit[row / s->draws]];
        }
    }
    for (int64_t i = 0; i < n && s->draws < s->noise.draws; i++) {
        right[i] *= s->noise.draws;
    }
    return NNDYN_OK;
}

int nd_basin_sampler_vote(nd_basin_sampler *s, int64_t n, const int64_t *unit, const double *amplitude, int64_t first,
                          int64_t draws, int64_t classes, int64_t *votes)
{
    s->draws = draws;
    s->first_draw = first;
    s->unit = unit;
    s->amplitude = amplitude;
    memset(votes, 0, (size_t)(n * classes) * sizeof *votes);
    for (s->first = 0; s->first < n * draws; s->first = s->last) {
        s->last = s->first + MARKS < n * draws ? s->first + MARKS : n * draws;
        ND_TRY(mark(s));
        for (int64_t row = s->first; row < s->last; row++) {
            votes[row / draws * classes + s->marks[row - s->first]]++;
        }
    }
    return NNDYN_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void nothing(void *object)
{
    (void)object;
}

static int open_slot(nd_basin_sampler *s, slot *own)
{
    nndyn_network *network = s->network;
    const int64_t numbers = nd_product(BLOCK_ROWS, network->inputs);
    ND_TRY(nd_handle_create(network->handle.context, ND_OPTIONS, sizeof(nd_handle), nothing, &own->note));
    ND_TRY(nd_allocate_for(network, network->inputs, sizeof(double), &own->noise));
    ND_TRY(nd_allocate_for(network, numbers, network->dtype == NNDYN_F32 ? sizeof(float) : sizeof(double), &own->rows));
    return network->dtype == NNDYN_F32 ? nd_workspace_create_f32(network, network, BLOCK_ROWS, ND_KEEP_OUTPUTS,
                                                                 (nd_workspace_f32 **)&own->workspace)
                                       : nd_workspace_create_f64(network, network, BLOCK_ROWS, ND_KEEP_OUTPUTS,
                                                                 (nd_workspace_f64 **)&own->workspace);
}

static int check_room(nd_basin_sampler *s)
{
    const nndyn_network *network = s->network;
    const int64_t bytes = network->dtype == NNDYN_F32 ? nd_workspace_bytes_f32(network, BLOCK_ROWS, ND_KEEP_OUTPUTS)
                                                      : nd_workspace_bytes_f64(network, BLOCK_ROWS, ND_KEEP_OUTPUTS);
    const double each = (double)bytes + 8.0 * (double)network->inputs * (BLOCK_ROWS + 1);
    return nd_check_memory(s->network, (double)s->count * each + 4.0 * MARKS,
                           "a block of noisy inputs for each thread");
}

static int open_sampler(nd_basin_sampler *s)
{
    ND_TRY(check_room(s));
    ND_TRY(nd_allocate_for(s->network, MARKS, sizeof *s->marks, &s->marks));
    for (int64_t i = 0; i < s->count; i++) {
        ND_TRY(open_slot(s, &s->slots[i]));
    }
    if (s->noise.recalibrate && s->network->statistics_count > 0) {
        return s->network->dtype == NNDYN_F32 ? nd_recalibrate_f32(s) : nd_recalibrate_f64(s);
    }
    return NNDYN_OK;
}

int nd_basin_sampler_create(nndyn_network *network, const nndyn_dataset *dataset, const nd_basin_noise *noise,
                            nd_basin_sampler **out)
{
    nd_basin_sampler *s = NULL;
    const int64_t threads = nd_context_threads(network->handle.context);
    ND_TRY(nd_allocate_for(network, 1, sizeof *s, &s));
    s->network = network;
    s->dataset = dataset;
    s->noise = *noise;
    s->threshold = nd_network_threshold(network);
    s->count = threads < 1 ? 1 : threads > SLOTS ? SLOTS : threads;
    const int status = open_sampler(s);
    if (status != NNDYN_OK) {
        nd_basin_sampler_free(s);
        return status;
    }
    *out = s;
    return NNDYN_OK;
}

void nd_basin_sampler_free(nd_basin_sampler *s)
{
    if (s == NULL) {
        return;
    }
    nndyn_context *context = s->network->handle.context;
    for (int64_t i = 0; i < s->count; i++) {
        slot *own = &s->slots[i];
        if (s->network->dtype == NNDYN_F32) {
            nd_workspace_free_f32(context, own->workspace);
        } else {
            nd_workspace_free_f64(context, own->workspace);
        }
        nd_release(context, own->rows);
        nd_release(context, own->noise);
        nd_handle_release(own->note);
    }
    nd_release(context, s->statistics);
    nd_release(context, s->marks);
    nd_release(context, s);
}
