/* recurrent_settle.c - iteration to a fixed point, blocks of states over the threads.
 *
 * A block runs until all of its lanes have settled or diverged; a lane that has is written out at that step, and what
 * goes on in it afterwards is of no account.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include <math.h>
#include <string.h>

enum { ROUND = 64, ROUND_NUMBERS = 1 << 22, LEG = 64 /* steps between reports */ };

typedef struct block {
    double *x, *y, *z, *drive; /* q x ND_ABREAST each */
    double *inlet;             /* p x ND_ABREAST */
    int64_t first, step;       /* its first state, and how far it is */
    int lanes, open;           /* in use, and those of them that have not settled */
    int done[ND_ABREAST];
    int status;
} block;

typedef struct round_of {
    const nd_settle *settle;
    block *blocks;
    int64_t first; /* block */
} round_of;

/* ---- states in lanes --------------------------------------------------------------------------------------------- */

static void fill(const nd_settle *s, block *b)
{
    const nndyn_recurrent *r = s->network;
    int64_t q = r->rule.q;
    memset(b->x, 0, (size_t)(q * ND_ABREAST) * sizeof *b->x);
    memset(b->inlet, 0, (size_t)(r->p * ND_ABREAST) * sizeof *b->inlet);
    for (int64_t l = 0; l < b->lanes; l++) {
        for (int64_t i = 0; i < q; i++) {
            b->x[i * ND_ABREAST + l] = s->x[(b->first + l) * q + i];
        }
        for (int64_t j = 0; j < r->p; j++) {
            b->inlet[j * ND_ABREAST + l] =
                s->boundary != NULL ? s->boundary[(b->first + l) * r->p + j] : r->values[r->order[q + j]];
        }
    }
}

static int drive(const nndyn_recurrent *r, block *b)
{
    for (int64_t i = 0; i < r->rule.q; i++) {
        for (int l = 0; l < ND_ABREAST; l++) {
            b->drive[i * ND_ABREAST + l] = r->bias[i];
        }
    }
    return r->p == 0 ? NNDYN_OK : nd_lanes_product(&r->rule, r->rule.q, r->p, r->gain, r->inflow, b->inlet, b->drive);
}

/* Largest |y - x| of each lane; NaN stays. */
static void residuals(int64_t q, const double *x, const double *y, double *worst)
{
    for (int l = 0; l < ND_ABREAST; l++) {
        worst[l] = 0;
    }
    for (int64_t i = 0; i < q; i++) {
        for (int l = 0; l < ND_ABREAST; l++) {
            double d = fabs(y[i * ND_ABREAST + l] - x[i * ND_ABREAST + l]);
            worst[l] = d > worst[l] || d != d ? d : worst[l];
        }
    }
}

static void write_out(const nd_settle *s, const block *b, int64_t state, int lane, double residual, int64_t steps)
{
    int64_t q = s->network->rule.q;
    for (int64_t i = 0; i < q; i++) {
        s->x[state * q + i] = b->x[i * ND_ABREAST + lane];
    }
    s->residuals[state] = residual;
    s->taken[state] = steps;
}

/* ---- a block ----------------------------------------------------------------------------------------------------- */

static void advance(const nd_settle *s, block *b)
{
    if (s->step == 1) {
        double *swap = b->x;
        b->x = b->y;
        b->y = swap;
        return;
    }
    for (int64_t i = 0; i < s->network->rule.q * ND_ABREAST; i++) {
        b->x[i] += s->step * (b->y[i] - b->x[i]);
    }
}

static void begin(void *job, int64_t index)
{
    round_of *round = job;
    const nd_settle *s = round->settle;
    block *b = &round->blocks[index];
    b->first = (round->first + index) * ND_ABREAST;
    b->lanes = b->open = (int)(s->count - b->first < ND_ABREAST ? s->count - b->first : ND_ABREAST);
    b->step = 0;
    memset(b->done, 0, sizeof b->done);
    fill(s, b);
    b->status = drive(s->network, b);
}

