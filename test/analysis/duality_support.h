/* duality_support.h - the network, batches and comparisons that the tests of the duality map share. */
#ifndef DUALITY_SUPPORT_H
#define DUALITY_SUPPORT_H
#include "support/support.h"
#include "nndyn.h"

/* ---- the reference network of the duality tests: 3-5-4-2, parameter number p (from 1) is sin(p^2) --------------- */

enum { REF_IN = 3, REF_OUT = 2, REF_P = 54, REF_ND = 5 };
static const double ref_x[REF_IN] = {0.3, -0.8, 0.5};
static const double ref_t[REF_OUT] = {0.7, 0.2};

static inline nndyn_context *make_context(void)
{
    nndyn_context *context;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    return context;
}

static inline void set_reference_parameters(nndyn_network *network)
{
    int64_t count;
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL));
    double *theta = malloc((size_t)count * sizeof *theta);
    for (int64_t p = 0; p < count; p++) {
        theta[p] = sin((double)(p + 1) * (double)(p + 1));
    }
    nt_ok(network, nndyn_network_set_parameters(network, count, theta));
    free(theta);
}

static inline nndyn_network *make_reference(nndyn_context *context, int dtype, int hidden, int output, int loss)
{
    nndyn_network *network;
    nt_ok(context, nndyn_network_create(context, dtype, REF_IN, &network));
    nt_ok(network, nndyn_network_add_dense(network, 5, hidden));
    nt_ok(network, nndyn_network_add_dense(network, 4, hidden));
    nt_ok(network, nndyn_network_add_dense(network, REF_OUT, output));
    nt_ok(network, nndyn_network_set_loss(network, loss));
    set_reference_parameters(network);
    return network;
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static inline double *random_array(uint64_t seed, int64_t count)
{
    double *values = malloc((size_t)count * sizeof *values);
    nt_uniform(seed, count, -1, 1, values);
    return values;
}

static inline double *zeros(int64_t count)
{
    return calloc((size_t)count, sizeof(double));
}

static inline double dot(int64_t count, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

#define assert_close(got, want, relative, absolute) nt_close(&(double){got}, &(double){want}, 1, relative, absolute)

static inline double largest(int64_t count, const double *values)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(values[i]));
    }
    return most;
}

/* ---- options --------------------------------------------------------------------------------------------------- */

static inline nndyn_options *make_options(nndyn_context *context)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    return options;
}

static inline void set_text(nndyn_options *options, const char *name, const char *value)
{
    nt_ok(options, nndyn_options_set_text(options, name, value));
}

#endif
