/* nndyn/core.h - version, status, messages, context, options: what every other header rests on.
 *
 * SPDX-License-Identifier: MIT
 *
 * True of every function of the library:
 *  - What can fail returns an int status: NNDYN_OK (0), or a negative code.  The sentence that says what was wrong and
 *    what to change stands on the handle that was called (on the context for functions that create handles) and is read
 *    with nndyn_message().  Nothing is printed, nothing aborts, no global state is touched.
 *  - Outputs come last, by pointer.  On failure they are untouched, and so are parameters and state of every handle.
 *  - Sizes, counts, indices and seeds are int64_t; flags and enumerated values are int.  Matrices are row-major and
 *    dense; samples are rows.
 *  - Arrays given to a function are read during the call and not kept, unless its comment says so.
 *  - Handles are opaque, made by *_create (or _read, _load, _copy) and released by *_free.  *_free takes NULL, cannot
 *    fail, and may be called in any order, from any thread: what a handle needs it keeps alive by counted references.
 *  - One thread at a time uses one handle, and any thread may be that one; a second one gets NNDYN_EBUSY and harms
 *    nothing.  Different handles may be used at the same time.
 *  - Callbacks run on the thread that made the call, except the jobs an executor chooses to run elsewhere. */
#ifndef NNDYN_CORE_H
#define NNDYN_CORE_H
#include <stdint.h>

#define NNDYN_VERSION_MAJOR 0
#define NNDYN_VERSION_MINOR 1
#define NNDYN_VERSION_PATCH 0

#ifndef NNDYN_API
#if defined(__GNUC__)
#define NNDYN_API __attribute__((visibility("default")))
#else
#define NNDYN_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ---------------------------------------------------------------------------------------------------- */

enum {
    NNDYN_OK = 0,
    NNDYN_ENOMEM = -1,        /* the allocator returned NULL */
    NNDYN_EARG = -2,          /* an argument is NULL, out of range, or does not fit another one */
    NNDYN_EOPTION = -3,       /* an option is unknown, of another type, or out of its bounds */
    NNDYN_ESTATE = -4,        /* the handle is not in a state in which this call makes sense */
    NNDYN_EBUSY = -5,         /* another thread is using the handle */
    NNDYN_EDATA = -6,         /* NaN or Inf in data, a label out of range, an empty batch */
    NNDYN_ENUMERIC = -7,      /* the result is not finite, or an iteration did not converge */
    NNDYN_ECANCELED = -8,     /* stopped by nndyn_context_cancel or by the progress callback */
    NNDYN_EIO = -9,           /* a file cannot be opened, read or written */
    NNDYN_EFORMAT = -10,      /* a file is truncated, corrupted or not of the format */
    NNDYN_ELIMIT = -11,       /* the call would exceed the memory limit */
    NNDYN_EUNSUPPORTED = -12, /* the combination asked for is not provided; the message names it */
    NNDYN_ECALLBACK = -13,    /* a callback of the caller reported failure */
    NNDYN_EINTERNAL = -14     /* BLAS or LAPACK reported an error, or an invariant of the library broke */
};

/** Element types of networks and data sets. */
enum { NNDYN_F32 = 1, NNDYN_F64 = 2 };

/** Name of a status code, as in "NNDYN_EARG" for -2.
 *  @param status a code of the list above
 *  @return static text; "NNDYN_UNKNOWN" for any other number, never NULL */
NNDYN_API const char *nndyn_status_name(int status);

/** What a status code means, in a few words.
 *  @param status a code of the list above
 *  @return static text, never NULL */
NNDYN_API const char *nndyn_status_text(int status);

/** Why the last failing call on a handle failed: function, argument, what was given, what is allowed.
 *  @param handle any handle of the library (context, options, data set, network, trainer, operator, ...), or NULL
 *  @return text owned by the handle, valid until the next call on it; "" if nothing failed yet; for NULL a static text.
 *          Never NULL.  On a context, which several threads may use at a time, a thread reads the message of its own
 *          last failure (16 threads are told apart), and a thread that never failed on it the latest of any.
 *          NNDYN_EBUSY leaves no message: the handle is the other thread's. */
NNDYN_API const char *nndyn_message(const void *handle);

/** Version of the library that is running: major*10000 + minor*100 + patch.
 *  @return the number; compare it with the NNDYN_VERSION_* macros of the headers compiled against */
NNDYN_API int nndyn_version(void);

/* ---- context --------------------------------------------------------------------------------------------------- */

/** Allocator, seed, threads, progress and cancellation; kept alive by the handles made from it.  A context may be used
 *  by several threads at a time to create handles; its setters are for one thread, before work begins. */
