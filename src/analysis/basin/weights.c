/* weights.c - static basins in weight space: the accuracy of perturbed copies.  SPDX-License-Identifier: MIT
 *
 * To the estimator a unit is one draw seen by one group: unit g * draws + d has the samples of group g as its trials.
 * Groups that ask for the same draw at the same amplitude share one evaluation. */
#include "analysis/basin/basin.h"
#include "analysis/basin/weights.h"
#include <limits.h>
#include <math.h>
#include <string.h>

enum {
    SCALE = ND_BASIN_RULE_OPTIONS,
    OWN = SCALE + ND_WEIGHTS_OPTIONS,
    CLASSES = OWN,
    INTERVAL,
    DRAWS, /* last: nndyn_basin_weights_along has none */
    OPTIONS
};

static const nd_option_spec specs[OPTIONS] = {
    ND_BASIN_RULE_SPECS,
    ND_WEIGHTS_SPECS,
    {"classes", ND_INTEGER, 0, 1, 0, NULL},
    {"interval", ND_TEXT, 0, 0, 0, "t|cluster|bootstrap"},
    {"draws", ND_INTEGER, 2, 1e9, 64, NULL},
};

static const int intervals[] = {ND_BASIN_T, ND_BASIN_CLUSTER, ND_BASIN_BOOTSTRAP};
static const char *const units[] = {
    [ND_SCALE_RELATIVE] = "standard deviations of the numbers of each matrix",
    [ND_SCALE_ABSOLUTE] = "standard deviation of each weight's noise",
    [ND_SCALE_NEURON] = "root mean squares of the weights into each unit",
};

typedef struct job {
    int64_t draw;
    double amplitude;
} job;

typedef struct weights {
    nndyn_network *network;
    const nndyn_dataset *data; /* of float64 */
    const double *directions;  /* NULL: normal draws */
    nd_option_value values[OPTIONS];
    nd_basin_rule rule;
    int64_t draws, groups, classes;
    double *center, *scale; /* of each parameter */
    int64_t *trials;        /* of each unit */
    int64_t *listed, *start;
    job *jobs;
    int64_t *job_of; /* of each question */
    int64_t *last;   /* of each draw: its latest job, or -1 */
    int64_t *hits;   /* of each job: all, then each class */
    int64_t job_count;
    int *states; /* of each replica */
    nd_replicas replicas;
    nd_arena arena;
} weights;

/* ---- room -------------------------------------------------------------------------------------------------------- */

static void carve(weights *w, int64_t replicas)
{
    const int64_t all = nd_product(w->groups, w->draws), questions = nd_product(3, all);
    const int64_t parameters = w->network->parameters;
    w->center = nd_arena_take(&w->arena, parameters, sizeof *w->center);
    w->scale = nd_arena_take(&w->arena, parameters, sizeof *w->scale);
    w->trials = nd_arena_take(&w->arena, all, sizeof *w->trials);
    w->listed = nd_arena_take(&w->arena, all, sizeof *w->listed);
    w->start = nd_arena_take(&w->arena, w->groups + 1, sizeof *w->start);
    w->jobs = nd_arena_take(&w->arena, questions, sizeof *w->jobs);
    w->job_of = nd_arena_take(&w->arena, questions, sizeof *w->job_of);
    w->last = nd_arena_take(&w->arena, w->draws, sizeof *w->last);
    w->hits = nd_arena_take(&w->arena, nd_product(questions, w->groups), sizeof *w->hits);
    w->states = nd_arena_take(&w->arena, replicas, sizeof *w->states);
}

static void count_trials(weights *w)
{
    for (int64_t i = 0; i < w->data->samples; i++) {
        w->trials[0]++;
        if (w->groups > 1) {
            w->trials[(1 + w->data->labels[i]) * w->draws]++;
        }
    }
    for (int64_t g = 0, n = 0; g < w->groups; g++) {
        const int64_t size = w->trials[g * w->draws];
        for (int64_t d = 0; d < w->draws; d++) {
            w->trials[g * w->draws + d] = size > 0 ? size : 1;
            if (size > 0) {
                w->listed[n++] = g * w->draws + d;
            }
        }
        w->start[g + 1] = n;
    }
}

/* ---- right predictions of draws ---------------------------------------------------------------------------------- */

static int run_job(weights *w, nd_replica *replica, int64_t number)
{
    const job *j = &w->jobs[number];
    const int64_t parameters = w->network->parameters;
    int64_t *hits = w->hits + number * w->groups;
    nd_weight_kick(parameters, w->center, w->scale, j->amplitude, w->rule.seed, j->draw,
                   w->directions ? w->directions + j->draw * parameters : NULL, replica->network->theta);
    ND_TRY(nd_replica_evaluate(replica, w->data, NULL));
    hits[0] = nd_replica_hits(replica, w->classes);
    for (int64_t c = 1; c < w->groups; c++) {
        hits[c] = replica->hits[c - 1];
    }
    return NNDYN_OK;
}

static void run_replica(void *user, int64_t index)
{
    weights *w = user;
    w->states[index] = NNDYN_OK;
    for (int64_t i = index; i < w->job_count && w->states[index] == NNDYN_OK; i += w->replicas.count) {
        w->states[index] = run_job(w, &w->replicas.replicas[index], i);
    }
}

