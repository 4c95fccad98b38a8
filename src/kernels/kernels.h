/* kernels.h - the arithmetic of the library, written once in *.inc files and compiled for float and for double and for
 * each set of processor instructions.  No allocation, no error paths, no knowledge of networks.
 *
 * Two tables of functions come out, nd_kernels_f32 and nd_kernels_f64; nd_kernels_choose finds the best one for the
 * processor.  Within a file that is compiled for one precision, R is the real type, ND(name) is nd_name_f32 or _f64. */
#ifndef ND_KERNELS_H
#define ND_KERNELS_H
#include "core/core.h"
#include "core/random.h"
#include "nndyn/kernels.h"

/* One beyond the last activation, the last loss of the library: sizes of tables, ends of loops. */
enum { ND_ACTIVATIONS = NNDYN_ABS_POWER + 1, ND_LOSSES = NNDYN_NEGATIVE_LOG + 1 };

/* A pointwise activation, by kind (numbers as in nndyn/kernels.h) and its parameter; a custom one by callback. */
typedef struct nd_activation {
    int kind;
    int order; /* highest derivative there is */
    double parameter;
    int (*evaluate)(void *user, int order, int64_t count, const double *z, double *values);
    void *user;
} nd_activation;

/* A loss, by kind and its parameters; a custom one by callback. */
typedef struct nd_loss {
    int kind;
    int order;
    int residual_convention; /* softmax cross-entropy with D = s - t */
    double parameter, scale;
    int (*evaluate)(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                    double *dt);
    void *user;
} nd_loss;

/* How second derivatives of a loss are kept for a batch, and so how they are applied. */
enum {
    ND_LOSS_DIAGONAL = 1, /* m, e: n x k each */
    ND_LOSS_SOFTMAX = 2,  /* m: n x k softmax s, e: n factors of diag s - s s': the sum of targets, or 1 with the
                             residual convention */
    ND_LOSS_DENSE = 3     /* m, e: n x k x k each */
};

/* Settings of one optimizer update. */
typedef struct nd_update {
    int kind;     /* optimizer, numbers as in nndyn/kernels.h */
    int64_t step; /* from 0 */
    double rate, momentum, beta1, beta2, epsilon, weight_decay;
    double gradient_scale; /* factor on g: clipping by norm */
    double clip_value;     /* 0: off; applied after gradient_scale, before weight decay */
} nd_update;

/* Dense layers of many networks side by side (lanes.inc): weights out x in, inputs n x in, outputs n x out, each entry
 * `lanes` numbers (a multiple of ND_LANES), but inputs that all share (`shared`) one number. */
enum { ND_LANES = 16 };
typedef struct nd_lanes {
    int64_t lanes, n, in, out;
    int shared;
    double factor, bias_factor; /* z = factor W x + bias_factor b */
} nd_lanes;

#define R        float
#define ND(name) nd_##name##_f32
#include "kernels/table.inc"
#undef R
#undef ND
#define R        double
#define ND(name) nd_##name##_f64
#include "kernels/table.inc"
#undef R
#undef ND

/* Tables for a name of nndyn_context_set_kernels; NULL if the build or the processor lacks them. */
const nd_kernels_f32 *nd_kernels_choose_f32(const char *name);
const nd_kernels_f64 *nd_kernels_choose_f64(const char *name);
/* NNDYN_OK, NNDYN_EARG (unknown name) or NNDYN_EUNSUPPORTED. */
int nd_kernels_check(const char *name);

/* Suprema of |f'| and |f''| of an activation; ND_NO_BOUND: it has none, or f' jumps (second). */
typedef struct nd_activation_bounds {
    double first, second;
} nd_activation_bounds;
enum { ND_NO_BOUND = -1 };

/* Properties of kinds, from one table each (activations.c, losses.c). */
nd_activation_bounds nd_activation_bounds_of(const nd_activation *f);
int nd_activation_known(int kind);
double nd_activation_default(int kind); /* of its parameter */
int nd_activation_check(int kind, double parameter,
                        const char **allowed); /* 0 if fine; else what is allowed, in words */
int nd_loss_known(int kind);
double nd_loss_default(int kind);
int nd_loss_check(int kind, double parameter, double scale, const char **allowed);
int nd_loss_form(const nd_loss *loss); /* ND_LOSS_* */

#endif
