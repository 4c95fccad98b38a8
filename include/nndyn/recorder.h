/* nndyn/recorder.h - the recorder: what is measured during training, when, and the tables it lands in.
 *
 * SPDX-License-Identifier: MIT
 *
 * A recorder belongs to one trainer and holds probes.  A probe is measured at the steps of its cadence, and each
 * measurement is a row of its table: the column "step", then the columns of the probe.  Steps are the trainer's own
 * count of steps done (nndyn_trainer_progress), so that a run that is continued goes on with the same cadence: a row of
 * step k stands for the state after k steps; what it says of a step (loss, rate, gradient, update) is said of the k-th.
 *
 * From its creation to its end the recorder is fed by every nndyn_train_step, _f32 and nndyn_train_run of the trainer.
 * Training makes the same bits with it and without.
 *  - Memory for a row is made, and rows are written to files, before the step they belong to: if that fails
 *    (NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_EIO) the step is not made.
 *  - If a probe fails, so does the call, with the probe's status and a message that names probe and step; the step
 *    itself stays done, and the other probes due at it have their rows (but after NNDYN_ECANCELED, which stops all).
 *  - While probes measure, the network is free for them: a callback may evaluate it, or make operators from it.
 *    Trainer and recorder are busy then.  If another thread takes the network in between, the call returns NNDYN_EBUSY,
 *    the step done.
 *  - During a training call the recorder is busy for other threads; if one is using it when the call begins, the call
 *    returns NNDYN_EBUSY and does nothing.
 * A step at which nothing is due allocates nothing.  Files of nndyn_trainer_save do not contain recorders: after
 * loading, make one anew (with "append" its files go on). */
#ifndef NNDYN_RECORDER_H
#define NNDYN_RECORDER_H
#include "core.h"
#include "data.h"
#include "network.h"
#include "training.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Probes of one trainer, their cadences and tables. */
typedef struct nndyn_recorder nndyn_recorder;

/** Make a recorder without probes and attach it to a trainer, which may have several.
 *  @param trainer the trainer; kept alive by the recorder
 *  @param out receives the recorder
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_recorder_create(nndyn_trainer *trainer, nndyn_recorder **out);

/** Detach and release a recorder; rows not yet written to files are written (call nndyn_recorder_flush before to be
 *  told of failures).  During a training call in another thread that happens when the call ends.
 *  @param recorder a recorder or NULL */
NNDYN_API void nndyn_recorder_free(nndyn_recorder *recorder);

/* ---- probes ------------------------------------------------------------------------------------------------------ */

/* Options that every probe reads:
 *   "every" (integer >= 1, 1), "first" (integer >= 1, "every"): measure at the steps first, first + every, ...
 *   "per_decade" (integer 1 to 1000): instead of these at the steps nearest to 10^(j / per_decade), j = 0, 1, ...
 *   "initial" (integer 0 or 1, 0): also at step 0, before the trainer's first step; not for probes that are of a step
 *   "name" (text of 1 to 63 bytes): by default the kind, as in "training"; no two probes of a recorder may share one
 *   "file" (text): rows go to this CSV file and are kept in memory only until they are written, whenever 32 KiB of them
 *       have come together, at nndyn_recorder_flush and at the end
 *   "append" (integer 0 or 1, 0): 1: the file may exist and is continued; its first line must be that of this probe
 * and what every function that adds a probe returns: NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM,
 * NNDYN_EIO (the file cannot be written, or is not empty and "append" is 0), NNDYN_EFORMAT (the file to be continued
 * has another first line, or ends within a line).  A probe stays until the recorder ends. */

/** Loss of the step's batch (the mean, before the step), learning rate, and norm of the gradient of that loss (before
 *  decay and clipping): columns "loss", "rate", "gradient_norm".  Of a step: "initial" is refused.
 *  @param recorder the recorder
 *  @param options those of every probe; may be NULL
 *  @param probe receives its number; may be NULL
 *  @return see above */
NNDYN_API int nndyn_recorder_add_training(nndyn_recorder *recorder, const nndyn_options *options, int64_t *probe);

/** Chosen parameters, after the step: columns "parameter_<index>".
 *  @param recorder the recorder
 *  @param count how many, at least 1
 *  @param indices count indices into the parameter vector, copied; NULL: a range
 *  @param options those of every probe, and "offset" (integer, 0): first index of the range; may be NULL
 *  @param probe receives its number; may be NULL
 *  @return see above */
NNDYN_API int nndyn_recorder_add_parameters(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                                            const nndyn_options *options, int64_t *probe);

/** Changes of chosen parameters made by the step alone, whatever the cadence: columns "update_<index>", the parameter
 *  after the step less that before it.  Of a step: "initial" is refused.
 *  @param recorder,count,indices,options,probe as in nndyn_recorder_add_parameters
 *  @return see above */
NNDYN_API int nndyn_recorder_add_updates(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                                         const nndyn_options *options, int64_t *probe);

