/* core.h - handles, failure, allocation, options: what every file of the library uses.
 *
 * A public function is a thin shell: enter the handle (which checks it, marks it busy and remembers the function's name
 * for messages), do the work in a static function that returns a status, leave. */
#ifndef ND_CORE_H
#define ND_CORE_H
#include "nndyn/core.h"
#include <stdatomic.h>
#include <stddef.h>

#if defined(__GNUC__)
#define ND_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define ND_PRINTF(text, first)
#endif

/* Return from the enclosing function with the status of a failing call. */
#define ND_TRY(call)                  \
    do {                              \
        int nd_status_ = (call);      \
        if (nd_status_ != NNDYN_OK) { \
            return nd_status_;        \
        }                             \
    } while (0)

/* ---- handles ----------------------------------------------------------------------------------------------------- */

enum {
    ND_CONTEXT = 1,
    ND_OPTIONS,
    ND_OPERATOR,
    ND_DATASET,
    ND_BATCHES,
    ND_NETWORK,
    ND_TRAINER,
    ND_POWERLAW_STREAM,
    ND_POWERLAW_FIT,
    ND_EQUILIBRIUM,
    ND_FLUCTUATIONS,
    ND_RECORDER,
    ND_SPRINGBLOCK,
    ND_SEPARATION_STREAM,
    ND_SWEEP,
    ND_SPRINGBLOCK_FIT,
    ND_MAP,
    ND_RECURRENT,
    ND_FIXED_POINTS,
    ND_BASIN_MAP,
    ND_BASIN,
    ND_SUBSTITUTION,
    ND_RANKS,
    ND_BASIN_RETURNS,
    ND_BASIN_BRANCHES,
    ND_WIDTH_SCAN,
    ND_LINEARIZED,
    ND_CORRELATIONS,
    ND_WIDTH_EXPONENT,
    ND_HANDLE_KINDS
};

enum { ND_MESSAGE_SIZE = 512 };

/* First member of every public handle. */
typedef struct nd_handle {
    uint32_t magic;
    int kind;
    nndyn_context *context;  /* holds a reference, except in the context itself */
    void (*destroy)(void *); /* called when the last reference goes */
    const char *function;    /* name of the public function that is running, for messages */
    atomic_int references;
    atomic_flag busy;
    int said; /* the running call has written its message */
    char message[ND_MESSAGE_SIZE];
} nd_handle;

/* Allocate a zeroed object of `size` bytes that begins with an nd_handle; takes a reference on the context.  `destroy`
 * releases what the object owns, not the object. */
int nd_handle_create(nndyn_context *context, int kind, size_t size, void (*destroy)(void *), void *out);
void nd_handle_retain(void *handle);
/* Drop a reference; NULL is allowed. */
void nd_handle_release(void *handle);

/* The context of any handle: of the context itself, that one. */
static inline nndyn_context *nd_handle_context(void *handle)
{
    nd_handle *any = handle;
    return any->kind == ND_CONTEXT ? (nndyn_context *)handle : any->context;
}

/* Begin and end a public call on a handle.  nd_enter returns NNDYN_EARG for NULL or a handle of another kind,
 * NNDYN_EBUSY if another thread is inside.  A context is entered without being marked busy: several threads may create
 * handles from it.  nd_leave returns `status`; a failure that wrote no message of its own gets the status's text. */
int nd_enter(void *handle, int kind, const char *function);
int nd_leave(void *handle, int status);

/* Mark a second handle of the same call busy; `primary` gets the message on failure.  nd_unhold undoes it. */
int nd_hold(void *primary, void *second, int kind, const char *argument);
void nd_unhold(void *second);

/* Write "function: text" on the handle and return the status.  For the thread that entered the handle only, so never
 * within nd_parallel: let work record what went wrong and fail after it. */
int nd_fail(void *handle, int status, const char *format, ...) ND_PRINTF(3, 4);
/* Copy the message of one handle to another (a call that worked through an inner handle). */
int nd_fail_from(void *handle, int status, const void *inner);

/* ---- arguments (messages name argument, value and bounds) -------------------------------------------------------- */

