/* version.c - the version of the running library. */
#include "nndyn/core.h"

int nndyn_version(void)
{
    return NNDYN_VERSION_MAJOR * 10000 + NNDYN_VERSION_MINOR * 100 + NNDYN_VERSION_PATCH;
}
