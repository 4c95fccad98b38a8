/* Operators: the same products over a snapshot, without allocating; single precision; threads. */
#include "derivatives/problem.h"
#include "nndyn/training.h"

static problem small(int dtype)
{
    problem p = problem_begin(dtype, 3);
    dense(&p, 5, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 6, NNDYN_LOG_COSH);
    return p;
}

typedef struct three {
    nndyn_operator *hessian, *gauss_newton, *jacobian;
} three;

static three operators(const problem *p)
{
    three o;
    nt_ok(p->network, nndyn_hessian_operator(p->network, p->n, p->x, p->t, p->options, &o.hessian));
    nt_ok(p->network, nndyn_gauss_newton_operator(p->network, p->n, p->x, p->t, p->options, &o.gauss_newton));
    nt_ok(p->network, nndyn_parameter_jacobian_operator(p->network, p->n, p->x, p->options, &o.jacobian));
    return o;
}

static void operators_free(three *o)
{
    nndyn_operator_free(o->hessian);
    nndyn_operator_free(o->gauss_newton);
    nndyn_operator_free(o->jacobian);
}

/* All four products, one after another: 3 P + n outputs numbers. */
static double *products(const problem *p, const three *o, const double *u, const double *y)
{
    int64_t k = p->parameters;
    double *all = numbers(3 * k + p->n * p->outputs);
    nt_ok(o->hessian, nndyn_operator_apply(o->hessian, u, all));
    nt_ok(o->gauss_newton, nndyn_operator_apply(o->gauss_newton, u, all + k));
    nt_ok(o->jacobian, nndyn_operator_apply_transposed(o->jacobian, y, all + 2 * k));
    nt_ok(o->jacobian, nndyn_operator_apply(o->jacobian, u, all + 3 * k));
    return all;
}

static double *products_of_functions(const problem *p, const double *u, const double *y)
{
    int64_t k = p->parameters;
    double *all = numbers(3 * k + p->n * p->outputs);
    nt_ok(p->network, nndyn_hessian_vector(p->network, p->n, p->x, p->t, u, p->options, all));
    nt_ok(p->network, nndyn_gauss_newton_vector(p->network, p->n, p->x, p->t, u, p->options, all + k));
    nt_ok(p->network, nndyn_vjp(p->network, p->n, p->x, y, p->options, NULL, all + 2 * k));
    nt_ok(p->network, nndyn_jvp(p->network, p->n, p->x, NULL, u, p->options, all + 3 * k));
    return all;
}

static int64_t count_of(const problem *p)
{
    return 3 * p->parameters + p->n * p->outputs;
}

static void same_as_functions(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        problem p = small(NNDYN_F64);
        if (training) {
            training_mode(&p, 0);
        }
        double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs);
        three o = operators(&p);
        double *got = products(&p, &o, u, y), *again = products(&p, &o, u, y), *want = products_of_functions(&p, u, y);
        nt_same(got, want, count_of(&p) * (int64_t)sizeof *got);
        nt_same(got, again, count_of(&p) * (int64_t)sizeof *got);
        int64_t rows, columns;
        int symmetric;
        nt_ok(o.hessian, nndyn_operator_shape(o.hessian, &rows, &columns, &symmetric));
        assert_true(rows == p.parameters && columns == p.parameters && symmetric == 1);
        nt_ok(o.gauss_newton, nndyn_operator_shape(o.gauss_newton, &rows, &columns, &symmetric));
        assert_true(rows == p.parameters && columns == p.parameters && symmetric == 1);
        nt_ok(o.jacobian, nndyn_operator_shape(o.jacobian, &rows, &columns, &symmetric));
        assert_true(rows == p.n * p.outputs && columns == p.parameters && symmetric == 0);
        free(u);
        free(y);
        free(got);
        free(again);
        free(want);
        operators_free(&o);
        problem_free(&p);
    }
}

