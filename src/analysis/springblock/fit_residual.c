/* fit_residual.c - what a profile leaves of the measured curve, level and scale fitted or given by its ends.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include "kernels/dot.h"
#include <math.h>

int nd_springfit_factor(int64_t n, double *a)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (int64_t k = 0; k < j; k++) {
                sum -= a[i * n + k] * a[j * n + k];
            }
            if (i == j && !(sum > 0 && sum > 1e-14 * a[i * n + i])) {
                return -1;
            }
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    }
    return 0;
}

/* Turn residuals of the curve into independent ones of variance 1. */
static void whiten(const nd_springfit_data *d, double *r)
{
    const double *errors = d->ends ? d->errors + 1 : d->errors;
    for (int64_t i = 0; i < d->rows; i++) {
        if (!d->factor) {
            r[i] /= errors[i];
            continue;
        }
        for (int64_t k = 0; k < i; k++) {
            r[i] -= d->factor[i * d->rows + k] * r[k];
        }
        r[i] /= d->factor[i * d->rows + i];
    }
}

static void subtract(int64_t n, double *a, double factor, const double *b)
{
    for (int64_t i = 0; i < n; i++) {
        a[i] -= factor * b[i];
    }
}

static void divide(int64_t n, double *a, double by)
{
    for (int64_t i = 0; i < n; i++) {
        a[i] /= by;
    }
}

/* Through the ends: D_0 - (D_0 - D_L) x_l / x_L at the points between. */
static double through_ends(nd_springfit_data *d, const nd_springfit_model *m, int slopes)
{
    const int64_t last = m->blocks - 1, n = d->rows;
    const double end = m->x[last];
    if (!(end > 1e-12)) {
        return INFINITY;
    }
    const double drop = d->separation[0] - d->separation[d->count - 1];
    d->level = d->separation[0];
    d->scale = drop / end;
    for (int64_t i = 0; i < n; i++) {
        d->residual[i] = d->separation[i + 1] - d->level + d->scale * m->x[i];
    }
    whiten(d, d->residual);
    for (int j = 0; slopes && j < 3; j++) {
        double *column = d->jacobian + j * n;
        for (int64_t i = 0; i < n; i++) {
            column[i] = d->scale * (m->slope[3 * i + j] - m->x[i] / end * m->slope[3 * last + j]);
        }
        whiten(d, column);
    }
    const double sum = nd_dot(n, d->residual, d->residual);
    return isfinite(sum) ? sum : INFINITY;
}

/* Level and scale by least squares: residuals and Jacobian are projected off both (Kaufman's form, whose gradient is
 * exact). */
static double projected(nd_springfit_data *d, const nd_springfit_model *m, int slopes)
{
    const int64_t n = d->rows;
    for (int64_t i = 0; i < n; i++) {
        d->u[i] = 1;
        d->v[i] = i > 0 ? m->x[i - 1] : 0;
        d->residual[i] = d->separation[i];
    }
    whiten(d, d->u);
    whiten(d, d->v);
    whiten(d, d->residual);
    const double size = sqrt(nd_dot(n, d->u, d->u));
    divide(n, d->u, size);
    const double across = nd_dot(n, d->u, d->v), before = sqrt(nd_dot(n, d->v, d->v));
    subtract(n, d->v, across, d->u);
    const double spread = sqrt(nd_dot(n, d->v, d->v));
    if (!(spread > 1e-10 * before) || !isfinite(spread)) {
        return INFINITY;
    }
    divide(n, d->v, spread);
    const double mean = nd_dot(n, d->u, d->residual);
    subtract(n, d->residual, mean, d->u);
    const double along = nd_dot(n, d->v, d->residual);
    subtract(n, d->residual, along, d->v);
    d->scale = -along / spread;
    d->level = (mean + d->scale * across) / size;
    if (!(d->scale > 0)) {
        return INFINITY; /* a chain's curve falls */
    }
    for (int j = 0; slopes && j < 3; j++) {
        double *column = d->jacobian + j * n;
        for (int64_t i = 0; i < n; i++) {
            column[i] = i > 0 ? d->scale * m->slope[3 * (i - 1) + j] : 0;
        }
        whiten(d, column);
        subtract(n, column, nd_dot(n, d->u, column), d->u);
        subtract(n, column, nd_dot(n, d->v, column), d->v);
    }
    const double sum = nd_dot(n, d->residual, d->residual);
    return isfinite(sum) ? sum : INFINITY;
}

double nd_springfit_residual(nd_springfit_data *data, const nd_springfit_model *m, int slopes)
{
    return data->ends ? through_ends(data, m, slopes) : projected(data, m, slopes);
}
