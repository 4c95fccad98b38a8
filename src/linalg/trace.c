/* trace.c - the trace of an operator from few products: XTrace, Hutch++, Hutchinson.
 *
 * Q is an orthonormal basis of A times the test vectors.  Hutch++ (Meyer, Musco, Musco and Woodruff 2021) takes the
 * trace on Q exactly and estimates what is left with other test vectors.  XTrace (Epperly, Tropp and Webber, "XTrace:
 * making the most of every sample in stochastic trace estimation", 2024) does that once for each test vector, with the
 * basis of all the others, and averages: with Y = A Omega = Q R, the basis without vector i is that of Q minus the
 * direction Q s, s being column i of inv(R)' normalized, so all is small matrices:
 *
 *     H = Q'A Q, T = (A Q)' Omega, W = Q' Omega, c = s.w, g = w - c s,
 *     trace_i = tr H - s'H s + f_i (c s.r - t.g + g'H g),   f_i = (n - m + 1) / (n - |w|^2 + c^2)
 *
 * with w, r, t the columns i.  The factor f_i makes the part of the test vector outside of the basis as long as it is
 * on average, which removes variance.
 *
 * SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "kernels/dot.h"
#include "linalg/basis.h"
#include "linalg/form.h"
#include "linalg/operator.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { XTRACE, HUTCH, HUTCHINSON }; /* in the order of the choices */
enum { METHOD, PRODUCTS, SEED, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"method", ND_TEXT, 0, 0, 0, "xtrace|hutch++|hutchinson"},
    {"products", ND_INTEGER, 6, 1e9, 60, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
};

typedef struct sketch {
    nndyn_operator *op;
    const nd_kernels_f64 *kernels;
    int64_t n, count, products, seed, done; /* count: test vectors; done: products so far */
    nd_task task;
    nd_basis tests, basis; /* Omega and Q, as rows */
    double *image;         /* a product, n */
    double *scratch;       /* count */
    double *h, *r, *t, *w; /* count x count each; column i of the text is row i of r, t, w; h by rows */
} sketch;

/* ---- products ---------------------------------------------------------------------------------------------------- */

static int apply(sketch *work, const double *x, double *y)
{
    ND_TRY(nd_task_report(&work->task, (double)work->done++ / (double)work->products));
    return nd_operator_product(work->op, 0, x, y);
}

/* Test vector number `index`: uniform on the sphere of radius sqrt(n) for XTrace, else signs. */
static void draw(const sketch *work, int sphere, int64_t index, double *x)
{
    nd_stream stream = nd_stream_open(work->seed, ND_RANDOM_PROBE, 0, index);
    if (sphere) {
        nd_normal(stream, 0, work->n, x);
    } else {
        nd_uniform(stream, 0, work->n, x);
    }
    double length = sphere ? nd_norm(work->kernels, work->n, x) / sqrt((double)work->n) : 1;
    for (int64_t i = 0; i < work->n; i++) {
        x[i] = sphere ? x[i] / length : (x[i] < 0.5 ? -1 : 1);
    }
}

/* The mean of count estimates and its standard error. */
static void average(int64_t count, const double *estimates, double *mean, double *error)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += estimates[i] / (double)count;
    }
    for (int64_t i = 0; i < count; i++) {
        squares += (estimates[i] - sum) * (estimates[i] - sum);
    }
    *mean = sum;
    *error = count > 1 ? sqrt(squares / ((double)count * (double)(count - 1))) : 0;
}

static int exact(sketch *work, double *trace)
{
    double *unit = work->scratch, sum = 0;
    memset(unit, 0, (size_t)work->n * sizeof *unit);
    for (int64_t j = 0; j < work->n; j++) {
        unit[j] = 1;
        ND_TRY(apply(work, unit, work->image));
        unit[j] = 0;
        sum += work->image[j];
    }
    *trace = sum;
    return NNDYN_OK;
}

static int hutchinson(sketch *work, double *trace, double *error)
{
    double *test = work->tests.rows[0];
    for (int64_t i = 0; i < work->count; i++) {
        draw(work, 0, i, test);
        ND_TRY(apply(work, test, work->image));
        work->scratch[i] = work->kernels->dot(work->n, test, work->image);
    }
    average(work->count, work->scratch, trace, error);
    return NNDYN_OK;
}

/* ---- the basis --------------------------------------------------------------------------------------------------- */

/* Join w to Q; its coefficients, and the length of what was left of it, go to `r` (zeroed).  *joined is 0 where nothing
 * but rounding is left: then the range of A lies within Q. */
