/* instance.c - all kernels for float and for double, compiled once for each set of processor instructions ND_SET.
 *
 * What differs between the two precisions is set here; the .inc files say everything once. */
#include "kernels/sets.h"
#include "kernels/blas.h"
#include "nndyn/kernels.h"
#include <float.h>
#include <math.h>
#include <string.h>
#if defined(__SSE2__) && defined(__GNUC__)
#include <immintrin.h>
#endif

enum {
    ND_CHUNK = 256,          /* numbers of a pass whose values stand on the stack */
    ND_COLUMNS = 128,        /* columns whose sums stand on the stack */
    ND_NARROW = 32,          /* columns whose sums stand in registers */
    ND_ROWS = 32,            /* rows that are summed before the next columns */
    ND_TILE_FLOPS = 1 << 22, /* products below this are not cut */
    ND_TILE_LEAST = 96,      /* rows or columns of a tile */
    ND_TILES_MOST = 8,
    ND_TILE_STEP = 48 /* widths of tiles are a multiple */
};

/* A function call within a loop would keep it from being vectorized. */
#if defined(__GNUC__)
#define ND_INLINE static inline __attribute__((always_inline))
#else
#define ND_INLINE static inline
#endif

#define ND_SIMD         _Pragma("omp simd")
#define ND_PASTE_(a, b) a##b
#define ND_PASTE(a, b)  ND_PASTE_(a, b)
#define ND_TEXT_(a)     #a
#define ND_TEXT(a)      ND_TEXT_(a)
#define K(x)            ((R)(x)) /* a constant in the precision of the file */
#define ND_ABS(x)       ND_LIBM(fabs)(x)
#define ND_SIGN(x, y)   ND_LIBM(copysign)(x, y)
#define ND_SQRT(x)      ND_LIBM(sqrt)(x)
#define ND_INFINITY     K(HUGE_VAL)
#define ND_NAN          K(NAN)
#define ND_SINE_MOST    1e6
#define ND_PI_2_A       0x1.921fb544p+0
#define ND_PI_2_B       0x1.0b4611a6p-34
#define ND_PI_2_C       0x1.3198a2e037073p-69

/* The library's own matrix product, where BLAS may not know the processor (docs/numerics.md has the measurements): its
 * vectors, and a block of C of ROWS x VECTORS registers, which leaves some for one row of B and one factor. */
#if defined(__AVX512F__) && defined(__GNUC__)
#define ND_OWN_PRODUCT
enum {
    ND_VECTOR_BYTES = 64,
    ND_PANEL_ROWS = 8,
    ND_HALF_ROWS = 4,
    ND_PANEL_VECTORS = 3,
    ND_DEPTH = 128,
    ND_OWN_ALL = 1
};
#elif defined(__AVX2__) && defined(__FMA__) && defined(__GNUC__)
#define ND_OWN_PRODUCT
enum {
    ND_VECTOR_BYTES = 32,
    ND_PANEL_ROWS = 4,
    ND_HALF_ROWS = 2,
    ND_PANEL_VECTORS = 3,
    ND_DEPTH = 128,
    ND_OWN_ALL = 0
};
#endif
enum { ND_THIN = 32 }; /* a product with a size up to this is thin */

/* 64-bit lanes in the widest vector, and the product of their lower halves; some abreast, to hide its latency. */
#if defined(__AVX512F__) && defined(__GNUC__)
typedef uint64_t nd_wide __attribute__((vector_size(64)));
#define ND_AT_LEAST(x, y)     ((nd_wide)((x) >= (y)))
#define ND_MULTIPLY_LOW(x, y) ((nd_wide)_mm512_mul_epu32((__m512i)(x), (__m512i)(y)))
enum { ND_ABREAST = 4 };
#elif defined(__AVX2__) && defined(__GNUC__)
typedef uint64_t nd_wide __attribute__((vector_size(32)));
#define ND_AT_LEAST(x, y)     ((nd_wide)((x) >= (y)))
#define ND_MULTIPLY_LOW(x, y) ((nd_wide)_mm256_mul_epu32((__m256i)(x), (__m256i)(y)))
enum { ND_ABREAST = 2 };
#elif defined(__SSE2__) && defined(__GNUC__)
typedef uint64_t nd_wide __attribute__((vector_size(16)));
#define ND_AT_LEAST(x, y)     ((nd_wide)((x) >= (y)))
#define ND_MULTIPLY_LOW(x, y) ((nd_wide)_mm_mul_epu32((__m128i)(x), (__m128i)(y)))
enum { ND_ABREAST = 2 };
#else
typedef uint64_t nd_wide;
#define ND_AT_LEAST(x, y)     (0 - (uint64_t)((x) >= (y)))
#define ND_MULTIPLY_LOW(x, y) (((x)&0xffffffffu) * ((y)&0xffffffffu))
enum { ND_ABREAST = 4 };
#endif
#include "kernels/philox.inc"

/* ---- double first: the float instance rounds sines, and sums of a row of logits, from it ---- */

#define R               double
#define U               uint64_t
#define ND(name)        nd_##name##_f64
#define ND_LIBM(name)   name
#define ND_TABLE        ND_PASTE(nd_kernels_f64_, ND_SET)
#define ND_BITS         64
#define ND_MANTISSA     52
#define ND_BIAS         1023
#define ND_ROUND        0x1.8p52 /* added and subtracted: to the nearest integer */
#define ND_TWO_MANTISSA 0x1p52
#define ND_LARGEST      DBL_MAX
#define ND_SMALLEST     DBL_MIN
#define ND_EXP_LEAST    -746.0          /* e^x rounds to 0 */
#define ND_EXP_MOST     710.0           /* e^x overflows */
#define ND_LN2_HIGH     0x1.62e42fefp-1 /* few enough bits that products with exponents are exact */
#define ND_LN2_LOW      0x1.473de6af278edp-34
#define ND_HEAD_MASK    0x7ffffff
#define ND_GAUSS_MOST   40 /* e^(-z^2/2) rounds to 0 */
#define ND_PI_4_LOW     0x1.1a62633145c07p-55
#include "kernels/polynomials_f64.inc"
#include "kernels/vmath.inc"
#include "kernels/sine.inc"
#include "kernels/all.inc"
#include "kernels/undefine.inc"

#define R               float
#define U               uint32_t
#define ND(name)        nd_##name##_f32
#define ND_LIBM(name)   name##f
#define ND_TABLE        ND_PASTE(nd_kernels_f32_, ND_SET)
#define ND_BITS         32
#define ND_MANTISSA     23
#define ND_BIAS         127
#define ND_ROUND        0x1.8p23
#define ND_TWO_MANTISSA 0x1p23
#define ND_LARGEST      FLT_MAX
#define ND_SMALLEST     FLT_MIN
#define ND_EXP_LEAST    -106.0
#define ND_EXP_MOST     89.0
#define ND_LN2_HIGH     0x1.62ep-1
#define ND_LN2_LOW      0x1.0bfbe8e7bcd5ep-15
#define ND_HEAD_MASK    0xfff
#define ND_GAUSS_MOST   15
#define ND_PI_4_LOW     -0x1.777a5cf72cecep-26
#include "kernels/polynomials_f32.inc"
#include "kernels/vmath.inc"
#include "kernels/all.inc"
#include "kernels/undefine.inc"
