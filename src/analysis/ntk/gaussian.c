/* gaussian.c - means of an activation over a pair of normal variables: closed forms, and quadrature.
 *
 * With (u, v) = r (sqrt(q1) cos t, sqrt(q2) cos(t - t0)), cos t0 the correlation,
 *
 *     E[f(u) f(v)] = integral of r exp(-r^2/2) f(u) f(v) over r > 0 and t, over 2 pi.
 *
 * The library's activations are smooth but for kinks at 0, which here are the four rays where u or v changes sign: the
 * angle is cut there and the integrand smooth in each part, so that Gauss-Legendre converges for kinks as it does for
 * smooth functions (a tensor of Gauss-Hermite rules gives three digits for ReLU).
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/ntk/gaussian.h"
#include "statistics/statistics.h"
#include <math.h>

enum { STANDARD_NODES = 48, RAYS = 4 };
static const double pi = 3.14159265358979323846;
static const double longest = 9.5; /* radius beyond which exp(-r^2/2) is below 1e-19 */

void nd_gaussian_rule_make(const nd_kernels_f64 *k, int nodes, nd_gaussian_rule *rule)
{
    rule->k = k;
    rule->closed = nodes == 0;
    rule->radii = nodes == 0 ? STANDARD_NODES : nodes;
    rule->angles[0] = (rule->radii + 1) / 2;
    rule->angles[1] = rule->radii;
    nd_gauss_legendre(rule->radii, rule->radius, rule->radius_weight);
    for (int i = 0; i < 2; i++) {
        nd_gauss_legendre(rule->angles[i], rule->angle[i], rule->angle_weight[i]);
    }
    for (int i = 0; i < rule->radii; i++) {
        double r = longest * rule->radius[i];
        rule->radius[i] = r;
        rule->radius_weight[i] *= longest * r * exp(-0.5 * r * r);
    }
}

/* Angle between the rays of u and v: cosine c / sqrt(q1 q2), exactly 0 for equal variables. */
static double angle_of(const nd_gaussian_pair *p)
{
    double size = sqrt(p->q1 * p->q2);
    if (size == 0) {
        return 0.5 * pi;
    }
    return p->c >= size ? 0 : p->c <= -size ? pi : acos(p->c / size);
}

/* ---- closed forms ------------------------------------------------------------------------------------------------ */

/* f(z) = z for z > 0, slope * z below (Cho and Saul 2009 for slope 0) */
static nd_gaussian_means bent(const nd_gaussian_pair *p, double slope)
{
    double t = angle_of(p), size = sqrt(p->q1 * p->q2), rest = (1 - slope) * (1 - slope);
    double values = size / (2 * pi) * (sin(t) + (pi - t) * cos(t)), slopes = (pi - t) / (2 * pi);
    return (nd_gaussian_means){slope * p->c + rest * values, slope + rest * slopes};
}

static nd_gaussian_means relu(const nd_activation *f, const nd_gaussian_pair *p)
{
    (void)f;
    return bent(p, 0);
}

static nd_gaussian_means leaky_relu(const nd_activation *f, const nd_gaussian_pair *p)
{
    return bent(p, f->parameter);
}

static nd_gaussian_means identity(const nd_activation *f, const nd_gaussian_pair *p)
{
    (void)f;
    return (nd_gaussian_means){p->c, 1};
}

/* Williams 1997 */
static nd_gaussian_means erf_means(const nd_activation *f, const nd_gaussian_pair *p)
{
    double a = 1 + 2 * p->q1, b = 1 + 2 * p->q2, size = sqrt(a * b);
    double sine = fmax(-1, fmin(1, 2 * p->c / size));
    (void)f;
    return (nd_gaussian_means){2 / pi * asin(sine), 4 / pi / sqrt(a * b - 4 * p->c * p->c)};
}

/* E[sin u sin v] and E[cos u cos v], without overflow, and without cancellation where c is small. */
static void waves(const nd_gaussian_pair *p, double *sines, double *cosines)
{
    double mean = 0.5 * (p->q1 + p->q2), plus = exp(p->c - mean), minus = exp(-p->c - mean);
    *sines = fabs(p->c) < 1 ? exp(-mean) * sinh(p->c) : 0.5 * (plus - minus);
    *cosines = 0.5 * (plus + minus);
}

static nd_gaussian_means sine(const nd_activation *f, const nd_gaussian_pair *p)
{
    nd_gaussian_means means;
    (void)f;
    waves(p, &means.values, &means.slopes);
    return means;
}

static nd_gaussian_means cosine(const nd_activation *f, const nd_gaussian_pair *p)
{
    nd_gaussian_means means;
    (void)f;
    waves(p, &means.slopes, &means.values);
    return means;
}

