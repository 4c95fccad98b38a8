/* test_descent.c - gradient descent on least squares: the closed form, the edge of stability, deep linear networks. */
#include "training/fixture.h"

enum { D = 3 };

/* Four samples whose inputs are orthogonal columns: the Hessian x'x/n is diag(4, 1, 1/4). */
static const double x[4 * D] = {2, 1, 0.5, 2, -1, -0.5, -2, 1, -0.5, -2, -1, 0.5};
static const double lambda[D] = {4, 1, 0.25};
static const double goal[D] = {1, -2, 3}; /* the targets are exactly linear, so the minimum is here and zero */
static const double begin[D] = {3, 1, -1};

static void targets(double *t)
{
    for (int s = 0; s < 4; s++) {
        t[s] = 0;
        for (int i = 0; i < D; i++) {
            t[s] += x[s * D + i] * goal[i];
        }
    }
}

/* Weights after so many steps. */
static void descend(int dtype, double rate, int steps, double *w, double *loss)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double t[4];
    targets(t);
    ok(nndyn_context_create(&context));
    network = linear(context, dtype, D, 1, NNDYN_SQUARED_ERROR);
    ok(nndyn_network_set_parameters(network, D, begin));
    trainer = trainer_with(context, network, NNDYN_SGD, "rate", rate, NULL);
    for (int k = 0; k < steps; k++) {
        ok(step(trainer, dtype, 4, D, 1, x, t, loss));
    }
    ok(nndyn_network_get_parameters(network, D, w));
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void closed_form(void **unused)
{
    static const double rates[] = {0.01, 0.1, 0.45, 0.4999, 0.5001, 0.6};
    (void)unused;
    for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
        const double tolerance = dtype == NNDYN_F32 ? 3e-5 : 1e-12;
        for (int64_t r = 0; r < count_of(rates); r++) {
            const double largest = fmax(1, pow(fabs(1 - rates[r] * lambda[0]), 30)); /* what it loses, all lose */
            double w[D], loss, expected = 0;
            descend(dtype, rates[r], 30, w, &loss);
            for (int i = 0; i < D; i++) {
                const double factor = pow(1 - rates[r] * lambda[i], 30), before = factor / (1 - rates[r] * lambda[i]);
                nt_near(w[i], goal[i] + factor * (begin[i] - goal[i]), tolerance * largest);
                expected += 0.5 * lambda[i] * pow(before * (begin[i] - goal[i]), 2);
            }
            nt_near(loss, expected, 10 * tolerance * fmax(1, expected));
        }
    }
}

/* The loss along the steepest direction grows above a rate of 2/lambda_max = 1/2, and only there. */
static void edge_of_stability(void **unused)
{
    double w[D], below, above, loss;
    (void)unused;
    descend(NNDYN_F64, 0.4999, 400, w, &loss);
    below = fabs(w[0] - goal[0]);
    descend(NNDYN_F64, 0.5001, 400, w, &loss);
    above = fabs(w[0] - goal[0]);
    assert_true(below < fabs(begin[0] - goal[0]));
    assert_true(above > fabs(begin[0] - goal[0]));
    nt_near(below, 2 * pow(0.9996, 400), 1e-11);
    nt_near(above, 2 * pow(1.0004, 400), 1e-11);
    nt_near(w[1], goal[1], 1e-11); /* the other directions converge all the same */
}

/* Divergence is told, not passed on: the step that meets a loss beyond the numbers fails and changes nothing. */
static void divergence_is_reported(void **unused)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double t[4], loss = -1;
    int status = NNDYN_OK;
    snapshot before, now;
    (void)unused;
    targets(t);
    ok(nndyn_context_create(&context));
    network = linear(context, NNDYN_F64, D, 1, NNDYN_SQUARED_ERROR);
    trainer = trainer_with(context, network, NNDYN_SGD, "rate", 1e6, NULL);
    for (int k = 0; k < 100 && status == NNDYN_OK; k++) {
        before = take(network, trainer, 0);
        loss = -1;
        status = nndyn_train_step(trainer, 4, x, t, &loss);
    }
    assert_int_equal(status, NNDYN_ENUMERIC);
    assert_true(loss == -1);
    now = take(network, trainer, 0);
    assert_same(&before, &now);
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* A product of three linear layers learns the same map as one: the least squares solution. */
static void deep_linear(void **unused)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double t[4], y[D], loss = 1;
    const double unit[D * D] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    (void)unused;
    targets(t);
    ok(nndyn_context_create(&context));
    ok(nndyn_network_create(context, NNDYN_F64, D, &network));
    ok(nndyn_network_add_dense(network, 4, NNDYN_IDENTITY));
    ok(nndyn_network_add_dense(network, 4, NNDYN_IDENTITY));
    ok(nndyn_network_add_dense(network, 1, NNDYN_IDENTITY));
    ok(nndyn_network_set_loss(network, NNDYN_SQUARED_ERROR));
    trainer = trainer_with(context, network, NNDYN_MOMENTUM, "rate", 0.01, NULL);
    for (int k = 0; k < 3000; k++) {
        ok(nndyn_train_step(trainer, 4, x, t, &loss));
    }
    assert_true(loss < 1e-20);
    ok(nndyn_network_forward(network, D, unit, y));
    {
        const double zero[D] = {0};
        double bias;
        ok(nndyn_network_forward(network, 1, zero, &bias));
        for (int i = 0; i < D; i++) {
            nt_near(y[i] - bias, goal[i], 1e-8);
        }
    }
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_form),
        cmocka_unit_test(edge_of_stability),
        cmocka_unit_test(divergence_is_reported),
        cmocka_unit_test(deep_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
