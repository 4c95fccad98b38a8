/* norms.c - norms of tensors over their output slots.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "nndyn/asymptotics.h"
#include <math.h>

static int copy_options(nndyn_context *context, const nd_option_value *values, int64_t symmetric, nndyn_options **out)
{
    nndyn_options *o;
    ND_TRY(nndyn_options_create(context, &o));
    int status = nndyn_options_set_integer(o, "restarts", values[ND_NORM_RESTARTS].integer);
    status = status != NNDYN_OK ? status : nndyn_options_set_integer(o, "cycles", values[ND_NORM_CYCLES].integer);
    status = status != NNDYN_OK ? status : nndyn_options_set_double(o, "tolerance", values[ND_NORM_TOLERANCE].real);
    status = status != NNDYN_OK ? status : nndyn_options_set_integer(o, "seed", values[ND_NORM_SEED].integer);
    status = status != NNDYN_OK ? status : nndyn_options_set_integer(o, "symmetric", symmetric);
    if (status != NNDYN_OK) {
        nndyn_options_free(o);
        return status;
    }
    *out = o;
    return NNDYN_OK;
}

/* The slots that may be exchanged: the contracted ones.  Those of C01 are its rows and columns. */
static int subordinate(void *handle, const nndyn_correlations *c, int place, const nd_option_value *values,
                       double *lower, double *upper)
{
    const nd_correlation_kind *kind = &nd_correlation_kinds[place];
    const int64_t m = c->outputs, dims[4] = {m, m, m, m};
    nndyn_context *context = nd_handle_context(handle);
    nndyn_options *options;
    int64_t agreeing;
    ND_TRY(copy_options(context, values, place == ND_C02 || place == ND_C03 ? kind->contracted : 0, &options));
    const int status = place == ND_C11 ? nndyn_injective_norm_gram(context, 2, dims, c->tensor[place], options, lower,
                                                                   upper, &agreeing, NULL)
                                       : nndyn_injective_norm(context, kind->indices, dims, c->tensor[place], options,
                                                              lower, upper, &agreeing, NULL);
    nndyn_options_free(options);
    return status == NNDYN_OK ? status : nd_fail_from(handle, status, context);
}

static double frobenius_of(const nndyn_correlations *c, int place)
{
    const int64_t m = c->outputs, count = nd_correlation_count(m, place);
    double sum = 0;
    if (place == ND_C11) {
        for (int64_t i = 0; i < m * m; i++) {
            sum += c->tensor[place][i * (m * m + 1)];
        }
        return sqrt(fmax(sum, 0));
    }
    for (int64_t i = 0; i < count; i++) {
        sum += c->tensor[place][i] * c->tensor[place][i];
    }
    return sqrt(sum);
}

int nd_correlation_norm(void *handle, const nndyn_correlations *c, int place, const nd_option_value *values,
                        double *lower, double *upper, double *frobenius)
{
    double low = 0, high = 0;
    if (lower != NULL || upper != NULL) {
        ND_TRY(subordinate(handle, c, place, values, &low, upper != NULL ? &high : NULL));
    }
    if (lower != NULL) {
        *lower = low;
    }
    if (upper != NULL) {
        *upper = high;
    }
    if (frobenius != NULL) {
        *frobenius = frobenius_of(c, place);
    }
    return NNDYN_OK;
}

static int norm_of(nndyn_correlations *c, int which, const nndyn_options *options, double *lower, double *upper,
                   double *frobenius)
{
    static const nd_option_spec specs[ND_NORM_OPTIONS] = {ND_NORM_SPECS};
    nd_option_value values[ND_NORM_OPTIONS];
    int place;
    ND_TRY(nd_correlation_place(c, which, &place));
    ND_TRY(nd_correlations_need(c, which));
    ND_TRY(nd_options_read(c, options, specs, ND_NORM_OPTIONS, values));
    return nd_correlation_norm(c, c, place, values, lower, upper, frobenius);
}

int nndyn_correlations_norm(nndyn_correlations *correlations, int which, const nndyn_options *options, double *lower,
                            double *upper, double *frobenius)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_norm"));
    return nd_leave(correlations, norm_of(correlations, which, options, lower, upper, frobenius));
}
