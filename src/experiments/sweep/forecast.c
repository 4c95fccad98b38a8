/* forecast.c - what a sweep will take.  SPDX-License-Identifier: MIT */
#include "data/reals.h"
#include "experiments/sweep/training.h"
#include "nndyn/training.h"
#include <string.h>

typedef struct figures {
    int64_t cells;
    double bytes; /* of the largest cell */
    double flops; /* of the most costly one */
    double total;
} figures;

/* Matrix products of one sample's way through the network. */
static int forward_flops(nndyn_network *network, double *flops)
{
    int64_t layers;
    *flops = 0;
    ND_TRY(nndyn_network_shape(network, NULL, NULL, &layers, NULL, NULL));
    for (int64_t l = 0; l < layers; l++) {
        int64_t inputs, outputs;
        int kind;
        ND_TRY(nndyn_network_layer(network, l, &kind, NULL, &inputs, &outputs, NULL, NULL));
        *flops += kind == NNDYN_DENSE ? 2 * (double)inputs * (double)outputs : 0;
    }
    return NNDYN_OK;
}

static double reals(const nndyn_dataset *data, double numbers)
{
    return numbers * (double)nd_real_size(data->dtype);
}

/* Labels and one-hot targets that a cell makes of a data set; its inputs are shared. */
static double data_bytes(const nndyn_dataset *data)
{
    return data ? 8 * (double)data->samples + reals(data, (double)data->samples * (double)data->classes) : 0;
}

/* What a batch is gathered into, and the order of samples. */
static double batch_bytes(const nd_protocol *p, const nndyn_dataset *data, int64_t batch)
{
    const int plain = nd_setting(p, ND_SETTING_BATCH) == 0 && !(p->value[ND_SETTING_LABEL_NOISE] > 0) &&
                      !(p->value[ND_SETTING_INPUT_NOISE] > 0) && !(p->value[ND_SETTING_RELATIVE_INPUT_NOISE] > 0);
    const double width = (double)(data->inputs + data->targets);
    return plain ? 0 : reals(data, (double)batch * width) + 16 * (double)data->samples;
}

/* Blocks of evaluation are of this many rows or so; activations of a block are held layer by layer. */
enum { BLOCK = 1024 };

static int add_cell(const nd_training *training, const nd_protocol *p, nndyn_network *network, figures *cell)
{
    const nndyn_dataset *data = training->train;
    const int64_t size = nd_setting(p, ND_SETTING_BATCH), batch = size == 0 ? data->samples : size;
    const double samples = (double)data->samples, steps = samples / (double)batch;
    int64_t bytes, parameters;
    double flops, forward;
    ND_TRY(nndyn_trainer_forecast(network, (int)nd_setting(p, ND_SETTING_OPTIMIZER), batch, &bytes, &flops));
    ND_TRY(nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    ND_TRY(forward_flops(network, &forward));
    const double rows = samples + (training->test ? (double)training->test->samples : 0);
    const double hidden = (double)nd_setting(p, ND_SETTING_LAYERS) * (double)nd_setting(p, ND_SETTING_WIDTH);
    cell->flops = (double)nd_setting(p, ND_SETTING_EPOCHS) * steps * flops + rows * forward;
    cell->bytes = (double)bytes + reals(data, (double)parameters) + data_bytes(data) + data_bytes(training->test) +
                  batch_bytes(p, data, batch) +
                  reals(data, (rows < BLOCK ? rows : BLOCK) * ((double)data->inputs + hidden));
    if (nd_setting(p, ND_SETTING_HESSIAN)) {
        const double widths = (double)(data->inputs + data->targets) + 3 * hidden;
        cell->bytes += 8 * (4 * samples * widths + 200 * (double)parameters);
    }
    return NNDYN_OK;
}

/* Networks of the same build have the same figures, but for what is counted by their protocol. */
static int forecast_point(nndyn_context *context, const nd_training *training, const double *values, figures *cell)
{
    nd_protocol p;
    nndyn_network *network;
    nd_training_protocol(training, values, &p);
    ND_TRY(nd_training_network(context, &p, training->train, &network));
    const int status = add_cell(training, &p, network, cell);
    nndyn_network_free(network);
    return status;
}

static int64_t waiting(const nndyn_sweep *sweep, int64_t point)
{
    int64_t count = 0;
    for (int64_t i = point * sweep->seeds; i < (point + 1) * sweep->seeds; i++) {
        const int made = sweep->states && sweep->states[i].done && sweep->states[i].status == NNDYN_OK;
        count += nd_sweep_wanted(sweep, i) && !made;
    }
    return count;
}

static int add_points(nndyn_sweep *sweep, nndyn_context *context, figures *all)
{
    double values[ND_SWEEP_AXES];
    nd_task task;
    nd_task_begin(&task, sweep, "forecasting a sweep");
    for (int64_t point = 0; point < sweep->points; point++) {
        const int64_t cells = waiting(sweep, point);
        figures cell = {0};
        all->cells += cells;
        if (!sweep->training || cells == 0) {
            continue;
        }
        ND_TRY(nd_task_report(&task, (double)point / (double)sweep->points));
        nd_sweep_point(sweep, point, values);
        const int status = forecast_point(context, sweep->training, values, &cell);
        if (status != NNDYN_OK) {
            return nd_fail_from(sweep, status, context);
        }
        all->bytes = cell.bytes > all->bytes ? cell.bytes : all->bytes;
        all->flops = cell.flops > all->flops ? cell.flops : all->flops;
        all->total += (double)cells * cell.flops;
    }
    return NNDYN_OK;
}

static int64_t whole(double x)
{
    return x < 9e18 ? (int64_t)x : INT64_MAX;
}

static int forecast(nndyn_sweep *sweep, int64_t *cells, int64_t *bytes, double *flops, double *total)
{
    nndyn_context *parent = sweep->handle.context, *context;
    figures all = {0};
    ND_TRY(nd_sweep_check_cell(sweep));
    ND_TRY(nd_context_create_within(parent, 0, 0, NULL, NULL, &context));
    const int status = add_points(sweep, context, &all);
    nndyn_context_free(context);
    ND_TRY(status);
    const double threads = (double)nd_context_threads(parent), number = (double)nd_sweep_cells(sweep);
    const double table = number * (8 * (double)sweep->cell.columns + (double)sizeof(nd_cell_state) + 8);
    if (cells) {
        *cells = all.cells;
    }
    if (bytes) {
        *bytes = whole(table + (threads < number ? threads : number) * (all.bytes + nd_context_bytes()));
    }
    if (flops) {
        *flops = all.flops;
    }
    if (total) {
        *total = all.total;
    }
    return NNDYN_OK;
}

int nndyn_sweep_forecast(nndyn_sweep *sweep, int64_t *cells, int64_t *bytes, double *flops, double *total)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_forecast"));
    return nd_leave(sweep, forecast(sweep, cells, bytes, flops, total));
}
