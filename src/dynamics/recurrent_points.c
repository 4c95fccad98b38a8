/* recurrent_points.c - what is read from equilibria.
 *
 * SPDX-License-Identifier: MIT */
#include "dynamics/recurrent.h"
#include "linalg/linalg.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void nndyn_fixed_points_free(nndyn_fixed_points *points)
{
    nd_handle_release(points);
}

const char *nndyn_fixed_point_stability_name(int stability)
{
    static const char *const names[] = {"unknown", "stable", "unstable", "marginal"};
    return names[stability >= NNDYN_FIXED_POINT_STABLE && stability <= NNDYN_FIXED_POINT_MARGINAL ? stability : 0];
}

int nndyn_fixed_points_shape(nndyn_fixed_points *points, int64_t *count, int64_t *neurons, int64_t *bulk)
{
    ND_TRY(nd_enter(points, ND_FIXED_POINTS, "nndyn_fixed_points_shape"));
    if (count != NULL) {
        *count = points->count;
    }
    if (neurons != NULL) {
        *neurons = points->n;
    }
    if (bulk != NULL) {
        *bulk = points->q;
    }
    return nd_leave(points, NNDYN_OK);
}

static int check_index(nndyn_fixed_points *f, int64_t index)
{
    if (f->count == 0) {
        return nd_fail(f, NNDYN_EARG, "index is %lld, but no equilibrium was found", (long long)index);
    }
    return nd_check_size(f, index, 0, f->count - 1, "index");
}

int nndyn_fixed_points_get(nndyn_fixed_points *points, int64_t index, double *state, int *stability, int64_t *unstable)
{
    ND_TRY(nd_enter(points, ND_FIXED_POINTS, "nndyn_fixed_points_get"));
    int status = check_index(points, index);
    if (status != NNDYN_OK) {
        return nd_leave(points, status);
    }
    if (state != NULL) {
        memcpy(state, points->states + index * points->n, (size_t)points->n * sizeof *state);
    }
    if (stability != NULL) {
        *stability = points->points[index].stability;
    }
    if (unstable != NULL) {
        *unstable = points->points[index].unstable;
    }
    return nd_leave(points, NNDYN_OK);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t place;
} figures[] = {
    {"residual", offsetof(nd_point, residual)},
    {"abscissa", offsetof(nd_point, abscissa)},
    {"contraction", offsetof(nd_point, contraction)},
    {"relaxed", offsetof(nd_point, hits)},
    {"newton", offsetof(nd_point, hits) + sizeof(double)},
};

static int figure(nndyn_fixed_points *f, int64_t index, const char *name, double *value)
{
    ND_TRY(check_index(f, index));
    ND_TRY(nd_check_pointer(f, name, "name"));
    ND_TRY(nd_check_pointer(f, value, "value"));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (strcmp(name, figures[i].name) == 0) {
            memcpy(value, (const char *)&f->points[index] + figures[i].place, sizeof *value);
            return NNDYN_OK;
        }
    }
    return nd_fail(f, NNDYN_EARG, "name is \"%.63s\", must be one of residual, abscissa, contraction, relaxed, newton",
                   name);
}

int nndyn_fixed_points_figure(nndyn_fixed_points *points, int64_t index, const char *name, double *value)
{
    ND_TRY(nd_enter(points, ND_FIXED_POINTS, "nndyn_fixed_points_figure"));
    return nd_leave(points, figure(points, index, name, value));
}

/* ---- eigenmodes -------------------------------------------------------------------------------------------------- */

typedef struct eigenvalue {
    double re, im;
    int64_t row; /* of its mode */
} eigenvalue;

/* Descending real part, then descending size of the imaginary part; pairs stay as they stand. */
static int by_real_part(const void *left, const void *right)
{
    const eigenvalue *a = left, *b = right;
    if (a->re != b->re) {
        return a->re > b->re ? -1 : 1;
    }
    if (fabs(a->im) != fabs(b->im)) {
        return fabs(a->im) > fabs(b->im) ? -1 : 1;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

typedef struct spectrum {
    double *a, *re, *im, *vectors;
    eigenvalue *order;
    nd_arena arena;
} spectrum;

static void carve(spectrum *s, int64_t q)
{
    s->a = nd_arena_take(&s->arena, q * q, sizeof(double));
    s->vectors = nd_arena_take(&s->arena, q * q, sizeof(double));
    s->re = nd_arena_take(&s->arena, q, sizeof(double));
    s->im = nd_arena_take(&s->arena, q, sizeof(double));
    s->order = nd_arena_take(&s->arena, q, sizeof(eigenvalue));
}

static int decompose(nndyn_fixed_points *f, int64_t index, spectrum *s)
{
    int64_t q = f->q;
    const double *slopes = f->slopes + index * q;
    for (int64_t i = 0; i < q; i++) {
        for (int64_t j = 0; j < q; j++) {
            s->a[j * q + i] = slopes[i] * f->w[i * q + j] - (i == j); /* by columns */
        }
    }
    ND_TRY(nd_general_eigen(f, q, s->a, s->re, s->im, s->vectors));
    for (int64_t i = 0; i < q; i++) {
        s->order[i] = (eigenvalue){s->re[i], s->im[i], i};
    }
    qsort(s->order, (size_t)q, sizeof *s->order, by_real_part);
    return NNDYN_OK;
}

static void hand_out(const nndyn_fixed_points *f, const spectrum *s, double *re, double *im, double *modes)
{
    int64_t q = f->q;
    for (int64_t i = 0; i < q; i++) {
        const double *vector = s->vectors + s->order[i].row * q;
        double sign = s->order[i].im == 0 ? nd_sign_of_largest(q, vector) : 1;
        re[i] = s->order[i].re;
        if (im != NULL) {
            im[i] = s->order[i].im;
        }
        for (int64_t k = 0; modes != NULL && k < q; k++) {
            modes[i * q + k] = sign * vector[k];
        }
    }
}

static int modes_of(nndyn_fixed_points *f, int64_t index, double *re, double *im, double *modes)
{
    spectrum s = {0};
    ND_TRY(check_index(f, index));
    ND_TRY(nd_check_pointer(f, re, "re"));
    carve(&s, f->q);
    ND_TRY(nd_check_memory(f, (double)s.arena.used + nd_general_eigen_bytes(f->q), "the eigenmodes"));
    ND_TRY(nd_arena_reserve(&s.arena, f));
    carve(&s, f->q);
    int status = decompose(f, index, &s);
    if (status == NNDYN_OK) {
        hand_out(f, &s, re, im, modes);
    }
    nd_arena_free(&s.arena);
    return status;
}

int nndyn_fixed_points_modes(nndyn_fixed_points *points, int64_t index, double *re, double *im, double *modes)
{
    ND_TRY(nd_enter(points, ND_FIXED_POINTS, "nndyn_fixed_points_modes"));
    return nd_leave(points, modes_of(points, index, re, im, modes));
}
