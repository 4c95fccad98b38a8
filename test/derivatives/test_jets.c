/* test_jets.c - Taylor jets of outputs and gradients: golden values, finite differences, identities, factored
 * directions against explicit ones. */
#include "problem.h"
#include "derivatives/jets.h"

/* ---- the golden network: 2-3-3-2, NTK parametrization ----------------------------------------------------------- */

static problem golden(int activation)
{
    problem p = problem_begin(NNDYN_F64, 2);
    static const int64_t widths[] = {3, 3, 2};
    static const double x[] = {0.3, -1.2, 1.0, 0.5};
    nndyn_options *options = options_of(p.context);
    nt_ok(options, nndyn_options_set_text(options, "parametrization", "ntk"));
    nt_ok(options, nndyn_options_set_double(options, "weight_scale", 1.5));
    nt_ok(options, nndyn_options_set_double(options, "bias_scale", 0.3));
    for (int l = 0; l < 3; l++) {
        nt_ok(p.network,
              nndyn_network_add_dense_with(p.network, widths[l], l < 2 ? activation : NNDYN_IDENTITY, options));
    }
    nndyn_options_free(options);
    problem_end(&p, 2, 0);
    assert_int_equal(p.parameters, 29);
    double q[29];
    int64_t at = 0, in = 2;
    for (int l = 0; l < 3; l++) {
        for (int64_t i = 0; i < widths[l]; i++) {
            for (int64_t j = 0; j < in; j++) {
                q[at++] = sin(1 + 0.7 * (double)i + 1.3 * (double)j + 2.1 * l);
            }
        }
        for (int64_t i = 0; i < widths[l]; i++) {
            q[at++] = cos(0.5 * (double)i + l);
        }
        in = widths[l];
    }
    nt_ok(p.network, nndyn_network_set_parameters(p.network, 29, q));
    memcpy(p.x, x, sizeof x);
    return p;
}

/* ---- sweeps ----------------------------------------------------------------------------------------------------- */

static const nd_option_value *plain_pass(void)
{
    static nd_option_value values[ND_PASS_OPTIONS];
    return values; /* evaluation, mean */
}

static nd_pass *pass_of(const problem *p)
{
    nd_pass *pass;
    assert_int_equal(nd_enter(p->network, 6, "test"), NNDYN_OK);
    int status = nd_pass_create(p->network, p->network, p->n, p->x, NULL, ND_PASS_VALUES, 0, plain_pass(), &pass);
    nt_ok(p->network, status);
    return pass;
}

static void pass_done(const problem *p, nd_pass *pass)
{
    nd_pass_free(pass);
    nd_leave(p->network, NNDYN_OK);
}

static nd_jets *run(const problem *p, const nd_pass *pass, int order, const nd_direction *v)
{
    nd_jets *jets;
    nt_ok(p->network, nd_jets_create(pass, p->network, order, p->outputs, &jets));
    nt_ok(p->network, nd_jets_forward(jets, p->network, v));
    nt_ok(p->network, nd_jets_backward(jets, p->network, v, NULL));
    return jets;
}

/* ---- A4 --------------------------------------------------------------------------------------------------------- */

static void golden_coefficients(void **state)
{
    static const int kinds[] = {NNDYN_TANH, NNDYN_ERF};
    static const double want[2][5] = {
        {0.664456556456804, 0.834688629258722, -3.768676823203247, 1.882322993136871, 1.856588723238882},
        {0.862463264278918, 0.999922266845172, -4.841763474669738, 2.865820178489843, 2.664289549478158}};
    double u[29];
    (void)state;
    for (int i = 0; i < 29; i++) {
        u[i] = cos(0.37 * i);
    }
    for (int a = 0; a < 2; a++) {
        problem p = golden(kinds[a]);
        nd_pass *pass = pass_of(&p);
        nd_direction v = {.u = u};
        nd_jets *jets = run(&p, pass, 4, &v);
        for (int k = 0; k <= 4; k++) {
            nt_near(nd_jets_output(jets, k)[0], want[a][k], 1e-12);
        }
        nd_jets_free(jets);
        pass_done(&p, pass);
        problem_free(&p);
    }
}

