/* bundle_lines.c - bundles of piecewise linear neurons: slopes between kinks.  SPDX-License-Identifier: MIT */
#include "analysis/order/bundle.h"
#include "statistics/statistics.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct kink {
    double at, change;
    int64_t index; /* for a total order, so that sums come out the same everywhere */
} kink;

static int compare(const void *a, const void *b)
{
    const kink *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at ? 1 : -1) : (x->index > y->index) - (x->index < y->index);
}

/* A walk from left to right over pieces of constant slope. */
typedef struct walk {
    nd_bundle *bundle;
    nd_sum slope;
    double size;     /* of the terms of a slope, for its rounding */
    int sign;        /* of the last piece that was not flat, 0: none yet */
    double sign_end; /* where that piece ended */
} walk;

static int sign_of(walk *w)
{
    const double slope = nd_sum_value(&w->slope);
    if (fabs(slope) <= 4 * DBL_EPSILON * w->size) {
        w->bundle->found.undecided |= slope != 0;
        return 0;
    }
    return slope > 0 ? 1 : -1;
}

static int take_piece(walk *w, double from, double to)
{
    nd_extrema *found = &w->bundle->found;
    if (!(fmax(from, w->bundle->low) < fmin(to, w->bundle->high))) {
        return NNDYN_OK;
    }
    const int sign = sign_of(w);
    found->up |= sign > 0;
    found->down |= sign < 0;
    found->flat |= sign == 0;
    if (sign == 0) {
        return NNDYN_OK;
    }
    if (w->sign == -sign) {
        ND_TRY(nd_extrema_add(w->bundle, w->sign_end / 2 + from / 2));
    }
    w->sign = sign;
    w->sign_end = to;
    return NNDYN_OK;
}

/* Slopes of f to the left of 0 and to the right of it. */
static void sides(const nd_activation *f, double *left, double *right)
{
    *right = 1;
    *left = f->kind == NNDYN_IDENTITY ? 1 : f->kind == NNDYN_LEAKY_RELU ? f->parameter : 0;
}

static int take_all(walk *w, int64_t count, const kink *kinks)
{
    double from = -INFINITY;
    for (int64_t i = 0; i < count;) {
        const double at = kinks[i].at;
        ND_TRY(take_piece(w, from, at));
        for (; i < count && kinks[i].at == at; i++) {
            nd_sum_add(&w->slope, kinks[i].change);
        }
        from = at;
    }
    return take_piece(w, from, INFINITY);
}

int nd_bundle_lines(nd_bundle *bundle)
{
    walk w = {.bundle = bundle};
    kink *kinks = NULL;
    double left, right;
    int64_t count = 0;
    sides(&bundle->f, &left, &right);
    ND_TRY(nd_allocate_for(bundle->context, bundle->units, sizeof *kinks, &kinks));
    for (int64_t j = 0; j < bundle->units; j++) {
        const nd_bundle_term *t = &bundle->terms[j];
        nd_sum_add(&w.slope, t->v * t->w * (t->w > 0 ? left : right));
        w.size += fabs(t->v * t->w) * fmax(fabs(left), 1);
        if (left != right) {
            kinks[count++] = (kink){-t->b / t->w, t->v * fabs(t->w) * (right - left), j};
        }
    }
    qsort(kinks, (size_t)count, sizeof *kinks, compare);
    const int status = take_all(&w, count, kinks);
    nd_release(bundle->context, kinks);
    return status;
}
