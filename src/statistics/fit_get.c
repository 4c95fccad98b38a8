/* fit_get.c - what a fit found. */
#include "statistics/powerlaw.h"
#include <math.h>
#include <string.h>

int nndyn_powerlaw_fit_exponent(nndyn_powerlaw_fit *fit, double *k, double *se)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_exponent"));
    const int status = nd_check_pointer(fit, k, "k");
    if (status == NNDYN_OK) {
        *k = fit->k;
        if (se != NULL) {
            *se = fit->best.se;
        }
    }
    return nd_leave(fit, status);
}

int nndyn_powerlaw_fit_window(nndyn_powerlaw_fit *fit, double *xmin, double *xmax, int64_t *inside)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_window"));
    if (xmin != NULL) {
        *xmin = fit->xmin;
    }
    if (xmax != NULL) {
        *xmax = fit->xmax;
    }
    if (inside != NULL) {
        *inside = fit->best.inside;
    }
    return nd_leave(fit, NNDYN_OK);
}

int nndyn_powerlaw_fit_counts(nndyn_powerlaw_fit *fit, int64_t *positive, int64_t *zeros, int64_t *nonfinite,
                              int64_t *distinct)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_counts"));
    const nd_sample *sample = &fit->sample;
    int64_t *const out[] = {positive, zeros, nonfinite, distinct};
    const int64_t counts[] = {sample->positive, sample->zeros, sample->nonfinite, sample->distinct};
    for (int i = 0; i < 4; i++) {
        if (out[i] != NULL) {
            *out[i] = counts[i];
        }
    }
    return nd_leave(fit, NNDYN_OK);
}

int nndyn_powerlaw_fit_distance(nndyn_powerlaw_fit *fit, double *distance)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_distance"));
    const int status = nd_check_pointer(fit, distance, "distance");
    if (status == NNDYN_OK) {
        *distance = fit->best.distance;
    }
    return nd_leave(fit, status);
}

static int curvature(nndyn_powerlaw_fit *fit, double *z)
{
    nd_window window = {.xmin = fit->xmin, .xmax = fit->xmax, .length = fit->best.length};
    ND_TRY(nd_check_pointer(fit, z, "z"));
    for (int64_t j = fit->best.first; j < fit->sample.distinct; j++) {
        const double count = (double)(fit->sample.before[j + 1] - fit->sample.before[j]);
        const double v = nd_fit_v(fit, j);
        nd_sum_add(&window.v, count * v);
        nd_sum_add(&window.squares, count * v * v);
    }
    window.inside = fit->best.inside;
    return nd_window_curvature(fit, &window, 2, z);
}

int nndyn_powerlaw_fit_curvature(nndyn_powerlaw_fit *fit, double *z)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_curvature"));
    return nd_leave(fit, curvature(fit, z));
}

static int curve(nndyn_powerlaw_fit *fit, int64_t capacity, double *ends, double *exponents, double *distances,
                 int64_t *inside, int64_t *length)
{
    double *const out[] = {ends, exponents, distances};
    const int64_t count = fit->curve_length;
    if (count < 0) {
        return nd_fail(fit, NNDYN_ESTATE, "the fit was made without the option \"curve\"; set it to 1");
    }
    ND_TRY(nd_check_pointer(fit, length, "length"));
    if (capacity != 0 && capacity < count) {
        return nd_fail(fit, NNDYN_EARG, "capacity is %lld; it must be 0 or at least %lld", (long long)capacity,
                       (long long)count);
    }
    for (int a = 0; capacity > 0 && a < 3; a++) {
        if (out[a] != NULL) {
            memcpy(out[a], fit->curve + a * count, (size_t)count * sizeof *fit->curve);
        }
    }
    if (capacity > 0 && inside != NULL) {
        memcpy(inside, fit->curve_inside, (size_t)count * sizeof *inside);
    }
    *length = count;
    return NNDYN_OK;
}

int nndyn_powerlaw_fit_curve(nndyn_powerlaw_fit *fit, int64_t capacity, double *ends, double *exponents,
                             double *distances, int64_t *inside, int64_t *length)
{
    ND_TRY(nd_enter(fit, ND_POWERLAW_FIT, "nndyn_powerlaw_fit_curve"));
    return nd_leave(fit, curve(fit, capacity, ends, exponents, distances, inside, length));
}
