/* fixture.h - a context that counts its memory around each test; what is left behind fails the test. */
#ifndef TEST_SUPPORT_FIXTURE_H
#define TEST_SUPPORT_FIXTURE_H
#include "support/support.h"

static nndyn_context *context;
static nt_allocator counter;

static int set_up(void **state)
{
    (void)state;
    counter = (nt_allocator){0};
    context = nt_context(&counter);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nndyn_context_free(context);
    nt_no_leak(&counter);
    return 0;
}

#endif
