/* branches.c - the law of u = |g(y)| by change of variables: cells are cut where g turns or changes its sign, so that
 * |g| is monotone on each piece and has one part in the window, found by bisection.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <math.h>

enum { NODES = ND_INTEGRAND_NODES, PARTS = ND_INTEGRAND_PARTS };

void nd_branch_weight(const nd_branch *branch, int64_t n, const double *y, double *weight)
{
    const nd_composite *c = branch->composite;
    double other[ND_COMPOSITE_CHUNK];
    for (int64_t i = 0; i < n; i++) {
        weight[i] = 1;
        other[i] = branch->other;
    }
    if (!branch->calibrated) {
        return;
    }
    if (c->loss.kind == NNDYN_BINARY_CROSS_ENTROPY) { /* of the logit */
        c->k->activate(&c->activation, n, y, weight);
        for (int64_t i = 0; i < n; i++) {
            weight[i] = 1 / (1 + exp(c->t > branch->other ? -weight[i] : weight[i]));
        }
        return;
    }
    c->k->residual(&c->activation, n, y, other, weight);
    for (int64_t i = 0; i < n; i++) {
        weight[i] /= c->t - branch->other;
    }
}

/* ---- where a value is passed ------------------------------------------------------------------------------------- */

enum { SLOPE, FORCE, SIZE };

/* g', g, or |g| - level */
static double value_at(const nd_branch *branch, int what, double level, double y)
{
    double g, g1;
    nd_composite_force(branch->composite, 1, &y, &g, what == SLOPE ? &g1 : NULL, NULL);
    return what == SLOPE ? g1 : what == FORCE ? g : fabs(g) - level;
}

static double crossing(const nd_branch *branch, int what, double level, double left, double right)
{
    const int rising = value_at(branch, what, level, left) < 0;
    for (int i = 0; i < 200; i++) {
        const double middle = left + 0.5 * (right - left);
        if (!(left < middle && middle < right)) {
            break;
        }
        if ((value_at(branch, what, level, middle) < 0) == rising) {
            left = middle;
        } else {
            right = middle;
        }
    }
    return left + 0.5 * (right - left);
}

/* ---- integrals over a piece -------------------------------------------------------------------------------------- */

typedef struct job {
    const nd_branch *branch;
    double xmin;
} job;

static void weigh(const nd_branch *branch, const double y[NODES], double weight[NODES], double g[NODES])
{
    nd_branch_weight(branch, NODES, y, weight);
    nd_composite_force(branch->composite, NODES, y, g, NULL, NULL);
    for (int i = 0; i < NODES; i++) {
        weight[i] *= nd_prior_density(branch->prior, y[i]);
    }
}

static void of_window(const void *user, const double y[NODES], double out[NODES][PARTS])
{
    const job *j = user;
    double weight[NODES], g[NODES];
    weigh(j->branch, y, weight, g);
    for (int i = 0; i < NODES; i++) {
        out[i][0] = weight[i];
        out[i][1] = weight[i] > 0 ? weight[i] * log(fabs(g[i]) / j->xmin) : 0;
        out[i][2] = out[i][3] = 0;
    }
}

static void of_all(const void *user, const double y[NODES], double out[NODES][PARTS])
{
    const job *j = user;
    double weight[NODES], g[NODES];
    weigh(j->branch, y, weight, g);
    for (int i = 0; i < NODES; i++) {
        out[i][0] = weight[i] * fabs(g[i]);
        out[i][1] = out[i][0] * fabs(g[i]);
        out[i][2] = out[i][3] = 0;
    }
}

/* |g| is monotone from a to b. */
static void add_monotone(const nd_branch *branch, double left, double right, nd_reach *reach)
{
    const job j = {branch, reach->xmin};
    const nd_integrand all = {of_all, &j}, window = {of_window, &j};
    const double a = fabs(value_at(branch, FORCE, 0, left)), b = fabs(value_at(branch, FORCE, 0, right));
    double sums[PARTS] = {0}, inside[PARTS] = {0}, *low = a < b ? &left : &right, *high = a < b ? &right : &left;
    if (!(left < right) || isnan(a) || isnan(b)) {
        return;
    }
    nd_integrate(&all, left, right, sums);
    reach->mean += sums[0];
    reach->square += sums[1];
    const double least = fmin(a, b), most = fmax(a, b);
    if (most < reach->xmin || least > reach->xmax) {
        return;
    }
    const double begin = least < reach->xmin ? crossing(branch, SIZE, reach->xmin, left, right) : *low;
    const double end = most > reach->xmax ? crossing(branch, SIZE, reach->xmax, left, right) : *high;
    if (begin == end) {
        return;
    }
    nd_integrate(&window, fmin(begin, end), fmax(begin, end), inside);
    reach->mass += inside[0];
    reach->log += inside[1];
    if (inside[0] > 0) {
        reach->low = fmin(reach->low, fmax(least, reach->xmin));
        reach->high = fmax(reach->high, fmin(most, reach->xmax));
    }
}

/* g is monotone from a to b. */
static void add_one_way(const nd_branch *branch, double left, double right, nd_reach *reach)
{
    const double a = value_at(branch, FORCE, 0, left), b = value_at(branch, FORCE, 0, right);
    if (a * b < 0 || (fmin(a, b) < 0 && fmax(a, b) > 0)) {
        const double zero = crossing(branch, FORCE, 0, left, right);
        add_monotone(branch, left, zero, reach);
        add_monotone(branch, zero, right, reach);
    } else {
        add_monotone(branch, left, right, reach);
    }
}

void nd_branch_cell(const nd_branch *branch, double left, double right, nd_reach *reach)
{
    const double a = value_at(branch, SLOPE, 0, left), b = value_at(branch, SLOPE, 0, right);
    if (fmin(a, b) < 0 && fmax(a, b) > 0) {
        const double turn = crossing(branch, SLOPE, 0, left, right);
        add_one_way(branch, left, turn, reach);
        add_one_way(branch, turn, right, reach);
    } else {
        add_one_way(branch, left, right, reach);
    }
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

void nd_branch_sample(const nd_branch *branch, int64_t n, const double *y, double share, nd_reach *reach)
{
    double weight[ND_COMPOSITE_CHUNK], g[ND_COMPOSITE_CHUNK];
    nd_branch_weight(branch, n, y, weight);
    nd_composite_force(branch->composite, n, y, g, NULL, NULL);
    for (int64_t i = 0; i < n; i++) {
        const double u = fabs(g[i]), part = share * weight[i];
        if (isnan(u)) {
            continue;
        }
        reach->mean += part * u;
        reach->square += part * u * u;
        if (u >= reach->xmin && u <= reach->xmax && part > 0) {
            reach->mass += part;
            reach->log += part * log(u / reach->xmin);
            reach->low = fmin(reach->low, u);
            reach->high = fmax(reach->high, u);
        }
    }
}
