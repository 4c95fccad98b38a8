/* test_width_scan.c - width scans: which networks are made, the table and its file, samples, threads, and bad input. */
#include "support/fixture.h"
#include "nndyn/network.h"
#include "nndyn/sweep.h"
#include "nndyn/width_scan.h"

enum { WIDTHS = 3, RUNS = 9, COLUMNS = 3 };
static const int64_t widths[WIDTHS] = {4, 6, 16};
static const int64_t runs[WIDTHS] = {4, 3, 2};

typedef struct script {
    nndyn_context *parent; /* to be canceled */
    int64_t cancel_at;     /* number of the call at which it is, from 1; 0: never */
    int64_t fail_at_width; /* runs of this width fail; 0: none */
    int result;            /* with this */
    int64_t first_width;   /* of the first call */
    atomic_int_fast64_t calls;
} script;

static int output_at(nndyn_network *network, double *y)
{
    int64_t inputs, outputs;
    double x[8] = {0.3, -1.2, 0.5}, out[8];
    const int status = nndyn_network_shape(network, &inputs, &outputs, NULL, NULL, NULL);
    if (status != NNDYN_OK) {
        return status;
    }
    assert_true(inputs <= 8 && outputs <= 8);
    const int forward = nndyn_network_forward(network, 1, x, out);
    *y = out[0];
    return forward;
}

/* Width, seed, and one output of the network. */
static int measure(void *user, nndyn_context *run, nndyn_network *network, int64_t width, int64_t seed, int64_t columns,
                   double *row)
{
    script *s = user;
    const int64_t call = atomic_fetch_add(&s->calls, 1) + 1;
    (void)run;
    assert_int_equal(columns, COLUMNS);
    for (int64_t c = 0; c < columns; c++) {
        assert_true(isnan(row[c]));
    }
    if (call == 1) {
        s->first_width = width;
    }
    if (s->cancel_at > 0 && call == s->cancel_at) {
        nndyn_context_cancel(s->parent);
    }
    if (s->fail_at_width == width) {
        row[0] = 7; /* is not kept */
        return s->result;
    }
    row[0] = (double)width;
    row[1] = (double)seed;
    return output_at(network, &row[2]);
}

static nndyn_width_scan *make_scan(nndyn_context *c, script *s)
{
    nndyn_width_scan *scan;
    nt_ok(c, nndyn_width_scan_create(c, WIDTHS, widths, runs, NULL, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, NULL));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "n,drawn,y", measure, s));
    return scan;
}

static nndyn_options *one_option(const char *name, const char *text, double value, int integer)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, text      ? nndyn_options_set_text(options, name, text)
                   : integer ? nndyn_options_set_integer(options, name, (int64_t)value)
                             : nndyn_options_set_double(options, name, value));
    return options;
}

static int run_to(nndyn_width_scan *scan, const char *path, int64_t *failed)
{
    nndyn_options *options = one_option("file", path, 0, 0);
    const int status = nndyn_width_scan_run(scan, options, failed);
    nndyn_options_free(options);
    return status;
}

static int64_t slurp(const char *path, char *bytes, size_t most)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, most - 1, file);
    fclose(file);
    bytes[size] = '\0';
    return (int64_t)size;
}

/* ---- what is measured -------------------------------------------------------------------------------------------- */

