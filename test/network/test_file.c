/* Files: round trips to the bit, and files that are cut, damaged or made to deceive. */
#include "core/file.h"
#include "network/build.h"
#include "network/twin.h"

/* ---- a network with every kind of layer -------------------------------------------------------------------------- */

static nndyn_network *rich(nndyn_context *context, int dtype)
{
    nndyn_network *net;
    nndyn_options *options;
    const double statistics[4] = {0.5, -1, 2, 3};
    nt_ok(context, nndyn_network_create(context, dtype, 3, &net));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "parameter", 0.25));
    nt_ok(net, nndyn_network_add_dense_with(net, 2, NNDYN_LEAKY_RELU, options));
    nndyn_options_free(options);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_integer(options, "bias", 0));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.25));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense_with(net, 2, NNDYN_ERF, options));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dropout(net, 0.125));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_begin_residual(net)); /* left open */
    nt_ok(net, nndyn_network_set_statistics(net, 4, statistics));
    nndyn_options_free(options);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "scale", 0.75));
    nt_ok(options, nndyn_options_set_double(options, "parameter", -1.5));
    nt_ok(net, nndyn_network_set_loss_with(net, NNDYN_BARRON, options));
    nndyn_options_free(options);
    return net;
}

static void compare_layers(const nndyn_network *a, const nndyn_network *b)
{
    assert_int_equal(a->layer_count, b->layer_count);
    for (int64_t i = 0; i < a->layer_count; i++) {
        const nd_layer *l = &a->layers[i], *m = &b->layers[i];
        assert_true(l->kind == m->kind && l->in == m->in && l->out == m->out && l->first == m->first);
        assert_true(l->count == m->count && l->statistics == m->statistics && l->partner == m->partner);
        assert_true(l->bias == m->bias && l->ntk == m->ntk && l->initialization == m->initialization);
        assert_true(l->weight_factor == m->weight_factor && l->bias_factor == m->bias_factor);
        assert_true(l->weight_spread == m->weight_spread && l->bias_spread == m->bias_spread);
        assert_true(l->activation.kind == m->activation.kind && l->activation.order == m->activation.order);
        assert_true(l->activation.parameter == m->activation.parameter && l->rate == m->rate);
        assert_true(l->momentum == m->momentum && l->epsilon == m->epsilon && l->affine == m->affine);
    }
}

static void check_round_trip(nndyn_context *context, int dtype)
{
    nt_ok(context, nndyn_context_set_seed(context, 42));
    nndyn_network *net = rich(context, dtype), *read;
    nt_ok(context, nndyn_context_set_seed(context, 0));
    const size_t size = nd_real_size(dtype);
    char path[NT_PATH];
    nt_temporary(path);
    nt_ok(net, nndyn_network_save(net, path));
    nt_ok(context, nndyn_network_load(context, path, &read));
    compare_layers(net, read);
    assert_true(net->dtype == read->dtype && net->inputs == read->inputs && net->seed == read->seed);
    assert_true(net->open_block == read->open_block && read->open_block == 8);
    assert_true(net->parameters == read->parameters && net->statistics_count == read->statistics_count);
    nt_same(&net->loss, &read->loss, sizeof net->loss);
    nt_same(net->theta, read->theta, (size_t)net->parameters * size);
    nt_same(net->statistics, read->statistics, (size_t)net->statistics_count * size);
    nndyn_network *both[] = {net, read}; /* what is drawn from now on is the same, too */
    for (int i = 0; i < 2; i++) {
        nt_ok(both[i], nndyn_network_end_residual(both[i]));
        nt_ok(both[i], nndyn_network_add_dense(both[i], 2, NNDYN_TANH));
    }
    nt_same(net->theta, read->theta, (size_t)net->parameters * size);
    nndyn_network_free(net);
    nndyn_network_free(read);
    unlink(path);
}

static void test_round_trip(void **state)
{
    check_round_trip(*state, NNDYN_F32);
    check_round_trip(*state, NNDYN_F64);
}

