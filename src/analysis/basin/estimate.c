/* estimate.c - the first amplitude where the share of right trials falls below theta.  SPDX-License-Identifier: MIT
 *
 * A march upward first, since the share need not be monotone and a bisection alone may land on any crossing; then
 * bisection of the logarithm of the amplitude.  Three crossings are followed for each group: that of the share, and
 * those of both ends of its confidence interval, which are the confidence interval of the radius. */
#include "analysis/basin/basin.h"
#include <math.h>

enum { SHARE = 0, LOW, HIGH, TARGETS };
enum { MARCHING = 0, BRACKETED, FOUND };

/* Halvings for an end of an interval (1.3^(1/4096) = 1.00006); how far below the march a crossing is looked for. */
static const int64_t end_bisections = 12;
static const double down = 16, deepest = 1e-12, far_off = 1e6;

typedef struct target {
    int state;
    double below, above; /* it holds below and fails above */
    int64_t halvings;
} target;

typedef struct progress {
    target targets[TARGETS];
    int64_t need; /* right trials for a share of theta */
    double share, se;
} progress;

typedef struct search {
    nd_task *task;
    const nd_basin_source *source;
    const nd_basin_groups *groups;
    const nd_basin_rule *rule;
    nd_basin_table *table;
    progress *states;
    int64_t *units, *right; /* of the questions asked at once */
    double *amplitudes;
    int64_t *mark; /* of each unit: its place among the questions, or -1 */
    int64_t *mine; /* right trials of one group's units */
    nd_arena arena;
} search;

static int64_t size_of(const search *s, int64_t g)
{
    return s->groups->start[g + 1] - s->groups->start[g];
}

/* Smallest whole number of right trials that is a share of at least theta; products that should be whole are. */
static int64_t needed(double theta, int64_t trials)
{
    const double x = theta * (double)trials, whole = nearbyint(x);
    return (int64_t)(fabs(x - whole) <= 1e-12 * (double)trials ? whole : ceil(x));
}

/* ---- room -------------------------------------------------------------------------------------------------------- */

static void carve(search *s)
{
    const int64_t groups = s->groups->count, listed = TARGETS * s->groups->start[groups];
    const int64_t room = listed > s->source->units ? listed : s->source->units;
    s->states = nd_arena_take(&s->arena, groups, sizeof *s->states);
    s->units = nd_arena_take(&s->arena, room, sizeof *s->units);
    s->right = nd_arena_take(&s->arena, room, sizeof *s->right);
    s->amplitudes = nd_arena_take(&s->arena, room, sizeof *s->amplitudes);
    s->mark = nd_arena_take(&s->arena, s->source->units, sizeof *s->mark);
    s->mine = nd_arena_take(&s->arena, s->source->units, sizeof *s->mine);
}

static void carve_table(nd_basin_table *t)
{
    const int64_t numbers = t->curves * t->capacity;
    t->estimates = nd_arena_take(&t->arena, t->groups, sizeof *t->estimates);
    t->amplitude = nd_arena_take(&t->arena, t->capacity, sizeof *t->amplitude);
    t->share = nd_arena_take(&t->arena, numbers, sizeof *t->share);
    t->low = nd_arena_take(&t->arena, numbers, sizeof *t->low);
    t->high = nd_arena_take(&t->arena, numbers, sizeof *t->high);
}

static int open_table(void *handle, const nd_basin_groups *groups, const nd_basin_rule *rule, nd_basin_table *t)
{
    const double steps = ceil(log(rule->cap / rule->start) / log(rule->ratio) - 1e-9);
    *t = (nd_basin_table){.groups = groups->count, .curves = groups->curves};
    t->capacity = rule->march ? (int64_t)steps + 2 : 3;
    t->arena.context = nd_handle_context(handle);
    carve_table(t);
    ND_TRY(nd_arena_reserve(&t->arena, handle));
    carve_table(t);
    for (int64_t i = 1; i < t->capacity; i++) {
        t->amplitude[i] = i == t->capacity - 1 ? rule->cap : rule->start * pow(rule->ratio, (double)(i - 1));
    }
    return NNDYN_OK;
}

void nd_basin_table_free(nd_basin_table *table)
{
    nd_arena_free(&table->arena);
}

/* ---- one group at one amplitude ---------------------------------------------------------------------------------- */

typedef struct reading {
    int64_t right;
    double share, low, high, se;
    int holds[TARGETS];
} reading;

/* right: of the group's units, in their order. */
static int read_group(search *s, int64_t g, const int64_t *right, reading *r)
{
    nd_basin_estimate *e = &s->table->estimates[g];
    const int64_t n = size_of(s, g), *units = s->groups->units + s->groups->start[g];
    r->right = 0;
    for (int64_t i = 0; i < n; i++) {
        r->right += right[i];
    }
    r->share = (double)r->right / (double)e->trials;
    e->evaluations += e->trials;
    ND_TRY(nd_basin_interval(s->task->handle, s->rule, n, units, s->source->trials, right, &r->low, &r->high, &r->se));
    r->holds[SHARE] = r->right >= s->states[g].need;
    r->holds[LOW] = r->low >= e->theta;
    r->holds[HIGH] = r->high >= e->theta;
    return NNDYN_OK;
}

