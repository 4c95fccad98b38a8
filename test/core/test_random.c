/* Random numbers: published answers of Philox, the definition of every draw, and what their distributions promise. */
#include "support/support.h"
#include "core/random.h"

enum { MANY = 200000 };

/* The vectors published with Random123 for philox4x32 with 10 rounds. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t got[4];
        nd_philox(known[i].counter, known[i].key, got);
        nt_same(got, known[i].want, sizeof got);
    }
}

/* One uniform, word by word. */
static double naive_uniform(int64_t seed, int purpose, int64_t item, int64_t step, int64_t index)
{
    const uint64_t block = (uint64_t)index / 2;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)purpose * 16777216u + (uint32_t)item, (uint32_t)step,
                                 (uint32_t)((uint64_t)step >> 32) ^ (uint32_t)(block >> 32) << 8};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)((uint64_t)seed >> 32)};
    uint32_t w[4];
    nd_philox(counter, key, w);
    const uint32_t high = w[index % 2 ? 3 : 1];
    const uint32_t low = w[index % 2 ? 2 : 0];
    return ldexp((double)high * 1048576.0 + (double)(low >> 12) + 0.5, -52);
}

static void uniforms_are_the_words_of_blocks(void **state)
{
    (void)state;
    const int64_t starts[] = {0, 1, 62, 63, 64, 65, 8589934590, 8589934591, (int64_t)1 << 40};
    const nd_stream stream = nd_stream_open(-5, ND_RANDOM_DROPOUT, 77, (int64_t)3 << 33);
    for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++) {
        double got[131];
        nd_uniform(stream, starts[k], 131, got);
        for (int64_t i = 0; i < 131; i++) {
            assert_true(got[i] == naive_uniform(-5, ND_RANDOM_DROPOUT, 77, (int64_t)3 << 33, starts[k] + i));
        }
    }
}

static void any_cut_gives_the_same_numbers(void **state)
{
    (void)state;
    double whole[300];
    double part[300];
    const nd_stream stream = nd_stream_open(9, ND_RANDOM_INIT, 1, 2);
    nd_normal(stream, 1000, 300, whole);
    for (int64_t size = 1; size < 140; size += 3) {
        for (int64_t at = 0; at < 300; at += size) {
            nd_normal(stream, 1000 + at, size < 300 - at ? size : 300 - at, part + at);
        }
        nt_same(part, whole, sizeof whole);
    }
    part[0] = 7.0;
    nd_normal(stream, 0, 0, part);
    assert_true(part[0] == 7.0);
}

/* Not so on some processors and under valgrind: the angle of the reference is rounded there, which shifts a pair of
 * length r by about 1e-15 r. */
static int long_double_is_longer(void)
{
    volatile long double one = 1.0L;
    return one + 0x1p-60L != one;
}

/* Normals against Box-Muller with the long double functions of the C library. */
static void normals_are_accurate(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    double *u = malloc(COUNT * sizeof *u);
    double *z = malloc(COUNT * sizeof *z);
    double *want = malloc(COUNT * sizeof *want);
    const nd_stream stream = nd_stream_open(3, ND_RANDOM_LANGEVIN, 0, 0);
    nd_uniform(stream, 0, COUNT, u);
    nd_normal(stream, 0, COUNT, z);
    for (int64_t i = 0; i < COUNT; i += 2) {
        const long double r = sqrtl(-2.0L * logl(u[i]));
        const long double angle = 6.283185307179586476925287L * (long double)u[i + 1];
        want[i] = (double)(r * cosl(angle));
        want[i + 1] = (double)(r * sinl(angle));
    }
    if (long_double_is_longer()) {
        nt_close(z, want, COUNT, 6e-16, 1e-18);
    } else {
        nt_close(z, want, COUNT, 6e-16, 1e-14);
    }
    free(u);
    free(z);
    free(want);
}

/* Reproducibility is a promise: these numbers never change. */
static void first_numbers_are_pinned(void **state)
{
    (void)state;
    double u[2];
    double z[4];
    int64_t p[8];
    const int64_t want[8] = {5, 3, 7, 0, 6, 4, 2, 1};
    nd_uniform(nd_stream_open(1, ND_RANDOM_INIT, 0, 0), 0, 2, u);
    nd_normal(nd_stream_open(1, ND_RANDOM_INIT, 0, 0), 0, 4, z);
    nd_permutation(nd_stream_open(1, ND_RANDOM_SHUFFLE, 0, 0), 8, p);
    const double uniform[2] = {0x1.bbc90c9448314p-3, 0x1.97256f7ff029dp-1};
    const double normal[4] = {0x1.f5df1f7bbef5dp-2, -0x1.adc5710871011p+0, 0x1.97720b68b4106p-2, 0x1.37f7a3201f422p-4};
    nt_same(u, uniform, sizeof u);
    nt_same(z, normal, sizeof z);
    nt_same(p, want, sizeof p);
}

static double mean_of_power(const double *x, int64_t n, int power)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += pow(x[i], power);
    }
    return sum / (double)n;
}

