/* bundle_pair.c - two tanh neurons that read one projection, on the whole line.  SPDX-License-Identifier: MIT
 *
 * y = p tanh(z1) - q tanh(z2), z_i = w_i h + b_i, all of p, q, w_i > 0: y' has the sign of c - D(h) with D = ln cosh
 * z1 - ln cosh z2 and c = ln(p w1 / (q w2)) / 2.  For w1 = w2 D is monotone and the root is in closed form; else D
 * has one extremum, and there are two roots or none. */
#include "analysis/order/bundle.h"
#include <math.h>

typedef struct pair {
    double w1, b1, w2, b2; /* w1 >= w2, or equal; may be exchanged, then c has changed its sign too */
    double c;
    int sign; /* y' has the sign of sign * (c - D) */
} pair;

static double ln_cosh(double z)
{
    const double a = fabs(z);
    return a + log1p(exp(-2 * a)) - 0.69314718055994530942;
}

static double difference(const pair *p, double h)
{
    return ln_cosh(p->w1 * h + p->b1) - ln_cosh(p->w2 * h + p->b2) - p->c;
}

static double slope(const pair *p, double h)
{
    return p->w1 * tanh(p->w1 * h + p->b1) - p->w2 * tanh(p->w2 * h + p->b2);
}

/* The root of an increasing or decreasing function between a and b, to the last bit. */
static double bisect(const pair *p, double (*function)(const pair *, double), double a, double b)
{
    const int rising = function(p, b) > 0;
    for (int i = 0; i < 2100; i++) { /* more than doubles between any two need */
        const double middle = a + (b - a) / 2;
        if (middle == a || middle == b) {
            break;
        }
        if ((function(p, middle) > 0) == rising) {
            b = middle;
        } else {
            a = middle;
        }
    }
    return a + (b - a) / 2;
}

/* z1 = u + beta, z2 = u - beta: cosh(u + beta) = e^c cosh(u - beta) at tanh u = tanh(c/2) / tanh beta. */
static int equal_weights(nd_bundle *bundle, const pair *p)
{
    const double beta = (p->b1 - p->b2) / 2;
    if (fabs(p->c) >= 2 * fabs(beta)) {
        return NNDYN_OK;
    }
    const double u = p->c == 0 ? 0 : atanh(tanh(p->c / 2) / tanh(beta));
    return nd_extrema_add(bundle, (u - (p->b1 + p->b2) / 2) / p->w1);
}

/* The least D is where w1 tanh z1 = w2 tanh z2, so |z1| <= artanh(w2/w1); roots lie outward of it. */
static int unequal_weights(nd_bundle *bundle, const pair *p)
{
    const double reach = atanh(p->w2 / p->w1) * (1 + 1e-12) + 1e-300;
    const double left = (-reach - p->b1) / p->w1, right = (reach - p->b1) / p->w1;
    const double least = bisect(p, slope, left, right);
    double step = 1 / p->w1;
    if (difference(p, least) >= 0) {
        return NNDYN_OK;
    }
    double out = least - step;
    for (; difference(p, out) <= 0 && isfinite(out); step *= 2) {
        out = least - step;
    }
    const double first = bisect(p, difference, out, least);
    step = 1 / p->w1;
    for (out = least + step; difference(p, out) <= 0 && isfinite(out); step *= 2) {
        out = least + step;
    }
    const double second = bisect(p, difference, least, out);
    ND_TRY(nd_extrema_add(bundle, first));
    return nd_extrema_add(bundle, second);
}

/* A point of the interval. */
static double inside(const nd_bundle *bundle)
{
    const int low = isfinite(bundle->low), high = isfinite(bundle->high);
    return low && high ? bundle->low / 2 + bundle->high / 2 : low ? bundle->low + 1 : high ? bundle->high - 1 : 0;
}

int nd_bundle_pair(nd_bundle *bundle)
{
    const int first = bundle->terms[0].v > 0 ? 0 : 1;
    const nd_bundle_term plus = bundle->terms[first], minus = bundle->terms[1 - first];
    /* sigmoid(z) = (1 + tanh(z/2)) / 2 */
    const double scale = bundle->f.kind == NNDYN_SIGMOID ? 0.5 : 1;
    const double c = (log(plus.v) + log(plus.w) - log(-minus.v) - log(minus.w)) / 2;
    pair p = {scale * plus.w, scale * plus.b, scale * minus.w, scale * minus.b, c, 1};
    if (plus.w < minus.w) {
        p = (pair){scale * minus.w, scale * minus.b, scale * plus.w, scale * plus.b, -c, -1};
    }
    ND_TRY(plus.w == minus.w ? equal_weights(bundle, &p) : unequal_weights(bundle, &p));
    if (bundle->found.count > 0) {
        bundle->found.up = bundle->found.down = 1;
        return NNDYN_OK;
    }
    /* no root within: the sign anywhere, of the tails where the middle only touches 0 */
    double d = difference(&p, inside(bundle));
    d = d == 0 ? 1 : d;
    bundle->found.up = p.sign * d < 0;
    bundle->found.down = p.sign * d > 0;
    return NNDYN_OK;
}
