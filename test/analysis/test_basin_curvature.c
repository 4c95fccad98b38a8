/* What curvature predicts of basins in weight space: quadratic losses, and the shared fixture. */
#include "analysis/basin_bowl.h"
#include "analysis/order_fixture.h"

static nndyn_options *absolute(nndyn_context *c, const char *name, double value)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "scale", "absolute"));
    if (name) {
        nt_ok(o, nndyn_options_set_double(o, name, value));
    }
    return o;
}

static void a_quadratic_bowl_has_its_closed_form(void **state)
{
    (void)state;
    bowl b = open_bowl(0.01, 0);
    double figures[NNDYN_CURVATURES], radius[5], quadratic[5];
    const double d[15] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.6, 0.8, 0, 0, 0, 0};
    nndyn_options *o = absolute(b.c, "rise", 0.5);
    nt_ok(b.n, nndyn_basin_curvature(b.n, b.d, o, figures));
    nt_near(figures[NNDYN_CURVATURE_LOSS], 0, 1e-15);
    nt_near(figures[NNDYN_CURVATURE_TRACE], 30, 1e-9); /* sigma = 0.1: the loss rises by 0.15 */
    nt_near(0.01 / 2 * figures[NNDYN_CURVATURE_TRACE], 0.15, 1e-11);
    nt_near(figures[NNDYN_CURVATURE_TRACE_ERROR], 0, 1e-12);
    nt_near(figures[NNDYN_CURVATURE_SHARPEST], 25, 1e-9);
    nt_near(figures[NNDYN_CURVATURE_RADIUS], 0.2, 1e-10);
    nt_near(figures[NNDYN_CURVATURE_LARGEST], 25, 1e-9);
    nt_near(figures[NNDYN_CURVATURE_RATE], 0.08, 1e-10);
    nt_ok(b.n, nndyn_basin_loss_radius(b.n, b.d, 5, d, o, radius, quadratic));
    const double want[4] = {1, 0.5, 0.2, 1 / sqrt(0.36 + 4 * 0.64)};
    nt_close(radius, want, 4, 1e-10, 0);
    nt_close(quadratic, want, 4, 1e-12, 0);
    assert_true(isinf(radius[4]) && isinf(quadratic[4])); /* no direction at all */
    nndyn_options_free(o);
    close_bowl(&b);
}

/* Mean rise of the loss over draws of a normal step: sigma^2/2 tr H, 0.15; one standard error of 20000 draws is 0.0009,
 * so that 1 % is missed once in ten; the seed is fixed. */
static void noise_raises_the_loss_by_the_trace(void **state)
{
    (void)state;
    bowl b = open_bowl(0.01, 0);
    enum { DRAWS = 20000 };
    double *xi = malloc(3 * DRAWS * sizeof *xi), sum = 0, smallest = 1e9, mean = 0, largest = 0;
    double *radius = malloc(DRAWS * sizeof *radius);
    assert_non_null(xi);
    assert_non_null(radius);
    nt_normal(11, 3 * DRAWS, xi);
    for (int i = 0; i < DRAWS; i++) {
        double theta[3], loss, norm = 0;
        for (int j = 0; j < 3; j++) {
            theta[j] = 0.1 * xi[3 * i + j];
            norm += xi[3 * i + j] * xi[3 * i + j];
        }
        nt_ok(b.n, nndyn_network_set_parameters(b.n, 3, theta));
        nt_ok(b.n, nndyn_network_evaluate(b.n, b.d, &loss, NULL));
        sum += loss / DRAWS;
        for (int j = 0; j < 3; j++) {
            xi[3 * i + j] /= sqrt(norm);
        }
    }
    nt_near(sum, 0.15, 0.0027);
    const double origin[3] = {0};
    nndyn_options *o = absolute(b.c, "rise", 0.5);
    nt_ok(b.n, nndyn_network_set_parameters(b.n, 3, origin));
    nt_ok(b.n, nndyn_basin_loss_radius(b.n, b.d, DRAWS, xi, o, NULL, radius));
    for (int i = 0; i < DRAWS; i++) {
        smallest = fmin(smallest, radius[i]);
        largest = fmax(largest, radius[i]);
        mean += radius[i] / DRAWS;
    }
    nt_near(smallest, 0.2, 1e-3);
    nt_near(mean, 0.3934, 0.004);
    nt_near(largest, 1, 0.01);
    nndyn_options_free(o);
    free(radius);
    free(xi);
    close_bowl(&b);
}

