/* Every derivative along directions against central differences: each activation, each loss, each kind of layer. */
#include "derivatives/problem.h"

enum { CONVENTION_RESIDUAL = 1 }; /* D is not the gradient of the loss */
static const double tolerance = 2e-9;

/* ---- what must hold for any network ----------------------------------------------------------------------------- */

static void check_gradient(const problem *p, const double *u)
{
    double slope, *g = numbers(p->parameters);
    nt_ok(p->network, nndyn_gradient(p->network, p->n, p->x, p->t, p->options, NULL, g));
    difference(p, &(direction){.u = u}, 1, loss_function, &slope);
    double along = inner(p->parameters, g, u);
    close_vectors("gradient", 1, &along, &slope, tolerance);
    free(g);
}

static void check_hessian(const problem *p, const double *u, const double *v)
{
    double *hu = numbers(p->parameters), *hv = numbers(p->parameters), *want = numbers(p->parameters);
    nt_ok(p->network, nndyn_hessian_vector(p->network, p->n, p->x, p->t, u, p->options, hu));
    nt_ok(p->network, nndyn_hessian_vector(p->network, p->n, p->x, p->t, v, p->options, hv));
    difference(p, &(direction){.u = u}, p->parameters, gradient_function, want);
    close_vectors("Hessian", p->parameters, hu, want, tolerance);
    double left = inner(p->parameters, v, hu), right = inner(p->parameters, u, hv);
    double scale = length(p->parameters, hu) * length(p->parameters, v);
    nt_near(left, right, 1e-12 * scale);
    free(hu);
    free(hv);
    free(want);
}

static void check_jvp(const problem *p, const double *u, const double *xdot)
{
    int64_t count = p->n * p->outputs;
    double *ydot = numbers(count), *want = numbers(count), *part = numbers(count), *sum = numbers(count);
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, xdot, u, p->options, ydot));
    difference(p, &(direction){.u = u, .xdot = xdot}, count, output_function, want);
    close_vectors("JVP", count, ydot, want, tolerance);
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, xdot, NULL, p->options, part));
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, NULL, u, p->options, sum));
    for (int64_t i = 0; i < count; i++) {
        sum[i] += part[i];
    }
    close_vectors("JVP of inputs and of parameters", count, sum, ydot, 1e-13);
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, NULL, NULL, p->options, part));
    for (int64_t i = 0; i < count; i++) {
        assert_true(part[i] == 0);
    }
    free(ydot);
    free(want);
    free(part);
    free(sum);
}

static void check_vjp(const problem *p, const double *u, const double *xdot)
{
    int64_t count = p->n * p->outputs, entries = p->n * p->inputs;
    double *ybar = normals(23, count), *ydot = numbers(count), *xbar = numbers(entries), *ubar = numbers(p->parameters);
    double *again = numbers(p->parameters);
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, xdot, u, p->options, ydot));
    nt_ok(p->network, nndyn_vjp(p->network, p->n, p->x, ybar, p->options, xbar, ubar));
    double left = inner(count, ybar, ydot);
    double right = inner(entries, xbar, xdot) + inner(p->parameters, ubar, u);
    double scale = length(count, ybar) * length(count, ydot) + length(entries, xbar) * length(entries, xdot);
    nt_near(left, right, 1e-13 * scale);
    nt_ok(p->network, nndyn_vjp(p->network, p->n, p->x, ybar, p->options, NULL, again));
    nt_same(again, ubar, p->parameters * (int64_t)sizeof *again);
    free(ybar);
    free(ydot);
    free(xbar);
    free(ubar);
    free(again);
}

/* D = dh/da at outputs a, from a network that is nothing but its loss. */
static void output_sensitivity(const problem *p, nndyn_network *bare, const double *a, double *d)
{
    nt_ok(bare, nndyn_layer_sensitivity(bare, p->n, a, p->t, 0, NULL, NULL, d));
}

