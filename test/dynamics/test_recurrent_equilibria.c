/* test_recurrent_equilibria.c - equilibria of recurrent networks, and what is certain of them: closed forms of one and
 * two neurons, grids, trajectories. */
#include "nndyn.h"
#include "nndyn/recurrent.h"
#include "support/support.h"

static double figure(nndyn_fixed_points *f, int64_t index, const char *name)
{
    double value = NAN;
    nt_ok(f, nndyn_fixed_points_figure(f, index, name, &value));
    return value;
}

static int64_t count_of(nndyn_fixed_points *f)
{
    int64_t count = -1;
    nt_ok(f, nndyn_fixed_points_shape(f, &count, NULL, NULL));
    return count;
}

static nndyn_fixed_points *search(nndyn_context *c, int64_t n, const double *w, nndyn_recurrent **r)
{
    nndyn_fixed_points *f;
    nt_ok(c, nndyn_recurrent_create(c, n, w, NULL, NNDYN_TANH, NULL, r));
    nt_ok(*r, nndyn_recurrent_equilibria(*r, 0, NULL, NULL, &f));
    return f;
}

/* ---- closed forms ------------------------------------------------------------------------------------------------ */

/* w, its upper equilibrium, eigenvalue -1 + w (1 - x^2), certified radius */
static void one_neuron(void **state)
{
    (void)state;
    static const double cases[3][2] = {{2, 0.9575040240773}, {1.5, 0.8585596366401}, {3, 0.9949015284526}};
    for (int k = 0; k < 3; k++) {
        nndyn_context *c;
        nndyn_recurrent *r;
        double w = cases[k][0], x, mode, re, im, mu, radius, eigenvalue = -1 + w * (1 - cases[k][1] * cases[k][1]);
        int stability;
        int64_t unstable, n, q;
        nt_ok(NULL, nndyn_context_create(&c));
        nndyn_fixed_points *f = search(c, 1, &w, &r);
        assert_true(count_of(f) == 3);
        nt_ok(f, nndyn_fixed_points_shape(f, NULL, &n, &q));
        assert_true(n == 1 && q == 1);
        for (int i = 0; i < 3; i++) {
            nt_ok(f, nndyn_fixed_points_get(f, i, &x, &stability, &unstable));
            nt_near(x, (i - 1) * cases[k][1], 1e-12);
            assert_true(unstable == (i == 1));
            assert_int_equal(stability, i == 1 ? NNDYN_FIXED_POINT_UNSTABLE : NNDYN_FIXED_POINT_STABLE);
            nt_ok(f, nndyn_fixed_points_modes(f, i, &re, &im, &mode));
            nt_near(re, i == 1 ? w - 1 : eigenvalue, 1e-11);
            assert_true(im == 0 && mode == 1);
            nt_near(figure(f, i, "abscissa"), re, 1e-14);
            nt_near(figure(f, i, "contraction"), re, 1e-14);
            assert_true(figure(f, i, "residual") <= 1e-12);
        }
        assert_true(figure(f, 0, "relaxed") + figure(f, 2, "relaxed") == 64 && figure(f, 1, "relaxed") == 0);
        assert_true(figure(f, 1, "newton") > 0);
        nt_ok(r, nndyn_recurrent_ball(r, &x, NULL, &mu, &radius));
        nt_near(mu, eigenvalue, 1e-11);
        nt_near(radius, -eigenvalue / (4 / (3 * sqrt(3)) * w * w), 1e-10);
        if (k == 0) { /* the figures as published */
            nt_near(mu, -0.8336279, 5e-8);
            nt_near(radius, 0.2707286, 5e-8);
        }
        nndyn_fixed_points_free(f);
        nndyn_recurrent_free(r);
        nndyn_context_free(c);
    }
}

