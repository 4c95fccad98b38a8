/* weights_curvature.c - what the Hessian, and margins linearized in the weights, predict of the basin.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "analysis/basin/weights.h"
#include "linalg/linalg.h"
#include "nndyn/derivatives.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* ---- a copy of the network in float64, its data, the scale of the noise ------------------------------------------ */

typedef struct study {
    nndyn_network *network; /* the caller's, for messages */
    nndyn_network *copy;
    nndyn_dataset *data;
    nd_replicas replicas;
    double *center, *scale, *scratch;
    int *states; /* of each replica */
    nd_task task;
    nd_arena arena;
} study;

static void carve(study *s, int64_t replicas)
{
    const int64_t parameters = s->network->parameters;
    s->center = nd_arena_take(&s->arena, parameters, sizeof *s->center);
    s->scale = nd_arena_take(&s->arena, parameters, sizeof *s->scale);
    s->scratch = nd_arena_take(&s->arena, parameters, sizeof *s->scratch);
    s->states = nd_arena_take(&s->arena, replicas, sizeof *s->states);
}

/* `pieces` of work for replicas, of `bytes` more each; 0: none are needed. */
static int prepare(study *s, const nndyn_dataset *dataset, const nd_option_value *values, int64_t pieces, double bytes)
{
    nndyn_network *network = s->network;
    const double each = nd_replica_bytes(network, dataset) + bytes;
    const int64_t replicas = pieces > 0 ? nd_replicas_wanted(network, pieces, each) : 0;
    s->arena.context = network->handle.context;
    carve(s, replicas);
    ND_TRY(nd_check_memory(network, (double)s->arena.used + each * (double)replicas, "the prediction"));
    ND_TRY(nd_arena_reserve(&s->arena, network));
    carve(s, replicas);
    ND_TRY(nd_network_copy(network, network, NNDYN_F64, &s->copy));
    memcpy(s->center, s->copy->theta, (size_t)network->parameters * sizeof *s->center);
    ND_TRY(nd_weight_scale(network, network, s->center, values, s->scale));
    return replicas > 0 ? nd_replicas_open(&s->task, network, replicas, &s->replicas) : NNDYN_OK;
}

static void finish(study *s)
{
    nd_replicas_close(&s->replicas);
    nd_handle_release(s->copy);
    nd_handle_release(s->data);
    nd_arena_free(&s->arena);
}

/* The loss at theta, by a network of the call's own. */
static int loss_at(nndyn_network *copy, void *handle, const nndyn_dataset *data, const double *theta, double *loss)
{
    memcpy(copy->theta, theta, (size_t)copy->parameters * sizeof *theta);
    ND_TRY(nd_enter(copy, ND_NETWORK, "nndyn_network_evaluate"));
    const int status = nd_leave(copy, nd_network_evaluate(copy, data, NULL, loss, NULL));
    return status == NNDYN_OK || handle == NULL ? status : nd_fail_from(handle, status, copy);
}

/* ---- S H S ------------------------------------------------------------------------------------------------------- */

typedef struct sandwich {
    nndyn_operator *hessian;
    const double *scale;
    double *scratch;
    int64_t count;
} sandwich;

static int apply(nndyn_operator *op, void *user, const double *x, double *y)
{
    const sandwich *s = user;
    for (int64_t i = 0; i < s->count; i++) {
        s->scratch[i] = s->scale[i] * x[i];
    }
    const int status = nndyn_operator_apply(s->hessian, s->scratch, y);
    if (status != NNDYN_OK) {
        return nd_fail_from(op, status, s->hessian);
    }
    for (int64_t i = 0; i < s->count; i++) {
        y[i] *= s->scale[i];
    }
    return NNDYN_OK;
}

static void drop(nndyn_context *context, void *user)
{
    nd_release(context, user);
}

static int make_sandwich(study *s, nndyn_operator *hessian, nndyn_operator **out)
{
    static const nd_operator_methods methods = {apply, NULL, drop};
    sandwich *made;
    ND_TRY(nd_allocate_for(s->network, 1, sizeof *made, &made));
    *made = (sandwich){hessian, s->scale, s->scratch, s->network->parameters};
    return nd_operator_create(s->network, made->count, made->count, &methods, made, out);
}

