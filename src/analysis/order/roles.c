/* roles.c - what single neurons do on a set of local fields.  SPDX-License-Identifier: MIT */
#include "analysis/order/concordance.h"
#include "network/build.h"
#include <float.h>
#include <limits.h>

/* Columns at a time, each with working memory of its own. */
enum { GROUP = 8 };

int nd_order_kernels(nndyn_context *context, const nd_kernels_f64 **k64, const nd_kernels_f32 **k32)
{
    *k64 = nd_kernels_choose_f64(nd_context_kernels(context));
    *k32 = nd_kernels_choose_f32(nd_context_kernels(context));
    if (*k64 == NULL || *k32 == NULL) {
        return nd_fail(context, NNDYN_EUNSUPPORTED,
                       "the kernels \"%s\" of the context are not in this build or not for this processor",
                       nd_context_kernels(context));
    }
    return NNDYN_OK;
}

typedef struct roles {
    int64_t n, units, first;
    const double *h;
    nd_activation f;
    const nd_kernels_f64 *k64;
    const nd_kernels_f32 *k32; /* NULL for double precision */
    nd_pair_item *items;       /* GROUP x 2 n */
    double *z, *g;             /* GROUP x n each */
    int *roles;
    int64_t *tied;
    int *finite; /* of each unit */
    nd_arena arena;
} roles;

static void carve(roles *r)
{
    r->items = nd_arena_take(&r->arena, GROUP * 2 * r->n, sizeof *r->items);
    r->z = nd_arena_take(&r->arena, GROUP * r->n, sizeof *r->z);
    r->g = nd_arena_take(&r->arena, GROUP * r->n, sizeof *r->g);
    r->roles = nd_arena_take(&r->arena, r->units, sizeof *r->roles);
    r->tied = nd_arena_take(&r->arena, r->units, sizeof *r->tied);
    r->finite = nd_arena_take(&r->arena, r->units, sizeof *r->finite);
}

/* g = f(z); in single precision one number at a time. */
static int transfer(const roles *r, const double *z, double *g)
{
    if (r->k32 == NULL) {
        r->k64->activate_derivative(&r->f, 0, r->n, z, g);
        return r->k64->all_finite(r->n, g);
    }
    for (int64_t i = 0; i < r->n; i++) {
        const float single = (float)z[i];
        float a;
        r->k32->activate_derivative(&r->f, 0, 1, &single, &a);
        g[i] = (double)a;
    }
    return r->k64->all_finite(r->n, g);
}

static int is_line(int kind)
{
    return kind == NNDYN_IDENTITY || kind == NNDYN_RELU || kind == NNDYN_LEAKY_RELU;
}

static int role_of(const nd_activation *f, int64_t n, int64_t below, const int64_t *counts)
{
    const int verdict = nd_order_verdict(counts);
    if (verdict == NNDYN_ORDER_NON_PRESERVING) {
        return NNDYN_ORDER_ROLE_FOLDING;
    }
    if (f->kind == NNDYN_RELU && below == n) {
        return NNDYN_ORDER_ROLE_DEAD;
    }
    if (verdict == NNDYN_ORDER_CONSTANT && counts[NNDYN_ORDER_TIED_G] > 0) {
        return NNDYN_ORDER_ROLE_DEAD;
    }
    if (is_line(f->kind)) {
        /* one sample at 0 keeps its place below all others: ReLU loses nothing; of a leaky one all must be on one
         * side */
        const int all_below = f->kind == NNDYN_LEAKY_RELU && below == n;
        const int line = f->kind == NNDYN_IDENTITY || below == 0 || all_below || (f->kind == NNDYN_RELU && below == 1);
        return line ? NNDYN_ORDER_ROLE_LINEAR : NNDYN_ORDER_ROLE_RECTIFYING;
    }
    return counts[NNDYN_ORDER_TIED_G] > 0 ? NNDYN_ORDER_ROLE_SATURATED : NNDYN_ORDER_ROLE_CURVED;
}

