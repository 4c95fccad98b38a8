/* statistics.h - small numerical tools for whoever draws conclusions from samples: sorting, quantiles, normal law,
 * two-sample test, lines, quadrature, the Hurwitz zeta function.  None of them allocates or knows of networks. */
#ifndef ND_STATISTICS_H
#define ND_STATISTICS_H
#include "core/core.h"
#include "nndyn/statistics.h"

/* ---- sums with twice the digits of a double (Knuth's two-sum): how terms are cut into blocks does not show ------- */

typedef struct nd_sum {
    double high, low;
} nd_sum;

static inline void nd_sum_add(nd_sum *sum, double term)
{
    const double high = sum->high + term;
    const double part = high - sum->high;
    sum->low += (sum->high - (high - part)) + (term - part);
    sum->high = high;
}

static inline double nd_sum_value(const nd_sum *sum)
{
    return sum->high + sum->low;
}

static inline void nd_sum_merge(nd_sum *sum, const nd_sum *other)
{
    nd_sum_add(sum, other->high);
    nd_sum_add(sum, other->low);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

/* Sort n numbers (no NaN) ascending; scratch has room for as many. */
void nd_sort(int64_t n, double *x, double *scratch);
/* Quantile of sorted numbers, interpolated between order statistics (type 7 of Hyndman and Fan); 0 <= p <= 1. */
double nd_quantile(int64_t n, const double *sorted, double p);
/* Mean and unbiased variance (0 for n == 1); variance may be NULL. */
void nd_mean_variance(int64_t n, const double *x, double *mean, double *variance);

/* ---- the normal law ---------------------------------------------------------------------------------------------- */

double nd_normal_cdf(double z);      /* relative accuracy in the lower tail */
double nd_normal_quantile(double p); /* 0 < p < 1 */

/* Two-sided confidence intervals at a level in (0, 1): mean of n samples with this variance, and Wilson's for a
 * proportion of `successes` among n. */
void nd_mean_interval(double mean, double variance, int64_t n, double level, double *low, double *high);
void nd_proportion_interval(int64_t successes, int64_t n, double level, double *low, double *high);
/* Clopper and Pearson's, which covers at least the level whatever the proportion. */
void nd_clopper_pearson(int64_t successes, int64_t n, double level, double *low, double *high);

/* Regularized incomplete beta function I_x(a, b), and the quantile of Student's law (0 < p < 1). */
double nd_incomplete_beta(double a, double b, double x);
double nd_student_quantile(double freedom, double p);

/* ---- two-sample Kolmogorov-Smirnov ------------------------------------------------------------------------------- */

/* Largest |i m - j n| over the merged samples, both sorted: n m times the distance. */
int64_t nd_ks_steps(int64_t n, const double *x, int64_t m, const double *y);
/* Probability of at least that many steps by counting paths; row has room for m + 1 numbers. */
double nd_ks_exact(int64_t n, int64_t m, int64_t steps, double *row);
/* Kolmogorov's limit: probability that sqrt(n) D is at least lambda. */
double nd_kolmogorov(double lambda);

/* ---- lines ------------------------------------------------------------------------------------------------------- */

/* y = intercept + slope x by least squares. */
typedef struct nd_line {
    double slope, intercept;
    double slope_se, intercept_se; /* from the weighted residuals; 0 for two points */
    double r_squared;
} nd_line;
/* weights are NULL for equal ones; entries of weight 0 do not count. Returns 0, or -1 with fewer than two different x.
 * */
int nd_line_fit(int64_t n, const double *x, const double *y, const double *weights, nd_line *line);

/* ---- functions --------------------------------------------------------------------------------------------------- */

/* Nodes, ascending, and weights of Gauss-Legendre quadrature on [0, 1]; n up to 64. */
void nd_gauss_legendre(int n, double *nodes, double *weights);

/* B_2k / (2k)!, k = 1..10: of Euler-Maclaurin summation and of series around 0. */
enum { ND_BERNOULLI = 10 };
extern const double nd_bernoulli[ND_BERNOULLI];

/* sum over j >= 0 of (1 + j/q)^-s = q^s zeta(s, q), and its first two derivatives by s; s > 1, q > 0. */
void nd_zeta_scaled(double s, double q, double out[3]);
double nd_hurwitz_zeta(double s, double q);

/* The law on [0, 1] with density ~ exp(c u): mean, variance, and the c of a given mean (0 < mean < 1). */
double nd_truncated_mean(double c);
double nd_truncated_variance(double c);
double nd_truncated_solve(double mean);
/* Its second moment about the end where it is largest, and what a fitted c leaves of the variance of u^2. */
void nd_truncated_curvature(double c, double *second, double *variance);

#endif
