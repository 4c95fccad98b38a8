/* phase.c - the phase diagram: the chain for every friction and noise of a grid, by ensembles or by the mean field.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <string.h>

enum {
    MOST_CELLS = 1 << 24,
    MOST_RUNS = 1 << 24,
    BATCH = 1 << 26, /* bytes of cells that run at the same time */
    WORK = 1 << 17   /* blocks the mean field moves between two reports */
};

enum { RIGHT, LEFT, BOTH };

static const nd_option_spec specs[] = {
    {"axis", ND_TEXT, 0, 0, 0, "right|left|both"},
    {"average", ND_REAL, 0, 1, 0, NULL},
};

/* The question and, cell by cell, the answer. */
typedef struct diagram {
    nndyn_springblock *chain;
    int64_t frictions, noises, cells;
    const double *friction, *noise;
    int64_t runs, steps, window;
    int axis;
    nd_springblock_parameters *parameters;
    double *kappa, *kappa_error, *bow, *bow_error, *profiles; /* cells, the last one cells x L */
    nd_arena arena;
    nd_task task;
} diagram;

static void carve(nd_arena *arena, diagram *d)
{
    d->parameters = nd_arena_take(arena, d->cells, sizeof *d->parameters);
    d->kappa = nd_arena_take(arena, d->cells, sizeof(double));
    d->kappa_error = nd_arena_take(arena, d->cells, sizeof(double));
    d->bow = nd_arena_take(arena, d->cells, sizeof(double));
    d->bow_error = nd_arena_take(arena, d->cells, sizeof(double));
    d->profiles = nd_arena_take(arena, nd_product(d->cells, d->chain->p.blocks), sizeof(double));
}

static void fill_parameters(diagram *d)
{
    for (int64_t i = 0; i < d->cells; i++) {
        nd_springblock_parameters *p = &d->parameters[i];
        *p = d->chain->p;
        p->noise = d->noise[i % d->noises];
        if (d->axis != LEFT) {
            p->right = d->friction[i / d->noises];
        }
        if (d->axis != RIGHT) {
            p->left = d->friction[i / d->noises];
        }
    }
}

static void put(diagram *d, int64_t cell, const nd_springblock_curvature *c)
{
    d->kappa[cell] = c->kappa;
    d->kappa_error[cell] = c->kappa_error;
    d->bow[cell] = c->bow;
    d->bow_error[cell] = c->bow_error;
}

/* ---- ensembles --------------------------------------------------------------------------------------------------- */

static int fly(diagram *d, nd_springblock_fleet *fleet, int64_t first)
{
    const double from = (double)first / (double)d->cells;
    const double to = (double)(first + fleet->count) / (double)d->cells;
    ND_TRY(nd_springblock_advance(fleet, d->steps, &d->task, from, to));
    for (int64_t i = 0; i < fleet->count; i++) {
        double *mean = d->profiles + (first + i) * d->chain->p.blocks;
        ND_TRY(nd_springblock_check_cell(fleet, i));
        nd_springblock_mean(fleet, i, mean);
        const nd_springblock_curvature c = nd_springblock_bends(fleet, i, mean);
        put(d, first + i, &c);
    }
    return NNDYN_OK;
}

/* Cells that fit into a batch, or into the memory limit if that is less; at least one. */
static int64_t batch_of(const diagram *d)
{
    const int64_t limit = nd_context_memory_limit(nd_handle_context(d->chain));
    const double bytes = limit > 0 && limit < BATCH ? (double)limit : BATCH;
    const double one = (double)(d->runs + ND_SPRINGBLOCK_LANES) * (double)d->chain->p.blocks * 5 * sizeof(double);
    const int64_t cells = (int64_t)(bytes / one);
    return cells < 1 ? 1 : cells;
}

static int run_ensembles(diagram *d)
{
    const int64_t batch = batch_of(d);
    for (int64_t first = 0; first < d->cells; first += batch) {
        const int64_t count = d->cells - first < batch ? d->cells - first : batch;
        nd_springblock_fleet fleet;
        int status =
            nd_springblock_launch(d->chain, d->parameters + first, count, d->runs, d->steps, d->window, &fleet);
        if (status == NNDYN_OK) {
            status = fly(d, &fleet, first);
        }
        nd_springblock_land(&fleet);
        ND_TRY(status);
    }
    return NNDYN_OK;
}

/* ---- the mean field ---------------------------------------------------------------------------------------------- */

typedef struct piece {
    diagram *d;
    int64_t done, steps;
} piece;

static void follow_cell(void *job, int64_t index)
{
    const piece *part = job;
    diagram *d = part->d;
    nd_springblock_mean_field(&d->parameters[index], d->chain->step + part->done, part->steps,
                              d->profiles + index * d->chain->p.blocks);
}

