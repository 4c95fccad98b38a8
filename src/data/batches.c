/* batches.c - which samples make batch number `step`, and the noise on them: functions of seed and step only, so that
 * batches may be asked for in any order and training can go on from any step.
 *
 * SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "data/reals.h"
#include <math.h>
#include <string.h>

struct nndyn_batches {
    nd_handle handle;
    nndyn_dataset *dataset; /* a reference is held */
    int kind, drop_last;
    int64_t size, seed;
    int64_t steps;  /* of one pass over the data */
    int64_t *order; /* epochs: the permutation of `epoch` */
    int64_t epoch;  /* -1: none yet */
    double label_noise, input_noise, relative_input_noise, target_noise;
    int exact;       /* label noise replaces a fixed number of labels a batch */
    void *x, *t;     /* buffers of one batch; NULL where the data set's own arrays are handed out */
    double *draw;    /* noise of one row */
    int64_t *chosen; /* exact label noise: a permutation of the batch; its head is replaced */
    nd_arena arena;
};

/* ---- creation ---------------------------------------------------------------------------------------------------- */

enum { SEED, LABEL_NOISE, LABEL_NOISE_EXACT, TARGET_NOISE, INPUT_NOISE, RELATIVE_INPUT_NOISE, DROP_LAST, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL}, {"label_noise", ND_REAL, 0, 1, 0, NULL},
    {"label_noise_exact", ND_INTEGER, 0, 1, 0, NULL},   {"target_noise", ND_REAL, 0, DBL_MAX, 0, NULL},
    {"input_noise", ND_REAL, 0, DBL_MAX, 0, NULL},      {"relative_input_noise", ND_REAL, 0, DBL_MAX, 0, NULL},
    {"drop_last", ND_INTEGER, 0, 1, 0, NULL},
};

static void destroy(void *object)
{
    nndyn_batches *batches = object;
    nd_arena_free(&batches->arena);
    nd_handle_release(batches->dataset);
}

void nndyn_batches_free(nndyn_batches *batches)
{
    nd_handle_release(batches);
}

nndyn_dataset *nd_batches_dataset(nndyn_batches *batches)
{
    return batches->dataset;
}

static int input_noise(const nndyn_batches *b)
{
    return b->input_noise > 0 || b->relative_input_noise > 0;
}

static void carve(nd_arena *arena, nndyn_batches *b)
{
    const nndyn_dataset *data = b->dataset;
    size_t size = nd_real_size(data->dtype);
    int whole = b->kind == NNDYN_BATCH_FULL;
    int64_t widest = data->inputs > data->targets ? data->inputs : data->targets;
    if (!whole || input_noise(b)) {
        b->x = nd_arena_take(arena, b->size * data->inputs, size);
    }
    if (data->targets > 0 && (!whole || b->label_noise > 0 || b->target_noise > 0)) {
        b->t = nd_arena_take(arena, b->size * data->targets, size);
    }
    if (b->kind == NNDYN_BATCH_EPOCHS) {
        b->order = nd_arena_take(arena, data->samples, sizeof *b->order);
    }
    if (input_noise(b) || b->target_noise > 0) {
        b->draw = nd_arena_take(arena, widest, sizeof *b->draw);
    }
    if (b->exact) {
        b->chosen = nd_arena_take(arena, b->size, sizeof *b->chosen);
    }
}

static int64_t count_steps(const nndyn_batches *b)
{
    int64_t full = b->dataset->samples / b->size;
    return full + (!b->drop_last && b->dataset->samples % b->size != 0);
}