/* Whatever happens to network and data later, the operator is of then. */
static void snapshot(void **state)
{
    (void)state;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        problem p = small(dtype);
        double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs), *other = normals(53, p.parameters);
        three o = operators(&p);
        double *before = products(&p, &o, u, y);
        memset(p.x, 0, (size_t)(p.n * p.inputs) * sizeof *p.x);
        memset(p.t, 0, (size_t)(p.n * p.outputs) * sizeof *p.t);
        nt_ok(p.network, nndyn_network_set_parameters(p.network, p.parameters, other));
        nt_ok(p.network, nndyn_network_set_statistics(p.network, 10, (double[10]){9, 9, 9, 9, 9, 9, 9, 9, 9, 9}));
        nt_ok(p.network, nndyn_network_set_loss(p.network, NNDYN_SOFTMAX_CROSS_ENTROPY));
        for (int i = 0; i < 20; i++) {
            dense(&p, 7, NNDYN_SIN);
        }
        double *after = products(&p, &o, u, y);
        nt_same(before, after, count_of(&p) * (int64_t)sizeof *before);
        free(after);
        nndyn_network_free(p.network); /* the operators keep what they need alive */
        p.network = NULL;
        after = products(&p, &o, u, y);
        nt_same(before, after, count_of(&p) * (int64_t)sizeof *before);
        free(u);
        free(y);
        free(other);
        free(before);
        free(after);
        problem_free(&p);
        operators_free(&o);
    }
}

static void products_do_not_allocate(void **state)
{
    (void)state;
    nt_allocator allocator = {0};
    problem p = {.context = nt_context(&allocator)};
    nt_ok(p.context, nndyn_network_create(p.context, NNDYN_F64, 3, &p.network));
    dense(&p, 5, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 6, NNDYN_SQUARED_ERROR);
    double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs);
    three o = operators(&p);
    int64_t calls = allocator.calls;
    free(products(&p, &o, u, y));
    assert_int_equal(allocator.calls, calls);
    free(u);
    free(y);
    operators_free(&o);
    problem_free(&p);
    nt_no_leak(&allocator);
}

/* A single-precision network is widened exactly: as a double network with the same numbers. */
static void single_precision(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        problem p = small(NNDYN_F32), wide;
        if (training) {
            training_mode(&p, 0);
        }
        wide = p;
        nt_ok(p.network, nndyn_network_copy(p.network, NNDYN_F64, &wide.network));
        double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs);
        double *narrow = products_of_functions(&p, u, y), *want = products_of_functions(&wide, u, y);
        nt_same(narrow, want, count_of(&p) * (int64_t)sizeof *narrow);
        double loss, wide_loss, *g = numbers(p.parameters), *wide_g = numbers(p.parameters);
        nt_ok(p.network, nndyn_gradient(p.network, p.n, p.x, p.t, p.options, &loss, g));
        nt_ok(wide.network, nndyn_gradient(wide.network, p.n, p.x, p.t, p.options, &wide_loss, wide_g));
        assert_true(loss == wide_loss);
        nt_same(g, wide_g, p.parameters * (int64_t)sizeof *g);
        nndyn_network_free(wide.network);
        free(u);
        free(y);
        free(narrow);
        free(want);
        free(g);
        free(wide_g);
        problem_free(&p);
    }
}

/* And near to the network it was rounded from. */
static void rounding_of_parameters(void **state)
{
    (void)state;
    problem p = small(NNDYN_F64), rounded = p;
    nt_ok(p.network, nndyn_network_copy(p.network, NNDYN_F32, &rounded.network));
    double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs);
    double *want = products_of_functions(&p, u, y), *got = products_of_functions(&rounded, u, y);
    close_vectors("rounded parameters", count_of(&p), got, want, 1e-5);
    nndyn_network_free(rounded.network);
    free(u);
    free(y);
    free(want);
    free(got);
    problem_free(&p);
}

