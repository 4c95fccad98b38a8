/* margins.c - distances of the decision boundaries, linearized in the inputs.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "analysis/basin/crew.h"
#include "statistics/statistics.h"
#include <limits.h>
#include <math.h>
#include <string.h>

enum { WAVE = 64 }; /* samples a thread takes between two reports of progress */

typedef struct job {
    nndyn_dataset *data;
    double *distances; /* of each sample */
    nd_arena arena;
} job;

static double norm(int64_t n, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/* A margin and the length of its gradient, which is at the inputs of the first site. */
static double distance(double margin, int64_t inputs, const double *gradient)
{
    const double slope = norm(inputs, gradient);
    if (slope > 0) {
        return margin / slope;
    }
    return margin > 0 ? (double)INFINITY : -(double)INFINITY;
}

/* The smallest distance over the other classes; a single output has one boundary. */
static int nearest(void *user, nd_member *member, int64_t sample)
{
    const job *j = user;
    nndyn_network *network = member->replica->network;
    nd_workspace_f64 *w = member->workspace;
    const int64_t outputs = nd_network_outputs(network), label = j->data->labels[sample];
    const double *x = (const double *)j->data->x + sample * network->inputs;
    const double sign = label == 1 ? 1 : -1;
    const nd_mode mode = {0};
    double least = (double)INFINITY;
    ND_TRY(nd_forward_f64(network, network, network->theta, network->statistics, mode, 1, x, w));
    const double *z = w->sites[network->layer_count - 1].out;
    double *back = w->sites[network->layer_count - 1].dout;
    for (int64_t k = 0; k < outputs; k++) {
        if (k == label && outputs > 1) {
            continue;
        }
        memset(back, 0, (size_t)outputs * sizeof *back);
        back[outputs > 1 ? label : 0] = outputs > 1 ? 1 : sign;
        if (outputs > 1) {
            back[k] = -1;
        }
        ND_TRY(nd_backward_f64(network, network, network->theta, 1, w, NULL));
        const double margin = outputs > 1 ? z[label] - z[k] : sign * (z[0] - nd_network_threshold(network));
        const double found = distance(margin, network->inputs, w->sites[0].din);
        least = found < least ? found : least;
    }
    j->distances[sample] = least;
    return NNDYN_OK;
}

static int measure(job *j, nndyn_network *network)
{
    nd_crew_plan plan = {.name = "the margins", .data = j->data, .wave = WAVE, .rows = 1, .keep = ND_KEEP_ALL};
    plan.pieces = j->data->samples;
    plan.work = nearest;
    plan.user = j;
    j->distances = nd_arena_take(&j->arena, plan.pieces, sizeof *j->distances);
    plan.taken = (double)j->arena.used;
    ND_TRY(nd_check_memory(network, plan.taken, plan.name));
    ND_TRY(nd_arena_reserve(&j->arena, network));
    j->distances = nd_arena_take(&j->arena, plan.pieces, sizeof *j->distances);
    return nd_crew_run(network, &plan);
}

void nd_basin_linear_accuracy(int64_t samples, const double *distances, int64_t count, const double *sigma,
                              double *accuracy)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t s = 0; s < samples; s++) {
            sum += nd_normal_cdf(distances[s] / sigma[i]);
        }
        accuracy[i] = sum / (double)samples;
    }
}

static void hand_out(const job *j, int64_t count, const double *sigma, double *accuracy, double *distances)
{
    const int64_t samples = j->data->samples;
    nd_basin_linear_accuracy(samples, j->distances, count, sigma, accuracy);
    if (distances) {
        memcpy(distances, j->distances, (size_t)samples * sizeof *distances);
    }
}

static int check(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                 const double *accuracy)
{
    ND_TRY(nd_check_size(network, count, 0, INT_MAX, "count"));
    if (count > 0) {
        ND_TRY(nd_check_pointer(network, sigma, "sigma"));
        ND_TRY(nd_check_pointer(network, accuracy, "accuracy"));
    }
    ND_TRY(nd_basin_check_amplitudes(network, count, sigma));
    ND_TRY(nd_weights_check(network, network, dataset, 1, 0));
    return nd_network_check_order(network, network, 1, 0);
}

static int margins(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma, double *accuracy,
                   double *distances)
{
    job j = {.arena.context = network->handle.context};
    ND_TRY(check(network, dataset, count, sigma, accuracy));
    ND_TRY(nd_dataset_double(network, dataset, &j.data));
    const int status = measure(&j, network);
    if (status == NNDYN_OK) {
        hand_out(&j, count, sigma, accuracy, distances);
    }
    nd_arena_free(&j.arena);
    nd_handle_release(j.data);
    return status;
}

int nndyn_basin_margins(nndyn_network *network, nndyn_dataset *dataset, int64_t count, const double *sigma,
                        double *accuracy, double *distances)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_margins"));
    int status = nd_hold(network, dataset, ND_DATASET, "dataset");
    if (status == NNDYN_OK) {
        status = margins(network, dataset, count, sigma, accuracy, distances);
        nd_unhold(dataset);
    }
    return nd_leave(network, status);
}
