/* arrays.c - separation and discriminant directions of given features.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <limits.h>
#include <string.h>

/* What both public calls are given. */
typedef struct given {
    int dtype;
    int64_t n, width, stride, classes;
    const void *x;
    const int64_t *labels;
    int64_t *mapped; /* owned; NULL for labels of a known range */
} given;

static int check(nndyn_context *context, given *g, nd_separation_rule *rule)
{
    ND_TRY(nd_check_size(context, g->n, 1, INT64_MAX / 16, "n"));
    ND_TRY(nd_check_size(context, g->width, 1, INT_MAX, "width"));
    ND_TRY(nd_check_size(context, g->classes, 0, INT_MAX, "classes"));
    ND_TRY(nd_check_pointer(context, g->x, "x"));
    ND_TRY(nd_check_pointer(context, g->labels, "labels"));
    if (rule->stride != 0 && rule->stride < g->width) {
        return nd_fail(context, NNDYN_EOPTION, "\"stride\" is %lld, must be 0 or at least the width, %lld",
                       (long long)rule->stride, (long long)g->width);
    }
    g->stride = rule->stride != 0 ? rule->stride : g->width;
    rule->block = rule->block < g->n ? rule->block : g->n;
    ND_TRY(nd_check_rows(context, g->dtype, g->n, g->width, g->stride, g->x));
    if (g->classes > 0) {
        return nd_check_labels(context, g->n, g->classes, g->labels);
    }
    ND_TRY(nd_map_labels(context, g->n, g->labels, &g->mapped, &g->classes));
    g->labels = g->mapped;
    return NNDYN_OK;
}

/* D_inverse where there are fewer rows than columns. */
static int add_inverse(nndyn_context *context, const given *g, const nd_second *second, nd_separation_report *report)
{
    const int64_t numbers = nd_product(g->n, g->width);
    double *rows = NULL;
    ND_TRY(nd_check_memory(context, (double)g->n * (double)g->width * sizeof *rows, "the deviations of all samples"));
    ND_TRY(nd_allocate_for(context, numbers, sizeof *rows, &rows));
    nd_second_deviations(second, g->dtype, g->n, g->stride, g->x, g->labels, rows);
    const int status = nd_report_inverse_wide(context, second, g->n, rows, report);
    nd_release(context, rows);
    return status;
}

/* Rows in blocks, to either pass. */
static int add_rows(nndyn_context *context, const given *g, nd_separator *s, const char *name)
{
    const size_t size = g->dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
    nd_task task;
    nd_task_begin(&task, context, name);
    for (int64_t first = 0; first < g->n; first += ND_SEPARATION_ROWS) {
        const int64_t count = g->n - first < ND_SEPARATION_ROWS ? g->n - first : ND_SEPARATION_ROWS;
        const void *x = (const char *)g->x + (size_t)(first * g->stride) * size;
        if (s->second == NULL) {
            ND_TRY(nd_separator_add(s, g->dtype, count, g->stride, x, g->labels + first));
        } else {
            ND_TRY(nd_second_add(context, s->second, g->dtype, count, g->stride, x, g->labels + first));
        }
        ND_TRY(nd_task_report(&task, (double)(first + count) / (double)g->n));
    }
    return NNDYN_OK;
}

/* Both passes; report may be NULL. */
static int measure(nndyn_context *context, const given *g, nd_separator *s, nd_separation_report *report)
{
    const int wide = g->width > g->n;
    ND_TRY(add_rows(context, g, s, "separation"));
    if (s->rule.he_su || s->rule.inverse) {
        ND_TRY(nd_separator_second(context, s, s->rule.inverse && !wide));
        ND_TRY(add_rows(context, g, s, "separation, second pass"));
    }
    if (report != NULL) {
        ND_TRY(nd_separator_report(context, s, report));
    }
    return report != NULL && s->rule.inverse && wide ? add_inverse(context, g, s->second, report) : NNDYN_OK;
}

static int separate(nndyn_context *context, given *g, const nd_separation_rule *rule, nd_separation_report *report)
{
    nd_separator s;
    ND_TRY(nd_separator_create(context, g->width, g->classes, rule, 1, &s));
    const int status = measure(context, g, &s, report);
    nd_separator_free(context, &s);
    return status;
}