static void golden_factored(void **state)
{
    static const double want[] = {3.51677542533017, -7.38764658148261, 0.731516816057569, 33.98030810868845};
    static const double norms[] = {6.603700403819544, 9.945967246494018, 2.844653872371735, 46.50274038502822};
    static const double w[] = {1, 1, 1, 1};
    problem p = golden(NNDYN_TANH);
    nd_pass *pass = pass_of(&p);
    nd_jets *base = run(&p, pass, 0, NULL);
    nd_direction *v;
    (void)state;
    nt_ok(p.network, nd_direction_create(base, p.network, &v));
    nt_ok(p.network, nd_direction_set(v, p.network, w));
    nd_jets *jets = run(&p, pass, 4, v);
    for (int k = 1; k <= 4; k++) {
        const double *f = nd_jets_output(jets, k);
        nt_near(f[0], want[k - 1], 1e-12 * 40);
        nt_near(sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2] + f[3] * f[3]), norms[k - 1], 1e-12 * 50);
    }
    nd_jets_free(jets);
    nd_direction_free(v);
    nd_jets_free(base);
    pass_done(&p, pass);
    problem_free(&p);
}

/* Kernel and correlations of the golden network from inner products along its single gradients g_k: Theta = <J_0, J_0>,
 * 2 C02_{i;jk} = <J_1(i; g_k), J_0(j)>, |C11|^2 = sum |J_1(i; g_k)|^2, 3 C03_{0;000} = <J_2(0; g_0), J_0(0)>. */
static void golden_correlations(void **state)
{
    static const double theta[] = {1.838824132487554, 1.292716740422641, 0.260603112795665, 0.12463143962431};
    problem p = golden(NNDYN_TANH);
    nd_pass *pass = pass_of(&p);
    nd_jets *base = run(&p, pass, 0, NULL), *jets;
    double w[4] = {0}, product[16], two = 0, mixed_norm = 0, three[4], c02[4][16];
    nd_direction *v;
    (void)state;
    nt_ok(p.network, nd_jets_gram(base, 0, base, 0, p.network, product, 4));
    nt_close(product, theta, 4, 0, 1e-12);
    nt_ok(p.network, nd_direction_create(base, p.network, &v));
    for (int k = 0; k < 4; k++) {
        w[k] = 1;
        nt_ok(p.network, nd_direction_set(v, p.network, w));
        jets = run(&p, pass, 2, v);
        nt_ok(p.network, nd_jets_gram(jets, 1, base, 0, p.network, c02[k], 4));
        nt_ok(p.network, nd_jets_gram(jets, 1, jets, 1, p.network, product, 4));
        for (int i = 0; i < 16; i++) {
            c02[k][i] /= 2;
            two += c02[k][i] * c02[k][i];
            mixed_norm += i % 5 == 0 ? product[i] : 0;
        }
        nt_ok(p.network, nd_jets_gram(jets, 2, base, 0, p.network, product, 4));
        three[k] = product[0] / 3;
        nd_jets_free(jets);
        w[k] = 0;
    }
    nt_near(c02[0][0], -0.15149518122650588, 1e-12);
    nt_near(c02[2][1], -1.3309395161289324, 1e-12); /* i = 0; j = 1, k = 2 */
    nt_near(c02[1][2], c02[2][1], 1e-12);           /* symmetric in j and k */
    nt_near(three[0], -0.7245210881038, 1e-12);
    nt_near(sqrt(two), 3.449244856722482, 1e-12);
    nt_near(sqrt(mixed_norm), 5.8509007251960, 1e-12);
    nd_direction_free(v);
    nd_jets_free(base);
    pass_done(&p, pass);
    problem_free(&p);
}

/* ---- networks of all kinds -------------------------------------------------------------------------------------- */

/* Dense layers of both parametrizations, with and without bias, batch norm, a residual block, dropout. */
static problem mixed(int activation)
{
    problem p = problem_begin(NNDYN_F64, 3);
    dense_with(&p, 5, activation, "ntk", 1);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    nt_ok(p.network, nndyn_network_begin_residual(p.network));
    dense_with(&p, 5, activation, "standard", 0);
    nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.3));
    nt_ok(p.network, nndyn_network_end_residual(p.network));
    dense_with(&p, 2, NNDYN_IDENTITY, "standard", 1);
    problem_end(&p, 3, 0);
    return p;
}

static double dot(int64_t n, const double *x, const double *y)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

enum { K = 4 };

