/* nndyn/separation.h - how far each layer has come: separation of classes, load curves, and what they say of training.
 *
 * SPDX-License-Identifier: MIT
 *
 * Of N features h (rows of width d) in classes c, with class means m_c, global mean m, and weights w_c = n_c/N,
 *
 *     Sigma_W = sum_c w_c (1/n_c) sum_{n in c} (h_n - m_c)(h_n - m_c)'      Sigma_B = sum_c w_c (m_c - m)(m_c - m)'
 *
 *     D         = ln( tr Sigma_W / tr Sigma_B )       the separation: lower is better separated
 *     D_HS      = ln Tr( Sigma_W Sigma_B^+ )          He and Su's
 *     D_inverse = ln Tr( Sigma_B Sigma_W^+ )          of discriminants: higher is better separated
 *
 * The load curve of a network is D_0, ..., D_L at its input and after each hidden layer; the load of layer l is
 * D_{l-1} - D_l.  Logarithms are natural, sums and results double whatever the precision of the features.
 *
 * Shi, Pan and Dokmanic, "Spring-block theory of feature learning in deep neural networks", Phys. Rev. Lett. (2025),
 * arXiv:2407.19353; He and Su, "A law of data separation in deep learning", PNAS 120 (2023), arXiv:2210.17020;
 * docs/separation.md. */
#ifndef NNDYN_SEPARATION_H
#define NNDYN_SEPARATION_H
#include "core.h"
#include "data.h"
#include "network.h"
#include "recorder.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- of features ------------------------------------------------------------------------------------------------- */

/** What is measured of features; places in an array of values.  Later versions may add to the end of the list. */
enum {
    NNDYN_SEPARATION_D = 0,            /* ln( tr Sigma_W / tr Sigma_B ) */
    NNDYN_SEPARATION_D_HS = 1,         /* ln Tr( Sigma_W Sigma_B^+ ); NaN unless "he_su" */
    NNDYN_SEPARATION_D_INVERSE = 2,    /* ln Tr( Sigma_B Sigma_W^+ ); NaN unless "inverse" */
    NNDYN_SEPARATION_WITHIN = 3,       /* tr Sigma_W */
    NNDYN_SEPARATION_BETWEEN = 4,      /* tr Sigma_B */
    NNDYN_SEPARATION_RANK_BETWEEN = 5, /* of Sigma_B, as used for D_HS; NaN unless "he_su" */
    NNDYN_SEPARATION_RANK_WITHIN = 6,  /* of Sigma_W, as used for D_inverse; NaN unless "inverse" */
    NNDYN_SEPARATION_CONDITION = 7,    /* s_r / s_1, square roots of the least eigenvalue of Sigma_B that is kept and of
                                          the largest: D_HS is as uncertain as this is small; NaN unless "he_su" */
    NNDYN_SEPARATION_CLASSES = 8,      /* classes that are not empty */
    NNDYN_SEPARATION_SAMPLES = 9,      /* N */
    NNDYN_SEPARATION_VALUES = 10       /* length of the list */
};

/** What to know about the values: bits that are added up in flags. */
enum {
    NNDYN_SEPARATION_EMPTY_CLASS = 1,      /* a class has no sample; it is left out */
    NNDYN_SEPARATION_SINGLE_CLASS = 2,     /* only one class has samples */
    NNDYN_SEPARATION_ZERO_BETWEEN = 4,     /* Sigma_B is 0 within rounding: D and D_HS are infinite, D_inverse minus
                                           infinity */
    NNDYN_SEPARATION_ZERO_WITHIN = 8,      /* Sigma_W is 0: D and D_HS are minus infinity, D_inverse infinite; NaN if
                                           Sigma_B is 0 too, as of a layer whose features are constant */
    NNDYN_SEPARATION_RANK_DEFICIENT = 16,  /* Sigma_B has less than the rank min(classes - 1, width) it could have:
                                             D_HS jumps where it changes, so compare with CONDITION */
    NNDYN_SEPARATION_SCATTER_OUTSIDE = 32, /* no scatter within the span of the class means: D_HS is minus infinity */
    NNDYN_SEPARATION_WITHIN_DEFICIENT = 64 /* Sigma_W has less than rank min(width, N - classes): directions without
                                              any scatter are left out of D_inverse */
};

