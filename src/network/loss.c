/* loss.c - what a network is asked to minimize.  SPDX-License-Identifier: MIT */
#include "network/build.h"
#include <float.h>
#include <math.h>

enum { LOSS_PARAMETER, LOSS_SCALE, LOSS_CONVENTION, LOSS_OPTIONS };
static const nd_option_spec loss_options[LOSS_OPTIONS] = {
    [LOSS_PARAMETER] = {"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
    [LOSS_SCALE] = {"scale", ND_REAL, -DBL_MAX, DBL_MAX, 1, NULL},
    [LOSS_CONVENTION] = {"convention", ND_TEXT, 0, 0, 0, "gradient|residual"},
};

/* Options that the loss has no use for are mistakes: a kind that takes NaN for a number does not read it. */
static int check_meant(void *handle, int kind, const nd_option_value *v)
{
    const char *allowed = "";
    const int needless[LOSS_OPTIONS] = {
        [LOSS_PARAMETER] = nd_loss_check(kind, NAN, 1, &allowed) == 0,
        [LOSS_SCALE] = nd_loss_check(kind, nd_loss_default(kind), NAN, &allowed) == 0,
        [LOSS_CONVENTION] = kind != NNDYN_SOFTMAX_CROSS_ENTROPY,
    };
    for (int i = 0; i < LOSS_OPTIONS; i++) {
        if (v[i].given && needless[i]) {
            return nd_fail(handle, NNDYN_EOPTION, "option \"%s\" is given, but loss %s has none", loss_options[i].name,
                           nndyn_loss_name(kind));
        }
    }
    return NNDYN_OK;
}

int nd_loss_read(void *handle, int kind, const nndyn_options *options, nd_loss *out)
{
    nd_option_value v[LOSS_OPTIONS];
    if (kind == NNDYN_CUSTOM_LOSS || !nd_loss_known(kind)) {
        return nd_fail(handle, NNDYN_EARG,
                       "loss is %d; it must be one of the constants NNDYN_SQUARED_ERROR (%d) to "
                       "%d of nndyn/kernels.h; for one of your own use nndyn_network_set_custom_loss",
                       kind, NNDYN_SQUARED_ERROR, ND_LOSSES - 1);
    }
    ND_TRY(nd_options_read(handle, options, loss_options, LOSS_OPTIONS, v));
    nd_loss loss = {.kind = kind, .order = ND_LOSS_ORDER, .scale = v[LOSS_SCALE].real};
    loss.parameter = v[LOSS_PARAMETER].given ? v[LOSS_PARAMETER].real : nd_loss_default(kind);
    loss.residual_convention = (int)v[LOSS_CONVENTION].integer;
    ND_TRY(check_meant(handle, kind, v));
    const char *allowed = "";
    if (nd_loss_check(kind, loss.parameter, loss.scale, &allowed) != 0) {
        return nd_fail(handle, NNDYN_EOPTION, "options of loss %s are \"parameter\" %g and \"scale\" %g; allowed: %s",
                       nndyn_loss_name(kind), loss.parameter, loss.scale, allowed);
    }
    *out = loss;
    return NNDYN_OK;
}

int nndyn_network_set_loss(nndyn_network *network, int loss)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, nd_loss_read(network, loss, NULL, &network->loss));
}

int nndyn_network_set_loss_with(nndyn_network *network, int loss, const nndyn_options *options)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    return nd_leave(network, nd_loss_read(network, loss, options, &network->loss));
}

static int set_custom(nndyn_network *network, const nd_loss *loss)
{
    ND_TRY(nd_check_size(network, loss->order, 1, ND_LOSS_ORDER, "order"));
    if (loss->evaluate == NULL) {
        return nd_fail(network, NNDYN_EARG, "evaluate is NULL; it must be a function");
    }
    network->loss = *loss;
    return NNDYN_OK;
}

int nndyn_network_set_custom_loss(nndyn_network *network, int order,
                                  int (*evaluate)(void *user, int64_t k, const double *a, const double *t, double *h,
                                                  double *d, double *m, double *e, double *dt),
                                  void *user)
{
    ND_TRY(nd_enter(network, ND_NETWORK, __func__));
    nd_loss loss = {.kind = NNDYN_CUSTOM_LOSS, .order = order, .evaluate = evaluate, .user = user, .scale = 1};
    return nd_leave(network, set_custom(network, &loss));
}
