/* nndyn/network.h - the network: layers, activations, loss, parameters, evaluation, files.
 *
 * SPDX-License-Identifier: MIT
 *
 * A network is a chain of layers and the loss it is asked to minimize.  Its parameters are one flat vector: layer after
 * layer, for a dense layer the weights W (units x inputs, row-major) and then the bias b; for batch norm the scale and
 * then the shift.  Parameters are drawn when a layer is added, from the context's seed and the number of the layer. */
#ifndef NNDYN_NETWORK_H
#define NNDYN_NETWORK_H
#include "core.h"
#include "data.h"
#include "kernels.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct nndyn_network nndyn_network;

/** Kinds of layers, as nndyn_network_layer reports them. */
enum {
    NNDYN_DENSE = 1,
    NNDYN_ACTIVATION = 2,
    NNDYN_BATCH_NORM = 3,
    NNDYN_DROPOUT = 4,
    NNDYN_RESIDUAL_BEGIN = 5,
    NNDYN_RESIDUAL_END = 6
};

/** Create a network without layers.
 *  @param context the context
 *  @param dtype NNDYN_F32 or NNDYN_F64: the precision of parameters and training
 *  @param inputs number of inputs, 1 to 2^31 - 1
 *  @param out receives the network
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM, NNDYN_EUNSUPPORTED (the context's kernels are not for this processor) */
NNDYN_API int nndyn_network_create(nndyn_context *context, int dtype, int64_t inputs, nndyn_network **out);

/** Drop the caller's reference; trainers and operators made from the network keep it alive.
 *  @param network a network or NULL */
NNDYN_API void nndyn_network_free(nndyn_network *network);

/** Add a dense layer z = W a + b followed by an activation (two layers of the chain, one for NNDYN_IDENTITY).
 *  @param network the network; no trainer may have been made for it yet
 *  @param units number of outputs, 1 to 2^31 - 1
 *  @param activation one of the activations but NNDYN_CUSTOM_ACTIVATION
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (a trainer exists), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_network_add_dense(nndyn_network *network, int64_t units, int activation);

/** As nndyn_network_add_dense, with options.
 *  @param network,units,activation as there
 *  @param options "bias" (integer, 1); "parametrization" (text, "standard" or "ntk": z = weight_scale/sqrt(inputs) W
 *         a + bias_scale b); "weight_scale" (double, 1) and "bias_scale" (double, 1): with "standard" factors on the
 *         spread of the drawn parameters, with "ntk" the factors in the formula; "initialization" (text): "uniform"
 *         (the frameworks' default: W and b uniform within 1/sqrt(inputs); default of "standard"), "glorot_uniform",
 *         "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal", "normal"
 *         (deviation weight_scale/sqrt(inputs); unit normal with "ntk", and its default), "zeros".  Biases are zero,
 *         but uniform as the weights with "uniform", and unit normal with "ntk" (zero with "zeros" always).
 *         "orthogonal": orthonormal rows, or columns where there are fewer.  Scales are 0 to 1e30.  "parameter"
 *         (double): of the activation
 *  @return as nndyn_network_add_dense, NNDYN_EOPTION */
NNDYN_API int nndyn_network_add_dense_with(nndyn_network *network, int64_t units, int activation,
                                           const nndyn_options *options);

/** Add an activation alone.
 *  @param network as in nndyn_network_add_dense
 *  @param activation one of the activations but NNDYN_CUSTOM_ACTIVATION
 *  @param options "parameter" (double): see the list in nndyn/kernels.h
 *  @return as nndyn_network_add_dense_with */
NNDYN_API int nndyn_network_add_activation(nndyn_network *network, int activation, const nndyn_options *options);

/** Add an activation of the caller's own.
 *  @param network as in nndyn_network_add_dense
 *  @param order highest derivative that evaluate provides: 0 is the function itself (no training), 1 allows training,
 *         2 second-order analyses, 3 third-order ones
 *  @param evaluate writes the order-th derivative at count points (a batch comes in pieces of at most 4096); returns
 *         0, or nonzero to stop the call with NNDYN_ECALLBACK.  It runs on the calling thread.
 *  @param user handed to evaluate; must outlive the network
 *  @return as nndyn_network_add_dense.  A network with one cannot be saved (NNDYN_EUNSUPPORTED). */
NNDYN_API int nndyn_network_add_custom_activation(nndyn_network *network, int order,
                                                  int (*evaluate)(void *user, int order, int64_t count, const double *z,
                                                                  double *values),
                                                  void *user);

