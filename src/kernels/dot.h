/* dot.h - the inner product of short vectors. */
#ifndef ND_DOT_H
#define ND_DOT_H
#include <stdint.h>

/* x . y, added in the order of the index: the same bits on any processor.  For long vectors the table of kernels.h has
 * a faster one. */
static inline double nd_dot(int64_t n, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

#endif
