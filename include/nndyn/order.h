/* nndyn/order.h - which order of the samples a network keeps, layer by layer, and what of it is linear.
 *
 * SPDX-License-Identifier: MIT
 *
 * A single neuron of a monotone transfer never changes the order in which its local field puts the samples; asking it
 * of one tanh or ReLU neuron has one answer.  What is measured here are ties, groups of neurons, rank distributions and
 * the order of a network's tail.
 *
 * Lin, Zhang, Feng and Zhao, "Network Dynamics-Based Framework for Understanding Deep Neural Networks",
 * arXiv:2501.02436; definitions and formulas: docs/order.md. */
#ifndef NNDYN_ORDER_H
#define NNDYN_ORDER_H
#include "core.h"
#include "data.h"
#include "network.h"
#include "recorder.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- pairs ------------------------------------------------------------------------------------------------------- */

/** How pairs of samples are ordered by two numbers h and g; places in an array of counts, which add up to n (n-1)/2. */
enum {
    NNDYN_ORDER_CONCORDANT = 0, /* the larger h has the larger g */
    NNDYN_ORDER_DISCORDANT = 1, /* the larger h has the smaller g */
    NNDYN_ORDER_TIED_G = 2,     /* h differ, g are equal: order is lost */
    NNDYN_ORDER_TIED_H = 3,     /* h are equal, g differ */
    NNDYN_ORDER_TIED_BOTH = 4,
    NNDYN_ORDER_COUNTS = 5 /* length of the list */
};

/** What a map h -> g does to order. */
enum {
    NNDYN_ORDER_STRICT = 1,          /* kept: g increases wherever h does */
    NNDYN_ORDER_WEAK = 2,            /* never reversed, but some different h have the same g */
    NNDYN_ORDER_REVERSED = 3,        /* g decreases wherever h increases: kept, up to the sign of what reads g */
    NNDYN_ORDER_WEAKLY_REVERSED = 4, /* the same with some different h of the same g */
    NNDYN_ORDER_NON_PRESERVING = 5,  /* it increases somewhere and decreases elsewhere: the line is folded */
    NNDYN_ORDER_CONSTANT = 6         /* all g are the same, or all h: there is no order to keep */
};

/** What a neuron of transfer f does on a set of local fields. */
enum {
    NNDYN_ORDER_ROLE_DEAD = 1,       /* one output for all samples (rectifiers: all fields <= 0) */
    NNDYN_ORDER_ROLE_LINEAR = 2,     /* a straight line on the set (ReLU: at most one field <= 0) */
    NNDYN_ORDER_ROLE_RECTIFYING = 3, /* piecewise linear with both pieces occupied */
    NNDYN_ORDER_ROLE_CURVED = 4,     /* not a line; no order is lost */
    NNDYN_ORDER_ROLE_SATURATED = 5,  /* not a line; order is lost by rounding where f comes close to a limit */
    NNDYN_ORDER_ROLE_FOLDING = 6     /* not monotone on the set */
};

/** Concordance of two numbers of each sample, as local field h and output g, by Knight's algorithm.
 *  @param context the context
 *  @param n samples, at least 2
 *  @param h,g n of each, finite
 *  @param counts receives NNDYN_ORDER_COUNTS numbers of pairs
 *  @param tau_b receives Kendall's tau_b, (concordant - discordant) / sqrt(pairs not tied in h * not tied in g); NaN if
 *         all h or all g are equal; may be NULL
 *  @param rho receives Spearman's rank correlation (mid-ranks); NaN likewise; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA (a number is not finite), NNDYN_ENOMEM, NNDYN_ELIMIT
 *  Cost: O(n log n), 48 n bytes.  Knight, J. Am. Stat. Assoc. 61 (1966) 436; docs/order.md. */
NNDYN_API int nndyn_order_pairs(nndyn_context *context, int64_t n, const double *h, const double *g, int64_t *counts,
                                double *tau_b, double *rho);

