/* sets.h - the compiled instances of the kernels, one pair of tables for each set of processor instructions. */
#ifndef ND_SETS_H
#define ND_SETS_H
#include "kernels/kernels.h"

extern const nd_kernels_f32 nd_kernels_f32_baseline, nd_kernels_f32_avx2, nd_kernels_f32_avx512;
extern const nd_kernels_f64 nd_kernels_f64_baseline, nd_kernels_f64_avx2, nd_kernels_f64_avx512;

#endif
