/* Every documented error, with the outputs untouched; memory, cancellation, failing allocations. */
#include "derivatives/problem.h"

enum { N = 4, IN = 3, OUT = 2, P = 3 * 5 + 5 + 5 * 2 + 2, MOST = 64 };

static problem plain(void)
{
    problem p = problem_begin(NNDYN_F64, IN);
    dense(&p, 5, NNDYN_TANH);
    dense(&p, OUT, NNDYN_IDENTITY);
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    assert_int_equal(p.parameters, P);
    return p;
}

/* ---- each function in one shape: all outputs into `out` --------------------------------------------------------- */

typedef struct call {
    nndyn_network *network;
    int64_t n;
    const double *x, *t, *u, *y;
    const nndyn_options *options;
    double *out;         /* MOST numbers each for up to two outputs */
    nndyn_operator **op; /* of those that make one */
} call;

static int call_gradient(const call *c)
{
    return nndyn_gradient(c->network, c->n, c->x, c->t, c->options, c->out, c->out + MOST);
}

static int call_layer_sensitivity(const call *c)
{
    return nndyn_layer_sensitivity(c->network, c->n, c->x, c->t, 1, c->options, c->out, c->out + MOST);
}

static int call_gradient_norms(const call *c)
{
    return nndyn_gradient_norms(c->network, c->n, c->x, c->t, c->options, c->out);
}

static int call_input_jacobian(const call *c)
{
    return nndyn_input_jacobian(c->network, c->n, c->x, c->options, c->out);
}

static int call_jvp(const call *c)
{
    return nndyn_jvp(c->network, c->n, c->x, c->x, c->u, c->options, c->out);
}

static int call_vjp(const call *c)
{
    return nndyn_vjp(c->network, c->n, c->x, c->y, c->options, c->out, c->out + MOST);
}

static int call_hessian_vector(const call *c)
{
    return nndyn_hessian_vector(c->network, c->n, c->x, c->t, c->u, c->options, c->out);
}

static int call_gauss_newton_vector(const call *c)
{
    return nndyn_gauss_newton_vector(c->network, c->n, c->x, c->t, c->u, c->options, c->out);
}

static int call_hessian_operator(const call *c)
{
    return nndyn_hessian_operator(c->network, c->n, c->x, c->t, c->options, c->op);
}

static int call_gauss_newton_operator(const call *c)
{
    return nndyn_gauss_newton_operator(c->network, c->n, c->x, c->t, c->options, c->op);
}

static int call_parameter_jacobian_operator(const call *c)
{
    return nndyn_parameter_jacobian_operator(c->network, c->n, c->x, c->options, c->op);
}

