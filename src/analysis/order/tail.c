/* tail.c - the order of logits of the linear substitution against that of true logits.  SPDX-License-Identifier: MIT */
#include "analysis/order/view.h"
#include <limits.h>
#include <math.h>

/* Columns that are ranked at a time, each with working memory of its own; numbers that are kept of a pass. */
enum { GROUP = 8, KEPT = 1 << 23 };

typedef struct tail {
    nndyn_network *network;
    nd_frozen *frozen;
    const nd_substitution *substitution;
    const nndyn_dataset *dataset;
    int64_t n, classes;
    int64_t first, cuts; /* those of this pass */
    double *truth;       /* n x classes */
    double *logits;      /* cuts x n x classes */
    nd_pair_item *items; /* GROUP x 2 n */
    double *tau, *rho;   /* all cuts x classes */
    int64_t column;      /* the first one of the group that is ranked */
    int finite;
    nd_arena arena;
} tail;

static void carve(tail *t)
{
    const int64_t numbers = nd_product(t->n, t->classes), results = nd_product(t->substitution->count, t->classes);
    t->truth = nd_arena_take(&t->arena, numbers, sizeof *t->truth);
    t->logits = nd_arena_take(&t->arena, nd_product(t->cuts, numbers), sizeof *t->logits);
    t->items = nd_arena_take(&t->arena, GROUP * 2 * t->n, sizeof *t->items);
    t->tau = nd_arena_take(&t->arena, results, sizeof *t->tau);
    t->rho = nd_arena_take(&t->arena, results, sizeof *t->rho);
}

/* What the network's outputs are before the activation it may end with. */
static const double *true_logits(const nndyn_network *network, const nd_workspace_f64 *workspace)
{
    int64_t l = network->layer_count - 1;
    while (l > 0 && network->layers[l].kind == NNDYN_DROPOUT) {
        l--;
    }
    return network->layers[l].kind == NNDYN_ACTIVATION ? workspace->sites[l].in : workspace->sites[l].out;
}

static int gather(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace)
{
    tail *t = user;
    const double *truth = true_logits(t->network, workspace);
    for (int64_t i = 0; i < count * t->classes; i++) {
        t->truth[first * t->classes + i] = truth[i];
        t->finite &= isfinite(truth[i]) != 0;
    }
    for (int64_t c = 0; c < t->cuts; c++) {
        const nd_cut *cut = &t->substitution->cuts[t->first + c];
        double *z = t->logits + (c * t->n + first) * t->classes;
        ND_TRY(nd_cut_logits(t->frozen, cut, count, nd_cut_output(cut, workspace), z));
        t->finite &= t->network->k64->all_finite(count * t->classes, z) != 0;
    }
    return NNDYN_OK;
}

/* One class of one cut. */
static void rank_column(void *job, int64_t index)
{
    tail *t = job;
    const int64_t column = t->column + index, cut = column / t->classes, k = column % t->classes;
    nd_pair_item *items = t->items + index * 2 * t->n;
    nd_pairs pairs;
    for (int64_t i = 0; i < t->n; i++) {
        const double z = t->logits[(cut * t->n + i) * t->classes + k];
        items[i] = (nd_pair_item){z, t->truth[i * t->classes + k], 0};
    }
    nd_concordance(t->n, items, items + t->n, &pairs);
    t->tau[t->first * t->classes + column] = pairs.tau_b;
    t->rho[t->first * t->classes + column] = pairs.rho;
}

static int rank_pass(tail *t)
{
    const int64_t columns = t->cuts * t->classes;
    nd_task task;
    ND_TRY(nd_frozen_walk(t->frozen, t->dataset, "order of tails", gather, t));
    if (!t->finite) {
        return nd_fail(t->network, NNDYN_ENUMERIC,
                       "a logit of the network or of its linear substitution is not finite");
    }
    nd_task_begin(&task, t->network, "ranks of tails");
    for (t->column = 0; t->column < columns; t->column += GROUP) {
        const int64_t count = columns - t->column < GROUP ? columns - t->column : GROUP;
        ND_TRY(nd_task_report(&task, (double)t->column / (double)columns));
        ND_TRY(nd_parallel(t->arena.context, count, rank_column, t));
    }
    return NNDYN_OK;
}

