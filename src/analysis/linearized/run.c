/* run.c - steps by the rule of a trainer, on the batches it would take.  SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "data/data.h"

int nd_linear_check_trainer(void *handle, const nndyn_trainer *trainer)
{
    static const struct {
        int setting;
        const char *name;
    } others[] = {{ND_WEIGHT_DECAY, "weight_decay"}, {ND_CLIP_NORM, "clip_norm"}, {ND_CLIP_VALUE, "clip_value"}};
    const int optimizer = trainer->optimizer;
    if (optimizer != NNDYN_SGD && optimizer != NNDYN_MOMENTUM && optimizer != NNDYN_NESTEROV) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "the trainer's optimizer is %s; the linear model follows SGD, momentum and Nesterov",
                       nd_optimizer_name(optimizer));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (trainer->settings[others[i].setting] != 0) {
            return nd_fail(handle, NNDYN_EUNSUPPORTED,
                           "\"%s\" of the trainer is %g; the linear model follows trainers without: set it to 0",
                           others[i].name, trainer->settings[others[i].setting]);
        }
    }
    return NNDYN_OK;
}

nd_linear_batch nd_linear_batch_of(const nndyn_trainer *trainer, int64_t step)
{
    const int heavy = trainer->optimizer != NNDYN_SGD;
    return (nd_linear_batch){.rate = trainer->settings[ND_RATE] * nd_schedule_factor(&trainer->schedule, step),
                             .momentum = heavy ? trainer->settings[ND_MOMENTUM] : 0,
                             .nesterov = trainer->optimizer == NNDYN_NESTEROV};
}

int nd_linear_check_batches(void *handle, int64_t n, int64_t outputs, nndyn_batches *batches)
{
    const nndyn_dataset *data = nd_batches_dataset(batches);
    if (data->samples != n || data->targets != outputs) {
        return nd_fail(
            handle, NNDYN_EARG,
            "batches are of %lld samples with %lld targets, the model has %lld samples with %lld outputs; they "
            "must be the same",
            (long long)data->samples, (long long)data->targets, (long long)n, (long long)outputs);
    }
    if (nd_batches_noisy_inputs(batches)) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED,
                       "batches add noise to the inputs, and a kernel stands for fixed ones; use batches without");
    }
    return NNDYN_OK;
}

/* A batch's rows and, in double, its targets. */
static int fetch(nndyn_linearized *model, nndyn_batches *batches, int64_t step, int64_t *rows, double *t,
                 int64_t *count)
{
    const void *x, *targets;
    const int dtype = nd_batches_dataset(batches)->dtype;
    if (nd_batches_get(batches, step, count, &x, &targets) != NNDYN_OK) {
        return nd_fail_from(model, NNDYN_EARG, batches);
    }
    nd_batches_rows(batches, step, rows);
    for (int64_t i = 0; i < *count * model->outputs; i++) {
        t[i] = dtype == NNDYN_F32 ? (double)((const float *)targets)[i] : ((const double *)targets)[i];
    }
    return NNDYN_OK;
}

static int all_steps(nndyn_linearized *model, const nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps,
                     int64_t *rows, double *t)
{
    nd_task task;
    nd_task_begin(&task, model, "steps of the linear model");
    for (int64_t i = 0; i < steps; i++) {
        nd_linear_batch batch = nd_linear_batch_of(trainer, model->steps);
        ND_TRY(nd_task_report(&task, (double)i / (double)steps));
        ND_TRY(fetch(model, batches, model->steps, rows, t, &batch.count));
        batch.rows = rows;
        batch.t = t;
        batch.weight = 1 / (double)batch.count;
        ND_TRY(nd_linear_step(model, model, &batch));
    }
    return nd_task_report(&task, 1);
}

static int held(nndyn_linearized *model, const nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps)
{
    const int64_t n = model->n;
    int64_t *rows;
    double *t = NULL;
    ND_TRY(nd_linear_check_trainer(model, trainer));
    ND_TRY(nd_linear_check_batches(model, n, model->outputs, batches));
    ND_TRY(nd_allocate_for(model, n, sizeof *rows, &rows));
    int status = nd_allocate_for(model, n * model->outputs, sizeof *t, &t);
    if (status == NNDYN_OK) {
        status = all_steps(model, trainer, batches, steps, rows, t);
    }
    nd_release(model->handle.context, t);
    nd_release(model->handle.context, rows);
    return status;
}

static int run(nndyn_linearized *model, nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps)
{
    ND_TRY(nd_check_size(model, steps, 1, ND_MOST_STEPS, "steps"));
    ND_TRY(nd_hold(model, trainer, ND_TRAINER, "trainer"));
    int status = nd_hold(model, batches, ND_BATCHES, "batches");
    if (status == NNDYN_OK) {
        status = held(model, trainer, batches, steps);
        nd_unhold(batches);
    }
    nd_unhold(trainer);
    return status;
}

int nndyn_linearized_run(nndyn_linearized *model, nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_run"));
    return nd_leave(model, run(model, trainer, batches, steps));
}
