/* fit_interval.c - how far parameters may be from the best ones: profiles of the likelihood, the joint region; and
 * where the curve would be straight.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include <math.h>
#include <string.h>

static int check_judged(nndyn_springblock_fit *fit)
{
    if (!fit->data.weighted && fit->freedom == 0) {
        return nd_fail(fit, NNDYN_ESTATE,
                       "the fit has neither errors of the data nor degrees of freedom to estimate "
                       "them from; give errors, or fix a parameter");
    }
    return NNDYN_OK;
}

/* ---- profile ----------------------------------------------------------------------------------------------------- */

/* The least sum of squares with one quantity held; in strides as in the search, which change it and its least
 * value alike. */
typedef struct nd_springfit_profile {
    nndyn_springblock_fit *fit;
    nd_task *task;
    int quantity;
    double share;
    double least, allowed; /* the least sum; how far above it the interval ends */
    double theta[3];       /* of the last value inside */
} nd_springfit_profile;

/* From the last point inside; where that ends outside, from the best of a grid too: other valleys count as well. */
static int descend_twice(nd_springfit_profile *p, const nd_springfit_slice *slice, double *theta, double *sum)
{
    nd_springfit_model *m = &p->fit->model;
    double other[3], below;
    ND_TRY(nd_springfit_minimize(m, &p->fit->data, slice, p->share, p->task, theta, sum));
    if (*sum < p->least + p->allowed || slice->count == 0 ||
        !isfinite(nd_springfit_scout(m, &p->fit->data, slice, nd_springfit_rough, other))) {
        return NNDYN_OK;
    }
    ND_TRY(nd_springfit_minimize(m, &p->fit->data, slice, p->share, p->task, other, &below));
    if (below < *sum) {
        *sum = below;
        memcpy(theta, other, sizeof other);
    }
    return NNDYN_OK;
}

/* Root of the excess over the root of what is allowed, less 1: nearly linear in the value. */
static int beyond(nd_springfit_profile *p, double value, double *excess)
{
    nd_springfit_slice slice;
    double theta[3], sum = INFINITY;
    memcpy(theta, p->theta, sizeof theta);
    if (nd_springfit_cut(&p->fit->box, p->quantity, value, &slice) == 0) {
        ND_TRY(descend_twice(p, &slice, theta, &sum));
    }
    *excess = sqrt(fmin(fmax(sum - p->least, 0), 1e12 * p->allowed) / p->allowed) - 1;
    if (*excess < 0) {
        memcpy(p->theta, theta, sizeof theta);
    }
    return NNDYN_OK;
}

/* Between a value inside and one outside. */
static int close_in(nd_springfit_profile *p, double inside, double at_inside, double outside, double at_outside,
                    double *end)
{
    for (int i = 0; i < 60; i++) {
        const double part = at_outside > 20 ? 0.5 : -at_inside / (at_outside - at_inside);
        const double middle = inside + fmin(fmax(part, 0.05), 0.95) * (outside - inside);
        double at;
        ND_TRY(beyond(p, middle, &at));
        *end = middle;
        if (fabs(at) < 2e-3) {
            return NNDYN_OK;
        }
        if (at < 0) {
            inside = middle;
            at_inside = at;
        } else {
            outside = middle;
            at_outside = at;
        }
    }
    return NNDYN_OK;
}

static int find_end(nd_springfit_profile *p, double best, double first, double bound, double *end, int *open)
{
    const double sign = bound >= best ? 1 : -1, room = fabs(bound - best);
    double inside = best, at_inside = -1;
    *open = 1;
    *end = bound;
    for (double way = fmin(first, room); room > 0; way = fmin(1.8 * way, room)) {
        double at;
        ND_TRY(beyond(p, way < room ? best + sign * way : bound, &at));
        if (at >= 0) {
            *open = 0;
            return close_in(p, inside, at_inside, best + sign * way, at, end);
        }
        inside = best + sign * way;
        at_inside = at;
        if (way >= room) {
            break;
        }
    }
    return NNDYN_OK;
}

/* Of all valleys that count, the point farthest to one side (sign -1 or 1); the least sum over all of them. */
static void outermost(nd_springfit_profile *p, double sign, double theta[3])
{
    nndyn_springblock_fit *fit = p->fit;
    memcpy(theta, p->theta, sizeof p->theta);
    for (int64_t i = 0; i < fit->searches; i++) {
        const double *mode = fit->modes[i];
        const double gain = nd_springfit_quantity(p->quantity, mode) - nd_springfit_quantity(p->quantity, theta);
        nd_springfit_run(&fit->model, mode, p->share, 0);
        if (sign * gain > 0 && nd_springfit_residual(&fit->data, &fit->model, 0) < p->least + p->allowed) {
            memcpy(theta, mode, sizeof p->theta);
        }
    }
}

