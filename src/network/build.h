/* build.h - how a network is put together; for the files of this room only. */
#ifndef ND_BUILD_H
#define ND_BUILD_H
#include "network/network.h"

/* Initializations of dense layers; the numbers are part of the file format, the order that of the names. */
enum {
    ND_INIT_UNIFORM,
    ND_INIT_GLOROT_UNIFORM,
    ND_INIT_GLOROT_NORMAL,
    ND_INIT_HE_UNIFORM,
    ND_INIT_HE_NORMAL,
    ND_INIT_LECUN_UNIFORM,
    ND_INIT_LECUN_NORMAL,
    ND_INIT_ORTHOGONAL,
    ND_INIT_NORMAL,
    ND_INIT_ZEROS,
    ND_INITIALIZATIONS
};
#define ND_INITIALIZATION_NAMES \
    "uniform|glorot_uniform|glorot_normal|he_uniform|he_normal|lecun_uniform|lecun_normal|orthogonal|normal|zeros"

/* Items of random streams have 24 bits. */
enum { ND_MOST_LAYERS = (1 << 24) - 1 };

/* Highest derivatives that the library's own activations and losses have. */
enum { ND_ACTIVATION_ORDER = 3, ND_LOSS_ORDER = 2 };

/* A network without layers.  Messages go to `handle`. */
int nd_network_new(nndyn_context *context, void *handle, int dtype, int64_t inputs, nndyn_network **out);

/* Append layers, all of them or none.  Of each the caller fills kind and what belongs to the kind (for a dense layer
 * `out` too); widths, slices and partners are filled here.  draw: draw their parameters; else they are left zero. */
int nd_network_append(nndyn_network *network, void *handle, int count, const nd_layer *layers, int draw);

/* How a layer's din and dout may be one array where not everything is kept: IN_PLACE: backward overwrites; SAME: din
 * is dout unchanged. */
enum { ND_APART, ND_IN_PLACE, ND_SAME };

/* A batch goes through runs of layers in strips whose arrays have ND_STRIP_BYTES (and no fewer rows than this), with
 * pointwise layers on pieces of so many numbers.  Products of larger weights take all rows at once. */
enum { ND_STRIP_LEAST = 16, ND_PIECE_NUMBERS = 2048, ND_STRIP_WEIGHTS = 1 << 14 };

/* Custom activations get this many points at a time. */
enum { ND_CUSTOM_PIECE = 4096 };

/* Scales beyond this would leave the range of float. */
#define ND_MOST_SCALE 1e30

/* Numbers a layer of known widths keeps in the parameter vector, and among the running statistics. */
int64_t nd_layer_parameters(const nd_layer *layer);
int64_t nd_layer_statistics(const nd_layer *layer);

/* Largest parameters and running statistics a network may have: beyond, sizes in bytes would not fit. */
#define ND_MOST_REALS (INT64_MAX / 64)

/* Drop the workspace of evaluation: the layers change, or the network goes. */
void nd_network_drop_evaluation(nndyn_network *network);

/* Arrays of a network's own precision. */
size_t nd_real_size(int dtype);
void *nd_real_at(const void *reals, int dtype, int64_t index);
void nd_widen(int dtype, int64_t count, const void *reals, double *out);
/* Rounds; returns the index of the first number that is not finite after it, or -1. */
int64_t nd_narrow(int dtype, int64_t count, const double *values, void *reals);
/* The same test without writing. */
int64_t nd_narrow_check(int dtype, int64_t count, const double *values);

/* Running statistics as they are before any batch: means 0, variances 1. */
void nd_statistics_reset(const nndyn_network *network, int64_t layer, void *statistics);

/* An activation of the library's own from its kind and the option "parameter"; NNDYN_EARG, NNDYN_EOPTION. */
int nd_activation_make(void *handle, int kind, const nd_option_value *parameter, nd_activation *out);

/* For messages: "dense layer", "custom activation", ... */
const char *nd_layer_kind_name(int kind);

#endif
