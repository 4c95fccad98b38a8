/* handle.c - handles: creation, references, who is inside, and the message of a failure. */
#include "core/context.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const uint32_t alive = 0x4e444859u;

static const char *const kinds[ND_HANDLE_KINDS] = {
    [ND_CONTEXT] = "a context",
    [ND_OPTIONS] = "options",
    [ND_OPERATOR] = "an operator",
    [ND_DATASET] = "a data set",
    [ND_BATCHES] = "batches",
    [ND_NETWORK] = "a network",
    [ND_TRAINER] = "a trainer",
    [ND_POWERLAW_STREAM] = "a power-law stream",
    [ND_POWERLAW_FIT] = "a power-law fit",
    [ND_EQUILIBRIUM] = "an equilibrium test",
    [ND_FLUCTUATIONS] = "a set of fluctuations",
    [ND_RECORDER] = "a recorder",
    [ND_SPRINGBLOCK] = "a spring-block chain",
    [ND_SEPARATION_STREAM] = "a separation stream",
    [ND_SWEEP] = "a sweep",
    [ND_SPRINGBLOCK_FIT] = "a fit of a load curve",
    [ND_MAP] = "a map",
    [ND_RECURRENT] = "a recurrent network",
    [ND_FIXED_POINTS] = "fixed points",
    [ND_BASIN_MAP] = "a basin map",
    [ND_BASIN] = "a basin",
    [ND_SUBSTITUTION] = "a linear substitution",
    [ND_RANKS] = "rank distributions",
    [ND_BASIN_RETURNS] = "returns of a basin",
    [ND_BASIN_BRANCHES] = "branches of attractors",
    [ND_WIDTH_SCAN] = "a width scan",
    [ND_LINEARIZED] = "a linearized model",
    [ND_CORRELATIONS] = "correlations",
    [ND_WIDTH_EXPONENT] = "a width exponent",
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

void nd_handle_begin(nd_handle *handle, nndyn_context *context, int kind, void (*destroy)(void *))
{
    handle->magic = alive;
    handle->kind = kind;
    handle->context = context;
    handle->destroy = destroy;
    atomic_init(&handle->references, 1);
    atomic_flag_clear(&handle->busy);
}

int nd_handle_create(nndyn_context *context, int kind, size_t size, void (*destroy)(void *), void *out)
{
    nd_handle *handle = nd_allocate(context, 1, size);
    if (!handle) {
        return NNDYN_ENOMEM; /* nd_leave says so: the public call may be on another handle than the context */
    }
    nd_handle_begin(handle, context, kind, destroy);
    nd_handle_retain(context);
    memcpy(out, &handle, sizeof handle);
    return NNDYN_OK;
}

void nd_handle_retain(void *handle)
{
    atomic_fetch_add_explicit(&((nd_handle *)handle)->references, 1, memory_order_relaxed);
}

void nd_handle_release(void *handle)
{
    nd_handle *h = handle;
    while (h && atomic_fetch_sub_explicit(&h->references, 1, memory_order_acq_rel) == 1) {
        nndyn_context *context = h->context;
        if (h->destroy) {
            h->destroy(h);
        }
        if (context) { /* a context's destroy releases the context itself */
            h->magic = 0;
            nd_release(context, h);
        }
        h = context ? &context->handle : NULL;
    }
}

/* ---- visitors of a context --------------------------------------------------------------------------------------- */

/* The slot of the calling thread, a new one if it has none.  Under the context's lock. */
static nd_visitor *visitor(nndyn_context *context)
{
    const pthread_t self = pthread_self();
    nd_visitor *oldest = context->visitors;
    for (nd_visitor *v = context->visitors; v < context->visitors + ND_VISITORS; v++) {
        if (v->used != 0 && pthread_equal(v->thread, self)) {
            return v;
        }
        if (v->used < oldest->used) {
            oldest = v;
        }
    }
    memset(oldest, 0, sizeof *oldest);
    oldest->thread = self;
    oldest->used = ++context->clock;
    return oldest;
}

static void visit(nndyn_context *context, const char *function)
{
    pthread_mutex_lock(&context->lock);
    nd_visitor *v = visitor(context);
    v->used = ++context->clock;
    v->function = function;
    v->said = 0;
    pthread_mutex_unlock(&context->lock);
}

/* The thread's own message; of a thread that never failed on this context, the latest of any. */
static const char *visitor_message(nndyn_context *context)
{
    const pthread_t self = pthread_self();
    const nd_visitor *shown = NULL;
    pthread_mutex_lock(&context->lock);
    for (const nd_visitor *v = context->visitors; v < context->visitors + ND_VISITORS; v++) {
        if (v->failed != 0 && pthread_equal(v->thread, self)) {
            shown = v;
            break;
        }
        if (v->failed != 0 && (!shown || v->failed > shown->failed)) {
            shown = v;
        }
    }
    pthread_mutex_unlock(&context->lock);
    return shown ? shown->message : "";
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* End a text that did not fit with dots, without cutting a UTF-8 character in two. */
static void mark_cut(char *text)
{
    size_t end = ND_MESSAGE_SIZE - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
        end--;
    }
    memcpy(text + end, "...", 4);
}

static void compose(char *text, const char *function, const char *format, va_list arguments)
{
    int used = 0;
    if (function) {
        used = snprintf(text, ND_MESSAGE_SIZE, "%s: ", function);
    }
    const int more = vsnprintf(text + used, (size_t)(ND_MESSAGE_SIZE - used), format, arguments);
    if (more >= ND_MESSAGE_SIZE - used) {
        mark_cut(text);
    }
}

/* A text that is complete, on a context. */
static void keep(nndyn_context *context, const char *text)
{
    pthread_mutex_lock(&context->lock);
    nd_visitor *v = visitor(context);
    memmove(v->message, text, strlen(text) + 1);
    v->said = 1;
    v->failed = ++context->clock;
    pthread_mutex_unlock(&context->lock);
}

/* The same on any other handle, and with it on a context that gathers the messages of its handles. */
static void keep_on(nd_handle *h, const char *text)
{
    memmove(h->message, text, strlen(text) + 1);
    h->said = 1;
    if (h->context->within) {
        keep(h->context, h->message);
    }
}

/* A message is put together beside the handle and then copied, because its arguments may be the old message. */
static void say(nd_handle *h, const char *format, va_list arguments)
{
    char text[ND_MESSAGE_SIZE];
    if (h->kind != ND_CONTEXT) {
        compose(text, h->function, format, arguments);
        keep_on(h, text);
        return;
    }
    nndyn_context *context = (nndyn_context *)h;
    pthread_mutex_lock(&context->lock);
    nd_visitor *v = visitor(context);
    compose(text, v->function, format, arguments);
    memcpy(v->message, text, strlen(text) + 1);
    v->said = 1;
    v->failed = ++context->clock;
    pthread_mutex_unlock(&context->lock);
}

int nd_fail(void *handle, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(handle, format, arguments);
    va_end(arguments);
    return status;
}

/* The text alone: an inner message already begins with the name of its function. */
static void copy_text(nd_handle *h, const char *text)
{
    if (h->kind != ND_CONTEXT) {
        keep_on(h, text);
    } else {
        keep((nndyn_context *)h, text);
    }
}

int nd_fail_from(void *handle, int status, const void *inner)
{
    const char *text = nndyn_message(inner);
    if (text[0] == '\0') {
        return nd_fail(handle, status, "%s", nndyn_status_text(status));
    }
    copy_text(handle, text);
    return status;
}

const char *nndyn_message(const void *handle)
{
    const nd_handle *h = handle;
    if (!h) {
        return "the handle is NULL: it was never created, or creating it failed";
    }
    if (h->magic != alive) {
        return "not a handle of this library, or one that was freed";
    }
    /* Reading a message takes the context's lock, which is no change that the caller could see. */
    return h->kind == ND_CONTEXT ? visitor_message((nndyn_context *)handle) : h->message;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static int valid(const nd_handle *h)
{
    return h->magic == alive && h->kind > 0 && h->kind < ND_HANDLE_KINDS;
}

static int begin(nd_handle *h, const char *function)
{
    if (h->kind == ND_CONTEXT) {
        visit((nndyn_context *)h, function);
        return NNDYN_OK;
    }
    if (atomic_flag_test_and_set_explicit(&h->busy, memory_order_acquire)) {
        return NNDYN_EBUSY;
    }
    h->function = function;
    h->said = 0;
    return NNDYN_OK;
}

int nd_enter(void *handle, int kind, const char *function)
{
    nd_handle *h = handle;
    if (!h || !valid(h)) {
        return NNDYN_EARG;
    }
    ND_TRY(begin(h, function));
    if (h->kind != kind) {
        return nd_leave(h, nd_fail(h, NNDYN_EARG, "the handle is %s; it must be %s", kinds[h->kind], kinds[kind]));
    }
    return NNDYN_OK;
}

static int said(nd_handle *h)
{
    if (h->kind != ND_CONTEXT) {
        return h->said;
    }
    nndyn_context *context = (nndyn_context *)h;
    pthread_mutex_lock(&context->lock);
    const int result = visitor(context)->said;
    pthread_mutex_unlock(&context->lock);
    return result;
}

int nd_leave(void *handle, int status)
{
    nd_handle *h = handle;
    if (status != NNDYN_OK && !said(h)) {
        nd_fail(h, status, "%s", nndyn_status_text(status));
    }
    if (h->kind != ND_CONTEXT) {
        h->function = NULL;
        atomic_flag_clear_explicit(&h->busy, memory_order_release);
    }
    return status;
}

int nd_hold(void *primary, void *second, int kind, const char *argument)
{
    nd_handle *h = second;
    if (!h) {
        return nd_fail(primary, NNDYN_EARG, "%s is NULL; it must be %s", argument, kinds[kind]);
    }
    if (!valid(h)) {
        return nd_fail(primary, NNDYN_EARG, "%s is not a handle of this library, or was freed", argument);
    }
    if (h->kind != kind) {
        return nd_fail(primary, NNDYN_EARG, "%s is %s; it must be %s", argument, kinds[h->kind], kinds[kind]);
    }
    if (h == primary) {
        return nd_fail(primary, NNDYN_EARG, "%s is the handle of the call; it must be another one", argument);
    }
    if (kind != ND_CONTEXT && atomic_flag_test_and_set_explicit(&h->busy, memory_order_acquire)) {
        return nd_fail(primary, NNDYN_EBUSY, "another call is using %s; wait until it returns", argument);
    }
    return NNDYN_OK;
}

void nd_unhold(void *second)
{
    nd_handle *h = second;
    if (h->kind != ND_CONTEXT) {
        atomic_flag_clear_explicit(&h->busy, memory_order_release);
    }
}
