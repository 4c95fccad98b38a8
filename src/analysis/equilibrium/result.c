/* result.c - the handle of a test and its figures; the test of a record.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include <float.h>
#include <stddef.h>
#include <string.h>

struct nndyn_equilibrium {
    nd_handle handle;
    nd_equilibrium_report report;
};

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t place;
} figures[] = {
    {"fdr", offsetof(nd_equilibrium_report, fdr)},
    {"fdr_error", offsetof(nd_equilibrium_report, fdr_error)},
    {"fdr_p", offsetof(nd_equilibrium_report, fdr_p)},
    {"t2", offsetof(nd_equilibrium_report, t2)},
    {"t2_p", offsetof(nd_equilibrium_report, t2_p)},
    {"halves", offsetof(nd_equilibrium_report, halves)},
    {"halves_p", offsetof(nd_equilibrium_report, halves_p)},
    {"correlation_time", offsetof(nd_equilibrium_report, correlation_time)},
    {"block", offsetof(nd_equilibrium_report, block)},
    {"blocks", offsetof(nd_equilibrium_report, blocks)},
    {"directions", offsetof(nd_equilibrium_report, directions)},
    {"steps", offsetof(nd_equilibrium_report, steps)},
    {"level", offsetof(nd_equilibrium_report, level)},
};

static int get(nndyn_equilibrium *result, const char *name, double *value)
{
    ND_TRY(nd_check_pointer(result, name, "name"));
    ND_TRY(nd_check_pointer(result, value, "value"));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (strcmp(name, figures[i].name) == 0) {
            *value = *(const double *)((const char *)&result->report + figures[i].place);
            return NNDYN_OK;
        }
    }
    return nd_fail(result, NNDYN_EARG,
                   "name is \"%.63s\", must be one of fdr, fdr_error, fdr_p, t2, t2_p, halves, halves_p, "
                   "correlation_time, block, blocks, directions, steps, level",
                   name);
}

int nndyn_equilibrium_get(nndyn_equilibrium *result, const char *name, double *value)
{
    ND_TRY(nd_enter(result, ND_EQUILIBRIUM, "nndyn_equilibrium_get"));
    return nd_leave(result, get(result, name, value));
}

int nndyn_equilibrium_verdict(nndyn_equilibrium *result, int *verdict)
{
    ND_TRY(nd_enter(result, ND_EQUILIBRIUM, "nndyn_equilibrium_verdict"));
    int status = nd_check_pointer(result, verdict, "verdict");
    if (status == NNDYN_OK) {
        *verdict = result->report.verdict;
    }
    return nd_leave(result, status);
}

const char *nndyn_equilibrium_verdict_name(int verdict)
{
    static const char *const names[] = {"unknown", "drifting", "short", "changing", "reached"};
    return names[verdict >= NNDYN_EQUILIBRIUM_DRIFTING && verdict <= NNDYN_EQUILIBRIUM_REACHED ? verdict : 0];
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    (void)object; /* it owns nothing */
}

int nd_equilibrium_wrap(void *handle, const nd_equilibrium_report *report, nndyn_equilibrium **out)
{
    nndyn_equilibrium *result;
    int status = nd_handle_create(nd_handle_context(handle), ND_EQUILIBRIUM, sizeof *result, destroy, &result);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the result");
    }
    result->report = *report;
    *out = result;
    return NNDYN_OK;
}

void nndyn_equilibrium_free(nndyn_equilibrium *result)
{
    nd_handle_release(result);
}

/* ---- the test of a record ---------------------------------------------------------------------------------------- */

int nd_check_positive(void *handle, double value, const char *argument)
{
    return nd_check_real(handle, value, DBL_MIN, DBL_MAX, argument);
}

static int test_features(nndyn_context *context, nd_features *features, const double *q, const double *g, double rate,
                         nndyn_equilibrium **out)
{
    int64_t parameters = features->plan.parameters, steps = features->plan.steps;
    nd_equilibrium_report report;
    nd_task task;
    nd_task_begin(&task, context, "equilibrium test");
    for (int64_t i = 0; i < steps; i++) {
        nd_features_add(features, i, q + i * parameters, g + i * parameters);
        if (i % 256 == 0) {
            ND_TRY(nd_task_report(&task, (double)i / (double)steps));
        }
    }
    ND_TRY(nd_features_test(context, features, rate, &report));
    ND_TRY(nd_task_report(&task, 1));
    return nd_equilibrium_wrap(context, &report, out);
}

static int test_record(nndyn_context *context, int64_t steps, int64_t parameters, const double *q, const double *g,
                       double rate, const nndyn_options *options, nndyn_equilibrium **out)
{
    nd_test_plan plan;
    nd_features features;
    ND_TRY(nd_check_size(context, parameters, 1, INT64_MAX / 16, "parameters"));
    ND_TRY(nd_test_plan_read(context, steps, parameters, options, &plan));
    ND_TRY(nd_check_pointer(context, q, "q"));
    ND_TRY(nd_check_pointer(context, g, "g"));
    ND_TRY(nd_check_positive(context, rate, "rate"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_check_finite(context, steps, parameters, q, "q"));
    ND_TRY(nd_check_finite(context, steps, parameters, g, "g"));
    ND_TRY(nd_features_create(context, &plan, &features));
    int status = test_features(context, &features, q, g, rate, out);
    nd_features_free(&features);
    return status;
}

int nndyn_equilibrium_test(nndyn_context *context, int64_t steps, int64_t parameters, const double *q, const double *g,
                           double rate, const nndyn_options *options, nndyn_equilibrium **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_equilibrium_test"));
    return nd_leave(context, test_record(context, steps, parameters, q, g, rate, options, out));
}