/* x1 = tanh(1.5 x2), x2 = tanh(1.5 x1): two sinks on the diagonal, a saddle at 0 with modes along both diagonals. */
static void two_neurons(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w[4] = {0, 1.5, 1.5, 0}, x[2], re[2], im[2], modes[4], mu, radius;
    int stability;
    const double star = 0.8585596366401, h = sqrt(0.5);
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_fixed_points *f = search(c, 2, w, &r);
    assert_true(count_of(f) == 3);
    for (int i = 0; i < 3; i++) {
        nt_ok(f, nndyn_fixed_points_get(f, i, x, &stability, NULL));
        nt_near(x[0], (i - 1) * star, 1e-12);
        nt_near(x[1], (i - 1) * star, 1e-12);
        assert_int_equal(stability, i == 1 ? NNDYN_FIXED_POINT_UNSTABLE : NNDYN_FIXED_POINT_STABLE);
    }
    nt_ok(r, nndyn_recurrent_ball(r, x, NULL, &mu, &radius));
    nt_near(radius, 0.3496935, 5e-8);
    nt_near(mu, -1 + 1.5 * (1 - star * star), 1e-11);
    assert_true(radius < sqrt(2) * star);
    nt_ok(f, nndyn_fixed_points_modes(f, 1, re, im, modes));
    nt_close(re, ((double[]){0.5, -2.5}), 2, 0, 1e-13);
    nt_close(modes, ((double[]){h, h, h, -h}), 2, 0, 1e-13);
    nt_near(fabs(modes[2]), h, 1e-13);
    nt_near(modes[2] + modes[3], 0, 1e-13);
    nt_ok(r, nndyn_recurrent_ball(r, (double[]){0, 0}, NULL, &mu, &radius));
    assert_true(radius == 0);
    nt_near(mu, 0.5, 1e-13);
    nndyn_fixed_points_free(f);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* diag(2, 2): the nine pairs of the three equilibria of one neuron; four sinks, four saddles, a source, in order. */
static void two_neurons_apart(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    double w[4] = {2, 0, 0, 2}, x[2];
    int64_t unstable;
    nt_ok(NULL, nndyn_context_create(&c));
    nndyn_fixed_points *f = search(c, 2, w, &r);
    assert_true(count_of(f) == 9);
    for (int i = 0; i < 9; i++) {
        nt_ok(f, nndyn_fixed_points_get(f, i, x, NULL, &unstable));
        nt_near(x[0], (i / 3 - 1) * 0.957504024077, 1e-11);
        nt_near(x[1], (i % 3 - 1) * 0.957504024077, 1e-11);
        assert_true(unstable == (i / 3 == 1) + (i % 3 == 1));
    }
    nndyn_fixed_points_free(f);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* gain (0 -1; 1 0) at 0: eigenvalues -1 +- i gain, a pair with its mode in two rows; with a self-weight the real part
 * moves, through marginal. */
static void a_spiral(void **state)
{
    (void)state;
    static const double self[3] = {0, 1, 1.5};
    static const int want[3] = {NNDYN_FIXED_POINT_STABLE, NNDYN_FIXED_POINT_MARGINAL, NNDYN_FIXED_POINT_UNSTABLE};
    for (int k = 0; k < 3; k++) {
        nndyn_context *c;
        nndyn_recurrent *r;
        double w[4] = {self[k], -3, 3, self[k]}, x[2], re[2], im[2], m[4];
        int stability;
        int64_t unstable;
        nt_ok(NULL, nndyn_context_create(&c));
        nndyn_fixed_points *f = search(c, 2, w, &r);
        assert_true(count_of(f) == 1);
        nt_ok(f, nndyn_fixed_points_get(f, 0, x, &stability, &unstable));
        nt_close(x, ((double[]){0, 0}), 2, 0, 1e-12);
        assert_int_equal(stability, want[k]);
        assert_true(unstable == (k == 2 ? 2 : 0));
        nt_ok(f, nndyn_fixed_points_modes(f, 0, re, im, m));
        nt_close(re, ((double[]){self[k] - 1, self[k] - 1}), 2, 0, 1e-12);
        nt_close(im, ((double[]){3, -3}), 2, 0, 1e-12);
        for (int i = 0; i < 2; i++) { /* J (m0 + i m1) = lambda (m0 + i m1) */
            double real = -m[i] + w[2 * i] * m[0] + w[2 * i + 1] * m[1];
            double imaginary = -m[2 + i] + w[2 * i] * m[2] + w[2 * i + 1] * m[3];
            nt_near(real, re[0] * m[i] - im[0] * m[2 + i], 1e-10);
            nt_near(imaginary, re[0] * m[2 + i] + im[0] * m[i], 1e-10);
        }
        nndyn_fixed_points_free(f);
        nndyn_recurrent_free(r);
        nndyn_context_free(c);
    }
    assert_string_equal(nndyn_fixed_point_stability_name(NNDYN_FIXED_POINT_STABLE), "stable");
    assert_string_equal(nndyn_fixed_point_stability_name(NNDYN_FIXED_POINT_MARGINAL), "marginal");
    assert_string_equal(nndyn_fixed_point_stability_name(0), "unknown");
}

/* ---- uniqueness -------------------------------------------------------------------------------------------------- */

/* ||W||_2 = 0.9: 200 starts of standard deviation 100 end at one place. */
static void contraction_has_one_equilibrium(void **state)
{
    (void)state;
    enum { N = 20 };
    nndyn_context *c;
    nndyn_recurrent *r;
    nndyn_fixed_points *f;
    nndyn_options *o;
    double w[N * N], b[N], bound;
    int unique, stability;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_normal(3, N * N, w);
    nt_normal(4, N, b);
    nt_ok(c, nndyn_recurrent_create(c, N, w, b, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_unique(r, &bound, &unique));
    assert_true(bound > 1 && !unique);
    nt_ok(r, nndyn_recurrent_set_gain(r, -0.9 / bound));
    nt_ok(r, nndyn_recurrent_unique(r, &bound, &unique));
    nt_near(bound, 0.9, 1e-13);
    assert_true(unique);
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "starts", 200));
    nt_ok(o, nndyn_options_set_text(o, "law", "normal"));
    nt_ok(o, nndyn_options_set_double(o, "box", 100));
    nt_ok(r, nndyn_recurrent_equilibria(r, 0, NULL, o, &f));
    assert_true(count_of(f) == 1 && figure(f, 0, "relaxed") == 200);
    nt_ok(f, nndyn_fixed_points_get(f, 0, NULL, &stability, NULL));
    assert_int_equal(stability, NNDYN_FIXED_POINT_STABLE);
    nndyn_options_free(o);
    nndyn_fixed_points_free(f);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* ---- bounds against grids ---------------------------------------------------------------------------------------- */

enum { GRID = 200001 };

static double largest(nndyn_context *c, int activation, int order)
{
    static double z[GRID], y[GRID];
    double most = 0;
    for (int i = 0; i < GRID; i++) {
        z[i] = -10 + 20.0 * i / (GRID - 1) + 1e-7; /* not at a kink */
    }
    nt_ok(c, nndyn_activation_evaluate(c, activation, NULL, order, GRID, z, y));
    for (int i = 0; i < GRID; i++) {
        most = fmax(most, fabs(y[i]));
    }
    return most;
}

/* Of one neuron: unique gives sup|f'| |w|; the ball gives sup|f''| = -mu / (r w^2). */
static void bounds_are_the_suprema(void **state)
{
    (void)state;
    static const int kinds[] = {NNDYN_SOFTPLUS, NNDYN_SIGMOID, NNDYN_TANH, NNDYN_ERF, NNDYN_ARCTAN, NNDYN_SOFTSIGN,
                                NNDYN_ISRU,     NNDYN_SILU,    NNDYN_GELU, NNDYN_SIN, NNDYN_COS,    NNDYN_ELU};
    nndyn_context *c;
    nt_ok(NULL, nndyn_context_create(&c));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        nndyn_recurrent *r;
        double w = 0.1, b = 0.2, x, bound, mu, radius;
        int unique;
        nt_ok(c, nndyn_recurrent_create(c, 1, &w, &b, kinds[k], NULL, &r));
        nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, NULL, NULL, &x, NULL, NULL));
        nt_ok(r, nndyn_recurrent_unique(r, &bound, &unique));
        nt_ok(r, nndyn_recurrent_ball(r, &x, NULL, &mu, &radius));
        double first = largest(c, kinds[k], 1), second = largest(c, kinds[k], 2), claimed = -mu / (radius * w * w);
        assert_true(unique && first <= bound / w * (1 + 1e-12) && second <= claimed * (1 + 1e-12));
        nt_near(bound / w, first, 1e-4);
        nt_near(claimed, second, 3e-4);
        nndyn_recurrent_free(r);
    }
    nndyn_context_free(c);
}

