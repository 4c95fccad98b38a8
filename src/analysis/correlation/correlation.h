/* correlation.h - derivative correlations inside: the result, and what its files share.
 *
 * Notation: M outputs, e the derivative of the loss by them, g_i gradients, H_i Hessians; eta is inside all tensors. */
#ifndef ND_CORRELATION_H
#define ND_CORRELATION_H
#include "core/core.h"
#include "derivatives/engine.h"
#include "nndyn/correlation.h"

/* Places of the tensors: bit p of a set is place p. */
enum { ND_C00, ND_C01, ND_C02, ND_C03, ND_C11, ND_CORRELATION_TENSORS };

/* What a tensor is: uncontracted and contracted slots D, d of its definition, and indices over the outputs. */
typedef struct nd_correlation_kind {
    const char *name;
    int uncontracted, contracted;
    int indices; /* M^indices numbers */
    int power;   /* of the definition that one number is: 2 for a Gram matrix */
} nd_correlation_kind;
extern const nd_correlation_kind nd_correlation_kinds[ND_CORRELATION_TENSORS];

struct nndyn_correlations {
    nd_handle handle;
    int64_t outputs;
    double eta;
    int parts, flags;
    double *tensor[ND_CORRELATION_TENSORS]; /* NULL: not there */
};

/* An empty result on the context of `handle`, with room for the tensors of `parts`. */
int nd_correlations_allocate(void *handle, int64_t outputs, double eta, int parts, nndyn_correlations **out);
/* outputs^indices, or -1 beyond int64_t. */
int64_t nd_correlation_count(int64_t outputs, int place);
double nd_correlation_bytes(int64_t outputs, int parts);
/* NNDYN_ESTATE naming the first tensor of `parts` that is not there. */
int nd_correlations_need(nndyn_correlations *c, int parts);
/* An array of the caller's: there, and finite. */
static inline int nd_correlation_array(void *handle, int64_t rows, int64_t columns, const double *values,
                                       const char *argument)
{
    ND_TRY(nd_check_pointer(handle, values, argument));
    return nd_check_finite(handle, rows, columns, values, argument);
}
/* The place of a NNDYN_CORRELATION_* that is to be one bit. */
int nd_correlation_place(void *handle, int which, int *place);
/* alpha^(d+1) rate^(D/2+d) */
double nd_correlation_factor(int uncontracted, int contracted, double alpha, double rate);
/* Average over the orders of the last `slots` indices of an array of (leading) x m^slots; slots 2 or 3. */
void nd_correlation_symmetrize(int64_t leading, int64_t m, int slots, double *a);

/* NNDYN_CORRELATION_KINKS if a derivative of an activation jumps, else 0. */
int nd_correlation_flags(const nndyn_network *network);
/* Ready, batch and rate as all functions on a network ask for them. */
int nd_correlation_check(nndyn_network *network, int64_t n, const double *x, double eta);

/* Tensors of a network that is entered; messages go to it.  The first fills a result, the second makes one after
 * asking for memory. */
int nd_correlation_tensors(nndyn_network *network, int64_t n, const double *x, double alpha, nd_task *task,
                           nndyn_correlations *c);
int nd_correlations_make(nndyn_network *network, int64_t n, const double *x, double eta, double alpha, int parts,
                         nd_task *task, nndyn_correlations **out);
/* As nndyn_correlation_direction, checked. */
typedef struct nd_direction_job {
    nndyn_network *network;
    int64_t n;
    const double *x;
    double eta, alpha;
    const double *e;
    int order;
    nd_task *task;
    double *turn; /* P, or NULL: receives eta alpha sum_i e_i H_i J'e (with contracted, from order 1 on) */
} nd_direction_job;
int nd_correlation_direction(const nd_direction_job *job, double *values, double *norms, double *contracted);

/* Norms; any output may be NULL.  Messages go to `handle`. */
enum { ND_NORM_RESTARTS, ND_NORM_CYCLES, ND_NORM_TOLERANCE, ND_NORM_SEED, ND_NORM_OPTIONS };
#define ND_NORM_SPECS                                                                               \
    {"restarts", ND_INTEGER, 0, 1 << 20, 20, NULL}, {"cycles", ND_INTEGER, 1, 1 << 30, 1000, NULL}, \
        {"tolerance", ND_REAL, 1e-15, 0.1, 1e-12, NULL},                                            \
    {                                                                                               \
        "seed", ND_INTEGER, -9e15, 9e15, 0, NULL                                                    \
    }
int nd_correlation_norm(void *handle, const nndyn_correlations *c, int place, const nd_option_value *values,
                        double *lower, double *upper, double *frobenius);

/* The a-priori recursion. */
enum { ND_BOUND_MOST = 1 << 30 }; /* outputs, steps */
typedef struct nd_bound {
    double c02, c03, c11;
    int64_t outputs;
    double eta, kappa;
    const double *eigenvalues, *residuals; /* M each */
    int64_t steps;
} nd_bound;
/* bound: steps + 1; closed: 2; returns flags. */
int nd_correlation_bound(const nd_bound *b, double *bound, double *closed);
/* From all tensors, checked; values: options of the norms. */
int nd_correlations_bound(nndyn_correlations *c, void *handle, const double *y, double kappa, int64_t steps,
                          const nd_option_value *values, double *bound, double *closed, int *flags);

/* The recursion closed at third order.  weights: M. */
typedef struct nd_hierarchy {
    const nndyn_correlations *c;
    const double *y, *weights;
    int64_t steps;
    double growth;
} nd_hierarchy;
/* outputs, linear: (steps + 1) x M or NULL; deviation: steps + 1 norms of outputs - linear, or NULL. */
int nd_correlation_predict(const nd_hierarchy *h, void *handle, nd_task *task, double *outputs, double *linear,
                           double *deviation, int64_t *valid, int *flags);

#endif
