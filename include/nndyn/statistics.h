/* nndyn/statistics.h - power laws: exponents, windows, alternatives, goodness of fit.
 *
 * SPDX-License-Identifier: MIT
 *
 * The density is proportional to x^-k on a window; k is the alpha of the literature.  Samples enter by their size |x|;
 * zeros (atoms, not errors) and what is not finite are counted and left out.  A window is [xmin, xmax], both ends
 * included; xmax = INFINITY is the tail x >= xmin, which has k > 1; on a bounded window k may be any real number.
 * Where an option names an end of a window, 0 is "not given".  docs/powerlaw.md says what to believe of the results.
 *
 * Status of all functions: NNDYN_OK; NNDYN_EARG (an argument is NULL, or a window is empty or does not begin above 0);
 * NNDYN_EOPTION; NNDYN_EBUSY; NNDYN_ENOMEM and NNDYN_ELIMIT where there is working memory; NNDYN_EDATA if the samples
 * do not determine the result: fewer in the window than needed (50, or the option "least"), or all of them at one value
 * or at one edge; NNDYN_ENUMERIC if a result is not finite; NNDYN_EUNSUPPORTED for combinations named below. */
#ifndef NNDYN_STATISTICS_H
#define NNDYN_STATISTICS_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- estimators on a given window -------------------------------------------------------------------------------- */

/** Exponent by maximum likelihood on a bounded window, which should be fixed before looking at the data.
 *  @param context the context
 *  @param n,x the samples
 *  @param xmin,xmax the window, 0 < xmin < xmax, both finite
 *  @param options "least" (integer, 50): fewest samples in the window, at least 2
 *  @param k receives the exponent
 *  @param se receives its standard error for independent samples; may be NULL
 *  Cost: one pass, no working memory. */
NNDYN_API int nndyn_powerlaw_bounded(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                                     const nndyn_options *options, double *k, double *se);

/** Exponent by maximum likelihood on the tail x >= xmin: 1 + n / sum ln(x/xmin) (Hill's estimator plus one), or by the
 *  zeta likelihood for integers.
 *  @param context the context
 *  @param n,x the samples
 *  @param xmin where the tail begins; an integer for discrete data
 *  @param options "least" as above; "discrete" (integer, 0 or 1: 0): samples are integers with P(x) = x^-k / zeta(k,
 *         xmin), and one that is not is NNDYN_EDATA; "corrected" (integer, 0 or 1: 0): without the bias of order 1/n,
 *         1 + (n-1)/sum (continuous data only: else NNDYN_EUNSUPPORTED)
 *  @param k receives the exponent
 *  @param se receives (k-1)/sqrt(n), or that of the zeta likelihood; may be NULL */
NNDYN_API int nndyn_powerlaw_tail(nndyn_context *context, int64_t n, const double *x, double xmin,
                                  const nndyn_options *options, double *k, double *se);

/** Kolmogorov-Smirnov distance between the samples of a window and a power law on it.
 *  @param context the context
 *  @param n,x the samples
 *  @param xmin,xmax the window; xmax may be INFINITY
 *  @param k the exponent; above 1 where xmax is INFINITY
 *  @param options "ties" and "discrete" as in nndyn_powerlaw_fit_create; "least" as above, but 1 by default
 *  @param distance receives it
 *  Cost: a sort; 32 bytes a sample. */
NNDYN_API int nndyn_powerlaw_distance(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                                      double k, const nndyn_options *options, double *distance);

/** Test of curvature in a log-log plot: standard normal under a power law with a fitted exponent, far above 0 where the
 *  density bends down (as a lognormal), far below where it bends up.
 *  @param context the context
 *  @param n,x the samples
 *  @param xmin,xmax the window; xmax may be INFINITY
 *  @param options "least" as above
 *  @param z receives the score */
NNDYN_API int nndyn_powerlaw_curvature(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                                       const nndyn_options *options, double *z);

/** How many independent samples a correlated record is worth: n / (1 + 2 sum of the autocorrelations of ln|x|), summed
 *  up to five times what they add up to.
 *  @param context the context
 *  @param n,x the record, in order of time
 *  @param xmin,xmax the window (xmax may be INFINITY); samples outside are passed over
 *  @param options "least" as above; "lags" (integer, 0: a tenth of the samples): the longest lag
 *  @param effective receives the number
 *  @param time receives 1 + 2 sum, in samples; may be NULL
 *  Cost: (samples in the window) x (about five correlation times); 8 bytes a sample.  Can be canceled. */
NNDYN_API int nndyn_powerlaw_effective_size(nndyn_context *context, int64_t n, const double *x, double xmin,
                                            double xmax, const nndyn_options *options, double *effective, double *time);