/** Separation of given features.  Class sums are taken about a sample of the class and merged as they grow, so that
 *  nothing cancels when classes collapse; a second pass is made for D_HS and D_inverse only.
 *  @param context the context
 *  @param n samples, at least 1
 *  @param width numbers of a feature, at least 1, may be beyond n.  Convolutional features: flattened.
 *  @param x n x width
 *  @param classes how many, at least 1: labels are 0..classes-1; or 0: labels are any numbers, equal ones are a class
 *  @param labels n of them
 *  @param options "he_su" (integer, 0): 1 measures D_HS too; "inverse" (integer, 0): 1 measures D_inverse too; "rtol"
 *         (double in [0, 1), 0 = max(width, classes) 2.2e-16): relative cut; directions of Sigma_B are left out where
 *         s_i <= rtol s_1 (and beyond the rank min(classes - 1, width) in any case), those of Sigma_W where the
 *         eigenvalue is <= rtol times the largest; "weights" (text): "samples" (default): w_c = n_c/N, "classes": w_c
 *         = 1/C, C counting those that are not empty (He and Su's script; the same where classes have equal sizes);
 *         "block" (integer from 1, 256): rows at a time in the second pass; "stride" (integer, 0 = width): numbers from
 *         one row of x to the next, at least width
 *  @param count how many values of the list are wanted, from 1
 *  @param values receives count numbers, see NNDYN_SEPARATION_*; NaN beyond the library's list
 *  @param flags receives bits; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (a number is not finite, with row and column; a label out
 *          of range), NNDYN_ENUMERIC (squares beyond the range of double; no convergence), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT, NNDYN_ECALLBACK (the executor failed), NNDYN_ECANCELED
 *  Cost: O(n width), memory O(classes width).  "he_su" adds 2 n width classes + O(width classes^2) flops and never
 *  forms a width x width matrix; "inverse" forms one (2 n width^2 + O(width^3)), or where width > n the n x width
 *  matrix of deviations (O(n^2 width)). */
NNDYN_API int nndyn_separation(nndyn_context *context, int64_t n, int64_t width, const double *x, int64_t classes,
                               const int64_t *labels, const nndyn_options *options, int64_t count, double *values,
                               int *flags);
/** As nndyn_separation, of single-precision features; sums are double. */
NNDYN_API int nndyn_separation_f32(nndyn_context *context, int64_t n, int64_t width, const float *x, int64_t classes,
                                   const int64_t *labels, const nndyn_options *options, int64_t count, double *values,
                                   int *flags);

/** The discriminant directions v_i, with v' Sigma_B v = 1 and v' Sigma_W v = lambda_i (fuzziness: scatter over distance
 *  along this direction), within the span of the class means; exp(D_HS) is the sum of all lambda_i.
 *  @param context,n,width,x,classes,labels as in nndyn_separation
 *  @param options as there ("he_su" and "inverse" are of no account)
 *  @param capacity for how many directions there is room, at least 1; there are at most min(classes - 1, width)
 *  @param fuzziness receives lambda_i, ascending (the best separated direction first)
 *  @param vectors receives v_i, a row of width numbers each, the entry of largest size positive; may be NULL
 *  @param count receives how many there are (the rank of Sigma_B); the first capacity of these are written
 *  @return as nndyn_separation */
NNDYN_API int nndyn_separation_directions(nndyn_context *context, int64_t n, int64_t width, const double *x,
                                          int64_t classes, const int64_t *labels, const nndyn_options *options,
                                          int64_t capacity, double *fuzziness, double *vectors, int64_t *count);
/** As nndyn_separation_directions, of single-precision features. */
NNDYN_API int nndyn_separation_directions_f32(nndyn_context *context, int64_t n, int64_t width, const float *x,
                                              int64_t classes, const int64_t *labels, const nndyn_options *options,
                                              int64_t capacity, double *fuzziness, double *vectors, int64_t *count);

