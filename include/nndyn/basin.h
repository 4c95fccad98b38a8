/* nndyn/basin.h - attraction basins: how much noise a trained network bears before its accuracy falls.
 *
 * SPDX-License-Identifier: MIT
 *
 * In sample space: A_S(sigma) is the share of right predictions of the samples of S with noise of amplitude sigma added
 * to the input, and the radius of the basin of S is the first amplitude where A_S falls below theta:
 *
 *     B_theta(S) = inf { sigma > 0 : A_S(sigma) < theta }
 *
 * S is the whole set, a class, or one sample.  Y. Lin, Y. Zhang, S. Feng, H. Zhao, "Network Dynamics-Based Framework
 * for Understanding Deep Neural Networks", arXiv:2501.02436, takes theta = 1/2 and Gaussian noise.  docs/basins.md has
 * the definitions, the closed forms and what to believe of the figures.
 *
 * Amplitudes are in units of the inputs as the network sees them; what the amplitude is of depends on the noise, see
 * nndyn_basin_unit.  Radii may be infinite: take medians, never means. */
#ifndef NNDYN_BASIN_H
#define NNDYN_BASIN_H
#include "data.h"
#include "network.h"
#include "recorder.h"
#include "training.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- results ----------------------------------------------------------------------------------------------------- */

/** Radii of the basins of a set, of its classes and of its samples. */
typedef struct nndyn_basin nndyn_basin;

/** What is special about a radius: bits. */
enum {
    NNDYN_BASIN_ZERO = 1,        /* A(0) < theta: the radius is 0 */
    NNDYN_BASIN_INFINITE = 2,    /* A >= theta at every amplitude up to the cap, and at a million times the cap: the
                                    radius is infinite */
    NNDYN_BASIN_NONMONOTONE = 4, /* A rises by more than three standard errors from one amplitude of the march to the
                                    next: there may be further crossings beyond the radius */
    NNDYN_BASIN_CENSORED = 8,    /* A >= theta at every amplitude up to the cap, but not at a million times the cap: the
                                    radius is beyond the cap, and given as infinite */
    NNDYN_BASIN_EMPTY = 16       /* a class without samples: all figures are NaN */
};

/** Release a result.  @param basin a result or NULL */
NNDYN_API void nndyn_basin_free(nndyn_basin *basin);

/** A figure of a group, by name: "radius", and "low" and "high" of its confidence interval; "theta"; "accuracy", that
 *  without noise; "cap_accuracy", the accuracy at the last amplitude of the march; "samples" of the group; "trials",
 *  how many predictions were made at each amplitude; "evaluations", predictions made in all; "sigma", the standard
 *  deviation of a component of the noise at the radius.
 *  @param basin the result
 *  @param group 0 for the whole set, 1 + c for class c
 *  @param name one of these
 *  @param value receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_get(nndyn_basin *basin, int64_t group, const char *name, double *value);

/** The bits of a group.
 *  @param basin the result
 *  @param group 0 for the whole set, 1 + c for class c
 *  @param flags receives bits NNDYN_BASIN_*
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_flags(nndyn_basin *basin, int64_t group, int *flags);

/** Groups of a result.
 *  @param basin the result
 *  @param groups receives how many: 1, or 1 + classes
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_groups(nndyn_basin *basin, int64_t *groups);

/** The curve A(amplitude) of a group, at 0 and at the amplitudes of the march.
 *  @param basin the result
 *  @param group 0 for the whole set, 1 + c for class c
 *  @param capacity for how many points there is room; 0 to ask for their number
 *  @param amplitude receives amplitudes, ascending; may be NULL
 *  @param accuracy receives A; may be NULL
 *  @param low,high receive its confidence interval; may be NULL
 *  @param count receives how many there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_curve(nndyn_basin *basin, int64_t group, int64_t capacity, double *amplitude,
                                double *accuracy, double *low, double *high, int64_t *count);

/** Radii of the samples, in their order.
 *  @param basin the result of a call with "samples"
 *  @param capacity for how many there is room; 0 to ask for their number
 *  @param radius receives the radii; may be NULL
 *  @param low,high receive their confidence intervals; may be NULL
 *  @param flags receives bits NNDYN_BASIN_*; may be NULL
 *  @param count receives how many there are (0 without "samples"); the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_samples(nndyn_basin *basin, int64_t capacity, double *radius, double *low, double *high,
                                  int *flags, int64_t *count);

/** Quantiles of the radii of the samples of a group: those of radius 0 come first, infinite ones last, and a quantile
 *  that falls among the infinite ones is infinite.
 *  @param basin the result of a call with "samples"
 *  @param group 0 for the whole set, 1 + c for class c
 *  @param count how many quantiles
 *  @param p which, each within [0, 1]: 0.5 is the median
 *  @param out receives them; NaN of a class without samples
 *  @param zero receives how many samples have radius 0 (wrong without noise); may be NULL
 *  @param beyond receives how many are infinite or beyond the cap; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (the call was without "samples"), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_basin_quantiles(nndyn_basin *basin, int64_t group, int64_t count, const double *p, double *out,
                                    int64_t *zero, int64_t *beyond);

/** What an amplitude is, as in "standard deviation of each component".
 *  @param basin the result
 *  @param unit receives a text that stays as long as the result
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_unit(nndyn_basin *basin, const char **unit);

/* ---- basins in sample space -------------------------------------------------------------------------------------- */

