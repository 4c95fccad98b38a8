/* features.c - a record of training reduced, as it comes, to a few numbers a step.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include "core/random.h"
#include "kernels/dot.h"
#include <string.h>

enum { BLOCKS, DIRECTIONS, LEVEL, SEED, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [BLOCKS] = {"blocks", ND_INTEGER, 8, 4096, 32, NULL},
    [DIRECTIONS] = {"directions", ND_INTEGER, 1, 2047, 8, NULL},
    [LEVEL] = {"level", ND_REAL, 1e-12, 0.999, 0.01, NULL},
    [SEED] = {"seed", ND_INTEGER, -9007199254740992.0, 9007199254740992.0, 0, NULL},
};

int nd_test_plan_read(void *handle, int64_t steps, int64_t parameters, const nndyn_options *options, nd_test_plan *plan)
{
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(handle, options, specs, OPTIONS, values));
    int64_t blocks = values[BLOCKS].integer, directions = values[DIRECTIONS].integer;
    if (blocks % 2 != 0) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"blocks\" is %lld, must be even: half of them is compared with the other", (long long)blocks);
    }
    directions = parameters < directions ? parameters : directions;
    if (directions >= blocks / 2) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"directions\" is %lld, must be below half of \"blocks\", which is %lld; lower it or ask for "
                       "more blocks",
                       (long long)directions, (long long)blocks);
    }
    ND_TRY(nd_check_size(handle, steps, 2 * blocks, INT64_MAX / 4096, "steps"));
    *plan = (nd_test_plan){.steps = steps,
                           .parameters = parameters,
                           .blocks = blocks,
                           .directions = directions,
                           .level = values[LEVEL].real,
                           .seed = values[SEED].integer};
    return NNDYN_OK;
}

static void carve(nd_features *features)
{
    const nd_test_plan *plan = &features->plan;
    nd_arena *arena = &features->arena;
    int64_t entries = nd_product(plan->steps, plan->directions);
    features->vectors = NULL;
    if (plan->directions < plan->parameters) {
        features->vectors = nd_arena_take(arena, nd_product(plan->directions, plan->parameters), sizeof(double));
    }
    features->origin = nd_arena_take(arena, plan->parameters, sizeof(double));
    features->q = nd_arena_take(arena, entries, sizeof(double));
    features->g = nd_arena_take(arena, entries, sizeof(double));
    features->work = nd_arena_take(arena, plan->steps, sizeof(double));
    features->square = nd_arena_take(arena, plan->steps, sizeof(double));
}

int nd_features_create(void *handle, const nd_test_plan *plan, nd_features *out)
{
    nd_features features = {.plan = *plan};
    carve(&features);
    ND_TRY(nd_check_memory(handle, (double)features.arena.used, "the record of the test"));
    ND_TRY(nd_arena_reserve(&features.arena, handle));
    carve(&features);
    if (features.vectors) {
        nd_stream stream = nd_stream_open(plan->seed, ND_RANDOM_PROBE, 0, 0);
        nd_normal(stream, 0, plan->directions * plan->parameters, features.vectors);
        int status = nd_orthonormal_rows(handle, plan->directions, plan->parameters, features.vectors);
        if (status != NNDYN_OK) {
            nd_arena_free(&features.arena);
            return status;
        }
    }
    *out = features;
    return NNDYN_OK;
}

void nd_features_free(nd_features *features)
{
    nd_arena_free(&features->arena);
}

static void components(const nd_features *features, const double *from, double *to)
{
    const nd_test_plan *plan = &features->plan;
    if (!features->vectors) {
        memcpy(to, from, (size_t)plan->parameters * sizeof *to);
        return;
    }
    for (int64_t i = 0; i < plan->directions; i++) {
        to[i] = nd_dot(plan->parameters, features->vectors + i * plan->parameters, from);
    }
}

void nd_features_add(nd_features *features, int64_t step, const double *q, const double *g)
{
    const nd_test_plan *plan = &features->plan;
    double work = 0;
    if (step == 0) {
        memcpy(features->origin, q, (size_t)plan->parameters * sizeof *q);
    }
    for (int64_t i = 0; i < plan->parameters; i++) {
        work += (q[i] - features->origin[i]) * g[i];
    }
    features->work[step] = 2 * work;
    features->square[step] = nd_dot(plan->parameters, g, g);
    components(features, q, features->q + step * plan->directions);
    components(features, g, features->g + step * plan->directions);
}