static int find_side(nd_springfit_profile *p, double first, double bound, double sign, double *end, int *open)
{
    double theta[3], at;
    const double kept[3] = {p->theta[0], p->theta[1], p->theta[2]};
    outermost(p, sign, theta);
    memcpy(p->theta, theta, sizeof theta);
    const double from = nd_springfit_quantity(p->quantity, theta);
    ND_TRY(find_end(p, from, first, bound, end, open));
    if (!*open) { /* a valley of its own may begin beyond */
        const double inside[3] = {p->theta[0], p->theta[1], p->theta[2]};
        for (int i = 1; i <= 4 && !*open; i++) {
            const double value = *end + (bound - *end) * (i < 4 ? 0.25 * i : 1);
            memcpy(p->theta, inside, sizeof inside);
            ND_TRY(beyond(p, value, &at));
            if (at < 0) {
                ND_TRY(find_end(p, value, first, bound, end, open));
                break;
            }
        }
    }
    memcpy(p->theta, kept, sizeof kept);
    return NNDYN_OK;
}

/* Ends of a quantity's profile, and which of them are open (1 low, 2 high). */
static int profile(nndyn_springblock_fit *fit, nd_task *task, int quantity, double threshold, double *ends, int *open)
{
    nd_springfit_profile p = {.fit = fit, .task = task, .quantity = quantity, .allowed = fit->unit * threshold};
    nd_springfit_slice slice;
    double bounds[2];
    int left = 0, right = 0;
    nd_springfit_range(&fit->box, quantity, &bounds[0], &bounds[1]);
    const double range = bounds[1] - bounds[0];
    ends[0] = ends[1] = nd_springfit_quantity(quantity, fit->theta);
    *open = 0;
    if (!(range > 1e-12 && p.allowed > 0)) {
        return NNDYN_OK;
    }
    const double guess = nd_springfit_error(fit, quantity) * sqrt(threshold);
    const double first = fmin(fmax(guess, 1e-4 * range), 0.2 * range);
    p.share = nd_springfit_close;
    fit->data.grain = 1e-4 * p.allowed;
    nd_springfit_cut(&fit->box, -1, 0, &slice);
    memcpy(p.theta, fit->theta, sizeof p.theta);
    ND_TRY(nd_springfit_minimize(&fit->model, &fit->data, &slice, p.share, task, p.theta, &p.least));
    ND_TRY(find_side(&p, first, bounds[0], -1, &ends[0], &left));
    ND_TRY(find_side(&p, first, bounds[1], 1, &ends[1], &right));
    *open = left + 2 * right;
    return NNDYN_OK;
}

/* Whether the joint region of this level is within the bounds; kept for the next interval. */
static int look_around(nndyn_springblock_fit *fit, nd_task *task, double level)
{
    const int64_t n = fit->data.weighted ? 0 : fit->freedom;
    const double threshold = nd_springfit_threshold(level, fit->parameters, n);
    int closed = 1;
    for (int q = 0; q < ND_SPRINGFIT_PARAMETERS && closed && fit->closed_level != level; q++) {
        double ends[2];
        int open;
        ND_TRY(profile(fit, task, q, threshold, ends, &open));
        closed = open == 0;
    }
    if (fit->closed_level != level) {
        fit->closed = closed;
        fit->closed_level = level;
    }
    return NNDYN_OK;
}

static int interval(nndyn_springblock_fit *fit, const char *name, double level, double *low, double *high, int *open)
{
    nd_task task;
    int quantity, sides;
    double ends[2];
    ND_TRY(nd_springfit_find(fit, name, &quantity));
    ND_TRY(nd_check_real(fit, level, 1e-9, 1 - 1e-9, "level"));
    ND_TRY(nd_check_pointer(fit, low, "low"));
    ND_TRY(nd_check_pointer(fit, high, "high"));
    ND_TRY(check_judged(fit));
    nd_task_begin(&task, fit, "profile of the likelihood");
    ND_TRY(look_around(fit, &task, level));
    const int64_t n = fit->data.weighted ? 0 : fit->freedom;
    ND_TRY(profile(fit, &task, quantity, nd_springfit_threshold(level, fit->closed ? 1 : fit->parameters, n), ends,
                   &sides));
    *low = ends[0];
    *high = ends[1];
    if (open) {
        *open = sides;
    }
    return NNDYN_OK;
}

int nndyn_springblock_fit_interval(nndyn_springblock_fit *fit, const char *name, double level, double *low,
                                   double *high, int *open)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_interval"));
    return nd_leave(fit, interval(fit, name, level, low, high, open));
}

