/* slice.c - predictions and margins on a grid in a plane through the inputs.  SPDX-License-Identifier: MIT */
#include "analysis/basin/basin.h"
#include "analysis/basin/weights.h"
#include <limits.h>
#include <math.h>
#include <string.h>

enum { AXES = 3, BLOCK_ROWS = 256, ROUND_BLOCKS = 64 }; /* blocks of a round, between two reports of progress */

typedef struct slice {
    nndyn_network *network;
    const double *x, *directions, *low, *high;
    const int64_t *counts;
    int64_t axes, points, of_class;
    int64_t first, last; /* blocks of the round */
    nd_replicas replicas;
    nd_workspace_f64 **workspaces; /* of each replica */
    double *rows;                  /* of each replica: BLOCK_ROWS x inputs */
    int *states;
    int64_t *classes; /* of each point */
    double *margins;
    nd_task task;
    nd_arena arena;
} slice;

/* ---- a block of points ------------------------------------------------------------------------------------------- */

static double coordinate(const slice *s, int64_t axis, int64_t number)
{
    const int64_t last = s->counts[axis] - 1;
    if (number == 0 || number == last) { /* the ends exactly */
        return number == 0 ? s->low[axis] : s->high[axis];
    }
    const double share = (double)number / (double)last;
    return s->low[axis] * (1 - share) + s->high[axis] * share;
}

static void place(const slice *s, int64_t point, double *row)
{
    const int64_t n = s->network->inputs;
    memcpy(row, s->x, (size_t)n * sizeof *row);
    for (int64_t axis = s->axes - 1; axis >= 0; axis--) {
        const double t = coordinate(s, axis, point % s->counts[axis]), *p = s->directions + axis * n;
        for (int64_t j = 0; j < n; j++) {
            row[j] += t * p[j];
        }
        point /= s->counts[axis];
    }
}

/* The output of one class less the largest of the others. */
static double lead(int64_t outputs, const double *y, int64_t class)
{
    double other = -(double)INFINITY;
    for (int64_t k = 0; k < outputs; k++) {
        other = k != class && y[k] > other ? y[k] : other;
    }
    return y[class] - other;
}

static double margin(const slice *s, const double *y, int64_t predicted)
{
    const int64_t outputs = nd_network_outputs(s->network), class = s->of_class < 0 ? predicted : s->of_class;
    if (outputs == 1) {
        const double beyond = y[0] - nd_network_threshold(s->network);
        return class == 1 ? beyond : -beyond;
    }
    return lead(outputs, y, class);
}

static int classify(const slice *s, int64_t index, int64_t block)
{
    const nndyn_network *network = s->replicas.replicas[index].network;
    const int64_t first = block * BLOCK_ROWS, outputs = nd_network_outputs(network), n = network->inputs;
    const int64_t count = s->points - first < BLOCK_ROWS ? s->points - first : BLOCK_ROWS;
    const nd_mode mode = {0};
    nd_workspace_f64 *w = s->workspaces[index];
    double *rows = s->rows + index * BLOCK_ROWS * n;
    for (int64_t i = 0; i < count; i++) {
        place(s, first + i, rows + i * n);
    }
    ND_TRY(nd_forward_f64(network, s->replicas.replicas[index].network, network->theta, network->statistics, mode,
                          count, rows, w));
    const double *y = w->sites[network->layer_count - 1].out;
    for (int64_t i = 0; i < count; i++, y += outputs) {
        s->classes[first + i] = nd_network_predict(network, y);
        s->margins[first + i] = margin(s, y, s->classes[first + i]);
    }
    return NNDYN_OK;
}