static void test_samples(void **state)
{
    script s = {0};
    nndyn_width_scan *scan = make_scan(context, &s);
    int64_t counts[WIDTHS] = {-1, -1, -1}, w, r, columns, length;
    double n[RUNS], seeds[RUNS];
    char text[8];
    (void)state;
    nt_ok(scan, nndyn_width_scan_shape(scan, &w, &r, &columns));
    assert_int_equal(w, WIDTHS);
    assert_int_equal(r, RUNS);
    assert_int_equal(columns, COLUMNS);
    nt_ok(scan, nndyn_width_scan_name(scan, 1, sizeof text, text, &length));
    assert_string_equal(text, "drawn");
    assert_int_equal(length, 5);
    nt_ok(scan, nndyn_width_scan_samples(scan, 0, counts, NULL));
    assert_int_equal(counts[0] + counts[1] + counts[2], 0);
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    assert_int_equal(s.calls, RUNS);
    assert_int_equal(s.first_width, 16); /* the largest come first */
    nt_ok(scan, nndyn_width_scan_samples(scan, 0, counts, n));
    nt_ok(scan, nndyn_width_scan_samples(scan, 1, NULL, seeds));
    for (int64_t i = 0, at = 0; i < WIDTHS; i++) {
        assert_int_equal(counts[i], runs[i]);
        for (int64_t k = 0; k < runs[i]; k++, at++) {
            nt_near(n[at], (double)widths[i], 0);
        }
    }
    for (int64_t i = 0; i < RUNS; i++) { /* every network has a seed of its own */
        for (int64_t j = 0; j < i; j++) {
            assert_true(seeds[i] != seeds[j]);
        }
    }
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL)); /* nothing is left */
    assert_int_equal(s.calls, RUNS);
    nndyn_width_scan_free(scan);
}

/* The built-in network is the one a user would build by hand and draw from the run's seed. */
static void test_network(void **state)
{
    script s = {0};
    nndyn_width_scan *scan;
    nndyn_network *network, *mine;
    nndyn_options *settings = one_option("layers", NULL, 1, 1);
    nndyn_options *dense = one_option("parametrization", "ntk", 0, 0);
    int64_t seed;
    double y[RUNS], here, there;
    (void)state;
    nt_ok(settings, nndyn_options_set_text(settings, "activation", "leaky_relu"));
    nt_ok(settings, nndyn_options_set_double(settings, "parameter", 0.25));
    nt_ok(settings, nndyn_options_set_double(settings, "weight_scale", 1.5));
    nt_ok(settings, nndyn_options_set_double(settings, "bias_scale", 0.3));
    nt_ok(settings, nndyn_options_set_double(settings, "readout_power", 0.5));
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, runs, NULL, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, settings));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "n,drawn,y", measure, &s));
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    nt_ok(scan, nndyn_width_scan_samples(scan, 2, NULL, y));
    nt_ok(scan, nndyn_width_scan_network(scan, 2, 1, &seed, &network));
    nt_ok(network, output_at(network, &here));
    nt_near(here, y[RUNS - 1], 0);
    nt_ok(dense, nndyn_options_set_double(dense, "weight_scale", 1.5));
    nt_ok(dense, nndyn_options_set_double(dense, "bias_scale", 0.3));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, 3, &mine));
    nt_ok(mine, nndyn_network_add_dense_with(mine, 16, NNDYN_IDENTITY, dense));
    nndyn_options *slope = one_option("parameter", NULL, 0.25, 0);
    nt_ok(mine, nndyn_network_add_activation(mine, NNDYN_LEAKY_RELU, slope));
    nt_ok(dense, nndyn_options_set_double(dense, "weight_scale", 1.5 * pow(16, -0.5)));
    nt_ok(dense, nndyn_options_set_double(dense, "bias_scale", 0.3 * pow(16, -0.5)));
    nt_ok(mine, nndyn_network_add_dense_with(mine, 2, NNDYN_IDENTITY, dense));
    nt_ok(mine, nndyn_network_initialize(mine, seed));
    nt_ok(mine, output_at(mine, &there));
    nt_near(here, there, 0);
    nndyn_network_free(mine);
    nndyn_network_free(network);
    nndyn_options_free(slope);
    nndyn_options_free(dense);
    nndyn_options_free(settings);
    nndyn_width_scan_free(scan);
}

