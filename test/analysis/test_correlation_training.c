/* What correlations say of training: bounds, the prediction to order 1/width, recovery from runs, the report; and the
 * powers of the external scale and of the rate.  Everything is deterministic (fixed seeds). */
#include "analysis/correlation_support.h"
#include "analysis/golden_net.h"

enum { N = 3, INPUTS = 5, ALL = 31, MOST_STEPS = 200 };

static const double nt_y[N] = {1, -1, 0.5};

/* ---- runs -------------------------------------------------------------------------------------------------------- */

typedef struct nt_run {
    double f[(MOST_STEPS + 1) * N], linear[(MOST_STEPS + 1) * N];
} nt_run;

/* Full-batch gradient descent of alpha (f - shift f_0) and of its linear model; parameters are put back. */
static void nt_train(nndyn_network *network, const double *x, const double *y, double eta, double kappa, double alpha,
                     int centered, int steps, nt_run *run)
{
    int64_t parameters;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    double *theta = malloc((size_t)(3 + N) * (size_t)parameters * sizeof *theta), kernel[N * N], start[N] = {0}, e[N];
    assert_non_null(theta);
    double *now = theta + parameters, *g = now + parameters, *jacobian = g + parameters;
    nt_ok(network, nndyn_network_get_parameters(network, parameters, theta));
    memcpy(now, theta, (size_t)parameters * sizeof *now);
    nt_jacobian(network, N, x, N, parameters, jacobian);
    for (int i = 0; i < N * N; i++) {
        kernel[i] = alpha * alpha * nt_dot(parameters, jacobian + i / N * parameters, jacobian + i % N * parameters);
    }
    if (centered) {
        nt_ok(network, nndyn_network_forward(network, N, x, start));
    }
    for (int s = 0; s <= steps; s++) {
        double *f = run->f + s * N, *line = run->linear + s * N;
        nt_ok(network, nndyn_network_forward(network, N, x, f));
        for (int i = 0; i < N; i++) {
            f[i] = alpha * (f[i] - start[i]);
            line[i] = s == 0 ? f[i] : line[i - N];
        }
        for (int i = 0; s > 0 && i < N; i++) {
            for (int j = 0; j < N; j++) {
                line[i] -= eta * kappa * kernel[i * N + j] * (run->linear[(s - 1) * N + j] - y[j]);
            }
        }
        for (int i = 0; i < N; i++) {
            e[i] = kappa * (f[i] - y[i]);
        }
        nt_ok(network, nndyn_vjp(network, N, x, e, NULL, NULL, g));
        for (int64_t p = 0; p < parameters; p++) {
            now[p] -= eta * alpha * g[p];
        }
        nt_ok(network, nndyn_network_set_parameters(network, parameters, now));
    }
    nt_ok(network, nndyn_network_set_parameters(network, parameters, theta));
    free(theta);
}

static double nt_deviation(const nt_run *run, int step)
{
    double d[N];
    for (int i = 0; i < N; i++) {
        d[i] = run->f[step * N + i] - run->linear[step * N + i];
    }
    return nt_length(N, d);
}

static double nt_largest(const nt_run *run, int steps)
{
    double most = 0;
    for (int s = 0; s <= steps; s++) {
        most = fmax(most, nt_deviation(run, s));
    }
    return most;
}

/* ---- prediction -------------------------------------------------------------------------------------------------- */

/* The hierarchy by its definition, in loops over all indices. */
static void nt_hierarchy(const double *c00, const double *c01, const double *c02, const double *c03, const double *c11,
                         const double *y, const double *w, int steps, double *out)
{
    enum { M = 4 };
    double f[M], th[M * M], x[M * M * M], nf[M], nth[M * M], nx[M * M * M], e[M];
    memcpy(f, c00, sizeof f);
    memcpy(th, c01, sizeof th);
    for (int i = 0; i < M * M * M; i++) {
        x[i] = 2 * c02[i];
    }
#define X(i, j, k)    x[((i)*M + (j)) * M + (k)]
#define T(i, j, k, l) (6 * c03[(((i)*M + (j)) * M + (k)) * M + (l)])
#define G(i, k, j, l) c11[(((i)*M + (k)) * M + (j)) * M + (l)]
    for (int s = 0; s <= steps; s++) {
        memcpy(out + s * M, f, sizeof f);
        memcpy(nf, f, sizeof f);
        memcpy(nth, th, sizeof th);
        memcpy(nx, x, sizeof x);
        for (int i = 0; i < M; i++) {
            e[i] = w[i] * (f[i] - y[i]);
        }
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < M; j++) {
                nf[i] -= th[i * M + j] * e[j];
                for (int k = 0; k < M; k++) {
                    nf[i] += X(i, j, k) * e[j] * e[k] / 2;
                    nth[i * M + j] -= (X(i, j, k) + X(j, i, k)) * e[k];
                    for (int l = 0; l < M; l++) {
                        nf[i] -= T(i, j, k, l) * e[j] * e[k] * e[l] / 6;
                        nth[i * M + j] += ((T(i, j, k, l) + T(j, i, k, l)) / 2 + G(i, k, j, l)) * e[k] * e[l];
                        nx[(i * M + j) * M + k] -= (T(i, j, k, l) + G(j, l, i, k) + G(i, j, k, l)) * e[l];
                    }
                }
            }
        }
        memcpy(f, nf, sizeof f);
        memcpy(th, nth, sizeof th);
        memcpy(x, nx, sizeof x);
    }
