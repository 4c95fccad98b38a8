/* recurrent_field.c - f(gain w x + drive), for one state and for blocks of states side by side.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include <math.h>
#include <string.h>

enum { SMALL = 16 }; /* up to this size a plain loop over the lanes is quicker than a call of GEMM */

static void small_product(int64_t rows, int64_t inner, double gain, const double *w, const double *x, double *y)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < inner; j++) {
            const double factor = gain * w[i * inner + j];
            for (int l = 0; l < ND_ABREAST; l++) {
                y[i * ND_ABREAST + l] += factor * x[j * ND_ABREAST + l];
            }
        }
    }
}

int nd_lanes_product(const nd_rule *rule, int64_t rows, int64_t inner, double gain, const double *w, const double *x,
                     double *y)
{
    if (inner <= SMALL && rows <= SMALL) {
        small_product(rows, inner, gain, w, x, y);
        return NNDYN_OK;
    }
    return rule->kernels->gemm(rule->context, 0, 0, rows, ND_ABREAST, inner, gain, w, inner, x, ND_ABREAST, 1, y,
                               ND_ABREAST);
}

/* The sine of many numbers is computed in another way if one of them is huge: one by one, then, so that a state does
 * not depend on its neighbors. */
static void activate(const nd_rule *rule, int64_t count, const double *z, double *y)
{
    if (rule->f.kind != NNDYN_SIN && rule->f.kind != NNDYN_COS) {
        rule->kernels->activate(&rule->f, count, z, y);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        rule->kernels->activate(&rule->f, 1, z + i, y + i);
    }
}

int nd_rule_lanes(const nd_rule *rule, double gain, const double *drive, const double *x, double *z, double *y)
{
    memcpy(z, drive, (size_t)(rule->q * ND_ABREAST) * sizeof *z);
    ND_TRY(nd_lanes_product(rule, rule->q, rule->q, gain, rule->w, x, z));
    activate(rule, rule->q * ND_ABREAST, z, y);
    return NNDYN_OK;
}

void nd_rule_single(const nd_rule *rule, double gain, const double *drive, const double *x, double *z, double *y)
{
    for (int64_t i = 0; i < rule->q; i++) {
        z[i] = drive[i] + gain * rule->kernels->dot(rule->q, rule->w + i * rule->q, x);
    }
    activate(rule, rule->q, z, y);
}

void nd_recurrent_drive(const nndyn_recurrent *r, const double *state, double *drive)
{
    int64_t q = r->rule.q;
    for (int64_t i = 0; i < q; i++) {
        double sum = 0;
        for (int64_t j = 0; j < r->p; j++) {
            sum += r->inflow[i * r->p + j] * state[r->order[q + j]];
        }
        drive[i] = r->bias[i] + r->gain * sum;
    }
}

void nd_recurrent_gather(const nndyn_recurrent *r, const double *state, double *x)
{
    for (int64_t i = 0; i < r->rule.q; i++) {
        x[i] = state[r->order[i]];
    }
}

void nd_recurrent_scatter(const nndyn_recurrent *r, const double *x, double *state)
{
    for (int64_t i = 0; i < r->rule.q; i++) {
        state[r->order[i]] = x[i];
    }
}

double nd_recurrent_linearize(const nndyn_recurrent *r, const double *state, double *slopes, double *work)
{
    int64_t q = r->rule.q;
    double *x = work, *drive = x + q, *z = drive + q, *y = z + q, residual = 0;
    nd_recurrent_gather(r, state, x);
    nd_recurrent_drive(r, state, drive);
    nd_rule_single(&r->rule, r->gain, drive, x, z, y);
    r->rule.kernels->activate_derivative(&r->rule.f, 1, q, z, slopes);
    for (int64_t i = 0; i < q; i++) {
        double d = fabs(y[i] - x[i]);
        residual = d > residual || isnan(d) ? d : residual;
        slopes[i] *= r->gain;
    }
    return residual;
}

int nd_recurrent_check_fixed(nndyn_recurrent *r, int64_t index, double residual, double tolerance)
{
    if (residual <= tolerance) {
        return NNDYN_OK;
    }
    return nd_fail(r, NNDYN_EARG,
                   "state %lld is no fixed point: |f - x| is %.3g, beyond the tolerance %.3g; settle it first with "
                   "nndyn_recurrent_activate",
                   (long long)index, residual, tolerance);
}
