/* Linearized training from a kernel: closed forms against figures, against plain iteration, and at the edges. */
#include "support/fixture.h"
#include "nndyn.h"
#include "nndyn/linearized.h"

static const double kernel2[] = {2, 1, 1, 3}, start2[] = {0.5, -1}, target2[] = {1, 2}, test2[] = {0.7, 0.4};
static const double test_start2[] = {0.1};

static nndyn_options *options_of(nndyn_context *c, const char *name, double value)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    if (name != NULL) {
        nt_ok(o, nndyn_options_set_double(o, name, value));
    }
    return o;
}

/* The model of the reference figures: two samples, weight 1 each. */
static nndyn_linearized *pair(nndyn_context *c)
{
    nndyn_linearized *model = NULL;
    nndyn_options *o = options_of(c, "kappa", 1);
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 2, 1, kernel2, start2, target2, o, &model));
    nndyn_options_free(o);
    nt_ok(model, nndyn_linearized_set_test(model, 1, test2, test_start2));
    return model;
}

/* A kernel A A' of rank `rank`, with outputs and targets of unit size. */
static void random_kernel(uint64_t seed, int m, int rank, double *kernel, double *f0, double *y)
{
    double a[64 * 64];
    nt_normal(seed, (int64_t)m * rank, a);
    nt_normal(seed + 1, m, f0);
    nt_normal(seed + 2, m, y);
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
            kernel[i * m + j] = 0;
            for (int k = 0; k < rank; k++) {
                kernel[i * m + j] += a[i * rank + k] * a[j * rank + k] / rank;
            }
        }
    }
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void test_figures(void **state)
{
    static const struct {
        int rule;
        double time, train[2], test, tolerance;
    } rows[] = {
        {NNDYN_LINEARIZED_DESCENT, 0, {0.5, -1}, 0.1, 1e-12},
        {NNDYN_LINEARIZED_DESCENT, 1, {1.3, 0.9}, 0.41, 1e-12},
        {NNDYN_LINEARIZED_DESCENT, 5, {1.192, 1.876}, 0.3928, 1e-12},
        {NNDYN_LINEARIZED_FLOW, 1, {1.02550014720361, 0.37936745756317}, 0.30625739920049, 1e-12},
        {NNDYN_LINEARIZED_FLOW, 5, {1.20630991102386, 1.78369472328151}, 0.39581926421374, 1e-12},
        {NNDYN_LINEARIZED_DESCENT, INFINITY, {1, 2}, 0.33, 1e-12},
        {NNDYN_LINEARIZED_FLOW, INFINITY, {1, 2}, 0.33, 1e-12},
        {NNDYN_LINEARIZED_MOMENTUM, INFINITY, {1, 2}, 0.33, 1e-12},
    };
    nndyn_context *c = context;
    nndyn_linearized *model = pair(c);
    double train[2], test, norm, coefficients[2];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nt_ok(model, nndyn_linearized_predict(model, rows[i].rule, 0.2, rows[i].time, NULL, NULL, train, &test));
        nt_close(train, rows[i].train, 2, 0, rows[i].tolerance);
        nt_near(test, rows[i].test, rows[i].tolerance);
    }
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, 0.2, 7, NULL, coefficients, train, NULL));
    nt_close(train, ((double[]){-0.4675212, 0.6493779}), 2, 0, 1e-7);
    nt_ok(model, nndyn_linearized_displacement(model, coefficients, &norm));
    const double *k = coefficients;
    nt_near(norm * norm, 2 * k[0] * k[0] + 2 * k[0] * k[1] + 3 * k[1] * k[1], 1e-12);
    nndyn_linearized_free(model);
    (void)state;
}

/* ---- closed forms and iteration ---------------------------------------------------------------------------------- */

enum { M = 12 };

/* Iteration with plain loops: f at step s. */
static void iterate(const double *kernel, const double *f0, const double *y, double rate, double momentum, double ridge,
                    int steps, double *f, double *c)
{
    double v[M] = {0}, g[M];
    memset(c, 0, M * sizeof *c);
    memcpy(f, f0, M * sizeof *f);
    for (int s = 0; s < steps; s++) {
        for (int i = 0; i < M; i++) {
            g[i] = f[i] - y[i] + ridge * c[i];
        }
        for (int i = 0; i < M; i++) {
            v[i] = momentum * v[i] + g[i];
            c[i] -= rate * v[i];
        }
        for (int i = 0; i < M; i++) {
            f[i] = f0[i];
            for (int j = 0; j < M; j++) {
                f[i] += kernel[i * M + j] * c[j];
            }
        }
    }
}

