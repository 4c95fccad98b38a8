/* direction.c - correlations contracted with one vector, for networks of any size: Taylor jets along J'e.
 *
 * The line is taken as V = eta alpha J'e, so that coefficient d of alpha f is C^{0,d}[e, .., e] itself and that of the
 * gradients times alpha sqrt(eta) is C^{1,d}[e, .., e]: nothing overflows that the result does not.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/correlation/correlation.h"
#include "derivatives/jets.h"
#include "kernels/kernels.h"
#include <math.h>
#include <string.h>

enum { NORM_ROWS = 64, GRAM_MOST = 4096 }; /* outputs of a block for norms; samples for which a Gram matrix is made */

typedef struct line {
    const nd_direction_job *job;
    int64_t m, outputs;
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass;
    nd_jets *base;
    nd_direction *direction;
} line;

/* ---- the line ---------------------------------------------------------------------------------------------------- */

/* One cotangent a sample, e itself: its sensitivities, all with the same weight, are J'e. */
static int open_line(line *l)
{
    const nd_direction_job *job = l->job;
    nndyn_network *network = job->network;
    double *w;
    ND_TRY(nd_options_read(network, NULL, nd_pass_options, ND_PASS_OPTIONS, l->values));
    ND_TRY(nd_pass_create(network, network, job->n, job->x, NULL, ND_PASS_VALUES, 0, l->values, &l->pass));
    ND_TRY(nd_jets_create(l->pass, network, 0, 1, &l->base));
    ND_TRY(nd_jets_forward(l->base, network, NULL));
    ND_TRY(nd_jets_backward(l->base, network, NULL, job->e));
    ND_TRY(nd_direction_create(l->base, network, &l->direction));
    ND_TRY(nd_allocate_for(network, job->n, sizeof *w, &w));
    for (int64_t s = 0; s < job->n; s++) {
        w[s] = job->eta * job->alpha;
    }
    const int status = nd_direction_set(l->direction, network, w);
    nd_release(network->handle.context, w);
    return status;
}

static void close_line(line *l)
{
    nd_direction_free(l->direction);
    nd_jets_free(l->base);
    nd_pass_free(l->pass);
}

/* ---- outputs ----------------------------------------------------------------------------------------------------- */

static void take_values(const line *l, const nd_jets *jets, double *values)
{
    for (int d = 0; values != NULL && d <= l->job->order; d++) {
        const double *f = nd_jets_output(jets, d);
        for (int64_t i = 0; i < l->m; i++) {
            values[d * l->m + i] = f != NULL ? l->job->alpha * f[i] : 0;
        }
    }
}

/* ---- |sum_i e_i C^{1,d}_i| --------------------------------------------------------------------------------------- */

/* The sum of all entries of the Gram matrix of the samples' gradient jets. */
static int contract_by_gram(const line *l, const nd_jets *jets, double factor, double *contracted)
{
    const int64_t n = l->job->n;
    nndyn_network *network = l->job->network;
    double *gram;
    int status = NNDYN_OK;
    ND_TRY(nd_allocate_for(network, n * n, sizeof *gram, &gram));
    for (int d = 0; status == NNDYN_OK && d <= l->job->order; d++) {
        double sum = 0;
        status = nd_jets_gram(jets, d, jets, d, network, gram, n);
        for (int64_t i = 0; status == NNDYN_OK && i < n * n; i++) {
            sum += gram[i];
        }
        contracted[d] = factor * sqrt(fmax(sum, 0));
    }
    nd_release(network->handle.context, gram);
    return status;
}

/* The summed gradient jet itself. */
static int contract_by_sum(const line *l, const nd_jets *jets, double factor, double *contracted)
{
    const int64_t n = l->job->n;
    nndyn_network *network = l->job->network;
    double *g;
    ND_TRY(nd_allocate_for(network, network->parameters + n, sizeof *g, &g));
    double *ones = g + network->parameters;
    int status = NNDYN_OK;
    for (int64_t s = 0; s < n; s++) {
        ones[s] = 1;
    }
    for (int d = 0; status == NNDYN_OK && d <= l->job->order; d++) {
        status = nd_jets_gradient(jets, network, d, ones, g);
        contracted[d] = factor * sqrt(network->k64->sum_squares(network->parameters, g));
        if (d == 1 && l->job->turn != NULL) {
            memcpy(l->job->turn, g, (size_t)network->parameters * sizeof *g);
        }
    }
    nd_release(network->handle.context, g);
    return status;
}

