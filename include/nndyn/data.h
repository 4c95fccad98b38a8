/* nndyn/data.h - data sets, readers, splits, batches, noise.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NNDYN_DATA_H
#define NNDYN_DATA_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/** N samples: inputs x (N x inputs), targets t (N x targets), and labels (N) where the data are of classes. */
typedef struct nndyn_dataset nndyn_dataset;

/** A rule that turns a data set into batches; what batch k is depends on k and the seed only. */
typedef struct nndyn_batches nndyn_batches;

/** How batches are drawn. */
enum {
    NNDYN_BATCH_FULL = 1,       /* every sample, in order, each step */
    NNDYN_BATCH_EPOCHS = 2,     /* each epoch a new permutation, cut into batches */
    NNDYN_BATCH_REPLACEMENT = 3 /* each sample of each batch drawn independently */
};

/** A data set over arrays of the caller.
 *  @param context the context
 *  @param samples,inputs,targets sizes, all at least 1 (targets may be 0: then t is NULL)
 *  @param x samples x inputs
 *  @param t samples x targets
 *  @param copy 1: the arrays are copied; 0: they are borrowed and must outlive the data set, unchanged
 *  @param out receives the data set
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EDATA (a number is not finite; the message names row and column),
 *          NNDYN_ENOMEM */
NNDYN_API int nndyn_dataset_create(nndyn_context *context, int64_t samples, int64_t inputs, const double *x,
                                   int64_t targets, const double *t, int copy, nndyn_dataset **out);

/** As nndyn_dataset_create, in single precision. */
NNDYN_API int nndyn_dataset_create_f32(nndyn_context *context, int64_t samples, int64_t inputs, const float *x,
                                       int64_t targets, const float *t, int copy, nndyn_dataset **out);

/** A data set of classes: targets are the one-hot rows of the labels.
 *  @param context the context
 *  @param samples,inputs sizes, at least 1
 *  @param x samples x inputs
 *  @param classes number of classes, at least 2
 *  @param labels samples numbers in 0..classes-1, copied
 *  @param copy as in nndyn_dataset_create, for x
 *  @param out receives the data set
 *  @return as nndyn_dataset_create; NNDYN_EDATA also for a label out of range */
NNDYN_API int nndyn_dataset_create_labels(nndyn_context *context, int64_t samples, int64_t inputs, const double *x,
                                          int64_t classes, const int64_t *labels, int copy, nndyn_dataset **out);

/** As nndyn_dataset_create_labels, in single precision. */
NNDYN_API int nndyn_dataset_create_labels_f32(nndyn_context *context, int64_t samples, int64_t inputs, const float *x,
                                              int64_t classes, const int64_t *labels, int copy, nndyn_dataset **out);

/** Read IDX files (the format of MNIST), uncompressed, of any of the format's types of values.  A file is taken only if
 *  its size is what its header says; nothing is allocated for the data before that is checked.
 *  @param context the context
 *  @param images path of a file of two or more dimensions; the first one counts samples
 *  @param labels path of a file of one dimension of integers, or NULL: then there are no targets
 *  @param options "classes" (integer, 0 = largest label read + 1, at least 2; labels above 65535 need it given);
 *         "first" and "count" (integers, 0 and 0 = all): a range of samples; "scale" (double, 0 = 1/255 for unsigned
 *         bytes and 1 otherwise): factor on the values; "dtype" (text, "f64" or "f32")
 *  @param out receives the data set
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION (also: a range beyond the samples), NNDYN_EIO, NNDYN_EFORMAT (truncated,
 *          not IDX, absurd sizes, counts that differ, compressed), NNDYN_EDATA (a value not finite, a label out of
 *          range), NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_dataset_read_idx(nndyn_context *context, const char *images, const char *labels,
                                     const nndyn_options *options, nndyn_dataset **out);

/** Read a text table of numbers, one sample a line.  Numbers are decimal, with a point, whatever the locale, and are
 *  rounded correctly; spaces around them, ends of line of either kind, blank lines at the end and a byte order mark are
 *  passed over; quoted fields are refused.
 *  @param context the context
 *  @param path the file
 *  @param options "delimiter" (text of one byte, ","); "header" (integer, lines to pass over, 0); "label_column"
 *         (integer, -1 = none; a negative number below -1 counts from the end: -2 is the last column): integer labels
 *         in this column; "target_columns" (integer, 0; not together with the former): how many columns at the end are
 *         targets; "classes" (as nndyn_dataset_read_idx); "scale" (double, 1): factor on the inputs; "dtype" (text,
 *         "f64" or "f32")
 *  @param out receives the data set
 *  @return as nndyn_dataset_read_idx; messages name line and column, both from 1 */
