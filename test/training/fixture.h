/* fixture.h - small networks, data and custom losses that the tests of training share. */
#ifndef FIXTURE_H
#define FIXTURE_H
#include "core/random.h"
#include "nndyn.h"
#include "support/support.h"

#define ok(call)       assert_int_equal((call), NNDYN_OK)
#define count_of(list) ((int64_t)(sizeof(list) / sizeof *(list)))

enum { MOST = 512 }; /* parameters of any network here */

static inline int64_t parameters_of(nndyn_network *network)
{
    int64_t count;
    ok(nndyn_network_shape(network, NULL, NULL, NULL, &count, NULL));
    assert_true(count <= MOST);
    return count;
}

/* A chain inputs-units-outputs with a loss. */
static inline nndyn_network *chain(nndyn_context *context, int dtype, int64_t inputs, int64_t units, int activation,
                                   int64_t outputs, int loss)
{
    nndyn_network *network;
    ok(nndyn_network_create(context, dtype, inputs, &network));
    if (units > 0) {
        ok(nndyn_network_add_dense(network, units, activation));
    }
    ok(nndyn_network_add_dense(network, outputs, NNDYN_IDENTITY));
    ok(nndyn_network_set_loss(network, loss));
    return network;
}

/* One dense layer without bias, so that parameter (j, i) is weight i of output j. */
static inline nndyn_network *linear(nndyn_context *context, int dtype, int64_t inputs, int64_t outputs, int loss)
{
    nndyn_network *network;
    nndyn_options *options;
    ok(nndyn_options_create(context, &options));
    ok(nndyn_options_set_integer(options, "bias", 0));
    ok(nndyn_network_create(context, dtype, inputs, &network));
    ok(nndyn_network_add_dense_with(network, outputs, NNDYN_IDENTITY, options));
    ok(nndyn_network_set_loss(network, loss));
    nndyn_options_free(options);
    return network;
}

/* Everything: batch norm, dropout, a residual block. */
static inline nndyn_network *rich(nndyn_context *context, int dtype)
{
    nndyn_network *network;
    ok(nndyn_network_create(context, dtype, 3, &network));
    ok(nndyn_network_add_dense(network, 5, NNDYN_TANH));
    ok(nndyn_network_add_batch_norm(network, NULL));
    ok(nndyn_network_begin_residual(network));
    ok(nndyn_network_add_dense(network, 5, NNDYN_SOFTPLUS));
    ok(nndyn_network_add_dropout(network, 0.3));
    ok(nndyn_network_end_residual(network));
    ok(nndyn_network_add_dense(network, 2, NNDYN_IDENTITY));
    ok(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    return network;
}

/* A trainer with pairs of name and value, ended by NULL. */
static inline nndyn_trainer *trainer_with(nndyn_context *context, nndyn_network *network, int optimizer, ...)
{
    nndyn_options *options;
    nndyn_trainer *trainer;
    va_list list;
    ok(nndyn_options_create(context, &options));
    va_start(list, optimizer);
    for (const char *name = va_arg(list, const char *); name != NULL; name = va_arg(list, const char *)) {
        ok(nndyn_options_set_double(options, name, va_arg(list, double)));
    }
    va_end(list);
    if (nndyn_trainer_create_with(network, optimizer, options, &trainer) != NNDYN_OK) {
        fail_msg("%s", nndyn_message(network));
    }
    nndyn_options_free(options);
    return trainer;
}

/* A step in the network's precision, from doubles. */
static inline int step(nndyn_trainer *trainer, int dtype, int64_t n, int64_t inputs, int64_t outputs, const double *x,
                       const double *t, double *loss)
{
    float x32[256], t32[256];
    if (dtype == NNDYN_F64) {
        return nndyn_train_step(trainer, n, x, t, loss);
    }
    assert_true(n * inputs <= 256 && n * outputs <= 256);
    for (int64_t i = 0; i < n * inputs; i++) {
        x32[i] = (float)x[i];
    }
    for (int64_t i = 0; i < n * outputs; i++) {
        t32[i] = (float)t[i];
    }
    return nndyn_train_step_f32(trainer, n, x32, t32, loss);
}

/* Everything that a failing call must leave alone, and what a saved trainer must bring back. */
typedef struct snapshot {
    int64_t parameters, statistics, state, steps;
    double theta[MOST], running[MOST], moments[2 * MOST];
} snapshot;

static inline snapshot take(nndyn_network *network, nndyn_trainer *trainer, int64_t statistics)
{
    snapshot s = {.parameters = parameters_of(network), .statistics = statistics};
    ok(nndyn_network_get_parameters(network, s.parameters, s.theta));
    if (statistics > 0) {
        ok(nndyn_network_get_statistics(network, statistics, s.running));
    }
    ok(nndyn_trainer_state_size(trainer, &s.state));
    ok(nndyn_trainer_get_state(trainer, s.state, s.moments, &s.steps));
    return s;
}

static inline void assert_same(const snapshot *a, const snapshot *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

/* h = a, so that the gradient of w in a = w x is x whatever w is; *(double *)user scales it. */
static inline int slope_loss(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m,
                             double *e, double *dt)
{
    const double slope = *(const double *)user;
    (void)t, (void)m, (void)e;
    if (h != NULL) {
        *h = 0;
    }
    for (int64_t i = 0; i < k; i++) {
        if (h != NULL) {
            *h += slope * a[i];
        }
        if (d != NULL) {
            d[i] = slope;
        }
        if (dt != NULL) {
            dt[i] = 0;
        }
    }
    return 0;
}

#endif
