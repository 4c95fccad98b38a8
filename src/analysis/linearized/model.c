/* model.c - making a linearized model from its kernel.  SPDX-License-Identifier: MIT */
#include "analysis/linearized/linearized.h"
#include "kernels/blas.h"
#include <float.h>
#include <math.h>
#include <string.h>

const nd_option_spec nd_linear_options[ND_LINEAR_OPTIONS] = {
    [ND_LINEAR_KAPPA] = {"kappa", ND_REAL, DBL_MIN, 1e300, 1, NULL},
    [ND_LINEAR_RIDGE] = {"ridge", ND_REAL, 0, 1e300, 0, NULL},
    [ND_LINEAR_RELATIVE_RIDGE] = {"relative_ridge", ND_REAL, 0, 1e300, 0, NULL},
    [ND_LINEAR_TOLERANCE] = {"tolerance", ND_REAL, 0, 1, 1e-10, NULL},
    [ND_LINEAR_SPECTRUM] = {"spectrum", ND_INTEGER, 0, 1, 1, NULL},
};

int nd_linear_settings_of(void *handle, const nd_option_value *values, int64_t n, nd_linear_settings *out)
{
    if (values[ND_LINEAR_RIDGE].given && values[ND_LINEAR_RELATIVE_RIDGE].given) {
        return nd_fail(handle, NNDYN_EOPTION, "\"ridge\" and \"relative_ridge\" are both given; give one of them");
    }
    *out = (nd_linear_settings){
        .kappa = values[ND_LINEAR_KAPPA].given ? values[ND_LINEAR_KAPPA].real : 1 / (double)n,
        .ridge = values[ND_LINEAR_RIDGE].real,
        .relative_ridge = values[ND_LINEAR_RELATIVE_RIDGE].real,
        .tolerance = values[ND_LINEAR_TOLERANCE].real,
        .spectrum = values[ND_LINEAR_SPECTRUM].integer != 0,
    };
    return NNDYN_OK;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static double *take(nd_arena *arena, int64_t rows, int64_t columns)
{
    return nd_arena_take(arena, nd_product(rows, columns), sizeof(double));
}

static void carve_track(nd_arena *arena, nd_linear_track *track, int64_t count)
{
    track->count = count;
    track->position = take(arena, count, 1);
    track->velocity = take(arena, count, 1);
    track->force = take(arena, count, 1);
}

static void carve(nd_arena *arena, nndyn_linearized *model, int spectrum)
{
    const int64_t m = nd_product(model->n, model->outputs);
    if (model->form != NNDYN_LINEARIZED_PRODUCTS) {
        model->kernel = take(arena, model->order, model->order);
        model->values = spectrum ? take(arena, model->order, 1) : NULL;
        model->vectors = spectrum ? take(arena, model->order, model->order) : NULL;
    }
    model->y = take(arena, m, 1);
    model->f0 = take(arena, m, 1);
    carve_track(arena, &model->c, m);
    carve_track(arena, &model->f, m);
    model->slope = take(arena, m, 1);
    model->residual = take(arena, m, 1);
    model->gather = take(arena, m, 1);
    model->targets = take(arena, m, 1);
    model->loss_values = take(arena, model->n, 1);
}

static void carve_test(nd_arena *arena, nndyn_linearized *model, int64_t test)
{
    const int64_t numbers = nd_product(test, model->outputs);
    if (model->form != NNDYN_LINEARIZED_PRODUCTS) {
        model->test_kernel = take(arena, model->form == NNDYN_LINEARIZED_SCALAR ? test : numbers, model->order);
    }
    model->f0_test = take(arena, numbers, 1);
    carve_track(arena, &model->f_test, numbers);
}

static void set_sizes(nndyn_linearized *model, int form, int64_t n, int64_t outputs)
{
    const int scalar = form == NNDYN_LINEARIZED_SCALAR;
    model->form = form;
    model->n = n;
    model->outputs = outputs;
    model->order = scalar ? n : nd_product(n, outputs);
    model->columns = scalar ? outputs : 1;
}

double nd_linear_bytes(int form, int64_t n, int64_t outputs, int64_t test, int spectrum)
{
    nndyn_linearized plan = {.test = test};
    nd_arena arena = {0};
    set_sizes(&plan, form, n, outputs);
    carve(&arena, &plan, spectrum);
    if (test > 0) {
        carve_test(&arena, &plan, test);
    }
    const int decomposed = spectrum && form != NNDYN_LINEARIZED_PRODUCTS;
    return (double)sizeof plan + (double)arena.used + (decomposed ? nd_symmetric_eigen_bytes(plan.order, 1) : 0);
}

static void destroy(void *object)
{
    nndyn_linearized *model = object;
    nd_linear_source_free(model->handle.context, model->source);
    nndyn_network_free(model->network);
    nd_release(model->handle.context, model->x);
    nd_arena_free(&model->arena);
    nd_arena_free(&model->test_arena);
}

void nndyn_linearized_free(nndyn_linearized *model)
{
    nd_handle_release(model);
}

static void set_squared_error(nd_loss *loss)
{
    *loss = (nd_loss){.kind = NNDYN_SQUARED_ERROR, .parameter = nd_loss_default(NNDYN_SQUARED_ERROR), .scale = 1};
}

static int fill_model(nndyn_linearized *model, void *handle, const nd_linear_settings *settings)
{
    carve(&model->arena, model, settings->spectrum);
    ND_TRY(nd_arena_reserve(&model->arena, handle));
    carve(&model->arena, model, settings->spectrum);
    model->f.origin = model->f0;
    model->kappa = settings->kappa;
    model->k = nd_kernels_choose_f64(nd_context_kernels(nd_handle_context(handle)));
    set_squared_error(&model->loss);
    if (model->k == NULL) {
        return nd_fail(handle, NNDYN_EUNSUPPORTED, "the kernels of the context are not for this processor");
    }
    return NNDYN_OK;
}

int nd_linear_make(void *handle, int form, int64_t n, int64_t outputs, const nd_linear_settings *settings,
                   nndyn_linearized **out)
{
    nndyn_linearized *model;
    ND_TRY(nd_check_memory(handle, nd_linear_bytes(form, n, outputs, 0, settings->spectrum), "the linearized model"));
    const int status = nd_handle_create(nd_handle_context(handle), ND_LINEARIZED, sizeof *model, destroy, &model);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the linearized model");
    }
    set_sizes(model, form, n, outputs);
    model->arena.context = model->test_arena.context = model->handle.context;
    const int filled = fill_model(model, handle, settings);
    if (filled != NNDYN_OK) {
        nndyn_linearized_free(model);
        return filled;
    }
    *out = model;
    return NNDYN_OK;
}

