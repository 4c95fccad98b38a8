/* recorder.h - what a probe is; and the parts of the recorder.
 *
 * An analysis that offers a probe fills in an nd_probe, reads its options with nd_record_read, and gives both to
 * nd_recorder_add, all within one public function on the recorder:
 *
 *     ND_TRY(nd_enter(recorder, ND_RECORDER, "nndyn_recorder_add_..."));
 *     return nd_leave(recorder, add(recorder, ..., options, number));
 *
 * The recorder knows nothing of a probe but these functions. */
#ifndef ND_RECORDER_H
#define ND_RECORDER_H
#include "nndyn/recorder.h"
#include "training/training.h"

/* ---- a probe ----------------------------------------------------------------------------------------------------- */

enum { ND_NAME_SIZE = 64 };

/* What there is to be measured: the state after a step, and the step. */
typedef struct nd_moment {
    nndyn_trainer *trainer; /* entered: messages go here; gradient and workspace are those of the step */
    nndyn_network *network; /* free: call public functions on it, or nd_hold it to read parameters */
    int64_t step;           /* steps done */
    double loss, rate;      /* of the step; NaN at step 0 */
    int64_t n;              /* the batch of the step, in the network's precision; 0 and NULL at step 0 */
    const void *x, *t;
} nd_moment;

typedef struct nd_probe {
    const char *kind; /* its default name; static */
    int64_t columns;  /* numbers in a row; 0: a sink, which has no table and keeps what it needs itself */
    int of_step;      /* it measures a step, so there is nothing at step 0 */
    /* Write the numbers of the row (NULL for a sink), or fail with a message on the trainer. */
    int (*measure)(void *self, const nd_moment *moment, double *row);
    /* Name of column 0, 1, ...; may be NULL for a sink. */
    void (*column)(void *self, int64_t column, char name[ND_NAME_SIZE]);
    /* Look at the state before the step that measure will be called after; the network is held.  May be NULL. */
    void (*before)(void *self, const nndyn_trainer *trainer);
    void (*destroy)(void *self, nndyn_context *context); /* may be NULL */
    void *self;
} nd_probe;

/* ---- when -------------------------------------------------------------------------------------------------------- */

typedef struct nd_cadence {
    int64_t every, first; /* first, first + every, ... */
    int64_t per_decade;   /* not 0: near 10^(j / per_decade) instead */
    int64_t count;        /* not 0: the ascending list of these steps instead */
    int64_t *steps;
    int initial; /* step 0 too */
} nd_cadence;

/* The first step of the cadence that is `step` or later; INT64_MAX if there is none. */
int64_t nd_cadence_next(const nd_cadence *cadence, int64_t step);

/* ---- the options of every probe ---------------------------------------------------------------------------------- */

typedef struct nd_record {
    nd_cadence cadence;
    const char *name, *file; /* NULL if not given; point into the options */
    int append;
} nd_record;

enum { ND_OWN_OPTIONS = 16 };

/* Read options: those of every probe into `record`, the probe's own, at most ND_OWN_OPTIONS, into values[count]. */
int nd_record_read(void *handle, const nndyn_options *options, const nd_option_spec *own, int count,
                   nd_option_value *values, nd_record *record);

/* ---- tables ------------------------------------------------------------------------------------------------------ */

typedef struct nd_spill nd_spill;

/* Rows in chunks of equal size.  With a spill there is one chunk, which goes to the file when it is full. */
typedef struct nd_table {
    int64_t columns; /* "step" included; 0: none */
    int64_t chunk_rows;
    int64_t rows;  /* recorded */
    int64_t start; /* first row in memory */
    double **chunks;
    int64_t chunk_count, chunk_capacity;
    nd_spill *spill; /* NULL: rows stay in memory */
} nd_table;

typedef struct nd_entry {
    nd_probe probe;
    char name[ND_NAME_SIZE];
    nd_cadence cadence;
    int64_t next; /* the first step of the cadence from `seen` on */
    int64_t seen; /* asked about last */
    int64_t last; /* recorded last, -1: none */
    nd_table table;
} nd_entry;

/* Rows of a chunk in a table of so many columns. */
int64_t nd_table_chunk(int64_t columns);
/* Room for one more row.  `bytes` is what the recorder's tables take already. */
int nd_table_reserve(void *handle, nd_entry *entry, double bytes);
double nd_table_bytes(const nd_table *table);
/* A row in memory, or the one after them that was reserved. */
double *nd_table_row(const nd_table *table, int64_t row);
/* Write out what a table with a spill holds; nothing for others. */
int nd_table_spill(void *handle, nd_table *table);
void nd_table_free(nndyn_context *context, nd_table *table);

/* Name of a column of the table, "step" the first. */
void nd_entry_column(const nd_entry *entry, int64_t column, char name[ND_NAME_SIZE]);

/* A file that rows of an entry's table are appended to; it begins with a line of names. */
int nd_spill_open(void *handle, const nd_entry *entry, const char *path, int append, nd_spill **out);
int nd_spill_write(void *handle, nd_spill *spill, const nd_table *table);
const char *nd_spill_path(const nd_spill *spill);
void nd_spill_close(nndyn_context *context, nd_spill *spill);

/* ---- the recorder ------------------------------------------------------------------------------------------------ */

struct nndyn_recorder {
    nd_handle handle;
    nndyn_trainer *trainer;      /* a reference is held */
    nndyn_recorder *next_link;   /* among the recorders of the trainer, under its lock */
    nndyn_recorder *next_active; /* among those that the running training call holds */
    nd_entry *entries;
    int64_t count, capacity;
};

/* Add a probe; the recorder is entered.  Takes over probe->self, and destroys it if it fails. */
int nd_recorder_add(nndyn_recorder *recorder, const nd_probe *probe, const nd_record *record, int64_t *number);
/* Take back the probe added last, within the call that added it. */
void nd_recorder_drop_last(nndyn_recorder *recorder);
/* The entry of a probe's number; NULL, with a message for NNDYN_EARG, if there is none. */
nd_entry *nd_recorder_entry(nndyn_recorder *recorder, int64_t number);
/* Rows exist and are in memory; NNDYN_EARG or NNDYN_ESTATE if not. */
int nd_recorder_check_rows(nndyn_recorder *recorder, const nd_entry *entry, int64_t first, int64_t count);

/* ---- feeding, for the training calls ----------------------------------------------------------------------------- */

void nd_recorders_lock(nd_recorders *recorders);
void nd_recorders_unlock(nd_recorders *recorders);
/* Hold the trainer's recorders for a training call, if it has any; let them go. */
int nd_recorders_hold(nndyn_trainer *trainer);
void nd_recorders_unhold(nndyn_trainer *trainer);
/* Before a step: make room for the rows it will give, let probes look, and record step 0. */
int nd_recorders_before(nndyn_trainer *trainer);
/* After it. */
int nd_recorders_after(nndyn_trainer *trainer, const nd_moment *moment);

#endif
