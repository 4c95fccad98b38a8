/* grokking.c - whether generalization comes long after memorization.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <math.h>

enum { MEMORIZED, DELAY, LOW, OPTIONS };

typedef struct series {
    int64_t count;
    const int64_t *steps;
    const double *train, *test, *batch;
} series;

typedef struct rule {
    double memorized, delay, low;
} rule;

/* Figures and verdict of one test accuracy. */
static int judge(const rule *r, const series *s, const double *test, double values[NNDYN_GROKKING_VALUES])
{
    int64_t memorized = 0, best, generalized;
    while (memorized < s->count && s->train[memorized] < r->memorized) {
        memorized++;
    }
    for (int i = 0; i < NNDYN_GROKKING_VALUES; i++) {
        values[i] = NAN;
    }
    if (memorized == s->count) {
        return NNDYN_GROKKING_UNLEARNED;
    }
    best = generalized = memorized;
    for (int64_t t = memorized; t < s->count; t++) {
        best = test[t] > test[best] ? t : best;
    }
    const double half = test[memorized] + 0.5 * (test[best] - test[memorized]);
    while (test[generalized] < half) {
        generalized++;
    }
    const double start = s->steps[memorized] > 0 ? (double)s->steps[memorized] : 1;
    values[NNDYN_GROKKING_MEMORIZED] = (double)s->steps[memorized];
    values[NNDYN_GROKKING_GENERALIZED] = (double)s->steps[generalized];
    values[NNDYN_GROKKING_DELAY] = s->steps[generalized] > 0 ? (double)s->steps[generalized] / start : 1;
    values[NNDYN_GROKKING_BEFORE] = test[memorized];
    values[NNDYN_GROKKING_BEST] = test[best];
    return values[NNDYN_GROKKING_DELAY] > r->delay && test[memorized] < r->low * test[best] ? NNDYN_GROKKING_DELAYED
                                                                                            : NNDYN_GROKKING_PROMPT;
}

static int check(nndyn_context *context, const series *s)
{
    ND_TRY(nd_check_size(context, s->count, 2, INT64_MAX / 1024, "count"));
    ND_TRY(nd_check_pointer(context, s->steps, "steps"));
    for (int64_t i = 0; i < s->count; i++) {
        if (s->steps[i] < 0 || (i > 0 && s->steps[i] <= s->steps[i - 1])) {
            return nd_fail(context, NNDYN_EDATA, "steps[%lld] is %lld; steps must not be negative, and ascend",
                           (long long)i, (long long)s->steps[i]);
        }
    }
    ND_TRY(nd_check_accuracies(context, s->count, s->train, "train"));
    ND_TRY(nd_check_accuracies(context, s->count, s->test, "test"));
    return s->batch != NULL ? nd_check_accuracies(context, s->count, s->batch, "batch") : NNDYN_OK;
}

static int check_outputs(nndyn_context *context, int64_t figures, const double *values, const int *verdict)
{
    ND_TRY(nd_check_size(context, figures, 0, INT64_MAX, "figures"));
    if (figures > 0) {
        ND_TRY(nd_check_pointer(context, values, "values"));
    }
    return nd_check_pointer(context, verdict, "verdict");
}

static int read_rule(nndyn_context *context, const nndyn_options *options, rule *out)
{
    static const nd_option_spec specs[OPTIONS] = {{"memorized", ND_REAL, 1e-300, 1, 0.99, NULL},
                                                  {"delay", ND_REAL, 1, 1e300, 3, NULL},
                                                  {"low", ND_REAL, 1e-300, 1, 0.5, NULL}};
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    *out = (rule){values[MEMORIZED].real, values[DELAY].real, values[LOW].real};
    return NNDYN_OK;
}

int nndyn_grokking(nndyn_context *context, int64_t count, const int64_t *steps, const double *train, const double *test,
                   const double *batch, const nndyn_options *options, int64_t figures, double *values, int *verdict)
{
    const series s = {count, steps, train, test, batch};
    double own[NNDYN_GROKKING_VALUES], recalibrated[NNDYN_GROKKING_VALUES];
    rule r;
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    int status = read_rule(context, options, &r);
    if (status == NNDYN_OK) {
        status = check(context, &s);
    }
    if (status == NNDYN_OK) {
        status = check_outputs(context, figures, values, verdict);
    }
    if (status == NNDYN_OK) {
        *verdict = judge(&r, &s, test, own);
        if (*verdict == NNDYN_GROKKING_DELAYED && batch != NULL &&
            judge(&r, &s, batch, recalibrated) != NNDYN_GROKKING_DELAYED) {
            *verdict = NNDYN_GROKKING_LAG;
        }
        for (int64_t i = 0; i < figures; i++) {
            values[i] = i < NNDYN_GROKKING_VALUES ? own[i] : NAN;
        }
    }
    return nd_leave(context, status);
}
