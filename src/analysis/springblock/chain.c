/* chain.c - the handle of a chain: life, parameters, state.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <stddef.h>
#include <string.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_springblock *chain = object;
    nd_release(chain->handle.context, chain->x);
}

static int create(nndyn_context *context, int64_t blocks, const nndyn_options *options, nndyn_springblock **out)
{
    nd_springblock_parameters p;
    nndyn_springblock *chain;
    ND_TRY(nd_springblock_read(context, blocks, options, &p));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_check_memory(context, 16.0 * (double)blocks, "the chain"));
    ND_TRY(nd_handle_create(context, ND_SPRINGBLOCK, sizeof *chain, destroy, &chain));
    const int status = nd_allocate_for(context, 2 * blocks, sizeof *chain->x, &chain->x);
    if (status != NNDYN_OK) {
        nd_handle_release(chain);
        return status;
    }
    chain->p = p;
    chain->v = chain->x + blocks;
    for (int64_t l = 0; l < blocks; l++) {
        chain->x[l] = p.start;
    }
    *out = chain;
    return NNDYN_OK;
}

int nndyn_springblock_create(nndyn_context *context, int64_t blocks, const nndyn_options *options,
                             nndyn_springblock **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_springblock_create"));
    return nd_leave(context, create(context, blocks, options, out));
}

void nndyn_springblock_free(nndyn_springblock *chain)
{
    nd_handle_release(chain);
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t place;
} reals[] = {
    {"spring", offsetof(nd_springblock_parameters, spring)},
    {"length", offsetof(nd_springblock_parameters, length)},
    {"force", offsetof(nd_springblock_parameters, force)},
    {"friction_right", offsetof(nd_springblock_parameters, right)},
    {"friction_left", offsetof(nd_springblock_parameters, left)},
    {"noise", offsetof(nd_springblock_parameters, noise)},
    {"decay", offsetof(nd_springblock_parameters, decay)},
    {"step", offsetof(nd_springblock_parameters, step)},
    {"mass", offsetof(nd_springblock_parameters, mass)},
    {"damping", offsetof(nd_springblock_parameters, damping)},
    {"start", offsetof(nd_springblock_parameters, start)},
};

/* 1 and the value, or 0. */
static int find(const nndyn_springblock *chain, const char *name, double *value)
{
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        if (strcmp(name, reals[i].name) == 0) {
            memcpy(value, (const char *)&chain->p + reals[i].place, sizeof *value);
            return 1;
        }
    }
    const char *const others[] = {"blocks", "order", "amplitude"};
    const double values[] = {(double)chain->p.blocks, chain->p.order, nd_springblock_amplitude(&chain->p, chain->step)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(name, others[i]) == 0) {
            *value = values[i];
            return 1;
        }
    }
    return 0;
}

static int get(nndyn_springblock *chain, const char *name, double *value)
{
    double found;
    ND_TRY(nd_check_pointer(chain, name, "name"));
    ND_TRY(nd_check_pointer(chain, value, "value"));
    if (!find(chain, name, &found)) {
        return nd_fail(chain, NNDYN_EARG,
                       "name is \"%.63s\"; it must be one of blocks, order, spring, length, force, friction_right, "
                       "friction_left, noise, amplitude, decay, step, mass, damping, start",
                       name);
    }
    *value = found;
    return NNDYN_OK;
}

int nndyn_springblock_get(nndyn_springblock *chain, const char *name, double *value)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_get"));
    return nd_leave(chain, get(chain, name, value));
}

/* ---- state ------------------------------------------------------------------------------------------------------- */

int nndyn_springblock_get_state(nndyn_springblock *chain, double *x, double *v, int64_t *step)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_get_state"));
    const size_t bytes = (size_t)chain->p.blocks * sizeof *x;
    if (x) {
        memcpy(x, chain->x, bytes);
    }
    if (v) {
        memcpy(v, chain->v, bytes);
    }
    if (step) {
        *step = chain->step;
    }
    return nd_leave(chain, NNDYN_OK);
}

static int set_state(nndyn_springblock *chain, const double *x, const double *v, int64_t step)
{
    const int64_t blocks = chain->p.blocks;
    ND_TRY(nd_check_pointer(chain, x, "x"));
    if (v && chain->p.order == 1) {
        return nd_fail(chain, NNDYN_EARG, "v is not NULL, but a chain of order 1 has no velocities; pass NULL");
    }
    ND_TRY(nd_check_size(chain, step, 0, ND_SPRINGBLOCK_STEPS, "step"));
    ND_TRY(nd_check_finite(chain, 1, blocks, x, "x"));
    if (v) {
        ND_TRY(nd_check_finite(chain, 1, blocks, v, "v"));
        memcpy(chain->v, v, (size_t)blocks * sizeof *v);
    } else {
        memset(chain->v, 0, (size_t)blocks * sizeof *v);
    }
    memcpy(chain->x, x, (size_t)blocks * sizeof *x);
    chain->step = step;
    return NNDYN_OK;
}

int nndyn_springblock_set_state(nndyn_springblock *chain, const double *x, const double *v, int64_t step)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_set_state"));
    return nd_leave(chain, set_state(chain, x, v, step));
}

static int separation(nndyn_springblock *chain, double *out)
{
    ND_TRY(nd_check_pointer(chain, out, "separation"));
    out[0] = chain->p.length;
    for (int64_t l = 0; l < chain->p.blocks; l++) {
        out[l + 1] = chain->p.length - chain->x[l];
    }
    return NNDYN_OK;
}

int nndyn_springblock_separation(nndyn_springblock *chain, double *out)
{
    ND_TRY(nd_enter(chain, ND_SPRINGBLOCK, "nndyn_springblock_separation"));
    return nd_leave(chain, separation(chain, out));
}
