/* fit_model.c - the mean field of first order and its derivatives by friction and noise, carried along.
 *
 * A step costs two normal laws a block.  They are read from a table of the law, by its Taylor series about the nearest
 * node, to 1e-12.  Far from the last digits the recursion is the differential equation x' = G(x), whose solution
 * spreads ever more slowly: strides of a share of the time gone by, each by as many stages of the Runge-Kutta-Chebyshev
 * scheme of second order as its stability asks for (Sommeijer, Shampine and Verwer, J. Comput. Appl. Math. 88, 1998,
 * eq. 2.1 to 2.4).  Strides are fixed beforehand, so that the result is smooth in the parameters.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/fit.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

static const double root_two_pi = 2.50662827463100050242;

enum { NODES = 64, REACH = 9 }; /* nodes per unit; beyond REACH the law is 0 or 1 to 1e-18 */

int64_t nd_springfit_table_size(void)
{
    return 2 * (2 * NODES * REACH + 1);
}

void nd_springfit_fill_table(double *table)
{
    for (int i = 0; i <= 2 * NODES * REACH; i++) {
        const double z = (double)(i - NODES * REACH) / NODES;
        table[2 * i] = nd_normal_cdf(z);
        table[2 * i + 1] = exp(-0.5 * z * z) / root_two_pi;
    }
}

/* Mass and density of the normal law at z. */
static inline void law(const double *table, double z, double *mass, double *density)
{
    if (!(z > -REACH && z < REACH)) {
        *mass = z > 0;
        *density = 0;
        return;
    }
    const int i = (int)((z + REACH) * NODES + 0.5);
    const double c = (double)(i - NODES * REACH) / NODES;
    const double d = z - c;
    const double h2 = c * c - 1, h3 = c * (c * c - 3), h4 = c * c * (c * c - 6) + 3;
    const double node = table[2 * i + 1];
    *mass = table[2 * i] + node * d * (1 - d * (c / 2 - d * (h2 / 6 - d * (h3 / 24 - d * h4 / 120))));
    *density = node * (1 - d * (c - d * (h2 / 2 - d * (h3 / 6 - d * h4 / 24))));
}

typedef struct nd_springfit_drift {
    double mean, right, left, noise; /* mean; chances to move right and left; derivative by the noise */
} nd_springfit_drift;

static inline nd_springfit_drift drift(const double *table, const double *theta, double force)
{
    const double s = theta[ND_SPRINGFIT_NOISE];
    const double forward = force - theta[ND_SPRINGFIT_RIGHT], backward = -force - theta[ND_SPRINGFIT_LEFT];
    if (s == 0) {
        const double right = forward > 0, left = backward > 0;
        return (nd_springfit_drift){right * forward - left * backward, right, left, 0};
    }
    double right, left, here, there;
    law(table, forward / s, &right, &here);
    law(table, backward / s, &left, &there);
    return (nd_springfit_drift){forward * right + s * here - (backward * left + s * there), right, left, here - there};
}

/* Mean advance of a state (positions, and with slopes their derivatives behind them) in unit time. */
static void evaluate(const nd_springfit_model *m, const double *theta, int slopes, const double *state, double *mean)
{
    const int64_t n = m->blocks, last = n - 1;
    const double *x = state, *slope = state + n;
    double *mean_slope = mean + n;
    for (int64_t l = 0; l <= last; l++) {
        const double before = l > 0 ? x[l - 1] : 0, after = l < last ? x[l + 1] : 1;
        const nd_springfit_drift g = drift(m->table, theta, after - 2 * x[l] + before);
        mean[l] = g.mean;
        if (!slopes) {
            continue;
        }
        const double mobility = g.right + g.left;
        const double direct[3] = {-g.right, g.left, g.noise};
        for (int j = 0; j < 3; j++) {
            const double pull = (l < last ? slope[3 * l + 3 + j] : 0) + (l > 0 ? slope[3 * l - 3 + j] : 0);
            mean_slope[3 * l + j] = mobility * (pull - 2 * slope[3 * l + j]) + direct[j];
        }
    }
}

/* T_j and its first two derivatives at w0, of this and the last two j; and what the scheme makes of them. */
typedef struct nd_springfit_stage {
    double w0, w1, t[3], first[3], second[3], b[3], a;
} nd_springfit_stage;

static void next_polynomial(nd_springfit_stage *c)
{
    const double t = 2 * c->w0 * c->t[0] - c->t[1];
    const double first = 2 * (c->t[0] + c->w0 * c->first[0]) - c->first[1];
    const double second = 4 * c->first[0] + 2 * c->w0 * c->second[0] - c->second[1];
    for (int i = 2; i > 0; i--) {
        c->t[i] = c->t[i - 1];
        c->first[i] = c->first[i - 1];
        c->second[i] = c->second[i - 1];
        c->b[i] = c->b[i - 1];
    }
    c->t[0] = t;
    c->first[0] = first;
    c->second[0] = second;
    c->b[0] = second / (first * first);
}

