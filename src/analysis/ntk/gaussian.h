/* gaussian.h - means of an activation over a pair of normal variables. */
#ifndef ND_GAUSSIAN_H
#define ND_GAUSSIAN_H
#include "kernels/kernels.h"

enum { ND_GAUSSIAN_NODES = 64 }; /* most of an axis */

/* E[f(u) f(v)] and E[f'(u) f'(v)] for (u, v) normal with mean zero and covariance [[q1, c], [c, q2]]. */
typedef struct nd_gaussian_pair {
    double q1, q2, c;
} nd_gaussian_pair;
typedef struct nd_gaussian_means {
    double values, slopes;
} nd_gaussian_means;

/* A rule: Gauss-Legendre points of the radius, and of a part of the angle: as many where it is more than a quarter of
 * the circle, else half as many. */
typedef struct nd_gaussian_rule {
    const nd_kernels_f64 *k;
    int closed; /* take closed forms where there are any */
    int radii;
    int angles[2];
    double radius[ND_GAUSSIAN_NODES], radius_weight[ND_GAUSSIAN_NODES];
    double angle[2][ND_GAUSSIAN_NODES], angle_weight[2][ND_GAUSSIAN_NODES];
} nd_gaussian_rule;
/* nodes: 1 to ND_GAUSSIAN_NODES points of the radius; 0: closed forms where there are any, else 48. */
void nd_gaussian_rule_make(const nd_kernels_f64 *k, int nodes, nd_gaussian_rule *rule);

/* NNDYN_OK, or NNDYN_ECALLBACK if a custom activation reported failure. */
int nd_gaussian_means_of(const nd_gaussian_rule *rule, const nd_activation *f, const nd_gaussian_pair *pair,
                         nd_gaussian_means *means);

#endif
