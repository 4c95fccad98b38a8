/* The chain at full length: stationary states, single blocks, and the phase tables of docs/springblock.md.
 *
 * Seeds are fixed.  Tolerances are four standard errors or more of what is run here, or the rounding and the errors of
 * the printed tables (300 and 60 runs) where these are larger: with other seeds a comparison would fail with
 * probability below 1e-3. */
#include "springblock_support.h"
#include "springblock_tables.h"

static void test_stationary(void **state)
{
    (void)state;
    const double want[NT_BLOCKS] = {.23, .43, .60, .74, .85, .93, .98};
    double mean[NT_BLOCKS], kappa[2];
    nndyn_options *options = nt_options("average=.9");
    for (int strong = 0; strong < 2; strong++) {
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, strong ? "friction_left=.16 noise=.3" : "friction_left=.16");
        nt_ok(chain, nndyn_springblock_ensemble(chain, 4, 1000000, options, mean, NULL, kappa, NULL, NULL));
        nt_close(mean, want, NT_BLOCKS, 0, strong ? .003 : .001);
        nt_near(kappa[0], .1838, .003);
        nndyn_springblock_free(chain);
    }
    nndyn_options_free(options);
}

static void test_symmetric(void **state)
{
    (void)state;
    const double sd[NT_BLOCKS] = {.00456, .00597, .00667, .00689, .00667, .00597, .00456};
    double mean[NT_BLOCKS], deviation[NT_BLOCKS];
    nndyn_options *options = nt_options("average=.9");
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "");
    nt_ok(chain, nndyn_springblock_ensemble(chain, 8, 1000000, options, mean, deviation, NULL, NULL, NULL));
    for (int l = 0; l < NT_BLOCKS; l++) {
        nt_near(mean[l], (l + 1) / 8.0, .0012);
        nt_near(deviation[l], sd[l], .05 * sd[l]);
    }
    nndyn_options_free(options);
    nndyn_springblock_free(chain);
}

/* One block on a spring that is next to none, under a constant force: how far it comes.  500 time units, 2048 runs: the
 * error of the mean velocity is about 5e-6; steps of .01 add less. */
static void test_single_block(void **state)
{
    (void)state;
    static const char *const forces[] = {"0", "5e-4"};
    for (int i = 0; i < 2; i++) {
        char text[160];
        double x, deviation, mean;
        snprintf(text, sizeof text, "order=2 decay=0 noise=.00794 spring=1e-12 step=.01 pull=force force=%s",
                 forces[i]);
        nndyn_springblock *chain = nt_chain(1, text);
        nt_ok(chain, nndyn_springblock_ensemble(chain, 2048, 50000, NULL, &x, &deviation, NULL, NULL, NULL));
        nt_ok(chain, nndyn_springblock_drift(chain, 1, (double[]){atof(forces[i])}, &mean, NULL, NULL));
        const double error = deviation / sqrt(2048) / 500;
        assert_true(error < 1.2e-5);
        nt_near(x / 500, mean, 4.5 * error);
        nndyn_springblock_free(chain);
    }
}

static void nt_compare(int64_t count, const double *got, const double *want, double tolerance)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(want[i])) {
            nt_near(got[i], want[i], tolerance);
            assert_true(fabs(want[i]) <= .02 || got[i] * want[i] > 0);
        }
    }
}

static void test_table_first(void **state)
{
    (void)state;
    enum { CELLS = NT_FRICTIONS * NT_NOISES };
    double kappa[CELLS], bow[CELLS], field[CELLS];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "friction_left=.08");
    nt_ok(context, nndyn_context_set_threads(context, 2));
    nt_ok(chain, nndyn_springblock_phase(chain, NT_FRICTIONS, nt_friction, NT_NOISES, nt_noise, 300, 10000, NULL, kappa,
                                         NULL, bow, NULL, NULL));
    nt_ok(chain, nndyn_springblock_phase(chain, NT_FRICTIONS, nt_friction, NT_NOISES, nt_noise, 0, 10000, NULL, field,
                                         NULL, NULL, NULL, NULL));
    nt_compare(CELLS, kappa, nt_kappa, .01);
    nt_compare(CELLS, bow, nt_bow, .01);
    nt_compare(CELLS, field, kappa, .003);
    nndyn_springblock_free(chain);
}

/* Ten times the runs of the printed table, whose own error is .005 in the column of most noise. */
static void test_table_second(void **state)
{
    (void)state;
    enum { CELLS = NT_FRICTIONS_2 * NT_NOISES_2 };
    double kappa[CELLS];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "order=2");
    nt_ok(context, nndyn_context_set_threads(context, 2));
    nt_ok(chain, nndyn_springblock_phase(chain, NT_FRICTIONS_2, nt_friction_2, NT_NOISES_2, nt_noise_2, 600, 14000,
                                         NULL, kappa, NULL, NULL, NULL, NULL));
    nt_compare(CELLS, kappa, nt_kappa_2, .01);
    nndyn_springblock_free(chain);
}

#define NT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NT_TEST(test_stationary),  NT_TEST(test_symmetric),    NT_TEST(test_single_block),
        NT_TEST(test_table_first), NT_TEST(test_table_second),
    };
    return cmocka_run_group_tests_name("springblock at length", tests, NULL, NULL);
}
