/* Rank distributions, linear substitutions, projections: every error, with outputs seen untouched; every allocation
 * failed once. */
#include "analysis/order_fixture.h"
#include "support/fixture.h"

static nndyn_options *text(const char *name, const char *value)
{
    nndyn_options *options = NULL;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_text(options, name, value));
    return options;
}

static void networks_and_data(void **state)
{
    nt_order f = nt_order_open(context);
    nndyn_dataset *single = NULL, *plain = NULL, *classes = NULL, *narrow = NULL, *one = NULL;
    nndyn_network *bare = NULL, *shallow = NULL, *scalar = NULL, *pointwise = NULL;
    nndyn_substitution *maps = NULL;
    nndyn_ranks *ranks = NULL;
    nndyn_options *recalibrated = text("statistics", "recalibrated"), *wrong = text("statistics", "now");
    const int64_t first = 0, n = NT_ORDER_SAMPLES;
    double points[2] = {7, 7};
    (void)state;
    nt_ok(f.data, nndyn_dataset_convert(f.data, NNDYN_F32, &single));
    nt_ok(context, nndyn_dataset_create(context, n, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.t, 0, &plain));
    nt_ok(context, nndyn_dataset_create_labels(context, n, NT_ORDER_INPUTS, f.x, 5, f.labels, 0, &classes));
    nt_ok(context, nndyn_dataset_create_labels(context, n, 4, f.x, NT_ORDER_CLASSES, f.labels, 0, &narrow));
    nt_ok(f.data, nndyn_dataset_select(f.data, 1, &first, &one));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_ORDER_INPUTS, &bare));
    nt_fails(NNDYN_ESTATE, bare, "layer", nndyn_linear_substitution(bare, f.data, NULL, &maps));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_ORDER_INPUTS, &shallow));
    nt_ok(shallow, nndyn_network_add_dense(shallow, NT_ORDER_CLASSES, NNDYN_IDENTITY));
    nt_fails(NNDYN_EARG, shallow, "hidden", nndyn_rank_distribution(shallow, f.data, NULL, &ranks));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_ORDER_INPUTS, &scalar));
    nt_ok(scalar, nndyn_network_add_dense(scalar, 1, NNDYN_IDENTITY));
    nt_fails(NNDYN_EARG, scalar, "output", nndyn_linear_substitution(scalar, NULL, NULL, &maps));
    nt_fails(NNDYN_EARG, scalar, "output", nndyn_rank_distribution(scalar, f.data, NULL, &ranks));
    nt_ok(context, nndyn_network_create(context, NNDYN_F64, NT_ORDER_INPUTS, &pointwise));
    nt_ok(pointwise, nndyn_network_add_activation(pointwise, NNDYN_TANH, NULL));
    nt_fails(NNDYN_EUNSUPPORTED, pointwise, "dense", nndyn_linear_substitution(pointwise, NULL, NULL, &maps));
    nt_fails(NNDYN_EUNSUPPORTED, pointwise, "dense", nndyn_projection(pointwise, plain, NULL, 1, points, NULL, NULL));
    nt_fails(NNDYN_EARG, f.network, "precision", nndyn_linear_substitution(f.network, single, NULL, &maps));
    nt_fails(NNDYN_EARG, f.network, "inputs", nndyn_linear_substitution(f.network, narrow, NULL, &maps));
    nt_fails(NNDYN_EARG, f.network, "classes", nndyn_linear_substitution(f.network, classes, NULL, &maps));
    nt_fails(NNDYN_EARG, f.network, "recalibrated", nndyn_linear_substitution(f.network, NULL, recalibrated, &maps));
    nt_fails(NNDYN_EOPTION, f.network, "statistics", nndyn_linear_substitution(f.network, NULL, wrong, &maps));
    nt_fails(NNDYN_EARG, f.network, "out", nndyn_linear_substitution(f.network, NULL, NULL, NULL));
    nt_fails(NNDYN_EARG, f.network, "labels", nndyn_rank_distribution(f.network, plain, NULL, &ranks));
    nt_fails(NNDYN_EARG, f.network, "sample", nndyn_rank_distribution(f.network, one, NULL, &ranks));
    nt_fails(NNDYN_EARG, f.network, "dataset", nndyn_rank_distribution(f.network, NULL, NULL, &ranks));
    nt_fails(NNDYN_EARG, f.network, "count", nndyn_projection(f.network, f.data, NULL, 5, points, NULL, NULL));
    assert_null(maps);
    assert_null(ranks);
    nt_near(points[0], 7, 0);
    nndyn_options_free(recalibrated);
    nndyn_options_free(wrong);
    nndyn_network_free(bare);
    nndyn_network_free(shallow);
    nndyn_network_free(scalar);
    nndyn_network_free(pointwise);
    nndyn_dataset_free(single);
    nndyn_dataset_free(plain);
    nndyn_dataset_free(classes);
    nndyn_dataset_free(narrow);
    nndyn_dataset_free(one);
    nt_order_close(&f);
}

