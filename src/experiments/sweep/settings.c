/* settings.c - the settings of the training cell: one table for options and axes.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/training.h"
#include "nndyn/kernels.h"
#include "nndyn/training.h"
#include <float.h>
#include <math.h>
#include <string.h>

#define ACTIVATIONS \
    "identity|relu|leaky_relu|elu|softplus|sigmoid|tanh|erf|arctan|softsign|isru|silu|gelu|exp|sin|cos|abs_power"
#define OPTIMIZERS "sgd|momentum|nesterov|rmsprop|adam|adamw|langevin"
#define INITIALIZATIONS \
    "uniform|glorot_uniform|glorot_normal|he_uniform|he_normal|lecun_uniform|lecun_normal|orthogonal|normal|zeros"
#define BELOW_ONE (1 - DBL_EPSILON / 2)

/* The number of a text on an axis is `first` + its place in the list; `standard` is that number, or NaN: none. */
typedef struct setting_row {
    nd_option_spec spec;
    int first;
    double standard;
} setting_row;

#define INTEGER(name, least, most, standard)                         \
    {                                                                \
        {name, ND_INTEGER, least, most, standard, NULL}, 0, standard \
    }
#define REAL(name, least, most, standard)                         \
    {                                                             \
        {name, ND_REAL, least, most, standard, NULL}, 0, standard \
    }
#define UNSET(name, least, most)                              \
    {                                                         \
        {name, ND_REAL, least, most, 0, NULL}, 0, (double)NAN \
    }
#define CHOICE(name, choices, first, standard)             \
    {                                                      \
        {name, ND_TEXT, 0, 0, 0, choices}, first, standard \
    }

static const setting_row settings[ND_TRAINING_SETTINGS] = {
    [ND_SETTING_LAYERS] = INTEGER("layers", 1, 1000, 7),
    [ND_SETTING_WIDTH] = INTEGER("width", 1, 2147483647, 100),
    [ND_SETTING_ACTIVATION] = CHOICE("activation", ACTIVATIONS, NNDYN_IDENTITY, NNDYN_LEAKY_RELU),
    [ND_SETTING_SLOPE] = UNSET("slope", -DBL_MAX, DBL_MAX),
    [ND_SETTING_BATCH_NORM] = INTEGER("batch_norm", 0, 1, 1),
    [ND_SETTING_INPUT_NORM] = INTEGER("input_norm", 0, 1, 1),
    [ND_SETTING_DROPOUT] = REAL("dropout", 0, BELOW_ONE, 0),
    [ND_SETTING_INITIALIZATION] = CHOICE("initialization", INITIALIZATIONS, 0, 0),
    [ND_SETTING_OPTIMIZER] = CHOICE("optimizer", OPTIMIZERS, NNDYN_SGD, NNDYN_ADAM),
    [ND_SETTING_RATE] = REAL("rate", FLT_MIN, FLT_MAX, 0.001),
    [ND_SETTING_MOMENTUM] = REAL("momentum", 0, BELOW_ONE, 0.9),
    [ND_SETTING_TEMPERATURE] = REAL("temperature", 0, FLT_MAX, 1),
    [ND_SETTING_WEIGHT_DECAY] = UNSET("weight_decay", 0, FLT_MAX),
    [ND_SETTING_BATCH] = INTEGER("batch", 0, 9007199254740992.0, 0),
    [ND_SETTING_EPOCHS] = INTEGER("epochs", 1, 1e9, 100),
    [ND_SETTING_SCHEDULE] = CHOICE("schedule", "constant|step|cosine|linear", 0, NNDYN_SCHEDULE_CONSTANT),
    [ND_SETTING_FACTOR] = REAL("factor", DBL_MIN, DBL_MAX, 0.1),
    [ND_SETTING_DECAYS] = INTEGER("decays", 1, 1e9, 2),
    [ND_SETTING_LABEL_NOISE] = REAL("label_noise", 0, 1, 0),
    [ND_SETTING_INPUT_NOISE] = REAL("input_noise", 0, DBL_MAX, 0),
    [ND_SETTING_RELATIVE_INPUT_NOISE] = REAL("relative_input_noise", 0, DBL_MAX, 0),
    [ND_SETTING_NOISE] = UNSET("noise", 0, 1),
    [ND_SETTING_STOP_LOSS] = REAL("stop_loss", 0, DBL_MAX, 1e-4),
    [ND_SETTING_STOP_CHANGE] = REAL("stop_change", 0, DBL_MAX, 1e-10),
    [ND_SETTING_HESSIAN] = INTEGER("hessian", 0, 1, 0),
    [ND_SETTING_METRIC] = CHOICE("metric", "trace|he_su", 0, 0),
    [ND_SETTING_DTYPE] = CHOICE("dtype", "f64|f32", 0, 0),
};

