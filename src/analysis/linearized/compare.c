/* compare.c - a network and its linear model trained side by side: the probe, and one call for all of it.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "data/data.h"
#include "training/recorder.h"
#include <stdio.h>
#include <string.h>

/* ---- the probe: one without a table that follows every step, and one that is measured ---------------------------- */

static int with_network(void *self, const nd_moment *moment, double *row)
{
    nd_companion *c = self;
    ND_TRY(nd_hold(moment->trainer, moment->network, ND_NETWORK, "network"));
    const int status = row != NULL
                           ? nd_companion_row(c, moment->trainer, moment->network, row)
                           : nd_companion_follow(c, moment->trainer, moment->network, moment->trainer, moment->step - 1,
                                                 moment->rate, moment->n, moment->x, moment->t);
    nd_unhold(moment->network);
    return status;
}

static void column(void *self, int64_t number, char name[ND_NAME_SIZE])
{
    static const char *const names[NNDYN_LINEARIZATION_COLUMNS] = {
        [NNDYN_LINEARIZATION_DEVIATION] = "deviation",
        [NNDYN_LINEARIZATION_DEVIATION_TEST] = "deviation_test",
        [NNDYN_LINEARIZATION_RESIDUAL] = "residual",
        [NNDYN_LINEARIZATION_RESIDUAL_LINEAR] = "residual_linear",
        [NNDYN_LINEARIZATION_DISPLACEMENT] = "displacement",
        [NNDYN_LINEARIZATION_DISPLACEMENT_RELATIVE] = "displacement_relative",
        [NNDYN_LINEARIZATION_DISPLACEMENT_LINEAR] = "displacement_linear",
        [NNDYN_LINEARIZATION_DRIFT] = "drift",
        [NNDYN_LINEARIZATION_ALIGNMENT] = "alignment",
        [NNDYN_LINEARIZATION_CKA] = "cka",
        [NNDYN_LINEARIZATION_TARGET_ALIGNMENT] = "target_alignment",
        [NNDYN_LINEARIZATION_REMAINDER] = "remainder",
        [NNDYN_LINEARIZATION_BOUND] = "bound",
        [NNDYN_LINEARIZATION_BOUND_MEASURED] = "bound_measured",
        [NNDYN_LINEARIZATION_DEVIATION_STAR] = "deviation_star",
        [NNDYN_LINEARIZATION_BOUND_STAR] = "bound_star",
    };
    (void)self;
    memcpy(name, names[number], strlen(names[number]) + 1);
}

static void destroy(void *self, nndyn_context *context)
{
    (void)context;
    nd_companion_release(self);
}

/* Takes over the companion. */
static int add_both(nndyn_recorder *recorder, nd_companion *c, const nd_record *record, int64_t *number)
{
    static const char kind[] = "linearization";
    char name[ND_NAME_SIZE];
    const nd_probe follower = {.kind = kind, .of_step = 1, .measure = with_network, .destroy = destroy, .self = c};
    const nd_probe table = {.kind = kind,
                            .columns = NNDYN_LINEARIZATION_COLUMNS,
                            .measure = with_network,
                            .column = column,
                            .destroy = destroy,
                            .self = c};
    const nd_record every = {.cadence = {.every = 1, .first = 1}, .name = name};
    (void)snprintf(name, sizeof name, "%.50s_steps", record->name != NULL ? record->name : kind);
    c->references = 2;
    int status = nd_recorder_add(recorder, &follower, &every, NULL);
    if (status != NNDYN_OK) {
        nd_companion_release(c);
        return status;
    }
    status = nd_recorder_add(recorder, &table, record, number);
    if (status != NNDYN_OK) {
        nd_recorder_drop_last(recorder);
    }
    return status;
}

static int create_held(void *handle, nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test,
                       const nd_option_value *values, nd_companion **out)
{
    ND_TRY(nd_hold(handle, batches, ND_BATCHES, "batches"));
    int status = test != NULL ? nd_hold(handle, test, ND_DATASET, "test") : NNDYN_OK;
    if (status == NNDYN_OK) {
        status = nd_companion_create(handle, trainer, batches, test, values, out);
        if (test != NULL) {
            nd_unhold(test);
        }
    }
    nd_unhold(batches);
    return status;
}

static int add(nndyn_recorder *recorder, nndyn_batches *batches, nndyn_dataset *test, const nndyn_options *options,
               int64_t *number)
{
    nndyn_trainer *trainer = recorder->trainer;
    nd_option_value values[ND_COMPANION_OPTIONS];
    nd_record record;
    nd_companion *c = NULL;
    ND_TRY(nd_record_read(recorder, options, nd_companion_options, ND_COMPANION_OPTIONS, values, &record));
    ND_TRY(nd_hold(recorder, trainer, ND_TRAINER, "recorder's trainer"));
    int status = nd_hold(recorder, trainer->network, ND_NETWORK, "recorder's network");
    if (status == NNDYN_OK) {
        status = create_held(recorder, trainer, batches, test, values, &c);
        nd_unhold(trainer->network);
    }
    nd_unhold(trainer);
    ND_TRY(status);
    return add_both(recorder, c, &record, number);
}