/* Explicit gradient jets of all rows. */
static double *gradients(const problem *p, const nd_jets *jets, int order)
{
    int64_t rows = jets->n * jets->rep;
    double *c = numbers(rows), *g = numbers((order + 1) * rows * p->parameters);
    for (int k = 0; k <= order; k++) {
        for (int64_t r = 0; r < rows; r++) {
            c[r] = 1;
            nt_ok(p->network, nd_jets_gradient(jets, p->network, k, c, g + (k * rows + r) * p->parameters));
            c[r] = 0;
        }
    }
    free(c);
    return g;
}

/* V . J_k = (k + 1) f_{k+1} */
static void identity(const problem *p, const nd_jets *jets, const double *g, const double *u)
{
    int64_t rows = jets->n * jets->rep;
    for (int k = 0; k < jets->order; k++) {
        const double *f = nd_jets_output(jets, k + 1);
        for (int64_t r = 0; r < rows; r++) {
            double got = dot(p->parameters, u, g + (k * rows + r) * p->parameters);
            double size = sqrt(dot(p->parameters, u, u) * dot(p->parameters, g + (k * rows + r) * p->parameters,
                                                              g + (k * rows + r) * p->parameters));
            nt_near(got, (k + 1) * (f ? f[r] : 0), 1e-13 * size + 1e-15);
        }
    }
}

static void compare_sums(const problem *p, const nd_jets *left, const double *gl, const nd_jets *right,
                         const double *gr)
{
    int64_t rows = left->n * left->rep, columns = right->n * right->rep, P = p->parameters;
    double *got = numbers(rows * columns), *want = numbers(rows * columns), *kernel = numbers((K + 1) * rows * columns);
    double *sum = numbers((K + 1) * rows * columns);
    for (int k = 0; k <= left->order; k++) {
        for (int q = 0; q <= right->order; q++) {
            double size = 0;
            for (int64_t i = 0; i < rows; i++) {
                for (int64_t m = 0; m < columns; m++) {
                    want[i * columns + m] = dot(P, gl + (k * rows + i) * P, gr + (q * columns + m) * P);
                    size = fmax(size, fabs(want[i * columns + m]));
                    if (k + q <= K) {
                        sum[((k + q) * rows + i) * columns + m] += want[i * columns + m];
                    }
                }
            }
            nt_ok(p->network, nd_jets_gram(left, k, right, q, p->network, got, columns));
            nt_close(got, want, rows * columns, 1e-12, 1e-13 * size);
        }
    }
    nt_ok(p->network, nd_jets_kernel(left, right, K, p->network, kernel));
    for (int k = 0; k <= K; k++) {
        double size = sqrt(dot(rows * columns, sum + k * rows * columns, sum + k * rows * columns));
        nt_close(kernel + k * rows * columns, sum + k * rows * columns, rows * columns, 1e-12, 1e-13 * size);
    }
    free(sum);
    free(kernel);
    free(want);
    free(got);
}

static void sums(const problem *p)
{
    nd_pass *pass = pass_of(p);
    int64_t rows = p->n * p->outputs, P = p->parameters;
    nd_jets *base = run(p, pass, 0, NULL);
    double *j = gradients(p, base, 0), *w = normals(71, rows), *u = numbers(P);
    w[0] = w[1] = 0; /* a sample that has no part */
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < P; i++) {
            u[i] += w[r] * j[r * P + i];
        }
    }
    nd_direction explicit_v = {.u = u}, *v;
    nt_ok(p->network, nd_direction_create(base, p->network, &v));
    nt_ok(p->network, nd_direction_set(v, p->network, w));
    nd_jets *jets = run(p, pass, K, v), *twin = run(p, pass, K, &explicit_v);
    for (int k = 0; k <= K; k++) {
        double size = sqrt(dot(rows, nd_jets_output(twin, k), nd_jets_output(twin, k)));
        nt_close(nd_jets_output(jets, k), nd_jets_output(twin, k), rows, 0, 1e-13 * size);
    }
    double *g = gradients(p, jets, K), *gt = gradients(p, twin, K);
    for (int k = 0; k <= K; k++) {
        double size = sqrt(dot(rows * P, gt + k * rows * P, gt + k * rows * P));
        nt_close(g + k * rows * P, gt + k * rows * P, rows * P, 0, 1e-13 * size);
    }
    identity(p, twin, gt, u);
    compare_sums(p, jets, g, jets, g);
    compare_sums(p, jets, g, twin, gt);
    compare_sums(p, jets, g, base, j);
    free(gt);
    free(g);
    nd_jets_free(twin);
    nd_jets_free(jets);
    nd_direction_free(v);
    free(u);
    free(w);
    free(j);
    nd_jets_free(base);
    pass_done(p, pass);
}

