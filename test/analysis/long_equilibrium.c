/* The equilibrium of SGD at length: logistic regression of one input over 4e7 steps, and the fluctuations of a network
 * on digits, predicted and measured in its twenty modes of largest curvature.  Run in the root of the tree. */
#include "nndyn.h"
#include "support/support.h"

/* A record in pieces of CHUNK steps: moments about a fixed point, so that no more than a piece is kept. */
enum { CHUNK = 1000000, GRID = 1000000 };

/* ---- logistic regression: x ~ N(0, 1), P(t = 1) = S(x + 1/2), one sample a step --------------------------------- */

typedef struct logistic {
    nndyn_context *c;
    nndyn_network *net;
    nndyn_dataset *data;
    nndyn_batches *batches;
} logistic;

/* The p-quantile of the normal law, by Newton's method from the one before. */
static double normal_quantile(double p, double z)
{
    for (int k = 0; k < 60; k++) {
        double step = (0.5 * erfc(-z * sqrt(0.5)) - p) / (0.3989422804014327 * exp(-z * z / 2));
        step = fmin(fmax(step, -0.5), 0.5);
        z -= step;
        if (fabs(step) < 1e-13) {
            break;
        }
    }
    return z;
}

/* A law of GRID equally likely samples: quantiles of x, and t by a sequence of low discrepancy, so that the optimum and
 * the moments are those of the continuous law to about 1e-5. */
static void open_logistic(logistic *l)
{
    double *x = malloc(2 * GRID * sizeof *x), *t = x + GRID, z = -5, u = 0.5;
    assert_non_null(x);
    for (int i = 0; i < GRID; i++) {
        x[i] = z = normal_quantile((i + 0.5) / GRID, z);
        u = fmod(u + 0.6180339887498949, 1);
        t[i] = u < 1 / (1 + exp(-z - 0.5));
    }
    nt_ok(NULL, nndyn_context_create(&l->c));
    nt_ok(l->c, nndyn_dataset_create(l->c, GRID, 1, x, 1, t, 1, &l->data));
    nt_ok(l->data, nndyn_batches_create(l->data, NNDYN_BATCH_REPLACEMENT, 1, NULL, &l->batches));
    nt_ok(l->c, nndyn_network_create(l->c, NNDYN_F64, 1, &l->net));
    nt_ok(l->net, nndyn_network_add_dense(l->net, 1, NNDYN_IDENTITY));
    nt_ok(l->net, nndyn_network_set_loss(l->net, NNDYN_BINARY_CROSS_ENTROPY));
    free(x);
}

static void close_logistic(logistic *l)
{
    nndyn_network_free(l->net);
    nndyn_batches_free(l->batches);
    nndyn_dataset_free(l->data);
    nndyn_context_free(l->c);
}

static nndyn_trainer *trainer_at(logistic *l, double w, double b, double rate)
{
    nndyn_trainer *tr = NULL;
    double theta[2] = {w, b};
    nt_ok(l->net, nndyn_network_set_parameters(l->net, 2, theta));
    nt_ok(l->net, nndyn_trainer_create(l->net, NNDYN_SGD, &tr));
    nt_ok(tr, nndyn_trainer_set(tr, "rate", rate));
    return tr;
}

/* Moments of w - 1, b - 1/2 over a run: sums of both, of their squares, and of their product. */
static void moments_of_run(logistic *l, double rate, int64_t steps, double sum[5])
{
    double *record = malloc(2 * CHUNK * sizeof *record);
    nndyn_trainer *tr = trainer_at(l, 1, 0.5, rate);
    assert_non_null(record);
    memset(sum, 0, 5 * sizeof *sum);
    nt_ok(tr, nndyn_train_run(tr, l->batches, 20000, NULL));
    for (int64_t at = 0; at < steps; at += CHUNK) {
        nt_ok(tr, nndyn_equilibrium_record(tr, l->batches, CHUNK, 2, NULL, record));
        for (int64_t i = 0; i < CHUNK; i++) {
            double w = record[2 * i] - 1, b = record[2 * i + 1] - 0.5;
            double terms[5] = {w, b, w * w, b * b, w * b};
            for (int k = 0; k < 5; k++) {
                sum[k] += terms[k] / (double)steps;
            }
        }
    }
    nndyn_trainer_free(tr);
    free(record);
}

