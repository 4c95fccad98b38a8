/* matrices.c - the calls that hand out a matrix: J and J'J, made aside so that a call that fails leaves no trace. */
#include "analysis/duality/duality.h"
#include <string.h>

static int jacobian_of(const nd_duality *duality, const double *x, const double *t, double *jacobian)
{
    nndyn_network *network = duality->network;
    double *aside;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_pointer(network, jacobian, "jacobian"));
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_JACOBIAN));
    int64_t entries = nd_product(duality->rows, duality->columns);
    ND_TRY(nd_allocate_for(network, entries, sizeof *aside, &aside));
    int status = nd_duality_fill_jacobian(duality, x, t, aside);
    if (status == NNDYN_OK) {
        status = nd_duality_check_result(duality, entries, aside, "the Jacobian");
    }
    if (status == NNDYN_OK) {
        memcpy(jacobian, aside, (size_t)entries * sizeof *aside);
    }
    nd_release(network->handle.context, aside);
    return status;
}

int nndyn_duality_jacobian(nndyn_network *network, int64_t n, const double *x, const double *t,
                           const nndyn_options *options, double *jacobian)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_jacobian"));
    int status = nd_duality_create(network, n, options, 0, &duality);
    if (status == NNDYN_OK) {
        status = jacobian_of(duality, x, t, jacobian);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}

static void reorder(const nd_duality *duality, const double *aside, const int64_t *column, double *gram)
{
    int64_t side = duality->columns;
    for (int64_t i = 0; i < side; i++) {
        for (int64_t j = 0; j < side; j++) {
            gram[column[i] * side + column[j]] = aside[i * side + j];
        }
    }
}

static int fill_gram(const nd_duality *duality, const double *x, const double *t, double *aside, double *gram)
{
    nndyn_network *network = duality->network;
    int64_t *column;
    ND_TRY(nd_duality_fill_gram(duality, x, t, aside));
    ND_TRY(nd_duality_check_result(duality, duality->columns * duality->columns, aside, "the Gram matrix"));
    ND_TRY(nd_allocate_for(network, duality->columns, sizeof *column, &column));
    nd_duality_places(duality, column);
    reorder(duality, aside, column, gram);
    nd_release(network->handle.context, column);
    return NNDYN_OK;
}

static int gram_of(const nd_duality *duality, const double *x, const double *t, double *gram)
{
    nndyn_network *network = duality->network;
    double *aside;
    ND_TRY(nd_duality_check_batch(duality, x, t));
    ND_TRY(nd_check_pointer(network, gram, "gram"));
    ND_TRY(nd_duality_admit(duality, NNDYN_DUALITY_GRAM));
    ND_TRY(nd_allocate_for(network, nd_product(duality->columns, duality->columns), sizeof *aside, &aside));
    int status = fill_gram(duality, x, t, aside, gram);
    nd_release(network->handle.context, aside);
    return status;
}

int nndyn_duality_gram(nndyn_network *network, int64_t n, const double *x, const double *t,
                       const nndyn_options *options, double *gram)
{
    nd_duality *duality;
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_gram"));
    int status = nd_duality_create(network, n, options, 0, &duality);
    if (status == NNDYN_OK) {
        status = gram_of(duality, x, t, gram);
        nd_duality_free(network->handle.context, duality);
    }
    return nd_leave(network, status);
}
