/* find.c - the way to the equilibrium: Newton steps within a trust region.
 *
 * The network is entered, so that nobody sees its parameters while they move; they are put back on failure.
 *
 * Each step minimizes g.p + p.Hp/2 within |p| <= radius by conjugate gradients, which stop at the boundary and along a
 * direction of negative curvature go there (Steihaug 1983).  The radius follows how well the model foretold the loss.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include "kernels/dot.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { METHOD = ND_PASS_OPTIONS, TOLERANCE, ITERATIONS, PRODUCTS, RADIUS, OPTIONS };

static const nd_option_spec own_options[] = {
    {"method", ND_TEXT, 0, 0, 0, "newton|gauss-newton"}, {"tolerance", ND_REAL, DBL_MIN, DBL_MAX, 1e-8, NULL},
    {"iterations", ND_INTEGER, 1, 1e9, 200, NULL},       {"products", ND_INTEGER, 1, 1e9, 250, NULL},
    {"radius", ND_REAL, 1e-100, 1e100, 1, NULL},
};

typedef struct search {
    nndyn_network *network;
    int64_t n, parameters;
    const double *x, *t;
    nd_option_value values[OPTIONS];
    double loss, norm, radius;
    double *q, *g, *p, *r, *d, *hd, *trial, *start; /* P each */
    nd_arena arena;
    nd_task task;
} search;

static void carve(search *s)
{
    double **vectors[] = {&s->q, &s->g, &s->p, &s->r, &s->d, &s->hd, &s->trial, &s->start};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        *vectors[i] = nd_arena_take(&s->arena, s->parameters, sizeof(double));
    }
}

static void add(int64_t n, double factor, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] += factor * x[i];
    }
}

/* ---- loss, gradient, Hessian at the network's parameters
 * ------------------------------------------------------------ */

static int at(search *s, const double *q, double *loss, double *gradient)
{
    nndyn_network *network = s->network;
    nd_pass *pass;
    double sum = 0;
    memcpy(network->theta, q, (size_t)s->parameters * sizeof *q);
    ND_TRY(nd_pass_create(network, network, s->n, s->x, s->t, ND_PASS_VALUES, 0, s->values, &pass));
    for (int64_t i = 0; i < s->n; i++) {
        sum += pass->workspace->h[i];
    }
    *loss = sum * pass->scale;
    int status = nd_backward_f64(pass->network, network, pass->theta, pass->scale, pass->workspace, gradient);
    nd_pass_free(pass);
    return status;
}

/* ---- the step ---------------------------------------------------------------------------------------------------- */

/* How far from p along d the boundary is. */
static double to_boundary(const search *s)
{
    double dd = nd_dot(s->parameters, s->d, s->d), pd = nd_dot(s->parameters, s->p, s->d);
    double pp = nd_dot(s->parameters, s->p, s->p), rest = s->radius * s->radius - pp;
    double root = sqrt(fmax(pd * pd + dd * rest, 0));
    return pd > 0 ? rest / (pd + root) : (root - pd) / dd;
}

/* r = -(g + H p) on the way; foretold = -(g.p + p.Hp/2). */
static int conjugate_gradients(search *s, nndyn_operator *h, double *foretold)
{
    int64_t n = s->parameters;
    double enough = fmin(0.1, sqrt(s->norm)) * s->norm, square = s->norm * s->norm;
    memset(s->p, 0, (size_t)n * sizeof *s->p);
    for (int64_t i = 0; i < n; i++) {
        s->r[i] = s->d[i] = -s->g[i];
    }
    for (int64_t k = 0; k < s->values[PRODUCTS].integer && sqrt(square) > enough; k++) {
        ND_TRY(nd_task_report(&s->task, 0));
        int status = nndyn_operator_apply(h, s->d, s->hd);
        if (status != NNDYN_OK) {
            return nd_fail_from(s->network, status, h);
        }
        double curvature = nd_dot(n, s->d, s->hd), step = square / curvature, boundary = to_boundary(s);
        int out = !(curvature > 0) || !(step < boundary);
        step = out ? boundary : step;
        add(n, step, s->d, s->p);
        add(n, -step, s->hd, s->r);
        if (out) {
            break;
        }
        double next = nd_dot(n, s->r, s->r);
        for (int64_t i = 0; i < n; i++) {
            s->d[i] = s->r[i] + next / square * s->d[i];
        }
        square = next;
    }
    *foretold = -0.5 * (nd_dot(n, s->g, s->p) - nd_dot(n, s->r, s->p)); /* H p = -g - r */
    return NNDYN_OK;
}