static void keep_point(search *s, int64_t g, int64_t point, const reading *r)
{
    nd_basin_table *t = s->table;
    t->estimates[g].points = point + 1;
    t->estimates[g].cap_accuracy = r->share;
    if (g < t->curves) {
        t->share[g * t->capacity + point] = r->share;
        t->low[g * t->capacity + point] = r->low;
        t->high[g * t->capacity + point] = r->high;
    }
}

static void begin_group(search *s, int64_t g, const int64_t *right)
{
    nd_basin_estimate *e = &s->table->estimates[g];
    int64_t all = 0;
    for (int64_t i = 0; i < size_of(s, g); i++) {
        e->trials += s->source->trials[s->groups->units[s->groups->start[g] + i]];
        all += right[i];
    }
    e->units = size_of(s, g);
    e->accuracy = (double)all / (double)e->trials;
    e->theta = s->rule->theta > 0 ? s->rule->theta : s->rule->chance > 0 ? 0.5 * (e->accuracy + s->rule->chance) : 0.5;
    s->states[g].need = needed(e->theta, e->trials);
}

static void take_point(search *s, int64_t g, int64_t point, const reading *r)
{
    progress *p = &s->states[g];
    nd_basin_estimate *e = &s->table->estimates[g];
    const double *amplitude = s->table->amplitude;
    for (int k = 0; k < TARGETS; k++) {
        target *t = &p->targets[k];
        if (t->state == MARCHING && !r->holds[k]) {
            *t = (target){.state = point == 0 ? FOUND : BRACKETED};
            t->below = point == 0 ? 0 : amplitude[point - 1];
            t->above = amplitude[point];
        }
    }
    if (point > 0 && r->share - p->share > 3 * sqrt(r->se * r->se + p->se * p->se)) {
        e->flags |= NNDYN_BASIN_NONMONOTONE;
    }
    if (point == 0 && !r->holds[SHARE]) {
        e->flags |= NNDYN_BASIN_ZERO;
    }
    p->share = r->share;
    p->se = r->se;
    keep_point(s, g, point, r);
}

/* ---- the march --------------------------------------------------------------------------------------------------- */

static int marching(const search *s, int64_t g, int targets)
{
    for (int k = 0; k < targets; k++) {
        if (s->states[g].targets[k].state == MARCHING) {
            return size_of(s, g) > 0;
        }
    }
    return 0;
}

/* Every unit of a group with one of its first `targets` crossings still ahead, once. */
static int ask(search *s, int targets, double amplitude, int64_t *asked)
{
    int64_t n = 0;
    for (int64_t u = 0; u < s->source->units; u++) {
        s->mark[u] = -1;
    }
    for (int64_t g = 0; g < s->groups->count; g++) {
        for (int64_t i = s->groups->start[g]; i < s->groups->start[g + 1] && marching(s, g, targets); i++) {
            const int64_t unit = s->groups->units[i];
            if (s->mark[unit] < 0) {
                s->mark[unit] = n;
                s->units[n] = unit;
                s->amplitudes[n++] = amplitude;
            }
        }
    }
    *asked = n;
    return n == 0 ? NNDYN_OK : s->source->count(s->source->user, n, s->units, s->amplitudes, s->right);
}

static const int64_t *gather(search *s, int64_t g)
{
    for (int64_t i = 0; i < size_of(s, g); i++) {
        s->mine[i] = s->right[s->mark[s->groups->units[s->groups->start[g] + i]]];
    }
    return s->mine;
}

static int march(search *s)
{
    for (int64_t point = 0; point < s->table->capacity; point++) {
        int64_t asked = 0;
        ND_TRY(ask(s, TARGETS, s->table->amplitude[point], &asked));
        for (int64_t g = 0; g < s->groups->count && asked > 0; g++) {
            reading r;
            if (!marching(s, g, TARGETS)) {
                continue;
            }
            const int64_t *right = gather(s, g);
            if (point == 0) {
                begin_group(s, g, right);
            }
            ND_TRY(read_group(s, g, right, &r));
            take_point(s, g, point, &r);
        }
        ND_TRY(nd_task_report(s->task, 0.5 * (double)(point + 1) / (double)s->table->capacity));
    }
    return NNDYN_OK;
}

/* Groups that are right beyond the cap: for ever, or only farther than was looked. */
static int look_far(search *s)
{
    int64_t asked = 0;
    ND_TRY(ask(s, 1, far_off * s->rule->cap, &asked));
    for (int64_t g = 0; g < s->groups->count && asked > 0; g++) {
        reading r;
        if (marching(s, g, 1)) {
            ND_TRY(read_group(s, g, gather(s, g), &r));
            s->table->estimates[g].flags |= r.holds[SHARE] ? NNDYN_BASIN_INFINITE : NNDYN_BASIN_CENSORED;
        }
    }
    return NNDYN_OK;
}

/* ---- bisection --------------------------------------------------------------------------------------------------- */

static double probe(const target *t)
{
    return t->below > 0 ? sqrt(t->below) * sqrt(t->above) : t->above / down;
}

