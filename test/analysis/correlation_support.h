/* correlation_support.h - what the tests of derivative correlations share: random networks, options, and tensors the
 * slow way: explicit gradients, Hessian products of a linear loss, differences of those. */
#ifndef NT_CORRELATION_SUPPORT_H
#define NT_CORRELATION_SUPPORT_H
#include "support/support.h"
#include "nndyn/correlation.h"
#include "nndyn/derivatives.h"
#include "nndyn/network.h"

/* inputs-width-..-outputs in the NTK parametrization, unit normal parameters from `seed`; widths: `hidden` numbers. */
NT_UNUSED static nndyn_network *nt_net(nndyn_context *context, int activation, int64_t inputs, int hidden,
                                       int64_t width, int64_t outputs, int64_t seed, double last_scale)
{
    nndyn_network *network;
    nndyn_options *options;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, inputs, &network));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.5));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    for (int l = 0; l < hidden; l++) {
        nt_ok(network, nndyn_network_add_dense_with(network, width, activation, options));
    }
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.5 * last_scale));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3 * last_scale));
    nt_ok(network, nndyn_network_add_dense_with(network, outputs, NNDYN_IDENTITY, options));
    nndyn_options_free(options);
    nt_ok(network, nndyn_network_initialize(network, seed));
    return network;
}

/* n points on the sphere |x|^2 = inputs. */
NT_UNUSED static void nt_sphere(uint64_t seed, int64_t n, int64_t inputs, double *x)
{
    nt_normal(seed, n * inputs, x);
    for (int64_t s = 0; s < n; s++) {
        double squares = 0;
        for (int64_t i = 0; i < inputs; i++) {
            squares += x[s * inputs + i] * x[s * inputs + i];
        }
        for (int64_t i = 0; i < inputs; i++) {
            x[s * inputs + i] *= sqrt((double)inputs / squares);
        }
    }
}

NT_UNUSED static nndyn_options *nt_option(nndyn_context *context, const char *name, double value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, name, value));
    return options;
}

NT_UNUSED static nndyn_options *nt_count_option(nndyn_context *context, const char *name, int64_t value)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

NT_UNUSED static double nt_dot(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

NT_UNUSED static double nt_length(int64_t n, const double *a)
{
    return sqrt(nt_dot(n, a, a));
}

/* ---- naive twins ------------------------------------------------------------------------------------------------- */

/* J, M x P: row by row. */
NT_UNUSED static void nt_jacobian(nndyn_network *network, int64_t n, const double *x, int64_t m, int64_t parameters,
                                  double *jacobian)
{
    double *w = calloc((size_t)m, sizeof *w);
    assert_non_null(w);
    for (int64_t i = 0; i < m; i++) {
        w[i] = 1;
        nt_ok(network, nndyn_vjp(network, n, x, w, NULL, NULL, jacobian + i * parameters));
        w[i] = 0;
    }
    free(w);
}

/* H_i v by central differences of gradients of fourth order; step in units of |v|. */
NT_UNUSED static void nt_hessian_product(nndyn_network *network, int64_t n, const double *x, int64_t m, int64_t i,
                                         int64_t parameters, const double *v, double *out)
{
    static const double at[4] = {-2, -1, 1, 2}, weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
    const double h = 2e-3 / fmax(nt_length(parameters, v), 1e-300);
    double *theta = malloc((size_t)(3 * parameters + m) * sizeof *theta);
    assert_non_null(theta);
    double *moved = theta + parameters, *g = moved + parameters, *w = g + parameters;
    memset(w, 0, (size_t)m * sizeof *w);
    memset(out, 0, (size_t)parameters * sizeof *out);
    w[i] = 1;
    nt_ok(network, nndyn_network_get_parameters(network, parameters, theta));
    for (int k = 0; k < 4; k++) {
        for (int64_t p = 0; p < parameters; p++) {
            moved[p] = theta[p] + at[k] * h * v[p];
        }
        nt_ok(network, nndyn_network_set_parameters(network, parameters, moved));
        nt_ok(network, nndyn_vjp(network, n, x, w, NULL, NULL, g));
        for (int64_t p = 0; p < parameters; p++) {
            out[p] += weight[k] * g[p] / h;
        }
    }
    nt_ok(network, nndyn_network_set_parameters(network, parameters, theta));
    free(theta);
}

/* ---- powers of the width ----------------------------------------------------------------------------------------- */

/* Slope of log y against log width, all points alike. */
NT_UNUSED static double nt_width_slope(int count, const int64_t *widths, const double *y)
{
    double mean = 0, above = 0, below = 0;
    for (int i = 0; i < count; i++) {
        mean += log((double)widths[i]) / count;
    }
    for (int i = 0; i < count; i++) {
        const double at = log((double)widths[i]) - mean;
        above += at * log(y[i]);
        below += at * at;
    }
    return above / below;
}

enum { NT_KINK_INPUTS = 5, NT_KINK_N = 3 };

/* f = c1 v . phi(c0 W x + 0.3 b), squared scales 2 / inputs. */
NT_UNUSED static nndyn_network *nt_kinked(nndyn_context *context, int activation, int64_t width, int64_t seed)
{
    nndyn_network *network;
    nndyn_options *o;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_KINK_INPUTS, &network));
    nt_ok(context, nndyn_options_create(context, &o));
    nt_ok(o, nndyn_options_set_text(o, "parametrization", "ntk"));
    nt_ok(o, nndyn_options_set_double(o, "weight_scale", sqrt(2)));
    nt_ok(o, nndyn_options_set_double(o, "bias_scale", 0.3));
    nt_ok(network, nndyn_network_add_dense_with(network, width, activation, o));
    nt_ok(o, nndyn_options_set_integer(o, "bias", 0));
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, o));
    nndyn_options_free(o);
    nt_ok(network, nndyn_network_initialize(network, seed));
    return network;
}

/* f - f_lin after one step of 0.3 along a fixed residual. */
NT_UNUSED static void nt_one_step(nndyn_network *network, const double *x, double *dev)
{
    static const double e[NT_KINK_N] = {1, 0.7, -0.4};
    int64_t parameters;
    double before[NT_KINK_N], slope[NT_KINK_N];
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    double *theta = malloc(2 * (size_t)parameters * sizeof *theta);
    assert_non_null(theta);
    double *g = theta + parameters;
    nt_ok(network, nndyn_network_get_parameters(network, parameters, theta));
    nt_ok(network, nndyn_network_forward(network, NT_KINK_N, x, before));
    nt_ok(network, nndyn_vjp(network, NT_KINK_N, x, e, NULL, NULL, g));
    nt_ok(network, nndyn_jvp(network, NT_KINK_N, x, NULL, g, NULL, slope));
    for (int64_t p = 0; p < parameters; p++) {
        theta[p] -= 0.3 * g[p];
    }
    nt_ok(network, nndyn_network_set_parameters(network, parameters, theta));
    nt_ok(network, nndyn_network_forward(network, NT_KINK_N, x, dev));
    for (int i = 0; i < NT_KINK_N; i++) {
        dev[i] -= before[i] - 0.3 * slope[i];
    }
    free(theta);
}

#endif
