/* width_scan.c - the width scan: a sweep over widths that makes the networks and calls a measurement on each.
 * SPDX-License-Identifier: MIT */
#include "experiments/width_scan.h"
#include "core/random.h"
#include "experiments/sweep/sweep.h"
#include <math.h>
#include <string.h>

#define MOST_FIRST (ND_SWEEP_MOST_SEED / 2)

/* ---- one run ----------------------------------------------------------------------------------------------------- */

/* Of a run's number and its width, below 2^53, which a double in a table holds. */
static int64_t run_seed(int64_t number, int64_t width)
{
    return nd_below(nd_stream_open(number, ND_RANDOM_WIDTH, 0, width), 0, ND_SWEEP_MOST_SEED);
}

static int run(void *user, nndyn_context *context, int64_t parameters, const double *values, int64_t number,
               int64_t columns, double *row)
{
    const nndyn_width_scan *scan = user;
    const int64_t width = (int64_t)values[0], seed = run_seed(number, width);
    nndyn_network *network = NULL;
    (void)parameters; /* the width alone */
    row[columns - 1] = scan->mark;
    ND_TRY(nndyn_context_set_seed(context, seed));
    ND_TRY(nd_width_network_make(scan, context, width, seed, &network));
    const int status = scan->measure(scan->measure_user, context, network, width, seed, columns - 1, row);
    nndyn_network_free(network);
    return status;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *object)
{
    nndyn_width_scan *scan = object;
    nndyn_sweep_free(scan->sweep);
    nd_release(scan->handle.context, scan->widths);
}

static int64_t default_runs(int64_t width)
{
    return width <= 128 ? 200 : width <= 256 ? 100 : width <= 512 ? 50 : 24;
}

static int check_widths(nndyn_context *context, int64_t count, const int64_t *widths, const int64_t *runs)
{
    ND_TRY(nd_check_size(context, count, 1, 1 << 20, "count"));
    ND_TRY(nd_check_pointer(context, widths, "widths"));
    for (int64_t w = 0; w < count; w++) {
        ND_TRY(nd_check_size(context, widths[w], 1, INT32_MAX, "a width"));
        if (w > 0 && widths[w] <= widths[w - 1]) {
            return nd_fail(context, NNDYN_EDATA,
                           "width %lld is %lld after %lld; each must be larger than the one before", (long long)w,
                           (long long)widths[w], (long long)widths[w - 1]);
        }
        if (runs) {
            ND_TRY(nd_check_size(context, runs[w], 1, ND_SWEEP_MOST_CELLS / count, "the runs of a width"));
        }
    }
    return NNDYN_OK;
}

static int make_sweep(nndyn_width_scan *scan, int64_t limit)
{
    nndyn_context *context = scan->handle.context;
    nndyn_options *options;
    double *values;
    int64_t most = 0;
    ND_TRY(nd_allocate_for(context, scan->count, sizeof *values, &values));
    for (int64_t w = 0; w < scan->count; w++) {
        values[w] = (double)scan->widths[w];
        most = scan->runs[w] > most ? scan->runs[w] : most;
    }
    int status = nndyn_options_create(context, &options);
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "cell_memory_limit", limit);
        status = status == NNDYN_OK ? nndyn_sweep_create(context, options, &scan->sweep) : status;
        nndyn_options_free(options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_sweep_add_axis(scan->sweep, "width", scan->count, values);
        status = status == NNDYN_OK ? nndyn_sweep_set_seeds(scan->sweep, scan->first, most) : status;
        scan->sweep->repeats = scan->runs;
        status = status == NNDYN_OK ? NNDYN_OK : nd_fail_from(context, status, scan->sweep);
    }
    nd_release(context, values);
    return status;
}

