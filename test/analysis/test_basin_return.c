/* Dynamic basins in weight space: a quadratic bowl, pairing of units, the shared fixture in short, refusals. */
#include "analysis/basin/matching.h"
#include "analysis/basin_bowl.h"
#include "analysis/order_fixture.h"

static nndyn_options *options_of(nndyn_context *c, const char *scale, int64_t steps, int64_t draws)
{
    nndyn_options *o = NULL;
    nt_ok(c, nndyn_options_create(c, &o));
    nt_ok(o, nndyn_options_set_text(o, "scale", scale));
    nt_ok(o, nndyn_options_set_integer(o, "steps", steps));
    nt_ok(o, nndyn_options_set_integer(o, "draws", draws));
    return o;
}

/* ---- a quadratic bowl: Hessian diag(1, 4, 25), minimum at (1, 1, 1) ---------------------------------------------- */

static void a_bowl_returns_below_the_stable_rate_only(void **state)
{
    (void)state;
    const double radii[2] = {0.5, 2};
    for (int unstable = 0; unstable < 2; unstable++) {
        bowl b = open_bowl(unstable ? 0.081 : 0.079, 1);
        nndyn_options *o = options_of(b.c, "absolute", 2000, 10);
        nndyn_basin_returns *r = NULL;
        double share[3], low[3], inside, outside, theta[3], loss[10];
        int64_t undecided[3], count;
        nt_ok(b.t, nndyn_basin_return(b.t, b.d, NULL, 2, radii, o, &r));
        nt_ok(r, nndyn_basin_returns_curve(r, NNDYN_RETURN_MINIMUM, 3, NULL, share, low, NULL, undecided, &count));
        assert_int_equal(count, 3);
        nt_near(share[0], 1, 0); /* the control stays where it is */
        nt_near(share[1], !unstable, 0);
        nt_near(share[2], !unstable, 0);
        nt_near(low[1], unstable ? 0 : 10 / (10 + 1.959963984540 * 1.959963984540), 1e-8); /* Wilson's */
        assert_int_equal(undecided[1] + undecided[2], 0);
        nt_ok(r, nndyn_basin_returns_radius(r, NNDYN_RETURN_LOSS, 0.95, &inside, &outside));
        nt_near(inside, unstable ? 0 : 2, 0);
        assert_true(unstable ? outside == 0.5 : isinf(outside));
        nt_ok(r, nndyn_basin_returns_get(r, "loss", 1, 10, loss, &count));
        assert_true(unstable ? loss[0] > 1e30 : loss[0] < 1e-27);
        nt_ok(b.n, nndyn_network_get_parameters(b.n, 3, theta));
        nt_near(theta[2], 1, 0);
        nndyn_basin_returns_free(r);
        nndyn_options_free(o);
        close_bowl(&b);
    }
}

/* After T steps the distance along an axis is (1 - rate lambda)^T of the kick. */
static void slow_returns_are_undecided(void **state)
{
    (void)state;
    const double radii[1] = {1};
    bowl b = open_bowl(0.001, 1);
    nndyn_options *o = options_of(b.c, "absolute", 50, 10);
    nndyn_basin_returns *r = NULL;
    double high[2], norm, distance[10];
    int64_t undecided[2], count;
    nt_ok(b.t, nndyn_basin_return(b.t, b.d, NULL, 1, radii, o, &r));
    nt_ok(r, nndyn_basin_returns_curve(r, NNDYN_RETURN_MINIMUM, 2, NULL, NULL, NULL, high, undecided, &count));
    assert_int_equal(undecided[1], 10); /* none is there yet, all are on their way */
    nt_near(high[1], 1, 1e-12);
    nt_ok(r, nndyn_basin_returns_reference(r, &norm, NULL, NULL));
    nt_near(norm, sqrt(3), 1e-15);
    nt_ok(r, nndyn_basin_returns_get(r, "distance", 1, 10, distance, &count));
    assert_true(distance[0] > 0.05 * norm);
    nt_fails(NNDYN_EARG, r, "labels",
             nndyn_basin_returns_curve(r, NNDYN_RETURN_ACCURACY, 0, NULL, NULL, NULL, NULL, NULL, &count));
    nt_fails(NNDYN_EARG, r, "name", nndyn_basin_returns_get(r, "norm", 1, 10, distance, &count));
    nt_fails(NNDYN_EARG, r, "radius", nndyn_basin_returns_get(r, "loss", 2, 10, distance, &count));
    nt_fails(NNDYN_EARG, r, "q", nndyn_basin_returns_radius(r, NNDYN_RETURN_LOSS, 0, NULL, NULL));
    nndyn_basin_returns_free(r);
    nndyn_options_free(o);
    close_bowl(&b);
}