static int make_hessian(study *s, nndyn_operator **out)
{
    const int status = nndyn_hessian_operator(s->copy, s->data->samples, s->data->x, s->data->t, NULL, out);
    return status == NNDYN_OK ? status : nd_fail_from(s->network, status, s->copy);
}

/* ---- figures of curvature ---------------------------------------------------------------------------------------- */

enum { RISE = ND_WEIGHTS_OPTIONS, PRODUCTS, TOLERANCE, SEED, CURVATURE_OPTIONS };
static const nd_option_spec curvature_specs[CURVATURE_OPTIONS] = {
    ND_WEIGHTS_SPECS,
    {"rise", ND_REAL, 1e-300, 1e300, 0.1, NULL},
    {"products", ND_INTEGER, 6, INT_MAX, 60, NULL},
    {"tolerance", ND_REAL, 1e-13, 0.1, 1e-6, NULL},
    {"seed", ND_INTEGER, -9e15, 9e15, 0, NULL},
};

static int take_trace(study *s, nndyn_operator *op, const nd_option_value *values, double *figures)
{
    nndyn_options *options = NULL;
    ND_TRY(nndyn_options_create(s->network->handle.context, &options));
    int status = nndyn_options_set_integer(options, "products", values[PRODUCTS].integer);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "seed", values[SEED].integer);
    }
    if (status == NNDYN_OK) {
        status = nndyn_trace(op, options, &figures[NNDYN_CURVATURE_TRACE], &figures[NNDYN_CURVATURE_TRACE_ERROR]);
        status = status == NNDYN_OK ? status : nd_fail_from(s->network, status, op);
    }
    nndyn_options_free(options);
    return status;
}

static int largest(study *s, nndyn_operator *op, const nd_option_value *values, double *value)
{
    nndyn_options *options = NULL;
    ND_TRY(nndyn_options_create(s->network->handle.context, &options));
    int status = nndyn_options_set_double(options, "tolerance", values[TOLERANCE].real);
    if (status == NNDYN_OK) {
        status = nndyn_eigenpairs(op, 1, options, value, NULL, NULL, NULL);
        status = status == NNDYN_OK ? status : nd_fail_from(s->network, status, op);
    }
    nndyn_options_free(options);
    return status;
}

static int take_figures(study *s, const nd_option_value *values, double *figures)
{
    nndyn_operator *hessian = NULL, *sandwiched = NULL;
    ND_TRY(loss_at(s->copy, s->network, s->data, s->center, &figures[NNDYN_CURVATURE_LOSS]));
    ND_TRY(make_hessian(s, &hessian));
    int status = make_sandwich(s, hessian, &sandwiched);
    if (status == NNDYN_OK) {
        status = take_trace(s, sandwiched, values, figures);
    }
    if (status == NNDYN_OK) {
        status = largest(s, sandwiched, values, &figures[NNDYN_CURVATURE_SHARPEST]);
    }
    if (status == NNDYN_OK) {
        status = largest(s, hessian, values, &figures[NNDYN_CURVATURE_LARGEST]);
    }
    const double sharpest = figures[NNDYN_CURVATURE_SHARPEST], top = figures[NNDYN_CURVATURE_LARGEST];
    figures[NNDYN_CURVATURE_RADIUS] = sharpest > 0 ? sqrt(2 * values[RISE].real / sharpest) : (double)INFINITY;
    figures[NNDYN_CURVATURE_RATE] = top > 0 ? 2 / top : (double)INFINITY;
    nndyn_operator_free(sandwiched);
    nndyn_operator_free(hessian);
    return status;
}

static int curvature(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, double *figures)
{
    nd_option_value values[CURVATURE_OPTIONS];
    double found[NNDYN_CURVATURES] = {0};
    study s = {.network = network};
    ND_TRY(nd_options_read(network, options, curvature_specs, CURVATURE_OPTIONS, values));
    ND_TRY(nd_weights_check(network, network, dataset, 0, 1));
    ND_TRY(nd_dataset_double(network, dataset, &s.data));
    nd_task_begin(&s.task, network, "the curvature");
    int status = prepare(&s, dataset, values, 0, 0);
    if (status == NNDYN_OK) {
        status = take_figures(&s, values, found);
    }
    finish(&s);
    if (status == NNDYN_OK) {
        memcpy(figures, found, sizeof found);
    }
    return status;
}