/** What counts of pairs say of the map.  Any output may be NULL.
 *  @param context the context
 *  @param counts NNDYN_ORDER_COUNTS numbers of nndyn_order_pairs, none negative, at least one pair
 *  @param verdict receives one of NNDYN_ORDER_STRICT ... NNDYN_ORDER_CONSTANT
 *  @param strict receives the strict index: 1 - (pairs tied in g only) / (all pairs)
 *  @param discordance receives discordant / all pairs: 0 of a map that keeps order, 1 of one that reverses it, 1/2
 *         of an even function on a symmetric sample
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_order_verdict(nndyn_context *context, const int64_t *counts, int *verdict, double *strict,
                                  double *discordance);

/** Roles of neurons on a set.  A single neuron of a monotone transfer never changes order: what it can do is to lose
 *  it.
 *  @param context the context
 *  @param activation the transfer, one of the activations but NNDYN_CUSTOM_ACTIVATION
 *  @param n samples, at least 2
 *  @param units neurons, at least 1
 *  @param h n x units local fields (what the activation is applied to), finite
 *  @param options "parameter" (double): of the activation; "precision" (text, "f64" or "f32"): in which the network
 *         computes its transfer; tanh is 1 from about 18.6 in double precision (19.06 if rounded correctly), from
 *         about 9 in single
 *  @param roles receives units of NNDYN_ORDER_ROLE_*
 *  @param tied receives for each unit the number of pairs whose order it loses (different h, the same output); their
 *         share of n (n-1)/2 is the tie fraction.  May be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENUMERIC (an output is not finite),
 *         NNDYN_EUNSUPPORTED (kernels of the context), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: O(units n log n) over the threads. */
NNDYN_API int nndyn_order_roles(nndyn_context *context, int activation, int64_t n, int64_t units, const double *h,
                                const nndyn_options *options, int *roles, int64_t *tied);

/* ---- bundles of neurons on one projection ------------------------------------------------------------------------ */

/** Extrema of a bundle y(h) = sum_j v_j f(w_j h + b_j): whether neurons that read the same projection h fold it.
 *
 *  Neurons that differ by the symmetry of f only are joined first, so that a bundle that vanishes is found to be
 *  constant by exact comparison.  If f increases and all v_j w_j that remain have one sign, y is monotone (Lemma 1).
 *  Two tanh neurons: closed form or bracketed roots on the whole line (Lemma 2).  ReLU, leaky ReLU, identity: the
 *  slopes between kinks (Lemma 3); the position of an extremum that is a plateau is its middle.  All others, and
 *  tanh beyond two: the interval is cut until on each piece an enclosure of y' excludes 0, or one of y'' does (then
 *  y' has at most one root there, which is bracketed); both enclosures are sums of the exact ranges of f' and f''.
 *  Pieces that reach the resolution undecided (an extremum at a kink of ELU or |z|^p, p < 2; one that only just is
 *  one) are judged by the sign of y' at their ends and make the result not certain.
 *  @param context the context
 *  @param units neurons of the bundle, at least 1
 *  @param w,b,v units each: weights, biases, read-out weights; finite
 *  @param activation f, one of the activations but NNDYN_CUSTOM_ACTIVATION
 *  @param options "parameter" (double): of the activation; "low", "high" (double; not given: see below): the interval;
 *         "resolution" (double in [1e-15, 0.1], 1e-10): least width of a piece, relative to the interval.  Where no
 *         interval is given it is the whole line for tanh pairs, the pieces of straight lines, and a bundle that is
 *         monotone by Lemma 1; for all others from the least to the largest (+-40 - b_j)/w_j (beyond it saturating
 *         transfers are flat to less than rounding, but for algebraic tails nothing is said of what follows)
 *  @param capacity for how many extrema there is room, may be 0
 *  @param positions receives their places, ascending, strictly within the interval; may be NULL if capacity is 0
 *  @param values receives y there; may be NULL
 *  @param count receives how many there are; the first capacity of these are written
 *  @param verdict receives NNDYN_ORDER_STRICT, _WEAK, _REVERSED, _WEAKLY_REVERSED, _NON_PRESERVING or _CONSTANT, on the
 *         interval
 *  @param certain receives 1 if no piece was left undecided, else 0; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION (also: low is not below high), NNDYN_EDATA, NNDYN_EUNSUPPORTED (|z|^p
 *          with p < 1; kernels of the context), NNDYN_ENUMERIC (y' beyond the range of double; more pieces than
 *          1000000), NNDYN_ENOMEM, NNDYN_ELIMIT
 *  Cost: O(units) a piece, tens of pieces a neuron.  docs/order.md. */
NNDYN_API int nndyn_order_bundle(nndyn_context *context, int64_t units, const double *w, const double *b,
                                 const double *v, int activation, const nndyn_options *options, int64_t capacity,
                                 double *positions, double *values, int64_t *count, int *verdict, int *certain);