static nd_gaussian_means exponential(const nd_activation *f, const nd_gaussian_pair *p)
{
    double mean = exp(0.5 * (p->q1 + p->q2) + p->c);
    (void)f;
    return (nd_gaussian_means){mean, mean};
}

typedef nd_gaussian_means closed_form(const nd_activation *f, const nd_gaussian_pair *p);

static closed_form *const closed_forms[ND_ACTIVATIONS] = {
    [NNDYN_IDENTITY] = identity, [NNDYN_RELU] = relu,       [NNDYN_LEAKY_RELU] = leaky_relu,
    [NNDYN_ERF] = erf_means,     [NNDYN_EXP] = exponential, [NNDYN_SIN] = sine,
    [NNDYN_COS] = cosine,
};

/* ---- quadrature -------------------------------------------------------------------------------------------------- */

enum { POINTS = RAYS * ND_GAUSSIAN_NODES };

/* Directions of a circle, and what their weights are. */
typedef struct circle {
    int count;
    double u[POINTS], v[POINTS], weight[POINTS]; /* for radius 1; weights of sum 1 */
} circle;

/* The angles at which u or v is 0, ascending, and the first again a turn later. */
static void rays_of(double t0, double *rays)
{
    rays[0] = -0.5 * pi; /* u = 0, then v, u, v */
    rays[1] = t0 - 0.5 * pi;
    rays[2] = 0.5 * pi;
    rays[3] = t0 + 0.5 * pi;
    rays[4] = 1.5 * pi;
}

static void draw(const nd_gaussian_rule *rule, const nd_gaussian_pair *p, circle *c)
{
    double rays[RAYS + 1], t0 = angle_of(p), su = sqrt(p->q1), sv = sqrt(p->q2);
    rays_of(t0, rays);
    c->count = 0;
    for (int part = 0; part < RAYS; part++) {
        double width = rays[part + 1] - rays[part];
        if (width <= 0) {
            continue;
        }
        int wide = width > 0.5 * pi;
        for (int i = 0; i < rule->angles[wide]; i++) {
            double t = rays[part] + width * rule->angle[wide][i];
            c->u[c->count] = su * cos(t);
            c->v[c->count] = sv * cos(t - t0);
            c->weight[c->count++] = width / (2 * pi) * rule->angle_weight[wide][i];
        }
    }
}

static int evaluate(const nd_gaussian_rule *rule, const nd_activation *f, int order, int count, const double *z,
                    double *values)
{
    if (f->kind != NNDYN_CUSTOM_ACTIVATION) {
        rule->k->activate_derivative(f, order, count, z, values);
        return NNDYN_OK;
    }
    return f->evaluate(f->user, order, count, z, values) == 0 ? NNDYN_OK : NNDYN_ECALLBACK;
}

/* The mean over one circle of products of derivatives of an order. */
static int around(const nd_gaussian_rule *rule, const nd_activation *f, int order, const circle *c, double r,
                  double *mean)
{
    double z[2 * POINTS], values[2 * POINTS], sum = 0;
    for (int i = 0; i < c->count; i++) {
        z[i] = r * c->u[i];
        z[c->count + i] = r * c->v[i];
    }
    ND_TRY(evaluate(rule, f, order, 2 * c->count, z, values));
    for (int i = 0; i < c->count; i++) {
        sum += c->weight[i] * values[i] * values[c->count + i];
    }
    *mean = sum;
    return NNDYN_OK;
}

static int integrate(const nd_gaussian_rule *rule, const nd_activation *f, const nd_gaussian_pair *p,
                     nd_gaussian_means *means)
{
    circle c;
    nd_gaussian_means sum = {0, 0};
    draw(rule, p, &c);
    for (int i = 0; i < rule->radii; i++) {
        double values, slopes;
        ND_TRY(around(rule, f, 0, &c, rule->radius[i], &values));
        ND_TRY(around(rule, f, 1, &c, rule->radius[i], &slopes));
        sum.values += rule->radius_weight[i] * values;
        sum.slopes += rule->radius_weight[i] * slopes;
    }
    *means = sum;
    return NNDYN_OK;
}

int nd_gaussian_means_of(const nd_gaussian_rule *rule, const nd_activation *f, const nd_gaussian_pair *pair,
                         nd_gaussian_means *means)
{
    closed_form *form = f->kind < ND_ACTIVATIONS ? closed_forms[f->kind] : NULL;
    if (!form || !rule->closed) {
        return integrate(rule, f, pair, means);
    }
    *means = form(f, pair);
    return NNDYN_OK;
}