/* Momenta on all sides of equal roots, rates from slow to beyond 1 / lambda; full rank and singular. */
static void test_against_iteration(void **state)
{
    static const double momenta[] = {0, 1e-9, 0.04, 0.25, 0.5, 0.81, 0.99};
    nndyn_context *c = context;
    double kernel[M * M], f0[M], y[M], want[M], got[M], coefficients[M], other[M], largest[1];
    for (int rank = 5; rank <= 20; rank += 15) {
        nndyn_linearized *model = NULL;
        random_kernel(7, M, rank, kernel, f0, y);
        nndyn_options *o = options_of(c, "kappa", 1);
        nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, M, 1, kernel, f0, y, o, &model));
        nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_DESCENT, 1, NULL, 1, largest));
        for (size_t i = 0; i < sizeof momenta / sizeof *momenta; i++) {
            for (int r = 1; r < 20; r++) {
                const double m = momenta[i], rate = 0.1 * r * (1 + m) / largest[0];
                nndyn_options *p = options_of(c, "momentum", m);
                for (int steps = 0; steps < 40; steps = 2 * steps + 1) {
                    iterate(kernel, f0, y, rate, m, 0, steps, want, other);
                    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, rate, steps, p,
                                                          coefficients, got, NULL));
                    nt_close(got, want, M, 1e-12, 4e-12);
                    nt_close(coefficients, other, M, 1e-11, 1e-10);
                    if (m == 0) {
                        nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, rate, steps, NULL, NULL,
                                                              got, NULL));
                        nt_close(got, want, M, 1e-12, 1e-12);
                    }
                }
                nndyn_options_free(p);
            }
        }
        nndyn_options_free(o);
        nndyn_linearized_free(model);
    }
    (void)state;
}

/* Tiny eigenvalues: the coefficient is -s rate q (1 - (s - 1) x / 2) to the next order, where (1 - x)^s - 1 has no
 * digits. */
static void test_small_steps(void **state)
{
    nndyn_context *c = context;
    nndyn_options *o = options_of(c, "kappa", 1);
    const double kernel[] = {1, 0, 0, 1e-13}, f0[] = {1, 1}, y[] = {0, 0}, s = 1000, rate = 1e-3;
    nndyn_linearized *model = NULL;
    double g[2];
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 2, 1, kernel, f0, y, o, &model));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, rate, s, NULL, g, NULL, NULL));
    nt_close(&g[1], &(double){-s * rate * (1 - (s - 1) / 2 * rate * 1e-13)}, 1, 1e-14, 0);
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_FLOW, rate, s, NULL, g, NULL, NULL));
    nt_close(&g[1], &(double){-s * rate * (1 - s / 2 * rate * 1e-13)}, 1, 1e-14, 0);
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, rate, s, NULL, g, NULL, NULL));
    nt_close(&g[1], &(double){-rate * (s / 0.1 - 0.9 * (1 - pow(0.9, s)) / 0.01)}, 1, 1e-12, 0);
    nndyn_linearized_free(model);
    nndyn_options_free(o);
    (void)state;
}

/* The model's own steps, in full batches and in small ones, with and without momentum, against loops. */
static void test_steps(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = NULL;
    double kernel[M * M], f0[M], y[M], want[M], got[M], coefficients[M], other[M];
    random_kernel(9, M, 20, kernel, f0, y);
    nndyn_options *o = options_of(c, "kappa", 1);
    nt_ok(o, nndyn_options_set_double(o, "ridge", 0.3));
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, M, 1, kernel, f0, y, o, &model));
    for (int heavy = 0; heavy < 2; heavy++) {
        const double m = 0.8 * heavy;
        iterate(kernel, f0, y, 0.05, m, 0.3, 50, want, other);
        nt_ok(model, nndyn_linearized_reset(model));
        for (int s = 0; s < 50; s++) {
            nt_ok(model, nndyn_linearized_step(model, M, NULL, NULL, 0.05, 1, m));
        }
        int64_t steps = 0;
        nt_ok(model, nndyn_linearized_get(model, &steps, NULL, coefficients, got, NULL));
        assert_int_equal(steps, 50);
        nt_close(got, want, M, 0, 1e-12);
        nt_close(coefficients, other, M, 0, 1e-12);
        nndyn_options *p = options_of(c, "momentum", m);
        nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, 0.05, 50, p, coefficients, got, NULL));
        nt_close(got, want, M, 0, 1e-12);
        nt_close(coefficients, other, M, 0, 1e-12);
        nndyn_options_free(p);
    }
    nndyn_linearized_free(model);
    nndyn_options_free(o);
    (void)state;
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

