/* substitution_map.c - cuts of a network, and the linear maps above them.  SPDX-License-Identifier: MIT */
#include "analysis/order/order.h"
#include <math.h>
#include <string.h>

/* ---- cuts -------------------------------------------------------------------------------------------------------- */

typedef struct finder {
    int64_t depth;         /* open residual blocks */
    int64_t active, shown; /* since the last dense layer, outside of blocks: the last layer that does something, the
                              last activation; -1: none */
    int64_t count;
    nd_cut *cuts; /* NULL: only count */
} finder;

static void append(finder *f, int64_t layer, int64_t field, int64_t width)
{
    if (f->cuts != NULL) {
        f->cuts[f->count] = (nd_cut){.layer = layer, .field = field, .width = width};
    }
    f->count++;
}

static void find(const nndyn_network *network, finder *f)
{
    int dense = 0;
    *f = (finder){.active = -1, .shown = -1, .cuts = f->cuts};
    append(f, -1, -1, network->inputs);
    for (int64_t l = 0; l < network->layer_count; l++) {
        const nd_layer *layer = &network->layers[l];
        f->depth += layer->kind == NNDYN_RESIDUAL_BEGIN;
        f->depth -= layer->kind == NNDYN_RESIDUAL_END;
        if (layer->kind == NNDYN_DENSE) {
            const int64_t cut = f->shown >= 0 ? f->shown : f->active;
            if (dense && cut >= 0) {
                append(f, cut, f->shown, network->layers[cut].out);
            }
            dense = 1;
            f->active = f->shown = -1;
        }
        if (f->depth == 0 && layer->kind != NNDYN_DROPOUT) {
            f->active = l;
            f->shown = layer->kind == NNDYN_ACTIVATION ? l : f->shown;
        }
        if (layer->kind == NNDYN_RESIDUAL_END && f->depth == 0) {
            f->shown = -1; /* an activation before the block is not where the layer ends */
        }
    }
}

int64_t nd_count_cuts(const nndyn_network *network)
{
    finder f = {.cuts = NULL};
    find(network, &f);
    return f.count;
}

/* ---- the sweep --------------------------------------------------------------------------------------------------- */

/* 2^exponent r (classes x width) is the map of what the walk has come to; 2^max(exponent, 0) c its offset. */
typedef struct factor {
    double *r;
    int64_t exponent, width;
} factor;

typedef struct sweep {
    const nd_frozen *frozen;
    int64_t classes, depth, blocks;
    factor now;
    double *other; /* the next r */
    double *c;
    factor *kept; /* at the ends of open blocks */
    nd_arena arena;
} sweep;

enum { FAR = 256 }; /* binary exponent from which entries are brought back to about 1 */

static double power(int64_t exponent)
{
    const int64_t bound = 4000; /* beyond it all is 0 or infinite */
    return ldexp(1, (int)(exponent > bound ? bound : exponent < -bound ? -bound : exponent));
}

static void scale(double *r, int64_t count, double by)
{
    for (int64_t i = 0; by != 1 && i < count; i++) {
        r[i] *= by;
    }
}

/* Another exponent, with the offset's along. */
static void set_exponent(sweep *s, int64_t exponent)
{
    const int64_t before = s->now.exponent > 0 ? s->now.exponent : 0, after = exponent > 0 ? exponent : 0;
    scale(s->now.r, s->classes * s->now.width, power(s->now.exponent - exponent));
    scale(s->c, s->classes, power(before - after));
    s->now.exponent = exponent;
}

static int settle(sweep *s, int64_t layer)
{
    const int64_t count = s->classes * s->now.width;
    double largest = 0;
    int exponent;
    if (!s->frozen->network->k64->all_finite(count, s->now.r) ||
        !s->frozen->network->k64->all_finite(s->classes, s->c)) {
        return nd_fail(s->frozen->handle, NNDYN_ENUMERIC,
                       "the linear map above layer %lld is not finite; its weights are too large", (long long)layer);
    }
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(s->now.r[i]));
    }
    (void)frexp(largest, &exponent);
    if (largest > 0 && (exponent > FAR || exponent < -FAR)) {
        set_exponent(s, s->now.exponent + exponent);
    }
    return NNDYN_OK;
}

