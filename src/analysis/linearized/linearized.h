/* linearized.h - a linearized model inside: f = f_0 + Theta c, and the state that training moves. */
#ifndef ND_LINEARIZED_H
#define ND_LINEARIZED_H
#include "derivatives/kernel.h"
#include "nndyn/linearized.h"
#include "training/training.h"

/* A quantity that follows training linearly: coefficients, outputs on train and on test points. */
typedef struct nd_linear_track {
    int64_t count;
    const double *origin;        /* its value at the start; NULL: 0 */
    double *position, *velocity; /* velocity: of momentum */
    double *force;               /* scratch: its share of P e */
} nd_linear_track;

/* Products through the network, for models that keep no kernel. */
typedef struct nd_linear_source nd_linear_source;

struct nndyn_linearized {
    nd_handle handle;
    int form;
    int64_t n, outputs, test;
    int64_t order, columns; /* of the kernel: M and 1 or, of a scalar one, N and C */
    double kappa, ridge;
    nd_loss loss;
    const nd_kernels_f64 *k;

    double *kernel;           /* order x order, symmetric; NULL: products */
    double *values, *vectors; /* ascending, those within rounding of 0 as 0; vectors as rows.  NULL: not computed */
    double *y;
    double *f0, *f0_test;
    double *test_kernel;                         /* test rows x order */
    nd_linear_track c, f, f_test;                /* the state */
    double *slope, *residual, *gather, *targets; /* scratch, M each: of a batch of at most N samples */
    double *loss_values;                         /* scratch, N */
    int64_t steps;
    double time;
    nd_arena arena, test_arena;

    nndyn_network *network; /* copy at theta_0 in double; NULL: made from a kernel */
    double *x;              /* N x inputs, with a network */
    nd_linear_source *source;
};

/* ---- making (model.c) -------------------------------------------------------------------------------------------- */

typedef struct nd_linear_settings {
    double kappa, ridge, relative_ridge, tolerance;
    int spectrum;
} nd_linear_settings;
enum { ND_LINEAR_KAPPA, ND_LINEAR_RIDGE, ND_LINEAR_RELATIVE_RIDGE, ND_LINEAR_TOLERANCE, ND_LINEAR_SPECTRUM };
enum { ND_LINEAR_OPTIONS = ND_LINEAR_SPECTRUM + 1 };
extern const nd_option_spec nd_linear_options[ND_LINEAR_OPTIONS];
int nd_linear_settings_of(void *handle, const nd_option_value *values, int64_t n, nd_linear_settings *out);

/* A model with room for all it needs and its loss squared error; messages go to `handle`. */
int nd_linear_make(void *handle, int form, int64_t n, int64_t outputs, const nd_linear_settings *settings,
                   nndyn_linearized **out);
/* Room for test points, in place of earlier ones (kernel: with one). */
int nd_linear_make_test(nndyn_linearized *model, void *handle, int64_t test);
/* After kernel, f0, y are there: symmetric halves made equal, eigenpairs, ridge; state at the start. */
int nd_linear_prepare(nndyn_linearized *model, void *handle, const nd_linear_settings *settings);
void nd_linear_reset(nndyn_linearized *model);
void nd_linear_reset_test(nndyn_linearized *model); /* outputs on test points from the coefficients; cannot fail */
double nd_linear_bytes(int form, int64_t n, int64_t outputs, int64_t test, int spectrum);

/* ---- products (product.c): Theta v on train and test points (NULL: not wanted) ----------------------------------- */

int nd_linear_product(nndyn_linearized *model, void *handle, const double *v, double *train, double *test);
/* The same for a v that is 0 but in these samples; rows NULL: all of them. */
int nd_linear_product_rows(nndyn_linearized *model, void *handle, int64_t count, const int64_t *rows, const double *v,
                           double *train, double *test);

/* ---- products through a network (source.c) ----------------------------------------------------------------------- */

/* The network, in double precision, and x must outlive the source and stay as they are. */
int nd_linear_source_create(void *handle, nndyn_network *network, int64_t n, const double *x, int64_t test,
                            const double *x_test, nd_linear_source **out);
void nd_linear_source_free(nndyn_context *context, nd_linear_source *source); /* NULL is allowed */
int nd_linear_source_apply(nd_linear_source *source, void *handle, const double *v, double *train, double *test);
const double *nd_linear_source_outputs(const nd_linear_source *source, int test); /* f_0 */
double nd_linear_source_bytes(const nndyn_network *network, int64_t n, int64_t test);

/* ---- of a network (network.c) ------------------------------------------------------------------------------------ */

/* nndyn_linearized_create_network with arguments checked; the network is entered or held. */
int nd_linear_of_network(nndyn_network *network, void *handle, int form, int64_t n, const double *x, const double *t,
                         int64_t test, const double *x_test, const nd_linear_settings *settings,
                         nndyn_linearized **out);
/* Outputs of a network in double precision, in blocks of rows. */
int nd_linear_outputs(nndyn_network *network, void *handle, int64_t n, const double *x, double *f);

/* ---- steps (step.c) ---------------------------------------------------------------------------------------------- */

