/* basis.c - a growing set of orthonormal vectors.
 *
 * Projections are cut over the context's threads by vector (products) and by column (subtraction), so that the bits of
 * the result do not depend on their number.
 *
 * SPDX-License-Identifier: MIT */
#include "linalg/basis.h"
#include "linalg/linalg.h"
#include <math.h>
#include <string.h>

enum {
    ROWS = 8,       /* vectors of one job of products */
    COLUMNS = 4096, /* columns of one job of subtraction: 32 KB of w stay in the first cache */
    PANEL = 256     /* columns of one panel of a combination */
};

int nd_basis_open(nd_basis *basis, void *handle, const nd_kernels_f64 *kernels, int64_t dimension, int64_t most)
{
    memset(basis, 0, sizeof *basis);
    basis->context = nd_handle_context(handle);
    basis->kernels = kernels;
    basis->dimension = dimension;
    basis->most = most;
    return nd_allocate_for(handle, most, sizeof *basis->rows, &basis->rows);
}

void nd_basis_close(nd_basis *basis)
{
    for (int i = 0; i < basis->block_count; i++) {
        nd_release(basis->context, basis->blocks[i]);
    }
    if (basis->rows != NULL) {
        nd_release(basis->context, basis->rows);
    }
    memset(basis, 0, sizeof *basis);
}

int64_t nd_basis_growth(const nd_basis *basis, int64_t rows)
{
    int64_t grown = basis->capacity + basis->capacity / 2;
    if (rows <= basis->capacity) {
        return basis->capacity;
    }
    grown = grown < rows ? rows : grown;
    return grown < basis->most ? grown : basis->most;
}

int nd_basis_reserve(nd_basis *basis, void *handle, int64_t rows)
{
    int64_t grown = nd_basis_growth(basis, rows), count = grown - basis->capacity;
    double *block = NULL;
    if (rows <= basis->capacity) {
        return NNDYN_OK;
    }
    if (rows > basis->most || basis->block_count == ND_BASIS_BLOCKS) {
        return nd_fail(handle, NNDYN_EINTERNAL, "a basis of at most %lld vectors was asked for %lld",
                       (long long)basis->most, (long long)rows);
    }
    ND_TRY(nd_allocate_for(handle, nd_product(count, basis->dimension), sizeof *block, &block));
    basis->blocks[basis->block_count++] = block;
    for (int64_t i = 0; i < count; i++) {
        basis->rows[basis->capacity + i] = block + i * basis->dimension;
    }
    basis->capacity = grown;
    return NNDYN_OK;
}

/* ---- projection -------------------------------------------------------------------------------------------------- */

typedef struct projection {
    const nd_basis *basis;
    double *w, *products;
} projection;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void multiply(void *object, int64_t index)
{
    projection *job = object;
    const nd_basis *basis = job->basis;
    int64_t end = least((index + 1) * ROWS, basis->used);
    for (int64_t i = index * ROWS; i < end; i++) {
        job->products[i] = basis->kernels->dot(basis->dimension, basis->rows[i], job->w);
    }
}

static void subtract(void *object, int64_t index)
{
    projection *job = object;
    const nd_basis *basis = job->basis;
    int64_t first = index * COLUMNS, count = least(COLUMNS, basis->dimension - first);
    for (int64_t i = 0; i < basis->used; i++) {
        basis->kernels->axpy(count, -job->products[i], basis->rows[i] + first, job->w + first);
    }
}

/* All jobs, over the threads when there is enough to do. */
static int run(const nd_basis *basis, void *handle, int64_t count, void (*work)(void *job, int64_t index), void *job)
{
    if ((double)basis->used * (double)basis->dimension > 1e6) {
        int status = nd_parallel(basis->context, count, work, job);
        return status == NNDYN_OK ? status : nd_fail(handle, status, "the executor of the context failed");
    }
    for (int64_t i = 0; i < count; i++) {
        work(job, i);
    }
    return NNDYN_OK;
}

int nd_basis_project_out(const nd_basis *basis, void *handle, double *w, double *products)
{
    projection job = {basis, w, products};
    if (basis->used == 0) {
        return NNDYN_OK;
    }
    ND_TRY(run(basis, handle, (basis->used + ROWS - 1) / ROWS, multiply, &job));
    return run(basis, handle, (basis->dimension + COLUMNS - 1) / COLUMNS, subtract, &job);
}

/* ---- combination ------------------------------------------------------------------------------------------------- */

/* One panel of columns at a time, through memory of its own: so the vectors may be replaced in place. */
static int combine_panel(const nd_basis *from, int64_t count, const double *coefficients, int64_t column, int64_t width,
                         double *panel, nd_basis *to, int64_t first)
{
    double *result = panel + from->used * PANEL;
    size_t bytes = (size_t)width * sizeof *panel;
    for (int64_t i = 0; i < from->used; i++) {
        memcpy(panel + i * width, from->rows[i] + column, bytes);
    }
    ND_TRY(from->kernels->gemm(from->context, 0, 0, count, width, from->used, 1, coefficients, from->used, panel, width,
                               0, result, width));
    for (int64_t i = 0; i < count; i++) {
        memcpy(to->rows[first + i] + column, result + i * width, bytes);
    }
    return NNDYN_OK;
}

int nd_basis_combine(const nd_basis *from, void *handle, int64_t count, const double *coefficients, nd_basis *to,
                     int64_t first)
{
    double *panel = NULL;
    int status = NNDYN_OK;
    ND_TRY(nd_allocate_for(handle, nd_product(from->used + count, PANEL), sizeof *panel, &panel));
    for (int64_t column = 0; status == NNDYN_OK && column < from->dimension; column += PANEL) {
        int64_t width = least(PANEL, from->dimension - column);
        status = combine_panel(from, count, coefficients, column, width, panel, to, first);
    }
    nd_release(from->context, panel);
    return status == NNDYN_OK ? status : nd_fail(handle, status, "the executor of the context failed");
}

double nd_norm(const nd_kernels_f64 *kernels, int64_t n, const double *x)
{
    double squares = kernels->sum_squares(n, x), largest = 0, sum = 0;
    if (squares > 1e-280 && squares < 1e280) {
        return sqrt(squares);
    }
    for (int64_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(x[i]));
    }
    if (largest == 0) {
        return 0;
    }
    for (int64_t i = 0; i < n; i++) {
        sum += (x[i] / largest) * (x[i] / largest);
    }
    return largest * sqrt(sum);
}

double nd_sign_of_largest(int64_t n, const double *v)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < n; i++) {
        if (fabs(v[i]) > fabs(v[largest])) {
            largest = i;
        }
    }
    return v[largest] < 0 ? -1 : 1;
}
