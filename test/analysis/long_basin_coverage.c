/* long_basin_coverage.c - how often intervals of shares and radii hold the truth, by simulation.
 *
 * 4000 replicates of each kind (bootstrap 2000 and 250, shares of returning 1000 and 500), seeds fixed: a coverage of
 * 95 % is estimated with a standard error of 0.35 % (bootstrap 0.5 and 1.4 %), so within its band, mostly 93 to 97 %,
 * an interval that covers 95 % stays by more than three of these.  Clopper and Pearson's cover at least 95 %: they may
 * be above the band, not below 94 %. */
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

/* Where half of the trials of these units are right. */
static double truth_of(const double *own, double between, double within)
{
    double below = -20, above = 20;
    for (int k = 0; k < 60; k++) {
        const double middle = 0.5 * (below + above);
        double share = 0;
        for (int i = 0; i < UNITS; i++) {
            share += nd_normal_cdf((between * own[i] - middle) / within) / UNITS;
        }
        *(share >= 0.5 ? &below : &above) = middle;
    }
    return exp(below);
}

static int radius_held(world *w, limits *l, int64_t replicate, double between, double within)
{
    const int64_t start[] = {0, UNITS};
    const nd_basin_source source = {UNITS, w->trials, count_right, l};
    const nd_basin_groups groups = {1, start, w->units, 1};
    const int fixed = w->rule.interval == ND_BASIN_FIXED;
    double own[UNITS];
    nd_basin_table table;
    nd_task task;
    nt_normal((uint64_t)(fixed ? 1 : 2 * replicate + 1), UNITS, own);
    nt_normal((uint64_t)(2 * replicate + 2), UNITS * DRAWS, l->limit);
    const double truth = fixed ? truth_of(own, between, within) : 1;
    for (int64_t i = 0; i < UNITS * DRAWS; i++) {
        l->limit[i] = exp(between * own[i / DRAWS] + within * l->limit[i]);
    }
    nd_task_begin(&task, w->handle, "coverage");
    nt_ok(w->handle, nd_basin_estimate_all(&task, &source, &groups, &w->rule, &table));
    const int held = table.estimates[0].low <= truth && truth <= table.estimates[0].high;
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
        int64_t replicates;
        double low, high;
    } rows[] = {{"radius, wilson", ND_BASIN_WILSON, 1, 0.5, 0.5, REPLICATES, 0.93, 0.97},
                {"radius, clopper_pearson", ND_BASIN_CLOPPER_PEARSON, 1, 0.5, 0.5, REPLICATES, 0.94, 1},
                {"radius, mid_p", ND_BASIN_MID_P, 1, 0.5, 0.5, REPLICATES, 0.93, 0.97},
                {"radius, cluster", ND_BASIN_CLUSTER, DRAWS, 0.7, 0.5, REPLICATES, 0.93, 0.97},
                {"radius, cluster, draws alike", ND_BASIN_CLUSTER, DRAWS, 1, 0.1, REPLICATES, 0.93, 0.97},
                {"radius, bootstrap", ND_BASIN_BOOTSTRAP, DRAWS, 0.7, 0.5, REPLICATES / 16, 0.90, 0.99},
                {"radius, fixed", ND_BASIN_FIXED, DRAWS, 0.7, 0.5, REPLICATES, 0.93, 0.97},
                {"radius, fixed, draws alike", ND_BASIN_FIXED, DRAWS, 1, 0.1, REPLICATES, 0.93, 0.97},
                {"radius, t", ND_BASIN_T, DRAWS, 0.5, 1, REPLICATES, 0.93, 0.97}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world *w = open_world(rows[i].interval, UNITS, rows[i].trials);
        limits *l = calloc(1, sizeof *l);
        int64_t held = 0;
        l->w = w;
        for (int64_t r = 0; r < rows[i].replicates; r++) {
            held += radius_held(w, l, r, rows[i].between, rows[i].within);
        }
        inside(rows[i].what, held, rows[i].replicates, rows[i].low, rows[i].high);
        free(l);
        close_world(w);
    }
}

