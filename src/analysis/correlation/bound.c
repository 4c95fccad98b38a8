/* bound.c - a-priori bounds of the distance from the linear model, by norms at initialization (docs/correlations.md).
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- the linear model -------------------------------------------------------------------------------------------- */

/* x_i = eta kappa lambda_i: mode i contracts by 1 - x_i a step; eigenvalues within rounding of 0 count as 0. */
static double mode(const nd_bound *b, int64_t i)
{
    return b->eta * b->kappa * fmax(b->eigenvalues[i], 0);
}

static double contraction(const nd_bound *b)
{
    double rho = 0;
    for (int64_t i = 0; i < b->outputs; i++) {
        rho = fmax(rho, fabs(1 - mode(b, i)));
    }
    return rho;
}

static double linear_residual(const nd_bound *b, int64_t step)
{
    double squares = 0;
    for (int64_t i = 0; i < b->outputs; i++) {
        const double left = b->residuals[i] * pow(1 - mode(b, i), (double)step);
        squares += left * left;
    }
    return b->kappa * sqrt(squares);
}

/* ---- the two bounds ---------------------------------------------------------------------------------------------- */

/* dev, the drift D of eta times the kernel, and c2, all from their largest possible changes in each step.  Beyond
 * kappa D + rho = 1 the residual need not shrink any more, and the bound grows without end. */
static int sequential(const nd_bound *b, double rho, double *bound)
{
    const double square = b->c11 * b->c11;
    double deviation = 0, drift = 0, c2 = b->c02;
    int diverged = 0;
    bound[0] = 0;
    for (int64_t s = 0; s < b->steps; s++) {
        const double e = linear_residual(b, s) + b->kappa * deviation;
        deviation = rho * deviation + drift * e + c2 * e * e + b->c03 * e * e * e;
        drift += 4 * c2 * e + (square + 6 * b->c03) * e * e;
        c2 += (3 * b->c03 + square) * e;
        diverged = diverged || !isfinite(deviation) || (drift > 0 && b->kappa * drift + rho >= 1);
        bound[s + 1] = isfinite(deviation) ? deviation : (double)INFINITY;
        deviation = bound[s + 1];
    }
    return diverged ? NNDYN_CORRELATION_DIVERGED : 0;
}

/* |e_s| <= E0 rho'^s with rho' = rho + kappa (D + r), D and r the fixed point of their own consequences. */
static int close_up(const nd_bound *b, double rho, double closed[2])
{
    enum { ROUNDS = 10000 };
    const double square = b->c11 * b->c11, start = linear_residual(b, 0);
    double drift = 0, rest = 0, rate = rho;
    int settled = 0;
    for (int i = 0; i < ROUNDS && rate < 1 && !settled; i++) {
        const double a = start / (1 - rate), q = start * start / (1 - rate * rate);
        drift = 4 * b->c02 * a + (6 * b->c03 + 2 * square) * a * a + (square + 6 * b->c03) * q;
        rest = (b->c02 + (3 * b->c03 + square) * a) * start + b->c03 * start * start;
        const double next = rho + b->kappa * (drift + rest);
        settled = next - rate <= 4 * DBL_EPSILON * next;
        rate = next;
    }
    closed[1] = settled || !(rate < 1) ? rate : 1;
    if (!(closed[1] < 1)) {
        closed[0] = start > 0 ? (double)INFINITY : 0;
        return start > 0 ? NNDYN_CORRELATION_INFEASIBLE : 0;
    }
    /* sup over real s of s rate^(s-1); at s = 1 already past it where rate < 1/e */
    const double most = rate > exp(-1) ? 1 / (exp(1) * rate * -log(rate)) : 1;
    closed[0] = (drift + rest) * start * most;
    return 0;
}

int nd_correlation_bound(const nd_bound *b, double *bound, double *closed)
{
    const double rho = contraction(b);
    double largest = 0, pair[2];
    for (int64_t i = 0; i < b->outputs; i++) {
        largest = fmax(largest, mode(b, i));
    }
    int flags = largest >= 2 ? NNDYN_CORRELATION_UNSTABLE : 0;
    flags |= sequential(b, rho, bound);
    flags |= close_up(b, rho, closed != NULL ? closed : pair);
    return flags;
}

/* ---- from norms -------------------------------------------------------------------------------------------------- */

static int check_spectrum(void *handle, int64_t count, const double *eigenvalues)
{
    double least = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        least = fmin(least, eigenvalues[i]);
        largest = fmax(largest, eigenvalues[i]);
    }
    if (least < -1e-8 * largest) {
        return nd_fail(handle, NNDYN_EARG,
                       "the kernel has the eigenvalue %g beside a largest one of %g; J J' has none below 0 beyond "
                       "rounding",
                       least, largest);
    }
    return NNDYN_OK;
}

static int check_numbers(nndyn_context *context, const nd_bound *b)
{
    ND_TRY(nd_check_real(context, b->c02, 0, 1e150, "c02"));
    ND_TRY(nd_check_real(context, b->c03, 0, 1e150, "c03"));
    ND_TRY(nd_check_real(context, b->c11, 0, 1e75, "c11"));
    ND_TRY(nd_check_size(context, b->outputs, 1, ND_BOUND_MOST, "outputs"));
    ND_TRY(nd_check_real(context, b->eta, 1e-300, 1e300, "eta"));
    ND_TRY(nd_check_real(context, b->kappa, 1e-300, 1e300, "kappa"));
    ND_TRY(nd_check_size(context, b->steps, 1, ND_BOUND_MOST, "steps"));
    ND_TRY(nd_correlation_array(context, 1, b->outputs, b->eigenvalues, "eigenvalues"));
    ND_TRY(nd_correlation_array(context, 1, b->outputs, b->residuals, "residuals"));
    return check_spectrum(context, b->outputs, b->eigenvalues);
}

