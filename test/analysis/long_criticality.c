/* The simulated toys of docs/criticality.md at full length: exponents predicted, frozen at the equilibrium, and live by
 * the library's own trainer at batch size 1; then averaging and accumulation.
 *
 * All seeds are fixed, so that a result is the same each time.  Tolerances are ten standard errors at least (checked;
 * five for averages, as if accumulated ones were independent): with other seeds a comparison would
 * practically never fail. */
#include "criticality_averaging.h"

enum { MOST_INPUTS = 20 };

/* How inputs and targets are drawn, given the output f of the network at its equilibrium. */
enum {
    NOISY,     /* x ~ U(-1,1), t = f + 0.1 N(0,1) */
    LOGIT,     /* x ~ N(0,1), t = 1 with probability sigmoid(f) */
    TWO_CLOUDS /* x ~ N(+-mu, I), t = the class; mu along (1, ..., 1) */
};

typedef struct nt_toy {
    const char *name;
    int activation, data;
    double weight, rate, xmin, xmax, k; /* weight of TWO_CLOUDS: |mu| */
    double wmin, wmax, wk;              /* of weight 0; wk 0: none; NaN: for illustration */
    int64_t steps;
    int wide; /* ten standard errors may be more than 0.02 */
} nt_toy;

/* ---- data -------------------------------------------------------------------------------------------------------- */

typedef struct nt_data {
    const nt_toy *toy;
    nndyn_context *context;
    int64_t seed, inputs;
    double x[NT_PIECE * MOST_INPUTS], t[NT_PIECE], noise[NT_PIECE];
} nt_data;

static void draw_clouds(nt_data *d, nd_stream stream)
{
    nd_normal(stream, 0, NT_PIECE * d->inputs, d->x);
    for (int64_t s = 0; s < NT_PIECE; s++) {
        d->t[s] = d->noise[s] < 0.5;
        for (int64_t i = 0; i < d->inputs; i++) {
            d->x[s * d->inputs + i] += (2 * d->t[s] - 1) * d->toy->weight / sqrt((double)d->inputs);
        }
    }
}

static void draw(nt_data *d, int64_t piece)
{
    const nt_toy *toy = d->toy;
    const nd_stream inputs = nd_stream_open(d->seed, ND_RANDOM_PROBE, 0, piece);
    const nd_stream targets = nd_stream_open(d->seed, ND_RANDOM_PROBE, 1, piece);
    (toy->data == NOISY ? nd_normal : nd_uniform)(targets, 0, NT_PIECE, d->noise);
    if (toy->data == TWO_CLOUDS) {
        draw_clouds(d, inputs);
        return;
    }
    (toy->data == NOISY ? nd_uniform : nd_normal)(inputs, 0, NT_PIECE, d->x);
    for (int64_t s = 0; s < NT_PIECE; s++) {
        d->x[s] = toy->data == NOISY ? 2 * d->x[s] - 1 : d->x[s];
        d->t[s] = toy->weight * d->x[s];
    }
    nt_ok(d->context, nndyn_activation_evaluate(d->context, toy->activation, NULL, 0, NT_PIECE, d->t, d->t));
    for (int64_t s = 0; s < NT_PIECE; s++) {
        d->t[s] = toy->data == NOISY ? d->t[s] + 0.1 * d->noise[s] : d->noise[s] < 1 / (1 + exp(-d->t[s]));
    }
}

/* ---- prediction -------------------------------------------------------------------------------------------------- */

static void set(nndyn_options *options, const char *name, double value)
{
    nt_ok(options, nndyn_options_set_double(options, name, value));
}

