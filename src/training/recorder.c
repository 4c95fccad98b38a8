/* recorder.c - making a recorder, its probes, and the options they share.  SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <limits.h>
#include <sched.h>
#include <string.h>

/* ---- attaching --------------------------------------------------------------------------------------------------- */

void nd_recorders_lock(nd_recorders *recorders)
{
    while (atomic_flag_test_and_set_explicit(&recorders->lock, memory_order_acquire)) {
        sched_yield();
    }
}

void nd_recorders_unlock(nd_recorders *recorders)
{
    atomic_flag_clear_explicit(&recorders->lock, memory_order_release);
}

/* At the end, so that recorders are fed in the order they were made. */
static void attach(nndyn_recorder *recorder)
{
    nd_recorders *recorders = &recorder->trainer->recorders;
    nd_recorders_lock(recorders);
    nndyn_recorder **link = &recorders->first;
    while (*link != NULL) {
        link = &(*link)->next_link;
    }
    *link = recorder;
    atomic_fetch_add(&recorders->count, 1);
    nd_recorders_unlock(recorders);
}

static void detach(nndyn_recorder *recorder)
{
    nd_recorders *recorders = &recorder->trainer->recorders;
    nd_recorders_lock(recorders);
    nndyn_recorder **link = &recorders->first;
    while (*link != recorder) {
        link = &(*link)->next_link;
    }
    *link = recorder->next_link;
    atomic_fetch_sub(&recorders->count, 1);
    nd_recorders_unlock(recorders);
}

/* ---- create and free --------------------------------------------------------------------------------------------- */

static void destroy_probe(const nd_probe *probe, nndyn_context *context)
{
    if (probe->destroy != NULL) {
        probe->destroy(probe->self, context);
    }
}

static void destroy_entry(nd_entry *entry, nndyn_context *context)
{
    nd_table_free(context, &entry->table);
    nd_release(context, entry->cadence.steps);
    destroy_probe(&entry->probe, context);
}

static void destroy(void *data)
{
    nndyn_recorder *recorder = data;
    nndyn_context *context = recorder->handle.context;
    detach(recorder);
    for (int64_t i = 0; i < recorder->count; i++) {
        (void)nd_table_spill(recorder, &recorder->entries[i].table); /* nobody is left to be told */
        destroy_entry(&recorder->entries[i], context);
    }
    nd_release(context, recorder->entries);
    nd_handle_release(recorder->trainer);
}

static int create(nndyn_trainer *trainer, nndyn_recorder **out)
{
    nndyn_recorder *recorder;
    ND_TRY(nd_check_pointer(trainer, out, "out"));
    ND_TRY(nd_handle_create(trainer->handle.context, ND_RECORDER, sizeof *recorder, destroy, &recorder));
    nd_handle_retain(trainer);
    recorder->trainer = trainer;
    attach(recorder);
    *out = recorder;
    return NNDYN_OK;
}

int nndyn_recorder_create(nndyn_trainer *trainer, nndyn_recorder **out)
{
    ND_TRY(nd_enter(trainer, ND_TRAINER, "nndyn_recorder_create"));
    return nd_leave(trainer, create(trainer, out));
}