/* Standard errors of the variances, sqrt(2 / (steps rate lambda)) with the smallest curvature .131, are .004, .0055 and
 * .006; the tolerances .03 + rate / 2 are five or more of them.  That of the correlation is below .0045. */
static void variances_of_logistic_regression(void **state)
{
    const double rates[] = {0.1, 0.05, 0.02};
    const double want[3][2] = {{1.03, 1.03}, {1.012, 1.018}, {1.008, 1.009}};
    const int64_t steps[] = {10 * CHUNK, 10 * CHUNK, 20 * CHUNK};
    logistic l;
    (void)state;
    open_logistic(&l);
    for (int k = 0; k < 3; k++) {
        double sum[5], w, b, correlation;
        moments_of_run(&l, rates[k], steps[k], sum);
        w = sum[2] - sum[0] * sum[0];
        b = sum[3] - sum[1] * sum[1];
        correlation = (sum[4] - sum[0] * sum[1]) / sqrt(w * b);
        print_message("rate %.2f, %.0e steps: variances over rate/2: %.4f %.4f; correlation %.4f\n", rates[k],
                      (double)steps[k], 2 * w / rates[k], 2 * b / rates[k], correlation);
        nt_near(2 * w / rates[k], want[k][0], 0.03 + rates[k] / 2);
        nt_near(2 * b / rates[k], want[k][1], 0.03 + rates[k] / 2);
        nt_near(correlation, 0, 0.02);
    }
    close_logistic(&l);
}

static double ratio_of_run(logistic *l, nndyn_trainer *tr, int64_t steps)
{
    nndyn_equilibrium *e = NULL;
    double ratio = NAN;
    nt_ok(tr, nndyn_equilibrium_test_run(tr, l->batches, steps, NULL, &e));
    nt_ok(e, nndyn_equilibrium_get(e, "fdr", &ratio));
    nndyn_equilibrium_free(e);
    return ratio;
}

/* Fluctuation-dissipation: 1 in equilibrium; on the way from q = 0 far below, -1.8 in one run of 200 steps.  Here are
 * 400 of them, each of which starts at another step of the sequence of batches: that one must be an ordinary one. */
static void ratio_of_logistic_regression(void **state)
{
    logistic l;
    double mean = 0, square = 0;
    (void)state;
    open_logistic(&l);
    nndyn_trainer *tr = trainer_at(&l, 1, 0.5, 0.05);
    const double ratio = ratio_of_run(&l, tr, 4000000);
    for (int k = 0; k < 400; k++) {
        const double zero[2] = {0, 0};
        nt_ok(l.net, nndyn_network_set_parameters(l.net, 2, zero));
        const double one = ratio_of_run(&l, tr, 200);
        mean += one / 400;
        square += one * one / 400;
    }
    const double spread = sqrt(square - mean * mean);
    print_message("fluctuation-dissipation: %.5f in equilibrium, %.2f +- %.2f on the way\n", ratio, mean, spread);
    nt_near(ratio, 1, 0.005);
    assert_true(mean < -1);
    nt_near(mean, -1.8, 2 * spread);
    nndyn_trainer_free(tr);
    close_logistic(&l);
}

/* ---- digits ------------------------------------------------------------------------------------------------------ */

enum { SAMPLES = 1797, PIXELS = 64, INPUTS = 16, CLASSES = 10, HIDDEN = 6, MODES = 20, BATCH = 4 };
enum { WARM = 200000, STEPS = 2000000 };
static const double digits_rate = 0.01;

