/* modes.c - modes of the Hessian and what the gradient noise looks like in them.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include "kernels/blas.h"
#include <math.h>
#include <string.h>

static const nd_option_spec own_options[] = {
    {"tolerance", ND_REAL, 1e-13, 0.1, 1e-8, NULL},
    {"iterations", ND_INTEGER, 0, 9007199254740992.0, 0, NULL},
    {"seed", ND_INTEGER, -9007199254740992.0, 9007199254740992.0, 0, NULL},
    {"centered", ND_INTEGER, 0, 1, 1, NULL},
};

int nd_modes_options(nndyn_network *network, const nndyn_options *options, int with_centered, nd_option_value *values)
{
    nd_option_spec specs[ND_MODES_OPTIONS];
    memcpy(specs, nd_pass_options, sizeof nd_pass_options[0] * ND_PASS_OPTIONS);
    memcpy(specs + ND_PASS_OPTIONS, own_options, sizeof own_options);
    ND_TRY(nd_options_read(network, options, specs, ND_MODES_OPTIONS - (with_centered ? 0 : 1), values));
    values[ND_PASS_REDUCTION].integer = 0; /* the Hessian is that of the mean loss */
    return NNDYN_OK;
}

int nd_equilibrium_check_batch(nndyn_network *network, int64_t n, const double *x, const double *t)
{
    ND_TRY(nd_network_ready(network, network, 1));
    if (network->parameters == 0) {
        return nd_fail(network, NNDYN_ESTATE, "the network has no parameters; add a layer that has some");
    }
    ND_TRY(nd_check_size(network, n, 1, ND_BLAS_MOST, "n"));
    ND_TRY(nd_check_pointer(network, x, "x"));
    return nd_check_pointer(network, t, "t");
}

int nd_hessian_of(nndyn_network *network, int64_t n, const double *x, const double *t, const nd_option_value *values,
                  nndyn_operator **out)
{
    return nd_products_operator(network, n, x, t, values, ND_HESSIAN, out);
}

/* ---- the modes --------------------------------------------------------------------------------------------------- */

typedef struct results {
    double *curvature, *vectors, *noise, *relaxation;
    double coupling;
    nd_arena arena;
} results;

static void carve(results *r, int64_t count, int64_t parameters)
{
    r->curvature = nd_arena_take(&r->arena, count, sizeof(double));
    r->relaxation = nd_arena_take(&r->arena, count, sizeof(double));
    r->noise = nd_arena_take(&r->arena, nd_product(count, count), sizeof(double));
    r->vectors = nd_arena_take(&r->arena, nd_product(count, parameters), sizeof(double));
}

static double mean_coupling(int64_t count, const double *c)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < i; j++) {
            double scale = sqrt(c[i * count + i] * c[j * count + j]);
            sum += scale > 0 ? fabs(c[i * count + j]) / scale : 0;
        }
    }
    return count > 1 ? sum / (0.5 * (double)count * (double)(count - 1)) : 0;
}

/* -1 / ln|1 - x|, without the cancellation for small x */
static double relaxation_time(double x)
{
    double logarithm = x < 1 ? log1p(-x) : log(x - 1);
    return logarithm == 0 ? INFINITY : -1 / logarithm;
}

static int fill(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count, double rate,
                const nd_option_value *values, results *r)
{
    nndyn_operator *hessian;
    ND_TRY(nd_hessian_of(network, n, x, t, values, &hessian));
    int status = nd_largest_eigenpairs(network, hessian, count, values, r->curvature, r->vectors);
    nndyn_operator_free(hessian);
    ND_TRY(status);
    for (int64_t i = 0; i < count; i++) {
        r->relaxation[i] = relaxation_time(rate * r->curvature[i]);
    }
    return NNDYN_OK;
}

static void deliver(int64_t count, const double *from, double *to)
{
    if (to) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

static int modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count, double rate,
                 const nndyn_options *options, int with_noise, results *r)
{
    nd_option_value values[ND_MODES_OPTIONS];
    ND_TRY(nd_equilibrium_check_batch(network, n, x, t));
    ND_TRY(nd_check_size(network, count, 1, network->parameters, "count"));
    ND_TRY(nd_check_positive(network, rate, "rate"));
    ND_TRY(nd_modes_options(network, options, 0, values));
    carve(r, count, network->parameters);
    ND_TRY(nd_check_memory(network, (double)r->arena.used, "the modes"));
    ND_TRY(nd_arena_reserve(&r->arena, network));
    carve(r, count, network->parameters);
    ND_TRY(fill(network, n, x, t, count, rate, values, r));
    if (with_noise) {
        ND_TRY(nd_noise_along(network, n, x, t, values, count, r->vectors, r->noise));
        r->coupling = mean_coupling(count, r->noise);
    }
    return NNDYN_OK;
}