/* A network without hidden layers is the same map at every width, but for what is drawn. */
static void test_no_hidden_layer(void **state)
{
    nndyn_width_scan *scan;
    nndyn_network *network;
    nndyn_options *options = one_option("layers", NULL, 0, 1);
    int64_t inputs, outputs, layers, parameters;
    int dtype;
    (void)state;
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_width_scan_create(context, 1, &widths[1], NULL, NULL, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 5, 2, options));
    nt_ok(scan, nndyn_width_scan_shape(scan, NULL, &inputs, NULL));
    assert_int_equal(inputs, 200); /* runs by the protocol */
    nt_ok(scan, nndyn_width_scan_network(scan, 0, 0, NULL, &network));
    nt_ok(network, nndyn_network_shape(network, &inputs, &outputs, &layers, &parameters, &dtype));
    assert_int_equal(inputs, 5);
    assert_int_equal(outputs, 2);
    assert_int_equal(layers, 1);
    assert_int_equal(parameters, 12);
    assert_int_equal(dtype, NNDYN_F32);
    nndyn_network_free(network);
    nndyn_options_free(options);
    nndyn_width_scan_free(scan);
}

static int factory(void *user, nndyn_context *run, int64_t width, int64_t seed, nndyn_network **out)
{
    const int *mode = user;
    nndyn_network *network;
    if (*mode != 0) {
        return *mode == 1 ? NNDYN_OK : *mode;
    }
    int status = nndyn_network_create(run, NNDYN_F64, 3, &network);
    if (status != NNDYN_OK) {
        return status;
    }
    status = nndyn_network_add_dense(network, width / 2, NNDYN_RELU);
    status = status == NNDYN_OK ? nndyn_network_add_dense(network, 1, NNDYN_IDENTITY) : status;
    status = status == NNDYN_OK ? nndyn_network_initialize(network, seed) : status;
    if (status != NNDYN_OK) {
        nndyn_network_free(network);
        return status;
    }
    *out = network;
    return NNDYN_OK;
}

static void test_factory(void **state)
{
    script s = {0};
    int mode = 0;
    nndyn_width_scan *scan = make_scan(context, &s);
    nndyn_network *network = NULL;
    int64_t parameters;
    double y[RUNS], again;
    (void)state;
    nt_ok(scan, nndyn_width_scan_set_factory(scan, factory, &mode)); /* in place of the built-in */
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    nt_ok(scan, nndyn_width_scan_samples(scan, 2, NULL, y));
    nt_ok(scan, nndyn_width_scan_network(scan, 1, 2, NULL, &network));
    nt_ok(network, nndyn_network_shape(network, NULL, NULL, NULL, &parameters, NULL));
    assert_int_equal(parameters, 3 * 3 + 3 + 3 + 1);
    nt_ok(network, output_at(network, &again));
    nt_near(again, y[6], 0);
    nndyn_network_free(network);
    network = NULL;
    mode = NNDYN_EDATA;
    assert_int_equal(nndyn_width_scan_network(scan, 0, 0, NULL, &network), NNDYN_EDATA);
    mode = 12;
    nt_fails(NNDYN_ECALLBACK, scan, "returned 12", nndyn_width_scan_network(scan, 0, 0, NULL, &network));
    mode = 1;
    nt_fails(NNDYN_ECALLBACK, scan, "without a network", nndyn_width_scan_network(scan, 0, 0, NULL, &network));
    assert_null(network);
    nndyn_width_scan_free(scan);
    scan = make_scan(context, &s);
    nt_ok(scan, nndyn_width_scan_set_factory(scan, factory, &mode));
    nt_fails(NNDYN_ECALLBACK, scan, "without a network", nndyn_width_scan_run(scan, NULL, NULL));
    nndyn_width_scan_free(scan);
}

