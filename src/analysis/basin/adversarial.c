/* adversarial.c - bounds of the adversarial radius of each sample.  SPDX-License-Identifier: MIT */
#include "analysis/basin/adversarial.h"
#include "analysis/basin/basin.h"
#include <math.h>
#include <string.h>

enum { ITERATIONS, OVERSHOOT, BISECTIONS, REFINEMENTS, BOUND, OPTIONS };
enum { BEST, LIPSCHITZ, PIECE };

static const nd_option_spec specs[OPTIONS] = {
    {"iterations", ND_INTEGER, 1, 1000000, 50, NULL},    {"overshoot", ND_REAL, 1e-12, 1, 0.02, NULL},
    {"bisections", ND_INTEGER, 0, 60, 40, NULL},         {"refinements", ND_INTEGER, 0, 1000000, 20, NULL},
    {"bound", ND_TEXT, 0, 0, 0, "best|lipschitz|piece"},
};

typedef struct job {
    nndyn_network *network;
    nndyn_dataset *data;
    nd_search search;
    int by_lipschitz, by_piece;
    double *constants; /* of nd_lipschitz_margins */
    int64_t *inputs;   /* 0, 1, 2, ... */
    double *upper, *lower, *perturbed;
    int wants_lower, wants_points;
    nd_arena arena;
} job;

/* ---- lower bounds ------------------------------------------------------------------------------------------------ */

static double by_constants(const job *j, const double *z, int64_t label)
{
    const int64_t outputs = nd_network_outputs(j->network);
    double least = (double)INFINITY;
    for (int64_t k = 0; k < outputs; k++) {
        const double constant = j->constants[(outputs > 1 ? label : 0) * outputs + k];
        if (outputs == 1 || k != label) {
            least = fmin(least, constant > 0 ? nd_margin(j->network, z, label, k) / constant : (double)INFINITY);
        }
    }
    return least;
}

/* After a look at the sample itself, whose outputs z are. */
static int bound_below(const job *j, nd_member *m, const nd_place *p, const double *z, double *lower)
{
    double piece = 0;
    const double constant = j->by_lipschitz ? by_constants(j, z, p->label) : 0;
    if (j->by_piece) {
        ND_TRY(nd_piece_distance(m, p->x, p->label, j->inputs, m->room, &piece));
    }
    *lower = fmax(constant, piece);
    return NNDYN_OK;
}

/* ---- a sample ---------------------------------------------------------------------------------------------------- */

static int bound_sample(void *user, nd_member *m, int64_t sample)
{
    const job *j = user;
    const int64_t n = j->network->inputs;
    nd_place p = nd_place_of(&j->search, m, (const double *)j->data->x + sample * n, j->data->labels[sample]);
    double *point = j->wants_points ? j->perturbed + sample * n : NULL, lower = 0;
    const double *z;
    int wrong = 0;
    if (point != NULL) {
        memcpy(point, p.x, (size_t)n * sizeof *point);
    }
    ND_TRY(nd_look(m, &p, NULL, 0, 1, &z, &wrong));
    j->upper[sample] = 0;
    if (!wrong && j->wants_lower) {
        ND_TRY(bound_below(j, m, &p, z, &lower));
    }
    if (!wrong) {
        ND_TRY(nd_search_upper(&j->search, m, &p, &j->upper[sample], point));
    }
    if (j->wants_lower) { /* the last bits of an exact bound may be on the wrong side of the upper one */
        j->lower[sample] = fmin(lower, j->upper[sample]);
    }
    return NNDYN_OK;
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

static int read_options(job *j, const nndyn_options *options, int *bound)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_options_read(j->network, options, specs, OPTIONS, v));
    j->search.iterations = v[ITERATIONS].integer;
    j->search.overshoot = v[OVERSHOOT].real;
    j->search.bisections = v[BISECTIONS].integer;
    j->search.refinements = v[REFINEMENTS].integer;
    *bound = (int)v[BOUND].integer;
    return NNDYN_OK;
}

static const char *activation_at(const nndyn_network *network, int64_t layer)
{
    return nndyn_activation_name(network->layers[layer].activation.kind);
}

