/* measure.c - where fluctuations come from: single samples at frozen parameters, and the steps of a training run.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include "derivatives/engine.h"
#include "training/recorder.h"

static int check_series(void *handle, const nndyn_fluctuations *f)
{
    if (f->count == 0) {
        return nd_fail(handle, NNDYN_ESTATE, "there is no series; add one with nndyn_fluctuations_add");
    }
    return NNDYN_OK;
}

/* ---- frozen ------------------------------------------------------------------------------------------------------ */

enum { BLOCK = 1024 };

/* Gradient of sample s along one parameter, from input and sensitivity of its layer. */
static double gradient_at(const nd_pass *pass, const nd_place *p, int64_t s)
{
    const nd_layer *layer = &pass->network->layers[p->layer];
    const nd_site_f64 *site = &pass->workspace->sites[p->layer];
    const double d = p->factor * site->dout[s * layer->out + p->row];
    switch (p->part) {
    case ND_PLACE_WEIGHT:
        return d * site->in[s * layer->in + p->column];
    case ND_PLACE_SCALE:
        return d * site->memo[s * layer->in + p->row];
    default:
        return d;
    }
}

static void take_in(nndyn_fluctuations *f, const nd_pass *pass)
{
    for (int64_t i = 0; i < f->count; i++) {
        nd_series *series = &f->series[i];
        for (int64_t s = 0; s < pass->n; s++) {
            for (int64_t j = 0; j < series->count; j++) {
                nd_series_add(series, gradient_at(pass, &series->places[j], s));
            }
        }
    }
    f->filled = 1;
}

static int measure_blocks(nndyn_fluctuations *f, int64_t n, const double *x, const double *t)
{
    nd_option_value values[ND_PASS_OPTIONS];
    const int64_t inputs = f->network->inputs, outputs = nd_network_outputs(f->network);
    nd_task task;
    ND_TRY(nd_options_read(f, NULL, nd_pass_options, ND_PASS_OPTIONS, values));
    ND_TRY(nd_check_finite(f, n, inputs, x, "x"));
    ND_TRY(nd_check_finite(f, n, outputs, t, "t"));
    nd_task_begin(&task, f, "fluctuations");
    for (int64_t first = 0; first < n; first += BLOCK) {
        const int64_t count = n - first < BLOCK ? n - first : BLOCK;
        nd_pass *pass;
        ND_TRY(nd_task_report(&task, (double)first / (double)n));
        ND_TRY(nd_pass_create(f->network, f, count, x + first * inputs, t + first * outputs, ND_PASS_SLOPES, 0, values,
                              &pass));
        take_in(f, pass);
        nd_pass_free(pass);
    }
    return nd_task_report(&task, 1);
}

static int measure(nndyn_fluctuations *f, int64_t n, const double *x, const double *t)
{
    ND_TRY(check_series(f, f));
    ND_TRY(nd_check_size(f, n, 1, INT64_MAX / (int64_t)sizeof *x, "n"));
    ND_TRY(nd_check_pointer(f, x, "x"));
    ND_TRY(nd_check_pointer(f, t, "t"));
    ND_TRY(nd_hold(f, f->network, ND_NETWORK, "network"));
    int status = nd_network_ready(f->network, f, 1);
    if (status == NNDYN_OK) {
        status = measure_blocks(f, n, x, t);
    }
    nd_unhold(f->network);
    return status;
}

int nndyn_fluctuations_measure(nndyn_fluctuations *fluctuations, int64_t n, const double *x, const double *t)
{
    ND_TRY(nd_enter(fluctuations, ND_FLUCTUATIONS, "nndyn_fluctuations_measure"));
    return nd_leave(fluctuations, measure(fluctuations, n, x, t));
}

/* ---- live -------------------------------------------------------------------------------------------------------- */

static int measure_step(void *self, const nd_moment *moment, double *row)
{
    nndyn_fluctuations *f = self;
    const float *f32 = moment->trainer->gradient;
    const double *f64 = moment->trainer->gradient;
    const int single = moment->network->dtype == NNDYN_F32;
    (void)row;
    ND_TRY(nd_hold(moment->trainer, f, ND_FLUCTUATIONS, "fluctuations"));
    for (int64_t i = 0; i < f->count; i++) {
        nd_series *series = &f->series[i];
        for (int64_t j = 0; j < series->count; j++) {
            const int64_t index = series->places[j].index;
            nd_series_add(series, single ? (double)f32[index] : f64[index]);
        }
    }
    f->filled = 1;
    nd_unhold(f);
    return NNDYN_OK;
}

static void let_go(void *self, nndyn_context *context)
{
    (void)context;
    nd_handle_release(self);
}

static int check_attachable(nndyn_recorder *recorder, nndyn_fluctuations *f)
{
    ND_TRY(nd_hold(recorder, f, ND_FLUCTUATIONS, "fluctuations"));
    int status = check_series(recorder, f);
    if (status == NNDYN_OK && f->network != recorder->trainer->network) {
        status =
            nd_fail(recorder, NNDYN_EARG, "fluctuations are of another network than the recorder's trainer trains");
    }
    nd_unhold(f);
    return status;
}

static int attach(nndyn_recorder *recorder, nndyn_fluctuations *f, const nndyn_options *options, int64_t *number)
{
    const nd_probe probe = {
        .kind = "fluctuations", .of_step = 1, .measure = measure_step, .destroy = let_go, .self = f};
    nd_record record;
    ND_TRY(nd_record_read(recorder, options, NULL, 0, NULL, &record));
    ND_TRY(check_attachable(recorder, f));
    nd_handle_retain(f);
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_fluctuations(nndyn_recorder *recorder, nndyn_fluctuations *fluctuations,
                                    const nndyn_options *options, int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_fluctuations"));
    return nd_leave(recorder, attach(recorder, fluctuations, options, probe));
}
