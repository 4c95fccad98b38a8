/* Learning phases and grokking. */
#include "analysis/grokking_support.h"
#include "support/fixture.h"
#include "nndyn/order.h"

enum { L = 5, FIGURES = NNDYN_GROKKING_VALUES };

/* ---- phases ------------------------------------------------------------------------------------------------------ */

static const double falling[L] = {1.0, 0.8, 0.7, 0.5, 0.4}, rising[L] = {0.4, 0.5, 0.9, 1.0, 1.4},
                    level[L] = {1.00, 1.05, 0.95, 1.02, 1.1}, hill[L] = {0.4, 0.9, 1.3, 0.9, 0.4},
                    faint[L] = {0.03, 0.01, 0.02, -0.03, 0.0};

static void one_checkpoint(void **state)
{
    static const struct {
        const double *g;
        int phase;
        double rho, spread;
    } cases[] = {
        {falling, NNDYN_PHASE_EARLY, -1, 0.6 / 0.68},    {rising, NNDYN_PHASE_LATE, 1, 1.0 / 0.84},
        {level, NNDYN_PHASE_MERGED, 0.5, 0.15 / 1.024},  {hill, NNDYN_PHASE_MIXED, 0, 0.9 / 0.78},
        {faint, NNDYN_PHASE_RANDOM, -0.8, 0.06 / 0.018},
    };
    const double deviation[L] = {0.01, 0.01, 0.01, 0.01, 0.01};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int phase = 0;
        double rho, spread;
        nt_ok(context, nndyn_learning_phases(context, 1, L, cases[i].g, deviation, NULL, &phase, &rho, &spread));
        assert_int_equal(phase, cases[i].phase);
        nt_near(rho, cases[i].rho, 1e-15);
        nt_near(spread, cases[i].spread, 1e-14);
    }
}

/* Mid-ranks of ties: places 0..4, ranks 1, 2.5, 2.5, 4, 5: rho = 9.5 / sqrt(10 * 9.5). */
static void ties_and_nothing(void **state)
{
    const double tied[L] = {0.1, 0.2, 0.2, 0.3, 0.4}, same[L] = {1, 1, 1, 1, 1}, zero[L] = {0};
    int phase = 0;
    double rho, spread;
    (void)state;
    nt_ok(context, nndyn_learning_phases(context, 1, L, tied, NULL, NULL, &phase, &rho, NULL));
    nt_near(rho, 9.5 / sqrt(95), 1e-15);
    nt_ok(context, nndyn_learning_phases(context, 1, L, same, NULL, NULL, &phase, &rho, &spread));
    assert_true(isnan(rho) && spread == 0 && phase == NNDYN_PHASE_MERGED);
    nt_ok(context, nndyn_learning_phases(context, 1, L, zero, NULL, NULL, &phase, &rho, &spread));
    assert_true(isnan(rho) && isnan(spread) && phase == NNDYN_PHASE_MIXED);
}

static void gather(const char *what, double g[][L], double deviation[][L])
{
    for (int t = 0; what[t] != 0; t++) {
        const double *from = what[t] == '1' ? falling : what[t] == '2' ? rising : what[t] == '0' ? faint : hill;
        memcpy(g[t], from, sizeof falling);
        for (int l = 0; l < L; l++) {
            deviation[t][l] = 0.01;
        }
    }
}

/* What does not last gives way; numbers as in gather, 5: mixed. */
static void hysteresis(void **state)
{
    static const struct {
        int64_t consecutive;
        const char *found, *phases;
    } cases[] = {
        {2, "0011221", "0011222"},
        {2, "0012122", "0000022"},
        {2, "1002211", "0002211"},
        {2, "10212", "10212"},
        {1, "10212", "10212"},
        {3, "0001122", "0000000"},
        {2, "1", "1"},
        {2, "5511511", "5511111"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const int number[] = {
            ['0'] = NNDYN_PHASE_RANDOM, ['1'] = NNDYN_PHASE_EARLY, ['2'] = NNDYN_PHASE_LATE, ['5'] = NNDYN_PHASE_MIXED};
        double g[8][L], deviation[8][L];
        int phase[8];
        nndyn_options *options = NULL;
        const int64_t count = (int64_t)strlen(cases[i].found);
        gather(cases[i].found, g, deviation);
        nt_ok(context, nndyn_options_create(context, &options));
        nt_ok(options, nndyn_options_set_integer(options, "consecutive", cases[i].consecutive));
        nt_ok(context, nndyn_learning_phases(context, count, L, g[0], deviation[0], options, phase, NULL, NULL));
        for (int64_t t = 0; t < count; t++) {
            assert_int_equal(phase[t], number[(int)cases[i].phases[t]]);
        }
        nndyn_options_free(options);
    }
}

/* The published run of one hidden layer, as reproduced (docs/phases.md). */
static void shallow(void **state)
{
    const double g[] = {0.569, 1.375, 1.526, 1.515, 1.461, 1.392, 1.215},
                 p[] = {0.7378, 0.8825, 0.9144, 0.9188, 0.9220, 0.9284, 0.9429},
                 linear[] = {0.7376, 0.8822, 0.9140, 0.9181, 0.9198, 0.9207, 0.8413};
    int64_t peak = -1, separation = -1;
    int phase[7];
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_learning_peak(context, 7, g, &peak, phase));
    assert_int_equal(peak, 2);
    assert_true(phase[2] == NNDYN_PHASE_ALIGNING && phase[3] == NNDYN_PHASE_FOLDING);
    nt_ok(context, nndyn_learning_separation(context, 7, p, linear, 10000, NULL, &separation));
    assert_int_equal(separation, 6); /* 0.0077 at place 5, of 3 sqrt(2 p (1-p) / 10000) = 0.0109 */
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "errors", 2.1));
    nt_ok(context, nndyn_learning_separation(context, 7, p, linear, 10000, options, &separation));
    assert_int_equal(separation, 5);
    nt_ok(context, nndyn_learning_separation(context, 5, p, linear, 10000, options, &separation));
    assert_int_equal(separation, 5);
    nndyn_options_free(options);
}