static int run_mean_field(diagram *d)
{
    const int64_t blocks = d->chain->p.blocks;
    const int64_t length = 1 + WORK / (d->cells * blocks);
    for (int64_t i = 0; i < d->cells; i++) {
        memcpy(d->profiles + i * blocks, d->chain->x, (size_t)blocks * sizeof(double));
    }
    for (int64_t done = 0; done < d->steps;) {
        piece part = {d, done, d->steps - done < length ? d->steps - done : length};
        ND_TRY(nd_parallel(nd_handle_context(d->chain), d->cells, follow_cell, &part));
        done += part.steps;
        ND_TRY(nd_task_report(&d->task, (double)done / (double)d->steps));
    }
    for (int64_t i = 0; i < d->cells; i++) {
        ND_TRY(nd_springblock_check_profile(d->chain, d->profiles + i * blocks));
        const nd_springblock_curvature c = nd_springblock_bend(blocks, d->profiles + i * blocks);
        put(d, i, &c);
    }
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int check_axis(nndyn_springblock *chain, int64_t n, const double *values, const char *count, const char *array)
{
    ND_TRY(nd_check_size(chain, n, 1, MOST_CELLS, count));
    ND_TRY(nd_check_pointer(chain, values, array));
    ND_TRY(nd_check_finite(chain, 1, n, values, array));
    for (int64_t i = 0; i < n; i++) {
        if (values[i] < 0) {
            return nd_fail(chain, NNDYN_EARG, "%s[%lld] is %.9g; every one must be at least 0", array, (long long)i,
                           values[i]);
        }
    }
    return NNDYN_OK;
}

static int check(diagram *d, const nndyn_options *options)
{
    nd_option_value values[2];
    ND_TRY(check_axis(d->chain, d->frictions, d->friction, "frictions", "friction"));
    ND_TRY(check_axis(d->chain, d->noises, d->noise, "noises", "noise"));
    d->cells = d->frictions * d->noises;
    ND_TRY(nd_check_size(d->chain, d->cells, 1, MOST_CELLS, "frictions times noises"));
    ND_TRY(nd_check_size(d->chain, d->runs, 0, MOST_RUNS, "runs"));
    ND_TRY(nd_springblock_check_steps(d->chain, d->steps));
    ND_TRY(nd_options_read(d->chain, options, specs, 2, values));
    d->axis = (int)values[0].integer;
    d->window = nd_springblock_window(d->steps, values[1].real);
    if (d->runs == 0 && d->chain->p.order == 2) {
        return nd_fail(d->chain, NNDYN_EUNSUPPORTED,
                       "runs is 0, the mean field, which is that of 'order' 1, and this chain has order 2; give runs");
    }
    if (d->runs == 0 && values[1].given) {
        return nd_fail(
            d->chain, NNDYN_EOPTION,
            "option 'average' was given, but runs is 0, and the mean field has nothing to average; leave it out");
    }
    return NNDYN_OK;
}

static void copy(int64_t count, const double *from, double *to)
{
    if (to) {
        memcpy(to, from, (size_t)count * sizeof *to);
    }
}

static int work(diagram *d, const diagram *to)
{
    carve(&d->arena, d);
    ND_TRY(nd_arena_reserve(&d->arena, d->chain));
    carve(&d->arena, d);
    fill_parameters(d);
    nd_task_begin(&d->task, d->chain, "spring-block phase diagram");
    ND_TRY(d->runs > 0 ? run_ensembles(d) : run_mean_field(d));
    copy(d->cells, d->kappa, to->kappa);
    copy(d->cells, d->kappa_error, to->kappa_error);
    copy(d->cells, d->bow, to->bow);
    copy(d->cells, d->bow_error, to->bow_error);
    copy(d->cells * d->chain->p.blocks, d->profiles, to->profiles);
    return NNDYN_OK;
}

static int phase(diagram *d, const nndyn_options *options, const diagram *to)
{
    ND_TRY(check(d, options));
    const double own = (double)(sizeof *d->parameters + (4 + (size_t)d->chain->p.blocks) * sizeof(double));
    ND_TRY(nd_check_memory(d->chain, (double)d->cells * own, "the phase diagram"));
    const int status = work(d, to);
    nd_arena_free(&d->arena);
    return status;
}

int nndyn_springblock_phase(nndyn_springblock *chain, int64_t frictions, const double *friction, int64_t noises,
                            const double *noise, int64_t runs, int64_t steps, const nndyn_options *options,
                            double *kappa, double *kappa_error, double *bow, double *bow_error, double *profiles)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_phase"));
    diagram d = {
        .chain = chain,
        .frictions = frictions,
        .noises = noises,
        .friction = friction,
        .noise = noise,
        .runs = runs,
        .steps = steps,
    };
    const diagram to = {
        .kappa = kappa, .kappa_error = kappa_error, .bow = bow, .bow_error = bow_error, .profiles = profiles};
    return nd_leave(chain, phase(&d, options, &to));
}
