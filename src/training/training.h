/* training.h - the trainer as its own files and the floors above see it. */
#ifndef ND_TRAINING_H
#define ND_TRAINING_H
#include "network/network.h"
#include "nndyn/training.h"

/* Counts of steps stay exact as doubles, which schedules are functions of. */
#define ND_MOST_STEPS (INT64_C(1) << 52)

/* Settings of optimizers that are real numbers; the order is part of the file format (docs/format.md). */
enum {
    ND_RATE,
    ND_MOMENTUM,
    ND_BETA1,
    ND_BETA2,
    ND_EPSILON,
    ND_WEIGHT_DECAY,
    ND_TEMPERATURE,
    ND_CLIP_NORM,
    ND_CLIP_VALUE,
    ND_SETTINGS
};

/* ---- optimizers (optimizer.c): one table of what each reads, keeps and starts from ------------------------------- */

int nd_optimizer_known(int optimizer);
const char *nd_optimizer_name(int optimizer);
/* Kind of the update kernel (Langevin is a gradient step, its noise is added after it). */
int nd_optimizer_kernel(int optimizer);
int nd_optimizer_noisy(int optimizer);
/* Vectors of P numbers it keeps, 0 to 2; the last one is a second moment (never negative) if nd_optimizer_squares. */
int nd_optimizer_states(int optimizer);
int nd_optimizer_squares(int optimizer);
/* Name, bounds and this optimizer's default of a setting; 0 if it does not read it. */
int nd_optimizer_setting(int optimizer, int setting, nd_option_spec *spec);
/* The setting of this name that the optimizer reads, or NNDYN_EOPTION with a message on `handle`. */
int nd_optimizer_find(int optimizer, void *handle, const char *name, int *setting, nd_option_spec *spec);

/* ---- schedules (schedule.c) -------------------------------------------------------------------------------------- */

typedef struct nd_schedule {
    int kind;
    double period, factor, floor;
    int64_t warmup;
} nd_schedule;

int nd_schedule_known(int kind);
/* A schedule of this kind from options; NNDYN_EARG (unknown kind) or NNDYN_EOPTION with a message on `handle`. */
int nd_schedule_read(int kind, void *handle, const nndyn_options *options, nd_schedule *out);
/* The same for the numbers of a file: 1 if each is within its bounds. */
int nd_schedule_valid(const nd_schedule *schedule);
/* Factor on the learning rate at this step, from 0. */
double nd_schedule_factor(const nd_schedule *schedule, int64_t step);

/* ---- the trainer ------------------------------------------------------------------------------------------------- */

/* The recorders that a trainer feeds; they keep it alive, not it them.  They come while the trainer is entered, but go
 * when their last reference does, in any thread: hence the lock, which is held for a few instructions at a time. */
typedef struct nd_recorders {
    atomic_flag lock;
    atomic_int count;
    struct nndyn_recorder *first;
    struct nndyn_recorder *active; /* those that the running training call holds */
} nd_recorders;

struct nndyn_trainer {
    nd_handle handle;
    nndyn_network *network; /* a reference is held */
    int network_held;       /* by the running training call; not while probes measure */
    nd_recorders recorders;
    int optimizer;
    double settings[ND_SETTINGS];
    nd_schedule schedule;
    int64_t seed;     /* of dropout and Langevin noise */
    int64_t step;     /* steps done */
    int64_t capacity; /* rows of the workspace; 0: there is none yet */
    void *workspace;
    void *gradient;      /* P reals: of the last step, before decay and clipping */
    int gradient_lost;   /* a step failed after its backward pass had begun to overwrite it */
    void *state[2];      /* P reals each, as many as the optimizer keeps */
    unsigned char *done; /* which blocks of an update have been made */
};

/* A trainer with the optimizer's defaults, without workspace; messages go to `handle`.  The network is held by the
 * caller. */
int nd_trainer_make(void *handle, nndyn_network *network, int optimizer, nndyn_trainer **out);
/* Bytes of trainer and workspace for batches of n. */
double nd_trainer_bytes(const nndyn_network *network, int optimizer, int64_t n);
double nd_trainer_rate(const nndyn_trainer *trainer); /* of the next step */

/* ---- steps on batches (run.c), batches and network held by the caller; messages go to the trainer --------------- */

/* Precision and widths of the data are the network's. */
int nd_train_check_data(nndyn_trainer *trainer, const nndyn_dataset *data);
/* One step: step k of the trainer takes batch k.  It feeds recorders if the network is held by nd_trainer_hold. */
int nd_train_next(nndyn_trainer *trainer, nndyn_batches *batches, double *loss);

/* ---- the step (step.c); messages go to the trainer --------------------------------------------------------------- */

/* Hold the network and the recorders for training calls; let them go. */
int nd_trainer_hold(nndyn_trainer *trainer);
void nd_trainer_unhold(nndyn_trainer *trainer);

/* Blocks that an update of P parameters is cut into. */
int64_t nd_trainer_blocks(int64_t parameters);
/* A workspace for batches of up to n samples. */
int nd_trainer_reserve(nndyn_trainer *trainer, int64_t n);
void nd_trainer_drop_workspace(nndyn_trainer *trainer);
/* A step, with network and recorders held. */
int nd_train_step_f32(nndyn_trainer *trainer, int64_t n, const float *x, const float *t, double *loss);
int nd_train_step_f64(nndyn_trainer *trainer, int64_t n, const double *x, const double *t, double *loss);

#endif