/* Falls as n^-2, with either sign, and a spread; at one seed not a number, if that is wanted. */
static int falling_size(void *user, nndyn_context *run, nndyn_network *network, int64_t width, int64_t seed,
                        int64_t columns, double *row)
{
    const int *broken = user;
    (void)run, (void)network, (void)columns;
    row[0] = (seed % 2 ? 1 : -1) * (1 + 0.2 * sin((double)(seed % 1000))) / (double)(width * width);
    row[1] = *broken && width == 16 ? (double)NAN : 1 / (double)width;
    return NNDYN_OK;
}

static void test_exponent(void **state)
{
    static const int64_t many[WIDTHS] = {40, 30, 20};
    int broken = 1;
    nndyn_width_scan *scan;
    nndyn_width_exponent *here = NULL, *there;
    int64_t counts[WIDTHS];
    double values[90], p[2], se[2];
    (void)state;
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, many, NULL, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, NULL));
    nt_fails(NNDYN_ESTATE, scan, "no measurement", nndyn_width_scan_exponent(scan, 0, 0, NULL, NULL, &here));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "size,other", falling_size, &broken));
    nt_fails(NNDYN_ESTATE, scan, "width 4", nndyn_width_scan_exponent(scan, 0, 0, NULL, NULL, &here));
    nt_fails(NNDYN_EARG, scan, "column", nndyn_width_scan_exponent(scan, 2, 0, NULL, NULL, &here));
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    nt_fails(NNDYN_EDATA, scan, "width 16", nndyn_width_scan_exponent(scan, 1, 0, NULL, NULL, &here));
    nt_fails(NNDYN_EARG, scan, "out", nndyn_width_scan_exponent(scan, 0, 0, NULL, NULL, NULL));
    assert_null(here);
    nt_ok(scan, nndyn_width_scan_exponent(scan, 0, 0, NULL, NULL, &here));
    nt_ok(here, nndyn_width_exponent_value(here, 0, NNDYN_EXPONENT_POWER, &p[0], &se[0], NULL, NULL));
    nt_near(p[0], -2, 0.2); /* four standard errors: 0.14 sqrt(2) / sqrt(20) a point over ln 4 */
    nt_ok(scan, nndyn_width_scan_samples(scan, 0, counts, values));
    for (int i = 0; i < 90; i++) {
        values[i] = fabs(values[i]);
    }
    nt_ok(context, nndyn_width_exponent_create(context, WIDTHS, (const double[]){4, 6, 16}, counts, values, 0, NULL,
                                               NULL, &there));
    nt_ok(there, nndyn_width_exponent_value(there, 0, NNDYN_EXPONENT_POWER, &p[1], &se[1], NULL, NULL));
    nt_same(&p[0], &p[1], sizeof p[0]);
    nt_same(&se[0], &se[1], sizeof se[0]);
    nndyn_width_exponent_free(there);
    nndyn_width_exponent_free(here);
    nndyn_width_scan_free(scan);
}

/* ---- the same numbers always ------------------------------------------------------------------------------------- */

static void test_threads(void **state)
{
    double y[2][RUNS];
    (void)state;
    for (int k = 0; k < 2; k++) {
        script s = {0};
        nndyn_context *c;
        assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
        nt_ok(c, nndyn_context_set_threads(c, k == 0 ? 1 : 8));
        nndyn_width_scan *scan = make_scan(c, &s);
        nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
        nt_ok(scan, nndyn_width_scan_samples(scan, 2, NULL, y[k]));
        nndyn_width_scan_free(scan);
        nndyn_context_free(c);
    }
    nt_same(y[0], y[1], sizeof y[0]);
}

