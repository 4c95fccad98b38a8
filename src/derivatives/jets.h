/* jets.h - Taylor jets of outputs and of gradients along a line in parameter space, and sums over them.
 *
 * Along theta + t V every quantity q has Taylor coefficients q_k (divided by k!), k = 0..K:
 *
 *     f(theta + t V) = sum_k f_k t^k                       outputs, n x C each
 *     grad f_i (theta + t V) = sum_k J_k(i; V) t^k         gradient jets, P numbers each, never stored:
 *                                                          J_k = (1/k!) (grad^(k+1) f_i) [V, ..., V]
 *     Theta(theta + t V) = sum_k Theta_k t^k               kernel jets, Theta_k = sum_{a+b=k} <J_a, J_b>
 *
 * so that f_1 = J V, J_0 = J, J_1(i; V) = H_i V, V . J_k = (k+1) f_{k+1}.  The learning rate is outside all of them:
 * Theta = J J', with V = J' e the derivative correlations are C^{0,d}[e^d] = eta^d f_d and C^{1,d}[e^d] = eta^(1/2+d)
 * J_d.
 *
 * A sweep (nd_jets) holds the coefficients at all layer boundaries: `value` of the batch, forward; `back` of `rep`
 * cotangents a sample, backward: rows s*rep + m as in engine.h.  Coefficients of a boundary stand one behind the other
 * (coefficient k of value[b] at k * n * width, of back[b] at k * n*rep * width), so that a dense layer is one GEMM for
 * all orders together.  A coefficient beyond `degree` (`back_degree`) of its boundary is zero and not stored: the
 * inputs have degree 0, the output of a dense layer one more than its input, that of a bent activation K.  With W of
 * in inputs, factors wf, bf, and dots over the width:
 *
 *     z_k = wf (W a_k + V a_{k-1}) + bf (b [k=0] + V_b [k=1])
 *     d^in_k = wf (W' d_k + V' d_{k-1})              d^z_k = sum_j d_j f'(z)_{k-j}
 *     J_k = wf sum_j d_j (x) a_{k-j}, bf d_k
 *     <J_k, J'_k'> = sum_layers sum_{j<=k, p<=k'} (d_j . d'_p) (wf^2 a_{k-j} . a'_{k'-p} + bf^2 [j=k] [p=k'])
 *
 * A direction is a vector of P numbers, or V = J' w in factors: V of a dense layer is wf sum_i dw_i (x) a_i over the
 * samples of the base sweep, never formed, so that all costs are O(n rep (sum of widths) K) memory and GEMMs of that
 * many rows.  Layers: dense, activations (table in jets_activation.c), batch norm with running statistics, residual
 * blocks, dropout switched off.  Activations that are not smooth have the derivatives of the piece that z is in.
 *
 *     nd_pass_create(..., NULL, ND_PASS_VALUES, ...)     the batch, without targets
 *     nd_jets_create(pass, handle, 0, C, &base)          order 0: values and sensitivities only
 *     nd_jets_forward(base, handle, NULL), nd_jets_backward(base, handle, NULL, NULL)
 *     nd_direction_create(base, handle, &v), nd_direction_set(v, handle, w)        V = J' w, again and again
 *     nd_jets_create(pass, handle, K, C, &jets)          of this batch or of another one (test points)
 *     nd_jets_forward(jets, handle, v), nd_jets_backward(jets, handle, v, NULL)
 *     nd_jets_gram(jets, 1, base, 0, handle, out, ld)    <J_1(i; V), J_0(j)>
 *
 * Sweeps may be run again with another direction; that allocates nothing.  Same bits at any number of threads. */
#ifndef ND_JETS_H
#define ND_JETS_H
#include "derivatives/engine.h"

enum { ND_JET_ORDER = 16 }; /* highest */

typedef struct nd_jets {
    const nd_pass *pass; /* borrowed: must outlive the sweep */
    int order;           /* K */
    int64_t n, rep;      /* rep 0: forward only */
    int *degree;         /* per boundary 0..layers */
    double **value;      /* per boundary: (degree + 1) x n x width */
    double **slope;      /* per layer, activations only: jets of f'(z), (degree of a or 0, + 1) x n x width */
    int *slope_degree;   /* per layer */
    int *back_degree;    /* per boundary */
    double **back;       /* per boundary from the output of the first layer with parameters: (back_degree + 1) x n*rep x
                            width; NULL below it */
    double *scratch;
    nd_arena arena;
} nd_jets;