typedef struct digits {
    nndyn_context *c;
    nndyn_dataset *data;
    nndyn_network *net;
    nndyn_batches *batches;
    int64_t p;
    double x[SAMPLES * INPUTS], t[SAMPLES * CLASSES];
} digits;

/* Squares of four pixels, in units of 64: every input varies, so that no mode is flat. */
static void pool(const double *pixels, double *x)
{
    for (int i = 0; i < INPUTS; i++) {
        const double *p = pixels + 16 * (i / 4) + 2 * (i % 4);
        x[i] = (p[0] + p[1] + p[8] + p[9]) / 64;
    }
}

static nndyn_dataset *read_digits(digits *d)
{
    static double pixels[SAMPLES * PIXELS];
    nndyn_dataset *all = NULL, *pooled = NULL;
    nndyn_options *o = NULL;
    nt_ok(d->c, nndyn_options_create(d->c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "label_column", -2));
    nt_ok(d->c, nndyn_dataset_read_csv(d->c, "examples/data/digits.csv", o, &all));
    nt_ok(all, nndyn_dataset_get(all, 0, SAMPLES, pixels, d->t, NULL));
    for (int i = 0; i < SAMPLES; i++) {
        pool(pixels + i * PIXELS, d->x + i * INPUTS);
    }
    nt_ok(d->c, nndyn_dataset_create(d->c, SAMPLES, INPUTS, d->x, CLASSES, d->t, 1, &pooled));
    nndyn_options_free(o);
    nndyn_dataset_free(all);
    return pooled;
}

static void train_on_labels(digits *d)
{
    nndyn_dataset *labels = read_digits(d);
    nndyn_batches *batches = NULL;
    nndyn_trainer *tr = NULL;
    double loss = 0;
    nt_ok(labels, nndyn_batches_create(labels, NNDYN_BATCH_EPOCHS, 32, NULL, &batches));
    nt_ok(d->net, nndyn_trainer_create(d->net, NNDYN_ADAM, &tr));
    nt_ok(tr, nndyn_trainer_set(tr, "rate", 0.01));
    nt_ok(tr, nndyn_train_run(tr, batches, 3000, NULL));
    nt_ok(d->net, nndyn_network_evaluate(d->net, labels, &loss, NULL));
    print_message("mean loss on labels %.3f\n", loss);
    nndyn_trainer_free(tr);
    nndyn_batches_free(batches);
    nndyn_dataset_free(labels);
}

/* Fitted to labels this network has no equilibrium: units saturate, and their weights run to infinity along flat
 * directions.  So the targets are the outputs of the network trained on labels plus noise, once and for all: the best
 * fit to these is near by, where no direction is flat. */
static void settle(digits *d)
{
    static double noise[SAMPLES * CLASSES];
    double norm = 0;
    int64_t iterations = 0;
    train_on_labels(d);
    nt_normal(3, (int64_t)SAMPLES * CLASSES, noise);
    nt_ok(d->net, nndyn_network_forward(d->net, SAMPLES, d->x, d->t));
    for (int i = 0; i < SAMPLES * CLASSES; i++) {
        d->t[i] += 0.1 * noise[i];
    }
    nt_ok(d->net, nndyn_equilibrium_find(d->net, SAMPLES, d->x, d->t, NULL, &norm, &iterations));
    print_message("gradient %.2g after %d iterations of Newton\n", norm, (int)iterations);
}

