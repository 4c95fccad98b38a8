/* test_jets_api.c - nndyn_jet, nndyn_jet_gradient, nndyn_jet_along: against products with Jacobian and Hessian, against
 * differences, and every documented error with the outputs untouched. */
#include "problem.h"

enum { K = 3, ROOM = 1536 };

/* ---- naive twins ------------------------------------------------------------------------------------------------ */

static problem deep(int dtype, int64_t width, int64_t n)
{
    problem p = problem_begin(dtype, 3);
    dense_with(&p, width, NNDYN_TANH, "ntk", 1);
    dense_with(&p, width, NNDYN_SIN, "standard", 1);
    dense_with(&p, 2, NNDYN_IDENTITY, "ntk", 1);
    problem_end(&p, n, NNDYN_SQUARED_ERROR);
    return p;
}

static double largest(int64_t count, const double *x)
{
    double most = 0;
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

static void against_products(void **state)
{
    (void)state;
    problem p = deep(NNDYN_F64, 6, 3);
    int64_t rows = p.n * p.outputs, P = p.parameters;
    double *u = normals(21, P), *ybar = normals(22, rows), *f = numbers((K + 1) * rows), *y = numbers(rows);
    double *g = numbers((K + 1) * P), *want = numbers(P), *gauss = numbers(P), *t = numbers(rows);
    nndyn_options *sum = options_of(p.context);
    nt_ok(sum, nndyn_options_set_text(sum, "reduction", "sum"));
    nt_ok(p.network, nndyn_jet(p.network, p.n, p.x, u, K, NULL, f));
    nt_ok(p.network, nndyn_jet_gradient(p.network, p.n, p.x, u, ybar, K, NULL, g));
    nt_ok(p.network, nndyn_network_forward(p.network, p.n, p.x, y));
    nt_close(f, y, rows, 1e-14, 1e-15);
    for (int64_t i = 0; i < rows; i++) {
        t[i] = y[i] - ybar[i]; /* so that the squared error has the sensitivities ybar */
    }
    nt_ok(p.network, nndyn_jvp(p.network, p.n, p.x, NULL, u, NULL, y));
    nt_close(f + rows, y, rows, 1e-13, 1e-14);
    nt_ok(p.network, nndyn_vjp(p.network, p.n, p.x, ybar, NULL, NULL, want));
    nt_close(g, want, P, 1e-13, 1e-14 * largest(P, want));
    nt_ok(p.network, nndyn_hessian_vector(p.network, p.n, p.x, t, u, sum, want));
    nt_ok(p.network, nndyn_gauss_newton_vector(p.network, p.n, p.x, t, u, sum, gauss));
    for (int64_t i = 0; i < P; i++) {
        want[i] -= gauss[i];
    }
    nt_close(g + P, want, P, 1e-12, 1e-13 * largest(P, gauss));
    for (int k = 0; k < K; k++) {
        double along = 0, outputs = 0;
        for (int64_t i = 0; i < P; i++) {
            along += u[i] * g[k * P + i];
        }
        for (int64_t i = 0; i < rows; i++) {
            outputs += ybar[i] * f[(k + 1) * rows + i];
        }
        nt_near(along, (k + 1) * outputs, 1e-13 * largest(P, g + k * P) * (double)P);
    }
    nndyn_options_free(sum);
    free(t);
    free(gauss);
    free(want);
    free(g);
    free(y);
    free(f);
    free(ybar);
    free(u);
    problem_free(&p);
}

/* theta + t V, V = J' w */
static double *gradient_of(const problem *p, const double *w)
{
    double *v = numbers(p->parameters);
    nt_ok(p->network, nndyn_vjp(p->network, p->n, p->x, w, NULL, NULL, v));
    return v;
}

/* Theta = J J' of a network's outputs, from explicit gradients. */
static void explicit_kernel(const problem *p, double *out)
{
    int64_t rows = p->n * p->outputs, P = p->parameters;
    double *j = numbers(rows * P), *unit = numbers(rows);
    for (int64_t r = 0; r < rows; r++) {
        unit[r] = 1;
        nt_ok(p->network, nndyn_vjp(p->network, p->n, p->x, unit, NULL, NULL, j + r * P));
        unit[r] = 0;
    }
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t s = 0; s < rows; s++) {
            out[r * rows + s] = 0;
            for (int64_t i = 0; i < P; i++) {
                out[r * rows + s] += j[r * P + i] * j[s * P + i];
            }
        }
    }
    free(unit);
    free(j);
}