static int bound_of(nndyn_context *context, const nd_bound *b, double *bound, double *closed, int *flags)
{
    double *aside, pair[2];
    ND_TRY(check_numbers(context, b));
    ND_TRY(nd_check_pointer(context, bound, "bound"));
    ND_TRY(nd_allocate_for(context, b->steps + 1, sizeof *aside, &aside));
    const int found = nd_correlation_bound(b, aside, pair);
    memcpy(bound, aside, (size_t)(b->steps + 1) * sizeof *bound);
    nd_release(context, aside);
    if (closed != NULL) {
        memcpy(closed, pair, sizeof pair);
    }
    if (flags != NULL) {
        *flags = found;
    }
    return NNDYN_OK;
}

int nndyn_correlation_bound(nndyn_context *context, double c02, double c03, double c11, int64_t outputs, double eta,
                            double kappa, const double *eigenvalues, const double *residuals, int64_t steps,
                            double *bound, double *closed, int *flags)
{
    const nd_bound b = {c02, c03, c11, outputs, eta, kappa, eigenvalues, residuals, steps};
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_correlation_bound"));
    return nd_leave(context, bound_of(context, &b, bound, closed, flags));
}

/* ---- from tensors ------------------------------------------------------------------------------------------------ */

/* Eigenvalues of J J', and f - y in the basis of its eigenvectors; work: M x M. */
static int diagonalize(nndyn_correlations *c, void *handle, const double *y, double *work, double *eigenvalues,
                       double *residuals)
{
    const int64_t m = c->outputs;
    for (int64_t i = 0; i < m * m; i++) {
        work[i] = c->tensor[ND_C01][i] / c->eta;
    }
    ND_TRY(nd_symmetric_eigen(handle, m, work, 1, eigenvalues));
    ND_TRY(check_spectrum(handle, m, eigenvalues));
    for (int64_t k = 0; k < m; k++) {
        residuals[k] = 0;
        for (int64_t i = 0; i < m; i++) {
            residuals[k] += work[k * m + i] * (c->tensor[ND_C00][i] - y[i]);
        }
    }
    return NNDYN_OK;
}

int nd_correlations_bound(nndyn_correlations *c, void *handle, const double *y, double kappa, int64_t steps,
                          const nd_option_value *values, double *bound, double *closed, int *flags)
{
    const int64_t m = c->outputs;
    double norms[3], *work;
    const int places[3] = {ND_C02, ND_C03, ND_C11};
    for (int i = 0; i < 3; i++) {
        ND_TRY(nd_correlation_norm(handle, c, places[i], values, NULL, &norms[i], NULL));
    }
    ND_TRY(nd_allocate_for(handle, m * (m + 2), sizeof *work, &work));
    double *eigenvalues = work + m * m, *residuals = eigenvalues + m;
    const int status = diagonalize(c, handle, y, work, eigenvalues, residuals);
    if (status == NNDYN_OK) {
        const nd_bound b = {norms[0], norms[1], norms[2], m, c->eta, kappa, eigenvalues, residuals, steps};
        *flags = nd_correlation_bound(&b, bound, closed);
    }
    nd_release(nd_handle_context(handle), work);
    return status;
}

static int bound_within(nndyn_correlations *c, const double *y, double kappa, int64_t steps,
                        const nndyn_options *options, double *bound, double *closed, int *flags)
{
    static const nd_option_spec specs[ND_NORM_OPTIONS] = {ND_NORM_SPECS};
    nd_option_value values[ND_NORM_OPTIONS];
    double *aside, pair[2];
    int found;
    ND_TRY(nd_correlations_need(c, NNDYN_CORRELATION_C02 | NNDYN_CORRELATION_C03 | NNDYN_CORRELATION_C11));
    ND_TRY(nd_correlation_array(c, 1, c->outputs, y, "y"));
    ND_TRY(nd_check_real(c, kappa, 1e-300, 1e300, "kappa"));
    ND_TRY(nd_check_size(c, steps, 1, ND_BOUND_MOST, "steps"));
    ND_TRY(nd_check_pointer(c, bound, "bound"));
    ND_TRY(nd_options_read(c, options, specs, ND_NORM_OPTIONS, values));
    ND_TRY(nd_allocate_for(c, steps + 1, sizeof *aside, &aside));
    const int status = nd_correlations_bound(c, c, y, kappa, steps, values, aside, pair, &found);
    if (status == NNDYN_OK) {
        memcpy(bound, aside, (size_t)(steps + 1) * sizeof *bound);
        if (closed != NULL) {
            memcpy(closed, pair, sizeof pair);
        }
        if (flags != NULL) {
            *flags = found | c->flags;
        }
    }
    nd_release(c->handle.context, aside);
    return status;
}

int nndyn_correlations_bound(nndyn_correlations *correlations, const double *y, double kappa, int64_t steps,
                             const nndyn_options *options, double *bound, double *closed, int *flags)
{
    ND_TRY(nd_enter(correlations, ND_CORRELATIONS, "nndyn_correlations_bound"));
    return nd_leave(correlations, bound_within(correlations, y, kappa, steps, options, bound, closed, flags));
}