/* ---- of features that come in pieces ----------------------------------------------------------------------------- */

/** An accumulator: D needs one pass over the samples; D_HS and D_inverse a second one over the same samples in any
 *  order.  Memory: 2 classes x width + 3 classes numbers, and in the second pass classes x width more for D_HS, width x
 *  width for D_inverse, and a block of rows. */
typedef struct nndyn_separation_stream nndyn_separation_stream;

/** Make an empty accumulator.
 *  @param context the context
 *  @param width numbers of a feature
 *  @param classes how many, at least 1
 *  @param options as nndyn_separation but "stride"
 *  @param out receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_separation_stream_create(nndyn_context *context, int64_t width, int64_t classes,
                                             const nndyn_options *options, nndyn_separation_stream **out);

/** Release an accumulator.  @param stream an accumulator or NULL */
NNDYN_API void nndyn_separation_stream_free(nndyn_separation_stream *stream);

/** Add samples, to the pass that is running.
 *  @param stream the accumulator
 *  @param n how many, at least 1
 *  @param x n x width
 *  @param labels n of them, 0..classes-1
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ESTATE (in the second pass a class gets more samples than in the
 *          first), NNDYN_EBUSY, NNDYN_ECALLBACK (the executor failed: only some of the samples count, and all calls but
 *          nndyn_separation_stream_free return NNDYN_ESTATE from then on).  After any other failure the accumulator is
 *          as it was. */
NNDYN_API int nndyn_separation_stream_add(nndyn_separation_stream *stream, int64_t n, const double *x,
                                          const int64_t *labels);
/** As nndyn_separation_stream_add, in single precision. */
NNDYN_API int nndyn_separation_stream_add_f32(nndyn_separation_stream *stream, int64_t n, const float *x,
                                              const int64_t *labels);

/** Add what another accumulator of the same sizes and options has gathered, which stays as it is.  In the first pass
 *  by Chan's formula; in the second pass both must come from the same first pass (nndyn_separation_stream_copy).
 *  @param stream,other the accumulators
 *  @return NNDYN_OK, NNDYN_EARG (sizes, options), NNDYN_ESTATE (passes, or first passes, differ), NNDYN_EBUSY */
NNDYN_API int nndyn_separation_stream_merge(nndyn_separation_stream *stream, nndyn_separation_stream *other);

/** An independent copy, as for a second pass in several threads.
 *  @param stream the accumulator
 *  @param out receives the copy
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_separation_stream_copy(nndyn_separation_stream *stream, nndyn_separation_stream **out);

/** End the first pass and begin the second.
 *  @param stream the accumulator
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no samples; a second pass was begun; none of "he_su", "inverse" is
 *          wanted), NNDYN_ENUMERIC, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_separation_stream_second_pass(nndyn_separation_stream *stream);

/** Read the values at any time; in the first pass D_HS, D_inverse and what belongs to them are NaN.
 *  @param stream the accumulator
 *  @param count,values,flags as in nndyn_separation
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no samples; the second pass has not seen all of them yet),
 *          NNDYN_ENUMERIC, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_separation_stream_get(nndyn_separation_stream *stream, int64_t count, double *values, int *flags);

/* ---- of a network ------------------------------------------------------------------------------------------------ */

/** Where a network is measured: at its input, after the batch norm it begins with if it does; for every dense layer but
 *  the last, at the output of the last layer before the next dense one that does something in evaluation (so after
 *  batch norm, activation and the end of a residual block, before dropout); and with "outputs" at the network's
 *  outputs.
 *  @param network the network, with layers
 *  @param options "outputs" (integer, 0)
 *  @param capacity for how many sites there is room; 0 to ask for their number
 *  @param layers receives for each site the layer whose output it is, -1 for the input itself; may be NULL
 *  @param widths receives their widths; may be NULL
 *  @param count receives how many there are; the first capacity of these are written
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE, NNDYN_EBUSY */
NNDYN_API int nndyn_separation_layers(nndyn_network *network, const nndyn_options *options, int64_t capacity,
                                      int64_t *layers, int64_t *widths, int64_t *count);

