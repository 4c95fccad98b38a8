/* density.c - the spectral density of a symmetric operator by stochastic Lanczos quadrature.
 *
 * For a random unit vector v, the mean of v' f(A) v is the mean of f over the spectrum; Lanczos from v gives the Gauss
 * quadrature of it: nodes are the Ritz values, weights the squares of the first components of their vectors.  Each
 * probe is reorthogonalized fully, so no Ritz value comes twice.  An operator with no more rows than the probes would
 * take products is formed and its spectrum taken as it is.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/eigenpairs.h"
#include "linalg/form.h"
#include "linalg/operator.h"
#include <math.h>
#include <string.h>

enum { PROBES, STEPS, SEED, WIDTH, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"probes", ND_INTEGER, 1, 1e6, 10, NULL},
    {"steps", ND_INTEGER, 1, 1e5, 80, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
    {"width", ND_REAL, 0, HUGE_VAL, 0, NULL},
};

enum { SMALL = 1000 }; /* rows up to which a matrix is formed */

/* Symmetry is asked for to the accuracy of products in single precision. */
static const double asymmetry = 1e-5;

/* Nodes and weights of each probe, probe after probe: first[p] is where probe p begins. */
typedef struct quadrature {
    nndyn_operator *op;
    int64_t probes, steps, seed;
    double width;
    int exact; /* one probe that holds the whole spectrum */
    nd_task task;
    double *nodes, *weights;  /* capacity */
    int64_t capacity, *first; /* probes + 1 */
} quadrature;

/* ---- nodes and weights ------------------------------------------------------------------------------------------- */

static int exact_spectrum(quadrature *rule)
{
    int64_t n = rule->op->rows;
    double *a = NULL;
    ND_TRY(nd_check_memory(rule->op, nd_eigenpairs_dense_bytes(n), "the matrix of the operator"));
    ND_TRY(nd_allocate_for(rule->op, nd_product(n, n), sizeof *a, &a));
    int status = nd_form(rule->op, &rule->task, 0.95, a);
    if (status == NNDYN_OK) {
        status = nd_symmetrize(rule->op, asymmetry, a);
    }
    if (status == NNDYN_OK) {
        status = nd_symmetric_eigen(rule->op, n, a, 0, rule->nodes);
    }
    for (int64_t i = 0; i < n; i++) {
        rule->weights[i] = 1 / (double)n;
    }
    rule->first[1] = n;
    nd_release(rule->op->handle.context, a);
    return status;
}

/* One probe, up to `steps` or to where its Krylov space ends. */
static int probe(quadrature *rule, nd_lanczos *run, int64_t index)
{
    int64_t begin = rule->first[index];
    run->drawn = 0;
    ND_TRY(nd_lanczos_start(run, index));
    do {
        double done = (double)index + (double)run->steps / (double)rule->steps;
        ND_TRY(nd_task_report(&rule->task, 0.95 * done / (double)rule->probes));
        ND_TRY(nd_lanczos_step(run));
    } while (run->steps < rule->steps && run->beta[run->steps - 1] > 0);
    rule->first[index + 1] = begin + run->steps;
    return nd_lanczos_quadrature(run, rule->nodes + begin, rule->weights + begin);
}

static int sample(quadrature *rule)
{
    nd_lanczos run = {.op = rule->op};
    ND_TRY(nd_check_symmetric(rule->op, asymmetry, rule->seed));
    ND_TRY(
        nd_check_memory(rule->op, nd_lanczos_bytes(rule->op->rows, rule->steps, 0), "the Lanczos vectors of a probe"));
    int status = nd_lanczos_open(&run, rule->op, ND_LARGEST, 0, rule->steps, 0, rule->seed);
    for (int64_t p = 0; status == NNDYN_OK && p < rule->probes; p++) {
        status = probe(rule, &run, p);
    }
    nd_lanczos_close(&run);
    return status;
}