/** Add batch normalization: scale * (a - mean) / sqrt(variance + epsilon) + shift per unit, with the batch's mean and
 *  (biased) variance in training, and running ones (variance unbiased) in evaluation.
 *  @param network as in nndyn_network_add_dense
 *  @param options "momentum" (double in (0,1], 0.1): weight of the newest batch in the running statistics; "epsilon"
 *         (double in (0,1], 1e-5); "affine" (integer, 1): with scale and shift as parameters.  In training a batch
 *         has at least two samples.
 *  @return as nndyn_network_add_dense_with */
NNDYN_API int nndyn_network_add_batch_norm(nndyn_network *network, const nndyn_options *options);

/** Add dropout: in training each unit is zeroed with probability rate, the others are divided by 1 - rate; in
 *  evaluation it does nothing.  The mask of a step is a function of seed, layer, step, sample and unit.
 *  @param network as in nndyn_network_add_dense
 *  @param rate in [0, 1)
 *  @return as nndyn_network_add_dense */
NNDYN_API int nndyn_network_add_dropout(nndyn_network *network, double rate);

/** Begin a residual block: what enters here is added to what leaves the matching nndyn_network_end_residual.  Blocks
 *  nest.
 *  @param network as in nndyn_network_add_dense
 *  @return as nndyn_network_add_dense */
NNDYN_API int nndyn_network_begin_residual(nndyn_network *network);

/** End the innermost open residual block.
 *  @param network as in nndyn_network_add_dense
 *  @return as nndyn_network_add_dense; NNDYN_ESTATE if no block is open, or its width here differs from that at its
 *         begin */
NNDYN_API int nndyn_network_end_residual(nndyn_network *network);

/** Set the loss, in place of an earlier one.
 *  @param network the network
 *  @param loss one of the losses but NNDYN_CUSTOM_LOSS
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_network_set_loss(nndyn_network *network, int loss);

/** As nndyn_network_set_loss, with options.
 *  @param network,loss as there
 *  @param options "parameter" (double) and "scale" (double): see the list in nndyn/kernels.h; "convention" (text,
 *         softmax cross-entropy only): "gradient" (default): the derivative of -sum t ln s for any t, so
 *         D = (sum t) s - t and dD/dt = s 1' - I; or "residual": D = s - t for any t, dD/dt = -I, which is not a
 *         gradient where sum t varies
 *  @return as there, NNDYN_EOPTION */
NNDYN_API int nndyn_network_set_loss_with(nndyn_network *network, int loss, const nndyn_options *options);

/** Set a loss of the caller's own, evaluated one sample at a time, on the calling thread.
 *  @param network the network
 *  @param order highest derivative that evaluate provides: 1 allows training, 2 second-order analyses and duality
 *  @param evaluate gets k outputs a and targets t and writes, where the pointer is not NULL: h (one number), d =
 *         dh/da (k), m = d2h/da da (k x k), e = d2h/da dt (k x k, row a, column t), dt = dh/dt (k); m, e and dt are
 *         NULL at order 1; returns 0, or nonzero to stop the call with NNDYN_ECALLBACK
 *  @param user handed to evaluate; must outlive the network
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY.  A network with one cannot be saved (NNDYN_EUNSUPPORTED). */
NNDYN_API int nndyn_network_set_custom_loss(nndyn_network *network, int order,
                                            int (*evaluate)(void *user, int64_t k, const double *a, const double *t,
                                                            double *h, double *d, double *m, double *e, double *dt),
                                            void *user);

/** Draw all parameters anew and reset running statistics.
 *  @param network the network
 *  @param seed any number
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_network_initialize(nndyn_network *network, int64_t seed);

/** Sizes of a network; any output may be NULL.
 *  @param network the network
 *  @param inputs,outputs,layers,parameters its sizes
 *  @param dtype NNDYN_F32 or NNDYN_F64
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_network_shape(nndyn_network *network, int64_t *inputs, int64_t *outputs, int64_t *layers,
                                  int64_t *parameters, int *dtype);

/** One layer of the chain; any output may be NULL.
 *  @param network the network
 *  @param layer its number, from 0
 *  @param kind one of the kinds of layers
 *  @param activation one of the activations for NNDYN_ACTIVATION, else 0
 *  @param inputs,outputs its widths
 *  @param first,count its slice of the parameter vector (count 0 if it has none)
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_network_layer(nndyn_network *network, int64_t layer, int *kind, int *activation, int64_t *inputs,
                                  int64_t *outputs, int64_t *first, int64_t *count);

/** Copy the parameters out, or in (rounded to the network's precision).
 *  @param network the network
 *  @param count must be the number of parameters
 *  @param parameters count numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (a number is not finite) */
