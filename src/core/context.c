/* context.c - the context: creation and settings. */
#include "core/context.h"
#include <stdlib.h>
#include <string.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* calloc rather than malloc: large arrays then come as pages that the system has zeroed already. */
static void *default_allocate(void *user, int64_t bytes)
{
    (void)user;
    return (uint64_t)bytes > SIZE_MAX ? NULL : calloc(1, (size_t)bytes);
}

static void default_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static void destroy(void *object)
{
    nndyn_context *context = object;
    void (*release)(void *, void *) = context->release;
    void *user = context->allocator;
    nd_pool_free(context, context->pool);
    pthread_mutex_destroy(&context->lock);
    context->handle.magic = 0;
    release(user, context);
}

int nndyn_context_create_with_allocator(void *(*allocate)(void *user, int64_t bytes),
                                        void (*release)(void *user, void *memory), void *user, nndyn_context **out)
{
    if (!allocate || !release || !out) {
        return NNDYN_EARG;
    }
    nndyn_context *context = allocate(user, (int64_t)sizeof *context);
    if (!context) {
        return NNDYN_ENOMEM;
    }
    memset(context, 0, sizeof *context);
    if (pthread_mutex_init(&context->lock, NULL) != 0) {
        release(user, context);
        return NNDYN_ENOMEM;
    }
    nd_handle_begin(&context->handle, NULL, ND_CONTEXT, destroy);
    context->allocate = allocate;
    context->release = release;
    context->allocator = user;
    context->zeroes = allocate == default_allocate;
    context->threads = 1;
    atomic_init(&context->epoch, 0);
    atomic_flag_clear(&context->working);
    nd_context_use_kernels(context, "auto");
    *out = context;
    return NNDYN_OK;
}

int nndyn_context_create(nndyn_context **out)
{
    return nndyn_context_create_with_allocator(default_allocate, default_release, NULL, out);
}

int nd_context_create_within(nndyn_context *parent, int64_t seed, int64_t limit, int (*stopped)(void *user), void *user,
                             nndyn_context **out)
{
    nndyn_context *context = NULL;
    ND_TRY(nndyn_context_create_with_allocator(parent->allocate, parent->release, parent->allocator, &context));
    memcpy(context->kernels, parent->kernels, sizeof context->kernels);
    context->seed = seed;
    context->limit = limit;
    context->stopped = stopped;
    context->stopped_user = user;
    context->within = 1;
    *out = context;
    return NNDYN_OK;
}

void nd_context_detach(nndyn_context *context)
{
    context->stopped = NULL;
}

void nndyn_context_free(nndyn_context *context)
{
    nd_handle_release(context);
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

int64_t nd_context_seed(const nndyn_context *context)
{
    return context->seed;
}

int64_t nd_context_memory_limit(const nndyn_context *context)
{
    return context->limit;
}

int64_t nd_context_threads(const nndyn_context *context)
{
    return context->threads;
}

double nd_context_bytes(void)
{
    return (double)sizeof(nndyn_context);
}

const char *nd_context_kernels(const nndyn_context *context)
{
    return context->kernels;
}

void nd_context_use_kernels(nndyn_context *context, const char *name)
{
    strncpy(context->kernels, name, sizeof context->kernels - 1);
}

int nndyn_context_set_seed(nndyn_context *context, int64_t seed)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_seed"));
    context->seed = seed;
    return nd_leave(context, NNDYN_OK);
}

static int set_memory_limit(nndyn_context *context, int64_t bytes)
{
    ND_TRY(nd_check_size(context, bytes, 0, INT64_MAX, "bytes"));
    context->limit = bytes;
    return NNDYN_OK;
}

int nndyn_context_set_memory_limit(nndyn_context *context, int64_t bytes)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_memory_limit"));
    return nd_leave(context, set_memory_limit(context, bytes));
}

int nndyn_context_set_progress(nndyn_context *context, int (*progress)(void *user, const char *task, double fraction),
                               void *user)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_progress"));
    context->progress = progress;
    context->progress_user = user;
    return nd_leave(context, NNDYN_OK);
}

/* ---- settings that work must not be under way for ---------------------------------------------------------------- */

static int claim(nndyn_context *context)
{
    return nd_parallel_claim(context)
               ? NNDYN_OK
               : nd_fail(context, NNDYN_ESTATE, "work is under way on the context; wait until its calls have returned");
}

static int replace_pool(nndyn_context *context, int64_t threads)
{
    nd_pool *pool = NULL;
    if (threads > 1) {
        ND_TRY(nd_pool_create(context, threads, &pool));
    }
    nd_pool_free(context, context->pool);
    context->pool = pool;
    context->threads = threads;
    return NNDYN_OK;
}

static int set_threads(nndyn_context *context, int64_t threads)
{
    ND_TRY(nd_check_size(context, threads, 1, 1024, "threads"));
    ND_TRY(claim(context));
    const int status = threads == context->threads ? NNDYN_OK : replace_pool(context, threads);
    nd_parallel_yield(context);
    return status;
}

int nndyn_context_set_threads(nndyn_context *context, int64_t threads)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_threads"));
    return nd_leave(context, set_threads(context, threads));
}

int nndyn_context_set_executor(nndyn_context *context,
                               int (*run)(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count),
                               void *user)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_context_set_executor"));
    const int status = claim(context);
    if (status == NNDYN_OK) {
        context->run = run;
        context->run_user = user;
        nd_parallel_yield(context);
    }
    return nd_leave(context, status);
}
