/* support.h - what all tests share; include it instead of cmocka.h.
 *
 * Allocator that counts and fails:
 *
 *     nt_allocator a = {0};                      counts; fails never
 *     nndyn_context *context = nt_context(&a);   a context that allocates through it
 *     ...                                        a.calls, a.live_blocks, a.live_bytes, a.peak_bytes
 *     nndyn_context_free(context);
 *     nt_no_leak(&a);
 *
 *     a.fail_at = a.calls + 3; a.lasting = 0;    the third allocation from now fails (lasting: all later ones too)
 *
 * Every allocation made to fail once:
 *
 *     static int scenario(nt_allocator *a, void *user)
 *     {
 *         nndyn_context *context = NULL;
 *         nndyn_options *options = NULL;
 *         int status = nt_context_create(a, &context);
 *         if (status == NNDYN_OK) {
 *             status = nndyn_options_create(context, &options);
 *         }
 *         nndyn_options_free(options);
 *         nndyn_context_free(context);
 *         return status;                         the first failure, or NNDYN_OK
 *     }
 *     nt_every_allocation(scenario, NULL);
 *
 * runs the scenario with allocation 1, 2, 3, ... failing, once only and from there on, until it needs no more: each
 * time NNDYN_ENOMEM must come back and nothing be left.  nt_pause(a) and nt_resume(a) around a part of the scenario
 * exempt it (setting up a network, checking that it is unchanged).
 *
 * Calls:        nt_ok(handle, call)                      must succeed; prints the handle's message if not
 *               nt_fails(status, handle, "word", call)   must fail so, with a message that has the word in it
 * Closeness:    nt_close(got, want, n, rtol, atol)       |got - want| <= atol + rtol |want|, or prints the worst one
 *               nt_close_f32(got, want, n, rtol, atol)   got is float, want is double
 *               nt_near(got, want, tolerance)            two numbers, absolutely
 *               nt_same(a, b, bytes)                     the same bits
 * Filling:      nt_uniform(seed, n, low, high, out), nt_normal(seed, n, out), nt_normal_f32(seed, n, out): depend on
 *               the seed only, and on no code of the library
 *               nt_to_f32(n, from, to)
 * Files:        nt_temporary(path)                       a new name in TMPDIR or /tmp; char path[NT_PATH] */
#ifndef NT_SUPPORT_H
#define NT_SUPPORT_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "nndyn/core.h"

#if defined(__GNUC__)
#define NT_UNUSED __attribute__((unused))
#else
#define NT_UNUSED
#endif

enum { NT_PATH = 256 };

/* ---- allocator --------------------------------------------------------------------------------------------------- */

typedef struct nt_allocator {
    atomic_int_fast64_t calls; /* that were not paused */
    atomic_int_fast64_t live_blocks;
    atomic_int_fast64_t live_bytes;
    atomic_int_fast64_t peak_bytes;
    int64_t fail_at; /* number of the call that fails, from 1; 0: none */
    int lasting;     /* later calls fail too */
    int paused;
    atomic_int failures;
} nt_allocator;

typedef union nt_header {
    struct {
        int64_t bytes;
        uint64_t guard;
    } block;
    max_align_t align;
} nt_header;

static const uint64_t nt_guard = 0x6e746775617264ffu;

NT_UNUSED static int nt_should_fail(nt_allocator *a)
{
    if (a->paused) {
        return 0;
    }
    const int64_t call = atomic_fetch_add(&a->calls, 1) + 1;
    return a->fail_at > 0 && (call == a->fail_at || (a->lasting && call > a->fail_at));
}

NT_UNUSED static void *nt_allocate(void *user, int64_t bytes)
{
    nt_allocator *a = user;
    if (nt_should_fail(a)) {
        atomic_fetch_add(&a->failures, 1);
        return NULL;
    }
    nt_header *header = malloc(sizeof *header + (size_t)bytes + sizeof nt_guard);
    if (!header) {
        return NULL;
    }
    header->block.bytes = bytes;
    header->block.guard = nt_guard;
    memset(header + 1, 0xA5, (size_t)bytes); /* memory that looks like zero by luck hides defects */
    memcpy((char *)(header + 1) + bytes, &nt_guard, sizeof nt_guard);
    atomic_fetch_add(&a->live_blocks, 1);
    const int64_t live = atomic_fetch_add(&a->live_bytes, bytes) + bytes;
    int_fast64_t peak = atomic_load(&a->peak_bytes);
    while (live > peak && !atomic_compare_exchange_weak(&a->peak_bytes, &peak, live)) {
    }
    return header + 1;
}

