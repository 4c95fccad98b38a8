/* system.c - failures of the operating system, in words. */
#include "core/file.h"
#include <stdio.h>
#include <string.h>

int nd_fail_system(void *handle, const char *verb, const char *path, int error)
{
    char reason[128];
    if (strerror_r(error, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", error);
    }
    return nd_fail(handle, NNDYN_EIO, "'%.200s' cannot be %s: %s", path, verb, reason);
}
