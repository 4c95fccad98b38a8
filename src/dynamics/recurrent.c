/* recurrent.c - the recurrent network: weights, boundary, gain.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_NEURONS = 16384 };

/* ---- the bulk's own arrays --------------------------------------------------------------------------------------- */

/* Gather what the bulk needs from weights, biases and boundary. */
static void rearrange(nndyn_recurrent *r)
{
    int64_t q = 0, n = r->n;
    for (int clamped = 0; clamped < 2; clamped++) {
        for (int64_t i = 0; i < n; i++) {
            if (r->clamped[i] == clamped) {
                r->order[q++] = i;
            }
        }
    }
    q = n - r->p;
    r->rule.q = q;
    r->rule.w = r->bulk;
    for (int64_t i = 0; i < q; i++) {
        const double *row = r->weights + r->order[i] * n;
        r->bias[i] = r->biases[r->order[i]];
        for (int64_t j = 0; j < n; j++) {
            double *place = j < q ? r->bulk + i * q + j : r->inflow + i * r->p + (j - q);
            *place = row[r->order[j]];
        }
    }
}

static void carve(nd_arena *a, nndyn_recurrent *r)
{
    int64_t n = r->n;
    r->weights = nd_arena_take(a, n * n, sizeof *r->weights);
    r->bulk = nd_arena_take(a, n * n, sizeof *r->bulk);
    /* q p is largest with half of the neurons clamped */
    r->inflow = nd_arena_take(a, (n / 2) * (n - n / 2) + 1, sizeof *r->inflow);
    r->biases = nd_arena_take(a, n, sizeof *r->biases);
    r->bias = nd_arena_take(a, n, sizeof *r->bias);
    r->values = nd_arena_take(a, n, sizeof *r->values);
    r->clamped = nd_arena_take(a, n, sizeof *r->clamped);
    r->order = nd_arena_take(a, n, sizeof *r->order);
}

/* ---- create ------------------------------------------------------------------------------------------------------ */

static void destroy(void *object)
{
    nndyn_recurrent *r = object;
    nd_arena_free(&r->arena);
}

enum { PARAMETER, GAIN, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    [PARAMETER] = {"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
    [GAIN] = {"gain", ND_REAL, -DBL_MAX, DBL_MAX, 1, NULL},
};

static int check_activation(nndyn_context *context, int activation, const nd_option_value *parameter, nd_activation *f)
{
    const char *allowed = "";
    if (activation == NNDYN_CUSTOM_ACTIVATION) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "activation is NNDYN_CUSTOM_ACTIVATION; recurrent networks take the library's own ones");
    }
    if (!nd_activation_known(activation)) {
        return nd_fail(context, NNDYN_EARG, "activation is %d; it must be one of the activations of nndyn/kernels.h",
                       activation);
    }
    double value = parameter->given ? parameter->real : nd_activation_default(activation);
    if (nd_activation_check(activation, value, &allowed) != 0) {
        return nd_fail(context, NNDYN_EOPTION, "option \"parameter\" is %g; for this activation it must be %s", value,
                       allowed);
    }
    *f = (nd_activation){.kind = activation, .order = 3, .parameter = value};
    return NNDYN_OK;
}

static int build(nndyn_context *context, int64_t n, const double *weights, const double *biases, nndyn_recurrent *r)
{
    r->n = n;
    r->rule.context = context;
    r->rule.kernels = nd_kernels_choose_f64(nd_context_kernels(context));
    carve(&r->arena, r);
    ND_TRY(nd_check_memory(context, (double)r->arena.used, "a recurrent network"));
    ND_TRY(nd_arena_reserve(&r->arena, context));
    carve(&r->arena, r);
    memcpy(r->weights, weights, (size_t)(n * n) * sizeof *weights);
    if (biases != NULL) {
        memcpy(r->biases, biases, (size_t)n * sizeof *biases);
    }
    rearrange(r);
    return NNDYN_OK;
}

static int create(nndyn_context *context, int64_t n, const double *weights, const double *biases, int activation,
                  const nndyn_options *options, nndyn_recurrent **out)
{
    nd_option_value values[OPTIONS];
    nd_activation f;
    nndyn_recurrent *r = NULL;
    ND_TRY(nd_check_size(context, n, 1, MOST_NEURONS, "neurons"));
    ND_TRY(nd_check_pointer(context, weights, "weights"));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(check_activation(context, activation, &values[PARAMETER], &f));
    ND_TRY(nd_check_finite(context, n, n, weights, "weights"));
    if (biases != NULL) {
        ND_TRY(nd_check_finite(context, 1, n, biases, "biases"));
    }
    ND_TRY(nd_handle_create(context, ND_RECURRENT, sizeof *r, destroy, &r));
    r->rule.f = f;
    r->gain = values[GAIN].real;
    int status = build(context, n, weights, biases, r);
    if (status != NNDYN_OK) {
        nd_handle_release(r);
        return status;
    }
    *out = r;
    return NNDYN_OK;
}

int nndyn_recurrent_create(nndyn_context *context, int64_t neurons, const double *weights, const double *biases,
                           int activation, const nndyn_options *options, nndyn_recurrent **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_recurrent_create"));
    return nd_leave(context, create(context, neurons, weights, biases, activation, options, out));
}