NT_UNUSED static void nt_release(void *user, void *memory)
{
    nt_allocator *a = user;
    nt_header *header = (nt_header *)memory - 1;
    assert_true(header->block.guard == nt_guard); /* freed twice, or not allocated here */
    assert_memory_equal((char *)memory + header->block.bytes, &nt_guard, sizeof nt_guard);
    atomic_fetch_sub(&a->live_blocks, 1);
    atomic_fetch_sub(&a->live_bytes, header->block.bytes);
    header->block.guard = 0;
    free(header);
}

NT_UNUSED static int nt_context_create(nt_allocator *a, nndyn_context **out)
{
    return nndyn_context_create_with_allocator(nt_allocate, nt_release, a, out);
}

NT_UNUSED static nndyn_context *nt_context(nt_allocator *a)
{
    nndyn_context *context = NULL;
    assert_int_equal(nt_context_create(a, &context), NNDYN_OK);
    return context;
}

NT_UNUSED static void nt_pause(nt_allocator *a)
{
    a->paused = 1;
}

NT_UNUSED static void nt_resume(nt_allocator *a)
{
    a->paused = 0;
}

NT_UNUSED static void nt_no_leak_at(const nt_allocator *a, const char *file, int line)
{
    const int64_t blocks = atomic_load(&a->live_blocks);
    if (blocks != 0) {
        print_error("%lld blocks (%lld bytes) were not released\n", (long long)blocks,
                    (long long)atomic_load(&a->live_bytes));
        _fail(file, line);
    }
}
#define nt_no_leak(a) nt_no_leak_at(a, __FILE__, __LINE__)

typedef int nt_scenario(nt_allocator *a, void *user);

/* One run; returns whether the failing allocation was reached. */
NT_UNUSED static int nt_try_allocation(nt_scenario *scenario, void *user, int64_t number, int lasting, const char *file,
                                       int line)
{
    nt_allocator a = {.fail_at = number, .lasting = lasting};
    const int status = scenario(&a, user);
    const int reached = atomic_load(&a.failures) > 0;
    const int want = reached ? NNDYN_ENOMEM : NNDYN_OK;
    if (status != want) {
        print_error("allocation %lld failing%s: %s instead of %s\n", (long long)number, lasting ? " and all later" : "",
                    nndyn_status_name(status), nndyn_status_name(want));
        _fail(file, line);
    }
    if (atomic_load(&a.live_blocks) != 0) {
        print_error("allocation %lld failing%s:\n", (long long)number, lasting ? " and all later" : "");
    }
    nt_no_leak_at(&a, file, line);
    return reached;
}

NT_UNUSED static void nt_every_allocation_at(nt_scenario *scenario, void *user, const char *file, int line)
{
    int64_t number = 1;
    while (nt_try_allocation(scenario, user, number, 0, file, line)) {
        nt_try_allocation(scenario, user, number, 1, file, line);
        number++;
    }
    if (number == 1) {
        print_error("the scenario allocates nothing\n");
        _fail(file, line);
    }
}
#define nt_every_allocation(scenario, user) nt_every_allocation_at(scenario, user, __FILE__, __LINE__)

/* ---- calls ------------------------------------------------------------------------------------------------------- */

