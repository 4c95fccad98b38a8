/* list.c - text lists of numbers and ranges, "0-63,70", as the masks are written. */
#include "analysis/duality/duality.h"
#include <string.h>

/* How much of a bad item a message quotes. */
enum { QUOTE = 40 };

typedef struct nd_list {
    void *handle;
    const char *option;
    int64_t count;
    const nd_list_word *words;
    unsigned char *chosen;
} nd_list;

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && *at == ' ') {
        at++;
    }
    return at;
}

/* Digits at `at` as a number, saturated far above any index; returns where they end. */
static const char *read_number(const char *at, const char *end, int64_t *value)
{
    *value = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        if (*value < INT64_MAX / 100) {
            *value = *value * 10 + (*at - '0');
        }
        at++;
    }
    return at;
}

static int choose(const nd_list *list, int64_t first, int64_t last)
{
    if (last < first) {
        return nd_fail(list->handle, NNDYN_EOPTION,
                       "option \"%s\": the range %lld-%lld runs backward; write the smaller number first", list->option,
                       (long long)first, (long long)last);
    }
    if (last >= list->count) {
        return nd_fail(list->handle, NNDYN_EOPTION, "option \"%s\": %lld is out of range; numbers are 0 to %lld",
                       list->option, (long long)last, (long long)(list->count - 1));
    }
    memset(list->chosen + first, 1, (size_t)(last - first + 1));
    return NNDYN_OK;
}

static int is_word(const nd_list_word *word, const char *at, const char *end)
{
    return strlen(word->name) == (size_t)(end - at) && strncmp(word->name, at, (size_t)(end - at)) == 0;
}

/* One item, blanks around it taken off. */
static int read_item(const nd_list *list, const char *at, const char *end)
{
    for (const nd_list_word *word = list->words; word != NULL && word->name != NULL; word++) {
        if (is_word(word, at, end)) {
            memset(list->chosen + word->first, 1, (size_t)word->count);
            return NNDYN_OK;
        }
    }
    int64_t first, last;
    const char *stop = read_number(at, end, &first);
    int good = stop > at;
    last = first;
    if (good && stop < end && *stop == '-') {
        const char *second = stop + 1;
        stop = read_number(second, end, &last);
        good = stop > second;
    }
    if (!good || stop != end) {
        int length = end - at > QUOTE ? QUOTE : (int)(end - at);
        return nd_fail(list->handle, NNDYN_EOPTION,
                       "option \"%s\": \"%.*s\" is not understood; give numbers and ranges, as in \"0-63,70\"",
                       list->option, length, at);
    }
    return choose(list, first, last);
}

int nd_list_read(void *handle, const char *option, const char *text, int64_t count, const nd_list_word *words,
                 unsigned char *chosen)
{
    if (text == NULL || strcmp(text, "all") == 0) {
        memset(chosen, 1, (size_t)count);
        return NNDYN_OK;
    }
    const nd_list list = {handle, option, count, words, chosen};
    memset(chosen, 0, (size_t)count);
    int more = 1;
    for (const char *at = text; more;) {
        const char *comma = strchr(at, ',');
        const char *end = comma != NULL ? comma : at + strlen(at);
        more = comma != NULL;
        const char *last = end;
        at = skip_blanks(at, end);
        while (last > at && last[-1] == ' ') {
            last--;
        }
        ND_TRY(read_item(&list, at, last));
        at = end + 1;
    }
    return NNDYN_OK;
}