void nndyn_recorder_free(nndyn_recorder *recorder)
{
    nd_handle_release(recorder);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

enum { EVERY, FIRST, PER_DECADE, INITIAL, NAME, FILE_NAME, APPEND, COMMON };

static const nd_option_spec common[COMMON] = {
    [EVERY] = {"every", ND_INTEGER, 1, (double)ND_MOST_STEPS, 1, NULL},
    [FIRST] = {"first", ND_INTEGER, 1, (double)ND_MOST_STEPS, 1, NULL},
    [PER_DECADE] = {"per_decade", ND_INTEGER, 1, 1000, 1, NULL},
    [INITIAL] = {"initial", ND_INTEGER, 0, 1, 0, NULL},
    [NAME] = {"name", ND_TEXT, 0, 0, 0, NULL},
    [FILE_NAME] = {"file", ND_TEXT, 0, 0, 0, NULL},
    [APPEND] = {"append", ND_INTEGER, 0, 1, 0, NULL},
};

static int check_combination(void *handle, const nd_option_value *values)
{
    const nd_option_value *name = &values[NAME];
    if (values[PER_DECADE].given && (values[EVERY].given || values[FIRST].given)) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"per_decade\" and \"%s\" are both given; a cadence is either logarithmic or regular",
                       values[EVERY].given ? "every" : "first");
    }
    if (name->given && (name->text[0] == '\0' || strlen(name->text) >= ND_NAME_SIZE)) {
        return nd_fail(handle, NNDYN_EOPTION, "\"name\" has %zu bytes, must have 1 to %d", strlen(name->text),
                       ND_NAME_SIZE - 1);
    }
    if (values[FILE_NAME].given && values[FILE_NAME].text[0] == '\0') {
        return nd_fail(handle, NNDYN_EOPTION, "\"file\" is empty, must be the name of a file");
    }
    if (values[APPEND].given && !values[FILE_NAME].given) {
        return nd_fail(handle, NNDYN_EOPTION, "\"append\" is given without \"file\"; name the file");
    }
    return NNDYN_OK;
}

int nd_record_read(void *handle, const nndyn_options *options, const nd_option_spec *own, int count,
                   nd_option_value *values, nd_record *record)
{
    nd_option_spec specs[COMMON + ND_OWN_OPTIONS];
    nd_option_value all[COMMON + ND_OWN_OPTIONS];
    if (count > ND_OWN_OPTIONS) {
        return nd_fail(handle, NNDYN_EINTERNAL, "a probe has %d options of its own, at most %d are expected", count,
                       ND_OWN_OPTIONS);
    }
    memcpy(specs, common, sizeof common);
    for (int i = 0; i < count; i++) {
        specs[COMMON + i] = own[i];
    }
    ND_TRY(nd_options_read(handle, options, specs, COMMON + count, all));
    ND_TRY(check_combination(handle, all));
    for (int i = 0; i < count; i++) {
        values[i] = all[COMMON + i];
    }
    *record = (nd_record){
        .cadence = {.every = all[EVERY].integer,
                    .first = all[FIRST].given ? all[FIRST].integer : all[EVERY].integer,
                    .per_decade = all[PER_DECADE].given ? all[PER_DECADE].integer : 0,
                    .initial = all[INITIAL].integer != 0},
        .name = all[NAME].given ? all[NAME].text : NULL,
        .file = all[FILE_NAME].given ? all[FILE_NAME].text : NULL,
        .append = all[APPEND].integer != 0,
    };
    return NNDYN_OK;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static int check_entry(nndyn_recorder *recorder, const nd_probe *probe, const nd_record *record, const char *name)
{
    for (int64_t i = 0; i < recorder->count; i++) {
        if (strcmp(recorder->entries[i].name, name) == 0) {
            return nd_fail(recorder, NNDYN_EOPTION,
                           "the recorder has a probe \"%s\" already; give this one another \"name\"", name);
        }
    }
    if (probe->of_step && record->cadence.initial) {
        return nd_fail(recorder, NNDYN_EOPTION,
                       "\"initial\" is 1, but a probe of the kind \"%s\" measures a step, and there is none at step 0; "
                       "leave it at 0",
                       probe->kind);
    }
    if (probe->columns == 0 && record->file != NULL) {
        return nd_fail(recorder, NNDYN_EOPTION, "\"file\" is given for a probe without columns; leave it out");
    }
    if (probe->columns > INT_MAX - 1) {
        return nd_fail(recorder, NNDYN_EARG, "the probe has %lld columns, at most %d are allowed",
                       (long long)probe->columns, INT_MAX - 1);
    }
    return NNDYN_OK;
}

static int grow(nndyn_recorder *recorder)
{
    const int64_t capacity = recorder->capacity > 0 ? 2 * recorder->capacity : 4;
    nd_entry *entries;
    if (recorder->count < recorder->capacity) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(recorder, capacity, sizeof *entries, &entries));
    for (int64_t i = 0; i < recorder->count; i++) {
        entries[i] = recorder->entries[i];
    }
    nd_release(recorder->handle.context, recorder->entries);
    recorder->entries = entries;
    recorder->capacity = capacity;
    return NNDYN_OK;
}