/* ---- pairing ----------------------------------------------------------------------------------------------------- */

static double best_of(int n, const double *cost, int row, unsigned taken)
{
    double best = row == n ? 0 : 1e9;
    for (int j = 0; j < n; j++) {
        if (row < n && !(taken >> j & 1u)) {
            best = fmin(best, cost[row * n + j] + best_of(n, cost, row + 1, taken | 1u << j));
        }
    }
    return best;
}

static void the_assignment_is_the_best_of_all(void **state)
{
    (void)state;
    for (int seed = 0; seed < 200; seed++) {
        const int n = 1 + seed % 6;
        double cost[36], scratch[6 * 7], sum = 0;
        int64_t to[6];
        unsigned seen = 0;
        nt_uniform((uint64_t)seed, n * n, -1, 1, cost);
        nd_assign(n, cost, to, scratch);
        for (int i = 0; i < n; i++) {
            sum += cost[i * n + to[i]];
            seen |= 1u << to[i];
        }
        assert_int_equal(seen, (1u << n) - 1);
        nt_near(sum, best_of(n, cost, 0, 0), 1e-12);
    }
}

/* The same function in other words: units in reverse order, every third sign turned (tanh) or all scaled (ReLU). */
static void rewrite(double *theta, int relu)
{
    double old[NT_ORDER_PARAMETERS];
    memcpy(old, theta, sizeof old);
    for (int i = 0; i < NT_ORDER_WIDTH; i++) {
        const int from = NT_ORDER_WIDTH - 1 - i;
        const double factor = relu ? 1 + 0.1 * i : i % 3 ? 1 : -1;
        for (int j = 0; j < NT_ORDER_INPUTS; j++) {
            theta[NT_ORDER_W1 + i * NT_ORDER_INPUTS + j] = factor * old[NT_ORDER_W1 + from * NT_ORDER_INPUTS + j];
        }
        const int bias = NT_ORDER_W1 + NT_ORDER_WIDTH * NT_ORDER_INPUTS;
        theta[bias + i] = factor * old[bias + from];
        for (int k = 0; k < NT_ORDER_WIDTH; k++) {
            theta[NT_ORDER_W2 + k * NT_ORDER_WIDTH + i] = old[NT_ORDER_W2 + k * NT_ORDER_WIDTH + from] / factor;
        }
    }
}

/* A rewritten copy as the start, the original as what a kick of nearly nothing is compared with: through the public
 * call the pairing is the identity, so the distance is asked directly. */