static int open(quadrature *rule, nndyn_operator *op, const nndyn_options *options)
{
    nd_option_value values[OPTIONS];
    int64_t n = op->rows;
    ND_TRY(nd_require_symmetric(op));
    ND_TRY(nd_options_read(op, options, specs, OPTIONS, values));
    rule->op = op;
    rule->probes = values[PROBES].integer;
    rule->steps = values[STEPS].integer < n ? values[STEPS].integer : n;
    rule->seed = values[SEED].integer;
    rule->width = values[WIDTH].real;
    rule->exact = n <= SMALL && n <= nd_product(rule->probes, values[STEPS].integer);
    rule->probes = rule->exact ? 1 : rule->probes;
    rule->capacity = rule->exact ? n : nd_product(rule->probes, rule->steps);
    nd_task_begin(&rule->task, op, "spectral density");
    return NNDYN_OK;
}

static int fill(quadrature *rule)
{
    ND_TRY(nd_allocate_for(rule->op, nd_product(2, rule->capacity), sizeof *rule->nodes, &rule->nodes));
    rule->weights = rule->nodes + rule->capacity;
    ND_TRY(nd_allocate_for(rule->op, rule->probes + 1, sizeof *rule->first, &rule->first));
    return rule->exact ? exact_spectrum(rule) : sample(rule);
}

static void close(quadrature *rule)
{
    nndyn_context *context = rule->op->handle.context;
    nd_release(context, rule->first);
    nd_release(context, rule->nodes);
}

/* ---- density ----------------------------------------------------------------------------------------------------- */

enum { REACH = 6 }; /* standard deviations of a Gaussian that are kept: 2e-9 of it is beyond */

/* An evenly spaced grid from REACH widths below the lowest node to as much above the highest; the width is chosen here
 * if it is automatic: as far as nodes of one probe are apart, where a quadrature of so few nodes resolves nothing
 * finer. */
static void lay_grid(quadrature *rule, int64_t points, double *grid)
{
    double low = rule->nodes[0], high = low;
    for (int64_t i = 0; i < rule->first[rule->probes]; i++) {
        low = fmin(low, rule->nodes[i]);
        high = fmax(high, rule->nodes[i]);
    }
    if (rule->width == 0) {
        double size = fmax(fabs(low), fabs(high)), apart = (high - low) / (double)rule->steps;
        rule->width = fmax(apart, 1e-3 * (size > 0 ? size : 1));
    }
    low -= REACH * rule->width;
    high += REACH * rule->width;
    for (int64_t i = 0; i < points; i++) {
        double at = (double)i / (double)(points - 1);
        grid[i] = (1 - at) * low + at * high;
    }
}

/* Add weight times a Gaussian about the node, made to integrate to 1 by the trapezoidal rule over the grid. */
static void add_gaussian(const quadrature *rule, double node, double weight, int64_t points, const double *grid,
                         double *density)
{
    double step = (grid[points - 1] - grid[0]) / (double)(points - 1), sum = 0;
    double first = floor((node - REACH * rule->width - grid[0]) / step);
    double last = ceil((node + REACH * rule->width - grid[0]) / step);
    double nearest = fmin(fmax(round((node - grid[0]) / step), 0), (double)(points - 1));
    double closest = (grid[(int64_t)nearest] - node) / rule->width; /* factored out: a narrow one must not vanish */
    int64_t begin = (int64_t)fmin(fmax(first, 0), nearest),
            end = (int64_t)fmax(fmin(last, (double)(points - 1)), nearest);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = begin; i <= end; i++) {
            double z = (grid[i] - node) / rule->width, value = exp(0.5 * (closest * closest - z * z));
            if (pass == 0) {
                sum += (i == 0 || i == points - 1 ? 0.5 : 1) * step * value;
            } else {
                density[i] += weight * value / sum;
            }
        }
    }
}

/* density: mean over the probes; error: its standard error; one: scratch for the density of one probe (Welford's
 * update). */
static int average(quadrature *rule, int64_t points, const double *grid, double *density, double *error, double *one)
{
    for (int64_t p = 0; p < rule->probes; p++) {
        memset(one, 0, (size_t)points * sizeof *one);
        ND_TRY(nd_task_report(&rule->task, 0.95 + 0.05 * (double)p / (double)rule->probes));
        for (int64_t i = rule->first[p]; i < rule->first[p + 1]; i++) {
            add_gaussian(rule, rule->nodes[i], rule->weights[i], points, grid, one);
        }
        for (int64_t i = 0; i < points; i++) {
            double before = one[i] - density[i];
            density[i] += before / (double)(p + 1);
            error[i] += before * (one[i] - density[i]);
        }
    }
    for (int64_t i = 0; i < points; i++) {
        double degrees = (double)rule->probes * (double)(rule->probes - 1);
        error[i] = rule->probes > 1 ? sqrt(error[i] / degrees) : 0;
    }
    return NNDYN_OK;
}