/** Basins of a data set, of its classes and of its samples, by noise added to the inputs.  The same noise fields are
 *  used at every amplitude; amplitudes go up by a ratio until the accuracy is below theta for certain, then the
 *  crossing is bisected on a logarithmic scale, comparing whole numbers of right predictions.
 *  @param network the network, of either precision, in evaluation mode
 *  @param dataset the data, with labels, of the network's precision
 *  @param options
 *         "noise" (text, "gaussian"): "gaussian", amplitude: standard deviation of each component; "cube", uniform,
 *         amplitude: half the side; "sphere" and "ball", uniform, amplitude: the radius;
 *         "theta" (real): within (0, 1); by default 1/2, or of two classes half way between A(0) and 1/2;
 *         "draws" (integer, 16): noise fields a sample; "seed" (integer, 0);
 *         "clip" (integer, 0): 1 to clip noisy inputs to ["clip_low" (real, 0), "clip_high" (real, 1)];
 *         "classes" (integer, 1), "samples" (integer, 0): 1 for their radii too;
 *         "start" (real, 0.01), "cap" (real, 100), "ratio" (real, 1.3): amplitudes of the march (a crossing below start
 *         is looked for downward); "march" (integer, 1): 0 bisects [start, cap] at once, which may land on a later
 *         crossing; "bisections" (integer, 20);
 *         "interval" (text, "auto"): "cluster", over samples; "bootstrap", over samples with "replicas" (integer,
 *         1000); "fixed", over noise with the samples fixed (draws at least 2); "wilson", "clopper_pearson" (at
 *         least the level) and "mid_p" (about the level), for independent trials: one draw a sample, or one sample;
 *         "auto" is wilson for those and else cluster; a single sample has the interval of its draws in any case;
 *         "level" (real, 0.95);
 *         "recalibrate" (integer, 0): 1 takes the statistics of batch norm from the data set instead of the network's
 *         running ones (the network stays as it is)
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, no labels), NNDYN_EOPTION, NNDYN_EDATA (parameters or inputs are not
 *          finite, labels out of range), NNDYN_ESTATE (no layers), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY,
 *          NNDYN_ECANCELED
 *  Cost: samples x draws forward passes an amplitude; memory of a block of rows a thread.  Bits do not depend on the
 *  number of threads. */
NNDYN_API int nndyn_basin_sample(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                 nndyn_basin **out);

/** Distances of the decision boundaries, linearized in the inputs, and the accuracy they predict under Gaussian noise:
 *
 *     d = min over k of m_k / |grad m_k|,    m_k = z_y - z_k,        A(sigma) = mean over samples of Phi(d / sigma)
 *
 *  Exact for a linear decision between two classes; elsewhere an estimate, good while A > 0.95 and optimistic beyond.
 *  d is negative for a sample that is misclassified, infinite where no margin has a slope.
 *  @param network the network, of either precision (computed in float64), in evaluation mode; a single output has the
 *         margin to where the other class begins
 *  @param dataset the data, with labels, of the network's precision
 *  @param count how many amplitudes, at least 0
 *  @param sigma the amplitudes, positive: standard deviations of each component; NULL if count is 0
 *  @param accuracy receives count numbers; NULL if count is 0
 *  @param distances receives d of each sample; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, no labels, amplitudes), NNDYN_EDATA (parameters are not finite),
 *          NNDYN_ESTATE (no layers), NNDYN_EUNSUPPORTED (a derivative is missing), NNDYN_ENOMEM, NNDYN_ELIMIT,
 *          NNDYN_EBUSY, NNDYN_ECANCELED
 *  Cost: samples x (classes - 1) backward passes.  Bits do not depend on the number of threads. */