static void along_a_gradient(void **state)
{
    (void)state;
    problem p = deep(NNDYN_F64, 6, 3);
    int64_t rows = p.n * p.outputs, P = p.parameters, entries = rows * rows;
    double *w = normals(23, rows), *v = gradient_of(&p, w), *f = numbers((K + 1) * rows),
           *want = numbers((K + 1) * rows);
    double *kernels = numbers((K + 1) * entries), *near = numbers(entries), *slope = numbers(entries);
    double *q = numbers(P), *there = numbers(P);
    nt_ok(p.network, nndyn_jet_along(p.network, p.n, p.x, w, K, NULL, f, kernels));
    nt_ok(p.network, nndyn_jet(p.network, p.n, p.x, v, K, NULL, want));
    for (int k = 0; k <= K; k++) {
        nt_close(f + k * rows, want + k * rows, rows, 0, 1e-14 * largest(rows, want + k * rows));
    }
    explicit_kernel(&p, near);
    nt_close(kernels, near, entries, 1e-13, 1e-14 * largest(entries, near));
    nt_ok(p.network, nndyn_network_get_parameters(p.network, P, q));
    const double h = 1e-3;
    static const double weight[] = {-1.0 / 60, 3.0 / 20, -3.0 / 4, 0, 3.0 / 4, -3.0 / 20, 1.0 / 60};
    for (int s = -3; s <= 3; s++) {
        for (int64_t i = 0; i < P; i++) {
            there[i] = q[i] + s * h * v[i];
        }
        nt_ok(p.network, nndyn_network_set_parameters(p.network, P, there));
        explicit_kernel(&p, near);
        for (int64_t i = 0; i < entries; i++) {
            slope[i] += weight[s + 3] / h * near[i];
        }
    }
    nt_close(kernels + entries, slope, entries, 1e-9, 1e-9 * largest(entries, slope));
    for (int64_t i = 0; i < P; i++) {
        there[i] = q[i] + h * v[i];
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, P, there));
    explicit_kernel(&p, near);
    for (int64_t i = 0; i < entries; i++) { /* the terms of order 3 are a hundred times the tolerance */
        double *at = kernels + i, sum = ((at[3 * entries] * h + at[2 * entries]) * h + at[entries]) * h;
        nt_near(near[i], at[0] + sum, 1e-9 * largest(entries, near));
    }
    for (int k = 0; k <= K; k++) {
        for (int64_t i = 0; i < entries; i++) {
            assert_true(kernels[k * entries + i] == kernels[k * entries + i % rows * rows + i / rows]);
        }
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, P, q));
    nt_ok(p.network, nndyn_jet_along(p.network, p.n, p.x, w, K, NULL, NULL, kernels));
    nt_ok(p.network, nndyn_jet_along(p.network, p.n, p.x, w, K, NULL, want, NULL));
    nt_same(f, want, sizeof(double) * (size_t)((K + 1) * rows));
    free(there);
    free(q);
    free(slope);
    free(near);
    free(kernels);
    free(want);
    free(f);
    free(v);
    free(w);
    problem_free(&p);
}

