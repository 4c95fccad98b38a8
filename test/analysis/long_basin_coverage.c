/* long_basin_coverage.c - how often intervals of shares and radii hold the truth, by simulation.
 *
 * 4000 replicates of each kind (2000 with bootstrap), seeds fixed: a coverage of 95 % is estimated with a standard
 * error of 0.35 % (0.5 %), so within the band of 93 to 97 % an interval that covers 95 % stays by more than four of
 * these.  Clopper and Pearson's cover at least 95 %: they may be above the band, not below 94 %. */
#include "analysis/basin/basin.h"
#include "support/support.h"
#include "core/core.h"
#include "statistics/statistics.h"

enum { UNITS = 100, FEW = 50, DRAWS = 16, REPLICATES = 4000 };

typedef struct world {
    nndyn_context *c;
    nndyn_options *handle;
    int64_t count;
    int64_t units[UNITS], trials[UNITS], right[UNITS];
    double uniform[UNITS * DRAWS], shares[UNITS];
    nd_basin_rule rule;
} world;

static world *open_world(int interval, int64_t count, int64_t trials)
{
    world *w = calloc(1, sizeof *w);
    w->count = count;
    assert_int_equal(nndyn_context_create(&w->c), NNDYN_OK);
    nt_ok(w->c, nndyn_options_create(w->c, &w->handle));
    for (int64_t i = 0; i < UNITS; i++) {
        w->units[i] = i;
        w->trials[i] = trials;
    }
    w->rule = (nd_basin_rule){.theta = 0.5,
                              .start = 0.01,
                              .cap = 100,
                              .ratio = 1.3,
                              .march = 1,
                              .bisections = 20,
                              .interval = interval,
                              .level = 0.95,
                              .replicas = 400};
    return w;
}

static void close_world(world *w)
{
    nndyn_options_free(w->handle);
    nndyn_context_free(w->c);
    free(w);
}

static void inside(const char *what, int64_t held, int64_t replicates, double low, double high)
{
    const double share = (double)held / (double)replicates;
    print_message("# %s: %.4f of %lld\n", what, share, (long long)replicates);
    assert_true(share >= low && share <= high);
}

/* ---- shares ------------------------------------------------------------------------------------------------------ */

/* Trials of each unit by its share. */
static void toss(world *w, int64_t seed)
{
    int64_t place = 0;
    nt_uniform((uint64_t)seed, UNITS * DRAWS, 0, 1, w->uniform);
    for (int64_t i = 0; i < w->count; i++) {
        w->right[i] = 0;
        for (int64_t j = 0; j < w->trials[i]; j++) {
            w->right[i] += w->uniform[place++] < w->shares[i];
        }
    }
}

/* spread: units' shares are uniform within mean +- spread, or (negative) Phi of normal numbers about a center with that
 * standard deviation, so that most are sure and few decide; drawn anew for each replicate unless fixed. */
static void draw_shares(world *w, uint64_t seed, double mean, double spread)
{
    if (spread >= 0) {
        nt_uniform(seed, w->count, mean - spread, mean + spread, w->shares);
        return;
    }
    const double center = nd_normal_quantile(mean) * sqrt(1 + spread * spread);
    nt_normal(seed, w->count, w->shares);
    for (int64_t i = 0; i < w->count; i++) {
        w->shares[i] = nd_normal_cdf(center - spread * w->shares[i]);
    }
}

static int64_t count_held(world *w, double mean, double spread, int fixed, int64_t replicates)
{
    int64_t held = 0;
    for (int64_t r = 0; r < replicates; r++) {
        double low = 0, high = 0, truth = mean;
        if (r == 0 || !fixed) {
            draw_shares(w, (uint64_t)(1000000 + r), mean, spread);
        }
        for (int64_t i = 0; i < w->count && fixed; i++) {
            truth = (i == 0 ? 0 : truth) + w->shares[i] / (double)w->count;
        }
        toss(w, r + 1);
        nt_ok(w->handle,
              nd_basin_interval(w->handle, &w->rule, w->count, w->units, w->trials, w->right, &low, &high, NULL));
        held += low <= truth && truth <= high;
    }
    return held;
}

