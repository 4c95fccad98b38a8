/* Separation at the layers of a network: sites, agreement with arrays, threads, the probe; load curves and advice. */
#include "support/fixture.h"
#include "nndyn.h"

enum { ALL = NNDYN_SEPARATION_VALUES, N = 700, D = 6, CLASSES = 3, SITES = 5 };

/* norm, dense, norm, leaky, dropout | begin, dense, relu, end | dense, tanh, dropout | dense */
static nndyn_network *make(nndyn_context *c, int dtype)
{
    nndyn_network *net = NULL;
    nt_ok(c, nndyn_network_create(c, dtype, D, &net));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_dense(net, 8, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_add_batch_norm(net, NULL));
    nt_ok(net, nndyn_network_add_activation(net, NNDYN_LEAKY_RELU, NULL));
    nt_ok(net, nndyn_network_add_dropout(net, 0.3));
    nt_ok(net, nndyn_network_begin_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 8, NNDYN_RELU));
    nt_ok(net, nndyn_network_end_residual(net));
    nt_ok(net, nndyn_network_add_dense(net, 5, NNDYN_TANH));
    nt_ok(net, nndyn_network_add_dropout(net, 0.2));
    nt_ok(net, nndyn_network_add_dense(net, CLASSES, NNDYN_IDENTITY));
    nt_ok(net, nndyn_network_set_loss(net, NNDYN_SOFTMAX_CROSS_ENTROPY));
    return net;
}

static nndyn_dataset *draw(nndyn_context *c)
{
    static double x[N * D];
    static int64_t labels[N];
    nndyn_dataset *data = NULL;
    nt_normal(3, N * D, x);
    for (int i = 0; i < N; i++) {
        labels[i] = i * 5 % CLASSES;
        x[i * D + labels[i]] += 2;
    }
    nt_ok(c, nndyn_dataset_create_labels(c, N, D, x, CLASSES, labels, 1, &data));
    return data;
}

static nndyn_options *all_options(nndyn_context *c)
{
    nndyn_options *options = NULL;
    nt_ok(c, nndyn_options_create(c, &options));
    nt_ok(options, nndyn_options_set_integer(options, "outputs", 1));
    nt_ok(options, nndyn_options_set_integer(options, "he_su", 1));
    nt_ok(options, nndyn_options_set_integer(options, "inverse", 1));
    return options;
}

static void sites_of_a_network(void **state)
{
    const int64_t want_layers[] = {0, 3, 8, 10, 12}, want_widths[] = {D, 8, 8, 5, CLASSES};
    int64_t layers[SITES], widths[SITES], count = 0;
    nndyn_network *net = make(context, NNDYN_F64);
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(net, nndyn_separation_layers(net, NULL, 0, NULL, NULL, &count));
    assert_int_equal(count, SITES - 1);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "outputs", 1));
    nt_ok(net, nndyn_separation_layers(net, options, SITES, layers, widths, &count));
    assert_int_equal(count, SITES);
    nt_same(layers, want_layers, sizeof layers);
    nt_same(widths, want_widths, sizeof widths);
    nndyn_options_free(options);
    nndyn_network_free(net);
}

/* The outputs and the values at the outputs' site by nndyn_separation on what nndyn_network_forward gives; loss and
 * accuracy are those of nndyn_network_evaluate. */
static void outputs_agree_with_arrays(void **state)
{
    static double x[N * D], y[N * CLASSES];
    static int64_t labels[N];
    double values[SITES][ALL], want[ALL], loss, accuracy, loss2, accuracy2;
    int flags[SITES], flag;
    int64_t sites = 0;
    nndyn_network *net = make(context, NNDYN_F64);
    nndyn_dataset *data = draw(context);
    nndyn_options *options = all_options(context), *arrays = NULL;
    (void)state;
    nt_ok(net, nndyn_network_separation(net, data, options, SITES, ALL, values[0], flags, &sites, &loss, &accuracy));
    assert_int_equal(sites, SITES);
    nt_ok(net, nndyn_network_evaluate(net, data, &loss2, &accuracy2));
    assert_true(loss == loss2 && accuracy == accuracy2);
    nt_ok(data, nndyn_dataset_get(data, 0, N, x, NULL, labels));
    nt_ok(net, nndyn_network_forward(net, N, x, y));
    nt_ok(context, nndyn_options_create(context, &arrays));
    nt_ok(arrays, nndyn_options_set_integer(arrays, "he_su", 1));
    nt_ok(arrays, nndyn_options_set_integer(arrays, "inverse", 1));
    nt_ok(context, nndyn_separation(context, N, CLASSES, y, CLASSES, labels, arrays, ALL, want, &flag));
    nt_close(values[SITES - 1], want, ALL, 1e-10, 1e-10);
    assert_int_equal(flags[SITES - 1], flag);
    for (int i = 0; i < N * D; i++) { /* batch norm that has seen nothing only scales */
        x[i] /= sqrt(1 + 1e-5);
    }
    nt_ok(context, nndyn_separation(context, N, D, x, CLASSES, labels, arrays, ALL, want, &flag));
    nt_close(values[0], want, ALL, 1e-10, 1e-10);
    nndyn_options_free(options);
    nndyn_options_free(arrays);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
}