static const struct {
    const char *name;
    int (*run)(const call *c);
    int loss, order, u, y; /* what it needs: a loss, derivatives of activations, directions */
    int makes;             /* an operator */
    int alone;             /* samples must be independent */
} functions[] = {
    {"nndyn_gradient", call_gradient, 1, 1, 0, 0, 0, 0},
    {"nndyn_layer_sensitivity", call_layer_sensitivity, 1, 1, 0, 0, 0, 0},
    {"nndyn_gradient_norms", call_gradient_norms, 1, 1, 0, 0, 0, 1},
    {"nndyn_input_jacobian", call_input_jacobian, 0, 1, 0, 0, 0, 1},
    {"nndyn_jvp", call_jvp, 0, 1, 1, 0, 0, 0},
    {"nndyn_vjp", call_vjp, 0, 1, 0, 1, 0, 0},
    {"nndyn_hessian_vector", call_hessian_vector, 1, 2, 1, 0, 0, 0},
    {"nndyn_gauss_newton_vector", call_gauss_newton_vector, 1, 1, 1, 0, 0, 0},
    {"nndyn_hessian_operator", call_hessian_operator, 1, 2, 0, 0, 1, 0},
    {"nndyn_gauss_newton_operator", call_gauss_newton_operator, 1, 1, 0, 0, 1, 0},
    {"nndyn_parameter_jacobian_operator", call_parameter_jacobian_operator, 0, 1, 0, 0, 1, 0},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static double out[2 * MOST];
static nndyn_operator *op;

static call call_of(const problem *p)
{
    return (call){p->network, p->n, p->x, p->t, p->t, p->x, p->options, out, &op};
}

/* `u` and `y` of the right length, from one array that is long enough. */
static double *directions(void)
{
    return normals(61, MOST);
}

static void refused(int f, const call *c, int status, const char *word)
{
    for (int i = 0; i < 2 * MOST; i++) {
        out[i] = 0.25 + i;
    }
    op = NULL;
    nt_fails(status, c->network, word, functions[f].run(c));
    assert_non_null(strstr(nndyn_message(c->network), functions[f].name));
    for (int i = 0; i < 2 * MOST; i++) {
        assert_true(out[i] == 0.25 + i);
    }
    assert_null(op);
}

static void arguments(void **state)
{
    (void)state;
    problem p = plain();
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        call good = call_of(&p), c;
        good.u = good.y = u;
        c = good;
        c.n = 0;
        refused(f, &c, NNDYN_EARG, "n");
        c.n = (int64_t)1 << 40;
        refused(f, &c, NNDYN_EARG, "n");
        c = good;
        c.x = NULL;
        refused(f, &c, NNDYN_EARG, "x");
        c = good;
        c.t = NULL;
        if (functions[f].loss) {
            refused(f, &c, NNDYN_EARG, "t");
        }
        c = good;
        c.u = c.y = NULL;
        if (functions[f].y || (functions[f].u && functions[f].run != call_jvp)) {
            refused(f, &c, NNDYN_EARG, functions[f].y ? "ybar" : "u");
        }
        c = good;
        c.op = NULL;
        c.out = NULL;
        if (functions[f].makes || functions[f].run == call_gradient_norms || functions[f].run == call_input_jacobian ||
            functions[f].run == call_jvp || functions[f].run == call_hessian_vector ||
            functions[f].run == call_gauss_newton_vector) {
            assert_int_equal(functions[f].run(&c), NNDYN_EARG);
        }
        c = good;
        c.network = NULL;
        assert_int_equal(functions[f].run(&c), NNDYN_EARG);
        c.network = (nndyn_network *)(void *)p.context;
        assert_int_equal(functions[f].run(&c), NNDYN_EARG);
    }
    nt_fails(NNDYN_EARG, p.network, "layer", nndyn_layer_sensitivity(p.network, N, p.x, p.t, 3, NULL, out, NULL));
    nt_fails(NNDYN_EARG, p.network, "layer", nndyn_layer_sensitivity(p.network, N, p.x, p.t, -1, NULL, out, NULL));
    nt_ok(p.network, nndyn_layer_sensitivity(p.network, N, p.x, NULL, 0, NULL, NULL, NULL));
    nt_ok(p.network, nndyn_gradient(p.network, N, p.x, p.t, NULL, NULL, NULL));
    free(u);
    problem_free(&p);
}

static void bad_numbers(void **state)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    problem p = plain();
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        for (int i = 0; i < 3; i++) {
            call c = call_of(&p);
            c.u = c.y = u;
            double kept = p.x[4];
            p.x[4] = values[i];
            refused(f, &c, NNDYN_EDATA, "x");
            p.x[4] = kept;
            kept = p.t[3];
            p.t[3] = values[i];
            if (functions[f].loss) {
                refused(f, &c, NNDYN_EDATA, "t");
            }
            p.t[3] = kept;
            kept = u[2];
            u[2] = values[i];
            if (functions[f].u || functions[f].y) {
                refused(f, &c, NNDYN_EDATA, functions[f].y ? "ybar" : "u");
            }
            u[2] = kept;
        }
    }
    double *xdot = normals(62, N * IN);
    xdot[7] = NAN;
    nt_fails(NNDYN_EDATA, p.network, "xdot", nndyn_jvp(p.network, N, p.x, xdot, NULL, NULL, out));
    free(xdot);
    free(u);
    problem_free(&p);
}

