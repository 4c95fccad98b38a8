/* Attractors over a parameter: branches, events and fractions against bifurcations that are known in closed form. */
#include "analysis/double_well.h"

typedef int function_of_states(void *user, const double *parameters, int64_t count, const double *x, double *next);

static int gain(void *user, const double *parameters, int64_t count, const double *x, double *v)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        v[i] = tanh(parameters[0] * x[i]) - x[i];
    }
    return 0;
}

/* x' = a + x - x^3: two sinks while a^2 < 4/27, one beyond. */
static int fold(void *user, const double *parameters, int64_t count, const double *x, double *v)
{
    (void)user;
    for (int64_t i = 0; i < count; i++) {
        v[i] = parameters[0] + x[i] - x[i] * x[i] * x[i];
    }
    return 0;
}

static nndyn_options *integer(const char *name, int64_t value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, name, value));
    return options;
}

static nndyn_basin_map *basins_of(function_of_states *function, int flow, double value, int64_t period)
{
    nndyn_options *options = integer("concurrent", 1), *rule = integer("period", period);
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    if (flow) {
        nt_ok(options, nndyn_options_set_double(options, "step", 0.1));
        nt_ok(context, nndyn_map_create_flow(context, 1, "p", &value, function, NULL, options, &map));
    } else {
        nt_ok(context, nndyn_map_create(context, 1, "p", &value, function, NULL, options, &map));
    }
    nt_ok(map, nndyn_basin_map_create(map, rule, &basins));
    nndyn_options_free(rule);
    nndyn_options_free(options);
    nndyn_map_free(map); /* kept alive */
    return basins;
}

enum { STARTS = 400, VALUES = 64 };

static nndyn_basin_branches *follow(nndyn_basin_map *basins, double half, int64_t count, const double *values,
                                    nndyn_options *options)
{
    nndyn_basin_branches *branches = NULL;
    double starts[STARTS];
    const double low = -half;
    nt_ok(basins, nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, &low, &half, 3, STARTS, starts));
    nt_ok(basins, nndyn_basin_map_continue(basins, "p", count, values, STARTS, starts, options, &branches));
    nndyn_options_free(options);
    return branches;
}

static int64_t branches_at(nndyn_basin_branches *b, int64_t index, int64_t *ids, int64_t *periods)
{
    int64_t count;
    nt_ok(b, nndyn_basin_branches_at(b, index, 8, ids, periods, NULL, &count));
    return count;
}

static double point_of(nndyn_basin_branches *b, int64_t index, int64_t id)
{
    double points[8];
    nt_ok(b, nndyn_basin_branches_points(b, index, id, 8, points, NULL));
    return points[0];
}

static void expect_event(nndyn_basin_branches *b, int64_t number, int kind, int64_t index, int64_t id)
{
    int kinds[16];
    int64_t indices[16], ids[16], count;
    nt_ok(b, nndyn_basin_branches_events(b, 16, kinds, indices, ids, &count));
    assert_true(number < count && count <= 16);
    assert_int_equal(kinds[number], kind);
    assert_int_equal(indices[number], index);
    assert_int_equal(ids[number], id);
}

static int64_t events_of(nndyn_basin_branches *b)
{
    int64_t count;
    nt_ok(b, nndyn_basin_branches_events(b, 0, NULL, NULL, NULL, &count));
    return count;
}

/* Fractions of all classes at a value add up to 1. */
static void expect_whole(nndyn_basin_branches *b)
{
    double sum[VALUES] = {0}, share[VALUES], low[VALUES], high[VALUES];
    int64_t count, branches;
    nt_ok(b, nndyn_basin_branches_shape(b, NULL, &branches, NULL));
    for (int64_t id = NNDYN_BASIN_MAP_OTHER; id < branches; id++) {
        nt_ok(b, nndyn_basin_branches_fractions(b, id, VALUES, share, low, high, &count));
        for (int64_t t = 0; t < count; t++) {
            sum[t] += share[t];
            assert_true(low[t] <= share[t] && share[t] <= high[t] && low[t] < high[t]);
        }
    }
    for (int64_t t = 0; t < count; t++) {
        nt_near(sum[t], 1, 1e-12);
    }
}

