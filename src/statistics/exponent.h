/* exponent.h - what a fit of width exponents holds, and the steps that fill it in. */
#ifndef ND_EXPONENT_H
#define ND_EXPONENT_H
#include "core/core.h"
#include "nndyn/asymptotics.h"

enum { ND_EXPONENT_MODELS = NNDYN_EXPONENT_LOGARITHMIC + 1 }; /* model 0 is not used */

/* One statistic by one model. */
typedef struct nd_width_fit {
    int known;
    double a, p, c, se, chi_squared;
    int64_t freedom;
} nd_width_fit;

/* Why there is no exponent. */
enum { ND_LACK_NOTHING, ND_LACK_WIDTHS, ND_LACK_SAMPLES, ND_LACK_SIZE };
typedef struct nd_lack {
    int kind;
    double width;
    int64_t count;
} nd_lack;

/* W widths, S statistics; statistic by statistic where there are both. */
struct nndyn_width_exponent {
    nd_handle handle;
    nd_arena arena;
    nd_lack lack;
    int verdict;
    int wanted; /* model asked for, 0: by chi squared */
    int64_t widths, statistics, quoted;
    int64_t first, second; /* the pair that differs most */
    double difference, difference_se;
    double factor;     /* of a standard error to half an interval */
    double *n, *log_n; /* W */
    int64_t *samples;  /* W */
    double *levels;    /* S, 0 for the root mean square */
    int64_t *reliable; /* S */
    int64_t *preferred;
    double *y, *error;           /* S x W: logarithms of the statistics */
    double *slope, *slope_error; /* S x W, the last one of a row not used */
    double *trend, *trend_error; /* S */
    nd_width_fit *fits;          /* S x ND_EXPONENT_MODELS */
};

/* Resampled statistics: entry ((s W) + w) B + b is the logarithm of statistic s at width w in replica b. */
typedef struct nd_resamples {
    int64_t replicas;
    double *logs;
    double *powers; /* S x B: slopes of the power alone */
} nd_resamples;

/* Errors, fits, slopes, trends, verdict (exponent_fit.c).  NNDYN_EDATA, with the message on the context, if widths are
 * too close to each other to tell a slope. */
int nd_exponent_conclude(nndyn_width_exponent *exponent, const nd_resamples *resamples);

#endif
