/* Ensembles and phase diagrams: statistics against plain formulas over the profiles, same bits at any number of
 * threads, and the published figures.
 *
 * Seeds are fixed, so that a result is the same each time.  Statistical tolerances are at least four standard errors
 * of the mean of highly correlated blocks: with another seed a comparison would fail with probability below 1e-3. */
#include "nndyn/separation.h"
#include "springblock_support.h"
#include "springblock_tables.h"

/* ---- statistics -------------------------------------------------------------------------------------------------- */

static double nt_ratio_kappa(const double *x)
{
    return (x[0] - (x[NT_BLOCKS - 1] - x[NT_BLOCKS - 2])) / x[NT_BLOCKS - 1];
}

static double nt_ratio_bow(const double *x)
{
    double sum = 1; /* n_0 */
    for (int l = 0; l < NT_BLOCKS; l++) {
        sum += 1 - x[l] / x[NT_BLOCKS - 1];
    }
    return sum / (NT_BLOCKS + 1) - .5;
}

static void nt_average(int runs, int left_out, const double *profiles, double *mean)
{
    memset(mean, 0, NT_BLOCKS * sizeof *mean);
    for (int r = 0; r < runs; r++) {
        for (int l = 0; l < NT_BLOCKS && r != left_out; l++) {
            mean[l] += profiles[r * NT_BLOCKS + l] / (left_out >= 0 ? runs - 1 : runs);
        }
    }
}

/* The jackknife's error of a function of the mean profile. */
static double nt_jackknife(int runs, const double *profiles, double (*of)(const double *x))
{
    double sum = 0, square = 0;
    for (int r = 0; r < runs; r++) {
        double mean[NT_BLOCKS];
        nt_average(runs, r, profiles, mean);
        sum += of(mean);
        square += of(mean) * of(mean);
    }
    return sqrt((runs - 1) * (square / runs - sum / runs * (sum / runs)));
}

static void test_statistics(void **state)
{
    (void)state;
    enum { RUNS = 61 };
    double mean[NT_BLOCKS], want[NT_BLOCKS], deviation[NT_BLOCKS], kappa[2], bow[2], profiles[RUNS * NT_BLOCKS];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "noise=.2");
    nt_ok(chain, nndyn_springblock_ensemble(chain, RUNS, 800, NULL, mean, deviation, kappa, bow, profiles));
    nt_average(RUNS, -1, profiles, want);
    nt_close(mean, want, NT_BLOCKS, 1e-14, 0);
    for (int l = 0; l < NT_BLOCKS; l++) {
        double square = 0;
        for (int r = 0; r < RUNS; r++) {
            square += pow(profiles[r * NT_BLOCKS + l] - want[l], 2);
        }
        nt_near(deviation[l], sqrt(square / (RUNS - 1)), 1e-14);
    }
    nt_near(kappa[0], nt_ratio_kappa(want), 1e-13);
    nt_near(bow[0], nt_ratio_bow(want), 1e-13);
    nt_near(kappa[1], nt_jackknife(RUNS, profiles, nt_ratio_kappa), .01 * kappa[1]);
    nt_near(bow[1], nt_jackknife(RUNS, profiles, nt_ratio_bow), .01 * bow[1]);
    nndyn_springblock_free(chain);
}

/* Averages over the last steps are those of trajectories. */
static void test_average(void **state)
{
    (void)state;
    enum { STEPS = 600, LAST = 450, RUNS = 2 };
    static double rows[STEPS + 1][NT_BLOCKS];
    double mean[NT_BLOCKS], deviation[NT_BLOCKS], profiles[RUNS][NT_BLOCKS], twice[NT_BLOCKS];
    nndyn_options *options = nt_options("average=.75");
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "order=2 seed=4");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 1, STEPS, options, mean, deviation, NULL, NULL, NULL));
    nt_ok(chain, nndyn_springblock_ensemble(chain, RUNS, STEPS, options, twice, NULL, NULL, NULL, profiles[0]));
    nt_ok(chain, nndyn_springblock_trajectory(chain, STEPS, 1, STEPS + 1, rows[0], NULL));
    for (int l = 0; l < NT_BLOCKS; l++) {
        double sum = 0, square = 0;
        for (int i = STEPS + 1 - LAST; i <= STEPS; i++) {
            sum += rows[i][l];
        }
        for (int i = STEPS + 1 - LAST; i <= STEPS; i++) {
            square += pow(rows[i][l] - sum / LAST, 2);
        }
        nt_near(mean[l], sum / LAST, 1e-13);
        nt_near(profiles[0][l], sum / LAST, 1e-13);
        nt_near(twice[l], .5 * (profiles[0][l] + profiles[1][l]), 1e-14);
        nt_near(deviation[l], sqrt(square / (LAST - 1)), 1e-10);
    }
    nndyn_options_free(options);
    nndyn_springblock_free(chain);
}

