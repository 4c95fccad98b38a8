/* network.h - the network as the floors above see it: layers, and a batch flowing through them.
 *
 * A layer reads an n x in array and writes an n x out array.  What one layer holds for one batch is a site; a
 * workspace is the chain of sites.  Trainer and derivative engine differ only in what they keep: the trainer lets the
 * sensitivities of pointwise layers share memory, the engine keeps everything (`keep`). */
#ifndef ND_NETWORK_H
#define ND_NETWORK_H
#include "core/core.h"
#include "data/data.h"
#include "kernels/kernels.h"
#include "nndyn/network.h"

typedef struct nd_layer {
    int kind;                             /* NNDYN_DENSE, ... */
    int64_t in, out;                      /* widths */
    int64_t first, count;                 /* slice of the parameter vector */
    int64_t statistics, statistics_count; /* slice of the running statistics */
    int64_t partner;                      /* residual begin and end: each other's number */

    int bias, ntk;                     /* dense; ntk: unit normal draws, the spread is in the factors */
    double weight_factor, bias_factor; /* dense: z = weight_factor W a + bias_factor b (1, 1 unless NTK) */
    int initialization;                /* dense: ND_INIT_*, see initialize.c */
    double weight_spread, bias_spread; /* dense: factors on the drawn parameters */
    nd_activation activation;
    double momentum, epsilon; /* batch norm */
    int affine;
    double rate; /* dropout */
} nd_layer;

struct nndyn_network {
    nd_handle handle;
    int dtype;
    int64_t inputs;
    int64_t seed;
    nd_layer *layers;
    int64_t layer_count, layer_capacity;
    int64_t open_block; /* innermost residual begin without an end, or -1 */
    int64_t parameters; /* P */
    void *theta;        /* P reals */
    int64_t theta_capacity, statistics_capacity;
    int64_t statistics_count;
    void *statistics; /* reals: for each batch norm layer its means, then its variances */
    nd_loss loss;     /* kind 0: none set */
    int frozen;       /* a trainer exists: layers may not be added */
    const nd_kernels_f32 *k32;
    const nd_kernels_f64 *k64;
    void *evaluation; /* workspace of nndyn_network_forward and _evaluate, made on first use */
};

/* What a workspace keeps: outputs only (forward and loss, no backward pass); what training needs; or all apart. */
enum { ND_KEEP_OUTPUTS = -1, ND_KEEP_TRAINING = 0, ND_KEEP_ALL = 1 };

/* Mode of a pass. */
typedef struct nd_mode {
    int training; /* batch statistics, dropout masks */
    int64_t seed; /* of dropout */
    int64_t step; /* of dropout */
} nd_mode;

int64_t nd_network_outputs(const nndyn_network *network);
/* NNDYN_ESTATE, with a message on `handle`, without layers, with an open residual block, or (need_loss) without a
 * loss. */
int nd_network_ready(const nndyn_network *network, void *handle, int need_loss);
/* Where a single output changes from class 0 to class 1: the middle between targets 0 and 1, or a logit of 0. */
double nd_network_threshold(const nndyn_network *network);
/* A loss of the library by its kind and the options of nndyn_network_set_loss_with. */
int nd_loss_read(void *handle, int kind, const nndyn_options *options, nd_loss *out);
/* Widest layer boundary. */
int64_t nd_network_width(const nndyn_network *network);
/* Highest derivative that all activations (and the loss, with_loss) have; fails naming the first one below `order`. */
int nd_network_check_order(const nndyn_network *network, void *handle, int order, int with_loss);
/* The first layer of this kind, or -1. */
int64_t nd_network_find(const nndyn_network *network, int kind);
/* Draw the parameters of one layer (theta points to the layer's slice, in double). */
int nd_layer_initialize(const nndyn_network *network, void *handle, int64_t layer, int64_t seed, double *theta);

/* An independent copy in either precision; messages go to `handle`. */
int nd_network_copy(const nndyn_network *network, void *handle, int dtype, nndyn_network **out);
/* The same in a context of a piece of the call. */
int nd_network_copy_within(const nndyn_network *network, nndyn_context *context, void *handle, int dtype,
                           nndyn_network **out);

/* Who looks on while an evaluation goes through blocks of rows.  `begin` and `block` are called before and after the
 * forward pass of each block, the latter with the workspace of the network's precision.  `rows` is called when a layer
 * has written rows first ... first + count - 1 of its outputs (layer -1: the batch itself), which are in the caches:
 * either from the strips of a block, by several threads, each with another `strip` < strips; or, where there are more
 * strips than that or they have fewer than `least` rows, from the calling thread with all rows and strip 0.  Which of
 * them depends on sizes only.  Each function may be NULL. */
typedef struct nd_watch {
    void (*begin)(void *user, int64_t first, int64_t count);
    void (*rows)(void *user, int64_t layer, int64_t strip, int64_t first, int64_t count, const void *out);
    int (*block)(void *user, int64_t first, int64_t count, const void *workspace);
    void *user;
    int64_t strips, least;
} nd_watch;
enum { ND_EVALUATION_ROWS = 1024 }; /* most rows of a block */
enum { ND_STRIP_BYTES = 1 << 17 };  /* of a strip in the widest of its layers */
/* Rows of a block of n samples: about a million numbers, so that memory is bounded for deep networks and blocks are
 * large enough for products over threads.  A function of the sizes alone, so that results depend on nothing else. */
int64_t nd_evaluation_rows(const nndyn_network *network, int64_t n);
/* nndyn_network_evaluate within a call: the network is entered, the data set held.  watch may be NULL. */
int nd_network_evaluate(nndyn_network *network, const nndyn_dataset *dataset, const nd_watch *watch, double *loss,
                        double *accuracy);

/* For training/: write and read the network's part of a file (see core/file.h). */
struct nd_writer;
struct nd_reader;
int nd_network_write(nndyn_network *network, void *handle, struct nd_writer *writer);
int nd_network_read(void *handle, struct nd_reader *reader, nndyn_network **out);

#define R        float
#define ND(name) nd_##name##_f32
#include "network/workspace.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "network/workspace.inc"
#undef R
#undef ND

#endif