/* Near the end the loss changes by less than its rounding: then a smaller gradient decides. */
static int accept(search *s, double foretold, int *better)
{
    double loss, norm, rounding = 64 * DBL_EPSILON * fabs(s->loss), size = sqrt(nd_dot(s->parameters, s->p, s->p));
    memcpy(s->trial, s->q, (size_t)s->parameters * sizeof *s->q);
    add(s->parameters, 1, s->p, s->trial);
    ND_TRY(at(s, s->trial, &loss, s->hd));
    norm = sqrt(nd_dot(s->parameters, s->hd, s->hd));
    double ratio = (s->loss - loss) / foretold;
    int tiny = foretold < rounding;
    *better = isfinite(loss) && isfinite(norm) && (tiny ? norm < s->norm : ratio > 1e-4);
    if (!*better || (!tiny && ratio < 0.25)) {
        s->radius = 0.25 * size;
    } else if (ratio > 0.75 && size > 0.99 * s->radius) {
        s->radius *= 2;
    }
    if (*better) {
        s->loss = loss;
        s->norm = norm;
        memcpy(s->q, s->trial, (size_t)s->parameters * sizeof *s->q);
        memcpy(s->g, s->hd, (size_t)s->parameters * sizeof *s->g);
    }
    return NNDYN_OK;
}

static int step(search *s, nndyn_operator *h, int *better)
{
    double foretold = 0;
    *better = 0;
    while (!*better && s->radius > 1e-16 * (1 + sqrt(nd_dot(s->parameters, s->q, s->q)))) {
        ND_TRY(conjugate_gradients(s, h, &foretold));
        ND_TRY(accept(s, foretold, better));
    }
    return NNDYN_OK;
}

static int descend(search *s, int64_t *iterations)
{
    int which = s->values[METHOD].integer == 0 ? ND_HESSIAN : ND_GAUSS_NEWTON;
    double tolerance = s->values[TOLERANCE].real;
    int64_t done = 0, most = s->values[ITERATIONS].integer;
    int better = 1;
    ND_TRY(at(s, s->q, &s->loss, s->g));
    s->norm = sqrt(nd_dot(s->parameters, s->g, s->g));
    while (s->norm > tolerance && done < most && better) {
        nndyn_operator *h;
        memcpy(s->network->theta, s->q, (size_t)s->parameters * sizeof *s->q);
        ND_TRY(nd_products_operator(s->network, s->n, s->x, s->t, s->values, which, &h));
        int status = step(s, h, &better);
        nndyn_operator_free(h);
        ND_TRY(status);
        done++;
        ND_TRY(nd_task_report(&s->task, (double)done / (double)most));
    }
    if (!(s->norm <= tolerance)) {
        return nd_fail(s->network, NNDYN_ENUMERIC,
                       "the gradient's norm is %g after %lld iterations, not below the tolerance %g; %s", s->norm,
                       (long long)done, tolerance,
                       better ? "allow more iterations, or the loss has no minimum (separable data)"
                              : "rounding allows no further step: raise the tolerance");
    }
    *iterations = done;
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int read_options(nndyn_network *network, const nndyn_options *options, nd_option_value *values)
{
    nd_option_spec specs[OPTIONS];
    memcpy(specs, nd_pass_options, sizeof nd_pass_options[0] * ND_PASS_OPTIONS);
    memcpy(specs + ND_PASS_OPTIONS, own_options, sizeof own_options);
    ND_TRY(nd_options_read(network, options, specs, OPTIONS, values));
    values[ND_PASS_REDUCTION].integer = 0;
    return NNDYN_OK;
}

static int run(search *s, double *norm, int64_t *iterations)
{
    nndyn_network *network = s->network;
    int64_t done = 0;
    carve(s);
    ND_TRY(nd_check_memory(network, (double)s->arena.used, "the vectors of the search"));
    ND_TRY(nd_arena_reserve(&s->arena, network));
    carve(s);
    size_t bytes = (size_t)s->parameters * sizeof(double);
    memcpy(s->q, network->theta, bytes);
    memcpy(s->start, network->theta, bytes);
    nd_task_begin(&s->task, network, "equilibrium search");
    int status = descend(s, &done);
    memcpy(network->theta, status == NNDYN_OK ? s->q : s->start, bytes);
    ND_TRY(status);
    if (norm) {
        *norm = s->norm;
    }
    if (iterations) {
        *iterations = done;
    }
    return NNDYN_OK;
}

static int find(nndyn_network *network, int64_t n, const double *x, const double *t, const nndyn_options *options,
                double *norm, int64_t *iterations)
{
    search s = {.network = network, .n = n, .x = x, .t = t};
    ND_TRY(nd_equilibrium_check_batch(network, n, x, t));
    if (network->dtype != NNDYN_F64) {
        return nd_fail(network, NNDYN_EUNSUPPORTED,
                       "the network is of single precision, too coarse for a vanishing gradient; search with a copy in "
                       "double precision (nndyn_network_copy)");
    }
    s.parameters = network->parameters;
    ND_TRY(read_options(network, options, s.values));
    s.radius = s.values[RADIUS].real;
    int status = run(&s, norm, iterations);
    nd_arena_free(&s.arena);
    return status;
}

int nndyn_equilibrium_find(nndyn_network *network, int64_t n, const double *x, const double *t,
                           const nndyn_options *options, double *norm, int64_t *iterations)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_equilibrium_find"));
    return nd_leave(network, find(network, n, x, t, options, norm, iterations));
}