/* v'Gw = (Jv)'M(Jw), with M Jw by differences of D at the outputs. */
static void check_gauss_newton(const problem *p, const double *u, const double *v)
{
    static const double at[] = {1, -1, 2, -2}, weight[] = {8, -8, -1, 1};
    const double step = 1e-4;
    int64_t count = p->n * p->outputs;
    nndyn_network *bare;
    double *gu = numbers(p->parameters), *ju = numbers(count), *jv = numbers(count), *a = numbers(count);
    double *d = numbers(count), *mju = numbers(count);
    nt_ok(p->context, nndyn_network_create(p->context, NNDYN_F64, p->outputs, &bare));
    nt_ok(bare, nndyn_network_add_activation(bare, NNDYN_IDENTITY, NULL));
    bare->loss = p->network->loss;
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, NULL, u, p->options, ju));
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, NULL, v, p->options, jv));
    output_function(p, p->x, NULL, a);
    for (int i = 0; i < 4; i++) {
        double *there = moved(count, a, ju, at[i] * step);
        output_sensitivity(p, bare, there, d);
        for (int64_t j = 0; j < count; j++) {
            mju[j] += weight[i] * d[j] / (12 * step * (double)p->n);
        }
        free(there);
    }
    nt_ok(p->network, nndyn_gauss_newton_vector(p->network, p->n, p->x, p->t, u, p->options, gu));
    double left = inner(p->parameters, v, gu), right = inner(count, jv, mju);
    nt_near(left, right, tolerance * (length(count, jv) * length(count, mju) + 1e-3));
    nndyn_network_free(bare);
    free(gu);
    free(ju);
    free(jv);
    free(a);
    free(d);
    free(mju);
}

/* The gradient's tangent along inputs and targets, and its transpose. */
static void check_boundary(const problem *p, const double *u, const double *xdot, const double *tdot)
{
    nd_option_value values[ND_PASS_OPTIONS];
    double *jv = numbers(p->parameters), *want = numbers(p->parameters), *tbar = numbers(p->n * p->outputs);
    nd_pass *pass;
    nd_tangent *along;
    assert_int_equal(nd_options_read(p->network, p->options, nd_pass_options, ND_PASS_OPTIONS, values), NNDYN_OK);
    nt_ok(p->network, nd_pass_create(p->network, p->network, p->n, p->x, p->t, ND_PASS_CURVATURES, 0, values, &pass));
    nt_ok(p->network, nd_tangent_create(pass, p->network, 1, 0, &along));
    memcpy(along->value[0], xdot, (size_t)(p->n * p->inputs) * sizeof *xdot);
    nt_ok(p->network, nd_tangent_forward(pass, p->network, NULL, along));
    nt_ok(p->network, nd_tangent_loss(pass, p->network, tdot, along));
    nt_ok(p->network, nd_tangent_backward(pass, p->network, NULL, along));
    nt_ok(p->network, nd_tangent_gradient(pass, p->network, along, jv));
    difference(p, &(direction){.xdot = xdot, .tdot = tdot}, p->parameters, gradient_function, want);
    close_vectors("tangent along the data", p->parameters, jv, want, tolerance);
    memset(along->value[0], 0, (size_t)(p->n * p->inputs) * sizeof *xdot);
    nt_ok(p->network, nd_tangent_forward(pass, p->network, u, along));
    nt_ok(p->network, nd_tangent_loss(pass, p->network, NULL, along));
    nt_ok(p->network, nd_tangent_backward(pass, p->network, u, along));
    nt_ok(p->network, nd_tangent_targets(pass, p->network, along, tbar));
    double right = inner(p->n * p->inputs, along->back[0], xdot) + inner(p->n * p->outputs, tbar, tdot);
    double left = inner(p->parameters, jv, u);
    nt_near(left, pass->scale * right, 1e-13 * length(p->parameters, u) * (length(p->parameters, jv) + 1));
    nd_tangent_free(p->context, along);
    nd_pass_free(pass);
    free(jv);
    free(want);
    free(tbar);
}

static void check_all(const problem *p, int flags)
{
    double *u = normals(21, p->parameters), *v = normals(22, p->parameters);
    double *xdot = normals(24, p->n * p->inputs), *tdot = normals(25, p->n * p->outputs);
    if (!(flags & CONVENTION_RESIDUAL)) {
        check_gradient(p, u);
    }
    check_hessian(p, u, v);
    check_jvp(p, u, xdot);
    check_vjp(p, u, xdot);
    check_gauss_newton(p, u, v);
    check_boundary(p, u, xdot, tdot);
    free(u);
    free(v);
    free(xdot);
    free(tdot);
}

/* ---- activations and losses ------------------------------------------------------------------------------------- */

static void every_activation(void **state)
{
    (void)state;
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        problem p = problem_begin(NNDYN_F64, 4);
        dense(&p, 6, kind);
        dense(&p, 5, kind);
        dense(&p, 3, NNDYN_IDENTITY);
        problem_end(&p, 4, NNDYN_SQUARED_ERROR);
        check_all(&p, 0);
        problem_free(&p);
    }
}