static void test_shares(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int interval;
        int64_t count, trials;
        double mean, spread;
        int fixed, replicates;
        double low, high;
    } rows[] = {
        {"wilson, A = 0.5", ND_BASIN_WILSON, UNITS, 1, 0.5, 0, 0, REPLICATES, 0.93, 0.97},
        {"wilson, A = 0.8", ND_BASIN_WILSON, UNITS, 1, 0.8, 0, 0, REPLICATES, 0.93, 0.97},
        {"wilson, A = 0.95", ND_BASIN_WILSON, UNITS, 1, 0.95, 0, 0, REPLICATES, 0.93, 0.97},
        {"clopper_pearson, A = 0.5", ND_BASIN_CLOPPER_PEARSON, UNITS, 1, 0.5, 0, 0, REPLICATES, 0.94, 1},
        {"clopper_pearson, A = 0.95", ND_BASIN_CLOPPER_PEARSON, UNITS, 1, 0.95, 0, 0, REPLICATES, 0.94, 1},
        {"cluster, A = 0.5", ND_BASIN_CLUSTER, UNITS, DRAWS, 0.5, 0.45, 0, REPLICATES, 0.93, 0.97},
        {"cluster, A = 0.8", ND_BASIN_CLUSTER, UNITS, DRAWS, 0.8, 0.2, 0, REPLICATES, 0.93, 0.97},
        {"bootstrap, A = 0.5", ND_BASIN_BOOTSTRAP, UNITS, DRAWS, 0.5, 0.45, 0, REPLICATES / 2, 0.93, 0.97},
        {"bootstrap, A = 0.8", ND_BASIN_BOOTSTRAP, UNITS, DRAWS, 0.8, 0.2, 0, REPLICATES / 2, 0.93, 0.97},
        {"mid_p, A = 0.5", ND_BASIN_MID_P, UNITS, 1, 0.5, 0, 0, REPLICATES, 0.93, 0.97},
        {"mid_p, A = 0.8", ND_BASIN_MID_P, UNITS, 1, 0.8, 0, 0, REPLICATES, 0.93, 0.97},
        {"mid_p, A = 0.95", ND_BASIN_MID_P, UNITS, 1, 0.95, 0, 0, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.5", ND_BASIN_FIXED, FEW, DRAWS, 0.5, 0.45, 1, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.8", ND_BASIN_FIXED, FEW, DRAWS, 0.8, 0.2, 1, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.95", ND_BASIN_FIXED, FEW, DRAWS, 0.95, 0.05, 1, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.5, few decide", ND_BASIN_FIXED, FEW, DRAWS, 0.5, -3, 1, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.8, few decide", ND_BASIN_FIXED, FEW, DRAWS, 0.8, -3, 1, REPLICATES, 0.93, 0.97},
        {"fixed, A = 0.95, few decide", ND_BASIN_FIXED, FEW, DRAWS, 0.95, -3, 1, REPLICATES, 0.93, 0.97},
        {"t, A = 0.5", ND_BASIN_T, UNITS, DRAWS, 0.5, 0.45, 0, REPLICATES, 0.93, 0.97},
        {"t, A = 0.8", ND_BASIN_T, UNITS, DRAWS, 0.8, 0.2, 0, REPLICATES, 0.93, 0.97},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = open_world(rows[i].interval, rows[i].count, rows[i].trials);
        const int64_t held = count_held(w, rows[i].mean, rows[i].spread, rows[i].fixed, rows[i].replicates);
        inside(rows[i].what, held, rows[i].replicates, rows[i].low, rows[i].high);
        close_world(w);
    }
}

/* ---- radii ------------------------------------------------------------------------------------------------------- */

/* A trial is right up to an amplitude of its own: exp of a normal number of its unit plus one of the trial.  Half of
 * all are above 1, whatever their standard deviations. */
typedef struct limits {
    const world *w;
    double limit[UNITS * DRAWS];
} limits;

static int count_right(void *user, int64_t n, const int64_t *unit, const double *amplitude, int64_t *right)
{
    const limits *l = user;
    for (int64_t i = 0; i < n; i++) {
        const int64_t trials = l->w->trials[unit[i]];
        right[i] = 0;
        for (int64_t j = 0; j < trials; j++) {
            right[i] += amplitude[i] < l->limit[unit[i] * DRAWS + j];
        }
    }
    return NNDYN_OK;
}

static int radius_held(world *w, limits *l, int64_t replicate, double between, double within)
{
    const int64_t start[] = {0, UNITS};
    const nd_basin_source source = {UNITS, w->trials, count_right, l};
    const nd_basin_groups groups = {1, start, w->units, 1};
    double own[UNITS];
    nd_basin_table table;
    nd_task task;
    nt_normal((uint64_t)(2 * replicate + 1), UNITS, own);
    nt_normal((uint64_t)(2 * replicate + 2), UNITS * DRAWS, l->limit);
    for (int64_t i = 0; i < UNITS * DRAWS; i++) {
        l->limit[i] = exp(between * own[i / DRAWS] + within * l->limit[i]);
    }
    nd_task_begin(&task, w->handle, "coverage");
    nt_ok(w->handle, nd_basin_estimate_all(&task, &source, &groups, &w->rule, &table));
    const int held = table.estimates[0].low <= 1 && 1 <= table.estimates[0].high;
    nd_basin_table_free(&table);
    return held;
}

static void test_radii(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int interval;
        int64_t trials;
        double between, within;
    } rows[] = {{"radius, wilson", ND_BASIN_WILSON, 1, 0.5, 0.5},
                {"radius, cluster", ND_BASIN_CLUSTER, DRAWS, 0.7, 0.5},
                {"radius, cluster, draws alike", ND_BASIN_CLUSTER, DRAWS, 1, 0.1},
                {"radius, t", ND_BASIN_T, DRAWS, 0.5, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = open_world(rows[i].interval, UNITS, rows[i].trials);
        limits *l = calloc(1, sizeof *l);
        int64_t held = 0;
        l->w = w;
        for (int64_t r = 0; r < REPLICATES; r++) {
            held += radius_held(w, l, r, rows[i].between, rows[i].within);
        }
        inside(rows[i].what, held, REPLICATES, 0.93, 0.97);
        free(l);
        close_world(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares), cmocka_unit_test(test_radii)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
