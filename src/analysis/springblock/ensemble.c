/* ensemble.c - many copies of a chain, and what is said of them: means, deviations, curvature and its error.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

enum { MOST_RUNS = 1 << 24 };

/* ---- statistics of a cell ---------------------------------------------------------------------------------------- */

int64_t nd_springblock_window(int64_t steps, double fraction)
{
    return (int64_t)floor(fraction * (double)steps + 0.5);
}

void nd_springblock_mean(const nd_springblock_fleet *fleet, int64_t cell, double *mean)
{
    for (int64_t l = 0; l < fleet->chain->p.blocks; l++) {
        nd_sum sum = {0};
        for (int64_t run = 0; run < fleet->runs; run++) {
            nd_sum_add(&sum, nd_springblock_position(fleet, cell, run, l));
        }
        mean[l] = nd_sum_value(&sum) / (double)fleet->runs;
    }
}

/* Over runs, and the averaged steps of each. */
static void deviations(const nd_springblock_fleet *fleet, const double *mean, double *out)
{
    const double window = fleet->window > 1 ? (double)fleet->window : 1;
    const double samples = window * (double)fleet->runs;
    for (int64_t l = 0; l < fleet->chain->p.blocks; l++) {
        nd_sum sum = {0};
        for (int64_t run = 0; run < fleet->runs; run++) {
            const double away = nd_springblock_position(fleet, 0, run, l) - mean[l];
            nd_sum_add(&sum, nd_springblock_scatter(fleet, 0, run, l) + window * away * away);
        }
        out[l] = samples > 1 ? sqrt(fmax(nd_sum_value(&sum), 0) / (samples - 1)) : 0;
    }
}

/* kappa and bow are ratios: these are what stands above x_L, both linear in the profile. */
typedef struct bend {
    double kappa, bow, end;
} bend;

static void add_block(bend *b, int64_t blocks, int64_t block, double x)
{
    b->kappa += (block == 0 ? x : 0) - (block == blocks - 1 ? x : 0) + (block == blocks - 2 ? x : 0);
    b->bow += (block == blocks - 1 ? 0.5 * x : 0) - x / (double)(blocks + 1);
    b->end += block == blocks - 1 ? x : 0;
}

nd_springblock_curvature nd_springblock_bend(int64_t blocks, const double *x)
{
    bend b = {0};
    for (int64_t l = 0; l < blocks; l++) {
        add_block(&b, blocks, l, x[l]);
    }
    if (!(b.end > 0)) {
        return (nd_springblock_curvature){NAN, NAN, NAN, NAN};
    }
    return (nd_springblock_curvature){.kappa = b.kappa / b.end, .bow = b.bow / b.end};
}

/* The error of a ratio of means is that of the mean of (above - ratio below), over the mean of what is below. */
nd_springblock_curvature nd_springblock_bends(const nd_springblock_fleet *fleet, int64_t cell, const double *mean)
{
    const int64_t blocks = fleet->chain->p.blocks;
    nd_springblock_curvature result = nd_springblock_bend(blocks, mean);
    nd_sum kappa = {0}, bow = {0};
    for (int64_t run = 0; run < fleet->runs; run++) {
        bend b = {0};
        for (int64_t l = 0; l < blocks; l++) {
            add_block(&b, blocks, l, nd_springblock_position(fleet, cell, run, l));
        }
        const double kappa_away = b.kappa - result.kappa * b.end;
        const double bow_away = b.bow - result.bow * b.end;
        nd_sum_add(&kappa, kappa_away * kappa_away);
        nd_sum_add(&bow, bow_away * bow_away);
    }
    const double runs = (double)fleet->runs;
    const double scale = fleet->runs > 1 ? 1 / (sqrt(runs * (runs - 1)) * mean[blocks - 1]) : NAN;
    result.kappa_error = scale * sqrt(nd_sum_value(&kappa));
    result.bow_error = scale * sqrt(nd_sum_value(&bow));
    return result;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static const nd_option_spec specs[] = {{"average", ND_REAL, 0, 1, 0, NULL}};

/* Where results go. */
typedef struct outputs {
    double *mean, *deviation, *kappa, *bow, *profiles;
} outputs;

static void copy_profiles(const nd_springblock_fleet *fleet, double *out)
{
    const int64_t blocks = fleet->chain->p.blocks;
    for (int64_t run = 0; run < fleet->runs; run++) {
        for (int64_t l = 0; l < blocks; l++) {
            out[run * blocks + l] = nd_springblock_position(fleet, 0, run, l);
        }
    }
}

static void report(const nd_springblock_fleet *fleet, const outputs *to)
{
    nd_springblock_mean(fleet, 0, to->mean);
    const nd_springblock_curvature c = nd_springblock_bends(fleet, 0, to->mean);
    if (to->deviation) {
        deviations(fleet, to->mean, to->deviation);
    }
    if (to->kappa) {
        to->kappa[0] = c.kappa;
        to->kappa[1] = c.kappa_error;
    }
    if (to->bow) {
        to->bow[0] = c.bow;
        to->bow[1] = c.bow_error;
    }
    if (to->profiles) {
        copy_profiles(fleet, to->profiles);
    }
}

static int fly(nd_springblock_fleet *fleet, int64_t steps)
{
    nd_task task;
    nd_task_begin(&task, fleet->chain, "spring-block ensemble");
    ND_TRY(nd_springblock_advance(fleet, steps, &task, 0, 1));
    return nd_springblock_check_cell(fleet, 0);
}

static int ensemble(nndyn_springblock *chain, int64_t runs, int64_t steps, const nndyn_options *options,
                    const outputs *to)
{
    nd_option_value average;
    nd_springblock_fleet fleet;
    ND_TRY(nd_check_size(chain, runs, 1, MOST_RUNS, "runs"));
    ND_TRY(nd_springblock_check_steps(chain, steps));
    ND_TRY(nd_options_read(chain, options, specs, 1, &average));
    ND_TRY(nd_check_pointer(chain, to->mean, "mean"));
    const int64_t window = nd_springblock_window(steps, average.real);
    int status = nd_springblock_launch(chain, &chain->p, 1, runs, steps, window, &fleet);
    if (status == NNDYN_OK) {
        status = fly(&fleet, steps);
    }
    if (status == NNDYN_OK) {
        report(&fleet, to);
    }
    nd_springblock_land(&fleet);
    return status;
}

int nndyn_springblock_ensemble(nndyn_springblock *chain, int64_t runs, int64_t steps, const nndyn_options *options,
                               double *mean, double *deviation, double *kappa, double *bow, double *profiles)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_ensemble"));
    const outputs to = {mean, deviation, kappa, bow, profiles};
    return nd_leave(chain, ensemble(chain, runs, steps, options, &to));
}
