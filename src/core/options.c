/* options.c - named settings, and reading them against the table of what a call knows. */
#include "core/core.h"
#include <math.h>
#include <string.h>

enum { NAME_SIZE = 64, TEXT_SIZE = 4096 };

typedef struct entry {
    struct entry *next;
    int type;
    double real;
    int64_t integer;
    char *text; /* behind the entry, in the same block */
    char name[NAME_SIZE];
} entry;

struct nndyn_options {
    nd_handle handle;
    entry *first;
};

static void destroy(void *object)
{
    nndyn_options *options = object;
    while (options->first) {
        entry *next = options->first->next;
        nd_release(options->handle.context, options->first);
        options->first = next;
    }
}

int nndyn_options_create(nndyn_context *context, nndyn_options **out)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_options_create"));
    int status = nd_check_pointer(context, out, "out");
    if (status == NNDYN_OK) {
        status = nd_handle_create(context, ND_OPTIONS, sizeof(nndyn_options), destroy, out);
    }
    return nd_leave(context, status);
}

void nndyn_options_free(nndyn_options *options)
{
    nd_handle_release(options);
}

/* ---- setting ----------------------------------------------------------------------------------------------------- */

/* Length of a text, not looking beyond `most` bytes. */
static size_t bounded_length(const char *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length] != '\0') {
        length++;
    }
    return length;
}

static int check_name(nndyn_options *options, const char *name)
{
    ND_TRY(nd_check_pointer(options, name, "name"));
    const size_t length = bounded_length(name, NAME_SIZE);
    if (length == 0 || length >= NAME_SIZE) {
        return nd_fail(options, NNDYN_EARG, "name is %s; it must have 1 to %d bytes",
                       length == 0 ? "empty" : "too long", NAME_SIZE - 1);
    }
    return NNDYN_OK;
}

static entry **find(nndyn_options *options, const char *name)
{
    entry **link = &options->first;
    while (*link && strcmp((*link)->name, name) != 0) {
        link = &(*link)->next;
    }
    return link;
}

/* Put a copy of `value` in the place of the entry of its name: the new one is complete before the old one goes. */
static int put(nndyn_options *options, const char *name, const entry *value)
{
    const size_t length = value->text ? strlen(value->text) + 1 : 0;
    entry *fresh = NULL;
    ND_TRY(nd_allocate_for(options, 1, sizeof *fresh + length, &fresh));
    *fresh = *value;
    memcpy(fresh->name, name, strlen(name) + 1);
    if (value->text) {
        fresh->text = memcpy(fresh + 1, value->text, length);
    }
    entry **link = find(options, name);
    entry *old = *link;
    fresh->next = old ? old->next : NULL;
    *link = fresh;
    nd_release(options->handle.context, old);
    return NNDYN_OK;
}

static int set_double(nndyn_options *options, const char *name, double value)
{
    ND_TRY(check_name(options, name));
    ND_TRY(nd_check_real(options, value, -INFINITY, INFINITY, "value"));
    return put(options, name, &(entry){.type = ND_REAL, .real = value});
}

int nndyn_options_set_double(nndyn_options *options, const char *name, double value)
{
    ND_TRY(nd_enter(options, ND_OPTIONS, "nndyn_options_set_double"));
    return nd_leave(options, set_double(options, name, value));
}

static int set_integer(nndyn_options *options, const char *name, int64_t value)
{
    ND_TRY(check_name(options, name));
    return put(options, name, &(entry){.type = ND_INTEGER, .real = (double)value, .integer = value});
}

int nndyn_options_set_integer(nndyn_options *options, const char *name, int64_t value)
{
    ND_TRY(nd_enter(options, ND_OPTIONS, "nndyn_options_set_integer"));
    return nd_leave(options, set_integer(options, name, value));
}

static int set_text(nndyn_options *options, const char *name, const char *value)
{
    ND_TRY(check_name(options, name));
    ND_TRY(nd_check_pointer(options, value, "value"));
    if (bounded_length(value, TEXT_SIZE) >= TEXT_SIZE) {
        return nd_fail(options, NNDYN_EARG, "value is too long; it must have at most %d bytes", TEXT_SIZE - 1);
    }
    /* put only reads through this pointer */
    return put(options, name, &(entry){.type = ND_TEXT, .text = (char *)value});
}

int nndyn_options_set_text(nndyn_options *options, const char *name, const char *value)
{
    ND_TRY(nd_enter(options, ND_OPTIONS, "nndyn_options_set_text"));
    return nd_leave(options, set_text(options, name, value));
}

