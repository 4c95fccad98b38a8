/* jets_activation.c - jets of a = f(z) and of the slope s = f'(z), from the jet of z.
 *
 * Coefficients 0 are f and f' in the forms of the kernels, which do not cancel.  Beyond them a' = s z' gives for all
 *
 *     k a_k = sum_{j=1..k} j z_j s_{k-j}
 *
 * and each activation says how s_k follows from what is known: from a differential equation with polynomial
 * coefficients, one product of jets at a time.  The work goes in strips of numbers, coefficients one behind the other.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/jet_rules.h"
#include <math.h>
#include <string.h>

enum { STRIP = 64, STRIPS = 64, TERMS = ND_JET_ORDER + 1, POWER_MOST = 64 };

typedef double row[STRIP];

typedef struct strip {
    const nd_kernels_f64 *k;
    const nd_activation *f;
    int order;  /* K */
    int degree; /* of z */
    row z[TERMS], a[TERMS], s[TERMS];
    row p[TERMS], q[TERMS], r; /* as a rule likes */
} strip;

/* ---- products of jets ------------------------------------------------------------------------------------------- */

/* out = sum_{j=first..min(k,degree)} x_j y_{k-j} */
static void product(int k, int first, int degree, row *x, row *y, double *out)
{
    row sum = {0};
    for (int j = first; j <= k && j <= degree; j++) {
        for (int i = 0; i < STRIP; i++) {
            sum[i] += x[j][i] * y[k - j][i];
        }
    }
    memcpy(out, sum, sizeof sum);
}

/* out = (1/k) sum_{j=1..min(k,degree)} j x_j y_{k-j}: coefficient k of the integral of y dx */
static void integral(int k, int degree, row *x, row *y, double *out)
{
    row sum = {0};
    for (int j = 1; j <= k && j <= degree; j++) {
        const double c = (double)j / (double)k;
        for (int i = 0; i < STRIP; i++) {
            sum[i] += c * (x[j][i] * y[k - j][i]);
        }
    }
    memcpy(out, sum, sizeof sum);
}

/* Coefficient k of y = x^power, from x_0.. and y_0..y_{k-1}, with inverse = 1/x_0. */
static void power(int k, int degree, double exponent, const double *inverse, row *x, row *y, double *out)
{
    row sum = {0};
    for (int j = 1; j <= k && j <= degree; j++) {
        const double c = (exponent * j - (k - j)) / (double)k;
        for (int i = 0; i < STRIP; i++) {
            sum[i] += c * (inverse[i] * x[j][i] * y[k - j][i]);
        }
    }
    memcpy(out, sum, sizeof sum);
}

static void scale(double factor, double *x)
{
    for (int i = 0; i < STRIP; i++) {
        x[i] *= factor;
    }
}

static void add(const double *x, double *y)
{
    for (int i = 0; i < STRIP; i++) {
        y[i] += x[i];
    }
}

static int twice(const strip *t)
{
    return 2 * t->degree < t->order ? 2 * t->degree : t->order;
}

/* q = z^2, coefficients 1.. */
static void square(strip *t)
{
    for (int k = 1; k <= t->order; k++) {
        product(k, 0, t->degree, t->z, t->z, t->q[k]);
    }
}

/* A derivative of another activation of the library at z_0. */
static void start(strip *t, int kind, int order, double *out)
{
    nd_activation f = {.kind = kind};
    t->k->activate_derivative(&f, order, STRIP, t->z[0], out);
}

static void values(strip *t, int k)
{
    integral(k, t->degree, t->z, t->s, t->a[k]);
}

/* ---- rules: a_k and s_k for k = 1..K, from z, a_0 and s_0 ------------------------------------------------------- */

/* Pieces of straight lines: the one that z_0 is in. */
static void straight(strip *t)
{
    for (int k = 1; k <= t->order; k++) {
        for (int i = 0; i < STRIP; i++) {
            t->a[k][i] = t->s[0][i] * t->z[k][i];
            t->s[k][i] = 0;
        }
    }
}

static void exponential(strip *t) /* s' = s z' */
{
    for (int k = 1; k <= t->order; k++) {
        integral(k, t->degree, t->z, t->s, t->s[k]);
        values(t, k);
    }
}

static void elu(strip *t) /* an exponential below 0, a line above */
{
    exponential(t);
    for (int k = 1; k <= t->order; k++) {
        for (int i = 0; i < STRIP; i++) {
            t->s[k][i] = t->z[0][i] < 0 ? t->s[k][i] : 0;
            t->a[k][i] = t->z[0][i] < 0 ? t->a[k][i] : t->z[k][i];
        }
    }
}

static void hyperbolic(strip *t) /* s = 1 - a^2 */
{
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        product(k, 0, k, t->a, t->a, t->s[k]);
        scale(-1, t->s[k]);
    }
}

/* y_k and c_k of y = sigmoid(z), c = y - y^2 = y'(z) */
static void logistic(strip *t, int k, row *y, row *c)
{
    integral(k, t->degree, t->z, c, y[k]);
    product(k, 0, k, y, y, c[k]);
    scale(-1, c[k]);
    add(y[k], c[k]);
}