/* V: either u (P numbers) is set - then nothing else, `(nd_direction){.u = u}` will do - or it is made by the functions
 * below. */
typedef struct nd_direction {
    const double *u;     /* P numbers, borrowed, or NULL */
    const nd_jets *base; /* borrowed: must outlive the direction */
    int64_t count;       /* samples that take part: those with w_s != 0 */
    int64_t *samples;    /* their numbers */
    double **in;         /* per layer, dense only: their inputs of the layer, count x in */
    double **weighted;   /* per layer, dense only: dw, their sensitivities at its output summed with w, count x out */
    double **small;      /* per layer: V itself of what is not a weight: biases (out), batch norm (2 out) */
    nd_arena arena;
} nd_direction;

/* ---- sweeps ------------------------------------------------------------------------------------------------------ */

/* A sweep over the batch of the pass (any order of pass, no targets needed), order 0..ND_JET_ORDER.
 * NNDYN_EUNSUPPORTED: batch norm or dropout in training mode; a custom activation without the derivatives it takes
 * (order for the outputs, order + 1 with rep > 0). */
int nd_jets_create(const nd_pass *pass, void *handle, int order, int64_t rep, nd_jets **out);
void nd_jets_free(nd_jets *jets); /* NULL is allowed */
double nd_jets_bytes(const nndyn_network *network, int64_t n, int order, int64_t rep);

/* value[] along v (NULL: 0, for order 0).  NNDYN_ENUMERIC if a coefficient of the outputs is not finite. */
int nd_jets_forward(nd_jets *jets, void *handle, const nd_direction *v);
/* back[] along the same v, after nd_jets_forward.  seeds: cotangents at the outputs, n*rep x C; NULL: unit vectors, row
 * (s, c) the one of output c (rep == C), so that row (s, c) is output c of sample s. */
int nd_jets_backward(nd_jets *jets, void *handle, const nd_direction *v, const double *seeds);

/* f_k, n x C: a place in value[]; NULL where it is zero (k beyond the degree). */
const double *nd_jets_output(const nd_jets *jets, int k);

/* ---- directions V = J' w ----------------------------------------------------------------------------------------- */

/* In factors over a base sweep of order 0 (rep > 0, backward run); w is what nd_direction_set is given: n*rep weights
 * of the base's rows.  u of the direction stays NULL. */
int nd_direction_create(const nd_jets *base, void *handle, nd_direction **out);
int nd_direction_set(nd_direction *v, void *handle, const double *w);
void nd_direction_free(nd_direction *v); /* NULL is allowed; not for a direction that is only a u */
double nd_direction_bytes(const nndyn_network *network, int64_t n);

/* ---- gradient jets ----------------------------------------------------------------------------------------------- */

/* g (P) = sum_rows c_row J_k(row; V), c: n*rep numbers.  For one row give a unit vector, or seeds with fewer rows; for
 * products with vectors (power iteration on H_i) order 1 and k = 1. */
int nd_jets_gradient(const nd_jets *jets, void *handle, int k, const double *c, double *g);

/* out[i][m] = <J_k(i; V), J_k'(m; V')>, rows n*rep of left and columns n*rep of right, leading dimension ld.  left and
 * right may be the same sweep; then k == k' gives a matrix symmetric to the last bit.  Orders, batches and directions
 * may differ, the network and its parameters not.  Memory: blocks of rows, see nd_jets_gram_bytes. */
int nd_jets_gram(const nd_jets *left, int k, const nd_jets *right, int k_right, void *handle, double *out, int64_t ld);
/* out[k] = Theta_k = sum_{a+b=k} <J_a(i; V), J_b(m; V')>, k = 0..order: (order + 1) x rows of left x rows of right. */
int nd_jets_kernel(const nd_jets *left, const nd_jets *right, int order, void *handle, double *out);
double nd_jets_gram_bytes(const nndyn_network *network, int64_t left_n, int64_t left_rep, int64_t right_n,
                          int64_t right_rep, int order);

#endif