/** The same bundle on samples: whether it is folded depends on the set too.  It can change the order of the samples
 *  only if an extremum lies strictly between two occupied values.
 *  @param context,units,w,b,v,activation,options as in nndyn_order_bundle; of the interval only what lies between the
 *         least and the largest sample is looked at
 *  @param n samples, at least 2
 *  @param h n projections, finite
 *  @param y receives the bundle's n outputs; may be NULL
 *  @param between receives how many extrema lie strictly between the least and the largest h; may be NULL
 *  @param verdict receives what the samples themselves show, as nndyn_order_verdict of pairs (h, y)
 *  @return as nndyn_order_bundle */
NNDYN_API int nndyn_order_bundle_on(nndyn_context *context, int64_t units, const double *w, const double *b,
                                    const double *v, int activation, const nndyn_options *options, int64_t n,
                                    const double *h, double *y, int64_t *between, int *verdict);

/* ---- groups and tails -------------------------------------------------------------------------------------------- */

/** Order of a group of neurons that need not be parallel: of the sum c = sum_i v_i f(h_i) that something above reads
 *  from them, against its linear substitute s = sum_i v_i h_i.  tau_b = 1: the group only hands on the order of its
 *  fields; (1 - tau_b)/2 is the share of pairs, ties apart, that it turns around.
 *  @param network the network
 *  @param dataset the data, of the network's precision; at least 2 samples
 *  @param layer number of an activation layer: h is what goes into it (after batch norm, where it comes before), f(h)
 *         what comes out
 *  @param count neurons of the group, at least 1
 *  @param units their numbers within the layer, all different; NULL: all of the layer, count of them
 *  @param v count read-out weights, finite: such as a row of the next layer's weights, or of the linear substitution
 *  @param options "statistics" (text): of batch norm, "running" (default) or "recalibrated", as in
 *         nndyn_linear_substitution; "samples" (integer, 0 = all): only so many samples, the first ones
 *  @param counts receives NNDYN_ORDER_COUNTS numbers of pairs, by (s, c); may be NULL
 *  @param tau_b,rho receive the order index as in nndyn_order_pairs; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (the network is not complete), NNDYN_EDATA (v),
 *          NNDYN_ENUMERIC (a value is not finite), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: a forward pass in double precision and O(P log P). */
NNDYN_API int nndyn_order_group(nndyn_network *network, nndyn_dataset *dataset, int64_t layer, int64_t count,
                                const int64_t *units, const double *v, const nndyn_options *options, int64_t *counts,
                                double *tau_b, double *rho);

/** Order of a network's tails: for every cut l = 0..L-1 of nndyn_linear_substitution and every class k, how the logits
 *  (M_l a_l + c_l)_k of the linear substitution order the samples, against the true logits.  1 at l = L - 1; what it
 *  falls short of 1 below is the folding of the layers above l.
 *  @param network the network, with a dense layer
 *  @param dataset the data, of the network's precision; at least 2 samples; labels are not needed
 *  @param options "statistics" and "samples" as in nndyn_order_group
 *  @param capacity for how many cuts there is room; all must fit; 0 to ask for their number alone
 *  @param tau receives cuts x outputs of Kendall's tau_b; NaN where one side is constant; may be NULL
 *  @param rho receives cuts x outputs of Spearman's rank correlation, likewise; may be NULL
 *  @param index receives for each cut the mean of tau_b over the outputs where it is a number (NaN if nowhere): the
 *         order index of the tail above; may be NULL
 *  @param cuts receives L; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE, NNDYN_EUNSUPPORTED (no dense layer), NNDYN_ENUMERIC,
 *          NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED; as nndyn_linear_substitution
 *  Cost: O(cuts outputs P log P) over threads; a forward pass for every 2^23 logits, which is also what is kept of them
 *  (64 MB).  Same bits at any number of threads. */
NNDYN_API int nndyn_order_tail(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                               int64_t capacity, double *tau, double *rho, double *index, int64_t *cuts);

/* ---- linear substitution ----------------------------------------------------------------------------------------- */

