/* bench_jets.c - Taylor jets in units of the passes they stand for: outputs along a given direction in forward passes,
 * gradients in gradients, outputs and kernels along J'w in forward passes; each divided by order + 1.  All in one run,
 * on one thread. */
#include "bench/bench.h"

enum { INPUTS = 5 };

typedef struct shape {
    int layers;
    int64_t width, n;
} shape;

static nndyn_network *make(nndyn_context *context, const shape *s)
{
    nndyn_network *network;
    nndyn_options *options;
    require(nndyn_options_create(context, &options), context);
    require(nndyn_options_set_text(options, "parametrization", "ntk"), options);
    require(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), context);
    for (int l = 0; l < s->layers; l++) {
        require(nndyn_network_add_dense_with(network, s->width, NNDYN_TANH, options), network);
    }
    require(nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options), network);
    require(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR), network);
    nndyn_options_free(options);
    return network;
}

/* Of the processor, so that what else the machine does matters little. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What is measured, with room for its results. */
typedef struct work {
    nndyn_network *network;
    int64_t n;
    int order;
    const double *x, *u, *w;
    double *out, *kernels;
} work;

static int forward(const work *w)
{
    return nndyn_network_forward(w->network, w->n, w->x, w->out);
}

static int gradient(const work *w)
{
    return nndyn_gradient(w->network, w->n, w->x, w->w, NULL, NULL, w->out);
}

static int jet(const work *w)
{
    return nndyn_jet(w->network, w->n, w->x, w->u, w->order, NULL, w->out);
}

static int jet_gradient(const work *w)
{
    return nndyn_jet_gradient(w->network, w->n, w->x, w->u, w->w, w->order, NULL, w->out);
}

static int along(const work *w)
{
    return nndyn_jet_along(w->network, w->n, w->x, w->w, w->order, NULL, w->out, NULL);
}

static int kernels(const work *w)
{
    return nndyn_jet_along(w->network, w->n, w->x, w->w, w->order, NULL, NULL, w->kernels);
}

static double time_of(int (*run)(const work *w), const work *w)
{
    double times[REPETITIONS];
    for (int i = 0; i < REPETITIONS; i++) {
        const double start = processor_seconds();
        require(run(w), w->network);
        times[i] = processor_seconds() - start;
    }
    return median(REPETITIONS, times);
}

static void measure(nndyn_context *context, const shape *s)
{
    enum { MOST = 8 };
    work w = {.network = make(context, s), .n = s->n};
    int64_t parameters;
    require(nndyn_network_shape(w.network, NULL, NULL, NULL, &parameters, NULL), w.network);
    double *x = random_normal(1, s->n * INPUTS), *u = random_normal(2, parameters), *t = random_normal(3, s->n);
    w.x = x;
    w.u = u;
    w.w = t;
    w.out = reserve((MOST + 1) * (parameters + s->n), sizeof *w.out);
    w.kernels = reserve((MOST + 1) * s->n * s->n, sizeof *w.kernels);
    const double one = time_of(forward, &w), both = time_of(gradient, &w);
    for (w.order = 1; w.order <= MOST; w.order *= 2) {
        const double passes = one * (w.order + 1), gradients = both * (w.order + 1);
        printf("%d x %-6lld %5lld %6d %9.2f %8.2f %9.2f %8.2f %8.2f\n", s->layers, (long long)s->width, (long long)s->n,
               w.order, 1e3 * one, time_of(jet, &w) / passes, time_of(jet_gradient, &w) / gradients,
               time_of(along, &w) / passes, time_of(kernels, &w) / passes);
    }
    free(w.kernels);
    free(w.out);
    free(t);
    free(u);
    free(x);
    nndyn_network_free(w.network);
}

int main(void)
{
    static const shape shapes[] = {{1, 16384, 16}, {2, 1024, 16}, {2, 512, 200}};
    nndyn_context *context;
    require(nndyn_context_create(&context), NULL);
    require(nndyn_context_set_threads(context, 1), context);
    print_build();
    printf("tanh, one output; times in forward passes (f) or gradients (g), divided by order + 1\n");
    printf("hidden         n  order   f in ms    jet/f    grad/g   along/f kernels/f\n");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        measure(context, &shapes[i]);
    }
    nndyn_context_free(context);
    return 0;
}