enum { N = 10, C = 3, P = 40, T = 4 };

/* f = f0 + J w with an explicit Jacobian: the parameter model that the function model must equal. */
typedef struct explicit_model {
    double jacobian[N * C * P], test_jacobian[T * C * P], f0[N * C], f0_test[T * C], y[N * C];
    double kernel[N * C * N * C], test_kernel[T * C * N * C];
    double w[P], f[N * C], f_test[T * C];
} explicit_model;

static void gram(int rows, const double *a, const double *b, double *out)
{
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < N * C; j++) {
            double sum = 0;
            for (int k = 0; k < P; k++) {
                sum += a[i * P + k] * b[j * P + k];
            }
            out[i * N * C + j] = sum;
        }
    }
}

static void open_explicit(explicit_model *e, int labels)
{
    memset(e, 0, sizeof *e);
    nt_normal(11, N * C * P, e->jacobian);
    nt_normal(12, T * C * P, e->test_jacobian);
    nt_normal(13, N * C, e->f0);
    nt_normal(14, T * C, e->f0_test);
    nt_normal(15, N * C, e->y);
    for (int i = 0; labels && i < N * C; i++) {
        e->y[i] = i % C == (i / C) % C;
    }
    gram(N * C, e->jacobian, e->jacobian, e->kernel);
    gram(T * C, e->test_jacobian, e->jacobian, e->test_kernel);
}

static void outputs(int rows, const double *jacobian, const double *w, const double *f0, double *f)
{
    for (int i = 0; i < rows; i++) {
        f[i] = f0[i];
        for (int k = 0; k < P; k++) {
            f[i] += jacobian[i * P + k] * w[k];
        }
    }
}

static void explicit_step(explicit_model *e, int softmax, int count, const int64_t *rows, double rate)
{
    double g[P] = {0};
    outputs(N * C, e->jacobian, e->w, e->f0, e->f);
    for (int i = 0; i < count; i++) {
        const double *f = e->f + rows[i] * C;
        double total = 0;
        for (int k = 0; k < C; k++) {
            total += exp(f[k]);
        }
        for (int k = 0; k < C; k++) {
            const double slope = (softmax ? exp(f[k]) / total : f[k]) - e->y[rows[i] * C + k];
            for (int p = 0; p < P; p++) {
                g[p] += slope / count * e->jacobian[(rows[i] * C + k) * P + p];
            }
        }
    }
    for (int p = 0; p < P; p++) {
        e->w[p] -= rate * g[p];
    }
    outputs(N * C, e->jacobian, e->w, e->f0, e->f);
    outputs(T * C, e->test_jacobian, e->w, e->f0_test, e->f_test);
}

static void compare(nndyn_linearized *model, const explicit_model *e)
{
    double train[N * C], test[T * C], norm, square = 0;
    nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, train, test));
    nt_close(train, e->f, N * C, 1e-12, 1e-12);
    nt_close(test, e->f_test, T * C, 1e-12, 1e-12);
    for (int p = 0; p < P; p++) {
        square += e->w[p] * e->w[p];
    }
    nt_ok(model, nndyn_linearized_displacement(model, NULL, &norm));
    nt_near(norm, sqrt(square), 1e-11);
}

