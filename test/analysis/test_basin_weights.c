/* Static basins in weight space: the shared fixture, closed forms, invariance, a naive twin, failures. */
#include "analysis/basin_bowl.h"
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

static nndyn_options *options_of(nndyn_context *c, const char *name, double value)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    if (name) {
        nt_ok(o, nndyn_options_set_double(o, name, value));
    }
    return o;
}

static void set_integer(nndyn_options *o, const char *name, int64_t value)
{
    nt_ok(o, nndyn_options_set_integer(o, name, value));
}

static void set_text(nndyn_options *o, const char *name, const char *value)
{
    nt_ok(o, nndyn_options_set_text(o, name, value));
}

static double figure(nndyn_basin *b, int64_t group, const char *name)
{
    double value = -1;
    nt_ok(b, nndyn_basin_get(b, group, name, &value));
    return value;
}

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

enum { DRAWS = 64 };

/* The numbers of the check: [draw][layer][row][column], weights only. */
static double *fixture_noise(void)
{
    static const int first[] = {NT_ORDER_W1, NT_ORDER_W2, NT_ORDER_W3};
    static const int size[] = {NT_ORDER_WIDTH * NT_ORDER_INPUTS, NT_ORDER_WIDTH * NT_ORDER_WIDTH,
                               NT_ORDER_CLASSES * NT_ORDER_WIDTH};
    double *xi = calloc((size_t)DRAWS * NT_ORDER_PARAMETERS, sizeof *xi);
    nt_splitmix s = nt_splitmix_seed(8);
    assert_non_null(xi);
    for (int d = 0; d < DRAWS; d++) {
        for (int l = 0; l < 3; l++) {
            for (int i = 0; i < size[l]; i++) {
                xi[d * NT_ORDER_PARAMETERS + first[l] + i] = nt_splitmix_normal(&s);
            }
        }
    }
    return xi;
}

static void the_fixture_has_the_published_radius(void **state)
{
    (void)state;
    static const double sigma[] = {0.1, 0.25, 0.5, 1, 2}, want[] = {0.984570, 0.945430, 0.852695, 0.626016, 0.361523};
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    double *xi = fixture_noise();
    nndyn_options *o = options_of(c, "start", 1e-3);
    nndyn_basin *b = NULL;
    set_integer(o, "bisections", 40);
    nt_ok(f.network, nndyn_basin_weights_along(f.network, f.data, DRAWS, xi, o, &b));
    nt_near(figure(b, 0, "radius"), 1.333886582, 1e-6);
    nt_near(figure(b, 0, "accuracy"), 0.99, 1e-15);
    assert_true(figure(b, 0, "low") < figure(b, 0, "radius") && figure(b, 0, "radius") < figure(b, 0, "high"));
    nndyn_basin_free(b);
    for (int i = 0; i < 5; i++) { /* the curve, at one amplitude after another */
        double amplitude[3], accuracy[3];
        int64_t points = 0;
        nt_ok(o, nndyn_options_set_double(o, "start", sigma[i]));
        nt_ok(o, nndyn_options_set_double(o, "cap", 2 * sigma[i]));
        set_integer(o, "march", 1);
        nt_ok(f.network, nndyn_basin_weights_along(f.network, f.data, DRAWS, xi, o, &b));
        nt_ok(b, nndyn_basin_curve(b, 0, 3, amplitude, accuracy, NULL, NULL, &points));
        assert_true(points >= 2);
        nt_near(amplitude[1], sigma[i], 1e-15);
        nt_near(accuracy[1], want[i], 6e-7);
        nndyn_basin_free(b);
    }
    free(xi);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

/* By the library's own noise: 1.235 +- 0.009 of 1000 draws.  The published radius is of 64 draws of one seed and lies
 * high among such (1.20 to 1.33 of seeds 8 to 15): intervals must have common points. */
static void own_noise_meets_the_published_radius(void **state)
{
    (void)state;
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    nndyn_options *o = options_of(c, "level", 0.95);
    nndyn_basin *b = NULL;
    set_integer(o, "classes", 1);
    nt_ok(f.network, nndyn_basin_weights(f.network, f.data, o, &b));
    assert_true(figure(b, 0, "low") < 1.41557 && figure(b, 0, "high") > 1.26231); /* that of the published draws */
    assert_true(figure(b, 0, "low") < 1.235 && figure(b, 0, "high") > 1.235);
    double mean = 0;
    for (int64_t k = 1; k <= NT_ORDER_CLASSES; k++) {
        assert_true(figure(b, k, "samples") > 0);
        mean += figure(b, k, "accuracy") / NT_ORDER_CLASSES;
    }
    nt_near(mean, 0.99, 1e-12); /* classes of equal size */
    nndyn_basin_free(b);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

/* ---- templates: W = 1, x = m e_y --------------------------------------------------------------------------------- */

static nndyn_network *templates(nndyn_context *c, double weight)
{
    double theta[100] = {0};
    nndyn_network *n = NULL;
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    set_integer(o, "bias", 0);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 10, &n));
    nt_ok(n, nndyn_network_add_dense_with(n, 10, NNDYN_IDENTITY, o));
    for (int i = 0; i < 10; i++) {
        theta[11 * i] = weight;
    }
    nt_ok(n, nndyn_network_set_parameters(n, 100, theta));
    nndyn_options_free(o);
    return n;
}

