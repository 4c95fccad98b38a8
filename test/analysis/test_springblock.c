/* The chain against a naive twin, and its closed forms against the equations they solve and figures of
 * docs/springblock.md.  Nothing here is left to chance: noise is the twin's, or absent. */
#include "springblock_support.h"

/* ---- trajectories ------------------------------------------------------------------------------------------------ */

static void test_first_steps(void **state)
{
    (void)state;
    const double ten[3] = {0, 0.1009528062, 0.42440911382};
    const double from_end[3] = {0.6357292528, 0.95763024064, 1}, limit[3] = {0.53333333333, 0.86666666667, 1};
    const double ones[3] = {1, 1, 1};
    double x[3];
    nndyn_springblock *chain = nt_chain(3, "step=.1 friction_right=.1 friction_left=.2 noise=0");
    nt_ok(chain, nndyn_springblock_run(chain, 10));
    nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
    nt_close(x, ten, 3, 0, 1e-10);
    nt_ok(chain, nndyn_springblock_set_state(chain, ones, NULL, 0));
    nt_ok(chain, nndyn_springblock_run(chain, 10));
    nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
    nt_close(x, from_end, 3, 0, 1e-10);
    nt_ok(chain, nndyn_springblock_run(chain, 10000));
    nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
    nt_close(x, limit, 3, 0, 1e-10);
    nndyn_springblock_free(chain);
}

static const struct {
    const char *options;
    nt_twin twin;
} nt_twins[] = {
    {"friction_left=.16 decay=.4 seed=3",
     {.blocks = 7,
      .order = 1,
      .held = 1,
      .k = 1,
      .y = 1,
      .right = .1,
      .left = .16,
      .noise = .1,
      .decay = .4,
      .step = .01,
      .seed = 3}},
    {"pull=force force=.7 noise_kind=common spring=2 start=.5 length=3",
     {.blocks = 5,
      .order = 1,
      .common = 1,
      .k = 2,
      .y = 3,
      .force = .7,
      .right = .1,
      .left = .1,
      .noise = .1,
      .step = .01,
      .x = {.5, .5, .5, .5, .5}}},
    {"order=2",
     {.blocks = 7,
      .order = 2,
      .held = 1,
      .common = 1,
      .k = .1,
      .y = 1,
      .right = .003,
      .left = .004,
      .noise = .003,
      .decay = .001,
      .step = .05,
      .mass = 1,
      .damping = 1}},
    {"order=2 scheme=sign noise_kind=independent mass=2 damping=.3 noise=.01 seed=-5",
     {.blocks = 3,
      .order = 2,
      .held = 1,
      .sign = 1,
      .k = .1,
      .y = 1,
      .right = .003,
      .left = .004,
      .noise = .01,
      .decay = .001,
      .step = .05,
      .mass = 2,
      .damping = .3,
      .seed = -5}},
    {"order=2 pull=force",
     {.blocks = 1,
      .order = 2,
      .common = 1,
      .k = .1,
      .y = 1,
      .force = 1,
      .right = .003,
      .left = .004,
      .noise = .003,
      .decay = .001,
      .step = .05,
      .mass = 1,
      .damping = 1}},
};

/* All runs of an ensemble are twins, those beyond the first group of lanes too; 700 steps are more than are drawn at a
 * time. */
static void test_twins(void **state)
{
    (void)state;
    enum { RUNS = 10, STEPS = 700 };
    for (size_t i = 0; i < sizeof nt_twins / sizeof *nt_twins; i++) {
        const int64_t blocks = nt_twins[i].twin.blocks;
        nndyn_springblock *chain = nt_chain(blocks, nt_twins[i].options);
        double mean[16], profiles[RUNS * 16], want[RUNS * 16], x[16], v[16];
        nt_twin twin = {0};
        nt_ok(chain, nndyn_springblock_ensemble(chain, RUNS, STEPS, NULL, mean, NULL, NULL, NULL, profiles));
        for (int64_t run = RUNS - 1; run >= 0; run--) {
            twin = nt_twins[i].twin;
            twin.run = run;
            for (int64_t step = 0; step < STEPS; step++) {
                nt_twin_step(&twin, step);
            }
            memcpy(want + run * blocks, twin.x, (size_t)blocks * sizeof *want);
        }
        nt_close(profiles, want, RUNS * blocks, 1e-12, 1e-12);
        nt_ok(chain, nndyn_springblock_run(chain, STEPS));
        nt_ok(chain, nndyn_springblock_get_state(chain, x, v, NULL));
        nt_same(x, profiles, blocks * (int64_t)sizeof *x); /* run 0, to the bit */
        nt_close(v, twin.v, blocks, 1e-12, 1e-12);
        nndyn_springblock_free(chain);
    }
}

