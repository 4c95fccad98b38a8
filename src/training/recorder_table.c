/* recorder_table.c - rows of numbers in chunks, kept or written to a file.  SPDX-License-Identifier: MIT */
#include "training/recorder.h"
#include <string.h>

/* 32 KiB: small beside any network, large beside the cost of a write. */
enum { CHUNK_NUMBERS = 4096, FIRST_CHUNKS = 16 };

int64_t nd_table_chunk(int64_t columns)
{
    return columns < CHUNK_NUMBERS ? CHUNK_NUMBERS / columns : 1;
}

static double chunk_bytes(const nd_table *table)
{
    return (double)table->chunk_rows * (double)table->columns * (double)sizeof(double);
}

double nd_table_bytes(const nd_table *table)
{
    return (double)table->chunk_count * chunk_bytes(table) +
           (double)table->chunk_capacity * (double)sizeof *table->chunks;
}

/* Twice as many pointers. */
static int widen(void *handle, nd_table *table)
{
    const int64_t capacity = table->chunk_capacity > 0 ? 2 * table->chunk_capacity : FIRST_CHUNKS;
    double **chunks;
    ND_TRY(nd_allocate_for(handle, capacity, sizeof(double *), &chunks));
    for (int64_t i = 0; i < table->chunk_count; i++) {
        chunks[i] = table->chunks[i];
    }
    nd_release(nd_handle_context(handle), table->chunks);
    table->chunks = chunks;
    table->chunk_capacity = capacity;
    return NNDYN_OK;
}

int nd_table_reserve(void *handle, nd_entry *entry, double bytes)
{
    nd_table *table = &entry->table;
    if (table->spill != NULL && table->rows - table->start == table->chunk_rows) {
        ND_TRY(nd_table_spill(handle, table));
    }
    if ((table->rows - table->start) / table->chunk_rows < table->chunk_count) {
        return NNDYN_OK;
    }
    ND_TRY(nd_check_memory(handle, bytes + chunk_bytes(table),
                           "the table (which with the option \"file\" does not grow in memory)"));
    if (table->chunk_count == table->chunk_capacity) {
        ND_TRY(widen(handle, table));
    }
    ND_TRY(nd_allocate_for(handle, table->chunk_rows * table->columns, sizeof(double),
                           &table->chunks[table->chunk_count]));
    table->chunk_count++;
    return NNDYN_OK;
}

double *nd_table_row(const nd_table *table, int64_t row)
{
    const int64_t at = row - table->start;
    return table->chunks[at / table->chunk_rows] + at % table->chunk_rows * table->columns;
}

int nd_table_spill(void *handle, nd_table *table)
{
    if (table->spill == NULL || table->rows == table->start) {
        return NNDYN_OK;
    }
    ND_TRY(nd_spill_write(handle, table->spill, table));
    table->start = table->rows;
    return NNDYN_OK;
}

void nd_table_free(nndyn_context *context, nd_table *table)
{
    for (int64_t i = 0; i < table->chunk_count; i++) {
        nd_release(context, table->chunks[i]);
    }
    nd_release(context, table->chunks);
    nd_spill_close(context, table->spill);
    memset(table, 0, sizeof *table);
}
