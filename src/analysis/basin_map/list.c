/* list.c - the list of attractors: where a state has arrived, and the order that numbers them.
 *
 * SPDX-License-Identifier: MIT */
#include "analysis/basin_map/basin_map.h"
#include <math.h>
#include <string.h>

double nd_basins_distance2(int64_t n, const double *a, const double *b)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const double gap = a[i] - b[i];
        sum += gap * gap;
    }
    return sum;
}

int nd_basins_list_make(void *handle, int64_t dimension, int64_t count, int64_t points, nd_basins_list *list)
{
    const int64_t numbers = nd_product(points, dimension);
    double *memory = NULL;
    if (numbers < 0 || numbers > INT64_MAX / 64) {
        return nd_fail(handle, NNDYN_ENOMEM, "%lld points of dimension %lld are beyond the address space",
                       (long long)points, (long long)dimension);
    }
    ND_TRY(nd_allocate_for(handle, numbers + 2 * count + 1, sizeof *memory, &memory));
    *list = (nd_basins_list){.count = count,
                             .dimension = dimension,
                             .points = memory,
                             .radius = memory + numbers,
                             .first = (int64_t *)(void *)(memory + numbers + count),
                             .memory = memory};
    return NNDYN_OK;
}

void nd_basins_list_free(nndyn_context *context, nd_basins_list *list)
{
    nd_release(context, list->memory);
    *list = (nd_basins_list){.dimension = list->dimension};
}

int64_t nd_basins_period(const nd_basins_list *list, int64_t attractor)
{
    return list->first[attractor + 1] - list->first[attractor];
}

const double *nd_basins_points(const nd_basins_list *list, int64_t attractor)
{
    return list->points + list->first[attractor] * list->dimension;
}

int64_t nd_basins_arrived(const nd_basins_list *list, const double *state, double scale)
{
    const int64_t d = list->dimension;
    for (int64_t k = 0; k < list->count; k++) {
        const double radius = scale * list->radius[k], reach = radius * radius;
        for (int64_t i = list->first[k]; i < list->first[k + 1]; i++) {
            if (nd_basins_distance2(d, state, list->points + i * d) <= reach) {
                return k;
            }
        }
    }
    return -1;
}

int64_t nd_basins_nearest(const nd_basins_list *list, const double *state, double distance)
{
    const int64_t d = list->dimension;
    double best = distance * distance;
    int64_t found = -1;
    for (int64_t k = 0; k < list->count; k++) {
        for (int64_t i = list->first[k]; i < list->first[k + 1]; i++) {
            const double gap = nd_basins_distance2(d, state, list->points + i * d);
            if (gap <= best) {
                best = gap;
                found = k;
            }
        }
    }
    return found;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

/* By coordinates rounded to units: what differs by the rounding of an iteration only is equal. */
static int compare(int64_t d, double unit, const double *a, const double *b)
{
    for (int64_t j = 0; j < d; j++) {
        const double x = nearbyint(a[j] / unit), y = nearbyint(b[j] / unit);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return 0;
}

typedef struct place {
    const nd_basins_list *list;
    int64_t attractor, least; /* least: the point a cycle begins at */
} place;

static int64_t least_point(const nd_basins_list *list, int64_t k, double unit)
{
    const int64_t d = list->dimension;
    const double *points = nd_basins_points(list, k);
    int64_t best = 0;
    for (int64_t i = 1; i < nd_basins_period(list, k); i++) {
        if (compare(d, unit, points + i * d, points + best * d) < 0) {
            best = i;
        }
    }
    return best;
}

static int before(const place *a, const place *b, double unit)
{
    const int64_t d = a->list->dimension;
    const int64_t p = nd_basins_period(a->list, a->attractor), q = nd_basins_period(b->list, b->attractor);
    if (p != q) {
        return p < q;
    }
    return compare(d, unit, nd_basins_points(a->list, a->attractor) + a->least * d,
                   nd_basins_points(b->list, b->attractor) + b->least * d) < 0;
}

/* Insertion: lists are short. */
static int64_t gather(const nd_basins_list *list, double unit, int64_t count, place *places)
{
    for (int64_t k = 0; k < list->count; k++) {
        const place p = {.list = list, .attractor = k, .least = least_point(list, k, unit)};
        int64_t at = count++;
        for (; at > 0 && before(&p, &places[at - 1], unit); at--) {
            places[at] = places[at - 1];
        }
        places[at] = p;
    }
    return count;
}

/* Balls must not meet: a third of the least distance between points of two attractors. */
static void part(nd_basins_list *list)
{
    const int64_t d = list->dimension;
    for (int64_t k = 0; k < list->count; k++) {
        for (int64_t i = list->first[k]; i < list->first[k + 1]; i++) {
            for (int64_t j = 0; j < list->first[list->count]; j++) {
                const int own = j >= list->first[k] && j < list->first[k + 1];
                const double gap =
                    own ? HUGE_VAL : sqrt(nd_basins_distance2(d, list->points + i * d, list->points + j * d));
                list->radius[k] = fmin(list->radius[k], gap / 3);
            }
        }
    }
}

static void copy_place(const place *p, nd_basins_list *out, int64_t k)
{
    const int64_t d = out->dimension, period = nd_basins_period(p->list, p->attractor);
    const double *points = nd_basins_points(p->list, p->attractor);
    for (int64_t i = 0; i < period; i++) {
        memcpy(out->points + (out->first[k] + i) * d, points + (p->least + i) % period * d, (size_t)d * sizeof *points);
    }
    out->first[k + 1] = out->first[k] + period;
    out->radius[k] = p->list->radius[p->attractor];
}

int nd_basins_list_merge(void *handle, const nd_basins_list *a, const nd_basins_list *b, double unit,
                         nd_basins_list *out)
{
    const int64_t count = a->count + b->count;
    const int64_t points = (a->count > 0 ? a->first[a->count] : 0) + (b->count > 0 ? b->first[b->count] : 0);
    place *places = NULL;
    if (count == 0) {
        *out = (nd_basins_list){.dimension = b->dimension};
        return NNDYN_OK;
    }
    ND_TRY(nd_allocate_for(handle, count, sizeof *places, &places));
    const int status = nd_basins_list_make(handle, b->dimension, count, points, out);
    if (status == NNDYN_OK) {
        gather(b, unit, gather(a, unit, 0, places), places);
        out->first[0] = 0;
        for (int64_t k = 0; k < count; k++) {
            copy_place(&places[k], out, k);
        }
        part(out);
    }
    nd_release(nd_handle_context(handle), places);
    return status;
}