static void layers_of_all_kinds(void **state)
{
    (void)state;
    for (int kind = NNDYN_IDENTITY; kind <= NNDYN_ABS_POWER; kind++) {
        problem p = mixed(kind);
        sums(&p);
        problem_free(&p);
    }
}

/* What stands before the first parameters does not move; batch norm alone has parameters, or has none. */
static void unusual_shapes(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        problem p = problem_begin(NNDYN_F64, 3);
        nndyn_options *options = options_of(p.context);
        nt_ok(options, nndyn_options_set_integer(options, "affine", shape == 2));
        if (shape == 0) { /* activation and block first */
            nt_ok(p.network, nndyn_network_add_activation(p.network, NNDYN_SIN, NULL));
            nt_ok(p.network, nndyn_network_begin_residual(p.network));
            dense_with(&p, 3, NNDYN_GELU, "ntk", 1);
            nt_ok(p.network, nndyn_network_end_residual(p.network));
        } else if (shape == 3) { /* blocks in blocks, an activation at the end */
            nt_ok(p.network, nndyn_network_begin_residual(p.network));
            nt_ok(p.network, nndyn_network_begin_residual(p.network));
            dense_with(&p, 3, NNDYN_SOFTPLUS, "ntk", 1);
            nt_ok(p.network, nndyn_network_end_residual(p.network));
            dense_with(&p, 3, NNDYN_IDENTITY, "standard", 0);
            nt_ok(p.network, nndyn_network_end_residual(p.network));
        } else { /* batch norm first, with and without parameters */
            nt_ok(p.network, nndyn_network_add_batch_norm(p.network, options));
            dense_with(&p, 4, NNDYN_TANH, "ntk", 1);
        }
        dense_with(&p, 2, shape == 3 ? NNDYN_SIGMOID : NNDYN_IDENTITY, "ntk", 0);
        problem_end(&p, 3, 0);
        sums(&p);
        nndyn_options_free(options);
        problem_free(&p);
    }
}

/* ---- finite differences ----------------------------------------------------------------------------------------- */

/* f_k from f_{k-1} at points moved along V: k f_k = d f_{k-1}/dt; central difference of sixth order. */
static void differences(int kind)
{
    problem p = mixed(kind);
    int64_t rows = p.n * p.outputs;
    double *u = normals(31, p.parameters), *q = numbers(p.parameters), *moved_q = numbers(p.parameters);
    static const double weight[] = {-1.0 / 60, 3.0 / 20, -3.0 / 4, 0, 3.0 / 4, -3.0 / 20, 1.0 / 60};
    const double h = 2e-4;
    double *slope = numbers((K + 1) * rows), *f = numbers((K + 1) * rows);
    nt_ok(p.network, nndyn_network_get_parameters(p.network, p.parameters, q));
    for (int s = -4; s <= 3; s++) { /* s == -4: the point itself */
        double t = s == -4 ? 0 : s * h;
        for (int64_t i = 0; i < p.parameters; i++) {
            moved_q[i] = q[i] + t * u[i];
        }
        nt_ok(p.network, nndyn_network_set_parameters(p.network, p.parameters, moved_q));
        nd_pass *pass = pass_of(&p);
        nd_direction v = {.u = u};
        nd_jets *jets = run(&p, pass, K, &v);
        for (int64_t i = 0; i < (K + 1) * rows; i++) {
            const double *now = nd_jets_output(jets, (int)(i / rows));
            if (s == -4) {
                f[i] = now[i % rows];
            } else {
                slope[i] += weight[s + 3] / h * now[i % rows];
            }
        }
        nd_jets_free(jets);
        pass_done(&p, pass);
    }
    for (int k = 1; k <= K; k++) {
        double size = 0;
        for (int64_t i = 0; i < rows; i++) {
            size = fmax(size, fabs(f[k * rows + i]));
            slope[(k - 1) * rows + i] /= k;
        }
        nt_close(slope + (k - 1) * rows, f + k * rows, rows, 1e-8, 1e-8 * size + 1e-10);
    }
    free(f);
    free(slope);
    free(moved_q);
    free(q);
    free(u);
    problem_free(&p);
}

static void against_differences(void **state)
{
    (void)state;
    for (int kind = NNDYN_IDENTITY; kind <= NNDYN_ABS_POWER; kind++) {
        differences(kind);
    }
}

