/* nndyn/sweep.h - sweeps: the same experiment at every point of a grid and for several seeds, in one table.
 *
 * SPDX-License-Identifier: MIT
 *
 * A sweep has axes (their product is the grid, the last axis fastest), seeds, and a cell: the experiment, which turns
 * the parameters of a grid point and a seed into one row of numbers.  Cell number i is seed i mod seeds of grid point
 * i / seeds.  What a cell gives depends on its parameters and its seed only, so the table is the same whatever the
 * number of threads, the order, and the number of times a run was stopped and resumed, or cut into parts. */
#ifndef NNDYN_SWEEP_H
#define NNDYN_SWEEP_H
#include "core.h"
#include "data.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Axes, seeds, a cell, and the table of what the cells gave. */
typedef struct nndyn_sweep nndyn_sweep;

/* ---- what is swept ---------------------------------------------------------------------------------------------- */

/** Make a sweep without axes (a grid of one point), with one seed, 0, and no cell yet.
 *  @param context the context: its threads run the cells
 *  @param options "cell_memory_limit" (integer >= 0, 0 = the context's limit): memory limit of each cell's context
 *  @param out receives the sweep
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_sweep_create(nndyn_context *context, const nndyn_options *options, nndyn_sweep **out);

/** Release a sweep.  @param sweep a sweep or NULL */
NNDYN_API void nndyn_sweep_free(nndyn_sweep *sweep);

