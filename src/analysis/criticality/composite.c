/* composite.c - activation and loss as one function of the pre-activation, to its third derivative.
 *
 * With a = f(y), e = a - t and primes of the loss by a:
 *     g = h' f',   g' = h'' f'^2 + h' f'',   g'' = h''' f'^3 + 3 h'' f' f'' + h' f'''
 * e comes from the activation's residual, so that nothing cancels where f comes close to t at a limit.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/criticality/criticality.h"
#include <float.h>
#include <math.h>

static int check_kinds(nndyn_context *context, int activation, int loss)
{
    if (!nd_activation_known(activation)) {
        return nd_fail(context, NNDYN_EARG, "activation is %d; it must be one of the activations of nndyn/network.h",
                       activation);
    }
    if (!nd_loss_known(loss)) {
        return nd_fail(context, NNDYN_EARG, "loss is %d; it must be one of the losses of nndyn/network.h", loss);
    }
    if (activation == NNDYN_CUSTOM_ACTIVATION || loss == NNDYN_CUSTOM_LOSS) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "a custom activation or loss brings no third derivative here; use one of the library's own");
    }
    if (loss == NNDYN_SOFTMAX_CROSS_ENTROPY) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "the loss softmax_cross_entropy couples the outputs, so that there is no force of one of them; "
                       "use NNDYN_BINARY_CROSS_ENTROPY");
    }
    return NNDYN_OK;
}

/* An option that the kind does not read: one that takes NaN for it. */
static int check_meant(nndyn_context *context, const nd_composite *c, const nd_option_value *values)
{
    static const char *const names[] = {"activation_parameter", "loss_parameter", "loss_scale"};
    const char *allowed = "";
    const int needless[] = {
        nd_activation_check(c->activation.kind, NAN, &allowed) == 0,
        nd_loss_check(c->loss.kind, NAN, 1, &allowed) == 0,
        nd_loss_check(c->loss.kind, nd_loss_default(c->loss.kind), NAN, &allowed) == 0,
    };
    for (int i = 0; i < 3; i++) {
        if (values[i].given && needless[i]) {
            return nd_fail(context, NNDYN_EOPTION, "option \"%s\" is given, but %s has none", names[i],
                           i == 0 ? nndyn_activation_name(c->activation.kind) : nndyn_loss_name(c->loss.kind));
        }
    }
    if (nd_activation_check(c->activation.kind, c->activation.parameter, &allowed) != 0) {
        return nd_fail(context, NNDYN_EOPTION, "option \"activation_parameter\" is %g; allowed: %s",
                       c->activation.parameter, allowed);
    }
    if (nd_loss_check(c->loss.kind, c->loss.parameter, c->loss.scale, &allowed) != 0) {
        return nd_fail(context, NNDYN_EOPTION,
                       "options \"loss_parameter\" and \"loss_scale\" are %g and %g; allowed: %s", c->loss.parameter,
                       c->loss.scale, allowed);
    }
    return NNDYN_OK;
}

int nd_composite_read(nndyn_context *context, int activation, int loss, const nd_option_value *values,
                      nd_composite *out)
{
    ND_TRY(check_kinds(context, activation, loss));
    const nd_option_value *f = &values[ND_CRITICAL_ACTIVATION], *h = &values[ND_CRITICAL_LOSS];
    nd_composite c = {.k = nd_kernels_choose_f64(nd_context_kernels(context)), .scale = 1};
    c.activation = (nd_activation){.kind = activation, .order = 3};
    c.activation.parameter = f->given ? f->real : nd_activation_default(activation);
    c.loss = (nd_loss){.kind = loss, .order = 3, .scale = values[ND_CRITICAL_SCALE].real};
    c.loss.parameter = h->given ? h->real : nd_loss_default(loss);
    c.update = (int)values[ND_CRITICAL_UPDATE].integer;
    ND_TRY(check_meant(context, &c, values));
    if (c.k == NULL) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "the kernels \"%s\" of the context are not in this build or not for this processor",
                       nd_context_kernels(context));
    }
    *out = c;
    return NNDYN_OK;
}

/* u = |y g|: (y g)' = g + y g', (y g)'' = 2 g' + y g''. */
static void times_y(int64_t n, const double *y, double *g, double *g1, double *g2)
{
    for (int64_t i = 0; i < n; i++) {
        if (g2 != NULL) {
            g2[i] = 2 * g1[i] + y[i] * g2[i];
        }
        if (g1 != NULL) {
            g1[i] = g[i] + y[i] * g1[i];
        }
        g[i] *= y[i];
    }
}

static void times_scale(int64_t n, double scale, double *g)
{
    for (int64_t i = 0; g != NULL && i < n; i++) {
        g[i] *= scale;
    }
}

void nd_composite_force(const nd_composite *c, int64_t n, const double *y, double *g, double *g1, double *g2)
{
    enum { CHUNK = ND_COMPOSITE_CHUNK };
    const nd_kernels_f64 *k = c->k;
    double a[CHUNK], e[CHUNK], t[CHUNK], h[CHUNK], f1[CHUNK], f2[CHUNK], f3[CHUNK], d[CHUNK], m[CHUNK], j[CHUNK];
    for (int64_t i = 0; i < n; i++) {
        t[i] = c->t;
    }
    k->activate(&c->activation, n, y, a);
    k->residual(&c->activation, n, y, t, e);
    k->activate_derivative(&c->activation, 1, n, y, f1);
    k->loss(&c->loss, n, 1, a, e, t, h, d);
    for (int64_t i = 0; i < n; i++) {
        g[i] = d[i] * f1[i];
    }
    if (g1 != NULL) {
        k->activate_derivative(&c->activation, 2, n, y, f2);
        k->loss_second(&c->loss, n, 1, a, e, t, m, NULL, NULL);
        for (int64_t i = 0; i < n; i++) {
            g1[i] = m[i] * f1[i] * f1[i] + d[i] * f2[i];
        }
    }
    if (g2 != NULL) {
        k->activate_derivative(&c->activation, 3, n, y, f3);
        k->loss_third(&c->loss, n, a, e, t, j);
        for (int64_t i = 0; i < n; i++) {
            g2[i] = (j[i] * f1[i] * f1[i] + 3 * m[i] * f2[i]) * f1[i] + d[i] * f3[i];
        }
    }
    if (c->update == ND_UPDATE_WEIGHT) {
        times_y(n, y, g, g1, g2);
    }
    times_scale(n, c->scale, g);
    times_scale(n, c->scale, g1);
    times_scale(n, c->scale, g2);
}
