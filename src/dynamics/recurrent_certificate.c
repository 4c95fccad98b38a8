/* recurrent_certificate.c - what is certain of a recurrent network: one equilibrium only, a ball within a basin, an
 * energy that falls.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- norms ------------------------------------------------------------------------------------------------------- */

static int unbounded(nndyn_recurrent *r, const char *derivative)
{
    return nd_fail(r, NNDYN_EUNSUPPORTED,
                   "the %s derivative of %s is not bounded (or f' jumps), so nothing is certified", derivative,
                   nndyn_activation_name(r->rule.f.kind));
}

/* ||W_QQ||_2 */
static int spectral_norm(nndyn_recurrent *r, double *norm)
{
    int64_t q = r->rule.q;
    double *a = NULL;
    ND_TRY(nd_check_memory(r, (double)(q * q + q) * sizeof *a + nd_svd_bytes(q, q, 0), "the norm of the weights"));
    ND_TRY(nd_allocate_for(r, q * q + q, sizeof *a, &a));
    memcpy(a, r->bulk, (size_t)(q * q) * sizeof *a);
    int status = nd_svd(r, q, q, a, a + q * q, NULL, NULL);
    *norm = a[q * q];
    nd_release(nd_handle_context(r), a);
    return status;
}

/* ---- one equilibrium --------------------------------------------------------------------------------------------- */

static int unique_only(nndyn_recurrent *r, double *bound, int *unique)
{
    double first = nd_activation_bounds_of(&r->rule.f).first, norm;
    ND_TRY(nd_check_pointer(r, unique, "unique"));
    if (first == ND_NO_BOUND) {
        return unbounded(r, "first");
    }
    ND_TRY(spectral_norm(r, &norm));
    norm *= first * fabs(r->gain);
    if (bound != NULL) {
        *bound = norm;
    }
    *unique = norm < 1;
    return NNDYN_OK;
}

int nndyn_recurrent_unique(nndyn_recurrent *recurrent, double *bound, int *unique)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_unique"));
    return nd_leave(recurrent, unique_only(recurrent, bound, unique));
}

/* ---- a ball ------------------------------------------------------------------------------------------------------ */

static const nd_option_spec ball_spec[] = {{"tolerance", ND_REAL, DBL_MIN, DBL_MAX, 1e-6, NULL}};

static double longest_row(const nndyn_recurrent *r)
{
    double most = 0;
    for (int64_t i = 0; i < r->rule.q; i++) {
        most = fmax(most, r->rule.kernels->sum_squares(r->rule.q, r->bulk + i * r->rule.q));
    }
    return sqrt(most);
}

/* room: q x q + 5 q */
static int contraction_at(nndyn_recurrent *r, const double *state, double tolerance, double *room, double *mu)
{
    int64_t q = r->rule.q;
    double *slopes = room + q * q, *work = slopes + q;
    double residual = nd_recurrent_linearize(r, state, slopes, work);
    ND_TRY(nd_recurrent_check_fixed(r, 0, residual, tolerance));
    nd_stability_matrix(q, slopes, r->rule.w, room);
    return nd_contraction(r, q, room, work, mu);
}

static int ball(nndyn_recurrent *r, const double *state, const nndyn_options *options, double *contraction,
                double *radius)
{
    int64_t q = r->rule.q;
    double second = nd_activation_bounds_of(&r->rule.f).second, norm, mu = 0, *room = NULL;
    nd_option_value tolerance;
    ND_TRY(nd_check_pointer(r, state, "state"));
    ND_TRY(nd_check_pointer(r, radius, "radius"));
    ND_TRY(nd_options_read(r, options, ball_spec, 1, &tolerance));
    ND_TRY(nd_check_finite(r, 1, r->n, state, "state"));
    if (second == ND_NO_BOUND) {
        return unbounded(r, "second");
    }
    ND_TRY(nd_check_memory(r, (double)(q * q + 5 * q) * sizeof *room + nd_symmetric_eigen_bytes(q, 0), "the ball"));
    ND_TRY(nd_allocate_for(r, q * q + 5 * q, sizeof *room, &room));
    int status = contraction_at(r, state, tolerance.real, room, &mu);
    nd_release(nd_handle_context(r), room);
    ND_TRY(status);
    ND_TRY(spectral_norm(r, &norm));
    double growth = second * r->gain * r->gain * longest_row(r) * norm;
    *radius = mu >= 0 ? 0 : growth > 0 ? -mu / growth : INFINITY;
    if (contraction != NULL) {
        *contraction = mu;
    }
    return NNDYN_OK;
}

int nndyn_recurrent_ball(nndyn_recurrent *recurrent, const double *state, const nndyn_options *options,
                         double *contraction, double *radius)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_ball"));
    return nd_leave(recurrent, ball(recurrent, state, options, contraction, radius));
}

/* ---- energy ------------------------------------------------------------------------------------------------------ */

/* int_0^x f^-1, inside the range of f. */
static double of_identity(double x, double p)
{
    (void)p;
    return 0.5 * x * x;
}

static double of_leaky_relu(double x, double p)
{
    return x < 0 ? 0.5 * x * x / p : 0.5 * x * x;
}

static double of_tanh(double x, double p)
{
    (void)p;
    return 0.5 * ((1 + x) * log1p(x) + (1 - x) * log1p(-x));
}

static double of_sigmoid(double x, double p)
{
    (void)p;
    return x * log(x) + (1 - x) * log1p(-x);
}