static void fields(void **state)
{
    double h[] = {1, 2, 3, 4, 5, 6}, map[] = {1, -1, 1, 1};
    int64_t labels[] = {0, 1, 1};
    nndyn_ranks *r = NULL;
    nndyn_options *options = NULL;
    (void)state;
    nt_fails(NNDYN_EARG, context, "samples", nndyn_rank_distribution_of(context, 1, 2, h, 2, map, labels, NULL, &r));
    nt_fails(NNDYN_EARG, context, "units", nndyn_rank_distribution_of(context, 3, 0, h, 2, map, labels, NULL, &r));
    nt_fails(NNDYN_EARG, context, "classes", nndyn_rank_distribution_of(context, 3, 2, h, 1, map, labels, NULL, &r));
    nt_fails(NNDYN_EARG, context, "h", nndyn_rank_distribution_of(context, 3, 2, NULL, 2, map, labels, NULL, &r));
    nt_fails(NNDYN_EARG, context, "map", nndyn_rank_distribution_of(context, 3, 2, h, 2, NULL, labels, NULL, &r));
    nt_fails(NNDYN_EARG, context, "labels", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, NULL, NULL, &r));
    nt_fails(NNDYN_EARG, context, "out", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, labels, NULL, NULL));
    labels[1] = 2;
    nt_fails(NNDYN_EDATA, context, "labels", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, labels, NULL, &r));
    labels[1] = 1;
    h[3] = NAN;
    nt_fails(NNDYN_EDATA, context, "h", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, labels, NULL, &r));
    h[3] = 4;
    map[2] = INFINITY;
    nt_fails(NNDYN_EDATA, context, "map", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, labels, NULL, &r));
    map[2] = 1;
    nt_ok(context, nndyn_options_create(context, &options));
    nt_ok(options, nndyn_options_set_integer(options, "bins", 1));
    nt_fails(NNDYN_EOPTION, context, "bins", nndyn_rank_distribution_of(context, 3, 2, h, 2, map, labels, options, &r));
    nndyn_options_free(options);
    assert_null(r);
}