static void test_bare_network(void **state)
{
    nndyn_network *net, *read;
    char path[NT_PATH];
    nt_temporary(path);
    nt_ok(*state, nndyn_network_create(*state, NNDYN_F64, 4, &net));
    nt_ok(net, nndyn_network_save(net, path));
    nt_ok(*state, nndyn_network_load(*state, path, &read));
    assert_true(read->inputs == 4 && read->layer_count == 0 && read->loss.kind == 0);
    nndyn_network_free(net);
    nndyn_network_free(read);
    unlink(path);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static int same(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    (void)order;
    memcpy(values, z, (size_t)count * sizeof *values);
    return 0;
}

static int no_loss(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                   double *dt)
{
    (void)user;
    (void)k;
    (void)a;
    (void)t;
    (void)m;
    (void)e;
    (void)dt;
    *h = d[0] = 0;
    return 0;
}

static void test_errors(void **state)
{
    nndyn_context *context = *state;
    nndyn_network *net = rich(context, NNDYN_F64), *none = (nndyn_network *)state;
    char path[NT_PATH], kept[8] = "";
    nt_temporary(path);
    nt_fails(NNDYN_EARG, net, "path", nndyn_network_save(net, NULL));
    nt_fails(NNDYN_EIO, net, "written", nndyn_network_save(net, "/nonexistent/directory/file"));
    nt_fails(NNDYN_EARG, context, "path", nndyn_network_load(context, NULL, &none));
    nt_fails(NNDYN_EARG, context, "out", nndyn_network_load(context, path, NULL));
    nt_fails(NNDYN_EIO, context, "read", nndyn_network_load(context, path, &none));
    FILE *file = fopen(path, "wb"); /* a file that is there stays as it is when saving fails */
    fputs("keep me", file);
    fclose(file);
    nt_fails(NNDYN_EFORMAT, context, path, nndyn_network_load(context, path, &none));
    assert_ptr_equal(none, state);
    nt_ok(net, nndyn_network_set_custom_loss(net, 1, no_loss, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, net, "the loss", nndyn_network_save(net, path));
    nt_ok(net, nndyn_network_add_custom_activation(net, 1, same, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, net, "layer 9", nndyn_network_save(net, path));
    nndyn_network_free(net);
    net = rich(context, NNDYN_F32);
    ((float *)net->theta)[3] = INFINITY;
    nt_fails(NNDYN_ENUMERIC, net, "not finite", nndyn_network_save(net, path));
    file = fopen(path, "rb");
    assert_int_equal(fread(kept, 1, 8, file), 7);
    fclose(file);
    assert_string_equal(kept, "keep me");
    nndyn_network_free(net);
    unlink(path);
}

static char *slurp(const char *path, long *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)*size);
    assert_int_equal(fread(bytes, 1, (size_t)*size, file), *size);
    fclose(file);
    return bytes;
}

static void spill(const char *path, const char *bytes, long size)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, (size_t)size, file), size);
    fclose(file);
}

static void test_truncated_and_damaged(void **state)
{
    nndyn_network *net = rich(*state, NNDYN_F32), *none = (nndyn_network *)state;
    char path[NT_PATH];
    long size;
    nt_temporary(path);
    nt_ok(net, nndyn_network_save(net, path));
    char *bytes = slurp(path, &size);
    for (long cut = 0; cut < size; cut++) {
        spill(path, bytes, cut);
        assert_int_equal(nndyn_network_load(*state, path, &none), NNDYN_EFORMAT);
    }
    for (long at = 0; at < size; at++) { /* one bit anywhere */
        bytes[at] ^= (char)(1 << at % 8);
        spill(path, bytes, size);
        assert_int_equal(nndyn_network_load(*state, path, &none), NNDYN_EFORMAT);
        bytes[at] ^= (char)(1 << at % 8);
    }
    assert_ptr_equal(none, state);
    spill(path, bytes, size);
    nt_ok(*state, nndyn_network_load(*state, path, &none));
    nndyn_network_free(none);
    nndyn_network_free(net);
    free(bytes);
    unlink(path);
}

/* ---- files with a good checksum and bad numbers ------------------------------------------------------------------ */

/* The records of a file with one dense layer (2 -> 2), batch norm and a residual block, as numbers that can be
 * replaced. */
enum {
    FORMAT,
    DTYPE,
    INPUTS,
    SEED,
    LOSS,
    CONVENTION,
    LAYERS,
    DENSE,
    UNITS,
    BIAS,
    NTK,
    INITIALIZATION,
    ACTIVATION,
    FUNCTION,
    NORM,
    AFFINE,
    DROPOUT,
    BEGIN,
    END,
    PARAMETERS,
    STATISTICS,
    INTEGERS
};
enum {
    LOSS_PARAMETER,
    LOSS_SCALE,
    WEIGHT_FACTOR,
    BIAS_FACTOR,
    WEIGHT_SPREAD,
    BIAS_SPREAD,
    SLOPE,
    MOMENTUM,
    EPSILON,
    RATE,
    VARIANCE,
    REALS
};

typedef struct forged {
    const char *tag, *tail;
    int64_t i[INTEGERS];
    double r[REALS];
    int64_t written; /* parameters that are really there */
} forged;

