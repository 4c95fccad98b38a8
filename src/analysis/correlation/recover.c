/* recover.c - correlations from observed training: a polynomial in the rate through outputs after one step.
 *
 * f(parameters - r eta J'e) = sum_d (-r)^d C^{0,d}[e, .., e].  Least squares in Chebyshev polynomials on the span of
 * the rates (singular values), turned into powers at the end.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "linalg/linalg.h"
#include "nndyn/derivatives.h"
#include <math.h>
#include <string.h>

enum { MOST_DEGREE = 32, MOST_NODES = 1 << 20 };

typedef struct fit {
    int64_t nodes, outputs, terms; /* terms: degree + 1 */
    const double *rates, *observed;
    double middle, half;      /* rates are middle + half t, t within [-1, 1] */
    double *design, *copy;    /* nodes x terms: T_k(t_node) */
    double *singular, *u, *v; /* terms, terms x nodes, terms x terms */
    double *powers;           /* terms x terms: row k, T_k(t) in powers of the rate */
    double *chebyshev;        /* terms */
    nd_arena arena;
} fit;

static void carve(fit *f)
{
    const int64_t nodes = f->nodes, terms = f->terms;
    double **const arrays[] = {&f->design, &f->copy, &f->singular, &f->u, &f->v, &f->powers, &f->chebyshev};
    const int64_t sizes[] = {nodes * terms, nodes * terms, terms, nodes * terms, terms * terms, terms * terms, terms};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *arrays[i] = nd_arena_take(&f->arena, sizes[i], sizeof(double));
    }
}

static void find_span(fit *f)
{
    double low = f->rates[0], high = f->rates[0];
    for (int64_t i = 1; i < f->nodes; i++) {
        low = fmin(low, f->rates[i]);
        high = fmax(high, f->rates[i]);
    }
    /* centered at 0 where the rates lie on both sides of it, so that powers of the rate need no shift */
    f->middle = low < 0 && high > 0 ? 0 : low + 0.5 * (high - low);
    f->half = fmax(high - f->middle, f->middle - low);
    f->half = f->half > 0 ? f->half : 1;
}

static void fill_design(fit *f)
{
    for (int64_t i = 0; i < f->nodes; i++) {
        const double t = (f->rates[i] - f->middle) / f->half;
        double *row = f->design + i * f->terms;
        for (int64_t k = 0; k < f->terms; k++) {
            row[k] = k == 0 ? 1 : k == 1 ? t : 2 * t * row[k - 1] - row[k - 2];
        }
    }
    memcpy(f->copy, f->design, (size_t)(f->nodes * f->terms) * sizeof *f->copy);
}

/* T_k = 2 t T_{k-1} - T_{k-2} with t = (r - middle)/half, on coefficients of powers of r. */
static void fill_powers(fit *f)
{
    const int64_t terms = f->terms;
    memset(f->powers, 0, (size_t)(terms * terms) * sizeof *f->powers);
    f->powers[0] = 1;
    for (int64_t k = 1; k < terms; k++) {
        const double *before = f->powers + (k - 1) * terms, twice = k == 1 ? 1 : 2;
        double *row = f->powers + k * terms;
        for (int64_t d = 0; d <= k; d++) {
            row[d] = twice * ((d > 0 ? before[d - 1] : 0) - f->middle * before[d]) / f->half;
            row[d] -= k > 1 ? before[d - terms] : 0;
        }
    }
}

static int factor(fit *f, void *handle)
{
    fill_design(f);
    fill_powers(f);
    ND_TRY(nd_svd(handle, f->nodes, f->terms, f->copy, f->singular, f->u, f->v));
    if (!(f->singular[f->terms - 1] > 1e-12 * f->singular[0])) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "rates has too few distinct values for degree %lld: take at least degree + 1 that differ, best "
                       "the Chebyshev nodes of an interval around 0",
                       (long long)(f->terms - 1));
    }
    return NNDYN_OK;
}

