/* bundle_pieces.c - extrema of a bundle of any activation, by enclosures on pieces.  SPDX-License-Identifier: MIT
 *
 * The range of f' and of f'' on an interval is the hull of the values at its ends and at the turning points within;
 * of a sum of terms it is within the sum of ranges.  Where that of y' excludes 0 there is no extremum, where that of
 * y'' does there is at most one. */
#include "analysis/order/bundle.h"
#include <float.h>
#include <math.h>

enum { MOST_TURNS = 4, MOST_PIECES = 1000000, DEPTH = 64 };

/* Where f', f'' turn (zeros of f'', f'''), for kinds that have finitely many. */
typedef struct turns {
    int count[2];
    double at[2][MOST_TURNS];
} turns;

#define ROOT_HALF  0.70710678118654752440
#define ROOT_THIRD 0.57735026918962576451
#define ROOT_TWO   1.41421356237309504880

static const turns known[ND_ACTIVATIONS] = {
    [NNDYN_SOFTPLUS] = {{0, 1}, {{0}, {0}}},
    [NNDYN_SIGMOID] = {{1, 2}, {{0}, {-1.3169578969248167, 1.3169578969248167}}},
    [NNDYN_TANH] = {{1, 2}, {{0}, {-0.65847894846240835, 0.65847894846240835}}},
    [NNDYN_ERF] = {{1, 2}, {{0}, {-ROOT_HALF, ROOT_HALF}}},
    [NNDYN_ARCTAN] = {{1, 2}, {{0}, {-ROOT_THIRD, ROOT_THIRD}}},
    [NNDYN_SOFTSIGN] = {{1, 0}, {{0}, {0}}},
    [NNDYN_ISRU] = {{1, 2}, {{0}, {-0.5, 0.5}}},
    [NNDYN_SILU] = {{2, 3}, {{-2.3993572805154685, 2.3993572805154685}, {-3.43584099353511, 0, 3.43584099353511}}},
    [NNDYN_GELU] = {{2, 3}, {{-ROOT_TWO, ROOT_TWO}, {-2, 0, 2}}},
};

typedef struct range {
    double least, most;
} range;

static void widen(range *r, double value)
{
    r->least = fmin(r->least, value);
    r->most = fmax(r->most, value);
}

typedef struct search {
    nd_bundle *bundle;
    double turn[2][MOST_TURNS]; /* f', f'' at the turning points */
    double *z0, *z1;            /* arguments at both ends of a piece */
    double *f0, *f1;            /* derivative there */
    int64_t pieces;
    double at; /* where the sign of y' was last known, and which it was; 0: not yet */
    int sign;
} search;

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

/* Sine and cosine turn where z = offset + k pi, and are -1 or 1 there. */
static void widen_periodic(range *r, double offset, double a, double b)
{
    const double pi = 3.14159265358979323846;
    const double first = ceil((a - offset) / pi - 1e-9);
    if (offset + first * pi <= b + 1e-9) {
        widen(r, -1);
        widen(r, 1);
    }
}

/* Where the formula changes at 0. */
static void widen_kink(range *r, const nd_activation *f, int order)
{
    const double p = f->parameter;
    if (f->kind == NNDYN_SOFTSIGN && order == 2) {
        widen(r, -2);
        widen(r, 2);
    } else if (f->kind == NNDYN_ELU && (order == 1 || p == 1)) {
        widen(r, p);
        widen(r, order == 1 ? 1 : 0);
    } else if (f->kind == NNDYN_ELU || (f->kind == NNDYN_ABS_POWER && order == 2 && p < 2)) {
        widen(r, -INFINITY);
        widen(r, INFINITY);
    } else if (f->kind == NNDYN_ABS_POWER && order == 2 && p > 2) {
        widen(r, 0);
    }
}

static range range_of(const search *s, int order, double a, double b, double fa, double fb)
{
    const nd_activation *f = &s->bundle->f;
    const turns *t = &known[f->kind];
    range r = {fmin(fa, fb), fmax(fa, fb)};
    for (int i = 0; i < t->count[order - 1]; i++) {
        if (t->at[order - 1][i] >= a && t->at[order - 1][i] <= b) {
            widen(&r, s->turn[order - 1][i]);
        }
    }
    if (f->kind == NNDYN_SIN || f->kind == NNDYN_COS) {
        const int at_zero = (f->kind == NNDYN_SIN) == (order == 1);
        widen_periodic(&r, at_zero ? 0 : 1.57079632679489661923, a, b);
    }
    if (a <= 0 && b >= 0) {
        widen_kink(&r, f, order);
    }
    return r;
}

static void arguments(const search *s, double h, double *z)
{
    for (int64_t j = 0; j < s->bundle->units; j++) {
        z[j] = s->bundle->terms[j].w * h + s->bundle->terms[j].b;
    }
}