/** Confidence interval of the exponent on a window from a dependent record, by resampling blocks of it.
 *  @param context the context
 *  @param n,x the record, in order of time
 *  @param xmin,xmax the window (xmax may be INFINITY)
 *  @param replicas how many, at least 20; 1000 is usual
 *  @param seed of the resampling
 *  @param options "level" (real, 0.95); "block" (integer, 0): length of a block in samples; 0 takes ten correlation
 *         times of ln|x|, at least the cube root of n and at most a tenth of n; "least", "lags" as above
 *  @param k receives the exponent of the record itself; may be NULL
 *  @param low,high receive the interval
 *  NNDYN_EDATA if a replica has no exponent, as with blocks too long for the record.
 *  Cost: n / block operations a replica, in parallel; 16 bytes a sample and a replica.  Can be canceled. */
NNDYN_API int nndyn_powerlaw_interval(nndyn_context *context, int64_t n, const double *x, double xmin, double xmax,
                                      int64_t replicas, int64_t seed, const nndyn_options *options, double *k,
                                      double *low, double *high);

/* ---- streams: any number of samples in constant memory ----------------------------------------------------------- */

/** What is kept of a stream of samples: counts, sums over a window, and a histogram in logarithmic bins. */
typedef struct nndyn_powerlaw_stream nndyn_powerlaw_stream;

/** Open a stream.
 *  @param context the context
 *  @param xmin,xmax the window, 0 < xmin < xmax, both finite
 *  @param bins number of equal bins of ln x, 2 to 1000000; 30 is usual
 *  @param out receives the stream */
NNDYN_API int nndyn_powerlaw_stream_create(nndyn_context *context, double xmin, double xmax, int64_t bins,
                                           nndyn_powerlaw_stream **out);

/** Release a stream.  @param stream a stream or NULL */
NNDYN_API void nndyn_powerlaw_stream_free(nndyn_powerlaw_stream *stream);

/** Add samples.  Sums have twice the digits of a double, so that blocks may be cut as one likes.
 *  @param stream the stream
 *  @param n,x the samples; n may be 0
 *  Cost: about a logarithm a sample. */
NNDYN_API int nndyn_powerlaw_stream_add(nndyn_powerlaw_stream *stream, int64_t n, const double *x);

/** Add samples of single precision.
 *  @param stream the stream
 *  @param n,x the samples; n may be 0 */
NNDYN_API int nndyn_powerlaw_stream_add_f32(nndyn_powerlaw_stream *stream, int64_t n, const float *x);

/** Add to a stream what another one has seen, as with one stream for each thread.
 *  @param stream the stream
 *  @param other another one of the same window and bins; it is not changed */
NNDYN_API int nndyn_powerlaw_stream_merge(nndyn_powerlaw_stream *stream, nndyn_powerlaw_stream *other);

/** Forget all samples.
 *  @param stream the stream */
NNDYN_API int nndyn_powerlaw_stream_clear(nndyn_powerlaw_stream *stream);

/** What became of the samples; each output may be NULL.
 *  @param stream the stream
 *  @param inside receives how many were in the window
 *  @param zeros receives how many were exactly 0
 *  @param below,above receive how many were outside of it; zeros are not among those below
 *  @param nonfinite receives how many were NaN or infinite */
NNDYN_API int nndyn_powerlaw_stream_counts(nndyn_powerlaw_stream *stream, int64_t *inside, int64_t *zeros,
                                           int64_t *below, int64_t *above, int64_t *nonfinite);

/** Exponent by maximum likelihood, as nndyn_powerlaw_bounded; needs 50 samples in the window.
 *  @param stream the stream
 *  @param k receives the exponent
 *  @param se receives its standard error; may be NULL */
NNDYN_API int nndyn_powerlaw_stream_exponent(nndyn_powerlaw_stream *stream, double *k, double *se);

/** Exponent by maximum likelihood from the histogram alone: no bias of discretization, a slightly larger error.
 *  @param stream the stream
 *  @param k receives the exponent
 *  @param se receives its standard error; may be NULL */
NNDYN_API int nndyn_powerlaw_stream_binned(nndyn_powerlaw_stream *stream, double *k, double *se);

/** Test of curvature, as nndyn_powerlaw_curvature.
 *  @param stream the stream
 *  @param z receives the score */
NNDYN_API int nndyn_powerlaw_stream_curvature(nndyn_powerlaw_stream *stream, double *z);

/** Slope of the histogram in a log-log plot, by least squares weighted with the counts: for drawing a line through it.
 *  The estimate to quote is nndyn_powerlaw_stream_exponent.
 *  @param stream the stream
 *  @param k receives minus the slope
 *  @param level receives the natural logarithm of the fitted density at x = 1; may be NULL
 *  @param se receives the standard error of the slope; may be NULL
 *  NNDYN_EDATA if fewer than 3 bins have samples. */