/* ---- grokking ---------------------------------------------------------------------------------------------------- */

static void published_run(void **state)
{
    const int64_t steps[] = {0, 1000, 2371, 7498, 13335, 17782, 23713, 31622, 56234, 100000};
    const double train[] = {0.072, 0.9, 1, 1, 1, 1, 1, 1, 1, 1},
                 test[] = {0.07, 0.16, 0.170, 0.186, 0.263, 0.367, 0.549, 0.719, 0.840, 0.857},
                 prompt[] = {0.07, 0.8, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85};
    double values[FIGURES + 1];
    int verdict = 0;
    (void)state;
    nt_ok(context, nndyn_grokking(context, 10, steps, train, test, NULL, NULL, FIGURES + 1, values, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_DELAYED);
    assert_true(values[NNDYN_GROKKING_MEMORIZED] == 2371 && values[NNDYN_GROKKING_GENERALIZED] == 23713);
    nt_near(values[NNDYN_GROKKING_DELAY], 23713.0 / 2371, 1e-14);
    assert_true(values[NNDYN_GROKKING_BEFORE] == 0.170 && values[NNDYN_GROKKING_BEST] == 0.857);
    assert_true(isnan(values[FIGURES]));
    nt_ok(context, nndyn_grokking(context, 10, steps, train, test, prompt, NULL, 0, NULL, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_LAG);
    nt_ok(context, nndyn_grokking(context, 10, steps, train, prompt, test, NULL, 0, NULL, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_PROMPT);
    nt_ok(context, nndyn_grokking(context, 2, steps, train, test, NULL, NULL, 1, values, &verdict));
    assert_true(verdict == NNDYN_GROKKING_UNLEARNED && isnan(values[0]));
    nt_ok(context, nndyn_grokking(context, 8, steps + 2, train + 2, prompt + 2, NULL, NULL, FIGURES, values, &verdict));
    assert_true(verdict == NNDYN_GROKKING_PROMPT && values[NNDYN_GROKKING_DELAY] == 1);
}

/* Weights drawn eight times too large: memorized near 1500 steps, generalized near 10000.  The same from weights as
 * they should be: no delay. */
static void a_run_that_groks(void **state)
{
    double values[FIGURES];
    int verdict = 0;
    (void)state;
    const nt_grokking large = nt_grok_run(context, 8, 14678);
    nt_ok(context, nndyn_grokking(context, large.count, large.steps, large.train, large.test, NULL, NULL, FIGURES,
                                  values, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_DELAYED);
    assert_true(values[NNDYN_GROKKING_MEMORIZED] >= 1000 && values[NNDYN_GROKKING_MEMORIZED] <= 2200);
    assert_true(values[NNDYN_GROKKING_DELAY] > 4 && values[NNDYN_GROKKING_DELAY] < 12);
    assert_true(values[NNDYN_GROKKING_BEFORE] < 0.35 && values[NNDYN_GROKKING_BEST] > 0.9);
    const nt_grokking small = nt_grok_run(context, 1, 1000);
    nt_ok(context, nndyn_grokking(context, small.count, small.steps, small.train, small.test, NULL, NULL, FIGURES,
                                  values, &verdict));
    assert_int_equal(verdict, NNDYN_GROKKING_PROMPT);
    assert_true(values[NNDYN_GROKKING_DELAY] < 2 && values[NNDYN_GROKKING_BEFORE] > 0.6);
}

/* ---- bad input --------------------------------------------------------------------------------------------------- */

static void bad_phases(void **state)
{
    double g[2][L] = {{1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}}, sd[2][L] = {{1, 1, 1, 1, 1}, {1, 1, 0, 1, 1}}, rho[2] = {7, 7};
    int phase[2] = {7, 7};
    nndyn_options *options = NULL;
    (void)state;
#define PHASES(count, layers, sd) nndyn_learning_phases(context, count, layers, g[0], sd, options, phase, rho, NULL)
    nt_fails(NNDYN_EARG, context, "count is 0", PHASES(0, L, NULL));
    nt_fails(NNDYN_EARG, context, "layers is 3", PHASES(2, 3, NULL));
    nt_fails(NNDYN_EDATA, context, "deviation[1][2]", PHASES(2, L, sd[0]));
    nt_fails(NNDYN_EARG, context, "gradient",
             nndyn_learning_phases(context, 1, L, NULL, NULL, NULL, phase, NULL, NULL));
    nt_fails(NNDYN_EARG, context, "phase", nndyn_learning_phases(context, 1, L, g[0], NULL, NULL, NULL, rho, NULL));
    g[1][3] = NAN;
    nt_fails(NNDYN_EDATA, context, "gradient", PHASES(2, L, NULL));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "correlation", 1));
    nt_fails(NNDYN_EOPTION, context, "correlation", PHASES(1, L, NULL));
    nndyn_options_free(options);
    assert_true(phase[0] == 7 && rho[0] == 7);
}

static void bad_shallow(void **state)
{
    double g[] = {1, INFINITY}, p[] = {0.5, 50}, q[] = {0.5, 0.5};
    int64_t place = 7;
    nndyn_options *options = NULL;
    (void)state;
    nt_fails(NNDYN_EARG, context, "count", nndyn_learning_peak(context, 0, g, &place, NULL));
    nt_fails(NNDYN_EARG, context, "gradient", nndyn_learning_peak(context, 1, NULL, &place, NULL));
    nt_fails(NNDYN_EARG, context, "peak", nndyn_learning_peak(context, 1, g, NULL, NULL));
    nt_fails(NNDYN_EDATA, context, "gradient", nndyn_learning_peak(context, 2, g, &place, NULL));
#define SEPARATION(count, p, q, n, place) nndyn_learning_separation(context, count, p, q, n, options, place)
    nt_fails(NNDYN_EARG, context, "count", SEPARATION(0, q, q, 10, &place));
    nt_fails(NNDYN_EARG, context, "accuracy", SEPARATION(2, NULL, q, 10, &place));
    nt_fails(NNDYN_EDATA, context, "per cent", SEPARATION(2, p, q, 10, &place));
    nt_fails(NNDYN_EDATA, context, "linear[1]", SEPARATION(2, q, p, 10, &place));
    nt_fails(NNDYN_EARG, context, "samples", SEPARATION(2, q, q, 0, &place));
    nt_fails(NNDYN_EARG, context, "separation", SEPARATION(2, q, q, 10, NULL));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "errors", 0));
    nt_fails(NNDYN_EOPTION, context, "errors", SEPARATION(2, q, q, 10, &place));
    nndyn_options_free(options);
    assert_true(place == 7);
}

