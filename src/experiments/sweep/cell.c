/* cell.c - one cell of training: build, train, measure, in a context of its own.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/training.h"
#include "kernels/kernels.h"
#include "nndyn/derivatives.h"
#include "nndyn/linalg.h"
#include "nndyn/separation.h"
#include "nndyn/training.h"
#include "training/training.h"
#include <math.h>

typedef struct one_cell {
    nndyn_context *context;
    const nd_training *training;
    nd_protocol protocol;
    nndyn_dataset *train, *test; /* over the sweep's arrays: a handle is for one thread */
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_batches *batches;
    int64_t epochs; /* made */
    double loss;    /* of the last one */
    double *row;
} one_cell;

static double real(const one_cell *cell, int setting)
{
    return cell->protocol.value[setting];
}

/* ---- options that are numbers or a text, for one call ------------------------------------------------------------ */

typedef struct given {
    const char *name;
    double value;
    const char *text; /* NULL: a number */
} given;

static int make_options(nndyn_context *context, int count, const given *list, nndyn_options **out)
{
    nndyn_options *options = NULL;
    ND_TRY(nndyn_options_create(context, &options));
    for (int i = 0; i < count; i++) {
        const given *g = &list[i];
        const int status = g->text ? nndyn_options_set_text(options, g->name, g->text)
                                   : nndyn_options_set_double(options, g->name, g->value);
        if (status != NNDYN_OK) {
            nndyn_options_free(options);
            return status;
        }
    }
    *out = options;
    return NNDYN_OK;
}

/* ---- the network ------------------------------------------------------------------------------------------------- */

static int add_dense(nndyn_network *network, nndyn_context *context, const nd_protocol *protocol, int64_t units)
{
    const char *rule = nd_settings_initialization(nd_setting(protocol, ND_SETTING_INITIALIZATION));
    nndyn_options *options;
    ND_TRY(make_options(context, 1, &(given){"initialization", 0, rule}, &options));
    const int status = nndyn_network_add_dense_with(network, units, NNDYN_IDENTITY, options);
    nndyn_options_free(options);
    return status;
}

/* "slope" is 0 for leaky ReLU, and else the activation's own default, unless it was given. */
static int add_activation(nndyn_network *network, nndyn_context *context, const nd_protocol *protocol)
{
    const int kind = (int)nd_setting(protocol, ND_SETTING_ACTIVATION);
    const double slope = protocol->value[ND_SETTING_SLOPE];
    const char *allowed;
    const int fixed = nd_activation_check(kind, (double)NAN, &allowed) == 0; /* has no parameter */
    nndyn_options *options = NULL;
    if (!fixed && (!isnan(slope) || kind == NNDYN_LEAKY_RELU)) {
        ND_TRY(make_options(context, 1, &(given){"parameter", isnan(slope) ? 0 : slope, NULL}, &options));
    }
    const int status = nndyn_network_add_activation(network, kind, options);
    nndyn_options_free(options);
    return status;
}

static int add_block(nndyn_network *network, nndyn_context *context, const nd_protocol *protocol)
{
    ND_TRY(add_dense(network, context, protocol, nd_setting(protocol, ND_SETTING_WIDTH)));
    if (nd_setting(protocol, ND_SETTING_BATCH_NORM)) {
        ND_TRY(nndyn_network_add_batch_norm(network, NULL));
    }
    ND_TRY(add_activation(network, context, protocol));
    if (protocol->value[ND_SETTING_DROPOUT] > 0) {
        ND_TRY(nndyn_network_add_dropout(network, protocol->value[ND_SETTING_DROPOUT]));
    }
    return NNDYN_OK;
}

static int add_layers(nndyn_network *network, nndyn_context *context, const nd_protocol *protocol, int64_t classes)
{
    if (nd_setting(protocol, ND_SETTING_INPUT_NORM)) {
        ND_TRY(nndyn_network_add_batch_norm(network, NULL));
    }
    for (int64_t l = 0; l < nd_setting(protocol, ND_SETTING_LAYERS); l++) {
        ND_TRY(add_block(network, context, protocol));
    }
    ND_TRY(add_dense(network, context, protocol, classes));
    return nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY);
}

int nd_training_network(nndyn_context *context, const nd_protocol *protocol, const nndyn_dataset *data,
                        nndyn_network **out)
{
    nndyn_network *network;
    ND_TRY(nndyn_network_create(context, data->dtype, data->inputs, &network));
    const int status = add_layers(network, context, protocol, data->classes);
    if (status != NNDYN_OK) {
        nndyn_network_free(network);
        return status;
    }
    *out = network;
    return NNDYN_OK;
}

/* ---- data, batches, trainer -------------------------------------------------------------------------------------- */