static void open_digits(digits *d)
{
    nt_ok(NULL, nndyn_context_create(&d->c));
    nt_ok(d->c, nndyn_network_create(d->c, NNDYN_F64, INPUTS, &d->net));
    nt_ok(d->net, nndyn_network_add_dense(d->net, HIDDEN, NNDYN_TANH));
    nt_ok(d->net, nndyn_network_add_dense(d->net, CLASSES, NNDYN_IDENTITY));
    nt_ok(d->net, nndyn_network_set_loss(d->net, NNDYN_SQUARED_ERROR));
    nt_ok(d->net, nndyn_network_initialize(d->net, 2));
    nt_ok(d->net, nndyn_network_shape(d->net, NULL, NULL, NULL, &d->p, NULL));
    settle(d);
    nt_ok(d->c, nndyn_dataset_create(d->c, SAMPLES, INPUTS, d->x, CLASSES, d->t, 1, &d->data));
    nt_ok(d->data, nndyn_batches_create(d->data, NNDYN_BATCH_REPLACEMENT, BATCH, NULL, &d->batches));
}

static void close_digits(digits *d)
{
    nndyn_network_free(d->net);
    nndyn_batches_free(d->batches);
    nndyn_dataset_free(d->data);
    nndyn_context_free(d->c);
}

/* The record in the modes, after some hundred times the relaxation time of the slowest of them. */
static void measure_digits(digits *d, const double *vectors, double *sigma, double *error, double *times)
{
    double *record = malloc((size_t)STEPS * MODES * sizeof *record);
    nndyn_trainer *tr = NULL;
    assert_non_null(record);
    nt_ok(d->net, nndyn_trainer_create(d->net, NNDYN_SGD, &tr));
    nt_ok(tr, nndyn_trainer_set(tr, "rate", digits_rate));
    nt_ok(tr, nndyn_train_run(tr, d->batches, WARM, NULL));
    nt_ok(tr, nndyn_equilibrium_record(tr, d->batches, STEPS, MODES, vectors, record));
    nt_ok(d->c, nndyn_equilibrium_measure(d->c, STEPS, MODES, record, NULL, sigma, error, times));
    nndyn_trainer_free(tr);
    free(record);
}

/* The twenty modes are independent in the main and z follows Student's t of 31 degrees: |z| > 3 has probability .005,
 * three or more of them 1.5e-4.  Beyond the linear theory are terms of the order of the variances: twenty times
 * larger ones show as -6 % in the first mode. */
static void digits_predicted_and_measured(void **state)
{
    static digits d;
    double times[MODES], want[MODES * MODES], got[MODES * MODES], error[MODES * MODES];
    int within = 0;
    (void)state;
    open_digits(&d);
    double *all = calloc((size_t)d.p, sizeof *all), *v = calloc((size_t)(d.p * d.p), sizeof *v);
    assert_true(all && v);
    nt_ok(d.net, nndyn_equilibrium_modes(d.net, SAMPLES, d.x, d.t, d.p, digits_rate, NULL, all, v, NULL, NULL, NULL));
    print_message("%d parameters, curvatures %.4g to %.4g\n", (int)d.p, all[0], all[d.p - 1]);
    assert_true(all[d.p - 1] > 0); /* an equilibrium in the strict sense */
    nt_ok(d.net, nndyn_equilibrium_covariance(d.net, SAMPLES, d.x, d.t, MODES, v, digits_rate, BATCH, NULL, want));
    measure_digits(&d, v, got, error, times);
    print_message("mode  curvature   time    predicted     measured        error      z\n");
    for (int i = 0; i < MODES; i++) {
        const int at = i * (MODES + 1);
        const double z = (got[at] - want[at]) / error[at];
        print_message("%4d %10.5f %6.0f %12.5e %12.5e %12.2e %6.2f\n", i + 1, all[i], times[i], want[at], got[at],
                      error[at], z);
        within += fabs(z) < 3;
        assert_true(error[at] < 0.15 * want[at] && times[i] < STEPS / 32.0 / 5);
    }
    assert_true(within >= MODES - 2);
    free(v);
    free(all);
    close_digits(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_predicted_and_measured),
        cmocka_unit_test(ratio_of_logistic_regression),
        cmocka_unit_test(variances_of_logistic_regression),
    };
    return cmocka_run_group_tests_name("equilibrium at length", tests, NULL, NULL);
}
