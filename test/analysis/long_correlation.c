/* Powers of the width of correlations, of what is predicted from them, and of the step across kinks; statistical, fixed
 * seeds.  The intervals are three standard errors of the slopes or more, so that other seeds would fail in less than 1%
 * of cases. */
#include "analysis/correlation_support.h"

enum { N = 3, INPUTS = 5, ALL = 31, WIDTHS = 5 };

static const double nt_y[N] = {1, -1, 0.5};
static const int64_t nt_widths[WIDTHS] = {64, 128, 256, 512, 1024};

static int nt_ascending(const void *left, const void *right)
{
    const double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

static double nt_median(int count, double *a)
{
    qsort(a, (size_t)count, sizeof *a, nt_ascending);
    return 0.5 * (a[(count - 1) / 2] + a[count / 2]);
}

/* ---- powers of the width ----------------------------------------------------------------------------------------- */

/* Root mean squares over nets of two hidden layers of tanh, e a fixed unit vector. */
static void test_exponents(void **state)
{
    (void)state;
    enum { C02, C03, C04, C11, C12, C13, C20, QUANTITIES };
    static const struct {
        const char *name;
        double slope, tolerance;
    } want[QUANTITIES] = {{"C02", -1, 0.1},   {"C03", -1.1, 0.15},  {"C04", -2.1, 0.25}, {"C11", -0.52, 0.05},
                          {"C12", -1.0, 0.1}, {"C13", -1.55, 0.15}, {"C20", -0.44, 0.11}};
    static const int seeds[WIDTHS] = {200, 200, 100, 50, 24}, of_c20[WIDTHS] = {12, 12, 12, 8, 0};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS], e[N] = {0.6, 0.64, -0.48}, rms[QUANTITIES][WIDTHS] = {{0}};
    const double first[N] = {1, 0, 0};
    nt_sphere(21, N, INPUTS, x);
    for (int w = 0; w < WIDTHS; w++) {
        for (int seed = 0; seed < seeds[w]; seed++) {
            nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 2, nt_widths[w], 1, 1000 * w + seed, 1);
            double values[5 * N], contracted[5], norm;
            nt_ok(network, nndyn_correlation_direction(network, N, x, 1, e, 4, NULL, values, NULL, contracted, NULL));
            for (int d = 2; d <= 4; d++) {
                rms[C02 + d - 2][w] += nt_dot(N, values + d * N, values + d * N) / seeds[w];
                rms[C11 + d - 2][w] += contracted[d - 1] * contracted[d - 1] / seeds[w];
            }
            if (seed < of_c20[w]) {
                nt_ok(network, nndyn_correlation_operator_norm(network, N, x, 1, first, 0, NULL, NULL, &norm, NULL));
                rms[C20][w] += norm * norm / of_c20[w];
            }
            nndyn_network_free(network);
        }
    }
    for (int q = 0; q < QUANTITIES; q++) {
        for (int w = 0; w < WIDTHS; w++) {
            rms[q][w] = sqrt(rms[q][w]);
        }
        const double slope = nt_width_slope(q == C20 ? WIDTHS - 1 : WIDTHS, nt_widths, rms[q]);
        print_message("%s: %.3f, wanted %.2f +- %.2f\n", want[q].name, slope, want[q].slope, want[q].tolerance);
        nt_near(slope, want[q].slope, want[q].tolerance);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- prediction and bound along training ------------------------------------------------------------------------- */

enum { STEPS = 100 };

/* Outputs of `steps` steps of gradient descent, parameters put back. */
static void nt_train(nndyn_network *network, const double *x, double eta, double *f)
{
    int64_t parameters;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    double *theta = malloc(3 * (size_t)parameters * sizeof *theta), e[N];
    assert_non_null(theta);
    double *now = theta + parameters, *g = now + parameters;
    nt_ok(network, nndyn_network_get_parameters(network, parameters, theta));
    memcpy(now, theta, (size_t)parameters * sizeof *now);
    for (int s = 0; s <= STEPS; s++) {
        nt_ok(network, nndyn_network_forward(network, N, x, f + s * N));
        for (int i = 0; i < N; i++) {
            e[i] = f[s * N + i] - nt_y[i];
        }
        nt_ok(network, nndyn_vjp(network, N, x, e, NULL, NULL, g));
        for (int64_t p = 0; p < parameters; p++) {
            now[p] -= eta * g[p];
        }
        nt_ok(network, nndyn_network_set_parameters(network, parameters, now));
    }
    nt_ok(network, nndyn_network_set_parameters(network, parameters, theta));
    free(theta);
}

static double nt_distance(const double *f, const double *g)
{
    double d[N];
    for (int i = 0; i < N; i++) {
        d[i] = f[i] - g[i];
    }
    return nt_length(N, d);
}

/* One hidden layer of tanh, 100 steps: the median error of the prediction goes as n^-1.6 or faster and is 8 times below
 * that of the linear model at n = 256; the a-priori bound holds wherever it is finite and below 1. */
static void test_prediction(void **state)
{
    (void)state;
    enum { SEEDS = 40, FIRST = 1 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS], f[(STEPS + 1) * N], g[(STEPS + 1) * N], line[(STEPS + 1) * N], bound[STEPS + 1];
    double median[WIDTHS], linear[WIDTHS];
    const double ones[N] = {1, 1, 1};
    int held = 0;
    nt_sphere(21, N, INPUTS, x);
    for (int w = FIRST; w < WIDTHS; w++) {
        double error[SEEDS] = {0}, deviation[SEEDS] = {0};
        for (int seed = 0; seed < SEEDS; seed++) {
            nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, nt_widths[w], 1, 1000 * w + seed, 1);
            nndyn_correlations *c;
            nt_ok(network, nndyn_correlations_create(network, N, x, 0.1, ALL, NULL, &c));
            nt_ok(c, nndyn_correlations_predict(c, nt_y, ones, STEPS, NULL, g, line, NULL, NULL));
            nt_ok(c, nndyn_correlations_bound(c, nt_y, 1, STEPS, NULL, bound, NULL, NULL));
            nt_train(network, x, 0.1, f);
            for (int s = 0; s <= STEPS; s++) {
                const double off = nt_distance(f + s * N, g + s * N), away = nt_distance(f + s * N, line + s * N);
                error[seed] = isnan(off) ? INFINITY : fmax(error[seed], off);
                deviation[seed] = fmax(deviation[seed], away);
                if (isfinite(bound[s]) && bound[s] < 1) {
                    held++;
                    assert_true(away <= bound[s] + 1e-12);
                }
            }
            nndyn_correlations_free(c);
            nndyn_network_free(network);
        }
        median[w] = nt_median(SEEDS, error);
        linear[w] = nt_median(SEEDS, deviation);
    }
    const double slope = nt_width_slope(WIDTHS - FIRST, nt_widths + FIRST, median + FIRST);
    const double other = nt_width_slope(WIDTHS - FIRST, nt_widths + FIRST, linear + FIRST);
    print_message("error of the prediction %.2f, of the linear model %.2f; at 256: %.3g, %.3g; bounds held %d times\n",
                  slope, other, median[2], linear[2], held);
    assert_true(slope <= -1.6);
    nt_near(other, -1, 0.25);
    assert_true(8 * median[2] <= linear[2]);
    assert_true(held > 1000);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

/* Two hidden layers, 30 steps at rate 0.1: c02 |e0|^2 at the start goes with the largest deviation of the run across
 * nets and widths; their ratio does not depend on the width. */
static void test_report(void **state)
{
    (void)state;
    enum { SEEDS = 24, COUNT = 4 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_options *options = nt_count_option(context, "train", 1);
    double x[N * INPUTS], mean[2] = {0}, moment[3] = {0}, all[COUNT * SEEDS][2], ratio[COUNT], predicted[COUNT];
    nt_sphere(21, N, INPUTS, x);
    for (int w = 0; w < COUNT; w++) {
        double ratios[SEEDS], ahead[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 2, nt_widths[w], 1, 1000 * w + seed, 1);
            double v[NNDYN_LAZY_VALUES];
            nt_ok(network,
                  nndyn_correlation_report(network, N, x, nt_y, 0.1, NULL, options, NNDYN_LAZY_VALUES, v, NULL));
            double *point = all[w * SEEDS + seed];
            point[0] = log(v[NNDYN_LAZY_INDEX]);
            point[1] = log(v[NNDYN_LAZY_MEASURED]);
            ratios[seed] = v[NNDYN_LAZY_MEASURED] / v[NNDYN_LAZY_INDEX];
            ahead[seed] = v[NNDYN_LAZY_RATIO];
            nndyn_network_free(network);
        }
        ratio[w] = nt_median(SEEDS, ratios);
        predicted[w] = nt_median(SEEDS, ahead);
        print_message("n = %d: measured / index %.2f, measured / predicted %.2f\n", (int)nt_widths[w], ratio[w],
                      predicted[w]);
    }
    for (int i = 0; i < COUNT * SEEDS; i++) {
        for (int k = 0; k < 2; k++) {
            mean[k] += all[i][k] / (COUNT * SEEDS);
        }
    }
    for (int i = 0; i < COUNT * SEEDS; i++) {
        const double p = all[i][0] - mean[0], q = all[i][1] - mean[1];
        moment[0] += p * p;
        moment[1] += p * q;
        moment[2] += q * q;
    }
    print_message("pooled slope %.2f, correlation %.2f\n", moment[1] / moment[0],
                  moment[1] / sqrt(moment[0] * moment[2]));
    nt_near(moment[1] / moment[0], 0.95, 0.15);
    assert_true(moment[1] / sqrt(moment[0] * moment[2]) > 0.8);
    for (int w = 0; w < COUNT; w++) {
        assert_true(ratio[w] > 0.7 && ratio[w] < 3);
    }
    nt_near(nt_width_slope(COUNT, nt_widths, ratio), 0, 0.3);
    nt_near(predicted[COUNT - 1], 1, 0.05);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- kinks ------------------------------------------------------------------------------------------------------- */

/* Norms over the outputs of the mean and of the deviation over seeds: -1/2 and -3/4 where units cross kinks, -1 where
 * there are none; what derivatives almost everywhere say (the C02 of the same e) falls as 1/n for both. */
static void test_kinks(void **state)
{
    (void)state;
    enum { SEEDS = 600, COUNT = 5 };
    static const int64_t widths[COUNT] = {64, 256, 1024, 4096, 16384};
    static const struct {
        int activation;
        double mean, deviation;
    } cases[2] = {{NNDYN_RELU, -0.5, -0.76}, {NNDYN_TANH, -1, -1}};
    static const double e[N] = {1, 0.7, -0.4};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS];
    nt_sphere(21, N, INPUTS, x);
    for (int k = 0; k < 2; k++) {
        double mean[COUNT], deviation[COUNT], jets[COUNT];
        for (int w = 0; w < COUNT; w++) {
            double sum[N] = {0}, squares[N] = {0}, second = 0;
            for (int seed = 0; seed < SEEDS; seed++) {
                nndyn_network *network = nt_kinked(context, cases[k].activation, widths[w], 10000 * w + seed);
                double dev[N], values[3 * N];
                nt_ok(network, nndyn_correlation_direction(network, N, x, 0.3, e, 2, NULL, values, NULL, NULL, NULL));
                nt_one_step(network, x, dev);
                for (int i = 0; i < N; i++) {
                    sum[i] += dev[i] / SEEDS;
                    squares[i] += dev[i] * dev[i] / SEEDS;
                }
                second += nt_dot(N, values + 2 * N, values + 2 * N) / SEEDS;
                nndyn_network_free(network);
            }
            double variance = 0;
            for (int i = 0; i < N; i++) {
                variance += squares[i] - sum[i] * sum[i];
            }
            mean[w] = nt_length(N, sum);
            deviation[w] = sqrt(variance);
            jets[w] = sqrt(second);
        }
        const double slopes[3] = {nt_width_slope(COUNT, widths, mean), nt_width_slope(COUNT, widths, deviation),
                                  nt_width_slope(COUNT, widths, jets)};
        print_message("%s: mean %.3f, deviation %.3f, C02 %.3f\n", nndyn_activation_name(cases[k].activation),
                      slopes[0], slopes[1], slopes[2]);
        nt_near(slopes[0], cases[k].mean, 0.06);
        nt_near(slopes[1], cases[k].deviation, 0.06);
        nt_near(slopes[2], -1, 0.08);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_prediction),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_kinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