/* The settings, before anything is allocated. */
static int configure(nndyn_dataset *dataset, int kind, int64_t size, const nndyn_options *options, nndyn_batches *b)
{
    nd_option_value values[OPTIONS];
    ND_TRY(nd_options_read(dataset, options, specs, OPTIONS, values));
    b->dataset = dataset;
    b->kind = kind;
    b->size = kind == NNDYN_BATCH_FULL ? dataset->samples : size;
    b->seed = values[SEED].given ? values[SEED].integer : nd_context_seed(dataset->handle.context);
    b->drop_last = kind == NNDYN_BATCH_EPOCHS && values[DROP_LAST].integer != 0;
    b->label_noise = values[LABEL_NOISE].real;
    b->target_noise = values[TARGET_NOISE].real;
    b->input_noise = values[INPUT_NOISE].real;
    b->relative_input_noise = values[RELATIVE_INPUT_NOISE].real;
    b->exact = b->label_noise > 0 && values[LABEL_NOISE_EXACT].integer != 0;
    b->epoch = -1;
    b->steps = count_steps(b);
    if (b->label_noise > 0 && dataset->classes == 0) {
        return nd_fail(dataset, NNDYN_ESTATE, "\"label_noise\" is %g, but the data set has no labels", b->label_noise);
    }
    if (b->target_noise > 0 && dataset->targets == 0) {
        return nd_fail(dataset, NNDYN_ESTATE, "\"target_noise\" is %g, but the data set has no targets",
                       b->target_noise);
    }
    return NNDYN_OK;
}

static int create(nndyn_dataset *dataset, int kind, int64_t size, const nndyn_options *options, nndyn_batches **out)
{
    nndyn_batches settings = {0}, *b = NULL;
    if (kind < NNDYN_BATCH_FULL || kind > NNDYN_BATCH_REPLACEMENT) {
        return nd_fail(dataset, NNDYN_EARG, "kind is %d; it must be one of NNDYN_BATCH_FULL, _EPOCHS, _REPLACEMENT",
                       kind);
    }
    if (kind != NNDYN_BATCH_FULL) {
        ND_TRY(nd_check_size(dataset, size, 1, dataset->samples, "size"));
    }
    ND_TRY(nd_check_pointer(dataset, out, "out"));
    ND_TRY(configure(dataset, kind, size, options, &settings));
    carve(&settings.arena, &settings);
    ND_TRY(nd_check_memory(dataset, (double)settings.arena.used, "the buffers of a batch"));
    ND_TRY(nd_arena_reserve(&settings.arena, dataset));
    carve(&settings.arena, &settings);
    int status = nd_handle_create(dataset->handle.context, ND_BATCHES, sizeof *b, destroy, &b);
    if (status != NNDYN_OK) {
        nd_arena_free(&settings.arena);
        return nd_fail(dataset, status, "no memory for batches");
    }
    /* Everything behind the handle; atomics are not copied. */
    memcpy((char *)b + sizeof b->handle, (char *)&settings + sizeof b->handle, sizeof *b - sizeof b->handle);
    nd_handle_retain(dataset);
    *out = b;
    return NNDYN_OK;
}

int nndyn_batches_create(nndyn_dataset *dataset, int kind, int64_t size, const nndyn_options *options,
                         nndyn_batches **out)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_batches_create"));
    return nd_leave(dataset, create(dataset, kind, size, options, out));
}

int nndyn_batches_shape(nndyn_batches *batches, int64_t *steps, int64_t *largest)
{
    ND_TRY(nd_enter(batches, ND_BATCHES, "nndyn_batches_shape"));
    if (steps != NULL) {
        *steps = batches->steps;
    }
    if (largest != NULL) {
        *largest = batches->size;
    }
    return nd_leave(batches, NNDYN_OK);
}

/* ---- which samples ----------------------------------------------------------------------------------------------- */

/* First sample of the batch within its epoch, and how many. */
static int64_t place(const nndyn_batches *b, int64_t step, int64_t *n)
{
    int64_t first = step % b->steps * b->size;
    int64_t left = b->dataset->samples - first;
    *n = b->kind == NNDYN_BATCH_REPLACEMENT || left > b->size ? b->size : left;
    return first;
}

static void shuffle(nndyn_batches *b, int64_t epoch)
{
    if (b->epoch != epoch) {
        nd_permutation(nd_stream_open(b->seed, ND_RANDOM_SHUFFLE, 0, epoch), b->dataset->samples, b->order);
        b->epoch = epoch;
    }
}