/* Of one chain, curvature is that of the load curve. */
static void test_load_curve(void **state)
{
    (void)state;
    double mean[NT_BLOCKS], kappa[2], bow[2], separation[NT_BLOCKS + 1], values[NNDYN_LOAD_CURVE_VALUES];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "length=2 friction_left=.3");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 1, 3000, NULL, mean, NULL, kappa, bow, NULL));
    nt_ok(chain, nndyn_springblock_run(chain, 3000));
    nt_ok(chain, nndyn_springblock_separation(chain, separation));
    nt_ok(context,
          nndyn_load_curve(context, NT_BLOCKS + 1, separation, NULL, NULL, NNDYN_LOAD_CURVE_VALUES, values, NULL));
    nt_near(kappa[0], values[NNDYN_LOAD_CURVE_KAPPA], 1e-13);
    nt_near(bow[0], values[NNDYN_LOAD_CURVE_BOW], 1e-13);
    nndyn_springblock_free(chain);
}

/* No curvature where the last block has not moved. */
static void test_undefined(void **state)
{
    (void)state;
    double mean[2], deviation[2], kappa[2], bow[2];
    nndyn_springblock *chain = nt_chain(2, "noise=0 friction_right=2");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 3, 10, NULL, mean, deviation, kappa, bow, NULL));
    assert_true(isnan(kappa[0]) && isnan(kappa[1]) && isnan(bow[0]) && isnan(bow[1]));
    nt_near(mean[1], 0, 0);
    nt_near(deviation[1], 0, 0);
    nndyn_springblock_free(chain);
}

/* ---- the same bits ----------------------------------------------------------------------------------------------- */

typedef struct nt_everything {
    double mean[NT_BLOCKS], deviation[NT_BLOCKS], kappa[2], bow[2], profiles[20 * NT_BLOCKS];
    double grid[4][6], grid_profiles[6 * NT_BLOCKS], field[4][6], field_profiles[6 * NT_BLOCKS];
} nt_everything;

static void nt_do_everything(nt_everything *out)
{
    const double friction[2] = {.05, .15}, noise[3] = {.02, .1, .3};
    memset(out, 0, sizeof *out);
    nndyn_options *options = nt_options("average=.3");
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "decay=.1 seed=9");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 20, 300, options, out->mean, out->deviation, out->kappa, out->bow,
                                            out->profiles));
    nt_ok(chain, nndyn_springblock_phase(chain, 2, friction, 3, noise, 11, 300, options, out->grid[0], out->grid[1],
                                         out->grid[2], out->grid[3], out->grid_profiles));
    nt_ok(chain, nndyn_springblock_phase(chain, 2, friction, 3, noise, 0, 300, NULL, out->field[0], out->field[1],
                                         out->field[2], out->field[3], out->field_profiles));
    nndyn_options_free(options);
    nndyn_springblock_free(chain);
}

static void test_threads(void **state)
{
    (void)state;
    nt_everything *one = calloc(1, sizeof *one), *eight = calloc(1, sizeof *eight);
    nt_do_everything(one);
    nt_ok(context, nndyn_context_set_threads(context, 8));
    nt_do_everything(eight);
    nt_same(one, eight, sizeof *one);
    free(one);
    free(eight);
}

/* A cell of the phase diagram is the ensemble, or the mean field, of its own chain; a memory limit only cuts the grid
 * into batches. */
static void test_cells(void **state)
{
    (void)state;
    const double friction[2] = {.05, .15}, noise[3] = {.02, .1, .3};
    static const struct {
        const char *axis;
        const char *chain;
    } axes[] = {
        {"", "friction_right=.15 noise=.1"},
        {"axis=left", "friction_left=.15 noise=.1"},
        {"axis=both", "friction_left=.15 friction_right=.15 noise=.1"},
    };
    nt_ok(context, nndyn_context_set_memory_limit(context, 60000));
    for (int i = 0; i < 3; i++) {
        double kappa[6], error[6], bow[6], bow_error[6], profiles[6 * NT_BLOCKS], mean[NT_BLOCKS], k[2], b[2];
        nndyn_options *options = nt_options(axes[i].axis);
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, ""), *cell = nt_chain(NT_BLOCKS, axes[i].chain);
        nt_ok(chain, nndyn_springblock_phase(chain, 2, friction, 3, noise, 60, 200, options, kappa, error, bow,
                                             bow_error, profiles));
        nt_ok(cell, nndyn_springblock_ensemble(cell, 60, 200, NULL, mean, NULL, k, b, NULL));
        nt_same(profiles + 4 * NT_BLOCKS, mean, sizeof mean);
        assert_true(kappa[4] == k[0] && error[4] == k[1] && bow[4] == b[0] && bow_error[4] == b[1]);
        nt_ok(chain, nndyn_springblock_phase(chain, 2, friction, 3, noise, 0, 200, options, kappa, error, bow,
                                             bow_error, profiles));
        nt_ok(cell, nndyn_springblock_mean_field(cell, 200, mean));
        nt_same(profiles + 4 * NT_BLOCKS, mean, sizeof mean);
        nt_near(kappa[4], nt_ratio_kappa(mean), 1e-12);
        nt_near(bow[4], nt_ratio_bow(mean), 1e-12);
        nt_near(error[4] + bow_error[4], 0, 0);
        nndyn_options_free(options);
        nndyn_springblock_free(chain);
        nndyn_springblock_free(cell);
    }
}