/* Starts on the certified sphere come to its center and only get nearer on their way. */
static void the_ball_is_within_the_basin(void **state)
{
    (void)state;
    enum { N = 6, STARTS = 50 };
    nndyn_context *c;
    nndyn_recurrent *r;
    nndyn_options *o;
    double w[N * N], b[N], star[N], x[STARTS * N], y[STARTS * N], mu, radius, before, after;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_normal(13, N * N, w);
    nt_normal(14, N, b);
    for (int i = 0; i < N * N; i++) {
        w[i] *= 0.3;
    }
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "method", "relaxation"));
    nt_ok(o, nndyn_options_set_double(o, "step", 0.01));
    nt_ok(o, nndyn_options_set_text(o, "unsettled", "keep"));
    nt_ok(c, nndyn_recurrent_create(c, N, w, b, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_activate(r, 1, NULL, NULL, NULL, star, NULL, NULL));
    nt_ok(r, nndyn_recurrent_ball(r, star, NULL, &mu, &radius));
    assert_true(mu < 0 && radius > 0.01);
    nt_normal(15, STARTS * N, x);
    for (int s = 0; s < STARTS; s++) {
        double norm = 0;
        for (int i = 0; i < N; i++) {
            norm += x[s * N + i] * x[s * N + i];
        }
        for (int i = 0; i < N; i++) {
            x[s * N + i] = star[i] + 0.999 * radius * x[s * N + i] / sqrt(norm);
        }
    }
    nt_ok(o, nndyn_options_set_integer(o, "steps", 25));
    for (int leg = 0; leg < 12; leg++) {
        nt_ok(r, nndyn_recurrent_activate(r, STARTS, NULL, x, o, y, NULL, NULL));
        for (int s = 0; s < STARTS; s++) {
            before = after = 0;
            for (int i = 0; i < N; i++) {
                before += pow(x[s * N + i] - star[i], 2);
                after += pow(y[s * N + i] - star[i], 2);
            }
            assert_true(after < before);
        }
        memcpy(x, y, sizeof x);
    }
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* ---- energy ------------------------------------------------------------------------------------------------------ */

enum { E = 8, H = 2 };

static void symmetric(double scale, int n, double *w)
{
    nt_normal(51, n * n, w);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            w[i * n + j] = w[j * n + i] = scale * w[i * n + j];
        }
    }
}

