/* closed.c - public functions for what is known of a chain without running it at random.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <math.h>
#include <string.h>

/* ---- without noise ----------------------------------------------------------------------------------------------- */

static int check_start(nndyn_springblock *chain)
{
    const nd_springblock_parameters *p = &chain->p;
    if (p->start == 0 || (p->held && p->start == p->length)) {
        return NNDYN_OK;
    }
    return nd_fail(chain, NNDYN_EUNSUPPORTED,
                   "'start' is %.9g; where a chain comes to rest is known from 0%s only; run it without noise instead",
                   p->start, p->held ? " and from 'length'" : ", with 'pull' force,");
}

static int stuck(nndyn_springblock *chain, double *x, int64_t *moved)
{
    ND_TRY(check_start(chain));
    ND_TRY(nd_check_pointer(chain, x, "x"));
    const int64_t n = nd_springblock_rest(&chain->p, x);
    if (moved) {
        *moved = n;
    }
    return NNDYN_OK;
}

int nndyn_springblock_stuck(nndyn_springblock *chain, double *x, int64_t *moved)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_stuck"));
    return nd_leave(chain, stuck(chain, x, moved));
}

static int cascade(nndyn_springblock *chain, double *thresholds)
{
    const nd_springblock_parameters *p = &chain->p;
    ND_TRY(check_start(chain));
    ND_TRY(nd_check_pointer(chain, thresholds, "thresholds"));
    const double friction = nd_springblock_friction(p, p->start == 0 ? p->right : p->left);
    for (int64_t i = 0; i < p->blocks; i++) {
        const double n = (double)(i + 1);
        thresholds[i] = p->held ? 0.5 * friction * n * (n + 1) / p->spring : friction * n;
    }
    return NNDYN_OK;
}

int nndyn_springblock_cascade(nndyn_springblock *chain, double *thresholds)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_cascade"));
    return nd_leave(chain, cascade(chain, thresholds));
}

/* ---- stationary -------------------------------------------------------------------------------------------------- */

int nndyn_springblock_equilibrium(nndyn_springblock *chain, double *x)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_equilibrium"));
    const int status = nd_check_pointer(chain, x, "x");
    if (status == NNDYN_OK) {
        nd_springblock_stationary(&chain->p, x);
    }
    return nd_leave(chain, status);
}

/* Mobility of a block in the stationary state, where the mean force is the balance. */
static double mobility(const nndyn_springblock *chain)
{
    const nd_springblock_parameters *p = &chain->p;
    const double amplitude = nd_springblock_amplitude(p, chain->step);
    const double force = nd_springblock_balance(p);
    nd_springblock_moments moments;
    if (p->order == 1) {
        return nd_springblock_drift(p, amplitude, force).mobility;
    }
    if (amplitude > 0) {
        return nd_springblock_velocity(p, amplitude, force, &moments) == 0 ? moments.mobility : 0;
    }
    /* nothing but damping holds it; without that it swings for ever */
    return p->right == 0 && p->left == 0 && p->damping > 0 ? 1 / p->damping : 0;
}

int nndyn_springblock_relaxation_time(nndyn_springblock *chain, double *steps)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_relaxation_time"));
    const int status = nd_check_pointer(chain, steps, "steps");
    if (status == NNDYN_OK) {
        *steps = 1 / (chain->p.step * nd_springblock_softest(&chain->p) * mobility(chain));
    }
    return nd_leave(chain, status);
}

/* step V / (2 mobility) times the inverse of the matrix of springs. */
static int covariance(nndyn_springblock *chain, double *out)
{
    const nd_springblock_parameters *p = &chain->p;
    ND_TRY(nd_check_pointer(chain, out, "covariance"));
    if (p->order == 2 || p->common) {
        return nd_fail(chain, NNDYN_EUNSUPPORTED,
                       "the covariance is known for 'order' 1 with independent noise only; this chain has %s; take "
                       "deviations from nndyn_springblock_ensemble instead",
                       p->order == 2 ? "order 2" : "common noise");
    }
    const double amplitude = nd_springblock_amplitude(p, chain->step);
    const nd_springblock_moments at = nd_springblock_drift(p, amplitude, nd_springblock_balance(p));
    if (!(amplitude > 0) || !(at.mobility > 0)) {
        return nd_fail(
            chain, NNDYN_ENUMERIC,
            "the noise on a block is %.9g, which never frees it from friction of %.9g; there is no stationary "
            "state without more noise",
            amplitude, 0.5 * (p->right + p->left));
    }
    const double scale = 0.5 * p->step * at.square / (at.mobility * p->spring);
    for (int64_t i = 0; i < p->blocks; i++) {
        for (int64_t j = 0; j < p->blocks; j++) {
            const double near = (double)(i < j ? i + 1 : j + 1);
            const double far = (double)(i < j ? j + 1 : i + 1);
            out[i * p->blocks + j] = scale * (p->held ? near * (1 - far / (double)(p->blocks + 1)) : near);
        }
    }
    return NNDYN_OK;
}

