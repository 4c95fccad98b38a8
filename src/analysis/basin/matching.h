/* matching.h - distance of two sets of parameters of one network modulo what does not change its function. */
#ifndef ND_BASIN_MATCHING_H
#define ND_BASIN_MATCHING_H
#include "network/network.h"

/* Dense layers but the last one have units whose order is free; signs and scales too, where what stands between the
 * layer and the next dense one allows. */
typedef struct nd_hidden {
    int64_t layer, next;  /* dense layers */
    int64_t width, first; /* first: of its units among all hidden ones */
    int odd, homogeneous;
} nd_hidden;

typedef struct nd_matching {
    const nndyn_network *network;
    nd_hidden *hidden;
    int64_t count, units, widest;
    int64_t rows; /* samples that outputs of units are compared on */
} nd_matching;

enum { ND_MATCHING_ROWS = 1024 };

/* NNDYN_EUNSUPPORTED with residual blocks, message on `handle`. */
int nd_matching_open(const nndyn_network *network, void *handle, int64_t samples, nd_matching *out);
void nd_matching_close(nd_matching *matching);
/* Numbers that outputs of units take, and scratch of a distance. */
int64_t nd_matching_outputs(const nd_matching *matching);
int64_t nd_matching_scratch(const nd_matching *matching);
/* Outputs of hidden units (units x rows) from a block of an evaluation; then centered and of unit norm. */
void nd_matching_take(const nd_matching *matching, int64_t first, int64_t count, const nd_workspace_f64 *w,
                      double *outputs);
void nd_matching_normalize(const nd_matching *matching, double *outputs);
/* |theta - reference| after the units of theta are paired with those of the reference (outputs normalized), or as it
 * is, whichever is less.  theta is overwritten. */
double nd_matching_distance(const nd_matching *matching, const double *reference, const double *reference_outputs,
                            double *theta, const double *outputs, double *scratch);
/* The permutation with the least sum of cost[i * n + to[i]] (Kuhn and Munkres, O(n^3)); scratch: 6 (n + 1) numbers. */
void nd_assign(int64_t n, const double *cost, int64_t *to, double *scratch);

#endif