/* Enclosure of the order-th derivative of y between the ends in z0, z1, whose values of f's come into f0, f1. */
static range enclose(const search *s, int order)
{
    const nd_bundle *bundle = s->bundle;
    range sum = {0, 0};
    bundle->k64->activate_derivative(&bundle->f, order, bundle->units, s->z0, s->f0);
    bundle->k64->activate_derivative(&bundle->f, order, bundle->units, s->z1, s->f1);
    for (int64_t j = 0; j < bundle->units; j++) {
        const nd_bundle_term *t = &bundle->terms[j];
        const double a = fmin(s->z0[j], s->z1[j]), b = fmax(s->z0[j], s->z1[j]);
        const range r = range_of(s, order, a, b, t->w > 0 ? s->f0[j] : s->f1[j], t->w > 0 ? s->f1[j] : s->f0[j]);
        const double factor = order == 1 ? t->v * t->w : t->v * t->w * t->w;
        const double size = fabs(factor) * fmax(fabs(r.least), fabs(r.most));
        /* rounding of z, magnified by the steepest tails (exponential, Gaussian), and of the sum */
        const double largest = fmax(fabs(a), fabs(b)) + fabs(t->b);
        const double slack = DBL_EPSILON * size * (8 + (double)bundle->units + 4 * largest * fmin(largest, 40));
        sum.least += fmin(factor * r.least, factor * r.most) - slack;
        sum.most += fmax(factor * r.least, factor * r.most) + slack;
    }
    return sum;
}

static int excludes_zero(range r)
{
    return r.least > 0 || r.most < 0; /* also false of NaN */
}

/* ---- signs ------------------------------------------------------------------------------------------------------- */

static double slope(const search *s, double h)
{
    const nd_bundle *bundle = s->bundle;
    double sum = 0;
    arguments(s, h, s->z0);
    bundle->k64->activate_derivative(&bundle->f, 1, bundle->units, s->z0, s->f0);
    for (int64_t j = 0; j < bundle->units; j++) {
        sum += bundle->terms[j].v * bundle->terms[j].w * s->f0[j];
    }
    return sum;
}

static double root(const search *s, double a, double b, int rising)
{
    for (;;) {
        const double middle = a + (b - a) / 2;
        if (middle <= a || middle >= b) {
            return middle;
        }
        const double value = slope(s, middle);
        if (value == 0) {
            return middle;
        }
        if ((value > 0) == rising) {
            b = middle;
        } else {
            a = middle;
        }
    }
}

/* The sign of y' at the next point from left to right. */
static int visit(search *s, double h)
{
    const double value = slope(s, h);
    nd_extrema *found = &s->bundle->found;
    if (!isfinite(value)) {
        return nd_fail(s->bundle->context, NNDYN_ENUMERIC,
                       "the slope of the bundle at h = %g is beyond the range of "
                       "double; give a smaller interval by the options low and high",
                       h);
    }
    const int sign = (value > 0) - (value < 0);
    found->up |= sign > 0;
    found->down |= sign < 0;
    if (sign == 0) {
        return NNDYN_OK;
    }
    if (s->sign == -sign) {
        ND_TRY(nd_extrema_add(s->bundle, root(s, s->at, h, sign > 0)));
    }
    s->at = h;
    s->sign = sign;
    return NNDYN_OK;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

/* A piece that needs no more cutting, or the least width is reached. */
static int is_decided(search *s, double a, double b)
{
    const double width = s->bundle->resolution * (s->bundle->high - s->bundle->low);
    arguments(s, a, s->z0);
    arguments(s, b, s->z1);
    if (excludes_zero(enclose(s, 1)) || excludes_zero(enclose(s, 2))) {
        return 1;
    }
    if (b - a <= width || !(a + (b - a) / 2 > a && a + (b - a) / 2 < b)) {
        s->bundle->found.undecided = 1;
        return 1;
    }
    return 0;
}

static int cut(search *s)
{
    double ends[DEPTH + 1]; /* right ends of the pieces that wait, the nearest one last */
    int waiting = 1;
    double a = s->bundle->low;
    ends[0] = s->bundle->high;
    ND_TRY(visit(s, a));
    while (waiting > 0) {
        const double b = ends[waiting - 1];
        if (++s->pieces > MOST_PIECES) {
            return nd_fail(s->bundle->context, NNDYN_ENUMERIC,
                           "more than %d pieces are not enough to tell where the bundle turns; its slope is 0 within "
                           "rounding on a stretch, or the resolution %g is too fine",
                           MOST_PIECES, s->bundle->resolution);
        }
        if (waiting == DEPTH || is_decided(s, a, b)) {
            s->bundle->found.undecided |= waiting == DEPTH;
            ND_TRY(visit(s, b));
            a = b;
            waiting--;
        } else {
            ends[waiting++] = a + (b - a) / 2;
        }
    }
    return NNDYN_OK;
}

int nd_bundle_pieces(nd_bundle *bundle)
{
    const turns *t = &known[bundle->f.kind];
    search s = {.bundle = bundle};
    s.z0 = bundle->work;
    s.z1 = s.z0 + bundle->units;
    s.f0 = s.z1 + bundle->units;
    s.f1 = s.f0 + bundle->units;
    for (int order = 1; order <= 2; order++) {
        if (t->count[order - 1] > 0) {
            bundle->k64->activate_derivative(&bundle->f, order, t->count[order - 1], t->at[order - 1],
                                             s.turn[order - 1]);
        }
    }
    return cut(&s);
}
