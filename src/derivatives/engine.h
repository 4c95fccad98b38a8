/* engine.h - the derivative engine: a linearization point, tangents through it, and the sums over them.
 *
 * A pass holds a batch of n samples at fixed parameters: values and sensitivities at each layer boundary, derivatives
 * of activations and loss.  A tangent pushes `rep` directions per sample through it, as tall matrices of n*rep rows in
 * sample-major order (row s*rep + m): one GEMM a layer.  Forward tangents are dz = d(out) along the direction;
 * backward ones are the tangents of the sensitivities.  From these every analysis is a short sum:
 *
 *     J v         tangent forward                         duality J v     forward, loss, backward, gradient tangent
 *     Hessian u   forward along u, loss, backward along u, gradient tangent
 *     J' u        the same, read at the inputs and at E'
 *     Gram J'J    forward and backward of all boundary directions, then nd_tangent_gram
 *     J_y' w      a ND_TANGENT_ZERO_BELOW tangent with back[last] = w: the plain backward pass
 *
 * Formulas: docs/duality.md; notation of the comments: A = in, Z = out of a dense layer, D = sensitivity,
 * dots for tangents. */
#ifndef ND_ENGINE_H
#define ND_ENGINE_H
#include "linalg/linalg.h"
#include "network/network.h"
#include "nndyn/derivatives.h"

/* How much a pass computes (the `order` of nd_pass_create). */
enum {
    ND_PASS_VALUES = 0,     /* values at all boundaries; with t: losses and D at the output */
    ND_PASS_SLOPES = 1,     /* and slopes; with t: sensitivities at all boundaries */
    ND_PASS_CURVATURES = 2, /* and all second derivatives (needs t) */
    ND_PASS_GAUSS_NEWTON =
        3,               /* slopes and the loss's second derivatives, no sensitivities below the output (needs t) */
    ND_PASS_TANGENTS = 4 /* slopes, and no room for sensitivities (without t, in evaluation mode) */
};

typedef struct nd_pass {
    nndyn_network *network;  /* a view of the network as it was: later layers and losses do not show */
    nndyn_network *original; /* a reference is held */
    const double *theta;     /* P, widened if the network is float32 */
    const double *statistics;
    const double *x, *t; /* t may be NULL: no loss */
    int64_t n;
    nd_mode mode;
    double scale;                /* 1/n or 1, by "reduction" */
    nd_workspace_f64 *workspace; /* everything apart; of ND_PASS_TANGENTS outputs only */
    double **slope;              /* per layer, activations only: f'(z), n x width; NULL at order 0 */
    double **curvature;          /* likewise f''(z) o D_out, the factor of zdot; NULL unless order 2 */
    double *m, *c, *dt;          /* second derivatives of the loss, dh/dt; NULL unless order >= 2 */
    nd_arena arena;              /* behind all of the above */
} nd_pass;

/* The options all derivative calls know, for reading in one call together with a caller's own. */
enum { ND_PASS_MODE, ND_PASS_STEP, ND_PASS_REDUCTION, ND_PASS_OPTIONS };
extern const nd_option_spec nd_pass_options[ND_PASS_OPTIONS];

/* Run a batch through the network; order as above.  copy: take copies of parameters and data (operators), else borrow
 * them for the length of the call. */
int nd_pass_create(nndyn_network *network, void *handle, int64_t n, const double *x, const double *t, int order,
                   int copy, const nd_option_value *options, nd_pass **out);
void nd_pass_free(nd_pass *pass);
double nd_pass_bytes(const nndyn_network *network, int64_t n, int order, int copy);
/* Refuse what needs independent samples (NNDYN_EUNSUPPORTED) when batch norm in training mode couples them. */
int nd_pass_check_independent(const nd_pass *pass, void *handle, const char *what);

