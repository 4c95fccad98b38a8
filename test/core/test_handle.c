/* Handles: references, kinds, who is inside, messages, checks of arguments, progress and cancellation. */
#include "support/support.h"
#include "core/core.h"
#include <float.h>
#include <signal.h>
#include <time.h>

typedef struct thing {
    nd_handle handle;
    int *destroyed;
} thing;

static void destroy_thing(void *object)
{
    (*((thing *)object)->destroyed)++;
}

static thing *new_thing(nndyn_context *context, int kind, int *destroyed)
{
    thing *t = NULL;
    assert_int_equal(nd_handle_create(context, kind, sizeof *t, destroy_thing, &t), NNDYN_OK);
    t->destroyed = destroyed;
    return t;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void the_context_may_be_freed_first(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_threads(context, 3));
    thing *first = new_thing(context, ND_NETWORK, &destroyed);
    thing *second = new_thing(context, ND_TRAINER, &destroyed);
    nndyn_context_free(context);
    nd_handle_retain(first);
    nd_handle_release(first);
    assert_int_equal(destroyed, 0);
    nd_handle_release(first);
    assert_int_equal(destroyed, 1);
    assert_int_equal(nd_enter(second, ND_TRAINER, "f"), NNDYN_OK);
    assert_int_equal(nd_leave(second, NNDYN_OK), NNDYN_OK);
    nd_handle_release(second);
    nd_handle_release(NULL);
    assert_int_equal(destroyed, 2);
    nt_no_leak(&a);
}

