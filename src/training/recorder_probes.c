/* recorder_probes.c - the probes of this floor.  SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the step ---------------------------------------------------------------------------------------------------- */

static int measure_training(void *self, const nd_moment *moment, double *row)
{
    const nndyn_trainer *trainer = moment->trainer;
    const nndyn_network *network = moment->network;
    (void)self;
    row[0] = moment->loss;
    row[1] = moment->rate;
    row[2] = sqrt(network->dtype == NNDYN_F32 ? network->k32->sum_squares(network->parameters, trainer->gradient)
                                              : network->k64->sum_squares(network->parameters, trainer->gradient));
    return NNDYN_OK;
}

static void training_column(void *self, int64_t column, char name[ND_NAME_SIZE])
{
    static const char *const names[] = {"loss", "rate", "gradient_norm"};
    (void)self;
    memcpy(name, names[column], strlen(names[column]) + 1);
}

static int add_training(nndyn_recorder *recorder, const nndyn_options *options, int64_t *number)
{
    const nd_probe probe = {
        .kind = "training", .columns = 3, .of_step = 1, .measure = measure_training, .column = training_column};
    nd_record record;
    ND_TRY(nd_record_read(recorder, options, NULL, 0, NULL, &record));
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_training(nndyn_recorder *recorder, const nndyn_options *options, int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_training"));
    return nd_leave(recorder, add_training(recorder, options, probe));
}

/* ---- entries of vectors as long as the parameters ---------------------------------------------------------------- */

typedef struct chosen {
    int64_t count, offset;
    int64_t *indices; /* NULL: from offset on */
    double *before;   /* updates: values before the step */
    const char *what; /* in the names of columns */
} chosen;

static int64_t index_of(const chosen *c, int64_t i)
{
    return c->indices != NULL ? c->indices[i] : c->offset + i;
}

static void copy_chosen(const chosen *c, int dtype, const void *vector, double *out)
{
    const float *f32 = vector;
    const double *f64 = vector;
    for (int64_t i = 0; i < c->count; i++) {
        out[i] = dtype == NNDYN_F32 ? (double)f32[index_of(c, i)] : f64[index_of(c, i)];
    }
}

static int measure_parameters(void *self, const nd_moment *moment, double *row)
{
    nndyn_network *network = moment->network;
    ND_TRY(nd_hold(moment->trainer, network, ND_NETWORK, "network"));
    copy_chosen(self, network->dtype, network->theta, row);
    nd_unhold(network);
    return NNDYN_OK;
}

static void look_at_parameters(void *self, const nndyn_trainer *trainer)
{
    chosen *c = self;
    copy_chosen(c, trainer->network->dtype, trainer->network->theta, c->before);
}

static int measure_updates(void *self, const nd_moment *moment, double *row)
{
    const chosen *c = self;
    ND_TRY(measure_parameters(self, moment, row));
    for (int64_t i = 0; i < c->count; i++) {
        row[i] -= c->before[i];
    }
    return NNDYN_OK;
}

static int measure_gradients(void *self, const nd_moment *moment, double *row)
{
    copy_chosen(self, moment->network->dtype, moment->trainer->gradient, row);
    return NNDYN_OK;
}

static void chosen_column(void *self, int64_t column, char name[ND_NAME_SIZE])
{
    const chosen *c = self;
    (void)snprintf(name, ND_NAME_SIZE, "%s_%lld", c->what, (long long)index_of(c, column));
}

static void destroy_chosen(void *self, nndyn_context *context)
{
    chosen *c = self;
    nd_release(context, c->indices);
    nd_release(context, c->before);
    nd_release(context, c);
}

static int check_chosen(nndyn_recorder *recorder, int64_t count, const int64_t *indices, const nd_option_value *offset)
{
    const int64_t parameters = recorder->trainer->network->parameters;
    ND_TRY(nd_check_size(recorder, count, 1, indices != NULL ? INT_MAX - 1 : parameters, "count"));
    if (indices == NULL && offset->integer > parameters - count) {
        return nd_fail(recorder, NNDYN_EOPTION,
                       "\"offset\" is %lld and count %lld, but the network has %lld parameters; their sum must be at "
                       "most that",
                       (long long)offset->integer, (long long)count, (long long)parameters);
    }
    if (indices != NULL && offset->given) {
        return nd_fail(recorder, NNDYN_EOPTION, "\"offset\" is for a range, but indices are given; leave one out");
    }
    for (int64_t i = 0; indices != NULL && i < count; i++) {
        if (indices[i] < 0 || indices[i] >= parameters) {
            return nd_fail(recorder, NNDYN_EARG, "indices[%lld] is %lld, must be from 0 to %lld", (long long)i,
                           (long long)indices[i], (long long)parameters - 1);
        }
    }
    return NNDYN_OK;
}

static int fill_chosen(nndyn_recorder *recorder, chosen *c, const int64_t *indices, int with_before)
{
    if (indices != NULL) {
        ND_TRY(nd_allocate_for(recorder, c->count, sizeof *c->indices, &c->indices));
        memcpy(c->indices, indices, (size_t)c->count * sizeof *indices);
    }
    return with_before ? nd_allocate_for(recorder, c->count, sizeof *c->before, &c->before) : NNDYN_OK;
}

/* `probe` has all but self and columns. */
static int add_chosen(nndyn_recorder *recorder, nd_probe probe, const char *what, int64_t count, const int64_t *indices,
                      const nndyn_options *options, int64_t *number)
{
    const nd_option_spec own = {"offset", ND_INTEGER, 0, (double)INT64_MAX, 0, NULL};
    nd_option_value offset;
    nd_record record;
    chosen *c;
    int status;
    ND_TRY(nd_record_read(recorder, options, &own, 1, &offset, &record));
    ND_TRY(check_chosen(recorder, count, indices, &offset));
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *c, &c));
    c->count = count;
    c->offset = offset.integer;
    c->what = what;
    status = fill_chosen(recorder, c, indices, probe.before != NULL);
    if (status != NNDYN_OK) {
        destroy_chosen(c, recorder->handle.context);
        return status;
    }
    probe.columns = count;
    probe.column = chosen_column;
    probe.destroy = destroy_chosen;
    probe.self = c;
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_parameters(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                                  const nndyn_options *options, int64_t *probe)
{
    const nd_probe made = {.kind = "parameters", .measure = measure_parameters};
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_parameters"));
    return nd_leave(recorder, add_chosen(recorder, made, "parameter", count, indices, options, probe));
}

