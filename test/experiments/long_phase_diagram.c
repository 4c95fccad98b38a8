/* The published phase diagrams of MNIST: thirteen cells of the panels of learning rate, dropout and batch size, three
 * seeds each, against kappa, accuracy and load curves digitized from the figure of Shi, Pan and Dokmanic,
 * arXiv:2407.19353 (2024).
 *
 * NNDYN_MNIST names a folder with the four files of MNIST, uncompressed: 2560 random training images, all test images,
 * at 10 x 10 pixels.  Bands are 0.04 in kappa (0.1 for linear networks at a rate of 0.01, where seeds scatter by as
 * much), 1.2 points of accuracy, 0.06 of a curve that runs from 1 to 0; published figures are taken for means of ten
 * seeds.  Means over three seeds scatter by 0.01 in kappa, 0.2 points, 0.01. */
#include "phase_support.h"

enum { TRAIN = 2560, SEEDS = 3 };

static const struct cell {
    const char *name;
    double slope, dropout, rate;
    int batch, epochs;
    double kappa, accuracy, band;
    double curve[NT_POINTS]; /* all 0: not known */
} cells[] = {
    {"c slope 0   dropout 0", 0, 0, 1e-3, 0, 100, -.236, 92.0, .04, {1, .961, .880, .786, .661, .497, .275, 0}},
    {"c slope 0   dropout .12", 0, .12, 1e-3, 0, 100, -.021, 93.1, .04, {1, .893, .731, .573, .420, .282, .128, 0}},
    {"c slope 0   dropout .28", 0, .28, 1e-3, 0, 100, .193, 90.9, .04, {1, .756, .495, .326, .221, .133, .052, 0}},
    {"c slope .4  dropout 0", .4, 0, 1e-3, 0, 100, -.094, 93.4, .04, {1, .910, .783, .664, .532, .372, .184, 0}},
    {"c slope .4  dropout .28", .4, .28, 1e-3, 0, 100, .266, 91.3, .04, {0}},
    {"c slope 1   dropout 0", 1, 0, 1e-3, 0, 100, .141, 89.1, .04, {1, .833, .563, .339, .174, .081, .026, 0}},
    {"c slope 1   dropout .28", 1, .28, 1e-3, 0, 100, .486, 89.2, .04, {1, .479, .150, .070, .052, .048, .036, 0}},
    {"b slope 0   rate .01", 0, 0, 1e-2, 0, 200, -.075, 92.7, .04, {0}},
    {"b slope 0   rate .0001", 0, 0, 1e-4, 0, 200, -.245, 88.6, .04, {.989, 1, .937, .845, .696, .485, .234, 0}},
    {"b slope 1   rate .01", 1, 0, 1e-2, 0, 200, .79, 86.1, .1, {0}},
    {"d slope 0   batch 160", 0, 0, 1e-3, 160, 100, -.176, 93.1, .04, {1, .929, .842, .746, .616, .450, .247, 0}},
    {"d slope 0   batch 40", 0, 0, 1e-3, 40, 100, -.036, 93.6, .04, {0}},
    {"d slope 1   batch 40", 1, 0, 1e-3, 40, 100, .593, 88.3, .04, {1, .353, .045, .024, .039, .054, .054, 0}},
};

static nndyn_context *context;
static nndyn_dataset *train, *test;

static nndyn_dataset *images(const char *folder, const char *which)
{
    char x[NT_PATH], labels[NT_PATH];
    nndyn_options *options = NULL;
    nndyn_dataset *all = NULL, *small = NULL;
    snprintf(x, sizeof x, "%s/%s-images-idx3-ubyte", folder, which);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", folder, which);
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(context, nndyn_dataset_read_idx(context, x, labels, options, &all));
    nt_ok(all, nndyn_dataset_resize(all, 1, 28, 28, 10, 10, NULL, &small));
    nndyn_dataset_free(all);
    nndyn_options_free(options);
    return small;
}

static int set_up(void **state)
{
    const char *folder = getenv("NNDYN_MNIST");
    nndyn_options *options = NULL;
    nndyn_dataset *rest = NULL;
    (void)state;
    assert_int_equal(nndyn_context_create(&context), NNDYN_OK);
    nndyn_dataset *all = images(folder, "train");
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "stratified", 0));
    nt_ok(options, nndyn_options_set_integer(options, "seed", 1));
    nt_ok(all, nndyn_dataset_split(all, TRAIN / 60000.0, options, &rest, &train));
    nndyn_options_free(options);
    nndyn_dataset_free(rest);
    nndyn_dataset_free(all);
    test = images(folder, "t10k");
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

static nt_means measured(const struct cell *c)
{
    nndyn_sweep *sweep = NULL;
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_sweep_create(context, NULL, &sweep));
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, "dtype", "f32"));
    nt_ok(options, nndyn_options_set_double(options, "slope", c->slope));
    nt_ok(options, nndyn_options_set_double(options, "dropout", c->dropout));
    nt_ok(options, nndyn_options_set_double(options, "rate", c->rate));
    nt_ok(options, nndyn_options_set_integer(options, "batch", c->batch));
    nt_ok(options, nndyn_options_set_integer(options, "epochs", c->epochs));
    nt_ok(sweep, nndyn_sweep_set_seeds(sweep, 1, SEEDS));
    nt_ok(sweep, nndyn_sweep_set_training(sweep, train, test, options));
    nndyn_options_free(options);
    nt_run(sweep);
    const nt_means m = nt_means_of(sweep, 0);
    nndyn_sweep_free(sweep);
    return m;
}

/* The figure's curves run from their largest to their smallest value, wherever these are. */
static double farthest(const nt_means *m, const double *published)
{
    double least = m->separation[0], most = least, far = 0;
    for (int l = 0; l < NT_POINTS; l++) {
        least = fmin(least, m->separation[l]);
        most = fmax(most, m->separation[l]);
    }
    for (int l = 0; l < NT_POINTS; l++) {
        far = fmax(far, fabs((m->separation[l] - least) / (most - least) - published[l]));
    }
    return published[1] > 0 ? far : 0;
}

static void published_cells(void **state)
{
    int outside = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        const struct cell *c = &cells[i];
        const nt_means m = measured(c);
        const double far = farthest(&m, c->curve);
        const int good =
            fabs(m.kappa - c->kappa) <= c->band && fabs(100 * m.accuracy - c->accuracy) <= 1.2 && far <= 0.06;
        print_message("%-24s kappa %+.3f (%+.3f) accuracy %.1f (%.1f) curve %.3f sigma %.3f D_0 %.2f D_L %.2f%s\n",
                      c->name, m.kappa, c->kappa, 100 * m.accuracy, c->accuracy, far, m.sigma, m.separation[0],
                      m.separation[NT_LAYERS], good ? "" : "  OUTSIDE");
        outside += !good;
    }
    assert_int_equal(outside, 0);
}

int main(void)
{
    if (getenv("NNDYN_MNIST") == NULL) { /* skip() of cmocka counts as a failure in TAP */
        puts("1..0 # SKIP NNDYN_MNIST is not set");
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(published_cells)};
    return cmocka_run_group_tests_name("phase diagram of MNIST", tests, set_up, tear_down);
}
