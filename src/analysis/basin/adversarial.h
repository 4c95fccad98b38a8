/* adversarial.h - bounds of the adversarial radius.  Networks here are of float64, in evaluation mode. */
#ifndef ND_BASIN_ADVERSARIAL_H
#define ND_BASIN_ADVERSARIAL_H
#include "analysis/basin/crew.h"

/* ---- upper bounds (adversarial_search.c) ------------------------------------------------------------------------- */

typedef struct nd_search {
    int64_t rivals; /* classes beside the label; 1 for a single output.  Workspaces are of so many rows */
    int64_t iterations, bisections, refinements;
    double overshoot;
} nd_search;

/* Where a member works on a sample. */
typedef struct nd_place {
    const double *x; /* the sample */
    int64_t label;
    double *change, *trial; /* a change of it, and another one */
    double *rows;           /* rivals x inputs */
} nd_place;

int64_t nd_search_room(const nd_search *search, int64_t inputs); /* numbers, of a member */
nd_place nd_place_of(const nd_search *search, const nd_member *member, const double *x, int64_t label);
/* Forward from x + t change (change may be NULL for t = 0), `count` times over, for as many backward passes; the
 * outputs of the first, and whether its prediction is wrong. */
int nd_look(nd_member *member, const nd_place *place, const double *change, double t, int64_t count, const double **z,
            int *wrong);
/* Of a sample that is classified right: the length of a change that makes the prediction wrong, and the point
 * (untouched where none is found; may be NULL). */
int nd_search_upper(const nd_search *search, nd_member *member, const nd_place *place, double *upper, double *point);

/* ---- Lipschitz constants of margins (adversarial_lipschitz.c) ---------------------------------------------------- */

/* The first layer without a Lipschitz constant, or -1. */
int64_t nd_lipschitz_missing(const nndyn_network *network);
double nd_lipschitz_bytes(const nndyn_network *network);
/* constants[y * outputs + k]: of z_y - z_k as a function of the inputs; of a single output: of z.  Messages go to
 * `handle`. */
int nd_lipschitz_margins(const nndyn_network *network, void *handle, double *constants);

/* ---- the linear piece of a sample (adversarial_piece.c) ---------------------------------------------------------- */

/* The first layer that is not made of straight pieces, or -1. */
int64_t nd_piece_curved(const nndyn_network *network);
double nd_piece_bytes(const nndyn_network *network);
/* The distance of the nearest boundary or kink from x; inputs: 0, 1, 2, ..., one of each input; room: as many numbers
 * as the widest layer. */
int nd_piece_distance(const nd_member *member, const double *x, int64_t label, const int64_t *inputs, double *room,
                      double *distance);

/* Margin of a label against class k (of a single output: to where the other class begins). */
double nd_margin(const nndyn_network *network, const double *z, int64_t label, int64_t k);

#endif