/* ---- bifurcations ------------------------------------------------------------------------------------------------ */

/* Beyond a rate of 1 each minimum gives way to a cycle of two points about it; at 4 nearly every start diverges. */
static void a_minimum_becomes_a_cycle(void **state)
{
    const double rates[] = {0.2, 0.5, 0.9, 1.1, 1.2, 4};
    nndyn_basin_map *basins = basins_of(descend, 0, 0.1, 4);
    nndyn_basin_branches *b = follow(basins, 1.2, 6, rates, NULL);
    int64_t ids[8], periods[8], values, count, dimension;
    double cycle[2], share[6];
    (void)state;
    nt_ok(b, nndyn_basin_branches_shape(b, &values, &count, &dimension));
    assert_true(values == 6 && count == 2 && dimension == 1);
    for (int64_t t = 0; t < 5; t++) {
        assert_int_equal(branches_at(b, t, ids, periods), 2);
        assert_true(ids[0] == 0 && ids[1] == 1);
        assert_true(periods[0] == (t < 3 ? 1 : 2) && periods[1] == periods[0]);
    }
    nt_near(point_of(b, 2, 1), 1, 1e-9);
    nt_near(point_of(b, 2, 0), -1, 1e-9);
    nt_ok(b, nndyn_basin_branches_points(b, 4, 1, 2, cycle, NULL));
    for (int i = 0; i < 2; i++) {
        const double w = cycle[i];
        nt_near(w + 1.2 * (w - w * w * w), cycle[1 - i], 1e-9);
    }
    assert_true(cycle[0] < 1 && cycle[1] > 1);
    assert_int_equal(events_of(b), 4);
    expect_event(b, 0, NNDYN_BRANCH_PERIOD, 3, 0);
    expect_event(b, 1, NNDYN_BRANCH_PERIOD, 3, 1);
    expect_event(b, 2, NNDYN_BRANCH_DEATH, 5, 0);
    expect_event(b, 3, NNDYN_BRANCH_DEATH, 5, 1);
    nt_ok(b, nndyn_basin_branches_fractions(b, NNDYN_BASIN_MAP_DIVERGED, 6, share, NULL, NULL, NULL));
    assert_true(share[0] == 0 && share[2] == 0 && share[5] > 0.9);
    expect_whole(b);
    nndyn_basin_branches_free(b);
    nndyn_basin_map_free(basins);
}

/* The sink 0 gives way to two at a gain of 1: one goes on as branch 0, the other is born. */
static void one_sink_becomes_two(void **state)
{
    double gains[16];
    for (int i = 0; i < 16; i++) {
        gains[i] = 0.5 + 0.1 * i + 0.01;
    }
    nndyn_basin_map *basins = basins_of(gain, 1, 0.5, 1);
    nndyn_basin_branches *b = follow(basins, 2, 16, gains, NULL);
    int64_t ids[8];
    double left[16], right[16], low[16], high[16];
    (void)state;
    for (int64_t t = 0; t < 16; t++) {
        assert_int_equal(branches_at(b, t, ids, NULL), gains[t] < 1 ? 1 : 2);
        assert_int_equal(ids[0], 0);
        const double x = point_of(b, t, 0);
        nt_near(tanh(gains[t] * x), x, 1e-8);
        if (gains[t] > 1) {
            assert_int_equal(ids[1], 1);
            assert_true(x < -0.1);
            nt_near(point_of(b, t, 1), -x, 1e-8);
        } else {
            nt_near(x, 0, 1e-8);
        }
    }
    assert_int_equal(events_of(b), 1);
    expect_event(b, 0, NNDYN_BRANCH_BIRTH, 5, 1);
    nt_fails(NNDYN_EARG, b, "no attractor at value 4", nndyn_basin_branches_points(b, 4, 1, 0, NULL, NULL));
    nt_ok(b, nndyn_basin_branches_fractions(b, 0, 16, left, low, high, NULL));
    nt_ok(b, nndyn_basin_branches_fractions(b, 1, 16, right, NULL, NULL, NULL));
    for (int64_t t = 0; t < 16; t++) {
        assert_true(gains[t] > 1 ? low[t] < 0.5 && high[t] > 0.5 : left[t] == 1);
        nt_near(left[t] + right[t], 1, 1e-12);
    }
    expect_whole(b);
    nndyn_basin_branches_free(b);
    nndyn_basin_map_free(basins);
}

