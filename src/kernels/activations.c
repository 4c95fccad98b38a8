/* activations.c - what the kinds of activations allow as their parameter, and bounds on their derivatives. */
#include "kernels/kernels.h"
#include "nndyn/kernels.h"
#include <float.h>
#include <math.h>

typedef struct nd_activation_kind {
    double standard;
    double least, most;  /* inclusive; of kinds without a parameter any number will do */
    const char *allowed; /* NULL: no parameter */
} nd_activation_kind;

static const char any_slope[] = "any finite number";

static const nd_activation_kind kinds[ND_ACTIVATIONS] = {
    [NNDYN_LEAKY_RELU] = {0.01, -DBL_MAX, DBL_MAX, any_slope},
    [NNDYN_ELU] = {1, -DBL_MAX, DBL_MAX, any_slope},
    [NNDYN_ABS_POWER] = {2, DBL_MIN, DBL_MAX, "a finite number above 0"},
};

/* A custom one has no parameter of the library's. */
static const nd_activation_kind *kind_of(int kind)
{
    static const nd_activation_kind custom = {0};
    return kind == NNDYN_CUSTOM_ACTIVATION ? &custom : &kinds[kind];
}

int nd_activation_known(int kind)
{
    return (kind >= NNDYN_IDENTITY && kind < ND_ACTIVATIONS) || kind == NNDYN_CUSTOM_ACTIVATION;
}

double nd_activation_default(int kind)
{
    return nd_activation_known(kind) ? kind_of(kind)->standard : 0;
}

int nd_activation_check(int kind, double parameter, const char **allowed)
{
    if (!nd_activation_known(kind)) {
        *allowed = "one of the activations of nndyn/kernels.h";
        return NNDYN_EARG;
    }
    const nd_activation_kind *k = kind_of(kind);
    if (k->allowed != NULL && !(parameter >= k->least && parameter <= k->most)) {
        *allowed = k->allowed;
        return NNDYN_EARG;
    }
    return 0;
}

/* Maxima, by setting the next derivative to zero: f'' of tanh at tanh^2 = 1/3, of erf at 1/sqrt 2, of arctan at
 * 1/sqrt 3, of isru at 1/2; f' of gelu at sqrt 2, of silu by Newton's method to 17 digits. */
static const nd_activation_bounds bounds[ND_ACTIVATIONS] = {
    [NNDYN_IDENTITY] = {1, 0},
    [NNDYN_RELU] = {1, ND_NO_BOUND}, /* f' jumps */
    [NNDYN_SOFTPLUS] = {1, 0.25},
    [NNDYN_SIGMOID] = {0.25, 0.09622504486493767},          /* 1/(6 sqrt 3) */
    [NNDYN_TANH] = {1, 0.7698003589195010},                 /* 4/(3 sqrt 3) */
    [NNDYN_ERF] = {1.1283791670955126, 0.9678828980765734}, /* 2/sqrt pi, sqrt(8/(pi e)) */
    [NNDYN_ARCTAN] = {1, 0.6495190528383290},               /* 3 sqrt 3 / 8 */
    [NNDYN_SOFTSIGN] = {1, 2},
    [NNDYN_ISRU] = {1, 0.8586501033599192}, /* 1.5 / 1.25^2.5 */
    [NNDYN_SILU] = {1.0998393201288669, 0.5},
    [NNDYN_GELU] = {1.1289041451851550, 0.7978845608028654}, /* f'' at 0: 2/sqrt(2 pi) */
    [NNDYN_SIN] = {1, 1},
    [NNDYN_COS] = {1, 1},
    [NNDYN_EXP] = {ND_NO_BOUND, ND_NO_BOUND},
};

nd_activation_bounds nd_activation_bounds_of(const nd_activation *f)
{
    const double p = fabs(f->parameter);
    switch (f->kind) {
    case NNDYN_LEAKY_RELU:
        return (nd_activation_bounds){fmax(1, p), f->parameter == 1 ? 0 : ND_NO_BOUND};
    case NNDYN_ELU: /* smooth enough at 0 with the parameter 1 only */
        return (nd_activation_bounds){fmax(1, p), f->parameter == 1 ? 1 : ND_NO_BOUND};
    case NNDYN_ABS_POWER:
        return (nd_activation_bounds){f->parameter == 1 ? 1 : ND_NO_BOUND, f->parameter == 2 ? 2 : ND_NO_BOUND};
    case NNDYN_CUSTOM_ACTIVATION:
        return (nd_activation_bounds){ND_NO_BOUND, ND_NO_BOUND};
    default:
        return bounds[f->kind];
    }
}