static void work(void *user, int64_t index)
{
    const slice *s = user;
    int *state = &s->states[index];
    *state = NNDYN_OK;
    for (int64_t b = s->first + index; b < s->last && *state == NNDYN_OK; b += s->replicas.count) {
        *state = classify(s, index, b);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static int run_round(slice *s)
{
    ND_TRY(nd_parallel(s->network->handle.context, s->replicas.count, work, s));
    for (int64_t i = 0; i < s->replicas.count; i++) {
        if (s->states[i] != NNDYN_OK) {
            return nd_fail_from(s->network, s->states[i], s->replicas.replicas[i].network);
        }
    }
    return nd_task_report(&s->task, fmin(1, (double)s->last * BLOCK_ROWS / (double)s->points));
}

static int fill(slice *s)
{
    const int64_t blocks = (s->points + BLOCK_ROWS - 1) / BLOCK_ROWS;
    int status = NNDYN_OK;
    memset(s->workspaces, 0, (size_t)s->replicas.count * sizeof *s->workspaces);
    for (int64_t i = 0; i < s->replicas.count && status == NNDYN_OK; i++) {
        status = nd_workspace_create_f64(s->replicas.replicas[i].network, s->network, BLOCK_ROWS, ND_KEEP_OUTPUTS,
                                         &s->workspaces[i]);
    }
    for (s->first = 0; s->first < blocks && status == NNDYN_OK; s->first = s->last) {
        s->last = s->first + ROUND_BLOCKS < blocks ? s->first + ROUND_BLOCKS : blocks;
        status = run_round(s);
    }
    for (int64_t i = 0; i < s->replicas.count; i++) {
        nd_workspace_free_f64(s->replicas.replicas[i].context, s->workspaces[i]);
    }
    return status;
}

static void carve(slice *s, int64_t replicas)
{
    s->workspaces = nd_arena_take(&s->arena, replicas, sizeof(nd_workspace_f64 *));
    s->rows = nd_arena_take(&s->arena, nd_product(replicas * BLOCK_ROWS, s->network->inputs), sizeof *s->rows);
    s->states = nd_arena_take(&s->arena, replicas, sizeof *s->states);
    s->classes = nd_arena_take(&s->arena, s->points, sizeof *s->classes);
    s->margins = nd_arena_take(&s->arena, s->points, sizeof *s->margins);
}

static int draw(slice *s)
{
    const nndyn_dataset block = {.samples = BLOCK_ROWS};
    const double each = nd_replica_bytes(s->network, &block), rows = 8.0 * BLOCK_ROWS * (double)s->network->inputs;
    const int64_t replicas = nd_replicas_wanted(s->network, (s->points + BLOCK_ROWS - 1) / BLOCK_ROWS, each + rows);
    carve(s, replicas);
    ND_TRY(nd_check_memory(s->network, (double)s->arena.used + each * (double)replicas, "the slice"));
    ND_TRY(nd_arena_reserve(&s->arena, s->network));
    carve(s, replicas);
    ND_TRY(nd_replicas_open(&s->task, s->network, replicas, &s->replicas));
    int status = nd_check_finite(s->network, 1, s->network->parameters, s->replicas.replicas[0].network->theta,
                                 "the vector of parameters");
    if (status == NNDYN_OK) {
        status = fill(s);
    }
    nd_replicas_close(&s->replicas);
    return status;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static int check_axes(slice *s)
{
    nndyn_network *network = s->network;
    s->points = 1;
    for (int64_t i = 0; i < s->axes; i++) {
        ND_TRY(nd_check_size(network, s->counts[i], 1, INT_MAX, "counts of an axis"));
        s->points = nd_product(s->points, s->counts[i]);
        if (s->points < 0) {
            return nd_fail(network, NNDYN_ELIMIT, "the slice has more than 2^63 points; ask for fewer in \"counts\"");
        }
    }
    ND_TRY(nd_check_finite(network, 1, s->axes, s->low, "low"));
    return nd_check_finite(network, 1, s->axes, s->high, "high");
}

static int check(slice *s, const nndyn_options *options)
{
    static const nd_option_spec specs[] = {{"label", ND_INTEGER, -1, INT_MAX, -1, NULL}};
    nndyn_network *network = s->network;
    nd_option_value value;
    ND_TRY(nd_options_read(network, options, specs, 1, &value));
    ND_TRY(nd_network_ready(network, network, 0));
    const int64_t outputs = nd_network_outputs(network), classes = outputs > 1 ? outputs : 2;
    s->of_class = value.integer;
    if (s->of_class >= classes) {
        return nd_fail(network, NNDYN_EOPTION, "\"label\" is %lld, must be below %lld, the number of classes",
                       (long long)s->of_class, (long long)classes);
    }
    ND_TRY(nd_check_pointer(network, s->x, "x"));
    ND_TRY(nd_check_size(network, s->axes, 1, AXES, "axes"));
    ND_TRY(nd_check_pointer(network, s->directions, "directions"));
    ND_TRY(nd_check_pointer(network, s->low, "low"));
    ND_TRY(nd_check_pointer(network, s->high, "high"));
    ND_TRY(nd_check_pointer(network, s->counts, "counts"));
    ND_TRY(nd_check_finite(network, 1, network->inputs, s->x, "x"));
    ND_TRY(nd_check_finite(network, s->axes, network->inputs, s->directions, "directions"));
    return check_axes(s);
}

static int run(slice *s, const nndyn_options *options, int64_t *classes, double *margins)
{
    ND_TRY(check(s, options));
    s->arena.context = s->network->handle.context;
    nd_task_begin(&s->task, s->network, "the slice");
    const int status = draw(s);
    if (status == NNDYN_OK && classes != NULL) {
        memcpy(classes, s->classes, (size_t)s->points * sizeof *classes);
    }
    if (status == NNDYN_OK && margins != NULL) {
        memcpy(margins, s->margins, (size_t)s->points * sizeof *margins);
    }
    nd_arena_free(&s->arena);
    return status;
}

int nndyn_basin_slice(nndyn_network *network, const double *x, int64_t axes, const double *directions,
                      const double *low, const double *high, const int64_t *counts, const nndyn_options *options,
                      int64_t *classes, double *margins)
{
    slice s = {
        .network = network, .x = x, .axes = axes, .directions = directions, .low = low, .high = high, .counts = counts};
    ND_TRY(nd_enter(network, ND_NETWORK, "nndyn_basin_slice"));
    return nd_leave(network, run(&s, options, classes, margins));
}