/* What a tangent does without, in time and memory. */
enum {
    ND_TANGENT_ZERO_BELOW = 1, /* forward tangents are all zero: directions along targets only, plain backward passes */
    ND_TANGENT_FIXED_INPUTS = 2, /* zero at the inputs: directions along parameters only */
    ND_TANGENT_NO_INPUTS = 4,    /* back[] is not wanted below the first layer with parameters */
    ND_TANGENT_FORWARD_ONLY = 8  /* no back[] at all */
};

typedef struct nd_tangent {
    int64_t rep;
    int zero_below;        /* 1: as by ND_TANGENT_ZERO_BELOW; value[] is NULL throughout */
    const int64_t *inputs; /* of nd_tangent_create_inputs, else NULL */
    double **value;  /* per boundary 0..layers: n*rep x width; boundary l is the input of layer l.  NULL where zero */
    double **back;   /* per boundary: tangents of the sensitivities; NULL where not wanted.  At the output of an
                              activation it is not kept: it shares the array of the activation's input */
    double *scratch; /* n x widest batch norm, rep == 1 */
    nd_arena arena;
} nd_tangent;

/* flags: a sum of ND_TANGENT_*.  rep > 1 needs independent samples. */
int nd_tangent_create(const nd_pass *pass, void *handle, int64_t rep, int flags, nd_tangent **out);
/* Directions along single inputs: direction m of every sample is the unit vector of input inputs[m] (rep numbers,
 * kept by pointer, ascending).  Where layer 0 is dense, value[0] and back[0] are neither stored nor multiplied (both
 * NULL): nd_tangent_forward takes value[1] from the columns of W.  Elsewhere value[0] is filled here. */
int nd_tangent_create_inputs(const nd_pass *pass, void *handle, int64_t rep, const int64_t *inputs, nd_tangent **out);
void nd_tangent_free(nndyn_context *context, nd_tangent *tangent); /* NULL is allowed */
double nd_tangent_bytes(const nndyn_network *network, int64_t n, int64_t rep, int flags);
double nd_tangent_inputs_bytes(const nndyn_network *network, int64_t n, int64_t rep);

/* value[0] (unless NULL) must be filled by the caller; u (P numbers, rep == 1) or NULL moves the parameters too. */
int nd_tangent_forward(const nd_pass *pass, void *handle, const double *u, nd_tangent *tangent);
/* back[last] = M value[last] + E tdot; tdot: n*rep x outputs, or NULL. */
int nd_tangent_loss(const nd_pass *pass, void *handle, const double *tdot, nd_tangent *tangent);
/* back[] from back[last] down to boundary 0. */
int nd_tangent_backward(const nd_pass *pass, void *handle, const double *u, nd_tangent *tangent);
/* g (P) = pass->scale * sum over samples of the gradient's tangent (rep == 1): D. ' A + D' A. and the like. */
int nd_tangent_gradient(const nd_pass *pass, void *handle, const nd_tangent *tangent, double *g);
/* out (n*rep x outputs) = E' value[last]: the target part of J'u. */
int nd_tangent_targets(const nd_pass *pass, void *handle, const nd_tangent *tangent, double *out);

/* Gram block of gradient tangents, without any of them: out[(s,m), (s',m')] = scale^2 * (gradient tangent of left
 * (s,m)) . (that of right (s',m')), rows n*left->rep, columns n*right->rep, leading dimension ld (docs/duality.md).
 * After backward on both; left == right is symmetric to the last bit and costs half.  parts: for each layer
 * ND_WEIGHTS (of batch norm: scales) and ND_BIASES (shifts) or'ed, or NULL for all.  Samples must be independent. */
enum { ND_WEIGHTS = 1, ND_BIASES = 2 };
int nd_tangent_gram(const nd_pass *pass, void *handle, const nd_tangent *left, const nd_tangent *right,
                    const unsigned char *parts, double *out, int64_t ld);
double nd_tangent_gram_bytes(const nndyn_network *network, int64_t n, int64_t left_rep, int64_t right_rep);

#endif
