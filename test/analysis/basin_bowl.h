/* basin_bowl.h - a quadratic bowl whose basins have closed forms: y = w.x with samples sqrt(3) diag(1, 2, 5), so that
 * the Hessian of the mean of e^2/2 is diag(1, 4, 25), trained by gradient descent. */
#ifndef NT_BASIN_BOWL_H
#define NT_BASIN_BOWL_H
#include "nndyn/basin.h"
#include "support/support.h"

NT_UNUSED static nndyn_context *plain_context(void)
{
    nndyn_context *c = NULL;
    assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
    return c;
}

typedef struct bowl {
    nndyn_context *c;
    nndyn_network *n;
    nndyn_dataset *d;
    nndyn_trainer *t;
} bowl;

/* At its minimum, where all weights are `minimum`. */
NT_UNUSED static bowl open_bowl(double rate, double minimum)
{
    const double a = sqrt(3), x[9] = {a, 0, 0, 0, 2 * a, 0, 0, 0, 5 * a};
    const double t[3] = {a * minimum, 2 * a * minimum, 5 * a * minimum}, theta[3] = {minimum, minimum, minimum};
    bowl b = {.c = plain_context()};
    nndyn_options *o = NULL;
    nt_ok(b.c, nndyn_options_create(b.c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "bias", 0));
    nt_ok(b.c, nndyn_network_create(b.c, NNDYN_F64, 3, &b.n));
    nt_ok(b.n, nndyn_network_add_dense_with(b.n, 1, NNDYN_IDENTITY, o));
    nt_ok(b.n, nndyn_network_set_loss(b.n, NNDYN_SQUARED_ERROR));
    nt_ok(b.n, nndyn_network_set_parameters(b.n, 3, theta));
    nt_ok(b.c, nndyn_dataset_create(b.c, 3, 3, x, 1, t, 1, &b.d));
    nt_ok(b.n, nndyn_trainer_create(b.n, NNDYN_SGD, &b.t));
    nt_ok(b.t, nndyn_trainer_set(b.t, "rate", rate));
    nndyn_options_free(o);
    return b;
}

NT_UNUSED static void close_bowl(bowl *b)
{
    nndyn_trainer_free(b->t);
    nndyn_dataset_free(b->d);
    nndyn_network_free(b->n);
    nndyn_context_free(b->c);
}

#endif