static void states(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, IN);
    double *u = directions(), *x = normals(63, N * IN), *t = normals(64, N * OUT);
    call c = {p.network, N, x, t, u, u, NULL, out, &op};
    for (int f = 0; f < FUNCTIONS; f++) {
        refused(f, &c, NNDYN_ESTATE, "layers");
    }
    dense(&p, 5, NNDYN_TANH);
    dense(&p, OUT, NNDYN_IDENTITY);
    for (int f = 0; f < FUNCTIONS; f++) {
        if (functions[f].loss) {
            refused(f, &c, NNDYN_ESTATE, "loss");
        }
    }
    nt_ok(p.network, nndyn_network_begin_residual(p.network));
    for (int f = 0; f < FUNCTIONS; f++) {
        refused(f, &c, NNDYN_ESTATE, "residual");
    }
    free(u);
    free(x);
    free(t);
    problem_free(&p);
}

static void no_parameters(void **state)
{
    double y[N * IN], hu[1] = {7};
    (void)state;
    problem p = problem_begin(NNDYN_F64, IN);
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_TANH, NULL));
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    call c = call_of(&p);
    for (int f = 0; f < FUNCTIONS; f++) {
        if (functions[f].makes) {
            refused(f, &c, NNDYN_ESTATE, "no parameters");
        }
    }
    nt_ok(p.network, nndyn_hessian_vector(p.network, N, p.x, p.t, y, NULL, hu));
    nt_ok(p.network, nndyn_gauss_newton_vector(p.network, N, p.x, p.t, y, NULL, hu));
    assert_true(hu[0] == 7);
    nt_ok(p.network, nndyn_jvp(p.network, N, p.x, NULL, hu, NULL, y));
    for (int i = 0; i < N * IN; i++) {
        assert_true(y[i] == 0);
    }
    nt_ok(p.network, nndyn_gradient_norms(p.network, N, p.x, p.t, NULL, y));
    assert_true(y[0] == 0 && y[N - 1] == 0);
    problem_free(&p);
}

static void wrong_options(void **state)
{
    static const struct {
        const char *name, *text, *word;
    } cases[] = {{"mode", "test", "mode"}, {"reduction", "median", "reduction"}, {"stepp", "1", "step"}};
    (void)state;
    problem p = plain();
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        for (int i = 0; i < 3; i++) {
            nndyn_options *options = options_of(p.context);
            nt_ok(options, nndyn_options_set_text(options, cases[i].name, cases[i].text));
            call c = call_of(&p);
            c.u = c.y = u;
            c.options = options;
            refused(f, &c, NNDYN_EOPTION, cases[i].word);
            nndyn_options_free(options);
        }
    }
    free(u);
    problem_free(&p);
}

/* ---- derivatives that are missing, and callbacks that fail ------------------------------------------------------ */

typedef struct custom {
    int fails_at; /* this order */
} custom;

static int square(void *user, int order, int64_t count, const double *z, double *values)
{
    const custom *c = user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] * z[i] / 2 : order == 1 ? z[i] : 1;
    }
    return order == c->fails_at;
}

static int squared(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                   double *dt)
{
    const custom *c = user;
    for (int64_t i = 0; i < k; i++) {
        if (h) {
            *h = (i ? *h : 0) + (a[i] - t[i]) * (a[i] - t[i]) / 2;
        }
        if (d) {
            d[i] = a[i] - t[i];
        }
        if (dt) {
            dt[i] = t[i] - a[i];
        }
        for (int64_t j = 0; j < k && m; j++) {
            m[i * k + j] = i == j;
            e[i * k + j] = -(i == j);
        }
    }
    return c->fails_at == (m ? 2 : 1);
}

static problem with_custom(int activation_order, custom *activation, int loss_order, custom *loss)
{
    problem p = problem_begin(NNDYN_F64, IN);
    dense(&p, 5, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, activation_order, square, activation));
    dense(&p, OUT, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_set_custom_loss(p.network, loss_order, squared, loss));
    problem_end(&p, N, 0);
    return p;
}

static void missing_derivatives(void **state)
{
    (void)state;
    custom fine = {-1};
    double *u = directions();
    for (int activation = 0; activation <= 2; activation++) {
        for (int loss = 1; loss <= 2; loss++) {
            problem p = with_custom(activation, &fine, loss, &fine);
            for (int f = 0; f < FUNCTIONS; f++) {
                int second = functions[f].loss && (functions[f].u || functions[f].makes);
                call c = call_of(&p);
                c.u = c.y = u;
                if (activation < functions[f].order) {
                    refused(f, &c, NNDYN_EUNSUPPORTED, "custom activation");
                } else if (second && loss < 2) {
                    refused(f, &c, NNDYN_EUNSUPPORTED, "loss");
                } else {
                    nt_ok(p.network, functions[f].run(&c));
                    if (functions[f].makes) {
                        nndyn_operator_free(op);
                    }
                }
            }
            problem_free(&p);
        }
    }
    free(u);
}