static void sigmoid(strip *t)
{
    for (int k = 1; k <= t->order; k++) {
        logistic(t, k, t->a, t->s);
    }
}

static void softplus(strip *t) /* s = sigmoid(z) */
{
    start(t, NNDYN_SIGMOID, 1, t->p[0]);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        logistic(t, k, t->s, t->p);
    }
}

static void silu(strip *t) /* s = y + z c */
{
    start(t, NNDYN_SIGMOID, 0, t->q[0]);
    start(t, NNDYN_SIGMOID, 1, t->p[0]);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        logistic(t, k, t->q, t->p);
        product(k, 0, t->degree, t->z, t->p, t->s[k]);
        add(t->q[k], t->s[k]);
    }
}

static void error_function(strip *t) /* s' = -(z^2)' s */
{
    square(t);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        integral(k, twice(t), t->q, t->s, t->s[k]);
        scale(-1, t->s[k]);
    }
}

static void gelu(strip *t) /* s = Phi + z p, p the normal density: p' = -(z^2/2)' p, Phi' = p z' */
{
    const double root = 0.70710678118654752440; /* p = erf'(z/sqrt 2) / (2 sqrt 2) */
    nd_activation f = {.kind = NNDYN_ERF};
    for (int i = 0; i < STRIP; i++) {
        t->r[i] = root * t->z[0][i];
    }
    t->k->activate_derivative(&f, 1, STRIP, t->r, t->p[0]);
    scale(0.5 * root, t->p[0]);
    square(t);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        integral(k, twice(t), t->q, t->p, t->p[k]);
        scale(-0.5, t->p[k]);
        product(k, 0, t->degree, t->z, t->p, t->s[k]);
        integral(k, t->degree, t->z, t->p, t->r);
        add(t->r, t->s[k]);
    }
}

static void wave(strip *t) /* sine and cosine: a' = s z', s' = -a z' */
{
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        integral(k, t->degree, t->z, t->a, t->s[k]);
        scale(-1, t->s[k]);
    }
}

static void arctan(strip *t) /* (1 + z^2) s = 1 */
{
    square(t);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        product(k, 1, twice(t), t->q, t->s, t->s[k]);
        for (int i = 0; i < STRIP; i++) {
            t->s[k][i] *= -t->s[0][i];
        }
    }
}

static void softsign(strip *t) /* (1 + |z|) p = 1, s = p^2; at 0 as on the right */
{
    for (int i = 0; i < STRIP; i++) {
        t->p[0][i] = 1 / (1 + fabs(t->z[0][i]));
        t->r[i] = t->z[0][i] < 0 ? t->p[0][i] : -t->p[0][i];
    }
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        product(k, 1, t->degree, t->z, t->p, t->p[k]);
        for (int i = 0; i < STRIP; i++) {
            t->p[k][i] *= t->r[i];
        }
        product(k, 0, k, t->p, t->p, t->s[k]);
    }
}

static void isru(strip *t) /* s = (1 + z^2)^(-3/2) */
{
    start(t, NNDYN_ARCTAN, 1, t->r);
    square(t);
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        power(k, twice(t), -1.5, t->r, t->q, t->s, t->s[k]);
    }
}

/* s = p sgn(z)^p z^(p-1) for a whole number p: products, which know no pole at 0. */
static void whole_power(strip *t, int exponent)
{
    row *now = t->p, *next = t->q;
    memset(now, 0, TERMS * sizeof *now);
    for (int i = 0; i < STRIP; i++) {
        now[0][i] = exponent % 2 == 1 && t->z[0][i] < 0 ? -exponent : exponent;
    }
    for (int times = 1; times < exponent; times++) {
        for (int k = 0; k <= t->order; k++) {
            product(k, 0, t->degree, t->z, now, next[k]);
        }
        row *swap = now;
        now = next;
        next = swap;
    }
    for (int k = 1; k <= t->order; k++) {
        memcpy(t->s[k], now[k], sizeof now[k]);
        values(t, k);
    }
}

static void absolute_power(strip *t) /* |z|^p */
{
    const double p = t->f->parameter;
    if (p == floor(p) && p <= POWER_MOST) {
        whole_power(t, (int)p);
        return;
    }
    for (int i = 0; i < STRIP; i++) {
        t->r[i] = 1 / t->z[0][i];
    }
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        power(k, t->degree, p - 1, t->r, t->z, t->s, t->s[k]);
        for (int i = 0; i < STRIP; i++) { /* at 0 the derivatives below order p are 0, those above have a pole */
            double there = k < p - 1 ? 0 : INFINITY;
            t->s[k][i] = t->z[0][i] == 0 ? there : t->s[k][i];
        }
    }
}