/* More samples than a block of the direction or of the kernel has room for; same bits with 1 and 8 threads. */
static void many_samples(void **state)
{
    enum { N = 80, ORDER = 6 };
    (void)state;
    problem p = deep(NNDYN_F64, 40, N);
    int64_t rows = p.n * p.outputs, entries = rows * rows;
    double *w = normals(24, rows), *v = gradient_of(&p, w), *f = numbers((ORDER + 1) * rows);
    double *want = numbers((ORDER + 1) * rows), *kernels = numbers((ORDER + 1) * entries);
    double *again = numbers((ORDER + 1) * entries), *gradient = numbers(2 * p.parameters);
    nt_ok(p.network, nndyn_jet_along(p.network, p.n, p.x, w, ORDER, NULL, f, kernels));
    nt_ok(p.network, nndyn_jet(p.network, p.n, p.x, v, ORDER, NULL, want));
    for (int k = 0; k <= ORDER; k++) {
        nt_close(f + k * rows, want + k * rows, rows, 0, 1e-13 * largest(rows, want + k * rows));
    }
    explicit_kernel(&p, again);
    nt_close(kernels, again, entries, 1e-12, 1e-13 * largest(entries, again));
    /* the k-th jet of f' = Theta e along w, in words of both: 2 w' f_2 = w' d(Theta w)/dt / 2 + ... needs no more than
     * d/dt of |g|^2 = 2 g . g_1, g = J' w */
    double bent = 0, gg = 0;
    nt_ok(p.network, nndyn_jet_gradient(p.network, p.n, p.x, v, w, 1, NULL, gradient));
    for (int64_t i = 0; i < p.parameters; i++) {
        gg += 2 * gradient[i] * gradient[p.parameters + i];
    }
    for (int64_t i = 0; i < entries; i++) {
        bent += w[i / rows] * kernels[entries + i] * w[i % rows];
    }
    nt_near(bent, gg, 1e-12 * fabs(gg) * 10);
    nt_ok(p.context, nndyn_context_set_threads(p.context, 8));
    nt_ok(p.network, nndyn_jet_along(p.network, p.n, p.x, w, ORDER, NULL, want, again));
    nt_same(f, want, sizeof(double) * (size_t)((ORDER + 1) * rows));
    nt_same(kernels, again, sizeof(double) * (size_t)((ORDER + 1) * entries));
    free(gradient);
    free(again);
    free(kernels);
    free(want);
    free(f);
    free(v);
    free(w);
    problem_free(&p);
}

/* A float32 network is the float64 one of its parameters, widened. */
static void both_precisions(void **state)
{
    (void)state;
    problem p = deep(NNDYN_F32, 5, 2), q = deep(NNDYN_F64, 5, 2);
    double *theta = numbers(p.parameters), *u = normals(25, p.parameters), f[(K + 1) * 4], want[(K + 1) * 4];
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, theta));
    nt_ok(q.network, nndyn_network_set_parameters(q.network, p.parameters, theta));
    nt_ok(p.network, nndyn_jet(p.network, 2, p.x, u, K, NULL, f));
    nt_ok(q.network, nndyn_jet(q.network, 2, p.x, u, K, NULL, want));
    nt_same(f, want, sizeof f);
    free(u);
    free(theta);
    problem_free(&q);
    problem_free(&p);
}

/* ---- edges ------------------------------------------------------------------------------------------------------ */

static void linear_networks(void **state)
{
    double u[8], w[1] = {1}, f[5], g[5 * 8], kernels[5];
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    dense_with(&p, 1, NNDYN_IDENTITY, "ntk", 1);
    problem_end(&p, 1, 0);
    nt_normal(26, 8, u);
    nt_ok(p.network, nndyn_jet(p.network, 1, p.x, u, 4, NULL, f));
    assert_true(f[1] != 0 && f[2] == 0 && f[3] == 0 && f[4] == 0);
    nt_ok(p.network, nndyn_jet_gradient(p.network, 1, p.x, u, w, 4, NULL, g));
    for (int i = (int)p.parameters; i < 5 * p.parameters; i++) {
        assert_true(g[i] == 0);
    }
    nt_ok(p.network, nndyn_jet_along(p.network, 1, p.x, w, 4, NULL, f, kernels));
    assert_true(f[1] == kernels[0] && kernels[0] > 0 && f[2] == 0 && kernels[1] == 0 && kernels[4] == 0);
    w[0] = 0; /* nothing moves */
    nt_ok(p.network, nndyn_jet_along(p.network, 1, p.x, w, 4, NULL, f, NULL));
    assert_true(f[0] != 0 && f[1] == 0 && f[2] == 0);
    nt_ok(p.network, nndyn_jet(p.network, 1, p.x, u, 0, NULL, g));
    assert_true(g[0] == f[0]);
    problem_free(&p);
}

static void no_parameters(void **state)
{
    double f[9], g[1] = {7}, kernels[3 * 9], y[3];
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_TANH, NULL));
    problem_end(&p, 1, 0);
    nt_ok(p.network, nndyn_network_forward(p.network, 1, p.x, y));
    nt_ok(p.network, nndyn_jet(p.network, 1, p.x, y, 2, NULL, f));
    nt_close(f, y, 3, 1e-15, 0);
    nt_ok(p.network, nndyn_jet_gradient(p.network, 1, p.x, y, y, 2, NULL, g));
    assert_true(f[3] == 0 && f[8] == 0 && g[0] == 7);
    nt_ok(p.network, nndyn_jet_along(p.network, 1, p.x, y, 2, NULL, f, kernels));
    assert_true(kernels[0] == 0 && kernels[26] == 0);
    problem_free(&p);
}