static void rewritten_networks_are_at_no_distance(void **state)
{
    (void)state;
    for (int relu = 0; relu < 2; relu++) {
        double theta[NT_ORDER_PARAMETERS], other[NT_ORDER_PARAMETERS];
        nndyn_context *c = plain_context();
        nt_order f = nt_order_open(c);
        nt_order_weights(theta);
        for (int i = 0; i < NT_ORDER_WIDTH; i++) {
            theta[NT_ORDER_W1 + NT_ORDER_WIDTH * NT_ORDER_INPUTS + i] = 0.1 * i - 0.5;
        }
        memcpy(other, theta, sizeof other);
        rewrite(other, relu);
        nndyn_network *a = nt_order_network(c, relu ? NNDYN_RELU : NNDYN_TANH, theta);
        nndyn_network *b = nt_order_network(c, relu ? NNDYN_RELU : NNDYN_TANH, other);
        double x[NT_ORDER_SAMPLES * NT_ORDER_CLASSES], y[NT_ORDER_SAMPLES * NT_ORDER_CLASSES];
        nt_ok(a, nndyn_network_forward(a, NT_ORDER_SAMPLES, f.x, x));
        nt_ok(b, nndyn_network_forward(b, NT_ORDER_SAMPLES, f.x, y));
        nt_close(y, x, NT_ORDER_SAMPLES * NT_ORDER_CLASSES, 1e-12, 1e-12); /* it is the same function */
        nd_matching m;
        nd_workspace_f64 *w = NULL;
        nt_ok(c, nd_matching_open(a, c, NT_ORDER_SAMPLES, &m));
        nt_ok(a, nd_workspace_create_f64(a, a, NT_ORDER_SAMPLES, ND_KEEP_OUTPUTS, &w));
        double *units[2], *scratch = malloc((size_t)nd_matching_scratch(&m) * sizeof *scratch);
        for (int i = 0; i < 2; i++) {
            units[i] = malloc((size_t)nd_matching_outputs(&m) * sizeof *units[i]);
            nt_ok(a, nd_forward_f64(a, a, i ? other : theta, a->statistics, (nd_mode){0}, NT_ORDER_SAMPLES, f.x, w));
            nd_matching_take(&m, 0, NT_ORDER_SAMPLES, w, units[i]);
            nd_matching_normalize(&m, units[i]);
        }
        nt_near(nd_matching_distance(&m, theta, units[0], other, units[1], scratch), 0, 1e-12);
        free(units[0]);
        free(units[1]);
        free(scratch);
        nd_workspace_free_f64(c, w);
        nd_matching_close(&m);
        nndyn_network_free(a);
        nndyn_network_free(b);
        nt_order_close(&f);
        nndyn_context_free(c);
    }
}

/* ---- the fixture, in short --------------------------------------------------------------------------------------- */

static void kicks(int threads, double values[4][2][8])
{
    static const char *const names[4] = {"distance", "matched", "agreement", "kicked_accuracy"};
    const double radii[1] = {1};
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nt_order_train(&f, 400);
    nt_ok(c, nndyn_context_set_threads(c, threads));
    nndyn_options *o = options_of(c, "relative", 40, 8);
    nndyn_basin_returns *r = NULL;
    int64_t count, bytes, radii_count, draws;
    double flops;
    nt_ok(o, nndyn_options_set_integer(o, "batch", 50));
    nt_ok(f.trainer, nndyn_basin_return_forecast(f.trainer, f.data, NULL, 1, o, &bytes, &flops));
    assert_true(bytes > 8 * NT_ORDER_PARAMETERS && flops > 40.0 * 16 * 50 * 4 * 448);
    nt_ok(f.trainer, nndyn_basin_return(f.trainer, f.data, NULL, 1, radii, o, &r));
    nt_ok(r, nndyn_basin_returns_shape(r, &radii_count, &draws));
    assert_int_equal(radii_count, 2);
    assert_int_equal(draws, 8);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 2; i++) {
            nt_ok(r, nndyn_basin_returns_get(r, names[k], i, 8, values[k][i], &count));
        }
    }
    nndyn_basin_returns_free(r);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

