/* Separation: every error, outputs and handles untouched, every allocation failing once, calls that are stopped. */
#include "support/fixture.h"
#include "nndyn.h"
#include <time.h>

enum { ALL = NNDYN_SEPARATION_VALUES, N = 60, D = 4, CLASSES = 3, SITES = 3, UNTOUCHED = 77 };

static double x[N * D];
static float single[N * D];
static int64_t labels[N];

static double out[SITES * ALL], loss, accuracy;
static int flags[SITES];
static int64_t count;

static void clean(void)
{
    for (int i = 0; i < SITES * ALL; i++) {
        out[i] = UNTOUCHED;
    }
    for (int i = 0; i < SITES; i++) {
        flags[i] = UNTOUCHED;
    }
    loss = accuracy = UNTOUCHED;
    count = UNTOUCHED;
}

static int untouched(void)
{
    int same = count == UNTOUCHED && loss == UNTOUCHED && accuracy == UNTOUCHED;
    for (int i = 0; i < SITES * ALL; i++) {
        same = same && out[i] == UNTOUCHED;
    }
    for (int i = 0; i < SITES; i++) {
        same = same && flags[i] == UNTOUCHED;
    }
    return same;
}

#define FAILS(status, handle, word, call)     \
    do {                                      \
        clean();                              \
        nt_fails(status, handle, word, call); \
        assert_true(untouched());             \
    } while (0)

static int begin(void **state)
{
    nt_normal(5, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i * 5 % CLASSES;
        x[i * D + labels[i]] += 2;
    }
    nt_to_f32(N * D, x, single);
    clean();
    return set_up(state);
}

static nndyn_options *both(nndyn_context *c)
{
    nndyn_options *options = NULL;
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", 1));
    return options;
}

static nndyn_options *integer(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

/* identity, tanh: features of the first hidden layer may be huge and the outputs finite. */
static nndyn_network *make(nndyn_context *c, int dtype)
{
    nndyn_network *net = NULL;
    nt_ok(c, nndyn_network_create(c, dtype, D, &net));
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_add_dense(net, 3, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dense(net, CLASSES, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return net;
}

enum { PARAMETERS = 5 * (D + 1) + 3 * 6 + CLASSES * 4 };

static nndyn_dataset *draw(nndyn_context *c)
{
    nndyn_dataset *data = NULL;
    nt_ok(c, nndyn_dataset_create_labels(c, N, D, x, CLASSES, labels, 1, &data));
    return data;
}

/* ---- allocations ------------------------------------------------------------------------------------------------- */

static int second_stream(nt_allocator *a, nndyn_separation_stream *stream, nndyn_separation_stream **twin)
{
    double before[ALL], after[ALL];
    nt_pause(a);
    nt_ok(stream, nndyn_separation_stream_get(stream, ALL, before, NULL));
    nt_resume(a);
    int status = nndyn_separation_stream_second_pass(stream);
    nt_pause(a);
    if (status != NNDYN_OK) { /* still in the first pass */
        nt_ok(stream, nndyn_separation_stream_get(stream, ALL, after, NULL));
        nt_same(before, after, sizeof before);
        nt_ok(stream, nndyn_separation_stream_second_pass(stream));
    }
    nt_resume(a);
    status = status == NNDYN_OK ? nndyn_separation_stream_add(stream, N / 2, x, labels) : status;
    status = status == NNDYN_OK ? nndyn_separation_stream_copy(stream, twin) : status;
    status = status == NNDYN_OK ? nndyn_separation_stream_add_f32(*twin, 1, single, labels) : status;
    return status;
}

static int streams(nt_allocator *a, void *user)
{
    nndyn_context *c = NULL;
    nndyn_separation_stream *stream = NULL, *first = NULL, *twin = NULL;
    (void)user;
    nt_pause(a);
    c = nt_context(a);
    nndyn_options *options = both(c);
    nt_resume(a);
    clean();
    int status = nndyn_separation_stream_create(c, D, CLASSES, options, &stream);
    status = status == NNDYN_OK ? nndyn_separation_stream_add(stream, N, x, labels) : status;
    status = status == NNDYN_OK ? nndyn_separation_stream_get(stream, ALL, out, flags) : status;
    assert_true(status == NNDYN_OK || untouched());
    status = status == NNDYN_OK ? nndyn_separation_stream_copy(stream, &first) : status;
    status = status == NNDYN_OK ? second_stream(a, stream, &twin) : status;
    clean();
    if (status == NNDYN_OK) {
        status = nndyn_separation_stream_add(stream, N - N / 2, x + N / 2 * D, labels + N / 2);
    }
    status = status == NNDYN_OK ? nndyn_separation_stream_get(stream, ALL, out, flags) : status;
    assert_true(status == NNDYN_OK || untouched());
    nndyn_separation_stream_free(stream);
    nndyn_separation_stream_free(first);
    nndyn_separation_stream_free(twin);
    nndyn_options_free(options);
    nndyn_context_free(c);
    return status;
}

static int directions(nt_allocator *a, void *user)
{
    static const int64_t far[] = {9, 9, -5, -5, 7, 7};
    (void)user;
    nt_pause(a);
    nndyn_context *c = nt_context(a);
    nt_resume(a);
    clean();
    int status = nndyn_separation_directions(c, N, D, x, CLASSES, labels, NULL, 2, out, out + ALL, &count);
    assert_true(status == NNDYN_OK || untouched());
    if (status == NNDYN_OK) {
        clean();
        status = nndyn_separation_directions_f32(c, 6, D, single, 0, far, NULL, 2, out, NULL, &count);
        assert_true(status == NNDYN_OK || untouched());
    }
    nndyn_context_free(c);
    return status;
}

static int network(nt_allocator *a, void *user)
{
    double before[PARAMETERS], after[PARAMETERS];
    (void)user;
    nt_pause(a);
    nndyn_context *c = nt_context(a);
    nndyn_network *net = make(c, NNDYN_F64);
    nndyn_dataset *data = draw(c);
    nndyn_options *options = both(c);
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, before));
    nt_resume(a);
    clean();
    const int status = nndyn_network_separation(net, data, options, SITES, ALL, out, flags, &count, &loss, &accuracy);
    assert_true(status == NNDYN_OK || untouched());
    nt_pause(a);
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, after));
    nt_same(before, after, sizeof before);
    if (status != NNDYN_OK) {
        nt_ok(net, nndyn_network_separation(net, data, options, SITES, ALL, out, flags, &count, &loss, &accuracy));
    }
    nndyn_options_free(options);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    nndyn_context_free(c);
    return status;
}

