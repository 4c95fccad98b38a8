/* operator_norm.c - norms of C^{2,0} and C^{2,1} over their two parameter slots, by Lanczos on products.
 *
 * With f the combination of outputs, products are H v = J_1(v) and, by polarization, T[g, v] = (J_2(g + s v) - J_2(g -
 * s v)) / (2 s) with s = |g| / |v|.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "derivatives/jets.h"
#include "kernels/kernels.h"
#include <math.h>
#include <string.h>

typedef struct products {
    nndyn_network *network;
    const double *weights; /* M: cotangents at the outputs */
    int64_t n, parameters;
    int contracted;
    nd_pass *pass;
    nd_jets *base, *jets;
    double *gradient, *along, *other; /* P each: J'e, direction, J_2 of the other sign (d = 1 only) */
    double *ones;                     /* n */
    double length;                    /* |J'e| */
} products;

static int jet(products *p, void *handle, const double *u, int order, double *out)
{
    const nd_direction direction = {.u = u};
    ND_TRY(nd_jets_forward(p->jets, handle, &direction));
    ND_TRY(nd_jets_backward(p->jets, handle, &direction, p->weights));
    return nd_jets_gradient(p->jets, handle, order, p->ones, out);
}

static int polarized(products *p, void *handle, const double *x, double *y)
{
    const double length = sqrt(p->network->k64->sum_squares(p->parameters, x));
    memset(y, 0, (size_t)p->parameters * sizeof *y);
    if (!(length > 0) || !(p->length > 0)) {
        return NNDYN_OK;
    }
    const double scale = p->length / length;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int64_t i = 0; i < p->parameters; i++) {
            p->along[i] = p->gradient[i] + sign * scale * x[i];
        }
        ND_TRY(jet(p, handle, p->along, 2, p->other));
        p->network->k64->axpy(p->parameters, sign / (2 * scale), p->other, y);
    }
    return NNDYN_OK;
}

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    products *p = user;
    return p->contracted ? polarized(p, op, x, y) : jet(p, op, x, 1, y);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void destroy(nndyn_context *context, void *user)
{
    products *p = user;
    nd_jets_free(p->jets);
    nd_jets_free(p->base);
    nd_pass_free(p->pass);
    nd_release(context, p->gradient);
    nd_release(context, p->ones);
    nd_release(context, p);
}

/* J'e, and room for two vectors more. */
static int find_gradient(products *p, const double *e)
{
    nndyn_network *network = p->network;
    ND_TRY(nd_allocate_for(network, 3 * p->parameters, sizeof *p->gradient, &p->gradient));
    p->along = p->gradient + p->parameters;
    p->other = p->along + p->parameters;
    ND_TRY(nd_jets_create(p->pass, network, 0, 1, &p->base));
    ND_TRY(nd_jets_forward(p->base, network, NULL));
    ND_TRY(nd_jets_backward(p->base, network, NULL, e));
    ND_TRY(nd_jets_gradient(p->base, network, 0, p->ones, p->gradient));
    p->length = sqrt(network->k64->sum_squares(p->parameters, p->gradient));
    nd_jets_free(p->base);
    p->base = NULL;
    return NNDYN_OK;
}

static int open_products(products *p, const double *x, const double *e)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nndyn_network *network = p->network;
    ND_TRY(nd_options_read(network, NULL, nd_pass_options, ND_PASS_OPTIONS, values));
    ND_TRY(nd_allocate_for(network, p->n, sizeof *p->ones, &p->ones));
    for (int64_t s = 0; s < p->n; s++) {
        p->ones[s] = 1;
    }
    ND_TRY(nd_pass_create(network, network, p->n, x, NULL, ND_PASS_VALUES, 0, values, &p->pass));
    ND_TRY(p->contracted ? find_gradient(p, e) : NNDYN_OK);
    return nd_jets_create(p->pass, network, p->contracted + 1, 1, &p->jets);
}

