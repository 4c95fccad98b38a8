/* products.h - products with the Hessian, the Gauss-Newton matrix and the Jacobians of a batch: a pass and the
 * tangents to push through it, made once and used as often as wanted without allocating. */
#ifndef ND_PRODUCTS_H
#define ND_PRODUCTS_H
#include "derivatives/engine.h"

enum { ND_PRODUCT_NONE = -1 };

/* What a product needs. */
typedef struct nd_product_spec {
    int order; /* of the pass: ND_PASS_* */
    int along; /* flags of the tangent that goes forward, or ND_PRODUCT_NONE */
    int back;  /* flags of a second one that only goes backward, or ND_PRODUCT_NONE */
} nd_product_spec;

extern const nd_product_spec nd_hessian_spec, nd_gauss_newton_spec, nd_jacobian_spec;

typedef struct nd_batch_products {
    nd_pass *pass;
    nd_tangent *along, *back;
    nd_task *task; /* told between the phases of a product; NULL in operators, whose users tell of their own progress */
} nd_batch_products;

/* Makes what `spec` names and runs the pass.  reserved: bytes that the caller is going to take as well, for the
 * memory limit. On failure there is nothing to free. */
int nd_batch_products_create(nndyn_network *network, const nd_product_spec *spec, int64_t n, const double *x,
                             const double *t, int copy, const nd_option_value *options, double reserved,
                             nd_batch_products *out);
void nd_batch_products_free(nndyn_context *context, nd_batch_products *products);

/* y = scale sum_s (d2h_s/dq dq) u */
int nd_product_hessian(nd_batch_products *products, void *handle, const double *u, double *y);
/* y = scale sum_s J_s' M_s J_s u */
int nd_product_gauss_newton(nd_batch_products *products, void *handle, const double *u, double *y);
/* y = J u, n x outputs */
int nd_product_jacobian(nd_batch_products *products, void *handle, const double *u, double *y);
/* u = sum_s J_s' y_s, not scaled; NULL for what it leaves at the inputs only (products->back->back[0]) */
int nd_product_jacobian_transposed(nd_batch_products *products, void *handle, const double *y, double *u);

/* The operators of nndyn/derivatives.h (operators.c), within a call on the network, options read. */
enum { ND_HESSIAN = 0, ND_GAUSS_NEWTON, ND_JACOBIAN };
int nd_products_operator(nndyn_network *network, int64_t n, const double *x, const double *t,
                         const nd_option_value *values, int which, nndyn_operator **out);

/* Gradients g_s of the losses of single samples, none of which is formed (sample_gradients.c): with products made by
 * nd_jacobian_spec and targets, of independent samples.  Not scaled by the pass's 1/n. */
int nd_sample_gradients_create(nndyn_network *network, int64_t n, const double *x, const double *t, int copy,
                               const nd_option_value *options, double reserved, nd_batch_products *out);
/* out (n) = g_s . u; scratch: n x outputs */
int nd_gradient_projection(nd_batch_products *products, void *handle, const double *u, double *scratch, double *out);
/* out (P) = sum_s w_s g_s; scratch: n x outputs */
int nd_gradient_combination(nd_batch_products *products, void *handle, const double *w, double *scratch, double *out);
/* out (n x n) = g_s . g_s', per layer (A A' + 1) o (D D') */
int nd_gradient_gram(nd_batch_products *products, void *handle, double *out);

#endif
