/* Activations: values, derivatives and residuals against references, in every set of kernels and both precisions. */
#include "precision.h"
#include "reference.inc"

static long double nt_softplus(long double z)
{
    return z > 0 ? z + log1pl(expl(-z)) : log1pl(expl(z));
}

static long double nt_sigmoid(long double z)
{
    return 1 / (1 + expl(-z));
}

#define R       double
#define T(name) name##_f64
#define EPSILON DBL_EPSILON
#define TINY    DBL_TRUE_MIN
#define LARGEST DBL_MAX
#include "activations.inc"
#undef R
#undef T
#undef EPSILON
#undef TINY
#undef LARGEST
#define R       float
#define T(name) name##_f32
#define EPSILON ((double)FLT_EPSILON)
#define TINY    ((double)FLT_TRUE_MIN)
#define LARGEST ((double)FLT_MAX)
#include "activations.inc"

/* Each derivative is the slope of the one before it. */
static void test_slopes(void **state)
{
    (void)state;
    static const double points[] = {-2.3, -1.1, -0.4, 0.35, 0.8, 1.9};
    static const double offsets[] = {-3, -2, -1, 1, 2, 3}, weights[] = {-1, 9, -45, 45, -9, 1};
    const nd_kernels_f64 *kernels = nd_kernels_choose_f64("auto");
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        const nd_activation f = {.kind = kind,
                                 .parameter = kind == NNDYN_ABS_POWER ? 3.5 : nd_activation_default(kind)};
        for (int64_t i = 0; i < LENGTH(points) * 3; i++) {
            const int order = (int)(i % 3);
            const double z = points[i / 3], step = 1e-3;
            double slope = 0, got, value;
            for (int j = 0; j < 6; j++) {
                const double at = z + step * offsets[j];
                kernels->activate_derivative(&f, order, 1, &at, &value);
                slope += weights[j] * value / (60 * step);
            }
            kernels->activate_derivative(&f, order + 1, 1, &z, &got);
            nt_near(got, slope, 1e-10);
        }
    }
}

/* The figure every naive form gets wrong: sigmoid(30) - 1. */
static void test_deep_residual(void **state)
{
    (void)state;
    const nd_activation f = {.kind = NNDYN_SIGMOID};
    const double z = 30, t = 1, want = -9.357622968839299e-14;
    double e;
    nd_kernels_choose_f64("auto")->residual(&f, 1, &z, &t, &e);
    nt_close(&e, &want, 1, 1e-13, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives_f64),
        cmocka_unit_test(test_derivatives_f32),
        cmocka_unit_test(test_residuals_f64),
        cmocka_unit_test(test_residuals_f32),
        cmocka_unit_test(test_plain_residuals_f64),
        cmocka_unit_test(test_plain_residuals_f32),
        cmocka_unit_test(test_vectors_f64),
        cmocka_unit_test(test_vectors_f32),
        cmocka_unit_test(test_kinks_f64),
        cmocka_unit_test(test_kinks_f32),
        cmocka_unit_test(test_sweeps_f64),
        cmocka_unit_test(test_sweeps_f32),
        cmocka_unit_test(test_slopes),
        cmocka_unit_test(test_deep_residual),
    };
    return cmocka_run_group_tests_name("activations", tests, NULL, NULL);
}