static int make_operator(nndyn_network *network, int64_t n, const double *x, const double *weights, int contracted,
                         const double *e, nndyn_operator **out)
{
    static const nd_operator_methods methods = {apply, NULL, destroy};
    products *p;
    ND_TRY(nd_allocate_for(network, 1, sizeof *p, &p));
    *p = (products){.network = network, .weights = weights, .n = n, .parameters = network->parameters};
    p->contracted = contracted;
    const int status = open_products(p, x, e);
    if (status != NNDYN_OK) {
        destroy(network->handle.context, p);
        return status;
    }
    return nd_operator_create(network, p->parameters, p->parameters, &methods, p, out);
}

/* ---- the norm ---------------------------------------------------------------------------------------------------- */

enum { SCALE, TOLERANCE, ITERATIONS, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    {"scale", ND_REAL, 1e-150, 1e150, 1, NULL},
    {"tolerance", ND_REAL, 1e-13, 0.1, 1e-4, NULL},
    {"iterations", ND_INTEGER, 4, 1 << 30, 1000, NULL},
};
enum { BASIS = 40, SMALL = 256 }; /* vectors held; up to this order the operator is formed anyway */

static int lanczos_options(nndyn_context *context, const nd_option_value *values, int64_t order, nndyn_options **out)
{
    nndyn_options *o;
    ND_TRY(nndyn_options_create(context, &o));
    int status = nndyn_options_set_text(o, "which", "magnitude");
    status = status != NNDYN_OK ? status : nndyn_options_set_double(o, "tolerance", values[TOLERANCE].real);
    if (status == NNDYN_OK && order > SMALL) {
        status = nndyn_options_set_integer(o, "basis", BASIS);
        status = status != NNDYN_OK ? status : nndyn_options_set_integer(o, "iterations", values[ITERATIONS].integer);
    }
    if (status != NNDYN_OK) {
        nndyn_options_free(o);
        return status;
    }
    *out = o;
    return NNDYN_OK;
}

static int largest(nndyn_network *network, nndyn_operator *op, const nd_option_value *values, double *value,
                   int *converged)
{
    nndyn_options *options = NULL;
    ND_TRY(lanczos_options(network->handle.context, values, network->parameters, &options));
    const int status = nndyn_eigenpairs(op, 1, options, value, NULL, NULL, converged);
    nndyn_options_free(options);
    return status == NNDYN_OK ? status : nd_fail_from(network, status, op);
}

static int operator_norm(nndyn_network *network, int64_t n, const double *x, double eta, const double *weights,
                         int contracted, const double *e, const nndyn_options *options, double *norm, int *flags)
{
    nd_option_value values[OPTIONS];
    nndyn_operator *op;
    double value;
    int converged;
    ND_TRY(nd_correlation_check(network, n, x, eta));
    ND_TRY(nd_correlation_array(network, n, nd_network_outputs(network), weights, "weights"));
    ND_TRY(nd_check_size(network, contracted, 0, 1, "contracted"));
    ND_TRY(contracted ? nd_correlation_array(network, n, nd_network_outputs(network), e, "e") : NNDYN_OK);
    ND_TRY(nd_check_pointer(network, norm, "norm"));
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, values));
    ND_TRY(nd_check_memory(network,
                           nd_pass_bytes(network, n, ND_PASS_VALUES, 0) + nd_jets_bytes(network, n, contracted + 1, 1) +
                               8.0 * (BASIS + 6) * (double)network->parameters,
                           "the batch and the vectors of the iteration"));
    ND_TRY(make_operator(network, n, x, weights, contracted, e, &op));
    const int status = largest(network, op, values, &value, &converged);
    nndyn_operator_free(op);
    ND_TRY(status);
    *norm = fabs(value) * nd_correlation_factor(2, contracted, values[SCALE].real, eta) / 2;
    if (flags != NULL) {
        *flags = nd_correlation_flags(network) | (converged ? 0 : NNDYN_CORRELATION_UNCONVERGED);
    }
    return NNDYN_OK;
}

int nndyn_correlation_operator_norm(nndyn_network *network, int64_t n, const double *x, double eta,
                                    const double *weights, int contracted, const double *e,
                                    const nndyn_options *options, double *norm, int *flags)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_correlation_operator_norm"));
    return nd_leave(network, operator_norm(network, n, x, eta, weights, contracted, e, options, norm, flags));
}