static int fill(nndyn_width_scan *scan, int64_t count, const int64_t *widths, const int64_t *runs, int64_t limit)
{
    ND_TRY(nd_allocate_for(scan->handle.context, 2 * count, sizeof *widths, &scan->widths));
    scan->count = count;
    scan->runs = scan->widths + count;
    for (int64_t w = 0; w < count; w++) {
        scan->widths[w] = widths[w];
        scan->runs[w] = runs ? runs[w] : default_runs(widths[w]);
    }
    return make_sweep(scan, limit);
}

static int create(nndyn_context *context, int64_t count, const int64_t *widths, const int64_t *runs,
                  const nndyn_options *options, nndyn_width_scan **out)
{
    static const nd_option_spec specs[] = {
        {"first", ND_INTEGER, -(double)MOST_FIRST, (double)MOST_FIRST, 1, NULL},
        {"run_memory_limit", ND_INTEGER, 0, HUGE_VAL, 0, NULL},
    };
    nd_option_value v[2];
    nndyn_width_scan *scan;
    ND_TRY(check_widths(context, count, widths, runs));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, specs, 2, v));
    ND_TRY(nd_handle_create(context, ND_WIDTH_SCAN, sizeof *scan, destroy, &scan));
    scan->first = v[0].integer;
    const int status = fill(scan, count, widths, runs, v[1].integer);
    if (status != NNDYN_OK) {
        nd_handle_release(scan);
        return status;
    }
    *out = scan;
    return NNDYN_OK;
}

int nndyn_width_scan_create(nndyn_context *context, int64_t count, const int64_t *widths, const int64_t *runs,
                            const nndyn_options *options, nndyn_width_scan **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_width_scan_create"));
    return nd_leave(context, create(context, count, widths, runs, options, out));
}

void nndyn_width_scan_free(nndyn_width_scan *scan)
{
    nd_handle_release(scan);
}

/* ---- networks and measurement ------------------------------------------------------------------------------------ */

static int check_open(nndyn_width_scan *scan)
{
    return scan->sweep->known == 0 ? NNDYN_OK
                                   : nd_fail(scan, NNDYN_ESTATE,
                                             "the table has %lld rows already; make another scan for other networks or "
                                             "measurements",
                                             (long long)scan->sweep->known);
}

static void set_mark(nndyn_width_scan *scan, double mark)
{
    scan->mark = scan->sweep->cell.mark = mark;
}

static int set_network(nndyn_width_scan *scan, int64_t inputs, int64_t outputs, const nndyn_options *options)
{
    nd_width_network network;
    double mark;
    ND_TRY(check_open(scan));
    ND_TRY(nd_width_network_read(scan, inputs, outputs, options, &network));
    ND_TRY(nd_width_network_mark(scan, &network, &mark));
    scan->network = network;
    scan->factory = NULL;
    set_mark(scan, mark);
    return NNDYN_OK;
}

int nndyn_width_scan_set_network(nndyn_width_scan *scan, int64_t inputs, int64_t outputs, const nndyn_options *options)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_set_network"));
    return nd_leave(scan, set_network(scan, inputs, outputs, options));
}

static int set_factory(nndyn_width_scan *scan,
                       int (*factory)(void *user, nndyn_context *context, int64_t width, int64_t seed,
                                      nndyn_network **network),
                       void *user)
{
    ND_TRY(check_open(scan));
    if (!factory) {
        return nd_fail(scan, NNDYN_EARG, "factory is NULL; it must be a function");
    }
    scan->factory = factory;
    scan->factory_user = user;
    scan->network.inputs = 0;
    set_mark(scan, 0);
    return NNDYN_OK;
}

int nndyn_width_scan_set_factory(nndyn_width_scan *scan,
                                 int (*factory)(void *user, nndyn_context *context, int64_t width, int64_t seed,
                                                nndyn_network **network),
                                 void *user)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_set_factory"));
    return nd_leave(scan, set_factory(scan, factory, user));
}

static int set_cell(nndyn_width_scan *scan, const char *names)
{
    const int status = nndyn_sweep_set_cell(scan->sweep, names, run, scan);
    if (status != NNDYN_OK) {
        return nd_fail_from(scan, status, scan->sweep);
    }
    scan->columns = scan->sweep->cell.columns - 1;
    scan->sweep->cell.marked = scan->columns;
    scan->sweep->cell.mark = scan->mark;
    return NNDYN_OK;
}

