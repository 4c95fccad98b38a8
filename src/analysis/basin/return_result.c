/* return_result.c - reading what kicks came back.  SPDX-License-Identifier: MIT */
#include "analysis/basin/return.h"
#include "statistics/statistics.h"
#include <math.h>
#include <string.h>

static const char *const names[ND_TRIAL_VALUES] = {
    [ND_TRIAL_KICKED_ACCURACY] = "kicked_accuracy",
    [ND_TRIAL_KICKED_LOSS] = "kicked_loss",
    [ND_TRIAL_ACCURACY] = "accuracy",
    [ND_TRIAL_LOSS] = "loss",
    [ND_TRIAL_DISTANCE] = "distance",
    [ND_TRIAL_MATCHED] = "matched",
    [ND_TRIAL_AGREEMENT] = "agreement",
    [ND_TRIAL_FALL] = "fall",
    [ND_TRIAL_DIVERGED] = "diverged",
};

/* Which value a criterion looks at; sign: 1 for at most, -1 for at least the limit. */
static const struct {
    int value, sign;
} criteria[NNDYN_RETURNS] = {
    [NNDYN_RETURN_MINIMUM] = {ND_TRIAL_DISTANCE, 1},    [NNDYN_RETURN_MATCHED] = {ND_TRIAL_MATCHED, 1},
    [NNDYN_RETURN_FUNCTION] = {ND_TRIAL_AGREEMENT, -1}, [NNDYN_RETURN_ACCURACY] = {ND_TRIAL_ACCURACY, -1},
    [NNDYN_RETURN_LOSS] = {ND_TRIAL_LOSS, 1},
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void destroy(void *data)
{
    nndyn_basin_returns *r = data;
    nd_arena_free(&r->arena);
}

static void carve(nndyn_basin_returns *r)
{
    r->radius = nd_arena_take(&r->arena, r->radii, sizeof *r->radius);
    r->values =
        nd_arena_take(&r->arena, nd_product(nd_product(r->radii, r->draws), ND_TRIAL_VALUES), sizeof *r->values);
}

int nd_returns_create(void *handle, int64_t radii, int64_t draws, nndyn_basin_returns **out)
{
    nndyn_context *context = nd_handle_context(handle);
    nndyn_basin_returns *made;
    const int status = nd_handle_create(context, ND_BASIN_RETURNS, sizeof *made, destroy, &made);
    if (status != NNDYN_OK) {
        return nd_fail(handle, status, "no memory for the result");
    }
    made->radii = radii;
    made->draws = draws;
    made->arena.context = context;
    carve(made);
    const int reserved = nd_arena_reserve(&made->arena, handle);
    if (reserved != NNDYN_OK) {
        nd_handle_release(made);
        return reserved;
    }
    carve(made);
    *out = made;
    return NNDYN_OK;
}

void nndyn_basin_returns_free(nndyn_basin_returns *returns)
{
    nd_handle_release(returns);
}

/* ---- shape and reference ----------------------------------------------------------------------------------------- */

static void give(double *to, double value)
{
    if (to) {
        *to = value;
    }
}

int nndyn_basin_returns_shape(nndyn_basin_returns *returns, int64_t *radii, int64_t *draws)
{
    ND_TRY(nd_enter(returns, ND_BASIN_RETURNS, "nndyn_basin_returns_shape"));
    if (radii) {
        *radii = returns->radii;
    }
    if (draws) {
        *draws = returns->draws;
    }
    return nd_leave(returns, NNDYN_OK);
}

int nndyn_basin_returns_reference(nndyn_basin_returns *returns, double *norm, double *loss, double *accuracy)
{
    ND_TRY(nd_enter(returns, ND_BASIN_RETURNS, "nndyn_basin_returns_reference"));
    give(norm, returns->norm);
    give(loss, returns->loss);
    give(accuracy, returns->accuracy);
    return nd_leave(returns, NNDYN_OK);
}

/* ---- shares ------------------------------------------------------------------------------------------------------ */

typedef struct tally {
    int64_t returned, undecided;
} tally;

static tally count(const nndyn_basin_returns *r, int criterion, int64_t radius)
{
    tally t = {0};
    const int sign = criteria[criterion].sign;
    for (int64_t d = 0; d < r->draws; d++) {
        const double *v = r->values + (radius * r->draws + d) * ND_TRIAL_VALUES;
        const double value = v[criteria[criterion].value];
        if (v[ND_TRIAL_DIVERGED] == 0 && sign * value <= sign * r->limits[criterion]) {
            t.returned++;
        } else {
            t.undecided += v[ND_TRIAL_DIVERGED] == 0 && v[ND_TRIAL_FALL] > r->falling;
        }
    }
    return t;
}

static int check_criterion(nndyn_basin_returns *r, int criterion)
{
    ND_TRY(nd_check_size(r, criterion, 0, NNDYN_RETURNS - 1, "criterion"));
    if (criterion == NNDYN_RETURN_MATCHED && !r->matched) {
        return nd_fail(r, NNDYN_EARG, "criterion is NNDYN_RETURN_MATCHED, but the call was with \"match\" 0");
    }
    if (criterion == NNDYN_RETURN_ACCURACY && !r->labeled) {
        return nd_fail(r, NNDYN_EARG, "criterion is NNDYN_RETURN_ACCURACY, but the data have no labels");
    }
    return NNDYN_OK;
}

static int curve(nndyn_basin_returns *r, int criterion, int64_t capacity, double *radius, double *share, double *low,
                 double *high, int64_t *undecided, int64_t *total)
{
    ND_TRY(check_criterion(r, criterion));
    ND_TRY(nd_check_size(r, capacity, 0, INT64_MAX, "capacity"));
    ND_TRY(nd_check_pointer(r, total, "count"));
    for (int64_t i = 0; i < r->radii && i < capacity; i++) {
        const tally t = count(r, criterion, i);
        double ends[2], other;
        nd_proportion_interval(t.returned, r->draws, r->level, &ends[0], &other);
        nd_proportion_interval(t.returned + t.undecided, r->draws, r->level, &other, &ends[1]);
        give(radius ? radius + i : NULL, r->radius[i]);
        give(share ? share + i : NULL, (double)t.returned / (double)r->draws);
        give(low ? low + i : NULL, ends[0]);
        give(high ? high + i : NULL, ends[1]);
        if (undecided) {
            undecided[i] = t.undecided;
        }
    }
    *total = r->radii;
    return NNDYN_OK;
}

int nndyn_basin_returns_curve(nndyn_basin_returns *returns, int criterion, int64_t capacity, double *radius,
                              double *share, double *low, double *high, int64_t *undecided, int64_t *total)
{
    ND_TRY(nd_enter(returns, ND_BASIN_RETURNS, "nndyn_basin_returns_curve"));
    return nd_leave(returns, curve(returns, criterion, capacity, radius, share, low, high, undecided, total));
}

static int find_radius(nndyn_basin_returns *r, int criterion, double q, double *inside, double *outside)
{
    int64_t i = 0;
    ND_TRY(check_criterion(r, criterion));
    if (!(q > 0 && q <= 1)) {
        return nd_fail(r, NNDYN_EARG, "q is %g, must be within (0, 1]", q);
    }
    while (i < r->radii && (double)count(r, criterion, i).returned >= q * (double)r->draws * (1 - 1e-12)) {
        i++;
    }
    give(inside, i > 0 ? r->radius[i - 1] : (double)NAN);
    give(outside, i < r->radii ? r->radius[i] : (double)INFINITY);
    return NNDYN_OK;
}

int nndyn_basin_returns_radius(nndyn_basin_returns *returns, int criterion, double q, double *inside, double *outside)
{
    ND_TRY(nd_enter(returns, ND_BASIN_RETURNS, "nndyn_basin_returns_radius"));
    return nd_leave(returns, find_radius(returns, criterion, q, inside, outside));
}

/* ---- trials ------------------------------------------------------------------------------------------------------ */

static int get(nndyn_basin_returns *r, const char *name, int64_t radius, int64_t capacity, double *values,
               int64_t *total)
{
    int which = 0;
    ND_TRY(nd_check_pointer(r, name, "name"));
    ND_TRY(nd_check_size(r, radius, 0, r->radii - 1, "radius"));
    ND_TRY(nd_check_size(r, capacity, 0, INT64_MAX, "capacity"));
    ND_TRY(nd_check_pointer(r, total, "count"));
    if (capacity > 0) {
        ND_TRY(nd_check_pointer(r, values, "values"));
    }
    while (which < ND_TRIAL_VALUES && strcmp(name, names[which]) != 0) {
        which++;
    }
    if (which == ND_TRIAL_VALUES) {
        return nd_fail(r, NNDYN_EARG,
                       "name is \"%.40s\"; it must be kicked_accuracy, kicked_loss, accuracy, loss, distance, matched, "
                       "agreement, fall or diverged",
                       name);
    }
    for (int64_t d = 0; d < r->draws && d < capacity; d++) {
        values[d] = r->values[(radius * r->draws + d) * ND_TRIAL_VALUES + which];
    }
    *total = r->draws;
    return NNDYN_OK;
}

int nndyn_basin_returns_get(nndyn_basin_returns *returns, const char *name, int64_t radius, int64_t capacity,
                            double *values, int64_t *total)
{
    ND_TRY(nd_enter(returns, ND_BASIN_RETURNS, "nndyn_basin_returns_get"));
    return nd_leave(returns, get(returns, name, radius, capacity, values, total));
}
