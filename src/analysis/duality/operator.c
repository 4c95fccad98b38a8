/* operator.c - J as an operator, over copies of parameters and data. */
#include "analysis/duality/duality.h"

typedef struct nd_duality_operator {
    nd_duality *duality;
    nd_products *products;
} nd_duality_operator;

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    return nd_products_jvp(((nd_duality_operator *)user)->products, op, x, y);
}

static int apply_transposed(nndyn_operator *op, void *user, const double *y, double *x)
{
    return nd_products_vjp(((nd_duality_operator *)user)->products, op, y, x);
}

static void destroy(nndyn_context *context, void *user)
{
    nd_duality_operator *self = user;
    nd_products_free(context, self->products);
    nd_duality_free(context, self->duality);
    nd_release(context, self);
}

static const nd_operator_methods methods = {apply, apply_transposed, destroy};

static int fill(nd_duality_operator *self, nndyn_network *network, int64_t n, const double *x, const double *t,
                const nndyn_options *options, int with_method)
{
    ND_TRY(nd_duality_create(network, n, options, with_method, &self->duality));
    ND_TRY(nd_duality_check_batch(self->duality, x, t));
    ND_TRY(nd_duality_admit(self->duality, NNDYN_DUALITY_OPERATOR));
    return nd_products_create(self->duality, x, t, 1, &self->products);
}

int nd_duality_operator_create(nndyn_network *network, int64_t n, const double *x, const double *t,
                               const nndyn_options *options, int with_method, nndyn_operator **out)
{
    nd_duality_operator *self;
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_allocate_for(network, 1, sizeof *self, &self));
    int status = fill(self, network, n, x, t, options, with_method);
    if (status != NNDYN_OK) {
        destroy(network->handle.context, self);
        return status;
    }
    return nd_operator_create(network, self->duality->rows, self->duality->columns, &methods, self, out);
}

int nndyn_duality_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                           const nndyn_options *options, nndyn_operator **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_duality_operator"));
    return nd_leave(network, nd_duality_operator_create(network, n, x, t, options, 0, out));
}