static void reading(void **state)
{
    nt_order f = nt_order_open(context);
    nndyn_substitution *maps = NULL;
    nndyn_ranks *ranks = NULL;
    double out[200];
    int64_t cut = -7;
    (void)state;
    out[0] = 7;
    nt_ok(f.network, nndyn_linear_substitution(f.network, NULL, NULL, &maps));
    nt_ok(f.network, nndyn_rank_distribution(f.network, f.data, NULL, &ranks));
    nt_fails(NNDYN_EARG, maps, "cut", nndyn_substitution_cut(maps, 3, &cut, NULL));
    nt_fails(NNDYN_EARG, maps, "cut", nndyn_substitution_map(maps, -1, 1, out, NULL, NULL));
    nt_fails(NNDYN_EARG, maps, "count", nndyn_substitution_map(maps, 0, 31, out, NULL, NULL));
    nt_fails(NNDYN_ESTATE, maps, "without data", nndyn_substitution_accuracy(maps, 3, out, NULL, NULL));
    nt_fails(NNDYN_ESTATE, maps, "without data", nndyn_substitution_prunable(maps, &cut));
    nt_fails(NNDYN_EARG, maps, "cut", nndyn_substitution_prunable(maps, NULL));
    nt_fails(NNDYN_EARG, ranks, "layer", nndyn_ranks_layer(ranks, 0, 1, out));
    nt_fails(NNDYN_EARG, ranks, "layer", nndyn_ranks_units(ranks, 3, NNDYN_RANK_AUC, 64, out));
    nt_fails(NNDYN_EARG, ranks, "quantity", nndyn_ranks_units(ranks, 1, NNDYN_RANK_QUANTITIES, 64, out));
    nt_fails(NNDYN_EARG, ranks, "count", nndyn_ranks_units(ranks, 1, NNDYN_RANK_AUC, 63, out));
    nt_fails(NNDYN_EARG, ranks, "label", nndyn_ranks_density(ranks, 1, 4, 20, out));
    nt_fails(NNDYN_EARG, ranks, "count", nndyn_ranks_density(ranks, 1, 0, 19, out));
    nt_near(out[0], 7, 0);
    assert_int_equal(cut, -7);
    nndyn_substitution_free(maps);
    nndyn_ranks_free(ranks);
    nt_order_close(&f);
}

/* ---- allocation -------------------------------------------------------------------------------------------------- */

typedef struct made {
    nndyn_dataset *data;
    nndyn_network *network;
    nndyn_trainer *trainer;
    nndyn_recorder *recorder;
} made;

static int measure(const made *m)
{
    double points[NT_ORDER_SAMPLES * 2];
    nndyn_ranks *ranks = NULL;
    nndyn_substitution *maps = NULL;
    int status = nndyn_rank_distribution(m->network, m->data, NULL, &ranks);
    nndyn_ranks_free(ranks);
    if (status == NNDYN_OK) {
        status = nndyn_linear_substitution(m->network, m->data, NULL, &maps);
        nndyn_substitution_free(maps);
    }
    if (status == NNDYN_OK) {
        status = nndyn_projection(m->network, m->data, NULL, 2, points, NULL, NULL);
    }
    return status == NNDYN_OK ? nndyn_recorder_add_order(m->recorder, m->data, NULL, NULL) : status;
}

static int scenario(nt_allocator *a, void *user)
{
    static nt_order f;
    double theta[NT_ORDER_PARAMETERS];
    nndyn_context *c = NULL;
    made m = {NULL, NULL, NULL, NULL};
    (void)user;
    nt_pause(a);
    nt_order_draw(&f);
    nt_order_weights(theta);
    assert_int_equal(nt_context_create(a, &c), NNDYN_OK);
    m.network = nt_order_network(c, NNDYN_TANH, theta);
    nt_ok(c, nndyn_dataset_create_labels(c, NT_ORDER_SAMPLES, NT_ORDER_INPUTS, f.x, NT_ORDER_CLASSES, f.labels, 0,
                                         &m.data));
    nt_ok(m.network, nndyn_trainer_create(m.network, NNDYN_SGD, &m.trainer));
    nt_ok(m.trainer, nndyn_recorder_create(m.trainer, &m.recorder));
    nt_resume(a);
    const int status = measure(&m);
    nndyn_recorder_free(m.recorder);
    nndyn_trainer_free(m.trainer);
    nndyn_network_free(m.network);
    nndyn_dataset_free(m.data);
    nndyn_context_free(c);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    nt_every_allocation(scenario, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(networks_and_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reading, set_up, tear_down),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests_name("order: errors of ranks and linear substitution", tests, NULL, NULL);
}