/* A Gram matrix cancels where the sum is much smaller than its terms: vectors are added where that is affordable. */
static int sums_vectors(const nndyn_network *network, int64_t n)
{
    return n > GRAM_MOST || (double)network->parameters <= fmax(1e7, (double)n * (double)n);
}

static int take_whole(line *l, double *values, double *contracted, int norms_follow)
{
    const nd_direction_job *job = l->job;
    nndyn_network *network = job->network;
    const double factor = job->alpha * sqrt(job->eta);
    nd_jets *jets = NULL;
    ND_TRY(nd_jets_create(l->pass, network, job->order, contracted != NULL, &jets));
    int status = nd_jets_forward(jets, network, l->direction);
    if (status == NNDYN_OK) {
        take_values(l, jets, values);
        status = contracted != NULL ? nd_jets_backward(jets, network, l->direction, job->e) : NNDYN_OK;
    }
    if (status == NNDYN_OK) {
        status = nd_task_report(job->task, norms_follow ? 0.1 : 0.6);
    }
    if (status == NNDYN_OK && contracted != NULL) {
        status = job->turn != NULL || sums_vectors(network, job->n) ? contract_by_sum(l, jets, factor, contracted)
                                                                    : contract_by_gram(l, jets, factor, contracted);
    }
    nd_jets_free(jets);
    return status;
}

/* ---- |C^{1,d}_i| ------------------------------------------------------------------------------------------------- */

static int take_norms(const line *l, nd_jets *jets, int64_t first, int64_t rows, double *gram, double *norms)
{
    const nd_direction_job *job = l->job;
    nndyn_network *network = job->network;
    const double factor = job->alpha * sqrt(job->eta);
    ND_TRY(nd_jets_forward(jets, network, l->direction));
    ND_TRY(nd_jets_backward(jets, network, l->direction, NULL));
    for (int d = 0; d <= job->order; d++) {
        ND_TRY(nd_jets_gram(jets, d, jets, d, network, gram, rows));
        for (int64_t i = 0; i < rows; i++) {
            norms[d * l->m + first * l->outputs + i] = factor * sqrt(fmax(gram[i * (rows + 1)], 0));
        }
    }
    return NNDYN_OK;
}

static int64_t block_samples(int64_t n, int64_t outputs)
{
    const int64_t block = outputs < NORM_ROWS ? NORM_ROWS / outputs : 1;
    return block < n ? block : n;
}

static int norms_of_block(line *l, int64_t first, int64_t count, double *gram, double *norms)
{
    const nd_direction_job *job = l->job;
    nndyn_network *network = job->network;
    nd_pass *pass;
    nd_jets *jets = NULL;
    ND_TRY(nd_pass_create(network, network, count, job->x + first * network->inputs, NULL, ND_PASS_VALUES, 0, l->values,
                          &pass));
    int status = nd_jets_create(pass, network, job->order, l->outputs, &jets);
    if (status == NNDYN_OK) {
        status = take_norms(l, jets, first, count * l->outputs, gram, norms);
    }
    nd_jets_free(jets);
    nd_pass_free(pass);
    return status;
}

static int take_all_norms(line *l, double *norms)
{
    const nd_direction_job *job = l->job;
    const int64_t block = block_samples(job->n, l->outputs), rows = block * l->outputs;
    double *gram;
    int status = NNDYN_OK;
    ND_TRY(nd_allocate_for(job->network, rows * rows, sizeof *gram, &gram));
    for (int64_t first = 0; status == NNDYN_OK && first < job->n; first += block) {
        const int64_t count = job->n - first < block ? job->n - first : block;
        status = norms_of_block(l, first, count, gram, norms);
        if (status == NNDYN_OK) {
            status = nd_task_report(job->task, 0.2 + 0.8 * (double)(first + count) / (double)job->n);
        }
    }
    nd_release(job->network->handle.context, gram);
    return status;
}

int nd_correlation_direction(const nd_direction_job *job, double *values, double *norms, double *contracted)
{
    line l = {.job = job, .outputs = nd_network_outputs(job->network)};
    l.m = job->n * l.outputs;
    int status = open_line(&l);
    if (status == NNDYN_OK && (values != NULL || contracted != NULL)) {
        status = take_whole(&l, values, contracted, norms != NULL);
    }
    if (status == NNDYN_OK && norms != NULL) {
        status = take_all_norms(&l, norms);
    }
    close_line(&l);
    return status;
}

