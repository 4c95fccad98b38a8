/* twin.h - a network in plain loops and textbook formulas: what the tests of this room compare against. */
#ifndef NT_TWIN_H
#define NT_TWIN_H
#include "support/support.h"
#include "core/random.h"
#include "network/network.h"
#include "nndyn.h"

/* f(z) by the formulas of nndyn/network.h. */
NT_UNUSED static double twin_activation(const nd_activation *f, double z)
{
    const double p = f->parameter;
    double value = NAN;
    switch (f->kind) {
    case NNDYN_IDENTITY:
        return z;
    case NNDYN_RELU:
        return z > 0 ? z : 0;
    case NNDYN_LEAKY_RELU:
        return z > 0 ? z : p * z;
    case NNDYN_ELU:
        return z > 0 ? z : p * expm1(z);
    case NNDYN_SOFTPLUS:
        return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
    case NNDYN_SIGMOID:
        return 1 / (1 + exp(-z));
    case NNDYN_TANH:
        return tanh(z);
    case NNDYN_ERF:
        return erf(z);
    case NNDYN_ARCTAN:
        return atan(z);
    case NNDYN_SOFTSIGN:
        return z / (1 + fabs(z));
    case NNDYN_ISRU:
        return z / sqrt(1 + z * z);
    case NNDYN_SILU:
        return z / (1 + exp(-z));
    case NNDYN_GELU:
        return 0.5 * z * erfc(-z / sqrt(2));
    case NNDYN_EXP:
        return exp(z);
    case NNDYN_SIN:
        return sin(z);
    case NNDYN_COS:
        return cos(z);
    case NNDYN_ABS_POWER:
        return pow(fabs(z), p);
    default:
        assert_int_equal(f->evaluate(f->user, 0, 1, &z, &value), 0);
        return value;
    }
}

/* Barron's loss as in his paper, for shapes that are not 0, 2 or minus infinity. */
NT_UNUSED static double twin_barron(double e, double shape, double c)
{
    const double q = (e / c) * (e / c), b = fabs(shape - 2);
    return b / shape * (pow(q / b + 1, shape / 2) - 1);
}

/* One output's share of the loss; softmax cross-entropy and custom losses are not of this kind. */
NT_UNUSED static double twin_loss_term(const nd_loss *loss, double a, double t)
{
    const double e = a - t, p = loss->parameter, c = loss->scale, q = e * e / (c * c);
    switch (loss->kind) {
    case NNDYN_SQUARED_ERROR:
        return p * e * e;
    case NNDYN_POWER_ERROR:
        return pow(fabs(e), p) / p;
    case NNDYN_BINARY_CROSS_ENTROPY:
        return log(1 + exp(a)) - t * a;
    case NNDYN_POISSON:
        return exp(a) - t * a;
    case NNDYN_HUBER:
        return fabs(e) < p ? e * e / 2 : p * (fabs(e) - p / 2);
    case NNDYN_LOG_COSH:
        return log(cosh(e));
    case NNDYN_CAUCHY:
        return c * c * log(1 + q / 2);
    case NNDYN_GEMAN_MCCLURE:
        return 2 * q / (q + 4);
    case NNDYN_WELSCH:
        return 1 - exp(-q / 2);
    case NNDYN_BARRON:
        return twin_barron(e, p, c);
    case NNDYN_HINGE:
        return p - t * a > 0 ? p - t * a : 0;
    case NNDYN_NEGATIVE_LOG:
        return -t * log(a);
    default:
        return NAN;
    }
}

NT_UNUSED static double twin_loss(const nd_loss *loss, int64_t k, const double *a, const double *t)
{
    double h = 0, sum = 0, d[64];
    if (loss->kind == NNDYN_CUSTOM_LOSS) {
        assert_int_equal(loss->evaluate(loss->user, k, a, t, &h, d, NULL, NULL, NULL), 0);
        return h;
    }
    for (int64_t j = 0; j < k; j++) {
        sum += exp(a[j]);
    }
    for (int64_t j = 0; j < k; j++) {
        h += loss->kind == NNDYN_SOFTMAX_CROSS_ENTROPY ? -t[j] * (a[j] - log(sum)) : twin_loss_term(loss, a[j], t[j]);
    }
    return h;
}

