/* phases.c - learning phases along checkpoints: of many layers, of one, against a linear network.
 * SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <float.h>
#include <math.h>

enum { SIGNIFICANCE, MERGED, CORRELATION, CONSECUTIVE, OPTIONS };

typedef struct rule {
    double significance, merged, correlation;
    int64_t consecutive;
} rule;

typedef struct finding {
    double rho, spread;
    int phase;
} finding;

enum { LEAST_LAYERS = 4, MOST_LAYERS = 100000 };

/* ---- one checkpoint ---------------------------------------------------------------------------------------------- */

/* Spearman's correlation of place and value: Pearson's of the mid-ranks, both counted from their middle. */
static double trend(int64_t layers, const double *g)
{
    double cross = 0, square = 0, place = 0;
    for (int64_t l = 0; l < layers; l++) {
        double below = 0; /* less those above: twice the mid-rank from the middle */
        for (int64_t m = 0; m < layers; m++) {
            below += (g[m] < g[l]) - (g[m] > g[l]);
        }
        const double at = 2.0 * (double)l - (double)(layers - 1);
        cross += at * below;
        square += below * below;
        place += at * at;
    }
    return square > 0 ? cross / sqrt(square * place) : NAN;
}

static double spread_of(int64_t layers, const double *g)
{
    double low = g[0], high = g[0], sum = 0;
    for (int64_t l = 0; l < layers; l++) {
        low = fmin(low, g[l]);
        high = fmax(high, g[l]);
        sum += fabs(g[l]) / (double)layers;
    }
    return sum > 0 ? (high - low) / sum : NAN;
}

static int stands_out(const rule *r, int64_t layers, const double *g, const double *deviation)
{
    int found = deviation == NULL;
    for (int64_t l = 0; deviation != NULL && l < layers; l++) {
        found |= fabs(g[l]) > r->significance * deviation[l];
    }
    return found;
}

static finding look(const rule *r, int64_t layers, const double *g, const double *deviation)
{
    finding f = {trend(layers, g), spread_of(layers, g), NNDYN_PHASE_MIXED};
    if (!stands_out(r, layers, g, deviation)) {
        f.phase = NNDYN_PHASE_RANDOM;
    } else if (f.spread < r->merged) {
        f.phase = NNDYN_PHASE_MERGED;
    } else if (f.rho < -r->correlation) {
        f.phase = NNDYN_PHASE_EARLY;
    } else if (f.rho > r->correlation) {
        f.phase = NNDYN_PHASE_LATE;
    }
    return f;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int64_t end_of_run(int64_t count, const int *phase, int64_t first)
{
    int64_t end = first + 1;
    while (end < count && phase[end] == phase[first]) {
        end++;
    }
    return end;
}

/* Findings that do not last give way to the lasting one before them; those at the beginning, to the first. */
static void settle(int64_t count, int *phase, int64_t consecutive)
{
    int last = 0;
    for (int64_t i = 0, end; last == 0 && i < count; i = end) {
        end = end_of_run(count, phase, i);
        last = end - i >= consecutive ? phase[i] : 0;
    }
    for (int64_t i = 0, end; last != 0 && i < count; i = end) {
        end = end_of_run(count, phase, i);
        last = end - i >= consecutive ? phase[i] : last;
        for (int64_t j = i; j < end; j++) {
            phase[j] = last;
        }
    }
}

static int check_gradients(nndyn_context *context, int64_t count, int64_t layers, const double *gradient,
                           const double *deviation)
{
    ND_TRY(nd_check_size(context, count, 1, INT64_MAX / MOST_LAYERS, "count"));
    ND_TRY(nd_check_size(context, layers, LEAST_LAYERS, MOST_LAYERS, "layers"));
    ND_TRY(nd_check_pointer(context, gradient, "gradient"));
    ND_TRY(nd_check_finite(context, count, layers, gradient, "gradient"));
    if (deviation == NULL) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_finite(context, count, layers, deviation, "deviation"));
    for (int64_t i = 0; i < count * layers; i++) {
        if (deviation[i] <= 0) {
            return nd_fail(context, NNDYN_EDATA, "deviation[%lld][%lld] is %g, must be above 0",
                           (long long)(i / layers), (long long)(i % layers), deviation[i]);
        }
    }
    return NNDYN_OK;
}

static int read_rule(nndyn_context *context, const nndyn_options *options, rule *out)
{
    static const nd_option_spec specs[OPTIONS] = {{"significance", ND_REAL, 0, DBL_MAX, 4, NULL},
                                                  {"merged", ND_REAL, 0, DBL_MAX, 0.25, NULL},
                                                  {"correlation", ND_REAL, 0, 1 - DBL_EPSILON, 0.5, NULL},
                                                  {"consecutive", ND_INTEGER, 1, 1e15, 2, NULL}};
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    *out =
        (rule){values[SIGNIFICANCE].real, values[MERGED].real, values[CORRELATION].real, values[CONSECUTIVE].integer};
    return NNDYN_OK;
}

