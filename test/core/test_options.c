/* Options: the typed store, and reading it against a table. */
#include "support/support.h"
#include "core/core.h"
#include <float.h>

enum { RATE, STEPS, METHOD, FILE_NAME, COUNT };

static const nd_option_spec specs[COUNT] = {
    [RATE] = {"learning_rate", ND_REAL, 0.0, 10.0, 0.5, NULL},
    [STEPS] = {"steps", ND_INTEGER, 1.0, 1000.0, 7.0, NULL},
    [METHOD] = {"method", ND_TEXT, 0.0, 0.0, 0.0, "exact|fast|auto"},
    [FILE_NAME] = {"file", ND_TEXT, 0.0, 0.0, 0.0, NULL},
};

typedef struct room {
    nt_allocator allocator;
    nndyn_context *context;
    nndyn_options *options;
    nd_option_value values[COUNT];
} room;

static int set_up(void **state)
{
    room *r = calloc(1, sizeof *r);
    r->context = nt_context(&r->allocator);
    nt_ok(r->context, nndyn_options_create(r->context, &r->options));
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    room *r = *state;
    nndyn_context_free(r->context);
    nndyn_options_free(r->options);
    nt_no_leak(&r->allocator);
    free(r);
    return 0;
}

static int read_all(room *r)
{
    return nd_options_read(r->context, r->options, specs, COUNT, r->values);
}

static void assert_defaults(const nd_option_value *values)
{
    assert_true(values[RATE].real == 0.5);
    assert_int_equal(values[STEPS].integer, 7);
    assert_true(values[STEPS].real == 7.0);
    assert_int_equal(values[METHOD].integer, 0);
    assert_null(values[FILE_NAME].text);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(values[i].given, 0);
    }
}

static void defaults_stand_for_what_is_not_given(void **state)
{
    room *r = *state;
    memset(r->values, 0x55, sizeof r->values);
    nt_ok(r->context, nd_options_read(r->context, NULL, specs, COUNT, r->values));
    assert_defaults(r->values);
    memset(r->values, 0x55, sizeof r->values);
    nt_ok(r->context, read_all(r));
    assert_defaults(r->values);
    nt_ok(r->context, nd_options_read(r->context, r->options, NULL, 0, NULL));
}

static void values_are_read_by_type(void **state)
{
    room *r = *state;
    char text[] = "a/b.csv";
    nt_ok(r->options, nndyn_options_set_double(r->options, "learning_rate", 0.25));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 1000));
    nt_ok(r->options, nndyn_options_set_text(r->options, "method", "auto"));
    nt_ok(r->options, nndyn_options_set_text(r->options, "file", text));
    text[0] = '?'; /* the library has its own copy */
    nt_ok(r->context, read_all(r));
    assert_true(r->values[RATE].real == 0.25);
    assert_int_equal(r->values[STEPS].integer, 1000);
    assert_int_equal(r->values[METHOD].integer, 2);
    assert_string_equal(r->values[METHOD].text, "auto");
    assert_string_equal(r->values[FILE_NAME].text, "a/b.csv");
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(r->values[i].given, 1);
    }
}

static void later_values_replace_earlier_ones(void **state)
{
    room *r = *state;
    nt_ok(r->options, nndyn_options_set_text(r->options, "learning_rate", "fast"));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 2));
    const int64_t blocks = r->allocator.live_blocks;
    nt_ok(r->options, nndyn_options_set_integer(r->options, "learning_rate", 3));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 5));
    assert_int_equal(r->allocator.live_blocks, blocks);
    nt_ok(r->context, read_all(r));
    assert_true(r->values[RATE].real == 3.0); /* an integer where a real is expected */
    assert_int_equal(r->values[STEPS].integer, 5);
}

static void unknown_names_get_an_offer(void **state)
{
    static const char *const wrong[][2] = {
        {"lerning_rate", "the nearest one is 'learning_rate'"},
        {"step", "'steps'"},
        {"STEPS", "'steps'"},
        {"methods", "'method'"},
        {"flie", "'file'"},
        {"m", "'file'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        room *r = *state;
        nndyn_options *options = NULL;
        nt_ok(r->context, nndyn_options_create(r->context, &options));
        nt_ok(options, nndyn_options_set_integer(options, wrong[i][0], 2));
        nt_fails(NNDYN_EOPTION, r->context, wrong[i][0], nd_options_read(r->context, options, specs, COUNT, r->values));
        nt_fails(NNDYN_EOPTION, r->context, wrong[i][1], nd_options_read(r->context, options, specs, COUNT, r->values));
        nt_fails(NNDYN_EOPTION, r->context, "no options", nd_options_read(r->context, options, NULL, 0, NULL));
        nndyn_options_free(options);
    }
}

static void bounds_and_types_are_checked(void **state)
{
    room *r = *state;
    nt_ok(r->options, nndyn_options_set_double(r->options, "learning_rate", 10.5));
    nt_fails(NNDYN_EOPTION, r->context, "'learning_rate' is 10.5; it must be from 0 to 10", read_all(r));
    nt_ok(r->options, nndyn_options_set_text(r->options, "learning_rate", "high"));
    nt_fails(NNDYN_EOPTION, r->context, "was given as a text; it must be a real number", read_all(r));
    nt_ok(r->options, nndyn_options_set_double(r->options, "learning_rate", 10.0));
    nt_ok(r->options, nndyn_options_set_double(r->options, "steps", 5.0));
    nt_fails(NNDYN_EOPTION, r->context, "was given as a real number; it must be an integer", read_all(r));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 0));
    nt_fails(NNDYN_EOPTION, r->context, "'steps' is 0; it must be from 1 to 1000", read_all(r));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 1));
    nt_ok(r->options, nndyn_options_set_integer(r->options, "method", 1));
    nt_fails(NNDYN_EOPTION, r->context, "was given as an integer; it must be a text", read_all(r));
    static const char *const methods[] = {"exac", "exact|fast", "", "Exact"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        nt_ok(r->options, nndyn_options_set_text(r->options, "method", methods[i]));
        nt_fails(NNDYN_EOPTION, r->context, "it must be one of exact|fast|auto", read_all(r));
    }
    nt_ok(r->options, nndyn_options_set_text(r->options, "method", "exact"));
    nt_ok(r->context, read_all(r));
}

