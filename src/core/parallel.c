/* parallel.c - the pool of threads, and running work on it or on the host's executor.
 *
 * Indices are claimed one by one from an atomic counter, so which thread does what differs from run to run, but what is
 * done for an index does not: results are the same bits at any number of threads.
 *
 * A pool serves one call at a time.  Whoever finds it taken (a call within a call, or another thread of the program)
 * does all of its work itself: no deadlock, and no waiting on somebody else's work. */
#include "core/context.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef void work_function(void *job, int64_t index);

struct nd_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* there is work, or the pool closes */
    pthread_cond_t idle; /* the last helper has left the work */
    work_function *work;
    void *job;
    int64_t count;
    uint64_t number; /* of the work, so that a helper joins each once */
    int open;        /* helpers may join */
    int active;      /* helpers inside */
    int closing;
    atomic_int_fast64_t next; /* the next index to be claimed */
    pid_t process;            /* a forked child has the pool but not its threads */
    int64_t helpers;
    pthread_t threads[];
};

/* ---- the pool ---------------------------------------------------------------------------------------------------- */

static void claim_and_work(nd_pool *pool, work_function *work, void *job, int64_t count)
{
    for (;;) {
        const int64_t index = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (index >= count) {
            return;
        }
        work(job, index);
    }
}

static void *help(void *argument)
{
    nd_pool *pool = argument;
    uint64_t done = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->closing && !(pool->open && pool->number != done)) {
            pthread_cond_wait(&pool->wake, &pool->lock);
        }
        if (pool->closing) {
            break;
        }
        done = pool->number;
        pool->active++;
        pthread_mutex_unlock(&pool->lock);
        claim_and_work(pool, pool->work, pool->job, pool->count);
        pthread_mutex_lock(&pool->lock);
        if (--pool->active == 0) {
            pthread_cond_signal(&pool->idle);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run_on_pool(nd_pool *pool, int64_t count, work_function *work, void *job)
{
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->job = job;
    pool->count = count;
    pool->number++;
    pool->open = 1;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);

    claim_and_work(pool, work, job, count);

    /* Every index has been claimed; what is left runs on helpers that are inside.  Late ones find the door closed. */
    pthread_mutex_lock(&pool->lock);
    pool->open = 0;
    while (pool->active > 0) {
        pthread_cond_wait(&pool->idle, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* Helpers take no signals: handlers of the program run on its own threads. */
static int start_helpers(nd_pool *pool, int64_t wanted)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->helpers < wanted && pthread_create(&pool->threads[pool->helpers], NULL, help, pool) == 0) {
        pool->helpers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->helpers == wanted;
}

static int open_pool(nd_pool *pool)
{
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        return 0;
    }
    if (pthread_cond_init(&pool->wake, NULL) != 0) {
        pthread_mutex_destroy(&pool->lock);
        return 0;
    }
    if (pthread_cond_init(&pool->idle, NULL) != 0) {
        pthread_cond_destroy(&pool->wake);
        pthread_mutex_destroy(&pool->lock);
        return 0;
    }
    atomic_init(&pool->next, 0);
    pool->process = getpid();
    return 1;
}

int nd_pool_create(nndyn_context *context, int64_t threads, nd_pool **out)
{
    const int64_t helpers = threads - 1;
    nd_pool *pool = NULL;
    ND_TRY(nd_allocate_for(context, 1, sizeof *pool + (size_t)helpers * sizeof pool->threads[0], &pool));
    if (!open_pool(pool)) {
        nd_release(context, pool);
        return nd_fail(context, NNDYN_ENOMEM, "the system refused a lock for the pool of threads");
    }
    if (!start_helpers(pool, helpers)) {
        const int64_t started = pool->helpers;
        nd_pool_free(context, pool);
        return nd_fail(context, NNDYN_ESTATE, "threads is %lld, but the system started only %lld; ask for fewer",
                       (long long)threads, (long long)started + 1);
    }
    *out = pool;
    return NNDYN_OK;
}

void nd_pool_free(nndyn_context *context, nd_pool *pool)
{
    if (!pool) {
        return;
    }
    if (pool->process == getpid()) {
        pthread_mutex_lock(&pool->lock);
        pool->closing = 1;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
        for (int64_t i = 0; i < pool->helpers; i++) {
            pthread_join(pool->threads[i], NULL);
        }
        pthread_cond_destroy(&pool->idle);
        pthread_cond_destroy(&pool->wake);
        pthread_mutex_destroy(&pool->lock);
    }
    nd_release(context, pool);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

int nd_parallel_claim(nndyn_context *context)
{
    return !atomic_flag_test_and_set_explicit(&context->working, memory_order_acquire);
}

void nd_parallel_yield(nndyn_context *context)
{
    atomic_flag_clear_explicit(&context->working, memory_order_release);
}

/* What an executor is given: counts the indices it ran, so that one it forgot is a failure and not a wrong result. */
typedef struct counted_job {
    work_function *work;
    void *job;
    atomic_int_fast64_t done;
} counted_job;

static void counted_work(void *argument, int64_t index)
{
    counted_job *counted = argument;
    counted->work(counted->job, index);
    atomic_fetch_add_explicit(&counted->done, 1, memory_order_release);
}

static int run_on_executor(nndyn_context *context, int64_t count, work_function *work, void *job)
{
    counted_job counted = {.work = work, .job = job};
    atomic_init(&counted.done, 0);
    const int refused = context->run(context->run_user, counted_work, &counted, count);
    const int64_t done = atomic_load_explicit(&counted.done, memory_order_acquire);
    return refused || done != count ? NNDYN_ECALLBACK : NNDYN_OK;
}

static void run_here(int64_t count, work_function *work, void *job)
{
    for (int64_t i = 0; i < count; i++) {
        work(job, i);
    }
}

int nd_parallel(nndyn_context *context, int64_t count, work_function *work, void *job)
{
    if (count <= 1 || !nd_parallel_claim(context)) {
        run_here(count, work, job);
        return NNDYN_OK;
    }
    int status = NNDYN_OK;
    if (context->run) {
        status = run_on_executor(context, count, work, job);
    } else if (context->pool) {
        run_on_pool(context->pool, count, work, job);
    } else {
        run_here(count, work, job);
    }
    nd_parallel_yield(context);
    return status;
}