NNDYN_API int nndyn_network_get_parameters(nndyn_network *network, int64_t count, double *parameters);
/** @see nndyn_network_get_parameters */
NNDYN_API int nndyn_network_set_parameters(nndyn_network *network, int64_t count, const double *parameters);

/** Copy the running statistics of batch norm layers out, or in: for each layer its means and then its variances.
 *  @param network the network
 *  @param count must be their number (twice the summed widths of batch norm layers)
 *  @param statistics count numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (not finite, or a negative variance) */
NNDYN_API int nndyn_network_get_statistics(nndyn_network *network, int64_t count, double *statistics);
/** @see nndyn_network_get_statistics */
NNDYN_API int nndyn_network_set_statistics(nndyn_network *network, int64_t count, const double *statistics);

/** Outputs of the last layer, in evaluation mode.  Rows go through in blocks, so that memory beside the outputs does
 *  not grow with n; the block's arrays are kept for the next call.
 *  @param network the network
 *  @param n samples, at least 1
 *  @param x n x inputs
 *  @param y receives n x outputs
 *  @return NNDYN_OK, NNDYN_EARG (also: another precision), NNDYN_ESTATE (no layer, open residual block), NNDYN_EDATA,
 *          NNDYN_ENUMERIC, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK, NNDYN_ECANCELED */
NNDYN_API int nndyn_network_forward(nndyn_network *network, int64_t n, const double *x, double *y);
/** As nndyn_network_forward, for a single-precision network. */
NNDYN_API int nndyn_network_forward_f32(nndyn_network *network, int64_t n, const float *x, float *y);

/** Mean loss and accuracy on a data set of the network's precision, in evaluation mode.
 *  @param network the network
 *  @param dataset the data
 *  @param loss receives the mean loss; may be NULL
 *  @param accuracy receives the fraction of samples whose largest output (first of equals; for one output and two
 *         classes: whether it is above 0 for cross-entropy and hinge, above 1/2 otherwise) is at the label; NULL if not
 *         wanted, required if the data have no labels
 *  @return as nndyn_network_forward; NNDYN_EARG also if inputs, targets or classes of the data do not fit; NNDYN_ESTATE
 *          also if the loss is wanted and none is set */
NNDYN_API int nndyn_network_evaluate(nndyn_network *network, nndyn_dataset *dataset, double *loss, double *accuracy);

/** An independent copy, in either precision; layers may be added to it even if the original has a trainer.
 *  @param network the network
 *  @param dtype NNDYN_F32 or NNDYN_F64
 *  @param out receives the copy
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (a number beyond the range of float), NNDYN_ENOMEM,
 *          NNDYN_ELIMIT */
NNDYN_API int nndyn_network_copy(nndyn_network *network, int dtype, nndyn_network **out);

/** Write the network to a file, replacing it as a whole or not at all.  The format is docs/format.md's.
 *  @param network the network
 *  @param path the file
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EIO, NNDYN_EUNSUPPORTED (custom activation or loss), NNDYN_ENUMERIC (a parameter
 *          is not finite), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_network_save(nndyn_network *network, const char *path);

/** Read a network from a file that nndyn_network_save or nndyn_trainer_save wrote.
 *  @param context the context
 *  @param path the file
 *  @param out receives the network
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EIO, NNDYN_EFORMAT, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_network_load(nndyn_context *context, const char *path, nndyn_network **out);

/** A derivative of an activation, pointwise and to full precision (no cancellation in the tails).
 *  @param context the context
 *  @param activation one of the activations but NNDYN_CUSTOM_ACTIVATION
 *  @param options "parameter" (double)
 *  @param order 0 (the function) to 3
 *  @param count number of points, at least 1
 *  @param z count points
 *  @param values receives count numbers, infinite where the derivative is beyond the range of double; may not overlap z
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EDATA, NNDYN_EUNSUPPORTED (as nndyn_network_create) */
NNDYN_API int nndyn_activation_evaluate(nndyn_context *context, int activation, const nndyn_options *options, int order,
                                        int64_t count, const double *z, double *values);

/** Name of an activation or a loss, as in "leaky_relu"; "unknown" for any other number.
 *  @param kind one of the activations, or of the losses
 *  @return static text, never NULL */
NNDYN_API const char *nndyn_activation_name(int kind);
/** @see nndyn_activation_name */
NNDYN_API const char *nndyn_loss_name(int kind);

#ifdef __cplusplus
}
#endif
#endif