static int borrow(nndyn_context *context, const nndyn_dataset *data, nndyn_dataset **out)
{
    if (data->dtype == NNDYN_F32) {
        return nndyn_dataset_create_labels_f32(context, data->samples, data->inputs, data->x, data->classes,
                                               data->labels, 0, out);
    }
    return nndyn_dataset_create_labels(context, data->samples, data->inputs, data->x, data->classes, data->labels, 0,
                                       out);
}

/* Kinds of noise that are not wanted are left out.  "noise" draws anew exactly its share of the labels, as published.
 */
static int make_batches(one_cell *cell)
{
    static const struct {
        int setting;
        const char *name;
    } kinds[] = {{ND_SETTING_LABEL_NOISE, "label_noise"},
                 {ND_SETTING_INPUT_NOISE, "input_noise"},
                 {ND_SETTING_RELATIVE_INPUT_NOISE, "relative_input_noise"}};
    const int64_t size = nd_setting(&cell->protocol, ND_SETTING_BATCH);
    const int kind = size == 0 ? NNDYN_BATCH_FULL : NNDYN_BATCH_EPOCHS;
    given list[3];
    int count = 0;
    for (int i = 0; i < 3; i++) {
        if (real(cell, kinds[i].setting) > 0) {
            list[count++] = (given){kinds[i].name, real(cell, kinds[i].setting), NULL};
        }
    }
    nndyn_options *options;
    ND_TRY(make_options(cell->context, count, list, &options));
    int status = nndyn_options_set_integer(options, "label_noise_exact", !isnan(real(cell, ND_SETTING_NOISE)));
    if (status == NNDYN_OK) {
        status = nndyn_batches_create(cell->train, kind, size, options, &cell->batches);
    }
    nndyn_options_free(options);
    return status;
}

static int make_trainer(one_cell *cell)
{
    static const struct {
        int setting, of_optimizer;
        const char *name;
    } kinds[] = {{ND_SETTING_RATE, ND_RATE, "rate"},
                 {ND_SETTING_MOMENTUM, ND_MOMENTUM, "momentum"},
                 {ND_SETTING_TEMPERATURE, ND_TEMPERATURE, "temperature"},
                 {ND_SETTING_WEIGHT_DECAY, ND_WEIGHT_DECAY, "weight_decay"}};
    const int optimizer = (int)nd_setting(&cell->protocol, ND_SETTING_OPTIMIZER);
    given list[4];
    int count = 0;
    for (int i = 0; i < 4; i++) {
        nd_option_spec spec;
        if (nd_optimizer_setting(optimizer, kinds[i].of_optimizer, &spec) && !isnan(real(cell, kinds[i].setting))) {
            list[count++] = (given){kinds[i].name, real(cell, kinds[i].setting), NULL};
        }
    }
    nndyn_options *options;
    ND_TRY(make_options(cell->context, count, list, &options));
    const int status = nndyn_trainer_create_with(cell->network, optimizer, options, &cell->trainer);
    nndyn_options_free(options);
    return status;
}