/* Five standard errors of each moment. */
static void moments_are_right(void **state)
{
    (void)state;
    double *x = malloc(MANY * sizeof *x);
    const double root = sqrt((double)MANY);
    nd_uniform(nd_stream_open(11, ND_RANDOM_INIT, 0, 0), 0, MANY, x);
    nt_near(mean_of_power(x, MANY, 1), 0.5, 5.0 * sqrt(1.0 / 12.0) / root);
    nt_near(mean_of_power(x, MANY, 2), 1.0 / 3.0, 5.0 * sqrt(4.0 / 45.0) / root);
    nd_normal(nd_stream_open(11, ND_RANDOM_LANGEVIN, 0, 0), 0, MANY, x);
    nt_near(mean_of_power(x, MANY, 1), 0.0, 5.0 / root);
    nt_near(mean_of_power(x, MANY, 2), 1.0, 5.0 * sqrt(2.0) / root);
    nt_near(mean_of_power(x, MANY, 3), 0.0, 5.0 * sqrt(15.0) / root);
    nt_near(mean_of_power(x, MANY, 4), 3.0, 5.0 * sqrt(96.0) / root);
    double pairs = 0.0; /* the two members of a pair are independent */
    for (int64_t i = 0; i < MANY; i += 2) {
        pairs += x[i] * x[i + 1];
    }
    nt_near(pairs / (MANY / 2), 0.0, 5.0 / sqrt(MANY / 2));
    free(x);
}

/* Changing any part of a stream's address changes its numbers. */
static void streams_are_apart(void **state)
{
    (void)state;
    const nd_stream streams[] = {
        nd_stream_open(1, 1, 0, 0),
        nd_stream_open(2, 1, 0, 0),
        nd_stream_open(1, 2, 0, 0),
        nd_stream_open(1, 1, 1, 0),
        nd_stream_open(1, 1, 0, 1),
        nd_stream_open(1 + ((int64_t)1 << 32), 1, 0, 0),
        nd_stream_open(1, 1, 0, (int64_t)1 << 32),
        nd_stream_open(-1, 1, 0, 0),
    };
    enum { STREAMS = sizeof streams / sizeof streams[0] };
    double first[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        nd_uniform(streams[i], 0, 1, &first[i]);
        for (int j = 0; j < i; j++) {
            assert_true(first[i] != first[j]);
        }
    }
}

static void integers_are_uniform(void **state)
{
    (void)state;
    const nd_stream stream = nd_stream_open(4, ND_RANDOM_REPLACEMENT, 0, 0);
    int64_t seen[10] = {0};
    for (int64_t i = 0; i < 20000; i++) {
        const int64_t x = nd_below(stream, i, 10);
        assert_in_range(x, 0, 9);
        seen[x]++;
    }
    double chi = 0.0;
    for (int i = 0; i < 10; i++) {
        chi += pow((double)seen[i] - 2000.0, 2) / 2000.0;
    }
    assert_true(chi < 27.9); /* one in a thousand at 9 degrees of freedom */
    assert_int_equal(nd_below(stream, 5, 1), 0);
}

/* Bounds where many words are rejected, and those beyond 32 bits: in range, and not stuck in one half. */
static void large_bounds_are_uniform(void **state)
{
    (void)state;
    const nd_stream stream = nd_stream_open(4, ND_RANDOM_REPLACEMENT, 1, 0);
    const int64_t bounds[] = {((int64_t)1 << 31) + 1, UINT32_MAX, (int64_t)1 << 32, ((int64_t)1 << 32) + 1,
                              ((int64_t)1 << 40) - 3, INT64_MAX};
    for (size_t k = 0; k < sizeof bounds / sizeof bounds[0]; k++) {
        double sum = 0.0;
        for (int64_t i = 0; i < 4000; i++) {
            const int64_t x = nd_below(stream, i, bounds[k]);
            assert_true(x >= 0 && x < bounds[k]);
            assert_int_equal(x, nd_below(stream, i, bounds[k]));
            sum += (double)x / (double)bounds[k];
        }
        nt_near(sum / 4000.0, 0.5, 5.0 * sqrt(1.0 / 12.0 / 4000.0));
    }
}

static void permutation_is_fisher_and_yates(void **state)
{
    (void)state;
    enum { COUNT = 1003 };
    int64_t got[COUNT];
    int64_t want[COUNT];
    const nd_stream stream = nd_stream_open(8, ND_RANDOM_SHUFFLE, 0, 6);
    for (int64_t i = 0; i < COUNT; i++) {
        want[i] = i;
    }
    for (int64_t i = COUNT - 1; i > 0; i--) {
        const int64_t j = nd_below(stream, i, i + 1);
        const int64_t kept = want[i];
        want[i] = want[j];
        want[j] = kept;
    }
    nd_permutation(stream, COUNT, got);
    nt_same(got, want, sizeof got);
    int64_t one = 5;
    nd_permutation(stream, 1, &one);
    assert_int_equal(one, 0);
    nd_permutation(stream, 0, &one);
    assert_int_equal(one, 0);
}

/* Each of the 24 orders of four things comes equally often. */
static void permutations_are_uniform(void **state)
{
    (void)state;
    int64_t seen[256] = {0};
    for (int64_t step = 0; step < 24000; step++) {
        int64_t p[4];
        nd_permutation(nd_stream_open(2, ND_RANDOM_SHUFFLE, 0, step), 4, p);
        seen[p[0] + 4 * p[1] + 16 * p[2] + 64 * p[3]]++;
    }
    double chi = 0.0;
    int orders = 0;
    for (int i = 0; i < 256; i++) {
        if (seen[i] > 0) {
            orders++;
            chi += pow((double)seen[i] - 1000.0, 2) / 1000.0;
        }
    }
    assert_int_equal(orders, 24);
    assert_true(chi < 49.7); /* one in a thousand at 23 degrees of freedom */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(uniforms_are_the_words_of_blocks),
        cmocka_unit_test(any_cut_gives_the_same_numbers),
        cmocka_unit_test(normals_are_accurate),
        cmocka_unit_test(first_numbers_are_pinned),
        cmocka_unit_test(moments_are_right),
        cmocka_unit_test(streams_are_apart),
        cmocka_unit_test(integers_are_uniform),
        cmocka_unit_test(large_bounds_are_uniform),
        cmocka_unit_test(permutation_is_fisher_and_yates),
        cmocka_unit_test(permutations_are_uniform),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