/* dE/dx_i = f^-1(x_i) - gain (W x)_i - b_i, so that at x = f(u) it is u - gain W x - b. */
static void energy_has_the_right_gradient(void **state)
{
    (void)state;
    static const int kinds[] = {NNDYN_IDENTITY, NNDYN_LEAKY_RELU, NNDYN_SIGMOID, NNDYN_TANH, NNDYN_ERF,
                                NNDYN_ARCTAN,   NNDYN_SOFTSIGN,   NNDYN_ISRU,    NNDYN_EXP};
    static const double places[E] = {-2.6, -1.1, -0.4, -0.05, 0.07, 0.6, 1.3, 2.4};
    nndyn_context *c;
    double w[E * E], b[E];
    symmetric(0.3, E, w);
    nt_normal(52, E, b);
    nt_ok(NULL, nndyn_context_create(&c));
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        nndyn_recurrent *r;
        double x[E], shifted[2 * E], energies[2];
        int64_t held[H] = {2, 5};
        nt_ok(c, nndyn_recurrent_create(c, E, w, b, kinds[k], NULL, &r));
        nt_ok(r, nndyn_recurrent_set_gain(r, 1.25));
        nt_ok(c, nndyn_activation_evaluate(c, kinds[k], NULL, 0, E, places, x));
        x[2] = 3;
        x[5] = -4; /* clamped: may lie anywhere */
        nt_ok(r, nndyn_recurrent_set_boundary(r, H, held, x));
        for (int i = 0; i < E; i++) {
            double gradient = places[i] - b[i], slope;
            if (i == 2 || i == 5) {
                continue;
            }
            for (int j = 0; j < E; j++) {
                gradient -= 1.25 * w[i * E + j] * x[j];
            }
            nt_ok(c, nndyn_activation_evaluate(c, kinds[k], NULL, 1, 1, places + i, &slope));
            double d = 1e-4 * fmin(1, slope);
            memcpy(shifted, x, sizeof x);
            memcpy(shifted + E, x, sizeof x);
            shifted[i] += d;
            shifted[E + i] -= d;
            nt_ok(r, nndyn_recurrent_energy(r, 2, shifted, energies));
            nt_near((energies[0] - energies[1]) / (2 * d), gradient, 1e-6);
        }
        nndyn_recurrent_free(r);
    }
    nndyn_context_free(c);
}