static void every_activation_at_the_output(void **state)
{
    (void)state;
    for (int kind = NNDYN_IDENTITY; kind < ND_ACTIVATIONS; kind++) {
        problem p = problem_begin(NNDYN_F64, 4);
        dense(&p, 5, NNDYN_TANH);
        dense(&p, 3, kind);
        problem_end(&p, 4, NNDYN_LOG_COSH);
        check_all(&p, 0);
        problem_free(&p);
    }
}

/* Targets that the loss is for. */
static void suit(problem *p, int loss)
{
    for (int64_t i = 0; i < p->n * p->outputs; i++) {
        switch (loss) {
        case NNDYN_BINARY_CROSS_ENTROPY:
        case NNDYN_SOFTMAX_CROSS_ENTROPY:
        case NNDYN_POISSON:
        case NNDYN_NEGATIVE_LOG:
            p->t[i] = 0.1 + 0.4 * fabs(p->t[i]);
            break;
        case NNDYN_HINGE:
            p->t[i] = p->t[i] > 0 ? 1 : -1;
            break;
        default:
            break;
        }
    }
}

static void every_loss(void **state)
{
    (void)state;
    for (int loss = NNDYN_SQUARED_ERROR; loss < ND_LOSSES; loss++) {
        problem p = problem_begin(NNDYN_F64, 4);
        dense(&p, 6, NNDYN_TANH);
        dense(&p, 3, loss == NNDYN_NEGATIVE_LOG ? NNDYN_SOFTPLUS : NNDYN_IDENTITY);
        problem_end(&p, 5, loss);
        suit(&p, loss);
        check_all(&p, 0);
        problem_free(&p);
    }
}

static void set_loss_with(problem *p, int loss, const char *name, double value)
{
    nndyn_options *options = options_of(p->context);
    nt_ok(options, nndyn_options_set_double(options, name, value));
    nt_ok(p->network, nndyn_network_set_loss_with(p->network, loss, options));
    nndyn_options_free(options);
}

static void losses_with_parameters(void **state)
{
    static const struct {
        int loss;
        const char *name;
        double value;
    } cases[] = {{NNDYN_SQUARED_ERROR, "parameter", 1.7}, {NNDYN_POWER_ERROR, "parameter", 4},
                 {NNDYN_HUBER, "parameter", 0.4},         {NNDYN_CAUCHY, "scale", 0.6},
                 {NNDYN_GEMAN_MCCLURE, "scale", 1.8},     {NNDYN_WELSCH, "scale", 1.3},
                 {NNDYN_BARRON, "parameter", 0.5},        {NNDYN_BARRON, "parameter", -2},
                 {NNDYN_BARRON, "parameter", 2},          {NNDYN_BARRON, "parameter", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        problem p = problem_begin(NNDYN_F64, 4);
        dense(&p, 6, NNDYN_SIGMOID);
        dense(&p, 3, NNDYN_IDENTITY);
        problem_end(&p, 5, NNDYN_SQUARED_ERROR);
        set_loss_with(&p, cases[i].loss, cases[i].name, cases[i].value);
        check_all(&p, 0);
        problem_free(&p);
    }
}

static void residual_convention(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, 4);
    dense(&p, 6, NNDYN_TANH);
    dense(&p, 3, NNDYN_IDENTITY);
    problem_end(&p, 5, NNDYN_SOFTMAX_CROSS_ENTROPY);
    suit(&p, NNDYN_SOFTMAX_CROSS_ENTROPY);
    nndyn_options *options = options_of(p.context);
    nt_ok(options, nndyn_options_set_text(options, "convention", "residual"));
    nt_ok(p.network, nndyn_network_set_loss_with(p.network, NNDYN_SOFTMAX_CROSS_ENTROPY, options));
    nndyn_options_free(options);
    check_all(&p, CONVENTION_RESIDUAL);
    problem_free(&p);
}

/* ---- custom ones ------------------------------------------------------------------------------------------------ */

/* f(z) = z^3/3 + sin z */
static int cubic(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0   ? z[i] * z[i] * z[i] / 3 + sin(z[i])
                    : order == 1 ? z[i] * z[i] + cos(z[i])
                                 : 2 * z[i] - sin(z[i]);
    }
    return 0;
}

