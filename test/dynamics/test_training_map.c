/* Training as a map: steps of the trainer, lanes against the engine, closed forms, companions, threads. */
#include "support/support.h"
#include "kernels/kernels.h"
#include "nndyn/kernels.h"
#include "nndyn/map.h"
#include "nndyn/training.h"

enum { INPUTS = 3, HIDDEN = 4, OUTPUTS = 2, SAMPLES = 7, STARTS = 5, STEPS = 3 };

typedef struct fixture {
    nndyn_context *context;
    nndyn_network *network;
    nndyn_dataset *dataset;
    int64_t samples, parameters;
    double *x, *t, *starts; /* starts: STARTS x parameters */
} fixture;

static double *numbers(int64_t n)
{
    double *out = calloc((size_t)n, sizeof *out);
    assert_non_null(out);
    return out;
}

static const char *kernels; /* NULL: the best */

static fixture begin(int64_t inputs)
{
    fixture f = {0};
    nt_ok(NULL, nndyn_context_create(&f.context));
    if (kernels != NULL) {
        nt_ok(f.context, nndyn_context_set_kernels(f.context, kernels));
    }
    nt_ok(f.context, nndyn_network_create(f.context, NNDYN_F64, inputs, &f.network));
    return f;
}

/* Targets that every loss takes: 0 and 1, or (signs) -1 and 1. */
static void end(fixture *f, int loss, int64_t inputs, int64_t outputs, int64_t samples, int signs)
{
    nt_ok(f->network, nndyn_network_set_loss(f->network, loss));
    nt_ok(f->network, nndyn_network_shape(f->network, NULL, NULL, NULL, &f->parameters, NULL));
    f->samples = samples;
    f->x = numbers(samples * inputs);
    f->t = numbers(samples * outputs);
    f->starts = numbers(STARTS * f->parameters);
    nt_uniform(11, samples * inputs, -1.5, 1.5, f->x);
    for (int64_t i = 0; i < samples * outputs; i++) {
        f->t[i] = (i * 5 / 3 + i / 2) % 2 == 0 ? (signs ? -1 : 0) : 1;
    }
    nt_uniform(12, STARTS * f->parameters, -0.8, 0.8, f->starts);
    nt_ok(f->context, nndyn_dataset_create(f->context, samples, inputs, f->x, outputs, f->t, 1, &f->dataset));
}

static void release(fixture *f)
{
    free(f->x);
    free(f->t);
    free(f->starts);
    nndyn_dataset_free(f->dataset);
    nndyn_network_free(f->network);
    nndyn_context_free(f->context);
}

static nndyn_options *settings(nndyn_context *context, double rate, double decay, double momentum, int lanes)
{
    nndyn_options *options;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "rate", rate));
    nt_ok(options, nndyn_options_set_double(options, "decay", decay));
    if (momentum >= 0) {
        nt_ok(options, nndyn_options_set_double(options, "momentum", momentum));
    }
    if (lanes >= 0) {
        nt_ok(options, nndyn_options_set_integer(options, "lanes", lanes));
    }
    return options;
}

/* The trainer from one start; v may be NULL. */
static void train(const fixture *f, double rate, double decay, double momentum, const double *start, int64_t steps,
                  double *theta)
{
    nndyn_options *options;
    nndyn_trainer *trainer;
    double loss;
    nt_ok(f->context, nndyn_options_create(f->context, &options));
    nt_ok(options, nndyn_options_set_double(options, "rate", rate));
    nt_ok(options, nndyn_options_set_double(options, "weight_decay", decay));
    if (momentum >= 0) {
        nt_ok(options, nndyn_options_set_double(options, "momentum", momentum));
    }
    nt_ok(f->network, nndyn_network_set_parameters(f->network, f->parameters, start));
    nt_ok(f->network,
          nndyn_trainer_create_with(f->network, momentum >= 0 ? NNDYN_MOMENTUM : NNDYN_SGD, options, &trainer));
    for (int64_t i = 0; i < steps; i++) {
        nt_ok(trainer, nndyn_train_step(trainer, f->samples, f->x, f->t, &loss));
    }
    nt_ok(f->network, nndyn_network_get_parameters(f->network, f->parameters, theta));
    nndyn_trainer_free(trainer);
    nndyn_options_free(options);
}