static int64_t sample_of(const nndyn_batches *b, int64_t step, int64_t first, int64_t i)
{
    if (b->kind == NNDYN_BATCH_EPOCHS) {
        return b->order[first + i];
    }
    if (b->kind == NNDYN_BATCH_REPLACEMENT) {
        return nd_below(nd_stream_open(b->seed, ND_RANDOM_REPLACEMENT, 0, step), i, b->dataset->samples);
    }
    return i;
}

static void gather(const nndyn_batches *b, int64_t sample, int64_t i)
{
    const nndyn_dataset *data = b->dataset;
    size_t x = (size_t)data->inputs * nd_real_size(data->dtype);
    size_t t = (size_t)data->targets * nd_real_size(data->dtype);
    if (b->x != NULL) {
        memcpy((char *)b->x + (size_t)i * x, (const char *)data->x + (size_t)sample * x, x);
    }
    if (b->t != NULL) {
        memcpy((char *)b->t + (size_t)i * t, (const char *)data->t + (size_t)sample * t, t);
    }
}

/* ---- noise: number i of the batch draws from place i of the step's stream ---------------------------------------- */

static void replace_label(const nndyn_batches *b, int64_t step, int64_t i)
{
    const nndyn_dataset *data = b->dataset;
    int64_t label = nd_below(nd_stream_open(b->seed, ND_RANDOM_LABEL_NOISE, 1, step), i, data->classes);
    char *row = (char *)b->t + (size_t)(i * data->targets) * nd_real_size(data->dtype);
    nd_one_hot(row, data->dtype, data->classes, label);
}

static void add_label_noise(const nndyn_batches *b, int64_t step, int64_t i)
{
    double chance;
    nd_uniform(nd_stream_open(b->seed, ND_RANDOM_LABEL_NOISE, 0, step), i, 1, &chance);
    if (chance < b->label_noise) {
        replace_label(b, step, i);
    }
}

/* A fixed number of labels, p n rounded down; a product that is within rounding of a whole number counts as it. */
static void add_exact_label_noise(const nndyn_batches *b, int64_t step, int64_t count)
{
    int64_t replaced = (int64_t)floor(b->label_noise * (double)count * (1 + 4 * DBL_EPSILON));
    nd_permutation(nd_stream_open(b->seed, ND_RANDOM_LABEL_NOISE, 2, step), count, b->chosen);
    for (int64_t k = 0; k < replaced && k < count; k++) {
        replace_label(b, step, b->chosen[k]);
    }
}

static void add_normal(const nndyn_batches *b, nd_stream stream, double deviation, int64_t i, int64_t width,
                       void *array)
{
    int dtype = b->dataset->dtype;
    nd_normal(stream, i * width, width, b->draw);
    for (int64_t j = 0; j < width; j++) {
        double value = nd_real_at(array, dtype, i * width + j) + deviation * b->draw[j];
        nd_real_put(array, dtype, i * width + j, value);
    }
}

/* Standard deviation of all inputs of the batch, in two passes. */
static double spread(const nndyn_batches *b, int64_t count)
{
    int64_t n = count * b->dataset->inputs;
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) {
        mean += nd_real_at(b->x, b->dataset->dtype, i);
    }
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = nd_real_at(b->x, b->dataset->dtype, i) - mean;
        square += d * d;
    }
    return sqrt(square / (double)n);
}

static void add_target_noise(const nndyn_batches *b, int64_t step, int64_t count)
{
    nd_stream stream = nd_stream_open(b->seed, ND_RANDOM_TARGET_NOISE, 0, step);
    for (int64_t i = 0; i < count; i++) {
        add_normal(b, stream, b->target_noise, i, b->dataset->targets, b->t);
    }
}