static int run_leg(const nd_settle *s, block *b)
{
    const nndyn_recurrent *r = s->network;
    double worst[ND_ABREAST];
    for (int leg = 0; leg < LEG && b->open > 0; leg++, b->step++) {
        ND_TRY(nd_rule_lanes(&r->rule, r->gain, b->drive, b->x, b->z, b->y));
        residuals(r->rule.q, b->x, b->y, worst);
        for (int l = 0; l < b->lanes; l++) {
            if (!b->done[l] && (worst[l] <= s->tolerance || !isfinite(worst[l]) || b->step == s->steps)) {
                write_out(s, b, b->first + l, l, worst[l], b->step);
                b->done[l] = 1;
                b->open--;
            }
        }
        advance(s, b);
    }
    return NNDYN_OK;
}

static void work(void *job, int64_t index)
{
    round_of *round = job;
    block *b = &round->blocks[index];
    b->status = b->status == NNDYN_OK ? run_leg(round->settle, b) : b->status;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static void carve(nd_arena *arena, const nndyn_recurrent *r, int64_t most, block **blocks)
{
    block *made = nd_arena_take(arena, most, sizeof **blocks);
    for (int64_t i = 0; i < most; i++) {
        block b = {0};
        b.x = nd_arena_take(arena, r->rule.q * ND_ABREAST, sizeof(double));
        b.y = nd_arena_take(arena, r->rule.q * ND_ABREAST, sizeof(double));
        b.z = nd_arena_take(arena, r->rule.q * ND_ABREAST, sizeof(double));
        b.drive = nd_arena_take(arena, r->rule.q * ND_ABREAST, sizeof(double));
        b.inlet = nd_arena_take(arena, r->p * ND_ABREAST + 1, sizeof(double));
        if (made != NULL) {
            made[i] = b;
        }
    }
    *blocks = made;
}

/* Blocks that still have open lanes; a status of theirs comes first. */
static int look(const block *blocks, int64_t count, int64_t *open)
{
    *open = 0;
    for (int64_t i = 0; i < count; i++) {
        ND_TRY(blocks[i].status);
        *open += blocks[i].open > 0;
    }
    return NNDYN_OK;
}

static int run_round(const nd_settle *s, block *blocks, int64_t first, int64_t now, int64_t all)
{
    round_of round = {s, blocks, first};
    int64_t open = now;
    ND_TRY(nd_parallel(s->network->handle.context, now, begin, &round));
    while (open > 0) {
        ND_TRY(nd_parallel(s->network->handle.context, now, work, &round));
        ND_TRY(look(blocks, now, &open));
        if (s->task != NULL) {
            double part = (double)(first + now - open) / (double)all;
            ND_TRY(nd_task_report(s->task, s->from + part * (s->to - s->from)));
        }
    }
    return NNDYN_OK;
}

static int run_rounds(const nd_settle *s, block *blocks, int64_t most)
{
    int64_t all = (s->count + ND_ABREAST - 1) / ND_ABREAST;
    for (int64_t first = 0; first < all; first += most) {
        ND_TRY(run_round(s, blocks, first, all - first < most ? all - first : most, all));
    }
    return NNDYN_OK;
}

int nd_recurrent_settle(const nd_settle *settle)
{
    nndyn_recurrent *r = settle->network;
    int64_t all = (settle->count + ND_ABREAST - 1) / ND_ABREAST, most = ROUND_NUMBERS / (r->n * ND_ABREAST);
    nd_arena arena = {0};
    block *blocks;
    most = most < 1 ? 1 : most > ROUND ? ROUND : most;
    most = most < all ? most : all;
    carve(&arena, r, most, &blocks);
    ND_TRY(nd_check_memory(r, (double)arena.used, "the states side by side"));
    ND_TRY(nd_arena_reserve(&arena, r));
    carve(&arena, r, most, &blocks);
    int status = run_rounds(settle, blocks, most);
    nd_arena_free(&arena);
    return status;
}
