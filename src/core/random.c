/* random.c - Philox4x32-10, and what is drawn from it.
 *
 * Bits depend on nothing but IEEE double arithmetic (+ - * / sqrt, rounded to nearest, no contraction to fused
 * multiply-add: the build says -ffp-contract=off).  Loops go over fixed numbers of lanes without branches, so that
 * compilers turn them into vector instructions; lanes do not influence each other. */
#include "core/random.h"
#include <math.h>
#include <string.h>

enum { LANES = 32, WORDS = 4 };

static const uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};

/* ---- the generator ----------------------------------------------------------------------------------------------- */

static inline void philox_round(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    const uint64_t p0 = (uint64_t)multiplier[0] * c[0];
    const uint64_t p1 = (uint64_t)multiplier[1] * c[2];
    const uint32_t c0 = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
    const uint32_t c2 = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[0] = c0;
    c[1] = (uint32_t)p1;
    c[2] = c2;
    c[3] = (uint32_t)p0;
}

void nd_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    for (uint32_t round = 0; round < 10; round++) {
        philox_round(c, key[0] + round * weyl[0], key[1] + round * weyl[1]);
    }
    memcpy(out, c, sizeof c);
}

nd_stream nd_stream_open(int64_t seed, int purpose, int64_t item, int64_t step)
{
    const uint64_t s = (uint64_t)seed;
    const uint64_t t = (uint64_t)step;
    return (nd_stream){
        .key = {(uint32_t)s, (uint32_t)(s >> 32)},
        .step = {(uint32_t)t, (uint32_t)(t >> 32)},
        .purpose = ((uint32_t)purpose << 24) + (uint32_t)item,
    };
}

/* Counter of a block: 56 bits number it, the upper 24 of them beside the upper bits of the step. */
static inline void counter_of(const nd_stream *s, uint64_t block, uint32_t c[4])
{
    c[0] = (uint32_t)block;
    c[1] = s->purpose;
    c[2] = s->step[0];
    c[3] = s->step[1] ^ ((uint32_t)(block >> 32) << 8);
}

/* LANES blocks from `first`; words[w][i] is word w of block first + i.  Same as nd_philox on each, lane by lane. */
static void philox_lanes(const nd_stream *s, uint64_t first, uint32_t words[WORDS][LANES])
{
    uint32_t *restrict c0 = words[0];
    uint32_t *restrict c1 = words[1];
    uint32_t *restrict c2 = words[2];
    uint32_t *restrict c3 = words[3];
    for (int i = 0; i < LANES; i++) {
        const uint64_t block = first + (uint64_t)i;
        c0[i] = (uint32_t)block;
        c1[i] = s->purpose;
        c2[i] = s->step[0];
        c3[i] = s->step[1] ^ ((uint32_t)(block >> 32) << 8);
    }
    for (uint32_t round = 0; round < 10; round++) {
        const uint32_t k0 = s->key[0] + round * weyl[0];
        const uint32_t k1 = s->key[1] + round * weyl[1];
        for (int i = 0; i < LANES; i++) {
            const uint64_t p0 = (uint64_t)multiplier[0] * c0[i];
            const uint64_t p1 = (uint64_t)multiplier[1] * c2[i];
            c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)p1;
            c3[i] = (uint32_t)p0;
        }
    }
}

/* ---- doubles ----------------------------------------------------------------------------------------------------- */

static inline double as_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint64_t as_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* (k + 1/2) 2^-52 for the upper 52 bits k of two words, exactly: [1, 2) less 1 - 2^-53. */
static inline double unit(uint32_t high, uint32_t low)
{
    const uint64_t k = (uint64_t)high << 20 | low >> 12;
    return as_double(k | 0x3ff0000000000000u) - 0x1.fffffffffffffp-1;
}

/* Uniforms 2 first ... of LANES blocks: two from each. */
static void uniform_lanes(const nd_stream *s, uint64_t first, double u[2][LANES])
{
    uint32_t words[WORDS][LANES];
    philox_lanes(s, first, words);
    for (int i = 0; i < LANES; i++) {
        u[0][i] = unit(words[1][i], words[0][i]);
        u[1][i] = unit(words[3][i], words[2][i]);
    }
}