/* One unit of batch norm over the batch. */
NT_UNUSED static void twin_norm(const nd_layer *l, const double *theta, const double *statistics, int training,
                                int64_t n, int64_t j, const double *in, double *out)
{
    double mean = statistics[l->statistics + j], variance = statistics[l->statistics + l->in + j];
    if (training) {
        mean = variance = 0;
        for (int64_t i = 0; i < n; i++) {
            mean += in[i * l->in + j] / (double)n;
        }
        for (int64_t i = 0; i < n; i++) {
            variance += pow(in[i * l->in + j] - mean, 2) / (double)n;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        const double xhat = (in[i * l->in + j] - mean) / sqrt(variance + l->epsilon);
        out[i * l->in + j] = l->affine ? theta[l->first + j] * xhat + theta[l->first + l->in + j] : xhat;
    }
}

NT_UNUSED static double twin_dense(const nd_layer *l, const double *theta, const double *a, int64_t unit)
{
    double z = l->bias ? l->bias_factor * theta[l->first + l->out * l->in + unit] : 0;
    for (int64_t j = 0; j < l->in; j++) {
        z += l->weight_factor * theta[l->first + unit * l->in + j] * a[j];
    }
    return z;
}

NT_UNUSED static double twin_dropout(const nd_layer *l, nd_mode mode, int64_t number, int64_t index, double in)
{
    double u;
    if (!mode.training) {
        return in;
    }
    nd_uniform(nd_stream_open(mode.seed, ND_RANDOM_DROPOUT, number, mode.step), index, 1, &u);
    return u < l->rate ? 0 : in / (1 - l->rate);
}

/* The layers in plain loops; values[l] is the input of layer l (n x width), the last one the output. */
NT_UNUSED static void twin_layers(const nndyn_network *network, const double *theta, const double *statistics,
                                  nd_mode mode, int64_t n, double **values)
{
    for (int64_t number = 0; number < network->layer_count; number++) {
        const nd_layer *l = &network->layers[number];
        const double *in = values[number];
        double *out = values[number + 1];
        for (int64_t j = 0; l->kind == NNDYN_BATCH_NORM && j < l->in; j++) {
            twin_norm(l, theta, statistics, mode.training, n, j, in, out);
        }
        for (int64_t i = 0; i < n * l->out; i++) {
            if (l->kind == NNDYN_DENSE) {
                out[i] = twin_dense(l, theta, in + i / l->out * l->in, i % l->out);
            } else if (l->kind == NNDYN_ACTIVATION) {
                out[i] = twin_activation(&l->activation, in[i]);
            } else if (l->kind == NNDYN_DROPOUT) {
                out[i] = twin_dropout(l, mode, number, i, in[i]);
            } else if (l->kind == NNDYN_RESIDUAL_BEGIN) {
                out[i] = in[i];
            } else if (l->kind == NNDYN_RESIDUAL_END) {
                out[i] = in[i] + values[l->partner][i];
            }
        }
    }
}

/* Losses h (n, may be NULL) and outputs y (n x outputs, may be NULL); returns the sum of the losses. */
NT_UNUSED static double twin_run(const nndyn_network *network, const double *theta, const double *statistics,
                                 nd_mode mode, int64_t n, const double *x, const double *t, double *y, double *h)
{
    const int64_t layers = network->layer_count, k = nd_network_outputs(network);
    double **values = calloc((size_t)layers + 1, sizeof *values);
    double sum = 0;
    for (int64_t l = 0; l <= layers; l++) {
        const int64_t width = l == 0 ? network->inputs : network->layers[l - 1].out;
        values[l] = calloc((size_t)(n * width), sizeof **values);
    }
    memcpy(values[0], x, (size_t)(n * network->inputs) * sizeof *x);
    twin_layers(network, theta, statistics, mode, n, values);
    for (int64_t i = 0; t != NULL && i < n; i++) {
        const double one = twin_loss(&network->loss, k, values[layers] + i * k, t + i * k);
        sum += one;
        if (h != NULL) {
            h[i] = one;
        }
    }
    if (y != NULL) {
        memcpy(y, values[layers], (size_t)(n * k) * sizeof *y);
    }
    for (int64_t l = 0; l <= layers; l++) {
        free(values[l]);
    }
    free(values);
    return sum;
}

#endif
