/* schedule.c - the table of learning rate schedules: factors on the rate as functions of the step. */
#include "training/training.h"
#include <float.h>
#include <math.h>

static double constant(const nd_schedule *s, double k)
{
    (void)s, (void)k;
    return 1;
}

static double staircase(const nd_schedule *s, double k)
{
    return pow(s->factor, floor(k / s->period));
}

static double exponential(const nd_schedule *s, double k)
{
    return pow(s->factor, k / s->period);
}

static double cosine(const nd_schedule *s, double k)
{
    const double pi = 3.14159265358979323846;
    return s->floor + (1 - s->floor) * (1 + cos(pi * fmin(k, s->period) / s->period)) / 2;
}

static double inverse_sqrt(const nd_schedule *s, double k)
{
    return 1 / sqrt(1 + k / s->period);
}

static double linear(const nd_schedule *s, double k)
{
    return 1 - (1 - s->floor) * fmin(k, s->period) / s->period;
}

enum { PERIOD, FACTOR, FLOOR, WARMUP, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [PERIOD] = {"period", ND_REAL, DBL_MIN, DBL_MAX, 1000, NULL},
    [FACTOR] = {"factor", ND_REAL, DBL_MIN, DBL_MAX, 0.1, NULL},
    [FLOOR] = {"floor", ND_REAL, 0, 1, 0, NULL},
    [WARMUP] = {"warmup", ND_INTEGER, 0, 0x1p52, 0, NULL},
};

typedef struct schedule_row {
    const char *name;
    double (*factor)(const nd_schedule *schedule, double step);
    int reads[OPTIONS]; /* beside "warmup", which all read */
} schedule_row;

static const schedule_row schedules[] = {
    [NNDYN_SCHEDULE_CONSTANT] = {"constant", constant, {0}},
    [NNDYN_SCHEDULE_STEP] = {"step", staircase, {[PERIOD] = 1, [FACTOR] = 1}},
    [NNDYN_SCHEDULE_EXPONENTIAL] = {"exponential", exponential, {[PERIOD] = 1, [FACTOR] = 1}},
    [NNDYN_SCHEDULE_COSINE] = {"cosine", cosine, {[PERIOD] = 1, [FLOOR] = 1}},
    [NNDYN_SCHEDULE_INVERSE_SQRT] = {"inverse square root", inverse_sqrt, {[PERIOD] = 1}},
    [NNDYN_SCHEDULE_LINEAR] = {"linear", linear, {[PERIOD] = 1, [FLOOR] = 1}},
};

enum { SCHEDULES = (int)(sizeof schedules / sizeof *schedules) };

int nd_schedule_known(int kind)
{
    return kind > 0 && kind < SCHEDULES && schedules[kind].factor != NULL;
}

int nd_schedule_read(int kind, void *handle, const nndyn_options *options, nd_schedule *out)
{
    nd_option_value values[OPTIONS];
    if (!nd_schedule_known(kind)) {
        return nd_fail(handle, NNDYN_EARG, "schedule is %d, must be one of the NNDYN_SCHEDULE_* (1 to %d)", kind,
                       SCHEDULES - 1);
    }
    ND_TRY(nd_options_read(handle, options, specs, OPTIONS, values));
    for (int i = 0; i < WARMUP; i++) {
        if (values[i].given && !schedules[kind].reads[i]) {
            return nd_fail(handle, NNDYN_EOPTION,
                           "option \"%s\" is given, which the %s schedule does not read; leave it out", specs[i].name,
                           schedules[kind].name);
        }
    }
    *out = (nd_schedule){kind, values[PERIOD].real, values[FACTOR].real, values[FLOOR].real, values[WARMUP].integer};
    return NNDYN_OK;
}

int nd_schedule_valid(const nd_schedule *schedule)
{
    const double values[OPTIONS] = {schedule->period, schedule->factor, schedule->floor, (double)schedule->warmup};
    for (int i = 0; i < OPTIONS; i++) {
        if (!(values[i] >= specs[i].least && values[i] <= specs[i].most)) {
            return 0;
        }
    }
    return nd_schedule_known(schedule->kind);
}

double nd_schedule_factor(const nd_schedule *schedule, int64_t step)
{
    double factor = schedules[schedule->kind].factor(schedule, (double)step);
    return step < schedule->warmup ? factor * (double)(step + 1) / (double)schedule->warmup : factor;
}