/* c += R shift, of the layer's width. */
static void add_offset(sweep *s, const double *shift, double by)
{
    by *= power(s->now.exponent < 0 ? s->now.exponent : 0);
    for (int64_t k = 0; k < s->classes; k++) {
        s->c[k] += by * s->frozen->network->k64->dot(s->now.width, s->now.r + k * s->now.width, shift);
    }
}

static int through_dense(sweep *s, const nd_layer *l)
{
    const nndyn_network *network = s->frozen->network;
    const double *w = s->frozen->theta + l->first;
    double *r = s->now.r;
    if (l->bias) {
        add_offset(s, w + l->out * l->in, l->bias_factor);
    }
    ND_TRY(network->k64->gemm(network->handle.context, 0, 0, s->classes, l->in, l->out, l->weight_factor, r, l->out, w,
                              l->in, 0, s->other, l->in));
    s->now.r = s->other;
    s->other = r;
    s->now.width = l->in;
    return NNDYN_OK;
}

/* z = D (a - mean) + shift: c += R (shift - D mean), R <- R D. */
static int through_norm(sweep *s, const nd_layer *l)
{
    const double *mean = s->frozen->statistics + l->statistics, *variance = mean + l->in;
    const double *gain = s->frozen->theta + l->first, *shift = gain + l->in;
    const double by = power(s->now.exponent < 0 ? s->now.exponent : 0);
    for (int64_t k = 0; k < s->classes; k++) {
        double *r = s->now.r + k * l->in, sum = 0;
        for (int64_t j = 0; j < l->in; j++) {
            const double d = (l->affine ? gain[j] : 1) / sqrt(variance[j] + l->epsilon);
            sum += r[j] * ((l->affine ? shift[j] : 0) - d * mean[j]);
            r[j] *= d;
        }
        s->c[k] += by * sum;
    }
    return NNDYN_OK;
}

static int open_block(sweep *s)
{
    factor *kept = &s->kept[s->depth++];
    kept->exponent = s->now.exponent;
    kept->width = s->now.width;
    memcpy(kept->r, s->now.r, (size_t)(s->classes * s->now.width) * sizeof *kept->r);
    return NNDYN_OK;
}

/* The identity path joins the branch. */
static int close_block(sweep *s)
{
    const factor *kept = &s->kept[--s->depth];
    if (kept->exponent > s->now.exponent) {
        set_exponent(s, kept->exponent);
    }
    const double by = power(kept->exponent - s->now.exponent);
    for (int64_t i = 0; i < s->classes * s->now.width; i++) {
        s->now.r[i] += by * kept->r[i];
    }
    return NNDYN_OK;
}

static int through(sweep *s, int64_t layer)
{
    const nd_layer *l = &s->frozen->network->layers[layer];
    switch (l->kind) {
    case NNDYN_DENSE:
        ND_TRY(through_dense(s, l));
        break;
    case NNDYN_BATCH_NORM:
        ND_TRY(through_norm(s, l));
        break;
    case NNDYN_RESIDUAL_END:
        return open_block(s);
    case NNDYN_RESIDUAL_BEGIN:
        ND_TRY(close_block(s));
        break;
    default:
        return NNDYN_OK;
    }
    return settle(s, layer);
}

static void take_cut(const sweep *s, nd_cut *cut)
{
    cut->exponent = s->now.exponent;
    memcpy(cut->map, s->now.r, (size_t)(s->classes * s->now.width) * sizeof *cut->map);
    memcpy(cut->offset, s->c, (size_t)s->classes * sizeof *cut->offset);
}

static void carve_sweep(sweep *s)
{
    const int64_t numbers = nd_product(s->classes, nd_network_width(s->frozen->network));
    s->now.r = nd_arena_take(&s->arena, numbers, sizeof *s->now.r);
    s->other = nd_arena_take(&s->arena, numbers, sizeof *s->other);
    s->c = nd_arena_take(&s->arena, s->classes, sizeof *s->c);
    factor *kept = nd_arena_take(&s->arena, s->blocks, sizeof *kept);
    for (int64_t i = 0; i < s->blocks; i++) {
        double *r = nd_arena_take(&s->arena, numbers, sizeof *r);
        if (kept != NULL) {
            kept[i].r = r;
        }
    }
    s->kept = kept;
}