/** The linear substitution of a network: for each l = 0..L-1 the affine map that is left of the layers above a cut when
 *  every activation there is replaced by the identity,
 *
 *      logits_l(x) = M_l a_l(x) + c_l,
 *
 *  where a_l is computed by the network itself.  Cut 0 is the input: logits_0 is a linear network.  Cut l is the output
 *  of hidden layer l: of the last activation before the next dense layer, or where there is none the input of that
 *  dense layer.  Batch norm is the affine map of evaluation mode, dropout does nothing, and a residual block adds its
 *  identity path; a block is one layer, for what is inside is not a function of one layer's output.  An activation that
 *  the network ends with is replaced as well, so logits are its argument.  logits_{L-1} is the network itself, unless
 *  it ends with a block that has activations inside. */
typedef struct nndyn_substitution nndyn_substitution;

/** Compute the maps of all cuts in one sweep from the output side, and with data what they are worth.
 *  @param network the network, with a dense layer and at least 2 outputs
 *  @param dataset the data, of the network's precision; with labels of as many classes as outputs for accuracies,
 *         without labels for agreements only; NULL: the maps alone
 *  @param options "statistics" (text): of batch norm, "running" (default): those the network has, which lag early in
 *         training; "recalibrated": means and biased variances over the data set, layer after layer, each below a layer
 *         recalibrated before; one pass over the data for each batch norm layer.  "tolerance" (double in [0, 1],
 *         0.005): of nndyn_substitution_prunable
 *  @param out receives the result, which no longer needs network and data
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision; "recalibrated" without data), NNDYN_EOPTION, NNDYN_ESTATE (the
 *          network is not complete), NNDYN_EUNSUPPORTED (it has no dense layer), NNDYN_ENUMERIC (parameters or values
 *          that are not finite), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: outputs x sum of (inputs x units of the dense layers) multiply-adds for the maps; a forward pass and outputs x
 *  sum of widths multiply-adds a sample for accuracies.  Parameters are widened to double first. */
NNDYN_API int nndyn_linear_substitution(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                        nndyn_substitution **out);

/** Release a result.  @param substitution a result or NULL */
NNDYN_API void nndyn_substitution_free(nndyn_substitution *substitution);

/** Sizes; any output may be NULL.
 *  @param substitution the result
 *  @param cuts receives L
 *  @param classes receives the number of outputs
 *  @param samples receives the size of the data set, 0 without
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_substitution_shape(nndyn_substitution *substitution, int64_t *cuts, int64_t *classes,
                                       int64_t *samples);

/** Where a cut is; any output may be NULL.
 *  @param substitution the result
 *  @param cut 0..cuts-1
 *  @param layer receives the layer of the network whose output it is, -1 for the input
 *  @param width receives its width n_l
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_substitution_cut(nndyn_substitution *substitution, int64_t cut, int64_t *layer, int64_t *width);

/** The map above a cut.
 *  @param substitution the result
 *  @param cut 0..cuts-1
 *  @param count the size of matrix, classes x n_l
 *  @param matrix receives M_l / 2^exponent, classes x n_l; may be NULL
 *  @param offset receives c_l (classes); infinite where it is beyond the range of double; may be NULL
 *  @param exponent receives the binary exponent: 0 unless entries would come near the end of the range of double, as
 *         products of a hundred matrices can; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_substitution_map(nndyn_substitution *substitution, int64_t cut, int64_t count, double *matrix,
                                     double *offset, int64_t *exponent);

/** The truncation test, for all cuts.
 *  @param substitution the result, computed with data
 *  @param count the number of cuts
 *  @param accuracy receives for each cut the share of samples whose label has the largest logit (the first of equals);
 *         NaN without labels; may be NULL
 *  @param agreement receives for each cut the share of samples that it predicts as the network does; may be NULL
 *  @param network_accuracy receives the network's; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (computed without data), NNDYN_EBUSY */
NNDYN_API int nndyn_substitution_accuracy(nndyn_substitution *substitution, int64_t count, double *accuracy,
                                          double *agreement, double *network_accuracy);

/** From which cut on the network is linear for all purposes of prediction: the least l such that at every cut from l on
 *  the accuracy (without labels: the agreement, with 1) is within "tolerance" of the network's, so that hidden layers
 *  l + 1, ..., L - 1 can be replaced by one matrix.
 *  @param substitution the result, computed with data
 *  @param cut receives it; the number of cuts if there is none
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (computed without data), NNDYN_EBUSY */
NNDYN_API int nndyn_substitution_prunable(nndyn_substitution *substitution, int64_t *cut);

/* ---- rank distribution ------------------------------------------------------------------------------------------- */

