/* bench_separation.c - separation at every layer of a deep network as a part of the forward pass it rides on.
 *
 * Evaluations with and without it alternate in one run, in processor time, so that what else the machine does matters
 * little; figures are medians.  The target is 0.10. */
#include "bench/bench.h"

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum { LAYERS = 20, CLASSES = 10, SAMPLES = 10000 };

static nndyn_network *make(nndyn_context *context, int64_t width, int normed)
{
    nndyn_network *network;
    require(nndyn_network_create(context, NNDYN_F32, width, &network), context);
    for (int l = 0; l < LAYERS; l++) {
        if (normed) {
            require(nndyn_network_add_dense(network, width, NNDYN_IDENTITY), network);
            require(nndyn_network_add_batch_norm(network, NULL), network);
            require(nndyn_network_add_activation(network, NNDYN_RELU, NULL), network);
        } else {
            nndyn_options *options;
            require(nndyn_options_create(context, &options), context);
            require(nndyn_options_set_text(options, "initialization", "he_normal"), options);
            require(nndyn_network_add_dense_with(network, width, NNDYN_RELU, options), network);
            nndyn_options_free(options);
        }
    }
    require(nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY), network);
    return network;
}

static nndyn_dataset *draw(nndyn_context *context, int64_t width)
{
    double *wide = random_normal(1, SAMPLES * width);
    float *x = to_single(SAMPLES * width, wide);
    int64_t *labels = reserve(SAMPLES, sizeof *labels);
    nndyn_dataset *dataset;
    for (int64_t i = 0; i < SAMPLES; i++) {
        labels[i] = i * 7 % CLASSES;
    }
    require(nndyn_dataset_create_labels_f32(context, SAMPLES, width, x, CLASSES, labels, 1, &dataset), context);
    free(wide), free(x), free(labels);
    return dataset;
}

static void run(nndyn_context *context, int64_t width, int normed, int repetitions)
{
    double plain[REPETITIONS], with[REPETITIONS], ratio[REPETITIONS], values[LAYERS + 1], accuracy;
    nndyn_network *network = make(context, width, normed);
    nndyn_dataset *dataset = draw(context, width);
    require(nndyn_network_evaluate(network, dataset, NULL, &accuracy), network); /* its arrays are made once */
    for (int i = 0; i < repetitions; i++) {
        const double start = processor_seconds();
        require(nndyn_network_evaluate(network, dataset, NULL, &accuracy), network);
        const double middle = processor_seconds();
        require(nndyn_network_separation(network, dataset, NULL, LAYERS + 1, 1, values, NULL, NULL, NULL, &accuracy),
                network);
        plain[i] = middle - start;
        with[i] = processor_seconds() - middle;
        ratio[i] = with[i] / plain[i] - 1;
    }
    printf("%5lld  %-22s %10.2f %10.2f %8.3f %8.2f\n", (long long)width,
           normed ? "dense, batch norm, relu" : "dense, relu", 1e3 * median(repetitions, plain),
           1e3 * median(repetitions, with), median(repetitions, ratio), 0.1);
    nndyn_dataset_free(dataset);
    nndyn_network_free(network);
}

int main(void)
{
    nndyn_context *context;
    print_build();
    require(nndyn_context_create(&context), NULL);
    printf("%d layers, %d samples, float32, one thread; separation at %d sites\n", LAYERS, SAMPLES, LAYERS + 1);
    printf("width  layers                 forward ms    with ms     cost   target\n");
    run(context, 100, 0, REPETITIONS);
    run(context, 100, 1, REPETITIONS);
    run(context, 1000, 0, 3);
    nndyn_context_free(context);
    return 0;
}