/* ---- shares of returning ----------------------------------------------------------------------------------------- */

/* y = relu(w), target 1, minimum at w = 1: from w > 0 gradient descent comes back, from w < 0 it does not move.  So of
 * kicks r xi a share p = Phi(1 / r) returns.  Coverage of Wilson's interval is that of the binomial law to the last
 * replicate, whatever it is for this p and this number of draws: within four standard errors. */
typedef struct kink {
    nndyn_context *c;
    nndyn_network *n;
    nndyn_dataset *d;
    nndyn_trainer *t;
    nndyn_options *o;
} kink;

static kink open_kink(double rate, int64_t steps, int64_t draws)
{
    const double one = 1;
    kink k = {NULL, NULL, NULL, NULL, NULL};
    assert_int_equal(nndyn_context_create(&k.c), NNDYN_OK);
    nt_ok(k.c, nndyn_options_create(k.c, &k.o));
    nt_ok(k.o, nndyn_options_set_integer(k.o, "bias", 0));
    nt_ok(k.c, nndyn_network_create(k.c, NNDYN_F64, 1, &k.n));
    nt_ok(k.n, nndyn_network_add_dense_with(k.n, 1, NNDYN_RELU, k.o));
    nt_ok(k.n, nndyn_network_set_loss(k.n, NNDYN_SQUARED_ERROR));
    nt_ok(k.n, nndyn_network_set_parameters(k.n, 1, &one));
    nt_ok(k.c, nndyn_dataset_create(k.c, 1, 1, &one, 1, &one, 1, &k.d));
    nt_ok(k.n, nndyn_trainer_create(k.n, NNDYN_SGD, &k.t));
    nt_ok(k.t, nndyn_trainer_set(k.t, "rate", rate));
    nndyn_options_free(k.o);
    nt_ok(k.c, nndyn_options_create(k.c, &k.o));
    nt_ok(k.o, nndyn_options_set_text(k.o, "scale", "absolute"));
    nt_ok(k.o, nndyn_options_set_integer(k.o, "steps", steps));
    nt_ok(k.o, nndyn_options_set_integer(k.o, "draws", draws));
    nt_ok(k.o, nndyn_options_set_integer(k.o, "match", 0));
    return k;
}

static void close_kink(kink *k)
{
    nndyn_options_free(k->o);
    nndyn_trainer_free(k->t);
    nndyn_dataset_free(k->d);
    nndyn_network_free(k->n);
    nndyn_context_free(k->c);
}

/* Probability that the interval of so many trials holds p. */
static double exact(int64_t draws, double p)
{
    double sum = 0;
    for (int64_t k = 0; k <= draws; k++) {
        double low, high;
        nd_proportion_interval(k, draws, 0.95, &low, &high);
        if (low <= p && p <= high) {
            sum += exp(lgamma((double)draws + 1) - lgamma((double)k + 1) - lgamma((double)(draws - k) + 1) +
                       (double)k * log(p) + (double)(draws - k) * log1p(-p));
        }
    }
    return sum;
}

enum { RADII = 3 };

static void hold_returns(kink *k, int64_t replicates, int64_t held[RADII], int64_t *undecided)
{
    static const double radii[RADII] = {0.8, 1.5, 4};
    memset(held, 0, RADII * sizeof *held);
    for (int64_t r = 0; r < replicates; r++) {
        nndyn_basin_returns *returns = NULL;
        double low[RADII + 1], high[RADII + 1];
        int64_t count, open[RADII + 1];
        nt_ok(k->o, nndyn_options_set_integer(k->o, "seed", r));
        nt_ok(k->t, nndyn_basin_return(k->t, k->d, NULL, RADII, radii, k->o, &returns));
        nt_ok(returns,
              nndyn_basin_returns_curve(returns, NNDYN_RETURN_MINIMUM, RADII + 1, NULL, NULL, low, high, open, &count));
        for (int i = 0; i < RADII; i++) {
            const double p = nd_normal_cdf(1 / radii[i]);
            held[i] += low[i + 1] <= p && p <= high[i + 1];
            *undecided += open[i + 1];
        }
        nndyn_basin_returns_free(returns);
    }
}