static void bad_grokking(void **state)
{
    const int64_t steps[] = {0, 5, 5}, negative[] = {-1, 5};
    const double p[] = {0.1, 0.2, 0.3}, bad[] = {0.1, -0.2, 0.3};
    double values[FIGURES] = {7};
    int verdict = 7;
    nndyn_options *options = NULL;
    (void)state;
#define GROK(count, steps, a, b, c) nndyn_grokking(context, count, steps, a, b, c, options, FIGURES, values, &verdict)
    nt_fails(NNDYN_EARG, context, "count", GROK(1, steps, p, p, NULL));
    nt_fails(NNDYN_EARG, context, "steps", GROK(2, NULL, p, p, NULL));
    nt_fails(NNDYN_EDATA, context, "steps[2]", GROK(3, steps, p, p, NULL));
    nt_fails(NNDYN_EDATA, context, "steps[0]", GROK(2, negative, p, p, NULL));
    nt_fails(NNDYN_EARG, context, "train", GROK(2, steps, NULL, p, NULL));
    nt_fails(NNDYN_EDATA, context, "test[1]", GROK(2, steps, p, bad, NULL));
    nt_fails(NNDYN_EDATA, context, "batch[1]", GROK(2, steps, p, p, bad));
    nt_fails(NNDYN_EARG, context, "figures", nndyn_grokking(context, 2, steps, p, p, NULL, NULL, -1, values, &verdict));
    nt_fails(NNDYN_EARG, context, "values", nndyn_grokking(context, 2, steps, p, p, NULL, NULL, 1, NULL, &verdict));
    nt_fails(NNDYN_EARG, context, "verdict", nndyn_grokking(context, 2, steps, p, p, NULL, NULL, 0, NULL, NULL));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "delay", 0.5));
    nt_fails(NNDYN_EOPTION, context, "delay", GROK(2, steps, p, p, NULL));
    nndyn_options_free(options);
    assert_true(verdict == 7 && values[0] == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ties_and_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hysteresis, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shallow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(published_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_groks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_phases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_shallow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_grokking, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
