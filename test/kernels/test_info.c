/* Build information and the choice of kernels of a context. */
#include "support/support.h"
#include "kernels/kernels.h"
#include "nndyn/kernels.h"

static void information_names_version_kernels_and_blas(void **state)
{
    (void)state;
    char text[600];
    char version[40];
    int64_t length = 0;
    assert_int_equal(nndyn_build_info(sizeof text, text, &length), NNDYN_OK);
    assert_int_equal(length, (int64_t)strlen(text));
    snprintf(version, sizeof version, "nndyn %d.%d.%d;", NNDYN_VERSION_MAJOR, NNDYN_VERSION_MINOR, NNDYN_VERSION_PATCH);
    assert_non_null(strstr(text, version));
    assert_non_null(strstr(text, nd_kernels_choose_f64("auto")->name));
    assert_non_null(strstr(text, "BLAS "));
    assert_non_null(strstr(text, "core "));
    assert_null(strchr(text, '\n'));
}

static void information_is_cut_to_the_capacity(void **state)
{
    (void)state;
    char whole[600];
    char part[12];
    int64_t length = -1;
    assert_int_equal(nndyn_build_info(sizeof whole, whole, NULL), NNDYN_OK);
    for (int64_t capacity = 1; capacity <= 10; capacity++) {
        memset(part, '#', sizeof part);
        assert_int_equal(nndyn_build_info(capacity, part, &length), NNDYN_OK);
        assert_memory_equal(part, whole, (size_t)capacity - 1);
        assert_int_equal(part[capacity - 1], '\0');
        assert_int_equal(part[capacity], '#');
        assert_int_equal(length, (int64_t)strlen(whole));
    }
    assert_int_equal(nndyn_build_info(0, NULL, &length), NNDYN_OK);
    assert_int_equal(nndyn_build_info(0, NULL, NULL), NNDYN_OK);
}

static void information_checks_its_arguments(void **state)
{
    (void)state;
    char text[8] = "kept";
    int64_t length = -7;
    assert_int_equal(nndyn_build_info(-1, text, &length), NNDYN_EARG);
    assert_int_equal(nndyn_build_info(5, NULL, &length), NNDYN_EARG);
    assert_int_equal(length, -7);
    assert_string_equal(text, "kept");
}

static void kernels_are_chosen_by_name(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    assert_string_equal(nd_context_kernels(context), "auto");
    nt_ok(context, nndyn_context_set_kernels(context, "baseline"));
    assert_string_equal(nd_context_kernels(context), "baseline");
    nt_fails(NNDYN_EARG, context, "name is 'fast'", nndyn_context_set_kernels(context, "fast"));
    nt_fails(NNDYN_EARG, context, "name is NULL", nndyn_context_set_kernels(context, NULL));
    assert_int_equal(nndyn_context_set_kernels(NULL, "auto"), NNDYN_EARG);
    assert_string_equal(nd_context_kernels(context), "baseline");
    nt_ok(context, nndyn_context_set_kernels(context, "auto"));
    assert_string_equal(nd_context_kernels(context), "auto");
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Sets that the processor lacks are refused, those it has are taken: on every machine one of the two. */
static void every_set_is_taken_or_unsupported(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const char *const sets[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        if (nd_kernels_choose_f64(sets[i])) {
            nt_ok(context, nndyn_context_set_kernels(context, sets[i]));
            assert_string_equal(nd_context_kernels(context), sets[i]);
        } else {
            nt_fails(NNDYN_EUNSUPPORTED, context, sets[i], nndyn_context_set_kernels(context, sets[i]));
        }
    }
    nndyn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(information_names_version_kernels_and_blas),
        cmocka_unit_test(information_is_cut_to_the_capacity),
        cmocka_unit_test(information_checks_its_arguments),
        cmocka_unit_test(kernels_are_chosen_by_name),
        cmocka_unit_test(every_set_is_taken_or_unsupported),
    };
    return cmocka_run_group_tests_name("information", tests, NULL, NULL);
}