static int join(sketch *work, double *w, double *r, int *joined)
{
    nd_basis *basis = &work->basis;
    double size = nd_norm(work->kernels, work->n, w), norm;
    if (!isfinite(size)) {
        return nd_fail(work->op, NNDYN_ENUMERIC, "the norm of the operator's product is beyond the range of double");
    }
    for (int pass = 0; pass < 2; pass++) {
        ND_TRY(nd_basis_project_out(basis, work->op, w, work->scratch));
        for (int64_t j = 0; j < basis->used; j++) {
            r[j] += work->scratch[j];
        }
    }
    norm = nd_norm(work->kernels, work->n, w);
    *joined = norm > 64 * DBL_EPSILON * size;
    if (*joined) {
        for (int64_t i = 0; i < work->n; i++) {
            basis->rows[basis->used][i] = w[i] / norm;
        }
        r[basis->used++] = norm;
    }
    return NNDYN_OK;
}

/* Test vectors, Q and R; *full is 0 if the images of the test vectors do not span as many dimensions as they are. */
static int span(sketch *work, int sphere, int *full)
{
    *full = 1;
    ND_TRY(nd_basis_reserve(&work->tests, work->op, work->count));
    ND_TRY(nd_basis_reserve(&work->basis, work->op, work->count));
    for (int64_t i = 0; i < work->count; i++) {
        int joined = 0;
        draw(work, sphere, i, work->tests.rows[i]);
        ND_TRY(apply(work, work->tests.rows[i], work->image));
        ND_TRY(join(work, work->image, work->r + i * work->count, &joined));
        *full = *full && joined;
    }
    return NNDYN_OK;
}

/* H and T, and the trace of H. */
static int project(sketch *work, double *trace)
{
    int64_t used = work->basis.used;
    *trace = 0;
    for (int64_t j = 0; j < used; j++) {
        ND_TRY(apply(work, work->basis.rows[j], work->image));
        for (int64_t i = 0; i < used; i++) {
            work->h[i * work->count + j] = work->kernels->dot(work->n, work->basis.rows[i], work->image);
        }
        for (int64_t i = 0; i < work->count; i++) {
            work->t[i * work->count + j] = work->kernels->dot(work->n, work->tests.rows[i], work->image);
        }
        *trace += work->h[j * work->count + j];
    }
    return NNDYN_OK;
}

/* ---- Hutch++ ----------------------------------------------------------------------------------------------------- */

static int hutch(sketch *work, double *trace, double *error)
{
    double on_basis = 0, rest = 0, *test = work->tests.rows[0], *estimates = work->t + work->count * work->count;
    int full = 0;
    int64_t rounds = work->products - 2 * work->count;
    ND_TRY(span(work, 0, &full));
    ND_TRY(project(work, &on_basis));
    if (!full) {
        *trace = on_basis; /* nothing of A is outside of Q */
        *error = 0;
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < rounds; i++) {
        draw(work, 0, work->count + i, test);
        for (int pass = 0; pass < 2; pass++) {
            ND_TRY(nd_basis_project_out(&work->basis, work->op, test, work->scratch));
        }
        ND_TRY(apply(work, test, work->image));
        estimates[i] = work->kernels->dot(work->n, test, work->image);
    }
    average(rounds, estimates, &rest, error);
    *trace = on_basis + rest;
    return NNDYN_OK;
}

/* ---- XTrace ------------------------------------------------------------------------------------------------------ */

/* s: column i of inv(R)', normalized.  R' is lower triangular with rows r, so column i solves R' s... = e_i from the
 * end: the entries before i vanish. */
static void left_out(const sketch *work, int64_t i, double *s)
{
    int64_t m = work->count;
    double squares = 0;
    memset(s, 0, (size_t)m * sizeof *s);
    for (int64_t j = i; j < m; j++) {
        double sum = j == i ? 1 : 0;
        for (int64_t l = i; l < j; l++) {
            sum -= work->r[j * m + l] * s[l];
        }
        s[j] = sum / work->r[j * m + j];
        squares = fmax(squares, fabs(s[j]));
    }
    for (int64_t j = i; j < m; j++) {
        s[j] /= squares; /* first to the size of 1, so that the squares below stay in range */
    }
    double norm = sqrt(nd_dot(m, s, s));
    for (int64_t j = i; j < m; j++) {
        s[j] /= norm;
    }
}

static double quadratic(int64_t m, const double *h, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < m; i++) {
        sum += x[i] * nd_dot(m, h + i * m, x);
    }
    return sum;
}

/* trace_i less tr H; s and g: scratch of m. */
static double correction(const sketch *work, int64_t i, double *s, double *g)
{
    int64_t m = work->count;
    const double *w = work->w + i * m, *r = work->r + i * m, *t = work->t + i * m;
    left_out(work, i, s);
    double c = nd_dot(m, s, w), size = (double)work->n - nd_dot(m, w, w) + c * c;
    for (int64_t j = 0; j < m; j++) {
        g[j] = w[j] - c * s[j];
    }
    double outside = c * nd_dot(m, s, r) - nd_dot(m, t, g) + quadratic(m, work->h, g);
    double factor = size > 0 ? (double)(work->n - m + 1) / size : 0;
    return factor * outside - quadratic(m, work->h, s);
}