/** Add an axis; it varies faster than those before it.  Axes, seeds and cell can be set until the table has a row.
 *  @param sweep the sweep
 *  @param name 1 to 63 of the characters a-z A-Z 0-9 _ . and -, not the name of another axis or of a column, and not
 *         "index", "seed" or "status"
 *  @param count number of values, at least 1
 *  @param values count finite numbers, no two of them equal, copied
 *  @return NNDYN_OK, NNDYN_EARG (also: more than 32 axes, or more than 2^40 cells), NNDYN_EDATA (a value is not finite,
 *          or comes twice), NNDYN_ESTATE (the table has rows), NNDYN_EOPTION (the training cell has no such setting, or
 *          a value is out of its bounds), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_sweep_add_axis(nndyn_sweep *sweep, const char *name, int64_t count, const double *values);

/** Repeat every point of the grid for the seeds first..first+count-1, in place of what was set before.
 *  @param sweep the sweep
 *  @param first the first seed, any number
 *  @param count how many, at least 1
 *  @return NNDYN_OK, NNDYN_EARG (also: more than 2^40 cells, seeds beyond +-2^53), NNDYN_ESTATE (the table has rows),
 *          NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_set_seeds(nndyn_sweep *sweep, int64_t first, int64_t count);

/** Set the caller's own experiment as the cell.
 *  @param sweep the sweep
 *  @param columns names of the numbers a cell gives, with commas between them ("loss,accuracy"), each as an axis's name
 *  @param cell gets a context of its own (one thread, the sweep's context's allocator and kernels, the cell's seed),
 *         the parameters (as many as axes, in their order) and the seed, and writes columns numbers; NaN and infinities
 *         are kept.  It returns 0, or nonzero for failure: one of the library's codes, or any other number, which
 *         becomes NNDYN_ECALLBACK.  The row is NaN on entry.  It runs on any of the context's threads, several at a
 *         time, so what it shares must be safe for that; a handle is used by one thread at a time, so what it needs it
 *         makes from the context it got and frees again (NNDYN_EBUSY otherwise).  Do not free that context.  Long calls
 *         on handles made from it stop with the sweep's cancellation, and the sentences of their failures are kept as
 *         the cell's.
 *  @param user handed to cell; must outlive the sweep
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (the table has rows), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_sweep_set_cell(nndyn_sweep *sweep, const char *columns,
                                   int (*cell)(void *user, nndyn_context *context, int64_t parameters,
                                               const double *values, int64_t seed, int64_t columns, double *row),
                                   void *user);

/** Set the built-in experiment as the cell: train a multi-layer perceptron on data of classes with softmax
 *  cross-entropy, then measure it.  The defaults are the protocol of the spring-block phase diagrams (Shi, Pan,
 *  Dokmanic, "A spring-block theory of feature learning in deep neural networks"): batch norm of the inputs, 7 times
 *  [dense 100, batch norm, leaky ReLU, dropout], dense to the classes; Adam, 100 epochs of full batches.
 *  @param sweep the sweep
 *  @param train data with labels; kept alive by the sweep (a copy, if "dtype" is not that of the data)
 *  @param test data of the same inputs and classes, or NULL: then the test columns are NaN
 *  @param options settings, each of which an axis of the same name overrides; a text is given on an axis by its number:
 *         "layers" (integer 1 to 1000, 7): hidden layers L; "width" (integer, 100); "activation" (text, "leaky_relu";
 *         on an axis NNDYN_RELU, ...); "slope" (double, 0): parameter of the activation where it has one, for leaky
 *         ReLU the negative slope; "batch_norm" (integer, 1): after each hidden dense layer; "input_norm" (integer, 1):
 *         batch norm of the inputs; "dropout" (double in [0,1), 0): after each hidden activation; "initialization"
 *         (text, "uniform"; as in nndyn_network_add_dense_with, on an axis its number in that list, from 0);
 *         "optimizer" (text, "adam"; on an axis NNDYN_ADAM, ...); "rate" (double, 0.001); "momentum" (double, 0.9) and
 *         "temperature" (double, 1; both where the optimizer reads them); "weight_decay" (double, the optimizer's);
 *         "batch" (integer, 0 = full): samples a batch; "epochs" (integer, 100); "schedule" (text, "constant", "step",
 *         "cosine" or "linear"; on an axis NNDYN_SCHEDULE_CONSTANT, ...): the last three over all epochs; "factor"
 *         (double, 0.1) and "decays" (integer, 2): "step" multiplies the rate by factor that many times, evenly spread;
 *         "label_noise", "input_noise", "relative_input_noise" (doubles, 0; as in nndyn_batches_create); "noise"
 *         (double in [0,1], none): label_noise, of exactly this fraction of a batch, and relative_input_noise at once,
 *         in their place; "stop_loss" (double, 1e-4) and "stop_change" (double, 1e-10): training ends after an epoch
 *         whose mean loss is below the one, or differs from that before by less than the other; "hessian" (integer, 0;
 *         not as an axis): 1 measures the loss's Hessian on the training set; "metric" (text, "trace" or "he_su"; not
 *         as an axis): of the separation; "dtype" (text, "f64" or "f32"; not as an axis)
 *  @return NNDYN_OK, NNDYN_EARG (inputs or classes differ), NNDYN_EOPTION (also: an axis of no such name, or with a
 *          value out of bounds), NNDYN_ESTATE (the data have no labels, or the table has rows), NNDYN_EDATA,
 *          NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT
 *
 *  Columns: "epochs_made"; "loss" (mean training loss of the last epoch, as trained: with noise and dropout);
 *  "train_loss", "train_accuracy", "test_loss", "test_accuracy" (clean, in evaluation mode); "separation_0" ...
 *  "separation_L" (of the input after its batch norm, and after each hidden activation, on the clean training data; NaN
 *  beyond the layers of a cell); "v", "c", "kappa", "sigma", "bow", "r_squared" of that load curve
 *  (nndyn/separation.h); with "hessian" also "hessian_top" and "hessian_trace"; "settings": a checksum of data and
 *  settings, by which rows of another experiment are told in a file. */
NNDYN_API int nndyn_sweep_set_training(nndyn_sweep *sweep, nndyn_dataset *train, nndyn_dataset *test,
                                       const nndyn_options *options);

/* ---- running ---------------------------------------------------------------------------------------------------- */

