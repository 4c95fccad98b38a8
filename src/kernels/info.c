/* info.c - one line about the build, for reports of defects. */
#include "kernels/kernels.h"
#include "nndyn/kernels.h"
#include <stdio.h>
#include <string.h>

/* Functions of OpenBLAS, absent from other libraries: weak, so that they are NULL there. */
#if defined(__GNUC__) && defined(__ELF__)
char *openblas_get_corename(void) __attribute__((weak));
char *openblas_get_config(void) __attribute__((weak));
#define HAVE_WEAK 1
#else
#define HAVE_WEAK 0
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "an unknown compiler"
#endif

enum { BLAS_SIZE = 256 };

/* "OpenBLAS 0.3.21 ... core Haswell"; the words in the middle are the library's own and may be many. */
static void describe_blas(char text[BLAS_SIZE])
{
#if HAVE_WEAK
    if (openblas_get_config && openblas_get_corename) {
        (void)snprintf(text, BLAS_SIZE, "%.160s, core %.40s", openblas_get_config(), openblas_get_corename());
        return;
    }
#endif
    (void)snprintf(text, BLAS_SIZE, "CBLAS other than OpenBLAS, core unknown");
}

int nndyn_build_info(int64_t capacity, char *text, int64_t *length)
{
    if (capacity < 0 || (capacity > 0 && !text)) {
        return NNDYN_EARG;
    }
    char blas[BLAS_SIZE];
    char line[2 * BLAS_SIZE];
    describe_blas(blas);
    (void)snprintf(line, sizeof line, "nndyn %d.%d.%d; %.80s; float32 float64; kernels %s; BLAS %s",
                   NNDYN_VERSION_MAJOR, NNDYN_VERSION_MINOR, NNDYN_VERSION_PATCH, COMPILER,
                   nd_kernels_choose_f64("auto")->name, blas);
    const int64_t size = (int64_t)strlen(line);
    if (capacity > 0) {
        const int64_t kept = size < capacity ? size : capacity - 1;
        memcpy(text, line, (size_t)kept);
        text[kept] = '\0';
    }
    if (length) {
        *length = size;
    }
    return NNDYN_OK;
}
