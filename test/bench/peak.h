/* peak.h - multiply-add peak of one core of this machine, by a loop of independent multiply-adds in the widest vectors
 * it has: the limit that a product of matrices is held against. */
#ifndef PEAK_H
#define PEAK_H
#include "bench/bench.h"
#include <math.h>
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

enum { PEAK_CHAINS = 12 }; /* enough to cover the latency of two units */

/* A function name(loops) of PEAK_CHAINS * loops multiply-adds of TYPE; chains that began alike would be merged. */
#define PEAK_LOOP(name, target, TYPE, SET, FMA, LANES_)                                                                \
    target static double name(long loops)                                                                              \
    {                                                                                                                  \
        const TYPE a = SET(0.999), b = SET(0.001);                                                                     \
        TYPE c0 = SET(0), c1 = SET(0.1), c2 = SET(0.2), c3 = SET(0.3), c4 = SET(0.4), c5 = SET(0.5);                   \
        TYPE c6 = SET(0.6), c7 = SET(0.7), c8 = SET(0.8), c9 = SET(0.9), c10 = SET(1.1), c11 = SET(1.2);               \
        for (long i = 0; i < loops; i++) {                                                                             \
            c0 = FMA(c0, a, b), c1 = FMA(c1, a, b);                                                                    \
            c2 = FMA(c2, a, b), c3 = FMA(c3, a, b);                                                                    \
            c4 = FMA(c4, a, b), c5 = FMA(c5, a, b);                                                                    \
            c6 = FMA(c6, a, b), c7 = FMA(c7, a, b);                                                                    \
            c8 = FMA(c8, a, b), c9 = FMA(c9, a, b);                                                                    \
            c10 = FMA(c10, a, b), c11 = FMA(c11, a, b);                                                                \
        }                                                                                                              \
        return LANES_(c0) + LANES_(c1) + LANES_(c2) + LANES_(c3) + LANES_(c4) + LANES_(c5) + LANES_(c6) + LANES_(c7) + \
               LANES_(c8) + LANES_(c9) + LANES_(c10) + LANES_(c11);                                                    \
    }

#define PEAK_SCALAR(x)     (x)
#define PEAK_MADD(x, y, z) ((x) * (y) + (z))
PEAK_LOOP(peak_scalar_f32, , float, (float)PEAK_SCALAR, PEAK_MADD, (double)PEAK_SCALAR)
PEAK_LOOP(peak_scalar_f64, , double, PEAK_SCALAR, PEAK_MADD, PEAK_SCALAR)

#if defined(__x86_64__) && defined(__GNUC__)
#define PEAK_AVX2         __attribute__((target("avx2,fma")))
#define PEAK_AVX512       __attribute__((target("avx512f")))
#define PEAK_SET_PS(x)    _mm256_set1_ps((float)(x))
#define PEAK_SET_PS512(x) _mm512_set1_ps((float)(x))
PEAK_LOOP(peak_avx2_f32, PEAK_AVX2, __m256, PEAK_SET_PS, _mm256_fmadd_ps, (double)_mm256_cvtss_f32)
PEAK_LOOP(peak_avx2_f64, PEAK_AVX2, __m256d, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_cvtsd_f64)
PEAK_LOOP(peak_avx512_f32, PEAK_AVX512, __m512, PEAK_SET_PS512, _mm512_fmadd_ps, (double)_mm512_cvtss_f32)
PEAK_LOOP(peak_avx512_f64, PEAK_AVX512, __m512d, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_cvtsd_f64)
#endif

typedef struct peak_set {
    double (*loop)(long loops);
    int lanes;
} peak_set;

static inline peak_set peak_choose(int dtype)
{
    const int f32 = dtype == NNDYN_F32;
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f")) {
        return (peak_set){f32 ? peak_avx512_f32 : peak_avx512_f64, f32 ? 16 : 8};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return (peak_set){f32 ? peak_avx2_f32 : peak_avx2_f64, f32 ? 8 : 4};
    }
#endif
    return (peak_set){f32 ? peak_scalar_f32 : peak_scalar_f64, 1};
}

/* Flops a second of one core: the best of several runs, since what disturbs only slows. */
static inline double peak_flops(int dtype)
{
    const peak_set set = peak_choose(dtype);
    const long loops = 400000;
    volatile double keep = 0;
    double best = HUGE_VAL;
    for (int r = 0; r < 25; r++) {
        const double start = seconds();
        keep = keep + set.loop(loops);
        best = fmin(best, seconds() - start);
    }
    return 2.0 * PEAK_CHAINS * set.lanes * (double)loops / best;
}

#endif