NNDYN_API int nndyn_basin_margins(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                                  double *accuracy, double *distances);

/** The classifier smoothed by noise, and how far it is certain not to change: at x it gives the class that the network
 *  gives most often at x + sigma xi, xi normal.  If that class has probability p > 1/2 there, it stays the answer for
 *  every input within
 *
 *      sigma Phi^-1(p)
 *
 *  of x in the Euclidean norm, whatever the network (J. Cohen, E. Rosenfeld, Z. Kolter, "Certified Adversarial
 *  Robustness via Randomized Smoothing", ICML 2019, Theorem 1 and its procedure Certify): the class is chosen by
 *  "select" draws, p bounded from below by further "draws".  Where the bound is not above 1/2 it abstains.
 *  @param network the network, of either precision, in evaluation mode
 *  @param dataset the data, of the network's precision; labels are needed for nothing but the margins
 *  @param sigma the standard deviation of each component of the noise, positive
 *  @param options "draws" (integer, 1000), "select" (integer, 100), both up to 4000000: noise fields a sample; "level"
 *         (real from 0.75, 0.999): one-sided confidence of the bound, of each sample for itself; "seed" (integer, 0);
 *         "clip" (integer, 0): 1 to clip noisy inputs to ["clip_low" (real, 0), "clip_high" (real, 1)], as the first
 *         layer of the network
 *  @param classes receives the class chosen for each sample; may be NULL
 *  @param share receives the share of "draws" that it has; may be NULL
 *  @param low receives the lower bound of its probability, Clopper and Pearson's; may be NULL
 *  @param radius receives the certified radius, 0 where it abstains; at most that of draws which all agree, so more
 *         draws are needed for larger ones; may be NULL
 *  @param margin receives sigma Phi^-1(A) with A the share of draws that are right (without labels: of the class
 *         chosen): the distance of the boundary if that is flat, negative if more draws are wrong than right, infinite
 *         if all are right or none is; an estimate, not a bound; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, sigma), NNDYN_EOPTION, NNDYN_EDATA (parameters or inputs are not
 *          finite), NNDYN_ESTATE (no layers), NNDYN_ENUMERIC (outputs overflow), NNDYN_ENOMEM, NNDYN_ELIMIT,
 *          NNDYN_EBUSY, NNDYN_ECANCELED
 *  Cost: samples x (draws + select) forward passes; memory of a block of rows a thread.  Bits do not depend on the
 *  number of threads. */
NNDYN_API int nndyn_basin_smoothed(nndyn_network *network, nndyn_dataset *dataset, double sigma,
                                   const nndyn_options *options, int64_t *classes, double *share, double *low,
                                   double *radius, double *margin);

/* ---- pictures of basins in sample space -------------------------------------------------------------------------- */

/** Principal directions of a data set: axes of largest variance of its inputs, to draw slices along.
 *  @param dataset the data, of either precision (computed in float64)
 *  @param count how many directions, 1 to the lesser of inputs and samples - 1
 *  @param options those of nndyn_singular_values
 *  @param mean receives the means of the inputs; may be NULL
 *  @param directions receives count x inputs numbers: orthonormal rows by descending variance, the entry of largest
 *         size of each positive; where variances are equal, any orthonormal directions of that variance
 *  @param variance receives count variances along them (sums of squares over samples - 1); may be NULL
 *  @param total receives the sum of the variances of all inputs, of which variance[i] / total is explained; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (inputs are not finite), NNDYN_ENUMERIC, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT, NNDYN_EBUSY, NNDYN_ECANCELED
 *  Cost: some tens of passes over the data, more where variances lie close together; memory of the bases of
 *  nndyn_singular_values.  Bits do not depend on the number of threads. */
NNDYN_API int nndyn_basin_principal(nndyn_dataset *dataset, int64_t count, const nndyn_options *options, double *mean,
                                    double *directions, double *variance, double *total);

/** A slice through the basins of the classes: predictions and margins at x + t_1 p_1 + ... on a grid of t, along
 *  principal directions (nndyn_basin_principal) or any others.
 *  @param network the network, of either precision (computed in float64), in evaluation mode
 *  @param x the center, as many numbers as inputs: a sample, or the mean of the data
 *  @param axes how many directions, 1 to 3
 *  @param directions axes x inputs numbers; the unit of t is their length
 *  @param low,high ends of t on each axis; both are points of the grid (low alone if there is one point)
 *  @param counts points of each axis, at least 1
 *  @param options "label" (integer, -1): whose margin is wanted, z_label less the largest other output, negative where
 *         another class wins; -1: the largest output less the second.  A single output z has class 1 where z is above
 *         a threshold (0 with a cross-entropy or hinge loss, else 1/2), and the margin is the distance from it
 *  @param classes receives the class at each point, the last axis fastest; may be NULL
 *  @param margins receives the margins; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (parameters, x, directions or ends are not finite),
 *          NNDYN_ESTATE (no layers), NNDYN_ENUMERIC (outputs overflow), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY,
 *          NNDYN_ECANCELED
 *  Cost: a forward pass a point; memory of the results, and of a block of rows a thread.  Bits do not depend on the
 *  number of threads. */