/* Canceled at every place, resumed: the same file. */
static void test_resume(void **state)
{
    char whole[NT_PATH], path[NT_PATH], want[1 << 13], got[1 << 13];
    script s = {0};
    nndyn_width_scan *scan = make_scan(context, &s);
    (void)state;
    nt_temporary(whole);
    nt_ok(scan, run_to(scan, whole, NULL));
    nndyn_width_scan_free(scan);
    assert_int_equal(slurp(whole, want, sizeof want), slurp(whole, got, sizeof got));
    assert_memory_equal(want, "index,width,seed,status,n,drawn,y,settings\n", 43);
    for (int64_t at = 1; at < RUNS; at++) {
        script first = {.parent = context, .cancel_at = at}, second = {0};
        int64_t counts[WIDTHS];
        nt_temporary(path);
        scan = make_scan(context, &first);
        nt_fails(NNDYN_ECANCELED, scan, "nndyn_context_cancel", run_to(scan, path, NULL));
        nt_ok(scan, nndyn_width_scan_samples(scan, 0, counts, NULL));
        assert_int_equal(counts[0] + counts[1] + counts[2], at); /* the one that was running makes no long call */
        nndyn_width_scan_free(scan);
        scan = make_scan(context, &second);
        nt_ok(scan, run_to(scan, path, NULL));
        assert_int_equal(second.calls, RUNS - at);
        (void)slurp(path, got, sizeof got);
        assert_string_equal(got, want);
        nndyn_width_scan_free(scan);
        unlink(path);
    }
    unlink(whole);
}

static void test_parts(void **state)
{
    char path[2][NT_PATH];
    script s = {0};
    nndyn_width_scan *scan = make_scan(context, &s), *all = make_scan(context, &s);
    int64_t taken, counts[WIDTHS], waiting;
    double y[2][RUNS];
    (void)state;
    nt_ok(all, nndyn_width_scan_run(all, NULL, NULL));
    nt_ok(all, nndyn_width_scan_samples(all, 2, NULL, y[0]));
    for (int part = 0; part < 2; part++) {
        nndyn_width_scan *half = make_scan(context, &s);
        nt_temporary(path[part]);
        nndyn_options *options = one_option("file", path[part], 0, 0);
        nt_ok(options, nndyn_options_set_integer(options, "part", part));
        nt_ok(options, nndyn_options_set_integer(options, "parts", 2));
        nt_ok(half, nndyn_width_scan_run(half, options, NULL));
        nt_ok(scan, nndyn_width_scan_merge(scan, path[part], &taken));
        assert_int_equal(taken, part == 0 ? 5 : 4); /* numbers 0, 2 and 1, 3; 4, 6 and 5; 8 and 9 */
        nt_ok(scan, nndyn_width_scan_forecast(scan, &waiting, NULL));
        assert_int_equal(waiting, part == 0 ? 4 : 0);
        nndyn_options_free(options);
        nndyn_width_scan_free(half);
        unlink(path[part]);
    }
    nt_ok(scan, nndyn_width_scan_samples(scan, 2, counts, y[1]));
    assert_int_equal(counts[0] + counts[1] + counts[2], RUNS);
    nt_same(y[0], y[1], sizeof y[0]);
    nndyn_width_scan_free(scan);
    nndyn_width_scan_free(all);
}

/* A table of other networks is not continued; the sentence says by what it differs. */
static void test_other_settings(void **state)
{
    char path[NT_PATH];
    script s = {0};
    nndyn_width_scan *scan = make_scan(context, &s);
    nndyn_options *options = one_option("bias_scale", NULL, 0.5, 0);
    (void)state;
    nt_temporary(path);
    nt_ok(scan, run_to(scan, path, NULL));
    nndyn_width_scan_free(scan);
    scan = make_scan(context, &s);
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, options));
    nt_fails(NNDYN_EFORMAT, scan, "settings", run_to(scan, path, NULL));
    nt_fails(NNDYN_EFORMAT, scan, "settings", nndyn_width_scan_merge(scan, path, NULL));
    nndyn_width_scan_free(scan);
    nndyn_options_free(options);
    unlink(path);
}

/* ---- failing runs ------------------------------------------------------------------------------------------------ */