typedef struct training {
    nndyn_network *net;
    nndyn_dataset *data;
    nndyn_batches *batches;
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
} training;

static training train(nndyn_context *c, int dtype)
{
    training t = {.net = make(c, dtype)};
    nndyn_dataset *data = draw(c);
    nt_ok(data, nndyn_dataset_convert(data, dtype, &t.data));
    nndyn_dataset_free(data);
    nt_ok(t.data, nndyn_batches_create(t.data, NNDYN_BATCH_FULL, 0, NULL, &t.batches));
    nt_ok(t.net, nndyn_trainer_create(t.net, NNDYN_SGD, &t.trainer));
    nt_ok(t.trainer, nndyn_recorder_create(t.trainer, &t.recorder));
    return t;
}

static void stop_training(training *t)
{
    nndyn_recorder_free(t->recorder);
    nndyn_trainer_free(t->trainer);
    nndyn_batches_free(t->batches);
    nndyn_dataset_free(t->data);
    nndyn_network_free(t->net);
}

static int probe(nt_allocator *a, void *user)
{
    int64_t probes = -1;
    (void)user;
    nt_pause(a);
    nndyn_context *c = nt_context(a);
    training t = train(c, NNDYN_F32);
    nt_resume(a);
    clean();
    int status = nndyn_recorder_add_load_curve(t.recorder, t.data, NULL, &count);
    nt_pause(a);
    nt_ok(t.recorder, nndyn_recorder_probes(t.recorder, &probes));
    assert_true(status == NNDYN_OK ? probes == 1 && count == 0 : probes == 0 && untouched());
    nt_resume(a);
    status = status == NNDYN_OK ? nndyn_train_run(t.trainer, t.batches, 1, NULL) : status;
    nt_pause(a);
    stop_training(&t);
    nndyn_context_free(c);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nt_every_allocation(streams, NULL);
    nt_every_allocation(directions, NULL);
    nt_every_allocation(network, NULL);
    nt_every_allocation(probe, NULL);
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static void arrays_refused(void **state)
{
    nndyn_options *unknown = integer("he_us", 1), *block = integer("block", 0), *he_su = integer("he_su", 2);
    nndyn_options *text = NULL, *rtol = NULL;
    int64_t wrong[N];
    (void)state;
    memcpy(wrong, labels, sizeof wrong);
    wrong[N - 1] = -1;
    nt_ok(context, nndyn_options_create(context, &text));
    nt_ok(text, nndyn_options_set_text(text, "weights", "equal"));
    nt_ok(context, nndyn_options_create(context, &rtol));
    nt_ok(rtol, nndyn_options_set_double(rtol, "rtol", 1));
#define MEASURE(n, d, x, c, l, o, k, v) nndyn_separation(context, n, d, x, c, l, o, k, v, flags)
    FAILS(NNDYN_EOPTION, context, "he_us", MEASURE(N, D, x, CLASSES, labels, unknown, ALL, out));
    FAILS(NNDYN_EOPTION, context, "block", MEASURE(N, D, x, CLASSES, labels, block, ALL, out));
    FAILS(NNDYN_EOPTION, context, "he_su", MEASURE(N, D, x, CLASSES, labels, he_su, ALL, out));
    FAILS(NNDYN_EOPTION, context, "samples|classes", MEASURE(N, D, x, CLASSES, labels, text, ALL, out));
    FAILS(NNDYN_EOPTION, context, "rtol", MEASURE(N, D, x, CLASSES, labels, rtol, ALL, out));
    FAILS(NNDYN_EARG, context, "values", MEASURE(N, D, x, CLASSES, labels, NULL, ALL, NULL));
    FAILS(NNDYN_EDATA, context, "labels[59] is -1", MEASURE(N, D, x, CLASSES, wrong, NULL, ALL, out));
#undef MEASURE
    single[5] = INFINITY;
    FAILS(NNDYN_EDATA, context, "row 1, column 1",
          nndyn_separation_f32(context, N, D, single, CLASSES, labels, NULL, ALL, out, flags));
    FAILS(NNDYN_EARG, context, "x is NULL",
          nndyn_separation_f32(context, N, D, NULL, CLASSES, labels, NULL, ALL, out, flags));
    assert_int_equal(nndyn_separation(NULL, N, D, x, CLASSES, labels, NULL, ALL, out, flags), NNDYN_EARG);
    assert_int_equal(nndyn_separation_f32(NULL, N, D, single, CLASSES, labels, NULL, ALL, out, flags), NNDYN_EARG);
    assert_true(untouched());
    nndyn_options_free(unknown), nndyn_options_free(block), nndyn_options_free(he_su);
    nndyn_options_free(text), nndyn_options_free(rtol);
}

static void directions_refused(void **state)
{
    double *f = out, *v = out + ALL, full[2], first[1], row[D], all[2 * D];
    nndyn_options *stride = integer("stride", D - 1);
    (void)state;
#define FIND(o, k, f, count) nndyn_separation_directions(context, N, D, x, CLASSES, labels, o, k, f, v, count)
    FAILS(NNDYN_EARG, context, "capacity is 0", FIND(NULL, 0, f, &count));
    FAILS(NNDYN_EARG, context, "fuzziness", FIND(NULL, 2, NULL, &count));
    FAILS(NNDYN_EARG, context, "count", FIND(NULL, 2, f, NULL));
    FAILS(NNDYN_EOPTION, context, "stride", FIND(stride, 2, f, &count));
    nt_ok(context, nndyn_context_set_memory_limit(context, 300));
    FAILS(NNDYN_ELIMIT, context, "memory limit", FIND(NULL, 2, f, &count));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
#undef FIND
    FAILS(NNDYN_EARG, context, "n is 0",
          nndyn_separation_directions(context, 0, D, x, CLASSES, labels, NULL, 2, f, v, &count));
    FAILS(NNDYN_EARG, context, "x is NULL",
          nndyn_separation_directions_f32(context, N, D, NULL, CLASSES, labels, NULL, 2, f, v, &count));
    assert_int_equal(nndyn_separation_directions(NULL, N, D, x, CLASSES, labels, NULL, 2, f, v, &count), NNDYN_EARG);
    nt_ok(context, nndyn_separation_directions(context, N, D, x, CLASSES, labels, NULL, 2, full, all, &count));
    nt_ok(context, nndyn_separation_directions(context, N, D, x, CLASSES, labels, NULL, 1, first, row, &count));
    assert_true(count == 2 && first[0] == full[0]); /* room for one of two */
    nt_same(row, all, sizeof row);
    x[2] = NAN;
    FAILS(NNDYN_EDATA, context, "row 0, column 2",
          nndyn_separation_directions(context, N, D, x, CLASSES, labels, NULL, 2, f, v, &count));
    nndyn_options_free(stride);
}

static void streams_refused(void **state)
{
    nndyn_options *options = both(context), *stride = integer("stride", 9);
    nndyn_separation_stream *stream = NULL, *plain = NULL, *other = NULL;
    double before[ALL], after[ALL];
    const int64_t wrong[] = {0, CLASSES};
    (void)state;
    nt_fails(NNDYN_EARG, context, "width is 0", nndyn_separation_stream_create(context, 0, 3, NULL, &stream));
    nt_fails(NNDYN_EARG, context, "classes is 0", nndyn_separation_stream_create(context, D, 0, NULL, &stream));
    nt_fails(NNDYN_EARG, context, "out", nndyn_separation_stream_create(context, D, 3, NULL, NULL));
    nt_fails(NNDYN_EOPTION, context, "stride", nndyn_separation_stream_create(context, D, 3, stride, &stream));
    assert_int_equal(nndyn_separation_stream_create(NULL, D, 3, NULL, &stream), NNDYN_EARG);
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, context, "memory limit", nndyn_separation_stream_create(context, D, 3, NULL, &stream));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    assert_null(stream);
    nt_ok(context, nndyn_separation_stream_create(context, D, CLASSES, options, &stream));
    nt_ok(context, nndyn_separation_stream_create(context, D, CLASSES, NULL, &plain));
    nt_ok(stream, nndyn_separation_stream_add(stream, N, x, labels));
    nt_ok(plain, nndyn_separation_stream_add_f32(plain, N, single, labels));
    nt_ok(stream, nndyn_separation_stream_get(stream, ALL, before, NULL));

    nt_fails(NNDYN_EARG, stream, "n is 0", nndyn_separation_stream_add(stream, 0, x, labels));
    nt_fails(NNDYN_EARG, stream, "x is NULL", nndyn_separation_stream_add(stream, 1, NULL, labels));
    nt_fails(NNDYN_EARG, stream, "x is NULL", nndyn_separation_stream_add_f32(stream, 1, NULL, labels));
    nt_fails(NNDYN_EARG, stream, "labels is NULL", nndyn_separation_stream_add(stream, 1, x, NULL));
    nt_fails(NNDYN_EDATA, stream, "labels[1] is 3", nndyn_separation_stream_add(stream, 2, x, wrong));
    single[D] = NAN;
    nt_fails(NNDYN_EDATA, stream, "row 1", nndyn_separation_stream_add_f32(stream, 2, single, labels));
    nt_fails(NNDYN_EARG, stream, "other", nndyn_separation_stream_merge(stream, NULL));
    nt_fails(NNDYN_EARG, stream, "out", nndyn_separation_stream_copy(stream, NULL));
    nt_fails(NNDYN_ESTATE, plain, "he_su", nndyn_separation_stream_second_pass(plain));
    FAILS(NNDYN_EARG, stream, "count is 0", nndyn_separation_stream_get(stream, 0, out, flags));
    FAILS(NNDYN_EARG, stream, "values", nndyn_separation_stream_get(stream, ALL, NULL, flags));
    nt_ok(context, nndyn_context_set_memory_limit(context, 300));
    FAILS(NNDYN_ELIMIT, stream, "memory limit", nndyn_separation_stream_get(stream, ALL, out, flags));
    nt_fails(NNDYN_ELIMIT, stream, "memory limit", nndyn_separation_stream_second_pass(stream));
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, stream, "memory limit", nndyn_separation_stream_copy(stream, &other));
    assert_null(other);
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    nt_ok(stream, nndyn_separation_stream_get(stream, ALL, after, NULL));
    nt_same(before, after, sizeof before);
    assert_int_equal(nndyn_separation_stream_add(NULL, 1, x, labels), NNDYN_EARG);
    assert_int_equal(nndyn_separation_stream_get(NULL, 1, out, NULL), NNDYN_EARG);
    assert_int_equal(nndyn_separation_stream_second_pass(NULL), NNDYN_EARG);
    nndyn_separation_stream_free(NULL);
    nndyn_separation_stream_free(stream), nndyn_separation_stream_free(plain);
    nndyn_options_free(options), nndyn_options_free(stride);
}

