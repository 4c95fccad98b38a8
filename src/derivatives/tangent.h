/* tangent.h - what the files of this room share: the rules of each kind of layer.
 *
 * A new kind of layer is one row of nd_layer_rules (tangent_layers.c).  A = in, Z = out, D = sensitivity at out, k =
 * sensitivity at the output of an activation; dots are tangents.  Boundary l is the input of layer l, l + 1 its
 * output. */
#ifndef ND_TANGENT_H
#define ND_TANGENT_H
#include "derivatives/engine.h"

/* Rows first..first+count-1 of a tangent, and the samples they belong to. */
typedef struct nd_tangent_rows {
    const nd_tangent *tangent;
    int64_t first, count;
    int64_t sample, samples;
} nd_tangent_rows;

/* A block of a Gram matrix while it is summed over the layers. */
typedef struct nd_gram_block {
    const nd_pass *pass;
    nd_tangent_rows left, right;
    double *sum;     /* left.count x right.count */
    double *product; /* likewise */
    double *factor;  /* left.samples x right.samples */
    double *u, *v;   /* left.count x right.samples, left.samples x right.count */
    double *ql, *qr; /* left.count and right.count x widest batch norm */
} nd_gram_block;

typedef struct nd_layer_rules {
    /* value[l+1] from value[l] and the parameters' direction u (either may be NULL: zero) */
    int (*forward)(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent);
    /* back[l] from back[l+1] */
    int (*backward)(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent);
    /* g = scale * tangent of the gradient of the layer's parameters, from value[l] and back[l+1].  This and what
     * follows: NULL for kinds without parameters. */
    int (*gradient)(const nd_pass *pass, int64_t layer, const nd_tangent *tangent, double *g);
    /* block->sum += the layer's part of the Gram block; parts: ND_WEIGHTS and ND_BIASES or'ed */
    int (*gram)(const nd_gram_block *block, int64_t layer, int parts);
    /* squares[s] += squared norm of the gradient of sample s; scratch: 2 n numbers */
    void (*norms)(const nd_pass *pass, int64_t layer, double *scratch, double *squares);
} nd_layer_rules;

extern const nd_layer_rules nd_layer_rules_of[]; /* by kind */

/* Width of boundary b. */
int64_t nd_boundary_width(const nndyn_network *network, int64_t boundary);
/* Widest batch norm, 0 without any. */
int64_t nd_batch_norm_width(const nndyn_network *network);

/* Batch norm's rules (batch_norm_tangent.c). */
int nd_batch_norm_forward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent);
int nd_batch_norm_backward(const nd_pass *pass, int64_t layer, const double *u, nd_tangent *tangent);
int nd_batch_norm_gradient(const nd_pass *pass, int64_t layer, const nd_tangent *tangent, double *g);
int nd_batch_norm_gram(const nd_gram_block *block, int64_t layer, int parts);
void nd_batch_norm_norms(const nd_pass *pass, int64_t layer, double *scratch, double *squares);
/* The dense layer's closed form (gram.c). */
int nd_dense_gram(const nd_gram_block *block, int64_t layer, int parts);

/* Rows of n*rep x width arrays, cut into pieces that do not depend on the number of threads: out = factor o in (factor
 * NULL: a copy), then out += bend o value (bend NULL: not); factor and bend are n x width, their rows repeated rep
 * times. In place over in. */
typedef struct nd_rows_job {
    const nndyn_network *network;
    int64_t n, rep, width;
    const double *factor, *in;
    const double *bend, *value;
    double *out;
} nd_rows_job;
int nd_rows_run(const nd_rows_job *job);

#endif