/* STARTS starts by the map; with momentum the velocities begin at 0 and are left out of the result. */
static void advance(const fixture *f, double rate, double decay, double momentum, int lanes, int64_t steps, double *out)
{
    const int64_t p = f->parameters, d = momentum >= 0 ? 2 * p : p;
    nndyn_options *options = settings(f->context, rate, decay, momentum, lanes);
    nndyn_map *map;
    int64_t dimension;
    double *states = numbers(STARTS * d);
    nt_ok(f->network, nndyn_map_create_training(f->network, f->dataset, options, &map));
    nt_ok(map, nndyn_map_shape(map, &dimension, NULL));
    assert_int_equal(dimension, d);
    for (int64_t s = 0; s < STARTS; s++) {
        memcpy(states + s * d, f->starts + s * p, (size_t)p * sizeof *states);
    }
    nt_ok(map, nndyn_map_apply(map, STARTS, states, steps, states));
    for (int64_t s = 0; s < STARTS; s++) {
        memcpy(out + s * p, states + s * d, (size_t)p * sizeof *states);
    }
    free(states);
    nndyn_map_free(map);
    nndyn_options_free(options);
}

static void compare(const fixture *f, double rate, double decay, double momentum, int can_lanes)
{
    const int64_t p = f->parameters;
    double *want = numbers(STARTS * p), *got = numbers(STARTS * p);
    for (int64_t s = 0; s < STARTS; s++) {
        train(f, rate, decay, momentum, f->starts + s * p, STEPS, want + s * p);
    }
    for (int lanes = 0; lanes <= can_lanes; lanes++) {
        advance(f, rate, decay, momentum, lanes, STEPS, got);
        nt_close(got, want, STARTS * p, 1e-13, 1e-14);
    }
    advance(f, rate, decay, momentum, -1, STEPS, got);
    nt_close(got, want, STARTS * p, 1e-13, 1e-14);
    free(want);
    free(got);
}

/* A hidden layer of one activation, and every loss on top; negative log needs positive outputs. */
static void all_activations_and_losses(void **state)
{
    (void)state;
    for (int activation = 1; activation < ND_ACTIVATIONS; activation++) {
        for (int loss = 1; loss < ND_LOSSES; loss++) {
            fixture f = begin(INPUTS);
            nt_ok(f.network, nndyn_network_add_dense(f.network, HIDDEN, activation));
            nt_ok(f.network, nndyn_network_add_dense(f.network, OUTPUTS,
                                                     loss == NNDYN_NEGATIVE_LOG ? NNDYN_SIGMOID : NNDYN_IDENTITY));
            end(&f, loss, INPUTS, OUTPUTS, SAMPLES, loss == NNDYN_HINGE);
            compare(&f, 0.05, 0, -1, 1);
            release(&f);
        }
    }
}

/* The activation as last layer, where the residual is formed without cancellation; and as first. */
static void activations_at_the_ends(void **state)
{
    (void)state;
    for (int activation = 1; activation < ND_ACTIVATIONS; activation++) {
        fixture f = begin(INPUTS);
        nt_ok(f.network, nndyn_network_add_activation(f.network, activation, NULL));
        nt_ok(f.network, nndyn_network_add_dense(f.network, OUTPUTS, activation));
        end(&f, NNDYN_SQUARED_ERROR, INPUTS, OUTPUTS, SAMPLES, 0);
        compare(&f, 0.05, 0.01, 0.7, 1);
        release(&f);
    }
}

static void without_bias_and_ntk(void **state)
{
    (void)state;
    for (int ntk = 0; ntk < 2; ntk++) {
        fixture f = begin(INPUTS);
        nndyn_options *options;
        nt_ok(f.context, nndyn_options_create(f.context, &options));
        nt_ok(options, nndyn_options_set_integer(options, "bias", ntk));
        nt_ok(options, nndyn_options_set_text(options, "parametrization", ntk ? "ntk" : "standard"));
        nt_ok(f.network, nndyn_network_add_dense_with(f.network, HIDDEN, NNDYN_TANH, options));
        nt_ok(f.network, nndyn_network_add_dense_with(f.network, OUTPUTS, NNDYN_IDENTITY, options));
        end(&f, NNDYN_SOFTMAX_CROSS_ENTROPY, INPUTS, OUTPUTS, SAMPLES, 0);
        compare(&f, 0.2, 1e-3, 0.5, 1);
        release(&f);
        nndyn_options_free(options);
    }
}