/* ---- other batches, misuse ------------------------------------------------------------------------------------- */

/* Two points along a direction of three others: against the explicit direction, and products across the batches. */
static void test_points(void **state)
{
    (void)state;
    problem p = mixed(NNDYN_GELU), q = p;
    int64_t rows = p.n * p.outputs, P = p.parameters;
    q.n = 2;
    q.x = normals(81, q.n * q.inputs);
    nd_pass *pass = pass_of(&p), *other;
    nt_ok(p.network, nd_pass_create(p.network, p.network, q.n, q.x, NULL, ND_PASS_VALUES, 0, plain_pass(), &other));
    nd_jets *base = run(&p, pass, 0, NULL);
    double *j = gradients(&p, base, 0), *w = normals(82, rows), *u = numbers(P);
    for (int64_t i = 0; i < rows * P; i++) {
        u[i % P] += w[i / P] * j[i];
    }
    nd_direction *v, given = {.u = u};
    nt_ok(p.network, nd_direction_create(base, p.network, &v));
    nt_ok(p.network, nd_direction_set(v, p.network, w));
    nd_jets *jets = run(&q, other, K, v), *twin = run(&q, other, K, &given);
    double *g = gradients(&q, jets, K), *gt = gradients(&q, twin, K);
    nt_close(g, gt, (K + 1) * q.n * q.outputs * P, 1e-11, 1e-12);
    compare_sums(&p, jets, g, base, j);
    compare_sums(&p, base, j, twin, gt);
    free(gt);
    free(g);
    nd_jets_free(twin);
    nd_jets_free(jets);
    nd_direction_free(v);
    free(u);
    free(w);
    free(j);
    nd_jets_free(base);
    nd_pass_free(other);
    free(q.x);
    pass_done(&p, pass);
    problem_free(&p);
}

static void misused_sweeps(void **state)
{
    double w[6] = {1, 2, 3, NAN, 5, 6}, out[36] = {7};
    nd_jets *ahead, *jets;
    nd_direction *v;
    (void)state;
    problem p = mixed(NNDYN_TANH);
    nd_pass *pass = pass_of(&p);
    nd_jets *base = run(&p, pass, 0, NULL);
    nt_ok(p.network, nd_direction_create(base, p.network, &v));
    nt_fails(NNDYN_ENUMERIC, p.network, "weight", nd_direction_set(v, p.network, w));
    w[3] = 4;
    nt_ok(p.network, nd_direction_set(v, p.network, w));
    nt_ok(p.network, nd_jets_create(pass, p.network, 1, 0, &ahead));
    nt_ok(p.network, nd_jets_create(pass, p.network, 1, 1, &jets));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_jets_forward(ahead, p.network, NULL));
    nt_ok(p.network, nd_jets_forward(ahead, p.network, v));
    nt_ok(p.network, nd_jets_forward(jets, p.network, v));
    nt_fails(NNDYN_EINTERNAL, p.network, "direction", nd_jets_backward(jets, p.network, NULL, w));
    nt_fails(NNDYN_EINTERNAL, p.network, "cotangents", nd_jets_backward(jets, p.network, v, NULL));
    nt_fails(NNDYN_EINTERNAL, p.network, "cotangents", nd_jets_backward(ahead, p.network, v, w));
    nt_fails(NNDYN_EINTERNAL, p.network, "backward", nd_jets_gram(ahead, 0, base, 0, p.network, out, 6));
    nt_fails(NNDYN_EINTERNAL, p.network, "base", nd_direction_create(ahead, p.network, &v));
    nt_fails(NNDYN_EARG, p.network, "order", nd_jets_create(pass, p.network, ND_JET_ORDER + 1, 1, &jets));
    assert_true(out[0] == 7);
    nd_jets_free(jets);
    nd_jets_free(ahead);
    nd_direction_free(v);
    nd_jets_free(base);
    pass_done(&p, pass);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_coefficients), cmocka_unit_test(golden_factored), cmocka_unit_test(golden_correlations),
        cmocka_unit_test(layers_of_all_kinds), cmocka_unit_test(unusual_shapes),  cmocka_unit_test(against_differences),
        cmocka_unit_test(test_points),         cmocka_unit_test(misused_sweeps),
    };
    return cmocka_run_group_tests_name("jets", tests, NULL, NULL);
}
