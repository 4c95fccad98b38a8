/* optimizer.c - the table of optimizers: what each reads, keeps, and starts from.
 *
 * The arithmetic of an update is the kernels' (kernels/table.inc, update); here is everything else one has to know to
 * add an optimizer. */
#include "training/training.h"
#include <float.h>
#include <string.h>

#define READS(setting) (1u << (setting))

enum {
    COMMON = READS(ND_RATE) | READS(ND_WEIGHT_DECAY) | READS(ND_CLIP_NORM) | READS(ND_CLIP_VALUE),
    ADAM = COMMON | READS(ND_BETA1) | READS(ND_BETA2) | READS(ND_EPSILON)
};

typedef struct optimizer_row {
    const char *name;
    unsigned reads;
    int kernel, states, squares, noisy;
    double rate, beta2, weight_decay; /* defaults that differ from one to the other */
} optimizer_row;

static const optimizer_row optimizers[] = {
    [NNDYN_SGD] = {"sgd", COMMON, NNDYN_SGD, 0, 0, 0, 0.01, 0, 0},
    [NNDYN_MOMENTUM] = {"momentum", COMMON | READS(ND_MOMENTUM), NNDYN_MOMENTUM, 1, 0, 0, 0.01, 0, 0},
    [NNDYN_NESTEROV] = {"nesterov", COMMON | READS(ND_MOMENTUM), NNDYN_NESTEROV, 1, 0, 0, 0.01, 0, 0},
    [NNDYN_RMSPROP] = {"rmsprop", COMMON | READS(ND_BETA2) | READS(ND_EPSILON), NNDYN_RMSPROP, 1, 1, 0, 0.001, 0.99, 0},
    [NNDYN_ADAM] = {"adam", ADAM, NNDYN_ADAM, 2, 1, 0, 0.001, 0.999, 0},
    [NNDYN_ADAMW] = {"adamw", ADAM, NNDYN_ADAMW, 2, 1, 0, 0.001, 0.999, 0.01},
    [NNDYN_LANGEVIN] = {"langevin", COMMON | READS(ND_TEMPERATURE), NNDYN_SGD, 0, 0, 1, 0.01, 0, 0},
};

enum { OPTIMIZERS = (int)(sizeof optimizers / sizeof *optimizers) };

/* Bounds are those of float, for either precision: a file must mean the same in both, and an epsilon that rounds to
 * zero would divide 0 by 0 at a unit that is never active. */
#define BELOW_ONE (1 - DBL_EPSILON / 2)

static const nd_option_spec settings[ND_SETTINGS] = {
    [ND_RATE] = {"rate", ND_REAL, FLT_MIN, FLT_MAX, 0, NULL},
    [ND_MOMENTUM] = {"momentum", ND_REAL, 0, BELOW_ONE, 0.9, NULL},
    [ND_BETA1] = {"beta1", ND_REAL, 0, BELOW_ONE, 0.9, NULL},
    [ND_BETA2] = {"beta2", ND_REAL, 0, BELOW_ONE, 0, NULL},
    [ND_EPSILON] = {"epsilon", ND_REAL, FLT_MIN, FLT_MAX, 1e-8, NULL},
    [ND_WEIGHT_DECAY] = {"weight_decay", ND_REAL, 0, FLT_MAX, 0, NULL},
    [ND_TEMPERATURE] = {"temperature", ND_REAL, 0, FLT_MAX, 1, NULL},
    [ND_CLIP_NORM] = {"clip_norm", ND_REAL, 0, FLT_MAX, 0, NULL},
    [ND_CLIP_VALUE] = {"clip_value", ND_REAL, 0, FLT_MAX, 0, NULL},
};

int nd_optimizer_known(int kind)
{
    return kind > 0 && kind < OPTIMIZERS && optimizers[kind].name != NULL;
}

const char *nd_optimizer_name(int kind)
{
    return optimizers[kind].name;
}

int nd_optimizer_kernel(int kind)
{
    return optimizers[kind].kernel;
}

int nd_optimizer_noisy(int kind)
{
    return optimizers[kind].noisy;
}

int nd_optimizer_states(int kind)
{
    return optimizers[kind].states;
}

int nd_optimizer_squares(int kind)
{
    return optimizers[kind].squares;
}

int nd_optimizer_setting(int kind, int setting, nd_option_spec *spec)
{
    const optimizer_row *o = &optimizers[kind];
    *spec = settings[setting];
    if (setting == ND_RATE) {
        spec->standard = o->rate;
    } else if (setting == ND_BETA2) {
        spec->standard = o->beta2;
    } else if (setting == ND_WEIGHT_DECAY) {
        spec->standard = o->weight_decay;
    }
    return (o->reads & READS(setting)) != 0;
}

/* "rate, weight_decay, clip_norm": what an optimizer reads, for messages. */
static void list_settings(int kind, size_t size, char *text)
{
    nd_option_spec spec;
    text[0] = '\0';
    for (int i = 0; i < ND_SETTINGS; i++) {
        if (nd_optimizer_setting(kind, i, &spec)) {
            if (text[0] != '\0') {
                strncat(text, ", ", size - strlen(text) - 1);
            }
            strncat(text, spec.name, size - strlen(text) - 1);
        }
    }
}

int nd_optimizer_find(int kind, void *handle, const char *name, int *setting, nd_option_spec *spec)
{
    char list[160];
    for (int i = 0; i < ND_SETTINGS; i++) {
        if (nd_optimizer_setting(kind, i, spec) && strcmp(spec->name, name) == 0) {
            *setting = i;
            return NNDYN_OK;
        }
    }
    list_settings(kind, sizeof list, list);
    return nd_fail(handle, NNDYN_EOPTION, "name is \"%.63s\", which the optimizer %s does not read; it reads %s", name,
                   nd_optimizer_name(kind), list);
}