typedef struct nd_linear_batch {
    int64_t count;
    const int64_t *rows; /* NULL: all in order */
    const double *t;     /* NULL: the model's */
    double rate, weight, momentum;
    int nesterov;
} nd_linear_batch;
/* g (M) = P e at outputs f: 0 but at the samples of the batch. */
int nd_linear_forces(nndyn_linearized *model, void *handle, const nd_linear_batch *batch, const double *f, double *g);
int nd_linear_step(nndyn_linearized *model, void *handle, const nd_linear_batch *batch);
/* Slopes dh/df of `count` samples of the loss at outputs a, targets t; residual: scratch. */
int nd_linear_slopes(nndyn_linearized *model, void *handle, int64_t count, const double *a, const double *t,
                     double *residual, double *slope);

/* ---- by the rule of a trainer (run.c) ---------------------------------------------------------------------------- */

/* NNDYN_EUNSUPPORTED unless the linear model can follow it. */
int nd_linear_check_trainer(void *handle, const nndyn_trainer *trainer);
int nd_linear_check_batches(void *handle, int64_t n, int64_t outputs, nndyn_batches *batches);
/* Rate and rule of this step; without a batch. */
nd_linear_batch nd_linear_batch_of(const nndyn_trainer *trainer, int64_t step);

/* ---- one mode (mode.c) ------------------------------------------------------------------------------------------- */

/* (p - 1) / lambda of an error p that starts at 1 and has x = step lambda; for lambda = 0 its limit.  time may be
 * infinite unless lambda is 0. */
double nd_linear_mode(int rule, double lambda, double step, double time, double momentum);
/* Largest factor on the error of a mode in a step (unit of time). */
double nd_linear_radius(int rule, double x, double momentum);
/* x must be below this. */
double nd_linear_limit(int rule, double momentum);

/* ---- stability (stability.c) ------------------------------------------------------------------------------------- */

/* Largest second derivative of the loss; 0 if there is no bound. */
double nd_linear_curvature(const nd_loss *loss);
/* Largest eigenvalue, without the ridge. */
int nd_linear_largest(nndyn_linearized *model, void *handle, double *largest);
/* NNDYN_ENUMERIC, with the figures, unless rate kappa h'' (largest + ridge) is below the limit. */
int nd_linear_check_stable(nndyn_linearized *model, void *handle, int rule, double rate, double momentum);
int nd_linear_check_rule(void *handle, int rule, double rate);

/* ---- along with a network (companion.c, figures.c) --------------------------------------------------------------- */

enum { ND_COMPANION_FULL = 0, ND_COMPANION_TRACE, ND_COMPANION_NONE };      /* choices of "kernel" */
enum { ND_COMPANION_UNBOUND = 0, ND_COMPANION_MEASURED, ND_COMPANION_ALL }; /* of "bound" */
enum { ND_COMPANION_KERNEL, ND_COMPANION_BOUND, ND_COMPANION_UNSTABLE, ND_COMPANION_OPTIONS };
extern const nd_option_spec nd_companion_options[ND_COMPANION_OPTIONS];

/* The linear model that is trained along with a network, and what is known of both. */
typedef struct nd_companion {
    nndyn_context *context;
    int references;
    nndyn_batches *batches; /* a reference is held */
    nndyn_linearized *model;
    int kernel, bound;
    int64_t origin; /* steps of the trainer when it was made */
    double largest; /* eigenvalue of Theta_0; NaN: not known */
    double *x_test;
    int64_t *rows; /* of a batch */
    double *t;
    double *f, *f_test;                /* outputs of the network as it is: f after each step if there are bounds */
    double *force, *moved;             /* P e, and what it moves */
    double *kernel_start, *kernel_now; /* order x order, as `kernel`; kernel_start: of the model if full */
    double *gap;                       /* scratch for Theta - Theta_0 */
    double *factor;                    /* of Cholesky's, NULL: Theta_0 is singular, or not wanted */
    int64_t order;
    double bound_kernel, bound_measured, bound_star, remainder;
    nd_arena arena;
} nd_companion;

/* The trainer's network is entered or held, batches and test data are held. */
int nd_companion_create(void *handle, const nndyn_trainer *trainer, nndyn_batches *batches, const nndyn_dataset *test,
                        const nd_option_value *options, nd_companion **out);
void nd_companion_release(nd_companion *companion);
/* The step (the trainer's number of it, from 0) that the network has just made on this batch. */
int nd_companion_follow(nd_companion *companion, void *handle, nndyn_network *network, const nndyn_trainer *trainer,
                        int64_t step, double rate, int64_t n, const void *x, const void *t);
/* A row of NNDYN_LINEARIZATION_COLUMNS numbers. */
int nd_companion_row(nd_companion *companion, void *handle, nndyn_network *network, double *row);
/* The tangent kernel of the network as it is, in kernel_now. */
int nd_companion_kernel(nd_companion *companion, void *handle, nndyn_network *network, double *out);

/* Kernel, spectrum, or NNDYN_ESTATE naming what lacks. */
int nd_linear_need_spectrum(const nndyn_linearized *model, void *handle);

#endif
