/* test_optimizers.c - each optimizer against a naive scalar twin of the published formula, and against closed forms. */
#include "training/fixture.h"

enum {
    INPUTS = 3,
    UNITS = 4,
    OUTPUTS = 2,
    SAMPLES = 6,
    STEPS = 25,
    P = INPUTS * UNITS + UNITS + UNITS * OUTPUTS + OUTPUTS
};

/* The twin: one weight at a time, in double, written from the frameworks' definitions. */
typedef struct twin {
    int optimizer, k;
    double rate, momentum, beta1, beta2, epsilon, decay, clip_norm, clip_value;
    double w[MOST], v[MOST], s[MOST];
} twin;

static double twin_clipped(const twin *z, double g, double norm)
{
    if (z->clip_norm > 0 && norm > z->clip_norm) {
        g *= z->clip_norm / norm;
    }
    if (z->clip_value > 0) {
        g = fmin(fmax(g, -z->clip_value), z->clip_value);
    }
    return g;
}

static double twin_adam(twin *z, int64_t i, double g)
{
    z->v[i] = z->beta1 * z->v[i] + (1 - z->beta1) * g;
    z->s[i] = z->beta2 * z->s[i] + (1 - z->beta2) * g * g;
    return z->v[i] / (1 - pow(z->beta1, z->k)) / (sqrt(z->s[i] / (1 - pow(z->beta2, z->k))) + z->epsilon);
}

static void twin_step(twin *z, int64_t count, const double *gradient)
{
    double norm = 0;
    for (int64_t i = 0; i < count; i++) {
        norm += gradient[i] * gradient[i];
    }
    norm = sqrt(norm);
    z->k++;
    for (int64_t i = 0; i < count; i++) {
        double g = twin_clipped(z, gradient[i], norm), direction = 0;
        g += z->optimizer == NNDYN_ADAMW ? 0 : z->decay * z->w[i];
        if (z->optimizer == NNDYN_SGD) {
            direction = g;
        } else if (z->optimizer == NNDYN_MOMENTUM) {
            direction = z->v[i] = z->momentum * z->v[i] + g;
        } else if (z->optimizer == NNDYN_NESTEROV) {
            z->v[i] = z->momentum * z->v[i] + g;
            direction = g + z->momentum * z->v[i];
        } else if (z->optimizer == NNDYN_RMSPROP) {
            z->s[i] = z->beta2 * z->s[i] + (1 - z->beta2) * g * g;
            direction = g / (sqrt(z->s[i]) + z->epsilon);
        } else {
            direction = twin_adam(z, i, g);
        }
        if (z->optimizer == NNDYN_ADAMW) {
            z->w[i] *= 1 - z->rate * z->decay;
        }
        z->w[i] -= z->rate * direction;
    }
}

static const char *const names[] = {"rate",    "momentum",     "beta1",     "beta2",
                                    "epsilon", "weight_decay", "clip_norm", "clip_value"};

/* Give the trainer the settings of the twin that its optimizer reads. */
static void apply(nndyn_trainer *trainer, const twin *z)
{
    const double values[] = {z->rate,    z->momentum, z->beta1,     z->beta2,
                             z->epsilon, z->decay,    z->clip_norm, z->clip_value};
    for (int i = 0; i < 8; i++) {
        double value;
        if (nndyn_trainer_get(trainer, names[i], &value) == NNDYN_OK) {
            ok(nndyn_trainer_set(trainer, names[i], values[i]));
        }
    }
}

/* Central differences of the mean loss in evaluation mode; the network has neither batch norm nor dropout. */
static void differences(nndyn_network *network, const double *x, const double *t, double *gradient)
{
    double theta[P], y[SAMPLES * OUTPUTS];
    ok(nndyn_network_get_parameters(network, P, theta));
    for (int i = 0; i < P; i++) {
        const double h = 1e-5, w = theta[i];
        gradient[i] = 0;
        for (int side = -1; side <= 1; side += 2) {
            theta[i] = w + side * h;
            ok(nndyn_network_set_parameters(network, P, theta));
            ok(nndyn_network_forward(network, SAMPLES, x, y));
            for (int j = 0; j < SAMPLES * OUTPUTS; j++) {
                gradient[i] += side * 0.5 * (y[j] - t[j]) * (y[j] - t[j]) / SAMPLES / (2 * h);
            }
        }
        theta[i] = w;
    }
    ok(nndyn_network_set_parameters(network, P, theta));
}

