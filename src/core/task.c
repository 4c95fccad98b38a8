/* task.c - progress and cancellation of long calls. */
#include "core/context.h"
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A call remembers how many cancellations there had been when it began: one more stops it, and nothing needs resetting
 * for the next call.  Only an atomic addition, so that a signal handler may do it. */
int nndyn_context_cancel(nndyn_context *context)
{
    if (!context || context->handle.kind != ND_CONTEXT) {
        return NNDYN_EARG;
    }
    atomic_fetch_add_explicit(&context->epoch, 1, memory_order_relaxed);
    return NNDYN_OK;
}

void nd_task_begin(nd_task *task, void *handle, const char *name)
{
    nndyn_context *context = nd_handle_context(handle);
    task->handle = handle;
    task->name = name;
    task->epoch = atomic_load_explicit(&context->epoch, memory_order_relaxed);
    task->last = context->progress ? now() : 0.0;
    task->told = 0;
}

/* Is it time?  At most twenty times a second, and the end if anything was told before. */
static int due(nd_task *task, double fraction)
{
    const double time = now();
    if (time - task->last >= 0.05) {
        task->last = time;
        return 1;
    }
    return fraction >= 1.0 && task->told == 1;
}

int nd_task_canceled(const nd_task *task)
{
    const nndyn_context *context = nd_handle_context(task->handle);
    return atomic_load_explicit(&context->epoch, memory_order_relaxed) != task->epoch;
}

int nd_task_report(nd_task *task, double fraction)
{
    nndyn_context *context = nd_handle_context(task->handle);
    if (nd_task_canceled(task)) {
        return nd_fail(task->handle, NNDYN_ECANCELED, "%s was stopped by nndyn_context_cancel", task->name);
    }
    if (context->stopped && context->stopped(context->stopped_user)) {
        return nd_fail(task->handle, NNDYN_ECANCELED, "%s was stopped with the call it is a piece of", task->name);
    }
    if (!context->progress || !due(task, fraction)) {
        return NNDYN_OK;
    }
    task->told = fraction >= 1.0 ? 2 : 1;
    if (context->progress(context->progress_user, task->name, fraction) != 0) {
        return nd_fail(task->handle, NNDYN_ECANCELED, "%s was stopped by the progress callback", task->name);
    }
    return NNDYN_OK;
}