/** Run the cells that have not succeeded yet, over the context's threads.  A cell that fails is kept with its status,
 *  its sentence and a row of NaN, and the others go on; a later run tries it again.
 *  @param sweep the sweep, with a cell
 *  @param options "file" (text): the table on disk, see below; "part" and "parts" (integers, 0 and 1): run only cells
 *         whose number leaves the remainder part when divided by parts (for ranks and hosts, each with a file of its
 *         own); "stop" (integer, 0): 1 begins no further cell after one has failed
 *  @param failed receives how many cells of the part stand failed at the end; NULL: then the status of the first of
 *         them is returned instead, with its sentence
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (no cell), NNDYN_EIO, NNDYN_EFORMAT (the file is not of
 *          this sweep), NNDYN_ECANCELED, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK (an executor);
 *          what a cell failed with.  Rows of cells that were done before a failure or a cancellation stay, in the table
 *          and in the file.
 *
 *  The file is a text table with commas: a first line of names, then rows of cell number, axes, seed, status and
 *  columns, of numbers that read back as the same double.  Rows are appended as cells finish; when all cells of the
 *  part are done the file is rewritten in the order of the cells, as a whole or not at all.  An existing file is
 *  continued: its names must be the sweep's, and each row must have the parameters, the seed and (training cell) the
 *  settings of its cell.  A last line without its end is dropped, failed cells are run again.  A run that was stopped
 *  anywhere and resumed leaves the same file, bit for bit, as one that was not.
 *
 *  Progress is cells done over all of the part; cancellation reaches into the long calls of running cells. */
NNDYN_API int nndyn_sweep_run(nndyn_sweep *sweep, const nndyn_options *options, int64_t *failed);

/** What a run would take.
 *  @param sweep the sweep, with a cell
 *  @param cells receives the number of cells that have not succeeded yet
 *  @param bytes receives the memory of the table and of as many of the largest cells as the context has threads; of a
 *         callback's cell only the context is counted
 *  @param flops receives the matrix products of the most costly cell; 0 for a callback
 *  @param total receives those of all the cells that have not succeeded yet
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no cell), NNDYN_EBUSY, NNDYN_ENOMEM; any output may be NULL
 *
 *  Products of training, of the measurements and of the separation are counted; those of "hessian" depend on how fast
 *  its largest eigenvalue converges and are not. */
NNDYN_API int nndyn_sweep_forecast(nndyn_sweep *sweep, int64_t *cells, int64_t *bytes, double *flops, double *total);

/* ---- the table -------------------------------------------------------------------------------------------------- */

/** Sizes of a sweep; any output may be NULL.
 *  @param sweep the sweep
 *  @param axes,points,seeds,cells,columns its sizes: points of the grid; cells = points x seeds
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_shape(nndyn_sweep *sweep, int64_t *axes, int64_t *points, int64_t *seeds, int64_t *cells,
                                int64_t *columns);

/** Name of an axis or of a column.
 *  @param sweep the sweep
 *  @param number 0 to axes - 1 for an axis, from there for the columns
 *  @param capacity size of @p text in bytes
 *  @param text receives at most capacity bytes, ended by a zero byte; may be NULL if capacity is 0
 *  @param length receives the length of the name without the zero byte; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_name(nndyn_sweep *sweep, int64_t number, int64_t capacity, char *text, int64_t *length);

/** Values of an axis.
 *  @param sweep the sweep
 *  @param axis its number
 *  @param count receives how many; may be NULL
 *  @param values receives that many; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_axis(nndyn_sweep *sweep, int64_t axis, int64_t *count, double *values);

/** Parameters and seed of a cell; either output may be NULL.
 *  @param sweep the sweep
 *  @param cell its number
 *  @param values receives as many numbers as there are axes
 *  @param seed receives the seed
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_parameters(nndyn_sweep *sweep, int64_t cell, double *values, int64_t *seed);

/** How a cell stands.
 *  @param sweep the sweep
 *  @param cell its number
 *  @param done receives 1 if it has been run, 0 if not; may be NULL
 *  @param status receives NNDYN_OK or what it failed with; NNDYN_OK if it has not been run; may be NULL
 *  @param capacity size of @p text in bytes
 *  @param text receives at most capacity bytes of the sentence of its failure ("" if it did not fail), ended by a zero
 *         byte; may be NULL if capacity is 0
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_status(nndyn_sweep *sweep, int64_t cell, int *done, int *status, int64_t capacity,
                                 char *text);

/** Copy rows out: NaN where a cell has not been run or has failed.
 *  @param sweep the sweep
 *  @param first,count the cells first..first+count-1
 *  @param rows receives count x columns numbers
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_rows(nndyn_sweep *sweep, int64_t first, int64_t count, double *rows);

/** Copy one row out, or in: to gather what other processes have run by any means.
 *  @param sweep the sweep, with a cell
 *  @param cell its number
 *  @param columns must be the number of columns
 *  @param row columns numbers; for a failed cell they are not read, and are NaN
 *  @param status NNDYN_OK, or a code of the library for a cell that failed
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (get: the cell has not been run; set: no cell is set), NNDYN_EDATA (set:
 *          the row is of other settings), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_sweep_get_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, double *row, int *status);
/** @see nndyn_sweep_get_row */
NNDYN_API int nndyn_sweep_set_row(nndyn_sweep *sweep, int64_t cell, int64_t columns, const double *row, int status);