static void test_returns(void **state)
{
    (void)state;
    enum { TRIALS = 1000 };
    static const int64_t draws[] = {20, 50};
    static const double radii[RADII] = {0.8, 1.5, 4};
    for (int d = 0; d < 2; d++) {
        kink k = open_kink(0.5, 30, draws[d]);
        int64_t held[RADII], undecided = 0;
        hold_returns(&k, TRIALS, held, &undecided);
        assert_int_equal(undecided, 0);
        for (int i = 0; i < RADII; i++) {
            const double want = exact(draws[d], nd_normal_cdf(1 / radii[i]));
            const double band = 4 * sqrt(want * (1 - want) / TRIALS);
            char what[80];
            (void)snprintf(what, sizeof what, "returns, %d draws, p = %.4f, exactly %.4f", (int)draws[d],
                           nd_normal_cdf(1 / radii[i]), want);
            inside(what, held[i], TRIALS, want - band, want + band);
        }
        close_kink(&k);
    }
}

/* Stopped early, trials on their way are undecided and counted both ways: by design no less is held than if all were
 * decided. */
static void test_returns_stopped_early(void **state)
{
    (void)state;
    enum { TRIALS = 500 };
    static const double radii[RADII] = {0.8, 1.5, 4};
    kink k = open_kink(0.05, 40, 20);
    int64_t held[RADII], undecided = 0;
    hold_returns(&k, TRIALS, held, &undecided);
    assert_true(undecided > TRIALS);
    for (int i = 0; i < RADII; i++) {
        const double least = exact(20, nd_normal_cdf(1 / radii[i]));
        inside("returns, stopped early", held[i], TRIALS, least - 4 * sqrt(least * (1 - least) / TRIALS), 1);
    }
    close_kink(&k);
}

/* ---- certified radii --------------------------------------------------------------------------------------------- */

/* A line at distance 1, noise 1: p = Phi(1).  The lower bound is below p, which is that the certified radius is no more
 * than the distance, for a share of replicates that is at least the level. */
static void test_certified(void **state)
{
    (void)state;
    enum { SAMPLES = 200, ROUNDS = 20 };
    static const double theta[] = {1, 0};
    double x[SAMPLES], radius[SAMPLES];
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL;
    nndyn_options *o = NULL;
    int64_t held = 0;
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = 1;
    }
    assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 1, &n));
    nt_ok(n, nndyn_network_add_dense(n, 1, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_set_loss(n, NNDYN_BINARY_CROSS_ENTROPY));
    nt_ok(n, nndyn_network_set_parameters(n, 2, theta));
    nt_ok(c, nndyn_dataset_create(c, SAMPLES, 1, x, 0, NULL, 1, &d));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_double(o, "level", 0.95));
    for (int64_t r = 0; r < ROUNDS; r++) {
        nt_ok(o, nndyn_options_set_integer(o, "seed", r));
        nt_ok(n, nndyn_basin_smoothed(n, d, 1, o, NULL, NULL, NULL, radius, NULL));
        for (int i = 0; i < SAMPLES; i++) {
            held += radius[i] <= 1;
        }
    }
    inside("certified radius", held, SAMPLES * ROUNDS, 0.945, 0.97);
    nndyn_options_free(o);
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    nndyn_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares), cmocka_unit_test(test_radii),
                                       cmocka_unit_test(test_returns), cmocka_unit_test(test_returns_stopped_early),
                                       cmocka_unit_test(test_certified)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
