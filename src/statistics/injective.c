/* injective.c - bounds of the injective norm of a tensor: climbs from many starts, spread over threads, below; foldings
 * into matrices above. */
#include "statistics/injective.h"
#include "core/random.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { RESTARTS, CYCLES, TOLERANCE, SYMMETRIC, SEED, OPTIONS };
static const nd_option_spec specs[OPTIONS] = {
    [RESTARTS] = {.name = "restarts", .type = ND_INTEGER, .least = 1, .most = 1e6, .standard = 20},
    [CYCLES] = {.name = "cycles", .type = ND_INTEGER, .least = 1, .most = 1e9, .standard = 1000},
    [TOLERANCE] = {.name = "tolerance", .type = ND_REAL, .least = 0, .most = 0.1, .standard = 1e-12},
    [SYMMETRIC] = {.name = "symmetric", .type = ND_INTEGER, .least = 0, .most = ND_TENSOR_ORDER},
    [SEED] = {.name = "seed", .type = ND_INTEGER, .least = -9e15, .most = 9e15},
};

/* Asymmetry and eigenvalues below 0 that are taken for rounding errors, and how near to the best climb counts. */
static const double allowed = 1e-8;
static const double near_best = 1e-6;

static nd_injective settings_of(const nd_option_value *values)
{
    return (nd_injective){
        .restarts = values[RESTARTS].integer,
        .cycles = values[CYCLES].integer,
        .symmetric = values[SYMMETRIC].integer,
        .seed = values[SEED].integer,
        .tolerance = values[TOLERANCE].real,
        .bounded = 1,
    };
}

nd_injective nd_injective_defaults(void)
{
    return (nd_injective){
        .restarts = (int64_t)specs[RESTARTS].standard,
        .cycles = (int64_t)specs[CYCLES].standard,
        .tolerance = specs[TOLERANCE].standard,
        .bounded = 1,
    };
}

/* ---- shapes and symmetry ----------------------------------------------------------------------------------------- */

static int set_shape(void *handle, int64_t order, int64_t most, const int64_t *dims, nd_tensor *t)
{
    *t = (nd_tensor){.order = order, .entries = 1, .context = nd_handle_context(handle)};
    ND_TRY(nd_check_size(handle, order, 1, most, "order"));
    ND_TRY(nd_check_pointer(handle, dims, "dims"));
    for (int64_t a = 0; a < order; a++) {
        ND_TRY(nd_check_size(handle, dims[a], 1, INT32_MAX, "a number of dims"));
        t->dims[a] = dims[a];
        t->place[a] = t->length;
        t->length += dims[a];
        t->entries = nd_product(t->entries, dims[a]);
        if (t->entries < 0 || t->entries > INT64_MAX / 64) {
            return nd_fail(handle, NNDYN_EARG, "dims multiply to more entries than can be counted");
        }
    }
    t->place[order] = t->length;
    t->common = order;
    return NNDYN_OK;
}

static int set_symmetric(void *handle, int64_t count, nd_tensor *t)
{
    if (count > t->order) {
        return nd_fail(handle, NNDYN_EARG, "\"symmetric\" is %lld; there are %lld slots", (long long)count,
                       (long long)t->order);
    }
    t->common = count > 1 ? t->order - count : t->order;
    for (int64_t a = t->common; a < t->order; a++) {
        if (t->dims[a] != t->dims[t->common]) {
            return nd_fail(handle, NNDYN_EARG,
                           "the last %lld slots are to be symmetric, but their lengths are %lld and %lld; they must be "
                           "the same",
                           (long long)count, (long long)t->dims[t->common], (long long)t->dims[a]);
        }
    }
    return NNDYN_OK;
}

/* Exchanges of neighbors make up all the others. */
static int check_symmetric(void *handle, const nd_tensor *t)
{
    int64_t behind = 1; /* entries of the slots behind the pair */
    for (int64_t a = t->order - 2; a >= t->common; a--) {
        const int64_t n = t->dims[a];
        for (int64_t i = 0; i < t->entries; i++) {
            const int64_t p = i / (behind * n) % n;
            const int64_t q = i / behind % n;
            const double defect = fabs(t->x[i] - t->x[i + (q - p) * (behind * n) + (p - q) * behind]);
            if (defect > allowed) { /* the largest entry is at least 1/2 and below 1 */
                return nd_fail(handle, NNDYN_EDATA,
                               "the tensor changes by %.3g of its largest entry when slots %lld and %lld (from 0) are "
                               "exchanged; leave out \"symmetric\" or make it symmetric",
                               defect, (long long)a, (long long)(a + 1));
            }
        }
        behind *= n;
    }
    return NNDYN_OK;
}