/* ---- published figures ------------------------------------------------------------------------------------------- */

static void test_notebook(void **state)
{
    (void)state;
    const double want[NT_BLOCKS] = {.12336, .24697, .37104, .49572, .62104, .74697, .87336};
    double mean[NT_BLOCKS], deviation[NT_BLOCKS];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "seed=1");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 200, 10000, NULL, mean, deviation, NULL, NULL, NULL));
    nt_close(mean, want, NT_BLOCKS, 0, .002);
    for (int l = 0; l < NT_BLOCKS; l++) {
        assert_true(deviation[l] > .0038 && deviation[l] < .0078); /* a tenth more than the range .0045 to .0070 */
    }
    nndyn_springblock_free(chain);
}

/* A fifth of the length of long_springblock.c: errors .0006 mid-chain. */
static void test_stationary(void **state)
{
    (void)state;
    double mean[NT_BLOCKS], deviation[NT_BLOCKS], want[NT_BLOCKS], covariance[NT_BLOCKS * NT_BLOCKS];
    nndyn_options *options = nt_options("average=.9");
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "friction_left=.16 seed=2");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 8, 100000, options, mean, NULL, NULL, NULL, NULL));
    nt_ok(chain, nndyn_springblock_equilibrium(chain, want));
    nt_close(mean, want, NT_BLOCKS, 0, .0025);
    nndyn_springblock_free(chain);
    chain = nt_chain(NT_BLOCKS, "seed=3");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 16, 100000, options, mean, deviation, NULL, NULL, NULL));
    nt_ok(chain, nndyn_springblock_covariance(chain, covariance));
    for (int l = 0; l < NT_BLOCKS; l++) {
        nt_near(deviation[l], sqrt(covariance[l * NT_BLOCKS + l]), .15 * deviation[l]);
    }
    nndyn_options_free(options);
    nndyn_springblock_free(chain);
}

/* Order 2: stationary under steady noise by both schemes, and as published. */
static void test_second_order(void **state)
{
    (void)state;
    const double steady[NT_BLOCKS] = {.8575, .72, .5875, .46, .3375, .22, .1075};
    const double published[NT_BLOCKS] = {.859, .722, .590, .463, .340, .222, .109};
    const double sd[NT_BLOCKS] = {.0095, .0155, .019, .020, .019, .0155, .0095};
    double mean[NT_BLOCKS], deviation[NT_BLOCKS];
    nndyn_options *options = nt_options("average=.9");
    for (int sign = 0; sign < 2; sign++) {
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, sign ? "order=2 decay=0 scheme=sign" : "order=2 decay=0");
        nt_ok(chain, nndyn_springblock_ensemble(chain, 8, 400000, options, mean, NULL, NULL, NULL, NULL));
        nt_from_end(NT_BLOCKS, mean);
        nt_close(mean, steady, NT_BLOCKS, 0, .006);
        nndyn_springblock_free(chain);
    }
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "order=2");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 400, 14000, NULL, mean, deviation, NULL, NULL, NULL));
    nt_from_end(NT_BLOCKS, mean);
    nt_close(mean, published, NT_BLOCKS, 0, .005);
    nt_close(deviation, sd, NT_BLOCKS, .1, 0);
    nndyn_options_free(options);
    nndyn_springblock_free(chain);
}

/* The mean field in every cell, an ensemble in one row of it (errors below .0013 there). */
static void test_phase_table(void **state)
{
    (void)state;
    double kappa[NT_FRICTIONS * NT_NOISES], bow[NT_FRICTIONS * NT_NOISES], error[NT_NOISES];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "friction_left=.08");
    nt_ok(chain, nndyn_springblock_phase(chain, NT_FRICTIONS, nt_friction, NT_NOISES, nt_noise, 0, 10000, NULL, kappa,
                                         NULL, bow, NULL, NULL));
    for (int i = 0; i < NT_FRICTIONS * NT_NOISES; i++) {
        nt_near(kappa[i], nt_kappa[i], .003);
        if (!isnan(nt_bow[i])) {
            nt_near(bow[i], nt_bow[i], .003);
        }
    }
    nt_ok(chain, nndyn_springblock_phase(chain, 1, nt_friction + 1, NT_NOISES, nt_noise, 200, 10000, NULL, kappa, error,
                                         bow, NULL, NULL));
    for (int i = 0; i < NT_NOISES; i++) {
        assert_true(error[i] < .002);
        nt_near(kappa[i], nt_kappa[NT_NOISES + i], .01);
        nt_near(bow[i], nt_bow[NT_NOISES + i], .01);
    }
    nndyn_springblock_free(chain);
}

#define NT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NT_TEST(test_statistics),   NT_TEST(test_average),     NT_TEST(test_load_curve), NT_TEST(test_undefined),
        NT_TEST(test_threads),      NT_TEST(test_cells),       NT_TEST(test_notebook),   NT_TEST(test_stationary),
        NT_TEST(test_second_order), NT_TEST(test_phase_table),
    };
    return cmocka_run_group_tests_name("springblock ensembles", tests, NULL, NULL);
}