/* ---- custom activations ----------------------------------------------------------------------------------------- */

typedef struct custom {
    int fails_at; /* this order */
    nndyn_context *cancels;
} custom;

static int own_tanh(void *user, int order, int64_t count, const double *z, double *values)
{
    const custom *c = user;
    for (int64_t i = 0; i < count; i++) {
        double a = tanh(z[i]), s = 1 - a * a;
        const double d[] = {a, s, -2 * a * s, s * (6 * a * a - 2)};
        values[i] = d[order];
    }
    if (c->cancels) {
        nndyn_context_cancel(c->cancels);
    }
    return order == c->fails_at;
}

static problem with_custom(int order, custom *c)
{
    problem p = problem_begin(NNDYN_F64, 3);
    dense(&p, 70, NNDYN_IDENTITY); /* more than one strip */
    if (c) {
        nt_ok(p.network, nndyn_network_add_custom_activation(p.network, order, own_tanh, c));
    } else {
        nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_TANH, NULL));
    }
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 2, 0);
    return p;
}

static void custom_orders(void **state)
{
    (void)state;
    custom c = {-1, NULL};
    problem twin = with_custom(0, NULL);
    double *u = normals(27, twin.parameters), f[16], want[16];
    double *g = numbers(4 * twin.parameters), *gw = numbers(4 * twin.parameters);
    for (int has = 0; has <= 3; has++) {
        problem p = with_custom(has, &c);
        for (int order = 0; order <= 3; order++) {
            if (order <= has) {
                nt_ok(p.network, nndyn_jet(p.network, 2, p.x, u, order, NULL, f));
                nt_ok(twin.network, nndyn_jet(twin.network, 2, p.x, u, order, NULL, want));
                nt_close(f, want, 4 * (order + 1), 1e-12, 1e-12 * largest(4 * (order + 1), want));
            } else {
                nt_fails(NNDYN_EUNSUPPORTED, p.network, "custom activation",
                         nndyn_jet(p.network, 2, p.x, u, order, NULL, f));
            }
            if (order + 1 <= has) {
                nt_ok(p.network, nndyn_jet_gradient(p.network, 2, p.x, u, p.t, order, NULL, g));
                nt_ok(twin.network, nndyn_jet_gradient(twin.network, 2, p.x, u, p.t, order, NULL, gw));
                nt_close(g, gw, p.parameters * (order + 1), 1e-12, 1e-12 * largest(p.parameters * (order + 1), gw));
            } else {
                nt_fails(NNDYN_EUNSUPPORTED, p.network, "gradients",
                         nndyn_jet_gradient(p.network, 2, p.x, u, p.t, order, NULL, g));
            }
        }
        problem_free(&p);
    }
    free(gw);
    free(g);
    free(u);
    problem_free(&twin);
}

/* ---- errors: each function in one shape -------------------------------------------------------------------------- */

typedef struct call {
    nndyn_network *network;
    int64_t n;
    const double *x, *u, *y;
    int order;
    const nndyn_options *options;
    double *out, *out2;
} call;

static int call_jet(const call *c)
{
    return nndyn_jet(c->network, c->n, c->x, c->u, c->order, c->options, c->out);
}

static int call_gradient(const call *c)
{
    return nndyn_jet_gradient(c->network, c->n, c->x, c->u, c->y, c->order, c->options, c->out);
}

static int call_along(const call *c)
{
    return nndyn_jet_along(c->network, c->n, c->x, c->y, c->order, c->options, c->out, c->out2);
}