/* Down and up again: the upper sink dies at -2 / sqrt 27 = -0.3849 and is born anew, or returns. */
static void a_sink_dies_in_a_fold(void **state)
{
    const double values[] = {0, -0.2, -0.38, -0.39, -0.5, -0.37, 0};
    double share[7], low[7], high[7];
    int64_t count, ids[8];
    (void)state;
    for (int memory = 0; memory <= 4; memory += 2) {
        nndyn_basin_map *basins = basins_of(fold, 1, 0, 1);
        nndyn_basin_branches *b = follow(basins, 2, 7, values, integer("memory", memory));
        const int64_t again = memory > 0 ? 1 : 2;
        nt_ok(b, nndyn_basin_branches_shape(b, NULL, &count, NULL));
        assert_int_equal(count, again + 1);
        for (int64_t t = 0; t < 7; t++) {
            assert_int_equal(branches_at(b, t, ids, NULL), t == 3 || t == 4 ? 1 : 2);
            assert_int_equal(ids[0], 0);
        }
        assert_int_equal(ids[1], again);
        assert_int_equal(events_of(b), 2);
        expect_event(b, 0, NNDYN_BRANCH_DEATH, 3, 1);
        expect_event(b, 1, memory > 0 ? NNDYN_BRANCH_RETURN : NNDYN_BRANCH_BIRTH, 5, again);
        nt_ok(b, nndyn_basin_branches_fractions(b, 1, 7, share, low, high, NULL));
        assert_true(share[3] == 0 && low[3] == 0 && high[3] > 0 && high[3] < 0.03);
        expect_whole(b);
        nndyn_basin_branches_free(b);
        nndyn_basin_map_free(basins);
    }
}

/* A jump of 2 is no continuation if the threshold says so; without one the survivor's name goes on. */
static void attractors_beyond_the_threshold_are_others(void **state)
{
    const double values[] = {-0.5, 0.5};
    double moved;
    (void)state;
    for (int limited = 0; limited < 2; limited++) {
        nndyn_options *options = integer("memory", 0);
        int64_t count, id;
        if (limited) {
            nt_ok(options, nndyn_options_set_double(options, "threshold", 1));
        }
        nndyn_basin_map *basins = basins_of(fold, 1, 0, 1);
        nndyn_basin_branches *b = follow(basins, 2, 2, values, options);
        nt_ok(b, nndyn_basin_branches_at(b, 1, 1, &id, NULL, &moved, &count));
        assert_true(count == 1 && id == limited && events_of(b) == 2 * limited);
        if (limited) {
            assert_true(isnan(moved));
            expect_event(b, 0, NNDYN_BRANCH_DEATH, 1, 0);
            expect_event(b, 1, NNDYN_BRANCH_BIRTH, 1, 1);
        } else {
            nt_near(moved, 2 * 1.1914878839531188, 1e-8); /* the real root of x^3 = x + 1/2, twice */
        }
        nndyn_basin_branches_free(b);
        nndyn_basin_map_free(basins);
    }
}

/* ---- what it must agree with ------------------------------------------------------------------------------------- */

/* At each value a basin map of that value, made by hand, says the same. */
static void every_value_is_a_basin_map_of_its_own(void **state)
{
    const double values[] = {-0.3, 0, 0.2}, low = -2, high = 2;
    nndyn_basin_map *basins = basins_of(fold, 1, 0.1, 1);
    nndyn_basin_branches *b = follow(basins, 2, 3, values, NULL);
    double starts[STARTS], f[5], fl[5], fh[5], share[3], l[3], h[3];
    int64_t labels[STARTS];
    (void)state;
    for (int t = 0; t < 3; t++) {
        nndyn_basin_map *own = basins_of(fold, 1, values[t], 1);
        nt_ok(own, nndyn_basin_map_starts(own, NNDYN_STARTS_BOX, &low, &high, 3, STARTS, starts));
        nt_ok(own, nndyn_basin_map_find(own, STARTS, starts, NULL, NULL));
        nt_ok(own, nndyn_basin_map_label(own, STARTS, starts, labels, NULL));
        nt_ok(own, nndyn_basin_map_fractions(own, STARTS, labels, NULL, 5, f, fl, fh));
        for (int id = 0; id < 2; id++) {
            nt_ok(b, nndyn_basin_branches_fractions(b, id, 3, share, l, h, NULL));
            assert_true(share[t] == f[id] && l[t] == fl[id] && h[t] == fh[id]);
        }
        nndyn_basin_map_free(own);
    }
    nndyn_basin_branches_free(b);
    nndyn_basin_map_free(basins);
}