/* A10: 300 steps of SGD; batches of 2 (with a sample twice, too) take the short way, batches of 7 the long one. */
static void test_function_is_parameter_model(void **state)
{
    nndyn_context *c = context;
    explicit_model *e = test_malloc(sizeof *e);
    for (int softmax = 0; softmax < 2; softmax++) {
        for (int size = 2; size <= 7; size += 5) {
            nndyn_linearized *model = NULL;
            open_explicit(e, softmax);
            nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, N, C, e->kernel, e->f0, e->y, NULL, &model));
            nt_ok(model, nndyn_linearized_set_test(model, T, e->test_kernel, e->f0_test));
            if (softmax) {
                nt_ok(model, nndyn_linearized_set_loss(model, NNDYN_SOFTMAX_CROSS_ENTROPY, NULL));
            }
            uint64_t seed = 5;
            for (int s = 0; s < 300; s++) {
                int64_t rows[7];
                for (int i = 0; i < size; i++) {
                    rows[i] = (int64_t)(nt_next(&seed) * N);
                }
                explicit_step(e, softmax, size, rows, 0.01);
                nt_ok(model, nndyn_linearized_step(model, size, rows, NULL, 0.01, 1.0 / size, 0));
            }
            compare(model, e);
            nndyn_linearized_free(model);
        }
    }
    test_free(e);
    (void)state;
}

/* A scalar kernel is the full one K (x) 1. */
static void test_scalar_kernel(void **state)
{
    nndyn_context *c = context;
    double k[M * M], f0[M * 3], y[M * 3], wide[9 * M * M] = {0}, test[M], wide_test[9 * M] = {0}, a[M * 3], b[M * 3];
    double ta[3], tb[3], ca[3 * M], cb[3 * M];
    nndyn_linearized *small = NULL, *large = NULL;
    random_kernel(3, M, 20, k, f0, y);
    nt_normal(31, 3 * M, f0);
    nt_normal(32, 3 * M, y);
    nt_normal(33, M, test);
    for (int i = 0; i < M; i++) {
        for (int o = 0; o < 3; o++) {
            for (int j = 0; j < M; j++) {
                wide[(i * 3 + o) * 3 * M + j * 3 + o] = k[i * M + j];
            }
            wide_test[o * 3 * M + i * 3 + o] = test[i];
        }
    }
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_SCALAR, M, 3, k, f0, y, NULL, &small));
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, M, 3, wide, f0, y, NULL, &large));
    nt_ok(small, nndyn_linearized_set_test(small, 1, test, f0));
    nt_ok(large, nndyn_linearized_set_test(large, 1, wide_test, f0));
    for (int rule = NNDYN_LINEARIZED_DESCENT; rule <= NNDYN_LINEARIZED_FLOW; rule++) {
        nt_ok(small, nndyn_linearized_predict(small, rule, 0.7, 9, NULL, ca, a, ta));
        nt_ok(large, nndyn_linearized_predict(large, rule, 0.7, 9, NULL, cb, b, tb));
        nt_close(a, b, 3 * M, 1e-12, 1e-12);
        nt_close(ca, cb, 3 * M, 1e-11, 1e-11);
        nt_close(ta, tb, 3, 1e-12, 1e-12);
    }
    for (int s = 0; s < 20; s++) {
        const int64_t row = s % M;
        nt_ok(small, nndyn_linearized_step(small, 1, &row, NULL, 0.1, 1, 0.5));
        nt_ok(large, nndyn_linearized_step(large, 1, &row, NULL, 0.1, 1, 0.5));
    }
    nt_ok(small, nndyn_linearized_get(small, NULL, NULL, NULL, a, ta));
    nt_ok(large, nndyn_linearized_get(large, NULL, NULL, NULL, b, tb));
    nt_close(a, b, 3 * M, 1e-12, 1e-12);
    nt_close(ta, tb, 3, 1e-12, 1e-12);
    double figures[NNDYN_LINEARIZED_FIGURES], others[NNDYN_LINEARIZED_FIGURES];
    nt_ok(small, nndyn_linearized_stability(small, NNDYN_LINEARIZED_DESCENT, 0.7, NULL, 8, figures));
    nt_ok(large, nndyn_linearized_stability(large, NNDYN_LINEARIZED_DESCENT, 0.7, NULL, 8, others));
    nt_close(figures, others, 8, 1e-9, 0);
    nndyn_linearized_free(small);
    nndyn_linearized_free(large);
    (void)state;
}

/* ---- flow -------------------------------------------------------------------------------------------------------- */