/* h = (a.a + 1) (sum_j c_j t_j a_j) with c_j = j + 1: couples all outputs, M and E are full and E is not symmetric. */
static int coupled(void *user, int64_t k, const double *a, const double *t, double *h, double *d, double *m, double *e,
                   double *dt)
{
    double q = 1, w = 0;
    (void)user;
    for (int64_t i = 0; i < k; i++) {
        q += a[i] * a[i];
        w += (double)(i + 1) * t[i] * a[i];
    }
    if (h) {
        *h = q * w;
    }
    for (int64_t i = 0; i < k; i++) {
        double ci = (double)(i + 1);
        if (d) {
            d[i] = 2 * a[i] * w + q * ci * t[i];
        }
        if (dt) {
            dt[i] = q * ci * a[i];
        }
        for (int64_t j = 0; j < k; j++) {
            double cj = (double)(j + 1);
            if (m) {
                m[i * k + j] = (i == j ? 2 * w : 0) + 2 * a[i] * cj * t[j] + 2 * a[j] * ci * t[i];
            }
            if (e) {
                e[i * k + j] = 2 * a[i] * cj * a[j] + (i == j ? q * ci : 0);
            }
        }
    }
    return 0;
}

static void custom_activation_and_loss(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, 4);
    dense(&p, 6, NNDYN_IDENTITY);
    nt_ok(p.network, nndyn_network_add_custom_activation(p.network, 2, cubic, NULL));
    dense(&p, 3, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_set_custom_loss(p.network, 2, coupled, NULL));
    problem_end(&p, 4, 0);
    check_all(&p, 0);
    problem_free(&p);
}

/* ---- kinds of layers -------------------------------------------------------------------------------------------- */

static void batch_norm(problem *p, int affine)
{
    nndyn_options *options = options_of(p->context);
    nt_ok(options, nndyn_options_set_integer(options, "affine", affine));
    nt_ok(p->network, nndyn_network_add_batch_norm(p->network, options));
    nndyn_options_free(options);
}

/* Batch norm first, between, without parameters, and last. */
static void normalized(int training)
{
    problem p = problem_begin(NNDYN_F64, 4);
    batch_norm(&p, 1);
    dense(&p, 6, NNDYN_IDENTITY);
    batch_norm(&p, 1);
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_TANH, NULL));
    batch_norm(&p, 0);
    dense(&p, 3, NNDYN_IDENTITY);
    batch_norm(&p, 1);
    problem_end(&p, 7, NNDYN_SQUARED_ERROR);
    if (training) {
        training_mode(&p, 0);
    }
    check_all(&p, 0);
    problem_free(&p);
}

static void batch_norm_in_evaluation(void **state)
{
    (void)state;
    normalized(0);
}

static void batch_norm_in_training(void **state)
{
    (void)state;
    normalized(1);
}

static void dropout(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        problem p = problem_begin(NNDYN_F64, 4);
        nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.2));
        dense(&p, 8, NNDYN_TANH);
        nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.5));
        dense(&p, 3, NNDYN_IDENTITY);
        problem_end(&p, 5, NNDYN_SQUARED_ERROR);
        if (training) {
            training_mode(&p, 7);
        }
        check_all(&p, 0);
        problem_free(&p);
    }
}

/* A small copy of the networks of the spring-block experiments: batch norm of the inputs, then blocks of dense, batch
 * norm, leaky ReLU and dropout. */
static problem spring_block_network(void)
{
    problem p = problem_begin(NNDYN_F64, 5);
    nndyn_options *slope = options_of(p.context);
    nt_ok(slope, nndyn_options_set_double(slope, "parameter", 0.3));
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    for (int l = 0; l < 3; l++) {
        dense(&p, 5, NNDYN_IDENTITY);
        nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
        nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_LEAKY_RELU, slope));
        nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.2));
    }
    dense(&p, 3, NNDYN_IDENTITY);
    nndyn_options_free(slope);
    problem_end(&p, 24, NNDYN_SOFTMAX_CROSS_ENTROPY);
    suit(&p, NNDYN_SOFTMAX_CROSS_ENTROPY);
    training_mode(&p, 4);
    return p;
}

/* Loss with one parameter moved by step. */
static double loss_beside(const problem *p, double *q, int64_t i, double step)
{
    const double kept = q[i];
    double loss = 0;
    q[i] = kept + step;
    nt_ok(p->network, nndyn_network_set_parameters(p->network, p->parameters, q));
    loss_function(p, p->x, p->t, &loss);
    q[i] = kept;
    return loss;
}

/* Every one of the 16 arrays of parameters by plain central differences, with the statistics of the batch and the masks
 * held; a bias in front of batch norm moves nothing. */
