/* source.c - products with the kernel by passes through the network at theta_0, where no kernel is kept: J_0' v in
 * factored form from the training samples, pushed through train and test points.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <string.h>

struct nd_linear_source {
    nndyn_context *context;
    nd_pass *train, *test; /* test: NULL without; they borrow the network's parameters and x */
    double *x_test;
    nd_pull *direction;
    nd_push *to_train, *to_test;
};

static const nd_kernel_spec spec = {.kind = ND_KERNEL_FULL, .metric = ND_METRIC_NETWORK};

void nd_linear_source_free(nndyn_context *context, nd_linear_source *source)
{
    if (source == NULL) {
        return;
    }
    nd_push_free(context, source->to_test);
    nd_push_free(context, source->to_train);
    nd_pull_free(context, source->direction);
    if (source->test != NULL) {
        nd_pass_free(source->test);
    }
    if (source->train != NULL) {
        nd_pass_free(source->train);
    }
    nd_release(context, source->x_test);
    nd_release(context, source);
}

static int fill(nd_linear_source *source, void *handle, nndyn_network *network, int64_t n, const double *x,
                int64_t test, const double *x_test)
{
    ND_TRY(nd_kernel_pass(network, handle, n, x, 0, &source->train));
    ND_TRY(nd_pull_create(source->train, handle, &spec, &source->direction));
    ND_TRY(nd_push_create(source->train, handle, n, &source->to_train));
    if (test > 0) {
        ND_TRY(nd_allocate_for(handle, test * network->inputs, sizeof *x_test, &source->x_test));
        memcpy(source->x_test, x_test, (size_t)(test * network->inputs) * sizeof *x_test);
        ND_TRY(nd_kernel_pass(network, handle, test, source->x_test, 0, &source->test));
        ND_TRY(nd_push_create(source->test, handle, n, &source->to_test));
    }
    return NNDYN_OK;
}

int nd_linear_source_create(void *handle, nndyn_network *network, int64_t n, const double *x, int64_t test,
                            const double *x_test, nd_linear_source **out)
{
    nndyn_context *context = nd_handle_context(handle);
    nd_linear_source *source;
    ND_TRY(nd_check_memory(handle, nd_linear_source_bytes(network, n, test), "passes through the network"));
    ND_TRY(nd_allocate_for(handle, 1, sizeof *source, &source));
    source->context = context;
    const int status = fill(source, handle, network, n, x, test, x_test);
    if (status != NNDYN_OK) {
        nd_linear_source_free(context, source);
        return status;
    }
    *out = source;
    return NNDYN_OK;
}

double nd_linear_source_bytes(const nndyn_network *network, int64_t n, int64_t test)
{
    const double train = nd_kernel_pass_bytes(network, n, 0) + nd_push_bytes(network, n, n);
    const double far = test > 0 ? nd_kernel_pass_bytes(network, test, 0) + nd_push_bytes(network, test, n) : 0;
    return (double)sizeof(nd_linear_source) + nd_pull_bytes(network, n) + train + far;
}

int nd_linear_source_apply(nd_linear_source *source, void *handle, const double *v, double *train, double *test)
{
    ND_TRY(nd_pull_set(source->direction, handle, v));
    if (train != NULL) {
        ND_TRY(nd_push_apply(source->to_train, handle, source->direction, train));
    }
    return test != NULL ? nd_push_apply(source->to_test, handle, source->direction, test) : NNDYN_OK;
}

const double *nd_linear_source_outputs(const nd_linear_source *source, int test)
{
    const nd_pass *pass = test ? source->test : source->train;
    return pass->workspace->sites[pass->network->layer_count - 1].out;
}
