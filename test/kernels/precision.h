/* precision.h - tests of kernels written once for float and for double: a test includes its .inc through here. */
#ifndef NT_PRECISION_H
#define NT_PRECISION_H
#include "kernels/kernels.h"
#include "nndyn/network.h"
#include "nndyn/training.h"
#include "support/support.h"
#include <float.h>

#define LENGTH(array) ((int64_t)(sizeof(array) / sizeof(array)[0]))

/* The sets of kernels; those that build or processor lack are NULL when asked for. */
static const char *const nt_sets[] = {"baseline", "avx2", "avx512"};
enum { NT_SETS = 3 };

/* Sizes around the widths of vectors and of the blocks of the sums. */
static const int64_t nt_sizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 256, 257, 600};

#endif
