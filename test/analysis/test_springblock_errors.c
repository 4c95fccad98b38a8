/* Every error of the chain, outputs untouched, every allocation failing once, calls that are stopped. */
#include "springblock_support.h"

enum { ROOM = 200, UNTOUCHED = 77 };

static double nt_out[6][ROOM];
static int64_t nt_count;

static void nt_clean(void)
{
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < ROOM; j++) {
            nt_out[i][j] = UNTOUCHED;
        }
    }
    nt_count = UNTOUCHED;
}

static void nt_untouched(void)
{
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < ROOM; j++) {
            assert_true(nt_out[i][j] == UNTOUCHED);
        }
    }
    assert_int_equal(nt_count, UNTOUCHED);
}

#define NT_FAILS(status, handle, word, call)  \
    do {                                      \
        nt_clean();                           \
        nt_fails(status, handle, word, call); \
        nt_untouched();                       \
    } while (0)

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static void test_create(void **state)
{
    (void)state;
    static const struct {
        const char *options, *word;
    } bad[] = {
        {"spring=0", "spring"},
        {"spring=-1", "spring"},
        {"length=0", "length"},
        {"friction_right=-.1", "friction_right"},
        {"friction_left=-.1", "friction_left"},
        {"noise=-1", "noise"},
        {"decay=-1", "decay"},
        {"step=0", "step"},
        {"step=.5", "below 0.5"},
        {"step=.3 spring=2", "below 0.25"},
        {"order=2 step=1.8", "below 1.53112887"}, /* 0.2 h^2 + h = 2 */
        {"order=2 damping=0 step=3.2", "below 3.16227766"},
        {"order=2 mass=0", "mass"},
        {"order=2 damping=-1", "damping"},
        {"order=3", "order"},
        {"order=0", "order"},
        {"order=1.5", "integer"},
        {"mass=1", "order"},
        {"damping=1", "order"},
        {"scheme=sign", "order"},
        {"order=2 scheme=explicit", "proximal|sign"},
        {"pull=up", "held|force"},
        {"force=1", "held"},
        {"pull=force force=-1", "force"},
        {"noise_kind=white", "independent|common"},
        {"friction=1", "friction_left"},
    };
    nndyn_springblock *out = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nndyn_options *options = nt_options(bad[i].options);
        nt_fails(NNDYN_EOPTION, context, bad[i].word, nndyn_springblock_create(context, 7, options, &out));
        nndyn_options_free(options);
    }
    nt_fails(NNDYN_EARG, context, "blocks is 0", nndyn_springblock_create(context, 0, NULL, &out));
    nt_fails(NNDYN_EARG, context, "100000", nndyn_springblock_create(context, 100001, NULL, &out));
    nt_fails(NNDYN_EARG, context, "out", nndyn_springblock_create(context, 1, NULL, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 1000));
    nt_fails(NNDYN_ELIMIT, context, "memory limit", nndyn_springblock_create(context, 100000, NULL, &out));
    assert_null(out);
    assert_int_equal(nndyn_springblock_create(NULL, 1, NULL, &out), NNDYN_EARG);
    nndyn_springblock_free(NULL);
}

/* Just inside the bounds of stability nothing grows. */
static void test_edge_of_stability(void **state)
{
    (void)state;
    const char *const kinds[] = {"step=.4999 friction_right=0 friction_left=0", "order=2 step=1.531",
                                 "order=2 step=1.531 scheme=sign", "order=2 damping=0 step=3.16 decay=1 noise=.001"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        double x[NT_BLOCKS];
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, kinds[i]);
        nt_ok(chain, nndyn_springblock_run(chain, 20000));
        nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
        for (int l = 0; l < NT_BLOCKS; l++) {
            assert_true(fabs(x[l]) < 10);
        }
        nndyn_springblock_free(chain);
    }
}

/* ---- one chain --------------------------------------------------------------------------------------------------- */

