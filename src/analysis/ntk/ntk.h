/* ntk.h - what the files of the tangent kernel's room share: its options, and the check of a batch. */
#ifndef ND_NTK_H
#define ND_NTK_H
#include "derivatives/kernel.h"
#include "nndyn/ntk.h"

/* Products with vectors know those before "precision". */
enum {
    ND_NTK_PARAMETRIZATION,
    ND_NTK_WEIGHT_SCALE,
    ND_NTK_BIAS_SCALE,
    ND_NTK_VECTOR_OPTIONS,
    ND_NTK_PRECISION = ND_NTK_VECTOR_OPTIONS,
    ND_NTK_OPTIONS
};
extern const nd_option_spec nd_ntk_options[ND_NTK_OPTIONS];

/* What values of them say (ND_NTK_OPTIONS); and the first `count` of them read. */
nd_kernel_spec nd_ntk_spec_of(const nd_option_value *values, int kind);
int nd_ntk_spec(nndyn_network *network, const nndyn_options *options, int count, int kind, nd_kernel_spec *spec);
/* x (n x inputs) there, and its numbers finite; names are those of the arguments. */
int nd_ntk_check_batch(nndyn_network *network, int64_t n, const double *x, const char *n_name, const char *x_name);
/* NNDYN_EARG if two arrays of numbers share memory. */
int nd_ntk_check_apart(void *handle, const double *out, int64_t out_count, const double *in, int64_t in_count,
                       const char *out_name, const char *in_name);

#endif
