/* context.h - what a context is made of; for src/core only. */
#ifndef ND_CONTEXT_H
#define ND_CONTEXT_H
#include "core/core.h"
#include <pthread.h>

typedef struct nd_pool nd_pool;

/* Several threads may be inside one context, each making a handle: each has a slot for the name of its function and for
 * its message.  The slot unused for longest goes to a newcomer. */
enum { ND_VISITORS = 16 };

typedef struct nd_visitor {
    pthread_t thread;
    uint64_t used;   /* when the thread entered last; 0: free */
    uint64_t failed; /* when the message was written; 0: never */
    const char *function;
    int said;
    char message[ND_MESSAGE_SIZE];
} nd_visitor;

struct nndyn_context {
    nd_handle handle;

    void *(*allocate)(void *user, int64_t bytes);
    void (*release)(void *user, void *memory);
    void *allocator;
    int zeroes; /* allocate gives zeroed memory */

    int64_t seed;
    int64_t limit;
    char kernels[16];

    int (*progress)(void *user, const char *task, double fraction);
    void *progress_user;
    _Atomic uint64_t epoch; /* number of cancellations so far */

    int (*stopped)(void *user); /* of a context within a call: asked by its long calls; else NULL */
    void *stopped_user;
    int within; /* messages of its handles are kept on it too */

    int (*run)(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count);
    void *run_user;
    int64_t threads;
    nd_pool *pool;       /* NULL for one thread */
    atomic_flag working; /* pool or executor is in use */

    pthread_mutex_t lock; /* of the rest */
    uint64_t clock;
    nd_visitor visitors[ND_VISITORS];
};

/* Fill in the common part of a handle. */
void nd_handle_begin(nd_handle *handle, nndyn_context *context, int kind, void (*destroy)(void *));

/* Threads that help the calling one, `threads` in all.  NNDYN_ENOMEM, or NNDYN_ESTATE if they could not be started. */
int nd_pool_create(nndyn_context *context, int64_t threads, nd_pool **out);
void nd_pool_free(nndyn_context *context, nd_pool *pool);
/* Have a context's pool and executor for oneself, to run work or to replace them; 0 if another thread has them. */
int nd_parallel_claim(nndyn_context *context);
void nd_parallel_yield(nndyn_context *context);

#endif