/* ---- climbs ------------------------------------------------------------------------------------------------------ */

typedef struct climbs {
    const nd_tensor *t;
    const nd_injective *settings;
    const nd_task *task;
    const double *leading; /* singular vectors of each slot */
    int64_t starts, lanes, room;
    int64_t from, to; /* starts of this round */
    double *vectors;  /* starts x length */
    double *values;
    int64_t *converged;
    double *rooms; /* lanes x room */
} climbs;

static void carve(nd_arena *arena, climbs *c)
{
    c->vectors = nd_arena_take(arena, nd_product(c->starts, c->t->length), sizeof *c->vectors);
    c->values = nd_arena_take(arena, c->starts, sizeof *c->values);
    c->converged = nd_arena_take(arena, c->starts, sizeof *c->converged);
    c->rooms = nd_arena_take(arena, nd_product(c->lanes, c->room), sizeof *c->rooms);
}

/* The singular vector of slot a; for the others, of what it leaves of the tensor, the lines through the largest
 * entry. */
static void start_from(const nd_tensor *t, int64_t a, const double *leading, double *room, double *v)
{
    const int64_t before = t->place[a];
    int64_t inner = 1;
    int64_t at = 0;
    double most = -1;
    memset(room, 0, (size_t)(t->entries / t->dims[a]) * sizeof *room);
    for (int64_t b = a + 1; b < t->order; b++) {
        inner *= t->dims[b];
    }
    for (int64_t i = 0; i < t->entries; i++) {
        room[i / (inner * t->dims[a]) * inner + i % inner] += leading[before + i / inner % t->dims[a]] * t->x[i];
    }
    for (int64_t i = 0; i < t->entries / t->dims[a]; i++) {
        if (fabs(room[i]) > most) {
            most = fabs(room[i]);
            at = i;
        }
    }
    inner = 1;
    for (int64_t b = t->order - 1; b >= 0; b--) {
        double *const to = v + t->place[b];
        if (b == a) {
            memcpy(to, leading + before, (size_t)t->dims[a] * sizeof *to);
            continue;
        }
        const int64_t first = at - at / inner % t->dims[b] * inner;
        for (int64_t i = 0; i < t->dims[b]; i++) {
            to[i] = room[first + i * inner];
        }
        nd_unit(t->dims[b], to);
        inner *= t->dims[b];
    }
}

static void start(const climbs *c, int64_t number, double *room, double *v)
{
    const nd_tensor *t = c->t;
    if (number < t->order) {
        start_from(t, number, c->leading, room, v);
    } else if (number == t->order) {
        memcpy(v, c->leading, (size_t)t->length * sizeof *v);
    } else {
        nd_normal(nd_stream_open(c->settings->seed, ND_RANDOM_INJECTIVE, 0, number), 0, t->length, v);
        for (int64_t a = 0; a < t->order; a++) {
            nd_unit(t->dims[a], v + t->place[a]);
        }
    }
    for (int64_t a = t->common + 1; a < t->order; a++) {
        memcpy(v + t->place[a], v + t->place[t->common], (size_t)t->dims[a] * sizeof *v);
    }
}

static void run_lane(void *job, int64_t lane)
{
    const climbs *c = job;
    double *room = c->rooms + lane * c->room;
    for (int64_t i = c->from + lane; i < c->to; i += c->lanes) {
        double *v = c->vectors + i * c->t->length;
        int converged;
        start(c, i, room, v);
        c->values[i] = nd_climb(c->t, c->settings, c->task, v, room, &converged);
        c->converged[i] = converged;
    }
}

/* A few climbs a lane between reports. */
static int run_rounds(climbs *c, nd_task *task)
{
    enum { EACH = 4 };
    for (c->from = 0; c->from < c->starts; c->from = c->to) {
        c->to = c->from + EACH * c->lanes < c->starts ? c->from + EACH * c->lanes : c->starts;
        ND_TRY(nd_parallel(c->t->context, c->lanes, run_lane, c));
        ND_TRY(nd_task_report(task, 0.5 + 0.5 * (double)c->to / (double)c->starts));
    }
    return NNDYN_OK;
}

/* Of two common vectors with one value both signs are as good; of others the first vector takes the sign of the value.
 */
