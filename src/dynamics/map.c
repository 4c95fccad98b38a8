/* map.c - maps of any kind: parameters by name, and many states through many steps over the threads.
 *
 * States are cut in blocks by index; as a kind promises that a state does not see its neighbors, neither the cut nor
 * the number of workers can be seen in the results. */
#include "dynamics/dynamics.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *handle)
{
    nndyn_map *map = handle;
    if (map->kind.destroy != NULL) {
        map->kind.destroy(map->self, map->handle.context);
    }
}

int nd_map_make(void *handle, int64_t dimension, const nd_map_kind *kind, void *self, nndyn_map **out)
{
    nndyn_map *map = NULL;
    ND_TRY(nd_handle_create(nd_handle_context(handle), ND_MAP, sizeof *map, destroy, &map));
    map->dimension = dimension;
    map->kind = *kind;
    map->self = self;
    *out = map;
    return NNDYN_OK;
}

void nd_map_add_parameter(nndyn_map *map, const char *name, double value)
{
    strncpy(map->names[map->parameters], name, ND_MAP_NAME - 1);
    map->values[map->parameters++] = value;
}

void nndyn_map_free(nndyn_map *map)
{
    nd_handle_release(map);
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

int nndyn_map_shape(nndyn_map *map, int64_t *dimension, int64_t *parameters)
{
    ND_TRY(nd_enter(map, ND_MAP, __func__));
    if (dimension != NULL) {
        *dimension = map->dimension;
    }
    if (parameters != NULL) {
        *parameters = map->parameters;
    }
    return nd_leave(map, NNDYN_OK);
}

static int get_name(nndyn_map *map, int64_t parameter, int64_t capacity, char *text, int64_t *length)
{
    if (map->parameters == 0) {
        return nd_fail(map, NNDYN_EARG, "parameter is %lld, but the map has none", (long long)parameter);
    }
    ND_TRY(nd_check_size(map, parameter, 0, map->parameters - 1, "parameter"));
    ND_TRY(nd_check_size(map, capacity, 0, INT64_MAX, "capacity"));
    const char *name = map->names[parameter];
    const int64_t full = (int64_t)strlen(name);
    if (capacity > 0) {
        ND_TRY(nd_check_pointer(map, text, "text"));
        const int64_t count = full < capacity ? full : capacity - 1;
        memcpy(text, name, (size_t)count);
        text[count] = '\0';
    }
    if (length != NULL) {
        *length = full;
    }
    return NNDYN_OK;
}

int nndyn_map_parameter_name(nndyn_map *map, int64_t parameter, int64_t capacity, char *text, int64_t *length)
{
    ND_TRY(nd_enter(map, ND_MAP, __func__));
    return nd_leave(map, get_name(map, parameter, capacity, text, length));
}

/* "rate, decay", for messages. */
static void list_names(const nndyn_map *map, size_t size, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < map->parameters; i++) {
        const size_t length = strlen(map->names[i]);
        if (used + length + 3 > size) {
            break;
        }
        memcpy(text + used, i > 0 ? ", " : "", i > 0 ? 3 : 1);
        used += i > 0 ? 2 : 0;
        memcpy(text + used, map->names[i], length + 1);
        used += length;
    }
}

int nd_map_find(const nndyn_map *map, void *handle, const char *name, int64_t *out)
{
    char names[256];
    ND_TRY(nd_check_pointer(handle, name, "name"));
    for (int64_t i = 0; i < map->parameters; i++) {
        if (strcmp(map->names[i], name) == 0) {
            *out = i;
            return NNDYN_OK;
        }
    }
    if (map->parameters == 0) {
        return nd_fail(handle, NNDYN_EARG, "name is '%.60s', but the map has no parameters", name);
    }
    list_names(map, sizeof names, names);
    return nd_fail(handle, NNDYN_EARG, "name is '%.60s'; the parameters of the map are: %s", name, names);
}

