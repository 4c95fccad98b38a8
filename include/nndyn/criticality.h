/* nndyn/criticality.h - emergent criticality: which power law the fluctuations of a parameter follow, and why.
 *
 * SPDX-License-Identifier: MIT
 *
 * One sample moves the bias of an output unit of pre-activation y by u = |g| (times the learning rate), where
 *     g(y) = d/dy h(f(y), t)
 * is made by activation f, loss h and target t; an input weight of it by |x g|.  Where y has the density p(y), the
 * density of u on a monotone branch is p(y)/|g'(y)|, so that it falls as u^-k with the exact local exponent
 *     k(y) = g g''/g'^2 - (d ln p/dy) g/g'.
 * The first term, kappa_0, belongs to activation and loss alone: data that are not critical become so by passing
 * through them where it is constant and the second term small.  docs/criticality.md derives this and works an example.
 *
 * Exponents are those of densities, u^-k, as in nndyn/statistics.h; windows [xmin, xmax] are in units of g, without
 * the learning rate. */
#ifndef NNDYN_CRITICALITY_H
#define NNDYN_CRITICALITY_H
#include "core.h"
#include "data.h"
#include "network.h"
#include "recorder.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- from formulas ----------------------------------------------------------------------------------------------- */

/* Options of both functions below:
 *   "activation_parameter", "loss_parameter", "loss_scale" (real): as "parameter" and "scale" in nndyn/network.h, with
 *       the defaults there; one that the activation or loss does not have is refused;
 *   "update" (text): "bias" (default), g(y); or "weight", y g(y): of an input weight where x is y over the weight.
 * The losses NNDYN_BINARY_CROSS_ENTROPY and NNDYN_POISSON contain the sigmoid, the exponential: use NNDYN_IDENTITY with
 * them, unless there is one more activation before. */

/** The exact local exponent for any activation and loss of the library, in forms that do not cancel in the tails.
 *  @param context the context
 *  @param activation,loss one of the activations, losses of nndyn/network.h
 *  @param t the target; an asymptote of the activation is met by the nearest double, such as M_PI_2
 *  @param count how many points, at least 1
 *  @param y the pre-activations
 *  @param slope d ln p/dy at each y; NULL: kappa_0 alone
 *  @param options see above
 *  @param k receives count exponents.  NaN where g' is 0 (a fold, where p(u) has a square root singularity whatever
 *         p(y); a flat side, where u has an atom; tails that are 0 in double precision) or a derivative is not finite.
 *         At kinks derivatives are those on the right.
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (t, y or slope not finite), NNDYN_EUNSUPPORTED (a custom
 *          activation or loss; softmax cross-entropy, which couples outputs: use binary cross-entropy) */
NNDYN_API int nndyn_local_exponent(nndyn_context *context, int activation, int loss, double t, int64_t count,
                                   const double *y, const double *slope, const nndyn_options *options, double *k);

/** The law of u predicted from a law of y: what the bounded maximum likelihood estimate on a window tends to as the
 *  sample grows, by quadrature of the change of variables over all monotone branches.
 *  @param context the context
 *  @param activation,loss as in nndyn_local_exponent
 *  @param t the target; not used if "targets" is not "fixed"
 *  @param xmin,xmax the window of u, 0 < xmin < xmax, both finite
 *  @param count,y a sample of y, each of equal weight (or quantiles of its law); 0 and NULL: a law by options
 *  @param options those above, and the law of y:
 *         "law" (text): "normal" (default; "mean" 0, "deviation" 1), "uniform" ("low" -1, "high" 1), "exponential"
 *         (y = "origin" 0 + E/"rate" 1 with E unit exponential; a negative rate goes down), "mixture" of two normal
 *         laws ("mean", "deviation", "second_mean" 0, "second_deviation" 1, "second_weight" 0.5);
 *         "targets" (text): "fixed" (default); "calibrated": two classes whose probability the output predicts
 *         right: t is 0 or 1, P(1) = sigmoid(f(y)), with binary cross-entropy, else one of the limits of f, between
 *         which f(y) divides (NNDYN_EUNSUPPORTED if f has not two); "noisy": t = f(y) + "noise" (0.1) xi, xi unit
 *         normal, squared error only (else NNDYN_EUNSUPPORTED);
 *         "input_scale" (real, 1): for "update" "weight", u = |input_scale y g(y)|: 1/w
 *  @param k receives the exponent
 *  @param mass receives the probability of the window
 *  @param decades receives how much of the window the law reaches, in powers of 10
 *  @param mean,square receive the means of u and u^2 over all y; where they do not exist, what the part of the law that
 *         double precision resolves gives: large or infinite numbers without a meaning.  Any output may be NULL
 *  @return as nndyn_local_exponent; NNDYN_EDATA also if k is wanted and the window has no mass, or all of it at one
 *          value; NNDYN_ENOMEM, NNDYN_ELIMIT
 *  Cost: some milliseconds ("noisy": a second at most), or a few passes over the sample. */
