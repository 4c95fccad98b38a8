/* Fits of load curves: the model against the chain's mean field, sensitivities against central differences, laws
 * against tables, known chains found again, what is not determined said so, every error. */
#include "analysis/springblock/fit.h"
#include "analysis/springblock_fit.h"

static nndyn_springblock_fit *nt_fit(nndyn_context *context, int64_t n, const double *d, const double *errors,
                                     const char *name, double value)
{
    nndyn_options *options;
    nndyn_springblock_fit *fit;
    nt_ok(context, nndyn_options_create(context, &options));
    if (name) {
        nt_ok(options, nndyn_options_set_double(options, name, value));
    }
    nt_ok(context, nndyn_springblock_fit_create(context, n, d, errors, options, &fit));
    nndyn_options_free(options);
    return fit;
}

static double nt_value(nndyn_springblock_fit *fit, const char *name)
{
    double value;
    nt_ok(fit, nndyn_springblock_fit_value(fit, name, &value, NULL, NULL));
    return value;
}

static const double nt_thetas[][3] = {
    {0.04, 0.08, 0.03}, {0.08, 0.08, 0.05}, {0.02, 0.05, 0.01}, {0.1, 0.1, 0.1}, {0.05, 0.08, 0}};

/* ---- model ------------------------------------------------------------------------------------------------------- */

typedef struct nt_model {
    nd_springfit_model m;
    double table[4096], memory[7 * 24];
} nt_model;

static nd_springfit_model *nt_prepare(nt_model *w, int64_t steps)
{
    double *a = w->memory;
    assert_true(nd_springfit_table_size() <= 4096);
    nd_springfit_fill_table(w->table);
    for (int i = 0; i < 7; i++) {
        a[28 + i] = 1; /* ratio */
    }
    w->m = (nd_springfit_model){7, steps, 0.01, w->table, a, a + 7, a + 28, a + 35};
    return &w->m;
}

