/* kernel_sweep.c - the sensitivities of a batch to its outputs, for the terms of a tangent kernel.
 *
 * The backward passes of all outputs go through a chunk of samples at a time, so that what lies between the layers with
 * terms stays in the caches and is never stored; only the rows of terms are.  Values and slopes of the forward pass are
 * in double, rounded once; the sweep is in the precision of the kernel's products.  Chunks are cut by sizes alone and
 * go over the context's threads.
 *
 * SPDX-License-Identifier: MIT */
#include "derivatives/kernel_terms.h"
#include <math.h>
#include <string.h>

enum { CHUNK_ROWS = 192 }; /* at most, where a sample has fewer */

typedef struct sweep {
    const nd_kernel_side *side;
    const nndyn_network *network;
    const nd_pass *pass;
    int pseudo;
    int64_t rep;       /* directions of a sample */
    int64_t samples;   /* of a chunk */
    int64_t lowest;    /* layers from here on are gone through */
    const void *theta; /* parameters in the precision of the sweep, from number `first` on */
    int64_t first;
    float *narrowed;     /* where theta is a copy */
    double *norms;       /* of the columns of the last layer's weights, where a term has them */
    struct chunk *slots; /* one a worker */
    int64_t slot_count;
    atomic_int_fast64_t next; /* chunk to be taken up */
    atomic_int failed;
    nd_arena arena;
} sweep;

/* Where one worker has its chunk. */
typedef struct chunk {
    const sweep *sweep;
    int64_t sample, samples, rows;
    void **room; /* per boundary: memory for a chunk, NULL where terms or others have it */
    void **back; /* per boundary: rows x width */
    void *row;   /* of the widest layer */
} chunk;

/* ---- both precisions --------------------------------------------------------------------------------------------- */

#define R        double
#define KERNELS  k64
#define ND(name) name##_f64
#include "derivatives/kernel_sweep.inc"
#undef R
#undef KERNELS
#undef ND
#define R        float
#define KERNELS  k32
#define ND(name) name##_f32
#include "derivatives/kernel_sweep.inc"
#undef R
#undef KERNELS
#undef ND

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int64_t first_with_parameters(const nndyn_network *network)
{
    int64_t l = 0;
    while (l < network->layer_count && network->layers[l].count == 0) {
        l++;
    }
    return l;
}

/* The term whose rows are what passes boundary b, or NULL. */
static const nd_kernel_term *term_at(const nd_kernel_side *side, int64_t boundary)
{
    for (int64_t t = 0; t < side->term_count; t++) {
        if (side->terms[t].form == ND_ROWS_BACK && side->terms[t].layer + 1 == boundary) {
            return &side->terms[t];
        }
    }
    return NULL;
}

/* An activation works in place: nothing reads what came in at its output again. */
static int is_shared(const sweep *s, int64_t boundary)
{
    return boundary > s->lowest && s->network->layers[boundary - 1].kind == NNDYN_ACTIVATION;
}

static int64_t width_of(const nndyn_network *network, int64_t boundary)
{
    return boundary == 0 ? network->inputs : network->layers[boundary - 1].out;
}

static void carve_slot(nd_arena *arena, const sweep *s, size_t real, chunk *slot)
{
    int64_t layers = s->network->layer_count, widest = 1;
    slot->sweep = s;
    slot->room = nd_arena_take(arena, layers + 1, sizeof *slot->room);
    slot->back = nd_arena_take(arena, layers + 1, sizeof *slot->back);
    for (int64_t b = s->lowest; b <= layers; b++) {
        int64_t width = width_of(s->network, b);
        widest = width > widest ? width : widest;
        int stored = b > 0 && nd_kernel_stores(s->network, s->side->spec.kind, b - 1);
        if (!is_shared(s, b) && !stored) {
            void *room = nd_arena_take(arena, nd_product(nd_product(s->samples, s->rep), width), real);
            if (slot->room) {
                slot->room[b] = room;
            }
        }
    }
    slot->row = nd_arena_take(arena, widest, real);
}

static void carve(nd_arena *arena, sweep *s)
{
    const nndyn_network *network = s->network;
    size_t real = s->side->spec.singles ? sizeof(float) : sizeof(double);
    if (s->side->spec.singles && network->dtype != NNDYN_F32) {
        s->narrowed = nd_arena_take(arena, network->parameters - s->first, sizeof *s->narrowed);
    }
    s->norms = nd_arena_take(arena, network->layers[network->layer_count - 1].in, sizeof *s->norms);
    s->slots = nd_arena_take(arena, s->slot_count, sizeof *s->slots);
    for (int64_t i = 0; i < s->slot_count; i++) {
        chunk slot = {0};
        carve_slot(arena, s, real, &slot);
        if (s->slots) {
            s->slots[i] = slot;
        }
    }
}