/** The rank distribution of layers: how the samples of class k are placed among all P when they are ranked by a unit's
 *  local field h_i, in the direction sign(M_ki) that raises the logit of the class. */
typedef struct nndyn_ranks nndyn_ranks;

/** What is known of each class k and unit i; u in (0, 1) is the rank by h_i (ascending, mid-ranks), less one half, over
 *  P, and s = sign(M_ki), +1 for 0.  Later versions may add to the end of the list. */
enum {
    NNDYN_RANK_GRADIENT = 0,    /* G = 12 s (mean of u over the class - 1/2): least-squares slope of the density */
    NNDYN_RANK_NORMALIZED = 1,  /* G / (6 (1 - P_k/P)), in [-1, 1] */
    NNDYN_RANK_AUC = 2,         /* probability that s h_i of the class is above that of the rest */
    NNDYN_RANK_CURVATURE = 3,   /* c2 = 5 mean of (6 u^2 - 6 u + 1): < 0 class in the middle, > 0 at both ends */
    NNDYN_RANK_SD = 4,          /* standard deviation of G with labels independent of h, by formula */
    NNDYN_RANK_SD_PERMUTED = 5, /* the same from permuted labels (their root mean square); NaN without */
    NNDYN_RANK_QUANTITIES = 6   /* length of the list */
};

/** What is known of a layer; places in an array of values.  Later versions may add to the end of the list. */
enum {
    NNDYN_RANKS_GRADIENT = 0,    /* mean of G over units and classes, by "weights" */
    NNDYN_RANKS_CURVATURE = 1,   /* mean of c2, likewise */
    NNDYN_RANKS_LEAST = 2,       /* least G */
    NNDYN_RANKS_LARGEST = 3,     /* largest G */
    NNDYN_RANKS_FRACTION = 4,    /* order-preserving fraction: share of (unit, class) with G / SD above "threshold" */
    NNDYN_RANKS_THRESHOLD = 5,   /* that threshold */
    NNDYN_RANKS_CHANCE = 6,      /* the fraction expected by chance, 1 - Phi(threshold) */
    NNDYN_RANKS_SD_PERMUTED = 7, /* of the mean gradient, from permuted labels (root mean square); NaN without */
    NNDYN_RANKS_P_VALUE = 8,     /* (1 + permutations whose |mean gradient| is not less) / (1 + permutations); NaN
                                    without */
    NNDYN_RANKS_UNITS = 9,       /* width */
    NNDYN_RANKS_ZERO_SIGNS = 10, /* entries of M that are 0, whose sign is arbitrary */
    NNDYN_RANKS_CONSTANT = 11,   /* units with the same field for all samples: G = 0 */
    NNDYN_RANKS_SKIPPED = 12,    /* classes without a sample: their figures are NaN and count in no mean */
    NNDYN_RANKS_VALUES = 13      /* length of the list */
};

/** Rank distributions of all hidden layers of a network: layer l = 1..L-1 ends at cut l of its linear substitution,
 *  whose M_l gives the signs.  The local field is the argument of the activation the layer ends with (after batch norm,
 *  where it comes before), or the layer's output where it ends without one.
 *  @param network the network, with at least one hidden layer and 2 outputs
 *  @param dataset the data, of the network's precision, with labels of as many classes as outputs
 *  @param options "statistics" as in nndyn_linear_substitution; "bins" (integer from 2 to 10000, 20) of the densities;
 *         "threshold" (double, 1.645) of the order-preserving fraction; "weights" (text): means over units and classes,
 *         "equal" (default) or "map": weighted by |M_ki|; "permutations" (integer from 0, 0) of the labels; "seed"
 *         (integer, the context's) of these
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE, NNDYN_EUNSUPPORTED, NNDYN_ENUMERIC, NNDYN_EBUSY,
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED; as nndyn_linear_substitution
 *  Cost: O(n P log P) of n hidden units in all, over threads, and O(n P) a permutation; a forward pass for every 2^23
 *  fields, which is also what is kept of them (64 MB).  Same bits at any number of threads. */
NNDYN_API int nndyn_rank_distribution(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                      nndyn_ranks **out);