/* Merges of passes that do not belong together, and numbers whose squares are beyond double. */
static void passes_refused(void **state)
{
    nndyn_options *options = both(context);
    nndyn_separation_stream *a = NULL, *b = NULL;
    const double huge[] = {1e200, 0, 0, 0, -1e200, 0, 0, 0};
    const int64_t two[] = {0, 1};
    (void)state;
    nt_ok(context, nndyn_separation_stream_create(context, D, CLASSES, options, &a));
    nt_ok(a, nndyn_separation_stream_add(a, N, x, labels));
    nt_ok(a, nndyn_separation_stream_copy(a, &b));
    nt_ok(a, nndyn_separation_stream_second_pass(a));
    nt_fails(NNDYN_ESTATE, a, "second pass", nndyn_separation_stream_merge(a, b));
    nt_fails(NNDYN_ESTATE, b, "second pass", nndyn_separation_stream_merge(b, a));
    nt_ok(b, nndyn_separation_stream_add(b, 1, x, labels));
    nt_ok(b, nndyn_separation_stream_second_pass(b));
    nt_fails(NNDYN_ESTATE, a, "nndyn_separation_stream_copy", nndyn_separation_stream_merge(a, b));
    FAILS(NNDYN_ESTATE, a, "60 samples", nndyn_separation_stream_get(a, ALL, out, flags));
    nndyn_separation_stream_free(a), nndyn_separation_stream_free(b);
    nt_ok(context, nndyn_separation_stream_create(context, D, 2, options, &a));
    nt_ok(a, nndyn_separation_stream_add(a, 2, huge, two));
    FAILS(NNDYN_ENUMERIC, a, "range of double", nndyn_separation_stream_get(a, ALL, out, flags));
    nt_fails(NNDYN_ENUMERIC, a, "range of double", nndyn_separation_stream_second_pass(a));
    nndyn_separation_stream_free(a);
    nndyn_options_free(options);
}

