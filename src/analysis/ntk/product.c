/* product.c - the tangent kernel times vectors, without the kernel.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/ntk/ntk.h"
#include <string.h>

/* A direction J(x)'w and what it is pushed through. */
typedef struct product {
    nd_pass *from, *at; /* at == from for one batch */
    nd_pull *direction;
    nd_push *push;
} product;

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void release(nndyn_context *context, product *p)
{
    nd_push_free(context, p->push);
    nd_pull_free(context, p->direction);
    if (p->at != p->from) {
        nd_pass_free(p->at);
    }
    nd_pass_free(p->from);
}

static double bytes_of(const nndyn_network *network, int64_t n, int64_t n2, int copy)
{
    double second = n2 > 0 ? nd_kernel_pass_bytes(network, n2, copy) : 0;
    return nd_kernel_pass_bytes(network, n, copy) + second + nd_pull_bytes(network, n) +
           nd_push_bytes(network, n2 > 0 ? n2 : n, n) + sizeof(product);
}

/* x2 == NULL: one batch.  On failure what was made is left for `release`. */
static int prepare(nndyn_network *network, const nd_kernel_spec *spec, int64_t n, const double *x, int64_t n2,
                   const double *x2, int copy, product *p)
{
    ND_TRY(nd_check_memory(network, bytes_of(network, n, x2 ? n2 : 0, copy), "the batches at all layers"));
    ND_TRY(nd_kernel_pass(network, network, n, x, copy, &p->from));
    p->at = p->from;
    if (x2) {
        nd_pass *at;
        ND_TRY(nd_kernel_pass(network, network, n2, x2, copy, &at));
        p->at = at;
    }
    ND_TRY(nd_pull_create(p->from, network, spec, &p->direction));
    return nd_push_create(p->at, network, n, &p->push);
}

static int multiply(const product *p, void *handle, const double *w, double *out)
{
    ND_TRY(nd_pull_set(p->direction, handle, w));
    return nd_push_apply(p->push, handle, p->direction, out);
}

/* ---- one product ------------------------------------------------------------------------------------------------- */

static int vector_aside(nndyn_network *network, const product *p, nd_task *task, const double *w, double *out)
{
    int64_t count = p->at->n * nd_network_outputs(network);
    double *aside;
    ND_TRY(nd_task_report(task, 0.4));
    ND_TRY(nd_allocate_for(network, count, sizeof *aside, &aside));
    int status = multiply(p, network, w, aside);
    if (status == NNDYN_OK && !network->k64->all_finite(count, aside)) {
        status = nd_fail(network, NNDYN_ENUMERIC, "the product is not finite: w, parameters or inputs are too large");
    }
    if (status == NNDYN_OK) {
        status = nd_task_report(task, 1);
    }
    if (status == NNDYN_OK) {
        memcpy(out, aside, (size_t)count * sizeof *out);
    }
    nd_release(network->handle.context, aside);
    return status;
}

static int vector(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2, const double *w,
                  const nndyn_options *options, double *out)
{
    nd_kernel_spec spec;
    product p = {0};
    nd_task task;
    nd_task_begin(&task, network, "tangent kernel times a vector");
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_ntk_check_batch(network, n, x, "n", "x"));
    if (x2) {
        ND_TRY(nd_ntk_check_batch(network, n2, x2, "n2", "x2"));
    }
    ND_TRY(nd_check_pointer(network, w, "w"));
    ND_TRY(nd_check_finite(network, n, nd_network_outputs(network), w, "w"));
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_ntk_spec(network, options, ND_NTK_VECTOR_OPTIONS, ND_KERNEL_FULL, &spec));
    if (x2 == x && n2 == n) {
        x2 = NULL;
    }
    int status = prepare(network, &spec, n, x, n2, x2, 0, &p);
    if (status == NNDYN_OK) {
        status = vector_aside(network, &p, &task, w, out);
    }
    release(network->handle.context, &p);
    return status;
}

int nndyn_ntk_vector(nndyn_network *network, int64_t n, const double *x, int64_t n2, const double *x2, const double *w,
                     const nndyn_options *options, double *out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk_vector"));
    return nd_leave(network, vector(network, n, x, n2, x2, w, options, out));
}

/* ---- the operator ------------------------------------------------------------------------------------------------ */

static int apply(nndyn_operator *op, void *user, const double *w, double *out)
{
    return multiply(user, op, w, out);
}

static void destroy(nndyn_context *context, void *user)
{
    release(context, user);
    nd_release(context, user);
}

static const nd_operator_methods methods = {apply, NULL, destroy};

static int create_operator(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                           nndyn_operator **out)
{
    nd_kernel_spec spec;
    product *p;
    nd_task task;
    nd_task_begin(&task, network, "tangent kernel as an operator");
    ND_TRY(nd_check_pointer(network, out, "out"));
    ND_TRY(nd_network_ready(network, network, 0));
    ND_TRY(nd_ntk_check_batch(network, n, x, "n", "x"));
    ND_TRY(nd_ntk_spec(network, options, ND_NTK_VECTOR_OPTIONS, ND_KERNEL_FULL, &spec));
    ND_TRY(nd_allocate_for(network, 1, sizeof *p, &p));
    int status = prepare(network, &spec, n, x, 0, NULL, 1, p);
    if (status == NNDYN_OK) {
        status = nd_task_report(&task, 1);
    }
    if (status != NNDYN_OK) {
        destroy(network->handle.context, p);
        return status;
    }
    int64_t rows = nd_product(n, nd_network_outputs(network));
    return nd_operator_create(network, rows, rows, &methods, p, out);
}

int nndyn_ntk_operator(nndyn_network *network, int64_t n, const double *x, const nndyn_options *options,
                       nndyn_operator **out)
{
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_ntk_operator"));
    return nd_leave(network, create_operator(network, n, x, options, out));
}
