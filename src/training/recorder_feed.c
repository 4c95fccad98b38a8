/* recorder_feed.c - what the training calls do with recorders: hold them, and feed them around each step.
 *
 * SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <math.h>
#include <string.h>

/* ---- holding ----------------------------------------------------------------------------------------------------- */

/* A reference, unless the last one is gone and the recorder about to leave the list. */
static int retain_alive(nndyn_recorder *recorder)
{
    atomic_int *references = &recorder->handle.references;
    int now = atomic_load(references);
    while (now > 0) {
        if (atomic_compare_exchange_weak(references, &now, now + 1)) {
            return 1;
        }
    }
    return 0;
}

/* References to all that are alive, in their order. */
static void retain_all(nd_recorders *recorders)
{
    nndyn_recorder **end = &recorders->active;
    nd_recorders_lock(recorders);
    for (nndyn_recorder *r = recorders->first; r != NULL; r = r->next_link) {
        if (retain_alive(r)) {
            *end = r;
            end = &r->next_active;
        }
    }
    *end = NULL;
    nd_recorders_unlock(recorders);
}

/* Undo retain_all, and the hold on those before `stop`. */
static void release_all(nd_recorders *recorders, const nndyn_recorder *stop)
{
    int held = 1;
    for (nndyn_recorder *r = recorders->active, *next; r != NULL; r = next) {
        next = r->next_active;
        held = held && r != stop;
        if (held) {
            nd_unhold(r);
        }
        nd_handle_release(r); /* may be the last one */
    }
    recorders->active = NULL;
}

int nd_recorders_hold(nndyn_trainer *trainer)
{
    nd_recorders *recorders = &trainer->recorders;
    if (atomic_load_explicit(&recorders->count, memory_order_relaxed) == 0) {
        return NNDYN_OK;
    }
    retain_all(recorders);
    for (nndyn_recorder *r = recorders->active; r != NULL; r = r->next_active) {
        const int status = nd_hold(trainer, r, ND_RECORDER, "the recorder");
        if (status != NNDYN_OK) {
            release_all(recorders, r);
            return status;
        }
    }
    return NNDYN_OK;
}

void nd_recorders_unhold(nndyn_trainer *trainer)
{
    if (trainer->recorders.active != NULL) {
        release_all(&trainer->recorders, NULL);
    }
}

/* ---- measuring --------------------------------------------------------------------------------------------------- */

/* The next step of the cadence stays what it is until it has come, or the trainer was set back. */
static int due(nd_entry *entry, int64_t step)
{
    if (entry->next < step || entry->seen > step) {
        entry->next = nd_cadence_next(&entry->cadence, step);
    }
    entry->seen = step;
    return entry->next == step;
}

/* Say whose failure it was, in front of what it says itself. */
static int blame(nndyn_trainer *trainer, const nd_entry *entry, int status, const char *when, int64_t step)
{
    const nd_handle *handle = &trainer->handle;
    const size_t length = strlen(handle->function);
    const char *text = handle->said ? handle->message : nndyn_status_text(status);
    if (strncmp(text, handle->function, length) == 0 && text[length] == ':') {
        text += length + 2;
    }
    return nd_fail(trainer, status, "probe \"%s\" failed %s %lld: %s", entry->name, when, (long long)step, text);
}

static double bytes_of(const nndyn_recorder *recorder)
{
    double bytes = 0;
    for (int64_t i = 0; i < recorder->count; i++) {
        bytes += nd_table_bytes(&recorder->entries[i].table);
    }
    return bytes;
}

static int reserve(nndyn_trainer *trainer, const nndyn_recorder *recorder, nd_entry *entry, int64_t step)
{
    if (entry->table.columns == 0) {
        return NNDYN_OK;
    }
    trainer->handle.said = 0;
    const int status = nd_table_reserve(trainer, entry, bytes_of(recorder));
    return status == NNDYN_OK ? status : blame(trainer, entry, status, "before step", step);
}