/* ---- networks ---------------------------------------------------------------------------------------------------- */

static void networks_refused(void **state)
{
    nndyn_network *net = make(context, NNDYN_F64), *f32 = make(context, NNDYN_F32), *empty = NULL;
    nndyn_dataset *data = draw(context), *bare = NULL, *narrow = NULL, *more = NULL;
    nndyn_options *block = integer("block", 8), *outputs = integer("outputs", 1), *options = both(context);
    (void)state;
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, D, &empty));
    nt_ok(context, nndyn_dataset_create(context, N, D, x, 0, NULL, 1, &bare));
    nt_ok(context, nndyn_dataset_create_labels(context, N, D - 1, x, CLASSES, labels, 1, &narrow));
    nt_ok(context, nndyn_dataset_create_labels(context, N, D, x, CLASSES + 1, labels, 1, &more));
#define MEASURE(net, data, o, room, n, v) \
    nndyn_network_separation(net, data, o, room, n, v, flags, &count, &loss, &accuracy)
    FAILS(NNDYN_EARG, net, "capacity is 2, must be at least 3", MEASURE(net, data, NULL, 2, ALL, out));
    FAILS(NNDYN_EARG, net, "at least 4", MEASURE(net, data, outputs, 3, ALL, out));
    FAILS(NNDYN_EARG, net, "capacity is -1", MEASURE(net, data, NULL, -1, ALL, out));
    FAILS(NNDYN_EARG, net, "count is 0", MEASURE(net, data, NULL, SITES, 0, out));
    FAILS(NNDYN_EARG, net, "values", MEASURE(net, data, NULL, SITES, ALL, NULL));
    FAILS(NNDYN_EARG, net, "dataset", MEASURE(net, NULL, NULL, SITES, ALL, out));
    FAILS(NNDYN_ESTATE, net, "no labels", MEASURE(net, bare, NULL, SITES, ALL, out));
    FAILS(NNDYN_EARG, f32, "precision", MEASURE(f32, data, NULL, SITES, ALL, out));
    FAILS(NNDYN_EARG, net, "3 inputs", MEASURE(net, narrow, NULL, SITES, ALL, out));
    FAILS(NNDYN_EARG, net, "4 targets", MEASURE(net, more, NULL, SITES, ALL, out));
    FAILS(NNDYN_EOPTION, net, "block", MEASURE(net, data, block, SITES, ALL, out));
    FAILS(NNDYN_ESTATE, empty, "layer", MEASURE(empty, data, NULL, SITES, ALL, out));
    for (int64_t limit = 100; limit <= 1600; limit *= 4) {
        nt_ok(context, nndyn_context_set_memory_limit(context, limit));
        FAILS(NNDYN_ELIMIT, net, "memory limit", MEASURE(net, data, options, SITES, ALL, out));
    }
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    FAILS(NNDYN_EARG, net, "capacity is -1", nndyn_separation_layers(net, NULL, -1, NULL, NULL, &count));
    FAILS(NNDYN_EARG, net, "count", nndyn_separation_layers(net, NULL, 0, NULL, NULL, NULL));
    FAILS(NNDYN_EOPTION, net, "block", nndyn_separation_layers(net, block, 0, NULL, NULL, &count));
    FAILS(NNDYN_ESTATE, empty, "layer", nndyn_separation_layers(empty, NULL, 0, NULL, NULL, &count));
    assert_int_equal(MEASURE(NULL, data, NULL, SITES, ALL, out), NNDYN_EARG);
    assert_int_equal(nndyn_separation_layers(NULL, NULL, 0, NULL, NULL, &count), NNDYN_EARG);
    assert_true(untouched());
    nt_ok(net, nndyn_network_separation(net, more, NULL, SITES, ALL, out, NULL, NULL, NULL, NULL)); /* no loss */
    assert_true(out[NNDYN_SEPARATION_CLASSES] == CLASSES);
