/* nndyn/linearized.h - linearized training: the network replaced by its expansion of first order in the parameters.
 *
 * SPDX-License-Identifier: MIT
 *
 * f_lin(x; w) = f_0(x) + J_0(x) w, trained by the rule that trains the network.  It is known by the tangent kernel
 * Theta = J_0 J_0' of N samples with C outputs each (M = N C numbers, sample by sample), the outputs f_0 and the
 * targets: all that training ever reaches is f_lin = f_0 + Theta c, w = J_0' c with M coefficients c.  The learning
 * rate is never part of the kernel here: a step of gradient descent is c -= rate P e, with e = dh/df the slopes of the
 * library's loss (nndyn/kernels.h; squared error: f - y) and P = diag(weight of each sample; 0 for those not in the
 * batch).  The weight of a trainer's batch of b samples is 1/b.
 *
 * Closed forms (squared error), iteration sample by sample or batch by batch, gradient flow, and the comparison with a
 * network as it trains.  docs/linearized.md has the formulas. */
#ifndef NNDYN_LINEARIZED_H
#define NNDYN_LINEARIZED_H
#include "core.h"
#include "data.h"
#include "network.h"
#include "recorder.h"
#include "training.h"
#ifdef __cplusplus
extern "C" {
#endif

/** A linearized model: kernel, outputs at the start, targets, loss; and a state that steps move. */
typedef struct nndyn_linearized nndyn_linearized;

/** What is known of the kernel. */
enum {
    NNDYN_LINEARIZED_FULL = 1,    /* all M x M numbers */
    NNDYN_LINEARIZED_SCALAR = 2,  /* an N x N kernel, the same for each output and none between outputs: exact for C = 1
                                     and for infinite width, an APPROXIMATION for others (relative error
                                     O(1/sqrt width)) */
    NNDYN_LINEARIZED_PRODUCTS = 3 /* nothing is stored: products with Theta pass through the network.  Exact, for any
                                     width, M and P; steps only, no closed forms */
};

/** Rules of training. */
enum {
    NNDYN_LINEARIZED_DESCENT = 1,  /* c -= rate P e */
    NNDYN_LINEARIZED_MOMENTUM = 2, /* v = momentum v + P e; c -= rate v */
    NNDYN_LINEARIZED_FLOW = 3      /* dc/dt = -rate P e, of which descent is Euler's method with steps of t = 1 */
};

/* ---- the model --------------------------------------------------------------------------------------------------- */

/** Make a model from a kernel.
 *  @param context the context
 *  @param form NNDYN_LINEARIZED_FULL or NNDYN_LINEARIZED_SCALAR
 *  @param n,outputs N and C, at least 1
 *  @param kernel Theta = J J' without the rate, symmetric to 1e-8 of its largest entry: M x M with entry (i C + a, j C
 *         + b) for output a of sample i and b of j; SCALAR: N x N.  Copied, as all that follows
 *  @param f0 N x C outputs at the start
 *  @param y N x C targets
 *  @param options "kappa" (double > 0, 1/N): weight of each sample in full batches, 1/N for the mean loss, 1 for the
 *         sum; "ridge" (double >= 0, 0) or "relative_ridge" (double >= 0, 0; times trace Theta / M): mu adds kappa mu
 *         |w|^2 / 2 to the loss, which replaces lambda by lambda + mu in all closed forms, so that the limit is not y
 *         but kernel ridge regression; "tolerance" (double >= 0, 1e-10): a smallest eigenvalue below -tolerance times
 *         the largest is an error; "spectrum" (integer, 1): 0 leaves the eigendecomposition out, and with it that
 *         check, the closed forms and the figures of stability: enough for steps
 *  @param out receives the model; its loss is squared error
 *  @return NNDYN_OK, NNDYN_EARG (also: not symmetric), NNDYN_EDATA (not finite), NNDYN_EOPTION, NNDYN_ENUMERIC (not
 *          positive semidefinite; the message has the eigenvalue), NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED
 *  Cost: an eigendecomposition, about 9 M^3 flops and 3 M^2 doubles (SCALAR: N in place of M), and one copy of the
 *  kernel.  nndyn_linearized_forecast tells. */
NNDYN_API int nndyn_linearized_create(nndyn_context *context, int form, int64_t n, int64_t outputs,
                                      const double *kernel, const double *f0, const double *y,
                                      const nndyn_options *options, nndyn_linearized **out);

/** Make a model of a network as it is now, by its own tangent kernel on these data, in evaluation mode.
 *  @param network the network, of either precision; copied
 *  @param n N, at least 1
 *  @param x N x inputs
 *  @param t N x outputs: targets
 *  @param test number of test points, may be 0
 *  @param x_test test x inputs; NULL if test is 0.  May be x itself
 *  @param options those of nndyn_linearized_create, and "kernel" (text): "full" (default), "trace" (SCALAR, the mean
 *         over outputs of the kernel's diagonal blocks: an approximation unless C = 1) or "products"
 *  @param out receives the model; its loss is that of the network
 *  @return as nndyn_linearized_create; NNDYN_ESTATE (no layers, no loss, no parameters), NNDYN_EUNSUPPORTED (what
 *          the tangent kernel does not take, an activation without first derivative), NNDYN_EBUSY, NNDYN_ECALLBACK */
NNDYN_API int nndyn_linearized_create_network(nndyn_network *network, int64_t n, const double *x, const double *t,
                                              int64_t test, const double *x_test, const nndyn_options *options,
                                              nndyn_linearized **out);

/** Release a model.  @param model a model or NULL */
NNDYN_API void nndyn_linearized_free(nndyn_linearized *model);

/** Give a model test points, in place of earlier ones; its state keeps its coefficients.
 *  @param model a model with a kernel
 *  @param test number of points T, at least 1
 *  @param kernel Theta(test, train): T C x M; SCALAR: T x N
 *  @param f0 T x C outputs at the start
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ESTATE (a model of products has those it was made with),
 *          NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_linearized_set_test(nndyn_linearized *model, int64_t test, const double *kernel, const double *f0);

/** Set the loss that steps and flow go by, and reset the state.
 *  @param model the model
 *  @param loss,options as of nndyn_network_set_loss_with
 *  @return as there */
NNDYN_API int nndyn_linearized_set_loss(nndyn_linearized *model, int loss, const nndyn_options *options);

/** Sizes of a model; any output may be NULL.
 *  @param model the model
 *  @param form NNDYN_LINEARIZED_FULL ... _PRODUCTS
 *  @param n,outputs,test its sizes N, C, T
 *  @param parameters P, or 0 if the model was made from a kernel
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_linearized_shape(nndyn_linearized *model, int *form, int64_t *n, int64_t *outputs, int64_t *test,
                                     int64_t *parameters);

/** Eigenvalues of the kernel, descending, those within rounding of 0 as 0; without the rate.
 *  @param model a model with a kernel
 *  @param count must be M (SCALAR: N, each C times there)
 *  @param values receives them
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (a model of products), NNDYN_EBUSY */
NNDYN_API int nndyn_linearized_eigenvalues(nndyn_linearized *model, int64_t count, double *values);

/** Figures of nndyn_linearized_stability; places in an array of values.  Later versions may add to the end. */
enum {
    NNDYN_LINEARIZED_LARGEST = 0,     /* the largest eigenvalue, + ridge */
    NNDYN_LINEARIZED_SMALLEST = 1,    /* the smallest eigenvalue above rounding, + ridge; NaN for models of products */
    NNDYN_LINEARIZED_STEP = 2,        /* rate kappa h'' LARGEST, h'' the curvature of the loss */
    NNDYN_LINEARIZED_LIMIT = 3,       /* below which STEP is stable: 2; momentum: 2 (1 + momentum); flow: infinity */
    NNDYN_LINEARIZED_BEST_RATE = 4,   /* 2 / (kappa h'' (LARGEST + SMALLEST)): of the fastest descent */
    NNDYN_LINEARIZED_CONTRACTION = 5, /* rho: largest factor on the error in a step (unit of time), directions of
                                         eigenvalue 0 left out */
    NNDYN_LINEARIZED_TIME = 6,        /* T = -1 / ln rho; infinity for rho >= 1 */
    NNDYN_LINEARIZED_RANK = 7,        /* eigenvalues above rounding (M eps lambda_max), counted C times if SCALAR */
    NNDYN_LINEARIZED_FIGURES = 8      /* length of the list */
};

/** Stability and speed of full-batch training at a rate.  Squared error has the curvature h'' = 2
 *  "parameter" (1); convex losses with bounded curvature (softmax 1/2, binary cross-entropy 1/4, Huber and ln cosh 1)
 *  are taken at the bound, so that STEP < LIMIT is sufficient; others are refused.
 *  @param model the model
 *  @param rule,rate NNDYN_LINEARIZED_*; rate > 0
 *  @param options "momentum" (double in [0,1), 0.9)
 *  @param figures how many values of the list are wanted, from 0
 *  @param values receives so many; NaN beyond the library's list
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EUNSUPPORTED (the loss's curvature has no bound), NNDYN_EBUSY;
 *          models of products look for lambda_max by Lanczos: also NNDYN_ENUMERIC, NNDYN_ENOMEM, NNDYN_ECANCELED */
NNDYN_API int nndyn_linearized_stability(nndyn_linearized *model, int rule, double rate, const nndyn_options *options,
                                         int64_t figures, double *values);

/* ---- closed forms (squared error, full batch) -------------------------------------------------------------------- */

/** State after so many steps, or so long a time, of training from the start on all samples, at one cost for all of
 *  them, infinity included.  With r = f_0 - y and eigenpairs (lambda_k, u_k), c = sum_k u_k g_k,
 *  g_k = (u_k . r) (p_k - 1) / lambda_k, where p_k = (1 - x)^s, e^(-x t) or the two-term recursion of momentum, x =
 *  rate kappa h'' lambda_k; evaluated without cancellation, with the limit -s rate kappa (u_k . r) where lambda_k is 0
 *  to rounding (duplicated samples).
 *  @param model a model with a kernel; its state stays as it is
 *  @param rule NNDYN_LINEARIZED_DESCENT ... _FLOW
 *  @param rate > 0; outside the kernel
 *  @param time steps (a whole number) or the time t of the flow; not negative, may be infinite
 *  @param options "momentum" (double in [0,1), 0.9); "unstable" (integer, 0): 1 allows rate kappa lambda_max at or
 *         above the limit of stability, which otherwise is refused (time must be finite then); "singular" (text): at
 *         infinite time with eigenvalues 0, along whose directions training cannot move, "refuse" (default) errors
 *         along them beyond 1e-8 |r|, or "project": these errors stay as they are
 *  @param coefficients receives M numbers c; may be NULL
 *  @param train receives N x C; may be NULL
 *  @param test receives T x C; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (a model of products, a test output without test points),
 *          NNDYN_EUNSUPPORTED (another loss than squared error), NNDYN_ENUMERIC (unstable; singular where the inverse
 *          is needed; beyond the range of double), NNDYN_EBUSY, NNDYN_ENOMEM
 *  Cost: 4 M^2 + 2 T C M flops (SCALAR: C (4 N^2 + 2 T N)). */
NNDYN_API int nndyn_linearized_predict(nndyn_linearized *model, int rule, double rate, double time,
                                       const nndyn_options *options, double *coefficients, double *train, double *test);

/* ---- steps (any loss, any batches) ------------------------------------------------------------------------------- */

/** One step of descent or momentum on some of the samples.
 *  @param model the model
 *  @param count samples in the batch, at least 1
 *  @param rows their numbers (a sample twice counts twice); NULL: all samples in order (count must be N)
 *  @param t count x C: their targets in this batch; NULL: those of the model
 *  @param rate >= 0; outside the kernel
 *  @param weight of each sample's loss, > 0: 1/count for a trainer's mean loss
 *  @param momentum in [0,1); 0: descent
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ENUMERIC (the state is not finite any more; it is as before the
 *          step), NNDYN_EBUSY, NNDYN_ECALLBACK
 *  Cost: 2 (M + T C) C count flops with a kernel (SCALAR: 2 (N + T) C count); with products about three passes over all
 *  points. */
NNDYN_API int nndyn_linearized_step(nndyn_linearized *model, int64_t count, const int64_t *rows, const double *t,
                                    double rate, double weight, double momentum);

/** Steps by the rule of a trainer: its optimizer, momentum and schedule, on the very batches it would take, from the
 *  model's count of steps on.  The trainer itself is only read.
 *  @param model the model
 *  @param trainer SGD or momentum, without weight decay and clipping
 *  @param batches of a data set whose samples are those of the model, in their order; without noise on inputs
 *  @param steps how many, at least 1
 *  @return as nndyn_linearized_step, NNDYN_EUNSUPPORTED (another optimizer, decay, clipping, input noise),
 *          NNDYN_ECANCELED.  Steps done before a failure stay done */
NNDYN_API int nndyn_linearized_run(nndyn_linearized *model, nndyn_trainer *trainer, nndyn_batches *batches,
                                   int64_t steps);

/** Gradient flow of the state on all samples, by Dormand and Prince's method of order 5 with steps of its own choice.
 *  @param model the model
 *  @param rate > 0
 *  @param duration > 0, finite
 *  @param options "tolerance" (double from 1e-13 to 1e-2, 1e-8): relative error of a step, of the outputs on train and
 *         test points; "absolute" (double > 0, 1e-10): the absolute one; "evaluations" (integer, 10000000): bound on
 *         the evaluations
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ENUMERIC (not finite, or "evaluations" used up: the flow is
 *          stiff, time rate kappa lambda_max beyond about 10^7), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ECANCELED,
 *          NNDYN_ECALLBACK; on failure the state is as before
 *  Cost: about 2 rate kappa duration lambda_max evaluations if that is large, each as a full-batch step. */
NNDYN_API int nndyn_linearized_integrate(nndyn_linearized *model, double rate, double duration,
                                         const nndyn_options *options);

/** Back to the start: coefficients, velocity, time and count of steps 0.
 *  @param model the model
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_linearized_reset(nndyn_linearized *model);

/** The state; any output may be NULL.
 *  @param model the model
 *  @param steps receives the count of steps
 *  @param time receives the sum of durations of flow
 *  @param coefficients,train,test receive M, N x C, T x C numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (test without test points), NNDYN_EBUSY */
NNDYN_API int nndyn_linearized_get(nndyn_linearized *model, int64_t *steps, double *time, double *coefficients,
                                   double *train, double *test);

/* ---- parameters -------------------------------------------------------------------------------------------------- */

/** |w| of given coefficients, from |w|^2 = c . Theta c; no parameter is formed.
 *  @param model the model
 *  @param coefficients M numbers; NULL: those of the state
 *  @param norm receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ECALLBACK */
NNDYN_API int nndyn_linearized_displacement(nndyn_linearized *model, const double *coefficients, double *norm);

/** theta_0 + J_0' c: the parameters of the linear model, in the network's order.
 *  @param model a model of a network
 *  @param coefficients M numbers; NULL: those of the state
 *  @param count must be P
 *  @param parameters receives P numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA, NNDYN_ESTATE (made from a kernel), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ECALLBACK
 *  Cost: one backward pass. */
NNDYN_API int nndyn_linearized_parameters(nndyn_linearized *model, const double *coefficients, int64_t count,
                                          double *parameters);

/** Bytes of a model, its making included, and flops of its eigendecomposition.
 *  @param context the context
 *  @param form,n,outputs,test as above
 *  @param bytes,flops receive the figures; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_linearized_forecast(nndyn_context *context, int form, int64_t n, int64_t outputs, int64_t test,
                                        int64_t *bytes, double *flops);

/* ---- comparison with the network --------------------------------------------------------------------------------- */

/** Columns of the probe "linearization" and of nndyn_linearized_compare; norms are Euclidean, over all samples and
 *  outputs; e = dh/df, the slopes of the loss.  Later versions may add to the end. */
enum {
    NNDYN_LINEARIZATION_DEVIATION = 0,             /* |f - f_lin| on the training samples */
    NNDYN_LINEARIZATION_DEVIATION_TEST = 1,        /* on the test points; NaN without */
    NNDYN_LINEARIZATION_RESIDUAL = 2,              /* |e(f)|; squared error: |f - y| */
    NNDYN_LINEARIZATION_RESIDUAL_LINEAR = 3,       /* |e(f_lin)| */
    NNDYN_LINEARIZATION_DISPLACEMENT = 4,          /* |theta - theta_0| */
    NNDYN_LINEARIZATION_DISPLACEMENT_RELATIVE = 5, /* / |theta_0| */
    NNDYN_LINEARIZATION_DISPLACEMENT_LINEAR = 6,   /* |w| of the linear model */
    NNDYN_LINEARIZATION_DRIFT = 7,                 /* |Theta - Theta_0|_F / |Theta_0|_F */
    NNDYN_LINEARIZATION_ALIGNMENT = 8,             /* <Theta, Theta_0>_F / (|Theta|_F |Theta_0|_F) */
    NNDYN_LINEARIZATION_CKA = 9,                   /* the same of kernels centered by H = 1 - 11'/N over the samples */
    NNDYN_LINEARIZATION_TARGET_ALIGNMENT = 10,     /* y . Theta y / (|Theta|_F |y|^2) */
    NNDYN_LINEARIZATION_REMAINDER = 11,            /* |R|, R = f_{s+1} - f_s + rate Theta_s P e_s of the step */
    NNDYN_LINEARIZATION_BOUND = 12,                /* of DEVIATION; full batches */
    NNDYN_LINEARIZATION_BOUND_MEASURED = 13,       /* of DEVIATION, sharper and cheaper; full batches */
    NNDYN_LINEARIZATION_DEVIATION_STAR = 14,       /* |L^-1 (f - f_lin)|, Theta_0 = L L' */
    NNDYN_LINEARIZATION_BOUND_STAR = 15,           /* of DEVIATION_STAR; any batches */
    NNDYN_LINEARIZATION_COLUMNS = 16               /* length of the list */
};

/** A probe that trains the linearized model along with the network, on the same batches at the same rates, and compares
 *  the two: the columns of the list above, named "deviation", "deviation_test", "residual", "residual_linear",
 *  "displacement", "displacement_relative", "displacement_linear", "drift", "alignment", "cka", "target_alignment",
 *  "remainder", "bound", "bound_measured", "deviation_star", "bound_star".  The network is expanded about its
 *  parameters when the probe is added.  The linear model moves at every step, whatever the cadence: the probe stands
 *  behind one without a table, "<name>_steps", that takes it along; leave that one's cadence as it is.
 *
 *  A-posteriori bounds (squared error and plain descent only; docs/linearized.md): with K_s = rate (Theta_s -
 *  Theta_0), rho = max |1 - rate kappa lambda_k| and xi_s = f_{s+1} - f_s + rate Theta_0 P e_s = R_s - K_s P e_s,
 *      BOUND = sum_s rho^(S-1-s) (|K_s|_op |e_s| + |R_s|), BOUND_MEASURED the same sum of |xi_s|,
 *      BOUND_STAR = sum_s |xi_s|_*, which holds for any batches while rate lambda_max(P^(1/2) Theta_0 P^(1/2)) <= 2.
 *  @param recorder of a trainer with SGD, momentum or Nesterov, without weight decay and clipping, for a network
 *         without batch norm and dropout
 *  @param batches those the trainer is going to take, step k batch k (nndyn_train_run does so); without noise on
 *         inputs. Kept alive; their data set holds the training samples
 *  @param test test points, may be NULL; targets are not needed.  May be the training set
 *  @param options those of every probe, and
 *         "kernel" (text): what the columns DRIFT ... TARGET_ALIGNMENT are of: "full" (M x M), "trace" (N x N, the mean
 *         over outputs of the diagonal blocks), "none" (NaN).  Deviations are exact with each: "full" keeps Theta_0,
 *         the others pass each step through the network at theta_0;
 *         "bound" (text): "none" (default; NaN), "measured" (BOUND_MEASURED) or "all" (which needs "full");
 *         "unstable" (integer, 0): 1 allows rate kappa lambda_max >= 2, where the linear model may diverge although the
 *         network does not; looked at when the probe is added, for squared error
 *  @param probe receives its number; may be NULL
 *  @return as the other functions that add a probe (nndyn/recorder.h); NNDYN_EUNSUPPORTED, NNDYN_ENUMERIC (unstable),
 *          NNDYN_ELIMIT.  A step whose batch is not the one announced fails with NNDYN_ESTATE
 *  Cost: a step with "full": 2 (N + T) C b C flops for b samples in the batch; with the others, about three passes over
 *  train, test points; "measured": a forward pass over the training set and such a product; "all": a whole kernel and
 *  its eigenvalues at every step.  A row: a forward pass over train and test points, and a kernel unless "none".
 *  Memory: theta_0 twice; "full": 4 M^2 doubles. */
NNDYN_API int nndyn_recorder_add_linearization(nndyn_recorder *recorder, nndyn_batches *batches, nndyn_dataset *test,
                                               const nndyn_options *options, int64_t *probe);

/** Train a network and its linearization side by side: nndyn_recorder_add_linearization, nndyn_train_run and the
 *  table, in one call.
 *  @param trainer the trainer; takes steps[count - 1] steps
 *  @param batches,test as there
 *  @param count rows wanted, at least 1
 *  @param steps from here on after which a row is taken, ascending, from 0 (a row of the start), the last at least 1
 *  @param options "kernel", "bound", "unstable" as there
 *  @param rows receives count x NNDYN_LINEARIZATION_COLUMNS numbers
 *  @return as nndyn_recorder_add_linearization and nndyn_train_run.  Steps done before a failure stay done */
NNDYN_API int nndyn_linearized_compare(nndyn_trainer *trainer, nndyn_batches *batches, nndyn_dataset *test,
                                       int64_t count, const int64_t *steps, const nndyn_options *options, double *rows);

#ifdef __cplusplus
}
#endif
#endif