int nd_check_pointer(void *handle, const void *pointer, const char *argument);
int nd_check_size(void *handle, int64_t value, int64_t least, int64_t most, const char *argument);
int nd_check_real(void *handle, double value, double least, double most, const char *argument);
/* Every entry finite, or NNDYN_EDATA naming row and column. */
int nd_check_finite(void *handle, int64_t rows, int64_t columns, const double *values, const char *argument);
int nd_check_finite_f32(void *handle, int64_t rows, int64_t columns, const float *values, const char *argument);
/* a * b, or -1 if it does not fit an int64_t; for sizes, which are never negative. */
int64_t nd_product(int64_t a, int64_t b);

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* `count` objects of `size` bytes, zeroed, 64-byte aligned; NULL if the allocator fails or the size overflows. */
void *nd_allocate(nndyn_context *context, int64_t count, size_t size);
void nd_release(nndyn_context *context, void *memory); /* NULL is allowed */
/* As nd_allocate, with the message on the handle. */
int nd_allocate_for(void *handle, int64_t count, size_t size, void *out);
/* The limit of nndyn_context_set_memory_limit, 0 for none: for calls that choose the size of their blocks by it. */
int64_t nd_context_memory_limit(const nndyn_context *context);
/* NNDYN_ELIMIT with both figures if `bytes` is beyond the context's limit. */
int nd_check_memory(void *handle, double bytes, const char *what);

/* A planned arena: carve every array once with base == NULL to learn the size, then again to get the pointers.
 *
 *     nd_arena arena = {0};
 *     carve(&arena, &object);            counts
 *     ND_TRY(nd_arena_reserve(&arena, handle));
 *     carve(&arena, &object);            places
 */
typedef struct nd_arena {
    char *base;
    int64_t used;
    int64_t size;
    nndyn_context *context;
} nd_arena;
void *nd_arena_take(nd_arena *arena, int64_t count, size_t size); /* NULL while counting; 64-byte aligned */
int nd_arena_reserve(nd_arena *arena, void *handle);              /* allocates arena->used bytes, rewinds */
void nd_arena_free(nd_arena *arena);

/* ---- context ----------------------------------------------------------------------------------------------------- */

int64_t nd_context_seed(const nndyn_context *context);
/* Name set by nndyn_context_set_kernels. */
const char *nd_context_kernels(const nndyn_context *context);
void nd_context_use_kernels(nndyn_context *context, const char *name); /* a name that is known to be good */

/* A context for a piece of a larger call: the parent's allocator and kernels, one thread, a seed and a memory limit of
 * its own.  Long calls on its handles end with NNDYN_ECANCELED once stopped(user) is not zero, and the message of a
 * failure on any of its handles also stands on the context.  It may outlive the call if handles made from it do: detach
 * it before what `stopped` needs goes. */
int nd_context_create_within(nndyn_context *parent, int64_t seed, int64_t limit, int (*stopped)(void *user), void *user,
                             nndyn_context **out);
void nd_context_detach(nndyn_context *context);
int64_t nd_context_threads(const nndyn_context *context);
double nd_context_bytes(void); /* that a context takes */

/* Call work(job, i) for i in 0..count-1 on the context's threads or executor; returns when all are done.  Work must be
 * cut by index, never by thread count, so that results do not depend on it.  Within work, and for count == 1, it is a
 * plain loop.  NNDYN_ECALLBACK if the executor failed. */
int nd_parallel(nndyn_context *context, int64_t count, void (*work)(void *job, int64_t index), void *job);

/* A long call: begin, then report often; nd_task_report costs little and returns NNDYN_ECANCELED (message on the
 * handle) when the call is to stop. */
typedef struct nd_task {
    nd_handle *handle;
    const char *name;
    uint64_t epoch;
    double last; /* when progress was reported last, in seconds */
    int told;    /* progress was reported at all */
} nd_task;
void nd_task_begin(nd_task *task, void *handle, const char *name);
int nd_task_report(nd_task *task, double fraction);
/* Whether nndyn_context_cancel was called since the task began; for any thread, and without a message. */
int nd_task_canceled(const nd_task *task);

/* ---- options ----------------------------------------------------------------------------------------------------- */

enum { ND_REAL = 1, ND_INTEGER, ND_TEXT };

/* One option a call knows: a table of these is both its defaults and its bounds. */
typedef struct nd_option_spec {
    const char *name;
    int type;
    double least, most;  /* inclusive bounds of a real or integer */
    double standard;     /* default of a real or integer */
    const char *choices; /* text: "a|b|c", the first one is the default; NULL: any text, default NULL */
} nd_option_spec;

typedef struct nd_option_value {
    double real;
    int64_t integer;  /* of a text with choices: the number of the choice, from 0 */
    const char *text; /* NULL for a default */
    int given;        /* 0: the default */
} nd_option_value;

/* Read options against a table of `count` specs into values[count]; options may be NULL.  Unknown names, wrong types
 * and bounds are NNDYN_EOPTION with a message on the handle that offers the nearest name.  Texts point into `options`.
 */
int nd_options_read(void *handle, const nndyn_options *options, const nd_option_spec *specs, int count,
                    nd_option_value *values);

#endif