/* The last column of the table is the checksum of the networks' settings. */
static int set_columns(nndyn_width_scan *scan, const char *columns)
{
    static const char last[] = ",settings";
    const size_t length = strlen(columns);
    char *names;
    ND_TRY(nd_allocate_for(scan, (int64_t)length, 1 + sizeof last, &names));
    memcpy(names, columns, length);
    memcpy(names + length, last, sizeof last);
    const int status = set_cell(scan, names);
    nd_release(scan->handle.context, names);
    return status;
}

static int set_measurement(nndyn_width_scan *scan, const char *columns,
                           int (*measure)(void *user, nndyn_context *context, nndyn_network *network, int64_t width,
                                          int64_t seed, int64_t columns, double *row),
                           void *user)
{
    ND_TRY(check_open(scan));
    ND_TRY(nd_check_pointer(scan, columns, "columns"));
    if (!measure) {
        return nd_fail(scan, NNDYN_EARG, "measure is NULL; it must be a function");
    }
    if (columns[0] == '\0') {
        return nd_fail(scan, NNDYN_EARG, "columns is empty; it must name at least one column");
    }
    ND_TRY(set_columns(scan, columns));
    scan->measure = measure;
    scan->measure_user = user;
    return NNDYN_OK;
}

int nndyn_width_scan_set_measurement(nndyn_width_scan *scan, const char *columns,
                                     int (*measure)(void *user, nndyn_context *context, nndyn_network *network,
                                                    int64_t width, int64_t seed, int64_t columns, double *row),
                                     void *user)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_set_measurement"));
    return nd_leave(scan, set_measurement(scan, columns, measure, user));
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static int check_networks(nndyn_width_scan *scan)
{
    return scan->factory || scan->network.inputs > 0
               ? NNDYN_OK
               : nd_fail(scan, NNDYN_ESTATE,
                         "the scan has no networks; set them with nndyn_width_scan_set_network or "
                         "nndyn_width_scan_set_factory");
}

static int check_measurement(nndyn_width_scan *scan)
{
    return scan->measure ? NNDYN_OK
                         : nd_fail(scan, NNDYN_ESTATE,
                                   "the scan has no measurement; set one with nndyn_width_scan_set_measurement");
}

static int check_ready(nndyn_width_scan *scan)
{
    ND_TRY(check_networks(scan));
    return check_measurement(scan);
}

static int run_scan(nndyn_width_scan *scan, const nndyn_options *options, int64_t *failed)
{
    ND_TRY(check_ready(scan));
    const int status = nndyn_sweep_run(scan->sweep, options, failed);
    return status == NNDYN_OK ? NNDYN_OK : nd_fail_from(scan, status, scan->sweep);
}

int nndyn_width_scan_run(nndyn_width_scan *scan, const nndyn_options *options, int64_t *failed)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_run"));
    return nd_leave(scan, run_scan(scan, options, failed));
}

static int merge(nndyn_width_scan *scan, const char *path, int64_t *taken)
{
    ND_TRY(check_ready(scan));
    const int status = nndyn_sweep_merge(scan->sweep, path, taken);
    return status == NNDYN_OK ? NNDYN_OK : nd_fail_from(scan, status, scan->sweep);
}

int nndyn_width_scan_merge(nndyn_width_scan *scan, const char *path, int64_t *taken)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_merge"));
    return nd_leave(scan, merge(scan, path, taken));
}