/* Which bounds the activations allow, and whether that is enough. */
static int choose_bounds(job *j, int bound)
{
    const int64_t missing = nd_lipschitz_missing(j->network), curved = nd_piece_curved(j->network);
    if (!j->wants_lower) {
        return NNDYN_OK;
    }
    j->by_lipschitz = bound != PIECE && missing < 0;
    j->by_piece = bound != LIPSCHITZ && curved < 0;
    if (j->by_lipschitz || j->by_piece) {
        return NNDYN_OK;
    }
    if (bound == PIECE) {
        return nd_fail(
            j->network, NNDYN_EUNSUPPORTED,
            "\"bound\" is piece, but layer %lld (%s) is not of straight pieces; take lipschitz, or give NULL "
            "for lower",
            (long long)curved, activation_at(j->network, curved));
    }
    return nd_fail(j->network, NNDYN_EUNSUPPORTED,
                   "no lower bound is known: the derivative of layer %lld (%s) is not bounded%s; give NULL for lower",
                   (long long)missing, activation_at(j->network, missing),
                   bound == BEST ? " and the network is not of straight pieces" : "");
}

static void carve(job *j)
{
    const int64_t samples = j->data->samples, n = j->network->inputs, outputs = nd_network_outputs(j->network);
    j->upper = nd_arena_take(&j->arena, samples, sizeof *j->upper);
    if (j->wants_lower) {
        j->lower = nd_arena_take(&j->arena, samples, sizeof *j->lower);
        j->constants = nd_arena_take(&j->arena, nd_product(outputs, outputs), sizeof *j->constants);
        j->inputs = nd_arena_take(&j->arena, n, sizeof *j->inputs);
    }
    if (j->wants_points) {
        j->perturbed = nd_arena_take(&j->arena, nd_product(samples, n), sizeof *j->perturbed);
    }
}

static int find_constants(job *j)
{
    nndyn_network *wide = NULL;
    for (int64_t i = 0; i < j->network->inputs; i++) {
        j->inputs[i] = i;
    }
    if (!j->by_lipschitz) {
        return NNDYN_OK;
    }
    if (j->network->dtype == NNDYN_F64) {
        return nd_lipschitz_margins(j->network, j->network, j->constants);
    }
    ND_TRY(nd_network_copy(j->network, j->network, NNDYN_F64, &wide));
    const int status = nd_lipschitz_margins(wide, j->network, j->constants);
    nd_handle_release(wide);
    return status;
}

static int run(job *j)
{
    nndyn_network *network = j->network;
    nd_crew_plan plan = {.name = "the adversarial radii", .data = j->data, .keep = ND_KEEP_ALL};
    plan.pieces = j->data->samples;
    plan.wave = 16;
    plan.rows = j->search.rivals;
    plan.room = nd_search_room(&j->search, network->inputs);
    plan.room = plan.room > nd_network_width(network) ? plan.room : nd_network_width(network); /* of the pieces */
    plan.bytes = j->by_piece ? nd_piece_bytes(network) : 0;
    plan.work = bound_sample;
    plan.user = j;
    carve(j);
    plan.taken = (double)j->arena.used;
    ND_TRY(nd_check_memory(network, plan.taken, "the bounds of all samples"));
    ND_TRY(nd_arena_reserve(&j->arena, network));
    carve(j);
    if (j->wants_lower) {
        ND_TRY(find_constants(j));
    }
    return nd_crew_run(network, &plan);
}

static void hand_out(const job *j, double *upper, double *lower, double *perturbed)
{
    const size_t samples = (size_t)j->data->samples;
    memcpy(upper, j->upper, samples * sizeof *upper);
    if (lower != NULL) {
        memcpy(lower, j->lower, samples * sizeof *lower);
    }
    if (perturbed != NULL) {
        memcpy(perturbed, j->perturbed, samples * (size_t)j->network->inputs * sizeof *perturbed);
    }
}

static int bound_all(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, double *upper,
                     double *lower, double *perturbed)
{
    job j = {.network = network, .arena.context = network->handle.context};
    int bound = BEST;
    ND_TRY(nd_check_pointer(network, upper, "upper"));
    ND_TRY(read_options(&j, options, &bound));
    j.wants_lower = lower != NULL;
    j.wants_points = perturbed != NULL;
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_network_check_order(network, network, 1, 0));
    ND_TRY(choose_bounds(&j, bound));
    ND_TRY(nd_crew_data(network, dataset, &j.data));
    j.search.rivals = nd_network_outputs(network) > 1 ? nd_network_outputs(network) - 1 : 1;
    const int status = run(&j);
    if (status == NNDYN_OK) {
        hand_out(&j, upper, lower, perturbed);
    }
    nd_arena_free(&j.arena);
    nd_handle_release(j.data);
    return status;
}

int nndyn_basin_adversarial(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, double *upper,
                            double *lower, double *perturbed)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_adversarial"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = bound_all(network, dataset, options, upper, lower, perturbed);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}