static void test_model(void **state)
{
    (void)state;
    static nt_model w;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int i = 0; i < 5; i++) {
        double d[8], x[7], up[7], down[7];
        nt_curve(context, nt_thetas[i], d);
        nd_springfit_model *m = nt_prepare(&w, 10000);
        nd_springfit_run(m, nt_thetas[i], nd_springfit_exact, 1);
        for (int l = 0; l < 7; l++) {
            x[l] = (1.2 - d[l + 1]) / 4.5;
        }
        nt_close(m->x, x, 7, 0, 1e-10);
        for (int j = 0; j < 3 && nt_thetas[i][2] > 0; j++) {
            double theta[3] = {nt_thetas[i][0], nt_thetas[i][1], nt_thetas[i][2]}, slope[7];
            nd_springfit_run(m, theta, nd_springfit_close, 1);
            for (int l = 0; l < 7; l++) {
                slope[l] = m->slope[3 * l + j];
            }
            theta[j] += 1e-6;
            nd_springfit_run(m, theta, nd_springfit_close, 0);
            memcpy(up, m->x, sizeof up);
            theta[j] -= 2e-6;
            nd_springfit_run(m, theta, nd_springfit_close, 0);
            for (int l = 0; l < 7; l++) {
                down[l] = (up[l] - m->x[l]) / 2e-6;
            }
            nt_close(slope, down, 7, 1e-5, 1e-5);
        }
        nd_springfit_run(m, nt_thetas[i], nd_springfit_close, 0);
        nt_close(m->x, x, 7, 0, 1e-4);
        nd_springfit_calibrate(m, nt_thetas[i]);
        nd_springfit_run(m, nt_thetas[i], nd_springfit_close, 0);
        nt_close(m->x, x, 7, 0, 1e-10);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void test_laws(void **state)
{
    (void)state;
    nt_near(nd_springfit_chi(1, 3.841458820694124), 0.05, 1e-13);
    nt_near(nd_springfit_chi(2, 5.991464547107979), 0.05, 1e-13);
    nt_near(nd_springfit_chi(3, 7.814727903251179), 0.05, 1e-13);
    nt_near(nd_springfit_chi(8, 15.50731305586545), 0.05, 1e-13);
    nt_near(nd_springfit_f(2, 4, 6.944271909999157), 0.05, 1e-12);
    nt_near(nd_springfit_f(3, 5, 5.409451318056493), 0.05, 1e-9);
    nt_near(nd_springfit_threshold(0.95, 1, 0), 3.841458820694124, 1e-10);
    nt_near(nd_springfit_threshold(0.95, 1, 3), 3.182446305284263 * 3.182446305284263, 1e-9);
    nt_near(nd_springfit_threshold(0.95, 2, 4), 2 * 6.944271909999157, 1e-9);
}

/* ---- known chains ------------------------------------------------------------------------------------------------ */

static void test_recovery(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const double errors[8] = {.01, .01, .01, .01, .01, .01, .01, .01};
    for (int i = 0; i < 3; i++) {
        double d[8], curve[8], normalized[8], chi, p, r;
        int64_t freedom;
        nt_curve(context, nt_thetas[i], d);
        nndyn_springblock_fit *fit = nt_fit(context, 8, d, errors, "friction_left", nt_thetas[i][1]);
        nt_near(nt_value(fit, "friction_right"), nt_thetas[i][0], 1e-4);
        nt_near(nt_value(fit, "noise"), nt_thetas[i][2], 1e-4);
        nt_near(nt_value(fit, "asymmetry"), nt_thetas[i][1] - nt_thetas[i][0], 1e-4);
        nt_ok(fit, nndyn_springblock_fit_quality(fit, &chi, &freedom, &p, &r));
        nt_ok(fit, nndyn_springblock_fit_curve(fit, 8, curve, normalized));
        nt_close(curve, d, 8, 0, 1e-4);
        assert_true(freedom == 4 && chi < 1e-4 && p > 0.999 && r > 0.999999);
        nt_near(normalized[3], (d[3] - d[7]) / (d[0] - d[7]), 1e-4);
        nndyn_springblock_fit_free(fit);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* A covariance that is diagonal is that of standard errors; four times as large, errors twice as large. */
static void test_covariance(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double d[8], errors[8], c[64] = {0}, z[8], one[9], other[9], chi[2];
    nndyn_springblock_fit *fit, *wide;
    nndyn_options *options;
    nt_curve(context, nt_thetas[0], d);
    nt_normal(3, 8, z);
    for (int l = 0; l < 8; l++) {
        errors[l] = 0.002 * (1 + 0.1 * l);
        d[l] += errors[l] * z[l];
        c[9 * l] = 4 * errors[l] * errors[l];
    }
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    fit = nt_fit(context, 8, d, errors, "friction_left", 0.08);
    nt_ok(context, nndyn_springblock_fit_create_covariance(context, 8, d, c, options, &wide));
    nt_ok(fit, nndyn_springblock_fit_covariance(fit, one));
    nt_ok(wide, nndyn_springblock_fit_covariance(wide, other));
    nt_ok(fit, nndyn_springblock_fit_quality(fit, &chi[0], NULL, NULL, NULL));
    nt_ok(wide, nndyn_springblock_fit_quality(wide, &chi[1], NULL, NULL, NULL));
    nt_near(4 * chi[1], chi[0], 1e-4);
    for (int i = 0; i < 9; i++) {
        nt_near(other[i], 4 * one[i], 1e-2 * fabs(4 * one[i]) + 1e-12);
    }
    assert_true(one[4] == 0 && one[0] > 0 && one[8] > 0);
    nndyn_springblock_fit_free(fit);
    nndyn_springblock_fit_free(wide);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Correlated errors.  What is common to all points is level and changes nothing; the sum of squares is r C^-1 r of the
 * curve's residuals, solved for here; and it is least: neighboring parameters are in excess. */
static void test_correlated(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double d[8], z[8], plain[64], common[64], chain[64], r[8], y[8], curve[8], chi[2], excess, sum = 0;
    nndyn_springblock_fit *fit[2];
    nndyn_options *options;
    nt_curve(context, nt_thetas[0], d);
    nt_normal(8, 8, z);
    for (int l = 0; l < 64; l++) {
        const double distance = fabs((double)(l / 8 - l % 8));
        plain[l] = l % 9 == 0 ? 2.5e-5 : 0;
        common[l] = plain[l] + 4e-5;
        chain[l] = 2.5e-5 * pow(0.6, distance) * (1 + 0.1 * (double)(l / 8)) * (1 + 0.1 * (double)(l % 8));
        d[l / 8] += l % 8 == 0 ? 0.005 * z[l / 8] : 0;
    }
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    for (int i = 0; i < 2; i++) {
        nt_ok(context, nndyn_springblock_fit_create_covariance(context, 8, d, i ? common : plain, options, &fit[i]));
        nt_ok(fit[i], nndyn_springblock_fit_quality(fit[i], &chi[i], NULL, NULL, NULL));
    }
    nt_near(chi[1], chi[0], 1e-6);
    nt_near(nt_value(fit[1], "noise"), nt_value(fit[0], "noise"), 1e-5);
    nndyn_springblock_fit_free(fit[0]);
    nndyn_springblock_fit_free(fit[1]);
    nt_ok(context, nndyn_springblock_fit_create_covariance(context, 8, d, chain, options, &fit[0]));
    nt_ok(fit[0], nndyn_springblock_fit_quality(fit[0], &chi[0], NULL, NULL, NULL));
    nt_ok(fit[0], nndyn_springblock_fit_curve(fit[0], 8, curve, NULL));
    for (int l = 0; l < 8; l++) {
        y[l] = r[l] = d[l] - curve[l];
    }
    for (int k = 0; k < 8; k++) { /* Gauss-Jordan */
        const double pivot = chain[9 * k];
        for (int i = 0; i < 8; i++) {
            const double factor = i == k ? 0 : chain[8 * i + k] / pivot;
            for (int j = k; j < 8; j++) {
                chain[8 * i + j] -= factor * chain[8 * k + j];
            }
            y[i] -= factor * y[k];
        }
    }
    for (int l = 0; l < 8; l++) {
        sum += r[l] * y[l] / chain[9 * l];
    }
    nt_near(sum, chi[0], 1e-9 * chi[0]);
    const double right = nt_value(fit[0], "friction_right"), noise = nt_value(fit[0], "noise");
    for (int i = 0; i < 8; i++) {
        const double angle = 0.25 * 3.14159265358979 * i;
        nt_ok(fit[0], nndyn_springblock_fit_region(fit[0], right + 1e-3 * cos(angle), 0.08, noise + 1e-3 * sin(angle),
                                                   &excess, NULL));
        assert_true(excess > 0);
    }
    nndyn_springblock_fit_free(fit[0]);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Right friction 0.01 with noise 0.01 and 0.0631 with 0.0506 make curves 1e-4 of the drop apart; the chain between
 * them another.  The interval spans both; errors a hundredth as large tell them apart. */
static void test_ambiguous(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const double theta[3] = {0.01, 0.08, 0.01};
    double d[8], errors[8], low, high, p[3];
    int flags;
    nt_curve(context, theta, d);
    for (int i = 0; i < 2; i++) {
        for (int l = 0; l < 8; l++) {
            errors[l] = i ? 4.5e-5 : 4.5e-3;
        }
        nndyn_springblock_fit *fit = nt_fit(context, 8, d, errors, "friction_left", 0.08);
        nt_ok(fit, nndyn_springblock_fit_flags(fit, &flags));
        nt_ok(fit, nndyn_springblock_fit_interval(fit, "noise", 0.95, &low, &high, NULL));
        nt_ok(fit, nndyn_springblock_fit_region(fit, 0.01, 0.08, 0.01, NULL, &p[0]));
        nt_ok(fit, nndyn_springblock_fit_region(fit, 0.0631, 0.08, 0.0506, NULL, &p[1]));
        nt_ok(fit, nndyn_springblock_fit_region(fit, 0.03655, 0.08, 0.0303, NULL, &p[2]));
        assert_int_equal(!!(flags & NNDYN_SPRINGBLOCK_FIT_AMBIGUOUS), !i);
        assert_true(low <= 0.01 && 0.01 <= high && (i ? high < 0.02 : high > 0.0506));
        assert_true(p[0] > 0.9 && (i ? p[1] < 1e-6 : p[1] > 0.5) && p[2] < 1e-6);
        nndyn_springblock_fit_free(fit);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* The fit runs on one thread, whatever the context has. */
static void test_threads(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double d[8], z[8], out[2][16];
    nt_curve(context, nt_thetas[0], d);
    nt_normal(4, 8, z);
    for (int l = 0; l < 8; l++) {
        d[l] += 0.01 * z[l];
    }
    for (int i = 0; i < 2; i++) {
        nt_ok(context, nndyn_context_set_threads(context, i ? 8 : 1));
        nndyn_springblock_fit *fit = nt_fit(context, 8, d, NULL, "friction_left", 0.08);
        nt_ok(fit, nndyn_springblock_fit_covariance(fit, out[i]));
        nt_ok(fit, nndyn_springblock_fit_interval(fit, "friction_right", 0.95, &out[i][9], &out[i][10], NULL));
        nt_ok(fit, nndyn_springblock_fit_quality(fit, &out[i][11], NULL, NULL, &out[i][12]));
        nt_ok(fit, nndyn_springblock_fit_straighten(fit, &out[i][13], &out[i][14], &out[i][15]));
        nndyn_springblock_fit_free(fit);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* What curves do not say: without noise nothing of the left friction; under strong noise nothing but the asymmetry. */
static void test_degenerate(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const double stuck[3] = {0.03, 0.08, 0}, shaken[3] = {0.04, 0.08, 0.1};
    double d[8], errors[8], low, high, direction[3], error;
    int flags, open;
    for (int l = 0; l < 8; l++) {
        errors[l] = 0.005;
    }
    nt_curve(context, stuck, d);
    nndyn_springblock_fit *fit = nt_fit(context, 8, d, errors, "noise", 0);
    nt_near(nt_value(fit, "friction_right"), 0.03, 1e-4);
    nt_ok(fit, nndyn_springblock_fit_value(fit, "friction_left", NULL, &error, &flags));
    assert_true(flags & NNDYN_SPRINGBLOCK_FIT_DEGENERATE && error > 0.1);
    nt_ok(fit, nndyn_springblock_fit_value(fit, "friction_right", NULL, &error, &flags));
    assert_true(!(flags & NNDYN_SPRINGBLOCK_FIT_DEGENERATE) && error < 0.01);
    nt_ok(fit, nndyn_springblock_fit_weakest(fit, direction, &error));
    assert_true(fabs(direction[1]) > 0.99 && error > 0.1);
    nt_ok(fit, nndyn_springblock_fit_interval(fit, "friction_left", 0.95, &low, &high, &open));
    assert_true(open == 3 && low == 0 && high == 0.2);
    nndyn_springblock_fit_free(fit);
    nt_curve(context, shaken, d);
    fit = nt_fit(context, 8, d, errors, "friction_most", 0.1);
    nt_ok(fit, nndyn_springblock_fit_flags(fit, &flags));
    assert_true(flags & NNDYN_SPRINGBLOCK_FIT_DEGENERATE);
    nt_ok(fit, nndyn_springblock_fit_interval(fit, "noise", 0.95, &low, &high, &open));
    assert_true(open & 2);
    nt_near(nt_value(fit, "asymmetry"), 0.04, 0.02);
    nndyn_springblock_fit_free(fit);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* Seen by a chain of its own: at the noise found the mean of the normalized curve is 1/2. */
static void test_straighten(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const double concave[3] = {0.04, 0.08, 0.015};
    double d[8], bow, noise, friction;
    nt_curve(context, concave, d);
    nndyn_springblock_fit *fit = nt_fit(context, 8, d, NULL, "friction_left", 0.08);
    nt_ok(fit, nndyn_springblock_fit_straighten(fit, &bow, &noise, &friction));
    assert_true(bow > 0.02 && noise > 0.015 && friction < 0.04);
    for (int k = 0; k < 2; k++) {
        double mean = 0;
        const double theta[3] = {k ? friction : 0.04, 0.08, k ? 0.015 : noise};
        nt_curve(context, theta, d);
        for (int l = 0; l < 8; l++) {
            mean += (d[l] - d[7]) / (d[0] - d[7]) / 8;
        }
        nt_near(mean, 0.5, 1e-3);
    }
    nndyn_springblock_fit_free(fit);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* With "ends" the curve goes through both ends; four points and two parameters leave nothing to judge by. */
static void test_ends(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const double d[8] = {1, .910, .783, .664, .532, .372, .184, 0}; /* published: dropout 0, slope 0.4 */
    double curve[8], r, error, low = 7, high = 7;
    int flags;
    nndyn_options *options;
    nndyn_springblock_fit *fit;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "scale", "ends"));
    nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    nt_ok(context, nndyn_springblock_fit_create(context, 8, d, NULL, options, &fit));
    nt_ok(fit, nndyn_springblock_fit_curve(fit, 8, curve, NULL));
    nt_ok(fit, nndyn_springblock_fit_quality(fit, NULL, NULL, NULL, &r));
    nt_near(curve[0], 1, 1e-14);
    nt_near(curve[7], 0, 1e-14);
    assert_true(r > 0.999);
    nndyn_springblock_fit_free(fit);
    nt_ok(context, nndyn_springblock_fit_create(context, 4, d, NULL, options, &fit));
    nt_ok(fit, nndyn_springblock_fit_flags(fit, &flags));
    nt_ok(fit, nndyn_springblock_fit_value(fit, "noise", NULL, &error, NULL));
    assert_true(flags & NNDYN_SPRINGBLOCK_FIT_EXACT && isnan(error));
    nt_fails(NNDYN_ESTATE, fit, "errors", nndyn_springblock_fit_interval(fit, "noise", 0.95, &low, &high, NULL));
    nt_fails(NNDYN_ESTATE, fit, "errors", nndyn_springblock_fit_region(fit, 0.1, 0.1, 0.1, &low, NULL));
    assert_true(low == 7 && high == 7);
    nndyn_springblock_fit_free(fit);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- coverage ---------------------------------------------------------------------------------------------------- */

/* 40 curves, fixed seed: of 40 intervals that hold the truth with probability 0.95, fewer than 33 do so with
 * probability 1e-3; the joint region likewise. */
static void test_coverage(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_coverage c;
    nt_measure_coverage(context, &(nt_experiment){.curves = 40, .error = 0.001, .seed = 100000}, &c);
    for (int q = 0; q < 5; q++) {
        assert_true(c.held[q] >= 33);
    }
    assert_true(c.region >= 33 && c.determined[0] >= 10 && c.region < 40);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void nt_refused(nndyn_context *context, const double *d, const char *names, double value, const char *word)
{
    nndyn_options *options;
    nndyn_springblock_fit *fit = NULL;
    char copy[128], *rest = copy;
    snprintf(copy, sizeof copy, "%s", names);
    nt_ok(context, nndyn_options_create(context, &options));
    for (char *name = strtok_r(rest, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        nt_ok(options, nndyn_options_set_double(options, name, value));
    }
    nt_fails(NNDYN_EOPTION, context, word, nndyn_springblock_fit_create(context, 8, d, NULL, options, &fit));
    assert_null(fit);
    nndyn_options_free(options);
}

static void test_errors(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *c = nt_context(&a);
    double d[8] = {7, 6, 5, 4, 3, 2, 1, 0}, errors[8] = {1, 1, 1, 1, 1, 1, 1, 1}, m[64] = {0}, out = 7;
    const double up[4] = {0, 1, 2, 3};
    nndyn_options *options;
    nndyn_springblock_fit *fit = NULL;
    nt_fails(NNDYN_EARG, c, "count", nndyn_springblock_fit_create(c, 3, d, NULL, NULL, &fit));
    nt_fails(NNDYN_EARG, c, "separation", nndyn_springblock_fit_create(c, 8, NULL, NULL, NULL, &fit));
    nt_fails(NNDYN_EARG, c, "out", nndyn_springblock_fit_create(c, 8, d, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, c, "covariance", nndyn_springblock_fit_create_covariance(c, 8, d, NULL, NULL, &fit));
    nt_fails(NNDYN_EDATA, c, "must fall", nndyn_springblock_fit_create(c, 4, up, NULL, NULL, &fit));
    nt_fails(NNDYN_EDATA, c, "positive definite", nndyn_springblock_fit_create_covariance(c, 8, d, m, NULL, &fit));
    m[1] = 1;
    nt_fails(NNDYN_EDATA, c, "symmetric", nndyn_springblock_fit_create_covariance(c, 8, d, m, NULL, &fit));
    nt_fails(NNDYN_EOPTION, c, "free", nndyn_springblock_fit_create(c, 4, d, NULL, NULL, &fit));
    errors[3] = 0;
    nt_fails(NNDYN_EDATA, c, "errors[3]", nndyn_springblock_fit_create(c, 8, d, errors, NULL, &fit));
    errors[3] = -1;
    nt_fails(NNDYN_EDATA, c, "errors[3]", nndyn_springblock_fit_create(c, 8, d, errors, NULL, &fit));
    errors[3] = (double)NAN;
    nt_fails(NNDYN_EDATA, c, "errors", nndyn_springblock_fit_create(c, 8, d, errors, NULL, &fit));
    nt_refused(c, d, "friction_right friction_left noise", 0.1, "all parameters are fixed");
    nt_refused(c, d, "friction_right friction_left asymmetry", 0.1, "two of them");
    nt_refused(c, d, "asymmetry", 0.5, "asymmetry");
    nt_refused(c, d, "friction_least", 0.3, "friction_most");
    nt_refused(c, d, "noise_most", 0, "noise_least");
    nt_refused(c, d, "step", 0.6, "step");
    nt_refused(c, d, "fricton_right", 0.6, "friction_right");
    d[2] = (double)NAN;
    nt_fails(NNDYN_EDATA, c, "separation", nndyn_springblock_fit_create(c, 8, d, NULL, NULL, &fit));
    d[2] = 5;
    assert_null(fit);
    fit = nt_fit(c, 8, d, NULL, "friction_left", 0.08);
    nt_fails(NNDYN_EARG, fit, "asymmetry", nndyn_springblock_fit_value(fit, "mass", &out, NULL, NULL));
    nt_fails(NNDYN_EARG, fit, "name", nndyn_springblock_fit_value(fit, NULL, &out, NULL, NULL));
    nt_fails(NNDYN_EARG, fit, "count", nndyn_springblock_fit_curve(fit, 7, d, NULL));
    nt_fails(NNDYN_EARG, fit, "level", nndyn_springblock_fit_interval(fit, "noise", 1, &out, &out, NULL));
    nt_fails(NNDYN_EARG, fit, "low", nndyn_springblock_fit_interval(fit, "noise", 0.9, NULL, &out, NULL));
    nt_fails(NNDYN_EARG, fit, "noise", nndyn_springblock_fit_region(fit, 0, 0, -1, &out, NULL));
    nt_fails(NNDYN_EARG, fit, "covariance", nndyn_springblock_fit_covariance(fit, NULL));
    nt_fails(NNDYN_EARG, fit, "flags", nndyn_springblock_fit_flags(fit, NULL));
    nt_fails(NNDYN_EARG, fit, "direction", nndyn_springblock_fit_weakest(fit, NULL, NULL));
    assert_true(out == 7);
    nndyn_springblock_fit_free(fit);
    nndyn_springblock_fit_free(NULL);
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_double(options, "friction_right", 2));
    nt_ok(options, nndyn_options_set_double(options, "noise", 0));
    fit = NULL;
    nt_fails(NNDYN_ENUMERIC, c, "moves", nndyn_springblock_fit_create(c, 8, d, NULL, options, &fit));
    assert_null(fit);
    nndyn_options_free(options);
    nndyn_context_free(c);
    nt_no_leak(&a);
}

static int nt_stop(void *user, const char *task, double fraction)
{
    (void)user;
    (void)task;
    return fraction >= 0;
}

static void test_cancel(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    double d[8], low = 7, high = 7, noise = 7;
    nndyn_springblock_fit *fit, *none = NULL;
    nndyn_options *options;
    nt_curve(context, nt_thetas[0], d);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "friction_left", 0.08));
    nt_ok(options, nndyn_options_set_integer(options, "steps", 2000000)); /* progress is told after 50 ms */
    nt_ok(context, nndyn_springblock_fit_create(context, 8, d, NULL, options, &fit));
    nt_ok(context, nndyn_context_set_progress(context, nt_stop, NULL));
    nt_fails(NNDYN_ECANCELED, context, "progress", nndyn_springblock_fit_create(context, 8, d, NULL, options, &none));
    nt_fails(NNDYN_ECANCELED, fit, "progress", nndyn_springblock_fit_interval(fit, "noise", 0.9, &low, &high, NULL));
    nt_fails(NNDYN_ECANCELED, fit, "progress", nndyn_springblock_fit_straighten(fit, NULL, &noise, &low));
    assert_true(!none && low == 7 && high == 7 && noise == 7);
    nt_ok(context, nndyn_context_set_progress(context, NULL, NULL));
    nt_ok(fit, nndyn_springblock_fit_interval(fit, "noise", 0.9, &low, &high, NULL)); /* as if it had not been */
    noise = nt_value(fit, "noise");
    assert_true(low <= noise && noise <= high);
    nndyn_springblock_fit_free(fit);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static int nt_scenario_fit(nt_allocator *a, void *user)
{
    const double d[8] = {7, 6, 5, 4, 3, 2, 1, 0};
    double c[64] = {0}, low, high;
    nndyn_context *context = NULL;
    nndyn_options *options = NULL;
    nndyn_springblock_fit *fit = NULL;
    (void)user;
    for (int l = 0; l < 8; l++) {
        c[9 * l] = 0.01;
    }
    int status = nt_context_create(a, &context);
    status = status == NNDYN_OK ? nndyn_options_create(context, &options) : status;
    status = status == NNDYN_OK ? nndyn_options_set_integer(options, "steps", 50) : status;
    status = status == NNDYN_OK ? nndyn_springblock_fit_create_covariance(context, 8, d, c, options, &fit) : status;
    status = status == NNDYN_OK ? nndyn_springblock_fit_interval(fit, "asymmetry", 0.9, &low, &high, NULL) : status;
    nndyn_springblock_fit_free(fit);
    nndyn_options_free(options);
    nndyn_context_free(context);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nt_every_allocation(nt_scenario_fit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),      cmocka_unit_test(test_laws),       cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_covariance), cmocka_unit_test(test_correlated), cmocka_unit_test(test_ambiguous),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_degenerate), cmocka_unit_test(test_straighten),
        cmocka_unit_test(test_ends),       cmocka_unit_test(test_coverage),   cmocka_unit_test(test_errors),
        cmocka_unit_test(test_cancel),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests_name("springblock_fit", tests, NULL, NULL);
}