void nndyn_recurrent_free(nndyn_recurrent *recurrent)
{
    nd_handle_release(recurrent);
}

/* ---- boundary ---------------------------------------------------------------------------------------------------- */

static int check_boundary(nndyn_recurrent *r, int64_t count, const int64_t *neurons, const double *values)
{
    ND_TRY(nd_check_size(r, count, 0, r->n - 1, "count"));
    if (count == 0) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_pointer(r, neurons, "neurons"));
    ND_TRY(nd_check_pointer(r, values, "values"));
    for (int64_t i = 0; i < count; i++) {
        if (neurons[i] < 0 || neurons[i] >= r->n || (i > 0 && neurons[i] <= neurons[i - 1])) {
            return nd_fail(r, NNDYN_EARG, "neurons[%lld] is %lld; numbers must ascend and be from 0 to %lld, each once",
                           (long long)i, (long long)neurons[i], (long long)(r->n - 1));
        }
    }
    return nd_check_finite(r, 1, count, values, "values");
}

static int set_boundary(nndyn_recurrent *r, int64_t count, const int64_t *neurons, const double *values)
{
    ND_TRY(check_boundary(r, count, neurons, values));
    for (int64_t i = 0; i < r->n; i++) {
        r->clamped[i] = 0;
        r->values[i] = 0;
    }
    for (int64_t i = 0; i < count; i++) {
        r->clamped[neurons[i]] = 1;
        r->values[neurons[i]] = values[i];
    }
    r->p = count;
    rearrange(r);
    return NNDYN_OK;
}

int nndyn_recurrent_set_boundary(nndyn_recurrent *recurrent, int64_t count, const int64_t *neurons,
                                 const double *values)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_set_boundary"));
    return nd_leave(recurrent, set_boundary(recurrent, count, neurons, values));
}

int nndyn_recurrent_get_boundary(nndyn_recurrent *recurrent, int64_t capacity, int64_t *neurons, double *values)
{
    nndyn_recurrent *r = recurrent;
    ND_TRY(nd_enter(r, ND_RECURRENT, "nndyn_recurrent_get_boundary"));
    int status = nd_check_size(r, capacity, r->p, INT64_MAX, "capacity");
    for (int64_t i = 0; status == NNDYN_OK && i < r->p; i++) {
        int64_t neuron = r->order[r->rule.q + i];
        if (neurons != NULL) {
            neurons[i] = neuron;
        }
        if (values != NULL) {
            values[i] = r->values[neuron];
        }
    }
    return nd_leave(r, status);
}

int nndyn_recurrent_shape(nndyn_recurrent *recurrent, int64_t *neurons, int64_t *boundary, int64_t *bulk)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_shape"));
    if (neurons != NULL) {
        *neurons = recurrent->n;
    }
    if (boundary != NULL) {
        *boundary = recurrent->p;
    }
    if (bulk != NULL) {
        *bulk = recurrent->rule.q;
    }
    return nd_leave(recurrent, NNDYN_OK);
}

/* ---- weights, gain ----------------------------------------------------------------------------------------------- */

static int set_weights(nndyn_recurrent *r, const double *weights, const double *biases)
{
    if (weights != NULL) {
        ND_TRY(nd_check_finite(r, r->n, r->n, weights, "weights"));
    }
    if (biases != NULL) {
        ND_TRY(nd_check_finite(r, 1, r->n, biases, "biases"));
        memcpy(r->biases, biases, (size_t)r->n * sizeof *biases);
    }
    if (weights != NULL) {
        memcpy(r->weights, weights, (size_t)(r->n * r->n) * sizeof *weights);
    }
    rearrange(r);
    return NNDYN_OK;
}

int nndyn_recurrent_set_weights(nndyn_recurrent *recurrent, const double *weights, const double *biases)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_set_weights"));
    return nd_leave(recurrent, set_weights(recurrent, weights, biases));
}

int nndyn_recurrent_get_weights(nndyn_recurrent *recurrent, double *weights, double *biases)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_get_weights"));
    if (weights != NULL) {
        memcpy(weights, recurrent->weights, (size_t)(recurrent->n * recurrent->n) * sizeof *weights);
    }
    if (biases != NULL) {
        memcpy(biases, recurrent->biases, (size_t)recurrent->n * sizeof *biases);
    }
    return nd_leave(recurrent, NNDYN_OK);
}

int nndyn_recurrent_set_gain(nndyn_recurrent *recurrent, double gain)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_set_gain"));
    int status = nd_check_real(recurrent, gain, -DBL_MAX, DBL_MAX, "gain");
    if (status == NNDYN_OK) {
        recurrent->gain = gain;
    }
    return nd_leave(recurrent, status);
}

int nndyn_recurrent_get_gain(nndyn_recurrent *recurrent, double *gain)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_get_gain"));
    int status = nd_check_pointer(recurrent, gain, "gain");
    if (status == NNDYN_OK) {
        *gain = recurrent->gain;
    }
    return nd_leave(recurrent, status);
}