static void creation_that_fails_leaves_nothing(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    thing *kept = (thing *)&a;
    thing *out = kept;
    a.fail_at = a.calls + 1;
    assert_int_equal(nd_handle_create(context, ND_NETWORK, sizeof *out, destroy_thing, &out), NNDYN_ENOMEM);
    assert_ptr_equal(out, kept);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static void entering_checks_the_handle(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *t = new_thing(context, ND_NETWORK, &destroyed);
    char zeros[sizeof(nd_handle)] = {0};
    assert_int_equal(nd_enter(NULL, ND_NETWORK, "f"), NNDYN_EARG);
    assert_int_equal(nd_enter(zeros, ND_NETWORK, "f"), NNDYN_EARG);
    nt_fails(NNDYN_EARG, t, "nndyn_x: the handle is a network; it must be a trainer",
             nd_enter(t, ND_TRAINER, "nndyn_x"));
    nt_fails(NNDYN_EARG, context, "nndyn_y: the handle is a context", nd_enter(context, ND_TRAINER, "nndyn_y"));
    assert_int_equal(nd_enter(t, ND_NETWORK, "f"), NNDYN_OK);
    assert_int_equal(nd_enter(t, ND_NETWORK, "f"), NNDYN_EBUSY);
    assert_int_equal(nd_leave(t, NNDYN_OK), NNDYN_OK);
    assert_int_equal(nd_enter(t, ND_NETWORK, "f"), NNDYN_OK);
    assert_int_equal(nd_leave(t, NNDYN_OK), NNDYN_OK);
    nd_handle_release(t);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void a_context_can_be_entered_twice(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    assert_int_equal(nd_enter(context, ND_CONTEXT, "f"), NNDYN_OK);
    assert_int_equal(nd_enter(context, ND_CONTEXT, "g"), NNDYN_OK);
    nt_fails(NNDYN_EARG, context, "g: no", nd_fail(context, NNDYN_EARG, "no"));
    nd_leave(context, NNDYN_OK);
    nndyn_context_free(context);
}

static void holding_checks_the_second_handle(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *first = new_thing(context, ND_TRAINER, &destroyed);
    thing *second = new_thing(context, ND_NETWORK, &destroyed);
    char zeros[sizeof(nd_handle)] = {0};
    assert_int_equal(nd_enter(first, ND_TRAINER, "nndyn_x"), NNDYN_OK);
    nt_fails(NNDYN_EARG, first, "nndyn_x: network is NULL; it must be a network",
             nd_hold(first, NULL, ND_NETWORK, "network"));
    nt_fails(NNDYN_EARG, first, "data is a network; it must be a data set", nd_hold(first, second, ND_DATASET, "data"));
    nt_fails(NNDYN_EARG, first, "not a handle", nd_hold(first, zeros, ND_DATASET, "data"));
    nt_fails(NNDYN_EARG, first, "must be another one", nd_hold(first, first, ND_TRAINER, "trainer"));
    nt_ok(first, nd_hold(first, second, ND_NETWORK, "network"));
    nt_fails(NNDYN_EBUSY, first, "another call is using network", nd_hold(first, second, ND_NETWORK, "network"));
    assert_int_equal(nd_enter(second, ND_NETWORK, "f"), NNDYN_EBUSY);
    nd_unhold(second);
    assert_int_equal(nd_enter(second, ND_NETWORK, "f"), NNDYN_OK);
    nd_leave(second, NNDYN_OK);
    nt_ok(first, nd_hold(first, context, ND_CONTEXT, "context"));
    nd_unhold(context);
    nd_leave(first, NNDYN_OK);
    nd_handle_release(first);
    nd_handle_release(second);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static void messages_are_never_null(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *t = new_thing(context, ND_NETWORK, &destroyed);
    char zeros[sizeof(nd_handle)] = {0};
    assert_non_null(strstr(nndyn_message(NULL), "NULL"));
    assert_non_null(strstr(nndyn_message(zeros), "not a handle"));
    assert_string_equal(nndyn_message(context), "");
    assert_string_equal(nndyn_message(t), "");
    nd_handle_release(t);
    nndyn_context_free(context);
}

/* A failure that said nothing itself must not show the message of an older one. */
static void silent_failures_get_the_words_of_their_status(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *t = new_thing(context, ND_NETWORK, &destroyed);
    void *handles[] = {t, context};
    const int kinds[] = {ND_NETWORK, ND_CONTEXT};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nd_enter(handles[i], kinds[i], "nndyn_a"), NNDYN_OK);
        nd_leave(handles[i], nd_fail(handles[i], NNDYN_EARG, "n is %d", 5));
        assert_string_equal(nndyn_message(handles[i]), "nndyn_a: n is 5");
        for (int status = NNDYN_EINTERNAL; status < NNDYN_OK; status++) {
            assert_int_equal(nd_enter(handles[i], kinds[i], "nndyn_b"), NNDYN_OK);
            assert_int_equal(nd_leave(handles[i], status), status);
            assert_non_null(strstr(nndyn_message(handles[i]), "nndyn_b: "));
            assert_non_null(strstr(nndyn_message(handles[i]), nndyn_status_text(status)));
        }
        /* success keeps the message of the last failure */
        assert_int_equal(nd_enter(handles[i], kinds[i], "nndyn_c"), NNDYN_OK);
        nd_leave(handles[i], NNDYN_OK);
        assert_non_null(strstr(nndyn_message(handles[i]), "nndyn_b: "));
    }
    nd_handle_release(t);
    nndyn_context_free(context);
}

static void long_messages_are_cut_between_characters(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *t = new_thing(context, ND_NETWORK, &destroyed);
    char text[2000];
    for (int shift = 0; shift < 3; shift++) {
        memset(text, 'x', sizeof text);
        for (int i = shift; i + 3 < (int)sizeof text - 1; i += 3) {
            memcpy(text + i, "\xe2\x82\xac", 3); /* the euro sign */
        }
        text[sizeof text - 1] = '\0';
        assert_int_equal(nd_fail(t, NNDYN_EDATA, "%s", text), NNDYN_EDATA);
        const char *message = nndyn_message(t);
        const size_t length = strlen(message);
        assert_in_range(length, ND_MESSAGE_SIZE - 4, ND_MESSAGE_SIZE - 1);
        assert_string_equal(message + length - 3, "...");
        assert_int_equal((length - 3 - (size_t)shift) % 3, 0);
    }
    memset(text, 'x', ND_MESSAGE_SIZE - 1);
    text[ND_MESSAGE_SIZE - 1] = '\0';
    nd_fail(t, NNDYN_EDATA, "%s", text);
    assert_string_equal(nndyn_message(t), text); /* just fits */
    nd_fail(t, NNDYN_EDATA, "again: %.20s", nndyn_message(t));
    assert_string_equal(nndyn_message(t), "again: xxxxxxxxxxxxxxxxxxxx");
    nd_handle_release(t);
    nndyn_context_free(context);
}

static void messages_pass_from_inner_handles(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *inner = new_thing(context, ND_NETWORK, &destroyed);
    thing *outer = new_thing(context, ND_TRAINER, &destroyed);
    assert_int_equal(nd_fail_from(outer, NNDYN_ENUMERIC, inner), NNDYN_ENUMERIC);
    assert_string_equal(nndyn_message(outer), nndyn_status_text(NNDYN_ENUMERIC));
    nd_fail(inner, NNDYN_EDATA, "row %d is empty", 3);
    assert_int_equal(nd_fail_from(outer, NNDYN_EDATA, inner), NNDYN_EDATA);
    assert_string_equal(nndyn_message(outer), "row 3 is empty");
    assert_int_equal(nd_fail_from(context, NNDYN_EDATA, inner), NNDYN_EDATA);
    assert_string_equal(nndyn_message(context), "row 3 is empty");
    nd_handle_release(inner);
    nd_handle_release(outer);
    nndyn_context_free(context);
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static void checks_say_what_is_allowed(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    nt_ok(c, nd_check_pointer(c, c, "x"));
    nt_fails(NNDYN_EARG, c, "x is NULL", nd_check_pointer(c, NULL, "x"));
    nt_ok(c, nd_check_size(c, 1, 1, INT64_MAX, "n"));
    nt_fails(NNDYN_EARG, c, "n is 0; it must be at least 1", nd_check_size(c, 0, 1, INT64_MAX, "n"));
    nt_fails(NNDYN_EARG, c, "n is 11; it must be from 1 to 10", nd_check_size(c, 11, 1, 10, "n"));
    nt_ok(c, nd_check_real(c, -1e300, -INFINITY, INFINITY, "r"));
    nt_fails(NNDYN_EARG, c, "nan; it must be finite", nd_check_real(c, NAN, -INFINITY, INFINITY, "r"));
    nt_fails(NNDYN_EARG, c, "r is inf; it must be finite and at least 0",
             nd_check_real(c, INFINITY, 0.0, INFINITY, "r"));
    nt_fails(NNDYN_EARG, c, "r is 3; it must be finite and at most 2", nd_check_real(c, 3.0, -DBL_MAX, 2.0, "r"));
    nt_fails(NNDYN_EARG, c, "r is 1.5; it must be from 0 to 1", nd_check_real(c, 1.5, 0.0, 1.0, "r"));
    nndyn_context_free(c);
}

static void entries_that_are_not_finite_are_named(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    double x[600];
    float y[600];
    nt_uniform(1, 600, -DBL_MAX / 4, DBL_MAX / 4, x);
    nt_normal_f32(1, 600, y);
    nt_ok(c, nd_check_finite(c, 20, 30, x, "x"));
    nt_ok(c, nd_check_finite_f32(c, 20, 30, y, "y"));
    nt_ok(c, nd_check_finite(c, 0, 30, x, "x"));
    x[599] = NAN;
    nt_fails(NNDYN_EDATA, c, "x is nan in row 19, column 29", nd_check_finite(c, 20, 30, x, "x"));
    x[31] = -INFINITY;
    nt_fails(NNDYN_EDATA, c, "x is -inf in row 1, column 1", nd_check_finite(c, 20, 30, x, "x"));
    y[300] = INFINITY;
    nt_fails(NNDYN_EDATA, c, "y is inf in row 10, column 0", nd_check_finite_f32(c, 20, 30, y, "y"));
    y[300] = 0.0f;
    y[7] = NAN;
    for (int64_t i = 0; i < 13; i++) { /* every place, in rows that are no whole number of vectors */
        double row[13] = {0.0};
        float row_f32[13] = {0.0f};
        char where[40];
        row[i] = i % 2 ? NAN : INFINITY;
        row_f32[i] = i % 2 ? NAN : -INFINITY;
        snprintf(where, sizeof where, "column %lld (", (long long)i);
        nt_fails(NNDYN_EDATA, c, where, nd_check_finite(c, 1, 13, row, "row"));
        nt_fails(NNDYN_EDATA, c, where, nd_check_finite_f32(c, 1, 13, row_f32, "row"));
    }
    nt_fails(NNDYN_EDATA, c, "in row 0, column 7", nd_check_finite_f32(c, 20, 30, y, "y"));
    nndyn_context_free(c);
}

static void products_that_overflow_are_negative(void **state)
{
    (void)state;
    assert_true(nd_product(3, 5) == 15);
    assert_true(nd_product(0, INT64_MAX) == 0);
    assert_true(nd_product(INT64_MAX, 0) == 0);
    assert_true(nd_product(INT64_MAX, 1) == INT64_MAX);
    assert_true(nd_product(INT64_MAX / 2 + 1, 2) == -1);
    assert_true(nd_product((int64_t)1 << 32, (int64_t)1 << 31) == -1);
    assert_true(nd_product(-1, 5) == -1);
    assert_true(nd_product(5, -1) == -1);
}

/* ---- progress and cancellation ----------------------------------------------------------------------------------- */

static void wait_ms(long ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

typedef struct told {
    int calls;
    int answer;
    double last;
    char task[40];
} told;

static int progress(void *user, const char *task, double fraction)
{
    told *t = user;
    t->calls++;
    t->last = fraction;
    snprintf(t->task, sizeof t->task, "%s", task);
    return t->answer;
}

static void progress_is_told_now_and_then(void **state)
{
    (void)state;
    nt_allocator a = {0};
    told t = {0};
    nd_task task;
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_progress(context, progress, &t));
    nd_task_begin(&task, context, "the work");
    for (int i = 0; i < 1000; i++) {
        nt_ok(context, nd_task_report(&task, 0.1));
    }
    nt_ok(context, nd_task_report(&task, 1.0));
    assert_in_range(t.calls, 0, 1); /* short calls are not worth telling; one if the machine was stopped meanwhile */
    nd_task_begin(&task, context, "the work");
    t.calls = 0;
    wait_ms(60);
    nt_ok(context, nd_task_report(&task, 0.5));
    assert_int_equal(t.calls, 1);
    assert_true(t.last == 0.5);
    assert_string_equal(t.task, "the work");
    nt_ok(context, nd_task_report(&task, 1.0)); /* the end follows whatever the time */
    assert_int_equal(t.calls, 2);
    assert_true(t.last == 1.0);
    nndyn_context_free(context);
}

static void progress_can_stop_the_call(void **state)
{
    (void)state;
    nt_allocator a = {0};
    told t = {.answer = 1};
    nd_task task;
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_progress(context, progress, &t));
    nd_task_begin(&task, context, "the work");
    wait_ms(60);
    nt_fails(NNDYN_ECANCELED, context, "the work was stopped by the progress callback", nd_task_report(&task, 0.5));
    nt_ok(context, nndyn_context_set_progress(context, NULL, NULL));
    nd_task_begin(&task, context, "the work");
    nt_ok(context, nd_task_report(&task, 0.5));
    nndyn_context_free(context);
}

static nndyn_context *to_cancel;

static void on_signal(int number)
{
    (void)number;
    nndyn_context_cancel(to_cancel);
}

static void cancellation_stops_only_calls_that_had_begun(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nd_task first;
    nd_task second;
    nndyn_context *context = nt_context(&a);
    nd_task_begin(&first, context, "the first");
    nt_ok(context, nd_task_report(&first, 0.0));
    to_cancel = context;
    void (*before)(int) = signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    signal(SIGUSR1, before);
    nd_task_begin(&second, context, "the second");
    nt_fails(NNDYN_ECANCELED, context, "the first was stopped", nd_task_report(&first, 0.5));
    nt_ok(context, nd_task_report(&second, 0.5));
    nt_ok(context, nndyn_context_cancel(context));
    nt_fails(NNDYN_ECANCELED, context, "the second was stopped", nd_task_report(&second, 0.5));
    nndyn_context_free(context);
}

static void setters_refuse_what_is_no_context(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int destroyed = 0;
    nndyn_context *context = nt_context(&a);
    thing *t = new_thing(context, ND_NETWORK, &destroyed);
    nndyn_context *others[] = {NULL, (nndyn_context *)t};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nndyn_context_set_seed(others[i], 1), NNDYN_EARG);
        assert_int_equal(nndyn_context_set_threads(others[i], 1), NNDYN_EARG);
        assert_int_equal(nndyn_context_set_executor(others[i], NULL, NULL), NNDYN_EARG);
        assert_int_equal(nndyn_context_set_progress(others[i], NULL, NULL), NNDYN_EARG);
        assert_int_equal(nndyn_context_set_memory_limit(others[i], 1), NNDYN_EARG);
        assert_int_equal(nndyn_context_cancel(others[i]), NNDYN_EARG);
    }
    assert_int_equal(nd_context_seed(context), 0);
    nt_ok(context, nndyn_context_set_seed(context, INT64_MIN));
    assert_true(nd_context_seed(context) == INT64_MIN);
    nd_handle_release(t);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_context_may_be_freed_first),
        cmocka_unit_test(creation_that_fails_leaves_nothing),
        cmocka_unit_test(entering_checks_the_handle),
        cmocka_unit_test(a_context_can_be_entered_twice),
        cmocka_unit_test(holding_checks_the_second_handle),
        cmocka_unit_test(messages_are_never_null),
        cmocka_unit_test(silent_failures_get_the_words_of_their_status),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(messages_pass_from_inner_handles),
        cmocka_unit_test(checks_say_what_is_allowed),
        cmocka_unit_test(entries_that_are_not_finite_are_named),
        cmocka_unit_test(products_that_overflow_are_negative),
        cmocka_unit_test(progress_is_told_now_and_then),
        cmocka_unit_test(progress_can_stop_the_call),
        cmocka_unit_test(cancellation_stops_only_calls_that_had_begun),
        cmocka_unit_test(setters_refuse_what_is_no_context),
    };
    return cmocka_run_group_tests_name("handles", tests, NULL, NULL);
}
