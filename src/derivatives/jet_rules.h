/* jet_rules.h - what the files of the jets share: the rules of each kind of layer.
 *
 * A new kind is one row of nd_jet_rules_of (jets_layers.c).  Names as in jets.h. */
#ifndef ND_JET_RULES_H
#define ND_JET_RULES_H
#include "derivatives/jets.h"

enum { ND_JET_BLOCK = 64 }; /* samples of a direction multiplied at once: what scratch has room for */

/* Rows of a sweep that take part in a block of inner products, and the samples they belong to. */
typedef struct nd_jet_rows {
    const nd_jets *jets;
    int order; /* highest k that is wanted */
    int64_t sample, samples;
    int64_t first, count;
} nd_jet_rows;

/* A block of inner products while it is summed over the layers. */
typedef struct nd_jet_block nd_jet_block;
struct nd_jet_block {
    nd_jet_rows left, right;
    /* number of the sum that <J_k, J_k'> goes to, or -1 */
    int (*place)(const nd_jet_block *block, int k, int k_right);
    double *sum;                    /* sums x left.count x right.count */
    double *product;                /* of sensitivities, (order + 1) left.count x ... right.count */
    double *factor;                 /* of inputs, (order + 1) left.samples x ... right.samples */
    double *rows_left, *rows_right; /* of batch norm: (order + 1) count x widest batch norm */
};

typedef struct nd_jet_rules {
    /* value[l+1] from value[l] and v (NULL: V is 0) */
    int (*forward)(nd_jets *jets, int64_t layer, const nd_direction *v);
    /* back[l] from back[l+1] */
    int (*backward)(nd_jets *jets, int64_t layer, const nd_direction *v);
    /* g = the layer's part of sum_rows c_row J_k(row).  This and what follows: NULL for kinds without parameters. */
    int (*gradient)(const nd_jets *jets, int64_t layer, int k, const double *c, double *g);
    /* block->sum += the layer's part */
    int (*gram)(nd_jet_block *block, int64_t layer);
    /* what nd_direction_set leaves in small[layer], from weighted[layer] */
    void (*collect)(nd_direction *v, int64_t layer);
} nd_jet_rules;

extern const nd_jet_rules nd_jet_rules_of[]; /* by kind */

/* Batch norm's rules (jets_batch_norm.c). */
int nd_jet_norm_forward(nd_jets *jets, int64_t layer, const nd_direction *v);
int nd_jet_norm_backward(nd_jets *jets, int64_t layer, const nd_direction *v);
int nd_jet_norm_gradient(const nd_jets *jets, int64_t layer, int k, const double *c, double *g);
int nd_jet_norm_gram(nd_jet_block *block, int64_t layer);
void nd_jet_norm_collect(nd_direction *v, int64_t layer);
/* The dense layer's inner products (jets_gram.c). */
int nd_jet_dense_gram(nd_jet_block *block, int64_t layer);
/* product = left right' over `width`, coefficients 0..top of each: (top_left + 1) left.count rows.  Coefficient k of
 * left at left + k * step_left. */
typedef struct nd_jet_side {
    const double *rows;
    int top;
    int64_t count, step; /* rows of a coefficient; numbers from one coefficient to the next */
} nd_jet_side;
int nd_jet_multiply(const nd_jets *jets, nd_jet_side left, nd_jet_side right, int64_t width, double *product);

/* An activation: value[l+1] and slope[l] from value[l] (jets_activation.c). */
int nd_jet_activate(nd_jets *jets, int64_t layer);
/* Whether derivatives beyond the first are there at all. */
int nd_jet_bends(const nd_activation *f);

/* out (rows of out, or of in if `back`) += wf times rows of in with V' (V if back) of a dense layer; the factor wf of
 * the layer is within. */
int nd_direction_multiply(const nd_direction *v, nd_jets *jets, int64_t layer, int back, int64_t rows, const double *in,
                          double *out);
/* V of what is not a weight of the layer; NULL if v is or there is nothing of the kind. */
const double *nd_direction_small(const nd_direction *v, const nd_layer *layer, int64_t number);

/* rows (n x width) of sum over the rep rows of a sample c_row * coefficient k of back[boundary]. */
void nd_jet_combine(const nd_jets *jets, int64_t boundary, int k, const double *c, double *out);

#endif