static int open_sweep(sweep *s, const nd_frozen *frozen)
{
    *s = (sweep){.frozen = frozen, .classes = nd_network_outputs(frozen->network)};
    s->arena.context = frozen->arena.context;
    for (int64_t l = 0; l < frozen->network->layer_count; l++) {
        s->blocks += frozen->network->layers[l].kind == NNDYN_RESIDUAL_BEGIN;
    }
    carve_sweep(s);
    ND_TRY(nd_arena_reserve(&s->arena, frozen->handle));
    carve_sweep(s);
    memset(s->c, 0, (size_t)s->classes * sizeof *s->c);
    memset(s->now.r, 0, (size_t)(s->classes * s->classes) * sizeof *s->now.r);
    for (int64_t k = 0; k < s->classes; k++) {
        s->now.r[k * s->classes + k] = 1;
    }
    s->now.width = s->classes;
    return NNDYN_OK;
}

static int run(sweep *s, nd_substitution *out)
{
    int64_t next = out->count - 1;
    for (int64_t l = s->frozen->network->layer_count - 1; l >= 0; l--) {
        while (next >= 0 && out->cuts[next].layer == l) {
            take_cut(s, &out->cuts[next--]);
        }
        ND_TRY(through(s, l));
    }
    take_cut(s, &out->cuts[0]);
    return NNDYN_OK;
}

static void carve(nd_substitution *s)
{
    nd_cut *cuts = s->cuts; /* of the first round, whose widths are known */
    for (int64_t i = 0; i < s->count; i++) {
        cuts[i].map = nd_arena_take(&s->arena, nd_product(s->classes, cuts[i].width), sizeof(double));
        cuts[i].offset = nd_arena_take(&s->arena, s->classes, sizeof(double));
    }
}

static int compute(const nd_frozen *frozen, nd_substitution *out)
{
    sweep s;
    finder f = {.cuts = out->cuts};
    find(frozen->network, &f);
    carve(out);
    ND_TRY(nd_arena_reserve(&out->arena, frozen->handle));
    carve(out);
    int status = open_sweep(&s, frozen);
    if (status == NNDYN_OK) {
        status = run(&s, out);
    }
    nd_arena_free(&s.arena);
    return status;
}

int nd_substitution_open(const nd_frozen *frozen, nd_substitution *out)
{
    *out = (nd_substitution){.classes = nd_network_outputs(frozen->network)};
    out->arena.context = frozen->arena.context;
    if (nd_network_find(frozen->network, NNDYN_DENSE) < 0) {
        return nd_fail(frozen->handle, NNDYN_EUNSUPPORTED,
                       "the network has no dense layer, so there is nothing to cut");
    }
    out->count = nd_count_cuts(frozen->network);
    ND_TRY(nd_allocate_for(frozen->handle, out->count, sizeof *out->cuts, &out->cuts));
    const int status = compute(frozen, out);
    if (status != NNDYN_OK) {
        nd_substitution_close(out);
    }
    return status;
}

void nd_substitution_close(nd_substitution *s)
{
    nd_release(s->arena.context, s->cuts);
    nd_arena_free(&s->arena);
    s->cuts = NULL;
}

/* ---- a block of rows above a cut --------------------------------------------------------------------------------- */

const double *nd_cut_output(const nd_cut *cut, const nd_workspace_f64 *workspace)
{
    return cut->layer < 0 ? workspace->sites[0].in : workspace->sites[cut->layer].out;
}

const double *nd_cut_field(const nd_cut *cut, const nd_workspace_f64 *workspace)
{
    return cut->field < 0 ? nd_cut_output(cut, workspace) : workspace->sites[cut->field].in;
}

int nd_cut_logits(const nd_frozen *frozen, const nd_cut *cut, int64_t n, const double *a, double *z)
{
    const nd_kernels_f64 *k = frozen->network->k64;
    const int64_t classes = nd_network_outputs(frozen->network);
    k->set_rows(n, classes, 1, cut->offset, z);
    return k->gemm(frozen->arena.context, 0, 1, n, classes, cut->width, power(cut->exponent < 0 ? cut->exponent : 0), a,
                   cut->width, cut->map, cut->width, 1, z, classes);
}