static void plan(const nndyn_network *network, const nd_kernel_side *side, sweep *s)
{
    int64_t first = first_with_parameters(network);
    *s = (sweep){.side = side, .network = network, .pass = side->pass, .pseudo = side->spec.kind == ND_KERNEL_PSEUDO};
    s->rep = s->pseudo ? 1 : nd_network_outputs(network);
    s->samples = s->rep < CHUNK_ROWS ? CHUNK_ROWS / s->rep : 1;
    s->samples = s->samples < side->n ? s->samples : side->n;
    s->lowest = first < network->layer_count ? first + 1 : first;
    if (side->spec.singles && network->dtype != NNDYN_F32 && first < network->layer_count) {
        s->first = network->layers[first].first + network->layers[first].count;
    }
    int64_t chunks = (side->n + s->samples - 1) / s->samples, threads = nd_context_threads(network->handle.context);
    s->slot_count = chunks < threads ? chunks : threads;
}

double nd_kernel_sweep_bytes(const nndyn_network *network, const nd_kernel_side *side)
{
    sweep s;
    nd_arena arena = {0};
    plan(network, side, &s);
    carve(&arena, &s);
    return (double)arena.used;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* What all chunks share: parameters in the sweep's precision, wf sqrt(sum_c W_c^2). */
static void prepare(sweep *s)
{
    const nd_layer *last = &s->network->layers[s->network->layer_count - 1];
    const double *theta = s->pass->theta;
    s->theta = theta;
    if (s->narrowed) {
        round_f32(s->network->parameters - s->first, theta + s->first, s->narrowed);
        s->theta = s->narrowed;
    } else if (s->side->spec.singles) {
        s->theta = s->network->theta;
    }
    if (last->kind != NNDYN_DENSE) {
        return;
    }
    for (int64_t c = 0; c < last->out; c++) {
        const double *w = theta + last->first + c * last->in;
        for (int64_t k = 0; k < last->in; k++) {
            s->norms[k] += w[k] * w[k];
        }
    }
    for (int64_t k = 0; k < last->in; k++) {
        s->norms[k] = last->weight_factor * sqrt(s->norms[k]);
    }
}

/* Where a chunk's numbers at each boundary are: in the term's rows, in memory of the worker's, or below an
 * activation. */
static void place(chunk *c, int64_t index)
{
    const sweep *s = c->sweep;
    size_t real = s->side->spec.singles ? sizeof(float) : sizeof(double);
    c->sample = index * s->samples;
    c->samples = s->side->n - c->sample < s->samples ? s->side->n - c->sample : s->samples;
    c->rows = c->samples * s->rep;
    for (int64_t b = s->lowest; b <= s->network->layer_count; b++) {
        const nd_kernel_term *term = term_at(s->side, b);
        if (is_shared(s, b)) {
            c->back[b] = c->back[b - 1];
        } else if (term) {
            c->back[b] = (char *)term->rows + (size_t)(c->sample * s->rep * width_of(s->network, b)) * real;
        } else {
            c->back[b] = c->room[b];
        }
    }
}

static void work(void *user, int64_t index)
{
    sweep *s = user;
    chunk *c = &s->slots[index];
    for (;;) {
        int64_t next = atomic_fetch_add(&s->next, 1);
        if (next * s->samples >= s->side->n) {
            return;
        }
        place(c, next);
        if ((s->side->spec.singles ? run_f32(c) : run_f64(c)) != NNDYN_OK) {
            atomic_store(&s->failed, 1);
        }
    }
}

int nd_kernel_sweep(const nd_kernel_side *side, void *handle)
{
    const nndyn_network *network = side->pass->network;
    sweep s;
    plan(network, side, &s);
    carve(&s.arena, &s);
    ND_TRY(nd_arena_reserve(&s.arena, handle));
    carve(&s.arena, &s);
    prepare(&s);
    int status = nd_parallel(network->handle.context, s.slot_count, work, &s);
    nd_arena_free(&s.arena);
    if (status != NNDYN_OK || atomic_load(&s.failed)) {
        return nd_fail(handle, NNDYN_ECALLBACK, "the context's executor failed in the sensitivities to all outputs");
    }
    return NNDYN_OK;
}