#undef MEASURE
    nndyn_options_free(block), nndyn_options_free(outputs), nndyn_options_free(options);
    nndyn_dataset_free(data), nndyn_dataset_free(bare), nndyn_dataset_free(narrow), nndyn_dataset_free(more);
    nndyn_network_free(net), nndyn_network_free(f32), nndyn_network_free(empty);
}

/* Weights of 1e200: squares overflow, the outputs do not.  Of 1e308 in both hidden layers' way: not even the features
 * are finite, with the loss (which is not finite then) and without. */
static void huge_features(void **state)
{
    double theta[PARAMETERS], after[PARAMETERS];
    nndyn_network *net = make(context, NNDYN_F64);
    nndyn_dataset *data = draw(context), *far = NULL;
    (void)state;
    nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, theta));
#define MEASURE(data, l) nndyn_network_separation(net, data, NULL, SITES, ALL, out, flags, &count, l, NULL)
    for (int power = 200; power <= 308; power += 108) {
        for (int i = 0; i < 5 * (D + 1); i++) {
            theta[i] = pow(10, power) * (i % 3 - 1);
        }
        nt_ok(net, nndyn_network_set_parameters(net, PARAMETERS, theta));
        FAILS(NNDYN_ENUMERIC, net, "output of layer 0", MEASURE(data, &loss));
        FAILS(NNDYN_ENUMERIC, net, "output of layer 0", MEASURE(data, NULL));
        nt_ok(net, nndyn_network_get_parameters(net, PARAMETERS, after));
        nt_same(theta, after, sizeof theta);
    }
    for (int i = 0; i < N * D; i++) {
        x[i] *= 1e200;
    }
    nt_ok(context, nndyn_dataset_create_labels(context, N, D, x, CLASSES, labels, 1, &far));
    FAILS(NNDYN_ENUMERIC, net, "input", MEASURE(far, NULL));