/* ---- joint region ------------------------------------------------------------------------------------------------ */

static int region(nndyn_springblock_fit *fit, const double *theta, double *excess, double *p)
{
    static const char *const names[] = {"right", "left", "noise"};
    for (int j = 0; j < 3; j++) {
        ND_TRY(nd_check_real(fit, theta[j], 0, 10, names[j]));
    }
    ND_TRY(check_judged(fit));
    nd_springfit_run(&fit->model, theta, nd_springfit_exact, 0);
    const double more = (nd_springfit_residual(&fit->data, &fit->model, 0) - fit->chi) / fit->unit;
    if (excess) {
        *excess = more;
    }
    if (p) {
        *p = fit->data.weighted ? nd_springfit_chi(fit->parameters, more)
                                : nd_springfit_f(fit->parameters, fit->freedom, more / (double)fit->parameters);
    }
    return NNDYN_OK;
}

int nndyn_springblock_fit_region(nndyn_springblock_fit *fit, double right, double left, double noise, double *excess,
                                 double *p)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_region"));
    return nd_leave(fit, region(fit, (const double[]){right, left, noise}, excess, p));
}

/* ---- a straight curve -------------------------------------------------------------------------------------------- */

/* Mean of 1 - x_l / x_L over l = 0..L, less 1/2; NaN where nothing moves. */
static double bow_at(nndyn_springblock_fit *fit, const double *theta, int parameter, double value, double share)
{
    const nd_springfit_model *m = &fit->model;
    double trial[3], sum = 0;
    memcpy(trial, theta, sizeof trial);
    trial[parameter] = value;
    nd_springfit_run(&fit->model, trial, share, 0);
    for (int64_t l = 0; l < m->blocks; l++) {
        sum += m->x[l];
    }
    const double end = m->x[m->blocks - 1];
    return end > 1e-12 ? 0.5 - sum / end / (double)(m->blocks + 1) : NAN;
}

/* Walk from the fitted value to one bound, then halve: the first change of sign; NaN if there is none. */
static int first_root(nndyn_springblock_fit *fit, nd_task *task, int parameter, double bound, double *root)
{
    enum { WALK = 40 };
    const double share = nd_springfit_close;
    double here = fit->theta[parameter], at_here = bow_at(fit, fit->theta, parameter, here, share);
    const double begin = here;
    *root = NAN;
    for (int i = 1; i <= WALK; i++) {
        const double part = (double)i / WALK; /* small strides first: the curve bends most where noise is small */
        double there = begin + part * part * (bound - begin);
        const double at_there = bow_at(fit, fit->theta, parameter, there, share);
        ND_TRY(nd_task_report(task, 0));
        if (at_here * at_there <= 0) {
            for (int k = 0; k < 40; k++) {
                const double middle = 0.5 * (here + there);
                *(bow_at(fit, fit->theta, parameter, middle, share) * at_here > 0 ? &here : &there) = middle;
            }
            *root = 0.5 * (here + there);
            return NNDYN_OK;
        }
        here = there;
        at_here = at_there;
    }
    return NNDYN_OK;
}

static int next_root(nndyn_springblock_fit *fit, nd_task *task, int parameter, double low, double high, double *root)
{
    double below, above;
    const double here = fit->theta[parameter];
    ND_TRY(first_root(fit, task, parameter, low, &below));
    ND_TRY(first_root(fit, task, parameter, high, &above));
    *root = isnan(below) || above - here < here - below ? above : below;
    return NNDYN_OK;
}

static int straighten(nndyn_springblock_fit *fit, double *bow, double *noise, double *friction)
{
    nd_task task;
    double roots[2] = {0, 0};
    nd_task_begin(&task, fit, "where the curve is straight");
    if (noise) {
        ND_TRY(next_root(fit, &task, ND_SPRINGFIT_NOISE, 0, fit->most[1], &roots[0]));
    }
    if (friction) {
        ND_TRY(next_root(fit, &task, ND_SPRINGFIT_RIGHT, 0, fit->most[0], &roots[1]));
    }
    if (bow) {
        *bow = bow_at(fit, fit->theta, ND_SPRINGFIT_NOISE, fit->theta[ND_SPRINGFIT_NOISE], nd_springfit_exact);
    }
    if (noise) {
        *noise = roots[0];
    }
    if (friction) {
        *friction = roots[1];
    }
    return NNDYN_OK;
}

int nndyn_springblock_fit_straighten(nndyn_springblock_fit *fit, double *bow, double *noise, double *friction)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_straighten"));
    return nd_leave(fit, straighten(fit, bow, noise, friction));
}