static void solve_one(const fit *f, int64_t i, double *values, double *residual)
{
    memset(f->chebyshev, 0, (size_t)f->terms * sizeof *f->chebyshev);
    for (int64_t s = 0; s < f->terms; s++) {
        double along = 0;
        for (int64_t node = 0; node < f->nodes; node++) {
            along += f->u[s * f->nodes + node] * f->observed[node * f->outputs + i];
        }
        for (int64_t k = 0; k < f->terms; k++) {
            f->chebyshev[k] += f->v[s * f->terms + k] * along / f->singular[s];
        }
    }
    for (int64_t d = 0; d < f->terms; d++) {
        double sum = 0;
        for (int64_t k = f->terms - 1; k >= d; k--) {
            sum += f->chebyshev[k] * f->powers[k * f->terms + d];
        }
        values[d * f->outputs + i] = d % 2 ? -sum : sum;
    }
    double squares = 0;
    for (int64_t node = 0; node < f->nodes; node++) {
        double rest = f->observed[node * f->outputs + i];
        for (int64_t k = 0; k < f->terms; k++) {
            rest -= f->chebyshev[k] * f->design[node * f->terms + k];
        }
        squares += rest * rest;
    }
    if (residual != NULL) {
        residual[i] = sqrt(squares / (double)f->nodes);
    }
}

static int solve(void *handle, int64_t nodes, const double *rates, int64_t outputs, const double *observed, int degree,
                 double *values, double *residuals)
{
    fit f = {.nodes = nodes, .outputs = outputs, .terms = degree + 1, .rates = rates, .observed = observed};
    carve(&f);
    ND_TRY(nd_arena_reserve(&f.arena, handle));
    carve(&f);
    find_span(&f);
    const int status = factor(&f, handle);
    for (int64_t i = 0; status == NNDYN_OK && i < outputs; i++) {
        solve_one(&f, i, values, residuals);
    }
    nd_arena_free(&f.arena);
    return status;
}

/* ---- given observations ------------------------------------------------------------------------------------------ */

static int recover(nndyn_context *context, int64_t nodes, const double *rates, int64_t outputs, const double *observed,
                   int degree, double *values, double *residuals)
{
    ND_TRY(nd_check_size(context, degree, 0, MOST_DEGREE, "degree"));
    ND_TRY(nd_check_size(context, nodes, degree + 1, MOST_NODES, "nodes"));
    ND_TRY(nd_check_size(context, outputs, 1, ND_BOUND_MOST, "outputs"));
    ND_TRY(nd_correlation_array(context, 1, nodes, rates, "rates"));
    ND_TRY(nd_correlation_array(context, nodes, outputs, observed, "observed"));
    ND_TRY(nd_check_pointer(context, values, "values"));
    return solve(context, nodes, rates, outputs, observed, degree, values, residuals);
}

int nndyn_correlation_recover(nndyn_context *context, int64_t nodes, const double *rates, int64_t outputs,
                              const double *observed, int degree, double *values, double *residuals)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_correlation_recover"));
    return nd_leave(context, recover(context, nodes, rates, outputs, observed, degree, values, residuals));
}

/* ---- observations made here -------------------------------------------------------------------------------------- */

typedef struct trial {
    nndyn_network *copy;
    int64_t n, outputs, parameters, nodes;
    const double *x, *e;
    double eta, alpha, span;
    double *start, *gradient, *moved; /* P each */
    double *rates, *observed;         /* nodes, nodes x M */
    nd_arena arena;
} trial;

static void carve_trial(trial *t)
{
    double **const arrays[] = {&t->start, &t->gradient, &t->moved, &t->rates, &t->observed};
    const int64_t sizes[] = {t->parameters, t->parameters, t->parameters, t->nodes, t->nodes * t->outputs};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *arrays[i] = nd_arena_take(&t->arena, sizes[i], sizeof(double));
    }
}

