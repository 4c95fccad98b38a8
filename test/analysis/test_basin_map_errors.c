/* Basin maps: what is refused, with outputs as they were, and allocations that fail. */
#include "analysis/double_well.h"

static nndyn_map *wells(int *refuse)
{
    const double rate = 0.1;
    nndyn_map *map = NULL;
    nt_ok(context, nndyn_map_create(context, 1, "rate", &rate, descend, refuse, NULL, &map));
    return map;
}

static nndyn_basin_map *basins_of(nndyn_map *map)
{
    nndyn_basin_map *basins = NULL;
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    return basins;
}

static void options_are_checked(void **state)
{
    nndyn_map *map = wells(NULL);
    nndyn_basin_map *basins = NULL;
    nndyn_options *options = NULL;
    (void)state;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "steps", 0));
    nt_fails(NNDYN_EOPTION, map, "steps", nndyn_basin_map_create(map, options, &basins));
    nt_ok(options, nndyn_options_set_integer(options, "steps", 10));
    nt_ok(options, nndyn_options_set_double(options, "settle", 1e-2));
    nt_fails(NNDYN_EOPTION, map, "tolerance", nndyn_basin_map_create(map, options, &basins));
    nt_fails(NNDYN_EARG, map, "out", nndyn_basin_map_create(map, NULL, NULL));
    assert_null(basins);
    nndyn_options_free(options);
    nndyn_map_free(map);
}