static const forged sound = {
    "network",
    NULL,
    {1,
     NNDYN_F64,
     2,
     0,
     NNDYN_HUBER,
     0,
     6,
     NNDYN_DENSE,
     2,
     1,
     0,
     0,
     NNDYN_ACTIVATION,
     NNDYN_ABS_POWER,
     NNDYN_BATCH_NORM,
     1,
     NNDYN_DROPOUT,
     NNDYN_RESIDUAL_BEGIN,
     NNDYN_RESIDUAL_END,
     10,
     4},
    {1, 1, 1, 1, 1, 1, 2, 0.1, 1e-5, 0.5, 1},
    10,
};

static void forge_layers(nd_writer *w, const forged *f)
{
    nd_write_integer(w, f->i[DENSE]);
    nd_write_integer(w, f->i[UNITS]);
    nd_write_integer(w, f->i[BIAS]);
    nd_write_integer(w, f->i[NTK]);
    nd_write_real(w, f->r[WEIGHT_FACTOR]);
    nd_write_real(w, f->r[BIAS_FACTOR]);
    nd_write_integer(w, f->i[INITIALIZATION]);
    nd_write_real(w, f->r[WEIGHT_SPREAD]);
    nd_write_real(w, f->r[BIAS_SPREAD]);
    nd_write_integer(w, f->i[ACTIVATION]);
    nd_write_integer(w, f->i[FUNCTION]);
    nd_write_real(w, f->r[SLOPE]);
    nd_write_integer(w, f->i[NORM]);
    nd_write_real(w, f->r[MOMENTUM]);
    nd_write_real(w, f->r[EPSILON]);
    nd_write_integer(w, f->i[AFFINE]);
    nd_write_integer(w, f->i[DROPOUT]);
    nd_write_real(w, f->r[RATE]);
    nd_write_integer(w, f->i[BEGIN]);
    nd_write_integer(w, f->i[END]);
}

static void forge(nndyn_context *context, const char *path, const forged *f)
{
    nd_writer *w;
    const double zeros[16] = {0}, statistics[4] = {0, 0, f->r[VARIANCE], 1};
    nt_ok(context, nd_writer_open(context, path, &w));
    nd_write_text(w, f->tag);
    for (int i = FORMAT; i <= CONVENTION; i++) {
        nd_write_integer(w, f->i[i]);
    }
    nd_write_real(w, f->r[LOSS_PARAMETER]);
    nd_write_real(w, f->r[LOSS_SCALE]);
    nd_write_integer(w, f->i[LAYERS]);
    forge_layers(w, f);
    nd_write_integer(w, f->i[PARAMETERS]);
    nd_write_f64(w, f->written, zeros);
    nd_write_integer(w, f->i[STATISTICS]);
    nd_write_f64(w, 4, statistics);
    if (f->tail != NULL) {
        nd_write_text(w, f->tail);
    }
    nt_ok(context, nd_writer_close(w, NNDYN_OK));
}

static void check_forged(nndyn_context *context, const forged *f, const char *word)
{
    nndyn_network *none = NULL;
    char path[NT_PATH];
    nt_temporary(path);
    forge(context, path, f);
    nt_fails(NNDYN_EFORMAT, context, word, nndyn_network_load(context, path, &none));
    assert_null(none);
    unlink(path);
}