/* Every set of instructions that this processor has. */
static void all_kernels(void **state)
{
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        if (nd_kernels_choose_f64(names[i]) != NULL) {
            kernels = names[i];
            without_bias_and_ntk(state);
            kernels = NULL;
        }
    }
}

/* Many samples go through lanes in groups. */
static void groups_of_samples(void **state)
{
    (void)state;
    fixture f = begin(5);
    nt_ok(f.network, nndyn_network_add_dense(f.network, 12, NNDYN_TANH));
    nt_ok(f.network, nndyn_network_add_dense(f.network, 8, NNDYN_SOFTPLUS));
    nt_ok(f.network, nndyn_network_add_dense(f.network, 3, NNDYN_IDENTITY));
    end(&f, NNDYN_SOFTMAX_CROSS_ENTROPY, 5, 3, 333, 0);
    compare(&f, 0.1, 0, -1, 1);
    release(&f);
}

/* Batch norm and residual blocks go a start at a time. */
static void norm_and_residual(void **state)
{
    (void)state;
    fixture f = begin(INPUTS);
    nt_ok(f.network, nndyn_network_add_dense(f.network, HIDDEN, NNDYN_IDENTITY));
    nt_ok(f.network, nndyn_network_add_batch_norm(f.network, NULL));
    nt_ok(f.network, nndyn_network_add_activation(f.network, NNDYN_TANH, NULL));
    nt_ok(f.network, nndyn_network_begin_residual(f.network));
    nt_ok(f.network, nndyn_network_add_dense(f.network, HIDDEN, NNDYN_TANH));
    nt_ok(f.network, nndyn_network_end_residual(f.network));
    nt_ok(f.network, nndyn_network_add_dense(f.network, OUTPUTS, NNDYN_IDENTITY));
    end(&f, NNDYN_SQUARED_ERROR, INPUTS, OUTPUTS, SAMPLES, 0);
    compare(&f, 0.1, 0.01, 0.9, 0);
    release(&f);
}

/* ---- company, threads, refused input ----------------------------------------------------------------------------- */

enum { MANY = 150 };

static double *many(int activation, int loss, int threads, int64_t from, int64_t count, double spread)
{
    fixture f = begin(INPUTS);
    nndyn_map *map;
    nt_ok(f.context, nndyn_context_set_threads(f.context, threads));
    nt_ok(f.network, nndyn_network_add_dense(f.network, HIDDEN, activation));
    nt_ok(f.network, nndyn_network_add_dense(f.network, OUTPUTS, NNDYN_IDENTITY));
    end(&f, loss, INPUTS, OUTPUTS, SAMPLES, 0);
    double *states = numbers(MANY * f.parameters), *next = numbers(MANY * f.parameters);
    nt_uniform(21, MANY * f.parameters, -spread, spread, states);
    nt_ok(f.network, nndyn_map_create_training(f.network, f.dataset, NULL, &map));
    nt_ok(map, nndyn_map_apply(map, count, states + from * f.parameters, 25, next));
    nndyn_map_free(map);
    free(states);
    release(&f);
    return next;
}

/* Also where some starts run away, and beyond the arguments of the fast sine. */
static void same_bits_in_any_company(void **state)
{
    (void)state;
    static const struct {
        int activation, loss;
        double spread;
    } cases[] = {{NNDYN_TANH, NNDYN_SQUARED_ERROR, 1},
                 {NNDYN_SIN, NNDYN_SQUARED_ERROR, 3e6},
                 {NNDYN_GELU, NNDYN_SOFTMAX_CROSS_ENTROPY, 2},
                 {NNDYN_SOFTPLUS, NNDYN_POISSON, 30}};
    const int64_t p = INPUTS * HIDDEN + HIDDEN + HIDDEN * OUTPUTS + OUTPUTS;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const int activation = cases[c].activation, loss = cases[c].loss;
        double *all = many(activation, loss, 1, 0, MANY, cases[c].spread);
        double *threaded = many(activation, loss, 8, 0, MANY, cases[c].spread);
        nt_same(all, threaded, MANY * p * (int64_t)sizeof *all);
        for (int64_t from = 1; from < MANY; from += 37) {
            const int64_t count = from % 2 == 0 ? 1 : MANY - from;
            double *some = many(activation, loss, 2, from, count, cases[c].spread);
            nt_same(some, all + from * p, count * p * (int64_t)sizeof *all);
            free(some);
        }
        free(all);
        free(threaded);
    }
}