int nd_linear_make_test(nndyn_linearized *model, void *handle, int64_t test)
{
    nndyn_linearized plan = {.form = model->form, .outputs = model->outputs, .order = model->order};
    nd_arena arena = {0};
    carve_test(&arena, &plan, test);
    ND_TRY(nd_check_memory(handle, (double)arena.used, "the kernel of the test points"));
    ND_TRY(nd_arena_reserve(&arena, handle));
    nd_arena_free(&model->test_arena);
    model->test_arena = arena;
    carve_test(&model->test_arena, model, test);
    model->f_test.origin = model->f0_test;
    model->test = test;
    return NNDYN_OK;
}

/* ---- the kernel -------------------------------------------------------------------------------------------------- */

/* Halves that differ by rounding are made equal; others are an error. */
static int symmetrize(const nndyn_linearized *model, void *handle)
{
    const int64_t n = model->order;
    double *a = model->kernel, most = 0, worst = 0;
    int64_t row = 0, column = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j <= i; j++) {
            const double size = fabs(a[i * n + j]), gap = fabs(a[i * n + j] - a[j * n + i]);
            most = size > most ? size : most;
            if (gap > worst) {
                worst = gap;
                row = i;
                column = j;
            }
        }
    }
    if (worst > 1e-8 * most) {
        return nd_fail(handle, NNDYN_EARG,
                       "kernel is not symmetric: entry (%lld, %lld) is %g, its mirror image %g; it must be J J'",
                       (long long)row, (long long)column, a[row * n + column], a[column * n + row]);
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
        }
    }
    return NNDYN_OK;
}

