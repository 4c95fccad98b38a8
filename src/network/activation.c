/* activation.c - the public view on activations as functions.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <float.h>

static const nd_option_spec known[] = {{"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL}};

static int evaluate(nndyn_context *context, int kind, const nndyn_options *options, int order, int64_t count,
                    const double *z, double *values)
{
    nd_option_value v;
    nd_activation f;
    ND_TRY(nd_options_read(context, options, known, 1, &v));
    ND_TRY(nd_activation_make(context, kind, &v, &f));
    ND_TRY(nd_check_size(context, order, 0, ND_ACTIVATION_ORDER, "order"));
    ND_TRY(nd_check_size(context, count, 1, INT64_MAX / (int64_t)sizeof *z, "count"));
    ND_TRY(nd_check_pointer(context, z, "z"));
    ND_TRY(nd_check_pointer(context, values, "values"));
    ND_TRY(nd_check_finite(context, 1, count, z, "z"));
    const nd_kernels_f64 *k = nd_kernels_choose_f64(nd_context_kernels(context));
    if (k == NULL) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "the kernels \"%s\" of the context are not in this build or not for "
                       "this processor",
                       nd_context_kernels(context));
    }
    k->activate_derivative(&f, order, count, z, values);
    return NNDYN_OK;
}

int nndyn_activation_evaluate(nndyn_context *context, int activation, const nndyn_options *options, int order,
                              int64_t count, const double *z, double *values)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, evaluate(context, activation, options, order, count, z, values));
}