#undef MEASURE
    nndyn_dataset_free(far);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
}

static void probes_refused(void **state)
{
    training t = train(context, NNDYN_F64);
    nndyn_network *flat = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    nndyn_dataset *f32 = NULL, *bare = NULL, *narrow = NULL, *more = NULL;
    nndyn_options *outputs = integer("outputs", 1), *every = integer("every", 0);
    int64_t probes = -1;
    (void)state;
    nt_ok(t.data, nndyn_dataset_convert(t.data, NNDYN_F32, &f32));
    nt_ok(context, nndyn_dataset_create(context, N, D, x, 0, NULL, 1, &bare));
    nt_ok(context, nndyn_dataset_create_labels(context, N, D - 1, x, CLASSES, labels, 1, &narrow));
    nt_ok(context, nndyn_dataset_create_labels(context, N, D, x, CLASSES + 1, labels, 1, &more));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, D, &flat));
    nt_ok(flat, nndyn_network_add_dense(flat, CLASSES, NNDYN_IDENTITY));
    nt_ok(flat, nndyn_network_set_loss(flat, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(flat, nndyn_trainer_create(flat, NNDYN_SGD, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
#define ADD(r, data, o) nndyn_recorder_add_load_curve(r, data, o, &count)
    FAILS(NNDYN_EARG, t.recorder, "dataset", ADD(t.recorder, NULL, NULL));
    FAILS(NNDYN_EARG, t.recorder, "precision", ADD(t.recorder, f32, NULL));
    FAILS(NNDYN_EARG, t.recorder, "no labels", ADD(t.recorder, bare, NULL));
    FAILS(NNDYN_EARG, t.recorder, "3 inputs", ADD(t.recorder, narrow, NULL));
    FAILS(NNDYN_EARG, t.recorder, "4 classes", ADD(t.recorder, more, NULL));
    FAILS(NNDYN_EARG, recorder, "hidden", ADD(recorder, t.data, NULL));
    FAILS(NNDYN_EOPTION, t.recorder, "outputs", ADD(t.recorder, t.data, outputs));
    FAILS(NNDYN_EOPTION, t.recorder, "every", ADD(t.recorder, t.data, every));
    assert_int_equal(ADD(NULL, t.data, NULL), NNDYN_EARG);
#undef ADD
    nt_ok(t.recorder, nndyn_recorder_probes(t.recorder, &probes));
    assert_int_equal(probes, 0);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_network_free(flat);
    nndyn_dataset_free(f32), nndyn_dataset_free(bare), nndyn_dataset_free(narrow), nndyn_dataset_free(more);
    nndyn_options_free(outputs), nndyn_options_free(every);
    stop_training(&t);
}

/* ---- stopped calls, and executors that fail ---------------------------------------------------------------------- */

enum { MANY = 1400, WIDE = 200, HIDDEN = 20, PARALLEL = 1 << 20 };

/* 1400 rows of width 200: enough for threads in every call. */
typedef struct large {
    nndyn_network *net;
    nndyn_dataset *data;
    nndyn_options *options;
    nndyn_separation_stream *stream;
    double x[MANY * WIDE];
    int64_t labels[MANY];
} large;

static large *make_large(void)
{
    static large l;
    nt_normal(6, MANY * WIDE, l.x);
    for (int i = 0; i < MANY; i++) {
        l.labels[i] = i % CLASSES;
    }
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, WIDE, &l.net));
    nt_ok(l.net, nndyn_network_add_dense(l.net, HIDDEN, NNDYN_TANH));
    nt_ok(l.net, nndyn_network_add_dense(l.net, CLASSES, NNDYN_IDENTITY));
    nt_ok(context, nndyn_dataset_create_labels(context, MANY, WIDE, l.x, CLASSES, l.labels, 1, &l.data));
    l.options = both(context);
    nt_ok(context, nndyn_separation_stream_create(context, WIDE, CLASSES, l.options, &l.stream));
    return &l;
}

static void free_large(large *l)
{
    nndyn_separation_stream_free(l->stream);
    nndyn_options_free(l->options);
    nndyn_dataset_free(l->data);
    nndyn_network_free(l->net);
}

static int arrays_of(large *l)
{
    return nndyn_separation(context, MANY, WIDE, l->x, CLASSES, l->labels, l->options, ALL, out, flags);
}

static int directions_of(large *l)
{
    return nndyn_separation_directions(context, MANY, WIDE, l->x, CLASSES, l->labels, NULL, 2, out, NULL, &count);
}

static int network_of(large *l)
{
    return nndyn_network_separation(l->net, l->data, l->options, SITES, ALL, out, flags, &count, NULL, &accuracy);
}

/* An executor that does as it is told at one of its calls, and otherwise all its work. */
typedef struct trouble {
    int calls; /* before it */
    int cancel, sleep, refuse;
} trouble;

static int executor(void *user, void (*work)(void *job, int64_t index), void *job, int64_t indices)
{
    trouble *t = user;
    const int now = t->calls-- == 0;
    if (now && t->cancel) {
        nt_ok(context, nndyn_context_cancel(context));
    }
    if (now && t->sleep) { /* progress is told of twenty times a second */
        nanosleep(&(struct timespec){0, 70000000}, NULL);
    }
    for (int64_t i = 0; i < (now && t->refuse ? 1 : indices); i++) {
        work(job, i);
    }
    return now && t->refuse;
}

static int stop(void *user, const char *task, double fraction)
{
    const trouble *t = user;
    assert_true(strlen(task) > 0 && fraction >= 0 && fraction <= 1);
    return t->calls < 0; /* only after the trouble, however slow the machine is */
}

/* Trouble at the first, a middle and the last parallel piece of each call, which go through both passes. */
static void trouble_everywhere(trouble what, int status, const char *word)
{
    static trouble t;
    int (*const call[])(large *) = {arrays_of, directions_of, network_of};
    large *l = make_large();
    nt_ok(context, nndyn_context_set_executor(context, executor, &t));
    nt_ok(context, nndyn_context_set_progress(context, what.sleep ? stop : NULL, &t));
    for (int k = 0; k < 3; k++) {
        const void *handle = k == 2 ? (const void *)l->net : (const void *)context;
        t = (trouble){.calls = PARALLEL};
        nt_ok(handle, call[k](l));
        const int calls = PARALLEL - t.calls;
        assert_true(calls >= (k == 1 ? 2 : 6)); /* 2 blocks a pass; directions has products too small to be cut */
        for (int part = 0; part < 3; part++) {
            t = what;
            t.calls = part * (calls - 1) / 2;
            FAILS(status, handle, word, call[k](l));
        }
    }
    t = (trouble){.calls = PARALLEL};
    clean();
    nt_ok(l->net, network_of(l));
    assert_true(isfinite(out[0]));
    free_large(l);
}

static void calls_that_are_stopped(void **state)
{
    (void)state;
    trouble_everywhere((trouble){.cancel = 1}, NNDYN_ECANCELED, "stopped");
    trouble_everywhere((trouble){.sleep = 1}, NNDYN_ECANCELED, "progress");
}

static void executors_that_fail(void **state)
{
    (void)state;
    trouble_everywhere((trouble){.refuse = 1}, NNDYN_ECALLBACK, "");
}

/* Then some classes have their samples and others do not: the stream says so rather than give wrong values. */
static void streams_whose_executor_failed(void **state)
{
    large *l = make_large();
    nndyn_separation_stream *stream = l->stream, *good = NULL;
    trouble t = {.calls = 1, .refuse = 1};
    (void)state;
    nt_ok(context, nndyn_separation_stream_create(context, WIDE, CLASSES, l->options, &good));
    nt_ok(context, nndyn_context_set_executor(context, executor, &t));
    nt_fails(NNDYN_ECALLBACK, stream, "", nndyn_separation_stream_add(stream, MANY, l->x, l->labels));
    nt_fails(NNDYN_ESTATE, stream, "executor", nndyn_separation_stream_add(stream, 1, l->x, l->labels));
    nt_fails(NNDYN_ESTATE, stream, "executor", nndyn_separation_stream_merge(stream, good));
    nt_fails(NNDYN_ESTATE, good, "executor", nndyn_separation_stream_merge(good, stream));
    nt_fails(NNDYN_ESTATE, stream, "executor", nndyn_separation_stream_copy(stream, &l->stream));
    nt_fails(NNDYN_ESTATE, stream, "executor", nndyn_separation_stream_second_pass(stream));
    FAILS(NNDYN_ESTATE, stream, "executor", nndyn_separation_stream_get(stream, ALL, out, flags));
    assert_ptr_equal(l->stream, stream);
    nt_ok(good, nndyn_separation_stream_add(good, MANY, l->x, l->labels));
    nt_ok(good, nndyn_separation_stream_second_pass(good));
    t.calls = 1;
    nt_fails(NNDYN_ECALLBACK, good, "", nndyn_separation_stream_add(good, MANY, l->x, l->labels));
    FAILS(NNDYN_ESTATE, good, "executor", nndyn_separation_stream_get(good, ALL, out, flags));
    nndyn_separation_stream_free(good);
    free_large(l);
}

/* ---- load curves ------------------------------------------------------------------------------------------------- */

static void curves_refused(void **state)
{
    const double d[] = {3, 2, 1}, levels[] = {0, NAN, 1};
    nndyn_options *unknown = integer("drop", 1), *negative = NULL;
    int verdict = UNTOUCHED;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &negative));
    nt_ok(negative, nndyn_options_set_double(negative, "threshold", -0.1));
