/* recorder_get.c - reading a recorder: its probes, names, rows; flushing.  SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <string.h>

void nd_entry_column(const nd_entry *entry, int64_t column, char name[ND_NAME_SIZE])
{
    if (column == 0) {
        memcpy(name, "step", 5);
    } else {
        entry->probe.column(entry->probe.self, column - 1, name);
    }
}

int nndyn_recorder_probes(nndyn_recorder *recorder, int64_t *probes)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_probes"));
    const int status = nd_check_pointer(recorder, probes, "probes");
    if (status == NNDYN_OK) {
        *probes = recorder->count;
    }
    return nd_leave(recorder, status);
}

static int shape(nndyn_recorder *recorder, int64_t probe, int64_t *columns, int64_t *rows, int64_t *written)
{
    nd_entry *entry = nd_recorder_entry(recorder, probe);
    if (entry == NULL) {
        return NNDYN_EARG;
    }
    if (columns != NULL) {
        *columns = entry->table.columns;
    }
    if (rows != NULL) {
        *rows = entry->table.rows;
    }
    if (written != NULL) {
        *written = entry->table.start;
    }
    return NNDYN_OK;
}

int nndyn_recorder_shape(nndyn_recorder *recorder, int64_t probe, int64_t *columns, int64_t *rows, int64_t *written)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_shape"));
    return nd_leave(recorder, shape(recorder, probe, columns, rows, written));
}

static int get_name(nndyn_recorder *recorder, int64_t probe, int64_t column, int64_t capacity, char *text,
                    int64_t *length)
{
    nd_entry *entry = nd_recorder_entry(recorder, probe);
    char name[ND_NAME_SIZE];
    if (entry == NULL) {
        return NNDYN_EARG;
    }
    ND_TRY(nd_check_size(recorder, column, -1, entry->table.columns - 1, "column"));
    ND_TRY(nd_check_size(recorder, capacity, 0, INT64_MAX, "capacity"));
    if (capacity > 0) {
        ND_TRY(nd_check_pointer(recorder, text, "text"));
    }
    if (column < 0) {
        memcpy(name, entry->name, sizeof name);
    } else {
        nd_entry_column(entry, column, name);
    }
    const int64_t full = (int64_t)strlen(name);
    if (capacity > 0) {
        const int64_t count = full < capacity ? full : capacity - 1;
        memcpy(text, name, (size_t)count);
        text[count] = '\0';
    }
    if (length != NULL) {
        *length = full;
    }
    return NNDYN_OK;
}

int nndyn_recorder_name(nndyn_recorder *recorder, int64_t probe, int64_t column, int64_t capacity, char *text,
                        int64_t *length)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_name"));
    return nd_leave(recorder, get_name(recorder, probe, column, capacity, text, length));
}

int nd_recorder_check_rows(nndyn_recorder *recorder, const nd_entry *entry, int64_t first, int64_t count)
{
    const nd_table *table = &entry->table;
    if (table->columns == 0) {
        return nd_fail(recorder, NNDYN_EARG, "probe \"%s\" has no table: it keeps by itself what it measures",
                       entry->name);
    }
    ND_TRY(nd_check_size(recorder, first, 0, table->rows, "first"));
    ND_TRY(nd_check_size(recorder, count, 0, table->rows - first, "count"));
    if (count > 0 && first < table->start) {
        return nd_fail(recorder, NNDYN_ESTATE,
                       "rows before %lld of probe \"%s\" are in '%.200s' and no more in memory; read them there",
                       (long long)table->start, entry->name, nd_spill_path(table->spill));
    }
    return NNDYN_OK;
}

static int get_rows(nndyn_recorder *recorder, int64_t probe, int64_t first, int64_t count, double *rows)
{
    nd_entry *entry = nd_recorder_entry(recorder, probe);
    if (entry == NULL) {
        return NNDYN_EARG;
    }
    ND_TRY(nd_recorder_check_rows(recorder, entry, first, count));
    if (count > 0) {
        ND_TRY(nd_check_pointer(recorder, rows, "rows"));
    }
    const int64_t columns = entry->table.columns;
    for (int64_t r = 0; r < count; r++) {
        memcpy(rows + r * columns, nd_table_row(&entry->table, first + r), (size_t)columns * sizeof *rows);
    }
    return NNDYN_OK;
}

int nndyn_recorder_rows(nndyn_recorder *recorder, int64_t probe, int64_t first, int64_t count, double *rows)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_rows"));
    return nd_leave(recorder, get_rows(recorder, probe, first, count, rows));
}

/* Every table has its turn; the first failure is told. */
static int flush(nndyn_recorder *recorder)
{
    int first = NNDYN_OK;
    char message[ND_MESSAGE_SIZE];
    for (int64_t i = 0; i < recorder->count; i++) {
        const int status = nd_table_spill(recorder, &recorder->entries[i].table);
        if (status != NNDYN_OK && first == NNDYN_OK) {
            first = status;
            memcpy(message, recorder->handle.message, sizeof message);
        }
    }
    if (first != NNDYN_OK) {
        memcpy(recorder->handle.message, message, sizeof message);
    }
    return first;
}

int nndyn_recorder_flush(nndyn_recorder *recorder)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_flush"));
    return nd_leave(recorder, flush(recorder));
}