int nndyn_recorder_add_updates(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                               const nndyn_options *options, int64_t *probe)
{
    const nd_probe made = {.kind = "updates", .of_step = 1, .measure = measure_updates, .before = look_at_parameters};
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_updates"));
    return nd_leave(recorder, add_chosen(recorder, made, "update", count, indices, options, probe));
}

int nndyn_recorder_add_gradients(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                                 const nndyn_options *options, int64_t *probe)
{
    const nd_probe made = {.kind = "gradients", .of_step = 1, .measure = measure_gradients};
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_gradients"));
    return nd_leave(recorder, add_chosen(recorder, made, "gradient", count, indices, options, probe));
}

/* ---- evaluation -------------------------------------------------------------------------------------------------- */

static int measure_evaluation(void *self, const nd_moment *moment, double *row)
{
    nndyn_dataset *dataset = self;
    double *accuracy = dataset->classes > 0 ? row + 1 : NULL;
    const int status = nndyn_network_evaluate(moment->network, dataset, row, accuracy);
    if (status == NNDYN_EBUSY) { /* which leaves no message */
        return nd_fail(moment->trainer, status, "another call is using network or dataset; wait until it returns");
    }
    return status == NNDYN_OK ? status : nd_fail_from(moment->trainer, status, moment->network);
}

static void evaluation_column(void *self, int64_t column, char name[ND_NAME_SIZE])
{
    const char *text = column == 0 ? "loss" : "accuracy";
    (void)self;
    memcpy(name, text, strlen(text) + 1);
}

static void destroy_evaluation(void *self, nndyn_context *context)
{
    (void)context;
    nd_handle_release(self);
}

static int check_dataset(nndyn_recorder *recorder, const nndyn_dataset *dataset)
{
    const nndyn_network *network = recorder->trainer->network;
    const int64_t outputs = nd_network_outputs(network);
    if (dataset->dtype != network->dtype) {
        return nd_fail(recorder, NNDYN_EARG,
                       "dataset is of %s precision, the network of the other; convert it with nndyn_dataset_convert",
                       dataset->dtype == NNDYN_F32 ? "single" : "double");
    }
    if (dataset->inputs != network->inputs || dataset->targets != outputs) {
        return nd_fail(recorder, NNDYN_EARG,
                       "dataset has %lld inputs and %lld targets, the network has %lld inputs and %lld outputs; both "
                       "must be equal",
                       (long long)dataset->inputs, (long long)dataset->targets, (long long)network->inputs,
                       (long long)outputs);
    }
    return NNDYN_OK;
}