static int append(nndyn_recorder *recorder, const nd_probe *probe, const nd_record *record)
{
    const char *name = record->name != NULL ? record->name : probe->kind;
    nd_entry entry = {.probe = *probe, .cadence = record->cadence, .next = -1, .seen = -1, .last = -1};
    ND_TRY(check_entry(recorder, probe, record, name));
    ND_TRY(grow(recorder));
    memcpy(entry.name, name, strlen(name) + 1);
    if (probe->columns > 0) {
        entry.table.columns = 1 + probe->columns;
        entry.table.chunk_rows = nd_table_chunk(entry.table.columns);
    }
    if (record->file != NULL) { /* last, because it may leave a file behind */
        ND_TRY(nd_spill_open(recorder, &entry, record->file, record->append, &entry.table.spill));
    }
    recorder->entries[recorder->count] = entry;
    return NNDYN_OK;
}

int nd_recorder_add(nndyn_recorder *recorder, const nd_probe *probe, const nd_record *record, int64_t *number)
{
    const int status = append(recorder, probe, record);
    if (status != NNDYN_OK) {
        destroy_probe(probe, recorder->handle.context);
        return status;
    }
    if (number != NULL) {
        *number = recorder->count;
    }
    recorder->count++;
    return NNDYN_OK;
}

void nd_recorder_drop_last(nndyn_recorder *recorder)
{
    recorder->count--;
    destroy_entry(&recorder->entries[recorder->count], recorder->handle.context);
}

nd_entry *nd_recorder_entry(nndyn_recorder *recorder, int64_t number)
{
    if (number < 0 || number >= recorder->count) {
        nd_fail(recorder, NNDYN_EARG, "probe is %lld, must be the number of one of the %lld probes, from 0",
                (long long)number, (long long)recorder->count);
        return NULL;
    }
    return &recorder->entries[number];
}

/* ---- explicit steps ---------------------------------------------------------------------------------------------- */

static int set_steps(nndyn_recorder *recorder, int64_t probe, int64_t count, const int64_t *steps)
{
    nd_entry *entry = nd_recorder_entry(recorder, probe);
    int64_t *copy;
    if (entry == NULL) {
        return NNDYN_EARG;
    }
    ND_TRY(nd_check_size(recorder, count, 1, INT64_MAX, "count"));
    ND_TRY(nd_check_pointer(recorder, steps, "steps"));
    ND_TRY(nd_check_size(recorder, steps[0], entry->probe.of_step ? 1 : 0, ND_MOST_STEPS, "steps[0]"));
    for (int64_t i = 1; i < count; i++) {
        if (steps[i] <= steps[i - 1]) {
            return nd_fail(recorder, NNDYN_EARG, "steps[%lld] is %lld, must be above the one before it, %lld",
                           (long long)i, (long long)steps[i], (long long)steps[i - 1]);
        }
    }
    ND_TRY(nd_allocate_for(recorder, count, sizeof *copy, &copy));
    memcpy(copy, steps, (size_t)count * sizeof *copy);
    nd_release(recorder->handle.context, entry->cadence.steps);
    entry->cadence = (nd_cadence){.count = count, .steps = copy};
    entry->next = -1;
    entry->seen = -1;
    return NNDYN_OK;
}

int nndyn_recorder_set_steps(nndyn_recorder *recorder, int64_t probe, int64_t count, const int64_t *steps)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_set_steps"));
    return nd_leave(recorder, set_steps(recorder, probe, count, steps));
}
