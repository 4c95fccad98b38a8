/* run.c - running the cells of a sweep over the threads.  SPDX-License-Identifier: MIT */
#include "experiments/sweep/sweep.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { FILE_NAME, PART, PARTS, STOP, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"file", ND_TEXT, 0, 0, 0, NULL},
    {"part", ND_INTEGER, 0, (double)ND_SWEEP_MOST_CELLS, 0, NULL},
    {"parts", ND_INTEGER, 1, (double)ND_SWEEP_MOST_CELLS, 1, NULL},
    {"stop", ND_INTEGER, 0, 1, 0, NULL},
};

typedef struct sweep_run {
    nndyn_sweep *sweep;
    nd_append *file; /* NULL: no file */
    int64_t *waiting;
    int64_t count; /* of waiting */
    int64_t part, parts;
    int stop_at_failure;
    pthread_t caller;
    nd_task task;         /* the caller's alone, but for nd_task_canceled */
    pthread_mutex_t lock; /* of the table's states, and the file */
    atomic_int stopped;   /* canceled, or the file failed: running cells end too */
    atomic_int closed;    /* no further cell begins */
    atomic_int file_failed;
    atomic_int_fast64_t finished;
} sweep_run;

/* ---- stopping ---------------------------------------------------------------------------------------------------- */

/* Progress is told on the thread that made the call only. */
static int stopped(sweep_run *run)
{
    if (atomic_load(&run->stopped)) {
        return 1;
    }
    const double fraction = (double)atomic_load(&run->finished) / (double)run->count;
    const int here = pthread_equal(pthread_self(), run->caller) != 0;
    if (here ? nd_task_report(&run->task, fraction) != NNDYN_OK : nd_task_canceled(&run->task)) {
        atomic_store(&run->stopped, 1);
        return 1;
    }
    return 0;
}

/* A cell that was told to stop has no result, whatever it says. */
typedef struct piece {
    sweep_run *run;
    int cut;
} piece;

static int piece_stopped(void *user)
{
    piece *p = user;
    p->cut = p->cut || stopped(p->run);
    return p->cut;
}

/* ---- one cell ---------------------------------------------------------------------------------------------------- */

static int run_in(nndyn_context *context, const nndyn_sweep *sweep, int64_t cell, char *message)
{
    const nd_cell *c = &sweep->cell;
    double values[ND_SWEEP_AXES];
    nd_sweep_point(sweep, cell / sweep->seeds, values);
    const int result = c->run(c->user, context, sweep->axes, values, nd_sweep_seed(sweep, cell), c->columns,
                              nd_sweep_row(sweep, cell));
    const int known = result <= NNDYN_OK && result >= NNDYN_EINTERNAL;
    if (!known) {
        (void)snprintf(message, ND_MESSAGE_SIZE, "the cell's function returned %d", result);
    } else if (result != NNDYN_OK) {
        (void)snprintf(message, ND_MESSAGE_SIZE, "%s", nndyn_message(context));
    }
    return known ? result : NNDYN_ECALLBACK;
}

static void finish(sweep_run *run, int64_t cell, int status, const char *message)
{
    nndyn_sweep *sweep = run->sweep;
    pthread_mutex_lock(&run->lock);
    nd_sweep_settle(sweep, cell, status, message);
    if (run->file && !atomic_load(&run->file_failed) && !nd_append_row(sweep, run->file, cell)) {
        atomic_store(&run->file_failed, 1);
        atomic_store(&run->stopped, 1);
    }
    pthread_mutex_unlock(&run->lock);
    if (status != NNDYN_OK && run->stop_at_failure) {
        atomic_store(&run->closed, 1);
    }
    atomic_fetch_add(&run->finished, 1);
    (void)stopped(run);
}

