/* nndyn/width_scan.h - width scans: one measurement on many networks of many widths, for the exponents of what is
 * measured.
 *
 * SPDX-License-Identifier: MIT
 *
 * How a quantity falls with the width n of a network is a statement about distributions over initializations, so it
 * takes many networks at each width: more at small widths, where they are cheap and the spread is large.  A width scan
 * makes them, calls a measurement on each, and keeps the numbers in a resumable table; nndyn_width_scan_exponent fits
 * exponents to them (nndyn/asymptotics.h).
 *
 * Run number r of width number w has a seed of its own, drawn from the number "first" + r and the width, so that
 * networks of two widths share no weights (with one seed for both, the first weights of the larger would be those of
 * the smaller).  What a run gives depends on its width and its seed only: the samples are the same on any number of
 * threads, and however often a scan was stopped and resumed. */
#ifndef NNDYN_WIDTH_SCAN_H
#define NNDYN_WIDTH_SCAN_H
#include "asymptotics.h"
#include "core.h"
#include "network.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Widths, how many networks of each, how they are made, what is measured, and the table of what was. */
typedef struct nndyn_width_scan nndyn_width_scan;

/* ---- what is scanned -------------------------------------------------------------------------------------------- */

/** Make a width scan.  Set the networks and the measurement next.
 *  @param context the context: its threads run the measurements, several at a time
 *  @param count how many widths, at least 1
 *  @param widths count widths, each 1 to 2^31 - 1 and larger than the one before
 *  @param runs how many networks at each of them, at least 1; NULL: 200 up to width 128, 100 up to 256, 50 up to 512,
 *         24 beyond (the protocol behind the tables of docs/width.md)
 *  @param options "first" (integer, 1): number of the first run, from -2^52 to 2^52; "run_memory_limit" (integer >= 0,
 *         0 = the context's limit): memory limit of each run's context
 *  @param out receives the scan
 *  @return NNDYN_OK, NNDYN_EARG (also: more than 2^40 runs), NNDYN_EDATA (widths that do not grow), NNDYN_EOPTION,
 *          NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_width_scan_create(nndyn_context *context, int64_t count, const int64_t *widths, const int64_t *runs,
                                      const nndyn_options *options, nndyn_width_scan **out);

/** Release a width scan.  @param scan a width scan or NULL */
NNDYN_API void nndyn_width_scan_free(nndyn_width_scan *scan);

/** Measure on multi-layer perceptrons inputs - n - ... - n - outputs of the built-in kind, with a linear readout.
 *  @param scan the scan; the table has no row yet
 *  @param inputs,outputs 1 to 2^31 - 1
 *  @param options "layers" (integer 0 to 1000, 2): hidden layers, all of the scanned width (0: a linear network, the
 *         same at every width); "activation" (text, "tanh"; any name nndyn_activation_name gives but a custom one) and
 *         "parameter" (double, the activation's own default); "parametrization" (text, "ntk" or "standard"),
 *         "weight_scale" (double, 1) and "bias_scale" (double, 1): as in nndyn_network_add_dense_with with the
 *         initialization "normal" (biases are 0 with "standard"), for every layer;
 *         "readout_power" (double from 0 to 10, 0): with "ntk", the readout is multiplied by n^-readout_power; 1/2 is
 *         the mean-field scaling, which does not linearize at any width; "loss" (text, "squared_error"; any name
 *         nndyn_loss_name gives but a custom one); "dtype" (text, "f64" or "f32")
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION (also: a parameter the activation does not have or allow, a readout
 *          power with "standard"), NNDYN_ESTATE (the table has rows), NNDYN_EBUSY, NNDYN_ENOMEM
 *
 *  A file of the scan (nndyn_width_scan_run) keeps a checksum of these settings; rows of other networks are refused. */
NNDYN_API int nndyn_width_scan_set_network(nndyn_width_scan *scan, int64_t inputs, int64_t outputs,
                                           const nndyn_options *options);

