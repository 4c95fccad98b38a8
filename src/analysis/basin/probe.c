/* probe.c - radii of basins as training goes on.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "analysis/basin/weights.h"
#include "training/recorder.h"
#include <math.h>
#include <stdio.h>

/* Own options of the probe; the first ones go to the basins in sample space, those before SAMPLE_OPTIONS to those in
 * weight space too. */
enum { THETA, START, CAP, RATIO, BISECTIONS, LEVEL, SEED, CLASSES, WEIGHT_OPTIONS };
enum { DRAWS = WEIGHT_OPTIONS, RECALIBRATE, SAMPLE_OPTIONS, WEIGHT_DRAWS = SAMPLE_OPTIONS, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"theta", ND_REAL, 0, 1, 0, NULL},
    {"start", ND_REAL, 1e-300, 1e300, 0.01, NULL},
    {"cap", ND_REAL, 1e-300, 1e300, 100, NULL},
    {"ratio", ND_REAL, 1.001, 100, 1.3, NULL},
    {"bisections", ND_INTEGER, 1, 60, 10, NULL},
    {"level", ND_REAL, 0.5, 0.999999, 0.95, NULL},
    {"seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
    {"classes", ND_INTEGER, 0, 1, 0, NULL},
    {"draws", ND_INTEGER, 1, 8000000, 4, NULL},
    {"recalibrate", ND_INTEGER, 0, 1, 0, NULL},
    {"weight_draws", ND_INTEGER, 0, 1e9, 0, NULL},
};

/* The columns of one basin, then a radius for each class. */
static const char *const figures[] = {"radius", "low", "high", "accuracy"};
enum { FIGURES = 4 };

typedef struct watch {
    nndyn_dataset *dataset;          /* a reference is held */
    nndyn_options *sample, *weights; /* weights: NULL without */
    int64_t classes;                 /* of which there are columns */
} watch;

/* ---- a row ------------------------------------------------------------------------------------------------------- */

static int64_t columns_of(const watch *w)
{
    return (FIGURES + w->classes) * (w->weights != NULL ? 2 : 1);
}

static int copy_figures(const watch *w, nndyn_basin *basin, double *row)
{
    for (int i = 0; i < FIGURES; i++) {
        ND_TRY(nndyn_basin_get(basin, 0, figures[i], &row[i]));
    }
    for (int64_t c = 0; c < w->classes; c++) {
        ND_TRY(nndyn_basin_get(basin, 1 + c, "radius", &row[FIGURES + c]));
    }
    return NNDYN_OK;
}

static int measure_one(const watch *w, const nd_moment *moment, int weights, double *row)
{
    nndyn_basin *basin = NULL;
    int status = weights ? nndyn_basin_weights(moment->network, w->dataset, w->weights, &basin)
                         : nndyn_basin_sample(moment->network, w->dataset, w->sample, &basin);
    if (status != NNDYN_OK) {
        return nd_fail_from(moment->trainer, status, moment->network);
    }
    status = copy_figures(w, basin, row);
    nndyn_basin_free(basin);
    return status;
}

static int measure(void *self, const nd_moment *moment, double *row)
{
    const watch *w = self;
    ND_TRY(measure_one(w, moment, 0, row));
    return w->weights != NULL ? measure_one(w, moment, 1, row + FIGURES + w->classes) : NNDYN_OK;
}

static void column(void *self, int64_t number, char name[ND_NAME_SIZE])
{
    const watch *w = self;
    const int64_t each = FIGURES + w->classes, place = number % each;
    const char *const space = number >= each ? "weights_" : "";
    if (place < FIGURES) {
        (void)snprintf(name, ND_NAME_SIZE, "%s%s", space, figures[place]);
    } else {
        (void)snprintf(name, ND_NAME_SIZE, "%sradius_%lld", space, (long long)(place - FIGURES));
    }
}

