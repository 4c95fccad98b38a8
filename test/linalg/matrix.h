/* matrix.h - dense matrices as operators, for the tests of this room. */
#ifndef TEST_MATRIX_H
#define TEST_MATRIX_H
#include "linalg/linalg.h"
#include "support/support.h"

/* Row-major; calls counts products; fail_at: that product fails; bad_at: that product returns NaN; cancel_at: cancels.
 * */
typedef struct matrix {
    int64_t rows, columns;
    double *a;
    int64_t calls, fail_at, bad_at, cancel_at;
    nndyn_context *context;
} matrix;

NT_UNUSED static int matrix_fault(matrix *m, double *out)
{
    m->calls++;
    if (m->calls == m->bad_at) {
        out[0] = NAN;
    }
    if (m->calls == m->cancel_at) {
        nndyn_context_cancel(m->context);
    }
    return m->calls == m->fail_at ? 7 : 0;
}

NT_UNUSED static int matrix_apply(void *user, const double *x, double *y)
{
    matrix *m = user;
    for (int64_t i = 0; i < m->rows; i++) {
        y[i] = 0;
        for (int64_t j = 0; j < m->columns; j++) {
            y[i] += m->a[i * m->columns + j] * x[j];
        }
    }
    return matrix_fault(m, y);
}

NT_UNUSED static int matrix_transposed(void *user, const double *y, double *x)
{
    matrix *m = user;
    memset(x, 0, (size_t)m->columns * sizeof *x);
    for (int64_t i = 0; i < m->rows; i++) {
        for (int64_t j = 0; j < m->columns; j++) {
            x[j] += m->a[i * m->columns + j] * y[i];
        }
    }
    return matrix_fault(m, x);
}

NT_UNUSED static matrix matrix_zero(int64_t rows, int64_t columns)
{
    matrix m = {rows, columns, calloc((size_t)(rows * columns), sizeof(double)), 0, 0, 0, 0, NULL};
    assert_non_null(m.a);
    return m;
}

NT_UNUSED static matrix matrix_random(uint64_t seed, int64_t rows, int64_t columns)
{
    matrix m = matrix_zero(rows, columns);
    nt_normal(seed, rows * columns, m.a);
    return m;
}

NT_UNUSED static nndyn_operator *matrix_operator(nndyn_context *context, matrix *m)
{
    nndyn_operator *op = NULL;
    nt_ok(context, nndyn_operator_create(context, m->rows, m->columns, matrix_apply, matrix_transposed, m, &op));
    return op;
}

/* C (m x n) = A (m x k) B (k x n), plainly. */
NT_UNUSED static void multiply(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *c)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++) {
                sum += a[i * k + l] * b[l * n + j];
            }
            c[i * n + j] = sum;
        }
    }
}

/* The rows of a (m x n) are orthonormal. */
NT_UNUSED static void check_orthonormal(int64_t m, int64_t n, const double *a, double tolerance)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int64_t l = 0; l < n; l++) {
                sum += a[i * n + l] * a[j * n + l];
            }
            nt_near(sum, i == j ? 1.0 : 0.0, tolerance);
        }
    }
}

/* A matrix with the given singular values (min(rows, columns) of them) and random vectors. */
NT_UNUSED static matrix matrix_of_spectrum(nndyn_context *context, uint64_t seed, int64_t rows, int64_t columns,
                                           const double *s)
{
    int64_t k = rows < columns ? rows : columns;
    matrix u = matrix_random(seed, k, rows), v = matrix_random(seed + 1, k, columns), a = matrix_zero(rows, columns);
    nt_ok(context, nd_orthonormal_rows(context, k, rows, u.a));
    nt_ok(context, nd_orthonormal_rows(context, k, columns, v.a));
    for (int64_t l = 0; l < k; l++) {
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < columns; j++) {
                a.a[i * columns + j] += s[l] * u.a[l * rows + i] * v.a[l * columns + j];
            }
        }
    }
    free(u.a);
    free(v.a);
    return a;
}

#endif