/** Separation at every site of nndyn_separation_layers, with loss and accuracy, in one pass over the data in evaluation
 *  mode.  Rows go through in blocks and are added up while they are in the caches: memory does not grow with the number
 *  of samples.  "he_su" and "inverse" make a second pass.  Results are the same bits at any number of threads.
 *  Give clean training data: no noise, true labels.
 *  @param network the network
 *  @param dataset the data, of the network's precision, with labels
 *  @param options "outputs" (integer, 0), and those of nndyn_separation but "block" and "stride"
 *  @param capacity for how many sites there is room; all must fit
 *  @param count how many values a site
 *  @param values receives sites x count, each row as in nndyn_separation
 *  @param flags receives bits for each site; may be NULL
 *  @param sites receives the number of sites; may be NULL
 *  @param loss receives the mean loss, bit for bit that of nndyn_network_evaluate; may be NULL
 *  @param accuracy receives the accuracy, likewise; may be NULL
 *  @return as nndyn_network_evaluate; NNDYN_EARG also if capacity is less than there are sites, NNDYN_ESTATE if the
 *          data have no labels, NNDYN_ENUMERIC also if features of a hidden layer are not finite (the message names the
 *          layer) or their squares are beyond the range of double, NNDYN_ECALLBACK also if the executor failed
 *  Cost: D adds 2 to 9 percent to the forward pass, the less the wider the layers (measured with 20 layers and 10
 *  classes, float32, AVX-512, one thread: 7 to 9 percent at width 100, 2 to 3 percent at width 1000); with "he_su" or
 *  "inverse" a second pass. */
NNDYN_API int nndyn_network_separation(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options,
                                       int64_t capacity, int64_t count, double *values, int *flags, int64_t *sites,
                                       double *loss, double *accuracy);

/* ---- load curves ------------------------------------------------------------------------------------------------- */

/** Statistics of a load curve D_0, ..., D_L with loads d_l = D_{l-1} - D_l; places in an array of values.  Later
 *  versions may add to the end of the list. */
enum {
    NNDYN_LOAD_CURVE_V = 0,     /* standard deviation of the loads (divided by L) */
    NNDYN_LOAD_CURVE_C = 1,     /* d_1 - d_L, the sum of second differences of D: > 0 where early layers carry more */
    NNDYN_LOAD_CURVE_KAPPA = 2, /* c / (D_0 - D_L) */
    NNDYN_LOAD_CURVE_SIGMA = 3, /* v / (D_0 - D_L) */
    NNDYN_LOAD_CURVE_BOW = 4,   /* mean of (D_l - D_L) / (D_0 - D_L), less 1/2: > 0 where late layers carry more
                                       (the opposite sign of c), of all layers */
    NNDYN_LOAD_CURVE_R_SQUARED = 5, /* squared correlation of D_l with l */
    NNDYN_LOAD_CURVE_SLOPE = 6,     /* of the line through D_l by least squares */
    NNDYN_LOAD_CURVE_QUADRATIC = 7, /* coefficient of l^2 of the parabola through D_l by least squares: > 0 where early
                                       layers carry more; NaN of two points */
    NNDYN_LOAD_CURVE_MONOTONE = 8,  /* 1 if no load is negative, else 0 */
    NNDYN_LOAD_CURVE_LARGEST = 9,   /* the layer l, from 1, of the largest load (the first of equals) */
    NNDYN_LOAD_CURVE_DROP = 10,     /* D_0 - D_L */
    NNDYN_LOAD_CURVE_VALUES = 11    /* length of the list */
};