/** The same of given fields, as one layer.
 *  @param context the context
 *  @param samples P, at least 2
 *  @param units N, at least 1
 *  @param h fields, P x N
 *  @param classes K, at least 2
 *  @param map M, K x N: its signs are used, and with "weights" "map" its sizes
 *  @param labels P numbers 0..K-1
 *  @param options as nndyn_rank_distribution but "statistics"
 *  @param out receives the result, with one layer, number 1
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (a number is not finite; a label out of range),
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED */
NNDYN_API int nndyn_rank_distribution_of(nndyn_context *context, int64_t samples, int64_t units, const double *h,
                                         int64_t classes, const double *map, const int64_t *labels,
                                         const nndyn_options *options, nndyn_ranks **out);

/** Release a result.  @param ranks a result or NULL */
NNDYN_API void nndyn_ranks_free(nndyn_ranks *ranks);

/** Sizes; any output may be NULL.
 *  @param ranks the result
 *  @param layers receives the number of hidden layers
 *  @param classes receives K
 *  @param bins receives the number of bins
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_ranks_shape(nndyn_ranks *ranks, int64_t *layers, int64_t *classes, int64_t *bins);

/** Figures of a layer.
 *  @param ranks the result
 *  @param layer 1..layers
 *  @param count how many values of the list are wanted, from 1
 *  @param values receives count numbers, see NNDYN_RANKS_*; NaN beyond the library's list
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_ranks_layer(nndyn_ranks *ranks, int64_t layer, int64_t count, double *values);

/** A quantity of each class and unit of a layer.
 *  @param ranks the result
 *  @param layer 1..layers
 *  @param quantity one of NNDYN_RANK_*
 *  @param count the size of values, K x units
 *  @param values receives K x units numbers; NaN for a class without samples
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_ranks_units(nndyn_ranks *ranks, int64_t layer, int quantity, int64_t count, double *values);

/** The rank distribution itself: the density of s-directed ranks of a class, pooled over the units of a layer.
 *  @param ranks the result
 *  @param layer 1..layers
 *  @param label the class, or -1 for the mean over classes that have samples
 *  @param count the number of bins
 *  @param density receives the density in equal bins of (0, 1), with mean 1; NaN for a class without samples
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_ranks_density(nndyn_ranks *ranks, int64_t layer, int64_t label, int64_t count, double *density);

/* ---- projection -------------------------------------------------------------------------------------------------- */

/** The last hidden activations on the leading right singular vectors of the last dense layer's weights: what a narrow
 *  linear layer put before it would see, a plane for count = 2.
 *  @param network the network
 *  @param dataset the data, of the network's precision
 *  @param options "statistics" as in nndyn_linear_substitution
 *  @param count directions, at least 1, at most min(units, inputs) of that layer
 *  @param points receives samples x count coordinates; may be NULL
 *  @param directions receives the singular vectors, count rows of the layer's number of inputs, the entry of largest
 *         size positive; may be NULL
 *  @param values receives the count largest singular values; may be NULL
 *  @return as nndyn_linear_substitution; NNDYN_EUNSUPPORTED also if the last dense layer is inside a residual block */
NNDYN_API int nndyn_projection(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                               int64_t count, double *points, double *directions, double *values);

/* ---- probe ------------------------------------------------------------------------------------------------------- */

/** A probe: order after the step, in evaluation mode: columns "gradient_1", ..., "gradient_<L-1>" (mean gradient of
 *  each hidden layer), "fraction_1", ... (order-preserving fractions), "accuracy_0", ..., "accuracy_<L-1>" (of the
 *  linear substitution at each cut), "accuracy" (the network's) and "norm" (Euclidean norm of all parameters).
 *  @param recorder the recorder
 *  @param dataset the data, of the network's precision, with labels; kept alive by the probe
 *  @param options those of every probe, and "statistics", "threshold", "weights" of nndyn_rank_distribution
 *  @param probe receives its number; may be NULL
 *  @return as the other functions that add a probe (nndyn/recorder.h) */
NNDYN_API int nndyn_recorder_add_order(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                                       int64_t *probe);

/* ---- learning phases --------------------------------------------------------------------------------------------- */

/** What layers of a deep network do at a checkpoint, by their rank gradients G_1 ... G_L. */
enum {
    NNDYN_PHASE_RANDOM = 1,   /* no layer's gradient stands out of chance */
    NNDYN_PHASE_EARLY = 2,    /* phase I: early layers are the steeper ones */
    NNDYN_PHASE_LATE = 3,     /* phase II: late layers are */
    NNDYN_PHASE_MERGED = 4,   /* phase III: nearly the same gradient in all */
    NNDYN_PHASE_MIXED = 5,    /* none of these */
    NNDYN_PHASE_ALIGNING = 6, /* one hidden layer: its gradient has not yet reached its peak */
    NNDYN_PHASE_FOLDING = 7   /* one hidden layer: it is past the peak */
};

