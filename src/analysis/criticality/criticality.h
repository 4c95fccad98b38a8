/* criticality.h - emergent criticality inside: the force g(y) of activation and loss, laws of y, and series of
 * fluctuations.  The mathematics is in docs/criticality.md. */
#ifndef ND_CRITICALITY_H
#define ND_CRITICALITY_H
#include "kernels/kernels.h"
#include "network/network.h"
#include "nndyn/criticality.h"
#include "statistics/powerlaw.h"

/* ---- activation and loss as one function of y (composite.c) ------------------------------------------------------ */

enum { ND_UPDATE_BIAS, ND_UPDATE_WEIGHT };
/* The options that both public functions on formulas know; those of the prediction come after. */
enum { ND_CRITICAL_ACTIVATION, ND_CRITICAL_LOSS, ND_CRITICAL_SCALE, ND_CRITICAL_UPDATE, ND_CRITICAL_OPTIONS };
#define ND_CRITICAL_SPECS                                                                                        \
    [ND_CRITICAL_ACTIVATION] = {"activation_parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},                    \
    [ND_CRITICAL_LOSS] = {"loss_parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},                                \
    [ND_CRITICAL_SCALE] = {"loss_scale", ND_REAL, -DBL_MAX, DBL_MAX, 1, NULL}, [ND_CRITICAL_UPDATE] = {"update", \
                                                                                                       ND_TEXT,  \
                                                                                                       0,        \
                                                                                                       0,        \
                                                                                                       0,        \
                                                                                                       "bias|weight"}

typedef struct nd_composite {
    const nd_kernels_f64 *k;
    nd_activation activation;
    nd_loss loss;
    int update;
    double scale; /* u = |scale g|; of derivatives too */
    double t;
} nd_composite;

enum { ND_COMPOSITE_CHUNK = 128 };

/* Check activation, loss and the first ND_CRITICAL_OPTIONS values; the target is filled in by the caller. */
int nd_composite_read(nndyn_context *context, int activation, int loss, const nd_option_value *values,
                      nd_composite *out);
/* The force and its first two derivatives at n <= ND_COMPOSITE_CHUNK points; NULL for what is not wanted.  g2 needs g1.
 * */
void nd_composite_force(const nd_composite *composite, int64_t n, const double *y, double *g, double *g1, double *g2);

/* ---- laws of y (prior.c) ----------------------------------------------------------------------------------------- */

enum { ND_PRIOR_NORMAL, ND_PRIOR_UNIFORM, ND_PRIOR_EXPONENTIAL, ND_PRIOR_MIXTURE };
enum {
    ND_PRIOR_LAW = ND_CRITICAL_OPTIONS,
    ND_PRIOR_MEAN,
    ND_PRIOR_DEVIATION,
    ND_PRIOR_SECOND_MEAN,
    ND_PRIOR_SECOND_DEVIATION,
    ND_PRIOR_SECOND_WEIGHT,
    ND_PRIOR_LOW,
    ND_PRIOR_HIGH,
    ND_PRIOR_ORIGIN,
    ND_PRIOR_RATE,
    ND_PRIOR_OPTIONS
};
#define ND_PRIOR_SPECS                                                                                              \
    [ND_PRIOR_LAW] = {"law", ND_TEXT, 0, 0, 0, "normal|uniform|exponential|mixture"}, [ND_PRIOR_MEAN] = {"mean",    \
                                                                                                         ND_REAL,   \
                                                                                                         -1e100,    \
                                                                                                         1e100,     \
                                                                                                         0,         \
                                                                                                         NULL},     \
    [ND_PRIOR_DEVIATION] = {"deviation", ND_REAL, 1e-100, 1e100, 1, NULL}, [ND_PRIOR_SECOND_MEAN] = {"second_mean", \
                                                                                                     ND_REAL,       \
                                                                                                     -1e100,        \
                                                                                                     1e100,         \
                                                                                                     0,             \
                                                                                                     NULL},         \
    [ND_PRIOR_SECOND_DEVIATION] = {"second_deviation", ND_REAL, 1e-100, 1e100, 1, NULL},                            \
    [ND_PRIOR_SECOND_WEIGHT] = {"second_weight", ND_REAL, 0, 1, 0.5, NULL},                                         \
    [ND_PRIOR_LOW] = {"low", ND_REAL, -1e100, 1e100, -1, NULL}, [ND_PRIOR_HIGH] = {"high", ND_REAL, -1e100,         \
                                                                                   1e100,  1,       NULL},          \
    [ND_PRIOR_ORIGIN] = {"origin", ND_REAL, -1e100, 1e100, 0, NULL}, [ND_PRIOR_RATE] = {"rate", ND_REAL, -1e100,    \
                                                                                        1e100,  1,       NULL}

typedef struct nd_prior {
    int law;
    double first, second, weight; /* normal: mean, deviation; uniform: ends; exponential: origin, rate */
    double other_mean, other_deviation;
    double low, high; /* beyond, the density is left out */
} nd_prior;