#define CURVE(n, d, o, k, v) nndyn_load_curve(context, n, d, o, out + ALL, k, v, &verdict)
    FAILS(NNDYN_EARG, context, "count is 1", CURVE(1, d, NULL, 3, out));
    FAILS(NNDYN_EARG, context, "d is NULL", CURVE(3, NULL, NULL, 3, out));
    FAILS(NNDYN_EARG, context, "nvalues is -1", CURVE(3, d, NULL, -1, out));
    FAILS(NNDYN_EARG, context, "values", CURVE(3, d, NULL, 3, NULL));
    FAILS(NNDYN_EOPTION, context, "drop", CURVE(3, d, unknown, 3, out));
    FAILS(NNDYN_EOPTION, context, "threshold", CURVE(3, d, negative, 3, out));
#undef CURVE
    assert_int_equal(nndyn_load_curve(NULL, 3, d, NULL, NULL, 3, out, &verdict), NNDYN_EARG);
#define ADVICE(l, b, s, e, limit, o, best, way) \
    nndyn_load_curve_advice(context, 3, l, b, s, e, limit, o, best, way, &loss)
    FAILS(NNDYN_EARG, context, "levels is NULL", ADVICE(NULL, d, d, d, 1, NULL, &count, &verdict));
    FAILS(NNDYN_EARG, context, "bows", ADVICE(d, NULL, d, d, 1, NULL, &count, &verdict));
    FAILS(NNDYN_EARG, context, "sigmas", ADVICE(d, d, NULL, d, 1, NULL, &count, &verdict));
    FAILS(NNDYN_EARG, context, "losses", ADVICE(d, d, d, NULL, 1, NULL, &count, &verdict));
    FAILS(NNDYN_EARG, context, "limit is nan", ADVICE(d, d, d, d, NAN, NULL, &count, &verdict));
    FAILS(NNDYN_EARG, context, "straightest", ADVICE(d, d, d, d, 1, NULL, NULL, &verdict));
    FAILS(NNDYN_EARG, context, "direction", ADVICE(d, d, d, d, 1, NULL, &count, NULL));
    FAILS(NNDYN_EDATA, context, "levels", ADVICE(levels, d, d, d, 1, NULL, &count, &verdict));
    FAILS(NNDYN_EOPTION, context, "threshold", ADVICE(d, d, d, d, 1, negative, &count, &verdict));