static int decompose(nndyn_linearized *model, void *handle, double tolerance)
{
    const int64_t n = model->order;
    nd_task task;
    nd_task_begin(&task, handle, "spectrum of the tangent kernel");
    ND_TRY(nd_task_report(&task, 0));
    memcpy(model->vectors, model->kernel, (size_t)(n * n) * sizeof *model->vectors);
    ND_TRY(nd_symmetric_eigen(handle, n, model->vectors, 1, model->values));
    const double largest = model->values[n - 1];
    const double size = fmax(largest, -model->values[0]);
    if (model->values[0] < -tolerance * size) {
        return nd_fail(handle, NNDYN_ENUMERIC,
                       "the kernel is not positive semidefinite: its smallest eigenvalue is %g, its largest %g; a "
                       "tangent kernel J J' has none below 0, so one computed in single precision needs a larger "
                       "\"tolerance\"",
                       model->values[0], largest);
    }
    const double floor = fmax(4 * (double)n * DBL_EPSILON * largest, -model->values[0]);
    for (int64_t i = 0; i < n; i++) {
        if (!(model->values[i] > floor)) {
            model->values[i] = 0;
        }
    }
    return nd_task_report(&task, 1);
}

static double trace_mean(const nndyn_linearized *model)
{
    double sum = 0;
    for (int64_t i = 0; i < model->order; i++) {
        sum += model->kernel[i * model->order + i];
    }
    return sum / (double)model->order;
}

int nd_linear_prepare(nndyn_linearized *model, void *handle, const nd_linear_settings *settings)
{
    model->ridge = settings->ridge;
    if (model->kernel != NULL) {
        ND_TRY(symmetrize(model, handle));
        if (settings->relative_ridge > 0) {
            model->ridge = settings->relative_ridge * trace_mean(model);
        }
        if (model->vectors != NULL) {
            ND_TRY(decompose(model, handle, settings->tolerance));
        }
    } else if (settings->relative_ridge > 0) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"relative_ridge\" is given, but a model of products has no trace; give \"ridge\"");
    }
    nd_linear_reset(model);
    return NNDYN_OK;
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

static int check_form(nndyn_context *context, int form, int64_t n, int64_t outputs)
{
    if (form != NNDYN_LINEARIZED_FULL && form != NNDYN_LINEARIZED_SCALAR) {
        return nd_fail(context, NNDYN_EARG,
                       "form is %d, must be NNDYN_LINEARIZED_FULL (%d) or NNDYN_LINEARIZED_SCALAR (%d)", form,
                       NNDYN_LINEARIZED_FULL, NNDYN_LINEARIZED_SCALAR);
    }
    ND_TRY(nd_check_size(context, n, 1, ND_BLAS_MOST, "n"));
    return nd_check_size(context, outputs, 1, ND_BLAS_MOST / n, "outputs");
}

static int check_create(nndyn_context *context, int form, int64_t n, int64_t outputs, const double *kernel,
                        const double *f0, const double *y)
{
    ND_TRY(check_form(context, form, n, outputs));
    ND_TRY(nd_check_pointer(context, kernel, "kernel"));
    ND_TRY(nd_check_pointer(context, f0, "f0"));
    ND_TRY(nd_check_pointer(context, y, "y"));
    const int64_t order = form == NNDYN_LINEARIZED_SCALAR ? n : n * outputs;
    ND_TRY(nd_check_finite(context, order, order, kernel, "kernel"));
    ND_TRY(nd_check_finite(context, n, outputs, f0, "f0"));
    return nd_check_finite(context, n, outputs, y, "y");
}

static int create(nndyn_context *context, int form, int64_t n, int64_t outputs, const double *kernel, const double *f0,
                  const double *y, const nndyn_options *options, nndyn_linearized **out)
{
    nd_option_value values[ND_LINEAR_OPTIONS];
    nd_linear_settings settings;
    nndyn_linearized *model;
    ND_TRY(check_create(context, form, n, outputs, kernel, f0, y));
    ND_TRY(nd_check_pointer(context, out, "out"));
    ND_TRY(nd_options_read(context, options, nd_linear_options, ND_LINEAR_OPTIONS, values));
    ND_TRY(nd_linear_settings_of(context, values, n, &settings));
    ND_TRY(nd_linear_make(context, form, n, outputs, &settings, &model));
    memcpy(model->kernel, kernel, (size_t)(model->order * model->order) * sizeof *kernel);
    memcpy(model->f0, f0, (size_t)(n * outputs) * sizeof *f0);
    memcpy(model->y, y, (size_t)(n * outputs) * sizeof *y);
    const int status = nd_linear_prepare(model, context, &settings);
    if (status != NNDYN_OK) {
        nndyn_linearized_free(model);
        return status;
    }
    *out = model;
    return NNDYN_OK;
}