static int separation(nndyn_context *context, given *g, const nndyn_options *options, int64_t count, double *values,
                      int *flags)
{
    nd_option_value given_options[ND_SEPARATION_OPTIONS];
    nd_separation_report report;
    ND_TRY(nd_options_read(context, options, nd_separation_specs, ND_SEPARATION_OPTIONS, given_options));
    nd_separation_rule rule = nd_separation_rule_of(given_options, ND_SEPARATION_OPTIONS);
    ND_TRY(nd_check_size(context, count, 1, INT_MAX, "count"));
    ND_TRY(nd_check_pointer(context, values, "values"));
    int status = check(context, g, &rule);
    if (status == NNDYN_OK) {
        status = separate(context, g, &rule, &report);
    }
    nd_release(context, g->mapped);
    ND_TRY(status);
    nd_report_copy(&report, count, values, flags);
    return NNDYN_OK;
}

int nndyn_separation(nndyn_context *context, int64_t n, int64_t width, const double *x, int64_t classes,
                     const int64_t *labels, const nndyn_options *options, int64_t count, double *values, int *flags)
{
    given g = {.dtype = NNDYN_F64, .n = n, .width = width, .x = x, .classes = classes, .labels = labels};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, separation(context, &g, options, count, values, flags));
}

int nndyn_separation_f32(nndyn_context *context, int64_t n, int64_t width, const float *x, int64_t classes,
                         const int64_t *labels, const nndyn_options *options, int64_t count, double *values, int *flags)
{
    given g = {.dtype = NNDYN_F32, .n = n, .width = width, .x = x, .classes = classes, .labels = labels};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, separation(context, &g, options, count, values, flags));
}

/* ---- directions -------------------------------------------------------------------------------------------------- */

typedef struct wanted {
    int64_t capacity;
    double *fuzziness, *vectors;
    int64_t *count;
} wanted;

static void hand_out(const wanted *w, const nd_second *second, const double *fuzziness, const double *vectors)
{
    const int64_t count = second->rank < w->capacity ? second->rank : w->capacity;
    memcpy(w->fuzziness, fuzziness, (size_t)count * sizeof *fuzziness);
    if (w->vectors != NULL) {
        memcpy(w->vectors, vectors, (size_t)(count * second->width) * sizeof *vectors);
    }
    *w->count = second->rank;
}

static int find_directions(nndyn_context *context, const given *g, nd_separator *s, const wanted *w)
{
    ND_TRY(measure(context, g, s, NULL));
    const int64_t rank = s->second->rank, width = w->vectors != NULL ? g->width : 0;
    double *found = NULL;
    ND_TRY(nd_allocate_for(context, nd_product(rank + 1, width + 1), sizeof *found, &found));
    double *vectors = w->vectors != NULL ? found + rank : NULL;
    const int status = nd_second_directions(context, s->second, found, vectors);
    if (status == NNDYN_OK) {
        hand_out(w, s->second, found, vectors);
    }
    nd_release(context, found);
    return status;
}

static int directions(nndyn_context *context, given *g, const nndyn_options *options, const wanted *w)
{
    nd_option_value values[ND_SEPARATION_OPTIONS];
    nd_separator s;
    ND_TRY(nd_options_read(context, options, nd_separation_specs, ND_SEPARATION_OPTIONS, values));
    nd_separation_rule rule = nd_separation_rule_of(values, ND_SEPARATION_OPTIONS);
    rule.he_su = 1;
    rule.inverse = 0;
    ND_TRY(nd_check_size(context, w->capacity, 1, INT_MAX, "capacity"));
    ND_TRY(nd_check_pointer(context, w->fuzziness, "fuzziness"));
    ND_TRY(nd_check_pointer(context, w->count, "count"));
    int status = check(context, g, &rule);
    if (status == NNDYN_OK) {
        status = nd_separator_create(context, g->width, g->classes, &rule, 1, &s);
    }
    if (status == NNDYN_OK) {
        status = find_directions(context, g, &s, w);
        nd_separator_free(context, &s);
    }
    nd_release(context, g->mapped);
    return status;
}

int nndyn_separation_directions(nndyn_context *context, int64_t n, int64_t width, const double *x, int64_t classes,
                                const int64_t *labels, const nndyn_options *options, int64_t capacity,
                                double *fuzziness, double *vectors, int64_t *count)
{
    given g = {.dtype = NNDYN_F64, .n = n, .width = width, .x = x, .classes = classes, .labels = labels};
    const wanted w = {capacity, fuzziness, vectors, count};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, directions(context, &g, options, &w));
}

int nndyn_separation_directions_f32(nndyn_context *context, int64_t n, int64_t width, const float *x, int64_t classes,
                                    const int64_t *labels, const nndyn_options *options, int64_t capacity,
                                    double *fuzziness, double *vectors, int64_t *count)
{
    given g = {.dtype = NNDYN_F32, .n = n, .width = width, .x = x, .classes = classes, .labels = labels};
    const wanted w = {capacity, fuzziness, vectors, count};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, directions(context, &g, options, &w));
}
