/* crew.c - pieces of work on a network, shared among threads.  SPDX-License-Identifier: MIT */
#include "analysis/basin/crew.h"
#include <string.h>

typedef struct crew {
    const nd_crew_plan *plan;
    nndyn_network *network;
    nd_replicas replicas;
    nd_member *members;
    int *states;
    double *rooms;
    int64_t first, last; /* pieces of the wave that is on its way */
    nd_task task;
    nd_arena arena;
} crew;

static int64_t room_numbers(const nd_crew_plan *plan)
{
    return (plan->room + 7) / 8 * 8; /* members do not share a cache line */
}

static void work(void *user, int64_t index)
{
    crew *c = user;
    const int64_t count = c->replicas.count;
    int *state = &c->states[index];
    for (int64_t i = c->first + index; i < c->last && *state == NNDYN_OK; i += count) {
        *state = nd_task_canceled(&c->task) ? NNDYN_ECANCELED : c->plan->work(c->plan->user, &c->members[index], i);
    }
}

static int run_wave(crew *c)
{
    ND_TRY(nd_parallel(c->network->handle.context, c->replicas.count, work, c));
    ND_TRY(nd_task_report(&c->task, (double)c->last / (double)c->plan->pieces));
    for (int64_t i = 0; i < c->replicas.count; i++) {
        if (c->states[i] != NNDYN_OK) {
            return nd_fail_from(c->network, c->states[i], c->members[i].replica->network);
        }
    }
    return NNDYN_OK;
}

static int run_members(crew *c)
{
    const nd_crew_plan *plan = c->plan;
    int status = NNDYN_OK;
    memset(c->members, 0, (size_t)c->replicas.count * sizeof *c->members);
    memset(c->states, 0, (size_t)c->replicas.count * sizeof *c->states); /* NNDYN_OK */
    for (int64_t i = 0; i < c->replicas.count && status == NNDYN_OK; i++) {
        nd_member *m = &c->members[i];
        *m = (nd_member){&c->replicas.replicas[i], NULL, c->rooms + i * room_numbers(plan), &c->task};
        status = nd_workspace_create_f64(m->replica->network, c->network, plan->rows, plan->keep, &m->workspace);
    }
    for (c->first = 0; c->first < plan->pieces && status == NNDYN_OK; c->first = c->last) {
        const int64_t next = c->first + c->replicas.count * plan->wave;
        c->last = next < plan->pieces ? next : plan->pieces;
        status = run_wave(c);
    }
    for (int64_t i = 0; i < c->replicas.count; i++) {
        nd_workspace_free_f64(c->replicas.replicas[i].context, c->members[i].workspace);
    }
    return status;
}

static void carve(crew *c, int64_t members)
{
    c->members = nd_arena_take(&c->arena, members, sizeof *c->members);
    c->states = nd_arena_take(&c->arena, members, sizeof *c->states);
    c->rooms = nd_arena_take(&c->arena, nd_product(members, room_numbers(c->plan)), sizeof *c->rooms);
}

static int open_crew(crew *c)
{
    const nd_crew_plan *plan = c->plan;
    const double each = nd_replica_bytes(c->network, plan->data) + 8.0 * (double)plan->room + plan->bytes +
                        (double)nd_workspace_bytes_f64(c->network, plan->rows, plan->keep);
    const int64_t members = nd_replicas_wanted(c->network, plan->pieces, each);
    ND_TRY(nd_check_memory(c->network, plan->taken + each * (double)members, plan->name));
    carve(c, members);
    ND_TRY(nd_arena_reserve(&c->arena, c->network));
    carve(c, members);
    ND_TRY(nd_replicas_open(&c->task, c->network, members, &c->replicas));
    const int status = run_members(c);
    nd_replicas_close(&c->replicas);
    return status;
}

int nd_crew_run(nndyn_network *network, const nd_crew_plan *plan)
{
    crew c = {.plan = plan, .network = network, .arena.context = network->handle.context};
    nd_task_begin(&c.task, network, plan->name);
    const int status = open_crew(&c);
    nd_arena_free(&c.arena);
    return status;
}

int nd_crew_data(nndyn_network *network, nndyn_dataset *dataset, nndyn_dataset **out)
{
    nndyn_dataset *data = NULL;
    ND_TRY(nd_weights_check(network, network, dataset, 1, 0));
    ND_TRY(nd_dataset_double(network, dataset, &data));
    const int status = nd_check_finite(network, data->samples, data->inputs, data->x, "the inputs of dataset");
    if (status != NNDYN_OK) {
        nd_handle_release(data);
        return status;
    }
    *out = data;
    return NNDYN_OK;
}
