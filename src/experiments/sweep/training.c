/* training.c - the training cell of a sweep: its data, its columns, what an axis means to it.
 * SPDX-License-Identifier: MIT */
#include "experiments/sweep/training.h"
#include "core/crc.h"
#include "data/reals.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- data -------------------------------------------------------------------------------------------------------- */

static int check_classes(nndyn_sweep *sweep, const nndyn_dataset *data, const char *argument)
{
    return data->classes > 0 ? NNDYN_OK
                             : nd_fail(sweep, NNDYN_ESTATE,
                                       "%s has no labels, which the training cell needs; make it "
                                       "with nndyn_dataset_create_labels",
                                       argument);
}

static int check_test(nndyn_sweep *sweep, const nndyn_dataset *train, const nndyn_dataset *test)
{
    ND_TRY(check_classes(sweep, test, "test"));
    if (test->inputs != train->inputs || test->classes != train->classes) {
        return nd_fail(sweep, NNDYN_EARG,
                       "test has %lld inputs and %lld classes, train has %lld and %lld; they must "
                       "be equal",
                       (long long)test->inputs, (long long)test->classes, (long long)train->inputs,
                       (long long)train->classes);
    }
    return NNDYN_OK;
}

/* A reference, or a copy in the other precision. */
static int adopt(nndyn_sweep *sweep, nndyn_dataset *data, int dtype, nndyn_dataset **out)
{
    if (data->dtype == dtype) {
        nd_handle_retain(data);
        *out = data;
        return NNDYN_OK;
    }
    const int status = nndyn_dataset_convert(data, dtype, out);
    return status == NNDYN_OK ? NNDYN_OK : nd_fail_from(sweep, status, data);
}

static uint64_t add_data(const nd_crc *crc, uint64_t checksum, const nndyn_dataset *data)
{
    const int64_t sizes[] = {data->samples, data->inputs, data->classes, data->dtype};
    const int64_t numbers = data->samples * data->inputs;
    checksum = nd_crc_extend(crc, checksum, sizes, (int64_t)sizeof sizes);
    checksum = nd_crc_extend(crc, checksum, data->x, numbers * (int64_t)nd_real_size(data->dtype));
    return nd_crc_extend(crc, checksum, data->labels, data->samples * (int64_t)sizeof *data->labels);
}

