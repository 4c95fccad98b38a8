/* equilibrium.h - learning equilibrium inside: the record of a run reduced to features, and the algebra around it. */
#ifndef ND_EQUILIBRIUM_H
#define ND_EQUILIBRIUM_H
#include "derivatives/products.h"
#include "nndyn/equilibrium.h"
#include "training/training.h"

/* ---- the test (test.c, features.c, run.c) ------------------------------------------------------------------------ */

typedef struct nd_test_plan {
    int64_t steps, parameters, blocks, directions;
    double level;
    int64_t seed;
} nd_test_plan;
int nd_test_plan_read(void *handle, int64_t steps, int64_t parameters, const nndyn_options *options,
                      nd_test_plan *plan);

/* What is kept of each step: components of q and of g along the directions, 2 (q - q0).g and |g|^2. */
typedef struct nd_features {
    nd_test_plan plan;
    double *vectors;       /* directions x P; NULL: the parameters themselves */
    double *origin;        /* P */
    double *q, *g;         /* steps x directions */
    double *work, *square; /* steps */
    nd_arena arena;
} nd_features;
int nd_features_create(void *handle, const nd_test_plan *plan, nd_features *out);
void nd_features_free(nd_features *features);
void nd_features_add(nd_features *features, int64_t step, const double *q, const double *g);

typedef struct nd_equilibrium_report {
    double fdr, fdr_error, fdr_p, t2, t2_p, halves, halves_p, correlation_time;
    double block, blocks, directions, steps, level;
    int verdict;
} nd_equilibrium_report;
int nd_features_test(void *handle, const nd_features *features, double rate, nd_equilibrium_report *out);
int nd_equilibrium_wrap(void *handle, const nd_equilibrium_report *report, nndyn_equilibrium **out);

/* Upper tails (tails.c): P(|t| > x) of Student's t, P(F > x). */
double nd_student_tail(double x, double dof);
double nd_f_tail(double x, double d1, double d2);

/* ---- modes and covariance ---------------------------------------------------------------------------------------- */

enum { ND_MODES_TOLERANCE = ND_PASS_OPTIONS, ND_MODES_ITERATIONS, ND_MODES_SEED, ND_MODES_CENTERED, ND_MODES_OPTIONS };
/* with_centered: "centered" is known too. */
int nd_modes_options(nndyn_network *network, const nndyn_options *options, int with_centered, nd_option_value *values);
/* x and t there and finite, n at least 1, the network with loss and parameters. */
int nd_equilibrium_check_batch(nndyn_network *network, int64_t n, const double *x, const double *t);
/* The Hessian of the mean loss, within a call on the network. */
int nd_hessian_of(nndyn_network *network, int64_t n, const double *x, const double *t, const nd_option_value *values,
                  nndyn_operator **out);
/* count eigenpairs of largest eigenvalue, descending, signs fixed; vectors count x P. */
int nd_largest_eigenpairs(void *handle, nndyn_operator *op, int64_t count, const nd_option_value *values,
                          double *eigenvalues, double *vectors);
/* c (count x count): covariance of the gradients of single samples along the rows of vectors. */
int nd_noise_along(nndyn_network *network, int64_t n, const double *x, const double *t, const nd_option_value *values,
                   int64_t count, const double *vectors, double *c);
/* The largest entry of each row positive. */
void nd_fix_signs(int64_t rows, int64_t columns, double *vectors);
/* sigma of given H and C; messages on `handle`. */
int nd_stationary(void *handle, int64_t n, const double *hessian, const double *noise, double rate, double batch,
                  double *sigma);
/* Parameters or state of a network of either precision, in double. */
static inline void nd_doubles(int dtype, int64_t count, const void *reals, double *out)
{
    for (int64_t i = 0; i < count; i++) {
        out[i] = dtype == NNDYN_F32 ? (double)((const float *)reals)[i] : ((const double *)reals)[i];
    }
}
int nd_check_positive(void *handle, double value, const char *argument);

#endif
