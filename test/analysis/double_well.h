/* double_well.h - gradient descent on (w^2 - 1)^2 / 4, a state at a time. */
#ifndef TEST_ANALYSIS_DOUBLE_WELL_H
#define TEST_ANALYSIS_DOUBLE_WELL_H
#include "nndyn.h"
#include "support/fixture.h"

/* Refuses where user points at a number other than 0. */
static inline int descend(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    for (int64_t i = 0; i < count; i++) {
        next[i] = x[i] + parameters[0] * (x[i] - x[i] * x[i] * x[i]);
    }
    return user && *(const int *)user;
}

/* Cancels the call in the step that brings the countdown to 0. */
static inline int descend_and_cancel(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    int *left = user;
    if (--*left == 0) {
        nt_ok(context, nndyn_context_cancel(context));
    }
    return descend(NULL, parameters, count, x, next);
}

#endif