#undef ADVICE
    assert_int_equal(verdict, UNTOUCHED);
    nndyn_options_free(unknown), nndyn_options_free(negative);
}

/* Whatever is not finite leaves no verdict, and no NaN elsewhere than where it is needed. */
static void curves_without_a_verdict(void **state)
{
    static const double curves[][4] = {{3, NAN, 1, 0},      {INFINITY, 2, 1, 0}, {3, 2, 1, -INFINITY},
                                       {3, 2, INFINITY, 0}, {1, 1, 1, 1},        {0, 1, 2, 3}};
    double values[NNDYN_LOAD_CURVE_VALUES], loads[3];
    (void)state;
    for (int i = 0; i < 6; i++) {
        int verdict = UNTOUCHED;
        nt_ok(context, nndyn_load_curve(context, 4, curves[i], NULL, loads, NNDYN_LOAD_CURVE_VALUES, values, &verdict));
        assert_int_equal(verdict, NNDYN_LOAD_CURVE_UNDEFINED);
        assert_true(isnan(values[NNDYN_LOAD_CURVE_KAPPA]) && isnan(values[NNDYN_LOAD_CURVE_SIGMA]) &&
                    isnan(values[NNDYN_LOAD_CURVE_BOW]));
        nt_close(loads + 2, &(double){curves[i][2] - curves[i][3]}, 1, 0, 0);
        assert_true(values[NNDYN_LOAD_CURVE_MONOTONE] == (i == 1 || i == 2 || i == 4));
    }
    assert_true(values[NNDYN_LOAD_CURVE_V] == 0 && values[NNDYN_LOAD_CURVE_R_SQUARED] == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_allocation_may_fail),
        TEST(arrays_refused),
        TEST(directions_refused),
        TEST(streams_refused),
        TEST(passes_refused),
        TEST(networks_refused),
        TEST(huge_features),
        TEST(probes_refused),
        TEST(calls_that_are_stopped),
        TEST(executors_that_fail),
        TEST(streams_whose_executor_failed),
        TEST(curves_refused),
        TEST(curves_without_a_verdict),
    };
    return cmocka_run_group_tests_name("separation errors", tests, NULL, NULL);
}