/** Learning phases of a deep network along its checkpoints.  A layer stands out if |G_l| > "significance" deviations;
 *  spread is (max G - min G) / mean |G|, rho Spearman's correlation of l and G_l.  RANDOM if no layer stands out, else
 *  MERGED below "merged", else EARLY if rho < -"correlation", LATE if rho > "correlation", else MIXED.  A finding that
 *  holds for fewer than "consecutive" checkpoints in a row is replaced by the phase before it (at the beginning: after
 *  it); if none lasts so long, all are left as found.
 *  @param context the context
 *  @param count checkpoints T, at least 1
 *  @param layers hidden layers L, at least 4: rank correlations of fewer say nothing, look at the gradients themselves
 *         (of a single layer: nndyn_learning_peak)
 *  @param gradient T x L, finite: NNDYN_RANKS_GRADIENT, or the columns of nndyn_recorder_add_order
 *  @param deviation T x L, positive: of the gradient by chance (NNDYN_RANKS_SD_PERMUTED); NULL: no checkpoint is RANDOM
 *  @param options "significance" (double >= 0, 4), "merged" (double >= 0, 0.25), "correlation" (double in [0,1), 0.5),
 *         "consecutive" (integer >= 1, 2)
 *  @param phase receives T of NNDYN_PHASE_RANDOM ... NNDYN_PHASE_MIXED
 *  @param rho,spread receive T numbers each (rho NaN where all gradients are equal, spread NaN where all are 0); may be
 *         NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ENOMEM.  docs/phases.md */
NNDYN_API int nndyn_learning_phases(nndyn_context *context, int64_t count, int64_t layers, const double *gradient,
                                    const double *deviation, const nndyn_options *options, int *phase, double *rho,
                                    double *spread);

/** The peak of a single hidden layer's rank gradient: up to it neurons align with the classes, after it they are
 *  recruited into bundles that fold.
 *  @param context the context
 *  @param count checkpoints, at least 1
 *  @param gradient count gradients, finite
 *  @param peak receives the checkpoint of the largest gradient (the first of equals)
 *  @param phase receives count of NNDYN_PHASE_ALIGNING (up to the peak) or NNDYN_PHASE_FOLDING; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA */
NNDYN_API int nndyn_learning_peak(nndyn_context *context, int64_t count, const double *gradient, int64_t *peak,
                                  int *phase);

/** When a network leaves its linear substitution: the first checkpoint where its accuracy p is above the linear one by
 *  more than "errors" sqrt(2 p (1 - p) / samples).
 *  @param context the context
 *  @param count checkpoints, at least 1
 *  @param accuracy,linear count accuracies each, within [0, 1]: of the network, and of cut 0 or a linear network
 *  @param samples on which they were measured, at least 1
 *  @param options "errors" (double > 0, 3)
 *  @param separation receives the checkpoint; count if there is none
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA */
NNDYN_API int nndyn_learning_separation(nndyn_context *context, int64_t count, const double *accuracy,
                                        const double *linear, int64_t samples, const nndyn_options *options,
                                        int64_t *separation);

/* ---- grokking ---------------------------------------------------------------------------------------------------- */

/** What nndyn_grokking calls a run. */
enum {
    NNDYN_GROKKING_UNLEARNED = 1, /* the training set is not memorized */
    NNDYN_GROKKING_PROMPT = 2,    /* generalization comes with memorization, or soon after it */
    NNDYN_GROKKING_DELAYED = 3,   /* grokking: it comes late, from a low accuracy */
    NNDYN_GROKKING_LAG = 4        /* it seems late, but with the statistics of the data it is not: the running ones of
                                     batch norm lagged behind */
};

/** Figures of nndyn_grokking; places in an array of values.  Later versions may add to the end of the list. */
enum {
    NNDYN_GROKKING_MEMORIZED = 0,   /* the step where training accuracy first reaches "memorized"; NaN if never */
    NNDYN_GROKKING_GENERALIZED = 1, /* the step from there on where test accuracy first is at least half way between its
                                       value there and its maximum from there on */
    NNDYN_GROKKING_DELAY = 2,       /* their ratio (a step 0 counts as 1) */
    NNDYN_GROKKING_BEFORE = 3,      /* test accuracy at memorization */
    NNDYN_GROKKING_BEST = 4,        /* its maximum from there on */
    NNDYN_GROKKING_VALUES = 5       /* length of the list */
};

