/* second.c - the second pass: scatter along the class means, and the scatter matrix.  SPDX-License-Identifier: MIT */
#include "analysis/separation/separation.h"
#include "linalg/linalg.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

static void carve(nd_second *s, int with_scatter)
{
    const int64_t wide = nd_product(s->possible, s->width);
    s->left = nd_arena_take(&s->arena, s->means.classes, sizeof *s->left);
    s->rows = nd_arena_take(&s->arena, nd_product(s->block, s->width), sizeof *s->rows);
    if (s->rule.he_su) {
        s->s = nd_arena_take(&s->arena, s->means.present, sizeof *s->s);
        s->directions = nd_arena_take(&s->arena, wide, sizeof *s->directions);
        s->gram = nd_arena_take(&s->arena, nd_product(s->possible, s->possible), sizeof *s->gram);
        s->projected = nd_arena_take(&s->arena, nd_product(s->block, s->possible), sizeof *s->projected);
    }
    if (with_scatter) {
        s->scatter = nd_arena_take(&s->arena, nd_product(s->width, s->width), sizeof *s->scatter);
    }
}

/* ---- directions of the class means ------------------------------------------------------------------------------- */

/* Singular values up to `cut` are left out, and those within rounding of the means. */
static int64_t rank_of(const nd_second *s)
{
    const int64_t larger = s->means.present > s->width ? s->means.present : s->width;
    const double rtol = s->rule.rtol > 0 ? s->rule.rtol : (double)larger * DBL_EPSILON;
    int64_t rank = 0;
    if (s->means.between > 0) {
        while (rank < s->possible && s->s[rank] > rtol * s->s[0] && s->s[rank] * s->s[rank] > s->means.floor) {
            rank++;
        }
    }
    return rank;
}

/* The thin decomposition of the offsets, never a width x width matrix. */
static int decompose(void *handle, nd_second *s)
{
    const int64_t classes = s->means.present, least = classes < s->width ? classes : s->width;
    const int64_t numbers = nd_product(classes, s->width);
    struct {
        double *a, *u, *v;
    } w = {0};
    nd_arena arena = {.context = nd_handle_context(handle)};
    for (int pass = 0; pass < 2; pass++) {
        w.a = nd_arena_take(&arena, numbers, sizeof(double));
        w.u = nd_arena_take(&arena, nd_product(least, classes), sizeof(double));
        w.v = nd_arena_take(&arena, nd_product(least, s->width), sizeof(double));
        if (pass == 0) {
            ND_TRY(nd_arena_reserve(&arena, handle));
        }
    }
    memcpy(w.a, s->means.offset, (size_t)numbers * sizeof(double));
    const int status = nd_svd(handle, classes, s->width, w.a, s->s, w.u, w.v);
    if (status == NNDYN_OK) {
        s->rank = rank_of(s);
        memcpy(s->directions, w.v, (size_t)(s->rank * s->width) * sizeof(double));
    }
    nd_arena_free(&arena);
    return status;
}

double nd_second_bytes(int64_t width, int64_t classes, const nd_separation_rule *rule, int with_scatter)
{
    const double d = (double)width, c = (double)classes, block = (double)rule->block;
    const double scatter = with_scatter ? d * d : 0, span = rule->he_su ? c * (d + c + block) : 0;
    return (double)sizeof(double) * (scatter + span + block * d);
}

int nd_second_create(void *handle, const nd_moments *moments, const nd_separation_rule *rule, int with_scatter,
                     nd_second *out)
{
    int status;
    *out = (nd_second){.rule = *rule, .width = moments->width, .block = rule->block};
    ND_TRY(nd_means_create(handle, moments, rule->by_class, &out->means));
    out->possible = out->means.present - 1 < out->width ? out->means.present - 1 : out->width;
    out->arena.context = nd_handle_context(handle);
    status =
        nd_check_memory(handle, nd_second_bytes(out->width, out->means.present, rule, with_scatter), "the second pass");
    if (status == NNDYN_OK) {
        carve(out, with_scatter);
        status = nd_arena_reserve(&out->arena, handle);
    }
    if (status == NNDYN_OK) {
        carve(out, with_scatter);
        memcpy(out->left, moments->counts, (size_t)moments->classes * sizeof *out->left);
        status = rule->he_su ? decompose(handle, out) : NNDYN_OK;
    }
    if (status != NNDYN_OK) {
        nd_second_free(out);
    }
    return status;
}

