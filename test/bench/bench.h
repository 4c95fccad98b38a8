/* bench.h - what the measuring programs share: a clock, a median, failure, random data. */
#ifndef BENCH_H
#define BENCH_H
#include "core/random.h"
#include "nndyn.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPETITIONS = 9 };

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double median(int count, double *values)
{
    qsort(values, (size_t)count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static inline void require(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s: %s\n", nndyn_status_name(status), nndyn_message(handle));
        exit(1);
    }
}

static inline void *reserve(int64_t count, size_t size)
{
    void *memory = aligned_alloc(64, ((size_t)count * size + 63) / 64 * 64);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static inline double *random_normal(int64_t seed, int64_t count)
{
    double *values = reserve(count, sizeof *values);
    nd_normal(nd_stream_open(seed, ND_RANDOM_PROBE, 0, 0), 0, count, values);
    return values;
}

static inline float *to_single(int64_t count, const double *from)
{
    float *to = reserve(count, sizeof *to);
    for (int64_t i = 0; i < count; i++) {
        to[i] = (float)from[i];
    }
    return to;
}

static inline void print_build(void)
{
    char text[512];
    require(nndyn_build_info(sizeof text, text, NULL), NULL);
    printf("%s\n", text);
}

#endif