static int take_data(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test, nd_training *training)
{
    const int dtype = nd_setting(&training->base, ND_SETTING_DTYPE) == 0 ? NNDYN_F64 : NNDYN_F32;
    nd_crc *crc;
    ND_TRY(adopt(sweep, train, dtype, &training->train));
    if (test) {
        ND_TRY(adopt(sweep, test, dtype, &training->test));
    }
    ND_TRY(nd_allocate_for(sweep, 1, sizeof *crc, &crc));
    nd_crc_prepare(crc);
    training->data_checksum = add_data(crc, 0, training->train);
    if (test) {
        training->data_checksum = add_data(crc, training->data_checksum, training->test);
    }
    nd_release(sweep->handle.context, crc);
    return NNDYN_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void nd_training_free(nndyn_context *context, nd_training *training)
{
    if (training) {
        nd_handle_release(training->train);
        nd_handle_release(training->test);
        nd_release(context, training);
    }
}

/* Handles are entered for a moment only, to see what they are: a data set never changes. */
static int check_data(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test)
{
    ND_TRY(nd_hold(sweep, train, ND_DATASET, "train"));
    nd_unhold(train);
    ND_TRY(check_classes(sweep, train, "train"));
    if (!test) {
        return NNDYN_OK;
    }
    ND_TRY(nd_hold(sweep, test, ND_DATASET, "test"));
    nd_unhold(test);
    return check_test(sweep, train, test);
}

int nd_training_make(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test, const nndyn_options *options,
                     nd_training **out)
{
    nd_training *training;
    ND_TRY(check_data(sweep, train, test));
    ND_TRY(nd_allocate_for(sweep, 1, sizeof *training, &training));
    int status = nd_settings_read(sweep, options, &training->base);
    if (status == NNDYN_OK) {
        status = take_data(sweep, train, test, training);
    }
    if (status != NNDYN_OK) {
        nd_training_free(sweep->handle.context, training);
        return status;
    }
    *out = training;
    return NNDYN_OK;
}

/* ---- axes and columns -------------------------------------------------------------------------------------------- */

void nd_training_protocol(const nd_training *training, const double *values, nd_protocol *out)
{
    *out = training->base;
    for (int64_t a = 0; a < training->axes; a++) {
        out->value[training->place[a]] = values[a];
    }
    const double noise = out->value[ND_SETTING_NOISE];
    if (!isnan(noise)) {
        out->value[ND_SETTING_LABEL_NOISE] = noise;
        out->value[ND_SETTING_RELATIVE_INPUT_NOISE] = noise;
    }
}

/* Of settings and data, 32 bits, which a double holds; what an axis sets stands in the axis. */
static int settings_mark(nndyn_sweep *sweep, const nd_training *training, double *mark)
{
    nd_protocol base = training->base;
    nd_crc *crc;
    for (int64_t a = 0; a < training->axes; a++) {
        base.value[training->place[a]] = 0;
    }
    ND_TRY(nd_allocate_for(sweep, 1, sizeof *crc, &crc));
    nd_crc_prepare(crc);
    const uint64_t sum = nd_crc_extend(crc, training->data_checksum, &base, (int64_t)sizeof base);
    nd_release(sweep->handle.context, crc);
    *mark = (double)((sum ^ (sum >> 32)) & 0xffffffffu);
    return NNDYN_OK;
}

static int place_axes(nndyn_sweep *sweep, nd_training *training)
{
    training->axes = sweep->axes;
    training->layers = nd_setting(&training->base, ND_SETTING_LAYERS);
    for (int64_t a = 0; a < sweep->axes; a++) {
        const nd_axis *axis = &sweep->axis[a];
        ND_TRY(nd_settings_axis(sweep, axis, &training->place[a]));
        if (training->place[a] == ND_SETTING_LAYERS) {
            training->layers = 1;
            for (int64_t i = 0; i < axis->count; i++) {
                const int64_t layers = (int64_t)axis->values[i];
                training->layers = layers > training->layers ? layers : training->layers;
            }
        }
    }
    return NNDYN_OK;
}

/* Names of the columns; returns how many there are.  Counts only where names is NULL. */
static int64_t name_columns(const nd_training *training, nd_sweep_label *names)
{
    static const char *const first[] = {"epochs_made",    "loss",      "train_loss",
                                        "train_accuracy", "test_loss", "test_accuracy"};
    static const char *const last[] = {"v", "c", "kappa", "sigma", "bow", "r_squared", "hessian_top", "hessian_trace"};
    const int64_t more = nd_setting(&training->base, ND_SETTING_HESSIAN) ? 2 : 0;
    const int64_t curve = ND_COLUMN_SEPARATION + training->layers + 1, mark = curve + ND_CURVE_COLUMNS + more;
    for (int64_t c = 0; names && c <= mark; c++) {
        if (c >= ND_COLUMN_SEPARATION && c < curve) {
            (void)snprintf(names[c], ND_SWEEP_NAME, "separation_%lld", (long long)(c - ND_COLUMN_SEPARATION));
        } else {
            const char *name = c < curve ? first[c] : c < mark ? last[c - curve] : "settings";
            memcpy(names[c], name, strlen(name) + 1);
        }
    }
    return mark + 1;
}

static int make_cell(nndyn_sweep *sweep, nd_training *training, nd_cell *cell)
{
    ND_TRY(settings_mark(sweep, training, &training->mark));
    *cell = (nd_cell){.run = nd_training_run, .user = training, .mark = training->mark};
    cell->columns = name_columns(training, NULL);
    cell->marked = cell->columns - 1;
    ND_TRY(nd_allocate_for(sweep, cell->columns, sizeof *cell->names, &cell->names));
    (void)name_columns(training, cell->names);
    return NNDYN_OK;
}

int nd_training_fit(nndyn_sweep *sweep)
{
    nd_training placed = *sweep->training;
    nd_cell cell;
    ND_TRY(place_axes(sweep, &placed));
    ND_TRY(make_cell(sweep, &placed, &cell));
    nd_sweep_drop_table(sweep);
    nd_release(sweep->handle.context, sweep->cell.names);
    *sweep->training = placed;
    cell.user = sweep->training;
    sweep->cell = cell;
    return NNDYN_OK;
}