static void test_flow(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = pair(c);
    double train[2], test, want[2], want_test, time;
    nt_ok(model, nndyn_linearized_integrate(model, 0.2, 2, NULL));
    nt_ok(model, nndyn_linearized_integrate(model, 0.2, 3, NULL));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_FLOW, 0.2, 5, NULL, NULL, want, &want_test));
    nt_ok(model, nndyn_linearized_get(model, NULL, &time, NULL, train, &test));
    nt_close(train, want, 2, 0, 1e-7);
    nt_near(test, want_test, 1e-7);
    nt_near(time, 5, 0);
    nndyn_linearized_free(model);
    (void)state;
}

/* One sample, one output, binary cross-entropy with target 1: df/dt = k / (1 + e^f), so e^f + f = e^f0 + f0 + k t. */
static void test_flow_cross_entropy(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = NULL;
    const double kernel = 2.5, f0 = -0.4, y = 1, t = 30;
    double f = 0;
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 1, 1, &kernel, &f0, &y, NULL, &model));
    nt_ok(model, nndyn_linearized_set_loss(model, NNDYN_BINARY_CROSS_ENTROPY, NULL));
    nt_ok(model, nndyn_linearized_integrate(model, 0.5, t, NULL));
    nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, &f, NULL));
    nt_close(&(double){exp(f) + f}, &(double){exp(f0) + f0 + 0.5 * kernel * t}, 1, 1e-6, 0);
    nndyn_options *o = options_of(c, "evaluations", 8);
    nt_fails(NNDYN_EOPTION, model, "evaluations", nndyn_linearized_integrate(model, 0.5, t, o));
    nt_ok(o, nndyn_options_set_integer(o, "evaluations", 8));
    nt_fails(NNDYN_ENUMERIC, model, "8 evaluations", nndyn_linearized_integrate(model, 0.5, t, o));
    double again;
    nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, &again, NULL));
    nt_same(&again, &f, sizeof f);
    nndyn_options_free(o);
    nndyn_linearized_free(model);
    (void)state;
}

/* ---- edges ------------------------------------------------------------------------------------------------------- */

/* A sample twice: its difference is a direction that nothing moves.  Closed form = iteration, and at infinite time the
 * mean of the two targets unless asked not to. */
static void test_duplicate(void **state)
{
    nndyn_context *c = context;
    const double kernel[] = {2, 2, 1, 2, 2, 1, 1, 1, 3}, f0[] = {0, 0, 0}, y[] = {1, 2, 1};
    nndyn_linearized *model = NULL;
    double a[3], b[3], values[3], untouched[3] = {7, 7, 7};
    nndyn_options *o = options_of(c, "kappa", 1);
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 3, 1, kernel, f0, y, o, &model));
    nt_ok(model, nndyn_linearized_eigenvalues(model, 3, values));
    nt_near(values[2], 0, 0);
    for (int s = 0; s < 30; s++) {
        nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.3, s, NULL, NULL, a, NULL));
        nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, b, NULL));
        nt_close(a, b, 3, 0, 1e-12);
        nt_ok(model, nndyn_linearized_step(model, 3, NULL, NULL, 0.3, 1, 0));
    }
    nt_fails(NNDYN_ENUMERIC, model, "singular",
             nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.3, INFINITY, NULL, NULL, untouched, NULL));
    nt_near(untouched[0], 7, 0);
    nndyn_options *p = options_of(c, NULL, 0);
    nt_ok(p, nndyn_options_set_text(p, "singular", "project"));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_FLOW, 0.3, INFINITY, p, NULL, a, NULL));
    nt_close(a, ((double[]){1.5, 1.5, 1}), 3, 0, 1e-12);
    nndyn_linearized_free(model);
    /* with equal targets nothing stands along it, and with a ridge nothing is singular */
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 3, 1, kernel, f0, (double[]){2, 2, 1}, o, &model));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.3, INFINITY, NULL, NULL, a, NULL));
    nt_close(a, ((double[]){2, 2, 1}), 3, 0, 1e-12);
    nndyn_linearized_free(model);
    nndyn_options_free(o);
    nndyn_options_free(p);
    (void)state;
}