static void what_is_no_attractor_is_not_added(void **state)
{
    nndyn_map *map = wells(NULL);
    nndyn_basin_map *basins = basins_of(map);
    int64_t number = 77;
    const double saddle = 0, far = 5, slope = 0.5, one = 1, nan = (double)NAN;
    (void)state;
    nt_fails(NNDYN_EARG, basins, "do not come back", nndyn_basin_map_add(basins, &saddle, &number));
    nt_fails(NNDYN_EARG, basins, "diverges", nndyn_basin_map_add(basins, &far, &number));
    nt_fails(NNDYN_EARG, basins, "carries it 0.5 away", nndyn_basin_map_add(basins, &slope, &number));
    nt_fails(NNDYN_EDATA, basins, "point", nndyn_basin_map_add(basins, &nan, &number));
    nt_fails(NNDYN_EARG, basins, "none is on the list", nndyn_basin_map_attractor(basins, 0, 0, NULL, NULL, NULL));
    assert_int_equal(number, 77);
    nt_ok(basins, nndyn_basin_map_add(basins, &one, &number));
    nt_ok(basins, nndyn_basin_map_add(basins, &one, &number));
    assert_int_equal(number, 0);
    nt_fails(NNDYN_EARG, basins, "attractor", nndyn_basin_map_attractor(basins, 1, 0, NULL, NULL, NULL));
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static void calls_are_checked(void **state)
{
    int refuse = 0;
    nndyn_map *map = wells(&refuse);
    nndyn_basin_map *basins = basins_of(map);
    const double starts[2] = {1, -1}, bad[2] = {1, (double)INFINITY}, one = 1, zero = 0;
    const int64_t axis = 0, points = 3, strange[2] = {-1, 5};
    int64_t labels[3] = {7, 7, 7}, counts[4];
    double fractions[4];
    (void)state;
    nt_fails(NNDYN_EARG, basins, "kind", nndyn_basin_map_starts(basins, 3, &zero, &one, 0, 1, fractions));
    nt_fails(NNDYN_EARG, basins, "second",
             nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, &one, &zero, 0, 1, fractions));
    nt_fails(NNDYN_EARG, basins, "n is 0",
             nndyn_basin_map_starts(basins, NNDYN_STARTS_BOX, &zero, &one, 0, 0, fractions));
    nt_fails(NNDYN_EARG, basins, "n is 0", nndyn_basin_map_find(basins, 0, starts, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "starts", nndyn_basin_map_find(basins, 2, bad, NULL, counts));
    nt_fails(NNDYN_EARG, basins, "n is 0", nndyn_basin_map_label(basins, 0, starts, labels, NULL));
    nt_fails(NNDYN_EDATA, basins, "starts", nndyn_basin_map_label(basins, 2, bad, labels, NULL));
    nt_fails(NNDYN_EARG, basins, "labels", nndyn_basin_map_label(basins, 2, starts, NULL, NULL));
    nt_fails(NNDYN_EARG, basins, "high",
             nndyn_basin_map_grid(basins, 1, &axis, &one, &zero, &points, NULL, labels, NULL));
    nt_fails(NNDYN_EARG, basins, "axes",
             nndyn_basin_map_grid(basins, 2, &axis, &zero, &one, &points, NULL, labels, NULL));
    refuse = 1;
    nt_fails(NNDYN_ECALLBACK, basins, "callback", nndyn_basin_map_label(basins, 2, starts, labels, NULL));
    refuse = 0;
    nt_ok(context, nndyn_context_set_memory_limit(context, 64));
    nt_fails(NNDYN_ELIMIT, basins, "", nndyn_basin_map_label(basins, 2, starts, labels, NULL));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    nt_ok(basins, nndyn_basin_map_label(basins, 1, starts, counts, NULL));
    nt_fails(NNDYN_ESTATE, basins, "frozen", nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "labels[1]",
             nndyn_basin_map_fractions(basins, 2, strange, NULL, 3, fractions, NULL, NULL));
    assert_true(labels[0] == 7 && labels[1] == 7 && labels[2] == 7);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static void grids_of_labels_are_checked(void **state)
{
    const int64_t counts[2] = {4, 9}, labels[36] = {0};
    double values[4], exponent;
    (void)state;
    nt_fails(NNDYN_EARG, context, "box", nndyn_basin_entropy(context, 2, counts, labels, NULL, values));
    nt_fails(NNDYN_EARG, context, "axes", nndyn_basin_entropy(context, 9, counts, labels, NULL, values));
    nt_fails(NNDYN_EARG, context, "counts[0]",
             nndyn_basin_uncertainty(context, 2, counts, labels, 3, NULL, &exponent, NULL));
    nt_fails(NNDYN_EARG, context, "scales",
             nndyn_basin_uncertainty(context, 2, counts, labels, 1, NULL, &exponent, NULL));
}

static void rays_are_checked(void **state)
{
    nndyn_map *map = wells(NULL);
    nndyn_basin_map *basins = basins_of(map);
    nndyn_options *options = NULL;
    const double ways[2] = {1, -1}, none[2] = {1, 0}, bad[2] = {1, (double)NAN};
    double radii[2] = {7, 7};
    (void)state;
    nt_fails(NNDYN_EARG, basins, "none is on the list", nndyn_basin_map_ray(basins, 0, 2, ways, NULL, radii));
    nt_ok(basins, nndyn_basin_map_find(basins, 2, ((double[]){-0.5, 0.5}), NULL, NULL));
    nt_fails(NNDYN_EARG, basins, "attractor is 2", nndyn_basin_map_ray(basins, 2, 2, ways, NULL, radii));
    nt_fails(NNDYN_EARG, basins, "n is 0", nndyn_basin_map_ray(basins, 1, 0, ways, NULL, radii));
    nt_fails(NNDYN_EARG, basins, "directions", nndyn_basin_map_ray(basins, 1, 2, NULL, NULL, radii));
    nt_fails(NNDYN_EARG, basins, "radii", nndyn_basin_map_ray(basins, 1, 2, ways, NULL, NULL));
    nt_fails(NNDYN_EDATA, basins, "directions[1] is 0", nndyn_basin_map_ray(basins, 1, 2, none, NULL, radii));
    nt_fails(NNDYN_EDATA, basins, "directions", nndyn_basin_map_ray(basins, 1, 2, bad, NULL, radii));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_double(options, "step", 0));
    nt_fails(NNDYN_EOPTION, basins, "step", nndyn_basin_map_ray(basins, 1, 2, ways, options, radii));
    nt_ok(options, nndyn_options_set_double(options, "step", 1e-10));
    nt_fails(NNDYN_EOPTION, basins, "longer steps", nndyn_basin_map_ray(basins, 1, 2, ways, options, radii));
    nt_ok(context, nndyn_context_set_memory_limit(context, 64));
    nt_fails(NNDYN_ELIMIT, basins, "rays", nndyn_basin_map_ray(basins, 1, 2, ways, NULL, radii));
    nt_ok(context, nndyn_context_set_memory_limit(context, 0));
    assert_true(radii[0] == 7 && radii[1] == 7);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

/* Outputs and the list stay as they were, and the same call can be made again. */
static void calls_can_be_canceled(void **state)
{
    const double rate = 0.1, starts[2] = {-0.5, 0.5};
    nndyn_map *map = NULL;
    double radii[2] = {7, 7};
    int64_t labels[2] = {7, 7}, found = 7;
    int left;
    (void)state;
    nt_ok(context, nndyn_map_create(context, 1, "rate", &rate, descend_and_cancel, &left, NULL, &map));
    nndyn_basin_map *basins = basins_of(map);
    for (int after = 1; after < 100; after *= 3) {
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped", nndyn_basin_map_find(basins, 2, starts, &found, NULL));
        assert_int_equal(found, 7);
    }
    left = 0;
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    for (int after = 1; after < 30; after += 7) {
        left = after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped", nndyn_basin_map_label(basins, 2, starts, labels, NULL));
        left = 3 * after;
        nt_fails(NNDYN_ECANCELED, basins, "stopped", nndyn_basin_map_ray(basins, 1, 2, starts, NULL, radii));
    }
    assert_true(radii[0] == 7 && radii[1] == 7 && labels[0] == 7 && labels[1] == 7);
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, &found, NULL)); /* not frozen */
    nt_ok(basins, nndyn_basin_map_label(basins, 2, starts, labels, NULL));
    assert_true(found == 2 && labels[0] == 0 && labels[1] == 1);
    nndyn_basin_map_free(basins);
    nndyn_map_free(map);
}

static int scenario(nt_allocator *a, void *user)
{
    const double rate = 0.1, starts[3] = {-2, 0.5, 0};
    nndyn_context *own = NULL;
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    int64_t labels[3], steps[3];
    double fractions[5], radii[2];
    nndyn_options *options = NULL;
    int status = nt_context_create(a, &own);
    (void)user;
    if (status == NNDYN_OK) {
        status = nndyn_map_create(own, 1, "rate", &rate, descend, NULL, NULL, &map);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_create(own, &options);
    }
    if (status == NNDYN_OK) {
        status = nndyn_options_set_integer(options, "grow", 8);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_create(map, options, &basins);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_find(basins, 3, starts, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_label(basins, 3, starts, labels, steps);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_fractions(basins, 3, labels, NULL, 5, fractions, NULL, NULL);
    }
    if (status == NNDYN_OK) {
        status = nndyn_basin_map_ray(basins, 1, 2, starts, NULL, radii);
    }
    nndyn_options_free(options);
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
        cmocka_unit_test_setup_teardown(options_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_attractor_is_not_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(grids_of_labels_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rays_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_can_be_canceled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("basin_map_errors", tests, NULL, NULL);
}
