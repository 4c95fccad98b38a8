/* fleet.c - many copies of a chain, step by step: the only place where random numbers are drawn and blocks move.
 *
 * Copies stand side by side in the lanes of a group and go through the same operations, so that compilers turn the
 * loops over lanes into vector instructions; a lane does not know of the others.  A group is what a thread takes; its
 * numbers depend on run, step and block only.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include "core/random.h"
#include <math.h>
#include <string.h>

enum {
    LANES = ND_SPRINGBLOCK_LANES,
    DRAWS = 512,    /* numbers of a lane drawn at a time */
    WORK = 1 << 21, /* moves of blocks between two reports: some 20 ms */
    FEWEST = 16     /* but so many steps: drawing has a start */
};

/* ---- noise ------------------------------------------------------------------------------------------------------- */

/* Normal numbers of a group in the order in which they are used, lane by lane. */
typedef struct noise {
    nd_stream streams[LANES];
    int64_t next, left; /* the next number of the streams to be drawn; how many are still wanted */
    int at, drawn;
    double numbers[DRAWS][LANES];
} noise;

/* Lanes beyond the last run repeat run 0 of the group: what they do is not looked at. */
static void open_noise(noise *z, int64_t seed, int64_t first_run, int64_t runs, int64_t next, int64_t wanted)
{
    for (int w = 0; w < LANES; w++) {
        const int64_t run = first_run + w < runs ? first_run + w : first_run;
        z->streams[w] = nd_stream_open(seed, ND_RANDOM_SPRINGBLOCK, run, 0);
    }
    z->next = next;
    z->left = wanted;
    z->at = z->drawn = 0;
}

static void draw(noise *z, int lanes)
{
    const int count = z->left < DRAWS ? (int)z->left : DRAWS;
    double row[DRAWS];
    for (int w = 0; w < LANES; w++) {
        if (w < lanes) {
            nd_normal(z->streams[w], z->next, count, row);
        }
        for (int i = 0; i < count; i++) {
            z->numbers[i][w] = row[i];
        }
    }
    z->next += count;
    z->left -= count;
    z->at = 0;
    z->drawn = count;
}

static inline const double *next_noise(noise *z, int lanes)
{
    if (z->at == z->drawn) {
        draw(z, lanes);
    }
    return z->numbers[z->at++];
}

/* ---- one step ---------------------------------------------------------------------------------------------------- */

/* Force of the spring to the right of a block. */
static inline void outer_force(const nd_springblock_parameters *p, const double *x, int64_t block, double force[LANES])
{
    const double *here = x + block * LANES;
    if (block + 1 < p->blocks) {
        for (int w = 0; w < LANES; w++) {
            force[w] = p->spring * (here[w + LANES] - here[w]);
        }
    } else {
        for (int w = 0; w < LANES; w++) {
            force[w] = p->held ? p->spring * (p->length - here[w]) : p->force;
        }
    }
}

/* Soft threshold: g less what of it is between -low and high. */
static inline double beyond(double g, double low, double high)
{
    const double least = g < -low ? -low : g;
    return g - (least > high ? high : least);
}

/* Where a step finds its constants. */
typedef struct constants {
    double spring, step, right, left, damping, mass, amplitude;
} constants;

static inline void move_first(const constants *c, const double force[LANES], const double *z, double *x)
{
    for (int w = 0; w < LANES; w++) {
        x[w] += c->step * beyond(force[w] + c->amplitude * z[w], c->left, c->right);
    }
}

static inline void move_proximal(const constants *c, const double force[LANES], const double *z, double *x, double *v)
{
    for (int w = 0; w < LANES; w++) {
        const double free = v[w] + c->step * (force[w] - c->damping * v[w]) / c->mass + c->amplitude * z[w];
        v[w] = beyond(free, c->left, c->right);
        x[w] += c->step * v[w];
    }
}

static inline void move_sign(const constants *c, const double force[LANES], const double *z, double *x, double *v)
{
    for (int w = 0; w < LANES; w++) {
        const double friction = v[w] > 0 ? -c->right : v[w] < 0 ? c->left : 0;
        v[w] += c->step * (force[w] - c->damping * v[w]) / c->mass + friction + c->amplitude * z[w];
        x[w] += c->step * v[w];
    }
}

