/* activations.c - what the kinds of activations allow as their parameter. */
#include "kernels/kernels.h"
#include "nndyn/kernels.h"
#include <float.h>

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
