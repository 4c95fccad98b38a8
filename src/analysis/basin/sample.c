/* sample.c - basins in sample space: of a set, its classes and its samples.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include <math.h>

enum {
    NOISE = ND_BASIN_RULE_OPTIONS,
    DRAWS,
    CLIP,
    CLIP_LOW,
    CLIP_HIGH,
    CLASSES,
    SAMPLES,
    INTERVAL,
    RECALIBRATE,
    OPTIONS
};

static const nd_option_spec specs[OPTIONS] = {
    ND_BASIN_RULE_SPECS,
    {"noise", ND_TEXT, 0, 0, 0, "gaussian|cube|sphere|ball"},
    {"draws", ND_INTEGER, 1, 8000000, 16, NULL},
    {"clip", ND_INTEGER, 0, 1, 0, NULL},
    {"clip_low", ND_REAL, -1e300, 1e300, 0, NULL},
    {"clip_high", ND_REAL, -1e300, 1e300, 1, NULL},
    {"classes", ND_INTEGER, 0, 1, 1, NULL},
    {"samples", ND_INTEGER, 0, 1, 0, NULL},
    {"interval", ND_TEXT, 0, 0, 0, "auto|cluster|bootstrap|fixed|wilson|clopper_pearson|mid_p"},
    {"recalibrate", ND_INTEGER, 0, 1, 0, NULL},
};

static const char *const units[] = {"standard deviation of each component", "half side of the cube",
                                    "radius of the sphere", "radius of the ball"};

typedef struct job {
    nndyn_network *network;
    nndyn_dataset *dataset;
    nd_basin_rule rule;
    nd_basin_noise noise;
    int64_t classes, samples; /* how many groups of each kind */
    int64_t *start, *units, *trials;
    nd_arena arena;
} job;

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static int read_options(job *j, const nndyn_options *options, const double *given)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_options_read(j->network, options, specs, OPTIONS, v));
    ND_TRY(nd_basin_rule_of(j->network, v, &j->rule));
    j->rule.interval = (int)v[INTERVAL].integer;
    j->rule.chance = j->dataset->classes == 2 ? 0.5 : 0;
    j->noise = (nd_basin_noise){.kind = (int)v[NOISE].integer,
                                .draws = v[DRAWS].integer,
                                .seed = v[ND_BASIN_SEED].integer,
                                .clip = (int)v[CLIP].integer,
                                .clip_low = v[CLIP_LOW].real,
                                .clip_high = v[CLIP_HIGH].real,
                                .recalibrate = (int)v[RECALIBRATE].integer,
                                .given = given};
    if (j->noise.clip && !(j->noise.clip_low < j->noise.clip_high)) {
        return nd_fail(j->network, NNDYN_EOPTION, "\"clip_low\" is %g, must be below \"clip_high\", which is %g",
                       j->noise.clip_low, j->noise.clip_high);
    }
    if (j->rule.interval == ND_BASIN_FIXED && j->noise.draws < 2) {
        return nd_fail(j->network, NNDYN_EOPTION, "\"interval\" is fixed, which needs \"draws\" of at least 2");
    }
    if (j->rule.interval >= ND_BASIN_WILSON && j->noise.draws > 1 && j->dataset->samples > 1) {
        static const char *const names[] = {"wilson", "clopper_pearson", "mid_p"};
        return nd_fail(
            j->network, NNDYN_EOPTION,
            "\"interval\" is %s, which is of independent trials, but %lld draws share a sample; give \"draws\" "
            "1, or take cluster or bootstrap",
            names[j->rule.interval - ND_BASIN_WILSON], (long long)j->noise.draws);
    }
    j->classes = v[CLASSES].integer ? j->dataset->classes : 0;
    j->samples = v[SAMPLES].integer ? j->dataset->samples : 0;
    return NNDYN_OK;
}

/* The pass also finds inputs or outputs that are not finite, before anything long begins. */
static int check(job *j)
{
    nndyn_network *network = j->network;
    double accuracy = 0;
    if (j->dataset->labels != NULL && j->dataset->classes < 2) {
        return nd_fail(network, NNDYN_EARG, "dataset has %lld class, must have at least 2",
                       (long long)j->dataset->classes);
    }
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(network->dtype == NNDYN_F32
               ? nd_check_finite_f32(network, 1, network->parameters, network->theta, "the vector of parameters")
               : nd_check_finite(network, 1, network->parameters, network->theta, "the vector of parameters"));
    return nd_network_evaluate(network, j->dataset, NULL, NULL, &accuracy);
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static void carve(job *j)
{
    const int64_t n = j->dataset->samples;
    j->start = nd_arena_take(&j->arena, 2 + j->classes + j->samples, sizeof *j->start);
    j->units = nd_arena_take(&j->arena, 3 * n, sizeof *j->units);
    j->trials = nd_arena_take(&j->arena, n, sizeof *j->trials);
}

static void list_groups(job *j)
{
    const int64_t n = j->dataset->samples;
    int64_t place = 0, group = 0;
    for (int64_t i = 0; i < n; i++) {
        j->units[place++] = i;
        j->trials[i] = j->noise.draws;
    }
    j->start[++group] = place;
    for (int64_t c = 0; c < j->classes; c++) {
        for (int64_t i = 0; i < n; i++) {
            if (j->dataset->labels[i] == c) {
                j->units[place++] = i;
            }
        }
        j->start[++group] = place;
    }
    for (int64_t i = 0; i < j->samples; i++) {
        j->units[place++] = i;
        j->start[++group] = place;
    }
}

/* Standard deviation of a component of the noise at amplitude 1. */
static double component(const job *j)
{
    const double n = (double)j->network->inputs;
    const double sigma[] = {1, 1 / sqrt(3.0), 1 / sqrt(n), 1 / sqrt(n + 2)};
    return sigma[j->noise.kind];
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int measure(job *j, nd_basin_sampler *sampler, nndyn_basin **out)
{
    const nd_basin_source source = {j->dataset->samples, j->trials, nd_basin_sampler_count, sampler};
    const nd_basin_groups groups = {1 + j->classes + j->samples, j->start, j->units, 1 + j->classes};
    nd_basin_table table;
    nd_task task;
    nd_task_begin(&task, j->network, "basins in sample space");
    ND_TRY(nd_basin_estimate_all(&task, &source, &groups, &j->rule, &table));
    return nd_basin_wrap(j->network, &table, j->classes, j->samples, j->dataset->labels, component(j),
                         units[j->noise.kind], out);
}

static int prepare(job *j, nndyn_basin **out)
{
    nd_basin_sampler *sampler = NULL;
    carve(j);
    ND_TRY(nd_arena_reserve(&j->arena, j->network));
    carve(j);
    list_groups(j);
    ND_TRY(nd_basin_sampler_create(j->network, j->dataset, &j->noise, &sampler));
    const int status = measure(j, sampler, out);
    nd_basin_sampler_free(sampler);
    return status;
}

static int run(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, const double *given,
               nndyn_basin **out)
{
    job j = {.network = network, .dataset = dataset};
    j.arena.context = network->handle.context;
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    int status = read_options(&j, options, given);
    if (status == NNDYN_OK) {
        status = check(&j);
    }
    if (status == NNDYN_OK) {
        status = prepare(&j, out);
    }
    nd_arena_free(&j.arena);
    nd_unhold(dataset);
    return status;
}

int nd_basin_sample_given(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                          const double *given, nndyn_basin **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_sample"));
    return nd_leave(network, run(network, dataset, options, given, out));
}

int nndyn_basin_sample(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, nndyn_basin **out)
{
    return nd_basin_sample_given(network, dataset, options, NULL, out);
}