int nndyn_learning_phases(nndyn_context *context, int64_t count, int64_t layers, const double *gradient,
                          const double *deviation, const nndyn_options *options, int *phase, double *rho,
                          double *spread)
{
    rule r;
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    int status = read_rule(context, options, &r);
    if (status == NNDYN_OK) {
        status = check_gradients(context, count, layers, gradient, deviation);
    }
    if (status == NNDYN_OK) {
        status = nd_check_pointer(context, phase, "phase");
    }
    for (int64_t t = 0; status == NNDYN_OK && t < count; t++) {
        const finding f = look(&r, layers, gradient + t * layers, deviation != NULL ? deviation + t * layers : NULL);
        phase[t] = f.phase;
        if (rho != NULL) {
            rho[t] = f.rho;
        }
        if (spread != NULL) {
            spread[t] = f.spread;
        }
    }
    if (status == NNDYN_OK) {
        settle(count, phase, r.consecutive);
    }
    return nd_leave(context, status);
}

/* ---- one hidden layer -------------------------------------------------------------------------------------------- */

static int check_peak(nndyn_context *context, int64_t count, const double *gradient, const int64_t *peak)
{
    ND_TRY(nd_check_size(context, count, 1, INT64_MAX / MOST_LAYERS, "count"));
    ND_TRY(nd_check_pointer(context, gradient, "gradient"));
    ND_TRY(nd_check_pointer(context, peak, "peak"));
    return nd_check_finite(context, 1, count, gradient, "gradient");
}

int nndyn_learning_peak(nndyn_context *context, int64_t count, const double *gradient, int64_t *peak, int *phase)
{
    int64_t best = 0;
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    const int status = check_peak(context, count, gradient, peak);
    for (int64_t t = 1; status == NNDYN_OK && t < count; t++) {
        best = gradient[t] > gradient[best] ? t : best;
    }
    for (int64_t t = 0; status == NNDYN_OK && phase != NULL && t < count; t++) {
        phase[t] = t <= best ? NNDYN_PHASE_ALIGNING : NNDYN_PHASE_FOLDING;
    }
    if (status == NNDYN_OK) {
        *peak = best;
    }
    return nd_leave(context, status);
}

/* ---- against a linear network ------------------------------------------------------------------------------------ */

int nd_check_accuracies(void *handle, int64_t count, const double *accuracy, const char *argument)
{
    ND_TRY(nd_check_pointer(handle, accuracy, argument));
    ND_TRY(nd_check_finite(handle, 1, count, accuracy, argument));
    for (int64_t i = 0; i < count; i++) {
        if (accuracy[i] < 0 || accuracy[i] > 1) {
            return nd_fail(handle, NNDYN_EDATA, "%s[%lld] is %g, must be within [0, 1]: a share, not per cent",
                           argument, (long long)i, accuracy[i]);
        }
    }
    return NNDYN_OK;
}

static int check_separation(nndyn_context *context, int64_t count, const double *accuracy, const double *linear,
                            int64_t samples, const int64_t *separation)
{
    ND_TRY(nd_check_size(context, count, 1, INT64_MAX / MOST_LAYERS, "count"));
    ND_TRY(nd_check_accuracies(context, count, accuracy, "accuracy"));
    ND_TRY(nd_check_accuracies(context, count, linear, "linear"));
    ND_TRY(nd_check_size(context, samples, 1, INT64_MAX, "samples"));
    return nd_check_pointer(context, separation, "separation");
}

int nndyn_learning_separation(nndyn_context *context, int64_t count, const double *accuracy, const double *linear,
                              int64_t samples, const nndyn_options *options, int64_t *separation)
{
    static const nd_option_spec specs[] = {{"errors", ND_REAL, DBL_MIN, DBL_MAX, 3, NULL}};
    nd_option_value errors;
    int64_t first = count;
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    int status = nd_options_read(context, options, specs, 1, &errors);
    if (status == NNDYN_OK) {
        status = check_separation(context, count, accuracy, linear, samples, separation);
    }
    for (int64_t t = 0; status == NNDYN_OK && first == count && t < count; t++) {
        const double p = accuracy[t];
        first = p - linear[t] > errors.real * sqrt(2 * p * (1 - p) / (double)samples) ? t : count;
    }
    if (status == NNDYN_OK) {
        *separation = first;
    }
    return nd_leave(context, status);
}