static const struct {
    const char *name;
    int (*run)(const call *c);
    const char *u, *y; /* what it calls them; NULL: it has none */
    int need;          /* derivatives of activations beyond the order */
} functions[] = {
    {"nndyn_jet", call_jet, "u", NULL, 0},
    {"nndyn_jet_gradient", call_gradient, "u", "ybar", 1},
    {"nndyn_jet_along", call_along, NULL, "w", 1},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static double out[2 * ROOM];

static call call_of(const problem *p, const double *u)
{
    return (call){p->network, p->n, p->x, u, p->t, 2, p->options, out, out + ROOM};
}

static void refused(int f, const call *c, int status, const char *word)
{
    for (int i = 0; i < 2 * ROOM; i++) {
        out[i] = 0.25 + i;
    }
    nt_fails(status, c->network, word, functions[f].run(c));
    assert_non_null(strstr(nndyn_message(c->network), functions[f].name));
    for (int i = 0; i < 2 * ROOM; i++) {
        assert_true(out[i] == 0.25 + i);
    }
}

static void arguments(void **state)
{
    (void)state;
    problem p = deep(NNDYN_F64, 5, 3);
    double *u = normals(28, p.parameters);
    for (int f = 0; f < FUNCTIONS; f++) {
        call good = call_of(&p, u), c = good;
        c.n = 0;
        refused(f, &c, NNDYN_EARG, "n is 0");
        c.n = (int64_t)1 << 40;
        refused(f, &c, NNDYN_EARG, "n");
        c = good;
        c.order = -1;
        refused(f, &c, NNDYN_EARG, "order");
        c.order = 17;
        refused(f, &c, NNDYN_EARG, "16");
        c = good;
        c.x = NULL;
        refused(f, &c, NNDYN_EARG, "x");
        c = good;
        c.u = NULL;
        if (functions[f].u) {
            refused(f, &c, NNDYN_EARG, functions[f].u);
        }
        c = good;
        c.y = NULL;
        if (functions[f].y) {
            refused(f, &c, NNDYN_EARG, functions[f].y);
        }
        c = good;
        c.out = c.out2 = NULL;
        refused(f, &c, NNDYN_EARG, "coefficients");
        c = good;
        c.network = NULL;
        assert_int_equal(functions[f].run(&c), NNDYN_EARG);
        c.network = (nndyn_network *)(void *)p.context;
        assert_int_equal(functions[f].run(&c), NNDYN_EARG);
    }
    free(u);
    problem_free(&p);
}

static void bad_numbers(void **state)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    problem p = deep(NNDYN_F64, 5, 3);
    double *u = normals(28, p.parameters);
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&p, u);
        for (int i = 0; i < 3; i++) {
            double *places[] = {p.x + 4, u + 2, p.t + 3};
            const char *names[] = {"x", functions[f].u, functions[f].y};
            for (int a = 0; a < 3; a++) {
                double kept = *places[a];
                *places[a] = values[i];
                if (names[a]) {
                    refused(f, &c, NNDYN_EDATA, names[a]);
                }
                *places[a] = kept;
            }
        }
        for (int64_t i = 0; i < p.parameters; i++) {
            u[i] *= 1e200;
        }
        for (int64_t i = 0; i < p.n * p.outputs; i++) {
            p.t[i] *= 1e200;
        }
        refused(f, &c, NNDYN_ENUMERIC, "not finite");
        for (int64_t i = 0; i < p.parameters; i++) {
            u[i] *= 1e-200;
        }
        for (int64_t i = 0; i < p.n * p.outputs; i++) {
            p.t[i] *= 1e-200;
        }
    }
    free(u);
    problem_free(&p);
}

static void states_and_options(void **state)
{
    static const char *const names[] = {"mode", "stepp"};
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3), q = deep(NNDYN_F64, 5, 3);
    double *u = normals(28, q.parameters);
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&q, u);
        c.network = p.network;
        refused(f, &c, NNDYN_ESTATE, "layers");
        c.network = q.network;
        for (int i = 0; i < 2; i++) {
            nndyn_options *options = options_of(q.context);
            nt_ok(options, nndyn_options_set_text(options, names[i], "test"));
            c.options = options;
            refused(f, &c, NNDYN_EOPTION, i ? "step" : "mode");
            nndyn_options_free(options);
        }
        c.options = NULL;
        nt_ok(q.context, nndyn_context_set_memory_limit(q.context, 2000));
        refused(f, &c, NNDYN_ELIMIT, "2000");
        nt_ok(q.context, nndyn_context_set_memory_limit(q.context, 0));
    }
    free(u);
    problem_free(&q);
    problem_free(&p);
}