int nndyn_recorder_add_linearization(nndyn_recorder *recorder, nndyn_batches *batches, nndyn_dataset *test,
                                     const nndyn_options *options, int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_linearization"));
    return nd_leave(recorder, add(recorder, batches, test, options, probe));
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

typedef struct plan {
    int64_t count;
    const int64_t *steps;
    double *rows; /* aside */
} plan;

static int side_by_side(nndyn_trainer *trainer, nndyn_batches *batches, nd_companion *c, const plan *p)
{
    nndyn_network *network = trainer->network;
    const int64_t last = p->steps[p->count - 1];
    int64_t row = 0;
    nd_task task;
    nd_task_begin(&task, trainer, "training beside the linear model");
    for (int64_t step = 0; row < p->count; step++) {
        if (p->steps[row] == step) {
            ND_TRY(nd_companion_row(c, trainer, network, p->rows + row * NNDYN_LINEARIZATION_COLUMNS));
            row++;
        }
        ND_TRY(nd_task_report(&task, (double)step / (double)last));
        if (row < p->count) {
            const int64_t number = trainer->step;
            const double rate = nd_trainer_rate(trainer);
            const void *x, *t;
            double loss;
            int64_t n;
            ND_TRY(nd_train_next(trainer, batches, &loss));
            if (nd_batches_get(batches, number, &n, &x, &t) != NNDYN_OK) {
                return nd_fail_from(trainer, NNDYN_EARG, batches);
            }
            ND_TRY(nd_companion_follow(c, trainer, network, trainer, number, rate, n, x, t));
        }
    }
    return NNDYN_OK;
}

static int with_trainer_held(nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test,
                             const nd_option_value *values, const plan *p)
{
    nd_companion *c = NULL;
    ND_TRY(nd_train_check_data(trainer, nd_batches_dataset(batches)));
    int status = test != NULL ? nd_hold(trainer, test, ND_DATASET, "test") : NNDYN_OK;
    if (status == NNDYN_OK) {
        status = nd_companion_create(trainer, trainer, batches, test, values, &c);
        if (test != NULL) {
            nd_unhold(test);
        }
    }
    if (status == NNDYN_OK) {
        status = side_by_side(trainer, batches, c, p);
    }
    nd_companion_release(c);
    return status;
}

static int check_steps(nndyn_trainer *trainer, int64_t count, const int64_t *steps)
{
    ND_TRY(nd_check_size(trainer, count, 1, ND_MOST_STEPS, "count"));
    ND_TRY(nd_check_pointer(trainer, steps, "steps"));
    ND_TRY(nd_check_size(trainer, steps[0], 0, ND_MOST_STEPS, "steps[0]"));
    for (int64_t i = 1; i < count; i++) {
        if (steps[i] <= steps[i - 1]) {
            return nd_fail(trainer, NNDYN_EARG, "steps[%lld] is %lld, must be above the one before it, %lld",
                           (long long)i, (long long)steps[i], (long long)steps[i - 1]);
        }
    }
    return nd_check_size(trainer, steps[count - 1], 1, ND_MOST_STEPS, "the last of steps");
}

static int run(nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test, const nd_option_value *values,
               plan *p)
{
    const int64_t numbers = p->count * NNDYN_LINEARIZATION_COLUMNS;
    double *rows = p->rows;
    ND_TRY(nd_hold(trainer, batches, ND_BATCHES, "batches"));
    int status = nd_trainer_hold(trainer); /* and the recorders: these steps are training too */
    if (status == NNDYN_OK) {
        status = nd_allocate_for(trainer, numbers, sizeof *rows, &p->rows);
        if (status == NNDYN_OK) {
            status = with_trainer_held(trainer, batches, test, values, p);
            if (status == NNDYN_OK) {
                memcpy(rows, p->rows, (size_t)numbers * sizeof *rows);
            }
            nd_release(trainer->handle.context, p->rows);
        }
        nd_trainer_unhold(trainer);
    }
    nd_unhold(batches);
    return status;
}

static int compare(nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test, int64_t count,
                   const int64_t *steps, const nndyn_options *options, double *rows)
{
    nd_option_value values[ND_COMPANION_OPTIONS];
    plan p = {count, steps, rows};
    ND_TRY(check_steps(trainer, count, steps));
    ND_TRY(nd_check_pointer(trainer, rows, "rows"));
    ND_TRY(nd_options_read(trainer, options, nd_companion_options, ND_COMPANION_OPTIONS, values));
    return run(trainer, batches, test, values, &p);
}

int nndyn_linearized_compare(nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test, int64_t count,
                             const int64_t *steps, const nndyn_options *options, double *rows)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_linearized_compare"));
    return nd_leave(trainer, compare(trainer, batches, test, count, steps, options, rows));
}