/* One row, for which there is room. */
static int measure(const nd_moment *moment, nd_entry *entry)
{
    nd_table *table = &entry->table;
    double *row = NULL;
    if (table->columns > 0) {
        row = nd_table_row(table, table->rows);
        *row++ = (double)moment->step;
        for (int64_t c = 0; c < entry->probe.columns; c++) {
            row[c] = NAN;
        }
    }
    moment->trainer->handle.said = 0;
    const int status = entry->probe.measure(entry->probe.self, moment, row);
    if (status != NNDYN_OK) {
        return blame(moment->trainer, entry, status, moment->step > 0 ? "after the step, which is done, to" : "at step",
                     moment->step);
    }
    table->rows += table->columns > 0;
    entry->last = moment->step;
    return NNDYN_OK;
}

/* The first failure, with its message kept while the other probes have their turn. */
typedef struct outcome {
    int status;
    char message[ND_MESSAGE_SIZE];
} outcome;

static void note(outcome *first, int status, const nndyn_trainer *trainer)
{
    if (status != NNDYN_OK && first->status == NNDYN_OK) {
        first->status = status;
        memcpy(first->message, trainer->handle.message, sizeof first->message);
    }
}

static int give_back(const outcome *first, nndyn_trainer *trainer)
{
    if (first->status != NNDYN_OK) {
        memcpy(trainer->handle.message, first->message, sizeof first->message);
        trainer->handle.said = 1;
    }
    return first->status;
}

/* Measure all that is due, the network free for it. */
static int measure_due(const nd_moment *moment)
{
    nndyn_trainer *trainer = moment->trainer;
    outcome first = {.status = NNDYN_OK};
    nd_unhold(moment->network);
    trainer->network_held = 0;
    for (nndyn_recorder *r = trainer->recorders.active; r != NULL; r = r->next_active) {
        for (int64_t i = 0; i < r->count && first.status != NNDYN_ECANCELED; i++) {
            nd_entry *entry = &r->entries[i];
            if (entry->next == moment->step && !(moment->step == 0 && entry->last == 0)) {
                note(&first, measure(moment, entry), trainer);
            }
        }
    }
    trainer->handle.said = 0;
    const int status = nd_hold(trainer, moment->network, ND_NETWORK, "network");
    trainer->network_held = status == NNDYN_OK;
    note(&first, status, trainer);
    return give_back(&first, trainer);
}

/* Whether anything is due at this step. */
static int any_due(nndyn_trainer *trainer, int64_t step)
{
    int any = 0;
    for (nndyn_recorder *r = trainer->recorders.active; r != NULL; r = r->next_active) {
        for (int64_t i = 0; i < r->count; i++) {
            any |= due(&r->entries[i], step);
        }
    }
    return any;
}

/* Room for what is due. */
static int reserve_due(nndyn_trainer *trainer, int64_t step)
{
    for (nndyn_recorder *r = trainer->recorders.active; r != NULL; r = r->next_active) {
        for (int64_t i = 0; i < r->count; i++) {
            if (r->entries[i].next == step) {
                ND_TRY(reserve(trainer, r, &r->entries[i], step));
            }
        }
    }
    return NNDYN_OK;
}

static void look(nndyn_trainer *trainer, int64_t step)
{
    for (nndyn_recorder *r = trainer->recorders.active; r != NULL; r = r->next_active) {
        for (int64_t i = 0; i < r->count; i++) {
            nd_entry *entry = &r->entries[i];
            if (entry->next == step && entry->probe.before != NULL) {
                entry->probe.before(entry->probe.self, trainer);
            }
        }
    }
}

int nd_recorders_before(nndyn_trainer *trainer)
{
    if (trainer->recorders.active == NULL) {
        return NNDYN_OK;
    }
    if (trainer->step == 0 && any_due(trainer, 0)) {
        ND_TRY(reserve_due(trainer, 0));
        ND_TRY(measure_due(&(nd_moment){trainer, trainer->network, 0, NAN, NAN, 0, NULL, NULL}));
    }
    if (any_due(trainer, trainer->step + 1)) {
        ND_TRY(reserve_due(trainer, trainer->step + 1));
        look(trainer, trainer->step + 1);
    }
    return NNDYN_OK;
}

int nd_recorders_after(nndyn_trainer *trainer, const nd_moment *moment)
{
    return trainer->recorders.active != NULL && any_due(trainer, moment->step) ? measure_due(moment) : NNDYN_OK;
}
