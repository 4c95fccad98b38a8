/* empirical.c - the tangent kernel of a network as a matrix.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/ntk/ntk.h"
#include "kernels/blas.h"
#include <string.h>

const nd_option_spec nd_ntk_options[ND_NTK_OPTIONS] = {
    [ND_NTK_PARAMETRIZATION] = {"parametrization", ND_TEXT, 0, 0, 0, "network|standard|ntk"},
    [ND_NTK_WEIGHT_SCALE] = {"weight_scale", ND_REAL, 0, 1e30, 1, NULL},
    [ND_NTK_BIAS_SCALE] = {"bias_scale", ND_REAL, 0, 1e30, 1, NULL},
    [ND_NTK_PRECISION] = {"precision", ND_TEXT, 0, 0, 0, "f64|f32"},
};

/* What is asked for, once checked. */
typedef struct request {
    nndyn_network *network;
    nd_kernel_spec spec;
    int64_t n, n2; /* n2 == n where same */
    int same;
    int64_t rows, columns; /* of the matrix */
} request;

/* ---- arguments --------------------------------------------------------------------------------------------------- */

nd_kernel_spec nd_ntk_spec_of(const nd_option_value *values, int kind)
{
    return (nd_kernel_spec){.kind = kind,
                            .metric = (int)values[ND_NTK_PARAMETRIZATION].integer,
                            .singles = (int)values[ND_NTK_PRECISION].integer,
                            .weight_scale = values[ND_NTK_WEIGHT_SCALE].real,
                            .bias_scale = values[ND_NTK_BIAS_SCALE].real};
}

int nd_ntk_spec(nndyn_network *network, const nndyn_options *options, int count, int kind, nd_kernel_spec *spec)
{
    nd_option_value values[ND_NTK_OPTIONS] = {0};
    ND_TRY(nd_options_read(network, options, nd_ntk_options, count, values));
    *spec = nd_ntk_spec_of(values, kind);
    return NNDYN_OK;
}

int nd_ntk_check_batch(nndyn_network *network, int64_t n, const double *x, const char *n_name, const char *x_name)
{
    ND_TRY(nd_check_size(network, n, 1, ND_BLAS_MOST, n_name));
    ND_TRY(nd_check_pointer(network, x, x_name));
    return nd_check_finite(network, n, network->inputs, x, x_name);
}

int nd_ntk_check_apart(void *handle, const double *out, int64_t out_count, const double *in, int64_t in_count,
                       const char *out_name, const char *in_name)
{
    uintptr_t first = (uintptr_t)out, end = first + (uintptr_t)out_count * sizeof *out;
    uintptr_t from = (uintptr_t)in, to = from + (uintptr_t)in_count * sizeof *in;
    if (from < end && first < to) {
        return nd_fail(handle, NNDYN_EARG, "%s and %s share memory; give %s an array of its own", out_name, in_name,
                       out_name);
    }
    return NNDYN_OK;
}

/* Sizes that fit: those of the kernel, in numbers. */
static int read_sizes(request *r, int64_t n2, int kind, const nndyn_options *options)
{
    nndyn_network *network = r->network;
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_check_size(network, r->n, 1, ND_BLAS_MOST, "n"));
    ND_TRY(nd_check_size(network, kind, NNDYN_NTK_FULL, NNDYN_NTK_PSEUDO, "kind"));
    ND_TRY(nd_ntk_spec(network, options, ND_NTK_OPTIONS, kind, &r->spec));
    r->n2 = r->same ? r->n : n2;
    ND_TRY(nd_check_size(network, r->n2, 1, ND_BLAS_MOST, "n2"));
    if (kind == NNDYN_NTK_DIAGONAL && !r->same) {
        return nd_fail(network, NNDYN_EARG, "x2 is given, but the diagonal is of one batch alone; leave x2 NULL");
    }
    int64_t group = nd_kernel_rows(network, kind);
    r->rows = nd_product(r->n, group);
    r->columns = kind == NNDYN_NTK_DIAGONAL ? 1 : nd_product(r->n2, group);
    if (r->rows < 0 || r->columns < 0 || nd_product(8, nd_product(r->rows, r->columns)) < 0) {
        return nd_fail(network, NNDYN_ELIMIT, "n and n2 make a kernel of more numbers than can be addressed");
    }
    return NNDYN_OK;
}

