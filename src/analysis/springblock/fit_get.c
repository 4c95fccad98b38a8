/* fit_get.c - what a fit found.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include <math.h>
#include <string.h>

int nd_springfit_find(nndyn_springblock_fit *fit, const char *name, int *quantity)
{
    static const char *const names[ND_SPRINGFIT_QUANTITIES] = {"friction_right", "friction_left", "noise", "friction",
                                                               "asymmetry"};
    ND_TRY(nd_check_pointer(fit, name, "name"));
    for (int q = 0; q < ND_SPRINGFIT_QUANTITIES; q++) {
        if (strcmp(name, names[q]) == 0) {
            *quantity = q;
            return NNDYN_OK;
        }
    }
    return nd_fail(fit, NNDYN_EARG,
                   "name is \"%.63s\", must be one of friction_right, friction_left, noise, friction, asymmetry", name);
}

double nd_springfit_error(const nndyn_springblock_fit *fit, int quantity)
{
    double variance = 0;
    for (int i = 0; i < 9; i++) {
        double row[3] = {0}, column[3] = {0};
        row[i / 3] = column[i % 3] = 1;
        variance += nd_springfit_quantity(quantity, row) * nd_springfit_quantity(quantity, column) * fit->covariance[i];
    }
    return variance > 0 ? sqrt(variance) : variance == 0 || variance < 0 ? 0 : NAN;
}

static int get_value(nndyn_springblock_fit *fit, const char *name, double *value, double *error, int *flags)
{
    int q, flag = 0;
    double low, high;
    ND_TRY(nd_springfit_find(fit, name, &q));
    nd_springfit_range(&fit->box, q, &low, &high);
    const double best = nd_springfit_quantity(q, fit->theta), near = 1e-9 * (high - low);
    const int fixed = !(high - low > 1e-12);
    if (!fixed) {
        flag |= best <= low + near || best >= high - near ? NNDYN_SPRINGBLOCK_FIT_AT_BOUND : 0;
        flag |= nd_springfit_error(fit, q) > 0.5 * (high - low) ? NNDYN_SPRINGBLOCK_FIT_DEGENERATE : 0;
    }
    if (value) {
        *value = best;
    }
    if (error) {
        *error = fixed ? 0 : nd_springfit_error(fit, q);
    }
    if (flags) {
        *flags = fixed ? NNDYN_SPRINGBLOCK_FIT_FIXED : flag;
    }
    return NNDYN_OK;
}

int nndyn_springblock_fit_value(nndyn_springblock_fit *fit, const char *name, double *value, double *error, int *flags)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_value"));
    return nd_leave(fit, get_value(fit, name, value, error, flags));
}

int nndyn_springblock_fit_covariance(nndyn_springblock_fit *fit, double *covariance)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_covariance"));
    const int status = nd_check_pointer(fit, covariance, "covariance");
    if (status == NNDYN_OK) {
        memcpy(covariance, fit->covariance, sizeof fit->covariance);
    }
    return nd_leave(fit, status);
}

int nndyn_springblock_fit_weakest(nndyn_springblock_fit *fit, double *direction, double *error)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_weakest"));
    const int status = nd_check_pointer(fit, direction, "direction");
    if (status == NNDYN_OK) {
        memcpy(direction, fit->weakest, sizeof fit->weakest);
        if (error) {
            *error = fit->weakest_error;
        }
    }
    return nd_leave(fit, status);
}

int nndyn_springblock_fit_quality(nndyn_springblock_fit *fit, double *chi_square, int64_t *freedom, double *p,
                                  double *r_squared)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_quality"));
    if (chi_square) {
        *chi_square = fit->chi;
    }
    if (freedom) {
        *freedom = fit->freedom;
    }
    if (p) {
        *p = fit->data.weighted && fit->freedom > 0 ? nd_springfit_chi(fit->freedom, fit->chi) : NAN;
    }
    if (r_squared) {
        *r_squared = fit->r_squared;
    }
    return nd_leave(fit, NNDYN_OK);
}

int nndyn_springblock_fit_flags(nndyn_springblock_fit *fit, int *flags)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_flags"));
    const int status = nd_check_pointer(fit, flags, "flags");
    if (status == NNDYN_OK) {
        *flags = fit->flags;
    }
    return nd_leave(fit, status);
}

int nndyn_springblock_fit_curve(nndyn_springblock_fit *fit, int64_t count, double *separation, double *normalized)
{
    ND_TRY(nd_enter(fit, ND_SPRINGBLOCK_FIT, "nndyn_springblock_fit_curve"));
    const int status = nd_check_size(fit, count, fit->data.count, fit->data.count, "count");
    if (status == NNDYN_OK && separation) {
        memcpy(separation, fit->curve, (size_t)count * sizeof *separation);
    }
    if (status == NNDYN_OK && normalized) {
        memcpy(normalized, fit->normalized, (size_t)count * sizeof *normalized);
    }
    return nd_leave(fit, status);
}
