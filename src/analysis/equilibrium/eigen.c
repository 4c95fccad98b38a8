/* eigen.c - the largest eigenpairs of a symmetric operator, with the options of the modes.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"

static int solver_options(nndyn_context *context, const nd_option_value *values, nndyn_options **out)
{
    nndyn_options *options;
    ND_TRY(nndyn_options_create(context, &options));
    int status = nndyn_options_set_double(options, "tolerance", values[ND_MODES_TOLERANCE].real);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "iterations", values[ND_MODES_ITERATIONS].integer);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "seed", values[ND_MODES_SEED].integer);
    }
    if (status != NNDYN_OK) {
        nndyn_options_free(options);
        return status;
    }
    *out = options;
    return NNDYN_OK;
}

int nd_largest_eigenpairs(void *handle, nndyn_operator *op, int64_t count, const nd_option_value *values,
                          double *eigenvalues, double *vectors)
{
    nndyn_options *options;
    int status = solver_options(nd_handle_context(handle), values, &options);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the options of the eigensolver");
    }
    status = nndyn_eigenpairs(op, count, options, eigenvalues, vectors, NULL, NULL);
    nndyn_options_free(options);
    return status == NNDYN_OK ? NNDYN_OK : nd_fail_from(handle, status, op);
}