static void halve(const search *s, target *t, int which, int holds)
{
    const double at = probe(t);
    const int64_t most = s->rule->bisections, ends = most < end_bisections ? most : end_bisections;
    t->halvings += t->below > 0;
    if (holds) {
        t->below = at;
    } else {
        t->above = at;
    }
    if (t->halvings >= (which == SHARE ? most : ends) || (t->below <= 0 && at < deepest * s->rule->start)) {
        t->state = FOUND;
    }
}

static int64_t list_questions(search *s)
{
    int64_t n = 0;
    for (int64_t g = 0; g < s->groups->count; g++) {
        for (int k = 0; k < TARGETS; k++) {
            const target *t = &s->states[g].targets[k];
            for (int64_t i = s->groups->start[g]; i < s->groups->start[g + 1] && t->state == BRACKETED; i++) {
                s->units[n] = s->groups->units[i];
                s->amplitudes[n++] = probe(t);
            }
        }
    }
    return n;
}

static int bisect_once(search *s, int64_t *asked)
{
    int64_t place = 0;
    *asked = list_questions(s);
    if (*asked == 0) {
        return NNDYN_OK;
    }
    ND_TRY(s->source->count(s->source->user, *asked, s->units, s->amplitudes, s->right));
    for (int64_t g = 0; g < s->groups->count; g++) {
        for (int k = 0; k < TARGETS; k++) {
            target *t = &s->states[g].targets[k];
            reading r;
            if (t->state == BRACKETED) {
                ND_TRY(read_group(s, g, s->right + place, &r));
                place += size_of(s, g);
                halve(s, t, k, r.holds[k]);
            }
        }
    }
    return NNDYN_OK;
}

static int bisect(search *s)
{
    int64_t asked = 1;
    for (int64_t round = 1; asked > 0; round++) {
        ND_TRY(bisect_once(s, &asked));
        const double done = (double)round / (double)s->rule->bisections;
        ND_TRY(nd_task_report(s->task, 0.5 + 0.5 * (done < 1 ? done : 1)));
    }
    return NNDYN_OK;
}

/* ---- the figures ------------------------------------------------------------------------------------------------- */

static void conclude(const search *s, int64_t g)
{
    nd_basin_estimate *e = &s->table->estimates[g];
    const target *t = s->states[g].targets;
    if (size_of(s, g) == 0) {
        *e = (nd_basin_estimate){.radius = NAN, .low = NAN, .high = NAN, .theta = NAN, .accuracy = NAN};
        e->cap_accuracy = NAN;
        e->flags = NNDYN_BASIN_EMPTY;
        return;
    }
    e->radius = t[SHARE].state == MARCHING ? INFINITY : sqrt(t[SHARE].below) * sqrt(t[SHARE].above);
    e->low = t[LOW].state == MARCHING ? s->rule->cap : t[LOW].below;
    e->high = t[HIGH].state == MARCHING ? INFINITY : t[HIGH].above;
}

static int estimate(search *s)
{
    ND_TRY(march(s));
    ND_TRY(look_far(s));
    ND_TRY(bisect(s));
    for (int64_t g = 0; g < s->groups->count; g++) {
        conclude(s, g);
    }
    return NNDYN_OK;
}

int nd_basin_estimate_all(nd_task *task, const nd_basin_source *source, const nd_basin_groups *groups,
                          const nd_basin_rule *rule, nd_basin_table *out)
{
    search s = {.task = task, .source = source, .groups = groups, .rule = rule, .table = out};
    s.arena.context = nd_handle_context(task->handle);
    ND_TRY(open_table(task->handle, groups, rule, out));
    carve(&s);
    int status = nd_arena_reserve(&s.arena, task->handle);
    if (status == NNDYN_OK) {
        carve(&s);
        status = estimate(&s);
    }
    nd_arena_free(&s.arena);
    if (status != NNDYN_OK) {
        nd_basin_table_free(out);
    }
    return status;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

int nd_basin_rule_of(void *handle, const nd_option_value *values, nd_basin_rule *rule)
{
    *rule = (nd_basin_rule){.theta = values[ND_BASIN_THETA].real,
                            .start = values[ND_BASIN_START].real,
                            .cap = values[ND_BASIN_CAP].real,
                            .ratio = values[ND_BASIN_RATIO].real,
                            .march = (int)values[ND_BASIN_MARCH].integer,
                            .bisections = values[ND_BASIN_BISECTIONS].integer,
                            .level = values[ND_BASIN_LEVEL].real,
                            .replicas = values[ND_BASIN_REPLICAS].integer,
                            .seed = values[ND_BASIN_SEED].integer};
    if (values[ND_BASIN_THETA].given && !(rule->theta > 0 && rule->theta < 1)) {
        return nd_fail(handle, NNDYN_EOPTION, "\"theta\" is %g, must be within (0, 1); leave it out for the default",
                       rule->theta);
    }
    if (!(rule->start < rule->cap)) {
        return nd_fail(handle, NNDYN_EOPTION, "\"start\" is %g, must be below \"cap\", which is %g", rule->start,
                       rule->cap);
    }
    return NNDYN_OK;
}