/* The limit with a ridge is kernel ridge regression: (Theta + mu) c = y - f0. */
static void test_ridge(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = NULL;
    double k[2], f[2], figures[2];
    nndyn_options *o = options_of(c, "relative_ridge", 0.2); /* of trace / M = 2.5: mu = 0.5 */
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 2, 1, kernel2, start2, target2, o, &model));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.3, INFINITY, NULL, k, f, NULL));
    nt_near(2.5 * k[0] + k[1], 0.5, 1e-13);
    nt_near(k[0] + 3.5 * k[1], 3, 1e-13);
    nt_near(f[0], 0.5 + 2 * k[0] + k[1], 1e-13);
    nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_DESCENT, 0.3, NULL, 2, figures));
    nt_near(figures[0], 3 + sqrt(5) / 2, 1e-13);
    nt_near(figures[1], 3 - sqrt(5) / 2, 1e-13);
    nndyn_linearized_free(model);
    nt_ok(o, nndyn_options_set_double(o, "ridge", 1));
    nt_fails(NNDYN_EOPTION, c, "both",
             nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 2, 1, kernel2, start2, target2, o, &model));
    nndyn_options_free(o);
    (void)state;
}

static void test_stability(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = pair(c);
    const double largest = 2.5 + sqrt(5) / 2, smallest = 2.5 - sqrt(5) / 2;
    double v[NNDYN_LINEARIZED_FIGURES + 1], f[2] = {7, 7};
    nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_DESCENT, 0.2, NULL, 9, v));
    const double rho = fmax(fabs(1 - 0.2 * largest), fabs(1 - 0.2 * smallest));
    nt_close(v, ((double[]){largest, smallest, 0.2 * largest, 2, 0.4, rho, -1 / log(rho), 2, NAN}), 9, 1e-13, 0);
    nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_FLOW, 0.2, NULL, 7, v));
    nt_close(v + 3, ((double[]){INFINITY, 0.4, exp(-0.2 * smallest), 5 / smallest}), 4, 1e-13, 0);
    nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_MOMENTUM, 0.2, NULL, 6, v));
    nt_close(v + 3, ((double[]){3.8, 0.4, sqrt(0.9)}), 3, 1e-13, 0);
    /* beyond the limit: refused, or followed */
    nndyn_options *o = options_of(c, NULL, 0);
    nt_ok(o, nndyn_options_set_integer(o, "unstable", 1));
    nt_fails(NNDYN_ENUMERIC, model, "unstable",
             nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.6, 3, NULL, NULL, f, NULL));
    nt_fails(NNDYN_ENUMERIC, model, "unstable",
             nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.6, INFINITY, o, NULL, f, NULL));
    nt_fails(NNDYN_ENUMERIC, model, "diverges",
             nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.6, 100000, o, NULL, f, NULL));
    nt_near(f[0], 7, 0);
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.6, 3, o, NULL, f, NULL));
    double want[2] = {0.5, -1};
    for (int s = 0; s < 3; s++) {
        const double r[] = {want[0] - 1, want[1] - 2};
        want[0] -= 0.6 * (2 * r[0] + r[1]);
        want[1] -= 0.6 * (r[0] + 3 * r[1]);
    }
    nt_close(f, want, 2, 1e-12, 1e-12);
    /* best rate: both ends contract alike; momentum may go further */
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, 0.6, 3, NULL, NULL, f, NULL));
    nt_ok(model, nndyn_linearized_set_loss(model, NNDYN_POISSON, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, model, "poisson",
             nndyn_linearized_stability(model, NNDYN_LINEARIZED_DESCENT, 0.2, NULL, 1, v));
    nt_fails(NNDYN_EUNSUPPORTED, model, "squared error",
             nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.2, 1, NULL, NULL, f, NULL));
    nndyn_options_free(o);
    nndyn_linearized_free(model);
    (void)state;
}