static void destroy(void *self, nndyn_context *context)
{
    watch *w = self;
    nndyn_options_free(w->sample);
    nndyn_options_free(w->weights);
    nd_handle_release(w->dataset);
    nd_release(context, w);
}

/* ---- adding it --------------------------------------------------------------------------------------------------- */

static int set(nndyn_options *to, const nd_option_spec *spec, const char *name, const nd_option_value *value)
{
    return spec->type == ND_REAL ? nndyn_options_set_double(to, name, value->real)
                                 : nndyn_options_set_integer(to, name, value->integer);
}

/* The settings of one of the two calls; a theta that is not given stays the call's own. */
static int settings(nndyn_recorder *recorder, const nd_option_value *own, int weights, nndyn_options **out)
{
    const int count = weights ? WEIGHT_OPTIONS : SAMPLE_OPTIONS;
    nndyn_options *made = NULL;
    int status = nndyn_options_create(recorder->handle.context, &made);
    for (int i = 0; i < count && status == NNDYN_OK; i++) {
        if (i != THETA || own[i].given) {
            status = set(made, &specs[i], specs[i].name, &own[i]);
        }
    }
    if (status == NNDYN_OK && weights) {
        status = set(made, &specs[DRAWS], "draws", &own[WEIGHT_DRAWS]);
    }
    if (status != NNDYN_OK) {
        nndyn_options_free(made);
        return nd_fail(recorder, status, "no memory for the settings of the probe");
    }
    *out = made;
    return NNDYN_OK;
}

static int make(nndyn_recorder *recorder, nndyn_dataset *dataset, const nd_option_value *own, watch **out)
{
    watch *w;
    ND_TRY(nd_allocate_for(recorder, 1, sizeof *w, &w));
    nd_handle_retain(dataset);
    w->dataset = dataset;
    w->classes = own[CLASSES].integer ? dataset->classes : 0;
    int status = settings(recorder, own, 0, &w->sample);
    if (status == NNDYN_OK && own[WEIGHT_DRAWS].integer > 0) {
        status = settings(recorder, own, 1, &w->weights);
    }
    if (status != NNDYN_OK) {
        destroy(w, recorder->handle.context);
        return status;
    }
    *out = w;
    return NNDYN_OK;
}

/* What the calls would refuse at the first row. */
static int check(nndyn_recorder *recorder, const nndyn_dataset *dataset, const nd_option_value *own)
{
    if (own[THETA].given && !(own[THETA].real > 0 && own[THETA].real < 1)) {
        return nd_fail(recorder, NNDYN_EOPTION, "\"theta\" is %g, must be within (0, 1)", own[THETA].real);
    }
    if (!(own[START].real < own[CAP].real)) {
        return nd_fail(recorder, NNDYN_EOPTION, "\"start\" is %g, must be below \"cap\", which is %g", own[START].real,
                       own[CAP].real);
    }
    if (own[WEIGHT_DRAWS].integer == 1) {
        return nd_fail(recorder, NNDYN_EOPTION, "\"weight_draws\" is 1, must be 0 (none) or at least 2");
    }
    return nd_weights_check(recorder->trainer->network, recorder, dataset, 1, 0);
}

static int add(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options, int64_t *number)
{
    nd_option_value own[OPTIONS];
    nd_record record;
    watch *w = NULL;
    ND_TRY(nd_record_read(recorder, options, specs, OPTIONS, own, &record));
    ND_TRY(nd_hold(recorder, dataset, ND_DATASET, "dataset"));
    const int status = check(recorder, dataset, own);
    nd_unhold(dataset);
    ND_TRY(status);
    ND_TRY(make(recorder, dataset, own, &w));
    const nd_probe probe = {
        .kind = "basin", .columns = columns_of(w), .measure = measure, .column = column, .destroy = destroy, .self = w};
    return nd_recorder_add(recorder, &probe, &record, number);
}

int nndyn_recorder_add_basin(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                             int64_t *probe)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_basin"));
    return nd_leave(recorder, add(recorder, dataset, options, probe));
}
