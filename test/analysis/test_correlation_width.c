/* Powers of the width, reduced: one hidden layer, few nets; long_correlation.c has the whole.  Fixed seeds; intervals
 * are four standard errors of the slopes or more, so other seeds would fail in less than one case in a thousand. */
#include "analysis/correlation_support.h"

enum { N = 3, INPUTS = 5, WIDTHS = 3 };

static void test_exponents(void **state)
{
    (void)state;
    enum { SEEDS = 60 };
    enum { C02, C03, C04, C11, C12, C13, QUANTITIES };
    static const int64_t widths[WIDTHS] = {64, 256, 1024};
    static const double want[QUANTITIES][2] = {[C02] = {-1, 0.2},    [C03] = {-1.05, 0.2}, [C04] = {-2, 0.4},
                                               [C11] = {-0.5, 0.05}, [C12] = {-1, 0.15},   [C13] = {-1.45, 0.2}};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS], e[N] = {0.6, 0.64, -0.48}, rms[QUANTITIES][WIDTHS] = {{0}};
    nt_sphere(21, N, INPUTS, x);
    for (int w = 0; w < WIDTHS; w++) {
        for (int seed = 0; seed < SEEDS; seed++) {
            nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, widths[w], 1, 1000 * w + seed, 1);
            double values[5 * N], contracted[5];
            nt_ok(network, nndyn_correlation_direction(network, N, x, 1, e, 4, NULL, values, NULL, contracted, NULL));
            for (int d = 2; d <= 4; d++) {
                rms[C02 + d - 2][w] += nt_dot(N, values + d * N, values + d * N) / SEEDS;
                rms[C11 + d - 2][w] += contracted[d - 1] * contracted[d - 1] / SEEDS;
            }
            nndyn_network_free(network);
        }
    }
    for (int q = C02; q < QUANTITIES; q++) {
        nt_near(nt_width_slope(WIDTHS, widths, rms[q]) / 2, want[q][0], want[q][1]);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* One step across kinks: mean n^-1/2, deviation n^-3/4; without kinks -1 both. */
static void test_kinks(void **state)
{
    (void)state;
    enum { SEEDS = 200 };
    static const int64_t widths[WIDTHS] = {64, 512, 4096};
    static const struct {
        int activation;
        double mean, deviation;
    } cases[2] = {{NNDYN_RELU, -0.5, -0.76}, {NNDYN_TANH, -1, -1}};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS];
    nt_sphere(21, N, INPUTS, x);
    for (int k = 0; k < 2; k++) {
        double mean[WIDTHS], deviation[WIDTHS];
        for (int w = 0; w < WIDTHS; w++) {
            double sum[N] = {0}, squares = 0;
            for (int seed = 0; seed < SEEDS; seed++) {
                nndyn_network *network = nt_kinked(context, cases[k].activation, widths[w], 10000 * w + seed);
                double dev[N];
                nt_one_step(network, x, dev);
                for (int i = 0; i < N; i++) {
                    sum[i] += dev[i] / SEEDS;
                }
                squares += nt_dot(N, dev, dev) / SEEDS;
                nndyn_network_free(network);
            }
            mean[w] = nt_length(N, sum);
            deviation[w] = sqrt(squares - mean[w] * mean[w]);
        }
        nt_near(nt_width_slope(WIDTHS, widths, mean), cases[k].mean, cases[k].activation == NNDYN_RELU ? 0.12 : 0.4);
        nt_near(nt_width_slope(WIDTHS, widths, deviation), cases[k].deviation, 0.12);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_kinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
