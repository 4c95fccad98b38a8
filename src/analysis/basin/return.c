/* return.c - dynamic basins in weight space: kick, train on, look where it went.  SPDX-License-Identifier: MIT */
#include "analysis/basin/return.h"
#include "analysis/basin/matching.h"
#include "analysis/basin/weights.h"
#include "training/training.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    STEPS = ND_WEIGHTS_OPTIONS,
    DRAWS,
    SEED,
    BATCH,
    BATCH_SEED,
    COMMON,
    DELTA_WEIGHTS,
    DELTA_FUNCTION,
    DELTA_OUTPUTS,
    DELTA_ACCURACY,
    DELTA_LOSS,
    MATCH,
    FALLING,
    LEVEL,
    OPTIONS
};

static const nd_option_spec specs[OPTIONS] = {
    ND_WEIGHTS_SPECS,
    [STEPS] = {"steps", ND_INTEGER, 1, 1e15, 1000, NULL},
    [DRAWS] = {"draws", ND_INTEGER, 1, 1e9, 20, NULL},
    [SEED] = {"seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
    [BATCH] = {"batch", ND_INTEGER, 0, INT_MAX, 0, NULL},
    [BATCH_SEED] = {"batch_seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
    [COMMON] = {"common_batches", ND_INTEGER, 0, 1, 0, NULL},
    [DELTA_WEIGHTS] = {"delta_weights", ND_REAL, 0, DBL_MAX, 0.05, NULL},
    [DELTA_FUNCTION] = {"delta_function", ND_REAL, 0, 1, 0.01, NULL},
    [DELTA_OUTPUTS] = {"delta_outputs", ND_REAL, 0, DBL_MAX, 0.01, NULL},
    [DELTA_ACCURACY] = {"delta_accuracy", ND_REAL, 0, 1, 0.01, NULL},
    [DELTA_LOSS] = {"delta_loss", ND_REAL, 0, DBL_MAX, 0.01, NULL},
    [MATCH] = {"match", ND_INTEGER, 0, 1, 1, NULL},
    [FALLING] = {"falling", ND_REAL, 0, DBL_MAX, 0.001, NULL},
    [LEVEL] = {"level", ND_REAL, 0.5, 0.999999, 0.95, NULL},
};

/* What is looked at before the kick and after it. */
typedef struct view {
    double *outputs; /* of the probe set */
    double *units;   /* of hidden units, for matching */
} view;

typedef struct runs {
    nndyn_trainer *trainer; /* the caller's, for its settings and for messages */
    nndyn_network *network;
    nndyn_dataset *data, *probe; /* of float64 */
    nd_option_value values[OPTIONS];
    const double *radii; /* the caller's, without the control */
    int64_t trials;      /* to run */
    int noisy;           /* trials without a kick differ */
    nd_matching matching;
    double *center, *scale, *statistics;
    double *theta; /* of each replica, as trained */
    double *scratch;
    view before, *after; /* after: of each replica */
    int *states;
    nd_replicas replicas;
    nndyn_basin_returns *result;
    pthread_t caller;
    atomic_int_fast64_t finished;
    nd_task task; /* the caller's alone */
    nd_arena arena;
} runs;

/* ---- room -------------------------------------------------------------------------------------------------------- */

static void carve_view(runs *r, view *v)
{
    v->outputs =
        nd_arena_take(&r->arena, nd_product(r->probe->samples, nd_network_outputs(r->network)), sizeof(double));
    v->units = nd_arena_take(&r->arena, nd_matching_outputs(&r->matching), sizeof(double));
}

static void carve(runs *r, int64_t replicas)
{
    const int64_t parameters = r->network->parameters;
    view unused;
    r->center = nd_arena_take(&r->arena, parameters, sizeof *r->center);
    r->scale = nd_arena_take(&r->arena, parameters, sizeof *r->scale);
    r->statistics = nd_arena_take(&r->arena, r->network->statistics_count, sizeof *r->statistics);
    r->theta = nd_arena_take(&r->arena, nd_product(replicas, parameters), sizeof *r->theta);
    r->scratch = nd_arena_take(&r->arena, nd_product(replicas, nd_matching_scratch(&r->matching)), sizeof *r->scratch);
    r->states = nd_arena_take(&r->arena, replicas, sizeof *r->states);
    r->after = nd_arena_take(&r->arena, replicas, sizeof *r->after);
    carve_view(r, &r->before);
    for (int64_t i = 0; i < replicas; i++) {
        carve_view(r, r->after ? &r->after[i] : &unused);
    }
}

static int64_t batch_of(const runs *r)
{
    const int64_t batch = r->values[BATCH].integer;
    return batch > 0 && batch < r->data->samples ? batch : r->data->samples;
}

/* Of one more thread. */
static double replica_bytes(const runs *r)
{
    const double trainer = nd_trainer_bytes(r->network, r->trainer->optimizer, batch_of(r));
    return nd_replica_bytes(r->network, r->data) + (r->network->dtype == NNDYN_F32 ? 2 : 1) * trainer +
           sizeof(double) * (double)(batch_of(r) * (r->network->inputs + nd_network_outputs(r->network))) +
           sizeof(double) * ((double)r->network->parameters + (double)nd_matching_scratch(&r->matching) +
                             (double)nd_matching_outputs(&r->matching) +
                             (double)r->probe->samples * (double)nd_network_outputs(r->network));
}

/* ---- how many trials --------------------------------------------------------------------------------------------- */

static void fill_trials(runs *r, int64_t count)
{
    r->noisy = !r->values[COMMON].integer &&
               (batch_of(r) < r->data->samples || nd_network_find(r->network, NNDYN_DROPOUT) >= 0 ||
                nd_optimizer_noisy(r->trainer->optimizer));
    r->trials = (r->noisy ? r->result->draws : 1) + count * r->result->draws;
}

static void fill_result(runs *r, int64_t count)
{
    nndyn_basin_returns *result = r->result;
    result->matched = (int)r->values[MATCH].integer;
    result->labeled = r->data->labels != NULL;
    result->falling = r->values[FALLING].real;
    result->level = r->values[LEVEL].real;
    memcpy(result->radius + 1, r->radii, (size_t)count * sizeof *r->radii);
    fill_trials(r, count);
}

/* ---- looking at a network ---------------------------------------------------------------------------------------- */

typedef struct look {
    const runs *r;
    nd_replica *replica;
    view *to;
} look;

static int take_block(void *user, int64_t first, int64_t count, const void *workspace)
{
    const look *l = user;
    const nd_workspace_f64 *w = workspace;
    const nndyn_network *network = l->replica->network;
    const int64_t outputs = nd_network_outputs(network);
    memcpy(l->to->outputs + first * outputs, w->sites[network->layer_count - 1].out,
           (size_t)(count * outputs) * sizeof(double));
    nd_matching_take(&l->r->matching, first, count, w, l->to->units);
    return NNDYN_OK;
}

static int take_view(const runs *r, nd_replica *replica, view *to)
{
    look l = {r, replica, to};
    const nd_watch watch = {.block = take_block, .user = &l};
    ND_TRY(nd_enter(replica->network, ND_NETWORK, "nndyn_network_evaluate"));
    ND_TRY(nd_leave(replica->network, nd_network_evaluate(replica->network, r->probe, &watch, NULL, NULL)));
    nd_matching_normalize(&r->matching, to->units);
    return NNDYN_OK;
}

static int look_at_data(const runs *r, nd_replica *replica, double *loss, double *accuracy)
{
    ND_TRY(nd_replica_evaluate(replica, r->data, loss));
    *accuracy = r->result->labeled ? (double)nd_replica_hits(replica, r->data->classes) / (double)r->data->samples
                                   : (double)NAN;
    return NNDYN_OK;
}

/* Share of the probe set with the same prediction, or of regressions with the same outputs within the tolerance. */
static double agreement(const runs *r, const view *a, const view *b)
{
    const int64_t outputs = nd_network_outputs(r->network), samples = r->probe->samples;
    const double limit = r->values[DELTA_OUTPUTS].real;
    int64_t equal = 0;
    for (int64_t i = 0; i < samples; i++) {
        const double *x = a->outputs + i * outputs, *y = b->outputs + i * outputs;
        int same = 1;
        for (int64_t j = 0; j < outputs && !r->result->labeled; j++) {
            same = same && fabs(x[j] - y[j]) <= limit;
        }
        if (r->result->labeled) {
            const int64_t first = nd_network_predict(r->network, x);
            same = first >= 0 && first == nd_network_predict(r->network, y);
        }
        equal += same;
    }
    return (double)equal / (double)samples;
}

/* ---- one trial --------------------------------------------------------------------------------------------------- */

typedef struct drive {
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
} drive;

static int open_batches(const runs *r, nndyn_context *context, int64_t draw, drive *v)
{
    const nndyn_dataset *data = r->data;
    const int64_t seed = r->values[BATCH_SEED].integer + (r->values[COMMON].integer ? 0 : draw);
    nndyn_options *options = NULL;
    ND_TRY(nndyn_dataset_create(context, data->samples, data->inputs, data->x, data->targets, data->t, 0, &v->data));
    ND_TRY(nndyn_options_create(context, &options));
    int status = nndyn_options_set_integer(options, "seed", seed);
    if (status == NNDYN_OK) {
        const int64_t size = batch_of(r);
        status = nndyn_batches_create(v->data, size == data->samples ? NNDYN_BATCH_FULL : NNDYN_BATCH_EPOCHS, size,
                                      options, &v->batches);
    }
    nndyn_options_free(options);
    return status;
}

static int open_drive(const runs *r, nd_replica *replica, int64_t draw, drive *v)
{
    const nndyn_trainer *from = r->trainer;
    ND_TRY(open_batches(r, replica->context, draw, v));
    ND_TRY(nd_trainer_make(replica->context, replica->network, from->optimizer, &v->trainer));
    memcpy(v->trainer->settings, from->settings, sizeof from->settings);
    v->trainer->schedule = from->schedule;
    v->trainer->seed = from->seed + (r->values[COMMON].integer ? 0 : draw);
    return NNDYN_OK;
}

static void close_drive(drive *v)
{
    nndyn_trainer_free(v->trainer);
    nndyn_batches_free(v->batches);
    nndyn_dataset_free(v->data);
}

static int train(const drive *v, int64_t steps)
{
    return steps > 0 ? nndyn_train_run(v->trainer, v->batches, steps, NULL) : NNDYN_OK;
}

/* Trains and measures how the loss went in the last tenth of the steps. */
static int train_on(const runs *r, nd_replica *replica, const drive *v, double *values)
{
    const int64_t steps = r->values[STEPS].integer, last = steps >= 10 ? steps / 10 : 1;
    double early = 0, ignored = 0;
    ND_TRY(train(v, steps - last));
    ND_TRY(look_at_data(r, replica, &early, &ignored));
    ND_TRY(train(v, last));
    ND_TRY(look_at_data(r, replica, &values[ND_TRIAL_LOSS], &values[ND_TRIAL_ACCURACY]));
    const double end = fabs(values[ND_TRIAL_LOSS]), fall = early - values[ND_TRIAL_LOSS];
    values[ND_TRIAL_FALL] = fall == 0 ? 0 : end > 0 ? fall / end : (double)INFINITY;
    return NNDYN_OK;
}

static int measure_end(const runs *r, nd_replica *replica, int64_t index, double *values)
{
    const int64_t parameters = r->network->parameters;
    view *after = &r->after[index];
    double *theta = r->theta + index * parameters, sum = 0;
    ND_TRY(take_view(r, replica, after));
    memcpy(theta, replica->network->theta, (size_t)parameters * sizeof *theta);
    for (int64_t i = 0; i < parameters; i++) {
        sum += (theta[i] - r->center[i]) * (theta[i] - r->center[i]);
    }
    values[ND_TRIAL_DISTANCE] = sqrt(sum);
    values[ND_TRIAL_AGREEMENT] = agreement(r, &r->before, after);
    values[ND_TRIAL_MATCHED] = r->result->matched
                                   ? nd_matching_distance(&r->matching, r->center, r->before.units, theta, after->units,
                                                          r->scratch + index * nd_matching_scratch(&r->matching))
                                   : (double)NAN;
    return NNDYN_OK;
}

static void mark_diverged(double *values)
{
    for (int i = ND_TRIAL_ACCURACY; i < ND_TRIAL_VALUES; i++) {
        values[i] = (double)NAN;
    }
    values[ND_TRIAL_DIVERGED] = 1;
}

/* A loss that is not finite ends a trial; the kick itself may have made it so. */
static int run_trial(runs *r, int64_t index, int64_t radius, int64_t draw)
{
    nd_replica *replica = &r->replicas.replicas[index];
    nndyn_network *network = replica->network;
    double *values = r->result->values + (radius * r->result->draws + draw) * ND_TRIAL_VALUES;
    drive v = {0};
    nd_weight_kick(network->parameters, r->center, r->scale, r->result->radius[radius], r->values[SEED].integer, draw,
                   NULL, network->theta);
    if (network->statistics_count > 0) {
        memcpy(network->statistics, r->statistics, (size_t)network->statistics_count * sizeof *r->statistics);
    }
    int status = look_at_data(r, replica, &values[ND_TRIAL_KICKED_LOSS], &values[ND_TRIAL_KICKED_ACCURACY]);
    if (status == NNDYN_ENUMERIC) {
        values[ND_TRIAL_KICKED_LOSS] = (double)INFINITY;
        values[ND_TRIAL_KICKED_ACCURACY] = (double)NAN;
    } else if (status == NNDYN_OK) {
        status = open_drive(r, replica, draw, &v);
        status = status == NNDYN_OK ? train_on(r, replica, &v, values) : status;
        status = status == NNDYN_OK ? measure_end(r, replica, index, values) : status;
        close_drive(&v);
    }
    if (status == NNDYN_ENUMERIC) {
        mark_diverged(values);
        return NNDYN_OK;
    }
    return status;
}

/* Progress is told on the thread that made the call only. */
static int tell(runs *r)
{
    const double done = (double)atomic_fetch_add(&r->finished, 1) + 1;
    if (pthread_equal(pthread_self(), r->caller) != 0 &&
        nd_task_report(&r->task, done / (double)r->trials) != NNDYN_OK) {
        atomic_store(&r->replicas.stop, 1);
    }
    return atomic_load(&r->replicas.stop) ? NNDYN_ECANCELED : NNDYN_OK;
}

/* Trials are numbered radius by radius; a control without noise is one trial. */
static void run_replica(void *user, int64_t index)
{
    runs *r = user;
    const int64_t draws = r->result->draws, control = r->noisy ? draws : 1;
    int *state = &r->states[index];
    *state = NNDYN_OK;
    for (int64_t i = index; i < r->trials && *state == NNDYN_OK; i += r->replicas.count) {
        const int64_t radius = i < control ? 0 : 1 + (i - control) / draws;
        const int64_t draw = i < control ? i : (i - control) % draws;
        *state = run_trial(r, index, radius, draw);
        *state = *state == NNDYN_OK ? tell(r) : *state;
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int run_all(runs *r)
{
    nndyn_basin_returns *result = r->result;
    ND_TRY(nd_parallel(r->network->handle.context, r->replicas.count, run_replica, r));
    for (int64_t i = 0; i < r->replicas.count; i++) {
        if (r->states[i] == NNDYN_ECANCELED) {
            return nd_fail(r->trainer, NNDYN_ECANCELED, "the kicks were stopped");
        }
        if (r->states[i] != NNDYN_OK) {
            return nd_fail_from(r->trainer, r->states[i], r->replicas.replicas[i].context);
        }
    }
    for (int64_t d = 1; d < result->draws && !r->noisy; d++) {
        memcpy(result->values + d * ND_TRIAL_VALUES, result->values, ND_TRIAL_VALUES * sizeof *result->values);
    }
    for (int64_t d = 0; d < result->draws; d++) {
        if (result->values[d * ND_TRIAL_VALUES + ND_TRIAL_DIVERGED] != 0) {
            return nd_fail(r->trainer, NNDYN_ENUMERIC,
                           "training diverges without any kick: the rate, %g, is unstable; lower it",
                           r->trainer->settings[ND_RATE]);
        }
    }
    return NNDYN_OK;
}

static int take_reference(runs *r)
{
    nd_replica *replica = &r->replicas.replicas[0];
    nndyn_basin_returns *result = r->result;
    double sum = 0;
    memcpy(r->center, replica->network->theta, (size_t)r->network->parameters * sizeof *r->center);
    if (r->network->statistics_count > 0) {
        memcpy(r->statistics, replica->network->statistics,
               (size_t)r->network->statistics_count * sizeof *r->statistics);
    }
    ND_TRY(nd_weight_scale(r->network, r->trainer, r->center, r->values, r->scale));
    for (int64_t i = 0; i < r->network->parameters; i++) {
        sum += r->center[i] * r->center[i];
    }
    result->norm = sqrt(sum);
    int status = look_at_data(r, replica, &result->loss, &result->accuracy);
    if (status == NNDYN_OK) {
        status = take_view(r, replica, &r->before);
    }
    if (status != NNDYN_OK) {
        return nd_fail_from(r->trainer, status, replica->network);
    }
    result->limits[NNDYN_RETURN_MINIMUM] = r->values[DELTA_WEIGHTS].real * result->norm;
    result->limits[NNDYN_RETURN_MATCHED] = result->limits[NNDYN_RETURN_MINIMUM];
    result->limits[NNDYN_RETURN_FUNCTION] = 1 - r->values[DELTA_FUNCTION].real - 1e-12;
    result->limits[NNDYN_RETURN_ACCURACY] = result->accuracy - r->values[DELTA_ACCURACY].real - 1e-12;
    result->limits[NNDYN_RETURN_LOSS] = result->loss + r->values[DELTA_LOSS].real;
    return NNDYN_OK;
}

static int prepare(runs *r, int64_t count)
{
    ND_TRY(nd_returns_create(r->trainer, count + 1, r->values[DRAWS].integer, &r->result));
    fill_result(r, count);
    if (r->result->matched) {
        ND_TRY(nd_matching_open(r->network, r->trainer, r->probe->samples, &r->matching));
    } else {
        r->matching.network = r->network;
    }
    const double each = replica_bytes(r);
    const int64_t replicas = nd_replicas_wanted(r->network, r->trials, each);
    ND_TRY(nd_check_memory(r->trainer, each * (double)replicas, "the kicked networks"));
    r->arena.context = r->network->handle.context;
    carve(r, replicas);
    ND_TRY(nd_arena_reserve(&r->arena, r->trainer));
    carve(r, replicas);
    ND_TRY(nd_replicas_open(&r->task, r->network, replicas, &r->replicas));
    return take_reference(r);
}

static int on_double(runs *r, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count)
{
    ND_TRY(nd_dataset_double(r->trainer, dataset, &r->data));
    ND_TRY(nd_dataset_double(r->trainer, probe, &r->probe));
    r->caller = pthread_self();
    atomic_init(&r->finished, 0);
    nd_task_begin(&r->task, r->trainer, "the kicks");
    ND_TRY(prepare(r, count));
    return run_all(r);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int check_radii(nndyn_trainer *trainer, int64_t count, const double *radii)
{
    ND_TRY(nd_check_size(trainer, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(trainer, radii, "radii"));
    for (int64_t i = 0; i < count; i++) {
        if (!(radii[i] > (i > 0 ? radii[i - 1] : 0) && isfinite(radii[i]))) {
            return nd_fail(trainer, NNDYN_EARG, "radii[%lld] is %g; radii must be positive, finite and ascending",
                           (long long)i, radii[i]);
        }
    }
    return NNDYN_OK;
}

static int check_probe(const runs *r, const nndyn_dataset *probe)
{
    if (probe->inputs != r->network->inputs || probe->dtype != r->network->dtype) {
        return nd_fail(r->trainer, NNDYN_EARG,
                       "probe has %lld inputs of %s precision; it needs the network's %lld, and its precision",
                       (long long)probe->inputs, probe->dtype == NNDYN_F32 ? "single" : "double",
                       (long long)r->network->inputs);
    }
    return NNDYN_OK;
}

static void finish(runs *r)
{
    nd_replicas_close(&r->replicas);
    nd_matching_close(&r->matching);
    nd_arena_free(&r->arena);
    nd_handle_release(r->result);
    nd_handle_release(r->data);
    nd_handle_release(r->probe);
}

static int with_data(runs *r, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count, nndyn_basin_returns **out)
{
    ND_TRY(nd_weights_check(r->network, r->trainer, dataset, dataset->labels != NULL, 1));
    ND_TRY(check_probe(r, probe));
    const int status = on_double(r, dataset, probe, count);
    if (status == NNDYN_OK) {
        *out = r->result;
        r->result = NULL;
    }
    finish(r);
    return status;
}

static int hold_probe(runs *r, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count, nndyn_basin_returns **out)
{
    if (probe == NULL || probe == dataset) {
        return with_data(r, dataset, dataset, count, out);
    }
    ND_TRY(nd_hold(r->trainer, probe, ND_DATASET, "probe"));
    const int status = with_data(r, dataset, probe, count, out);
    nd_unhold(probe);
    return status;
}

static int kick(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count,
                const double *radii, const nndyn_options *options, nndyn_basin_returns **out)
{
    runs r = {.trainer = trainer, .network = trainer->network, .radii = radii};
    ND_TRY(nd_check_pointer(trainer, out, "out"));
    ND_TRY(check_radii(trainer, count, radii));
    ND_TRY(nd_options_read(trainer, options, specs, OPTIONS, r.values));
    ND_TRY(nd_hold(trainer, trainer->network, ND_NETWORK, "network"));
    int status = nd_hold(trainer, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = hold_probe(&r, dataset, probe, count, out);
        nd_unhold(dataset);
    }
    nd_unhold(trainer->network);
    return status;
}

int nndyn_basin_return(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count,
                       const double *radii, const nndyn_options *options, nndyn_basin_returns **out)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_basin_return"));
    return nd_leave(trainer, kick(trainer, dataset, probe, count, radii, options, out));
}

/* ---- forecast ---------------------------------------------------------------------------------------------------- */

static int forecast_bytes(runs *r, int64_t count, double *bytes, double *steps)
{
    nndyn_basin_returns shape = {.radii = count + 1, .draws = r->values[DRAWS].integer};
    r->result = &shape;
    fill_trials(r, count);
    r->result = NULL;
    if (r->values[MATCH].integer) {
        ND_TRY(nd_matching_open(r->network, r->trainer, r->probe->samples, &r->matching));
    } else {
        r->matching.network = r->network;
    }
    const double each = replica_bytes(r);
    *bytes = each * (double)nd_replicas_wanted(r->network, r->trials, each) +
             sizeof(double) * (double)shape.radii * (double)shape.draws * ND_TRIAL_VALUES;
    *steps = (double)r->trials * (double)r->values[STEPS].integer;
    nd_matching_close(&r->matching);
    return NNDYN_OK;
}

static int forecast_with(runs *r, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count, double *bytes,
                         double *steps)
{
    ND_TRY(nd_hold(r->trainer, dataset, ND_DATASET, "dataset"));
    const int other = probe != NULL && probe != dataset;
    int status = other ? nd_hold(r->trainer, probe, ND_DATASET, "probe") : NNDYN_OK;
    if (status == NNDYN_OK) {
        r->data = dataset;
        r->probe = other ? probe : dataset;
        status = forecast_bytes(r, count, bytes, steps);
        if (other) {
            nd_unhold(probe);
        }
    }
    nd_unhold(dataset);
    return status;
}

static int forecast(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count,
                    const nndyn_options *options, int64_t *bytes, double *flops)
{
    runs r = {.trainer = trainer, .network = trainer->network};
    double memory = 0, steps = 0, each = 0;
    ND_TRY(nd_check_size(trainer, count, 1, INT_MAX, "count"));
    ND_TRY(nd_options_read(trainer, options, specs, OPTIONS, r.values));
    ND_TRY(nd_hold(trainer, trainer->network, ND_NETWORK, "network"));
    int status = forecast_with(&r, dataset, probe, count, &memory, &steps);
    nd_unhold(trainer->network);
    ND_TRY(status);
    status = nndyn_trainer_forecast(trainer->network, trainer->optimizer, batch_of(&r), NULL, &each);
    if (status != NNDYN_OK) {
        return nd_fail_from(trainer, status, trainer->network);
    }
    if (bytes) {
        *bytes = (int64_t)memory;
    }
    if (flops) {
        *flops = steps * each;
    }
    return NNDYN_OK;
}

int nndyn_basin_return_forecast(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count,
                                const nndyn_options *options, int64_t *bytes, double *flops)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_basin_return_forecast"));
    return nd_leave(trainer, forecast(trainer, dataset, probe, count, options, bytes, flops));
}