typedef struct nndyn_context nndyn_context;

/** Create a context with malloc and free, seed 0, one thread, no progress, no memory limit.
 *  @param out receives the context
 *  @return NNDYN_OK, NNDYN_EARG (out is NULL), NNDYN_ENOMEM */
NNDYN_API int nndyn_context_create(nndyn_context **out);

/** Create a context that allocates through the caller's functions.  Memory of BLAS itself is outside of it.
 *  @param allocate returns @p bytes bytes aligned as malloc does, or NULL; may be called from any thread
 *  @param release takes back what allocate returned; never called with NULL
 *  @param user handed to both
 *  @param out receives the context
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM */
NNDYN_API int nndyn_context_create_with_allocator(void *(*allocate)(void *user, int64_t bytes),
                                                  void (*release)(void *user, void *memory), void *user,
                                                  nndyn_context **out);

/** Drop the caller's reference; the context lives on while handles made from it do.
 *  @param context a context or NULL */
NNDYN_API void nndyn_context_free(nndyn_context *context);

/** Seed of everything random that is drawn for handles created afterwards.
 *  @param context the context
 *  @param seed any number
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_context_set_seed(nndyn_context *context, int64_t seed);

/** Threads of the library's own pool, the calling one included.  Results are the same bits at any number.
 *  @param context the context
 *  @param threads 1 (the default: no thread is started) to 1024
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM, NNDYN_ESTATE (threads could not be started, or work is under way) */
NNDYN_API int nndyn_context_set_threads(nndyn_context *context, int64_t threads);

/** Let the host run parallel work instead of the library's pool.
 *  @param context the context
 *  @param run must call work(job, i) once for each i in 0..count-1, on any threads, and return when all are done: 0, or
 *         nonzero if it could not.  NULL goes back to the library's own threads.  A call whose work was refused, or
 *         not all of which was run, returns NNDYN_ECALLBACK.
 *  @param user handed to run
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ESTATE (work is under way) */
NNDYN_API int nndyn_context_set_executor(nndyn_context *context,
                                         int (*run)(void *user, void (*work)(void *job, int64_t index), void *job,
                                                    int64_t count),
                                         void *user);

/** Be told how far long calls have come.  Called on the thread that made the call, at most about twenty times a second.
 *  @param context the context
 *  @param progress gets the name of the task and the fraction done (0 to 1); nonzero stops the call, which returns
 *         NNDYN_ECANCELED and leaves its handles as they were.  NULL for none.
 *  @param user handed to progress
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_context_set_progress(nndyn_context *context,
                                         int (*progress)(void *user, const char *task, double fraction), void *user);

/** Stop every long call now running on handles of this context; calls begun later are not affected.  May be called from
 *  any thread and from a signal handler.
 *  @param context the context
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_context_cancel(nndyn_context *context);

/** Refuse calls (NNDYN_ELIMIT, with the figure in the message) that would take more working memory than this at a time.
 *  @param context the context
 *  @param bytes the limit; 0 (the default) for none
 *  @return NNDYN_OK, NNDYN_EARG */
NNDYN_API int nndyn_context_set_memory_limit(nndyn_context *context, int64_t bytes);

/* ---- options --------------------------------------------------------------------------------------------------- */

/** Named settings handed to a call beside its essential arguments; NULL in their place means the defaults.  Each call
 *  documents the names it knows; an unknown name is NNDYN_EOPTION and the message offers the nearest one. */
typedef struct nndyn_options nndyn_options;

/** Create an empty set of options.
 *  @param context the context
 *  @param out receives the options
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM */
NNDYN_API int nndyn_options_create(nndyn_context *context, nndyn_options **out);

/** Release options.  @param options options or NULL */
NNDYN_API void nndyn_options_free(nndyn_options *options);

/** Set a real option; a later value replaces an earlier one of the same name, whatever its type.
 *  @param options the options
 *  @param name 1 to 63 bytes
 *  @param value a finite number
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_options_set_double(nndyn_options *options, const char *name, double value);

/** Set an integer option (also accepted where a real one is expected).
 *  @param options the options
 *  @param name 1 to 63 bytes
 *  @param value any number
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_options_set_integer(nndyn_options *options, const char *name, int64_t value);

/** Set a text option.
 *  @param options the options
 *  @param name 1 to 63 bytes
 *  @param value text, copied, at most 4095 bytes
 *  @return NNDYN_OK, NNDYN_EARG, NNDYN_ENOMEM, NNDYN_EBUSY */
NNDYN_API int nndyn_options_set_text(nndyn_options *options, const char *name, const char *value);

#ifdef __cplusplus
}
#endif
#endif
