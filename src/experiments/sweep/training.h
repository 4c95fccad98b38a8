/* training.h - the built-in cell: train a multi-layer perceptron and measure it. */
#ifndef ND_SWEEP_TRAINING_H
#define ND_SWEEP_TRAINING_H
#include "data/data.h"
#include "experiments/sweep/sweep.h"
#include "nndyn/network.h"

/* Settings, as numbers; those before ND_SETTING_FIXED can stand on an axis. */
enum {
    ND_SETTING_LAYERS,
    ND_SETTING_WIDTH,
    ND_SETTING_ACTIVATION,
    ND_SETTING_SLOPE,
    ND_SETTING_BATCH_NORM,
    ND_SETTING_INPUT_NORM,
    ND_SETTING_DROPOUT,
    ND_SETTING_INITIALIZATION,
    ND_SETTING_OPTIMIZER,
    ND_SETTING_RATE,
    ND_SETTING_MOMENTUM,
    ND_SETTING_TEMPERATURE,
    ND_SETTING_WEIGHT_DECAY,
    ND_SETTING_BATCH,
    ND_SETTING_EPOCHS,
    ND_SETTING_SCHEDULE,
    ND_SETTING_FACTOR,
    ND_SETTING_DECAYS,
    ND_SETTING_LABEL_NOISE,
    ND_SETTING_INPUT_NOISE,
    ND_SETTING_RELATIVE_INPUT_NOISE,
    ND_SETTING_NOISE,
    ND_SETTING_STOP_LOSS,
    ND_SETTING_STOP_CHANGE,
    ND_SETTING_FIXED,
    ND_SETTING_HESSIAN = ND_SETTING_FIXED,
    ND_SETTING_METRIC,
    ND_SETTING_DTYPE,
    ND_TRAINING_SETTINGS
};

/* The settings of one cell; a setting that was not given and has no default is NaN. */
typedef struct nd_protocol {
    double value[ND_TRAINING_SETTINGS];
} nd_protocol;

/* Columns of a row, in order; the separations stand between. */
enum {
    ND_COLUMN_EPOCHS,
    ND_COLUMN_LOSS,
    ND_COLUMN_TRAIN_LOSS,
    ND_COLUMN_TRAIN_ACCURACY,
    ND_COLUMN_TEST_LOSS,
    ND_COLUMN_TEST_ACCURACY,
    ND_COLUMN_SEPARATION
};
enum { ND_CURVE_COLUMNS = 6 }; /* v, c, kappa, sigma, bow, r_squared */

struct nd_training {
    nndyn_dataset *train, *test; /* references, in the precision of training; test may be NULL */
    uint64_t data_checksum;
    nd_protocol base;
    int place[ND_SWEEP_AXES]; /* the setting of each axis */
    int64_t axes;
    int64_t layers; /* the most of any cell */
    double mark;    /* of data and settings: the last column of every row */
};

/* From options; nothing of the sweep changes. */
int nd_training_make(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test, const nndyn_options *options,
                     nd_training **out);
void nd_training_free(nndyn_context *context, nd_training *training);
/* Make the sweep's cell of its training and its axes; on failure the cell is as it was. */
int nd_training_fit(nndyn_sweep *sweep);
void nd_training_protocol(const nd_training *training, const double *values, nd_protocol *out);

/* ---- settings (settings.c) --------------------------------------------------------------------------------------- */

int nd_settings_read(nndyn_sweep *sweep, const nndyn_options *options, nd_protocol *out);
/* The setting that an axis of this name sets, or NNDYN_EOPTION; its values must be allowed. */
int nd_settings_axis(nndyn_sweep *sweep, const nd_axis *axis, int *setting);
const char *nd_settings_initialization(int64_t number);
int64_t nd_setting(const nd_protocol *protocol, int setting);

/* ---- one cell (cell.c) ------------------------------------------------------------------------------------------- */

/* The function of the cell; `user` is the sweep's training. */
int nd_training_run(void *user, nndyn_context *context, int64_t parameters, const double *values, int64_t seed,
                    int64_t columns, double *row);
/* A network by protocol, for data of these sizes. */
int nd_training_network(nndyn_context *context, const nd_protocol *protocol, const nndyn_dataset *data,
                        nndyn_network **out);

#endif
