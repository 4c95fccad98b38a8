/* injective.h - injective norms of tensors, for callers with a handle of their own. */
#ifndef ND_INJECTIVE_H
#define ND_INJECTIVE_H
#include "core/core.h"
#include "nndyn/asymptotics.h"

enum { ND_TENSOR_ORDER = 10 }; /* most slots */

typedef struct nd_injective {
    int64_t restarts, cycles;
    int64_t symmetric; /* so many last slots, 0 or 1: none */
    int64_t seed;
    double tolerance;
    int bounded; /* the upper bound is wanted */
} nd_injective;
/* The defaults of nndyn_injective_norm, with the upper bound. */
nd_injective nd_injective_defaults(void);

typedef struct nd_injective_norms {
    double lower, upper; /* upper is INFINITY if it was not wanted */
    int64_t agreeing;
} nd_injective_norms;

/* nndyn_injective_norm and _gram with messages on any handle; vectors may be NULL. */
int nd_injective_norm(void *handle, int64_t order, const int64_t *dims, const double *tensor,
                      const nd_injective *settings, nd_injective_norms *norms, double *vectors);
int nd_injective_norm_gram(void *handle, int64_t order, const int64_t *dims, const double *gram,
                           const nd_injective *settings, nd_injective_norms *norms, double *vectors);

/* ---- the tensor and one climb (injective_climb.c) ---------------------------------------------------------------- */

/* A tensor divided by 2^exponent, so that its entries are up to 1, row-major.  Slots from `common` on share one vector
 * if common < order - 1. */
typedef struct nd_tensor {
    int64_t order, entries, length; /* length: sum of dims, the room of all vectors */
    int64_t common;
    int exponent;
    int64_t dims[ND_TENSOR_ORDER];
    int64_t place[ND_TENSOR_ORDER + 1]; /* where the vector of a slot begins; the end */
    const double *x;
    nndyn_context *context;
} nd_tensor;

/* Room one climb needs, in numbers. */
int64_t nd_climb_room(const nd_tensor *t);
/* Climb from unit vectors v: the value reached, and whether it converged within the cycles. */
double nd_climb(const nd_tensor *t, const nd_injective *settings, const nd_task *task, double *v, double *room,
                int *converged);
/* What the vectors of all other slots leave in slot a: dims[a] numbers. */
void nd_contract(const nd_tensor *t, int64_t a, const double *v, double *room, double *out);
/* Make a vector one of length 1; returns the length it had (left as it is if that is 0). */
double nd_unit(int64_t n, double *v);

/* ---- the matrices it can be folded into (injective_fold.c) ------------------------------------------------------- */

/* Least of the largest singular values over all foldings; those of single slots alone if !bounded, as their leading
 * vectors are wanted always.  leading: `length` numbers. */
int nd_fold(void *handle, const nd_tensor *t, int bounded, nd_task *task, double share, double *upper, double *leading);
double nd_fold_bytes(const nd_tensor *t);

#endif