/* However it is cut, and after being taken down and put up again, a run has the same bits. */
static void test_interrupted(void **state)
{
    (void)state;
    const char *const kinds[] = {"", "order=2", "order=2 noise_kind=independent scheme=sign", "noise=0"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        double whole[2][NT_BLOCKS], cut[2][NT_BLOCKS], rows[2][5][NT_BLOCKS];
        int64_t step;
        nndyn_springblock *a = nt_chain(NT_BLOCKS, kinds[i]), *b = nt_chain(NT_BLOCKS, kinds[i]);
        nt_ok(a, nndyn_springblock_run(a, 931));
        nt_ok(a, nndyn_springblock_get_state(a, whole[0], whole[1], NULL));
        nt_ok(b, nndyn_springblock_trajectory(b, 400, 101, 4, rows[0][0], rows[1][0]));
        nt_ok(b, nndyn_springblock_get_state(b, cut[0], cut[1], &step));
        assert_int_equal(step, 400);
        nndyn_springblock_free(b);
        b = nt_chain(NT_BLOCKS, kinds[i]);
        nt_ok(b, nndyn_springblock_set_state(b, cut[0], i == 1 || i == 2 ? cut[1] : NULL, step));
        nt_ok(b, nndyn_springblock_run(b, 0));
        nt_ok(b, nndyn_springblock_run(b, 531));
        nt_ok(b, nndyn_springblock_get_state(b, cut[0], cut[1], &step));
        assert_int_equal(step, 931);
        nt_same(cut, whole, sizeof whole);
        nndyn_springblock_free(a);
        nndyn_springblock_free(b);
    }
}

static void test_trajectory(void **state)
{
    (void)state;
    double x[4][3], v[4][3], at[3], speed[3], separation[4];
    nndyn_springblock *chain = nt_chain(3, "order=2 start=.25 length=2"),
                      *other = nt_chain(3, "order=2 start=.25 length=2");
    nt_ok(chain, nndyn_springblock_trajectory(chain, 11, 3, 4, x[0], v[0]));
    for (int row = 0; row < 4; row++) {
        nt_ok(other, nndyn_springblock_get_state(other, at, speed, NULL));
        nt_same(x[row], at, sizeof at);
        nt_same(v[row], speed, sizeof speed);
        nt_ok(other, nndyn_springblock_run(other, row == 3 ? 2 : 3));
    }
    nt_ok(other, nndyn_springblock_get_state(other, at, NULL, NULL));
    nt_ok(chain, nndyn_springblock_separation(chain, separation));
    for (int l = 0; l < 3; l++) {
        nt_near(separation[l + 1], 2 - at[l], 0);
    }
    nt_near(separation[0], 2, 0);
    nndyn_springblock_free(chain);
    nndyn_springblock_free(other);
}

/* ---- at rest ----------------------------------------------------------------------------------------------------- */

/* Published profiles, and curvature through an ensemble of no steps from there. */
static void test_rest(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double x[NT_BLOCKS], kappa, bow;
        int64_t moved;
    } cases[] = {
        {"friction_right=.1", {0, 0, 0, 0, .1, .3, .6}, -.5, .2916666667, 3},
        {"friction_right=.08", {0, 0, 0, .04, .16, .36, .64}, -.4375, .265625, 4},
        {"friction_right=.05", {0, 0, .0416666667, .1333333333, .275, .4666666667, .7083333333}, -.3411764706, 0, 5},
        {"friction_right=.02", {.055, .13, .225, .34, .475, .63, .805}, -.1490683230, 0, 7},
        {"order=2 friction_right=.006 mass=.5", {.02, .07, .15, .26, .40, .57, .77}, 0, 0, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x[NT_BLOCKS], mean[NT_BLOCKS], kappa[2], bow[2];
        int64_t moved;
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, cases[i].options);
        nt_ok(chain, nndyn_springblock_stuck(chain, x, &moved));
        nt_close(x, cases[i].x, NT_BLOCKS, 0, 1e-9);
        assert_int_equal(moved, cases[i].moved);
        nt_ok(chain, nndyn_springblock_set_state(chain, x, NULL, 0));
        nt_ok(chain, nndyn_springblock_ensemble(chain, 2, 0, NULL, mean, NULL, kappa, bow, NULL));
        if (cases[i].kappa != 0) {
            nt_near(kappa[0], cases[i].kappa, 1e-9);
        }
        if (cases[i].bow != 0) {
            nt_near(bow[0], cases[i].bow, 1e-9);
        }
        nt_near(kappa[1], 0, 1e-15);
        nndyn_springblock_free(chain);
    }
}

