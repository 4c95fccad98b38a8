/* fit.h - a load curve read as a chain's: the model with its derivatives, the residuals, the search.
 * docs/springblock_fit.md. */
#ifndef ND_SPRINGBLOCK_FIT_H
#define ND_SPRINGBLOCK_FIT_H
#include "analysis/springblock/springblock.h"

/* What is fitted, and two combinations users ask for: in this order everywhere. */
enum { ND_SPRINGFIT_RIGHT, ND_SPRINGFIT_LEFT, ND_SPRINGFIT_NOISE, ND_SPRINGFIT_FRICTION, ND_SPRINGFIT_ASYMMETRY };
enum { ND_SPRINGFIT_PARAMETERS = 3, ND_SPRINGFIT_QUANTITIES = 5, ND_SPRINGFIT_MODES = 6 };

/* ---- model (fit_model.c): spring and length are 1 ---------------------------------------------------------------- */

typedef struct nd_springfit_model {
    int64_t blocks, steps;
    double step;
    double *table; /* the normal law, nd_springfit_table_size numbers */
    double *x;     /* blocks: the profile last computed; behind it in memory */
    double *slope; /* blocks x 3: its derivatives by the parameters */
    double *ratio; /* blocks: of the mean field to what close strides make of it, where the search stands */
    double *work;  /* 17 blocks */
} nd_springfit_model;

int64_t nd_springfit_table_size(void);
void nd_springfit_fill_table(double *table);
/* How closely the mean field is followed: strides, as a share of the time gone by. */
static const double nd_springfit_exact = 0, nd_springfit_close = 0.05, nd_springfit_rough = 0.1;
/* Fill in x, and slope unless slopes is 0, for parameters theta; times the ratio unless exact. */
void nd_springfit_run(nd_springfit_model *m, const double *theta, double share, int slopes);
/* Set the ratio so that close strides are exact at theta. */
void nd_springfit_calibrate(nd_springfit_model *m, const double *theta);

/* ---- residuals (fit_residual.c) ---------------------------------------------------------------------------------- */

typedef struct nd_springfit_data {
    int64_t count, rows; /* points, residuals */
    int ends;            /* the curve goes through the first and last point */
    int weighted;        /* standard errors or a covariance were given */
    const double *separation;
    double *errors; /* count; of the diagonal case */
    double *factor; /* rows x rows, lower: Cholesky factor of a covariance, or NULL */
    double *u, *v;
    double *residual;    /* rows */
    double *jacobian;    /* 3 x rows */
    double level, scale; /* the curve is level - scale x */
    double grain;        /* a search ends where a step gains less than this, of the sum of squares */
} nd_springfit_data;

/* Cholesky factor of a symmetric matrix in place; -1 if it is not positive definite. */
int nd_springfit_factor(int64_t n, double *a);
/* Weighted sum of squares of what the model's present profile leaves, infinite where there is no such curve; fills in
 * residual, level, scale, and with slopes the Jacobian. */
double nd_springfit_residual(nd_springfit_data *data, const nd_springfit_model *m, int slopes);

/* ---- search (fit_search.c) --------------------------------------------------------------------------------------- */

/* A box in up to 3 coordinates phi: theta = base + sum of phi[i] direction[i]. */
typedef struct nd_springfit_slice {
    int count;
    double base[3], direction[3][3], low[3], high[3];
} nd_springfit_slice;

typedef struct nd_springfit_box {
    double low[3], high[3];
    int given[ND_SPRINGFIT_QUANTITIES]; /* fixed by the caller */
    double value[ND_SPRINGFIT_QUANTITIES];
} nd_springfit_box;

/* Value of a quantity of theta. */
double nd_springfit_quantity(int quantity, const double *theta);
/* The slice the box leaves, with `quantity` held at `value` besides (-1: none).  Returns -1 where nothing is left. */
int nd_springfit_cut(const nd_springfit_box *box, int quantity, double value, nd_springfit_slice *slice);
/* Least and largest value of a quantity in the box. */
void nd_springfit_range(const nd_springfit_box *box, int quantity, double *low, double *high);
/* The best of a coarse grid over the slice; returns its sum of squares, infinite if no chain on it moves. */
double nd_springfit_scout(nd_springfit_model *m, nd_springfit_data *data, const nd_springfit_slice *slice, double share,
                          double *theta);
/* Levenberg and Marquardt in the slice from the point of it next to theta, which is moved to the least sum found. */
int nd_springfit_minimize(nd_springfit_model *m, nd_springfit_data *data, const nd_springfit_slice *slice, double share,
                          nd_task *task, double *theta, double *sum);

/* ---- laws (fit_laws.c) ------------------------------------------------------------------------------------------- */

/* Probability of more than x: chi-square of n degrees of freedom; F of n and m. */
double nd_springfit_chi(int64_t n, double x);
double nd_springfit_f(int64_t n, int64_t m, double x);
/* What the excess of `count` true parameters is beyond with probability 1 - level: chi-square, or with n degrees of
 * freedom to estimate the variance from, F times count. */
double nd_springfit_threshold(double level, int64_t count, int64_t n);

/* ---- the result (fit.c) ------------------------------------------------------------------------------------------ */

struct nndyn_springblock_fit {
    nd_handle handle;
    nd_arena arena;
    nd_springfit_model model;
    nd_springfit_data data;
    nd_springfit_box box;
    double theta[3], covariance[9]; /* right, left, noise */
    double chi;                     /* weighted sum of squares of the best curve */
    double unit;                    /* variance of a residual of weight 1 */
    int64_t parameters, freedom;    /* free ones; points less all that was fitted */
    double weakest[3], weakest_error;
    double r_squared;
    double *curve, *normalized;
    double modes[ND_SPRINGFIT_MODES][3]; /* where the searches ended */
    int64_t searches;
    double most[2];      /* bounds of friction and noise */
    double closed_level; /* the level at which the joint region was looked at last; 0: none */
    int closed;          /* it lay within the bounds */
    int flags;
};

/* The quantity of this name, or NNDYN_EARG; its standard error. */
int nd_springfit_find(nndyn_springblock_fit *fit, const char *name, int *quantity);
double nd_springfit_error(const nndyn_springblock_fit *fit, int quantity);

#endif