static void failing_callbacks(void **state)
{
    (void)state;
    double *u = directions();
    for (int order = 0; order <= 2; order++) {
        custom fails = {order}, fine = {-1};
        problem p = with_custom(2, &fails, 2, &fine), q = with_custom(2, &fine, 2, &fails);
        for (int f = 0; f < FUNCTIONS; f++) {
            int second = functions[f].loss && (functions[f].u || functions[f].makes);
            call c = call_of(&p), d = call_of(&q);
            c.u = c.y = d.u = d.y = u;
            if (order <= functions[f].order) {
                refused(f, &c, NNDYN_ECALLBACK, "custom activation");
            }
            if ((order == 1 && functions[f].loss) || (order == 2 && second)) {
                refused(f, &d, NNDYN_ECALLBACK, "custom loss");
            }
        }
        problem_free(&p);
        problem_free(&q);
    }
    free(u);
}

/* ---- results that are not finite -------------------------------------------------------------------------------- */

static void overflow(void **state)
{
    double q[P], *u = directions();
    (void)state;
    problem p = plain();
    for (int i = 0; i < P; i++) {
        q[i] = i < 20 ? 1 : 1e200; /* outputs near 1e200, losses beyond the largest number */
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, P, q));
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&p);
        c.u = c.y = u;
        if (functions[f].loss) {
            refused(f, &c, NNDYN_ENUMERIC, "");
        }
    }
    for (int i = 0; i < P; i++) {
        q[i] = i < 20 ? 1e-3 : 1e150;
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, P, q));
    for (int i = 0; i < MOST; i++) {
        u[i] = 1e200;
    }
    call c = call_of(&p);
    c.u = c.y = u;
    for (int f = 0; f < FUNCTIONS; f++) {
        if (functions[f].run == call_jvp || functions[f].run == call_vjp || functions[f].run == call_hessian_vector ||
            functions[f].run == call_gauss_newton_vector) {
            refused(f, &c, NNDYN_ENUMERIC, "finite");
        }
    }
    free(u);
    problem_free(&p);
}

/* ---- batch norm couples the samples ----------------------------------------------------------------------------- */

static void coupled_samples(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, IN);
    dense(&p, 5, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    dense(&p, OUT, NNDYN_IDENTITY);
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    training_mode(&p, 0);
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&p);
        c.u = c.y = u;
        if (functions[f].alone) {
            refused(f, &c, NNDYN_EUNSUPPORTED, "couples");
            c.options = NULL;
        }
        nt_ok(p.network, functions[f].run(&c));
        if (functions[f].makes) {
            nndyn_operator_free(op);
        }
        c.options = p.options;
        c.n = 1;
        refused(f, &c, NNDYN_EARG, "batch norm");
    }
    free(u);
    problem_free(&p);
}

/* ---- memory ----------------------------------------------------------------------------------------------------- */

static void memory_limit(void **state)
{
    (void)state;
    problem p = plain();
    double *u = directions();
    nt_ok(p.context, nndyn_context_set_memory_limit(p.context, 2000));
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&p);
        c.u = c.y = u;
        refused(f, &c, NNDYN_ELIMIT, "2000");
    }
    free(u);
    problem_free(&p);
}

