/* kernel_terms.h - what the files of the tangent kernel share. */
#ifndef ND_KERNEL_TERMS_H
#define ND_KERNEL_TERMS_H
#include "derivatives/kernel.h"

/* What the rows of a term are. */
enum {
    ND_ROWS_BACK,     /* sensitivities at the layer's output */
    ND_ROWS_SCALED,   /* the same times the normalized inputs: scales of batch norm */
    ND_ROWS_FACTORED, /* slopes times norms of columns of the last weights: one row for all outputs */
    ND_ROWS_UNIT      /* unit vectors: there is no array, their products are known */
};

/* What one array of parameters (of a dense layer: weights and biases) gives to the kernel:
 * (rows . rows') (factors.weights inputs . inputs' + factors.biases). */
typedef struct nd_kernel_term {
    int form;   /* ND_ROWS_* */
    void *rows; /* side->rows x width, in float where products are */
    int64_t layer, width;
    const double *inputs; /* n x in; NULL with in == 0 */
    int64_t in;
    nd_kernel_factors factors;
    float *single_inputs; /* the same in float, where products are */
} nd_kernel_term;

/* Product of a sample's unit vectors with another's: of one and the same output (ND_KERNEL_FULL), or over all. */
static inline double nd_kernel_unit(const nd_kernel_side *side)
{
    return side->spec.kind == ND_KERNEL_TRACE ? 1 / side->scale : 1;
}

/* Length of the rows of layer l's terms (0: unit vectors, of which no product is made). */
int64_t nd_kernel_width(const nndyn_network *network, int kind, int64_t layer);

/* Layer l has a term of form ND_ROWS_BACK. */
int nd_kernel_stores(const nndyn_network *network, int kind, int64_t layer);

/* kernel_sweep.c: the rows of all terms of a side whose pass is done. */
int nd_kernel_sweep(const nd_kernel_side *side, void *handle);
/* Memory it takes while it runs. */
double nd_kernel_sweep_bytes(const nndyn_network *network, const nd_kernel_side *plan);

#endif