/* (1 - exp(-y^2)) / sqrt pi at y = erf^-1(x), by Newton's method on erfc where erf is flat. */
static double of_erf(double x, double p)
{
    (void)p;
    double a = fabs(x), y = a < 0.9 ? a : sqrt(-log1p(-a));
    for (int i = 0; i < 60; i++) {
        double gap = a < 0.5 ? erf(y) - a : (1 - a) - erfc(y);
        double slope = 1.1283791670955126 * exp(-y * y), change = gap / slope;
        change = change / (1 + y * change); /* Halley: f''/f' = -2 y */
        y -= change;
        if (fabs(change) <= 1e-16 * y) {
            break;
        }
    }
    return -expm1(-y * y) * 0.56418958354775629;
}

static double of_arctan(double x, double p)
{
    (void)p;
    return -log(cos(x));
}

static double of_softsign(double x, double p)
{
    (void)p;
    return -fabs(x) - log1p(-fabs(x));
}

static double of_isru(double x, double p)
{
    (void)p;
    return x * x / (1 + sqrt((1 - x) * (1 + x)));
}

static double of_exp(double x, double p)
{
    (void)p;
    return x * log(x) - x;
}

static const struct {
    double (*integral)(double x, double p);
    double least, most; /* the range of f is between */
} energies_of[ND_ACTIVATIONS] = {
    [NNDYN_IDENTITY] = {of_identity, -INFINITY, INFINITY},
    [NNDYN_LEAKY_RELU] = {of_leaky_relu, -INFINITY, INFINITY},
    [NNDYN_SIGMOID] = {of_sigmoid, 0, 1},
    [NNDYN_TANH] = {of_tanh, -1, 1},
    [NNDYN_ERF] = {of_erf, -1, 1},
    [NNDYN_ARCTAN] = {of_arctan, -1.5707963267948966, 1.5707963267948966},
    [NNDYN_SOFTSIGN] = {of_softsign, -1, 1},
    [NNDYN_ISRU] = {of_isru, -1, 1},
    [NNDYN_EXP] = {of_exp, 0, INFINITY},
};

static int check_symmetric(nndyn_recurrent *r)
{
    int64_t q = r->rule.q;
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < i; j++) {
            double a = r->bulk[i * q + j], b = r->bulk[j * q + i];
            if (fabs(a - b) > 1e-12 * fmax(fabs(a), fabs(b))) {
                return nd_fail(r, NNDYN_EARG,
                               "the weights are not symmetric: W[%lld][%lld] = %.9g, W[%lld][%lld] = %.9g; only of "
                               "symmetric ones there is an energy",
                               (long long)r->order[i], (long long)r->order[j], a, (long long)r->order[j],
                               (long long)r->order[i], b);
            }
        }
    }
    return NNDYN_OK;
}

static int check_range(nndyn_recurrent *r, int64_t count, const double *states, double least, double most)
{
    for (int64_t s = 0; s < count; s++) {
        for (int64_t i = 0; i < r->rule.q; i++) {
            double x = states[s * r->n + r->order[i]];
            if (!(x > least && x < most)) {
                return nd_fail(r, NNDYN_EDATA,
                               "states is %.9g in row %lld, column %lld (from 0), outside of the range (%.9g, %.9g) of "
                               "%s, where the energy is defined",
                               x, (long long)s, (long long)r->order[i], least, most,
                               nndyn_activation_name(r->rule.f.kind));
            }
        }
    }
    return NNDYN_OK;
}

/* room: 2 q */
static double energy_of(const nndyn_recurrent *r, const double *state, double *room)
{
    int64_t q = r->rule.q;
    double *x = room, *drive = room + q, sum = 0;
    nd_recurrent_gather(r, state, x);
    nd_recurrent_drive(r, state, drive);
    for (int64_t i = 0; i < q; i++) {
        double field = r->gain * r->rule.kernels->dot(q, r->bulk + i * q, x);
        sum += energies_of[r->rule.f.kind].integral(x[i], r->rule.f.parameter) - x[i] * (0.5 * field + drive[i]);
    }
    return sum;
}

static int energy(nndyn_recurrent *r, int64_t count, const double *states, double *energies)
{
    int kind = r->rule.f.kind;
    double *room = NULL;
    ND_TRY(nd_check_size(r, count, 1, INT64_MAX / (8 * (r->n + 1)), "count"));
    ND_TRY(nd_check_pointer(r, states, "states"));
    ND_TRY(nd_check_pointer(r, energies, "energies"));
    if (energies_of[kind].integral == NULL || (kind == NNDYN_LEAKY_RELU && !(r->rule.f.parameter > 0))) {
        return nd_fail(r, NNDYN_EUNSUPPORTED,
                       "the energy is provided for identity, leaky_relu (positive slope), sigmoid, tanh, erf, arctan, "
                       "softsign, isru and exp, not for %s",
                       nndyn_activation_name(kind));
    }
    ND_TRY(nd_check_finite(r, count, r->n, states, "states"));
    ND_TRY(check_symmetric(r));
    ND_TRY(check_range(r, count, states, energies_of[kind].least, energies_of[kind].most));
    ND_TRY(nd_allocate_for(r, 2 * r->rule.q, sizeof *room, &room));
    for (int64_t s = 0; s < count; s++) {
        energies[s] = energy_of(r, states + s * r->n, room);
    }
    nd_release(nd_handle_context(r), room);
    return NNDYN_OK;
}

int nndyn_recurrent_energy(nndyn_recurrent *recurrent, int64_t count, const double *states, double *energies)
{
    ND_TRY(nd_enter(recurrent, ND_RECURRENT, "nndyn_recurrent_energy"));
    return nd_leave(recurrent, energy(recurrent, count, states, energies));
}