/* Options that the law does not read are refused. */
int nd_prior_read(void *handle, const nd_option_value *values, nd_prior *out);
double nd_prior_density(const nd_prior *prior, double y);
/* Points, ascending without repeats, between which the density and functions with features of size 1 about 0 or about
 * the centers are resolved; fills at most nd_prior_capacity() numbers and returns how many. */
int64_t nd_prior_capacity(void);
int64_t nd_prior_points(const nd_prior *prior, int count, const double *centers, double *points, double *scratch);

/* ---- integrals (integral.c) -------------------------------------------------------------------------------------- */

enum { ND_INTEGRAND_NODES = 8, ND_INTEGRAND_PARTS = 4 };

/* A function of y with several components, integrated together. */
typedef struct nd_integrand {
    void (*evaluate)(const void *user, const double y[ND_INTEGRAND_NODES],
                     double out[ND_INTEGRAND_NODES][ND_INTEGRAND_PARTS]);
    const void *user;
} nd_integrand;

/* out += the integral from left to right, each component to a relative 1e-10 of what it and the first are there. */
void nd_integrate(const nd_integrand *f, double left, double right, double out[ND_INTEGRAND_PARTS]);
/* Nodes and weights on [0, 1]. */
extern const double nd_integral_nodes[ND_INTEGRAND_NODES], nd_integral_weights[ND_INTEGRAND_NODES];

/* ---- the law of u (branches.c, noisy.c) -------------------------------------------------------------------------- */

/* Integrals over y. */
typedef struct nd_reach {
    double xmin, xmax;
    double mass;         /* of the window */
    double log;          /* of ln(u/xmin) over the window */
    double mean, square; /* of u, u^2, over all */
    double low, high;    /* smallest and largest u met in the window */
} nd_reach;

/* What y is answered with: a composite with one target, and the target's probability at y. */
typedef struct nd_branch {
    const nd_composite *composite;
    const nd_prior *prior; /* NULL for samples */
    int calibrated;        /* 0: the probability is 1 */
    double other;          /* the other target */
    double noise;          /* not 0: t = f(y) + noise xi */
} nd_branch;

/* Probability of the branch's target, at n <= ND_COMPOSITE_CHUNK points. */
void nd_branch_weight(const nd_branch *branch, int64_t n, const double *y, double *weight);
/* Add what lies between two neighboring points, or n samples of probability `share` each. */
void nd_branch_cell(const nd_branch *branch, double left, double right, nd_reach *reach);
void nd_branch_sample(const nd_branch *branch, int64_t n, const double *y, double share, nd_reach *reach);
/* The same with noise. */
void nd_noisy_cell(const nd_branch *branch, double left, double right, nd_reach *reach);
void nd_noisy_sample(const nd_branch *branch, int64_t n, const double *y, double share, nd_reach *reach);

/* ---- series of fluctuations (series.c) --------------------------------------------------------------------------- */

enum { ND_SERIES_LEAST = 50, ND_SERIES_LEVELS = 48 };

/* A chosen parameter: which number of which layer its gradient is made of. */
typedef struct nd_place {
    int64_t index; /* in the parameter vector */
    int64_t layer, row, column;
    int part; /* ND_PLACE_* */
    double factor;
} nd_place;
enum { ND_PLACE_WEIGHT, ND_PLACE_BIAS, ND_PLACE_SCALE, ND_PLACE_SHIFT };

/* Averages of blocks of 2^level samples: count, mean and squares about it (Welford); one waits for its neighbor. */
typedef struct nd_level {
    int64_t count;
    double mean, squares, waiting;
} nd_level;

typedef struct nd_series_part {
    int64_t count;
    nd_sum v;
} nd_series_part;

typedef struct nd_series {
    int64_t count, bins, part_count;
    nd_place *places;
    int64_t *histogram;
    nd_series_part *parts;
    nd_level *levels;
    nd_window window;
    double lowest, highest; /* v met in the window */
    nd_arena arena;
} nd_series;

void nd_series_clear(nd_series *series);
void nd_series_add(nd_series *series, double g);
/* Independent samples that those in the window are worth. */
double nd_series_effective(const nd_series *series);
/* Powers of 10 that the samples in the window span. */
double nd_series_decades(const nd_series *series);
/* NaN where a part has too few samples. */
void nd_series_part_exponent(const nd_series *series, int64_t part, double *k, double *se);

struct nndyn_fluctuations {
    nd_handle handle;
    nndyn_network *network; /* a reference is held */
    nd_series *series;
    int64_t count, capacity;
    int filled; /* samples have been taken in: no more series */
};

/* The series of a number, or NNDYN_EARG. */
int nd_fluctuations_find(nndyn_fluctuations *fluctuations, int64_t number, nd_series **out);

#endif
