/* What kinds allow, and how sets of kernels are chosen. */
#include "precision.h"

static void test_activation_kinds(void **state)
{
    (void)state;
    const char *allowed = NULL;
    assert_false(nd_activation_known(0));
    assert_false(nd_activation_known(ND_ACTIVATIONS));
    assert_false(nd_activation_known(NNDYN_CUSTOM_ACTIVATION + 1));
    assert_true(nd_activation_known(NNDYN_CUSTOM_ACTIVATION));
    assert_int_not_equal(nd_activation_check(-3, 0, &allowed), 0);
    assert_non_null(allowed);
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        assert_true(nd_activation_known(kind));
        assert_int_equal(nd_activation_check(kind, nd_activation_default(kind), &allowed), 0);
    }
    nt_near(nd_activation_default(NNDYN_LEAKY_RELU), 0.01, 0);
    nt_near(nd_activation_default(NNDYN_ELU), 1, 0);
    nt_near(nd_activation_default(NNDYN_ABS_POWER), 2, 0);
    nt_near(nd_activation_default(99), 0, 0);
    static const struct {
        int kind;
        double parameter;
    } refused[] = {{NNDYN_LEAKY_RELU, NAN},    {NNDYN_LEAKY_RELU, INFINITY}, {NNDYN_ELU, -INFINITY},
                   {NNDYN_ABS_POWER, 0},       {NNDYN_ABS_POWER, -2},        {NNDYN_ABS_POWER, NAN},
                   {NNDYN_ABS_POWER, INFINITY}};
    for (int64_t i = 0; i < LENGTH(refused); i++) {
        allowed = NULL;
        assert_int_not_equal(nd_activation_check(refused[i].kind, refused[i].parameter, &allowed), 0);
        assert_non_null(allowed);
    }
    assert_int_equal(nd_activation_check(NNDYN_ABS_POWER, 0.5, &allowed), 0);
    assert_int_equal(nd_activation_check(NNDYN_LEAKY_RELU, -1, &allowed), 0);
    assert_int_equal(nd_activation_check(NNDYN_TANH, 77, &allowed), 0); /* has no parameter to be wrong */
}

static void test_loss_kinds(void **state)
{
    (void)state;
    const char *allowed = NULL;
    assert_false(nd_loss_known(0));
    const nd_loss custom = {.kind = NNDYN_CUSTOM_LOSS};
    assert_false(nd_loss_known(ND_LOSSES));
    assert_false(nd_loss_known(NNDYN_CUSTOM_LOSS + 1));
    assert_true(nd_loss_known(NNDYN_CUSTOM_LOSS));
    assert_int_equal(nd_loss_form(&custom), ND_LOSS_DENSE);
    assert_int_not_equal(nd_loss_check(0, 1, 1, &allowed), 0);
    for (int kind = NNDYN_SQUARED_ERROR; kind < ND_LOSSES; kind++) {
        assert_true(nd_loss_known(kind));
        assert_int_equal(nd_loss_check(kind, nd_loss_default(kind), 1, &allowed), 0);
        const nd_loss loss = {.kind = kind};
        assert_int_equal(nd_loss_form(&loss), kind == NNDYN_SOFTMAX_CROSS_ENTROPY ? ND_LOSS_SOFTMAX : ND_LOSS_DIAGONAL);
    }
    nt_near(nd_loss_default(NNDYN_SQUARED_ERROR), 0.5, 0);
    nt_near(nd_loss_default(NNDYN_POWER_ERROR), 3, 0);
    nt_near(nd_loss_default(NNDYN_HUBER), 1, 0);
    nt_near(nd_loss_default(NNDYN_BARRON), 1, 0);
    nt_near(nd_loss_default(NNDYN_HINGE), 1, 0);
    nt_near(nd_loss_default(-1), 0, 0);
    static const struct {
        int kind;
        double parameter, scale;
    } refused[] = {{NNDYN_SQUARED_ERROR, 0, 1}, {NNDYN_SQUARED_ERROR, -1, 1}, {NNDYN_POWER_ERROR, 0, 1},
                   {NNDYN_POWER_ERROR, NAN, 1}, {NNDYN_HUBER, 0, 1},          {NNDYN_HUBER, INFINITY, 1},
                   {NNDYN_BARRON, INFINITY, 1}, {NNDYN_BARRON, NAN, 1},       {NNDYN_BARRON, 1, 0},
                   {NNDYN_CAUCHY, 0, 0},        {NNDYN_GEMAN_MCCLURE, 0, -1}, {NNDYN_WELSCH, 0, NAN},
                   {NNDYN_WELSCH, 0, INFINITY}, {NNDYN_HINGE, NAN, 1}};
    for (int64_t i = 0; i < LENGTH(refused); i++) {
        allowed = NULL;
        assert_int_not_equal(nd_loss_check(refused[i].kind, refused[i].parameter, refused[i].scale, &allowed), 0);
        assert_non_null(allowed);
    }
    assert_int_equal(nd_loss_check(NNDYN_BARRON, -INFINITY, 1, &allowed), 0);
    assert_int_equal(nd_loss_check(NNDYN_POWER_ERROR, -1, 0, &allowed), 0);
}

static void test_choice(void **state)
{
    (void)state;
    assert_int_equal(nd_kernels_check("auto"), NNDYN_OK);
    assert_int_equal(nd_kernels_check("baseline"), NNDYN_OK);
    assert_int_equal(nd_kernels_check("avx1024"), NNDYN_EARG);
    assert_int_equal(nd_kernels_check(""), NNDYN_EARG);
    assert_null(nd_kernels_choose_f64("avx1024"));
    assert_null(nd_kernels_choose_f32("avx1024"));
    const char *best = NULL;
    for (int s = 0; s < NT_SETS; s++) {
        const nd_kernels_f64 *f64 = nd_kernels_choose_f64(nt_sets[s]);
        const nd_kernels_f32 *f32 = nd_kernels_choose_f32(nt_sets[s]);
        assert_int_equal(nd_kernels_check(nt_sets[s]), f64 ? NNDYN_OK : NNDYN_EUNSUPPORTED);
        assert_int_equal(f64 == NULL, f32 == NULL);
        if (f64) {
            best = nt_sets[s];
            assert_string_equal(f64->name, best);
            assert_string_equal(f32->name, best);
        }
    }
    assert_string_equal(nd_kernels_choose_f64("auto")->name, best);
    assert_string_equal(nd_kernels_choose_f32("auto")->name, best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activation_kinds),
        cmocka_unit_test(test_loss_kinds),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