/** Measure on networks that the caller makes.
 *  @param scan the scan; the table has no row yet
 *  @param factory gets a context of its own (one thread, seeded for this run, so that layers that are added draw from
 *         it), a width and the run's seed, and gives a network made from that context; the scan frees it.  It returns
 *         0, or nonzero for failure (without a network): one of the library's codes, or any other number, which becomes
 *         NNDYN_ECALLBACK.  It runs on any of the context's threads, several at a time.
 *  @param user handed to factory; must outlive the scan
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (the table has rows), NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_set_factory(nndyn_width_scan *scan,
                                           int (*factory)(void *user, nndyn_context *context, int64_t width,
                                                          int64_t seed, nndyn_network **network),
                                           void *user);

/** Set what is measured.
 *  @param scan the scan; the table has no row yet
 *  @param columns names of the numbers a measurement gives, with commas between them, each 1 to 63 of the characters
 *         a-z A-Z 0-9 _ . and -, no two equal, none of them "index", "width", "seed", "status" or "settings"
 *  @param measure gets the run's context (one thread, the scan's allocator and kernels), the network, its width and the
 *         run's seed (of other random numbers it may want), and writes columns numbers; NaN and infinities are kept.
 *         It returns 0, or nonzero for failure as the factory does; the others go on.  The row is NaN on entry.  It
 *         may change the network, which is freed after it.  It runs on any of the context's threads, several at a time:
 *         what it shares must be safe for that, and handles it makes from the run's context it frees again.  Long calls
 *         on these handles stop with the scan's cancellation, and the sentences of their failures are kept as the
 *         run's.
 *  @param user handed to measure; must outlive the scan
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (the table has rows), NNDYN_EBUSY, NNDYN_ENOMEM */
NNDYN_API int nndyn_width_scan_set_measurement(nndyn_width_scan *scan, const char *columns,
                                               int (*measure)(void *user, nndyn_context *context,
                                                              nndyn_network *network, int64_t width, int64_t seed,
                                                              int64_t columns, double *row),
                                               void *user);

/* ---- running ---------------------------------------------------------------------------------------------------- */

/** Make the runs that have not succeeded yet, over the context's threads, the largest widths first (the longest runs
 *  are not left for the end, and a limit they do not fit is met at once).
 *  @param scan the scan, with networks and a measurement
 *  @param options "file" (text): the table on disk, as of nndyn_sweep_run with the axis "width": an existing file is
 *         continued; "part" and "parts" (integers, 0 and 1): every parts-th run only (for ranks and hosts, each with a
 *         file of its own, put together by nndyn_width_scan_merge); "stop" (integer, 0): 1 begins no further run after
 *         one has failed
 *  @param failed receives how many runs of the part stand failed at the end; NULL: then the status of the first of them
 *         is returned instead, with its sentence
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (no networks or no measurement), NNDYN_EIO, NNDYN_EFORMAT
 *          (the file is not of this scan: other widths, runs, columns, or settings of the networks), NNDYN_ECANCELED,
 *          NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECALLBACK (an executor); what a run failed with.  What was
 *          done before a failure or a cancellation stays, in the table and in the file.
 *
 *  A run that was stopped and resumed leaves the same file, bit for bit, as one that was not.  Progress is runs done
 *  over all that were waiting; cancellation reaches into the long calls of running measurements. */
NNDYN_API int nndyn_width_scan_run(nndyn_width_scan *scan, const nndyn_options *options, int64_t *failed);

/** Take the rows of a file that nndyn_width_scan_run wrote for the same scan.
 *  @param scan the scan, with networks and a measurement
 *  @param path the file
 *  @param taken receives how many rows were taken; may be NULL
 *  @return as nndyn_sweep_merge.  On failure nothing is taken. */
NNDYN_API int nndyn_width_scan_merge(nndyn_width_scan *scan, const char *path, int64_t *taken);

