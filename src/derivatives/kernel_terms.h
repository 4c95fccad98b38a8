/* kernel_terms.h - what the files of the tangent kernel share. */
#ifndef ND_KERNEL_TERMS_H
#define ND_KERNEL_TERMS_H
#include "derivatives/kernel.h"

/* What one array of parameters (of a dense layer: weights and biases) gives to the kernel:
 * (rows . rows') (factors.weights inputs . inputs' + factors.biases). */
typedef struct nd_kernel_term {
    const double *rows; /* side->rows x width */
    double *own;        /* where it is not an array of the tangents: the term's own memory, else NULL */
    int unit;           /* unit vectors: their products are known */
    int64_t layer, width;
    const double *inputs; /* n x in; NULL with in == 0 */
    int64_t in;
    nd_kernel_factors factors;
    float *single_rows, *single_inputs; /* the same in float, where products are */
} nd_kernel_term;

/* Product of a sample's unit vectors with another's: of one and the same output (ND_KERNEL_FULL), or over all. */
static inline double nd_kernel_unit(const nd_kernel_side *side)
{
    return side->spec.kind == ND_KERNEL_TRACE ? 1 / side->scale : 1;
}

/* Length of the rows of layer l's terms (0: unit vectors, of which no product is made). */
int64_t nd_kernel_width(const nndyn_network *network, int kind, int64_t layer);

#endif
