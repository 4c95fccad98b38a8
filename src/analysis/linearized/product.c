/* product.c - the kernel applied to coefficients.  SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include <string.h>

static int multiply(nndyn_linearized *model, void *handle, int64_t rows, const double *kernel, const double *v,
                    double *out)
{
    const int64_t k = model->columns;
    const int status =
        model->k->gemm(model->handle.context, 0, 0, rows, k, model->order, 1, kernel, model->order, v, k, 0, out, k);
    return status == NNDYN_OK ? status : nd_fail(handle, status, "the context's executor failed");
}

static int64_t test_rows(const nndyn_linearized *model)
{
    return model->form == NNDYN_LINEARIZED_SCALAR ? model->test : model->test * model->outputs;
}

int nd_linear_product(nndyn_linearized *model, void *handle, const double *v, double *train, double *test)
{
    if (model->kernel == NULL) {
        return nd_linear_source_apply(model->source, handle, v, train, test);
    }
    if (train != NULL) {
        ND_TRY(multiply(model, handle, model->order, model->kernel, v, train));
    }
    return test != NULL ? multiply(model, handle, test_rows(model), model->test_kernel, v, test) : NNDYN_OK;
}

/* ---- few samples ------------------------------------------------------------------------------------------------- */

/* Lines of the kernel that stand for a sample. */
static int64_t group(const nndyn_linearized *model)
{
    return model->order / model->n;
}

/* out += kernel(:, line) v(line, :); `kernel` has `rows` rows and `stride` from an entry of the line to the next. */
static void add_line(const nndyn_linearized *model, int64_t rows, const double *kernel, int64_t stride, const double *v,
                     double *out)
{
    const int64_t columns = model->columns;
    for (int64_t i = 0; i < rows; i++) {
        const double entry = kernel[i * stride];
        for (int64_t c = 0; c < columns; c++) {
            out[i * columns + c] += entry * v[c];
        }
    }
}

/* Each sample once: where v is taken from its place, a sample that is twice in the batch must not count again. */
static int seen_before(const int64_t *rows, int64_t i)
{
    for (int64_t j = 0; j < i; j++) {
        if (rows[j] == rows[i]) {
            return 1;
        }
    }
    return 0;
}

static void few(const nndyn_linearized *model, int64_t count, const int64_t *rows, const double *v, double *train,
                double *test)
{
    const int64_t lines = group(model), order = model->order, columns = model->columns;
    memset(train, 0, (size_t)(order * columns) * sizeof *train);
    if (test != NULL) {
        memset(test, 0, (size_t)(test_rows(model) * columns) * sizeof *test);
    }
    for (int64_t i = 0; i < count; i++) {
        if (seen_before(rows, i)) {
            continue;
        }
        for (int64_t line = rows[i] * lines; line < (rows[i] + 1) * lines; line++) {
            const double *own = v + line * columns;
            add_line(model, order, model->kernel + line * order, 1, own, train); /* symmetric: a row is a column */
            if (test != NULL) {
                add_line(model, test_rows(model), model->test_kernel + line, order, own, test);
            }
        }
    }
}

int nd_linear_product_rows(nndyn_linearized *model, void *handle, int64_t count, const int64_t *rows, const double *v,
                           double *train, double *test)
{
    if (model->kernel == NULL || rows == NULL || 4 * count > model->n) {
        return nd_linear_product(model, handle, v, train, test);
    }
    few(model, count, rows, v, train, test);
    return NNDYN_OK;
}

/* ---- test points that come later --------------------------------------------------------------------------------- */

static void outputs_of(const nndyn_linearized *model, const double *v, const double *origin, double *out)
{
    const int64_t columns = model->columns;
    for (int64_t i = 0; i < test_rows(model); i++) {
        for (int64_t c = 0; c < columns; c++) {
            double sum = 0;
            for (int64_t j = 0; j < model->order; j++) {
                sum += model->test_kernel[i * model->order + j] * v[j * columns + c];
            }
            out[i * columns + c] = (origin != NULL ? origin[i * columns + c] : 0) + sum;
        }
    }
}

void nd_linear_reset_test(nndyn_linearized *model)
{
    outputs_of(model, model->c.position, model->f0_test, model->f_test.position);
    outputs_of(model, model->c.velocity, NULL, model->f_test.velocity);
}