/** Chosen entries of the gradient of the batch's mean loss that the step went by (before decay and clipping): columns
 *  "gradient_<index>".  Of a step: "initial" is refused.
 *  @param recorder,count,indices,options,probe as in nndyn_recorder_add_parameters
 *  @return see above */
NNDYN_API int nndyn_recorder_add_gradients(nndyn_recorder *recorder, int64_t count, const int64_t *indices,
                                           const nndyn_options *options, int64_t *probe);

/** Mean loss on a data set, and accuracy if it has labels, as nndyn_network_evaluate gives them after the step: columns
 *  "loss" and "accuracy".
 *  @param recorder the recorder
 *  @param dataset the data, of the network's precision and sizes; kept alive by the probe
 *  @param options those of every probe; may be NULL
 *  @param probe receives its number; may be NULL
 *  @return see above */
NNDYN_API int nndyn_recorder_add_evaluation(nndyn_recorder *recorder, nndyn_dataset *dataset,
                                            const nndyn_options *options, int64_t *probe);

/** A probe of the caller's own.
 *  @param recorder the recorder
 *  @param columns names of its columns, separated by commas, each of 1 to 63 bytes without quotes and control
 *         characters; NULL or "": none, then it has no table and row is NULL: evaluate keeps what it needs
 *  @param evaluate gets the step, the network and the number of columns, and writes that many numbers (NaN where it
 *         writes none); returns 0, or nonzero to stop the call with NNDYN_ECALLBACK.  It runs on the training thread.
 *  @param user handed to evaluate; must outlive the recorder
 *  @param options those of every probe; may be NULL; the default name is "callback"
 *  @param probe receives its number; may be NULL
 *  @return see above */
NNDYN_API int nndyn_recorder_add_callback(nndyn_recorder *recorder, const char *columns,
                                          int (*evaluate)(void *user, int64_t step, nndyn_network *network,
                                                          int64_t columns, double *row),
                                          void *user, const nndyn_options *options, int64_t *probe);

/** Measure a probe at exactly these steps, in place of its cadence.
 *  @param recorder the recorder
 *  @param probe its number
 *  @param count how many, at least 1
 *  @param steps ascending, at least 0 (1 for probes that are of a step), copied
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_recorder_set_steps(nndyn_recorder *recorder, int64_t probe, int64_t count, const int64_t *steps);

/* ---- tables ------------------------------------------------------------------------------------------------------ */

/** Number of probes; they are numbered from 0 in the order they were added.
 *  @param recorder the recorder
 *  @param probes receives it
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recorder_probes(nndyn_recorder *recorder, int64_t *probes);

/** Size of a probe's table; any output may be NULL.
 *  @param recorder the recorder
 *  @param probe its number
 *  @param columns receives the number of columns, "step" included; 0 for a probe without a table
 *  @param rows receives the number of rows recorded
 *  @param written receives how many of these, the first ones, are in the probe's file and no more in memory
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recorder_shape(nndyn_recorder *recorder, int64_t probe, int64_t *columns, int64_t *rows,
                                   int64_t *written);

/** Name of a probe, or of a column of its table.
 *  @param recorder the recorder
 *  @param probe its number
 *  @param column a column, or -1 for the name of the probe
 *  @param capacity size of @p text in bytes; 64 is enough for any name
 *  @param text receives at most @p capacity bytes, ended by a zero byte; may be NULL if capacity is 0
 *  @param length receives the length of the whole name without the zero byte; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_recorder_name(nndyn_recorder *recorder, int64_t probe, int64_t column, int64_t capacity, char *text,
                                  int64_t *length);

/** Copy rows of a table out.
 *  @param recorder the recorder
 *  @param probe its number
 *  @param first,count which rows
 *  @param rows receives count x columns numbers
 *  @return NNDYN_OK, NNDYN_EARG (also: a probe without a table), NNDYN_ESTATE (a row is in the probe's file and no more
 *          in memory), NNDYN_EBUSY */
NNDYN_API int nndyn_recorder_rows(nndyn_recorder *recorder, int64_t probe, int64_t first, int64_t count, double *rows);

/** Write a table to a CSV file, replacing it as a whole or not at all: a line of names, then one for each row, numbers
 *  in 15 digits, or 17 where they need them to read back as the same double, always with a point.
 *  @param recorder the recorder
 *  @param probe its number
 *  @param path the file
 *  @return as nndyn_recorder_rows; NNDYN_EIO, NNDYN_ENOMEM */
NNDYN_API int nndyn_recorder_write_csv(nndyn_recorder *recorder, int64_t probe, const char *path);

/** Write the rows of probes with a file that are still in memory to it.  What fails is kept and tried again.
 *  @param recorder the recorder
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EIO */
NNDYN_API int nndyn_recorder_flush(nndyn_recorder *recorder);

#ifdef __cplusplus
}
#endif
#endif
