/* Gram blocks against explicit gradient tangents, one sample and one direction at a time. */
#include "derivatives/problem.h"

typedef struct rows {
    int64_t rep;
    const double *xdot, *tdot; /* n*rep x inputs, n*rep x outputs; NULL: zero */
    const int64_t *units;      /* in place of xdot */
} rows;

/* The gradient's tangent of each row, as a (n*rep) x parameters matrix. */
static double *explicit_tangents(const problem *p, const rows *r)
{
    nd_option_value values[ND_PASS_OPTIONS];
    double *g = numbers(p->n * r->rep * p->parameters);
    no_options(values);
    for (int64_t s = 0; s < p->n; s++) {
        nd_pass *pass;
        nd_tangent *one;
        nt_ok(p->network, nd_pass_create(p->network, p->network, 1, p->x + s * p->inputs, p->t + s * p->outputs,
                                         ND_PASS_CURVATURES, 0, values, &pass));
        nt_ok(p->network, nd_tangent_create(pass, p->network, 1, 0, &one));
        for (int64_t m = 0; m < r->rep; m++) {
            int64_t row = s * r->rep + m;
            for (int64_t i = 0; i < p->inputs; i++) {
                one->value[0][i] = r->xdot ? r->xdot[row * p->inputs + i] : r->units ? r->units[m] == i : 0;
            }
            nt_ok(p->network, nd_tangent_forward(pass, p->network, NULL, one));
            nt_ok(p->network, nd_tangent_loss(pass, p->network, r->tdot ? r->tdot + row * p->outputs : NULL, one));
            nt_ok(p->network, nd_tangent_backward(pass, p->network, NULL, one));
            nt_ok(p->network, nd_tangent_gradient(pass, p->network, one, g + row * p->parameters));
        }
        nd_tangent_free(p->context, one);
        nd_pass_free(pass);
    }
    return g;
}

static nd_tangent *tangents(const problem *p, const nd_pass *pass, const rows *r)
{
    nd_tangent *tangent;
    int flags = r->xdot ? 0 : ND_TANGENT_ZERO_BELOW | ND_TANGENT_NO_INPUTS;
    nt_ok(p->network, r->units ? nd_tangent_create_inputs(pass, p->network, r->rep, r->units, &tangent)
                               : nd_tangent_create(pass, p->network, r->rep, flags, &tangent));
    if (r->xdot) {
        memcpy(tangent->value[0], r->xdot, (size_t)(p->n * r->rep * p->inputs) * sizeof(double));
    }
    nt_ok(p->network, nd_tangent_forward(pass, p->network, NULL, tangent));
    nt_ok(p->network, nd_tangent_loss(pass, p->network, r->tdot, tangent));
    nt_ok(p->network, nd_tangent_backward(pass, p->network, NULL, tangent));
    return tangent;
}

static int counts(const problem *p, const unsigned char *parts, int64_t parameter)
{
    int64_t l = 0;
    while (p->network->layers[l].count == 0 || parameter >= p->network->layers[l].first + p->network->layers[l].count) {
        l++;
    }
    const nd_layer *layer = &p->network->layers[l];
    int64_t weights = layer->kind == NNDYN_DENSE ? layer->in * layer->out : layer->in;
    int part = parameter - layer->first < weights ? ND_WEIGHTS : ND_BIASES;
    return !parts || (parts[l] & part);
}

