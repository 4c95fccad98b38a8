/* random.h - counter-based random numbers (Philox4x32-10): a pure function of seed, purpose, step and index.
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11.  No state, so any thread may draw any number,
 * and removing a layer does not shift the numbers of the others. */
#ifndef ND_RANDOM_H
#define ND_RANDOM_H
#include <stdint.h>

/* Purposes keep the streams apart; their numbers are part of what reproducibility promises. */
enum {
    ND_RANDOM_INIT = 1,
    ND_RANDOM_SHUFFLE = 2,
    ND_RANDOM_DROPOUT = 3,
    ND_RANDOM_LANGEVIN = 4,
    ND_RANDOM_SPLIT = 5,
    ND_RANDOM_REPLACEMENT = 6,
    ND_RANDOM_LABEL_NOISE = 7,
    ND_RANDOM_INPUT_NOISE = 8,
    ND_RANDOM_TARGET_NOISE = 9,
    ND_RANDOM_PROBE = 10,
    ND_RANDOM_BOOTSTRAP = 11,
    ND_RANDOM_SPRINGBLOCK = 12,
    ND_RANDOM_PERMUTED_LABELS = 13,
    ND_RANDOM_RECURRENT = 25,
    ND_RANDOM_BASIN_STARTS = 26,
    ND_RANDOM_BASIN_MAP = 27,
    ND_RANDOM_BASIN = 28,
    ND_RANDOM_WEIGHT_NOISE = 30,
    ND_RANDOM_BASIN_KICK = 36,
    ND_RANDOM_WIDTH_EXPONENT = 18,
    ND_RANDOM_INJECTIVE = 19,
    ND_RANDOM_WIDTH = 20
};

/* One stream: seed, purpose, an item within it (a layer, a replica; below 2^24) and a step (below 2^40 or so: 64
 * bits). */
typedef struct nd_stream {
    uint32_t key[2];
    uint32_t step[2];
    uint32_t purpose; /* purpose * 2^24 + item */
} nd_stream;

nd_stream nd_stream_open(int64_t seed, int purpose, int64_t item, int64_t step);
/* The raw block: four words for a 128-bit counter and a key. */
void nd_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Numbers first..first+count-1 of a stream, whatever was drawn before.  Uniforms are (k + 1/2) 2^-52, inside (0, 1);
 * normals by Box-Muller with the library's own logarithm and sine, so that bits do not depend on the C library. */
void nd_uniform(nd_stream stream, int64_t first, int64_t count, double *out);
void nd_normal(nd_stream stream, int64_t first, int64_t count, double *out);
/* Uniform integer in 0..bound-1, bound at least 1 (below 2^32: 32 bits by Lemire's method; above: 64 bits), number
 * `index` (below 2^48). */
int64_t nd_below(nd_stream stream, int64_t index, int64_t bound);
/* A permutation of 0..count-1 by Fisher-Yates. */
void nd_permutation(nd_stream stream, int64_t count, int64_t *out);

#endif