/* The schedules that are offered are not neighbors in the list of all. */
static const int schedules[] = {NNDYN_SCHEDULE_CONSTANT, NNDYN_SCHEDULE_STEP, NNDYN_SCHEDULE_COSINE,
                                NNDYN_SCHEDULE_LINEAR};
enum { SCHEDULES = (int)(sizeof schedules / sizeof *schedules) };

int64_t nd_setting(const nd_protocol *protocol, int setting)
{
    return (int64_t)protocol->value[setting];
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static double number_of(int setting, const nd_option_value *value)
{
    const setting_row *row = &settings[setting];
    if (!value->given) {
        return row->standard;
    }
    if (setting == ND_SETTING_SCHEDULE) {
        return schedules[value->integer];
    }
    return row->spec.type == ND_TEXT ? (double)(row->first + value->integer) : value->real;
}

int nd_settings_read(nndyn_sweep *sweep, const nndyn_options *options, nd_protocol *out)
{
    nd_option_spec specs[ND_TRAINING_SETTINGS];
    nd_option_value values[ND_TRAINING_SETTINGS];
    for (int i = 0; i < ND_TRAINING_SETTINGS; i++) {
        specs[i] = settings[i].spec;
    }
    ND_TRY(nd_options_read(sweep, options, specs, ND_TRAINING_SETTINGS, values));
    for (int i = 0; i < ND_TRAINING_SETTINGS; i++) {
        out->value[i] = number_of(i, &values[i]);
    }
    return NNDYN_OK;
}

/* ---- axes -------------------------------------------------------------------------------------------------------- */

static int64_t count_choices(const char *choices)
{
    int64_t count = 1;
    for (; *choices != '\0'; choices++) {
        count += *choices == '|';
    }
    return count;
}

static int schedule_known(double value)
{
    int known = 0;
    for (int i = 0; i < SCHEDULES; i++) {
        known |= value == schedules[i];
    }
    return known;
}

static int allowed(int setting, double value)
{
    const setting_row *row = &settings[setting];
    if (setting == ND_SETTING_SCHEDULE) {
        return schedule_known(value);
    }
    if (row->spec.type == ND_REAL) {
        return value >= row->spec.least && value <= row->spec.most;
    }
    const int text = row->spec.type == ND_TEXT;
    const double least = text ? row->first : row->spec.least;
    const double most = text ? least + (double)count_choices(row->spec.choices) - 1 : row->spec.most;
    return value >= least && value <= most && floor(value) == value;
}

static int fail_value(nndyn_sweep *sweep, int setting, double value)
{
    const nd_option_spec *spec = &settings[setting].spec;
    if (spec->type == ND_TEXT) {
        return nd_fail(sweep, NNDYN_EOPTION, "the axis '%s' has the value %g; it must be the number of one of %s",
                       spec->name, value, spec->choices);
    }
    return nd_fail(sweep, NNDYN_EOPTION, "the axis '%s' has the value %.12g; it must be %s from %.12g to %.12g",
                   spec->name, value, spec->type == ND_INTEGER ? "an integer" : "a number", spec->least, spec->most);
}

int nd_settings_axis(nndyn_sweep *sweep, const nd_axis *axis, int *setting)
{
    int found = 0;
    while (found < ND_TRAINING_SETTINGS && strcmp(settings[found].spec.name, axis->name) != 0) {
        found++;
    }
    if (found >= ND_SETTING_FIXED) {
        return nd_fail(sweep, NNDYN_EOPTION, "the axis '%s' is no setting of the training cell that can be swept%s",
                       axis->name, found == ND_TRAINING_SETTINGS ? "" : "; give it as an option");
    }
    for (int64_t i = 0; i < axis->count; i++) {
        if (!allowed(found, axis->values[i])) {
            return fail_value(sweep, found, axis->values[i]);
        }
    }
    *setting = found;
    return NNDYN_OK;
}

const char *nd_settings_initialization(int64_t number)
{
    static const char *const names[] = {"uniform",       "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
                                        "lecun_uniform", "lecun_normal",   "orthogonal",    "normal",     "zeros"};
    return names[number];
}