static void test_failing(void **state)
{
    script s = {.fail_at_width = 6, .result = 7};
    nndyn_width_scan *scan = make_scan(context, &s);
    int64_t failed = -1, counts[WIDTHS];
    int done, status;
    double n[RUNS];
    char text[64];
    (void)state;
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, &failed));
    assert_int_equal(failed, 3);
    nt_ok(scan, nndyn_width_scan_samples(scan, 0, counts, n));
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 0);
    assert_int_equal(counts[2], 2);
    nt_near(n[4], 16, 0);
    nt_ok(scan, nndyn_width_scan_status(scan, 1, 2, &done, &status, sizeof text, text));
    assert_int_equal(done, 1);
    assert_int_equal(status, NNDYN_ECALLBACK);
    assert_string_equal(text, "the cell's function returned 7");
    nt_ok(scan, nndyn_width_scan_status(scan, 2, 1, &done, &status, sizeof text, text));
    assert_int_equal(status, NNDYN_OK);
    assert_string_equal(text, "");
    nt_fails(NNDYN_ECALLBACK, scan, "width 6", nndyn_width_scan_run(scan, NULL, NULL));
    s.fail_at_width = 0;
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    nndyn_width_scan_free(scan);
}

static void test_forecast(void **state)
{
    script s = {0};
    nndyn_width_scan *scan = make_scan(context, &s);
    int64_t left, bytes, more;
    (void)state;
    nt_ok(scan, nndyn_width_scan_forecast(scan, &left, &bytes));
    assert_int_equal(left, RUNS);
    const int64_t before = counter.live_bytes;
    counter.peak_bytes = before;
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    assert_true(counter.peak_bytes - before < 4 * bytes); /* networks this small are mostly what stands around them */
    nt_ok(scan, nndyn_width_scan_forecast(scan, &left, &more));
    assert_int_equal(left, 0);
    nndyn_width_scan_free(scan);
    const int64_t wide = 4000;
    nt_ok(context, nndyn_width_scan_create(context, 1, &wide, NULL, NULL, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, NULL));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "n,drawn,y", measure, &s));
    nt_ok(scan, nndyn_width_scan_forecast(scan, NULL, &bytes));
    nt_near((double)bytes, 8.0 * (4 * 4000 + 4001 * 4000.0 + 4001 * 2), 1e5);
    nndyn_width_scan_free(scan);
}

/* ---- bad input --------------------------------------------------------------------------------------------------- */

static void test_bad_widths(void **state)
{
    const int64_t falling[2] = {8, 4}, zero[1] = {0}, no_runs[2] = {1, 0}, two[2] = {4, 8};
    nndyn_width_scan *scan = NULL;
    nndyn_options *options = one_option("frist", NULL, 1, 1);
    (void)state;
    nt_fails(NNDYN_EARG, context, "count", nndyn_width_scan_create(context, 0, two, NULL, NULL, &scan));
    nt_fails(NNDYN_EARG, context, "widths", nndyn_width_scan_create(context, 1, NULL, NULL, NULL, &scan));
    nt_fails(NNDYN_EARG, context, "a width", nndyn_width_scan_create(context, 1, zero, NULL, NULL, &scan));
    nt_fails(NNDYN_EARG, context, "runs", nndyn_width_scan_create(context, 2, two, no_runs, NULL, &scan));
    nt_fails(NNDYN_EDATA, context, "larger", nndyn_width_scan_create(context, 2, falling, NULL, NULL, &scan));
    nt_fails(NNDYN_EOPTION, context, "first", nndyn_width_scan_create(context, 2, two, NULL, options, &scan));
    nt_fails(NNDYN_EARG, context, "out", nndyn_width_scan_create(context, 2, two, NULL, NULL, NULL));
    assert_int_equal(nndyn_width_scan_create(NULL, 2, two, NULL, NULL, &scan), NNDYN_EARG);
    assert_null(scan);
    nndyn_options_free(options);
    nndyn_width_scan_free(NULL);
}

