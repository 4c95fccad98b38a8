/* blocks.c - columns of J in blocks whose tangents fit in memory. */
#include "analysis/duality/duality.h"

/* Without a limit blocks stay this small in all: larger ones gain nothing, since each is a large matrix product
 * already. */
static const double USUAL_BYTES = 64e6;

static double block_bytes(const nd_duality *duality, int targets, int64_t rep)
{
    const nndyn_network *network = duality->network;
    if (!targets) {
        return nd_tangent_inputs_bytes(network, duality->n, rep) + 2 * ND_DUALITY_OVERHEAD;
    }
    return nd_tangent_bytes(network, duality->n, rep, ND_TANGENT_ZERO_BELOW | ND_TANGENT_NO_INPUTS) +
           8.0 * (double)duality->n * (double)rep * (double)duality->outputs + 3 * ND_DUALITY_OVERHEAD;
}

/* The most columns whose tangents fit in `most` bytes, at least 1; then evened out over the blocks that makes. */
static int64_t fit(const nd_duality *duality, int targets, int64_t count, double most, int64_t *blocks)
{
    if (count == 0) {
        *blocks = 0;
        return 0;
    }
    int64_t fits = 1, beyond = count + 1;
    while (beyond - fits > 1) {
        int64_t middle = fits + (beyond - fits) / 2;
        if (block_bytes(duality, targets, middle) <= most) {
            fits = middle;
        } else {
            beyond = middle;
        }
    }
    *blocks = (count + fits - 1) / fits;
    return (count + *blocks - 1) / *blocks;
}

/* The largest blocks that are in memory together. */
static double live_bytes(const nd_duality *duality, const nd_cut *cut, int live)
{
    double inputs = cut->input_blocks > 0 ? block_bytes(duality, 0, cut->input_rep) : 0;
    double targets = cut->target_blocks > 0 ? block_bytes(duality, 1, cut->target_rep) : 0;
    double larger = inputs > targets ? inputs : targets;
    if (live == 1 || cut->input_blocks + cut->target_blocks == 1) {
        return larger;
    }
    int64_t blocks_of_larger = inputs > targets ? cut->input_blocks : cut->target_blocks;
    return blocks_of_larger > 1 ? 2 * larger : inputs + targets;
}

static nd_cut cut_within(const nd_duality *duality, const nd_workload *work, double budget)
{
    nd_cut cut;
    cut.input_rep = fit(duality, 0, duality->input_count, budget / work->live, &cut.input_blocks);
    cut.target_rep = fit(duality, 1, duality->target_count, budget / work->live, &cut.target_blocks);
    cut.bytes = live_bytes(duality, &cut, work->live) + work->scratch(duality, &cut);
    return cut;
}

/* Scratch memory grows with the blocks and takes from their room: cut again until both fit, or blocks are single
 * columns. */
nd_cut nd_duality_cut(const nd_duality *duality, const nd_workload *work)
{
    double limit = (double)nd_context_memory_limit(duality->network->handle.context), budget = USUAL_BYTES;
    double room = limit - work->fixed;
    if (limit > 0 && room < budget) {
        budget = room;
    }
    nd_cut cut = cut_within(duality, work, budget);
    while (limit > 0 && cut.bytes > room && (cut.input_rep > 1 || cut.target_rep > 1)) {
        budget -= cut.bytes - room;
        cut = cut_within(duality, work, budget);
    }
    return cut;
}

nd_block nd_duality_block(const nd_duality *duality, const nd_cut *cut, int64_t index)
{
    int targets = index >= cut->input_blocks;
    int64_t rep = targets ? cut->target_rep : cut->input_rep;
    int64_t total = targets ? duality->target_count : duality->input_count;
    int64_t first = (index - (targets ? cut->input_blocks : 0)) * rep;
    int64_t count = total - first < rep ? total - first : rep;
    return (nd_block){targets, first, count, first + (targets ? duality->input_count : 0)};
}

/* back[last] = E times the unit vectors of the targets, the same for every sample. */
static int start_targets(const nd_duality *duality, const nd_pass *pass, const nd_block *block, nd_tangent *tangent)
{
    nndyn_network *network = duality->network;
    double *tdot;
    ND_TRY(nd_allocate_for(network, duality->n * block->count * duality->outputs, sizeof *tdot, &tdot));
    for (int64_t r = 0; r < duality->n * block->count; r++) {
        tdot[r * duality->outputs + duality->target[block->first + r % block->count]] = 1;
    }
    int status = nd_tangent_loss(pass, network, tdot, tangent);
    nd_release(network->handle.context, tdot);
    return status;
}

static int start_inputs(const nd_duality *duality, const nd_pass *pass, nd_tangent *tangent)
{
    ND_TRY(nd_tangent_forward(pass, duality->network, NULL, tangent));
    return nd_tangent_loss(pass, duality->network, NULL, tangent);
}

int nd_duality_tangent(const nd_duality *duality, const nd_pass *pass, const nd_block *block, nd_tangent **out)
{
    nndyn_network *network = duality->network;
    nd_tangent *tangent;
    int status;
    if (block->targets) {
        ND_TRY(nd_tangent_create(pass, network, block->count, ND_TANGENT_ZERO_BELOW | ND_TANGENT_NO_INPUTS, &tangent));
        status = start_targets(duality, pass, block, tangent);
    } else {
        ND_TRY(nd_tangent_create_inputs(pass, network, block->count, duality->input + block->first, &tangent));
        status = start_inputs(duality, pass, tangent);
    }
    if (status == NNDYN_OK) {
        status = nd_tangent_backward(pass, network, NULL, tangent);
    }
    if (status != NNDYN_OK) {
        nd_tangent_free(network->handle.context, tangent);
        return status;
    }
    *out = tangent;
    return NNDYN_OK;
}
