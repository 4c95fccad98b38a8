/* The tangent kernel at its real size (784-512-512-10, 1000 samples) against the network's own response and within the
 * forecast memory; and its approach to the infinitely wide limit. */
#include "analysis/ntk_widths.h"

/* ---- the large network ------------------------------------------------------------------------------------------- */

enum { N = 1000, C = 10, INPUTS = 784, ROWS = N * C };

static nndyn_network *large(nndyn_context *context)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, INPUTS, &network));
    nt_ok(network, nndyn_network_add_dense(network, 512, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, 512, NNDYN_TANH));
    nt_ok(network, nndyn_network_add_dense(network, C, NNDYN_IDENTITY));
    return network;
}

/* Central difference of fourth order of all outputs along u. */
static void response(nndyn_network *network, int64_t count, const double *u, const double *x, double *out)
{
    static const double at[] = {1, -1, 2, -2}, weight[] = {8, -8, -1, 1};
    double *q = numbers(count), *moved_q = numbers(count), *y = numbers(ROWS);
    double step = 0.05 / length(count, u);
    nt_ok(network, nndyn_network_get_parameters(network, count, q));
    for (int i = 0; i < 4; i++) {
        for (int64_t j = 0; j < count; j++) {
            moved_q[j] = q[j] + at[i] * step * u[j];
        }
        nt_ok(network, nndyn_network_set_parameters(network, count, moved_q));
        nt_ok(network, nndyn_network_forward(network, N, x, y));
        for (int j = 0; j < ROWS; j++) {
            out[j] += weight[i] * y[j] / (12 * step);
        }
    }
    nt_ok(network, nndyn_network_set_parameters(network, count, q));
    free(y);
    free(moved_q);
    free(q);
}

static void at_its_real_size(void **state)
{
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = large(context);
    int64_t count, bytes, before;
    double *x = normals(1, (int64_t)N * INPUTS), *w = normals(2, ROWS), *moved_y = numbers(ROWS), *got = numbers(ROWS);
    double *kernel = numbers((int64_t)ROWS * ROWS), *trace = numbers(N * N), flops;
    (void)state;
    nt_ok(context, nndyn_context_set_threads(context, 2));
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL));
    double *u = numbers(count);
    nt_ok(network, nndyn_vjp(network, N, x, w, NULL, NULL, u));
    response(network, count, u, x, moved_y);
    for (int kind = NNDYN_NTK_FULL; kind <= NNDYN_NTK_TRACE; kind += NNDYN_NTK_TRACE - NNDYN_NTK_FULL) {
        int64_t side = kind == NNDYN_NTK_FULL ? ROWS : N;
        nt_ok(network, nndyn_ntk_forecast(network, N, 0, kind, NULL, &bytes, &flops));
        before = a.live_bytes;
        a.peak_bytes = before;
        nt_ok(network, nndyn_ntk(network, N, x, 0, NULL, kind, NULL, kind == NNDYN_NTK_FULL ? kernel : trace));
        double taken = (double)(a.peak_bytes - before) + 8.0 * (double)side * (double)side;
        print_message("kind %d: %.4g GB of %.4g, %.4g GFLOP\n", kind, 1e-9 * taken, 1e-9 * (double)bytes, 1e-9 * flops);
        assert_true(taken <= (double)bytes && 2 * taken >= (double)bytes);
    }
    for (int64_t i = 0; i < ROWS; i++) {
        got[i] = inner(ROWS, kernel + i * ROWS, w);
    }
    print_message("kernel against response: %.3g\n", distance(ROWS, got, moved_y));
    near_matrix(got, moved_y, ROWS, 1e-8);
    nt_ok(network, nndyn_ntk_vector(network, N, x, 0, NULL, w, NULL, got));
    near_matrix(got, moved_y, ROWS, 1e-8);
    double *want = reduced(NNDYN_NTK_TRACE, N, N, C, kernel);
    near_matrix(trace, want, N * N, 1e-12);
    free(want);
    free(u);
    free(trace);
    free(kernel);
    free(got);
    free(moved_y);
    free(w);
    free(x);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- width ------------------------------------------------------------------------------------------------------- */

/* Slope -1/2 within 0.05: with 200 networks a width the standard error of the slope is about 0.015.  Means within 4.5
 * standard errors for each of 6 widths x 6 entries: errs once in about 4000 runs of other seeds, were there no bias of
 * order 1/n. */
static void approach(int activation, double weight, double bias, double first, double fifth)
{
    enum { COUNT = 6, SEEDS = 200 };
    double widths[COUNT], errors[COUNT], worst;
    nndyn_context *context;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    for (int i = 0; i < COUNT; i++) {
        widths[i] = 32 << i;
        errors[i] = rms_error(context, activation, 32 << i, weight, bias, SEEDS, &worst);
        print_message("%s width %g: RMS error %.4f, mean off by %.2f standard errors\n",
                      nndyn_activation_name(activation), widths[i], errors[i], worst);
        assert_true(worst < 4.5);
    }
    double slope = log_slope(COUNT, widths, errors);
    print_message("slope %.3f\n", slope);
    nt_near(slope, -0.5, 0.05);
    if (first > 0) {
        nt_near(errors[0], first, 0.2 * first);
        nt_near(errors[4], fifth, 0.2 * fifth);
    }
    nndyn_context_free(context);
}

static void approach_of_tanh(void **state)
{
    (void)state;
    approach(NNDYN_TANH, 1.5, 0.3, 0.32, 0.076);
}

static void approach_of_relu(void **state)
{
    (void)state;
    approach(NNDYN_RELU, sqrt(2), 0, 0, 0);
}

static void approach_of_erf(void **state)
{
    (void)state;
    approach(NNDYN_ERF, 1.5, 0.1, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_its_real_size),
        cmocka_unit_test(approach_of_tanh),
        cmocka_unit_test(approach_of_relu),
        cmocka_unit_test(approach_of_erf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