NNDYN_API int nndyn_critical_prediction(nndyn_context *context, int activation, int loss, double t, double xmin,
                                        double xmax, int64_t count, const double *y, const nndyn_options *options,
                                        double *k, double *mass, double *decades, double *mean, double *square);

/* ---- from a network: frozen and live ----------------------------------------------------------------------------- */

/** Series of fluctuations of chosen parameters, each kept as sums and a histogram over a window: constant memory
 *  however many samples go through. */
typedef struct nndyn_fluctuations nndyn_fluctuations;

/** Make an empty set of series.
 *  @param network the network; kept alive
 *  @param out receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_fluctuations_create(nndyn_network *network, nndyn_fluctuations **out);

/** Release it; recorders that feed it keep it alive.  @param fluctuations a set or NULL */
NNDYN_API void nndyn_fluctuations_free(nndyn_fluctuations *fluctuations);

/** Add a series: one parameter, or several pooled into one (which mixes laws where these differ).
 *  @param fluctuations the set, into which nothing has been measured yet
 *  @param count how many parameters, at least 1
 *  @param indices count indices into the parameter vector
 *  @param xmin,xmax the window of |g|, 0 < xmin < xmax, both finite; fix it before looking at the data
 *  @param options "bins" (integer 2 to 100000, 30) of the histogram; "parts" (integer 2 to 16, 3): sub-windows of equal
 *         ratio
 *  @param series receives its number, from 0; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (samples are in it already), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_fluctuations_add(nndyn_fluctuations *fluctuations, int64_t count, const int64_t *indices,
                                     double xmin, double xmax, const nndyn_options *options, int64_t *series);

/** Frozen: take in the gradients of single samples at the network's present parameters, in evaluation mode.
 *  @param fluctuations the set
 *  @param n,x,t the samples, n x inputs and n x outputs
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no series, layers or loss), NNDYN_EDATA,
 *          NNDYN_ENUMERIC, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EUNSUPPORTED, NNDYN_ECALLBACK,
 *          NNDYN_ECANCELED.
 *          On failure nothing has been taken in of this call's samples from the failing block of 1024 on.
 *  Cost: a forward and a backward pass, without the gradient's matrix products. */
NNDYN_API int nndyn_fluctuations_measure(nndyn_fluctuations *fluctuations, int64_t n, const double *x, const double *t);

/** Live: take in the gradient of each step of a training run that the recorder's cadence falls on: a probe without a
 *  table.  The steps are of single samples if batches are of size 1; the mean over a batch has another law.
 *  @param recorder the recorder; its trainer's network must be that of the set
 *  @param fluctuations the set; the recorder keeps it alive.  It is busy while a step is measured
 *  @param options those of every probe; may be NULL; the default name is "fluctuations"
 *  @param probe receives its number; may be NULL
 *  @return as all functions that add a probe; NNDYN_ESTATE (no series) */
NNDYN_API int nndyn_recorder_add_fluctuations(nndyn_recorder *recorder, nndyn_fluctuations *fluctuations,
                                              const nndyn_options *options, int64_t *probe);