static void energy_falls_on_trajectories(void **state)
{
    (void)state;
    enum { STARTS = 10, LEGS = 60 };
    nndyn_context *c;
    nndyn_recurrent *r;
    nndyn_options *o;
    double w[E * E], x[STARTS * E], before[STARTS], after[STARTS], residuals[STARTS];
    symmetric(1.2, E, w);
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, E, w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "method", "relaxation"));
    nt_ok(o, nndyn_options_set_double(o, "step", 0.01));
    nt_ok(o, nndyn_options_set_integer(o, "steps", 10));
    nt_ok(o, nndyn_options_set_text(o, "unsettled", "keep"));
    nt_uniform(61, STARTS * E, -0.99, 0.99, x);
    nt_ok(r, nndyn_recurrent_energy(r, STARTS, x, before));
    for (int leg = 0; leg < LEGS; leg++) {
        nt_ok(r, nndyn_recurrent_activate(r, STARTS, NULL, x, o, x, residuals, NULL));
        nt_ok(r, nndyn_recurrent_energy(r, STARTS, x, after));
        for (int s = 0; s < STARTS; s++) {
            assert_true(after[s] < before[s] || residuals[s] < 1e-6);
        }
        memcpy(before, after, sizeof after);
    }
    nndyn_options_free(o);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

/* ---- boundary, threads ------------------------------------------------------------------------------------------- */

