/* step.c - one optimizer step: forward, loss, backward, clip, update, statistics. */
#include "training/recorder.h"
#include "core/random.h"
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* An update goes in blocks of this many parameters, so that threads can share it; noise is drawn in smaller ones, which
 * live on the stack. */
enum { UPDATE_BLOCK = 16384, NOISE_BLOCK = 256 };

int64_t nd_trainer_blocks(int64_t parameters)
{
    return (parameters + UPDATE_BLOCK - 1) / UPDATE_BLOCK;
}

/* What does not depend on the precision. */
static int check_step(nndyn_trainer *trainer, int64_t n, double rate)
{
    const nndyn_network *network = trainer->network;
    ND_TRY(nd_check_size(trainer, n, 1, INT_MAX, "n"));
    ND_TRY(nd_network_ready(network, trainer, 1));
    if (!(rate <= FLT_MAX)) {
        return nd_fail(trainer, NNDYN_ENUMERIC,
                       "the learning rate of step %lld is %g by its schedule, must be at most %g; lower its factor",
                       (long long)trainer->step, rate, (double)FLT_MAX);
    }
    return NNDYN_OK;
}

static nd_update update_of(const nndyn_trainer *trainer, double rate, double factor)
{
    const double *settings = trainer->settings;
    return (nd_update){
        .kind = nd_optimizer_kernel(trainer->optimizer),
        .step = trainer->step,
        .rate = rate,
        .momentum = settings[ND_MOMENTUM],
        .beta1 = settings[ND_BETA1],
        .beta2 = settings[ND_BETA2],
        .epsilon = settings[ND_EPSILON],
        .weight_decay = settings[ND_WEIGHT_DECAY],
        .gradient_scale = factor,
        .clip_value = settings[ND_CLIP_VALUE],
    };
}

void nd_trainer_drop_workspace(nndyn_trainer *trainer)
{
    nndyn_context *context = trainer->handle.context;
    if (trainer->network->dtype == NNDYN_F32) {
        nd_workspace_free_f32(context, trainer->workspace);
    } else {
        nd_workspace_free_f64(context, trainer->workspace);
    }
    trainer->workspace = NULL;
    trainer->capacity = 0;
}

int nd_trainer_reserve(nndyn_trainer *trainer, int64_t n)
{
    const nndyn_network *network = trainer->network;
    nd_workspace_f32 *w32 = NULL;
    nd_workspace_f64 *w64 = NULL;
    if (n <= trainer->capacity) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_memory(trainer, nd_trainer_bytes(network, trainer->optimizer, n), "the trainer"));
    if (network->dtype == NNDYN_F32) {
        ND_TRY(nd_workspace_create_f32(network, trainer, n, ND_KEEP_TRAINING, &w32));
    } else {
        ND_TRY(nd_workspace_create_f64(network, trainer, n, ND_KEEP_TRAINING, &w64));
    }
    nd_trainer_drop_workspace(trainer);
    trainer->workspace = network->dtype == NNDYN_F32 ? (void *)w32 : (void *)w64;
    trainer->capacity = n;
    return NNDYN_OK;
}

#define R                float
#define R_MAX            FLT_MAX
#define ND(name)         nd_##name##_f32
#define KERNELS(network) (network)->k32
#define ND_CHECK_FINITE  nd_check_finite_f32
#include "training/step.inc"
#undef R
#undef R_MAX
#undef ND
#undef KERNELS
#undef ND_CHECK_FINITE
#define R                double
#define R_MAX            DBL_MAX
#define ND(name)         nd_##name##_f64
#define KERNELS(network) (network)->k64
#define ND_CHECK_FINITE  nd_check_finite
#include "training/step.inc"

int nd_trainer_hold(nndyn_trainer *trainer)
{
    ND_TRY(nd_hold(trainer, trainer->network, ND_NETWORK, "network"));
    trainer->network_held = 1;
    const int status = nd_recorders_hold(trainer);
    if (status != NNDYN_OK) {
        nd_trainer_unhold(trainer);
    }
    return status;
}

void nd_trainer_unhold(nndyn_trainer *trainer)
{
    nd_recorders_unhold(trainer);
    if (trainer->network_held) {
        nd_unhold(trainer->network);
        trainer->network_held = 0;
    }
}

static int step_f64(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, double *loss)
{
    double mean = 0;
    int status;
    if (trainer->network->dtype != NNDYN_F64) {
        return nd_fail(trainer, NNDYN_EARG, "the network is of single precision; call nndyn_train_step_f32");
    }
    ND_TRY(nd_trainer_hold(trainer));
    status = nd_train_step_f64(trainer, n, x, t, &mean);
    nd_trainer_unhold(trainer);
    if (status == NNDYN_OK && loss != NULL) {
        *loss = mean;
    }
    return status;
}

int nndyn_train_step(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, double *loss)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_train_step"));
    return nd_leave(trainer, step_f64(trainer, n, x, t, loss));
}

static int step_f32(nndyn_trainer *trainer, int64_t n, const float *x, const float *t, double *loss)
{
    double mean = 0;
    int status;
    if (trainer->network->dtype != NNDYN_F32) {
        return nd_fail(trainer, NNDYN_EARG, "the network is of double precision; call nndyn_train_step");
    }
    ND_TRY(nd_trainer_hold(trainer));
    status = nd_train_step_f32(trainer, n, x, t, &mean);
    nd_trainer_unhold(trainer);
    if (status == NNDYN_OK && loss != NULL) {
        *loss = mean;
    }
    return status;
}

int nndyn_train_step_f32(nndyn_trainer *trainer, int64_t n, const float *x, const float *t, double *loss)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_train_step_f32"));
    return nd_leave(trainer, step_f32(trainer, n, x, t, loss));
}