/* ---- public ------------------------------------------------------------------------------------------------------ */

static double bytes_of(nndyn_network *network, int64_t n, int order, int norms, int contracted)
{
    const int64_t outputs = nd_network_outputs(network), block = block_samples(n, outputs);
    const double parameters = 8 * (double)network->parameters, samples = (double)n;
    double bytes = nd_pass_bytes(network, n, ND_PASS_VALUES, 0) + nd_jets_bytes(network, n, 0, 1) +
                   nd_direction_bytes(network, n) + nd_jets_bytes(network, n, order, contracted);
    bytes += contracted ? sums_vectors(network, n) ? parameters : 8 * samples * samples : 0;
    bytes += norms ? nd_pass_bytes(network, block, ND_PASS_VALUES, 0) + nd_jets_bytes(network, block, order, outputs) +
                         nd_jets_gram_bytes(network, block, outputs, block, outputs, order)
                   : 0;
    return bytes + 16.0 * (order + 1) * samples * (double)outputs;
}

typedef struct delivery {
    double *values, *norms, *contracted; /* the caller's, or NULL */
    int *flags;
} delivery;

static int check_results(nndyn_network *network, int64_t count, const double *aside)
{
    if (network->k64->all_finite(count, aside)) {
        return NNDYN_OK;
    }
    return nd_fail(network, NNDYN_ENUMERIC,
                   "a correlation is not finite: parameters, data, e or eta are too large, or a derivative of an "
                   "activation is infinite at this point");
}

static int deliver(const nd_direction_job *job, const delivery *to)
{
    const int64_t m = job->n * nd_network_outputs(job->network), rows = job->order + 1;
    double *aside;
    ND_TRY(nd_allocate_for(job->network, 2 * rows * m + rows, sizeof *aside, &aside));
    double *norms = aside + rows * m, *contracted = norms + rows * m;
    int status = nd_correlation_direction(job, to->values != NULL ? aside : NULL, to->norms != NULL ? norms : NULL,
                                          to->contracted != NULL ? contracted : NULL);
    if (status == NNDYN_OK) {
        status = check_results(job->network, 2 * rows * m + rows, aside);
    }
    if (status == NNDYN_OK) {
        const struct {
            const double *from;
            double *to;
            int64_t count;
        } parts[3] = {{aside, to->values, rows * m}, {norms, to->norms, rows * m}, {contracted, to->contracted, rows}};
        for (int i = 0; i < 3; i++) {
            if (parts[i].to != NULL) {
                memcpy(parts[i].to, parts[i].from, (size_t)parts[i].count * sizeof(double));
            }
        }
        if (to->flags != NULL) {
            *to->flags = nd_correlation_flags(job->network);
        }
    }
    nd_release(job->network->handle.context, aside);
    return status;
}

static int direction(nd_direction_job *job, const nndyn_options *options, const delivery *to)
{
    static const nd_option_spec specs[1] = {{"scale", ND_REAL, 1e-150, 1e150, 1, NULL}};
    nndyn_network *network = job->network;
    nd_option_value scale;
    nd_task task;
    nd_task_begin(&task, network, "correlations along a direction");
    ND_TRY(nd_correlation_check(network, job->n, job->x, job->eta));
    ND_TRY(nd_correlation_array(network, job->n, nd_network_outputs(network), job->e, "e"));
    ND_TRY(nd_check_size(network, job->order, 0, ND_JET_ORDER, "order"));
    ND_TRY(nd_options_read(network, options, specs, 1, &scale));
    job->alpha = scale.real;
    job->task = &task;
    ND_TRY(nd_check_memory(network, bytes_of(network, job->n, job->order, to->norms != NULL, to->contracted != NULL),
                           "the batch at all orders; take fewer samples or a lower order: it"));
    return deliver(job, to);
}

int nndyn_correlation_direction(nndyn_network *network, int64_t n, const double *x, double eta, const double *e,
                                int order, const nndyn_options *options, double *values, double *norms,
                                double *contracted, int *flags)
{
    nd_direction_job job = {.network = network, .n = n, .x = x, .eta = eta, .e = e, .order = order};
    const delivery to = {values, norms, contracted, flags};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_correlation_direction"));
    return nd_leave(network, direction(&job, options, &to));
}
