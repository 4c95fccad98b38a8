/* grokking_support.h - a small run that groks: four noisy clusters, 32-64-64-4 ReLU, AdamW, weights drawn
 * far too large. */
#ifndef TEST_ANALYSIS_GROKKING_SUPPORT_H
#define TEST_ANALYSIS_GROKKING_SUPPORT_H
#include "analysis/order_fixture.h"

enum { NT_GROK_INPUTS = 32, NT_GROK_CLASSES = 4, NT_GROK_TRAIN = 100, NT_GROK_TEST = 1000, NT_GROK_MOST = 40 };

typedef struct nt_grokking {
    int64_t count, steps[NT_GROK_MOST];
    double train[NT_GROK_MOST], test[NT_GROK_MOST];
} nt_grokking;

typedef struct nt_grok_data {
    nndyn_dataset *train, *test;
} nt_grok_data;

NT_UNUSED static nt_grok_data nt_grok_draw(nndyn_context *context)
{
    enum { D = NT_GROK_INPUTS, ALL = NT_GROK_TRAIN + NT_GROK_TEST };
    static double x[ALL][D], centers[NT_GROK_CLASSES][D];
    static int64_t labels[ALL];
    nt_splitmix s = nt_splitmix_seed(5);
    nt_grok_data data = {0};
    for (int i = 0; i < NT_GROK_CLASSES * D; i++) {
        centers[i / D][i % D] = nt_splitmix_normal(&s);
    }
    for (int i = 0; i < ALL * D; i++) {
        labels[i / D] = i / D % NT_GROK_CLASSES;
        x[i / D][i % D] = centers[i / D % NT_GROK_CLASSES][i % D] + 0.7 * nt_splitmix_normal(&s);
    }
    nt_ok(context,
          nndyn_dataset_create_labels(context, NT_GROK_TRAIN, D, x[0], NT_GROK_CLASSES, labels, 1, &data.train));
    nt_ok(context, nndyn_dataset_create_labels(context, NT_GROK_TEST, D, x[NT_GROK_TRAIN], NT_GROK_CLASSES,
                                               labels + NT_GROK_TRAIN, 1, &data.test));
    return data;
}

NT_UNUSED static nndyn_network *nt_grok_network(nndyn_context *context, double scale)
{
    nndyn_network *net = NULL;
    nndyn_options *options = NULL;
    int64_t count;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_GROK_INPUTS, &net));
    nt_ok(net, nndyn_network_add_dense(net, 64, NNDYN_RELU));
    nt_ok(net, nndyn_network_add_dense(net, 64, NNDYN_RELU));
    nt_ok(net, nndyn_network_add_dense(net, NT_GROK_CLASSES, NNDYN_IDENTITY));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "parameter", 1.0 / NT_GROK_CLASSES));
    nt_ok(net, nndyn_network_set_loss_with(net, NNDYN_SQUARED_ERROR, options));
    nndyn_options_free(options);
    nt_ok(net, nndyn_network_initialize(net, 1));
    nt_ok(net, nndyn_network_shape(net, NULL, NULL, NULL, &count, NULL));
    double *theta = malloc((size_t)count * sizeof *theta);
    assert_non_null(theta);
    nt_ok(net, nndyn_network_get_parameters(net, count, theta));
    for (int64_t i = 0; i < count; i++) {
        theta[i] *= scale;
    }
    nt_ok(net, nndyn_network_set_parameters(net, count, theta));
    free(theta);
    return net;
}

/* Train up to `last` steps, measured six times a decade. */
NT_UNUSED static nt_grokking nt_grok_run(nndyn_context *context, double scale, int64_t last)
{
    nt_grok_data data = nt_grok_draw(context);
    nndyn_network *net = nt_grok_network(context, scale);
    nndyn_options *options = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_batches *batches = NULL;
    nt_grokking g = {0};
    int64_t done = 0;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "weight_decay", 0.1));
    nt_ok(net, nndyn_trainer_create_with(net, NNDYN_ADAMW, options, &trainer));
    nt_ok(data.train, nndyn_batches_create(data.train, NNDYN_BATCH_FULL, NT_GROK_TRAIN, NULL, &batches));
    for (int j = 0; done < last; j++) {
        const int64_t step = llround(pow(10, j / 6.0));
        if (step > done) {
            nt_ok(trainer, nndyn_train_run(trainer, batches, step - done, NULL));
            done = g.steps[g.count] = step;
            nt_ok(net, nndyn_network_evaluate(net, data.train, NULL, &g.train[g.count]));
            nt_ok(net, nndyn_network_evaluate(net, data.test, NULL, &g.test[g.count]));
            g.count++;
        }
    }
    nndyn_batches_free(batches);
    nndyn_trainer_free(trainer);
    nndyn_options_free(options);
    nndyn_network_free(net);
    nndyn_dataset_free(data.train);
    nndyn_dataset_free(data.test);
    return g;
}

#endif