static void follow(int dtype, twin *z, double tolerance)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double x[SAMPLES * INPUTS], t[SAMPLES * OUTPUTS], g[P], w[P], state[2 * P];
    int64_t count;
    nt_normal(1, count_of(x), x);
    nt_normal(2, count_of(t), t);
    ok(nndyn_context_create(&context));
    network = chain(context, dtype, INPUTS, UNITS, NNDYN_TANH, OUTPUTS, NNDYN_SQUARED_ERROR);
    ok(nndyn_trainer_create(network, z->optimizer, &trainer));
    apply(trainer, z);
    ok(nndyn_network_get_parameters(network, P, z->w));
    for (int k = 0; k < STEPS; k++) {
        double loss;
        ok(step(trainer, dtype, SAMPLES, INPUTS, OUTPUTS, x, t, &loss));
        ok(nndyn_trainer_get_gradient(trainer, P, g));
        ok(nndyn_network_get_parameters(network, P, w));
        twin_step(z, P, g);
        for (int i = 0; i < P; i++) {
            nt_near(w[i], z->w[i], tolerance * (1 + fabs(z->w[i])));
        }
    }
    ok(nndyn_trainer_state_size(trainer, &count));
    ok(nndyn_trainer_get_state(trainer, count, state, NULL));
    for (int64_t i = 0; i < count; i++) { /* one vector is v or s, two are v and then s */
        const int first = i < P && z->optimizer != NNDYN_RMSPROP;
        nt_near(state[i], first ? z->v[i] : z->s[i % P], tolerance);
    }
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

static void follows_twin(void **unused)
{
    static const int optimizers[] = {NNDYN_SGD, NNDYN_MOMENTUM, NNDYN_NESTEROV, NNDYN_RMSPROP, NNDYN_ADAM, NNDYN_ADAMW};
    static const double decay[] = {0, 0.05}, norm[] = {0, 0.7}, value[] = {0, 0.15};
    (void)unused;
    for (int64_t i = 0; i < count_of(optimizers); i++) {
        for (int variant = 0; variant < 8; variant++) {
            for (int dtype = NNDYN_F32; dtype <= NNDYN_F64; dtype++) {
                twin z = {.optimizer = optimizers[i],
                          .rate = 0.02,
                          .momentum = 0.8,
                          .beta1 = 0.85,
                          .beta2 = 0.97,
                          .epsilon = 1e-6,
                          .decay = decay[variant & 1],
                          .clip_norm = norm[variant >> 1 & 1],
                          .clip_value = value[variant >> 2]};
                follow(dtype, &z, dtype == NNDYN_F32 ? 2e-6 : 1e-14);
            }
        }
    }
}

static void gradient_is_the_derivative(void **unused)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    double x[SAMPLES * INPUTS], t[SAMPLES * OUTPUTS], g[P], expected[P], before;
    (void)unused;
    nt_normal(3, count_of(x), x);
    nt_normal(4, count_of(t), t);
    ok(nndyn_context_create(&context));
    network = chain(context, NNDYN_F64, INPUTS, UNITS, NNDYN_TANH, OUTPUTS, NNDYN_SQUARED_ERROR);
    ok(nndyn_trainer_create(network, NNDYN_SGD, &trainer));
    ok(nndyn_trainer_get_gradient(trainer, P, g));
    for (int i = 0; i < P; i++) {
        assert_true(g[i] == 0);
    }
    differences(network, x, t, expected);
    ok(nndyn_train_step(trainer, SAMPLES, x, t, &before));
    ok(nndyn_trainer_get_gradient(trainer, P, g));
    for (int i = 0; i < P; i++) {
        nt_near(g[i], expected[i], 1e-9);
    }
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* The frameworks' defaults, for each optimizer. */
static void defaults(void **unused)
{
    static const struct {
        int optimizer;
        double rate, momentum, beta1, beta2, epsilon, weight_decay, temperature; /* -1: not read */
    } rows[] = {
        {NNDYN_SGD, 0.01, -1, -1, -1, -1, 0, -1},         {NNDYN_MOMENTUM, 0.01, 0.9, -1, -1, -1, 0, -1},
        {NNDYN_NESTEROV, 0.01, 0.9, -1, -1, -1, 0, -1},   {NNDYN_RMSPROP, 0.001, -1, -1, 0.99, 1e-8, 0, -1},
        {NNDYN_ADAM, 0.001, -1, 0.9, 0.999, 1e-8, 0, -1}, {NNDYN_ADAMW, 0.001, -1, 0.9, 0.999, 1e-8, 0.01, -1},
        {NNDYN_LANGEVIN, 0.01, -1, -1, -1, -1, 0, 1},
    };
    static const char *const all[] = {"rate", "momentum", "beta1", "beta2", "epsilon", "weight_decay", "temperature"};
    nndyn_context *context;
    nndyn_network *network;
    (void)unused;
    ok(nndyn_context_create(&context));
    network = chain(context, NNDYN_F64, 1, 0, 0, 1, NNDYN_SQUARED_ERROR);
    for (int64_t r = 0; r < count_of(rows); r++) {
        const double expected[] = {rows[r].rate,    rows[r].momentum,     rows[r].beta1,      rows[r].beta2,
                                   rows[r].epsilon, rows[r].weight_decay, rows[r].temperature};
        nndyn_trainer *trainer;
        ok(nndyn_trainer_create(network, rows[r].optimizer, &trainer));
        for (int i = 0; i < 7; i++) {
            double value = -1;
            const int status = nndyn_trainer_get(trainer, all[i], &value);
            assert_int_equal(status, expected[i] < 0 ? NNDYN_EOPTION : NNDYN_OK);
            assert_true(value == expected[i]);
        }
        nndyn_trainer_free(trainer);
    }
    nndyn_network_free(network);
    nndyn_context_free(context);
}