NNDYN_API int nndyn_powerlaw_stream_slope(nndyn_powerlaw_stream *stream, double *k, double *level, double *se);

/** The histogram.
 *  @param stream the stream
 *  @param edges receives bins + 1 edges, from xmin to xmax; may be NULL
 *  @param counts receives bins counts; may be NULL
 *  @param densities receives counts / (inside x width), the density within the window; may be NULL */
NNDYN_API int nndyn_powerlaw_stream_histogram(nndyn_powerlaw_stream *stream, double *edges, int64_t *counts,
                                              double *densities);

/* ---- fits with the end of the window found from the data --------------------------------------------------------- */

/** A fitted power law together with the samples it was fitted to. */
typedef struct nndyn_powerlaw_fit nndyn_powerlaw_fit;

/** Fit a power law, by default with the x_min that makes the Kolmogorov-Smirnov distance smallest (Clauset, Shalizi and
 *  Newman, SIAM Review 51, 661 (2009)).  The scan is exact: every distinct value is a candidate, and one is given up
 *  only when a point of its empirical distribution proves it worse than the best; equal distances go to the larger
 *  window.
 *  @param context the context
 *  @param n,x the samples
 *  @param options
 *         "scan" (text): "xmin" (default); "xmax", the largest value of a law on [xmin, xmax] by the bounded
 *         likelihood; or "none", the window as given;
 *         "xmin" (real, 0): where the window begins, or with scan "xmin" the smallest candidate; 0: the smallest sample
 *         above 0;
 *         "xmax" (real, 0): where it ends, by the bounded likelihood, or with scan "xmax" the largest candidate; 0:
 *         nowhere (with
 *         "xmax": the largest sample);
 *         "least" (integer, 50): fewest samples in a window, at least 2;
 *         "ties" (text): what the empirical distribution is at a value x_i that several samples share.  "distinct"
 *         (default): both its limits, counts below and up to x_i over n, as in the definition of the distance; "plfit":
 *         i/n for i = 0..n-1 in sorted order; "powerlaw": the count below over n.  Scan "xmax" knows "distinct" only
 *         (else NNDYN_EUNSUPPORTED);
 *         "discrete" (integer, 0 or 1: 0): integers, by the zeta likelihood; "plfit" and "powerlaw" then both compare
 *         counts below x_i.  Not with a finite end of the window (NNDYN_EUNSUPPORTED);
 *         "curve" (integer, 0 or 1: 0): keep the distance of every candidate for nndyn_powerlaw_fit_curve
 *  @param out receives the fit, which keeps a sorted copy of the samples
 *  Cost: a sort and, for most data, a few evaluations of the law a candidate; 32 bytes a sample, 32 more a candidate
 *  with "curve".
 *  The candidates are spread over the context's threads.  Can be canceled. */
NNDYN_API int nndyn_powerlaw_fit_create(nndyn_context *context, int64_t n, const double *x,
                                        const nndyn_options *options, nndyn_powerlaw_fit **out);

/** Release a fit.  @param fit a fit or NULL */
NNDYN_API void nndyn_powerlaw_fit_free(nndyn_powerlaw_fit *fit);

/** The exponent.
 *  @param fit the fit
 *  @param k receives it
 *  @param se receives its standard error at the given window, for independent samples; may be NULL */
NNDYN_API int nndyn_powerlaw_fit_exponent(nndyn_powerlaw_fit *fit, double *k, double *se);

/** The window; each output may be NULL.
 *  @param fit the fit
 *  @param xmin,xmax receive it; xmax is INFINITY for a tail
 *  @param inside receives how many samples are in it */
NNDYN_API int nndyn_powerlaw_fit_window(nndyn_powerlaw_fit *fit, double *xmin, double *xmax, int64_t *inside);

/** What became of the samples; each output may be NULL.
 *  @param fit the fit
 *  @param positive receives how many were finite and not 0
 *  @param zeros,nonfinite receive how many were exactly 0, and NaN or infinite
 *  @param distinct receives how many different values the finite ones above 0 have, within "xmax" or "xmin" as given */
NNDYN_API int nndyn_powerlaw_fit_counts(nndyn_powerlaw_fit *fit, int64_t *positive, int64_t *zeros, int64_t *nonfinite,
                                        int64_t *distinct);

/** The Kolmogorov-Smirnov distance in the window.
 *  @param fit the fit
 *  @param distance receives it */
NNDYN_API int nndyn_powerlaw_fit_distance(nndyn_powerlaw_fit *fit, double *distance);