/* From derivatives d_m = f^(m)(z_0), m <= highest <= 3: s_k = sum_m d_{m+1}/m! [(z - z_0)^m]_k, where k < highest. */
static int custom(strip *t, int highest, int64_t count)
{
    const nd_activation *f = t->f;
    row *d = t->q;
    for (int m = 0; m <= highest; m++) {
        if (f->evaluate(f->user, m, count, t->z[0], m == 0 ? t->a[0] : m == 1 ? t->s[0] : d[m]) != 0) {
            return NNDYN_ECALLBACK;
        }
    }
    for (int k = 1; k <= t->order; k++) {
        values(t, k);
        memset(t->s[k], 0, sizeof t->s[k]);
        product(k, 1, k - 1, t->z, t->z, t->r); /* the square of z - z_0 */
        for (int i = 0; i < STRIP && k < highest; i++) {
            t->s[k][i] = d[2][i] * t->z[k][i] + (highest > 2 ? 0.5 * d[3][i] * t->r[i] : 0);
        }
    }
    return NNDYN_OK;
}

typedef void rule(strip *t);

static rule *const rules[ND_ACTIVATIONS] = {
    [NNDYN_IDENTITY] = straight,
    [NNDYN_RELU] = straight,
    [NNDYN_LEAKY_RELU] = straight,
    [NNDYN_ELU] = elu,
    [NNDYN_SOFTPLUS] = softplus,
    [NNDYN_SIGMOID] = sigmoid,
    [NNDYN_TANH] = hyperbolic,
    [NNDYN_ERF] = error_function,
    [NNDYN_ARCTAN] = arctan,
    [NNDYN_SOFTSIGN] = softsign,
    [NNDYN_ISRU] = isru,
    [NNDYN_SILU] = silu,
    [NNDYN_GELU] = gelu,
    [NNDYN_EXP] = exponential,
    [NNDYN_SIN] = wave,
    [NNDYN_COS] = wave,
    [NNDYN_ABS_POWER] = absolute_power,
};

int nd_jet_bends(const nd_activation *f)
{
    return f->kind == NNDYN_CUSTOM_ACTIVATION || rules[f->kind] != straight;
}

/* ---- strips ----------------------------------------------------------------------------------------------------- */

typedef struct strips_job {
    const nd_jets *jets;
    int64_t layer, entries, step;
} strips_job;

/* z of `count` numbers; what is beyond them repeats the first one. */
static void load(strip *t, const strips_job *job, int64_t first, int64_t count)
{
    const double *z = job->jets->value[job->layer] + first;
    for (int k = 0; k <= t->order; k++) {
        if (k > t->degree) {
            memset(t->z[k], 0, sizeof t->z[k]);
            continue;
        }
        memcpy(t->z[k], z + k * job->step, (size_t)count * sizeof *z);
        for (int64_t i = count; i < STRIP; i++) {
            t->z[k][i] = t->z[k][0];
        }
    }
}

static void store(const strip *t, const strips_job *job, int64_t first, int64_t count)
{
    const nd_jets *jets = job->jets;
    for (int k = 0; k <= jets->degree[job->layer + 1]; k++) {
        memcpy(jets->value[job->layer + 1] + k * job->step + first, t->a[k], (size_t)count * sizeof(double));
    }
    for (int k = 0; k <= jets->slope_degree[job->layer]; k++) {
        memcpy(jets->slope[job->layer] + k * job->step + first, t->s[k], (size_t)count * sizeof(double));
    }
}

static strip strip_of(const strips_job *job)
{
    const nndyn_network *network = job->jets->pass->network;
    return (strip){.k = network->k64,
                   .f = &network->layers[job->layer].activation,
                   .order = job->jets->degree[job->layer + 1],
                   .degree = job->jets->degree[job->layer]};
}

static void work(void *user, int64_t index)
{
    const strips_job *job = user;
    strip t = strip_of(job);
    int64_t end = (index + 1) * STRIP * STRIPS < job->entries ? (index + 1) * STRIP * STRIPS : job->entries;
    for (int64_t first = index * STRIP * STRIPS; first < end; first += STRIP) {
        int64_t count = end - first < STRIP ? end - first : STRIP;
        load(&t, job, first, count);
        t.k->activate_derivative(t.f, 0, STRIP, t.z[0], t.a[0]);
        t.k->activate_derivative(t.f, 1, STRIP, t.z[0], t.s[0]);
        rules[t.f->kind](&t);
        store(&t, job, first, count);
    }
}

/* Callbacks come one after the other, from the calling thread, for the derivatives that are needed. */
static int custom_work(const strips_job *job)
{
    strip t = strip_of(job);
    int highest = t.order + (job->jets->rep > 0);
    for (int64_t first = 0; first < job->entries; first += STRIP) {
        int64_t count = job->entries - first < STRIP ? job->entries - first : STRIP;
        load(&t, job, first, count);
        ND_TRY(custom(&t, highest, count));
        store(&t, job, first, count);
    }
    return NNDYN_OK;
}

int nd_jet_activate(nd_jets *jets, int64_t layer)
{
    const nndyn_network *network = jets->pass->network;
    int64_t entries = jets->n * network->layers[layer].out, piece = STRIP * STRIPS;
    strips_job job = {jets, layer, entries, entries};
    if (network->layers[layer].activation.kind == NNDYN_CUSTOM_ACTIVATION) {
        return custom_work(&job);
    }
    return nd_parallel(network->handle.context, (entries + piece - 1) / piece, work, &job);
}