NNDYN_API int nndyn_basin_slice(nndyn_network *network, const double *x, int64_t axes, const double *directions,
                                const double *low, const double *high, const int64_t *counts,
                                const nndyn_options *options, int64_t *classes, double *margins);
/* ---- basins in sample space: rays and adversarial radii ---------------------------------------------------------- */

/** How far each sample can be moved along directions before its prediction changes: first exits of rays.
 *
 *      r(d) = inf { r > 0 : the prediction at x + r d is not the label },    |d| = 1
 *
 *  Each ray is marched along in steps, all rays of a block at a time, until a prediction is wrong, and the last step is
 *  halved: basins are not star-shaped, so halving the whole ray could end at a later crossing.  What is thinner than a
 *  step may be passed over.  A radius is the end of the last bracket where the prediction is seen to be wrong, so the
 *  least one is an upper bound of the adversarial radius.
 *  @param network the network, of either precision (computed in float64), in evaluation mode; a single output tells two
 *         classes apart as for nndyn_network_evaluate
 *  @param dataset the data, with labels, of the network's precision
 *  @param count how many directions, 1 to 8000000
 *  @param directions count x inputs, the same for all samples, of any positive length (they are made unit vectors); or
 *         NULL: random ones, uniform on the sphere, others for each sample: those of nndyn_basin_sample with "noise"
 *         sphere and the same seed
 *  @param options "step" (real, 0.1): of the march; "cap" (real, 20): its end, at most a million steps away;
 *         "bisections" (integer, 20): halvings of the last step; "seed" (integer, 0): of random directions; "clip"
 *         (integer, 0): 1 to clip the inputs on the way to ["clip_low" (real, 0), "clip_high" (real, 1)] (the radius
 *         is that before clipping)
 *  @param radii receives samples x count radii: 0 for a sample that is misclassified where it is, infinite where no
 *         prediction is wrong up to the cap
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, no labels), NNDYN_EOPTION, NNDYN_EDATA (parameters, inputs or
 *          directions are not finite, a direction has no length), NNDYN_ESTATE (no layers), NNDYN_ENUMERIC (outputs
 *          overflow), NNDYN_ECALLBACK, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY, NNDYN_ECANCELED
 *  Cost: up to cap / step + bisections forward passes a ray; memory of the network and of a block of 256 rows a thread.
 *  Bits do not depend on the number of threads. */
NNDYN_API int nndyn_basin_ray(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *directions,
                              const nndyn_options *options, double *radii);

/** Statistics of rays: figures of nndyn_basin_ray_statistics.  All but the last are over samples that are classified
 *  right (NaN if there are none); a median that falls among infinite radii is infinite. */
enum {
    NNDYN_RAY_EXIT = 0,        /* share of rays that exit */
    NNDYN_RAY_MEDIAN = 1,      /* median radius, of all rays */
    NNDYN_RAY_MEDIAN_EXIT = 2, /* median radius of the rays that exit; NaN if none does */
    NNDYN_RAY_LEAST = 3,       /* median over samples of the least radius of their rays */
    NNDYN_RAY_WRONG = 4,       /* share of samples that are misclassified: all their radii are 0 */
    NNDYN_RAYS = 5
};