/* Of the table, and of as many contexts as there are threads; each holds a network of the largest width. */
static int forecast(nndyn_width_scan *scan, int64_t *runs, int64_t *bytes)
{
    ND_TRY(check_ready(scan));
    const int64_t threads = nd_context_threads(scan->handle.context);
    int64_t table, waiting;
    const int status = nndyn_sweep_forecast(scan->sweep, &waiting, &table, NULL, NULL);
    if (status != NNDYN_OK) {
        return nd_fail_from(scan, status, scan->sweep);
    }
    const double largest = scan->factory ? 0 : nd_width_network_bytes(&scan->network, scan->widths[scan->count - 1]);
    const double all = (double)table + (double)threads * largest;
    if (runs) {
        *runs = waiting;
    }
    if (bytes) {
        *bytes = all < 9e18 ? (int64_t)all : INT64_MAX;
    }
    return NNDYN_OK;
}

int nndyn_width_scan_forecast(nndyn_width_scan *scan, int64_t *runs, int64_t *bytes)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_forecast"));
    return nd_leave(scan, forecast(scan, runs, bytes));
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

static int shape(nndyn_width_scan *scan, int64_t *widths, int64_t *runs, int64_t *columns)
{
    if (widths) {
        *widths = scan->count;
    }
    if (runs) {
        *runs = 0;
        for (int64_t w = 0; w < scan->count; w++) {
            *runs += scan->runs[w];
        }
    }
    if (columns) {
        *columns = scan->columns;
    }
    return NNDYN_OK;
}

int nndyn_width_scan_shape(nndyn_width_scan *scan, int64_t *widths, int64_t *runs, int64_t *columns)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_shape"));
    return nd_leave(scan, shape(scan, widths, runs, columns));
}

static int check_column(nndyn_width_scan *scan, int64_t column)
{
    ND_TRY(check_measurement(scan));
    return nd_check_size(scan, column, 0, scan->columns - 1, "column");
}

static int name(nndyn_width_scan *scan, int64_t column, int64_t capacity, char *text, int64_t *length)
{
    ND_TRY(check_column(scan, column));
    const int status = nndyn_sweep_name(scan->sweep, 1 + column, capacity, text, length);
    return status == NNDYN_OK ? NNDYN_OK : nd_fail_from(scan, status, scan->sweep);
}

int nndyn_width_scan_name(nndyn_width_scan *scan, int64_t column, int64_t capacity, char *text, int64_t *length)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_name"));
    return nd_leave(scan, name(scan, column, capacity, text, length));
}

static int samples(nndyn_width_scan *scan, int64_t column, int64_t *counts, double *values)
{
    const nndyn_sweep *sweep = scan->sweep;
    int64_t used = 0;
    ND_TRY(check_column(scan, column));
    for (int64_t w = 0; w < scan->count; w++) {
        const int64_t before = used;
        for (int64_t r = 0; sweep->states && r < scan->runs[w]; r++) {
            const int64_t cell = w * sweep->seeds + r;
            if (sweep->states[cell].done && sweep->states[cell].status == NNDYN_OK) {
                if (values) {
                    values[used] = nd_sweep_row(sweep, cell)[column];
                }
                used++;
            }
        }
        if (counts) {
            counts[w] = used - before;
        }
    }
    return NNDYN_OK;
}

int nndyn_width_scan_samples(nndyn_width_scan *scan, int64_t column, int64_t *counts, double *values)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_samples"));
    return nd_leave(scan, samples(scan, column, counts, values));
}

/* Sizes, for the fit; what a run gave must be a number. */
static int take_sizes(nndyn_width_scan *scan, int64_t column, int64_t *counts, double *widths, double *sizes)
{
    int64_t used = 0;
    ND_TRY(samples(scan, column, counts, sizes));
    for (int64_t w = 0; w < scan->count; w++) {
        widths[w] = (double)scan->widths[w];
        if (counts[w] == 0) {
            return nd_fail(scan, NNDYN_ESTATE, "no run of width %lld has succeeded yet", (long long)scan->widths[w]);
        }
        for (int64_t i = 0; i < counts[w]; i++, used++) {
            if (!isfinite(sizes[used])) {
                return nd_fail(scan, NNDYN_EDATA,
                               "column %lld has %g at width %lld, which no exponent can be fitted to",
                               (long long)column, sizes[used], (long long)scan->widths[w]);
            }
            sizes[used] = fabs(sizes[used]);
        }
    }
    return NNDYN_OK;
}

