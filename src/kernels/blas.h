/* blas.h - the only file that says cblas_: row-major products in both precisions, sizes checked to fit BLAS's. */
#ifndef ND_BLAS_H
#define ND_BLAS_H
#include <cblas.h>
#include <limits.h>
#include <stdint.h>

enum { ND_BLAS_MOST = INT_MAX }; /* sizes and leading dimensions are checked against this where arrays are planned */

static inline void nd_blas_gemm_f32(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                                    int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

static inline void nd_blas_gemm_f64(int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha, const double *a,
                                    int64_t lda, const double *b, int64_t ldb, double beta, double *c, int64_t ldc)
{
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
                alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

#endif
