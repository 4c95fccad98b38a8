/* nndyn/training.h - the trainer: optimizers, schedules, one step per call.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NNDYN_TRAINING_H
#define NNDYN_TRAINING_H
#include "core.h"
#include "data.h"
#include "kernels.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Optimizer, its state, and the count of steps, for one network. */
typedef struct nndyn_trainer nndyn_trainer;

/** Schedules: the learning rate of step k (from 0) is "rate" times a factor. */
enum {
    NNDYN_SCHEDULE_CONSTANT = 1,
    NNDYN_SCHEDULE_STEP = 2,         /* factor^floor(k / period) */
    NNDYN_SCHEDULE_EXPONENTIAL = 3,  /* factor^(k / period) */
    NNDYN_SCHEDULE_COSINE = 4,       /* floor + (1-floor) (1 + cos(pi min(k, period)/period)) / 2 */
    NNDYN_SCHEDULE_INVERSE_SQRT = 5, /* 1 / sqrt(1 + k / period) */
    NNDYN_SCHEDULE_LINEAR = 6        /* 1 - (1-floor) min(k, period)/period */
};

/** Make a trainer with the optimizer's default settings.
 *  @param network the network, with layers and a loss; kept alive by the trainer; its layers are fixed from now on
 *  @param optimizer one of the optimizers
 *  @param out receives the trainer
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no layers, no loss, open residual block), NNDYN_EUNSUPPORTED (an
 *          activation without first derivative), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_trainer_create(nndyn_network *network, int optimizer, nndyn_trainer **out);

/** As nndyn_trainer_create, with options.
 *  @param network,optimizer as there
 *  @param options "rate" (double > 0; 0.01, for Adam, AdamW and RMSprop 0.001); "momentum" (double in [0,1), 0.9;
 *         momentum and Nesterov); "beta1" (double in [0,1), 0.9; Adam and AdamW); "beta2" (double in [0,1), 0.999, for
 *         RMSprop 0.99; these three); "epsilon" (double > 0, 1e-8; these three); "weight_decay" (double >= 0, 0; AdamW
 *         0.01); "temperature" (double >= 0, 1; Langevin); "clip_norm" and then "clip_value" (doubles >= 0, 0 = off):
 *         bound on the norm, on each entry of the gradient; "seed" (integer, the context's): of Langevin noise and
 *         dropout; "reserve" (integer, 0): batch size to allocate for at once; a larger batch later grows the workspace
 *         once.  A setting that the optimizer does not read is refused.
 *  @param out receives the trainer
 *  @return as there, NNDYN_EOPTION, NNDYN_ELIMIT */
NNDYN_API int nndyn_trainer_create_with(nndyn_network *network, int optimizer, const nndyn_options *options,
                                        nndyn_trainer **out);

/** Release a trainer.  @param trainer a trainer or NULL */
NNDYN_API void nndyn_trainer_free(nndyn_trainer *trainer);

/** Change or read a real setting (any of the doubles above that the optimizer reads).
 *  @param trainer the trainer
 *  @param name its name
 *  @param value the value
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION (unknown, or out of its bounds), NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_set(nndyn_trainer *trainer, const char *name, double value);
/** @see nndyn_trainer_set */
NNDYN_API int nndyn_trainer_get(nndyn_trainer *trainer, const char *name, double *value);

/** Set the schedule of the learning rate.
 *  @param trainer the trainer
 *  @param schedule one of the schedules
 *  @param options "period" (double > 0, 1000); "factor" (double > 0, 0.1); "floor" (double in [0,1], 0); "warmup"
 *         (integer, 0): over this many steps from the first the factor is multiplied by (k+1)/warmup.  All read
 *         "warmup"; "period" all but the constant one; "factor" and "floor" those above whose formula has them; one
 *         that is not read is refused
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_set_schedule(nndyn_trainer *trainer, int schedule, const nndyn_options *options);

/** One optimizer step on a batch, in training mode.  Allocates nothing once a batch of this size has been seen or
 *  reserved.  If anything fails, parameters, optimizer state and running statistics are as before; only a failing probe
 *  of a recorder (nndyn/recorder.h) is told of when the step is done.
 *  @param trainer the trainer
 *  @param n samples, at least 1 (2 with batch norm)
 *  @param x n x inputs
 *  @param t n x outputs
 *  @param loss receives the mean loss before the step; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG (also: the network is of the other precision), NNDYN_EDATA (x or t not finite),
 *          NNDYN_ENUMERIC (loss, gradient or learning rate not finite, or the gradient too large to be squared in the
 *          network's precision), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK; what a recorder's probe
 *          fails with */
