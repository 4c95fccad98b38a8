/* fit_search.c - boxes and lines of the parameters, and the least sum of squares in one.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include <math.h>
#include <string.h>

/* ---- slices ------------------------------------------------------------------------------------------------------ */

/* A quantity is this times right, left, noise. */
static const double weights[ND_SPRINGFIT_QUANTITIES][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.5, 0.5, 0}, {-1, 1, 0}};

double nd_springfit_quantity(int quantity, const double *theta)
{
    const double *w = weights[quantity];
    return w[0] * theta[0] + w[1] * theta[1] + w[2] * theta[2];
}

static void add_direction(nd_springfit_slice *s, double right, double left, double noise, double low, double high)
{
    const double direction[3] = {right, left, noise};
    memcpy(s->direction[s->count], direction, sizeof direction);
    s->low[s->count] = low;
    s->high[s->count] = high;
    s->count++;
}

/* The line on which w . (right, left) = value, by the distance along it. */
static int friction_line(const nd_springfit_box *box, const double *w, double value, nd_springfit_slice *s)
{
    const double square = w[0] * w[0] + w[1] * w[1];
    const double direction[2] = {fabs(w[1]) / sqrt(square), (w[1] > 0 ? -w[0] : fabs(w[0])) / sqrt(square)};
    double low = -INFINITY, high = INFINITY;
    for (int j = 0; j < 2; j++) {
        s->base[j] = value * w[j] / square;
        if (direction[j] != 0) {
            const double a = (box->low[j] - s->base[j]) / direction[j], b = (box->high[j] - s->base[j]) / direction[j];
            low = fmax(low, fmin(a, b));
            high = fmin(high, fmax(a, b));
        } else if (s->base[j] < box->low[j] - 1e-12 || s->base[j] > box->high[j] + 1e-12) {
            return -1;
        }
    }
    if (!(low <= high + 1e-12)) {
        return -1;
    }
    add_direction(s, direction[0], direction[1], 0, low, fmax(low, high));
    return 0;
}

static int friction_point(const nd_springfit_box *box, const double *w, double value, const double *v, double other,
                          nd_springfit_slice *s)
{
    const double determinant = w[0] * v[1] - w[1] * v[0];
    if (determinant == 0) {
        return -1;
    }
    s->base[0] = (value * v[1] - w[1] * other) / determinant;
    s->base[1] = (w[0] * other - value * v[0]) / determinant;
    for (int j = 0; j < 2; j++) {
        if (s->base[j] < box->low[j] - 1e-12 || s->base[j] > box->high[j] + 1e-12) {
            return -1;
        }
    }
    return 0;
}

int nd_springfit_cut(const nd_springfit_box *box, int quantity, double value, nd_springfit_slice *slice)
{
    *slice = (nd_springfit_slice){0};
    int held[ND_SPRINGFIT_QUANTITIES], count = 0;
    double values[ND_SPRINGFIT_QUANTITIES];
    for (int q = 0; q < ND_SPRINGFIT_QUANTITIES; q++) {
        if (q != ND_SPRINGFIT_NOISE && (box->given[q] || q == quantity)) {
            values[count] = q == quantity ? value : box->value[q];
            held[count++] = q;
        }
    }
    if (count == 0) {
        add_direction(slice, 1, 0, 0, box->low[0], box->high[0]);
        add_direction(slice, 0, 1, 0, box->low[1], box->high[1]);
    } else if (count == 1 && friction_line(box, weights[held[0]], values[0], slice)) {
        return -1;
    } else if (count == 2 && friction_point(box, weights[held[0]], values[0], weights[held[1]], values[1], slice)) {
        return -1;
    } else if (count > 2) {
        return -1;
    }
    if (quantity == ND_SPRINGFIT_NOISE || box->given[ND_SPRINGFIT_NOISE]) {
        slice->base[2] = quantity == ND_SPRINGFIT_NOISE ? value : box->value[ND_SPRINGFIT_NOISE];
    } else {
        add_direction(slice, 0, 0, 1, box->low[2], box->high[2]);
    }
    return 0;
}

static void place(const nd_springfit_slice *s, const double *phi, double *theta)
{
    for (int j = 0; j < 3; j++) {
        theta[j] = s->base[j];
        for (int i = 0; i < s->count; i++) {
            theta[j] += phi[i] * s->direction[i][j];
        }
        theta[j] = fmax(theta[j], 0); /* rounding */
    }
}

void nd_springfit_range(const nd_springfit_box *box, int quantity, double *low, double *high)
{
    nd_springfit_slice s;
    *low = *high = 0;
    if (nd_springfit_cut(box, -1, 0, &s) == 0) {
        *low = *high = nd_springfit_quantity(quantity, s.base);
        for (int i = 0; i < s.count; i++) {
            const double rate = nd_springfit_quantity(quantity, s.direction[i]);
            *low += fmin(rate * s.low[i], rate * s.high[i]);
            *high += fmax(rate * s.low[i], rate * s.high[i]);
        }
    }
}

/* ---- a coarse look ----------------------------------------------------------------------------------------------- */

/* Most happens at small friction and small noise. */
enum { SHARES = 6 };
static const double shares[SHARES] = {0.01, 0.05, 0.12, 0.25, 0.45, 0.8};