static int custom(void *user, int order, int64_t count, const double *z, double *values)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        values[i] = order == 0 ? z[i] : order == 1;
    }
    return 0;
}

static void refused(void **state)
{
    (void)state;
    fixture f = begin(INPUTS);
    nndyn_network *dropout, *unlike, *bare, *norm;
    nndyn_map *none = (nndyn_map *)(void *)f.context, *map = none;
    nt_ok(f.network, nndyn_network_add_dense(f.network, OUTPUTS, NNDYN_TANH));
    end(&f, NNDYN_SQUARED_ERROR, INPUTS, OUTPUTS, SAMPLES, 0);
    nndyn_options *options = settings(f.context, 0.1, 0, -1, 1);
    nt_fails(NNDYN_EARG, f.network, "out", nndyn_map_create_training(f.network, f.dataset, NULL, NULL));
    nt_fails(NNDYN_EARG, f.network, "dataset", nndyn_map_create_training(f.network, NULL, NULL, &map));
    nt_ok(f.context, nndyn_network_create(f.context, NNDYN_F64, INPUTS, &dropout));
    nt_fails(NNDYN_ESTATE, dropout, "", nndyn_map_create_training(dropout, f.dataset, NULL, &map));
    nt_ok(dropout, nndyn_network_add_dense(dropout, OUTPUTS, NNDYN_TANH));
    nt_fails(NNDYN_ESTATE, dropout, "loss", nndyn_map_create_training(dropout, f.dataset, NULL, &map));
    nt_ok(dropout, nndyn_network_add_dropout(dropout, 0.5));
    nt_ok(dropout, nndyn_network_set_loss(dropout, NNDYN_SQUARED_ERROR));
    nt_fails(NNDYN_EUNSUPPORTED, dropout, "dropout", nndyn_map_create_training(dropout, f.dataset, NULL, &map));
    nt_ok(f.context, nndyn_network_create(f.context, NNDYN_F64, INPUTS, &unlike));
    nt_ok(unlike, nndyn_network_add_custom_activation(unlike, 1, custom, NULL));
    nt_ok(unlike, nndyn_network_add_dense(unlike, OUTPUTS + 1, NNDYN_TANH));
    nt_ok(unlike, nndyn_network_set_loss(unlike, NNDYN_SQUARED_ERROR));
    nt_fails(NNDYN_EUNSUPPORTED, unlike, "custom", nndyn_map_create_training(unlike, f.dataset, NULL, &map));
    nt_ok(f.context, nndyn_network_create(f.context, NNDYN_F64, INPUTS, &bare));
    nt_ok(bare, nndyn_network_add_activation(bare, NNDYN_TANH, NULL));
    nt_ok(bare, nndyn_network_set_loss(bare, NNDYN_SQUARED_ERROR));
    nt_fails(NNDYN_EARG, bare, "no parameters", nndyn_map_create_training(bare, f.dataset, NULL, &map));
    nt_ok(f.context, nndyn_network_create(f.context, NNDYN_F64, INPUTS, &norm));
    nt_ok(norm, nndyn_network_add_batch_norm(norm, NULL));
    nt_ok(norm, nndyn_network_set_loss(norm, NNDYN_SQUARED_ERROR));
    nt_fails(NNDYN_EARG, norm, "targets", nndyn_map_create_training(norm, f.dataset, NULL, &map));
    nt_ok(norm, nndyn_network_add_dense(norm, OUTPUTS, NNDYN_TANH));
    nt_fails(NNDYN_EUNSUPPORTED, norm, "lanes", nndyn_map_create_training(norm, f.dataset, options, &map));
    nt_ok(options, nndyn_options_set_double(options, "rate", -1));
    nt_fails(NNDYN_EOPTION, f.network, "rate", nndyn_map_create_training(f.network, f.dataset, options, &map));
    assert_ptr_equal(map, none);
    nndyn_network_free(dropout), nndyn_network_free(unlike), nndyn_network_free(bare), nndyn_network_free(norm);
    nndyn_options_free(options);
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_activations_and_losses),
        cmocka_unit_test(activations_at_the_ends),
        cmocka_unit_test(without_bias_and_ntk),
        cmocka_unit_test(groups_of_samples),
        cmocka_unit_test(norm_and_residual),
        cmocka_unit_test(same_bits_in_any_company),
        cmocka_unit_test(refused),
        cmocka_unit_test(all_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
