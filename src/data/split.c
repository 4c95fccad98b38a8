/* split.c - a data set split at random in two.
 *
 * One permutation of all samples decides: the first ones go to the second part, until its quota (or, stratified, the
 * quota of their class) is filled.  Quotas are differences of rounded running sums of fraction times size: each is
 * within one of its share, and they add up to the rounded whole.
 *
 * SPDX-License-Identifier: MIT */
#include "core/random.h"
#include "data/reals.h"
#include <math.h>

enum { STRATIFIED, SEED, OPTIONS };

static const nd_option_spec specs[OPTIONS] = {
    {"stratified", ND_INTEGER, 0, 1, 0, NULL},
    {"seed", ND_INTEGER, -HUGE_VAL, HUGE_VAL, 0, NULL},
};

/* Working memory of a split; groups are the classes, or one of all samples. */
typedef struct plan {
    int64_t samples, groups;
    int64_t *order, *part, *quota, *rows;
} plan;

static int64_t group_of(const nndyn_dataset *dataset, const plan *p, int64_t sample)
{
    return p->groups > 1 ? dataset->labels[sample] : 0;
}

/* Samples of the second part among the first `seen` ones, were they sorted by group. */
static int64_t rounded_share(double fraction, int64_t seen, const plan *p)
{
    double share = round(fraction * (double)seen);
    double least = seen == p->samples ? 1 : 0, most = (double)(p->samples - 1);
    return (int64_t)fmin(fmax(share, least), most);
}

/* Sizes of the groups into quota, then their quotas. */
static void set_quotas(const nndyn_dataset *dataset, double fraction, plan *p)
{
    int64_t seen = 0, given = 0;
    for (int64_t i = 0; i < p->samples; i++) {
        p->quota[group_of(dataset, p, i)]++;
    }
    for (int64_t g = 0; g < p->groups; g++) {
        seen += p->quota[g];
        p->quota[g] = rounded_share(fraction, seen, p) - given;
        given += p->quota[g];
    }
}

static void choose(const nndyn_dataset *dataset, int64_t seed, plan *p)
{
    nd_permutation(nd_stream_open(seed, ND_RANDOM_SPLIT, 0, 0), p->samples, p->order);
    for (int64_t i = 0; i < p->samples; i++) {
        int64_t *quota = &p->quota[group_of(dataset, p, p->order[i])];
        p->part[p->order[i]] = *quota > 0;
        *quota -= *quota > 0;
    }
}

static int copy_part(nndyn_dataset *dataset, const plan *p, int64_t part, nndyn_dataset **out)
{
    int64_t count = 0;
    for (int64_t i = 0; i < p->samples; i++) {
        if (p->part[i] == part) {
            p->rows[count++] = i;
        }
    }
    ND_TRY(
        nd_dataset_allocate(dataset, dataset->dtype, count, dataset->inputs, dataset->targets, dataset->classes, out));
    nd_dataset_copy_rows(dataset, count, p->rows, *out);
    return NNDYN_OK;
}

static void carve(nd_arena *arena, plan *p)
{
    p->order = nd_arena_take(arena, p->samples, sizeof *p->order);
    p->part = nd_arena_take(arena, p->samples, sizeof *p->part);
    p->rows = nd_arena_take(arena, p->samples, sizeof *p->rows);
    p->quota = nd_arena_take(arena, p->groups, sizeof *p->quota);
}

static int split_by(nndyn_dataset *dataset, double fraction, int64_t seed, plan *p, nndyn_dataset **first,
                    nndyn_dataset **second)
{
    nd_arena arena = {0};
    nndyn_dataset *parts[2] = {NULL, NULL};
    carve(&arena, p);
    ND_TRY(nd_arena_reserve(&arena, dataset));
    carve(&arena, p);
    set_quotas(dataset, fraction, p);
    choose(dataset, seed, p);
    int status = copy_part(dataset, p, 0, &parts[0]);
    if (status == NNDYN_OK) {
        status = copy_part(dataset, p, 1, &parts[1]);
    }
    nd_arena_free(&arena);
    if (status != NNDYN_OK) {
        nndyn_dataset_free(parts[0]);
        return status;
    }
    *first = parts[0];
    *second = parts[1];
    return NNDYN_OK;
}

static int split(nndyn_dataset *dataset, double fraction, const nndyn_options *options, nndyn_dataset **first,
                 nndyn_dataset **second)
{
    nd_option_value values[OPTIONS];
    plan p = {0};
    if (!(fraction > 0 && fraction < 1)) {
        return nd_fail(dataset, NNDYN_EARG, "fraction is %g; it must be above 0 and below 1", fraction);
    }
    ND_TRY(nd_check_pointer(dataset, first, "first"));
    ND_TRY(nd_check_pointer(dataset, second, "second"));
    ND_TRY(nd_options_read(dataset, options, specs, OPTIONS, values));
    int stratified = values[STRATIFIED].given ? values[STRATIFIED].integer != 0 : dataset->classes > 0;
    if (stratified && dataset->classes == 0) {
        return nd_fail(dataset, NNDYN_ESTATE, "\"stratified\" is 1, but the data set has no labels; set it to 0");
    }
    if (dataset->samples < 2) {
        return nd_fail(dataset, NNDYN_EARG, "the data set has one sample; a split needs at least two");
    }
    p.samples = dataset->samples;
    p.groups = stratified ? dataset->classes : 1;
    int64_t seed = values[SEED].given ? values[SEED].integer : nd_context_seed(dataset->handle.context);
    return split_by(dataset, fraction, seed, &p, first, second);
}

int nndyn_dataset_split(nndyn_dataset *dataset, double fraction, const nndyn_options *options, nndyn_dataset **first,
                        nndyn_dataset **second)
{
    ND_TRY(nd_enter(dataset, ND_DATASET, "nndyn_dataset_split"));
    return nd_leave(dataset, split(dataset, fraction, options, first, second));
}