/* x >= 0, F <= friction, x (F - friction) = 0, for chains of many lengths, frictions and ends. */
static void test_obstacle(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        double draws[4], x[16];
        nt_uniform((uint64_t)i, 4, 0, 1, draws);
        const int64_t blocks = 1 + i % 15;
        const int held = i % 3 > 0, mirrored = i % 3 == 2;
        const double y = .2 + 2 * draws[0], m = .5 * draws[1] * draws[1], k = .5 + draws[2], f = 2 * draws[3];
        char text[200];
        snprintf(text, sizeof text, "step=.1 length=%.17g friction_%s=%.17g spring=%.17g start=%.17g%s", y,
                 mirrored ? "left" : "right", m, k, mirrored ? y : 0.0, held ? "" : " pull=force");
        nndyn_options *options = nt_options(text);
        nndyn_springblock *chain;
        if (!held) {
            nt_ok(options, nndyn_options_set_double(options, "force", f));
        }
        nt_ok(context, nndyn_springblock_create(context, blocks, options, &chain));
        int64_t moved, nonzero = 0;
        nt_ok(chain, nndyn_springblock_stuck(chain, x, &moved));
        for (int64_t l = 0; l < blocks; l++) {
            const double before = l > 0 ? x[l - 1] : 0, after = l + 1 < blocks ? x[l + 1] : y;
            double force = k * (after - 2 * x[l] + before), away = x[l];
            force = l + 1 == blocks && !held ? f - k * (x[l] - before) : force;
            if (mirrored) {
                force = -force;
                away = y - x[l];
            }
            assert_true(away > -1e-14 && force <= m + 1e-10);
            nt_near(away * (force - m), 0, 1e-10);
            nonzero += away > 1e-14;
        }
        assert_int_equal(moved, nonzero);
        nndyn_springblock_free(chain);
        nndyn_options_free(options);
    }
}

/* Pulled harder than the threshold of block n, and no less, it moves. */
static void test_cascade(void **state)
{
    (void)state;
    static const struct {
        double y;
        int64_t moved;
    } lengths[] = {{.09, 0}, {.11, 1}, {.29, 1}, {.59, 2}, {.61, 3}, {1.01, 4}, {1.51, 5}, {99, 7}};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char text[80];
        double x[NT_BLOCKS], thresholds[NT_BLOCKS];
        int64_t moved;
        for (int mirrored = 0; mirrored < 2; mirrored++) {
            snprintf(text, sizeof text, "length=%g start=%g", lengths[i].y, mirrored ? lengths[i].y : 0);
            nndyn_springblock *chain = nt_chain(NT_BLOCKS, text);
            nt_ok(chain, nndyn_springblock_stuck(chain, x, &moved));
            nt_ok(chain, nndyn_springblock_cascade(chain, thresholds));
            assert_int_equal(moved, lengths[i].moved);
            for (int n = 0; n < NT_BLOCKS; n++) {
                assert_int_equal(thresholds[n] < lengths[i].y, n < moved);
            }
            nndyn_springblock_free(chain);
        }
    }
    double x[3], thresholds[3], want[3] = {.2, .4, .6};
    int64_t moved;
    nndyn_springblock *chain = nt_chain(3, "pull=force force=.5 friction_right=.2");
    nt_ok(chain, nndyn_springblock_cascade(chain, thresholds));
    nt_close(thresholds, want, 3, 0, 1e-15);
    nt_ok(chain, nndyn_springblock_stuck(chain, x, &moved));
    assert_int_equal(moved, 2);
    nndyn_springblock_free(chain);
}