static void test_forged(void **state)
{
    static const struct {
        int index;
        int64_t value;
        const char *word;
    } integers[] = {
        {FORMAT, 2, "version"},
        {FORMAT, 0, "version"},
        {DTYPE, 3, "dtype"},
        {INPUTS, 0, "inputs"},
        {INPUTS, INT64_MAX, "inputs"},
        {LOSS, ND_LOSSES, "loss"},
        {LOSS, NNDYN_CUSTOM_LOSS, "loss"},
        {LOSS, -1, "loss"},
        {CONVENTION, 2, "convention"},
        {CONVENTION, 1, "huber"},
        {LAYERS, -1, "layers"},
        {LAYERS, INT64_MAX, "layers"},
        {LAYERS, 5, "parameters"},
        {DENSE, 0, "kind"},
        {DENSE, 7, "kind"},
        {UNITS, 0, "units"},
        {UNITS, INT32_MAX, "more than"},
        {UNITS, 3, ""},
        {BIAS, 2, "bias"},
        {BIAS, 0, "parameters"},
        {NTK, 2, "parametrization"},
        {INITIALIZATION, 10, "initialization"},
        {INITIALIZATION, -1, "initialization"},
        {FUNCTION, ND_ACTIVATIONS, "activation"},
        {FUNCTION, NNDYN_CUSTOM_ACTIVATION, "activation"},
        {FUNCTION, 0, "activation"},
        {AFFINE, 2, "affine"},
        {BEGIN, NNDYN_RESIDUAL_END, "no residual block"},
        {PARAMETERS, 9, "parameters"},
        {PARAMETERS, INT64_MAX, "parameters"},
        {STATISTICS, 3, "statistics"},
    };
    static const struct {
        int index;
        double value;
        const char *word;
    } reals[] = {
        {LOSS_PARAMETER, -1, "huber"},
        {LOSS_PARAMETER, NAN, "parameter"},
        {LOSS_SCALE, INFINITY, "scale"},
        {WEIGHT_FACTOR, NAN, "factor"},
        {WEIGHT_FACTOR, 1e31, "factor"},
        {BIAS_FACTOR, -1, "factor"},
        {WEIGHT_SPREAD, -1, "scale"},
        {BIAS_SPREAD, INFINITY, "scale"},
        {SLOPE, -1, "abs_power"},
        {SLOPE, NAN, "parameter"},
        {MOMENTUM, 0, "momentum"},
        {MOMENTUM, 1.5, "momentum"},
        {EPSILON, 0, "epsilon"},
        {RATE, 1, "rate"},
        {RATE, -0.1, "rate"},
        {VARIANCE, -1, "variance"},
        {VARIANCE, NAN, "statistics"},
    };
    nndyn_network *net;
    char path[NT_PATH];
    nt_temporary(path);
    forge(*state, path, &sound); /* the unaltered one is fine, so what fails below fails for its one number */
    nt_ok(*state, nndyn_network_load(*state, path, &net));
    assert_int_equal(net->parameters, 10);
    nndyn_network_free(net);
    unlink(path);
    for (size_t c = 0; c < sizeof integers / sizeof integers[0]; c++) {
        forged f = sound;
        f.i[integers[c].index] = integers[c].value;
        check_forged(*state, &f, integers[c].word);
    }
    for (size_t c = 0; c < sizeof reals / sizeof reals[0]; c++) {
        forged f = sound;
        f.r[reals[c].index] = reals[c].value;
        check_forged(*state, &f, reals[c].word);
    }
}

static void test_forged_parts(void **state)
{
    forged f = sound;
    f.tag = "trainer";
    check_forged(*state, &f, "\"network\" must be");
    f = sound;
    f.tail = "surprise";
    check_forged(*state, &f, "\"surprise\"");
    f = sound;
    f.written = 7;
    check_forged(*state, &f, "");
    f = sound;
    f.tail = "trainer"; /* whose part is not looked at here */
    char path[NT_PATH];
    nndyn_network *net;
    nt_temporary(path);
    forge(*state, path, &f);
    nt_ok(*state, nndyn_network_load(*state, path, &net));
    nndyn_network_free(net);
    unlink(path);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void test_memory_limit(void **state)
{
    nndyn_context *context;
    nndyn_network *net = rich(*state, NNDYN_F64), *none = NULL;
    char path[NT_PATH];
    nt_temporary(path);
    nt_ok(net, nndyn_network_save(net, path));
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, context, "limit", nndyn_network_load(context, path, &none));
    assert_null(none);
    nndyn_context_free(context);
    nndyn_network_free(net);
    unlink(path);
}

static int file_scenario(nt_allocator *a, void *user)
{
    nndyn_context *context = NULL;
    nndyn_network *net, *read = NULL;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &context), NNDYN_OK);
    net = rich(context, NNDYN_F32);
    nt_resume(a);
    int status = nndyn_network_save(net, user);
    if (status == NNDYN_OK) {
        status = nndyn_network_load(context, user, &read);
    }
    nt_pause(a);
    nndyn_network_free(net);
    nndyn_network_free(read);
    nndyn_context_free(context);
    return status;
}

static void test_allocations(void **state)
{
    char path[NT_PATH];
    (void)state;
    nt_temporary(path);
    nt_every_allocation(file_scenario, path);
    unlink(path);
}

static int set_up(void **state)
{
    return nndyn_context_create((nndyn_context **)state);
}

static int tear_down(void **state)
{
    nndyn_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_bare_network),
        cmocka_unit_test(test_errors),       cmocka_unit_test(test_truncated_and_damaged),
        cmocka_unit_test(test_forged),       cmocka_unit_test(test_forged_parts),
        cmocka_unit_test(test_memory_limit), cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests_name("network: file", tests, set_up, tear_down);
}
