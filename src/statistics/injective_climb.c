/* injective_climb.c - alternating power iteration: each vector in turn becomes what the others leave of the tensor. */
#include "kernels/dot.h"
#include "kernels/kernels.h"
#include "statistics/injective.h"
#include <math.h>
#include <string.h>

double nd_unit(int64_t n, double *v)
{
    double most = 0;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        most = fmax(most, fabs(v[i]));
    }
    for (int64_t i = 0; most > 0 && i < n; i++) {
        v[i] /= most;
        sum += v[i] * v[i];
    }
    const double length = sqrt(sum);
    for (int64_t i = 0; most > 0 && i < n; i++) {
        v[i] /= length;
    }
    return most * length;
}

static int64_t partial_room(const nd_tensor *t)
{
    const int64_t first = t->entries / t->dims[0];
    const int64_t last = t->entries / t->dims[t->order - 1];
    return first > last ? first : last;
}

int64_t nd_climb_room(const nd_tensor *t)
{
    /* two partial contractions, and gradient, candidate and its gradient of a common vector */
    return 2 * partial_room(t) + 3 * t->length;
}

/* Slots behind a go first, as dot products over what is contiguous, then those before it, as sums of rows: each pass
 * leaves the next one less. */
void nd_contract(const nd_tensor *t, int64_t a, const double *v, double *room, double *out)
{
    const nd_kernels_f64 *k = nd_kernels_choose_f64(nd_context_kernels(t->context));
    const int64_t half = partial_room(t);
    const double *from = t->x;
    int64_t size = t->entries;
    int side = 0;
    for (int64_t b = t->order - 1; b > a; b--) {
        double *to = room + side * half;
        size /= t->dims[b];
        for (int64_t i = 0; i < size; i++) {
            to[i] = k->dot(t->dims[b], from + i * t->dims[b], v + t->place[b]);
        }
        from = to;
        side = !side;
    }
    for (int64_t b = 0; b < a; b++) {
        double *to = room + side * half;
        size /= t->dims[b];
        memset(to, 0, (size_t)size * sizeof *to);
        for (int64_t i = 0; i < t->dims[b]; i++) {
            k->axpy(size, v[t->place[b] + i], from + i * size, to);
        }
        from = to;
        side = !side;
    }
    memcpy(out, from, (size_t)t->dims[a] * sizeof *out);
}

/* All slots of the symmetric group get w. */
static void share(const nd_tensor *t, const double *w, double *v)
{
    for (int64_t b = t->common; b < t->order; b++) {
        memcpy(v + t->place[b], w, (size_t)t->dims[b] * sizeof *v);
    }
}

/* One step of a vector that several slots share.  With w <- gradient the value may fall; with enough of w itself added
 * it rises (the shifted power method), so the shift grows until it does, and stays. */
static double climb_common(const nd_tensor *t, double *v, double *room, double *shift)
{
    const int64_t a = t->common;
    const int64_t n = t->dims[a];
    double *work = room + 2 * partial_room(t);
    double *g = work, *w = work + t->length, *next = work + 2 * t->length;
    memcpy(w, v + t->place[a], (size_t)n * sizeof *w);
    nd_contract(t, a, v, room, g);
    const double value = nd_dot(n, g, w);
    const double sign = value < 0 ? -1 : 1;
    double slope = sqrt(nd_dot(n, g, g));
    for (int tries = 0; tries < 60; tries++) {
        for (int64_t i = 0; i < n; i++) {
            next[i] = sign * g[i] + *shift * w[i];
        }
        if (nd_unit(n, next) > 0) {
            share(t, next, v);
            nd_contract(t, a, v, room, next);
            const double reached = fabs(nd_dot(n, next, v + t->place[a]));
            if (reached >= fabs(value)) {
                return reached;
            }
        }
        *shift = *shift > 0 ? 2 * *shift : 0.5 * slope;
    }
    share(t, w, v);
    return fabs(value);
}

double nd_climb(const nd_tensor *t, const nd_injective *settings, const nd_task *task, double *v, double *room,
                int *converged)
{
    const int common = t->common < t->order - 1;
    const int64_t single = common ? t->common : t->order;
    double *g = room + 2 * partial_room(t);
    double shift = 0;
    double best = 0;
    *converged = 0;
    for (int64_t cycle = 0; cycle < settings->cycles && !*converged && !nd_task_canceled(task); cycle++) {
        double value = 0;
        for (int64_t a = 0; a < single; a++) {
            nd_contract(t, a, v, room, g);
            value = nd_unit(t->dims[a], g);
            if (value > 0) {
                memcpy(v + t->place[a], g, (size_t)t->dims[a] * sizeof *g);
            }
        }
        if (common) {
            value = climb_common(t, v, room, &shift);
        }
        *converged = cycle > 0 && !(value - best > settings->tolerance * value);
        best = fmax(best, value);
    }
    return best;
}