static void settle_sign(const nd_tensor *t, double *v, double *room)
{
    double *g = room + nd_climb_room(t) - t->length;
    double value = 0;
    nd_contract(t, 0, v, room, g);
    for (int64_t i = 0; i < t->dims[0]; i++) {
        value += g[i] * v[i];
    }
    const int64_t flips = t->common > 0 ? 1 : (t->order & 1) != 0 ? t->order : 0;
    for (int64_t i = 0; value < 0 && i < t->place[flips]; i++) {
        v[i] = -v[i];
    }
}

static int choose(void *handle, const climbs *c, nd_injective_norms *norms, double *vectors)
{
    int64_t best = 0;
    for (int64_t i = 1; i < c->starts; i++) {
        best = c->values[i] > c->values[best] ? i : best;
    }
    norms->agreeing = 0;
    for (int64_t i = 0; c->converged[best] && i < c->starts; i++) {
        norms->agreeing += c->values[i] >= (1 - near_best) * c->values[best];
    }
    norms->lower = ldexp(c->values[best], c->t->exponent);
    if (!(norms->lower <= DBL_MAX)) {
        return nd_fail(handle, NNDYN_ENUMERIC, "the norm is beyond the range of a double; divide the entries");
    }
    if (vectors != NULL) {
        settle_sign(c->t, c->vectors + best * c->t->length, c->rooms);
        memcpy(vectors, c->vectors + best * c->t->length, (size_t)c->t->length * sizeof *vectors);
    }
    return NNDYN_OK;
}

static int climb_all(void *handle, const nd_tensor *t, const nd_injective *settings, nd_task *task,
                     const double *leading, nd_injective_norms *norms, double *vectors)
{
    nd_arena arena = {0};
    const int64_t threads = nd_context_threads(t->context);
    climbs c = {.t = t, .settings = settings, .task = task, .leading = leading, .room = nd_climb_room(t)};
    c.starts = settings->restarts + t->order + 1;
    c.lanes = threads < c.starts ? threads : c.starts;
    for (int64_t a = 0; a < t->order; a++) { /* start_from leaves out any slot */
        c.room = c.room > t->entries / t->dims[a] ? c.room : t->entries / t->dims[a];
    }
    carve(&arena, &c);
    ND_TRY(nd_check_memory(handle, (double)arena.used + (double)t->entries * (double)sizeof *t->x, "climbing"));
    ND_TRY(nd_arena_reserve(&arena, handle));
    carve(&arena, &c);
    int status = run_rounds(&c, task);
    if (status == NNDYN_OK) {
        status = choose(handle, &c, norms, vectors);
    }
    nd_arena_free(&arena);
    return status;
}

/* ---- of a tensor ------------------------------------------------------------------------------------------------- */

/* Bounds of a tensor with entries up to 1. */
static int bounds(void *handle, const nd_tensor *t, const nd_injective *settings, nd_injective_norms *norms,
                  double *vectors)
{
    nd_task task;
    double *leading = NULL;
    nd_task_begin(&task, handle, "injective norm");
    ND_TRY(nd_check_memory(handle, nd_fold_bytes(t) + (double)t->entries * (double)sizeof *t->x, "folding a tensor"));
    ND_TRY(nd_allocate_for(handle, t->length, sizeof *leading, &leading));
    int status = nd_fold(handle, t, settings->bounded, &task, 0.5, &norms->upper, leading);
    if (status == NNDYN_OK) {
        status = climb_all(handle, t, settings, &task, leading, norms, vectors);
    }
    norms->upper = settings->bounded ? fmax(ldexp(norms->upper, t->exponent), norms->lower) : INFINITY;
    nd_release(t->context, leading);
    return status;
}

/* All entries 0: any vectors will do. */
static void nothing(const nd_tensor *t, const nd_injective *settings, nd_injective_norms *norms, double *vectors)
{
    *norms =
        (nd_injective_norms){.upper = settings->bounded ? 0 : INFINITY, .agreeing = settings->restarts + t->order + 1};
    for (int64_t a = 0; vectors != NULL && a < t->order; a++) {
        memset(vectors + t->place[a], 0, (size_t)t->dims[a] * sizeof *vectors);
        vectors[t->place[a]] = 1;
    }
}

/* The power of 2 that takes the largest entry into [1/2, 1); NOTHING if all are 0. */
enum { NOTHING = INT32_MIN };
static int exponent_of(int64_t n, const double *x)
{
    double most = 0;
    int exponent;
    for (int64_t i = 0; i < n; i++) {
        most = fmax(most, fabs(x[i]));
    }
    frexp(most, &exponent);
    return most > 0 ? exponent : NOTHING;
}