#undef X
#undef T
#undef G
}

static void test_hierarchy(void **state)
{
    (void)state;
    static const double y[4] = {1, 0, 0, 1}, weights[4] = {1, 0.5, 0, 1};
    enum { STEPS = 4 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = golden_network(context, NNDYN_TANH);
    nndyn_correlations *c;
    double c00[4], c01[16], c02[64], c03[256], c11[256], want[20], got[20], linear[20], line[4];
    int64_t valid = 77;
    int flags = 77;
    nt_ok(network, nndyn_correlations_create(network, 2, golden_x, 0.05, ALL, NULL, &c));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C00, 4, c00));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C01, 16, c01));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C02, 64, c02));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C03, 256, c03));
    nt_ok(c, nndyn_correlations_get(c, NNDYN_CORRELATION_C11, 256, c11));
    nt_ok(c, nndyn_correlations_predict(c, y, weights, STEPS, NULL, got, linear, &valid, &flags));
    nt_hierarchy(c00, c01, c02, c03, c11, y, weights, STEPS, want);
    nt_close(got, want, 20, 0, 1e-13);
    assert_int_equal(valid, STEPS);
    assert_int_equal(flags, 0);
    memcpy(line, c00, sizeof line);
    for (int s = 0; s <= STEPS; s++) {
        nt_close(linear + 4 * s, line, 4, 0, 1e-13);
        double e[4];
        for (int i = 0; i < 4; i++) {
            e[i] = weights[i] * (line[i] - y[i]);
        }
        for (int i = 0; i < 4; i++) {
            line[i] -= nt_dot(4, c01 + 4 * i, e);
        }
    }
    /* a network of three units a layer at a rate two hundred times higher: the truncation cannot hold */
    nndyn_correlations *far;
    nt_ok(c, nndyn_correlations_rescale(c, 1, 200, &far));
    nt_ok(far, nndyn_correlations_predict(far, y, weights, STEPS, NULL, got, linear, &valid, &flags));
    assert_int_equal(flags, NNDYN_CORRELATION_UNSTABLE | NNDYN_CORRELATION_DIVERGED);
    assert_true(valid < STEPS && isnan(got[4 * STEPS]) && isfinite(got[4 * valid]) && isfinite(linear[4 * STEPS]));
    nndyn_correlations_free(far);
    nndyn_correlations_free(c);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Zero residual: nothing moves.  No hidden layer: prediction, linear model and training are the same. */