int nndyn_basin_curvature(nndyn_network *network, nndyn_dataset *dataset, const nndyn_options *options, double *figures)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_curvature"));
    int status = nd_check_pointer(network, figures, "figures");
    if (status == NNDYN_OK) {
        status = nd_hold(network, dataset, ND_DATASET, "dataset");
    }
    if (status == NNDYN_OK) {
        status = curvature(network, dataset, options, figures);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}

/* ---- radii along directions -------------------------------------------------------------------------------------- */

enum { RADIUS_RISE = ND_WEIGHTS_OPTIONS, START, CAP, RATIO, BISECTIONS, RADIUS_OPTIONS };
static const nd_option_spec radius_specs[RADIUS_OPTIONS] = {
    ND_WEIGHTS_SPECS,
    {"rise", ND_REAL, 1e-300, 1e300, 0.1, NULL},
    {"start", ND_REAL, 1e-300, 1e300, 0.001, NULL},
    {"cap", ND_REAL, 1e-300, 1e300, 100, NULL},
    {"ratio", ND_REAL, 1.001, 100, 1.1, NULL},
    {"bisections", ND_INTEGER, 1, 60, 40, NULL},
};

typedef struct rays {
    study *s;
    const double *directions;
    const nd_option_value *values;
    int64_t count;
    double level; /* the loss to reach */
    double *radius;
} rays;

/* Whether the loss has risen; one that is not finite has. */
static int risen(const rays *r, nd_replica *replica, int64_t ray, double amplitude, int *yes)
{
    const study *s = r->s;
    const int64_t parameters = s->network->parameters;
    double loss;
    nd_weight_kick(parameters, s->center, s->scale, amplitude, 0, ray, r->directions + ray * parameters,
                   replica->network->theta);
    const int status = nd_replica_evaluate(replica, s->data, &loss);
    *yes = status == NNDYN_ENUMERIC || (status == NNDYN_OK && loss > r->level);
    return status == NNDYN_ENUMERIC ? NNDYN_OK : status;
}

static int find_radius(const rays *r, nd_replica *replica, int64_t ray)
{
    const double cap = r->values[CAP].real;
    double below = 0, above = r->values[START].real < cap ? r->values[START].real : cap;
    int yes = 0;
    for (;;) {
        ND_TRY(risen(r, replica, ray, above, &yes));
        if (yes || above >= cap) {
            break;
        }
        below = above;
        above = above * r->values[RATIO].real < cap ? above * r->values[RATIO].real : cap;
    }
    const int found = yes;
    for (int64_t i = 0; i < r->values[BISECTIONS].integer && found; i++) {
        const double middle = 0.5 * (below + above);
        ND_TRY(risen(r, replica, ray, middle, &yes));
        below = yes ? below : middle;
        above = yes ? middle : above;
    }
    r->radius[ray] = found ? 0.5 * (below + above) : (double)INFINITY;
    return NNDYN_OK;
}

static void run_rays(void *user, int64_t index)
{
    const rays *r = user;
    int *state = &r->s->states[index];
    *state = NNDYN_OK;
    for (int64_t i = index; i < r->count && *state == NNDYN_OK; i += r->s->replicas.count) {
        *state = find_radius(r, &r->s->replicas.replicas[index], i);
    }
}

static int run_all(study *s, void (*work)(void *, int64_t), void *job)
{
    ND_TRY(nd_parallel(s->network->handle.context, s->replicas.count, work, job));
    for (int64_t i = 0; i < s->replicas.count; i++) {
        if (s->states[i] != NNDYN_OK) {
            return nd_fail_from(s->network, s->states[i], s->replicas.replicas[i].network);
        }
    }
    return nd_task_report(&s->task, 1);
}