static int set(nndyn_map *map, const char *name, double value)
{
    int64_t at = 0;
    ND_TRY(nd_map_find(map, map, name, &at));
    if (!(value - value == 0)) {
        return nd_fail(map, NNDYN_EARG, "value is %g; a parameter must be a finite number", value);
    }
    map->values[at] = value;
    return NNDYN_OK;
}

int nndyn_map_set(nndyn_map *map, const char *name, double value)
{
    ND_TRY(nd_enter(map, ND_MAP, __func__));
    return nd_leave(map, set(map, name, value));
}

static int get(nndyn_map *map, const char *name, double *value)
{
    int64_t at = 0;
    ND_TRY(nd_check_pointer(map, value, "value"));
    ND_TRY(nd_map_find(map, map, name, &at));
    *value = map->values[at];
    return NNDYN_OK;
}

int nndyn_map_get(nndyn_map *map, const char *name, double *value)
{
    ND_TRY(nd_enter(map, ND_MAP, __func__));
    return nd_leave(map, get(map, name, value));
}

/* ---- many states, many steps ------------------------------------------------------------------------------------- */

/* Steps that all states make between two reports: as many as take about so many seconds, at first a few. */
enum { STEPS_FIRST = 16 };
static const double short_round = 0.02, long_round = 0.1;

typedef struct march_job {
    const nndyn_map *map;
    const double *parameters;
    int64_t count, steps;
    const double *states;
    double *next;
    const nd_task *task;
    char *scratch; /* of all workers */
    size_t bytes;  /* of one */
    int64_t block; /* states that go together */
    int64_t blocks;
    atomic_int_fast64_t claimed;
    atomic_int refused;
} march_job;

static size_t padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static size_t bounce_bytes(const nndyn_map *map, int64_t block)
{
    return padded((size_t)(block * map->dimension) * sizeof(double));
}

static size_t worker_bytes(const nndyn_map *map, int64_t block)
{
    const nd_map_kind *kind = &map->kind;
    const size_t own = kind->scratch != NULL ? padded(kind->scratch(map->self, block)) : 0;
    return own + (kind->march == NULL ? 2 * bounce_bytes(map, block) : 0) + 64;
}

/* Step by step between two buffers, as a kind writes elsewhere than it reads. */
static int march(const march_job *job, int64_t count, const double *states, double *next, char *scratch)
{
    const nndyn_map *map = job->map;
    const nd_map_kind *kind = &map->kind;
    if (kind->march != NULL) {
        return kind->march(map->self, job->parameters, count, states, job->steps, next, scratch);
    }
    const size_t apart = bounce_bytes(map, job->block);
    double *buffer[2] = {(double *)scratch, (double *)(scratch + apart)};
    const double *from = states;
    for (int64_t step = 0; step < job->steps; step++) {
        double *to = buffer[step % 2];
        const int refused = kind->advance(map->self, job->parameters, count, from, to, scratch + 2 * apart);
        if (refused != 0) {
            return refused;
        }
        from = to;
    }
    memcpy(next, from, (size_t)(count * map->dimension) * sizeof *next);
    return 0;
}

/* The sign of what is not a number depends on the order of operands that a compiler chose: one bit pattern for all. */
static void settle_signs(int64_t count, double *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = isnan(numbers[i]) ? (double)NAN : numbers[i];
    }
}

static void work(void *data, int64_t worker)
{
    march_job *job = data;
    const nndyn_map *map = job->map;
    char *scratch = job->scratch + (size_t)worker * job->bytes;
    while (atomic_load(&job->refused) == 0) {
        const int64_t block = atomic_fetch_add(&job->claimed, 1);
        if (block >= job->blocks || (job->task != NULL && nd_task_canceled(job->task))) {
            return;
        }
        const int64_t first = block * job->block, left = job->count - first;
        const int64_t count = left < job->block ? left : job->block;
        const int64_t at = first * map->dimension;
        const int refused = march(job, count, job->states + at, job->next + at, scratch);
        if (refused != 0) {
            atomic_store(&job->refused, refused);
        } else {
            settle_signs(count * map->dimension, job->next + at);
        }
    }
}