/** What a run of the scan would take.
 *  @param scan the scan, with networks and a measurement
 *  @param runs receives how many runs have not succeeded yet; may be NULL
 *  @param bytes receives the memory of the table and of as many of the largest networks, with their contexts, as there
 *         are threads; what the measurement takes, and networks of a factory, are not counted; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no networks or no measurement), NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_forecast(nndyn_width_scan *scan, int64_t *runs, int64_t *bytes);

/* ---- results ---------------------------------------------------------------------------------------------------- */

/** Sizes of a scan; any output may be NULL.
 *  @param scan the scan
 *  @param widths how many widths
 *  @param runs how many runs in all
 *  @param columns how many numbers a measurement gives; 0 before it is set
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_shape(nndyn_width_scan *scan, int64_t *widths, int64_t *runs, int64_t *columns);

/** Name of a column.
 *  @param scan the scan
 *  @param column its number, from 0
 *  @param capacity size of @p text in bytes
 *  @param text receives at most capacity bytes, ended by a zero byte; may be NULL if capacity is 0
 *  @param length receives the length of the name without the zero byte; may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_name(nndyn_width_scan *scan, int64_t column, int64_t capacity, char *text,
                                    int64_t *length);

/** What was measured in one column, width after width, as nndyn_width_exponent_create takes it (absolute values).
 *  @param scan the scan
 *  @param column its number, from 0
 *  @param counts receives, for each width, how many of its runs have succeeded; may be NULL
 *  @param values receives the numbers of these runs, first all of the first width in the order of their numbers, then
 *         those of the second, as many as the counts add up to (at most the runs of the scan); may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no measurement), NNDYN_EBUSY
 *
 *  Runs that failed or were not made are left out; NaN and infinities a measurement gave are not, since leaving out
 *  what diverged would bend the fit. */
NNDYN_API int nndyn_width_scan_samples(nndyn_width_scan *scan, int64_t column, int64_t *counts, double *values);

/** The exponents of one column: nndyn_width_exponent_create (nndyn/asymptotics.h) of the absolute values of its
 *  samples.
 *  @param scan the scan
 *  @param column its number, from 0
 *  @param quantiles,levels,options as there
 *  @param out receives the result, with its verdict, errors and fits; it does not need the scan any more
 *  @return as there, NNDYN_ESTATE (no measurement, or a width without a run that succeeded), NNDYN_EDATA
 *          (also: a run gave NaN or an infinity, which the message names), NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_exponent(nndyn_width_scan *scan, int64_t column, int64_t quantiles, const double *levels,
                                        const nndyn_options *options, nndyn_width_exponent **out);

/** How one run stands.
 *  @param scan the scan
 *  @param width number of the width, from 0
 *  @param run number of the run at this width, from 0
 *  @param done receives 1 if it has been made, 0 if not; may be NULL
 *  @param status receives NNDYN_OK or what it failed with; may be NULL
 *  @param capacity size of @p text in bytes
 *  @param text receives at most capacity bytes of the sentence of its failure ("" if it did not fail), ended by a zero
 *         byte; may be NULL if capacity is 0
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_width_scan_status(nndyn_width_scan *scan, int64_t width, int64_t run, int *done, int *status,
                                      int64_t capacity, char *text);

/** The network of one run once more, as the measurement got it: to look into an outlier.
 *  @param scan the scan, with networks
 *  @param width number of the width, from 0
 *  @param run number of the run at this width, from 0
 *  @param seed receives the run's seed; may be NULL
 *  @param out receives the network, on a context of its own like that of the run; NULL: only the seed is wanted
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (no networks), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT, what the factory
 *          returned */
NNDYN_API int nndyn_width_scan_network(nndyn_width_scan *scan, int64_t width, int64_t run, int64_t *seed,
                                       nndyn_network **out);

#ifdef __cplusplus
}
#endif
#endif