/* Without noise all draws are one. */
static void list_jobs(weights *w, int64_t n, const int64_t *unit, const double *amplitude)
{
    w->job_count = 0;
    for (int64_t d = 0; d < w->draws; d++) {
        w->last[d] = -1;
    }
    for (int64_t i = 0; i < n; i++) {
        const int64_t draw = amplitude[i] > 0 ? unit[i] % w->draws : 0;
        if (w->last[draw] < 0 || w->jobs[w->last[draw]].amplitude != amplitude[i]) {
            w->jobs[w->job_count] = (job){draw, amplitude[i]};
            w->last[draw] = w->job_count++;
        }
        w->job_of[i] = w->last[draw];
    }
}

static int count(void *user, int64_t n, const int64_t *unit, const double *amplitude, int64_t *right)
{
    weights *w = user;
    list_jobs(w, n, unit, amplitude);
    ND_TRY(nd_parallel(w->network->handle.context, w->replicas.count, run_replica, w));
    for (int64_t i = 0; i < w->replicas.count; i++) {
        if (w->states[i] != NNDYN_OK) {
            return nd_fail_from(w->network, w->states[i], w->replicas.replicas[i].network);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        right[i] = w->hits[w->job_of[i] * w->groups + unit[i] / w->draws];
    }
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int read_options(weights *w, const nndyn_options *options)
{
    const int own = w->directions == NULL;
    ND_TRY(nd_options_read(w->network, options, specs, own ? OPTIONS : DRAWS, w->values));
    ND_TRY(nd_basin_rule_of(w->network, w->values, &w->rule));
    w->rule.interval = intervals[w->values[INTERVAL].integer];
    if (own) {
        w->draws = w->values[DRAWS].integer;
    }
    return NNDYN_OK;
}

static int prepare(weights *w, nd_task *task)
{
    nndyn_network *network = w->network;
    w->groups = w->values[CLASSES].integer ? 1 + w->data->classes : 1;
    w->classes = w->data->classes;
    w->rule.chance = w->classes == 2 ? 0.5 : 0;
    const double each = nd_replica_bytes(network, w->data);
    const int64_t replicas = nd_replicas_wanted(network, w->draws, each);
    w->arena.context = network->handle.context;
    carve(w, replicas);
    ND_TRY(nd_check_memory(network, (double)w->arena.used + each * (double)replicas, "the basin"));
    ND_TRY(nd_arena_reserve(&w->arena, network));
    carve(w, replicas);
    ND_TRY(nd_replicas_open(task, network, replicas, &w->replicas));
    memcpy(w->center, w->replicas.replicas[0].network->theta, (size_t)network->parameters * sizeof *w->center);
    ND_TRY(nd_weight_scale(network, network, w->center, w->values + SCALE, w->scale));
    count_trials(w);
    return NNDYN_OK;
}

static int estimate(weights *w, nndyn_basin **out)
{
    const int64_t scale = w->values[SCALE + ND_WEIGHTS_SCALE].integer;
    nd_basin_table table;
    nd_task task;
    nd_task_begin(&task, w->network, "the basin in weight space");
    ND_TRY(prepare(w, &task));
    const nd_basin_source source = {.units = w->groups * w->draws, .trials = w->trials, .count = count, .user = w};
    const nd_basin_groups groups = {.count = w->groups, .start = w->start, .units = w->listed, .curves = w->groups};
    ND_TRY(nd_basin_estimate_all(&task, &source, &groups, &w->rule, &table));
    return nd_basin_wrap(w->network, &table, w->groups - 1, 0, NULL, scale == ND_SCALE_ABSOLUTE ? 1 : (double)NAN,
                         units[scale], out);
}

static int on_double(weights *w, nndyn_dataset *dataset, nndyn_basin **out)
{
    nndyn_dataset *data;
    ND_TRY(nd_weights_check(w->network, w->network, dataset, 1, 0));
    ND_TRY(nd_dataset_double(w->network, dataset, &data));
    w->data = data;
    const int status = estimate(w, out);
    nd_replicas_close(&w->replicas);
    nd_arena_free(&w->arena);
    nd_handle_release(data);
    return status;
}

static int hold_data(weights *w, nndyn_dataset *dataset, const nndyn_options *options, nndyn_basin **out)
{
    ND_TRY(nd_check_pointer(w->network, out, "out"));
    ND_TRY(nd_hold(w->network, dataset, ND_DATASET, "dataset"));
    int status = read_options(w, options);
    if (status == NNDYN_OK) {
        status = on_double(w, dataset, out);
    }
    nd_unhold(dataset);
    return status;
}

int nndyn_basin_weights(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, nndyn_basin **out)
{
    weights w = {.network = network};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_weights"));
    return nd_leave(network, hold_data(&w, dataset, options, out));
}

static int along(nndyn_network *network, nndyn_dataset *dataset, int64_t draws, const double *directions,
                 const nndyn_options *options, nndyn_basin **out)
{
    weights w = {.network = network, .draws = draws, .directions = directions};
    ND_TRY(nd_check_size(network, draws, 2, INT_MAX, "draws"));
    ND_TRY(nd_check_pointer(network, directions, "directions"));
    ND_TRY(nd_check_finite(network, draws, network->parameters, directions, "directions"));
    return hold_data(&w, dataset, options, out);
}

int nndyn_basin_weights_along(nndyn_network *network, nndyn_dataset *dataset, int64_t draws, const double *directions,
                              const nndyn_options *options, nndyn_basin **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_weights_along"));
    return nd_leave(network, along(network, dataset, draws, directions, options, out));
}