/* Run without noise, a chain comes there. */
static void test_comes_to_rest(void **state)
{
    (void)state;
    const char *const kinds[] = {"noise=0 friction_right=.05",
                                 "noise=0 friction_left=.05 start=1",
                                 "noise=0 pull=force force=.33 friction_right=.05",
                                 "order=2 noise=0",
                                 "order=2 noise=0 mass=2 damping=4",
                                 "order=2 noise=0 pull=force force=.01"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        double x[NT_BLOCKS], want[NT_BLOCKS];
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, kinds[i]);
        nt_ok(chain, nndyn_springblock_stuck(chain, want, NULL));
        nt_ok(chain, nndyn_springblock_run(chain, 60000));
        nt_ok(chain, nndyn_springblock_get_state(chain, x, NULL, NULL));
        nt_close(x, want, NT_BLOCKS, 0, 2e-5);
        nndyn_springblock_free(chain);
    }
}

/* Order 2 as published, without noise: implicit friction sticks, explicit friction creeps. */
static void test_creep(void **state)
{
    (void)state;
    const double want[NT_BLOCKS] = {.98, .93, .85, .74, .60, .43, .23};
    double x[NT_BLOCKS];
    nndyn_springblock *proximal = nt_chain(NT_BLOCKS, "order=2 noise=0");
    nndyn_springblock *sign = nt_chain(NT_BLOCKS, "order=2 noise=0 scheme=sign");
    nt_ok(proximal, nndyn_springblock_run(proximal, 14000));
    nt_ok(proximal, nndyn_springblock_get_state(proximal, x, NULL, NULL));
    nt_from_end(NT_BLOCKS, x);
    nt_close(x, want, NT_BLOCKS, 0, 1e-4);
    nt_ok(sign, nndyn_springblock_run(sign, 14000));
    nt_ok(sign, nndyn_springblock_get_state(sign, x, NULL, NULL));
    nt_near(1 - x[0], .9555, 2e-4);
    nt_ok(sign, nndyn_springblock_run(sign, 126000));
    nt_ok(sign, nndyn_springblock_get_state(sign, x, NULL, NULL));
    nt_near(1 - x[0], .8896, 2e-4);
    nndyn_springblock_free(proximal);
    nndyn_springblock_free(sign);
}

/* ---- stationary -------------------------------------------------------------------------------------------------- */

/* The force on every block is the balance of the two frictions. */
static void test_equilibrium(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double k, y, force, balance;
    } cases[] = {
        {"friction_left=.16", 1, 1, -1, -.03},
        {"friction_right=.3 length=2 spring=4", 4, 2, -1, .1},
        {"order=2 mass=3", .1, 1, -1, -.0015},
        {"pull=force force=.5 friction_left=.2", 1, 1, .5, -.05},
    };
    const double first[NT_BLOCKS] = {.23, .43, .60, .74, .85, .93, .98};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x[NT_BLOCKS];
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, cases[i].options);
        nt_ok(chain, nndyn_springblock_equilibrium(chain, x));
        for (int l = 0; l < NT_BLOCKS; l++) {
            const int last = l == NT_BLOCKS - 1;
            const double inner = cases[i].k * (x[l] - (l > 0 ? x[l - 1] : 0));
            const double outer =
                last && cases[i].force >= 0 ? cases[i].force : cases[i].k * ((last ? cases[i].y : x[l + 1]) - x[l]);
            nt_near(outer - inner, cases[i].balance, 1e-13);
        }
        if (i == 0) {
            nt_close(x, first, NT_BLOCKS, 0, 1e-12);
        }
        nndyn_springblock_free(chain);
    }
}

/* ---- means over the noise ---------------------------------------------------------------------------------------- */

/* Expectation over the normal law by the midpoint rule, and differences. */
static double nt_mean(double force, double noise, double right, double left, int power)
{
    enum { POINTS = 200000 };
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
        const double z = -10 + 20 * (i + .5) / POINTS, g = force + noise * z;
        const double s = g > right ? g - right : g < -left ? g + left : 0;
        sum += exp(-z * z / 2) * (power == 1 ? s : s * s);
    }
    return sum * 20 / POINTS / 2.506628274631000502;
}

