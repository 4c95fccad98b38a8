/* input_jacobian.c - d outputs/d inputs of each sample: directions forward from the inputs or backward from the
 * outputs, whichever are fewer, a block of them at a time.
 *
 * Blocks are cut over directions, not over samples: the pass over the whole batch is made once, and the masks of
 * dropout, which belong to the sample's number in the batch, stay what they are.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/input_jacobian.h"

enum { BLOCK_BYTES = 1 << 26 };

typedef struct job {
    const nd_pass *pass;
    nndyn_network *network; /* for messages */
    int forward;
    int64_t inputs, outputs;
    double *jacobian;
} job;

static int flags_of(int forward)
{
    return forward ? ND_TANGENT_FORWARD_ONLY : ND_TANGENT_ZERO_BELOW;
}

/* Directions at a time: what fits into the memory limit, and into the block. */
static int64_t block_of(const nndyn_network *network, int64_t n, int forward, int64_t directions, double taken)
{
    int64_t limit = nd_context_memory_limit(network->handle.context);
    double each = nd_tangent_bytes(network, n, 2, flags_of(forward)) / 2, room = BLOCK_BYTES;
    if (limit > 0 && (double)limit - taken < room) {
        room = (double)limit - taken;
    }
    double block = room / each;
    return block < 1 ? 1 : block > (double)directions ? directions : (int64_t)block;
}

static int fill(const job *j, int64_t first, nd_tangent *tangent)
{
    int64_t last = j->pass->network->layer_count, rep = tangent->rep;
    int64_t from = j->forward ? j->inputs : j->outputs, to = j->forward ? j->outputs : j->inputs;
    double *start = j->forward ? tangent->value[0] : tangent->back[last];
    for (int64_t r = 0; r < j->pass->n * rep; r++) {
        start[r * from + first + r % rep] = 1;
    }
    ND_TRY(j->forward ? nd_tangent_forward(j->pass, j->network, NULL, tangent)
                      : nd_tangent_backward(j->pass, j->network, NULL, tangent));
    const double *end = j->forward ? tangent->value[last] : tangent->back[0];
    int64_t along_from = j->forward ? 1 : j->inputs, along_to = j->forward ? j->inputs : 1;
    for (int64_t r = 0; r < j->pass->n * rep; r++) {
        double *sample = j->jacobian + r / rep * j->outputs * j->inputs + (first + r % rep) * along_from;
        for (int64_t i = 0; i < to; i++) {
            sample[i * along_to] = end[r * to + i];
        }
    }
    return NNDYN_OK;
}

static int run(const job *j, int64_t directions, int64_t block, nd_task *task)
{
    for (int64_t first = 0; first < directions; first += block) {
        int64_t rep = directions - first < block ? directions - first : block;
        nd_tangent *tangent;
        ND_TRY(nd_tangent_create(j->pass, j->network, rep, flags_of(j->forward), &tangent));
        int status = fill(j, first, tangent);
        nd_tangent_free(j->network->handle.context, tangent);
        ND_TRY(status);
        ND_TRY(nd_task_report(task, (double)(first + rep) / (double)directions));
    }
    return NNDYN_OK;
}

int nd_input_jacobian(nndyn_network *network, int64_t n, const double *x, const nd_option_value *options, nd_task *task,
                      double *jacobian)
{
    int64_t inputs = network->inputs, outputs = nd_network_outputs(network);
    int forward = inputs <= outputs;
    int64_t directions = forward ? inputs : outputs;
    double taken = nd_pass_bytes(network, n, ND_PASS_SLOPES, 0) + 8.0 * (double)n * (double)inputs * (double)outputs;
    int64_t block = block_of(network, n, forward, directions, taken);
    nd_pass *pass;
    ND_TRY(nd_check_memory(network, taken + nd_tangent_bytes(network, n, block, flags_of(forward)),
                           "the batch, a direction of each sample and the Jacobian"));
    ND_TRY(nd_pass_create(network, network, n, x, NULL, ND_PASS_SLOPES, 0, options, &pass));
    job j = {pass, network, forward, inputs, outputs, jacobian};
    int status = nd_pass_check_independent(pass, network, "the input Jacobian");
    if (status == NNDYN_OK) {
        status = run(&j, directions, block, task);
    }
    nd_pass_free(pass);
    return status;
}
