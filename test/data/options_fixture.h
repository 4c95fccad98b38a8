/* options_fixture.h - the fixture, and options on its context. */
#ifndef TEST_DATA_OPTIONS_FIXTURE_H
#define TEST_DATA_OPTIONS_FIXTURE_H
#include "support/fixture.h"

static nndyn_options *options;

static int set_up_options(void **state)
{
    (void)set_up(state);
    nt_ok(context, nndyn_options_create(context, &options));
    return 0;
}

static int tear_down_options(void **state)
{
    nndyn_options_free(options);
    return tear_down(state);
}

#endif
