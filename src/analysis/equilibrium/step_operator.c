/* step_operator.c - the trainer's next step as a linear map on (parameters, state).
 *
 * The gradient moves by the Hessian, dg = H dw; clipping by norm and by value and weight decay make dy of it, and the
 * optimizer's update takes dy, dw and the changes of state to those one step later (step_map.h).  All but H is made of
 * diagonal matrices and one of rank one, so the transposed map is the same pieces in reverse.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/equilibrium/equilibrium.h"
#include "analysis/equilibrium/step_map.h"
#include <math.h>
#include <string.h>

typedef struct step_operator {
    nd_step_map map;
    nd_batch_products products; /* of the Hessian */
    double *g;                  /* P: the gradient over its norm, where that is clipped, else NULL */
    double scale;               /* of the clipping by norm */
    unsigned char *cut;         /* P: clipped by value */
    double *y, *dy;             /* P */
    double *state;              /* states x P */
    nd_arena arena;
} step_operator;

static void carve(step_operator *s, int64_t parameters, int states)
{
    nd_arena *arena = &s->arena;
    double **vectors[] = {&s->g, &s->y, &s->dy, &s->map.wy, &s->map.c1, &s->map.w1, &s->map.c2, &s->map.w2};
    for (int i = 0; i < 4 + 2 * states; i++) {
        *vectors[i] = nd_arena_take(arena, parameters, sizeof(double));
    }
    s->state = nd_arena_take(arena, nd_product(states, parameters), sizeof(double));
    s->cut = nd_arena_take(arena, parameters, 1);
}

static void destroy(nndyn_context *context, void *user)
{
    step_operator *s = user;
    nd_batch_products_free(context, &s->products);
    nd_arena_free(&s->arena);
    nd_release(context, s);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* What clipping does to a change of the gradient, in place; symmetric. */
static void norm_slope(const step_operator *s, double *dg)
{
    double along = 0;
    int64_t n = s->map.parameters;
    if (s->scale == 1) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        along += s->g[i] * dg[i];
    }
    for (int64_t i = 0; i < n; i++) {
        dg[i] = s->scale * (dg[i] - along * s->g[i]);
    }
}

static void value_slope(const step_operator *s, double *dg)
{
    for (int64_t i = 0; i < s->map.parameters; i++) {
        dg[i] = s->cut[i] ? 0 : dg[i];
    }
}

static int apply(nndyn_operator *op, void *user, const double *x, double *out)
{
    step_operator *s = user;
    const nd_step_map *map = &s->map;
    int64_t n = map->parameters;
    ND_TRY(nd_product_hessian(&s->products, op, x, s->dy));
    norm_slope(s, s->dy);
    value_slope(s, s->dy);
    for (int64_t i = 0; i < n; i++) {
        double dy = s->dy[i] + map->decay * x[i], dw = map->keep * x[i] + map->wy[i] * dy;
        if (map->states > 0) {
            out[n + i] = map->keep1 * x[n + i] + map->c1[i] * dy;
            dw += map->w1[i] * out[n + i];
        }
        if (map->states > 1) {
            out[2 * n + i] = map->keep2 * x[2 * n + i] + map->c2[i] * dy;
            dw += map->w2[i] * out[2 * n + i];
        }
        out[i] = dw;
    }
    return NNDYN_OK;
}

static int apply_transposed(nndyn_operator *op, void *user, const double *z, double *out)
{
    step_operator *s = user;
    const nd_step_map *map = &s->map;
    int64_t n = map->parameters;
    for (int64_t i = 0; i < n; i++) {
        double ty = map->wy[i] * z[i];
        if (map->states > 0) {
            double t1 = z[n + i] + map->w1[i] * z[i];
            out[n + i] = map->keep1 * t1;
            ty += map->c1[i] * t1;
        }
        if (map->states > 1) {
            double t2 = z[2 * n + i] + map->w2[i] * z[i];
            out[2 * n + i] = map->keep2 * t2;
            ty += map->c2[i] * t2;
        }
        s->y[i] = ty;
        s->dy[i] = ty;
    }
    value_slope(s, s->dy);
    norm_slope(s, s->dy);
    ND_TRY(nd_product_hessian(&s->products, op, s->dy, out));
    for (int64_t i = 0; i < n; i++) {
        out[i] += map->keep * z[i] + map->decay * s->y[i];
    }
    return NNDYN_OK;
}

/* ---- the linearization ------------------------------------------------------------------------------------------- */