/* Logarithm of a double in (0, 1), within 1 ulp.  x = 2^e (1 + f) with 1 + f between the roots of 1/2 and 2, and for
 * s = f / (2 + f): log(1 + f) = 2 atanh(s) = f - s (f - r), r = 2 s^2 (1/3 + s^2/5 + ...), where only small terms
 * round. */
static inline double log_unit(double x)
{
    const uint64_t root_half = 0x3fe6a09e667f3bcdu;
    const uint64_t bias = (uint64_t)1024 << 52; /* keeps the shift from a negative number */
    const uint64_t shifted = as_bits(x) - root_half + bias;
    const uint64_t exponent = shifted >> 52;
    const double e = as_double(exponent | 0x4330000000000000u) - (0x1p52 + 1024.0);
    const double f = as_double(as_bits(x) - ((exponent - 1024) << 52)) - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    double r = 2.0 / 23.0;
    r = 2.0 / 21.0 + z * r;
    r = 2.0 / 19.0 + z * r;
    r = 2.0 / 17.0 + z * r;
    r = 2.0 / 15.0 + z * r;
    r = 2.0 / 13.0 + z * r;
    r = 2.0 / 11.0 + z * r;
    r = 2.0 / 9.0 + z * r;
    r = 2.0 / 7.0 + z * r;
    r = 2.0 / 5.0 + z * r;
    r = 2.0 / 3.0 + z * r;
    r = z * r;
    const double ln2_high = 0x1.62e42fefa38p-1; /* its product with e is exact */
    const double ln2_low = 0x1.ef35793c7673p-45;
    return e * ln2_high + (f - (s * (f - r) - e * ln2_low));
}

/* sin and cos of x, |x| <= pi/4, by their Taylor series. */
static inline double sin_small(double x)
{
    const double z = x * x;
    double p = 1.0 / 355687428096000.0;
    p = -1.0 / 1307674368000.0 + z * p;
    p = 1.0 / 6227020800.0 + z * p;
    p = -1.0 / 39916800.0 + z * p;
    p = 1.0 / 362880.0 + z * p;
    p = -1.0 / 5040.0 + z * p;
    p = 1.0 / 120.0 + z * p;
    p = -1.0 / 6.0 + z * p;
    return x + x * (z * p);
}

static inline double cos_small(double x)
{
    const double z = x * x;
    double p = -1.0 / 6402373705728000.0;
    p = 1.0 / 20922789888000.0 + z * p;
    p = -1.0 / 87178291200.0 + z * p;
    p = 1.0 / 479001600.0 + z * p;
    p = -1.0 / 3628800.0 + z * p;
    p = 1.0 / 40320.0 + z * p;
    p = -1.0 / 720.0 + z * p;
    p = 1.0 / 24.0 + z * p;
    /* 1 - z/2 rounds; what it lost is exact, and goes with the small terms */
    const double half = 0.5 * z;
    const double w = 1.0 - half;
    return w + (((1.0 - w) - half) + z * (z * p));
}

/* One pair by Box-Muller from uniforms u, v: r cos(2 pi v), r sin(2 pi v) with r = sqrt(-2 log u).  v = q/4 + t with
 * |t| <= 1/8 exactly; the quarter turns exchange sine and cosine and set signs, by masks. */
static inline void box_muller(double u, double v, double *a, double *b)
{
    const double r = sqrt(-2.0 * log_unit(u));
    const double shifted = 4.0 * v + 0x1.8p52; /* rounds to an integer, which stands in the lowest bits */
    const uint64_t q = as_bits(shifted);
    const double t = v - 0.25 * (shifted - 0x1.8p52);
    const double x = 6.283185307179586477 * t;
    const uint64_t s = as_bits(sin_small(x));
    const uint64_t c = as_bits(cos_small(x));
    const uint64_t exchange = (0 - (q & 1)) & (s ^ c);
    *a = r * as_double((c ^ exchange) ^ ((q + 1) & 2) << 62);
    *b = r * as_double((s ^ exchange) ^ (q & 2) << 62);
}

static void normal_lanes(const nd_stream *s, uint64_t first, double z[2][LANES])
{
    double u[2][LANES];
    uniform_lanes(s, first, u);
    for (int i = 0; i < LANES; i++) {
        double a;
        double b;
        box_muller(u[0][i], u[1][i], &a, &b);
        z[0][i] = a;
        z[1][i] = b;
    }
}