double nd_springfit_scout(nd_springfit_model *m, nd_springfit_data *data, const nd_springfit_slice *slice, double share,
                          double *theta)
{
    double best = INFINITY;
    int cells = 1;
    for (int i = 0; i < slice->count; i++) {
        cells *= SHARES;
    }
    for (int cell = 0; cell < cells; cell++) {
        double phi[3] = {0}, trial[3];
        for (int i = 0, rest = cell; i < slice->count; i++, rest /= SHARES) {
            phi[i] = slice->low[i] + shares[rest % SHARES] * (slice->high[i] - slice->low[i]);
        }
        place(slice, phi, trial);
        nd_springfit_run(m, trial, share, 0);
        const double sum = nd_springfit_residual(data, m, 0);
        if (sum < best) {
            best = sum;
            memcpy(theta, trial, sizeof trial);
        }
    }
    return best;
}

/* ---- Levenberg and Marquardt ------------------------------------------------------------------------------------- */

enum { ITERATIONS = 60 };

typedef struct nd_springfit_normal {
    double gradient[3], matrix[3][3];
    int frozen[3]; /* at a bound, and pushed against it; or without any effect */
} nd_springfit_normal;

static void normal_equations(const nd_springfit_data *d, const nd_springfit_slice *s, const double *phi,
                             nd_springfit_normal *n)
{
    *n = (nd_springfit_normal){0};
    for (int64_t row = 0; row < d->rows; row++) {
        double slope[3] = {0};
        for (int i = 0; i < s->count; i++) {
            for (int j = 0; j < 3; j++) {
                slope[i] += s->direction[i][j] * d->jacobian[j * d->rows + row];
            }
        }
        for (int i = 0; i < s->count; i++) {
            n->gradient[i] += slope[i] * d->residual[row];
            for (int j = 0; j < s->count; j++) {
                n->matrix[i][j] += slope[i] * slope[j];
            }
        }
    }
    for (int i = 0; i < s->count; i++) {
        n->frozen[i] = !(n->matrix[i][i] > 0) || (phi[i] <= s->low[i] && n->gradient[i] >= 0) ||
                       (phi[i] >= s->high[i] && n->gradient[i] <= 0);
    }
}

/* One damped step, clipped to the box; returns its length in units of the box. */
static double step(const nd_springfit_slice *s, const nd_springfit_normal *n, double damping, const double *phi,
                   double *trial)
{
    double a[9] = {0}, y[3];
    const int count = s->count;
    for (int i = 0; i < count; i++) {
        y[i] = n->frozen[i] ? 0 : -n->gradient[i];
        for (int j = 0; j <= i; j++) {
            a[i * count + j] = n->frozen[i] || n->frozen[j] ? 0 : n->matrix[i][j];
        }
        a[i * count + i] = n->frozen[i] ? 1 : n->matrix[i][i] * (1 + damping);
    }
    double length = 0;
    if (nd_springfit_factor(count, a) != 0) {
        return -1;
    }
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
            y[i] -= a[i * count + j] * y[j];
        }
        y[i] /= a[i * count + i];
    }
    for (int i = count - 1; i >= 0; i--) {
        for (int j = i + 1; j < count; j++) {
            y[i] -= a[j * count + i] * y[j];
        }
        y[i] /= a[i * count + i];
    }
    for (int i = 0; i < count; i++) {
        trial[i] = fmin(fmax(phi[i] + y[i], s->low[i]), s->high[i]);
        length = fmax(length, fabs(trial[i] - phi[i]) / fmax(s->high[i] - s->low[i], 1e-300));
    }
    return length;
}

static double value_at(nd_springfit_model *m, nd_springfit_data *d, const nd_springfit_slice *s, const double *phi,
                       double share)
{
    double theta[3];
    place(s, phi, theta);
    nd_springfit_run(m, theta, share, 1);
    return nd_springfit_residual(d, m, 1);
}

/* Returns whether a lower sum was found; raises the damping until one is or the step is lost in rounding. */
static int descend(nd_springfit_model *m, nd_springfit_data *d, const nd_springfit_slice *s, double share,
                   double *damping, double *phi, double *sum)
{
    nd_springfit_normal n;
    normal_equations(d, s, phi, &n);
    for (; *damping < 1e12; *damping *= 8) {
        double trial[3] = {0};
        const double length = step(s, &n, *damping, phi, trial);
        if (length < 0) {
            continue;
        }
        if (length < 1e-11) {
            return 0;
        }
        const double next = value_at(m, d, s, trial, share);
        if (next < *sum) {
            const int better = *sum - next > 1e-9 * *sum + d->grain;
            memcpy(phi, trial, sizeof trial);
            *sum = next;
            *damping = fmax(*damping / 8, 1e-10);
            return better;
        }
    }
    return 0;
}

int nd_springfit_minimize(nd_springfit_model *m, nd_springfit_data *data, const nd_springfit_slice *slice, double share,
                          nd_task *task, double *theta, double *sum)
{
    double phi[3] = {0}, damping = 1e-3;
    for (int i = 0; i < slice->count; i++) {
        for (int j = 0; j < 3; j++) {
            phi[i] += slice->direction[i][j] * (theta[j] - slice->base[j]);
        }
        phi[i] = fmin(fmax(phi[i], slice->low[i]), slice->high[i]);
    }
    *sum = value_at(m, data, slice, phi, share);
    for (int i = 0; i < ITERATIONS && isfinite(*sum) && slice->count > 0; i++) {
        ND_TRY(nd_task_report(task, 0));
        if (!descend(m, data, slice, share, &damping, phi, sum)) {
            break;
        }
    }
    place(slice, phi, theta);
    return NNDYN_OK;
}
