/* rank.c - ranks of fields and what they say of classes: sums over columns, in threads.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include "core/random.h"
#include <math.h>
#include <string.h>

/* Ranks are kept as v = 2 r - 1 - P, with r the rank from 1: integers even for mid-ranks, and sums of them exact;
 * u - 1/2 = v / (2 P). */

enum { STRIP = 16, TILE = 1 << 23 }; /* units of a job; numbers of a tile */

typedef struct keyed {
    double h;
    int64_t sample;
} keyed;

/* Units of one layer that one job ranks, and what it adds up over them. */
typedef struct strip {
    int64_t layer, first, count, start; /* start: of its first unit, counted through all layers */
    int64_t constant;
    int64_t *bins;    /* classes x bins: half samples */
    double *permuted; /* permutations: weighted sum of G */
} strip;

typedef struct ranking {
    nndyn_ranks *ranks;
    const int64_t *labels;
    strip *strips;
    int64_t strip_count, tile_strips; /* most of a tile */
    int32_t *shuffled;                /* permutations x samples: labels */
    double *fields;                   /* of the tile, a row a unit */
    keyed *sorted;                    /* for each strip of the tile 2 x samples */
    int64_t *v;                       /* for each strip of the tile: samples */
    int64_t *sums;                    /* for each strip of the tile: classes */
    int64_t from;                     /* first strip of the tile */
    nd_arena arena;
} ranking;

/* ---- a column ---------------------------------------------------------------------------------------------------- */

static void merge(const keyed *from, int64_t low, int64_t middle, int64_t high, keyed *to)
{
    int64_t i = low, j = middle;
    for (int64_t k = low; k < high; k++) {
        to[k] = i < middle && (j >= high || from[i].h <= from[j].h) ? from[i++] : from[j++];
    }
}

/* Ascending; the result is where the return value points. */
static const keyed *sort(int64_t n, keyed *a, keyed *b)
{
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
            const int64_t middle = low + width < n ? low + width : n;
            merge(a, low, middle, middle + width < n ? middle + width : n, b);
        }
        keyed *c = a;
        a = b;
        b = c;
    }
    return a;
}

/* v of every sample; 1 if all are tied. */
static int rank(int64_t n, const double *h, keyed *scratch, int64_t *v)
{
    for (int64_t i = 0; i < n; i++) {
        scratch[i] = (keyed){h[i], i};
    }
    const keyed *sorted = sort(n, scratch, scratch + n);
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && sorted[j].h == sorted[i].h; j++) {
        }
        for (int64_t k = i; k < j; k++) {
            v[sorted[k].sample] = i + j - n; /* mid-rank (i + 1 + j) / 2 */
        }
    }
    return sorted[0].h == sorted[n - 1].h;
}

static double gradient(const nndyn_ranks *r, int64_t k, double sign, int64_t sum)
{
    return sum == 0 ? 0 : 6 * sign * (double)sum / ((double)r->samples * (double)r->sizes[k]);
}

/* Half a sample to the bin below and half to that above its place: they differ on an edge only. */
static void add_bin(int64_t bins, int64_t samples, int64_t v, int64_t *out)
{
    const int64_t place = (v + samples) * bins, unit = 2 * samples;
    out[place / unit]++;
    out[(place - 1) / unit]++;
}

static void read_classes(const ranking *job, strip *s, int64_t unit, const int64_t *v, int64_t *sums)
{
    const nndyn_ranks *r = job->ranks;
    const nd_rank_layer *layer = &r->layer[s->layer];
    const double *sign = layer->signs + unit;
    double *c2 = layer->curvature + unit;
    const double n = (double)r->samples;
    memset(sums, 0, (size_t)r->classes * sizeof *sums);
    for (int64_t k = 0; k < r->classes; k++) {
        c2[k * layer->units] = 0;
    }
    for (int64_t i = 0; i < r->samples; i++) {
        const int64_t k = job->labels[i];
        sums[k] += v[i];
        c2[k * layer->units] += (double)v[i] * (double)v[i];
        add_bin(r->bins, r->samples, sign[k * layer->units] < 0 ? -v[i] : v[i], s->bins + k * r->bins);
    }
    for (int64_t k = 0; k < r->classes; k++) {
        const int64_t at = k * layer->units;
        const double size = (double)r->sizes[k];
        layer->gradient[at + unit] = size > 0 ? gradient(r, k, sign[at], sums[k]) : (double)NAN;
        c2[at] = size > 0 ? 5 * (1.5 * c2[at] / (n * n * size) - 0.5) : (double)NAN;
    }
}