static void test_one_sample(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = NULL;
    const double kernel = 4, f0 = 3, y = 1;
    double f, v[NNDYN_LINEARIZED_FIGURES];
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_SCALAR, 1, 1, &kernel, &f0, &y, NULL, &model));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.25, 1, NULL, NULL, &f, NULL));
    nt_near(f, 1, 0); /* x = 1: there in one step */
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.25, 0, NULL, NULL, &f, NULL));
    nt_near(f, 3, 0);
    nt_ok(model, nndyn_linearized_stability(model, NNDYN_LINEARIZED_DESCENT, 0.25, NULL, 8, v));
    nt_near(v[NNDYN_LINEARIZED_CONTRACTION], 0, 0);
    nt_near(v[NNDYN_LINEARIZED_TIME], 0, 0);
    nndyn_linearized_free(model);
    /* the zero kernel: nothing moves */
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 1, 1, &(double){0}, &f0, &y, NULL, &model));
    nt_ok(model, nndyn_linearized_predict(model, NNDYN_LINEARIZED_MOMENTUM, 10, 5, NULL, NULL, &f, NULL));
    nt_near(f, 3, 0);
    nndyn_linearized_free(model);
    (void)state;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void test_errors_of_create(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = NULL;
    const double *k = kernel2, *f = start2, *y = target2;
    enum { FULL = NNDYN_LINEARIZED_FULL };
    nt_fails(NNDYN_EARG, c, "form is 3", nndyn_linearized_create(c, 3, 2, 1, k, f, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "n is 0", nndyn_linearized_create(c, FULL, 0, 1, k, f, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "outputs", nndyn_linearized_create(c, FULL, 2, 0, k, f, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "kernel", nndyn_linearized_create(c, FULL, 2, 1, NULL, f, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "f0", nndyn_linearized_create(c, FULL, 2, 1, k, NULL, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "y", nndyn_linearized_create(c, FULL, 2, 1, k, f, NULL, NULL, &model));
    nt_fails(NNDYN_EARG, c, "out", nndyn_linearized_create(c, FULL, 2, 1, k, f, y, NULL, NULL));
    nt_fails(NNDYN_EDATA, c, "f0", nndyn_linearized_create(c, FULL, 2, 1, k, (double[]){NAN, 0}, y, NULL, &model));
    nt_fails(NNDYN_EARG, c, "not symmetric",
             nndyn_linearized_create(c, FULL, 2, 1, (double[]){2, 1, 1.1, 3}, f, y, NULL, &model));
    nt_fails(NNDYN_ENUMERIC, c, "positive semidefinite",
             nndyn_linearized_create(c, FULL, 2, 1, (double[]){1, 2, 2, 1}, f, y, NULL, &model));
    nndyn_options *o = options_of(c, "rigde", 1);
    nt_fails(NNDYN_EOPTION, c, "ridge", nndyn_linearized_create(c, FULL, 2, 1, k, f, y, o, &model));
    nndyn_options_free(o);
    assert_null(model);
    int64_t bytes = 0;
    nt_ok(c, nndyn_linearized_forecast(c, FULL, 100, 10, 50, &bytes, NULL));
    assert_true(bytes > 8 * (2 * 1000000 + 500 * 1000));
    nt_ok(c, nndyn_context_set_memory_limit(c, 100));
    nt_fails(NNDYN_ELIMIT, c, "linearized", nndyn_linearized_create(c, FULL, 2, 1, k, f, y, NULL, &model));
    (void)state;
}

static void test_errors_of_model(void **state)
{
    nndyn_context *c = context;
    nndyn_linearized *model = pair(c);
    double f[2] = {7, 7}, before[2], after[2];
    enum { GD = NNDYN_LINEARIZED_DESCENT };
    nt_fails(NNDYN_EARG, model, "rule", nndyn_linearized_predict(model, 0, 0.1, 1, NULL, NULL, f, NULL));
    nt_fails(NNDYN_EARG, model, "rate", nndyn_linearized_predict(model, GD, 0, 1, NULL, NULL, f, NULL));
    nt_fails(NNDYN_EARG, model, "time", nndyn_linearized_predict(model, GD, 0.1, -1, NULL, NULL, f, NULL));
    nt_fails(NNDYN_EARG, model, "time", nndyn_linearized_predict(model, GD, 0.1, NAN, NULL, NULL, f, NULL));
    nt_fails(NNDYN_EARG, model, "whole", nndyn_linearized_predict(model, GD, 0.1, 0.5, NULL, NULL, f, NULL));
    nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, before, NULL));
    nt_fails(NNDYN_EARG, model, "rows[0]", nndyn_linearized_step(model, 1, (int64_t[]){2}, NULL, 0.1, 1, 0));
    nt_fails(NNDYN_EARG, model, "count", nndyn_linearized_step(model, 1, NULL, NULL, 0.1, 1, 0));
    nt_fails(NNDYN_EARG, model, "weight", nndyn_linearized_step(model, 2, NULL, NULL, 0.1, 0, 0));
    nt_fails(NNDYN_EARG, model, "momentum", nndyn_linearized_step(model, 2, NULL, NULL, 0.1, 1, 1));
    nt_fails(NNDYN_EDATA, model, "t", nndyn_linearized_step(model, 2, NULL, (double[]){0, NAN}, 0.1, 1, 0));
    nt_fails(NNDYN_ENUMERIC, model, "diverges", nndyn_linearized_step(model, 2, NULL, NULL, 1e300, 1e300, 0));
    nt_ok(model, nndyn_linearized_get(model, NULL, NULL, NULL, after, NULL));
    nt_same(before, after, sizeof before);
    nt_fails(NNDYN_EARG, model, "test", nndyn_linearized_set_test(model, 0, test2, test_start2));
    nt_fails(NNDYN_EDATA, model, "kernel", nndyn_linearized_set_test(model, 1, (double[]){NAN, 0}, test_start2));
    nt_fails(NNDYN_EARG, model, "count", nndyn_linearized_eigenvalues(model, 3, f));
    nt_fails(NNDYN_EARG, model, "loss", nndyn_linearized_set_loss(model, 99, NULL));
    nt_fails(NNDYN_ESTATE, model, "kernel", nndyn_linearized_parameters(model, NULL, 2, f));
    nndyn_linearized_free(model);
    nndyn_options *o = options_of(c, NULL, 0);
    nt_ok(o, nndyn_options_set_integer(o, "spectrum", 0));
    nt_ok(c, nndyn_linearized_create(c, NNDYN_LINEARIZED_FULL, 2, 1, kernel2, start2, target2, o, &model));
    nt_fails(NNDYN_ESTATE, model, "spectrum", nndyn_linearized_predict(model, GD, 0.1, 1, NULL, NULL, f, NULL));
    nt_fails(NNDYN_ESTATE, model, "test", nndyn_linearized_get(model, NULL, NULL, NULL, NULL, f));
    double largest;
    nt_ok(model, nndyn_linearized_stability(model, GD, 0.1, NULL, 1, &largest)); /* by Lanczos */
    nt_near(largest, 2.5 + sqrt(5) / 2, 1e-10);
    nt_near(f[0], 7, 0);
    nndyn_linearized_free(model);
    nndyn_options_free(o);
    (void)state;
}

static int scenario(nt_allocator *a, void *user)
{
    nndyn_context *own = NULL;
    nndyn_linearized *model = NULL;
    double f[2], test;
    (void)user;
    int status = nt_context_create(a, &own);
    status = status == NNDYN_OK
                 ? nndyn_linearized_create(own, NNDYN_LINEARIZED_FULL, 2, 1, kernel2, start2, target2, NULL, &model)
                 : status;
    status = status == NNDYN_OK ? nndyn_linearized_set_test(model, 1, test2, test_start2) : status;
    status = status == NNDYN_OK
                 ? nndyn_linearized_predict(model, NNDYN_LINEARIZED_DESCENT, 0.2, 3, NULL, NULL, f, &test)
                 : status;
    status = status == NNDYN_OK ? nndyn_linearized_integrate(model, 0.2, 3, NULL) : status;
    status = status == NNDYN_OK ? nndyn_linearized_displacement(model, NULL, &test) : status;
    nndyn_linearized_free(model);
    nndyn_context_free(own);
    return status;
}

static void test_allocations(void **state)
{
    nt_every_allocation(scenario, NULL);
    (void)state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_figures),
        TEST(test_against_iteration),
        TEST(test_small_steps),
        TEST(test_steps),
        TEST(test_function_is_parameter_model),
        TEST(test_scalar_kernel),
        TEST(test_flow),
        TEST(test_flow_cross_entropy),
        TEST(test_duplicate),
        TEST(test_ridge),
        TEST(test_stability),
        TEST(test_one_sample),
        TEST(test_errors_of_create),
        TEST(test_errors_of_model),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