NNDYN_API int nndyn_dataset_read_csv(nndyn_context *context, const char *path, const nndyn_options *options,
                                     nndyn_dataset **out);

/** Release a data set.  @param dataset a data set or NULL */
NNDYN_API void nndyn_dataset_free(nndyn_dataset *dataset);

/** Sizes of a data set; any output may be NULL.
 *  @param dataset the data set
 *  @param samples,inputs,targets its sizes
 *  @param classes number of classes, 0 if the data have no labels
 *  @param dtype NNDYN_F32 or NNDYN_F64
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_dataset_shape(nndyn_dataset *dataset, int64_t *samples, int64_t *inputs, int64_t *targets,
                                  int64_t *classes, int *dtype);

/** Copy rows out, as double; any output may be NULL.
 *  @param dataset the data set
 *  @param first,count the rows first..first+count-1
 *  @param x receives count x inputs
 *  @param t receives count x targets
 *  @param labels receives count labels; NNDYN_ESTATE if the data have none
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE, NNDYN_EBUSY */
NNDYN_API int nndyn_dataset_get(nndyn_dataset *dataset, int64_t first, int64_t count, double *x, double *t,
                                int64_t *labels);

/** Chosen rows, in the given order, as a data set of their own (a copy).
 *  @param dataset the data set
 *  @param count how many, at least 1
 *  @param rows count row numbers; repeats are allowed
 *  @param out receives the new data set
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_dataset_select(nndyn_dataset *dataset, int64_t count, const int64_t *rows, nndyn_dataset **out);

/** A copy in another precision.
 *  @param dataset the data set
 *  @param dtype NNDYN_F32 or NNDYN_F64
 *  @param out receives the copy
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY, NNDYN_EDATA (a double beyond the range of float), NNDYN_ENOMEM,
 *          NNDYN_ELIMIT */
NNDYN_API int nndyn_dataset_convert(nndyn_dataset *dataset, int dtype, nndyn_dataset **out);

/** A copy whose inputs are (x - mean) / deviation, with mean and standard deviation of each input taken from
 *  @p reference (so that test data are scaled as the training data were); inputs constant there are only shifted.
 *  The deviation is that of the reference itself (its squares divided by the number of samples).
 *  @param dataset the data set
 *  @param reference the data set to take mean and deviation from, of either precision; may be @p dataset itself
 *  @param out receives the copy
 *  @return NNDYN_OK, NNDYN_EARG (inputs differ), NNDYN_EBUSY, NNDYN_ENUMERIC (a result beyond the precision's range),
 *          NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_dataset_standardize(nndyn_dataset *dataset, nndyn_dataset *reference, nndyn_dataset **out);

/** Images at another size.  Each sample's inputs are read as channels x height x width numbers, row-major (channel,
 *  then row, then column); the result holds channels x new_height x new_width in the same order, targets and labels as
 *  they were.  Output pixel i of an axis is the weighted mean of input pixels under a triangle about (i + 1/2) size /
 *  new_size - 1/2 ("align corners" off), of half-width max(1, size / new_size) pixels when antialiased, its weights
 *  made to sum to one at the edges: what image libraries call bilinear with antialiasing (2.8 pixels for 28 to 10).
 *  Without antialiasing the half-width is 1, plain bilinear interpolation between the two nearest pixels.  Enlarging
 *  is the same either way.  Sums are in double precision; results lie between the smallest and largest pixel they are
 *  made of, so constant images stay constant, and the same size returns the same bits.
 *  @param dataset the data set, of channels * height * width inputs
 *  @param channels,height,width what its inputs are, all at least 1
 *  @param new_height,new_width the size to make, at least 1
 *  @param options "antialias" (integer, 1): 0 for plain bilinear
 *  @param out receives the new data set (a copy, of the same precision)
 *  @return NNDYN_OK, NNDYN_EARG (also: the sizes are not those of the inputs), NNDYN_EOPTION, NNDYN_EBUSY,
 *          NNDYN_ENOMEM, NNDYN_ELIMIT, NNDYN_ECANCELED */