static void compare(const problem *p, const rows *left, const rows *right, const unsigned char *parts, int summed)
{
    int64_t nl = p->n * left->rep, nr = p->n * right->rep, ld = nr + 3, k = p->parameters;
    double *gl = explicit_tangents(p, left), *gr = explicit_tangents(p, right), *out = normals(50, nl * ld);
    double guard = out[nr];
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass;
    no_options(values);
    values[ND_PASS_REDUCTION].integer = summed;
    nt_ok(p->network, nd_pass_create(p->network, p->network, p->n, p->x, p->t, ND_PASS_CURVATURES, 0, values, &pass));
    nd_tangent *tl = tangents(p, pass, left), *tr = left == right ? tl : tangents(p, pass, right);
    nt_ok(p->network, nd_tangent_gram(pass, p->network, tl, tr, parts, out, ld));
    for (int64_t j = 0; j < k; j++) {
        for (int64_t i = 0; i < nl && !counts(p, parts, j); i++) {
            gl[i * k + j] = 0;
        }
    }
    double scale2 = summed ? 1 : 1 / (double)(p->n * p->n), size = 0, error = 0;
    for (int64_t i = 0; i < nl; i++) {
        for (int64_t j = 0; j < nr; j++) {
            double want = scale2 * inner(k, gl + i * k, gr + j * k);
            size = fmax(size, fabs(want));
            error = fmax(error, fabs(out[i * ld + j] - want));
            if (left == right) {
                assert_true(out[i * ld + j] == out[j * ld + i]);
            }
        }
    }
    assert_true(out[nr] == guard);
    assert_true(size > 0);
    if (!(error <= 1e-14 * fmax(1, size))) {
        print_error("Gram block: error %.3g where the largest entry is %.3g\n", error, size);
        fail();
    }
    if (tr != tl) {
        nd_tangent_free(p->context, tr);
    }
    nd_tangent_free(p->context, tl);
    nd_pass_free(pass);
    free(gl);
    free(gr);
    free(out);
}

/* Seven samples, all kinds of layers with parameters. */
static problem varied(void)
{
    problem p = problem_begin(NNDYN_F64, 3);
    dense_with(&p, 4, NNDYN_TANH, "ntk", 1);
    nt_ok(p.network, nndyn_network_begin_residual(p.network));
    dense_with(&p, 4, NNDYN_SOFTPLUS, "standard", 0);
    nt_ok(p.network, nndyn_network_end_residual(p.network));
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    dense(&p, 2, NNDYN_SIGMOID);
    problem_end(&p, 7, NNDYN_SQUARED_ERROR);
    return p;
}

static void every_pair(void **state)
{
    static const int64_t units[] = {0, 2};
    (void)state;
    problem p = varied();
    double *x1 = normals(41, 7 * 3 * 3), *t1 = normals(42, 7 * 3 * 2), *t2 = normals(43, 7 * 2 * 2);
    const rows kinds[] = {{3, x1, t1, NULL}, {2, NULL, t2, NULL}, {2, NULL, NULL, units}, {1, x1, NULL, NULL}};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            compare(&p, &kinds[i], &kinds[j], NULL, (i + j) % 2);
        }
    }
    free(x1);
    free(t1);
    free(t2);
    problem_free(&p);
}

static void parts_of_the_parameters(void **state)
{
    static const int64_t units[] = {0, 1, 2};
    (void)state;
    problem p = varied();
    double *t1 = normals(42, 7 * 3 * 2);
    const rows along = {3, NULL, t1, units}, targets = {3, NULL, t1, NULL};
    for (int which = ND_WEIGHTS; which <= ND_BIASES; which++) {
        for (int64_t only = -1; only < p.layers; only++) {
            if (only >= 0 && p.network->layers[only].count == 0) {
                continue;
            }
            if (which == ND_BIASES && only >= 0 && p.network->layers[only].kind == NNDYN_DENSE &&
                !p.network->layers[only].bias) {
                continue;
            }
            unsigned char parts[16] = {0};
            for (int64_t l = 0; l < p.layers; l++) {
                parts[l] = only < 0 || l == only ? (unsigned char)which : 0;
            }
            compare(&p, &along, &along, parts, 1);
            compare(&p, &along, &targets, parts, 1);
        }
    }
    free(t1);
    problem_free(&p);
}