static void test_state(void **state)
{
    (void)state;
    const double x[3] = {1, 2, 3}, bad[3] = {1, 2, NAN};
    double before[3], after[3], *o = nt_out[0];
    nndyn_springblock *chain = nt_chain(3, ""), *inertial = nt_chain(3, "order=2");
    nt_ok(chain, nndyn_springblock_run(chain, 5));
    nt_ok(chain, nndyn_springblock_get_state(chain, before, NULL, NULL));
    nt_fails(NNDYN_EARG, chain, "x is NULL", nndyn_springblock_set_state(chain, NULL, NULL, 0));
    nt_fails(NNDYN_EARG, chain, "order 1", nndyn_springblock_set_state(chain, x, x, 0));
    nt_fails(NNDYN_EARG, chain, "step is -1", nndyn_springblock_set_state(chain, x, NULL, -1));
    nt_fails(NNDYN_EARG, chain, "step", nndyn_springblock_set_state(chain, x, NULL, ((int64_t)1 << 40) + 1));
    nt_fails(NNDYN_EDATA, chain, "x is", nndyn_springblock_set_state(chain, bad, NULL, 0));
    nt_fails(NNDYN_EDATA, inertial, "v is", nndyn_springblock_set_state(inertial, x, bad, 0));
    nt_fails(NNDYN_EARG, chain, "steps is -1", nndyn_springblock_run(chain, -1));
    nt_fails(NNDYN_EARG, chain, "steps", nndyn_springblock_run(chain, (int64_t)1 << 40));
    NT_FAILS(NNDYN_EARG, chain, "every is 0", nndyn_springblock_trajectory(chain, 9, 0, 4, o, NULL));
    NT_FAILS(NNDYN_EARG, chain, "make 4", nndyn_springblock_trajectory(chain, 11, 3, 5, o, NULL));
    NT_FAILS(NNDYN_EARG, chain, "x is NULL", nndyn_springblock_trajectory(chain, 9, 3, 4, NULL, o));
    NT_FAILS(NNDYN_EARG, chain, "steps is -3", nndyn_springblock_trajectory(chain, -3, 3, 0, o, NULL));
    NT_FAILS(NNDYN_EARG, chain, "separation", nndyn_springblock_separation(chain, NULL));
    NT_FAILS(NNDYN_EARG, chain, "name is NULL", nndyn_springblock_get(chain, NULL, o));
    NT_FAILS(NNDYN_EARG, chain, "value", nndyn_springblock_get(chain, "noise", NULL));
    NT_FAILS(NNDYN_EARG, chain, "friction_right", nndyn_springblock_get(chain, "friction", o));
    nt_ok(context, nndyn_context_set_memory_limit(context, 300));
    NT_FAILS(NNDYN_ELIMIT, chain, "trajectory", nndyn_springblock_trajectory(chain, 30, 1, 31, o, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    nt_fails(NNDYN_ELIMIT, chain, "chains", nndyn_springblock_run(chain, 1));
    nt_ok(chain, nndyn_springblock_get_state(chain, after, NULL, &nt_count));
    assert_int_equal(nt_count, 5);
    nt_same(before, after, sizeof before);
    assert_int_equal(nndyn_springblock_run(NULL, 1), NNDYN_EARG);
    nndyn_springblock_free(chain);
    nndyn_springblock_free(inertial);
}

/* Beyond the range of numbers. */
static void test_overflow(void **state)
{
    (void)state;
    double x[3], o[3] = {.5, .5, .5};
    const double friction = .1, noise = 1e308;
    nndyn_springblock *chain = nt_chain(3, "length=1e308 noise=1e308");
    nt_fails(NNDYN_ENUMERIC, chain, "range of numbers", nndyn_springblock_run(chain, 10000));
    nt_clean();
    nt_fails(NNDYN_ENUMERIC, chain, "range", nndyn_springblock_ensemble(chain, 2, 10000, NULL, o, o, NULL, NULL, NULL));
    nt_fails(NNDYN_ENUMERIC, chain, "range",
             nndyn_springblock_phase(chain, 1, &friction, 1, &noise, 2, 10000, NULL, o, NULL, NULL, NULL, NULL));
    nt_near(o[0], .5, 0);
    nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
    nt_near(x[2], 0, 0);
    nndyn_springblock_free(chain);
    chain = nt_chain(1, "pull=force force=1e308 spring=1e-12 step=1e9 noise=0");
    nt_fails(NNDYN_ENUMERIC, chain, "range", nndyn_springblock_mean_field(chain, 100, o));
    nt_fails(NNDYN_ENUMERIC, chain, "range",
             nndyn_springblock_phase(chain, 1, &friction, 1, &friction, 0, 100, NULL, o, NULL, NULL, NULL, NULL));
    nt_near(o[0], .5, 0);
    nndyn_springblock_free(chain);
}

/* ---- many chains ------------------------------------------------------------------------------------------------- */

static void test_ensemble(void **state)
{
    (void)state;
    double *const *o = (double *[]){nt_out[0], nt_out[1], nt_out[2], nt_out[3], nt_out[4], nt_out[5]};
    nndyn_options *beyond = nt_options("average=1.5"), *unknown = nt_options("averages=1");
    nndyn_springblock *chain = nt_chain(3, "");
    NT_FAILS(NNDYN_EARG, chain, "runs is 0",
             nndyn_springblock_ensemble(chain, 0, 5, NULL, o[0], o[1], o[2], o[3], o[4]));
    NT_FAILS(NNDYN_EARG, chain, "runs",
             nndyn_springblock_ensemble(chain, (1 << 24) + 1, 5, NULL, o[0], o[1], o[2], o[3], o[4]));
    NT_FAILS(NNDYN_EARG, chain, "steps", nndyn_springblock_ensemble(chain, 2, -5, NULL, o[0], o[1], o[2], o[3], o[4]));
    NT_FAILS(NNDYN_EARG, chain, "mean", nndyn_springblock_ensemble(chain, 2, 5, NULL, NULL, o[1], o[2], o[3], o[4]));
    NT_FAILS(NNDYN_EOPTION, chain, "average",
             nndyn_springblock_ensemble(chain, 2, 5, beyond, o[0], o[1], o[2], o[3], o[4]));
    NT_FAILS(NNDYN_EOPTION, chain, "average",
             nndyn_springblock_ensemble(chain, 2, 5, unknown, o[0], o[1], o[2], o[3], o[4]));
    nt_ok(context, nndyn_context_set_memory_limit(context, 10000));
    NT_FAILS(NNDYN_ELIMIT, chain, "ensemble",
             nndyn_springblock_ensemble(chain, 1000, 5, NULL, o[0], o[1], o[2], o[3], o[4]));
    nndyn_options_free(beyond);
    nndyn_options_free(unknown);
    nndyn_springblock_free(chain);
}

static void test_phase(void **state)
{
    (void)state;
    const double good[2] = {.1, .2}, negative[2] = {.1, -.2}, nan[2] = {NAN, .1};
    double *a = nt_out[0], *b = nt_out[1], *c = nt_out[2], *d = nt_out[3], *e = nt_out[4];
    nndyn_options *axis = nt_options("axis=up"), *average = nt_options("average=.5");
    nndyn_springblock *chain = nt_chain(3, ""), *inertial = nt_chain(3, "order=2");
#define PHASE(nf, f, nn, n, runs, steps, options) \
    nndyn_springblock_phase(chain, nf, f, nn, n, runs, steps, options, a, b, c, d, e)
    NT_FAILS(NNDYN_EARG, chain, "frictions is 0", PHASE(0, good, 2, good, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "noises is 0", PHASE(2, good, 0, good, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "friction is NULL", PHASE(2, NULL, 2, good, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "noise is NULL", PHASE(2, good, 2, NULL, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "friction[1] is -0.2", PHASE(2, negative, 2, good, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "noise[1] is -0.2", PHASE(2, good, 2, negative, 1, 5, NULL));
    NT_FAILS(NNDYN_EDATA, chain, "friction", PHASE(2, nan, 2, good, 1, 5, NULL));
    NT_FAILS(NNDYN_EDATA, chain, "noise", PHASE(2, good, 2, nan, 1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "runs is -1", PHASE(2, good, 2, good, -1, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "steps is -1", PHASE(2, good, 2, good, 1, -1, NULL));
    NT_FAILS(NNDYN_EOPTION, chain, "right|left|both", PHASE(2, good, 2, good, 1, 5, axis));
    NT_FAILS(NNDYN_EOPTION, chain, "average", PHASE(2, good, 2, good, 0, 5, average));
    NT_FAILS(NNDYN_EUNSUPPORTED, inertial, "order 2",
             nndyn_springblock_phase(inertial, 2, good, 2, good, 0, 5, NULL, a, b, c, d, e));
    nt_ok(context, nndyn_context_set_memory_limit(context, 100));
    NT_FAILS(NNDYN_ELIMIT, chain, "phase", PHASE(2, good, 2, good, 1, 5, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 2000));
    NT_FAILS(NNDYN_ELIMIT, chain, "ensemble", PHASE(2, good, 2, good, 100, 5, NULL));
#undef PHASE
    nndyn_options_free(axis);
    nndyn_options_free(average);
    nndyn_springblock_free(chain);
    nndyn_springblock_free(inertial);
}

/* ---- closed forms ------------------------------------------------------------------------------------------------ */

static void test_closed(void **state)
{
    (void)state;
    const double force[2] = {0, .0031}, nan[1] = {NAN};
    double *o = nt_out[0], *p = nt_out[1], *q = nt_out[2];
    nndyn_springblock *chain = nt_chain(3, ""), *inertial = nt_chain(3, "order=2"), *inside = nt_chain(3, "start=.5");
    nndyn_springblock *pulled = nt_chain(3, "pull=force start=1"), *still = nt_chain(3, "noise=0");
    nndyn_springblock *common = nt_chain(3, "noise_kind=common"), *quiet = nt_chain(3, "noise=.001");
    nndyn_springblock *frozen = nt_chain(3, "order=2 noise=0"), *free = nt_chain(3, "order=2 damping=0");
    NT_FAILS(NNDYN_EARG, chain, "x is NULL", nndyn_springblock_stuck(chain, NULL, &nt_count));
    NT_FAILS(NNDYN_EUNSUPPORTED, inside, "start", nndyn_springblock_stuck(inside, o, &nt_count));
    NT_FAILS(NNDYN_EUNSUPPORTED, pulled, "start", nndyn_springblock_stuck(pulled, o, &nt_count));
    NT_FAILS(NNDYN_EARG, chain, "thresholds", nndyn_springblock_cascade(chain, NULL));
    NT_FAILS(NNDYN_EUNSUPPORTED, inside, "start", nndyn_springblock_cascade(inside, o));
    NT_FAILS(NNDYN_EARG, chain, "x is NULL", nndyn_springblock_equilibrium(chain, NULL));
    NT_FAILS(NNDYN_EARG, chain, "steps is NULL", nndyn_springblock_relaxation_time(chain, NULL));
    NT_FAILS(NNDYN_EARG, chain, "covariance", nndyn_springblock_covariance(chain, NULL));
    NT_FAILS(NNDYN_EUNSUPPORTED, inertial, "order 2", nndyn_springblock_covariance(inertial, o));
    NT_FAILS(NNDYN_EUNSUPPORTED, common, "common", nndyn_springblock_covariance(common, o));
    NT_FAILS(NNDYN_ENUMERIC, still, "never frees", nndyn_springblock_covariance(still, o));
    NT_FAILS(NNDYN_ENUMERIC, quiet, "never frees", nndyn_springblock_covariance(quiet, o));
    NT_FAILS(NNDYN_EARG, chain, "n is -1", nndyn_springblock_drift(chain, -1, force, o, p, q));
    NT_FAILS(NNDYN_EARG, chain, "force is NULL", nndyn_springblock_drift(chain, 1, NULL, o, p, q));
    NT_FAILS(NNDYN_EARG, chain, "mean is NULL", nndyn_springblock_drift(chain, 1, force, NULL, p, q));
    NT_FAILS(NNDYN_EDATA, chain, "force", nndyn_springblock_drift(chain, 1, nan, o, p, q));
    NT_FAILS(NNDYN_EUNSUPPORTED, frozen, "noise", nndyn_springblock_drift(frozen, 2, force, o, p, q));
    NT_FAILS(NNDYN_ENUMERIC, free, "force[1]", nndyn_springblock_drift(free, 2, force, o, p, q));
    NT_FAILS(NNDYN_EARG, chain, "x is NULL", nndyn_springblock_mean_field(chain, 5, NULL));
    NT_FAILS(NNDYN_EARG, chain, "steps", nndyn_springblock_mean_field(chain, -5, o));
    NT_FAILS(NNDYN_EUNSUPPORTED, inertial, "order 2", nndyn_springblock_mean_field(inertial, 5, o));
    nt_ok(context, nndyn_context_set_memory_limit(context, 10));
    NT_FAILS(NNDYN_ELIMIT, chain, "mean field", nndyn_springblock_mean_field(chain, 5, o));
    nndyn_springblock *all[] = {chain, inertial, inside, pulled, still, common, quiet, frozen, free};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        nndyn_springblock_free(all[i]);
    }
}

/* ---- stopped ----------------------------------------------------------------------------------------------------- */

static int nt_stop(void *user, const char *task, double fraction)
{
    int *calls = user;
    assert_non_null(strstr(task, "spring-block"));
    assert_true(fraction >= 0 && fraction <= 1);
    return ++*calls >= 2;
}

static void test_canceled(void **state)
{
    (void)state;
    const double axis[2] = {.1, .2};
    const int64_t many = (int64_t)1 << 39;
    double *a = nt_out[0], *b = nt_out[1], x[3], zero[3] = {0};
    int64_t step;
    int calls = 0;
    nndyn_springblock *chain = nt_chain(3, "");
    nt_ok(context, nndyn_context_set_progress(context, nt_stop, &calls));
    NT_FAILS(NNDYN_ECANCELED, chain, "stopped", nndyn_springblock_run(chain, many));
    assert_int_equal(calls, 2);
    calls = 0;
    NT_FAILS(NNDYN_ECANCELED, chain, "stopped", nndyn_springblock_trajectory(chain, many, many / 10, 11, a, b));
    calls = 0;
    NT_FAILS(NNDYN_ECANCELED, chain, "stopped",
             nndyn_springblock_ensemble(chain, 9, many, NULL, a, b, nt_out[2], nt_out[3], nt_out[4]));
    calls = 0;
    NT_FAILS(NNDYN_ECANCELED, chain, "stopped", nndyn_springblock_mean_field(chain, many, a));
    for (int runs = 0; runs < 2; runs++) {
        calls = 0;
        NT_FAILS(NNDYN_ECANCELED, chain, "stopped",
                 nndyn_springblock_phase(chain, 2, axis, 2, axis, runs, many, NULL, a, b, nt_out[2], nt_out[3],
                                         nt_out[4]));
    }
    nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, &step));
    nt_same(x, zero, sizeof x);
    assert_int_equal(step, 0);
    nndyn_springblock_free(chain);
}

static int nt_refuse(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    (void)user;
    (void)work;
    (void)job;
    (void)count;
    return 1;
}

static void test_executor_fails(void **state)
{
    (void)state;
    const double axis[2] = {.1, .2};
    double *a = nt_out[0];
    nndyn_springblock *chain = nt_chain(3, "");
    nt_ok(context, nndyn_context_set_executor(context, nt_refuse, NULL));
    NT_FAILS(NNDYN_ECALLBACK, chain, "ensemble", nndyn_springblock_ensemble(chain, 9, 5, NULL, a, a, NULL, NULL, NULL));
    for (int runs = 0; runs < 2; runs++) {
        NT_FAILS(NNDYN_ECALLBACK, chain, "phase",
                 nndyn_springblock_phase(chain, 2, axis, 2, axis, runs, 5, NULL, a, NULL, NULL, NULL, NULL));
    }
    nt_ok(chain, nndyn_springblock_run(chain, 5)); /* asks for no threads */
    nndyn_springblock_free(chain);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int nt_everything(nt_allocator *a, void *user)
{
    (void)user;
    const double axis[2] = {.1, .2};
    nndyn_context *own = NULL;
    nndyn_springblock *chain = NULL;
    double x[60];
    int status = nt_context_create(a, &own);
    status = status == NNDYN_OK ? nndyn_springblock_create(own, 3, NULL, &chain) : status;
    status = status == NNDYN_OK ? nndyn_springblock_run(chain, 3) : status;
    status = status == NNDYN_OK ? nndyn_springblock_trajectory(chain, 3, 1, 4, x, x + 20) : status;
    status = status == NNDYN_OK ? nndyn_springblock_ensemble(chain, 3, 5, NULL, x, NULL, NULL, NULL, NULL) : status;
    status = status == NNDYN_OK ? nndyn_springblock_mean_field(chain, 5, x) : status;
    for (int runs = 0; runs < 2 && status == NNDYN_OK; runs++) {
        status = nndyn_springblock_phase(chain, 2, axis, 2, axis, runs, 5, NULL, x, NULL, NULL, NULL, NULL);
    }
    nndyn_springblock_free(chain);
    nndyn_context_free(own);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(nt_everything, NULL);
}

#define NT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NT_TEST(test_create),   NT_TEST(test_edge_of_stability), NT_TEST(test_state),
        NT_TEST(test_overflow), NT_TEST(test_ensemble),          NT_TEST(test_phase),
        NT_TEST(test_closed),   NT_TEST(test_canceled),          NT_TEST(test_executor_fails),
        NT_TEST(test_memory),
    };
    return cmocka_run_group_tests_name("springblock errors", tests, NULL, NULL);
}