/* Neither map nor basin map change, frozen or not, and the list's attractors are where the first search begins. */
static void nothing_else_changes(void **state)
{
    const double values[] = {0.1, 0.3}, starts[2] = {-0.5, 0.5}, one = 1, upper = 1.5;
    nndyn_basin_map *basins = basins_of(descend, 0, 0.2, 1);
    nndyn_basin_branches *b = NULL;
    double point;
    int64_t count, labels[2], ids[8];
    (void)state;
    nt_ok(basins, nndyn_basin_map_continue(basins, "p", 2, values, 1, &upper, NULL, &b));
    assert_int_equal(branches_at(b, 0, ids, NULL), 1);
    nndyn_basin_branches_free(b);
    nt_ok(basins, nndyn_basin_map_shape(basins, NULL, &count));
    assert_int_equal(count, 0);
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, &count, NULL)); /* not frozen by it */
    nt_ok(basins, nndyn_basin_map_label(basins, 2, starts, labels, NULL));
    nt_ok(basins, nndyn_basin_map_continue(basins, "p", 2, values, 1, &one, NULL, &b));
    assert_int_equal(branches_at(b, 0, ids, NULL), 2);
    nt_near(point_of(b, 1, 0), -1, 1e-9);
    nndyn_basin_branches_free(b);
    nt_ok(basins, nndyn_basin_map_attractor(basins, 1, 1, &point, NULL, NULL));
    nt_near(point, 1, 1e-9);
    nt_ok(basins, nndyn_basin_map_label(basins, 2, starts, labels, NULL));
    assert_true(labels[0] == 0 && labels[1] == 1);
    nndyn_basin_map_free(basins);
}

