/* concordance.h - pairs of samples by two numbers each, for files of this folder. */
#ifndef ND_CONCORDANCE_H
#define ND_CONCORDANCE_H
#include "core/core.h"
#include "kernels/kernels.h"
#include "nndyn/order.h"

typedef struct nd_pair_item {
    double h, g;
    double rank; /* mid-rank of h, from 1 */
} nd_pair_item;

typedef struct nd_pairs {
    int64_t counts[NNDYN_ORDER_COUNTS];
    double tau_b, rho;
} nd_pairs;

/* n >= 2 items with finite h, g, which are sorted; scratch has room for as many. */
void nd_concordance(int64_t n, nd_pair_item *items, nd_pair_item *scratch, nd_pairs *out);
int nd_order_verdict(const int64_t counts[NNDYN_ORDER_COUNTS]);
/* The least and the most samples a call takes: numbers of pairs, and twice these, are int64_t and exact doubles. */
enum { ND_ORDER_LEAST = 2, ND_ORDER_MOST = 100000000 };

/* Messages on the context: the kernels it names, or NNDYN_EUNSUPPORTED. */
int nd_order_kernels(nndyn_context *context, const nd_kernels_f64 **k64, const nd_kernels_f32 **k32);

#endif