/* Training mode at step k is the trainer's step k: the same masks, the same batch statistics. */
static void as_the_trainer_steps(void **state)
{
    nndyn_trainer *trainer;
    (void)state;
    problem p = problem_begin(NNDYN_F64, 3);
    dense(&p, 8, NNDYN_TANH);
    nt_ok(p.network, nndyn_network_add_batch_norm(p.network, NULL));
    nt_ok(p.network, nndyn_network_add_dropout(p.network, 0.5));
    dense(&p, 2, NNDYN_IDENTITY);
    problem_end(&p, 6, NNDYN_LOG_COSH);
    nt_ok(p.network, nndyn_trainer_create(p.network, NNDYN_SGD, &trainer));
    double *g = numbers(p.parameters), *trained = numbers(p.parameters), loss, trained_loss;
    for (int64_t step = 0; step < 3; step++) {
        training_mode(&p, step);
        nt_ok(p.network, nndyn_gradient(p.network, p.n, p.x, p.t, p.options, &loss, g));
        nt_ok(trainer, nndyn_train_step(trainer, p.n, p.x, p.t, &trained_loss));
        nt_ok(trainer, nndyn_trainer_get_gradient(trainer, p.parameters, trained));
        nt_near(loss, trained_loss, 1e-14);
        nt_close(g, trained, p.parameters, 1e-12, 1e-15);
        nndyn_options_free(p.options);
        p.options = NULL;
    }
    free(g);
    free(trained);
    nndyn_trainer_free(trainer);
    problem_free(&p);
}

/* Large enough to be cut: the same bits by one thread and by eight. */
static void threads(void **state)
{
    double *first = NULL;
    (void)state;
    for (int64_t count = 1; count <= 8; count += 7) {
        static const int64_t units[] = {0, 1, 2, 3, 4, 5, 6, 7};
        nd_option_value values[ND_PASS_OPTIONS];
        nd_pass *pass;
        nd_tangent *inputs;
        problem p = problem_begin(NNDYN_F64, 40);
        nt_ok(p.context, nndyn_context_set_threads(p.context, count));
        dense(&p, 150, NNDYN_TANH);
        dense(&p, 130, NNDYN_GELU);
        dense(&p, 10, NNDYN_IDENTITY);
        problem_end(&p, 150, NNDYN_SOFTMAX_CROSS_ENTROPY);
        for (int64_t i = 0; i < p.n * p.outputs; i++) {
            p.t[i] = fabs(p.t[i]);
        }
        double *u = normals(51, p.parameters), *y = normals(52, p.n * p.outputs);
        double *all = products_of_functions(&p, u, y);
        int64_t rows = p.n * 8, total = count_of(&p) + rows * rows + p.n * p.outputs * p.inputs;
        double *with = numbers(total);
        memcpy(with, all, (size_t)count_of(&p) * sizeof *all);
        no_options(values);
        nt_ok(p.network, nd_pass_create(p.network, p.network, p.n, p.x, p.t, ND_PASS_CURVATURES, 0, values, &pass));
        nt_ok(p.network, nd_tangent_create_inputs(pass, p.network, 8, units, &inputs));
        nt_ok(p.network, nd_tangent_forward(pass, p.network, NULL, inputs));
        nt_ok(p.network, nd_tangent_loss(pass, p.network, NULL, inputs));
        nt_ok(p.network, nd_tangent_backward(pass, p.network, NULL, inputs));
        nt_ok(p.network, nd_tangent_gram(pass, p.network, inputs, inputs, NULL, with + count_of(&p), rows));
        nt_ok(p.network, nndyn_input_jacobian(p.network, p.n, p.x, NULL, with + count_of(&p) + rows * rows));
        nd_tangent_free(p.context, inputs);
        nd_pass_free(pass);
        if (first) {
            nt_same(first, with, total * (int64_t)sizeof *with);
            free(first);
            first = NULL;
            free(with);
        } else {
            first = with;
        }
        free(u);
        free(y);
        free(all);
        problem_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_functions),
        cmocka_unit_test(snapshot),
        cmocka_unit_test(products_do_not_allocate),
        cmocka_unit_test(single_precision),
        cmocka_unit_test(rounding_of_parameters),
        cmocka_unit_test(as_the_trainer_steps),
        cmocka_unit_test(threads),
    };
    return cmocka_run_group_tests_name("derivatives/operators", tests, NULL, NULL);
}
