/* separator.c - one place where features are measured, and the checks and options of all calls.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include <math.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------------------------------------- */

const nd_option_spec nd_separation_specs[ND_SEPARATION_OPTIONS] = {
    [ND_SEPARATION_HE_SU] = {"he_su", ND_INTEGER, 0, 1, 0, NULL},
    [ND_SEPARATION_INVERSE] = {"inverse", ND_INTEGER, 0, 1, 0, NULL},
    [ND_SEPARATION_RTOL] = {"rtol", ND_REAL, 0, 1 - 0x1p-53, 0, NULL},
    [ND_SEPARATION_WEIGHTS] = {"weights", ND_TEXT, 0, 0, 0, "samples|classes"},
    [ND_SEPARATION_BLOCK] = {"block", ND_INTEGER, 1, 1 << 24, 256, NULL},
    [ND_SEPARATION_STRIDE] = {"stride", ND_INTEGER, 0, (double)(INT64_C(1) << 40), 0, NULL},
};

nd_separation_rule nd_separation_rule_of(const nd_option_value *values, int count)
{
    nd_separation_rule rule = {.he_su = values[ND_SEPARATION_HE_SU].integer != 0,
                               .inverse = values[ND_SEPARATION_INVERSE].integer != 0,
                               .by_class = values[ND_SEPARATION_WEIGHTS].integer == 1,
                               .rtol = values[ND_SEPARATION_RTOL].real,
                               .block = (int64_t)nd_separation_specs[ND_SEPARATION_BLOCK].standard};
    if (count > ND_SEPARATION_BLOCK) {
        rule.block = values[ND_SEPARATION_BLOCK].integer;
    }
    if (count > ND_SEPARATION_STRIDE) {
        rule.stride = values[ND_SEPARATION_STRIDE].integer;
    }
    return rule;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static double at(int dtype, const void *x, int64_t i)
{
    return dtype == NNDYN_F32 ? (double)((const float *)x)[i] : ((const double *)x)[i];
}

int nd_check_rows(void *handle, int dtype, int64_t n, int64_t width, int64_t stride, const void *x)
{
    if (stride == width) {
        return dtype == NNDYN_F32 ? nd_check_finite_f32(handle, n, width, x, "x")
                                  : nd_check_finite(handle, n, width, x, "x");
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < width; j++) {
            const double value = at(dtype, x, i * stride + j);
            if (!isfinite(value)) {
                return nd_fail(handle, NNDYN_EDATA, "x is %g in row %lld, column %lld, must be finite", value,
                               (long long)i, (long long)j);
            }
        }
    }
    return NNDYN_OK;
}

int nd_check_labels(void *handle, int64_t n, int64_t classes, const int64_t *labels)
{
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= classes) {
            return nd_fail(handle, NNDYN_EDATA, "labels[%lld] is %lld, must be from 0 to %lld", (long long)i,
                           (long long)labels[i], (long long)classes - 1);
        }
    }
    return NNDYN_OK;
}

/* ---- labels of any range ----------------------------------------------------------------------------------------- */

/* The different labels seen so far, ascending. */
typedef struct book {
    int64_t count, capacity;
    int64_t *labels;
} book;

/* Where a label is, or would be. */
static int64_t find(const book *b, int64_t label)
{
    int64_t low = 0, high = b->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (b->labels[middle] < label) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int grow(void *handle, book *b)
{
    const int64_t capacity = b->capacity > 0 ? 2 * b->capacity : 64;
    int64_t *larger = NULL;
    ND_TRY(nd_allocate_for(handle, capacity, sizeof *larger, &larger));
    if (b->count > 0) {
        memcpy(larger, b->labels, (size_t)b->count * sizeof *larger);
    }
    nd_release(nd_handle_context(handle), b->labels);
    b->labels = larger;
    b->capacity = capacity;
    return NNDYN_OK;
}

static int note(void *handle, book *b, int64_t label)
{
    const int64_t place = find(b, label);
    if (place < b->count && b->labels[place] == label) {
        return NNDYN_OK;
    }
    if (b->count == b->capacity) {
        ND_TRY(grow(handle, b));
    }
    memmove(b->labels + place + 1, b->labels + place, (size_t)(b->count - place) * sizeof *b->labels);
    b->labels[place] = label;
    b->count++;
    return NNDYN_OK;
}

int nd_map_labels(void *handle, int64_t n, const int64_t *labels, int64_t **to, int64_t *classes)
{
    book b = {0};
    int64_t *mapped = NULL;
    int status = NNDYN_OK;
    for (int64_t i = 0; i < n && status == NNDYN_OK; i++) {
        status = note(handle, &b, labels[i]);
    }
    if (status == NNDYN_OK) {
        status = nd_allocate_for(handle, n, sizeof *mapped, &mapped);
    }
    for (int64_t i = 0; i < n && status == NNDYN_OK; i++) {
        mapped[i] = find(&b, labels[i]);
    }
    nd_release(nd_handle_context(handle), b.labels);
    if (status == NNDYN_OK) {
        *to = mapped;
        *classes = b.count;
    }
    return status;
}

/* ---- the separator ----------------------------------------------------------------------------------------------- */

static void carve(nd_separator *s, int with_groups)
{
    nd_moments_take(&s->arena, &s->moments);
    if (with_groups) {
        nd_groups_take(&s->arena, &s->groups, s->moments.classes);
    }
}

int nd_separator_create(void *handle, int64_t width, int64_t classes, const nd_separation_rule *rule, int with_groups,
                        nd_separator *out)
{
    *out = (nd_separator){.rule = *rule, .moments = {.classes = classes, .width = width}};
    out->arena.context = nd_handle_context(handle);
    ND_TRY(nd_check_memory(handle, 2.0 * sizeof(double) * (double)classes * (double)width, "the sums of all classes"));
    carve(out, with_groups);
    ND_TRY(nd_arena_reserve(&out->arena, handle));
    carve(out, with_groups);
    return NNDYN_OK;
}

void nd_separator_free(nndyn_context *context, nd_separator *s)
{
    if (s->second != NULL) {
        nd_second_free(s->second);
        nd_release(context, s->second);
    }
    nd_arena_free(&s->arena);
}

int nd_separator_add(nd_separator *s, int dtype, int64_t n, int64_t stride, const void *x, const int64_t *labels)
{
    nd_groups_fill(&s->groups, n, labels);
    return nd_moments_add(s->arena.context, &s->moments, &s->groups, dtype, stride, x);
}

int nd_separator_second(void *handle, nd_separator *s, int with_scatter)
{
    nd_second *second = NULL;
    ND_TRY(nd_allocate_for(handle, 1, sizeof *second, &second));
    const int status = nd_second_create(handle, &s->moments, &s->rule, with_scatter, second);
    if (status != NNDYN_OK) {
        nd_release(nd_handle_context(handle), second);
        return status;
    }
    s->second = second;
    return NNDYN_OK;
}

int nd_separator_report(void *handle, const nd_separator *s, nd_separation_report *report)
{
    nd_means means;
    if (s->second == NULL) {
        ND_TRY(nd_means_create(handle, &s->moments, s->rule.by_class, &means));
        nd_report_first(&means, report);
        nd_means_free(&means);
        return NNDYN_OK;
    }
    nd_report_first(&s->second->means, report);
    if (s->rule.he_su) {
        nd_report_he_su(s->second, report);
    }
    return s->second->scatter != NULL ? nd_report_inverse(handle, s->second, report) : NNDYN_OK;
}