/* y, and how it was clipped, from the gradient in s->g. */
static void clip(const nndyn_trainer *trainer, const double *w, step_operator *s)
{
    const double *settings = trainer->settings;
    int64_t n = s->map.parameters;
    double decay = trainer->optimizer == NNDYN_ADAMW ? 0 : settings[ND_WEIGHT_DECAY], norm = 0;
    for (int64_t i = 0; i < n; i++) {
        norm += s->g[i] * s->g[i];
    }
    norm = sqrt(norm);
    s->scale = settings[ND_CLIP_NORM] > 0 && norm > settings[ND_CLIP_NORM] ? settings[ND_CLIP_NORM] / norm : 1;
    for (int64_t i = 0; i < n; i++) {
        double g = s->scale * s->g[i], most = settings[ND_CLIP_VALUE];
        s->cut[i] = most > 0 && fabs(g) > most;
        g = s->cut[i] ? copysign(most, g) : g;
        s->y[i] = g + decay * w[i];
        s->g[i] = norm > 0 ? s->g[i] / norm : 0;
    }
}

static int gradient(step_operator *s, nndyn_network *network)
{
    nd_pass *pass = s->products.pass;
    ND_TRY(nd_backward_f64(pass->network, network, pass->theta, pass->scale, pass->workspace, s->g));
    if (!network->k64->all_finite(network->parameters, s->g)) {
        return nd_fail(network, NNDYN_ENUMERIC, "the gradient is not finite: parameters or data are too large");
    }
    return NNDYN_OK;
}

/* The masks of a trainer's own seed are not those of a pass, which takes the network's context's. */
static int check_masks(nndyn_trainer *trainer)
{
    int64_t layer = nd_network_find(trainer->network, NNDYN_DROPOUT);
    if (layer >= 0 && trainer->seed != nd_context_seed(trainer->network->handle.context)) {
        return nd_fail(
            trainer, NNDYN_EUNSUPPORTED,
            "layer %lld is dropout and the trainer has a seed of its own; create the trainer without the option "
            "\"seed\" for masks that can be repeated",
            (long long)layer);
    }
    return NNDYN_OK;
}

static int make_products(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, step_operator *s)
{
    nndyn_network *network = trainer->network;
    nd_option_value values[ND_PASS_OPTIONS];
    ND_TRY(nd_equilibrium_check_batch(network, n, x, t));
    ND_TRY(nd_options_read(network, NULL, nd_pass_options, ND_PASS_OPTIONS, values));
    values[ND_PASS_MODE].integer = 1; /* "training" */
    values[ND_PASS_STEP].integer = trainer->step;
    int64_t states = nd_optimizer_states(trainer->optimizer);
    double own = (double)(4 + 3 * states) * 8.0 * (double)network->parameters;
    ND_TRY(nd_batch_products_create(network, &nd_hessian_spec, n, x, t, 1, values, own, &s->products));
    return gradient(s, network);
}

static int fill(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, step_operator *s)
{
    nndyn_network *network = trainer->network;
    int64_t parameters = network->parameters;
    ND_TRY(check_masks(trainer));
    s->map.parameters = parameters;
    s->map.states = nd_optimizer_states(trainer->optimizer);
    carve(s, parameters, s->map.states);
    ND_TRY(nd_arena_reserve(&s->arena, trainer));
    carve(s, parameters, s->map.states);
    int status = nd_enter(network, ND_NETWORK, "nndyn_step_operator");
    if (status == NNDYN_OK) {
        status = nd_leave(network, make_products(trainer, n, x, t, s));
    }
    if (status != NNDYN_OK) {
        return nd_fail_from(trainer, status, network);
    }
    for (int i = 0; i < s->map.states; i++) {
        nd_doubles(network->dtype, parameters, trainer->state[i], s->state + i * parameters);
    }
    clip(trainer, s->products.pass->theta, s);
    return nd_step_map_fill(trainer, s->y, s->state, &s->map);
}

static int create(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, nndyn_operator **out)
{
    static const nd_operator_methods methods = {apply, apply_transposed, destroy};
    step_operator *s;
    ND_TRY(nd_check_pointer(trainer, out, "out"));
    ND_TRY(nd_allocate_for(trainer, 1, sizeof *s, &s));
    int status = fill(trainer, n, x, t, s);
    if (status != NNDYN_OK) {
        destroy(trainer->handle.context, s);
        return status;
    }
    int64_t size = nd_product(1 + s->map.states, s->map.parameters);
    return nd_operator_create(trainer, size, size, &methods, s, out);
}

int nndyn_step_operator(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, nndyn_operator **out)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_step_operator"));
    return nd_leave(trainer, create(trainer, n, x, t, out));
}