/** Statistics of the radii that nndyn_basin_ray found.
 *  @param context a context, for memory and messages
 *  @param samples how many samples, at least 1
 *  @param count how many directions, at least 1
 *  @param radii samples x count radii, none negative or NaN; of a sample all are 0 or none
 *  @param figures receives NNDYN_RAYS numbers, indexed by NNDYN_RAY_*
 *  @param least,median receive the least and the median radius of each sample; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA (such radii), NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_basin_ray_statistics(nndyn_context *context, int64_t samples, int64_t count, const double *radii,
                                         double *figures, double *least, double *median);

/** Bounds of the adversarial radius of each sample, the length of the smallest change of the input that changes the
 *  prediction:
 *
 *      lower <= r_adv = min { |d| : the prediction at x + d is not the label } <= upper
 *
 *  Upper: the decision boundaries are linearized where the point stands, it is moved to the nearest one and a little
 *  beyond, until its prediction is wrong (S. Moosavi-Dezfooli, A. Fawzi, P. Frossard, "DeepFool", CVPR 2016); then it
 *  slides along the boundary toward the sample as long as that shortens the change; and the segment from the sample to
 *  it is halved.  Lower, by "bound": with margins m_k = z_y - z_k, the least over k of
 *
 *      lipschitz: m_k / L_k,   L_k = |w_y - w_k| x product of max |f'| and |W|_2 of the layers below the last W
 *      piece:     m_k / |grad m_k|, or the distance of the nearest kink of a unit if that is smaller
 *
 *  the latter of networks of straight pieces only (identity, relu, leaky_relu, abs_power 1), whose linear piece ends at
 *  the nearest kink.  Batch norm is a diagonal factor of the W before it; a residual block x + F(x) has 1 + L_F.  Both
 *  bounds hold up to rounding.  For an affine network upper and lower are equal: the distance of the nearest boundary.
 *  @param network the network, of either precision (computed in float64), in evaluation mode; a single output tells two
 *         classes apart as for nndyn_network_evaluate
 *  @param dataset the data, with labels, of the network's precision
 *  @param options "iterations" (integer, 50): most linearizations; "overshoot" (real, 0.02): by how much of itself a
 *         change is lengthened before it is tried; "refinements" (integer, 20): most slides, 0 for DeepFool alone;
 *         "bisections" (integer, 40): of the segment;
 *         "bound" (text, "best"): of lower: "lipschitz", "piece", or "best": the larger of those that the network's
 *         activations allow
 *  @param upper receives the upper bound of each sample: 0 if it is misclassified where it is, infinite if no wrong
 *         prediction was found
 *  @param lower receives the lower bound of each sample, 0 likewise, infinite if no change of the input changes the
 *         prediction; may be NULL
 *  @param perturbed receives samples x inputs, the points at distance upper that are seen to be misclassified (where
 *         upper is 0 or infinite, the sample itself); may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, no labels), NNDYN_EOPTION, NNDYN_EDATA (parameters or inputs are not
 *          finite), NNDYN_ESTATE (no layers), NNDYN_EUNSUPPORTED (a derivative is missing; lower is wanted but an
 *          activation has no bounded derivative, for "lipschitz", has curved pieces, for "piece", or both, for "best"),
 *          NNDYN_ENUMERIC (outputs overflow), NNDYN_ECALLBACK, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY,
 *          NNDYN_ECANCELED
 *  Cost of a sample: for upper some iterations x classes backward passes and bisections forward passes; for lower by
 *  pieces inputs x forward passes; once, singular values of all W.  Memory of the network a thread, by pieces of inputs
 *  x units of all layers too.  Bits do not depend on the number of threads. */
NNDYN_API int nndyn_basin_adversarial(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                      double *upper, double *lower, double *perturbed);

/* ---- basins in weight space: static ------------------------------------------------------------------------------ */

/** Basin of a trained network by noise added to its weights, all layers at once, without training again:
 *
 *      theta' = theta + sigma S xi,     A_w(sigma) = mean over xi of the accuracy on the data
 *
 *  and the radius is the first sigma where A_w falls below theta, as for nndyn_basin_sample.  A draw xi is shared by
 *  all samples, so accuracies of draws are what is independent: intervals are over draws.  Running statistics of batch
 *  norm stay those of the unperturbed network.  The network is not changed.
 *  @param network the network, of either precision (computed in float64), in evaluation mode
 *  @param dataset the data, with labels, of the network's precision; the training data, for the published definition
 *  @param options
 *         "scale" (text, "relative"): S, the standard deviation of a weight's noise at sigma 1: "relative", the
 *         standard deviation of the numbers of its matrix (invariant when ReLU layers are rescaled against each other);
 *         "absolute", 1; "neuron", the root mean square of the weights into its unit (its filter);
 *         "weights" (integer, 1), "biases" (integer, 0), "norms" (integer, 0): which parameters move: weight matrices,
 *         bias vectors, scales and shifts of batch norm (of the vectors "relative" takes the standard deviation of the
 *         vector, "neuron" each one's size);
 *         "draws" (integer, 64, at least 2), "seed" (integer, 0);
 *         "classes" (integer, 0): 1 for the radii of the classes too;
 *         "interval" (text, "t"): "t", mean and spread of the draws' accuracies; "cluster", Wilson's with the effective
 *         number of trials; "bootstrap", over draws with "replicas" (integer, 1000);
 *         "theta", "start", "cap", "ratio", "march", "bisections", "level" as of nndyn_basin_sample
 *  @param out receives the result; its groups are the set and, with "classes", the classes
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, no labels), NNDYN_EOPTION, NNDYN_EDATA (parameters or inputs are not
 *          finite), NNDYN_ESTATE (no layers; no parameters that are to move; the numbers of one of the chosen matrices
 *          or vectors are all equal, so that relative noise would be 0), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY,
 *          NNDYN_ECANCELED
 *  Cost: draws forward passes over the data an amplitude; memory of the parameters and of a block of rows a thread.
 *  Bits do not depend on the number of threads. */
