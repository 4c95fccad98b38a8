/* losses.c - what the kinds of losses allow as their parameters, and the form of their second derivatives. */
#include "kernels/kernels.h"
#include "nndyn/kernels.h"
#include <float.h>
#include <math.h>

typedef struct nd_loss_kind {
    double standard; /* of the parameter */
    double least, most;
    const char *allowed; /* NULL: no parameter */
    int scaled;          /* has a scale, which must be above 0 */
    int form;            /* 0: ND_LOSS_DIAGONAL */
} nd_loss_kind;

static const char positive[] = "a finite number above 0";

static const nd_loss_kind kinds[ND_LOSSES] = {
    [NNDYN_SQUARED_ERROR] = {0.5, DBL_MIN, DBL_MAX, positive, 0, 0},
    [NNDYN_POWER_ERROR] = {3, -DBL_MAX, DBL_MAX, "a finite number other than 0", 0, 0},
    [NNDYN_SOFTMAX_CROSS_ENTROPY] = {0, 0, 0, NULL, 0, ND_LOSS_SOFTMAX},
    [NNDYN_HUBER] = {1, DBL_MIN, DBL_MAX, positive, 0, 0},
    [NNDYN_CAUCHY] = {0, 0, 0, NULL, 1, 0},
    [NNDYN_GEMAN_MCCLURE] = {0, 0, 0, NULL, 1, 0},
    [NNDYN_WELSCH] = {0, 0, 0, NULL, 1, 0},
    [NNDYN_BARRON] = {1, -HUGE_VAL, DBL_MAX, "a finite number, or minus infinity", 1, 0},
    [NNDYN_HINGE] = {1, -DBL_MAX, DBL_MAX, "any finite number", 0, 0},
};

static const nd_loss_kind *kind_of(int kind)
{
    static const nd_loss_kind custom = {0, 0, 0, NULL, 0, ND_LOSS_DENSE};
    return kind == NNDYN_CUSTOM_LOSS ? &custom : &kinds[kind];
}

int nd_loss_known(int kind)
{
    return (kind >= NNDYN_SQUARED_ERROR && kind < ND_LOSSES) || kind == NNDYN_CUSTOM_LOSS;
}

double nd_loss_default(int kind)
{
    return nd_loss_known(kind) ? kind_of(kind)->standard : 0;
}

int nd_loss_check(int kind, double parameter, double scale, const char **allowed)
{
    if (!nd_loss_known(kind)) {
        *allowed = "one of the losses of nndyn/kernels.h";
        return NNDYN_EARG;
    }
    const nd_loss_kind *k = kind_of(kind);
    int zero_power = kind == NNDYN_POWER_ERROR && parameter == 0;
    if (k->allowed != NULL && (!(parameter >= k->least && parameter <= k->most) || zero_power)) {
        *allowed = k->allowed;
        return NNDYN_EARG;
    }
    if (k->scaled && !(scale >= DBL_MIN && scale <= DBL_MAX)) {
        *allowed = "a scale that is a finite number above 0";
        return NNDYN_EARG;
    }
    return 0;
}

int nd_loss_form(const nd_loss *loss)
{
    int form = nd_loss_known(loss->kind) ? kind_of(loss->kind)->form : 0;
    return form == 0 ? ND_LOSS_DIAGONAL : form;
}
