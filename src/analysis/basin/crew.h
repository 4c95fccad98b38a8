/* crew.h - pieces of work on a network in sample space, shared among threads.
 *
 * Each member of a crew has a replica of the network in float64, a workspace and some room.  A piece of work depends on
 * its number alone, never on the member that takes it, so results do not depend on how many members there are. */
#ifndef ND_BASIN_CREW_H
#define ND_BASIN_CREW_H
#include "analysis/basin/weights.h"

typedef struct nd_member {
    nd_replica *replica;
    nd_workspace_f64 *workspace;
    double *room;
    const nd_task *task; /* of the call: pieces that take long look whether it is canceled */
} nd_member;

typedef struct nd_crew_plan {
    const char *name; /* of the call, for progress and messages */
    const nndyn_dataset *data;
    int64_t pieces;
    int64_t wave; /* how many of these a member takes between two reports of progress */
    int64_t rows; /* of a workspace */
    int keep;     /* ND_KEEP_* */
    int64_t room; /* numbers */
    double bytes; /* that a member allocates while it works */
    double taken; /* that the call has allocated already */
    /* Messages go to member->replica->network. */
    int (*work)(void *user, nd_member *member, int64_t piece);
    void *user;
} nd_crew_plan;

/* The network is entered, it gets the messages.  Work that is done when the call fails is lost. */
int nd_crew_run(nndyn_network *network, const nd_crew_plan *plan);

/* What a call on a network and its data in sample space begins with: sizes, labels, parameters, inputs are checked, and
 * the data set is widened if it is of float32 (release with nd_handle_release). */
int nd_crew_data(nndyn_network *network, nndyn_dataset *dataset, nndyn_dataset **out);

#endif