static void threads_do_not_show(void **state)
{
    double values[2][SITES][ALL];
    (void)state;
    for (int run = 0; run < 2; run++) {
        nndyn_context *c = NULL;
        assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
        nt_ok(c, nndyn_context_set_threads(c, run == 0 ? 1 : 8));
        nndyn_network *net = make(c, NNDYN_F32);
        nndyn_dataset *data = draw(c), *single = NULL;
        nndyn_options *options = all_options(c);
        nt_ok(data, nndyn_dataset_convert(data, NNDYN_F32, &single));
        nt_ok(net, nndyn_network_separation(net, single, options, SITES, ALL, values[run][0], NULL, NULL, NULL, NULL));
        nndyn_options_free(options);
        nndyn_dataset_free(single);
        nndyn_dataset_free(data);
        nndyn_network_free(net);
        nndyn_context_free(c);
    }
    nt_same(values[0], values[1], sizeof values[0]);
}

enum { MANY = 2500, HIDDEN = 3 };

static nndyn_network *dense(nndyn_context *c, int64_t width, int layers)
{
    nndyn_network *net = NULL;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, D, &net));
    for (int l = 0; l < layers; l++) {
        nt_ok(net, nndyn_network_add_dense(net, width, NNDYN_TANH));
    }
    return net;
}

static int64_t dense_count(int64_t width, int layers, int64_t outputs)
{
    return (D + 1) * width + (layers - 1) * (width + 1) * width + outputs * (width + 1);
}

/* Hidden sites against nndyn_separation on the outputs of a network that ends there; samples in several blocks, widths
 * whose strips are many, few, and too short. */
static void hidden_sites(void **state)
{
    static const int64_t widths[] = {5, 100, 700};
    static double x[MANY * D], y[MANY * 700], theta[3 * 700 * 701];
    static int64_t labels[MANY];
    double values[HIDDEN + 1], want;
    (void)state;
    nt_normal(9, MANY * D, x);
    for (int i = 0; i < MANY; i++) {
        labels[i] = i * 5 % CLASSES;
        x[i * D + labels[i]] += 2;
    }
    for (int w = 0; w < 3; w++) {
        nndyn_network *net = dense(context, widths[w], HIDDEN);
        nndyn_dataset *data = NULL;
        nt_ok(net, nndyn_network_add_dense(net, CLASSES, NNDYN_IDENTITY));
        nt_ok(net, nndyn_network_get_parameters(net, dense_count(widths[w], HIDDEN, CLASSES), theta));
        nt_ok(context, nndyn_dataset_create_labels(context, MANY, D, x, CLASSES, labels, 1, &data));
        nt_ok(net, nndyn_network_separation(net, data, NULL, HIDDEN + 1, 1, values, NULL, NULL, NULL, NULL));
        for (int l = 1; l <= HIDDEN; l++) {
            nndyn_network *cut = dense(context, widths[w], l);
            nt_ok(cut, nndyn_network_set_parameters(cut, dense_count(widths[w], l, 0), theta));
            nt_ok(cut, nndyn_network_forward(cut, MANY, x, y));
            nt_ok(context, nndyn_separation(context, MANY, widths[w], y, CLASSES, labels, NULL, 1, &want, NULL));
            assert_true(fabs(values[l] - want) < 1e-10);
            nndyn_network_free(cut);
        }
        nndyn_dataset_free(data);
        nndyn_network_free(net);
    }
}