static void bad_setting(const char *name, const char *text, double value, const char *word)
{
    nndyn_width_scan *scan;
    nndyn_options *options = one_option(name, text, value, 0);
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, runs, NULL, &scan));
    nt_fails(NNDYN_EOPTION, scan, word, nndyn_width_scan_set_network(scan, 3, 2, options));
    nndyn_options_free(options);
    nndyn_width_scan_free(scan);
}

static void test_bad_settings(void **state)
{
    nndyn_width_scan *scan;
    nndyn_options *options = one_option("parametrization", "standard", 0, 0);
    (void)state;
    bad_setting("activation", "swish", 0, "activation");
    bad_setting("parameter", NULL, 2, "has none");
    bad_setting("loss", "mse", 0, "loss");
    bad_setting("weight_scale", NULL, -1, "weight_scale");
    bad_setting("width", NULL, 3, "width");
    nt_ok(options, nndyn_options_set_double(options, "readout_power", 0.5));
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, runs, NULL, &scan));
    nt_fails(NNDYN_EOPTION, scan, "readout_power", nndyn_width_scan_set_network(scan, 3, 2, options));
    nt_fails(NNDYN_EARG, scan, "inputs", nndyn_width_scan_set_network(scan, 0, 2, NULL));
    nt_fails(NNDYN_EARG, scan, "outputs", nndyn_width_scan_set_network(scan, 3, 0, NULL));
    nndyn_options_free(options);
    options = one_option("activation", "abs_power", 0, 0);
    nt_ok(options, nndyn_options_set_double(options, "parameter", -1));
    nt_fails(NNDYN_EOPTION, scan, "'abs_power'", nndyn_width_scan_set_network(scan, 3, 2, options));
    nndyn_options_free(options);
    nndyn_width_scan_free(scan);
}

static void test_bad_order(void **state)
{
    script s = {0};
    nndyn_width_scan *scan;
    nndyn_network *network = NULL;
    int64_t count = -1;
    double y[RUNS] = {5};
    (void)state;
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, runs, NULL, &scan));
    nt_fails(NNDYN_ESTATE, scan, "no networks", nndyn_width_scan_run(scan, NULL, NULL));
    nt_fails(NNDYN_ESTATE, scan, "no networks", nndyn_width_scan_network(scan, 0, 0, NULL, &network));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 3, 2, NULL));
    nt_fails(NNDYN_ESTATE, scan, "no measurement", nndyn_width_scan_run(scan, NULL, NULL));
    nt_fails(NNDYN_ESTATE, scan, "no measurement", nndyn_width_scan_forecast(scan, &count, NULL));
    nt_fails(NNDYN_ESTATE, scan, "no measurement", nndyn_width_scan_samples(scan, 0, NULL, y));
    nt_fails(NNDYN_ESTATE, scan, "no measurement", nndyn_width_scan_merge(scan, "x", NULL));
    nt_fails(NNDYN_EARG, scan, "empty", nndyn_width_scan_set_measurement(scan, "", measure, &s));
    nt_fails(NNDYN_EARG, scan, "columns", nndyn_width_scan_set_measurement(scan, NULL, measure, &s));
    nt_fails(NNDYN_EARG, scan, "measure", nndyn_width_scan_set_measurement(scan, "a", NULL, NULL));
    nt_fails(NNDYN_EARG, scan, "settings", nndyn_width_scan_set_measurement(scan, "a,settings", measure, &s));
    nt_fails(NNDYN_EARG, scan, "width", nndyn_width_scan_set_measurement(scan, "width,b", measure, &s));
    nt_fails(NNDYN_EARG, scan, "factory", nndyn_width_scan_set_factory(scan, NULL, NULL));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "n,drawn,y", measure, &s));
    nt_fails(NNDYN_EARG, scan, "column", nndyn_width_scan_samples(scan, 3, NULL, y));
    nt_fails(NNDYN_EARG, scan, "width", nndyn_width_scan_status(scan, 3, 0, NULL, NULL, 0, NULL));
    nt_fails(NNDYN_EARG, scan, "run", nndyn_width_scan_status(scan, 2, 2, NULL, NULL, 0, NULL));
    nt_fails(NNDYN_EARG, scan, "run", nndyn_width_scan_network(scan, 1, 3, NULL, &network));
    nt_fails(NNDYN_EIO, scan, "/nowhere/at/all", nndyn_width_scan_merge(scan, "/nowhere/at/all", NULL));
    nt_ok(scan, nndyn_width_scan_run(scan, NULL, NULL));
    nt_fails(NNDYN_ESTATE, scan, "rows already", nndyn_width_scan_set_network(scan, 3, 2, NULL));
    nt_fails(NNDYN_ESTATE, scan, "rows already", nndyn_width_scan_set_factory(scan, factory, NULL));
    nt_fails(NNDYN_ESTATE, scan, "rows already", nndyn_width_scan_set_measurement(scan, "a", measure, &s));
    assert_null(network);
    assert_int_equal(count, -1);
    nt_near(y[0], 5, 0);
    assert_int_equal(nndyn_width_scan_run((nndyn_width_scan *)context, NULL, NULL), NNDYN_EARG);
    nndyn_width_scan_free(scan);
}

