/* nndyn/asymptotics.h - how sizes change with width: exponents with errors, and norms of tensors.
 *
 * SPDX-License-Identifier: MIT
 *
 * A quantity of a random network is a random number at each width n.  That it is O(n^p) means that |quantity| / n^p
 * stays within bounds, but for a share of networks as small as one likes; p is then the exponent that typical sizes
 * share, and it is found by drawing networks at several widths, reducing each sample to statistics (root mean square,
 * quantiles), and fitting lines to their logarithms.  Of a tensor the size is the injective (subordinate) norm: the
 * largest value it takes on unit vectors, one a slot.  docs/asymptotics.md says what to believe of the results.
 *
 * Status of all functions: NNDYN_OK; NNDYN_EARG; NNDYN_EOPTION; NNDYN_EBUSY; NNDYN_ENOMEM and NNDYN_ELIMIT where there
 * is working memory; NNDYN_EDATA (input that is not finite, or as named below); NNDYN_ECANCELED. */
#ifndef NNDYN_ASYMPTOTICS_H
#define NNDYN_ASYMPTOTICS_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- injective norms --------------------------------------------------------------------------------------------- */

/** Bounds of the injective norm of a tensor, sup |T(v_1, .., v_r)| over unit vectors v_a, one a slot: the length of a
 *  vector, the largest singular value of a matrix.  Above order 2 no cheap algorithm finds it for certain.  The lower
 *  bound is the best of many climbs (alternating power iteration: each v_a in turn becomes what the other vectors leave
 *  of T); the upper bound is the least of the largest singular values of all matrices that the tensor can be folded
 *  into.  Both are exact for orders 1 and 2.
 *  @param context the context
 *  @param order number of slots, 1 to 10
 *  @param dims their lengths, at least 1 each
 *  @param tensor dims[0] x .. x dims[order - 1] numbers, row-major
 *  @param options
 *         "restarts" (integer, 20): climbs from random vectors, beside order + 1 from singular vectors;
 *         "cycles" (integer, 1000): most rounds through all slots in one climb;
 *         "tolerance" (real, 1e-12): a climb ends when a round gains less than this share;
 *         "symmetric" (integer, 0): so many last slots may be exchanged for each other without changing the tensor
 *         (0 and 1: none), and get one common vector, which costs nothing of the supremum.  NNDYN_EDATA if it is not so
 *         to 1e-8 of the largest entry;
 *         "seed" (integer, 0)
 *  @param lower receives the lower bound: a value the tensor takes
 *  @param upper receives the upper bound, never below lower; NULL: not computed
 *  @param agreeing receives how many climbs ended within 1e-6 of the best, relatively; 0: the best one did not converge
 *         in the rounds allowed (lower is a bound all the same); 1 of many: raise "restarts".  May be NULL
 *  @param vectors receives the vectors of the lower bound one after the other, dims[0] + .. + dims[order - 1] numbers;
 *         may be NULL.  The tensor takes lower on them, or -lower if all slots are symmetric and their number is even
 *  Cost: entries x order a round; for the upper bound entries x (shorter side) for each of 2^(order-1) - 1 matrices.
 *  Climbs are spread over the context's threads, same bits at any number.  Memory: twice the tensor, as much again a
 *  thread divided by its last length, and a square matrix of the shorter side. */
NNDYN_API int nndyn_injective_norm(nndyn_context *context, int64_t order, const int64_t *dims, const double *tensor,
                                   const nndyn_options *options, double *lower, double *upper, int64_t *agreeing,
                                   double *vectors);

/** The same for a tensor with one more slot that is known by inner products alone, as a slot of all parameters of a
 *  network: entries t_I are vectors, and gram holds t_I . t_J.  sup |sum_I v_1[i_1] .. v_r[i_r] t_I| over unit vectors.
 *  @param context the context
 *  @param order number of slots beside the hidden one, 1 to 9
 *  @param dims their lengths, at least 1 each; N is their product, and I counts row-major
 *  @param gram N x N, symmetric positive semidefinite: eigenvalues below 0 by no more than 1e-8 of the largest are
 *         taken as 0; beyond that, or if the asymmetry is a larger share of the largest entry, it is NNDYN_EDATA
 *  @param options as above; "symmetric" counts slots of dims, and is checked on the diagonal of gram
 *  @param lower,upper,agreeing as above
 *  @param vectors receives the vectors of the slots of dims; may be NULL
 *  Cost: an eigendecomposition of gram, then as above with N x rank entries.  Memory: four times gram, and as above. */