static int xtrace(sketch *work, double *trace, double *error)
{
    int64_t m = work->count;
    double on_basis = 0, rest = 0, *s = NULL;
    int full = 0;
    ND_TRY(span(work, 1, &full));
    ND_TRY(project(work, &on_basis));
    if (!full) {
        *trace = on_basis; /* nothing of A is outside of Q */
        *error = 0;
        return NNDYN_OK;
    }
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < m; j++) {
            work->w[i * m + j] = work->kernels->dot(work->n, work->tests.rows[i], work->basis.rows[j]);
        }
    }
    ND_TRY(nd_allocate_for(work->op, nd_product(2, m), sizeof *s, &s));
    for (int64_t i = 0; i < m; i++) {
        work->scratch[i] = correction(work, i, s, s + m);
    }
    nd_release(work->op->handle.context, s);
    average(m, work->scratch, &rest, error);
    *trace = on_basis + rest;
    return NNDYN_OK;
}

/* ---- the public function ----------------------------------------------------------------------------------------- */

/* Memory by method: `wide` vectors of tests and basis each, small matrices of `count`. */
static int open(sketch *work, int method, int is_exact)
{
    int64_t shares[] = {work->products / 2, work->products / 3, work->products};
    int64_t wide = method == HUTCHINSON || is_exact ? 1 : shares[method];
    work->count = is_exact ? 1 : shares[method];
    int64_t matrices = wide > 1 ? nd_product(4, nd_product(wide, wide)) : 0;
    int64_t scratch = is_exact ? work->n : work->products;
    double vectors = wide > 1 ? 2 * (double)wide + 1 : 3;
    double numbers = vectors * (double)work->n + (double)matrices + (double)(scratch + work->products);
    ND_TRY(nd_check_memory(work->op, numbers * (double)sizeof(double), "the sketch of the trace"));
    ND_TRY(nd_basis_open(&work->tests, work->op, work->kernels, work->n, wide));
    ND_TRY(nd_basis_open(&work->basis, work->op, work->kernels, work->n, wide));
    ND_TRY(nd_basis_reserve(&work->tests, work->op, wide));
    ND_TRY(nd_allocate_for(work->op, work->n, sizeof *work->image, &work->image));
    ND_TRY(nd_allocate_for(work->op, scratch, sizeof *work->scratch, &work->scratch));
    ND_TRY(nd_allocate_for(work->op, matrices + work->products, sizeof *work->h, &work->h));
    work->r = work->h + wide * wide;
    work->w = work->r + wide * wide;
    work->t = work->w + wide * wide;
    return NNDYN_OK;
}

static void close(sketch *work)
{
    nndyn_context *context = work->op->handle.context;
    nd_release(context, work->h);
    nd_release(context, work->scratch);
    nd_release(context, work->image);
    nd_basis_close(&work->basis);
    nd_basis_close(&work->tests);
}

static int estimate(sketch *work, int method, double *trace, double *error)
{
    static int (*const methods[])(sketch *, double *, double *) = {xtrace, hutch, hutchinson};
    int is_exact = work->products >= work->n;
    ND_TRY(open(work, method, is_exact));
    return is_exact ? exact(work, trace) : methods[method](work, trace, error);
}

static int trace_of(nndyn_operator *op, const nndyn_options *options, double *trace, double *error)
{
    nd_option_value values[OPTIONS];
    sketch work = {.op = op, .n = op->rows};
    double mean = 0, deviation = 0;
    ND_TRY(nd_require_square(op));
    ND_TRY(nd_options_read(op, options, specs, OPTIONS, values));
    ND_TRY(nd_check_pointer(op, trace, "trace"));
    work.kernels = nd_kernels_choose_f64(nd_context_kernels(op->handle.context));
    work.products = values[PRODUCTS].integer < work.n ? values[PRODUCTS].integer : work.n;
    work.seed = values[SEED].integer;
    nd_task_begin(&work.task, op, "trace");
    int status = estimate(&work, (int)values[METHOD].integer, &mean, &deviation);
    close(&work);
    ND_TRY(status);
    if (!isfinite(mean) || !isfinite(deviation)) {
        return nd_fail(op, NNDYN_ENUMERIC, "the trace is beyond the range of double");
    }
    ND_TRY(nd_task_report(&work.task, 1));
    *trace = mean;
    if (error != NULL) {
        *error = deviation;
    }
    return NNDYN_OK;
}

int nndyn_trace(nndyn_operator *op, const nndyn_options *options, double *trace, double *error)
{
    ND_TRY(nd_enter(op, ND_OPERATOR, "nndyn_trace"));
    return nd_leave(op, trace_of(op, options, trace, error));
}
