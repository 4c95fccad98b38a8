/* means.c - class means, their weights, and the two traces.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <float.h>
#include <math.h>

static void carve(nd_means *m)
{
    const int64_t numbers = nd_product(m->present, m->width);
    m->place = nd_arena_take(&m->arena, m->classes, sizeof *m->place);
    m->weight = nd_arena_take(&m->arena, m->present, sizeof *m->weight);
    m->share = nd_arena_take(&m->arena, m->present, sizeof *m->share);
    m->mean = nd_arena_take(&m->arena, numbers, sizeof *m->mean);
    m->offset = nd_arena_take(&m->arena, numbers, sizeof *m->offset);
}

static void take_classes(const nd_moments *moments, int by_class, nd_means *out)
{
    int64_t place = 0;
    for (int64_t c = 0; c < moments->classes; c++) {
        const double n = (double)moments->counts[c];
        out->place[c] = -1;
        if (moments->counts[c] == 0) {
            continue;
        }
        const double weight = by_class ? 1 / (double)out->present : n / (double)out->samples;
        out->weight[place] = weight;
        out->share[place] = weight / n;
        nd_moments_mean(moments, c, out->mean + place * out->width);
        out->within += nd_moments_scatter(moments, c) * (weight / n);
        out->place[c] = place++;
    }
}

/* Offsets from the global mean, which is taken about the first class mean: equal means give zeros, exactly. */
static void take_offsets(nd_means *out)
{
    const double *first = out->mean;
    double size = out->within;
    for (int64_t j = 0; j < out->width; j++) {
        double global = 0;
        for (int64_t p = 0; p < out->present; p++) {
            global += out->weight[p] * (out->mean[p * out->width + j] - first[j]);
        }
        for (int64_t p = 0; p < out->present; p++) {
            const double mean = out->mean[p * out->width + j], offset = (mean - first[j]) - global;
            out->offset[p * out->width + j] = sqrt(out->weight[p]) * offset;
            out->between += out->weight[p] * offset * offset;
            size += out->weight[p] * mean * mean;
        }
    }
    out->floor = 256 * DBL_EPSILON * DBL_EPSILON * size;
    if (out->between <= out->floor) {
        out->between = 0;
    }
}

int nd_means_create(void *handle, const nd_moments *moments, int by_class, nd_means *out)
{
    *out = (nd_means){.classes = moments->classes, .width = moments->width};
    for (int64_t c = 0; c < moments->classes; c++) {
        out->present += moments->counts[c] > 0;
        out->samples += moments->counts[c];
    }
    out->arena.context = nd_handle_context(handle);
    carve(out);
    ND_TRY(nd_check_memory(handle, (double)out->arena.used, "the means of all classes"));
    ND_TRY(nd_arena_reserve(&out->arena, handle));
    carve(out);
    take_classes(moments, by_class, out);
    take_offsets(out);
    if (!isfinite(out->within) || !isfinite(out->between) || !isfinite(out->floor)) {
        nd_means_free(out);
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "squares of the features are beyond the range of double; scale the features down");
    }
    return NNDYN_OK;
}

void nd_means_free(nd_means *means)
{
    nd_arena_free(&means->arena);
}