/* Absolute and relative noise are independent: their variances add. */
static void add_input_noise(const nndyn_batches *b, int64_t step, int64_t count)
{
    nd_stream stream = nd_stream_open(b->seed, ND_RANDOM_INPUT_NOISE, 0, step);
    double deviation = b->input_noise;
    if (b->relative_input_noise > 0) {
        deviation = hypot(deviation, b->relative_input_noise * spread(b, count));
    }
    for (int64_t i = 0; i < count; i++) {
        add_normal(b, stream, deviation, i, b->dataset->inputs, b->x);
    }
}

static void add_noise(const nndyn_batches *b, int64_t step, int64_t count)
{
    for (int64_t i = 0; b->label_noise > 0 && !b->exact && i < count; i++) {
        add_label_noise(b, step, i);
    }
    if (b->exact) {
        add_exact_label_noise(b, step, count);
    }
    if (b->target_noise > 0) {
        add_target_noise(b, step, count);
    }
    if (input_noise(b)) {
        add_input_noise(b, step, count);
    }
}

/* ---- the batch --------------------------------------------------------------------------------------------------- */

int nd_batches_get(nndyn_batches *b, int64_t step, int64_t *n, const void **x, const void **t)
{
    int64_t count, first;
    ND_TRY(nd_check_size(b, step, 0, INT64_MAX, "step"));
    first = place(b, step, &count);
    if (b->kind == NNDYN_BATCH_EPOCHS) {
        shuffle(b, step / b->steps);
    }
    for (int64_t i = 0; (b->x != NULL || b->t != NULL) && i < count; i++) {
        gather(b, sample_of(b, step, first, i), i);
    }
    add_noise(b, step, count);
    *n = count;
    *x = b->x != NULL ? b->x : b->dataset->x;
    *t = b->t != NULL ? b->t : b->dataset->t;
    return NNDYN_OK;
}

int64_t nd_batches_rows(nndyn_batches *b, int64_t step, int64_t *rows)
{
    int64_t count;
    const int64_t first = place(b, step, &count);
    if (b->kind == NNDYN_BATCH_EPOCHS) {
        shuffle(b, step / b->steps);
    }
    for (int64_t i = 0; i < count; i++) {
        rows[i] = sample_of(b, step, first, i);
    }
    return count;
}

int nd_batches_noisy_inputs(const nndyn_batches *b)
{
    return input_noise(b);
}

/* The pointers of a public call; `suffix` names its sibling for the other precision. */
static int get(nndyn_batches *b, int dtype, const char *sibling, int64_t step, int64_t *n, const void **x,
               const void **t, const void *const outputs[2])
{
    ND_TRY(nd_check_pointer(b, n, "n"));
    ND_TRY(nd_check_pointer(b, outputs[0], "x"));
    ND_TRY(nd_check_pointer(b, outputs[1], "t"));
    if (b->dataset->dtype != dtype) {
        return nd_fail(b, NNDYN_EARG, "the data set is in %s precision; use %s",
                       dtype == NNDYN_F64 ? "single" : "double", sibling);
    }
    return nd_batches_get(b, step, n, x, t);
}

int nndyn_batches_get(nndyn_batches *batches, int64_t step, int64_t *n, const double **x, const double **t)
{
    const void *rows[2] = {NULL, NULL};
    ND_TRY(nd_enter(batches, ND_BATCHES, "nndyn_batches_get"));
    int status =
        get(batches, NNDYN_F64, "nndyn_batches_get_f32", step, n, &rows[0], &rows[1], (const void *const[2]){x, t});
    if (status == NNDYN_OK) {
        *x = rows[0];
        *t = rows[1];
    }
    return nd_leave(batches, status);
}

int nndyn_batches_get_f32(nndyn_batches *batches, int64_t step, int64_t *n, const float **x, const float **t)
{
    const void *rows[2] = {NULL, NULL};
    ND_TRY(nd_enter(batches, ND_BATCHES, "nndyn_batches_get_f32"));
    int status =
        get(batches, NNDYN_F32, "nndyn_batches_get", step, n, &rows[0], &rows[1], (const void *const[2]){x, t});
    if (status == NNDYN_OK) {
        *x = rows[0];
        *t = rows[1];
    }
    return nd_leave(batches, status);
}