/* One sample: the formula of a single Jacobian; and more rows than a block has, with samples cut by its edge. */
static void one_and_many(void **state)
{
    static const int64_t units[] = {0, 1, 2, 3, 4};
    (void)state;
    for (int many = 0; many < 2; many++) {
        problem p = problem_begin(NNDYN_F64, 5);
        dense(&p, 3, NNDYN_TANH);
        dense(&p, 2, NNDYN_IDENTITY);
        problem_end(&p, many ? 107 : 1, NNDYN_SOFTMAX_CROSS_ENTROPY);
        for (int64_t i = 0; i < p.n * 2; i++) {
            p.t[i] = fabs(p.t[i]);
        }
        double *t1 = normals(44, p.n * 5 * 2);
        const rows inputs = {5, NULL, NULL, units}, targets = {5, NULL, t1, NULL};
        compare(&p, &inputs, &inputs, NULL, 0);
        compare(&p, &inputs, &targets, NULL, 0);
        free(t1);
        problem_free(&p);
    }
}

/* Unit directions where layer 0 is not dense are stored. */
static void units_before_an_activation(void **state)
{
    static const int64_t units[] = {1, 2};
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_SIN, NULL));
    dense(&p, 2, NNDYN_TANH);
    problem_end(&p, 4, NNDYN_SQUARED_ERROR);
    const rows inputs = {2, NULL, NULL, units};
    compare(&p, &inputs, &inputs, NULL, 0);
    problem_free(&p);
}

/* A network of batch norm alone: unit directions reach its scales. */
static void batch_norm_alone(void **state)
{
    static const int64_t units[] = {0, 1, 2};
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    problem_end(&p, 4, NNDYN_LOG_COSH);
    const rows inputs = {3, NULL, NULL, units};
    compare(&p, &inputs, &inputs, NULL, 0);
    problem_free(&p);
}

static void unit_gradient(void **state)
{
    static const int64_t unit = 2;
    (void)state;
    problem p = varied();
    double *xdot = numbers(21), *one = numbers(p.parameters), *other = numbers(p.parameters);
    for (int s = 0; s < 7; s++) {
        xdot[s * 3 + unit] = 1;
    }
    const rows stored = {1, xdot, NULL, NULL}, units = {1, NULL, NULL, &unit};
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass;
    no_options(values);
    nt_ok(p.network, nd_pass_create(p.network, p.network, 7, p.x, p.t, ND_PASS_CURVATURES, 0, values, &pass));
    nd_tangent *a = tangents(&p, pass, &stored), *b = tangents(&p, pass, &units);
    nt_ok(p.network, nd_tangent_gradient(pass, p.network, a, one));
    nt_ok(p.network, nd_tangent_gradient(pass, p.network, b, other));
    nt_close(other, one, p.parameters, 1e-13, 1e-15);
    nd_tangent_free(p.context, a);
    nd_tangent_free(p.context, b);
    nd_pass_free(pass);
    free(xdot);
    free(one);
    free(other);
    problem_free(&p);
}

/* Batch norm in training mode couples the samples. */
static void refused_when_coupled(void **state)
{
    nd_option_value values[ND_PASS_OPTIONS];
    nd_pass *pass;
    nd_tangent *tangent;
    double out[49];
    (void)state;
    problem p = varied();
    no_options(values);
    values[ND_PASS_MODE].integer = 1;
    nt_ok(p.network, nd_pass_create(p.network, p.network, 7, p.x, p.t, ND_PASS_CURVATURES, 0, values, &pass));
    nt_fails(NNDYN_EUNSUPPORTED, p.network, "couples", nd_tangent_create(pass, p.network, 2, 0, &tangent));
    nt_ok(p.network, nd_tangent_create(pass, p.network, 1, 0, &tangent));
    nt_fails(NNDYN_EUNSUPPORTED, p.network, "couples",
             nd_tangent_gram(pass, p.network, tangent, tangent, NULL, out, 7));
    nd_tangent_free(p.context, tangent);
    nd_pass_free(pass);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),           cmocka_unit_test(parts_of_the_parameters),
        cmocka_unit_test(one_and_many),         cmocka_unit_test(units_before_an_activation),
        cmocka_unit_test(batch_norm_alone),     cmocka_unit_test(unit_gradient),
        cmocka_unit_test(refused_when_coupled),
    };
    return cmocka_run_group_tests_name("derivatives/gram", tests, NULL, NULL);
}
