/* Dynamic basins: kicks of a small network at a minimum, and where training takes them.
 *
 * The shared fixture goes on with weight decay 0.002 for 30000 steps, is kicked twenty times at each of six sizes, and
 * trained for 6000 steps.  Figures beside are of as many kicks by other numbers, worked out without the library. */
#include "analysis/order_fixture.h"
#include "nndyn/basin.h"

enum { RADII = 6, ROWS = RADII + 1, KICKS = 20, PROBES = 4000 };

/* Fresh samples of the fixture's clusters. */
static nndyn_dataset *fresh(nndyn_context *c)
{
    static double x[PROBES * NT_ORDER_INPUTS];
    static int64_t labels[PROBES];
    double centers[NT_ORDER_CENTERS * NT_ORDER_INPUTS];
    nt_splitmix s = nt_splitmix_seed(1);
    nndyn_dataset *d = NULL;
    for (int i = 0; i < NT_ORDER_CENTERS * NT_ORDER_INPUTS; i++) {
        centers[i] = nt_splitmix_normal(&s);
    }
    s = nt_splitmix_seed(3);
    for (int i = 0; i < PROBES; i++) {
        for (int j = 0; j < NT_ORDER_INPUTS; j++) {
            const double center = centers[i % NT_ORDER_CENTERS * NT_ORDER_INPUTS + j];
            x[i * NT_ORDER_INPUTS + j] = center + 0.8 * nt_splitmix_normal(&s);
        }
        labels[i] = i % NT_ORDER_CENTERS % NT_ORDER_CLASSES;
    }
    nt_ok(c, nndyn_dataset_create_labels(c, PROBES, NT_ORDER_INPUTS, x, NT_ORDER_CLASSES, labels, 1, &d));
    return d;
}

/* Mean over the kicks of a radius; error: four standard errors of a difference of two such means. */
static double mean_of(nndyn_basin_returns *r, const char *name, int64_t radius, double *error)
{
    double v[KICKS], sum = 0, square = 0;
    int64_t count = 0;
    nt_ok(r, nndyn_basin_returns_get(r, name, radius, KICKS, v, &count));
    assert_int_equal(count, KICKS);
    for (int i = 0; i < KICKS; i++) {
        sum += v[i] / KICKS;
    }
    for (int i = 0; i < KICKS; i++) {
        square += (v[i] - sum) * (v[i] - sum) / (KICKS - 1);
    }
    *error = 4 * sqrt(2 * square / KICKS);
    return sum;
}

/* Two shares of twenty kicks each, both uncertain: no further apart than 3.29 standard errors of the difference (one in
 * a thousand).  Shares of 0 or of 1 on both sides have no error. */
static void shares_are(nndyn_basin_returns *r, int criterion, const double want[RADII])
{
    double share[ROWS], low[ROWS], high[ROWS];
    int64_t count = 0;
    nt_ok(r, nndyn_basin_returns_curve(r, criterion, ROWS, NULL, share, low, high, NULL, &count));
    assert_int_equal(count, ROWS);
    nt_near(share[0], 1, 0);
    for (int i = 0; i < RADII; i++) {
        print_message("# criterion %d, radius %d: %.2f (%.3f to %.3f)\n", criterion, i + 1, share[i + 1], low[i + 1],
                      high[i + 1]);
        const double p = (share[i + 1] + want[i]) / 2;
        nt_near(share[i + 1], want[i], 3.29 * sqrt(2 * p * (1 - p) / KICKS));
    }
}

/* Tolerances beside the spread of the kicks: rounding of the figures, and 0.004 of the agreement, for the probe set is
 * another one (4000 samples of which 0.4 % differ: 0.001 each). */
static void means_are(nndyn_basin_returns *r)
{
    static const struct {
        double accuracy, distance, agreement;
    } want[RADII] = {{0.999, 0.253, 0.9962}, {0.997, 0.284, 0.9962}, {0.955, 0.392, 0.9958},
                     {0.820, 0.869, 0.9949}, {0.581, 3.658, 0.9748}, {0.352, 9.870, 0.9520}};
    for (int i = 0; i < RADII; i++) {
        double error[4];
        const double accuracy = mean_of(r, "kicked_accuracy", i + 1, &error[0]),
                     distance = mean_of(r, "distance", i + 1, &error[1]),
                     agreement = mean_of(r, "agreement", i + 1, &error[2]),
                     matched = mean_of(r, "matched", i + 1, &error[3]);
        print_message("# radius %d: %.3f after the kick, distance %.3f (matched %.3f), agreement %.4f\n", i + 1,
                      accuracy, distance, matched, agreement);
        nt_near(accuracy, want[i].accuracy, error[0] + 0.0015);
        nt_near(distance, want[i].distance, error[1] + 0.0005);
        nt_near(agreement, want[i].agreement, error[2] + 0.004);
        assert_true(matched <= distance);
    }
}

static void kicks_return_by_their_size(void **state)
{
    (void)state;
    static const double radii[RADII] = {0.05, 0.1, 0.25, 0.5, 1, 2}, minimum[RADII] = {1, 1, 0.75},
                        matched[RADII] = {1, 1, 0.85}, function[RADII] = {1, 1, 1, 1, 0.1},
                        all[RADII] = {1, 1, 1, 1, 1, 1};
    nndyn_context *c = NULL;
    nndyn_options *o = NULL;
    nndyn_basin_returns *r = NULL;
    double norm, loss, accuracy, inside, outside;
    assert_int_equal(nndyn_context_create(&c), NNDYN_OK);
    nndyn_dataset *probe = fresh(c);
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    nt_ok(f.trainer, nndyn_trainer_set(f.trainer, "weight_decay", 2e-3));
    nt_order_train(&f, 30000);
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_integer(o, "steps", 6000));
    nt_ok(o, nndyn_options_set_integer(o, "draws", KICKS));
    nt_ok(o, nndyn_options_set_double(o, "level", 0.999));
    nt_ok(f.trainer, nndyn_basin_return(f.trainer, f.data, probe, RADII, radii, o, &r));
    nt_ok(r, nndyn_basin_returns_reference(r, &norm, &loss, &accuracy));
    nt_near(norm, 9.066, 5e-4);
    nt_near(loss + 1e-3 * norm * norm, 0.104205, 1e-6); /* with the penalty that is decay's potential */
    nt_near(accuracy, 1, 0);
    means_are(r);
    shares_are(r, NNDYN_RETURN_MINIMUM, minimum);
    shares_are(r, NNDYN_RETURN_MATCHED, matched);
    shares_are(r, NNDYN_RETURN_FUNCTION, function);
    shares_are(r, NNDYN_RETURN_ACCURACY, all);
    nt_ok(r, nndyn_basin_returns_radius(r, NNDYN_RETURN_FUNCTION, 0.5, &inside, &outside));
    nt_near(inside, 0.5, 0);
    nt_near(outside, 1, 0);
    nndyn_basin_returns_free(r);
    nndyn_options_free(o);
    nndyn_dataset_free(probe);
    nt_order_close(&f);
    nndyn_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kicks_return_by_their_size)};
    return cmocka_run_group_tests_name("basin_weights_long", tests, NULL, NULL);
}
