/* fuzz.h - what the fuzz targets share: a file of given bytes, and a context that refuses large blocks. */
#ifndef FUZZ_H
#define FUZZ_H
#include "nndyn.h"
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns 0; anything but a status from the library ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file whose header asks for gigabytes must be refused, or get NNDYN_ENOMEM here, not exhaust the machine. */
static inline void *fuzz_allocate(void *user, int64_t bytes)
{
    (void)user;
    return bytes < (INT64_C(64) << 20) ? malloc((size_t)bytes) : NULL;
}

static inline void fuzz_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static inline nndyn_context *fuzz_context(void)
{
    nndyn_context *context = NULL;
    if (nndyn_context_create_with_allocator(fuzz_allocate, fuzz_release, NULL, &context) != NNDYN_OK) {
        abort();
    }
    return context;
}

/* Write the bytes to a file of this process; `which` tells several apart. */
static inline const char *fuzz_file(const char *which, const uint8_t *data, size_t size, char path[256])
{
    const char *directory = getenv("TMPDIR");
    snprintf(path, 256, "%s/nndyn-fuzz-%ld-%s", directory != NULL ? directory : "/tmp", (long)getpid(), which);
    FILE *file = fopen(path, "wb");
    if (file == NULL || (size > 0 && fwrite(data, 1, size, file) != size) || fclose(file) != 0) {
        abort();
    }
    return path;
}

/* The library must say why a call failed, and must not hand anything out then. */
static inline void fuzz_check(int status, const void *handle, const void *made)
{
    if ((status == NNDYN_OK) != (made != NULL) || (status != NNDYN_OK && nndyn_message(handle)[0] == '\0')) {
        abort();
    }
}

#endif