static nndyn_dataset *unit_vectors(nndyn_context *c)
{
    double x[100] = {0};
    int64_t labels[10];
    nndyn_dataset *d = NULL;
    for (int i = 0; i < 10; i++) {
        x[11 * i] = 1;
        labels[i] = i;
    }
    nt_ok(c, nndyn_dataset_create_labels(c, 10, 10, x, 10, labels, 1, &d));
    return d;
}

static void templates_have_their_closed_form(void **state)
{
    (void)state;
    nndyn_context *c = plain_context();
    nndyn_network *n = templates(c, 1);
    nndyn_dataset *d = unit_vectors(c);
    nndyn_options *o = options_of(c, NULL, 0);
    nndyn_basin *b = NULL;
    set_integer(o, "draws", 4000); /* 40000 independent trials: 0.5 +- 0.0025, the radius within 0.5 % */
    nt_ok(n, nndyn_basin_weights(n, d, o, &b));
    nt_near(figure(b, 0, "radius"), 2.2601516978, 0.0226);
    nndyn_basin_free(b);
    set_text(o, "scale", "absolute");
    nt_ok(n, nndyn_basin_weights(n, d, o, &b));
    nt_near(figure(b, 0, "radius"), 0.6780455093, 0.0068);
    nt_near(figure(b, 0, "sigma"), figure(b, 0, "radius"), 1e-15);
    const char *unit = NULL;
    nt_ok(b, nndyn_basin_unit(b, &unit));
    assert_non_null(strstr(unit, "standard deviation"));
    nndyn_basin_free(b);
    set_text(o, "scale", "neuron"); /* root mean square of a row: sqrt(1/10) */
    nt_ok(n, nndyn_basin_weights(n, d, o, &b));
    nt_near(figure(b, 0, "radius"), 0.6780455093 * sqrt(10), 0.0215);
    nndyn_basin_free(b);
    nndyn_options_free(o);
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    nndyn_context_free(c);
}

/* ---- invariance -------------------------------------------------------------------------------------------------- */

static void rescaled_layers_have_the_same_relative_radius(void **state)
{
    (void)state;
    double theta[NT_ORDER_PARAMETERS], radius[2][2];
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nt_order_weights(theta);
    for (int i = 0; i < NT_ORDER_WIDTH; i++) {
        theta[NT_ORDER_W1 + NT_ORDER_WIDTH * NT_ORDER_INPUTS + i] = 0.1 * i;
    }
    nndyn_network *relu = nt_order_network(c, NNDYN_RELU, theta);
    nndyn_options *o = options_of(c, "rate", 0.1);
    nndyn_trainer *t = NULL;
    nt_ok(relu, nndyn_trainer_create_with(relu, NNDYN_SGD, o, &t));
    nndyn_options_free(o);
    for (int i = 0; i < 200; i++) {
        nt_ok(t, nndyn_train_step(t, NT_ORDER_SAMPLES, f.x, f.t, NULL));
    }
    o = options_of(c, "theta", 0.6);
    for (int twice = 0; twice < 2; twice++) {
        for (int absolute = 0; absolute < 2; absolute++) {
            nndyn_basin *b = NULL;
            set_text(o, "scale", absolute ? "absolute" : "relative");
            nt_ok(relu, nndyn_basin_weights(relu, f.data, o, &b));
            radius[twice][absolute] = figure(b, 0, "radius");
            nndyn_basin_free(b);
        }
        nt_ok(relu, nndyn_network_get_parameters(relu, NT_ORDER_PARAMETERS, theta));
        for (int i = 0; i < NT_ORDER_WIDTH * (NT_ORDER_INPUTS + 1); i++) {
            theta[NT_ORDER_W1 + i] *= 3.7;
        }
        for (int i = 0; i < NT_ORDER_WIDTH * NT_ORDER_WIDTH; i++) {
            theta[NT_ORDER_W2 + i] /= 3.7;
        }
        nt_ok(relu, nndyn_network_set_parameters(relu, NT_ORDER_PARAMETERS, theta));
    }
    nt_near(radius[1][0], radius[0][0], 1e-9);
    assert_true(fabs(radius[1][1] - radius[0][1]) > 0.1 * radius[0][1]); /* the absolute one is not invariant */
    nndyn_options_free(o);
    nndyn_trainer_free(t);
    nndyn_network_free(relu);
    nt_order_close(&f);
    nndyn_context_free(c);
}