/* Batch norm and dropout are refused in training mode; without them it is no other than evaluation. */
static void training(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        problem p = problem_begin(NNDYN_F64, 3);
        dense(&p, 5, NNDYN_TANH);
        if (kind == 1) {
            nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
        } else if (kind == 2) {
            nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.5));
        }
        dense(&p, 2, NNDYN_IDENTITY);
        problem_end(&p, 3, 0);
        training_mode(&p, 0);
        double *u = normals(29, p.parameters);
        for (int f = 0; f < FUNCTIONS; f++) {
            call c = call_of(&p, u);
            if (kind > 0) {
                refused(f, &c, NNDYN_EUNSUPPORTED, kind == 1 ? "batch norm" : "dropout");
                c.options = NULL;
            }
            nt_ok(p.network, functions[f].run(&c));
        }
        free(u);
        problem_free(&p);
    }
}

static void failing_callbacks(void **state)
{
    (void)state;
    for (int order = 0; order <= 3; order++) {
        custom c = {order, NULL};
        problem p = with_custom(3, &c);
        double *u = normals(29, p.parameters);
        for (int f = 0; f < FUNCTIONS; f++) {
            call to = call_of(&p, u);
            if (order <= to.order + functions[f].need) {
                refused(f, &to, NNDYN_ECALLBACK, "custom activation");
            } else {
                nt_ok(p.network, functions[f].run(&to));
            }
        }
        c.fails_at = -1;
        c.cancels = p.context;
        for (int f = 0; f < FUNCTIONS; f++) {
            call to = call_of(&p, u);
            refused(f, &to, NNDYN_ECANCELED, "");
        }
        free(u);
        problem_free(&p);
    }
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static problem counted(nt_allocator *a, int dtype)
{
    problem p = {.context = nt_context(a)};
    nt_ok(p.context, nndyn_network_create(p.context, dtype, 3, &p.network));
    dense(&p, 9, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 4, 0);
    return p;
}

/* A limit of what a call took is enough, or nearly so. */
static void memory_is_as_checked(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTIONS; f++) {
        nt_allocator allocator = {0};
        problem p = counted(&allocator, NNDYN_F64);
        double *u = normals(30, p.parameters);
        call c = call_of(&p, u);
        int64_t before = allocator.live_bytes;
        allocator.peak_bytes = before;
        nt_ok(p.network, functions[f].run(&c));
        int64_t peak = allocator.peak_bytes - before;
        nt_ok(p.context, nndyn_context_set_memory_limit(p.context, peak + 2048));
        nt_ok(p.network, functions[f].run(&c));
        nt_ok(p.context, nndyn_context_set_memory_limit(p.context, peak - 4096));
        refused(f, &c, NNDYN_ELIMIT, "memory");
        free(u);
        problem_free(&p);
        nt_no_leak(&allocator);
    }
}

static int every_function(nt_allocator *a, void *user)
{
    int f = *(int *)user;
    nt_pause(a);
    problem p = counted(a, f % 2 ? NNDYN_F32 : NNDYN_F64);
    double *u = normals(30, p.parameters), *q = numbers(p.parameters), *after = numbers(p.parameters);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, q));
    call c = call_of(&p, u);
    for (int i = 0; i < 2 * ROOM; i++) {
        out[i] = 0.25 + i;
    }
    nt_resume(a);
    int status = functions[f].run(&c);
    nt_pause(a);
    for (int i = 0; i < 2 * ROOM && status != NNDYN_OK; i++) {
        assert_true(out[i] == 0.25 + i);
    }
    nt_ok(p.network, functions[f].run(&c)); /* nothing is broken */
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, after));
    nt_same(q, after, sizeof *q * (size_t)p.parameters);
    free(after);
    free(q);
    free(u);
    problem_free(&p);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    for (int f = 0; f < FUNCTIONS; f++) {
        nt_every_allocation(every_function, &f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_products),     cmocka_unit_test(along_a_gradient), cmocka_unit_test(many_samples),
        cmocka_unit_test(both_precisions),      cmocka_unit_test(linear_networks),  cmocka_unit_test(no_parameters),
        cmocka_unit_test(custom_orders),        cmocka_unit_test(arguments),        cmocka_unit_test(bad_numbers),
        cmocka_unit_test(states_and_options),   cmocka_unit_test(training),         cmocka_unit_test(failing_callbacks),
        cmocka_unit_test(memory_is_as_checked), cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests_name("jets_api", tests, NULL, NULL);
}