static void setting_checks_its_arguments(void **state)
{
    room *r = *state;
    char name[65];
    char *text = malloc(4097);
    memset(name, 'n', sizeof name);
    memset(text, 't', 4097);
    name[64] = '\0';
    text[4096] = '\0';
    nndyn_options *o = r->options;
    nt_fails(NNDYN_EARG, o, "name is NULL", nndyn_options_set_integer(o, NULL, 1));
    nt_fails(NNDYN_EARG, o, "name is empty", nndyn_options_set_double(o, "", 1.0));
    nt_fails(NNDYN_EARG, o, "name is too long", nndyn_options_set_text(o, name, "x"));
    nt_fails(NNDYN_EARG, o, "value is nan", nndyn_options_set_double(o, "x", NAN));
    nt_fails(NNDYN_EARG, o, "value is inf", nndyn_options_set_double(o, "x", INFINITY));
    nt_fails(NNDYN_EARG, o, "value is NULL", nndyn_options_set_text(o, "x", NULL));
    nt_fails(NNDYN_EARG, o, "value is too long", nndyn_options_set_text(o, "x", text));
    nt_ok(r->context, read_all(r)); /* nothing was set */
    assert_int_equal(nndyn_options_set_integer(NULL, "x", 1), NNDYN_EARG);
    assert_int_equal(nndyn_options_set_double(NULL, "x", 1.0), NNDYN_EARG);
    assert_int_equal(nndyn_options_set_text(NULL, "x", "y"), NNDYN_EARG);
    name[63] = '\0';
    text[4095] = '\0';
    const nd_option_spec longest = {name, ND_TEXT, 0, 0, 0, NULL};
    nt_ok(o, nndyn_options_set_text(o, name, text));
    nt_ok(r->context, nd_options_read(r->context, o, &longest, 1, r->values));
    assert_string_equal(r->values[0].text, text);
    free(text);
}

static void creation_checks_its_arguments(void **state)
{
    room *r = *state;
    nndyn_options *out = NULL;
    nt_fails(NNDYN_EARG, r->context, "nndyn_options_create: out is NULL", nndyn_options_create(r->context, NULL));
    assert_int_equal(nndyn_options_create(NULL, &out), NNDYN_EARG);
    assert_int_equal(nndyn_options_create((nndyn_context *)r->options, &out), NNDYN_EARG);
    assert_null(out);
    nndyn_options_free(NULL);
}

static void other_handles_are_refused(void **state)
{
    room *r = *state;
    const nndyn_options *other = (const nndyn_options *)r->context;
    nt_fails(NNDYN_EARG, r->options, "options is a context; it must be options",
             nd_options_read(r->options, other, specs, COUNT, r->values));
    nt_ok(r->options, nd_enter(r->options, ND_OPTIONS, "f"));
    nt_fails(NNDYN_EBUSY, r->context, "another call is using options", read_all(r));
    assert_int_equal(nndyn_options_set_integer(r->options, "steps", 1), NNDYN_EBUSY);
    nd_leave(r->options, NNDYN_OK);
    nt_ok(r->context, read_all(r));
}

static void a_value_that_finds_no_memory_leaves_the_old_one(void **state)
{
    room *r = *state;
    nt_ok(r->options, nndyn_options_set_integer(r->options, "steps", 11));
    r->allocator.fail_at = r->allocator.calls + 1;
    nt_fails(NNDYN_ENOMEM, r->options, "allocator", nndyn_options_set_integer(r->options, "steps", 12));
    nt_ok(r->context, read_all(r));
    assert_int_equal(r->values[STEPS].integer, 11);
}

static void extreme_integers_survive(void **state)
{
    room *r = *state;
    const nd_option_spec any = {"seed", ND_INTEGER, -INFINITY, INFINITY, 1e300, NULL};
    nd_option_value value;
    nt_ok(r->context, nd_options_read(r->context, r->options, &any, 1, &value));
    assert_true(value.integer == INT64_MAX);
    nt_ok(r->options, nndyn_options_set_integer(r->options, "seed", INT64_MIN));
    nt_ok(r->context, nd_options_read(r->context, r->options, &any, 1, &value));
    assert_true(value.integer == INT64_MIN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(defaults_stand_for_what_is_not_given),
        TEST(values_are_read_by_type),
        TEST(later_values_replace_earlier_ones),
        TEST(unknown_names_get_an_offer),
        TEST(bounds_and_types_are_checked),
        TEST(setting_checks_its_arguments),
        TEST(creation_checks_its_arguments),
        TEST(other_handles_are_refused),
        TEST(a_value_that_finds_no_memory_leaves_the_old_one),
        TEST(extreme_integers_survive),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