/* Clamping one of two coupled neurons leaves x = tanh(1.5 held). */
static void the_boundary_is_held(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    nndyn_fixed_points *f;
    double w[4] = {0, 1.5, 1.5, 0}, held = 0.4, x[2], re, mode;
    int64_t second = 1, q;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    nt_ok(r, nndyn_recurrent_set_boundary(r, 1, &second, &held));
    nt_ok(r, nndyn_recurrent_equilibria(r, 0, NULL, NULL, &f));
    nt_ok(f, nndyn_fixed_points_shape(f, NULL, NULL, &q));
    assert_true(count_of(f) == 1 && q == 1);
    nt_ok(f, nndyn_fixed_points_get(f, 0, x, NULL, NULL));
    nt_near(x[0], tanh(0.6), 1e-14);
    assert_true(x[1] == 0.4);
    nt_ok(f, nndyn_fixed_points_modes(f, 0, &re, NULL, &mode));
    nt_near(re, -1, 1e-15);
    nt_ok(r, nndyn_recurrent_ball(r, x, NULL, NULL, &re)); /* no weight among the bulk: the whole line */
    assert_true(isinf(re) && re > 0);
    nndyn_fixed_points_free(f);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static void threads_find_the_same_bits(void **state)
{
    (void)state;
    enum { N = 24 };
    double w[N * N], x[2][N];
    int64_t counts[2];
    symmetric(0.5, N, w);
    for (int k = 0; k < 2; k++) {
        nndyn_context *c;
        nndyn_recurrent *r;
        nt_ok(NULL, nndyn_context_create(&c));
        nt_ok(c, nndyn_context_set_threads(c, k == 0 ? 1 : 8));
        nndyn_fixed_points *f = search(c, N, w, &r);
        counts[k] = count_of(f);
        assert_true(counts[k] > 3);
        nt_ok(f, nndyn_fixed_points_get(f, counts[k] - 1, x[k], NULL, NULL));
        nndyn_fixed_points_free(f);
        nndyn_recurrent_free(r);
        nndyn_context_free(c);
    }
    assert_true(counts[0] == counts[1]);
    nt_same(x[0], x[1], sizeof x[0]);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void errors_of_the_search(void **state)
{
    (void)state;
    nndyn_context *c;
    nndyn_recurrent *r;
    nndyn_options *o;
    nndyn_fixed_points *f = (nndyn_fixed_points *)1, *got;
    double w = 1, bad = NAN, value = 7;
    nt_ok(NULL, nndyn_context_create(&c));
    nt_ok(c, nndyn_recurrent_create(c, 1, &w, &w, NNDYN_IDENTITY, NULL, &r)); /* x = x + 1 */
    nt_fails(NNDYN_EARG, r, "count is -1", nndyn_recurrent_equilibria(r, -1, NULL, NULL, &f));
    nt_fails(NNDYN_EARG, r, "starts is NULL", nndyn_recurrent_equilibria(r, 1, NULL, NULL, &f));
    nt_fails(NNDYN_EDATA, r, "starts is nan", nndyn_recurrent_equilibria(r, 1, &bad, NULL, &f));
    nt_fails(NNDYN_EARG, r, "out is NULL", nndyn_recurrent_equilibria(r, 0, NULL, NULL, NULL));
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "starts", 0));
    nt_fails(NNDYN_EARG, r, "needs a start", nndyn_recurrent_equilibria(r, 0, NULL, o, &f));
    nt_ok(o, nndyn_options_set_double(o, "merge", 0));
    nt_fails(NNDYN_EOPTION, r, "merge", nndyn_recurrent_equilibria(r, 0, NULL, o, &f));
    assert_true(f == (nndyn_fixed_points *)1);
    nndyn_options_free(o);
    nt_ok(r, nndyn_recurrent_equilibria(r, 1, &w, NULL, &got));
    assert_true(count_of(got) == 0);
    nt_fails(NNDYN_EARG, got, "no equilibrium was found", nndyn_fixed_points_get(got, 0, &value, NULL, NULL));
    nndyn_fixed_points_free(got);
    nndyn_recurrent_free(r);
    w = 2;
    got = search(c, 1, &w, &r);
    nt_fails(NNDYN_EARG, got, "from 0 to 2", nndyn_fixed_points_get(got, 3, &value, NULL, NULL));
    nt_fails(NNDYN_EARG, got, "index is -1", nndyn_fixed_points_modes(got, -1, &value, NULL, NULL));
    nt_fails(NNDYN_EARG, got, "re is NULL", nndyn_fixed_points_modes(got, 0, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, got, "must be one of residual", nndyn_fixed_points_figure(got, 0, "size", &value));
    nt_fails(NNDYN_EARG, got, "name is NULL", nndyn_fixed_points_figure(got, 0, NULL, &value));
    nt_fails(NNDYN_EARG, got, "value is NULL", nndyn_fixed_points_figure(got, 0, "residual", NULL));
    assert_true(value == 7);
    nndyn_fixed_points_free(got);
    nndyn_fixed_points_free(NULL);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static void errors_of_what_is_certain(void **state)
{
    (void)state;
    static const int jumps[] = {NNDYN_RELU, NNDYN_LEAKY_RELU, NNDYN_EXP, NNDYN_ABS_POWER};
    nndyn_context *c;
    nndyn_recurrent *r;
    double w[4] = {0, 0.5, 0.5, 0}, x[2] = {0, 0}, wide[2] = {0, 1}, far[2] = {0.5, 0.5}, value = 7;
    int unique = 7;
    nt_ok(NULL, nndyn_context_create(&c));
    for (int k = 0; k < 4; k++) {
        nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, jumps[k], NULL, &r));
        if (k < 2) {
            nt_fails(NNDYN_EUNSUPPORTED, r, "second derivative", nndyn_recurrent_ball(r, x, NULL, NULL, &value));
        } else {
            nt_fails(NNDYN_EUNSUPPORTED, r, "first derivative", nndyn_recurrent_unique(r, &value, &unique));
        }
        if (k == 0) {
            nt_fails(NNDYN_EUNSUPPORTED, r, "relu", nndyn_recurrent_energy(r, 1, x, &value));
        }
        nndyn_recurrent_free(r);
    }
    nt_ok(c, nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r));
    nt_fails(NNDYN_EARG, r, "unique is NULL", nndyn_recurrent_unique(r, &value, NULL));
    nt_fails(NNDYN_EARG, r, "no fixed point", nndyn_recurrent_ball(r, far, NULL, NULL, &value));
    nt_fails(NNDYN_EARG, r, "state is NULL", nndyn_recurrent_ball(r, NULL, NULL, NULL, &value));
    nt_fails(NNDYN_EARG, r, "radius is NULL", nndyn_recurrent_ball(r, x, NULL, NULL, NULL));
    nt_fails(NNDYN_EDATA, r, "state is nan", nndyn_recurrent_ball(r, (double[]){NAN, 0}, NULL, NULL, &value));
    nt_fails(NNDYN_EARG, r, "count is 0", nndyn_recurrent_energy(r, 0, x, &value));
    nt_fails(NNDYN_EARG, r, "states is NULL", nndyn_recurrent_energy(r, 1, NULL, &value));
    nt_fails(NNDYN_EARG, r, "energies is NULL", nndyn_recurrent_energy(r, 1, x, NULL));
    nt_fails(NNDYN_EDATA, r, "range", nndyn_recurrent_energy(r, 1, wide, &value));
    w[1] = 0.6;
    nt_ok(r, nndyn_recurrent_set_weights(r, w, NULL));
    nt_fails(NNDYN_EARG, r, "not symmetric", nndyn_recurrent_energy(r, 1, x, &value));
    assert_true(value == 7 && unique == 7);
    nndyn_recurrent_free(r);
    nndyn_context_free(c);
}