/** Whether a run groks: whether test accuracy rises long after the training set is memorized.  DELAYED if the ratio of
 *  the two times is above "delay" and test accuracy at memorization is below "low" times its maximum.
 *  @param context the context
 *  @param count checkpoints, at least 2; logarithmic spacing suits
 *  @param steps count steps, ascending, not negative
 *  @param train,test count accuracies each, within [0, 1]
 *  @param batch the test accuracy with statistics of batch norm recalibrated on the test set itself
 *         (nndyn_batch_norm_accuracy), count of it: a run that is DELAYED by `test` and not by `batch` is LAG; networks
 *         with batch norm should not be judged without.  NULL for networks without
 *  @param options "memorized" (double in (0,1], 0.99), "delay" (double >= 1, 3), "low" (double in (0,1], 0.5)
 *  @param figures how many values of the list are wanted, from 0
 *  @param values receives so many figures of `test`; NaN for all if UNLEARNED, and beyond the library's list; may be
 *         NULL if figures is 0
 *  @param verdict receives NNDYN_GROKKING_UNLEARNED ... NNDYN_GROKKING_LAG
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA.  docs/phases.md */
NNDYN_API int nndyn_grokking(nndyn_context *context, int64_t count, const int64_t *steps, const double *train,
                             const double *test, const double *batch, const nndyn_options *options, int64_t figures,
                             double *values, int *verdict);

/* ---- batch norm lag ---------------------------------------------------------------------------------------------- */

/** How far the running statistics of batch norm are behind: for each batch norm layer
 *  sqrt(mean (running mean - mean)^2 / mean variance), means over its units, with mean and biased variance over the
 *  data set of what the layer gets when all layers below use statistics of the data set too.
 *  @param network the network
 *  @param dataset the data, of the network's precision; labels are not needed
 *  @param capacity for how many layers there is room; all must fit; 0 to ask for their number alone
 *  @param lag receives a number for each batch norm layer (infinite where all variances are 0 and the means differ, 0
 *         where they do not); may be NULL if capacity is 0
 *  @param layers receives how many there are; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE, NNDYN_EUNSUPPORTED (no batch norm layer), NNDYN_ENUMERIC, NNDYN_EBUSY,
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: a forward pass over the data in double precision for each of these layers. */
NNDYN_API int nndyn_batch_norm_lag(nndyn_network *network, nndyn_dataset *dataset, int64_t capacity, double *lag,
                                   int64_t *layers);

/** Accuracy with statistics of batch norm recalibrated on the data set itself; the network stays as it is.
 *  @param network the network
 *  @param dataset the data, with labels of as many classes as outputs, of the network's precision
 *  @param accuracy receives the share of samples whose label has the largest output (the first of equals)
 *  @return as nndyn_batch_norm_lag
 *  Cost: as there, and one more pass. */
NNDYN_API int nndyn_batch_norm_accuracy(nndyn_network *network, nndyn_dataset *dataset, double *accuracy);

/** Replace the running statistics of a network by those of a data set, layer after layer; variances are biased ones.
 *  Parameters stay as they are.
 *  @param network the network
 *  @param dataset the data, of the network's precision; labels are not needed
 *  @return as nndyn_batch_norm_lag; on failure the statistics are as before
 *  Cost: as there. */
NNDYN_API int nndyn_batch_norm_recalibrate(nndyn_network *network, nndyn_dataset *dataset);

/** A probe: batch norm after the step: columns "accuracy" (running statistics), "batch_accuracy" (recalibrated on the
 *  data set) and "lag_1", "lag_2", ... of nndyn_batch_norm_lag.
 *  @param recorder the recorder
 *  @param dataset the data, of the network's precision, with labels; kept alive by the probe
 *  @param options those of every probe
 *  @param probe receives its number; may be NULL
 *  @return as the other functions that add a probe (nndyn/recorder.h); NNDYN_EUNSUPPORTED (no batch norm layer) */
NNDYN_API int nndyn_recorder_add_batch_norm(nndyn_recorder *recorder, nndyn_dataset *dataset,
                                            const nndyn_options *options, int64_t *probe);

#ifdef __cplusplus
}
#endif
#endif