/* One weight, gradient `slope` at every step: what each optimizer does is a geometric sum. */
static double after(int optimizer, double slope, int steps, const char *name, double value)
{
    nndyn_context *context;
    nndyn_network *network;
    nndyn_trainer *trainer;
    const double one = 1;
    double w = 2;
    ok(nndyn_context_create(&context));
    network = linear(context, NNDYN_F64, 1, 1, NNDYN_SQUARED_ERROR);
    ok(nndyn_network_set_custom_loss(network, 1, slope_loss, &slope));
    ok(nndyn_network_set_parameters(network, 1, &w));
    trainer = trainer_with(context, network, optimizer, "rate", 0.01, name, value, NULL);
    for (int k = 0; k < steps; k++) {
        ok(nndyn_train_step(trainer, 1, &one, &one, NULL));
    }
    ok(nndyn_network_get_parameters(network, 1, &w));
    nndyn_trainer_free(trainer);
    nndyn_network_free(network);
    nndyn_context_free(context);
    return w;
}

static void constant_gradient(void **unused)
{
    const double g = -3, rate = 0.01, mu = 0.7, beta = 0.9;
    double v = 0, momentum = 2, nesterov = 2, rms = 2;
    (void)unused;
    for (int k = 1; k <= 40; k++) {
        v = g * (1 - pow(mu, k)) / (1 - mu);
        momentum -= rate * v;
        nesterov -= rate * (g + mu * v);
        rms -= rate * g / (fabs(g) * sqrt(1 - pow(beta, k)) + 1e-8);
    }
    nt_near(after(NNDYN_SGD, g, 40, "rate", rate), 2 - 40 * rate * g, 1e-12);
    nt_near(after(NNDYN_MOMENTUM, g, 40, "momentum", mu), momentum, 1e-12);
    nt_near(after(NNDYN_NESTEROV, g, 40, "momentum", mu), nesterov, 1e-12);
    nt_near(after(NNDYN_RMSPROP, g, 40, "beta2", beta), rms, 1e-12);
    /* Adam's moments are unbiased: it moves by the rate, whatever the gradient, the betas and the step. */
    nt_near(after(NNDYN_ADAM, g, 40, "beta1", 0.5), 2 + 40 * rate * 3 / (3 + 1e-8), 1e-12);
    nt_near(after(NNDYN_ADAM, 1e-3, 40, "beta2", 0.9), 2 - 40 * rate * 1e-3 / (1e-3 + 1e-8), 1e-12);
    /* Without gradient the decoupled decay is geometric, the coupled one moves like a gradient of unknown size. */
    nt_near(after(NNDYN_ADAMW, 0, 40, "weight_decay", 0.5), 2 * pow(1 - rate * 0.5, 40), 1e-12);
    nt_near(after(NNDYN_SGD, 0, 40, "weight_decay", 0.5), 2 * pow(1 - rate * 0.5, 40), 1e-12);
    nt_near(after(NNDYN_ADAM, 0, 1, "weight_decay", 0.5), 2 - rate, 1e-9);
    nt_near(after(NNDYN_SGD, g, 40, "clip_norm", 0.5), 2 + 40 * rate * 0.5, 1e-12);
    nt_near(after(NNDYN_SGD, g, 40, "clip_value", 0.25), 2 + 40 * rate * 0.25, 1e-12);
}

/* Without momentum all three are one method, bit for bit. */
static void no_momentum_is_sgd(void **unused)
{
    static const int optimizers[] = {NNDYN_SGD, NNDYN_MOMENTUM, NNDYN_NESTEROV};
    double x[SAMPLES * INPUTS], t[SAMPLES * OUTPUTS], w[3][P];
    (void)unused;
    nt_normal(5, count_of(x), x);
    nt_normal(6, count_of(t), t);
    for (int i = 0; i < 3; i++) {
        nndyn_context *context;
        nndyn_network *network;
        nndyn_trainer *trainer;
        ok(nndyn_context_create(&context));
        network = chain(context, NNDYN_F64, INPUTS, UNITS, NNDYN_TANH, OUTPUTS, NNDYN_SQUARED_ERROR);
        trainer = i == 0 ? trainer_with(context, network, optimizers[i], NULL)
                         : trainer_with(context, network, optimizers[i], "momentum", 0.0, NULL);
        for (int k = 0; k < STEPS; k++) {
            ok(nndyn_train_step(trainer, SAMPLES, x, t, NULL));
        }
        ok(nndyn_network_get_parameters(network, P, w[i]));
        nndyn_trainer_free(trainer);
        nndyn_network_free(network);
        nndyn_context_free(context);
    }
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    assert_memory_equal(w[0], w[2], sizeof w[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_twin),      cmocka_unit_test(gradient_is_the_derivative), cmocka_unit_test(defaults),
        cmocka_unit_test(constant_gradient), cmocka_unit_test(no_momentum_is_sgd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
