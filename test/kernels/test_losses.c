/* Losses: against formulas written naively in long double, their differences, and reference values in the tails. */
#include "precision.h"

static const nd_loss nt_losses[] = {
    {.kind = NNDYN_SQUARED_ERROR, .parameter = 0.5},
    {.kind = NNDYN_SQUARED_ERROR, .parameter = 1},
    {.kind = NNDYN_POWER_ERROR, .parameter = 3},
    {.kind = NNDYN_POWER_ERROR, .parameter = 1.5},
    {.kind = NNDYN_POWER_ERROR, .parameter = -1},
    {.kind = NNDYN_BINARY_CROSS_ENTROPY},
    {.kind = NNDYN_SOFTMAX_CROSS_ENTROPY},
    {.kind = NNDYN_POISSON},
    {.kind = NNDYN_HUBER, .parameter = 0.75},
    {.kind = NNDYN_LOG_COSH},
    {.kind = NNDYN_CAUCHY, .scale = 1},
    {.kind = NNDYN_CAUCHY, .scale = 0.7},
    {.kind = NNDYN_GEMAN_MCCLURE, .scale = 1.3},
    {.kind = NNDYN_WELSCH, .scale = 0.9},
    {.kind = NNDYN_BARRON, .parameter = 1, .scale = 1},
    {.kind = NNDYN_BARRON, .parameter = 2, .scale = 1.5},
    {.kind = NNDYN_BARRON, .parameter = 1.999999, .scale = 1.5},
    {.kind = NNDYN_BARRON, .parameter = 0, .scale = 0.8},
    {.kind = NNDYN_BARRON, .parameter = 1e-9, .scale = 0.8},
    {.kind = NNDYN_BARRON, .parameter = -2, .scale = 1},
    {.kind = NNDYN_BARRON, .parameter = 2.5, .scale = 1},
    {.kind = NNDYN_BARRON, .parameter = -INFINITY, .scale = 1.2},
    {.kind = NNDYN_HINGE, .parameter = 1},
    {.kind = NNDYN_NEGATIVE_LOG},
};

/* Outputs and targets that make sense for the loss and keep away from its kinks and zeros by 0.02. */
static void nt_loss_points(const nd_loss *loss, int64_t n, int64_t k, double *a, double *t)
{
    const uint64_t seed = (uint64_t)(loss->kind * 100 + n);
    nt_uniform(seed, n * k, -3, 3, a);
    nt_uniform(seed + 7, n * k, 0, 1, t);
    for (int64_t i = 0; i < n * k; i++) {
        if (loss->kind == NNDYN_NEGATIVE_LOG) {
            a[i] = 0.1 + fabs(a[i]);
        } else if (loss->kind == NNDYN_HINGE) {
            t[i] = t[i] < 0.5 ? -1 : 1;
            a[i] += fabs(1 - t[i] * a[i]) < 0.02 ? 0.1 : 0;
        } else if (loss->kind == NNDYN_HUBER) {
            a[i] += fabs(fabs(a[i] - t[i]) - loss->parameter) < 0.02 ? 0.1 : 0;
        } else if (loss->kind == NNDYN_POWER_ERROR) {
            a[i] = t[i] + (a[i] < 0 ? -0.5 : 0.5) + a[i];
        }
    }
}

static long double nt_barron(long double alpha, long double x)
{
    if (alpha == 2) {
        return x * x / 2;
    }
    if (alpha == 0) {
        return log1pl(x * x / 2);
    }
    if (isinf((double)alpha)) {
        return 1 - expl(-x * x / 2);
    }
    const long double b = fabsl(alpha - 2);
    return b / alpha * expm1l(alpha / 2 * log1pl(x * x / b));
}

