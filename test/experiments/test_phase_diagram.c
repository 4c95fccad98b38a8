/* The corner cells of the phase diagram on data that need no download: what nonlinearity and dropout do to the load
 * curve and to the accuracy.
 *
 * Fifty clouds in a hundred dimensions, five of each class, unit noise about centers of deviation 0.6.  Bands are those
 * that an independent implementation of the protocol met; means over two seeds scatter by 0.015 in kappa and 1.5 points
 * of accuracy, a fifth of the distance to the nearest bound, so that another rounding moves none out of its band. */
#include "phase_support.h"

enum { TRAIN = 2560, TEST = 5000, INPUTS = 100, CLASSES = 10, CLOUDS = 50 };

static nndyn_context *context;
static nndyn_dataset *train, *test;
static float x[(TRAIN + TEST) * INPUTS];
static int64_t labels[TRAIN + TEST];

static int set_up(void **state)
{
    static double centers[CLOUDS * INPUTS], which[TRAIN + TEST];
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nt_normal(1, CLOUDS * INPUTS, centers);
    nt_uniform(2, TRAIN + TEST, 0, CLOUDS, which);
    nt_normal_f32(3, (TRAIN + TEST) * INPUTS, x);
    for (int n = 0; n < TRAIN + TEST; n++) {
        const int cloud = (int)which[n];
        labels[n] = cloud % CLASSES;
        for (int i = 0; i < INPUTS; i++) {
            x[n * INPUTS + i] += (float)(0.6 * centers[cloud * INPUTS + i]);
        }
    }
    nt_ok(context, nndyn_dataset_create_labels_f32(context, TRAIN, INPUTS, x, CLASSES, labels, 0, &train));
    nt_ok(context, nndyn_dataset_create_labels_f32(context, TEST, INPUTS, x + TRAIN * INPUTS, CLASSES, labels + TRAIN,
                                                   0, &test));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nndyn_dataset_free(train);
    nndyn_dataset_free(test);
    nndyn_context_free(context);
    return 0;
}

static nndyn_sweep *swept(double slope, int64_t count, const double *dropout)
{
    nndyn_sweep *sweep = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(options, nndyn_options_set_double(options, "slope", slope));
    nt_ok(sweep, nndyn_sweep_add_axis(sweep, "dropout", count, dropout));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 1, 2));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nndyn_options_free(options);
    nt_run(sweep);
    return sweep;
}

/* D of the inputs scaled to unit variance, by plain loops: what D_0 is once the running statistics have settled. */
static double input_separation(void)
{
    double within = 0, between = 0, count[CLASSES] = {0};
    for (int n = 0; n < TRAIN; n++) {
        count[labels[n]]++;
    }
    for (int i = 0; i < INPUTS; i++) {
        double mean = 0, means[CLASSES] = {0}, w = 0, b = 0;
        for (int n = 0; n < TRAIN; n++) {
            mean += x[n * INPUTS + i] / (double)TRAIN;
            means[labels[n]] += x[n * INPUTS + i] / count[labels[n]];
        }
        for (int n = 0; n < TRAIN; n++) {
            w += pow(x[n * INPUTS + i] - means[labels[n]], 2);
            b += pow(means[labels[n]] - mean, 2);
        }
        within += w / (w + b), between += b / (w + b);
    }
    return log(within / between);
}

static void corners_of_the_diagram(void **state)
{
    static const double dropout[] = {0, 0.12, 0.28};
    nndyn_sweep *nonlinear = swept(0, 3, dropout), *linear = swept(1, 1, dropout);
    nt_means m[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        m[i] = i < 3 ? nt_means_of(nonlinear, i) : nt_means_of(linear, 0);
        print_message("slope %d dropout %g: kappa %+.3f sigma %.3f bow %+.3f D_0 %.3f accuracy %.1f\n", i == 3,
                      dropout[i % 3], m[i].kappa, m[i].sigma, m[i].bow, m[i].separation[0], 100 * m[i].accuracy);
        assert_true(m[i].kappa * m[i].bow < 0 || fabs(m[i].kappa) < 0.1);
        nt_near(m[i].separation[0], input_separation(), 0.05); /* the scales are trained a little */
        nt_near(m[i].separation[0], 2.95, 0.15);
    }
    nt_near(m[0].kappa, -0.25, 0.1); /* strong nonlinearity, no noise: late layers do the work */
    nt_near(m[1].kappa, 0, 0.1);     /* some noise: a straight curve */
    nt_near(m[2].kappa, 0.25, 0.1);  /* much noise: early layers */
    nt_near(m[3].kappa, 0.29, 0.09); /* linear: early layers without any noise */
    assert_true(m[1].sigma < m[0].sigma && m[1].sigma < m[2].sigma);
    assert_true(m[1].accuracy > m[0].accuracy + 0.05 && m[1].accuracy > m[2].accuracy + 0.05);
    nndyn_sweep_free(nonlinear);
    nndyn_sweep_free(linear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corners_of_the_diagram)};
    return cmocka_run_group_tests_name("phase diagram", tests, set_up, tear_down);
}