static void spring_block_gradient(void **state)
{
    problem p = spring_block_network();
    double *gradient = numbers(p.parameters), *q = numbers(p.parameters), worst = 0;
    int arrays = 0;
    (void)state;
    gradient_function(&p, p.x, p.t, gradient);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, q));
    for (int64_t i = 0; i < p.parameters; i++) {
        const double slope = (loss_beside(&p, q, i, 1e-6) - loss_beside(&p, q, i, -1e-6)) / 2e-6;
        worst = fmax(worst, fabs(slope - gradient[i]) / (1e-4 + fabs(gradient[i])));
    }
    assert_true(worst < 1e-5);
    for (int64_t layer = 0; layer < p.layers; layer++) {
        int kind;
        int64_t first, count, outputs;
        nt_ok(p.network, nndyn_network_layer(p.network, layer, &kind, NULL, NULL, &outputs, &first, &count));
        arrays += count > 0 ? 2 : 0;
        for (int64_t i = 0; kind == NNDYN_DENSE && layer < p.layers - 1 && i < outputs; i++) {
            assert_true(fabs(gradient[first + count - outputs + i]) < 1e-15);
        }
        assert_true(count == 0 || length(count, gradient + first) > 1e-3);
    }
    assert_int_equal(arrays, 16);
    free(gradient);
    free(q);
    problem_free(&p);
}

static void residual_blocks(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        problem p = problem_begin(NNDYN_F64, 4);
        nt_ok(p.network, nndyn_network_begin_residual(p.network)); /* an empty start: nothing before has parameters */
        dense(&p, 4, NNDYN_TANH);
        nt_ok(p.network, nndyn_network_begin_residual(p.network));
        nt_ok(p.network, nndyn_network_begin_residual(p.network));
        dense(&p, 4, NNDYN_SIGMOID);
        nt_ok(p.network, nndyn_network_end_residual(p.network));
        nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_SOFTPLUS, NULL));
        nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_SIN, NULL));
        nt_ok(p.network, nndyn_network_end_residual(p.network));
        batch_norm(&p, 1);
        nt_ok(p.network, nndyn_network_end_residual(p.network));
        nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_ARCTAN, NULL));
        nt_ok(p.network, nndyn_network_begin_residual(p.network));
        dense(&p, 4, NNDYN_GELU);
        nt_ok(p.network, nndyn_network_end_residual(p.network));
        problem_end(&p, 6, NNDYN_SOFTMAX_CROSS_ENTROPY);
        suit(&p, NNDYN_SOFTMAX_CROSS_ENTROPY);
        if (training) {
            training_mode(&p, 3);
        }
        check_all(&p, 0);
        problem_free(&p);
    }
}

static void parametrizations(void **state)
{
    static const char *const names[] = {"standard", "ntk"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        problem p = problem_begin(NNDYN_F64, 4);
        dense_with(&p, 6, NNDYN_TANH, names[i / 2], i % 2);
        dense_with(&p, 5, NNDYN_ERF, names[i / 2], i % 2);
        dense_with(&p, 3, NNDYN_IDENTITY, names[i / 2], i % 2);
        problem_end(&p, 4, NNDYN_SQUARED_ERROR);
        check_all(&p, 0);
        problem_free(&p);
    }
}

static void activation_before_anything(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, 4);
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_SIN, NULL));
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_ISRU, NULL));
    dense(&p, 5, NNDYN_TANH);
    dense(&p, 3, NNDYN_IDENTITY);
    problem_end(&p, 4, NNDYN_SQUARED_ERROR);
    check_all(&p, 0);
    problem_free(&p);
}

static void a_hundred_layers(void **state)
{
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    for (int i = 0; i < 99; i++) {
        dense(&p, 4, NNDYN_TANH);
    }
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 3, NNDYN_SQUARED_ERROR);
    double *q = numbers(p.parameters);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, q));
    for (int64_t i = 0; i < p.parameters; i++) {
        q[i] *= 1.6; /* so that something arrives at the far end */
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, p.parameters, q));
    free(q);
    check_all(&p, 0);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_activation),
        cmocka_unit_test(every_activation_at_the_output),
        cmocka_unit_test(every_loss),
        cmocka_unit_test(losses_with_parameters),
        cmocka_unit_test(residual_convention),
        cmocka_unit_test(custom_activation_and_loss),
        cmocka_unit_test(batch_norm_in_evaluation),
        cmocka_unit_test(batch_norm_in_training),
        cmocka_unit_test(dropout),
        cmocka_unit_test(spring_block_gradient),
        cmocka_unit_test(residual_blocks),
        cmocka_unit_test(parametrizations),
        cmocka_unit_test(activation_before_anything),
        cmocka_unit_test(a_hundred_layers),
    };
    return cmocka_run_group_tests_name("derivatives/directions", tests, NULL, NULL);
}
