/* powerlaw.h - what the files of the power law share: estimates from sums, the law itself, a sorted sample, the scan.
 *
 * Everything is in v = ln(x/xmin): density s e^(-s v) with s = k - 1, on [0, r] or on the half line.  The scan of
 * x_max is the scan of x_min for 1/x, whose law has k' = 2 - k: a reflected sample holds -ln x, and only what goes in
 * and out knows. */
#ifndef ND_POWERLAW_H
#define ND_POWERLAW_H
#include "statistics/statistics.h"

enum { ND_LEAST = 50 }; /* samples in a window below which nothing is said */

enum { ND_TIES_DISTINCT, ND_TIES_PLFIT, ND_TIES_POWERLAW };
enum { ND_SCAN_XMIN, ND_SCAN_XMAX, ND_SCAN_NONE };
#define ND_TIES_CHOICES "distinct|plfit|powerlaw"
#define ND_SCAN_CHOICES "xmin|xmax|none"

/* ---- estimates from sums ----------------------------------------------------------------------------------------- */

/* What a window is remembered by; length is ln(xmax/xmin), INFINITY for a tail. */
typedef struct nd_window {
    double xmin, xmax, length;
    int64_t inside, zeros, below, above, nonfinite;
    nd_sum v, squares; /* of v */
} nd_window;

/* Check the ends of a window (xmax may be INFINITY if `tail`) and empty it. */
int nd_window_open(void *handle, double xmin, double xmax, int tail, nd_window *window);
/* Sort |x| into the window; returns v, or -1 where it is outside. */
double nd_window_add(nd_window *window, double x);

/* k and its error; NNDYN_EDATA with a message if there are fewer than `least` samples or all are at an edge. */
int nd_window_exponent(void *handle, const nd_window *window, int64_t least, double *k, double *se);
int nd_window_curvature(void *handle, const nd_window *window, int64_t least, double *z);
/* The zeta law of integers from q on. */
int nd_window_discrete(void *handle, const nd_window *window, int64_t least, double *k, double *se);

/* The same without messages: 0, or -1 if the mean of v (0 < mean < length) determines nothing.  se is for n samples. */
int nd_exponent_of(double mean, double length, double n, double *k, double *se);
int nd_discrete_of(double mean, double q, double n, double *k, double *se);

/* ---- the law ----------------------------------------------------------------------------------------------------- */

typedef struct nd_law nd_law;
struct nd_law {
    /* P(X < x) and P(X <= x), which differ for integers only */
    void (*cdf)(const nd_law *law, double x, double log_x, double *below, double *upto);
    double k;
    /* continuous: P = base + factor expm1(-rate w), w the distance in ln x from the end where the density of ln x is
     * largest */
    double end, sign, rate, base, factor;
    /* discrete: xmin and its scaled zeta */
    double q, scaled;
};
nd_law nd_law_continuous(double k, double low, double length); /* low = ln xmin */
nd_law nd_law_discrete(double k, double q);
/* ln x at which a continuous law has the probability u below it. */
double nd_law_quantile(const nd_law *law, double u);

/* ---- samples ----------------------------------------------------------------------------------------------------- */

typedef struct nd_sample {
    int64_t capacity;
    int64_t positive, zeros, nonfinite;
    int64_t n;        /* within the limits */
    int64_t distinct; /* different values among them */
    double *x;        /* these, ascending; reflected: descending */
    double *log;      /* ln x, ascending; reflected: -ln x */
    double *excess;   /* sum of log - log[j] over the samples above value j */
    int64_t *before;  /* distinct + 1 numbers: how many samples come before value j */
} nd_sample;

double nd_sample_bytes(int64_t capacity);
int nd_sample_reserve(void *handle, int64_t capacity, nd_sample *sample);
void nd_sample_free(nndyn_context *context, nd_sample *sample);
/* Take |x| of those within [low, high]; n is at most the capacity. */
void nd_sample_fill(nd_sample *sample, int64_t n, const double *x, double low, double high, int reflected);

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

typedef struct nd_rules {
    int scan, ties, discrete, reflected;
    int64_t least;
    double low, high; /* samples outside do not exist; 0 and INFINITY if not given */
    double start;     /* without a scan: ln of where the window begins */
    double top;       /* ln of where it ends (reflected: -ln xmin), or INFINITY */
} nd_rules;

/* A window, the samples from value `first` on, and the law fitted to them. */
typedef struct nd_candidate {
    int64_t first;
    int64_t inside;
    double start, length;
    double k, se; /* reflected: of 1/x */
    double distance;
    nd_law law;
} nd_candidate;

/* After the sample is filled: what the rules leave to it. */
void nd_rules_settle(nd_rules *rules, const nd_sample *sample);
/* Fit value `first` on; 0, or -1 if that is no candidate.  The distance is not computed. */
int nd_candidate_fit(const nd_sample *sample, const nd_rules *rules, int64_t first, nd_candidate *out);
/* The distance, exactly if it is at most `limit`, else something above the limit.  *witness is the index looked at
 * first and receives where the largest deviation was found. */
double nd_candidate_distance(const nd_sample *sample, const nd_rules *rules, const nd_candidate *candidate,
                             double limit, int64_t *witness);
/* The best candidate among values first..last-1 and *best (distance INFINITY for none yet). */
void nd_scan_range(const nd_sample *sample, const nd_rules *rules, int64_t first, int64_t last, nd_candidate *best);
/* A good candidate to begin with, from a few. */
void nd_scan_coarse(const nd_sample *sample, const nd_rules *rules, nd_candidate *best);
/* Number of values the scan goes over: one without a scan. */
int64_t nd_scan_length(const nd_sample *sample, const nd_rules *rules);

/* ---- fits -------------------------------------------------------------------------------------------------------- */

struct nndyn_powerlaw_fit {
    nd_handle handle;
    nd_sample sample;
    nd_rules rules;
    nd_candidate best;
    double k; /* of x, reflected or not */
    double xmin, xmax;
    int64_t curve_length; /* -1 without one */
    double *curve;        /* curve_length ends, then exponents, then distances */
    int64_t *curve_inside;
};

/* v = ln(x/xmin) of value j. */
static inline double nd_fit_v(const nndyn_powerlaw_fit *fit, int64_t j)
{
    return fit->rules.reflected ? fit->rules.top - fit->sample.log[j] : fit->sample.log[j] - fit->best.start;
}

/* ---- dependence -------------------------------------------------------------------------------------------------- */

/* 1 + 2 sum of the autocorrelations of n numbers, over a self-consistent window of at most `lags`. */
int nd_correlation_time(void *handle, int64_t n, double *centered, int64_t lags, double *time);

#endif
