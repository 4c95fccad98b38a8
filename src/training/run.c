/* run.c - many steps on batches of a data set, with progress and cancellation. */
#include "data/data.h"
#include "training/training.h"

int nd_train_check_data(nndyn_trainer *trainer, const nndyn_dataset *data)
{
    const nndyn_network *network = trainer->network;
    const int64_t outputs = nd_network_outputs(network);
    if (data->dtype != network->dtype) {
        return nd_fail(trainer, NNDYN_EARG,
                       "batches are of %s precision and the network of %s; convert the data with nndyn_dataset_convert",
                       data->dtype == NNDYN_F32 ? "single" : "double",
                       network->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (data->inputs != network->inputs || data->targets != outputs) {
        return nd_fail(trainer, NNDYN_EARG,
                       "batches have %lld inputs and %lld targets, the network has %lld inputs and %lld outputs; both "
                       "must be equal",
                       (long long)data->inputs, (long long)data->targets, (long long)network->inputs,
                       (long long)outputs);
    }
    return NNDYN_OK;
}

int nd_train_next(nndyn_trainer *trainer, nndyn_batches *batches, double *loss)
{
    const void *x, *t;
    int64_t n;
    const int status = nd_batches_get(batches, trainer->step, &n, &x, &t);
    if (status != NNDYN_OK) {
        return nd_fail_from(trainer, status, batches);
    }
    if (trainer->network->dtype == NNDYN_F32) {
        return nd_train_step_f32(trainer, n, x, t, loss);
    }
    return nd_train_step_f64(trainer, n, x, t, loss);
}

static int all_steps(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, double *mean)
{
    nd_task task;
    double sum = 0, loss;
    nd_task_begin(&task, trainer, "training");
    for (int64_t i = 0; i < steps; i++) {
        ND_TRY(nd_task_report(&task, (double)i / (double)steps));
        ND_TRY(nd_train_next(trainer, batches, &loss));
        sum += loss;
    }
    ND_TRY(nd_task_report(&task, 1));
    *mean = sum / (double)steps;
    return NNDYN_OK;
}

static int run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, double *loss)
{
    double mean = 0;
    int status;
    ND_TRY(nd_check_size(trainer, steps, 1, INT64_MAX, "steps"));
    ND_TRY(nd_hold(trainer, batches, ND_BATCHES, "batches"));
    status = nd_trainer_hold(trainer);
    if (status == NNDYN_OK) {
        status = nd_train_check_data(trainer, nd_batches_dataset(batches));
        if (status == NNDYN_OK) {
            status = all_steps(trainer, batches, steps, &mean);
        }
        nd_trainer_unhold(trainer);
    }
    nd_unhold(batches);
    if (status == NNDYN_OK && loss != NULL) {
        *loss = mean;
    }
    return status;
}

int nndyn_train_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, double *loss)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_train_run"));
    return nd_leave(trainer, run(trainer, batches, steps, loss));
}
