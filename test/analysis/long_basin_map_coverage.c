/* How often the intervals of nndyn_basin_map_fractions hold the truth, by simulation: labels drawn with known shares.
 *
 * Labels are those of three classes (two attractors and DIVERGED) with p = 0.6, 0.3, 0.1 among n = 400; 20000
 * replicates, seed fixed: the standard error of a coverage of 95 % is 0.15 %. */
#include "support/fixture.h"
#include "nndyn.h"

enum { LABELS = 400, REPLICATES = 20000, CLASSES = 5 };

static int descend(void *user, const double *parameters, int64_t count, const double *x, double *next)
{
    (void)user, (void)parameters;
    for (int64_t i = 0; i < count; i++) {
        next[i] = x[i] + 0.1 * (x[i] - x[i] * x[i] * x[i]);
    }
    return 0;
}

static nndyn_basin_map *two_attractors(void)
{
    const double starts[2] = {-0.5, 0.5};
    nndyn_map *map = NULL;
    nndyn_basin_map *basins = NULL;
    nt_ok(context, nndyn_map_create(context, 1, NULL, NULL, descend, NULL, NULL, &map));
    nt_ok(map, nndyn_basin_map_create(map, NULL, &basins));
    nt_ok(basins, nndyn_basin_map_find(basins, 2, starts, NULL, NULL));
    nndyn_map_free(map);
    return basins;
}

/* Coverage of each class, and of all classes at once. */
static void simulate(const char *interval, int bonferroni, double *each, double *together)
{
    const double truth[CLASSES] = {0.6, 0.3, 0, 0.1, 0};
    nndyn_basin_map *basins = two_attractors();
    nndyn_options *options = NULL;
    int64_t labels[LABELS], held[CLASSES] = {0}, all = 0;
    double u[LABELS], f[CLASSES], low[CLASSES], high[CLASSES];
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "interval", interval));
    nt_ok(options, nndyn_options_set_integer(options, "bonferroni", bonferroni));
    for (int r = 0; r < REPLICATES; r++) {
        int good = 1;
        nt_uniform((uint64_t)r + 1, LABELS, 0, 1, u);
        for (int i = 0; i < LABELS; i++) {
            labels[i] = u[i] < 0.6 ? 0 : u[i] < 0.9 ? 1 : NNDYN_BASIN_MAP_DIVERGED;
        }
        nt_ok(basins, nndyn_basin_map_fractions(basins, LABELS, labels, options, CLASSES, f, low, high));
        for (int c = 0; c < CLASSES; c++) {
            const int inside = low[c] <= truth[c] && truth[c] <= high[c];
            held[c] += inside;
            good &= inside;
        }
        all += good;
    }
    for (int c = 0; c < CLASSES; c++) {
        each[c] = (double)held[c] / REPLICATES;
    }
    *together = (double)all / REPLICATES;
    print_message("# %s, bonferroni %d: %.4f %.4f %.4f, together %.4f\n", interval, bonferroni, each[0], each[1],
                  each[3], *together);
    nndyn_options_free(options);
    nndyn_basin_map_free(basins);
}

static void wilson_covers_the_level(void **state)
{
    double each[CLASSES], together;
    (void)state;
    simulate("wilson", 0, each, &together);
    for (int c = 0; c < CLASSES; c++) {
        assert_true(c == 2 || c == 4 ? each[c] == 1 : each[c] > 0.93 && each[c] < 0.97);
    }
    assert_true(together < 0.93); /* three at a time, each by itself */
    simulate("wilson", 1, each, &together);
    assert_true(together > 0.94);
}

/* At least the level, by construction: 0.9454 is three standard errors below. */
static void clopper_pearson_covers_at_least_the_level(void **state)
{
    double each[CLASSES], together;
    (void)state;
    simulate("clopper_pearson", 0, each, &together);
    for (int c = 0; c < CLASSES; c++) {
        assert_true(each[c] > 0.9454);
    }
    simulate("clopper_pearson", 1, each, &together);
    assert_true(together > 0.9454);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wilson_covers_the_level, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clopper_pearson_covers_at_least_the_level, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("basin_map_coverage", tests, NULL, NULL);
}