/* ---- the nearest name -------------------------------------------------------------------------------------------- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance (insert, delete, replace) of names shorter than NAME_SIZE, one row of the table at a time. */
static int distance(const char *a, const char *b)
{
    const int n = (int)bounded_length(b, NAME_SIZE - 1);
    int row[NAME_SIZE];
    for (int j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (int i = 1; i < NAME_SIZE && a[i - 1] != '\0'; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            const int replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[n];
}

static int fail_unknown(void *handle, const char *name, const nd_option_spec *specs, int count)
{
    if (count == 0) {
        return nd_fail(handle, NNDYN_EOPTION, "option '%s' is unknown; this call has no options", name);
    }
    int nearest = 0;
    for (int i = 1; i < count; i++) {
        if (distance(name, specs[i].name) < distance(name, specs[nearest].name)) {
            nearest = i;
        }
    }
    return nd_fail(handle, NNDYN_EOPTION, "option '%s' is unknown; the nearest one is '%s'", name, specs[nearest].name);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* Number of a choice in "a|b|c", or -1. */
static int find_choice(const char *choices, const char *text)
{
    const size_t length = strlen(text);
    int number = 0;
    for (const char *at = choices; at; number++) {
        const char *bar = strchr(at, '|');
        const size_t size = bar ? (size_t)(bar - at) : strlen(at);
        if (size == length && memcmp(at, text, size) == 0) {
            return number;
        }
        at = bar ? bar + 1 : NULL;
    }
    return -1;
}

static int64_t saturated(double x)
{
    return x >= 9223372036854775808.0 ? INT64_MAX : x < -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

static nd_option_value standard(const nd_option_spec *spec)
{
    nd_option_value value = {0};
    if (spec->type != ND_TEXT) {
        value.real = spec->standard;
    }
    if (spec->type == ND_INTEGER) {
        value.integer = saturated(spec->standard);
    }
    return value;
}

static int check_bounds(void *handle, const entry *e, const nd_option_spec *spec)
{
    if (e->real >= spec->least && e->real <= spec->most) {
        return NNDYN_OK;
    }
    return nd_fail(handle, NNDYN_EOPTION, "option '%s' is %.12g; it must be from %.12g to %.12g", e->name, e->real,
                   spec->least, spec->most);
}

static int read_text(void *handle, const entry *e, const nd_option_spec *spec, nd_option_value *value)
{
    const int choice = spec->choices ? find_choice(spec->choices, e->text) : 0;
    if (choice < 0) {
        return nd_fail(handle, NNDYN_EOPTION, "option '%s' is '%.80s'; it must be one of %s", e->name, e->text,
                       spec->choices);
    }
    *value = (nd_option_value){.integer = choice, .text = e->text, .given = 1};
    return NNDYN_OK;
}

static int read_entry(void *handle, const entry *e, const nd_option_spec *spec, nd_option_value *value)
{
    static const char *const types[] = {[ND_REAL] = "a real number", [ND_INTEGER] = "an integer", [ND_TEXT] = "a text"};
    const int fits = e->type == spec->type || (e->type == ND_INTEGER && spec->type == ND_REAL);
    if (!fits) {
        return nd_fail(handle, NNDYN_EOPTION, "option '%s' was given as %s; it must be %s", e->name, types[e->type],
                       types[spec->type]);
    }
    if (spec->type == ND_TEXT) {
        return read_text(handle, e, spec, value);
    }
    ND_TRY(check_bounds(handle, e, spec));
    *value = (nd_option_value){.real = e->real, .integer = e->integer, .given = 1};
    return NNDYN_OK;
}

static int read_entries(void *handle, const nndyn_options *options, const nd_option_spec *specs, int count,
                        nd_option_value *values)
{
    for (const entry *e = options->first; e; e = e->next) {
        int i = 0;
        while (i < count && strcmp(specs[i].name, e->name) != 0) {
            i++;
        }
        if (i == count) {
            return fail_unknown(handle, e->name, specs, count);
        }
        ND_TRY(read_entry(handle, e, &specs[i], &values[i]));
    }
    return NNDYN_OK;
}

int nd_options_read(void *handle, const nndyn_options *options, const nd_option_spec *specs, int count,
                    nd_option_value *values)
{
    for (int i = 0; i < count; i++) {
        values[i] = standard(&specs[i]);
    }
    if (!options) {
        return NNDYN_OK;
    }
    void *held = (void *)options; /* only its mark of being in use changes */
    ND_TRY(nd_hold(handle, held, ND_OPTIONS, "options"));
    const int status = read_entries(handle, options, specs, count, values);
    nd_unhold(held);
    return status;
}
