/* The Hessian of a 784-64-10 network on 1000 random samples: one product, and its ten largest eigenpairs. */
#include "bench.h"

enum { SAMPLES = 1000, INPUTS = 784, CLASSES = 10, COUNT = 10, PRODUCTS = 21 };

static nndyn_operator *hessian(nndyn_context *context)
{
    double *x = reserve(SAMPLES * INPUTS, sizeof *x), *t = reserve(SAMPLES * CLASSES, sizeof *t);
    nndyn_network *network = NULL;
    nndyn_operator *op = NULL;
    nd_uniform(nd_stream_open(1, ND_RANDOM_PROBE, 0, 0), 0, SAMPLES * INPUTS, x);
    for (int64_t i = 0; i < SAMPLES; i++) {
        for (int64_t j = 0; j < CLASSES; j++) {
            t[i * CLASSES + j] = i % CLASSES == j;
        }
    }
    require(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), context);
    require(nndyn_network_add_dense(network, 64, NNDYN_TANH), network);
    require(nndyn_network_add_dense(network, CLASSES, NNDYN_IDENTITY), network);
    require(nndyn_network_set_loss(network, NNDYN_SOFTMAX_CROSS_ENTROPY), network);
    require(nndyn_hessian_operator(network, SAMPLES, x, t, NULL, &op), network);
    nndyn_network_free(network);
    free(x);
    free(t);
    return op;
}

int main(void)
{
    nndyn_context *context = NULL;
    int64_t n = 0;
    double times[PRODUCTS], values[COUNT], begin;
    require(nndyn_context_create(&context), NULL);
    nndyn_operator *op = hessian(context);
    require(nndyn_operator_shape(op, &n, NULL, NULL), op);
    double *u = reserve(n, sizeof *u), *y = reserve(n, sizeof *y);
    nd_normal(nd_stream_open(2, ND_RANDOM_PROBE, 0, 0), 0, n, u);
    for (int i = 0; i < PRODUCTS; i++) {
        begin = seconds();
        require(nndyn_operator_apply(op, u, y), op);
        times[i] = seconds() - begin;
    }
    double product = median(PRODUCTS, times);
    begin = seconds();
    require(nndyn_eigenpairs(op, COUNT, NULL, values, NULL, NULL, NULL), op);
    double all = seconds() - begin;
    printf(
        "Hessian 784-64-10, 1000 samples, float64: product %.2f ms, top %d eigenpairs %.2f s (%.0f products' time)\n",
        1e3 * product, (int)COUNT, all, all / product);
    nndyn_operator_free(op);
    nndyn_context_free(context);
    free(u);
    free(y);
    return 0;
}
