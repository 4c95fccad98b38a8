/* recorder_csv.h - tables as text. */
#ifndef ND_RECORDER_CSV_H
#define ND_RECORDER_CSV_H
#include "training/recorder.h"

/* Where text goes: a status of nonzero stops the writing. */
typedef struct nd_text {
    int (*put)(void *to, const char *bytes, int64_t size);
    void *to;
} nd_text;

/* The line of names. */
int nd_csv_names(const nd_entry *entry, nd_text text);
/* Rows in memory. */
int nd_csv_rows(const nd_table *table, int64_t first, int64_t count, nd_text text);

#endif