/* sqrt(2 rise / d' S H S d) */
static int quadratic_radii(study *s, const rays *r, double *quadratic)
{
    const int64_t parameters = s->network->parameters;
    nndyn_operator *hessian = NULL;
    double *product;
    ND_TRY(nd_allocate_for(s->network, parameters, sizeof *product, &product));
    int status = make_hessian(s, &hessian);
    for (int64_t i = 0; i < r->count && status == NNDYN_OK; i++) {
        double sum = 0;
        for (int64_t j = 0; j < parameters; j++) {
            s->scratch[j] = s->scale[j] * r->directions[i * parameters + j];
        }
        status = nndyn_operator_apply(hessian, s->scratch, product);
        status = status == NNDYN_OK ? status : nd_fail_from(s->network, status, hessian);
        for (int64_t j = 0; j < parameters; j++) {
            sum += s->scratch[j] * product[j];
        }
        quadratic[i] = sum > 0 ? sqrt(2 * r->values[RADIUS_RISE].real / sum) : (double)INFINITY;
    }
    nndyn_operator_free(hessian);
    nd_release(s->network->handle.context, product);
    return status;
}

static int both_radii(rays *r, double *radius, double *quadratic)
{
    study *s = r->s;
    double loss;
    int status = NNDYN_OK;
    ND_TRY(loss_at(s->copy, s->network, s->data, s->center, &loss));
    r->level = loss + r->values[RADIUS_RISE].real;
    ND_TRY(nd_allocate_for(s->network, 2 * r->count, sizeof *r->radius, &r->radius));
    if (quadratic) {
        status = quadratic_radii(s, r, r->radius + r->count);
    }
    if (status == NNDYN_OK && radius) {
        status = run_all(s, run_rays, r);
    }
    if (status == NNDYN_OK && radius) {
        memcpy(radius, r->radius, (size_t)r->count * sizeof *radius);
    }
    if (status == NNDYN_OK && quadratic) {
        memcpy(quadratic, r->radius + r->count, (size_t)r->count * sizeof *quadratic);
    }
    nd_release(s->network->handle.context, r->radius);
    return status;
}

static int loss_radius(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *directions,
                       const nndyn_options *options, double *radius, double *quadratic)
{
    nd_option_value values[RADIUS_OPTIONS];
    study s = {.network = network};
    rays r = {.s = &s, .directions = directions, .values = values, .count = count};
    ND_TRY(nd_options_read(network, options, radius_specs, RADIUS_OPTIONS, values));
    ND_TRY(nd_check_size(network, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(network, directions, "directions"));
    ND_TRY(nd_weights_check(network, network, dataset, 0, 1));
    ND_TRY(nd_check_finite(network, count, network->parameters, directions, "directions"));
    ND_TRY(nd_dataset_double(network, dataset, &s.data));
    nd_task_begin(&s.task, network, "the radii of the loss");
    int status = prepare(&s, dataset, values, count, 0);
    if (status == NNDYN_OK) {
        status = both_radii(&r, radius, quadratic);
    }
    finish(&s);
    return status;
}

int nndyn_basin_loss_radius(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *directions,
                            const nndyn_options *options, double *radius, double *quadratic)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_loss_radius"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = loss_radius(network, dataset, count, directions, options, radius, quadratic);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}

/* ---- linearized margins ------------------------------------------------------------------------------------------ */

typedef struct margins {
    study *s;
    double *ratio;    /* of each sample: smallest margin over the deviation it has at amplitude 1 */
    double *gradient; /* of each replica */
    nd_workspace_f64 **workspaces;
} margins;

static double deviation(int64_t count, const double *scale, const double *gradient)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += scale[i] * gradient[i] * (scale[i] * gradient[i]);
    }
    return sqrt(sum);
}

static int margin_ratio(const margins *m, nd_replica *replica, nd_workspace_f64 *w, double *gradient, int64_t sample)
{
    const study *s = m->s;
    const nndyn_network *network = replica->network;
    const int64_t outputs = nd_network_outputs(network), label = s->data->labels[sample];
    const double *x = (const double *)s->data->x + sample * network->inputs;
    const nd_mode mode = {0};
    double least = (double)INFINITY;
    ND_TRY(nd_forward_f64(network, replica->network, network->theta, network->statistics, mode, 1, x, w));
    const double *z = w->sites[network->layer_count - 1].out;
    double *back = w->sites[network->layer_count - 1].dout;
    for (int64_t k = 0; k < outputs; k++) {
        if (k == label) {
            continue;
        }
        memset(back, 0, (size_t)outputs * sizeof *back);
        back[label] = 1;
        back[k] = -1;
        ND_TRY(nd_backward_f64(network, replica->network, network->theta, 1, w, gradient));
        const double margin = z[label] - z[k], spread = deviation(network->parameters, s->scale, gradient);
        const double ratio = spread > 0 ? margin / spread : margin > 0 ? (double)INFINITY : -(double)INFINITY;
        least = ratio < least ? ratio : least;
    }
    m->ratio[sample] = least;
    return NNDYN_OK;
}