static int compute(quadrature *rule, int64_t points, double *arrays)
{
    ND_TRY(fill(rule));
    lay_grid(rule, points, arrays);
    if (!isfinite(arrays[0]) || !isfinite(arrays[points - 1]) || !(arrays[points - 1] > arrays[0])) {
        return nd_fail(rule->op, NNDYN_ENUMERIC,
                       "the grid from %g to %g is beyond the range of double; set \"width\" (now %g) in proportion to "
                       "the spectrum",
                       arrays[0], arrays[points - 1], rule->width);
    }
    return average(rule, points, arrays, arrays + points, arrays + 2 * points, arrays + 3 * points);
}

static int density_of(nndyn_operator *op, int64_t points, const nndyn_options *options, double *grid, double *density,
                      double *error)
{
    quadrature rule = {0};
    double *arrays = NULL;
    ND_TRY(nd_check_size(op, points, 2, INT64_MAX / 64, "points"));
    ND_TRY(open(&rule, op, options));
    ND_TRY(nd_check_pointer(op, grid, "grid"));
    ND_TRY(nd_check_pointer(op, density, "density"));
    if (error != NULL && !rule.exact && rule.probes == 1) {
        return nd_fail(op, NNDYN_EOPTION,
                       "\"probes\" is 1, which has no standard error; take 2 or more, or give NULL for `error`");
    }
    ND_TRY(nd_allocate_for(op, nd_product(4, points), sizeof *arrays, &arrays));
    int status = compute(&rule, points, arrays);
    if (status == NNDYN_OK) {
        status = nd_task_report(&rule.task, 1);
    }
    if (status == NNDYN_OK) {
        size_t bytes = (size_t)points * sizeof *arrays;
        memcpy(grid, arrays, bytes);
        memcpy(density, arrays + points, bytes);
        if (error != NULL) {
            memcpy(error, arrays + 2 * points, bytes);
        }
    }
    close(&rule);
    nd_release(op->handle.context, arrays);
    return status;
}

int nndyn_spectral_density(nndyn_operator *op, int64_t points, const nndyn_options *options, double *grid,
                           double *density, double *error)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_spectral_density"));
    return nd_leave(op, density_of(op, points, options, grid, density, error));
}

/* ---- the quadrature itself --------------------------------------------------------------------------------------- */

/* Weights of all probes together sum to 1. */
static void write_rule(const quadrature *rule, double *nodes, double *weights, int64_t *count)
{
    int64_t used = rule->first[rule->probes];
    for (int64_t i = 0; i < used; i++) {
        nodes[i] = rule->nodes[i];
        weights[i] = rule->weights[i] / (double)rule->probes;
    }
    *count = used;
}

static int quadrature_of(nndyn_operator *op, int64_t capacity, const nndyn_options *options, double *nodes,
                         double *weights, int64_t *count)
{
    quadrature rule = {0};
    ND_TRY(open(&rule, op, options));
    ND_TRY(nd_check_size(op, capacity, rule.capacity, INT64_MAX, "capacity"));
    ND_TRY(nd_check_pointer(op, nodes, "nodes"));
    ND_TRY(nd_check_pointer(op, weights, "weights"));
    ND_TRY(nd_check_pointer(op, count, "count"));
    int status = fill(&rule);
    if (status == NNDYN_OK) {
        status = nd_task_report(&rule.task, 1);
    }
    if (status == NNDYN_OK) {
        write_rule(&rule, nodes, weights, count);
    }
    close(&rule);
    return status;
}

int nndyn_spectral_quadrature(nndyn_operator *op, int64_t capacity, const nndyn_options *options, double *nodes,
                              double *weights, int64_t *count)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_spectral_quadrature"));
    return nd_leave(op, quadrature_of(op, capacity, options, nodes, weights, count));
}
