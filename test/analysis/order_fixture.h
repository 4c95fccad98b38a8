/* order_fixture.h - a small trained network that checks of order and basins share: eight noisy clusters in four
 * classes, 8-16-16-4 tanh, full-batch gradient descent.  Numbers come from splitmix64 and Box-Muller and depend on no
 * code of the library, so that figures worked out elsewhere can be compared to many digits.
 *
 *     nt_order f = nt_order_open(context);    data and network as drawn, no step made
 *     nt_order_train(&f, 400);                so many steps more
 *     nt_order_close(&f); */
#ifndef TEST_ANALYSIS_ORDER_FIXTURE_H
#define TEST_ANALYSIS_ORDER_FIXTURE_H
#include "support/support.h"
#include "nndyn.h"

enum {
    NT_ORDER_SAMPLES = 400,
    NT_ORDER_INPUTS = 8,
    NT_ORDER_WIDTH = 16,
    NT_ORDER_CLASSES = 4,
    NT_ORDER_CENTERS = 8,
    NT_ORDER_W1 = 0, /* places in the parameter vector; each W is followed by its biases */
    NT_ORDER_W2 = NT_ORDER_W1 + NT_ORDER_WIDTH * (NT_ORDER_INPUTS + 1),
    NT_ORDER_W3 = NT_ORDER_W2 + NT_ORDER_WIDTH * (NT_ORDER_WIDTH + 1),
    NT_ORDER_PARAMETERS = NT_ORDER_W3 + NT_ORDER_CLASSES * (NT_ORDER_WIDTH + 1)
};

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

typedef struct nt_splitmix {
    uint64_t state;
    double second; /* of the Box-Muller pair */
    int has_second;
} nt_splitmix;

NT_UNUSED static nt_splitmix nt_splitmix_seed(uint64_t seed)
{
    return (nt_splitmix){.state = seed};
}

/* Uniform in (0, 1). */
NT_UNUSED static double nt_splitmix_uniform(nt_splitmix *s)
{
    s->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = s->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

/* Normal; both numbers of a pair are used, the cosine first. */
NT_UNUSED static double nt_splitmix_normal(nt_splitmix *s)
{
    if (s->has_second) {
        s->has_second = 0;
        return s->second;
    }
    const double turn = 6.283185307179586476925286766559, u1 = nt_splitmix_uniform(s), u2 = nt_splitmix_uniform(s);
    const double radius = sqrt(-2 * log(u1));
    s->second = radius * sin(turn * u2);
    s->has_second = 1;
    return radius * cos(turn * u2);
}

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

typedef struct nt_order {
    double x[NT_ORDER_SAMPLES * NT_ORDER_INPUTS];
    double t[NT_ORDER_SAMPLES * NT_ORDER_CLASSES]; /* one-hot */
    int64_t labels[NT_ORDER_SAMPLES];
    nndyn_dataset *data;
    nndyn_network *network;
    nndyn_trainer *trainer;
} nt_order;

NT_UNUSED static void nt_order_draw(nt_order *f)
{
    double centers[NT_ORDER_CENTERS * NT_ORDER_INPUTS];
    nt_splitmix s = nt_splitmix_seed(1);
    memset(f, 0, sizeof *f);
    for (int i = 0; i < NT_ORDER_CENTERS * NT_ORDER_INPUTS; i++) {
        centers[i] = nt_splitmix_normal(&s);
    }
    for (int i = 0; i < NT_ORDER_SAMPLES; i++) {
        for (int j = 0; j < NT_ORDER_INPUTS; j++) {
            const double center = centers[i % NT_ORDER_CENTERS * NT_ORDER_INPUTS + j];
            f->x[i * NT_ORDER_INPUTS + j] = center + 0.8 * nt_splitmix_normal(&s);
        }
        f->labels[i] = i % NT_ORDER_CENTERS % NT_ORDER_CLASSES;
        f->t[i * NT_ORDER_CLASSES + f->labels[i]] = 1;
    }
}

/* The parameters before training: normal / sqrt(inputs of the layer), biases 0. */
NT_UNUSED static void nt_order_weights(double theta[NT_ORDER_PARAMETERS])
{
    static const int width[] = {NT_ORDER_INPUTS, NT_ORDER_WIDTH, NT_ORDER_WIDTH, NT_ORDER_CLASSES};
    nt_splitmix s = nt_splitmix_seed(2);
    int at = 0;
    memset(theta, 0, NT_ORDER_PARAMETERS * sizeof *theta);
    for (int l = 0; l < 3; l++) {
        for (int i = 0; i < width[l + 1] * width[l]; i++) {
            theta[at++] = nt_splitmix_normal(&s) / sqrt(width[l]);
        }
        at += width[l + 1];
    }
}

/* A network of these sizes, without a trainer, with these parameters. */
NT_UNUSED static nndyn_network *nt_order_network(nndyn_context *c, int activation, const double *theta)
{
    nndyn_network *network = NULL;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &network));
    nt_ok(network, nndyn_network_add_dense(network, NT_ORDER_WIDTH, activation));
    nt_ok(network, nndyn_network_add_dense(network, NT_ORDER_WIDTH, activation));
    nt_ok(network, nndyn_network_add_dense(network, NT_ORDER_CLASSES, NNDYN_IDENTITY));
    nt_ok(network, nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(network, nndyn_network_set_parameters(network, NT_ORDER_PARAMETERS, theta));
    return network;
}

NT_UNUSED static nt_order nt_order_open(nndyn_context *c)
{
    double theta[NT_ORDER_PARAMETERS];
    nndyn_options *options = NULL;
    nt_order f;
    nt_order_draw(&f);
    nt_order_weights(theta);
    f.network = nt_order_network(c, NNDYN_TANH, theta);
    nt_ok(c, nndyn_dataset_create_labels(c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.labels, 1,
                                         &f.data));
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_double(options, "rate", 0.5));
    nt_ok(f.network, nndyn_trainer_create_with(f.network, NNDYN_SGD, options, &f.trainer));
    nndyn_options_free(options);
    return f;
}

NT_UNUSED static void nt_order_train(nt_order *f, int steps)
{
    for (int i = 0; i < steps; i++) {
        nt_ok(f->trainer, nndyn_train_step(f->trainer, NT_ORDER_SAMPLES, f->x, f->t, NULL));
    }
}

NT_UNUSED static void nt_order_close(nt_order *f)
{
    nndyn_trainer_free(f->trainer);
    nndyn_network_free(f->network);
    nndyn_dataset_free(f->data);
}

#endif