static void test_run_limit(void **state)
{
    script s = {0};
    nndyn_width_scan *scan;
    nndyn_options *options = one_option("run_memory_limit", NULL, 2000, 1);
    (void)state;
    nt_ok(context, nndyn_width_scan_create(context, WIDTHS, widths, runs, options, &scan));
    nt_ok(scan, nndyn_width_scan_set_network(scan, 300, 2, NULL));
    nt_ok(scan, nndyn_width_scan_set_measurement(scan, "n,drawn,y", measure, &s));
    nt_fails(NNDYN_ELIMIT, scan, "is 2000", nndyn_width_scan_run(scan, NULL, NULL));
    nndyn_width_scan_free(scan);
    nndyn_options_free(options);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int quiet(void *user, nndyn_context *run, nndyn_network *network, int64_t width, int64_t seed, int64_t columns,
                 double *row)
{
    (void)user, (void)run, (void)network, (void)seed, (void)columns;
    row[0] = (double)width;
    return NNDYN_OK;
}

static int scenario(nt_allocator *a, void *user)
{
    static const int64_t two[2] = {1, 2}, each[2] = {1, 1};
    nndyn_context *c = NULL;
    nndyn_width_scan *scan = NULL;
    nndyn_network *network = NULL;
    nndyn_width_exponent *exponent = NULL;
    double values[2];
    (void)user;
    int status = nt_context_create(a, &c);
    status = status != NNDYN_OK ? status : nndyn_width_scan_create(c, 2, two, each, NULL, &scan);
    status = status != NNDYN_OK ? status : nndyn_width_scan_set_network(scan, 1, 1, NULL);
    status = status != NNDYN_OK ? status : nndyn_width_scan_set_measurement(scan, "n", quiet, NULL);
    status = status != NNDYN_OK ? status : nndyn_width_scan_forecast(scan, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_width_scan_run(scan, NULL, NULL);
    status = status != NNDYN_OK ? status : nndyn_width_scan_samples(scan, 0, NULL, values);
    status = status != NNDYN_OK ? status : nndyn_width_scan_exponent(scan, 0, 0, NULL, NULL, &exponent);
    status = status != NNDYN_OK ? status : nndyn_width_scan_network(scan, 1, 0, NULL, &network);
    nndyn_width_exponent_free(exponent);
    nndyn_network_free(network);
    nndyn_width_scan_free(scan);
    nndyn_context_free(c);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_hidden_layer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_factory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_exponent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forecast, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_widths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_run_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("width_scan", tests, NULL, NULL);
}
