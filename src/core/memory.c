/* memory.c - allocation through the context, and planned arenas. */
#include "core/context.h"
#include <string.h>

enum { ALIGNMENT = 64 };

/* The caller's allocator aligns as malloc does; the block is widened so that it holds an aligned address, and just
 * below that the address to give back. */
static void *align_block(void *block)
{
    const uintptr_t start = (uintptr_t)block + sizeof(void *);
    char *memory = (char *)block + ((start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - (uintptr_t)block);
    memcpy(memory - sizeof(void *), &block, sizeof block);
    return memory;
}

/* count * size rounded up to whole cache lines, or -1. */
static int64_t padded(int64_t count, size_t size)
{
    if (count < 0 || size > INT64_MAX) {
        return -1;
    }
    const int64_t bytes = nd_product(count, (int64_t)size);
    if (bytes < 0 || bytes > INT64_MAX - 4 * (int64_t)ALIGNMENT) {
        return -1;
    }
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *nd_allocate(nndyn_context *context, int64_t count, size_t size)
{
    int64_t bytes = padded(count, size);
    if (bytes < 0) {
        return NULL;
    }
    bytes += ALIGNMENT + (int64_t)sizeof(void *);
    if ((uint64_t)bytes > SIZE_MAX) {
        return NULL;
    }
    void *block = context->allocate(context->allocator, bytes);
    if (!block) {
        return NULL;
    }
    if (!context->zeroes) {
        memset(block, 0, (size_t)bytes);
    }
    return align_block(block);
}

void nd_release(nndyn_context *context, void *memory)
{
    if (memory) {
        void *block;
        memcpy(&block, (char *)memory - sizeof(void *), sizeof block);
        context->release(context->allocator, block);
    }
}

int nd_allocate_for(void *handle, int64_t count, size_t size, void *out)
{
    void *memory = nd_allocate(nd_handle_context(handle), count, size);
    if (!memory) {
        return nd_fail(handle, NNDYN_ENOMEM, "the allocator returned NULL for %lld objects of %zu bytes",
                       (long long)count, size);
    }
    memcpy(out, &memory, sizeof memory);
    return NNDYN_OK;
}

int nd_check_memory(void *handle, double bytes, const char *what)
{
    const int64_t limit = nd_handle_context(handle)->limit;
    if (limit > 0 && !(bytes <= (double)limit)) {
        return nd_fail(handle, NNDYN_ELIMIT,
                       "%s would take %.0f bytes, the memory limit of the context is %lld; raise it with "
                       "nndyn_context_set_memory_limit or ask for less at a time",
                       what, bytes, (long long)limit);
    }
    return NNDYN_OK;
}

void *nd_arena_take(nd_arena *arena, int64_t count, size_t size)
{
    const int64_t bytes = padded(count, size);
    if (bytes < 0 || arena->used < 0 || arena->used > INT64_MAX - 4 * (int64_t)ALIGNMENT - bytes) {
        arena->used = -1; /* too large: nd_arena_reserve fails */
        return NULL;
    }
    const int64_t start = arena->used;
    arena->used += bytes;
    if (!arena->base || arena->used > arena->size) {
        return NULL;
    }
    return arena->base + start;
}

int nd_arena_reserve(nd_arena *arena, void *handle)
{
    void *base = NULL;
    ND_TRY(nd_allocate_for(handle, arena->used, 1, &base));
    arena->base = base;
    arena->size = arena->used;
    arena->used = 0;
    arena->context = nd_handle_context(handle);
    return NNDYN_OK;
}

void nd_arena_free(nd_arena *arena)
{
    if (arena->base) {
        nd_release(arena->context, arena->base);
    }
    *arena = (nd_arena){0};
}