NT_UNUSED static void nt_ok_at(const void *handle, int status, const char *call, const char *file, int line)
{
    if (status != NNDYN_OK) {
        print_error("%s: %s: %s\n", call, nndyn_status_name(status), nndyn_message(handle));
        _fail(file, line);
    }
}
#define nt_ok(handle, call)                                      \
    do {                                                         \
        const int nt_status_ = (call);                           \
        nt_ok_at(handle, nt_status_, #call, __FILE__, __LINE__); \
    } while (0)

NT_UNUSED static void nt_fails_at(int want, const void *handle, const char *word, int status, const char *call,
                                  const char *file, int line)
{
    if (status != want) {
        print_error("%s: %s instead of %s\n", call, nndyn_status_name(status), nndyn_status_name(want));
        _fail(file, line);
    }
    if (!strstr(nndyn_message(handle), word)) {
        print_error("%s: '%s' is not in the message: %s\n", call, word, nndyn_message(handle));
        _fail(file, line);
    }
}
#define nt_fails(want, handle, word, call)                                      \
    do {                                                                        \
        const int nt_status_ = (call);                                          \
        nt_fails_at(want, handle, word, nt_status_, #call, __FILE__, __LINE__); \
    } while (0)

/* ---- closeness --------------------------------------------------------------------------------------------------- */

/* How far one entry is beyond what is allowed, as a ratio: fine up to 1; NaN where it should not be is infinitely
 * far. */
NT_UNUSED static double nt_excess(double got, double want, double rtol, double atol)
{
    if (got == want || (isnan(got) && isnan(want))) {
        return 0.0;
    }
    const double error = fabs(got - want);
    const double allowed = atol + rtol * fabs(want);
    return !(error <= allowed) ? (allowed > 0.0 && isfinite(error) ? error / allowed : (double)INFINITY) : 0.0;
}

NT_UNUSED static void nt_report(int64_t index, int64_t bad, int64_t n, double got, double want, const char *file,
                                int line)
{
    print_error("%lld of %lld differ; worst at %lld: got %.17g, want %.17g, error %.3g, relative %.3g\n",
                (long long)bad, (long long)n, (long long)index, got, want, fabs(got - want),
                fabs(got - want) / fabs(want));
    _fail(file, line);
}

NT_UNUSED static void nt_close_at(const double *got, const double *want, int64_t n, double rtol, double atol,
                                  const char *file, int line)
{
    int64_t worst = 0;
    int64_t bad = 0;
    double most = 0.0;
    for (int64_t i = 0; i < n; i++) {
        const double excess = nt_excess(got[i], want[i], rtol, atol);
        bad += excess > 0.0;
        if (excess > most) {
            most = excess;
            worst = i;
        }
    }
    if (bad > 0) {
        nt_report(worst, bad, n, got[worst], want[worst], file, line);
    }
}
#define nt_close(got, want, n, rtol, atol) nt_close_at(got, want, n, rtol, atol, __FILE__, __LINE__)
#define nt_near(got, want, tolerance) \
    nt_close_at(&(double){(got)}, &(double){(want)}, 1, 0.0, tolerance, __FILE__, __LINE__)

NT_UNUSED static void nt_close_f32_at(const float *got, const double *want, int64_t n, double rtol, double atol,
                                      const char *file, int line)
{
    double *wide = malloc((size_t)(n > 0 ? n : 1) * sizeof *wide);
    assert_non_null(wide);
    for (int64_t i = 0; i < n; i++) {
        wide[i] = (double)got[i];
    }
    nt_close_at(wide, want, n, rtol, atol, file, line);
    free(wide);
}
#define nt_close_f32(got, want, n, rtol, atol) nt_close_f32_at(got, want, n, rtol, atol, __FILE__, __LINE__)

#define nt_same(a, b, bytes) assert_memory_equal(a, b, (size_t)(bytes))

/* ---- filling ----------------------------------------------------------------------------------------------------- */

/* Steele, Lea and Flood's SplitMix64. */
NT_UNUSED static double nt_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((double)((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52;
}

NT_UNUSED static void nt_uniform(uint64_t seed, int64_t n, double low, double high, double *out)
{
    uint64_t state = seed * 0xD1342543DE82EF95u + 1;
    for (int64_t i = 0; i < n; i++) {
        out[i] = low + (high - low) * nt_next(&state);
    }
}

NT_UNUSED static void nt_normal(uint64_t seed, int64_t n, double *out)
{
    uint64_t state = seed * 0xD1342543DE82EF95u + 1;
    for (int64_t i = 0; i < n; i++) {
        const double r = sqrt(-2.0 * log(nt_next(&state)));
        out[i] = r * cos(6.283185307179586 * nt_next(&state));
    }
}

NT_UNUSED static void nt_normal_f32(uint64_t seed, int64_t n, float *out)
{
    uint64_t state = seed * 0xD1342543DE82EF95u + 1;
    for (int64_t i = 0; i < n; i++) {
        const double r = sqrt(-2.0 * log(nt_next(&state)));
        out[i] = (float)(r * cos(6.283185307179586 * nt_next(&state)));
    }
}

NT_UNUSED static void nt_to_f32(int64_t n, const double *from, float *to)
{
    for (int64_t i = 0; i < n; i++) {
        to[i] = (float)from[i];
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

NT_UNUSED static void nt_temporary(char path[NT_PATH])
{
    const char *directory = getenv("TMPDIR");
    snprintf(path, NT_PATH, "%s/nndyn-test-XXXXXX", directory ? directory : "/tmp");
    const int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    unlink(path);
}

#endif
