/* Allocation, arenas, the memory limit, and contexts with an allocator of the caller. */
#include "support/support.h"
#include "core/core.h"

static int create_all(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *context = NULL;
    nndyn_options *options = NULL;
    int status = nt_context_create(a, &context);
    if (status == NNDYN_OK) {
        status = nndyn_context_set_threads(context, 2);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(context, &options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_text(options, "name", "value");
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "name", 5);
    }
    if (status != NNDYN_OK && context) {
        const void *failed = options ? (const void *)options : (const void *)context;
        assert_non_null(strstr(nndyn_message(failed), "allocator returned NULL"));
    }
    nndyn_options_free(options);
    nndyn_context_free(context);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(create_all, NULL);
}

static void blocks_are_aligned_and_zero(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int64_t count = 0; count < 200; count += 7) {
        char *memory = nd_allocate(context, count, 3);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (int64_t i = 0; i < 3 * count; i++) {
            assert_int_equal(memory[i], 0);
            memory[i] = 1;
        }
        nd_release(context, memory);
    }
    nd_release(context, NULL);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void sizes_that_overflow_fail(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const int64_t before = a.calls;
    assert_null(nd_allocate(context, INT64_MAX, 8));
    assert_null(nd_allocate(context, INT64_MAX / 8 + 1, 8));
    assert_null(nd_allocate(context, INT64_MAX, 1));
    assert_null(nd_allocate(context, INT64_MAX - 63, 1));
    assert_null(nd_allocate(context, -1, 8));
    assert_null(nd_allocate(context, 1, SIZE_MAX));
    assert_int_equal(a.calls, before);
    double *kept = (double *)&a;
    nt_fails(NNDYN_ENOMEM, context, "9223372036854775807 objects of 8 bytes",
             nd_allocate_for(context, INT64_MAX, 8, &kept));
    assert_ptr_equal(kept, &a);
    nndyn_context_free(context);
}

static void carve(nd_arena *arena, double **x, char **y, int32_t **none)
{
    *x = nd_arena_take(arena, 5, sizeof **x);
    *y = nd_arena_take(arena, 65, sizeof **y);
    *none = nd_arena_take(arena, 0, sizeof **none);
}

static void arena_counts_then_places(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nd_arena arena = {0};
    double *x;
    char *y;
    int32_t *none;
    carve(&arena, &x, &y, &none);
    assert_null(x);
    assert_int_equal(arena.used, 64 + 128);
    nt_ok(context, nd_arena_reserve(&arena, context));
    carve(&arena, &x, &y, &none);
    assert_ptr_equal(x, arena.base);
    assert_ptr_equal(y, arena.base + 64);
    assert_int_equal((uintptr_t)x % 64, 0);
    assert_non_null(none);
    assert_null(nd_arena_take(&arena, 1, 1)); /* more than was planned */
    nd_arena_free(&arena);
    nd_arena_free(&arena);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void arena_too_large_fails(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nd_arena arena = {0};
    nd_arena_take(&arena, INT64_MAX / 2, 1);
    nd_arena_take(&arena, INT64_MAX / 2, 1);
    nd_arena_take(&arena, INT64_MAX / 2, 1);
    nd_arena_take(&arena, 1, 1);
    assert_int_equal(nd_arena_reserve(&arena, context), NNDYN_ENOMEM);
    nd_arena_free(&arena);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void limit_refuses_with_the_figures(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nd_check_memory(context, 1e18, "a Jacobian"));
    nt_fails(NNDYN_EARG, context, "bytes is -1", nndyn_context_set_memory_limit(context, -1));
    assert_int_equal(nd_context_memory_limit(context), 0);
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    assert_int_equal(nd_context_memory_limit(context), 1000);
    nt_ok(context, nd_check_memory(context, 1000.0, "a Jacobian"));
    nt_fails(NNDYN_ELIMIT, context, "a Jacobian would take 1001 bytes", nd_check_memory(context, 1001.0, "a Jacobian"));
    nt_fails(NNDYN_ELIMIT, context, "is 1000;", nd_check_memory(context, 1001.0, "a Jacobian"));
    nndyn_context_free(context);
}

static void context_creation_checks_its_arguments(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *kept = (nndyn_context *)&a;
    nndyn_context *out = kept;
    assert_int_equal(nndyn_context_create(NULL), NNDYN_EARG);
    assert_int_equal(nndyn_context_create_with_allocator(NULL, nt_release, &a, &out), NNDYN_EARG);
    assert_int_equal(nndyn_context_create_with_allocator(nt_allocate, NULL, &a, &out), NNDYN_EARG);
    assert_int_equal(nndyn_context_create_with_allocator(nt_allocate, nt_release, &a, NULL), NNDYN_EARG);
    a.fail_at = 1;
    assert_int_equal(nt_context_create(&a, &out), NNDYN_ENOMEM);
    assert_ptr_equal(out, kept);
    nndyn_context_free(NULL);
    nt_no_leak(&a);
}

static void default_context_zeroes_too(void **state)
{
    (void)state;
    nndyn_context *context = NULL;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    for (int round = 0; round < 4; round++) {
        double *memory = nd_allocate(context, 1000, sizeof *memory);
        for (int i = 0; i < 1000; i++) {
            assert_true(memory[i] == 0.0);
            memory[i] = 1.0;
        }
        nd_release(context, memory);
    }
    nndyn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(blocks_are_aligned_and_zero),
        cmocka_unit_test(sizes_that_overflow_fail),
        cmocka_unit_test(arena_counts_then_places),
        cmocka_unit_test(arena_too_large_fails),
        cmocka_unit_test(limit_refuses_with_the_figures),
        cmocka_unit_test(context_creation_checks_its_arguments),
        cmocka_unit_test(default_context_zeroes_too),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