/* Order 2 measures friction and noise by what they do to the velocity in a step. */
static constants constants_of(const nd_springblock_parameters *p, int64_t step)
{
    const double amplitude = nd_springblock_amplitude(p, step);
    const double scale = p->order == 2 ? p->step : 1;
    return (constants){
        .spring = p->spring,
        .step = p->step,
        .right = scale * p->right,
        .left = scale * p->left,
        .damping = p->damping,
        .mass = p->mass,
        .amplitude = p->order == 2 ? sqrt(p->step) * amplitude : amplitude,
    };
}

/* All blocks from the old positions: the spring to the right of a block is looked at before the block moves, and is the
 * one to the left of the next. */
static void step_group(const nd_springblock_parameters *p, int64_t step, int lanes, noise *z, double *x, double *v)
{
    static const double silence[LANES] = {0};
    const constants c = constants_of(p, step);
    const double *shared = p->noise == 0 ? silence : p->common ? next_noise(z, lanes) : NULL;
    double inner[LANES];
    for (int w = 0; w < LANES; w++) {
        inner[w] = p->spring * x[w];
    }
    for (int64_t l = 0; l < p->blocks; l++) {
        const double *numbers = shared ? shared : next_noise(z, lanes);
        double outer[LANES];
        double force[LANES];
        outer_force(p, x, l, outer);
        for (int w = 0; w < LANES; w++) {
            force[w] = outer[w] - inner[w];
            inner[w] = outer[w];
        }
        if (p->order == 1) {
            move_first(&c, force, numbers, x + l * LANES);
        } else if (p->sign) {
            move_sign(&c, force, numbers, x + l * LANES, v + l * LANES);
        } else {
            move_proximal(&c, force, numbers, x + l * LANES, v + l * LANES);
        }
    }
}

/* ---- averages ---------------------------------------------------------------------------------------------------- */

/* Deviations are taken from where the group was when averaging began: no digits are lost in the squares. */
static void collect(int64_t count, const double *restrict x, const double *restrict origin, double *restrict sum,
                    double *restrict square)
{
    for (int64_t i = 0; i < count; i++) {
        const double deviation = x[i] - origin[i];
        sum[i] += deviation;
        square[i] += deviation * deviation;
    }
}

/* ---- groups over threads ----------------------------------------------------------------------------------------- */

typedef struct piece {
    nd_springblock_fleet *fleet;
    int64_t steps;
} piece;

static void advance_group(void *job, int64_t index)
{
    const piece *part = job;
    const nd_springblock_fleet *f = part->fleet;
    const nd_springblock_parameters *p = &f->cells[index / f->groups];
    const int64_t first_run = index % f->groups * LANES;
    const int lanes = f->runs - first_run < LANES ? (int)(f->runs - first_run) : LANES;
    const int64_t size = p->blocks * LANES;
    const int64_t begin = f->end - f->window;
    const int64_t drawn = p->common ? 1 : p->blocks; /* numbers in a step */
    noise z;
    open_noise(&z, p->seed, first_run, f->runs, f->step * drawn, part->steps * drawn);
    double *x = f->x + index * size;
    double *v = f->v ? f->v + index * size : NULL;
    for (int64_t step = f->step; step < f->step + part->steps; step++) {
        step_group(p, step, lanes, &z, x, v);
        if (f->sum && step == begin) {
            memcpy(f->origin + index * size, x, (size_t)size * sizeof *x);
        }
        if (f->sum && step >= begin) {
            collect(size, x, f->origin + index * size, f->sum + index * size, f->square + index * size);
        }
    }
}