static void threads_change_no_bit(void **state)
{
    const double values[] = {0, -0.2, -0.38, -0.39, 0.1};
    double share[2][4][5], points[2][5];
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        nt_ok(context, nndyn_context_set_threads(context, threads ? 8 : 1));
        nndyn_basin_map *basins = basins_of(fold, 1, 0, 1);
        nndyn_basin_branches *b = follow(basins, 2, 5, values, NULL);
        for (int id = -2; id < 2; id++) {
            nt_ok(b, nndyn_basin_branches_fractions(b, id, 5, share[threads][id + 2], NULL, NULL, NULL));
        }
        for (int64_t t = 0; t < 5; t++) {
            points[threads][t] = point_of(b, t, 0);
        }
        nndyn_basin_branches_free(b);
        nndyn_basin_map_free(basins);
    }
    nt_same(share[0], share[1], sizeof share[0]);
    nt_same(points[0], points[1], sizeof points[0]);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static void calls_are_checked(void **state)
{
    const double values[2] = {0.1, 0.2}, bad[2] = {0.1, (double)NAN}, starts[2] = {0.5, -0.5};
    nndyn_basin_map *basins = basins_of(descend, 0, 0.1, 1);
    nndyn_basin_branches *b = NULL;
    nndyn_options *options = integer("memory", -1);
    int64_t count = 77;
    (void)state;
    nt_fails(NNDYN_EARG, basins, "rate", nndyn_basin_map_continue(basins, "rate", 2, values, 2, starts, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "parameter", nndyn_basin_map_continue(basins, NULL, 2, values, 2, starts, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "count is 0", nndyn_basin_map_continue(basins, "p", 0, values, 2, starts, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "values", nndyn_basin_map_continue(basins, "p", 2, NULL, 2, starts, NULL, &b));
    nt_fails(NNDYN_EDATA, basins, "values", nndyn_basin_map_continue(basins, "p", 2, bad, 2, starts, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "n is 0", nndyn_basin_map_continue(basins, "p", 2, values, 0, starts, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "starts", nndyn_basin_map_continue(basins, "p", 2, values, 2, NULL, NULL, &b));
    nt_fails(NNDYN_EDATA, basins, "starts", nndyn_basin_map_continue(basins, "p", 2, values, 2, bad, NULL, &b));
    nt_fails(NNDYN_EARG, basins, "out", nndyn_basin_map_continue(basins, "p", 2, values, 2, starts, NULL, NULL));
    nt_fails(NNDYN_EOPTION, basins, "memory", nndyn_basin_map_continue(basins, "p", 2, values, 2, starts, options, &b));
    nt_ok(context, nndyn_context_set_memory_limit(context, 64));
    nt_fails(NNDYN_ELIMIT, basins, "", nndyn_basin_map_continue(basins, "p", 2, values, 2, starts, NULL, &b));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    assert_null(b);
    nt_ok(basins, nndyn_basin_map_continue(basins, "p", 2, values, 2, starts, NULL, &b));
    nt_fails(NNDYN_EARG, b, "index is 2", nndyn_basin_branches_at(b, 2, 0, NULL, NULL, NULL, &count));
    nt_fails(NNDYN_EARG, b, "count", nndyn_basin_branches_at(b, 1, 0, NULL, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, b, "branch is 2", nndyn_basin_branches_points(b, 1, 2, 0, NULL, &count));
    nt_fails(NNDYN_EARG, b, "points", nndyn_basin_branches_points(b, 1, 1, 1, NULL, &count));
    nt_fails(NNDYN_EARG, b, "branch is -4", nndyn_basin_branches_fractions(b, -4, 0, NULL, NULL, NULL, &count));
    nt_fails(NNDYN_EARG, b, "capacity", nndyn_basin_branches_events(b, -1, NULL, NULL, NULL, &count));
    assert_int_equal(count, 77);
    assert_string_equal(nndyn_branch_event_name(NNDYN_BRANCH_DEATH), "death");
    assert_string_equal(nndyn_branch_event_name(9), "unknown");
    nndyn_basin_branches_free(NULL);
    nndyn_basin_branches_free(b);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
}

static void it_can_be_canceled_and_refused(void **state)
{
    const double rate = 0.1, values[3] = {0.1, 0.2, 0.3}, starts[2] = {-0.5, 0.5};
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    nndyn_basin_branches *b = NULL;
    int left, refuse = 1;
    (void)state;
    nt_ok(context, nndyn_map_create(context, 1, "p", &rate, descend_and_cancel, &left, NULL, &map));
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    for (int after = 1; after < 400; after *= 2) {
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped",
                 nndyn_basin_map_continue(basins, "p", 3, values, 2, starts, NULL, &b));
        assert_null(b);
    }
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
    nt_ok(context, nndyn_map_create(context, 1, "p", &rate, descend, &refuse, NULL, &map));
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    nt_fails(NNDYN_ECALLBACK, basins, "nndyn_basin_map_continue: the map's callback",
             nndyn_basin_map_continue(basins, "p", 3, values, 2, starts, NULL, &b));
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static int scenario(nt_allocator *a, void *user)
{
    const double rate = 0.1, values[3] = {0.1, 0.3, 4}, starts[3] = {-0.5, 0.5, 0};
    nndyn_context *own = NULL;
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    nndyn_basin_branches *b = NULL;
    int status = nt_context_create(a, &own);
    (void)user;
    if (status == NNDYN_OK) {
        status = nndyn_map_create(own, 1, "p", &rate, descend, NULL, NULL, &map);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_create(map, NULL, &basins);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_continue(basins, "p", 3, values, 3, starts, NULL, &b);
    }
    nndyn_basin_branches_free(b);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
    nndyn_context_free(own);
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
        cmocka_unit_test_setup_teardown(a_minimum_becomes_a_cycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_sink_becomes_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sink_dies_in_a_fold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attractors_beyond_the_threshold_are_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_value_is_a_basin_map_of_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_else_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_change_no_bit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_can_be_canceled_and_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("basin_map_continue", tests, NULL, NULL);
}
