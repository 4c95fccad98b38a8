/* bench_ntk.c - the tangent kernel of 784-512-512-10 at 1000 samples against the flops it takes at the processor's
 * peak, and the memory it takes against the forecast.
 *
 * The limit counts the passes, the products of inputs, and half of the products of sensitivities (the kernel is
 * symmetric), as nndyn_ntk_forecast does; the peak is that of independent multiply-adds on one core, measured in the
 * same run.  Times are those of the processor over all threads, so that what else the machine does matters little.
 * The matrix has been touched before. */
#include "bench/bench.h"
#include "bench/peak.h"
#include <stdatomic.h>
#include <string.h>

enum { SAMPLES = 1000, INPUTS = 784, OUTPUTS = 10, RUNS = 5 };

/* Bytes that are allocated through the context, and the most there have been. */
typedef struct meter {
    atomic_llong now, most;
} meter;

typedef union header {
    int64_t bytes;
    char room[64];
} header;

static void *meter_allocate(void *user, int64_t bytes)
{
    meter *m = user;
    header *memory = aligned_alloc(64, ((size_t)bytes + 127) / 64 * 64 + 64);
    if (memory == NULL) {
        return NULL;
    }
    memory->bytes = bytes;
    const long long now = atomic_fetch_add(&m->now, bytes) + bytes;
    if (now > atomic_load(&m->most)) {
        atomic_store(&m->most, now);
    }
    return memory + 1;
}

static void meter_release(void *user, void *memory)
{
    meter *m = user;
    if (memory != NULL) {
        header *at = (header *)memory - 1;
        atomic_fetch_sub(&m->now, at->bytes);
        free(at);
    }
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static nndyn_network *make(nndyn_context *context)
{
    nndyn_network *network;
    require(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), context);
    require(nndyn_network_add_dense(network, 512, NNDYN_RELU), network);
    require(nndyn_network_add_dense(network, 512, NNDYN_RELU), network);
    require(nndyn_network_add_dense(network, OUTPUTS, NNDYN_IDENTITY), network);
    return network;
}

static void run(int64_t threads, int kind, int single, const double *x, double *kernel)
{
    meter m = {0};
    double times[RUNS], flops;
    int64_t bytes;
    nndyn_context *context;
    nndyn_options *options;
    require(nndyn_context_create_with_allocator(meter_allocate, meter_release, &m, &context), NULL);
    require(nndyn_context_set_threads(context, threads), context);
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_text(options, "precision", single ? "f32" : "f64"), options);
    nndyn_network *network = make(context);
    const long long before = atomic_load(&m.now);
    const double rows = kind == NNDYN_NTK_FULL ? (double)SAMPLES * OUTPUTS : SAMPLES;
    require(nndyn_ntk_forecast(network, SAMPLES, 0, kind, options, &bytes, &flops), network);
    for (int i = 0; i < RUNS; i++) {
        const double start = processor_seconds();
        require(nndyn_ntk(network, SAMPLES, x, 0, NULL, kind, options, kernel), network);
        times[i] = processor_seconds() - start;
    }
    const double time = median(RUNS, times);
    const double limit = flops / peak_flops(single ? NNDYN_F32 : NNDYN_F64);
    const double taken = (double)(atomic_load(&m.most) - before) + 8 * rows * rows;
    printf("%-6s %s  %7lld  %8.1f %8.1f %7.2f   %8.3f %8.3f %7.2f\n", kind == NNDYN_NTK_FULL ? "full" : "trace",
           single ? "f32" : "f64", (long long)threads, 1e3 * time, 1e3 * limit, time / limit, 1e-9 * taken,
           1e-9 * (double)bytes, taken / (double)bytes);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

int main(void)
{
    const int64_t rows = (int64_t)SAMPLES * OUTPUTS;
    double *x = random_normal(1, (int64_t)SAMPLES * INPUTS), *kernel = reserve(rows * rows, sizeof *kernel);
    memset(kernel, 1, (size_t)(rows * rows) * sizeof *kernel);
    print_build();
    printf("784-512-512-10, ReLU, N = 1000; time of the flops at peak, memory with the matrix\n");
    printf("kernel      threads        ms    limit   ratio         GB  forecast  ratio\n");
    for (int64_t threads = 1; threads <= 2; threads++) {
        for (int single = 0; single <= 1; single++) {
            run(threads, NNDYN_NTK_TRACE, single, x, kernel);
            run(threads, NNDYN_NTK_FULL, single, x, kernel);
        }
    }
    free(x);
    free(kernel);
    return 0;
}
