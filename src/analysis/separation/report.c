/* report.c - values and flags from what the passes gathered.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

void nd_report_first(const nd_means *means, nd_separation_report *report)
{
    double *v = report->values;
    for (int i = 0; i < NNDYN_SEPARATION_VALUES; i++) {
        v[i] = NAN;
    }
    v[NNDYN_SEPARATION_D] = log(means->within) - log(means->between); /* -inf, inf, or NaN of zeros */
    v[NNDYN_SEPARATION_WITHIN] = means->within;
    v[NNDYN_SEPARATION_BETWEEN] = means->between;
    v[NNDYN_SEPARATION_CLASSES] = (double)means->present;
    v[NNDYN_SEPARATION_SAMPLES] = (double)means->samples;
    report->flags = (means->present < means->classes ? NNDYN_SEPARATION_EMPTY_CLASS : 0) |
                    (means->present == 1 ? NNDYN_SEPARATION_SINGLE_CLASS : 0) |
                    (means->between > 0 ? 0 : NNDYN_SEPARATION_ZERO_BETWEEN) |
                    (means->within > 0 ? 0 : NNDYN_SEPARATION_ZERO_WITHIN);
}

/* ---- He and Su's ------------------------------------------------------------------------------------------------- */

void nd_report_he_su(const nd_second *s, nd_separation_report *report)
{
    double trace = 0, noise = 0;
    for (int64_t i = 0; i < s->rank; i++) {
        /* A direction is known up to rounding times s_1 / s_i; so much of all scatter leaks into it. */
        const double leak = 16 * DBL_EPSILON * s->s[0] / s->s[i];
        trace += s->gram[i * s->rank + i] / s->s[i] / s->s[i];
        noise += leak * leak * s->means.within / s->s[i] / s->s[i];
    }
    if (s->rank > 0 && s->means.within > 0 && trace <= noise) {
        trace = 0;
        report->flags |= NNDYN_SEPARATION_SCATTER_OUTSIDE;
    }
    if (s->rank < s->possible) {
        report->flags |= NNDYN_SEPARATION_RANK_DEFICIENT;
    }
    /* Without a direction there is no distance: infinite as D, or NaN as D. */
    report->values[NNDYN_SEPARATION_D_HS] = s->rank > 0 ? log(trace) : report->values[NNDYN_SEPARATION_D];
    report->values[NNDYN_SEPARATION_RANK_BETWEEN] = (double)s->rank;
    report->values[NNDYN_SEPARATION_CONDITION] = s->rank > 0 ? s->s[s->rank - 1] / s->s[0] : 0;
}

/* ---- of discriminants -------------------------------------------------------------------------------------------- */

/* Eigenvalues of Sigma_W, descending with `step` numbers from one to the next, and eigenvectors as rows, likewise. */
static void inverse_from(const nd_second *s, int64_t count, const double *values, const double *vectors, int64_t step,
                         nd_separation_report *report)
{
    const int64_t free = s->means.samples - s->means.present, d = s->width;
    const int64_t possible = free < d ? free : d;
    const double rtol = s->rule.rtol > 0 ? s->rule.rtol : (double)(count > d ? count : d) * DBL_EPSILON;
    int64_t rank = 0;
    double trace = 0;
    for (; rank < possible && rank < count && values[rank * step] > rtol * values[0]; rank++) {
        for (int64_t p = 0; p < s->means.present; p++) {
            const double *v = vectors + rank * step * d, *offset = s->means.offset + p * d;
            double along = 0;
            for (int64_t j = 0; j < d; j++) {
                along += v[j] * offset[j];
            }
            trace += along * along / values[rank * step];
        }
    }
    if (rank < possible) {
        report->flags |= NNDYN_SEPARATION_WITHIN_DEFICIENT;
    }
    report->values[NNDYN_SEPARATION_RANK_WITHIN] = (double)rank;
    /* Zero traces as in D, with the other sign. */
    report->values[NNDYN_SEPARATION_D_INVERSE] =
        rank > 0 && s->means.between > 0 ? log(trace) : -report->values[NNDYN_SEPARATION_D];
}

int nd_report_inverse(void *handle, const nd_second *s, nd_separation_report *report)
{
    const int64_t d = s->width, numbers = nd_product(d, d);
    double *a = NULL, *values;
    ND_TRY(nd_check_memory(handle, (double)sizeof *a * (double)d * (double)(d + 1), "the eigenvectors of the scatter"));
    ND_TRY(nd_allocate_for(handle, numbers < 0 ? -1 : numbers + d, sizeof *a, &a));
    values = a + numbers;
    memcpy(a, s->scatter, (size_t)numbers * sizeof *a);
    const int status = nd_symmetric_eigen(handle, d, a, 1, values);
    if (status == NNDYN_OK) { /* ascending: from the last one back */
        inverse_from(s, d, values + d - 1, a + (d - 1) * d, -1, report);
    }
    nd_release(nd_handle_context(handle), a);
    return status;
}

static void carve_wide(nd_arena *arena, int64_t n, int64_t d, double **values, double **u, double **v)
{
    *values = nd_arena_take(arena, n, sizeof **values);
    *u = nd_arena_take(arena, nd_product(n, n), sizeof **u);
    *v = nd_arena_take(arena, nd_product(n, d), sizeof **v);
}

int nd_report_inverse_wide(void *handle, const nd_second *s, int64_t n, double *rows, nd_separation_report *report)
{
    double *values, *u, *v;
    nd_arena arena = {.context = nd_handle_context(handle)};
    carve_wide(&arena, n, s->width, &values, &u, &v);
    ND_TRY(nd_check_memory(handle, (double)arena.used, "the singular vectors of the deviations"));
    ND_TRY(nd_arena_reserve(&arena, handle));
    carve_wide(&arena, n, s->width, &values, &u, &v);
    const int status = nd_svd(handle, n, s->width, rows, values, u, v);
    for (int64_t i = 0; i < n; i++) {
        values[i] *= values[i];
    }
    if (status == NNDYN_OK) {
        inverse_from(s, n, values, v, 1, report);
    }
    nd_arena_free(&arena);
    return status;
}

void nd_report_copy(const nd_separation_report *report, int64_t count, double *values, int *flags)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = i < NNDYN_SEPARATION_VALUES ? report->values[i] : (double)NAN;
    }
    if (flags != NULL) {
        *flags = report->flags;
    }
}