/** Verdicts on a load curve, by its bow. */
enum {
    NNDYN_LOAD_CURVE_UNDEFINED = 0,   /* D_0 <= D_L, or a number is not finite: untrained, diverged or collapsed */
    NNDYN_LOAD_CURVE_LATE_LOADED = 1, /* bow > threshold: late layers do the work; little noise, strong nonlinearity */
    NNDYN_LOAD_CURVE_BALANCED = 2,    /* in between */
    NNDYN_LOAD_CURVE_EARLY_LOADED = 3 /* bow < -threshold: early layers do the work; much noise, weak nonlinearity */
};

/** Loads and statistics of a curve of separations.
 *  @param context the context
 *  @param count points of the curve, at least 2 (3 with "drop_last")
 *  @param d D_0, D_1, ...; numbers that are not finite make what needs them NaN, and the verdict undefined
 *  @param options "drop_last" (integer, 0): 1 leaves out the last point (the logits; the literature does);
 *         "threshold" (double >= 0, 0.03): of |bow|
 *  @param loads receives d_1, ..., d_L, that is count - 1 numbers, or count - 2 with "drop_last"; may be NULL
 *  @param nvalues how many of the values are wanted; 0 for none
 *  @param values receives nvalues numbers, see NNDYN_LOAD_CURVE_*; kappa, sigma and bow are NaN where D_0 <= D_L;
 *         NaN beyond the library's list
 *  @param verdict receives the verdict; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION */
NNDYN_API int nndyn_load_curve(nndyn_context *context, int64_t count, const double *d, const nndyn_options *options,
                               double *loads, int64_t nvalues, double *values, int *verdict);

/** Name of a verdict, as in "late loaded".
 *  @param verdict one of the verdicts
 *  @return static text; "unknown" for any other number */
NNDYN_API const char *nndyn_load_curve_verdict_name(int verdict);

/** From a short sweep along one noise knob (label or input noise, dropout, learning rate, one over the batch size): the
 *  run of the straightest load curve among those that trained, and where to go from there.  Straight curves go with
 *  good generalization: a correlation, no proof, and weak for nearly linear networks.
 *  @param context the context
 *  @param runs how many, at least 1
 *  @param levels the knob of each run, in any order: larger is more noise
 *  @param bows,sigmas of each run's load curve; NaN where it is undefined: that run is passed over
 *  @param losses final training loss of each run, on clean data; NaN if it diverged
 *  @param limit a run trained if its loss is at most this, > 0 (for C classes and cross-entropy ln(C)/2, say):
 *         runs that did not train are straight as well
 *  @param options "threshold" (double >= 0, 0.03): of |bow|
 *  @param straightest receives the number of the run of least sigma (first of equals) among those that trained, -1 if
 *         there is none
 *  @param direction receives 1: from there to more noise or less nonlinearity (bow > threshold); -1: to less noise or
 *         more nonlinearity (bow < -threshold); 0: it is balanced, or there is no such run
 *  @param level receives a level to try: where the bow crosses 0 between that run and its neighbor in this direction,
 *         by linear interpolation; NaN if it does not, the run's own level for direction 0; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA (a level is not finite) */
NNDYN_API int nndyn_load_curve_advice(nndyn_context *context, int64_t runs, const double *levels, const double *bows,
                                      const double *sigmas, const double *losses, double limit,
                                      const nndyn_options *options, int64_t *straightest, int *direction,
                                      double *level);

/** A probe: loss, accuracy, separation at every site (the network's outputs not among them) and statistics of the load
 *  curve after the step, in evaluation mode: columns "loss", "accuracy", "separation_0", ..., "separation_<L>",
 *  "kappa", "sigma", "bow", "r_squared"; figures that are undefined are NaN.
 *  @param recorder the recorder; its network has at least two dense layers
 *  @param dataset the data, clean, of the network's precision and sizes, with labels; kept alive by the probe
 *  @param options those of every probe, and "weights" as in nndyn_separation
 *  @param probe receives its number; may be NULL
 *  @return as the other functions that add a probe (nndyn/recorder.h) */
NNDYN_API int nndyn_recorder_add_load_curve(nndyn_recorder *recorder, nndyn_dataset *dataset,
                                            const nndyn_options *options, int64_t *probe);

#ifdef __cplusplus
}
#endif
#endif
