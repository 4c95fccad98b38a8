/* run.c - training under observation: the test of a run, and the record of a run along directions.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include "data/data.h"
#include <string.h>

/* What a run does with each step: parameters before and after it. */
typedef struct observer {
    void (*see)(void *user, int64_t step, const double *before, const double *after);
    void *user;
} observer;

static int all_steps(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, const observer *watch,
                     double *before, double *after)
{
    const nndyn_network *network = trainer->network;
    nd_task task;
    double loss;
    nd_task_begin(&task, trainer, "training under observation");
    nd_doubles(network->dtype, network->parameters, network->theta, before);
    for (int64_t i = 0; i < steps; i++) {
        ND_TRY(nd_task_report(&task, (double)i / (double)steps));
        ND_TRY(nd_train_next(trainer, batches, &loss));
        nd_doubles(network->dtype, network->parameters, network->theta, after);
        watch->see(watch->user, i, before, after);
        double *swap = before;
        before = after;
        after = swap;
    }
    return nd_task_report(&task, 1);
}

static int with_network(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, const observer *watch)
{
    int64_t parameters = trainer->network->parameters;
    double *q;
    ND_TRY(nd_train_check_data(trainer, nd_batches_dataset(batches)));
    ND_TRY(nd_allocate_for(trainer, 2 * parameters, sizeof *q, &q));
    int status = all_steps(trainer, batches, steps, watch, q, q + parameters);
    nd_release(trainer->handle.context, q);
    return status;
}

static int run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, const observer *watch)
{
    ND_TRY(nd_hold(trainer, batches, ND_BATCHES, "batches"));
    int status = nd_trainer_hold(trainer); /* and the recorders: these steps are training too */
    if (status == NNDYN_OK) {
        status = with_network(trainer, batches, steps, watch);
        nd_trainer_unhold(trainer);
    }
    nd_unhold(batches);
    return status;
}

/* ---- the test ---------------------------------------------------------------------------------------------------- */

typedef struct tested {
    nd_features features;
    double rate;
    double *g; /* P */
} tested;

static void see_features(void *user, int64_t step, const double *before, const double *after)
{
    tested *self = user;
    for (int64_t i = 0; i < self->features.plan.parameters; i++) {
        self->g[i] = (before[i] - after[i]) / self->rate;
    }
    nd_features_add(&self->features, step, before, self->g);
}

static int test_with(nndyn_trainer *trainer, nndyn_batches *batches, tested *self, nndyn_equilibrium **out)
{
    nd_equilibrium_report report;
    observer watch = {see_features, self};
    ND_TRY(nd_allocate_for(trainer, self->features.plan.parameters, sizeof *self->g, &self->g));
    int status = run(trainer, batches, self->features.plan.steps, &watch);
    nd_release(trainer->handle.context, self->g);
    ND_TRY(status);
    ND_TRY(nd_features_test(trainer, &self->features, self->rate, &report));
    return nd_equilibrium_wrap(trainer, &report, out);
}

static int test_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, const nndyn_options *options,
                    nndyn_equilibrium **out)
{
    nd_test_plan plan;
    tested self = {.rate = nd_trainer_rate(trainer)};
    ND_TRY(nd_check_pointer(trainer, out, "out"));
    if (trainer->network->parameters == 0) {
        return nd_fail(trainer, NNDYN_ESTATE, "the network has no parameters; add a layer that has some");
    }
    ND_TRY(nd_test_plan_read(trainer, steps, trainer->network->parameters, options, &plan));
    ND_TRY(nd_features_create(trainer, &plan, &self.features));
    int status = test_with(trainer, batches, &self, out);
    nd_features_free(&self.features);
    return status;
}

int nndyn_equilibrium_test_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps,
                               const nndyn_options *options, nndyn_equilibrium **out)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_equilibrium_test_run"));
    return nd_leave(trainer, test_run(trainer, batches, steps, options, out));
}

/* ---- the record -------------------------------------------------------------------------------------------------- */

typedef struct recorded {
    int64_t count, parameters;
    const double *vectors;
    double *record;
} recorded;

static void see_record(void *user, int64_t step, const double *before, const double *after)
{
    recorded *self = user;
    double *row = self->record + step * self->count;
    (void)before;
    if (!self->vectors) {
        memcpy(row, after, (size_t)self->count * sizeof *row);
        return;
    }
    for (int64_t i = 0; i < self->count; i++) {
        const double *vector = self->vectors + i * self->parameters;
        double sum = 0;
        for (int64_t j = 0; j < self->parameters; j++) {
            sum += vector[j] * after[j];
        }
        row[i] = sum;
    }
}

static int record_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, int64_t count,
                      const double *vectors, double *record)
{
    int64_t parameters = trainer->network->parameters;
    recorded self = {.count = count, .parameters = parameters, .vectors = vectors};
    observer watch = {see_record, &self};
    if (parameters == 0) {
        return nd_fail(trainer, NNDYN_ESTATE, "the network has no parameters; add a layer that has some");
    }
    ND_TRY(nd_check_size(trainer, steps, 1, INT64_MAX / 16, "steps"));
    ND_TRY(nd_check_size(trainer, count, 1, parameters, "count"));
    ND_TRY(nd_check_pointer(trainer, record, "record"));
    if (vectors) {
        ND_TRY(nd_check_finite(trainer, count, parameters, vectors, "vectors"));
    } else if (count != parameters) {
        return nd_fail(trainer, NNDYN_EARG,
                       "vectors is NULL, which means the parameters themselves, but count is %lld and there are %lld; "
                       "give vectors or make count equal",
                       (long long)count, (long long)parameters);
    }
    int64_t entries = nd_product(steps, count);
    ND_TRY(nd_check_memory(trainer, 8.0 * (double)steps * (double)count, "the record"));
    ND_TRY(nd_allocate_for(trainer, entries, sizeof *self.record, &self.record));
    int status = run(trainer, batches, steps, &watch);
    if (status == NNDYN_OK) {
        memcpy(record, self.record, (size_t)entries * sizeof *record);
    }
    nd_release(trainer->handle.context, self.record);
    return status;
}

int nndyn_equilibrium_record(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, int64_t count,
                             const double *vectors, double *record)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_equilibrium_record"));
    return nd_leave(trainer, record_run(trainer, batches, steps, count, vectors, record));
}