NNDYN_API int nndyn_train_step(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, double *loss);
/** As nndyn_train_step, for a single-precision network. */
NNDYN_API int nndyn_train_step_f32(nndyn_trainer *trainer, int64_t n, const float *x, const float *t, double *loss);

/** Many steps on batches of a data set of the network's precision; step k of the trainer takes batch k.
 *  @param trainer the trainer
 *  @param batches the batches
 *  @param steps how many, at least 1
 *  @param loss receives the mean over the steps of the loss before each; may be NULL
 *  @return as nndyn_train_step; NNDYN_ECANCELED.  Steps done before a failure or a cancellation stay done, and
 *          nndyn_trainer_progress counts them. */
NNDYN_API int nndyn_train_run(nndyn_trainer *trainer, nndyn_batches *batches, int64_t steps, double *loss);

/** Steps done, and the learning rate of the next one; either output may be NULL.
 *  @param trainer the trainer
 *  @param steps,rate receive them
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_progress(nndyn_trainer *trainer, int64_t *steps, double *rate);

/** Copy the gradient of the last step that was made out (before decay and clipping; zeros before the first).
 *  @param trainer the trainer
 *  @param count must be the number of parameters
 *  @param gradient receives count numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ESTATE (a later step failed while it computed its own, which takes
 *          the place of this one) */
NNDYN_API int nndyn_trainer_get_gradient(nndyn_trainer *trainer, int64_t count, double *gradient);

/** Length of the optimizer's state: 0, P, or 2 P numbers (velocity; second moment; first and then second moment).
 *  @param trainer the trainer
 *  @param count receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_state_size(nndyn_trainer *trainer, int64_t *count);

/** Copy the optimizer's state and count of steps out, or in.
 *  @param trainer the trainer
 *  @param count must be the length of the state
 *  @param state count numbers; may be NULL if count is 0
 *  @param steps the count of steps (nndyn_trainer_get_state: may be NULL)
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA (not finite, or a negative second moment), NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_get_state(nndyn_trainer *trainer, int64_t count, double *state, int64_t *steps);
/** @see nndyn_trainer_get_state */
NNDYN_API int nndyn_trainer_set_state(nndyn_trainer *trainer, int64_t count, const double *state, int64_t steps);

/** Write network and trainer to one file, replacing it as a whole or not at all.  A trainer loaded from it continues as
 *  this one would, bit for bit.
 *  @param trainer the trainer
 *  @param path the file
 *  @return as nndyn_network_save; NNDYN_ENUMERIC (parameters or state are not finite any more) */
NNDYN_API int nndyn_trainer_save(nndyn_trainer *trainer, const char *path);

/** Read what nndyn_trainer_save wrote.  The trainer has no workspace yet: its first step allocates it.
 *  @param context the context
 *  @param path the file
 *  @param network receives the network, to be freed as well; may be NULL (the trainer keeps it)
 *  @param trainer receives the trainer
 *  @return as nndyn_network_load */
NNDYN_API int nndyn_trainer_load(nndyn_context *context, const char *path, nndyn_network **network,
                                 nndyn_trainer **trainer);

/** Bytes of memory a trainer takes for batches of a size, beside the network itself, and flops of one step's matrix
 *  products (forward, weights, inputs; the first layer needs no gradient of its inputs).
 *  @param network the network
 *  @param optimizer one of the optimizers
 *  @param n batch size
 *  @param bytes,flops receive the figures; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE, NNDYN_EBUSY */
NNDYN_API int nndyn_trainer_forecast(nndyn_network *network, int optimizer, int64_t n, int64_t *bytes, double *flops);

#ifdef __cplusplus
}
#endif
#endif