/* ---- which parameters move, precision, threads ------------------------------------------------------------------- */

/* Bias, batch norm and ReLU; after a few steps nothing is constant. */
static nndyn_network *normed(nndyn_context *c, nt_order *f)
{
    nndyn_network *n = NULL;
    nndyn_trainer *t = NULL;
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, NT_ORDER_INPUTS, &n));
    nt_ok(n, nndyn_network_add_dense(n, 12, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_add_batch_norm(n, NULL));
    nt_ok(n, nndyn_network_add_activation(n, NNDYN_RELU, NULL));
    nt_ok(n, nndyn_network_add_dense(n, NT_ORDER_CLASSES, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_set_loss(n, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(n, nndyn_trainer_create(n, NNDYN_ADAM, &t));
    for (int i = 0; i < 300; i++) {
        nt_ok(t, nndyn_train_step(t, NT_ORDER_SAMPLES, f->x, f->t, NULL));
    }
    nndyn_trainer_free(t);
    return n;
}

static double radius_with(nndyn_network *n, nndyn_dataset *d, nndyn_options *o)
{
    nndyn_basin *b = NULL;
    nt_ok(n, nndyn_basin_weights(n, d, o, &b));
    const double radius = figure(b, 0, "radius");
    nndyn_basin_free(b);
    return radius;
}

static void chosen_parameters_move(void **state)
{
    (void)state;
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nndyn_network *n = normed(c, &f), *narrow = NULL;
    nndyn_dataset *single = NULL;
    nndyn_options *o = options_of(c, NULL, 0);
    int64_t count = 0;
    nt_ok(n, nndyn_network_shape(n, NULL, NULL, NULL, &count, NULL));
    double *before = calloc((size_t)count, sizeof *before), *after = calloc((size_t)count, sizeof *after);
    nt_ok(n, nndyn_network_get_parameters(n, count, before));
    set_integer(o, "draws", 16);
    const double weights = radius_with(n, f.data, o);
    set_integer(o, "norms", 1);
    const double with_norms = radius_with(n, f.data, o);
    set_integer(o, "weights", 0);
    const double norms = radius_with(n, f.data, o);
    set_integer(o, "norms", 0);
    set_integer(o, "biases", 1);
    const double biases = radius_with(n, f.data, o);
    assert_true(biases > 3 * weights && norms > 10 * weights); /* they matter less, */
    assert_true(fabs(with_norms - weights) < 0.1 * weights && with_norms != weights);
    nt_ok(n, nndyn_network_get_parameters(n, count, after));
    nt_same(before, after, (size_t)count * sizeof *before);

    set_integer(o, "weights", 1);
    set_integer(o, "biases", 0);
    nt_ok(n, nndyn_network_copy(n, NNDYN_F32, &narrow));
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &single));
    nt_near(radius_with(narrow, single, o), weights, 0.01 * weights);
    free(before);
    free(after);
    nndyn_dataset_free(single);
    nndyn_network_free(narrow);
    nndyn_network_free(n);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

static void threads_do_not_show(void **state)
{
    (void)state;
    double curve[2][4][64];
    int64_t points[2];
    for (int many = 0; many < 2; many++) {
        nndyn_context *c = plain_context();
        nt_order f = nt_order_open(c);
        nt_order_train(&f, 50);
        nt_ok(c, nndyn_context_set_threads(c, many ? 8 : 1));
        nndyn_options *o = options_of(c, NULL, 0);
        nndyn_basin *b = NULL;
        set_integer(o, "draws", 20);
        memset(curve[many], 0, sizeof curve[many]);
        nt_ok(f.network, nndyn_basin_weights(f.network, f.data, o, &b));
        nt_ok(b, nndyn_basin_curve(b, 0, 64, curve[many][0], curve[many][1], curve[many][2], curve[many][3],
                                   &points[many]));
        curve[many][0][63] = figure(b, 0, "radius");
        nndyn_basin_free(b);
        nndyn_options_free(o);
        nt_order_close(&f);
        nndyn_context_free(c);
    }
    assert_int_equal(points[0], points[1]);
    nt_same(curve[0], curve[1], sizeof curve[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fixture_has_the_published_radius),
        cmocka_unit_test(own_noise_meets_the_published_radius),
        cmocka_unit_test(templates_have_their_closed_form),
        cmocka_unit_test(rescaled_layers_have_the_same_relative_radius),
        cmocka_unit_test(chosen_parameters_move),
        cmocka_unit_test(threads_do_not_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
