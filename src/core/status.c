/* status.c - names and meanings of the status codes. */
#include "nndyn/core.h"
#include <stddef.h>

typedef struct status_words {
    int status;
    const char *name;
    const char *text;
} status_words;

#define WORDS(code, text) \
    {                     \
        code, #code, text \
    }

static const status_words table[] = {
    WORDS(NNDYN_OK, "success"),
    WORDS(NNDYN_ENOMEM, "the allocator returned NULL"),
    WORDS(NNDYN_EARG, "an argument is NULL, out of range, or does not fit another one"),
    WORDS(NNDYN_EOPTION, "an option is unknown, of another type, or out of its bounds"),
    WORDS(NNDYN_ESTATE, "the handle is not in a state in which this call makes sense"),
    WORDS(NNDYN_EBUSY, "another thread is using the handle"),
    WORDS(NNDYN_EDATA, "NaN or Inf in data, a label out of range, or an empty batch"),
    WORDS(NNDYN_ENUMERIC, "the result is not finite, or an iteration did not converge"),
    WORDS(NNDYN_ECANCELED, "stopped by cancellation or by the progress callback"),
    WORDS(NNDYN_EIO, "a file cannot be opened, read or written"),
    WORDS(NNDYN_EFORMAT, "a file is truncated, corrupted or not of the format"),
    WORDS(NNDYN_ELIMIT, "the call would exceed the memory limit"),
    WORDS(NNDYN_EUNSUPPORTED, "the combination asked for is not provided"),
    WORDS(NNDYN_ECALLBACK, "a callback of the caller reported failure"),
    WORDS(NNDYN_EINTERNAL, "BLAS or LAPACK reported an error, or an invariant of the library broke"),
};

/* The codes run down from 0 without a gap, so a code is its place in the table; a test pins that. */
static const status_words *find(int status)
{
    const int count = (int)(sizeof table / sizeof table[0]);
    return status <= 0 && status > -count ? &table[-status] : NULL;
}

const char *nndyn_status_name(int status)
{
    const status_words *words = find(status);
    return words ? words->name : "NNDYN_UNKNOWN";
}

const char *nndyn_status_text(int status)
{
    const status_words *words = find(status);
    return words ? words->text : "not a status code of this library";
}