/* What a call takes is what was checked against the limit: a limit of the peak is enough, or nearly so. */
static void memory_is_as_checked(void **state)
{
    (void)state;
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        nt_allocator allocator = {0};
        problem p = {.context = nt_context(&allocator)};
        nt_ok(p.context, nndyn_network_create(p.context, NNDYN_F64, IN, &p.network));
        dense(&p, 5, NNDYN_TANH);
        dense(&p, OUT, NNDYN_IDENTITY);
        problem_end(&p, N, NNDYN_SQUARED_ERROR);
        call c = call_of(&p);
        c.u = c.y = u;
        int64_t before = allocator.live_bytes;
        allocator.peak_bytes = before;
        nt_ok(p.network, functions[f].run(&c));
        int64_t peak = allocator.peak_bytes - before, slack = 2048; /* headers, the operator's handle */
        nt_ok(p.context, nndyn_context_set_memory_limit(p.context, peak + slack));
        if (functions[f].makes) {
            nndyn_operator_free(op);
        }
        nt_ok(p.network, functions[f].run(&c));
        if (functions[f].makes) {
            nndyn_operator_free(op);
        }
        problem_free(&p);
        nt_no_leak(&allocator);
    }
    free(u);
}

static int every_function(nt_allocator *a, void *user)
{
    int f = *(int *)user, status, later = NNDYN_OK;
    double q[P], after[P];
    problem p;
    nt_pause(a);
    p = (problem){.context = nt_context(a)};
    nt_ok(p.context, nndyn_network_create(p.context, f % 2 ? NNDYN_F32 : NNDYN_F64, IN, &p.network));
    dense(&p, 5, NNDYN_TANH);
    dense(&p, OUT, NNDYN_IDENTITY);
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, P, q));
    double *u = directions();
    call c = call_of(&p);
    c.u = c.y = u;
    op = NULL;
    for (int i = 0; i < 2 * MOST; i++) {
        out[i] = 0.25 + i;
    }
    nt_resume(a);
    status = functions[f].run(&c);
    nt_pause(a);
    if (status != NNDYN_OK) {
        assert_null(op);
        for (int i = 0; i < 2 * MOST; i++) {
            assert_true(out[i] == 0.25 + i);
        }
        later = functions[f].run(&c); /* nothing is broken */
        nt_ok(p.network, later);
    }
    nndyn_operator_free(op);
    op = NULL;
    nt_ok(p.network, nndyn_network_get_parameters(p.network, P, after));
    nt_same(q, after, sizeof q);
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

static int a_gram_block(nt_allocator *a, void *user)
{
    static const int64_t units[] = {0, 2};
    nd_option_value values[ND_PASS_OPTIONS];
    double gram[64];
    nd_pass *pass = NULL;
    nd_tangent *tangent = NULL;
    problem p = {0};
    (void)user;
    nt_pause(a);
    p.context = nt_context(a);
    nt_ok(p.context, nndyn_network_create(p.context, NNDYN_F64, IN, &p.network));
    dense(&p, OUT, NNDYN_TANH);
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    no_options(values);
    nt_resume(a);
    int status = nd_pass_create(p.network, p.network, N, p.x, p.t, ND_PASS_CURVATURES, 0, values, &pass);
    if (status == NNDYN_OK) {
        status = nd_tangent_create_inputs(pass, p.network, 2, units, &tangent);
    }
    if (status == NNDYN_OK) {
        nt_ok(p.network, nd_tangent_forward(pass, p.network, NULL, tangent));
        nt_ok(p.network, nd_tangent_loss(pass, p.network, NULL, tangent));
        nt_ok(p.network, nd_tangent_backward(pass, p.network, NULL, tangent));
        status = nd_tangent_gram(pass, p.network, tangent, tangent, NULL, gram, 8);
    }
    nd_tangent_free(p.context, tangent);
    nd_pass_free(pass);
    problem_free(&p);
    return status;
}

static void every_allocation_of_a_gram_block(void **state)
{
    (void)state;
    nt_every_allocation(a_gram_block, NULL);
}

/* ---- misuse inside the library ---------------------------------------------------------------------------------- */