/* j = 1, with b_0 = b_1 = b_2. */
static nd_springfit_stage first_stage(int stages)
{
    nd_springfit_stage c = {.w0 = 1 + 2.0 / 13 / (stages * stages)};
    c.t[0] = c.w0;
    c.t[1] = c.first[0] = 1;
    nd_springfit_stage last = c;
    for (int j = 2; j <= stages; j++) {
        next_polynomial(&last);
    }
    c.w1 = last.first[0] / last.second[0];
    c.b[0] = c.b[1] = 4 / (16 * c.w0 * c.w0); /* T_2 = 2 w^2 - 1 */
    c.a = 1 - c.b[0] * c.w0;
    return c;
}

/* One stride: y_j = (1 - mu - nu) y_0 + mu y_(j-1) + nu y_(j-2) + stride (w f_(j-1) - a_(j-1) w f_0). */
static void stride(nd_springfit_model *m, const double *theta, double length, int stages, int slopes)
{
    const int64_t n = m->blocks, width = slopes ? 4 * n : n;
    double *y0 = m->x, *f0 = m->work, *f = m->work + 4 * n, *one = m->work + 8 * n, *two = m->work + 12 * n;
    nd_springfit_stage c = first_stage(stages);
    evaluate(m, theta, slopes, y0, f0);
    for (int64_t i = 0; i < width; i++) {
        two[i] = y0[i];
        one[i] = y0[i] + c.b[0] * c.w1 * length * f0[i];
    }
    for (int j = 2; j <= stages; j++) {
        const double a = c.a;
        next_polynomial(&c);
        const double mu = 2 * c.b[0] * c.w0 / c.b[1], nu = -c.b[0] / c.b[2];
        const double late = 2 * c.b[0] * c.w1 / c.b[1] * length, rest = 1 - mu - nu;
        c.a = 1 - c.b[0] * c.t[0];
        evaluate(m, theta, slopes, one, f);
        for (int64_t i = 0; i < width; i++) {
            two[i] = rest * y0[i] + mu * one[i] + nu * two[i] + late * (f[i] - a * f0[i]);
        }
        double *swap = one;
        one = two;
        two = swap;
    }
    memcpy(y0, one, (size_t)width * sizeof *y0);
}

static void follow(nd_springfit_model *m, const double *theta, double share, int slopes)
{
    const double whole = (double)m->steps * m->step, begin = 2 * share;
    for (double t = 0; t < whole * (1 - 1e-12);) {
        double length = fmin(begin + share * t, 40);
        length = whole - t < 1.5 * length ? whole - t : length;
        /* eigenvalues down to -4; stable for 4 length below 0.65 (stages^2 - 1) */
        const int stages = (int)ceil(sqrt(1 + 4 * length / 0.65));
        stride(m, theta, length, stages < 2 ? 2 : stages, slopes);
        t += length;
    }
}

void nd_springfit_run(nd_springfit_model *m, const double *theta, double share, int slopes)
{
    const int64_t n = m->blocks, width = slopes ? 4 * n : n;
    for (int64_t i = 0; i < 4 * n; i++) {
        m->x[i] = 0;
    }
    if (share > 0 && m->step <= 0.02) {
        follow(m, theta, share, slopes);
        for (int64_t i = 0; i < width; i++) {
            m->x[i] *= m->ratio[i < n ? i : (i - n) / 3];
        }
        return;
    }
    for (int64_t step = 0; step < m->steps; step++) {
        evaluate(m, theta, slopes, m->x, m->work);
        for (int64_t i = 0; i < width; i++) {
            m->x[i] += m->step * m->work[i];
        }
    }
}

void nd_springfit_calibrate(nd_springfit_model *m, const double *theta)
{
    const int64_t n = m->blocks;
    double *exact = m->work + 16 * n;
    nd_springfit_run(m, theta, nd_springfit_exact, 0);
    for (int64_t i = 0; i < n; i++) {
        exact[i] = m->x[i];
        m->ratio[i] = 1;
    }
    nd_springfit_run(m, theta, nd_springfit_close, 0);
    for (int64_t i = 0; i < n; i++) { /* blocks that hardly move have no figures to correct */
        m->ratio[i] = m->x[i] > 1e-9 ? fmin(fmax(exact[i] / m->x[i], 0.5), 2) : 1;
    }
}