static long double nt_twin_one(const nd_loss *loss, long double a, long double t)
{
    const long double e = a - t, w = fabsl(e), p = loss->parameter, x = loss->scale == 0 ? 0 : e / loss->scale;
    switch (loss->kind) {
    case NNDYN_SQUARED_ERROR:
        return p * e * e;
    case NNDYN_POWER_ERROR:
        return powl(w, p) / p;
    case NNDYN_BINARY_CROSS_ENTROPY:
        return logl(1 + expl(a)) - t * a;
    case NNDYN_POISSON:
        return expl(a) - t * a;
    case NNDYN_HUBER:
        return w < p ? e * e / 2 : p * (w - p / 2);
    case NNDYN_LOG_COSH:
        return logl(coshl(e));
    case NNDYN_CAUCHY:
        return (long double)loss->scale * loss->scale * logl(1 + x * x / 2);
    case NNDYN_GEMAN_MCCLURE:
        return 2 * x * x / (x * x + 4);
    case NNDYN_WELSCH:
        return 1 - expl(-x * x / 2);
    case NNDYN_BARRON:
        return nt_barron(p, x);
    case NNDYN_HINGE:
        return fmaxl(0, p - t * a);
    case NNDYN_NEGATIVE_LOG:
        return -t * logl(a);
    default:
        fail();
        return 0;
    }
}

static long double nt_twin(const nd_loss *loss, int64_t k, const double *a, const double *t)
{
    long double h = 0, sum = 0;
    if (loss->kind == NNDYN_SOFTMAX_CROSS_ENTROPY) {
        for (int64_t j = 0; j < k; j++) {
            sum += expl((long double)a[j]);
        }
        for (int64_t j = 0; j < k; j++) {
            h -= t[j] * logl(expl((long double)a[j]) / sum);
        }
        return h;
    }
    for (int64_t j = 0; j < k; j++) {
        h += nt_twin_one(loss, (long double)a[j], (long double)t[j]);
    }
    return h;
}

typedef struct nt_slopes {
    double d, dt, m, c;
} nt_slopes;

/* Central differences of the twin in output and target number j; only the terms that change. */
static nt_slopes nt_stencil(const nd_loss *loss, int64_t k, const double *a, const double *t, int64_t j,
                            long double step)
{
    const int coupled = loss->kind == NNDYN_SOFTMAX_CROSS_ENTROPY;
    double ac[300], tc[300];
    memcpy(ac, a, (size_t)k * sizeof *a);
    memcpy(tc, t, (size_t)k * sizeof *t);
    long double h[3][3];
    for (int p = 0; p < 3; p++) {
        for (int q = 0; q < 3; q++) {
            ac[j] = a[j] + (double)((p - 1) * step);
            tc[j] = t[j] + (double)((q - 1) * step);
            h[p][q] =
                coupled ? nt_twin(loss, k, ac, tc) : nt_twin_one(loss, a[j] + (p - 1) * step, t[j] + (q - 1) * step);
        }
    }
    const nt_slopes out = {(double)((h[2][1] - h[0][1]) / (2 * step)), (double)((h[1][2] - h[1][0]) / (2 * step)),
                           (double)((h[2][1] - 2 * h[1][1] + h[0][1]) / (step * step)),
                           (double)((h[2][2] - h[2][0] - h[0][2] + h[0][0]) / (4 * step * step))};
    return out;
}

/* The same with the error of second order removed, so that the step may be large: 64 bits are enough. */
static nt_slopes nt_differences(const nd_loss *loss, int64_t k, const double *a, const double *t, int64_t j)
{
    const long double step = loss->kind == NNDYN_SOFTMAX_CROSS_ENTROPY ? 4e-3L : 5e-4L; /* smooth, and a long sum */
    const nt_slopes near = nt_stencil(loss, k, a, t, j, step), far = nt_stencil(loss, k, a, t, j, 2 * step);
    const nt_slopes out = {(4 * near.d - far.d) / 3, (4 * near.dt - far.dt) / 3, (4 * near.m - far.m) / 3,
                           (4 * near.c - far.c) / 3};
    return out;
}

#define R       double
#define T(name) name##_f64
#define EPSILON DBL_EPSILON
#include "losses.inc"
#undef R
#undef T
#undef EPSILON
#define R       float
#define T(name) name##_f32
#define EPSILON ((double)FLT_EPSILON)
#include "losses.inc"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses_f64), cmocka_unit_test(test_losses_f32),  cmocka_unit_test(test_tails_f64),
        cmocka_unit_test(test_tails_f32),  cmocka_unit_test(test_softmax_f64), cmocka_unit_test(test_softmax_f32),
        cmocka_unit_test(test_kinks_f64),  cmocka_unit_test(test_kinks_f32),   cmocka_unit_test(test_third_f64),
        cmocka_unit_test(test_third_f32),
    };
    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
