/* bench_step.c - a training step over the time of its own matrix products: what everything else costs.
 *
 * Steps and products alternate in one run, so that what else the machine does hits both; figures are medians.  The last
 * columns hold the step against the same products at the multiply-add peak of one core. */
#include "bench/peak.h"
#include "kernels/blas.h"
#include <string.h>

enum { MOST_LAYERS = 3 };

typedef struct bench_task {
    const char *name;
    int64_t n;
    int layers, loops;
    int64_t widths[MOST_LAYERS + 1];
    double target;
} bench_task;

static const bench_task tasks[] = {
    {"784-64-10, batch 64", 64, 2, 400, {784, 64, 10}, 2.0},
    {"784-512-512-10, batch 128", 128, 3, 20, {784, 512, 512, 10}, 1.4},
};

static double *nd_rounded_f64(int64_t count, const double *from)
{
    return memcpy(reserve(count, sizeof *from), from, (size_t)count * sizeof *from);
}

#define nd_rounded_f32 to_single
#define nd_step_f32    nndyn_train_step_f32
#define nd_step_f64    nndyn_train_step
#define R              float
#define ND(name)       nd_##name##_f32
#include "bench/bench_step.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "bench/bench_step.inc"

static nndyn_trainer *make(nndyn_context *context, const bench_task *task, int dtype, double *flops)
{
    nndyn_network *network;
    nndyn_trainer *trainer;
    require(nndyn_network_create(context, dtype, task->widths[0], &network), context);
    for (int l = 1; l <= task->layers; l++) {
        const int last = l == task->layers;
        require(nndyn_network_add_dense(network, task->widths[l], last ? NNDYN_IDENTITY : NNDYN_RELU), network);
    }
    require(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    require(nndyn_trainer_create(network, NNDYN_ADAM, &trainer), network);
    require(nndyn_trainer_set(trainer, "rate", 1e-6), trainer); /* the weights stay ordinary numbers over the run */
    require(nndyn_trainer_forecast(network, NNDYN_ADAM, task->n, NULL, flops), network);
    nndyn_network_free(network);
    return trainer;
}

static void run(nndyn_context *context, const bench_task *task, int dtype, double peak)
{
    const int64_t inputs = task->widths[0], classes = task->widths[task->layers];
    double step[REPETITIONS], floor[REPETITIONS], flops, a, b;
    double *x = random_normal(1, task->n * inputs), *t = reserve(task->n * classes, sizeof *t);
    nndyn_trainer *trainer = make(context, task, dtype, &flops);
    for (int64_t i = 0; i < task->n * classes; i++) {
        t[i] = i % classes == (i / classes * 7) % classes;
    }
    if (dtype == NNDYN_F32) {
        nd_measure_f32(task, trainer, x, t, step, floor);
    } else {
        nd_measure_f64(task, trainer, x, t, step, floor);
    }
    a = median(REPETITIONS, step), b = median(REPETITIONS, floor);
    printf("%-26s f%d %9.1f %9.1f %6.2f %6.1f %9.1f %6.2f\n", task->name, dtype == NNDYN_F32 ? 32 : 64, 1e6 * a,
           1e6 * b, a / b, task->target, 1e6 * flops / peak, a * peak / flops);
    nndyn_trainer_free(trainer);
    free(x), free(t);
}

int main(void)
{
    nndyn_context *context;
    print_build();
    require(nndyn_context_create(&context), NULL);
    printf("%-26s %3s %9s %9s %6s %6s %9s %6s\n", "Adam, microseconds a step", "", "step", "products", "ratio",
           "target", "at peak", "ratio");
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        const double peak = peak_flops(dtype);
        for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
            run(context, &tasks[i], dtype, peak);
        }
        printf("multiply-add peak of one core, f%d: %.1f GFLOP/s\n", dtype == NNDYN_F32 ? 32 : 64, 1e-9 * peak);
    }
    nndyn_context_free(context);
    return 0;
}