static nndyn_options *describe(nndyn_context *context, const nt_toy *toy)
{
    const double m = 2 * toy->weight * toy->weight; /* of two clouds: y is N(+-m, 2 m) */
    nndyn_options *o;
    nt_ok(context, nndyn_options_create(context, &o));
    nt_ok(o, nndyn_options_set_text(o, "targets", toy->data == NOISY ? "noisy" : "calibrated"));
    if (toy->data == LOGIT) {
        set(o, "deviation", toy->weight);
    } else if (toy->data == NOISY) {
        nt_ok(o, nndyn_options_set_text(o, "law", "uniform"));
        set(o, "low", -toy->weight);
        set(o, "high", toy->weight);
    } else {
        nt_ok(o, nndyn_options_set_text(o, "law", "mixture"));
        set(o, "mean", m);
        set(o, "deviation", sqrt(2 * m));
        set(o, "second_mean", -m);
        set(o, "second_deviation", sqrt(2 * m));
    }
    return o;
}

static int loss_of(const nt_toy *toy)
{
    return toy->data == NOISY ? NNDYN_SQUARED_ERROR : NNDYN_BINARY_CROSS_ENTROPY;
}

static double predict(nndyn_context *context, const nt_toy *toy, int of_weight)
{
    nndyn_options *options = describe(context, toy);
    double k;
    if (of_weight) {
        nt_ok(options, nndyn_options_set_text(options, "update", "weight"));
        set(options, "input_scale", 1 / toy->weight);
    }
    nt_ok(context,
          nndyn_critical_prediction(context, toy->activation, loss_of(toy), 0, of_weight ? toy->wmin : toy->xmin,
                                    of_weight ? toy->wmax : toy->xmax, 0, NULL, options, &k, NULL, NULL, NULL, NULL));
    nndyn_options_free(options);
    return k;
}

/* ---- one toy ----------------------------------------------------------------------------------------------------- */

static nndyn_network *build(nndyn_context *context, const nt_toy *toy, int64_t inputs)
{
    nndyn_network *network;
    double q[MOST_INPUTS + 1] = {toy->weight, 0};
    for (int64_t i = 0; i < inputs && toy->data == TWO_CLOUDS; i++) {
        q[i] = 2 * toy->weight / sqrt((double)inputs);
    }
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, inputs, &network));
    nt_ok(network, nndyn_network_add_dense(network, 1, toy->activation));
    nt_ok(network, nndyn_network_set_loss(network, loss_of(toy)));
    nt_ok(network, nndyn_network_set_parameters(network, inputs + 1, q));
    return network;
}

static nndyn_fluctuations *watch(nndyn_network *network, const nt_toy *toy, int64_t inputs)
{
    const int64_t weight = 0;
    nndyn_fluctuations *f;
    nt_ok(network, nndyn_fluctuations_create(network, &f));
    nt_ok(f, nndyn_fluctuations_add(f, 1, &inputs, toy->xmin, toy->xmax, NULL, NULL));
    if (toy->wk != 0) {
        nt_ok(f, nndyn_fluctuations_add(f, 1, &weight, toy->wmin, toy->wmax, NULL, NULL));
    }
    return f;
}

static void train_on(nt_data *d, nndyn_trainer *trainer)
{
    nndyn_dataset *set;
    nndyn_batches *batches;
    nt_ok(d->context, nndyn_dataset_create(d->context, NT_PIECE, d->inputs, d->x, 1, d->t, 0, &set));
    nt_ok(set, nndyn_batches_create(set, NNDYN_BATCH_EPOCHS, 1, NULL, &batches));
    nt_ok(trainer, nndyn_train_run(trainer, batches, NT_PIECE, NULL));
    nndyn_batches_free(batches);
    nndyn_dataset_free(set);
}