int nndyn_linearized_create(nndyn_context *context, int form, int64_t n, int64_t outputs, const double *kernel,
                            const double *f0, const double *y, const nndyn_options *options, nndyn_linearized **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_linearized_create"));
    return nd_leave(context, create(context, form, n, outputs, kernel, f0, y, options, out));
}

static int set_test(nndyn_linearized *model, int64_t test, const double *kernel, const double *f0)
{
    if (model->kernel == NULL) {
        return nd_fail(model, NNDYN_ESTATE,
                       "the model keeps no kernel; give its test points to nndyn_linearized_create_network");
    }
    ND_TRY(nd_check_size(model, test, 1, ND_BLAS_MOST / model->outputs, "test"));
    ND_TRY(nd_check_pointer(model, kernel, "kernel"));
    ND_TRY(nd_check_pointer(model, f0, "f0"));
    const int64_t rows = model->form == NNDYN_LINEARIZED_SCALAR ? test : test * model->outputs;
    ND_TRY(nd_check_finite(model, rows, model->order, kernel, "kernel"));
    ND_TRY(nd_check_finite(model, test, model->outputs, f0, "f0"));
    ND_TRY(nd_linear_make_test(model, model, test));
    memcpy(model->test_kernel, kernel, (size_t)(rows * model->order) * sizeof *kernel);
    memcpy(model->f0_test, f0, (size_t)(test * model->outputs) * sizeof *f0);
    nd_linear_reset_test(model);
    return NNDYN_OK;
}

int nndyn_linearized_set_test(nndyn_linearized *model, int64_t test, const double *kernel, const double *f0)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_set_test"));
    return nd_leave(model, set_test(model, test, kernel, f0));
}

int nndyn_linearized_set_loss(nndyn_linearized *model, int loss, const nndyn_options *options)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_set_loss"));
    const int status = nd_loss_read(model, loss, options, &model->loss);
    if (status == NNDYN_OK) {
        nd_linear_reset(model);
    }
    return nd_leave(model, status);
}

int nndyn_linearized_shape(nndyn_linearized *model, int *form, int64_t *n, int64_t *outputs, int64_t *test,
                           int64_t *parameters)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_shape"));
    if (form != NULL) {
        *form = model->form;
    }
    if (n != NULL) {
        *n = model->n;
    }
    if (outputs != NULL) {
        *outputs = model->outputs;
    }
    if (test != NULL) {
        *test = model->test;
    }
    if (parameters != NULL) {
        *parameters = model->network != NULL ? model->network->parameters : 0;
    }
    return nd_leave(model, NNDYN_OK);
}

static int eigenvalues(nndyn_linearized *model, int64_t count, double *values)
{
    ND_TRY(nd_linear_need_spectrum(model, model));
    ND_TRY(nd_check_size(model, count, model->order, model->order, "count"));
    ND_TRY(nd_check_pointer(model, values, "values"));
    for (int64_t i = 0; i < count; i++) {
        values[i] = model->values[count - 1 - i];
    }
    return NNDYN_OK;
}

int nndyn_linearized_eigenvalues(nndyn_linearized *model, int64_t count, double *values)
{
    ND_TRY(nd_enter(model, ND_LINEARIZED, "nndyn_linearized_eigenvalues"));
    return nd_leave(model, eigenvalues(model, count, values));
}

static int forecast(nndyn_context *context, int form, int64_t n, int64_t outputs, int64_t test, int64_t *bytes,
                    double *flops)
{
    ND_TRY(check_form(context, form, n, outputs));
    ND_TRY(nd_check_size(context, test, 0, ND_BLAS_MOST / outputs, "test"));
    const double order = form == NNDYN_LINEARIZED_SCALAR ? (double)n : (double)n * (double)outputs;
    const double total = nd_linear_bytes(form, n, outputs, test, 1);
    if (!(total < 0x1p62)) {
        return nd_fail(context, NNDYN_EARG, "the model would take %g bytes, beyond what can be counted", total);
    }
    if (bytes != NULL) {
        *bytes = (int64_t)total;
    }
    if (flops != NULL) {
        *flops = 9 * order * order * order;
    }
    return NNDYN_OK;
}

int nndyn_linearized_forecast(nndyn_context *context, int form, int64_t n, int64_t outputs, int64_t test,
                              int64_t *bytes, double *flops)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_linearized_forecast"));
    return nd_leave(context, forecast(context, form, n, outputs, test, bytes, flops));
}