static int rank_all(tail *t)
{
    const int64_t all = t->substitution->count, fit = KEPT / t->n / t->classes;
    const int64_t most = fit < 1 ? 1 : fit < all ? fit : all;
    t->arena.context = t->network->handle.context;
    t->finite = 1;
    t->cuts = most;
    carve(t);
    ND_TRY(nd_check_memory(t->network, (double)t->arena.used, "the logits of the tails"));
    ND_TRY(nd_arena_reserve(&t->arena, t->network));
    carve(t);
    for (t->first = 0; t->first < all; t->first += most) {
        t->cuts = all - t->first < most ? all - t->first : most;
        ND_TRY(rank_pass(t));
    }
    return NNDYN_OK;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

typedef struct wanted {
    int64_t capacity;
    double *tau, *rho, *index;
    int64_t *cuts;
} wanted;

static double mean_of_numbers(int64_t n, const double *x)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            sum += x[i];
            count++;
        }
    }
    return count > 0 ? sum / (double)count : NAN;
}

static void hand_over(const tail *t, const wanted *w)
{
    for (int64_t c = 0; c < t->substitution->count; c++) {
        for (int64_t i = c * t->classes; i < (c + 1) * t->classes; i++) {
            if (w->tau != NULL) {
                w->tau[i] = t->tau[i];
            }
            if (w->rho != NULL) {
                w->rho[i] = t->rho[i];
            }
        }
        if (w->index != NULL) {
            w->index[c] = mean_of_numbers(t->classes, t->tau + c * t->classes);
        }
    }
}

static int with_data(nndyn_network *network, const nndyn_dataset *dataset, nd_order_view *view, const wanted *w)
{
    nd_frozen frozen;
    nd_substitution substitution;
    ND_TRY(nd_order_view_open(network, dataset, view, &frozen));
    int status = nd_substitution_open(&frozen, &substitution);
    if (status == NNDYN_OK) {
        tail t = {.network = network, .frozen = &frozen, .substitution = &substitution, .dataset = &view->dataset};
        t.n = view->dataset.samples;
        t.classes = substitution.classes;
        status = rank_all(&t);
        if (status == NNDYN_OK) {
            hand_over(&t, w);
        }
        nd_arena_free(&t.arena);
        nd_substitution_close(&substitution);
    }
    nd_frozen_close(&frozen);
    return status;
}

static int order_tail(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, const wanted *w)
{
    nd_order_view view;
    ND_TRY(nd_order_view_read(network, options, &view));
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_check_size(network, w->capacity, 0, INT_MAX, "capacity"));
    if (nd_network_find(network, NNDYN_DENSE) < 0) {
        return nd_fail(network, NNDYN_EUNSUPPORTED, "the network has no dense layer, so it has no tails");
    }
    const int64_t cuts = nd_count_cuts(network);
    if (w->capacity > 0 && w->capacity < cuts) {
        return nd_fail(network, NNDYN_EARG, "capacity is %lld, must be at least %lld, the number of cuts (or 0 to ask)",
                       (long long)w->capacity, (long long)cuts);
    }
    ND_TRY(nd_hold(network, dataset, ND_DATASET, "dataset"));
    const int status = w->capacity > 0 ? with_data(network, dataset, &view, w) : NNDYN_OK;
    nd_unhold(dataset);
    if (status == NNDYN_OK && w->cuts != NULL) {
        *w->cuts = cuts;
    }
    return status;
}

int nndyn_order_tail(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, int64_t capacity,
                     double *tau, double *rho, double *index, int64_t *cuts)
{
    const wanted w = {capacity, tau, rho, index, cuts};
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, order_tail(network, dataset, options, &w));
}