int nndyn_equilibrium_modes(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                            double rate, const nndyn_options *options, double *curvature, double *vectors,
                            double *noise, double *relaxation, double *coupling)
{
    results r = {0};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_equilibrium_modes"));
    int status = nd_check_pointer(network, curvature, "curvature");
    if (status == NNDYN_OK) {
        status = modes(network, n, x, t, count, rate, options, noise || coupling, &r);
    }
    if (status == NNDYN_OK) {
        deliver(count, r.curvature, curvature);
        deliver(count * network->parameters, r.vectors, vectors);
        deliver(count * count, r.noise, noise);
        deliver(count, r.relaxation, relaxation);
        deliver(1, &r.coupling, coupling);
    }
    nd_arena_free(&r.arena);
    return nd_leave(network, status);
}

/* ---- predicted covariance ---------------------------------------------------------------------------------------- */

typedef struct reduced {
    double *hessian, *noise, *product;
    nd_arena arena;
} reduced;

static void carve_reduced(reduced *r, int64_t count, int64_t parameters)
{
    r->hessian = nd_arena_take(&r->arena, nd_product(count, count), sizeof(double));
    r->noise = nd_arena_take(&r->arena, nd_product(count, count), sizeof(double));
    r->product = nd_arena_take(&r->arena, parameters, sizeof(double));
}

/* h = V H V' */
static int hessian_along(nndyn_network *network, nndyn_operator *hessian, int64_t count, const double *vectors,
                         reduced *r)
{
    int64_t parameters = network->parameters;
    for (int64_t i = 0; i < count; i++) {
        int status = nndyn_operator_apply(hessian, vectors + i * parameters, r->product);
        if (status != NNDYN_OK) {
            return nd_fail_from(network, status, hessian);
        }
        for (int64_t j = 0; j < count; j++) {
            double sum = 0;
            for (int64_t k = 0; k < parameters; k++) {
                sum += vectors[j * parameters + k] * r->product[k];
            }
            r->hessian[i * count + j] = sum;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = 0; j < i; j++) {
            double mean = 0.5 * (r->hessian[i * count + j] + r->hessian[j * count + i]);
            r->hessian[i * count + j] = mean;
            r->hessian[j * count + i] = mean;
        }
    }
    return NNDYN_OK;
}

static int predict(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                   const double *vectors, double rate, double batch, const nndyn_options *options, reduced *r,
                   double *sigma)
{
    nd_option_value values[ND_MODES_OPTIONS];
    nndyn_operator *hessian;
    int64_t parameters = network->parameters;
    ND_TRY(nd_equilibrium_check_batch(network, n, x, t));
    ND_TRY(nd_check_size(network, count, 1, parameters, "count"));
    ND_TRY(nd_check_pointer(network, vectors, "vectors"));
    ND_TRY(nd_check_finite(network, count, parameters, vectors, "vectors"));
    ND_TRY(nd_check_positive(network, rate, "rate"));
    ND_TRY(nd_check_positive(network, batch, "batch"));
    ND_TRY(nd_check_pointer(network, sigma, "sigma"));
    ND_TRY(nd_modes_options(network, options, 0, values));
    carve_reduced(r, count, parameters);
    ND_TRY(nd_arena_reserve(&r->arena, network));
    carve_reduced(r, count, parameters);
    ND_TRY(nd_hessian_of(network, n, x, t, values, &hessian));
    int status = hessian_along(network, hessian, count, vectors, r);
    nndyn_operator_free(hessian);
    ND_TRY(status);
    ND_TRY(nd_noise_along(network, n, x, t, values, count, vectors, r->noise));
    return nd_stationary(network, count, r->hessian, r->noise, rate, batch, sigma);
}

int nndyn_equilibrium_covariance(nndyn_network *network, int64_t n, const double *x, const double *t, int64_t count,
                                 const double *vectors, double rate, double batch, const nndyn_options *options,
                                 double *sigma)
{
    reduced r = {0};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_equilibrium_covariance"));
    int status = predict(network, n, x, t, count, vectors, rate, batch, options, &r, sigma);
    nd_arena_free(&r.arena);
    return nd_leave(network, status);
}