static void judge_unit(void *job, int64_t index)
{
    roles *r = job;
    const int64_t unit = r->first + index, n = r->n;
    double *z = r->z + index * n, *g = r->g + index * n;
    nd_pair_item *items = r->items + index * 2 * n;
    nd_pairs pairs;
    int64_t below = 0;
    for (int64_t i = 0; i < n; i++) {
        z[i] = r->h[i * r->units + unit];
        below += z[i] <= 0;
    }
    r->finite[unit] = transfer(r, z, g);
    if (!r->finite[unit]) {
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        items[i] = (nd_pair_item){z[i], g[i], 0};
    }
    nd_concordance(n, items, items + n, &pairs);
    r->roles[unit] = role_of(&r->f, n, below, pairs.counts);
    r->tied[unit] = pairs.counts[NNDYN_ORDER_TIED_G];
}

static int judge_all(nndyn_context *context, roles *r)
{
    nd_task task;
    carve(r);
    ND_TRY(nd_check_memory(context, (double)r->arena.used, "the roles"));
    ND_TRY(nd_arena_reserve(&r->arena, context));
    carve(r);
    nd_task_begin(&task, context, "roles");
    for (r->first = 0; r->first < r->units; r->first += GROUP) {
        const int64_t count = r->units - r->first < GROUP ? r->units - r->first : GROUP;
        ND_TRY(nd_task_report(&task, (double)r->first / (double)r->units));
        ND_TRY(nd_parallel(context, count, judge_unit, r));
    }
    for (int64_t i = 0; i < r->units; i++) {
        if (!r->finite[i]) {
            return nd_fail(context, NNDYN_ENUMERIC, "an output of unit %lld is not finite; its fields are too large",
                           (long long)i);
        }
    }
    return NNDYN_OK;
}

static int open_roles(nndyn_context *context, int activation, const nndyn_options *options, roles *r)
{
    static const nd_option_spec specs[] = {{"parameter", ND_REAL, -DBL_MAX, DBL_MAX, 0, NULL},
                                           {"precision", ND_TEXT, 0, 0, 0, "f64|f32"}};
    nd_option_value v[2];
    ND_TRY(nd_options_read(context, options, specs, 2, v));
    ND_TRY(nd_activation_make(context, activation, &v[0], &r->f));
    ND_TRY(nd_check_size(context, r->n, ND_ORDER_LEAST, ND_ORDER_MOST, "n"));
    ND_TRY(nd_check_size(context, r->units, 1, INT_MAX, "units"));
    ND_TRY(nd_check_pointer(context, r->h, "h"));
    ND_TRY(nd_check_finite(context, r->n, r->units, r->h, "h"));
    ND_TRY(nd_order_kernels(context, &r->k64, &r->k32));
    if (v[1].integer == 0) {
        r->k32 = NULL;
    }
    r->arena.context = context;
    return NNDYN_OK;
}

static int find_roles(nndyn_context *context, int activation, const nndyn_options *options, roles *r, int *out,
                      int64_t *tied)
{
    ND_TRY(nd_check_pointer(context, out, "roles"));
    ND_TRY(open_roles(context, activation, options, r));
    const int status = judge_all(context, r);
    for (int64_t i = 0; status == NNDYN_OK && i < r->units; i++) {
        out[i] = r->roles[i];
        if (tied != NULL) {
            tied[i] = r->tied[i];
        }
    }
    nd_arena_free(&r->arena);
    return status;
}

int nndyn_order_roles(nndyn_context *context, int activation, int64_t n, int64_t units, const double *h,
                      const nndyn_options *options, int *out, int64_t *tied)
{
    roles r = {.n = n, .units = units, .h = h};
    ND_TRY(nd_enter(context, ND_CONTEXT, __func__));
    return nd_leave(context, find_roles(context, activation, options, &r, out, tied));
}