static void permute(const ranking *job, strip *s, int64_t unit, const int64_t *v, int64_t *sums)
{
    const nndyn_ranks *r = job->ranks;
    const nd_rank_layer *layer = &r->layer[s->layer];
    for (int64_t p = 0; p < r->permutations; p++) {
        const int32_t *labels = job->shuffled + p * r->samples;
        memset(sums, 0, (size_t)r->classes * sizeof *sums);
        for (int64_t i = 0; i < r->samples; i++) {
            sums[labels[i]] += v[i];
        }
        for (int64_t k = 0; k < r->classes; k++) {
            const int64_t at = k * layer->units + unit;
            const double g = gradient(r, k, layer->signs[at], sums[k]);
            layer->permuted[at] += g * g;
            s->permuted[p] += g * (layer->weights != NULL ? layer->weights[at] : 1);
        }
    }
}

static void rank_strip(void *user, int64_t index)
{
    const ranking *job = user;
    const nndyn_ranks *r = job->ranks;
    strip *s = &job->strips[job->from + index];
    const int64_t offset = s->start - job->strips[job->from].start;
    int64_t *v = job->v + index * r->samples, *sums = job->sums + index * r->classes;
    for (int64_t i = 0; i < s->count; i++) {
        const double *h = job->fields + (offset + i) * r->samples;
        s->constant += rank(r->samples, h, job->sorted + index * 2 * r->samples, v);
        read_classes(job, s, s->first + i, v, sums);
        permute(job, s, s->first + i, v, sums);
    }
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

typedef struct totals {
    double weight, gradient, curvature, least, largest;
    int64_t pairs, above;
} totals;

static double sd_of(const nndyn_ranks *r, int64_t k)
{
    const double n = (double)r->samples, size = (double)r->sizes[k];
    return size > 0 ? 12 * sqrt((1 - size / n) * (n + 1) / (12 * size * n)) : (double)NAN;
}

static totals add_up(const nndyn_ranks *r, nd_rank_layer *layer)
{
    totals t = {.least = HUGE_VAL, .largest = -HUGE_VAL};
    for (int64_t k = 0; k < r->classes; k++) {
        const double sd = sd_of(r, k);
        for (int64_t i = 0; i < layer->units; i++) {
            const int64_t at = k * layer->units + i;
            const double g = layer->gradient[at], w = layer->weights != NULL ? layer->weights[at] : 1;
            layer->permuted[at] = r->permutations > 0 && r->sizes[k] > 0
                                      ? sqrt(layer->permuted[at] / (double)r->permutations)
                                      : (double)NAN;
            if (r->sizes[k] == 0) {
                continue;
            }
            t.weight += w;
            t.gradient += w * g;
            t.curvature += w * layer->curvature[at];
            t.least = fmin(t.least, g);
            t.largest = fmax(t.largest, g);
            t.above += g > r->threshold * sd;
            t.pairs++;
        }
    }
    return t;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* What permuted labels give for the layer's mean. */
static void judge(const ranking *job, int64_t number, double weight, double *values)
{
    const nndyn_ranks *r = job->ranks;
    double square = 0;
    int64_t beyond = 0;
    for (int64_t p = 0; p < r->permutations; p++) {
        double sum = 0;
        for (int64_t s = 0; s < job->strip_count; s++) {
            sum += job->strips[s].layer == number ? job->strips[s].permuted[p] : 0;
        }
        const double mean = ratio(sum, weight);
        square += mean * mean;
        beyond += fabs(mean) >= fabs(values[NNDYN_RANKS_GRADIENT]);
    }
    const double count = (double)r->permutations;
    values[NNDYN_RANKS_SD_PERMUTED] = count > 0 ? sqrt(square / count) : (double)NAN;
    values[NNDYN_RANKS_P_VALUE] = count > 0 ? (1 + (double)beyond) / (1 + count) : (double)NAN;
}

static void pool_density(const ranking *job, int64_t number)
{
    const nndyn_ranks *r = job->ranks;
    const nd_rank_layer *layer = &r->layer[number];
    for (int64_t at = 0; at < r->classes * r->bins; at++) {
        const double samples = (double)r->sizes[at / r->bins] * (double)layer->units;
        int64_t halves = 0;
        for (int64_t s = 0; s < job->strip_count; s++) {
            halves += job->strips[s].layer == number ? job->strips[s].bins[at] : 0;
        }
        layer->density[at] = samples > 0 ? (double)halves * (double)r->bins / (2 * samples) : (double)NAN;
    }
}

static void finish_layer(const ranking *job, int64_t number)
{
    const nndyn_ranks *r = job->ranks;
    nd_rank_layer *layer = &r->layer[number];
    double *values = layer->values;
    const totals t = add_up(r, layer);
    int64_t constant = 0, skipped = 0;
    for (int64_t s = 0; s < job->strip_count; s++) {
        constant += job->strips[s].layer == number ? job->strips[s].constant : 0;
    }
    for (int64_t k = 0; k < r->classes; k++) {
        skipped += r->sizes[k] == 0;
    }
    values[NNDYN_RANKS_GRADIENT] = ratio(t.gradient, t.weight);
    values[NNDYN_RANKS_CURVATURE] = ratio(t.curvature, t.weight);
    values[NNDYN_RANKS_LEAST] = t.least;
    values[NNDYN_RANKS_LARGEST] = t.largest;
    values[NNDYN_RANKS_FRACTION] = (double)t.above / (double)t.pairs;
    values[NNDYN_RANKS_THRESHOLD] = r->threshold;
    values[NNDYN_RANKS_CHANCE] = 0.5 * erfc(r->threshold / sqrt(2));
    values[NNDYN_RANKS_UNITS] = (double)layer->units;
    values[NNDYN_RANKS_CONSTANT] = (double)constant;
    values[NNDYN_RANKS_SKIPPED] = (double)skipped;
    judge(job, number, t.weight, values);
    pool_density(job, number);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void carve(ranking *job)
{
    const nndyn_ranks *r = job->ranks;
    const int64_t tile = job->tile_strips;
    job->strips = nd_arena_take(&job->arena, job->strip_count, sizeof *job->strips);
    job->shuffled = nd_arena_take(&job->arena, nd_product(r->permutations, r->samples), sizeof *job->shuffled);
    job->fields = nd_arena_take(&job->arena, nd_product(tile * STRIP, r->samples), sizeof *job->fields);
    job->sorted = nd_arena_take(&job->arena, nd_product(2 * tile, r->samples), sizeof *job->sorted);
    job->v = nd_arena_take(&job->arena, nd_product(tile, r->samples), sizeof *job->v);
    job->sums = nd_arena_take(&job->arena, nd_product(tile, r->classes), sizeof *job->sums);
    strip *strips = job->strips;
    for (int64_t s = 0; s < job->strip_count; s++) {
        int64_t *bins = nd_arena_take(&job->arena, nd_product(r->classes, r->bins), sizeof *bins);
        double *permuted = nd_arena_take(&job->arena, r->permutations, sizeof *permuted);
        if (strips != NULL) {
            strips[s].bins = bins;
            strips[s].permuted = permuted;
        }
    }
}

static void set_strips(ranking *job)
{
    const nndyn_ranks *r = job->ranks;
    int64_t s = 0, start = 0;
    for (int64_t l = 0; l < r->layers; l++) {
        for (int64_t first = 0; first < r->layer[l].units; first += STRIP, s++) {
            const int64_t left = r->layer[l].units - first;
            job->strips[s].layer = l;
            job->strips[s].first = first;
            job->strips[s].count = left < STRIP ? left : STRIP;
            job->strips[s].start = start + first;
            memset(job->strips[s].bins, 0, (size_t)(r->classes * r->bins) * sizeof(int64_t));
            memset(job->strips[s].permuted, 0, (size_t)r->permutations * sizeof(double));
        }
        start += r->layer[l].units;
    }
}

static void shuffle_labels(ranking *job)
{
    const nndyn_ranks *r = job->ranks;
    for (int64_t p = 0; p < r->permutations; p++) {
        nd_permutation(nd_stream_open(r->seed, ND_RANDOM_PERMUTED_LABELS, 0, p), r->samples, job->v);
        for (int64_t i = 0; i < r->samples; i++) {
            job->shuffled[p * r->samples + i] = (int32_t)job->labels[job->v[i]];
        }
    }
}

static int run(ranking *job, void *handle, nd_rank_source source, void *user)
{
    nd_task task;
    nd_task_begin(&task, handle, "ranks");
    for (job->from = 0; job->from < job->strip_count; job->from += job->tile_strips) {
        const int64_t left = job->strip_count - job->from, count = left < job->tile_strips ? left : job->tile_strips;
        const strip *first = &job->strips[job->from], *last = first + count - 1;
        ND_TRY(source(user, first->start, last->start + last->count - first->start, job->fields));
        ND_TRY(nd_parallel(nd_handle_context(handle), count, rank_strip, job));
        ND_TRY(nd_task_report(&task, (double)(job->from + count) / (double)job->strip_count));
    }
    for (int64_t l = 0; l < job->ranks->layers; l++) {
        finish_layer(job, l);
    }
    return NNDYN_OK;
}

int nd_ranks_fill(nndyn_ranks *ranks, void *handle, const int64_t *labels, nd_rank_source source, void *user)
{
    ranking job = {.ranks = ranks, .labels = labels, .arena = {.context = nd_handle_context(handle)}};
    for (int64_t i = 0; i < ranks->samples; i++) {
        ranks->sizes[labels[i]]++;
    }
    for (int64_t l = 0; l < ranks->layers; l++) {
        job.strip_count += (ranks->layer[l].units + STRIP - 1) / STRIP;
    }
    const int64_t fit = TILE / STRIP / ranks->samples;
    job.tile_strips = fit < 1 ? 1 : fit < job.strip_count ? fit : job.strip_count;
    carve(&job);
    ND_TRY(nd_check_memory(handle, (double)job.arena.used, "ranks, their fields and permuted labels"));
    ND_TRY(nd_arena_reserve(&job.arena, handle));
    carve(&job);
    set_strips(&job);
    shuffle_labels(&job);
    const int status = run(&job, handle, source, user);
    nd_arena_free(&job.arena);
    return status;
}