static void test_drift(void **state)
{
    (void)state;
    enum { N = 5 };
    const double force[N] = {0, .05, -.03, .2, -.3};
    const double want[N] = {.006007350263, .019132824460, 0, .108327635958, -.143666099745};
    double mean[N], square[N], mobility[N], ahead[N], behind[N], moved[N], back[N];
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "friction_left=.16");
    nt_ok(chain, nndyn_springblock_drift(chain, N, force, mean, square, mobility));
    nt_close(mean, want, N, 0, 1e-12);
    for (int i = 0; i < N; i++) {
        nt_near(mean[i], nt_mean(force[i], .1, .1, .16, 1), 1e-9);
        nt_near(square[i], nt_mean(force[i], .1, .1, .16, 2), 1e-9);
        moved[i] = force[i] + 1e-5;
        back[i] = force[i] - 1e-5;
    }
    nt_ok(chain, nndyn_springblock_drift(chain, N, moved, ahead, NULL, NULL));
    nt_ok(chain, nndyn_springblock_drift(chain, N, back, behind, NULL, NULL));
    for (int i = 0; i < N; i++) {
        nt_near(mobility[i], (ahead[i] - behind[i]) / 2e-5, 1e-8);
    }
    nndyn_springblock_free(chain);
    chain = nt_chain(NT_BLOCKS, "friction_left=.16 noise=0");
    const double bare[N] = {0, 0, 0, .1, -.14}, slope[N] = {0, 0, 0, 1, 1};
    nt_ok(chain, nndyn_springblock_drift(chain, N, force, mean, square, mobility));
    nt_close(mean, bare, N, 0, 1e-15);
    nt_close(mobility, slope, N, 0, 0);
    nndyn_springblock_free(chain);
}

/* Moments of exp(-(c v^2 - 2 (F - right) v m ...) / ...) by the midpoint rule over where it is not small. */
static void nt_density(double force, double noise, double mass, double c, double right, double left, double out[2])
{
    enum { POINTS = 400000 };
    const double width = 14 * noise / sqrt(2 * c / mass) + 2 * fabs(force) / c;
    double sums[3] = {0}, top = -1e300;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < POINTS; i++) {
            const double v = width * (2 * (i + .5) / POINTS - 1);
            const double push = v > 0 ? (force / mass - right) * v : -(force / mass + left) * -v;
            const double e = -(c / mass * v * v - 2 * push) / (noise * noise);
            top = pass == 0 && e > top ? e : top;
            for (int p = 0; pass == 1 && p < 3; p++) {
                sums[p] += exp(e - top) * (p == 0 ? 1 : p == 1 ? v : v * v);
            }
        }
    }
    out[0] = sums[1] / sums[0];
    out[1] = sums[2] / sums[0];
}

