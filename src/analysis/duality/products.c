/* products.c - J times a direction and J' times one: one tangent through the pass, read at its two ends. */
#include "analysis/duality/duality.h"
#include <string.h>

static void carve(const nd_duality *duality, nd_products *products)
{
    products->tdot = nd_arena_take(&products->arena, nd_product(duality->n, duality->outputs), sizeof(double));
    products->vector = nd_arena_take(&products->arena, duality->parameters, sizeof(double));
}

double nd_products_bytes(const nd_duality *duality, int copy)
{
    nd_products counted = {0};
    carve(duality, &counted);
    return (double)sizeof counted + (double)counted.arena.used + 2 * ND_DUALITY_OVERHEAD +
           nd_duality_pass_bytes(duality, ND_PASS_CURVATURES, copy) +
           nd_tangent_bytes(duality->network, duality->n, 1, 0) + 2 * ND_DUALITY_OVERHEAD;
}

void nd_products_free(nndyn_context *context, nd_products *products)
{
    if (products == NULL) {
        return;
    }
    nd_tangent_free(context, products->tangent);
    if (products->pass != NULL) {
        nd_pass_free(products->pass);
    }
    nd_arena_free(&products->arena);
    nd_release(context, products);
}

static int fill(nd_products *products, const double *x, const double *t, int copy)
{
    const nd_duality *duality = products->duality;
    carve(duality, products);
    ND_TRY(nd_arena_reserve(&products->arena, duality->network));
    carve(duality, products);
    ND_TRY(nd_pass_create(duality->network, duality->network, duality->n, x, t, ND_PASS_CURVATURES, copy,
                          duality->options, &products->pass));
    return nd_tangent_create(products->pass, duality->network, 1, 0, &products->tangent);
}

int nd_products_create(const nd_duality *duality, const double *x, const double *t, int copy, nd_products **out)
{
    nd_products *products;
    ND_TRY(nd_allocate_for(duality->network, 1, sizeof *products, &products));
    products->duality = duality;
    int status = fill(products, x, t, copy);
    if (status != NNDYN_OK) {
        nd_products_free(duality->network->handle.context, products);
        return status;
    }
    *out = products;
    return NNDYN_OK;
}

int nd_products_fill(const nd_duality *duality, const double *x, const double *t, nd_task *task,
                     nd_products_filler fill_matrix, double *out)
{
    nndyn_context *context = duality->network->handle.context;
    nd_products *products;
    double *work = NULL;
    ND_TRY(nd_products_create(duality, x, t, 0, &products));
    int status = nd_allocate_for(duality->network, duality->columns + duality->rows, sizeof *work, &work);
    if (status == NNDYN_OK) {
        status = fill_matrix(duality, products, task, work, out);
        nd_release(context, work);
    }
    nd_products_free(context, products);
    return status;
}

/* Columns that count into a full n x width array, zero elsewhere. */
static void scatter(const nd_duality *duality, const double *v, int64_t count, const int64_t *list, int64_t width,
                    double *full)
{
    memset(full, 0, (size_t)(duality->n * width) * sizeof *full);
    for (int64_t s = 0; s < duality->n; s++) {
        for (int64_t c = 0; c < count; c++) {
            full[s * width + list[c]] = v[s * duality->per_sample + c];
        }
    }
}

static void gather(const nd_duality *duality, const double *full, int64_t count, const int64_t *list, int64_t width,
                   double factor, double *v)
{
    for (int64_t s = 0; s < duality->n; s++) {
        for (int64_t c = 0; c < count; c++) {
            v[s * duality->per_sample + c] = factor * full[s * width + list[c]];
        }
    }
}

int nd_products_jvp(nd_products *products, void *handle, const double *v, double *qdot)
{
    const nd_duality *duality = products->duality;
    nd_tangent *tangent = products->tangent;
    scatter(duality, v, duality->input_count, duality->input, duality->inputs, tangent->value[0]);
    scatter(duality, v + duality->input_count, duality->target_count, duality->target, duality->outputs,
            products->tdot);
    ND_TRY(nd_tangent_forward(products->pass, handle, NULL, tangent));
    ND_TRY(nd_tangent_loss(products->pass, handle, products->tdot, tangent));
    ND_TRY(nd_tangent_backward(products->pass, handle, NULL, tangent));
    ND_TRY(nd_tangent_gradient(products->pass, handle, tangent, products->vector));
    nd_duality_compress(duality, products->vector, -duality->gamma, qdot); /* the gradient carries the pass's scale */
    return NNDYN_OK;
}

int nd_products_vjp(nd_products *products, void *handle, const double *u, double *vbar)
{
    const nd_duality *duality = products->duality;
    nd_tangent *tangent = products->tangent;
    double factor = -duality->gamma * products->pass->scale;
    nd_duality_expand(duality, u, products->vector);
    memset(tangent->value[0], 0, (size_t)(duality->n * duality->inputs) * sizeof(double));
    ND_TRY(nd_tangent_forward(products->pass, handle, products->vector, tangent));
    ND_TRY(nd_tangent_loss(products->pass, handle, NULL, tangent));
    ND_TRY(nd_tangent_backward(products->pass, handle, products->vector, tangent));
    gather(duality, tangent->back[0], duality->input_count, duality->input, duality->inputs, factor, vbar);
    ND_TRY(nd_tangent_targets(products->pass, handle, tangent, products->tdot));
    gather(duality, products->tdot, duality->target_count, duality->target, duality->outputs, factor,
           vbar + duality->input_count);
    return NNDYN_OK;
}