static void threads_do_not_show(void **state)
{
    (void)state;
    double one[4][2][8], eight[4][2][8];
    kicks(1, one);
    kicks(8, eight);
    nt_same(one, eight, sizeof one);
    assert_true(one[0][0][0] != one[0][0][1]); /* each control has its own batches */
    for (int d = 0; d < 8; d++) {
        assert_true(one[1][1][d] <= one[0][1][d]);
        assert_true(one[2][1][d] <= 1 && one[3][1][d] < 0.99);
        assert_true(one[0][0][d] < one[0][1][d]); /* the control goes less far */
    }
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    const double down[2] = {1, 0.5}, up[2] = {0.5, 1};
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nndyn_options *o = options_of(c, "relative", 5, 2);
    nndyn_basin_returns *r = NULL;
    nt_fails(NNDYN_EARG, f.trainer, "radii", nndyn_basin_return(f.trainer, f.data, NULL, 2, down, o, &r));
    nt_fails(NNDYN_EARG, f.trainer, "count", nndyn_basin_return(f.trainer, f.data, NULL, 0, up, o, &r));
    nt_fails(NNDYN_EARG, f.trainer, "out", nndyn_basin_return(f.trainer, f.data, NULL, 2, up, o, NULL));
    nt_fails(NNDYN_EARG, f.trainer, "dataset", nndyn_basin_return(f.trainer, NULL, NULL, 2, up, o, &r));
    nt_ok(o, nndyn_options_set_integer(o, "steps", 0));
    nt_fails(NNDYN_EOPTION, f.trainer, "steps", nndyn_basin_return(f.trainer, f.data, NULL, 2, up, o, &r));
    nt_ok(o, nndyn_options_set_integer(o, "steps", 5));
    nt_ok(o, nndyn_options_set_integer(o, "draws", 0));
    nt_fails(NNDYN_EOPTION, f.trainer, "draws", nndyn_basin_return(f.trainer, f.data, NULL, 2, up, o, &r));
    nt_ok(o, nndyn_options_set_integer(o, "draws", 2));
    nt_ok(o, nndyn_options_set_integer(o, "biases", 1)); /* all 0 before training */
    nt_fails(NNDYN_ESTATE, f.trainer, "equal", nndyn_basin_return(f.trainer, f.data, NULL, 2, up, o, &r));
    nt_ok(o, nndyn_options_set_integer(o, "biases", 0));
    nt_ok(f.trainer, nndyn_trainer_set(f.trainer, "rate", 1e10)); /* a pole at once */
    nt_ok(f.trainer, nndyn_trainer_set(f.trainer, "weight_decay", 1e10));
    nt_ok(o, nndyn_options_set_integer(o, "steps", 50));
    nt_fails(NNDYN_ENUMERIC, f.trainer, "unstable", nndyn_basin_return(f.trainer, f.data, NULL, 2, up, o, &r));
    assert_null(r);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

static int stop(void *user, const char *task, double fraction)
{
    (void)task;
    (void)fraction;
    ++*(int *)user;
    return 1;
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    const double radii[1] = {1};
    nndyn_context *c = plain_context();
    nt_order f = nt_order_open(c);
    nndyn_options *o = options_of(c, "relative", 200, 100);
    nndyn_basin_returns *r = NULL;
    int calls = 0;
    nt_ok(c, nndyn_context_set_progress(c, stop, &calls));
    nt_fails(NNDYN_ECANCELED, f.trainer, "stopped", nndyn_basin_return(f.trainer, f.data, NULL, 1, radii, o, &r));
    assert_int_equal(calls, 1);
    assert_null(r);
    nndyn_options_free(o);
    nt_order_close(&f);
    nndyn_context_free(c);
}

static int scenario(nt_allocator *a, void *user)
{
    const double x[6] = {1, 0, 0, 1, 1, 1}, radii[1] = {0.5};
    const int64_t labels[3] = {0, 1, 1};
    nndyn_context *c = NULL;
    nndyn_network *n = NULL;
    nndyn_trainer *t = NULL;
    nndyn_dataset *d = NULL;
    nndyn_basin_returns *r = NULL;
    (void)user;
    nt_pause(a);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    nt_ok(c, nndyn_network_create(c, NNDYN_F64, 2, &n));
    nt_ok(n, nndyn_network_add_dense(n, 3, NNDYN_TANH));
    nt_ok(n, nndyn_network_add_dense(n, 2, NNDYN_IDENTITY));
    nt_ok(n, nndyn_network_set_loss(n, NNDYN_SOFTMAX_CROSS_ENTROPY));
    nt_ok(n, nndyn_trainer_create(n, NNDYN_ADAM, &t));
    nt_ok(c, nndyn_dataset_create_labels(c, 3, 2, x, 2, labels, 1, &d));
    nndyn_options *o = options_of(c, "relative", 3, 1);
    nt_resume(a);
    const int status = nndyn_basin_return(t, d, NULL, 1, radii, o, &r);
    assert_true((status == NNDYN_OK) == (r != NULL));
    nndyn_basin_returns_free(r);
    nndyn_options_free(o);
    nndyn_dataset_free(d);
    nndyn_trainer_free(t);
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
        cmocka_unit_test(a_bowl_returns_below_the_stable_rate_only),
        cmocka_unit_test(slow_returns_are_undecided),
        cmocka_unit_test(the_assignment_is_the_best_of_all),
        cmocka_unit_test(rewritten_networks_are_at_no_distance),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(it_can_be_stopped),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