/* A copy times 2^-exponent, in which squares neither overflow nor vanish. */
static int copy_scaled(void *handle, int64_t n, const double *x, int exponent, double **out)
{
    ND_TRY(nd_allocate_for(handle, n, sizeof **out, out));
    for (int64_t i = 0; i < n; i++) {
        (*out)[i] = ldexp(x[i], -exponent);
    }
    return NNDYN_OK;
}

int nd_injective_norm(void *handle, int64_t order, const int64_t *dims, const double *tensor,
                      const nd_injective *settings, nd_injective_norms *norms, double *vectors)
{
    nd_tensor t;
    nd_injective_norms found = {0};
    double *scaled = NULL;
    ND_TRY(set_shape(handle, order, ND_TENSOR_ORDER, dims, &t));
    ND_TRY(nd_check_pointer(handle, tensor, "tensor"));
    ND_TRY(set_symmetric(handle, settings->symmetric, &t));
    ND_TRY(nd_check_finite(handle, t.entries / t.dims[order - 1], t.dims[order - 1], tensor, "tensor"));
    t.exponent = exponent_of(t.entries, tensor);
    if (t.exponent == NOTHING) {
        nothing(&t, settings, norms, vectors);
        return NNDYN_OK;
    }
    ND_TRY(copy_scaled(handle, t.entries, tensor, t.exponent, &scaled));
    t.x = scaled;
    int status = check_symmetric(handle, &t);
    if (status == NNDYN_OK) {
        status = bounds(handle, &t, settings, &found, vectors);
    }
    nd_release(t.context, scaled);
    ND_TRY(status);
    *norms = found;
    return NNDYN_OK;
}

/* ---- of inner products ------------------------------------------------------------------------------------------- */

static int check_gram(void *handle, int64_t n, const double *g)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++) {
            if (!(fabs(g[i * n + j] - g[j * n + i]) <= allowed)) {
                return nd_fail(handle, NNDYN_EDATA,
                               "gram differs from its transpose by %.3g of its largest entry at row %lld, column %lld "
                               "(from 0); inner products are symmetric",
                               fabs(g[i * n + j] - g[j * n + i]), (long long)i, (long long)j);
            }
        }
    }
    return NNDYN_OK;
}

/* gram = factor' factor: the rows of n numbers, in place of gram, are the eigenvectors times the roots of their values;
 * those worth no more than rounding errors are left out, which moves the first row. */
static int factor(void *handle, int64_t n, double *gram, double *values, int64_t *rank, double **rows)
{
    ND_TRY(nd_symmetric_eigen(handle, n, gram, 1, values));
    const double most = fmax(values[n - 1], 0);
    if (!(values[0] >= -allowed * most)) {
        return nd_fail(handle, NNDYN_EDATA,
                       "gram has the eigenvalue %.3g times its largest; inner products have none below 0",
                       values[0] / most);
    }
    int64_t first = 0;
    while (first < n - 1 && values[first] <= (double)n * DBL_EPSILON * most) {
        first++;
    }
    for (int64_t i = first; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            gram[i * n + j] *= sqrt(fmax(values[i], 0));
        }
    }
    *rank = n - first;
    *rows = gram + first * n;
    return NNDYN_OK;
}

/* The tensor with the hidden slot first, so that symmetric slots stay the last ones. */
static int of_factor(void *handle, nd_tensor *t, double *gram, double *values, const nd_injective *settings,
                     nd_injective_norms *norms, double *vectors)
{
    const int64_t n = t->dims[0];
    int64_t dims[ND_TENSOR_ORDER], rank = 0;
    double *rows = NULL, *all = NULL;
    nd_tensor of = {0};
    t->x = gram;
    ND_TRY(check_symmetric(handle, t)); /* t_I . t_J does not feel an exchange in J */
    ND_TRY(check_gram(handle, n, gram));
    ND_TRY(factor(handle, n, gram, values, &rank, &rows));
    memcpy(dims, t->dims, sizeof dims);
    dims[0] = rank;
    ND_TRY(set_shape(handle, t->order, ND_TENSOR_ORDER, dims, &of));
    of.common = t->common;
    of.exponent = t->exponent / 2;
    of.x = rows;
    ND_TRY(nd_allocate_for(handle, of.length, sizeof *all, &all));
    const int status = bounds(handle, &of, settings, norms, all);
    if (status == NNDYN_OK && vectors != NULL) {
        memcpy(vectors, all + rank, (size_t)(of.length - rank) * sizeof *vectors);
    }
    nd_release(of.context, all);
    return status;
}