int nd_springblock_advance(nd_springblock_fleet *fleet, int64_t steps, nd_task *task, double from, double to)
{
    nndyn_context *context = nd_handle_context(fleet->chain);
    const int64_t end = fleet->step + steps;
    const int64_t begin = fleet->step;
    while (fleet->step < end) {
        piece part = {fleet, end - fleet->step < fleet->piece ? end - fleet->step : fleet->piece};
        ND_TRY(nd_parallel(context, fleet->count * fleet->groups, advance_group, &part));
        fleet->step += part.steps;
        const double done = (double)(fleet->step - begin) / (double)steps;
        ND_TRY(nd_task_report(task, from + (to - from) * done));
    }
    return NNDYN_OK;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void carve(nd_arena *arena, nd_springblock_fleet *fleet)
{
    const nd_springblock_parameters *p = &fleet->chain->p;
    const int64_t count = nd_product(fleet->count * fleet->groups, p->blocks * LANES);
    fleet->x = nd_arena_take(arena, count, sizeof(double));
    fleet->v = p->order == 2 ? nd_arena_take(arena, count, sizeof(double)) : NULL;
    if (fleet->window > 1) {
        fleet->origin = nd_arena_take(arena, count, sizeof(double));
        fleet->sum = nd_arena_take(arena, count, sizeof(double));
        fleet->square = nd_arena_take(arena, count, sizeof(double));
    }
}

/* Every lane of every group begins where the chain is. */
static void spread(int64_t groups, int64_t blocks, const double *from, double *to)
{
    for (int64_t i = 0; i < groups * blocks; i++) {
        for (int w = 0; w < LANES; w++) {
            to[i * LANES + w] = from[i % blocks];
        }
    }
}

int nd_springblock_launch(nndyn_springblock *chain, const nd_springblock_parameters *cells, int64_t count, int64_t runs,
                          int64_t steps, int64_t window, nd_springblock_fleet *fleet)
{
    const int64_t groups = (runs + LANES - 1) / LANES;
    const double work = (double)count * (double)groups * (double)chain->p.blocks * LANES;
    const double arrays = (chain->p.order == 2 ? 2 : 1) + (window > 1 ? 3 : 0);
    *fleet = (nd_springblock_fleet){
        .chain = chain,
        .cells = cells,
        .count = count,
        .runs = runs,
        .groups = groups,
        .step = chain->step,
        .end = chain->step + steps,
        .window = window,
        .piece = work * FEWEST > WORK ? FEWEST : (int64_t)(WORK / work),
    };
    ND_TRY(nd_check_memory(chain, work * arrays * (double)sizeof(double), "the ensemble of chains"));
    carve(&fleet->arena, fleet);
    ND_TRY(nd_arena_reserve(&fleet->arena, chain));
    carve(&fleet->arena, fleet);
    spread(count * groups, chain->p.blocks, chain->x, fleet->x);
    if (fleet->v) {
        spread(count * groups, chain->p.blocks, chain->v, fleet->v);
    }
    return NNDYN_OK;
}

void nd_springblock_land(nd_springblock_fleet *fleet)
{
    nd_arena_free(&fleet->arena);
}

/* ---- looking at it ----------------------------------------------------------------------------------------------- */

static int64_t place(const nd_springblock_fleet *fleet, int64_t cell, int64_t run, int64_t block)
{
    const int64_t group = cell * fleet->groups + run / LANES;
    return (group * fleet->chain->p.blocks + block) * LANES + run % LANES;
}

double nd_springblock_position(const nd_springblock_fleet *fleet, int64_t cell, int64_t run, int64_t block)
{
    const int64_t i = place(fleet, cell, run, block);
    return fleet->sum ? fleet->origin[i] + fleet->sum[i] / (double)fleet->window : fleet->x[i];
}

double nd_springblock_scatter(const nd_springblock_fleet *fleet, int64_t cell, int64_t run, int64_t block)
{
    const int64_t i = place(fleet, cell, run, block);
    return fleet->sum ? fleet->square[i] - fleet->sum[i] * fleet->sum[i] / (double)fleet->window : 0;
}

static int fail_position(nndyn_springblock *chain, int64_t block, double x)
{
    return nd_fail(chain, NNDYN_ENUMERIC,
                   "block %lld came to %g, out of the range of numbers; make 'noise', 'length' and 'force' smaller",
                   (long long)block + 1, x);
}

int nd_springblock_check_profile(nndyn_springblock *chain, const double *x)
{
    for (int64_t l = 0; l < chain->p.blocks; l++) {
        if (!isfinite(x[l])) {
            return fail_position(chain, l, x[l]);
        }
    }
    return NNDYN_OK;
}

int nd_springblock_check_cell(const nd_springblock_fleet *fleet, int64_t cell)
{
    for (int64_t run = 0; run < fleet->runs; run++) {
        for (int64_t l = 0; l < fleet->chain->p.blocks; l++) {
            const double x = nd_springblock_position(fleet, cell, run, l);
            if (!isfinite(x)) {
                return fail_position(fleet->chain, l, x);
            }
        }
    }
    return NNDYN_OK;
}