static void run_live(nt_data *d, nndyn_network *network, nndyn_fluctuations *f)
{
    nndyn_options *options;
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
    nt_ok(d->context, nndyn_options_create(d->context, &options));
    set(options, "rate", d->toy->rate);
    nt_ok(network, nndyn_trainer_create_with(network, NNDYN_SGD, options, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_fluctuations(recorder, f, NULL, NULL));
    for (int64_t done = 0, piece = 1 << 20; done < d->toy->steps; done += NT_PIECE, piece++) {
        draw(d, piece);
        train_on(d, trainer);
    }
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_options_free(options);
}

/* Frozen and live exponents of one series against the prediction and the number of the paper. */
static void judge(const nt_toy *toy, int of_weight, double predicted, nndyn_fluctuations *still,
                  nndyn_fluctuations *moving)
{
    double k[2], se[2];
    const double want = of_weight ? toy->wk : toy->k, allowed = of_weight ? 0.05 : 0.02;
    nt_ok(still, nndyn_fluctuations_exponent(still, of_weight, &k[0], &se[0], NULL, NULL, NULL));
    nt_ok(moving, nndyn_fluctuations_exponent(moving, of_weight, &k[1], &se[1], NULL, NULL, NULL));
    print_message("# %-10s %-6s predicted %.4f frozen %.4f(%.4f) live %.4f(%.4f)\n", toy->name,
                  of_weight ? "weight" : "bias", predicted, k[0], se[0], k[1], se[1]);
    if (isnan(want)) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        const double tolerance = toy->wide ? fmax(allowed, 10 * se[i]) : allowed;
        assert_true(10 * se[i] <= tolerance);
        nt_near(k[i], want, tolerance);
        nt_near(k[i], predicted, tolerance);
    }
}

static void run_toy(const nt_toy *toy, int64_t seed)
{
    static nt_data d;
    nt_allocator a = {0};
    d.toy = toy;
    d.context = nt_context(&a);
    d.seed = seed;
    d.inputs = toy->data == TWO_CLOUDS ? MOST_INPUTS : 1;
    nndyn_network *network = build(d.context, toy, d.inputs);
    nndyn_fluctuations *still = watch(network, toy, d.inputs), *moving = watch(network, toy, d.inputs);
    for (int64_t done = 0, piece = 0; done < toy->steps; done += NT_PIECE, piece++) {
        draw(&d, piece);
        nt_ok(still, nndyn_fluctuations_measure(still, NT_PIECE, d.x, d.t));
    }
    run_live(&d, network, moving);
    judge(toy, 0, predict(d.context, toy, 0), still, moving);
    if (toy->wk != 0) {
        /* the weight of one input among many is no function of y */
        judge(toy, 1, toy->data == TWO_CLOUDS ? (double)NAN : predict(d.context, toy, 1), still, moving);
    }
    nndyn_fluctuations_free(still);
    nndyn_fluctuations_free(moving);
    nndyn_network_free(network);
    nndyn_context_free(d.context);
    nt_no_leak(&a);
}

/* ---- toys -------------------------------------------------------------------------------------------------------- */

static const nt_toy nt_toys[] = {
    {"identity", NNDYN_IDENTITY, NOISY, 300, 0.1, 1e-5, 1e-3, 0, 0, 0, 0, 10000000, 1},
    {"sigmoid", NNDYN_SIGMOID, NOISY, 30, 0.01, 1e-6, 1e-3, 0.9944, 0, 0, 0, 10000000, 0},
    {"tanh", NNDYN_TANH, NOISY, 30, 0.01, 1e-6, 1e-3, 0.9978, 0, 0, 0, 10000000, 0},
    {"arctan", NNDYN_ARCTAN, NOISY, 300, 0.01, 1e-5, 1e-3, 1.4988, 2e-6, 2e-5, 1.925, 10000000, 0},
    {"softsign", NNDYN_SOFTSIGN, NOISY, 300, 0.01, 1e-5, 1e-3, 1.5, 2e-6, 2e-5, 1.929, 10000000, 0},
    {"isru", NNDYN_ISRU, NOISY, 300, 0.01, 1e-6, 1e-4, 1.3322, 2e-6, 1e-5, 1.473, 20000000, 0},
    {"s = 2", NNDYN_IDENTITY, LOGIT, 2, 0.01, 1e-4, 1e-1, -0.0139, 0, 0, 0, 10000000, 0},
    {"s = 4", NNDYN_IDENTITY, LOGIT, 4, 0.01, 1e-4, 1e-1, 0.6728, 0, 0, 0, 10000000, 0},
    {"s = 10", NNDYN_IDENTITY, LOGIT, 10, 0.01, 1e-4, 1e-1, 0.9431, 0, 0, 0, 10000000, 0},
    {"|mu| = 1", NNDYN_IDENTITY, TWO_CLOUDS, 1, 0.002, 1e-4, 1e-1, 0.3481, 1e-4, 1e-1, NAN, 4000000, 0},
    {"|mu| = 2", NNDYN_IDENTITY, TWO_CLOUDS, 2, 0.002, 1e-4, 1e-1, 1.1221, 1e-4, 1e-1, NAN, 4000000, 0},
    {"|mu| = 3", NNDYN_IDENTITY, TWO_CLOUDS, 3, 0.002, 1e-4, 1e-1, 1.3220, 1e-4, 1e-1, NAN, 4000000, 1},
};