static int exponent_of(nndyn_width_scan *scan, int64_t column, int64_t quantiles, const double *levels,
                       const nndyn_options *options, nndyn_width_exponent **out)
{
    nndyn_context *context = scan->handle.context;
    int64_t runs, *counts;
    double *widths;
    ND_TRY(check_column(scan, column));
    ND_TRY(shape(scan, NULL, &runs, NULL));
    ND_TRY(nd_allocate_for(scan, scan->count, sizeof *counts, &counts));
    int status = nd_allocate_for(scan, scan->count + runs, sizeof *widths, &widths);
    if (status == NNDYN_OK) {
        status = take_sizes(scan, column, counts, widths, widths + scan->count);
        if (status == NNDYN_OK) {
            status = nndyn_width_exponent_create(context, scan->count, widths, counts, widths + scan->count, quantiles,
                                                 levels, options, out);
            status = status == NNDYN_OK ? NNDYN_OK : nd_fail_from(scan, status, context);
        }
        nd_release(context, widths);
    }
    nd_release(context, counts);
    return status;
}

int nndyn_width_scan_exponent(nndyn_width_scan *scan, int64_t column, int64_t quantiles, const double *levels,
                              const nndyn_options *options, nndyn_width_exponent **out)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_exponent"));
    return nd_leave(scan, exponent_of(scan, column, quantiles, levels, options, out));
}

static int check_run(nndyn_width_scan *scan, int64_t width, int64_t number)
{
    ND_TRY(nd_check_size(scan, width, 0, scan->count - 1, "width"));
    return nd_check_size(scan, number, 0, scan->runs[width] - 1, "run");
}

static int state_of(nndyn_width_scan *scan, int64_t width, int64_t number, int *done, int *status, int64_t capacity,
                    char *text)
{
    ND_TRY(check_run(scan, width, number));
    const int result =
        nndyn_sweep_status(scan->sweep, width * scan->sweep->seeds + number, done, status, capacity, text);
    return result == NNDYN_OK ? NNDYN_OK : nd_fail_from(scan, result, scan->sweep);
}

int nndyn_width_scan_status(nndyn_width_scan *scan, int64_t width, int64_t run_number, int *done, int *status,
                            int64_t capacity, char *text)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_status"));
    return nd_leave(scan, state_of(scan, width, run_number, done, status, capacity, text));
}

/* From a context like that of the run, which the network keeps alive. */
static int network_of(nndyn_width_scan *scan, int64_t width, int64_t number, int64_t *seed, nndyn_network **out)
{
    nndyn_context *parent = scan->handle.context, *context;
    nndyn_network *network = NULL;
    ND_TRY(check_networks(scan));
    ND_TRY(check_run(scan, width, number));
    const int64_t drawn = run_seed(scan->first + number, scan->widths[width]);
    if (out) {
        ND_TRY(nd_context_create_within(parent, drawn, nd_context_memory_limit(parent), NULL, NULL, &context));
        int status = nd_width_network_make(scan, context, scan->widths[width], drawn, &network);
        if (status != NNDYN_OK) {
            const int known = status < NNDYN_OK && status >= NNDYN_EINTERNAL;
            status = known ? nd_fail_from(scan, status, context)
                           : nd_fail(scan, NNDYN_ECALLBACK, "the factory returned %d", status);
        }
        nndyn_context_free(context);
        ND_TRY(status);
        *out = network;
    }
    if (seed) {
        *seed = drawn;
    }
    return NNDYN_OK;
}

int nndyn_width_scan_network(nndyn_width_scan *scan, int64_t width, int64_t run_number, int64_t *seed,
                             nndyn_network **out)
{
    ND_TRY(nd_enter(scan, ND_WIDTH_SCAN, "nndyn_width_scan_network"));
    return nd_leave(scan, network_of(scan, width, run_number, seed, out));
}