static double bytes_of(const request *r)
{
    double matrix = 8 * (double)r->rows * (double)r->columns;
    double aside = r->spec.kind == NNDYN_NTK_DIAGONAL ? matrix : 0;
    return matrix + aside + nd_kernel_fill_bytes(r->network, &r->spec, r->n, r->n2, r->same);
}

static int admit(const request *r)
{
    double bytes = bytes_of(r);
    int64_t limit = nd_context_memory_limit(r->network->handle.context);
    if (limit <= 0 || bytes <= (double)limit) {
        return NNDYN_OK;
    }
    return nd_fail(r->network, NNDYN_ELIMIT,
                   "the kernel of %lld x %lld numbers and what is needed to make it take %.3g MB, and the memory limit "
                   "is %.3g MB; %swrite it to a file with nndyn_ntk_write, or raise the limit",
                   (long long)r->rows, (long long)r->columns, bytes / 1e6, (double)limit / 1e6,
                   r->spec.kind == NNDYN_NTK_FULL ? "take NNDYN_NTK_TRACE, " : "");
}

/* ---- the kernel -------------------------------------------------------------------------------------------------- */

static int fill_aside(const request *r, const double *x, nd_task *task, double *kernel)
{
    nndyn_network *network = r->network;
    double *aside;
    ND_TRY(nd_allocate_for(network, r->rows, sizeof *aside, &aside));
    int status = nd_kernel_fill(network, network, &r->spec, r->n, x, r->n, NULL, task, aside, 1);
    if (status == NNDYN_OK) {
        memcpy(kernel, aside, (size_t)r->rows * sizeof *aside);
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int fill(const request *r, const double *x, const double *x2, double *kernel)
{
    nndyn_network *network = r->network;
    nd_task task;
    ND_TRY(nd_ntk_check_batch(network, r->n, x, "n", "x"));
    ND_TRY(nd_check_pointer(network, kernel, "kernel"));
    int64_t inputs = network->inputs, count = r->rows * r->columns;
    ND_TRY(nd_ntk_check_apart(network, kernel, count, x, r->n * inputs, "kernel", "x"));
    if (!r->same) {
        ND_TRY(nd_ntk_check_batch(network, r->n2, x2, "n2", "x2"));
        ND_TRY(nd_ntk_check_apart(network, kernel, count, x2, r->n2 * inputs, "kernel", "x2"));
    }
    ND_TRY(admit(r));
    nd_task_begin(&task, network, "tangent kernel");
    ND_TRY(nd_task_report(&task, 0));
    if (r->spec.kind == NNDYN_NTK_DIAGONAL) {
        return fill_aside(r, x, &task, kernel);
    }
    return nd_kernel_fill(network, network, &r->spec, r->n, x, r->n2, r->same ? NULL : x2, &task, kernel, r->columns);
}

int nndyn_ntk(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2, int kind,
              const nndyn_options *options, double *kernel)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk"));
    request r = {.network = network, .n = n, .same = !x2 || (x2 == x && n2 == n)};
    int status = read_sizes(&r, n2, kind, options);
    return nd_leave(network, status == NNDYN_OK ? fill(&r, x, x2, kernel) : status);
}

/* ---- the forecast ------------------------------------------------------------------------------------------------ */

static int forecast(request *r, int64_t n2, int kind, const nndyn_options *options, int64_t *bytes, double *flops)
{
    ND_TRY(read_sizes(r, n2, kind, options));
    double most = bytes_of(r);
    if (bytes) {
        *bytes = most < 9e18 ? (int64_t)most : INT64_MAX;
    }
    if (flops) {
        *flops = nd_kernel_fill_flops(r->network, &r->spec, r->n, r->n2, r->same);
    }
    return NNDYN_OK;
}

int nndyn_ntk_forecast(nndyn_network *network, int64_t n, int64_t n2, int kind, const nndyn_options *options,
                       int64_t *bytes, double *flops)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk_forecast"));
    request r = {.network = network, .n = n, .same = n2 == 0};
    return nd_leave(network, forecast(&r, n2, kind, options, bytes, flops));
}