static int everything(nt_allocator *a, void *user)
{
    (void)user;
    nndyn_context *c = NULL;
    nndyn_recurrent *r = NULL;
    nndyn_options *o = NULL;
    nndyn_fixed_points *f = NULL;
    double w[4] = {0, 1.5, 1.5, 0}, x[2] = {0, 0}, re[2], modes[4];
    int unique;
    int s = nt_context_create(a, &c);
    s = s ? s : nndyn_options_create(c, &o);
    s = s ? s : nndyn_options_set_integer(o, "starts", 3);
    s = s ? s : nndyn_recurrent_create(c, 2, w, NULL, NNDYN_TANH, NULL, &r);
    s = s ? s : nndyn_recurrent_equilibria(r, 1, x, o, &f);
    s = s ? s : nndyn_fixed_points_modes(f, 0, re, NULL, modes);
    s = s ? s : nndyn_recurrent_unique(r, NULL, &unique);
    s = s ? s : nndyn_recurrent_ball(r, x, NULL, NULL, re);
    s = s ? s : nndyn_recurrent_energy(r, 1, x, re);
    nndyn_fixed_points_free(f);
    nndyn_recurrent_free(r);
    nndyn_options_free(o);
    nndyn_context_free(c);
    return s;
}

static void no_memory(void **state)
{
    (void)state;
    nt_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_neuron),
        cmocka_unit_test(two_neurons),
        cmocka_unit_test(two_neurons_apart),
        cmocka_unit_test(a_spiral),
        cmocka_unit_test(contraction_has_one_equilibrium),
        cmocka_unit_test(bounds_are_the_suprema),
        cmocka_unit_test(the_ball_is_within_the_basin),
        cmocka_unit_test(energy_has_the_right_gradient),
        cmocka_unit_test(energy_falls_on_trajectories),
        cmocka_unit_test(the_boundary_is_held),
        cmocka_unit_test(threads_find_the_same_bits),
        cmocka_unit_test(errors_of_the_search),
        cmocka_unit_test(errors_of_what_is_certain),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("equilibria of recurrent networks", tests, NULL, NULL);
}