NNDYN_API int nndyn_dataset_resize(nndyn_dataset *dataset, int64_t channels, int64_t height, int64_t width,
                                   int64_t new_height, int64_t new_width, const nndyn_options *options,
                                   nndyn_dataset **out);

/** Split at random into two data sets (copies).
 *  @param dataset the data set, of at least two samples
 *  @param fraction of the samples that goes to @p second, in (0, 1), rounded to a whole number of them; both parts get
 *         at least one sample
 *  @param options "stratified" (integer, 1 if there are labels, else 0): the fraction holds in each class, within one
 *         sample (and exactly, where it makes a whole number of each class); "seed"
 *         (integer, the context's)
 *  @param first,second receive the parts, each in the order of the original
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (stratified without labels), NNDYN_EBUSY, NNDYN_ENOMEM,
 *          NNDYN_ELIMIT */
NNDYN_API int nndyn_dataset_split(nndyn_dataset *dataset, double fraction, const nndyn_options *options,
                                  nndyn_dataset **first, nndyn_dataset **second);

/** Make a rule for batches.
 *  @param dataset the data set, kept alive by the batches
 *  @param kind NNDYN_BATCH_FULL, _EPOCHS or _REPLACEMENT
 *  @param size samples a batch, 1 to the number of samples; ignored for NNDYN_BATCH_FULL
 *  @param options "seed" (integer, the context's); "label_noise" (double in [0,1], 0): with this probability a label is
 *         replaced, anew in each batch, by one drawn uniformly from all classes; "label_noise_exact" (integer, 0): 1
 *         replaces instead exactly this fraction of a batch's labels, rounded down to a whole number of them, chosen at
 *         random; "target_noise" (double >= 0, 0) and "input_noise" (double >= 0, 0): standard deviation of normal
 *         noise added anew in each batch; "relative_input_noise" (double >= 0, 0): the same, in units of the standard
 *         deviation of all the numbers of the batch's inputs (with "input_noise" given too, variances add);
 *         "drop_last" (integer, 0): with _EPOCHS leave out a last batch that is not full
 *  @param out receives the batches
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EOPTION, NNDYN_ESTATE (label noise without labels, target noise without
 *          targets), NNDYN_EBUSY, NNDYN_ENOMEM, NNDYN_ELIMIT */
NNDYN_API int nndyn_batches_create(nndyn_dataset *dataset, int kind, int64_t size, const nndyn_options *options,
                                   nndyn_batches **out);

/** Release batches.  @param batches batches or NULL */
NNDYN_API void nndyn_batches_free(nndyn_batches *batches);

/** Steps that make one pass over the data (NNDYN_BATCH_REPLACEMENT: samples / size, rounded up) and the largest batch.
 *  All batches are of that size but the last one of each epoch.
 *  @param batches the batches
 *  @param steps,largest receive the numbers; either may be NULL
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_EBUSY */
NNDYN_API int nndyn_batches_shape(nndyn_batches *batches, int64_t *steps, int64_t *largest);

/** Batch number @p step (0, 1, ...; any order) of a double-precision data set.  Allocates nothing.
 *  @param batches the batches
 *  @param step which
 *  @param n receives the number of samples
 *  @param x,t receive pointers to n x inputs and n x targets, valid until the next call on the batches; t is NULL
 *         without targets.  They point into buffers of the batches, or (NNDYN_BATCH_FULL without noise) to the data
 *         set's own arrays.
 *  @return NNDYN_OK, NNDYN_EARG (also: the data set is of the other precision), NNDYN_EBUSY */
NNDYN_API int nndyn_batches_get(nndyn_batches *batches, int64_t step, int64_t *n, const double **x, const double **t);

/** As nndyn_batches_get, of a single-precision data set. */
NNDYN_API int nndyn_batches_get_f32(nndyn_batches *batches, int64_t step, int64_t *n, const float **x, const float **t);

#ifdef __cplusplus
}
#endif
#endif
