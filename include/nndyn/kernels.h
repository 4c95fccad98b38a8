/* nndyn/kernels.h - the vocabulary of the arithmetic: activations, losses, optimizers; and which kernels compute it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef NNDYN_KERNELS_H
#define NNDYN_KERNELS_H
#include "core.h"
#ifdef __cplusplus
extern "C" {
#endif

/** Activations f(z).  "parameter" is the option of that name, with its default. */
enum {
    NNDYN_IDENTITY = 1,
    NNDYN_RELU = 2,
    NNDYN_LEAKY_RELU = 3, /* z < 0: parameter * z (0.01) */
    NNDYN_ELU = 4,        /* z < 0: parameter * (e^z - 1) (1) */
    NNDYN_SOFTPLUS = 5,   /* ln(1 + e^z) */
    NNDYN_SIGMOID = 6,
    NNDYN_TANH = 7,
    NNDYN_ERF = 8,
    NNDYN_ARCTAN = 9,
    NNDYN_SOFTSIGN = 10, /* z / (1 + |z|) */
    NNDYN_ISRU = 11,     /* z / sqrt(1 + z^2) */
    NNDYN_SILU = 12,     /* z * sigmoid(z) */
    NNDYN_GELU = 13,     /* z * Phi(z), exact */
    NNDYN_EXP = 14,
    NNDYN_SIN = 15,
    NNDYN_COS = 16,
    NNDYN_ABS_POWER = 17,          /* |z|^parameter (2) */
    NNDYN_CUSTOM_ACTIVATION = 1000 /* of the caller; beyond every number the library will give */
};

/** Losses h(a, t) of one sample, summed over outputs; a is the output of the last layer, e = a - t.  The loss of a
 *  batch is the mean over its samples. */
enum {
    NNDYN_SQUARED_ERROR = 1,         /* parameter * e^2 (1/2) */
    NNDYN_POWER_ERROR = 2,           /* |e|^p / p, parameter p (3) */
    NNDYN_BINARY_CROSS_ENTROPY = 3,  /* a is the logit: ln(1 + e^a) - t a */
    NNDYN_SOFTMAX_CROSS_ENTROPY = 4, /* a are the logits: -sum t_k ln softmax(a)_k; see option "convention" */
    NNDYN_POISSON = 5,               /* a is the log rate: e^a - t a */
    NNDYN_HUBER = 6,                 /* e^2/2 for |e| < d, d (|e| - d/2) outside, parameter d (1) */
    NNDYN_LOG_COSH = 7,              /* ln cosh e */
    NNDYN_CAUCHY = 8,                /* c^2 ln(1 + (e/c)^2 / 2), scale c (1) */
    NNDYN_GEMAN_MCCLURE = 9,         /* 2 (e/c)^2 / ((e/c)^2 + 4), scale c (1) */
    NNDYN_WELSCH = 10,               /* 1 - exp(-(e/c)^2 / 2), scale c (1) */
    NNDYN_BARRON = 11,               /* Barron's general robust loss of shape parameter (1) and scale c (1) */
    NNDYN_HINGE = 12,                /* max(0, parameter - t a), t = +1 or -1, parameter (1) */
    NNDYN_NEGATIVE_LOG = 13,         /* -t ln a, a > 0 */
    NNDYN_CUSTOM_LOSS = 1000         /* of the caller; beyond every number the library will give */
};

/** Optimizers; g is the gradient of the batch's mean loss, clipped, plus weight_decay * w (but for AdamW). */
enum {
    NNDYN_SGD = 1,      /* w -= rate g; with full batches: gradient descent */
    NNDYN_MOMENTUM = 2, /* v = momentum v + g; w -= rate v */
    NNDYN_NESTEROV = 3, /* v = momentum v + g; w -= rate (g + momentum v) */
    NNDYN_RMSPROP = 4,  /* s = beta2 s + (1-beta2) g^2; w -= rate g / (sqrt(s) + epsilon) */
    NNDYN_ADAM = 5,     /* m = beta1 m + (1-beta1) g; s as RMSprop; with k steps done, this one included,
                           w -= rate m / (1-beta1^k) / (sqrt(s / (1-beta2^k)) + epsilon) */
    NNDYN_ADAMW = 6,    /* w -= rate * weight_decay * w, then as Adam */
    NNDYN_LANGEVIN = 7  /* SGLD: w -= rate g - sqrt(2 rate temperature) xi, xi unit normal */
};

/** One line for bug reports: version, compiler, kernels in use, BLAS and its core type.
 *  @param capacity size of @p text in bytes
 *  @param text receives at most @p capacity bytes, ended by a zero byte; may be NULL if capacity is 0
 *  @param length receives the length of the whole text without the zero byte; may be NULL
 *  @return NNDYN_OK, or NNDYN_EARG for a negative capacity or a NULL text with a positive one */
NNDYN_API int nndyn_build_info(int64_t capacity, char *text, int64_t *length);

/** Choose the compiled set of kernels for networks created afterwards.
 *  @param context the context
 *  @param name "auto" (the best the processor has, the default), "baseline", "avx2" or "avx512"
 *  @return NNDYN_OK, NNDYN_EARG (unknown), NNDYN_EUNSUPPORTED (not in this build or not on this processor) */
NNDYN_API int nndyn_context_set_kernels(nndyn_context *context, const char *name);

#ifdef __cplusplus
}
#endif
#endif