static int add_evaluation(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                          int64_t *number)
{
    nd_record record;
    int status;
    ND_TRY(nd_record_read(recorder, options, NULL, 0, NULL, &record));
    ND_TRY(nd_hold(recorder, dataset, ND_DATASET, "dataset"));
    status = check_dataset(recorder, dataset);
    nd_unhold(dataset);
    ND_TRY(status);
    const nd_probe probe = {.kind = "evaluation",
                            .columns = dataset->classes > 0 ? 2 : 1,
                            .measure = measure_evaluation,
                            .column = evaluation_column,
                            .destroy = destroy_evaluation,
                            .self = dataset};
    nd_handle_retain(dataset);
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_evaluation(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                                  int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_evaluation"));
    return nd_leave(recorder, add_evaluation(recorder, dataset, options, probe));
}

/* ---- the caller's own -------------------------------------------------------------------------------------------- */

typedef struct callback {
    int (*evaluate)(void *user, int64_t step, nndyn_network *network, int64_t columns, double *row);
    void *user;
    int64_t columns;
    char names[]; /* one after the other, each ended by a zero byte */
} callback;

static int measure_callback(void *self, const nd_moment *moment, double *row)
{
    const callback *c = self;
    const int result = c->evaluate(c->user, moment->step, moment->network, c->columns, row);
    return result == 0 ? NNDYN_OK
                       : nd_fail(moment->trainer, NNDYN_ECALLBACK, "evaluate returned %d, must return 0", result);
}

static void callback_column(void *self, int64_t column, char name[ND_NAME_SIZE])
{
    const callback *c = self;
    const char *text = c->names;
    for (int64_t i = 0; i < column; i++) {
        text += strlen(text) + 1;
    }
    memcpy(name, text, strlen(text) + 1);
}

static void destroy_callback(void *self, nndyn_context *context)
{
    nd_release(context, self);
}

/* How many names there are, each of which must do as one of a CSV file. */
static int count_names(nndyn_recorder *recorder, const char *columns, int64_t *count)
{
    int64_t length = 0, names = columns[0] != '\0';
    for (const char *at = columns; names > 0; at++) {
        if (*at == ',' || *at == '\0') {
            if (length == 0 || length >= ND_NAME_SIZE) {
                return nd_fail(recorder, NNDYN_EARG, "name %lld in columns (from 0) has %lld bytes, must have 1 to %d",
                               (long long)names - 1, (long long)length, ND_NAME_SIZE - 1);
            }
            length = 0;
            if (*at == '\0') {
                break;
            }
            names++;
        } else if ((unsigned char)*at < ' ' || *at == '"' || *at == 127) {
            return nd_fail(recorder, NNDYN_EARG, "columns has a quote or control character in name %lld (from 0)",
                           (long long)names - 1);
        } else {
            length++;
        }
    }
    *count = names;
    return NNDYN_OK;
}

static int add_callback(nndyn_recorder *recorder, const char *columns,
                        int (*evaluate)(void *, int64_t, nndyn_network *, int64_t, double *), void *user,
                        const nndyn_options *options, int64_t *number)
{
    const char *text = columns != NULL ? columns : "";
    const size_t size = strlen(text) + 1;
    nd_record record;
    int64_t count = 0;
    callback *c;
    if (evaluate == NULL) {
        return nd_fail(recorder, NNDYN_EARG, "evaluate is NULL, must be a function");
    }
    ND_TRY(nd_record_read(recorder, options, NULL, 0, NULL, &record));
    ND_TRY(count_names(recorder, text, &count));
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *c + size, &c));
    c->evaluate = evaluate;
    c->user = user;
    c->columns = count;
    for (size_t i = 0; i < size; i++) {
        c->names[i] = (char)(text[i] == ',' ? '\0' : text[i]);
    }
    const nd_probe probe = {.kind = "callback",
                            .columns = count,
                            .measure = measure_callback,
                            .column = callback_column,
                            .destroy = destroy_callback,
                            .self = c};
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_callback(nndyn_recorder *recorder, const char *columns,
                                int (*evaluate)(void *user, int64_t step, nndyn_network *network, int64_t columns,
                                                double *row),
                                void *user, const nndyn_options *options, int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_callback"));
    return nd_leave(recorder, add_callback(recorder, columns, evaluate, user, options, probe));
}