NNDYN_API int nndyn_basin_weights(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                  nndyn_basin **out);

/** As nndyn_basin_weights, with directions of the caller's in place of the normal xi: eigenvectors, interpolations, or
 *  noise of another law.  The interval takes them for independent draws.
 *  @param network,dataset as there
 *  @param draws how many directions, at least 2
 *  @param directions draws x parameters, in the order of nndyn_network_get_parameters; what is not to move by
 *         "weights", "biases" and "norms" is ignored
 *  @param options as there, without "draws"
 *  @param out receives the result
 *  @return as there; NNDYN_EDATA also for directions that are not finite */
NNDYN_API int nndyn_basin_weights_along(nndyn_network *network, nndyn_dataset *dataset, int64_t draws,
                                        const double *directions, const nndyn_options *options, nndyn_basin **out);

/** What the Hessian H of the mean loss at the network's parameters says of the basin: figures of
 *  nndyn_basin_curvature. */
enum {
    NNDYN_CURVATURE_LOSS = 0,        /* mean loss */
    NNDYN_CURVATURE_TRACE = 1,       /* tr(S H S): noise sigma S xi raises the loss by sigma^2/2 of it on average */
    NNDYN_CURVATURE_TRACE_ERROR = 2, /* its standard error (0: exact) */
    NNDYN_CURVATURE_SHARPEST = 3,    /* largest eigenvalue of S H S */
    NNDYN_CURVATURE_RADIUS = 4,      /* sqrt(2 rise / sharpest): the smallest sigma at which the loss rises by "rise"
                                        along S times a unit vector, to second order; infinite if sharpest <= 0 */
    NNDYN_CURVATURE_LARGEST = 5,     /* largest eigenvalue of H itself, all parameters */
    NNDYN_CURVATURE_RATE = 6,        /* 2 / largest: gradient descent is stable below; infinite likewise */
    NNDYN_CURVATURES = 7
};

/** Predictions for small noise, from the Hessian.
 *  @param network the network, with a loss, in evaluation mode
 *  @param dataset the data, of the network's precision
 *  @param options "scale", "weights", "biases", "norms" as of nndyn_basin_weights; "rise" (real, 0.1): of the loss;
 *         "products" (integer, 60, at least 6): of the trace; "tolerance" (real, 1e-6): of the eigenvalues; "seed"
 *         (integer, 0): of the trace's probes
 *  @param figures receives NNDYN_CURVATURES numbers, indexed by NNDYN_CURVATURE_*
 *  @return as nndyn_basin_weights; NNDYN_ESTATE also without a loss; NNDYN_ENUMERIC; NNDYN_EUNSUPPORTED (a second
 *          derivative is missing)
 *  Cost: products + some tens of Hessian-vector products; memory of a pass over all samples. */
NNDYN_API int nndyn_basin_curvature(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                    double *figures);

/** Radii at which the loss has risen by "rise" along directions: sigma with L(theta + sigma S d) = L(theta) + rise,
 *  found by marching up and bisection, and its quadratic approximation sqrt(2 rise / (d' S H S d)).
 *  @param network,dataset as nndyn_basin_curvature
 *  @param count how many directions, at least 1
 *  @param directions count x parameters
 *  @param options "scale", "weights", "biases", "norms", "rise" as there; "start" (real, 0.001), "cap" (real, 100),
 *         "ratio" (real, 1.1): of the march; "bisections" (integer, 40)
 *  @param radius receives count radii, infinite where the loss does not rise so much up to the cap; may be NULL
 *  @param quadratic receives count numbers, infinite where the curvature is not positive; may be NULL
 *  @return as nndyn_basin_curvature */
NNDYN_API int nndyn_basin_loss_radius(nndyn_network *network, nndyn_dataset *dataset, int64_t count,
                                      const double *directions, const nndyn_options *options, double *radius,
                                      double *quadratic);

