/* kernel.h - the tangent kernel J J' of a network, and the directions J'w, without the Jacobian J.
 *
 * J is d(outputs)/d(parameters) at fixed parameters, a row for each sample and output (sample-major: row i*C + c); no
 * learning rate is in any of this.  With delta_c = d(output c)/d(out of a layer), a dense layer with weight factor wf
 * and bias factor bf gives
 *
 *     J J' [(i,c), (j,c')] += (delta_ic . delta_jc') (wf^2 a_i . a_j + bf^2)
 *
 * and J'w is, in factored form, the pair of its inputs A and of the sensitivities dw_i = sum_c w_ic delta_ic: its
 * weights are wf dw' A, its biases bf 1'dw, of rank n at most and never formed.  All in evaluation mode, in double;
 * formulas: docs/ntk.md.
 *
 * Three uses:
 *
 *     a whole kernel, cut by memory and threads      nd_kernel_fill
 *     blocks of it between sides kept by the caller  nd_kernel_side_create, nd_kernel_block, nd_kernel_diagonal
 *     products Theta w = J (J'w), at other points    nd_pass_create (ND_PASS_SLOPES, no t; nd_kernel_pass does it),
 *     too: J(x2) J(x)' w                             nd_pull_create, _set; nd_push_create, _apply */
#ifndef ND_KERNEL_H
#define ND_KERNEL_H
#include "derivatives/engine.h"

/* What stands for a sample, as NNDYN_NTK_* in nndyn/ntk.h. */
enum {
    ND_KERNEL_FULL = 1,     /* C rows: all outputs against all */
    ND_KERNEL_DIAGONAL = 2, /* C numbers: each output of each sample against itself */
    ND_KERNEL_TRACE = 3,    /* one row: mean over c of Theta_cc */
    ND_KERNEL_PSEUDO = 4    /* one row: that of the sum of the outputs over sqrt(C) */
};

/* In which parameters the dense layers are: of the network as it is, or of one form or the other of the same
 * function. */
enum { ND_METRIC_NETWORK = 0, ND_METRIC_STANDARD, ND_METRIC_NTK };

typedef struct nd_kernel_spec {
    int kind;    /* ND_KERNEL_* */
    int metric;  /* ND_METRIC_* */
    int singles; /* sensitivities and matrix products in float (1e-6 or so of the largest entry), sums in double */
    double weight_scale, bias_scale; /* ND_METRIC_NTK: of layers that are not in that form themselves */
} nd_kernel_spec;

/* Squares of the factors of a dense layer's weights and biases in the metric (biases: 0 without any). */
typedef struct nd_kernel_factors {
    double weights, biases;
} nd_kernel_factors;
nd_kernel_factors nd_kernel_factors_of(const nndyn_network *network, const nd_kernel_spec *spec, int64_t layer);

/* Rows of a kernel that a sample has: C or 1. */
int64_t nd_kernel_rows(const nndyn_network *network, int kind);

/* A pass that what follows can use: evaluation mode, slopes, no targets.  copy: take copies of parameters and x. */
int nd_kernel_pass(nndyn_network *network, void *handle, int64_t n, const double *x, int copy, nd_pass **out);
double nd_kernel_pass_bytes(const nndyn_network *network, int64_t n, int copy);

/* ---- blocks ------------------------------------------------------------------------------------------------------ */

/* A batch ready to be multiplied: inputs of all layers, and the sensitivities of each output. */
typedef struct nd_kernel_side {
    nndyn_context *context;
    nd_kernel_spec spec;
    nd_pass *pass;
    int64_t n;
    int64_t group, rows;          /* rows of the kernel for each sample, and in all: rows = n * group */
    double scale;                 /* of the sum of all terms */
    struct nd_kernel_term *terms; /* kernel_terms.h */
    int64_t term_count;
    nd_arena arena;
} nd_kernel_side;

/* The network must be ready (nd_network_ready) and x finite; the pass borrows parameters and x unless copy. */
int nd_kernel_side_create(nndyn_network *network, void *handle, const nd_kernel_spec *spec, int64_t n, const double *x,
                          int copy, nd_kernel_side **out);