/** The test of curvature in the window, as nndyn_powerlaw_curvature (of discrete data too, where it is approximate).
 *  @param fit the fit
 *  @param z receives the score */
NNDYN_API int nndyn_powerlaw_fit_curvature(nndyn_powerlaw_fit *fit, double *z);

/** All candidates of the scan, in ascending order of x; needs the option "curve" (else NNDYN_ESTATE).
 *  @param fit the fit
 *  @param capacity how many entries each array has room for; 0 to learn the length
 *  @param ends,exponents,distances,inside receive the candidate, its exponent, distance and number of samples; each may
 *         be NULL
 *  @param length receives the number of candidates; NNDYN_EARG, with nothing written, if capacity is neither 0 nor
 *         enough */
NNDYN_API int nndyn_powerlaw_fit_curve(nndyn_powerlaw_fit *fit, int64_t capacity, double *ends, double *exponents,
                                       double *distances, int64_t *inside, int64_t *length);

/** What a power law is compared with, each on the window of the fit; v = ln(x/xmin). */
enum {
    NNDYN_POWERLAW_EXPONENTIAL = 1, /* density of x ~ exp(-p0 x) */
    NNDYN_POWERLAW_LOGNORMAL = 2,   /* density of v ~ exp(-p0 v - p1 v^2/2), p1 >= 0; p1 = 0 is the power law 1 + p0.
                                       ln x has the variance 1/p1 and the mean ln xmin - p0/p1 before it is cut */
    NNDYN_POWERLAW_STRETCHED = 3,   /* density of v ~ exp(p1 v - p0 (exp(p1 v) - 1)/p1), p1 >= 0, so that of x is
                                       ~ x^(p1-1) exp(-c x^p1), c = p0/(p1 xmin^p1); p1 = 0 is the power law 1 + p0 */
    NNDYN_POWERLAW_TRUNCATED = 4    /* density of x ~ x^-p0 exp(-p1 x), p1 >= 0 */
};

/** Compare the fitted power law with an alternative fitted to the same window by maximum likelihood (Vuong's test).
 *  @param fit the fit, of continuous data (else NNDYN_EUNSUPPORTED)
 *  @param alternative one of the list above
 *  @param parameters receives its 2 parameters (the second one 0 for the exponential); may be NULL
 *  @param ratio receives the log-likelihood ratio, above 0 in favor of the power law; may be NULL
 *  @param normalized receives ratio / (sqrt(n) standard deviation of its terms), 0 where the two laws are the same
 *  @param p receives the probability of a ratio this far from 0 were both equally good: small means that the sign of
 *         the ratio can be believed; may be NULL.  The truncated law contains the power law: there p =
 *         erfc(sqrt|ratio|) is the chance of such a gain under the power law
 *  Cost: some hundred passes over the window at most (stretched), few for the others.  Can be canceled. */
NNDYN_API int nndyn_powerlaw_compare(nndyn_powerlaw_fit *fit, int alternative, double *parameters, double *ratio,
                                     double *normalized, double *p);

/** Goodness of fit: the share of synthetic data sets (the fitted law in the window, resampled data outside of it),
 *  fitted in the same way, whose distance is at least that of the data.  Below 0.1 a power law is to be rejected.
 *  @param fit the fit
 *  @param replicas how many, at least 1; 1/(4 e^2) of them for an accuracy e, so 2500 for 0.01
 *  @param seed the seed
 *  @param p receives the share
 *  @param distances receives the distance of each replica; may be NULL
 *  Cost: a fit a replica, in parallel; up to 16 replicas at a time, in at most 256 MB together while one takes less
 *  (about 50 bytes a sample).  Can be canceled.  A replica that cannot be fitted (too few samples in every window) has
 *  the distance 1. */
NNDYN_API int nndyn_powerlaw_goodness(nndyn_powerlaw_fit *fit, int64_t replicas, int64_t seed, double *p,
                                      double *distances);

/* ---- two samples ------------------------------------------------------------------------------------------------- */

/** The two-sample Kolmogorov-Smirnov test, of signed values as they are.
 *  @param context the context
 *  @param n,x,m,y the samples, all finite (else NNDYN_EDATA); n and m at least 1
 *  @param distance receives the largest difference of the two empirical distributions
 *  @param p receives the probability of at least this distance under one common continuous law: exact for n m up to a
 *         million, else by Kolmogorov's limit with Stephens' correction; may be NULL
 *  Cost: two sorts; 16 bytes a sample. */
NNDYN_API int nndyn_ks_two_sample(nndyn_context *context, int64_t n, const double *x, int64_t m, const double *y,
                                  double *distance, double *p);

#ifdef __cplusplus
}
#endif
#endif
