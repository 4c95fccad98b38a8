/* recorder_csv.c - tables as text, and a whole table as a file.  SPDX-License-Identifier: MIT */
#include "training/recorder_csv.h"
#include "core/file.h"
#include "data/decimal.h"
#include <string.h>

int nd_csv_names(const nd_entry *entry, nd_text text)
{
    char name[ND_NAME_SIZE + 1];
    for (int64_t c = 0; c < entry->table.columns; c++) {
        nd_entry_column(entry, c, name);
        const size_t length = strlen(name);
        name[length] = c + 1 < entry->table.columns ? ',' : '\n';
        ND_TRY(text.put(text.to, name, (int64_t)length + 1));
    }
    return NNDYN_OK;
}

int nd_csv_rows(const nd_table *table, int64_t first, int64_t count, nd_text text)
{
    char number[ND_DECIMAL_SIZE];
    for (int64_t r = first; r < first + count; r++) {
        const double *row = nd_table_row(table, r);
        for (int64_t c = 0; c < table->columns; c++) {
            const int64_t length = nd_format_decimal(row[c], number);
            number[length] = c + 1 < table->columns ? ',' : '\n';
            ND_TRY(text.put(text.to, number, length + 1));
        }
    }
    return NNDYN_OK;
}

/* ---- a file as a whole ------------------------------------------------------------------------------------------- */

static int put_in_file(void *to, const char *bytes, int64_t size)
{
    nd_write_bytes(to, size, bytes);
    return NNDYN_OK;
}

static int write_csv(nndyn_recorder *recorder, int64_t probe, const char *path)
{
    nd_entry *entry = nd_recorder_entry(recorder, probe);
    nd_writer *writer;
    int status;
    if (entry == NULL) {
        return NNDYN_EARG;
    }
    ND_TRY(nd_recorder_check_rows(recorder, entry, 0, entry->table.rows));
    ND_TRY(nd_writer_open_text(recorder, path, &writer));
    const nd_text text = {put_in_file, writer};
    status = nd_csv_names(entry, text);
    if (status == NNDYN_OK) {
        status = nd_csv_rows(&entry->table, 0, entry->table.rows, text);
    }
    return nd_writer_close(writer, status);
}

int nndyn_recorder_write_csv(nndyn_recorder *recorder, int64_t probe, const char *path)
{
    ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_write_csv"));
    return nd_leave(recorder, write_csv(recorder, probe, path));
}