int nndyn_springblock_covariance(nndyn_springblock *chain, double *out)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_covariance"));
    return nd_leave(chain, covariance(chain, out));
}

/* ---- one block --------------------------------------------------------------------------------------------------- */

/* Order 2 has a density of the velocity if there is noise, and something that keeps it from growing. */
static int check_density(nndyn_springblock *chain, double amplitude, int64_t n, const double *force)
{
    const nd_springblock_parameters *p = &chain->p;
    if (p->order == 2 && !(amplitude > 0)) {
        return nd_fail(chain, NNDYN_EUNSUPPORTED,
                       "the noise on a block is 0, and with 'order' 2 its velocity then has no density; give it noise");
    }
    for (int64_t i = 0; p->order == 2 && p->damping == 0 && i < n; i++) {
        if (force[i] >= p->mass * p->right || -force[i] >= p->mass * p->left) {
            return nd_fail(chain, NNDYN_ENUMERIC,
                           "force[%lld] is %.9g, beyond the friction, and without damping the velocity grows for ever; "
                           "give 'damping', or forces between %.9g and %.9g",
                           (long long)i, force[i], -p->mass * p->left, p->mass * p->right);
        }
    }
    return NNDYN_OK;
}

static int drift(nndyn_springblock *chain, int64_t n, const double *force, double *mean, double *square, double *slope)
{
    const nd_springblock_parameters *p = &chain->p;
    const double amplitude = nd_springblock_amplitude(p, chain->step);
    ND_TRY(nd_check_size(chain, n, 0, INT64_MAX / 16, "n"));
    ND_TRY(nd_check_pointer(chain, force, "force"));
    ND_TRY(nd_check_pointer(chain, mean, "mean"));
    ND_TRY(nd_check_finite(chain, 1, n, force, "force"));
    ND_TRY(check_density(chain, amplitude, n, force));
    for (int64_t i = 0; i < n; i++) {
        nd_springblock_moments moments = {0};
        if (p->order == 1) {
            moments = nd_springblock_drift(p, amplitude, force[i]);
        } else if (nd_springblock_velocity(p, amplitude, force[i], &moments) != 0) {
            return nd_fail(chain, NNDYN_EINTERNAL, "force[%lld] passed the check and has no density", (long long)i);
        }
        mean[i] = moments.mean;
        if (square) {
            square[i] = moments.square;
        }
        if (slope) {
            slope[i] = moments.mobility;
        }
    }
    return NNDYN_OK;
}

int nndyn_springblock_drift(nndyn_springblock *chain, int64_t n, const double *force, double *mean, double *square,
                            double *mobility_out)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_drift"));
    return nd_leave(chain, drift(chain, n, force, mean, square, mobility_out));
}

/* ---- the mean field ---------------------------------------------------------------------------------------------- */

enum { PIECE = 1 << 17 }; /* blocks moved between two reports: some 20 ms */

static int follow(nndyn_springblock *chain, int64_t steps, double *x)
{
    const int64_t piece = 1 + PIECE / chain->p.blocks;
    nd_task task;
    nd_task_begin(&task, chain, "spring-block mean field");
    for (int64_t done = 0; done < steps;) {
        const int64_t more = steps - done < piece ? steps - done : piece;
        nd_springblock_mean_field(&chain->p, chain->step + done, more, x);
        done += more;
        ND_TRY(nd_task_report(&task, (double)done / (double)steps));
    }
    return NNDYN_OK;
}

static int mean_field(nndyn_springblock *chain, int64_t steps, double *x)
{
    const size_t bytes = (size_t)chain->p.blocks * sizeof *x;
    double *own;
    ND_TRY(nd_springblock_check_steps(chain, steps));
    ND_TRY(nd_check_pointer(chain, x, "x"));
    if (chain->p.order == 2) {
        return nd_fail(chain, NNDYN_EUNSUPPORTED,
                       "the mean field is that of 'order' 1, and this chain has order 2; run an ensemble instead");
    }
    ND_TRY(nd_check_memory(chain, (double)bytes, "the mean field"));
    ND_TRY(nd_allocate_for(chain, chain->p.blocks, sizeof *own, &own));
    memcpy(own, chain->x, bytes);
    int status = follow(chain, steps, own);
    if (status == NNDYN_OK) {
        status = nd_springblock_check_profile(chain, own);
    }
    if (status == NNDYN_OK) {
        memcpy(x, own, bytes);
    }
    nd_release(nd_handle_context(chain), own);
    return status;
}

int nndyn_springblock_mean_field(nndyn_springblock *chain, int64_t steps, double *x)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_mean_field"));
    return nd_leave(chain, mean_field(chain, steps, x));
}
