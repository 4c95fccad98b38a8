/* Status codes, their words, version, and build information. */
#include "support/support.h"
#include "core/core.h"

/* The numbers are part of the ABI. */
static void codes_are_pinned(void **state)
{
    (void)state;
    static const struct {
        int code, number;
        const char *name;
    } known[] = {
        {NNDYN_OK, 0, "NNDYN_OK"},
        {NNDYN_ENOMEM, -1, "NNDYN_ENOMEM"},
        {NNDYN_EARG, -2, "NNDYN_EARG"},
        {NNDYN_EOPTION, -3, "NNDYN_EOPTION"},
        {NNDYN_ESTATE, -4, "NNDYN_ESTATE"},
        {NNDYN_EBUSY, -5, "NNDYN_EBUSY"},
        {NNDYN_EDATA, -6, "NNDYN_EDATA"},
        {NNDYN_ENUMERIC, -7, "NNDYN_ENUMERIC"},
        {NNDYN_ECANCELED, -8, "NNDYN_ECANCELED"},
        {NNDYN_EIO, -9, "NNDYN_EIO"},
        {NNDYN_EFORMAT, -10, "NNDYN_EFORMAT"},
        {NNDYN_ELIMIT, -11, "NNDYN_ELIMIT"},
        {NNDYN_EUNSUPPORTED, -12, "NNDYN_EUNSUPPORTED"},
        {NNDYN_ECALLBACK, -13, "NNDYN_ECALLBACK"},
        {NNDYN_EINTERNAL, -14, "NNDYN_EINTERNAL"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_int_equal(known[i].code, known[i].number);
        assert_string_equal(nndyn_status_name(known[i].code), known[i].name);
        assert_true(strlen(nndyn_status_text(known[i].code)) > 5);
    }
    assert_int_equal(NNDYN_F32, 1);
    assert_int_equal(NNDYN_F64, 2);
}

static void other_numbers_are_unknown(void **state)
{
    (void)state;
    const int others[] = {1, 2, -15, -16, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_string_equal(nndyn_status_name(others[i]), "NNDYN_UNKNOWN");
        assert_string_equal(nndyn_status_text(others[i]), "not a status code of this library");
    }
}

static void version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_int_equal(nndyn_version(), 10000 * NNDYN_VERSION_MAJOR + 100 * NNDYN_VERSION_MINOR + NNDYN_VERSION_PATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_pinned),
        cmocka_unit_test(other_numbers_are_unknown),
        cmocka_unit_test(version_is_that_of_the_header),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
