/* ntk_widths.h - how the tangent kernel of networks of growing width nears that of the infinitely wide one. */
#ifndef NT_NTK_WIDTHS_H
#define NT_NTK_WIDTHS_H
#include "analysis/ntk_fixture.h"

enum { WIDTHS_N = 3, WIDTHS_INPUTS = 5, WIDTHS_ENTRIES = WIDTHS_N * WIDTHS_N };

/* Three points of the sphere |x|^2 = 5. */
NT_UNUSED static void sphere_points(double *x)
{
    nt_normal(41, WIDTHS_N * WIDTHS_INPUTS, x);
    for (int i = 0; i < WIDTHS_N; i++) {
        double size = length(WIDTHS_INPUTS, x + i * WIDTHS_INPUTS) / sqrt(WIDTHS_INPUTS);
        for (int j = 0; j < WIDTHS_INPUTS; j++) {
            x[i * WIDTHS_INPUTS + j] /= size;
        }
    }
}

/* Two hidden layers, one output. */
NT_UNUSED static nndyn_network *two_layers(nndyn_context *context, int activation, int64_t width, double weight,
                                           double bias)
{
    nndyn_network *network;
    nndyn_options *options = options_of(context);
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", weight));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", bias));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, WIDTHS_INPUTS, &network));
    nt_ok(network, nndyn_network_add_dense_with(network, width, activation, options));
    nt_ok(network, nndyn_network_add_dense_with(network, width, activation, options));
    nt_ok(network, nndyn_network_add_dense_with(network, 1, NNDYN_IDENTITY, options));
    nndyn_options_free(options);
    return network;
}

/* RMS over `seeds` networks of |Theta - Theta_infinite| / |Theta_infinite| (Frobenius); mean and its standard error, in
 * standard errors, of the entry that is farthest off. */
NT_UNUSED static double rms_error(nndyn_context *context, int activation, int64_t width, double weight, double bias,
                                  int seeds, double *worst)
{
    double x[WIDTHS_N * WIDTHS_INPUTS], limit[WIDTHS_ENTRIES], kernel[WIDTHS_ENTRIES];
    double sums[WIDTHS_ENTRIES] = {0}, squares[WIDTHS_ENTRIES] = {0}, total = 0;
    nndyn_network *network = two_layers(context, activation, width, weight, bias);
    sphere_points(x);
    nt_ok(network, nndyn_ntk_infinite_network(network, WIDTHS_N, x, 0, NULL, NULL, NULL, limit));
    for (int s = 0; s < seeds; s++) {
        nt_ok(network, nndyn_network_initialize(network, 1000 * width + s));
        nt_ok(network, nndyn_ntk(network, WIDTHS_N, x, 0, NULL, NNDYN_NTK_FULL, NULL, kernel));
        for (int i = 0; i < WIDTHS_ENTRIES; i++) {
            double off = kernel[i] - limit[i];
            sums[i] += off;
            squares[i] += off * off;
            total += off * off;
        }
    }
    *worst = 0;
    for (int i = 0; i < WIDTHS_ENTRIES; i++) {
        double mean = sums[i] / seeds, variance = (squares[i] / seeds - mean * mean) / (seeds - 1);
        *worst = fmax(*worst, fabs(mean) / sqrt(variance));
    }
    nndyn_network_free(network);
    return sqrt(total / seeds / inner(WIDTHS_ENTRIES, limit, limit));
}

/* Slope of log y over log x by least squares. */
NT_UNUSED static double log_slope(int count, const double *x, const double *y)
{
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (int i = 0; i < count; i++) {
        mx += log(x[i]) / count;
        my += log(y[i]) / count;
    }
    for (int i = 0; i < count; i++) {
        xx += (log(x[i]) - mx) * (log(x[i]) - mx);
        xy += (log(x[i]) - mx) * (log(y[i]) - my);
    }
    return xy / xx;
}

#endif