NNDYN_API int nndyn_injective_norm_gram(nndyn_context *context, int64_t order, const int64_t *dims, const double *gram,
                                        const nndyn_options *options, double *lower, double *upper, int64_t *agreeing,
                                        double *vectors);

/* ---- exponents of width ------------------------------------------------------------------------------------------ */

/** Exponents fitted to samples of a size at several widths. */
typedef struct nndyn_width_exponent nndyn_width_exponent;

/** What the samples say of one exponent p in size ~ n^p. */
enum {
    NNDYN_EXPONENT_CONSISTENT = 1,  /* all statistics share a power */
    NNDYN_EXPONENT_SPLIT = 2,       /* they do not, by more than 3 standard errors of the difference: a mixture or a
                                       heavy tail, and the exponent depends on the quantile */
    NNDYN_EXPONENT_CURVED = 3,      /* the local slopes change with width, by more than 3 standard errors: widths are
                                       too small, there is a logarithm, or it is no power */
    NNDYN_EXPONENT_INSUFFICIENT = 4 /* fewer than 3 widths, fewer than 8 samples at one, or a sample that is 0; no
                                       exponent was fitted */
};

/** The models of the logarithm of a statistic at width n. */
enum {
    NNDYN_EXPONENT_POWER = 1,      /* a + p ln n */
    NNDYN_EXPONENT_CORRECTED = 2,  /* a + p ln n + c / n */
    NNDYN_EXPONENT_LOGARITHMIC = 3 /* a + p ln n + c ln ln n; widths above 1 only */
};

/** Fit exponents.  The statistics are 0, the root mean square, and 1, 2, .., the quantiles asked for.  Errors are
 *  standard deviations over resamplings of the samples within each width (stratified bootstrap); the variance of a
 *  point is, as a weight of fits and in chi squared, half its own, half that of all widths for as many samples.
 *  @param context the context
 *  @param count number of widths
 *  @param widths the widths, ascending, above 0; any other positive scale that is varied will do
 *  @param samples how many samples each width has; at least 1
 *  @param values the samples, all of the first width first: sizes, so none below 0 (NNDYN_EDATA)
 *  @param quantiles how many quantiles, 0 to 32; with levels NULL and 0: 0.25, 0.5, 0.75 and 0.9
 *  @param levels their levels, ascending, each within 0 and 1 exclusively
 *  @param options
 *         "replicas" (integer, 1000): resamplings, at least 100;
 *         "level" (real, 0.95): of the intervals;
 *         "least_width" (real, 0): smaller widths are left out;
 *         "model" (text): which fit is preferred: "auto" (default: the power, and the corrected one if chi squared of
 *         the power is above 2 for each degree of freedom and there are at least 5 widths), "power", "corrected",
 *         "logarithmic" (the latter two need 4 widths, else the power is preferred);
 *         "seed" (integer, 0)
 *  @param out receives the result
 *  Too little to fit is not an error but the verdict NNDYN_EXPONENT_INSUFFICIENT.
 *  Cost: replicas x samples, over the context's threads, same bits at any number; 16 bytes a sample and 8 for each
 *  replica, statistic and width.  Can be canceled. */
NNDYN_API int nndyn_width_exponent_create(nndyn_context *context, int64_t count, const double *widths,
                                          const int64_t *samples, const double *values, int64_t quantiles,
                                          const double *levels, const nndyn_options *options,
                                          nndyn_width_exponent **out);

/** Release a result.  @param exponent a result or NULL */
NNDYN_API void nndyn_width_exponent_free(nndyn_width_exponent *exponent);

/** The verdict.
 *  @param exponent the result
 *  @param verdict receives NNDYN_EXPONENT_CONSISTENT, _SPLIT, _CURVED or _INSUFFICIENT; what is both split and curved
 *         is split */
NNDYN_API int nndyn_width_exponent_verdict(nndyn_width_exponent *exponent, int *verdict);

/** The exponent to quote: by the preferred model, of the root mean square; if SPLIT, of the highest reliable quantile
 *  (a level of at most 1 - 10 / samples), which is what O(n^p) speaks of, as far as so many samples tell.  All
 *  functions from here on return NNDYN_EDATA, naming what is missing, if the verdict is INSUFFICIENT.
 *  @param exponent the result
 *  @param p receives the exponent
 *  @param se receives its standard error; may be NULL
 *  @param low,high receive the interval, p -+ a normal quantile times se; may be NULL
 *  @param statistic receives which statistic it is of; may be NULL
 *  @param model receives the model, NNDYN_EXPONENT_POWER, ..; may be NULL */