/* Numbers first ... of a stream from lanes of pairs: number n is member n % 2 of block n / 2. */
static void draw(nd_stream stream, int64_t first, int64_t count, double *out,
                 void (*lanes)(const nd_stream *s, uint64_t first, double pairs[2][LANES]))
{
    int64_t done = 0;
    while (done < count) {
        const int64_t at = first + done;
        const int64_t skip = at % 2;
        const int64_t most = 2 * (int64_t)LANES - skip;
        const int64_t take = most < count - done ? most : count - done;
        double pairs[2][LANES];
        double flat[2 * LANES];
        lanes(&stream, (uint64_t)at / 2, pairs);
        for (int i = 0; i < LANES; i++) {
            flat[2 * i] = pairs[0][i];
            flat[2 * i + 1] = pairs[1][i];
        }
        memcpy(out + done, flat + skip, (size_t)take * sizeof *out);
        done += take;
    }
}

void nd_uniform(nd_stream stream, int64_t first, int64_t count, double *out)
{
    draw(stream, first, count, out, uniform_lanes);
}

void nd_normal(nd_stream stream, int64_t first, int64_t count, double *out)
{
    draw(stream, first, count, out, normal_lanes);
}

/* ---- integers ---------------------------------------------------------------------------------------------------- */

/* Number n has word n % 4 of block n / 4 as its first try; later tries are blocks of its own, in the upper numbers. */
static void try_block(const nd_stream *s, uint64_t index, uint64_t attempt, uint32_t words[4])
{
    uint32_t counter[4];
    counter_of(s, index | attempt << 48, counter);
    nd_philox(counter, s->key, words);
}

/* Lemire, "Fast random integer generation in an interval", 2019: 1 and the number in *out, or 0 for a rejected word. */
static inline int accept(uint32_t word, uint32_t bound, int64_t *out)
{
    const uint64_t product = (uint64_t)word * bound;
    *out = (int64_t)(product >> 32);
    return (uint32_t)product >= bound || (uint32_t)product >= (0u - bound) % bound;
}

static int64_t retry(const nd_stream *s, int64_t index, uint32_t bound)
{
    int64_t result = 0;
    for (uint64_t attempt = 1; attempt < 256; attempt++) {
        uint32_t words[4];
        try_block(s, (uint64_t)index, attempt, words);
        for (int w = 0; w < WORDS; w++) {
            if (accept(words[w], bound, &result)) {
                return result;
            }
        }
    }
    return result; /* 1020 rejections of a chance below 1/2 each do not happen */
}

/* 64 bits: words cut to the length of the bound, until one is below it. */
static int64_t below_wide(const nd_stream *s, int64_t index, int64_t bound)
{
    uint64_t mask = (uint64_t)bound - 1;
    for (int shift = 1; shift < 64; shift *= 2) {
        mask |= mask >> shift;
    }
    for (uint64_t attempt = 1; attempt < 256; attempt++) {
        uint32_t words[4];
        try_block(s, (uint64_t)index, attempt, words);
        for (int w = 0; w < WORDS; w += 2) {
            const uint64_t value = ((uint64_t)words[w + 1] << 32 | words[w]) & mask;
            if (value < (uint64_t)bound) {
                return (int64_t)value;
            }
        }
    }
    return 0; /* 510 rejections of a chance below 1/2 each do not happen */
}

int64_t nd_below(nd_stream stream, int64_t index, int64_t bound)
{
    if (bound > UINT32_MAX) {
        return below_wide(&stream, index, bound);
    }
    uint32_t words[4];
    int64_t result;
    try_block(&stream, (uint64_t)index / 4, 0, words);
    return accept(words[index % 4], (uint32_t)bound, &result) ? result : retry(&stream, index, (uint32_t)bound);
}

/* Place i is exchanged with place nd_below(stream, i, i + 1); four places share a block. */
void nd_permutation(nd_stream stream, int64_t count, int64_t *out)
{
    for (int64_t i = 0; i < count; i++) {
        out[i] = i;
    }
    uint32_t words[4];
    int64_t block = -1;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j;
        if (i >= UINT32_MAX) {
            j = below_wide(&stream, i, i + 1);
        } else {
            if (i / 4 != block) {
                block = i / 4;
                try_block(&stream, (uint64_t)block, 0, words);
            }
            if (!accept(words[i % 4], (uint32_t)(i + 1), &j)) {
                j = retry(&stream, i, (uint32_t)(i + 1));
            }
        }
        const int64_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}