static void test_velocity(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double noise, mass, damping;
    } cases[] = {
        {"order=2 noise=.00794", .00794, 1, 1},
        {"order=2 noise=.001 damping=.2 mass=3", .001, 3, .2},
        {"order=2 noise=.0003 damping=5", .0003, 1, 5},
    };
    const double force[3] = {0, 5e-4, -5e-4}, published[3] = {3.103e-4, 6.212e-4, 0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean[3], square[3], mobility[3], f[3], ahead[3], behind[3];
        nndyn_springblock *chain = nt_chain(1, cases[i].options);
        for (int j = 0; j < 3; j++) {
            f[j] = i == 0 ? force[j] : (double[]){.2, -.1, -.0015}[j] * .1;
        }
        nt_ok(chain, nndyn_springblock_drift(chain, 3, f, mean, square, mobility));
        for (int j = 0; j < 3; j++) {
            double want[2];
            nt_density(f[j], cases[i].noise, cases[i].mass, cases[i].damping, .003, .004, want);
            nt_near(mean[j], want[0], 1e-9 * cases[i].noise + 1e-6 * fabs(want[0]));
            nt_near(square[j], want[1], 1e-6 * want[1]);
        }
        if (i == 0) {
            nt_close(mean, published, 3, 0, 3e-6);
            nt_near(square[0], 1.967e-5, .02 * 1.967e-5);
            nt_near(mean[2], 0, 1e-17);
            nt_near(mobility[2], .62, .005);
            nt_near(mobility[2], 2 / (.00794 * .00794) * square[2], 1e-12);
        }
        const double h = 1e-4 * cases[i].noise;
        nt_ok(chain, nndyn_springblock_drift(chain, 3, (double[]){f[0] + h, f[1] + h, f[2] + h}, ahead, NULL, NULL));
        nt_ok(chain, nndyn_springblock_drift(chain, 3, (double[]){f[0] - h, f[1] - h, f[2] - h}, behind, NULL, NULL));
        for (int j = 0; j < 3; j++) {
            nt_near((ahead[j] - behind[j]) / (2 * h), mobility[j], 1e-6 * mobility[j] + 1e-9);
        }
        nndyn_springblock_free(chain);
    }
    /* without damping: exponentials, of inverse lengths 2 (friction -+ force) / noise^2 */
    nndyn_springblock *chain = nt_chain(1, "order=2 damping=0 noise=.01");
    double mean, square;
    const double f = .001, a = 2 * .002 / 1e-4, b = 2 * .005 / 1e-4, z = 1 / a + 1 / b;
    nt_ok(chain, nndyn_springblock_drift(chain, 1, &f, &mean, &square, NULL));
    nt_near(mean, (1 / (a * a) - 1 / (b * b)) / z, 1e-15);
    nt_near(square, (2 / (a * a * a) + 2 / (b * b * b)) / z, 1e-15);
    nndyn_springblock_free(chain);
}

static void test_mean_field(void **state)
{
    (void)state;
    const double want[NT_BLOCKS] = {.12336, .24697, .37104, .49572, .62104, .74697, .87336};
    const double pi = 3.14159265358979323846;
    double x[NT_BLOCKS], equilibrium[NT_BLOCKS], kappa[2], steps;
    nndyn_springblock *chain = nt_chain(NT_BLOCKS, "");
    nt_ok(chain, nndyn_springblock_mean_field(chain, 10000, x));
    nt_close(x, want, NT_BLOCKS, 0, 1e-5);
    nt_ok(chain, nndyn_springblock_set_state(chain, x, NULL, 0));
    nt_ok(chain, nndyn_springblock_ensemble(chain, 1, 0, NULL, x, NULL, kappa, NULL, NULL));
    nt_near(kappa[0], -.00347, 1e-5);
    assert_true(isnan(kappa[1]));
    /* the slowest mode */
    nt_ok(chain, nndyn_springblock_equilibrium(chain, equilibrium));
    for (int l = 0; l < NT_BLOCKS; l++) {
        x[l] = equilibrium[l] + 1e-4 * sin(pi * (l + 1) / 8);
    }
    nt_ok(chain, nndyn_springblock_set_state(chain, x, NULL, 0));
    nt_ok(chain, nndyn_springblock_mean_field(chain, 1000, x));
    nt_near((x[3] - equilibrium[3]) / 1e-4, .6168106, 3e-5);
    nt_ok(chain, nndyn_springblock_relaxation_time(chain, &steps));
    nt_near(pow(1 - 1 / steps, 1000), .6168106, 1e-7);
    nt_near(steps, 2070, .5);
    nndyn_springblock_free(chain);
}

/* As noise decays, S of small noise is taken: mean field without noise is the chain without noise. */
static void test_mean_field_without_noise(void **state)
{
    (void)state;
    double x[4], y[4];
    nndyn_springblock *chain = nt_chain(4, "noise=0 pull=force force=.6 friction_left=.02 start=.1");
    nt_ok(chain, nndyn_springblock_mean_field(chain, 777, x));
    nt_ok(chain, nndyn_springblock_run(chain, 777));
    nt_ok(chain, nndyn_springblock_get_state(chain, y, NULL, NULL));
    nt_close(x, y, 4, 1e-12, 1e-13);
    nndyn_springblock_free(chain);
}