static void run_margins(void *user, int64_t index)
{
    const margins *m = user;
    const study *s = m->s;
    int *state = &s->states[index];
    *state = NNDYN_OK;
    for (int64_t i = index; i < s->data->samples && *state == NNDYN_OK; i += s->replicas.count) {
        *state = nd_task_canceled(&s->task) ? NNDYN_ECANCELED
                                            : margin_ratio(m, &s->replicas.replicas[index], m->workspaces[index],
                                                           m->gradient + index * s->network->parameters, i);
    }
}

static int find_margins(margins *m)
{
    study *s = m->s;
    nndyn_context *context = s->network->handle.context;
    const int64_t replicas = s->replicas.count;
    int status = nd_allocate_for(s->network, s->data->samples, sizeof *m->ratio, &m->ratio);
    if (status == NNDYN_OK) {
        status = nd_allocate_for(s->network, nd_product(replicas, s->network->parameters), sizeof *m->gradient,
                                 &m->gradient);
    }
    if (status == NNDYN_OK) {
        status = nd_allocate_for(s->network, replicas, sizeof(nd_workspace_f64 *), &m->workspaces);
    }
    for (int64_t i = 0; i < replicas && status == NNDYN_OK; i++) {
        status = nd_workspace_create_f64(s->copy, s->network, 1, ND_KEEP_ALL, &m->workspaces[i]);
    }
    if (status == NNDYN_OK) {
        status = run_all(s, run_margins, m);
    }
    for (int64_t i = 0; i < replicas && m->workspaces; i++) {
        nd_workspace_free_f64(context, m->workspaces[i]);
    }
    nd_release(context, m->workspaces);
    nd_release(context, m->gradient);
    return status;
}

static int check_linearized(nndyn_network *network, int64_t count, const double *sigma, const double *accuracy)
{
    ND_TRY(nd_check_size(network, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(network, sigma, "sigma"));
    ND_TRY(nd_check_pointer(network, accuracy, "accuracy"));
    ND_TRY(nd_basin_check_amplitudes(network, count, sigma));
    ND_TRY(nd_network_ready(network, network, 0));
    if (nd_network_outputs(network) < 2) {
        return nd_fail(network, NNDYN_EUNSUPPORTED,
                       "the network has a single output; linearized margins need one for each class");
    }
    return nd_network_check_order(network, network, 1, 0);
}

static int linearized(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                      const nndyn_options *options, double *accuracy)
{
    static const nd_option_spec specs[ND_WEIGHTS_OPTIONS] = {ND_WEIGHTS_SPECS};
    nd_option_value values[ND_WEIGHTS_OPTIONS];
    study s = {.network = network};
    margins m = {.s = &s};
    ND_TRY(nd_options_read(network, options, specs, ND_WEIGHTS_OPTIONS, values));
    ND_TRY(check_linearized(network, count, sigma, accuracy));
    ND_TRY(nd_weights_check(network, network, dataset, 1, 0));
    ND_TRY(nd_dataset_double(network, dataset, &s.data));
    nd_task_begin(&s.task, network, "the linearized accuracy");
    int status =
        prepare(&s, dataset, values, dataset->samples,
                (double)network->parameters * sizeof(double) + (double)nd_workspace_bytes_f64(network, 1, ND_KEEP_ALL));
    if (status == NNDYN_OK) {
        status = find_margins(&m);
    }
    if (status == NNDYN_OK) {
        nd_basin_linear_accuracy(s.data->samples, m.ratio, count, sigma, accuracy);
    }
    nd_release(network->handle.context, m.ratio);
    finish(&s);
    return status;
}

int nndyn_basin_linearized(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                           const nndyn_options *options, double *accuracy)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_linearized"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = linearized(network, dataset, count, sigma, options, accuracy);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}
