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

/* Wilson's with n trials of this share, n not a whole number. */
static void wilson(double p, double n, double z, double *center, double *half)
{
    *center = (p + 0.5 * z * z / n) / (1 + z * z / n);
    *half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + 0.25 * z * z / (n * n));
}

/* The ends; beyond what is possible only by rounding or where few trials decide, and exactly there if all agree. */
static void ends(const tally *t, double center, double half, double *low, double *high)
{
    *low = t->right == 0 ? 0 : fmax(0, center - half);
    *high = t->right == t->trials ? 1 : fmin(1, center + half);
}

/* Wilson's with the number of independent trials that would have this variance, and z replaced by t of so many units:
 * it stays within [0, 1] and has a width where all units agree. */
static void over_units(const tally *t, double level, double *low, double *high)
{
    const double z = nd_student_quantile((double)(t->units - 1), 0.5 * (1 + level)), p = t->share;
    const double most = (double)t->trials, least = (double)t->units;
    double center, half, n = t->between > 0 ? p * (1 - p) / t->between : least;
    n = n < 1 ? 1 : n > most ? most : n;
    wilson(p, n, z, &center, &half);
    ends(t, center, half, low, high);
}

/* The same with the units fixed.  Units that differ make the share vary less than as many independent trials would, so
 * n may be far above their number; then few trials decide, and z^2/4 is added to the variance of their number, as it
 * stands in Wilson's for a count.  Where no unit has trials of both kinds nothing tells the units apart, and n is the
 * number of trials, which is the least it can be. */
static void over_trials(const tally *t, double level, double *low, double *high)
{
    const double z = nd_student_quantile((double)(t->trials - t->units), 0.5 * (1 + level)), p = t->share;
    const double trials = (double)t->trials;
    double center, half, n = t->within > 0 ? p * (1 - p) / t->within : trials;
    n = n < 1 ? 1 : n;
    wilson(p, n, z, &center, &half);
    if (n > trials) {
        const double more = 0.5 * z * z / trials;
        half = sqrt(half * half + more * more * (1 - trials / n));
    }
    ends(t, center, half, low, high);
}

/* The p at which this many right trials or more have a probability of `tail`, those of exactly as many counted half. */
static double mid_p_low(int64_t right, int64_t trials, double tail)
{
    const double k = (double)right, n = (double)trials;
    double below = 0, above = 1;
    for (int i = 0; i < 60 && right > 0; i++) {
        const double p = 0.5 * (below + above);
        const double more = right < trials ? nd_incomplete_beta(k + 1, n - k, p) : 0;
        if (0.5 * (nd_incomplete_beta(k, n - k + 1, p) + more) < tail) {
            below = p;
        } else {
            above = p;
        }
    }
    return right > 0 ? 0.5 * (below + above) : 0;
}

static void mid_p(const tally *t, double level, double *low, double *high)
{
    *low = mid_p_low(t->right, t->trials, 0.5 * (1 - level));
    *high = 1 - mid_p_low(t->trials - t->right, t->trials, 0.5 * (1 - level));
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

static int is_of_trials(int kind)
{
    return kind == ND_BASIN_WILSON || kind == ND_BASIN_CLOPPER_PEARSON || kind == ND_BASIN_MID_P;
}

static int check_kind(void *handle, int kind, int64_t n, const tally *t)
{
    if (is_of_trials(kind) && n != t->trials && n != 1) {
        return nd_fail(handle, NNDYN_EOPTION,
                       "\"interval\" is wilson, clopper_pearson or mid_p, which are of independent trials, but several "
                       "trials share a unit; use cluster or bootstrap, or one draw");
    }
    if (kind == ND_BASIN_FIXED && !isfinite(t->within)) {
        return nd_fail(handle, NNDYN_EOPTION, "\"interval\" is fixed, which needs at least two draws");
    }
    return NNDYN_OK;
}

static void over_draws(const tally *t, double level, double *low, double *high)
{
    const double half = nd_student_quantile((double)(t->units - 1), 0.5 * (1 + level)) * sqrt(t->between);
    *low = t->share - half;
    *high = t->share + half;
}

int nd_basin_interval(void *handle, const nd_basin_rule *rule, int64_t n, const int64_t *units, const int64_t *trials,
                      const int64_t *right, double *low, double *high, double *se)
{
    static void (*const ways[])(const tally *t, double level, double *low,
                                double *high) = {[ND_BASIN_CLUSTER] = over_units,
                                                 [ND_BASIN_FIXED] = over_trials,
                                                 [ND_BASIN_T] = over_draws,
                                                 [ND_BASIN_MID_P] = mid_p};
    const tally t = count(n, units, trials, right);
    int kind = rule->interval;
    if (n == 1 && kind != ND_BASIN_CLOPPER_PEARSON && kind != ND_BASIN_MID_P) {
        kind = ND_BASIN_WILSON;
    } else if (kind == ND_BASIN_AUTO) {
        kind = n == t.trials ? ND_BASIN_WILSON : ND_BASIN_CLUSTER;
    }
    ND_TRY(check_kind(handle, kind, n, &t));
    if (kind == ND_BASIN_WILSON) {
        nd_proportion_interval(t.right, t.trials, rule->level, low, high);
    } else if (kind == ND_BASIN_CLOPPER_PEARSON) {
        nd_clopper_pearson(t.right, t.trials, rule->level, low, high);
    } else if (kind == ND_BASIN_BOOTSTRAP) {
        ND_TRY(bootstrap(handle, rule, n, units, trials, right, low, high));
    } else {
        ways[kind](&t, rule->level, low, high);
    }
    if (se != NULL) {
        const double binomial = t.share * (1 - t.share) / (double)t.trials;
        *se = sqrt(is_of_trials(kind) ? binomial : kind == ND_BASIN_FIXED ? t.within : t.between);
    }
    return NNDYN_OK;
}