static void test_relaxation_times(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        double steps, tolerance;
    } cases[] = {
        {"order=2 decay=0", 106 / .05, 5},
        {"order=2 noise=0", INFINITY, 0},
        {"noise=0", INFINITY, 0},
        {"noise=0 friction_right=0 friction_left=0", 1 / (.01 * 4 * 0.0380602337), 1e-3},
        {"order=2 noise=0 friction_right=0 friction_left=0", 1 / (.05 * .1 * 4 * 0.0380602337), 1e-3},
        {"order=2 noise=0 friction_right=0 friction_left=0 damping=0", INFINITY, 0},
        /* a quarter wave: sin^2(pi / 30) */
        {"pull=force noise=0 friction_right=0 friction_left=0", 1 / (.01 * 4 * 0.0109261996), 1e-3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double steps;
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, cases[i].options);
        nt_ok(chain, nndyn_springblock_relaxation_time(chain, &steps));
        if (isfinite(cases[i].steps)) {
            nt_near(steps, cases[i].steps, cases[i].tolerance);
        } else {
            assert_true(isinf(steps) && steps > 0);
        }
        nndyn_springblock_free(chain);
    }
}

/* Times the matrix of springs the covariance is a multiple of the identity; its diagonal has the published sizes. */
static void test_covariance(void **state)
{
    (void)state;
    const double sd[NT_BLOCKS] = {.00456, .00597, .00667, .00689, .00667, .00597, .00456};
    double c[NT_BLOCKS * NT_BLOCKS];
    for (int held = 0; held < 2; held++) {
        nndyn_springblock *chain = nt_chain(NT_BLOCKS, held ? "" : "pull=force");
        nt_ok(chain, nndyn_springblock_covariance(chain, c));
        for (int i = 0; i < NT_BLOCKS; i++) {
            if (held) {
                nt_near(sqrt(c[i * NT_BLOCKS + i]), sd[i], 6e-6);
            }
            for (int j = 0; j < NT_BLOCKS; j++) {
                const double before = i > 0 ? c[(i - 1) * NT_BLOCKS + j] : 0, here = c[i * NT_BLOCKS + j];
                const double after = i + 1 < NT_BLOCKS ? c[(i + 1) * NT_BLOCKS + j] : held ? 0 : here;
                const double scale = c[0] * (held ? 8.0 / 7 : 1);
                nt_near(2 * here - before - after, i == j ? scale : 0, 1e-15);
            }
        }
        nndyn_springblock_free(chain);
    }
}

static void test_get(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double first, second;
    } defaults[] = {
        {"blocks", 7, 7},
        {"order", 1, 2},
        {"spring", 1, .1},
        {"length", 1, 1},
        {"force", 1, 1},
        {"noise", .1, .003},
        {"friction_right", .1, .003},
        {"friction_left", .1, .004},
        {"decay", 0, .001},
        {"step", .01, .05},
        {"mass", 1, 1},
        {"damping", 1, 1},
        {"start", 0, 0},
        {"amplitude", .1, .00793725393319377},
    };
    nndyn_springblock *first = nt_chain(7, ""), *second = nt_chain(7, "order=2");
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        double value;
        nt_ok(first, nndyn_springblock_get(first, defaults[i].name, &value));
        nt_near(value, defaults[i].first, 1e-16);
        nt_ok(second, nndyn_springblock_get(second, defaults[i].name, &value));
        nt_near(value, defaults[i].second, 1e-16);
    }
    double amplitude;
    nt_ok(second, nndyn_springblock_run(second, 2000));
    nt_ok(second, nndyn_springblock_get(second, "amplitude", &amplitude));
    nt_near(amplitude, .00793725393319377 * exp(-.1), 1e-15);
    nndyn_springblock_free(first);
    nndyn_springblock_free(second);
}

#define NT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NT_TEST(test_first_steps),
        NT_TEST(test_twins),
        NT_TEST(test_interrupted),
        NT_TEST(test_trajectory),
        NT_TEST(test_rest),
        NT_TEST(test_obstacle),
        NT_TEST(test_cascade),
        NT_TEST(test_comes_to_rest),
        NT_TEST(test_creep),
        NT_TEST(test_equilibrium),
        NT_TEST(test_drift),
        NT_TEST(test_velocity),
        NT_TEST(test_mean_field),
        NT_TEST(test_mean_field_without_noise),
        NT_TEST(test_relaxation_times),
        NT_TEST(test_covariance),
        NT_TEST(test_get),
    };
    return cmocka_run_group_tests_name("springblock", tests, NULL, NULL);
}