static void misused_tangents(void **state)
{
    static const int64_t unit = 0;
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass, *shallow;
    nd_tangent *one, *two, *units;
    double *u = directions();
    (void)state;
    problem p = plain();
    no_options(values);
    nt_ok(p.network, nd_pass_create(p.network, p.network, N, p.x, p.t, ND_PASS_CURVATURES, 0, values, &pass));
    nt_ok(p.network, nd_pass_create(p.network, p.network, N, p.x, NULL, ND_PASS_SLOPES, 0, values, &shallow));
    nt_ok(p.network, nd_tangent_create(pass, p.network, 1, 0, &one));
    nt_ok(p.network, nd_tangent_create(pass, p.network, 2, 0, &two));
    nt_ok(p.network, nd_tangent_create_inputs(pass, p.network, 1, &unit, &units));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_tangent_forward(pass, p.network, u, two));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_tangent_forward(pass, p.network, u, units));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_tangent_backward(pass, p.network, u, two));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_tangent_gradient(pass, p.network, two, out));
    nt_fails(NNDYN_EINTERNAL, p.network, "curvatures", nd_tangent_backward(shallow, p.network, NULL, one));
    nt_fails(NNDYN_EINTERNAL, p.network, "second", nd_tangent_loss(shallow, p.network, NULL, one));
    nt_fails(NNDYN_EINTERNAL, p.network, "second", nd_tangent_targets(shallow, p.network, one, out));
    nt_fails(NNDYN_ELIMIT, p.network, "rows", nd_tangent_create(pass, p.network, (int64_t)1 << 40, 0, &two));
    nd_tangent_free(p.context, one);
    nd_tangent_free(p.context, two);
    nd_tangent_free(p.context, units);
    nd_pass_free(shallow);
    nd_pass_free(pass);
    free(u);
    problem_free(&p);
}

/* ---- cancellation ----------------------------------------------------------------------------------------------- */

/* A custom activation that cancels the context from within the call. */
static int canceling(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)order;
    memcpy(values, z, (size_t)count * sizeof *z);
    return nndyn_context_cancel(user);
}

static void cancellation(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, IN);
    dense(&p, 5, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 2, canceling, p.context));
    dense(&p, OUT, NNDYN_IDENTITY);
    problem_end(&p, N, NNDYN_SQUARED_ERROR);
    double *u = directions();
    for (int f = 0; f < FUNCTIONS; f++) {
        call c = call_of(&p);
        c.u = c.y = u;
        refused(f, &c, NNDYN_ECANCELED, "stopped");
    }
    free(u);
    problem_free(&p);
}

static int failing_executor(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    (void)work;
    (void)job;
    (void)count;
    return *(int *)user;
}

/* An executor that gives up while a product is under way. */
static void failing_threads(void **state)
{
    int fails = 1;
    (void)state;
    problem p = problem_begin(NNDYN_F64, 40);
    dense(&p, 200, NNDYN_TANH);
    dense(&p, 200, NNDYN_TANH);
    problem_end(&p, 300, NNDYN_SQUARED_ERROR);
    nndyn_operator *hessian, *jacobian;
    nt_ok(p.network, nndyn_hessian_operator(p.network, p.n, p.x, p.t, NULL, &hessian));
    nt_ok(p.network, nndyn_parameter_jacobian_operator(p.network, p.n, p.x, NULL, &jacobian));
    nt_ok(p.context, nndyn_context_set_executor(p.context, failing_executor, &fails));
    double *u = normals(65, p.parameters), *y = normals(66, p.n * p.outputs), *kept = normals(66, p.n * p.outputs);
    nt_fails(NNDYN_ECALLBACK, hessian, "executor", nndyn_operator_apply(hessian, u, u));
    nt_fails(NNDYN_ECALLBACK, jacobian, "executor", nndyn_operator_apply(jacobian, u, y));
    nt_fails(NNDYN_ECALLBACK, jacobian, "executor", nndyn_operator_apply_transposed(jacobian, y, u));
    nt_same(y, kept, p.n * p.outputs * (int64_t)sizeof *y);
    nndyn_operator_free(hessian);
    nndyn_operator_free(jacobian);
    free(u);
    free(y);
    free(kept);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments),
        cmocka_unit_test(bad_numbers),
        cmocka_unit_test(states),
        cmocka_unit_test(no_parameters),
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(missing_derivatives),
        cmocka_unit_test(failing_callbacks),
        cmocka_unit_test(overflow),
        cmocka_unit_test(coupled_samples),
        cmocka_unit_test(memory_limit),
        cmocka_unit_test(memory_is_as_checked),
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(every_allocation_of_a_gram_block),
        cmocka_unit_test(misused_tangents),
        cmocka_unit_test(cancellation),
        cmocka_unit_test(failing_threads),
    };
    return cmocka_run_group_tests_name("derivatives/failures", tests, NULL, NULL);
}