/* The schedule runs once over all epochs. */
static int set_schedule(one_cell *cell, double steps)
{
    const int kind = (int)nd_setting(&cell->protocol, ND_SETTING_SCHEDULE);
    const int stepped = kind == NNDYN_SCHEDULE_STEP;
    const given list[] = {{"period", stepped ? steps / (real(cell, ND_SETTING_DECAYS) + 1) : steps, NULL},
                          {"factor", real(cell, ND_SETTING_FACTOR), NULL}};
    nndyn_options *options;
    if (kind == NNDYN_SCHEDULE_CONSTANT) {
        return NNDYN_OK;
    }
    ND_TRY(make_options(cell->context, stepped ? 2 : 1, list, &options));
    const int status = nndyn_trainer_set_schedule(cell->trainer, kind, options);
    nndyn_options_free(options);
    return status;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static int train(one_cell *cell)
{
    const int64_t epochs = nd_setting(&cell->protocol, ND_SETTING_EPOCHS);
    int64_t steps;
    double before = (double)INFINITY;
    ND_TRY(nndyn_batches_shape(cell->batches, &steps, NULL));
    ND_TRY(set_schedule(cell, (double)steps * (double)epochs));
    for (cell->epochs = 0; cell->epochs < epochs;) {
        ND_TRY(nndyn_train_run(cell->trainer, cell->batches, steps, &cell->loss));
        cell->epochs++;
        if (cell->loss < real(cell, ND_SETTING_STOP_LOSS) ||
            fabs(before - cell->loss) < real(cell, ND_SETTING_STOP_CHANGE)) {
            break;
        }
        before = cell->loss;
    }
    return NNDYN_OK;
}

/* ---- measuring --------------------------------------------------------------------------------------------------- */

/* values[] of a site: D, or D and D_HS. */
static int separations(one_cell *cell, int64_t sites, double *values, double *d)
{
    const int he_su = nd_setting(&cell->protocol, ND_SETTING_METRIC) != 0;
    const int64_t count = he_su ? NNDYN_SEPARATION_D_HS + 1 : NNDYN_SEPARATION_D + 1;
    nndyn_options *options;
    ND_TRY(make_options(cell->context, 1, &(given){"he_su", 0, NULL}, &options));
    int status = nndyn_options_set_integer(options, "he_su", he_su);
    if (status == NNDYN_OK) {
        status = nndyn_network_separation(cell->network, cell->train, options, sites, count, values, NULL, &sites,
                                          &cell->row[ND_COLUMN_TRAIN_LOSS], &cell->row[ND_COLUMN_TRAIN_ACCURACY]);
    }
    nndyn_options_free(options);
    for (int64_t i = 0; status == NNDYN_OK && i < sites; i++) {
        d[i] = values[i * count + count - 1];
    }
    return status;
}

static int measure_separation(one_cell *cell)
{
    const int64_t sites = nd_setting(&cell->protocol, ND_SETTING_LAYERS) + 1;
    double *d = cell->row + ND_COLUMN_SEPARATION, *curve = d + cell->training->layers + 1;
    double *values = nd_allocate(cell->context, 2 * sites, sizeof *values);
    if (!values) {
        return NNDYN_ENOMEM;
    }
    int status = separations(cell, sites, values, d);
    if (status == NNDYN_OK) {
        status = nndyn_load_curve(cell->context, sites, d, NULL, NULL, ND_CURVE_COLUMNS, curve, NULL);
    }
    nd_release(cell->context, values);
    return status;
}

static int hessian_of(one_cell *cell, const double *x, const double *t, double *out)
{
    nndyn_operator *hessian;
    ND_TRY(nndyn_hessian_operator(cell->network, cell->train->samples, x, t, NULL, &hessian));
    int status = nndyn_eigenpairs(hessian, 1, NULL, &out[0], NULL, NULL, NULL);
    if (status == NNDYN_OK) {
        status = nndyn_trace(hessian, NULL, &out[1], NULL);
    }
    nndyn_operator_free(hessian);
    return status;
}

/* The data once more as double, which analyses compute in. */
static int measure_hessian(one_cell *cell)
{
    const nndyn_dataset *data = cell->train;
    double *out = cell->row + ND_COLUMN_SEPARATION + cell->training->layers + 1 + ND_CURVE_COLUMNS;
    double *x = nd_allocate(cell->context, data->samples, (size_t)(data->inputs + data->targets) * sizeof *x);
    if (!x) {
        return NNDYN_ENOMEM;
    }
    double *t = x + data->samples * data->inputs;
    int status = nndyn_dataset_get(cell->train, 0, data->samples, x, t, NULL);
    if (status == NNDYN_OK) {
        status = hessian_of(cell, x, t, out);
    }
    nd_release(cell->context, x);
    return status;
}

static int measure(one_cell *cell)
{
    cell->row[ND_COLUMN_EPOCHS] = (double)cell->epochs;
    cell->row[ND_COLUMN_LOSS] = cell->loss;
    ND_TRY(measure_separation(cell));
    if (cell->test) {
        ND_TRY(nndyn_network_evaluate(cell->network, cell->test, &cell->row[ND_COLUMN_TEST_LOSS],
                                      &cell->row[ND_COLUMN_TEST_ACCURACY]));
    }
    return nd_setting(&cell->protocol, ND_SETTING_HESSIAN) ? measure_hessian(cell) : NNDYN_OK;
}

/* ---- the cell ---------------------------------------------------------------------------------------------------- */

static int work(one_cell *cell)
{
    const nd_training *training = cell->training;
    ND_TRY(borrow(cell->context, training->train, &cell->train));
    if (training->test) {
        ND_TRY(borrow(cell->context, training->test, &cell->test));
    }
    ND_TRY(nd_training_network(cell->context, &cell->protocol, training->train, &cell->network));
    ND_TRY(make_batches(cell));
    ND_TRY(make_trainer(cell));
    ND_TRY(train(cell));
    return measure(cell);
}

int nd_training_run(void *user, nndyn_context *context, int64_t parameters, const double *values, int64_t seed,
                    int64_t columns, double *row)
{
    const nd_training *training = user;
    one_cell cell = {.context = context, .training = training, .row = row};
    (void)parameters; /* as many as the training has axes */
    (void)seed;       /* the context has it */
    row[columns - 1] = training->mark;
    nd_training_protocol(training, values, &cell.protocol);
    const int status = work(&cell);
    nndyn_trainer_free(cell.trainer);
    nndyn_batches_free(cell.batches);
    nndyn_network_free(cell.network);
    nndyn_dataset_free(cell.test);
    nndyn_dataset_free(cell.train);
    return status;
}