/** Forget all samples, keep the series.
 *  @param fluctuations the set
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_clear(nndyn_fluctuations *fluctuations);

/** Shape of a series; any output may be NULL.
 *  @param fluctuations the set
 *  @param series its number
 *  @param xmin,xmax receive the window
 *  @param bins,parts receive how many bins and sub-windows it has
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_shape(nndyn_fluctuations *fluctuations, int64_t series, double *xmin, double *xmax,
                                       int64_t *bins, int64_t *parts);

/** What became of the samples of a series; any output may be NULL.
 *  @param fluctuations the set
 *  @param series its number
 *  @param inside receives how many were in the window
 *  @param zeros receives how many were exactly 0: atoms, which are not errors
 *  @param below,above receive how many were outside of it
 *  @param nonfinite receives how many were NaN or infinite
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_counts(nndyn_fluctuations *fluctuations, int64_t series, int64_t *inside,
                                        int64_t *zeros, int64_t *below, int64_t *above, int64_t *nonfinite);

/** Exponent of a series by maximum likelihood on the window, with what tells how far to trust it; any output may be
 *  NULL.
 *  @param fluctuations the set
 *  @param series its number
 *  @param k receives the exponent
 *  @param se receives its standard error for `effective` independent samples
 *  @param effective receives how many independent samples those in the window are worth, from the averages of ln|g|
 *         over blocks of 1, 2, 4, ... samples
 *  @param curvature receives the score of nndyn_powerlaw_curvature, scaled to `effective` samples
 *  @param decades receives log10 of the largest over the smallest sample in the window
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (fewer than 50 samples in the window, or all at one value) */
NNDYN_API int nndyn_fluctuations_exponent(nndyn_fluctuations *fluctuations, int64_t series, double *k, double *se,
                                          double *effective, double *curvature, double *decades);

/** Exponents on the sub-windows, from below.
 *  @param fluctuations the set
 *  @param series its number
 *  @param parts how many numbers each array has room for; must be the series' number of parts
 *  @param k receives the exponents, NaN where a part has fewer than 50 samples or all at one value
 *  @param se receives their standard errors for independent samples; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_parts(nndyn_fluctuations *fluctuations, int64_t series, int64_t parts, double *k,
                                       double *se);

/** Histogram of a series in equal bins of ln|g|.
 *  @param fluctuations the set
 *  @param series its number
 *  @param bins must be the series' number of bins
 *  @param edges receives bins + 1 edges; may be NULL
 *  @param counts receives bins counts; may be NULL
 *  @param densities receives counts / (inside x width): the density within the window; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_histogram(nndyn_fluctuations *fluctuations, int64_t series, int64_t bins,
                                           double *edges, int64_t *counts, double *densities);

/** What stands against calling a series critical: a sum of these, 0 if nothing does. */
enum {
    NNDYN_CRITICAL_SCARCE = 1,      /* fewer than 50 samples in the window: nothing else is said */
    NNDYN_CRITICAL_NARROW = 2,      /* the samples in it span fewer than "decades" */
    NNDYN_CRITICAL_CURVED = 4,      /* |curvature| >= 3, and exponents on sub-windows differ by more than 0.1 */
    NNDYN_CRITICAL_FLAT = 8,        /* |k| below "flat": a fitted regression, as any smooth map gives it */
    NNDYN_CRITICAL_TRANSIENT = 16,  /* the caller's test of equilibrium was not passed */
    NNDYN_CRITICAL_UNPREDICTED = 32 /* not the predicted exponent */
};

/** Verdict on a series.
 *  @param fluctuations the set
 *  @param series its number
 *  @param equilibrium 1 if the run passed a test of equilibrium (nndyn_equilibrium_test) or parameters were frozen at
 *         one, else 0
 *  @param predicted the exponent expected (nndyn_critical_prediction)
 *  @param options "tolerance" (real, 0.05) on the difference, besides three standard errors; "decades" (real, 1.5);
 *         "flat" (real, 0.1)
 *  @param verdict receives 0 for critical, or a sum of NNDYN_CRITICAL_*
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY */
NNDYN_API int nndyn_fluctuations_verdict(nndyn_fluctuations *fluctuations, int64_t series, int equilibrium,
                                         double predicted, const nndyn_options *options, int *verdict);

#ifdef __cplusplus
}
#endif
#endif