static void network_failures(void **state)
{
    double x[4] = {1, 2, 3, 4}, values[SITES] = {-5, -5, -5, -5, -5};
    nndyn_network *net = make(context, NNDYN_F64), *single = make(context, NNDYN_F32);
    nndyn_dataset *data = draw(context), *bare = NULL;
    (void)state;
    nt_ok(context, nndyn_dataset_create(context, 2, 2, x, 0, NULL, 1, &bare));
    nt_fails(NNDYN_EARG, net, "at least 4",
             nndyn_network_separation(net, data, NULL, 3, 1, values, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_ESTATE, net, "no labels",
             nndyn_network_separation(net, bare, NULL, 4, 1, values, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, single, "precision",
             nndyn_network_separation(single, data, NULL, 4, 1, values, NULL, NULL, NULL, NULL));
    assert_true(values[0] == -5 && values[3] == -5);
    nndyn_dataset_free(bare);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
    nndyn_network_free(single);
}

static void probe_records_the_curve(void **state)
{
    double row[1 + 2 + 4 + 4], values[4], loss, accuracy, statistics[NNDYN_LOAD_CURVE_VALUES];
    int64_t columns = 0, rows = 0, number = -1;
    nndyn_network *net = make(context, NNDYN_F64);
    nndyn_dataset *data = draw(context);
    nndyn_batches *batches = NULL;
    nndyn_trainer *trainer = NULL;
    nndyn_recorder *recorder = NULL;
    (void)state;
    nt_ok(net, nndyn_trainer_create(net, NNDYN_ADAM, &trainer));
    nt_ok(trainer, nndyn_recorder_create(trainer, &recorder));
    nt_ok(recorder, nndyn_recorder_add_load_curve(recorder, data, NULL, &number));
    nt_ok(data, nndyn_batches_create(data, NNDYN_BATCH_FULL, 0, NULL, &batches));
    nt_ok(trainer, nndyn_train_run(trainer, batches, 5, NULL));
    nt_ok(recorder, nndyn_recorder_shape(recorder, number, &columns, &rows, NULL));
    assert_true(columns == 11 && rows == 5);
    nt_ok(recorder, nndyn_recorder_rows(recorder, number, 4, 1, row));
    nt_ok(net, nndyn_network_separation(net, data, NULL, 4, 1, values, NULL, NULL, &loss, &accuracy));
    nt_ok(context, nndyn_load_curve(context, 4, values, NULL, NULL, NNDYN_LOAD_CURVE_VALUES, statistics, NULL));
    assert_true(row[0] == 5 && row[1] == loss && row[2] == accuracy);
    nt_same(row + 3, values, sizeof values);
    nt_close(row + 7, ((double[]){statistics[2], statistics[3], statistics[4], statistics[5]}), 4, 0, 0);
    nndyn_recorder_free(recorder);
    nndyn_trainer_free(trainer);
    nndyn_batches_free(batches);
    nndyn_dataset_free(data);
    nndyn_network_free(net);
}

/* ---- load curves ------------------------------------------------------------------------------------------------- */

static void statistics_of_a_curve(void **state)
{
    const double first[] = {4, 3, 1, 0, -5}, second[] = {7, 6.5, 5, 2.5, -1, -9};
    double v[NNDYN_LOAD_CURVE_VALUES + 1], loads[4], parabola[8];
    int verdict = -1;
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "drop_last", 1));
    nt_ok(context, nndyn_load_curve(context, 5, first, options, loads, NNDYN_LOAD_CURVE_VALUES + 1, v, &verdict));
    nt_close(v, ((double[]){sqrt(2.0 / 9), 0, 0, sqrt(2.0 / 9) / 4}), 4, 1e-12, 1e-12);
    nt_close(loads, ((double[]){1, 2, 1}), 3, 0, 0);
    assert_true(isnan(v[NNDYN_LOAD_CURVE_VALUES]) && verdict == NNDYN_LOAD_CURVE_BALANCED);
    assert_true(v[NNDYN_LOAD_CURVE_LARGEST] == 2 && v[NNDYN_LOAD_CURVE_MONOTONE] == 1);
    nt_ok(context, nndyn_load_curve(context, 6, second, options, NULL, NNDYN_LOAD_CURVE_VALUES, v, &verdict));
    nt_close(v, ((double[]){sqrt(1.25), -3}), 2, 1e-12, 0);
    assert_int_equal(verdict, NNDYN_LOAD_CURVE_LATE_LOADED);
    for (int l = 0; l < 8; l++) { /* q = 0.2: bow/kappa = -L/12, sigma/|kappa| = sqrt((L^2 - 1)/12)/(L - 1) */
        parabola[l] = 0.1 * l * l - 2 * l;
    }
    nt_ok(context, nndyn_load_curve(context, 8, parabola, NULL, NULL, NNDYN_LOAD_CURVE_VALUES, v, &verdict));
    nt_near(v[NNDYN_LOAD_CURVE_BOW] / v[NNDYN_LOAD_CURVE_KAPPA], -7.0 / 12, 1e-12);
    nt_near(v[NNDYN_LOAD_CURVE_SIGMA] / v[NNDYN_LOAD_CURVE_KAPPA], 1.0 / 3, 1e-12);
    nt_near(v[NNDYN_LOAD_CURVE_QUADRATIC], 0.1, 1e-12);
    nt_near(v[NNDYN_LOAD_CURVE_SLOPE], 0.7 - 2, 1e-12);
    assert_int_equal(verdict, NNDYN_LOAD_CURVE_EARLY_LOADED);
    const double rising[] = {0, 1, 2}, infinite[] = {0, 1, -INFINITY};
    nt_ok(context, nndyn_load_curve(context, 3, rising, NULL, NULL, NNDYN_LOAD_CURVE_VALUES, v, &verdict));
    assert_true(verdict == NNDYN_LOAD_CURVE_UNDEFINED && isnan(v[NNDYN_LOAD_CURVE_BOW]) && v[0] == 0);
    nt_ok(context, nndyn_load_curve(context, 3, infinite, NULL, NULL, 0, NULL, &verdict));
    assert_int_equal(verdict, NNDYN_LOAD_CURVE_UNDEFINED);
    nt_fails(NNDYN_EARG, context, "count", nndyn_load_curve(context, 2, rising, options, NULL, 0, NULL, &verdict));
    assert_string_equal(nndyn_load_curve_verdict_name(NNDYN_LOAD_CURVE_EARLY_LOADED), "early loaded");
    assert_string_equal(nndyn_load_curve_verdict_name(9), "unknown");
    nndyn_options_free(options);
}