/** A_w(sigma) with the outputs linearized in the parameters, from margins m_k = z_y - z_k:
 *  mean over samples of the smallest over k of Phi(m_k / (sigma |S grad m_k|)).  Good while A_w > 0.95, optimistic
 *  beyond.
 *  @param network,dataset as nndyn_basin_weights; at least two outputs
 *  @param count how many amplitudes
 *  @param sigma the amplitudes, positive
 *  @param options "scale", "weights", "biases", "norms" as there
 *  @param accuracy receives count numbers
 *  @return as nndyn_basin_weights; NNDYN_EUNSUPPORTED (a single output; a derivative is missing)
 *  Cost: samples x (classes - 1) backward passes. */
NNDYN_API int nndyn_basin_linearized(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                                     const nndyn_options *options, double *accuracy);

/* ---- basins in weight space: dynamic ----------------------------------------------------------------------------- */

/** What training returns to after a kick of the weights. */
typedef struct nndyn_basin_returns nndyn_basin_returns;

/** Senses of returning, from the strictest; theta* and L*, A* are the network before the kick. */
enum {
    NNDYN_RETURN_MINIMUM = 0,  /* |theta - theta*| <= delta_weights |theta*| */
    NNDYN_RETURN_MATCHED = 1,  /* the same after undoing what does not change the function: order of hidden units, signs
                                  of those with an odd activation, scales of those of ReLU type */
    NNDYN_RETURN_FUNCTION = 2, /* predictions (without labels: outputs, within delta_outputs) agree on a share
                                  1 - delta_function of the probe set */
    NNDYN_RETURN_ACCURACY = 3, /* accuracy on the data >= A* - delta_accuracy */
    NNDYN_RETURN_LOSS = 4,     /* loss on the data <= L* + delta_loss */
    NNDYN_RETURNS = 5
};

/** Release a result.  @param returns a result or NULL */
NNDYN_API void nndyn_basin_returns_free(nndyn_basin_returns *returns);

/** Kick a network's weights, train it for a number of steps, and see whether it comes back: share of draws that do, for
 *  each size of the kick.  The control, r = 0, is always there beside the given radii.  The network and the trainer are
 *  not changed: each trial runs on a copy in float64, from a fresh optimizer state and step 0 of the schedule.
 *  @param trainer the trainer, for its network, loss, optimizer and settings
 *  @param dataset the data that training goes on with, of the network's precision
 *  @param probe a data set for the agreement of predictions (targets and labels are not looked at); NULL: dataset
 *  @param count how many radii, at least 1
 *  @param radii sizes of the kick r S xi, positive, ascending
 *  @param options "steps" (integer, 1000, at least 1): T; "draws" (integer, 20, at least 1); "seed" (integer, 0): of
 *         the kicks; "scale", "weights", "biases", "norms" as of nndyn_basin_weights;
 *         "batch" (integer, 0): size of batches drawn by epochs, 0 for all samples; "batch_seed" (integer, 0) and
 *         "common_batches" (integer, 0): 1 gives all trials the same batches, 0 each draw its own (of dropout and
 *         Langevin noise likewise), so that the control shows what the noise of batches does alone;
 *         "delta_weights" (real, 0.05), "delta_function", "delta_outputs", "delta_accuracy", "delta_loss" (reals,
 *         0.01): tolerances; "match" (integer, 1): 0 leaves out NNDYN_RETURN_MATCHED;
 *         "falling" (real, 0.001): a trial that has not returned is undecided if its loss on the data fell by more than
 *         this share of itself over the last tenth of the steps;
 *         "level" (real, 0.95): of the intervals
 *  @param out receives the result
 *  @return NNDYN_OK, NNDYN_EARG (sizes, precision, radii), NNDYN_EOPTION, NNDYN_EDATA, NNDYN_ESTATE (as
 *          nndyn_basin_weights), NNDYN_ENUMERIC (training diverges without any kick: the rate is unstable),
 *          NNDYN_EUNSUPPORTED (matching with residual blocks), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EBUSY, NNDYN_ECANCELED
 *  Cost: draws x (radii + 1) x steps training steps; a control without noise of any kind is run once.  Bits do not
 *  depend on the number of threads. */
NNDYN_API int nndyn_basin_return(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe, int64_t count,
                                 const double *radii, const nndyn_options *options, nndyn_basin_returns **out);

