/* interval.c - confidence intervals of a share of right trials.  SPDX-License-Identifier: MIT
 *
 * Trials of one unit share a sample or a perturbed network and are not independent: Wilson's interval on the number of
 * all trials would be far too narrow.  Over units it is the spread of their shares that counts. */
#include "analysis/basin/basin.h"
#include "core/random.h"
#include "statistics/statistics.h"
#include <math.h>

typedef struct tally {
    int64_t units, trials, right;
    double share;
    double between; /* variance of the share by the spread between units */
    double within;  /* by that of trials around the unit's share; NaN if a unit has one trial */
} tally;

static tally count(int64_t n, const int64_t *units, const int64_t *trials, const int64_t *right)
{
    tally t = {.units = n};
    for (int64_t i = 0; i < n; i++) {
        t.trials += trials[units[i]];
        t.right += right[i];
    }
    t.share = (double)t.right / (double)t.trials;
    for (int64_t i = 0; i < n; i++) {
        const double size = (double)trials[units[i]], mine = (double)right[i], away = mine - size * t.share;
        t.between += away * away;
        t.within += mine * (size - mine) / (size - 1);
    }
    const double all = (double)t.trials * (double)t.trials;
    t.between *= (double)n / ((double)(n > 1 ? n - 1 : 1) * all);
    t.within /= all;
    return t;
}

/* Wilson's with the number of independent trials that would have this variance, and z replaced by t of so many units:
 * it stays within [0, 1] and has a width where all units agree. */
static void effective(const tally *t, double variance, double freedom, double level, double *low, double *high)
{
    const double z = nd_student_quantile(freedom, 0.5 * (1 + level)), p = t->share;
    const double most = (double)t->trials, least = (double)t->units;
    double n = variance > 0 ? p * (1 - p) / variance : least;
    n = n < 1 ? 1 : n > most ? most : n;
    const double center = (p + 0.5 * z * z / n) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + 0.25 * z * z / (n * n));
    *low = t->right == 0 ? 0 : center - half;
    *high = t->right == t->trials ? 1 : center + half;
}

static int bootstrap(void *handle, const nd_basin_rule *rule, int64_t n, const int64_t *units, const int64_t *trials,
                     const int64_t *right, double *low, double *high)
{
    nndyn_context *context = nd_handle_context(handle);
    double *shares = NULL;
    ND_TRY(nd_allocate_for(handle, 2 * rule->replicas, sizeof *shares, &shares));
    for (int64_t r = 0; r < rule->replicas; r++) {
        const nd_stream stream = nd_stream_open(rule->seed, ND_RANDOM_BOOTSTRAP, 0, r);
        int64_t hits = 0, all = 0;
        for (int64_t i = 0; i < n; i++) {
            const int64_t j = nd_below(stream, i, n);
            hits += right[j];
            all += trials[units[j]];
        }
        shares[r] = (double)hits / (double)all;
    }
    nd_sort(rule->replicas, shares, shares + rule->replicas);
    *low = nd_quantile(rule->replicas, shares, 0.5 * (1 - rule->level));
    *high = nd_quantile(rule->replicas, shares, 0.5 * (1 + rule->level));
    nd_release(context, shares);
    return NNDYN_OK;
}

static int check_kind(void *handle, int kind, int64_t n, const tally *t)
{
    if ((kind == ND_BASIN_WILSON || kind == ND_BASIN_CLOPPER_PEARSON) && n != t->trials && n != 1) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"interval\" is wilson or clopper_pearson, which are of independent trials, but several trials "
                       "share a unit; use cluster or bootstrap, or one draw");
    }
    if (kind == ND_BASIN_FIXED && !isfinite(t->within)) {
        return nd_fail(handle, NNDYN_EOPTION, "\"interval\" is fixed, which needs at least two draws");
    }
    return NNDYN_OK;
}

int nd_basin_interval(void *handle, const nd_basin_rule *rule, int64_t n, const int64_t *units, const int64_t *trials,
                      const int64_t *right, double *low, double *high, double *se)
{
    const tally t = count(n, units, trials, right);
    int kind = rule->interval;
    if (n == 1 && kind != ND_BASIN_CLOPPER_PEARSON) {
        kind = ND_BASIN_WILSON;
    } else if (kind == ND_BASIN_AUTO) {
        kind = n == t.trials ? ND_BASIN_WILSON : ND_BASIN_CLUSTER;
    }
    ND_TRY(check_kind(handle, kind, n, &t));
    const double binomial = t.share * (1 - t.share) / (double)t.trials;
    double variance = kind == ND_BASIN_WILSON || kind == ND_BASIN_CLOPPER_PEARSON ? binomial : t.between;
    variance = kind == ND_BASIN_FIXED ? t.within : variance;
    if (kind == ND_BASIN_WILSON) {
        nd_proportion_interval(t.right, t.trials, rule->level, low, high);
    } else if (kind == ND_BASIN_CLOPPER_PEARSON) {
        nd_clopper_pearson(t.right, t.trials, rule->level, low, high);
    } else if (kind == ND_BASIN_BOOTSTRAP) {
        ND_TRY(bootstrap(handle, rule, n, units, trials, right, low, high));
    } else if (kind == ND_BASIN_T) {
        const double half = nd_student_quantile((double)(n - 1), 0.5 * (1 + rule->level)) * sqrt(variance);
        *low = t.share - half;
        *high = t.share + half;
    } else {
        effective(&t, variance, kind == ND_BASIN_FIXED ? (double)(t.trials - n) : (double)(n - 1), rule->level, low,
                  high);
    }
    if (se != NULL) {
        *se = sqrt(variance);
    }
    return NNDYN_OK;
}
