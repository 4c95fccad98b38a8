/* ntk.c - the tangent kernel of networks that read digits: how it nears its limit of infinite width, and which rates
 * are stable.
 *
 *     ntk digits.csv */
#include <math.h>
#include <nndyn.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 100, INPUTS = 64, CLASSES = 10 };

static void need(int status, const void *handle)
{
    if (status != NNDYN_OK) {
        fprintf(stderr, "%s\n", nndyn_message(handle));
        exit(1);
    }
}

static nndyn_network *make(nndyn_context *context, int64_t width)
{
    nndyn_network *network;
    nndyn_options *options;
    need(nndyn_options_create(context, &options), context);
    need(nndyn_options_set_text(options, "parametrization", "ntk"), options);
    need(nndyn_options_set_double(options, "weight_scale", sqrt(2)), options);
    need(nndyn_options_set_double(options, "bias_scale", 0.1), options);
    need(nndyn_network_create(context, NNDYN_F64, INPUTS, &network), context);
    need(nndyn_network_add_dense_with(network, width, NNDYN_RELU, options), network);
    need(nndyn_network_add_dense_with(network, width, NNDYN_RELU, options), network);
    need(nndyn_network_add_dense_with(network, CLASSES, NNDYN_IDENTITY, options), network);
    nndyn_options_free(options);
    return network;
}

static double largest_eigenvalue(nndyn_network *network, const double *x)
{
    nndyn_operator *theta;
    double lambda, residual;
    int converged;
    need(nndyn_ntk_operator(network, N, x, NULL, &theta), network);
    need(nndyn_eigenpairs(theta, 1, NULL, &lambda, NULL, &residual, &converged), theta);
    nndyn_operator_free(theta);
    return lambda;
}

int main(int argc, char **argv)
{
    static double x[N * INPUTS], limit[N * N], trace[N * N];
    nndyn_context *context;
    nndyn_dataset *digits;
    nndyn_options *options;
    if (argc < 2) {
        fprintf(stderr, "usage: ntk digits.csv\n");
        return 1;
    }
    need(nndyn_context_create(&context), NULL);
    need(nndyn_options_create(context, &options), context);
    need(nndyn_options_set_integer(options, "label_column", -2), options);
    need(nndyn_options_set_double(options, "scale", 1.0 / 16), options);
    need(nndyn_dataset_read_csv(context, argv[1], options, &digits), context);
    need(nndyn_dataset_get(digits, 0, N, x, NULL, NULL), digits);
    nndyn_network *network = make(context, 1);
    need(nndyn_ntk_infinite_network(network, N, x, 0, NULL, NULL, NULL, limit), network);
    nndyn_network_free(network);
    printf("width   |trace kernel - limit|/|limit|   largest eigenvalue   rates of the linearized network below\n");
    for (int64_t width = 32; width <= 1024; width *= 4) {
        double difference = 0, size = 0;
        network = make(context, width);
        need(nndyn_ntk(network, N, x, 0, NULL, NNDYN_NTK_TRACE, NULL, trace), network);
        for (int i = 0; i < N * N; i++) {
            difference += (trace[i] - limit[i]) * (trace[i] - limit[i]);
            size += limit[i] * limit[i];
        }
        double lambda = largest_eigenvalue(network, x);
        printf("%5lld   %30.4f   %18.1f   %.3g\n", (long long)width, sqrt(difference / size), lambda, 2 / lambda);
        nndyn_network_free(network);
    }
    nndyn_dataset_free(digits);
    nndyn_options_free(options);
    nndyn_context_free(context);
    return 0;
}