/** Take the rows of a file that nndyn_sweep_run or nndyn_sweep_write_csv wrote for the same sweep, as those of its
 *  parts.  A row that succeeded takes the place of none or of a failed one; a failed one that of none.
 *  @param sweep the sweep, with a cell
 *  @param path the file
 *  @param taken receives how many rows were taken; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no cell), NNDYN_EIO, NNDYN_EFORMAT (not a file of this sweep, or a row
 *          that differs from the one that is there), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT.  On failure nothing is
 *          taken. */
NNDYN_API int nndyn_sweep_merge(nndyn_sweep *sweep, const char *path, int64_t *taken);

/** Write the rows of all cells that have been run, in their order, replacing the file as a whole or not at all.
 *  @param sweep the sweep, with a cell
 *  @param path the file
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no cell), NNDYN_EIO, NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_sweep_write_csv(nndyn_sweep *sweep, const char *path);

/** Mean over the seeds of each column at each point of the grid, over those cells that succeeded with a finite number.
 *  @param sweep the sweep, with a cell
 *  @param means receives points x columns numbers, NaN where there is none
 *  @param errors receives their standard errors (deviation with count - 1, over the root of count), NaN below two;
 *         may be NULL
 *  @param counts receives how many there are; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no cell), NNDYN_EBUSY */
NNDYN_API int nndyn_sweep_summary(nndyn_sweep *sweep, double *means, double *errors, int64_t *counts);

/** For each line of the grid along one axis of noise, by means over the seeds of the columns "bow", "sigma" and
 *  "train_loss": the straightest run among those that trained, and where to go from there, as nndyn_load_curve_advice
 *  (nndyn/separation.h) has it.
 *  @param sweep the sweep, with the training cell or one that has these columns
 *  @param axis its number: "dropout", "noise", "rate", "batch", ...
 *  @param options "limit" (double > 0, ln(classes)/2 of the training cell's data; any other cell needs it): a run
 *         trained if its loss is at most this; "threshold" (double >= 0, 0.03): of |bow|; "reverse" (integer, 0; 1 for
 *         an axis "batch"): 1 if a larger value is less noise
 *  @param straightest receives for each line (points / values of the axis of them, in the order of the grid) the place
 *         on the axis, from 0, of the straightest trained run; -1 if there is none
 *  @param directions receives 1: to more noise or less nonlinearity; -1: to less noise or more nonlinearity; 0: the
 *         curve is balanced, or no run trained; may be NULL
 *  @param values receives a value of the axis to try, NaN where the runs tell none; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (no cell, or a column is missing), NNDYN_EBUSY,
 *          NNDYN_ENOMEM */
NNDYN_API int nndyn_sweep_advice(nndyn_sweep *sweep, int64_t axis, const nndyn_options *options, int64_t *straightest,
                                 int *directions, double *values);

#ifdef __cplusplus
}
#endif
#endif