static void run_cell(void *job, int64_t index)
{
    sweep_run *run = job;
    nndyn_sweep *sweep = run->sweep;
    nndyn_context *parent = sweep->handle.context, *context = NULL;
    const int64_t cell = run->waiting[index];
    const int64_t limit = sweep->cell_limit > 0 ? sweep->cell_limit : nd_context_memory_limit(parent);
    piece p = {run, 0};
    char message[ND_MESSAGE_SIZE] = "";
    if (atomic_load(&run->closed) || stopped(run)) {
        return;
    }
    int status = nd_context_create_within(parent, nd_sweep_seed(sweep, cell), limit, piece_stopped, &p, &context);
    if (status == NNDYN_OK) {
        status = run_in(context, sweep, cell, message);
        nd_context_detach(context);
        nndyn_context_free(context);
    }
    if (p.cut) {
        double *row = nd_sweep_row(sweep, cell);
        for (int64_t c = 0; c < sweep->cell.columns; c++) {
            row[c] = (double)NAN;
        }
        return;
    }
    finish(run, cell, status, message);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* The first cell of the part that stands failed, or -1, and how many do. */
static int64_t first_failed(const sweep_run *run, int64_t *failed)
{
    const nndyn_sweep *sweep = run->sweep;
    int64_t first = -1;
    *failed = 0;
    for (int64_t i = run->part; i < nd_sweep_cells(sweep); i += run->parts) {
        if (nd_sweep_wanted(sweep, i) && sweep->states[i].done && sweep->states[i].status != NNDYN_OK) {
            first = first < 0 ? i : first;
            (*failed)++;
        }
    }
    return first;
}

static int fail_cell(nndyn_sweep *sweep, int64_t cell)
{
    char place[256] = "";
    double values[ND_SWEEP_AXES];
    size_t used = 0;
    nd_sweep_point(sweep, cell / sweep->seeds, values);
    for (int64_t a = 0; a < sweep->axes && used < sizeof place; a++) {
        used += (size_t)snprintf(place + used, sizeof place - used, "%s %.9g, ", sweep->axis[a].name, values[a]);
    }
    return nd_fail(sweep, sweep->states[cell].status, "cell %lld (%sseed %lld) failed: %s", (long long)cell, place,
                   (long long)nd_sweep_seed(sweep, cell), nd_sweep_message(sweep, cell));
}

static int list_cells(sweep_run *run)
{
    nndyn_sweep *sweep = run->sweep;
    int64_t count = 0;
    const int64_t cells = nd_sweep_cells(sweep);
    ND_TRY(nd_allocate_for(sweep, cells / run->parts + 1, sizeof *run->waiting, &run->waiting));
    for (int64_t i = run->part; i < cells; i += run->parts) {
        if (nd_sweep_wanted(sweep, i) && (!sweep->states[i].done || sweep->states[i].status != NNDYN_OK)) {
            run->waiting[count++] = i;
        }
    }
    for (int64_t i = 0; sweep->repeats && i < count / 2; i++) {
        const int64_t swapped = run->waiting[i];
        run->waiting[i] = run->waiting[count - 1 - i];
        run->waiting[count - 1 - i] = swapped;
    }
    run->count = count;
    return NNDYN_OK;
}

static int why_stopped(const sweep_run *run, int status)
{
    nndyn_sweep *sweep = run->sweep;
    if (atomic_load(&run->file_failed)) {
        return nd_append_fail(sweep, run->file);
    }
    if (atomic_load(&run->stopped) && atomic_load(&run->finished) < run->count) {
        return nd_fail(sweep, NNDYN_ECANCELED, "the sweep was stopped by %s after %lld of %lld cells; their rows stay",
                       nd_task_canceled(&run->task) ? "nndyn_context_cancel" : "the progress callback",
                       (long long)atomic_load(&run->finished), (long long)run->count);
    }
    if (status != NNDYN_OK) {
        return nd_fail(sweep, status, "the executor of the context failed; %lld of %lld cells were run",
                       (long long)atomic_load(&run->finished), (long long)run->count);
    }
    return NNDYN_OK;
}

static int run_cells(sweep_run *run, int64_t *failed)
{
    nndyn_sweep *sweep = run->sweep;
    int64_t count;
    ND_TRY(list_cells(run));
    nd_task_begin(&run->task, sweep, "running a sweep");
    ND_TRY(why_stopped(run, nd_parallel(sweep->handle.context, run->count, run_cell, run)));
    if (run->file && atomic_load(&run->finished) == run->count) {
        ND_TRY(nd_sweep_write(sweep, nd_append_path(run->file), 1));
    }
    const int64_t first = first_failed(run, &count);
    if (first >= 0 && !failed) {
        return fail_cell(sweep, first);
    }
    if (failed) {
        *failed = count;
    }
    return NNDYN_OK;
}

static int run_with(sweep_run *run, const char *path, int64_t *failed)
{
    nndyn_sweep *sweep = run->sweep;
    int status = NNDYN_OK;
    if (pthread_mutex_init(&run->lock, NULL) != 0) {
        return nd_fail(sweep, NNDYN_ENOMEM, "the system refused a lock for the table");
    }
    if (path) {
        status = nd_append_open(sweep, path, run->part, run->parts, &run->file);
    }
    if (status == NNDYN_OK) {
        status = run_cells(run, failed);
    }
    nd_append_close(sweep, run->file);
    nd_release(sweep->handle.context, run->waiting);
    pthread_mutex_destroy(&run->lock);
    return status;
}

static int run_sweep(nndyn_sweep *sweep, const nndyn_options *options, int64_t *failed)
{
    nd_option_value v[OPTIONS];
    ND_TRY(nd_options_read(sweep, options, specs, OPTIONS, v));
    if (v[PART].integer >= v[PARTS].integer) {
        return nd_fail(sweep, NNDYN_EOPTION, "option 'part' is %lld; it must be from 0 to parts - 1, which is %lld",
                       (long long)v[PART].integer, (long long)v[PARTS].integer - 1);
    }
    ND_TRY(nd_sweep_reserve(sweep));
    sweep_run run = {
        .sweep = sweep,
        .part = v[PART].integer,
        .parts = v[PARTS].integer,
        .stop_at_failure = (int)v[STOP].integer,
        .caller = pthread_self(),
    };
    atomic_init(&run.stopped, 0);
    atomic_init(&run.closed, 0);
    atomic_init(&run.file_failed, 0);
    atomic_init(&run.finished, 0);
    return run_with(&run, v[FILE_NAME].text, failed);
}

int nndyn_sweep_run(nndyn_sweep *sweep, const nndyn_options *options, int64_t *failed)
{
    ND_TRY(nd_enter(sweep, ND_SWEEP, "nndyn_sweep_run"));
    return nd_leave(sweep, run_sweep(sweep, options, failed));
}