static int march_all(march_job *job, void *handle, int64_t workers)
{
    atomic_store(&job->claimed, 0);
    ND_TRY(nd_parallel(nd_handle_context(handle), workers, work, job));
    const int refused = atomic_load(&job->refused);
    if (refused != 0) {
        return nd_fail(handle, NNDYN_ECALLBACK, "the map's callback returned %d", refused);
    }
    return NNDYN_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All steps, in rounds between which progress is reported; where rounds are cut changes no bit of the states. */
static int march_rounds(march_job *job, const nd_map_run *run, void *handle, int64_t workers, nd_task *task,
                        double from, double to)
{
    int64_t length = task == NULL ? run->steps : STEPS_FIRST;
    for (int64_t done = 0; done < run->steps; done += job->steps) {
        job->steps = run->steps - done < length ? run->steps - done : length;
        const double start = now();
        ND_TRY(march_all(job, handle, workers));
        const double took = now() - start;
        job->states = run->next;
        if (task != NULL) {
            ND_TRY(nd_task_report(task, from + (to - from) * ((double)(done + job->steps) / (double)run->steps)));
            length = took < short_round && length < INT64_MAX / 4 ? 4 * length
                     : took > long_round && length > 1            ? length / 2
                                                                  : length;
        }
    }
    return NNDYN_OK;
}

int nd_map_advance(const nd_map_run *run, void *handle, nd_task *task, double from, double to)
{
    const nndyn_map *map = run->map;
    nndyn_context *context = nd_handle_context(handle);
    march_job job = {.map = map, .parameters = run->parameters, .count = run->count, .task = task};
    job.block = run->count < map->kind.block ? run->count : map->kind.block;
    job.blocks = (run->count + job.block - 1) / job.block;
    job.states = run->states;
    job.next = run->next;
    job.bytes = worker_bytes(map, job.block);
    atomic_init(&job.claimed, 0);
    atomic_init(&job.refused, 0);
    const int64_t threads = nd_context_threads(context);
    const int64_t workers = !map->kind.concurrent ? 1 : job.blocks < threads ? job.blocks : threads;
    ND_TRY(nd_check_memory(handle, (double)workers * (double)job.bytes, "the states on their way"));
    ND_TRY(nd_allocate_for(handle, workers, job.bytes, &job.scratch));
    const int status = march_rounds(&job, run, handle, workers, task, from, to);
    nd_release(context, job.scratch);
    return status;
}

/* ---- the public call --------------------------------------------------------------------------------------------- */

static int apply(nndyn_map *map, int64_t count, const double *states, int64_t steps, double *next)
{
    nd_task task;
    double *aside = NULL;
    nd_task_begin(&task, map, "applying the map");
    ND_TRY(nd_check_size(map, count, 1, INT64_MAX / 8 / map->dimension, "count"));
    ND_TRY(nd_check_pointer(map, states, "states"));
    ND_TRY(nd_check_size(map, steps, 1, INT64_MAX, "steps"));
    ND_TRY(nd_check_pointer(map, next, "next"));
    ND_TRY(nd_check_finite(map, count, map->dimension, states, "states"));
    const int64_t numbers = count * map->dimension;
    ND_TRY(nd_check_memory(map, 8.0 * (double)numbers, "the states on their way"));
    ND_TRY(nd_allocate_for(map, numbers, sizeof *aside, &aside));
    const nd_map_run run = {map, map->values, count, states, steps, aside};
    const int status = nd_map_advance(&run, map, &task, 0, 1);
    if (status == NNDYN_OK) {
        memcpy(next, aside, (size_t)numbers * sizeof *next);
    }
    nd_release(map->handle.context, aside);
    return status;
}

int nndyn_map_apply(nndyn_map *map, int64_t count, const double *states, int64_t steps, double *next)
{
    ND_TRY(nd_enter(map, ND_MAP, __func__));
    return nd_leave(map, apply(map, count, states, steps, next));
}