/** Bytes and flops of nndyn_basin_return.
 *  @param trainer,dataset,probe,count,options as there
 *  @param bytes,flops receive the figures; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_return_forecast(nndyn_trainer *trainer, nndyn_dataset *dataset, nndyn_dataset *probe,
                                          int64_t count, const nndyn_options *options, int64_t *bytes, double *flops);

/** Sizes of a result.
 *  @param returns the result
 *  @param radii receives how many radii there are, the control among them; may be NULL
 *  @param draws receives how many trials a radius; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_returns_shape(nndyn_basin_returns *returns, int64_t *radii, int64_t *draws);

/** p(r): share of trials that returned.  The interval is Wilson's at its lower end as if no undecided trial returned,
 *  at its upper end as if all did, and so holds no less often than if all were decided.
 *  @param returns the result
 *  @param criterion NNDYN_RETURN_*
 *  @param capacity for how many radii there is room; 0 to ask for their number
 *  @param radius receives the radii, 0 first; may be NULL
 *  @param share receives p; may be NULL
 *  @param low,high receive the interval; may be NULL
 *  @param undecided receives counts of undecided trials; may be NULL
 *  @param count receives how many radii there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG (also: the call was without "match", the data without labels), NNDYN_EBUSY */
NNDYN_API int nndyn_basin_returns_curve(nndyn_basin_returns *returns, int criterion, int64_t capacity, double *radius,
                                        double *share, double *low, double *high, int64_t *undecided, int64_t *count);

/** R_q = sup { r : p(r') >= q for all r' <= r }, between two of the radii.
 *  @param returns the result
 *  @param criterion NNDYN_RETURN_*
 *  @param q the share, within (0, 1]: 0.5 and 0.95 are usual
 *  @param inside receives the largest radius with p >= q there and below (NaN: not even the control); may be NULL
 *  @param outside receives the next radius, infinite beyond the last; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (also: the call was without "match", the data without labels), NNDYN_EBUSY */
NNDYN_API int nndyn_basin_returns_radius(nndyn_basin_returns *returns, int criterion, double q, double *inside,
                                         double *outside);

/** A quantity of each trial of one radius, by name: "kicked_accuracy" and "kicked_loss", right after the kick;
 *  "accuracy", "loss", at the end; "distance", |theta - theta*| at the end; "matched", the same modulo symmetries (an
 *  upper bound: the best pairing found; NaN without "match"); "agreement", share of equal predictions (without labels:
 *  outputs) on the probe set;
 *  "fall", share of the loss lost in the last tenth of the steps; "diverged", 1 if training broke off because it was
 *  not finite any more (then all else at the end is NaN).
 *  @param returns the result
 *  @param name one of these
 *  @param radius number of the radius, 0 for the control
 *  @param capacity for how many trials there is room; 0 to ask for their number
 *  @param values receives them
 *  @param count receives how many trials there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_returns_get(nndyn_basin_returns *returns, const char *name, int64_t radius, int64_t capacity,
                                      double *values, int64_t *count);

/** theta*, L*, A*: |theta*|, and loss and accuracy on the data before any kick; any output may be NULL.
 *  @param returns the result
 *  @param norm,loss,accuracy receive them
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_basin_returns_reference(nndyn_basin_returns *returns, double *norm, double *loss, double *accuracy);

/* ---- along training ---------------------------------------------------------------------------------------------- */

/** A probe: the basins of a data set along training, in sample space and, if asked, in weight space, as
 *  nndyn_basin_sample and nndyn_basin_weights give them with cheaper settings, and the same noise at every row.
 *  Columns "radius", "low", "high" (of its interval), "accuracy" (without noise); with "classes" then "radius_0", ...;
 *  with "weight_draws" the same again with "weights_" in front.
 *  @param recorder the recorder
 *  @param dataset the data, with labels, of the network's precision; kept alive by the probe; some hundred samples are
 *         enough
 *  @param options those of every probe, and "draws" (integer, 4), "recalibrate" (integer, 0) as of nndyn_basin_sample;
 *         "weight_draws" (integer, 0): the draws of nndyn_basin_weights, 0 or at least 2; of both calls "bisections"
 *         (integer, 10), "classes" (integer, 0), "theta", "start", "cap", "ratio", "level", "seed"; may be NULL
 *  @param probe receives its number; may be NULL
 *  @return as every function that adds a probe; also NNDYN_EARG (sizes, precision, no labels) and NNDYN_ESTATE (no
 *          layers).  Measuring may fail as these calls do
 *  Cost of a row: some 60 x samples x draws forward passes, and as much of the weights' draws. */
NNDYN_API int nndyn_recorder_add_basin(nndyn_recorder *recorder, nndyn_dataset *dataset, const nndyn_options *options,
                                       int64_t *probe);

#ifdef __cplusplus
}
#endif
#endif