static int make_steps(trial *t, nd_task *task)
{
    ND_TRY(nndyn_network_get_parameters(t->copy, t->parameters, t->start));
    ND_TRY(nndyn_vjp(t->copy, t->n, t->x, t->e, NULL, NULL, t->gradient));
    for (int64_t node = 0; node < t->nodes; node++) {
        double *outputs = t->observed + node * t->outputs;
        t->rates[node] = -t->span * cos(3.141592653589793 * ((double)node + 0.5) / (double)t->nodes);
        for (int64_t p = 0; p < t->parameters; p++) {
            t->moved[p] = t->start[p] - t->rates[node] * t->eta * t->alpha * t->gradient[p];
        }
        ND_TRY(nndyn_network_set_parameters(t->copy, t->parameters, t->moved));
        ND_TRY(nndyn_network_forward(t->copy, t->n, t->x, outputs));
        for (int64_t i = 0; i < t->outputs; i++) {
            outputs[i] *= t->alpha;
        }
        ND_TRY(nd_task_report(task, (double)(node + 1) / (double)t->nodes));
    }
    return NNDYN_OK;
}

enum { NODES, SPAN, SCALE, OBSERVE_OPTIONS };
static const nd_option_spec observe_specs[OBSERVE_OPTIONS] = {
    {"nodes", ND_INTEGER, 0, MOST_NODES, 0, NULL},
    {"span", ND_REAL, 1e-12, 1e12, 0.4, NULL},
    {"scale", ND_REAL, 1e-150, 1e150, 1, NULL},
};

static int fit_trial(nndyn_network *network, trial *t, int degree, double *values, double *residuals)
{
    nd_task task;
    nd_task_begin(&task, network, "correlations from training");
    int status = nd_network_copy(network, network, NNDYN_F64, &t->copy);
    if (status == NNDYN_OK) {
        status = make_steps(t, &task);
        if (status != NNDYN_OK && status != NNDYN_ECANCELED) {
            status = nd_fail_from(network, status, t->copy);
        }
    }
    nndyn_network_free(t->copy);
    if (status == NNDYN_OK) {
        status = solve(network, t->nodes, t->rates, t->outputs, t->observed, degree, values, residuals);
    }
    return status;
}

static int observe(nndyn_network *network, int64_t n, const double *x, double eta, const double *e, int degree,
                   const nndyn_options *options, double *values, double *residuals)
{
    nd_option_value o[OBSERVE_OPTIONS];
    ND_TRY(nd_correlation_check(network, n, x, eta));
    const int64_t outputs = n * nd_network_outputs(network);
    ND_TRY(nd_correlation_array(network, n, nd_network_outputs(network), e, "e"));
    ND_TRY(nd_check_size(network, degree, 0, MOST_DEGREE, "degree"));
    ND_TRY(nd_check_pointer(network, values, "values"));
    ND_TRY(nd_options_read(network, options, observe_specs, OBSERVE_OPTIONS, o));
    const int64_t nodes = o[NODES].integer > 0 ? o[NODES].integer : degree + 1;
    ND_TRY(nd_check_size(network, nodes, degree + 1, MOST_NODES, "nodes"));
    trial t = {.n = n, .outputs = outputs, .parameters = network->parameters, .nodes = nodes, .x = x, .e = e};
    t.eta = eta;
    t.alpha = o[SCALE].real;
    t.span = o[SPAN].real;
    carve_trial(&t);
    ND_TRY(nd_arena_reserve(&t.arena, network));
    carve_trial(&t);
    const int status = fit_trial(network, &t, degree, values, residuals);
    nd_arena_free(&t.arena);
    return status;
}

int nndyn_correlation_observe(nndyn_network *network, int64_t n, const double *x, double eta, const double *e,
                              int degree, const nndyn_options *options, double *values, double *residuals)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_correlation_observe"));
    return nd_leave(network, observe(network, n, x, eta, e, degree, options, values, residuals));
}