void nd_second_free(nd_second *second)
{
    nd_arena_free(&second->arena);
    nd_means_free(&second->means);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

void nd_second_deviations(const nd_second *s, int dtype, int64_t n, int64_t stride, const void *x,
                          const int64_t *labels, double *rows)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t place = s->means.place[labels[i]];
        const double *mean = s->means.mean + place * s->width, factor = sqrt(s->means.share[place]);
        const float *f32 = (const float *)x + i * stride;
        const double *f64 = (const double *)x + i * stride;
        double *row = rows + i * s->width;
        for (int64_t j = 0; dtype == NNDYN_F32 && j < s->width; j++) {
            row[j] = factor * ((double)f32[j] - mean[j]);
        }
        for (int64_t j = 0; dtype == NNDYN_F64 && j < s->width; j++) {
            row[j] = factor * (f64[j] - mean[j]);
        }
    }
}

static int add_block(nndyn_context *context, nd_second *s, int64_t n)
{
    const nd_kernels_f64 *k = nd_kernels_choose_f64(nd_context_kernels(context));
    const int64_t d = s->width, r = s->rank;
    if (r > 0) {
        ND_TRY(k->gemm(context, 0, 1, n, r, d, 1, s->rows, d, s->directions, d, 0, s->projected, r));
        ND_TRY(k->gemm(context, 1, 0, r, r, n, 1, s->projected, r, s->projected, r, 1, s->gram, r));
    }
    return s->scatter == NULL ? NNDYN_OK : k->gemm(context, 1, 0, d, d, n, 1, s->rows, d, s->rows, d, 1, s->scatter, d);
}

int nd_second_add(nndyn_context *context, nd_second *s, int dtype, int64_t n, int64_t stride, const void *x,
                  const int64_t *labels)
{
    const size_t size = dtype == NNDYN_F32 ? sizeof(float) : sizeof(double);
    for (int64_t first = 0; first < n; first += s->block) {
        const int64_t count = n - first < s->block ? n - first : s->block;
        nd_second_deviations(s, dtype, count, stride, (const char *)x + (size_t)(first * stride) * size, labels + first,
                             s->rows);
        ND_TRY(add_block(context, s, count));
        for (int64_t i = first; i < first + count; i++) {
            s->left[labels[i]]--;
        }
    }
    return NNDYN_OK;
}

/* ---- directions -------------------------------------------------------------------------------------------------- */

/* In coordinates along the directions, divided by s: Sigma_B is the unit matrix there. */
int nd_second_directions(void *handle, const nd_second *s, double *fuzziness, double *vectors)
{
    const int64_t r = s->rank, d = s->width;
    double *a = NULL;
    if (r == 0) {
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(handle, nd_product(r, r), sizeof *a, &a));
    for (int64_t i = 0; i < r; i++) {
        for (int64_t j = 0; j < r; j++) {
            a[i * r + j] = s->gram[i * r + j] / s->s[i] / s->s[j];
        }
    }
    const int status = nd_symmetric_eigen(handle, r, a, vectors != NULL, fuzziness);
    for (int64_t i = 0; status == NNDYN_OK && vectors != NULL && i < r; i++) {
        double *v = vectors + i * d;
        memset(v, 0, (size_t)d * sizeof *v);
        for (int64_t p = 0; p < r; p++) {
            const double part = a[i * r + p] / s->s[p];
            for (int64_t j = 0; j < d; j++) {
                v[j] += part * s->directions[p * d + j];
            }
        }
        const double sign = nd_sign_of_largest(d, v);
        for (int64_t j = 0; j < d; j++) {
            v[j] *= sign;
        }
    }
    nd_release(nd_handle_context(handle), a);
    return status;
}