static void gradient_descent_is_stable_below_the_rate(void **state)
{
    (void)state;
    const double x[9] = {sqrt(3), 0, 0, 0, 2 * sqrt(3), 0, 0, 0, 5 * sqrt(3)}, t[3] = {0}, start[3] = {1, 1, 1};
    for (int i = 0; i < 2; i++) {
        bowl b = open_bowl(i ? 0.081 : 0.079, 0);
        double theta[3];
        nt_ok(b.n, nndyn_network_set_parameters(b.n, 3, start));
        for (int k = 0; k < 2000; k++) {
            nt_ok(b.t, nndyn_train_step(b.t, 3, x, t, NULL));
        }
        nt_ok(b.n, nndyn_network_get_parameters(b.n, 3, theta));
        assert_true(i ? fabs(theta[2]) > 1e20 : fabs(theta[2]) < 1e-20);
        close_bowl(&b);
    }
}

/* Figures of the page: trace 10.62877, largest eigenvalue 1.67941; linearized accuracies. */
static void the_fixture_has_the_published_curvature(void **state)
{
    (void)state;
    static const double sigma[4] = {0.05, 0.1, 0.25, 0.5}, want[4] = {0.9893, 0.9852, 0.9545, 0.8944};
    double figures[NNDYN_CURVATURES], accuracy[4];
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    nndyn_options *o = absolute(c, NULL, 0);
    nt_ok(o, nndyn_options_set_integer(o, "products", 1000));
    nt_ok(o, nndyn_options_set_integer(o, "biases", 1));
    nt_ok(f.network, nndyn_basin_curvature(f.network, f.data, o, figures));
    nt_near(figures[NNDYN_CURVATURE_LOSS], 0.042576752077, 1e-9);
    nt_near(figures[NNDYN_CURVATURE_TRACE], 10.62877, 1e-5);
    nt_near(figures[NNDYN_CURVATURE_SHARPEST], 1.67941, 1e-5);
    nt_near(figures[NNDYN_CURVATURE_LARGEST], 1.67941, 1e-5);
    nndyn_options_free(o);
    nt_ok(f.network, nndyn_basin_linearized(f.network, f.data, 4, sigma, NULL, accuracy));
    nt_close(accuracy, want, 4, 0, 6e-5);
    nt_order_close(&f);
    nndyn_context_free(c);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    const double mark[NNDYN_CURVATURES] = {7, 7, 7, 7, 7, 7, 7}, sigma = 0.1, none = 0;
    const double directions[3] = {1, 0, (double)NAN};
    double figures[NNDYN_CURVATURES], one = 7;
    bowl b = open_bowl(0.01, 0);
    nndyn_options *o = absolute(b.c, "rise", 0.5);
    memcpy(figures, mark, sizeof mark);
    nt_fails(NNDYN_EARG, b.n, "figures", nndyn_basin_curvature(b.n, b.d, o, NULL));
    nt_fails(NNDYN_EARG, b.n, "dataset", nndyn_basin_curvature(b.n, NULL, o, figures));
    nt_fails(NNDYN_ESTATE, b.n, "equal", nndyn_basin_curvature(b.n, b.d, NULL, figures)); /* all weights are 0 */
    nt_fails(NNDYN_EDATA, b.n, "directions", nndyn_basin_loss_radius(b.n, b.d, 1, directions, o, &one, NULL));
    nt_fails(NNDYN_EARG, b.n, "count", nndyn_basin_loss_radius(b.n, b.d, 0, directions, o, &one, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, b.n, "single output", nndyn_basin_linearized(b.n, b.d, 1, &sigma, NULL, &one));
    nt_fails(NNDYN_EARG, b.n, "sigma[0]", nndyn_basin_linearized(b.n, b.d, 1, &none, NULL, &one));
    nt_ok(o, nndyn_options_set_double(o, "rise", 0));
    nt_fails(NNDYN_EOPTION, b.n, "rise", nndyn_basin_curvature(b.n, b.d, o, figures));
    nt_same(figures, mark, sizeof mark);
    nt_near(one, 7, 0);
    nndyn_options_free(o);
    close_bowl(&b);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static int scenario(nt_allocator *a, void *user)
{
    (void)user;
    const double x[6] = {1, 0, 0, 1, 1, 1}, sigma[1] = {0.1}, directions[6] = {1, 0, 0, 1, 0, 0};
    const int64_t labels[3] = {0, 1, 1};
    double figures[NNDYN_CURVATURES], radius[1], accuracy[1];
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_dataset *d = NULL;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 2, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_set_loss(n, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(c, nndyn_dataset_create_labels(c, 3, 2, x, 2, labels, 1, &d));
    nt_resume(a);
    int status = nndyn_basin_curvature(n, d, NULL, figures);
    if (status == NNDYN_OK) {
        status = nndyn_basin_loss_radius(n, d, 1, directions, NULL, radius, radius);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_linearized(n, d, 1, sigma, NULL, accuracy);
    }
    nndyn_dataset_free(d);
    nndyn_network_free(n);
    nndyn_context_free(c);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quadratic_bowl_has_its_closed_form),
        cmocka_unit_test(noise_raises_the_loss_by_the_trace),
        cmocka_unit_test(gradient_descent_is_stable_below_the_rate),
        cmocka_unit_test(the_fixture_has_the_published_curvature),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