static void advice_from_a_sweep(void **state)
{
    const double levels[] = {0.3, 0, 0.1, 0.2}, bows[] = {-0.2, 0.2, 0.1, -0.05}, sigmas[] = {0.2, 0.2, 0.04, 0.05};
    const double losses[] = {0.5, 0.1, 0.2, 0.3}, untrained[] = {0.5, 0.1, 9, NAN};
    int64_t run = -9;
    int direction = -9;
    double level = -9;
    (void)state;
    nt_ok(context,
          nndyn_load_curve_advice(context, 4, levels, bows, sigmas, losses, 1, NULL, &run, &direction, &level));
    assert_true(run == 2 && direction == 1);
    nt_near(level, 0.1 + 0.1 * 2 / 3, 1e-12);
    nt_ok(context,
          nndyn_load_curve_advice(context, 4, levels, bows, sigmas, untrained, 0.4, NULL, &run, &direction, &level));
    assert_true(run == 1 && direction == 1 && isnan(level));
    nt_ok(context,
          nndyn_load_curve_advice(context, 4, levels, bows, sigmas, untrained, 0.01, NULL, &run, &direction, NULL));
    assert_true(run == -1 && direction == 0);
    nt_fails(NNDYN_EARG, context, "limit",
             nndyn_load_curve_advice(context, 4, levels, bows, sigmas, losses, 0, NULL, &run, &direction, NULL));
    nt_fails(NNDYN_EARG, context, "runs",
             nndyn_load_curve_advice(context, 0, levels, bows, sigmas, losses, 1, NULL, &run, &direction, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sites_of_a_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(outputs_agree_with_arrays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_do_not_show, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hidden_sites, set_up, tear_down),
        cmocka_unit_test_setup_teardown(network_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(probe_records_the_curve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(statistics_of_a_curve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(advice_from_a_sweep, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("separation of networks", tests, NULL, NULL);
}