static void test_prediction_edges(void **state)
{
    (void)state;
    enum { STEPS = 10 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, 8, 1, 4, 1);
    nndyn_network *line = nt_net(context, NNDYN_TANH, INPUTS, 0, 8, 1, 4, 1);
    nndyn_correlations *c;
    nt_run run;
    double x[N * INPUTS], f[N], got[(STEPS + 1) * N], bound[STEPS + 1], closed[2];
    const double ones[N] = {1, 1, 1};
    int flags;
    nt_sphere(6, N, INPUTS, x);
    nt_ok(network, nndyn_network_forward(network, N, x, f));
    nt_ok(network, nndyn_correlations_create(network, N, x, 0.1, ALL, NULL, &c));
    nt_ok(c, nndyn_correlations_predict(c, f, ones, STEPS, NULL, got, NULL, NULL, NULL));
    nt_close(got + STEPS * N, f, N, 0, 1e-14);
    nt_ok(c, nndyn_correlations_bound(c, f, 1, STEPS, NULL, bound, closed, &flags));
    nt_near(bound[STEPS], 0, 1e-14);
    nt_near(closed[0], 0, 1e-14);
    nndyn_correlations_free(c);
    nt_ok(line, nndyn_correlations_create(line, N, x, 0.1, ALL, NULL, &c));
    nt_ok(c, nndyn_correlations_predict(c, nt_y, ones, STEPS, NULL, got, NULL, NULL, NULL));
    nt_train(line, x, nt_y, 0.1, 1, 1, 0, STEPS, &run);
    nt_close(got, run.f, (STEPS + 1) * N, 0, 1e-13);
    nt_near(nt_largest(&run, STEPS), 0, 1e-13);
    nt_ok(c, nndyn_correlations_bound(c, nt_y, 1, STEPS, NULL, bound, closed, &flags));
    assert_true(bound[STEPS] == 0 && closed[0] == 0 && closed[1] < 1 && flags == 0);
    nndyn_correlations_free(c);
    nndyn_network_free(line);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int nt_ascending(const void *left, const void *right)
{
    const double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

/* Over nets of two widths: the prediction is at least 8 times nearer to training than the linear model in the median
 * at n = 256, and nearer there than at 64; the bound holds wherever it is finite and below 1. */
static void test_prediction_and_bound(void **state)
{
    (void)state;
    enum { SEEDS = 8, STEPS = 60 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double x[N * INPUTS], ratio[SEEDS], error[2][SEEDS];
    const double ones[N] = {1, 1, 1};
    int bounded = 0;
    nt_sphere(6, N, INPUTS, x);
    for (int w = 0; w < 2; w++) {
        for (int seed = 0; seed < SEEDS; seed++) {
            nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, w ? 256 : 64, 1, 100 + seed, 1);
            nndyn_correlations *c;
            static nt_run run;
            double got[(STEPS + 1) * N], bound[STEPS + 1], worst = 0;
            nt_ok(network, nndyn_correlations_create(network, N, x, 0.1, ALL, NULL, &c));
            nt_train(network, x, nt_y, 0.1, 1, 1, 0, STEPS, &run);
            nt_ok(c, nndyn_correlations_predict(c, nt_y, ones, STEPS, NULL, got, NULL, NULL, NULL));
            nt_ok(c, nndyn_correlations_bound(c, nt_y, 1, STEPS, NULL, bound, NULL, NULL));
            for (int s = 0; s <= STEPS; s++) {
                double d[N];
                for (int i = 0; i < N; i++) {
                    d[i] = got[s * N + i] - run.f[s * N + i];
                }
                worst = isnan(d[0]) ? INFINITY : fmax(worst, nt_length(N, d));
                if (isfinite(bound[s]) && bound[s] < 1) {
                    assert_true(nt_deviation(&run, s) <= bound[s] + 1e-12);
                    bounded += s > 0;
                }
            }
            error[w][seed] = worst;
            ratio[seed] = nt_largest(&run, STEPS) / worst;
            nndyn_correlations_free(c);
            nndyn_network_free(network);
        }
        qsort(error[w], SEEDS, sizeof(double), nt_ascending);
        qsort(ratio, SEEDS, sizeof(double), nt_ascending);
    }
    assert_true(ratio[SEEDS / 2] >= 8);
    assert_true(error[1][SEEDS / 2] < 0.3 * error[0][SEEDS / 2]);
    assert_true(bounded > SEEDS);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

/* The recursion and the closed form by their definitions, with kappa and with modes of both signs of 1 - x. */
static void test_bound_recursion(void **state)
{
    (void)state;
    enum { STEPS = 40 };
    const double c02 = 1e-4, c03 = 2e-5, c11 = 3e-3, eta = 0.5, kappa = 0.8, lambda[2] = {1, 3}, q[2] = {1, -0.5};
    const double rho = 0.6, modes[2] = {0.6, -0.2}, g = c11 * c11;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double bound[STEPS + 1], closed[2], dev = 0, drift = 0, c2 = c02;
    int flags = 77;
    nt_ok(context,
          nndyn_correlation_bound(context, c02, c03, c11, 2, eta, kappa, lambda, q, STEPS, bound, closed, &flags));
    assert_int_equal(flags, 0);
    assert_true(bound[0] == 0);
    for (int s = 0; s < STEPS; s++) {
        const double line = kappa * hypot(q[0] * pow(modes[0], s), q[1] * pow(modes[1], s)), e = line + kappa * dev;
        dev = rho * dev + drift * e + c2 * e * e + c03 * e * e * e;
        drift += 4 * c2 * e + (g + 6 * c03) * e * e;
        c2 += (3 * c03 + g) * e;
        nt_near(bound[s + 1] / dev, 1, 1e-13);
    }
    const double e0 = kappa * hypot(1, 0.5), r = closed[1], big = e0 / (1 - r), square = e0 * e0 / (1 - r * r);
    const double d = 4 * c02 * big + (6 * c03 + 2 * g) * big * big + (g + 6 * c03) * square;
    const double rest = (c02 + (3 * c03 + g) * big) * e0 + c03 * e0 * e0;
    nt_near(r, rho + kappa * (d + rest), 1e-14);
    nt_near(closed[0], (d + rest) * e0 / (exp(1) * r * -log(r)), 1e-14);
    for (int s = 0; s <= STEPS; s++) {
        assert_true(bound[s] <= closed[0]);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_bound_flags(void **state)
{
    (void)state;
    static const struct {
        double c02, c11, eta, q;
        double lambda[2];
        int flags;
    } cases[] = {
        {1e-6, 1e-4, 0.5, 1, {1, 3}, 0},
        {1e-6,
         1e-4,
         0.5,
         1,
         {1, 4},
         NNDYN_CORRELATION_UNSTABLE | NNDYN_CORRELATION_DIVERGED | NNDYN_CORRELATION_INFEASIBLE},
        {1e-2, 1e-1, 0.5, 3, {1, 3}, NNDYN_CORRELATION_DIVERGED | NNDYN_CORRELATION_INFEASIBLE},
        {1e-6, 1e-4, 0.5, 1, {-1e-12, 3}, NNDYN_CORRELATION_DIVERGED | NNDYN_CORRELATION_INFEASIBLE},
        {0, 0, 0.5, 1, {0, 3}, NNDYN_CORRELATION_INFEASIBLE},
        {1, 1, 0.5, 0, {1, 3}, 0},
        {1e10, 1e10, 0.5, 1e10, {1, 3}, NNDYN_CORRELATION_DIVERGED | NNDYN_CORRELATION_INFEASIBLE},
    };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double bound[101], closed[2];
        const double q[2] = {cases[i].q, cases[i].q};
        int flags = 77;
        nt_ok(context, nndyn_correlation_bound(context, cases[i].c02, cases[i].c02 / 10, cases[i].c11, 2, cases[i].eta,
                                               1, cases[i].lambda, q, 100, bound, closed, &flags));
        assert_int_equal(flags, cases[i].flags);
        for (int s = 0; s <= 100; s++) {
            assert_true(bound[s] >= 0);
        }
        assert_true(isfinite(closed[0]) == !(flags & NNDYN_CORRELATION_INFEASIBLE));
        assert_true((closed[1] < 1) == !(flags & NNDYN_CORRELATION_INFEASIBLE) || cases[i].q == 0);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- the converse ------------------------------------------------------------------------------------------------ */

/* A known polynomial, nodes on one side and on both; more nodes than terms. */
static void test_recover(void **state)
{
    (void)state;
    static const double rates[2][6] = {{-0.4, -0.3, -0.1, 0.1, 0.3, 0.4}, {0.5, 0.6, 0.8, 1, 1.3, 1.5}};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int side = 0; side < 2; side++) {
        double observed[12], values[8], residuals[2];
        for (int i = 0; i < 6; i++) {
            const double r = rates[side][i];
            observed[2 * i] = 1 - 2 * r + 3 * r * r - 4 * r * r * r;
            observed[2 * i + 1] = 5 + r * r;
        }
        static const double want[8] = {1, 5, 2, 0, 3, 1, 4, 0};
        nt_ok(context, nndyn_correlation_recover(context, 6, rates[side], 2, observed, 3, values, residuals));
        nt_close(values, want, 8, 0, side ? 1e-10 : 1e-13);
        assert_true(residuals[0] < 1e-14 && residuals[1] < 1e-14);
        nt_ok(context, nndyn_correlation_recover(context, 6, rates[side], 2, observed, 2, values, residuals));
        assert_true(residuals[0] > 1e-4 && residuals[1] < 1e-14);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Outputs after one step at nine rates give back C^{0,d}[e..], d = 1..5, to between 1e-13 and 1e-5: each order costs
 * three to two digits. */
static void test_observe(void **state)
{
    (void)state;
    static const double tolerance[6] = {1e-14, 3e-13, 5e-10, 1e-8, 1e-5, 3e-5};
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 2, 64, 1, 4, 1);
    nndyn_options *options = nt_option(context, "scale", 1);
    double x[N * INPUTS], e[N] = {0.5, 0.3, -0.4}, seen[9 * N], values[9 * N], before[4], after[4];
    nt_sphere(6, N, INPUTS, x);
    int64_t parameters;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    nt_ok(network, nndyn_network_forward(network, N, x, before));
    nt_ok(network, nndyn_correlation_observe(network, N, x, 0.15, e, 8, options, seen, NULL));
    nt_ok(network, nndyn_network_forward(network, N, x, after));
    nt_same(before, after, N * 8);
    nt_ok(network, nndyn_correlation_direction(network, N, x, 0.15, e, 8, NULL, values, NULL, NULL, NULL));
    for (int d = 0; d < 6; d++) {
        double error[N];
        for (int i = 0; i < N; i++) {
            error[i] = seen[d * N + i] - values[d * N + i];
        }
        assert_true(nt_length(N, error) <= tolerance[d] * nt_length(N, values + d * N));
    }
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- external scale, rate ---------------------------------------------------------------------------------------- */

/* Slope of log y against log2 of a scale that doubles each time. */
static double nt_slope(int count, const double *y)
{
    double above = 0, below = 0;
    for (int i = 0; i < count; i++) {
        const double at = i - 0.5 * (count - 1);
        above += at * log2(y[i]);
        below += at * at;
    }
    return above / below;
}

/* alpha (f - f_0) at rate eta / alpha^2: the deviation after 20 steps goes as alpha^(-1.00 +- 0.02) from alpha = 4 on;
 * that of one step at rate r eta as r^(2.00 +- 0.03) from r = 1/8 down. */
static void test_scale_and_rate(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, 64, 1, 12, 1);
    double x[N * INPUTS], by_scale[5], by_rate[5];
    static nt_run run;
    nt_sphere(6, N, INPUTS, x);
    for (int i = 0; i < 5; i++) {
        const double alpha = ldexp(4, i);
        nt_train(network, x, nt_y, 0.1 / (alpha * alpha), 1, alpha, 1, 20, &run);
        by_scale[i] = nt_deviation(&run, 20);
        nt_train(network, x, nt_y, ldexp(0.1, -3 - i), 1, 1, 0, 1, &run);
        by_rate[i] = nt_deviation(&run, 1);
    }
    nt_near(nt_slope(5, by_scale), -1, 0.02);
    nt_near(log2(by_scale[4] / by_scale[3]), -1, 0.01);
    nt_near(nt_slope(5, by_rate), -2, 0.03);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- the report -------------------------------------------------------------------------------------------------- */

static void test_report(void **state)
{
    (void)state;
    enum { STEPS = 30 };
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_TANH, INPUTS, 1, 256, 1, 12, 1);
    nndyn_options *options = nt_count_option(context, "train", 1);
    double x[N * INPUTS], e[N], v[NNDYN_LAZY_VALUES + 1], w[NNDYN_LAZY_VALUES], z[NNDYN_LAZY_VALUES], c[9], norm;
    nndyn_correlations *tensors;
    static nt_run run;
    int flags = 77;
    nt_sphere(6, N, INPUTS, x);
    nt_train(network, x, nt_y, 0.1, 1, 1, 0, STEPS, &run);
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 0.1, NULL, options, NNDYN_LAZY_VALUES + 1, v, &flags));
    assert_true(isnan(v[NNDYN_LAZY_VALUES]) &&
                (flags & ~NNDYN_CORRELATION_INFEASIBLE & ~NNDYN_CORRELATION_DIVERGED) == 0);
    for (int i = 0; i < N; i++) {
        e[i] = run.f[i] - nt_y[i];
    }
    nt_near(v[NNDYN_LAZY_RESIDUAL], nt_length(N, e), 1e-13);
    nt_near(v[NNDYN_LAZY_MEASURED], nt_largest(&run, STEPS), 1e-12);
    nt_ok(network, nndyn_correlation_direction(network, N, x, 0.1, e, 2, NULL, c, NULL, NULL, NULL));
    nt_near(v[NNDYN_LAZY_STEP], nt_length(N, c + 2 * N) / nt_length(N, c + N), 1e-13);
    nt_ok(network, nndyn_correlations_create(network, N, x, 0.1, ALL, NULL, &tensors));
    nt_ok(tensors, nndyn_correlations_norm(tensors, NNDYN_CORRELATION_C02, NULL, &norm, NULL, NULL));
    nt_near(v[NNDYN_LAZY_C02] / norm, 1, 1e-9);
    nt_near(v[NNDYN_LAZY_INDEX] / (norm * nt_dot(N, e, e)), 1, 1e-9);
    nt_ok(tensors, nndyn_correlations_norm(tensors, NNDYN_CORRELATION_C01, NULL, &norm, NULL, NULL));
    nt_near(v[NNDYN_LAZY_LARGEST] / norm, 1, 1e-9);
    nt_near(v[NNDYN_LAZY_RATIO], 1, 0.2); /* the prediction is good to order 1/n^2 */
    nt_near(v[NNDYN_LAZY_RELATIVE], v[NNDYN_LAZY_MEASURED] / nt_length(N, e), 1e-13);
    assert_true(v[NNDYN_LAZY_BOUND] >= v[NNDYN_LAZY_MEASURED]);
    assert_true(v[NNDYN_LAZY_RELATIVE] < 0.1 && v[NNDYN_LAZY_KERNEL] > 0 && v[NNDYN_LAZY_KERNEL] < 0.2);
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 0.1, run.f, NULL, NNDYN_LAZY_VALUES, w, NULL));
    nt_close(w, v, NNDYN_LAZY_VALUES, 1e-10, 0);
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 0.1, NULL, NULL, NNDYN_LAZY_VALUES, w, NULL));
    assert_true(isnan(w[NNDYN_LAZY_MEASURED]) && isnan(w[NNDYN_LAZY_RATIO]));
    nt_near(w[NNDYN_LAZY_RELATIVE], w[NNDYN_LAZY_PREDICTED] / nt_length(N, e), 1e-13);
    nt_ok(options, nndyn_options_set_integer(options, "most", 2)); /* more outputs than that: along e0 only */
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 0.1, NULL, options, NNDYN_LAZY_VALUES, z, NULL));
    assert_true(isnan(z[NNDYN_LAZY_PREDICTED]) && isnan(z[NNDYN_LAZY_BOUND]));
    assert_true(z[NNDYN_LAZY_C02] <= v[NNDYN_LAZY_C02] * (1 + 1e-9));
    nt_near(z[NNDYN_LAZY_MEASURED], v[NNDYN_LAZY_MEASURED], 1e-12);
    nt_near(z[NNDYN_LAZY_RATIO], z[NNDYN_LAZY_MEASURED] / z[NNDYN_LAZY_ESTIMATE], 1e-12);
    /* in few small steps the residual stays as it is: the estimate is exact */
    nt_ok(options, nndyn_options_set_integer(options, "steps", 8));
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 1e-5, NULL, options, NNDYN_LAZY_VALUES, z, NULL));
    nt_near(z[NNDYN_LAZY_RATIO], 1, 0.01);
    nndyn_correlations_free(tensors);
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Beyond the threshold of the linear model, and where the run itself diverges. */
static void test_report_unstable(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nndyn_network *network = nt_net(context, NNDYN_IDENTITY, INPUTS, 1, 16, 1, 12, 1);
    nndyn_options *options = nt_count_option(context, "train", 1);
    double x[N * INPUTS], v[NNDYN_LAZY_VALUES];
    int flags;
    nt_sphere(6, N, INPUTS, x);
    nt_ok(network, nndyn_correlation_report(network, N, x, nt_y, 20, NULL, options, NNDYN_LAZY_VALUES, v, &flags));
    assert_true(flags & NNDYN_CORRELATION_UNSTABLE && flags & NNDYN_CORRELATION_DIVERGED);
    assert_true(v[NNDYN_LAZY_LARGEST] > 2 && isinf(v[NNDYN_LAZY_MEASURED]) && isinf(v[NNDYN_LAZY_RELATIVE]));
    nndyn_options_free(options);
    nndyn_network_free(network);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hierarchy),
        cmocka_unit_test(test_prediction_edges),
        cmocka_unit_test(test_prediction_and_bound),
        cmocka_unit_test(test_bound_recursion),
        cmocka_unit_test(test_bound_flags),
        cmocka_unit_test(test_recover),
        cmocka_unit_test(test_observe),
        cmocka_unit_test(test_scale_and_rate),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_report_unstable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
