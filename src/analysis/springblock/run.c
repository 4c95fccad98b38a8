/* run.c - running one chain, with or without a record of where it was.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <string.h>

int nd_springblock_check_steps(nndyn_springblock *chain, int64_t steps)
{
    return nd_check_size(chain, steps, 0, ND_SPRINGBLOCK_STEPS - chain->step, "steps");
}

/* Lane 0 of the only group. */
static void take(int64_t blocks, const double *lanes, double *out)
{
    for (int64_t l = 0; l < blocks; l++) {
        out[l] = lanes ? lanes[l * ND_SPRINGBLOCK_LANES] : 0;
    }
}

static void commit(nndyn_springblock *chain, const nd_springblock_fleet *fleet)
{
    take(chain->p.blocks, fleet->x, chain->x);
    take(chain->p.blocks, fleet->v, chain->v);
    chain->step = fleet->step;
}

/* Rows of a record; x and v may be NULL. */
typedef struct record {
    int64_t every, rows;
    double *x, *v;
} record;

static void keep(const nd_springblock_fleet *fleet, const record *to, int64_t row)
{
    const int64_t blocks = fleet->chain->p.blocks;
    if (to->x) {
        take(blocks, fleet->x, to->x + row * blocks);
    }
    if (to->v) {
        take(blocks, fleet->v, to->v + row * blocks);
    }
}

static int fly(nd_springblock_fleet *fleet, int64_t steps, const record *to)
{
    nd_task task;
    nd_task_begin(&task, fleet->chain, "spring-block run");
    keep(fleet, to, 0);
    for (int64_t done = 0, row = 1; done < steps; row++) {
        const int64_t more = steps - done < to->every ? steps - done : to->every;
        const double from = (double)done / (double)steps;
        ND_TRY(nd_springblock_advance(fleet, more, &task, from, from + (double)more / (double)steps));
        done += more;
        if (row < to->rows) {
            keep(fleet, to, row);
        }
    }
    return nd_springblock_check_cell(fleet, 0);
}

static int run(nndyn_springblock *chain, int64_t steps, const record *to)
{
    nd_springblock_fleet fleet;
    ND_TRY(nd_springblock_check_steps(chain, steps));
    int status = nd_springblock_launch(chain, &chain->p, 1, 1, steps, 0, &fleet);
    if (status == NNDYN_OK) {
        status = fly(&fleet, steps, to);
    }
    if (status == NNDYN_OK) {
        commit(chain, &fleet);
    }
    nd_springblock_land(&fleet);
    return status;
}

int nndyn_springblock_run(nndyn_springblock *chain, int64_t steps)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_run"));
    const record none = {.every = steps > 0 ? steps : 1, .rows = 1};
    return nd_leave(chain, run(chain, steps, &none));
}

/* ---- trajectory -------------------------------------------------------------------------------------------------- */

static int check_rows(nndyn_springblock *chain, int64_t steps, int64_t every, int64_t rows)
{
    ND_TRY(nd_springblock_check_steps(chain, steps));
    ND_TRY(nd_check_size(chain, every, 1, INT64_MAX, "every"));
    const int64_t wanted = 1 + steps / every;
    if (rows != wanted) {
        return nd_fail(chain, NNDYN_EARG,
                       "rows is %lld; %lld steps, kept before the first and after each %lld, make %lld",
                       (long long)rows, (long long)steps, (long long)every, (long long)wanted);
    }
    return NNDYN_OK;
}

/* Into memory of its own first: a call that is stopped leaves the caller's arrays as they were. */
static int trajectory(nndyn_springblock *chain, int64_t steps, int64_t every, int64_t rows, double *x, double *v)
{
    ND_TRY(check_rows(chain, steps, every, rows));
    ND_TRY(nd_check_pointer(chain, x, "x"));
    const int64_t count = nd_product(rows, chain->p.blocks);
    const int arrays = v ? 2 : 1;
    ND_TRY(nd_check_memory(chain, (double)arrays * (double)count * (double)sizeof *x, "the trajectory"));
    double *memory = NULL;
    ND_TRY(nd_allocate_for(chain, nd_product(count, arrays), sizeof *memory, &memory));
    const record to = {.every = every, .rows = rows, .x = memory, .v = v ? memory + count : NULL};
    const int status = run(chain, steps, &to);
    if (status == NNDYN_OK) {
        memcpy(x, to.x, (size_t)count * sizeof *x);
    }
    if (status == NNDYN_OK && v) {
        memcpy(v, to.v, (size_t)count * sizeof *v);
    }
    nd_release(nd_handle_context(chain), memory);
    return status;
}

int nndyn_springblock_trajectory(nndyn_springblock *chain, int64_t steps, int64_t every, int64_t rows, double *x,
                                 double *v)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_trajectory"));
    return nd_leave(chain, trajectory(chain, steps, every, rows, x, v));
}