void nd_kernel_side_free(nndyn_context *context, nd_kernel_side *side); /* NULL is allowed */
double nd_kernel_side_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int copy);

/* out (left->rows x right->rows, leading dimension ld) = the block of the kernel.  left == right: symmetric to the last
 * bit, at half the cost.  Tiles are cut by size and run over the context's threads; each is written once.  The two
 * sides must be of one network with the same parameters (of left and right each its own: then it is J_1 J_2') and of
 * one spec.  task may be NULL; from..to is its share of the progress. */
int nd_kernel_block(const nd_kernel_side *left, const nd_kernel_side *right, void *handle, nd_task *task, double from,
                    double to, double *out, int64_t ld);
double nd_kernel_block_bytes(const nd_kernel_side *left, const nd_kernel_side *right);
/* out (n * C) = diagonal of the full kernel, from a side of kind ND_KERNEL_FULL or ND_KERNEL_DIAGONAL; (n) = that of
 * the kernel of any other. */
int nd_kernel_diagonal(const nd_kernel_side *side, void *handle, double *out);

/* The kernel of two batches, or of one (x2 == NULL; also where x2 == x and n2 == n), in blocks of samples so that all
 * but `out` stays within the memory limit or 256 MB a side: rows n*group, columns n2*group, leading dimension ld.
 * ND_KERNEL_DIAGONAL: n * C numbers, x2 must be NULL.  Nothing is written before the diagonals are seen to be finite
 * (NNDYN_ENUMERIC), which bounds all else; a call that is canceled leaves `out` partly written. */
int nd_kernel_fill(nndyn_network *network, void *handle, const nd_kernel_spec *spec, int64_t n, const double *x,
                   int64_t n2, const double *x2, nd_task *task, double *out, int64_t ld);
/* Memory besides `out`, and flops. */
double nd_kernel_fill_bytes(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2, int same);
double nd_kernel_fill_flops(const nndyn_network *network, const nd_kernel_spec *spec, int64_t n, int64_t n2, int same);

/* ---- directions -------------------------------------------------------------------------------------------------- */

/* V = J'w in factored form: back->back[l + 1] is dw at the output of layer l (n x out), pass->workspace->sites[l].in
 * is A.  A later _set replaces it. */
typedef struct nd_pull {
    const nd_pass *pass; /* borrowed */
    nd_kernel_spec spec; /* its metric counts only */
    nd_tangent *back;
} nd_pull;
int nd_pull_create(const nd_pass *pass, void *handle, const nd_kernel_spec *spec, nd_pull **out);
void nd_pull_free(nndyn_context *context, nd_pull *direction); /* NULL is allowed */
double nd_pull_bytes(const nndyn_network *network, int64_t n);
/* w: n x outputs */
int nd_pull_set(nd_pull *direction, void *handle, const double *w);
/* V as P numbers, of the network's own parameters (metric ND_METRIC_NETWORK). */
int nd_pull_parameters(const nd_pull *direction, void *handle, double *u);
/* V . V2, both at the same network; may be one and the same.  Allocates the product of the two batches' rows. */
int nd_pull_dot(const nd_pull *direction, const nd_pull *other, void *handle, double *dot);

/* Tangents pushed through a pass along a factored direction that stands at a pass of its own (the same, or one of the
 * same parameters at other points). */
typedef struct nd_push {
    const nd_pass *pass; /* borrowed */
    nd_tangent *along;   /* value[l] after nd_push_apply: tangent of boundary l, NULL where nothing moves */
    double *room;
    int64_t samples; /* of the directions it can take, at most */
    nd_arena arena;
} nd_push;
int nd_push_create(const nd_pass *pass, void *handle, int64_t samples, nd_push **out);
void nd_push_free(nndyn_context *context, nd_push *push); /* NULL is allowed */
double nd_push_bytes(const nndyn_network *network, int64_t n, int64_t samples);
/* out (n x outputs, NULL if it is only wanted in `along`) = J V.  Cost: for each dense layer 2 n in out flops and the
 * smaller of 2 n n' (in + out) and 2 (n + n') in out. */
int nd_push_apply(nd_push *push, void *handle, const nd_pull *direction, double *out);

#endif
