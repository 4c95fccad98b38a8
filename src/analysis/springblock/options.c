/* options.c - what a chain is made from: names, bounds and defaults of its parameters, and what does not go together.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/springblock/springblock.h"
#include <float.h>
#include <math.h>
#include <stddef.h>

enum { MOST_BLOCKS = 100000 };

enum {
    ORDER,
    PULL,
    KIND,
    SCHEME,
    SEED,
    SPRING,
    LENGTH,
    FORCE,
    RIGHT,
    LEFT,
    NOISE,
    DECAY,
    STEP,
    MASS,
    DAMPING,
    START,
    OPTIONS
};

static const nd_option_spec specs[OPTIONS] = {
    [ORDER] = {"order", ND_INTEGER, 1, 2, 1, NULL},
    [PULL] = {"pull", ND_TEXT, 0, 0, 0, "held|force"},
    [KIND] = {"noise_kind", ND_TEXT, 0, 0, 0, "independent|common"},
    [SCHEME] = {"scheme", ND_TEXT, 0, 0, 0, "proximal|sign"},
    [SEED] = {"seed", ND_INTEGER, -DBL_MAX, DBL_MAX, 0, NULL},
    [SPRING] = {"spring", ND_REAL, DBL_MIN, DBL_MAX, 1, NULL},
    [LENGTH] = {"length", ND_REAL, DBL_MIN, DBL_MAX, 1, NULL},
    [FORCE] = {"force", ND_REAL, 0, DBL_MAX, 1, NULL},
    [RIGHT] = {"friction_right", ND_REAL, 0, DBL_MAX, 0.1, NULL},
    [LEFT] = {"friction_left", ND_REAL, 0, DBL_MAX, 0.1, NULL},
    [NOISE] = {"noise", ND_REAL, 0, DBL_MAX, 0.1, NULL},
    [DECAY] = {"decay", ND_REAL, 0, DBL_MAX, 0, NULL},
    [STEP] = {"step", ND_REAL, DBL_MIN, DBL_MAX, 0.01, NULL},
    [MASS] = {"mass", ND_REAL, DBL_MIN, DBL_MAX, 1, NULL},
    [DAMPING] = {"damping", ND_REAL, 0, DBL_MAX, 1, NULL},
    [START] = {"start", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
};

/* Where a real parameter stands, and its default with order 2; that with order 1 is in the table above. */
static const struct {
    int option;
    size_t place;
    double second;
} reals[] = {
    {SPRING, offsetof(nd_springblock_parameters, spring), 0.1},
    {LENGTH, offsetof(nd_springblock_parameters, length), 1},
    {FORCE, offsetof(nd_springblock_parameters, force), 1},
    {RIGHT, offsetof(nd_springblock_parameters, right), 0.003},
    {LEFT, offsetof(nd_springblock_parameters, left), 0.004},
    {NOISE, offsetof(nd_springblock_parameters, noise), 0.003},
    {DECAY, offsetof(nd_springblock_parameters, decay), 0.001},
    {STEP, offsetof(nd_springblock_parameters, step), 0.05},
    {MASS, offsetof(nd_springblock_parameters, mass), 1},
    {DAMPING, offsetof(nd_springblock_parameters, damping), 1},
    {START, offsetof(nd_springblock_parameters, start), 0},
};

enum { REALS = sizeof reals / sizeof *reals };

static double *real_of(nd_springblock_parameters *p, int i)
{
    return (double *)((char *)p + reals[i].place);
}

void nd_springblock_defaults(nd_springblock_parameters *p, int order, int64_t blocks)
{
    *p = (nd_springblock_parameters){.blocks = blocks, .order = order, .held = 1, .common = order == 2};
    for (int i = 0; i < REALS; i++) {
        *real_of(p, i) = order == 2 ? reals[i].second : specs[reals[i].option].standard;
    }
}

/* Options that would be read and do nothing are mistakes. */
static int check_meaning(void *handle, const nd_option_value *values)
{
    static const int inertial[] = {MASS, DAMPING, SCHEME};
    for (size_t i = 0; i < sizeof inertial / sizeof *inertial; i++) {
        if (values[ORDER].integer == 1 && values[inertial[i]].given) {
            return nd_fail(
                handle, NNDYN_EOPTION,
                "option '%s' was given with 'order' 1, where it means nothing; leave it out or set 'order' to 2",
                specs[inertial[i]].name);
        }
    }
    if (values[FORCE].given && values[PULL].integer == 0) {
        return nd_fail(
            handle, NNDYN_EOPTION,
            "option 'force' was given, but the end of the chain is held; set 'pull' to 'force' or leave it out");
    }
    return NNDYN_OK;
}

/* The stiffest mode is below 4 k.  Order 1: its factor 1 - 4 k step must be above -1.  Order 2, new velocity moving the
 * position: the two factors have product 1 - g and sum 2 - g - w, g = damping step / m, w = 4 k step^2 / m, and are
 * inside the unit circle if w < 4 - 2 g. */
static int check_stable(void *handle, const nd_springblock_parameters *p)
{
    const double k = p->spring;
    if (p->order == 1 && !(4 * k * p->step < 2)) {
        return nd_fail(
            handle, NNDYN_EOPTION,
            "option 'step' is %.9g, at which springs of %.9g are unstable: 4 spring step must be below 2; take "
            "a step below %.9g",
            p->step, k, 0.5 / k);
    }
    if (p->order == 2 && !(2 * k * p->step * p->step + p->damping * p->step < 2 * p->mass)) {
        const double root = sqrt(p->damping * p->damping + 16 * k * p->mass);
        return nd_fail(handle, NNDYN_EOPTION,
                       "option 'step' is %.9g, at which the chain is unstable: 2 spring step^2 + damping step must be "
                       "below 2 mass; take a step below %.9g",
                       p->step, 4 * p->mass / (p->damping + root));
    }
    return NNDYN_OK;
}

int nd_springblock_read(void *handle, int64_t blocks, const nndyn_options *options, nd_springblock_parameters *p)
{
    nd_option_value values[OPTIONS];
    ND_TRY(nd_check_size(handle, blocks, 1, MOST_BLOCKS, "blocks"));
    ND_TRY(nd_options_read(handle, options, specs, OPTIONS, values));
    ND_TRY(check_meaning(handle, values));
    nd_springblock_defaults(p, (int)values[ORDER].integer, blocks);
    for (int i = 0; i < REALS; i++) {
        const nd_option_value *value = &values[reals[i].option];
        *real_of(p, i) = value->given ? value->real : *real_of(p, i);
    }
    p->held = values[PULL].integer == 0;
    p->common = values[KIND].given ? values[KIND].integer == 1 : p->common;
    p->sign = values[SCHEME].integer == 1;
    p->seed = values[SEED].given ? values[SEED].integer : nd_context_seed(nd_handle_context(handle));
    return check_stable(handle, p);
}