static void run_toys(int first, int count)
{
    for (int i = first; i < first + count; i++) {
        run_toy(&nt_toys[i], 1000 + i);
    }
}

static void test_regression(void **state)
{
    (void)state;
    run_toys(0, 6);
}

static void test_classification(void **state)
{
    (void)state;
    run_toys(6, 3);
}

static void test_large(void **state)
{
    (void)state;
    run_toys(9, 3);
}

/* ---- averages ---------------------------------------------------------------------------------------------------- */

static const int64_t nt_draws = 20000000; /* and as many averages */

static void test_averages(void **state)
{
    (void)state;
    static const struct {
        nt_law law;
        double k, tolerance;
        int repeat; /* times that many draws */
    } laws[] = {
        {{nt_draw_cube, 1, 1, 0, 0, 1e-5, 1e-2}, 0.6667, 0.005, 1},
        {{nt_draw_cube, 2, 2, 0, 0, 1e-5, 1e-2}, 0.351, 0.01, 2},
        {{nt_draw_cube, 3, 4, 0, 0, 1e-5, 1e-2}, 0.039, 0.015, 4},
        {{nt_draw_cube, 4, 8, 0, 0, 1e-5, 1e-2}, 0.001, 0.025, 8},
        {{nt_draw_pareto, 5, 1, 0, 0, 10, 1e4}, 2.5, 0.05, 1},
        {{nt_draw_pareto, 6, 2, 0, 0, 10, 1e4}, 2.5, 0.05, 2},
        {{nt_draw_pareto, 7, 8, 0, 0, 10, 1e4}, 2.5, 0.05, 8},
        {{nt_draw_pareto, 8, 1, 0.8, 0, 100, 1e5}, 2.5, 0.05, 1},
        {{nt_draw_normal, 9, 1, 0, 0.8, 100, 1e5}, 2.5464, 0.05, 5},
    };
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        double se, mass;
        const double k = nt_exponent_of(&laws[i].law, nt_draws * laws[i].repeat, &se, &mass);
        print_message("# law %d of %d: predicted %.4f measured %.4f(%.4f) mass %.6f\n", (int)i + 1, laws[i].law.average,
                      laws[i].k, k, se, mass);
        assert_true(5 * se <= laws[i].tolerance);
        nt_near(k, laws[i].k, laws[i].tolerance);
        if (laws[i].law.memory > 0) { /* P(|q| > 100) = P(|g| > 100) / (1 - memory^1.5) */
            nt_near(mass, 0.001 / (1 - pow(0.8, 1.5)), 1e-4);
        }
    }
}

static void test_two_changes(void **state)
{
    (void)state;
    for (double e = 1e-2; e > 5e-4; e /= 10) {
        double share, k;
        nt_two_changes(nt_draws, e, &share, &k);
        print_message("# both below %g: %.4f, exponent %.4f\n", e, share, k);
        nt_near(share, 0.9060, e > 5e-3 ? 0.008 : 0.025);
        nt_near(k, 0, 0.03);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression), cmocka_unit_test(test_classification), cmocka_unit_test(test_large),
        cmocka_unit_test(test_averages),   cmocka_unit_test(test_two_changes),
    };
    return cmocka_run_group_tests_name("long criticality", tests, NULL, NULL);
}