NNDYN_API int nndyn_width_exponent_quote(nndyn_width_exponent *exponent, double *p, double *se, double *low,
                                         double *high, int64_t *statistic, int *model);

/** Sizes of the arrays below; each output may be NULL.
 *  @param exponent the result
 *  @param widths receives how many widths were fitted
 *  @param statistics receives 1 + the number of quantiles */
NNDYN_API int nndyn_width_exponent_counts(nndyn_width_exponent *exponent, int64_t *widths, int64_t *statistics);

/** Which statistic a number stands for.
 *  @param exponent the result
 *  @param statistic 0 to the number of statistics - 1
 *  @param level receives the level of the quantile; 0 for statistic 0, the root mean square; may be NULL
 *  @param reliable receives whether at least 10 samples of each width lie above it (1 for the root mean square): only
 *         then it takes part in the verdict; may be NULL */
NNDYN_API int nndyn_width_exponent_statistic(nndyn_width_exponent *exponent, int64_t statistic, double *level,
                                             int *reliable);

/** The exponent of one statistic by one model.
 *  @param exponent the result
 *  @param statistic as above
 *  @param model one of the list above; 0: the preferred one.  NNDYN_EUNSUPPORTED for a third parameter with fewer than
 *         4 widths, and for the logarithmic one with a width of 1 or below
 *  @param p receives the exponent
 *  @param se,low,high receive its standard error and interval; may be NULL */
NNDYN_API int nndyn_width_exponent_value(nndyn_width_exponent *exponent, int64_t statistic, int model, double *p,
                                         double *se, double *low, double *high);

/** The rest of the same fit; each output may be NULL.
 *  @param exponent the result
 *  @param statistic,model as above
 *  @param a receives the constant: exp(a) is the size extrapolated to n = 1
 *  @param c receives the coefficient of the third term, 0 for the power alone
 *  @param chi_squared receives sum of (residual / standard error)^2, where the square of the error is the mean of
 *         that of the point and of what all widths together say of it
 *  @param freedom receives widths - parameters, its expectation if the model holds */
NNDYN_API int nndyn_width_exponent_fit(nndyn_width_exponent *exponent, int64_t statistic, int model, double *a,
                                       double *c, double *chi_squared, int64_t *freedom);

/** The points of one statistic, for drawing.
 *  @param exponent the result
 *  @param statistic as above
 *  @param widths,values receive the widths fitted and the statistic there; may be NULL
 *  @param errors receives the standard errors of ln(value), which are relative errors of the value; may be NULL */
NNDYN_API int nndyn_width_exponent_points(nndyn_width_exponent *exponent, int64_t statistic, double *widths,
                                          double *values, double *errors);

/** Slopes between neighboring widths, one fewer than there are widths.
 *  @param exponent the result
 *  @param statistic as above
 *  @param at receives the geometric means of neighbors; may be NULL
 *  @param slopes,errors receive the slopes and their standard errors; may be NULL */
NNDYN_API int nndyn_width_exponent_slopes(nndyn_width_exponent *exponent, int64_t statistic, double *at, double *slopes,
                                          double *errors);

/** How the local slope changes: its derivative by ln n, twice the third coefficient of a + p ln n + c (ln n)^2.
 *  @param exponent the result
 *  @param statistic as above
 *  @param trend receives it: above 0 the decay gets slower with width
 *  @param se receives its standard error; may be NULL */
NNDYN_API int nndyn_width_exponent_trend(nndyn_width_exponent *exponent, int64_t statistic, double *trend, double *se);

/** The two reliable statistics whose powers differ most, in standard errors; each output may be NULL.
 *  @param exponent the result
 *  @param first,second receive their numbers; 0 and 0 if there is no pair of reliable ones
 *  @param difference receives p of the second - p of the first, by the model POWER
 *  @param se receives the standard error of the difference */
NNDYN_API int nndyn_width_exponent_spread(nndyn_width_exponent *exponent, int64_t *first, int64_t *second,
                                          double *difference, double *se);

#ifdef __cplusplus
}
#endif
#endif
