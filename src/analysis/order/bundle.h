/* bundle.h - extrema of y(h) = sum_j v_j f(w_j h + b_j), for files of this folder.
 *
 * bundle.c opens a bundle (checks, symmetry, interval) and chooses who looks for extrema: lines between kinks
 * (bundle_lines.c), two tanh neurons (bundle_pair.c), or enclosures on pieces of the interval (bundle_pieces.c). */
#ifndef ND_BUNDLE_H
#define ND_BUNDLE_H
#include "analysis/order/concordance.h"

typedef struct nd_bundle_term {
    double w, b, v;
} nd_bundle_term;

/* What a search found on the interval. */
typedef struct nd_extrema {
    int64_t count, capacity;
    double *positions;  /* ascending */
    int up, down, flat; /* y increases, decreases, stays somewhere */
    int undecided;
} nd_extrema;

typedef struct nd_bundle {
    nndyn_context *context;
    int64_t units; /* terms that are left */
    nd_bundle_term *terms;
    nd_activation f;
    const nd_kernels_f64 *k64;
    double low, high; /* the open interval; may be infinite */
    double resolution;
    nd_extrema found;
    double *work; /* 6 x the caller's units */
    nd_arena arena;
} nd_bundle;

/* Append a position strictly within the interval. */
int nd_extrema_add(nd_bundle *bundle, double position);

int nd_bundle_lines(nd_bundle *bundle);
/* Two terms with w > 0, of tanh or sigmoid, and read-out weights of both signs. */
int nd_bundle_pair(nd_bundle *bundle);
/* low and high are finite. */
int nd_bundle_pieces(nd_bundle *bundle);

#endif
