/* coupling.c - how far the Jacobians of single samples are from diagonal in given modes.
 *
 * Row i of U' J(x_s) V for all samples is one product with J', whose part of sample s is J_s' u_i.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/duality/duality.h"
#include <math.h>

int nd_duality_check_independent(const nd_duality *duality, const char *what)
{
    if (!duality->coupled) {
        return NNDYN_OK;
    }
    return nd_fail(
        duality->network, NNDYN_EUNSUPPORTED,
        "%s is not defined where batch norm in training mode couples the samples; use the mode \"evaluation\"", what);
}

static void add_row(const nd_duality *duality, const double *columns, int64_t i, int64_t count, const double *v,
                    double *diagonal, double *rest)
{
    int64_t width = duality->per_sample;
    for (int64_t s = 0; s < duality->n; s++) {
        for (int64_t j = 0; j < count; j++) {
            double sum = 0;
            for (int64_t k = 0; k < width; k++) {
                sum += columns[s * width + k] * v[j * width + k];
            }
            *(i == j ? diagonal : rest) += sum * sum;
        }
    }
}

static int sum_rows(const nd_duality *duality, nd_products *products, int64_t count, const double *u, const double *v,
                    double *columns, double *kappa)
{
    nndyn_network *network = duality->network;
    double diagonal = 0, rest = 0;
    nd_task task;
    nd_task_begin(&task, network, "coupling of modes");
    for (int64_t i = 0; i < count; i++) {
        ND_TRY(nd_task_report(&task, (double)i / (double)count));
        ND_TRY(nd_products_vjp(products, network, u + i * duality->rows, columns));
        add_row(duality, columns, i, count, v, &diagonal, &rest);
    }
    ND_TRY(nd_task_report(&task, 1));
    double result = sqrt(rest / diagonal);
    if (isnan(result)) {
        return nd_fail(network, NNDYN_ENUMERIC,
                       diagonal == 0
                           ? "the Jacobians vanish in these modes for all samples, so there is nothing to compare"
                           : "the Jacobians in these modes are not finite");
    }
    *kappa = result;
    return NNDYN_OK;
}

static int with_products(const nd_duality *duality, const double *x, const double *t, int64_t count, const double *u,
                         const double *v, double *kappa)
{
    nndyn_network *network = duality->network;
    nd_products *products;
    double *columns;
    ND_TRY(nd_allocate_for(network, duality->columns, sizeof *columns, &columns));
    int status = nd_products_create(duality, x, t, 0, &products);
    if (status == NNDYN_OK) {
        status = sum_rows(duality, products, count, u, v, columns, kappa);
        nd_products_free(network->handle.context, products);
    }
    nd_release(network->handle.context, columns);
    return status;
}

static int coupling(const nd_duality *duality, const double *x, const double *t, int64_t count, const double *u,
                    const double *v, double *kappa)
{
    nndyn_network *network = duality->network;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_size(network, count, 1, INT32_MAX, "count"));
    ND_TRY(nd_check_pointer(network, u, "u"));
    ND_TRY(nd_check_pointer(network, v, "v"));
    ND_TRY(nd_check_pointer(network, kappa, "kappa"));
    ND_TRY(nd_check_finite(network, count, duality->rows, u, "u"));
    ND_TRY(nd_check_finite(network, count, duality->per_sample, v, "v"));
    ND_TRY(nd_duality_check_independent(duality, "the Jacobian of a single sample"));
    double bytes = nd_duality_bytes(duality) + nd_products_bytes(duality, 0) + 8.0 * (double)duality->columns;
    ND_TRY(nd_check_memory(network, bytes, "the coupling of modes"));
    return with_products(duality, x, t, count, u, v, kappa);
}

int nndyn_duality_coupling(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                           const double *u, const double *v, const nndyn_options *options, double *kappa)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_coupling"));
    int status = nd_duality_create(network, n, options, ND_DUALITY_KNOWS_NEITHER, &duality);
    if (status == NNDYN_OK) {
        status = coupling(duality, x, t, count, u, v, kappa);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}