static int of_gram(void *handle, nd_tensor *t, const double *gram, const nd_injective *settings,
                   nd_injective_norms *norms, double *vectors)
{
    const int64_t n = t->dims[0];
    nd_injective_norms found = {0};
    double *copy = NULL, *values = NULL;
    ND_TRY(nd_check_memory(handle, (double)sizeof *copy * (double)n * (double)(n + 1) + nd_symmetric_eigen_bytes(n, 1),
                           "the eigendecomposition of gram"));
    ND_TRY(copy_scaled(handle, n * n, gram, t->exponent, &copy));
    int status = nd_allocate_for(handle, n, sizeof *values, &values);
    if (status == NNDYN_OK) {
        status = of_factor(handle, t, copy, values, settings, &found, vectors);
    }
    nd_release(t->context, values);
    nd_release(t->context, copy);
    ND_TRY(status);
    *norms = found;
    return NNDYN_OK;
}

int nd_injective_norm_gram(void *handle, int64_t order, const int64_t *dims, const double *gram,
                           const nd_injective *settings, nd_injective_norms *norms, double *vectors)
{
    nd_tensor inner, t;
    int64_t all[ND_TENSOR_ORDER];
    ND_TRY(set_shape(handle, order, ND_TENSOR_ORDER - 1, dims, &inner));
    ND_TRY(set_symmetric(handle, settings->symmetric, &inner));
    ND_TRY(nd_check_pointer(handle, gram, "gram"));
    ND_TRY(nd_check_size(handle, inner.entries, 1, INT32_MAX, "the product of dims"));
    all[0] = inner.entries;
    memcpy(all + 1, dims, (size_t)order * sizeof *all);
    ND_TRY(set_shape(handle, order + 1, ND_TENSOR_ORDER, all, &t));
    t.common = inner.common + 1;
    ND_TRY(nd_check_finite(handle, t.dims[0], t.dims[0], gram, "gram"));
    t.exponent = exponent_of(t.entries, gram);
    if (t.exponent == NOTHING) {
        nothing(&inner, settings, norms, vectors);
        return NNDYN_OK;
    }
    t.exponent += t.exponent % 2 != 0; /* for the root of it */
    return of_gram(handle, &t, gram, settings, norms, vectors);
}

/* ---- public ------------------------------------------------------------------------------------------------------ */

typedef int norm_of(void *handle, int64_t order, const int64_t *dims, const double *numbers,
                    const nd_injective *settings, nd_injective_norms *norms, double *vectors);

static int run(nndyn_context *context, norm_of *norm, int64_t order, const int64_t *dims, const double *numbers,
               const nndyn_options *options, double *lower, double *upper, int64_t *agreeing, double *vectors)
{
    nd_option_value values[OPTIONS];
    nd_injective_norms norms;
    ND_TRY(nd_options_read(context, options, specs, OPTIONS, values));
    ND_TRY(nd_check_pointer(context, lower, "lower"));
    nd_injective settings = settings_of(values);
    settings.bounded = upper != NULL;
    ND_TRY(norm(context, order, dims, numbers, &settings, &norms, vectors));
    *lower = norms.lower;
    if (upper != NULL) {
        *upper = norms.upper;
    }
    if (agreeing != NULL) {
        *agreeing = norms.agreeing;
    }
    return NNDYN_OK;
}

int nndyn_injective_norm(nndyn_context *context, int64_t order, const int64_t *dims, const double *tensor,
                         const nndyn_options *options, double *lower, double *upper, int64_t *agreeing, double *vectors)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_injective_norm"));
    return nd_leave(context,
                    run(context, nd_injective_norm, order, dims, tensor, options, lower, upper, agreeing, vectors));
}

int nndyn_injective_norm_gram(nndyn_context *context, int64_t order, const int64_t *dims, const double *gram,
                              const nndyn_options *options, double *lower, double *upper, int64_t *agreeing,
                              double *vectors)
{
    ND_TRY(nd_enter(context, ND_CONTEXT, "nndyn_injective_norm_gram"));
    return nd_leave(context,
                    run(context, nd_injective_norm_gram, order, dims, gram, options, lower, upper, agreeing, vectors));
}
