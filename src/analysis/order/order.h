/* order.h - order inside: a network seen in double precision, its linear substitution, ranks of its fields.  The
 * mathematics is in docs/order.md. */
#ifndef ND_ORDER_H
#define ND_ORDER_H
#include "network/network.h"
#include "nndyn/order.h"
#include "training/recorder.h"

/* ---- a network as it is now, in double precision and evaluation mode (frozen.c) ---------------------------------- */

typedef struct nd_frozen {
    const nndyn_network *network;
    void *handle;  /* messages go here */
    double *theta; /* widened copies: statistics may be recalibrated without the network noticing */
    double *statistics;
    double *x; /* a block of inputs, widened */
    int64_t rows;
    nd_workspace_f64 *workspace; /* NULL without data */
    nd_arena arena;
} nd_frozen;

/* dataset may be NULL.  The network is entered or held, and ready; so is the data set. */
int nd_frozen_open(const nndyn_network *network, void *handle, const nndyn_dataset *dataset, nd_frozen *out);
void nd_frozen_close(nd_frozen *frozen);
/* All samples in blocks, in order; values of the block are at the workspace's sites. */
int nd_frozen_walk(nd_frozen *frozen, const nndyn_dataset *dataset, const char *task,
                   int (*block)(void *user, int64_t first, int64_t count, const nd_workspace_f64 *workspace),
                   void *user);
/* Batch norm statistics of this data set, layer after layer. */
int nd_frozen_recalibrate(nd_frozen *frozen, const nndyn_dataset *dataset);
/* A probe's measure: the moment's network and the data set held, the network frozen, then self's visit. */
int nd_frozen_measure(const nd_moment *moment, nndyn_dataset *dataset,
                      int (*visit)(void *self, nd_frozen *frozen, double *row), void *self, double *row);
/* Sizes and precision; labels: with as many classes as outputs. */
int nd_check_order_data(void *handle, const nndyn_network *network, const nndyn_dataset *dataset, int labels);

enum { ND_STATISTICS_RUNNING, ND_STATISTICS_RECALIBRATED };
#define ND_STATISTICS_SPEC                                     \
    {                                                          \
        "statistics", ND_TEXT, 0, 0, 0, "running|recalibrated" \
    }

/* ---- linear substitution (substitution.c) ------------------------------------------------------------------------ */

typedef struct nd_cut {
    int64_t layer; /* whose output it is; -1: the input */
    int64_t field; /* the layer whose input is the local field; -1: the field is the cut's output itself */
    int64_t width;
    int64_t exponent;
    double *map;    /* classes x width; M = 2^exponent map */
    double *offset; /* classes; c = 2^max(exponent, 0) offset */
} nd_cut;

typedef struct nd_substitution {
    int64_t count, classes; /* L cuts, 0 being the input */
    nd_cut *cuts;
    nd_arena arena;
} nd_substitution;

/* The maps of all cuts; NNDYN_EUNSUPPORTED without a dense layer, NNDYN_ENUMERIC where a product is not finite. */
int nd_substitution_open(const nd_frozen *frozen, nd_substitution *out);
void nd_substitution_close(nd_substitution *substitution);
/* Where cut and field of a block are. */
const double *nd_cut_output(const nd_cut *cut, const nd_workspace_f64 *workspace);
const double *nd_cut_field(const nd_cut *cut, const nd_workspace_f64 *workspace);
/* Logits above a cut of n rows of its output, divided by 2^max(exponent, 0), into z (n x classes). */
int nd_cut_logits(const nd_frozen *frozen, const nd_cut *cut, int64_t n, const double *a, double *z);
/* The number of cuts of a network. */
int64_t nd_count_cuts(const nndyn_network *network);

/* The truncation test: counts of hits and agreements for each cut; hits of the network itself; labels may be NULL. */
int nd_truncate(nd_frozen *frozen, const nd_substitution *substitution, const nndyn_dataset *dataset, int64_t *hits,
                int64_t *agreements, int64_t *network_hits);

/* ---- ranks (rank.c) ---------------------------------------------------------------------------------------------- */

enum { ND_RANK_BINS, ND_RANK_THRESHOLD, ND_RANK_WEIGHTS, ND_RANK_PERMUTATIONS, ND_RANK_SEED, ND_RANK_OPTIONS };
extern const nd_option_spec nd_rank_specs[ND_RANK_OPTIONS];

/* A layer's figures. */
typedef struct nd_rank_layer {
    int64_t units;
    double *signs;    /* classes x units: 1, -1, or 0 where all of a class's row of M is 0 */
    double *weights;  /* classes x units: |M|, or NULL */
    double *gradient; /* classes x units */
    double *curvature;
    double *permuted; /* SD by permutation */
    double *density;  /* classes x bins */
    double values[NNDYN_RANKS_VALUES];
} nd_rank_layer;

struct nndyn_ranks {
    nd_handle handle;
    int64_t samples, classes, bins, permutations, layers;
    double threshold;
    int weighted;
    int64_t seed;
    int64_t *sizes; /* P_k */
    nd_rank_layer *layer;
    nd_arena arena;
};

/* Write fields of units first..first+count-1, counted through all layers, a row of `samples` numbers a unit. */
typedef int (*nd_rank_source)(void *user, int64_t first, int64_t count, double *fields);

/* A result for layers of these widths; options as read by nd_rank_specs.  Signs are to be set before ranking. */
int nd_ranks_create(void *handle, int64_t samples, int64_t classes, int64_t layers, const int64_t *units,
                    const nd_option_value *options, nndyn_ranks **out);
void nd_ranks_set_signs(nndyn_ranks *ranks, int64_t layer, const double *map);
int nd_ranks_fill(nndyn_ranks *ranks, void *handle, const int64_t *labels, nd_rank_source source, void *user);
/* The rank distributions of a frozen network at the cuts of its substitution. */
int nd_rank_network(nd_frozen *frozen, const nd_substitution *substitution, const nndyn_dataset *dataset,
                    const nd_option_value *options, nndyn_ranks **out);

/* ---- accuracies along training (phases.c) ------------------------------------------------------------------------ */

/* Every one within [0, 1], or NNDYN_EDATA. */
int nd_check_accuracies(void *handle, int64_t count, const double *accuracy, const char *argument);

#endif
